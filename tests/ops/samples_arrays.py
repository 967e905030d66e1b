"""Samples of picking, placing, joining, sorting and statistics; see samples.py for what the tables mean."""

import numpy as np

from minikeras import ops
from minikeras.ops import indexing, joining, placing, running, shapes, sorting, statistics
from minikeras.tf import arrays
from minikeras.tf import nn as tf_nn

from .sampling import BOOLEANS, POSITIVE, USUAL, Sample

ROWS = np.array([1, 0, 1])
PLACES = np.array([[0, 1], [2, 3], [0, 1]])
BATCHED = np.array([[2, 0, 2], [1, 1, 0]])

DOMAINS = {}
PREPARED = {}
_STRINGS = np.array([[b"a", b"bc", b""], [b"d", b"a", b"longer"]], object)
_LENGTHS = {"function": len, "dtype": np.dtype("int32")}

SAMPLES = {
    "map_strings": [Sample((_STRINGS,), _LENGTHS)],
    "map_all_strings": [Sample((_STRINGS,), {"function": lambda strings: list(map(len, strings)),
                                             "dtype": np.dtype("int64")})],
    "join_along": [Sample((_STRINGS,), {"axes": axes, "separator": b"-", "keepdims": keepdims})
                   for axes, keepdims in (((0,), False), ((1, 0), True))],
    "copy": [Sample(((2, 3),)), Sample(((),))],
    "scatter_reduce": [Sample(((2, 3), (3, 3), ROWS), {"reduction": reduction}) for reduction in ("max", "min", "mul")]
                      + [Sample(((3, 4), (3,), PLACES[:, 0], PLACES[:, 1]), {"reduction": "max"})],
    "put_slices": [Sample(((3, 4), (2, 2)), {"index": (slice(1, 3), slice(0, 2))}),
                   Sample(((4,), (0,)), {"index": (slice(2, 2),)})],
    "triangle": [Sample(((3, 4),), {"k": k, "lower": lower}) for k in (-1, 0, 2) for lower in (False, True)]
                + [Sample(((2, 2, 2),), {"k": 0, "lower": True})],
    "delayed": [Sample(((2, 3),), {"axis": axis, "reverse": reverse}) for axis in (0, -1) for reverse in (False, True)]
               + [Sample(((0, 2),), {"axis": 0})],
    "recurrence": [Sample(((5, 2), (5, 2)), {"axis": 0, "reverse": reverse}) for reverse in (False, True)]
                  + [Sample(((2, 7), (2, 7)), {"axis": -1}), Sample(((0, 2), (0, 2)), {"axis": 0})],
    "cumulative_logsumexp": [Sample(((3, 4),), {"axis": axis, "exclusive": exclusive, "reverse": reverse})
                             for axis in (0, -1) for exclusive in (False,) for reverse in (False, True)],
    "root_mean_square": [Sample(((2, 3, 2),), attrs) for attrs in (
        {}, {"axis": 0}, {"axis": (0, -1), "keepdims": True})] + [Sample(((),))],
    "view_op": [Sample((np.arange(6, dtype=np.int32).reshape(2, 3),), {"dtype": dtype, "itemsize": 4})
                for dtype in ("float32", "int16", "uint8")]
               + [Sample((np.arange(8, dtype=np.int16).reshape(2, 4),), {"dtype": "int32", "itemsize": 2}, known=(0,))],
    "argpartition_op": [Sample(((3, 4),), {"kth": 1}), Sample(((3, 4),), {"kth": 2, "axis": 0})],
    "search": [Sample((np.array([0.0, 1.0]), (2, 3))), Sample((np.array([0.0, 1.0]), (3,)), {"side": "right"}),
               Sample((np.sort(np.arange(6.0).reshape(2, 3) % 4), (2, 2)), {"dtype": "int64"}, known=(0, 1))],
    "is_among": [Sample((np.array([[1, 2], [3, 4]]), np.array([2, 4, 9]))),
                 Sample((np.array([1, 2]), np.array([[2]])), {"invert": True})],
    "histogram_op": [Sample(((9,),), {"bins": 3}), Sample(((2, 3),), {"bins": 2, "range": (-1.0, 1.0)})],
}
_FIXED = {"known": (0,)}
COMPOSED = [
    (indexing.gather, [Sample(((2, 3, 2), BATCHED), {"axis": 1, "batch_dims": 1}),
                       Sample(((2, 2, 3), BATCHED), {"axis": 2, "batch_dims": 1}),
                       Sample(((2, 3, 2, 3), np.zeros((2, 3), int)), {"axis": 3, "batch_dims": 2}),
                       Sample(((2, 2, 3), np.array([2, 0])), {"axis": 2, "batch_dims": 1})]),
    (indexing.gather_nd, [Sample(((2, 3, 4), np.array([[[0, 1]], [[2, 3]]])), {"batch_dims": 1}),
                          Sample(((2, 3, 4), np.array([[2], [0]])), {"batch_dims": 1})]),
    (indexing.slice_from, [Sample(((3, 4),), {"start": (0, 1), "extents": (-1, 2)}),
                           Sample(((4, 3),), {"start": (0, 2), "extents": (4, 1)}, **_FIXED)]),
    (lambda x, y: ops.select([BOOLEANS, ~BOOLEANS], [x, y], 3.0), [Sample(((2, 3), (2, 3)))]),
    (lambda x: ops.multi_hot(np.array([[0, 2], [1, 1]]), 3, dtype="float64") * x, [Sample(((2, 3),))]),
    (lambda x, u: ops.slice_update(x, (1, 2), u), [Sample(((3, 4), (2, 3)), known=(0, 1))]),
    *[(lambda x, u, how=how: ops.scatter_update(x, PLACES[:2], u, how), [Sample(((3, 4), (2,)), known=(0, 1))])
      for how in (None, "add", "max", "min", "mul")],
    (lambda u: ops.scatter(PLACES, u, (3, 4)), [Sample(((3,),), known=(0,))]),
    *[(f, [Sample(((3, 2), ROWS), {"num_segments": 3}), Sample(((2, 3, 2), BATCHED - 1), {"num_segments": 2}),
           Sample(((3,), np.array([1, -1, 1])), {"num_segments": 2})])
      for f in (placing.segment_sum, placing.segment_prod, placing.segment_mean, placing.segment_sqrt_n)],
    *[(f, [Sample(((3, 2), ROWS), {"num_segments": 2}), Sample(((2, 3, 2), BATCHED - 1), {"num_segments": 2})])
      for f in (placing.segment_max, placing.segment_min)],
    (lambda x: placing.dynamic_partition(x, ROWS, 3), [Sample(((3, 2),), known=(0,))]),
    (lambda x, y: placing.dynamic_stitch([[0, 3], [1, 3, 5]], [x, y]), [Sample(((2, 2), (3, 2)), known=(0, 1))]),
    (lambda *xs: ops.hstack(xs), [Sample(((3,), (2,))), Sample(((2, 3), (2, 1))), Sample(((), (2,)))]),
    (lambda *xs: ops.vstack(xs), [Sample(((3,), (3,))), Sample(((2, 3), (1, 3)))]),
    (lambda *xs: ops.dstack(xs), [Sample(((3,), (3,))), Sample(((2, 3), (2, 3))), Sample(((2, 1, 2), (2, 1, 1)))]),
    (joining.append, [Sample(((2, 3), (2,))), Sample(((2, 3), (1, 3)), {"axis": 0})]),
    (joining.array_split, [Sample(((5, 2),), {"indices_or_sections": 3}, **_FIXED),
                           Sample(((2, 4),), {"indices_or_sections": [1, 3], "axis": 1})]),
    (joining.hsplit, [Sample(((2, 4),), {"indices_or_sections": 2}), Sample(((4,),), {"indices_or_sections": [1]})]),
    (joining.vsplit, [Sample(((4, 1),), {"indices_or_sections": 2})]),
    (joining.dsplit, [Sample(((2, 1, 4),), {"indices_or_sections": 2})]),
    (joining.meshgrid, [Sample(((3,), (2,))), Sample(((3,), (2,), (2,)), {"indexing": "ij"}), Sample(((3,),))]),
    (shapes.diag, [Sample(((3,),), {"k": -1}), Sample(((3, 4),), {"k": 1}, **_FIXED)]),
    (shapes.diagflat, [Sample(((2, 2),))]),
    (shapes.tril, [Sample(((3, 3),))]),
    (shapes.triu, [Sample(((3, 3),), {"k": 1})]),
    (shapes.fliplr, [Sample(((2, 3),))]),
    (shapes.flipud, [Sample(((2, 3),))]),
    (shapes.rot90, [Sample(((2, 3),), {"k": k}) for k in range(-1, 4)] + [Sample(((2, 3, 2),), {"axes": (2, 1)})]),
    (ops.space_to_depth, [Sample(((2, 4, 2, 3),), {"block_size": 2}),
                             Sample(((2, 3, 4, 2),), {"block_size": 2, "data_format": "channels_first"})]),
    (ops.depth_to_space, [Sample(((2, 2, 1, 8),), {"block_size": 2}),
                             Sample(((2, 8, 2, 1),), {"block_size": 2, "data_format": "channels_first"})]),
    (shapes.rearrange, [Sample(((2, 4, 3),), {"pattern": "b (h p) c -> b h (p c)", "p": 2}),
                        Sample(((4, 3),), {"pattern": "(a b) c -> c b a", "b": 2}),
                        Sample(((2, 3),), {"pattern": "a b -> (b a)"})]),
    (shapes.vander, [Sample(((3,),), {"N": 4}), Sample(((3,),), {"N": 3, "increasing": True})]),
    (lambda x: ops.full_like(x, 2.0) * ops.ones_like(x) + ops.empty_like(x) + x, [Sample(((2, 3),))]),
    (lambda x: ops.zeros(ops.shape(x)[:1], "float64") + x[:, 0], [Sample(((2, 3),))]),
    (lambda x: arrays.reverse_sequence(x, [1, 3], seq_axis=1), [Sample(((2, 4, 2),))]),
    (lambda x: arrays.strided_slice(x, [0, 1, 0], [2, 9, 2], [1, 2, 1], end_mask=2, shrink_axis_mask=1),
     [Sample(((2, 4, 3),))]),
    # The exclusive form begins with -inf, of which there is no finite difference.
    *[(lambda x, reverse=reverse: running.cumulative_logsumexp(x, axis=1, exclusive=True, reverse=reverse)[:, 1:3],
       [Sample(((2, 4),))]) for reverse in (False, True)],
    *[(statistics.quantile, [Sample(((3, 4),), {"q": 0.3, "axis": 1, "method": method}),
                             Sample(((2, 3, 3),), {"q": [0.1, 0.77], "axis": (0, 2), "method": method}, **_FIXED)])
      for method in statistics.METHODS],
    (statistics.quantile, [Sample(((5,),), {"q": [[0.2], [0.9]], "keepdims": True}, **_FIXED),
                           Sample(((),), {"q": 1.0}), Sample(((3, 4), (2,)), {"axis": 1}, [USUAL, (0.1, 0.3)])]),
    (statistics.percentile, [Sample(((3, 4),), {"q": 30, "axis": 0, "keepdims": True})]),
    (statistics.median, [Sample(((2, 4),)), Sample(((3, 3),), {"axis": -1})]),
    (lambda x: statistics.nanquantile(ops.where(BOOLEANS, np.nan, x), [0.3, 0.8], axis=1), [Sample(((2, 3),))]),
    *[(lambda x, f=f: f(ops.where(BOOLEANS, np.nan, x), axis=1), [Sample(((2, 3),))])
      for f in (statistics.nansum, statistics.nanmean, statistics.nanmax, statistics.nanmin, statistics.nanvar,
                statistics.nanprod, statistics.nanmedian, statistics.nancumsum, statistics.nancumprod)],
    (lambda x: statistics.nanstd(ops.where(BOOLEANS[0], np.nan, x), axis=1), [Sample(((2, 3),))]),
    (statistics.average, [Sample(((2, 3),)), Sample(((2, 3),), {"axis": 1, "weights": [1.0, 2.0, 0.5]})]),
    (lambda x, w: statistics.average(x, weights=w), [Sample(((2, 3), (2, 3)), {}, [USUAL, POSITIVE])]),
    (statistics.moments, [Sample(((2, 3, 2),), {"axes": (0, 2), "keepdims": True})]),
    (statistics.ptp, [Sample(((2, 3),), {"axis": 1})]),
    (statistics.diff, [Sample(((4, 2),), {"n": 2, "axis": 0}, **_FIXED), Sample(((2, 3),))]),
    (statistics.trapezoid, [Sample(((2, 4),), {"dx": 0.5}), Sample(((2, 3), (3,))),
                            Sample(((3, 2), (3, 2)), {"axis": 0})]),
    (lambda x: ops.max(x, axis=1, initial=0.3), [Sample(((2, 3),))]),
    (lambda x: ops.min(x, initial=0.3), [Sample(((2, 3),))]),
    (lambda x: ops.sort(x, axis=None), [Sample(((2, 3),))]),
    (lambda w: ops.bincount([1, 3, 1], w, minlength=5), [Sample(((3,),), known=(0,))]),
    (lambda w: ops.bincount([[1, 3], [1, 0]], w), [Sample(((2, 2),), known=(0,))]),
    (lambda w: sorting.confusion_matrix([1, 0, 1], [0, 0, 0], 2, w, "float64"), [Sample(((3,),), known=(0,))]),
    (lambda x: tf_nn.weighted_moments(x, [1], [1.0, 2.0, 0.5]), [Sample(((2, 3),))]),
]
