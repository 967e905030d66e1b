"""The side-by-side benchmark of whole steps: it runs, and it tells peers that compute something else."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture
def steps(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("steps")


@pytest.mark.long
def test_minikeras_and_numpy_by_hand_compute_the_same():
    command = [sys.executable, str(BENCHMARKS / "steps.py"), "--quick", "--workloads", "W1,W2",
               "--peers", "minikeras,numpy"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("| agree (2) |") == 2


@pytest.mark.parametrize("wrong", ([1.0, 2.011], [1.0, float("nan")], [1.0]), ids=("other", "nan", "shorter"))
def test_a_peer_whose_first_results_differ_is_named(steps, wrong):
    row = steps.Row()
    right, near = [[1.0, 2.0]], [[1.0, 2.009]]
    row.values = {"torch": [right, near, right], "numpy": [right, right, right], "jax": [right, right, [wrong]]}
    assert row.disagreeing() == ["jax"]


def test_a_peer_that_gives_fewer_results_is_named(steps):
    row = steps.Row()
    row.values = {"numpy": [[[1.0], [2.0]]], "jax": [[[1.0]]]}
    assert row.disagreeing() == ["jax"]


def test_a_worker_that_takes_too_long_is_stopped(steps):
    worker = steps.Worker([sys.executable, "-c", "import time; print('{}', flush=True); input(); time.sleep(60)"])
    with pytest.raises(steps.WorkerError, match=r"over 0\.1 s"):
        worker.ask(limit=0.1)
    assert not worker.is_alive
    worker.close()


@pytest.mark.long
def test_an_example_is_trained_beside_its_peers_and_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    (tmp_path / "tinyshakespeare.txt").write_text("ROMEO:\nBut soft! What light through yonder window breaks?\n" * 12)
    command = [sys.executable, str(BENCHMARKS / "real_data.py"), "--data", str(tmp_path), "--networks", "char_lstm",
               "--epochs", "1", "--plot", str(tmp_path / "curves.svg")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "1 × 1 | minikeras |" in done.stdout
    assert "<svg" in (tmp_path / "curves.svg").read_text()
