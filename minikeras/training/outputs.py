"""Which target, weight, loss or metric belongs to which output of a model."""

from ..autograd import tree
from ..errors import ShapeError


def is_nest(x):
    """Whether `x` is a tuple, list or dict of several things, not the config of one."""
    return isinstance(x, tree.CONTAINERS) and not (isinstance(x, dict) and "class_name" in x)


def paths(nest, outer=()):
    """The keys and numbers that lead to each leaf, in the order of `tree.flatten`."""
    if not isinstance(nest, tree.CONTAINERS):
        return [outer]
    keys = sorted(nest) if isinstance(nest, dict) else range(len(nest))
    return [path for key in keys for path in paths(nest[key], (*outer, key))]


def aligned(what, given, y_pred, names, used, for_all=False):
    """The part of `given` that belongs to each output, in their order.

    names     of the outputs, None if they have none: keys for outputs in a list
    used      the places of outputs that need one: `given` may have just so many parts
    for_all   whether one array, or None, stands for all outputs
    Raises ShapeError where the parts do not fit.
    """
    if not isinstance(y_pred, tree.CONTAINERS) and not isinstance(given, tree.CONTAINERS):
        return [given]
    outputs, parts = paths(y_pred), tree.flatten(given)
    if for_all and not isinstance(given, tree.CONTAINERS):
        return [given] * len(outputs)
    if len(parts) == len(outputs):
        if isinstance(given, dict) and names and set(given) == set(names):
            return [given[name] for name in names]
        if isinstance(given, dict) and paths(given) != outputs:
            raise ShapeError(f"{what} has the keys {', '.join(map(repr, given))}, but the outputs are "
                             f"{described(y_pred, names)}.")
        return parts
    if len(parts) == len(used):
        found = dict(zip(used, parts))
        return [found.get(place) for place in range(len(outputs))]
    raise ShapeError(f"the model has {len(outputs)} outputs, but {what} has {len(parts)} parts. The outputs are "
                     f"{described(y_pred, names)}.")


def of_output(given, y_pred, names, what, for_all=False):
    """What `compile` was given for each output, as a dict by place.

    for_all   whether one stands for all outputs; else a list has an entry for each
    Raises ValueError where it does not fit the outputs.
    """
    outputs = paths(y_pred)
    if not is_nest(given) or not given:
        if given is None or is_nest(given):
            return {}
        if for_all:
            return dict.fromkeys(range(len(outputs)), given)
    elif isinstance(given, dict) and not isinstance(y_pred, dict) and set(given) <= set(names or ()):
        if for_all and what == "loss" and len(given) < len(outputs):
            missing = next(name for name in names if name not in given)
            raise ValueError(f"compile: loss has no entry for output {missing!r}. Give one for each output, None for "
                             "an output that has none.")
        return {place: given[name] for place, name in enumerate(names) if name in given}
    elif isinstance(given, dict) and isinstance(y_pred, dict) and set(given) <= set(y_pred):
        return _of_keys(given, y_pred, outputs, what, for_all)
    elif not isinstance(given, dict) and len(given) == len(outputs) and (
            not isinstance(y_pred, tree.CONTAINERS) or len(y_pred) == len(outputs)):
        return dict(enumerate(given))
    elif not isinstance(given, dict) and isinstance(y_pred, (list, tuple)) and len(given) == len(y_pred):
        return _of_keys(dict(enumerate(given)), y_pred, outputs, what, for_all)
    raise ValueError(f"compile: {what}={given!r} does not fit the outputs, {described(y_pred, names)}. Give a dict by "
                     "their names, or a list with an entry for each.")


def _of_keys(given, y_pred, outputs, what, for_all):
    found = {}
    for key, item in given.items():
        within = [place for place, path in enumerate(outputs) if path[0] == key]
        if isinstance(y_pred[key], tree.CONTAINERS):
            found |= {within[place]: part for place, part in of_output(item, y_pred[key], None, what, for_all).items()}
        else:
            found[within[0]] = item
    return found


def described(y_pred, names):
    """The outputs by their names, or keys and numbers, for messages."""
    outputs = paths(y_pred)
    known = names if names and len(names) == len(outputs) else ["/".join(map(str, path)) for path in outputs]
    return ", ".join(f"{name} {tuple(leaf.shape)}" for name, leaf in zip(known, tree.flatten(y_pred)))
