"""Keras' dtype policies: which element type layers compute in, and which their weights have. Here these are one."""

from . import registry
from .autograd.dtypes import as_dtype, layer_dtype
from .errors import DTypeError

__all__ = ["DTypePolicy", "FloatDTypePolicy", "deserialize", "get", "serialize"]

SUPPORTED = ("float16", "float32", "float64")


class DTypePolicy:
    """The element type of computations and weights, 'float16', 'float32' or 'float64'; that of layers for None.

    Layers take it for `dtype`. Raises ValueError for the mixed policies ('mixed_float16', 'mixed_bfloat16') and for
    quantization: computing in one type with weights of another is not supported.
    """

    def __init__(self, name=None):
        name = layer_dtype() if name is None else name
        try:
            supported = as_dtype(name).name in SUPPORTED
        except DTypeError:
            supported = False
        if not supported:
            raise ValueError(f"DTypePolicy: {name!r} is not supported. A policy is one of {', '.join(SUPPORTED)}, for "
                             "computation and weights alike.")
        self._type = as_dtype(name)

    @classmethod
    def of_layer(cls, dtype):
        """The policy of a layer that has any element type, given by its name."""
        policy = object.__new__(cls)
        policy._type = as_dtype(dtype)
        return policy

    @property
    def name(self):
        """The name of the type."""
        return self._type.name

    compute_dtype = variable_dtype = name

    @property
    def dtype(self):
        """NumPy's type: a policy stands wherever an element type does."""
        return self._type.dtype

    @property
    def quantization_mode(self):
        """None: there is no quantization."""

    def get_config(self):
        """The name, from which `from_config` makes an equal policy."""
        return {"name": self.name}

    @classmethod
    def from_config(cls, config):
        """A policy from what `get_config` gave."""
        return cls(**config)

    def __eq__(self, other):
        return isinstance(other, DTypePolicy) and self.name == other.name

    def __hash__(self):
        return hash(self.name)

    def __repr__(self):
        return f'<DTypePolicy "{self.name}">'


def dtype_of_layer(dtype):
    """The name of the element type meant by what a layer is given for `dtype`. Raises ValueError for what is not
    supported, such as the mixed policies, and says what is."""
    try:
        return as_dtype(dtype or layer_dtype()).name
    except DTypeError:
        return DTypePolicy(dtype).name


FloatDTypePolicy = DTypePolicy      # Keras' older name


def serialize(dtype_policy):
    """Keras' form of a policy, plain data."""
    return {"module": "keras", "class_name": "DTypePolicy", "config": dtype_policy.get_config(),
            "registered_name": None}


def deserialize(config, custom_objects=None):
    """The policy of what `serialize` gave. Raises ValueError for one that is not supported."""
    name = registry.deserialize(config, None, custom_objects)
    return name if isinstance(name, DTypePolicy) else DTypePolicy(name)


def get(identifier):
    """The policy meant by a name, a config, an element type, a policy itself, or None: that of layers by default."""
    if identifier is None:
        return DTypePolicy()
    if isinstance(identifier, dict):
        return deserialize(identifier)
    return identifier if isinstance(identifier, DTypePolicy) else DTypePolicy(identifier)
