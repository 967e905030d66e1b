"""Files that are whole or not there."""

import os
import stat

import pytest

from minikeras.saving import write_atomically
from minikeras.saving.folders import read_folder, write_folder


def test_bytes_and_functions_are_written(tmp_path):
    write_atomically(tmp_path / "a", b"one")
    write_atomically(tmp_path / "b", lambda file: file.write(b"two"))
    assert (tmp_path / "a").read_bytes() == b"one"
    assert (tmp_path / "b").read_bytes() == b"two"


def test_a_write_that_fails_midway_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "model"
    path.write_bytes(b"old")

    def fail(file):
        file.write(b"half")
        raise RuntimeError("midway")
    with pytest.raises(RuntimeError, match="midway"):
        write_atomically(path, fail)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["model"]


def test_an_interrupt_midway_leaves_no_file(tmp_path):
    def interrupt(file):
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "model", interrupt)
    assert os.listdir(tmp_path) == []


def test_a_folder_that_cannot_be_replaced_stays(tmp_path, monkeypatch):
    write_folder(tmp_path / "model", {"config.json": b"old"})
    replace = os.replace

    def fail(source, target):
        if os.path.basename(source) == "new":
            raise OSError(28, "No space left on device")
        replace(source, target)
    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="No space left"):
        write_folder(tmp_path / "model", {"config.json": b"new"})
    assert read_folder(tmp_path) == {"model/config.json": b"old"}


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failing_system_call_is_reported_and_leaves_the_old_file(tmp_path, monkeypatch, call):
    path = tmp_path / "model"
    path.write_bytes(b"old")

    def fail(*_):
        raise OSError(28, "No space left on device")
    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match=r"No space left on device.*model"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["model"]


def test_the_file_reaches_the_disk_before_its_name_and_the_folder_after(tmp_path, monkeypatch):
    calls = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda f: (calls.append(stat.S_ISDIR(os.fstat(f).st_mode)), fsync(f)))
    monkeypatch.setattr(os, "replace", lambda *names: (calls.append("rename"), replace(*names)))
    write_atomically(tmp_path / "model", b"new")
    assert calls == ([False, "rename", True] if os.name != "nt" else [False, "rename"])


def test_an_existing_file_is_kept_without_overwrite(tmp_path):
    path = tmp_path / "model"
    path.write_bytes(b"old")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        write_atomically(path, b"new", overwrite=False)
    assert path.read_bytes() == b"old"


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no folder .*absent"):
        write_atomically(tmp_path / "absent" / "model", b"new")


def test_a_folder_in_the_place_of_the_file_is_named(tmp_path):
    with pytest.raises(IsADirectoryError, match="folder"):
        write_atomically(tmp_path, b"new")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="rights do not stop the superuser")
def test_a_folder_without_write_permission_is_reported(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError, match="cannot be written"):
        write_atomically(tmp_path / "model", b"new")


def test_a_symbolic_link_stays_one(tmp_path):
    (tmp_path / "real").write_bytes(b"old")
    try:
        (tmp_path / "link").symlink_to(tmp_path / "real")
    except OSError:
        pytest.skip("no symbolic links here")
    write_atomically(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"
