"""What a config may say, before any class is looked at."""

import subprocess
import sys

import pytest

from minikeras.experiment import read_config

from .conftest import TINY


def problems_of(path, *overrides):
    return read_config(path, overrides).found.problems()


def test_a_right_config_has_no_problems(tiny):
    draft = read_config(tiny)
    assert draft.found.problems() == [] and draft.config.train.epochs == 2


def test_defaults_are_those_of_the_schema(tiny):
    config = read_config(tiny).config
    assert (config.runtime.seed, config.runtime.dtype, config.runtime.threads) == (0, "float32", "auto")
    assert (config.data.batch_size, config.data.shuffle, config.data.transforms) == (32, True, ())
    assert config.logging.run_dir == "runs/{name}/{time}" and config.train.checkpoint is None


def test_a_name_that_is_not_given_is_the_file_s(write):
    assert read_config(write(TINY.replace("name: tiny\n", ""), "my-run.yaml")).config.name == "my-run"


def test_a_misspelt_key_names_the_nearest(write):
    path = write(TINY.replace("epochs: 2", "epoch: 2"))
    assert problems_of(path) == [f"{path}:12:3: train.epoch is not a known key; did you mean train.epochs?"]


def test_a_misspelt_override_says_command_line(tiny):
    assert problems_of(tiny, "train.epoch=3") == [
        "command line: train.epoch is not a known key; did you mean train.epochs?"]


def test_all_problems_come_at_once_in_the_order_of_the_file(write):
    path = write(TINY.replace("version: 1", "version: 2").replace("epochs: 2", "epochs: two")
                 .replace("input_shape: [8, 8]", "input_shape: 64\n  layer: []"))
    lines = [int(problem.removeprefix(str(path)).split(":")[1]) for problem in problems_of(path, "nam=x")[:-1]]
    assert lines == [1, 7, 8, 13] and problems_of(path, "nam=x")[-1].startswith("command line: nam is not a known key")


@pytest.mark.parametrize(("override", "message"), [
    ("train.epochs=2.5", "train.epochs must be a whole number of at least 1, got the number 2.5"),
    ("train.epochs=0", "train.epochs must be a whole number of at least 1, got the number 0"),
    ("train.epochs=true", "train.epochs must be a whole number of at least 1, got true"),
    ("train.epochs=1_000", "train.epochs must be a whole number of at least 1, got the text '1_000'"),
    ("train.epochs=", "train.epochs must be a whole number of at least 1, got nothing"),
    ("data.shuffle=no", "data.shuffle must be true or false, got the text 'no'"),
    ("data.batch_size=[1]", "data.batch_size must be a whole number of at least 1, got a list"),
    ("data.transforms.0=1", "data.transforms must be a list, got a map"),
    ("data.transforms=[Rescal]", "data.transforms.0: the type Rescal is not known; did you mean Rescale?"),
    ("data.transforms=[Rescale]", "data.transforms.0.scale is missing"),
    ("data.transforms=[Standardize]", "the type Standardize is not built yet; supported: Rescale"),
    ("data.transforms=[{type: Rescale, scale: .inf}]", "data.transforms.0.scale must be a number, got the number .inf"),
    ("data.source.type=csv", "data.source: the type csv is not built yet; supported: digits, npz"),
    ("data.source=3", "data.source must be a name or a map with a type: digits, npz, got the number 3"),
    ("data.split.test=0.5", "data.split: train 0.2, val 0.1 and test 0.5 add up to 0.8; make that 1"),
    ("data.split={train: 0, val: 0.3}", "data.split.train is 0, so there is nothing to train on"),
    ("data.split.val=-1", "data.split.val must be a number from 0 to 1"),
    ("data.prefetch=2", "data.prefetch is not built yet: data are held in memory"),
    ("runtime.threads=0", "runtime.threads must be a whole number of at least 1"),
    ("runtime.threads=many", "runtime.threads must be a whole number of at least 1, got the text 'many'"),
    ("runtime.device=gpu", "runtime.device: only cpu is supported so far, got the text 'gpu'"),
    ("runtime.mixed_precision=bfloat16", "runtime.mixed_precision: only none is supported so far"),
    ("runtime.deterministic=false", "runtime.deterministic: only true is supported so far, got false"),
    ("runtime.dtype=float16", "runtime.dtype must be one of float32, float64, got the text 'float16'; did you mean"),
    ("runtime.jit=fast", "runtime.jit must be one of auto, true, false, got the text 'fast'"),
    ("train.steps_per_execution=0", "train.steps_per_execution must be a whole number of at least 1"),
    ("distribute.strategy=mpi", "distribute is not built yet: a run uses one process"),
    ("sweep={}", "sweep is not built yet"),
    ("train.max_steps=10", "train.max_steps is not built yet"),
    ("train.on_nonfinite=skip", "train.on_nonfinite must be one of stop, raise, got the text 'skip'; skip is not"),
    ("train.checkpoint.every.steps=10", "train.checkpoint.every.steps is not built yet: count in epochs"),
    ("train.optimizer=null", "train.optimizer must be the name of one of the optimizers, or a map with its type"),
    ("train.loss=[mse]", "train.loss must be the name of one of the losses"),
    ("callbacks=[{patience: 1}]", "callbacks.0.type is missing"),
    ("callbacks=[{type: 3}]", "callbacks.0.type must be the name of one of the callbacks, got the number 3"),
    ("model.layers=[]", "model.layers must have at least 1 item, got an empty list"),
    ("model.input_shape=[8, -1]", "model.input_shape.1 must be a whole number of at least 1"),
    ("model.type=Functional", "model.type: only Sequential is supported so far"),
    ("model.layers.out.repeat=0", "model.layers.1.repeat must be a whole number of at least 1"),
    ("name=a/b", "name must be a name without"),
    ("logging.run_dir='runs/{day}'", "logging.run_dir must be a path in which only {name} and {time} are filled in"),
    ("logging.progress=bar", "logging.progress must be one of auto, lines, none"),
    ("version=2", "version: only 1 is supported so far, got the number 2"),
])
def test_a_wrong_value_says_what_came_and_what_was_expected(tiny, override, message):
    problems = problems_of(tiny, override)
    assert message in problems[0] and problems[0].startswith("command line: ")


@pytest.mark.parametrize("key", ["version", "data", "model", "train"])
def test_a_missing_section_is_named(write, key):
    lines = TINY.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"{key}:"))
    end = next((i for i in range(start + 1, len(lines)) if not lines[i].startswith(" ")), len(lines))
    path = write("\n".join(lines[:start] + lines[end:]))
    assert problems_of(path) == [f"{path}:1:1: {key} is missing: add it"]


def test_a_checkpoint_on_validation_needs_a_share_for_it(tiny):
    assert "data.split.val is 0" in problems_of(tiny, "data.split={train: 0.3, val: 0}",
                                                "train.checkpoint.monitor=val_loss")[0]


def test_what_a_split_does_not_name_is_zero(write):
    config = read_config(write(TINY.replace("{train: 0.2, val: 0.1, test: 0.7}", "{train: 1}"))).config
    assert (config.data.split.val, config.data.split.test) == (0.0, 0.0)


def test_a_path_is_relative_to_the_file_that_says_it(write, tmp_path):
    (tmp_path / "inner").mkdir()
    write(TINY.replace("{type: digits}", "{type: npz, path: a.npz}"), "inner/base.yaml")
    path = write("extends: inner/base.yaml", "top.yaml")
    assert read_config(path).config.data.source.path == str(tmp_path / "inner" / "a.npz")


def test_a_path_from_the_command_line_is_relative_to_the_current_folder(tiny, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    config = read_config(tiny, ["data.source={type: npz, path: a.npz}"]).config
    assert config.data.source.path == str(tmp_path / "here" / "a.npz")


def test_the_threads_are_known_even_when_other_keys_are_wrong(tiny):
    assert read_config(tiny, ["runtime.threads=3", "train.epochs=x"]).threads == 3


def test_reading_a_config_does_not_load_numpy(tiny):
    code = f"import sys; from minikeras.experiment import read_config as r; r({str(tiny)!r}); " \
           "sys.exit('numpy' in sys.modules or 'tqdm' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_model_type_that_is_refused_is_the_only_problem(write):
    problems = read_config(write(TINY.replace("input_shape", "type: Sequential\n  input_shape")),
                           ["model.type=Functional"]).found.problems()
    assert len(problems) == 1 and "model.type" in problems[0]
