"""Nested tuples, lists and dicts of leaves, as TensorFlow's `nest` walks them: dict keys sorted."""


CONTAINERS = (tuple, list, dict)


def flatten(structure):
    """Leaves of `structure` from left to right; anything but a tuple, list or dict is a leaf."""
    if not isinstance(structure, CONTAINERS):
        return [structure]
    leaves = []
    for item in [structure[key] for key in sorted(structure)] if isinstance(structure, dict) else structure:
        if isinstance(item, CONTAINERS):
            leaves += flatten(item)
        else:
            leaves.append(item)
    return leaves


def pack(structure, leaves):
    """`leaves` in the shape of `structure`: the inverse of `flatten`."""
    return _pack(structure, iter(leaves))


def map_structure(function, *structures):
    """`function` of the corresponding leaves, in the shape of the first structure."""
    leaves = zip(*map(flatten, structures), strict=True)
    return pack(structures[0], [function(*group) for group in leaves])


def _pack(structure, leaves):
    if isinstance(structure, dict):
        packed = {key: _pack(structure[key], leaves) for key in sorted(structure)}
        return {key: packed[key] for key in structure}
    if isinstance(structure, (tuple, list)):
        items = [_pack(item, leaves) if isinstance(item, CONTAINERS) else next(leaves) for item in structure]
        if hasattr(structure, "_fields"):
            return type(structure)(*items)
        return type(structure)(items)
    return next(leaves)
