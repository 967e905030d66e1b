"""Where messages go, and limits on every training."""

import io
import logging
import sys

import pytest

from minikeras import config, run_settings, utils


@pytest.fixture(autouse=True)
def _settings_as_before():
    before = dict(run_settings._settings)
    yield
    run_settings._settings.update(before)


def test_messages_go_to_standard_output_or_the_log(capsys, caplog):
    caplog.set_level(logging.INFO, "minikeras")
    assert config.is_interactive_logging_enabled()
    run_settings.print_message("seen")
    utils.disable_interactive_logging()
    assert not utils.is_interactive_logging_enabled()
    run_settings.print_message("logged")
    config.enable_interactive_logging()
    run_settings.print_message("again", line_break=False)
    assert capsys.readouterr().out == "seen\nagain"
    assert caplog.messages == ["logged"]


def test_letters_that_a_terminal_has_not_become_others(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    run_settings.print_message("━━ 5 µs")
    assert raw.getvalue() == b"== 5 s\n"


def test_limits_are_kept():
    assert config.max_epochs() is None
    assert config.max_steps_per_epoch() is None
    config.set_max_epochs(2)
    config.set_max_steps_per_epoch(3)
    assert (config.max_epochs(), config.max_steps_per_epoch()) == (2, 3)
    config.set_max_epochs(None)
    assert config.max_epochs() is None
    with pytest.raises(ValueError, match="max_epochs must be an integer from 1 on, got 0"):
        config.set_max_epochs(0)


def test_limits_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("KERAS_MAX_EPOCHS", "2")
    assert run_settings._limit_of_environment("KERAS_MAX_EPOCHS") == 2
    assert run_settings._limit_of_environment("KERAS_MAX_STEPS_PER_EPOCH") is None
    monkeypatch.setenv("KERAS_MAX_EPOCHS", "-1")
    with pytest.raises(ValueError, match="KERAS_MAX_EPOCHS must be a whole number, got '-1'"):
        run_settings._limit_of_environment("KERAS_MAX_EPOCHS")
