"""Damaged and hostile files: one clear error, bounded memory, nothing changed."""

import io
import json
import random
import time
import tracemalloc
import zipfile
import zlib

import numpy as np
import pytest

from minikeras import layers, models, registry
from minikeras.errors import FileFormatError
from minikeras.saving import api, archive, arrays
from tests.saving.objects import small_model

h5py = arrays.h5py_or_none()
needs_h5py = pytest.mark.skipif(h5py is None, reason="needs h5py: pip install 'minikeras[h5]'")


def members_of(path):
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A saved model with npz weights: (path, bytes, members, predictions, data)."""
    path = tmp_path_factory.mktemp("saved") / "m.keras"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(api, "h5py_or_none", lambda: None)
        model, x, _ = small_model()
        model.save(path)
    return path, path.read_bytes(), members_of(path), model.predict(x), x


def written(tmp_path, data):
    path = tmp_path / "m.keras"
    path.write_bytes(data)
    return path


def refused(tmp_path, members, message):
    """Loading an archive of `members` gives one FileFormatError that names the file and matches."""
    with pytest.raises(FileFormatError, match=message) as caught:
        models.load_model(written(tmp_path, archive.zip_bytes(members)))
    assert str(caught.value).startswith(str(tmp_path / "m.keras"))


# --- anything may be damaged -----------------------------------------------------------------


def mutations(data, seed, count):
    """Copies of data with flipped, missing, doubled or cut bytes."""
    rng = random.Random(seed)
    for _ in range(count):
        new = bytearray(data)
        kind = rng.choice(["flip", "flip", "flip", "cut", "drop", "repeat", "zero"])
        at, length = rng.randrange(len(new)), rng.randrange(1, 64)
        if kind == "flip":
            for _ in range(rng.randrange(1, 4)):
                new[rng.randrange(len(new))] ^= 1 << rng.randrange(8)
        elif kind == "cut":
            del new[at:]
        elif kind == "drop":
            del new[at:at + length]
        elif kind == "repeat":
            new[at:at] = new[at:at + length]
        else:
            new[at:at + length] = bytes(len(new[at:at + length]))
        yield bytes(new)


def loaded_or_none(path):
    """The model, or None where loading is refused by name of the file."""
    try:
        return models.load_model(path)
    except FileFormatError as error:
        assert str(error).startswith(str(path))
        return None


def test_damaged_archives_load_equal_or_are_refused(tmp_path, saved):
    _, data, _, expected, x = saved
    start, refusals = time.monotonic(), 0
    for new in mutations(data, 0, 150):
        loaded = loaded_or_none(written(tmp_path, new))
        refusals += loaded is None
        if loaded is not None:
            np.testing.assert_array_equal(loaded.predict(x), expected)
    assert refusals > 100
    assert time.monotonic() - start < 20


def test_truncated_archives_are_refused(tmp_path, saved):
    data = saved[1]
    for size in range(0, len(data) - 1, len(data) // 40):
        with pytest.raises(FileFormatError, match=r"m\.keras"):
            models.load_model(written(tmp_path, data[:size]))


@pytest.mark.parametrize("name", ["config.json", "metadata.json"])
def test_damaged_json_with_right_checksums_is_refused_or_loads(tmp_path, saved, name):
    members = saved[2]
    for new in mutations(members[name], 1, 60):
        loaded_or_none(written(tmp_path, archive.zip_bytes({**members, name: new})))


@pytest.mark.parametrize("suffix", [".weights.npz", pytest.param(".weights.h5", marks=needs_h5py), ".safetensors"])
def test_damaged_weights_are_refused_and_change_nothing(tmp_path, suffix):
    model = models.Sequential([models.Input((3,)), layers.Dense(4), layers.Dense(2)])
    path = tmp_path / f"m{suffix}"
    model.save_weights(path)
    data, before = path.read_bytes(), [w.tobytes() for w in model.get_weights()]
    refusals = 0
    for new in mutations(data, 2, 100):
        path.write_bytes(new)
        try:
            model.load_weights(path)
        except FileFormatError:
            refusals += 1
            assert [w.tobytes() for w in model.get_weights()] == before
        else:
            before = [w.tobytes() for w in model.get_weights()]
    assert refusals > 10


@needs_h5py
def test_damaged_models_in_the_form_of_keras_2_are_refused_or_load(tmp_path):
    model = models.Sequential([models.Input((3,)), layers.Dense(2)])
    model.save(tmp_path / "m.h5")
    for new in mutations((tmp_path / "m.h5").read_bytes(), 5, 30):
        (tmp_path / "m.h5").write_bytes(new)
        loaded_or_none(tmp_path / "m.h5")


@needs_h5py
@pytest.mark.parametrize("config", [
    {"class_name": "Functional", "config": {}, "inbound_nodes": [[]]},
    {"class_name": "Functional", "config": {}, "inbound_nodes": [[3]]},
    {"class_name": "Sequential", "config": {"layers": [3, {"config": {"batch_input_shape": [1]}}]}}])
def test_a_config_in_no_form_of_keras_2_is_refused(tmp_path, config):
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file.attrs["model_config"] = json.dumps(config)
        file.create_group("model_weights").attrs["layer_names"] = np.array([], "S1")
    with pytest.raises(FileFormatError, match=r"m\.h5: model_config: the model cannot be made from it"):
        models.load_model(tmp_path / "m.h5")


@needs_h5py
def test_a_list_of_texts_that_could_all_be_the_same_long_one_is_not_read(tmp_path):
    with h5py.File(tmp_path / "m.h5", "w") as file:
        group = file.create_group("model_weights")
        group.attrs.create("layer_names", ["a"] * 3000, dtype=h5py.string_dtype())
    with pytest.raises(FileFormatError, match="layer_names is a list of 3000 texts"):
        small_model()[0].load_weights(tmp_path / "m.h5")


# --- the archive -----------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["config.json", "metadata.json", "model.weights.npz"])
def test_a_missing_part_is_named(tmp_path, saved, missing):
    members = {name: data for name, data in saved[2].items() if name != missing}
    refused(tmp_path, members, "lacks .*" + missing.rpartition(".")[0])


@pytest.mark.parametrize("name", ["/etc/x", "../x", "a/../../x", "a\\..\\x", "C:/x", "a//x", "./x"])
def test_a_name_that_leads_outside_is_refused(tmp_path, saved, name):
    refused(tmp_path, {**saved[2], name: b""}, "no plain relative path")


def test_an_unknown_member_is_refused(tmp_path, saved):
    refused(tmp_path, {**saved[2], "run.py": b""}, r"holds run\.py")


def test_a_name_given_twice_is_refused(tmp_path, saved):
    buffer = io.BytesIO(saved[1])
    with zipfile.ZipFile(buffer, "a") as file, pytest.warns(UserWarning, match="Duplicate"):
        file.writestr("config.json", b"{}")
    with pytest.raises(FileFormatError, match=r"'config\.json' twice"):
        models.load_model(written(tmp_path, buffer.getvalue()))


def test_a_member_that_unpacks_to_far_more_is_refused_unread(tmp_path, saved):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in {**saved[2], "model.weights.npz": bytes(50 << 20)}.items():
            file.writestr(name, data)
    tracemalloc.start()
    with pytest.raises(FileFormatError, match="declares 52428800 bytes"):
        models.load_model(written(tmp_path, buffer.getvalue()))
    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()


def test_a_member_that_declares_less_than_it_holds_is_refused():
    packed = zlib.compress(bytes(5 << 20), 9)[2:-4]
    data = archive.zip_bytes({"a": packed})
    # The sizes of the deflated member, as the directory at the end declares them.
    at = data.index(b"PK\x01\x02")
    forged = bytearray(data)
    forged[8:10] = forged[at + 10:at + 12] = (8).to_bytes(2, "little")
    with pytest.raises(FileFormatError):
        archive.read_zip(bytes(forged), "f")


def test_something_else_is_no_archive(tmp_path):
    with pytest.raises(FileFormatError, match="no whole zip archive"):
        models.load_model(written(tmp_path, b"hello" * 100))


# --- the config ------------------------------------------------------------------------------


def changed(saved, change):
    """The members with `change` applied to the parsed config."""
    config = json.loads(saved[2]["config.json"])
    change(config)
    return {**saved[2], "config.json": json.dumps(config).encode()}


@pytest.mark.parametrize("change, message", [
    (lambda c: c["config"]["layers"][2].update(class_name="Dens"), "'Dens'.*Dense"),
    (lambda c: c["config"]["layers"][2]["config"].update(unit=3), "unit"),
    (lambda c: c["config"]["layers"][2]["config"].update(units="8"), "units must be an integer"),
    (lambda c: c["config"].update(surprise=3), "surprise"),
    (lambda c: c.update(class_name="Dense", module="keras.layers", config={"units": 1}, build_config=None,
                        compile_config=None), "Dense, which is no model"),
    (lambda c: c["compile_config"].update(loss="means_squared_error"), "mean_squared_error"),
    (lambda c: c["compile_config"]["optimizer"].update(class_name="Adma"), "'Adma'.*Adam"),
    (lambda c: c["config"]["layers"].append(7), "takes layers"),
    (lambda c: c["config"].update(layers=None), "config"),
    (lambda c: c.update(module="os", class_name="system"), "system"),
], ids=range(10))
def test_a_config_that_does_not_fit_says_what_and_where(tmp_path, saved, change, message):
    refused(tmp_path, changed(saved, change), r"config\.json: .*" + message)


def of_nothing(node):
    extent = {"class_name": "__dimension__", "config": {"terms": [[1, [["//", 1, 0]]]]}}
    node["inbound_nodes"][0]["kwargs"] = {"extent": extent}


def without_call(node):
    inner = {"module": "keras.layers", "class_name": "Flatten", "config": {}}
    node.update(class_name="Wrapper", config={"layer": inner})


@pytest.mark.parametrize("change", [of_nothing, without_call])
def test_a_call_that_cannot_be_made_is_refused(tmp_path, saved, change):
    inputs = models.Input((3,))
    config = registry.serialize_object(models.Model(inputs, layers.Dense(2)(inputs)))
    change(config["config"]["layers"][1])
    refused(tmp_path, {**saved[2], "config.json": json.dumps(config).encode()}, r"config\.json: .*cannot be made")


def test_deep_nesting_is_refused(tmp_path, saved):
    refused(tmp_path, {**saved[2], "config.json": b"[" * 100_000}, r"config\.json")


def test_a_key_given_twice_is_refused(tmp_path, saved):
    refused(tmp_path, {**saved[2], "config.json": b'{"a": 1, "a": 2}'}, "twice")


def test_a_layer_larger_than_the_stored_weights_is_refused_unmade(tmp_path, saved):
    def grow(config):
        config["config"]["layers"][2]["config"]["units"] = 50_000_000
    start = time.monotonic()
    refused(tmp_path, changed(saved, grow), "larger than the weights in the file")
    assert time.monotonic() - start < 2


@pytest.mark.parametrize("data", [
    {"generators": {"layers/absent": {}}}, {"generators": {"layers/dropout/seed_generator": {"kind": "PCG64"}}},
    {"generators": []}, {}, [], {"generators": {}, "shuffle_seed": ["a"]}, {"generators": {}, "shuffle_seed": [-1]}])
def test_a_state_of_generators_that_does_not_fit_is_refused(tmp_path, saved, data):
    metadata = {**json.loads(saved[2]["metadata.json"]), "randomness": data}
    refused(tmp_path, {**saved[2], "metadata.json": json.dumps(metadata).encode()}, r"metadata\.json: .*random")


# --- npz -------------------------------------------------------------------------------------


def npy(header, body=b""):
    text = repr(header).encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + body


@pytest.mark.parametrize("content, message", [
    (npy({"descr": "|O", "fortran_order": False, "shape": (1,)}, b"\x80\x04N."), "Objects"),
    (npy({"descr": [("a", "<f4")], "fortran_order": False, "shape": (1,)}, bytes(4)), "plain numbers"),
    (npy({"descr": "<f4", "fortran_order": False, "shape": (1 << 40,)}), "0 bytes are stored"),
    (npy({"descr": "<f4", "fortran_order": False, "shape": (2,)}, bytes(9)), "9 bytes are stored"),
    (npy({"descr": "<f4", "fortran_order": False, "shape": (-1,)}, bytes(4)), "declared"),
    (b"\x93NUMPY\x07\x00", "header"), (b"", "header"), (b"hello", "header"),
], ids=["objects", "records", "huge", "more", "negative", "version", "empty", "text"])
def test_an_array_that_is_none_is_refused(content, message):
    with pytest.raises(FileFormatError, match=message):
        arrays.read_npz(archive.zip_bytes({"layers/dense/vars/0.npy": content}), "f")


def test_an_npz_holds_arrays_only():
    with pytest.raises(FileFormatError, match="only arrays"):
        arrays.read_npz(archive.zip_bytes({"x.txt": b""}), "f")


def test_arrays_in_column_order_and_other_byte_orders_are_read():
    buffer = io.BytesIO()
    x = np.arange(6.0).reshape(2, 3)
    np.savez(buffer, f=np.asfortranarray(x), b=x.astype(">f4"), s=np.float32(3))
    found = arrays.read_npz(buffer.getvalue(), "f")
    np.testing.assert_array_equal(found["f"], x)
    np.testing.assert_array_equal(found["b"], x)
    assert found["b"].dtype == np.dtype("=f4")
    assert found["s"].shape == ()


# --- HDF5 ------------------------------------------------------------------------------------


def h5(fill):
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        fill(file)
    return buffer.getvalue()


def virtual(file):
    layout = h5py.VirtualLayout((2,), "f4")
    layout[:] = h5py.VirtualSource("/etc/other.h5", "x", (2,))
    file.create_virtual_dataset("x", layout)


def looped(file):
    file.create_group("a")["b"] = file["/"]


@needs_h5py
@pytest.mark.parametrize("fill, message", [
    (lambda f: f.create_dataset("x", (2,), "f4", external=[("/etc/passwd", 0, 8)]), "another file"),
    (virtual, "another file"),
    (lambda f: f.update({"x": h5py.ExternalLink("/etc/other.h5", "y")}), "link"),
    (lambda f: f.update({"x": h5py.SoftLink("/y")}), "link"),
    (looped, "refers to what was read"),
    (lambda f: f.create_dataset("x", (1 << 40,), "f4"), "0 bytes are stored"),
    (lambda f: f.create_dataset("x", (1 << 40,), "f4", chunks=(1024,), compression="gzip"), "0 bytes are stored"),
    (lambda f: f.create_dataset("x", data=["text"]), "plain numbers"),
    (lambda f: f.create_group("x").attrs.update({"name": "a" * 2000}), "a name of 2000 letters"),
    (lambda f: f.create_dataset("x", data=h5py.Empty("f4")), "no array"),
    (lambda f: f.create_dataset("x", data=np.ones(9, "f4"), chunks=(9,), compression="lzf"), "filter"),
], ids=["external", "virtual", "external_link", "soft_link", "loop", "huge", "huge_packed", "text", "name", "empty",
        "filter"])
def test_an_hdf5_file_with_more_than_plain_arrays_is_refused(fill, message):
    with pytest.raises(FileFormatError, match=message):
        arrays.read_h5(h5(fill), "f")


@needs_h5py
def test_packed_hdf5_arrays_are_read():
    x = np.arange(1000.0)
    data = h5(lambda f: f.create_dataset("g/x", data=x, compression="gzip", shuffle=True, fletcher32=True))
    np.testing.assert_array_equal(arrays.read_h5(data, "f")["g/x"], x)


def test_hdf5_without_h5py_says_what_to_install(monkeypatch):
    monkeypatch.setattr(arrays, "h5py_or_none", lambda: None)
    with pytest.raises(ImportError, match=r"minikeras\[h5\]"):
        arrays.read_h5(b"", "f")
