"""Random tensors by Keras' names, and those of TensorFlow's that Keras has not.

Where both have a name, it is Keras' function; `minikeras.tf.random` has TensorFlow's.
"""

from .ops.random import (
    SeedGenerator,
    beta,
    binomial,
    categorical,
    dropout,
    gamma,
    normal,
    randint,
    set_random_seed,
    shuffle,
    truncated_normal,
    uniform,
)
from .tf.random import (
    Generator,
    fold_in,
    get_global_generator,
    poisson,
    set_global_generator,
    set_seed,
    split,
    stateless_binomial,
    stateless_categorical,
    stateless_gamma,
    stateless_normal,
    stateless_poisson,
    stateless_truncated_normal,
    stateless_uniform,
)

__all__ = ["Generator", "SeedGenerator", "beta", "binomial", "categorical", "dropout", "fold_in", "gamma",
           "get_global_generator", "normal", "poisson", "randint", "set_global_generator", "set_random_seed",
           "set_seed", "shuffle", "split", "stateless_binomial", "stateless_categorical", "stateless_gamma",
           "stateless_normal", "stateless_poisson", "stateless_truncated_normal", "stateless_uniform",
           "truncated_normal", "uniform"]
