"""Quantiles, sorting, counting, running forms and reductions without NaN, against NumPy and TensorFlow."""

import numpy as np
import pytest

import minikeras as tf
from minikeras import ops
from minikeras.autograd.tensor import SymbolicTensor
from minikeras.errors import SymbolicError

INF, NAN = np.inf, np.nan
RANDOM = np.random.default_rng(3)
X = RANDOM.normal(size=(4, 3, 5)).astype(np.float32)
HOLES = np.where(RANDOM.random(X.shape) < 0.3, np.float32(NAN), X)
HOLES[1, 2] = 1.0


def gradient(function, value):
    x = tf.constant(value, "float64")
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    return tape.gradient(y, x).numpy().tolist()


@pytest.mark.parametrize("axis", [None, 1, (0, 2), -1])
@pytest.mark.parametrize("method", ["linear", "lower", "higher", "midpoint", "nearest"])
@pytest.mark.parametrize("keepdims", [False, True])
def test_quantiles_are_numpys(axis, method, keepdims):
    for q in (0.3, [0.0, 0.5, 1.0], [[0.2], [0.9]]):
        got = ops.quantile(X, q, axis, method, keepdims)
        np.testing.assert_allclose(got, np.quantile(X, q, axis, method=method, keepdims=keepdims), rtol=1e-5)
        shape = got.shape
        got = ops.nanpercentile(HOLES, np.multiply(q, 100), axis, method, keepdims)
        # One q at a time: NumPy puts the axes of several elsewhere where two axes are reduced.
        want = np.array([np.nanquantile(HOLES, each, axis, method=method) for each in np.ravel(q)])
        np.testing.assert_allclose(got, want.reshape(shape), rtol=1e-5)
        assert got.dtype == "float32"


@pytest.mark.parametrize("name", ["median", "nanmedian", "nansum", "nanmean", "nanmax", "nanmin", "nanvar", "nanstd",
                                  "nanprod", "ptp"])
@pytest.mark.parametrize("axis", [None, 1, (0, 2)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_reductions_are_numpys(name, axis, keepdims):
    x = HOLES if name.startswith("nan") else X
    got = getattr(ops, name)(x, axis=axis, keepdims=keepdims)
    np.testing.assert_allclose(got, getattr(np, name)(x, axis=axis, keepdims=keepdims), rtol=1e-5)
    assert got.dtype == "float32"


def test_where_all_is_nan():
    x = tf.constant([[NAN, NAN], [1.0, NAN]])
    for f in (ops.nanmean, ops.nanmax, ops.nanmin, ops.nanmedian):
        with np.errstate(invalid="ignore"):
            assert np.array_equal(f(x, axis=1), [NAN, 1.0], equal_nan=True)
    assert ops.nansum(x, axis=1).numpy().tolist() == [0.0, 1.0] and ops.nanprod(x).numpy() == 1.0
    assert ops.nanargmax(x, axis=1).numpy().tolist() == [-1, 0] == ops.nanargmin(x, axis=1).numpy().tolist()


def test_nan_and_infinity_in_quantiles():
    assert np.isnan(ops.median([1.0, NAN, 2.0])) and ops.median([INF, INF, 1.0]).numpy() == INF
    assert ops.median([1, 2]).numpy() == 1.5


@pytest.mark.parametrize(("got", "want"), [
    (lambda: ops.average(X, axis=2, weights=[1, 2, 3, 4, 5]), np.average(X, 2, [1, 2, 3, 4, 5])),
    (lambda: ops.average(X, weights=np.abs(X)), np.average(X, weights=np.abs(X))),
    (lambda: ops.average([1, 2]), np.float32(1.5)),
    (lambda: ops.diff(X, 2, 1), np.diff(X, 2, 1)), (lambda: ops.diff([True, False, False]), np.array([True, False])),
    (lambda: ops.trapezoid(X, dx=0.5), np.trapezoid(X, dx=0.5) if hasattr(np, "trapezoid") else X[..., 0] * 0),
    (lambda: ops.count_nonzero([[0, 1], [2, 3]], axis=0), np.array([1, 2])),
    (lambda: ops.nancumsum(HOLES, 1), np.nancumsum(HOLES, 1)), (lambda: ops.nancumprod(HOLES), np.nancumprod(HOLES)),
    (lambda: ops.cumsum([True, True]), np.array([1, 2])), (lambda: ops.cumprod([1, 2, 3], dtype="float32"),
                                                           np.array([1.0, 2.0, 6.0])),
    (lambda: ops.max(X, initial=9.0), np.array(9.0)), (lambda: ops.min(X, axis=1, initial=0), X.min(1, initial=0)),
    (lambda: ops.max(np.zeros((0, 2)), axis=0, initial=-1.0), np.array([-1.0, -1.0])),
    (lambda: ops.argmax(X, 1, keepdims=True), X.argmax(1, keepdims=True)),
    (lambda: ops.argmin(X, keepdims=True), X.argmin(keepdims=True)),
    (lambda: ops.prod([1, 2], dtype="float32"), np.array(2.0)),
    (lambda: ops.sort(X, axis=None), np.sort(X, None)), (lambda: ops.argsort(X, axis=None), np.argsort(X, None)),
    (lambda: ops.searchsorted([1, 2, 2, 3], [2, 0, 4]), np.array([1, 0, 4])),
    (lambda: ops.digitize([[0.5, 2.0]], [0.0, 1.0, 2.0]), np.array([[1, 3]])),
    (lambda: tf.searchsorted([[1, 2], [5, 6]], [[2, 3], [5, 0]], side="right"), np.array([[2, 2], [1, 0]])),
    (lambda: ops.isin([[1, 2], [3, 4]], [4, 1], invert=True), np.array([[False, True], [True, False]])),
    (lambda: ops.bincount([1, 3, 1]), np.array([0, 2, 0, 1])),
    (lambda: ops.bincount(np.zeros(0, int), minlength=2), np.array([0, 0])),
    (lambda: ops.bincount([[1, 0], [2, 2]], [[0.5, 1.0], [1.0, 2.0]]), np.array([[1.0, 0.5, 0.0], [0.0, 0.0, 3.0]])),
    (lambda: tf.math.bincount([[1, 3], [1, 0]]), np.array([1, 2, 0, 1])),
    (lambda: tf.math.bincount([[1, 3], [1, 1]], axis=-1, maxlength=3, binary_output=True),
     np.array([[0, 1, 0], [0, 1, 0]])),
    (lambda: ops.histogram([1.0, 2.0, 2.5, 9.0], 4, (1.0, 5.0))[0], np.array([1.0, 2.0, 0.0, 0.0])),
    (lambda: ops.histogram([0.0, 1.0, 4.0], 2)[1], np.array([0.0, 2.0, 4.0])),
    (lambda: tf.histogram_fixed_width([-1.0, 0.0, 1.5, 2.0, 5.0, 15.0], [0.0, 5.0], 5), np.array([2, 1, 1, 0, 2])),
    (lambda: ops.unravel_index([5, 3], (2, 3))[1], np.array([2, 0])),
    (lambda: tf.unravel_index([5, 3], [2, 3]), np.array([[1, 1], [2, 0]])),
    (lambda: ops.in_top_k([1, 0, 5, 0], [[0.1, 0.9], [0.5, 0.5], [1.0, 0.0], [INF, 0.0]], 1),
     np.array([True, True, False, False])),
    (lambda: tf.math.confusion_matrix([0, 1, 1], [1, 1, 0]), np.array([[0, 1], [1, 1]])),
    (lambda: tf.math.zero_fraction([0.0, 1.0]), np.array(0.5)),
    (lambda: tf.math.invert_permutation([2, 0, 1]), np.array([1, 2, 0])),
    (lambda: ops.nonzero([[0, 1], [2, 0]])[1], np.array([1, 0])),
    (lambda: tf.math.top_k([1.0, 3.0, 2.0], 2, index_type="int64").indices, np.array([1, 2])),
])
def test_agrees(got, want):
    got = np.asarray(got())
    assert got.shape == np.shape(want)
    np.testing.assert_allclose(got, want, rtol=1e-5)


def test_argpartition_parts():
    order = ops.argpartition(X, 2, axis=1).numpy()
    parted = np.take_along_axis(X, order, 1)
    assert (parted[:, :2] <= parted[:, 2:]).all() and (np.sort(order, 1) == [[0], [1], [2]]).all()


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_unique_is_numpys(axis):
    x = RANDOM.integers(0, 2, (6, 2))
    got = ops.unique(x, return_index=True, return_inverse=True, return_counts=True, axis=axis)
    want = np.unique(x, True, True, True, axis)
    for g, w in zip(got, want, strict=True):
        assert np.array_equal(g, w.reshape(g.shape))
    assert np.array_equal(ops.unique(x, axis=axis), want[0])


def test_unique_in_order_of_occurrence_and_to_size():
    y, index, counts = tf.unique_with_counts([5, 1, 5, 2, 1])
    assert y.numpy().tolist() == [5, 1, 2] and index.numpy().tolist() == [0, 1, 0, 2, 1]
    assert counts.numpy().tolist() == [2, 2, 1]
    assert tf.unique([5, 1, 5]).idx.numpy().tolist() == [0, 1, 0]
    assert ops.unique([5, 1, 5], size=3, fill_value=7).numpy().tolist() == [1, 5, 7]
    assert ops.unique([5, 1, 5], size=1).numpy().tolist() == [1]
    assert gradient(lambda x: ops.unique(x) * [1.0, 10.0], [5.0, 1.0, 5.0]) == [10.0, 1.0, 0.0]


# --- derivatives where they are delicate -----------------------------------------------------------

@pytest.mark.parametrize("exclusive", [False, True])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("x", [[2.0, 0.0, 3.0, 4.0], [0.0, 0.0, 3.0, 5.0], [1.0, 2.0, 3.0, 0.0]])
def test_running_product_has_its_exact_gradient_beside_zeros(x, exclusive, reverse):
    weights = np.array([1.0, -2.0, 0.5, 3.0])
    got = gradient(lambda x: tf.math.cumprod(x, exclusive=exclusive, reverse=reverse) * weights, x)
    want = []
    for i in range(4):      # a product is linear in each factor
        ends = [np.array([*x[:i], value, *x[i + 1:]]) for value in (0.0, 1.0)]
        low, high = (np.sum(tf.math.cumprod(v, exclusive=exclusive, reverse=reverse).numpy() * weights) for v in ends)
        want.append(high - low)
    assert got == want


def test_running_logsumexp_neither_overflows_nor_cancels():
    x = [1000.0, -1000.0, 999.0]
    y = tf.math.cumulative_logsumexp(tf.constant(x, "float64"))
    np.testing.assert_allclose(y, [1000.0, 1000.0, 1000.0 + np.log1p(np.exp(-1.0))])
    share = 1 / (1 + np.exp(-1.0))
    np.testing.assert_allclose(gradient(tf.math.cumulative_logsumexp, x), [2.0 + share, 0.0, 1.0 - share])
    assert gradient(tf.math.cumulative_logsumexp, [-INF, -INF, 0.0]) == [0.0, 0.0, 1.0]
    assert tf.math.cumulative_logsumexp([1.0, 2.0], exclusive=True).numpy().tolist() == [-INF, 1.0]


@pytest.mark.parametrize("exclusive", [False, True])
@pytest.mark.parametrize("reverse", [False, True])
def test_running_logsumexp(exclusive, reverse):
    x = np.array([[0.3, 900.0, -1.0], [-900.0, 0.1, 0.2]]).T
    y = x[::-1] if reverse else x
    y = np.concatenate([np.full((1, 2), -INF), y[:-1]]) if exclusive else y
    want = np.logaddexp.accumulate(y, 0)
    got = tf.math.cumulative_logsumexp(x, 0, exclusive, reverse)
    np.testing.assert_allclose(got.numpy(), want[::-1] if reverse else want)


@pytest.mark.parametrize("function", [ops.std, tf.math.reduce_std, ops.nanstd])
def test_standard_deviation_has_gradient_zero_at_zero(function):
    assert gradient(function, [2.0, 2.0]) == [0.0, 0.0]


@pytest.mark.parametrize(("call", "message"), [
    (lambda: ops.quantile([1.0], 1.5), "between 0 and 1"), (lambda: ops.percentile([1.0], -1), "between 0 and 100"),
    (lambda: ops.quantile([1.0], 0.5, method="weibull"), "must be one of"),
    (lambda: ops.average(X, weights=[1.0]), "need one axis"), (lambda: ops.average(X, 1, [1.0]), "against"),
    (lambda: ops.moments(X, 0, synchronized=True), "synchronized"), (lambda: tf.nn.moments(X, 0, 1.0), "no effect"),
    (lambda: ops.searchsorted(X, X), "must be a vector"), (lambda: ops.searchsorted([1], 1, side="up"), "'left'"),
    (lambda: ops.bincount([-1]), "negative"), (lambda: ops.bincount([1], sparse=True), "sparse"),
    (lambda: ops.bincount([1], [1.0, 2.0]), "do not fit"), (lambda: ops.histogram([1.0], 0), "above 0"),
    (lambda: ops.histogram([1.0], 2, (2.0, 1.0)), "low, high"), (lambda: ops.top_k([1.0], 2), "no k=2"),
    (lambda: tf.histogram_fixed_width([1.0], (1.0, 1.0)), "ascend"), (lambda: tf.unique(X), "must be a vector"),
    (lambda: tf.math.bincount([1], [1.0], binary_output=True), "does not go"),
    (lambda: tf.math.bincount([1], axis=1), "None, 0 or -1"),
])
def test_refuses(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("function", [ops.unique, ops.nonzero, ops.bincount, tf.unique,
                                      lambda x: tf.math.confusion_matrix(x, x)])
def test_shapes_that_depend_on_values_are_refused(function):
    with pytest.raises(SymbolicError, match="depends on values"):
        function(SymbolicTensor((None,), "int32"))
