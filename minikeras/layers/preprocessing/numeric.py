"""Numbers brought to a common size, or into bins."""

import itertools
import math
import warnings

import numpy as np

from ...arguments import count, number, switch
from ...autograd import dims
from ...autograd.dtypes import as_dtype
from ...autograd.linear import reshape
from ...autograd.operands import as_tensor
from ...autograd.tensor import SymbolicTensor
from ...config import epsilon as small
from ...errors import ShapeError
from ...ops.arithmetic import maximum
from ...ops.sorting import digitize
from ...ops.tallying import encoded
from ...ops.unary import sqrt
from ...ops.windows import image_data_format
from ..base import Layer
from ..input_spec import InputSpec
from .modes import batches_of, known_mode, refuse_sparse


class Rescaling(Layer):
    """inputs * scale + offset. Lists of numbers are for the channels, wherever images have them by default."""

    def __init__(self, scale, offset=0.0, **kwargs):
        super().__init__(**kwargs)
        for name, value in (("scale", scale), ("offset", offset)):
            for each in np.ravel(np.asarray(value)).tolist():
                number(f"Rescaling: {name}", each)
        self.scale, self.offset = scale, offset
        self.supports_masking = self.built = True

    def call(self, inputs):
        scale, offset = as_tensor(self.scale, self.dtype), as_tensor(self.offset, self.dtype)
        if scale.ndim and image_data_format() == "channels_first":
            scale = reshape(scale, shape=(*scale.shape, *(1,) * (3 - scale.ndim)))
        return as_tensor(inputs, self.dtype) * scale + offset


class Normalization(Layer):
    """Inputs less the mean, over the standard deviation, of the data it was adapted to.

    axis             which axes keep a mean of their own for each place; None for one mean of all
    mean, variance   given instead of `adapt`: of the shape of the kept axes, or the last of them
    invert           multiply and add instead: the way back
    Until it is adapted the mean is 0 and the variance 1, and a call warns of it. Shapes: that of the inputs.
    """

    def __init__(self, axis=-1, mean=None, variance=None, invert=False, **kwargs):
        super().__init__(**kwargs)
        self.axis = () if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
        self.invert = switch("Normalization: invert", invert)
        self.supports_masking = True
        if (mean is None) != (variance is None) or np.shape(mean) != np.shape(variance):
            raise ValueError("Normalization: mean and variance belong together and must have one shape, got "
                             f"{_described(mean)} and {_described(variance)}.")
        if np.ndim(mean) > len(self.axis):
            raise ValueError(f"Normalization: a mean of shape {np.shape(mean)} has more axes than axis={self.axis} "
                             "keeps.")
        self.input_mean, self.input_variance = mean, variance

    def build(self, input_shape):
        ndim = len(input_shape)
        axes = sorted(dims.normalize_axis(a, ndim, "Normalization") for a in self.axis)
        kept = tuple([input_shape[a] for a in axes])
        if None in kept:
            raise ShapeError(f"Normalization {self.name!r}: the extents along axis {self.axis} must be known, got "
                             f"inputs of shape {input_shape}.")
        given = np.shape(self.input_mean)
        if any(m not in (1, n) for m, n in zip(given[::-1], kept[::-1])):
            raise ShapeError(f"Normalization {self.name!r}: mean and variance of shape {given} do not go with inputs "
                             f"of shape {input_shape}, of which axis={self.axis} keeps {kept}.")
        self.input_spec = InputSpec(axes={a - ndim: n for a, n in zip(axes, kept) if n != 1})
        self._axes, self._input_shape = axes, tuple(input_shape)
        if self.input_mean is None:
            self.adapt_mean = self.add_weight(name="mean", shape=kept, initializer="zeros", trainable=False)
            self.adapt_variance = self.add_weight(name="variance", shape=kept, initializer="ones", trainable=False)
            # Nobody reads it; Keras' files have it.
            self.count = self.add_weight(name="count", shape=(), dtype="int32", initializer="zeros", trainable=False)
            self._made_mean = self.adapt_mean._array

    @property
    def mean(self):
        """The mean, with axes of 1 where it is that of many places; None before the layer is built."""
        return self._spread(self.adapt_mean if self.input_mean is None else self.input_mean) if self.built else None

    @property
    def variance(self):
        """The variance, in the same way."""
        return self._spread(self.adapt_variance if self.input_mean is None else self.input_variance) \
            if self.built else None

    def _spread(self, value):
        value = as_tensor(value, self.dtype)
        extents = [1] * len(self._input_shape)
        for axis, extent in zip(self._axes[len(self._axes) - value.ndim:], value.shape):
            extents[axis] = extent
        return reshape(value, shape=tuple(extents))

    def adapt(self, data):
        """Find mean and variance of `data`: an array, a tensor, or batches of them.

        Raises ShapeError if it does not fit what the layer was built for, ValueError for no data.
        """
        total, mean, variance = 0, 0.0, 1.0
        for batch in batches_of(data):
            x = np.asarray(_inputs_of(batch))
            self._check_adapting(x.shape)
            along = tuple([i for i in range(x.ndim) if i not in self._axes])
            size = math.prod([x.shape[i] for i in along])
            total += size
            part, rest = size / total, 1.0 - size / total
            own = x.mean(along)
            together = mean * rest + own * part
            variance = (variance + (mean - together) ** 2) * rest + (x.var(along) + (own - together) ** 2) * part
            mean = together
        if not total:
            raise ValueError(f"Normalization {self.name!r}: adapt got no data. Give an array, or batches of arrays.")
        self.adapt_mean.assign(as_tensor(mean, self.dtype))
        self.adapt_variance.assign(as_tensor(variance, self.dtype))

    def _check_adapting(self, shape):
        if self.input_mean is not None:
            raise ValueError(f"Normalization {self.name!r} was given its mean and variance, so there is nothing to "
                             "adapt.")
        if not self.built:
            self.build(shape)
        if len(shape) != len(self._input_shape) or any(shape[a] != self._input_shape[a] for a in self._axes):
            raise ShapeError(f"Normalization {self.name!r}: it was built for inputs of shape {self._input_shape}, "
                             f"which data of shape {shape} does not fit along axis {self.axis}.")

    def call(self, inputs):
        x = as_tensor(inputs, self.dtype)
        # Whoever assigns to a Variable, adapt or the loading of weights, gives it another array.
        if self.input_mean is None and self.adapt_mean._array is self._made_mean and not isinstance(x, SymbolicTensor):
            warnings.warn(f"Normalization {self.name!r} was never adapted, so its inputs stay as they are. Call "
                          "adapt(data) first, or give mean and variance.", stacklevel=2)
        deviation = maximum(sqrt(self.variance), small())
        return self.mean + x * deviation if self.invert else (x - self.mean) / deviation

    def get_config(self):
        given = {name: None if value is None else np.asarray(value).tolist()
                 for name, value in (("mean", self.input_mean), ("variance", self.input_variance))}
        return {**super().get_config(), "axis": list(self.axis), **given}


def _described(value):
    return "None" if value is None else f"shape {np.shape(value)}"


def _inputs_of(batch):
    """The inputs of a batch, which may have targets beside them."""
    x = batch[0] if isinstance(batch, tuple) else batch
    if not hasattr(x, "shape"):
        raise TypeError(f"adapt: batches must be arrays or tensors, got {type(x).__name__}.")
    return x


class Discretization(Layer):
    """The number of the bin that each input falls into, int32, or an encoding of it.

    bin_boundaries   ascending; an input on a boundary belongs to the bin above
    num_bins         instead: how many bins of equal frequency to find by `adapt`
    epsilon          how far off the frequencies may be: `adapt` keeps about 1 / epsilon numbers
    output_mode      'int', 'one_hot', 'multi_hot' or 'count': see `ops.tallying.encoded`
    """

    MODES = ("int", "one_hot", "multi_hot", "count")

    def __init__(self, bin_boundaries=None, num_bins=None, epsilon=0.01, output_mode="int", sparse=False, dtype=None,
                 name=None):
        super().__init__(name=name, dtype=dtype)
        if (bin_boundaries is None) == (num_bins is None):
            raise ValueError("Discretization needs bin_boundaries or num_bins, and only one of them, got "
                             f"{bin_boundaries!r} and {num_bins!r}.")
        self.num_bins = count("Discretization: num_bins", num_bins, optional=True)
        self.epsilon = number("Discretization: epsilon", epsilon, 0, 1)
        self.output_mode = known_mode("Discretization", output_mode, self.MODES)
        self.sparse = refuse_sparse("Discretization", sparse)
        self.bin_boundaries = None if bin_boundaries is None else _ascending(bin_boundaries)
        self.summary, self.built = None, True

    def adapt(self, data, steps=None):
        """Find boundaries of bins of equal frequency in `data`: an array, a tensor, or batches of them.

        steps   how many batches to take; None for all
        """
        if self.num_bins is None:
            raise ValueError(f"Discretization {self.name!r} was given its bin_boundaries, so there is nothing to "
                             "adapt. Give num_bins instead.")
        self.reset_state()
        for batch in batches_of(data, steps):
            self.update_state(batch)
        self.finalize_state()

    def update_state(self, data):
        """Take a batch of data into account."""
        values = np.sort(np.asarray(data).astype("float32"), None)
        step = max(values.size * self.epsilon, 1.0)
        spaced = values[int(step - 1)::int(step)]
        merged = np.stack([spaced, np.full_like(spaced, step)])
        if self.summary is not None:
            merged = np.concatenate([merged, self.summary], 1)
        self.summary = _thinned(merged[:, np.argsort(merged[0])], self.epsilon)

    def finalize_state(self):
        """Make boundaries of what was taken into account."""
        if self.num_bins is None:
            return
        if self.summary is None or not self.summary.size:
            raise ValueError(f"Discretization {self.name!r}: adapt got no data. Give an array, or batches of arrays.")
        self.bin_boundaries = _thinned(self.summary, 1.0 / self.num_bins)[0, :-1].tolist()

    def reset_state(self):
        """Forget what was taken into account."""
        self.summary = None

    def call(self, inputs):
        if self.bin_boundaries is None:
            raise RuntimeError(f"Discretization {self.name!r} has no bins yet. Call adapt(data) before, or give "
                               "bin_boundaries.")
        ids = digitize(as_tensor(inputs, "float64" if self.dtype == "float64" else "float32"),
                       as_tensor(self.bin_boundaries, "float64" if self.dtype == "float64" else "float32"))
        return encoded(ids, self.output_mode, len(self.bin_boundaries) + 1,
                       "int32" if self.output_mode == "int" else as_dtype(self.dtype).dtype)

    def get_config(self):
        return {"bin_boundaries": self.bin_boundaries, "num_bins": self.num_bins, "epsilon": self.epsilon,
                "output_mode": self.output_mode, "sparse": self.sparse, "name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config):
        """A layer from what `get_config` gave: of an adapted one, with the bins that it found."""
        config = dict(config)
        found = config.pop("bin_boundaries", None) if config.get("num_bins") is not None else None
        layer = super().from_config(config)
        if found is not None:
            layer.bin_boundaries = _ascending(found)
        return layer


def _ascending(boundaries):
    boundaries = np.asarray(boundaries).tolist()
    for i, (low, high) in enumerate(itertools.pairwise(boundaries)):
        if not low <= high:
            raise ValueError(f"Discretization: bin_boundaries must ascend, got {low} before {high} at position {i}.")
    return boundaries


def _thinned(summary, epsilon):
    """A summary (ascending numbers, and how many of the data each stands for) in steps of `epsilon` of the whole.

    Between its numbers the cumulated frequency is taken to be linear, as Keras does.
    """
    if summary.shape[1] * epsilon < 1:
        return summary
    percents = epsilon + np.arange(0.0, 1.0, epsilon)
    upto = summary[1].cumsum()
    numbers = np.interp(percents, upto / upto[-1], summary[0])
    return np.stack([numbers, np.diff(np.interp(percents, upto / upto[-1], upto), prepend=0)]).astype("float32")
