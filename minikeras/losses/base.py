"""Loss: a function of each sample's error, weighted and reduced to one number."""

from .. import kinds, registry
from ..arguments import one_of
from ..autograd.dtypes import as_dtype, floatx
from ..autograd.linear import cast
from ..autograd.operands import as_tensor
from ..autograd.quiet import quietly
from ..masks import both, mask_of
from ..ops import reduce
from ..ops.arithmetic import divide_no_nan
from .fitting import fit_ranks, fit_weight

REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None)


class Loss(registry.Configurable, kind="losses"):
    """Base: subclasses define `call(y_true, y_pred)` giving a loss per sample.

    reduction   'sum_over_batch_size' (or 'mean'): the sum over the number of losses; 'sum';
                'mean_with_sample_weight': the sum over the sum of weights; 'none' or None: as they are
    Samples that the mask of the predictions, or of what `call` gives, leaves out do not count.
    """

    def __init__(self, name=None, reduction="sum_over_batch_size", dtype=None):
        self.name = name or kinds.snake_case(type(self).__name__)
        self.reduction = one_of(f"{type(self).__name__}: reduction", reduction, REDUCTIONS)
        self.dtype = as_dtype(dtype or floatx()).name

    def call(self, y_true, y_pred):
        """The loss of each sample."""
        raise NotImplementedError(f"{type(self).__name__} must define call(self, y_true, y_pred).")

    @quietly
    def __call__(self, y_true, y_pred, sample_weight=None):
        mask = mask_of(y_pred)
        y_pred = as_tensor(y_pred, self.dtype)
        y_true = as_tensor(y_true)
        if y_true.dtype.is_floating:
            y_true = as_tensor(y_true, self.dtype)
        losses = self.call(y_true, y_pred)
        mask = both(mask, mask_of(losses))
        losses = as_tensor(losses, self.dtype)
        if sample_weight is not None:
            sample_weight = as_tensor(sample_weight, self.dtype)
        if mask is not None:
            is_mean = self.reduction in ("sum_over_batch_size", "mean")
            sample_weight = masked_weight(sample_weight, mask, self.dtype, is_mean)
        return _reduce(self.name, losses, sample_weight, self.reduction)

    def get_config(self):
        """The constructor arguments as plain data."""
        return {**super().get_config(), "name": self.name, "reduction": self.reduction, "dtype": self.dtype}


def masked_weight(sample_weight, mask, dtype, is_mean=False):
    """The weights of the samples that `mask` lets count, 0 for the others; None if there is neither.

    is_mean   whether a mean over all samples will follow, which then is to be over those that count
    """
    if mask is None:
        return sample_weight
    weight = cast(mask, dtype=dtype)
    if is_mean:
        weight = weight * divide_no_nan(float(mask.size), reduce.sum(weight))
    if sample_weight is None:
        return weight
    weight, sample_weight = fit_weight("sample_weight and mask", weight, sample_weight)
    return weight * sample_weight


def _reduce(name, losses, sample_weight, reduction):
    """The losses times their weights, reduced to a scalar as `reduction` says."""
    if sample_weight is not None:
        losses, sample_weight = fit_weight(name, losses, sample_weight)
        losses = losses * sample_weight
    if reduction in (None, "none") or not losses.shape:     # as in Keras, a single loss is not divided by its weight
        return losses
    if reduction == "sum" or not losses.size:       # of no losses the mean is 0
        return reduce.sum(losses)
    if reduction == "mean_with_sample_weight" and sample_weight is not None:
        return divide_no_nan(reduce.sum(losses), reduce.sum(sample_weight))
    return reduce.mean(losses)


class OfFunction:
    """What a loss and a metric of a function share: the function `fn`, and its further arguments as attributes."""

    def _take(self, fn, arguments):
        if not callable(fn):
            raise TypeError(f"{type(self).__name__}: fn must be a function of (y_true, y_pred), got {fn!r}.")
        self.fn, self.argument_names = fn, tuple(arguments)
        for name, value in arguments.items():
            setattr(self, name, value)

    @property
    def arguments(self):
        """The further arguments of the function by name."""
        return {name: getattr(self, name) for name in self.argument_names} if self.argument_names else {}

    def get_config(self):
        """The constructor arguments as plain data; the function, if it is one of them, in Keras' form."""
        config = super().get_config()
        if "fn" in config:
            config["fn"] = registry.serialize_function(self.fn, by_name=False)
        return config

    @classmethod
    def from_config(cls, config):
        """An object from what `get_config` gave."""
        return cls(**registry.deserialize(config))


class LossFunctionWrapper(OfFunction, Loss, named=False):
    """A function of (y_true, y_pred), with fixed further arguments, as a Loss."""

    keras_module = "keras.src.losses.losses"    # Keras has it, but under no public name

    def __init__(self, fn, reduction="sum_over_batch_size", name=None, dtype=None, **kwargs):
        super().__init__(name or getattr(fn, "__name__", None), reduction, dtype)
        self._take(fn, kwargs)

    def call(self, y_true, y_pred):
        if len(y_true.shape) != len(y_pred.shape):
            y_true, y_pred = fit_ranks(y_true, y_pred)
        return self.fn(y_true, y_pred, **self.arguments)
