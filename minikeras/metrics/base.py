"""Metric: numbers gathered over many batches, in Variables."""

import inspect

from .. import initializers, ops, registry
from ..autograd import dtypes
from ..autograd.operands import as_tensor
from ..autograd.variable import Variable
from ..losses import functions as losses
from ..ops import crossentropy, reduce
from ..ops.arithmetic import divide_no_nan
from . import functions


class Metric(registry.Configurable, kind="metrics"):
    """Base: subclasses make Variables with `add_variable` and define `update_state` and `result`."""

    def __init__(self, dtype=None, name=None):
        self.name = name or registry.snake_case(type(self).__name__)
        self.dtype = dtypes.as_dtype(dtype or dtypes.floatx()).name
        self._variables = []

    def add_variable(self, shape=(), initializer="zeros", dtype=None, name=None):
        """A Variable of the metric's state, reset to its first value by `reset_state`."""
        variable = Variable(initializers.get(initializer), False, shape=shape, dtype=dtype or self.dtype, name=name)
        variable.path = f"{self.name}/{variable.name}"
        self._variables.append((variable, variable._array))
        return variable

    add_weight = add_variable

    @property
    def variables(self):
        """The Variables of the state."""
        return [variable for variable, _ in self._variables]

    def reset_state(self):
        """Forget everything gathered."""
        for variable, first in self._variables:
            variable._set(first)

    def update_state(self, *args, **kwargs):
        """Gather from one batch."""
        raise NotImplementedError(f"{type(self).__name__} must define update_state and result.")

    def result(self):
        """The value over everything gathered, a tensor."""
        raise NotImplementedError(f"{type(self).__name__} must define update_state and result.")

    def __call__(self, *args, **kwargs):
        self.update_state(*args, **kwargs)
        return self.result()

    def get_config(self):
        """The constructor arguments as plain data."""
        return {**super().get_config(), "name": self.name, "dtype": self.dtype}


class Sum(Metric):
    """The sum of all values, each times its weight."""

    def __init__(self, name="sum", dtype=None):
        super().__init__(dtype, name)
        self.total = self.add_variable(name="total")

    def update_state(self, values, sample_weight=None):
        values, _ = _per_sample(values, sample_weight, self.dtype, reduce.sum)
        self.total.assign(self.total + reduce.sum(values))

    def result(self):
        return self.total.value


class Mean(Metric):
    """The weighted mean of all values."""

    def __init__(self, name="mean", dtype=None):
        super().__init__(dtype, name)
        self.total = self.add_variable(name="total")
        self.count = self.add_variable(name="count")

    def update_state(self, values, sample_weight=None):
        values, weight = _per_sample(values, sample_weight, self.dtype, reduce.mean)
        self.gather(reduce.sum(values), float(values.size) if weight is None else reduce.sum(weight))

    def gather(self, total, weight):
        """Add a sum of weighted values, and the sum of their weights."""
        self.total.assign(self.total + total)
        self.count.assign(self.count + weight)

    def result(self):
        return divide_no_nan(self.total, self.count)


def _per_sample(values, sample_weight, dtype, reduction):
    """One value for each sample, times its weight, and the weights (None without): further axes are
    reduced first, as in Keras, so that every sample counts alike."""
    values = as_tensor(values, dtype)
    if sample_weight is not None:
        values, weight = losses.fit_ranks(values, as_tensor(sample_weight, dtype))
        values = _without_axes(values, len(weight.shape), reduction)
        sample_weight = weight if weight.shape == values.shape else ops.broadcast_to(weight, values.shape)
        values = values * sample_weight
        sample_weight = _without_axes(sample_weight, 1, reduction)
    return _without_axes(values, 1, reduction), sample_weight


def _without_axes(x, first, reduction):
    return reduction(x, axis=tuple(range(first, x.ndim))) if x.ndim > first else x


class MeanMetricWrapper(Mean, named=False):
    """The mean of a function of (y_true, y_pred), with fixed further arguments."""

    def __init__(self, fn, name=None, dtype=None, **arguments):
        super().__init__(name or getattr(fn, "__name__", None), dtype)
        self.fn, self.arguments = fn, arguments

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_pred = as_tensor(y_pred, self.dtype)
        super().update_state(self.fn(y_true, y_pred, **self.arguments), sample_weight)

    def get_config(self):
        config = super().get_config()
        if "fn" in config:
            config["fn"] = registry.serialize_function(self.fn, by_name=False)
        return config


class _OfFunction(MeanMetricWrapper):
    """A MeanMetricWrapper of one function: what the constructor takes beyond name and dtype goes to it."""

    function = None

    def __init__(self, name=None, dtype=None, **arguments):
        inspect.signature(type(self).function).bind_partial(None, None, **arguments)    # refuses unknown ones
        super().__init__(type(self).function, name or registry.snake_case(type(self).__name__), dtype, **arguments)


class MeanSquaredError(_OfFunction, aliases=("mse", "MSE")):
    """The mean of (y_true - y_pred)**2."""

    function = staticmethod(losses.mean_squared_error)


class MeanAbsoluteError(_OfFunction, aliases=("mae", "MAE")):
    """The mean of |y_true - y_pred|."""

    function = staticmethod(losses.mean_absolute_error)


class Accuracy(_OfFunction):
    """How often predictions equal labels."""

    function = staticmethod(functions.accuracy)


class BinaryAccuracy(_OfFunction):
    """How often a prediction is on the label's side of `threshold`."""

    function = staticmethod(functions.binary_accuracy)

    def __init__(self, name="binary_accuracy", dtype=None, threshold=0.5):
        super().__init__(name, dtype, threshold=threshold)


class CategoricalAccuracy(_OfFunction):
    """How often the largest prediction is at the one-hot label."""

    function = staticmethod(functions.categorical_accuracy)


class SparseCategoricalAccuracy(_OfFunction):
    """How often the largest prediction is at the integer label."""

    function = staticmethod(functions.sparse_categorical_accuracy)


class TopKCategoricalAccuracy(_OfFunction):
    """How often the one-hot label is among the `k` largest predictions."""

    function = staticmethod(functions.top_k_categorical_accuracy)

    def __init__(self, k=5, name="top_k_categorical_accuracy", dtype=None):
        super().__init__(name, dtype, k=k)


class SparseTopKCategoricalAccuracy(_OfFunction):
    """How often the integer label is among the `k` largest predictions."""

    function = staticmethod(functions.sparse_top_k_categorical_accuracy)

    def __init__(self, k=5, name="sparse_top_k_categorical_accuracy", dtype=None):
        super().__init__(name, dtype, k=k)


class BinaryCrossentropy(_OfFunction, aliases=("bce", "BCE")):
    """The mean binary cross-entropy."""

    function = staticmethod(losses.binary_crossentropy)

    def __init__(self, name="binary_crossentropy", dtype=None, from_logits=False, label_smoothing=0):
        super().__init__(name, dtype, from_logits=from_logits, label_smoothing=label_smoothing)


class CategoricalCrossentropy(_OfFunction):
    """The mean categorical cross-entropy of one-hot labels."""

    function = staticmethod(losses.categorical_crossentropy)

    def __init__(self, name="categorical_crossentropy", dtype=None, from_logits=False, label_smoothing=0, axis=-1):
        super().__init__(name, dtype, from_logits=from_logits, label_smoothing=label_smoothing, axis=axis)


class SparseCategoricalCrossentropy(_OfFunction):
    """The mean categorical cross-entropy of integer labels."""

    function = staticmethod(losses.sparse_categorical_crossentropy)

    def __init__(self, name="sparse_categorical_crossentropy", dtype=None, from_logits=False, ignore_class=None,
                 axis=-1):
        super().__init__(name, dtype, from_logits=from_logits, ignore_class=ignore_class, axis=axis)

    def update_state(self, y_true, y_pred, sample_weight=None):
        ignored = self.arguments["ignore_class"]
        # As in Keras, ignored samples leave the count only where weights are given.
        if sample_weight is not None and ignored is not None:
            counts = ops.not_equal(crossentropy.integer_labels(y_true, as_tensor(y_pred)), ignored)
            sample_weight = losses.times_weight(ops.cast(counts, self.dtype), as_tensor(sample_weight, self.dtype))[0]
        super().update_state(y_true, y_pred, sample_weight)


def get(identifier):
    """The metric meant by a name, a config, a function of (y_true, y_pred), an object or None."""
    return registry.get("metrics", identifier)
