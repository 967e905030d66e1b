"""InputSpec: what a layer demands of its inputs."""

from ..autograd import tree
from ..autograd.dtypes import as_dtype
from ..errors import DTypeError, ShapeError


class InputSpec:
    """Demands on one input of a layer, checked at each call of a layer that has it as `input_spec`.

    dtype      the element type;  shape   the whole shape, None where any extent will do
    ndim       the number of axes;  min_ndim, max_ndim   limits of it
    axes       {axis: extent}, with None for any
    allow_last_axis_squeeze   whether a last axis of 1 may be missing, or too many
    name       key of the input, if inputs are a dict;  optional   whether None may be given
    """

    def __init__(self, dtype=None, shape=None, ndim=None, max_ndim=None, min_ndim=None, axes=None,
                 allow_last_axis_squeeze=False, name=None, optional=False):
        self.dtype = None if dtype is None else as_dtype(dtype).name
        self.shape = None if shape is None else tuple(shape)
        self.ndim = ndim if shape is None else len(self.shape)
        self.max_ndim, self.min_ndim = max_ndim, min_ndim
        self.axes = {int(axis): extent for axis, extent in (axes or {}).items()}
        reach = [axis for axis in self.axes if (self.ndim or max_ndim or 0) and
                 not -(self.ndim or max_ndim) <= axis < (self.ndim or max_ndim)]
        if reach:
            raise ValueError(f"InputSpec: axis {reach[0]} is not one of {self.ndim or max_ndim} axes.")
        self.allow_last_axis_squeeze, self.name, self.optional = allow_last_axis_squeeze, name, optional

    def __repr__(self):
        shown = {name: value for name, value in vars(self).items() if value not in (None, False, {})}
        return f"InputSpec({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    def get_config(self):
        """The constructor arguments."""
        return {"dtype": self.dtype, "shape": self.shape, "ndim": self.ndim, "max_ndim": self.max_ndim,
                "min_ndim": self.min_ndim, "axes": self.axes}

    @classmethod
    def from_config(cls, config):
        """An InputSpec from what `get_config` gave."""
        return cls(**config)

    def complaint(self, x):
        """What is wrong with a tensor; None if nothing."""
        shape = tuple(x.shape)
        if self.dtype is not None and x.dtype.name != self.dtype:
            return f"must be of {self.dtype}, got {x.dtype.name}"
        squeezed = self.allow_last_axis_squeeze
        if self.ndim is not None and len(shape) != self.ndim and not squeezed:
            return f"must have {_axes(self.ndim)}, the batch first{self._layout()}, got shape {shape}"
        if self.min_ndim is not None and len(shape) < self.min_ndim:
            return f"must have at least {_axes(self.min_ndim)}, got shape {shape}"
        if self.max_ndim is not None and len(shape) > self.max_ndim:
            return f"must have at most {_axes(self.max_ndim)}, got shape {shape}"
        for axis, extent in self.axes.items():
            if not -len(shape) <= axis < len(shape) or not _fits(shape[axis], extent):
                return f"must have extent {extent} along axis {axis}, as the layer was made for, got shape {shape}"
        if self.shape is not None:
            want = self.shape[:-1] if squeezed and self.shape[-1:] == (1,) else self.shape
            got = shape[:-1] if squeezed and shape[-1:] == (1,) else shape
            if len(want) != len(got) or not all(map(_fits, got, want)):
                return f"must have shape {self.shape}, got {shape}"
        return None

    def _layout(self):
        return f", shape {self.shape}" if self.shape is not None else ""


def _axes(count):
    return "1 axis" if count == 1 else f"{count} axes"


def _fits(got, want):
    return want is None or got is None or got == want


def check_inputs(layer, inputs):
    """Raise ShapeError or DTypeError unless `inputs` are as the layer's `input_spec` demands."""
    specs = tree.flatten(layer.input_spec)
    if isinstance(inputs, dict) and all(getattr(spec, "name", None) for spec in specs):
        missing = [spec.name for spec in specs if spec.name not in inputs]
        if missing:
            raise ValueError(f"{layer._titled}: the input {missing[0]!r} is missing; got {', '.join(inputs)}.")
        inputs = [inputs[spec.name] for spec in specs]
    given = tree.flatten(inputs)
    if len(given) != len(specs):
        raise ValueError(f"{layer._titled} takes {len(specs)} inputs, got {len(given)}.")
    for number, (x, spec) in enumerate(zip(given, specs)):
        if spec is None or (x is None and spec.optional):
            continue
        if not hasattr(x, "shape"):
            raise TypeError(f"{layer._titled}: inputs must be tensors or arrays, got {x!r} ({type(x).__name__}).")
        complaint = spec.complaint(x)
        if complaint:
            which = f"input {number}" if len(given) > 1 else "the input"
            raise (DTypeError if complaint.startswith("must be of") else ShapeError)(
                f"{layer._titled}: {which} {complaint}.")
