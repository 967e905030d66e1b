"""Losses against closed forms in NumPy."""

import numpy as np
import pytest

import minikeras as mk
from minikeras import losses, registry
from minikeras.errors import ShapeError

RNG = np.random.default_rng(5)
P = RNG.dirichlet(np.ones(3), 4).astype("float32")
LABELS = np.array([2, 0, 1, 1])
ONE_HOT = np.eye(3, dtype="float32")[LABELS]
A, B = RNG.normal(size=(2, 4, 3)).astype("float32")
CROSS = -np.log(P[np.arange(4), LABELS])
CLASSES = sorted(set(registry.KINDS["losses"].values()), key=lambda cls: cls.__name__)
WITH_LABELS = ("SparseCategoricalCrossentropy", "CategoricalGeneralizedCrossEntropy", "Circle")
REDUCTIONS = {
    "sum_over_batch_size": lambda v, w: (v * w).sum() / len(v), "mean": lambda v, w: (v * w).sum() / len(v),
    "sum": lambda v, w: (v * w).sum(), "none": lambda v, w: v * w, None: lambda v, w: v * w,
    "mean_with_sample_weight": lambda v, w: (v * w).sum() / w.sum()}


def close(value, expected, rtol=1e-5):
    np.testing.assert_allclose(np.asarray(value), expected, rtol=rtol, atol=1e-6)


def logits_of(p):
    return np.log(p) + 1.5


@pytest.mark.parametrize(("loss", "y_true", "y_pred", "expected"), [
    (losses.MeanSquaredError, A, B, ((A - B) ** 2).mean(-1)),
    (losses.MeanAbsoluteError, A, B, np.abs(A - B).mean(-1)),
    (losses.BinaryCrossentropy, ONE_HOT, P, -(ONE_HOT * np.log(P) + (1 - ONE_HOT) * np.log(1 - P)).mean(-1)),
    (losses.CategoricalCrossentropy, ONE_HOT, P, CROSS),
    (losses.SparseCategoricalCrossentropy, LABELS, P, CROSS),
], ids=lambda value: getattr(value, "__name__", ""))
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weight", [None, np.array([1.0, 0.0, 2.0, 0.5], "float32")], ids=["plain", "weighted"])
def test_a_loss_is_the_reduced_weighted_loss_of_each_sample(loss, y_true, y_pred, expected, reduction, weight):
    value = loss(reduction=reduction)(y_true, y_pred, sample_weight=weight)
    close(value, REDUCTIONS[reduction](expected, np.ones(4) if weight is None else weight))


@pytest.mark.parametrize(("name", "y_true"), [("CategoricalCrossentropy", ONE_HOT),
                                              ("SparseCategoricalCrossentropy", LABELS)])
def test_from_logits_equals_probabilities_of_their_softmax(name, y_true):
    cls = getattr(losses, name)
    close(cls(from_logits=True)(y_true, logits_of(P)), cls()(y_true, P))


def test_binary_from_logits_equals_probabilities_of_their_sigmoid():
    z = RNG.normal(size=(4, 3)).astype("float32")
    close(losses.BinaryCrossentropy(from_logits=True)(ONE_HOT, z),
          losses.BinaryCrossentropy()(ONE_HOT, 1 / (1 + np.exp(-z))))


def test_label_smoothing_mixes_in_even_labels():
    smooth = 0.7 * ONE_HOT + 0.3 / 3
    close(losses.CategoricalCrossentropy(label_smoothing=0.3)(ONE_HOT, P), -(smooth * np.log(P)).sum(-1).mean())


def test_binary_label_smoothing_moves_labels_towards_a_half():
    smooth = 0.8 * ONE_HOT + 0.1
    close(losses.BinaryCrossentropy(label_smoothing=0.2)(ONE_HOT, P),
          -(smooth * np.log(P) + (1 - smooth) * np.log(1 - P)).mean())


@pytest.mark.parametrize("ignored", [1, -1])
def test_ignored_classes_leave_the_mean(ignored):
    labels = np.array([2, ignored, 0, ignored])
    loss = losses.SparseCategoricalCrossentropy(ignore_class=ignored)
    close(loss(labels, P), -(np.log(P[0, 2]) + np.log(P[2, 0])) / 2)


def test_weights_of_another_rank_meet_ignored_classes():
    labels, weight = np.array([2, -1, 0, -1]), np.array([[1.0], [5.0], [2.0], [5.0]], "float32")
    loss = losses.SparseCategoricalCrossentropy(ignore_class=-1)
    close(loss(labels, P, sample_weight=weight), -(np.log(P[0, 2]) + 2 * np.log(P[2, 0])) / 2)


def test_a_sample_that_is_all_ignored_gives_zero():
    close(losses.SparseCategoricalCrossentropy(ignore_class=1)(np.array([1, 1, 1, 1]), P), 0.0)


def test_classes_may_lie_along_another_axis():
    p = np.moveaxis(RNG.dirichlet(np.ones(3), (2, 5)).astype("float32"), -1, 1)
    y = np.moveaxis(np.eye(3, dtype="float32")[RNG.integers(0, 3, (2, 5))], -1, 1)
    expected = -(y * np.log(p)).sum(1).mean()
    close(losses.CategoricalCrossentropy(axis=1)(y, p), expected)
    close(losses.SparseCategoricalCrossentropy(axis=1)(y.argmax(1), p), expected)


@pytest.mark.parametrize(("weight", "each"), [
    (np.float32(2.0), np.full((4, 3), 2.0)), (np.arange(4.0), np.arange(4.0)[:, None] * np.ones(3)),
    (np.arange(4.0)[:, None], np.arange(4.0)[:, None] * np.ones(3)), (np.arange(12.0).reshape(4, 3), None)])
def test_weights_may_stand_for_samples_or_time_steps(weight, each):
    y, p = RNG.normal(size=(2, 4, 3, 2)).astype("float32")
    each = weight if each is None else each
    close(losses.MeanSquaredError()(y, p, sample_weight=weight), (((y - p) ** 2).mean(-1) * each).mean())


@pytest.mark.parametrize(("true_shape", "pred_shape"), [((4,), (4, 1)), ((4, 1), (4,)), ((4, 1), (4, 1))])
def test_a_last_axis_of_one_does_not_broadcast(true_shape, pred_shape):
    y, p = np.arange(4.0, dtype="float32"), np.ones(4, "float32")
    close(losses.MeanSquaredError()(y.reshape(true_shape), p.reshape(pred_shape)), ((y - p) ** 2).mean())


@pytest.mark.parametrize(("loss", "y", "p", "expected"), [
    (losses.BinaryCrossentropy(), [[0.0, 1.0]], [[1.0, 0.0]], -np.log(1e-7)),
    (losses.BinaryCrossentropy(from_logits=True), [[0.0, 1.0]], [[200.0, -200.0]], 200.0),
    (losses.CategoricalCrossentropy(from_logits=True), [[0.0, 1.0]], [[1000.0, 0.0]], 1000.0),
    (losses.SparseCategoricalCrossentropy(from_logits=True), [1], [[1000.0, 0.0]], 1000.0)])
def test_losses_of_certain_and_wrong_predictions_are_finite(loss, y, p, expected):
    close(loss(np.array(y), np.array(p, "float32")), expected, rtol=0.02)


@pytest.mark.parametrize("cls", CLASSES)
def test_a_loss_survives_its_config(cls):
    made = cls(name="mine", reduction="sum", dtype="float64")
    again = registry.deserialize(registry.serialize_object(made))
    assert type(again) is cls
    assert again.get_config() == made.get_config()


@pytest.mark.parametrize("cls", CLASSES)
def test_a_class_name_gives_a_loss_and_a_function_name_the_function(cls):
    name = registry.snake_case(cls.__name__)
    assert type(losses.get(cls.__name__)) is cls
    if cls is not losses.CategoricalGeneralizedCrossEntropy:        # its function does nothing without q
        assert losses.get(name) is getattr(losses, name)


@pytest.mark.parametrize(("short", "name"), [
    ("mse", "mean_squared_error"), ("MAE", "mean_absolute_error"), ("mape", "mean_absolute_percentage_error"),
    ("MSLE", "mean_squared_logarithmic_error"), ("bce", "binary_crossentropy"), ("KLD", "kl_divergence")])
def test_short_names_stand_for_functions(short, name):
    assert losses.get(short) is getattr(losses, name)


@pytest.mark.parametrize("cls", CLASSES)
def test_a_loss_keeps_float32(cls):
    y, p = LABELS if cls.__name__ in WITH_LABELS else ONE_HOT.astype("float64"), P.astype("float64")
    if cls is losses.CTC:
        y, p = LABELS.reshape(2, 2), np.stack([p, p])
    assert cls()(y, p).dtype == "float32"


@pytest.mark.parametrize("cls", CLASSES)
def test_a_loss_shows_how_it_was_made(cls):
    assert repr(cls(reduction="sum")) == f"{cls.__name__}(reduction='sum')"


def test_a_loss_of_ones_own_is_weighted_and_reduced():
    class Doubled(losses.Loss):
        def call(self, y_true, y_pred):
            return 2.0 * mk.ops.mean(mk.ops.abs(y_true - y_pred), axis=-1)
    close(Doubled()(A, B, sample_weight=np.arange(4.0)), (2 * np.abs(A - B).mean(-1) * np.arange(4.0)).mean())


@pytest.mark.parametrize(("bad", "named"), [
    ([0, 1, 3, 1], "label 3 of sample 2"), ([0, -1, 1, 1], "label -1 of sample 1"),
    ([[0], [1], [1], [9]], "label 9 of sample 3")])
@pytest.mark.parametrize("from_logits", [False, True])
def test_labels_that_name_no_class_are_refused(bad, named, from_logits):
    with pytest.raises(ShapeError, match=rf"{named}.*0\.\.2"):
        losses.SparseCategoricalCrossentropy(from_logits=from_logits)(np.array(bad), P)


@pytest.mark.parametrize(("loss", "y", "message"), [
    (losses.MeanSquaredError(), np.ones((4, 2)), r"targets of shape \(4, 2\).*\(4, 3\)"),
    (losses.CategoricalCrossentropy(), LABELS, "For integer labels use sparse_categorical_crossentropy"),
    (losses.SparseCategoricalCrossentropy(), ONE_HOT, "for one-hot labels use categorical"),
    (losses.BinaryCrossentropy(), np.ones((4, 1)), r"binary_crossentropy: targets of shape \(4, 1\)")])
def test_targets_of_another_shape_are_refused_with_advice(loss, y, message):
    with pytest.raises(ShapeError, match=message):
        loss(y, P)


def test_an_unknown_reduction_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"'sum_over_batch_size'.*got 'average'"):
        losses.MeanSquaredError(reduction="average")


def test_an_unknown_name_gives_the_nearest_known_one():
    with pytest.raises(ValueError, match="Did you mean 'mse'"):
        losses.get("msee")
