"""The constructor arguments that all optimizers share: how subclasses take them, and what they may be."""

import functools
import inspect

from ..arguments import count, number, switch
from ..errors import ArgumentError


def sharing(base, after):
    """A decorator for an `__init__` that ends with `**shared`: the arguments of `base` behind `after` are taken there,
    by place and by name.

    In Keras they follow a class's own arguments; so they do here. Own ones that are keyword-only in the definition
    come behind them, and one of the shared arguments among the own ones stands where it is.
    """
    shared = list(inspect.signature(base).parameters.values())
    shared = shared[[p.name for p in shared].index(after) + 1:]

    def with_shared(init):
        own = [p for p in inspect.signature(init).parameters.values() if p.kind is not p.VAR_KEYWORD]
        first = [p for p in own if p.kind is not p.KEYWORD_ONLY]
        last = [p.replace(kind=p.POSITIONAL_OR_KEYWORD) for p in own if p.kind is p.KEYWORD_ONLY]
        named = {p.name for p in own}
        signature = inspect.Signature([*first, *(p for p in shared if p.name not in named), *last])

        @functools.wraps(init)
        def complete(*args, **kwargs):
            try:
                given = signature.bind(*args, **kwargs).arguments
            except TypeError as error:
                raise ArgumentError(f"{type(args[0]).__name__}: {error}. It takes "
                                    f"{', '.join(list(signature.parameters)[1:])}.") from None
            init(**given)
        complete.__signature__ = signature
        return complete
    return with_shared


def check_shared(title, *, weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
                 ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps):
    """Raises ValueError for values that cannot be; `title` says whose they are."""
    positive = {"clipnorm": clipnorm, "clipvalue": clipvalue, "global_clipnorm": global_clipnorm}
    given = [name for name, value in positive.items() if value is not None]
    if len(given) > 1:
        raise ValueError(f"{title}: give only one of clipnorm, clipvalue and global_clipnorm, got {', '.join(given)}.")
    for name, value in {**positive, "loss_scale_factor": loss_scale_factor}.items():
        if value is not None and not number(f"{title}: {name}", value) > 0:
            raise ValueError(f"{title}: {name} must be above 0, got {value}.")
    number(f"{title}: weight_decay", weight_decay, optional=True)
    if switch(f"{title}: use_ema", use_ema):
        number(f"{title}: ema_momentum", ema_momentum, 0, 1)
        count(f"{title}: ema_overwrite_frequency", ema_overwrite_frequency, optional=True)
    if count(f"{title}: gradient_accumulation_steps", gradient_accumulation_steps, optional=True) == 1:
        raise ValueError(f"{title}: gradient_accumulation_steps must be 2 or more, or None.")
