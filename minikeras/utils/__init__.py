"""Helpers that Keras' users import from `keras.utils`."""

from ..autograd.random import set_random_seed
from ..run_settings import (
    disable_interactive_logging,
    enable_interactive_logging,
    is_interactive_logging_enabled,
)
from ..saving import (
    CustomObjectScope,
    custom_object_scope,
    deserialize_keras_object,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
    serialize_keras_object,
)
from ..training.packing import pack_x_y_sample_weight, unpack_x_y_sample_weight
from ..training.py_dataset import PyDataset
from .config import Config
from .directories import (
    audio_dataset_from_directory,
    image_dataset_from_directory,
    text_dataset_from_directory,
)
from .feature_space import FeatureSpace
from .files import get_file
from .images import array_to_img, img_to_array, load_img, save_img
from .labels import normalize, to_categorical
from .naming import clear_session, get_source_inputs, is_keras_tensor, standardize_dtype
from .progbar import Progbar
from .sequences import pad_sequences
from .splitting import split_dataset
from .timeseries import timeseries_dataset_from_array

Sequence = PyDataset

__all__ = ["Config", "CustomObjectScope", "FeatureSpace", "Progbar", "PyDataset", "Sequence", "array_to_img",
           "audio_dataset_from_directory", "clear_session", "custom_object_scope", "deserialize_keras_object",
           "disable_interactive_logging", "enable_interactive_logging", "get_custom_objects", "get_file",
           "get_registered_name", "get_registered_object", "get_source_inputs", "image_dataset_from_directory",
           "img_to_array", "is_interactive_logging_enabled", "is_keras_tensor", "load_img", "normalize",
           "pack_x_y_sample_weight", "pad_sequences", "register_keras_serializable", "save_img",
           "serialize_keras_object", "set_random_seed", "split_dataset", "standardize_dtype",
           "text_dataset_from_directory", "timeseries_dataset_from_array", "to_categorical", "unpack_x_y_sample_weight"]
