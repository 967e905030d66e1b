"""Elementwise functions against NumPy, and where they are delicate: ties, zeros, infinities."""

import math

import numpy as np
import pytest

import minikeras as tf
from minikeras import ops
from minikeras.errors import DTypeError
from minikeras.ops import binary

from .samples import all_ops
from .test_values import gradient, second

INF, NAN = np.inf, np.nan
X = np.array([-1.7, -0.4, 0.0, 0.3, 2.2])
WHOLE = np.array([12, -7, 0, 5], np.int32)


@pytest.mark.parametrize("name", ["exp2", "cbrt", "arcsinh", "deg2rad", "rad2deg", "trunc", "fabs", "isposinf",
                                  "isneginf", "signbit", "isreal", "floor", "ceil"])
def test_functions_of_one_variable_are_numpys(name):
    x = np.array([*X, INF, -INF, NAN, -0.0])
    np.testing.assert_allclose(getattr(ops, name)(x).numpy(), getattr(np, name)(x), rtol=4e-16)


@pytest.mark.parametrize("name", ["log2", "log10", "arccosh"])
def test_functions_of_positive_numbers_are_numpys(name):
    np.testing.assert_array_equal(getattr(ops, name)([1.0, 2.5, INF]).numpy(),
                                  getattr(np, name)(np.float32([1.0, 2.5, INF])))


@pytest.mark.parametrize("name", ["arctan2", "hypot", "logaddexp", "logaddexp2", "fmax", "fmin", "fmod", "heaviside",
                                  "nextafter", "isclose"])
def test_functions_of_two_variables_are_numpys(name):
    a, b = X[:, None], np.array([-1.7, 0.3, 0.9])
    np.testing.assert_array_equal(getattr(ops, name)(a, b).numpy(), getattr(np, name)(a, b))
    assert getattr(ops, name)(np.float32(a), 0.5).dtype == ("bool" if name == "isclose" else "float32")


@pytest.mark.parametrize("name", ["gcd", "lcm", "left_shift", "right_shift", "bitwise_and", "bitwise_or",
                                  "bitwise_xor"])
def test_functions_of_integers_are_numpys(name):
    got, want = getattr(ops, name)(WHOLE, np.int32(3)), getattr(np, name)(WHOLE, np.int32(3))
    assert got.dtype == "int32" and got.numpy().tolist() == want.tolist()


def test_names_and_operators_of_bits():
    x = tf.constant(WHOLE)
    assert (x << 2).numpy().tolist() == (WHOLE << 2).tolist() and (x >> 1).numpy().tolist() == (WHOLE >> 1).tolist()
    assert ops.bitwise_not(x).numpy().tolist() == ops.bitwise_invert(x).numpy().tolist() == (~WHOLE).tolist()


@pytest.mark.parametrize(("name", "want"), [("floor", "float32"), ("ceil", "float32"), ("trunc", "int32"),
                                            ("round", "int32"), ("sign", "int32"), ("absolute", "int32"),
                                            ("fabs", "float32"), ("exp2", "float32"), ("deg2rad", "float32"),
                                            ("nan_to_num", "int32"), ("real", "int32"), ("conj", "int32"),
                                            ("angle", "float32"), ("signbit", "bool")])
def test_types_of_integers_are_as_in_keras(name, want):
    assert getattr(ops, name)(WHOLE).dtype == want


@pytest.mark.parametrize(("x", "decimals", "want"), [
    (2.346, 2, 2.35), (-2.5, 0, -2.0), (1234.0, -2, 1200.0), (1250, -2, 1200), (1234, 2, 1234), (0.125, 2, 0.12)])
def test_round_to_decimals(x, decimals, want):
    got = ops.round(np.array(x), decimals)
    assert got.numpy() == want and got.dtype == np.array(x).dtype


def test_nan_to_num_replaces_and_stops_the_gradient():
    x = [NAN, INF, -INF, 1.0]
    assert ops.nan_to_num(np.array(x), posinf=3.0, neginf=-4.0).numpy().tolist() == [0, 3, -4, 1]
    assert ops.nan_to_num(np.float32(x)).numpy()[1] == np.finfo(np.float32).max
    assert gradient(lambda x: ops.nan_to_num(x) * INF, x) == [0, 0, 0, INF]


def test_ldexp_wants_whole_exponents():
    assert gradient(lambda x: ops.ldexp(x, [1, 2]), [3.0, 4.0]) == [2, 4]
    with pytest.raises(DTypeError, match="integer, got float32"):
        ops.ldexp(tf.constant([1.0]), tf.constant([1.0]))


# --- delicate points; the values are TensorFlow's where it has finite ones -----------------------------

@pytest.mark.parametrize(("function", "a", "b", "to_a", "to_b"), [
    (ops.hypot, [0.0, 3.0, 3e200], [0.0, 4.0, 4e200], [0, 0.6, 0.6], [0, 0.8, 0.8]),
    (ops.arctan2, [0.0, 1.0, 3e200], [1.0, 0.0, 4e200], [1, 0, 0.16e-200], [0, -1, -0.12e-200]),
    (ops.logaddexp, [-INF, INF, 1.0, INF, -INF, 800.0], [-INF, INF, 1.0, 2.0, 2.0, 0.0],
     [0.5, 0.5, 0.5, 1, 0, 1], [0.5, 0.5, 0.5, 0, 1, 0]),
    (ops.logaddexp2, [-INF, 1.0, INF], [-INF, 1.0, 2.0], [0.5, 0.5, 1], [0.5, 0.5, 0]),
    (ops.fmax, [1.0, 1.0, NAN, 2.0], [1.0, 3.0, 3.0, NAN], [1, 0, 0, 1], [0, 1, 1, 0]),
    (ops.fmin, [1.0, 1.0, NAN, 2.0], [1.0, 3.0, 3.0, NAN], [1, 1, 0, 1], [0, 0, 1, 0]),
    (ops.fmod, [5.0, -5.0], [3.0, 3.0], [1, 1], [-1, 1]),
    (ops.heaviside, [-1.0, 0.0, 1.0], [0.5, 0.5, 0.5], [0, 0, 0], [0, 1, 0]),
    (ops.nextafter, [1.0], [2.0], [1], [0]),
    (binary.xlogy, [0.0, 0.0, 2.0, 0.0], [0.0, 2.0, 3.0, NAN], [0, 0, math.log(3), 0], [0, 0, 2 / 3, 0]),
    (binary.xlog1py, [0.0, 0.0, 2.0], [-1.0, 2.0, 3.0], [0, 0, math.log(4)], [0, 0, 0.5]),
    (binary.xdivy, [0.0, 0.0, 2.0], [0.0, 2.0, 3.0], [0, 0, 1 / 3], [0, 0, -2 / 9]),
    (binary.multiply_no_nan, [INF, NAN, 2.0, 0.0], [0.0, 0.0, 3.0, 5.0], [0, 0, 3, 5], [INF, NAN, 2, 0]),
])
def test_gradients_at_delicate_points(function, a, b, to_a, to_b):
    got = gradient(function, a, b)
    np.testing.assert_allclose(got[0], to_a, rtol=1e-14)
    np.testing.assert_allclose(got[1], to_b, rtol=1e-14)


@pytest.mark.parametrize(("function", "at", "want"), [
    (ops.cbrt, 0.0, INF), (ops.cbrt, -8.0, 1 / 12), (ops.arctanh, 1.0, INF), (ops.arccosh, 1.0, INF),
    (ops.arccosh, 1e200, 1e-200), (ops.exp2, 3.0, 8 * math.log(2)), (ops.log10, 2.0, 0.5 / math.log(10))])
def test_slopes_of_functions_of_one_variable(function, at, want):
    assert gradient(function, [at]) == [pytest.approx(want, rel=1e-14)]


def test_second_derivatives_where_both_terms_are_equal():
    assert second(lambda x: ops.logaddexp(x, 1.0), [1.0]) == [0.25]
    assert second(lambda x: ops.hypot(x, 0.0), [0.0]) == [0.0]
    assert second(lambda x: ops.hypot(x, 2.0), [0.0]) == [0.5]


@pytest.mark.parametrize("function", [tf.nn.relu6, tf.nn.leaky_relu, ops.hard_sigmoid])
def test_second_derivative_of_straight_pieces_is_zeros(function):
    x = tf.Variable([-4.0, -1.0, 0.5, 7.0])
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = function(x)
        first = inner.gradient(y, x)
    assert outer.gradient(first, x).numpy().tolist() == [0.0] * 4


IN_PLACE = [f.op for f in all_ops().values() if f.op.family == "elementwise" and f.op.takes_out]


@pytest.mark.parametrize("op", IN_PLACE, ids=[op.name for op in IN_PLACE])
def test_a_result_may_be_written_over_any_input(op):
    inputs = [np.roll(np.arange(4.0), i) for i in range(op.arity)]
    with np.errstate(all="ignore"):
        try:
            want = op.forward(*inputs)
        except TypeError:       # of integers only
            inputs = [x.astype(int) for x in inputs]
            want = op.forward(*inputs)
        for i in range(op.arity):
            given = [x.copy() for x in inputs]
            if given[i].dtype == want.dtype:
                np.testing.assert_array_equal(op.forward(*given, out=given[i]), want)
