"""Objects of the user's own by name."""

import pytest

import minikeras as mk
from minikeras import saving, utils


def cube(x):
    return x ** 3


def test_a_scope_makes_names_known_within_it():
    with utils.custom_object_scope({"cube": cube}):
        assert mk.activations.get("cube") is cube
        with utils.CustomObjectScope({"other": abs}):
            assert mk.activations.get("cube") is cube
        assert mk.layers.Dense.from_config({"units": 1, "activation": "cube"}).activation is cube
    with pytest.raises(ValueError, match="cube"):
        mk.activations.get("cube")


def test_custom_objects_can_be_put_into_their_dict():
    saving.get_custom_objects()["cube"] = cube
    try:
        assert mk.activations.get("cube") is cube
        assert saving.get_registered_name(cube) == "cube"
        assert saving.get_registered_object("cube") is cube
    finally:
        del saving.get_custom_objects()["cube"]
    assert saving.get_registered_object("cube") is None
    assert saving.get_registered_object("cube", module_objects={"cube": cube}) is cube
