"""Muon: steps of matrices with all singular values brought near 1."""

import math
import re

from ..arguments import count, number, switch
from ..ops.arithmetic import power
from ..ops.reduce import euclidean_norm
from ..ops.unary import sqrt
from .base import Optimizer, with_shared


class Muon(Optimizer):
    """For matrices, momentum whose steps are made nearly orthogonal; Adam, with the arguments `adam_*` and `epsilon`,
    for everything else: variables of other ranks, embeddings unless `exclude_embeddings` is false, and those in whose
    path one of the patterns `exclude_layers` is found.

    muon_a, muon_b, muon_c, ns_steps   the polynomial of Newton and Schulz, and how often it is applied
    rms_rate        steps are multiplied by it and the root of the longer side; None leaves them as they are
    adam_lr_ratio   what the rate is multiplied by for Adam
    Source: Jordan et al. 2024; the scaling of steps from Liu et al. 2025, eq. 4.
    """

    slots = ("momentum", "velocity")

    @with_shared
    def __init__(self, learning_rate=0.001, adam_beta_1=0.9, adam_beta_2=0.999, adam_weight_decay=0.004, epsilon=1e-7,
                 weight_decay=0.004, *, exclude_layers=None, exclude_embeddings=True, muon_a=3.4445, muon_b=-4.7750,
                 muon_c=2.0315, adam_lr_ratio=1, momentum=0.95, ns_steps=5, nesterov=True, rms_rate=0.2, **shared):
        super().__init__(learning_rate, weight_decay, **shared)
        self._keep(0, 1, below=True, adam_beta_1=adam_beta_1, adam_beta_2=adam_beta_2)
        self._keep(0, 1, momentum=momentum)
        self._keep(0, epsilon=epsilon, adam_lr_ratio=adam_lr_ratio)
        self._keep(muon_a=muon_a, muon_b=muon_b, muon_c=muon_c)
        self.adam_weight_decay = number("Muon: adam_weight_decay", adam_weight_decay, optional=True)
        self.rms_rate = number("Muon: rms_rate", rms_rate, optional=True)
        self.ns_steps = count("Muon: ns_steps", ns_steps)
        self.nesterov = switch("Muon: nesterov", nesterov)
        self.exclude_embeddings = switch("Muon: exclude_embeddings", exclude_embeddings)
        self.exclude_layers = list(exclude_layers or [])

    def _by_adam(self, variable):
        return (len(variable.shape) != 2 or (self.exclude_embeddings and "embedding" in variable.path.lower())
                or any(re.search(pattern, variable.path) for pattern in self.exclude_layers))

    def new_slot(self, name, variable):
        return super().new_slot(name, variable) if name == "momentum" or self._by_adam(variable) else None

    def decay_of(self, variable):
        return self.adam_weight_decay if self._by_adam(variable) else self.weight_decay

    def factors(self, rate, step):
        starts = sqrt(1.0 - power(self.adam_beta_2, step)) / (1.0 - power(self.adam_beta_1, step))
        return rate, rate * self.adam_lr_ratio * starts

    def update(self, value, grad, slot, factors):
        rate, adam_rate = factors
        if hasattr(slot, "velocity"):
            m = slot.momentum + (grad - slot.momentum) * (1.0 - self.adam_beta_1)
            v = slot.velocity + (grad * grad - slot.velocity) * (1.0 - self.adam_beta_2)
            return value - m * adam_rate / (sqrt(v) + self.epsilon), {"momentum": m, "velocity": v}
        m = self.momentum * slot.momentum + grad
        step = rate * self._orthogonal(grad + self.momentum * m if self.nesterov else m)
        if self.rms_rate is not None:
            step = step * (math.sqrt(max(value.shape)) * self.rms_rate)
        return value - step, {"momentum": m}

    def _orthogonal(self, x):
        """A matrix of the same singular vectors as x, whose singular values other than 0 are near 1."""
        upright = x.shape[0] > x.shape[1]
        x = x.T if upright else x
        x = x / (euclidean_norm(x) + 1e-7)      # now no singular value is above 1
        for _ in range(self.ns_steps):
            square = x @ x.T
            x = self.muon_a * x + (self.muon_b * square + self.muon_c * square @ square) @ x
        return x.T if upright else x
