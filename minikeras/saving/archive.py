"""Zip files as data: written to the same bytes each time, read without trust in what they declare."""

import io
import struct
import zipfile
import zlib

from ..errors import FileFormatError

MAX_EXPANSION = 100             # unpacked bytes for each packed one; DEFLATE reaches 1032 on a bomb
ALWAYS_ALLOWED = 1 << 20        # bytes any member may unpack to
_DATE = (1980, 1, 1, 0, 0, 0)   # zip's first: equal contents give equal files, whenever they are written
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, NotImplementedError, RuntimeError,
           ValueError, KeyError, IndexError, OverflowError)


def zip_bytes(members):
    """A zip file of `members`, a dict of name to bytes, stored as they are in this order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, _DATE)
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)
    return buffer.getvalue()


def read_zip(data, where):
    """The members of a zip file given as bytes, as a dict of name to bytes.

    where   how errors name the file
    Raises FileFormatError for anything damaged, ambiguous, encrypted, or larger than its stored bytes allow.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            _check_members(infos, len(data), where)
            return {info.filename: _member(archive, info, where) for info in infos}
    except FileFormatError:
        raise
    except _DAMAGE as error:
        raise FileFormatError(f"{where}: this is no whole zip archive ({error}). It was cut short, damaged or is of "
                              "another format; save it again, or restore it from a copy.") from None


def _check_members(infos, size, where):
    seen = set()
    for info in infos:
        name = info.orig_filename
        if name in seen:
            raise FileFormatError(f"{where}: the archive holds {name!r} twice, so it is unclear which one is meant. "
                                  "Save it again.")
        seen.add(name)
        if name != info.filename or not is_plain(name):
            raise FileFormatError(f"{where}: the archive holds the name {name!r}, which is no plain relative path. A "
                                  "model file holds none like it; do not use this one.")
        if info.flag_bits & 1:
            raise FileFormatError(f"{where}: {name} is encrypted, which is not supported.")
        allowed = max(MAX_EXPANSION * info.compress_size, ALWAYS_ALLOWED)
        if info.file_size > allowed or (info.compress_type == zipfile.ZIP_STORED
                                        and info.file_size != info.compress_size):
            raise FileFormatError(f"{where}: {name} declares {info.file_size} bytes but stores {info.compress_size}. "
                                  "It is damaged or meant to fill the memory; do not use this file.")
    if sum(info.compress_size for info in infos) > size:
        raise FileFormatError(f"{where}: its members declare more bytes than the file has. They overlap, or the file "
                              "was cut short; do not use it.")


def is_plain(name):
    """Whether a name in a file is a relative path that stays below where it starts."""
    parts = name.split("/")
    return "\\" not in name and "\0" not in name and ":" not in parts[0] and not {"", ".", ".."} & set(parts)


def _member(archive, info, where):
    with archive.open(info) as file:
        data = file.read(info.file_size + 1)
    if len(data) != info.file_size:
        raise FileFormatError(f"{where}: {info.filename} has {len(data)} bytes, but declares {info.file_size}. The "
                              "file is damaged; restore it from a copy.")
    return data
