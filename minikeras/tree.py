"""Keras' `tree`: functions of nested tuples, lists and dicts. Dicts are walked by sorted keys; None is a leaf."""

from .autograd import tree as _tree

__all__ = ["MAP_TO_NONE", "assert_same_paths", "assert_same_structure", "flatten", "flatten_with_path", "is_nested",
           "lists_to_tuples", "map_shape_structure", "map_structure", "map_structure_up_to", "pack_sequence_as",
           "traverse"]


class MAP_TO_NONE:  # noqa: N801 (Keras' name)
    """What a function given to `traverse` returns to put None in the place."""


def is_nested(structure):
    """Whether it is a tuple, list or dict, and no leaf."""
    return isinstance(structure, _tree.CONTAINERS)


def flatten(structure):
    """The leaves from left to right, a list."""
    return _tree.flatten(structure)


def _children(structure):
    """(key or index, item) of a container, in the order of the walk."""
    return [(key, structure[key]) for key in sorted(structure)] if isinstance(structure, dict) else enumerate(structure)


def _rebuilt(structure, items):
    """A container like `structure` of the items that `_children` gives in this order."""
    if isinstance(structure, dict):
        made = dict(zip(sorted(structure), items))
        return {key: made[key] for key in structure}
    return type(structure)(*items) if hasattr(structure, "_fields") else type(structure)(items)


def flatten_with_path(structure):
    """(path, leaf) from left to right; a path is a tuple of keys and indices."""
    if not is_nested(structure):
        return [((), structure)]
    return [((key, *path), leaf) for key, item in _children(structure) for path, leaf in flatten_with_path(item)]


def assert_same_structure(a, b, check_types=None):
    """Raises ValueError unless `a` and `b` are nested alike: containers of the same kinds, with the same keys.

    check_types   Keras' older switch, which changes nothing there either
    """
    _matched(a, b)


def _matched(a, b):
    if is_nested(a) != is_nested(b) or (is_nested(a) and type(a) is not type(b)):
        raise ValueError(f"the structures differ: {a!r} on one side, {b!r} on the other.")
    if not is_nested(a):
        return
    if len(a) != len(b) or (isinstance(a, dict) and sorted(a) != sorted(b)):
        raise ValueError(f"the structures differ: {len(a)} items in {a!r}, {len(b)} in {b!r}.")
    for (_, x), (_, y) in zip(_children(a), _children(b)):
        _matched(x, y)


def assert_same_paths(a, b):
    """Raises ValueError unless the leaves of `a` and `b` have the same paths."""
    paths = [{path for path, _ in flatten_with_path(each)} for each in (a, b)]
    if paths[0] != paths[1]:
        raise ValueError(f"the paths differ: {sorted(map(str, paths[0] - paths[1]))} are on the left side only, "
                         f"{sorted(map(str, paths[1] - paths[0]))} on the right.")


def map_structure(func, *structures, none_is_leaf=True):
    """`func` of the corresponding leaves, nested like the first structure.

    none_is_leaf   False: None stays None, and `func` is not called for it
    Raises ValueError if the structures differ, TypeError if `func` is no function.
    """
    if not callable(func):
        raise TypeError(f"map_structure: func must be a function, got {func!r}.")
    if not structures:
        raise ValueError("map_structure: give one structure or more.")
    for other in structures[1:]:
        _matched(structures[0], other)
    if none_is_leaf:
        return _tree.map_structure(func, *structures)
    return _tree.map_structure(lambda *leaves: None if leaves[0] is None else func(*leaves), *structures)


def map_structure_up_to(shallow_structure, func, *structures):
    """`func` of what the structures have at the leaves of the shallow one, nested like that.

    Raises ValueError if a structure has no such places.
    """
    if not structures:
        raise ValueError("map_structure_up_to: give one structure or more.")
    if not is_nested(shallow_structure):
        return func(*structures)
    for other in structures:
        if not is_nested(other) or len(other) != len(shallow_structure):
            raise ValueError(f"the structures differ: {shallow_structure!r} on one side, {other!r} on the other.")
    items = [[item for _, item in _children(each)] for each in structures]
    return _rebuilt(shallow_structure, [map_structure_up_to(shallow, func, *parts) for (_, shallow), *parts in zip(
        _children(shallow_structure), *items)])


def pack_sequence_as(structure, flat_sequence):
    """The items of `flat_sequence` nested like `structure`. Raises ValueError if they are not as many as the leaves."""
    flat_sequence, count = list(flat_sequence), len(flatten(structure))
    if len(flat_sequence) != count:
        raise ValueError(f"pack_sequence_as: {len(flat_sequence)} items for the {count} leaves of {structure!r}.")
    return _tree.pack(structure, flat_sequence)


def lists_to_tuples(structure):
    """The structure with tuples in place of its lists."""
    return traverse(lambda x: tuple(x) if type(x) is list else None, structure, top_down=False)


def map_shape_structure(func, structure):
    """`func` of each shape, a tuple or list of extents, in a structure of them."""
    if isinstance(structure, (tuple, list)) and all(n is None or isinstance(n, int) for n in structure):
        return func(structure)
    if not is_nested(structure):
        raise ValueError(f"map_shape_structure: a structure of shapes was expected, got {structure!r} in it.")
    return _rebuilt(structure, [map_shape_structure(func, item) for _, item in _children(structure)])


def traverse(func, structure, top_down=True):
    """The structure with `func(part)` in place of each part, container or leaf, for which that is not None.

    top_down   containers before what is in them, which then is not visited if they are replaced; else after it.
    `func` returns MAP_TO_NONE for a None.
    """
    if top_down:
        replaced = func(structure)
        if replaced is not None:
            return None if _means_none(replaced) else replaced
    if is_nested(structure):
        structure = _rebuilt(structure, [traverse(func, item, top_down) for _, item in _children(structure)])
    if top_down:
        return structure
    replaced = func(structure)
    return structure if replaced is None else None if _means_none(replaced) else replaced


def _means_none(x):
    return x is MAP_TO_NONE or isinstance(x, MAP_TO_NONE)
