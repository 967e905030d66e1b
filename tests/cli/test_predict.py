"""minikeras predict"""

import numpy as np
import pytest

from minikeras.cli import main
from minikeras.datasets import digits


@pytest.fixture
def images(tmp_path):
    np.save(tmp_path / "in.npy", digits.load_all()[0][:3])
    return str(tmp_path / "in.npy")


@pytest.mark.parametrize("order", [["{run}", "{x}", "-o", "{out}"], ["-o", "{out}", "{run}", "{x}"],
                                   ["{run}", "-o", "{out}", "{x}"]])
def test_it_writes_predictions_wherever_the_flag_stands(trained, images, tmp_path, capsys, order):
    out = tmp_path / "out.npy"
    assert main(["predict", *(text.format(run=trained, x=images, out=out) for text in order)]) == 0
    assert capsys.readouterr().out == f"{out}: 3 predictions\n"
    np.testing.assert_allclose(np.load(out).sum(axis=1), 1, rtol=1e-5)


def test_an_unknown_extension_is_one_line_and_code_2(trained, images, tmp_path, capsys):
    assert main(["predict", str(trained), images, "-o", str(tmp_path / "out.xlsx")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_inputs_that_do_not_fit_are_one_line_and_code_2(trained, tmp_path, capsys):
    (tmp_path / "in.csv").write_text("1,2\n")
    assert main(["predict", str(trained), str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv")]) == 2
    assert "in.csv:1: 2 values, but the model takes 64 (8 x 8) a line" in capsys.readouterr().err
