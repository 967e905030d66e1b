"""How steps run: as plans or eagerly, several in an execution; always with the same results."""

import copy

import numpy as np
import pytest

import minikeras as mk
from minikeras.callbacks import Callback
from minikeras.errors import PlanError, PlanWarning
from minikeras.layers import Dense, Dropout

RNG = np.random.default_rng(5)
X = RNG.normal(size=(23, 3)).astype("float32")
LABELS = RNG.integers(0, 2, 23)


def classifier(kind=mk.Sequential, **compiling):
    mk.random.set_random_seed(4)
    model = kind([mk.Input((3,)), Dense(8, "relu"), Dropout(0.2), Dense(2, "softmax")])
    model.compile(**{"optimizer": "adam", "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"],
                     **compiling})
    return model


class Spy(Callback):
    """Notes the events of batches, with what the logs have."""

    def __init__(self):
        self.seen = []

    def on_train_batch_begin(self, batch, logs=None):
        self.seen.append(("begin", batch))

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(("end", batch))

    on_test_batch_begin = on_predict_batch_begin = on_train_batch_begin
    on_test_batch_end = on_train_batch_end

    def on_predict_batch_end(self, batch, logs=None):
        self.seen.append(("end", batch, len(logs["outputs"])))


# --- steps_per_execution -------------------------------------------------------------------------

@pytest.mark.parametrize("n", [2, 3, 6, 100])
@pytest.mark.parametrize("run_eagerly", [False, True])
def test_batches_in_an_execution_change_no_bit(n, run_eagerly):
    results = []
    for steps in (1, n):
        model = classifier(steps_per_execution=steps, run_eagerly=run_eagerly)
        history = model.fit(X, LABELS, batch_size=4, epochs=3, validation_data=(X, LABELS), verbose=0).history
        results.append((history, model.evaluate(X, LABELS, batch_size=4, verbose=0),
                        model.predict(X, batch_size=4, verbose=0).tolist(), [w.tolist() for w in model.get_weights()]))
    assert results[0] == results[1]


def test_callbacks_hear_of_executions_with_the_numbers_that_keras_gives():
    model, spy = classifier(steps_per_execution=4), Spy()
    model.fit(X, LABELS, batch_size=4, callbacks=[spy], verbose=0)        # 6 batches
    expected = [("begin", 0), ("end", 3), ("begin", 4), ("end", 7)]
    assert spy.seen == expected
    spy.seen.clear()
    model.evaluate(X, LABELS, batch_size=4, callbacks=[spy], verbose=0)
    assert spy.seen == expected
    spy.seen.clear()
    model.predict(X, batch_size=4, callbacks=[spy], verbose=0)
    assert spy.seen == [("begin", 0), ("end", 3, 16), ("begin", 4), ("end", 7, 7)]


def test_training_stops_after_the_execution_in_which_it_was_asked_to():
    class Stop(Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = True
    model = classifier(steps_per_execution=4)
    model.fit(X, LABELS, batch_size=4, callbacks=[Stop()], verbose=0)
    assert int(model.optimizer.iterations) == 4


def test_executions_end_with_the_steps_of_an_epoch():
    model, spy = classifier(steps_per_execution=2), Spy()
    model.fit(X, LABELS, batch_size=4, epochs=2, steps_per_epoch=3, callbacks=[spy], verbose=0)
    assert spy.seen == [("begin", 0), ("end", 1), ("begin", 2), ("end", 3)] * 2
    assert int(model.optimizer.iterations) == 6


# --- planned or eager ----------------------------------------------------------------------------

def recordings(model, name):
    return model._steps._functions[name][2].recordings if model._steps and name in model._steps._functions else 0


@pytest.mark.parametrize("name", ["train", "test", "predict"])
def test_every_step_runs_as_a_plan_and_shows_its_program(name):
    model = classifier()
    with pytest.raises(ValueError, match="has no plan yet"):
        getattr(model, f"{name}_step_source")()
    {"train": model.train_on_batch, "test": model.test_on_batch, "predict": lambda x, _: model.predict_on_batch(x)}[
        name](X, LABELS)
    assert f"def {name}_step(" in getattr(model, f"{name}_step_source")()


@pytest.mark.parametrize("compiling", [{"run_eagerly": True}, {"jit_compile": False}])
def test_plans_can_be_switched_off(compiling):
    model = classifier(**compiling)
    model.fit(X, LABELS, verbose=0)
    model.evaluate(X, LABELS, verbose=0)
    model.predict(X, verbose=0)
    assert not any(recordings(model, f"{name}_step") for name in ("train", "test", "predict"))


def test_run_eagerly_may_be_assigned_after_compile():
    model, seen = classifier(), []
    model.layers[0].activation = lambda x: seen.append(1) or mk.nn.relu(x)
    model.fit(X, LABELS, batch_size=1, verbose=0)
    planned = len(seen)
    model.run_eagerly = True
    model.fit(X, LABELS, batch_size=1, verbose=0)
    assert len(seen) - planned == 23 > planned


class Undecided(mk.Sequential):
    def train_step(self, data):
        logs = super().train_step(data)
        self.big = float(logs["loss"]) > 1
        return logs


def test_a_step_that_cannot_be_planned_warns_unless_it_must():
    with pytest.warns(PlanWarning, match=r"train_step is not compiled and stays eager: float\(\)"):
        classifier(Undecided).fit(X, LABELS, verbose=0)
    with pytest.raises(PlanError, match=r"train_step cannot be compiled: float\(\)"):
        classifier(Undecided, jit_compile=True).fit(X, LABELS, verbose=0)


def test_compiling_again_begins_anew():
    model = classifier()
    model.fit(X, LABELS, verbose=0)
    model.compile("sgd", "sparse_categorical_crossentropy")
    assert recordings(model, "train_step") == 0
    before = model.get_weights()[0]
    model.optimizer.learning_rate = 0.0
    model.fit(X, LABELS, verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], before)


def test_a_step_assigned_to_the_model_is_the_one_that_runs():
    model = classifier()
    model.train_on_batch(X, LABELS)
    model.train_step = lambda data: {"loss": mk.reduce_sum(data[0]) * 0.0 + 7.0}
    assert model.train_on_batch(X, LABELS) == 7.0


def test_what_user_code_does_is_looked_at_again_each_epoch():
    outside = [1.0]

    class Scaled(mk.Sequential):
        def test_step(self, data):
            return {"loss": mk.reduce_sum(data[0]) * 0.0 + outside[0]}

        def train_step(self, data):
            return {"loss": mk.reduce_sum(data[0]) * 0.0 + outside[0]}
    model = classifier(Scaled)

    class Change(Callback):
        def on_epoch_begin(self, epoch, logs=None):
            outside[0] = 1.0 if epoch < 5 else 2.0
    with pytest.warns(PlanWarning, match="yet changes from call to call"):
        history = model.fit(X, LABELS, batch_size=4, epochs=7, callbacks=[Change()], verbose=0).history
    assert history["loss"] == [1.0] * 5 + [2.0] * 2


def test_settings_of_the_run_are_part_of_the_config():
    given = {"run_eagerly": True, "steps_per_execution": 3, "jit_compile": False}
    model = classifier(**given)
    config = model.get_compile_config()
    assert {name: config[name] for name in given} == given
    other = mk.Sequential.from_config(model.get_config())
    other.compile_from_config(config)
    assert (other.run_eagerly, other.steps_per_execution, other.jit_compile) == (True, 3, False)
    assert classifier().get_compile_config()["jit_compile"] == "auto"


def test_a_compiled_model_can_be_copied():
    model = classifier()
    model.fit(X, LABELS, verbose=0)
    copied = copy.deepcopy(model)
    copied.compile("sgd", "sparse_categorical_crossentropy")
    before = model.get_weights()
    copied.fit(X, LABELS, verbose=0)
    assert not np.array_equal(copied.get_weights()[0], before[0])
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


def test_a_step_may_be_decorated_itself():
    class Decorated(mk.Sequential):
        @mk.function
        def train_step(self, data):
            return super().train_step(data)
    models = classifier(), classifier(Decorated)
    histories = [model.fit(X, LABELS, batch_size=4, epochs=3, verbose=0).history for model in models]
    assert histories[0] == histories[1]


# --- predict -------------------------------------------------------------------------------------

@pytest.mark.parametrize("size", [1, 4, 23])
def test_predictions_are_those_of_the_model(size):
    model = classifier()
    for _ in range(3):
        np.testing.assert_array_equal(model.predict(X[:size], verbose=0), model(X[:size]).numpy())
        np.testing.assert_array_equal(model.predict_on_batch(X[:size]), model(X[:size]).numpy())
        model.set_weights([w + 0.1 for w in model.get_weights()])


def test_predictions_stay_what_they_were():
    model = classifier()
    first, second = model.predict(X[:1], verbose=0), model.predict_on_batch(X[:1])
    model.predict(X[1:2], verbose=0)
    model.predict_on_batch(X[1:2])
    np.testing.assert_array_equal(first, model(X[:1]).numpy())
    np.testing.assert_array_equal(second, first)
    first[:] = 0
    assert np.all(model.predict(X[:1], verbose=0) > 0)


def test_prediction_needs_no_compile():
    model = mk.Sequential([mk.Input((3,)), Dense(2)])
    for _ in range(3):
        np.testing.assert_array_equal(model.predict(X, batch_size=8, verbose=0).shape, (23, 2))
    assert recordings(model, "predict_step") >= 2
    with pytest.raises(ValueError, match="compile"):
        model.evaluate(X, LABELS)


def test_prediction_builds_a_model():
    model = mk.Sequential([Dense(2)])
    np.testing.assert_allclose(model.predict(X, verbose=0), X @ model.get_weights()[0], rtol=1e-5, atol=1e-6)
    assert recordings(model, "predict_step") == 2


def test_outputs_may_be_nested():
    class Two(mk.Model):
        def call(self, x):
            return {"twice": x * 2.0, "parts": (x, x[:, 0])}
    outputs = Two().predict(X, batch_size=10, verbose=0)
    np.testing.assert_array_equal(outputs["twice"], X * 2)
    np.testing.assert_array_equal(outputs["parts"][0], X)
    np.testing.assert_array_equal(outputs["parts"][1], X[:, 0])


@pytest.mark.parametrize("x", [np.asfortranarray(X), np.repeat(X, 2, 0)[::2], X.astype("float64")[:, ::-1][:, ::-1]])
def test_layouts_of_data_sets_change_no_bit(x):
    results = []
    for data in (X, x):
        model = classifier()
        results.append(model.fit(data, LABELS, batch_size=4, epochs=2, verbose=0).history)
    assert results[0] == results[1]


# --- metrics held by layers ----------------------------------------------------------------------

def test_metrics_in_lists_that_grow_are_found():
    class Held(mk.Model):
        def __init__(self):
            super().__init__()
            self.inner, self.kept = Dense(2), {"more": []}

        def call(self, x):
            return self.inner(x)
    model = Held()
    model.compile("sgd", "mse")
    model(X)
    assert [m.name for m in model.metrics] == ["loss"]
    model.kept["more"].append(mk.metrics.Mean(name="held"))
    assert [m.name for m in model.metrics] == ["loss", "held"]
    model.kept["more"][0] = mk.metrics.Mean(name="other")
    assert [m.name for m in model.metrics] == ["loss", "other"]
    model.inner.counted = mk.metrics.Mean(name="inner")
    assert [m.name for m in model.metrics] == ["loss", "other", "inner"]
