"""Recurrent layers, their cells, and the wrappers around layers."""

import numpy as np

from minikeras import layers

from . import Example, numbers

X = numbers(4, 5, 3)                # (batch, steps, features)
STATE = numbers(4, 2, seed=1)
MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [0, 1, 0, 1, 1], [0, 0, 0, 0, 0]], bool)
ROWS = numbers(4, 3, 4, 2)
EXAMPLES = {
    "SimpleRNNCell": Example(lambda: layers.SimpleRNNCell(2, dropout=0.2, seed=1), X[:, 0], {"states": [STATE]}),
    "LSTMCell": Example(lambda: layers.LSTMCell(2, recurrent_dropout=0.2, seed=1), X[:, 0],
                        {"states": [STATE, -STATE]}),
    "GRUCell": [Example(lambda: layers.GRUCell(2), X[:, 0], {"states": [STATE]}),
                Example(lambda: layers.GRUCell(2, reset_after=False, implementation=1, dropout=0.3, seed=1), X[:, 0],
                        {"states": [STATE]})],
    "SimpleRNN": [Example(lambda: layers.SimpleRNN(2, return_sequences=True, recurrent_regularizer="l2"), X,
                          {"mask": MASK}, masks=False),
                  Example(lambda: layers.SimpleRNN(2, dropout=0.2, recurrent_dropout=0.3, seed=1), X)],
    "LSTM": [Example(lambda: layers.LSTM(2, return_state=True), X, {"initial_state": [STATE, -STATE]}, masks=False),
             Example(lambda: layers.LSTM(2, return_sequences=True, go_backwards=True, zero_output_for_mask=True), X,
                     {"mask": MASK}, masks=False),
             Example(lambda: layers.LSTM(2, dropout=0.2, recurrent_dropout=0.3, seed=1, use_bias=False), X),
             Example(lambda: layers.LSTM(2, implementation=1, dropout=0.4, seed=1, activity_regularizer="l2"), X)],
    "GRU": [Example(lambda: layers.GRU(2, return_sequences=True, return_state=True, unroll=True), X),
            Example(lambda: layers.GRU(2, reset_after=False, dropout=0.2, recurrent_dropout=0.3, seed=1), X),
            Example(lambda: layers.GRU(2, use_bias=False, activation="softmax", go_backwards=True), X)],
    "RNN": [Example(lambda: layers.RNN([layers.LSTMCell(2), layers.GRUCell(3)], return_state=True), X,
                    {"mask": MASK}, masks=False),
            Example(lambda: layers.RNN(layers.GRUCell(2, dropout=0.2, seed=1), return_sequences=True), X)],
    "StackedRNNCells": Example(lambda: layers.StackedRNNCells([layers.SimpleRNNCell(2), layers.LSTMCell(2)]), X[:, 0],
                               {"states": [[STATE], [STATE, -STATE]]}),
    "Bidirectional": [
        Example(lambda: layers.Bidirectional(layers.LSTM(2, return_sequences=True)), X, {"mask": MASK}, masks=False),
        Example(lambda: layers.Bidirectional(layers.GRU(2, return_state=True), merge_mode=None), X),
        Example(lambda: layers.Bidirectional(layers.SimpleRNN(2), merge_mode="mul",
                                             backward_layer=layers.LSTM(2, go_backwards=True)), X)],
    "TimeDistributed": [Example(lambda: layers.TimeDistributed(layers.Dense(2, activation="tanh")), X),
                        Example(lambda: layers.TimeDistributed(layers.Dense(2, activity_regularizer="l2")), ROWS),
                        Example(lambda: layers.TimeDistributed(layers.GRU(2)), ROWS, masks=False)],
    "ConvLSTM1D": [Example(lambda: layers.ConvLSTM1D(2, 3, padding="same", return_sequences=True), ROWS),
                   Example(lambda: layers.ConvLSTM1D(2, 2, dropout=0.2, recurrent_dropout=0.2, seed=1), ROWS)],
    "ConvLSTM2D": Example(lambda: layers.ConvLSTM2D(1, 2, data_format="channels_first", return_state=True),
                          numbers(4, 2, 1, 3, 3)),
    "ConvLSTM3D": Example(lambda: layers.ConvLSTM3D(1, 2, strides=2, padding="same"), numbers(4, 2, 3, 2, 2, 1)),
}
