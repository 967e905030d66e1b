"""A trained run for the commands that use one."""

import pytest

from minikeras.cli import main
from tests.experiment.conftest import TINY


@pytest.fixture
def config(tmp_path, monkeypatch):
    """Path of a tiny config; the current folder is its own."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY)
    return path


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """The folder of a finished run; do not change it."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "tiny.yaml").write_text(TINY)
    assert main(["train", str(folder / "tiny.yaml"), "--run-dir", str(folder / "run"), "train.metrics=[accuracy]"]) == 0
    return folder / "run"
