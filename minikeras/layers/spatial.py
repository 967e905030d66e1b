"""What layers over spatial axes share: the place of the channels, sizes for each axis."""

from ..errors import ShapeError
from ..ops.windows import known_format, per_axis
from .base import Layer
from .input_spec import InputSpec


class Spatial(Layer, kind="layers"):
    """Base of layers over the `rank` axes between batch and channels, or behind both.

    data_format   'channels_last' or 'channels_first'
    """

    rank = None

    def __init__(self, data_format, **kwargs):
        super().__init__(**kwargs)
        self.data_format = known_format(data_format.lower() if isinstance(data_format, str) else data_format,
                                        type(self).__name__)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def _where(self, argument):
        return f"{type(self).__name__}: {argument}"

    def _sizes(self, argument, value, least=1):
        """One integer for each axis."""
        return per_axis(value, self.rank, self._where(argument), least)

    @property
    def _spatial_axes(self):
        first = 2 if self.data_format == "channels_first" else 1
        return tuple(range(first, first + self.rank))

    def _demand_channels(self, shape):
        """The number of channels of an input shape, which all inputs must have from now on."""
        axis = -1 if self.data_format == "channels_last" else 1
        if len(shape) != self.rank + 2 or shape[axis] is None:
            raise ShapeError(f"{self._titled} needs inputs of {self.rank + 2} axes, "
                             f"{self.data_format.replace('_', ' ')} and their number known; got shape {shape}.")
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={axis: shape[axis]})
        return shape[axis]
