"""The whole state of a training: where its run stands, what its objects hold, and where seeds are given out."""

from ..autograd.random import numbering, set_numbering
from ..errors import FileFormatError
from ..saving.holdings import Restoration, collect


def training_state(model):
    """All that the rest of the run of `fit` under way depends on, as nested plain data and arrays.

    To be asked by a callback that `comes_last`, after a step or an epoch. What is no Variable, generator or state of a
    callback, such as attributes of the user's own, is not part of it.
    """
    return {"run": model._fitting.get_state(), "objects": collect(_objects(model)), "seeds": numbering(),
            "stop_training": bool(model.stop_training)}


def resume_training(model, state, where):
    """Have the run of `fit` under way go on where `training_state` found another: with a model, data and callbacks that
    were made in the same way. To be called in on_train_begin.

    where   how errors name the state
    Raises FileFormatError for the state of another training.
    """
    def restore():
        model.stop_training = state["stop_training"]
        Restoration(_objects(model), state["objects"], where, whole=True)
        set_numbering(state["seeds"])
    try:
        model._fitting.set_state(state["run"], restore)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, FileFormatError):
            raise
        raise FileFormatError(f"{where}: this is not the state of a training with this model, data and callbacks: "
                              f"{error}") from error


def _objects(model):
    return {"model": model, "metrics": list(model.metrics)}
