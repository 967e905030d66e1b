"""compile, fit, evaluate, predict: the training loop that models inherit."""

import itertools
import warnings

import numpy as np

from .. import metrics, optimizers, registry
from ..arguments import count, switch
from ..autograd import tree
from ..autograd.operands import as_tensor
from ..autograd.quiet import quietly
from ..autograd.random import fresh_seed
from ..autograd.tape import GradientTape
from ..autograd.tensor import ArrayOperand
from ..errors import DataError
from ..plan import Function
from .callbacks import CallbackList
from .compiled import CompiledLoss, CompiledMetrics, check_loss, tree_items
from .data import (
    ArrayData,
    check_class_weight,
    check_fit_settings,
    check_frequency,
    check_verbose,
    class_weights,
    unpack_x_y_sample_weight,
)

ALL = slice(None)


class Trainer:
    """The part of a model that trains it. `train_step`, `test_step` and `predict_step` may be overridden."""

    stop_training = False
    optimizer = None
    compiled = False
    run_eagerly = False
    jit_compile = "auto"
    steps_per_execution = 1
    _steps = None

    def compile(self, optimizer="rmsprop", loss=None, loss_weights=None, metrics=None, weighted_metrics=None,
                run_eagerly=False, steps_per_execution=1, jit_compile="auto"):
        """Set the optimizer, the loss and the metrics, each an object or a name.

        run_eagerly            run the steps op by op, also where `model.run_eagerly = True` is set afterwards
        steps_per_execution    batches between two callbacks; results are those of 1
        jit_compile            'auto': steps run as plans, or eagerly with a PlanWarning where there can be none;
                               True: raise PlanError then; False: run eagerly
        Raises ValueError for unknown names, with the nearest known ones.
        """
        steps_per_execution = count("compile: steps_per_execution", steps_per_execution)
        if jit_compile != "auto" and not isinstance(jit_compile, bool):
            raise ValueError(f"compile: jit_compile must be 'auto', True or False, got {jit_compile!r}.")
        for item in tree_items(loss) if not isinstance(loss, dict) else loss.values():
            check_loss(item)
        self.optimizer = optimizers.get(optimizer)
        self._compiled = Compiled(self, loss, loss_weights, metrics, weighted_metrics)
        self.loss = loss
        if "_shuffle_seed" not in self.__dict__:
            # Drawn here, not by fit, so that models compiled in one order shuffle alike whichever is fitted first.
            self._shuffle_seed = fresh_seed()
        self.run_eagerly, self.jit_compile = switch("compile: run_eagerly", run_eagerly), jit_compile
        self.steps_per_execution = steps_per_execution
        self._steps = Steps()
        self.compiled = True

    def _check_compiled(self, method):
        if not self.compiled:
            raise ValueError(f"{self.name}.{method}: call compile(optimizer, loss, ...) first.")

    def _check_targets(self, where, y):
        """Raises DataError where the compiled loss needs y and there is none."""
        computes_itself = type(self).compute_loss is not Trainer.compute_loss or \
            type(self).train_step is not Trainer.train_step
        if y is None and self._compiled.has_loss and not computes_itself:
            how = "as (x, y)" if "validation" in where else "as two arguments; (x, y) as one is two inputs"
            raise DataError(f"{where}: there is no y, and the compiled loss compares it with the output. Give x and y "
                            f"{how}.")

    @property
    def metrics(self):
        """The loss tracker, then the compiled metrics, then metrics held in attributes of the model and its layers."""
        found = self._compiled.metrics() if self.compiled else []
        inside = self._held_inside(metrics.Metric)
        return list({id(m): m for m in [*found, *inside]}.values()) if inside else found

    @property
    def metrics_names(self):
        """The names under which `metrics` are reported."""
        return [name for name, _ in self._reported()]

    def reset_metrics(self):
        """Forget what the metrics gathered."""
        for metric in self.metrics:
            metric.reset_state()

    def get_metrics_result(self):
        """The value of each metric by name, tensors."""
        return {name: metric.result() for name, metric in self._reported()}

    def _reported(self):
        """(name, metric) of `metrics`, which a model may define anew."""
        names = {id(metric): name for name, metric in self._compiled.compiled_metrics.named()} if self.compiled else {}
        return [(names.get(id(metric), metric.name), metric) for metric in self.metrics]

    # --- steps -------------------------------------------------------------------------------

    def train_step(self, data):
        """One update from a batch (x, y, sample_weight). Gives the metrics by name."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        with GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(x, y, y_pred, sample_weight)
            scaled = self.optimizer.scale_loss(loss)
        self._compiled.track(loss, x)
        variables = self.trainable_weights
        self.optimizer.apply(tape.gradient(scaled, variables), variables)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def test_step(self, data):
        """The metrics by name over a batch, without an update."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self(x, training=False)
        self._compiled.track(self.compute_loss(x, y, y_pred, sample_weight), x)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def predict_step(self, data):
        """The outputs for a batch."""
        return self(unpack_x_y_sample_weight(data)[0], training=False)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The compiled loss plus the losses added by layers and regularizers, a scalar."""
        total = self._compiled.loss(y, y_pred, sample_weight) if self._compiled.has_loss else None
        for loss in self.losses:
            total = loss if total is None else total + loss
        if total is None:
            raise ValueError(f"{self.name}: there is no loss to compute. Give compile(loss=...), or add one with "
                             "add_loss in a layer's call.")
        return total

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Gather the compiled metrics from a batch; the values of all by name."""
        self._compiled.gather(y, y_pred, sample_weight)
        return self.get_metrics_result()

    def _planned(self, name):
        """The step `name` as it is to be run: as a plan, unless that is switched off."""
        if self.run_eagerly or not self.jit_compile:
            return quietly(getattr(self, name))
        if self._steps is None:     # not compiled, as prediction need not be
            self._steps = Steps()
        return self._steps.planned(getattr(self, name), name, self.jit_compile)

    def step_plan(self, step="train_step"):
        """The Plan by which 'train_step', 'test_step' or 'predict_step' ran last: its `source`, and `describe()`.

        Raises ValueError where there is none yet, or steps run eagerly.
        """
        if step not in ("train_step", "test_step", "predict_step"):
            raise ValueError(f"step_plan: the steps are 'train_step', 'test_step' and 'predict_step', got {step!r}.")
        function = self._planned(step)
        if not isinstance(function, Function):
            raise ValueError(f"{self.name}: {step} has no plan, for the model was told to run eagerly.")
        return function.plan()

    def train_step_source(self):
        """The NumPy program of the training step that ran last, as text. Raises ValueError before there is one."""
        return self.step_plan("train_step").source

    def test_step_source(self):
        """As `train_step_source`, of the step of `evaluate`."""
        return self.step_plan("test_step").source

    def predict_step_source(self):
        """As `train_step_source`, of the step of `predict`."""
        return self.step_plan("predict_step").source

    def _executions(self, which, batches, events):
        """Run a step on batches and tell of it: 'train', 'test' or 'predict'. Yields (last, results) of each execution:
        the number its last batch has, or would have if the data were not at their end, and what its steps gave."""
        step, at_once, first = self._planned(f"{which}_step"), self.steps_per_execution, 0
        begin, batches = f"on_{which}_batch_begin", iter(batches)
        begin = getattr(events, begin) if events.hears(begin) else None
        for batch in batches:
            if begin is not None:
                begin(first)
            results = [step(batch)]
            if at_once > 1:
                results += map(step, itertools.islice(batches, at_once - 1))
            first += at_once
            yield first - 1, results

    # --- loops -------------------------------------------------------------------------------

    def fit(self, x=None, y=None, batch_size=None, epochs=1, verbose="auto", callbacks=None, validation_split=0.0,
            validation_data=None, shuffle=True, class_weight=None, sample_weight=None, initial_epoch=0,
            steps_per_epoch=None, validation_steps=None, validation_batch_size=None, validation_freq=1):
        """Train for epochs `initial_epoch` to `epochs` - 1. Returns a History.

        x, y               arrays (or lists or dicts of them) with samples along the first axis
        batch_size         samples per update, 32 by default
        validation_data    (x, y) or (x, y, sample_weight), evaluated after each epoch
        validation_split   part of the samples, from the end, to validate on instead
        shuffle            a new order each epoch, following from the seed and the epoch
        steps_per_epoch    batches in an epoch; the next one goes on in the data where it stopped
        validation_freq    validate every so many epochs, or after those listed (counted from 1)
        class_weight       weight of each class, by integer label
        verbose            0 silent, 1 a bar on a terminal (else a line an epoch), 2 a line an epoch; 'auto' is 1
        Raises DataError for data that cannot be trained on.
        """
        self._check_compiled("fit")
        batch_size = count("fit: batch_size", 32 if batch_size is None else batch_size)
        check_fit_settings(shuffle, verbose, epochs=epochs, steps_per_epoch=steps_per_epoch,
                           validation_steps=validation_steps, validation_batch_size=validation_batch_size)
        check_frequency(validation_freq)
        data, validation = self._fit_data(x, y, sample_weight, class_weight, validation_split, validation_data)
        steps = self._steps_of_epoch(data.num_batches(batch_size), steps_per_epoch)
        seed, logs = self._shuffle_seed, {}
        self.stop_training = False
        with CallbackList(callbacks, True, verbose != 0, self, verbose=verbose, epochs=epochs,
                          steps=steps) as events, np.errstate(all="ignore"):
            events.on_train_begin()
            for epoch in range(initial_epoch, epochs):
                batches = data.epoch(epoch, batch_size, seed if shuffle else None, steps_per_epoch)
                logs = self._fit_epoch(epoch, batches, events)
                if validation is not None and _is_due(epoch + 1, validation_freq):
                    logs.update(self._validate(validation, validation_batch_size or batch_size, validation_steps,
                                               events))
                events.on_epoch_end(epoch, logs=logs)
                if self.stop_training:
                    break
            self.optimizer.finalize_variable_values(self.trainable_weights)
            events.on_train_end(logs=logs)
        return self.history

    def _steps_of_epoch(self, num_batches, steps_per_epoch):
        if steps_per_epoch is None:
            return num_batches
        if num_batches % steps_per_epoch:
            warnings.warn(f"fit: steps_per_epoch={steps_per_epoch} does not divide the {num_batches} batches of the "
                          "data, so the last epoch of each pass over the data is shorter.", stacklevel=3)
        return steps_per_epoch

    def _fit_data(self, x, y, sample_weight, class_weight, validation_split, validation_data):
        _check_weights(sample_weight, class_weight)
        if class_weight is not None:
            check_class_weight(class_weight)
        data, validation = ArrayData(x, y, sample_weight), None
        self._check_targets("fit", y)
        if validation_data is not None:
            parts = tuple(validation_data) if isinstance(validation_data, list) else validation_data
            parts = unpack_x_y_sample_weight(parts)
            validation = ArrayData(*parts)
            self._check_targets("fit: validation_data", parts[1])
        elif validation_split:
            if not 0 < validation_split < 1:
                raise ValueError(f"fit: validation_split must lie between 0 and 1, got {validation_split}.")
            data, validation = data.split(validation_split)
        if class_weight is not None:
            data.weigh(class_weight)
        return data, validation

    def _fit_epoch(self, epoch, batches, events):
        self.reset_metrics()
        events.on_epoch_begin(epoch)
        if self._steps is not None:
            self._steps.check_again()
        logs, tells = {}, events.hears("on_train_batch_end")
        for last, results in self._executions("train", batches, events):
            logs = results[-1]
            if tells:
                events.on_train_batch_end(last, logs=_numbers(logs))
            if self.stop_training:
                break
        return _numbers(logs)

    def _validate(self, data, batch_size, steps, events):
        return {f"val_{name}": value for name, value in self._evaluate(data, batch_size, steps, events).items()}

    def _evaluate(self, data, batch_size, steps, events):
        self.reset_metrics()
        events.on_test_begin()
        logs, tells = {}, events.hears("on_test_batch_end")
        for last, results in self._executions("test", data.epoch(0, batch_size, None, steps), events):
            logs = results[-1]
            if tells:
                events.on_test_batch_end(last, logs=_numbers(logs))
        logs = _numbers(logs)
        events.on_test_end(logs=logs)
        return logs

    def evaluate(self, x=None, y=None, batch_size=None, verbose="auto", sample_weight=None, steps=None, callbacks=None,
                 return_dict=False):
        """The loss and metrics over data: a number, a list of them in the order of `metrics_names`, or a dict."""
        self._check_compiled("evaluate")
        batch_size = count("evaluate: batch_size", 32 if batch_size is None else batch_size)
        count("evaluate: steps", steps, optional=True)
        check_verbose("evaluate", verbose)
        data = ArrayData(x, y, sample_weight)
        self._check_targets("evaluate", y)
        with CallbackList(callbacks, False, verbose != 0, self, verbose=verbose, epochs=1,
                          steps=steps or data.num_batches(batch_size)) as events, np.errstate(all="ignore"):
            logs = self._evaluate(data, batch_size, steps, events)
        if return_dict:
            return logs
        values = list(logs.values())
        return values[0] if len(values) == 1 else values

    def predict(self, x, batch_size=None, verbose="auto", steps=None, callbacks=None):
        """The outputs for all samples of `x` as NumPy arrays, computed batch by batch. `verbose` as for `fit`."""
        batch_size = count("predict: batch_size", 32 if batch_size is None else batch_size)
        count("predict: steps", steps, optional=True)
        check_verbose("predict", verbose)
        data = ArrayData(x, check_finite=False)
        outputs = []
        with CallbackList(callbacks, False, verbose != 0, self, verbose=verbose, epochs=1,
                          steps=steps or data.num_batches(batch_size)) as events, np.errstate(all="ignore"):
            events.on_predict_begin()
            tells = events.hears("on_predict_batch_end")
            for last, results in self._executions("predict", data.epoch(0, batch_size, None, steps), events):
                outputs += results
                if tells:
                    events.on_predict_batch_end(last, logs={"outputs": _joined(results)})
            events.on_predict_end()
        return _joined(outputs)

    def train_on_batch(self, x, y=None, sample_weight=None, class_weight=None, return_dict=False):
        """One update from one batch; its loss and metrics, as `evaluate` gives them."""
        self._check_compiled("train_on_batch")
        _check_weights(sample_weight, class_weight)
        self._check_targets("train_on_batch", y)
        if class_weight is not None:
            sample_weight = class_weights(y, class_weight)
        return self._on_batch("train_step", x, y, sample_weight, return_dict)

    def test_on_batch(self, x, y=None, sample_weight=None, return_dict=False):
        """The loss and metrics of one batch, as `evaluate` gives them."""
        self._check_compiled("test_on_batch")
        self._check_targets("test_on_batch", y)
        return self._on_batch("test_step", x, y, sample_weight, return_dict)

    def _on_batch(self, name, x, y, sample_weight, return_dict):
        self.reset_metrics()
        logs = _numbers(self._planned(name)(ArrayData(x, y, sample_weight).take(ALL)))
        if return_dict:
            return logs
        values = list(logs.values())
        return values[0] if len(values) == 1 else values

    def predict_on_batch(self, x):
        """The outputs for one batch as NumPy arrays."""
        outputs = self._planned("predict_step")(ArrayData(x, check_finite=False).take(ALL))
        return tree.map_structure(lambda output: output.numpy(), outputs)

    def get_compile_config(self):
        """What `compile` was given, as plain data; None before."""
        return self._compiled.config() if self.compiled else None

    def compile_from_config(self, config):
        """Compile as `get_compile_config`, or Keras', describes it."""
        self.compile(**config)


class Steps:
    """The steps of a model as plans, in a class of its own so that no layer search looks inside."""

    def __init__(self):
        self._functions = {}

    def planned(self, step, name, jit_compile):
        """The step as a Function: the same as long as it is the same method, compiled alike."""
        known = self._functions.get(name)
        if known is None or known[0] != step or known[1] is not jit_compile:
            made = Function(step, name, at_once=True, jit_compile=True if jit_compile is True else None,
                            parts=("x", "y", "sample_weight"))
            known = self._functions[name] = step, jit_compile, made
        return known[2]

    def check_again(self):
        """Look again, at the next call of each step, whether it does what was planned."""
        for _, _, made in self._functions.values():
            made.check_again()


class Compiled:
    """Loss, metrics and the tracker of the mean loss, in a class of its own so that no layer search looks inside."""

    def __init__(self, model, loss, loss_weights, plain, weighted):
        self.model = model
        self.given = {"loss": loss, "loss_weights": loss_weights, "metrics": plain, "weighted_metrics": weighted}
        self.has_loss = loss is not None
        self.loss = CompiledLoss(loss, loss_weights)
        self.compiled_metrics = CompiledMetrics(plain, weighted)
        self.tracker = metrics.Mean(name="loss")

    def metrics(self):
        return [self.tracker, *(metric for _, metric in self.compiled_metrics.named())]

    def track(self, loss, x):
        """Count the loss of a batch, weighted by its number of samples."""
        samples = float(tree.flatten(x)[0].shape[0])
        if loss.ndim:
            self.tracker.update_state(loss, sample_weight=samples)      # a loss for each sample, unreduced
        else:
            self.tracker.gather(loss * samples, samples)

    def gather(self, y, y_pred, sample_weight):
        if self.compiled_metrics.metrics:
            self.compiled_metrics.update(y, y_pred, sample_weight)

    def config(self):
        return {"optimizer": registry.serialize(self.model.optimizer),
                **{name: registry.serialize(value) for name, value in self.given.items()},
                "run_eagerly": self.model.run_eagerly, "steps_per_execution": self.model.steps_per_execution,
                "jit_compile": self.model.jit_compile}


def _is_due(epoch, frequency):
    """Whether the epoch, counted from 1, is one to validate: every so many, or those listed."""
    return epoch in frequency if isinstance(frequency, (list, tuple, set)) else epoch % frequency == 0


def _check_weights(sample_weight, class_weight):
    if sample_weight is not None and class_weight is not None:
        raise ValueError("give class_weight or sample_weight, not both.")


def _joined(outputs):
    """Outputs of several batches as arrays of all samples, copied."""
    return tree.map_structure(lambda *parts: np.concatenate([part._array for part in parts]), *outputs)


def _numbers(logs):
    """Numbers by name, and arrays of metrics that give several, such as a score for each class."""
    arrays = {name: value._array if isinstance(value, ArrayOperand) else as_tensor(value)._array
              for name, value in logs.items()}
    return {name: array.copy() if array.ndim else float(array) for name, array in arrays.items()}
