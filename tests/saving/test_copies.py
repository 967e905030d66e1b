"""copy.copy, copy.deepcopy and Python's pickle: of every class, and of whole models in the middle of a training."""

import copy
import pickle
import sys

import numpy as np
import pytest

from minikeras import Variable, constant, initializers, layers, losses, metrics, models, optimizers, registry, saving
from minikeras.callbacks import LambdaCallback
from minikeras.saving.packed import packed, unpacked
from tests.saving.objects import classes, made, small_model


def pickled(obj):
    return pickle.loads(pickle.dumps(obj))


both = pytest.mark.parametrize("copied", [copy.deepcopy, pickled])
CLASSES = classes()


@saving.register_keras_serializable("tests")
class Doubling(layers.Layer):
    def __init__(self, inner, **kwargs):
        super().__init__(**kwargs)
        self.inner = inner

    def call(self, x):
        return 2.0 * self.inner(x)


class Tower(models.Model):      # neither registered nor built by itself
    def __init__(self, width=4):
        super().__init__()
        self.width, self.blocks = width, [Doubling(layers.Dense(width)), layers.Dropout(0.5)]

    def call(self, x):
        for block in self.blocks:
            x = block(x)
        return x


def shifted_error(y_true, y_pred):
    return (y_true - y_pred + 1.0) ** 2


def values(variables):
    return [v.numpy().tobytes() for v in variables]


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickled])
@pytest.mark.parametrize("cls", [cls for _, cls in CLASSES], ids=[f"{kind}-{cls.__name__}" for kind, cls in CLASSES])
def test_a_copy_of_every_class_has_the_same_config(cls, copied):
    obj = made(cls)
    new = copied(obj)
    assert type(new) is cls and new is not obj
    assert registry.serialize(new) == registry.serialize(obj)


@both
@pytest.mark.parametrize("optimizer", ["adam", optimizers.SGD(
    0.1, momentum=0.9, use_ema=True, gradient_accumulation_steps=2), optimizers.LossScaleOptimizer(
    optimizers.RMSprop(0.01), dynamic_growth_steps=2)], ids=["adam", "average", "scaled"])
def test_a_copied_model_goes_on_as_the_model_itself(copied, optimizer):
    model, x, y = small_model(optimizer=pickled(optimizer))
    new = copied(model)
    histories = [each.fit(x, y, batch_size=16, epochs=2, verbose=0).history for each in (model, new)]
    assert histories[0] == histories[1]
    assert values(new.weights) == values(model.weights)
    assert values(new.optimizer.variables) == values(model.optimizer.variables)


@both
def test_a_copied_model_is_independent(copied):
    model, x, y = small_model()
    new, before = copied(model), values(model.variables)
    state = values(model.optimizer.variables)
    new.fit(x, y, verbose=0)
    assert values(model.variables) == before != values(new.variables)
    assert values(model.optimizer.variables) == state
    model.fit(x, y, verbose=0)


@both
def test_models_of_the_users_classes(copied):
    model = Tower(3)
    model.compile(optimizers.Adam(0.01), shifted_error, metrics=[shifted_error])
    x, y = np.ones((8, 2), "float32"), np.zeros((8, 3), "float32")
    unbuilt = copied(model)
    assert not unbuilt.weights
    unbuilt.fit(x, y, verbose=0)
    model.fit(x, y, verbose=0)
    new = copied(model)
    assert new.width == 3
    np.testing.assert_array_equal(new.predict(x, verbose=0), model.predict(x, verbose=0))
    assert new.fit(x, y, verbose=0).history == model.fit(x, y, verbose=0).history


def test_a_deep_copy_has_its_own_frozen_weights():
    layer = layers.BatchNormalization()
    layer.build((None, 3))
    new = copy.deepcopy(layer)
    del layer
    new.trainable = False
    new.trainable = True
    assert [v.name for v in new.trainable_variables] == ["gamma", "beta"]
    assert [v.name for v in new.variables] == ["gamma", "beta", "moving_mean", "moving_variance"]


def test_a_shared_layer_stays_shared_in_a_deep_copy():
    shared = layers.Dense(2)
    first, second = copy.deepcopy([Doubling(shared), Doubling(shared)])
    assert first.inner is second.inner is not shared


def test_a_shallow_copy_shares_weights_and_takes_its_own_layers():
    model = Doubling(layers.Dense(2))
    model(np.ones((1, 2)))
    new = copy.copy(model)
    assert new.inner is model.inner
    new.other = layers.Dense(1)
    new.other(np.ones((1, 2)))
    assert len(new.weights) == 4 and len(model.weights) == 2


@both
def test_layers_with_their_weights(copied):
    layer = layers.Dense(3, kernel_constraint="nonneg")
    unbuilt = copied(layer)
    assert not unbuilt.built
    layer.build((None, 2))
    new = copied(layer)
    assert values(new.weights) == values(layer.weights)
    assert new.kernel is not layer.kernel and type(new.kernel.constraint) is type(layer.kernel.constraint)
    assert new.kernel.path == layer.kernel.path


@both
def test_metrics_losses_and_initializers(copied):
    metric = metrics.AUC(num_thresholds=5)
    metric.update_state([0, 1, 1], [0.3, 0.2, 0.9])
    new = copied(metric)
    assert new.result() == metric.result()
    new.reset_state()
    assert metric.result() != 0 and new.result() == 0
    loss = copied(losses.Huber(0.5))
    assert loss([[1.0]], [[3.0]]) == losses.Huber(0.5)([[1.0]], [[3.0]])
    np.testing.assert_array_equal(copied(initializers.GlorotUniform(seed=3))((2, 2)),
                                  initializers.GlorotUniform(seed=3)((2, 2)))


def test_an_optimizer_by_itself_gets_its_slots_when_it_is_built():
    variable = Variable([1.0, 2.0])
    optimizer = optimizers.Adam(0.1)
    optimizer.apply([constant([1.0, -1.0])], [variable])
    other = Variable(variable)
    new = pickled(optimizer)
    assert int(new.iterations) == 1
    with pytest.raises(ValueError, match="still to be made"):
        pickle.dumps(new)
    for each, target in ((optimizer, variable), (new, other)):
        each.apply([constant([0.5, 0.5])], [target])
    assert values(new.variables) == values(optimizer.variables)
    np.testing.assert_array_equal(other, variable)


@both
def test_tensors_and_variables(copied):
    for tensor in (constant([[1.5, 2.0]], "float64"), constant(["a", "bc"])):
        np.testing.assert_array_equal(copied(tensor), tensor)
        assert copied(tensor).dtype == tensor.dtype
    variable = Variable([1, 2], trainable=False, name="steps")
    new = copied(variable)
    new.assign_add([1, 1])
    assert (new.numpy().tolist(), new.name, new.trainable, new.dtype) == ([2, 3], "steps", False, variable.dtype)
    assert variable.numpy().tolist() == [1, 2]


def test_what_pickle_cannot_find_by_name_is_named():
    with pytest.raises(TypeError, match="lambda"):
        pickle.dumps(layers.Lambda(lambda x: x))


def test_changed_bytes_in_a_pickle_are_refused():
    rebuild, (data, kind, foreign) = layers.Dense(3).__reduce__()
    content = unpacked(data, "f")
    content["object"]["class_name"] = "system"
    with pytest.raises(ValueError, match="system"):
        rebuild(packed(content), kind, foreign)
    with pytest.raises(ValueError, match="checksum"):
        rebuild(data[:-90] + b"x" + data[-89:], kind, foreign)


# --- models of inputs and outputs ------------------------------------------------------------


def branching_model():
    shared = layers.Dense(3, name="shared")
    x = models.Input((3,))
    left, right = shared(x), layers.Dropout(0.5)(shared(2.0 * x))
    model = models.Model(x, [layers.Concatenate()([left, right]), left], name="branches")
    model.compile("sgd", "mse")
    return model, np.ones((6, 3), "float32"), [np.zeros((6, 6)), np.zeros((6, 3))]


@both
def test_a_copied_functional_model_goes_on_as_the_model_itself(copied):
    model, x, y = branching_model()
    model.fit(x, y, verbose=0)
    new = copied(model)
    assert new.fit(x, y, verbose=0).history == model.fit(x, y, verbose=0).history
    assert values(new.weights) == values(model.weights)
    assert new.get_config() == model.get_config()


def test_a_deep_copy_can_be_cut_between_its_own_tensors():
    model, x, _ = branching_model()
    new = copy.deepcopy(model)
    part = models.Model(new.input, new.get_layer("shared").output)
    assert part.layers[-1] is new.get_layer("shared") is not model.get_layer("shared")
    np.testing.assert_array_equal(part.predict(x, verbose=0), model.predict(x, verbose=0)[1])
    stack = models.Sequential([models.Input((3,)), layers.Dense(2, name="first"), layers.Dense(1)])
    new = copy.deepcopy(stack)
    assert models.Model(new.inputs, new.get_layer("first").output).layers[-1] is new.layers[0]


def test_a_copy_of_a_layer_in_a_model_leaves_the_model_behind():
    model, x, _ = branching_model()
    layer = copy.deepcopy(model.get_layer("shared"))
    np.testing.assert_array_equal(layer(x), model.get_layer("shared")(x))
    with pytest.raises(AttributeError, match="never called"):
        layer.output  # noqa: B018


@both
def test_a_deep_network_is_copied_without_deep_recursion(copied):
    x = models.Input((2,))
    y = x
    for _ in range(150):
        y = layers.Activation("relu")(y)
    model = models.Model(x, y)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(250)
    try:
        assert len(copied(model).layers) == 151
    finally:
        sys.setrecursionlimit(limit)


def test_an_optimizer_copied_by_itself_is_for_the_same_variables():
    model = small_model()[0]
    new = copy.deepcopy(model.optimizer)
    gradients = [np.ones(v.shape, "float32") for v in model.trainable_variables]
    before = values(model.optimizer.variables)
    new.apply(gradients, model.trainable_variables)
    assert values(model.optimizer.variables) == before != values(new.variables)


def test_a_model_is_copied_in_the_midst_of_its_training():
    model, x, y = small_model()
    copies = []
    keep = LambdaCallback(on_epoch_end=lambda epoch, logs: copies.append((copy.deepcopy(model), pickled(model))))
    model.fit(x, y, batch_size=16, epochs=3, verbose=0, callbacks=[keep])
    for new in copies[0]:
        new.fit(x, y, batch_size=16, epochs=2, verbose=0)
        assert values(new.weights) == values(model.weights)
