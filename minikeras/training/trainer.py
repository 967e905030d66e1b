"""compile, fit, evaluate, predict: what models inherit to be trained."""

import copy
import warnings

import numpy as np

from .. import optimizers
from ..arguments import count, switch
from ..data.stages import Passes
from ..errors import DataError
from ..run_settings import at_most, max_epochs
from . import loop
from .callbacks import CallbackList
from .callbacks.base import numbers
from .compiled import Compiled, CompiledMetrics, check_loss_weights, check_losses
from .data import (
    ArrayData,
    check_class_weight,
    check_fit_settings,
    check_frequency,
    check_verbose,
    class_weights,
)
from .packing import unpack_x_y_sample_weight
from .sources import Feed, array_source, is_arrays, source_of
from .stepping import Stepping
from .steps import Steps, joined, runner


class Trainer(Stepping):
    """The part of a model that trains it: compile, fit, evaluate, predict."""

    optimizer = None
    loss = None
    stop_training = stop_evaluating = stop_predicting = False   # set to True, they end what runs after its batch

    def compile(self, optimizer="rmsprop", loss=None, loss_weights=None, metrics=None, weighted_metrics=None,
                run_eagerly=False, steps_per_execution=1, jit_compile="auto", auto_scale_loss=True):
        """Set the optimizer, the loss and the metrics, each an object or a name.

        loss, loss_weights, metrics, weighted_metrics   for several outputs dicts by their names, or lists with an
                               entry for each; one loss stands for all
        run_eagerly            run the steps op by op, also where `model.run_eagerly = True` is set afterwards
        steps_per_execution    batches between two callbacks; results are those of 1
        jit_compile            'auto': steps run as plans, or eagerly with a PlanWarning where there can be none;
                               True: raise PlanError then; False: run eagerly
        auto_scale_loss        is about float16 mixed with float32, which is refused elsewhere
        Raises ValueError for unknown names, with the nearest known ones.
        """
        steps_per_execution = count("compile: steps_per_execution", steps_per_execution)
        switch("compile: auto_scale_loss", auto_scale_loss)
        if jit_compile != "auto" and not isinstance(jit_compile, bool):
            raise ValueError(f"compile: jit_compile must be 'auto', True or False, got {jit_compile!r}.")
        check_losses(loss)
        check_loss_weights(loss_weights)
        self.optimizer = optimizers.get(optimizer)
        self._compiled = Compiled(self, loss, loss_weights, metrics, weighted_metrics)
        self.loss = loss
        if "_order" not in self.__dict__:
            # Drawn here, not by fit, so that models compiled in one order shuffle alike whichever is fitted first.
            self._order = Passes()
        self.run_eagerly, self.jit_compile = switch("compile: run_eagerly", run_eagerly), jit_compile
        self.steps_per_execution = steps_per_execution
        self._steps = Steps()
        self.train_function = self.test_function = self.predict_function = None
        self.compiled = True

    def _shuffle_as(self, state):
        """Go on with the orders of samples that a Passes' `get_state` told of."""
        self._order = Passes(seed=0)        # whose seed is none of those that consumers get in turn
        self._order.set_state(state)

    @property
    def _fitting(self):
        """The run of `fit` under way, None outside of one."""
        return None if self._steps is None else self._steps.fitting

    def _check_compiled(self, method):
        if not self.compiled:
            raise ValueError(f"{self.name}.{method}: call compile(optimizer, loss, ...) first.")

    @property
    def _computes_loss_itself(self):
        return type(self).compute_loss is not Trainer.compute_loss or type(self).train_step is not Trainer.train_step

    @property
    def _nan_allowed(self):
        """The parts of the data that may hold NaN: labels, where a loss of the user's own may look for it."""
        return ("y",) if self._computes_loss_itself or self._compiled.has_own_loss else ()

    def _check_targets(self, where, x, y):
        """Raises DataError where the compiled loss needs y and there is none."""
        if y is None and is_arrays(x) and self._compiled.loss is not None and not self._computes_loss_itself:
            how = "as (x, y)" if "validation" in where else "as two arguments; (x, y) as one is two inputs"
            raise DataError(f"{where}: there is no y, and the compiled loss compares it with the output. Give x and y "
                            f"{how}.")

    def _check_steps_again(self):
        if self._steps is not None:
            self._steps.check_again()

    def _build_for_training(self, batch):
        """Make what the first step on a batch would make."""
        x, y, _ = unpack_x_y_sample_weight(batch)
        y_pred = self(x, training=False)
        self._compiled.build(y, y_pred)
        self.optimizer.build(self.trainable_weights)

    def _finalize_weights(self):
        if isinstance(self.optimizer, optimizers.Optimizer):
            self.optimizer.finalize_variable_values(self.trainable_weights)

    # --- loops -------------------------------------------------------------------------------

    def fit(self, x=None, y=None, batch_size=None, epochs=1, verbose="auto", callbacks=None, validation_split=0.0,
            validation_data=None, shuffle=True, class_weight=None, sample_weight=None, initial_epoch=0,
            steps_per_epoch=None, validation_steps=None, validation_batch_size=None, validation_freq=1):
        """Train for epochs `initial_epoch` to `epochs` - 1. Returns a History.

        x, y               arrays (or lists or dicts of them) with samples along the first axis; or x alone, which gives
                           batches (x, y) or (x, y, sample_weight): a Dataset, a PyDataset, a generator, any iterable
        batch_size         samples per update, 32 by default
        validation_data    (x, y), (x, y, sample_weight) or what gives batches, evaluated after each epoch
        validation_split   part of the samples, from the end, to validate on instead
        shuffle            True: a new order of the samples, or of a PyDataset's batches, in each pass over the data,
                           which follows from the seed; 'batch': within each batch
        steps_per_epoch    batches in an epoch; the next one goes on in the data where it stopped
        validation_freq    validate every so many epochs, or after those listed (counted from 1)
        class_weight       weight of each class, by integer label
        verbose            0 silent, 1 a bar on a terminal (else a line an epoch), 2 a line an epoch; 'auto' is 1
        A Ctrl-C takes effect when the update under way is whole; `model.history` has the epochs before it, and
        training can go on. Raises DataError for data that cannot be trained on.
        """
        self._check_compiled("fit")
        check_fit_settings(shuffle, verbose, epochs=epochs, batch_size=batch_size, steps_per_epoch=steps_per_epoch,
                           validation_steps=validation_steps, validation_batch_size=validation_batch_size)
        check_frequency(validation_freq)
        check_class_weight(class_weight, sample_weight)
        self._check_targets("fit", x, y)
        epochs = at_most(max_epochs(), epochs, "epochs")
        self._order.count = max(self._order.count, initial_epoch)
        order = self._order if shuffle else None
        if validation_split and validation_data is None:
            data, rest = _split(x, y, sample_weight, validation_split, self._nan_allowed)
            if class_weight is not None:
                data.weigh(class_weight)
            source = array_source(data, batch_size, steps_per_epoch, order, shuffle == "batch")
            validation = array_source(rest, validation_batch_size or batch_size, validation_steps)
        else:
            source = source_of("fit", x, y, sample_weight, batch_size=batch_size, steps=steps_per_epoch,
                               class_weight=class_weight, order=order, within=shuffle == "batch",
                               nan_allowed=self._nan_allowed)
            validation = self._validation_source(validation_data, batch_size, validation_batch_size, validation_steps)
        source.check_end("fit", "steps_per_epoch", steps_per_epoch, callbacks)
        if validation is not None:
            validation.check_end("fit: validation_data", "validation_steps", validation_steps)
        feed, self.stop_training = Feed(source, steps_per_epoch), False
        with CallbackList(callbacks, True, verbose != 0, self, verbose=verbose, epochs=epochs,
                          steps=feed.num_batches) as events, np.errstate(all="ignore"):
            validate = None if validation is None else \
                loop.Validation(self, Feed(validation, validation_steps), validation_freq, events)
            loop.Fitting(self, feed, events, epochs, initial_epoch, validate).run()
        return self.history

    def _validation_source(self, data, batch_size, own_batch_size, steps):
        if data is None:
            return None
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        self._check_targets("fit: validation_data", x, y)
        batch_size = own_batch_size or (batch_size if is_arrays(x) else None)
        return source_of("fit: validation_data", x, y, sample_weight, batch_size=batch_size, steps=steps,
                         nan_allowed=self._nan_allowed)

    def evaluate(self, x=None, y=None, batch_size=None, verbose="auto", sample_weight=None, steps=None, callbacks=None,
                 return_dict=False):
        """The loss and metrics over data: a number, a list of them in the order of `metrics_names`, or a dict."""
        self._check_compiled("evaluate")
        self._check_run("evaluate", batch_size, verbose, steps)
        self._check_targets("evaluate", x, y)
        source = source_of("evaluate", x, y, sample_weight, batch_size=batch_size, steps=steps,
                           nan_allowed=self._nan_allowed)
        source.check_end("evaluate", "steps", steps, callbacks)
        feed = Feed(source, steps)
        with CallbackList(callbacks, False, verbose != 0, self, verbose=verbose, epochs=1,
                          steps=feed.num_batches) as events, np.errstate(all="ignore"):
            logs = loop.evaluate(self, feed, events)
        return logs if return_dict else self._in_order(logs)

    def predict(self, x, batch_size=None, verbose="auto", steps=None, callbacks=None):
        """The outputs for all samples of `x` as NumPy arrays, computed batch by batch. Arguments as for `fit`."""
        self._check_run("predict", batch_size, verbose, steps)
        if is_arrays(x):
            source = array_source(ArrayData(x, nan_allowed=("x",)), batch_size, steps)
        else:
            source = source_of("predict", x, batch_size=batch_size)
        source.check_end("predict", "steps", steps, callbacks)
        feed = Feed(source, steps)
        with CallbackList(callbacks, False, verbose != 0, self, verbose=verbose, epochs=1,
                          steps=feed.num_batches) as events, np.errstate(all="ignore"):
            return loop.predict(self, feed, events)

    def _check_run(self, method, batch_size, verbose, steps):
        count(f"{method}: batch_size", batch_size, optional=True)
        count(f"{method}: steps", steps, optional=True)
        check_verbose(method, verbose)

    def _in_order(self, logs):
        """The numbers of logs as a list, in the order of `metrics`, those of other names after them; one by itself."""
        names = [single.name for metric in self.metrics
                 for single in (metric.metrics if isinstance(metric, CompiledMetrics) else [metric])]
        values = [logs[name] for name in names if name in logs]
        values += [value for name, value in logs.items() if name not in names]
        return values[0] if len(values) == 1 else values

    def train_on_batch(self, x, y=None, sample_weight=None, class_weight=None, return_dict=False):
        """One update from one batch; its loss and metrics, as `evaluate` gives them."""
        self._check_compiled("train_on_batch")
        check_class_weight(class_weight, sample_weight)
        self._check_targets("train_on_batch", x, y)
        if class_weight is not None:
            sample_weight = class_weights(y, class_weight)
        return self._on_batch("train", x, y, sample_weight, return_dict)

    def test_on_batch(self, x, y=None, sample_weight=None, return_dict=False):
        """The loss and metrics of one batch, as `evaluate` gives them."""
        self._check_compiled("test_on_batch")
        self._check_targets("test_on_batch", x, y)
        return self._on_batch("test", x, y, sample_weight, return_dict)

    def _on_batch(self, which, x, y, sample_weight, return_dict):
        self.reset_metrics()
        batch = ArrayData(x, y, sample_weight, nan_allowed=self._nan_allowed).take(slice(None))
        logs = numbers(runner(self, which)(batch, iter(()))[-1])
        return logs if return_dict else self._in_order(logs)

    def predict_on_batch(self, x):
        """The outputs for one batch as NumPy arrays."""
        batch = ArrayData(x, nan_allowed=("x",)).take(slice(None))
        return joined(runner(self, "predict")(batch, iter(())))

    def get_compile_config(self):
        """What `compile` was given, as plain data; None before."""
        return self._compiled.config() if self.compiled else None

    def compile_from_config(self, config):
        """Compile as `get_compile_config`, or Keras', describes it. A class with a `compile` of its own, of whose
        arguments this knows nothing, is left uncompiled, with a warning."""
        if type(self).compile is not Trainer.compile:
            warnings.warn(f"{type(self).__name__} has a compile of its own, so the loaded model is not compiled. Call "
                          "its compile, or define get_compile_config and compile_from_config(config).", stacklevel=3)
            return
        self.compile(**config)

    def _compile_like(self, other):
        """Compile as another model is, if it is, with an optimizer and metrics of its own."""
        if other.compiled:
            optimizer = type(other.optimizer).from_config(other.optimizer.get_config())
            self.compile(optimizer, **copy.deepcopy(other._compiled.given), run_eagerly=other.run_eagerly,
                         steps_per_execution=other.steps_per_execution, jit_compile=other.jit_compile)


def _split(x, y, sample_weight, fraction, nan_allowed):
    if not 0 < fraction < 1:
        raise ValueError(f"fit: validation_split must lie between 0 and 1, got {fraction}.")
    if not is_arrays(x):
        raise DataError(f"fit: validation_split needs arrays, got a {type(x).__name__}. Give validation_data.")
    return ArrayData(x, y, sample_weight, nan_allowed=nan_allowed).split(fraction)
