"""Metrics that count which predictions are rightly and wrongly above thresholds."""

import numpy as np

from ..arguments import count, number
from ..autograd.dtypes import floatx
from ..autograd.linear import broadcast_to, cast, reshape
from ..autograd.operands import as_tensor
from ..errors import ShapeError
from ..losses.fitting import as_pair, fit_weight
from ..ops import reduce
from ..ops.arithmetic import clip, divide_no_nan, greater, maximum, not_equal, select
from ..ops.creation import full_like
from ..ops.indexing import add_along_axis, gather
from ..ops.placing import segment_sum
from ..ops.running import cumsum
from ..ops.shapes import ravel
from ..ops.sorting import search, top_k
from ..ops.unary import ceil
from .base import Metric

LOWEST = -1e10      # what counts as the score of a class outside the top k, and as the threshold inside: Keras' number
POSITIVES, NEGATIVES = ("true_positives", "false_positives"), ("true_negatives", "false_negatives")


class _Confusion(Metric):
    """What the metrics that compare predictions with thresholds share. A prediction above a threshold is positive.

    counted   the counts that the class keeps, of POSITIVES and NEGATIVES: each becomes a Variable, of that name unless
              `names` gives another, and of shape (thresholds,), or (thresholds, labels)
    """

    counted = names = ()
    top_k = class_id = None

    def _count_at(self, thresholds, evenly, labels=()):
        """Make the Variables. `evenly`: whether the thresholds are the bounds of equal parts of 0..1."""
        self._thresholds, self._evenly = thresholds, evenly
        for name in self.names or self.counted:
            setattr(self, name, self.add_variable((len(thresholds), *labels), name=name))

    @property
    def thresholds(self):
        """Those that predictions are compared with; a config has what the constructor was given in their place."""
        return self._thresholds

    def update_state(self, y_true, y_pred, sample_weight=None):
        self._gather(*self._prepared(y_true, y_pred, sample_weight))

    def _prepared(self, y_true, y_pred, sample_weight):
        """Labels, predictions and weights (None, or one for each prediction) of the classes that count."""
        y_true, y_pred = as_pair(self.name, y_true, as_tensor(y_pred, floatx()), False)
        if sample_weight is not None:
            y_pred, sample_weight = fit_weight(self.name, y_pred, as_tensor(sample_weight, floatx()))
            y_true, sample_weight = reshape(y_true, shape=y_pred.shape), broadcast_to(sample_weight, shape=y_pred.shape)
        if self.top_k is not None:
            best = top_k(y_pred, self.top_k)[1]
            is_best = add_along_axis(full_like(best, 1), best, axis=len(best.shape) - 1, shape=y_pred.shape)
            y_pred = select(is_best > 0, y_pred, LOWEST)
        if self.class_id is not None:
            y_true, y_pred, sample_weight = (x if x is None else self._of_class(x)
                                             for x in (y_true, y_pred, sample_weight))
        return y_true, y_pred, sample_weight

    def _of_class(self, x):
        if len(x.shape) < 2 or not -x.shape[-1] <= self.class_id < x.shape[-1]:
            raise ShapeError(f"{self._titled}: class_id={self.class_id} needs predictions "
                             f"(samples, classes) with that class, got shape {x.shape}.")
        return x[..., self.class_id, None]

    def _gather(self, y_true, y_pred, weight, apart=False):
        """Count a batch; the labels along the last axis each for itself if `apart`."""
        above = weights_above(not_equal(y_true, 0), y_pred, weight, self.thresholds, self._evenly, apart)
        everything, positive = above[:1], above[1:]
        for name, counted in zip(self.names or self.counted, self.counted):
            kind = int(counted in ("true_positives", "false_negatives"))       # 1: of labels that are true
            found = positive[:, kind] if counted in POSITIVES else everything[:, kind] - positive[:, kind]
            variable = getattr(self, name)
            variable.assign(variable + found)

    def _each(self, values):
        """The value at the only threshold, or those at all of them."""
        return values[0] if len(self.thresholds) == 1 else values

    def _precision(self):
        return _share(self.true_positives, self.false_positives)

    def _recall(self):
        return _share(self.true_positives, self.false_negatives)

    def _specificity(self):
        return _share(self.true_negatives, self.false_positives)


def _share(part, rest):
    return divide_no_nan(part, part + rest)


def are_even(thresholds):
    """Whether these are the bounds of equal parts of 0..1, by Keras' measure."""
    n = len(thresholds)
    return n > 2 and np.allclose(thresholds, np.arange(n, dtype="float32") / (n - 1), atol=1e-7)


def weights_above(is_true, y_pred, weight, thresholds, evenly, apart):
    """How much weight lies above each threshold: (1 + thresholds, 2, ...) for labels that are false and true.

    The first row is the weight of all. The last axis of the predictions is kept if `apart`. One pass over the
    predictions puts each into the part between two thresholds where it lies; the sums of the parts then run down.
    """
    count = len(thresholds)
    if evenly:      # a product says which part it is, with Keras' rounding where a prediction is at a threshold
        part = cast(ceil(clip(y_pred, 0.0, 1.0) * (count - 1.0)), dtype="int32")
        part = maximum(part, 1) if thresholds[0] < 0 else part
    elif count == 1:
        part = cast(greater(y_pred, thresholds[0]), dtype="int32")
    else:
        part = search(np.sort(np.asarray(thresholds, "float32")), y_pred)
    place = part * 2 + cast(is_true, dtype="int32")
    kept = ()
    if apart:
        kept = (y_pred.shape[-1],)
        place = place * kept[0] + np.arange(kept[0], dtype="int32")
    weight = full_like(y_pred, 1.0) if weight is None else weight
    parts = segment_sum(ravel(weight), ravel(place), (count + 1) * 2 * (kept or (1,))[0])
    above = cumsum(reshape(parts, shape=(count + 1, 2, *kept)), axis=0, reverse=True)
    if list(thresholds) != sorted(thresholds):
        above = gather(above, np.concatenate([[0], 1 + np.argsort(np.argsort(thresholds))]))
    return above


def threshold_list(where, thresholds, default=0.5):
    """One or several thresholds as a list, `default` for None. Raises ValueError unless they are numbers in 0..1."""
    if thresholds is None:
        return [default]
    thresholds = list(thresholds) if isinstance(thresholds, (list, tuple, np.ndarray)) else [thresholds]
    if not thresholds:
        raise ValueError(f"{where}: thresholds must be a number in 0..1, or a list of some, got an empty list.")
    return [number(f"{where}: each of the thresholds", threshold, 0, 1) for threshold in thresholds]


class _Count(_Confusion):
    names = ("accumulator",)

    def __init__(self, thresholds=None, name=None, dtype=None):
        super().__init__(dtype, name)
        thresholds = threshold_list(type(self).__name__, thresholds)
        self._count_at(thresholds, are_even(thresholds))

    def result(self):
        return self._each(self.accumulator.value)


class TruePositives(_Count):
    """How many predictions, or how much of their weight, are above the threshold with a label that is not 0.

    thresholds   one in 0..1, by default 0.5, or a list, for a result each
    """

    counted = ("true_positives",)


class FalsePositives(_Count):
    """How many predictions, or how much of their weight, are above the threshold with label 0. See TruePositives."""

    counted = ("false_positives",)


class TrueNegatives(_Count):
    """How many predictions, or how much of their weight, are up to the threshold with label 0. See TruePositives."""

    counted = ("true_negatives",)


class FalseNegatives(_Count):
    """How many predictions, or how much of their weight, are up to the threshold with another label than 0."""

    counted = ("false_negatives",)


class _Selective(_Confusion):
    def __init__(self, thresholds=None, top_k=None, class_id=None, name=None, dtype=None):
        super().__init__(dtype, name)
        self.top_k = count(f"{type(self).__name__}: top_k", top_k, optional=True)
        self.class_id = class_id
        thresholds = threshold_list(type(self).__name__, thresholds, 0.5 if top_k is None else LOWEST)
        self._count_at(thresholds, are_even(thresholds))


class Precision(_Selective):
    """The part of the positive predictions that is right: true / (true + false positives), 0 for none.

    thresholds   one in 0..1, by default 0.5, or a list, for a result each
    top_k        a prediction is positive only among the k largest of its sample;  class_id: only this class counts
    """

    counted = POSITIVES

    def result(self):
        return self._each(self._precision())


class Recall(_Selective):
    """The part of the true labels that is found: true positives / (true positives + false negatives), 0 for none.

    The arguments are those of Precision.
    """

    counted = ("true_positives", "false_negatives")

    def result(self):
        return self._each(self._recall())


class _Best(_Confusion):
    """The best value of one rate at a threshold where another one reaches `value`; 0 if there is none."""

    counted = POSITIVES + NEGATIVES

    def __init__(self, what, value, num_thresholds, class_id, name, dtype):
        super().__init__(dtype, name)
        self.value = number(f"{type(self).__name__}: {what}", value, 0, 1)
        n = count(f"{type(self).__name__}: num_thresholds", num_thresholds)
        self.num_thresholds, self.class_id = n, class_id
        self._count_at([0.5] if n == 1 else [i / (n - 1) for i in range(n)], n > 1)
        setattr(self, what, value)

    def _best(self, rate, constrained):
        return reduce.max(select(constrained >= self.value, rate, 0.0))


class SensitivityAtSpecificity(_Best):
    """The best recall at a threshold where true negatives are at least the part `specificity` of the false labels."""

    def __init__(self, specificity, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__("specificity", specificity, num_thresholds, class_id, name, dtype)

    def result(self):
        return self._best(self._recall(), self._specificity())


class SpecificityAtSensitivity(_Best):
    """The best part of the false labels that is left out, at a threshold where recall is at least `sensitivity`."""

    def __init__(self, sensitivity, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__("sensitivity", sensitivity, num_thresholds, class_id, name, dtype)

    def result(self):
        return self._best(self._specificity(), self._recall())


class PrecisionAtRecall(_Best):
    """The best precision at a threshold where recall is at least `recall`."""

    def __init__(self, recall, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__("recall", recall, num_thresholds, class_id, name, dtype)

    def result(self):
        return self._best(self._precision(), self._recall())


class RecallAtPrecision(_Best):
    """The best recall at a threshold where precision is at least `precision`."""

    def __init__(self, precision, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__("precision", precision, num_thresholds, class_id, name, dtype)

    def result(self):
        return self._best(self._recall(), self._precision())
