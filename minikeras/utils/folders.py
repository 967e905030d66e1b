"""Files of a folder with their labels."""

import itertools
import os
from pathlib import Path

import numpy as np

from ..arguments import one_of
from ..autograd.random import fresh_seed
from ..data import AUTOTUNE, Dataset
from ..errors import DataError
from ..run_settings import print_message

LABEL_MODES = ("int", "categorical", "binary", None)
SUBSETS = ("training", "validation", "both", None)


class Folder:
    """The files of a folder that end in one of `endings`, with a label each.

    paths    in order of classes and names, or mixed by `seed`: the same order as Keras gives for that seed
    labels   integers, or None;  names   of the classes, or None
    """

    def __init__(self, where, directory, endings, *, labels, label_mode, class_names, shuffle, seed, validation_split,
                 subset, follow_links, verbose):
        self.where, self.directory, self.endings, self.label_mode = where, directory, endings, label_mode
        self.shuffle, self.validation_split, self.subset = shuffle, validation_split, subset
        self._check(labels, class_names, seed)
        if label_mode is None or labels is None:
            self.label_mode = labels = None
        self.seed = sum(fresh_seed()) % 2 ** 32 if seed is None else seed
        self.paths, self.labels, self.names = self._found(labels, class_names, follow_links)
        if verbose:
            classes = "" if self.labels is None else f" belonging to {len(self.names)} classes"
            print_message(f"Found {len(self.paths)} files{classes}.")
        if self.label_mode == "binary" and len(self.names) != 2:
            raise ValueError(f"{where}: label_mode='binary' needs two classes, found {self.names}.")
        if shuffle:
            order = np.arange(len(self.paths))
            np.random.RandomState(self.seed).shuffle(order)
            self.paths = [self.paths[i] for i in order]
            self.labels = None if self.labels is None else self.labels[order]

    def _check(self, labels, class_names, seed):
        where = self.where
        if labels not in ("inferred", None) and not isinstance(labels, (list, tuple)):
            raise ValueError(f"{where}: labels must be 'inferred' from the folders, None, or a list of an integer for "
                             f"each file, got {labels!r}.")
        if class_names is not None and labels != "inferred":
            raise ValueError(f"{where}: class_names go with labels='inferred' only.")
        one_of(f"{where}: label_mode", self.label_mode, LABEL_MODES)
        if self.validation_split and not 0 < self.validation_split < 1:
            raise ValueError(f"{where}: validation_split must be between 0 and 1, got {self.validation_split}.")
        if self.subset not in SUBSETS or bool(self.subset) != bool(self.validation_split):
            raise ValueError(f"{where}: validation_split goes with subset='training', 'validation' or 'both', got "
                             f"{self.validation_split!r} and {self.subset!r}.")
        if self.validation_split and self.shuffle and seed is None:
            raise ValueError(f"{where}: give a seed, or shuffle=False, so that both subsets come of the same order and "
                             "have no file in common.")

    def _found(self, labels, names, follow_links):
        if labels != "inferred":
            paths = list(_files(self.directory, self.endings, follow_links))
            if labels is not None and len(labels) != len(paths):
                raise ValueError(f"{self.where}: there are {len(labels)} labels for {len(paths)} files in "
                                 f"{self.directory}.")
            return (paths, None, None) if labels is None else (
                paths, np.array(labels, np.int32), [str(label) for label in sorted(set(labels))])
        folders = sorted(each.name for each in Path(self.directory).iterdir()
                         if each.is_dir() and not each.name.startswith("."))
        if not set(names or ()) <= set(folders):
            raise ValueError(f"{self.where}: class_names must be names of the folders {folders}, got {names}.")
        names = folders if names is None else list(names)
        found = [list(_files(os.path.join(self.directory, name), self.endings, follow_links)) for name in names]
        labels = np.repeat(np.arange(len(names), dtype=np.int32), list(map(len, found)))
        return list(itertools.chain(*found)), labels, names

    def datasets(self, read, batch):
        """The Dataset, or with subset='both' a list of two, of what `read` makes of a path, with labels.

        batch   a function of the Dataset of single elements
        """
        if self.subset != "both":
            return self._dataset(self.subset, self.shuffle, read, batch)
        return [self._dataset("training", self.shuffle, read, batch), self._dataset("validation", False, read, batch)]

    def _dataset(self, subset, shuffle, read, batch):
        part = slice(None)
        if subset is not None:
            held_out = int(self.validation_split * len(self.paths))
            part = slice(-held_out) if subset == "training" else slice(len(self.paths) - held_out, None)
            used = len(self.paths[part])
            print_message(f"Using {used} files for {subset}.")
        paths = self.paths[part]
        if not paths:
            raise DataError(f"{self.where}: there are no files for {subset or 'the data set'} in {self.directory} that "
                            f"end in {', '.join(self.endings)}.")
        if self.labels is None:
            dataset = Dataset.from_tensor_slices(paths)
        else:
            dataset = Dataset.from_tensor_slices((paths, self._encoded(self.labels[part])))
        if shuffle:
            dataset = dataset.shuffle(len(paths), self.seed)
        read_part = read if self.labels is None else lambda path, label: (read(path), label)
        made = batch(dataset.map(read_part, num_parallel_calls=AUTOTUNE))
        made.class_names, made.file_paths = self.names, paths
        return made

    def _encoded(self, labels):
        if self.label_mode == "binary":
            return labels.astype(np.float32)[:, None]
        if self.label_mode == "categorical":
            return np.eye(len(self.names), dtype=np.float32)[labels]
        return labels


def _files(directory, endings, follow_links):
    """Paths of files below a folder, by folders, then by names."""
    for root, _, files in sorted(os.walk(directory, followlinks=follow_links)):
        for name in sorted(files):
            if name.lower().endswith(endings):
                yield os.path.join(root, name)
