"""Layers on images."""

import numpy as np

from minikeras import layers

from . import Example, numbers

X = numbers(4, 6, 5, 3, low=0.02, high=0.98)
FIRST = {"data_format": "channels_first"}
UNIT = {"value_range": (0, 1)}
COLOURS = numbers(4, 3, 2, 3, low=-0.05, high=0.05) + np.array([0.2, 0.75, 0.45], "float32")      # channels far apart
INTEGERS = (X * 255).astype("uint8")
DATA = {"images": X, "labels": numbers(4, 2, seed=1), "segmentation_masks": np.arange(120).reshape(4, 6, 5, 1) % 3}
BOXES = {"boxes": numbers(4, 3, 4), "labels": np.arange(12).reshape(4, 3)}
MIXED = {**DATA, "segmentation_masks": numbers(4, 6, 5, 1, seed=2)}


def random(make, images=X, **options):
    """An example of a layer that changes each image by what is drawn for its place in the batch."""
    return Example(make, images, batched=False, **options)


EXAMPLES = {
    "Resizing": [Example(lambda: layers.Resizing(4, 7), X),
                 Example(lambda: layers.Resizing(3, 4, "bicubic", antialias=True, **FIRST), X),
                 Example(lambda: layers.Resizing(4, 4, "nearest", crop_to_aspect_ratio=True), INTEGERS),
                 Example(lambda: layers.Resizing(4, 4, pad_to_aspect_ratio=True, fill_value=0.5), X)],
    "CenterCrop": [Example(lambda: layers.CenterCrop(3, 4), X), Example(lambda: layers.CenterCrop(8, 4), DATA)],
    "MaxNumBoundingBoxes": [
        Example(lambda: layers.MaxNumBoundingBoxes(2), {"images": X, "bounding_boxes": BOXES}),
        Example(lambda: layers.MaxNumBoundingBoxes(5, fill_value=0), {"images": X, "bounding_boxes": BOXES})],
    "RandomCrop": [random(lambda: layers.RandomCrop(3, 4, seed=1)), random(lambda: layers.RandomCrop(8, 4))],
    "RandomFlip": [random(lambda: layers.RandomFlip(seed=1)),
                   Example(lambda: layers.RandomFlip("horizontal", seed=1), DATA, batched=False)],
    "RandomRotation": [random(lambda: layers.RandomRotation(0.1, seed=1)),
                       random(lambda: layers.RandomRotation((0.2, 0.3), "constant", "nearest", None, 0.3, **FIRST))],
    "RandomZoom": [random(lambda: layers.RandomZoom(0.3, seed=1)),
                   random(lambda: layers.RandomZoom((-0.3, 0.1), (0.1, 0.2), "wrap"))],
    "RandomTranslation": random(lambda: layers.RandomTranslation(0.3, (0.1, 0.2), "nearest", seed=1)),
    "RandomShear": random(lambda: layers.RandomShear(0.3, (0.1, 0.2), seed=1)),
    "RandomPerspective": random(lambda: layers.RandomPerspective((0.5, 1.0), 0.4, seed=1)),
    "RandomElasticTransform": [random(lambda: layers.RandomElasticTransform(scale=0.5, seed=1, **UNIT)),
                               random(lambda: layers.RandomElasticTransform(1.0, 0.0, "nearest", "mirror", **UNIT))],
    "RandomBrightness": random(lambda: layers.RandomBrightness(0.3, (-1, 2), seed=1)),
    "RandomContrast": [random(lambda: layers.RandomContrast(0.3, (-1, 2), seed=1)),
                       random(lambda: layers.RandomContrast((0.4, 0.4), (-1, 2), **FIRST))],
    "RandomSaturation": random(lambda: layers.RandomSaturation((0.2, 0.5), seed=1), COLOURS),
    "RandomHue": random(lambda: layers.RandomHue(0.3, seed=1, **UNIT), COLOURS),
    "RandomColorDegeneration": random(lambda: layers.RandomColorDegeneration((0.1, 0.7), (-1, 2), seed=1)),
    "RandomColorJitter": random(lambda: layers.RandomColorJitter((-1, 2), 0.2, 0.3, (0.3, 0.4), seed=1), COLOURS),
    "RandomGrayscale": random(lambda: layers.RandomGrayscale(seed=1)),
    "RandomInvert": random(lambda: layers.RandomInvert(seed=1, **UNIT)),
    "RandomPosterization": random(lambda: layers.RandomPosterization(4, seed=1, **UNIT), smooth=False),
    "Solarization": random(lambda: layers.Solarization(0.2, (0.3, 0.6), seed=1, **UNIT), smooth=False),
    "RandomSharpness": random(lambda: layers.RandomSharpness(0.6, (-1, 2), seed=1)),
    "RandomGaussianBlur": random(lambda: layers.RandomGaussianBlur(kernel_size=(3, 5), sigma=(0.5, 1), seed=1)),
    "RandomErasing": [random(lambda: layers.RandomErasing(seed=1, **UNIT)),
                      random(lambda: layers.RandomErasing(fill_value=(0.1, 0.5, 0.2), seed=1, **UNIT))],
    "AutoContrast": Example(lambda: layers.AutoContrast(**UNIT), X),
    "Equalization": random(lambda: layers.Equalization(**UNIT), smooth=False),
    "ContrastLimitedAdaptiveHistogramEqualization": [
        Example(lambda: layers.ContrastLimitedAdaptiveHistogramEqualization(tile_grid_size=(2, 2), **UNIT), X,
                smooth=False),
        Example(lambda: layers.ContrastLimitedAdaptiveHistogramEqualization((0, 255), 0, (4, 3)), INTEGERS)],
    "MixUp": [random(lambda: layers.MixUp(seed=1)), Example(lambda: layers.MixUp(0.5), MIXED, batched=False)],
    "CutMix": Example(lambda: layers.CutMix(seed=1), DATA, batched=False),
    "RandAugment": [random(lambda: layers.RandAugment((-1, 2), seed=1), smooth=False),
                    Example(lambda: layers.RandAugment(num_ops=1, factor=(0.1, 0.2)), DATA, batched=False,
                            smooth=False)],
    "AugMix": [random(lambda: layers.AugMix((-1, 2), 1, 2, seed=1), smooth=False),
               Example(lambda: layers.AugMix(num_chains=2, chain_depth=1, all_ops=False), MIXED, batched=False,
                       smooth=False)],
}
