"""Scores of each output: F-scores of classes, R squared of numbers."""

import numpy as np

from ..arguments import number, one_of
from ..autograd.dtypes import epsilon
from ..autograd.linear import cast
from ..autograd.operands import as_tensor
from ..errors import ShapeError
from ..losses.fitting import as_pair, fit_weight
from ..ops import reduce
from ..ops.arithmetic import absolute, isinf, logical_and, select, square
from .base import Metric, number_of

AVERAGES = (None, "micro", "macro", "weighted")
AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")


class _OfOutputs(Metric):
    """Gathers for each output, the last axis of (samples, outputs). Its Variables are made when that is known."""

    _outputs = None

    def _batch(self, y_true, y_pred, sample_weight):
        """Targets, predictions and weights (1 without) of a batch."""
        y_true, y_pred = as_pair(self.name, as_tensor(y_true, self.dtype), as_tensor(y_pred, self.dtype), False)
        if len(y_pred.shape) != 2 or self._outputs not in (None, y_pred.shape[-1]):
            raise ShapeError(f"{self._titled}: targets and predictions must be (samples, "
                             f"{self._outputs or 'outputs'}), got shape {y_pred.shape}.")
        if self._outputs is None:
            self._outputs = y_pred.shape[-1]
            self._build(self._outputs)
        if sample_weight is not None:
            sample_weight = fit_weight(self.name, y_pred, as_tensor(sample_weight, self.dtype))[1]
        return y_true, y_pred, 1.0 if sample_weight is None else sample_weight

    def _check_fed(self):
        if self._outputs is None:
            raise ValueError(f"{self._titled} has no value yet: how many outputs there are is not "
                             "known. Call update_state first.")


class FBetaScore(_OfOutputs, aliases=("fbeta_score",)):
    """(1 + beta**2) precision recall / (beta**2 precision + recall) of each class, or an average of that.

    average     None: one score for each class; 'micro': of all predictions together; 'macro': the mean of the classes;
                'weighted': that by the number of their labels
    beta        how much more recall counts than precision
    threshold   predictions above it are positive; None: the largest of each sample, unless it is 0
    Shapes: (samples, classes), one-hot labels. Source: van Rijsbergen 1979.
    """

    def __init__(self, average=None, beta=1.0, threshold=None, name="fbeta_score", dtype=None):
        super().__init__(dtype, name)
        where = type(self).__name__
        self.average = one_of(f"{where}: average", average, AVERAGES)
        self.beta = number(f"{where}: beta", beta, 0)
        self.threshold = number(f"{where}: threshold", threshold, 0, 1, optional=True)
        if 0 in (beta, threshold):
            raise ValueError(f"{where}: beta and threshold must be above 0, got {beta} and {threshold}.")

    def _build(self, outputs):
        shape = () if self.average == "micro" else (outputs,)
        for name in ("true_positives", "false_positives", "false_negatives", "intermediate_weights"):
            setattr(self, name, self.add_variable(shape, dtype=self.dtype, name=name))

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true, y_pred, weight = self._batch(y_true, y_pred, sample_weight)
        if self.threshold is None:
            largest = reduce.max(y_pred, axis=-1, keepdims=True)
            positive = logical_and(y_pred >= largest, absolute(y_pred) > 1e-9)
        else:
            positive = y_pred > self.threshold
        positive = cast(positive, dtype=self.dtype)
        for variable, found in ((self.true_positives, positive * y_true),
                                (self.false_positives, positive * (1.0 - y_true)),
                                (self.false_negatives, (1.0 - positive) * y_true),
                                (self.intermediate_weights, y_true)):
            variable.assign(variable + reduce.sum(found * weight, axis=None if self.average == "micro" else 0))

    def result(self):
        self._check_fed()
        right, factor = self.true_positives.value, self.beta**2
        precision = right / (right + self.false_positives + epsilon())
        recall = right / (right + self.false_negatives + epsilon())
        score = (1.0 + factor) * (precision * recall / (factor * precision + recall + epsilon()))
        if self.average == "weighted":
            weight = self.intermediate_weights.value
            return reduce.sum(score * (weight / (reduce.sum(weight) + epsilon())))
        return score if self.average is None else reduce.mean(score)


class F1Score(FBetaScore):
    """The harmonic mean of precision and recall of each class, or an average of that. See FBetaScore."""

    def __init__(self, average=None, threshold=None, name="f1_score", dtype=None):
        super().__init__(average, 1.0, threshold, name, dtype)


class R2Score(_OfOutputs):
    """1 - (squared errors) / (squared distances of the targets from their mean), or an average over the outputs.

    class_aggregation   None: one score for each output; 'uniform_average': their mean; 'variance_weighted_average':
                        that by the variances of the targets
    num_regressors      p of them give 1 - (1 - R2) (n - 1) / (n - p - 1) for n numbers seen, if n exceeds p + 1
    Shapes: (samples, outputs).
    """

    def __init__(self, class_aggregation="uniform_average", num_regressors=0, name="r2_score", dtype=None):
        super().__init__(dtype, name)
        self.class_aggregation = one_of("R2Score: class_aggregation", class_aggregation, AGGREGATIONS)
        self.num_regressors = num_regressors
        if not isinstance(num_regressors, (int, np.integer)) or num_regressors < 0:
            raise ValueError(f"R2Score: num_regressors must be an integer from 0 on, got {num_regressors!r}.")
        self.num_samples = self.add_variable(name="num_samples")

    def _build(self, outputs):
        self.squared_sum, self.sum, self.total_mse, self.count = (
            self.add_variable((outputs,), name=name) for name in ("squared_sum", "sum", "residual", "count"))

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true, y_pred, weight = self._batch(y_true, y_pred, sample_weight)
        for variable, found in ((self.sum, y_true * weight), (self.squared_sum, square(y_true) * weight),
                                (self.total_mse, square(y_true - y_pred) * weight),
                                (self.count, 0.0 * y_true + weight)):
            variable.assign(variable + reduce.sum(found, axis=0))
        self.num_samples.assign(self.num_samples + number_of(y_true))

    def result(self):
        self._check_fed()
        spread = self.squared_sum - square(self.sum.value) / self.count
        score = 1.0 - self.total_mse / spread
        score = select(isinf(score), 0.0, score)
        if self.class_aggregation == "uniform_average":
            score = reduce.mean(score)
        elif self.class_aggregation == "variance_weighted_average":
            score = reduce.sum(spread * score) / reduce.sum(spread)
        if self.num_regressors:
            n, left = self.num_samples.value, self.num_samples - float(self.num_regressors) - 1.0
            score = select(left > 0, 1.0 - (1.0 - score) * (n - 1.0) / left, score)
        return score
