"""The classes that a config names, against their constructors."""

import pytest
import yaml

from minikeras import losses, optimizers
from minikeras.errors import ExperimentError
from minikeras.experiment import load_config
from minikeras.experiment.folder import resolved_yaml
from minikeras.experiment.objects import make, make_layers

from .conftest import TINY


def problems_of(path, *overrides):
    with pytest.raises(ExperimentError) as caught:
        load_config(path, overrides)
    return caught.value.problems


@pytest.mark.parametrize(("override", "message"), [
    ("model.layers.0=Flaten", "model.layers.0: Flaten is not one of the layers of minikeras; did you mean Flatten?"),
    ("model.layers.out.unit=3", "model.layers.1.unit is not an argument of Dense; did you mean model.layers.1.units?"),
    ("model.layers.0=Dense", "model.layers.0.units is missing: Dense needs it, as in {type: Dense, units: ...}"),
    ("model.layers.out.units=many", "model.layers.1: Dense: units must be an integer from 1 on, got 'many'"),
    ("model.layers.out.use_bias=1", "model.layers.1.use_bias must be true or false, got 1"),
    ("model.layers.out.activation=reluu", "model.layers.1.activation: reluu is not one of the activations"),
    ("model.layers.out.kernel_initializer={type: HeNormall}", "did you mean HeNormal?"),
    ("model.layers.out.kernel_initializer={type: HeNormal, sed: 1}", "model.layers.1.kernel_initializer.seed?"),
    ("train.optimizer.learning_rate=fast", "train.optimizer.learning_rate must be a number, got 'fast'"),
    ("train.optimizer.learning_rate={type: CosineDecay}", "learning_rate.initial_learning_rate is missing"),
    ("train.optimizer=sdg", "train.optimizer: sdg is not one of the optimizers of minikeras; did you mean sgd?"),
    ("train.loss.from_logits=yes", "train.loss.from_logits must be true or false, got 'yes'"),
    ("train.metrics=[acuracy]", "train.metrics.0: acuracy is not one of the metrics of minikeras; did you mean"),
    ("callbacks=[{type: EarlyStopping, patince: 3}]", "did you mean callbacks.0.patience?"),
    ("callbacks=[{type: EarlyStopping, mode: up}]", "callbacks.0: EarlyStopping: mode must be"),
    ("model.layers.0=Layer", "Layer is not one of the layers of minikeras"),
    ("train.optimizer.learning_rate=-1", "learning_rate must be a number from 0 on"),
    ("model.layers.0={type: Dropout, rate: lots}", "rate must be a number in 0..1, got 'lots'"),
    ("train.loss=Loss", "train.loss: Loss is not one of the losses of minikeras"),
    ("model.layers.0=os.system", "os.system is not one of the layers of minikeras"),
])
def test_an_object_that_does_not_fit_its_constructor_is_reported(tiny, override, message):
    problems = problems_of(tiny, override)
    assert message in problems[0] and problems[0].startswith("command line: ")


def test_problems_of_keys_and_of_objects_come_together_with_their_places(write):
    path = write(TINY.replace("epochs: 2", "epoch: 2").replace("units", "unts").replace("Flatten", "Flaten"))
    places = [problem.removeprefix(f"{path}:").partition(": ")[0] for problem in problems_of(path)]
    assert places == ["9:7", "10:14", "10:32", "12:3"]


def test_a_callback_on_validation_needs_a_share_for_it(tiny):
    assert "EarlyStopping monitors val_loss, but data.split.val is 0" in problems_of(
        tiny, "data.split={train: 0.3, val: 0}", "callbacks=[EarlyStopping]")[0]


def test_make_gives_an_object_with_the_config_s_arguments(tiny):
    train = load_config(tiny).train
    assert isinstance(make(train.optimizer), optimizers.SGD)
    assert make(train.loss).get_config()["from_logits"] is True
    assert isinstance(make(train.loss), losses.SparseCategoricalCrossentropy)


def test_nested_objects_are_made_first(tiny):
    config = load_config(tiny, ["model.layers.out.kernel_initializer={type: HeNormal, seed: 3}"])
    assert make_layers(config)[1].kernel_initializer.seed == 3


def test_repeat_gives_numbered_layers(tiny):
    config = load_config(tiny, ["model.layers.out.repeat=3"])
    assert [layer.name for layer in make_layers(config)] == ["flatten", "out_1", "out_2", "out_3"]


def test_names_depend_on_the_config_alone(tiny):
    layers = "[Flatten, {type: Dense, units: 3}, {type: Dense, units: 2, name: dense}]"
    config = load_config(tiny, [f"model.layers={layers}"])
    names = [[layer.name for layer in make_layers(config)] for _ in range(2)]
    assert names == [["flatten", "dense_1", "dense"]] * 2


def test_a_resolved_config_loads_as_the_same_run(write):
    path = write("""
        version: 1
        vars: {n: 5}
        name: "1e-3"
        data:
          source: digits
          split: {train: 1}
          transforms: [{type: Rescale, scale: 1e-7}]
        model:
          input_shape: [8, 8]
          layers: [Flatten, {type: Dense, units: "${vars.n}", activation: relu, repeat: 2}, {type: Dense, units: 10}]
        train:
          epochs: 1
          optimizer: adam
          loss: sparse_categorical_crossentropy
          metrics: [accuracy, {type: SparseCategoricalAccuracy, name: "no"}]
          checkpoint: {keep: 1}
        """)
    first = load_config(path)
    second = load_config(write(resolved_yaml(first), "resolved.yaml"))
    assert resolved_yaml(second) == resolved_yaml(first)
    assert (second.name, second.data, second.runtime) == (first.name, first.data, first.runtime)


def test_a_resolved_config_holds_the_defaults_of_schema_and_constructors(tiny):
    resolved = yaml.safe_load(resolved_yaml(load_config(tiny)))
    assert resolved["data"]["batch_size"] == 32
    assert resolved["model"]["layers"][1]["kernel_initializer"] == "glorot_uniform"
    assert resolved["train"]["optimizer"]["momentum"] == 0.0
