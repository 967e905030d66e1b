"""The losses of Keras: functions of (y_true, y_pred), with their further arguments, as classes.

`reduction`, `name` and `dtype` are those of `Loss`; what an argument means, and the source of a formula, says the
function. Fixing an argument is all that a class adds.
"""

from ..arguments import number
from . import classification, regression, similarity
from .base import LossFunctionWrapper


class MeanSquaredError(LossFunctionWrapper, aliases=("mse", "MSE")):
    """The mean of (y_true - y_pred)**2."""

    def __init__(self, reduction="sum_over_batch_size", name="mean_squared_error", dtype=None):
        super().__init__(regression.mean_squared_error, reduction, name, dtype)


class MeanAbsoluteError(LossFunctionWrapper, aliases=("mae", "MAE")):
    """The mean of |y_true - y_pred|."""

    def __init__(self, reduction="sum_over_batch_size", name="mean_absolute_error", dtype=None):
        super().__init__(regression.mean_absolute_error, reduction, name, dtype)


class MeanAbsolutePercentageError(LossFunctionWrapper, aliases=("mape", "MAPE")):
    """The mean of 100 |y_true - y_pred| / |y_true|, in percent."""

    def __init__(self, reduction="sum_over_batch_size", name="mean_absolute_percentage_error", dtype=None):
        super().__init__(regression.mean_absolute_percentage_error, reduction, name, dtype)


class MeanSquaredLogarithmicError(LossFunctionWrapper, aliases=("msle", "MSLE")):
    """The mean of (log(1 + y_true) - log(1 + y_pred))**2."""

    def __init__(self, reduction="sum_over_batch_size", name="mean_squared_logarithmic_error", dtype=None):
        super().__init__(regression.mean_squared_logarithmic_error, reduction, name, dtype)


class CosineSimilarity(LossFunctionWrapper):
    """Minus the cosine of the angle between the vectors along `axis`."""

    def __init__(self, axis=-1, reduction="sum_over_batch_size", name="cosine_similarity", dtype=None):
        super().__init__(regression.cosine_similarity, reduction, name, dtype, axis=axis)


class Huber(LossFunctionWrapper):
    """Half the squared error up to `delta`, straight on beyond."""

    def __init__(self, delta=1.0, reduction="sum_over_batch_size", name="huber_loss", dtype=None):
        super().__init__(regression.huber, reduction, name, dtype, delta=number("Huber: delta", delta, 0))


class LogCosh(LossFunctionWrapper, aliases=("logcosh",)):
    """The logarithm of the hyperbolic cosine of the error."""

    def __init__(self, reduction="sum_over_batch_size", name="log_cosh", dtype=None):
        super().__init__(regression.log_cosh, reduction, name, dtype)


class BinaryCrossentropy(LossFunctionWrapper, aliases=("bce", "BCE")):
    """Cross-entropy of labels 0 or 1 with probabilities, or with logits if `from_logits`."""

    def __init__(self, from_logits=False, label_smoothing=0.0, axis=-1, reduction="sum_over_batch_size",
                 name="binary_crossentropy", dtype=None):
        super().__init__(classification.binary_crossentropy, reduction, name, dtype, from_logits=from_logits,
                         label_smoothing=_part(self, label_smoothing), axis=axis)


class BinaryFocalCrossentropy(LossFunctionWrapper):
    """Cross-entropy of labels 0 or 1 in which samples that are right already count little."""

    def __init__(self, apply_class_balancing=False, alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0,
                 axis=-1, reduction="sum_over_batch_size", name="binary_focal_crossentropy", dtype=None):
        super().__init__(classification.binary_focal_crossentropy, reduction, name, dtype,
                         apply_class_balancing=apply_class_balancing, alpha=alpha, gamma=gamma, from_logits=from_logits,
                         label_smoothing=_part(self, label_smoothing), axis=axis)


class CategoricalCrossentropy(LossFunctionWrapper):
    """Cross-entropy of one-hot labels with probabilities, or with logits if `from_logits`."""

    def __init__(self, from_logits=False, label_smoothing=0.0, axis=-1, reduction="sum_over_batch_size",
                 name="categorical_crossentropy", dtype=None):
        super().__init__(classification.categorical_crossentropy, reduction, name, dtype, from_logits=from_logits,
                         label_smoothing=_part(self, label_smoothing), axis=axis)


class CategoricalFocalCrossentropy(LossFunctionWrapper):
    """Cross-entropy of one-hot labels in which samples that are right already count little."""

    def __init__(self, alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0, axis=-1,
                 reduction="sum_over_batch_size", name="categorical_focal_crossentropy", dtype=None):
        super().__init__(classification.categorical_focal_crossentropy, reduction, name, dtype, alpha=alpha,
                         gamma=gamma, from_logits=from_logits, label_smoothing=_part(self, label_smoothing), axis=axis)


class SparseCategoricalCrossentropy(LossFunctionWrapper):
    """Cross-entropy of integer labels with probabilities, or with logits if `from_logits`.

    Samples labelled `ignore_class` do not count.
    """

    def __init__(self, from_logits=False, ignore_class=None, reduction="sum_over_batch_size", axis=-1,
                 name="sparse_categorical_crossentropy", dtype=None):
        super().__init__(classification.sparse_categorical_crossentropy, reduction, name, dtype,
                         from_logits=from_logits, ignore_class=ignore_class, axis=axis)


class CategoricalGeneralizedCrossEntropy(LossFunctionWrapper):
    """(1 - p**q) / q for the probability of the integer label: robust to wrong labels."""

    def __init__(self, q=0.5, reduction="sum_over_batch_size", name="categorical_generalized_cross_entropy",
                 dtype=None):
        if not number("CategoricalGeneralizedCrossEntropy: q", q, 0, 1, below=True) > 0:
            raise ValueError(f"CategoricalGeneralizedCrossEntropy: q must be between 0 and 1, got {q}.")
        super().__init__(classification.categorical_generalized_cross_entropy, reduction, name, dtype, q=q)


class KLDivergence(LossFunctionWrapper, aliases=("kld", "KLD", "kullback_leibler_divergence")):
    """sum(y_true log(y_true / y_pred)) of probabilities."""

    def __init__(self, reduction="sum_over_batch_size", name="kl_divergence", dtype=None):
        super().__init__(classification.kl_divergence, reduction, name, dtype)


class Poisson(LossFunctionWrapper):
    """y_pred - y_true log(y_pred), for counts y_true of expectation y_pred."""

    def __init__(self, reduction="sum_over_batch_size", name="poisson", dtype=None):
        super().__init__(classification.poisson, reduction, name, dtype)


class Hinge(LossFunctionWrapper):
    """max(1 - y_true y_pred, 0), for labels -1 and 1, or 0 and 1 in their place."""

    def __init__(self, reduction="sum_over_batch_size", name="hinge", dtype=None):
        super().__init__(classification.hinge, reduction, name, dtype)


class SquaredHinge(LossFunctionWrapper):
    """max(1 - y_true y_pred, 0)**2, for labels -1 and 1, or 0 and 1 in their place."""

    def __init__(self, reduction="sum_over_batch_size", name="squared_hinge", dtype=None):
        super().__init__(classification.squared_hinge, reduction, name, dtype)


class CategoricalHinge(LossFunctionWrapper):
    """max(neg - pos + 1, 0): pos the score of the one-hot label, neg the best one beside it."""

    def __init__(self, reduction="sum_over_batch_size", name="categorical_hinge", dtype=None):
        super().__init__(classification.categorical_hinge, reduction, name, dtype)


class Dice(LossFunctionWrapper):
    """1 - 2 |A and B| / (|A| + |B|) of the whole batch, or along `axis`."""

    def __init__(self, reduction="sum_over_batch_size", name="dice", axis=None, dtype=None):
        super().__init__(similarity.dice, reduction, name, dtype, axis=axis)


class Tversky(LossFunctionWrapper):
    """As `Dice`, with `alpha` for what is missed and `beta` for what is wrongly found."""

    def __init__(self, alpha=0.5, beta=0.5, reduction="sum_over_batch_size", name="tversky", axis=None, dtype=None):
        super().__init__(similarity.tversky, reduction, name, dtype, alpha=alpha, beta=beta, axis=axis)


class Circle(LossFunctionWrapper):
    """How near embeddings of length 1 are to those of other classes, compared with those of their own."""

    def __init__(self, gamma=80.0, margin=0.4, remove_diagonal=True, reduction="sum_over_batch_size", name="circle",
                 dtype=None):
        super().__init__(similarity.circle, reduction, name, dtype, gamma=gamma, margin=margin,
                         remove_diagonal=remove_diagonal)


class CTC(LossFunctionWrapper):
    """-log of the probability of a label sequence over all its alignments with the outputs."""

    def __init__(self, reduction="sum_over_batch_size", name="ctc", dtype=None):
        super().__init__(similarity.ctc, reduction, name, dtype)


def _part(loss, label_smoothing):
    return number(f"{type(loss).__name__}: label_smoothing", label_smoothing, 0, 1)
