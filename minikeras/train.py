"""TensorFlow's `tf.train`: checkpoints of objects and all that they hold, in one file each.

Where TensorFlow writes `<path>.index` and `<path>.data-...`, there is one file here, `<path>.index`: written whole or
not at all, with a checksum. TensorFlow cannot read it, nor is TensorFlow's read here.
"""

import json
import operator
import os
import re
import time
import types
from pathlib import Path

import numpy as np

from .arguments import count
from .autograd.dtypes import as_dtype
from .autograd.variable import Variable
from .errors import FileFormatError, NotFoundError
from .saving.atomic import remove_leftovers, write_atomically
from .saving.checkpoints import CheckpointFolder, read_checkpoint, read_newest, write_checkpoint
from .saving.holdings import Restoration, Tracked, can_hold, collect, some_of

__all__ = ["Checkpoint", "CheckpointManager", "get_checkpoint_state", "latest_checkpoint", "list_variables",
           "load_checkpoint", "load_variable"]

ENDING = ".index"
_VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"      # TensorFlow's ending of the name of a Variable's value


class Checkpoint(Tracked):
    """Objects to be saved together: models, layers, optimizers, metrics, Variables, modules, iterators of data sets,
    other Checkpoints, and lists and dicts of these.

    root     an object whose parts are saved as parts of the checkpoint itself
    kwargs   the objects by name; attributes that are set later count as well
    """

    def __init__(self, root=None, **kwargs):
        self.__dict__["root"] = self._checked("root", root) if root is not None else None
        for name, value in kwargs.items():
            setattr(self, name, value)

    def __setattr__(self, name, value):
        super().__setattr__(name, value if name.startswith("_") else self._checked(name, value))
        if self.awaited is not None:
            self.awaited()

    @staticmethod
    def _checked(name, value):
        if not can_hold(value):
            raise ValueError(f"Checkpoint: {name} is {value!r} ({type(value).__name__}), of which no state can be "
                             "saved. Give a model, layer, optimizer, metric, Variable, Module, an object with "
                             "get_state and set_state, or a list or dict of these; a number as a Variable.")
        return value

    def holds(self):
        own = {name: value for name, value in vars(self).items() if name not in _OWN}
        if "_save_counter" in vars(self):
            own["save_counter"] = self._save_counter
        return own

    @property
    def save_counter(self):
        """How often `save` was called, an integer Variable; it is saved and restored, too."""
        if "_save_counter" not in vars(self):
            self._save_counter = Variable(0, trainable=False, dtype="int64", name="save_counter")
        return self._save_counter

    def write(self, file_prefix, options=None):
        """Write all state to `file_prefix`, and give that back; without a number, and without noting it."""
        _no_options(options)
        path = os.fspath(file_prefix)
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        write_checkpoint(path + ENDING, collect(self))
        return path

    def save(self, file_prefix, options=None):
        """Write all state to `<file_prefix>-<number>`, counting from 1, and note it in the folder's file 'checkpoint'
        as the latest. Gives the path, for `restore`."""
        self.save_counter.assign_add(1)
        path = self.write(f"{os.fspath(file_prefix)}-{int(self.save_counter)}", options)
        _note(os.path.dirname(path), path, [path])
        return path

    def read(self, save_path, options=None):
        """Give the objects the state of a checkpoint, matched by their names from here on. Gives a `RestoreStatus`.

        Weights that are not made yet get their values when they are. Raises NotFoundError (a FileNotFoundError),
        and FileFormatError for a file that is damaged or whose shapes do not fit; then nothing was changed.
        """
        _no_options(options)
        path = os.fspath(save_path)
        return RestoreStatus(Restoration(self, read_checkpoint(path + ENDING)[0], path))

    def restore(self, save_path, options=None):
        """As `read`, with the `save_counter` of a checkpoint that `save` wrote. None restores nothing."""
        if save_path is None:
            _no_options(options)
            return RestoreStatus(None)
        counter = "_save_counter" in vars(self), self.save_counter
        try:
            return self.read(save_path, options)
        except BaseException:
            if not counter[0]:
                del self._save_counter
            raise


_OWN = ("root", "awaited", "_save_counter")     # attributes that are no parts by these names


def _no_options(options):
    if options is not None:
        raise ValueError("tf.train: options are not supported: they say where and how machines share a checkpoint, and "
                         "there is one. Leave options=None.")


class RestoreStatus:
    """What came of restoring a checkpoint. Each method gives the status itself, or raises AssertionError."""

    def __init__(self, restoration):
        self._restoration = restoration

    def _found(self):
        if self._restoration is None:
            raise AssertionError("Nothing was restored, for the path was None: there was no checkpoint.")
        return self._restoration

    def assert_consumed(self):
        """All that is in the file was given to an object, and all objects got theirs."""
        unused = self._found().unused()
        if unused:
            raise AssertionError(f"The checkpoint has state that no object took: {some_of(unused)}. Build the objects "
                                 "first, or call expect_partial() if that is meant.")
        return self.assert_existing_objects_matched()

    def assert_existing_objects_matched(self):
        """All objects that are there now got their state."""
        unmatched = self._found().unmatched()
        if unmatched:
            raise AssertionError(f"The checkpoint has nothing for {some_of(unmatched)}. It was saved from other "
                                 "objects, or under other names.")
        return self

    def assert_nontrivial_match(self):
        """Something got its state."""
        if not self._found().has_given():
            raise AssertionError("Nothing in the checkpoint has a place in the objects. It was saved from others, or "
                                 "under other names.")
        return self

    def expect_partial(self):
        """Nothing to do: that a checkpoint is used in part is not warned of."""
        return self

    def initialize_or_restore(self, session=None):
        """Nothing to do: it is restored already."""
        return self

    run_restore_ops = initialize_or_restore


# --- the file 'checkpoint' ------------------------------------------------------------------------------

# TensorFlow's text form of a message: a line for each field.
_LINE = re.compile(r'(\w+): ("(?:[^"\\]|\\.)*"|-?[\d.e+-]+)')


def _note(folder, latest, paths, times=(), preserved=None):
    lines = [("model_checkpoint_path", _relative(latest, folder)),
             *[("all_model_checkpoint_paths", _relative(path, folder)) for path in paths],
             *[("all_model_checkpoint_timestamps", stamp) for stamp in times],
             *([] if preserved is None else [("last_preserved_timestamp", preserved)])]
    text = "".join(f"{name}: {json.dumps(value)}\n" for name, value in lines)
    write_atomically(Path(folder, "checkpoint"), text.encode())


def _relative(path, folder):
    return os.path.relpath(path, folder) if folder else path


def get_checkpoint_state(checkpoint_dir, latest_filename=None):
    """What a folder's file 'checkpoint' says: `model_checkpoint_path`, the latest, `all_model_checkpoint_paths`,
    `all_model_checkpoint_timestamps`, `last_preserved_timestamp`. None if there is no such file."""
    file = Path(checkpoint_dir, latest_filename or "checkpoint")
    if not file.is_file():
        return None
    found = {}
    for line in file.read_text("utf-8", "replace").splitlines():
        field = _LINE.fullmatch(line.strip())
        try:
            found.setdefault(field[1], []).append(json.loads(field[2]))
        except (TypeError, ValueError):
            raise FileFormatError(f"{file}: the line {line!r} is none of a list of checkpoints. Remove the file, and "
                                  "restore a checkpoint by its path.") from None
    paths = {name: [os.path.join(checkpoint_dir, str(path)) for path in found.get(name, ())]
             for name in ("model_checkpoint_path", "all_model_checkpoint_paths")}
    if not paths["model_checkpoint_path"]:
        return None
    return types.SimpleNamespace(
        model_checkpoint_path=paths["model_checkpoint_path"][-1],
        all_model_checkpoint_paths=paths["all_model_checkpoint_paths"],
        all_model_checkpoint_timestamps=found.get("all_model_checkpoint_timestamps", []),
        last_preserved_timestamp=(found.get("last_preserved_timestamp") or [0.0])[-1])


def latest_checkpoint(checkpoint_dir, latest_filename=None):
    """The path of the latest checkpoint of a folder, for `Checkpoint.restore`; None if there is none.

    One that is damaged or gone is warned of, and passed over for the one before it of the same name. Raises
    FileFormatError where none can be read.
    """
    state = get_checkpoint_state(os.fspath(checkpoint_dir), latest_filename)
    if state is None:
        return None
    path = state.model_checkpoint_path
    form = re.fullmatch(r"(.*)-(\d+)", os.path.basename(path))
    paths = [path]
    if form:
        folder = CheckpointFolder(os.path.dirname(path), form[1], ENDING)
        paths += [str(folder.path(n)).removesuffix(ENDING) for n in reversed(folder.numbers()) if n < int(form[2])]
    return str(read_newest([path + ENDING for path in paths])[0]).removesuffix(ENDING)


# --- looking into one -------------------------------------------------------------------------------


class CheckpointReader:
    """The values of a checkpoint by their names, such as 'model/layers/0/kernel/.ATTRIBUTES/VARIABLE_VALUE'."""

    def __init__(self, path):
        nodes, _ = read_checkpoint(os.fspath(path) + ENDING)
        self._values = {path + _VALUE: node["value"] for path, node in sorted(nodes.items()) if "value" in node}

    def get_variable_to_shape_map(self):
        """{name: shape}, the shapes as lists."""
        return {name: list(value.shape) for name, value in self._values.items()}

    def get_variable_to_dtype_map(self):
        """{name: dtype}."""
        return {name: as_dtype(value.dtype) for name, value in self._values.items()}

    def has_tensor(self, tensor_str):
        """Whether there is a value of this name."""
        return tensor_str in self._values

    def get_tensor(self, tensor_str):
        """The value of this name, an array. Raises NotFoundError."""
        if tensor_str not in self._values:
            raise NotFoundError(f"the checkpoint has no {tensor_str!r}; it has {some_of(list(self._values))}.")
        return self._values[tensor_str]


def load_checkpoint(ckpt_dir_or_file):
    """A `CheckpointReader` for a path, or for the latest checkpoint of a folder. Raises ValueError for an empty one."""
    path = ckpt_dir_or_file
    if os.path.isdir(path):
        path = latest_checkpoint(path)
        if path is None:
            raise ValueError(f"load_checkpoint: the folder {str(ckpt_dir_or_file)!r} has no checkpoint.")
    return CheckpointReader(path)


def list_variables(ckpt_dir_or_file):
    """(name, shape) of each value in a checkpoint."""
    return list(load_checkpoint(ckpt_dir_or_file).get_variable_to_shape_map().items())


def load_variable(ckpt_dir_or_file, name):
    """A value of a checkpoint, an array; `name` may lack its ending '/.ATTRIBUTES/VARIABLE_VALUE'."""
    reader = load_checkpoint(ckpt_dir_or_file)
    return reader.get_tensor(name if reader.has_tensor(name) else name.removesuffix(":0") + _VALUE)


# --- several in a folder ----------------------------------------------------------------------------


class CheckpointManager:
    """Numbered checkpoints in a folder, of which the latest stay.

    max_to_keep       how many; None for all
    keep_checkpoint_every_n_hours   of those that would be removed, keep one in so many hours
    checkpoint_name   they are called `<checkpoint_name>-<number>`
    step_counter, checkpoint_interval, last_checkpoint_step   save only if the counter, a Variable, went on by so many
                      since that step, or since the last checkpoint
    init_fn           what `restore_or_initialize` calls where there is none
    A folder that was used before is taken up as it was left.
    """

    def __init__(self, checkpoint, directory, max_to_keep, keep_checkpoint_every_n_hours=None, checkpoint_name="ckpt",
                 step_counter=None, checkpoint_interval=None, init_fn=None, last_checkpoint_step=None):
        if checkpoint_interval is not None and step_counter is None:
            raise ValueError("CheckpointManager: checkpoint_interval counts steps; give step_counter, the Variable "
                             "that has their number.")
        self.checkpoint, self.directory = checkpoint, os.fspath(directory)
        self.checkpoint_interval, self._step_counter = checkpoint_interval, step_counter
        self._max_to_keep = count("CheckpointManager: max_to_keep", max_to_keep, optional=True)
        self._hours, self._name, self._init_fn = keep_checkpoint_every_n_hours, checkpoint_name, init_fn
        self._last_step = last_checkpoint_step
        self.latest_checkpoint = latest_checkpoint(self.directory)
        self._times, self._preserved = {}, time.time() - 1.0    # {path: when it was written}, oldest first
        state = get_checkpoint_state(self.directory)
        if state is not None:
            self._preserved = min(state.last_preserved_timestamp, time.time())
            times = state.all_model_checkpoint_timestamps or [time.time()] * len(state.all_model_checkpoint_paths)
            self._times = {path: stamp for path, stamp in zip(state.all_model_checkpoint_paths, times)
                           if os.path.exists(path + ENDING)}

    @property
    def checkpoints(self):
        """The paths of the checkpoints that are there to be removed one day, oldest first."""
        return list(self._times)

    def save(self, checkpoint_number=None, check_interval=True, options=None):
        """Write a checkpoint and remove old ones. Gives its path; None where it is not due.

        checkpoint_number   by default what `checkpoint.save_counter` counts
        check_interval      False: save whatever the step, unless there is a checkpoint of this very step
        """
        if not self._is_due(check_interval):
            return None
        self.checkpoint.save_counter.assign_add(1)
        number = int(np.asarray(self.checkpoint.save_counter if checkpoint_number is None else checkpoint_number))
        path = self.checkpoint.write(os.path.join(self.directory, f"{self._name}-{number}"), options)
        self._times.pop(path, None)
        self._times[path] = time.time()
        self.latest_checkpoint = path
        self._remove_old()
        return path

    def _is_due(self, check_interval):
        if self.checkpoint_interval is None:
            return True
        step, last = operator.index(np.asarray(self._step_counter)[()]), self._last_step
        if last is not None and (step == last or (check_interval and step < last + self.checkpoint_interval)):
            return False
        self._last_step = step
        return True

    def _remove_old(self):
        removed = []
        for path in list(self._times)[:-self._max_to_keep] if self._max_to_keep else ():
            written = self._times.pop(path)
            if self._hours and written - self._hours * 3600.0 >= self._preserved:
                self._preserved = written
            else:
                removed.append(path)
        self._record()      # first: what it names is there
        for path in removed:
            Path(path + ENDING).unlink(missing_ok=True)
        remove_leftovers(self.directory)

    def _record(self):
        _note(self.directory, self.latest_checkpoint, list(self._times), list(self._times.values()), self._preserved)

    def restore_or_initialize(self):
        """Restore the latest checkpoint and give its path; without one call `init_fn`, if there is one."""
        if self.latest_checkpoint is not None:
            self.checkpoint.restore(self.latest_checkpoint)
            if self.checkpoint_interval is not None:
                self._last_step = int(np.asarray(self._step_counter))
            return self.latest_checkpoint
        if self._init_fn is not None:
            self._init_fn()
        return None
