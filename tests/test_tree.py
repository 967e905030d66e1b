"""keras.tree walks, maps and compares nests as Keras 3 does."""

from collections import namedtuple

import numpy as np
import pytest

from minikeras import tree

Point = namedtuple("Point", "x y")
NEST = {"b": 1, "a": [2, (3,)], "c": None}


def test_leaves_come_by_sorted_keys_and_none_is_one():
    assert tree.flatten(NEST) == [2, 3, 1, None]
    assert tree.flatten_with_path(NEST) == [(("a", 0), 2), (("a", 1, 0), 3), (("b",), 1), (("c",), None)]
    assert tree.flatten(5) == [5]
    assert tree.flatten_with_path(5) == [((), 5)]


def test_packing_is_the_inverse_of_flattening():
    nest = {"b": Point(1, [2]), "a": ()}
    packed = tree.pack_sequence_as(nest, tree.flatten(nest))
    assert packed == nest
    assert type(packed["b"]) is Point


@pytest.mark.parametrize("flat", [[1], [1, 2, 3]])
def test_packing_wants_as_many_items_as_leaves(flat):
    with pytest.raises(ValueError, match="2 leaves"):
        tree.pack_sequence_as([0, 0], flat)


def test_mapping_keeps_the_structure():
    assert tree.map_structure(lambda a, b: a + b, [1, (2,)], [3, (4,)]) == [4, (6,)]
    assert tree.map_structure(lambda x: x is None, [None, 1]) == [True, False]
    assert tree.map_structure(lambda x: 0, [None, 1], none_is_leaf=False) == [None, 0]
    assert tree.map_structure_up_to([1, 2], lambda a, b: (a, b), [[1], [2]], [3, 4]) == [([1], 3), ([2], 4)]
    assert tree.map_shape_structure(lambda s: s + (1,), [(1, None), {"a": (3,)}]) == [(1, None, 1), {"a": (3, 1)}]
    assert tree.lists_to_tuples([1, [2, {"a": [3]}]]) == (1, (2, {"a": (3,)}))


@pytest.mark.parametrize(("a", "b"), [([1, 2], [1, (2,)]), ([1], (1,)), ([1], [1, 2]), ({"a": 1}, {"b": 1}), ([1], 1)])
def test_structures_that_differ_are_refused(a, b):
    with pytest.raises(ValueError, match="differ"):
        tree.assert_same_structure(a, b)
    with pytest.raises(ValueError, match="differ"):
        tree.map_structure(lambda x, y: x, a, b)


def test_paths_are_compared_without_the_kinds_of_containers():
    tree.assert_same_paths([1, (2,)], (3, [4]))
    with pytest.raises(ValueError, match="paths differ"):
        tree.assert_same_paths([1], {"a": 1})


def test_traverse_replaces_from_above_or_from_below():
    assert tree.traverse(lambda x: tree.MAP_TO_NONE if x == 1 else None, [1, [2]]) == [None, [2]]
    assert tree.traverse(lambda x: "list" if isinstance(x, list) and len(x) == 1 else None, [1, [2]]) == [1, "list"]
    seen = []
    tree.traverse(lambda x: seen.append(x), [1, [2]], top_down=False)
    assert seen == [1, 2, [2], [1, [2]]]


def test_arrays_are_leaves():
    assert not tree.is_nested(np.ones(2))
    assert tree.is_nested([])


def test_mapping_wants_a_function_and_a_structure():
    with pytest.raises(TypeError, match="function"):
        tree.map_structure(3, [1])
    with pytest.raises(ValueError, match="one structure"):
        tree.map_structure(abs)
