"""Samples of linear algebra; see samples.py for what the tables mean."""

from minikeras import ops

from .sampling import Sample

DOMAINS = {}
PREPARED = {}
SAMPLES = {
    "diagonal_op": [Sample(((3, 3),), {"offset": 0}, known=(0,)), Sample(((2, 3, 4),), {"offset": 2}),
                    Sample(((2, 3, 4),), {"offset": -1}), Sample(((2, 3, 3),), {"offset": 5}),
                    Sample(((0, 3),), {"offset": 0})],
    "from_diagonal": [Sample(((3,),), {"offset": 0, "rows": 3, "columns": 3}),
                      Sample(((2, 2),), {"offset": -1, "rows": 3, "columns": 4})],
}
COMPOSED = [
    (ops.diagonal, [Sample(((3, 4),), {"offset": 1}, known=(0,)), Sample(((2, 3, 3),), {"axis1": -1, "axis2": 1}),
                    Sample(((3, 2, 4),), {"axis1": 0, "axis2": 2}, known=(0,))]),
]
