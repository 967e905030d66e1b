"""YAML text as a tree that remembers where each key and value stood. Scalars follow YAML 1.2.

Built on PyYAML's nodes, because `safe_load` forgets places, reads YAML 1.1 (`no` is False, `1e-3` is
text), keeps the last of two equal keys, and expands aliases without end.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

import yaml

MAX_VALUES = 20_000         # of one document, aliases expanded
MAX_DEPTH = 60

_NULL = re.compile(r"null|Null|NULL|~|")
_BOOLEAN = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_PREFIXED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITY = re.compile(r"[-+]?\.(inf|Inf|INF)")
_NAN = re.compile(r"\.(nan|NaN|NAN)")
_MAX_DIGITS = 400


class Place(NamedTuple):
    """Where something was written: line and column count from 1; line 0 means that the file has no lines."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self):
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True)
class Scalar:
    value: object       # None, bool, int, float or str
    text: str           # as written
    where: Place


@dataclass(frozen=True)
class Sequence:
    items: tuple
    where: Place


class Entry(NamedTuple):
    where: Place        # of the key
    node: object


@dataclass(frozen=True)
class Mapping:
    entries: dict       # key -> Entry
    where: Place

    def get(self, key):
        """The node under `key`, or None."""
        entry = self.entries.get(key)
        return entry and entry.node


class Findings:
    """Problems found so far, each with its place, and the objects whose classes remain to be checked."""

    def __init__(self):
        self._found = []
        self.objects = []

    def keep(self, named):
        self.objects.append(named)
        return named

    def add(self, where, text):
        if (where, text) not in self._found:
            self._found.append((where, text))

    def extend(self, other):
        for where, text in other._found:
            self.add(where, text)

    def __len__(self):
        return len(self._found)

    def texts(self):
        """The problems without their places, as found."""
        return [text for _, text in self._found]

    def problems(self):
        """`file:line:col: text` of each, in the order of the file; the command line comes last."""
        ordered = sorted(self._found, key=lambda found: (found[0].line == 0, found[0]))
        return [f"{where}: {text}" for where, text in ordered]


class _TooMuchError(Exception):
    pass


class _Loader(yaml.BaseLoader):
    """Composes nodes without any resolving, and refuses explicit tags."""

    def compose_node(self, parent, index):
        event = self.peek_event()
        if getattr(event, "tag", None) is not None:
            raise yaml.composer.ComposerError(None, None, f"the tag {event.tag} is not allowed: a config is plain data",
                                              event.start_mark)
        return super().compose_node(parent, index)


def parse(text, file, found):
    """The tree of one YAML document, or None after adding to `found` what is wrong with it."""
    try:
        node = yaml.compose(text, Loader=_Loader)
        if node is None:
            return Scalar(None, "", Place(file))
        return _Converter(file, found).convert(node, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        context = f" ({error.context})" if error.context else ""
        found.add(_place(file, mark) if mark else Place(file), f"not valid YAML: {error.problem}{context}")
    except yaml.reader.ReaderError as error:
        found.add(Place(file), f"not valid YAML: character number {error.position + 1} cannot stand in a text file. "
                               "Save it as UTF-8 text.")
    except (RecursionError, _TooMuchError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        found.add(Place(file), f"{reason}: at most {MAX_DEPTH} levels and {MAX_VALUES:,} values, with aliases expanded")
    return None


def scalar_value(text):
    """What a plain scalar means in the core schema of YAML 1.2 (section 10.3.2)."""
    if _NULL.fullmatch(text):
        return None
    if text in _BOOLEAN:
        return _BOOLEAN[text]
    if len(text) <= _MAX_DIGITS:
        if _DECIMAL.fullmatch(text):
            return int(text)
        if _PREFIXED.fullmatch(text):
            return int(text[2:], 8 if text[1] == "o" else 16)
        if _FLOAT.fullmatch(text):
            return float(text)
    if _INFINITY.fullmatch(text):
        return float("-inf" if text[0] == "-" else "inf")
    return float("nan") if _NAN.fullmatch(text) else text


def plain(node):
    """The tree as Python's own None, bool, int, float, str, list and dict."""
    if isinstance(node, Mapping):
        return {key: plain(entry.node) for key, entry in node.entries.items()}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return node.value


def describe(node):
    """What a node holds, for a message: the text 'ten', the number 3, a list, a map, nothing."""
    if isinstance(node, Mapping):
        return "a map"
    if isinstance(node, Sequence):
        return "a list"
    if node.value is None:
        return "nothing"
    if isinstance(node.value, bool):
        return "true" if node.value else "false"
    shown = repr(node.value if len(str(node.value)) <= 60 else str(node.value)[:57] + "...")
    return f"the text {shown}" if isinstance(node.value, str) else f"the number {node.text.strip() or shown}"


def _place(file, mark):
    return Place(file, mark.line + 1, mark.column + 1)


class _Converter:
    """Turns PyYAML's nodes into ours; an alias is expanded each time, and counted."""

    def __init__(self, file, found):
        self.file, self.found, self.count = file, found, 0

    def convert(self, node, parents):
        self.count += 1
        if self.count > MAX_VALUES:
            raise _TooMuchError("too large")
        if len(parents) > MAX_DEPTH:
            raise _TooMuchError("an alias contains itself" if node in parents else "nested too deeply")
        where = _place(self.file, node.start_mark)
        if isinstance(node, yaml.ScalarNode):
            return Scalar(scalar_value(node.value) if node.style is None else node.value, node.value, where)
        parents = (*parents, node)
        if isinstance(node, yaml.SequenceNode):
            return Sequence(tuple(self.convert(item, parents) for item in node.value), where)
        return self.mapping(node, parents, where)

    def mapping(self, node, parents, where):
        entries = {}
        for key, value in node.value:
            key_where = _place(self.file, key.start_mark)
            if not isinstance(key, yaml.ScalarNode):
                self.found.add(key_where, "a key must be one word, got a list or a map")
            elif key.value == "<<":
                self.found.add(key_where, "<< is not part of YAML 1.2; use `extends` to build on another config")
            elif key.value in entries:
                self.found.add(key_where, f"the key {key.value} is given twice, first at line "
                                          f"{entries[key.value].where.line}; remove one")
            else:
                entries[key.value] = Entry(key_where, self.convert(value, parents))
        return Mapping(entries, where)
