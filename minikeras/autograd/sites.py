"""Where in the user's program something happened."""

import sys

# Packages whose frames are not where the user is.
INSIDE = {__name__.partition(".")[0], "contextlib", "functools", "numpy"}


def is_inside(frame):
    """Whether a frame is ours, or of what stands between the user and us."""
    return frame.f_globals.get("__name__", "").partition(".")[0] in INSIDE


def caller():
    """(file, line) of the nearest frame of the user; of the outermost frame if there is none."""
    frame = sys._getframe(1)
    while frame.f_back is not None and is_inside(frame):
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno
