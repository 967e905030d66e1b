"""Borders added and cut off, and positions repeated."""

from minikeras import layers

from . import Example, numbers

STEPS, IMAGES, VOLUMES, FIRST = numbers(4, 5, 2), numbers(4, 5, 4, 2), numbers(4, 3, 4, 5, 2), numbers(4, 2, 5, 4)
EXAMPLES = {
    "ZeroPadding1D": [Example(layers.ZeroPadding1D, STEPS),
                      Example(lambda: layers.ZeroPadding1D((1, 2), "channels_first"), STEPS)],
    "ZeroPadding2D": [Example(lambda: layers.ZeroPadding2D((1, 2)), IMAGES),
                      Example(lambda: layers.ZeroPadding2D(((1, 0), (2, 3)), "channels_first"), FIRST)],
    "ZeroPadding3D": [Example(layers.ZeroPadding3D, VOLUMES),
                      Example(lambda: layers.ZeroPadding3D((1, (0, 2), 0)), VOLUMES)],
    "Cropping1D": [Example(layers.Cropping1D, STEPS), Example(lambda: layers.Cropping1D((0, 3)), STEPS)],
    "Cropping2D": [Example(layers.Cropping2D, IMAGES),
                   Example(lambda: layers.Cropping2D(((1, 2), (0, 1)), "channels_first"), FIRST)],
    "Cropping3D": Example(layers.Cropping3D, VOLUMES),
    "UpSampling1D": Example(lambda: layers.UpSampling1D(3), STEPS),
    "UpSampling2D": [Example(layers.UpSampling2D, IMAGES),
                     Example(lambda: layers.UpSampling2D((1, 3), "channels_first", "bilinear"), FIRST),
                     Example(lambda: layers.UpSampling2D(2, interpolation="bicubic"), IMAGES)],
    "UpSampling3D": Example(lambda: layers.UpSampling3D((1, 2, 3)), VOLUMES),
}
