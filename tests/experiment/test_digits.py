"""The digits config as it ships learns the digits, whatever the seed."""

import statistics
from pathlib import Path

import pytest

from minikeras.experiment import load_config, train

CONFIG = Path(__file__).parents[2] / "configs" / "digits_mlp.yaml"


def accuracy(seed, folder):
    config = load_config(CONFIG, [f"runtime.seed={seed}", "logging.progress=none"])
    run = train(config, folder / str(seed), report=lambda line: None)
    return run.result["test"]["sparse_categorical_accuracy"]


@pytest.mark.long
def test_mean_accuracy_over_five_seeds(tmp_path):
    reached = [accuracy(seed, tmp_path) for seed in range(5)]
    assert statistics.mean(reached) >= 0.97 and min(reached) >= 0.95


def test_one_seed_reaches_the_least_that_is_asked(tmp_path):
    assert accuracy(0, tmp_path) >= 0.95
