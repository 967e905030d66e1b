"""What objects hold, as plain data: Variables, random generators, vocabularies and other state, by path from a root.

An object that is reached in two ways is held once, and found again by either: a part of a model can be restored by
itself. What is not there yet, such as the weights of a layer that is not built, gets its value when it is made.
"""

import functools

import numpy as np

from ..autograd.random import SeedGenerator
from ..autograd.variable import Variable
from ..errors import FileFormatError
from ..layers.holder import Holder
from ..metrics import Metric
from ..optimizers.state import Stateful
from ..registry import Configurable
from ..tf.module import Module
from .randomness import checked_position, position
from .state import assets_of, give_assets

CONTAINERS = (list, tuple, dict)


class Tracked:
    """Base of classes that say what their objects hold.

    root   an object whose parts are held as if they were one's own; None for none
    """

    root = None
    awaited = None      # called when there is more of it: a file was loaded before that has values for it

    def holds(self):
        """What is held beside the parts of `root`, by name."""
        return vars(self)


def held(obj):
    """What an object holds directly, by name."""
    if isinstance(obj, dict):
        found = obj
    elif isinstance(obj, CONTAINERS):
        found = dict(enumerate(obj))
    elif isinstance(obj, Stateful):
        found = {**vars(obj), "variables": obj._variables}
        for name in _BY_VARIABLE:
            found.pop(name, None)
    elif isinstance(obj, Metric):
        found = {**obj._parts(), "variables": [v for v, _ in obj._variables]}
        found.pop("_variables", None)
    elif isinstance(obj, Tracked):
        found = {**held(obj.root), **obj.holds()}
    elif isinstance(obj, (Configurable, Module)):
        found = dict(vars(obj))
        if isinstance(obj, Holder):
            found["variables"] = obj._record.variables
            found["layers"] = getattr(obj, "layers", None)
            if getattr(obj, "stateful", False):
                found["states"] = getattr(obj, "states", None)      # these are no weights
    else:
        found = {}
    return {str(name): value for name, value in found.items() if can_hold(value)}


# Attributes of optimizers that speak of the model's Variables, and the same state once more.
_BY_VARIABLE = ("_trainable_variables", "_indices", "_no_decay", "_slots", "_variables", "_averages", "_accumulators")


def can_hold(value):
    """Whether there may be state in an object."""
    # A callback is part of a training, also where its model knows it, as `model.history`.
    return getattr(value, "_kind", None) != "callbacks" and (
        isinstance(value, (Variable, SeedGenerator, Configurable, Module, Tracked, *CONTAINERS)) or _has_state(value))


def _has_state(value):
    return not isinstance(value, type) and hasattr(value, "get_state") and hasattr(value, "set_state")


def _content(obj):
    """The state of an object itself, as plain data by kind; empty for most."""
    if isinstance(obj, Variable):
        return {"value": obj._array}
    if isinstance(obj, SeedGenerator):
        return {"generator": position(obj)}
    content = {}
    assets = assets_of(obj)
    if assets:
        content["assets"] = assets
    if _has_state(obj):
        content["state"] = obj.get_state()
    return content


def collect(root):
    """All that `root` holds, for `Restoration`: {path: {"children": {name: path}, and its own state}}.

    Raises ValueError for a part that is to get its state when it is built, and is not built yet.
    """
    reached = _reached(root)
    for _, obj, _ in reached:
        if _is_unbuilt(obj) and _teller(obj).awaited is not None:
            raise ValueError(f"{type(obj).__name__} {obj.name!r} was restored, and its weights are still to be made. "
                             "Call it, or build it, before it is saved again.")
    return _without_empty({path: {"children": children, **_content(obj)} for path, obj, children in reached})


def _teller(obj):
    """What has the attribute `awaited` for a layer, an optimizer, a metric or a Tracked; None for other objects."""
    if isinstance(obj, Tracked) and obj.root is not None:
        obj = obj.root
    return obj._record if isinstance(obj, Holder) else obj if isinstance(obj, (Stateful, Metric, Tracked)) else None


def _is_unbuilt(obj):
    return isinstance(obj, (Holder, Stateful)) and not obj.built


def paths_of(root, objects):
    """The paths of some of what `root` holds."""
    paths = {id(obj): path for path, obj, _ in _reached(root)}
    return [paths[id(obj)] for obj in objects]


def _reached(root):
    """(path, object, {name: path of what it holds}) of everything that `root` holds, each once, the nearest first."""
    paths, queue = {id(root): ""}, [root]
    found = []      # everything on the way stays alive, so that no id is used twice
    for obj in queue:
        own, path = held(obj), paths[id(obj)]
        for name, child in own.items():
            if id(child) not in paths:
                part = name.replace("%", "%25").replace("/", "%2F")
                paths[id(child)] = f"{path}/{part}" if path else part
                queue.append(child)
        found.append((path, obj, own))
    return [(path, obj, {name: paths[id(child)] for name, child in own.items()}) for path, obj, own in found]


def _without_empty(nodes):
    """The nodes that lead to some state, and the root."""
    parents = {}
    for path, node in nodes.items():
        for child in node["children"].values():
            parents.setdefault(child, []).append(path)
    wanted, stack = {""}, [path for path, node in nodes.items() if len(node) > 1]
    while stack:
        path = stack.pop()
        if path not in wanted:
            wanted.add(path)
            stack += parents.get(path, ())
    return {path: {**node, "children": {name: child for name, child in node["children"].items() if child in wanted}}
            for path, node in nodes.items() if path in wanted}


class Restoration:
    """Gives `root`, and all that it holds, the state that `collect` found in the same places of an object like it.

    nodes   what `collect` gave;  where   how errors name it
    whole   whether all must fit: no state without an object, unless that is not built yet, and no object without state
    What stands for nothing in the nodes stays as it is. Everything that is there is checked before anything is
    changed: raises FileFormatError for what does not fit an object.
    """

    def __init__(self, root, nodes, where, whole=False):
        _check_nodes(nodes, where)
        self.root, self.nodes, self.where = root, nodes, where
        self._objects = {}      # path -> the object that stands there
        self._found = {}        # id of such an object -> it
        steps = self._match(root, "")
        if whole:
            self._check_whole()
        _run(steps)

    def _match(self, obj, path):
        """Find what stands at and below a path: functions that give it its state."""
        steps, stack, seen = [], [(obj, path)], set()
        while stack:
            obj, path = stack.pop()
            is_container = isinstance(obj, CONTAINERS)      # these may be made anew each time
            is_new = path not in self._objects and id(obj) not in self._found
            if path in seen or not (is_new or is_container or self._objects.get(path) is obj):
                continue
            seen.add(path)
            if is_new:
                self._objects[path] = self._found[id(obj)] = obj
                steps += self._steps(obj, path)
            own, wanted = held(obj), self.nodes[path]["children"]
            stack += [(own[name], child) for name, child in wanted.items() if name in own]
            steps += self._awaiting(obj, path)
        return steps

    def _steps(self, obj, path):
        """Functions that give an object its own state, of which is checked here what can be."""
        node, what = self.nodes[path], f"{self.where}: {path or 'the object'} ({type(obj).__name__})"
        try:
            if "value" in node and isinstance(obj, Variable):
                array = _fitting(obj, node["value"], what)
                return [lambda: obj.start_from(array)]
            if "generator" in node and isinstance(obj, SeedGenerator):
                state = checked_position(node["generator"])
                return [lambda: setattr(obj.generator.bit_generator, "state", state)]
            takers = {"assets": lambda assets: self._give_assets(obj, path, assets, what),
                      "state": getattr(obj, "set_state", None)}
            return [functools.partial(_give, takers[kind], node[kind], what) for kind in node if kind != "children"]
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            if isinstance(error, FileFormatError):
                raise
            raise FileFormatError(f"{what}: the file has {', '.join(set(node) - {'children'})} there, which does not "
                                  f"fit it ({error!r}).") from None

    def _give_assets(self, obj, path, assets, what):
        give_assets(obj, assets, what)
        self._go_on(obj, path)      # it may have made weights for them

    def _go_on(self, obj, path):
        _run(self._match(obj, path))

    def _awaiting(self, obj, path):
        """Functions that have a layer, an optimizer or a metric tell when it made more of what it holds, if there is
        state for it."""
        teller = _teller(obj)
        if teller is None:
            return []
        awaited = functools.partial(self._go_on, obj, path) if self._lacks(obj, path) else None
        return [functools.partial(object.__setattr__, teller, "awaited", awaited)]

    def _lacks(self, obj, path):
        own = held(obj)
        return any(name not in own or (isinstance(own[name], CONTAINERS) and self._lacks(own[name], child))
                   for name, child in self.nodes[path]["children"].items())

    def objects_at(self, paths):
        """What stands at some of the paths."""
        return [self._objects[path] for path in paths]

    def unused(self):
        """Paths of the state that nothing was given yet."""
        return [path for path, node in self.nodes.items() if len(node) > 1 and path not in self._objects]

    def _awaited(self):
        """Paths of the state that is for parts of objects which are not built yet."""
        stack = [path for path, obj in self._objects.items() if _is_unbuilt(obj) or isinstance(obj, Metric)]
        found = set()
        while stack:
            path = stack.pop()
            if path not in found:
                found.add(path)
                stack += self.nodes[path]["children"].values()
        return found

    def _check_whole(self):
        awaited, unmatched = self._awaited(), self.unmatched()
        unused = [path for path in self.unused() if path not in awaited]
        if unused or unmatched:
            nothing_for = f"nothing for {some_of(unmatched)}" if unmatched else ""
            too_much = f"state for {some_of(unused)}, which there is not" if unused else ""
            raise FileFormatError(f"{self.where}: it has {' and '.join(filter(None, (nothing_for, too_much)))}. Make "
                                  "the objects as they were made when it was written.")

    def has_given(self):
        """Whether anything was given its state."""
        return any(len(self.nodes[path]) > 1 for path in self._objects)

    def unmatched(self):
        """Paths of what `root` holds now for which there was no state."""
        return [path for path, obj, _ in _reached(self.root) if id(obj) not in self._found and _content(obj)]


def _run(steps):
    for step in steps:
        step()


def some_of(paths):
    """Some paths, for a message."""
    return ", ".join(path or "the root" for path in paths[:5]) + (" ..." if len(paths) > 5 else "")


def _give(take, state, what):
    try:
        take(state)
    except (KeyError, TypeError, ValueError, AttributeError) as error:      # of a method that expects other state
        raise FileFormatError(f"{what}: it does not take the state in the file: {error!r}") from error


def _fitting(variable, array, what):
    """The array, if the Variable can take it as its value."""
    if array.shape != variable.shape:
        raise FileFormatError(f"{what}: {variable.path!r} has shape {variable.shape}, but the file has {array.shape} "
                              "for it.")
    if not np.can_cast(array.dtype, variable._array.dtype, "same_kind"):
        raise FileFormatError(f"{what}: {variable.path!r} has dtype {variable.dtype.name}, which the file's "
                              f"{array.dtype} does not convert to.")
    return array


def _check_nodes(nodes, where):
    try:
        fits = "" in nodes and all(child in nodes for node in nodes.values() for child in node["children"].values())
    except (AttributeError, KeyError, TypeError):
        fits = False
    if not fits:
        raise FileFormatError(f"{where}: it does not hold the state of objects.")
