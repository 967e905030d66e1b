"""TensorBoard: the tags, steps and values in its files."""

import builtins
import struct

import numpy as np
import pytest

import minikeras as mk
from minikeras.callbacks import TensorBoard

from .trained import X, Y, line

pytest.importorskip("tensorboardX")


def events(folder):
    """(step, value) of everything in the event files of a folder."""
    from tensorboardX.proto.event_pb2 import Event
    found = []
    for path in sorted(folder.glob("events.out.tfevents.*")):
        data = path.read_bytes()
        while data:
            size = struct.unpack("<Q", data[:8])[0]     # then a checksum, the event, a checksum
            event = Event.FromString(data[12:12 + size])
            found += [(event.step, value) for value in event.summary.value]
            data = data[16 + size:]
    return found


def tags(folder):
    return [(step, value.tag) for step, value in events(folder)]


def test_what_is_written_and_when_is_as_in_keras(tmp_path):
    line(metrics=["mae"]).fit(X, Y, epochs=2, batch_size=2, validation_data=(X, Y), verbose=0, callbacks=[TensorBoard(
        tmp_path, write_graph=False, write_steps_per_second=True, update_freq=2)])
    epoch = ["epoch_loss", "epoch_mae", "epoch_learning_rate", "epoch_steps_per_second"]
    batch = ["batch_steps_per_second", "batch_loss", "batch_mae"]
    assert tags(tmp_path / "train") == [
        (step, tag) for step, tags in ((2, batch), (0, epoch), (4, batch), (6, batch), (1, epoch)) for tag in tags]
    assert tags(tmp_path / "validation") == [
        (step, tag) for steps in ((3, 0), (6, 1)) for step, tags in zip(steps, (
            ["evaluation_loss_vs_iterations", "evaluation_mae_vs_iterations"], ["epoch_loss", "epoch_mae"]))
        for tag in tags]


def test_the_numbers_are_those_of_the_history(tmp_path):
    history = line().fit(X, Y, epochs=2, verbose=0, callbacks=[TensorBoard(tmp_path, write_graph=False)]).history
    values = {(step, value.tag): value.simple_value for step, value in events(tmp_path / "train")}
    assert values == pytest.approx({(0, "epoch_loss"): history["loss"][0], (1, "epoch_loss"): history["loss"][1],
                                    (0, "epoch_learning_rate"): 0.1, (1, "epoch_learning_rate"): 0.1})
    assert not (tmp_path / "validation").exists()


def test_an_evaluation_is_written_by_itself(tmp_path):
    line().evaluate(X, Y, verbose=0, callbacks=[TensorBoard(tmp_path)])
    assert tags(tmp_path / "validation") == [(0, "evaluation_loss_vs_iterations")]


def test_weights_are_written_as_distributions_and_pictures(tmp_path):
    pytest.importorskip("PIL")
    model = mk.Sequential([mk.Input((5, 5, 1)), mk.layers.Conv2D(4, 2), mk.layers.Flatten(), mk.layers.Dense(2)])
    model.compile("sgd", "mse")
    model.fit(np.ones((2, 5, 5, 1)), np.ones((2, 2)), epochs=3, verbose=0,
              callbacks=[TensorBoard(tmp_path, histogram_freq=2, write_graph=False, write_images=True)])
    written = {tag: (step, value) for step, value in events(tmp_path / "train") for tag in [value.tag]}
    assert {tag for tag in written if "epoch" not in tag} == {
        *(f"{weight.path}/histogram" for weight in model.weights),
        *(f"{model.weights[0].path}/image/{number}" for number in range(3)),        # of the four channels
        *(f"{weight.path}/image/0" for weight in model.weights[1:])}
    step, value = written[f"{model.weights[2].path}/histogram"]
    assert (step, value.histo.num) == (2, model.weights[2].numpy().size)
    image = written[f"{model.weights[2].path}/image/0"][1].image
    assert (image.height, image.width) == (2, 64)


def test_the_model_is_written_for_the_page_of_graphs(tmp_path):
    line().fit(X, Y, verbose=0, callbacks=[TensorBoard(tmp_path)])
    (step, value), *_ = events(tmp_path / "train")
    assert (step, value.tag, value.metadata.plugin_data.plugin_name) == (0, "keras", "graph_keras_model")
    assert b'"class_name": "Dense"' in value.tensor.string_val[0]


def embedding_model():
    model = mk.Sequential([mk.Input((2,), dtype="int32"), mk.layers.Embedding(3, 2, name="words"), mk.layers.Flatten(),
                           mk.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize("names", ["names.tsv", {"words": "names.tsv"}])
def test_embeddings_are_written_for_the_projector(names, tmp_path):
    model = embedding_model()
    model.fit(np.ones((2, 2)), np.ones((2, 1)), verbose=0,
              callbacks=[TensorBoard(tmp_path, embeddings_freq=1, embeddings_metadata=names)])
    assert (tmp_path / "projector_config.pbtxt").read_text().split() == [
        "embeddings", "{", "tensor_name:", '"words"', "tensor_path:", '"train/words.tsv"', "metadata_path:",
        '"names.tsv"', "}"]
    assert np.allclose(np.loadtxt(tmp_path / "train" / "words.tsv"), model.get_weights()[0])


def test_metadata_of_no_embedding_is_refused(tmp_path):
    with pytest.raises(ValueError, match="embeddings_metadata has letters, and the Embedding layers are words"):
        embedding_model().fit(np.ones((2, 2)), np.ones((2, 1)), verbose=0, callbacks=[
            TensorBoard(tmp_path, embeddings_freq=1, embeddings_metadata={"letters": "names.tsv"})])


def test_a_profile_is_refused():
    with pytest.raises(ValueError, match="no profile of batches to write, got profile_batch=2"):
        TensorBoard(profile_batch=2)


def test_a_missing_tensorboardx_is_named(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith("tensorboardX"):
            raise ImportError(name)
        return real(name, *args, **kwargs)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"needs tensorboardX\. .* pip install 'minikeras\[tensorboard\]'"):
        TensorBoard()
