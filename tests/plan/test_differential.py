"""Everything there is, trained, evaluated and run eagerly and as plans: equal to the last bit.

What is registered joins by itself. What cannot be made without arguments, or takes part in another way, wants an entry
in one of the tables below.
"""

import inspect
import json
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

import minikeras as mk
from minikeras import initializers, kinds, layers, ops, registry
from minikeras.experiment import load_config, train
from minikeras.layers import Dense
from minikeras.plan import REORDERING, Function, without

from .both import assert_fit_agrees, bits, numbers

ROOT = Path(__file__).parents[2]
SAMPLES, CLASSES = 11, 3        # a last batch of 3
X = numbers(SAMPLES, 4)
LABELS = np.arange(SAMPLES) % CLASSES
ONE_HOT = np.eye(CLASSES, dtype="float32")[LABELS]
WEIGHTS = np.linspace(0.5, 1.5, SAMPLES, dtype="float32")

# Arguments without which a class cannot be made, or other settings worth a run; by class, a list of keywords.
ARGUMENTS = {
    "SGD": [{"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}],
    "Adam": [{"amsgrad": True, "epsilon": 1e-3}],
    "RMSprop": [{"centered": True, "momentum": 0.5}],
    "Ftrl": [{"l1_regularization_strength": 0.1, "l2_shrinkage_regularization_strength": 0.1, "beta": 0.1}],
    "Muon": [{"exclude_layers": ["kernel"]}, {"nesterov": False, "rms_rate": None}],
    "ScheduleFreeAdamW": [{"warmup_steps": 3}],
    "LossScaleOptimizer": [{"inner_optimizer": {"class_name": "Adam", "config": {}}, "dynamic_growth_steps": 2}],
    "MultiOptimizer": [{"optimizer_map": lambda v: mk.optimizers.SGD(0.1) if v.ndim > 1 else mk.optimizers.Nadam()}],
    "BinaryCrossentropy": [{"from_logits": True, "label_smoothing": 0.1}],
    "CategoricalCrossentropy": [{"from_logits": True, "label_smoothing": 0.1}],
    "SparseCategoricalCrossentropy": [{"from_logits": True, "ignore_class": 1}],
    "BinaryFocalCrossentropy": [{"from_logits": True, "apply_class_balancing": True}],
    "CategoricalFocalCrossentropy": [{"from_logits": True, "alpha": [0.1, 0.2, 0.3]}],
    "Circle": [{"gamma": 2.0, "remove_diagonal": False}],
    "AUC": [{"curve": "PR", "multi_label": True}, {"curve": "PRGAIN", "thresholds": [0.5, 0.3], "from_logits": True},
            {"summation_method": "minoring", "label_weights": [1.0, 2.0, 3.0]}],
    "Precision": [{"thresholds": [0.6, 0.3, 0.4]}, {"top_k": 2, "class_id": 1}],
    "Recall": [{"thresholds": [0.0, 0.5, 1.0]}],
    "PrecisionAtRecall": [{"recall": 0.5}],
    "RecallAtPrecision": [{"precision": 0.5, "num_thresholds": 5}],
    "SensitivityAtSpecificity": [{"specificity": 0.5}],
    "SpecificityAtSensitivity": [{"sensitivity": 0.5, "class_id": 2}],
    "BinaryIoU": [{"dtype": "float32"}],
    "IoU": [{"num_classes": 3, "target_class_ids": [0, 2], "sparse_y_true": False, "sparse_y_pred": False,
             "dtype": "float32"}],
    "MeanIoU": [{"num_classes": 3, "dtype": "float32", "ignore_class": 0}],
    "OneHotIoU": [{"num_classes": 3, "target_class_ids": [1], "dtype": "float32"}],
    "OneHotMeanIoU": [{"num_classes": 3, "dtype": "float32"}],
    "FBetaScore": [{"average": "micro", "threshold": 0.4, "beta": 2.0}],
    "F1Score": [{"average": "weighted"}],
    "R2Score": [{"class_aggregation": None, "num_regressors": 2}],
    "TopKCategoricalAccuracy": [{"k": 2}],
    "SparseTopKCategoricalAccuracy": [{"k": 2}],
    "CosineDecay": [{"decay_steps": 5}, {"decay_steps": 3, "warmup_steps": 2, "warmup_target": 0.1}],
    "CosineDecayRestarts": [{"first_decay_steps": 2}],
    "ExponentialDecay": [{"decay_steps": 2, "decay_rate": 0.5},
                         {"decay_steps": 2, "decay_rate": 0.5, "staircase": True}],
    "InverseTimeDecay": [{"decay_steps": 2, "decay_rate": 0.5}],
    "PiecewiseConstantDecay": [{"boundaries": [2, 4], "values": [0.1, 0.05, 0.01]}],
    "PolynomialDecay": [{"decay_steps": 3}, {"decay_steps": 3, "cycle": True, "power": 2.0}],
    "threshold": [{"threshold": 0.1, "default_value": 0.2}],
    "EarlyStopping": [{"monitor": "loss", "patience": 1, "restore_best_weights": True}],
    "ReduceLROnPlateau": [{"monitor": "loss", "patience": 0}],
    "BackupAndRestore": [{"backup_dir": "backup", "save_freq": 2}],
    "ModelCheckpoint": [{"filepath": "model.keras"}],
    "CSVLogger": [{"filename": "log.csv"}],
    "LearningRateScheduler": [{"schedule": lambda epoch, rate: rate / (epoch + 1)}],
}
RATE = {"initial_learning_rate": 0.1}       # of every schedule that takes it
# What the base class of optimizers offers to all of them.
OPTIMIZER_OPTIONS = [
    {"clipnorm": 0.1}, {"clipvalue": 0.01}, {"global_clipnorm": 0.1}, {"weight_decay": 0.1}, {"loss_scale_factor": 8.0},
    {"use_ema": True, "ema_overwrite_frequency": 2}, {"gradient_accumulation_steps": 2}]


def each(kind, classes_only=True):
    """A parameter for each way in which something registered under `kind` is made: (class or function, keywords)."""
    found = {item.__name__: item for item in kinds.of_kind(kind).values()}
    ways = [(found[name], keywords) for name in sorted(found) for keywords in _ways(found[name])]
    return pytest.mark.parametrize(("cls", "keywords"), ways, ids=[
        "-".join([cls.__name__, *keywords]) for cls, keywords in ways])


def _ways(item):
    given = ARGUMENTS.get(item.__name__, [])
    return [{}, *given] if not _missing(item, {}) else given or [{}]


def _missing(item, keywords):
    parameters = list(inspect.signature(item).parameters.values())[0 if inspect.isclass(item) else 1:]
    needed = [p.name for p in parameters if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    return [name for name in needed if name not in keywords and name not in RATE]


def needed(item, keywords):
    """Fails if an argument is missing without which a class or function cannot be used."""
    if _missing(item, keywords):
        pytest.fail(f"{item.__name__} needs {', '.join(_missing(item, keywords))}: give it an entry in ARGUMENTS of "
                    f"{Path(__file__).name}.")


def make(cls, keywords):
    """An object of a class."""
    needed(cls, keywords)
    rate = RATE if "initial_learning_rate" in registry.parameters(cls) else {}
    return cls(**rate, **keywords)


def assert_agrees(layers_of, optimizer=lambda: mk.optimizers.SGD(0.1), loss=lambda: "mse", metrics=list, x=X, y=ONE_HOT,
                  planned=True, **fit):
    """A Sequential of `layers_of()` is trained both ways. All arguments that are objects are made anew each time."""
    def model(run_eagerly):
        one = mk.Sequential(layers_of())
        one.compile(optimizer(), loss(), metrics=metrics(), weighted_metrics=metrics(), run_eagerly=run_eagerly)
        return one
    return assert_fit_agrees(model, x, y, epochs=2, planned=planned, **fit)


def targets_for(name):
    """Labels for what compares with labels, one-hot rows for the rest."""
    if name == "CTC":
        return np.stack([LABELS, LABELS[::-1]], 1)
    return LABELS if "Sparse" in name or name in ("CategoricalGeneralizedCrossEntropy", "Circle") else ONE_HOT


def classifier():
    return [mk.Input((4,)), Dense(5, "tanh"), Dense(CLASSES, "softmax")]


@each("losses")
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_losses(cls, keywords, weighted):
    x = numbers(SAMPLES, 5, 4) if cls.__name__ == "CTC" else X       # of sequences
    assert_agrees(lambda: [Dense(5, "tanh"), Dense(CLASSES, "softmax")], loss=lambda: make(cls, keywords), x=x,
                  y=targets_for(cls.__name__), sample_weight=WEIGHTS if weighted else None)


@pytest.mark.filterwarnings("ignore:.*the float weights are cut off")
@each("metrics")
def test_metrics(cls, keywords):
    y = targets_for(cls.__name__)
    loss = "mse" if y is ONE_HOT else "sparse_categorical_crossentropy"
    if "y_true" in inspect.signature(cls.update_state).parameters:
        assert_agrees(classifier, loss=lambda: loss, metrics=lambda: [make(cls, keywords)], y=y, sample_weight=WEIGHTS)
        return

    class Gathering(mk.Model):      # a metric of values alone is updated by the model
        def __init__(self):
            super().__init__()
            self.body, self.metric = mk.Sequential(classifier()), make(cls, keywords)

        def call(self, x):
            y = self.body(x)
            self.metric.update_state(ops.mean(y, axis=0), sample_weight=ops.max(y, axis=0))
            return y

    def model(run_eagerly):
        one = Gathering()
        one.compile("sgd", "mse", run_eagerly=run_eagerly)
        return one
    assert_fit_agrees(model, X, ONE_HOT, epochs=2)


@each("optimizers")
def test_optimizers(cls, keywords):
    assert_agrees(classifier, optimizer=lambda: make(cls, keywords))


@pytest.mark.parametrize("options", OPTIMIZER_OPTIONS, ids=lambda options: next(iter(options)))
@pytest.mark.parametrize("name", sorted({cls.__name__ for cls in kinds.of_kind("optimizers").values()}))
def test_options_of_optimizers(name, options):
    cls = kinds.find("optimizers", name)
    keywords = {**_ways(cls)[0], **options}
    if not set(options) <= set(registry.parameters(cls)):
        pytest.skip("not offered")
    assert_agrees(classifier, optimizer=lambda: make(cls, keywords))


@each("schedules")
def test_schedules(cls, keywords):
    assert_agrees(classifier, optimizer=lambda: mk.optimizers.Adam(make(cls, keywords)))


@each("regularizers")
def test_regularizers(cls, keywords):
    assert_agrees(lambda: [mk.Input((4,)), Dense(CLASSES, kernel_regularizer=make(cls, keywords),
                                                 activity_regularizer=make(cls, keywords))])


@each("constraints")
def test_constraints(cls, keywords):
    assert_agrees(lambda: [mk.Input((4,)), Dense(CLASSES, kernel_constraint=make(cls, keywords),
                                                 bias_constraint="non_neg")])


@each("initializers")
def test_initializers(cls, keywords):
    """Of a model that is built by its first step."""
    if cls is initializers.STFT:
        pytest.skip("it makes kernels of convolutions only")
    assert_agrees(lambda: [Dense(4, kernel_initializer=make(cls, keywords)), Dense(CLASSES)])


@each("activations")
def test_activations(cls, keywords):
    needed(cls, keywords)
    assert_agrees(lambda: [mk.Input((4,)), Dense(2 * CLASSES, lambda x: cls(x, **keywords)), Dense(CLASSES)])


@each("callbacks")
def test_callbacks(cls, keywords, tmp_path, monkeypatch):
    if cls.__name__ == "TensorBoard":
        pytest.importorskip("tensorboardX")
    monkeypatch.chdir(tmp_path)
    assert_agrees(classifier, optimizer=lambda: mk.optimizers.SGD(0.1, use_ema=True), validation_split=0.3,
                  callbacks=lambda: [make(cls, keywords)], batch_size=2)


@pytest.mark.parametrize("fit", [
    {"validation_split": 0.4}, {"class_weight": {0: 2.0}}, {"steps_per_epoch": 3}, {"shuffle": False},
    {"validation_data": (X[:5], ONE_HOT[:5])}, {"batch_size": 1}, {"batch_size": 64}], ids=lambda fit: next(iter(fit)))
def test_ways_of_fitting(fit):
    assert_agrees(lambda: [mk.Input((4,)), layers.Dropout(0.3), Dense(CLASSES, "softmax")], metrics=lambda: [
        "accuracy", "mae"], **fit)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dtypes(dtype):
    assert_agrees(lambda: [mk.Input((4,)), Dense(5, "relu", dtype=dtype), layers.LayerNormalization(dtype=dtype),
                           Dense(CLASSES, dtype=dtype)], optimizer=lambda: mk.optimizers.Adam(0.1))


# --- examples and configs ------------------------------------------------------------------------------------


def both_ways(monkeypatch, run):
    """What `run()` gives with plans, and with every function eager."""
    mk.utils.set_random_seed(1)
    with without(*REORDERING):
        compiled = run()
    monkeypatch.setattr(Function, "__call__", lambda self, *args, **kwargs: self._eagerly(args, kwargs))
    mk.utils.set_random_seed(1)
    return compiled, run()


# Those that fetch data, and train for minutes, are run by tests/examples.
EXAMPLES = sorted(path for path in (ROOT / "examples").glob("[!_]*.py") if "--data" not in path.read_text())


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples(path, capsys, monkeypatch):
    def run():
        monkeypatch.delitem(sys.modules, f"examples.{path.stem}", raising=False)    # which another test has imported
        runpy.run_module(f"examples.{path.stem}", run_name="__main__")
        return capsys.readouterr().out
    compiled, eager = both_ways(monkeypatch, run)
    assert compiled == eager
    assert eager


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda path: path.stem)
def test_configs(path, tmp_path):
    def run(jit):
        config = load_config(path, ["train.epochs=2", "logging.progress=none", f"runtime.jit={jit}"])
        folder = train(config, tmp_path / jit, lambda line: None).folder
        rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
        return [{name: value for name, value in row.items() if name != "seconds"} for row in rows], \
            mk.saving.load_model(folder / "model.keras").get_weights()
    with without(*REORDERING):
        (eager, some), (compiled, others) = run("false"), run("auto")
    assert compiled == eager
    assert bits(others) == bits(some)
