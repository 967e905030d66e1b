"""Models that define their own call."""

import numpy as np

import minikeras as mk
from minikeras import layers


class Two(mk.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.left, self.right = layers.Dense(2), layers.Dense(2)

    def call(self, x, y, training=False):
        return self.left(x) + self.right(y)


def test_a_call_of_several_tensors_is_built_again_from_a_file(tmp_path):
    model, data = Two(name="two"), (np.ones((3, 4), "float32"), np.ones((3, 5), "float32"))
    out = model(data[0], y=data[1])
    model.save(tmp_path / "two.keras")
    again = mk.models.load_model(tmp_path / "two.keras", custom_objects={"Two": Two})
    np.testing.assert_array_equal(again(*data), out)


def test_weights_carry_the_path_of_the_layers_around_them():
    model = Two(name="two")
    model(np.ones((3, 4)), np.ones((3, 5)))
    assert [v.path for v in model.weights[:2]] == [f"two/{model.left.name}/kernel", f"two/{model.left.name}/bias"]
