"""Gradient descent, plain and with a step for each element by the size of its gradients so far."""

from .. import initializers
from ..arguments import switch
from ..ops.arithmetic import clip, maximum, minimum, power, sign
from ..ops.reduce import mean, root_mean_square
from ..ops.unary import sqrt
from .base import Optimizer, with_shared


class SGD(Optimizer):
    """Gradient descent, with momentum (velocity = momentum * velocity - rate * gradient) and Nesterov's
    form of it (Sutskever et al. 2013, eq. 3-4)."""

    @with_shared
    def __init__(self, learning_rate=0.01, momentum=0.0, nesterov=False, **shared):
        super().__init__(learning_rate, **shared)
        self._keep(0, 1, momentum=momentum)
        self.nesterov = switch("SGD: nesterov", nesterov)

    @property
    def slots(self):
        return ("momentum",) if self.momentum else ()

    @property
    def leaves_rows(self):
        return not self.momentum

    def update(self, value, grad, slot, rate):
        step = grad * rate
        if not self.momentum:
            return value - step, {}
        velocity = self.momentum * slot.momentum - step
        if self.nesterov:
            return value + self.momentum * velocity - step, {"momentum": velocity}
        return value + velocity, {"momentum": velocity}


class RMSprop(Optimizer):
    """Steps of size rate * gradient / sqrt(v + epsilon), with v the running mean of the squared gradient, less the
    square of the mean gradient if `centered`; `momentum` adds up the steps. Source: Hinton 2012, lecture 6e."""

    late_slots = ("momentum", "average_gradient")

    @with_shared
    def __init__(self, learning_rate=0.001, rho=0.9, momentum=0.0, epsilon=1e-7, centered=False, **shared):
        super().__init__(learning_rate, **shared)
        self._keep(0, 1, rho=rho, momentum=momentum)
        self._keep(0, epsilon=epsilon)
        self.centered = switch("RMSprop: centered", centered)

    @property
    def slots(self):
        return ("velocity", *(("momentum",) if self.momentum else ()),
                *(("average_gradient",) if self.centered else ()))

    def update(self, value, grad, slot, rate):
        new = {"velocity": self.rho * slot.velocity + (1.0 - self.rho) * (grad * grad)}
        spread = new["velocity"]
        if self.centered:
            new["average_gradient"] = average = self.rho * slot.average_gradient + (1.0 - self.rho) * grad
            spread = spread - average * average
        step = rate * grad / sqrt(spread + self.epsilon)
        if self.momentum:
            new["momentum"] = step = self.momentum * slot.momentum + step
        return value - step, new


class Adagrad(Optimizer):
    """Steps of size rate * gradient / sqrt(a + epsilon), with a the sum of all squared gradients, which starts at
    `initial_accumulator_value`. Source: Duchi et al. 2011, figure 1."""

    slots = ("accumulator",)

    @with_shared
    def __init__(self, learning_rate=0.001, initial_accumulator_value=0.1, epsilon=1e-7, **shared):
        super().__init__(learning_rate, **shared)
        self._keep(0, initial_accumulator_value=initial_accumulator_value, epsilon=epsilon)

    @property
    def leaves_rows(self):      # else 0 / 0 stands where there was no gradient yet
        return self.initial_accumulator_value + self.epsilon > 0

    def new_slot(self, name, variable):
        return self.add_variable_from_reference(variable, name, initializers.Constant(self.initial_accumulator_value))

    def update(self, value, grad, slot, rate):
        total = slot.accumulator + grad * grad
        return value - rate * grad / sqrt(total + self.epsilon), {"accumulator": total}


class Adadelta(Optimizer):
    """Steps of size rate * gradient * rms(steps so far) / rms(gradients so far), with rms(x) the square root of
    epsilon and a running mean of x squared. Source: Zeiler 2012, algorithm 1, which has no rate."""

    slots = ("accumulated_grad", "accumulated_delta_var")

    @with_shared
    def __init__(self, learning_rate=0.001, rho=0.95, epsilon=1e-7, **shared):
        super().__init__(learning_rate, **shared)
        self._keep(0, 1, rho=rho)
        self._keep(0, epsilon=epsilon)

    def update(self, value, grad, slot, rate):
        old, new = self.rho, 1.0 - self.rho
        squares = old * slot.accumulated_grad + new * (grad * grad)
        step = sqrt(slot.accumulated_delta_var + self.epsilon) * grad / sqrt(squares + self.epsilon)
        return value - rate * step, {"accumulated_grad": squares,
                                     "accumulated_delta_var": old * slot.accumulated_delta_var + new * (step * step)}


class Ftrl(Optimizer):
    """"Follow the regularized leader": a variable is what minimizes the sum of all its linearized losses so far, with
    penalties that set small ones to exactly 0.

    learning_rate_power   the rate falls with this power of the summed squared gradients, from 0 down
    initial_accumulator_value   what that sum starts at
    l1_regularization_strength, l2_regularization_strength   penalties on |variable| and its square
    l2_shrinkage_regularization_strength   a penalty on the size at the time of each gradient
    beta                  added to the second penalty over twice the rate
    Source: McMahan et al. 2013, algorithm 1.
    """

    slots = ("accumulator", "linear")

    @with_shared
    def __init__(self, learning_rate=0.001, learning_rate_power=-0.5, initial_accumulator_value=0.1,
                 l1_regularization_strength=0.0, l2_regularization_strength=0.0,
                 l2_shrinkage_regularization_strength=0.0, beta=0.0, **shared):
        super().__init__(learning_rate, **shared)
        self._keep(high=0, learning_rate_power=learning_rate_power)
        self._keep(0, initial_accumulator_value=initial_accumulator_value,
                   l1_regularization_strength=l1_regularization_strength,
                   l2_regularization_strength=l2_regularization_strength,
                   l2_shrinkage_regularization_strength=l2_shrinkage_regularization_strength)
        self._keep(beta=beta)

    def new_slot(self, name, variable):
        first = self.initial_accumulator_value if name == "accumulator" else 0.0
        return self.add_variable_from_reference(variable, name, initializers.Constant(first))

    def update(self, value, grad, slot, rate):
        total = slot.accumulator + grad * grad
        before, now = (power(a, -self.learning_rate_power) for a in (slot.accumulator, total))
        shrunk = grad + 2.0 * self.l2_shrinkage_regularization_strength * value
        linear = slot.linear + (shrunk - (now - before) / rate * value)
        quadratic = now / rate + 2.0 * (self.l2_regularization_strength + self.beta / (2.0 * rate))
        inside = clip(linear, -self.l1_regularization_strength, self.l1_regularization_strength)
        return (inside - linear) / quadratic, {"accumulator": total, "linear": linear}


class Lion(Optimizer):
    """Steps of size rate for every element, against the sign of a running mean of the gradient in which `beta_1`
    weighs the past; the mean itself goes on with `beta_2`. Source: Chen et al. 2023, algorithm 2."""

    slots = ("momentum",)

    @with_shared
    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.99, **shared):
        super().__init__(learning_rate, **shared)
        self._keep(0, 1, beta_1=beta_1, beta_2=beta_2)
        if not beta_1:
            raise ValueError("Lion: beta_1 must be above 0; with 0 the past would have no say.")

    def update(self, value, grad, slot, rate):
        direction = sign(slot.momentum * self.beta_1 + grad * (1.0 - self.beta_1))
        return value - rate * direction, {"momentum": slot.momentum * self.beta_2 + grad * (1.0 - self.beta_2)}


class Adafactor(Optimizer):
    """Adam's adaptive step without its memory: of the squared gradients of a matrix only the means of rows and columns
    are kept, whose product stands for them.

    learning_rate    no update uses more than 1 / sqrt(its number); steps are multiplied by the size of the variable
    beta_2_decay     the share of the past is 1 - number**beta_2_decay
    epsilon_1, epsilon_2   added to squared gradients; the least size of a variable
    clip_threshold   root mean square above which a step is scaled down
    relative_step    in Keras it limits the rate to what it is limited to in any case; so it does here
    Source: Shazeer & Stern 2018, algorithms 4 and 5. As in Keras, the approximation is kept whole as well.
    """

    slots = ("rows", "columns", "velocity")

    @with_shared
    def __init__(self, learning_rate=0.001, beta_2_decay=-0.8, epsilon_1=1e-30, epsilon_2=1e-3, clip_threshold=1.0,
                 relative_step=True, **shared):
        super().__init__(learning_rate, **shared)
        self._keep(beta_2_decay=beta_2_decay)
        self._keep(0, epsilon_1=epsilon_1, epsilon_2=epsilon_2, clip_threshold=clip_threshold)
        self.relative_step = switch("Adafactor: relative_step", relative_step)

    def new_slot(self, name, variable):
        if name == "velocity":
            return self.add_variable_from_reference(variable, name)
        # Vectors have neither; an empty place is kept for them in the file.
        shape = variable.shape
        shape = () if len(shape) < 2 else shape[:-1] if name == "rows" else (*shape[:-2], shape[-1])
        return self.add_variable(shape, dtype=variable.dtype, name=variable.name)

    def factors(self, rate, step):
        return minimum(rate, 1.0 / sqrt(step)), 1.0 - power(step, self.beta_2_decay)

    def update(self, value, grad, slot, factors):
        rate, past = factors
        square = grad * grad + self.epsilon_1
        new = {}
        if len(value.shape) < 2:
            velocity = past * slot.velocity + (1.0 - past) * square
        else:
            new["rows"] = rows = past * slot.rows + (1.0 - past) * mean(square, axis=-1)
            new["columns"] = columns = past * slot.columns + (1.0 - past) * mean(square, axis=-2)
            velocity = (rows / mean(rows, axis=-1, keepdims=True))[..., None] * columns[..., None, :]
        step = grad / sqrt(velocity)
        step = step / maximum(root_mean_square(step) / self.clip_threshold, 1.0)
        size = maximum(root_mean_square(value), self.epsilon_2)
        return value - size * rate * step, {**new, "velocity": velocity}
