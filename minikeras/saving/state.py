"""What a model holds beyond its config, under Keras' paths: weights, optimizer slots, random generators."""

import numpy as np

from .. import registry
from ..autograd.random import SeedGenerator
from ..errors import FileFormatError
from ..layers.base import Layer
from ..layers.core import InputLayer

OPTIMIZER, ASSETS = "optimizer/vars", "assets/"


def layers_by_path(model):
    """(path, layer) for a model and all layers inside it, in the order and under the paths of Keras' files.

    A layer held in an attribute goes by the attribute; in a list or dict, by its class name, numbered.
    """
    return list(_visit(model, "", {}))


def _visit(value, path, seen):
    if id(value) in seen:
        return
    seen[id(value)] = value     # held, so that no other object gets its id
    if isinstance(value, Layer):
        yield path, value
        items = _attributes(value)
    else:
        items = _numbered(value.values() if isinstance(value, dict) else value)
    for key, item in items:
        if isinstance(item, (Layer, list, tuple, dict)) and not isinstance(item, InputLayer):
            yield from _visit(item, f"{path}/{key}" if path else key, seen)


def _attributes(layer):
    """Attributes by name, private ones last. A model's list of layers is one of them; a Sequential's comes first."""
    items = {key: value for key, value in vars(layer).items() if not key.startswith("__")}
    is_sequential = isinstance(layer, registry.find("models", "Sequential"))
    if layer._kind == "models":
        items["layers"] = layer.layers
    return sorted(items.items(), key=lambda item: (not (is_sequential and item[0] == "layers"),
                                                   item[0].startswith("_"), item[0]))


def _numbered(items):
    used = {}
    for item in items:
        if isinstance(item, (Layer, list, tuple, dict)):
            name = registry.snake_case(type(item).__name__) if isinstance(item, Layer) else "container"
            number = used[name] = used.get(name, -1) + 1
            yield (f"{name}_{number}" if number else name), item


def _place(path):
    return f"{path}/vars" if path else "vars"


def _stored(layer):
    """The own weights of a layer by their names in files: numbers, unless it says otherwise."""
    named = getattr(layer, "stored_variables", None)
    return named() if named is not None else {str(i): v for i, v in enumerate(layer._own_variables())}


def assets(model):
    """What else the layers of a model keep in files, by path: {path: bytes}."""
    return {f"{ASSETS}{path}/{name}": data for path, layer in layers_by_path(model) if hasattr(layer, "assets")
            for name, data in layer.assets().items()}


def load_assets(model, members, where):
    """Give the layers of a model what `assets` found. Raises FileFormatError for what no layer takes."""
    found = {name: data for name, data in members.items() if name.startswith(ASSETS)}
    for path, layer in layers_by_path(model):
        place = f"{ASSETS}{path}/"
        own = {name.removeprefix(place): found.pop(name) for name in list(found)
               if name.startswith(place) and "/" not in name.removeprefix(place)} if hasattr(layer, "assets") else {}
        try:
            if own:
                layer.load_assets(own)
        except (ValueError, TypeError) as error:
            raise FileFormatError(f"{where}: {place} does not fit layer {layer.name!r}: {error}") from None
    if found:
        raise FileFormatError(f"{where}: the archive holds {', '.join(sorted(found))}, which no layer of the model "
                              "takes.")


def collect(model, with_optimizer):
    """The arrays of a model by path, and the name of each layer by the path of its group."""
    arrays, names = {}, {}
    for path, layer in layers_by_path(model):
        names[_place(path)] = layer.name
        for key, variable in _stored(layer).items():
            arrays[f"{_place(path)}/{key}"] = variable._array
    optimizer = getattr(model, "optimizer", None)
    if with_optimizer and optimizer is not None:
        names[OPTIMIZER] = optimizer.name
        for i, variable in enumerate(optimizer.variables):
            arrays[f"{OPTIMIZER}/{i}"] = variable._array
    return arrays, names


def plan_weights(model, arrays, where):
    """(variable, array) for every weight of the model, all checked. Raises FileFormatError if one does not fit."""
    pairs, used = [], set()
    for path, layer in layers_by_path(model):
        own, place = _stored(layer), _place(path)
        title = f"layer {layer.name!r} ({type(layer).__name__})"
        stored = _group(arrays, place)
        if len(stored) != len(own):
            raise FileFormatError(
                f"{where}: {title} has {len(own)} weights ({_shapes(own.values())}), but the file has {len(stored)} "
                f"for it ({_shapes(stored.values())}) at {place}. Load it into a model of the same layers.")
        for name, variable in own.items():
            key = f"{place}/{name}"
            pairs.append((variable, _fitting(variable, arrays.get(key), f"{where}: {title}, weight {variable.name!r}")))
            used.add(key)
    # Keras' older files also hold the state of seed generators, in a form of its own.
    rest = [key for key in arrays if key not in used and not key.startswith(f"{OPTIMIZER}/")
            and "seed_generator" not in key.split("/")]
    if rest:
        raise FileFormatError(f"{where}: the file has weights that the model has no place for: {', '.join(rest[:5])}"
                              f"{' ...' if len(rest) > 5 else ''}. Load it into a model of the same layers.")
    return pairs


def plan_optimizer(model, arrays, where):
    """(variable, array) for the state of a compiled model's optimizer, which it builds if the file has slots."""
    optimizer = model.optimizer
    stored = _group(arrays, OPTIMIZER)
    if not stored:
        return []
    if not optimizer.built and len(stored) != len(optimizer.variables):
        optimizer.build(model.trainable_variables)
    own = optimizer.variables
    title = f"optimizer {optimizer.name!r} ({type(optimizer).__name__})"
    if len(stored) != len(own):
        raise FileFormatError(f"{where}: {title} has {len(own)} variables ({_shapes(own)}), but the file has "
                              f"{len(stored)} ({_shapes(stored.values())}). Load with compile=False and compile again.")
    return [(variable, _fitting(variable, stored.get(f"{OPTIMIZER}/{i}"), f"{where}: {title}, {variable.path!r}"))
            for i, variable in enumerate(own)]


def _group(arrays, place):
    return {key: array for key, array in arrays.items() if key.rpartition("/")[0] == place}


def _shapes(items):
    return ", ".join(str(tuple(item.shape)) for item in items) or "none"


def _fitting(variable, array, what):
    if array is None:
        raise FileFormatError(f"{what}: the file has no array for it.")
    if array.shape != variable.shape:
        raise FileFormatError(f"{what}: it has shape {variable.shape}, but the file has {array.shape}. Load it into a "
                              "model of the same layers and sizes.")
    if not np.can_cast(array.dtype, variable._array.dtype, "same_kind"):
        raise FileFormatError(f"{what}: it has dtype {variable.dtype.name}, which the file's {array.dtype} does not "
                              "convert to.")
    return array


def assign_all(pairs):
    """Give each variable its array."""
    for variable, array in pairs:
        variable.assign(array)


# --- random generators -----------------------------------------------------------------------


def _generators(model):
    return {f"{path}/{key}" if path else key: value for path, layer in layers_by_path(model)
            for key, value in vars(layer).items() if isinstance(value, SeedGenerator)}


def randomness(model):
    """Where the random generators of a model stand, as plain data: a loaded model draws on from there."""
    result = {"generators": {path: _position(seed.generator.bit_generator.state)
                             for path, seed in _generators(model).items()}}
    if "_shuffle_seed" in vars(model):
        result["shuffle_seed"] = list(model._shuffle_seed)
    return result


def _position(state):
    # 128-bit integers as text: most readers of JSON would round them.
    return {"kind": state["bit_generator"], "state": hex(state["state"]["state"]), "increment":
            hex(state["state"]["inc"]), "has_uint32": state["has_uint32"], "uinteger": state["uinteger"]}


def plan_randomness(model, data, where):
    """A function without arguments that puts the generators where `randomness` found them; all is checked here."""
    states = []
    try:
        seeds = _generators(model)
        for path, position in data["generators"].items():
            states.append((seeds[path].generator.bit_generator, _checked_state(position)))
        shuffle_seed = data.get("shuffle_seed")
        if shuffle_seed is not None:
            shuffle_seed = tuple(int(n) for n in shuffle_seed)
            if any(n < 0 for n in shuffle_seed):
                raise ValueError("the shuffle seed is negative")
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise FileFormatError(f"{where}: the state of random generators does not fit the model ({error!r}). The file "
                              "is damaged; restore it from a copy.") from None

    def restore():
        for generator, state in states:
            generator.state = state
        if shuffle_seed is not None:
            model._shuffle_seed = shuffle_seed
    return restore


def _checked_state(position):
    state = {"bit_generator": position["kind"], "has_uint32": int(position["has_uint32"]),
             "uinteger": int(position["uinteger"]),
             "state": {"state": int(position["state"], 16), "inc": int(position["increment"], 16)}}
    np.random.PCG64().state = state     # refuses what is no state
    return state
