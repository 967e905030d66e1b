"""Where in the user's program something happened."""

import os
import sys

PACKAGE = os.path.dirname(os.path.dirname(__file__)) + os.sep


def caller():
    """(file, line) of the nearest frame outside this package; of the outermost frame if there is none."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno
