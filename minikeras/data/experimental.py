"""TensorFlow's `tf.data.experimental`, as far as programs use it; most of it has become methods of Dataset."""

from .choices import AUTOTUNE
from .dataset import Dataset
from .files import CsvDataset, make_csv_dataset
from .iterators import Optional
from .moving import Asserted
from .stages import INFINITE_CARDINALITY, UNKNOWN_CARDINALITY

__all__ = ["AUTOTUNE", "INFINITE_CARDINALITY", "UNKNOWN_CARDINALITY", "CsvDataset", "Optional", "assert_cardinality",
           "bucket_by_sequence_length", "cardinality", "choose_from_datasets", "get_next_as_optional",
           "get_single_element", "group_by_window", "make_csv_dataset", "sample_from_datasets", "scan", "take_while",
           "unbatch", "unique"]

choose_from_datasets = Dataset.choose_from_datasets
sample_from_datasets = Dataset.sample_from_datasets


def cardinality(dataset):
    """How many elements there are, an int64 tensor."""
    return dataset.cardinality()


def assert_cardinality(expected_cardinality):
    """A function for `Dataset.apply`: of so many elements by your word. Raises DataError where they are not."""
    return lambda dataset: Dataset(Asserted(dataset._stage, int(expected_cardinality)))


def get_single_element(dataset):
    """The only element of a data set."""
    return dataset.get_single_element()


def get_next_as_optional(iterator):
    """An Optional of an iterator's next element."""
    return iterator.get_next_as_optional()


def bucket_by_sequence_length(*args, **kwargs):
    """A function for `Dataset.apply`, as the method."""
    return lambda dataset: dataset.bucket_by_sequence_length(*args, **kwargs)


def group_by_window(key_func, reduce_func, window_size=None, window_size_func=None):
    """A function for `Dataset.apply`, as the method."""
    return lambda dataset: dataset.group_by_window(key_func, reduce_func, window_size, window_size_func)


def scan(initial_state, scan_func):
    """A function for `Dataset.apply`, as the method."""
    return lambda dataset: dataset.scan(initial_state, scan_func)


def take_while(predicate):
    """A function for `Dataset.apply`, as the method."""
    return lambda dataset: dataset.take_while(predicate)


def unbatch():
    """A function for `Dataset.apply`, as the method."""
    return Dataset.unbatch


def unique():
    """A function for `Dataset.apply`, as the method."""
    return Dataset.unique
