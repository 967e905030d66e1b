"""tape.explain: the causes of a gradient of None, told apart."""

import warnings

import numpy as np
import pytest

import minikeras as tf
from minikeras.errors import GradientError

HERE = __file__


def line_of(text):
    """The line of this file that holds `text` as a comment."""
    with open(HERE) as file:
        return next(i for i, line in enumerate(file, 1) if line.rstrip().endswith("# " + text))


def explained(f, v, **options):
    with tf.GradientTape(persistent=True, **options) as tape:
        y = f(v)
    assert tape.gradient(y, v) is None
    return tape.explain(y, v)


@pytest.fixture
def v():
    return tf.Variable([1.0, 2.0], name="v")


def test_never_used(v):
    assert explained(lambda v: tf.constant(1.0) * 2.0, v) == "Variable 'v' was never used while the tape recorded."


def test_read_but_not_on_the_way(v):
    assert "never computed from it" in explained(lambda v: [v * 2.0, tf.Variable(1.0) * 3.0][1], v)


LEAVING = {
    ".numpy()": lambda v: tf.constant((v * 2.0).numpy()) * 3.0,                 # numpy
    "float()": lambda v: float(v[0]) * tf.ones(2),                              # float
    "np.asarray()": lambda v: tf.constant(np.asarray(v * v)),                   # asarray
    "stop_gradient": lambda v: tf.stop_gradient(v * 2.0) * 3.0,                 # stop_gradient
    "floor": lambda v: tf.floor(v) * 2.0,                                       # floor
    "greater": lambda v: tf.cast(v > 1.0, tf.float32),                          # greater
    "cast": lambda v: tf.cast(tf.cast(v, tf.int32), tf.float32) * 2.0,          # cast
    "argmax": lambda v: tf.cast(tf.argmax(v), tf.float32),                      # argmax
}
LINES = {"np.asarray()": "asarray", ".numpy()": "numpy", "float()": "float"}


@pytest.mark.parametrize("how", LEAVING)
def test_left_the_tape_at_a_place(v, how):
    text = explained(LEAVING[how], v)
    assert f"It left the tape by {how} at {HERE}:{line_of(LINES.get(how, how))}" in text


def test_a_variable_read_only_as_numbers(v):
    text = explained(lambda v: tf.constant(v.numpy()), v)
    assert "left the tape by .numpy()" in text and "never used" not in text.split("left")[0]


def test_a_value_that_left_elsewhere_does_not_hide_that_nothing_is_watched():
    w, c = tf.Variable(2.0), tf.constant(3.0)
    with tf.GradientTape() as tape:
        y = w * c
        y.numpy()
    assert tape.explain(y, c).startswith("the source of shape () is not watched")


def test_a_record_that_was_freed_is_said_to_be_gone():
    x = tf.constant([1.0, 2.0]).requires_grad_()
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(x * x)
    y.backward()
    assert "backward() through it has freed it" in tape.explain(y, x)


def test_a_place_is_the_users_also_where_numpy_stands_between(v):
    text = explained(lambda v: [np.testing.assert_array_equal(v * 2.0, [2.0, 4.0]), tf.constant(1.0)][1], v)
    assert f"np.asarray() at {HERE}:" in text


def test_integer_source():
    with tf.GradientTape() as tape:
        n = tf.Variable(3)
        y = tf.cast(n, tf.float32) * 2.0
    assert "holds int32; only floats" in tape.explain(y, n)


def test_integer_target(v):
    assert "the target holds int32" in explained(lambda v: tf.cast(v, tf.int32), v)


def test_not_trainable():
    frozen = tf.Variable(1.0, trainable=False, name="frozen")
    assert "'frozen' is not trainable" in explained(lambda v: v * 2.0, frozen)


def test_tensor_not_watched():
    assert "not watched" in explained(lambda x: x * 2.0, tf.constant(1.0))


def test_tape_that_watches_nothing(v):
    assert "watch_accessed_variables=False" in explained(lambda v: v * 2.0, v, watch_accessed_variables=False)


def test_read_before_the_tape_began(v):
    early = v * 2.0
    assert "read before the tape began" in explained(lambda v: early * 3.0, v)


def test_computed_while_paused(v):
    with tf.GradientTape() as tape:
        tape.watch(v)
        with tape.stop_recording():
            y = v * 2.0
    assert "while the tape was paused" in tape.explain(y, v)


def test_watched_too_late():
    x = tf.constant(2.0)
    with tf.GradientTape(persistent=True) as outer, tf.GradientTape() as tape:
        outer.watch(x)
        y = x * x
        z = y * 3.0
        tape.watch(x)
    assert tape.gradient(z, x) is None
    assert "before this tape watched it" in tape.explain(z, x)


def test_an_input_without_gradient(v):
    assert "input 1 of clip" in explained(lambda v: tf.clip_by_value(tf.constant([0.0, 5.0]), v, 3.0), v)


def test_a_gradient_that_is_there(v):
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(v * v)
    assert tape.gradient(y, v) is not None
    assert tape.explain(y, v).startswith("the gradient is not None")


def test_places_do_not_grow_with_a_loop(v):
    with tf.GradientTape() as tape:
        for _ in range(50):
            float(tf.reduce_sum(v * v))
    assert len(tape.lost_values) == 1


def test_optimizers_warn_with_the_reason(v):
    used = tf.Variable(1.0)
    with tf.GradientTape() as tape:
        loss = used * tf.constant(v.numpy()[0])
    grads = tape.gradient(loss, [used, v])
    with pytest.warns(UserWarning, match=r"left the tape by \.numpy\(\) at .*test_explanation"):
        tf.keras.optimizers.SGD().apply_gradients(zip(grads, [used, v]))


def test_optimizers_raise_with_the_reason_if_nothing_is_reached(v):
    with tf.GradientTape() as tape:
        loss = tf.constant(float(tf.reduce_sum(v))) ** 2
    grads = tape.gradient(loss, [v])
    with pytest.raises(GradientError, match=r"left the tape by float\(\)"):
        tf.keras.optimizers.SGD().apply_gradients(zip(grads, [v]))


def test_the_reason_is_that_of_the_latest_gradient(v):
    def reason(f):
        with tf.GradientTape() as tape:
            loss = f(v)
        grads = tape.gradient(loss, [v])
        with pytest.raises(GradientError) as caught:
            tf.keras.optimizers.SGD().apply_gradients(zip(grads, [v]))
        return str(caught.value)

    assert "by float()" in reason(lambda v: tf.constant(float(v[0])))
    assert "by floor" in reason(lambda v: tf.floor(v))


def test_fit_raises_with_the_reason():
    class Leaky(tf.keras.layers.Layer):
        def build(self, shape):
            self.w = self.add_weight(shape=(shape[-1], 1), name="w")

        def call(self, x):
            return tf.stop_gradient(x @ self.w)

    model = tf.keras.Sequential([Leaky()])
    model.compile("sgd", "mse")
    with pytest.raises(GradientError, match="left the tape by stop_gradient"):
        model.fit(np.ones((4, 2), "float32"), np.ones((4, 1), "float32"), verbose=0)


def test_fit_warns_with_the_reason():
    class Half(tf.keras.layers.Layer):
        def build(self, shape):
            self.w = self.add_weight(shape=(shape[-1], 1), name="w")
            self.spare = self.add_weight(shape=(), name="spare")

        def call(self, x):
            return x @ self.w

    model = tf.keras.Sequential([Half()])
    model.compile("sgd", "mse")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(np.ones((4, 2), "float32"), np.ones((4, 1), "float32"), verbose=0)
    assert any("spare' was never used" in str(w.message) for w in caught)


def test_several_outputs_without_gradient(v):
    @tf.custom_gradient
    def doubled(x):
        return (x * 2.0, x * 3.0), lambda da, db: [None]
    assert "input 0 of" in explained(lambda v: doubled(v)[1], v)


def test_one_way_without_gradient_does_not_block_another(v):
    @tf.custom_gradient
    def opaque(x):
        return x * 2.0, lambda d: [None]
    with tf.GradientTape() as tape:
        y = opaque(v) + v
    assert tape.explain(y, v).startswith("the gradient is not None")


@pytest.mark.parametrize("f, how", [(lambda v: tf.Variable(v * 2.0) * 3.0, "being copied"),
                                    (lambda v: tf.Variable([0.0, 0.0]).assign(v * 2.0) * 3.0, "assign()")])
def test_a_value_put_into_a_variable(v, f, how):
    assert f"left the tape by {how} at {HERE}" in explained(f, v)
