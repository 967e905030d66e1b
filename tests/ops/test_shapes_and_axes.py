"""Any shapes and axes: values against NumPy's, forward and reverse derivatives against finite differences."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minikeras import ops
from minikeras.autograd.forward import ForwardAccumulator
from minikeras.autograd.linear import getitem, sum_to
from minikeras.autograd.tape import GradientTape
from minikeras.autograd.tensor import Tensor

from .. import finite_difference
from .samples import DOMAINS, all_ops
from .sampling import USUAL

extents = st.integers(0, 3)
shapes = st.lists(extents, min_size=0, max_size=4).map(tuple)
filled = st.lists(st.integers(1, 3), min_size=1, max_size=4).map(tuple)


def numbers(shape, seed=0):
    """Numbers no two of which are close, in no order and apart from 0."""
    count = int(np.prod(shape))
    grid = (np.random.default_rng(seed).permutation(count) + 0.5 + 0.13 * seed) / max(count, 1)
    return (0.4 + 1.7 * grid).reshape(shape)


def check(function, reference, *arrays):
    """Value, reverse and forward derivative of `function`, which takes tensors, against `reference` on arrays."""
    want = reference(*arrays)
    weights = np.cos(np.arange(want.size)).reshape(want.shape)
    inputs = [Tensor(a) for a in arrays]
    directions = [np.sin(1.0 + np.arange(a.size)).reshape(a.shape) for a in arrays]
    with ForwardAccumulator(inputs, directions) as accumulator, GradientTape() as tape:
        tape.watch(inputs)
        y = function(*inputs)
    np.testing.assert_allclose(y.numpy(), want, rtol=1e-12, atol=1e-14)
    slopes = finite_difference.gradients(lambda *arrays: np.sum(reference(*arrays) * weights), arrays)
    for got, slope in zip(tape.gradient(y, inputs, output_gradients=weights), slopes, strict=True):
        np.testing.assert_allclose(got.numpy(), slope, rtol=1e-6, atol=1e-8)
    along = sum(np.sum(slope * v) for slope, v in zip(slopes, directions, strict=True))
    np.testing.assert_allclose(np.sum(accumulator.jvp(y).numpy() * weights), along, rtol=1e-6, atol=1e-8)


@st.composite
def broadcastable(draw):
    """Two shapes that broadcast: some axes of one are 1 or missing."""
    full = draw(shapes)
    parts = []
    for _ in range(2):
        part = tuple([draw(st.sampled_from([n, 1])) for n in full])
        parts.append(part[draw(st.integers(0, len(part))):])
    return parts


BINARY = {name: function for name, function in all_ops().items()
          if function.op.family == "elementwise" and function.op.arity == 2 and all(function.op.rules)
          and function.op.rules}


def inside(x, domain):
    """`x`, whose numbers lie in 0.4..2.1, moved into a domain."""
    low, high = domain
    return low + (high - low) * (x - 0.4) / 1.7


@pytest.mark.parametrize("name", BINARY)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(pair=broadcastable())
def test_functions_of_two_broadcast(name, pair):
    domains = DOMAINS.get(name, [USUAL])
    arrays = [inside(numbers(shape, i), domains[min(i, len(domains) - 1)]) for i, shape in enumerate(pair)]
    # Values are tested elsewhere; here the array function itself is the reference.
    check(BINARY[name], lambda a, b: np.asarray(BINARY[name].op.forward(a, b)), *arrays)


@st.composite
def shape_and_axes(draw, least=0):
    shape = draw(st.lists(st.integers(1, 3), min_size=least, max_size=4).map(tuple))
    ndim = len(shape)
    some = st.lists(st.integers(-ndim, ndim - 1), max_size=ndim, unique_by=lambda a: a % ndim).map(tuple) if ndim \
        else st.just(())
    one = st.integers(-ndim, ndim - 1) if ndim else st.none()
    return shape, draw(st.one_of(st.none(), one, some))


REDUCTIONS = {
    "sum": np.sum, "mean": np.mean, "max": np.max, "min": np.min, "prod": np.prod,
    "logsumexp": lambda x, axis, keepdims: np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims)), "var": np.var}


@pytest.mark.parametrize("name", REDUCTIONS)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(case=shape_and_axes(), keepdims=st.booleans())
def test_reductions_over_any_axes(name, case, keepdims):
    shape, axis = case
    check(lambda x: getattr(ops, name)(x, axis=axis, keepdims=keepdims),
          lambda x: np.asarray(REDUCTIONS[name](x, axis=axis, keepdims=keepdims)), numbers(shape))


def one_axis(ndim):
    return st.integers(-ndim, ndim - 1)


ALONG = {
    "cumsum": lambda x, axis: np.cumsum(x, axis), "cumprod": lambda x, axis: np.cumprod(x, axis),
    "sort": lambda x, axis: np.sort(x, axis), "flip": lambda x, axis: np.flip(x, axis),
    "softmax": lambda x, axis: np.exp(x) / np.exp(x).sum(axis, keepdims=True),
    "log_softmax": lambda x, axis: x - np.log(np.exp(x).sum(axis, keepdims=True))}


@pytest.mark.parametrize("name", ALONG)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(shape=filled, data=st.data())
def test_functions_along_any_axis(name, shape, data):
    axis = data.draw(one_axis(len(shape)))
    check(lambda x: getattr(ops, name)(x, axis=axis), lambda x: ALONG[name](x, axis), numbers(shape))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(shape=filled, data=st.data())
def test_axes_in_any_order(shape, data):
    order = data.draw(st.permutations(range(len(shape))))
    check(lambda x: ops.transpose(x, order), lambda x: np.transpose(x, order), numbers(shape))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(shape=filled, data=st.data())
def test_joining_along_any_axis(shape, data):
    axis = data.draw(one_axis(len(shape)))
    other = tuple(data.draw(extents) if i == axis % len(shape) else n for i, n in enumerate(shape))
    check(lambda a, b: ops.concatenate([a, b], axis), lambda a, b: np.concatenate([a, b], axis),
          numbers(shape), numbers(other, 1))
    at = data.draw(st.integers(-len(shape) - 1, len(shape)))
    check(lambda a, b: ops.stack([a, b], at), lambda a, b: np.stack([a, b], at), numbers(shape), numbers(shape, 1))


@st.composite
def basic_index(draw, shape):
    """Integers, slices with any step, None and Ellipsis for some of the axes."""
    index = []
    for n in shape[:draw(st.integers(0, len(shape)))]:
        bound = st.none() | st.integers(-n - 1, n + 1)
        items = [st.builds(slice, bound, bound, st.sampled_from([None, 1, 2, -1, -2]))]
        if n:
            items.append(st.integers(-n, n - 1))
        index.append(draw(st.one_of(items)))
    if draw(st.booleans()):
        index.insert(draw(st.integers(0, len(index))), None)
    if draw(st.booleans()):
        index.append(Ellipsis)
    return tuple(index)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(shape=shapes, data=st.data())
def test_any_basic_index(shape, data):
    index = data.draw(basic_index(shape))
    check(lambda x: getitem(x, index=index), lambda x: x[index], numbers(shape))


@st.composite
def matrices(draw):
    """Shapes that multiply: vectors, matrices and stacks that broadcast."""
    m, k, n = draw(extents), draw(extents), draw(extents)
    a, b = draw(st.sampled_from([((k,), (k,)), ((m, k), (k,)), ((k,), (k, n)), ((m, k), (k, n))]))
    if len(a) == len(b) == 2:
        leading = draw(st.lists(st.integers(1, 2), max_size=2).map(tuple))
        cut, which = draw(st.integers(0, len(leading))), draw(st.booleans())
        a, b = ((*leading, *a), (*leading[cut:], *b)) if which else ((*leading[cut:], *a), (*leading, *b))
    return a, b


@settings(max_examples=60, deadline=None, derandomize=True)
@given(pair=matrices())
def test_matrix_products_of_any_shapes(pair):
    check(ops.matmul, np.matmul, numbers(pair[0]), numbers(pair[1], 1))


@st.composite
def contraction(draw):
    """Subscripts of one to three operands over a few letters, and the shapes."""
    extent = {letter: draw(st.integers(1, 3)) for letter in "abcd"}
    terms = ["".join(draw(st.lists(st.sampled_from("abcd"), max_size=3))) for _ in range(draw(st.integers(1, 3)))]
    letters = sorted(set("".join(terms)))
    kept = draw(st.lists(st.sampled_from(letters), unique=True)) if letters else []
    return f"{','.join(terms)}->{''.join(kept)}", [tuple(extent[letter] for letter in term) for term in terms]


@settings(max_examples=80, deadline=None, derandomize=True)
@given(case=contraction())
def test_any_contraction(case):
    subscripts, operands = case
    check(lambda *xs: ops.einsum(subscripts, *xs), lambda *xs: np.asarray(np.einsum(subscripts, *xs)),
          *[numbers(shape, i) for i, shape in enumerate(operands)])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(pair=broadcastable())
def test_sum_to_undoes_any_broadcast(pair):
    small, other = pair
    full = np.broadcast_shapes(small, other)
    check(lambda x: ops.broadcast_to(x, full), lambda x: np.broadcast_to(x, full), numbers(small))
    axes = tuple(range(len(full) - len(small)))
    kept = tuple(i for i, n in enumerate(small) if n == 1)
    check(lambda x: sum_to(x, shape=small), lambda x: x.sum(axes).sum(kept, keepdims=True), numbers(full))
