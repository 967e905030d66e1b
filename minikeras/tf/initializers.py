"""TensorFlow's top-level names for initializers."""

from ..initializers import Constant, Ones, RandomNormal, RandomUniform, Zeros

constant_initializer = Constant
ones_initializer = Ones
random_normal_initializer = RandomNormal
random_uniform_initializer = RandomUniform
zeros_initializer = Zeros
