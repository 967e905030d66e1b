"""Bounding boxes: as many for each image."""

from ...arguments import count, number
from ...autograd.linear import concatenate
from ...errors import ShapeError
from ...ops.creation import full
from ...ops.shapes import shape
from .base import ImageLayer


class MaxNumBoundingBoxes(ImageLayer):
    """As many bounding boxes for each image as told: the first `max_number`, and `fill_value` where there are fewer.

    Takes a dict {"images": ..., "bounding_boxes": {"boxes": (n, k, 4), "labels": (n, k)}}, without the n for a single
    image, and gives it with boxes (n, max_number, 4) and labels (n, max_number). All else stays as it is, in training
    or not. bounding_box_format says nothing here, for the numbers of a box are not looked at.
    Raises ShapeError for boxes that are not four numbers each, or not as many as labels.
    """

    always = keeps_integers = takes_boxes = True

    def __init__(self, max_number, fill_value=-1, **kwargs):
        super().__init__(**kwargs)
        self.max_number = count("MaxNumBoundingBoxes: max_number", max_number)
        self.fill_value = number("MaxNumBoundingBoxes: fill_value", fill_value)

    def transform_images(self, images, drawn):
        return images

    def transform_boxes(self, boxes, axis):
        """Boxes and labels, counted along `axis`, cut or filled up."""
        given = {name: boxes[name] for name in ("boxes", "labels")}
        if given["boxes"].ndim != axis + 2 or given["labels"].ndim != axis + 1 or given["boxes"].shape[-1] != 4 \
                or given["boxes"].shape[:-1] != given["labels"].shape:
            batch = "" if axis == 0 else "n, "
            raise ShapeError(f"{self._titled}: boxes must have shape ({batch}k, 4) and labels "
                             f"({batch}k), got {given['boxes'].shape} and {given['labels'].shape}.")
        return {**boxes, **{name: self._filled(x, axis) for name, x in given.items()}}

    def _filled(self, x, axis):
        extents = list(shape(x))
        extents[axis] = self.max_number
        filler = full(tuple(extents), self.fill_value, x.dtype)
        return concatenate(x, filler, axis=axis)[(slice(None),) * axis + (slice(self.max_number),)]
