"""Saving and loading: whole files, no pickle, objects only by registered names."""

from ..custom_objects import (
    CustomObjectScope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)
from .api import deserialize_keras_object, load_model, save_model, serialize_keras_object
from .atomic import write_atomically
from .weights import load_weights, save_weights

custom_object_scope = CustomObjectScope

__all__ = ["CustomObjectScope", "custom_object_scope", "deserialize_keras_object", "get_custom_objects",
           "get_registered_name", "get_registered_object", "load_model", "load_weights", "register_keras_serializable",
           "save_model", "save_weights", "serialize_keras_object", "write_atomically"]
