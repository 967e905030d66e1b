"""What the tables of samples are written in."""

import types
from typing import Any, NamedTuple

import numpy as np

USUAL = (-1.93, 2.17)       # no simple fraction, so that no grid of inputs meets a kink
POSITIVE = (0.35, 2.6)


class Sample(NamedTuple):
    """Inputs of one call: a shape stands for floats in the domain, an array or number for itself.

    known   positions of inputs whose first extent can never be unknown
    """

    inputs: tuple
    attrs: Any = types.MappingProxyType({})
    domains: Any = None
    known: tuple = ()


class Case(NamedTuple):
    name: str
    call: Any           # of the inputs alone
    inputs: list        # arrays and numbers
    op: Any = None
    known: tuple = ()


INTEGERS = np.array([[3, 1, 0], [2, 7, 5]], np.int32)
BOOLEANS = np.array([[True, False, False], [True, True, False]])


def positive_definite(n, seed):
    root = np.random.default_rng(seed).normal(size=(n, n))
    return root @ root.T + n * np.eye(n)


MATRICES = np.stack([positive_definite(2, 1), positive_definite(2, 2)])
