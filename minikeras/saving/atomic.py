"""Files that are whole or not there: written under a temporary name, flushed to the disk, renamed."""

import contextlib
import errno
import os
import re
import shutil
import threading
from pathlib import Path

_TEMPORARY = ".{}.{}-{}.tmp"        # name of the file or folder, process, thread
_writing = set()                    # those of this process that are not finished
_LEFTOVER = re.compile(_TEMPORARY.replace(".", r"\.").format("(.+)", r"(\d+)", r"(\d+)"))


def write_atomically(filepath, content, overwrite=True):
    """Write `content`, bytes or a function that writes to the open binary file, to `filepath`.

    Readers see the old file or the new one, never a part, also after a crash or a power cut. A failed write
    removes its temporary file. Raises FileExistsError if there is a file and `overwrite` is false, and the
    OSError that fits, in clear words, where the folder is missing or cannot be written.
    """
    path = Path(os.path.realpath(filepath))     # writes through a symbolic link, as open() does
    _check_target(path, filepath, overwrite)
    with aside(path) as temporary:
        try:
            try:
                with open(temporary, "wb") as file:
                    content(file) if callable(content) else file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(temporary, path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
            _sync_folder(path.parent)
        except OSError as error:
            raise OSError(error.errno, f"the file cannot be written ({error.strerror or error}). Check the rights and "
                                       "the free space of its folder, or give another path", str(filepath)) from error


@contextlib.contextmanager
def aside(path):
    """A block that gives a path beside `path`, of this process and thread alone, to write to before renaming it."""
    temporary = path.with_name(_TEMPORARY.format(path.name, os.getpid(), threading.get_ident()))
    _writing.add(temporary.name)
    try:
        yield temporary
    finally:
        _writing.discard(temporary.name)


def remove_leftovers(folder):
    """Remove what lies `aside` in a folder and whose process is no more, as after a power cut."""
    for name in os.listdir(folder):
        found, path = _LEFTOVER.fullmatch(name), Path(folder, name)
        if found and name not in _writing and not _runs_elsewhere(int(found[2])):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _runs_elsewhere(process):
    """Whether another process has this number; on Windows, where one cannot ask, always."""
    if process == os.getpid() or os.name == "nt":
        return process != os.getpid()
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:     # it belongs to somebody else
        pass
    return True


def _check_target(path, given, overwrite):
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, f"there is no folder {str(path.parent)!r} to write into. Make it first",
                                str(given))
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "this is a folder, and a file was to be written. Give another path",
                                str(given))
    if path.exists() and not overwrite:
        raise FileExistsError(errno.EEXIST, "the file exists. Pass overwrite=True to replace it, or give another path",
                              str(given))


def _sync_folder(folder):
    """Make the rename itself last. Windows has no such call, and does without."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
