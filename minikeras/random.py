"""Random tensors by Keras' and TensorFlow's names."""

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

set_seed = set_random_seed      # TensorFlow's name

__all__ = ["SeedGenerator", "beta", "binomial", "categorical", "dropout", "gamma", "normal", "randint",
           "set_random_seed", "set_seed", "shuffle", "truncated_normal", "uniform"]
