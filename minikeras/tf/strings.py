"""TensorFlow's `tf.strings`, as far as there is something to do it with: see `ops.strings`."""

from ..ops import strings
from . import tf_function_of

as_string = tf_function_of(strings.as_string)
bytes_split = tf_function_of(strings.bytes_split)
format = tf_function_of(strings.format)
join = tf_function_of(strings.join)
length = tf_function_of(strings.length)
lower = tf_function_of(strings.lower)
ngrams = tf_function_of(strings.ngrams)
reduce_join = tf_function_of(strings.reduce_join)
regex_full_match = tf_function_of(strings.regex_full_match)
regex_replace = tf_function_of(strings.regex_replace)
split = tf_function_of(strings.split)
strip = tf_function_of(strings.strip)
substr = tf_function_of(strings.substr)
to_hash_bucket_fast = tf_function_of(strings.to_hash_bucket_fast)
to_hash_bucket_strong = tf_function_of(strings.to_hash_bucket_strong)
to_number = tf_function_of(strings.to_number)
unicode_split = tf_function_of(strings.unicode_split)
upper = tf_function_of(strings.upper)
