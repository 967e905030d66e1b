"""A call that leaves the symbolic world: shapes from trial runs, without a trace."""

import numpy as np
import pytest

import minikeras as mk
from minikeras.errors import ShapeError
from minikeras.layers import Layer


class Numeric(Layer):
    """Computes through NumPy, counts its calls in a Variable, draws and adds a loss."""

    def __init__(self):
        super().__init__()
        self.count = mk.Variable(0.0, trainable=False)
        self.seed = mk.random.SeedGenerator(1)

    def call(self, x):
        self.count.assign_add(1.0)
        self.add_loss(mk.constant(1.0))
        noise = mk.random.normal((1,), seed=self.seed)
        return mk.constant(np.concatenate([x.numpy(), x.numpy()], -1)) + 0.0 * noise


def test_the_shape_is_found_on_zeros_with_the_batch_left_open():
    assert Numeric().compute_output_shape((None, 4, 3)) == (None, 4, 6)


def test_trial_runs_leave_variables_and_losses_alone():
    layer = Numeric()
    layer.compute_output_shape((None, 3))
    assert (float(layer.count), layer.losses) == (0.0, [])


def test_trial_runs_leave_generators_alone():
    fresh, probed = Numeric(), Numeric()
    probed.compute_output_shape((None, 3))
    assert probed.seed.generator.random() == fresh.seed.generator.random()


def test_a_sequential_with_such_a_layer_is_built_from_its_input():
    model = mk.Sequential([mk.Input((3,)), Numeric(), mk.layers.Dense(2)])
    assert model.output_shape == (None, 2)


def test_a_rank_that_depends_on_the_batch_size_is_refused():
    class Odd(Layer):
        def call(self, x):
            return mk.constant(np.zeros((1,) * len(x.numpy())))
    with pytest.raises(ShapeError, match="2 axes for one batch size and 3 for another"):
        Odd().compute_output_shape((None, 3))


def test_a_compute_output_shape_of_ones_own_wins():
    class Told(Layer):
        def compute_output_shape(self, input_shape):
            return (*input_shape, 7)
    assert Told().compute_output_shape((None, 3)) == (None, 3, 7)
