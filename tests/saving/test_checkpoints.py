"""Checkpoint files: what goes in comes out, damage is noticed, and the newest that is whole is found."""

import json
import os
import subprocess
import sys
import tracemalloc
import zipfile

import numpy as np
import pytest

from minikeras.errors import FileFormatError
from minikeras.saving import archive, checkpoints, packed
from minikeras.saving.checkpoints import CheckpointFolder, read_checkpoint, write_checkpoint
from tests.saving.test_hostile import mutations, npy

STATE = {
    "weights": {"layers/0/kernel": np.ones((2, 3), "float32"), "b": np.zeros((0, 2)), "..": np.int8(3)},
    "numbers": [True, 2**200, 1e-320, float("inf"), None, "ü\n", b"\x00\xff", np.float32(0.1)],
    "pairs": {3: ("a", 1), None: (), "__kind__": {}}, "": [[], {}, np.array(7.5), np.array([1 + 2j])],
    "layers": {"0": {"kernel": np.ones(2)}, "0/kernel": np.full(2, 2.0)},
}


def same(a, b):
    if isinstance(a, dict):
        return type(b) is dict and list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, (np.ndarray, np.generic)):
        return type(a) is type(b) and a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    return type(a) is type(b) and a == b


def test_nested_data_comes_back_as_it_was():
    assert same(packed.unpacked(packed.packed(STATE), "f"), STATE)
    assert packed.packed(STATE) == packed.packed(STATE)
    assert same(packed.unpacked(packed.packed(np.arange(3)), "f"), np.arange(3))


def test_numpy_shows_the_arrays_by_their_paths(tmp_path):
    write_checkpoint(tmp_path / "c.ckpt", {"layers/0": {"kernel": np.ones(2)}})
    with np.load(tmp_path / "c.ckpt", allow_pickle=False) as file:
        np.testing.assert_array_equal(file["state/layers/0/kernel"], np.ones(2))


@pytest.mark.parametrize("value", [object(), {1, 2}, np.array(["a"]), np.array([None]), print, 1j])
def test_what_is_no_plain_data_is_refused_by_its_place(value):
    with pytest.raises(TypeError, match="at callbacks/1"):
        packed.packed({"callbacks": [0, value]})


def test_every_changed_byte_is_noticed():
    data = packed.packed({"a": np.arange(4), "b": [1, 2]})
    for i in range(len(data)):
        changed = bytearray(data)
        changed[i] ^= 1 << (i % 8)
        with pytest.raises(FileFormatError, match="checksum"):
            packed.unpacked(bytes(changed), "f")


def signed(members):
    """A file of these members, with a checksum that fits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packed, "zip_bytes", lambda _: archive.zip_bytes(members))
        return packed.packed(None)


def members_of(data, tmp_path):
    (tmp_path / "x").write_bytes(data)
    with zipfile.ZipFile(tmp_path / "x") as file:
        return {name: file.read(name) for name in file.namelist()}


def test_hostile_contents_under_a_fitting_checksum_are_refused_or_read(tmp_path):
    members = members_of(packed.packed(STATE), tmp_path)
    refusals = [refusal(signed({**members, name: new})) for name in members for new in mutations(members[name], 1, 15)]
    assert all(text is None or text.startswith("f") for text in refusals)
    assert sum(text is not None for text in refusals) > len(refusals) / 3


def refusal(data):
    try:
        packed.unpacked(data, "f")
    except FileFormatError as error:
        return str(error)


@pytest.mark.parametrize("state", [
    {"__kind__": "array", "value": "gone"}, {"__kind__": "array"}, {"__kind__": "exec", "value": "a"},
    {"__kind__": "dict", "value": [[[], 1]]}, {"__kind__": "dict", "value": 3}, {"__kind__": [], "value": "a"},
    [{"__kind__": "array", "value": "a"}] * 2, {"__kind__": "array", "value": ["a"]}, 5])
def test_a_state_that_is_none_is_refused(state):
    members = {"state.json": json.dumps(state).encode(), "a.npy": packed.npy_bytes(np.ones(2))}
    with pytest.raises(FileFormatError, match=r"^f"):
        packed.unpacked(signed(members), "f")


@pytest.mark.parametrize("text", [b"[" * 100_000, b'{"a": 1e', b"\xff", b"9" * 10_000])
def test_json_that_is_none_is_refused(text):
    with pytest.raises(FileFormatError, match=r"state\.json cannot be read"):
        packed.unpacked(signed({"state.json": text}), "f")


def test_an_array_that_declares_more_than_it_has_is_refused_unmade():
    members = {"state.json": b'{"__kind__": "array", "value": "a"}',
               "a.npy": npy({"descr": "<f8", "fortran_order": False, "shape": (1 << 40,)}, bytes(16))}
    tracemalloc.start()
    with pytest.raises(FileFormatError, match=r"f: a: .* 16 bytes are stored"):
        packed.unpacked(signed(members), "f")
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


@pytest.mark.parametrize("content", [3, {}, {"format": 1, "versions": 2, "state": 0}])
def test_another_packed_file_is_no_checkpoint(tmp_path, content):
    (tmp_path / "c").write_bytes(packed.packed(content))
    with pytest.raises(FileFormatError, match="no checkpoint"):
        read_checkpoint(tmp_path / "c")


def test_a_later_format_names_what_wrote_it(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "FORMAT", 2)
    write_checkpoint(tmp_path / "c", 1)
    monkeypatch.undo()
    with pytest.raises(FileFormatError, match=r"format 2.*minikeras"):
        read_checkpoint(tmp_path / "c")
    with pytest.raises(FileNotFoundError, match="no checkpoint"):
        read_checkpoint(tmp_path / "d")


# --- folders ---------------------------------------------------------------------------------


def test_a_folder_keeps_the_newest(tmp_path):
    folder = CheckpointFolder(tmp_path / "new" / "one", keep=2)
    assert folder.newest() is None
    for number in (1, 5, 20):
        folder.save(number, {"at": number})
    assert folder.numbers() == [5, 20]
    assert folder.newest()[:2] == (20, {"at": 20})
    folder.save(7, {"at": 7})       # 20 was given up
    assert folder.numbers() == [5, 7]
    folder.clear()
    assert not (tmp_path / "new" / "one").exists()


def test_a_damaged_checkpoint_is_passed_over_and_told_of(tmp_path):
    folder = CheckpointFolder(tmp_path)
    for number in (1, 2, 3):
        folder.save(number, number)
    folder.path(3).write_bytes(folder.path(3).read_bytes()[:-100])
    folder.path(2).write_bytes(b"")
    with pytest.warns(UserWarning, match=r"checkpoint-[23]\.ckpt.*checksum") as told:
        assert folder.newest()[:2] == (1, 1)
    assert len(told) == 2
    folder.path(1).write_bytes(b"x")
    with pytest.raises(FileFormatError, match=r"nor is there an older one.*checkpoint-1"):
        folder.newest()


def test_other_files_stay_and_leftovers_go(tmp_path):
    folder = CheckpointFolder(tmp_path, keep=1)
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    running = f".checkpoint-3.ckpt.{os.getppid()}-7.tmp"
    for name in ("notes.txt", "checkpoint-x.ckpt", f".checkpoint-3.ckpt.{process.pid}-7.tmp",
                 f".checkpoint-3.ckpt.{os.getpid()}-7.tmp", running):
        (tmp_path / name).write_text("")
    (tmp_path / f".archive.{process.pid}-7.tmp" / "new").mkdir(parents=True)
    folder.save(1, 0)
    assert sorted(os.listdir(tmp_path)) == [running, "checkpoint-1.ckpt", "checkpoint-x.ckpt", "notes.txt"]
    folder.clear()
    assert tmp_path.exists()


@pytest.mark.long
def test_a_process_that_is_killed_while_it_writes_leaves_whole_checkpoints(tmp_path):
    code = ("import numpy as np, sys\n"
            "from minikeras.saving.checkpoints import CheckpointFolder\n"
            "folder = CheckpointFolder(sys.argv[1], keep=2)\n"
            "for n in range(10**6):\n"
            "    folder.save(n, np.full(200_000, float(n)))\n"
            "    print(n, flush=True)\n")
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    written = [int(process.stdout.readline()) for _ in range(3)][-1]
    process.kill()
    process.wait()
    number, state, _ = CheckpointFolder(tmp_path).newest()
    assert number >= written and (state == number).all()
    CheckpointFolder(tmp_path).save(number + 1, None)
    assert not [name for name in os.listdir(tmp_path) if name.endswith(".tmp")]
    process.stdout.close()
