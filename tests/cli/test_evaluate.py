"""minikeras evaluate"""

import json
import subprocess
import sys

import pytest

from minikeras.cli import main


@pytest.mark.parametrize("split", ["test", "val", "train"])
def test_it_prints_the_metrics_of_the_part(trained, capsys, split):
    assert main(["evaluate", str(trained), "--split", split]) == 0
    assert capsys.readouterr().out.startswith(f"{split}: loss ")


def test_json_is_what_the_run_itself_measured(trained, capsys):
    assert main(["evaluate", "--json", str(trained)]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads((trained / "result.json").read_text())["test"]


def test_a_missing_run_is_one_line_and_code_2(tmp_path, capsys):
    assert main(["evaluate", str(tmp_path / "none")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_process_of_its_own_evaluates(trained):
    done = subprocess.run([sys.executable, "-W", "error", "-m", "minikeras", "evaluate", str(trained)],
                          capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "") and done.stdout.startswith("test: loss ")
