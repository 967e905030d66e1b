"""Keras on the backend that KERAS_BACKEND names, compiled as Keras does by default."""

import functools

import keras

from step_peers import networks

VERSION = f"{keras.__version__} on {keras.backend.backend()}"

train, fit, predict = (functools.partial(program, keras)
                       for program in (networks.train, networks.fit, networks.predict))
