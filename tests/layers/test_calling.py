"""What a call hands to `call` and `build`: masks, shapes, and what InputSpec lets through."""

import numpy as np
import pytest

import minikeras as mk
from minikeras import layers
from minikeras.errors import DTypeError, ShapeError

X = np.arange(12, dtype="float32").reshape(2, 3, 2)
MASK = np.array([[True, True, False], [True, False, False]])


class Marking(layers.Layer):
    """Marks the steps whose first number is above a limit."""

    def call(self, inputs):
        return inputs * 1.0

    def compute_mask(self, inputs, previous_mask):
        return inputs[..., 0] > 3.0


class Seeing(layers.Layer):
    """Keeps the mask that it got."""

    def __init__(self, supports_masking=True):
        super().__init__()
        self.supports_masking, self.seen = supports_masking, "not called"

    def call(self, inputs, mask=None):
        self.seen = mask
        return inputs * 2.0


def test_a_mask_goes_on_through_layers_that_support_it():
    y = layers.Dense(2)(Seeing()(Marking()(X)))
    assert y._keras_mask.numpy().tolist() == (X[..., 0] > 3).tolist()


def test_call_gets_the_mask_of_its_input():
    layer = Seeing()
    layer(Marking()(X))
    assert layer.seen.numpy().tolist() == (X[..., 0] > 3).tolist()


def test_a_mask_given_by_hand_goes_before_that_of_the_input():
    layer = Seeing()
    y = layer(Marking()(X), mask=MASK)
    assert layer.seen.numpy().tolist() == y._keras_mask.numpy().tolist() == MASK.tolist()


def test_without_masks_nothing_is_masked():
    layer = Seeing()
    assert not hasattr(layer(X), "_keras_mask")
    assert layer.seen is None


def test_a_layer_that_does_not_support_masks_says_that_it_drops_one():
    with pytest.warns(UserWarning, match="Seeing .* got an input with a mask, but does not support masks"):
        assert not hasattr(Seeing(supports_masking=False)(Marking()(X)), "_keras_mask")


def test_a_class_may_say_that_it_supports_masks():
    class Doubling(layers.Layer):
        supports_masking = True

        def call(self, inputs):
            return inputs * 2.0

    assert Doubling()(Marking()(X))._keras_mask.numpy().tolist() == (X[..., 0] > 3).tolist()


def test_a_mask_survives_the_change_to_the_layers_dtype():
    y = layers.Dense(2, dtype="float64")(Marking()(X))
    assert y.dtype == "float64"
    assert y._keras_mask.shape == (2, 3)


def test_masks_pass_through_symbolic_calls():
    seeing = Seeing()
    seeing(Marking()(mk.Input((3, 2))))
    assert seeing.seen.shape == (None, 3)


def test_a_mask_given_to_a_sequential_leaves_the_callers_tensor_alone():
    x, seeing = mk.constant(X), Seeing()
    mk.Sequential([seeing])(x, mask=MASK)
    assert seeing.seen.numpy().tolist() == MASK.tolist()
    assert not hasattr(x, "_keras_mask")


def test_several_tensors_have_masks_named_after_them():
    class Pair(layers.Layer):
        def call(self, query, value, query_mask=None, value_mask=None):
            self.seen = query_mask, value_mask
            return query + value

    layer = Pair()
    with pytest.warns(UserWarning, match="does not support masks"):
        layer(Marking()(X), value=X)
    assert layer.seen[0].shape == (2, 3)
    assert layer.seen[1] is None


def test_a_list_of_tensors_has_a_list_of_masks():
    class First(Seeing):
        def call(self, inputs, mask=None):
            self.seen = mask
            return inputs[0]

        def compute_mask(self, inputs, previous_mask):
            return previous_mask[0]

    layer = First()
    layer([Marking()(X), X])
    assert layer.seen[0].shape == (2, 3)
    assert layer.seen[1] is None


def test_a_compiled_function_gives_no_masks_eagerly_or_planned():
    function = mk.function(Marking())
    results = [function(X) for _ in range(3)]
    assert not any(hasattr(y, "_keras_mask") for y in results)


def test_a_compiled_function_does_not_see_the_masks_of_its_arguments():
    layer, x = Seeing(), Marking()(X)
    function = mk.function(lambda x: layer(x))
    results = [function(x).numpy() for _ in range(3)]
    assert layer.seen is None
    assert results[0].tolist() == results[2].tolist()


# --- build ---------------------------------------------------------------------------------------

class Two(layers.Layer):
    """Builds for two inputs by name."""

    def build(self, query_shape, value_shape, key_shape=None):
        self.shapes = query_shape, value_shape, key_shape
        self.w = self.add_weight(shape=(query_shape[-1], value_shape[-1]), name="w")

    def call(self, query, value, key=None):
        return query @ self.w + value


def test_build_gets_the_shape_of_each_argument_by_name():
    layer = Two()
    layer(np.ones((4, 2)), value=np.ones((4, 3)))
    assert layer.shapes == ((4, 2), (4, 3), None)


def test_several_shapes_are_in_the_build_config():
    layer = Two()
    layer(np.ones((4, 2)), np.ones((4, 3)))
    again = Two()
    again.build_from_config(layer.get_build_config())
    assert again.w.shape == (2, 3)


def test_a_build_that_wants_more_shapes_than_there_are_says_which():
    with pytest.raises(TypeError, match="called without a tensor for value"):
        Two()(np.ones((4, 2)), value=None)


def test_a_list_of_inputs_gives_build_a_list_of_shapes():
    class Joined(layers.Layer):
        def build(self, input_shape):
            self.shapes = input_shape

        def call(self, inputs):
            return inputs[0] + inputs[1]

    layer = Joined()
    layer([np.ones((4, 2)), np.ones((1, 2))])
    assert layer.shapes == [(4, 2), (1, 2)]


def test_autocast_off_leaves_floats_as_they_come():
    class Plain(layers.Layer):
        def call(self, inputs):
            return inputs

    assert Plain(autocast=False)(np.ones(2)).dtype == "float64"
    assert Plain()(np.ones(2)).dtype == "float32"


def test_a_compute_output_shape_of_ones_own_wins():
    class Own(layers.Layer):
        def call(self, inputs):
            raise AssertionError("call is not needed")

        def compute_output_shape(self, input_shape):
            return (*input_shape[:-1], 7)

    assert Own()(mk.Input((5,))).shape == (None, 7)


# --- InputSpec -----------------------------------------------------------------------------------

@pytest.mark.parametrize(("spec", "message"), [
    ({"ndim": 4}, r"must have 4 axes, the batch first, got shape \(2, 3, 2\)"),
    ({"min_ndim": 4}, "must have at least 4 axes"),
    ({"max_ndim": 2}, "must have at most 2 axes"),
    ({"axes": {-1: 5}}, "must have extent 5 along axis -1"),
    ({"shape": (None, 3, 4)}, r"must have shape \(None, 3, 4\), got \(2, 3, 2\)"),
])
def test_an_input_that_a_spec_does_not_let_through_is_named(spec, message):
    layer = Seeing()
    layer.input_spec = layers.InputSpec(**spec)
    with pytest.raises(ShapeError, match=f"Seeing 'seeing.*': the input {message}"):
        layer(X)


def test_a_spec_may_demand_a_dtype():
    layer = Seeing()
    layer.input_spec = layers.InputSpec(dtype="int32")
    with pytest.raises(DTypeError, match="the input must be of int32, got float32"):
        layer(X)


def test_specs_of_a_list_of_inputs_are_counted():
    layer = Seeing()
    layer.input_spec = [layers.InputSpec(ndim=3), layers.InputSpec(ndim=2)]
    with pytest.raises(ValueError, match="takes 2 inputs, got 1"):
        layer(X)


def test_specs_with_names_are_met_by_the_keys_of_a_dict():
    layer = Seeing()
    layer.call = lambda inputs: inputs["a"]
    layer.input_spec = [layers.InputSpec(ndim=3, name="a"), layers.InputSpec(ndim=2, name="b")]
    with pytest.raises(ValueError, match="the input 'b' is missing; got a"):
        layer({"a": X})


def test_a_spec_lets_unknown_extents_through():
    layer = Seeing()
    layer.input_spec = layers.InputSpec(shape=(None, 3, 2), ndim=3, axes={1: 3})
    assert layer(mk.Input((None, 2))).shape == (None, None, 2)


def test_a_call_without_a_needed_tensor_names_the_layer():
    with pytest.raises(TypeError, match="MultiHeadAttention 'attend' was called without a tensor for value"):
        layers.MultiHeadAttention(2, 3, name="attend")(np.ones((2, 3, 4), "float32"))


def test_an_unknown_argument_of_a_constructor_is_refused_with_those_it_takes():
    with pytest.raises(TypeError, match="Dense: got an unexpected keyword argument 'unit'"):
        layers.Dense(3, unit=4)


@pytest.mark.parametrize("layer, given", [
    (layers.Embedding(5, 2, mask_zero=True), np.array([[1, 0]])),
    (layers.Masking(), np.array([[[1.0], [0.0]]], "float32")),
], ids=["Embedding", "Masking"])
def test_compute_mask_may_be_asked_without_a_mask(layer, given):
    assert np.array_equal(layer.compute_mask(given), [[True, False]])
