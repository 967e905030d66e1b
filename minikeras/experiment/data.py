"""The examples of a config: read, checked, split, transformed."""

import inspect
import zipfile
from dataclasses import dataclass

import numpy as np

from ..autograd.random import derived_generator
from ..datasets import digits
from ..errors import DataError, ExperimentError
from .objects import target_of
from .schema import DigitsSource

PARTS = ("train", "val", "test")
_SPLIT_STREAM = 0x5011      # keeps the split's random numbers apart from a shuffle's with the same seed


@dataclass(frozen=True)
class Part:
    """Examples of one part of the split: transformed inputs and labels."""

    x: np.ndarray
    y: np.ndarray


def load_parts(config, names=PARTS):
    """{name: Part} of the parts that the split gives a share, of those in `names`.

    Raises DataError for examples that cannot be used, ExperimentError for those that do not fit the config.
    """
    x, y = _read(config.data.source)
    _check_arrays(config, x, y)
    rows = split_rows(y, config.data.split, config.runtime.seed)
    return {name: Part(transform(x[rows[name]], config), y[rows[name]]) for name in names if len(rows[name])}


def is_sparse(config):
    """Whether the config's loss takes class ids."""
    target = target_of(config.train.loss)
    return target.__name__.replace("_", "").lower() == "sparsecategoricalcrossentropy"


def gives_logits(config):
    """Whether the loss takes the model's outputs as logits."""
    named = config.train.loss
    return bool(named.arguments.get("from_logits", False)) and inspect.isclass(target_of(named))


def transform(x, config):
    """Raw inputs as the model takes them: floats, each transform applied in order."""
    x = x.astype(config.runtime.dtype)
    for step in config.data.transforms:
        x *= x.dtype.type(step.scale)
        if step.offset:
            x += x.dtype.type(step.offset)
    return x


def check_finite(x, what):
    """Raises DataError when a float array holds NaN or infinity, saying in how many examples and where first."""
    if x.dtype.kind != "f":
        return
    bad = np.flatnonzero(~np.isfinite(x).reshape(len(x), -1).all(axis=1))
    if len(bad):
        raise DataError(f"{what}: {len(bad)} of {len(x)} examples hold NaN or infinity, the first at index {bad[0]} "
                        "(counted from 0). Remove or fill them before use.")


def split_rows(y, split, seed):
    """{part: row numbers in source order}: disjoint, covering all, the same for the same seed.

    Stratified, each class gives each part its share to within one example.
    """
    generator = derived_generator(seed if split.seed is None else split.seed, _SPLIT_STREAM)
    order = generator.permutation(len(y))
    if split.stratify:
        order = order[np.argsort(y[order], kind="stable")]
        sizes = np.unique(y, return_counts=True)[1]
    else:
        sizes = np.array([len(y)])
    # Rounded running totals: each class is off by less than one example, and the whole by less than one too.
    ends = np.cumsum(sizes)
    starts = ends - sizes
    first = np.rint(np.stack([starts, ends]) * split.train).astype(int)
    second = np.rint(np.stack([starts, ends]) * (split.train + split.val)).astype(int)
    rows = {name: [] for name in PARTS}
    for index, (start, end) in enumerate(zip(starts, ends)):
        num_train = first[1, index] - first[0, index]
        num_val = second[1, index] - second[0, index] - num_train
        pieces = np.split(order[start:end], [num_train, num_train + max(num_val, 0)])
        for name, piece in zip(PARTS, pieces):
            rows[name].append(piece)
    rows = {name: np.sort(np.concatenate(pieces)) for name, pieces in rows.items()}
    for name in PARTS:
        if getattr(split, name) > 0 and not len(rows[name]):
            raise DataError(f"data.split.{name} is {getattr(split, name):g}, which of {len(y)} examples leaves none. "
                            "Give it a larger share, or 0.")
    return rows


def _read(source):
    if isinstance(source, DigitsSource):
        return digits.load_all()
    try:
        # np.load itself leaves a file that is no archive open.
        with open(source.path, "rb") as stream, np.load(stream, allow_pickle=False) as archive:
            missing = [name for name in (source.x, source.y) if name not in archive.files]
            if missing:
                raise ExperimentError(f"data.source: {source.path} holds no array {missing[0]!r}; it has "
                                      f"{', '.join(archive.files) or 'none'}. Name them with data.source.x and .y.")
            return archive[source.x], archive[source.y]
    except FileNotFoundError:
        raise ExperimentError(f"data.source: there is no file {source.path}. A path in a config is relative to that "
                              "config's folder.") from None
    except (OSError, ValueError, EOFError, TypeError, zipfile.BadZipFile) as error:
        if isinstance(error, ExperimentError):
            raise
        raise ExperimentError(f"data.source: {source.path} is not an .npz file of plain arrays ({error}). Write it "
                              "with numpy.savez(path, x=..., y=...).") from error


def _check_arrays(config, x, y):
    wanted, where = tuple(config.model.input_shape), f"data.source {config.data.source.type_name}"
    if x.ndim < 1 or y.ndim < 1 or len(x) != len(y):
        raise DataError(f"{where}: x has shape {x.shape} and y {y.shape}; both need one entry per "
                        "example, equally many.")
    if not len(x):
        raise DataError(f"{where}: there are no examples in it. Training needs at least one.")
    for name, array in (("x", x), ("y", y)):
        if array.dtype.kind not in "fiub":
            raise DataError(f"{where}: {name} holds {array.dtype} values; numbers are needed.")
        check_finite(array, f"{where}, {name}")
    if x.shape[1:] != wanted:
        raise ExperimentError(f"model.input_shape is {wanted}, but an example of {where} has shape {x.shape[1:]}. "
                              f"Write input_shape: {list(x.shape[1:])}.")
    if config.data.split.stratify and (y.ndim != 1 or y.dtype.kind == "f"):
        raise ExperimentError(f"data.split.stratify needs one class id for each example, but y has shape {y.shape} and "
                              f"dtype {y.dtype}. Set stratify: false.")


def check_labels(config, y, output_shape, part):
    """Raises DataError when the class ids of a part do not fit the width of the model's last layer."""
    if not is_sparse(config):
        return
    width = output_shape[-1]
    if y.dtype.kind == "f" and (y != np.rint(y)).any():
        raise DataError(f"the labels of {part} must be whole numbers, the ids of classes, for a sparse loss; some are "
                        "not. Give integer labels, or choose another loss.")
    if y.min() < 0 or y.max() >= width:
        raise DataError(f"the labels of {part} must lie between 0 and {width - 1}, because the last layer gives "
                        f"{width} values, but they go from {y.min():g} to {y.max():g}. Give the last layer "
                        f"{int(y.max()) + 1} units, or correct the labels.")
