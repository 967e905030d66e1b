"""Keras' `ops`: every function here takes tensors, arrays and numbers and gives tensors.

The namespaces are the lists; the functions of all but `image` are here as well, as in Keras.
"""

from . import core, image, linalg, math, nn, numpy

for _namespace in (core, linalg, math, nn, numpy):
    globals().update({name: getattr(_namespace, name) for name in _namespace.__all__})

__all__ = sorted(["image", "linalg", "nn", "numpy", *core.__all__, *linalg.__all__, *math.__all__, *nn.__all__,
                  *numpy.__all__])

from . import numpy_methods, operators  # noqa: E402 (they reach for the names above)
