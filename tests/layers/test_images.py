"""Layers on images: what they draw, values in closed form, dicts of data, bad input."""

import numpy as np
import pytest

from minikeras import layers
from minikeras.errors import ShapeError
from minikeras.utils import set_random_seed

RNG = np.random.default_rng(0)
X = RNG.random((6, 8, 9, 3)).astype("float32")
RANDOM = {
    "RandomFlip": {}, "RandomRotation": {"factor": 0.2}, "RandomZoom": {"height_factor": 0.3},
    "RandomTranslation": {"height_factor": 0.3, "width_factor": 0.2}, "RandomShear": {"x_factor": 0.5},
    "RandomPerspective": {}, "RandomElasticTransform": {}, "RandomCrop": {"height": 3, "width": 4},
    "RandomBrightness": {"factor": 0.4, "value_range": (0, 1)}, "RandomContrast": {"factor": 0.6},
    "RandomSaturation": {"factor": 0.7}, "RandomHue": {"factor": 0.6, "value_range": (0, 1)},
    "RandomColorDegeneration": {"factor": 0.7}, "RandomGrayscale": {}, "RandomInvert": {},
    "RandomPosterization": {"factor": 6, "value_range": (0, 1)}, "RandomSharpness": {"factor": 0.9},
    "Solarization": {"addition_factor": 0.4, "threshold_factor": 0.5, "value_range": (0, 1)},
    "RandomGaussianBlur": {}, "RandomErasing": {}, "RandomColorJitter": {"brightness_factor": 0.01, "hue_factor": 0.5},
    "MixUp": {}, "CutMix": {}, "RandAugment": {"value_range": (0, 1)},
    "AugMix": {"value_range": (0, 1), "num_chains": 1, "chain_depth": 2},
}


@pytest.mark.parametrize("name", RANDOM)
def test_equal_seeds_draw_the_same(name):
    one, other = (getattr(layers, name)(**RANDOM[name], seed=5) for _ in range(2))
    for _ in range(2):
        np.testing.assert_array_equal(one(X, training=True), other(X, training=True))


@pytest.mark.parametrize("name", RANDOM)
def test_draws_differ_from_call_to_call_and_follow_the_global_seed(name):
    def calls():
        set_random_seed(3)
        layer = getattr(layers, name)(**RANDOM[name])
        return [np.asarray(layer(X, training=True)) for _ in range(6)]
    first, second = calls(), calls()
    assert any((a != first[0]).any() for a in first)
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("name", sorted(set(RANDOM) - {"RandomCrop"}))
def test_outside_training_images_stay(name):
    np.testing.assert_array_equal(getattr(layers, name)(**RANDOM[name])(X, training=False), X)


@pytest.mark.parametrize("name", RANDOM)
def test_channels_first_is_the_same_with_the_channels_elsewhere(name):
    last, first = (getattr(layers, name)(**RANDOM[name], seed=5, data_format=f"channels_{way}")
                   for way in ("last", "first"))
    moved = np.moveaxis(X, -1, 1).copy()
    np.testing.assert_allclose(np.moveaxis(first(moved, training=True), 1, -1), last(X, training=True), atol=2e-6)


@pytest.mark.parametrize("name", RANDOM)
def test_a_single_image_is_a_batch_of_one(name):
    one, other = (getattr(layers, name)(**RANDOM[name], seed=5) for _ in range(2))
    np.testing.assert_array_equal(one(X[0], training=True), np.asarray(other(X[:1], training=True))[0])


@pytest.mark.parametrize("name", RANDOM)
def test_integers_become_floats(name):
    layer = getattr(layers, name)(**RANDOM[name])
    pixels = (X * 255).astype("uint8")
    assert layer(pixels, training=True).dtype == layer(pixels, training=False).dtype == "float32"


@pytest.mark.parametrize("name", sorted(set(RANDOM) - {"RandAugment", "AugMix", "CutMix", "MixUp"}))
def test_each_image_gets_what_its_mask_gets(name):
    layer = getattr(layers, name)(**{**RANDOM[name], **({"interpolation": "nearest"} if name in (
        "RandomRotation", "RandomZoom", "RandomTranslation", "RandomShear", "RandomPerspective",
        "RandomElasticTransform") else {})}, seed=3)
    masks = (np.arange(6 * 8 * 9).reshape(6, 8, 9, 1) % 250).astype("int32")
    images = np.repeat(masks, 3, -1).astype("float32")
    out = layer({"images": images, "segmentation_masks": masks}, training=True)
    moves = name in ("RandomFlip", "RandomRotation", "RandomZoom", "RandomTranslation", "RandomShear", "RandomCrop",
                     "RandomPerspective", "RandomElasticTransform")
    expected = np.asarray(out["images"])[..., :1] if moves else masks
    assert out["segmentation_masks"].dtype == "int32"
    np.testing.assert_array_equal(out["segmentation_masks"], expected)


# --- values --------------------------------------------------------------------------------------

def test_flips_mirror_about_half_of_the_images():
    x = np.repeat(X[:1], 400, 0)
    y = np.asarray(layers.RandomFlip("horizontal", seed=1)(x, training=True))
    mirrored = (y == x[:, :, ::-1]).all((1, 2, 3))
    assert (mirrored | (y == x).all((1, 2, 3))).all()
    assert 160 < mirrored.sum() < 240


def test_a_quarter_turn_is_rot90():
    y = layers.RandomRotation((0.25, 0.25), interpolation="nearest")(X[:, :, :8], training=True)
    np.testing.assert_allclose(y, np.rot90(X[:, :, :8], 1, (1, 2)), atol=1e-6)


def test_translations_are_spread_evenly_over_their_range():
    x = np.zeros((2000, 1, 20, 1), "float32")
    x[:, :, 10:] = 1.0
    y = np.asarray(layers.RandomTranslation(0.0, (-0.25, 0.25), "nearest", seed=1)(x, training=True))
    shift = 10.0 - y.sum((1, 2, 3))
    assert abs(shift.mean()) < 0.25
    np.testing.assert_allclose([shift.min(), shift.max(), shift.std()], [-5, 5, 10 / np.sqrt(12)], atol=0.15)


def test_a_zoom_out_by_half_sees_more():
    x = np.ones((1, 8, 8, 1), "float32")
    y = layers.RandomZoom((1.0, 1.0), fill_mode="constant")(x, training=True)
    assert np.asarray(y).sum() == pytest.approx(16.0, rel=0.2)


def test_brightness_adds_a_part_of_the_range():
    y = layers.RandomBrightness((0.25, 0.25), (0, 2))(X, training=True)
    np.testing.assert_allclose(y, np.clip(X + 0.5, 0, 2), rtol=1e-6)


def test_contrast_stretches_about_the_mean_of_each_channel():
    mean = X.mean((1, 2), keepdims=True)
    y = layers.RandomContrast(0.5, (-9, 9), seed=1)(X, training=True)
    factor = (np.asarray(y) - mean) / (X - mean)
    np.testing.assert_allclose(factor, np.broadcast_to(factor[:, :1, :1, :1], X.shape), rtol=1e-3)
    assert (factor[:, 0, 0, 0] >= 1.0).all() and (factor[:, 0, 0, 0] <= 1.5).all()


def test_posterization_keeps_the_upper_bits():
    pixels = np.arange(256, dtype="float32").reshape(1, 16, 16, 1)
    y = layers.RandomPosterization((3, 3))(pixels, training=True)
    np.testing.assert_array_equal(y, pixels.astype("uint8") >> 5 << 5)


def test_autocontrast_fills_the_range_and_leaves_flat_channels():
    x = np.stack([X[..., 0] * 0.5 + 0.2, np.full_like(X[..., 0], 0.3)], -1)
    y = np.asarray(layers.AutoContrast((0, 1))(x))
    assert (y[..., 0].min((1, 2)) <= 1e-6).all() and (y[..., 0].max((1, 2)) >= 1 - 1e-6).all()
    np.testing.assert_array_equal(y[..., 1], x[..., 1])


def test_equalization_makes_values_about_equally_frequent():
    x = (np.sqrt(RNG.random((2, 32, 32, 1))) * 255).astype("float32")
    y = np.asarray(layers.Equalization()(x, training=True))
    assert y.min() == 0.0 and y.max() == 255.0
    np.testing.assert_allclose(np.quantile(y, [0.4, 0.6, 0.8]), [102, 153, 204], atol=8)


def test_erasing_fills_one_rectangle():
    y = np.asarray(layers.RandomErasing((1, 1), (0.2, 0.2), 7.0, seed=2)(X, training=True))
    erased = (y == 7.0).all(-1)
    assert ((y == X).all(-1) | erased).all()
    for image in erased:
        rows, columns = image.any(1).sum(), image.any(0).sum()
        assert image.sum() == rows * columns and 3 <= rows <= 4 and 3 <= columns <= 5


def test_mixup_mixes_images_and_labels_by_the_same_weight():
    labels = np.eye(6, dtype="float32")
    out = layers.MixUp(0.8, seed=1)({"images": X, "labels": labels}, training=True)
    np.testing.assert_allclose(out["images"], np.einsum("ij,jhwc->ihwc", out["labels"], X), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(np.asarray(out["labels"]).sum(1), 1.0, rtol=1e-6)


def test_cutmix_weights_labels_by_area():
    images = np.broadcast_to(np.arange(6.0)[:, None, None, None], (6, 40, 40, 1)).astype("float32")
    out = layers.CutMix((1.0, 1.0), seed=4)({"images": images, "labels": np.eye(6, dtype="float32")}, training=True)
    own = (np.asarray(out["images"]) == images).mean((1, 2, 3))
    alone = np.asarray(out["labels"]).max(1) == 1.0
    np.testing.assert_allclose(own[~alone], np.diag(np.asarray(out["labels"]))[~alone], atol=0.06)


def test_a_random_crop_is_a_part_of_the_images_at_one_place():
    y = np.asarray(layers.RandomCrop(3, 4, seed=1)(X, training=True))
    places = [(i, j) for i in range(6) for j in range(6) if (X[:, i:i + 3, j:j + 4] == y).all()]
    assert len(places) == 1


def test_other_entries_of_a_dict_stay():
    out = layers.RandomFlip()({"images": X, "labels": np.arange(6), "weights": np.ones(6)}, training=True)
    np.testing.assert_array_equal(out["labels"], np.arange(6))
    assert set(out) == {"images", "labels", "weights"}


# --- bad input -----------------------------------------------------------------------------------

@pytest.mark.parametrize(("make", "error", "message"), [
    (lambda: layers.Resizing(0, 3), ValueError, "height"),
    (lambda: layers.Resizing(3, 3, "cubic"), ValueError, "interpolation must be one of .*, got 'cubic'"),
    (lambda: layers.Resizing(3, 3, fill_mode="wrap"), ValueError, "fill_mode must be one of .*, got 'wrap'"),
    (lambda: layers.Resizing(3, 3, crop_to_aspect_ratio=True, pad_to_aspect_ratio=True), ValueError, "only one"),
    (lambda: layers.CenterCrop(3, -1), ValueError, "width"),
    (lambda: layers.RandomFlip("up"), ValueError, "mode must be one of .*, got 'up'"),
    (lambda: layers.RandomRotation(1.5), ValueError, "factor"),
    (lambda: layers.RandomRotation(0.1, "mirror"), ValueError, "fill_mode must be one of .*, got 'mirror'"),
    (lambda: layers.RandomZoom(-1.0), ValueError, "above -1 to 1"),
    (lambda: layers.RandomZoom(0.2, (0.1, 0.2, 0.3)), ValueError, "pair"),
    (lambda: layers.RandomTranslation(0.2, "a"), ValueError, "width_factor"),
    (lambda: layers.RandomShear(-0.2), ValueError, "x_factor"),
    (lambda: layers.RandomPerspective(scale=2), ValueError, "scale"),
    (lambda: layers.RandomBrightness(0.2, (0, 0)), ValueError, "value_range"),
    (lambda: layers.RandomBrightness(0.2, 255), ValueError, "value_range"),
    (lambda: layers.RandomContrast(-0.2), ValueError, "factor"),
    (lambda: layers.RandomPosterization(9), ValueError, "from 1 to 8"),
    (lambda: layers.RandomGaussianBlur(kernel_size=4), ValueError, "odd"),
    (lambda: layers.RandomErasing(fill_value=(1, 2)), ValueError, "three"),
    (lambda: layers.MixUp(0), ValueError, "alpha"),
    (lambda: layers.RandAugment(num_ops=0), ValueError, "num_ops"),
    (lambda: layers.Equalization(bins=0), ValueError, "bins"),
    (lambda: layers.RandomFlip(bounding_box_format="xyxy"), ValueError, "not supported"),
    (lambda: layers.RandomFlip()(X[0, 0]), ShapeError, "three axes"),
    (lambda: layers.RandomFlip()({"image": X}), ValueError, "'images'"),
    (lambda: layers.RandomFlip()({"images": X, "bounding_boxes": X}), ValueError, "not supported"),
    (lambda: layers.RandomFlip()({"images": X, "segmentation_masks": X[..., 0]}), ShapeError, "axis of its own"),
    (lambda: layers.RandomHue(0.5)(X[..., :2], training=True), ShapeError, "3 channels"),
])
def test_bad_input_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


# --- boxes ---------------------------------------------------------------------------------------

@pytest.mark.parametrize(("most", "labels"), [(2, [1, 2]), (4, [1, 2, 3, -1])])
def test_boxes_are_cut_or_filled_up(most, labels):
    boxes = {"boxes": np.arange(12.0).reshape(3, 4), "labels": np.array([1, 2, 3])}
    found = layers.MaxNumBoundingBoxes(most)({"images": X[0], "bounding_boxes": boxes})["bounding_boxes"]
    assert found["labels"].numpy().tolist() == labels
    assert found["boxes"].numpy().tolist() == [*boxes["boxes"].tolist(), [-1.0] * 4][:most]


def test_boxes_for_a_batch_keep_their_images():
    boxes = {"boxes": np.arange(24.0).reshape(2, 3, 4), "labels": np.arange(6).reshape(2, 3)}
    found = layers.MaxNumBoundingBoxes(1)({"images": X[:2], "bounding_boxes": boxes})
    assert found["bounding_boxes"]["labels"].numpy().tolist() == [[0], [3]]
    assert np.array_equal(found["images"], X[:2])


def test_boxes_that_do_not_fit_their_labels_are_refused():
    boxes = {"boxes": np.zeros((2, 3, 4)), "labels": np.zeros((2, 2))}
    with pytest.raises(ShapeError, match=r"boxes must have shape \(n, k, 4\) and labels \(n, k\), got \(2, 3, 4\)"):
        layers.MaxNumBoundingBoxes(1)({"images": X[:2], "bounding_boxes": boxes})
