"""Image files and arrays."""

import io
import sys

import numpy as np
import pytest

from minikeras import preprocessing, utils

Image = pytest.importorskip("PIL.Image")


def picture(channels=3, high=256, shape=(13, 17)):
    return np.random.default_rng(0).integers(0, high, (*shape, channels))


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_an_image_keeps_its_numbers(tmp_path, channels, data_format):
    x = picture(channels)
    x = x if data_format == "channels_last" else x.transpose(2, 0, 1)
    utils.save_img(tmp_path / "x.png", x, data_format, scale=False)
    mode = {1: "grayscale", 3: "rgb", 4: "rgba"}[channels]
    read = utils.img_to_array(utils.load_img(tmp_path / "x.png", mode), data_format)
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, x)


def test_values_are_stretched_unless_told_otherwise():
    x = np.array([[[0.5], [1.0]], [[0.75], [1.5]]])
    np.testing.assert_array_equal(np.asarray(utils.array_to_img(x)), [[0, 127], [63, 255]])
    np.testing.assert_array_equal(np.asarray(utils.array_to_img(x * 4, scale=False)), [[2, 4], [3, 6]])
    assert utils.array_to_img(np.zeros((2, 2, 3))).getextrema() == ((0, 0),) * 3
    deep = utils.array_to_img(x * 1000, scale=False)
    assert deep.mode == "I"
    assert deep.getextrema() == (500, 1500)


def test_sixteen_bits_of_gray_are_kept(tmp_path):
    gray = picture(1, 60000)[..., 0].astype(np.uint16)
    Image.fromarray(gray).save(tmp_path / "x.png")
    np.testing.assert_array_equal(utils.img_to_array(utils.load_img(tmp_path / "x.png", "grayscale"))[..., 0], gray)


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic", "hamming", "box", "lanczos"])
def test_images_are_resized(tmp_path, interpolation):
    utils.save_img(tmp_path / "x.png", picture(), scale=False)
    assert utils.load_img(tmp_path / "x.png", target_size=(5, 9), interpolation=interpolation).size == (9, 5)


def test_what_does_not_fit_is_cut_off_in_the_middle(tmp_path):
    x = picture(shape=(4, 8))
    utils.save_img(tmp_path / "x.png", x, scale=False)
    img = utils.load_img(tmp_path / "x.png", target_size=(2, 2), keep_aspect_ratio=True)
    half = utils.array_to_img(x[:, 2:6], scale=False).resize((2, 2), Image.Resampling.NEAREST)
    assert img.tobytes() == half.tobytes()


def test_open_files_will_do():
    file = io.BytesIO()
    utils.save_img(file, picture(), file_format="jpg", quality=100)
    assert utils.load_img(file).size == (17, 13)
    assert file.getvalue()[:2] == b"\xff\xd8"
    with pytest.warns(UserWarning, match="no transparency"):
        utils.save_img(io.BytesIO(), picture(4), file_format="jpeg")


@pytest.mark.parametrize(("call", "error", "text"), [
    (lambda: utils.load_img("x", "cmyk"), ValueError, "color_mode"),
    (lambda: utils.load_img("x", target_size=(1, 1), interpolation="x"), ValueError, "interpolation"),
    (lambda: utils.load_img(5), TypeError, "path"), (lambda: utils.load_img(__file__), OSError, "test_images.py"),
    (lambda: utils.load_img("no such"), FileNotFoundError, "no such"),
    (lambda: utils.img_to_array(np.zeros(3)), ValueError, "axes"),
    (lambda: utils.array_to_img(np.zeros((2, 2))), ValueError, "3 axes"),
    (lambda: utils.array_to_img(np.zeros((2, 2, 2))), ValueError, "channels"),
    (lambda: utils.array_to_img(np.zeros((2, 2, 3)), "first"), ValueError, "data_format"),
    (lambda: preprocessing.image.smart_resize(np.zeros((2, 2)), (1, 1)), ValueError, "axes"),
    (lambda: preprocessing.image.smart_resize(np.zeros((2, 2, 1)), (1,)), ValueError, "size")])
def test_mistakes_are_told(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_without_pillow_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    for call in (lambda: utils.load_img("x"), lambda: utils.array_to_img(picture())):
        with pytest.raises(ImportError, match=r"minikeras\[image\]"):
            call()


@pytest.mark.parametrize("batch", [(), (2,)])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_smart_resize_takes_the_middle(batch, data_format):
    x = np.arange(4 * 8, dtype="float32").reshape(*(1 for _ in batch), 4, 8, 1) * np.ones((*batch, 1, 1, 1), "float32")
    move = (lambda y: y) if data_format == "channels_last" else (lambda y: np.moveaxis(y, -1, -3))
    got = preprocessing.image.smart_resize(move(x), (4, 4), data_format=data_format)
    assert isinstance(got, np.ndarray)
    np.testing.assert_array_equal(got, move(x[..., 2:6, :]))
