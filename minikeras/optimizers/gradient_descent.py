"""Plain and adaptive gradient descent."""

from ..arguments import number
from ..ops.arithmetic import maximum, power
from ..ops.unary import sqrt
from .base import Optimizer


class SGD(Optimizer):
    """Gradient descent, with momentum (velocity = momentum * velocity - rate * gradient) and Nesterov's
    form of it (Sutskever et al. 2013, eq. 3-4)."""

    def __init__(self, learning_rate=0.01, momentum=0.0, nesterov=False, weight_decay=None, clipnorm=None,
                 clipvalue=None, global_clipnorm=None, use_ema=False, ema_momentum=0.99, ema_overwrite_frequency=None,
                 loss_scale_factor=None, gradient_accumulation_steps=None, name="SGD"):
        super().__init__(learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
                         ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps, name)
        self.momentum, self.nesterov = number("SGD: momentum", momentum, 0, 1), nesterov

    @property
    def slots(self):
        return ("velocity",) if self.momentum else ()

    @property
    def leaves_rows(self):
        return not self.momentum

    def update(self, value, grad, slot, rate):
        step = grad * rate
        if not self.momentum:
            return value - step, {}
        velocity = self.momentum * slot.velocity - step
        if self.nesterov:
            return value + self.momentum * velocity - step, {"velocity": velocity}
        return value + velocity, {"velocity": velocity}


class RMSprop(Optimizer, aliases=("rmsprop",)):
    """Steps of size rate * gradient / sqrt(v + epsilon), with v the running mean of the squared gradient, less the
    square of the mean gradient if `centered`; `momentum` adds up the steps. Source: Hinton 2012, lecture 6e."""

    late_slots = ("momentum", "average_gradient")

    def __init__(self, learning_rate=0.001, rho=0.9, momentum=0.0, epsilon=1e-7, centered=False, weight_decay=None,
                 clipnorm=None, clipvalue=None, global_clipnorm=None, use_ema=False, ema_momentum=0.99,
                 ema_overwrite_frequency=None, loss_scale_factor=None, gradient_accumulation_steps=None, name=None):
        super().__init__(learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
                         ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps, name)
        self.rho, self.momentum = number("RMSprop: rho", rho, 0, 1), number("RMSprop: momentum", momentum, 0, 1)
        self.epsilon, self.centered = number("RMSprop: epsilon", epsilon, 0), centered

    @property
    def slots(self):
        return ("velocity", *(("momentum",) if self.momentum else ()),
                *(("average_gradient",) if self.centered else ()))

    def update(self, value, grad, slot, rate):
        new = {"velocity": self.rho * slot.velocity + (1.0 - self.rho) * (grad * grad)}
        spread = new["velocity"]
        if self.centered:
            new["average_gradient"] = mean = self.rho * slot.average_gradient + (1.0 - self.rho) * grad
            spread = spread - mean * mean
        step = rate * grad / sqrt(spread + self.epsilon)
        if self.momentum:
            new["momentum"] = step = self.momentum * slot.momentum + step
        return value - step, new


class Adam(Optimizer):
    """Steps of size rate * m / (sqrt(v) + epsilon), with m and v running means of the gradient and its
    square, corrected for their start at 0. Source: Kingma & Ba 2015, algorithm 1, in the form before
    section 2.1; `amsgrad` uses the largest v so far (Reddi et al. 2018, algorithm 2)."""

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, amsgrad=False, weight_decay=None,
                 clipnorm=None, clipvalue=None, global_clipnorm=None, use_ema=False, ema_momentum=0.99,
                 ema_overwrite_frequency=None, loss_scale_factor=None, gradient_accumulation_steps=None, name="adam"):
        super().__init__(learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
                         ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps, name)
        self.beta_1 = number("Adam: beta_1", beta_1, 0, 1, below=True)
        self.beta_2 = number("Adam: beta_2", beta_2, 0, 1, below=True)
        self.epsilon, self.amsgrad = number("Adam: epsilon", epsilon, 0), amsgrad

    late_slots = ("velocity_hat",)

    @property
    def slots(self):
        return ("momentum", "velocity", "velocity_hat") if self.amsgrad else ("momentum", "velocity")

    def step_size(self, rate, step):
        return rate * sqrt(1.0 - power(self.beta_2, step)) / (1.0 - power(self.beta_1, step))

    def update(self, value, grad, slot, rate):
        m = slot.momentum + (grad - slot.momentum) * (1.0 - self.beta_1)
        v = slot.velocity + (grad * grad - slot.velocity) * (1.0 - self.beta_2)
        new = {"momentum": m, "velocity": v}
        if self.amsgrad:
            new["velocity_hat"] = v = maximum(slot.velocity_hat, v)
        return value - m * rate / (sqrt(v) + self.epsilon), new
