"""Keras' namespaces of ops, and the ops in them that stand on no declaration of their own name."""

import numpy as np
import pytest

import minikeras as mk
from minikeras import ops
from minikeras.errors import ShapeError

SPACES = (ops.core, ops.linalg, ops.math, ops.nn, ops.numpy)
rng = np.random.default_rng(3)


@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.__name__)
def test_ops_has_what_its_namespaces_list(space):
    assert [name for name in space.__all__ if getattr(ops, name) is not getattr(space, name)] == []


def test_every_function_stands_in_one_namespace():
    names = [name for space in SPACES for name in space.__all__]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("call", "want"), [
    (lambda: ops.add(x1=1.0, x2=2.0), 3.0),
    (lambda: ops.matmul(x1=[[1.0]], x2=[[2.0]]), [[2.0]]),
    (lambda: ops.bitwise_and(x=6, y=3), 2),
    (lambda: ops.clip(x=[-1.0, 5.0], x_min=0.0, x_max=2.0), [0.0, 2.0]),
    (lambda: ops.sum(x=[[1.0, 2.0]], axis=1), [3.0]),
    (lambda: ops.sum([[1.0, 2.0]], 1), [3.0]),
    (lambda: ops.get_item(x=[1, 2, 3], key=1), 2),
    (lambda: ops.slice(inputs=[1, 2, 3], start_indices=[1], shape=[2]), [2, 3]),
    (lambda: ops.scatter(indices=[[1]], values=[5], shape=(2,)), [0, 5]),
    (lambda: ops.scatter_update(inputs=[1, 2], indices=[[0]], updates=[7]), [7, 2]),
    (lambda: ops.stop_gradient(variable=1.0), 1.0),
])
def test_keras_names_of_arguments(call, want):
    np.testing.assert_array_equal(call(), want)


def test_convert_to_tensor_refuses_what_is_not_dense():
    with pytest.raises(ValueError, match="sparse=True"):
        ops.convert_to_tensor([1.0], sparse=True)


@pytest.mark.parametrize("shape", [(4, 4), (2, 3, 5, 5), (1, 1), (0, 3, 3)])
def test_lu_factor_gives_factors_of_the_exchanged_rows(shape):
    x = rng.normal(size=shape)
    lu, pivots = map(np.asarray, ops.lu_factor(x))
    lower, upper = np.tril(lu, -1) + np.eye(shape[-1]), np.triu(lu)
    exchanged = x.copy()
    for place in np.ndindex(shape[:-2]):
        for i, j in enumerate(pivots[place]):
            exchanged[place][[i, j]] = exchanged[place][[j, i]]
    np.testing.assert_allclose(lower @ upper, exchanged, atol=1e-12)


def test_lu_factor_of_a_singular_matrix_is_finite():
    lu, _ = ops.lu_factor([[0.0, 1.0], [0.0, 2.0]])
    np.testing.assert_array_equal(lu, [[0.0, 1.0], [0.0, 2.0]])


def test_lu_factor_refuses_what_is_not_square():
    with pytest.raises(ShapeError, match="square"):
        ops.lu_factor(np.ones((2, 3)))


@pytest.mark.parametrize(("dtype", "to"), [("float32", "int32"), ("float64", "int16"), ("uint8", "int32")])
def test_view_reads_the_same_bytes(dtype, to):
    x = np.arange(16).reshape(2, 8).astype(dtype)
    y = ops.view(x, dtype=to)
    np.testing.assert_array_equal(y, x.view(to))
    assert y.dtype == to


def test_view_refuses_bytes_that_do_not_divide():
    with pytest.raises(ShapeError, match="does not divide"):
        ops.view(np.zeros(3, np.uint8), "int32")
    with pytest.raises(ShapeError):
        ops.view(np.float64(1.0), "float32")


def test_view_knows_the_extent_of_an_unknown_axis():
    y = ops.view(mk.Input((None,), dtype="uint8"), "int16")
    assert (y.shape, y.dtype) == ((None, None), "int16")


def test_vectorize_broadcasts_its_arguments():
    x, y = rng.normal(size=(4, 1)), rng.normal(size=3)
    vectorized = ops.vectorize(lambda a, b: ops.where(a > b, a, b))
    np.testing.assert_array_equal(vectorized(x, y), np.maximum(x, y))


def test_vectorize_takes_axes_as_its_signature_says():
    matrices, vectors = rng.normal(size=(5, 1, 2, 3)), rng.normal(size=(4, 3))
    product = ops.vectorize(lambda m, v: m @ v, signature="(m,n),(n)->(m)")
    np.testing.assert_allclose(product(matrices, vectors), np.einsum("aimn,bn->abm", matrices, vectors), rtol=1e-12)


def test_vectorize_passes_excluded_arguments_on():
    power = ops.vectorize(lambda x, how, bias=0.0: ops.sum(x) ** how["n"] + bias, excluded={1}, signature="(n),()->()")
    np.testing.assert_array_equal(power(np.ones((2, 3)), {"n": 2}, bias=np.array([0.0, 1.0])), [9.0, 10.0])


@pytest.mark.parametrize("signature", ["(n)", "n->n", "(n,)->(n)", ""])
def test_vectorize_refuses_a_signature_that_is_none(signature):
    with pytest.raises(ValueError, match="signature"):
        ops.vectorize(lambda x: x, signature=signature)


def test_vectorize_has_gradients():
    x = mk.Variable([1.0, 2.0])
    with mk.GradientTape() as tape:
        y = ops.vectorize(lambda a, b: a * b)(x, [[1.0], [3.0]])
    np.testing.assert_array_equal(tape.gradient(y, x), [4.0, 4.0])


def test_jvp_is_the_jacobian_times_the_tangents():
    x, t = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    y, along = ops.jvp(ops.sin, (x,), (t,))
    np.testing.assert_allclose(y, np.sin(x))
    np.testing.assert_allclose(along, np.cos(x) * t)


def test_jvp_of_nests_keeps_their_structure():
    y, along, aux = ops.jvp(lambda x: ({"a": x["u"] * 2.0, "b": x["v"] * 0.0}, "more"),
                            ({"u": 3.0, "v": 1.0},), ({"u": 1.0, "v": 5.0},), has_aux=True)
    assert (float(along["a"]), float(along["b"]), float(y["a"]), aux) == (2.0, 0.0, 6.0, "more")


def test_jvp_of_what_does_not_depend_on_the_primals_is_zeros():
    _, along = ops.jvp(lambda x: ops.ones((2,)), (1.0,), (1.0,))
    np.testing.assert_array_equal(along, [0.0, 0.0])


def test_dtype_is_a_name():
    assert [ops.dtype(x) for x in (mk.Variable(1.0), 1, np.float64(1.0), mk.Input((2,), dtype="int64"))] == [
        "float32", "int32", "float64", "int64"]
