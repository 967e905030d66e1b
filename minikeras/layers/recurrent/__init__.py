"""Recurrent layers: cells, RNN over any cell, and Bidirectional."""

from .bidirectional import Bidirectional
from .cells import GRUCell, LSTMCell, SimpleRNNCell
from .convolutional import ConvLSTM1D, ConvLSTM2D, ConvLSTM3D
from .layers import GRU, LSTM, SimpleRNN
from .rnn import RNN, StackedRNNCells

__all__ = ["GRU", "LSTM", "RNN", "Bidirectional", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "GRUCell", "LSTMCell",
           "SimpleRNN", "SimpleRNNCell", "StackedRNNCells"]
