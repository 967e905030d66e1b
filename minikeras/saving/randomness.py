"""Where the random generators of a model stand, as plain data and back: a loaded model draws on from there."""

import numpy as np

from ..autograd.random import SeedGenerator
from ..errors import FileFormatError
from .paths import objects_by_path


def _generators(model):
    return {f"{path}/{key}" if path else key: value for path, obj in objects_by_path(model)
            for key, value in vars(obj).items() if isinstance(value, SeedGenerator)}


def randomness(model):
    """Where the random generators of a model stand, as plain data: a loaded model draws on from there."""
    result = {"generators": {path: position(seed) for path, seed in _generators(model).items()}}
    if "_order" in vars(model):
        order = model._order.get_state()
        result |= {"shuffle_seed": order["seed"], "shuffle_passes": order["passes"]}
    return result


def position(seed):
    """Where a SeedGenerator stands in its stream, as plain data."""
    state = seed.generator.bit_generator.state
    # 128-bit integers as text: most readers of JSON would round them.
    return {"kind": state["bit_generator"], "state": hex(state["state"]["state"]), "increment":
            hex(state["state"]["inc"]), "has_uint32": state["has_uint32"], "uinteger": state["uinteger"]}


def plan_randomness(model, data, where):
    """A function without arguments that puts the generators where `randomness` found them; all is checked here."""
    states = []
    try:
        seeds = _generators(model)
        for path, position in data["generators"].items():
            states.append((seeds[path].generator.bit_generator, checked_position(position)))
        shuffle_seed = data.get("shuffle_seed")
        if shuffle_seed is not None:
            shuffle_seed = tuple(int(n) for n in shuffle_seed)
            passes = int(data.get("shuffle_passes", 0))
            if passes < 0 or any(n < 0 for n in shuffle_seed):
                raise ValueError("the shuffle seed is negative")
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise FileFormatError(f"{where}: the state of random generators does not fit the model ({error!r}). The file "
                              "is damaged; restore it from a copy.") from None

    def restore():
        for generator, state in states:
            generator.state = state
        if shuffle_seed is not None:
            model._shuffle_as({"seed": shuffle_seed, "passes": passes})
    return restore


def checked_position(position):
    """The state of a NumPy generator that `position` described. Raises an error of some kind if there is none."""
    state = {"bit_generator": position["kind"], "has_uint32": int(position["has_uint32"]),
             "uinteger": int(position["uinteger"]),
             "state": {"state": int(position["state"], 16), "inc": int(position["increment"], 16)}}
    np.random.PCG64().state = state     # refuses what is no state
    return state
