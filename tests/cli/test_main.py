"""What all commands share: help, exit codes, one line for a mistake."""

import subprocess
import sys

import pytest

from minikeras import cli
from minikeras.cli import main

COMMANDS = ["train", "evaluate", "predict", "summary"]


def test_help_lists_every_command(capsys):
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(command in text for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(capsys, command):
    assert main([command, "--help"]) == 0
    assert f"usage: minikeras {command}" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [
    [], ["trian", "x"], ["train"], ["train", "c.yaml", "--rundir", "x"], ["train", "c.yaml", "epochs"],
    ["evaluate", "run", "--split", "dev"], ["evaluate", "run", "a=b"], ["predict", "run", "in.csv"],
])
def test_a_mistake_in_the_command_is_one_line_and_code_2(capsys, arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_text("version: 1\ndata: {source: digits}")
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and "Traceback" not in captured.err and "usage:" not in captured.err


def test_a_bug_keeps_its_traceback(monkeypatch):
    def broken(args):
        raise RuntimeError("a bug")
    monkeypatch.setattr(cli.summary, "run", broken)
    with pytest.raises(RuntimeError):
        main(["summary", "x"])


def test_ctrl_c_is_code_130(monkeypatch, capsys):
    def interrupted(args):
        raise KeyboardInterrupt
    monkeypatch.setattr(cli.summary, "run", interrupted)
    assert main(["summary", "x"]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_a_failure_of_the_system_is_one_line_and_code_1(monkeypatch, capsys):
    def full(args):
        raise OSError(28, "No space left on device", "model.keras")
    monkeypatch.setattr(cli.summary, "run", full)
    assert main(["summary", "x"]) == 1
    assert capsys.readouterr().err == "minikeras: model.keras: No space left on device\n"


def test_importing_the_command_line_loads_no_numpy_and_no_tqdm():
    code = "import sys, minikeras.cli; sys.exit(any(name in sys.modules for name in ('numpy', 'tqdm')))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_python_m_minikeras_is_the_command_line():
    done = subprocess.run([sys.executable, "-m", "minikeras", "--help"], capture_output=True, text=True)
    assert done.returncode == 0 and "usage: minikeras " in done.stdout
