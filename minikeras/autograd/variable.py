"""Variable: named state. Reading it is a snapshot; assigning swaps the array, never changes it."""

import numpy as np

from ..errors import ShapeError
from .dtypes import as_dtype
from .state import thread
from .tensor import ArrayOperand, Tensor, array_text, new_array, source_node


class Variable(ArrayOperand):
    """A tensor that can be assigned, and that tapes watch by themselves while `trainable`.

    initial_value  number, array, nested lists or tensor; or a function called without arguments, or
                   with (shape, dtype=dtype) if `shape` is given, as Keras calls initializers
    constraint     function of the new value, applied by optimizers after an update
    regularizer    function of the value giving a loss, added up by the layer that owns the variable
    """

    __slots__ = ("__weakref__", "_array", "_node", "_seen", "_trainable", "constraint", "name", "path", "regularizer")

    def __init__(self, initial_value, trainable=True, *, shape=None, dtype=None, name=None, constraint=None,
                 regularizer=None):
        dtype = None if dtype is None else as_dtype(dtype)
        if callable(initial_value):
            shape = None if shape is None else tuple(shape)
            value = initial_value() if shape is None else initial_value(shape, dtype=dtype)
        else:
            value = initial_value
        self._array = new_array(value, None if dtype is None else dtype.dtype)
        if shape is not None and self._array.shape != tuple(shape):
            raise ShapeError(f"Variable {name!r}: the initial value has shape {self._array.shape}, "
                             f"but shape={tuple(shape)} was asked for.")
        self._node = source_node()
        self._seen = 0
        self._trainable = trainable is None or bool(trainable)
        self.name = name or "Variable"
        self.path = self.name
        self.constraint = constraint
        self.regularizer = regularizer

    @property
    def trainable(self):
        """Whether tapes watch it and optimizers may change it."""
        return self._trainable

    @trainable.setter
    def trainable(self, value):
        self._trainable = bool(value)
        self._seen = 0

    @property
    def last_read(self):
        """Tick of the latest change of tapes before it was read; 0 if it never was."""
        return self._seen

    @property
    def value(self):
        """The current value as a Tensor."""
        return self._read()

    def read_value(self):
        """The current value as a Tensor, as TensorFlow names it."""
        return self._read()

    def _read(self):
        """A snapshot. Tells this thread's tapes, once for each change of the set of tapes."""
        if self._seen != thread.epoch:
            self._seen = thread.epoch
            if self._trainable:
                for watcher in thread.watchers:
                    watcher.variable_read(self)
        return Tensor(self._array, self._node)

    def assign(self, value):
        """Replace the value; returns the Variable. Raises ShapeError if the shape differs."""
        if type(value) is Tensor and value._array.dtype == self._array.dtype:
            array = value._leave("assign()")
        else:
            array = new_array(value, self._array.dtype)
        if array.shape != self._array.shape:
            raise self._does_not_fit(array)
        self._array = array
        return self

    def assign_add(self, delta):
        """Add `delta`; returns the Variable."""
        return self._change(np.add, delta)

    def assign_sub(self, delta):
        """Subtract `delta`; returns the Variable."""
        return self._change(np.subtract, delta)

    def _change(self, ufunc, delta):
        delta = new_array(delta, self._array.dtype)
        try:
            changed = ufunc(self._array, delta)
        except ValueError:
            raise self._does_not_fit(delta) from None
        return self.assign(Tensor(changed))

    def __setitem__(self, index, value):
        raise TypeError(f"Variable {self.path!r} is assigned as a whole, not by item. Compute its new value and assign "
                        "that: v.assign(ops.where(mask, value, v)), or with ops.slice_update for a part.")

    def _does_not_fit(self, array):
        return ShapeError(f"Variable {self.path!r}: cannot assign a value of shape {array.shape} to a variable of "
                          f"shape {self._array.shape}.")

    def __repr__(self):
        return (f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype.name}, "
                f"value={array_text(np.asarray(self._array))}>")

    def __copy__(self):
        return self.__deepcopy__({})

    def __deepcopy__(self, memo):
        return Variable(self._array, self._trainable, name=self.name, constraint=self.constraint,
                        regularizer=self.regularizer)
