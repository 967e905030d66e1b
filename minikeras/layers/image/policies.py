"""Images changed by layers that are drawn from a list."""


from ...arguments import count, number, switch
from ...autograd.state import thread
from ...autograd.tensor import Tensor
from ...ops import random
from ...ops.arithmetic import clip, logical_or, select
from ...ops.images import one_of
from ...ops.reduce import sum
from ...ops.warping import INTERPOLATIONS
from .base import ImageLayer, spread, values
from .colours import (
    RandomBrightness,
    RandomColorDegeneration,
    RandomContrast,
    RandomPosterization,
    RandomSharpness,
    Solarization,
)
from .histograms import AutoContrast, Equalization
from .warping import MovingLayer, RandomRotation, RandomShear, RandomTranslation


class PolicyLayer(ImageLayer, kind="layers"):
    """Base of layers that apply others, drawn for the whole batch.

    While somebody listens, which ones it was must not decide what is computed, or a recorded step would repeat them:
    all are computed, and one is selected. Those that move pixels are one layer then, whose transform is selected.
    """

    def __init__(self, value_range, factor, interpolation, seed, data_format, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.value_range = values(type(self).__name__, value_range)
        self.factor = spread(f"{type(self).__name__}: factor", factor, 0, 1)
        one_of(type(self).__name__, "interpolation", interpolation, INTERPOLATIONS)
        self.interpolation = interpolation
        self.seeded(seed)

    def moving_layers(self):
        """The layers that move pixels."""
        common = {"interpolation": self.interpolation, "seed": self.seed, "dtype": self.dtype}
        return [RandomShear(self.factor, self.factor, **common), RandomTranslation(self.factor, self.factor, **common),
                RandomRotation(self.factor, **common)]

    def changing_layers(self, brightness):
        """The layers that change values; with `brightness` those as well that change light and colours as a whole."""
        common = {"value_range": self.value_range, "dtype": self.dtype}
        kinds = (RandomBrightness, RandomColorDegeneration, RandomContrast, RandomSharpness) if brightness else ()
        return [*[kind(self.factor, seed=self.seed, **common) for kind in kinds],
                RandomPosterization(max(1, int(8 * self.factor[1])), seed=self.seed, **common),
                Solarization(self.factor, self.factor, seed=self.seed, **common),
                AutoContrast(**common), Equalization(**common)]

    def drawn_layer(self, images, seed, nothing):
        """The number of a layer, and what all of them draw; with `nothing` also the number of no layer."""
        index = random.draw_for(images, len(self._layers) + nothing, shape=(), seed=seed, method="integers",
                                dtype="int64")
        return index, [layer.draw(images, seed) for layer in self._layers]

    def _moved(self, x, drawn, transform_of):
        """`x` moved, if the drawn layer is one that moves; all alike but for their transforms."""
        index, each = drawn
        moving = [(i, layer, mine) for i, (layer, mine) in enumerate(zip(self._layers, each, strict=True))
                  if isinstance(layer, MovingLayer)]
        transform, moves = moving[0][2], index == moving[0][0]
        for i, _, mine in moving[1:]:
            transform, moves = select(index == i, mine, transform), logical_or(moves, index == i)
        return select(moves, getattr(moving[0][1], transform_of)(x, transform), x)

    def _changed(self, x, drawn, transform_of):
        """`x` as the drawn layer's method `transform_of` leaves it."""
        index, each = drawn
        if type(index) is Tensor and not thread.is_heard():
            number = int(index)
            unchanged = number == len(self._layers)
            return x if unchanged else getattr(self._layers[number], transform_of)(x, each[number])
        moved = result = self._moved(x, drawn, transform_of)
        for i, (layer, mine) in enumerate(zip(self._layers, each, strict=True)):
            if not isinstance(layer, MovingLayer):
                result = select(index == i, getattr(layer, transform_of)(moved, mine), result)
        return result

    def changed(self, images, drawn):
        """The images as the drawn layer leaves them."""
        return self._changed(images, drawn, "transform_images")

    def changed_masks(self, masks, drawn):
        """The masks as the drawn layer leaves them."""
        return self._changed(masks, drawn, "transform_masks")


class RandAugment(PolicyLayer):
    """Images changed by `num_ops` layers one after the other, drawn for the whole batch from eleven: RandomShear,
    RandomTranslation, RandomRotation, RandomBrightness, RandomColorDegeneration, RandomContrast, RandomSharpness,
    RandomPosterization, Solarization, AutoContrast and Equalization.

    value_range   lowest and highest value of a pixel
    factor        of all of these layers, from 0 to 1: a pair, or a number f for (0, f)
    Source: Cubuk et al. 2020.
    """

    def __init__(self, value_range=(0, 255), num_ops=2, factor=0.5, interpolation="bilinear", seed=None,
                 data_format=None, **kwargs):
        super().__init__(value_range, factor, interpolation, seed, data_format, **kwargs)
        self.num_ops = count("RandAugment: num_ops", num_ops)
        self._layers = self.moving_layers() + self.changing_layers(brightness=True)

    def draw(self, images, seed):
        return [self.drawn_layer(images, seed, nothing=False) for _ in range(self.num_ops)]

    def transform_images(self, images, drawn):
        for step in drawn:
            images = self.changed(images, step)
        return images

    def transform_masks(self, masks, drawn):
        for step in drawn:
            masks = self.changed_masks(masks, step)
        return masks


class AugMix(PolicyLayer):
    """Images mixed with a weighted mean of changed ones: each of `num_chains` comes about by `chain_depth` steps, each
    a layer (or nothing) that is drawn for the whole batch from those of `RandAugment`.

    value_range   lowest and highest value of a pixel; results are limited to it
    factor        of all of these layers, from 0 to 1: a pair, or a number f for (0, f)
    alpha         parameter of the Dirichlet distribution of the weights, and of the Beta distribution of the mix
    all_ops       whether brightness, colour, contrast and sharpness are changed, too
    Source: Hendrycks et al. 2020, algorithm 1.
    """

    def __init__(self, value_range=(0, 255), num_chains=3, chain_depth=3, factor=0.3, alpha=1.0, all_ops=True,
                 interpolation="bilinear", seed=None, data_format=None, **kwargs):
        super().__init__(value_range, factor, interpolation, seed, data_format, **kwargs)
        self.num_chains = count("AugMix: num_chains", num_chains)
        self.chain_depth = count("AugMix: chain_depth", chain_depth)
        if not number("AugMix: alpha", alpha, 0):
            raise ValueError(f"AugMix: alpha must be above 0, got {alpha!r}.")
        self.alpha, self.all_ops = alpha, switch("AugMix: all_ops", all_ops)
        self._layers = self.moving_layers() + self.changing_layers(brightness=self.all_ops)

    def draw(self, images, seed):
        weights = random.draw_for(images, self.alpha, shape=(self.num_chains,), seed=seed, method="gamma",
                                  dtype=self.dtype)
        kept = random.draw_for(images, self.alpha, self.alpha, shape=(), seed=seed, method="beta", dtype=self.dtype)
        chains = [[self.drawn_layer(images, seed, nothing=True) for _ in range(self.chain_depth)]
                  for _ in range(self.num_chains)]
        return kept, weights / sum(weights), chains

    def transform_images(self, images, drawn):
        return clip(self._mixed(images, drawn, self.changed), *map(float, self.value_range))

    def transform_masks(self, masks, drawn):
        return self._mixed(masks, drawn, self.changed_masks)

    def _mixed(self, x, drawn, change):
        kept, weights, chains = drawn
        mixed = kept * x
        for i, chain in enumerate(chains):
            changed = x
            for step in chain:
                changed = change(changed, step)
            mixed = mixed + (1.0 - kept) * weights[i] * changed
        return mixed
