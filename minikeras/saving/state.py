"""What the objects of a model keep in files: arrays under Keras' paths, and assets, files of their own."""

import contextlib
import tempfile
import warnings
from pathlib import Path

import numpy as np

from ..errors import FileFormatError
from .archive import is_plain
from .arrays import Stored
from .differences import Differences, stored_variables, titled
from .paths import VARS, objects_by_path, place

ASSETS = "assets/"
_NOT_OURS = ("seed_generator",)     # Keras' older files hold the state of seed generators, in a form of its own


def collect(model, skip=()):
    """The arrays of a model, its optimizer and all else inside it."""
    stored = Stored()
    for path, obj in objects_by_path(model, skip):
        if not hasattr(obj, "save_own_variables"):
            continue
        own = {}
        obj.save_own_variables(own)
        if isinstance(getattr(obj, "name", None), str):
            stored.names[place(path)] = obj.name
        stored.update({f"{place(path)}/{key}": np.asarray(value) for key, value in own.items()})
    return stored


def groups_of(arrays):
    """{path of an object: {name: array}} of arrays by path."""
    groups = {}
    for key, array in arrays.items():
        group, _, name = key.rpartition("/")
        groups.setdefault("" if group == VARS else group.removesuffix(f"/{VARS}"), {})[name] = array
    return groups


def load(model, arrays, where, *, skip=(), skip_mismatch=False, whole=False, origin=None):
    """Give the objects of a model their arrays: all of them, or, where some do not fit, none.

    skip              objects to leave as they are
    skip_mismatch     warn of what does not fit, and load the rest
    whole             the file is this very model's, so the state of its optimizer must fit, too; else that is taken
                      only if it does, with a warning if not
    origin            path in the file by path in the model, of the objects to load, where they are not the same
    Raises FileFormatError that lists every difference.
    """
    differences, groups = Differences(model, where, origin), groups_of(arrays)
    every = objects_by_path(model)
    wanted = {path for path, _ in every} if origin is None else set(origin)
    held = {id(obj) for _, obj in objects_by_path(model, skip)} if skip else None
    with _all_or_nothing(obj for _, obj in every):
        for path, obj in every:
            own = groups.pop(path, {})
            if path not in wanted or (skip and id(obj) not in held) or not hasattr(obj, "load_own_variables"):
                continue
            if obj._kind == "optimizers" and not _is_ready(model, obj, own, whole):
                continue
            if differences.compare(path, obj, own):
                _give(obj, own, differences, path)
        for path, own in groups.items():
            if not _is_optimizer(own) and path.rpartition("/")[2] not in _NOT_OURS:
                differences.superfluous(path, own)
        differences.report(skip_mismatch)


def _is_ready(model, optimizer, own, whole):
    """Whether the state of an optimizer is to be loaded. Its slots are made where the file is the model's own."""
    if not own:
        return False
    must_fit = whole and optimizer is model.optimizer
    if must_fit and len(own) != len(optimizer.variables):
        optimizer.build(model.trainable_variables)
    shapes = {name: variable.shape for name, variable in stored_variables(optimizer).items()}
    stored = {name: array.shape for name, array in own.items()}
    fits = stored == shapes
    if not fits and _is_optimizer(own) and own["0"] == 0 and stored.items() <= shapes.items():
        return False        # saved before its first step, when it had no slots
    if not fits and not must_fit:
        warnings.warn(f"{titled(optimizer)}: its state is not loaded, for the file has that of an optimizer of another "
                      f"kind or for other variables ({len(own)} arrays for {len(shapes)}). If the training is to go on "
                      "from there, build the optimizer for the same variables first, then load the weights.",
                      stacklevel=6)
    return fits or must_fit


def _is_optimizer(own):
    """Whether a group that no object takes was an optimizer's: it begins with the number of steps."""
    first = own.get("0")
    return first is not None and first.ndim == 0 and first.dtype.kind == "i"


def _give(obj, own, differences, path):
    try:
        obj.load_own_variables(own)
    except Exception as error:      # a method of the user's may raise anything
        differences.failed(path, obj, error)


@contextlib.contextmanager
def _all_or_nothing(objects):
    """A block after which, if it raises, the Variables of these objects are what they were."""
    before = [(v, v._array) for obj in objects for v in getattr(obj, "variables", ())]
    try:
        yield
    except BaseException:
        for variable, array in before:
            variable.assign(array)
        raise


# --- assets ----------------------------------------------------------------------------------


def assets(model):
    """What else the objects of a model keep in files, by path: {path: bytes}."""
    found = {}
    for path, obj in objects_by_path(model):
        found.update({_folder(path) + name: data for name, data in assets_of(obj).items()})
    return found


def assets_of(obj):
    """What an object itself keeps in files: {path below its folder: bytes}."""
    if not hasattr(obj, "save_assets"):
        return {}
    with tempfile.TemporaryDirectory() as folder:
        obj.save_assets(folder)
        return {file.relative_to(folder).as_posix(): file.read_bytes()
                for file in sorted(Path(folder).rglob("*")) if file.is_file()}


def _folder(path):
    return f"{ASSETS}{path}/" if path else ASSETS


def load_assets(model, members, where):
    """Give the objects of a model what `assets` found. Raises FileFormatError for what none of them takes."""
    found = {name: data for name, data in members.items() if name.startswith(ASSETS)}
    takers = [(_folder(path), obj) for path, obj in objects_by_path(model) if hasattr(obj, "load_assets")]
    # The innermost first: what lies below its folder is its own.
    for folder, obj in sorted(takers, key=lambda taker: -len(taker[0])):
        own = {name.removeprefix(folder): found.pop(name) for name in list(found) if name.startswith(folder)}
        if own:
            give_assets(obj, own, f"{where}: {folder}")
    if found:
        raise FileFormatError(f"{where}: the archive holds {', '.join(sorted(found))}, which no layer of the model "
                              "takes.")


def give_assets(obj, own, where):
    """Give an object what `assets_of` found. Raises FileFormatError where it does not take it."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in own.items():
            if not is_plain(name):
                raise FileFormatError(f"{where}{name}: this is no plain relative path.")
            (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / name).write_bytes(data)
        try:
            obj.load_assets(folder)
        except Exception as error:      # a method of the user's may raise anything
            raise FileFormatError(f"{where} does not fit {titled(obj)}: {error}") from error
