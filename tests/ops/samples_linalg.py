"""Samples of linear algebra; see samples.py for what the tables mean."""

import numpy as np

from minikeras import ops, tf
from minikeras.ops import decompositions, diagonals, norms, products, shapes, solving
from minikeras.tf import linalg as tf_linalg

from .sampling import MATRICES, Sample, positive_definite

TALL = np.random.default_rng(3).normal(size=(4, 2))
STACK = np.random.default_rng(4).normal(size=(2, 3, 3))
WIDE = np.random.default_rng(5).normal(size=(2, 2, 4))
SPREAD = STACK + np.diag([1.0, 5.0, 9.0])       # its eigenvalues are real
UPPER = np.triu(STACK) + 2.0 * np.eye(3)
_SQUARE = [Sample((positive_definite(3, 1),), known=(0,)), Sample((MATRICES,))]


def _symmetric(x):
    return 0.5 * (x + shapes.swapaxes(x, -1, -2))


DOMAINS = {}
PREPARED = {"cholesky_op": _symmetric}      # it is defined on symmetric matrices only
SAMPLES = {
    "diagonal_op": [Sample(((3, 3),), {"offset": 0}, known=(0,)), Sample(((2, 3, 4),), {"offset": 2}),
                    Sample(((2, 3, 4),), {"offset": -1}), Sample(((2, 3, 3),), {"offset": 5}),
                    Sample(((0, 3),), {"offset": 0})],
    "from_diagonal": [Sample(((3,),), {"offset": 0, "rows": 3, "columns": 3}),
                      Sample(((2, 2),), {"offset": -1, "rows": 3, "columns": 4})],
    "matmul": [Sample(extents) for extents in (
        ((2, 3), (3, 4)), ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((2, 2, 3), (3, 4)), ((2, 2, 3), (2, 3, 2)),
        ((3,), (2, 3, 4)), ((2, 2, 3), (3,)), ((2, 3), (2, 3, 2)), ((2, 1, 2, 3), (3, 3, 2)), ((0, 3), (3, 2)),
        ((2, 0), (0, 3)))],
    "einsum_op": [Sample(extents, {"terms": tuple(terms.split(",")), "output": output}) for terms, output, extents in (
        ("ij,jk", "ik", ((2, 3), (3, 2))), ("bij,bjk", "kbi", ((2, 3, 2), (2, 2, 3))), ("ij,ij", "i", ((2, 3), (2, 3))),
        ("ij,ij", "", ((2, 3), (2, 3))), ("i,j", "ji", ((2,), (3,))), ("ij,kj", "ikj", ((2, 3), (1, 1))),
        (",i", "i", ((), (3,))), ("ij,jk,kl", "il", ((2, 3), (3, 2), (2, 2))), ("i,i,ij", "ji", ((2,), (2,), (2, 3))),
        ("ijk,kjl,l", "i", ((2, 2, 3), (3, 2, 2), (2,))), ("ij,ik", "ijk", ((0, 2), (0, 3))))],
    "cross_op": [Sample(((3,), (3,)), known=(0, 1)), Sample(((2, 3), (3,)), known=(1,)), Sample(((2, 1, 3), (2, 3)))],
    "correlate_op": [Sample(((4,), (2,)), {"full": full}) for full in (False, True)] + [
        Sample(((2,), (3,)), {"full": True})],
    "inv": _SQUARE,
    "det": [*_SQUARE, Sample((STACK,))],
    "cofactors": [*_SQUARE, Sample((STACK,))],
    "slogdet": [*_SQUARE, Sample((-STACK,))],
    "cholesky_op": _SQUARE,
    "expm": [*_SQUARE, Sample((0.1 * STACK,)), Sample((np.zeros((1, 2, 2)),))],
    "solve_op": [Sample((positive_definite(3, 1), (3, 2))), Sample((MATRICES, (2, 2, 3))),
                 Sample((positive_definite(2, 1), (3, 2, 2))), Sample((MATRICES, (2, 1)))],
    "triangular_solve_op": [
        *[Sample((UPPER.transpose(0, 2, 1) if lower else UPPER, (2, 3, 2)), {"lower": lower, "adjoint": adjoint})
          for lower in (False, True) for adjoint in (False, True)],
        Sample((positive_definite(3, 2), (2, 3, 1)), {"lower": True}), Sample((MATRICES, (2, 2)), {"lower": False})],
    "pinv_op": [Sample((x,)) for x in (TALL, WIDE, STACK)],
    "qr_op": [Sample((x,), known=(0,)) for x in (TALL, STACK)],
    "complement": [Sample((STACK[..., :2],))],
    "eigh": _SQUARE,
    "eigvalsh": _SQUARE,
    "eig": [Sample((SPREAD,))],
    "lu_op": [Sample((SPREAD,)), Sample((STACK @ STACK.swapaxes(-1, -2),))],
    "eigvals": [Sample((SPREAD,)), Sample((STACK,))],
    "svd_op": [Sample((x,), known=(0,)) for x in (TALL, WIDE, STACK)],
    "singular_values": [Sample((x,), known=(0,)) for x in (TALL, WIDE, STACK)],
    "power_norm": [Sample(((2, 3),), {"order": order, **attrs})
                   for order, attrs in ((3.0, {}), (1.0, {"axis": 1}), (0.5, {"axis": 0, "keepdims": True}),
                                        (-1.5, {"axis": -1}), (4.0, {"axis": (0, 1)}))],
}

_NORMS = [None, 0, 1, 2, 3, 0.5, -1, np.inf, -np.inf]
COMPOSED = [
    (ops.diagonal, [Sample(((3, 4),), {"offset": 1}, known=(0,)), Sample(((2, 3, 3),), {"axis1": -1, "axis2": 1}),
                    Sample(((3, 2, 4),), {"axis1": 0, "axis2": 2}, known=(0,))]),
    (ops.trace, [Sample(((3, 3),)), Sample(((2, 3, 2),), {"offset": 1, "axis1": 1, "axis2": -1}),
                 Sample(((2, 3, 2),), known=(0,))]),
    (products.matvec, [Sample(((2, 3, 4), (2, 4)))]),
    *[(lambda *xs, text=text: ops.einsum(text, *xs), [Sample(extents, known=(0,) if text[0] == text[1:2] else ())])
      for text, extents in (
        ("ii", ((3, 3),)), ("iij->ji", ((3, 3, 2),)), ("ij->j", ((2, 3),)), ("ij->", ((2, 3),)), ("ba", ((2, 3),)),
        ("ij,jk", ((2, 3), (3, 2))), ("...ij,...jk->...ik", ((2, 2, 3), (3, 2))), ("i...,i->...", ((2, 3), (2,))),
        ("...,...", ((2, 3), (1, 3))), ("ii,ij->j", ((2, 2), (2, 3))), ("ij,k->i", ((2, 3), (2,))),
        ("ab,bc,cd,b->ad", ((2, 2), (2, 3), (3, 2), (2,))), ("iii->i", ((2, 2, 2),)))],
    (ops.outer, [Sample(((2, 3), (2,)))]),
    (ops.inner, [Sample(((2, 3), (2, 2, 3))), Sample(((3,), (3,))), Sample(((2, 3), ()))]),
    (ops.vdot, [Sample(((2, 3), (2, 3)))]),
    (ops.kron, [Sample(((2, 3), (3, 2))), Sample(((2, 1, 2), (3, 2))), Sample(((2,), (2, 2)))]),
    (ops.cross, [Sample(((2,), (2,)), known=(0, 1)), Sample(((2, 3), (2, 2))),
                 Sample(((3, 2), (2, 3)), {"axisa": 0, "axisc": 0}, known=(0,))]),
    (ops.correlate, [Sample(((4,), (3,)), {"mode": mode}, known=(0, 1)) for mode in ("valid", "same", "full")]
                    + [Sample(((2,), (4,)), {"mode": mode}, known=(0, 1)) for mode in ("valid", "same", "full")]),
    (ops.corrcoef, [Sample(((2, 5),)), Sample(((4,),))]),
    (ops.solve, [Sample((positive_definite(3, 1), (3,))), Sample((MATRICES, (2, 2)))]),
    (ops.solve_triangular, [Sample((positive_definite(3, 1), (3,)), {"lower": True})]),
    (lambda x: ops.logdet(_symmetric(x)), _SQUARE),
    (lambda x: ops.cholesky(_symmetric(x), upper=True), _SQUARE),
    (ops.cholesky_inverse, [Sample((np.linalg.cholesky(MATRICES),), {"upper": upper}) for upper in (False, True)]),
    (decompositions.cholesky_solve, [Sample((np.linalg.cholesky(MATRICES), (2, 2, 1)))]),
    (ops.lstsq, [Sample((TALL, (4,)), known=(0, 1)), Sample((TALL, (4, 2)), known=(0, 1)), Sample((WIDE[0], (2,)))]),
    (ops.pinv, [Sample((TALL,), {"rcond": 1e-3})]),
    (ops.qr, [Sample((WIDE,)), Sample((TALL,), known=(0,)), Sample((STACK,), {"mode": "complete"})]),
    (ops.svd, [Sample((WIDE,), {"full_matrices": False}), Sample((STACK,)),
               Sample((TALL,), {"compute_uv": False}, known=(0,))]),
    *[(ops.norm, [Sample(((4,),), {"ord": order}), Sample(((2, 3),), {"ord": order, "axis": 1, "keepdims": True})])
      for order in _NORMS],
    *[(ops.norm, [Sample((STACK[0],), {"ord": order}, known=(0,)),
                  Sample((STACK,), {"ord": order, "axis": (2, 0), "keepdims": True}, known=(0,)),
                  Sample((WIDE,), {"ord": order, "axis": (-1, 1)})])
      for order in (None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)],
    (tf.norm, [Sample(((2, 3),)), Sample(((2, 3),), {"ord": 3, "keepdims": True}), Sample(((2, 1, 3),), {"ord": 1}),
               Sample(((2, 2, 3),), {"axis": (-2, -1)})]),
    (ops.cdist, [Sample(((3, 2), (4, 2))), Sample(((2, 1, 3), (2, 3)))]),
    (ops.normalize, [Sample(((2, 3),)), Sample(((2, 3),), {"axis": 0, "order": 3}),
                     Sample(((2, 3),), {"axis": (0, 1)}), Sample(((2, 3),), {"axis": None, "order": 1})]),
    (norms.l2_normalize, [Sample(((2, 3),)), Sample(((2, 3),), {"axis": [1]})]),
    (norms.clip_by_norm, [Sample(((2, 3),), {"clip_norm": 1.3}), Sample(((2, 3),), {"clip_norm": 1.3, "axes": 1})]),
    (lambda a, b: norms.clip_by_global_norm([a, b], 1.5)[0], [Sample(((2, 3), (2,)))]),
    (lambda a, b: norms.global_norm([a, None, b]), [Sample(((2, 3), (2,)))]),
    (tf_linalg.diag, [Sample(((2, 3),)), Sample(((2, 3, 3),), {"k": (-1, 1)}),
                      Sample(((2, 2),), {"k": 1, "num_rows": 2, "num_cols": 4, "padding_value": 7.0})]),
    (diagonals.diag_part, [Sample(((2, 3, 4),), {"k": (-1, 2)}),
                           Sample(((2, 3, 3),), {"k": (-2, 0), "align": "LEFT_RIGHT", "padding_value": 9.0})]),
    (diagonals.set_diag, [Sample(((2, 3, 4), (2, 3))), Sample(((2, 3, 4), (2, 3, 3)), {"k": (-1, 1)})]),
    (diagonals.tensor_diag, [Sample(((2, 3),))]),
    (diagonals.tensor_diag_part, [Sample(((2, 3, 2, 3),), known=(0,))]),
    (solving.band_part, [Sample(((3, 4),), {"num_lower": 1, "num_upper": 0}),
                         Sample(((2, 3, 3),), {"num_lower": -1, "num_upper": 1})]),
    (lambda x, y: tf_linalg.lstsq(x, y, l2_regularizer=0.5), [Sample((TALL, (4, 1)), known=(0, 1))]),
]
