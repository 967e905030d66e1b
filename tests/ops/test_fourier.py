"""Fourier transforms against NumPy, sums written out, and the round trips."""

import math

import numpy as np
import pytest

import minikeras as tf
from minikeras import ops
from minikeras.errors import ShapeError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 3, 6))
Z = X + 1j * RNG.normal(size=(2, 3, 6))


@pytest.mark.parametrize(("name", "plain"), [
    ("fft", np.fft.fft), ("ifft", np.fft.ifft), ("fft2d", np.fft.fft2), ("ifft2d", np.fft.ifft2),
    ("fft3d", np.fft.fftn), ("ifft3d", np.fft.ifftn)])
def test_complex_transforms_are_numpys(name, plain):
    np.testing.assert_allclose(getattr(tf.signal, name)(Z).numpy(), plain(Z), atol=1e-14)


@pytest.mark.parametrize(("suffix", "count"), [("", 1), ("2d", 2), ("3d", 3)])
@pytest.mark.parametrize("lengths", [None, (2, 2, 5), (4, 5, 9)], ids=str)
def test_real_transforms_are_numpys(suffix, count, lengths):
    axes, lengths = tuple(range(-count, 0)), lengths and list(lengths[-count:])
    np.testing.assert_allclose(getattr(tf.signal, "rfft" + suffix)(X, lengths).numpy(),
                               np.fft.rfftn(X, lengths, axes), atol=1e-14)
    np.testing.assert_allclose(getattr(tf.signal, "irfft" + suffix)(Z, lengths).numpy(),
                               np.fft.irfftn(Z, lengths, axes), atol=1e-14)


def test_keras_takes_and_gives_pairs():
    pair = (Z.real, Z.imag)
    for function, plain in ((ops.fft, np.fft.fft), (ops.fft2, np.fft.fft2), (ops.ifft2, np.fft.ifft2)):
        real, imag = function(pair)
        np.testing.assert_allclose(real.numpy() + 1j * imag.numpy(), plain(Z), atol=1e-14)
    real, imag = ops.rfft(X, 5)
    np.testing.assert_allclose(real.numpy() + 1j * imag.numpy(), np.fft.rfft(X, 5), atol=1e-14)
    np.testing.assert_allclose(ops.irfft(pair, 7).numpy(), np.fft.irfft(Z, 7), atol=1e-14)


def test_transforms_of_integers_compute_in_the_default_float():
    assert ops.rfft([1, 2, 3])[0].dtype == "float32" and tf.signal.fft([1, 2]).dtype == "complex64"
    assert tf.signal.rfft(tf.constant([1, 2])).dtype == "complex64"


@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize(("length", "step", "fft_length", "window"), [
    (4, 2, 4, "hann"), (4, 1, 6, "hamming"), (5, 2, 8, "hann"), (4, 3, 4, np.array([0.5, 1.0, 1.0, 0.5]))])
def test_istft_undoes_stft(center, length, step, fft_length, window):
    x = RNG.normal(size=(2, 25))
    pieces = ops.stft(x, length, step, fft_length, window, center)
    back = ops.istft(pieces, length, step, fft_length, None, window, center).numpy()
    inside = slice(fft_length, back.shape[-1] - fft_length)
    np.testing.assert_allclose(back[:, inside], x[:, inside], atol=1e-13)


def test_stft_transforms_windowed_pieces():
    x = RNG.normal(size=11)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(4) / 4)
    real, imag = ops.stft(x[:10], 4, 2, 6, center=False)
    want = np.stack([np.fft.rfft(x[t:t + 6] * np.pad(window, 1)) for t in (0, 2, 4)])
    np.testing.assert_allclose(real.numpy() + 1j * imag.numpy(), want, atol=1e-14)
    padded = np.pad(x[:10], 3, "reflect")
    real, imag = ops.stft(x[:10], 4, 2, 6)
    want = np.stack([np.fft.rfft(padded[t:t + 6] * np.pad(window, 1)) for t in range(0, 11, 2)])
    np.testing.assert_allclose(real.numpy() + 1j * imag.numpy(), want, atol=1e-14)


def test_pieces_and_their_sum():
    x = np.arange(10.0)
    assert tf.signal.frame(x, 4, 3).numpy().tolist() == [x[0:4].tolist(), x[3:7].tolist(), x[6:10].tolist()]
    assert tf.signal.frame(x, 4, 3, pad_end=True, pad_value=-1).numpy()[-1].tolist() == [9, -1, -1, -1]
    assert tf.signal.frame(x[:2], 4, 3).shape == (0, 4)
    assert tf.signal.frame(x.reshape(5, 2), 2, 2, axis=0).shape == (2, 2, 2)
    assert tf.signal.overlap_and_add(np.ones((3, 4)), 3).numpy().tolist() == [1, 1, 1, 2, 1, 1, 2, 1, 1, 1]


def test_short_time_transform_of_tensorflow_and_back():
    x = RNG.normal(size=12)
    pieces = tf.signal.stft(x, 4, 2)
    assert pieces.shape == (5, 3) and tf.signal.stft(x, 3, 2, pad_end=True).shape == (6, 3)
    back = tf.signal.inverse_stft(pieces, 4, 2, window_fn=tf.signal.inverse_stft_window_fn(2))
    np.testing.assert_allclose(back.numpy()[2:-2], x[2:-2], atol=1e-14)


@pytest.mark.parametrize(("call", "want"), [     # TensorFlow's: an odd window is symmetric even if periodic
    (lambda: tf.signal.hann_window(4), [0, 0.5, 1, 0.5]), (lambda: tf.signal.hann_window(5), [0, 0.5, 1, 0.5, 0]),
    (lambda: tf.signal.hann_window(4, periodic=False), [0, 0.75, 0.75, 0]), (lambda: tf.signal.hann_window(1), [1]),
    (lambda: tf.signal.hamming_window(4), [0.08, 0.54, 1, 0.54]),
    (lambda: tf.signal.kaiser_window(4, 5.0), [0.03671089, 0.7753219, 0.7753219, 0.03671089]),
    (lambda: tf.signal.vorbis_window(4), [0.22801436, 0.9736578, 0.9736578, 0.22801416])])
def test_windows(call, want):
    assert call().dtype == "float32"
    np.testing.assert_allclose(call().numpy(), want, rtol=2e-6, atol=1e-7)


def _sums(x, kind):
    n = x.shape[-1]
    j, k = np.arange(n), np.arange(n)[:, None]
    if kind == 1:
        inner = 2 * x[:, 1:-1] @ np.cos(math.pi * k * j / (n - 1))[:, 1:-1].T
        return inner + x[:, :1] + (-1.0) ** np.arange(n) * x[:, -1:]
    angle = {2: k * (2 * j + 1) / 2, 3: j * (2 * k + 1) / 2, 4: (2 * j + 1) * (2 * k + 1) / 4}[kind]
    return (2 * x - (x * (j == 0) if kind == 3 else 0)) @ np.cos(math.pi * angle / n).T


@pytest.mark.parametrize("kind", [1, 2, 3, 4])
def test_cosine_transforms_are_their_sums(kind):
    x = RNG.normal(size=(2, 5))
    np.testing.assert_allclose(tf.signal.dct(x, kind).numpy(), _sums(x, kind), atol=1e-13)
    longer = np.pad(x, ((0, 0), (0, 2)))
    np.testing.assert_allclose(tf.signal.dct(x, kind, n=7).numpy(), _sums(longer, kind), atol=1e-13)
    back = tf.signal.idct(tf.signal.dct(x, kind), kind) / (8 if kind == 1 else 10)
    np.testing.assert_allclose(back.numpy(), x, atol=1e-13)
    if kind > 1:
        matrix = tf.signal.dct(np.eye(5), kind, norm="ortho").numpy()
        np.testing.assert_allclose(matrix @ matrix.T, np.eye(5), atol=1e-13)


def test_frequencies_are_shifted_as_by_numpy():
    for x in (X, X[..., :5]):
        np.testing.assert_array_equal(tf.signal.fftshift(x).numpy(), np.fft.fftshift(x))
        np.testing.assert_array_equal(tf.signal.ifftshift(x, (0, 2)).numpy(), np.fft.ifftshift(x, (0, 2)))


@pytest.mark.parametrize(("call", "words"), [
    (lambda: ops.fft(X), "tuple of two tensors"), (lambda: ops.fft((X,)), "of 1"),
    (lambda: ops.stft(X, 4, 2, 3), "at least sequence_length, 4"), (lambda: ops.stft(X, 4, 2, 4, "foo"), "'foo'"),
    (lambda: ops.stft(X, 4, 2, 4, np.ones(3)), r"\(3,\)"), (lambda: tf.signal.dct(X, 5), "type must be"),
    (lambda: tf.signal.dct(X, 1, norm="ortho"), "norm"), (lambda: tf.signal.idct(X, n=3), "n must be None")])
def test_misuse_is_an_error_that_says_what_to_do(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_parts_of_different_shapes_are_refused():
    with pytest.raises(ShapeError, match=r"\(2, 3, 6\)"):
        ops.fft((X, X[:1]))
