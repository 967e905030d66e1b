"""Records the public names of an installed Keras, with their signatures, in keras-<version>.json beside this file.

Run by hand, where Keras is: `python tests/docs/record_keras.py`. The tests read the record and need no Keras.
"""

import inspect
import json
import types
from pathlib import Path

import keras

NAMESPACES = (
    "layers", "ops", "ops.image", "ops.linalg", "ops.nn", "ops.numpy", "losses", "metrics", "optimizers",
    "optimizers.schedules", "initializers", "regularizers", "constraints", "activations", "callbacks", "random",
    "utils", "saving", "models", "config", "backend", "tree", "dtype_policies", "preprocessing", "preprocessing.image",
    "preprocessing.sequence", "wrappers", *(f"datasets.{name}" for name in (
        "boston_housing", "california_housing", "cifar10", "cifar100", "fashion_mnist", "imdb", "mnist", "reuters")))


def default_text(value):
    """A default as it is written: plain data by its repr, types by name, other objects by their type."""
    if value is None or isinstance(value, (bool, int, float, str, list, tuple)):
        return repr(value)
    return value.__name__ if isinstance(value, type) else f"<{type(value).__name__}>"


def parameters(item):
    """Each parameter as it is written, 'x', 'axis=-1', '*args', '**kwargs', with '*' before those that are taken by
    keyword only; None for what is not called."""
    if not callable(item):
        return None
    item = item.__init__ if inspect.isclass(item) else item
    texts = []
    for p in inspect.signature(item).parameters.values():
        if p.kind is p.KEYWORD_ONLY and not any(text.startswith("*") for text in texts):
            texts.append("*")
        mark = {p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"}.get(p.kind, "")
        texts.append(mark + p.name + ("" if p.default is p.empty else "=" + default_text(p.default)))
    return texts[1:] if texts[:1] == ["self"] else texts


def names_of(path):
    """{name: parameters} of a public namespace, modules left out."""
    module = keras
    for part in path.split("."):
        module = getattr(module, part)
    found = {name: getattr(module, name) for name in sorted(dir(module)) if not name.startswith("_")}
    return {name: parameters(item) for name, item in found.items() if not isinstance(item, types.ModuleType)}


if __name__ == "__main__":
    lines = []
    for path in NAMESPACES:
        entries = [f"  {json.dumps(name)}: {json.dumps(known)}" for name, known in names_of(path).items()]
        lines.append(f" {json.dumps(path)}: {{\n" + ",\n".join(entries) + "\n }")
    record = Path(__file__).with_name(f"keras-{keras.__version__}.json")
    record.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
