"""One object of every registered class, with arguments other than the defaults where there are any."""

import numpy as np

from minikeras import initializers, kinds, layers, losses, metrics, models, optimizers, registry, utils  # noqa: F401

from ..layers.examples import EXAMPLES

KINDS = ("layers", "losses", "metrics", "optimizers", "schedules", "initializers", "regularizers", "constraints")

# Arguments for the classes that need some; other classes are made without.
ARGUMENTS = {
    "FeatureSpace": {"features": {"a": "float", "b": "string_hashed"}, "crosses": [("a", "b")], "output_mode": "dict"},
    "TFDConcat": {"axis": -1},
    "Wrapper": {"layer": layers.Dense(2)},
    "LossFunctionWrapper": {"fn": losses.mean_squared_error},
    "MeanMetricWrapper": {"fn": losses.mean_squared_error, "name": "error"},
    "ExponentialDecay": {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5},
    "InverseTimeDecay": {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5},
    "PolynomialDecay": {"initial_learning_rate": 0.1, "decay_steps": 10, "power": 2.0},
    "PiecewiseConstantDecay": {"boundaries": [10, 20], "values": [0.1, 0.01, 0.001]},
    "CosineDecay": {"initial_learning_rate": 0.1, "decay_steps": 10, "warmup_target": 0.2, "warmup_steps": 5},
    "CosineDecayRestarts": {"initial_learning_rate": 0.1, "first_decay_steps": 10},
    "Adam": {"learning_rate": 0.01, "amsgrad": True, "clipnorm": 1.0},
    "RMSprop": {"learning_rate": 0.1, "momentum": 0.9, "centered": True},
    "SGD": {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True},
    "Muon": {"learning_rate": 0.1, "exclude_layers": ["head"], "rms_rate": None},
    "Ftrl": {"learning_rate": 0.1, "l1_regularization_strength": 0.5},
    "LossScaleOptimizer": {"inner_optimizer": optimizers.Adam(0.01), "initial_scale": 8.0},
    "OptimizerMap": {"default_optimizer": optimizers.Adam(0.01), "optimizer_map": {"head/.*": optimizers.SGD(0.1)}},
    "MultiOptimizer": {"optimizer_map": optimizers.OptimizerMap(optimizers.Adam(0.01), {"a": optimizers.SGD(0.1)})},
    "Constant": {"value": 2.5},
    "RandomNormal": {"stddev": 0.1, "seed": 3},
    "BinaryCrossentropy": {"from_logits": True},
    "SparseCategoricalCrossentropy": {"from_logits": True, "ignore_class": 0},
    "CategoricalGeneralizedCrossEntropy": {"q": 0.3},
    "Huber": {"delta": 2.0},
    "AUC": {"thresholds": [0.25, 0.5], "curve": "pr", "multi_label": True, "num_labels": 2, "label_weights": [1, 2]},
    "Precision": {"thresholds": [0.3, 0.2], "top_k": 2},
    "IoU": {"num_classes": 4, "target_class_ids": [1, 2], "dtype": "float32"},
    "MeanIoU": {"num_classes": 4, "ignore_class": 0},
    "OneHotIoU": {"num_classes": 4, "target_class_ids": (1, 2)},
    "OneHotMeanIoU": {"num_classes": 4, "sparse_y_pred": True},
    "PrecisionAtRecall": {"recall": 0.5, "num_thresholds": 5},
    "RecallAtPrecision": {"precision": 0.5},
    "SensitivityAtSpecificity": {"specificity": 0.5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5, "class_id": 1},
    "MaxNorm": {"max_value": 3, "axis": 1},
}


def classes():
    """(kind, class) for every class of ours that a config may name, each once."""
    found = {(kind, value) for table in (kinds.KINDS, kinds.UNNAMED) for kind in KINDS
             for value in table.get(kind, {}).values() if isinstance(value, type)}
    return sorted(found - {("initializers", initializers.RandomInitializer)},
                  key=lambda item: (item[0], item[1].__name__))


def made(cls):
    """An object of the class."""
    if cls.__name__ in EXAMPLES and cls._kind == "layers":
        return EXAMPLES[cls.__name__][0].layer()
    return cls(**ARGUMENTS.get(cls.__name__, {}))


def small_model(seed=0, dropout=0.2, optimizer="adam"):
    """A compiled classifier of 4x4 images that has been trained for an epoch, with its data."""
    registry_free = np.random.default_rng(seed)
    x = registry_free.normal(size=(48, 4, 4)).astype("float32")
    y = registry_free.integers(0, 3, 48)
    model = models.Sequential([models.Input((4, 4)), layers.Flatten(), layers.Dense(8, activation="relu"),
                               layers.Dropout(dropout), layers.Dense(3)])
    model.compile(optimizer, losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    model.fit(x, y, epochs=1, batch_size=16, verbose=0)
    return model, x, y
