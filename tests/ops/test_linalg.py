"""Linear algebra where the tables of samples do not reach: ties, zeros, large and empty matrices, errors."""

import numpy as np
import pytest

import minikeras as tf
from minikeras import ops
from minikeras.errors import ShapeError
from minikeras.ops import decompositions, norms, solving

RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(2, 4, 4))
ROTATION = np.linalg.qr(RNG.normal(size=(4, 4)))[0]
PROJECTED = RNG.normal(size=(4, 4))


def gradients(function, x):
    """First and second derivative (of a sum with cosines) of a number `function(x)`."""
    x = tf.constant(x)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = ops.sum(function(x))
        first = inner.gradient(y, x)
        moved = ops.sum(first * np.cos(np.arange(x.size)).reshape(x.shape))
    second = outer.gradient(moved, x, unconnected_gradients="zero")
    return first.numpy(), second.numpy()


# --- values ----------------------------------------------------------------------------------------

@pytest.mark.parametrize("subscripts", [
    "ij,jk", "ij,jk->ki", "ij,ij->ij", "ij,ij->", "ii", "ii->i", "ij->ji", "ij->", "i...->...",
    "...ij,...jk->...ik",
    "ij,jk,kl->il", "ij,jk,kl,lm->mi", "ij,kj,lj->ikl", "ij,ik,il->jkl", "ii,jj->ij", "ij,kl", "ij, jk -> ik",
    "ab,ba->"])
def test_einsum_is_numpys(subscripts):
    operands = [RNG.normal(size=(4, 4)) for _ in subscripts.split("->")[0].split(",")]
    want = np.einsum(subscripts, *operands)
    got = ops.einsum(subscripts, *operands)
    assert got.shape == want.shape
    np.testing.assert_allclose(got.numpy(), want, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("subscripts", "shapes"), [
    ("...ij,...jk->...ik", [(2, 1, 3, 2), (5, 2, 3)]), ("...,...->...", [(2, 1, 3), (4, 1)]),
    ("i...,...", [(3, 2), ()]),
    ("bhqd,bhkd->bhqk", [(2, 3, 4, 5), (2, 3, 6, 5)]), ("abc,cd->dab", [(2, 3, 4), (4, 2)]), (",ij->ji", [(), (2, 3)]),
    ("...a,...a->...", [(2, 3), (4, 1, 3)]), ("ij,jk->ik", [(2, 0), (0, 3)])])
def test_einsum_broadcasts_dots_as_numpy(subscripts, shapes):
    operands = [RNG.normal(size=shape) for shape in shapes]
    np.testing.assert_allclose(ops.einsum(subscripts, *operands).numpy(), np.einsum(subscripts, *operands), atol=1e-12)


@pytest.mark.parametrize(("subscripts", "shapes", "words"), [
    ("ij,jk->ik", [(2, 3), (2, 3)], "letter 'j'"), ("ijk->i", [(2, 3)], "another number of axes"),
    ("ij->k", [(2, 3)], "letters of the terms"), ("i->ii", [(2,)], "each once"),
    ("ij", [(2, 3), (2, 3)], "1 terms for 2"),
    ("...j->j", [(2, 3)], "no '...'"), ("i1->i", [(2, 3)], "must be letters"), ("ii->i", [(2, 3)], "axes 0 and 1"),
    ("ijk,kji->", [(2, 3, 4), (3, 4, 2)], "letter")])
def test_einsum_says_what_does_not_fit(subscripts, shapes, words):
    with pytest.raises(ValueError, match=words):
        ops.einsum(subscripts, *[np.ones(shape) for shape in shapes])


@pytest.mark.parametrize("mode", ["valid", "same", "full"])
@pytest.mark.parametrize(("n", "m"), [(5, 3), (5, 2), (3, 5), (2, 5), (4, 4), (1, 3)])
def test_correlate_is_numpys(mode, n, m):
    a, v = RNG.normal(size=n), RNG.normal(size=m)
    np.testing.assert_allclose(ops.correlate(a, v, mode).numpy(), np.correlate(a, v, mode), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("name", "args"), [
    ("kron", (A[:2, :3], B[:, :2])), ("outer", (A, B[0])), ("inner", (A, B)), ("vdot", (A, B)), ("trace", (A, 1)),
    ("cross", (A[:, :3], B[:, :3])), ("cross", (A[:, :3], B[0, :3]))])
def test_products_are_numpys(name, args):
    np.testing.assert_allclose(getattr(ops, name)(*args).numpy(), getattr(np, name)(*args), rtol=1e-12)


def test_corrcoef_is_numpys():
    np.testing.assert_allclose(ops.corrcoef(A).numpy(), np.corrcoef(A), rtol=1e-12)
    np.testing.assert_allclose(ops.corrcoef(A[0]).numpy(), 1.0, rtol=1e-15)


@pytest.mark.parametrize("n", [1, 32, 33, 100])
@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("adjoint", [False, True])
def test_triangular_solve_reads_one_triangle(n, lower, adjoint):
    a, b = RNG.normal(size=(n, n)) + 2 * n * np.eye(n), RNG.normal(size=(n, 3))
    triangle = np.tril(a) if lower else np.triu(a)
    x = tf.linalg.triangular_solve(a, b, lower=lower, adjoint=adjoint).numpy()
    np.testing.assert_allclose((triangle.T if adjoint else triangle) @ x, b, atol=1e-12)


def test_expm_of_small_and_large_matrices():
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    x = turn * np.array([1e-9, 1.0, 100.0]).reshape(-1, 1, 1)
    want = [[[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]] for t in (1e-9, 1.0, 100.0)]
    np.testing.assert_allclose(tf.linalg.expm(x).numpy(), want, atol=1e-12)
    assert tf.linalg.expm(x.astype("float32")).dtype == "float32"


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4), (2, 5, 3)])
def test_full_decompositions_are_square_and_orthogonal(shape):
    x = RNG.normal(size=shape)
    u, s, vt = (part.numpy() for part in ops.svd(x))
    np.testing.assert_allclose(u @ u.swapaxes(-1, -2), np.broadcast_to(np.eye(shape[-2]), u.shape), atol=1e-12)
    np.testing.assert_allclose(vt @ vt.swapaxes(-1, -2), np.broadcast_to(np.eye(shape[-1]), vt.shape), atol=1e-12)
    k = s.shape[-1]
    np.testing.assert_allclose((u[..., :k] * s[..., None, :]) @ vt[..., :k, :], x, atol=1e-12)
    q, r = (part.numpy() for part in ops.qr(x, mode="complete"))
    assert q.shape[-1] == q.shape[-2] == shape[-2] and r.shape == shape
    np.testing.assert_allclose(q @ r, x, atol=1e-12)


def test_tensorflows_svd_gives_s_u_v():
    s, u, v = tf.linalg.svd(A[:, :2])
    np.testing.assert_allclose((u * s).numpy() @ v.numpy().T, A[:, :2], atol=1e-12)


@pytest.mark.parametrize("rcond", [None, 0.5])
def test_pinv_and_lstsq_drop_small_singular_values(rcond):
    x = np.diag([1.0, 0.3, 0.0])[:, :2]
    want = np.diag([1.0, 1 / 0.3 if rcond is None else 0.0, 0.0])[:2]
    np.testing.assert_allclose(ops.pinv(x, rcond).numpy(), want, atol=1e-14)
    np.testing.assert_allclose(ops.lstsq(x, np.ones(3), rcond).numpy(), want @ np.ones(3), atol=1e-14)


def test_matrix_rank_counts_with_a_tolerance():
    x = np.stack([np.diag([3.0, 1.0]), np.diag([3.0, 1e-20]), np.zeros((2, 2))])
    assert ops.matrix_rank(x).numpy().tolist() == [2, 1, 0]
    assert ops.matrix_rank(x, tol=2.0).numpy().tolist() == [1, 1, 0]


def test_slogdet_of_a_singular_matrix():
    sign, size = ops.slogdet(np.ones((2, 2), "float32"))
    assert (sign.numpy(), size.numpy()) == (0.0, -np.inf)


ORDERS = [None, 0, 1, 2, 3, 0.5, -1, -2, np.inf, -np.inf, "fro", "nuc"]


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 1), (2, 0)], ids=str)
@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_norm_is_numpys(order, axis, keepdims):
    x = A if axis is None else RNG.normal(size=(3, 4, 2))
    try:
        want = np.linalg.norm(x, order, axis, keepdims)
    except ValueError:
        with pytest.raises(ValueError, match="norm"):
            ops.norm(x, order, axis, keepdims)
    else:
        got = ops.norm(x, order, axis, keepdims)
        assert got.shape == want.shape
        np.testing.assert_allclose(got.numpy(), want, rtol=1e-12)


def test_tensorflows_norm_without_axis_is_that_of_one_vector():
    for order, want in ((1, np.abs(A).sum()), (2, np.linalg.norm(A)), (np.inf, np.abs(A).max())):
        np.testing.assert_allclose(tf.norm(A, order).numpy(), want, rtol=1e-12)
    assert tf.norm(A, axis=(0, 1), ord=2).numpy() == np.linalg.norm(A, 2)
    assert tf.norm(A, keepdims=True).shape == (1, 1)


# --- derivatives where formulas divide by zero --------------------------------------------------------

@pytest.mark.parametrize("order", [o for o in ORDERS if o != 0], ids=str)
def test_every_norm_has_gradient_zero_at_zero(order):
    vectors, matrices = order not in ("fro", "nuc"), order not in (3, 0.5)
    for axis in [1] * vectors + [(0, 1)] * matrices:
        first, second = gradients(lambda x, axis=axis: ops.norm(x, order, axis), np.zeros((2, 3)))
        assert not first.any() and np.isfinite(second).all()


@pytest.mark.parametrize("order", [1, 3, 0.5, -1, 1.5])
def test_norms_are_finite_to_second_order_beside_a_zero(order):
    for part in gradients(lambda x: ops.norm(x, order), np.array([0.0, 1.0, -2.0])):
        assert np.isfinite(part).all()


def symmetric(values):
    return (ROTATION * values) @ ROTATION.T


@pytest.mark.parametrize("values", [[1.0, 1.0, 1.0, 1.0], [2.0, 2.0, 1.0, 3.0]], ids=str)
def test_eigh_gradient_at_equal_eigenvalues(values):
    """V V^T of the vectors of some eigenvalues does not depend on their choice, nor may its gradient."""
    chosen = np.isclose(np.sort(values), np.max(values))

    def projection(x):
        v = decompositions.eigh(x)[1] * chosen
        return ops.matmul(v, ops.transpose(v)) * PROJECTED
    x = (ROTATION * values) @ ROTATION.T
    got, second = gradients(projection, x)
    assert np.isfinite(second).all()
    direction = B + B.T
    along = sum(sign * ops.sum(projection(x + sign * 1e-5 * direction)).numpy() for sign in (1, -1)) / 2e-5
    np.testing.assert_allclose(np.sum(got * direction), along if len(set(values)) > 1 else 0.0, atol=1e-8)


@pytest.mark.parametrize("values", [[1.0, 1.0, 1.0, 1.0], [2.0, 2.0, 1.0, 3.0]], ids=str)
def test_polar_factor_gradient_at_equal_singular_values(values):
    """U V^T = x (x^T x)^(-1/2) does not depend on the choice of singular vectors, nor may its gradient."""
    def polar(x):
        u, _, vt = ops.svd(x)
        return ops.matmul(u, vt) * PROJECTED
    x = ROTATION @ np.diag(values) @ np.linalg.qr(PROJECTED)[0]
    step, direction = 1e-5, np.cos(np.arange(16.0)).reshape(4, 4)
    got, _ = gradients(polar, x)
    along = (ops.sum(polar(x + step * direction)).numpy() - ops.sum(polar(x - step * direction)).numpy()) / (2 * step)
    np.testing.assert_allclose(np.sum(got * direction), along, rtol=1e-7)


@pytest.mark.parametrize("function", [
    lambda x: ops.svd(x)[1], lambda x: ops.svd(x)[0], lambda x: ops.norm(x, "nuc"), decompositions.eigvalsh,
    lambda x: decompositions.eigh(x)[1]])
@pytest.mark.parametrize("x", [np.zeros((3, 3)), np.eye(3), np.ones((3, 3))], ids=["zeros", "one", "ones"])
def test_decompositions_have_finite_derivatives_everywhere(function, x):
    for dtype in ("float32", "float64"):
        first, second = gradients(function, x.astype(dtype))
        assert first.dtype == second.dtype == dtype
        assert np.isfinite(first).all() and np.isfinite(second).all()
        assert np.abs(first).max() < 100


def test_determinant_has_a_gradient_at_singular_matrices():
    x = tf.Variable(np.diag([2.0, 3.0, 0.0]))
    with tf.GradientTape() as tape:
        y = ops.det(x)
    np.testing.assert_allclose(tape.gradient(y, x).numpy(), np.diag([0.0, 0.0, 6.0]), atol=1e-15)


def test_clipping_by_norm_at_zero():
    x = tf.Variable([0.0, 0.0])
    for function in (lambda: tf.clip_by_norm(x, 1.0), lambda: tf.clip_by_global_norm([x], 1.0)[0][0]):
        with tf.GradientTape() as tape:
            y = function()
        assert y.numpy().tolist() == [0.0, 0.0] and tape.gradient(y, x).numpy().tolist() == [1.0, 1.0]


# --- types and errors -------------------------------------------------------------------------------------

@pytest.mark.parametrize("function", [
    ops.inv, ops.det, ops.cholesky, ops.logdet, ops.cholesky_inverse, ops.pinv, tf.linalg.expm, lambda x: ops.qr(x)[0],
    lambda x: ops.eigh(x)[1], lambda x: ops.svd(x)[2], lambda x: ops.slogdet(x)[1], lambda x: ops.solve(x, x),
    lambda x: ops.solve_triangular(x, x), lambda x: ops.einsum("ij,jk", x, x), lambda x: ops.norm(x, "nuc"),
    lambda x: ops.norm(x, 3, axis=1), ops.normalize, lambda x: ops.lstsq(x, x), lambda x: ops.cross(x[:, :3], x[:, :3]),
    lambda x: ops.correlate(x[0], x[1]), ops.corrcoef, ops.trace, tf.linalg.diag, tf.linalg.tensor_diag])
def test_float32_stays_float32_to_second_order(function):
    x = (A @ A.T + np.eye(4)).astype("float32")
    assert function(tf.constant(x)).dtype == "float32"
    first, second = gradients(function, x)
    assert first.dtype == second.dtype == np.float32


@pytest.mark.parametrize(("call", "words"), [
    (lambda: ops.inv(np.zeros((2, 2))), "inv: Singular"),
    (lambda: ops.solve(np.zeros((2, 2)), np.ones(2)), "solve: Sing"),
    (lambda: ops.cholesky(-np.eye(2)), "cholesky"), (lambda: ops.qr(np.ones(3)), "matrices need two axes"),
    (lambda: ops.solve_triangular(np.zeros((2, 2)), np.ones(2)), "solve_triangular"),
    (lambda: ops.det(np.ones((2, 3))), "square matrix"), (lambda: ops.qr(np.eye(2), mode="r"), "mode must be"),
    (lambda: ops.cross(np.ones(4), np.ones(4)), "3 elements"), (lambda: ops.norm(np.ones(3), ord="fro"), "matrices"),
    (lambda: ops.norm(np.ones((2, 2, 2)), ord=1), "needs an axis"),
    (lambda: ops.normalize(np.ones(2), order=0), "order"),
    (lambda: ops.correlate(np.ones(2), np.ones(2), mode="all"), "mode must be"),
    (lambda: tf.linalg.lstsq(np.eye(2), np.eye(2), l2_regularizer=1.0, fast=False), "no l2_regularizer"),
    (lambda: tf.linalg.diag([1.0, 2.0], k=1, num_rows=3, num_cols=4), "do not fill"),
    (lambda: tf.linalg.diag_part(np.eye(2), k=7), "no diagonals 7"),
    (lambda: tf.linalg.set_diag(np.eye(2), np.ones(3)), "have shape"), (lambda: tf.linalg.tensor_diag(1.0), "scalar"),
    (lambda: tf.linalg.tensor_diag_part(np.ones((2, 3))), "twice over"),
    (lambda: tf.linalg.matrix_transpose(np.ones(3)), "no matrices")])
def test_errors_say_what_is_wrong(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_shape_errors_are_ours():
    with pytest.raises(ShapeError):
        solving.solve_op(np.eye(2), np.ones((3, 1)))
    with pytest.raises(ShapeError):
        norms.norm(np.eye(2), axis=2)


def test_adjoint_conjugates():
    z = np.array([[1 + 2j, 3j], [4.0, 5 - 1j], [0, 1j]])
    assert tf.linalg.adjoint(z).numpy().tolist() == z.conj().T.tolist()


def test_gradients_of_real_factorizations_are_refused_for_complex_matrices():
    z = tf.constant(np.eye(2) + 0j)
    with tf.GradientTape() as tape:
        tape.watch(z)
        y = ops.real(ops.cholesky(z))
    with pytest.raises(TypeError, match="no gradient for complex"):
        tape.gradient(y, z)


@pytest.mark.parametrize("imaginary", [0.0, 1.0], ids=["real", "complex"])
def test_eigenvalues_and_vectors_have_derivatives_both_ways(imaginary):
    rng = np.random.default_rng(1)
    make = lambda: rng.normal(size=(3, 3)) + (1j * rng.normal(size=(3, 3)) if imaginary else 0.0)
    start, direction, weights = make(), make(), np.arange(9.0).reshape(3, 3)

    def f(x):
        w, v = ops.eig(x)
        return ops.sum(ops.real(w ** 3 * (0.3 - 0.7j))) + ops.sum(ops.absolute(v) ** 2 * weights)

    x = tf.constant(start)
    with tf.autodiff.ForwardAccumulator(x, direction) as forward, tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    ahead, behind = f(tf.constant(start + 1e-6 * direction)), f(tf.constant(start - 1e-6 * direction))
    want = float(ahead - behind) / 2e-6
    gradient = tape.gradient(y, x).numpy()
    np.testing.assert_allclose(float(forward.jvp(y)), want, rtol=1e-6)
    np.testing.assert_allclose(np.sum(np.real(np.conj(gradient) * direction)), want, rtol=1e-6)
