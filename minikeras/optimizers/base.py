"""Optimizer: the loop over variables, and what all optimizers share. Subclasses give one update."""

import re
import types

import numpy as np

from .. import kinds, registry
from ..arguments import number
from ..autograd.indexed_slices import IndexedSlices
from ..autograd.linear import cast, zeros_like
from ..autograd.operands import as_tensor
from ..autograd.state import thread
from ..autograd.tape import GradientTape
from ..autograd.tensor import Tensor
from ..autograd.variable import Variable
from ..ops.arithmetic import clip, maximum, select
from ..ops.reduce import euclidean_norm
from ..ops.reduce import sum as reduce_sum
from ..ops.unary import sqrt
from .applying import Rows, bare, called, change_if, check, divided, store, value_of
from .arguments import check_shared, sharing
from .schedules import LearningRateSchedule, told_by
from .state import Stateful


class Optimizer(Stateful, kind="optimizers"):
    """Base of optimizers. A subclass names its `slots` and defines `update` for one variable; or, as one writes it for
    Keras, it adds its Variables in `build` and changes them in `update_step`.

    learning_rate      a number, a schedule, or a function without arguments
    weight_decay       each update first takes this part, times the learning rate, off the variables
    clipnorm, clipvalue, global_clipnorm   limit the norm of each gradient, each element, or the norm of
                       all gradients together; one of them at most
    use_ema, ema_momentum, ema_overwrite_frequency   keep a running average of the variables, written
                       over them every so many steps and by `finalize_variable_values`
    loss_scale_factor  what a loss was multiplied by (`scale_loss`); gradients are divided by it
    gradient_accumulation_steps   update once in so many calls, with the mean of their gradients
    name               of the optimizer and of its Variables
    """

    slots = ()
    late_slots = ()         # those of `slots` that follow, one after another, after all others in `variables`
    leaves_rows = False     # whether `update` leaves entries alone whose gradient is zero

    def __init_subclass__(cls, aliases=(), **kwargs):
        super().__init_subclass__(aliases=(*aliases, cls.__name__.lower()), **kwargs)

    def __init__(self, learning_rate=0.001, weight_decay=None, clipnorm=None, clipvalue=None, global_clipnorm=None,
                 use_ema=False, ema_momentum=0.99, ema_overwrite_frequency=None, loss_scale_factor=None,
                 gradient_accumulation_steps=None, name=None):
        super().__init__(name or kinds.snake_case(type(self).__name__))
        check_shared(self.name, weight_decay=weight_decay, clipnorm=clipnorm, clipvalue=clipvalue,
                     global_clipnorm=global_clipnorm, use_ema=use_ema, ema_momentum=ema_momentum,
                     ema_overwrite_frequency=ema_overwrite_frequency, loss_scale_factor=loss_scale_factor,
                     gradient_accumulation_steps=gradient_accumulation_steps)
        self.weight_decay = weight_decay
        self.clipnorm, self.clipvalue, self.global_clipnorm = clipnorm, clipvalue, global_clipnorm
        self.use_ema, self.ema_momentum = use_ema, ema_momentum
        self.ema_overwrite_frequency = ema_overwrite_frequency
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self._averages, self._accumulators = [], []
        self._no_decay = ([], set())        # variables, patterns of names
        self._iterations = self.add_variable((), dtype="int64", name="iteration")
        self._schedule = None
        self._rate = None
        self._set_learning_rate(learning_rate)

    def _keep(self, low=float("-inf"), high=float("inf"), *, below=False, **numbers):
        """Set attributes to numbers of the constructor, once they are seen to be in low..high."""
        for name, value in numbers.items():
            setattr(self, name, number(f"{type(self).__name__}: {name}", value, low, high, below=below))

    # --- learning rate and counting ----------------------------------------------------------

    @property
    def learning_rate(self):
        """The learning rate now: a Variable, or what the schedule gives for this step."""
        if self._schedule is None:
            return self._rate
        return self._schedule() if self._asks_for_rate() else self._schedule(self._iterations)

    @learning_rate.setter
    def learning_rate(self, value):
        self._set_learning_rate(value)

    def _set_learning_rate(self, value):
        if isinstance(value, dict):
            value = registry.deserialize(value, "schedules")
        if isinstance(value, LearningRateSchedule) or callable(value):
            self._variables = [v for v in self._variables if v is not self._rate]
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
            self._rate = self.add_variable((), lambda shape, dtype: value, name="learning_rate")
            self._variables.insert(1, self._variables.pop())
        else:
            self._rate.assign(value)

    @property
    def iterations(self):
        """How many updates were made: an integer Variable, or a tensor while gradients are accumulated."""
        steps = self.gradient_accumulation_steps
        return self._iterations // steps if steps else self._iterations

    # --- variables ---------------------------------------------------------------------------

    def build(self, variables):
        """Make the state for `variables`, once. Done by the first `apply`."""
        if self.built:
            return
        variables = list(variables)
        self._trainable_variables = variables
        self._indices = {id(v): i for i, v in enumerate(variables)}
        if self.use_ema:
            self._averages = self.add_optimizer_variables(variables, "average")
        if self.gradient_accumulation_steps:
            self._accumulators = self.add_optimizer_variables(variables, "gradient_accumulator")
        self._slots = {id(v): {} for v in variables}
        together = [name for name in self.slots if name not in self.late_slots]
        for names in (together, *([name] for name in self.slots if name in self.late_slots)):
            for variable in variables:
                for name in names:
                    self._slots[id(variable)][name] = self.new_slot(name, variable)
        self.built = True

    def new_slot(self, name, variable):
        """The Variable for a slot of one variable, zeros of its shape by default; None for none."""
        return self.add_variable_from_reference(variable, name)

    def exclude_from_weight_decay(self, var_list=None, var_names=None):
        """Spare these variables, and those in whose name a pattern of `var_names` is found, from weight decay."""
        spared, parts = self._no_decay
        self._no_decay = (spared + list(var_list or ()), parts | set(var_names or ()))

    # --- updating ----------------------------------------------------------------------------

    def apply_gradients(self, grads_and_vars):
        """One update from (gradient, variable) pairs, as `zip` makes them. Returns the step count."""
        pairs = list(grads_and_vars)
        if not pairs:
            raise ValueError(f"{self.name}.apply_gradients: there is nothing to update, the list of (gradient, "
                             "variable) pairs is empty. Does the model have trainable weights?")
        if not all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in pairs):
            raise ValueError(f"{self.name}.apply_gradients takes (gradient, variable) pairs. Call it with "
                             "zip(gradients, variables).")
        self.apply([grad for grad, _ in pairs], [variable for _, variable in pairs])
        return self._iterations

    def minimize(self, loss, var_list, tape=None):
        """One update that lowers `loss`: a function without arguments, or a tensor that `tape` has followed."""
        if tape is None and not callable(loss):
            raise ValueError(f"{self.name}.minimize: a loss that is computed already needs the tape that followed it.")
        if callable(loss):
            with GradientTape() as tape:
                loss = loss()
        return self.apply_gradients(zip(tape.gradient(loss, var_list), var_list))

    def apply(self, grads, trainable_variables=None):
        """One update. A gradient of None leaves its variable alone; rows of the same number in an IndexedSlices are
        added up first.

        Raises GradientError if every gradient is None, ShapeError if one has another shape than its variable,
        ValueError for a variable that the optimizer was not built for.
        """
        grads = list(grads)
        variables = self._known(grads, trainable_variables)
        # With nobody listening our own updates run on bare arrays, as the rules of the backward pass do. What a
        # user wrote gets tensors.
        raw = not thread.is_heard() and kinds.is_ours(type(self))
        by_rows = raw and self.leaves_rows and not self.gradient_accumulation_steps
        grads = [g if g is None or (by_rows and isinstance(g, IndexedSlices)) else as_tensor(g, v.dtype)
                 for g, v in zip(grads, variables, strict=True)]
        check(grads, variables)
        if raw:
            grads = [None if g is None else bare(g, v) for g, v in zip(grads, variables, strict=True)]
        with np.errstate(all="ignore"):
            called(raw, self._step, grads, variables, raw)

    def _known(self, grads, variables):
        if variables is None:
            if not self.built:
                raise ValueError(f"{self.name}.apply: give the variables, or call build(variables) first.")
            variables = self._trainable_variables
        variables = list(variables)
        other = next((v for v in variables if not isinstance(v, Variable)), None)
        if other is not None:
            raise TypeError(f"{self.name}: only Variables can be updated, got {type(other).__name__}. Give gradients "
                            "first, then the model's trainable_variables.")
        if len(grads) != len(variables):
            raise ValueError(f"{self.name}.apply: {len(grads)} gradients for {len(variables)} variables.")
        if not self.built:
            self.build(variables)
        for variable in variables:
            if id(variable) not in self._indices:
                raise ValueError(f"{self.name} was built for other variables; it does not know {variable.path!r}. Make "
                                 "a new optimizer, or build it with all variables before the first update.")
        return variables

    def _step(self, grads, variables, raw):
        reached = [v for g, v in zip(grads, variables, strict=True) if g is not None]
        if self.loss_scale_factor:
            grads = [divided(g, self.loss_scale_factor) for g in grads]
        if not self.gradient_accumulation_steps:
            self._update(grads, variables, raw)
        else:
            last, grads = self._accumulated(grads, variables)
            # A function that gives the rate is called once a round: then the condition itself is asked for.
            if thread.is_heard() and not self._asks_for_rate():
                change_if(last, self._held(), lambda: self._update(grads, variables, False))
            elif last:
                self._update(grads, variables, raw)
        if self.use_ema:
            self._average()
        # As in Keras, also in the calls that only gather gradients.
        for variable in reached:
            constraint = variable.constraint
            if constraint is not None:
                plain = raw and kinds.is_ours(type(constraint))
                store(variable, called(plain, constraint, variable._array if plain else variable.value))
        store(self._iterations, value_of(self._iterations) + 1)

    def _update(self, grads, variables, raw):
        pairs = [(g, v) for g, v in zip(grads, variables, strict=True) if g is not None]
        grads = self._clipped([g.values if type(g) is Rows else g for g, _ in pairs])
        grads = [Rows(g, whole.indices) if type(whole) is Rows else g for g, (whole, _) in zip(grads, pairs)]
        variables = [v for _, v in pairs]
        rate = self._current_rate(raw)
        rates = {dtype: rate.astype(dtype) if raw else as_tensor(rate, dtype)
                 for dtype in {v._array.dtype: None for v in variables}}
        self._decay(variables, rates)
        self.advance()
        ours = type(self).update_step is Optimizer.update_step
        factors = {dtype: self.factors(rate, self._number(dtype)) for dtype, rate in rates.items()} if ours else {}
        for grad, variable in zip(grads, variables, strict=True):
            dtype = variable._array.dtype
            if ours:
                self._change(grad, variable, factors[dtype])
            else:
                self.update_step(grad, variable, rates[dtype])

    def _calls(self, heard):
        """How often gradients were given: a tensor if a record of the step is to ask anew, else a number."""
        return self._iterations.value if heard else int(self._iterations._array)

    def _asks_for_rate(self):
        return self._schedule is not None and not isinstance(self._schedule, LearningRateSchedule)

    def _current_rate(self, raw):
        if self._schedule is None:
            rate = self._rate
        elif self._asks_for_rate():
            rate = called(False, self._schedule) if raw else told_by(function=self._schedule)
        else:
            rate = called(False, self._schedule, self._iterations)
        rate = as_tensor(rate) if not isinstance(rate, np.ndarray) else rate
        return rate._array if raw and type(rate) is Tensor else rate

    def _number(self, dtype):
        """The number of this update, from 1 on."""
        step = value_of(self._iterations)
        if self.gradient_accumulation_steps:
            step = step // self.gradient_accumulation_steps
        step = step + 1
        return np.asarray(step, dtype) if thread.raw else cast(step, dtype=dtype)

    def advance(self):
        """Change state that all variables share, before they are updated. Nothing by default."""

    def factors(self, rate, step):
        """What `update` gets as its last argument, computed once for all variables of a dtype: the learning rate by
        default. `step` is the number of this update, from 1 on."""
        return rate

    def update_step(self, gradient, variable, learning_rate):
        """Update one variable and its state. Optimizers written for Keras override this one."""
        self._change(gradient, variable, self.factors(learning_rate, self._number(variable._array.dtype)))

    def _change(self, gradient, variable, factors):
        held = {name: slot for name, slot in self._slots[id(variable)].items() if slot is not None}
        if type(gradient) is Rows:
            rows = gradient.indices
            slots = types.SimpleNamespace(**{name: slot._array[rows] for name, slot in held.items()})
            value, new = self.update(variable._array[rows], gradient.values, slots, factors)
            value = _with_rows(variable._array, rows, value)
            new = {name: _with_rows(held[name]._array, rows, part) for name, part in new.items()}
        else:
            slots = types.SimpleNamespace(**{name: value_of(slot) for name, slot in held.items()})
            value, new = self.update(value_of(variable), gradient, slots, factors)
        store(variable, value)
        for name, slot in held.items():
            if name in new:
                store(slot, new[name])

    def update(self, value, grad, slot, rate):
        """The new value, and a dict of new slot values, for one variable.

        value, grad   of one shape;  slot.<name>   values of the slots;  rate   from `factors`
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
            total = value_of(slot) if grad is None else value_of(slot) + grad
            if heard:
                store(slot, select(last, zeros_like(total), total))
            else:
                store(slot, zeros_like(total) if last else total)
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

    def decay_of(self, variable):
        """The weight decay of a variable, if it is not spared; None for none."""
        return self.weight_decay

    def _decay(self, variables, rates):
        spared, parts = self._no_decay
        ids = set(map(id, spared))
        for v in variables:
            decay = self.decay_of(v)
            if decay is not None and id(v) not in ids and not any(re.search(part, v.name) for part in parts):
                store(v, value_of(v) - value_of(v) * decay * rates[v._array.dtype])

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
            store(average, old * value_of(average) + new * value_of(variable))
        every = self.ema_overwrite_frequency
        if every and heard:
            due = (done + 1) % every == 0
            for variable, average in zip(self._trainable_variables, self._averages, strict=True):
                store(variable, select(due, average, variable))
        elif every and (done + 1) % every == 0:
            self.finalize_variable_values(self._trainable_variables)

    def finalize_variable_values(self, var_list):
        """Replace the variables by their running averages, if those are kept."""
        if self.use_ema:
            held = {id(v): a for v, a in zip(self._trainable_variables, self._averages, strict=True)}
            for variable in var_list:       # a cast is a copy: no two Variables hold one array
                store(variable, cast(value_of(held[id(variable)]), dtype=variable._array.dtype))

    def scale_loss(self, loss):
        """The loss times `loss_scale_factor`, to be differentiated in its place."""
        return loss * self.loss_scale_factor if self.loss_scale_factor else loss

    def get_config(self):
        """The constructor arguments as plain data, as they are now if they were changed, the learning rate too."""
        config = super().get_config()
        if self._schedule is None and "learning_rate" in registry.parameters(type(self)):
            config["learning_rate"] = float(self._rate._array)
        return {**config, "name": self.name}


with_shared = sharing(Optimizer.__init__, after="learning_rate")


def _with_rows(whole, rows, part):
    whole = whole.copy()
    whole[rows] = part
    return whole


def _limit(grad, limit, norm):
    return grad * (limit / maximum(norm, limit))
