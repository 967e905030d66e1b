"""Optimizers around others: the scale of a loss found by trying, and several optimizers for one model."""

import re
from collections.abc import MutableMapping

import numpy as np

from .. import registry
from ..arguments import count
from ..autograd.indexed_slices import IndexedSlices
from ..autograd.linear import stack
from ..autograd.operands import as_tensor
from ..autograd.state import thread
from ..ops.arithmetic import isfinite, select
from ..ops.reduce import all as all_hold
from .applying import change_if, divided
from .base import Optimizer


def _optimizer(what, given):
    """An optimizer, also one that comes as a config. Raises TypeError."""
    found = registry.deserialize(given, "optimizers") if isinstance(given, dict) else given
    if isinstance(found, Optimizer):
        return found
    raise TypeError(f"{what} must be an optimizer, got {given!r}.")


class LossScaleOptimizer(Optimizer):
    """Multiplies the loss by a scale, so that small gradients stay above 0 in half precision, and updates by another
    optimizer with the gradients over that scale.

    inner_optimizer       makes the updates; its own `loss_scale_factor` becomes None
    initial_scale         the scale at the start; halved whenever a gradient is not finite, when nothing is updated
    dynamic_growth_steps  after so many updates in a row the scale is doubled
    Source: Micikevicius et al. 2018, section 3.2.
    """

    def __init__(self, inner_optimizer, initial_scale=2.0**15, dynamic_growth_steps=2000, name=None):
        inner = _optimizer("LossScaleOptimizer: inner_optimizer", inner_optimizer)
        super().__init__(learning_rate=0.0, name=name)
        self._keep(0, initial_scale=initial_scale)
        self.dynamic_growth_steps = count("LossScaleOptimizer: dynamic_growth_steps", dynamic_growth_steps)
        self.inner_optimizer = inner
        self.inner_optimizer.loss_scale_factor = None

    def build(self, variables):
        if not self.built:
            self.step_counter = self.add_variable((), dtype="int64", name="step_counter")
            self.dynamic_scale = self.add_variable((), lambda shape, dtype: self.initial_scale, "float32",
                                                   name="dynamic_scale")
            self.inner_optimizer.build(variables)
            super().build(variables)

    @property
    def variables(self):
        """Own state, then that of the inner optimizer."""
        return [*self._variables, *self.inner_optimizer.variables]

    def apply(self, grads, trainable_variables=None):
        """One update by the inner optimizer, or none but a smaller scale if a gradient is not finite."""
        grads, inner = list(grads), self.inner_optimizer
        variables = self._known(grads, trainable_variables)
        scale, counter = self.dynamic_scale, self.step_counter
        grads = [g if g is None or isinstance(g, IndexedSlices) else as_tensor(g, v.dtype)
                 for g, v in zip(grads, variables, strict=True)]
        parts = [g.values if isinstance(g, IndexedSlices) else g for g in grads if g is not None]
        with np.errstate(all="ignore"):
            finite = all_hold(stack(*[all_hold(isfinite(g)) for g in parts], axis=0)) if parts else as_tensor(True)
            grads = [divided(g, scale) for g in grads]
            # As in Optimizer: a function that gives the rate is asked only when there is an update.
            if thread.is_heard() and not inner._asks_for_rate():
                change_if(finite, inner._held(), lambda: inner.apply(grads, variables))
            elif finite:
                inner.apply(grads, variables)
            full = counter == self.dynamic_growth_steps - 1
            self.assign(scale, select(finite, select(full, scale * 2.0, scale), scale * 0.5))
            self.assign(counter, select(finite & ~full, counter + 1, 0))

    def scale_loss(self, loss):
        """The loss times the scale, to be differentiated in its place."""
        return loss * (self.dynamic_scale if self.built else self.initial_scale)

    @property
    def learning_rate(self):
        """That of the inner optimizer."""
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value):
        self.inner_optimizer.learning_rate = value

    def _asks_for_rate(self):
        return self.inner_optimizer._asks_for_rate()

    @property
    def iterations(self):
        """How many updates the inner optimizer made."""
        return self.inner_optimizer.iterations

    def finalize_variable_values(self, var_list):
        """Replace the variables by their running averages, if the inner optimizer keeps them."""
        self.inner_optimizer.finalize_variable_values(var_list)


class OptimizerMap(registry.Configurable, MutableMapping, named=False):
    """Which optimizer is for which variable: a mapping from paths, or patterns of whole paths, to optimizers.

    default_optimizer   for variables that no key fits
    A key that is the path itself comes before patterns; two patterns that fit raise ValueError.
    """

    _kind = "optimizers"

    def __init__(self, default_optimizer, optimizer_map=None):
        if optimizer_map is not None and not isinstance(optimizer_map, dict):
            raise TypeError(f"OptimizerMap: optimizer_map must be a dict of paths and optimizers, got "
                            f"{optimizer_map!r}.")
        self.default_optimizer = _optimizer("OptimizerMap: default_optimizer", default_optimizer)
        self.optimizer_map = {}
        for path, optimizer in (optimizer_map or {}).items():
            self[path] = optimizer

    def __getitem__(self, path):
        if path in self.optimizer_map:
            return self.optimizer_map[path]
        fitting = [pattern for pattern in self.optimizer_map if re.fullmatch(pattern, path)]
        if len(fitting) > 1:
            raise ValueError(f"OptimizerMap: several keys fit the variable {path!r}: {', '.join(map(repr, fitting))}. "
                             "Make the patterns narrower, or add the path itself.")
        return self.optimizer_map[fitting[0]] if fitting else self.default_optimizer

    def __setitem__(self, path, optimizer):
        if not isinstance(path, str):
            raise ValueError(f"OptimizerMap: a key must be a path or a pattern, as text, got {path!r}.")
        if path in self.optimizer_map:
            raise ValueError(f"OptimizerMap: there is an optimizer for {path!r} already; delete it first.")
        self.optimizer_map[path] = _inside(optimizer)

    def __delitem__(self, path):
        del self.optimizer_map[path]

    def __len__(self):
        return len(self.optimizer_map)

    def __iter__(self):
        return iter(self.optimizer_map)

    def __call__(self, variable):
        """The optimizer for a variable."""
        return self[variable.path]


def _inside(optimizer):
    """An optimizer for some variables. Raises ValueError for one that is for a whole model, TypeError for none."""
    optimizer = _optimizer("an optimizer for some variables", optimizer)
    if isinstance(optimizer, (LossScaleOptimizer, MultiOptimizer)):
        raise ValueError(f"{type(optimizer).__name__} cannot be one of several optimizers: it is for all variables. "
                         "Put a LossScaleOptimizer around the MultiOptimizer.")
    return optimizer


class MultiOptimizer(Optimizer):
    """Updates each variable by the optimizer that `optimizer_map` gives for it.

    optimizer_map       an OptimizerMap, or a function of a variable
    loss_scale_factor   what the loss is multiplied by; it replaces that of the optimizers
    It has no learning rate of its own: each of `optimizers` has one.
    """

    def __init__(self, optimizer_map, loss_scale_factor=None, name=None):
        if isinstance(optimizer_map, dict):
            optimizer_map = registry.deserialize(optimizer_map, "optimizers")
        if not callable(optimizer_map):
            raise TypeError("MultiOptimizer: optimizer_map must be an OptimizerMap or a function of a variable, got "
                            f"{optimizer_map!r}.")
        self._optimizers = []
        super().__init__(learning_rate=0.0, loss_scale_factor=loss_scale_factor, name=name)
        self.optimizer_map = optimizer_map
        if isinstance(optimizer_map, OptimizerMap):
            for optimizer in (*optimizer_map.values(), optimizer_map.default_optimizer):
                self._take(optimizer)

    def _take(self, optimizer):
        if all(optimizer is not taken for taken in self._optimizers):
            self._optimizers = [*self._optimizers, _inside(optimizer)]
            optimizer.loss_scale_factor = self.loss_scale_factor

    def build(self, variables):
        if self.built:
            return
        variables = list(variables)
        shares = {}
        for variable in variables:
            optimizer = self.optimizer_map(variable)
            self._take(optimizer)
            shares.setdefault(id(optimizer), []).append(variable)
        for optimizer in self._optimizers:
            if id(optimizer) in shares:
                optimizer.build(shares[id(optimizer)])
        super().build(variables)

    @property
    def optimizers(self):
        """The optimizers, each once, those of the map first."""
        return list(self._optimizers)

    @property
    def variables(self):
        """Own state, then that of each optimizer."""
        return [*self._variables, *(v for optimizer in self._optimizers for v in optimizer.variables)]

    @property
    def loss_scale_factor(self):
        """What the loss is multiplied by; None for 1."""
        return self._loss_scale_factor

    @loss_scale_factor.setter
    def loss_scale_factor(self, value):
        self._loss_scale_factor = value
        for optimizer in self._optimizers:
            optimizer.loss_scale_factor = value

    @property
    def learning_rate(self):
        """There is none: raises AttributeError."""
        raise AttributeError(f"{self.name} has no learning rate of its own: use that of one of its optimizers, "
                             "optimizer.optimizers[i].learning_rate.")

    @learning_rate.setter
    def learning_rate(self, value):
        raise AttributeError(f"{self.name} has no learning rate of its own: set that of one of its optimizers, "
                             "optimizer.optimizers[i].learning_rate.")

    def _asks_for_rate(self):
        return any(optimizer._asks_for_rate() for optimizer in self._optimizers)

    def apply(self, grads, trainable_variables=None):
        """One update of every variable by its optimizer."""
        grads = list(grads)
        variables = self._known(grads, trainable_variables)
        for optimizer in self._optimizers:
            pairs = [(g, v) for g, v in zip(grads, variables, strict=True) if id(v) in optimizer._indices]
            if pairs:
                optimizer.apply(*zip(*pairs))
        self.assign_add(self._iterations, 1)

    def finalize_variable_values(self, var_list):
        """Replace the variables by their running averages, where those are kept."""
        for optimizer in self._optimizers:
            optimizer.finalize_variable_values([v for v in var_list if id(v) in optimizer._indices])
