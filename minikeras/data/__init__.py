"""Pipelines of data: `Dataset`, and the names of TensorFlow's tf.data that programs use."""

from . import experimental
from .choices import AUTOTUNE, Options
from .dataset import Dataset
from .elements import DatasetSpec
from .files import TextLineDataset
from .iterators import Iterator, NumpyIterator
from .stages import INFINITE_CARDINALITY, UNKNOWN_CARDINALITY

__all__ = ["AUTOTUNE", "INFINITE_CARDINALITY", "UNKNOWN_CARDINALITY", "Dataset", "DatasetSpec", "Iterator",
           "NumpyIterator", "Options", "TextLineDataset", "experimental"]
