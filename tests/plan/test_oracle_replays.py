"""The cases whose results are known from Keras and TensorFlow, recorded on their data and replayed on other data."""

import numpy as np
import pytest

import minikeras as mk
from minikeras import kinds
from minikeras.autograd.tape import GradientTape
from minikeras.autograd.tensor import Tensor

from ..oracles import check
from ..oracles.outcomes import DATA, cases_by_area, expected
from .both import assert_plans_on_others
from .naive import Recording, assert_replays, other

# Cases of functions whose result has a shape that depends on numbers.
NEED_NUMBERS = {
    "ops/bincount", "ops/nonzero", "ops/unique", "tf/boolean_mask", "tf/dynamic_partition", "tf/math_bincount",
    "tf/math_segment_mean", "tf/math_segment_prod", "tf/scatter_nd", "tf/sequence_mask", "tf/unique_with_counts"}
PASSING = set(expected())


def cases_of(kind):
    """All that pass, but those on strings, which are looked up eagerly."""
    cases = [case for area in cases_by_area().values() for case in area
             if case["kind"] == kind and case["id"] in PASSING
             and not any(dtype == "str" for dtype, *_ in case.get("arrays", {}).values())]
    return pytest.mark.parametrize("case", cases, ids=[case["id"] for case in cases])


def keys_in(spec):
    """The names of the arrays that a spec gets as tensors."""
    if isinstance(spec, list):
        return [key for item in spec for key in keys_in(item)]
    if isinstance(spec, dict):
        return [spec["$arr"]] if "$arr" in spec else keys_in(list(spec.values()))
    return []


class Step:
    """What is run of a case: `call(run)` of a Run whose tensors named `keys` are the arguments."""

    def __init__(self, case, *specs):
        self.case, self.run = case, check.Run(mk, case, check.Arrays(DATA, case["area"]).of(case))
        self.keys = [key for key in dict.fromkeys(keys_in(list(specs))) if self.run.array(key).dtype.kind in "biufc"]
        self.inputs = [self.run.array(key) for key in self.keys]

    def called(self, function, tensors):
        """The outputs of `function(*args, **kwargs)` of the case; arrays and numbers among them as tensors."""
        self.run.env = env = dict(zip(self.keys, tensors))
        outputs = function(*self.run.decode(self.case.get("args", []), env),
                           **self.run.decode(self.case.get("kw", {}), env))
        return [y if isinstance(y, Tensor) else np.asarray(y) for y in check.flatten(outputs)]

    def with_gradients(self, function, tensors, variables=()):
        """The outputs, and the gradients of a weighted sum of them."""
        sources = [tensors[self.keys.index(key)] for key in self.case.get("diff") or ()]
        with GradientTape() as tape:
            tape.watch(sources)
            outputs = self.called(function, tensors)
            floats = [y for y in outputs if isinstance(y, Tensor) and y.dtype.is_floating]
            parts = [mk.ops.sum(y * np.cos(np.arange(y.size)).reshape(y.shape).astype(y.dtype.name)) for y in floats]
            total = sum(parts[1:], parts[0]) if parts else None
        sources += variables
        return outputs + (tape.gradient(total, sources, unconnected_gradients="zero") if parts and sources else [])


def densified(structure):
    return [mk.convert_to_tensor(x) for x in structure]


@cases_of("call")
def test_calls_replay(case):
    step = Step(case, case.get("args"), case.get("kw"))

    def call(*tensors):
        return step.with_gradients(step.run.decode(case["target"]), tensors)

    with np.errstate(all="ignore"):
        if Recording(call, step.inputs).left:
            assert case["id"].rpartition("/")[0] in NEED_NUMBERS
            return
    assert_plans_on_others(call, step.inputs)


class LayerStep(Step):
    def __init__(self, case):
        super().__init__(case, case.get("args"), case.get("kw"))
        self.layer = self.run.decode(case["layer"])
        if case.get("adapt"):
            self.layer.adapt(self.run.decode(case["adapt"]))
        self.called(self.layer, map(Tensor, self.inputs))
        if case.get("weights", True):
            check._apply_weights(self.run, "w", self.layer)
        if getattr(self.layer, "stateful", False):
            self.layer.reset_state()        # the first call was with other weights

    def __call__(self, *arrays):
        tensors = [mk.convert_to_tensor(x) for x in arrays]
        return densified([*self.with_gradients(self.layer, tensors, self.layer.trainable_variables),
                          *self.layer.losses])

    def variables(self):
        states = getattr(self.layer, "states", None) or []      # of a stateful layer, which are no weights
        return [*self.layer.variables, *states]


@cases_of("layer")
def test_layers_replay(case):
    inputs = LayerStep(case).inputs
    assert_replays(lambda: LayerStep(case), [inputs, [other(x) for x in inputs], inputs], LayerStep.variables)


class MetricStep(Step):
    def __init__(self, case):
        update = case["updates"][0]
        super().__init__({**case, **update}, update.get("args"), update.get("kw"))
        self.metric = self.run.decode(case["metric"])
        self(*self.inputs)      # some make their Variables when they are fed
        self.metric.reset_state()

    def __call__(self, *arrays):
        self.called(self.metric.update_state, [mk.convert_to_tensor(x) for x in arrays])
        return check.flatten(self.metric.result())

    def variables(self):
        return self.metric.variables


@pytest.mark.filterwarnings("ignore:.* counts integers")
@cases_of("metric")
def test_metrics_replay(case):
    inputs = MetricStep(case).inputs
    assert_replays(lambda: MetricStep(case), [inputs, [other(x) for x in inputs], inputs], MetricStep.variables)


class OptimizerStep:
    def __init__(self, case):
        run = check.Run(mk, case, check.Arrays(DATA, case["area"]).of(case))
        self.optimizer, self.weights = run.decode(case["optimizer"]), []
        for key, kwargs in case["variables"]:
            kwargs = dict(kwargs)
            constraint = run.decode(kwargs.pop("constraint", None))
            self.weights.append(mk.Variable(run.array(key), constraint=constraint, **kwargs))
        self.optimizer.build(self.weights)
        self.batches = [[None if key is None else run.array(key) for key in keys] for keys in case["gradients"]]

    def __call__(self, *gradients):
        self.optimizer.apply(gradients, self.weights)

    def variables(self):
        return [*self.weights, *self.optimizer.variables]


@cases_of("optimizer")
def test_optimizers_replay(case):
    batches = OptimizerStep(case).batches
    alike = [batch for batch in batches if [g is None for g in batch] == [g is None for g in batches[0]]]
    assert_replays(lambda: OptimizerStep(case), alike, OptimizerStep.variables)


@pytest.mark.parametrize("kind", ["losses", "metrics", "activations", "regularizers", "constraints", "optimizers"])
def test_everything_registered_is_among_the_cases(kind):
    getattr(mk, kind)
    covered = {case.split("/")[1] for case in PASSING if case.startswith(kind)}
    # Of these the oracles have no case.
    covered |= {"MeanTensor", "MultiOptimizer", "ScheduleFreeAdamW"}
    assert {each.__name__ for each in kinds.KINDS[kind].values()} <= covered
