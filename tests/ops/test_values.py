"""Values and gradients where they are delicate: ties, kinks, zeros, overflow; and errors."""

import math

import numpy as np
import pytest

import minikeras as tf
from minikeras import ops, random
from minikeras.errors import ShapeError
from minikeras.ops import activation, arithmetic, placing, reduce

INF, NAN = np.inf, np.nan


def gradient(function, *values, dtype="float64"):
    """Gradients of the sum of `function` at the values, as lists."""
    xs = [tf.constant(v, dtype) for v in values]
    with tf.GradientTape() as tape:
        tape.watch(xs)
        y = function(*xs)
    grads = [g.numpy().tolist() for g in tape.gradient(y, xs, unconnected_gradients="zero")]
    return grads[0] if len(grads) == 1 else grads


def second(function, value):
    """Derivative of the sum of the gradient."""
    x = tf.constant(value, "float64")
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = function(x)
        first = inner.gradient(y, x)
    return outer.gradient(first, x, unconnected_gradients="zero").numpy().tolist()


# --- ties and kinks --------------------------------------------------------------------------------

@pytest.mark.parametrize("function", [ops.maximum, ops.minimum])
def test_at_a_tie_the_first_operand_gets_the_gradient(function):
    assert gradient(function, [2.0], [2.0]) == [[1.0], [0.0]]


@pytest.mark.parametrize("function", [ops.max, ops.min])
def test_equal_extremes_share_the_gradient(function):
    assert gradient(function, [2.0, 2.0]) == [0.5, 0.5]
    assert gradient(lambda x: function(x, axis=0), [[3.0, 1.0], [3.0, 1.0]]) == [[0.5, 0.5], [0.5, 0.5]]


@pytest.mark.parametrize(("function", "x", "want"), [
    (lambda x: ops.clip(x, -1.0, 1.0), [-2.0, -1.0, 0.0, 1.0, 2.0], [0, 1, 1, 1, 0]),
    (ops.relu, [-1.0, 0.0, 1.0], [0, 0, 1]),
    (ops.relu6, [0.0, 3.0, 6.0, 7.0], [0, 1, 0, 0]),
    (ops.absolute, [-2.0, 0.0, 2.0], [-1, 0, 1]),
    (ops.leaky_relu, [-1.0, 0.0, 1.0], [0.2, 0.2, 1]),
    (ops.sign, [-2.0, 0.0], [0, 0]), (ops.floor, [1.5], [0]), (ops.round, [1.5], [0]),
])
def test_gradient_at_kinks(function, x, want):
    assert gradient(function, x) == want


# --- zeros -----------------------------------------------------------------------------------------

def test_norm_has_gradient_zero_at_zero():
    assert gradient(ops.norm, [0.0, 0.0]) == [0.0, 0.0]
    assert gradient(lambda x: ops.norm(x, axis=1), [[0.0, 0.0], [3.0, 4.0]]) == [[0.0, 0.0], [0.6, 0.8]]


@pytest.mark.parametrize("function", [ops.sqrt, lambda x: ops.norm(x)])
def test_branch_not_taken_leaves_no_nan(function):
    assert gradient(lambda x: ops.where(x > 0, x, function(x - x)), [1.0, 2.0]) == [1.0, 1.0]


def test_sqrt_has_infinite_slope_at_zero():
    assert gradient(ops.sqrt, [0.0, 4.0]) == [INF, 0.25]


def test_divide_no_nan_is_zero_where_the_divisor_is():
    x, y = [1.0, 0.0, 6.0], [0.0, 0.0, 3.0]
    assert ops.divide_no_nan(x, y).numpy().tolist() == [0.0, 0.0, 2.0]
    assert gradient(ops.divide_no_nan, x, y) == [[0.0, 0.0, 1 / 3], [0.0, 0.0, -2 / 3]]


@pytest.mark.parametrize(("a", "b", "to_a", "to_b"), [
    (0.0, 2.0, 0.0, 0.0), (0.0, 1.0, 1.0, 0.0), (3.0, 0.0, 0.0, math.log(3.0)), (-2.0, 3.0, 12.0, 0.0),
    (0.0, 3.0, 0.0, 0.0)])
def test_power_where_the_base_is_not_positive(a, b, to_a, to_b):
    assert gradient(ops.power, [a], [b]) == [[to_a], [pytest.approx(to_b)]]


@pytest.mark.parametrize("exponent", [2, 2.0, 1, 0, 3, -1, 0.5])
def test_power_with_a_number_is_that_with_a_tensor(exponent):
    x = [0.5, 1.5]
    assert gradient(lambda x: x ** exponent, x) == pytest.approx(gradient(ops.power, x, [float(exponent)] * 2)[0])
    curvature = [exponent * (exponent - 1) * v ** (exponent - 2) for v in x]
    assert second(lambda x: x ** exponent, x) == pytest.approx(curvature)


@pytest.mark.parametrize("exponent", [0, 1, 2, 2.0])
def test_power_with_a_number_is_smooth_at_zero(exponent):
    assert gradient(lambda x: x ** exponent, [0.0]) == [1.0 if exponent == 1 else 0.0]
    assert second(lambda x: x ** exponent, [0.0]) == [2.0 if exponent == 2 else 0.0]


@pytest.mark.parametrize("x", [[2.0, 3.0, 4.0], [0.0, 3.0, 4.0], [0.0, 0.0, 4.0], [0.0, 0.0, 0.0]])
def test_prod_is_differentiable_at_zeros(x):
    others = [math.prod(x[:i] + x[i + 1:]) for i in range(3)]
    assert gradient(ops.prod, x) == others
    without = [[math.prod(v for k, v in enumerate(x) if k not in (i, j)) for j in range(3) if j != i] for i in range(3)]
    assert second(ops.prod, x) == [sum(pairs) for pairs in without]


def test_prod_of_many_factors_agrees_with_that_of_few():
    x = np.random.default_rng(0).uniform(0.9, 1.1, reduce.EXACT_PRODUCT + 1)
    x[3] = 0.0
    want = [math.prod(np.delete(x, i)) for i in range(len(x))]
    np.testing.assert_allclose(gradient(ops.prod, x), want, rtol=1e-12)


# --- overflow --------------------------------------------------------------------------------------

LARGE = [-1e4, -100.0, 0.0, 100.0, 1e4]


@pytest.mark.parametrize(("function", "values", "slopes"), [
    (ops.sigmoid, [0.0, 0.0, 0.5, 1.0, 1.0], [0.0, 0.0, 0.25, 0.0, 0.0]),
    (ops.softplus, [0.0, 0.0, math.log(2), 100.0, 1e4], [0.0, 0.0, 0.5, 1.0, 1.0]),
    (ops.log_sigmoid, [-1e4, -100.0, -math.log(2), 0.0, 0.0], [1.0, 1.0, 0.5, 0.0, 0.0]),
    (ops.tanh, [-1.0, -1.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 0.0, 0.0]),
    (ops.silu, [0.0, 0.0, 0.0, 100.0, 1e4], [0.0, 0.0, 0.5, 1.0, 1.0]),
    (ops.elu, [-1.0, -1.0, 0.0, 100.0, 1e4], [0.0, 0.0, 1.0, 1.0, 1.0]),
    (ops.gelu, [0.0, 0.0, 0.0, 100.0, 1e4], [0.0, 0.0, 0.5, 1.0, 1.0]),
    (activation.mish, [0.0, 0.0, 0.0, 100.0, 1e4], [0.0, 0.0, 0.6, 1.0, 1.0]),
], ids=lambda value: getattr(value, "__name__", ""))
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_large_inputs_do_not_overflow(function, values, slopes, dtype):
    with np.errstate(over="raise", invalid="raise"):
        np.testing.assert_allclose(function(tf.constant(LARGE, dtype)).numpy(), values, rtol=1e-6, atol=1e-30)
    np.testing.assert_allclose(gradient(function, LARGE, dtype=dtype), slopes, rtol=1e-6, atol=1e-30)


def test_sigmoid_keeps_its_relative_accuracy_where_it_is_tiny():
    assert ops.sigmoid(tf.constant(-80.0)).numpy() == pytest.approx(math.exp(-80.0), rel=1e-5)


@pytest.mark.parametrize(("x", "want"), [
    ([1e4, 1e4], 1e4 + math.log(2)), ([-1e4, -1e4], -1e4 + math.log(2)), ([-INF, 0.0], 0.0), ([-INF, -INF], -INF),
    ([INF, 0.0], INF), ([], -INF)])
def test_logsumexp_at_its_limits(x, want):
    with np.errstate(divide="ignore"):
        assert float(ops.logsumexp(tf.constant(x, "float64"))) == want


def test_softmax_ignores_what_is_masked_by_minus_infinity():
    x = [[0.0, -INF, 0.0]]
    assert ops.softmax(tf.constant(x)).numpy().tolist() == [[0.5, 0.0, 0.5]]
    assert gradient(lambda x: ops.softmax(x)[:, 0], x) == [[0.25, 0.0, -0.25]]


@pytest.mark.parametrize("level", [-1e4, -50.0, 0.0, 30.0, 43.9, 44.1, 1e4])
def test_softmax_does_not_depend_on_the_level_of_its_logits(level):
    x = np.array([[0.0, 1.0, -INF], [-3.0, 2.0, 5.0]]) + level
    e = np.exp(x - level)
    np.testing.assert_allclose(ops.softmax(tf.constant(x)).numpy(), e / e.sum(1, keepdims=True), rtol=1e-12)
    rows = tf.constant([[0.0, 0.0], [-1e30, -1e30], [-60.0, -60.0]])     # each alone, though exp is 0 in the second
    assert ops.softmax(rows).numpy().tolist() == [[0.5, 0.5]] * 3


def test_softmax_and_its_logarithm_of_large_logits():
    x = tf.constant([[1e4, 0.0, -1e4]])
    assert ops.softmax(x).numpy().tolist() == [[1.0, 0.0, 0.0]]
    assert ops.log_softmax(x).numpy().tolist() == [[0.0, -1e4, -2e4]]


def test_cross_entropy_of_a_certain_mistake_is_finite_with_a_full_gradient():
    labels, logits = np.array([1]), [[1e4, 0.0]]
    assert activation.sparse_softmax_cross_entropy(labels, logits)[0].numpy().tolist() == [1e4]
    assert gradient(lambda x: activation.sparse_softmax_cross_entropy(labels, x)[0], logits) == [[1.0, -1.0]]
    assert gradient(lambda x: activation.sigmoid_cross_entropy(np.array([0.0, 1.0]), x), [1e4, 1e4]) == [1.0, 0.0]


@pytest.mark.parametrize("label", [-1, 3])
def test_label_out_of_range_is_an_error(label):
    with pytest.raises(ValueError, match=str(label)):
        activation.sparse_softmax_cross_entropy(np.array([0, label]), np.zeros((2, 3), np.float32))


# --- values against the standard library and NumPy --------------------------------------------------

def test_erf_is_accurate_everywhere():
    x = np.concatenate([np.linspace(-7, 7, 2001), [0.0, 1e-300, 1e-9, INF, -INF]])
    np.testing.assert_allclose(ops.erf(x).numpy(), [math.erf(v) for v in x], rtol=4e-16 * 10, atol=0)
    assert np.isnan(ops.erf(np.array([NAN])).numpy()[0])


RANDOM = np.random.default_rng(0).normal(size=(3, 4, 5))


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2), [1]], ids=str)
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "prod", "var", "std", "any", "all"])
def test_reductions_are_numpys(name, axis, keepdims):
    plain = getattr(np, name)(RANDOM, axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=keepdims)
    got = getattr(ops, name)(RANDOM, axis=axis, keepdims=keepdims)
    assert got.shape == plain.shape
    np.testing.assert_allclose(got.numpy(), plain, rtol=1e-12)


@pytest.mark.parametrize("function", [ops.sum, ops.mean, ops.max, ops.softmax, ops.cumsum])
@pytest.mark.parametrize("axis", [3, -4])
def test_axis_out_of_range_is_an_error(function, axis):
    with pytest.raises((ShapeError, ValueError), match=str(axis)):
        function(tf.constant(RANDOM), axis=axis)


@pytest.mark.parametrize("exclusive", [False, True])
@pytest.mark.parametrize("reverse", [False, True])
def test_running_sums(exclusive, reverse):
    x = [1.0, 2.0, 4.0]
    want = {(False, False): [1, 3, 7], (True, False): [0, 1, 3], (False, True): [7, 6, 4], (True, True): [6, 4, 0]}
    assert tf.cumsum(x, exclusive=exclusive, reverse=reverse).numpy().tolist() == want[exclusive, reverse]


def test_running_forms_go_along_the_flat_tensor_by_default():
    x = np.arange(1.0, 5.0).reshape(2, 2)
    assert ops.cumsum(x).numpy().tolist() == [1, 3, 6, 10]
    assert ops.cumprod(x).numpy().tolist() == [1, 2, 6, 24]


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("strides", "dilation"), [(1, 1), (2, 1), (3, 1), (1, 2)])
def test_convolution_is_the_sum_over_windows(padding, strides, dilation):
    rng = np.random.default_rng(1)
    x, kernel = rng.normal(size=(2, 7, 3)), rng.normal(size=(3, 3, 4))
    reach = 2 * dilation + 1
    count = -(-7 // strides) if padding == "same" else (7 - reach) // strides + 1
    total = max((count - 1) * strides + reach - 7, 0) if padding == "same" else 0
    padded = np.pad(x, ((0, 0), (total // 2, total - total // 2), (0, 0)))
    want = np.stack([np.einsum("bkc,kcf->bf", padded[:, t * strides:t * strides + reach:dilation], kernel)
                     for t in range(count)], 1)
    got = ops.conv(x, kernel, strides=strides, padding=padding, dilation_rate=dilation)
    np.testing.assert_allclose(got.numpy(), want, rtol=1e-12)


@pytest.mark.parametrize("axes", [0, 1, 2, ([0], [1]), ([2, 0], [0, 2]), (-1, 0)], ids=str)
def test_tensordot_is_numpys(axes):
    a, b = np.random.default_rng(0).normal(size=(2, 3, 3, 3))
    want = np.tensordot(a, b, axes)
    got = ops.tensordot(a, b, axes)
    assert got.shape == want.shape
    np.testing.assert_allclose(got.numpy(), want, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("k", [1, 3, 5])
def test_top_k_gives_values_and_places_in_descending_order(k):
    values, places = ops.top_k(RANDOM, k)
    np.testing.assert_array_equal(values.numpy(), -np.sort(-RANDOM, -1)[..., :k])
    np.testing.assert_array_equal(np.take_along_axis(RANDOM, places.numpy(), -1), values.numpy())


@pytest.mark.parametrize("x", [np.array([0, 7, 255], np.uint8), np.array([-128, 7, 127], np.int8),
                               np.array([False, True, True, False])], ids=lambda x: x.dtype.name)
def test_top_k_of_types_that_cannot_be_negated(x):
    values, places = ops.top_k(x, 2)
    assert values.numpy().tolist() == sorted(x.tolist(), reverse=True)[:2]
    assert x[places.numpy()].tolist() == values.numpy().tolist()


@pytest.mark.parametrize(("index", "shape"), [([[0, 1], [2, 3]], (2,)), ([[[0], [1]]], (1, 2, 4)), ([[0, 0]], (1,))])
def test_gather_nd_takes_index_vectors(index, shape):
    x = np.arange(12.0).reshape(3, 4)
    got = tf.gather_nd(x, index)
    assert got.shape == shape
    np.testing.assert_array_equal(got.numpy(), x[tuple(np.moveaxis(np.array(index), -1, 0))])


def test_boolean_mask_picks_and_scatters_back():
    x, mask = [[1.0, 2.0], [3.0, 4.0]], np.array([[True, False], [True, True]])
    assert tf.boolean_mask(x, mask).numpy().tolist() == [1.0, 3.0, 4.0]
    assert gradient(lambda x: tf.boolean_mask(x, mask) * 2.0, x) == [[2.0, 0.0], [2.0, 2.0]]


def test_scatter_adds_up_repeated_indices():
    assert tf.scatter_nd([[0], [2], [0]], [1.0, 2.0, 3.0], [3]).numpy().tolist() == [4.0, 0.0, 2.0]
    assert placing.segment_sum([1.0, 2.0, 3.0], [0, 1, 0]).numpy().tolist() == [4.0, 2.0]


def test_one_hot_of_a_label_out_of_range_is_zeros():
    assert ops.one_hot([0, 2, -1, 3], 3).numpy().tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0]]


def test_where_alone_gives_the_places():
    assert [i.numpy().tolist() for i in arithmetic.where([[True, False], [True, True]])] == [[0, 1, 1], [0, 0, 1]]
    assert tf.where([[True, False], [True, True]]).numpy().tolist() == [[0, 0], [1, 0], [1, 1]]


# --- shapes that do not fit ------------------------------------------------------------------------

@pytest.mark.parametrize(("call", "words"), [
    (lambda: ops.matmul(np.ones((2, 3)), np.ones((4, 5))), ["(2, 3)", "(4, 5)"]),
    (lambda: tf.constant(np.ones((2, 3))) + np.ones((2, 4)), ["(2, 3)", "(2, 4)"]),
    (lambda: ops.reshape(np.ones(6), (4, 2)), ["6", "(4, 2)"]),
    (lambda: ops.concatenate([np.ones((2, 3)), np.ones((2, 4))], 0), ["3", "4"]),
    (lambda: ops.stack([np.ones(2), np.ones(3)]), ["2", "3"]),
    (lambda: ops.tensordot(np.ones((2, 3)), np.ones((2, 3)), 1), ["(2, 3)"]),
    (lambda: ops.broadcast_to(np.ones(3), (2, 4)), ["(3,)", "(2, 4)"]),
    (lambda: ops.transpose(np.ones((2, 3)), (0, 0)), ["(2, 3)"]),
    (lambda: ops.squeeze(np.ones((2, 3)), 1), ["(2, 3)"]),
    (lambda: ops.split(np.ones(5), 2), ["(5,)", "2"]),
    (lambda: ops.conv(np.ones((1, 5, 2)), np.ones((3, 3, 1))), ["2", "3"]),
    (lambda: ops.inv(np.zeros((2, 2))), ["Singular"]),
    (lambda: ops.inv(np.zeros((2, 3))), ["square"]),
    (lambda: ops.cholesky(-np.eye(2)), ["(2, 2)"]),
])
def test_misfit_is_one_error_that_shows_the_shapes(call, words):
    with pytest.raises(ShapeError) as caught:
        call()
    assert all(word in str(caught.value) for word in words), str(caught.value)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "complex64", "float16"])
@pytest.mark.parametrize("condition", [(100, 60), (60,), (100, 1), ()])
def test_select_of_large_arrays_takes_the_very_bits(dtype, condition):
    rng = np.random.default_rng(0)
    a, b = (rng.normal(size=(100, 60)).astype(dtype) for _ in range(2))
    if dtype != "int32":
        a[3], b[:, 4] = np.nan, -np.inf
    condition = rng.random(condition) < 0.5
    assert arithmetic.select(condition, a, b).numpy().tobytes() == np.where(condition, a, b).tobytes()
    assert arithmetic.select(condition, a, b[:, ::-1]).numpy().tobytes() == np.where(condition, a, b[:, ::-1]).tobytes()


@pytest.mark.parametrize("slope", [-0.5, 0.0, 0.5, 2.0])
def test_leaky_relu_takes_any_slope(slope):
    assert np.array_equal(ops.leaky_relu(np.array([-2.0, 3.0]), slope), [-2.0 * slope, 3.0])


@pytest.mark.parametrize("make", [ops.zeros, ops.ones, lambda shape: ops.full(shape, 2.0), random.normal,
                                  random.truncated_normal, lambda shape: random.gamma(shape, 1.0)])
@pytest.mark.parametrize("shape", [(-1, 2), (2.5,), 2.5])
def test_a_shape_of_other_than_integers_from_0_on_is_refused(make, shape):
    with pytest.raises(ShapeError, match="a shape must be made of integers"):
        make(shape)


def test_an_axis_that_does_not_exist_is_told_with_the_op():
    with pytest.raises(ShapeError, match="sum: axis 2 does not exist in a tensor of 1 dimensions"):
        ops.sum(np.ones(3), axis=2)
