"""The names of Keras 2's optimizers, which Keras 3 refuses to make; so does this package."""


class _Refused:
    def __init__(self, *args, **kwargs):
        raise ImportError(f"keras.optimizers.legacy.{type(self).__name__} belongs to Keras 2. Use "
                          f"keras.optimizers.{type(self).__name__}; a `decay` there becomes an InverseTimeDecay here.")


class SGD(_Refused):
    """Refused."""


class RMSprop(_Refused):
    """Refused."""


class Adagrad(_Refused):
    """Refused."""


class Adam(_Refused):
    """Refused."""


class Ftrl(_Refused):
    """Refused."""


class Optimizer(_Refused):
    """Refused."""
