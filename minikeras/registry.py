"""Objects by name, and their configs: what strings, YAML and saved models resolve through.

A `Configurable` remembers the arguments it was made with, so `get_config`, `from_config` and `repr`
come from the constructor's signature. Every built-in class registers itself under its kind; classes
of users only by `register_keras_serializable` or `custom_objects`. Nothing else can be reached: a
config names a class, never a module path.
"""

import difflib
import inspect
import re

import numpy as np

from .autograd.dtypes import DType
from .autograd.tensor import ArrayOperand

KINDS = {}          # kind -> {name: class or function}
_CUSTOM = {}        # "Package>Name" -> class of a user


def snake_case(name):
    """Keras' spelling of a class name: MeanSquaredError -> mean_squared_error, ReLU -> re_lu."""
    spaced = re.sub(r"\W+", "", name)
    spaced = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", spaced)
    return re.sub("([a-z])([A-Z])", r"\1_\2", spaced).lower()


class Captured:
    """The constructor arguments of an object, in a class of its own so that nothing looks inside."""

    __slots__ = ("args", "kwargs")

    def __init__(self, args, kwargs):
        self.args, self.kwargs = args, kwargs


class Configurable:
    """Base of everything that can be named in a config."""

    _kind = None

    def __new__(cls, *args, **kwargs):
        self = super().__new__(cls)
        object.__setattr__(self, "_captured", Captured(args, kwargs))
        return self

    def __init_subclass__(cls, kind=None, aliases=(), **kwargs):
        super().__init_subclass__(**kwargs)
        if kind is not None:
            cls._kind = kind
            KINDS.setdefault(kind, {})
        if cls._kind and cls.__module__.partition(".")[0] == __package__ and not cls.__name__.startswith("_"):
            for name in (cls.__name__, snake_case(cls.__name__), *aliases):
                KINDS[cls._kind][name] = cls

    def get_config(self):
        """The constructor arguments as plain data, from which `from_config` makes an equal object."""
        return {name: serialize(value) for name, value in arguments_of(self).items()}

    @classmethod
    def from_config(cls, config):
        """An object from what `get_config` gave."""
        return cls(**config)

    def __repr__(self):
        shown = ", ".join(f"{name}={value!r}" for name, value in arguments_of(self, defaults=False).items())
        return f"{type(self).__name__}({shown})"


def arguments_of(obj, defaults=True):
    """The captured constructor arguments by name, with defaults filled in if asked."""
    captured = obj._captured
    bound = inspect.signature(type(obj).__init__).bind(obj, *captured.args, **captured.kwargs)
    if defaults:
        bound.apply_defaults()
    result = {}
    for name, value in list(bound.arguments.items())[1:]:
        kind = bound.signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_KEYWORD:
            result.update(value)
        elif kind is not inspect.Parameter.VAR_POSITIONAL or value:
            result[name] = value
    return result


def parameters(cls):
    """Constructor parameters by name, with those that reach a base class through **kwargs."""
    if not inspect.isclass(cls):
        return dict(inspect.signature(cls).parameters)
    found = {}
    for base in cls.__mro__:
        if "__init__" not in vars(base) or base is object:
            continue
        own = list(inspect.signature(base.__init__).parameters.values())[1:]
        for parameter in own:
            if parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
                found.setdefault(parameter.name, parameter)
        if not any(p.kind is p.VAR_KEYWORD for p in own):
            break
    return found


def known(kind):
    """The names registered under `kind`, sorted."""
    return sorted(KINDS.get(kind, ()))


def register(kind, *aliases):
    """Decorator: register a function under its own name and `aliases`."""
    def decorate(function):
        for name in (function.__name__, *aliases):
            KINDS.setdefault(kind, {})[name] = function
        return function
    return decorate


def find(kind, name, custom_objects=None):
    """The class or function called `name`. Raises ValueError with the nearest known names."""
    custom = (custom_objects or {}).get(name) or _CUSTOM.get(name)
    if custom is not None:
        return custom
    try:
        return KINDS[kind][name]
    except KeyError:
        near = difflib.get_close_matches(str(name), known(kind), 3, 0.5)
        hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else f" Known are: {', '.join(known(kind))}."
        raise ValueError(f"{name!r} is not one of the {kind} of minikeras.{hint} A class of your own is passed as an "
                         "object, or named in custom_objects.") from None


def get(kind, identifier, custom_objects=None):
    """The object meant by None, a name, a config, a class, a function or an object itself."""
    if identifier is None:
        return None
    if isinstance(identifier, dict):
        return deserialize(identifier, kind, custom_objects)
    if isinstance(identifier, str):
        identifier = find(kind, identifier, custom_objects)
    if inspect.isclass(identifier):
        return identifier()
    if callable(identifier) or isinstance(identifier, Configurable):
        return identifier
    raise ValueError(f"{identifier!r} cannot be understood as one of the {kind}: give a name, a config, a function or "
                     "an object.")


def register_keras_serializable(package="Custom", name=None):
    """Decorator: let saved models and configs refer to a class or function of yours as 'package>name'."""
    def decorate(target):
        registered = f"{package}>{name or target.__name__}"
        _CUSTOM[registered] = target
        target._registered_name = registered
        return target
    return decorate


def serialize(value):
    """Plain data for a constructor argument: numbers, text and lists as they are, objects by name and config."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [serialize(item) for item in value]
    if isinstance(value, dict):
        return {str(key): serialize(item) for key, item in value.items()}
    if isinstance(value, Configurable):
        return serialize_object(value)
    if isinstance(value, DType):
        return value.name
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (np.ndarray, ArrayOperand)):
        array = np.asarray(value)
        return {"class_name": "__numpy__", "config": {"value": array.tolist(), "dtype": array.dtype.name}}
    if hasattr(value, "get_config"):
        return serialize_object(value)
    if callable(value):
        return _function_name(value)
    raise TypeError(f"{value!r} ({type(value).__name__}) cannot be written into a config. Give the class a "
                    "get_config() that returns plain data.")


def _function_name(function):
    registered = getattr(function, "_registered_name", None)
    if registered is None:
        for functions in KINDS.values():
            if functions.get(function.__name__) is function:
                return function.__name__
        raise TypeError(f"the function {function.__qualname__} cannot be written into a config: it is not one of "
                        "minikeras. Decorate it with @keras.saving.register_keras_serializable().")
    return registered


def serialize_object(obj):
    """Keras' form of an object: module, class name, config, registered name."""
    cls = type(obj)
    builtin = cls._kind if isinstance(obj, Configurable) and KINDS[cls._kind].get(cls.__name__) is cls else None
    return {"module": f"keras.{builtin}" if builtin else None, "class_name": cls.__name__, "config": obj.get_config(),
            "registered_name": None if builtin else getattr(cls, "_registered_name", cls.__name__)}


# Keras calls the kind of Sequential by the module it lives in, "keras", which is no kind of its own.
_KIND_OF_MODULE = {"keras": "models", "keras.src.models.sequential": "models"}


def deserialize(config, kind=None, custom_objects=None):
    """The object of a config as `serialize_object` makes it, nested ones first. Other data as it is."""
    if isinstance(config, list):
        return [deserialize(item, None, custom_objects) for item in config]
    if not isinstance(config, dict):
        return config
    if "class_name" not in config:
        return {key: deserialize(item, None, custom_objects) for key, item in config.items()}
    inner = config.get("config") or {}
    name = config["class_name"]
    if name == "__numpy__":
        return np.array(inner["value"], dtype=inner["dtype"])
    if name == "__tuple__":
        return tuple(deserialize(config.get("items", []), None, custom_objects))
    if name == "DTypePolicy":
        return inner["name"]
    if not isinstance(inner, dict):
        raise ValueError(f"the config of {name!r} must be a mapping of constructor arguments, got {inner!r}.")
    module = config.get("module")
    kind = _KIND_OF_MODULE.get(module) or (module.rpartition(".")[2] if module and module.startswith("keras.") else kind)
    cls = _class_of(config, kind, custom_objects)
    inner = {key: deserialize(item, None, custom_objects) for key, item in inner.items()}
    return cls.from_config(inner) if hasattr(cls, "from_config") else cls(**inner)


def _class_of(config, kind, custom_objects):
    for name in (config.get("registered_name"), config["class_name"]):
        if name and ((custom_objects or {}).get(name) or _CUSTOM.get(name)):
            return (custom_objects or {}).get(name) or _CUSTOM[name]
    if kind is None:
        kinds = [k for k, classes in KINDS.items() if config["class_name"] in classes]
        kind = kinds[0] if len(kinds) == 1 else "layers"
    return find(kind, config["class_name"])
