"""Metrics that count predictions above thresholds, against counting one by one."""

import numpy as np
import pytest

import minikeras as mk
from minikeras import metrics

RNG = np.random.default_rng(11)
Y, P = RNG.integers(0, 2, 40), RNG.random(40).round(2)
W = RNG.random(40)
KINDS = {"TruePositives": (True, True), "FalsePositives": (True, False), "TrueNegatives": (False, False),
         "FalseNegatives": (False, True)}


def counts(y, p, w, t):
    """Weights of true positives, false positives, true negatives and false negatives."""
    return [(w * ((p > t) == positive) * ((y != 0) == is_true)).sum() for positive, is_true in KINDS.values()]


def close(value, expected, rtol=1e-5):
    np.testing.assert_allclose(np.asarray(value), expected, rtol=rtol, atol=1e-6)


def fed(metric, y=Y, p=P, w=None):
    """The metric after the data in two batches."""
    for part in (slice(0, 25), slice(25, None)):
        metric.update_state(y[part], p[part], sample_weight=None if w is None else w[part])
    return metric


@pytest.mark.parametrize("weight", [None, W], ids=["plain", "weighted"])
@pytest.mark.parametrize("thresholds", [None, 0.3, [0.7], [0.9, 0.1, 0.4], [0.0, 0.5, 1.0]], ids=str)
@pytest.mark.parametrize("name", KINDS)
def test_each_count_is_the_weight_on_its_sides_of_the_thresholds(name, thresholds, weight):
    given = [0.5] if thresholds is None else np.atleast_1d(thresholds)
    expected = [counts(Y, P, np.ones(40) if weight is None else weight, t)[list(KINDS).index(name)] for t in given]
    result = fed(getattr(metrics, name)(thresholds), w=weight).result()
    close(result, expected if len(given) > 1 else expected[0])


@pytest.mark.parametrize("thresholds", [0.25, [0.2, 0.6, 0.4]], ids=str)
def test_precision_and_recall_are_parts_of_these_counts(thresholds):
    tp, fp, _, fn = np.transpose([counts(Y, P, W, t) for t in np.atleast_1d(thresholds)])
    close(fed(metrics.Precision(thresholds), w=W).result(), np.squeeze(tp / (tp + fp)))
    close(fed(metrics.Recall(thresholds), w=W).result(), np.squeeze(tp / (tp + fn)))


def test_a_prediction_at_the_threshold_is_negative():
    assert float(metrics.TruePositives(0.5)([1, 1], [0.5, 0.6])) == 1.0
    assert metrics.TruePositives([0.5, 0.6])([1, 1], [0.5, 0.6]).numpy().tolist() == [1.0, 0.0]
    assert metrics.TruePositives([0.0, 0.5, 1.0])([1, 1], [0.5, 0.6]).numpy().tolist() == [2.0, 1.0, 0.0]


def test_only_the_best_of_each_sample_are_positive():
    p = np.array([[0.1, 0.4, 0.3, 0.2], [0.5, 0.5, 0.5, 0.1]])
    y = np.array([[0, 1, 0, 1], [1, 0, 1, 0]])
    assert float(metrics.Precision(top_k=2)(y, p)) == 2 / 4       # of equal ones the first: classes 1, 2 and 0, 1
    assert float(metrics.Recall(top_k=2)(y, p)) == 2 / 4
    assert float(metrics.Precision(top_k=2, thresholds=0.45)(y, p)) == 1 / 2
    assert float(metrics.Recall(top_k=2, class_id=2)(y, p)) == 0


@pytest.mark.parametrize("weight", [None, W[:20], W.reshape(20, 2)], ids=["plain", "of samples", "of values"])
def test_one_class_may_be_asked_for(weight):
    y, p = Y.reshape(20, 2), P.reshape(20, 2)
    w = np.ones(20) if weight is None else weight if weight.ndim == 1 else weight[:, 1]
    tp, fp, _, fn = counts(y[:, 1], p[:, 1], w, 0.5)
    close(metrics.Precision(class_id=1)(y, p, sample_weight=weight), tp / (tp + fp))
    close(metrics.Recall(class_id=-1)(y, p, sample_weight=weight), tp / (tp + fn))


@pytest.mark.parametrize("n", [1, 2, 3, 25])
def test_the_best_rate_is_taken_where_the_other_one_suffices(n):
    thresholds = [0.5] if n == 1 else np.linspace(0, 1, n)
    tp, fp, tn, fn = np.transpose([counts(Y, P, W, t) for t in thresholds])
    with np.errstate(invalid="ignore"):
        recall, precision, specificity = (np.nan_to_num(a / (a + b)) for a, b in ((tp, fn), (tp, fp), (tn, fp)))
    for cls, rate, other in ((metrics.PrecisionAtRecall, precision, recall),
                             (metrics.RecallAtPrecision, recall, precision),
                             (metrics.SensitivityAtSpecificity, recall, specificity),
                             (metrics.SpecificityAtSensitivity, specificity, recall)):
        close(fed(cls(0.4, n), w=W).result(), np.where(other >= 0.4, rate, 0).max())


def test_nothing_reaches_an_impossible_rate():
    assert float(metrics.PrecisionAtRecall(1.0, num_thresholds=3)([1, 1], [0.0, 0.0])) == 0.0


def ranked(y, p):
    """The part of the pairs of a true and a false label that the predictions put in order; ties count a half."""
    true, false = p[y == 1][:, None], p[y == 0]
    return ((true > false) + 0.5 * (true == false)).mean()


def test_the_area_under_roc_is_how_often_pairs_are_in_order():
    # Thresholds between all values: no two values fall into one part.
    close(fed(metrics.AUC(num_thresholds=10_000), Y, P).result(), ranked(Y, P), rtol=1e-4)
    logits = np.log(P + 0.01) - np.log(1.01 - P)
    close(fed(metrics.AUC(num_thresholds=10_000, from_logits=True), Y, logits).result(), ranked(Y, P), rtol=1e-4)


@pytest.mark.parametrize("method", ["interpolation", "minoring", "majoring"])
@pytest.mark.parametrize("thresholds", [None, [0.6, 0.2, 0.3]], ids=["even", "given"])
@pytest.mark.parametrize("curve", ["ROC", "PR", "PRGAIN"])
def test_areas_are_strips_between_thresholds(curve, thresholds, method):
    if (curve, method) == ("PR", "interpolation"):
        pytest.skip("not straight between thresholds")
    t = [-1, *(np.linspace(0, 1, 12)[1:-1] if thresholds is None else sorted(thresholds)), 2]
    tp, fp, tn, fn = np.transpose([counts(Y, P, W, at) for at in t])
    odds = (tp + fn) / (tn + fp)
    with np.errstate(invalid="ignore", divide="ignore"):
        x, y = {"ROC": lambda: (fp / (fp + tn), tp / (tp + fn)),
                "PR": lambda: (tp / (tp + fn), np.nan_to_num(tp / (tp + fp))),
                "PRGAIN": lambda: (np.maximum(np.where(tp == 0, 0, 1 - odds * fn / tp), 0),
                                   np.where(tp == 0, 1, 1 - odds * fp / tp))}[curve]()
    heights = {"interpolation": (y[1:] + y[:-1]) / 2, "minoring": np.minimum(y[1:], y[:-1]),
               "majoring": np.maximum(y[1:], y[:-1])}[method]
    metric = metrics.AUC(12, curve.lower(), method.capitalize(), thresholds=thresholds)
    close(fed(metric, w=W).result(), ((x[:-1] - x[1:]) * heights).sum(), rtol=1e-4)


def test_precision_between_thresholds_is_that_of_linear_true_positives():
    t = [-1, 0.3, 0.6, 2]
    tp, fp, _, fn = np.transpose([counts(Y, P, W, at) for at in t])
    area = 0.0
    for i in range(3):      # the integral of precision over recall, on a fine grid
        s = np.linspace(0, 1, 100_001)
        true, false = tp[i + 1] + s * (tp[i] - tp[i + 1]), fp[i + 1] + s * (fp[i] - fp[i + 1])
        ratio = true[1:] / (true[1:] + false[1:])
        area += ratio.mean() * (tp[i] - tp[i + 1]) / (tp[i] + fn[i])
    close(fed(metrics.AUC(curve="PR", thresholds=[0.3, 0.6]), w=W).result(), area, rtol=1e-3)


@pytest.mark.parametrize("num_labels", [None, 2])
@pytest.mark.parametrize("weights", [None, [1.0, 3.0]], ids=["even", "weighted"])
def test_areas_of_several_labels_are_averaged(num_labels, weights):
    y, p = Y.reshape(20, 2), P.reshape(20, 2)
    each = [float(metrics.AUC(50)(y[:, i], p[:, i])) for i in range(2)]
    metric = metrics.AUC(50, multi_label=True, num_labels=num_labels, label_weights=weights)
    close(metric(y, p), np.average(each, weights=weights))


def test_label_weights_weigh_predictions_where_labels_are_not_apart():
    y, p = Y.reshape(20, 2), P.reshape(20, 2)
    weighted = metrics.AUC(50, label_weights=[1.0, 3.0])(y, p)
    close(weighted, metrics.AUC(50)(y.ravel(), p.ravel(), sample_weight=np.tile([1.0, 3.0], 20)))


def test_what_was_gathered_runs_in_a_compiled_step():
    metric = metrics.AUC(curve="PR", multi_label=True)

    @mk.function
    def step(y, p):
        metric.update_state(y, p)
        return metric.result()
    eager = metrics.AUC(curve="PR", multi_label=True)
    for part in (slice(0, 7), slice(7, 14), slice(13, 20)):
        y, p = Y.reshape(20, 2)[part], P.reshape(20, 2)[part].astype("float32")
        assert float(step(y, p)) == float(eager(y, p))


@pytest.mark.parametrize(("make", "message"), [
    (lambda: metrics.Precision(1.5), r"Precision: each of the thresholds .* 0\.\.1, got 1.5"),
    (lambda: metrics.TruePositives([0.5, -0.1]), r"TruePositives: each of the thresholds .*got -0.1"),
    (lambda: metrics.Recall([]), "Recall: thresholds must be .* empty list"),
    (lambda: metrics.Recall(top_k=0), "Recall: top_k must be an integer from 1 on, got 0"),
    (lambda: metrics.Recall(top_k=3)(np.ones((2, 2)), np.ones((2, 2))), "k=3"),
    (lambda: metrics.Recall(class_id=2)(np.ones((2, 2)), np.ones((2, 2))), r"class_id=2 .* got shape \(2, 2\)"),
    (lambda: metrics.Recall(class_id=0)(np.ones(2), np.ones(2)), r"class_id=0 .* got shape \(2,\)"),
    (lambda: metrics.Recall()(np.ones(3), np.ones(2)), r"recall: targets of shape \(3,\)"),
    (lambda: metrics.Recall()(np.ones(3), np.ones(3), sample_weight=np.ones(2)), r"sample_weight of shape \(2,\)"),
    (lambda: metrics.PrecisionAtRecall(1.2), r"PrecisionAtRecall: recall .* 0\.\.1, got 1.2"),
    (lambda: metrics.RecallAtPrecision(0.5, 0), "num_thresholds must be an integer from 1 on, got 0"),
    (lambda: metrics.AUC(num_thresholds=1), "AUC: num_thresholds must be 2 or more"),
    (lambda: metrics.AUC(thresholds=[2.0]), r"AUC: each of the thresholds .*got 2"),
    (lambda: metrics.AUC(curve="RCO"), "curve must be one of 'ROC', 'PR', 'PRGAIN', got 'RCO'"),
    (lambda: metrics.AUC(summation_method="sum"), "summation_method must be one of 'interpolation'.* got 'sum'"),
    (lambda: metrics.AUC(num_labels=2), "num_labels=2 means something with multi_label=True only"),
    (lambda: metrics.AUC(multi_label=True)(np.ones(2), np.ones(2)), r"\(samples, labels\), got shape \(2,\)"),
    (lambda: metrics.AUC(multi_label=True, num_labels=3)(np.ones((2, 2)), np.ones((2, 2))), r"\(samples, 3\), got"),
    (lambda: metrics.AUC(label_weights=[1, 2])(np.ones((2, 3)), np.ones((2, 3))), "one weight for each label"),
    (lambda: metrics.AUC(multi_label=True).result(), "how many labels there are is not known")])
def test_bad_arguments_and_inputs_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
