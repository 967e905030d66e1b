"""The classes that a config names: checked against their constructors' signatures, then made."""

import difflib
import inspect
import re
from collections import Counter

import minikeras as mk

from .. import kinds, registry
from ..errors import ExperimentError
from .loading import read_config
from .values import Object, to_plain

# Metrics that `compile` chooses by the loss and the shape of the output.
_CHOSEN_BY_COMPILE = ("accuracy", "acc", "crossentropy", "ce")
# Named by a config in another section of it.
_NOT_LAYERS = ("InputLayer", "input_layer")
# Where the classes of a kind live, when the module is not called like the kind.
_MODULES = {"schedules": "optimizers"}


def load_config(path, overrides=()):
    """The Config of the YAML file at `path` with `a.b=value` texts laid on it, checked to the last argument.

    Raises ExperimentError with every problem as `file:line:col: text`.
    """
    return check_objects(read_config(path, overrides))


def check_objects(draft):
    """The Config of a Draft whose objects fit their constructors. Raises ExperimentError with all problems."""
    refused = set()
    for named in draft.found.objects:       # inner ones come first
        before = len(draft.found)
        _check(named, draft.found)
        inner = any(id(value) in refused for value in named.arguments.values())
        if len(draft.found) == before and not inner and not _is_chosen_by_compile(named):
            _try(named, draft.found)
        if len(draft.found) > before or inner:
            refused.add(id(named))
    config = draft.config
    if config is not None and config.data.split.val == 0:
        for callback in config.callbacks:
            _check_monitor(callback, draft.found)
    if len(draft.found):
        raise ExperimentError(draft.found.problems())
    return config


def target_of(named):
    """The class or function that an Object names. Raises ValueError with the nearest name."""
    getattr(mk, _MODULES.get(named.kind, named.kind))      # a module registers its classes when it is loaded
    reserved = _NOT_LAYERS if named.kind == "layers" else ()
    if named.type in reserved or named.type not in kinds.of_kind(named.kind):
        near = [name for name in kinds.near(named.type, (named.kind,)) if name not in reserved]
        known = [name for name in kinds.known(named.kind) if name not in reserved]
        raise ValueError(f"{named.type} is not one of the {named.kind} of minikeras; "
                         + (f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"))
    return kinds.find(named.kind, named.type)


def make(named, **more):
    """What an Object stands for: an object of its class, or the name itself where that is a function."""
    target = target_of(named)
    if not inspect.isclass(target):
        return named.type
    # A bare name, such as an initializer's, is left to the constructor, so that the model is saved as it was written.
    arguments = {name: value if not isinstance(value, Object) else make(value) if value.arguments else value.type
                 for name, value in named.arguments.items()}
    return target(**arguments | more)


def make_metric(named):
    """A metric for `compile`: the name where there are no arguments, so that it is shown by that name."""
    return make(named) if named.arguments else named.type


def make_layers(config):
    """The layers of a config's model, `repeat` unrolled, each with a name that depends on nothing but the config."""
    used, layers, problems = Counter(), [], []
    given = {named.arguments.get("name") for named in config.model.layers}
    for named in config.model.layers:
        for number in range(1, named.repeat + 1):
            name = named.arguments.get("name")
            if name is None:
                name = _free_name(kinds.snake_case(target_of(named).__name__), used, given)
            elif named.repeat > 1:
                name = f"{name}_{number}"
            try:
                layers.append(make(named, name=name))
            except (TypeError, ValueError) as error:
                problems.append(f"{named.where}: {named.path}: {error}")
    if problems:
        raise ExperimentError(problems)
    return layers


def complete(value):
    """The plain data of an Object, or of anything that holds some, with the constructors' plain defaults filled in."""
    if isinstance(value, (tuple, list)):
        return [complete(item) for item in value]
    if not isinstance(value, Object):
        return to_plain(value)
    if _is_chosen_by_compile(value):
        return value.type
    target = target_of(value)
    if not inspect.isclass(target):
        return value.type
    # A bare name among the arguments, such as an initializer's, stays one: it already names the defaults.
    inner = {name: item.type if isinstance(item, Object) and not item.arguments else complete(item)
             for name, item in value.arguments.items()}
    written = to_plain(value) | inner
    for name, parameter in _own_parameters(target).items():
        if isinstance(parameter.default, (bool, int, float, str)) and name not in written:
            written[name] = parameter.default
    # A bare name says how a metric is shown and what `compile` may choose; arguments would change that.
    return value.type if value.kind == "metrics" and not value.arguments else written


def _is_chosen_by_compile(named):
    return named.kind == "metrics" and named.type in _CHOSEN_BY_COMPILE and not named.arguments


def _free_name(prefix, used, given):
    while True:
        name = f"{prefix}_{used[prefix]}" if used[prefix] else prefix
        used[prefix] += 1
        if name not in given:
            return name


def _check(named, found):
    if _is_chosen_by_compile(named):
        return
    try:
        target = target_of(named)
    except ValueError as error:
        found.add(named.where, f"{named.path}: {error}")
        return
    if not inspect.isclass(target):
        if named.arguments:
            found.add(named.where, f"{named.path}: {named.type} is a function and takes no arguments here; write its "
                                   "name alone, or name the class")
        return
    known = registry.parameters(target)
    for name, value in named.arguments.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, 1, 0.5)
            found.add(named.places[name], f"{named.path}.{name} is not an argument of {named.type}; " + (
                f"did you mean {named.path}.{near[0]}?" if near else f"it takes {', '.join(known) or 'none'}"))
        elif not isinstance(value, Object):
            _check_type(named, name, value, known[name], found)
    for name, parameter in _own_parameters(target).items():
        if parameter.default is parameter.empty and name not in named.arguments:
            found.add(named.where, f"{named.path}.{name} is missing: {named.type} needs it, as in "
                                   f"{{type: {named.type}, {name}: ...}}")


def _own_parameters(target):
    """Those of the class itself: what reaches a base through **kwargs may be filled in on the way."""
    return {name: parameter for name, parameter in inspect.signature(target.__init__).parameters.items()
            if name != "self" and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)}


def _try(named, found):
    """Lets the constructor itself judge the values."""
    try:
        make(named)
    except (TypeError, ValueError) as error:
        blamed = (where for name, where in named.places.items() if re.search(rf"\b{re.escape(name)}\b", str(error)))
        found.add(next(blamed, named.where), f"{named.path}: {error}")


def _check_type(named, name, value, parameter, found):
    """What a default shows: a switch takes no number, a number takes no text."""
    default, wanted = parameter.default, None
    if isinstance(default, bool):
        wanted = None if isinstance(value, bool) else "true or false"
    elif isinstance(default, (int, float)):
        wanted = "a number" if isinstance(value, (bool, str)) else None
    elif isinstance(default, str):
        wanted = "text" if isinstance(value, (bool, dict)) else None
    if wanted:
        shown = str(value).lower() if isinstance(value, bool) else repr(value)
        found.add(named.places[name], f"{named.path}.{name} must be {wanted}, got {shown}")


def _check_monitor(named, found):
    parameter = registry.parameters(target_of(named)).get("monitor") if _known(named) else None
    monitor = named.arguments.get("monitor", parameter.default if parameter else None)
    if isinstance(monitor, str) and monitor.startswith("val_"):
        found.add(named.where, f"{named.path}: {named.type} monitors {monitor}, but data.split.val is 0; give it a "
                               "share, or monitor loss")


def _known(named):
    try:
        return bool(target_of(named))
    except ValueError:
        return False
