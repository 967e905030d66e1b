"""Loss: a function of each sample's error, weighted and reduced to one number."""

from .. import registry
from ..autograd.dtypes import as_dtype, floatx
from ..autograd.linear import cast, reshape
from ..autograd.operands import as_tensor
from ..ops import reduce
from ..ops.arithmetic import divide_no_nan, not_equal
from ..ops.shapes import shape
from . import functions

REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None)


class Loss(registry.Configurable, kind="losses"):
    """Base: subclasses define `call(y_true, y_pred)` giving a loss per sample.

    reduction   'sum_over_batch_size' (or 'mean'): the sum over the number of losses; 'sum';
                'mean_with_sample_weight': the sum over the sum of weights; 'none' or None: as they are
    """

    def __init__(self, name=None, reduction="sum_over_batch_size", dtype=None):
        if reduction not in REDUCTIONS:
            raise ValueError(f"{type(self).__name__}: reduction must be one of {', '.join(map(repr, REDUCTIONS))}, "
                             f"got {reduction!r}.")
        self.name = name or registry.snake_case(type(self).__name__)
        self.reduction = reduction
        self.dtype = as_dtype(dtype or floatx()).name

    def call(self, y_true, y_pred):
        """The loss of each sample."""
        raise NotImplementedError(f"{type(self).__name__} must define call(self, y_true, y_pred).")

    def valid(self, y_true, losses):
        """Which losses count, as booleans in their shape; None for all."""
        return None

    def __call__(self, y_true, y_pred, sample_weight=None):
        y_pred = as_tensor(y_pred, self.dtype)
        y_true = as_tensor(y_true)
        if y_true.dtype.is_floating:
            y_true = as_tensor(y_true, self.dtype)
        losses = self.call(y_true, y_pred)
        mask = self.valid(y_true, losses)
        if sample_weight is not None:
            sample_weight = as_tensor(sample_weight, losses.dtype)
        if mask is not None:
            weight = cast(mask, dtype=losses.dtype.dtype)
            if self.reduction in ("sum_over_batch_size", "mean"):
                # Keras: the mean is over the samples that count.
                weight = weight * divide_no_nan(float(losses.size), reduce.sum(weight))
            if sample_weight is not None:
                weight, sample_weight = functions.fit_ranks(weight, sample_weight)
            sample_weight = weight if sample_weight is None else sample_weight * weight
        return reduce_weighted(losses, sample_weight, self.reduction)

    def get_config(self):
        """The constructor arguments as plain data."""
        return {**super().get_config(), "name": self.name, "reduction": self.reduction, "dtype": self.dtype}


def reduce_weighted(values, sample_weight, reduction):
    """`values` times their weights, reduced to a scalar as `reduction` says."""
    if sample_weight is not None:
        values, sample_weight = functions.times_weight(values, sample_weight)
    if reduction in (None, "none"):
        return values
    if reduction == "sum":
        return reduce.sum(values)
    if reduction == "mean_with_sample_weight" and sample_weight is not None:
        return divide_no_nan(reduce.sum(values), reduce.sum(sample_weight))
    return reduce.mean(values)


class LossFunctionWrapper(Loss, named=False):
    """A function of (y_true, y_pred), with fixed further arguments, as a Loss."""

    keras_module = "keras.src.losses.losses"    # Keras has it, but under no public name

    def __init__(self, fn, reduction="sum_over_batch_size", name=None, dtype=None, **arguments):
        super().__init__(name or getattr(fn, "__name__", None), reduction, dtype)
        self.fn, self.arguments = fn, arguments

    def call(self, y_true, y_pred):
        return self.fn(y_true, y_pred, **self.arguments)

    def get_config(self):
        return {**super().get_config(), "fn": registry.serialize_function(self.fn, by_name=False)}


class MeanSquaredError(Loss, aliases=("mse", "MSE")):
    """The mean of (y_true - y_pred)**2."""

    def __init__(self, reduction="sum_over_batch_size", name="mean_squared_error", dtype=None):
        super().__init__(name, reduction, dtype)

    def call(self, y_true, y_pred):
        return functions.mean_squared_error(y_true, y_pred)


class MeanAbsoluteError(Loss, aliases=("mae", "MAE")):
    """The mean of |y_true - y_pred|."""

    def __init__(self, reduction="sum_over_batch_size", name="mean_absolute_error", dtype=None):
        super().__init__(name, reduction, dtype)

    def call(self, y_true, y_pred):
        return functions.mean_absolute_error(y_true, y_pred)


class BinaryCrossentropy(Loss, aliases=("bce", "BCE")):
    """Cross-entropy of labels 0 or 1 with probabilities, or with logits if `from_logits`."""

    def __init__(self, from_logits=False, label_smoothing=0.0, axis=-1, reduction="sum_over_batch_size",
                 name="binary_crossentropy", dtype=None):
        super().__init__(name, reduction, dtype)
        self.from_logits, self.label_smoothing, self.axis = from_logits, label_smoothing, axis

    def call(self, y_true, y_pred):
        return functions.binary_crossentropy(y_true, y_pred, self.from_logits, self.label_smoothing, self.axis)


class CategoricalCrossentropy(Loss):
    """Cross-entropy of one-hot labels with probabilities, or with logits if `from_logits`."""

    def __init__(self, from_logits=False, label_smoothing=0.0, axis=-1, reduction="sum_over_batch_size",
                 name="categorical_crossentropy", dtype=None):
        super().__init__(name, reduction, dtype)
        self.from_logits, self.label_smoothing, self.axis = from_logits, label_smoothing, axis

    def call(self, y_true, y_pred):
        return functions.categorical_crossentropy(y_true, y_pred, self.from_logits, self.label_smoothing, self.axis)


class SparseCategoricalCrossentropy(Loss):
    """Cross-entropy of integer labels with probabilities, or with logits if `from_logits`.

    Samples labelled `ignore_class` do not count.
    """

    def __init__(self, from_logits=False, ignore_class=None, reduction="sum_over_batch_size", axis=-1,
                 name="sparse_categorical_crossentropy", dtype=None):
        super().__init__(name, reduction, dtype)
        self.from_logits, self.ignore_class, self.axis = from_logits, ignore_class, axis

    def call(self, y_true, y_pred):
        return functions.sparse_categorical_crossentropy(y_true, y_pred, self.from_logits, self.ignore_class, self.axis)

    def valid(self, y_true, losses):
        if self.ignore_class is None:
            return None
        return reshape(not_equal(y_true, self.ignore_class), shape=shape(losses))


def get(identifier):
    """The loss meant by a name, a config, a function of (y_true, y_pred), an object or None."""
    return registry.get("losses", identifier)
