"""Saving and loading models and weights."""


def save_model(model, filepath, overwrite=True):
    raise NotImplementedError


def save_weights(model, filepath, overwrite=True):
    raise NotImplementedError


def load_weights(model, filepath):
    raise NotImplementedError


def load_model(filepath, custom_objects=None, compile=True, safe_mode=True):
    raise NotImplementedError
