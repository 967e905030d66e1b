"""From a YAML file and overrides to a Config whose every key and value has been checked.

Nothing here imports NumPy, so that a process can still choose the threads of its BLAS by what the
config says; the classes that a config names are checked after that, in `objects`.
"""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from .interpolation import interpolate
from .merging import apply_overrides, read_tree
from .schema import Config, Runtime, Source
from .tree import Findings, Mapping
from .values import INVALID, section


@dataclass(frozen=True)
class Draft:
    """A config before its classes are checked. `config` is None when its own keys have problems already."""

    config: Config | None
    found: Findings
    tree: Mapping | None
    threads: int | str = "auto"


def read_config(path, overrides=()):
    """A Draft of the config file at `path` with `a.b=value` texts laid on it. Never raises for what it holds."""
    found = Findings()
    tree = read_tree(path, found)
    if tree is None:
        return Draft(None, found, None)
    tree = interpolate(apply_overrides(tree, overrides, found), found)
    config = section(Config)(tree, "", found)
    if config is INVALID:
        return Draft(None, found, tree, _threads(tree))
    _check_together(config, tree, found)
    source = Source(Path(path), Path(path).read_text(encoding="utf-8-sig"), tuple(overrides))
    config = dataclasses.replace(config, name=config.name or Path(path).stem, source=source)
    return Draft(config, found, tree, config.runtime.threads)


def _threads(tree):
    runtime = tree.get("runtime")
    value = section(Runtime)(runtime, "runtime", Findings()) if runtime else INVALID
    return "auto" if value is INVALID else value.threads


def _check_together(config, tree, found):
    """What no key shows alone."""
    checkpoint = config.train.checkpoint
    if checkpoint and (checkpoint.monitor or "").startswith("val_") and config.data.split.val == 0:
        found.add(tree.get("train").entries["checkpoint"].where,
                  f"train.checkpoint.monitor is {checkpoint.monitor}, but data.split.val is 0; give it a share, or "
                  "monitor loss")
