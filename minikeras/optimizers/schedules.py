"""Learning rates that depend on the step: functions of the number of updates done so far."""

import math

import numpy as np

from .. import registry
from ..autograd.op import kept, primitive
from ..autograd.operands import as_tensor
from ..autograd.state import thread
from ..ops.arithmetic import log, maximum, minimum, power, select
from ..ops.unary import ceil, cos, floor


class LearningRateSchedule(registry.Configurable, kind="schedules"):
    """Base: subclasses define `__call__(step)`, giving the rate for the step as a tensor."""

    def __call__(self, step):
        raise NotImplementedError(f"{type(self).__name__} must define __call__(self, step).")


@primitive(shape=lambda *, function: (), policy=kept)
def told_by(*, function):
    """The number that a Python function without arguments gives: it is called each time this runs."""
    # What ops the function runs nobody needs to hear: they run again when it is called again.
    listeners, thread.listeners = thread.listeners, ()
    try:
        return np.array(as_tensor(function())._array)       # of its own: it may be what a Variable holds
    finally:
        thread.listeners = listeners


def _progress(step, decay_steps):
    return as_tensor(step, "float32") / float(decay_steps)


class ExponentialDecay(LearningRateSchedule):
    """initial_learning_rate * decay_rate ** (step / decay_steps), in whole powers if `staircase`."""

    def __init__(self, initial_learning_rate, decay_steps, decay_rate, staircase=False, name="ExponentialDecay"):
        _positive(decay_steps, type(self))
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.decay_rate, self.staircase, self.name = decay_rate, staircase, name

    def __call__(self, step):
        p = _progress(step, self.decay_steps)
        return self.initial_learning_rate * power(self.decay_rate, floor(p) if self.staircase else p)


class InverseTimeDecay(LearningRateSchedule):
    """initial_learning_rate / (1 + decay_rate * step / decay_steps), in whole parts if `staircase`."""

    def __init__(self, initial_learning_rate, decay_steps, decay_rate, staircase=False, name="InverseTimeDecay"):
        _positive(decay_steps, type(self))
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.decay_rate, self.staircase, self.name = decay_rate, staircase, name

    def __call__(self, step):
        p = _progress(step, self.decay_steps)
        return self.initial_learning_rate / (1.0 + self.decay_rate * (floor(p) if self.staircase else p))


class PolynomialDecay(LearningRateSchedule):
    """From the initial rate to the end rate along a power, in `decay_steps`, again and longer if `cycle`."""

    def __init__(self, initial_learning_rate, decay_steps, end_learning_rate=0.0001, power=1.0, cycle=False,
                 name="PolynomialDecay"):
        _positive(decay_steps, type(self))
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.end_learning_rate, self.power, self.cycle, self.name = end_learning_rate, power, cycle, name

    def __call__(self, step):
        p = _progress(step, self.decay_steps)
        p = p / maximum(ceil(p), 1.0) if self.cycle else minimum(p, 1.0)
        span = self.initial_learning_rate - self.end_learning_rate
        return span * power(1.0 - p, self.power) + self.end_learning_rate


class PiecewiseConstantDecay(LearningRateSchedule):
    """values[0] up to and with step boundaries[0], values[1] up to boundaries[1], and so on."""

    def __init__(self, boundaries, values, name="PiecewiseConstant"):
        if len(boundaries) != len(values) - 1:
            raise ValueError(f"PiecewiseConstantDecay: {len(values)} values need {len(values) - 1} boundaries, got "
                             f"{len(boundaries)}.")
        self.boundaries, self.values, self.name = list(boundaries), list(values), name

    def __call__(self, step):
        step = as_tensor(step, "float32")
        rate = as_tensor(np.float32(self.values[-1]))
        for boundary, value in reversed(list(zip(self.boundaries, self.values))):
            rate = select(step <= float(boundary), np.float32(value), rate)
        return rate


class CosineDecay(LearningRateSchedule):
    """From the initial rate (after a linear warm-up to `warmup_target`, if given) along half a cosine to the part
    `alpha` of it. Source: Loshchilov & Hutter 2017, eq. 5, without restarts."""

    def __init__(self, initial_learning_rate, decay_steps, alpha=0.0, name="CosineDecay", warmup_target=None,
                 warmup_steps=0):
        _positive(decay_steps, type(self))
        self.initial_learning_rate, self.decay_steps, self.alpha, self.name = (
            initial_learning_rate, decay_steps, alpha, name)
        self.warmup_target, self.warmup_steps = warmup_target, warmup_steps

    def __call__(self, step):
        step = as_tensor(step, "float32")
        if self.warmup_target is None:
            return self._decayed(step, self.initial_learning_rate)
        climb = (self.warmup_target - self.initial_learning_rate) / max(self.warmup_steps, 1)
        warming = self.initial_learning_rate + climb * step
        return select(step < float(self.warmup_steps), warming, self._decayed(step - float(self.warmup_steps),
                                                                             self.warmup_target))

    def _decayed(self, step, peak):
        p = minimum(step / float(self.decay_steps), 1.0)
        return peak * ((1.0 - self.alpha) * 0.5 * (1.0 + cos(math.pi * p)) + self.alpha)


class CosineDecayRestarts(LearningRateSchedule):
    """Half cosines from the initial rate to the part `alpha` of it, each `t_mul` times as long and starting `m_mul`
    times as high as the one before. Source: Loshchilov & Hutter 2017, eq. 5."""

    def __init__(self, initial_learning_rate, first_decay_steps, t_mul=2.0, m_mul=1.0, alpha=0.0, name="SGDRDecay"):
        _positive(first_decay_steps, type(self))
        self.initial_learning_rate, self.first_decay_steps = initial_learning_rate, first_decay_steps
        self.t_mul, self.m_mul, self.alpha, self.name = t_mul, m_mul, alpha, name

    def __call__(self, step):
        p = _progress(step, self.first_decay_steps)
        if self.t_mul == 1.0:
            restarts = floor(p)
            p = p - restarts
        else:
            # The restarts lie at the sums of a geometric series: (t_mul**n - 1) / (t_mul - 1).
            restarts = floor(log(1.0 - p * (1.0 - self.t_mul)) / math.log(self.t_mul))
            length = power(float(self.t_mul), restarts)
            p = (p - (1.0 - length) / (1.0 - self.t_mul)) / length
        wave = 0.5 * power(float(self.m_mul), restarts) * (1.0 + cos(math.pi * p))
        return self.initial_learning_rate * ((1.0 - self.alpha) * wave + self.alpha)


def _positive(decay_steps, cls):
    if not decay_steps > 0:
        raise ValueError(f"{cls.__name__}: decay_steps must be above 0, got {decay_steps}.")


def get(identifier):
    """The schedule meant by a config or an object."""
    return registry.get("schedules", identifier)



def serialize(learning_rate_schedule):
    """A schedule as plain data that `deserialize` reads: class name and config."""
    return registry.serialize(learning_rate_schedule)


deserialize = registry.deserializer("schedules")
