"""Metric: numbers gathered over many batches, in Variables. Sums, means, and means of functions."""

import functools

from .. import initializers, kinds, ops, registry
from ..autograd import dtypes
from ..autograd.operands import as_tensor
from ..autograd.quiet import quietly
from ..autograd.tensor import SymbolicTensor
from ..autograd.variable import Variable
from ..errors import ShapeError, SymbolicError
from ..losses.base import OfFunction, masked_weight
from ..losses.fitting import broadcast_together, fit_ranks, fit_weight
from ..masks import mask_of
from ..ops import reduce
from ..ops.arithmetic import divide_no_nan


def _of_numbers(update_state):
    """The function, doing nothing where it is given symbolic tensors: a call on shapes has nothing to gather."""
    @functools.wraps(update_state)
    def update(self, *args, **kwargs):
        for x in args:
            if type(x) is SymbolicTensor:
                return None
        return update_state(self, *args, **kwargs)
    return update


class Metric(registry.Configurable, kind="metrics"):
    """Base: subclasses make Variables with `add_variable` and define `update_state` and `result`.

    Metrics held in attributes belong to it: `variables` has theirs, `reset_state` resets them.
    """

    awaited = None      # called when a Variable was added: a file was loaded before that has values for it

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "update_state" in vars(cls):
            cls.update_state = _of_numbers(quietly(cls.update_state))
        if "result" in vars(cls):
            cls.result = quietly(cls.result)

    def __init__(self, dtype=None, name=None):
        self.name = name or kinds.snake_case(type(self).__name__)
        self.dtype = dtypes.as_dtype(dtype or dtypes.floatx()).name
        self._variables = []

    def add_variable(self, shape=(), initializer="zeros", dtype=None, name=None):
        """A Variable of the metric's state, reset to its first value by `reset_state`.

        dtype   by default that of `config.floatx()`, whatever the metric's is
        """
        variable = Variable(initializers.get(initializer), False, shape=shape, dtype=dtype or dtypes.floatx(),
                            name=name)
        variable.path = f"{self.name}/{variable.name}"
        self._variables.append((variable, variable._array))
        if self.awaited is not None:
            self.awaited()
        return variable

    def add_weight(self, shape=(), initializer="zeros", dtype=None, name=None):
        """`add_variable` by Keras' older name."""
        return self.add_variable(shape, initializer, dtype, name)

    def _state(self):
        """(Variable, first value) of this metric and those in its attributes."""
        held = [item for value in vars(self).values() for item in (value if isinstance(value, list) else [value])
                if isinstance(item, Metric)]
        return self._variables + [pair for metric in held for pair in metric._state()]

    def _parts(self):
        """What it is made of, by names that will not come to mean other parts."""
        return vars(self)

    @property
    def variables(self):
        """The Variables of the state."""
        return [variable for variable, _ in self._state()]

    def reset_state(self):
        """Forget everything gathered."""
        for variable, first in self._state():
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

    def _with(self, values, run):
        """What `run()` gives, and the state after it, with these values in place of the Variables' own."""
        variables = self.variables
        if len(values) != len(variables):
            raise ValueError(f"{self._titled}: there are {len(variables)} variables "
                             f"({', '.join(variable.name for variable in variables)}), got {len(values)} values for "
                             "them.")
        before = [variable.value for variable in variables]
        try:
            for variable, value in zip(variables, values):
                variable.assign(value)
            result = run()
            return result, [variable.value for variable in variables]
        finally:
            for variable, value in zip(variables, before):
                variable.assign(value)

    def stateless_update_state(self, metric_variables, *args, **kwargs):
        """The state after a batch, a list of tensors, from the state before it; the metric's own stays as it is."""
        return self._with(metric_variables, lambda: self.update_state(*args, **kwargs))[1]

    def stateless_result(self, metric_variables):
        """The value for a state, a list of tensors in the order of `variables`."""
        return self._with(metric_variables, self.result)[0]

    def stateless_reset_state(self):
        """The state before the first batch, a list of tensors; the metric's own stays as it is."""
        return self._with(self.variables, self.reset_state)[1]

    def get_config(self):
        """The constructor arguments as plain data."""
        return {**super().get_config(), "name": self.name, "dtype": self.dtype}


class Sum(Metric):
    """The sum of all values, each times its weight."""

    def __init__(self, name="sum", dtype=None):
        super().__init__(dtype, name)
        self.total = self.add_variable(name="total", dtype=self.dtype)

    def update_state(self, values, sample_weight=None):
        values, _ = _per_sample(self.name, values, sample_weight, self.dtype, reduce.sum)
        self.total.assign(self.total + reduce.sum(values))

    def result(self):
        return self.total.value


class Mean(Metric):
    """The weighted mean of all values."""

    def __init__(self, name="mean", dtype=None):
        super().__init__(dtype, name)
        self.total = self.add_variable(name="total", dtype=self.dtype)
        self.count = self.add_variable(name="count", dtype=self.dtype)

    def update_state(self, values, sample_weight=None):
        values, weight = _per_sample(self.name, values, sample_weight, self.dtype, reduce.mean)
        self.gather(reduce.sum(values), number_of(values) if weight is None else reduce.sum(weight))

    def gather(self, total, weight):
        """Add a sum of weighted values, and the sum of their weights."""
        self.total.assign(self.total + total)
        self.count.assign(self.count + weight)

    def result(self):
        return divide_no_nan(self.total, self.count)


class MeanTensor(Metric):
    """The weighted mean of tensors of one shape, element by element; TensorFlow has it.

    shape   of the tensors, by default that of the first one
    """

    def __init__(self, name="mean_tensor", dtype=None, shape=None):
        super().__init__(dtype, name)
        self.total = self.count = None
        if shape is not None:
            self._build(tuple(shape))

    def _build(self, shape):
        self.total = self.add_variable(shape, dtype=self.dtype, name="total")
        self.count = self.add_variable(shape, dtype=self.dtype, name="count")

    def update_state(self, values, sample_weight=None):
        values = as_tensor(values, self.dtype)
        if self.total is None:
            self._build(values.shape)
        if values.shape != self.total.shape:
            raise ShapeError(f"{self._titled}: values of shape {values.shape} do not go with those before, "
                             f"of shape {self.total.shape}. Give tensors of one shape, or make another metric.")
        weight = as_tensor(1.0, self.dtype)
        if sample_weight is not None:
            values, weight = fit_weight(self.name, values, as_tensor(sample_weight, self.dtype))
        self.total.assign(self.total + values * weight)
        self.count.assign(self.count + weight)

    def result(self):
        if self.total is None:
            raise ValueError(f"{self._titled} has no value yet: its shape is not known. Call update_state "
                             "first, or give the shape to the constructor.")
        return divide_no_nan(self.total, self.count)


def _per_sample(name, values, sample_weight, dtype, reduction):
    """One value for each sample, times its weight, and the weights (None without): further axes are
    reduced first, as in Keras, so that every sample counts alike."""
    mask = mask_of(values)
    values = as_tensor(values, dtype)
    if sample_weight is not None:
        # As in Keras, a mask of the values counts only where there are weights.
        weight = masked_weight(as_tensor(sample_weight, dtype), mask, dtype)
        values, weight = fit_ranks(values, weight)
        values = _without_axes(values, len(weight.shape), reduction)
        if weight.shape != values.shape:
            if len(weight.shape) > len(values.shape) or not broadcast_together(weight.shape, values.shape):
                raise ShapeError(f"{name}: sample_weight of shape {weight.shape} does not fit values of shape "
                                 f"{values.shape}. Give one weight for each sample, or for each value.")
            weight = ops.broadcast_to(weight, values.shape)
        values = values * weight
        sample_weight = _without_axes(weight, 1, reduction)
    return _without_axes(values, 1, reduction), sample_weight


def number_of(values):
    """How many values there are, as a float; a layer that asks on shapes alone is run on zeros instead."""
    if values.size is None:
        raise SymbolicError(f"a metric counts its values, and {values!r} has shapes alone. Update it with numbers.")
    return float(values.size)


def _without_axes(x, first, reduction):
    return reduction(x, axis=tuple(range(first, x.ndim))) if x.ndim > first else x


class MeanMetricWrapper(OfFunction, Mean, named=False):
    """The mean of a function of (y_true, y_pred), with fixed further arguments."""

    def __init__(self, fn, name=None, dtype=None, **kwargs):
        super().__init__(name or getattr(fn, "__name__", None), dtype)
        self._take(fn, kwargs)

    def update_state(self, y_true, y_pred, sample_weight=None):
        mask = mask_of(y_pred)
        if sample_weight is not None:
            sample_weight = as_tensor(sample_weight, self.dtype)
        super().update_state(self.fn(as_tensor(y_true), as_tensor(y_pred), **self.arguments),
                             masked_weight(sample_weight, mask, self.dtype))
