"""Losses against closed forms in NumPy."""

import numpy as np
import pytest

import minikeras as mk
from minikeras import kinds, losses, registry
from minikeras.errors import ShapeError

RNG = np.random.default_rng(5)
P = RNG.dirichlet(np.ones(3), 4).astype("float32")
LABELS = np.array([2, 0, 1, 1])
ONE_HOT = np.eye(3, dtype="float32")[LABELS]
A, B = RNG.normal(size=(2, 4, 3)).astype("float32")
CROSS = -np.log(P[np.arange(4), LABELS])
CLASSES = sorted(set(kinds.KINDS["losses"].values()), key=lambda cls: cls.__name__)
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
    (losses.CategoricalGeneralizedCrossEntropy, LABELS, P, (1 - P[np.arange(4), LABELS] ** 0.5) / 0.5),
    (losses.MeanAbsolutePercentageError, A, B, 100 * np.abs((A - B) / A).mean(-1)),
    (losses.MeanSquaredLogarithmicError, ONE_HOT, P, ((np.log1p(ONE_HOT) - np.log1p(P)) ** 2).mean(-1)),
    (losses.CosineSimilarity, A, B, -(A * B).sum(-1) / np.linalg.norm(A, axis=-1) / np.linalg.norm(B, axis=-1)),
    (losses.Huber, A, B, np.where(np.abs(A - B) < 1, (A - B) ** 2 / 2, np.abs(A - B) - 0.5).mean(-1)),
    (losses.LogCosh, A, B, np.log(np.cosh(A - B)).mean(-1)),
    (losses.KLDivergence, P, P[::-1], (P * np.log(P / P[::-1])).sum(-1)),
    (losses.Poisson, LABELS[:, None] * np.ones(3), P, (P - LABELS[:, None] * np.log(P)).mean(-1)),
    (losses.Hinge, ONE_HOT, B, np.maximum(1 - (2 * ONE_HOT - 1) * B, 0).mean(-1)),
    (losses.SquaredHinge, 2 * ONE_HOT - 1, B, (np.maximum(1 - (2 * ONE_HOT - 1) * B, 0) ** 2).mean(-1)),
    (losses.CategoricalHinge, ONE_HOT, B, np.maximum(
        ((1 - ONE_HOT) * B).max(-1) - B[np.arange(4), LABELS] + 1, 0)),
    (losses.BinaryFocalCrossentropy, ONE_HOT, P, -(
        ONE_HOT * (1 - P) ** 2 * np.log(P) + (1 - ONE_HOT) * P**2 * np.log(1 - P)).mean(-1)),
    (losses.CategoricalFocalCrossentropy, ONE_HOT, P, 0.25 * (1 - P[np.arange(4), LABELS]) ** 2 * CROSS),
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


def test_class_balancing_weighs_the_labels_of_binary_focal_cross_entropy():
    plain = losses.BinaryFocalCrossentropy(reduction="none")(ONE_HOT[..., None], P[..., None])
    balanced = losses.BinaryFocalCrossentropy(True, alpha=0.3, reduction="none")(ONE_HOT[..., None], P[..., None])
    close(balanced, plain * np.where(ONE_HOT == 1, 0.3, 0.7))


def test_each_class_may_have_a_focal_weight_of_its_own():
    loss = losses.CategoricalFocalCrossentropy(alpha=[0.1, 0.2, 0.3], gamma=0)
    close(loss(ONE_HOT, P), (np.array([0.1, 0.2, 0.3])[LABELS] * CROSS).mean())


@pytest.mark.parametrize(("axis", "over"), [(None, (0, 1, 2)), (1, (1,)), ([1, 2], (1, 2))])
def test_overlap_is_summed_over_the_axes_asked_for(axis, over):
    y, p = RNG.integers(0, 2, (2, 3, 4)).astype("float32"), RNG.random((2, 3, 4)).astype("float32")
    common, missed, wrong = (v.sum(over) for v in (y * p, y * (1 - p), p * (1 - y)))
    close(losses.Dice(axis=axis)(y, p), (1 - 2 * common / (2 * common + missed + wrong)).mean())
    close(losses.Tversky(0.3, 0.9, axis=axis)(y, p), (1 - common / (common + 0.3 * missed + 0.9 * wrong)).mean())


@pytest.mark.parametrize("remove_diagonal", [True, False])
def test_circle_compares_each_embedding_with_all_others(remove_diagonal):
    x, labels, gamma, m = RNG.normal(size=(6, 3)), [0, 1, 0, 2, 1, 0], 4.0, 0.25
    x = (x / np.linalg.norm(x, axis=-1, keepdims=True)).astype("float32")
    terms = []
    for i in range(6):
        near = far = 0.0
        for j in range(6):
            s = x[i] @ x[j]         # similarity; the optima of the paper are 1 + m and -m, its margins 1 - m and m
            if labels[i] != labels[j]:
                far += np.exp(gamma * max(s + m, 0) * (s - m))
            elif i != j or not remove_diagonal:
                near += np.exp(-gamma * max(1 + m - s, 0) * (s - (1 - m)))
        terms.append(np.log1p(near * far))
    counting = [term for term in terms if term > 0]
    loss = losses.Circle(gamma, m, remove_diagonal)(np.array(labels), x)
    close(loss, sum(counting) / len(counting), rtol=1e-4)


def test_an_embedding_without_a_partner_has_no_circle_loss_and_no_gradient():
    x = mk.constant(np.eye(3, dtype="float32"))
    with mk.GradientTape() as tape:
        tape.watch(x)
        loss = losses.Circle()(np.array([0, 1, 2]), x)
    assert float(loss) == 0.0
    assert not tape.gradient(loss, x).numpy().any()


def test_ctc_takes_zeros_for_padding_and_the_blank():
    logits = RNG.normal(size=(1, 2, 3)).astype("float32")
    p = np.exp(logits[0]) / np.exp(logits[0]).sum(-1, keepdims=True)
    paths = p[0, 1] * p[1, 1] + p[0, 0] * p[1, 1] + p[0, 1] * p[1, 0]
    close(losses.CTC()(np.array([[1, 0, 0]]), logits), -np.log(paths))


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


def masked(x, mask):
    x = mk.constant(x)
    x._keras_mask = mk.constant(mask)
    return x


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weight", [None, np.array([1.0, 3.0, 2.0, 0.5], "float32")], ids=["plain", "weighted"])
def test_the_mask_of_predictions_is_a_weight_and_the_mean_is_over_what_counts(reduction, weight):
    mask = np.array([True, False, True, True])
    w = np.ones(4) if weight is None else weight
    expected = ((A - B) ** 2).mean(-1)
    want = REDUCTIONS[reduction](expected[mask], w[mask]) if reduction not in (None, "none") else expected * w * mask
    close(losses.MeanSquaredError(reduction)(A, masked(B, mask), sample_weight=weight), want)


def test_masks_of_predictions_and_ignored_classes_both_leave_out():
    labels, mask = np.array([2, 1, 0, 1]), np.array([True, True, True, False])
    loss = losses.SparseCategoricalCrossentropy(ignore_class=2)(labels, masked(P, mask))
    close(loss, -(np.log(P[1, 1]) + np.log(P[2, 0])) / 2)


def test_of_nothing_that_counts_the_loss_is_zero():
    assert float(losses.MeanSquaredError()(A, masked(B, np.zeros(4, bool)))) == 0.0
    assert float(losses.MeanSquaredError("mean_with_sample_weight")(A, B, sample_weight=np.zeros(4))) == 0.0
    assert float(losses.MeanSquaredError()(A[:0], B[:0])) == 0.0


def test_what_is_not_a_number_does_not_reach_the_gradient_from_an_ignored_sample():
    logits = mk.constant(np.array([[np.nan, 1.0], [0.0, 0.0]], "float32"))
    with mk.GradientTape() as tape:
        tape.watch(logits)
        loss = losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)(np.array([-1, 0]), logits)
    close(tape.gradient(loss, logits), [[0, 0], [-0.5, 0.5]])


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
    name = kinds.snake_case(cls.__name__)
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


EDGES = {
    "SparseCategoricalCrossentropy": np.array([0, 1]), "CategoricalGeneralizedCrossEntropy": np.array([0, 0]),
    "Circle": np.array([0, 1])}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("cls", [cls for cls in CLASSES if cls is not losses.CTC])
@pytest.mark.parametrize("p", [np.eye(2), np.zeros((2, 2))], ids=["certain", "zeros"])
def test_gradients_are_finite_at_certainty_and_for_zeros(cls, p, dtype):
    if cls is losses.CategoricalGeneralizedCrossEntropy and not p[1, 0]:
        p = p + np.array([[0, 0], [1, 0]])          # its slope at probability 0 of the label is infinite
        p[0, 0] = 1
    if not p.any() and "Categorical" in cls.__name__:
        pytest.skip("probabilities that are all 0 have no sum to divide by")
    x = mk.constant(p, dtype)
    with mk.GradientTape() as tape:
        tape.watch(x)
        loss = cls(dtype=dtype)(EDGES.get(cls.__name__, np.eye(2)[::-1]), x)
    assert np.isfinite(loss.numpy()).all()
    assert np.isfinite(tape.gradient(loss, x).numpy()).all()


@pytest.mark.parametrize(("make", "message"), [
    (lambda: losses.BinaryCrossentropy(label_smoothing=1.5), r"BinaryCrossentropy: label_smoothing.*0\.\.1, got 1.5"),
    (lambda: losses.CategoricalGeneralizedCrossEntropy(q=1.0), r"q must be .*got 1"),
    (lambda: losses.CategoricalGeneralizedCrossEntropy(q=0), "q must be between 0 and 1, got 0"),
    (lambda: losses.CategoricalGeneralizedCrossEntropy()(np.array([0, 3, 1, 1]), P), r"label 3.* is outside 0\.\.2"),
    (lambda: losses.CategoricalCrossentropy(axis=True)(ONE_HOT, P), "axis must be an integer.*got True"),
    (lambda: losses.Circle()(ONE_HOT, P), r"circle: embeddings of shape \(4, 3\) and y_true of shape \(4, 3\)"),
    (lambda: losses.CTC()(LABELS, P), r"ctc: targets must be \(batch, labels\)"),
    (lambda: losses.MeanSquaredError()(1.0, 2.0), "at least one axis, got a scalar"),
    (lambda: losses.MeanSquaredError()(A, B, sample_weight=np.ones(5)),
     r"mean_squared_error: sample_weight of shape \(5,\).*one weight for each sample, shape \(4,\)")])
def test_bad_arguments_and_inputs_are_refused_by_name(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_one_class_alone_is_warned_of():
    with pytest.warns(SyntaxWarning, match="one class only.*use binary_crossentropy"):
        losses.CategoricalCrossentropy()(np.ones((4, 1)), np.ones((4, 1)))


def test_the_arguments_of_a_loss_are_attributes_that_count():
    loss = losses.Huber(delta=2.0)
    assert loss.delta == 2.0
    loss.delta = 0.5
    assert float(loss([[0.0]], [[3.0]])) == 0.5 * 3 - 0.125


def test_an_unknown_reduction_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"'sum_over_batch_size'.*got 'average'"):
        losses.MeanSquaredError(reduction="average")


def test_an_unknown_name_gives_the_nearest_known_one():
    with pytest.raises(ValueError, match="Did you mean 'mse'"):
        losses.get("msee")


@pytest.mark.parametrize("loss, labels", [(losses.CategoricalCrossentropy, np.eye(2, 3)),
                                          (losses.SparseCategoricalCrossentropy, np.array([0, 2]))])
@pytest.mark.parametrize("axis, error, said", [(2, ShapeError, "axis 2 does not exist"),
                                               ((1,), ValueError, "must be an integer")])
def test_an_axis_of_classes_that_is_none_is_refused(loss, labels, axis, error, said):
    with pytest.raises(error, match=said):
        loss(axis=axis)(labels, np.full((2, 3), 0.3))
