"""What a `utils.FeatureSpace` is made of: how a feature, or several together, are prepared."""

from ... import kinds, registry
from ...arguments import one_of
from ...ops import cast, concatenate
from ..base import Layer


class _Part(registry.Configurable, kind="features"):
    """Something that a FeatureSpace has in its config."""


class Feature(_Part, named=False):
    """One column: the dtype of its input, the layer that prepares it, and what becomes of its output: 'float' or 'int'
    as it is, 'one_hot' as vectors."""

    def __init__(self, dtype, preprocessor, output_mode):
        self.dtype, self.preprocessor = dtype, registry.revived(preprocessor)
        self.output_mode = one_of("FeatureSpace: output_mode of a feature", output_mode, ("int", "one_hot", "float"))


class Cross(_Part, named=False):
    """Several features together, hashed into `crossing_dim` bins, as integers or one-hot vectors."""

    def __init__(self, feature_names, crossing_dim, output_mode="one_hot"):
        self.feature_names, self.crossing_dim = tuple(feature_names), crossing_dim
        self.output_mode = one_of("FeatureSpace: output_mode of a cross", output_mode, ("int", "one_hot"))

    @property
    def name(self):
        """'a_X_b' for the features a and b."""
        return "_X_".join(self.feature_names)


class TFDIdentity(Layer, named=False):
    """A feature as it is, as a float."""

    keras_module = registry.FEATURES

    def __init__(self, **kwargs):
        super().__init__(**kwargs)

    def call(self, x):
        return cast(x, self.dtype)


class TFDConcat(Layer, named=False):
    """Encoded features side by side."""

    keras_module = registry.FEATURES

    def __init__(self, axis, **kwargs):
        super().__init__(autocast=False, **kwargs)
        self.axis = axis

    def call(self, xs):
        return concatenate(xs, axis=self.axis)


# In Keras they are of the same module as the features.
kinds.UNNAMED["features"].update(TFDConcat=TFDConcat, TFDIdentity=TFDIdentity)
