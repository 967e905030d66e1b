"""What every layer does: building, weights, freezing, finding the layers inside, losses."""

import numpy as np
import pytest

import minikeras as mk
from minikeras.errors import ShapeError
from minikeras.layers import Dense, Layer

ONES = np.ones((2, 3), "float32")


class Linear(Layer):
    def __init__(self, units=2, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="ones", name="w")
        self.offset = self.add_weight(shape=(self.units,), trainable=False, initializer="zeros", name="offset")

    def call(self, inputs):
        return mk.ops.matmul(inputs, self.w) + self.offset


class Nest(Layer):
    """Layers in an attribute, a list and a dict, and a weight of its own."""

    def __init__(self):
        super().__init__()
        self.first = Linear(3)
        self.several = [Linear(3)]
        self.named = {"last": Linear(2)}

    def build(self, input_shape):
        self.own = self.add_weight(shape=(), initializer="ones", name="own")

    def call(self, x):
        for layer in (self.first, *self.several, self.named["last"]):
            x = layer(x)
        return x * self.own


def names(variables):
    return [variable.name for variable in variables]


def test_the_first_call_builds_the_weights():
    layer = Linear()
    assert (layer.built, layer.weights) == (False, [])
    np.testing.assert_array_equal(np.asarray(layer(ONES)), np.full((2, 2), 3.0))
    assert (layer.built, [v.shape for v in layer.weights]) == (True, [(3, 2), (2,)])


def test_build_by_hand_is_not_repeated_by_the_first_call():
    layer = Linear()
    layer.build((None, 3))
    layer.set_weights([np.zeros((3, 2)), np.ones(2)])
    np.testing.assert_array_equal(np.asarray(layer(ONES)), np.ones((2, 2)))


@pytest.mark.parametrize("arguments", [
    {"args": ((3, 2), "ones", "float64", False), "name": "w"},
    {"args": ("w", (3, 2), "float64", "ones", None, False)},
    {"args": ("w",), "shape": [3, 2], "initializer": "ones", "dtype": "float64", "trainable": False}],
    ids=["keras 3", "older", "printed"])
def test_add_weight_takes_both_signatures(arguments):
    weight = Layer().add_weight(*arguments.pop("args"), **arguments)
    assert (weight.name, weight.shape, weight.dtype, weight.trainable) == ("w", (3, 2), "float64", False)
    assert weight.numpy().tolist() == np.ones((3, 2)).tolist()


def test_a_weight_is_drawn_as_glorot_uniform_by_default():
    values = Layer().add_weight(shape=(100, 200)).numpy()
    assert 0.98 * np.sqrt(6 / 300) < np.abs(values).max() <= np.sqrt(6 / 300)


def test_a_weight_needs_a_known_shape():
    with pytest.raises(ShapeError, match=r"\(None, 2\) has an axis that is not known"):
        Layer(name="l").add_weight(shape=(None, 2))


def test_weights_are_own_ones_first_then_those_inside_trainable_first_in_each():
    layer = Nest()
    layer(ONES)
    assert names(layer.weights) == ["own", *["w", "offset"] * 3]
    assert names(layer.trainable_weights) == ["own", "w", "w", "w"]
    assert names(layer.non_trainable_weights) == ["offset"] * 3


def test_layers_appended_later_are_found():
    layer = Nest()
    layer(ONES)
    layer.several.append(Linear(3))
    layer.named["more"] = Linear(3)
    layer(ONES)
    layer.several[-1](ONES)
    assert len(layer.weights) == 1 + 4 * 2


def test_a_layer_held_twice_counts_once():
    layer = Nest()
    layer.again = layer.first
    layer(ONES)
    assert len(layer.weights) == 7


def test_a_replaced_layer_is_forgotten():
    layer = Nest()
    layer(ONES)
    layer.first = None
    assert len(layer.weights) == 5


def test_a_variable_in_an_attribute_is_a_weight_named_after_it():
    layer = Layer()
    layer.scale = mk.Variable(1.0)
    assert names(layer.trainable_weights) == ["scale"]


def test_freezing_reaches_everything_inside_and_thawing_spares_what_was_fixed():
    layer = Nest()
    layer(ONES)
    layer.trainable = False
    assert layer.trainable_weights == [] and len(layer.non_trainable_weights) == 7
    layer.trainable = True
    assert names(layer.trainable_weights) == ["own", "w", "w", "w"]


def test_a_frozen_layer_inside_keeps_its_weights_from_training():
    layer = Nest()
    layer.several[0].trainable = False
    layer(ONES)
    assert len(layer.trainable_weights) == 3


def test_set_weights_restores_get_weights():
    layer, other = Nest(), Nest()
    layer(ONES), other(ONES)
    layer.set_weights([w + 0.5 for w in layer.get_weights()])
    other.set_weights(layer.get_weights())
    np.testing.assert_array_equal(np.asarray(other(ONES)), np.asarray(layer(ONES)))


@pytest.mark.parametrize(("weights", "message"), [
    ([np.ones((3, 2))], "got 1 arrays for 2 weights"),
    ([np.ones((2, 3)), np.ones(2)], r"w has shape \(3, 2\), got \(2, 3\)")])
def test_weights_that_do_not_fit_are_refused_and_nothing_is_set(weights, message):
    layer = Linear()
    layer(ONES)
    with pytest.raises(ShapeError, match=message):
        layer.set_weights(weights)
    assert layer.get_weights()[0].tolist() == np.ones((3, 2)).tolist()


def test_get_weights_gives_copies():
    layer = Linear()
    layer(ONES)
    layer.get_weights()[0][...] = 7.0
    assert layer.w.numpy().max() == 1.0


def test_automatic_names_count_up_for_each_class():
    first, second = Linear(), Linear()
    head, _, number = second.name.rpartition("_")
    assert head == "linear" and first.name in ("linear", f"linear_{int(number) - 1}")


# --- configs -------------------------------------------------------------------------------------

def test_a_layer_without_get_config_comes_back_from_its_config():
    layer = Linear(5, name="mine", trainable=False)
    again = Linear.from_config(layer.get_config())
    assert (again.units, again.name, again.trainable) == (5, "mine", False)


def test_a_get_config_of_ones_own_wins():
    class Other(Linear):
        def get_config(self):
            return {"units": 9}
    assert Other.from_config(Other(2).get_config()).units == 9


# --- training flag, losses -----------------------------------------------------------------------

class Flag(Layer):
    def __init__(self):
        super().__init__()
        self.seen = []

    def call(self, x, training=None):
        self.seen.append(training)
        return x


def test_the_training_flag_reaches_layers_inside():
    flag = Flag()
    model = mk.Sequential([flag])
    for given in (True, False, None):
        model(ONES, training=given)
    assert flag.seen == [True, False, None]


def test_the_default_of_the_training_argument_holds_until_something_is_given():
    class Eager(Flag):
        def call(self, x, training=True):
            return super().call(x, training)
    layer = Eager()
    layer(ONES), layer(ONES, training=False), layer(ONES, False)
    assert layer.seen == [True, False, False]


class Adds(Layer):
    def call(self, x):
        self.add_loss(mk.ops.sum(x))
        return x


def test_losses_are_those_of_the_last_call_then_the_penalties():
    model = mk.Sequential([Adds(), Dense(1, kernel_initializer="ones", kernel_regularizer=mk.regularizers.L2(0.5))])
    model(ONES)
    model(2 * ONES)
    assert [float(loss) for loss in model.losses] == [12.0, 1.5]


def test_layers_called_one_by_one_keep_their_losses():
    class Pair(mk.Model):
        def __init__(self):
            super().__init__()
            self.a, self.b = Adds(), Adds()
    pair = Pair()
    pair.a(ONES), pair.b(2 * ONES)
    assert [float(loss) for loss in pair.losses] == [6.0, 12.0]


def test_a_penalty_on_activities_is_a_mean_over_samples():
    layer = Dense(2, kernel_initializer="ones", activity_regularizer=mk.regularizers.L2(0.5))
    layer(ONES)
    assert float(layer.losses[0]) == 0.5 * 9 * 2


def test_shapes_alone_add_no_losses():
    model = mk.Sequential([mk.Input((3,)), Adds(), Dense(1, activity_regularizer="l2")])
    assert model.losses == []


# --- bad input -----------------------------------------------------------------------------------

def test_forgetting_super_init_is_named():
    class Forgetful(Layer):
        def __init__(self):
            self.units = 3

        def call(self, x):
            return x
    with pytest.raises(RuntimeError, match=r"Forgetful.__init__ must call super\(\).__init__\(\)"):
        Forgetful()(ONES)


def test_a_layer_called_on_no_tensor_cannot_be_built():
    with pytest.raises(ValueError, match="Linear 'l' cannot be built: its first argument is str"):
        Linear(name="l")("text")


def test_counting_weights_before_they_exist_is_refused():
    with pytest.raises(ValueError, match="built at its first call"):
        Linear().count_params()


def test_a_layer_without_call_says_so():
    with pytest.raises(NotImplementedError, match="Layer must define call"):
        Layer()(ONES)


def test_an_unknown_argument_is_refused():
    with pytest.raises(TypeError, match="unitss"):
        Dense(2, unitss=3)


def test_a_call_without_an_input_says_so():
    with pytest.raises(TypeError, match="Dense 'd' was called without an input"):
        Dense(2, name="d")()


@pytest.mark.parametrize("shape", [(-1, 2), (2.5,), ("a",)])
def test_a_weight_of_an_impossible_shape_is_refused(shape):
    with pytest.raises(ShapeError, match="must be integers from 0 on"):
        Layer().add_weight(shape=shape)


@pytest.mark.parametrize(("positional", "named", "twice"), [
    (("kernel", (2,)), {"name": "k2"}, "name"), (((2,),), {"shape": (3,)}, "shape")])
def test_an_argument_of_a_weight_given_twice_is_refused(positional, named, twice):
    with pytest.raises(TypeError, match=f"add_weight: {twice} is given twice"):
        Layer().add_weight(*positional, **named)


def test_an_unknown_argument_of_a_weight_is_refused():
    with pytest.raises(TypeError, match="'shap'; it takes shape, "):
        Layer().add_weight(shap=(2,))


def test_a_nested_list_of_numbers_is_no_input():
    with pytest.raises(ValueError, match="Dense 'd' cannot be built: its first argument is list, which has no shape"):
        Dense(2, name="d")([[1.0, 2.0]])
