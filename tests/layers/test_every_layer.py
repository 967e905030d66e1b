"""What is true of every layer, of all examples in `examples`."""

import copy

import numpy as np
import pytest

import minikeras as mk
from minikeras import kinds, registry, saving
from minikeras.autograd import tree
from minikeras.autograd.random import SeedGenerator
from minikeras.autograd.tensor import SymbolicTensor, Tensor

from ..plan.both import assert_function_agrees, bits
from .examples import EACH, EXAMPLES

BATCH = 3       # samples of the smaller batch
STEP = 1e-3
BASES = {"Layer", "Wrapper"}        # do nothing by themselves


of_every_layer = pytest.mark.parametrize(
    "example", [pytest.param(EXAMPLES[name][number], id=f"{name}-{number}") for name, number in EACH])


def test_every_layer_has_an_example():
    classes = {cls.__name__ for cls in kinds.of_kind("layers").values()
               if cls.__module__.startswith("minikeras.")}
    assert classes - BASES == set(EXAMPLES)


def arrays(nest):
    """Results as NumPy arrays, in a flat list."""
    return [np.asarray(x) for x in tree.flatten(nest) if x is not None]


def result(layer, feed, others, **more):
    """What a layer gives, as arrays."""
    return arrays(layer(feed, **others, **more))


def is_array(x):
    return isinstance(x, np.ndarray)


def part(nest, count):
    """The first samples of every array in a nest."""
    return tree.map_structure(lambda x: x[:count] if is_array(x) else x, nest)


def symbolic(nest):
    """Arrays as symbolic tensors with the batch left open."""
    return tree.map_structure(
        lambda x: SymbolicTensor((None, *x.shape[1:]), "string" if x.dtype.kind in "OUS" else x.dtype)
        if is_array(x) else x, nest)


@pytest.fixture
def float64():
    """Everything is made in float64."""
    before = mk.config.floatx()
    mk.config.set_floatx("float64")
    yield
    mk.config.set_floatx(before)


# --- shapes --------------------------------------------------------------------------------------

@of_every_layer
def test_the_symbolic_result_has_the_shape_and_dtype_of_the_eager_one(example):
    layer = example.layer()
    found = tree.flatten(layer(symbolic(example.feed), **symbolic(example.others)))
    eager = tree.flatten(layer(example.feed, **example.others))
    assert [x.dtype for x in found if x is not None] == [x.dtype for x in eager if x is not None]
    for x, y in zip(found, eager, strict=True):
        if x is not None and example.shaped:
            assert len(x.shape) == len(y.shape)
            assert all(m in (None, n) for m, n in zip(x.shape, y.shape)), (x.shape, y.shape)


@of_every_layer
def test_a_layer_leaves_the_batch_open_and_nothing_else(example):
    if not (example.batched and example.shaped):
        pytest.skip("its result is not one row a sample")
    for x in tree.flatten(example.layer()(symbolic(example.feed), **symbolic(example.others))):
        assert x is None or (x.shape[0] is None and None not in x.shape[1:]), x.shape


@of_every_layer
def test_a_symbolic_call_makes_the_weights_of_an_eager_one(example):
    one, other = example.layer(), example.layer()
    one(symbolic(example.feed), **symbolic(example.others))
    other(example.feed, **example.others)
    assert [(v.name, v.shape, v.trainable) for v in one.weights] == [
        (v.name, v.shape, v.trainable) for v in other.weights]


# --- numbers -------------------------------------------------------------------------------------

@of_every_layer
def test_inference_changes_nothing_and_repeats(example):
    layer = example.layer()
    first = result(layer, example.feed, example.others, training=False)
    if getattr(layer, "stateful", False):
        return
    before = bits(layer.weights)
    assert bits(result(layer, example.feed, example.others, training=False)) == bits(first)
    assert bits(layer.weights) == before


@of_every_layer
def test_training_gives_the_shapes_of_inference(example):
    layer = example.layer()
    inferred = result(layer, example.feed, example.others, training=False)
    trained = result(layer, example.feed, example.others, training=True)
    assert [(x.shape, x.dtype) for x in trained] == [(x.shape, x.dtype) for x in inferred]
    assert all(np.isfinite(x).all() for x in trained if x.dtype.kind == "f")


@of_every_layer
def test_a_sample_gives_the_same_in_a_batch_of_another_size(example):
    if not example.batched:
        pytest.skip("its samples are not alone")
    layer = example.layer()
    whole = result(layer, example.feed, example.others, training=False)
    some = result(layer, part(example.feed, BATCH), part(example.others, BATCH), training=False)
    for x, y in zip(some, whole, strict=True):
        if x.dtype.kind in "OUS":
            assert x.tolist() == y[:BATCH].tolist()
        else:
            np.testing.assert_allclose(x, y[:BATCH], rtol=2e-5, atol=2e-6)


@of_every_layer
def test_a_mask_of_nothing_changes_nothing(example):
    layer = example.layer()
    if not layer.supports_masking or not example.masks or not is_array(example.feed) or example.feed.ndim < 3:
        pytest.skip("it takes no masks")
    plain = result(layer, example.feed, example.others, training=False)
    x = mk.constant(example.feed)
    x._keras_mask = mk.constant(np.ones(example.feed.shape[:2], bool))
    if getattr(layer, "stateful", False):
        layer.reset_states()
    for got, expected in zip(result(layer, x, example.others, training=False), plain, strict=True):
        np.testing.assert_allclose(got, expected, rtol=2e-5, atol=2e-6)


# --- gradients -----------------------------------------------------------------------------------

class Repeatable:
    """A layer's weighted sum of outputs as a function of its inputs and trainable weights: each call finds the state,
    and draws the numbers, that the first one did."""

    def __init__(self, example, training):
        self.layer, self.training = example.layer(), training
        self.feed, self.others = example.cast("float64")
        outputs = arrays(self.layer(self.feed, **self.others, training=training))
        self.weighting = [np.random.default_rng(i).normal(size=y.shape) for i, y in enumerate(outputs)]
        self.trained = self.layer.trainable_variables
        trained = {id(v) for v in self.trained}
        self.state = [(v, v.numpy()) for v in self.layer.variables if id(v) not in trained]
        seeds = [s for layer in self.layer._flatten_layers() for s in vars(layer).values()
                 if isinstance(s, SeedGenerator)]
        self.seeds = [(s, copy.deepcopy(s.generator.bit_generator.state)) for s in seeds]
        places = tree.flatten([self.feed, self.others])
        self.inputs = [np.array(x) for x in places if is_array(x) and x.dtype.kind == "f"]
        self.values = self.inputs + [v.numpy() for v in self.trained]

    def __call__(self, values):
        """The sum, and the tensors and Variables that stand for `values`."""
        for variable, value in self.state:
            variable.assign(value)
        for seed, state in self.seeds:
            seed.generator.bit_generator.state = copy.deepcopy(state)
        for variable, value in zip(self.trained, values[len(self.inputs):], strict=True):
            variable.assign(value)
        given = iter([mk.constant(x) for x in values[:len(self.inputs)]])
        fed = []

        def replaced(x):
            if not (is_array(x) and x.dtype.kind == "f"):
                return x
            fed.append(next(given))
            return fed[-1]
        with mk.GradientTape() as tape:
            feed, others = tree.map_structure(replaced, [self.feed, self.others])
            tape.watch(fed)
            outputs = [y for y in tree.flatten(self.layer(feed, **others, training=self.training)) if y is not None]
            floats = [(y, w) for y, w in zip(outputs, self.weighting, strict=True) if y.dtype.is_floating]
            total = sum(mk.reduce_sum(y * w) for y, w in floats) if floats else None
        return total, fed, tape

    def difference(self, directions):
        """The derivative along `directions`, by differences of fourth order."""
        return sum(weight * float(self([v + offset * STEP * d for v, d in zip(self.values, directions)])[0])
                   for offset, weight in ((-2, 1 / 12), (-1, -8 / 12), (1, 8 / 12), (2, -1 / 12))) / STEP


@of_every_layer
@pytest.mark.parametrize("training", [False, True], ids=["inference", "training"])
def test_gradients_are_what_differences_say(example, training, float64):
    if not example.smooth:
        pytest.skip("its result is not smooth")
    function = Repeatable(example, training)
    total, fed, tape = function(function.values)
    if total is None:
        pytest.skip("its result has no floats")
    gradients = tape.gradient(total, [*fed, *function.trained], unconnected_gradients="zero")
    gradients = [np.asarray(mk.convert_to_tensor(g)) for g in gradients]
    rng = np.random.default_rng(1)
    for i, (value, gradient) in enumerate(zip(function.values, gradients, strict=True)):
        directions = [np.zeros_like(v) for v in function.values]
        directions[i] = rng.normal(size=value.shape)
        expected = function.difference(directions)
        slope = (gradient * directions[i]).sum()
        size = max(1.0, np.abs(gradient * directions[i]).sum())
        assert abs(slope - expected) <= 1e-7 * size, (i, value.shape, slope, expected)


# --- configs and files ---------------------------------------------------------------------------

@of_every_layer
def test_a_layer_comes_back_from_its_config(example):
    layer = example.layer()
    outputs = result(layer, example.feed, example.others, training=False)
    again = registry.deserialize(registry.serialize_object(layer))
    assert type(again) is type(layer)
    assert again.get_config() == layer.get_config()
    if getattr(layer, "stateful", False):
        return
    if example.adapt is not None:
        again.adapt(example.adapt)
    again(example.feed, **example.others, training=False)
    again.set_weights(layer.get_weights())
    assert bits(result(again, example.feed, example.others, training=False)) == bits(outputs)


@mk.saving.register_keras_serializable("tests")
class Holding(mk.Model):
    """A model of one layer, called with further arguments."""

    def __init__(self, layer, **kwargs):
        super().__init__(**kwargs)
        self.layer, self.supports_masking = layer, True

    def build(self, input_shape):
        """Nothing: the layer builds itself, and may need more than the first argument for it."""

    def call(self, inputs, **others):
        return self.layer(inputs, **others)

    def compute_mask(self, inputs, previous_mask):
        """None: whatever masks it is given end here."""


@of_every_layer
def test_a_layer_comes_back_from_a_file(example, tmp_path):
    layer = example.layer()
    model = Holding(layer)
    outputs = result(model, example.feed, example.others, training=False)
    model.save(tmp_path / "model.keras")
    again = saving.load_model(tmp_path / "model.keras")
    if not getattr(layer, "stateful", False):
        assert bits(result(again, example.feed, example.others, training=False)) == bits(outputs)
    # Of the paths the ends: layers in a file are built before what is around them.
    assert [v.path.split("/")[-2:] for v in again.weights] == [v.path.split("/")[-2:] for v in model.weights]


# --- compiled ------------------------------------------------------------------------------------

@of_every_layer
@pytest.mark.parametrize("training", [False, True], ids=["inference", "training"])
def test_a_compiled_step_is_the_eager_one_to_the_bit(example, training):
    leaves = [x for x in tree.flatten([example.feed, example.others]) if is_array(x)]
    if any(x.dtype.kind in "OUS" for x in [*leaves, *result(example.layer(), example.feed, example.others)]):
        pytest.skip("strings are looked up eagerly")

    def make():
        mk.utils.set_random_seed(3)
        layer = example.layer()
        layer(example.feed, **example.others, training=False)
        if getattr(layer, "stateful", False):
            layer.reset_states()

        def step(*given):
            given = iter(given)
            feed, others = tree.map_structure(lambda x: next(given) if is_array(x) else x,
                                              [example.feed, example.others])
            with mk.GradientTape() as tape:
                for x in tree.flatten([feed, others]):
                    if isinstance(x, Tensor) and x.dtype.is_floating:
                        tape.watch(x)
                outputs = [y for y in tree.flatten(layer(feed, **others, training=training)) if y is not None]
                floats = [mk.reduce_sum(y * y) for y in outputs if y.dtype.is_floating]
                loss = sum(floats) if floats else None
            trained = layer.trainable_variables
            if loss is not None and trained:
                for variable, gradient in zip(trained, tape.gradient(loss, trained)):
                    if gradient is not None:
                        variable.assign_sub(0.01 * mk.convert_to_tensor(gradient))
            return outputs
        return step, layer.variables

    assert_function_agrees(make, [leaves] * 4)
