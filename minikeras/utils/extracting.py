"""Archives unpacked without trust: nothing lands outside its folder, no link is made, and no bomb fills the disk."""

import bz2
import gzip
import lzma
import os
import shutil
import tarfile
import zipfile
import zlib
from pathlib import Path

from ..errors import FileFormatError
from ..saving.archive import ALWAYS_ALLOWED, MAX_EXPANSION
from ..saving.atomic import aside, remove_leftovers

_DECOMPRESSORS = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
_CHUNK = 1 << 20
_HEADER = 512       # bytes an entry counts besides its contents: millions of empty files fill a disk, too
_DAMAGE = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError,
           NotImplementedError, ValueError, KeyError, IndexError, OverflowError)


def extract(archive, folder, formats=("tar", "zip")):
    """Unpack a tar or zip file into `folder`, which appears when all is there; one that exists is added to.

    Links become copies of what they point to in the archive. Raises FileFormatError for an archive of another kind,
    a damaged one, one with names or links that lead out of it, and one that unpacks to more than MAX_EXPANSION times
    its size; the folder is then as it was.
    """
    archive, folder = Path(archive), Path(folder)
    remove_leftovers(folder.parent)
    with aside(folder) as place:
        new = place / "new"
        new.mkdir(parents=True)
        try:
            _unpack(archive, new, formats)
            _move(new, folder)
        except FileFormatError:
            raise
        except (OSError, *_DAMAGE) as error:
            if getattr(error, "errno", None) is not None:       # the disk's, not the decompressor's
                raise
            raise FileFormatError(f"{archive}: the archive cannot be unpacked ({error}). It is cut short or damaged; "
                                  "delete it, so that it is fetched again.") from error
        finally:
            shutil.rmtree(place, ignore_errors=True)


def _unpack(archive, folder, formats):
    budget = _Budget(archive)
    # A compressed tar is unpacked to a plain one first: in that nothing can claim more than it holds.
    plain = folder.with_name("plain.tar")
    if "tar" in formats:
        source = plain if _decompress(archive, plain, budget) else archive
        if tarfile.is_tarfile(source):
            with tarfile.open(source, "r:") as tar:
                return _unpack_tar(tar, folder, archive, _Budget(archive))
    if "zip" in formats and zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as file:
            return _unpack_zip(file, folder, archive, budget)
    raise FileFormatError(f"{archive}: this is no {' or '.join(formats)} archive. If it is another kind of file, leave "
                          "extract out.")


class _Budget:
    """How many bytes an archive may still unpack to."""

    def __init__(self, archive):
        self.archive, size = archive, archive.stat().st_size
        self.left = max(MAX_EXPANSION * size, ALWAYS_ALLOWED)

    def spend(self, count):
        self.left -= count
        if self.left < 0:
            raise FileFormatError(f"{self.archive}: it unpacks to more than {MAX_EXPANSION} times its size, like those "
                                  "meant to fill the disk. Nothing was kept; if you trust it, unpack it yourself.")


def _decompress(archive, plain, budget):
    """Whether `archive` is compressed as a whole; if so, what is in it is written to `plain`."""
    with open(archive, "rb") as file:
        start = file.read(6)
    opener = next((opener for magic, opener in _DECOMPRESSORS.items() if start.startswith(magic)), None)
    if opener is None:
        return False
    with opener(archive, "rb") as source, open(plain, "wb") as target:
        _copy(source, target, budget)
    return True


def _copy(source, target, budget):
    while chunk := source.read(_CHUNK):
        budget.spend(len(chunk))
        target.write(chunk)


def _unpack_tar(tar, folder, archive, budget):
    for member in tar:
        budget.spend(_HEADER)
        if member.isdir():
            _path(folder, member.name, archive).mkdir(parents=True, exist_ok=True)
            continue
        linked = f" points to {member.linkname!r}, which" if member.islnk() or member.issym() else ""
        try:
            source = tar.extractfile(member) if member.isfile() or linked else None
        except (KeyError, RecursionError):
            source = None
        if source is None:
            raise FileFormatError(f"{archive}: {member.name!r}{linked} is no file of the archive. Data sets hold plain "
                                  "files only; do not use this one.")
        with source:
            _write(source, _path(folder, member.name, archive), budget)


def _unpack_zip(file, folder, archive, budget):
    infos = file.infolist()
    if sum(info.compress_size for info in infos) > archive.stat().st_size:
        raise FileFormatError(f"{archive}: its members overlap. It is damaged or meant to fill the disk; do not use "
                              "it.")
    for info in infos:
        budget.spend(_HEADER)
        path = _path(folder, info.orig_filename, archive)
        if info.is_dir():
            path.mkdir(parents=True, exist_ok=True)
        else:
            with file.open(info) as source:
                _write(source, path, budget)


def _path(folder, name, archive):
    """Where the member `name` goes. Raises FileFormatError for one that leads elsewhere."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    odd = "\\" in name or "\0" in name or (os.name == "nt" and ":" in name)
    if name.startswith("/") or ".." in parts or odd:
        raise FileFormatError(f"{archive}: it holds the name {name!r}, which leads out of its folder. Nothing was "
                              "kept; do not use this archive.")
    return folder.joinpath(*parts)


def _write(source, path, budget):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as target:
        _copy(source, target, budget)


def _move(new, folder):
    """Rename `new` to `folder`, or its files into it where that is there already."""
    if not folder.exists():
        new.rename(folder)
        return
    for path in sorted(new.rglob("*")):
        target = folder / path.relative_to(new)
        if path.is_dir():
            target.mkdir(exist_ok=True)
        else:
            path.replace(target)
