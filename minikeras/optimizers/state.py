"""What an optimizer keeps from step to step: its Variables, in the order of Keras' files."""

import warnings

import numpy as np

from .. import initializers, registry
from ..arguments import one_of
from ..autograd import tree
from ..autograd.dtypes import floatx
from ..autograd.operands import as_tensor
from ..autograd.variable import Variable
from ..errors import ShapeError
from .applying import store

AGGREGATIONS = (None, "none", "mean", "sum", "only_first_replica")


class Stateful(registry.Configurable):
    """The part of an optimizer that holds Variables. They are saved and loaded in the order they were added in."""

    awaited = None      # called when a Variable was added: a file was loaded before that has values for it

    def __init__(self, name):
        self.name = name
        self.built = False
        self._variables = []
        self._trainable_variables = []
        self._indices = {}      # id of a variable to train -> its place
        self._slots = {}        # id of a variable to train -> {name: Variable} as added by add_optimizer_variables

    def __deepcopy__(self, memo):
        """A copy for the copies of the variables to train, where those are copied as well, else for the same ones."""
        shared = {id(v): v for v in self._trainable_variables if id(v) not in memo}
        memo.update(shared)
        new = super().__deepcopy__(memo)
        for key in shared:
            del memo[key]
        new._indices = {id(v): i for i, v in enumerate(new._trainable_variables)}
        new._slots = {id(copied): new._slots[id(v)] for v, copied in
                      zip(self._trainable_variables, new._trainable_variables) if id(v) in new._slots}
        return new

    @property
    def variables(self):
        """All state: step count, learning rate, then averages, accumulated gradients and slots once it is built."""
        return list(self._variables)

    def _held(self):
        """Every Variable that a step may change: of the model, of the state, of optimizers inside."""
        parts = tree.flatten(list(vars(self).values()))
        return [v for part in parts for v in (part._held() if isinstance(part, Stateful) else [part])
                if type(v) is Variable]

    def add_variable(self, shape, initializer="zeros", dtype=None, aggregation="none", layout=None, name=None):
        """A new Variable of the state.

        initializer   name, object or function of (shape, dtype)
        aggregation   how machines would agree on it; there is one, so that all mean the same
        """
        one_of(f"{self.name}.add_variable: aggregation", aggregation, AGGREGATIONS)
        if layout is not None:
            raise ValueError(f"{self.name}.add_variable: layouts, which spread a variable over machines, are not "
                             "supported; leave layout=None.")
        variable = Variable(initializers.get(initializer), False, shape=shape, dtype=dtype or floatx(), name=name)
        variable.path = f"{self.name}/{variable.name}"
        self._variables.append(variable)
        if self.awaited is not None:
            self.awaited()
        return variable

    def add_variable_from_reference(self, reference_variable, name=None, initializer="zeros"):
        """A new Variable of the state, of the shape and dtype of a variable to train, named after both."""
        return self.add_variable(reference_variable.shape, initializer, reference_variable.dtype,
                                 name=f"{reference_variable.path.replace('/', '_')}_{name or 'var'}")

    def add_optimizer_variables(self, trainable_variables, name, initializer="zeros"):
        """A list of new Variables of the state, one for each variable to train; for several names a tuple of lists.

        initializer   one for all names, or a list with one for each
        Raises ValueError if that list has another length.
        """
        names = [name] if isinstance(name, str) else list(name)
        several = isinstance(initializer, (list, tuple))
        given = list(initializer) if several else [initializer] * len(names)
        if len(given) != len(names):
            raise ValueError(f"{self.name}.add_optimizer_variables: {len(given)} initializers for {len(names)} names.")
        added = [[self.add_variable_from_reference(variable, *pair) for pair in zip(names, given)]
                 for variable in trainable_variables]
        lists = tuple([list(slots) for slots in zip(*added)]) if added else tuple([[] for _ in names])
        return lists[0] if isinstance(name, str) else lists

    def _get_variable_index(self, variable):
        """The place of a variable among those the optimizer was built with."""
        return self._indices[id(variable)]

    # --- changing ----------------------------------------------------------------------------

    def assign(self, variable, value):
        """Replace the value of a Variable of the model or of the state."""
        variable.assign(value)

    def assign_add(self, variable, value):
        """Add to a Variable of the model or of the state."""
        store(variable, variable + as_tensor(value, variable.dtype))

    def assign_sub(self, variable, value):
        """Subtract from a Variable of the model or of the state."""
        store(variable, variable - as_tensor(value, variable.dtype))

    def set_weights(self, weights):
        """Give every Variable of `variables` an array of the list, in the same order.

        Raises ValueError before the optimizer is built or for another number of arrays, ShapeError for other shapes.
        """
        held = self.variables
        if not self.built:
            raise ValueError(f"{self.name}.set_weights: there are no slots yet. Call build(trainable_variables) first.")
        if len(weights) != len(held):
            raise ValueError(f"{self.name}.set_weights: {len(weights)} arrays for {len(held)} variables.")
        for variable, array in zip(held, weights):
            if tuple(np.shape(array)) != variable.shape:
                raise ShapeError(f"{self.name}.set_weights: {variable.path!r} has shape {variable.shape}, the array "
                                 f"given for it {tuple(np.shape(array))}.")
        for variable, array in zip(held, weights):
            variable.assign(array)

    def save_own_variables(self, store):
        """Put the value of each Variable into a mapping, under its number as text."""
        for i, variable in enumerate(self.variables):
            store[str(i)] = variable.numpy()

    def load_own_variables(self, store):
        """Take the values from a mapping as `save_own_variables` fills it; warns, and takes none, if it has more or
        fewer."""
        held = self.variables
        if len(store) != len(held):
            warnings.warn(f"{self.name}: its state is not loaded, for it has {len(held)} variables and the store has "
                          f"{len(store)}. Build the optimizer for the same variables first.", stacklevel=2)
            return
        for i, variable in enumerate(held):
            variable.assign(store[str(i)])
