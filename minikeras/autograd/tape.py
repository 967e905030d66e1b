"""GradientTape: a mark on the graph that hangs on tensors, and the walk back along it."""

import contextlib
import enum
import warnings

import numpy as np

from ..errors import DTypeError, ShapeError
from . import tree
from .backward import SERIAL, SEVERAL, add_to, only_rows, run_backward, total_of, undisturbed
from .batching import Batched
from .dtypes import is_differentiable
from .explanation import explain, remember_reasons
from .indexed_slices import IndexedSlices
from .linear import concatenate, ones_like, permute, reshape, stack
from .operands import as_tensor
from .quiet import follow_tapes
from .sites import caller
from .state import KEPT, NEVER, Watcher, thread, tick
from .tensor import Node, Operand, SymbolicTensor, Tensor, ndarray, source_node
from .variable import Variable


class UnconnectedGradients(enum.Enum):
    """What `gradient` gives for a source that the target does not depend on."""

    NONE = "none"
    ZERO = "zero"


class GradientTape(Watcher):
    """Records what is computed from watched tensors inside its `with` block, for `gradient`.

    persistent                allow several calls of `gradient`
    watch_accessed_variables  watch every trainable Variable that is read inside the block

    The tape holds no ops: each op's record hangs on its result. The tape knows only when it ran
    (`intervals`, in ticks) and since when it watches which source.
    """

    def __init__(self, persistent=False, watch_accessed_variables=True):
        self._persistent = persistent
        self.watches_variables = watch_accessed_variables
        self._recording = False
        self._forget()

    def _forget(self):
        self._intervals = []        # [start, end]; the end of the running one is NEVER
        self.watched = {}           # node -> tick of the watch
        self._variables = {}        # node -> Variable
        self._latest_watch = 0      # tick of the latest `watch`; an op older than it may have used what was watched
        self._used = False
        self.lost_values = {}       # (how, file, line) -> node of the latest value that left the graph there

    @property
    def first_start(self):
        """Tick at which it first recorded since it was made or reset, NEVER before that."""
        return self._intervals[0][0] if self._intervals else NEVER

    def __enter__(self):
        if self._recording:
            raise ValueError("this GradientTape is already recording; leave its `with` block before entering "
                             "another, or use a second tape.")
        if self._used and not self._persistent:
            self._forget()      # its one derivative was taken: it begins anew
        self._start()
        return self

    def __exit__(self, *_):
        if self._recording:
            self._stop()

    def _start(self):
        self._intervals.append([tick(), NEVER])
        self._recording = True
        thread.set_watchers((*thread.watchers, self))
        follow_tapes()

    def _stop(self):
        self._intervals[-1][1] = tick()
        self._recording = False
        thread.drop_watcher(self)
        follow_tapes()

    def variable_read(self, variable):
        """Called when a trainable Variable is read while this tape records."""
        node = variable._node
        if self.watches_variables and node not in self._variables:
            self._watch_node(node)
            self._variables[node] = variable

    def lost(self, node, how):
        """Called when a recorded value leaves the graph. One is kept for each place, so that a loop keeps no more."""
        self.lost_values[(how, *caller())] = node

    def _watch_node(self, node):
        if node not in self.watched:
            self.watched[node] = now = tick()
            node.stamp = max(node.stamp, now)

    def watch(self, tensor):
        """Record what is computed from `tensor` (a tensor, a Variable or a nest of them) from here on.

        Raises ValueError for anything else, and on a tape never entered; warns if the dtype has no gradient.
        """
        if not self._intervals:
            raise ValueError("GradientTape.watch: this tape has not begun; call watch inside its `with` block.")
        for x in tree.flatten(tensor):
            if not isinstance(x, (Tensor, Variable)):
                hint = "Make one with tf.constant(value) and compute with that."
                if isinstance(x, Batched):
                    hint = ("That is many tensors at once, inside vectorized_map. Take the gradient of the whole "
                            "map, or tape.batch_jacobian outside of it.")
                raise ValueError(f"GradientTape.watch takes tensors and Variables, got {type(x).__name__}. {hint}")
            if not is_differentiable(x._array.dtype):
                warnings.warn(f"GradientTape.watch: the dtype of a watched tensor must be floating, got "
                              f"{x.dtype.name}; its gradient will be None.", stacklevel=2)
            if x._node is None:
                x._node = source_node()
            self._watch_node(x._node)
            self._latest_watch = max(self._latest_watch, self.watched[x._node])
            if type(x) is Variable:
                self._variables.setdefault(x._node, x)

    @contextlib.contextmanager
    def stop_recording(self):
        """Pause inside the block. Raises ValueError if the tape is not recording."""
        if not self._recording:
            raise ValueError("stop_recording: this GradientTape is not recording.")
        self._stop()
        try:
            yield
        finally:
            self._start()

    def reset(self):
        """Forget everything recorded and watched, as if the block were entered anew."""
        if not self._recording:
            raise ValueError("reset: this GradientTape is not recording; make a new tape instead.")
        self._stop()
        self._forget()
        self._start()

    def watched_variables(self):
        """The Variables watched so far, as a tuple in the order in which they were made."""
        return tuple([self._variables[node] for node in sorted(self._variables, key=SERIAL)])

    def gradient(self, target, sources, output_gradients=None, unconnected_gradients=UnconnectedGradients.NONE):
        """The derivative of the sum of `target` with respect to each of `sources`, in their structure.

        target, sources        tensors or Variables, or nests of them
        output_gradients       cotangent of each target, ones by default
        unconnected_gradients  what an unconnected source gets: NONE (None) or ZERO (zeros)
        The gradient of a Variable read only by `gather` is an IndexedSlices.
        Raises RuntimeError on a second call unless the tape is persistent.
        """
        targets, leaves = _operands("gradient", target), _operands("gradient", sources)
        zero = self._begin(unconnected_gradients)
        grads = self.pull_back(targets, _seeds(targets, output_gradients), leaves)
        remember_reasons(self, targets, leaves, grads)
        if zero:
            grads = [_zeros(s.shape, s) if g is None else g for g, s in zip(grads, leaves, strict=True)]
        return tree.pack(sources, grads)

    def jacobian(self, target, sources, unconnected_gradients=UnconnectedGradients.NONE, parallel_iterations=None,
                 experimental_use_pfor=True):
        """The derivative of every element of `target` (one tensor), with respect to every element of each source.

        Shape: that of the target, then that of the source. All rows come of one pull-back through the same rules, with
        a hidden leading axis (for n elements it holds n cotangents of every intermediate result), unless
        `experimental_use_pfor=False` asks for one pull-back each, for which the tape must be persistent.
        `parallel_iterations` bounds how many rows are pulled back at once.
        Raises RuntimeError on a second call unless the tape is persistent.
        """
        (target,), leaves = _operands("jacobian", target, single=True), _operands("jacobian", sources)
        zero = self._begin(unconnected_gradients)
        rows = np.eye(target.size, dtype=target._array.dtype).reshape(target.size, *target.shape)
        jacobians = self._rows("jacobian", target, rows, leaves, parallel_iterations, experimental_use_pfor)
        jacobians = [None if j is None else reshape(j, shape=(*target.shape, *s.shape))
                     for j, s in zip(jacobians, leaves)]
        if zero:
            jacobians = [_zeros((*target.shape, *s.shape), s) if j is None else j for j, s in zip(jacobians, leaves)]
        return tree.pack(sources, jacobians)

    def batch_jacobian(self, target, source, unconnected_gradients=UnconnectedGradients.NONE,
                       parallel_iterations=None, experimental_use_pfor=True):
        """The Jacobian of each row of `target` (n, ...) with respect to the same row of `source` (n, ...), where no row
        depends on another row of the source. Shape: (n, rest of target, rest of source). See `jacobian`.

        Raises ShapeError if the first extents differ.
        """
        (target,), (source,) = (_operands("batch_jacobian", x, single=True) for x in (target, source))
        zero = self._begin(unconnected_gradients)
        count = target.shape[0] if target.shape else None
        if not target.shape or not source.shape or count != source.shape[0]:
            raise ShapeError(f"GradientTape.batch_jacobian: target and source need the same first extent, got shapes "
                             f"{target.shape} and {source.shape}.")
        each, inner = target.size // (count or 1), (*target.shape[1:], *source.shape[1:])
        eye = np.eye(each, dtype=target._array.dtype).reshape(each, 1, *target.shape[1:])
        rows = np.broadcast_to(eye, (each, *target.shape))
        (jacobian,) = self._rows("batch_jacobian", target, rows, [source], parallel_iterations, experimental_use_pfor)
        if jacobian is None:
            return _zeros((count, *inner), source) if zero else None
        flat = reshape(jacobian, shape=(each, count, source.size // (count or 1)))
        return reshape(permute(flat, axes=(1, 0, 2)), shape=(count, *inner))

    def explain(self, target, source):
        """Why `gradient(target, source)` is None, in words: never used, left the tape at file:line, an integer dtype,
        stop_gradient, not trainable, read before the tape began ...; or that it is not None.

        target   a tensor, a Variable or a nest of them;  source   one tensor or Variable
        May be called at any time after the ops, also on a tape that was used.
        """
        (source,) = _operands("explain", source, single=True)
        return explain(self, _operands("explain", target), source)

    def _begin(self, unconnected_gradients):
        """Take up the one right to a derivative; whether unconnected sources get zeros."""
        if not self._intervals:
            raise RuntimeError("this GradientTape has recorded nothing: compute inside its block, `with tape: ...`.")
        if self._used and not self._persistent:
            raise RuntimeError("a non-persistent GradientTape can compute one set of gradients only. "
                               "Use tf.GradientTape(persistent=True) to call gradient() again.")
        if unconnected_gradients is not UnconnectedGradients.NONE:
            unconnected_gradients = UnconnectedGradients(unconnected_gradients)
        if self._recording and not self._persistent:
            self._stop()
        self._used = True
        return unconnected_gradients is UnconnectedGradients.ZERO

    def _rows(self, name, target, rows, sources, limit, at_once):
        """The pull-back of each of `rows`, cotangents of `target`: for each source None or a tensor of the rows."""
        if not at_once and not self._persistent:
            raise RuntimeError(f"GradientTape.{name} with experimental_use_pfor=False pulls back once for each element "
                               "of the target. Use tf.GradientTape(persistent=True).")
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
            raise ValueError(f"GradientTape.{name}: parallel_iterations must be an integer from 1 on or None, got "
                             f"{limit!r}.")
        if not at_once and len(rows):
            parts = [self.pull_back([target], [row], sources) for row in rows]
            return [None if part[0] is None else stack(*map(as_tensor, part), axis=0) for part in zip(*parts)]
        step = limit or max(len(rows), 1)
        parts = [self.pull_back([target], [Batched(rows[i:i + step], tick())], sources)
                 for i in range(0, max(len(rows), 1), step)]
        return [None if part[0] is None else part[0] if len(part) == 1 else concatenate(*part, axis=0)
                for part in zip(*parts)]

    @undisturbed
    def pull_back(self, targets, seeds, sources):
        """For each of `sources` what comes of the cotangents `seeds` of `targets`, None if nothing: a tensor, with a
        leading axis where a seed is Batched."""
        bare = thread.floor >= KEPT and not thread.is_heard()
        cotangents = {}
        for x, seed in zip(targets, seeds):
            # A target without a node can only be a source itself; it is known by identity then.
            key = id(x) if x._node is None else x._node
            if x._array.dtype.kind in "fc":
                add_to(cotangents, key, _seed(seed, bare))
        wanted = {x._node for x in sources if x._node is not None}
        order = self.between(cotangents, wanted)
        found = run_backward(order, cotangents, wanted, bare)
        return [self._finish(x, found, cotangents) for x in sources]

    def _finish(self, source, found, seeds):
        key = id(source) if source._node is None else source._node
        # A target that is a source has its own seed, watched or not.
        parts = found.get(key) if key in found else seeds.get(key)
        if parts is None or source._array.dtype.kind not in "fc":
            return None
        if type(parts) is ndarray:
            return Tensor(parts)
        if type(parts) in SEVERAL:
            if type(source) is Variable and only_rows(parts):
                return IndexedSlices.of_rows(parts if type(parts) is list else [parts])
            parts = total_of(parts)
        if type(parts) is Batched:
            parts = parts.value
        return parts if isinstance(parts, Operand) else Tensor(np.asarray(parts))

    def recorded_here(self, node):
        """Whether a node was made while this tape was recording."""
        return any(start <= node.serial < end for start, end in self._intervals)

    def between(self, targets, sources):
        """Nodes through which a target depends on a source, oldest first, as `_descendants` gives them."""
        if not self._intervals:
            return []
        (low, high) = self._intervals[0] if len(self._intervals) == 1 else (-NEVER, NEVER)
        nodes = [node for node in targets if type(node) is Node and node.op is not None and low <= node.serial < high]
        seen = {None, *nodes}
        for node in nodes:      # grows while it is walked: each node's parents are appended
            for parent in node.parents:
                if parent not in seen:
                    seen.add(parent)
                    if parent.op is not None and low <= parent.serial < high:
                        nodes.append(parent)
        nodes.sort(key=SERIAL)
        if len(self._intervals) > 1:
            nodes = [node for node in nodes if self.recorded_here(node)]
        late = nodes and nodes[0].serial < self._latest_watch
        if late or not sources <= self.watched.keys():
            nodes = self._tracked(nodes, sources)
        return _descendants(nodes, sources)

    def _tracked(self, nodes, sources):
        """Those of `nodes` that had a tracked input when they ran; drops from `sources` what this tape
        neither watches nor recorded."""
        kept, tracked = [], set()
        for node in nodes:
            for parent in node.parents:
                if parent is not None and (parent in tracked or self.watched.get(parent, NEVER) < node.serial):
                    tracked.add(node)
                    kept.append(node)
                    break
        for source in [s for s in sources if s not in self.watched and s not in tracked]:
            sources.discard(source)
        return kept


def _descendants(nodes, sources):
    """Those of `nodes` that derive from a source, each with its parents where they do, too, and None elsewhere."""
    reached, found = {None, *sources}, []
    for node in nodes:
        asked = node.parents
        if not reached.issuperset(asked):
            asked = [parent if parent in reached else None for parent in asked]
            if not any(asked):
                continue
        reached.add(node)
        found.append((node, asked))
    return found


def _seeds(targets, output_gradients):
    """The cotangent of each target: an array of ones, or what was given, as an array if it has no record."""
    if output_gradients is None:
        return [ones_like.op.forward(x._array) for x in targets]
    given = tree.flatten(output_gradients)
    if len(given) != len(targets):
        raise ShapeError(f"GradientTape.gradient: {len(given)} output_gradients for {len(targets)} targets.")
    given = [g if g is None else as_tensor(g) for g in given]
    for g, x in zip(given, targets):
        if g is not None and np.dtype(g.dtype).kind == "c" and x._array.dtype.kind == "f":
            raise DTypeError(f"GradientTape.gradient: an output_gradient is {g.dtype.name}, its target {x.dtype.name}. "
                             "Give its real part, tf.math.real(g).")
    seeds = [ones_like(x) if g is None else as_tensor(g, x.dtype) for g, x in zip(given, targets)]
    for seed, x in zip(seeds, targets):
        if seed.shape != x.shape:
            raise ShapeError(f"GradientTape.gradient: an output_gradient has shape {seed.shape}, its target {x.shape}.")
    return [seed if seed._node is not None else seed._array for seed in seeds]


def _operands(name, structure, single=False):
    """The tensors and Variables of a nest of them. Raises TypeError for anything else."""
    leaves = tree.flatten(structure)
    if single and len(leaves) != 1:
        raise TypeError(f"GradientTape.{name} takes one tensor there, got {len(leaves)} in a nest. Stack or "
                        "concatenate them, or call it for each.")
    for x in leaves:
        if type(x) is not Variable and type(x) is not Tensor:
            hint = (" A symbolic tensor has no numbers to differentiate." if isinstance(x, SymbolicTensor) else
                    " Did a function forget to return it?" if x is None else
                    " Only what is computed from a tensor has a derivative by it: make it one with tf.constant(value), "
                    "watch that and compute with it." if isinstance(x, (int, float, complex, np.ndarray, np.generic))
                    else "")
            raise TypeError(f"GradientTape.{name}: targets and sources must be tensors or Variables, got "
                            f"{type(x).__name__} {str(x)[:40]!r}.{hint}")
    return leaves


def _zeros(shape, source):
    return Tensor(np.zeros(shape, source._array.dtype))


def _seed(seed, bare):
    """A cotangent as an array if the walk is on bare arrays, else as a tensor."""
    if type(seed) is Batched:
        return Batched(_seed(seed.value, bare), seed.level)
    if type(seed) is ndarray:
        if thread.recorder is not None:
            thread.recorder.given(seed)
        return seed if bare else Tensor(seed)
    return seed._array if bare and type(seed) is Tensor else seed
