"""Where in a file everything of a model lies that has state of its own: Keras' paths."""

from .. import kinds
from ..layers.core import InputLayer

VARS = "vars"           # the group of an object's own arrays, below its path
KINDS = ("layers", "models", "optimizers", "metrics", "losses")
# Attributes that Keras' layers have themselves, so that it does not look for parts of a user's layer there.
_KERAS_OWN = {"_layers", "_losses", "_metrics", "losses", "metrics"}


def objects_by_path(model, skip=()):
    """(path, object) for a model and all inside it that may have state: layers, optimizers, metrics, losses.

    In the order and under the paths of Keras' files: what is held in an attribute goes by the attribute, what is in
    a list or dict by its class name, numbered. An object that is held twice has the path at which it is met first.
    skip   objects to leave out, with all that only they hold
    """
    return list(_visit(model, "", {id(item): item for item in skip}))


def place(path):
    """Where the own arrays of the object at `path` lie."""
    return f"{path}/{VARS}" if path else VARS


def _visit(value, path, seen):
    if id(value) in seen:
        return
    seen[id(value)] = value     # held, so that no other object gets its id
    if getattr(value, "_kind", None) in KINDS:
        yield path, value
        items = _attributes(value)
    else:
        items = _numbered(value.values() if isinstance(value, dict) else value)
    for key, item in items:
        if _may_hold(item):
            yield from _visit(item, f"{path}/{key}" if path else key, seen)


def _may_hold(item):
    return isinstance(item, (list, tuple, dict)) or (getattr(item, "_kind", None) in KINDS
                                                     and not isinstance(item, (type, InputLayer)))


def _attributes(obj):
    """Attributes by name, private ones last; those of a user's classes, too, so also what properties give. A model's
    list of layers is one of them; where the layers make up the model it comes first."""
    items = {name: value for name, value in vars(obj).items() if name not in _KERAS_OWN}
    if obj._kind == "models":
        items["layers"] = obj.layers
    for cls in type(obj).__mro__:
        if not kinds.is_ours(cls):
            items.update({name: _got(obj, name) for name in vars(cls) if name not in items and name not in _KERAS_OWN})
    is_made_of_them = obj._kind == "models" and (obj._graph is not None
                                                 or isinstance(obj, kinds.find("models", "Sequential")))
    first = "layers" if is_made_of_them else None
    return sorted(((name, item) for name, item in items.items() if not name.startswith("__")),
                  key=lambda pair: (pair[0] != first, pair[0].startswith("_"), pair[0]))


def _got(obj, name):
    try:
        return getattr(obj, name, None)
    except Exception:       # a property of the user's may raise anything; then it holds nothing
        return None


def _numbered(items):
    used = {}
    for item in items:
        if _may_hold(item) or isinstance(item, InputLayer):
            name = "container" if isinstance(item, (list, tuple, dict)) else kinds.snake_case(type(item).__name__)
            number = used[name] = used.get(name, -1) + 1
            yield (f"{name}_{number}" if number else name), item
