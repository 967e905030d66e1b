"""minikeras summary"""

from minikeras.cli import main


def test_a_config_s_layers_are_printed(config, capsys):
    assert main(["summary", str(config), "model.layers.out.units=12"]) == 0
    text = capsys.readouterr().out
    assert "out" in text and "780" in text      # 64 * 12 + 12 weights


def test_a_run_s_layers_are_printed(trained, capsys):
    assert main(["summary", str(trained)]) == 0
    assert "650" in capsys.readouterr().out


def test_overrides_of_a_run_are_refused(trained, capsys):
    assert main(["summary", str(trained), "train.epochs=1"]) == 2
    assert "overrides change a config" in capsys.readouterr().err


def test_a_misspelt_layer_is_one_line_and_code_2(config, capsys):
    assert main(["summary", str(config), "model.layers.0=Flaten"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
