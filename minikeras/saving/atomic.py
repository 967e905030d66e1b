"""Files that are whole or not there: written under a temporary name, flushed to the disk, renamed."""

import errno
import os
import threading
from pathlib import Path


def write_atomically(filepath, content, overwrite=True):
    """Write `content`, bytes or a function that writes to the open binary file, to `filepath`.

    Readers see the old file or the new one, never a part, also after a crash or a power cut. A failed write
    removes its temporary file. Raises FileExistsError if there is a file and `overwrite` is false, and the
    OSError that fits, in clear words, where the folder is missing or cannot be written.
    """
    path = Path(os.path.realpath(filepath))     # writes through a symbolic link, as open() does
    _check_target(path, filepath, overwrite)
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
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
        raise OSError(error.errno, f"the file cannot be written ({error.strerror or error}). Check the rights and the "
                                   "free space of its folder, or give another path", str(filepath)) from error


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
