"""What `compile` sets up: the loss and the metrics of a model's outputs."""

from collections import Counter

from .. import losses, metrics, registry
from ..autograd import tree
from ..autograd.operands import as_tensor
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
            given = _spread(self.loss, outputs, "loss")
            self._pairs = list(zip(map(loss_for, given, targets, outputs),
                                   _spread(self.loss_weights, outputs, "loss_weights")))
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


def _spread(given, outputs, what):
    """One item for each output, from one for all, or a list or dict of them."""
    items = [given[key] for key in sorted(given)] if _is_plain_dict(given) else \
        list(given) if isinstance(given, (list, tuple)) else [given] * len(outputs)
    if len(items) != len(outputs):
        raise ValueError(f"compile: {what} has {len(items)} entries for {len(outputs)} outputs.")
    return items


def _is_plain_dict(given):
    return isinstance(given, dict) and "class_name" not in given


class CompiledMetrics:
    """The metrics of a model with one output; those that go by shapes are made when the first batch shows them."""

    def __init__(self, plain, weighted):
        given = [(item, is_weighted) for items, is_weighted in ((plain, False), (weighted, True))
                 for item in _listed(items)]
        self.metrics = [(make_metric(item), is_weighted) for item, is_weighted in given]
        # Found by the place of the metric, as one that goes by shapes does not exist yet.
        self.names = _reported_names([(metric if isinstance(metric, str) else metric.name, is_weighted)
                                      for metric, is_weighted in self.metrics])
        self.is_complete = not any(isinstance(metric, str) for metric, _ in self.metrics)

    def update(self, y, y_pred, sample_weight=None):
        """Gather from one batch."""
        if not self.is_complete:
            self.metrics = [(metric_for(metric, y, y_pred) if isinstance(metric, str) else metric, is_weighted)
                            for metric, is_weighted in self.metrics]
            self.is_complete = True
        for metric, is_weighted in self.metrics:
            metric.update_state(y, y_pred, sample_weight=sample_weight if is_weighted else None)

    def named(self):
        """(name to report it under, metric) of the metrics made so far."""
        return [(name, metric) for name, (metric, _) in zip(self.names, self.metrics) if not isinstance(metric, str)]


def _reported_names(metrics):
    """A name for each (name, whether weighted), as Keras tells them apart: weighted_mae where there is a mae, mae_1."""
    used = Counter({"loss": 1})
    names = []
    for name, is_weighted in metrics:
        if is_weighted and used[name]:
            name = f"weighted_{name}"
        names.append(f"{name}_{used[name]}" if used[name] else name)
        used[name] += 1
    return names


def _listed(given):
    if given is None:
        return []
    if _is_plain_dict(given) or any(isinstance(item, (list, tuple)) for item in tree_items(given)):
        raise ValueError("compile: metrics for several outputs are not supported yet; give one list of metrics.")
    return list(tree_items(given))


def tree_items(given):
    """The items of a list or tuple; anything else as the only one."""
    return given if isinstance(given, (list, tuple)) else [given]


# Names that go by the shapes of labels and outputs: what they mean for binary, integer and one-hot labels.
_BY_SHAPE = {
    "accuracy": (metrics.BinaryAccuracy, metrics.SparseCategoricalAccuracy, metrics.CategoricalAccuracy),
    "crossentropy": (metrics.BinaryCrossentropy, metrics.SparseCategoricalCrossentropy,
                     metrics.CategoricalCrossentropy),
}
_BY_SHAPE |= {"acc": _BY_SHAPE["accuracy"], "ce": _BY_SHAPE["crossentropy"]}
_LOSSES_BY_SHAPE = (losses.BinaryCrossentropy, losses.SparseCategoricalCrossentropy, losses.CategoricalCrossentropy)


def _goes_by_shape(identifier, names):
    return isinstance(identifier, str) and identifier.lower() in names


def _by_shape(choices, y_true, y_pred):
    binary, sparse, categorical = choices
    y_true, y_pred = as_tensor(y_true), as_tensor(y_pred)
    if y_pred.shape[-1] == 1:
        return binary
    return sparse if y_true.ndim < y_pred.ndim or y_true.shape[-1] == 1 else categorical


def check_loss(identifier):
    """Raises ValueError for what names no loss."""
    if not _goes_by_shape(identifier, ("crossentropy", "ce")):
        losses.get(identifier)


def loss_for(identifier, y_true, y_pred):
    """The Loss meant, None for none; 'crossentropy' goes by the shapes of the labels and the output."""
    if _goes_by_shape(identifier, ("crossentropy", "ce")):
        return _by_shape(_LOSSES_BY_SHAPE, y_true, y_pred)(name=identifier)
    loss = losses.get(identifier)
    return loss if loss is None or isinstance(loss, losses.Loss) else losses.LossFunctionWrapper(loss)


def make_metric(identifier):
    """The metric meant, reported under the name it was given by; the name itself of one that goes by shapes."""
    if isinstance(identifier, str):
        return identifier if _goes_by_shape(identifier, _BY_SHAPE) else registry.find("metrics", identifier)(
            name=identifier)
    metric = metrics.get(identifier)
    if metric is None:
        raise ValueError("compile: a metric is a name, a function or a Metric object, got None. Take it off the list.")
    return metric if isinstance(metric, metrics.Metric) else metrics.MeanMetricWrapper(metric)


def metric_for(name, y_true, y_pred):
    """The metric that 'accuracy' or 'crossentropy' means for labels and outputs of these shapes."""
    return _by_shape(_BY_SHAPE[name.lower()], y_true, y_pred)(name=name)
