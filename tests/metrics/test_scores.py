"""Overlap of segmentations, F-scores, R squared and correlations, against their definitions."""

import numpy as np
import pytest

from minikeras import metrics

RNG = np.random.default_rng(13)
Y, P = RNG.integers(0, 3, (2, 4, 5)), RNG.integers(0, 3, (2, 4, 5))
W = RNG.integers(0, 4, (2, 4, 5))
A, B = RNG.normal(size=(2, 12, 3))
ONE_HOT = np.eye(3)[RNG.integers(0, 3, 12)]


def close(value, expected, rtol=1e-5):
    np.testing.assert_allclose(np.asarray(value), expected, rtol=rtol, atol=1e-6)


def overlap(y, p, w, classes):
    """The mean of |A and B| / |A or B| of the classes that occur."""
    each = [(w * ((y == c) & (p == c))).sum() / (w * ((y == c) | (p == c))).sum() for c in classes
            if ((y == c) | (p == c)).any()]
    return np.mean(each)


@pytest.mark.parametrize("weight", [None, W], ids=["plain", "weighted"])
@pytest.mark.parametrize("sparse", [True, False])
def test_mean_iou_is_the_mean_overlap_of_the_classes(weight, sparse):
    metric = metrics.MeanIoU(4, sparse_y_true=sparse, sparse_y_pred=sparse)
    y, p = (Y, P) if sparse else (np.eye(4)[Y], np.eye(4)[P] + 0.1)
    for i in range(2):
        metric.update_state(y[i], p[i], sample_weight=None if weight is None else weight[i])
    close(metric.result(), overlap(Y, P, np.ones(Y.shape) if weight is None else weight, range(4)))


def test_only_the_target_classes_are_averaged():
    close(metrics.IoU(3, [0, 2])(Y, P), overlap(Y, P, 1, [0, 2]))
    close(metrics.OneHotIoU(3, [1])(np.eye(3)[Y], np.eye(3)[P]), overlap(Y, P, 1, [1]))
    close(metrics.OneHotMeanIoU(3, sparse_y_pred=True)(np.eye(3)[Y], P), overlap(Y, P, 1, range(3)))


def test_classes_may_lie_along_another_axis_than_the_last():
    y, p = (np.moveaxis(np.eye(3)[x], -1, 1) for x in (Y, P))
    close(metrics.OneHotMeanIoU(3, axis=1)(y, p), overlap(Y, P, 1, range(3)))


def test_ignored_labels_and_numbers_that_are_no_class_do_not_count():
    used = (Y != 1) & (P != 7)
    p = np.where(P == 2, 7, P)
    close(metrics.MeanIoU(3, ignore_class=1)(Y, p), overlap(Y[used & (p < 3)], p[used & (p < 3)], 1, range(3)))


def test_predictions_from_the_threshold_on_are_one():
    assert float(metrics.BinaryIoU([1], threshold=0.3)([0, 1, 0, 1], [0.3, 0.2, 0.1, 0.9])) == pytest.approx(1 / 3)


def test_columns_and_vectors_go_together():
    result = metrics.BinaryIoU([1])([0, 1, 1], [[0.2], [0.9], [0.1]], sample_weight=[1, 1, 2])
    assert float(result) == pytest.approx(1 / 3)


def test_a_weight_of_a_sample_is_one_of_all_its_labels():
    weight = np.array([1, 3])
    close(metrics.MeanIoU(3)(Y, P, sample_weight=weight), overlap(Y, P, weight[:, None, None], range(3)))


def test_float_weights_of_counts_are_warned_of_and_kept_with_a_float_dtype():
    with pytest.warns(UserWarning, match="cut off to integers. Give dtype='float32'"):
        metrics.MeanIoU(3)(Y, P, sample_weight=W + 0.5)
    close(metrics.MeanIoU(3, dtype="float32")(Y, P, sample_weight=W + 0.5), overlap(Y, P, W + 0.5, range(3)))


@pytest.mark.parametrize("threshold", [None, 0.4])
@pytest.mark.parametrize("beta", [1.0, 2.0])
def test_f_scores_weigh_recall_against_precision(threshold, beta):
    p, w = RNG.random((12, 3)), RNG.random(12)
    positive = p == p.max(-1, keepdims=True) if threshold is None else p > threshold
    tp, fp, fn = ((w[:, None] * v).sum(0) for v in (positive * ONE_HOT, positive * (1 - ONE_HOT), ~positive * ONE_HOT))
    score = (1 + beta**2) * tp / ((1 + beta**2) * tp + beta**2 * fn + fp)
    labels = (w[:, None] * ONE_HOT).sum(0)
    micro = (1 + beta**2) * tp.sum() / ((1 + beta**2) * tp.sum() + beta**2 * fn.sum() + fp.sum())
    for average, expected in ((None, score), ("macro", score.mean()), ("micro", micro),
                              ("weighted", (score * labels / labels.sum()).sum())):
        metric = metrics.FBetaScore(average, beta, threshold)
        for part in (slice(0, 5), slice(5, 12)):
            metric.update_state(ONE_HOT[part], p[part], sample_weight=w[part])
        close(metric.result(), expected)


def test_predictions_of_zero_are_no_positives():
    assert np.asarray(metrics.F1Score()([[1, 0]], [[0.0, 0.0]])).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("weight", [None, RNG.random(12), RNG.random((12, 3))], ids=["plain", "samples", "values"])
def test_r2_compares_squared_errors_with_the_spread(weight):
    w = np.ones((12, 3)) if weight is None else weight.reshape(12, -1) * np.ones(3)
    spread = (w * (A - (w * A).sum(0) / w.sum(0)) ** 2).sum(0)
    score = 1 - (w * (A - B) ** 2).sum(0) / spread
    for aggregation, expected in ((None, score), ("uniform_average", score.mean()),
                                  ("variance_weighted_average", (score * spread).sum() / spread.sum())):
        metric = metrics.R2Score(aggregation)
        for part in (slice(0, 5), slice(5, 12)):
            metric.update_state(A[part], B[part], sample_weight=None if weight is None else weight[part])
        close(metric.result(), expected, rtol=1e-4)


def test_r2_is_adjusted_for_regressors_unless_there_are_too_many():
    plain = float(metrics.R2Score()(A, B))
    close(metrics.R2Score(num_regressors=4)(A, B), 1 - (1 - plain) * 35 / (36 - 4 - 1))
    assert float(metrics.R2Score(num_regressors=35)(A, B)) == plain


def test_correlations_are_those_of_each_row():
    close(metrics.pearson_correlation(A, B), [np.corrcoef(a, b)[0, 1] for a, b in zip(A, B)])
    both = 2 * ((A - A.mean(1, keepdims=True)) * (B - B.mean(1, keepdims=True))).mean(1)
    expected = both / (A.var(1) + B.var(1) + (A.mean(1) - B.mean(1)) ** 2)
    close(metrics.concordance_correlation(A, B), expected)
    close(metrics.ConcordanceCorrelation()(A, B), expected.mean())
    close(metrics.PearsonCorrelation(axis=0)(A, B), np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(A.T, B.T)]))


@pytest.mark.parametrize(("make", "message"), [
    (lambda: metrics.IoU(3, [3]), r"IoU: target_class_ids must be in 0\.\.2, the 3 classes, got 3"),
    (lambda: metrics.MeanIoU(0), "MeanIoU: num_classes must be an integer from 1 on, got 0"),
    (lambda: metrics.MeanIoU(3)(np.ones(4), np.ones((4, 3))), "4 labels do not go with 12 predictions.*sparse_y_pred"),
    (lambda: metrics.MeanIoU(3)(np.ones(4), np.ones(4), sample_weight=[1, 1, 1]), r"sample_weight of shape \(3,\)"),
    (lambda: metrics.FBetaScore("mean"), "FBetaScore: average must be one of None, 'micro'.*got 'mean'"),
    (lambda: metrics.FBetaScore(beta=0.0), "above 0"),
    (lambda: metrics.F1Score(threshold=2.0), r"F1Score: threshold must be .* 0\.\.1, got 2"),
    (lambda: metrics.F1Score()(np.ones(3), np.ones(3)), r"\(samples, outputs\), got shape \(3,\)"),
    (lambda: metrics.F1Score().result(), "has no value yet"),
    (lambda: metrics.R2Score("mean"), "R2Score: class_aggregation must be one of None, .* got 'mean'"),
    (lambda: metrics.R2Score(num_regressors=-1), "num_regressors must be an integer from 0 on, got -1")])
def test_bad_arguments_and_inputs_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_batches_of_another_number_of_outputs_are_refused():
    metric = metrics.R2Score()
    metric.update_state(A, B)
    with pytest.raises(ValueError, match=r"must be \(samples, 3\), got shape \(12, 2\)"):
        metric.update_state(A[:, :2], B[:, :2])
