"""What `compile` sets up: the loss and the metrics of a model's outputs."""

from .. import losses, metrics, registry
from ..autograd import tree
from ..autograd.dispatch import as_tensor
from ..errors import ShapeError


class CompiledLoss:
    """The loss of all outputs together: one loss, or a nest of them with `loss_weights`."""

    def __init__(self, loss, loss_weights=None):
        self.loss, self.loss_weights = loss, loss_weights
        self._pairs = None

    def __call__(self, y, y_pred, sample_weight=None):
        targets, outputs = tree.flatten(y), tree.flatten(y_pred)
        if len(targets) != len(outputs):
            raise ShapeError(f"the model has {len(outputs)} outputs, but y has {len(targets)} parts.")
        if self._pairs is None:
            self._pairs = list(zip(_spread(self.loss, outputs, "loss", losses.get),
                                   _spread(self.loss_weights, outputs, "loss_weights", lambda w: w)))
        weights = tree.flatten(sample_weight)
        weights = weights * len(outputs) if len(weights) == 1 else weights
        total = None
        for (loss, factor), target, output, weight in zip(self._pairs, targets, outputs, weights):
            if loss is None:
                continue
            value = loss(target, output, sample_weight=weight)
            value = value if factor is None else value * factor
            total = value if total is None else total + value
        return total


def _spread(given, outputs, what, make):
    """One item for each output, from one for all, or a list or dict of them."""
    items = [given[key] for key in sorted(given)] if _is_plain_dict(given) else \
        list(given) if isinstance(given, (list, tuple)) else [given] * len(outputs)
    if len(items) != len(outputs):
        raise ValueError(f"compile: {what} has {len(items)} entries for {len(outputs)} outputs.")
    made = [make(item) for item in items]
    if what == "loss":
        made = [losses.LossFunctionWrapper(item) if item is not None and not isinstance(item, losses.Loss) else item
                for item in made]
    return made


def _is_plain_dict(given):
    return isinstance(given, dict) and "class_name" not in given


class CompiledMetrics:
    """The metrics of a model with one output, made when the first batch shows its shapes."""

    def __init__(self, plain, weighted):
        self.given = [(item, False) for item in _listed(plain)] + [(item, True) for item in _listed(weighted)]
        self.metrics = None

    def update(self, y, y_pred, sample_weight=None):
        """Gather from one batch."""
        if self.metrics is None:
            self.metrics = [(make_metric(item, y, y_pred), is_weighted) for item, is_weighted in self.given]
        for metric, is_weighted in self.metrics:
            metric.update_state(y, y_pred, sample_weight=sample_weight if is_weighted else None)

    def all(self):
        """The metrics made so far."""
        return [metric for metric, _ in self.metrics or ()]


def _listed(given):
    if given is None:
        return []
    if _is_plain_dict(given) or any(isinstance(item, (list, tuple)) for item in tree_items(given)):
        raise ValueError("compile: metrics for several outputs are not supported yet; give one list of metrics.")
    return list(tree_items(given))


def tree_items(given):
    """The items of a list or tuple; anything else as the only one."""
    return given if isinstance(given, (list, tuple)) else [given]


_BY_SHAPE = {
    "accuracy": (metrics.BinaryAccuracy, metrics.SparseCategoricalAccuracy, metrics.CategoricalAccuracy),
    "crossentropy": (metrics.BinaryCrossentropy, metrics.SparseCategoricalCrossentropy,
                     metrics.CategoricalCrossentropy),
}


def make_metric(identifier, y_true, y_pred):
    """The metric meant, reported under the name it was given by. 'accuracy' and 'crossentropy' go by the shapes."""
    if isinstance(identifier, metrics.Metric):
        return identifier
    short = {"acc": "accuracy", "ce": "crossentropy"}.get(identifier, identifier) if isinstance(identifier, str) else ""
    if short in _BY_SHAPE:
        binary, sparse, categorical = _BY_SHAPE[short]
        y_true, y_pred = as_tensor(y_true), as_tensor(y_pred)
        if y_pred.shape[-1] == 1:
            return binary(name=identifier)
        is_sparse = y_true.ndim < y_pred.ndim or y_true.shape[-1] == 1
        return (sparse if is_sparse else categorical)(name=identifier)
    if isinstance(identifier, str):
        return registry.find("metrics", identifier)(name=identifier)
    metric = metrics.get(identifier)
    return metric if isinstance(metric, metrics.Metric) else metrics.MeanMetricWrapper(metric)
