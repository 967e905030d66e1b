"""ConvLSTM1D, ConvLSTM2D and ConvLSTM3D: an LSTM whose products are convolutions."""

from ...arguments import count
from ...autograd.linear import reshape
from ...autograd.tensor import SymbolicTensor
from ...errors import ShapeError
from ...ops.convolution import conv
from ...ops.creation import zeros
from ...ops.shapes import shape
from ...ops.windows import is_channels_first, is_same, known_format, per_axis
from ..input_spec import InputSpec
from .cells import LSTMCell, passed
from .layers import _OverCell

CONVOLUTION = ("kernel_size", "strides", "padding", "data_format", "dilation_rate")


class _ConvLSTMCell(LSTMCell):
    """An LSTMCell of images: the inputs' convolution has the given strides, that of the state keeps its extents."""

    def __init__(self, rank, filters, kernel_size, strides=1, padding="valid", data_format=None, dilation_rate=1,
                 activation="tanh", recurrent_activation="sigmoid", use_bias=True, kernel_initializer="glorot_uniform",
                 recurrent_initializer="orthogonal", bias_initializer="zeros", unit_forget_bias=True,
                 kernel_regularizer=None, recurrent_regularizer=None, bias_regularizer=None, kernel_constraint=None,
                 recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0, seed=None,
                 **kwargs):
        given, where = passed(locals()), f"ConvLSTM{rank}D"
        super().__init__(units=count(f"{where}: filters", filters), implementation=1, **{
            name: value for name, value in given.items() if name not in ("rank", "filters", *CONVOLUTION)})
        self.rank, self.filters = rank, self.units
        self.kernel_size = per_axis(kernel_size, rank, f"{where}: kernel_size")
        self.strides = per_axis(strides, rank, f"{where}: strides")
        self.dilation_rate = per_axis(dilation_rate, rank, f"{where}: dilation_rate")
        self.padding = "same" if is_same(padding, where) else "valid"
        self.data_format = known_format(data_format, where)
        self.gates_axis = 1 if is_channels_first(self.data_format, where) else -1
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(f"{where}: strides {self.strides} and dilation_rate {self.dilation_rate} cannot both be "
                             "above 1.")

    def build(self, input_shape):
        channels = input_shape[self.gates_axis]
        if None in input_shape[1:]:
            raise ShapeError(f"the extents of the images and their channels must be known, got {tuple(input_shape)}.")
        self.image_shape = tuple(input_shape[1:])
        self._add_weights((*self.kernel_size, channels), (*self.kernel_size, self.filters), self.filters)

    def get_initial_state(self, batch_size=None):
        """Zeros in the shape of the outputs for `batch_size` samples, twice."""
        made = list(shape(self._convolved(SymbolicTensor((batch_size, *self.image_shape), self.dtype), self.kernel)))
        made[self.gates_axis] = self.filters
        return [zeros(made, self.dtype), zeros(made, self.dtype)]

    def _convolved(self, x, kernel):
        return conv(x, kernel, self.strides, self.padding, self.data_format, self.dilation_rate)

    def with_state(self, of_inputs, state, masks):
        """of_inputs + the convolution of the state, which keeps its extents."""
        def product(x, kernel):
            return conv(x, kernel, 1, "same", self.data_format)

        return of_inputs + self.through(state, self.recurrent_kernel, masks, product)

    def _of_inputs(self, sequence, masks):
        """The convolution of the images of all steps, in one."""
        extents = shape(sequence)

        def product(x, kernel):
            return self._convolved(reshape(x, shape=(-1, *extents[2:])), kernel)

        made = self.through(sequence, self.kernel, masks, product)
        if self.use_bias:
            made = made + (self.bias if self.gates_axis == -1 else reshape(self.bias, shape=(-1, *(1,) * self.rank)))
        return reshape(made, shape=(*extents[:2], *shape(made)[1:]))


class _ConvLSTM(_OverCell):
    """An LSTM over sequences of images, whose states are images.

    Shapes, channels last: (batch, steps, *extents, channels) -> (batch, *new extents, filters), or with
    return_sequences (batch, steps, *new extents, filters). The arguments are those of a convolution, of LSTMCell and
    of RNN.
    Source: Shi et al. 2015, eq. 3, without the peepholes.
    """

    cell_class = _ConvLSTMCell

    def __init__(self, filters, kernel_size, strides=1, padding="valid", data_format=None, dilation_rate=1,
                 activation="tanh", recurrent_activation="sigmoid", use_bias=True, kernel_initializer="glorot_uniform",
                 recurrent_initializer="orthogonal", bias_initializer="zeros", unit_forget_bias=True,
                 kernel_regularizer=None, recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None,
                 kernel_constraint=None, recurrent_constraint=None, bias_constraint=None, dropout=0.0,
                 recurrent_dropout=0.0, seed=None, return_sequences=False, return_state=False, go_backwards=False,
                 stateful=False, **kwargs):
        super().__init__(rank=type(self).rank, **passed(locals()))
        self.input_spec = InputSpec(ndim=self.rank + 3)

    def build(self, sequences_shape, initial_state_shape=None):
        super().build(sequences_shape, initial_state_shape)
        self.input_spec = InputSpec(shape=(None, None, *sequences_shape[2:]))

    def get_config(self):
        """The constructor arguments, those of the convolution as they were understood."""
        understood = {name: getattr(self, name) for name in CONVOLUTION}
        return {**super().get_config(),
                **{name: list(value) if isinstance(value, tuple) else value for name, value in understood.items()}}


class ConvLSTM1D(_ConvLSTM):
    __doc__ = _ConvLSTM.__doc__.replace("images", "rows")
    rank = 1


class ConvLSTM2D(_ConvLSTM):
    __doc__ = _ConvLSTM.__doc__
    rank = 2


class ConvLSTM3D(_ConvLSTM):
    __doc__ = _ConvLSTM.__doc__.replace("images", "volumes")
    rank = 3
