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
from .files import get_file
from .labels import normalize, to_categorical
from .naming import clear_session, is_keras_tensor, standardize_dtype
from .packing import pack_x_y_sample_weight, unpack_x_y_sample_weight
from .sequences import pad_sequences

__all__ = ["CustomObjectScope", "clear_session", "custom_object_scope", "deserialize_keras_object",
           "disable_interactive_logging", "enable_interactive_logging", "get_custom_objects", "get_file",
           "get_registered_name", "get_registered_object", "is_interactive_logging_enabled", "is_keras_tensor",
           "normalize", "pack_x_y_sample_weight", "pad_sequences", "register_keras_serializable",
           "serialize_keras_object", "set_random_seed", "standardize_dtype", "to_categorical",
           "unpack_x_y_sample_weight"]
