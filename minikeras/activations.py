"""Activation functions by Keras' names."""


from . import kinds, registry
from .autograd.operands import as_tensor
from .ops import activation, arithmetic, unary

for _function in (
        activation.celu, activation.elu, activation.glu, activation.hard_shrink, activation.hard_sigmoid,
        activation.hard_tanh, activation.leaky_relu, activation.log_sigmoid, activation.log_softmax, activation.mish,
        activation.relu6, activation.selu, activation.soft_shrink, activation.softsign, activation.sparse_plus,
        activation.sparse_sigmoid, activation.sparsemax, activation.squareplus, activation.tanh_shrink,
        activation.threshold, unary.sigmoid, unary.softplus, unary.tanh):
    kinds.register("activations")(_function)
    globals()[_function.__name__] = _function

silu = swish = kinds.register("activations", "swish")(activation.silu)
hard_silu = hard_swish = kinds.register("activations", "hard_swish")(activation.hard_silu)


@kinds.register("activations")
def linear(x):
    """x itself."""
    return as_tensor(x)


@kinds.register("activations")
def exponential(x):
    """e to the power x."""
    return unary.exp(x)


@kinds.register("activations")
def gelu(x, approximate=False):
    """x times the normal distribution function of x, or its tanh approximation."""
    return activation.gelu(x, approximate)


@kinds.register("activations")
def softmax(x, axis=-1):
    """exp(x) over its sum along `axis`."""
    return activation.softmax(x, axis=axis)


@kinds.register("activations")
def relu(x, negative_slope=0.0, max_value=None, threshold=0.0):
    """max(x, 0), with a slope below `threshold` and an upper limit if asked.

    x between threshold and max_value as it is, above it max_value, below threshold
    negative_slope * (x - threshold)
    """
    if negative_slope == 0.0 and threshold == 0.0:
        if max_value is None:
            return activation.relu(x)
        if max_value == 6:
            return activation.relu6(x)
    x = as_tensor(x)
    upper = x if max_value is None else arithmetic.minimum(x, float(max_value))
    return arithmetic.select(x > threshold, upper, negative_slope * (x - threshold))


def get(identifier):
    """The activation meant by a name, a function or None (`linear`)."""
    if identifier is None:
        return linear
    if isinstance(identifier, str):
        return kinds.find("activations", identifier)
    return registry.get("activations", identifier)



def serialize(activation):
    """An activation as plain data that `deserialize` reads: the name of a function."""
    return registry.serialize(activation)


deserialize = registry.deserializer("activations")
