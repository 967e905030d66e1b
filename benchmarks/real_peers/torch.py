"""PyTorch as its users write it: nn modules, torch.optim, eager (torch.compile needs a C++ compiler)."""

import os

import torch
from torch import nn
from torch.nn import functional

VERSION = torch.__version__
EPSILON = 1e-7      # of Adam, and 1e-3 of layer normalization, are Keras' defaults; PyTorch's own are other ones
HEADS = 4

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))


def mnist_cnn(weights, rate):
    kernel_1, bias_1, kernel_2, bias_2, kernel, bias = map(torch.from_numpy, weights)
    model = nn.Sequential(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(),
                          nn.MaxPool2d(2), nn.Flatten(), nn.Linear(1600, 10))
    # PyTorch has channels before rows, also in what is flattened.
    kernel = kernel.reshape(5, 5, 64, 10).permute(2, 0, 1, 3).reshape(1600, 10)
    _set(model[0], kernel_1.permute(3, 2, 0, 1), bias_1)
    _set(model[3], kernel_2.permute(3, 2, 0, 1), bias_2)
    _set(model[7], kernel.T, bias)
    return _ways(lambda x: model(x.permute(0, 3, 1, 2)), model, rate)


class LSTM(nn.Module):
    def __init__(self, table, kernel, recurrent, bias, last, last_bias):
        super().__init__()
        self.embedding = nn.Embedding.from_pretrained(table, freeze=False)
        self.lstm = nn.LSTM(len(kernel), len(recurrent), batch_first=True)
        self.last = nn.Linear(*last.shape)
        # The gates lie in the same order. A cell has two biases here, which only ever count as their sum.
        for parameter, value in zip(self.lstm.parameters(), (kernel.T, recurrent.T, bias, torch.zeros_like(bias))):
            parameter.data.copy_(value)
        self.lstm.bias_hh_l0.requires_grad_(False)
        _set(self.last, last.T, last_bias)

    def forward(self, x):
        return self.last(self.lstm(self.embedding(x))[0])


def char_lstm(weights, rate):
    model = LSTM(*map(torch.from_numpy, weights))
    return _ways(model, model, rate)


class Block(nn.Module):
    def __init__(self, weights):
        super().__init__()
        width = len(weights[0])
        self.before_attention, self.before_dense = (nn.LayerNorm(width, eps=1e-3) for _ in range(2))
        self.inward, self.outward = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        parts, (last, last_bias) = weights[2:8], weights[8:10]
        _set(self.before_attention, *weights[:2])
        _set(self.inward, torch.cat([part.reshape(width, width) for part in parts[::2]], 1).T,
             torch.cat([part.reshape(width) for part in parts[1::2]]))
        _set(self.outward, last.reshape(width, width).T, last_bias)
        _set(self.before_dense, *weights[10:12])
        for dense, kernel, bias in [(self.wide, *weights[12:14]), (self.narrow, *weights[14:16])]:
            _set(dense, kernel.T, bias)

    def forward(self, x):
        batch, time, width = x.shape
        parts = self.inward(self.before_attention(x)).view(batch, time, 3, HEADS, width // HEADS)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        found = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.outward(found.transpose(1, 2).reshape(batch, time, width))
        return x + self.narrow(torch.relu(self.wide(self.before_dense(x))))


class Transformer(nn.Module):
    def __init__(self, table, positions, *weights):
        super().__init__()
        *blocks, gamma, beta, last, last_bias = weights
        self.embedding = nn.Embedding.from_pretrained(table, freeze=False)
        self.positions = nn.Parameter(positions)
        self.blocks = nn.Sequential(*[Block(blocks[first:first + 16]) for first in range(0, len(blocks), 16)])
        self.normalization, self.last = nn.LayerNorm(len(gamma), eps=1e-3), nn.Linear(*last.shape)
        _set(self.normalization, gamma, beta)
        _set(self.last, last.T, last_bias)

    def forward(self, x):
        return self.last(self.normalization(self.blocks(self.embedding(x) + self.positions)))


def char_transformer(weights, rate):
    model = Transformer(*map(torch.from_numpy, weights))
    return _ways(model, model, rate)


def _set(module, weight, bias):
    module.weight.data.copy_(weight)
    module.bias.data.copy_(bias)


def _ways(forward, model, rate):
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], rate, eps=EPSILON)

    def batches(x, y, batch_size):
        x, y = torch.from_numpy(x), torch.from_numpy(y).long()
        return zip(x.split(batch_size), y.split(batch_size))

    def fit(x, y, batch_size):
        model.train()
        total = 0.0
        for inputs, targets in batches(x, y, batch_size):
            optimizer.zero_grad()
            loss = functional.cross_entropy(forward(inputs).flatten(0, -2), targets.flatten())
            loss.backward()
            optimizer.step()
            total += loss.item() * len(inputs)
        return total / len(x)

    @torch.inference_mode()
    def evaluate(x, y, batch_size):
        model.eval()
        total, right = 0.0, 0
        for inputs, targets in batches(x, y, batch_size):
            scores, targets = forward(inputs).flatten(0, -2), targets.flatten()
            total += functional.cross_entropy(scores, targets, reduction="sum").item()
            right += (scores.argmax(1) == targets).sum().item()
        return {"loss": total / y.size, "accuracy": right / y.size}

    return fit, evaluate
