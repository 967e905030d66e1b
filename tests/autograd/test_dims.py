"""Dimensions that are not known behave as the integers they stand for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minikeras as tf
from minikeras.autograd import dims
from minikeras.autograd.dims import Dimension
from minikeras.errors import ShapeError, SymbolicError

from ..dimensions import extent

N, M = Dimension.new("n"), Dimension.new("m")


@pytest.mark.parametrize(("got", "want"), [
    (N + 0, N), (N - N, 0), (2 * N - N, N), ((N + 1) * 2 - 2, 2 * N), (4 * N // 2, 2 * N), (N * M // M, N),
    (N * 6 // 3 // 2, N), ((N * 4) % 2, 0), (1 + N - 1, N), (-(-N // 1), N), (N * 0, 0), (3 - N + N, 3),
    (N * M, M * N), ((N + M) * 2 // 2, M + N)])
def test_arithmetic_is_exact(got, want):
    assert got == want and hash(got) == hash(want)


def test_a_quotient_with_a_remainder_is_known_by_its_parts():
    assert N // 2 == N // 2
    assert N // 2 != N // 3
    assert N // 2 != N


def test_dimensions_are_equal_only_to_themselves():
    assert N != M and N != 3 and Dimension.new("n") != N


@pytest.mark.parametrize("use", [int, range, lambda n: [1][n]])
def test_an_unknown_dimension_is_no_integer(use):
    with pytest.raises(SymbolicError, match="not known yet"):
        use(N)


expressions = st.recursive(
    st.one_of(st.integers(-3, 3), st.sampled_from(["n", "m"])),
    lambda inner: st.one_of(st.tuples(st.sampled_from("+-*"), inner, inner),
                            st.tuples(st.just("//"), inner, st.integers(1, 3))), max_leaves=8)
CALCULATE = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "//": lambda a, b: a // b}


def evaluate(expression, names):
    if isinstance(expression, tuple):
        name, a, b = expression
        return CALCULATE[name](evaluate(a, names), evaluate(b, names))
    return names.get(expression, expression)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(expressions, st.integers(0, 7), st.integers(0, 7))
def test_any_expression_comes_to_what_integers_give(expression, n, m):
    dim = evaluate(expression, {"n": N, "m": M})
    numbers = {next(iter(N.terms))[0]: n, next(iter(M.terms))[0]: m}
    assert extent(dim, numbers) == evaluate(expression, {"n": n, "m": m})


@pytest.mark.parametrize(("shapes", "want"), [
    ([(2, 3), (3,)], (2, 3)), ([(N, 1), (1, 4)], (N, 4)), ([(N,), (5,)], (5,)), ([(N, 3), (N, 3)], (N, 3)), ([], ()),
    ([(1,), (N,)], (N,)), ([(0, 3), (1, 3)], (0, 3))])
def test_broadcast(shapes, want):
    assert dims.broadcast(*shapes) == want


def test_shapes_that_do_not_broadcast_are_an_error_with_both():
    with pytest.raises(ShapeError, match=r"\(None, 3\) and \(4,\)"):
        dims.broadcast((N, 3), (4,))


def test_axis_out_of_range_is_an_error():
    with pytest.raises(ShapeError, match="axis 2"):
        dims.normalize_axis(2, 2)


def test_shapes_of_tensors_have_tensorflows_methods():
    shape = tf.zeros((2, 3)).shape
    assert shape == (2, 3)
    assert isinstance(shape, tuple)
    assert (shape.as_list(), shape.rank, shape.ndims, shape.num_elements()) == ([2, 3], 2, 2, 6)
    assert tf.Variable([1.0]).shape.as_list() == tf.constant([1.0]).get_shape().as_list() == [1]
    unknown = tf.Input((3,)).shape
    assert (unknown.as_list(), unknown.num_elements(), unknown.is_fully_defined()) == ([None, 3], None, False)


def test_shapes_are_compared_and_put_together():
    shape = tf.TensorShape([None, 3])
    assert shape.is_compatible_with((5, 3))
    assert not shape.is_compatible_with((5, 4))
    assert not shape.is_compatible_with((3,))
    assert shape.merge_with((5, None)) == shape.concatenate([]).merge_with([5, 3]) == (5, 3)
    assert shape.concatenate((1,)) == (None, 3, 1)
    assert shape.with_rank(2) is shape
    with pytest.raises(ShapeError, match="not compatible"):
        shape.assert_is_compatible_with((5, 4))
    with pytest.raises(ShapeError, match="3 axes"):
        shape.with_rank(3)
    with pytest.raises(ValueError, match="None for each"):
        tf.TensorShape(None)


@pytest.mark.parametrize("use", [
    lambda n: n / 2, lambda n: 1.0 / n, lambda n: n * 0.5, lambda n: n + 1.5, float, lambda n: n > 3,
    lambda n: tf.ones(2) * n])
def test_what_needs_the_number_says_that_it_is_not_known(use):
    with pytest.raises(SymbolicError, match="not known yet"):
        use(Dimension.new())
