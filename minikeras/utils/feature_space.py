"""Tables with columns of several kinds, encoded as vectors."""

import numpy as np

from .. import kinds, ops, registry
from ..arguments import one_of
from ..autograd.operands import as_tensor
from ..layers.base import Layer, numbered
from ..layers.core import Input
from ..layers.preprocessing.categories import CategoryEncoding, HashedCrossing, Hashing
from ..layers.preprocessing.features import Cross, Feature, TFDConcat, TFDIdentity
from ..layers.preprocessing.lookup import IntegerLookup, StringLookup
from ..layers.preprocessing.numeric import Discretization, Normalization, Rescaling
from ..saving import save_model

__all__ = ["FeatureSpace"]

_BATCH = 32     # single examples are put together in so many to adapt to, as in Keras


class FeatureSpace(Layer, named=False):
    """Encodes a dict of columns: numbers as they are or normalized, categories as one-hot vectors, crosses by hashes.

    features      {name: kind}, a kind by its name, 'float_normalized', or made by the method of that name, which takes
                  its arguments: `FeatureSpace.float_discretized(num_bins=8)`
    output_mode   'concat': one vector, of all features by name and then all crosses by name;  'dict': each by its name
    crosses       tuples of names of features to be hashed together, or what `FeatureSpace.cross` gives
    crossing_dim, hashing_dim, num_discretization_bins   what crosses and kinds given by name take
    First `adapt` it to data. Then call it on a dict of columns, or of single values, also in `Dataset.map`; or put it
    into a model by `get_inputs` and `get_encoded_features`.
    """

    keras_module = "keras.utils"

    @classmethod
    def cross(cls, feature_names, crossing_dim, output_mode="one_hot"):
        """Features to be hashed together into `crossing_dim` bins; output_mode 'one_hot' or 'int'."""
        return Cross(feature_names, crossing_dim, output_mode=output_mode)

    @classmethod
    def feature(cls, dtype, preprocessor, output_mode):
        """A column of `dtype` prepared by a layer of yours; output_mode 'float', 'int' or 'one_hot'."""
        return Feature(dtype, preprocessor, output_mode)

    @classmethod
    def float(cls, name=None):
        """Numbers as they are."""
        return _feature("float", name, TFDIdentity, "float32", "float", dtype="float32")

    @classmethod
    def float_rescaled(cls, scale=1.0, offset=0.0, name=None):
        """Numbers times `scale`, plus `offset`."""
        return _feature("float_rescaled", name, Rescaling, "float32", "float", scale=scale, offset=offset)

    @classmethod
    def float_normalized(cls, name=None):
        """Numbers less their mean, divided by their standard deviation."""
        return _feature("float_normalized", name, Normalization, "float32", "float", axis=-1)

    @classmethod
    def float_discretized(cls, num_bins, bin_boundaries=None, output_mode="one_hot", name=None):
        """Numbers by the bin that they fall into, of `num_bins` that are equally frequent, or between boundaries."""
        return _feature("float_discretized", name, Discretization, "float32", output_mode, num_bins=num_bins,
                        bin_boundaries=bin_boundaries)

    @classmethod
    def integer_categorical(cls, max_tokens=None, num_oov_indices=1, output_mode="one_hot", name=None):
        """Integers by their place in a vocabulary, the most frequent first, after places for unknown ones."""
        return _feature("integer_categorical", name, IntegerLookup, "int32", output_mode, max_tokens=max_tokens,
                        num_oov_indices=num_oov_indices)

    @classmethod
    def string_categorical(cls, max_tokens=None, num_oov_indices=1, output_mode="one_hot", name=None):
        """Strings by their place in a vocabulary, the most frequent first, after places for unknown ones."""
        return _feature("string_categorical", name, StringLookup, "string", output_mode, max_tokens=max_tokens,
                        num_oov_indices=num_oov_indices)

    @classmethod
    def string_hashed(cls, num_bins, output_mode="one_hot", name=None):
        """Strings by the bin of their hash."""
        return _feature("string_hashed", name, Hashing, "string", output_mode, num_bins=num_bins)

    @classmethod
    def integer_hashed(cls, num_bins, output_mode="one_hot", name=None):
        """Integers by the bin of their hash."""
        return _feature("integer_hashed", name, Hashing, "int32", output_mode, num_bins=num_bins)

    def __init__(self, features, output_mode="concat", crosses=None, crossing_dim=32, hashing_dim=32,
                 num_discretization_bins=32, name=None):
        super().__init__(name=name)
        if not features:
            raise ValueError("FeatureSpace needs features: a dict of names and kinds.")
        self.crossing_dim, self.hashing_dim = crossing_dim, hashing_dim
        self.num_discretization_bins = num_discretization_bins
        self.output_mode = one_of("FeatureSpace: output_mode", output_mode, ("concat", "dict"))
        self.features = {name: self._known_feature(name, kind) for name, kind in features.items()}
        self.crosses = [self._known_cross(cross) for cross in crosses or ()]
        self.inputs = {name: Input((1,), dtype=feature.dtype, name=name) for name, feature in self.features.items()}
        self.preprocessors = {name: feature.preprocessor for name, feature in self.features.items()}
        self.crossers = {cross.name: HashedCrossing(cross.crossing_dim, name=cross.name) for cross in self.crosses}
        self.one_hot_encoders, self.concat, self.encoded_features = {}, None, None
        self._is_adapted = False

    def _known_feature(self, name, kind):
        kind = registry.revived(kind)
        if isinstance(kind, Feature):
            return kind
        arguments = {"float_discretized": (self.num_discretization_bins,), "integer_hashed": (self.hashing_dim,),
                     "string_hashed": (self.hashing_dim,)}.get(kind, ())
        return getattr(self, one_of(f"FeatureSpace: the kind of feature {name!r}", kind, _KINDS))(*arguments, name=name)

    def _known_cross(self, cross):
        cross = registry.revived(cross)
        if not isinstance(cross, Cross):
            cross = Cross(cross, self.crossing_dim)
        unknown = [name for name in cross.feature_names if name not in self.features]
        if unknown:
            raise ValueError(f"FeatureSpace: the cross {cross.feature_names} is of {unknown[0]!r}, which is not among "
                             f"the features {', '.join(self.features)}.")
        return cross

    # --- what is learned from data -----------------------------------------------------------------------------------

    def adapt(self, dataset):
        """Find means, boundaries and vocabularies in a dict of columns, or in a Dataset of such dicts.

        Raises ValueError for other data, and where a feature is missing.
        """
        if not isinstance(dataset, dict) and (not hasattr(dataset, "__iter__") or hasattr(dataset, "__next__")):
            raise ValueError("FeatureSpace.adapt: data must be a dict of columns, or a Dataset of dicts, got "
                             f"{type(dataset).__name__}.")
        for name in self._to_adapt():
            self.preprocessors[name].adapt(_Column(dataset, name))
        self._is_adapted = True
        self.get_encoded_features()

    def _to_adapt(self):
        """Names of the features that learn from data, and were not given what they would learn."""
        return [name for name, layer in self.preprocessors.items()
                if hasattr(layer, "adapt") and not _is_given(layer)]

    def _check_adapted(self):
        if not self._is_adapted and self._to_adapt():
            raise ValueError(f"FeatureSpace {self.name!r}: call adapt(dataset) first: {', '.join(self._to_adapt())} "
                             "must learn from data.")

    # --- symbolic ----------------------------------------------------------------------------------------------------

    def get_inputs(self):
        """{name: the Input of the feature}, for a model. Raises ValueError before `adapt`."""
        self.get_encoded_features()
        return self.inputs

    def get_encoded_features(self):
        """The encoded features of `get_inputs`: a symbolic tensor, or a dict of them. Raises ValueError before
        `adapt`."""
        self._check_adapted()
        if self.encoded_features is None:
            self.encoded_features = self._encoded(self.inputs)
            self.built = True
        return self.encoded_features

    # --- the call ----------------------------------------------------------------------------------------------------

    def __call__(self, data):
        """A dict of columns, (batch,) or (batch, 1), encoded: (batch, width), or a dict. Of single values without
        the batch."""
        self.get_encoded_features()
        if not isinstance(data, dict):
            raise ValueError(f"FeatureSpace {self.name!r} is called on a dict of features, got "
                             f"{type(data).__name__}.")
        unlike = self.features.keys() ^ data.keys()
        if unlike:
            raise ValueError(f"FeatureSpace {self.name!r}: expected the features {', '.join(self.features)}, got "
                             f"{', '.join(map(str, data))}.")
        columns = {name: as_tensor(data[name]) for name in self.features}
        single = any(x.ndim == 0 for x in columns.values())
        encoded = self._encoded({name: _as_column(x) for name, x in columns.items()})
        if not single:
            return encoded
        return _first(encoded) if self.output_mode == "concat" else {name: _first(x) for name, x in encoded.items()}

    def _encoded(self, columns):
        prepared = {name: self.preprocessors[name](columns[name]) for name in columns}
        crossed = {cross.name: self.crossers[cross.name]([prepared[name] for name in cross.feature_names])
                   for cross in self.crosses}
        specs = {**self.features, **{cross.name: cross for cross in self.crosses}}
        found = {name: self._as_vectors(name, specs[name], x)
                 for part in (prepared, crossed) for name, x in sorted(part.items())}
        if self.output_mode == "dict":
            return found
        for name, x in found.items():
            if x.dtype.is_integer and specs[name].output_mode == "float":
                found[name] = ops.cast(x, self.dtype)       # counts and several marks are numbers, too
            elif x.dtype.is_integer or x.dtype == "string":
                raise ValueError(f"FeatureSpace: {name!r} is of dtype {x.dtype.name}, which cannot be put into one "
                                 "vector with others. Give it output_mode='one_hot', or the FeatureSpace "
                                 "output_mode='dict'.")
        if self.concat is None:
            self.concat = TFDConcat(axis=-1)
        return self.concat(list(found.values()))

    def _as_vectors(self, name, spec, x):
        """One-hot vectors of integers where `spec` says so, else `x` as it is."""
        if spec.output_mode != "one_hot":
            return x
        if name not in self.one_hot_encoders:
            if not x.dtype.is_integer:
                raise ValueError(f"FeatureSpace: {name!r} has output_mode='one_hot', so its preprocessor must give "
                                 f"integers, but it gives {x.dtype.name}. Use output_mode='float'.")
            layer = self.preprocessors.get(name) or self.crossers[name]
            self.one_hot_encoders[name] = CategoryEncoding(_count_of(name, layer), output_mode="multi_hot")
        return self.one_hot_encoders[name](x)

    # --- files -------------------------------------------------------------------------------------------------------

    def get_config(self):
        left_out = ("name", "trainable", "dtype")       # as in Keras
        return {name: value for name, value in super().get_config().items() if name not in left_out}

    def get_build_config(self):
        return {name: layer.get_build_config() or {} for name, layer in self.preprocessors.items()}

    def build_from_config(self, config):
        for name, shapes in config.items():
            if not self.preprocessors[name].built:
                self.preprocessors[name].build_from_config(shapes)
        self._is_adapted = True

    def save(self, filepath):
        """Write it to a `.keras` file, which `models.load_model` reads."""
        save_model(self, filepath)

    def save_own_variables(self, store):
        """Nothing: all there is belongs to the layers inside."""

    def load_own_variables(self, store):
        """Nothing: all there is belongs to the layers inside."""


_KINDS = ("float", "float_normalized", "float_rescaled", "float_discretized", "integer_categorical",
          "string_categorical", "integer_hashed", "string_hashed")
kinds.KINDS.setdefault("utils", {})["FeatureSpace"] = FeatureSpace


def _feature(kind, name, cls, column_dtype, output_mode, **arguments):
    return Feature(column_dtype, cls(name=f"{name or numbered(kind)}_preprocessor", **arguments), output_mode)


class _Column:
    """One feature in batches, (batch, 1): of a dict of columns, or of a dataset of dicts of values or columns."""

    def __init__(self, dataset, name):
        self.dataset, self.name = dataset, name

    def __iter__(self):
        single, dtype = [], None
        for value in self._values():
            if value.ndim:
                yield value if value.ndim > 1 else value[:, None]
                continue
            dtype = value.dtype
            single.append(value.item())
            if len(single) == _BATCH:
                yield np.array(single, dtype)[:, None]
                single = []
        if single:
            yield np.array(single, dtype)[:, None]

    def _values(self):
        """The feature of each example, or batch, as an array."""
        whole = isinstance(self.dataset, dict)
        for item in [self.dataset] if whole else self.dataset:
            if not isinstance(item, dict) or self.name not in item:
                raise ValueError(f"FeatureSpace.adapt: there is no {self.name!r} in the data. They must be a dict of "
                                 "all features, or a Dataset of such dicts.")
            column = np.asarray(as_tensor(item[self.name]))
            yield from (column[i, ...] for i in range(len(column))) if whole else [column]


def _as_column(x):
    return ops.reshape(x, (1, 1)) if x.ndim == 0 else ops.expand_dims(x, -1) if x.ndim == 1 else x


def _first(x):
    """A batch of one without the batch."""
    return ops.squeeze(x, 0) if x.ndim == 2 else x


def _is_given(layer):
    """Whether a layer was made with what `adapt` would find."""
    if isinstance(layer, Discretization):
        return layer.num_bins is None
    lookup = getattr(layer, "_lookup_layer", layer)
    return getattr(layer, "input_mean", None) is not None or getattr(lookup, "_is_given", False)


def _count_of(name, layer):
    """How many different integers a layer gives."""
    if isinstance(layer, (IntegerLookup, StringLookup)):
        return layer.vocabulary_size()
    if isinstance(layer, CategoryEncoding):
        return layer.num_tokens
    if isinstance(layer, (HashedCrossing, Hashing)):
        return layer.num_bins
    if isinstance(layer, Discretization):
        return layer.num_bins or len(layer.bin_boundaries) + 1
    raise ValueError(f"FeatureSpace: {name!r} has output_mode='one_hot', but how many integers a "
                     f"{type(layer).__name__} gives is not known. Use output_mode='int'.")
