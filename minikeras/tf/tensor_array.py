"""tf.TensorArray: a list of tensors that loops write one by one."""

from ..autograd.dtypes import as_dtype
from ..autograd.linear import concatenate, stack
from ..autograd.operands import as_tensor
from ..errors import ShapeError
from ..ops.creation import zeros
from ..ops.indexing import gather
from ..ops.shapes import split, unstack


class TensorArray:
    """A list of tensors of one dtype. `write` gives a new list, as TensorFlow asks to use it: `ta = ta.write(i, x)`.

    size           how many places there are;  dynamic_size   whether writing behind them adds places
    element_shape  the shape that every entry must have; None for that of the first
    clear_after_read, tensor_array_name, infer_shape, colocate_with_first_write_call   change nothing here
    Gradients flow through what was written.
    """

    def __init__(self, dtype, size=None, dynamic_size=None, clear_after_read=None, tensor_array_name=None, handle=None,
                 flow=None, infer_shape=True, element_shape=None, colocate_with_first_write_call=True, name=None):
        if handle is not None or flow is not None:
            raise ValueError("TensorArray: handle and flow belong to graphs, which there are none of; leave them out.")
        self._dtype = as_dtype(dtype)
        self._is_dynamic = bool(dynamic_size)
        self._element_shape = None if element_shape is None else tuple(element_shape)
        self._entries = [None] * (0 if size is None else int(size))

    @property
    def dtype(self):
        """The element type of the entries."""
        return self._dtype

    @property
    def dynamic_size(self):
        """Whether writing behind the last place adds places."""
        return self._is_dynamic

    @property
    def element_shape(self):
        """The shape of the entries; None before the first."""
        return self._element_shape

    def size(self, name=None):
        """How many places there are, an int32 tensor."""
        return as_tensor(len(self._entries))

    def _with(self, entries):
        new = TensorArray(self._dtype, 0, self._is_dynamic, element_shape=self._element_shape)
        new._entries = entries
        return new

    def write(self, index, value, name=None):
        """This list with `value` at `index`. Raises ShapeError for an index out of range or another shape."""
        index, value = int(index), as_tensor(value, self._dtype)
        entries = list(self._entries)
        if index < 0 or (index >= len(entries) and not self._is_dynamic):
            raise ShapeError(f"TensorArray.write: index {index} is not one of the {len(entries)} places. Give "
                             "dynamic_size=True to let it grow.")
        shape = self._element_shape
        if shape is not None and (len(shape) != value.ndim or any(
                None not in (m, n) and m != n for m, n in zip(shape, value.shape))):
            raise ShapeError(f"TensorArray.write: a tensor of shape {value.shape} among those of shape {shape}.")
        entries += [None] * (index + 1 - len(entries))
        entries[index] = value
        new = self._with(entries)
        new._element_shape = tuple(value.shape) if shape is None else shape
        return new

    def _entry(self, entry):
        if entry is not None:
            return entry
        if self._element_shape is None or None in self._element_shape:
            raise ShapeError("TensorArray: a place that nothing was written to has no known shape. Write to it, or "
                             "give element_shape.")
        return zeros(self._element_shape, self._dtype)

    def read(self, index, name=None):
        """The tensor at `index`; zeros where nothing was written."""
        if not 0 <= int(index) < len(self._entries):
            raise ShapeError(f"TensorArray.read: index {int(index)} is not one of the {len(self._entries)} places.")
        return self._entry(self._entries[int(index)])

    def stack(self, name=None):
        """All entries along a new first axis."""
        if not self._entries:
            shape = self._element_shape or ()
            return zeros((0, *[0 if n is None else n for n in shape]), self._dtype)
        return stack(*map(self._entry, self._entries), axis=0)

    def gather(self, indices, name=None):
        """The entries at `indices` along a new first axis."""
        return gather(self.stack(), indices)

    def concat(self, name=None):
        """All entries joined along their first axis."""
        return concatenate(*map(self._entry, self._entries), axis=0)

    def unstack(self, value, name=None):
        """A list of the entries of `value` along its first axis."""
        entries = unstack(as_tensor(value, self._dtype))
        new = self._with(entries)
        new._element_shape = tuple(as_tensor(value).shape[1:])
        return new

    def scatter(self, indices, value, name=None):
        """This list with the entries of `value` along its first axis at `indices`."""
        new = self
        for index, entry in zip(indices, unstack(as_tensor(value, self._dtype))):
            new = new.write(index, entry)
        return new

    def split(self, value, lengths, name=None):
        """A list of the parts of `value` along its first axis that have these lengths."""
        cuts, total = [], 0
        for length in lengths:
            total += int(length)
            cuts.append(total)
        return self._with(list(split(as_tensor(value, self._dtype), cuts[:-1])))

    def identity(self):
        """The same list."""
        return self

    def close(self, name=None):
        """Nothing to do."""
