"""SimpleRNN, LSTM and GRU: an RNN over the cell of that name, made with the cell's arguments."""

import inspect
import operator

from ... import kinds
from ..input_spec import InputSpec
from .cells import GRUCell, LSTMCell, SimpleRNNCell, passed
from .rnn import RNN


class _OverCell(RNN):
    """An RNN whose constructor takes the arguments of its cell beside its own; they are attributes of it, too."""

    cell_class = None
    input_spec = InputSpec(ndim=3)

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "cell_class" in vars(cls):
            for name in cell_arguments(cls.cell_class):
                setattr(cls, name, property(operator.attrgetter(f"cell.{name}")))

    def __init__(self, **given):
        names = [name for name in cell_arguments(self.cell_class) if name in given]
        of_cell = {name: given.pop(name) for name in (*names, "implementation") if name in given}
        cell = self.cell_class(**of_cell, dtype=given.get("dtype"), trainable=given.get("trainable", True),
                               name=kinds.snake_case(self.cell_class.__name__))
        super().__init__(cell, **given)

    def build(self, sequences_shape, initial_state_shape=None):
        super().build(sequences_shape, initial_state_shape)
        self.input_spec = InputSpec(ndim=3, axes={-1: sequences_shape[-1]})

    def get_config(self):
        """The arguments of the layer and of its cell, as Keras saves them."""
        config, cell = super().get_config(), self.cell.get_config()
        return {**{name: value for name, value in config.items() if name not in ("use_cudnn", "implementation")},
                **{name: cell[name] for name in cell_arguments(self.cell_class) if name in config}}


def cell_arguments(cell_class):
    """Names of the arguments of a cell that are not those of every layer."""
    return [p.name for p in list(inspect.signature(cell_class).parameters.values()) if p.kind is not p.VAR_KEYWORD]


def without_cudnn(given):
    """The arguments but `use_cudnn`, which cannot be True: there are no GPUs here."""
    choice = given.pop("use_cudnn")
    if choice not in ("auto", False):
        raise ValueError(f"use_cudnn={choice!r} is not supported: everything runs on the CPU. Leave it 'auto'.")
    return given


class SimpleRNN(_OverCell):
    """activation(inputs @ kernel + output before @ recurrent_kernel + bias), step by step.

    The arguments are those of SimpleRNNCell and of RNN. Shapes: (batch, steps, features) -> (batch, units), or
    (batch, steps, units) with return_sequences. Source: Elman 1990.
    """

    cell_class = SimpleRNNCell

    def __init__(self, units, activation="tanh", use_bias=True, kernel_initializer="glorot_uniform",
                 recurrent_initializer="orthogonal", bias_initializer="zeros", kernel_regularizer=None,
                 recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
                 recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0,
                 return_sequences=False, return_state=False, go_backwards=False, stateful=False, unroll=False,
                 seed=None, **kwargs):
        super().__init__(**passed(locals()))

    def get_config(self):
        """The constructor arguments that Keras saves: all but the seed."""
        config = super().get_config()
        config.pop("seed", None)
        return config


class LSTM(_OverCell):
    """Long short-term memory, step by step; the states are [output, carry].

    The arguments are those of LSTMCell and of RNN. Shapes: (batch, steps, features) -> (batch, units), or
    (batch, steps, units) with return_sequences. Source: Hochreiter & Schmidhuber 1997.
    """

    cell_class = LSTMCell

    def __init__(self, units, activation="tanh", recurrent_activation="sigmoid", use_bias=True,
                 kernel_initializer="glorot_uniform", recurrent_initializer="orthogonal", bias_initializer="zeros",
                 unit_forget_bias=True, kernel_regularizer=None, recurrent_regularizer=None, bias_regularizer=None,
                 activity_regularizer=None, kernel_constraint=None, recurrent_constraint=None, bias_constraint=None,
                 dropout=0.0, recurrent_dropout=0.0, seed=None, return_sequences=False, return_state=False,
                 go_backwards=False, stateful=False, unroll=False, use_cudnn="auto", **kwargs):
        super().__init__(**without_cudnn(passed(locals())))


class GRU(_OverCell):
    """Gated recurrent units, step by step; the state is the output.

    The arguments are those of GRUCell and of RNN. Shapes: (batch, steps, features) -> (batch, units), or
    (batch, steps, units) with return_sequences. Source: Cho et al. 2014.
    """

    cell_class = GRUCell

    def __init__(self, units, activation="tanh", recurrent_activation="sigmoid", use_bias=True,
                 kernel_initializer="glorot_uniform", recurrent_initializer="orthogonal", bias_initializer="zeros",
                 kernel_regularizer=None, recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None,
                 kernel_constraint=None, recurrent_constraint=None, bias_constraint=None, dropout=0.0,
                 recurrent_dropout=0.0, seed=None, return_sequences=False, return_state=False, go_backwards=False,
                 stateful=False, unroll=False, reset_after=True, use_cudnn="auto", **kwargs):
        super().__init__(**without_cudnn(passed(locals())))
