"""Metrics against closed forms in NumPy."""

import numpy as np
import pytest

import minikeras as mk
from minikeras import kinds, metrics, registry
from minikeras.errors import ShapeError

from ..saving.objects import ARGUMENTS

RNG = np.random.default_rng(7)
P = RNG.dirichlet(np.ones(4), 6).astype("float32")
LABELS = RNG.integers(0, 4, 6)
ONE_HOT = np.eye(4, dtype="float32")[LABELS]
Q = RNG.random((6, 4)).astype("float32")
WEIGHT = np.array([1.0, 0.0, 2.0, 0.5, 1.0, 3.0], "float32")
RIGHT = (P.argmax(-1) == LABELS).astype("float32")
IN_TOP_2 = (np.argsort(-P, -1)[:, :2] == LABELS[:, None]).any(-1)
CROSS = -np.log(P[np.arange(6), LABELS])
BINARY = -(ONE_HOT * np.log(Q) + (1 - ONE_HOT) * np.log(1 - Q)).mean(-1)
CLASSES = sorted(set(kinds.KINDS["metrics"].values()), key=lambda cls: cls.__name__)
OF_PAIRS = [
    (metrics.MeanSquaredError, ONE_HOT, Q, ((ONE_HOT - Q) ** 2).mean(-1)),
    (metrics.MeanAbsoluteError, ONE_HOT, Q, np.abs(ONE_HOT - Q).mean(-1)),
    (metrics.Accuracy, LABELS, LABELS[::-1], LABELS[::-1] == LABELS),
    (metrics.BinaryAccuracy, ONE_HOT, Q, ((Q > 0.5) == ONE_HOT).mean(-1)),
    (metrics.CategoricalAccuracy, ONE_HOT, P, RIGHT),
    (metrics.SparseCategoricalAccuracy, LABELS, P, RIGHT),
    (metrics.SparseCategoricalAccuracy, LABELS[:, None], P, RIGHT),
    (lambda: metrics.TopKCategoricalAccuracy(k=2), ONE_HOT, P, IN_TOP_2),
    (lambda: metrics.SparseTopKCategoricalAccuracy(k=2), LABELS, P, IN_TOP_2),
    (metrics.BinaryCrossentropy, ONE_HOT, Q, BINARY),
    (metrics.CategoricalCrossentropy, ONE_HOT, P, CROSS),
    (metrics.SparseCategoricalCrossentropy, LABELS, P, CROSS),
]


@pytest.mark.parametrize(("make", "y_true", "y_pred", "expected"), OF_PAIRS,
                         ids=lambda value: getattr(value, "__name__", ""))
@pytest.mark.parametrize("weight", [None, WEIGHT, WEIGHT[:, None]], ids=["plain", "weighted", "column"])
def test_a_metric_is_the_weighted_mean_over_all_batches(make, y_true, y_pred, expected, weight):
    metric = make()
    for part in (slice(0, 4), slice(4, 6)):
        metric.update_state(y_true[part], y_pred[part], sample_weight=None if weight is None else weight[part])
    w = np.ones(6) if weight is None else WEIGHT
    np.testing.assert_allclose(float(metric.result()), (expected * w).sum() / w.sum(), rtol=1e-5)


@pytest.mark.parametrize(("metric", "each"), [
    (metrics.RootMeanSquaredError(), None),
    (metrics.CosineSimilarity(), (ONE_HOT * Q).sum(-1) / np.linalg.norm(Q, axis=-1)),
    (metrics.LogCoshError(), np.log(np.cosh(ONE_HOT - Q)).mean(-1))], ids=lambda value: type(value).__name__)
def test_a_metric_may_differ_from_the_loss_of_its_name(metric, each):
    expected = np.sqrt(((ONE_HOT - Q) ** 2).mean()) if each is None else each.mean()
    np.testing.assert_allclose(float(metric(ONE_HOT, Q)), expected, rtol=1e-5)


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
def test_the_mask_of_predictions_is_a_weight(weight):
    mask = np.array([True, True, False, True, False, True])
    p = mk.constant(P)
    p._keras_mask = mk.constant(mask)
    w = mask * (1.0 if weight is None else weight)
    np.testing.assert_allclose(float(metrics.CategoricalAccuracy()(ONE_HOT, p, sample_weight=weight)),
                               (RIGHT * w).sum() / w.sum(), rtol=1e-6)


def test_the_best_ids_may_be_given_in_place_of_scores():
    ids = np.array([[2, 0, 1], [1, 1, 0]])
    metric = metrics.SparseTopKCategoricalAccuracy(k=2, from_sorted_ids=True)
    assert float(metric([1, 1], ids)) == 0.5


def test_a_mean_of_tensors_is_taken_element_by_element():
    metric = metrics.MeanTensor()
    metric.update_state([[1.0, 2.0], [3.0, 4.0]])
    metric.update_state([[5.0, 6.0], [7.0, 8.0]], sample_weight=[3.0, 0.0])
    assert metric.result().numpy().tolist() == [[4.0, 5.0], [3.0, 4.0]]
    with pytest.raises(ShapeError, match=r"values of shape \(2,\) do not go with those before, of shape \(2, 2\)"):
        metric.update_state([1.0, 2.0])


def test_a_mean_of_tensors_has_a_value_once_its_shape_is_known():
    with pytest.raises(ValueError, match="MeanTensor 'mean_tensor' has no value yet"):
        metrics.MeanTensor().result()
    assert metrics.MeanTensor(shape=(2,)).result().numpy().tolist() == [0.0, 0.0]


def test_a_state_outside_the_metric_is_updated_and_read_without_touching_its_own():
    metric = metrics.Mean()
    metric.update_state([100.0])
    state = metric.stateless_reset_state()
    for value in (1.0, 3.0):
        state = metric.stateless_update_state(state, [value])
    assert [float(v) for v in state] == [4.0, 2.0]
    assert float(metric.stateless_result(state)) == 2.0
    assert float(metric.result()) == 100.0
    with pytest.raises(ValueError, match=r"there are 2 variables \(total, count\), got 1 values"):
        metric.stateless_result(state[:1])


def test_metrics_in_attributes_belong_to_a_metric():
    class Ratio(metrics.Metric):
        def __init__(self):
            super().__init__(name="ratio")
            self.parts = [metrics.Sum(), metrics.Sum()]

        def update_state(self, y_true, y_pred, sample_weight=None):
            for part, values in zip(self.parts, (y_true, y_pred)):
                part.update_state(values)

        def result(self):
            return self.parts[0].result() / self.parts[1].result()
    metric = Ratio()
    assert float(metric([4.0], [2.0])) == 2.0
    assert len(metric.variables) == 2
    metric.reset_state()
    assert float(metric([3.0], [1.0])) == 3.0


def test_mean_and_sum_weigh_values():
    for metric, expected in ((metrics.Mean(), 2.0), (metrics.Sum(), 4.0)):
        metric.update_state([1, 3, 5, 7], sample_weight=[1, 1, 0, 0])
        assert float(metric.result()) == expected


def test_samples_of_many_values_count_once_each():
    metric = metrics.Mean()
    metric.update_state(np.array([[0.0, 2.0], [4.0, 8.0]]), sample_weight=np.array([3.0, 1.0]))
    assert float(metric.result()) == (3 * 1 + 1 * 6) / 4


def test_weights_may_stand_for_time_steps():
    y, p, w = RNG.integers(0, 3, (4, 5)), RNG.dirichlet(np.ones(3), (4, 5)), RNG.random((4, 5))
    metric = metrics.SparseCategoricalAccuracy()
    metric.update_state(y, p, sample_weight=w)
    hits = (p.argmax(-1) == y) * w
    np.testing.assert_allclose(float(metric.result()), hits.mean(1).sum() / w.mean(1).sum(), rtol=1e-5)


@pytest.mark.parametrize("threshold", [0.2, 0.8])
def test_binary_accuracy_takes_a_threshold(threshold):
    metric = metrics.BinaryAccuracy(threshold=threshold)
    metric.update_state(ONE_HOT, Q)
    np.testing.assert_allclose(float(metric.result()), ((threshold < Q) == ONE_HOT).mean(), rtol=1e-6)


def test_ignored_classes_leave_a_weighted_cross_entropy():
    metric = metrics.SparseCategoricalCrossentropy(ignore_class=-1)
    labels = np.where(np.arange(6) % 2, -1, LABELS)
    metric.update_state(labels, P, sample_weight=WEIGHT)
    w = WEIGHT * (labels >= 0)
    np.testing.assert_allclose(float(metric.result()), (CROSS * w).sum() / w.sum(), rtol=1e-5)


@pytest.mark.parametrize("label", [-1, 4])
def test_labels_that_name_no_class_are_never_among_the_best(label):
    assert metrics.sparse_top_k_categorical_accuracy([label], P[:1], k=4).numpy().tolist() == [0.0]


def test_a_prediction_of_nan_is_never_among_the_best():
    assert metrics.sparse_top_k_categorical_accuracy([1], [[np.nan, np.nan]], k=1).numpy().tolist() == [0.0]


def test_ties_count_in_favour_of_the_label():
    assert metrics.sparse_top_k_categorical_accuracy([1], [[0.5, 0.5]], k=1).numpy().tolist() == [1.0]


def made_with(cls, **arguments):
    return cls(**(ARGUMENTS.get(cls.__name__, {}) | arguments))


def fed(metric):
    name = type(metric).__name__
    if name in ("Mean", "Sum", "MeanTensor"):
        metric.update_state(Q)
    elif name == "AUC":
        metric.update_state(ONE_HOT[:, :2], P[:, :2])
    else:
        metric.update_state(LABELS if "Sparse" in name or name == "MeanIoU" else ONE_HOT,
                            P.argmax(1) if "MeanIoU" in name else P)
    return np.asarray(metric.result()).tolist()


@pytest.mark.parametrize("cls", CLASSES)
def test_reset_state_forgets_everything(cls):
    metric = made_with(cls)
    first = fed(metric)
    metric.reset_state()
    assert all((variable.numpy() == 0).all() for variable in metric.variables)
    assert fed(metric) == first


@pytest.mark.parametrize("cls", CLASSES)
def test_a_metric_survives_its_config(cls):
    made = made_with(cls, name="mine", dtype="float64")
    again = registry.deserialize(registry.serialize_object(made))
    assert type(again) is cls
    assert again.get_config() == made.get_config()
    assert fed(again) == fed(made)


@pytest.mark.parametrize("cls", CLASSES)
def test_a_metric_is_named_as_keras_names_it(cls):
    made = made_with(cls)
    named = {"LogCoshError": "logcosh", "FBetaScore": "fbeta_score"}
    assert made.name == named.get(cls.__name__, kinds.snake_case(cls.__name__))
    assert kinds.find("metrics", made.name) is cls


def test_a_metric_shows_how_it_was_made():
    assert repr(metrics.AUC(curve="PR", name="mine")) == "AUC(curve='PR', name='mine')"


def test_a_metric_without_updates_is_zero_not_nan():
    assert float(metrics.Mean().result()) == 0.0


def test_calling_a_metric_updates_it_and_gives_the_result():
    metric = metrics.MeanSquaredError()
    assert float(metric([[0.0]], [[2.0]])) == 4.0
    assert float(metric([[0.0]], [[0.0]])) == 2.0


def test_a_metric_of_ones_own_keeps_its_state_in_variables():
    class Largest(metrics.Metric):
        def __init__(self, name="largest"):
            super().__init__(name=name)
            self.value = self.add_weight(name="value", initializer="zeros")

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.value.assign(mk.ops.maximum(self.value, mk.ops.max(mk.ops.abs(y_pred - y_true))))

        def result(self):
            return self.value
    metric = Largest()
    metric.update_state(np.array([1.0, 2.0], "float32"), np.array([4.0, 2.5], "float32"))
    metric.update_state(np.array([1.0], "float32"), np.array([2.0], "float32"))
    assert float(metric.result()) == 3.0
    assert [v.name for v in metric.variables] == ["value"]


def test_a_function_becomes_a_metric():
    metric = metrics.MeanMetricWrapper(lambda y, p, power: mk.ops.abs(y - p) ** power, name="powered", power=3)
    metric.update_state(np.array([[1.0]]), np.array([[3.0]]))
    assert (metric.name, float(metric.result())) == ("powered", 8.0)


def test_an_unknown_name_gives_the_nearest_known_one():
    with pytest.raises(ValueError, match="Did you mean 'accuracy'"):
        metrics.get("acuracy")


@pytest.mark.parametrize("metric", [metrics.SparseCategoricalAccuracy, metrics.SparseTopKCategoricalAccuracy])
def test_labels_that_are_not_one_a_row_are_refused(metric):
    with pytest.raises(ShapeError, match=r"labels of shape \(3,\) do not fit predictions of shape \(1, 2\)"):
        metric()([1, 2, 3], [[0.1, 0.9]])


@pytest.mark.parametrize("cls", [metrics.TopKCategoricalAccuracy, metrics.SparseTopKCategoricalAccuracy])
def test_the_best_of_none_are_refused(cls):
    with pytest.raises(ValueError, match=f"{cls.__name__}: k must be an integer from 1 on, got 0"):
        cls(k=0)
