"""Shape rules on tensors without numbers agree with what the op computes."""

import numpy as np
import pytest

from minikeras.autograd.tensor import SymbolicTensor, Tensor

from ..dimensions import extent
from .samples import composed_cases, op_cases

CASES = [case for case in [*op_cases(), *composed_cases()] if any(isinstance(x, np.ndarray) for x in case.inputs)]
each_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


def placeholders(inputs, known):
    """A symbolic tensor for each array, with the first extent unknown unless it is 0 or 1 (an extent of 1
    broadcasts, so it is part of what is known), and what the unknown ones stand for."""
    symbolic, extents = [], {}
    for i, x in enumerate(inputs):
        if isinstance(x, np.ndarray):
            unknown = x.ndim and x.shape[0] > 1 and i not in known
            shape = (None, *x.shape[1:]) if unknown else x.shape
            x, array = SymbolicTensor(shape, x.dtype), x
            if unknown:
                (monomial,) = x._dims[0].terms
                extents[monomial[0]] = array.shape[0]
        symbolic.append(x)
    return symbolic, extents


def flat(outputs):
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]


@each_case
def test_shape_and_dtype_without_numbers_are_those_with_numbers(case):
    symbolic, extents = placeholders(case.inputs, case.known)
    want = flat(case.call(*[Tensor(x) if isinstance(x, np.ndarray) else x for x in case.inputs]))
    got = flat(case.call(*symbolic))
    assert [t.dtype for t in got] == [t.dtype for t in want]
    assert [tuple(extent(dim, extents) for dim in t._dims) for t in got] == [t.shape for t in want]


@each_case
def test_shape_rule_is_exact_for_known_shapes(case):
    inputs = [SymbolicTensor(x.shape, x.dtype) if isinstance(x, np.ndarray) else x for x in case.inputs]
    want = flat(case.call(*[Tensor(x) if isinstance(x, np.ndarray) else x for x in case.inputs]))
    assert [t.shape for t in flat(case.call(*inputs))] == [t.shape for t in want]
