"""Why a gradient is None: what a tape knows about the way from a source to a target."""

import weakref

import numpy as np

from .backward import forgotten
from .dispatch import component
from .dtypes import is_differentiable
from .state import thread
from .variable import Variable

SHOWN = 5       # sites that one explanation names


_reasons = weakref.WeakKeyDictionary()      # node of a Variable -> (circumstances, why its latest gradient was None)


def remember_reasons(tape, targets, sources, grads):
    """For each Variable without a gradient keep the reason, for optimizers to tell.

    It is found out again only when the circumstances change, for a training loop may leave a Variable out forever.
    """
    known = len(_reasons)
    for source, grad in zip(sources, grads):
        if grad is None:
            if type(source) is Variable:
                now = (tuple(tape.lost_values), source._node in tape.watched, tape.watches_variables, source.trainable,
                       [target._node is None for target in targets])
                if _reasons.get(source._node, (None,))[0] != now:
                    _reasons[source._node] = now, explain(tape, targets, source)
        elif known and source._node is not None:
            _reasons.pop(source._node, None)


def reason_for_none(variable):
    """Why the latest gradient of a Variable by a tape was None; an empty text if that is not known."""
    return _reasons.get(variable._node, (None, ""))[1]


def explain(tape, targets, source):
    """One sentence or a few: why `tape.gradient(targets, source)` is None, or that it is not."""
    name = _name(source)
    if not is_differentiable(source._array.dtype):
        return (f"{name} holds {source.dtype.name}; only floats have a gradient. Make it a float where it is created, "
                "for example dtype='float32'.")
    if not targets:
        return "there is no target: the list is empty."
    floats = [target for target in targets if is_differentiable(target._array.dtype)]
    if not floats:
        return (f"the target holds {targets[0].dtype.name}; only floats can be differentiated. {_lost(tape, source)}"
                "Keep it a float until the loss is computed.")
    if any(target is source for target in targets):
        return f"the gradient is not None: {name} is the target itself."
    order = tape.between({target._node for target in floats if target._node is not None}, {source._node} - {None})
    ends = {target._node for target in floats}
    if any(node.inputs is None for node, _ in order):
        return f"{forgotten(next(node for node, _ in order if node.inputs is None))}"
    if any(node in ends for node, _ in order):
        return _along(order, ends, source, name)
    unwatched = _unwatched(tape, source, name)
    read_alone = type(source) is Variable and source.trainable and tape.watches_variables
    if unwatched and not read_alone:
        return unwatched
    lost = _lost(tape, source)
    if lost:        # also of a Variable that was never read but as numbers
        return (f"no recorded op leads from {name} to the target. {lost}What is computed from there on is a constant "
                "to the tape.")
    if unwatched:
        return unwatched
    if any(_derives(target._node, source._node) for target in floats):
        return (f"{name} was used before this tape watched it, or while this tape did not record. Watch it first, and "
                "compute inside the tape's block.")
    if all(target._node is None for target in floats):
        return (f"no op that led to the target was recorded: it was computed outside the tape's block, while the tape "
                f"was paused, or from constants and NumPy values. {name} itself is watched.")
    return f"{name} was read inside the tape, but the target was never computed from it."


def _name(source):
    if type(source) is Variable:
        return f"Variable {source.path!r}"
    return f"the source of shape {source.shape}"


def _unwatched(tape, source, name):
    """Why the tape does not watch a source; nothing if it does, or if the source is a result it recorded."""
    node = source._node
    if node is not None and (node in tape.watched or (node.op is not None and tape.recorded_here(node))):
        return ""
    if type(source) is not Variable:
        if node is not None and node.op is not None:
            return (f"{name} was itself computed where this tape did not record it (before it began, after it ended, "
                    "or while it was paused). Compute it inside the block, or watch it with tape.watch(x).")
        return (f"{name} is not watched: a tape watches trainable Variables by itself, and tensors after "
                "tape.watch(x), which must come before they are used.")
    if not source.trainable:
        return (f"{name} is not trainable, so that tapes do not watch it. Create it with trainable=True, or call "
                "tape.watch(v).")
    if not tape.watches_variables:
        return f"{name} is not watched: this tape has watch_accessed_variables=False. Call tape.watch(v)."
    if 0 < source.last_read < tape.first_start:
        return (f"{name} was read before the tape began, and not inside its block; what was computed from it there is "
                "not recorded. Compute it inside the block.")
    return f"{name} was never used while the tape recorded."


def _lost(tape, source):
    """The places where what derives from the source left the tape, as a sentence; nothing if there are none."""
    places = [f"by {how} at {file}:{line}" for (how, file, line), node in tape.lost_values.items()
              if source._node is not None and _derives(node, source._node)]
    more = f" and in {len(places) - SHOWN} more places" if len(places) > SHOWN else ""
    return f"It left the tape {', '.join(places[:SHOWN])}{more}. " if places else ""


def _derives(node, source):
    """Whether the graph leads from `source` to `node`, whichever tape recorded it."""
    nodes = [] if node is None or source is None else [node]
    seen = set(nodes)
    for each in nodes:      # grows while it is walked
        if each is source:
            return True
        for parent in each.parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                nodes.append(parent)
    return False


def _along(order, ends, source, name):
    """What to say where ops lead from the source to the target: which of them give no gradient, if none reaches it."""
    reached, slots, blocked = set(ends), {}, []
    raw, thread.raw = thread.raw, True
    try:
        with np.errstate(all="ignore"):
            for node, asked in reversed(order):
                if node not in reached:
                    continue
                if node.op is component:
                    slots.setdefault(node.parents[0], set()).add(node.attrs)
                for i, (parent, flows) in enumerate(zip(asked, _flows(node, asked, slots))):
                    if parent is not None and flows:
                        reached.add(parent)
                    elif parent is not None:
                        blocked.append(f"input {i} of {node.op.name}")
    finally:
        thread.raw = raw
    if source._node in reached:
        return f"the gradient is not None: {len(order)} ops lead from {name} to the target."
    return f"the target depends on {name} only through what has no gradient: {', '.join(dict.fromkeys(blocked))}."


def _flows(node, asked, slots):
    """For each input of a node whether its op gives it a gradient."""
    if node.op is component:
        return [True]
    y = node.output
    d = (tuple([np.ones_like(part) if i in slots[node] else None for i, part in enumerate(y)]) if type(y) is tuple
         else np.ones_like(y))
    return [grad is not None for grad in node.op.pull(d, y, node.inputs, node.attrs, asked)]
