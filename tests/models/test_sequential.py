"""Sequential: building, adding, summary, configs; and the refusals of models."""

import numpy as np
import pytest

import minikeras as mk
from minikeras.errors import ShapeError
from minikeras.layers import Dense, Dropout, Flatten, ReLU


def net():
    return mk.Sequential([mk.Input((3, 4)), Flatten(name="flat"), Dense(5, name="hidden"), Dense(2, name="out")],
                         name="net")


def test_an_input_first_builds_the_weights_at_once():
    model = net()
    assert (model.built, model.input_shape, model.output_shape) == (True, (None, 3, 4), (None, 2))
    assert [v.path for v in model.weights] == [
        "net/hidden/kernel", "net/hidden/bias", "net/out/kernel", "net/out/bias"]


@pytest.mark.parametrize("first", [{"input_shape": (4,)}, {"input_dim": 4}])
def test_the_first_layer_may_tell_the_input_shape(first):
    model = mk.Sequential([Dense(3, **first), Dense(2)])
    assert (model.input_shape, model.count_params()) == ((None, 4), 23)


def test_without_an_input_the_first_call_builds():
    model = mk.Sequential([Dense(3), ReLU(), Dense(2)])
    assert (model.built, model.weights) == (False, [])
    model(np.ones((4, 5)))
    assert (model.built, model.count_params()) == (True, 3 * 5 + 3 + 8)


def test_layers_run_one_after_another():
    model, x = net(), np.random.default_rng(0).normal(size=(6, 3, 4)).astype("float32")
    k1, b1, k2, b2 = model.get_weights()
    np.testing.assert_allclose(np.asarray(model(x)), (x.reshape(6, 12) @ k1 + b1) @ k2 + b2, rtol=1e-4, atol=1e-5)


def test_add_and_pop_change_the_end():
    model = mk.Sequential([mk.Input((4,))])
    model.add(Dense(3))
    model.add(Dense(2))
    assert model.output_shape == (None, 2)
    assert type(model.pop()) is Dense
    assert (model.output_shape, len(model.layers)) == ((None, 3), 1)


def test_popping_and_adding_keeps_the_weights_of_the_rest():
    model = net()
    before = model.get_weights()[:2]
    model.pop()
    model.add(Dense(7))
    np.testing.assert_array_equal(model.get_weights()[0], before[0])
    assert model.output_shape == (None, 7)


def test_get_layer_finds_by_name_and_index():
    model = net()
    assert model.get_layer("out") is model.get_layer(index=-1) is model.layers[2]


def test_a_model_comes_back_from_its_config_with_its_shapes():
    model = net()
    again = mk.Sequential.from_config(model.get_config())
    again.set_weights(model.get_weights())
    x = np.ones((2, 3, 4))
    np.testing.assert_array_equal(np.asarray(again(x)), np.asarray(model(x)))
    assert [layer.name for layer in again.layers] == ["flat", "hidden", "out"]


def test_models_nest():
    inner = mk.Sequential([Dense(3), ReLU()])
    model = mk.Sequential([mk.Input((4,)), inner, Dropout(0.5), Dense(1)])
    assert model.count_params() == 15 + 4


class TwoLayer(mk.Model):
    def __init__(self, units):
        super().__init__()
        self.hidden, self.out = Dense(units), Dense(1)

    def call(self, x, training=False):
        return self.out(self.hidden(x))


def test_a_subclass_is_built_by_a_call_or_by_a_shape():
    called, built = TwoLayer(3), TwoLayer(3)
    called(np.ones((2, 4)))
    built.build((None, 4))
    assert [v.shape for v in called.weights] == [v.shape for v in built.weights] == [(4, 3), (3,), (3, 1), (1,)]


def test_a_build_of_ones_own_runs_before_the_first_call():
    class Own(mk.Model):
        def build(self, input_shape):
            self.dense = Dense(input_shape[-1])

        def call(self, x):
            return self.dense(x)
    model = Own()
    assert model(np.ones((2, 4))).shape == (2, 4)
    assert (model.built, len(model.weights)) == (True, 2)


# --- bad input -----------------------------------------------------------------------------------

@pytest.mark.parametrize(("layers", "message"), [
    ([3], r"takes layers, got 3 \(int\)"), ([Dense], r"the class Dense; write Dense\(\.\.\.\)"),
    ([lambda x: x], "takes layers")])
def test_only_layers_can_be_added(layers, message):
    with pytest.raises(TypeError, match=message):
        mk.Sequential(layers)


def test_names_must_be_unique():
    with pytest.raises(ValueError, match="'a' is taken"):
        mk.Sequential([Dense(1, name="a"), Dense(1, name="a")])


def test_input_comes_first_and_once():
    with pytest.raises(ValueError, match="Input must come first"):
        mk.Sequential([Dense(1), mk.Input((3,))])


def test_layers_that_do_not_fit_name_both_and_the_shape():
    picky = Dense(2, name="picky")
    picky.build((None, 7))
    with pytest.raises(ShapeError, match=r"layer 'picky' cannot take the output of layer 'wide', of shape \(None, 5\)"):
        mk.Sequential([mk.Input((3,)), Dense(5, name="wide"), picky])


def test_an_input_of_another_shape_is_refused():
    with pytest.raises(ShapeError, match=r"net expects inputs of shape \(None, 3, 4\) \(batch first\), got \(2, 12\)"):
        net()(np.ones((2, 12)))


def test_an_unknown_layer_lists_those_there_are():
    with pytest.raises(ValueError, match="no layer 'outt'; it has flat, hidden, out"):
        net().get_layer("outt")


@pytest.mark.parametrize("use", [lambda m: m(np.ones((1, 1))), lambda m: m.pop()])
def test_an_empty_model_says_so(use):
    with pytest.raises(ValueError, match="no layers"):
        use(mk.Sequential())


def test_shapes_are_not_known_before_building():
    with pytest.raises(ValueError, match="not been built"):
        _ = mk.Sequential([Dense(1)]).input_shape



def test_a_mask_reaches_the_layers_that_take_one():
    x, mask = np.ones((2, 3), "float32"), np.array([[True, False, True], [True, True, True]])
    model = mk.Sequential([mk.layers.Identity(), mk.Sequential([mk.layers.Softmax()])])
    np.testing.assert_allclose(model(x, mask=mask).numpy(), mask / mask.sum(1, keepdims=True), rtol=1e-6)


def test_a_sequential_within_a_model_has_the_output_it_gives_there():
    x = mk.Input((3,))
    inner = mk.Sequential([mk.Input((3,)), Dense(2)], name="inner")
    model = mk.Model(x, Dense(1)(inner(x)))
    cut = mk.Model(model.input, model.get_layer("inner").output)
    data = np.ones((2, 3), "float32")
    np.testing.assert_array_equal(cut(data), inner(data))


def test_a_batch_may_be_smaller_than_the_one_of_the_input():
    stack = mk.Sequential([mk.Input((3,), batch_size=4), Dense(2)])
    x = mk.Input((3,), batch_size=4)
    for model in (stack, mk.Model(x, Dense(2)(x))):
        assert model.predict(np.ones((6, 3)), batch_size=4, verbose=0).shape == (6, 2)


@pytest.mark.parametrize("wrong", [
    lambda: Dense(2, foo=1), lambda: Dense(2, name="a/b"), lambda: Dense(2, name=3),
    lambda: mk.Sequential([3]), lambda: mk.Sequential([Dense]), lambda: mk.optimizers.SGD(0.1, lr=1),
    lambda: mk.Sequential([mk.Input((3,))]).get_layer("a", 1),
    lambda: mk.Sequential([mk.Input((3,)), Dense(2)])({"x": np.ones((2, 3))}),
    lambda: float(mk.Input(())), lambda: mk.models.load_model("nowhere.keras"),
    lambda: mk.ops.cast([1.0], "nope"), lambda: mk.metrics.Mean(dtype="nope")])
def test_mistakes_raise_value_error_as_in_keras(wrong):
    with pytest.raises(ValueError):
        wrong()


def test_a_last_axis_of_one_may_be_left_out():
    model = mk.Sequential([mk.Input((1,)), Dense(1)])
    model.compile("sgd", "mse")
    model.fit(np.arange(4.0), np.arange(4.0), verbose=0)
    np.testing.assert_array_equal(model.predict(np.arange(2.0), verbose=0), model(np.array([[0.0], [1.0]])))
    with pytest.raises(ShapeError, match="expects inputs of shape"):
        model(np.ones((2, 3)))


@pytest.mark.parametrize("wrong", [lambda: mk.layers.RepeatVector(2.5), lambda: mk.losses.Huber(delta="a"),
                                   lambda: mk.layers.deserialize({"class_name": "Nope", "config": {}})])
def test_mistakes_raise_type_error_as_in_keras(wrong):
    with pytest.raises(TypeError):
        wrong()
