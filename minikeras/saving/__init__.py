"""Saving and loading: whole files, no pickle, objects only by registered names."""

from ..registry import register_keras_serializable
from ..registry import serialize as serialize_keras_object
from .api import deserialize_keras_object, load_model, load_weights, save_model, save_weights
from .atomic import write_atomically

__all__ = ["deserialize_keras_object", "load_model", "load_weights", "register_keras_serializable", "save_model",
           "save_weights", "serialize_keras_object", "write_atomically"]
