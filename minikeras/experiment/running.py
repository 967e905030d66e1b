"""Runs: trained from a config, and measured again from their folder."""

import math
import time
from dataclasses import dataclass
from pathlib import Path

import minikeras as mk

from ..errors import DataError, ExperimentError
from ..training.callbacks.progress import loss_first
from . import folder as files
from .building import build_model, compile_model, float_type, try_batch
from .data import PARTS, check_labels, gives_logits, load_parts
from .environment import describe_environment
from .objects import load_config, make
from .recording import NonFiniteLossError, RunLog, recorders
from .schema import Config
from .threads import blas_threads
from .values import to_plain

_VERBOSE = {"auto": "auto", "lines": 2, "none": 0}


@dataclass(frozen=True)
class Run:
    """A run's folder, what it was made from and how it ended. `result` is what result.json holds."""

    folder: Path
    config: Config
    result: dict
    model: object = None


def train(config, run_dir=None, report=print):
    """Train the model of a Config in a new run folder; a Run whose result["status"] is finished or nonfinite.

    report   called with each line of text for the user
    Raises ExperimentError or DataError, before the folder is made, for what cannot be trained.
    """
    model = build_model(config)
    parts = load_parts(config)
    for name, part in parts.items():
        check_labels(config, part.y, model.output_shape, name)
    compile_model(model, config)
    try_batch(model, config, parts["train"].x[:2], parts["train"].y[:2])
    folder = files.create_folder(config, run_dir)
    log = RunLog(folder / files.LOG)
    try:
        with float_type(config):
            return _train(config, model, parts, folder, log, report)
    except BaseException as error:
        interrupted = isinstance(error, KeyboardInterrupt)
        log.write("interrupted" if interrupted else f"failed: {type(error).__name__}: {error}")
        files.write_json(folder / files.RESULT, {"status": "interrupted" if interrupted else "failed"})
        if interrupted:
            report(f"interrupted; what was done is in {folder}")
        raise
    finally:
        log.close()


def _train(config, model, parts, folder, log, report):
    _describe(config, folder, log)
    start = time.perf_counter()
    status, message = "finished", None
    history = []
    try:
        history = _fit(config, model, parts, [*recorders(config, folder, log),
                                              *(make(callback) for callback in config.callbacks)])
    except NonFiniteLossError as error:
        if config.train.on_nonfinite == "raise":
            raise
        status, message = "nonfinite", str(error)
    result = {"status": status, "message": message, "epochs": len(history),
              "seconds": round(time.perf_counter() - start, 3), **_facts(config, model)}
    if status == "finished":
        model.save(folder / files.MODEL)
        result |= {name: evaluate_part(model, parts[name], config) for name in ("val", "test") if name in parts}
        shown = "test" if "test" in parts else "val" if "val" in parts else None
        if shown:
            _say(f"{shown}: {show_metrics(result[shown])}", log, report)
    else:
        kept = sorted(path.name for path in (folder / files.CHECKPOINTS).glob("*.keras"))
        log.write(f"stopped: {message}")
        _say(f"checkpoints kept: {', '.join(kept) or 'none'}", log, report)
    files.write_json(folder / files.RESULT, result)
    _say(f"run folder: {folder}", log, report)
    return Run(folder, config, result, model)


def _fit(config, model, parts, callbacks):
    val = parts.get("val")
    history = model.fit(
        parts["train"].x, parts["train"].y, batch_size=config.data.batch_size, epochs=config.train.epochs,
        verbose=_VERBOSE[config.logging.progress], callbacks=callbacks, shuffle=config.data.shuffle,
        validation_data=(val.x, val.y) if val else None)
    return history.epoch


def _describe(config, folder, log):
    """Writes what the run is made from, before it starts."""
    source = config.source
    given = source.text if source else files.resolved_yaml(config)
    files.write_text(folder / files.CONFIG, given)
    files.write_text(folder / files.RESOLVED, files.resolved_yaml(config))
    environment = describe_environment(source.path.parent if source else Path())
    environment["config"] = {"path": str(source.path), "overrides": list(source.overrides)} if source else None
    files.write_json(folder / files.ENVIRONMENT, environment)
    log.write(" ".join(["config", str(source.path), *source.overrides]) if source else f"config {config.name}")
    if config.runtime.threads not in ("auto", blas_threads()):
        log.write(f"runtime.threads is {config.runtime.threads}, but the BLAS was loaded before with {blas_threads()}: "
                  "start the run with `minikeras train`, or install threadpoolctl")


def _facts(config, model):
    """What `predict` and a reader need to know to use the model."""
    width = model.output_shape[-1]
    loss = make(config.train.loss)
    name = loss if isinstance(loss, str) else type(loss).__name__
    name = name.replace("_", "").lower()
    task = "binary" if name == "binarycrossentropy" else "classes" if "crossentropy" in name else "values"
    return {
        "task": task,
        "num_classes": width if task == "classes" else 2 if task == "binary" else None,
        "outputs": "logits" if gives_logits(config) else "values" if task == "values" else "probabilities",
        "input_shape": list(config.model.input_shape),
        "transforms": [to_plain(step) for step in config.data.transforms],
        "parameters": model.count_params(),
    }


def _say(line, log, report):
    log.write(line)
    report(line)


def evaluate_part(model, part, config):
    """{metric: float} of the model on one Part."""
    measured = model.evaluate(part.x, part.y, batch_size=config.data.batch_size, verbose=0, return_dict=True)
    return {name: float(value) for name, value in loss_first(measured).items()}


def show_metrics(metrics):
    """loss 0.0931, sparse_categorical_accuracy 0.9778"""
    return ", ".join(f"{name} {value:.4f}" if math.isfinite(value) else f"{name} {value}"
                     for name, value in metrics.items())


def open_run(path):
    """The Run in a folder that `train` made, with its model loaded.

    Raises ExperimentError where the folder or the model is missing, FileFormatError where it is damaged.
    """
    path = Path(path)
    if not path.is_dir():
        raise ExperimentError(f"{path}: there is no such run folder. `minikeras train` makes one and prints its path.")
    if not (path / files.RESOLVED).is_file():
        raise ExperimentError(f"{path}: this is no run folder: it has no {files.RESOLVED}. Give the folder that "
                              "`minikeras train` printed.")
    if not (path / files.MODEL).is_file():
        raise ExperimentError(f"{path}: the run has no {files.MODEL}: it did not finish. See its {files.LOG}, or train "
                              "again.")
    config = load_config(path / files.RESOLVED)
    with float_type(config):
        # Compiled from the config where that is needed: it says all, and a model that predicts needs no optimizer.
        model = mk.models.load_model(path / files.MODEL, compile=False)
    return Run(path, config, _facts(config, model), model)


def evaluate(path, split="test"):
    """{metric: float} of the model of a run folder on one part of its data, split as in training."""
    run = open_run(path)
    parts = load_parts(run.config, (split,))
    if split not in parts:
        given = [name for name in PARTS if getattr(run.config.data.split, name) > 0]
        raise ExperimentError(f"{path}: the run's data.split gives {split} no share; choose {' or '.join(given)}.")
    if not len(parts[split].x):
        raise DataError(f"{path}: {split} holds no examples.")
    check_labels(run.config, parts[split].y, run.model.output_shape, split)
    with float_type(run.config):
        return evaluate_part(compile_model(run.model, run.config), parts[split], run.config)


def summary(path, overrides=(), report=print):
    """Print the layers of the model of a config file or of a run folder."""
    if Path(path).is_dir():
        model = open_run(path).model
    else:
        model = build_model(load_config(path, overrides))
    model.summary(print_fn=report)
