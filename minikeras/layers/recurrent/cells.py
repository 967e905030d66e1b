"""Cells: one step of a recurrent layer.

A cell of ours also offers `prepare`: what depends on the inputs alone is computed for all steps at once, in one
product, and a function is given for what is left to do at each step.
"""

import functools

from ... import activations
from ...arguments import count, number, one_of, switch
from ...autograd.linear import concatenate, getitem, reshape
from ...autograd.random import SeedGenerator
from ...errors import ShapeError
from ...ops import random
from ...ops.creation import ones, zeros, zeros_like
from ...ops.products import affine, matmul
from ...ops.recurrent import lstm_update
from ...ops.shapes import expand_dims, shape, split
from ...ops.unary import sigmoid, tanh
from ..base import Layer


def passed(scope):
    """The arguments of a constructor, given its `locals()`: for the constructor that takes them on by name."""
    return {**{name: value for name, value in scope.items() if name not in ("self", "kwargs", "__class__")},
            **scope["kwargs"]}


class _Cell(Layer):
    """What cells share: a kernel for the inputs and one for the state, each with the columns of all gates side by side.

    dropout, recurrent_dropout   share of the inputs and of the state that is zero in training, the same at all steps
    implementation   2: one dropout mask for all gates; 1: one for each, as always with recurrent_dropout
    """

    gates = 1
    gates_axis = -1

    def __init__(self, *, units, activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer,
                 kernel_regularizer, recurrent_regularizer, bias_regularizer, kernel_constraint, recurrent_constraint,
                 bias_constraint, dropout, recurrent_dropout, seed, recurrent_activation=None, implementation=2,
                 **kwargs):
        super().__init__(**kwargs)
        where = type(self).__name__.lstrip("_")
        self.units = count(f"{where}: units", units)
        self.activation = activations.get(activation)
        if recurrent_activation is not None or self.gates > 1:
            self.recurrent_activation = activations.get(recurrent_activation)
        self.use_bias = switch(f"{where}: use_bias", use_bias)
        self._keep("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self._keep("recurrent", recurrent_initializer, recurrent_regularizer, recurrent_constraint)
        self._keep("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.dropout = number(f"{where}: dropout", dropout, 0, 1)
        self.recurrent_dropout = number(f"{where}: recurrent_dropout", recurrent_dropout, 0, 1)
        implementation = one_of(f"{where}: implementation", implementation, (1, 2))
        self.implementation = 1 if recurrent_dropout else implementation
        self.seed, self.seed_generator = seed, SeedGenerator(seed)
        self.state_size = self.output_size = self.units
        self.bias = None

    # --- weights -----------------------------------------------------------------------------

    def build(self, input_shape):
        if len(input_shape) != 2 or input_shape[-1] is None:
            raise ShapeError("a cell takes one step of shape (batch, features), with features known, got "
                             f"{tuple(input_shape)}.")
        self._add_weights((input_shape[-1],), (self.units,), self.units)

    def _add_weights(self, kernel_rows, recurrent_rows, units):
        columns = self.gates * units
        self.kernel = self._add_kept("kernel", (*kernel_rows, columns))
        self.recurrent_kernel = self._add_kept("recurrent", (*recurrent_rows, columns), name="recurrent_kernel")
        if self.use_bias:
            self.bias = self._add_kept("bias", self._bias_shape(columns), initializer=self._first_bias(units))

    def _bias_shape(self, columns):
        return (columns,)

    def _first_bias(self, units):
        return self.bias_initializer

    def get_initial_state(self, batch_size=None):
        """Zeros for `batch_size` samples: a list of one tensor for each state."""
        sizes = self.state_size if isinstance(self.state_size, list) else [self.state_size]
        return [zeros((batch_size, size), self.dtype) for size in sizes]

    # --- steps -------------------------------------------------------------------------------

    def call(self, inputs, states, training=False):
        """One step: (batch, features) and the states to (output, new states)."""
        listed = isinstance(states, (list, tuple))
        states = states if listed else [states]
        sizes = self.state_size if isinstance(self.state_size, list) else [self.state_size]
        if len(states) != len(sizes) or any(x.ndim == 2 and x.shape[1] not in (size, None)
                                            for x, size in zip(states, sizes)):
            raise ShapeError(f"{type(self).__name__} {self.name!r}: the states must be of sizes {sizes}, got shapes "
                             f"{[x.shape for x in states]}. get_initial_state(batch_size) gives the first ones.")
        of_inputs, step = self.prepare(expand_dims(inputs, 0), states, training)
        output, new = step(of_inputs[0], states)
        return output, new if listed else new[0]

    def prepare(self, sequence, states, training):
        """For inputs of shape (steps, batch, ...): what comes of them for each step, and `step(of_inputs, states)`.

        Dropout masks are drawn here, so that they are the same at all steps (Gal & Ghahramani 2016).
        """
        masks = self._masks(getitem(sequence, index=(0,)), self.dropout, training)
        state_masks = self._masks(states[0], self.recurrent_dropout, training)
        return self._of_inputs(sequence, masks), functools.partial(self.step, masks=state_masks)

    def _masks(self, x, rate, training):
        """Dropout masks for `x`: one, or one for each gate. None without dropout."""
        if not (training and rate):
            return None
        many = self.gates if self.implementation == 1 else 1
        return [zeros_like(x) if rate == 1 else random.keep_mask(x, rate=rate, seed=self.seed_generator)
                for _ in range(many)]

    def _of_inputs(self, sequence, masks):
        """What comes of the inputs of all steps, (steps, batch, ...), in one product for all of them."""
        extents = shape(sequence)
        bias = self._input_bias()

        def product(x, kernel):
            return matmul(reshape(x, shape=(-1, extents[-1])), kernel)

        if masks is None and bias is not None:
            made = affine(reshape(sequence, shape=(-1, extents[-1])), self.kernel, bias)
        else:
            made = self.through(sequence, self.kernel, masks, product)
            made = made if bias is None else made + bias
        return reshape(made, shape=(*extents[:-1], made.shape[-1]))

    def _input_bias(self):
        return self.bias

    def with_state(self, of_inputs, state, masks):
        """of_inputs + state @ recurrent_kernel, with dropout of the state."""
        if masks is None:
            return affine(state, self.recurrent_kernel, of_inputs)
        return of_inputs + self.through(state, self.recurrent_kernel, masks)

    def through(self, x, kernel, masks, product=matmul):
        """product(x, kernel), with dropout: each of the masks belongs to an equal share of the kernel's columns."""
        if masks is None:
            return product(x, kernel)
        if len(masks) == 1:
            return product(x * masks[0], kernel)
        shares = split(kernel, len(masks), axis=-1)
        return concatenate(*[product(x * mask, share) for mask, share in zip(masks, shares, strict=True)],
                           axis=self.gates_axis)

    def get_config(self):
        """The constructor arguments that Keras saves: not `implementation`."""
        config = super().get_config()
        config.pop("implementation", None)
        return config


def columns(x, start, stop, units):
    """The columns of gates `start` to `stop` of a matrix with `units` columns for each."""
    return getitem(x, index=(slice(None), slice(start * units, None if stop is None else stop * units)))


class SimpleRNNCell(_Cell):
    """activation(inputs @ kernel + state @ recurrent_kernel + bias), which is output and new state.

    Shapes: inputs (batch, features), states [(batch, units)] -> (batch, units), [(batch, units)].
    Source: Elman 1990.
    """

    def __init__(self, units, activation="tanh", use_bias=True, kernel_initializer="glorot_uniform",
                 recurrent_initializer="orthogonal", bias_initializer="zeros", kernel_regularizer=None,
                 recurrent_regularizer=None, bias_regularizer=None, kernel_constraint=None, recurrent_constraint=None,
                 bias_constraint=None, dropout=0.0, recurrent_dropout=0.0, seed=None, **kwargs):
        super().__init__(**passed(locals()))

    def step(self, of_inputs, states, masks=None):
        """The output and new states, given what came of the inputs."""
        output = self.activation(self.with_state(of_inputs, states[0], masks))
        return output, [output]


class LSTMCell(_Cell):
    """Long short-term memory: gates i, f, o and a candidate g, in the order i, f, g, o of the kernels' columns.

    carry = f * carry + i * g and output = o * activation(carry); the states are [output, carry].

    unit_forget_bias   whether the bias of f starts at 1 (Jozefowicz et al. 2015)
    Shapes: inputs (batch, features), states two of (batch, units) -> (batch, units), [output, carry].
    Source: Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000.
    """

    gates = 4

    def __init__(self, units, activation="tanh", recurrent_activation="sigmoid", use_bias=True,
                 kernel_initializer="glorot_uniform", recurrent_initializer="orthogonal", bias_initializer="zeros",
                 unit_forget_bias=True, kernel_regularizer=None, recurrent_regularizer=None, bias_regularizer=None,
                 kernel_constraint=None, recurrent_constraint=None, bias_constraint=None, dropout=0.0,
                 recurrent_dropout=0.0, seed=None, **kwargs):
        given = passed(locals())
        super().__init__(**{name: value for name, value in given.items() if name != "unit_forget_bias"})
        self.unit_forget_bias = switch(f"{type(self).__name__}: unit_forget_bias", unit_forget_bias)
        self.state_size = [self.units, self.units]

    def _first_bias(self, units):
        if not self.unit_forget_bias:
            return self.bias_initializer

        def forgetting_little(shape, dtype=None):
            return concatenate(self.bias_initializer((units,), dtype=dtype), ones((units,), dtype),
                               self.bias_initializer((2 * units,), dtype=dtype), axis=0)
        return forgetting_little

    def step(self, of_inputs, states, masks=None):
        """The output and new states, given what came of the inputs."""
        output, carry = states
        gates = self.with_state(of_inputs, output, masks)
        if self.activation is tanh and self.recurrent_activation is sigmoid and self.gates_axis == -1:
            output, carry, _ = lstm_update(gates, carry)
            return output, [output, carry]
        i, f, g, o = split(gates, 4, axis=self.gates_axis)
        carry = self.recurrent_activation(f) * carry + self.recurrent_activation(i) * self.activation(g)
        output = self.recurrent_activation(o) * self.activation(carry)
        return output, [output, carry]


class GRUCell(_Cell):
    """Gated recurrent unit: update gate z, reset gate r and a candidate, in this order of the kernels' columns.

    output = z * state + (1 - z) * candidate, which is the new state.

    reset_after   whether r applies to state @ recurrent_kernel (Keras' and cuDNN's form, with a second row of bias
                  for that product) instead of to the state
    Shapes: inputs (batch, features), states [(batch, units)] -> (batch, units), [(batch, units)].
    Source: Cho et al. 2014, eq. 5 to 8.
    """

    gates = 3

    def __init__(self, units, activation="tanh", recurrent_activation="sigmoid", use_bias=True,
                 kernel_initializer="glorot_uniform", recurrent_initializer="orthogonal", bias_initializer="zeros",
                 kernel_regularizer=None, recurrent_regularizer=None, bias_regularizer=None, kernel_constraint=None,
                 recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0, reset_after=True,
                 seed=None, **kwargs):
        given = passed(locals())
        super().__init__(**{name: value for name, value in given.items() if name != "reset_after"})
        self.reset_after = switch(f"{type(self).__name__}: reset_after", reset_after)

    def _bias_shape(self, columns):
        return (2, columns) if self.reset_after else (columns,)

    def _input_bias(self):
        return self.bias[0] if self.use_bias and self.reset_after else self.bias

    def prepare(self, sequence, states, training):
        of_inputs, step = super().prepare(sequence, states, training)
        if self.reset_after:
            return of_inputs, functools.partial(step, bias=self.bias[1] if self.use_bias else None)
        kernel, units = self.recurrent_kernel, self.units
        return of_inputs, functools.partial(step, kernels=(columns(kernel, 0, 2, units), columns(kernel, 2, 3, units)))

    def step(self, of_inputs, states, masks=None, bias=None, kernels=None):
        """The output and new states, given what came of the inputs."""
        state, units = states[0], self.units
        if self.reset_after:
            of_state = self.through(state, self.recurrent_kernel, masks) if bias is None else self.with_state(
                bias, state, masks)
        else:
            of_state = self.through(state, kernels[0], masks and masks[:2])
        gates = columns(of_inputs, 0, 2, units) + columns(of_state, 0, 2, units)
        z, r = [self.recurrent_activation(gate) for gate in split(gates, 2, axis=1)]
        if self.reset_after:
            candidate = r * columns(of_state, 2, 3, units)
        else:
            candidate = matmul(r * (state * masks[2] if masks else state), kernels[1])
        candidate = self.activation(columns(of_inputs, 2, 3, units) + candidate)
        output = z * state + (1.0 - z) * candidate
        return output, [output]
