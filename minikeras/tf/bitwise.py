"""TensorFlow's `tf.bitwise`."""

from .. import ops
from . import tf_function_of

bitwise_and = tf_function_of(ops.bitwise_and, "x", "y")
bitwise_or = tf_function_of(ops.bitwise_or, "x", "y")
bitwise_xor = tf_function_of(ops.bitwise_xor, "x", "y")
invert = tf_function_of(ops.bitwise_invert, "x")
left_shift = tf_function_of(ops.left_shift, "x", "y")
right_shift = tf_function_of(ops.right_shift, "x", "y")
