"""Losses, weights and metrics of several outputs: whose is whose, and under which names they are reported."""

import numpy as np
import pytest

import minikeras as mk
from minikeras.errors import DataError, ShapeError
from minikeras.layers import Dense

RNG = np.random.default_rng(0)
X, A, B = RNG.normal(size=(7, 3)), RNG.normal(size=(7, 2)), RNG.integers(0, 3, 7)
W, V = RNG.uniform(1, 2, 7), RNG.uniform(1, 2, 7)


def functional(form=list):
    x = mk.Input((3,))
    a, b = Dense(2, name="a")(x), Dense(3, "softmax", name="b")(x)
    return mk.Model(x, [a, b] if form is list else {"a": a, "b": b})


def subclass(form=list):
    class Two(mk.Model):
        def __init__(self):
            super().__init__()
            self.first, self.second = Dense(2), Dense(3, "softmax")

        def call(self, x):
            a, b = self.first(x), self.second(x)
            return [a, b] if form is list else {"a": a, "b": b}
    model = Two()
    model(X)
    return model


def single_losses(model, weights=(None, None)):
    outputs = model.predict(X, verbose=0)
    a, b = outputs if isinstance(outputs, list) else (outputs["a"], outputs["b"])
    return (float(mk.losses.MeanSquaredError()(A, a, sample_weight=weights[0])),
            float(mk.losses.SparseCategoricalCrossentropy()(B, b, sample_weight=weights[1])))


LOSSES = {"list": ["mse", "sparse_categorical_crossentropy"],
          "dict": {"b": "sparse_categorical_crossentropy", "a": mk.losses.MeanSquaredError()}}


@pytest.mark.parametrize("targets", [[A, B], {"a": A, "b": B}], ids=["list", "dict"])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("form", [list, dict])
def test_losses_weights_and_metrics_find_their_outputs(form, loss, targets):
    model = functional(form)
    model.compile("sgd", LOSSES[loss], loss_weights={"a": 2.0, "b": 0.5} if loss == "dict" else [2.0, 0.5],
                  metrics={"b": ["accuracy"]} if loss == "dict" else [None, ["accuracy"]])
    first, second = single_losses(model)
    logs = model.evaluate(X, targets, batch_size=3, verbose=0, return_dict=True)
    assert list(logs) == ["a_loss", "b_accuracy", "b_loss", "loss"]
    expected = [first, second, 2 * first + 0.5 * second]
    np.testing.assert_allclose([logs["a_loss"], logs["b_loss"], logs["loss"]], expected, rtol=1e-5)
    order = ["b_loss", "a_loss"] if form is dict and loss == "dict" else ["a_loss", "b_loss"]
    assert model.evaluate(X, targets, batch_size=3, verbose=0) == [
        logs[name] for name in ("loss", *order, "b_accuracy")]


@pytest.mark.parametrize(("given", "weights"), [
    (W, (W, W)), ([W, V], (W, V)), ({"b": V, "a": W}, (W, V))], ids=["one", "list", "dict"])
def test_sample_weights_are_one_for_all_outputs_or_one_for_each(given, weights):
    model = functional()
    model.compile("sgd", LOSSES["list"])
    np.testing.assert_allclose(model.evaluate(X, [A, B], sample_weight=given, verbose=0)[1:],
                               single_losses(model, weights), rtol=1e-5)


@pytest.mark.parametrize(("form", "names"), [(dict, ["a_loss", "b_loss", "loss"]),
                                             (list, ["loss", "mse_loss", "sparse_categorical_crossentropy_loss"])])
def test_outputs_without_names_are_reported_by_their_losses(form, names):
    model = subclass(form)
    model.compile("sgd", dict(zip("ab", LOSSES["list"])) if form is dict else LOSSES["list"])
    targets = {"a": A, "b": B} if form is dict else (A, B)
    assert list(model.fit(X, targets, verbose=0).history) == names


@pytest.mark.parametrize(("loss", "targets"), [(["mse", None], [A, B]), (["mse", None], [A]), (["mse", None], A)])
def test_an_output_may_have_no_loss_and_no_target(loss, targets):
    model = functional()
    model.compile("sgd", loss)
    np.testing.assert_allclose(model.evaluate(X, targets, verbose=0), single_losses(model)[0], rtol=1e-5)


def test_a_dict_of_losses_may_leave_keys_of_the_output_out():
    model = functional(dict)
    model.compile("sgd", {"a": "mse"})
    np.testing.assert_allclose(model.evaluate(X, {"a": A}, verbose=0), single_losses(model)[0], rtol=1e-5)


def test_outputs_may_be_nested():
    class Nested(mk.Model):
        def call(self, x):
            return {"p": (x, 2.0 * x), "q": x[:, :1]}
    model = Nested()
    model.compile("sgd", {"p": ["mse", "mae"], "q": "mse"}, metrics={"p": [["mae"], []], "q": ["mae", "mse"]})
    logs = model.evaluate(X, {"p": [X, X], "q": X[:, :1]}, verbose=0, return_dict=True)
    np.testing.assert_allclose(logs["loss"], np.abs(X).mean(), rtol=1e-5)
    assert logs["q_loss"] == logs["q_mae"] == 0 and "p/mae_loss" in logs


@pytest.mark.parametrize(("compiling", "targets", "error", "message"), [
    ({"loss": ["mse"] * 3}, [A, B], ValueError, r"loss=.* does not fit the outputs, a \(7, 2\), b \(7, 3\)"),
    ({"loss": {"a": "mse"}}, [A, B], ValueError, "loss has no entry for output 'b'"),
    ({"loss": {"c": "mse"}}, [A, B], ValueError, "does not fit the outputs, a "),
    ({"loss": "mse", "metrics": ["mae"]}, [A, np.ones((7, 3))], ValueError, r"metrics=\[.*does not fit the outputs"),
    ({"loss": LOSSES["list"]}, [A], ShapeError, "the model has 2 outputs, but y has 1 parts"),
    ({"loss": LOSSES["list"]}, {"a": A, "c": B}, ShapeError, "y has the keys 'a', 'c', but the outputs are a"),
    ({"loss": ["mse", "mse"]}, [A, A], ShapeError, r"b_loss: .*targets of shape \(7, 2\) do not fit"),
    ({"loss": LOSSES["list"]}, None, DataError, "there is no y")])
def test_what_does_not_fit_the_outputs_names_them(compiling, targets, error, message):
    model = functional()
    with pytest.raises(error, match=message):
        model.compile("sgd", **compiling)
        model.fit(X, targets, verbose=0)


def test_two_losses_for_one_output_are_refused():
    model = mk.Sequential([mk.Input((3,)), Dense(2)])
    model.compile("sgd", ["mse", "mae"])
    with pytest.raises(ValueError, match="does not fit the outputs"):
        model.fit(X, A, verbose=0)


# --- programs that take a step apart ----------------------------------------------------------

def step_of(model_class, **compiling):
    x = mk.Input((3,))
    model = model_class(x, Dense(2, kernel_initializer="ones")(x))
    model.compile(**{"optimizer": "sgd", "loss": "mse", "metrics": ["mae"], **compiling})
    return model


def trained(model):
    history = model.fit(X, A, batch_size=3, epochs=2, shuffle=False, verbose=0).history
    return history, [w.tolist() for w in model.get_weights()]


class FromParts(mk.Model):
    """A step as guides for Keras 3 write it."""

    def train_step(self, data):
        x, y = data
        with mk.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(y=y, y_pred=y_pred)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss, sample_weight=y.shape[0])
            else:
                metric.update_state(y, y_pred)
        return {metric.name: metric.result() for metric in self.metrics}


class FromCompiled(mk.Model):
    """A step as guides for TensorFlow 2 wrote it."""

    def train_step(self, data):
        x, y = data
        with mk.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compiled_loss(y, y_pred, regularization_losses=self.losses)
        self.optimizer.minimize(loss, self.trainable_variables, tape=tape)
        self.compiled_metrics.update_state(y, y_pred)
        return {metric.name: metric.result() for metric in self.metrics}


class FromFunction(mk.Model):
    """A function of an iterator, as `make_train_function` may give it."""

    def make_train_function(self, force=False):
        def several(iterator):
            return self.train_step(next(iterator))
        self.train_function = several
        return several


class OldLoss(mk.Model):
    """`compute_loss` from before it was told of training."""

    def compute_loss(self, x, y, y_pred, sample_weight):
        return super().compute_loss(x, y, y_pred, sample_weight)


@pytest.mark.parametrize("kind", [FromParts, FromCompiled, FromFunction, OldLoss])
@pytest.mark.parametrize("run_eagerly", [False, True])
def test_a_step_put_together_trains_as_the_built_in_one(kind, run_eagerly):
    assert trained(step_of(kind, run_eagerly=run_eagerly)) == trained(step_of(mk.Model))


def test_a_step_that_gives_no_dict_is_refused():
    class Bare(mk.Model):
        def train_step(self, data):
            return self(data[0])
    with pytest.raises(TypeError, match="a step must return a dict of numbers by name, got a Tensor"):
        step_of(Bare).fit(X, A, verbose=0)


def test_the_functions_of_steps_can_be_called():
    model = step_of(mk.Model)
    batches = iter([(mk.constant(X), mk.constant(A))])
    assert set(model.make_test_function()(batches)) == {"loss", "mae"}
    with pytest.raises(StopIteration):
        model.make_train_function()(batches)


def test_a_layer_s_own_metric_is_reported_and_reset():
    class Watched(mk.layers.Layer):
        def __init__(self):
            super().__init__()
            self.size = mk.metrics.Mean(name="size")

        def call(self, x):
            self.size.update_state(mk.ops.abs(x))
            return x
    x = mk.Input((3,))
    model = mk.Model(x, Dense(2)(Watched()(x)))
    model.compile("sgd", "mse")
    for _ in range(2):
        np.testing.assert_allclose(model.evaluate(X, A, verbose=0, return_dict=True)["size"], np.abs(X).mean(), 1e-5)


@pytest.mark.parametrize("method", ["fit", "evaluate", "predict"])
def test_a_loop_stops_when_the_model_is_told_to(method):
    class Stop(mk.callbacks.Callback):
        def stop(self, batch, logs=None):
            self.model.stop_training = self.model.stop_evaluating = self.model.stop_predicting = batch == 1
            self.last = batch
        on_train_batch_end = on_test_batch_end = on_predict_batch_end = stop
    stop, model = Stop(), step_of(mk.Model)
    data = (X,) if method == "predict" else (X, A)
    getattr(model, method)(*data, batch_size=2, callbacks=[stop], verbose=0)
    assert stop.last == 1


def test_outputs_of_different_shapes_cannot_be_joined():
    class Growing(mk.Model):
        def call(self, x):
            return mk.ops.matmul(x, mk.ops.transpose(x))
    with pytest.raises(ValueError, match="outputs of the batches have different shapes"):
        Growing().predict(X, batch_size=3, verbose=0)


def test_recurrent_layers_inside_a_model_begin_anew():
    x = np.ones((2, 3, 1), "float32")
    model = mk.Sequential([mk.Input(batch_shape=(2, 3, 1)), mk.layers.GRU(2, stateful=True)])
    first = model.predict(x, batch_size=2, verbose=0)
    assert not np.array_equal(model.predict(x, batch_size=2, verbose=0), first)
    model.reset_states()
    np.testing.assert_array_equal(model.predict(x, batch_size=2, verbose=0), first)


def test_a_model_without_trainable_weights_warns():
    model = step_of(mk.Model)
    model.trainable = False
    with pytest.warns(UserWarning, match="has no trainable weights"):
        model.fit(X, A, verbose=0)


def test_metrics_without_a_name_are_counted_in_each_compile():
    for _ in range(2):
        model = mk.Sequential([mk.Input((2,)), mk.layers.Dense(1, activation="sigmoid")])
        model.compile("sgd", "bce", metrics=[mk.metrics.AUC(), mk.metrics.AUC(curve="PR")],
                      weighted_metrics=[mk.metrics.Precision(), mk.metrics.AUC(), lambda y, p: mk.ops.mean(y - p)])
        values = model.evaluate(np.ones((4, 2)), np.array([0, 1, 0, 1]), verbose=0)
        assert model.evaluate(np.ones((4, 2)), np.array([0, 1, 0, 1]), verbose=0, return_dict=True).keys() == {
            "loss", "auc", "auc_1", "auc_2", "precision", "lambda"}
        assert len(values) == 6
