"""Configs that build on others: `extends`, and `a.b=value` from the command line.

Maps merge, lists replace, and a map whose `type` changes is replaced whole: the arguments of an Adam
mean nothing to the SGD that takes its place.
"""

import difflib
from pathlib import Path

from .tree import Entry, Findings, Mapping, Place, Scalar, Sequence, describe, parse

_MAX_BYTES = 1_000_000
COMMAND_LINE = Place("command line")


def merge(base, over):
    """`over` laid on `base`."""
    base = _as_object(base) if isinstance(over, Mapping) else base
    if not (isinstance(base, Mapping) and isinstance(over, Mapping)) or _type_changes(base, over):
        return over
    entries = dict(base.entries)
    for key, entry in over.entries.items():
        below = entries.get(key)
        entries[key] = Entry(entry.where, merge(below.node, entry.node)) if below else entry
    return Mapping(entries, over.where if over.where.line else base.where)


def read_tree(path, found, chain=()):
    """The tree of a config file on top of the files it extends, or None when one cannot be read.

    found   collects what is wrong
    chain   the files that led here by `extends`
    """
    text = _read_text(path, found)
    tree = None if text is None else parse(text, str(path), found)
    if tree is None:
        return None
    if isinstance(tree, Scalar) and tree.value is None:
        found.add(Place(str(path)), "is empty. A config starts with `version: 1`; see configs/digits_mlp.yaml.")
        return None
    if not isinstance(tree, Mapping):
        found.add(tree.where, f"a config is a map of keys (`version: 1` and so on), got {describe(tree)}")
        return None
    extends = tree.entries.get("extends")
    if extends is None:
        return tree
    own = Mapping({key: entry for key, entry in tree.entries.items() if key != "extends"}, tree.where)
    return _on_bases(path, own, extends.node, found, (*chain, Path(path).resolve()))


def _on_bases(path, own, node, found, chain):
    names = node.items if isinstance(node, Sequence) else (node,)
    merged = Mapping({}, own.where)
    for name in names:
        if not isinstance(name, Scalar) or not isinstance(name.value, str) or "${" in name.value:
            found.add(name.where, f"extends must be the path of a config file, or a list of such, got {describe(name)}")
            return None
        base_path = Path(path).parent / name.value
        if base_path.resolve() in chain:
            found.add(name.where, f"extends: {name.value} leads back to itself; remove one of the two")
            return None
        inner = Findings()
        base = read_tree(base_path, inner, chain)
        if base is None and len(inner) == 1 and not base_path.is_file():
            found.add(name.where, f"extends: there is no file {base_path}. Paths are relative to this config's folder.")
            return None
        found.extend(inner)
        if base is None:
            return None
        merged = merge(merged, base)
    return Mapping(merge(merged, own).entries, own.where)


def _read_text(path, found):
    where = Place(str(path))
    try:
        with open(path, "rb") as stream:
            data = stream.read(_MAX_BYTES + 1)
        if len(data) > _MAX_BYTES:
            found.add(where, f"is larger than {_MAX_BYTES:,} bytes; that is no config")
            return None
        return data.decode("utf-8-sig")
    except FileNotFoundError:
        found.add(where, "there is no such file. Give the path of a YAML config, such as configs/digits_mlp.yaml.")
    except IsADirectoryError:
        found.add(where, "is a folder. Give the path of a YAML config.")
    except UnicodeDecodeError as error:
        found.add(where, f"is not a text file: byte {error.start + 1} is not UTF-8. Give a YAML config saved as UTF-8.")
    except OSError as error:
        found.add(where, f"cannot be read: {error.strerror or error}")
    return None


def apply_overrides(tree, overrides, found):
    """The tree with each `a.b=value` laid on it; the order in which they are given does not matter."""
    seen = set()
    # A changed type clears its map, so it comes before what fills that map.
    for override in sorted(overrides, key=lambda text: not text.partition("=")[0].endswith("type")):
        key, equals, text = override.partition("=")
        if not equals or not key.strip("."):
            found.add(COMMAND_LINE, f"{override!r} is not an override; write key=value, such as train.epochs=5")
        elif key in seen:
            found.add(COMMAND_LINE, f"{key} is given twice; remove one")
        elif key.split(".")[0] == "extends":
            found.add(COMMAND_LINE, "extends can only stand in a file")
        else:
            seen.add(key)
            inner = Findings()
            value = parse(text, COMMAND_LINE.file, inner)
            for problem in inner.texts():
                found.add(COMMAND_LINE, f"{override}: {problem}")
            if value is not None:
                tree = _set(tree, tuple(key.split(".")), _moved(value), (), found)
    return tree


def _moved(node):
    """The node with every place set to the command line, whose lines and columns mean nothing."""
    if isinstance(node, Mapping):
        return Mapping({key: Entry(COMMAND_LINE, _moved(entry.node)) for key, entry in node.entries.items()},
                       COMMAND_LINE)
    if isinstance(node, Sequence):
        return Sequence(tuple(_moved(item) for item in node.items), COMMAND_LINE)
    return Scalar(node.value, node.text, COMMAND_LINE)


def _set(node, keys, value, done, found):
    if not keys:
        return value if node is None else merge(node, value)
    key, rest, path = keys[0], keys[1:], (*done, keys[0])
    if isinstance(node, Sequence):
        index = _index(node, key, done, found)
        if index is None:
            return node
        changed = _set(node.items[index], rest, value, path, found)
        return Sequence((*node.items[:index], changed, *node.items[index + 1:]), node.where)
    node = _as_object(node)
    if node is None or (isinstance(node, Scalar) and node.value is None):
        node = Mapping({}, COMMAND_LINE)
    if isinstance(node, Scalar):
        found.add(COMMAND_LINE, f"{'.'.join(done)} is {describe(node)}, so it has no key {key}")
        return node
    changed = {key: Entry(COMMAND_LINE, _set(node.get(key), rest, value, path, found))}
    if rest:
        return Mapping({**node.entries, **changed}, node.where)
    return merge(node, Mapping(changed, COMMAND_LINE))


def _index(node, key, done, found):
    """The position of a list's item that `key` names: a number from 0 on, or the item's own `name`."""
    if key.isdecimal() and int(key) < len(node.items):
        return int(key)
    names = [item.get("name").value if isinstance(item, Mapping) and isinstance(item.get("name"), Scalar) else None
             for item in node.items]
    if key in names:
        return names.index(key)
    near = difflib.get_close_matches(key, [str(name) for name in names if name is not None], 1)
    hint = f"did you mean {near[0]}?" if near else f"items are reached by name, or by number from 0 to {len(names) - 1}"
    found.add(COMMAND_LINE, f"{'.'.join(done)} has no item {key}; {hint}")
    return None


def _as_object(node):
    """A name such as `adam` as the map {type: adam} that it stands for, so that arguments can be added."""
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return Mapping({"type": Entry(node.where, node)}, node.where)
    return node


def _type_changes(base, over):
    types = [node.get("type") for node in (base, over)]
    return all(isinstance(t, Scalar) for t in types) and types[0].value != types[1].value
