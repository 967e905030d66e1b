"""What cannot be trained on is refused with one message that says where and what to do."""

import numpy as np
import pytest

import minikeras as mk
from minikeras.errors import DataError, GradientError, ShapeError
from minikeras.layers import Dense

X, Y, LABELS = np.ones((4, 3)), np.ones((4, 2)), np.array([0, 1, 1, 0])


def compiled(loss="mse", **compiling):
    model = mk.Sequential([mk.Input((3,)), Dense(2, "softmax")])
    model.compile("sgd", loss, **compiling)
    return model


def with_one(value):
    x = X.copy()
    x[2, 1] = value
    return x


@pytest.mark.parametrize(("arguments", "message"), [
    ({"x": X, "y": Y[:3]}, r"same number of samples, got x: \[4\], y: \[3\]"),
    ({"x": X, "y": Y, "sample_weight": np.ones(5)}, r"sample_weight: \[5\]"),
    ({"x": X[:0], "y": Y[:0]}, "the data set is empty"),
    ({"x": with_one(np.nan), "y": Y}, "x has 1 values that are NaN or infinite, the first in sample 2"),
    ({"x": X, "y": Y * np.inf}, "y has 8 values that are NaN or infinite, the first in sample 0"),
    ({"x": 3.0, "y": Y}, "x must be an array"), ({"x": np.float64(3.0), "y": Y}, "samples along its first axis"),
    ({"x": np.array([[None, "b", "c"]] * 4), "y": Y}, "None is no string"),
    ({"x": np.zeros((4, 3), complex), "y": Y}, "training takes numbers"),
    ({"x": iter([X]), "y": None}, "there is no y"),
    ({"x": iter([(X, Y)]), "y": Y}, "y is given beside a list_iterator"),
    ({"x": iter([])}, "the data give no batches"), ({"x": lambda: X}, "something that gives batches"),
    ({"x": iter([(X, Y, Y, Y)])}, "got a tuple of 4"), ({"x": iter([(X, "no")])}, "y must be an array"),
    ({"x": X, "y": Y, "validation_data": (X, Y, Y, Y)}, "got a tuple of 4"),
    ({"x": X, "y": Y, "validation_data": (X[:0], Y[:0])}, "empty"),
    ({"x": X, "y": Y, "validation_split": 0.9}, "leaves one side empty"),
    ({"x": X, "y": None, "class_weight": {0: 1.0}}, "fit: there is no y"),
    ({"x": X, "y": np.ones((4, 2, 2)), "class_weight": {0: 1.0}}, "one class for each sample"),
])
def test_unusable_data_is_refused(arguments, message):
    with pytest.raises(DataError, match=message):
        compiled().fit(**arguments, verbose=0)


@pytest.mark.parametrize(("arguments", "message"), [
    ({"batch_size": 0}, "batch_size must be an integer from 1 on, got 0"), ({"epochs": 1.5}, "epochs must be"),
    ({"steps_per_epoch": 0}, "steps_per_epoch must be"), ({"validation_split": 1.5}, "between 0 and 1"),
    ({"class_weight": {0: 1.0}, "sample_weight": np.ones(4)}, "not both")])
def test_impossible_settings_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        compiled().fit(X, LABELS, verbose=0, **arguments)


@pytest.mark.parametrize(("labels", "named"), [
    ([0, 1, 2, 0], "label 2 of sample 2"), ([0, -1, 1, 0], "label -1 of sample 1")])
def test_labels_out_of_range_are_named_with_their_sample(labels, named):
    with pytest.raises(ShapeError, match=rf"{named} of the batch is outside 0\.\.1"):
        compiled("sparse_categorical_crossentropy").fit(X, np.array(labels), shuffle=False, verbose=0)


@pytest.mark.parametrize(("loss", "y", "message"), [
    ("mse", np.ones((4, 3)), r"targets of shape \(4, 3\) do not fit predictions of shape \(4, 2\)"),
    ("categorical_crossentropy", LABELS, "For integer labels use sparse_categorical_crossentropy"),
    ("sparse_categorical_crossentropy", Y, "for one-hot labels use categorical cross-entropy")])
def test_targets_of_another_shape_than_the_output_are_refused(loss, y, message):
    with pytest.raises(ShapeError, match=message):
        compiled(loss).fit(X, y, verbose=0)


def test_inputs_of_another_shape_than_the_model_s_are_refused():
    with pytest.raises(ShapeError, match=r"expects inputs of shape \(None, 3\) \(batch first\), got \(4, 5\)"):
        compiled().fit(np.ones((4, 5)), Y, verbose=0)


@pytest.mark.parametrize(("compiling", "message"), [
    ({"loss": "sparse_crossentropy"}, "one of the losses .*'sparse_categorical_crossentropy'"),
    ({"optimizer": "adamm"}, "one of the optimizers .*'adam'"), ({"optimizer": 3}, "cannot be understood"),
    ({"steps_per_execution": 0}, "steps_per_execution"),
    ({"jit_compile": 2}, "'auto', True or False, got 2"), ({"jit_compile": 0}, "'auto', True or False, got 0"),
    ({"metrics": [None]}, "a metric is a name.*got None")])
def test_compile_refuses_what_it_does_not_know(compiling, message):
    with pytest.raises(ValueError, match=message):
        mk.Sequential([Dense(1)]).compile(**{"optimizer": "sgd", "loss": "mse", **compiling})


def test_compile_names_the_metric_nearest_to_an_unknown_one():
    with pytest.raises(ValueError, match=r"'acuracy' is not one of the metrics.*'accuracy'"):
        compiled(metrics=["acuracy"])


@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_training_before_compiling_is_refused(method):
    with pytest.raises(ValueError, match=rf"m\.{method}: call compile"):
        getattr(mk.Sequential([Dense(1)], name="m"), method)(X, Y)


def test_training_without_any_loss_is_refused():
    with pytest.raises(ValueError, match="there is no loss to compute"):
        compiled(None).fit(X, Y, verbose=0)


def test_a_loss_that_reaches_no_weight_names_them_all():
    class Cut(mk.layers.Layer):
        def call(self, x):
            return mk.stop_gradient(x)
    model = mk.Sequential([mk.Input((3,)), Dense(2, name="lost"), Cut()], name="net")
    model.compile("sgd", "mse")
    with pytest.raises(GradientError, match="no gradient reached any variable: net/lost/kernel, net/lost/bias"):
        model.fit(X, Y, verbose=0)


def test_a_layer_that_needs_a_known_width_says_so():
    with pytest.raises(ShapeError, match=r"at least 2 axes with a known last one, got \(None, None\)"):
        mk.Sequential([mk.Input((None,)), Dense(2)])


def test_several_callbacks_must_be_callbacks():
    with pytest.raises(TypeError, match="callbacks must be Callback objects, got 3"):
        compiled().fit(X, Y, callbacks=[3], verbose=0)


@pytest.mark.parametrize("method", ["fit", "evaluate", "predict", "train_on_batch"])
def test_no_input_at_all_says_so(method):
    with pytest.raises(DataError, match="there is no input: x is None"):
        getattr(compiled(), method)(None, **({} if method == "predict" else {"y": Y}))


@pytest.mark.parametrize(("method", "arguments", "message"), [
    ("fit", {"x": X}, "fit: there is no y"), ("evaluate", {"x": X}, "evaluate: there is no y"),
    ("train_on_batch", {"x": X}, "train_on_batch: there is no y"), ("fit", {"x": (X, Y)}, "as two arguments"),
    ("fit", {"x": X, "y": Y, "validation_data": X}, r"validation_data: there is no y.*as \(x, y\)")])
def test_missing_targets_are_refused_where_the_loss_needs_them(method, arguments, message):
    with pytest.raises(DataError, match=message):
        getattr(compiled(), method)(**arguments)


@pytest.mark.parametrize("arguments", [
    {"x": [X], "y": Y}, {"x": X, "y": [Y]}, {"x": X, "y": Y, "validation_data": [X, Y]}])
def test_lists_of_one_array_are_taken_as_in_keras(arguments):
    assert len(compiled().fit(**arguments, verbose=0).epoch) == 1


@pytest.mark.parametrize(("settings", "message"), [
    ({"validation_freq": 0}, "validation_freq must be an integer from 1 on, got 0"),
    ({"validation_steps": 0}, "validation_steps must"), ({"validation_batch_size": 0}, "validation_batch_size must"),
    ({"verbose": "loud"}, "verbose must be 0, 1, 2 or 'auto', got 'loud'"), ({"verbose": 7}, "got 7"),
    ({"shuffle": "all"}, "shuffle must be True, False or 'batch', got 'all'"),
    ({"class_weight": [1, 2]}, r"class_weight must be a dict .*got \[1, 2\]"), ({"class_weight": {-1: 1.0}}, "from 0"),
    ({"class_weight": {"a": 1.0}}, "class_weight must be a dict"),
    ({"class_weight": {0: -1.0}}, r"class_weight\[0\] must be a number from 0 on")])
def test_settings_that_mean_nothing_are_refused_before_an_update(settings, message):
    model = compiled()
    with pytest.raises(ValueError, match=message):
        model.fit(X, Y, **settings)
    assert model.optimizer.iterations == 0


def test_evaluating_no_steps_is_refused():
    with pytest.raises(ValueError, match="evaluate: steps must be an integer from 1 on"):
        compiled().evaluate(X, Y, steps=0)


def test_rows_of_different_lengths_are_refused():
    with pytest.raises(DataError, match="x is a list of rows of different lengths"):
        compiled().fit([[1.0, 2.0, 3.0], [1.0]], Y[:2])


@pytest.mark.parametrize("call", [lambda m: m({"a": X}), lambda m: m([[1.0, 2.0, 3.0]]),
                                  lambda m: m.fit({"a": X}, Y, verbose=0)])
def test_a_nest_for_a_model_of_one_input_is_refused(call):
    with pytest.raises(TypeError, match=r"has one input, of shape \(None, 3\).*got a (dict|list)"):
        call(compiled())


@pytest.mark.parametrize(("units", "loss", "y", "message"), [
    (2, "binary_crossentropy", LABELS, "For integer labels of 2 classes use sparse_categorical_crossentropy"),
    (4, "categorical_crossentropy", np.eye(3)[[0, 1, 2, 0]], "Give the last layer 3 units"),
    (1, "binary_crossentropy", Y, "Give the last layer 2 units")])
def test_labels_for_another_loss_say_which(units, loss, y, message):
    model = mk.Sequential([mk.Input((3,)), Dense(units, "sigmoid")])
    model.compile("sgd", loss)
    with pytest.raises(ShapeError, match=message):
        model.fit(X, y, verbose=0)


def test_labels_in_words_are_refused():
    model = compiled("sparse_categorical_crossentropy", run_eagerly=True)
    with pytest.raises(DataError, match="the labels are strings"):
        model.fit(X, np.array(["cat", "dog", "dog", "cat"]), verbose=0)


def test_metrics_in_the_place_of_loss_weights_are_told_where_to_go():
    with pytest.raises(TypeError, match=r"loss_weights must be numbers.*got 'accuracy'.*metrics=\[\.\.\.\]"):
        compiled().compile("adam", "mse", ["accuracy"])


def test_labels_may_be_missing_where_the_users_own_loss_looks_for_them():
    def known_only(y, p):
        known = mk.ops.isfinite(y)
        return mk.ops.mean(mk.ops.where(known, mk.ops.square(mk.ops.where(known, y, 0.0) - p), 0.0), axis=-1)
    y = np.where(np.eye(4, 2) > 0, np.nan, Y)
    for loss in (known_only, mk.losses.LossFunctionWrapper(known_only)):
        model = compiled(loss)
        assert np.isfinite(model.fit(X, y, validation_split=0.5, verbose=0).history["val_loss"]).all()
        assert np.isfinite(model.evaluate(X, y, verbose=0) + model.train_on_batch(X, y))
    with pytest.raises(DataError, match="y has 2 values that are NaN"):
        compiled(mk.losses.Huber()).fit(X, y, verbose=0)


def test_a_wrong_loss_names_the_model_and_the_output():
    model = mk.Sequential([mk.Input((3,)), Dense(5, name="scores")], name="net")
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(ShapeError, match=r"use categorical cross-entropy\. \(In the loss of net/scores\.\)"):
        model.fit(np.ones((4, 3)), np.eye(5)[:4], verbose=0)


def test_a_call_that_returns_nothing_is_told_to():
    class Silent(mk.Model):
        def call(self, x):
            pass
    model = Silent(name="silent")
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"silent: its call returned None.*Let call return the outputs"):
        model.fit(np.ones((4, 3)), np.ones((4, 1)), verbose=0)
