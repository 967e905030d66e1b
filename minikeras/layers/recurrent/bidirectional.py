"""Bidirectional: a recurrent layer forward and another one backward over the same sequences."""

import inspect

from ... import registry
from ...arguments import one_of
from ...autograd import tree
from ...autograd.linear import concatenate
from ...ops.shapes import flip
from ..base import Layer

MERGES = {
    "concat": lambda a, b: concatenate(a, b, axis=-1),
    "sum": lambda a, b: a + b,
    "mul": lambda a, b: a * b,
    "ave": lambda a, b: (a + b) / 2.0,
    None: lambda a, b: (a, b),
}
ALIKE = ("stateful", "return_sequences", "return_state")


class Bidirectional(Layer):
    """A recurrent layer over sequences from the first step and another one from the last, and their outputs merged.

    layer            the forward layer is made anew with the arguments of this one, unless its name says that it is one
                     already ("forward_..."), as in a config
    merge_mode       'concat', 'sum', 'mul', 'ave', or None for both outputs
    weights          arrays for both layers, the forward ones first
    backward_layer   by default another one like `layer`, with go_backwards turned round
    initial_state is that of the forward layer, then that of the backward one; so are the states that are returned.
    Outputs of all steps stand in the order of the inputs, both ways. Source: Schuster & Paliwal 1997.
    """

    def __init__(self, layer, merge_mode="concat", weights=None, backward_layer=None, **kwargs):
        for given in (layer, backward_layer):
            if given is not None and not (isinstance(given, Layer) and
                                          all(hasattr(given, name) for name in (*ALIKE, "go_backwards"))):
                raise ValueError("Bidirectional needs a recurrent layer, such as LSTM(32) or RNN(cell), with the "
                                 f"attributes {', '.join(ALIKE)} and go_backwards; got {given!r}.")
        super().__init__(**kwargs)
        self.forward_layer = layer if layer.name.startswith("forward_") else twin(layer, name=f"forward_{layer.name}")
        self.backward_layer = backward_layer or twin(
            layer, name="backward_" + layer.name.removeprefix("backward_"), go_backwards=True)
        self._check_alike()
        for each in (self.forward_layer, self.backward_layer):
            if hasattr(each, "zero_output_for_mask"):
                each.zero_output_for_mask = each.return_sequences       # merged, a masked step is nothing
        self.merge_mode, self.weights_given = one_of("Bidirectional: merge_mode", merge_mode, MERGES), weights
        self.stateful, self.return_sequences = layer.stateful, layer.return_sequences
        self.return_state, self.input_spec = layer.return_state, layer.input_spec

    def _check_alike(self):
        forward, backward = self.forward_layer, self.backward_layer
        if forward.go_backwards == backward.go_backwards:
            raise ValueError(f"Bidirectional: both layers have go_backwards={forward.go_backwards}; one of them must "
                             "go forward and the other backward.")
        for name in ALIKE:
            if getattr(forward, name) != getattr(backward, name):
                raise ValueError(f"Bidirectional: {name} is {getattr(forward, name)} for the forward layer and "
                                 f"{getattr(backward, name)} for the backward one; make them the same.")

    def build(self, sequences_shape, initial_state_shape=None):
        for each in (self.forward_layer, self.backward_layer):
            if not each.built:
                each.build(sequences_shape)
        if self.weights_given is not None:
            half = len(self.weights_given) // 2
            self.forward_layer.set_weights(self.weights_given[:half])
            self.backward_layer.set_weights(self.weights_given[half:])

    def call(self, sequences, initial_state=None, mask=None, training=None):
        forward, backward = {"mask": mask, "training": training}, {"mask": mask, "training": training}
        if initial_state is not None:
            half = len(initial_state) // 2
            forward["initial_state"], backward["initial_state"] = initial_state[:half], initial_state[half:]
        a, b = self.forward_layer(sequences, **forward), self.backward_layer(sequences, **backward)
        states = ()
        if self.return_state:
            states, a, b = (*a[1:], *b[1:]), a[0], b[0]
        merged = MERGES[self.merge_mode](a, flip(b, 1) if self.return_sequences else b)
        if self.return_state:
            return (*merged, *states) if self.merge_mode is None else (merged, *states)
        return merged

    def compute_mask(self, sequences, mask):
        """The mask of the outputs where all of them are returned."""
        mask = tree.flatten(mask)[0] if self.return_sequences else None
        return (mask, mask) if self.merge_mode is None else mask

    @property
    def states(self):
        """The Variables of both layers' states, the forward ones first; None if they are not stateful, or not built."""
        forward, backward = self.forward_layer.states, self.backward_layer.states
        return (*forward, *backward) if forward and backward else None

    def reset_state(self):
        """Let the next batch of a stateful layer start from zeros again."""
        if not self.stateful:
            raise AttributeError(f"{self._titled} keeps no states; make its layer with stateful=True.")
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

    def reset_states(self):
        """The same as `reset_state`."""
        self.reset_state()

    def get_config(self):
        """Both layers and the arguments, as plain data; not the first weights, which a saved model has elsewhere."""
        config = super().get_config()
        del config["weights"]
        return {**config, "layer": registry.serialize(self.forward_layer),
                "backward_layer": registry.serialize(self.backward_layer)}


def twin(layer, **changes):
    """A new layer made with the arguments of another one, but for some; layers among them are made anew, too."""
    bound = inspect.signature(type(layer).__init__).bind(layer, *layer._captured.args, **layer._captured.kwargs)
    rest = next((p.name for p in bound.signature.parameters.values() if p.kind is p.VAR_KEYWORD), None)
    arguments = tree.map_structure(lambda x: twin(x) if isinstance(x, Layer) and x is not layer else x,
                                   dict(bound.arguments))
    for name, value in changes.items():
        if name in bound.signature.parameters:
            arguments[name] = value
        elif rest is not None:
            arguments[rest] = {**arguments.get(rest, {}), name: value}
        else:
            raise ValueError(f"{type(layer).__name__} takes no {name!r}, which a layer inside Bidirectional must; let "
                             "its constructor have **kwargs that go to its base.")
    bound.arguments.update(arguments)
    made = type(layer)(*bound.args[1:], **bound.kwargs)
    made.trainable = layer.trainable
    return made
