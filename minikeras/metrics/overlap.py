"""Intersection over union of the classes of a segmentation."""

import warnings

import numpy as np

from ..arguments import count, number
from ..autograd.linear import cast, reshape, zeros_like
from ..autograd.operands import as_tensor
from ..errors import ShapeError
from ..losses.fitting import fit_weight
from ..ops import reduce
from ..ops.arithmetic import divide_no_nan, greater_equal, logical_and, not_equal, select
from ..ops.indexing import gather
from ..ops.placing import segment_sum
from ..ops.shapes import diagonal, ravel
from .base import Metric


class _Overlap(Metric):
    """Gathers how often each label (row) met each prediction (column)."""

    def __init__(self, num_classes, target_class_ids, name, dtype, ignore_class=None, sparse_y_true=True,
                 sparse_y_pred=True, axis=-1):
        super().__init__(dtype or "int64", name)
        self.num_classes = count(f"{type(self).__name__}: num_classes", num_classes)
        self.target_class_ids = list(range(num_classes) if target_class_ids is None else map(int, target_class_ids))
        for i in self.target_class_ids:
            if not 0 <= i < num_classes:
                raise ValueError(f"{type(self).__name__}: target_class_ids must be in 0..{num_classes - 1}, the "
                                 f"{num_classes} classes, got {i}.")
        self.ignore_class, self.axis = ignore_class, axis
        self.sparse_y_true, self.sparse_y_pred = sparse_y_true, sparse_y_pred
        self.total_cm = self.add_variable((num_classes, num_classes), dtype=self.dtype, name="total_confusion_matrix")

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true, y_pred = self._classes(y_true, self.sparse_y_true), self._classes(y_pred, self.sparse_y_pred)
        if y_true.size != y_pred.size:
            raise ShapeError(f"{self._titled}: {y_true.size} labels do not go with {y_pred.size} "
                             "predictions. For one-hot labels, or scores of the classes, set sparse_y_true or "
                             "sparse_y_pred to False, and `axis` to that of the classes.")
        weight = cast(zeros_like(y_true), dtype=self.dtype) + 1
        if sample_weight is not None:
            weight = weight * self._weights(sample_weight, y_true)
        y_true, y_pred, weight = ravel(y_true), ravel(y_pred), ravel(weight)
        counts = logical_and(_is_class(y_true, self.num_classes), _is_class(y_pred, self.num_classes))
        if self.ignore_class is not None:
            counts = logical_and(counts, not_equal(y_true, self.ignore_class))
        place = select(counts, y_true * self.num_classes + y_pred, -1)     # -1: nowhere
        found = segment_sum(weight, place, self.num_classes**2)
        self.total_cm.assign(self.total_cm + found.reshape(self.total_cm.shape))

    def _classes(self, x, sparse):
        x = as_tensor(x)
        return cast(x if sparse else reduce.argmax(x, axis=self.axis), dtype="int32")

    def _weights(self, sample_weight, y_true):
        weight = as_tensor(sample_weight)
        if weight.dtype.is_floating and not self.total_cm.dtype.is_floating:
            warnings.warn(f"{self._titled} counts integers, so the float weights are cut off to "
                          "integers. Give dtype='float32' to the metric.", stacklevel=4)
        weight = as_tensor(weight, self.dtype)
        if weight.size == y_true.size:
            return reshape(weight, shape=y_true.shape)
        return fit_weight(self.name, y_true, weight)[1]

    def result(self):
        """The mean over the target classes that occur in labels or predictions."""
        matrix = self.total_cm.value
        right = diagonal(matrix)
        union = reduce.sum(matrix, axis=0) + reduce.sum(matrix, axis=1) - right
        ids = np.asarray(self.target_class_ids, "int32")
        right, union = (cast(gather(x, ids), dtype="float32") for x in (right, union))
        occurs = cast(union > 1e-9, dtype="float32")
        return divide_no_nan(reduce.sum(divide_no_nan(right, union) * occurs), reduce.sum(occurs))


def _is_class(x, num_classes):
    return logical_and(greater_equal(x, 0), x < num_classes)


class IoU(_Overlap):
    """The mean, over `target_class_ids`, of true / (true positives + false positives + false negatives) of each class.

    num_classes     how many classes there are; other class numbers, and the label `ignore_class`, do not count
    sparse_y_true   labels are class numbers, else one-hot along `axis`;  sparse_y_pred: predictions likewise
    Classes that did not occur leave the mean; 0 where none did. Source: Jaccard 1912.
    """

    def __init__(self, num_classes, target_class_ids, name=None, dtype=None, ignore_class=None, sparse_y_true=True,
                 sparse_y_pred=True, axis=-1):
        super().__init__(num_classes, target_class_ids, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)


class BinaryIoU(_Overlap):
    """The mean IoU of the classes 0 and 1 (those of `target_class_ids`); predictions from `threshold` on are 1."""

    def __init__(self, target_class_ids=(0, 1), threshold=0.5, name=None, dtype=None):
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = number("BinaryIoU: threshold", threshold)

    def update_state(self, y_true, y_pred, sample_weight=None):
        super().update_state(y_true, greater_equal(as_tensor(y_pred, "float32"), self.threshold), sample_weight)


class MeanIoU(_Overlap):
    """The mean IoU of all classes. The arguments are those of IoU."""

    def __init__(self, num_classes, name=None, dtype=None, ignore_class=None, sparse_y_true=True, sparse_y_pred=True,
                 axis=-1):
        super().__init__(num_classes, None, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)


class OneHotIoU(_Overlap):
    """The mean IoU of `target_class_ids` for one-hot labels, and scores of the classes unless `sparse_y_pred`."""

    def __init__(self, num_classes, target_class_ids, name=None, dtype=None, ignore_class=None, sparse_y_pred=False,
                 axis=-1):
        super().__init__(num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis)


class OneHotMeanIoU(_Overlap):
    """The mean IoU of all classes for one-hot labels, and scores of the classes unless `sparse_y_pred`."""

    def __init__(self, num_classes, name=None, dtype=None, ignore_class=None, sparse_y_pred=False, axis=-1):
        super().__init__(num_classes, None, name, dtype, ignore_class, False, sparse_y_pred, axis)
