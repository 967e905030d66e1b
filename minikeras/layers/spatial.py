"""What layers over spatial axes share: the place of the channels, sizes for each axis, configs as Keras writes them."""

from .. import registry
from ..errors import ShapeError
from ..ops.windows import is_channels_first, per_axis
from .base import Layer


class Spatial(Layer, kind="layers"):
    """Base of layers over the `rank` axes between batch and channels, or behind both.

    data_format   'channels_last' or 'channels_first'
    """

    rank = None
    data_format = "channels_last"

    def _where(self, argument):
        return f"{type(self).__name__}: {argument}"

    def _set_data_format(self, data_format):
        if data_format is not None:
            data_format = str(data_format).lower()
        first = is_channels_first(data_format, type(self).__name__)
        self.data_format = "channels_first" if first else "channels_last"

    def _sizes(self, argument, value, least=1):
        """One integer for each axis."""
        return per_axis(value, self.rank, self._where(argument), least)

    @property
    def _spatial_axes(self):
        first = 2 if self.data_format == "channels_first" else 1
        return tuple(range(first, first + self.rank))

    def _channels(self, shape):
        """The number of channels of an input shape. Raises ShapeError for another rank, or if it is not known."""
        channels = shape[-1 if self.data_format == "channels_last" else 1] if len(shape) == self.rank + 2 else None
        if channels is None:
            raise ShapeError(f"{type(self).__name__} {self.name!r} needs inputs of {self.rank + 2} axes, "
                             f"{self.data_format.replace('_', ' ')} and their number known; got shape {shape}.")
        return channels

    def get_config(self):
        """The constructor arguments as they were understood: a size for each axis, functions and objects by name."""
        own = [name for name in registry.parameters(type(self)) if name not in registry.parameters(Layer)]
        return {**super().get_config(), **{name: registry.serialize(getattr(self, name)) for name in own}}
