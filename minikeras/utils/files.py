"""Files from the network, kept in a folder of this machine and checked before anybody sees them."""

import contextlib
import hashlib
import os
import re
import sys
import urllib.parse
from pathlib import Path

from ..errors import DownloadError, FileFormatError
from ..run_settings import is_interactive_logging_enabled, print_message
from ..saving.atomic import write_atomically
from .extracting import extract as unpack

__all__ = ["get_file"]

_HASH_OF_LENGTH = {32: "md5", 64: "sha256"}      # hexadecimal digits
_CHUNK = 1 << 18                                 # bytes read at a time
_SILENCE = 30                                    # seconds without a byte after which a server is given up


def get_file(fname=None, origin=None, untar=False, md5_hash=None, file_hash=None, cache_subdir="datasets",
             hash_algorithm="auto", extract=False, archive_format="auto", cache_dir=None, force_download=False):
    """The path of a file that is downloaded from `origin` unless it is there already.

    fname           its name in the cache; that of `origin` by default
    origin          where it comes from: http, https, ftp or file
    file_hash       its SHA-256 or MD5 in hexadecimal, as `hash_algorithm` says ('sha256', 'md5'; 'auto': by its
                    length). A file of another hash is downloaded again.  md5_hash   Keras' older name for an MD5
    cache_dir, cache_subdir    the folder. By default what the environment variable MINIKERAS_HOME or KERAS_HOME
                    names, else ~/.minikeras;  an absolute cache_subdir stands for itself
    extract         unpack it and give the folder, which is `fname`, or `fname` up to its first dot with _extracted
                    behind;  untar   the same for tar only
    archive_format  'tar' (also compressed by gzip, bzip2 or xz), 'zip', a list of them, or 'auto' for both
    force_download  whether to fetch it even if it is there
    Raises DownloadError where it cannot be fetched, which says where to put a copy, and FileFormatError (a ValueError)
    for another hash than expected and for an archive that is damaged or leads out of its folder. A file, or a folder,
    is whole or not there.
    """
    if origin is None:
        raise ValueError("get_file needs `origin`, the URL of the file.")
    formats = _formats("tar" if untar else archive_format) if extract or untar else None
    if file_hash is None and md5_hash is not None:
        file_hash, hash_algorithm = md5_hash, "md5"
    name = _name(fname, origin)
    folder = _folder(cache_dir, cache_subdir)
    named_by_file = fname and "." in name
    path = folder / (name if formats is None or named_by_file else f"{name}_archive")
    wanted = _Wanted(origin, path, *_expected(file_hash, hash_algorithm))
    if force_download or not wanted.is_there():
        wanted.fetch()
    if formats is None:
        return str(path)
    unpacked = folder / (f"{name.partition('.')[0]}_extracted" if named_by_file else name)
    _unpack_once(path, unpacked, formats)
    return str(unpacked)


def cache_folder():
    """Where downloads are kept: $MINIKERAS_HOME, else $KERAS_HOME, else ~/.minikeras."""
    return Path(os.environ.get("MINIKERAS_HOME") or os.environ.get("KERAS_HOME") or "~/.minikeras").expanduser()


def _folder(cache_dir, cache_subdir):
    folder = (cache_folder() if cache_dir is None else Path(cache_dir).expanduser()) / cache_subdir
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(error.errno, f"the folder for downloads cannot be made ({error.strerror}). Set the environment "
                                   "variable MINIKERAS_HOME, or cache_dir, to a folder that can be written",
                      str(folder)) from error
    return folder


def _name(fname, origin):
    if not fname:
        name = os.path.basename(urllib.parse.unquote(urllib.parse.urlsplit(origin).path))
        if not name:
            raise ValueError(f"get_file: the URL {origin!r} names no file. Give it a name by `fname`.")
    else:
        name = os.fspath(fname)
    if os.path.basename(name) != name or name in (".", "..") or "\\" in name:
        raise ValueError(f"get_file: fname must be a name without folders, got {name!r}. The folder is chosen by "
                         "cache_dir and cache_subdir.")
    return name


def _formats(archive_format):
    formats = ("tar", "zip") if archive_format == "auto" else \
        (archive_format,) if isinstance(archive_format, str) else tuple(archive_format or ())
    if not formats or not set(formats) <= {"tar", "zip"}:
        raise ValueError(f"get_file: to extract, archive_format must be 'auto', 'tar', 'zip' or a list of these, got "
                         f"{archive_format!r}.")
    return formats


def _expected(file_hash, algorithm):
    """The expected hash in lower case, and the name of its algorithm; None and None where nothing is expected."""
    if algorithm not in ("auto", "sha256", "md5"):
        raise ValueError(f"get_file: hash_algorithm must be 'sha256', 'md5' or 'auto', got {algorithm!r}.")
    if file_hash is None:
        return None, None
    file_hash = str(file_hash).lower()
    found = _HASH_OF_LENGTH.get(len(file_hash))
    if not re.fullmatch("[0-9a-f]+", file_hash) or found is None or algorithm not in ("auto", found):
        raise ValueError(f"get_file: file_hash={file_hash!r} does not fit hash_algorithm={algorithm!r}: expected 64 "
                         "hexadecimal digits for SHA-256, 32 for MD5.")
    return file_hash, found


class _Wanted:
    """A file that shall be at `path`: where it comes from, and the hash it must have, or None."""

    def __init__(self, origin, path, file_hash, algorithm):
        self.origin, self.path, self.hash, self.algorithm = origin, path, file_hash, algorithm

    def is_there(self):
        if self.path.is_dir():
            raise IsADirectoryError(f"get_file: {self.path} is a folder, and a file must go there. Give another fname.")
        if not self.path.exists():
            return False
        if self.hash is None or _hash_of(self.path, self.algorithm) == self.hash:
            return True
        print_message(f"{self.path} is there, but its {self.algorithm} is not {self.hash}: it is incomplete or of "
                      "another version, and is downloaded again.")
        return False

    def fetch(self):
        """Download under a name of its own beside `path`, check, rename."""
        # At first use: they bring all of http and ssl along, which most programs never need.
        import http.client
        import urllib.request
        if urllib.parse.urlsplit(self.origin).scheme not in ("http", "https", "ftp", "file"):
            raise ValueError(f"get_file: origin must be a URL of http, https, ftp or file, got {self.origin!r}.")
        print_message(f"Downloading data from {self.origin}")
        broken = OSError, ValueError, http.client.HTTPException
        try:
            request = urllib.request.Request(self.origin, headers={"User-Agent": "minikeras"})
            response = urllib.request.urlopen(request, timeout=_SILENCE)
        except broken as error:
            raise self._failure(error) from error
        with response:
            write_atomically(self.path, lambda file: self._receive(response, file, broken))

    def _receive(self, response, file, broken):
        hasher = hashlib.new(self.algorithm or "md5", usedforsecurity=False)
        length, received = response.headers.get("Content-Length") or "", 0
        total = int(length) if length.isdecimal() else 0
        with _bar(self.path.name, total) as show:
            while True:
                try:
                    chunk = response.read(_CHUNK)
                except broken as error:
                    raise self._failure(error) from error
                if not chunk:
                    break
                file.write(chunk)
                hasher.update(chunk)
                received += len(chunk)
                show(len(chunk))
        if total and received != total:
            raise DownloadError(f"{self.origin} ended after {received} of {total} bytes. Nothing was kept; try again.")
        if self.hash is not None and hasher.hexdigest() != self.hash:
            raise FileFormatError(
                f"{self.origin} has the {self.algorithm} {hasher.hexdigest()}, but {self.hash} was expected. It was "
                "damaged on its way, or is another file than you think; nothing was kept. Try again, and if it stays "
                "so, do not trust the source.")

    def _failure(self, error):
        """The error for a file that cannot be had, which says what to do without a network."""
        reason = f"HTTP {error.code} {error.reason}" if hasattr(error, "code") else getattr(error, "reason", error)
        checked = f" Its {self.algorithm} must be {self.hash}." if self.hash else ""
        return DownloadError(f"{self.origin} could not be fetched ({reason}). Check the URL and the network. Without a "
                             f"network, fetch it elsewhere and put it at {self.path}, where it is found from then on."
                             f"{checked}")


def _hash_of(path, algorithm):
    hasher = hashlib.new(algorithm, usedforsecurity=False)
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            hasher.update(chunk)
    return hasher.hexdigest()


@contextlib.contextmanager
def _bar(name, total):
    """A function that is told how many bytes have come: a bar on a terminal."""
    if not (is_interactive_logging_enabled() and sys.stdout.isatty()):
        yield lambda count: None
        return
    import tqdm  # at first use: it sets up locks between processes, which few programs need
    with tqdm.tqdm(total=total or None, desc=name, unit="B", unit_scale=True, file=sys.stdout,
                   dynamic_ncols=True) as bar:
        yield bar.update


def _unpack_once(path, folder, formats):
    """Unpack, unless a note beside the folder says that it holds what is in this very archive."""
    note = folder.with_name(f".{folder.name}.extracted")
    state = path.stat()
    mark = f"{path.name} {state.st_size} {state.st_mtime_ns}\n"
    if folder.is_dir() and note.is_file() and note.read_text("utf-8") == mark:
        return
    unpack(path, folder, formats)
    write_atomically(note, mark.encode())
