"""Tables with columns of several kinds, encoded as vectors."""

import numpy as np
import pytest

from minikeras import data, layers, models, utils

FeatureSpace = utils.FeatureSpace
RAW = {"f": np.array([0.0, 1.0, 2.0, 5.0], "float32"), "i": np.array([7, 7, 9, 7]),
       "s": np.array(["red", "blue", "red", "green"])}
NEW = {"f": np.array([2.0]), "i": np.array([9]), "s": np.array(["red"])}


def space(adapt=True, **options):
    features = {"f": "float_normalized", "i": "integer_categorical", "s": "string_categorical"}
    made = FeatureSpace(**{"features": features, **options})
    if adapt:
        made.adapt(RAW)
    return made


def test_features_stand_side_by_side_by_name():
    encoded = np.asarray(space()(NEW))
    np.testing.assert_allclose(encoded, [[0, 0, 0, 1, 0, 1, 0, 0]], atol=1e-6)


def test_each_can_be_had_by_its_name():
    encoded = space(output_mode="dict", crosses=[("s", "i")], crossing_dim=4)(NEW)
    assert {name: x.shape for name, x in encoded.items()} == {"f": (1, 1), "i": (1, 3), "s": (1, 4), "s_X_i": (1, 4)}
    assert [float(x.numpy().sum()) for x in encoded.values()] == [0, 1, 1, 1]


@pytest.mark.parametrize(("kind", "values", "want"), [
    ("float", [3, 4], [[3], [4]]), (FeatureSpace.float_rescaled(2.0, 1.0), [3.0, 4.0], [[7], [9]]),
    (FeatureSpace.float_discretized(2, output_mode="int"), [0.0, 9.0], [[0], [1]]),
    (FeatureSpace.integer_categorical(num_oov_indices=1, output_mode="int"), [7, 8], [[1], [0]]),
    (FeatureSpace.integer_categorical(max_tokens=2), [7, 9], [[0, 1], [1, 0]]),
    (FeatureSpace.feature("float32", layers.Discretization([1.0]), "one_hot"), [0.0, 9.0], [[1, 0], [0, 1]]),
    (FeatureSpace.feature("int32", layers.CategoryEncoding(3, "one_hot"), "float"), [0, 2], [[1, 0, 0], [0, 0, 1]]),
    (FeatureSpace.feature("float32", layers.Normalization(mean=1.0, variance=4.0), "float"), [3.0, 1.0], [[1], [0]]),
])
def test_kinds_of_numbers(kind, values, want):
    made = FeatureSpace({"x": kind}, output_mode="dict")
    made.adapt({"x": [0.0, 1.0, 2.0, 5.0] if made.features["x"].dtype == "float32" else [7, 7, 9, 7]})
    np.testing.assert_allclose(np.asarray(made({"x": values})["x"]), want)


def test_hashes_are_the_layers():
    made = FeatureSpace({"i": FeatureSpace.integer_hashed(5, output_mode="int"), "s": "string_hashed"},
                        output_mode="dict", hashing_dim=6)
    encoded = made({"i": [1, 2], "s": ["a", "b"]})       # nothing to adapt
    np.testing.assert_array_equal(encoded["i"][:, 0], layers.Hashing(5)(np.array([1, 2])))
    np.testing.assert_array_equal(encoded["s"].numpy().argmax(-1), layers.Hashing(6)(np.array(["a", "b"])))
    assert encoded["s"].shape == (2, 6)


def test_texts_are_vectors():
    marks = layers.TextVectorization(output_mode="multi_hot")
    made = FeatureSpace({"t": FeatureSpace.feature("string", marks, "float"), "f": "float"})
    made.adapt({"t": ["a b", "b"], "f": [1.0, 2.0]})
    np.testing.assert_array_equal(made({"t": ["b"], "f": [3.0]}), [[3, 0, 1, 0]])


@pytest.mark.parametrize("form", [
    lambda x: x, lambda x: x[:, None], lambda x: x.tolist()], ids=["array", "column", "list"])
def test_columns_come_in_several_forms(form):
    made = space()
    np.testing.assert_array_equal(made({name: form(x) for name, x in RAW.items()}), made(RAW))


def test_single_values_have_no_batch():
    made = space()
    np.testing.assert_array_equal(made({name: x[0] for name, x in NEW.items()}), made(NEW)[0])
    each = space(output_mode="dict")({name: x[0] for name, x in NEW.items()})
    assert [x.shape for x in each.values()] == [(1,), (3,), (4,)]


def test_data_to_adapt_to_may_be_examples_or_batches():
    rows = [{name: x[i] for name, x in RAW.items()} for i in range(4)]
    batches = [{name: x[:3] for name, x in RAW.items()}, {name: x[3:, None] for name, x in RAW.items()}]
    dataset = data.Dataset.from_tensor_slices(RAW)
    want = np.asarray(space()(RAW))
    for given in (rows, batches, dataset, dataset.batch(3), {name: x.tolist() for name, x in RAW.items()}):
        made = space(adapt=False)
        made.adapt(given)
        np.testing.assert_allclose(np.asarray(made(RAW)), want, atol=1e-6)
        np.testing.assert_allclose(np.stack([np.asarray(x) for x in dataset.map(made)]), want, atol=1e-6)


def test_it_begins_a_model():
    made = space(crosses=[("i", "s")])
    assert {name: (x.shape, x.dtype.name) for name, x in made.get_inputs().items()} == {
        "f": ((None, 1), "float32"), "i": ((None, 1), "int32"), "s": ((None, 1), "string")}
    model = models.Model(made.get_inputs(), layers.Identity()(made.get_encoded_features()))
    np.testing.assert_array_equal(model({name: x[:, None] for name, x in RAW.items()}), made(RAW))


def test_a_file_brings_it_back(tmp_path):
    for mode in ("concat", "dict"):
        made = space(output_mode=mode, crosses=[FeatureSpace.cross(("i", "s"), 5)])
        made.save(tmp_path / "it.keras")
        again = models.load_model(tmp_path / "it.keras")
        assert again.get_config() == made.get_config()
        one, other = made(RAW), again(RAW)
        for name in one if mode == "dict" else [...]:
            np.testing.assert_array_equal(one[name], other[name])


def test_its_parts_are_layers():
    made = space(crosses=[("i", "s")])
    assert isinstance(made.preprocessors["f"], layers.Normalization)
    assert made.preprocessors["s"].get_vocabulary()[:2] == ["[UNK]", "red"]
    assert isinstance(made.crossers["i_X_s"], layers.HashedCrossing)
    assert made.preprocessors["s"].name == "s_preprocessor"
    assert FeatureSpace.float().preprocessor.name.startswith("float")


@pytest.mark.parametrize(("call", "text"), [
    (lambda: FeatureSpace({}), "needs features"), (lambda: FeatureSpace({"a": "text"}), "kind of feature 'a'"),
    (lambda: FeatureSpace({"a": "float"}, output_mode="x"), "output_mode"),
    (lambda: FeatureSpace({"a": "float"}, crosses=[("a", "b")]), "'b', which is not among"),
    (lambda: FeatureSpace.cross(("a", "b"), 3, "float"), "output_mode of a cross"),
    (lambda: space(adapt=False)(RAW), "adapt"), (lambda: space(adapt=False).get_inputs(), "adapt"),
    (lambda: space().adapt(5), "dict of columns"), (lambda: space().adapt({"f": [1.0]}), "no 'i' in the data"),
    (lambda: space().adapt([1]), "no 'f' in the data"), (lambda: space()([1]), "called on a dict"),
    (lambda: space()({"f": [1.0]}), "expected the features f, i, s, got f"),
    (lambda: FeatureSpace({"a": FeatureSpace.integer_hashed(3, output_mode="int")})({"a": [1]}), "one_hot"),
    (lambda: FeatureSpace({"a": FeatureSpace.feature("float32", layers.Rescaling(2.0), "one_hot")})({"a": [1.0]}),
     "must give integers"),
    (lambda: FeatureSpace({"a": FeatureSpace.feature("int32", layers.Identity(dtype="int32"), "one_hot")})({"a": [1]}),
     "not known")])
def test_mistakes_are_told(call, text):
    with pytest.raises(ValueError, match=text):
        call()
