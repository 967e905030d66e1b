"""Work ahead of who needs it, in threads. Where none can be started, everything is done when it is asked for."""

import collections
import itertools
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from .stages import Following

PATIENCE = 5.0              # seconds that a thread may take to end when nobody wants its elements any more
WORTH_A_THREAD = 1e-3       # seconds that a call takes from which on handing it to another thread pays


class _Ahead:
    """What a thread has made ahead, at most `size` at a time."""

    def __init__(self, source, size):
        self.source, self.size = source, size
        self.ready = collections.deque()
        self.changed = threading.Condition()
        self.is_wanted = True

    def run(self):
        """Makes elements until there are no more, or nobody wants them."""
        with np.errstate(all="ignore"):
            while True:
                try:
                    made = (next(self.source), None)
                except StopIteration:
                    made = None
                except BaseException as error:
                    made = (None, error)
                with self.changed:
                    self.ready.append(made)
                    self.changed.notify_all()
                    self.changed.wait_for(lambda: not self.is_wanted or len(self.ready) < self.size)
                    if not self.is_wanted or made is None or made[1] is not None:
                        self.source = None
                        return

    def take(self):
        """What was made next: (element, None), (None, error), or None at the end."""
        with self.changed:
            self.changed.wait_for(lambda: self.ready)
            made = self.ready.popleft()
            self.changed.notify_all()
            return made

    def stop(self):
        """Have the thread end."""
        with self.changed:
            self.is_wanted = False
            self.changed.notify_all()


class Prefetch(Following):
    """The same elements, made ahead by a thread."""

    def __init__(self, source, size):
        super().__init__(source)
        self.size = size

    def items(self):
        return prefetched(self.source.elements(), self.size)


def prefetched(elements, size):
    """`elements`, made by a thread up to `size` ahead. It ends with the iterator; an error in it is raised here."""
    ahead = _Ahead(elements, size)
    thread = threading.Thread(target=ahead.run, name="minikeras prefetch", daemon=True)
    try:
        thread.start()
    except RuntimeError:        # as where Python runs in a browser
        yield from elements
        return
    del elements
    try:
        while (made := ahead.take()) is not None:
            element, error = made
            if error is not None:
                raise error
            yield element
    finally:
        ahead.stop()
        # What it draws from may be put back next. A source may block, though.
        if threading.current_thread() is not thread:
            thread.join(PATIENCE)


def parallel(function, arguments, workers, ahead=None):
    """`function(*each)` for each of `arguments`, in order, by so many threads, `ahead` results before they are asked
    for; as many as there are threads by default."""
    def call(*each):
        with np.errstate(all="ignore"):     # which every thread has its own of
            return function(*each)
    arguments = iter(arguments)
    ahead, pool = ahead or workers, ThreadPoolExecutor(workers, "minikeras worker")
    waiting = collections.deque()
    try:
        for each in arguments:
            try:
                waiting.append(pool.submit(call, *each))
            except RuntimeError:        # no thread can be started
                if waiting:
                    raise
                yield function(*each)
                break
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
        yield from itertools.starmap(function, arguments)
    finally:
        pool.shutdown(cancel_futures=True)


def timed(function, *arguments):
    """(result, seconds that it took)."""
    start = time.perf_counter()
    result = function(*arguments)
    return result, time.perf_counter() - start


def processors():
    """How many threads can run at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
