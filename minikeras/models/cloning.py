"""Models again: from JSON, from a config, and as clones with weights of their own."""

import functools
import json

from .. import registry
from ..autograd import tree
from ..autograd.tensor import SymbolicTensor
from ..layers.core import InputLayer
from .model import Model
from .sequential import Sequential


def model_from_json(json_string, custom_objects=None):
    """The model that `model.to_json()` described, with new weights. Raises ValueError for other text."""
    try:
        config = json.loads(json_string)
    except (ValueError, TypeError) as error:
        raise ValueError(f"model_from_json: this is no JSON text ({error}). Give what to_json() returned.") from None
    model = registry.deserialize(config, "models", custom_objects)
    if not isinstance(model, Model):
        raise ValueError(f"model_from_json: the text describes {type(model).__name__}, which is no model.")
    return model


def clone_model(model, input_tensors=None, clone_function=None, call_function=None, recursive=False):
    """A model of the same layers, made anew, with new weights; compiled alike, if the model is.

    input_tensors    symbolic tensors to begin with, instead of new inputs
    clone_function   a layer to the layer that takes its place; by default made from its config
    call_function    (layer, *args, **kwargs) to outputs, in place of layer(*args, **kwargs); not for Sequential
    recursive        let `clone_function` have the layers inside models, too
    Raises ValueError for arguments that do not fit the kind of model.
    """
    if not isinstance(model, Model):
        raise ValueError(f"clone_model: a model was expected, got {model!r}.")

    def cloned(layer):
        if recursive and isinstance(layer, Model) and (layer._graph is not None or isinstance(layer, Sequential)):
            return clone_model(layer, None, clone_function, call_function, True)
        return _anew(layer) if clone_function is None or isinstance(layer, InputLayer) else clone_function(layer)
    if isinstance(model, Sequential):
        if call_function is not None:
            raise ValueError("clone_model: call_function is for models of inputs and outputs, not for a Sequential.")
        clone = _cloned_sequential(model, input_tensors, cloned)
    elif model._graph is not None:
        clone = _cloned_graph(model, input_tensors, cloned, call_function or (lambda layer, *a, **k: layer(*a, **k)))
    elif input_tensors is not None or clone_function is not None or call_function is not None:
        raise ValueError(f"clone_model: {model.name} defines its own call, so it is cloned as a whole, from its "
                         "config. Leave out input_tensors, clone_function and call_function.")
    else:
        clone = _anew(model)
    clone._compile_like(model)
    return clone


def _anew(layer):
    return type(layer).from_config(layer.get_config())


def _cloned_sequential(model, input_tensors, cloned):
    first = [] if model._input_layer is None else [_anew(model._input_layer)]
    if input_tensors is not None:
        given = tree.flatten(input_tensors)
        if len(given) != 1 or not isinstance(given[0], SymbolicTensor):
            raise ValueError(f"clone_model: a Sequential has one input, a symbolic tensor, got {input_tensors!r}.")
        first = [InputLayer(batch_shape=given[0].shape, dtype=given[0].dtype.name)]
    return Sequential([*first, *map(cloned, model.layers)], name=model.name, trainable=model.trainable)


def _cloned_graph(model, input_tensors, cloned, call_function):
    graph = model._graph
    if input_tensors is None:
        given = [_anew(graph.call_of(x).function).output for x in graph.flat_inputs]
    else:
        given = tree.flatten(input_tensors)
        if len(given) != len(graph.flat_inputs):
            raise ValueError(f"clone_model: {model.name} has {len(graph.flat_inputs)} inputs, got {len(given)} "
                             "input_tensors.")
    layers = {}

    def anew(layer):
        if layer not in layers:
            layers[layer] = cloned(layer)
        return functools.partial(call_function, layers[layer])
    kind = type(model) if type(model).__init__ is Model.__init__ else Model
    return kind(inputs=tree.pack(graph.inputs, given), outputs=graph.run(given, anew), name=model.name,
                trainable=model.trainable)
