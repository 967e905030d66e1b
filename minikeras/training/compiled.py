"""What `compile` sets up: the losses and metrics of a model's outputs."""

from collections import Counter, namedtuple

from .. import kinds, losses, metrics, registry
from ..autograd import tree
from ..autograd.operands import as_tensor
from ..errors import DataError, ShapeError
from .outputs import aligned, is_nest, of_output, paths

Part = namedtuple("Part", "place loss factor tracker")
Part.__doc__ = "The loss of one output: its place among the outputs, the Loss, its weight, the mean to report."


class CompiledLoss:
    """The loss of all outputs together: one for all, or a nest of them, each times its entry of `loss_weights`.

    output_names   of the outputs in order, None if they have none
    model_name     begins the path of an output in error messages
    parts          the losses of the outputs, from the first batch on
    """

    def __init__(self, loss, loss_weights=None, output_names=None, model_name="the model"):
        self.loss, self.loss_weights, self.output_names = loss, loss_weights, output_names
        self.model_name = model_name
        self.parts = None

    @property
    def built(self):
        """Whether the losses are known."""
        return self.parts is not None

    def trackers(self):
        """The means of the single losses, none if there is only one."""
        return [part.tracker for part in self.parts or () if part.tracker is not None]

    def build(self, y, y_pred):
        """Find the loss of each output by what the first batch shows."""
        outputs, names = tree.flatten(y_pred), self.output_names
        places = {path: place for place, path in enumerate(paths(y_pred))}
        chosen = of_output(self.loss, y_pred, names, "loss", for_all=True)
        factors = of_output(self.loss_weights, y_pred, names, "loss_weights", for_all=True)
        used = [place for place in places.values() if chosen.get(place) is not None]
        targets = aligned("y", y, y_pred, names, used)
        found = {place: loss_for(chosen[place], targets[place], outputs[place]) for place in chosen if place in used}
        single = len(found) == 1
        self.parts = [
            Part(place, loss, factors.get(place), None if single else metrics.Mean(
                name=f"{_output_name(y_pred, place, names, loss.name)}_loss"))
            for place, loss in found.items()]

    def __call__(self, y, y_pred, sample_weight=None):
        if y is None:
            raise DataError("there is no y, and the compiled loss compares it with the output. Give batches as (x, y), "
                            "or arrays as fit(x, y).")
        if y_pred is None:
            raise ValueError(f"{self.model_name}: its call returned None, which no loss can compare with y. "
                             "Let call return the outputs.")
        if not self.built:
            self.build(y, y_pred)
        used = [part.place for part in self.parts]
        outputs = tree.flatten(y_pred)
        targets = aligned("y", y, y_pred, self.output_names, used)
        weights = aligned("sample_weight", sample_weight, y_pred, self.output_names, used, for_all=True)
        total = None
        for part in self.parts:
            value = self._value(part, targets[part.place], outputs[part.place], weights[part.place])
            if part.tracker is not None:
                track(part.tracker, value, outputs[part.place])
            value = value if part.factor is None else value * part.factor
            total = value if total is None else total + value
        return total

    def _value(self, part, target, output, weight):
        if getattr(target, "dtype", None) == "string":
            raise DataError(f"{part.loss.name}: the labels are strings. Give numbers, for example "
                            "np.unique(y, return_inverse=True)[1], or look them up with layers.StringLookup.")
        try:
            return part.loss(target, output, sample_weight=weight)
        except ShapeError as error:
            names = self.output_names or ()
            path = "/".join([self.model_name, *names[part.place:part.place + 1]])
            title = "" if part.tracker is None else f"{part.tracker.name}: "
            raise ShapeError(f"{title}{error} (In the loss of {path}.)") from None


def track(tracker, loss, x):
    """Count the loss of a batch in the mean that is reported, weighted by the number of samples in `x`."""
    samples = float(next(leaf for leaf in tree.flatten(x) if leaf is not None).shape[0])
    if loss.ndim:
        tracker.update_state(loss, sample_weight=samples)      # a loss for each sample, unreduced
    else:
        tracker.gather(loss * samples, samples)


def _output_name(y_pred, place, names, otherwise):
    """The name of an output in reports: its keys; where it stands in a list the name it has, or `otherwise`."""
    *outer, last = paths(y_pred)[place] or (0,)
    if not isinstance(last, str):
        last = names[place] if names and len(names) == len(paths(y_pred)) else otherwise
    return "/".join(map(str, [*outer, last]))


class CompiledMetrics(metrics.Metric, named=None):
    """The metrics of all outputs as one; its result is a dict of theirs by the names to report them under.

    Those that go by shapes are made when the first batch shows them.
    metrics   the Metrics made so far
    """

    def __init__(self, plain, weighted, output_names=None):
        super().__init__(name="compile_metrics")
        self.output_names = output_names
        self._given = ((_made(plain), False), (_made(weighted), True))
        self._entries = None    # (name, place of the output, Metric, whether weighted), from the first batch on
        self.metrics = [item for items, _ in self._given for item in tree.flatten(items)
                        if isinstance(item, metrics.Metric)]
        _count_unnamed(self.metrics)

    @property
    def built(self):
        """Whether the metrics are all known."""
        return self._entries is not None

    def _parts(self):
        return vars(self) if self.built else {}

    def build(self, y, y_pred):
        """Find the metrics of each output by what the first batch shows."""
        outputs, names, found = tree.flatten(y_pred), self.output_names, []
        targets = aligned("y", y, y_pred, names, range(len(outputs)))
        for given, is_weighted in self._given:
            chosen = {0: given} if len(outputs) == 1 else of_output(given, y_pred, names, "metrics")
            for place in sorted(chosen):
                name = _output_name(y_pred, place, names, None) if len(outputs) > 1 and (
                    names or isinstance(paths(y_pred)[place][-1], str)) else None
                for item in tree.flatten(chosen[place]):
                    if item is not None:
                        metric = metric_for(item, targets[place], outputs[place]) if isinstance(item, str) else item
                        found.append((name, place, metric, is_weighted))
        reported = _reported_names([(name, metric.name, is_weighted) for name, _, metric, is_weighted in found])
        self._entries = [(name, *entry[1:]) for name, entry in zip(reported, found)]
        self.metrics = [metric for _, _, metric, _ in self._entries]
        if self.awaited is not None:
            self.awaited()

    def update_state(self, y, y_pred, sample_weight=None):
        """Gather from one batch."""
        if not self.built:
            self.build(y, y_pred)
        outputs, names = tree.flatten(y_pred), self.output_names
        used = range(len(outputs))
        targets = aligned("y", y, y_pred, names, used)
        weights = aligned("sample_weight", sample_weight, y_pred, names, used, for_all=True)
        for _, place, metric, is_weighted in self._entries:
            metric.update_state(targets[place], outputs[place], sample_weight=weights[place] if is_weighted else None)

    def result(self):
        """The values by the names to report them under."""
        return {name: metric.result() for name, _, metric, _ in self._entries or ()}


def _made(given):
    """The same nest with a Metric for each item; names that go by shapes stay as they are."""
    if is_nest(given):
        if given and isinstance(given, (list, tuple)) and all(item is None for item in given):
            raise ValueError("compile: a metric is a name, a function or a Metric object, got None. Take it off the "
                             "list.")
        return {key: _made(item) for key, item in given.items()} if isinstance(given, dict) else \
            [_made(item) for item in given]
    return [] if given is None else make_metric(given)


def _count_unnamed(given):
    """Name the Metrics without a name of their own auc, auc_1 ..., as they are called in Keras if they are the first of
    their class."""
    used = Counter()
    for metric in dict.fromkeys(given):
        name = kinds.snake_case(type(metric).__name__)
        if metric.name == name and registry.arguments_of(metric).get("name") is None:
            metric.name = f"{name}_{used[name]}" if used[name] else name
            used[name] += 1


def _reported_names(entries):
    """A name for each (output, metric, whether weighted), told apart as Keras does: weighted_mae where there is a mae,
    then mae_1."""
    used = Counter({"loss": 1})
    names = []
    for output, metric, is_weighted in entries:
        prefix = f"{output}_" if output else ""
        name = prefix + metric
        if is_weighted and used[name]:
            name = f"{prefix}weighted_{metric}"
        names.append(f"{name}_{used[name]}" if used[name] else name)
        used[name] += 1
    return names


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


def check_losses(given):
    """Raises ValueError for what names no loss, anywhere in the nest."""
    if is_nest(given):
        for item in given.values() if isinstance(given, dict) else given:
            check_losses(item)
    elif not _goes_by_shape(given, ("crossentropy", "ce")):
        losses.get(given)


def check_loss_weights(given):
    """Raises TypeError for what is no number, anywhere in the nest."""
    for item in tree.flatten(given):
        if isinstance(item, str) or callable(item) or isinstance(item, registry.Configurable):
            raise TypeError(f"compile: loss_weights must be numbers, a list or a dict of them, got {item!r}. Metrics "
                            "go by name: compile(optimizer, loss, metrics=[...]).")


def loss_for(identifier, y_true, y_pred):
    """The Loss meant; 'crossentropy' goes by the shapes of the labels and the output."""
    if _goes_by_shape(identifier, ("crossentropy", "ce")):
        return _by_shape(_LOSSES_BY_SHAPE, y_true, y_pred)(name=identifier)
    loss = losses.get(identifier)
    if isinstance(loss, losses.Loss):
        return loss
    return losses.LossFunctionWrapper(loss, name=identifier if isinstance(identifier, str) else _name_of(loss))


def make_metric(identifier):
    """The metric meant, reported under the name it was given by; the name itself of one that goes by shapes."""
    if isinstance(identifier, str):
        return identifier if _goes_by_shape(identifier, _BY_SHAPE) else kinds.find("metrics", identifier)(
            name=identifier)
    metric = metrics.get(identifier)
    return metric if isinstance(metric, metrics.Metric) else metrics.MeanMetricWrapper(metric, _name_of(metric))


def _name_of(function):
    """The name that a function is reported under: its own in snake case, or that of its class."""
    name = getattr(function, "name", None)
    return name or kinds.snake_case(getattr(function, "__name__", type(function).__name__))


def metric_for(name, y_true, y_pred):
    """The metric that 'accuracy' or 'crossentropy' means for labels and outputs of these shapes."""
    return _by_shape(_BY_SHAPE[name.lower()], y_true, y_pred)(name=name)


class Compiled:
    """Loss, metrics and the tracker of the mean loss, in a class of its own so that no layer search looks inside."""

    def __init__(self, model, loss, loss_weights, plain, weighted):
        self.model = model
        self.given = {"loss": loss, "loss_weights": loss_weights, "metrics": plain, "weighted_metrics": weighted}
        names = getattr(model, "output_names", None)        # what is no functional model has none
        self.loss = None if loss is None else CompiledLoss(loss, loss_weights, names, model.name)
        self.compiled_metrics = CompiledMetrics(plain, weighted, names)
        self.has_metrics = plain is not None or weighted is not None
        self.tracker = metrics.Mean(name="loss")

    def metrics(self):
        """All that gather, in the order of reports."""
        found = [self.tracker]
        if self.has_metrics:
            found.append(self.compiled_metrics)
        return found + self.loss.trackers() if self.loss is not None else found

    @property
    def has_own_loss(self):
        """Whether a loss is the user's own code."""
        given = [loss for loss in tree.flatten(self.given["loss"]) if loss is not None and not isinstance(loss, str)]
        functions = [getattr(loss, "fn", loss) for loss in given]
        return not all(kinds.is_ours(item if hasattr(item, "__name__") else type(item)) for item in functions)

    def build(self, y, y_pred):
        """Make what the first batch would have made."""
        for part in (self.loss, self.compiled_metrics if self.has_metrics else None):
            if part is not None and not part.built:
                part.build(y, y_pred)

    def config(self):
        return {"optimizer": registry.serialize(self.model.optimizer),
                **{name: registry.serialize(value) for name, value in self.given.items()},
                "run_eagerly": self.model.run_eagerly, "steps_per_execution": self.model.steps_per_execution,
                "jit_compile": self.model.jit_compile}
