"""What layers on images share: data in several forms, one draw for each image, checks of ranges."""

from ...arguments import number
from ...autograd.random import SeedGenerator
from ...errors import ShapeError
from ...ops import random
from ...ops.creation import cast
from ...ops.images import single_as_batch
from ...ops.shapes import expand_dims, shape, squeeze
from ...ops.windows import channels_back, channels_last, is_channels_first
from ..base import Layer


class ImageLayer(Layer, kind="layers"):
    """Base of layers on images, which come as a single one (height, width, channels), as a batch, or in a dict
    {"images": ..., "labels": ..., "segmentation_masks": ...}, of which anything else stays as it is.

    What `draw` gives, for each image of a batch, changes images, labels and masks alike. All three are batches with
    channels last, in whatever form they came. Floats come out, and integers only from layers that keep them; masks
    keep their dtype unless they are mixed.
    """

    always = False          # whether it also works outside training
    keeps_integers = False
    takes_boxes = False     # whether "bounding_boxes" may be among the data
    seed_generator = None

    def __init__(self, *, bounding_box_format=None, data_format=None, **kwargs):
        super().__init__(**kwargs)
        where = type(self).__name__
        if bounding_box_format is not None and not self.takes_boxes:
            raise ValueError(f"{where}: bounding_box_format is not supported; leave it None and give images, labels "
                             "and segmentation_masks.")
        self.data_format = "channels_first" if is_channels_first(data_format, where) else "channels_last"
        self.built = True

    def seeded(self, seed):
        """Make the draws follow from `seed`; None: from the global seed."""
        self.seed, self.seed_generator = seed, SeedGenerator(seed)

    def draw(self, images, seed):
        """What is random about the transformation of each of `images` in training, from the numbers of `seed`."""

    def transform_images(self, images, drawn):
        """The images as `drawn` says."""
        raise NotImplementedError

    def transform_labels(self, labels, drawn):
        """The labels of such images: their own."""
        return labels

    def transform_masks(self, masks, drawn):
        """The segmentation masks of such images: their own, as only colours change."""
        return masks

    def transform_boxes(self, boxes, axis):
        """The dict of bounding boxes of such images; each image has its own along `axis`, which is 0 or 1."""
        raise NotImplementedError

    def call(self, data, training=True):
        parts = data if isinstance(data, dict) else {"images": data}
        self._check(parts)
        images, single = self._batch(parts["images"])
        if not (self.keeps_integers and images.dtype.is_integer):
            images = cast(images, self.dtype)
        result = {**parts}
        if training or self.always:
            drawn = self.draw(images, self.seed_generator) if training else None
            images = self.transform_images(images, drawn)
            if "segmentation_masks" in parts:
                masks = self.transform_masks(self._batch(parts["segmentation_masks"])[0], drawn)
                result["segmentation_masks"] = self._as_given(masks, single)
            if "labels" in parts:
                labels = self.transform_labels(expand_dims(parts["labels"], 0) if single else parts["labels"], drawn)
                result["labels"] = squeeze(labels, 0) if single else labels
            if "bounding_boxes" in parts:
                result["bounding_boxes"] = self.transform_boxes(parts["bounding_boxes"], 0 if single else 1)
        result["images"] = self._as_given(images, single)
        return result if isinstance(data, dict) else result["images"]

    def _check(self, parts):
        where = self._titled
        if "images" not in parts:
            raise ValueError(f"{where}: a dict of data must have 'images', got {sorted(parts)}.")
        if "bounding_boxes" in parts and not self.takes_boxes:
            raise ValueError(f"{where}: 'bounding_boxes' are not supported; give images, labels and "
                             "segmentation_masks.")
        given = parts["images"].shape
        if len(given) not in (3, 4):
            raise ShapeError(f"{where}: an image has three axes, a batch of images four, got shape {given}.")
        if "segmentation_masks" in parts and len(parts["segmentation_masks"].shape) != len(given):
            raise ShapeError(f"{where}: segmentation masks must have the axes of the images, of shape {given}, got "
                             f"shape {parts['segmentation_masks'].shape}. One channel wants an axis of its own.")

    def _batch(self, x):
        return single_as_batch(channels_last(x, self.data_format == "channels_first", 2))

    def _as_given(self, x, single):
        return channels_back(squeeze(x, 0) if single else x, self.data_format == "channels_first", 2)

    def get_config(self):
        config = super().get_config()
        config.pop("bounding_box_format", None)
        return {**config, "data_format": self.data_format}

    # --- draws -------------------------------------------------------------------------------

    def uniform(self, images, bounds, seed, *extents):
        """Numbers spread over `bounds`, (n, *extents): for each image its own."""
        return random.draw_for(images, *map(float, bounds), shape=(None, *extents), seed=seed, method="uniform",
                               dtype=self.dtype)

    def one(self, images, bounds, seed):
        """One number from `bounds` for all images."""
        return random.draw_for(images, *map(float, bounds), shape=(), seed=seed, method="uniform", dtype=self.dtype)

    def chosen(self, images, bounds, seed):
        """Which images are changed, (n, 1, 1, 1), each with a probability drawn from `bounds`."""
        return self.uniform(images, (0, 1), seed, 1, 1, 1) < self.uniform(images, bounds, seed, 1, 1, 1)

    def sign(self, images, seed, *extents):
        """1 or -1, (n, *extents), equally often."""
        drawn = random.draw_for(images, 2, shape=(None, *extents), seed=seed, method="integers", dtype=self.dtype)
        return 1.0 - 2.0 * drawn


def height_and_width(images):
    """Extents of a batch of images, which must be known."""
    return tuple(int(n) for n in shape(images)[1:3])


def spread(where, value, low, high, *, above=False):
    """(lower, upper) as a pair says; a number stands for itself and its negative, or `low` if that is higher.

    Raises ValueError unless both lie in low..high, without `low` itself if `above`.
    """
    pair = isinstance(value, (tuple, list))
    numbers = value if pair else (value,)
    try:
        if len(numbers) != (2 if pair else 1) or any(number(where, n, low, high) == low and above for n in numbers):
            raise ValueError
    except ValueError:
        raise ValueError(f"{where} must be a number {'above' if above else 'from'} {low} to {high}, or a pair of such, "
                         f"got {value!r}.") from None
    return tuple(sorted(value)) if pair else (max(-abs(value), low), abs(value))


def values(where, value_range):
    """(lowest, highest) value of a pixel. Raises ValueError."""
    try:
        low, high = sorted(number(where, each) for each in value_range)
    except (TypeError, ValueError):
        low = high = None
    if low == high:
        raise ValueError(f"{where}: value_range must be the lowest and the highest value of a pixel, got "
                         f"{value_range!r}.")
    return low, high


def rescaled(images, have, want):
    """Images of values in the range `have`, in the range `want`."""
    if tuple(have) == tuple(want):
        return images
    return (images - have[0]) / (have[1] - have[0]) * (want[1] - want[0]) + want[0]
