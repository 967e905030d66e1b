"""Readers: each turns a node of the tree into the value of a config field, or reports why it cannot.

A reader is called with (node, path, found) and gives INVALID after adding to `found`.
"""

import dataclasses
import difflib
import types
from dataclasses import dataclass, field
from pathlib import Path

from .merging import COMMAND_LINE
from .tree import Mapping, Place, Scalar, Sequence, describe, plain

INVALID = object()

# The kind of object that a constructor argument of this name takes.
_ARGUMENT_KINDS = {"initializer": "initializers", "regularizer": "regularizers", "constraint": "constraints",
                   "activation": "activations"}


@dataclass(frozen=True)
class Object:
    """A layer, loss, metric, optimizer or callback as a config names it."""

    kind: str
    type: str
    arguments: types.MappingProxyType
    repeat: int = 1
    path: str = field(default="", compare=False)
    where: Place = field(default=COMMAND_LINE, compare=False)
    places: dict = field(default_factory=dict, compare=False, repr=False)      # argument -> place of its key


def key(read, default=dataclasses.MISSING):
    """A field of a section: how its node is read, and the default that lives here only."""
    return field(default=default, metadata={"read": read})


def integer(at_least):
    def read(node, path, found):
        value = node.value if isinstance(node, Scalar) else None
        if type(value) is not int or value < at_least:
            return _refuse(node, path, f"a whole number of at least {at_least}", found)
        return value
    return read


def number(at_least=None, at_most=None):
    bounds = "" if at_least is None else f" from {at_least} to {at_most}"

    def read(node, path, found):
        value = node.value if isinstance(node, Scalar) else None
        fits = type(value) in (int, float) and abs(value) < float("inf")
        if not fits or (at_least is not None and not at_least <= value <= at_most):
            return _refuse(node, path, f"a number{bounds}", found)
        return float(value)
    return read


def boolean(node, path, found):
    if isinstance(node, Scalar) and isinstance(node.value, bool):
        return node.value
    return _refuse(node, path, "true or false", found)


def text(node, path, found):
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return node.value
    return _refuse(node, path, "text", found)


def file_name(node, path, found):
    """A text that can be part of a folder's name."""
    value = text(node, path, found)
    if value is not INVALID and (not value or value in (".", "..") or any(c in '/\\:*?"<>|\0' for c in value)):
        return _refuse(node, path, "a name without / \\ : * ? \" < > |", found)
    return value


def file_path(node, path, found):
    """An absolute path. What a file says is relative to that file's folder, the command line to the current one."""
    value = text(node, path, found)
    if value is INVALID:
        return value
    folder = Path(node.where.file).parent if node.where.line else Path()
    return str((folder / value).absolute())


def choice(*allowed, note=""):
    def read(node, path, found):
        value = node.value if isinstance(node, Scalar) else INVALID
        if any(value == a and type(value) is type(a) for a in allowed):
            return value
        names = [str(a).lower() if isinstance(a, bool) else str(a) for a in allowed]
        if len(allowed) == 1:
            found.add(node.where, f"{path}: only {names[0]} is supported so far, got {describe(node)}{note}")
            return INVALID
        near = difflib.get_close_matches(str(value), names, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        return _refuse(node, path, f"one of {', '.join(names)}", found, hint + note)
    return read


def either(word, read_other):
    """The word itself, or what `read_other` takes."""
    def read(node, path, found):
        if isinstance(node, Scalar) and node.value == word:
            return word
        return read_other(node, path, found)
    return read


def list_of(read_item, at_least=0):
    def read(node, path, found):
        if not isinstance(node, Sequence):
            return _refuse(node, path, "a list", found)
        if len(node.items) < at_least:
            found.add(node.where, f"{path} must have at least {at_least} item, got an empty list")
            return INVALID
        items = [read_item(item, f"{path}.{index}", found) for index, item in enumerate(node.items)]
        return INVALID if any(item is INVALID for item in items) else tuple(items)
    return read


def section(cls):
    """A map whose keys are the fields of the dataclass `cls`; its `not_built` says what is refused, and why."""
    def read(node, path, found):
        if isinstance(node, Scalar) and node.value is None:
            node = Mapping({}, node.where)
        if not isinstance(node, Mapping):
            return _refuse(node, path or "a config", "a map of " + ", ".join(_keys(cls)), found)
        return _read_fields(cls, node, path, found)
    return read


def tagged(table, not_built=()):
    """A map whose `type` picks the dataclass that reads its other keys; a bare name is {type: name}."""
    def read(node, path, found):
        if isinstance(node, Scalar) and isinstance(node.value, str):
            name, inner = node, Mapping({}, node.where)
        elif isinstance(node, Mapping) and isinstance(node.get("type"), Scalar):
            name = node.get("type")
            inner = Mapping({k: e for k, e in node.entries.items() if k != "type"}, node.where)
        else:
            return _refuse(node, path, f"a name or a map with a type: {', '.join(table)}", found)
        if name.value in table:
            return _read_fields(table[name.value], inner, path, found)
        near = difflib.get_close_matches(str(name.value), table, 1)
        if name.value in not_built:
            hint = f"is not built yet; supported: {', '.join(table)}"
        else:
            hint = "is not known; " + (f"did you mean {near[0]}?" if near else f"supported: {', '.join(table)}")
        found.add(name.where, f"{path}: the type {name.value} {hint}")
        return INVALID
    return read


def named_object(kind, own_keys=()):
    """An Object of `kind`: a name, or {type: Name, ...constructor arguments}. `own_keys` are not arguments."""
    def read(node, path, found):
        if isinstance(node, Scalar) and isinstance(node.value, str) and node.value:
            return found.keep(Object(kind, node.value, types.MappingProxyType({}), path=path, where=node.where))
        if not isinstance(node, Mapping):
            return _refuse(node, path, f"the name of one of the {kind}, or a map with its type", found)
        name = node.get("type")
        if not isinstance(name, Scalar) or not isinstance(name.value, str):
            found.add(node.where, f"{path}.type is missing: name one of the {kind}, as in {{type: Name}}"
                      if name is None else f"{path}.type must be the name of one of the {kind}, got {describe(name)}")
            return INVALID
        entries = {k: e for k, e in node.entries.items() if k != "type" and k not in own_keys}
        arguments = {k: _argument(k, e.node, f"{path}.{k}", found) for k, e in entries.items()}
        repeat = node.get("repeat") if "repeat" in own_keys else None
        times = 1 if repeat is None else integer(1)(repeat, f"{path}.repeat", found)
        if times is INVALID or any(value is INVALID for value in arguments.values()):
            return INVALID
        return found.keep(Object(kind, name.value, types.MappingProxyType(arguments), times, path, name.where,
                                 {k: e.where for k, e in entries.items()}))
    return read


def argument_kind(name):
    """The kind of object that a constructor argument takes, or None for plain data."""
    return _ARGUMENT_KINDS.get(name.rpartition("_")[2])


def _argument(name, node, path, found):
    if name == "learning_rate" and isinstance(node, Mapping):
        return named_object("schedules")(node, path, found)
    kind = argument_kind(name)
    if kind and (isinstance(node, Mapping) or (isinstance(node, Scalar) and isinstance(node.value, str))):
        return named_object(kind)(node, path, found)
    return plain(node)


def to_plain(value):
    """A config, section or object as the plain data that reads back equal."""
    if isinstance(value, Object):
        arguments = {k: to_plain(v) for k, v in value.arguments.items()}
        repeat = {"repeat": value.repeat} if value.repeat != 1 else {}
        return {"type": value.type, **repeat, **arguments}
    if dataclasses.is_dataclass(value):
        tag = {"type": value.type_name} if hasattr(value, "type_name") else {}
        shown = ((f.name, getattr(value, f.name)) for f in dataclasses.fields(value) if "read" in f.metadata)
        return tag | {name: to_plain(v) for name, v in shown if v is not None}
    if isinstance(value, (tuple, list)):
        return [to_plain(item) for item in value]
    return {k: to_plain(v) for k, v in value.items()} if isinstance(value, dict) else value


def _refuse(node, path, expected, found, hint=""):
    found.add(node.where, f"{path} must be {expected}, got {describe(node)}{hint}")
    return INVALID


def _keys(cls):
    return [f.name for f in dataclasses.fields(cls) if "read" in f.metadata]


def _read_fields(cls, node, path, found):
    prefix = f"{path}." if path else ""
    before, values, misspelt = len(found), {}, set()
    known, not_built = _keys(cls), getattr(cls, "not_built", {})
    for name, entry in node.entries.items():
        if name in not_built:
            found.add(entry.where, f"{prefix}{name} is not built yet: {not_built[name]}")
        elif name not in known:
            near = difflib.get_close_matches(name, known, 1, 0.5)
            misspelt.update(near)
            hint = f"did you mean {prefix}{near[0]}?" if near else f"known here: {', '.join(known) or 'none'}"
            found.add(entry.where, f"{prefix}{name} is not a known key; {hint}")
    fields = [f for f in dataclasses.fields(cls) if "read" in f.metadata]
    for f in fields:
        if f.name in node.entries:
            values[f.name] = f.metadata["read"](node.get(f.name), prefix + f.name, found)
    for f in fields:
        # A type that is refused says nothing of what else belongs to it.
        if f.name not in values and f.default is dataclasses.MISSING and f.name not in misspelt \
                and values.get("type") is not INVALID:
            found.add(node.where, f"{prefix}{f.name} is missing: add it")
    if len(found) > before or any(value is INVALID for value in values.values()):
        return INVALID
    made = cls(**values)
    problem = made.problem() if hasattr(made, "problem") else None
    if problem:
        overridden = any(not entry.where.line for entry in node.entries.values())
        found.add(COMMAND_LINE if overridden else node.where, f"{path}{problem}")
    return INVALID if problem else made
