"""Ctrl-C waits until a step is whole."""

import signal


class Interruptible:
    """Within it a Ctrl-C that comes while `busy` is True waits until `let_through` raises it. A second does not wait.

    Only where Python's own handler is in place, and in the main thread: others' handlers stay as they are.
    """

    def __init__(self):
        self.busy, self.waiting, self._before = False, False, None

    def __enter__(self):
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            try:
                self._before = signal.signal(signal.SIGINT, self._interrupted)
            except ValueError:      # not the main thread, which alone hears of signals
                self._before = None
        return self

    def _interrupted(self, number, frame):
        if self.waiting or not self.busy:
            self.busy = self.waiting = False
            raise KeyboardInterrupt
        self.waiting = True

    def let_through(self):
        """What had to be whole is: raises the KeyboardInterrupt that came meanwhile."""
        self.busy = False
        if self.waiting:
            self.waiting = False
            raise KeyboardInterrupt

    def __exit__(self, *_):
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
