"""tf.Module: a class whose attributes hold Variables and other modules."""

from ..autograd import tree
from ..autograd.variable import Variable
from ..layers import Layer
from ..registry import snake_case
from .eager import name_scope


class Module:
    """Base of classes that hold Variables, and modules and layers that hold Variables, in attributes of any nesting.

    name   the class name in snake case by default. Raises ValueError for a name that is no Python name
    """

    def __init__(self, name=None):
        name = snake_case(type(self).__name__) if name is None else name
        if not name.isidentifier():
            raise ValueError(f"Module: {name!r} is not a name; use letters, digits and underscores.")
        self._name = name

    @property
    def name(self):
        """The name given, or that of the class."""
        return self._name

    @property
    def name_scope(self):
        """A `name_scope` of this name."""
        return name_scope(self._name)

    @classmethod
    def with_name_scope(cls, method):
        """Decorator for a method that runs in the module's `name_scope`, which changes nothing: the method."""
        return method

    @property
    def submodules(self):
        """The modules and layers inside, at any depth: first those of its own attributes."""
        found = []
        _walk(self, [], found, {id(self)})
        return tuple(found)

    @property
    def variables(self):
        """The Variables of its attributes, by name, then those of the modules inside."""
        found = []
        _walk(self, found, [], {id(self)})
        return tuple(found)

    @property
    def trainable_variables(self):
        """Those of `variables` that are trainable."""
        return tuple(v for v in self.variables if v.trainable)

    @property
    def non_trainable_variables(self):
        """Those of `variables` that are not trainable."""
        return tuple(v for v in self.variables if not v.trainable)


def _walk(module, variables, modules, seen):
    """Add what `module` holds to the lists: its own first, then what the modules in it hold. As TensorFlow does it."""
    inside = []
    for _, value in sorted(vars(module).items()):
        for leaf in tree.flatten(value) if isinstance(value, (tuple, list, dict)) else [value]:
            if id(leaf) in seen or not isinstance(leaf, (Variable, Module, Layer)):
                continue
            seen.add(id(leaf))
            (variables if isinstance(leaf, Variable) else inside).append(leaf)
    modules += inside
    for each in inside:
        if isinstance(each, Module):
            _walk(each, variables, modules, seen)
        else:
            own = [v for v in each.variables if id(v) not in seen]
            seen.update(map(id, own))
            variables += own
