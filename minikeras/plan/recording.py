"""What one run of a step did: its ops in order, on which values, and what became of the Variables."""

import contextlib
import functools
import gc
import sys
import weakref

import numpy as np

from ..autograd import linear, state, tree
from ..autograd.dispatch import listen
from ..autograd.indexed_slices import IndexedSlices
from ..autograd.op import is_impure
from ..autograd.quiet import follow_tapes
from ..autograd.random import Draws
from ..autograd.sites import INSIDE, caller
from ..autograd.state import thread, tick
from ..autograd.tensor import Node, Operand, Tensor
from ..autograd.variable import Variable
from .reads import Reads

# Methods in whose frames `self` is what the user knows by a name: (package, method).
NAMED = {("layers", "__call__"), ("losses", "__call__"), ("metrics", "update_state"), ("metrics", "result"),
         ("optimizers", "apply")}


# Ops that may give back their input and then do nothing; others look at the numbers, and may raise.
HARMLESS = {linear.copy.op, linear.sum_to.op}


class Value:
    """An array in a step: given to it, held by a Variable, made by an op, or the same in every run.

    array    what it was in the recorded run
    source   the number of an input, a Variable, an Instruction, or None if it is constant
    varies   whether it can differ from run to run
    """

    __slots__ = ("array", "source", "varies")

    def __init__(self, array, source=None, varies=True):
        self.array = array
        self.source = source
        self.varies = varies and source is not None

    @property
    def shape(self):
        return self.array.shape

    @property
    def dtype(self):
        return self.array.dtype

    def forget(self):
        """Let go of the numbers of the recorded run; shape and dtype can still be asked for."""
        nothing = bytes(self.dtype.itemsize)
        self.array = np.ndarray(self.shape, self.dtype, nothing, strides=(0,) * self.array.ndim)


class Instruction:
    """An op of some values.

    inputs   Values and Python numbers;  outputs   Values
    owner    name of the layer, loss, metric or optimizer that ran it, "" for none
    derived  whether it is part of a derivative
    """

    __slots__ = ("attrs", "derived", "inputs", "op", "outputs", "owner")

    def __init__(self, op, inputs, attrs, outputs, owner="", derived=False):
        self.op, self.inputs, self.attrs, self.outputs = op, inputs, attrs, outputs
        self.owner, self.derived = owner, derived

    def __repr__(self):
        return f"<{self.op.name} of {self.owner or 'no layer'}>"


def is_kept(x):
    """Whether everything computed from `x`, a tensor or a Variable, is recorded without a tape."""
    return isinstance(x, (Tensor, Variable)) and x._node is not None and x._node.stamp == state.KEPT


@functools.cache
def _module(name):
    """Whether a module of this name stands between the user and us, and which part of ours it is."""
    package, _, rest = name.partition(".")
    return package in INSIDE, rest.partition(".")[0]


class RefusedError(Exception):
    """Why a step cannot be replayed, in words."""


class Recording:
    """The run of `function(*args, **kwargs)` on `leaves`, arrays that stand for its inputs.

    instructions  in the order in which they ran;  places  (file, line) of each in the user's program
    inputs        a Value for each leaf
    result        what the function gave, with Values for tensors
    assigned      (Variable, Value it holds at the end), where that is not what it held before
    variables     (Variable, Value it held before) of those that were read
    reads         the attributes it depends on
    refusal       why it cannot be replayed, None if it can
    settled       whether nothing was made or built that the next run would find already there
    foreign       whether code of the user ran ops
    kept          whether it took something of which everything computed is recorded, as `requires_grad_` asks for
    """

    def __init__(self, run, arrays):
        recorder = _Recorder(arrays)
        self.instructions, self.inputs, self.places = recorder.instructions, recorder.inputs, recorder.places
        self._recorder = recorder
        with recorder.recording():
            returned = run([Tensor(value.array) for value in self.inputs])
        self.returned = returned
        self.variables = [(v, value) for v, value, _ in recorder.variables.values()]
        self.flags = list(recorder.flags.values())
        self.kept = recorder.meets_kept or any(is_kept(v) for v, _ in self.variables)
        self.made = recorder.made
        self.reads = recorder.reads
        self.foreign = recorder.foreign
        try:
            recorder.check()
            self.assigned = recorder.assigned()
            self.result = tree.map_structure(recorder.returned, returned)
            self.refusal = None
        except RefusedError as refusal:
            self.refusal = str(refusal)
        self.settled = not recorder.made and not recorder.reads.changed

    def undo(self, seeds=None):
        """Put Variables and generators back to where they were; the numbering of consumers only if none was made, or
        as `seeds` says."""
        self._recorder.undo(not self.made if seeds is None else seeds)

    def forget(self):
        """Let go of what the run computed. It stands in circles, which Python looks for when it pleases."""
        for instruction in self.instructions:
            for value in instruction.outputs:
                value.forget()
        self._recorder.kept.clear()

    def counts(self):
        """The run is the call, and no replay follows: what it was to do in the world happens."""
        for effect in self._recorder.effects:
            effect()

    def escaped(self):
        """Why what this run made and nobody should have is still held, None if it is not."""
        self.returned = None
        for read in self.reads.objects():
            read._forget_run()
        recorder = self._recorder
        recorder.draws.forget_results()
        alive = [made for made in recorder.tensors if made[0]() is not None]
        if alive:
            gc.collect()
            alive = [made for made in alive if made[0]() is not None]
        self.returned = tree.map_structure(
            lambda leaf: Tensor(leaf.array) if type(leaf) is Value else leaf, self.result)
        if alive:
            _, op, place = alive[0]
            where = f" at {place[0]}:{place[1]}" if place else ""
            return (f"the result of {op.name}{where} is kept beyond the step, as in a list or a closure; in "
                    "a replay it would grow stale. Return it instead.")
        return None


class _Recorder(state.Recorder):
    """Listens at the doorway, and hears what becomes of Variables and values."""

    def __init__(self, arrays):
        self.instructions, self.values = [], {}     # id of an array -> Value
        self.places = []                            # of each instruction in the user's program
        self.kept = []                              # arrays and tensors, so that no id is used twice
        self.inputs = [self._new(array.view(), i) for i, array in enumerate(arrays)]
        self.variables = {}     # id -> (Variable, Value it held before, its array before)
        self.flags = {}         # id -> (Variable, its flags before)
        self.meets_kept = False     # whether a constant has everything computed from it recorded (`requires_grad_`)
        self.made = []          # Variables and SeedGenerators made meanwhile
        self.effects = []       # what the run would have done in the world
        self.tensors = []       # (weak reference to a tensor, op, place)
        self.owners = {}        # id of an array -> owner of the instruction that made it
        self.refusals = []
        self.draws = Draws()
        self.reads = Reads()
        self.foreign = False
        self.base = None

    @contextlib.contextmanager
    def recording(self):
        """The block in which the step runs."""
        self.base = sys._getframe(2)
        thread.recorder = self
        thread.epoch = tick()       # so that every Variable is announced again
        try:
            with listen(self), self.draws.noted(), self.reads.noted():
                yield
        except BaseException:
            self.undo(not self.made)        # what is new keeps the seed it got
            raise
        finally:
            thread.recorder = self.base = None
            thread.epoch = tick()
            follow_tapes()

    def _new(self, array, source=None, varies=True):
        value = Value(array, source, varies)
        self.values[id(array)] = value
        self.kept.append(array)
        return value

    def _refuse(self, why):
        self.refusals.append(why)

    # --- what happens ------------------------------------------------------------------------

    def heard(self, op, inputs, attrs, outputs):
        """An op ran."""
        if op.family == "custom":       # its body was heard, and its gradient's will be
            return
        if any(isinstance(x, Operand) and x.dtype == "string" for x in (*inputs, *tree.flatten(outputs))):
            self._refuse(f"{op.name} works on strings, which are no numbers in memory.")
        taken = tuple([self._value(x, op) for x in inputs])
        made = outputs if isinstance(outputs, tuple) else (outputs,)
        if len(made) == 1 and any(type(x) is Value and x.array is made[0]._array for x in taken):
            made = ()       # what came in went out
            if op in HARMLESS:
                return
        impure = is_impure(op, attrs)
        varies = impure or any(type(x) is Value and x.varies for x in taken)
        owner, derived, place = self._surroundings()
        instruction = Instruction(op, taken, attrs, (), owner, derived)
        instruction.outputs = tuple([self._new(y._array, instruction, varies) for y in made])
        self.instructions.append(instruction)
        self.places.append(place)
        for y in made:
            self.owners[id(y._array)] = owner
            if varies:
                self.tensors.append((weakref.ref(y), op, place))

    def _value(self, x, op):
        if not isinstance(x, Operand):
            return x
        array = x._array
        value = self.values.get(id(array))
        if value is not None:
            return value
        self.meets_kept = self.meets_kept or is_kept(x)
        base = array.base
        while base is not None:
            known = self.values.get(id(base))
            if known is not None and known.varies and known.shape:
                self._refuse(f"{op.name} got a part of a value that no op took from it.")
            base = getattr(base, "base", None)
        deriving = thread.deriving
        if deriving is not None and getattr(deriving, "op", deriving).family != "custom" and \
                array.dtype.kind in "fcb" and array.size > 1:
            self._refuse(f"the derivative of {getattr(deriving, 'op', deriving).name} makes an array of its own.")
        return self._new(array)

    def reading(self, variable):
        """A Variable is read: from now on its array stands for what it held before the step."""
        if id(variable) not in self.variables:
            before = variable._array
            # A view, so that a tensor that shares the array is not taken for the Variable.
            variable._array = before.view()
            if variable._lease is before:
                variable._array = before.copy()
            self.variables[id(variable)] = variable, self._new(variable._array, variable), before
            self.consulting(variable)

    assigning = reading

    def making(self, thing):
        """A Variable or SeedGenerator was made, which the next run will find there."""
        self.made.append(thing)
        if type(thing) is Variable:
            self.variables.pop(id(thing), None)     # it may have started from another value before
            self.reading(thing)

    def consulting(self, variable):
        """The flags of a Variable are read or about to change."""
        self.flags.setdefault(id(variable), (variable, variable.flags))

    @contextlib.contextmanager
    def aside(self):
        """A block that is no part of the step."""
        listeners, thread.listeners, thread.recorder = thread.listeners, (), None
        try:
            with self.draws.paused():
                yield
        finally:
            thread.listeners, thread.recorder = listeners, self

    def leaving(self, operand, how):
        """Numbers go where no op is heard."""
        if type(operand) is Variable:
            self.reading(operand)
        value = self.values.get(id(operand._array))
        if value is not None and value.varies:
            file, line = caller()
            self._refuse(f"{how} of a value that differs from step to step, at {file}:{line}.")

    def later(self, effect):
        """Something is to happen in the world, such as printing: in the replay, or if there is none."""
        self.effects.append(effect)

    def given(self, array):
        """An array is the same in every run."""
        if id(array) not in self.values:
            self._new(array)

    def feeding(self, what):
        """Data come in that no argument gives."""
        file, line = caller()
        self._refuse(f"{what} gives other data in every run, at {file}:{line}. Iterate outside, and give the function "
                     "the elements.")

    def changing(self, holder, name):
        """An attribute is about to change."""
        self.reads.changing(holder, name)

    def _surroundings(self):
        """The name of the nearest layer, loss, metric or optimizer, whether a derivative is being taken, and the place
        in the user's program."""
        owner, place, frame = None, None, sys._getframe(2)
        while frame is not None and frame is not self.base:
            code = frame.f_code
            inside, package = _module(frame.f_globals.get("__name__", ""))
            if not inside:
                self.foreign = True
                place = place or (code.co_filename, frame.f_lineno)
            elif owner is None and (package, code.co_name) in NAMED:
                owner = frame.f_locals["self"].name
            frame = frame.f_back
        deriving = thread.deriving
        if type(deriving) is Node:
            output = deriving.output[0] if type(deriving.output) is tuple else deriving.output
            return self.owners.get(id(output), ""), True, place
        return owner or "", deriving is not None, place

    # --- afterwards --------------------------------------------------------------------------

    def check(self):
        """Raises RefusedError if something happened that a replay would not repeat."""
        if self.refusals:
            raise RefusedError(self.refusals[0])

    def assigned(self):
        """(Variable, Value it holds now) where that changed."""
        found = []
        for variable, before, _ in self.variables.values():
            array = variable._array
            if array is not before.array:
                found.append((variable, self.values.get(id(array)) or self._new(array)))
        return found

    def returned(self, leaf):
        """A leaf of the result: a Value for a tensor."""
        if isinstance(leaf, Tensor):
            return self.values.get(id(leaf._array)) or self._new(leaf._array)
        if leaf is None or isinstance(leaf, (bool, int, float, complex, str, bytes, np.ndarray, np.generic, Variable)):
            return leaf
        if isinstance(leaf, IndexedSlices):
            raise RefusedError("it returns IndexedSlices. Return tf.convert_to_tensor(grad).")
        raise RefusedError(f"it returns a {type(leaf).__name__}, which may hold tensors. Return tensors, in tuples, "
                           "lists and dicts.")

    def undo(self, seeds):
        """Put Variables and generators back; with `seeds`, the numbering of consumers."""
        for variable, _, before in self.variables.values():
            variable._array = before
        self.draws.undo(seeds)
