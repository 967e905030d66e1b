"""tf.train: checkpoints of objects. What is expected here was seen to be what TensorFlow 2.21 does."""

import os

import numpy as np
import pytest

import minikeras as tf
from minikeras import layers, models, optimizers
from minikeras.errors import FileFormatError


class Net(tf.Module):
    def __init__(self, built=True):
        super().__init__()
        self.dense = layers.Dense(2)
        self.scales = [tf.Variable([1.0, 2.0])]
        if built:
            self.dense.build((None, 3))


def network(built=True):
    return models.Sequential([*([models.Input((3,))] if built else []), layers.Dense(4), layers.BatchNormalization(),
                              layers.Dropout(0.5), layers.Dense(2)])


def training_state(built=True, rate=0.1):
    return tf.train.Checkpoint(model=network(built), optimizer=optimizers.Adam(rate),
                               step=tf.Variable(0, dtype="int64"), metric=tf.metrics.Mean())


def trained(checkpoint, steps=2, compiled=False):
    """Train a few steps by hand; the bytes of all state afterwards."""
    model, optimizer, x = checkpoint.model, checkpoint.optimizer, np.arange(12, dtype="float32").reshape(4, 3)

    def step(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(model(x, training=True) ** 2)
        optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
        checkpoint.metric.update_state(loss)
    step = tf.function(step) if compiled else step
    for _ in range(steps):
        step(tf.constant(x))
        checkpoint.step.assign_add(1)
    held = [*model.weights, *optimizer.variables, *checkpoint.metric.variables, checkpoint.step]
    return [v.numpy().tobytes() for v in held]


def raised(function):
    with pytest.raises(AssertionError) as caught:
        function()
    return str(caught.value)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("built", [True, False])
def test_a_restored_training_goes_on_to_the_byte(tmp_path, built, compiled):
    first = training_state()
    trained(first)
    path = first.save(tmp_path / "ck")
    expected = trained(first, 5)
    second = training_state(built, rate=0.7)
    status = second.restore(path)
    status.assert_existing_objects_matched().assert_nontrivial_match()
    assert "optimizer/variables" in raised(status.assert_consumed)
    assert trained(second, 5, compiled) == expected
    status.assert_consumed()
    assert int(second.save_counter) == 1


def test_paths_are_numbered_and_noted(tmp_path):
    checkpoint = tf.train.Checkpoint(v=tf.Variable(1.0))
    assert tf.train.latest_checkpoint(tmp_path) is None
    for number in (1, 2):
        assert checkpoint.save(tmp_path / "a" / "ck") == str(tmp_path / "a" / f"ck-{number}")
    assert tf.train.latest_checkpoint(tmp_path / "a") == str(tmp_path / "a" / "ck-2")
    assert (tmp_path / "a" / "checkpoint").read_text() == (
        'model_checkpoint_path: "ck-2"\nall_model_checkpoint_paths: "ck-2"\n')
    assert sorted(os.listdir(tmp_path / "a")) == ["checkpoint", "ck-1.index", "ck-2.index"]
    assert checkpoint.write(str(tmp_path / "plain")) == str(tmp_path / "plain")
    assert not (tmp_path / "checkpoint").exists()


def test_an_object_is_found_by_its_name_wherever_it_is_held(tmp_path):
    net = Net()
    path = tf.train.Checkpoint(net=net, again=[net.dense]).save(tmp_path / "x")
    dense, scale = layers.Dense(2), tf.Variable([0.0, 0.0])
    status = tf.train.Checkpoint(net=tf.train.Checkpoint(dense=dense, scales={"0": scale})).restore(path)
    assert not dense.built
    dense(np.ones((1, 3)))
    np.testing.assert_array_equal(dense.kernel, net.dense.kernel)
    np.testing.assert_array_equal(scale, [1.0, 2.0])
    status.assert_existing_objects_matched().assert_consumed()
    other = layers.Dense(2)
    tf.train.Checkpoint(again=[other]).restore(path).expect_partial()
    other.build((None, 3))
    np.testing.assert_array_equal(other.kernel, net.dense.kernel)


def test_the_parts_of_a_root_are_parts_of_the_checkpoint(tmp_path):
    net = Net()
    path = tf.train.Checkpoint(net).save(tmp_path / "x")
    scale = tf.Variable([0.0, 0.0])
    tf.train.Checkpoint(scales=[scale]).restore(path).expect_partial()
    np.testing.assert_array_equal(scale, [1.0, 2.0])
    layer = layers.Dense(2)
    tf.train.Checkpoint(root=layer).restore(tf.train.Checkpoint(net.dense).save(tmp_path / "y"))
    layer(np.ones((1, 3)))
    np.testing.assert_array_equal(layer.kernel, net.dense.kernel)


def test_an_attribute_set_later_gets_its_value(tmp_path):
    path = tf.train.Checkpoint(v=tf.Variable(4.0)).save(tmp_path / "x")
    checkpoint = tf.train.Checkpoint()
    status = checkpoint.restore(path)
    assert "v" in raised(status.assert_consumed)
    checkpoint.v = tf.Variable(0.0)
    assert float(checkpoint.v) == 4.0
    status.assert_consumed()


def test_random_generators_and_other_state(tmp_path):
    class Reader:
        position = 0

        def get_state(self):
            return {"position": self.position, "seen": np.arange(2)}

        def set_state(self, state):
            self.position = state["position"]

    layer, reader = layers.Dropout(0.5), Reader()
    layer(np.ones((2, 5)), training=True)
    reader.position = 7
    path = tf.train.Checkpoint(layer=layer, reader=reader).save(tmp_path / "x")
    new, place = layers.Dropout(0.5), Reader()
    tf.train.Checkpoint(layer=new, reader=place).restore(path).assert_consumed()
    np.testing.assert_array_equal(new(np.ones((2, 5)), training=True), layer(np.ones((2, 5)), training=True))
    assert place.position == 7


def test_an_iterator_goes_on_where_it_was(tmp_path):
    def iterator():
        return iter(tf.data.Dataset.range(40).shuffle(10, seed=3).batch(2).repeat())
    first = iterator()
    for _ in range(23):
        next(first)
    path = tf.train.Checkpoint(it=first).save(tmp_path / "x")
    expected = [next(first).numpy().tolist() for _ in range(30)]
    second = iterator()
    next(second)
    tf.train.Checkpoint(it=second).restore(path).assert_consumed()
    assert [next(second).numpy().tolist() for _ in range(30)] == expected
    tf.train.Checkpoint(it=first).restore(path)
    assert next(first).numpy().tolist() == expected[0]
    with pytest.raises(FileFormatError, match="it does not take the state"):
        tf.train.Checkpoint(it=iter(tf.data.Dataset.range(3))).restore(path)


def test_what_does_not_fit_changes_nothing(tmp_path):
    path = tf.train.Checkpoint(a=tf.Variable([1.0]), b=tf.Variable([2.0, 3.0])).save(tmp_path / "x")
    a, b = tf.Variable([0.0]), tf.Variable([0.0])
    with pytest.raises(FileFormatError, match=r"x-1: b .*\(1,\).*\(2,\)"):
        tf.train.Checkpoint(a=a, b=b).restore(path)
    assert float(a[0]) == 0.0
    with pytest.raises(FileFormatError, match="does not fit"):
        tf.train.Checkpoint(a=layers.Dropout(0.5).seed_generator).restore(path)
    with pytest.raises(FileFormatError, match=r"weight.*shape \(3, 2\).*\(1,\)|shape"):
        layer = layers.Dense(2)
        tf.train.Checkpoint(layer).restore(tf.train.Checkpoint(kernel=tf.Variable([1.0])).save(tmp_path / "y"))
        layer.build((None, 3))


def test_statuses(tmp_path):
    path = tf.train.Checkpoint(step=tf.Variable(3), other=tf.Variable(1.0)).save(tmp_path / "x")
    partial = tf.train.Checkpoint(step=tf.Variable(0))
    status = partial.restore(path).expect_partial()
    assert int(partial.step) == 3
    assert "other" in raised(status.assert_consumed)
    status.assert_existing_objects_matched().initialize_or_restore().run_restore_ops()
    assert "zzz" in raised(tf.train.Checkpoint(zzz=tf.Variable(0.0)).read(path).assert_existing_objects_matched)
    raised(tf.train.Checkpoint(zzz=tf.Variable(0.0)).read(path).assert_nontrivial_match)
    nothing = partial.restore(None).expect_partial().initialize_or_restore()
    assert "None" in raised(nothing.assert_consumed)
    with pytest.raises(tf.errors.NotFoundError):
        tf.train.Checkpoint().restore(str(tmp_path / "none"))


@pytest.mark.parametrize("value", [3, "x", None, print])
def test_an_object_without_state_is_refused(value):
    with pytest.raises(ValueError, match="Checkpoint: a is"):
        tf.train.Checkpoint(a=value)


def test_options_are_refused(tmp_path):
    with pytest.raises(ValueError, match="options are not supported"):
        tf.train.Checkpoint().save(tmp_path / "x", options=1)


def test_a_damaged_latest_is_passed_over(tmp_path):
    checkpoint = tf.train.Checkpoint(v=tf.Variable(1.0))
    paths = [checkpoint.save(tmp_path / "ck") for _ in range(3)]
    with open(paths[2] + ".index", "r+b") as file:
        file.write(b"damage")
    with pytest.warns(UserWarning, match=r"ck-3\.index.*checksum"):
        assert tf.train.latest_checkpoint(tmp_path) == paths[1]
    with pytest.warns(UserWarning, match=r"ck-3\.index"):
        assert tf.train.CheckpointManager(checkpoint, tmp_path, 2, checkpoint_name="ck").restore_or_initialize() == \
            paths[1]
    with pytest.raises(FileFormatError, match="checksum"):
        checkpoint.restore(paths[2])
    (tmp_path / "checkpoint").write_bytes(b"x y z")
    with pytest.raises(FileFormatError, match="'x y z'"):
        tf.train.latest_checkpoint(tmp_path)


# --- the manager -----------------------------------------------------------------------------


def names(manager):
    return [os.path.basename(path) for path in manager.checkpoints]


def test_a_manager_keeps_the_latest(tmp_path):
    v = tf.Variable(0.0)
    manager = tf.train.CheckpointManager(tf.train.Checkpoint(v=v), tmp_path, max_to_keep=2)
    assert manager.latest_checkpoint is None and manager.restore_or_initialize() is None and manager.checkpoints == []
    for i in range(4):
        v.assign(float(i))
        assert manager.save() == manager.latest_checkpoint == str(tmp_path / f"ckpt-{i + 1}")
    assert names(manager) == ["ckpt-3", "ckpt-4"]
    assert sorted(os.listdir(tmp_path)) == ["checkpoint", "ckpt-3.index", "ckpt-4.index"]
    other = tf.train.Checkpoint(v=tf.Variable(-1.0))
    again = tf.train.CheckpointManager(other, tmp_path, max_to_keep=1, checkpoint_name="other")
    assert again.restore_or_initialize() == str(tmp_path / "ckpt-4")
    assert (float(other.v), int(other.save_counter), names(again)) == (3.0, 4, ["ckpt-3", "ckpt-4"])
    again.save(checkpoint_number=77)
    assert names(again) == ["other-77"] and int(other.save_counter) == 5
    assert sorted(os.listdir(tmp_path)) == ["checkpoint", "other-77.index"]
    state = tf.train.get_checkpoint_state(tmp_path)
    assert state.model_checkpoint_path == str(tmp_path / "other-77") == state.all_model_checkpoint_paths[0]


def test_a_manager_saves_every_so_many_steps(tmp_path):
    step = tf.Variable(0, dtype="int64")
    manager = tf.train.CheckpointManager(tf.train.Checkpoint(s=step), tmp_path, None, step_counter=step,
                                         checkpoint_interval=3)
    saved = []
    for i in range(8):
        if manager.save():
            saved.append(i)
        step.assign_add(1)
    assert saved == [0, 3, 6]
    assert manager.save(check_interval=False) and not manager.save(check_interval=False)
    with pytest.raises(ValueError, match="step_counter"):
        tf.train.CheckpointManager(tf.train.Checkpoint(), tmp_path, 1, checkpoint_interval=3)
    with pytest.raises(ValueError, match="max_to_keep"):
        tf.train.CheckpointManager(tf.train.Checkpoint(), tmp_path, 0)


def test_a_manager_keeps_one_every_few_hours(tmp_path, monkeypatch):
    now = [1e9]
    monkeypatch.setattr("minikeras.train.time.time", lambda: now[0])
    manager = tf.train.CheckpointManager(tf.train.Checkpoint(), tmp_path, 1, keep_checkpoint_every_n_hours=2)
    for _ in range(6):
        now[0] += 3600.0
        manager.save()
    assert sorted(os.listdir(tmp_path)) == ["checkpoint", "ckpt-2.index", "ckpt-4.index", "ckpt-6.index"]


def test_a_manager_calls_the_function_where_there_is_nothing(tmp_path):
    called = []
    manager = tf.train.CheckpointManager(tf.train.Checkpoint(), tmp_path, 2, init_fn=lambda: called.append(1))
    assert manager.restore_or_initialize() is None and called == [1]


def test_values_by_name(tmp_path):
    path = tf.train.Checkpoint(v=tf.Variable([1.0, 2.0]), net=Net()).write(tmp_path / "x")
    value = "/.ATTRIBUTES/VARIABLE_VALUE"
    assert tf.train.list_variables(path) == [
        (f"net/dense/bias{value}", [2]), (f"net/dense/kernel{value}", [3, 2]), (f"net/scales/0{value}", [2]),
        (f"v{value}", [2])]
    np.testing.assert_array_equal(tf.train.load_variable(path, "v"), [1.0, 2.0])
    reader = tf.train.load_checkpoint(path)
    assert reader.has_tensor(f"v{value}") and reader.get_variable_to_dtype_map()[f"v{value}"] == tf.float32
    with pytest.raises(tf.errors.NotFoundError, match="net/dense"):
        reader.get_tensor("w")
