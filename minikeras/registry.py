"""Objects by name, and their configs: what strings, YAML and saved models resolve through.

A `Configurable` remembers the arguments it was made with, so `get_config`, `from_config` and `repr`
come from the constructor's signature. Every built-in class registers itself under its kind; classes
of users only by `register_keras_serializable` or `custom_objects`. Nothing else can be reached: a
config names a class, never a module path.
"""

import contextlib
import copy
import importlib
import inspect
import threading

import numpy as np

from . import sharing
from .autograd import state
from .autograd.dtypes import DType
from .autograd.random import SeedGenerator
from .autograd.state import thread
from .autograd.tensor import ArrayOperand
from .custom_objects import CustomObjectScope, own_of
from .errors import ArgumentError
from .kinds import HOMES, KINDS, UNNAMED, find, is_ours, near, of_kind, snake_case

PLAIN = (bool, int, float, str)     # values that are the same if they are equal

class Captured:
    """The constructor arguments of an object, in a class of its own so that nothing looks inside."""

    __slots__ = ("args", "kwargs")

    def __init__(self, args, kwargs):
        self.args, self.kwargs = args, kwargs


class _Thread(threading.local):
    foreign = None      # {name: class or function} that are not ours and were named in configs, while somebody notes it


_thread = _Thread()


@contextlib.contextmanager
def noting_foreign():
    """A block that gives the dict of what configs made in it name and only the user's program has, by those names."""
    before, _thread.foreign = _thread.foreign, {}
    try:
        yield _thread.foreign
    finally:
        _thread.foreign = before


def _note_foreign(name, item):
    if _thread.foreign is not None and _thread.foreign.setdefault(name, item) is not item:
        raise ValueError(f"there are two things called {name!r} in one object: {item!r} and {_thread.foreign[name]!r}. "
                         "Register one under another name, with @keras.saving.register_keras_serializable(name=...).")


class Configurable:
    """Base of everything that can be named in a config.

    A subclass with `kind` is the base of that kind: it does nothing by itself, so it has no name. One that takes
    a function to be complete says `named=False`: only the config of an object made of it finds it. One that no config
    has says `named=None`.
    """

    _kind = None

    def __new__(cls, *args, **kwargs):
        self = super().__new__(cls)
        object.__setattr__(self, "_captured", Captured(args, kwargs))
        return self

    def __init__(self):
        """Takes nothing; object's own would take anything."""

    def __setattr__(self, name, value):
        before = self.__dict__.get(name, self)
        if before is not value and not (type(before) is type(value) and type(value) in PLAIN and before == value):
            state.changes += 1
            if thread.recorder is not None:
                thread.recorder.changing(self, name)
        object.__setattr__(self, name, value)

    def _forget_run(self):
        """Let go of tensors that the last run left here, such as what `add_loss` was given. Nothing by default."""

    def __delattr__(self, name):
        state.changes += 1
        if thread.recorder is not None:
            thread.recorder.changing(self, name)
        object.__delattr__(self, name)

    def __init_subclass__(cls, kind=None, aliases=(), named=True, **kwargs):
        super().__init_subclass__(**kwargs)
        if kind is not None:
            cls._kind = kind
            KINDS.setdefault(kind, {})
        elif cls._kind and named is not None and is_ours(cls) and not cls.__name__.startswith("_"):
            names = (cls.__name__, snake_case(cls.__name__), *aliases) if named else (cls.__name__,)
            (KINDS if named else UNNAMED).setdefault(cls._kind, {}).update(dict.fromkeys(names, cls))

    @property
    def _titled(self):
        """How messages about one object begin: its class and its name."""
        return f"{type(self).__name__} {self.name!r}"

    def get_config(self):
        """The constructor arguments as plain data, from which `from_config` makes an equal object."""
        # Our constructors keep their arguments under their own names, checked and completed. Who knows what others do.
        kept = vars(self) if is_ours(type(self).__init__) else {}
        return {name: serialize(kept.get(name, value)) for name, value in arguments_of(self).items()}

    @classmethod
    def from_config(cls, config):
        """An object from what `get_config` gave."""
        return cls(**revived(config))

    def __repr__(self):
        shown = ", ".join(f"{name}={value!r}" for name, value in arguments_of(self, defaults=False).items())
        return f"{type(self).__name__}({shown})"

    def __copy__(self):
        """Another object with the very same parts."""
        new = object.__new__(type(self))
        new.__dict__.update(vars(self))
        return new

    def __deepcopy__(self, memo):
        """An object of its own, with copies of all parts."""
        new = memo[id(self)] = object.__new__(type(self))
        # Optimizers last: then the Variables that they speak of have copies.
        parts = sorted(vars(self).items(), key=lambda part: getattr(part[1], "_kind", None) == "optimizers")
        new.__dict__.update({name: copy.deepcopy(value, memo) for name, value in parts})
        return new

    def __reduce__(self):
        """For Python's pickle: a function of ours, and the bytes that it makes an equal object of."""
        return importlib.import_module(".saving.rebuilding", __package__).reduced(self)


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


def deserializer(kind):
    """The function `deserialize` of a kind."""
    def deserialize(config, custom_objects=None):
        """The object that a config, or a name, means; `custom_objects` are classes and functions by name."""
        return get(kind, config, custom_objects)
    return deserialize


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
    if isinstance(value, SeedGenerator):
        return {"module": "keras.random", "class_name": "SeedGenerator", "config": value.get_config(),
                "registered_name": None}
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
        return serialize_function(value)
    raise TypeError(f"{value!r} ({type(value).__name__}) cannot be written into a config. Give the class a "
                    "get_config() that returns plain data.")


def serialize_function(function, by_name=True):
    """The name of a function of minikeras, or Keras' form of any: that always with `by_name` false."""
    registered = getattr(function, "_registered_name", None)
    name = getattr(function, "__name__", "<lambda>")
    module = next((kind for kind in HOMES if of_kind(kind).get(name) is function), None)
    if module is not None and by_name:
        return name
    if module is None and registered is None and (name == "<lambda>" or "<locals>" in function.__qualname__):
        raise TypeError(f"the function {name} cannot be written into a config: it has no name to find it by. Define it "
                        "with def and decorate it with @keras.saving.register_keras_serializable().")
    name = registered or name
    if module is None:
        _note_foreign(name, function)
    return {"module": "builtins" if module else None, "class_name": "function", "config": name, "registered_name": name}


def serialize_object(obj):
    """Keras' form of an object: module, class name, config, registered name; how it was built and compiled."""
    cls = type(obj)
    builtin = cls._kind if isinstance(obj, Configurable) and _by_config(cls._kind, cls.__name__) is cls else None
    module = vars(cls).get("keras_module") or _MODULE_OF_KIND.get(builtin, f"keras.{builtin}")
    name, config = vars(cls).get("keras_name", cls.__name__), obj.get_config()
    form = {"module": module if builtin else None, "class_name": name,
            "config": config if builtin else serialize(config),     # a get_config of the user's own may hold objects
            "registered_name": None if builtin else vars(cls).get("_registered_name", cls.__name__)}
    if not builtin:
        _note_foreign(form["registered_name"], cls)
    for part in ("build_config", "compile_config"):
        config = getattr(obj, f"get_{part}", lambda: None)()
        if config is not None:
            form[part] = serialize(config)
    sharing.written(obj, form)
    return form


# Where Keras has a kind under another name than its own.
FEATURES = "keras.src.layers.preprocessing.feature_space"
_MODULE_OF_KIND = {"features": FEATURES, "models": "keras", "schedules": "keras.optimizers.schedules"}


def deserialize(config, kind=None, custom_objects=None):
    """The object of a config as `serialize_object` makes it, nested ones first. Other data as it is.

    Only classes and functions of minikeras, of `custom_objects`, or registered by the running program are
    ever made: a config names a class and is never followed to a module. Raises ValueError for others, and for
    fields that a class does not know.
    """
    if isinstance(config, list):
        return [deserialize(item, None, custom_objects) for item in config]
    if not isinstance(config, dict):
        return config
    if "class_name" not in config:
        return {key: deserialize(item, None, custom_objects) for key, item in config.items()}
    name, inner = config["class_name"], config.get("config")
    kind = _kind_of_module(config.get("module")) or kind
    if name == "function":
        return _function_of(config, kind, custom_objects)
    inner = {} if inner is None else inner
    if not isinstance(inner, dict) or not isinstance(name, str):
        raise ValueError(f"the config of {name!r} must be a mapping of constructor arguments, got {inner!r}.")
    if name in _DATA_FORMS:
        return _DATA_FORMS[name](inner)
    cls = _class_of(config, kind, custom_objects)
    if not inspect.isclass(cls):
        return cls
    before = sharing.made_before(config)
    if before is not None:
        return before
    try:
        with CustomObjectScope(custom_objects):
            # As in Keras, a from_config of the user's own gets the data as they stand in the config.
            obj = cls.from_config(dict(inner)) if hasattr(cls, "from_config") else cls(**revived(inner))
    except TypeError as error:
        raise ValueError(f"{name} cannot be made from its config {inner}: {error}. It takes "
                         f"{', '.join(parameters(cls)) or 'no arguments'}.") from error
    for part in ("build", "compile"):
        given = config.get(f"{part}_config")
        # Keras writes {} for a model inside another one, which is not compiled.
        if given and not (part == "build" and getattr(obj, "built", False)):
            follow = getattr(obj, f"{part}_from_config", None)
            if follow is not None:
                follow(deserialize(given, None, custom_objects))
    sharing.remember(config, obj)
    return obj


def revived(value):
    """A config, or a part of it, with the objects that stand in it in the form of `serialize_object`."""
    if isinstance(value, list):
        return [revived(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "class_name" in value and ("module" in value or value["class_name"] in _DATA_FORMS):
        return deserialize(value)
    return {key: revived(item) for key, item in value.items()}


def _numpy_array(inner):
    dtype = np.dtype(inner["dtype"])
    if dtype.kind not in "biufc":
        raise ValueError(f"an array in a config must hold numbers, got dtype {dtype}.")
    return np.array(inner["value"], dtype=dtype)


_DATA_FORMS = {"__numpy__": _numpy_array, "__tensor__": _numpy_array, "DTypePolicy": lambda inner: inner["name"],
               "SeedGenerator": lambda inner: SeedGenerator(inner.get("seed"), inner.get("name"))}


def _kind_of_module(module):
    """'layers' for 'keras.layers', and so on; None where the module says nothing."""
    kinds = {name: kind for kind, name in _MODULE_OF_KIND.items()}
    if module in kinds:
        return kinds[module]
    if isinstance(module, str) and module.startswith("keras."):
        parts = module.split(".")
        return parts[2] if parts[1] == "src" and len(parts) > 2 else parts[1]
    return None


def _function_of(config, kind, custom_objects):
    name = config.get("config")
    custom = own_of((config.get("registered_name"), name), custom_objects)
    if custom is not None:
        return custom
    kinds = ("activations", "functions") if kind not in ("losses", "metrics") else ("functions",)
    for kind in kinds:
        found = of_kind(kind).get(name) if isinstance(name, str) else None
        if found is not None and not inspect.isclass(found):
            return found
    raise ValueError(_unknown(name, kinds, "function"))


def _class_of(config, kind, custom_objects):
    name, registered = config["class_name"], config.get("registered_name")
    custom = own_of((registered, name), custom_objects)
    if custom is not None:
        return custom
    if kind is None and registered is None:
        kinds = [k for k in HOMES if _by_config(k, name)]
        kind = kinds[0] if len(kinds) == 1 else None
    found = _by_config(kind, name)
    if not inspect.isclass(found) or registered not in (None, name):
        raise ArgumentError(_unknown(registered or name, (kind,) if kind in HOMES else tuple(HOMES), "class"))
    return found


def _by_config(kind, name):
    """What a config finds under a name; None if there is nothing."""
    return of_kind(kind).get(name) or UNNAMED.get(kind, {}).get(name)


def _unknown(name, kinds, what):
    close = near(name, kinds)
    hint = f" Near it are {', '.join(sorted(close))}." if close else ""
    short = str(name).rpartition(">")[2]
    return (f"the {what} {name!r} is not one of the {' or '.join(kinds)} of minikeras and not registered.{hint} If it "
            f"is yours, import the module that registers it, or pass custom_objects={{{short!r}: {short}}}.")
