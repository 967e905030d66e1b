"""Recurrent layers: values against loops in plain NumPy, Keras' semantics of masks and states, bad input."""

import numpy as np
import pytest

import minikeras as mk
from minikeras import layers
from minikeras.autograd import tree
from minikeras.errors import ShapeError

from .examples import numbers

X = numbers(3, 4, 2)            # (batch, steps, features)
MASK = np.array([[1, 1, 0, 0], [0, 1, 0, 1], [0, 0, 0, 0]], bool)
STATE = numbers(3, 2, seed=1)
LAYERS = ["SimpleRNN", "LSTM", "GRU"]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def set_some_weights(layer):
    layer.set_weights([numbers(*w.shape, seed=i) for i, w in enumerate(layer.get_weights())])


def made(name, *args, **kwargs):
    """A layer with weights of its own, built for X."""
    layer = getattr(layers, name)(*args, **kwargs)
    layer.build(X.shape)
    set_some_weights(layer)
    return layer


def simple_step(x, states, kernel, recurrent, bias):
    h = np.tanh(x @ kernel + states[0] @ recurrent + bias)
    return h, [h]


def lstm_step(x, states, kernel, recurrent, bias):
    i, f, g, o = np.split(x @ kernel + states[0] @ recurrent + bias, 4, -1)
    c = sigmoid(f) * states[1] + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * np.tanh(c)
    return h, [h, c]


def gru_step(x, states, kernel, recurrent, bias):
    of_x, of_h = x @ kernel + bias[0], states[0] @ recurrent + bias[1]
    z, r = sigmoid(np.split(of_x + of_h, 3, -1)[0]), sigmoid(np.split(of_x + of_h, 3, -1)[1])
    h = z * states[0] + (1 - z) * np.tanh(of_x[:, -2:] + r * of_h[:, -2:])
    return h, [h]


def gru_before_step(x, states, kernel, recurrent, bias):
    of_x, h = x @ kernel + bias, states[0]
    z, r = sigmoid(of_x[:, :2] + h @ recurrent[:, :2]), sigmoid(of_x[:, 2:4] + h @ recurrent[:, 2:4])
    h = z * h + (1 - z) * np.tanh(of_x[:, 4:] + (r * h) @ recurrent[:, 4:])
    return h, [h]


STEPS = {"SimpleRNN": (simple_step, 1), "LSTM": (lstm_step, 2), "GRU": (gru_step, 1)}


def looped(step, count, weights, mask=None, states=None, backwards=False):
    """(outputs of all steps, last states) by a loop over steps; masked samples keep their states and outputs."""
    states = [np.zeros((3, 2))] * count if states is None else states
    output, outputs = np.zeros((3, 2)), []
    for t in range(4)[::-1] if backwards else range(4):
        new, new_states = step(X[:, t].astype("float64"), states, *weights)
        keep = np.ones((3, 1), bool) if mask is None else mask[:, t, None]
        output = np.where(keep, new, output)
        states = [np.where(keep, n, s) for n, s in zip(new_states, states)]
        outputs.append(output)
    return np.stack(outputs, 1), states


# --- values --------------------------------------------------------------------------------------

@pytest.mark.parametrize("backwards", [False, True], ids=["forward", "backward"])
@pytest.mark.parametrize("mask", [None, MASK], ids=["whole", "masked"])
@pytest.mark.parametrize("name", LAYERS)
def test_outputs_and_states_are_those_of_a_loop(name, mask, backwards):
    layer = made(name, 2, return_sequences=True, return_state=True, go_backwards=backwards)
    outputs, states = looped(*STEPS[name], layer.get_weights(), mask, backwards=backwards)
    got, *last = layer(X, mask=mask)
    np.testing.assert_allclose(got, outputs, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(np.stack(last), np.stack(states), rtol=1e-5, atol=1e-6)


def test_a_gru_may_reset_before_the_product():
    layer = made("GRU", 2, reset_after=False)
    np.testing.assert_allclose(layer(X), looped(gru_before_step, 1, layer.get_weights())[0][:, -1], rtol=1e-5)


def test_other_activations_than_the_usual_ones_are_applied_gate_by_gate():
    layer = made("LSTM", 2, recurrent_activation="softmax", activation="relu")
    kernel, recurrent, bias = layer.get_weights()
    h = c = np.zeros((3, 2))
    for t in range(4):
        gates = np.split(X[:, t] @ kernel + h @ recurrent + bias, 4, -1)
        i, f, o = (np.exp(z) / np.exp(z).sum(-1, keepdims=True) for z in (gates[0], gates[1], gates[3]))
        c = f * c + i * np.maximum(gates[2], 0)
        h = o * np.maximum(c, 0)
    np.testing.assert_allclose(layer(X), h, rtol=1e-5)


def test_conv_lstm_with_kernels_of_one_pixel_is_an_lstm_of_each_pixel():
    images = numbers(2, 4, 3, 5, 2)
    conv = layers.ConvLSTM2D(2, 1, return_sequences=True)
    conv.build(images.shape)
    set_some_weights(conv)
    lstm = layers.LSTM(2, return_sequences=True)
    lstm.build((None, 4, 2))
    lstm.set_weights([w.reshape(w.shape[-2:]) if w.ndim > 1 else w for w in conv.get_weights()])
    pixels = np.moveaxis(images, 1, 3).reshape(30, 4, 2)
    expected = np.moveaxis(np.asarray(lstm(pixels)).reshape(2, 3, 5, 4, 2), 3, 1)
    np.testing.assert_allclose(conv(images), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "float64"])
@pytest.mark.parametrize("name", LAYERS)
def test_other_floats_than_the_default_are_kept(name, dtype):
    layer = getattr(layers, name)(2, dtype=dtype, return_state=True)
    assert {y.dtype.name for y in [*layer(X), *layer.weights]} == {dtype}


def test_the_forget_gate_starts_with_a_bias_of_one():
    layer = layers.LSTM(2)
    layer.build(X.shape)
    assert layer.cell.bias.numpy().tolist() == [0, 0, 1, 1, 0, 0, 0, 0]


# --- masks and states ------------------------------------------------------------------------------

def test_masked_steps_may_give_zeros():
    layer = made("GRU", 2, return_sequences=True, zero_output_for_mask=True)
    plain = made("GRU", 2, return_sequences=True)
    np.testing.assert_allclose(layer(X, mask=MASK), np.where(MASK[..., None], plain(X, mask=MASK), 0))


def test_the_mask_goes_on_where_all_outputs_are_returned():
    x = mk.constant(X)
    x._keras_mask = mk.constant(MASK)
    assert (np.asarray(layers.LSTM(2, return_sequences=True)(x)._keras_mask) == MASK).all()
    assert getattr(layers.LSTM(2)(x), "_keras_mask", None) is None


def test_a_sequence_goes_on_from_an_initial_state():
    layer = made("LSTM", 2, return_state=True, return_sequences=True)
    whole, *_ = layer(X)
    _, *states = layer(X[:, :2])
    rest, *_ = layer(X[:, 2:], initial_state=states)
    np.testing.assert_allclose(rest, whole[:, 2:], rtol=1e-6)


@pytest.mark.parametrize("name", LAYERS)
def test_a_stateful_layer_goes_on_until_it_is_reset(name):
    layer, whole = made(name, 2, stateful=True), made(name, 2)
    first = np.asarray(layer(X))
    np.testing.assert_allclose(layer(X), whole(np.concatenate([X, X], 1)), rtol=1e-5)
    layer.reset_states()
    np.testing.assert_array_equal(layer(X), first)


def test_the_states_of_a_stateful_layer_are_no_weights():
    layer = made("LSTM", 2, stateful=True)
    assert len(layer.weights) == 3
    assert [v.shape for v in layer.states] == [(3, 2), (3, 2)]


def test_a_stateful_layer_goes_on_in_a_compiled_step():
    layer, whole = made("GRU", 2, stateful=True), made("GRU", 2)
    step = mk.function(lambda x: layer(x))
    for _ in range(4):
        last = step(mk.constant(X))
    np.testing.assert_allclose(last, whole(np.concatenate([X] * 4, 1)), rtol=1e-5)


def test_a_symbolic_call_leaves_the_states_alone():
    layer = made("GRU", 2, stateful=True)
    layer(mk.Input(batch_shape=(3, None, 2)))
    assert not layer.states[0].numpy().any()


@pytest.mark.parametrize("name", LAYERS)
def test_the_number_of_steps_may_be_unknown(name):
    layer = getattr(layers, name)(2, return_sequences=True, return_state=True)
    outputs, *states = layer(mk.Input((None, 2)))
    assert outputs.shape == (None, None, 2)
    assert {s.shape for s in states} == {(None, 2)}


# --- dropout ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", LAYERS)
def test_dropout_masks_are_the_same_at_all_steps_and_others_at_the_next_call(name):
    layer = getattr(layers, name)(50, dropout=0.5, recurrent_dropout=0.5, seed=1)
    states = layer.get_initial_state(1)
    layer.build((1, None, 40))
    ones = mk.ones((3, 1, 40))
    of_inputs, step = layer.cell.prepare(ones, states, True)
    np.testing.assert_array_equal(of_inputs[0], of_inputs[2])
    again, _ = layer.cell.prepare(ones, states, True)
    assert not np.array_equal(of_inputs[0], again[0])
    state = [mk.ones((1, 50))] * len(states)
    np.testing.assert_array_equal(step(of_inputs[0], state)[0], step(of_inputs[0], state)[0])


@pytest.mark.parametrize("name", LAYERS)
def test_dropout_of_all_inputs_and_states_leaves_the_bias(name):
    layer = getattr(layers, name)(2, dropout=1.0, recurrent_dropout=1.0, bias_initializer="ones")
    np.testing.assert_allclose(layer(X, training=True), layer(-X, training=True))


def test_inference_drops_nothing():
    layer, plain = made("LSTM", 2, dropout=0.5, recurrent_dropout=0.5), made("LSTM", 2)
    np.testing.assert_allclose(layer(X, training=False), plain(X), rtol=1e-6)


# --- any cell --------------------------------------------------------------------------------------

class Leaky(mk.layers.Layer):
    """A cell with two states of its own: a decaying sum, and a count in a nest."""

    state_size = (2, 1)
    output_size = 2

    def build(self, input_shape):
        self.decay = self.add_weight(name="decay", shape=(2,), initializer="ones")

    def get_initial_state(self, batch_size=None):
        return [mk.zeros((batch_size, 2)), {"steps": mk.ones((batch_size, 1))}]

    def call(self, inputs, states):
        total, counted = states
        total = 0.5 * self.decay * total + inputs
        return total, (total, {"steps": counted["steps"] + 1.0})


def test_any_cell_will_do():
    outputs, total, counted = layers.RNN(Leaky(), return_sequences=True, return_state=True)(X, mask=MASK)
    expected, sums = np.zeros((3, 2)), []
    for t in range(4):
        expected = np.where(MASK[:, t, None], 0.5 * expected + X[:, t], expected)
        sums.append(expected)
    np.testing.assert_allclose(outputs, np.stack(sums, 1), rtol=1e-6)
    np.testing.assert_allclose(total, expected, rtol=1e-6)
    assert counted["steps"].numpy().ravel().tolist() == [3, 3, 1]


def test_a_cell_need_not_be_a_layer():
    class Sum:
        state_size = 2

        def call(self, inputs, states):
            return states[0] + inputs, [states[0] + inputs]

    np.testing.assert_allclose(layers.RNN(Sum())(X), X.sum(1), rtol=1e-6)


def test_stacked_cells_are_layers_one_after_the_other():
    cells = [layers.LSTMCell(2), layers.GRUCell(3)]
    stack = layers.RNN(cells, return_state=True)
    output, first, second = stack(X, mask=MASK)
    lower, upper = layers.RNN(cells[0], return_sequences=True, return_state=True), layers.RNN(cells[1])
    between, *states = lower(X, mask=MASK)
    np.testing.assert_allclose(output, upper(between, mask=MASK), rtol=1e-6)
    np.testing.assert_allclose(np.stack(first), np.stack(states), rtol=1e-6)
    assert [len(first), len(second)] == [2, 1]


def test_a_stack_called_by_itself_takes_one_step():
    cells = layers.StackedRNNCells([layers.SimpleRNNCell(2), layers.SimpleRNNCell(3)])
    output, states = cells(X[:, 0], cells.get_initial_state(3))
    rnn = layers.RNN(cells)
    np.testing.assert_allclose(output, rnn(X[:, :1]), rtol=1e-6)
    assert tree.map_structure(lambda s: s.shape, states) == [[(3, 2)], [(3, 3)]]


# --- wrappers --------------------------------------------------------------------------------------

@pytest.mark.parametrize(("mode", "merge"), [
    ("concat", lambda a, b: np.concatenate([a, b], -1)), ("sum", np.add), ("mul", np.multiply),
    ("ave", lambda a, b: (a + b) / 2)])
def test_bidirectional_merges_both_directions(mode, merge):
    layer = layers.Bidirectional(layers.GRU(2, return_sequences=True), merge_mode=mode)
    got = layer(X)
    forward = np.asarray(layer.forward_layer(X))
    backward = np.asarray(layer.backward_layer(X))[:, ::-1]
    np.testing.assert_allclose(got, merge(forward, backward), rtol=1e-6)


def test_bidirectional_gives_the_states_of_both():
    layer = layers.Bidirectional(layers.LSTM(2, return_state=True), merge_mode=None)
    results = layer(X)
    np.testing.assert_array_equal(np.stack(results[2:4]), np.stack(layer.forward_layer(X)[1:]))
    np.testing.assert_array_equal(np.stack(results[4:]), np.stack(layer.backward_layer(X)[1:]))
    again = layer(X, initial_state=results[2:])
    np.testing.assert_array_equal(again[1], layer.backward_layer(X, initial_state=list(results[4:]))[0])


def test_bidirectional_copies_cells_of_the_users():
    layer = layers.Bidirectional(layers.RNN(Leaky()), merge_mode="sum")
    layer(X)
    assert layer.forward_layer.cell is not layer.backward_layer.cell
    assert len(layer.trainable_variables) == 2


def test_bidirectional_takes_first_weights():
    weights = [np.full(s, 0.1 * i, "float32") for i, s in enumerate([(2, 2), (2, 2), (2,)] * 2)]
    layer = layers.Bidirectional(layers.SimpleRNN(2), weights=weights)
    layer(X)
    np.testing.assert_array_equal(layer.get_weights()[5], weights[5])


def test_bidirectional_over_stateful_layers_is_reset():
    layer = layers.Bidirectional(layers.GRU(2, stateful=True))
    first, second = np.asarray(layer(X)), np.asarray(layer(X))
    assert not np.array_equal(first, second)
    layer.reset_state()
    np.testing.assert_array_equal(layer(X), first)


def test_time_distributed_applies_its_layer_to_each_step():
    dense = layers.Dense(2, activation="tanh")
    got = layers.TimeDistributed(dense)(numbers(2, 3, 4, 5))
    np.testing.assert_allclose(got[:, 1], dense(numbers(2, 3, 4, 5)[:, 1]), rtol=1e-6)


def test_time_distributed_gives_layers_of_the_users_one_step_at_a_time():
    class Centered(mk.layers.Layer):
        def call(self, inputs):
            return inputs - mk.reduce_mean(inputs, axis=0)

    np.testing.assert_allclose(layers.TimeDistributed(Centered())(X), X - X.mean(0), atol=1e-6)


def test_time_distributed_hands_on_the_mask_of_each_step():
    inner = layers.Softmax()
    mask = numbers(3, 4, 2, seed=2) > -0.5
    got = layers.TimeDistributed(inner)(X, mask=mask)
    np.testing.assert_allclose(got[:, 2], inner(X[:, 2], mask=mask[:, 2]), rtol=1e-6)


# --- bad input -------------------------------------------------------------------------------------

@pytest.mark.parametrize(("call", "words"), [
    (lambda: layers.LSTM(0), "units"), (lambda: layers.GRU(-2), "units"), (lambda: layers.SimpleRNN(2.5), "units"),
    (lambda: layers.LSTM(2, dropout=1.5), "dropout"), (lambda: layers.GRU(2, recurrent_dropout=-0.1), "dropout"),
    (lambda: layers.LSTM(2, use_cudnn=True), "CPU"), (lambda: layers.GRU(2, use_cudnn="yes"), "use_cudnn"),
    (lambda: layers.GRU(2, implementation=3), "implementation"),
    (lambda: layers.LSTM(2, return_sequences=1), "True or False"),
    (lambda: layers.RNN(layers.Dense(2)), "state_size"), (lambda: layers.RNN(3), "call"),
    (lambda: layers.StackedRNNCells([]), "one cell"), (lambda: layers.RNN([]), "one cell"),
    (lambda: layers.Bidirectional(layers.Dense(2)), "recurrent layer"),
    (lambda: layers.Bidirectional("lstm"), "recurrent layer"),
    (lambda: layers.Bidirectional(layers.LSTM(2), merge_mode="max"), "merge_mode"),
    (lambda: layers.Bidirectional(layers.LSTM(2), backward_layer=layers.LSTM(2)), "backward"),
    (lambda: layers.Bidirectional(layers.LSTM(2), backward_layer=layers.LSTM(
        2, go_backwards=True, return_state=True)), "return_state"),
    (lambda: layers.TimeDistributed(3), "needs a layer"),
    (lambda: layers.ConvLSTM2D(2, 3, strides=2, dilation_rate=2), "strides"),
    (lambda: layers.ConvLSTM2D(0, 3), "filters")])
def test_bad_arguments_are_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize(("call", "words"), [
    (lambda: layers.LSTM(2)(X[0]), "3 axes"), (lambda: layers.LSTM(2)(X[:, :0]), "no step"),
    (lambda: layers.LSTM(2)(X, initial_state=[STATE]), "initial_state"),
    (lambda: layers.GRU(2)(X, initial_state=[STATE[:, :1]]), r"\(3, 1\)"),
    (lambda: layers.GRU(2)(X, initial_state=[STATE[:2]]), r"\(2, 2\)"),
    (lambda: layers.GRU(2)(X, mask=MASK[..., None]), "mask"),
    (lambda: layers.GRU(2, stateful=True)(mk.Input((4, 2))), "batch size"),
    (lambda: layers.LSTMCell(2)(X, [STATE, STATE]), "one step"),
    (lambda: layers.TimeDistributed(layers.Dense(2))(X[:, 0]), "one axis"),
    (lambda: layers.TimeDistributed(layers.Softmax())(X, mask=MASK[:, :3]), "mask"),
    (lambda: layers.ConvLSTM2D(2, 3)(X), "5 axes"),
    (lambda: layers.ConvLSTM1D(2, 3)(mk.Input((4, None, 2))), "known")])
def test_inputs_that_do_not_fit_are_refused(call, words):
    with pytest.raises(ShapeError, match=words):
        call()


def test_other_features_than_the_layer_was_built_for_are_refused():
    with pytest.raises(ShapeError, match="extent 2 along axis -1"):
        made("LSTM", 2)(X[..., :1])


def test_a_stateful_layer_refuses_another_batch_size():
    layer = layers.GRU(2, stateful=True)
    layer(X)
    with pytest.raises(ShapeError, match="3 samples"):
        layer(X[:2])


def test_a_mask_for_another_number_of_steps_is_refused():
    with pytest.raises(ShapeError, match=r"mask of sequences .* must have shape \(2, 4\), got \(2, 5\)"):
        layers.GRU(3)(np.ones((2, 4, 3)), mask=np.ones((2, 5), bool))


@pytest.mark.parametrize("states", [[np.ones((2, 3))], [np.ones((2, 4)), np.ones((2, 3))]])
def test_a_cell_refuses_states_of_other_sizes(states):
    with pytest.raises(ShapeError, match=r"LSTMCell 'cell': the states must be of sizes \[3, 3\], got shapes"):
        layers.LSTMCell(3, name="cell")(np.ones((2, 5), "float32"), states)
