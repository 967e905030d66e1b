"""Workers in processes of their own, asked for one thing at a time: JSON, one object a line."""

import contextlib
import json
import os
import subprocess
import sys
import threading
import traceback


class WorkerError(Exception):
    """A request failed in the worker, the worker ended, or it took longer than allowed."""


class Worker:
    """A running `command`. `hello` is what `serve` sent first: {"missing": why} if a package is not installed."""

    def __init__(self, command, environment=None):
        self._process = subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         stderr=subprocess.DEVNULL, env={**os.environ, **(environment or {})})
        try:
            self.hello = self._reply(None)
        except WorkerError as error:
            self.hello = {"missing": str(error)}

    def ask(self, limit=None, **request):
        """The answer to a request. Raises WorkerError; a worker that takes over `limit` seconds is killed first."""
        with contextlib.suppress(BrokenPipeError):      # the reply tells how it ended
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        reply = self._reply(limit)
        if "error" in reply:
            raise WorkerError(reply["error"])
        return reply

    def _reply(self, limit):
        late = threading.Event()
        timer = threading.Timer(limit or threading.TIMEOUT_MAX, lambda: (late.set(), self._process.kill()))
        timer.daemon = True
        timer.start()
        line = self._process.stdout.readline()
        timer.cancel()
        if line:
            return json.loads(line)
        status = self._process.wait()
        raise WorkerError(f"over {limit:g} s" if late.is_set() else f"ended with status {status}")

    @property
    def is_alive(self):
        return self._process.poll() is None

    def close(self):
        """End the process and wait for it."""
        try:
            self._process.communicate(timeout=20)       # closes its input, which is its sign to end
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()


def serve(start):
    """Answer requests until the input ends.

    `start()` gives what to say first and the function that answers, called with a request's items; it may raise
    ImportError for a package that is not there.
    """
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)       # what a framework prints is no reply
    try:
        hello, answer = start()
    except ImportError as error:
        hello, answer = {"missing": str(error)}, None
    print(json.dumps(hello), file=replies)
    for line in sys.stdin:
        try:
            reply = answer(**json.loads(line))
        except Exception:
            reply = {"error": traceback.format_exc()}
        print(json.dumps(reply), file=replies)
