"""Checkpoints: files of nested plain data, whole or not there, of which the newest undamaged one is found again."""

import os
import platform
import re
import sys
import warnings
from pathlib import Path

import numpy as np

from ..errors import FileFormatError, NotFoundError
from .atomic import remove_leftovers, write_atomically
from .packed import packed, unpacked

FORMAT = 1
# What says how many threads BLAS has, whose products differ in the last bits between one thread and two.
_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_PACKAGE = __name__.partition(".")[0]


def write_checkpoint(filepath, state):
    """Write `state`, as `saving.packed` takes it, with the versions of what wrote it; whole or not at all."""
    write_atomically(filepath, packed({"format": FORMAT, "versions": versions(), "state": state}))


def read_checkpoint(filepath):
    """The state that `write_checkpoint` was given, and a dict of the versions of what wrote it.

    Raises NotFoundError (a FileNotFoundError), and FileFormatError for a file that is damaged or is no checkpoint.
    """
    path = Path(filepath)
    if not path.is_file():
        raise NotFoundError(f"{path}: there is no checkpoint of this name.")
    content = unpacked(path.read_bytes(), str(path))
    if not isinstance(content, dict) or set(content) != {"format", "versions", "state"} or \
            not isinstance(content["versions"], dict):
        raise FileFormatError(f"{path}: this is no checkpoint.")
    if content["format"] != FORMAT:
        raise FileFormatError(f"{path}: it has the format {content['format']!r}, and this version of {_PACKAGE} reads "
                              f"{FORMAT}. Read it with the version that wrote it: {content['versions']}.")
    return content["state"], content["versions"]


def read_newest(paths):
    """(path, state, versions) of the first of these checkpoints that can be read; the newest comes first.

    Warns of those before it. Raises FileFormatError where there is none.
    """
    damage = []
    for path in paths:
        try:
            found = (path, *read_checkpoint(path))
        except (FileFormatError, OSError) as error:
            damage.append(str(error))
            continue
        for text in damage:
            warnings.warn(f"A checkpoint that cannot be read is passed over for an older one. {text}", stacklevel=3)
        return found
    raise FileFormatError(f"{paths[0]}: this checkpoint cannot be read, nor is there an older one that can. Remove it "
                          f"to start anew. {' '.join(damage)}")


def versions():
    """What the bits of a training depend on beside its state, by name."""
    threads = [os.environ[name] for name in _THREADS if name in os.environ] or [os.cpu_count()]
    return {_PACKAGE: sys.modules[_PACKAGE].__version__, "numpy": np.__version__,
            "python": ".".join(map(str, sys.version_info[:3])), "machine": platform.machine(),
            "threads": str(threads[0])}


class CheckpointFolder:
    """The checkpoints `<name>-<number><ending>` of a folder, which is made with the first.

    keep   how many of them stay; None for all
    """

    def __init__(self, folder, name="checkpoint", ending=".ckpt", keep=None):
        self.folder, self.name, self.ending, self.keep = Path(folder), name, ending, keep

    def path(self, number):
        """Where the checkpoint of a number is written."""
        return self.folder / f"{self.name}-{number}{self.ending}"

    def numbers(self):
        """The numbers of the checkpoints that are there, the largest last."""
        form = re.compile(re.escape(self.name) + r"-(\d+)" + re.escape(self.ending))
        names = os.listdir(self.folder) if self.folder.is_dir() else ()
        return sorted(int(found[1]) for found in map(form.fullmatch, names) if found)

    def save(self, number, state):
        """Write a checkpoint; then remove the oldest beyond `keep`, and what writes left that were cut short."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_checkpoint(self.path(number), state)
        remove_leftovers(self.folder)
        # One of a larger number is of a training that was given up.
        later = [other for other in self.numbers() if other > number]
        earlier = [other for other in self.numbers() if other <= number]
        for old in later + (earlier[:-self.keep] if self.keep else []):
            self.path(old).unlink(missing_ok=True)

    def newest(self):
        """(number, state, versions) of the newest checkpoint that is undamaged, as `read_newest` finds it; None where
        there is none at all."""
        numbers = {self.path(number): number for number in reversed(self.numbers())}
        if not numbers:
            return None
        path, *content = read_newest(list(numbers))
        return (numbers[path], *content)

    def clear(self):
        """Remove all checkpoints, and the folder if nothing else is in it."""
        for number in self.numbers():
            self.path(number).unlink(missing_ok=True)
        if self.folder.is_dir():
            remove_leftovers(self.folder)
            if not any(self.folder.iterdir()):
                self.folder.rmdir()
