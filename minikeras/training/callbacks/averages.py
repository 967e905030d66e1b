"""SwapEMAWeights: evaluate with averaged weights."""

from .base import Callback


class SwapEMAWeights(Callback):
    """Lets evaluations and predictions use the running averages of the weights that the optimizer keeps (`use_ema`).

    swap_on_epoch   also from the end of each epoch to the beginning of the next, for callbacks that come after this
                    one: a ModelCheckpoint saves the averages then
    The weights themselves are kept meanwhile, and put back. Raises ValueError if the optimizer keeps no averages.
    """

    kept = ("_weights",)

    def __init__(self, swap_on_epoch=False):
        self.swap_on_epoch = swap_on_epoch
        self._weights = None        # those that training goes on with, while the model has the averages

    def set_state(self, state):
        """Take up what `get_state` gave. It comes after the epoch has begun, when the weights are back in the model."""
        super().set_state(state)
        self._put_back()

    def on_epoch_begin(self, epoch, logs=None):
        self._put_back()

    def on_epoch_end(self, epoch, logs=None):
        if self.swap_on_epoch:
            self._swap()

    def on_train_end(self, logs=None):
        self._weights = None        # the optimizer's averages are the weights now

    def on_test_begin(self, logs=None):
        self._swap()

    def on_test_end(self, logs=None):
        self._put_back()

    def on_predict_begin(self, logs=None):
        self._swap()

    def on_predict_end(self, logs=None):
        self._put_back()

    def _swap(self):
        if self._weights is None:
            pairs = _averaged(self.model.optimizer)
            self._weights = [variable.numpy() for variable, _ in pairs]
            for variable, average in pairs:
                variable.assign(average)

    def _put_back(self):
        if self._weights is not None:
            for (variable, _), value in zip(_averaged(self.model.optimizer), self._weights, strict=True):
                variable.assign(value)
            self._weights = None


def _averaged(optimizer):
    """(variable, its running average) of all that have one; none before the first update."""
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    found = [one for one in getattr(optimizer, "optimizers", [optimizer]) if getattr(one, "use_ema", False)]
    if not found:
        raise ValueError("SwapEMAWeights: the optimizer keeps no averages; make it with use_ema=True.")
    return [pair for one in found if int(one.iterations) for pair in zip(one._trainable_variables, one._averages)]
