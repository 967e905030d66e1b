"""Programs as TensorFlow's users write them."""

import numpy as np
import pytest

import minikeras as tf
from minikeras import keras
from minikeras.errors import PlanWarning

AUTOTUNE = tf.data.AUTOTUNE


def test_a_custom_loop_over_shuffled_batches():
    x, y = np.ones((50, 4), np.float32), np.zeros(50, np.int64)
    train = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(10000).batch(16)
    w = tf.Variable(tf.ones((4, 1)))

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(tf.matmul(x, w)[:, 0] - tf.cast(y, tf.float32)))
        w.assign_sub(0.05 * tape.gradient(loss, w))
        return loss
    losses = [float(step(x, y)) for _ in range(5) for x, y in train]
    assert len(losses) == 20
    assert losses[-1] < 1e-3 < losses[0]


def test_windows_of_a_series_become_inputs_and_labels():
    dataset = tf.data.Dataset.range(10).window(5, shift=1, drop_remainder=True)
    dataset = dataset.flat_map(lambda window: window.batch(5)).map(lambda window: (window[:-1], window[-1:]))
    batches = list(dataset.shuffle(buffer_size=10).batch(4).prefetch(1))
    assert sorted(y.item() for _, labels in batches for y in labels) == [4, 5, 6, 7, 8, 9]
    assert all((y - x[:, -1:] == 1).numpy().all() for x, y in batches)


def test_characters_become_sequences_and_their_successors():
    ids = tf.data.Dataset.from_tensor_slices(np.arange(100))
    sequences = ids.batch(11, drop_remainder=True).map(lambda chunk: (chunk[:-1], chunk[1:]))
    dataset = sequences.shuffle(100).batch(4, drop_remainder=True).prefetch(AUTOTUNE)
    assert (len(dataset), dataset.element_spec[0]) == (2, tf.TensorSpec((4, 10), "int64"))
    assert all((y - x == 1).numpy().all() for x, y in dataset)


def test_layers_adapt_to_a_data_set_and_prepare_it():
    raw = tf.data.Dataset.from_tensor_slices((["a b c", "b c d d"], [0, 1])).batch(2)
    vectorize = keras.layers.TextVectorization(output_sequence_length=4)
    vectorize.adapt(raw.map(lambda text, label: text))
    (x, y), = raw.map(lambda text, label: (vectorize(tf.expand_dims(text, -1)), label)).cache().prefetch(AUTOTUNE)
    assert (x.tolist(), y.tolist()) == ([[5, 4, 3, 0], [4, 3, 2, 2]], [0, 1])


def test_images_are_augmented_with_conditions_on_tensors():
    def augment(image, label):
        if tf.random.uniform(()) > 0.5:
            image = tf.image.flip_left_right(image)
        return tf.clip_by_value(image, 0.0, 1.0), tf.one_hot(label, 10)
    images = np.arange(48, dtype=np.float32).reshape(4, 3, 4, 1) / 47
    dataset = tf.data.Dataset.from_tensor_slices((images, [1, 2, 3, 4])).map(augment, AUTOTUNE).batch(4)
    x, y = next(iter(dataset))
    assert all(row.tolist() in (image.tolist(), image[:, ::-1].tolist()) for row, image in zip(x.numpy(), images))
    assert y.shape == (4, 10)


def test_a_data_set_may_be_a_class_of_its_own():
    class Counting(tf.data.Dataset):
        def generate(stop):  # noqa: N805 (as in TensorFlow's guide)
            for i in range(stop):
                yield (i,)

        def __new__(cls, stop=3):
            return tf.data.Dataset.from_generator(
                cls.generate, output_signature=tf.TensorSpec(shape=(1,), dtype=tf.int64), args=(stop,))
    taken = tf.data.Dataset.range(2).interleave(lambda _: Counting(), num_parallel_calls=AUTOTUNE, cycle_length=2)
    assert [x.item() for x in taken] == [0, 0, 1, 1, 2, 2]


def test_a_function_that_iterates_itself_runs_op_by_op():
    @tf.function
    def total(dataset):
        result = tf.constant(0, tf.int64)
        for x in dataset:
            result += x
        return result
    data_sets = [tf.data.Dataset.range(n) for n in (3, 4)]
    with pytest.warns(PlanWarning, match="an iterator of a Dataset gives other data"):
        assert [int(total(dataset)) for dataset in data_sets * 3] == [3, 6] * 3


def test_features_by_name_come_from_columns():
    columns = {"age": np.arange(20.0), "sex": np.array(["m", "f"] * 10), "target": np.arange(20) % 2}
    labels = columns.pop("target")
    dataset = tf.data.Dataset.from_tensor_slices((columns, labels)).shuffle(len(labels)).batch(5).prefetch(5)
    for features, y in dataset:
        assert [sex == b"f" for sex in features["sex"].tolist()] == y.tolist()
        assert (features["age"].numpy() % 2).tolist() == y.tolist()
