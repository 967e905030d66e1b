"""Connectionist temporal classification: sequences of labels from outputs for each time step.

A path is a class for each step; it spells the sequence that is left without repetitions and then without blanks.
"""

from typing import NamedTuple

import numpy as np

from ..autograd import dims
from ..autograd.linear import concatenate, getitem, reshape, stack
from ..autograd.op import kept, primitive
from ..autograd.operands import as_tensor, shape_of
from ..autograd.tensor import SymbolicTensor
from ..errors import ShapeError
from .activation import log_softmax
from .arithmetic import logical_and, maximum, not_equal, select
from .creation import cast, full, full_like
from .indexing import take_along_axis
from .reduce import argmax, logsumexp, max, sum
from .sorting import argsort

# Beginnings of sequences are told apart by hash: a label more makes it hash * HASH + label + 1. The empty one has no
# parent.
HASH, ORPHAN = np.uint64(0x9E3779B97F4A7C15), np.uint64(1 << 63)

# The logarithm of no probability: finite, because the derivative of log(sum(exp)) has no value at minus infinity.
NEVER = -1e30


def ctc_loss(target, output, target_length, output_length, mask_index=0):
    """-log of the probability of each target sequence over all its alignments with the outputs.

    target (batch, labels) integers;  output (batch, time, classes) logits
    target_length, output_length   (batch,): how much of each counts
    mask_index                     the class that stands for "no label"
    A target that does not fit into its outputs gives infinity, without a gradient.
    Source: Graves et al. 2006, eqs. 5 to 8, in logarithms.
    """
    output = as_tensor(output)
    output = output if output.dtype in ("float32", "float64") else cast(output, "float32")
    target = as_tensor(target)
    if output.ndim != 3 or target.ndim != 2:
        raise ShapeError(f"ctc_loss: needs a target (batch, labels) and an output (batch, time, classes), got shapes "
                         f"{target.shape} and {output.shape}.")
    if any(isinstance(x, SymbolicTensor) for x in (target, output, target_length, output_length)):
        return SymbolicTensor(shape_of(output)[:1], output.dtype)
    batch, _, classes = output.shape
    labels, counts, steps = (as_tensor(x, "int64") for x in (target, target_length, output_length))
    labels, counts, steps = ctc_labels(labels, counts, steps, extents=output.shape)
    # Labels with a blank before, between and after; states are positions there.
    blank = mask_index % classes
    labels = select(np.arange(labels.shape[1]) < counts[:, None], labels, blank)
    blanks = full_like(labels, blank)
    states = concatenate(reshape(stack(blanks, labels, axis=2), shape=(batch, -1)), full((batch, 1), blank, "int64"),
                         axis=1)
    is_skipped = (states[:, 2:] != blank) & (states[:, 2:] != states[:, :-2])
    dtype = output.dtype.as_numpy_dtype
    skips = concatenate(np.full((batch, 2), NEVER, dtype), select(is_skipped, dtype(0.0), dtype(NEVER)), axis=1)
    skips = skips[:, :states.shape[1]]
    emitted = take_along_axis(log_softmax(output, axis=-1), states[:, None, :], axis=-1)
    alpha = _log_forward(emitted, skips, steps)
    # An alignment ends in the last label or in the blank after it.
    last = stack(2 * counts, maximum(2 * counts - 1, 0), axis=1)
    is_empty = logical_and((counts == 0)[:, None], np.array([[False, True]]))
    ends = take_along_axis(alpha, last, axis=1) + select(is_empty, dtype(NEVER), dtype(0.0))
    loss = -logsumexp(ends, axis=1)
    return select(loss < -0.5 * NEVER, loss, np.inf)


@primitive(shape=lambda *shapes, extents: list(shapes), policy=kept,
           result=lambda inputs, attrs: [x.dtype.dtype for x in inputs])
def ctc_labels(labels, counts, steps, *, extents):
    """The labels, how many of them count, and the steps that count, as they are; `extents` are those of the output.
    Raises ShapeError if they do not fit."""
    batch, time, classes = extents
    if len(labels) != batch or counts.shape != (batch,) or steps.shape != (batch,):
        raise ShapeError(f"ctc_loss: target, target_length and output_length must have {batch} entries as the output, "
                         f"got {len(labels)} and shapes {counts.shape} and {steps.shape}.")
    if np.any(counts > labels.shape[1]) or np.any(steps > time) or np.any(np.minimum(counts, steps) < 0):
        raise ShapeError(f"ctc_loss: lengths must be from 0 to the {labels.shape[1]} labels and {time} steps given, "
                         f"got {counts.tolist()} and {steps.tolist()}.")
    counted = labels[np.arange(labels.shape[1]) < counts[:, None]]
    if np.any((counted < 0) | (counted >= classes)):
        raise ShapeError(f"ctc_loss: labels must be from 0 to {classes - 1}, got {counted.min()} to {counted.max()}.")
    return labels, counts, steps


def _log_forward(emitted, skips, steps):
    """The log probability of each state (batch, states) after each sample's last step."""
    batch, time, count = emitted.shape
    dtype = skips.dtype.dtype
    never = np.full((batch, 2), NEVER, dtype)
    alpha = np.concatenate([np.zeros((batch, 1)), np.full((batch, count - 1), NEVER)], 1).astype(dtype)
    for t in range(time):
        before = concatenate(never, alpha, axis=1)
        one_on, two_on = (getitem(before, index=(slice(None), slice(2 - n, 2 - n + count))) for n in (1, 2))
        ways = logsumexp(stack(alpha, one_on, two_on + skips, axis=0), axis=0)
        alpha = select((t < steps)[:, None], ways + getitem(emitted, index=(slice(None), t)), alpha)
    return alpha


# --- decoding --------------------------------------------------------------------------------------

def ctc_decode(inputs, sequence_lengths, strategy="greedy", beam_width=100, top_paths=1, merge_repeated=True,
               mask_index=0):
    """The label sequences that outputs spell, and a score for each.

    inputs             (batch, time, classes) logits;  sequence_lengths: (batch,) steps that count
    strategy           'greedy': the best class of each step; the score is minus the sum of their logits.
                       'beam_search': the `top_paths` most probable sequences among those that the `beam_width` best
                       beginnings lead to; the score is the logarithm of the probability
    merge_repeated     of 'greedy' only: whether repetitions count once
    mask_index         the class that stands for "no label"; None for the last
    Shapes: sequences (paths, batch, time) int32, filled up with -1; scores (batch, paths). 'greedy' has 1 path.
    Source: Graves et al. 2006, section 3.2; Graves 2012, section 7.5.
    """
    inputs = as_tensor(inputs)
    inputs = inputs if inputs.dtype in ("float32", "float64") else cast(inputs, "float32")
    if len(inputs.shape) != 3:
        raise ShapeError(f"ctc_decode: inputs must be (batch, time, classes), got shape {inputs.shape}.")
    batch, _, classes = shape_of(inputs)
    steps = as_tensor(sequence_lengths, "int32")
    if not dims.may_agree(shape_of(steps), (batch,)):
        raise ShapeError(f"ctc_decode: sequence_lengths must have shape ({inputs.shape[0]},), one for each sequence, "
                         f"got {steps.shape}.")
    blank = (-1 if mask_index is None else mask_index) % classes
    if strategy == "greedy":
        return _best_path(inputs, steps, blank, merge_repeated)
    if strategy == "beam_search":
        if not 1 <= top_paths <= beam_width:
            raise ValueError(f"ctc_decode: top_paths must be from 1 to beam_width={beam_width}, got {top_paths}.")
        return ctc_beams(inputs, steps, beam_width=int(beam_width), top_paths=int(top_paths), blank=blank)
    raise ValueError(f"ctc_decode: strategy must be 'greedy' or 'beam_search', got {strategy!r}.")


def _best_path(inputs, steps, blank, merge_repeated):
    time = inputs.shape[1]
    counts = np.arange(time, dtype="int32") < steps[:, None]
    best = argmax(inputs, axis=-1)
    spelled = logical_and(counts, not_equal(best, blank))
    if merge_repeated:
        before = concatenate(full_like(best[:, :1], -1), best[:, :-1], axis=1)
        spelled = logical_and(spelled, not_equal(best, before))
    order = argsort(1 - cast(spelled, "int32"), axis=-1)        # those that are spelled first, in order
    is_label = np.arange(time, dtype="int32") < sum(cast(spelled, "int32"), axis=-1, keepdims=True)
    labels = select(is_label, take_along_axis(best, order, -1), -1)
    return labels[None], -sum(select(counts, max(inputs, axis=-1), 0.0), axis=-1, keepdims=True)


def _beams_shape(inputs, steps, *, beam_width, top_paths, blank):
    return [(top_paths, *inputs[:2]), (inputs[0], top_paths)]


@primitive(shape=_beams_shape, policy=kept,
           result=lambda inputs, attrs: [np.dtype("int32"), inputs[0].dtype.dtype])
def ctc_beams(inputs, steps, *, beam_width, top_paths, blank):
    """The most probable sequences (paths, batch, time) of a beam search, and their log probabilities (batch, paths).

    Raises ShapeError if there are less than `top_paths` of them.
    """
    batch, time, classes = inputs.shape
    log_p = inputs - np.logaddexp.reduce(inputs, axis=-1, keepdims=True)
    beam, taken = _Beam.empty(batch, inputs.dtype), []
    for t in range(time):
        beam, entry, label = beam.step(log_p[:, t], (t < steps)[:, None], beam_width, blank)
        taken.append((entry, label))
    total = np.logaddexp(beam.blank, beam.label)[:, :top_paths]
    if total.shape[1] < top_paths or np.any(total == -np.inf):
        raise ShapeError(f"ctc_decode: there are less than top_paths={top_paths} sequences for outputs of {time} steps "
                         f"and {classes} classes. Ask for less.")
    labels = np.full((time, batch, top_paths), -1, np.int32)
    entry = np.broadcast_to(np.arange(top_paths), (batch, top_paths))
    for t in reversed(range(time)):
        labels[t] = np.take_along_axis(taken[t][1], entry, 1)
        entry = np.take_along_axis(taken[t][0], entry, 1)
    labels = labels.transpose(2, 1, 0)
    return np.take_along_axis(labels, np.argsort(labels < 0, axis=-1, kind="stable"), -1), total


class _Beam(NamedTuple):
    """The best beginnings of each sequence, (batch, width), best first.

    own, parent   hashes of the beginning, and of it without its last label;  last: that label, -1 for none
    blank, label  log probability of all paths that spell it and end in a blank, or in its last label
    """

    own: np.ndarray
    parent: np.ndarray
    last: np.ndarray
    blank: np.ndarray
    label: np.ndarray

    @classmethod
    def empty(cls, batch, dtype):
        one = np.zeros((batch, 1), dtype)
        return cls(one.astype(np.uint64), one.astype(np.uint64) + ORPHAN, one.astype(int) - 1, one, one - np.inf)

    def step(self, log_p, goes_on, width, blank):
        """The beam after one more step of `log_p` (batch, classes), where the sequence `goes_on` (batch, 1); from which
        entry each one came, and the label that it was given, -1 for none."""
        count, classes = self.last.shape[1], log_p.shape[1]
        kept_blank, kept_label, grown = self._ways(log_p, goes_on, blank)
        ways = np.concatenate([np.logaddexp(kept_blank, kept_label), grown], axis=1)
        best = np.argsort(-ways, axis=1, kind="stable")[:, :width]
        is_kept = best < count
        entry = np.where(is_kept, best, (best - count) // classes)
        label = np.where(is_kept, -1, (best - count) % classes)

        def of(x):
            return np.take_along_axis(x, entry, 1)
        own = of(self.own)
        new = own * HASH + label.astype(np.uint64) + 1, own, label, -np.inf, np.take_along_axis(ways, best, 1)
        old = own, of(self.parent), of(self.last), of(kept_blank), of(kept_label)
        return _Beam(*(np.where(is_kept, x, y) for x, y in zip(old, new))), entry, label

    def _ways(self, log_p, goes_on, blank):
        """Log probabilities of each entry that stays as it is, ended by a blank and by its last label, and of each with
        each label added (batch, width * classes)."""
        total, has_label = np.logaddexp(self.blank, self.label), self.last >= 0
        last = np.where(has_label, self.last, blank)
        grown = np.repeat(total[:, :, None], log_p.shape[1], axis=2)
        # The last label once more is a new one only after a blank. None is added by a blank.
        np.put_along_axis(grown, last[:, :, None], self.blank[:, :, None], 2)
        grown[:, :, blank] = -np.inf
        grown += log_p[:, None, :]
        again = np.where(has_label, self.label + np.take_along_axis(log_p, last, 1), -np.inf)
        # What an entry becomes may be in the beam already: then both are one.
        alive = total > -np.inf
        meets = (self.own[:, :, None] == self.parent[:, None, :]) & alive[:, :, None] & alive[:, None, :]
        rows, parent, child = np.nonzero(meets)
        again[rows, child] = np.logaddexp(again[rows, child], grown[rows, parent, last[rows, child]])
        grown[rows, parent, last[rows, child]] = -np.inf
        return (np.where(goes_on, total + log_p[:, blank, None], self.blank), np.where(goes_on, again, self.label),
                np.where(goes_on[:, :, None], grown, -np.inf).reshape(len(log_p), -1))
