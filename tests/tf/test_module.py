"""tf.Module finds Variables as TensorFlow's does, and tf.TensorArray keeps what is written."""

import numpy as np
import pytest

import minikeras as tf
from minikeras.errors import ShapeError


class Dense(tf.Module):
    def __init__(self, size, name=None):
        super().__init__(name=name)
        self.w = tf.Variable(tf.ones((2, size)))
        self.b = tf.Variable(tf.zeros(size), trainable=False)

    @tf.Module.with_name_scope
    def __call__(self, x):
        return x @ self.w + self.b


class Net(tf.Module):
    def __init__(self):
        super().__init__()
        self.parts = {"first": Dense(2), "second": [Dense(2)]}
        self.layer = tf.keras.layers.Dense(1)
        self.a = self.scale = tf.Variable(3.0)

    def __call__(self, x):
        return self.layer(self.parts["second"][0](self.parts["first"](x))) * self.scale


def test_a_module_has_its_own_variables_first_then_those_inside():
    net = Net()
    net(tf.ones((1, 2)))
    first, second = net.parts["first"], net.parts["second"][0]
    assert [id(v) for v in net.variables] == [id(v) for v in (
        net.a, *net.layer.variables, first.b, first.w, second.b, second.w)]
    assert len(net.trainable_variables) == 5
    assert len(net.non_trainable_variables) == 2
    assert net.submodules == (net.layer, first, second)


def test_a_module_has_the_name_of_its_class():
    assert (Net().name, Dense(1, name="own").name) == ("net", "own")
    with Dense(1, name="own").name_scope as scope:
        assert scope == "own/"
    with pytest.raises(ValueError, match="no name"):
        Dense(1, name="no name")


def test_a_module_trains():
    net = Dense(1)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(net(tf.ones((3, 2))))
    (gradient,) = tape.gradient(loss, net.trainable_variables)
    np.testing.assert_array_equal(gradient, [[3.0], [3.0]])


def test_a_tensor_array_stacks_what_was_written():
    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        array = tf.TensorArray(tf.float32, size=3)
        for i in range(3):
            array = array.write(i, x ** i)
        y = tf.reduce_sum(array.stack())
    assert float(y) == 7.0
    assert float(tape.gradient(y, x)) == 5.0
    assert float(array.read(1)) == 2.0


def test_a_tensor_array_grows_if_it_may():
    array = tf.TensorArray("int32", size=0, dynamic_size=True).write(1, [5, 6])
    np.testing.assert_array_equal(array.stack(), [[0, 0], [5, 6]])
    assert int(array.size()) == 2
    with pytest.raises(ShapeError, match="dynamic_size"):
        tf.TensorArray("int32", size=1).write(1, 0)


def test_a_tensor_array_holds_one_shape():
    with pytest.raises(ShapeError, match="shape"):
        tf.TensorArray("int32", size=2).write(0, [1]).write(1, [1, 2])


def test_a_tensor_array_is_made_of_parts_and_joined():
    array = tf.TensorArray("float32", size=2)
    np.testing.assert_array_equal(array.unstack([[1.0], [2.0]]).concat(), [1.0, 2.0])
    np.testing.assert_array_equal(array.scatter([1, 0], [[1.0], [2.0]]).gather([0]), [[2.0]])
    np.testing.assert_array_equal(array.split([1.0, 2.0, 3.0], [1, 2]).read(1), [2.0, 3.0])
