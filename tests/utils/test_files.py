"""get_file: fetched once, checked, whole or not there."""

import gzip
import hashlib
import io
import os
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from minikeras import utils
from minikeras.errors import DownloadError, FileFormatError
from minikeras.utils import files

CONTENT = b"numbers\n" * 1000
SHA = hashlib.sha256(CONTENT).hexdigest()
MD5 = hashlib.md5(CONTENT).hexdigest()


@pytest.fixture
def server(running, tmp_path, monkeypatch):
    """The server with one file, and an empty cache."""
    running.files, running.cut, running.asked = {"a.txt": CONTENT}, set(), []
    monkeypatch.setenv("MINIKERAS_HOME", str(tmp_path))
    return running


def here(folder):
    """Names of the files below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_file_is_fetched_once(server, tmp_path, capsys):
    path = utils.get_file(origin=server.url + "a.txt", file_hash=SHA)
    assert path == str(tmp_path / "datasets" / "a.txt")
    assert Path(path).read_bytes() == CONTENT
    assert utils.get_file("a.txt", server.url + "a.txt", file_hash=SHA) == path
    assert server.asked == ["a.txt"]
    assert capsys.readouterr().out == f"Downloading data from {server.url}a.txt\n"
    utils.get_file("a.txt", server.url + "a.txt", force_download=True)
    assert server.asked == ["a.txt", "a.txt"]
    assert here(tmp_path) == ["datasets/a.txt"]


@pytest.mark.parametrize("options", [
    {"file_hash": SHA}, {"file_hash": SHA.upper(), "hash_algorithm": "sha256"}, {"md5_hash": MD5}, {"file_hash": MD5},
    {"file_hash": MD5, "hash_algorithm": "md5"}, {"file_hash": SHA, "md5_hash": "not looked at"}])
def test_hashes_that_fit(server, options):
    utils.get_file("a", server.url + "a.txt", **options)


@pytest.mark.parametrize("options", [
    {"file_hash": SHA, "hash_algorithm": "md5"}, {"file_hash": "12"}, {"file_hash": "z" * 64}, {"md5_hash": SHA},
    {"file_hash": MD5, "hash_algorithm": "sha256"}, {"hash_algorithm": "sha1"}])
def test_hashes_that_are_none(server, options):
    with pytest.raises(ValueError, match="hash_algorithm"):
        utils.get_file("a", server.url + "a.txt", **options)
    assert not server.asked


def test_a_file_of_another_hash_is_refused_and_the_old_one_stays(server, tmp_path, capsys):
    utils.get_file("a", server.url + "a.txt")
    with pytest.raises(FileFormatError, match=r"has the sha256 \w+, but 0+ was expected"):
        utils.get_file("a", server.url + "a.txt", file_hash="0" * 64)
    assert "is not 000" in capsys.readouterr().out
    assert here(tmp_path) == ["datasets/a"]


def test_an_outdated_file_is_fetched_again(server, tmp_path):
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "a").write_bytes(CONTENT[:100])
    assert Path(utils.get_file("a", server.url + "a.txt", file_hash=SHA)).read_bytes() == CONTENT


def test_an_interrupted_download_leaves_nothing(server, tmp_path):
    server.cut.add("a.txt")
    with pytest.raises(DownloadError, match=r"ended after 4000 of 8000 bytes"):
        utils.get_file("a", server.url + "a.txt")
    assert here(tmp_path) == []
    server.cut.clear()
    utils.get_file("a", server.url + "a.txt")       # from the start: there is nothing to go on from
    assert here(tmp_path) == ["datasets/a"]


def test_a_stop_by_the_user_leaves_nothing(server, tmp_path, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt
    monkeypatch.setattr(files._Wanted, "_receive", stop)
    with pytest.raises(KeyboardInterrupt):
        utils.get_file("a", server.url + "a.txt")
    assert here(tmp_path) == []


def test_without_a_network_the_error_says_where_to_put_a_copy(server, tmp_path):
    target = tmp_path / "datasets" / "b.txt"
    with pytest.raises(DownloadError, match=rf"HTTP 404 .* put it at {target}, .*Its md5 must be {MD5}"):
        utils.get_file(origin=server.url + "b.txt", md5_hash=MD5)
    with pytest.raises(DownloadError, match="Connection refused"):
        utils.get_file("b.txt", "http://127.0.0.1:9/")
    target.write_bytes(CONTENT)
    assert utils.get_file(origin=server.url + "b.txt", md5_hash=MD5) == str(target)


@pytest.mark.parametrize(("arguments", "text"), [
    ({}, "origin"), ({"origin": "http://a.b/"}, "names no file"), ({"fname": "x/y", "origin": "http://a.b/c"}, "fname"),
    ({"fname": "..", "origin": "http://a.b/c"}, "fname"), ({"fname": "x", "origin": "/etc/passwd"}, "http, https"),
    ({"origin": "http://a.b/%2e%2e%2fc"}, "fname|c"),
    ({"fname": "x", "origin": "http://a.b/c", "extract": True, "archive_format": None}, "archive_format"),
    ({"fname": "x", "origin": "http://a.b/c", "extract": True, "archive_format": "rar"}, "archive_format")])
def test_arguments_that_make_no_sense(arguments, text, tmp_path, monkeypatch):
    monkeypatch.setenv("MINIKERAS_HOME", str(tmp_path))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setattr("urllib.request._opener", None)     # made at first use, and it keeps the proxy
    with pytest.raises((ValueError, DownloadError), match=text):
        utils.get_file(**arguments)


def test_the_folder_is_chosen(server, tmp_path, monkeypatch):
    origin = server.url + "a.txt"
    assert utils.get_file("a", origin, cache_dir=tmp_path / "x", cache_subdir="y") == str(tmp_path / "x" / "y" / "a")
    assert utils.get_file("a", origin, cache_subdir=str(tmp_path / "z")) == str(tmp_path / "z" / "a")
    monkeypatch.delenv("MINIKERAS_HOME")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "k"))
    assert files.cache_folder() == tmp_path / "k"
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert files.cache_folder() == tmp_path / ".minikeras"
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="MINIKERAS_HOME"):
        utils.get_file("a", origin, cache_dir=tmp_path / "file")
    with pytest.raises(IsADirectoryError, match="is a folder"):
        utils.get_file("x", origin, cache_dir=tmp_path, cache_subdir="")


def test_a_local_file_is_taken_too(server, tmp_path):
    (tmp_path / "from.txt").write_bytes(CONTENT)
    assert Path(utils.get_file(origin=(tmp_path / "from.txt").as_uri())).read_bytes() == CONTENT


def test_a_terminal_sees_a_bar(server, monkeypatch):
    screen = io.StringIO()
    screen.isatty = lambda: True
    monkeypatch.setattr(sys, "stdout", screen)
    utils.get_file("a", server.url + "a.txt")
    assert "a: 100%" in screen.getvalue()


# --- archives --------------------------------------------------------------------------------------------------------

def tar_of(members, mode="w:gz"):
    """A tar of {name: bytes, or a TarInfo}."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as tar:
        for name, content in members.items():
            if isinstance(content, tarfile.TarInfo):
                content.name = name
                tar.addfile(content)
            else:
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def zip_of(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def entry(kind, target=""):
    info = tarfile.TarInfo()
    info.type, info.linkname = kind, target
    return info


MEMBERS = {"in/a.txt": b"a", "in/b.txt": b"b"}
FORMS = {"x.zip": zip_of(MEMBERS), **{f"x.tar{end}": tar_of(MEMBERS, f"w:{end[1:]}")
                                      for end in ("", ".gz", ".bz2", ".xz")}}


@pytest.mark.parametrize("name", FORMS)
def test_archives_are_unpacked(server, tmp_path, name):
    server.files[name] = FORMS[name]
    folder = utils.get_file(origin=server.url + name, extract=True)
    assert folder == str(tmp_path / "datasets" / name)
    assert here(tmp_path / "datasets" / name) == ["in/a.txt", "in/b.txt"]
    folder = utils.get_file(name, server.url + name, extract=True, cache_subdir="b")
    assert folder == str(tmp_path / "b" / "x_extracted")
    folder = utils.get_file("y", server.url + name, extract=True, cache_subdir="")
    assert folder == str(tmp_path / "y")
    assert here(tmp_path / "y") == ["in/a.txt", "in/b.txt"]
    assert [n for n in here(tmp_path) if n.endswith("tmp")] == []


def test_an_archive_is_unpacked_once_and_again_when_it_changed(server, tmp_path):
    server.files["x"] = tar_of(MEMBERS)
    folder = utils.get_file("x", server.url + "x", untar=True)
    os.remove(os.path.join(folder, "in", "a.txt"))
    utils.get_file("x", server.url + "x", untar=True)
    assert os.listdir(os.path.join(folder, "in")) == ["b.txt"]
    utils.get_file("x", server.url + "x", untar=True, force_download=True)
    assert sorted(os.listdir(os.path.join(folder, "in"))) == ["a.txt", "b.txt"]


def test_links_within_an_archive_become_copies(server, tmp_path):
    server.files["x"] = tar_of({"in/a": b"a", "in/b": entry(tarfile.SYMTYPE, "a"),
                                "c": entry(tarfile.LNKTYPE, "in/a"), "d": entry(tarfile.DIRTYPE)})
    folder = tmp_path / "datasets" / "x"
    utils.get_file("x", server.url + "x", extract=True)
    assert {name: (folder / name).read_bytes() for name in here(folder)} == {"c": b"a", "in/a": b"a", "in/b": b"a"}
    assert not any(path.is_symlink() for path in folder.rglob("*"))
    assert (folder / "d").is_dir()


HOSTILE = {
    "up": (tar_of({"../x": b""}), "leads out"), "root": (tar_of({"/x": b""}), "leads out"),
    "inside up": (tar_of({"a/../../x": b""}), "leads out"), "zip up": (zip_of({"../x": b""}), "leads out"),
    "zip root": (zip_of({"/x": b""}), "leads out"), "zip backslash": (zip_of({"..\\x": b""}), "leads out"),
    "symlink": (tar_of({"a": entry(tarfile.SYMTYPE, "/etc/passwd")}), "points to '/etc/passwd'"),
    "symlink up": (tar_of({"a": entry(tarfile.SYMTYPE, "../b")}), "no file of the archive"),
    "hard link": (tar_of({"a": entry(tarfile.LNKTYPE, "../../etc/passwd")}), "no file of the archive"),
    "through a link": (tar_of({"a": entry(tarfile.SYMTYPE, ".."), "a/x": b"x"}), "no file of the archive"),
    "own link": (tar_of({"a": entry(tarfile.SYMTYPE, "a")}), "no file of the archive"),
    "device": (tar_of({"a": entry(tarfile.CHRTYPE)}), "no file of the archive"),
    "pipe": (tar_of({"a": entry(tarfile.FIFOTYPE)}), "no file of the archive"),
    "tar bomb": (tar_of({"a": bytes(3 << 20)}), "more than 100 times"),
    "zip bomb": (zip_of({"a": bytes(3 << 20)}), "more than 100 times"),
    "link bomb": (tar_of({"a": bytes(1 << 19), **{str(i): entry(tarfile.LNKTYPE, "a") for i in range(4)}}),
                  "more than 100 times"),
    "name bomb": (gzip.compress(tar_of({"a": b""}, "w")[:512] * 5000), "more than 100 times"),
    "cut": (FORMS["x.tar.gz"][:-20], "cut short"), "damaged": (FORMS["x.tar.gz"][:40] + b"\0" * 99, "cut short"),
    "cut bz2": (FORMS["x.tar.bz2"][:-20], "cut short"), "cut xz": (FORMS["x.tar.xz"][:-20], "cut short"),
    "damaged zip": (FORMS["x.zip"].replace(b"PK\x03\x04", b"PK\x03\x05"), "cut short"),
    "text": (b"text", "no tar or zip"), "packed text": (gzip.compress(b"text"), "no tar or zip"), "empty": (b"", "no"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_archives_that_cannot_be_trusted_leave_nothing(server, tmp_path, name):
    server.files["x"], text = HOSTILE[name]
    with pytest.raises(FileFormatError, match=text):
        utils.get_file("x", server.url + "x", extract=True)
    assert here(tmp_path) == ["datasets/x_archive"]
    assert not (tmp_path / "datasets" / "x").exists()


def test_a_folder_that_is_there_is_added_to(server, tmp_path):
    (tmp_path / "x" / "in").mkdir(parents=True)
    (tmp_path / "x" / "own").write_bytes(b"own")
    (tmp_path / "x" / "in" / "a.txt").write_bytes(b"old")
    server.files["x"] = zip_of(MEMBERS)
    utils.get_file("x", server.url + "x", extract=True, cache_subdir="")
    assert here(tmp_path / "x") == ["in/a.txt", "in/b.txt", "own"]
    assert (tmp_path / "x" / "in" / "a.txt").read_bytes() == b"a"
