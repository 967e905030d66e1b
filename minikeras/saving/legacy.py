"""Keras 2's files, which Keras 3 still reads and writes: `.h5` of a whole model or of its weights.

Weights stand by layer, each layer's trainable ones first; attributes hold the order, and configs as JSON.
"""

import io
import json

import numpy as np

from .. import registry, sharing
from ..errors import FileFormatError
from .archive import MAX_EXPANSION
from .arrays import Stored, h5py_or_none, json_object, read_h5
from .paths import objects_by_path, place

SUFFIXES = (".h5", ".hdf5")
_WEIGHTS, _TOP, _OPTIMIZER = "model_weights", "top_level_model_weights", "optimizer_weights"
_DAMAGE = (OSError, RuntimeError, ValueError, KeyError, TypeError, OverflowError, AttributeError, IndexError)


# --- writing ---------------------------------------------------------------------------------


def legacy_bytes(model, include_optimizer, version):
    """An HDF5 file of a whole model as Keras 2 laid it out."""
    buffer = io.BytesIO()
    with h5py_or_none().File(buffer, "w") as file:
        file.attrs.update({"backend": "tensorflow", "keras_version": version, "model_config": json.dumps(
            sharing.with_numbers(registry.serialize_object, model))})
        group = file.create_group(_WEIGHTS)
        group.attrs.update({"backend": "tensorflow", "keras_version": version})
        group.attrs["layer_names"] = _names([layer.name for layer in model.layers])
        for layer in sorted(model.layers, key=lambda layer: layer.name):
            _put(group.create_group(layer.name), _in_order(layer))
        _put(group.create_group(_TOP), model._own_variables())
        if include_optimizer and model.compiled:
            compiled = dict(model.get_compile_config() or {})
            compiled["optimizer_config"] = compiled.pop("optimizer", None)
            file.attrs["training_config"] = json.dumps(compiled)
            _put(file.create_group(_OPTIMIZER), model.optimizer.variables)
    return buffer.getvalue()


def _names(names):
    return np.array([name.encode() for name in names], dtype=None if names else "S1")


def _put(group, variables):
    names = [f"{variable.path}_{i}" if any(v.path == variable.path for v in variables[:i]) else variable.path
             for i, variable in enumerate(variables)]
    group.attrs["weight_names"] = _names(names)
    for name, variable in zip(names, variables):
        group.create_dataset(name, data=variable.numpy(), track_times=False)


def _in_order(layer):
    return [*layer.trainable_variables, *layer.non_trainable_variables]


# --- reading ---------------------------------------------------------------------------------


class Legacy:
    """What such a file holds: `config` and `training`, dicts or None; `layers`, {name: arrays}; the `optimizer`'s
    arrays. Raises FileFormatError for anything else."""

    def __init__(self, data, where):
        arrays = read_h5(data, where)
        try:
            with h5py_or_none().File(io.BytesIO(data), "r") as file:
                self.config, self.training = (_json(file, name, where) for name in ("model_config", "training_config"))
                base = f"{_WEIGHTS}/" if _WEIGHTS in file else ""
                group = file[base] if base else file
                if not {"layer_names", "layer_names0"} & set(group.attrs):
                    raise FileFormatError(f"{where}: this is neither a model nor weights as Keras 2 wrote them. "
                                          "Weights of Keras 3 are in files that end in .weights.h5: rename it.")
                self.layers = {name: _arrays(group, name, base, arrays) for name in _listed(group, "layer_names")}
                self.top = _arrays(group, _TOP, base, arrays) if _TOP in group else []
                self.optimizer = _arrays(file, _OPTIMIZER, "", arrays) if _OPTIMIZER in file else []
        except FileFormatError:
            raise
        except _DAMAGE as error:
            raise FileFormatError(f"{where}: it is not laid out as Keras 2 did ({str(error)[:200]}). It is damaged or "
                                  "of another format.") from None

    def for_model(self, model, where, by_name=False):
        """(arrays under the paths of a model, path in the file by path in the model)."""
        stored = {name: arrays for name, arrays in self.layers.items() if arrays}
        layers = [layer for layer in model.layers if layer.weights]
        if by_name:
            pairs = [(_in_order(layer), layer.name) for layer in layers if layer.name in stored]
        elif len(layers) == len(stored):
            pairs = [(_in_order(layer), name) for layer, name in zip(layers, stored)]
        else:
            raise FileFormatError(f"{where}: the file has {len(stored)} layers with weights ({', '.join(stored)}), the "
                                  f"model {model.name!r} {len(layers)} ({', '.join(layer.name for layer in layers)}). "
                                  "Load it into a model of the same layers, or by their names with by_name=True.")
        places = {id(v): (path, name) for path, obj in objects_by_path(model) if hasattr(obj, "_stored")
                  for name, v in obj._stored().items()}
        found, origin = Stored(), {}
        for variables, name in [*pairs, (model._own_variables(), _TOP)]:
            origin.update({places[id(variable)][0]: name for variable in variables if id(variable) in places})
            arrays = stored[name] if name != _TOP else self.top
            for i, array in enumerate(arrays):
                path, key = places.get(id(variables[i]), (name, i)) if i < len(variables) else (name, i)
                found[f"{place(path)}/{key}"] = array
        return found, origin


def modern(config):
    """A config of Keras 2 as Keras 3 would have it: how calls and input shapes are said."""
    if isinstance(config, list):
        return [modern(item) for item in config]
    if not isinstance(config, dict):
        return config
    config = {key: modern(item) for key, item in config.items()}
    if isinstance(config.get("inbound_nodes"), list):
        config["inbound_nodes"] = [_node(node) for node in config["inbound_nodes"]]
    name, inner = config.get("class_name"), config.get("config")
    if not isinstance(inner, dict):
        return config
    if name == "Model":
        config["class_name"] = "Functional"
    elif name == "InputLayer" and "batch_input_shape" in inner:
        inner["batch_shape"] = inner.pop("batch_input_shape")
    elif name == "Sequential" and isinstance(inner.get("layers"), list):
        shapes = [layer["config"].pop("batch_input_shape", None) for layer in inner["layers"]
                  if isinstance(layer, dict) and isinstance(layer.get("config"), dict)]
        if shapes and shapes[0] is not None:
            inner["layers"].insert(0, {"class_name": "InputLayer", "config": {
                "batch_shape": shapes[0], "dtype": inner["layers"][0]["config"].get("dtype")}})
    return config


def _node(node):
    """A call as {args, kwargs}, of a list of [layer, which of its calls, which output, further arguments]."""
    if not isinstance(node, list):
        return node
    tensors = [{"class_name": "__keras_tensor__", "config": {"keras_history": part[:3]}} for part in node]
    return {"args": tensors if len(tensors) == 1 else [tensors], "kwargs": node[0][3] if len(node[0]) > 3 else {}}


def _listed(group, name):
    """The text of an attribute, or of the several that it was cut into."""
    parts = [_attribute(group, name)] if name in group.attrs else []
    while f"{name}{len(parts)}" in group.attrs:
        parts.append(_attribute(group, f"{name}{len(parts)}"))
    return [text.decode() if isinstance(text, bytes) else str(text) for part in parts for text in part]


def _attribute(holder, name):
    """An attribute, if it is no list of texts of any length: they could all be one long text. Keras writes none."""
    attribute = holder.attrs.get_id(name)
    count = attribute.get_space().get_simple_extent_npoints()
    if attribute.dtype.kind == "O" and count > MAX_EXPANSION:
        raise ValueError(f"its attribute {name} is a list of {count} texts of any length")
    return holder.attrs[name]


def _arrays(parent, name, base, arrays):
    prefix = f"{base}{name}/"
    return [arrays[prefix + weight] for weight in _listed(parent[name], "weight_names")]


def _json(file, name, where):
    if name not in file.attrs:
        return None
    text = _attribute(file, name)
    return json_object(text if isinstance(text, bytes) else str(text).encode(), f"{where}: {name}")
