"""What a config may say: one frozen dataclass a section. Defaults live here and nowhere else.

A key of the planned schema that nothing acts on yet stands in `not_built`, with what is supported
instead: it is refused, never accepted and ignored.
"""
# ruff: noqa: RUF009 (`key` makes a field, and the defaults are frozen)

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from .values import (
    Object,
    boolean,
    choice,
    either,
    file_name,
    file_path,
    integer,
    key,
    list_of,
    named_object,
    number,
    section,
    tagged,
    text,
)


@dataclass(frozen=True)
class Runtime:
    seed: int = key(integer(at_least=0), 0)
    dtype: str = key(choice("float32", "float64"), "float32")
    mixed_precision: str = key(choice("none"), "none")
    deterministic: bool = key(choice(True), True)
    threads: int | str = key(either("auto", integer(at_least=1)), "auto")     # of the BLAS; auto leaves it alone
    device: str = key(choice("cpu"), "cpu")
    jit: str | bool = key(choice("auto", True, False), "auto")      # steps as plans: if they can be, must be, never


@dataclass(frozen=True)
class DigitsSource:
    type_name: ClassVar = "digits"


@dataclass(frozen=True)
class NpzSource:
    path: str = key(file_path)
    x: str = key(text, "x")         # names of the arrays in the file
    y: str = key(text, "y")

    type_name: ClassVar = "npz"


@dataclass(frozen=True)
class Rescale:
    """x * scale + offset."""

    scale: float = key(number())
    offset: float = key(number(), 0.0)

    type_name: ClassVar = "Rescale"


@dataclass(frozen=True)
class Split:
    """Fractions of the examples; what is not said is 0, and they add up to 1."""

    train: float = key(number(0, 1))
    val: float = key(number(0, 1), 0.0)
    test: float = key(number(0, 1), 0.0)
    stratify: bool = key(boolean, False)                    # each part has the classes in equal shares
    seed: int | None = key(integer(at_least=0), None)       # None: runtime.seed

    def problem(self):
        total = self.train + self.val + self.test
        if not math.isclose(total, 1.0, abs_tol=1e-6):
            return (f": train {self.train:g}, val {self.val:g} and test {self.test:g} add up to {total:g}; make that 1")
        return None if self.train else ".train is 0, so there is nothing to train on; give it a share"


@dataclass(frozen=True)
class Data:
    source: DigitsSource | NpzSource = key(tagged({"digits": DigitsSource, "npz": NpzSource},
                                                  not_built=("csv", "text_file", "images")))
    split: Split = key(section(Split), Split(train=0.8, val=0.1, test=0.1))
    transforms: tuple = key(list_of(tagged(
        {"Rescale": Rescale}, not_built=("ExpandDims", "Standardize", "OneHot", "TextVectorization"))), ())
    batch_size: int = key(integer(at_least=1), 32)          # examples per update
    shuffle: bool = key(boolean, True)                      # the training examples, anew each epoch

    not_built: ClassVar = {
        "target_transform": "labels are used as the source gives them",
        "augment": "use transforms, which apply to all parts alike",
        "drop_last": "the last, smaller batch is always used",
        "prefetch": "data are held in memory",
    }


@dataclass(frozen=True)
class Model:
    input_shape: tuple = key(list_of(integer(at_least=1), at_least=1))      # of one example
    layers: tuple = key(list_of(named_object("layers", own_keys=("repeat",)), at_least=1))
    type: str = key(choice("Sequential"), "Sequential")

    not_built: ClassVar = {
        "inputs": "only Sequential models with one input_shape are",
        "outputs": "a Sequential model gives the output of its last layer",
        "init_from": "training starts from fresh weights",
    }


@dataclass(frozen=True)
class Every:
    epochs: int = key(integer(at_least=1), 1)

    not_built: ClassVar = dict.fromkeys(("steps", "minutes"), "count in epochs, as in `every: {epochs: 1}`")


@dataclass(frozen=True)
class Checkpoint:
    """The whole model, now and then, in the run's folder checkpoints/."""

    every: Every = key(section(Every), Every())
    monitor: str | None = key(text, None)                   # the best by it is kept besides the last
    mode: str = key(choice("auto", "min", "max"), "auto")   # auto: max for accuracies and the like
    keep: int = key(integer(at_least=1), 3)                 # how many of the last

    not_built: ClassVar = {"on_signal": "Ctrl-C ends a run and leaves the checkpoints of whole epochs"}


@dataclass(frozen=True)
class Train:
    epochs: int = key(integer(at_least=1))
    optimizer: Object = key(named_object("optimizers"))
    loss: Object = key(named_object("losses"))
    metrics: tuple = key(list_of(named_object("metrics")), ())
    steps_per_execution: int = key(integer(at_least=1), 1)  # batches between two events of the callbacks
    checkpoint: Checkpoint | None = key(section(Checkpoint), None)
    on_nonfinite: str = key(choice("stop", "raise", note="; skip is not built yet"), "stop")

    not_built: ClassVar = {
        "max_steps": "say how long to train in train.epochs",
        "loss_weights": "a model has one loss",
        "class_weight": "all examples weigh the same",
        "gradient_clip": "give clipnorm, clipvalue or global_clipnorm to the optimizer where it takes them",
        "accumulate": "choose data.batch_size",
        "validate": "validation runs after each epoch",
    }


@dataclass(frozen=True)
class Logging:
    run_dir: str = key(text, "runs/{name}/{time}")          # relative to the current folder
    progress: str = key(choice("auto", "lines", "none"), "auto")     # auto: a bar on a terminal
    csv: bool = key(boolean, True)
    jsonl: bool = key(boolean, True)

    def problem(self):
        rest = self.run_dir.replace("{name}", "").replace("{time}", "")
        if not self.run_dir or "{" in rest or "}" in rest:
            return f".run_dir must be a path in which only {{name}} and {{time}} are filled in, got {self.run_dir!r}"
        return None

    not_built: ClassVar = {
        "tensorboard": "metrics.csv and metrics.jsonl are written",
        "plots": "metrics.csv and metrics.jsonl are written",
        "level": "choose logging.progress",
    }


@dataclass(frozen=True)
class Source:
    """Where a config came from; no part of what it means."""

    path: Path
    text: str = field(repr=False)
    overrides: tuple = ()


@dataclass(frozen=True)
class Config:
    """A whole config. `extends` and `vars` are resolved before; `source` says where it came from."""

    version: int = key(choice(1))
    data: Data = key(section(Data))
    model: Model = key(section(Model))
    train: Train = key(section(Train))
    name: str = key(file_name, "")                          # the file's own name if not given
    runtime: Runtime = key(section(Runtime), Runtime())
    callbacks: tuple = key(list_of(named_object("callbacks")), ())
    logging: Logging = key(section(Logging), Logging())
    source: Source = field(default=None, compare=False, repr=False)

    not_built: ClassVar = {
        "imports": "types are those of minikeras",
        "distribute": "a run uses one process",
        "sweep": "start one run for each set of values, with a.b=value on the command line",
    }
