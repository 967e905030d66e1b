"""@minikeras.function: which calls share a plan, what may be given and returned, against the bare function."""

import collections
import copy
import gc
import warnings
import weakref

import numpy as np
import pytest

import minikeras as mk
from minikeras import ops
from minikeras.errors import PlanError, PlanWarning
from minikeras.plan.function import KEPT_KINDS, KEPT_PLANS

ONES = np.ones((2, 3), "float32")
Pair = collections.namedtuple("Pair", "a b")


def times(call, *args, n=4, **kwargs):
    """The last of `n` results of the same call."""
    for _ in range(n):
        result = call(*args, **kwargs)
    return result


def doubled(x, y=1.0):
    return x * 2.0 + y


# --- kinds of arguments --------------------------------------------------------------------------

def test_a_kind_is_recorded_at_its_second_call_and_looked_at_again_at_calls_2_and_4_of_its_plan():
    f = mk.function(doubled)
    recordings = []
    for _ in range(8):
        f(ONES)
        recordings.append(f.recordings)
    assert recordings[:2] == [0, 1]
    assert f.latest is not None


@pytest.mark.parametrize("calls", [
    [((ONES, 1.0), {}), ((ONES,), {}), ((), {"x": ONES}), ((ONES,), {"y": 1.0}), ((), {"y": 1.0, "x": ONES})]])
def test_what_is_left_out_or_given_by_name_is_of_one_kind(calls):
    f = mk.function(doubled)
    for args, kwargs in calls:
        np.testing.assert_array_equal(f(*args, **kwargs).numpy(), ONES * 2 + 1)
    assert len(f._entries) == 1


@pytest.mark.parametrize("values", [
    (0.0, -0.0), (1, True, 1.0, np.float32(1)), ("a", "b", None), ((1,), [1], 1), (1 + 0j, 1.0), ({"a": 1}, {"b": 1}),
    ({1}, {True}, frozenset({1})), (slice(1), slice(2)), (float("nan"), 0.0), (range(2), range(3)), (b"a", "a")],
    ids=repr)
def test_python_values_are_told_apart(values):
    seen = []
    f = mk.function(lambda x, value: seen.append(value) or x)
    for value in values:
        times(f, ONES, value)
    assert len(f._entries) == len(values)


def test_nan_is_of_one_kind():
    f = mk.function(doubled)
    times(f, ONES, float("nan"))
    f(ONES, np.nan * 2)
    assert len(f._entries) == 1


def test_the_sign_of_zero_is_kept():
    f = mk.function(lambda x, y: x * y)
    assert [np.signbit(times(f, np.float32(1), y).numpy()) for y in (0.0, -0.0)] == [False, True]


@pytest.mark.parametrize("array", [
    np.float32(3), np.arange(6.0).reshape(2, 3), np.arange(6), np.array(True), np.zeros((0, 3)), np.arange(6.0)[::-1],
    np.asfortranarray(ONES), np.arange(12.0)[::2], np.broadcast_to(np.float32(2), (2, 3))], ids=repr)
def test_numpy_arrays_are_inputs(array):
    f = mk.function(lambda x: (x + x, mk.reshape(x, [-1])))
    times(f, array)
    changed = ~array if array.dtype == bool else array + 1
    total, flat = f(changed)
    np.testing.assert_array_equal(total.numpy(), changed + changed)
    np.testing.assert_array_equal(flat.numpy(), changed.reshape(-1))
    assert total.numpy().dtype == array.dtype
    assert len(f._entries) == 1


def test_layouts_of_tensors_do_not_mix():
    f = mk.function(lambda x: mk.reshape(x, [-1]))
    x = mk.constant(np.arange(6.0).reshape(2, 3))
    layouts = [x, mk.transpose(mk.constant(np.arange(6.0).reshape(3, 2))), x[:, ::-1], x[::1]]
    for _ in range(4):
        for each in layouts:
            np.testing.assert_array_equal(f(each).numpy(), each.numpy().reshape(-1))


def test_an_array_given_may_be_changed_afterwards():
    f = mk.function(lambda x: (x, x[0]))
    given = np.ones((2, 3), "float32")
    for _ in range(4):
        results = f(given)
        given += 1
        np.testing.assert_array_equal(results[0].numpy(), given - 1)
        np.testing.assert_array_equal(results[1].numpy(), given[0] - 1)


def test_variables_and_layers_count_by_identity():
    variables = mk.Variable(1.0), mk.Variable(1.0)
    layers = mk.layers.Dense(2), mk.layers.Dense(2)
    for layer in layers:
        layer(ONES)
    f = mk.function(lambda x, v, layer: layer(x) * v)
    for _ in range(4):
        for v in variables:
            for layer in layers:
                np.testing.assert_array_equal(f(ONES, v, layer).numpy(), (layer(ONES) * v).numpy())
    assert len(f._entries) == 4


def test_variables_given_are_read_and_assigned():
    counter = mk.Variable(0.0)
    f = mk.function(lambda v, x: v.assign(v + x).value)
    assert [float(f(counter, 2.0)) for _ in range(5)] == [2, 4, 6, 8, 10]
    assert float(counter) == 10


def test_an_object_that_is_gone_leaves_its_kind():
    class Thing:
        pass
    f = mk.function(lambda x, thing: x)
    f(ONES, Thing())
    gc.collect()
    assert not f._entries


def test_a_value_that_can_change_unseen_keeps_the_call_eager_with_one_warning():
    f = mk.function(lambda x, values: x * values[0])
    values = collections.deque([2.0])
    with pytest.warns(PlanWarning, match="given a deque, which can change unseen"):
        f(ONES, values)
    for _ in range(4):
        values[0] += 1.0
        np.testing.assert_array_equal(f(ONES, values).numpy(), ONES * values[0])


def test_values_with_a_hash_are_of_one_kind_if_they_are_equal():
    f = mk.function(lambda x, pair: x)
    for _ in range(2):
        f(ONES, complex(1, 2))
        f(ONES, np.dtype("float32"))
        f(ONES, mk.float32)
        f(ONES, range(3))
    assert len(f._entries) == 4


# --- structures ----------------------------------------------------------------------------------

@pytest.mark.parametrize("structure", [
    [ONES, (ONES, {"b": ONES, "a": [ONES]})], Pair(ONES, Pair(1.0, ONES)), (), {}, {"z": ONES, "a": None},
    collections.OrderedDict(b=ONES, a="text")], ids=str)
def test_structures_go_in_and_come_out(structure):
    f = mk.function(lambda x: x)
    result = times(f, structure)
    assert type(result) is type(structure) or isinstance(structure, dict)
    assert str(result).replace("OrderedDict", "") == str(mk.autograd.tree.map_structure(
        lambda x: mk.constant(x) if isinstance(x, np.ndarray) else x, structure)).replace("OrderedDict", "")


def test_a_function_may_follow_the_order_of_a_dict():
    f = mk.function(lambda parts: mk.concat(list(parts.values()), 0))
    a, b = np.float32([1]), np.float32([2])
    for _ in range(4):
        assert f({"a": a, "b": b}).numpy().tolist() == [1, 2]
        assert f({"b": b, "a": a}).numpy().tolist() == [2, 1]


def test_arguments_may_be_variadic():
    @mk.function
    def f(first, *rest, scale=1.0, **named):
        return (first + sum(rest)) * scale + sum(named.values())
    assert float(times(f, np.float32(1), np.float32(2), np.float32(3), scale=2.0, b=np.float32(1), a=2.0)) == 15
    assert float(times(f, np.float32(1))) == 1


def test_a_call_that_does_not_fit_raises_what_python_does():
    f = mk.function(doubled)
    for _ in range(3):
        with pytest.raises(TypeError, match="missing 1 required positional argument: 'x'"):
            f()
        with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
            f(ONES, z=1)
        with pytest.raises(TypeError, match="takes from 1 to 2 positional arguments"):
            f(ONES, 1, 2)


def test_a_date_is_no_tensor():
    with pytest.raises(TypeError, match="no tensor"):
        mk.function(doubled)(np.array(["2020-01-01"], "datetime64[D]"))


# --- methods and objects -------------------------------------------------------------------------

class Scaler:
    def __init__(self, factor):
        self.factor = mk.Variable(factor)

    @mk.function
    def __call__(self, x):
        return x * self.factor

    @mk.function(reduce_retracing=True)
    def plus(self, x, y=1.0):
        """The sum."""
        return x * self.factor + y

    @mk.function(input_signature=[mk.TensorSpec([None])])
    def fitted(self, x):
        return x * self.factor

    @classmethod
    @mk.function
    def named(cls, x):
        return x + len(cls.__name__)

    @mk.function
    @classmethod
    def named_inside(cls, x):
        return x + len(cls.__name__)

    @staticmethod
    @mk.function
    def static(x):
        return x + 1.0

    @mk.function
    @staticmethod
    def static_inside(x):
        return x + 1.0


class LongerScaler(Scaler):
    @mk.function
    def plus(self, x, y=1.0):
        return super().plus(x, y) * 10.0


def test_methods_have_plans_for_each_instance():
    two, three = Scaler(2.0), Scaler(3.0)
    for _ in range(4):
        assert [float(s.plus(np.float32(1))) for s in (two, three)] == [3, 4]
        assert [float(s(np.float32(1))) for s in (two, three)] == [2, 3]
    assert two.plus is two.plus is not three.plus
    assert two.plus.recordings >= 1
    assert Scaler.plus.recordings == 0
    assert two.plus.__doc__ == "The sum."


def test_signatures_of_methods_leave_the_object_out():
    scaler = Scaler(2.0)
    assert times(scaler.fitted, [1, 2]).numpy().tolist() == [2, 4]
    assert times(Scaler.fitted, scaler, x=[1, 2]).numpy().tolist() == [2, 4]
    with pytest.raises(TypeError, match="argument 'x' of fitted must be TensorSpec"):
        scaler.fitted(1.0)


def test_a_method_reached_through_super_is_another_one():
    scaler = LongerScaler(2.0)
    assert [float(scaler.plus(np.float32(1))) for _ in range(4)] == [30] * 4


@pytest.mark.parametrize("name", ["static", "static_inside"])
def test_static_methods_are_functions(name):
    assert float(times(getattr(Scaler(1.0), name), np.float32(1))) == 2
    assert float(times(getattr(Scaler, name), np.float32(1))) == 2


@pytest.mark.parametrize("name", ["named", "named_inside"])
def test_class_methods_tell_classes_apart(name):
    for _ in range(4):
        assert [float(getattr(c, name)(np.float32(0))) for c in (Scaler, LongerScaler, Scaler(1.0))] == [6, 12, 6]


def test_an_instance_with_planned_methods_can_die():
    scaler = Scaler(2.0)
    times(scaler.plus, ONES)
    gone = weakref.ref(scaler)
    del scaler
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_has_methods_of_its_own(copied):
    first = Scaler(2.0)
    times(first.plus, np.float32(1))
    second = copied(first)
    second.factor = mk.Variable(5.0)
    assert [float(second.plus(np.float32(1))) for _ in range(4)] == [6] * 4
    assert float(first.plus(np.float32(1))) == 3


def test_objects_of_slots_have_methods_too():
    class Slotted:
        __slots__ = ("factor",)

        def __init__(self, factor):
            self.factor = factor

        @mk.function
        def scaled(self, x):
            return x * self.factor
    two, three = Slotted(2.0), Slotted(3.0)
    for _ in range(4):
        assert [float(s.scaled(np.float32(1))) for s in (two, three)] == [2, 3]


class Planned(mk.layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], 2), initializer="ones")

    def call(self, x):
        return self.scaled(x)

    @mk.function
    def scaled(self, x):
        return x @ self.kernel


def test_planned_methods_of_layers_disturb_no_search_config_or_copy():
    layer = Planned(name="planned")
    layer(ONES)
    config, weights = layer.get_config(), layer.weights
    times(layer.scaled, ONES)
    assert layer.get_config() == config
    assert [w is v for w, v in zip(layer.weights, weights, strict=True)] == [True]
    assert layer._flatten_layers() == [layer]
    copied = copy.deepcopy(layer)
    copied.kernel.assign(np.zeros((3, 2)))
    assert not np.any(times(copied.scaled, ONES).numpy())
    assert np.all(layer.scaled(ONES).numpy() == 3)


def test_a_planned_layer_trains_inside_a_model():
    model = mk.Sequential([mk.Input((3,)), Planned()])
    model.compile("sgd", "mse")
    before = model.get_weights()[0]
    model.fit(ONES, np.zeros((2, 2)), verbose=0, epochs=3)
    assert np.all(model.get_weights()[0] < before)


@pytest.mark.parametrize("make", [lambda m: m, lambda m: m.call, lambda m: lambda x: m(x, training=False)])
def test_models_and_their_methods_can_be_given(make):
    model = mk.Sequential([mk.Input((3,)), mk.layers.Dense(2), mk.layers.Dropout(0.5)])
    f = mk.function(make(model))
    for scale in (1, 2, 3, 4):
        model.set_weights([np.full((3, 2), scale), np.ones(2)])
        np.testing.assert_array_equal(f(ONES).numpy(), model(ONES).numpy())
    assert f.recordings


def test_training_of_a_model_is_part_of_the_kind():
    model = mk.Sequential([mk.Input((3,)), mk.layers.Dropout(0.5)])
    f = mk.function(model)
    big = np.ones((100, 3), "float32")
    for _ in range(4):
        assert np.all(f(big).numpy() == 1)
        assert 0 < np.sum(f(big, training=True).numpy() == 0) < 300


def test_a_planned_function_can_call_another():
    inner = mk.function(doubled)
    outer = mk.function(lambda x: inner(x) + inner(x, y=2.0))
    np.testing.assert_array_equal(times(outer, ONES).numpy(), ONES * 7)


def test_a_function_may_call_itself():
    @mk.function
    def power(x, n):
        return x if n == 1 else x * power(x, n - 1)
    assert float(times(power, np.float32(2), 5)) == 32


def test_names_and_docs_stay():
    @mk.function
    def f(x):
        """Gives x."""
        return x
    assert (f.__name__, f.__doc__, f.python_function(3)) == ("f", "Gives x.", 3)
    assert repr(f) == "<minikeras.function f>"
    times(f, ONES)
    assert "def f(x):" in f.source()


# --- input_signature -----------------------------------------------------------------------------

def spec(shape, dtype="float32"):
    return mk.TensorSpec(shape, dtype)


def test_a_specification_is_a_value():
    s = mk.TensorSpec([None, 2], mk.float32, name="x")
    assert repr(s) == "TensorSpec(shape=(None, 2), dtype=float32, name='x')"
    assert (s.shape, s.dtype, s.name) == ((None, 2), mk.float32, "x")
    assert s == mk.TensorSpec((None, 2), "float32", "x") != spec((None, 2))
    assert {s: 1}[mk.TensorSpec((None, 2), "float32", "x")] == 1
    assert mk.TensorSpec.from_tensor(mk.ones((3,))) == spec((3,))


@pytest.mark.parametrize(("s", "x", "fits"), [
    (spec((None, 3)), mk.ones((2, 3)), True), (spec((None, 3)), mk.ones((2, 4)), False),
    (spec(None), mk.ones(()), True), (spec((None,)), mk.ones(()), False), (spec((2,), "int32"), mk.ones((2,)), False),
    (spec((None, 3)), spec((2, 3)), True), (spec((2, 3)), spec((None, 3)), False)])
def test_a_specification_knows_what_fits(s, x, fits):
    assert s.is_compatible_with(x) is fits


@pytest.mark.parametrize("x", [ONES, ONES.tolist(), ONES.astype("float64"), ONES.astype(int), mk.constant(ONES)])
def test_arguments_become_tensors_of_the_specified_dtype(x):
    f = mk.function(doubled, input_signature=[spec((None, 3))])
    result = times(f, x)
    assert result.dtype == "float32"
    np.testing.assert_array_equal(result.numpy(), ONES * 2 + 1)
    assert len(f._entries) == 1


def test_numbers_become_inputs_of_one_kind():
    f = mk.function(lambda x: x * 2.0, input_signature=(spec(()),))
    assert [float(f(x)) for x in (1, 2.5, True, np.float64(4), 5.0)] == [2, 5, 2, 8, 10]
    assert len(f._entries) == 1


def test_signatures_may_be_nested_and_arguments_named():
    f = mk.function(lambda data, scale: (data["a"] + data["b"][0]) * scale,
                    input_signature=[{"a": spec(()), "b": (spec((2,)),)}, spec(())])
    assert times(f, {"b": [[1.0, 2.0]], "a": 3}, scale=2).numpy().tolist() == [8, 10]


@pytest.mark.parametrize(("args", "message"), [
    ((np.ones((2, 4)),), r"argument 'x' of doubled must be TensorSpec\(shape=\(None, 3\), dtype=float32\) by its "
                         r"input_signature, got shape \(2, 4\)"),
    ((mk.ones((2, 3), "float64"),), r"got shape \(2, 3\) of float64"), ((np.ones(3),), r"got shape \(3,\)"),
    ((None,), "must be a tensor.*got None"), (("a",), "must be a tensor"), (([[1.0], [2.0, 3.0]],), "inhomogeneous"),
    ((ONES, 4.0), "has no entry for argument 'y'"), ((), "takes 1 arguments by its input_signature, got 0")])
def test_arguments_that_do_not_fit_are_refused(args, message):
    f = mk.function(doubled, input_signature=[spec((None, 3))])
    for _ in range(3):
        with pytest.raises(TypeError, match=message):
            f(*args)
    np.testing.assert_array_equal(times(f, ONES, 1.0).numpy(), ONES * 2 + 1)


@pytest.mark.parametrize(("signature", "message"), [
    (3, "must be a tuple or list"), (spec(()), "must be a tuple or list"), ([3], "takes TensorSpec"),
    ([], "says nothing of 'x'"), ([spec(())] * 3, "has 3 entries, but doubled takes 2 arguments by position: x, y")])
def test_signatures_that_mean_nothing_are_refused(signature, message):
    with pytest.raises(TypeError, match=message):
        mk.function(doubled, input_signature=signature)


def test_nests_that_do_not_fit_are_refused():
    f = mk.function(lambda x: x, input_signature=[(spec(()), {"a": spec(())})])
    for x, message in ((1.0, "must be a tuple of 2.*got float"), ((1.0,), "got one of 1"),
                       ((1.0, {"b": 1.0}), r"item 1 must be a dict of \['a'\].*got a dict of \['b'\]"),
                       ((1.0, 2.0), "item 1 must be a dict.*got float")):
        with pytest.raises(TypeError, match=message):
            f(x)


# --- options -------------------------------------------------------------------------------------

def test_reduce_retracing_makes_numbers_inputs():
    f = mk.function(lambda x, n: x * n, reduce_retracing=True)
    for n in range(6):
        assert float(f(np.float32(2), n)) == 2 * n
    assert len(f._entries) == 1
    times(f, np.float32(2), True)
    assert len(f._entries) == 2


def test_a_function_that_cannot_be_compiled_warns_once_or_raises():
    def f(x):
        return x * 2.0 if float(mk.reduce_sum(x)) > 0 else x
    quiet = mk.function(f)
    with pytest.warns(PlanWarning, match=r"f is not compiled and stays eager: float\(\) of a value that") as found:
        times(quiet, ONES)
    assert len(found) == 1
    assert found[0].filename == __file__
    strict = mk.function(f, jit_compile=True)
    strict(ONES)
    for _ in range(2):
        with pytest.raises(PlanError, match=r"f cannot be compiled: float\(\) of a value that differs"):
            strict(ONES)


def test_a_refusal_by_error_undoes_the_call():
    counter = mk.Variable(0.0)

    @mk.function(jit_compile=True)
    def f():
        return float(counter.assign(counter + 1.0))
    f()
    with pytest.raises(PlanError):
        f()
    assert float(counter) == 1


def test_without_jit_compile_it_is_never_recorded():
    f = mk.function(doubled, jit_compile=False)
    times(f, ONES)
    assert f.recordings == 0


@pytest.mark.parametrize("autograph", [True, False])
def test_autograph_changes_nothing(autograph):
    f = mk.function(doubled, autograph=autograph)
    np.testing.assert_array_equal(times(f, ONES).numpy(), ONES * 2 + 1)


@pytest.mark.parametrize("options", [{"jit_compile": "yes"}, {"jit_compile": 0}, {"autograph": None},
                                     {"reduce_retracing": 2}])
def test_options_that_mean_nothing_are_refused(options):
    with pytest.raises((ValueError, TypeError), match=next(iter(options))):
        mk.function(doubled, **options)


def test_only_what_is_called_can_be_decorated():
    with pytest.raises(TypeError, match="decorates a function, got int"):
        mk.function(3)


# --- how many plans ------------------------------------------------------------------------------

def planned(f):
    return sum(entry.plan is not None for entry in f._entries.values())


def test_arguments_seen_once_cost_no_recording():
    f = mk.function(doubled)
    for n in range(100):
        f(ONES, n)
    assert f.recordings == 0
    assert len(f._entries) <= KEPT_KINDS


def test_the_plan_used_longest_ago_goes_first_and_is_made_again():
    f = mk.function(doubled)
    for n in range(KEPT_PLANS):
        times(f, ONES, n, n=6)
    f(ONES, 0)
    times(f, ONES, 1000, n=6)
    assert planned(f) == KEPT_PLANS
    before = f.recordings
    f(ONES, 0)
    assert f.recordings == before
    f(ONES, 1)
    assert f.recordings == before + 1


def test_plans_that_never_pay_end_with_one_warning_and_eager_calls():
    f = mk.function(doubled)
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        for n in range(80):
            for _ in range(3):
                assert float(f(np.float32(1), n)) == 2 + n
    assert [w.category for w in found] == [PlanWarning]
    assert "too many kinds" in str(found[0].message)
    assert planned(f) == KEPT_PLANS
    before = f.recordings
    times(f, np.float32(1), 200)
    assert f.recordings == before


def test_a_plan_in_steady_use_survives_many_kinds_seen_once():
    f = mk.function(doubled)
    times(f, ONES, 0.5, n=6)
    before = f.recordings
    for n in range(200):
        f(ONES, n)
        f(ONES, 0.5)
    assert f.recordings - before <= 7       # at calls 4, 8 ... 256


# --- tapes ---------------------------------------------------------------------------------------

def test_gradients_pass_through():
    v = mk.Variable(3.0)
    f = mk.function(lambda x: x * x * v)
    for _ in range(4):
        x = mk.constant(2.0)
        with mk.GradientTape() as tape:
            tape.watch(x)
            y = f(x)
        assert [float(g) for g in tape.gradient(y, [x, v])] == [12, 4]
        f(x)


def test_a_tape_inside_is_planned():
    v = mk.Variable(3.0)

    @mk.function
    def slope(x):
        with mk.GradientTape() as tape:
            y = x * v * v
        return tape.gradient(y, v)
    assert float(times(slope, np.float32(2))) == 12
    v.assign(4.0)
    assert float(slope(np.float32(2))) == 16
    assert slope.recordings


def test_no_float_warning_comes_from_inside():
    f = mk.function(lambda x: mk.math.log(x))
    assert np.isneginf(times(f, np.float32(0)).numpy())


def test_a_change_once_an_epoch_is_no_change_at_each_call():
    """The last, smaller batch of an epoch is planned anew each time, and that is no waste."""
    model = mk.Sequential([mk.Input((3,)), mk.layers.Dense(2)])

    class Scaled(mk.layers.Layer):
        beta = 1.0

        def call(self, x):
            return x * self.beta
    layer = Scaled()
    model.add(layer)
    model.compile("sgd", "mse")

    class Change(mk.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            layer.beta += 0.1
    x = np.ones((40, 3), "float32")
    model.fit(x, x[:, :2], batch_size=16, epochs=12, callbacks=[Change()], verbose=0)     # a warning is an error
    assert model.step_plan() is not None


def test_a_tensor_given_twice_is_watched_once():
    @mk.function
    def slope(a, b):
        with mk.GradientTape() as tape:
            tape.watch(a)
            y = a * b
        return tape.gradient(y, a)
    x, z = mk.constant(3.0), mk.constant(5.0)
    assert [[float(slope(x, x)), float(slope(x, z))] for _ in range(4)] == [[6.0, 5.0]] * 4
    assert slope.recordings >= 2
    array = np.float32([3.0])
    assert [float(slope(array, array)[0]) for _ in range(4)] == [3.0] * 4


def test_a_forward_derivative_inside_is_planned():
    @mk.function
    def curvature(x, tangent):
        with mk.autodiff.ForwardAccumulator(x, tangent) as accumulator:
            with mk.GradientTape() as tape:
                tape.watch(x)
                y = ops.sum(ops.softmax(x) ** 2) * ops.prod(x)
            slope = tape.gradient(y, x)
        return accumulator.jvp(slope)
    x, tangent = mk.constant([[1.0, 2.0, 4.0]]), mk.constant([[1.0, 0.0, -1.0]])
    expected = curvature.python_function(x, tangent).numpy()
    for _ in range(3):
        assert np.allclose(curvature(x, tangent), expected)
    assert curvature.latest is not None


@pytest.mark.parametrize("op", [ops.tanh, ops.softmax, ops.matmul])
def test_an_op_itself_can_be_planned(op):
    x = np.arange(4.0).reshape(2, 2)
    planned = mk.function(op, jit_compile=True)
    for _ in range(3):
        np.testing.assert_array_equal(planned(*[x] * op.op.arity), op(*[x] * op.op.arity))
    assert planned.latest is not None


def test_a_tensor_that_requires_grad_elsewhere_keeps_nobody_from_a_plan():
    bystander = mk.constant([1.0])
    bystander.requires_grad_()
    f = mk.function(lambda x: x * 2.0)
    for _ in range(3):
        f(np.ones(2, "float32"))
    assert f.latest is not None and bystander.requires_grad


@pytest.mark.parametrize("where", ["argument", "variable", "constant"])
def test_what_requires_grad_gets_its_gradient_through_a_function(where):
    x, v = mk.constant([1.0, 2.0]), mk.Variable([3.0, 4.0])
    other = mk.constant([5.0, 6.0])
    f = mk.function(lambda a: a * v * other)
    f(x), f(x), f(x)
    source = {"argument": x, "variable": v, "constant": other}[where]
    source.requires_grad_()
    if where == "constant":
        f = mk.function(lambda a: a * v * other)
    for n in range(1, 4):
        f(x).sum().backward()
        expected = {"argument": v * other, "variable": x * other, "constant": x * v}[where]
        assert np.array_equal(source.grad.numpy(), n * expected.numpy())
