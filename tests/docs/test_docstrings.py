"""Every public name says what it gives."""

import inspect

import pytest

import minikeras

PLACES = ("activations", "autodiff", "backend", "bitwise", "callbacks", "config", "constraints", "datasets",
          "datasets.imdb", "datasets.iris", "datasets.mnist", "datasets.reuters", "debugging", "dtype_policies",
          "errors", "image", "initializers", "layers", "linalg", "losses", "math", "metrics", "models", "nn", "ops",
          "ops.image", "ops.linalg", "ops.math", "ops.nn", "ops.numpy", "optimizers", "optimizers.schedules",
          "preprocessing.image", "preprocessing.sequence", "random", "regularizers", "saving", "signal", "tf.random",
          "tree", "utils", "wrappers")


def place(path):
    item = minikeras
    for part in path.split("."):
        item = getattr(item, part)
    return item


def public(path):
    """{name: class or function of ours} that can be had from a module."""
    module = place(path) if path else minikeras
    names = getattr(module, "__all__", None) or [name for name in vars(module) if not name.startswith("_")]
    found = {name: getattr(module, name) for name in names}
    return {name: item for name, item in found.items() if inspect.isclass(item) or inspect.isfunction(item)}


@pytest.mark.parametrize("path", ["", *PLACES])
def test_every_name_has_a_docstring(path):
    assert [name for name, item in public(path).items()
            if not (vars(item).get("__doc__") if inspect.isclass(item) else item.__doc__)] == []


@pytest.mark.parametrize("path", ["", *PLACES])
def test_every_method_has_a_docstring(path):
    missing = []
    for name, item in public(path).items():
        methods = [method for method in vars(item) if not method.startswith("_")] if inspect.isclass(item) else []
        for method in methods:
            value = vars(item)[method]
            value = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
            if inspect.isfunction(value) and not inspect.getdoc(getattr(item, method)):
                missing.append(f"{name}.{method}")
    assert missing == []
