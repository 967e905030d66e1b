"""Models as scikit-learn's estimators: its own checks, and what they do not look at."""

import builtins
import importlib
import sys

import numpy as np
import pytest

import minikeras as mk

X = np.linspace(-1, 1, 40).reshape(20, 2)
LABELS = np.where(X[:, 0] > 0, "yes", "no")
TARGETS = X[:, 0] - 2 * X[:, 1]
SILENT = {"verbose": 0}


@pytest.fixture(autouse=True)
def sklearn():
    """Imported where it is used only, for that takes two seconds."""
    return pytest.importorskip("sklearn", "1.6", reason="needs scikit-learn 1.6 or later")


def network(X, y, loss="mse", activation=None, units=(10,)):
    """A compiled model for the data, the same at each call."""
    mk.utils.set_random_seed(0)
    model = mk.Sequential([mk.Input(X.shape[1:]), *(mk.layers.Dense(n, "relu") for n in units),
                           mk.layers.Dense(y.shape[1], activation)])
    model.compile(mk.optimizers.Adam(0.05), loss)
    return model


OF_CLASSES = {"loss": "categorical_crossentropy", "activation": "softmax"}


def classifier(**settings):
    return mk.wrappers.SKLearnClassifier(**{"model": network, "model_kwargs": OF_CLASSES, "fit_kwargs": SILENT,
                                            **settings})


def regressor(**settings):
    return mk.wrappers.SKLearnRegressor(**{"model": network, "fit_kwargs": SILENT, **settings})


# Keras' wrappers fail these, too; and others, for they draw other weights at each fit.
FAILING = {
    "SKLearnClassifier": {
        "check_classifiers_classes": "a network may leave out a class of a small set",
        "check_classifiers_train": "decision_function gives what the model does, also for two classes",
    },
    "SKLearnRegressor": {},
    "SKLearnTransformer": {},
}


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", FAILING)
def test_the_checks_of_scikit_learn(kind):
    from sklearn.utils.estimator_checks import check_estimator
    settings = {"model_kwargs": OF_CLASSES, "fit_kwargs": {"epochs": 5, **SILENT}} if "Class" in kind else {
        "fit_kwargs": SILENT}
    results = check_estimator(getattr(mk.wrappers, kind)(network, **settings), on_fail=None, on_skip=None)
    assert len(results) > 40
    failed = {result["check_name"]: result["exception"] for result in results if result["status"] == "failed"}
    assert {name: error for name, error in failed.items() if name not in FAILING[kind]} == {}


def test_a_classifier_gives_labels():
    model = classifier().fit(X, LABELS, epochs=30)
    assert model.classes_.tolist() == ["no", "yes"]
    assert model.score(X, LABELS) == 1
    assert model.decision_function(X).shape == (20, 2)
    assert model.classes_[model.decision_function(X).argmax(1)].tolist() == model.predict(X).tolist()


def test_a_regressor_gives_numbers_in_the_form_of_the_targets():
    model = regressor().fit(X, TARGETS, epochs=100)
    assert model.predict(X).shape == (20,)
    assert model.score(X, TARGETS) > 0.9


def test_a_transformer_gives_the_outputs():
    model = mk.wrappers.SKLearnTransformer(network, fit_kwargs=SILENT)
    assert model.fit_transform(X, TARGETS).shape == (20, 1)
    assert np.array_equal(model.transform(X), model.model_.predict(X, verbose=0))


def test_arguments_of_fit_go_before_those_of_the_constructor_and_change_nothing():
    settings = {"epochs": 3, **SILENT}
    model = regressor(fit_kwargs=settings)
    assert model.epoch_ == 0
    assert model.fit(X, TARGETS).epoch_ == 3
    assert model.fit(X, TARGETS, epochs=2).epoch_ == 2
    assert settings == {"epochs": 3, **SILENT}


def test_of_a_given_model_a_clone_is_trained():
    given = network(X, TARGETS[:, None])
    before = given.get_weights()
    model = regressor(model=given).fit(X, TARGETS)
    assert model.model_ is not given and model.model_.compiled
    assert all(map(np.array_equal, before, given.get_weights()))


@pytest.mark.parametrize("make", [lambda: network, lambda: network(X, TARGETS[:, None])], ids=["function", "model"])
def test_a_warm_start_goes_on_with_the_model(make):
    given = make()
    model = regressor(model=given, warm_start=True).fit(X, TARGETS)
    first = model.model_
    assert model.fit(X, TARGETS, epochs=2).model_ is first
    assert int(first.optimizer.iterations) == 3
    assert given in (network, first)


def test_a_clone_has_all_arguments(sklearn):
    model = regressor(fit_kwargs={"epochs": 7}, warm_start=True, model_kwargs={"units": [3]})
    assert sklearn.base.clone(model).get_params() == model.get_params()


def test_it_takes_part_in_pipelines_and_searches(sklearn):
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    model = make_pipeline(StandardScaler(), classifier(fit_kwargs={"epochs": 30, **SILENT}))
    search = GridSearchCV(model, {"sklearnclassifier__model_kwargs": [
        {**OF_CLASSES, "units": units} for units in ((), (4,))]}, cv=2)
    order = np.argsort(np.arange(20) % 2, kind="stable")        # both halves have both classes
    assert search.fit(X[order], LABELS[order]).best_score_ > 0.8


def test_metadata_is_routed_where_that_is_on(sklearn):
    with pytest.raises(RuntimeError, match="metadata routing is off"):
        regressor().set_fit_request(sample_weight=True)
    with sklearn.config_context(enable_metadata_routing=True):
        model = regressor().set_fit_request(sample_weight=True)
        assert model.get_metadata_routing().fit.requests == {"sample_weight": True}


@pytest.mark.parametrize(("labels", "message"), [
    (TARGETS, "Unknown label type: continuous"), (["a"] * 20, "only one class, a")])
def test_labels_that_are_none_are_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        classifier().fit(X, labels)


def test_a_model_that_is_not_compiled_is_refused():
    with pytest.raises(RuntimeError, match="the model must be compiled"):
        regressor(model=mk.Sequential([mk.layers.Dense(1)])).fit(X, TARGETS)


def test_without_scikit_learn_the_classes_say_what_they_need(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.partition(".")[0] == "sklearn":
            raise ImportError(name)
        return real(name, *args, **kwargs)
    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.delitem(sys.modules, "minikeras.wrappers.estimators")
    estimators = importlib.import_module("minikeras.wrappers.estimators")
    with pytest.raises(ImportError, match=r"SKLearnRegressor needs scikit-learn 1\.6 or later\. Install it"):
        estimators.SKLearnRegressor(network)
