"""Models as scikit-learn's estimators, for its pipelines and searches."""

import copy

import numpy as np

from ..models import Model, clone_model

try:
    import sklearn
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin
    from sklearn.utils.multiclass import type_of_target
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError:     # the classes can still be looked at; made they cannot be
    sklearn = None
    BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin = (type(name, (), {}) for name in (
        "BaseEstimator", "ClassifierMixin", "RegressorMixin", "TransformerMixin"))


class SKLBase(BaseEstimator):
    """What the three kinds share. The arguments are those of `SKLearnRegressor`."""

    def __init__(self, model, warm_start=False, model_kwargs=None, fit_kwargs=None):
        if sklearn is None:
            raise ImportError(f"{type(self).__name__} needs scikit-learn 1.6 or later. Install it with: "
                              "pip install scikit-learn")
        self.model, self.warm_start = model, warm_start
        self.model_kwargs, self.fit_kwargs = model_kwargs, fit_kwargs

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.non_deterministic = True
        return tags

    @property
    def epoch_(self):
        """How many epochs the last `fit` has run; 0 before."""
        return len(self.history_.epoch) if hasattr(self, "history_") else 0

    def set_fit_request(self, **kwargs):
        """Have scikit-learn's metadata routing hand arguments on to `fit`: name=True, False, None or another name.

        Raises RuntimeError where it is not switched on.
        """
        if not sklearn.get_config().get("enable_metadata_routing"):
            raise RuntimeError("set_fit_request: metadata routing is off. Switch it on with "
                               "sklearn.set_config(enable_metadata_routing=True).")
        self._metadata_request = copy.deepcopy(self._get_metadata_request())
        for name, alias in kwargs.items():
            self._metadata_request.fit.add_request(param=name, alias=alias)
        return self

    def fit(self, X, y, **kwargs):
        """Train a model on samples X, (n, features), and targets y, (n,). `kwargs` are for the model's own `fit`, and
        go before `fit_kwargs`.

        Raises RuntimeError for a model that is not compiled with a loss.
        """
        X, y = validate_data(self, X, y)
        y = self._encoded(y)
        model = self._model_for(X, y)
        if not model.compiled or not model.loss or model.optimizer is None:
            raise RuntimeError(f"{type(self).__name__}: the model must be compiled, with a loss and an optimizer, "
                               "before it is given here or returned.")
        self.history_ = model.fit(X, y, **{**(self.fit_kwargs or {}), **kwargs})
        self.model_ = model
        return self

    def predict(self, X):
        """What the trained model makes of samples, in the form of the targets."""
        return self._decoded(self._outputs(X))

    def _model_for(self, X, y):
        if self.warm_start and hasattr(self, "model_"):
            return self.model_
        if not isinstance(self.model, Model):
            return self.model(X=X, y=y, **(self.model_kwargs or {}))
        return self.model if self.warm_start else clone_model(self.model)

    def _outputs(self, X):
        check_is_fitted(self)
        return self.model_.predict(validate_data(self, X, reset=False))

    def _encoded(self, y):
        if type_of_target(y) == "unknown":
            raise ValueError(f"{type(self).__name__}: Unknown label type: {y!r}")
        return y.reshape(len(y), -1)

    def _decoded(self, outputs):
        return outputs[:, 0] if outputs.ndim == 2 and outputs.shape[1] == 1 else outputs


class SKLearnClassifier(ClassifierMixin, SKLBase):
    """A model as a classifier of scikit-learn. The model is given the classes as one-hot rows and has an output for
    each, probabilities or logits.

    The arguments are those of `SKLearnRegressor`. After `fit`, `model_` is the trained model, `history_` its History
    and `classes_` the labels.
    """

    def decision_function(self, X):
        """The outputs of the model, (n, classes)."""
        return self._outputs(X)

    def _encoded(self, y):
        kind = type_of_target(y)
        if kind not in ("binary", "multiclass"):
            raise ValueError(f"{type(self).__name__}: Unknown label type: {kind}. Only binary and multiclass targets "
                             "are supported, an array of one label a sample.")
        self.classes_, numbers = np.unique(y, return_inverse=True)
        if len(self.classes_) == 1:
            raise ValueError(f"{type(self).__name__}: a classifier cannot be trained where there is only one class, "
                             f"{self.classes_[0]}.")
        return np.eye(len(self.classes_))[numbers]

    def _decoded(self, outputs):
        return self.classes_[outputs.argmax(axis=1)]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True
        return tags


class SKLearnRegressor(RegressorMixin, SKLBase):
    """A model as a regressor of scikit-learn. The model is given the targets as a column.

    model          a compiled Model, of which `fit` trains a clone; or a function of X, y and `model_kwargs`, by name,
                   that makes one
    warm_start     train the given model itself, and go on with it at the next `fit`
    model_kwargs   further arguments of that function
    fit_kwargs     arguments of the model's own `fit`, such as {"epochs": 5}
    After `fit`, `model_` is the trained model and `history_` its History.
    """

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        return tags


class SKLearnTransformer(TransformerMixin, SKLBase):
    """A model as a transformer of scikit-learn, such as one that gives embeddings for a pipeline.

    The arguments are those of `SKLearnRegressor`. After `fit`, `model_` is the trained model and `history_` its
    History.
    """

    def transform(self, X):
        """The outputs of the model for samples."""
        return self._outputs(X)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags
