"""From a config to a model: seeded, built, compiled, with errors that name the place in the config."""

import contextlib

import minikeras as mk

from ..autograd import dtypes
from ..autograd.random import set_random_seed
from ..errors import ExperimentError
from .objects import make, make_layers, make_metric


@contextlib.contextmanager
def float_type(config):
    """While it is open, runtime.dtype is the default float type."""
    before = dtypes.floatx()
    dtypes.set_floatx(config.runtime.dtype)
    try:
        yield
    finally:
        dtypes.set_floatx(before)


def build_model(config):
    """The config's model with fresh weights that follow from runtime.seed alone.

    Raises ExperimentError at the layer that does not fit its input.
    """
    set_random_seed(config.runtime.seed)
    with float_type(config):
        model = mk.Sequential([mk.Input(tuple(config.model.input_shape), name="input")], name=_identifier(config.name))
        named = [layer for layer in config.model.layers for _ in range(layer.repeat)]
        for layer, place in zip(make_layers(config), named):
            with _blaming(place):
                model.add(layer)
    return model


def compile_model(model, config):
    """Gives the model the config's optimizer, loss and metrics."""
    train = config.train
    metrics = [make_metric(metric) for metric in train.metrics]
    with _blaming(train.optimizer), float_type(config):
        model.compile(optimizer=make(train.optimizer), loss=make(train.loss), metrics=metrics,
                      steps_per_execution=train.steps_per_execution, jit_compile=config.runtime.jit)
    measured = ["loss", *(metric if isinstance(metric, str) else metric.name for metric in metrics)]
    if config.data.split.val:
        measured += [f"val_{name}" for name in measured]
    _check_monitors(config, measured)
    return model


def try_batch(model, config, x, y):
    """Runs one batch without an update. Raises ExperimentError where output, labels, loss and metrics do not agree."""
    with _blaming(config.train.loss), float_type(config):
        model.test_on_batch(x, y)
    model.reset_metrics()


@contextlib.contextmanager
def _blaming(named):
    """Says where in the config an error inside comes from."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise ExperimentError(f"{named.where}: {named.path}: {error}") from error


def _check_monitors(config, measured):
    """Raises ExperimentError for what a checkpoint or a callback monitors and nothing measures."""
    wanted = [(named.where, f"{named.path}.monitor", getattr(make(named), "monitor", None))
              for named in config.callbacks]
    if config.train.checkpoint:
        where = config.source.path if config.source else config.name
        wanted.append((where, "train.checkpoint.monitor", config.train.checkpoint.monitor))
    problems = [f"{where}: {path}: {monitor} is not measured; choose one of {', '.join(measured)}"
                for where, path, monitor in wanted if monitor is not None and monitor not in measured]
    if problems:
        raise ExperimentError(problems)


def _identifier(name):
    return "".join(c if c.isalnum() or c == "_" else "_" for c in name)
