"""Calls of NumPy's public functions for the tests of the protocols: arguments by name of parameter, or by function."""

import inspect

import numpy as np

from minikeras.ops.numpy_protocol import name_of

DEPRECATED = {"fix", "in1d", "row_stack", "trapz"}     # gone from later NumPy
PLACES = {"np": np, "np.linalg": np.linalg, "np.fft": np.fft}


def _dispatched():
    found = {}
    for place, module in PLACES.items():
        for name in dir(module):
            function = getattr(module, name)
            if hasattr(function, "_implementation") and not name.startswith("_") and name not in DEPRECATED:
                found[f"{place}.{name}"] = function
    return found


FUNCTIONS = _dispatched()
UFUNCS = {name: value for name, value in vars(np).items() if isinstance(value, np.ufunc) and value.__name__ == name}


class T:
    """Marks an argument of the table that is a tensor in the test; the others stay as they are."""

    def __init__(self, value):
        self.value = np.asarray(value)


def numbers(*shape, seed=0, low=0.35, high=0.87):
    """Floats without ties, in the domain of almost every function."""
    return np.random.default_rng([seed, *shape]).permuted(np.linspace(low, high, int(np.prod(shape)))).reshape(shape)


A, B = T(numbers(2, 3, 4)), T(numbers(2, 3, 4, seed=1))
M, N = T(numbers(3, 3) + 2 * np.eye(3)), T(numbers(3, 3, seed=1))
V, W = T(numbers(4)), T(numbers(4, seed=1))
SYMMETRIC = T(M.value @ M.value.T)
MASK = numbers(2, 3, 4, seed=2) > 0.6
SOME = np.array([[True, True, False, True], [False, True, True, False], [True, True, True, True]])
COUNTS = np.array([3, 1, 0, 2])

# What a required parameter of that name is given.
BY_NAME = {
    "a": A, "x": A, "arr": A, "ary": A, "array": A, "m": A, "A": A, "z": A, "val": A, "f": A, "prototype": A, "y": A,
    "p": V, "b": B, "x1": A, "x2": B, "a1": A, "a2": B, "ar": V, "ar1": V, "ar2": W, "v": T(numbers(3, 3, seed=3)),
    "arrays": [A, B], "tup": [A, B], "shape": (6, 4), "newshape": (6, 4), "indices_or_sections": 2, "axis": 1,
    "axis1": 0, "axis2": 2, "indices": [1, 0, 1], "repeats": 2, "reps": 2, "pad_width": 1, "shift": 2, "q": 0.3,
    "condition": [True, False], "source": 0, "destination": 2, "fill_value": 0.5, "dtype": np.float32, "kth": 1,
    "n": 2, "obj": 1, "values": 0.25, "deg": 1, "u": V, "filt": V, "fname": None, "seq_of_zeros": V, "ind": 1,
    "mask": MASK, "vals": [0.5], "start": V, "stop": W,
}

CALLS = {
    "np.append": [((A, B), {}), ((A, B), {"axis": 1})], "np.array_split": [((V, 3), {}), ((A, 2), {"axis": 2})],
    "np.average": [((A,), {}), ((A,), {"axis": 1}), ((A, 1, numbers(3)), {}), ((V,), {"weights": W})],
    "np.apply_along_axis": [((np.sum, 0, A), {}), ((np.cumsum, 1, A), {}),
                             ((np.outer, 1, A, np.arange(3.0)), {})],
    "np.apply_over_axes": [((np.sum, A, (0,)), {})],
    "np.argpartition": [((V, 1), {})],
    "np.atleast_1d": [((V,), {}), ((V, T(0.5)), {})], "np.atleast_2d": [((V,), {}), ((V, T(0.5), A), {})],
    "np.atleast_3d": [((V,), {}), ((M,), {}), ((T(0.5), A), {})],
    "np.bincount": [((COUNTS,), {"weights": V}), ((COUNTS,), {"weights": V, "minlength": 9})],

    "np.block": [(([[M, N], [N, M]],), {}), (([V, W],), {}), ((M,), {}), (([[M, T([[1.0], [2.0], [3.0]])]],), {})],
    "np.broadcast_arrays": [((V, A), {})],
    "np.broadcast_to": [((V, (3, 4)), {})], "np.can_cast": [((np.float32, np.float64), {})],
    "np.choose": [((np.array([0, 1, 1, 0]), [V, W]), {})],
    "np.clip": [((A, 0.42, 0.61), {}), ((A, 0.52, None), {}), ((A, None, W), {}), ((A, W, None), {})],
    "np.concatenate": [(([A, B],), {}), (([A, B], 2), {}), (([A, V.value, M], None), {}),
                       (([V, W],), {"dtype": np.float32})],
    "np.column_stack": [(([V, W],), {}), (([V, T(numbers(4, 2))],), {})],
    "np.common_type": [((A, B), {})],
    "np.compress": [(([True, False, True], V), {}), (([False, True], A), {"axis": 1})],
    "np.convolve": [((V, T(numbers(3))), {}), ((T(numbers(3)), V, "same"), {})],
    "np.correlate": [((V, T(numbers(3))), {}), ((V, W, "same"), {})],
    "np.copyto": [((np.zeros(4), V), {})], "np.corrcoef": [((M,), {}), ((M, N), {"rowvar": False})],
    "np.cov": [((M,), {}), ((V,), {}), ((M, N), {"rowvar": False, "bias": True}), ((V, W), {"ddof": 0})],
    "np.cross": [((M, N), {})], "np.cumsum": [((A,), {}), ((A,), {"axis": 1}), ((COUNTS > 1, 0), {})],
    "np.cumprod": [((A,), {}), ((A,), {"axis": -1}), ((T(COUNTS), 0), {})],
    "np.cumulative_sum": [((V,), {}), ((A,), {"axis": 1, "include_initial": True})],
    "np.cumulative_prod": [((V,), {}), ((A,), {"axis": 1, "include_initial": True})],
    "np.delete": [((V, 1), {}), ((A, [0, 2], 1), {}), ((A, slice(1, 3)), {})],
    "np.diag": [((V,), {}), ((M,), {}), ((M, 1), {}), ((V, -1), {})],
    "np.diag_indices_from": [((M,), {})], "np.diagflat": [((V,), {}), ((M, 1), {})],
    "np.diagonal": [((A,), {}), ((A, 1, 0, 2), {})],
    "np.diff": [((A,), {}), ((A, 2, 1), {}), ((V,), {"n": 2})],
    "np.digitize": [((V, np.array([0.4, 0.6])), {})],
    "np.dot": [((V, W), {}), ((M, N), {}), ((A, V), {}), ((A, T(numbers(2, 4, 3))), {}), ((T(0.5), A), {})],
    "np.dsplit": [((A, 2), {})], "np.dstack": [(([V, W],), {}), (([M, N],), {}), (([A, B],), {})],
    "np.einsum": [(("ij,jk->ik", M, N), {}), (("ij,jk", M, N), {}), (("...ij->...i", A), {}), (("ii", M), {}),
                  (("i,j->ij", V, W), {"optimize": True})],
    "np.einsum_path": [(("ij,jk->ik", M, N), {})],
    "np.expand_dims": [((A, 1), {}), ((A, (0, -1)), {})],
    "np.extract": [((MASK, A), {})], "np.flip": [((A,), {}), ((A, 1), {}), ((A, (0, 2)), {})],
    "np.fliplr": [((A,), {})], "np.full_like": [((A, 0.5), {}), ((A, 2), {"shape": 3, "dtype": "int32"})],
    "np.geomspace": [((T(0.5), T(2.0), 5), {})],
    "np.gradient": [((V,), {}), ((A,), {}), ((A, 0.5), {"axis": (0, 2)}), ((A, 0.5, 2.0), {"axis": (0, 1)})],
    "np.histogram_bin_edges": [((V,), {})], "np.histogramdd": [((M,), {})],
    "np.hstack": [(([V, W],), {}), (([A, B],), {}), (([M, N],), {})], "np.hsplit": [((A, 3), {}), ((V, 2), {})],
    "np.inner": [((V, W), {}), ((A, B), {}), ((T(0.5), A), {})],
    "np.insert": [((V, 1, 0.5), {}), ((A, [0, 2], T(numbers(2, 1, 4)), 1), {}), ((V, [1, 1, 3], T(numbers(3))), {}),
                  ((A, 1, T(numbers(3, 4)), 0), {}), ((V, 2, T(numbers(3))), {}), ((M, 1, T(numbers(3)), 1), {})],
    "np.interp": [((V, np.linspace(0, 1, 5), T(numbers(5))), {}), ((0.33, np.linspace(0, 1, 5), T(numbers(5))), {}),
                  ((np.array([-1.0, 2.0]), np.linspace(0, 1, 5), T(numbers(5))), {}),
                  ((np.array([-1.0, 2.0]), np.linspace(0, 1, 5), T(numbers(5))), {"left": 7.0, "right": 8.0})],
    "np.ix_": [((T(COUNTS), T(COUNTS)), {})], "np.kron": [((M, N), {}), ((V, W), {})],
    "np.lexsort": [(([V, W],), {})],
    "np.linspace": [((T(0.5), T(2.0), 5), {}), ((V, W, 3), {"endpoint": False, "axis": -1}), ((V, 1.0, 3), {}),
                    ((V, W, 3), {"retstep": True})],
    "np.logspace": [((T(0.5), T(2.0), 5), {})],
    "np.max": [((A,), {}), ((A, 1), {}), ((A, (0, 2)), {"keepdims": True}), ((A,), {"initial": 0.5, "axis": 0}),
               ((A, 0), {"where": MASK, "initial": 0.1})],
    "np.mean": [((A,), {}), ((A, 1), {}), ((A, (0, 2)), {"keepdims": True}), ((A, 2), {"where": SOME}),
                ((A,), {"where": SOME}), ((A,), {"dtype": np.float32})],
    "np.meshgrid": [((V, W), {}), ((V, W), {"indexing": "ij"})], "np.min_scalar_type": [((T(0.5),), {})],
    "np.moveaxis": [((A, 0, 2), {}), ((A, (0, 1), (-1, 0)), {})],
    "np.nan_to_num": [((T([0.5, np.nan, -np.inf, np.inf]),), {"nan": 2.0, "posinf": 3.0, "neginf": 4.0}), ((A,), {})],
    "np.outer": [((V, W), {}), ((M, W), {})], "np.packbits": [((MASK,), {})],
    "np.pad": [((A, 1), {}), ((A, ((0, 1), (2, 0), (1, 1))), {"constant_values": 0.5}), ((V, 2, "reflect"), {}),
               ((V, (1, 2)), {"mode": "symmetric"})],
    "np.partition": [((V, [0, 1, 2, 3]), {})],
    "np.percentile": [((V, 30), {}), ((A, [20, 70]), {"axis": 1})], "np.quantile": [((V, 0.3), {}),
                                                                                  ((A, [0.2, 0.7], 1), {})],
    "np.piecewise": [((V, [V.value > 0.5], [1.0, 0.0]), {})],
    "np.polydiv": [((V, W), {})], "np.polyfit": [((V, W, 1), {})], "np.polyint": [((V,), {})],
    "np.polyadd": [((V, W), {})], "np.polysub": [((V, W), {})], "np.polymul": [((V, W), {})],
    "np.polyval": [((V, A), {}), ((V, 0.5), {}), ((np.arange(3.0), V), {})],
    "np.prod": [((A,), {}), ((A, 1), {}), ((A, (0, 2)), {"keepdims": True}), ((A, 2), {"where": MASK, "initial": 2.0}),
                ((T(COUNTS),), {})],
    "np.put_along_axis": [((np.zeros(4), COUNTS, V, 0), {})], "np.place": [((np.zeros(4), COUNTS > 1, V), {})],
    "np.putmask": [((np.zeros(4), COUNTS > 1, V), {})], "np.put": [((np.zeros(4), [0], T([0.5])), {})],
    "np.fill_diagonal": [((np.zeros((2, 2)), T(0.5)), {})],
    "np.ravel": [((A,), {}), ((A, "F"), {})],
    "np.ravel_multi_index": [(((T(COUNTS), T(COUNTS)), (5, 5)), {})],
    "np.repeat": [((A, 2), {}), ((A, 2, 1), {}), ((V, [1, 0, 2, 3]), {})],
    "np.reshape": [((A, (6, 4)), {}), ((A, -1), {}), ((A, (4, -1)), {"order": "F"})],
    "np.resize": [((A, (2, 2)), {}), ((V, (3, 5)), {})],
    "np.roll": [((A, 2), {}), ((A, 1, 1), {}), ((A, (1, 2), (0, 2)), {})],
    "np.rollaxis": [((A, 2), {}), ((A, 0, 2), {}), ((A, -1, 1), {})],
    "np.rot90": [((A,), {}), ((A, 3, (1, 2)), {})],
    "np.round": [((A,), {}), ((T([0.31, 1.78, -2.56]), 1), {})],
    "np.searchsorted": [((np.linspace(0, 1, 5), V), {})],
    "np.select": [(([V.value > 0.7, V.value > 0.5], [V, W], 0.25), {})],
    "np.setdiff1d": [((V, W), {})], "np.shares_memory": [((V, W), {})], "np.may_share_memory": [((V, W), {})],
    "np.size": [((A,), {}), ((A, 1), {})], "np.sort": [((A,), {}), ((A, 0), {}), ((A, None), {}),
                                                     ((A,), {"kind": "stable"})],
    "np.split": [((A, 2), {}), ((A, [1, 3], 2), {})],
    "np.squeeze": [((T(numbers(1, 3, 1)),), {}), ((T(numbers(1, 3, 1)), 0), {})],
    "np.stack": [(([A, B],), {}), (([A, B], -1), {}), (([V, W],), {"dtype": np.float32})],
    "np.std": [((A,), {}), ((A, 1), {}), ((A, (0, 2)), {"keepdims": True, "ddof": 1}), ((A, 2), {"where": SOME})],
    "np.var": [((A,), {}), ((A, 1), {}), ((A, (0, 2)), {"keepdims": True, "ddof": 1}), ((A, 2), {"where": SOME}),
               ((V,), {"correction": 1}), ((V,), {"mean": 0.5})],
    "np.sum": [((A,), {}), ((A, 1), {}), ((A, (0, 2)), {"keepdims": True}), ((A, 1), {"where": MASK, "initial": 2.0}),
               ((A,), {"dtype": np.float32}), ((T(COUNTS.astype(np.int8)),), {}), ((T(MASK), 0), {})],
    "np.take": [((A, [1, 0, 5]), {}), ((A, [[1, 0], [-1, 2]], 1), {}), ((V, 2), {})],
    "np.take_along_axis": [((A, np.array([[[1, 0, 1]]]), 2), {})],
    "np.tensordot": [((A, B, ([0, 1], [0, 1])), {}), ((A, B, 3), {}), ((M, N, 1), {})],
    "np.tile": [((A, 2), {}), ((V, (2, 1, 3)), {})], "np.transpose": [((A,), {}), ((A, (1, 2, 0)), {})],
    "np.trapezoid": [((A,), {}), ((V, np.array([0.1, 0.4, 0.5, 0.9])), {}), ((A,), {"dx": 0.5, "axis": 1})],
    "np.tri": [((3,), {})], "np.tril": [((A,), {}), ((M, 1), {})], "np.triu": [((A,), {}), ((M, -1), {})],
    "np.tril_indices_from": [((M,), {})], "np.triu_indices_from": [((M,), {})],
    "np.unpackbits": [((MASK.astype(np.uint8),), {})], "np.unravel_index": [((T(COUNTS), (2, 3)), {})],
    "np.vdot": [((A, B), {})], "np.vander": [((V,), {}), ((V, 2, True), {})],
    "np.where": [((MASK, A, B), {}), ((MASK, A, 0.0), {}), ((T(MASK), 1.0, 2.0), {}), ((T(MASK),), {})],
    "np.histogram2d": [((V, W), {})], "np.vsplit": [((A, 2), {})], "np.isin": [((T(COUNTS), [1, 2]), {})],
    "np.linalg.cholesky": [((SYMMETRIC,), {})], "np.linalg.cond": [((M,), {}), ((M, 1), {}), ((M, -2), {})],
    "np.linalg.cross": [((M, N), {})], "np.linalg.det": [((M,), {})], "np.linalg.diagonal": [((A,), {}),
                                                                                          ((M,), {"offset": 1})],
    "np.linalg.eig": [((SYMMETRIC,), {})], "np.linalg.eigh": [((SYMMETRIC,), {})],
    "np.linalg.eigvals": [((SYMMETRIC,), {})], "np.linalg.eigvalsh": [((SYMMETRIC,), {}), ((M,), {"UPLO": "U"})],
    "np.linalg.inv": [((M,), {}), ((T(np.stack([M.value, N.value + np.eye(3)])),), {})],
    "np.linalg.lstsq": [((T(numbers(4, 2)), V), {})],
    "np.linalg.matmul": [((M, N), {}), ((A, B.value.swapaxes(1, 2)), {})],
    "np.linalg.matrix_norm": [((A,), {}), ((M,), {"keepdims": True})],
    "np.linalg.matrix_power": [((M, 3), {}), ((M, -2), {}), ((M, 0), {}), ((M, 1), {})],
    "np.linalg.multi_dot": [(([M, N, M],), {})],
    "np.linalg.norm": [((A,), {}), ((V, 1), {}), ((V, np.inf), {}), ((A,), {"axis": 1}), ((A, None, (0, 1), True), {}),
                       ((M, "fro"), {})],
    "np.linalg.outer": [((V, W), {})], "np.linalg.pinv": [((M,), {}), ((T(numbers(4, 2)),), {})],
    "np.linalg.qr": [((M,), {})], "np.linalg.slogdet": [((M,), {})],
    "np.linalg.solve": [((M, N), {}), ((M, T(numbers(3))), {})], "np.linalg.svd": [((M,), {"compute_uv": False}),
                                                                                   ((T(numbers(4, 2)), False), {})],
    "np.linalg.svdvals": [((T(numbers(4, 2)),), {})], "np.linalg.tensordot": [((M, N), {"axes": 1})],
    "np.linalg.tensorinv": [((T(numbers(4, 2, 2) + np.eye(4).reshape(4, 2, 2)), 1), {})],
    "np.linalg.tensorsolve": [((T(numbers(4, 2, 2) + np.eye(4).reshape(4, 2, 2)), V), {})],
    "np.linalg.trace": [((A,), {}), ((M,), {"offset": 1})],
    "np.linalg.vecdot": [((A, B), {})], "np.linalg.vector_norm": [((A,), {}), ((A,), {"axis": 1}),
                                                                ((A,), {"keepdims": True}), ((V,), {"ord": 1})],
    "np.trace": [((M,), {}), ((A,), {}), ((A, 1, 0, 2), {})],
    "np.fft.hfft": [((V,), {})], "np.empty_like": [], "np.result_type": [((A, COUNTS), {})],
}
for _alias, _name in {"np.amax": "np.max", "np.amin": "np.max", "np.min": "np.max", "np.around": "np.round",
    "np.concat": "np.concatenate"}.items():
    CALLS[_alias] = CALLS[_name]
for _name in ("busday_count", "busday_offset", "is_busday", "datetime_as_string", "save", "savez", "savez_compressed",
              "savetxt"):
    CALLS[f"np.{_name}"] = []       # about dates and files
if "min" in inspect.signature(np.clip).parameters:      # from NumPy 2.1 on
    CALLS["np.clip"] += [((A,), {"min": 0.52}), ((A,), {"max": W})]
_SCANS = ["np.nansum", "np.nanprod", "np.nanmax", "np.nanmin", "np.nanmean", "np.nanstd", "np.nanvar", "np.nanmedian"]
CALLS |= {name: [((A,), {}), ((A, 1), {}), ((A,), {"axis": 0, "keepdims": True})] for name in _SCANS}
for _name in FUNCTIONS:
    if _name.startswith("np.fft") and _name not in CALLS:
        _shift = _name.endswith("shift")
        CALLS[_name] = [((A,), {})] + [((A,), {"axes": (0, 1)} if "2" in _name or "n" in _name[-2:] or _shift
                                        else {"n": 6, "axis": 1, "norm": "ortho"})]


def calls_of(name):
    """(args, kwargs) to try for a function; from its signature where the table has none."""
    if name in CALLS:
        return CALLS[name]
    parameters = inspect.signature(FUNCTIONS[name]).parameters.values()
    return [(tuple(BY_NAME[p.name] for p in parameters if p.default is p.empty
                   and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)), {})]


def ufunc_arguments(ufunc):
    """Arrays for a ufunc: floats where it takes floats, else integers."""
    name = ufunc.__name__
    if name in ("matmul", "matvec", "vecmat", "vecdot"):
        shapes = {"matmul": [(3, 3), (3, 3)], "matvec": [(3, 3), (3,)], "vecmat": [(3,), (3, 3)],
                  "vecdot": [(2, 3), (3,)]}
        return [numbers(*shape, seed=i) for i, shape in enumerate(shapes[name])]
    if name == "isnat":
        return [np.array(["2020-01-01"], "datetime64[D]")]
    if name == "ldexp":
        return [numbers(2, 3), np.array([1, 2, 3])]
    kinds = "".join(ufunc.types)
    if "d" not in kinds and name not in ("logical_not",):
        return [np.array([[6, 4, 1], [12, 9, 5]]), np.array([4, 2, 1])][:ufunc.nin]
    shift = 1.0 if name == "arccosh" else 0.0
    return [numbers(2, 3) + shift, numbers(3, seed=1) + shift][:ufunc.nin]


__all__ = ["CALLS", "FUNCTIONS", "UFUNCS", "T", "calls_of", "name_of", "numbers", "ufunc_arguments"]
