"""Optimizer: the loop over variables, and what all optimizers share. Subclasses give one update."""

import re
import types
import warnings
from typing import NamedTuple

import numpy as np

from .. import registry
from ..arguments import number
from ..autograd import tree
from ..autograd.explanation import reason_for_none
from ..autograd.indexed_slices import IndexedSlices
from ..autograd.linear import cast, zeros_like
from ..autograd.operands import as_tensor
from ..autograd.state import thread
from ..autograd.tensor import Tensor
from ..autograd.variable import Variable
from ..errors import GradientError, ShapeError
from ..ops.arithmetic import clip, maximum, select
from ..ops.reduce import euclidean_norm
from ..ops.reduce import sum as reduce_sum
from ..ops.unary import sqrt
from .schedules import LearningRateSchedule, told_by


class Rows(NamedTuple):
    """A gradient that is zero but for some rows, each named once, on bare arrays."""

    values: np.ndarray
    indices: np.ndarray


class Optimizer(registry.Configurable, kind="optimizers"):
    """Base of optimizers. A subclass names its `slots` and defines `update` for one variable.

    learning_rate      a number, a schedule, or a function without arguments
    weight_decay       each update first takes this part, times the learning rate, off the variables
    clipnorm, clipvalue, global_clipnorm   limit the norm of each gradient, each element, or the norm of
                       all gradients together; one of them at most
    use_ema, ema_momentum, ema_overwrite_frequency   keep a running average of the variables, written
                       over them every so many steps and by `finalize_variable_values`
    gradient_accumulation_steps   update once in so many calls, with the mean of their gradients
    loss_scale_factor  what a loss was multiplied by (`scale_loss`); gradients are divided by it
    """

    slots = ()
    leaves_rows = False     # whether `update` leaves entries alone whose gradient is zero
    late_slots = ()     # those of `slots` that follow, one after another, after all others in `variables`

    def __init__(self, learning_rate=0.001, weight_decay=None, clipnorm=None, clipvalue=None, global_clipnorm=None,
                 use_ema=False, ema_momentum=0.99, ema_overwrite_frequency=None, loss_scale_factor=None,
                 gradient_accumulation_steps=None, name=None):
        self.name = name or registry.snake_case(type(self).__name__)
        clips = {"clipnorm": clipnorm, "clipvalue": clipvalue, "global_clipnorm": global_clipnorm}
        given = [key for key, value in clips.items() if value is not None]
        if len(given) > 1:
            raise ValueError(f"{self.name}: give only one of clipnorm, clipvalue and global_clipnorm, got "
                             f"{', '.join(given)}.")
        if given and not number(f"{self.name}: {given[0]}", clips[given[0]]) > 0:
            raise ValueError(f"{self.name}: {given[0]} must be above 0, got {clips[given[0]]}.")
        if gradient_accumulation_steps is not None and gradient_accumulation_steps < 2:
            raise ValueError(f"{self.name}: gradient_accumulation_steps must be 2 or more, or None.")
        if use_ema:
            number(f"{self.name}: ema_momentum", ema_momentum, 0, 1)
        self.weight_decay = number(f"{self.name}: weight_decay", weight_decay, optional=True)
        self.clipnorm, self.clipvalue, self.global_clipnorm = clipnorm, clipvalue, global_clipnorm
        self.use_ema, self.ema_momentum = use_ema, ema_momentum
        self.ema_overwrite_frequency = ema_overwrite_frequency
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self.built = False
        self._no_decay = (set(), set())     # ids of variables, patterns of names
        self._iterations = Variable(np.int64(0), False, name="iteration")
        self._schedule = None
        self._rate = None
        self.learning_rate = learning_rate

    # --- learning rate and counting ----------------------------------------------------------

    @property
    def learning_rate(self):
        """The learning rate now: a Variable, or what the schedule gives for this step."""
        if self._schedule is None:
            return self._rate
        return self._schedule() if self._asks_for_rate() else self._schedule(self._iterations)

    @learning_rate.setter
    def learning_rate(self, value):
        if isinstance(value, dict):
            value = registry.deserialize(value, "schedules")
        if isinstance(value, LearningRateSchedule) or callable(value):
            self._schedule, self._rate = value, None
            return
        rate = np.asarray(value)
        if rate.ndim or rate.dtype.kind not in "iuf" or not 0 <= rate < np.inf:
            raise ValueError(f"{self.name}: learning_rate must be a number from 0 on, a schedule or a function, got "
                             f"{value!r}.")
        if isinstance(self._schedule, LearningRateSchedule):
            raise TypeError(f"{self.name}: the learning rate follows {self._schedule!r} and cannot be set. Make the "
                            "optimizer with a number to set it later.")
        self._schedule = None
        if self._rate is None:
            self._rate = Variable(0.0, False, dtype="float32", name="learning_rate")
        self._rate.assign(value)

    @property
    def iterations(self):
        """How many updates were made: an integer Variable, or a tensor while gradients are accumulated."""
        steps = self.gradient_accumulation_steps
        return self._iterations // steps if steps else self._iterations

    # --- variables ---------------------------------------------------------------------------

    def build(self, variables):
        """Make the slots for `variables`. Done by the first `apply`."""
        self._trainable_variables = list(variables)
        self._slots = {id(v): [self._like(v, slot) for slot in self.slots] for v in self._trainable_variables}
        self._averages = [self._like(v, "average") for v in self._trainable_variables] if self.use_ema else []
        self._accumulators = [self._like(v, "gradient_accumulator") for v in self._trainable_variables] \
            if self.gradient_accumulation_steps else []
        self.built = True

    def _like(self, variable, name):
        slot = Variable(self.first_slot_value(name, variable), False,
                        name=f"{variable.path.replace('/', '_')}_{name}")
        slot.path = f"{self.name}/{slot.name}"
        return slot

    def first_slot_value(self, name, variable):
        """What a slot starts with: zeros."""
        return np.zeros(variable.shape, variable._array.dtype)

    @property
    def variables(self):
        """All state: step count, learning rate, averages and accumulated gradients, then the slots of each variable."""
        found = [self._iterations] + ([self._rate] if self._rate is not None else [])
        if self.built:
            # In Keras' order, which is the order in a saved file.
            found += [*self._averages, *self._accumulators]
            named = [list(zip(self.slots, self._slots[id(v)])) for v in self._trainable_variables]
            for group in (set(self.slots) - set(self.late_slots), *({name} for name in self.late_slots)):
                found += [slot for slots in named for name, slot in slots if name in group]
        return found

    def exclude_from_weight_decay(self, var_list=None, var_names=None):
        """Spare these variables, and those in whose name a pattern of `var_names` is found, from weight decay."""
        ids, parts = self._no_decay
        self._no_decay = (ids | {id(v) for v in var_list or ()}, parts | set(var_names or ()))

    # --- updating ----------------------------------------------------------------------------

    def apply_gradients(self, grads_and_vars):
        """One update from (gradient, variable) pairs, as `zip` makes them. Returns the step count."""
        pairs = list(grads_and_vars)
        if not pairs:
            raise ValueError(f"{self.name}.apply_gradients: there is nothing to update, the list of (gradient, "
                             "variable) pairs is empty. Does the model have trainable weights?")
        self.apply([grad for grad, _ in pairs], [variable for _, variable in pairs])
        return self._iterations

    def apply(self, grads, trainable_variables=None):
        """One update. A gradient of None leaves its variable alone.

        Raises GradientError if every gradient is None, ShapeError if one has another shape than its variable,
        ValueError for a variable that the optimizer was not built for.
        """
        variables = self._known(list(grads), trainable_variables)
        # With nobody listening our own updates run on bare arrays, as the rules of the backward pass do. What a
        # user wrote gets tensors.
        raw = not thread.is_heard() and registry.is_ours(type(self))
        by_rows = raw and self.leaves_rows and not self.gradient_accumulation_steps
        grads = [g if g is None or (by_rows and isinstance(g, IndexedSlices)) else as_tensor(g, v.dtype)
                 for g, v in zip(grads, variables, strict=True)]
        _check(grads, variables)
        if raw:
            grads = [None if g is None else _bare(g, v) for g, v in zip(grads, variables, strict=True)]
        with np.errstate(all="ignore"):
            _called(raw, self._step, grads, variables, raw)

    def _known(self, grads, variables):
        if variables is None:
            if not self.built:
                raise ValueError(f"{self.name}.apply: give the variables, or call build(variables) first.")
            variables = self._trainable_variables
        variables = list(variables)
        if len(grads) != len(variables):
            raise ValueError(f"{self.name}.apply: {len(grads)} gradients for {len(variables)} variables.")
        if not self.built:
            self.build(variables)
        for variable in variables:
            if id(variable) not in self._slots:
                raise ValueError(f"{self.name} was built for other variables; it does not know {variable.path!r}. Make "
                                 "a new optimizer, or build it with all variables before the first update.")
        return variables

    def _step(self, grads, variables, raw):
        reached = [v for g, v in zip(grads, variables, strict=True) if g is not None]
        if not self.gradient_accumulation_steps:
            self._update(grads, variables, raw)
        else:
            last, grads = self._accumulated(grads, variables)
            # A function that gives the rate is called once a round: then the condition itself is asked for.
            if thread.is_heard() and not self._asks_for_rate():
                self._update_if(last, grads, variables)
            elif last:
                self._update(grads, variables, raw)
        if self.use_ema:
            self._average()
        # As in Keras, also in the calls that only gather gradients.
        for variable in reached:
            constraint = variable.constraint
            if constraint is not None:
                bare = raw and registry.is_ours(type(constraint))
                _store(variable, _called(bare, constraint, variable._array if bare else variable.value))
        _store(self._iterations, _value(self._iterations) + 1)

    def _update(self, grads, variables, raw):
        pairs = [(g, v) for g, v in zip(grads, variables, strict=True) if g is not None]
        grads = [g.values if type(g) is Rows else g for g, _ in pairs]
        grads = self._clipped([g / self.loss_scale_factor if self.loss_scale_factor else g for g in grads])
        grads = [Rows(g, whole.indices) if type(whole) is Rows else g for g, (whole, _) in zip(grads, pairs)]
        variables = [v for _, v in pairs]
        rate = self._current_rate(raw)
        self._decay(variables, rate)
        rates = {}
        for grad, variable in zip(grads, variables, strict=True):
            dtype = variable._array.dtype
            if dtype not in rates:
                rates[dtype] = self.step_size(*self._now(rate, dtype, raw))
            self.update_step(grad, variable, rates[dtype])

    def _calls(self, heard):
        """How often gradients were given: a tensor if a record of the step is to ask anew, else a number."""
        return self._iterations.value if heard else int(self._iterations._array)

    def _update_if(self, condition, grads, variables):
        """Update, and keep what came of it where the condition, a tensor, holds: so a record of the step serves both
        outcomes."""
        held = {id(v): v for v in tree.flatten([variables, list(vars(self).values())]) if type(v) is Variable}
        before = [(v, v.value) for v in held.values()]
        self._update(grads, variables, False)
        for variable, value in before:
            if variable._array is not value._array:
                _store(variable, select(condition, variable, value))

    def _asks_for_rate(self):
        return self._schedule is not None and not isinstance(self._schedule, LearningRateSchedule)

    def _current_rate(self, raw):
        if self._schedule is None:
            rate = self._rate
        elif self._asks_for_rate():
            rate = _called(False, self._schedule) if raw else told_by(function=self._schedule)
        else:
            rate = _called(False, self._schedule, self._iterations)
        rate = as_tensor(rate) if not isinstance(rate, np.ndarray) else rate
        return rate._array if raw and type(rate) is Tensor else rate

    def _now(self, rate, dtype, raw):
        step = _value(self._iterations)
        if self.gradient_accumulation_steps:
            step = step // self.gradient_accumulation_steps
        step = step + 1
        if raw:
            return rate.astype(dtype), np.asarray(step, dtype)
        return as_tensor(rate, dtype), cast(step, dtype=dtype)

    def step_size(self, rate, step):
        """The learning rate as `update` gets it, from the current one and the number of this update, from 1 on."""
        return rate

    def update_step(self, gradient, variable, learning_rate):
        """Update one variable and its slots. Optimizers written for Keras may override this one."""
        if type(gradient) is Rows:
            value, rows = variable._array.copy(), gradient.indices
            value[rows], _ = self.update(value[rows], gradient.values, None, learning_rate)
            return _store(variable, value)
        slots = self._slots[id(variable)]
        held = types.SimpleNamespace(**{name: _value(slot) for name, slot in zip(self.slots, slots)})
        value, new = self.update(_value(variable), gradient, held, learning_rate)
        _store(variable, value)
        for name, slot in zip(self.slots, slots):
            if name in new:
                _store(slot, new[name])

    def update(self, value, grad, slot, rate):
        """The new value, and a dict of new slot values, for one variable.

        value, grad   of one shape;  slot.<name>   values of the slots;  rate   from `step_size`
        """
        raise NotImplementedError(f"{type(self).__name__} must define update(self, value, grad, slot, rate).")

    def _accumulated(self, grads, variables):
        """Whether this is the last call of a round, and the mean gradients of the round so far."""
        steps = self.gradient_accumulation_steps
        held = {id(v): a for v, a in zip(self._trainable_variables, self._accumulators, strict=True)}
        heard = thread.is_heard()
        last = (self._calls(heard) + 1) % steps == 0
        totals = []
        for grad, variable in zip(grads, variables, strict=True):
            slot = held[id(variable)]
            total = _value(slot) if grad is None else _value(slot) + grad
            if heard:
                _store(slot, select(last, zeros_like(total), total))
            else:
                _store(slot, zeros_like(total) if last else total)
            totals.append(None if grad is None else total / float(steps))
        return last, totals

    def _clipped(self, grads):
        if self.clipnorm is not None:
            return [_limit(g, self.clipnorm, euclidean_norm(g)) for g in grads]
        if self.global_clipnorm is not None:
            squares = [reduce_sum(g * g) for g in grads]
            norm = sqrt(sum(squares[1:], squares[0]))
            return [_limit(g, self.global_clipnorm, norm) for g in grads]
        if self.clipvalue is not None:
            return [clip(g, -self.clipvalue, self.clipvalue) for g in grads]
        return grads

    def _decay(self, variables, rate):
        if self.weight_decay is None:
            return
        ids, parts = self._no_decay
        for v in variables:
            if id(v) not in ids and not any(re.search(part, v.name) for part in parts):
                _store(v, _value(v) - _value(v) * self.weight_decay * rate)

    def _average(self):
        heard, momentum = thread.is_heard(), self.ema_momentum
        done = self._calls(heard) // (self.gradient_accumulation_steps or 1)
        first = done == 0
        old, new = (0.0, 1.0) if not heard and first else (momentum, 1.0 - momentum)
        for variable, average in zip(self._trainable_variables, self._averages, strict=True):
            if heard:
                kind = average._array.dtype.type
                old = select(first, kind(0.0), kind(momentum))
                new = select(first, kind(1.0), kind(1.0 - momentum))
            _store(average, old * _value(average) + new * _value(variable))
        every = self.ema_overwrite_frequency
        if every and heard:
            due = (done + 1) % every == 0
            for variable, average in zip(self._trainable_variables, self._averages, strict=True):
                _store(variable, select(due, average, variable))
        elif every and (done + 1) % every == 0:
            self.finalize_variable_values(self._trainable_variables)

    def finalize_variable_values(self, var_list):
        """Replace the variables by their running averages, if those are kept."""
        if self.use_ema:
            held = {id(v): a for v, a in zip(self._trainable_variables, self._averages, strict=True)}
            for variable in var_list:       # a cast is a copy: no two Variables hold one array
                _store(variable, cast(_value(held[id(variable)]), dtype=variable._array.dtype))

    def scale_loss(self, loss):
        """The loss times `loss_scale_factor`, to be differentiated in its place."""
        return loss * self.loss_scale_factor if self.loss_scale_factor else loss

    def get_config(self):
        """The constructor arguments as plain data, with the learning rate as it is now."""
        config = super().get_config()
        if self._schedule is None:
            config["learning_rate"] = float(self._rate._array)
        return {**config, "name": self.name}


def _called(raw, function, *args):
    """`function` of `args`, while ops in it take and give bare arrays if `raw`, else tensors."""
    before, thread.raw = thread.raw, raw
    try:
        return function(*args)
    finally:
        thread.raw = before


def _value(variable):
    return variable._array if thread.raw else variable._read()


def _store(variable, value):
    """Give a Variable a new value of its own shape; nobody else holds the array."""
    dtype = variable._array.dtype
    # Arithmetic on arrays of shape () gives NumPy scalars.
    value = as_tensor(value, dtype)._array if type(value) is Tensor else np.asarray(value)
    if value.shape != variable._array.shape:
        raise ShapeError(f"the update or the constraint of {variable.path!r} gave a value of shape {value.shape}; the "
                         f"variable has shape {variable._array.shape}. Keep the shape.")
    variable._set(value if value.dtype == dtype else value.astype(dtype))


def _bare(grad, variable):
    if isinstance(grad, IndexedSlices):
        grad = grad.summed()
        return Rows(as_tensor(grad.values, variable.dtype)._array, grad.indices._array)
    return grad._array


def _limit(grad, limit, norm):
    return grad * (limit / maximum(norm, limit))


REASONS = 3     # how many variables without gradient are explained


def _reasons(grads, variables):
    """What the tape knew about variables without gradient, a line each; the same reason once."""
    known = [reason_for_none(v) for g, v in zip(grads, variables, strict=True) if g is None]
    lines = [f"\n  {reason}" for reason in dict.fromkeys(known) if reason]
    more = f"\n  and {len(lines) - REASONS} more" if len(lines) > REASONS else ""
    return "".join(lines[:REASONS]) + more


def _check(grads, variables):
    missing = [v.path for g, v in zip(grads, variables, strict=True) if g is None]
    if missing and len(missing) == len(variables):
        raise GradientError(
            f"no gradient reached any variable: {', '.join(missing)}. The loss does not depend on them: check that it "
            "is computed from the model's output inside the tape, and not through .numpy(), stop_gradient or integers."
            f"{_reasons(grads, variables)}")
    if missing:
        warnings.warn(f"Gradients do not exist for variables {missing} when minimizing the loss; they stay as they "
                      f"are.{_reasons(grads, variables)}", stacklevel=4)
    for g, v in zip(grads, variables, strict=True):
        if g is not None and g.shape != v.shape:
            raise ShapeError(f"the gradient of {v.path!r} has shape {g.shape}, the variable {v.shape}.")


