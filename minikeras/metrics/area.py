"""AUC: the area under a curve of two rates over all thresholds."""

from ..arguments import count, number, one_of, switch
from ..autograd.dtypes import epsilon
from ..autograd.linear import broadcast_to
from ..autograd.operands import as_tensor
from ..errors import ShapeError
from ..ops import reduce
from ..ops.arithmetic import divide_no_nan, equal, log, logical_and, maximum, minimum, select
from ..ops.unary import sigmoid
from .confusion import NEGATIVES, POSITIVES, _Confusion, are_even

# How high the strip between two thresholds is, from the heights at both.
HEIGHTS = {"interpolation": lambda a, b: (a + b) / 2.0, "minoring": minimum, "majoring": maximum}
CURVES = ("ROC", "PR", "PRGAIN")


class AUC(_Confusion):
    """The area under the ROC, precision-recall or precision-recall-gain curve, by sums over thresholds.

    num_thresholds     so many from 0 to 1, evenly spaced; or `thresholds`: a list of those between
    curve              'ROC', 'PR' or 'PRGAIN'
    summation_method   'interpolation' between thresholds, 'minoring' (the lower of both heights) or 'majoring'
    multi_label        the mean of the areas of the labels along the last axis, `num_labels` of them, instead of the
                       area of all predictions together
    label_weights      weights of the labels: in that mean, else of each prediction
    from_logits        predictions are logits, not probabilities
    Source: Davis & Goadrich 2006 (interpolation of precision and recall); Flach & Kull 2015 (gain).
    """

    counted = POSITIVES + NEGATIVES

    def __init__(self, num_thresholds=200, curve="ROC", summation_method="interpolation", name=None, dtype=None,
                 thresholds=None, multi_label=False, num_labels=None, label_weights=None, from_logits=False):
        super().__init__(dtype, name)
        self.curve = one_of("AUC: curve", curve.upper() if isinstance(curve, str) else curve, CURVES)
        self.summation_method = one_of("AUC: summation_method", summation_method.lower() if isinstance(
            summation_method, str) else summation_method, HEIGHTS)
        if thresholds is not None:
            inner = sorted(number("AUC: each of the thresholds", threshold, 0, 1) for threshold in thresholds)
        elif count("AUC: num_thresholds", num_thresholds) == 1:
            raise ValueError("AUC: num_thresholds must be 2 or more, got 1.")
        else:
            inner = [(i + 1) / (num_thresholds - 1) for i in range(num_thresholds - 2)]
        self.num_thresholds = len(inner) + 2
        self._given_thresholds = thresholds is not None
        self.multi_label, self.from_logits = switch("AUC: multi_label", multi_label), from_logits
        self.num_labels = count("AUC: num_labels", num_labels, optional=True)
        self.label_weights = None if label_weights is None else as_tensor(label_weights, self.dtype)
        if num_labels and not multi_label:
            raise ValueError(f"AUC: num_labels={num_labels} means something with multi_label=True only; set that, or "
                             "leave num_labels out.")
        # The ends lie outside, so that no prediction misses them by rounding.
        self._thresholds = [-epsilon(), *inner, 1.0 + epsilon()]
        self._labels = None
        if num_labels or not multi_label:
            self._build(num_labels)

    def _build(self, labels):
        self._labels = labels
        evenly = are_even([0.0, *self.thresholds[1:-1], 1.0]) if self._given_thresholds else True
        self._count_at(self.thresholds, evenly, () if labels is None else (labels,))

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_pred = sigmoid(as_tensor(y_pred)) if self.from_logits else y_pred
        y_true, y_pred, weight = self._prepared(y_true, y_pred, sample_weight)
        labels = y_pred.shape[-1]
        if self.multi_label:
            if len(y_pred.shape) != 2 or labels != (self._labels or labels):
                raise ShapeError(f"{self._titled}: with multi_label=True predictions must be (samples, "
                                 f"{self._labels or 'labels'}), got shape {y_pred.shape}.")
            if self._labels is None:
                self._build(labels)
        if self.label_weights is not None:
            if self.label_weights.shape != (labels,):
                raise ShapeError(f"{self._titled}: label_weights of shape {self.label_weights.shape} do not fit "
                                 f"predictions of shape {y_pred.shape}. Give one weight for each label.")
            if not self.multi_label:
                weight = (1.0 if weight is None else weight) * broadcast_to(self.label_weights, shape=y_pred.shape)
        self._gather(y_true, y_pred, weight, apart=self.multi_label)

    def result(self):
        if self.multi_label and self._labels is None:
            raise ValueError(f"{self._titled} has no value yet: how many labels there are is not known. Call "
                             "update_state first, or give num_labels.")
        if (self.curve, self.summation_method) == ("PR", "interpolation"):
            strips = self._interpolated()
        else:
            x, y = {"ROC": self._roc, "PR": self._pr, "PRGAIN": self._gains}[self.curve]()
            strips = (x[:-1] - x[1:]) * HEIGHTS[self.summation_method](y[:-1], y[1:])
        area = reduce.sum(strips, axis=0)
        if not self.multi_label:
            return area
        if self.label_weights is None:
            return reduce.mean(area)
        return divide_no_nan(reduce.sum(area * self.label_weights), reduce.sum(self.label_weights))

    def _roc(self):
        return divide_no_nan(self.false_positives, self.false_positives + self.true_negatives), self._recall()

    def _pr(self):
        return self._recall(), self._precision()

    def _gains(self):
        """Recall and precision on the scale where always saying yes is 0: 1 - odds * wrong / right."""
        right = self.true_positives.value
        odds = divide_no_nan(right + self.false_negatives, self.true_negatives + self.false_positives)
        recall, precision = (1.0 - odds * divide_no_nan(wrong, right)
                             for wrong in (self.false_negatives, self.false_positives))
        # Where nothing is right, and where recall is below that of always saying yes, as Keras has it.
        return maximum(select(equal(right, 0.0), 0.0, recall), 0.0), select(equal(right, 0.0), 1.0, precision)

    def _interpolated(self):
        """Strips under the precision-recall curve: there true positives are linear in all positives."""
        right = self.true_positives.value
        all_positive = right + self.false_positives
        gained, grown = right[:-1] - right[1:], all_positive[:-1] - all_positive[1:]
        slope = divide_no_nan(gained, maximum(grown, 0.0))
        intercept = right[1:] - slope * all_positive[1:]
        ratio = select(logical_and(all_positive[:-1] > 0, all_positive[1:] > 0),
                       divide_no_nan(all_positive[:-1], maximum(all_positive[1:], 0.0)), 1.0)
        return divide_no_nan(slope * (gained + intercept * log(ratio)),
                             maximum(right[1:] + self.false_negatives[1:], 0.0))

    def get_config(self):
        config = super().get_config()
        config["label_weights"] = None if self.label_weights is None else self.label_weights.numpy().tolist()
        if not self._given_thresholds:
            del config["thresholds"]
        return config
