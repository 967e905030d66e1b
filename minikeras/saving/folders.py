"""Folders of files that are whole or not there: written under a temporary name and renamed, read without trust."""

import os
import shutil
import tempfile
from pathlib import Path

from ..errors import FileFormatError
from .atomic import write_atomically

_MAX_FILES = 100_000


def write_folder(path, members, overwrite=True):
    """Write {relative path: bytes} as the files of a folder, in place of a folder that has the same parts.

    Raises FileExistsError where something else is in the way, or anything if `overwrite` is false.
    """
    path = Path(path)
    if path.exists() and not (overwrite and path.is_dir() and all((path / name).exists() for name in members
                                                                  if "/" not in name and "weights" not in name)):
        raise FileExistsError(f"{path}: there is something of that name already"
                              f"{', and it is no model' if overwrite else ''}. Give another path.")
    aside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent))
    try:
        for name, data in members.items():
            (aside / "new" / name).parent.mkdir(parents=True, exist_ok=True)
            write_atomically(aside / "new" / name, data)
        try:
            if path.exists():
                os.replace(path, aside / "old")
            os.replace(aside / "new", path)
        except BaseException:
            if (aside / "old").exists() and not path.exists():
                os.replace(aside / "old", path)
            raise
    finally:
        shutil.rmtree(aside)


def read_folder(path):
    """{relative path: bytes} of all files in a folder. Raises FileFormatError for links and for too many files."""
    members = {}
    for place, folders, files in os.walk(path):
        for name in (*folders, *files):
            full = Path(place, name)
            if full.is_symlink() or len(members) > _MAX_FILES:
                raise FileFormatError(f"{full}: a model's folder holds plain files only, and not that many.")
            if name in files:
                members[full.relative_to(path).as_posix()] = full.read_bytes()
    return members
