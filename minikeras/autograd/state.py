"""What the core keeps for each thread, and the clock that orders everything."""

import itertools
import threading

NEVER = float("inf")

# Stamps above every tick. What is KEPT is recorded while nothing forbids it, and so is what is computed from it
# (`requires_grad_`); what is ATTACHED only under some tape or `record()` (`attach_grad`).
KEPT = 2.0 ** 80
ATTACHED = 2.0 ** 79

# One clock for all threads: a node's serial, a tape's start and a watch are its ticks, so
# "before" means the same everywhere. `count().__next__` is atomic under the interpreter lock.
tick = itertools.count(1).__next__

# How many listeners there are in all threads; ops look for those that hear them only if there are any.
listening = 0

# How many sources are KEPT in all threads; a new node looks at its parents only if there are any.
kept = 0

# Listeners that hear the ops of all threads, before any other.
everywhere = ()

# How often something changed that is no Variable's value and yet decides what a step computes: an attribute of a layer,
# a model, a loss, a metric or an optimizer, or whether a Variable is trainable.
changes = 0


class Watcher:
    """Who hears what a thread does with Variables and records while it is among the `watchers`."""

    first_start = NEVER     # from this tick on it wants ops recorded

    def variable_read(self, variable):
        """A trainable Variable is read, for the first time since the watchers changed."""

    def lost(self, node, how):
        """A recorded value leaves the graph: as a number, or by an op that has no derivative."""


class Recorder:
    """Who is told what happens beside ops while it is a thread's `recorder`."""

    def reading(self, variable):
        """A Variable is read, for the first time since the epoch changed."""

    def assigning(self, variable):
        """A Variable gets a new array."""

    def making(self, thing):
        """A Variable or SeedGenerator was made."""

    def consulting(self, variable):
        """The flags of a Variable are read or about to change."""

    def aside(self):
        """A block of which nothing is told: the first value of a Variable is computed."""

    def later(self, effect):
        """What an op is to do in the world, such as printing, as a function: the run may be undone."""

    def given(self, array):
        """An array that is the same in every run, such as the seed of a derivative."""

    def leaving(self, operand, how):
        """The numbers of a tensor or Variable leave, to where no op is heard."""

    def feeding(self, what):
        """Data come in that are others in every run, in words."""

    def changing(self, holder, name):
        """An attribute of an object that a step may depend on is about to change."""


class ThreadState(threading.local):
    """Tapes and listeners of the running thread.

    floor      first start of the oldest active tape; an op is recorded if an input is as young
    resting    the floor without tapes: KEPT, or NEVER where nothing at all is recorded
    watchers   who hears of Variables being read: active tapes and `VariableWatcher`s
    epoch      changes whenever `watchers` does, so that a Variable is announced once per epoch
    listeners  who hears every op, outermost first
    raw        True while rules run on bare arrays: ops then give back what they are given
    deriving   what the rules that run on tensors are those of: a node, in forward mode an op
    recorder   who is told of Variables and of values that leave, beside hearing the ops; None for nobody
    """

    def __init__(self):
        self.floor = self.resting = KEPT
        self.watchers = ()
        self.epoch = 0
        self.listeners = ()
        self.raw = False
        self.deriving = None
        self.recorder = None
        self.quiet = None

    def set_watchers(self, watchers):
        """Replace the tuple of watchers, and what follows from it."""
        self.watchers = watchers
        if not watchers:
            self.floor = self.resting
        elif len(watchers) == 1:
            first = watchers[0].first_start
            self.floor = first if first < self.resting else self.resting
        else:
            self.floor = min(self.resting, *[w.first_start for w in watchers])
        self.epoch = tick()

    def is_heard(self):
        """Whether any listener hears the ops of this thread."""
        return bool(self.listeners or everywhere)

    def drop_watcher(self, watcher):
        """Take one watcher out, wherever it stands."""
        self.set_watchers(tuple([w for w in self.watchers if w is not watcher]))

    def lose(self, node, how):
        """Tell the watchers that a value leaves the graph."""
        for watcher in self.watchers:
            watcher.lost(node, how)


thread = ThreadState()
