"""Variable: named state. Reading it is a snapshot; assigning swaps the array, never changes it."""

import contextlib
import copy

import numpy as np

from ..errors import DTypeError, ShapeError
from . import state
from .dtypes import as_dtype
from .state import thread
from .tensor import ArrayOperand, SymbolicTensor, Tensor, array_text, core, new_array, source_node


class Variable(ArrayOperand):
    """A tensor that can be assigned, and that tapes watch by themselves while `trainable`.

    initial_value  number, array, nested lists or tensor; or a function called without arguments, or
                   with (shape, dtype=dtype) if `shape` is given, as Keras calls initializers. Keras'
                   name for it, initializer=, is taken, too
    trainable      as in TensorFlow the second argument; a shape in its place is Keras' second, `shape`
    constraint     function of the new value, applied by optimizers after an update
    regularizer    function of the value giving a loss, added up by the layer that owns the variable
    """

    # `_lease` is the array in `_array` that somebody will write to: whoever reads it meanwhile gets a copy.
    __slots__ = ("__weakref__", "_array", "_constraint", "_lease", "_node", "_regularizer", "_seen", "_trainable",
                 "name", "path")

    def __init__(self, initial_value=None, trainable=True, dtype=None, *, shape=None, name=None, constraint=None,
                 regularizer=None, initializer=None):
        if isinstance(trainable, (tuple, list)):
            trainable, shape = True, trainable
        initial_value = initializer if initial_value is None else initial_value
        dtype = None if dtype is None else as_dtype(dtype)
        if callable(initial_value):
            shape = None if shape is None else tuple(shape)
            with thread.recorder.aside() if thread.recorder is not None else contextlib.nullcontext():
                value = initial_value() if shape is None else initial_value(shape, dtype=dtype)
        else:
            value = initial_value
        self._array = new_array(value, None if dtype is None else dtype.dtype)
        if self._array.dtype.kind == "O":
            raise DTypeError(f"Variable {name!r}: a Variable holds numbers, got strings. Keep them in a tensor.")
        if shape is not None and self._array.shape != tuple(shape):
            raise ShapeError(f"Variable {name!r}: the initial value has shape {self._array.shape}, "
                             f"but shape={tuple(shape)} was asked for.")
        self._lease = None
        self._node = source_node()
        self._seen = 0
        self._trainable = trainable is None or bool(trainable)
        self.name = name or "Variable"
        self.path = self.name
        self._constraint = constraint
        self._regularizer = regularizer
        if thread.recorder is not None:
            thread.recorder.making(self)

    @property
    def trainable(self):
        """Whether tapes watch it and optimizers may change it."""
        return self._flag("_trainable")

    @trainable.setter
    def trainable(self, value):
        self._change_flag("_trainable", bool(value))
        self._seen = 0

    @property
    def constraint(self):
        """Function of the new value, applied by optimizers after an update; None for none."""
        return self._flag("_constraint")

    @constraint.setter
    def constraint(self, value):
        self._change_flag("_constraint", value)

    @property
    def regularizer(self):
        """Function of the value giving a loss; None for none."""
        return self._flag("_regularizer")

    @regularizer.setter
    def regularizer(self, value):
        self._change_flag("_regularizer", value)

    @property
    def flags(self):
        """What decides about steps beside the value: `trainable`, `constraint` and `regularizer`."""
        return self._trainable, self._constraint, self._regularizer

    def _flag(self, name):
        if thread.recorder is not None:
            thread.recorder.consulting(self)
        return getattr(self, name)

    def _change_flag(self, name, value):
        if getattr(self, name) is not value:
            state.changes += 1
            if thread.recorder is not None:
                thread.recorder.consulting(self)
            setattr(self, name, value)

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
            if thread.recorder is not None:
                thread.recorder.reading(self)
            if self._trainable:
                for watcher in thread.watchers:
                    watcher.variable_read(self)
        array = self._array
        return Tensor(array if array is not self._lease else array.copy(), self._node)

    def _shown(self, how):
        array = super()._shown(how)
        return array if array is not self._lease else array.copy()

    def _set(self, array):
        """Take an array of its own shape and dtype that nobody will write to."""
        if thread.recorder is not None:
            thread.recorder.assigning(self)
        self._array = array

    def start_from(self, value):
        """Take `value` for the one it was made with, also while a step is recorded that made it."""
        self._array = new_array(value, self._array.dtype)
        if thread.recorder is not None:
            thread.recorder.making(self)

    def assign(self, value):
        """Replace the value; returns the Variable. Raises ShapeError if the shape differs.

        A call on shapes alone has no numbers to assign: a symbolic tensor changes nothing.
        """
        if type(value) is SymbolicTensor:
            return self
        array = self._fitted(value)._array
        if array.shape != self._array.shape:
            raise self._does_not_fit(array)
        self._set(array)
        return self

    def assign_add(self, delta):
        """Add `delta`; returns the Variable."""
        return self._change(delta, np.add)

    def assign_sub(self, delta):
        """Subtract `delta`; returns the Variable."""
        return self._change(delta, np.subtract)

    def _change(self, delta, ufunc):
        if type(delta) is SymbolicTensor:
            return self
        delta = self._fitted(delta)
        try:
            if thread.recorder is None:
                return self.assign(Tensor(np.asarray(ufunc(self._array, delta._array))))
            thread.recorder.reading(self)
            return self.assign(core.add_n(Tensor(self._array), delta if ufunc is np.add else -delta))
        except ValueError:
            raise self._does_not_fit(delta._array) from None

    def _fitted(self, value):
        """A value to assign, as a tensor of the Variable's dtype."""
        dtype = self._array.dtype
        if type(value) is Variable:
            value = value._read()
        if type(value) is not Tensor:
            return Tensor(new_array(value, dtype))
        if thread.watchers and value._node is not None:
            thread.lose(value._node, "assign()")
        value = Tensor(value._array)
        if value._array.dtype == dtype:
            return value
        if thread.recorder is not None and value._array.dtype.kind in "iuf" and dtype.kind == "f":
            return core.cast(value, dtype=dtype)
        return Tensor(new_array(value, dtype))

    def __setitem__(self, index, value):
        raise TypeError(f"Variable {self.path!r} is assigned as a whole, not by item. Compute its new value and assign "
                        "that: v.assign(ops.where(mask, value, v)), or with ops.slice_update for a part.")

    def _does_not_fit(self, array):
        return ShapeError(f"Variable {self.path!r}: cannot assign a value of shape {array.shape} to a variable of "
                          f"shape {self._array.shape}.")

    def __repr__(self):
        return (f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype.name}, "
                f"value={array_text(np.asarray(self._shown('repr()')))}>")

    def __copy__(self):
        return self.__deepcopy__({})

    def __deepcopy__(self, memo):
        new = memo[id(self)] = Variable(self._shown("copy"), self._trainable, name=self.name)
        new.path = self.path
        new._constraint, new._regularizer = copy.deepcopy((self._constraint, self._regularizer), memo)
        return new

    def __reduce__(self):       # for Python's pickle
        return _made, (np.array(self._array), self._trainable, self.name, self.path, self._constraint,
                       self._regularizer)


def _made(array, trainable, name, path, constraint, regularizer):
    variable = Variable(array, trainable, name=name, constraint=constraint, regularizer=regularizer)
    variable.path = path
    return variable
