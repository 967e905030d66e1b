"""Low-rank adaptation: a frozen weight, and a product of two thin matrices that is trained in its stead."""

import numpy as np

from .. import initializers
from ..arguments import count, number


class LowRank:
    """What layers share whose main weight, a kernel or a table, can be adapted so (Hu et al. 2021, eq. 3).

    A layer says `adapted = "kernel"`: the name of the weight. Its thin matrices are `lora_kernel_a`, of the weight's
    extents with `rank` for the last, and `lora_kernel_b`, (rank, last extent). What is added to the weight is their
    product times lora_alpha / lora_rank.
    """

    adapted = "kernel"

    def _set_low_rank(self, rank, alpha):
        """Keep the constructor's arguments."""
        where = type(self).__name__
        self.lora_rank = count(f"{where}: lora_rank", rank, optional=True)
        self.lora_alpha = rank if alpha is None else number(f"{where}: lora_alpha", alpha)
        self.lora_enabled = False
        if rank is not None:
            self._refuse_constraint()

    def _refuse_constraint(self):
        name = f"{self.adapted}_constraint"
        if getattr(self, name) is not None:
            raise ValueError(f"{type(self).__name__}: lora_rank does not go with {name}, which would hold for the "
                             f"frozen {self.adapted} only. Leave one of them out.")

    def enable_lora(self, rank, lora_alpha=None, a_initializer="he_uniform", b_initializer="zeros"):
        """Freeze the weight and train a product of two matrices with `rank` columns and rows, at first zeros.

        Raises ValueError before the layer is built, for a layer that is adapted already, and where there is a
        constraint on the weight.
        """
        if not self.built:
            raise ValueError(f"{self.name}.enable_lora: the layer has no weights yet. Build it first: call it on data.")
        if self.lora_enabled:
            raise ValueError(f"{self.name}.enable_lora: the layer is adapted already.")
        self._refuse_constraint()
        self._set_low_rank(rank, lora_alpha)
        self._add_low_rank(a_initializer, b_initializer)

    def _add_low_rank(self, a_initializer="he_uniform", b_initializer="zeros"):
        weight, regularizer = getattr(self, self.adapted), getattr(self, f"{self.adapted}_regularizer")
        for suffix, shape, initializer in (("a", (*weight.shape[:-1], self.lora_rank), a_initializer),
                                           ("b", (self.lora_rank, weight.shape[-1]), b_initializer)):
            name = f"lora_{self.adapted}_{suffix}"
            setattr(self, name, self.add_weight(name=name, shape=shape, initializer=initializers.get(initializer),
                                                regularizer=regularizer))
        weight.trainable = False
        self.lora_enabled = True

    def _low_rank_parts(self):
        """The thin matrices, and the factor of their product."""
        return (*[getattr(self, f"lora_{self.adapted}_{suffix}") for suffix in "ab"], self.lora_alpha / self.lora_rank)

    def _adapted_weight(self):
        """The weight with what the thin matrices add to it."""
        weight = getattr(self, self.adapted)
        if not self.lora_enabled:
            return weight
        a, b, factor = self._low_rank_parts()
        return weight + factor * (a @ b)

    # Files have the weight as it is used, and the thin matrices start anew from zeros: as in Keras.

    def _stored(self):
        thin = {id(matrix) for matrix in self._low_rank_parts()[:2]} if self.lora_enabled else ()
        return {str(i): v for i, v in enumerate(v for v in self._own_variables() if id(v) not in thin)}

    def save_own_variables(self, store):
        """Put the own weights into a mapping, the adapted one with what the thin matrices add to it."""
        super().save_own_variables(store)
        adapted = getattr(self, self.adapted) if self.lora_enabled else None
        store.update({name: self._adapted_weight().numpy() for name, v in self._stored().items() if v is adapted})

    def load_own_variables(self, store):
        """Take the own weights from a mapping; the thin matrices become zeros."""
        super().load_own_variables(store)
        if self.lora_enabled:
            for matrix in self._low_rank_parts()[:2]:
                matrix.assign(np.zeros(matrix.shape, matrix.dtype.dtype))

    def get_config(self):
        """The constructor arguments as plain data; the rank only if there is one."""
        config = {name: value for name, value in super().get_config().items()
                  if name not in ("lora_rank", "lora_alpha")}
        return {**config, "lora_rank": self.lora_rank, "lora_alpha": self.lora_alpha} if self.lora_rank else config
