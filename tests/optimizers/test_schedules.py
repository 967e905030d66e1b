"""Learning rate schedules against values computed by Keras 3.15.1."""

import numpy as np
import pytest

from minikeras.optimizers import schedules as s

STEPS = [0, 1, 3, 4, 7, 10, 12, 25]
KERAS = [
    (s.ExponentialDecay(0.1, 4, 0.9),
     [0.1, 0.09740037, 0.09240211, 0.09, 0.0831619, 0.07684334, 0.07289999, 0.05176254]),
    (s.ExponentialDecay(0.1, 4, 0.9, staircase=True), [0.1, 0.1, 0.1, 0.09, 0.09, 0.081, 0.0729, 0.0531441]),
    (s.InverseTimeDecay(0.1, 4, 0.5),
     [0.1, 0.08888889, 0.07272727, 0.06666667, 0.05333334, 0.04444444, 0.04, 0.02424242]),
    (s.InverseTimeDecay(0.1, 4, 0.5, staircase=True), [0.1, 0.1, 0.1, 0.06666667, 0.06666667, 0.05, 0.04, 0.025]),
    (s.PolynomialDecay(0.1, 10, 0.01, power=2.0), [0.1, 0.0829, 0.0541, 0.0424, 0.0181, 0.01, 0.01, 0.01]),
    (s.PolynomialDecay(0.1, 7, 0.01, power=0.5, cycle=True),
     [0.1, 0.09332381, 0.0780336, 0.06891883, 0.01, 0.05810702, 0.0440168, 0.03945942]),
    (s.PiecewiseConstantDecay([3, 10], [1.0, 0.5, 0.1]), [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.1, 0.1]),
    (s.CosineDecay(0.1, 10, alpha=0.2), [0.1, 0.09804226, 0.08351141, 0.07236068, 0.03648859, 0.02, 0.02, 0.02]),
    (s.CosineDecay(0.0, 10, alpha=0.2, warmup_target=0.5, warmup_steps=4),
     [0.0, 0.125, 0.375, 0.5, 0.41755709, 0.23819658, 0.13819659, 0.1]),
    (s.CosineDecayRestarts(0.1, 4),
     [0.1, 0.08535534, 0.01464466, 0.1, 0.06913417, 0.01464466, 0.1, 0.00842652]),
    (s.CosineDecayRestarts(0.1, 5, t_mul=1.0, m_mul=0.5),
     [0.1, 0.09045085, 0.03454914, 0.00954915, 0.03272543, 0.025, 0.01636271, 0.003125]),
    (s.CosineDecayRestarts(0.1, 5, t_mul=1.5, m_mul=0.8, alpha=0.1),
     [0.1, 0.09140576, 0.04109422, 0.01859423, 0.0700887, 0.028, 0.01078668, 0.05545895]),
]


@pytest.mark.parametrize(("schedule", "expected"), KERAS, ids=lambda value: type(value).__name__)
def test_a_schedule_has_keras_values(schedule, expected):
    np.testing.assert_allclose([float(schedule(step)) for step in STEPS], expected, rtol=2e-5, atol=1e-7)


@pytest.mark.parametrize("schedule", [schedule for schedule, _ in KERAS], ids=repr)
def test_a_schedule_survives_its_config(schedule):
    again = type(schedule).from_config(schedule.get_config())
    assert [float(again(step)) for step in STEPS] == [float(schedule(step)) for step in STEPS]


@pytest.mark.parametrize("cls", [s.ExponentialDecay, s.InverseTimeDecay])
def test_decay_steps_must_be_positive(cls):
    with pytest.raises(ValueError, match=f"{cls.__name__}: decay_steps must be above 0, got 0"):
        cls(0.1, 0, 0.5)


def test_piecewise_constants_need_one_value_more_than_boundaries():
    with pytest.raises(ValueError, match="2 values need 1 boundaries, got 2"):
        s.PiecewiseConstantDecay([1, 2], [0.1, 0.2])
