"""What callbacks share that watch one number of the logs: which way is better, and whether it got better."""

import warnings

import numpy as np

from ...arguments import one_of
from ...autograd.dtypes import floatx
from .base import Callback


class _Monitoring(Callback):
    """Base of callbacks that look for improvements of `monitor` by more than `min_delta`."""

    def __init__(self, monitor, mode, min_delta=0):
        one_of(f"{type(self).__name__}: mode", mode, ("auto", "min", "max"))
        self.monitor, self.mode, self.min_delta = monitor, mode, abs(min_delta)

    def _monitored(self, logs, or_else):
        """The number in the logs; None, after a warning that says what is done without it, if there is none."""
        value = logs.get(self.monitor)
        if value is not None and np.ndim(value) == 0:
            return value
        what = "which this training does not report" if value is None else f"which has the shape {np.shape(value)}"
        warnings.warn(f"{type(self).__name__} monitors {self.monitor!r}, {what}: {or_else}. There are "
                      f"{', '.join(logs) or 'no numbers'}.", stacklevel=2)
        return None

    def _improves(self, value, best):
        """Whether `value` is better than `best` by more than `min_delta`. NaN never is; anything is better than None.

        Compared in the default float type, as numbers from there are meant: 0.8 is no improvement by 0.1 on 0.7.
        """
        kind = np.dtype(floatx()).type
        if np.isnan(value) or best is None:
            return not np.isnan(value)
        if is_maximized(self.monitor, self.mode, getattr(self.model, "metrics", ())):
            return bool(kind(value - self.min_delta) > kind(best))
        return bool(kind(value + self.min_delta) < kind(best))


def is_maximized(monitor, mode, metrics=()):
    """Whether more of `monitor` is better: as `mode` says or, if that is 'auto', as is known of the class of the metric
    that has this name, or of the name. Raises ValueError if nothing is."""
    if mode != "auto":
        return mode == "max"
    reported = monitor.removeprefix("val_")
    kinds = [type(metric).__name__ for several in metrics for metric in getattr(several, "metrics", [several])
             if metric.name == reported]
    for name in (*kinds, monitor):
        name = name.lower().replace("_", "")
        if any(part in name for part in _MAXIMIZED):
            return True
        if any(part in name for part in _MINIMIZED):
            return False
    raise ValueError(f"it is not known whether more or less of {monitor!r} is better: give mode='max' or mode='min'.")


_MAXIMIZED = ("acc", "auc", "precision", "recall", "sensitivity", "specificity", "f1", "fbeta", "iou", "r2",
              "correlation", "cosinesimilarity")
_MINIMIZED = ("loss", "error", "entropy", "mse", "mae", "mape", "msle", "rmse", "hinge", "divergence", "poisson",
              "logcosh")
