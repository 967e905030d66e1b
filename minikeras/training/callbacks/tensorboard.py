"""TensorBoard: curves, weights and the model, in files that TensorBoard shows."""

import json
import os
import time
import warnings
from pathlib import Path

import numpy as np

from ... import registry
from ...arguments import count
from ...layers.embedding import Embedding
from ...saving.atomic import write_atomically
from .base import Callback
from .learning_rate import report_rates

_IMAGES = 3     # of one weight that are shown, as TensorFlow's summaries do


class TensorBoard(Callback):
    """Writes what TensorBoard shows into `log_dir`: of training below train/, of evaluations below validation/.

    histogram_freq           every so many epochs the distribution of each weight; 0 for never
    write_graph              the model's layers, at the start
    write_images             with the distributions, each weight as a picture; needs Pillow
    write_steps_per_second   how fast each epoch, or batch, was
    update_freq              'epoch'; or a number, or 'batch' for 1: the losses and metrics every so many batches, too
    profile_batch            only 0: the step's own program and timings are in `model.step_plan()`
    embeddings_freq          every so many epochs the vectors of each Embedding, for the projector; 0 for never
    embeddings_metadata      a file that names the vectors; or by the names of layers, a file for each
    Epochs are reported as epoch_<name>, batches as batch_<name>, and every evaluation as
    evaluation_<name>_vs_iterations. Needs tensorboardX: pip install 'minikeras[tensorboard]'.
    """

    kept = ("_batches",)

    def __init__(self, log_dir="logs", histogram_freq=0, write_graph=True, write_images=False,
                 write_steps_per_second=False, update_freq="epoch", profile_batch=0, embeddings_freq=0,
                 embeddings_metadata=None):
        if profile_batch not in (0, (0, 0), [0, 0], "0"):
            raise ValueError("TensorBoard: there is no profile of batches to write, got "
                             f"profile_batch={profile_batch!r}. Leave it 0; "
                             "model.step_plan().describe() tells what a step does, python -m cProfile what takes time.")
        try:
            import tensorboardX
        except ImportError as error:
            raise ImportError("TensorBoard: writing its files needs tensorboardX. Install it with: "
                              "pip install 'minikeras[tensorboard]'.") from error
        self.log_dir, self.write_graph, self.write_images = os.fspath(log_dir), write_graph, write_images
        self.histogram_freq = _every("histogram_freq", histogram_freq)
        self.write_steps_per_second, self.profile_batch = write_steps_per_second, profile_batch
        self.update_freq = update_freq if update_freq == "epoch" else count(
            "TensorBoard: update_freq", 1 if update_freq == "batch" else update_freq)
        self.embeddings_freq = _every("embeddings_freq", embeddings_freq)
        self.embeddings_metadata = embeddings_metadata
        self._open, self._writers, self._trains = tensorboardX.SummaryWriter, {}, False
        self._batches = 0       # of this training

    def hears(self, event):
        """As for any callback; of batches only where they are written."""
        return super().hears(event) and (self.update_freq != "epoch" or not self._counts(event))

    # --- files -------------------------------------------------------------------------------

    def _writer(self, name):
        """That of 'train' or 'validation', made when there is something to write."""
        if name not in self._writers:
            self._writers[name] = self._open(os.path.join(self.log_dir, name))
        return self._writers[name]

    def _write(self, writer, prefix, logs, step, suffix=""):
        for name, value in logs.items():
            if np.ndim(value) == 0:
                self._writer(writer).add_scalar(f"{prefix}_{name}{suffix}", value, step)

    def _close(self):
        for writer in self._writers.values():
            writer.close()
        self._writers = {}

    # --- events ------------------------------------------------------------------------------

    def set_model(self, model):
        super().set_model(model)
        if self.embeddings_freq:
            self._write_projector()

    def on_train_begin(self, logs=None):
        self._trains, self._batches = True, 0
        if self.write_graph:
            self._write_model()

    def on_train_end(self, logs=None):
        self._trains = False
        self._close()

    def on_train_batch_begin(self, batch, logs=None):
        self._batch_began = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self._batches += 1
        if self.update_freq == "epoch" or self._batches % self.update_freq:
            return
        speed = {"steps_per_second": 1 / (time.perf_counter() - self._batch_began)}
        self._write("train", "batch", {**(speed if self.write_steps_per_second else {}), **(logs or {})}, self._batches)

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch_began, self._iterations_before = time.perf_counter(), self._iterations()

    def on_epoch_end(self, epoch, logs=None):
        logs = logs or {}
        trained = {name: value for name, value in logs.items() if not name.startswith("val_")}
        report_rates(self.model, trained)
        if self.write_steps_per_second:
            seconds = time.perf_counter() - self._epoch_began
            trained["steps_per_second"] = (self._iterations() - self._iterations_before) / seconds
        self._write("train", "epoch", trained, epoch)
        self._write("validation", "epoch", {
            name.removeprefix("val_"): value for name, value in logs.items() if name.startswith("val_")}, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)
        if self.embeddings_freq and epoch % self.embeddings_freq == 0:
            self._write_embeddings()
        for writer in self._writers.values():
            writer.flush()

    def on_test_end(self, logs=None):
        if self.model.optimizer is not None:
            self._write("validation", "evaluation", logs or {}, self._iterations(), "_vs_iterations")
        if not self._trains:
            self._close()

    # --- what is written ---------------------------------------------------------------------

    def _iterations(self):
        return int(np.asarray(self.model.optimizer.iterations))

    def _write_model(self):
        """The model's config, of which TensorBoard's page of graphs draws the layers."""
        from tensorboardX.proto.summary_pb2 import Summary, SummaryMetadata
        from tensorboardX.proto.tensor_pb2 import TensorProto
        try:
            config = json.dumps(registry.serialize_object(self.model))
        except (TypeError, NotImplementedError) as error:       # most often a model of the user's own class
            warnings.warn(f"TensorBoard: the layers of {self.model.name} are not written, for it has no config: "
                          f"{error}", stacklevel=2)
            return
        plugin = SummaryMetadata.PluginData(plugin_name="graph_keras_model", content=b"1")
        self._writer("train").file_writer.add_summary(Summary(value=[Summary.Value(
            tag="keras", metadata=SummaryMetadata(plugin_data=plugin),
            tensor=TensorProto(dtype="DT_STRING", string_val=[config.encode()]))]), 0)

    def _write_weights(self, epoch):
        for layer in self.model.layers:
            for weight in layer.weights:
                name, value = weight.path.replace(":", "_"), weight.numpy()
                self._writer("train").add_histogram(f"{name}/histogram", value, epoch)
                for number, image in enumerate(_images(value) if self.write_images else ()):
                    self._writer("train").add_image(f"{name}/image/{number}", image, epoch, dataformats="HWC")

    def _embeddings(self):
        return [layer for layer in self.model.layers if isinstance(layer, Embedding)]

    def _write_projector(self):
        """What the projector is to show: the file of each Embedding, and that of the names of its rows."""
        layers, files = self._embeddings(), self.embeddings_metadata
        if isinstance(files, dict):
            unknown = set(files) - {layer.name for layer in layers}
            if unknown:
                raise ValueError(f"TensorBoard: embeddings_metadata has {', '.join(sorted(unknown))}, and the "
                                 f"Embedding layers are {', '.join(layer.name for layer in layers) or 'none'}.")
        lines = []
        for layer in layers:
            names = files.get(layer.name) if isinstance(files, dict) else files
            lines += ["embeddings {", f"  tensor_name: {json.dumps(layer.name)}",
                      f"  tensor_path: {json.dumps(f'train/{layer.name}.tsv')}",
                      *([f"  metadata_path: {json.dumps(os.fspath(names))}"] if names is not None else []), "}"]
        self._write_file("projector_config.pbtxt", "\n".join([*lines, ""]))

    def _write_embeddings(self):
        for layer in self._embeddings():
            rows = layer.embeddings.numpy().tolist()
            self._write_file(f"train/{layer.name}.tsv", "".join("\t".join(map(str, row)) + "\n" for row in rows))

    def _write_file(self, name, text):
        path = Path(self.log_dir, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text.encode())


def _every(name, value):
    return count(f"TensorBoard: {name}", value) if value else 0


def _images(weight):
    """A weight as a few gray pictures, (height, width, 1), 0 black and 1 white; none for what has no such form."""
    weight = weight.squeeze()
    if weight.ndim == 1:
        weight = weight[np.newaxis, :, np.newaxis, np.newaxis]
    elif weight.ndim == 2:
        weight = (weight.T if weight.shape[0] > weight.shape[1] else weight)[np.newaxis, :, :, np.newaxis]
    elif weight.ndim == 3:
        weight = weight.transpose(2, 0, 1)[..., np.newaxis]     # a picture for each channel
    return weight[:_IMAGES].clip(0, 1) if weight.ndim == 4 and weight.shape[-1] in (1, 3, 4) else ()
