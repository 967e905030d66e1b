"""The folder of one run and the files in it."""

import json
import os
import time
from pathlib import Path

import yaml

from ..errors import ExperimentError
from .objects import complete
from .schema import Config
from .tree import scalar_value
from .values import to_plain

CONFIG, RESOLVED, ENVIRONMENT, RESULT = "config.yaml", "resolved.yaml", "env.json", "result.json"
MODEL, LOG, CSV, JSONL, CHECKPOINTS = "model.keras", "train.log", "metrics.csv", "metrics.jsonl", "checkpoints"


def create_folder(config, run_dir=None):
    """A new, empty folder: `run_dir`, else what logging.run_dir says, below the current folder.

    Raises ExperimentError where one cannot be written or already holds something.
    """
    if run_dir is not None:
        return _make(Path(run_dir), "choose another --run-dir, or delete it")
    stamp = time.strftime("%Y%m%d-%H%M%S")
    name = config.logging.run_dir.replace("{name}", config.name).replace("{time}", stamp)
    if "{time}" not in config.logging.run_dir:
        return _make(Path(name), "put {time} into logging.run_dir, or delete it")
    path, number = Path(name), 1
    while path.exists():        # two runs within one second
        number += 1
        path = Path(f"{name}-{number}")
    return _make(path, "choose another logging.run_dir")


def _make(path, advice):
    try:
        path.mkdir(parents=True, exist_ok=True)
        if any(path.iterdir()):
            raise ExperimentError(f"run folder {path}: it is not empty; {advice}.")
        (path / CHECKPOINTS).mkdir()
    except FileExistsError:
        raise ExperimentError(f"run folder {path}: there is a file of that name; {advice}.") from None
    except OSError as error:
        raise ExperimentError(f"run folder {path}: it cannot be written ({error.strerror or error}). Give a folder you "
                              "may write to with --run-dir or logging.run_dir.") from None
    return path


def write_text(path, text):
    """Write a whole file or none of it: to a temporary name, then renamed."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


def write_json(path, value):
    """`value` as indented JSON; numbers that JSON lacks (nan, infinity) become null."""
    write_text(path, json.dumps(_finite(value), indent=2, allow_nan=False) + "\n")


def json_line(value):
    """`value` as one line of JSON."""
    return json.dumps(_finite(value), allow_nan=False) + "\n"


def _finite(value):
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not abs(value) < float("inf") else value


class _Dumper(yaml.SafeDumper):
    """Writes YAML that reads back the same under YAML 1.2: PyYAML itself leaves the text '1e-3' bare."""

    def ignore_aliases(self, data):
        return True


def _represent_text(dumper, text):
    style = None if isinstance(scalar_value(text), str) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def resolved_yaml(config):
    """The config as YAML with all defaults in it, those of constructors too; it loads as the same run."""
    plain = to_plain(config)
    plain["model"]["layers"] = [complete(layer) for layer in config.model.layers]
    plain["train"] |= {name: complete(getattr(config.train, name)) for name in ("optimizer", "loss", "metrics")}
    plain["callbacks"] = complete(config.callbacks)
    order = [name for name in ("version", "name", "runtime", *Config.__dataclass_fields__) if name in plain]
    return yaml.dump({name: plain[name] for name in order}, Dumper=_Dumper, sort_keys=False, allow_unicode=True,
                     default_flow_style=None, width=110)
