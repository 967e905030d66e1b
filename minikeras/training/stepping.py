"""The steps of a model: what one batch does in training, evaluation and prediction. Each may be overridden."""

import inspect
import warnings

from .. import metrics
from ..autograd.quiet import quietly
from ..autograd.tape import GradientTape
from ..ops.reduce import sum as reduce_sum
from ..plan import Function
from .compiled import track
from .packing import unpack_x_y_sample_weight
from .steps import Execution, Steps


class Stepping:
    """The part of a model that knows its steps and its metrics, and runs the steps as plans."""

    compiled = False
    run_eagerly = False
    jit_compile = "auto"
    steps_per_execution = 1
    train_function = test_function = predict_function = None
    _steps = None

    @property
    def metrics(self):
        """The mean loss; the compiled metrics as one; the means of several outputs' losses; then metrics held in
        attributes of the model and its layers."""
        found = self._compiled.metrics() if self.compiled else []
        inside = self._held_inside(metrics.Metric)
        return list({id(m): m for m in [*found, *inside]}.values()) if inside else found

    @property
    def metrics_names(self):
        """The names of `metrics`."""
        return [metric.name for metric in self.metrics]

    def reset_metrics(self):
        """Forget what the metrics gathered."""
        for metric in self.metrics:
            metric.reset_state()

    def reset_states(self):
        """Let the recurrent layers inside that keep their state begin anew, by TensorFlow's name."""
        for layer in self._flatten_layers():
            if layer is not self and hasattr(layer, "reset_states"):
                layer.reset_states()

    def get_metrics_result(self):
        """The values of `metrics` by name, tensors; those of a metric that gives several by theirs."""
        found = {}
        for metric in self.metrics:
            result = metric.result()
            if isinstance(result, dict):
                found |= result
            else:
                found[metric.name] = result
        return found

    # --- steps -------------------------------------------------------------------------------

    def train_step(self, data):
        """One update from a batch (x, y, sample_weight). Gives the metrics by name."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        with GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self._loss(x, y, y_pred, sample_weight, True)
            scaled = self.optimizer.scale_loss(loss)
        track(self._loss_tracker, loss, x)
        variables = self.trainable_weights
        if variables:
            self.optimizer.apply(tape.gradient(scaled, variables), variables)
        else:
            warnings.warn(f"{self.name} has no trainable weights, so there is nothing to train.", stacklevel=2)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def test_step(self, data):
        """The metrics by name over a batch, without an update."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self(x, training=False)
        track(self._loss_tracker, self._loss(x, y, y_pred, sample_weight, False), x)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def predict_step(self, data):
        """The outputs for a batch."""
        return self(unpack_x_y_sample_weight(data)[0], training=False)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The compiled loss plus the losses added by layers and regularizers, a scalar."""
        total = self._compiled.loss(y, y_pred, sample_weight) if self._compiled.loss is not None else None
        for loss in self.losses:
            loss = reduce_sum(loss) if loss.ndim else loss
            total = loss if total is None else total + loss
        if total is None:
            raise ValueError(f"{self.name}: there is no loss to compute. Give compile(loss=...), or add one with "
                             "add_loss in a layer's call.")
        return total

    def _loss(self, x, y, y_pred, sample_weight, training):
        if type(self).compute_loss is Stepping.compute_loss or \
                "training" in inspect.signature(self.compute_loss).parameters:
            return self.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=training)
        return self.compute_loss(x, y, y_pred, sample_weight)       # one written for an older Keras

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Gather the compiled metrics from a batch; the values of all by name."""
        if self._compiled.has_metrics:
            self._compiled.compiled_metrics.update_state(y, y_pred, sample_weight)
        return self.get_metrics_result()

    @property
    def _loss_tracker(self):
        """The mean of the loss, which `fit` reports."""
        return self._compiled.tracker if self.compiled else None

    @property
    def compiled_metrics(self):
        """The compiled metrics as one, by TensorFlow's name."""
        return self._compiled.compiled_metrics

    def compiled_loss(self, y, y_pred, sample_weight=None, regularization_losses=None):
        """The compiled loss, by TensorFlow's name, plus `regularization_losses`, and counted in the mean loss."""
        total = self._compiled.loss(y, y_pred, sample_weight)
        for loss in regularization_losses or ():
            total = total + loss
        track(self._loss_tracker, total, y_pred)
        return total

    def make_train_function(self, force=False):
        """Make `train_function`: of an iterator of batches, it trains on the next of them. May be overridden."""
        return self._make_function("train", force)

    def make_test_function(self, force=False):
        """As `make_train_function`, for evaluation: `test_function`."""
        return self._make_function("test", force)

    def make_predict_function(self, force=False):
        """As `make_train_function`, for prediction: `predict_function`, which gives the outputs."""
        return self._make_function("predict", force)

    def _make_function(self, which, force):
        if force or getattr(self, f"{which}_function") is None:
            setattr(self, f"{which}_function", Execution(self, which))
        return getattr(self, f"{which}_function")

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
