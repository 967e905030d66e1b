"""Files of weights: every form, what does not fit, loading by name and in part."""

import re

import numpy as np
import pytest

from minikeras import layers, models, optimizers, saving
from minikeras.errors import FileFormatError, ShapeError
from minikeras.saving import load_weights, save_weights
from minikeras.saving.arrays import h5py_or_none
from minikeras.saving.legacy import modern
from minikeras.saving.paths import objects_by_path
from tests.saving.objects import small_model

needs_h5py = pytest.mark.skipif(h5py_or_none() is None, reason="needs h5py: pip install 'minikeras[h5]'")
SUFFIXES = [pytest.param(".weights.h5", marks=needs_h5py), ".weights.npz", ".safetensors"]
each_form = pytest.mark.parametrize("suffix", SUFFIXES)


def dense_model(*units, names=(), inputs=3):
    names = names or [None] * len(units)
    return models.Sequential([models.Input((inputs,)), *(layers.Dense(n, name=name) for n, name in zip(units, names))])


def assert_equal(a, b):
    for mine, theirs in zip(a, b, strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".keras"])
def test_weights_go_into_another_model_of_the_same_layers(tmp_path, suffix):
    model, x, _ = small_model(0)
    other, _, _ = small_model(1)
    path = tmp_path / f"m{suffix}"
    model.save(path) if suffix == ".keras" else model.save_weights(path)
    other.load_weights(path)
    np.testing.assert_array_equal(other.predict(x), model.predict(x))


@each_form
def test_the_state_of_the_optimizer_goes_along(tmp_path, suffix):
    model, _, _ = small_model(0)
    model.save_weights(tmp_path / f"m{suffix}")
    other, _, _ = small_model(1)
    other.load_weights(tmp_path / f"m{suffix}")
    assert_equal([v.numpy() for v in model.optimizer.variables], [v.numpy() for v in other.optimizer.variables])


def test_an_optimizer_for_other_variables_is_left_alone_with_a_warning(tmp_path):
    model, _, _ = small_model(0, optimizer="adam")
    model.save_weights(tmp_path / "m.weights.npz")
    other, _, _ = small_model(1, optimizer="sgd")
    before = [v.numpy() for v in other.optimizer.variables]
    with pytest.warns(UserWarning, match="optimizer 'sgd'.*its state is not loaded"):
        other.load_weights(tmp_path / "m.weights.npz")
    assert_equal(before, [v.numpy() for v in other.optimizer.variables])
    assert_equal(model.get_weights(), other.get_weights())


@pytest.mark.parametrize("units, lines", [
    ((4, 5), [r"layers/dense_1/vars/0: 'kernel' of layer 'dense_\d*' \(Dense\) has shape \(4, 5\), .*file has \(4, 2\)",
              r"layers/dense_1/vars/1: 'bias' .* has shape \(5,\), but the file has \(2,\)"]),
    ((4,), [r"layers/dense_1/vars/0: the model has nothing there; the file has float32 of shape \(4, 2\)",
            r"layers/dense_1/vars/1: the model has nothing there"]),
    ((4, 2, 2), [r"layers/dense_2/vars/0: 'kernel' .* of shape \(2, 2\), is missing from the file",
                 r"layers/dense_2/vars/1: 'bias' .* is missing"]),
])
def test_every_difference_is_listed_and_nothing_changed(tmp_path, units, lines):
    dense_model(4, 2).save_weights(tmp_path / "m.weights.npz")
    model = dense_model(*units)
    before = model.get_weights()
    with pytest.raises(FileFormatError, match=r"m\.weights\.npz: the file does not fit the model") as caught:
        model.load_weights(tmp_path / "m.weights.npz")
    message = str(caught.value).splitlines()
    assert "in 2 places" in message[0]
    assert "skip_mismatch=True" in message[-1]
    for line, expected in zip(message[1:-1], lines, strict=True):
        assert re.search(expected, line)
    assert_equal(before, model.get_weights())


def test_skip_mismatch_loads_the_layers_that_fit_and_warns_of_the_others(tmp_path):
    source, model = dense_model(4, 4, 2), dense_model(4, 5, 2)
    source.save_weights(tmp_path / "m.weights.npz")
    before = model.get_weights()
    with pytest.warns(UserWarning, match=r"but for 3 places(.*\n)* *layers/dense_2/vars/0"):
        model.load_weights(tmp_path / "m.weights.npz", skip_mismatch=True)
    assert_equal(model.get_weights(), source.get_weights()[:2] + before[2:])


@each_form
def test_by_name_takes_the_layers_that_both_have_wherever_they_stand(tmp_path, suffix):
    source = dense_model(4, 3, 2, names=["a", "b", "c"])
    source.save_weights(tmp_path / f"m{suffix}")
    model = dense_model(4, 4, 3, 7, names=["a", "new", "b", "head"])
    before = model.get_weights()
    model.load_weights(tmp_path / f"m{suffix}", by_name=True)
    want = source.get_weights()
    assert_equal(model.get_weights(), [*want[:2], *before[2:4], *want[2:4], *before[6:]])


def test_by_name_goes_by_the_outermost_name_and_takes_all_inside(tmp_path):
    def made(*names):
        inner = models.Sequential([layers.Dense(4), layers.Bidirectional(layers.LSTM(2), name="both")], name="inner")
        return models.Sequential([models.Input((5, 3)), *([layers.Dense(3, name=n) for n in names]), inner])
    source, model = made("x"), made("y", "z")
    source.save_weights(tmp_path / "m.weights.npz")
    model.load_weights(tmp_path / "m.weights.npz", by_name=True)
    assert_equal(model.get_layer("inner").get_weights(), source.get_layer("inner").get_weights())


def test_by_name_lists_what_differs_by_both_paths(tmp_path):
    dense_model(4, 3, names=["a", "b"]).save_weights(tmp_path / "m.weights.npz")
    model = dense_model(4, 4, 5, names=["a", "new", "b"])
    before = model.get_weights()
    with pytest.raises(FileFormatError, match=r"layers/dense_1/vars/0 \(in the model layers/dense_2\): 'kernel' of"):
        model.load_weights(tmp_path / "m.weights.npz", by_name=True)
    assert_equal(model.get_weights(), before)
    with pytest.warns(UserWarning, match="2 places"):
        model.load_weights(tmp_path / "m.weights.npz", by_name=True, skip_mismatch=True)


def test_by_name_without_a_common_name_warns(tmp_path):
    dense_model(4, names=["a"]).save_weights(tmp_path / "m.weights.npz")
    with pytest.warns(UserWarning, match=r"none of its layers \(a\) has the name of one in.*\(b\)"):
        dense_model(4, names=["b"]).load_weights(tmp_path / "m.weights.npz", by_name=True)


def test_a_file_without_names_is_not_loaded_by_name(tmp_path):
    np.savez(tmp_path / "m.weights.npz", **{"layers/dense/vars/0": np.ones((3, 2)), "layers/dense/vars/1": np.ones(2)})
    model = dense_model(2)
    with pytest.raises(FileFormatError, match="does not hold the names"):
        model.load_weights(tmp_path / "m.weights.npz", by_name=True)
    model.load_weights(tmp_path / "m.weights.npz")
    assert_equal(model.get_weights(), [np.ones((3, 2)), np.ones(2)])


def test_objects_to_skip_are_neither_written_nor_read(tmp_path):
    source, model = dense_model(4, 2), dense_model(4, 2)
    before = model.get_weights()
    save_weights(source, tmp_path / "m.weights.npz", objects_to_skip=[source.layers[1]])
    load_weights(model, tmp_path / "m.weights.npz", objects_to_skip=[model.layers[1]])
    assert_equal(model.get_weights(), source.get_weights()[:2] + before[2:])


def test_weights_of_a_model_that_is_not_built_are_refused(tmp_path):
    model = models.Sequential([layers.Dense(2)])
    for act in (model.save_weights, model.load_weights):
        with pytest.raises(ShapeError, match="build it first"):
            act(tmp_path / "m.weights.npz")


def test_floats_do_not_become_integers(tmp_path):
    np.savez(tmp_path / "m.weights.npz", **{"layers/dense/vars/0": np.ones((3, 2), complex),
                                            "layers/dense/vars/1": np.ones(2)})
    with pytest.raises(FileFormatError, match="complex128 does not"):
        dense_model(2).load_weights(tmp_path / "m.weights.npz")


# --- what objects of the user's keep ---------------------------------------------------------


class Twofold(models.Model):
    """Two networks with an optimizer each, as for adversarial training."""

    def __init__(self):
        super().__init__()
        self.first, self.second = layers.Dense(2), layers.Dense(2)
        self.d_optimizer = optimizers.Adam()

    def call(self, x):
        return self.second(self.first(x))


def test_optimizers_in_attributes_are_kept(tmp_path):
    model, other = Twofold(), Twofold()
    for m in (model, other):
        m(np.ones((1, 2), "float32"))
        m.d_optimizer.build(m.first.trainable_variables)
    model.d_optimizer.apply([np.ones((2, 2), "float32"), np.ones(2, "float32")])
    model.save_weights(tmp_path / "m.weights.npz")
    other.load_weights(tmp_path / "m.weights.npz")
    assert_equal([v.numpy() for v in model.d_optimizer.variables], [v.numpy() for v in other.d_optimizer.variables])


class Rivals(Twofold):
    """Compiled with arguments of its own."""

    def compile(self, first_optimizer):
        super().compile()
        self.d_optimizer = first_optimizer

    @property
    def alias(self):
        return self.second

    @property
    def broken(self):
        raise RuntimeError("this property does not work yet")


class Recompiled(Rivals):
    """And says how."""

    def get_compile_config(self):
        return {"first_optimizer": self.d_optimizer}

    def compile_from_config(self, config):
        self.compile(**saving.deserialize_keras_object(config))


def test_a_compile_of_the_users_own_is_not_guessed(tmp_path):
    model = Rivals()
    model(np.ones((1, 2), "float32"))
    model.compile(optimizers.SGD(0.5))
    model.save(tmp_path / "m.keras")
    with pytest.warns(UserWarning, match="a compile of its own"):
        loaded = models.load_model(tmp_path / "m.keras", {"Rivals": Rivals})
    assert not loaded.compiled
    assert_equal(model.get_weights(), loaded.get_weights())


def test_what_a_model_says_of_its_compilation_is_followed(tmp_path):
    model = Recompiled()
    model(np.ones((1, 2), "float32"))
    model.compile(optimizers.Adam(0.5))
    model.save(tmp_path / "m.keras")
    loaded = models.load_model(tmp_path / "m.keras", {"Recompiled": Recompiled})
    assert float(loaded.d_optimizer.learning_rate) == 0.5


def test_properties_of_the_users_classes_count_as_in_keras():
    model = Rivals()
    model(np.ones((1, 2), "float32"))
    assert {path for path, _ in objects_by_path(model)} >= {"alias", "first", "d_optimizer"}


class Table(layers.Layer):
    """Keeps its weight under a name of its own, and a list of words in a file."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.words = []

    def build(self, input_shape):
        self.table = self.add_weight(shape=(2, 2), name="table")

    def call(self, x):
        return x @ self.table

    def save_own_variables(self, store):
        super().save_own_variables(store)
        store["table"] = store.pop("0") * 2

    def load_own_variables(self, store):
        self.table.assign(store["table"] / 2)

    def save_assets(self, dir_path):
        with open(f"{dir_path}/words.txt", "w") as file:
            file.write(" ".join(self.words))

    def load_assets(self, dir_path):
        with open(f"{dir_path}/words.txt") as file:
            self.words = file.read().split()


def test_what_a_layer_says_of_its_own_state_is_followed(tmp_path):
    model = models.Sequential([models.Input((2,)), Table()])
    model.layers[0].words = ["one", "two"]
    model.save(tmp_path / "m.keras")
    loaded = models.load_model(tmp_path / "m.keras", {"Table": Table})
    assert loaded.layers[0].words == ["one", "two"]
    assert_equal(model.get_weights(), loaded.get_weights())


def test_a_layer_that_refuses_its_state_is_named_and_nothing_is_loaded(tmp_path):
    models.Sequential([models.Input((2,)), layers.Dense(2), layers.Dense(2)]).save_weights(tmp_path / "m.weights.npz")
    model = models.Sequential([models.Input((2,)), layers.Dense(2), Table()])
    before = model.get_weights()
    with pytest.raises(FileFormatError, match=r"layers/table/vars: layer 'table\w*' \(Table\) cannot load it: Key"):
        model.load_weights(tmp_path / "m.weights.npz")
    assert_equal(model.get_weights(), before)


@pytest.mark.parametrize("make", [
    lambda: layers.Dense(3), lambda: layers.Embedding(9, 3), lambda: layers.EinsumDense("ab,bc->ac", 3, bias_axes="c"),
], ids=["Dense", "Embedding", "EinsumDense"])
def test_a_low_rank_product_is_saved_as_part_of_the_weight(tmp_path, make):
    model = models.Sequential([models.Input((3,)), make()])
    model.layers[0].enable_lora(2)
    model.layers[0]._low_rank_parts()[1].assign(np.ones((2, 3)))
    x = np.array([[0, 1, 2]])
    want = model.predict(x, verbose=0)
    model.save(tmp_path / "m.keras")
    loaded = models.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(loaded.predict(x, verbose=0), want, rtol=1e-6)
    assert not loaded.layers[0]._low_rank_parts()[1].numpy().any()


# --- Keras 2's form, and several files -------------------------------------------------------


@needs_h5py
def test_a_model_in_the_form_of_keras_2_comes_back(tmp_path):
    inputs = models.Input((3,))
    inner = models.Sequential([models.Input((4,)), layers.Dense(2), layers.BatchNormalization()])
    model = models.Model(inputs, inner(layers.Dense(4)(inputs) + layers.Dense(4)(inputs)))
    model.compile("adam", "mse", metrics=["mae"])
    x = np.ones((4, 3), "float32")
    model.fit(x, x[:, :2], verbose=0)
    model.save(tmp_path / "m.h5")
    loaded = models.load_model(tmp_path / "m.h5")
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))
    assert model.fit(x, x[:, :2], verbose=0).history == loaded.fit(x, x[:, :2], verbose=0).history


def test_a_config_of_keras_2_is_understood():
    def entry(cls, name, nodes, **config):
        return {"class_name": cls, "name": name, "config": {"name": name, **config}, "inbound_nodes": nodes}
    config = {"class_name": "Model", "config": {
        "name": "m", "input_layers": [["a", 0, 0]], "output_layers": [["c", 0, 0]], "layers": [
            entry("InputLayer", "a", [], batch_input_shape=[None, 3], dtype="float32", sparse=False),
            entry("Dense", "b", [[["a", 0, 0, {}]]], units=3, activation="relu"),
            entry("Add", "c", [[["a", 0, 0, {}], ["b", 0, 0, {}]]])]}}
    model = saving.deserialize_keras_object(modern(config))
    assert (model.input_shape, model.output_shape) == ((None, 3), (None, 3))
    config = {"class_name": "Sequential", "config": {"name": "s", "layers": [
        {"class_name": "Dense", "config": {"name": "d", "units": 2, "batch_input_shape": [None, 5]}}]}}
    assert saving.deserialize_keras_object(modern(config)).input_shape == (None, 5)


@needs_h5py
def test_weights_in_several_files_come_back(tmp_path):
    source, model = dense_model(4, 4, 2), dense_model(4, 4, 2)
    source.save_weights(tmp_path / "m.weights.json", max_shard_size=90 / 2**30)
    assert len(list(tmp_path.glob("m_*.weights.h5"))) == 3
    model.load_weights(tmp_path / "m.weights.json")
    assert_equal(model.get_weights(), source.get_weights())
    with pytest.raises(ValueError, match="layers/dense/vars/0 has 48 bytes"):
        source.save_weights(tmp_path / "m.weights.json", max_shard_size=40 / 2**30)


@pytest.mark.parametrize("text, message", [
    ("{}", "no weight_map"), ('{"weight_map": {"a": "../b.weights.h5"}}', "no .weights.h5 file beside it"),
    ('{"weight_map": {"a": [1]}}', "no .weights.h5 file beside it"), ("[]", "must be a JSON object")])
def test_a_list_of_files_that_leads_elsewhere_is_refused(tmp_path, text, message):
    (tmp_path / "m.weights.json").write_text(text)
    with pytest.raises(FileFormatError, match=message):
        dense_model(2).load_weights(tmp_path / "m.weights.json")


# --- folders ---------------------------------------------------------------------------------


def test_a_model_may_be_a_folder(tmp_path):
    model, x, _ = small_model()
    for _ in range(2):      # the second time in place of the first
        model.save(tmp_path / "m", zipped=False)
    assert [file.name for file in tmp_path.iterdir()] == ["m"]
    np.testing.assert_array_equal(models.load_model(tmp_path / "m").predict(x), model.predict(x))


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    model, _, _ = small_model()
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "thesis.txt").write_text("")
    with pytest.raises(FileExistsError, match="it is no model"):
        model.save(tmp_path / "m", zipped=False)
    assert [file.name for file in (tmp_path / "m").iterdir()] == ["thesis.txt"]
