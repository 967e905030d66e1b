"""Adam and its relatives: steps by running means of the gradient and its square."""

from ..arguments import count, switch
from ..autograd.linear import cast
from ..ops.arithmetic import absolute, maximum, minimum, power, select
from ..ops.reduce import euclidean_norm
from ..ops.unary import sqrt
from .applying import store, value_of
from .base import Optimizer, with_shared


class _Means(Optimizer):
    """Base: the settings of all, and the running means, which start at 0."""

    slots = ("momentum", "velocity")

    def __init__(self, learning_rate, beta_1, beta_2, epsilon, **shared):
        super().__init__(learning_rate, **shared)
        self._keep(0, 1, below=True, beta_1=beta_1, beta_2=beta_2)
        self._keep(0, epsilon=epsilon)

    def means(self, grad, slot):
        """The running means of the gradient and of its square, with this one in them."""
        return (slot.momentum + (grad - slot.momentum) * (1.0 - self.beta_1),
                slot.velocity + (grad * grad - slot.velocity) * (1.0 - self.beta_2))

    def starts(self, step):
        """What the means are divided by to make up for their start at 0."""
        return 1.0 - power(self.beta_1, step), 1.0 - power(self.beta_2, step)


class Adam(_Means):
    """Steps of size rate * m / (sqrt(v) + epsilon), with m and v running means of the gradient and its
    square, corrected for their start at 0. Source: Kingma & Ba 2015, algorithm 1, in the form before
    section 2.1; `amsgrad` uses the largest v so far (Reddi et al. 2018, algorithm 2)."""

    late_slots = ("velocity_hat",)

    @with_shared
    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, amsgrad=False, **shared):
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **shared)
        self.amsgrad = switch(f"{type(self).__name__}: amsgrad", amsgrad)

    @property
    def slots(self):
        return (*super().slots, "velocity_hat") if self.amsgrad else super().slots

    def factors(self, rate, step):
        first, second = self.starts(step)
        return rate * sqrt(second) / first

    def update(self, value, grad, slot, rate):
        m, v = self.means(grad, slot)
        new = {"momentum": m, "velocity": v}
        if self.amsgrad:
            new["velocity_hat"] = v = maximum(slot.velocity_hat, v)
        return value - m * rate / (sqrt(v) + self.epsilon), new


class AdamW(Adam):
    """Adam with weight decay that is not scaled by the gradients. Source: Loshchilov & Hutter 2019, algorithm 2."""

    @with_shared
    def __init__(self, learning_rate=0.001, weight_decay=0.004, beta_1=0.9, beta_2=0.999, epsilon=1e-7, amsgrad=False,
                 **shared):
        if weight_decay is None:
            raise ValueError("AdamW: weight_decay must be a number, got None. Adam is the one without.")
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay, **shared)


class Adamax(_Means):
    """Steps of size rate * m / (u + epsilon), with m the corrected running mean of the gradient and u the largest
    gradient so far, which fades by `beta_2`. Source: Kingma & Ba 2015, algorithm 2."""

    slots = ("momentum", "norm")

    @with_shared
    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, **shared):
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **shared)

    def factors(self, rate, step):
        return rate / self.starts(step)[0]

    def update(self, value, grad, slot, rate):
        m = slot.momentum + (grad - slot.momentum) * (1.0 - self.beta_1)
        u = maximum(self.beta_2 * slot.norm, absolute(grad))
        return value - m * rate / (u + self.epsilon), {"momentum": m, "norm": u}


class Nadam(_Means):
    """Adam with Nesterov's look ahead: the step uses the mean as the next gradient would find it. The share of the
    past grows with the steps to `beta_1`. Source: Dozat 2016, algorithm 2, with its schedule for the momentum."""

    @with_shared
    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, **shared):
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **shared)

    def build(self, variables):
        if not self.built:
            variables = list(variables)
            super().build(variables)
            self._product = self.add_variable((), "ones", variables[0].dtype if variables else None, name="product")

    def _share(self, step):
        return self.beta_1 * (1.0 - 0.5 * power(0.96, step))

    def advance(self):
        share = self._share(self._number(self._product._array.dtype))
        store(self._product, value_of(self._product) * share)

    def factors(self, rate, step):
        now, following = self._share(step), self._share(step + 1.0)
        product = cast(value_of(self._product), dtype=rate.dtype)
        return rate, following / (1.0 - product * following), (1.0 - now) / (1.0 - product), self.starts(step)[1]

    def update(self, value, grad, slot, factors):
        rate, of_mean, of_grad, start = factors
        m, v = self.means(grad, slot)
        return (value - (of_mean * m + of_grad * grad) * rate / (sqrt(v / start) + self.epsilon),
                {"momentum": m, "velocity": v})


class Lamb(_Means):
    """Adam's step, brought to the norm of the variable times the rate: for large batches. A norm of 0 leaves the step
    as it is. Source: You et al. 2020, algorithm 2."""

    @with_shared
    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, **shared):
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **shared)

    def factors(self, rate, step):
        return rate, *self.starts(step)

    def update(self, value, grad, slot, factors):
        rate, first, second = factors
        m, v = self.means(grad, slot)
        step = m / first / (sqrt(v / second) + self.epsilon)
        size, length = euclidean_norm(value), euclidean_norm(step)
        ratio = select((size > 0) & (length > 0), size / length, 1.0)
        return value - ratio * rate * step, {"momentum": m, "velocity": v}


class ScheduleFreeAdamW(_Means):
    """Adam that needs no falling learning rate: gradients change a sequence z, the slot `momentum`, and the variable
    is between z and the mean of all z so far, nearer to the mean the larger `beta_1`.

    warmup_steps   number of updates over which the rate rises from 0
    Source: Defazio et al. 2024, algorithm 1. As in Keras, all z count the same in the mean, and the variables are left
    where gradients are taken: not at the mean itself.
    """

    @with_shared
    def __init__(self, learning_rate=0.0025, beta_1=0.9, beta_2=0.999, epsilon=1e-8, warmup_steps=0, **shared):
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **shared)
        if not beta_1:
            raise ValueError("ScheduleFreeAdamW: beta_1 must be above 0; the mean is found from the variable by "
                             "dividing by it.")
        self.warmup_steps = warmup_steps and count("ScheduleFreeAdamW: warmup_steps", warmup_steps)

    def new_slot(self, name, variable):
        first = (lambda shape, dtype: variable.value) if name == "momentum" else "zeros"
        return self.add_variable_from_reference(variable, name, first)

    def factors(self, rate, step):
        if self.warmup_steps:
            rate = rate * minimum(step / float(self.warmup_steps), 1.0)
        return rate, 1.0 / step, self.starts(step)[1]

    def update(self, value, grad, slot, factors):
        rate, share, start = factors
        velocity = self.means(grad, slot)[1]
        z = slot.momentum - rate * grad / (sqrt(velocity / start) + self.epsilon)
        average = (value - (1.0 - self.beta_1) * slot.momentum) / self.beta_1
        average = (1.0 - share) * average + share * z
        return (1.0 - self.beta_1) * z + self.beta_1 * average, {"momentum": z, "velocity": velocity}
