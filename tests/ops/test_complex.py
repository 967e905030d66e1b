"""Derivatives of complex numbers against finite differences of their two parts, in TensorFlow's convention."""

import numpy as np
import pytest

import minikeras as tf
from minikeras import ops
from minikeras.errors import DTypeError, ShapeError
from minikeras.ops import binary, fourier

from .. import finite_difference

RNG = np.random.default_rng(3)
Z = RNG.normal(size=(3, 3)) + 1j * RNG.normal(size=(3, 3))
W = RNG.normal(size=(3, 3)) + 1j * RNG.normal(size=(3, 3)) + 2.0
X = RNG.normal(size=(3, 3))

HOLOMORPHIC = [
    tf.sqrt, tf.exp, tf.math.log, tf.square, tf.math.reciprocal, tf.math.rsqrt, tf.tanh, tf.sigmoid, tf.sin, tf.cos,
    tf.tan, tf.sinh, tf.cosh, tf.asin, tf.acos, tf.atan, tf.asinh, tf.acosh, tf.atanh, tf.math.expm1, tf.math.log1p,
    ops.log2, ops.log10, tf.negative]
REAL_VALUED = [tf.abs, tf.math.angle, tf.math.real, tf.math.imag, ops.norm, ops.view_as_real, ops.var, ops.std,
               lambda z: tf.cast(z, "float64")]
LINEAR = [ops.conj, ops.sum, lambda z: ops.mean(z, axis=1), lambda z: ops.cumsum(z, axis=0), lambda z: z[1:, ::2],
          lambda z: tf.gather(z, [0, 0, 2]), ops.transpose, lambda z: tf.concat([z * z, z], 0),
          lambda z: ops.stack([z * 2j, z]), lambda z: fourier.fftn(z, axes=(-1,)),
          lambda z: fourier.ifftn(z, axes=(0, 1)),
          lambda z: fourier.irfftn(z, n=4, axes=(-1,)), lambda z: fourier.irfftn(z, n=5, axes=(0, 1)),
          lambda z: tf.where(X > 0, z, z * z)]
OTHER = [tf.sign, ops.prod, lambda z: ops.prod(z, axis=1), lambda z: tf.math.cumprod(z, 1), ops.det, ops.inv,
         lambda z: z ** 3, lambda z: 2.0 ** z, lambda z: z * X, lambda z: X / z, lambda z: z @ X, lambda z: z @ z,
         lambda z: tf.abs(z) ** 2 * tf.math.real(z * z), lambda z: ops.solve(z, z * z + 1.0)]
ALL = HOLOMORPHIC + REAL_VALUED + LINEAR + OTHER
TWO = [tf.multiply, tf.divide, tf.pow, tf.add, tf.subtract, tf.matmul, tf.math.divide_no_nan, tf.math.xdivy,
       tf.math.xlogy, tf.math.multiply_no_nan, tf.math.squared_difference, lambda a, b: tf.tensordot(a, b, 1)]


def names(functions):
    return [f"{i} {f.__name__}" for i, f in enumerate(functions)]


def weights_of(y):
    w = np.cos(1.0 + np.arange(y.size)).reshape(y.shape)
    return w * (1.0 - 0.5j) if y.dtype.is_complex else w


def gradients(function, *zs):
    with tf.GradientTape() as tape:
        tape.watch(zs)
        y = function(*zs)
    return tape.gradient(y, zs, output_gradients=tf.constant(weights_of(y)), unconnected_gradients="zero")


def differences(function, *zs):
    """d/da + i d/db of the loss Re(sum(conj(w) y)), for z = a + ib."""
    def loss(*parts):
        y = function(*[tf.constant(a + 1j * b) for a, b in zip(parts[::2], parts[1::2])])
        return np.sum(np.conj(weights_of(y)) * y.numpy()).real
    grads = finite_difference.gradients(loss, [part for z in zs for part in (z.real.copy(), z.imag.copy())])
    return [a + 1j * b for a, b in zip(grads[::2], grads[1::2])]


@pytest.mark.parametrize("function", ALL, ids=names(ALL))
def test_gradient_is_the_finite_difference_of_the_parts(function):
    got, = gradients(function, tf.constant(Z))
    assert got.dtype == "complex128"
    np.testing.assert_allclose(got.numpy(), differences(function, Z)[0], rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("function", TWO, ids=names(TWO))
def test_gradients_of_two_complex_numbers(function):
    for got, want in zip(gradients(function, tf.constant(Z), tf.constant(W)), differences(function, Z, W)):
        np.testing.assert_allclose(got.numpy(), want, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("function", ALL, ids=names(ALL))
def test_second_gradient_is_the_finite_difference_of_the_first(function):
    def slope(z):
        return tf.math.real(ops.sum(gradients(function, z)[0] * W))
    got, = gradients(slope, tf.constant(Z))
    np.testing.assert_allclose(got.numpy(), differences(slope, Z)[0], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("function", ALL, ids=names(ALL))
def test_forward_derivative_is_the_finite_difference_along_it(function):
    z = tf.constant(Z)
    with tf.autodiff.ForwardAccumulator(z, tf.constant(W)) as accumulator:
        y = function(z)
    step = 1e-6
    want = (function(tf.constant(Z + step * W)).numpy() - function(tf.constant(Z - step * W)).numpy()) / (2 * step)
    np.testing.assert_allclose(accumulator.jvp(y).numpy(), want, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("function", [lambda x: X * 1j * x, lambda x: tf.cast(x, "complex128") * Z, lambda x: x @ Z,
                                      lambda x: tf.complex(x, x * x) * Z, lambda x: ops.polar(x, x * x),
                                      lambda x: tf.signal.fft(x) ** 2])
def test_a_real_number_among_complex_ones_has_a_real_gradient(function):
    got, = gradients(function, tf.constant(X))
    assert got.dtype == "float64"

    def loss(x):
        y = function(tf.constant(x))
        return np.sum(np.conj(weights_of(y)) * y.numpy()).real
    np.testing.assert_allclose(got.numpy(), finite_difference.gradients(loss, [X])[0], rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(("function", "z", "value", "gradient"), [     # the gradients are TensorFlow's
    (tf.abs, 3 + 4j, 5.0, 0.6 + 0.8j), (tf.abs, 0j, 0.0, 0j), (tf.sign, 3 + 4j, 0.6 + 0.8j, 0.128 - 0.096j),
    (tf.math.real, 1 + 2j, 1.0, 1), (tf.math.imag, 1 + 2j, 2.0, 1j), (ops.conj, 1 + 2j, 1 - 2j, 1),
    (tf.math.angle, 1j, np.pi / 2, -1), (tf.square, 1 + 2j, -3 + 4j, 2 - 4j), (tf.math.reciprocal, 1j, -1j, 1)])
def test_values_and_gradients_at_a_point(function, z, value, gradient):
    z = tf.constant(z)
    with tf.GradientTape() as tape:
        tape.watch(z)
        y = function(z)
    assert y.numpy() == pytest.approx(value, rel=1e-15)
    assert tape.gradient(y, z).numpy() == pytest.approx(gradient, rel=1e-15, abs=1e-15)


def test_precision_is_kept():
    for real, whole in (("float32", "complex64"), ("float64", "complex128")):
        x = tf.ones((2, 4), real)
        z = tf.complex(x, x)
        assert z.dtype == whole and (x * 1j).dtype == whole
        for part in (ops.real(z), ops.imag(z), tf.abs(z), tf.math.angle(z), tf.signal.irfft(z)):
            assert part.dtype == real
        for transform in (tf.signal.fft(z), tf.signal.fft(x), tf.signal.rfft(x), tf.signal.ifft2d(z)):
            assert transform.dtype == whole
    assert tf.complex(tf.ones(2, "float16"), 1.0).dtype == "complex64"


def test_parts_are_put_together_and_taken_apart():
    x = np.arange(6.0).reshape(3, 2)
    assert ops.view_as_complex(x).numpy().tolist() == [1j, 2 + 3j, 4 + 5j]
    np.testing.assert_array_equal(ops.view_as_real(ops.view_as_complex(x)).numpy(), x)
    assert ops.imag([1.0, 2.0]).numpy().tolist() == [0.0, 0.0] and ops.angle([-1.0, 1.0]).numpy()[1] == 0.0
    assert tf.complex([1.0, 2.0], 1.0).numpy().tolist() == [1 + 1j, 2 + 1j]
    np.testing.assert_allclose(ops.polar(abs(Z), np.angle(Z)).numpy(), Z)


def test_misuse_of_complex_numbers_is_an_error():
    with pytest.raises(DTypeError, match="two real tensors"):
        tf.complex(1j, 1.0)
    with pytest.raises(ShapeError, match=r"\(3, 3\)"):
        ops.view_as_complex(X)
    with pytest.raises(DTypeError, match="softplus"):
        ops.softplus(tf.constant(Z))
    with pytest.raises(TypeError):
        binary.arctan2(tf.constant(Z), 1.0)
