"""The same layers in PyTorch, eagerly, in its own order of axes: channels first."""

import os

import numpy as np
import torch
from processes import serve
from torch import nn
from torch.nn import functional

from layer_peers import INPUTS, VOCABULARY, answering

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))


class Parts(nn.Module):
    """A function with modules of its own."""

    def __init__(self, function, **modules):
        super().__init__()
        self.function = function
        for name, module in modules.items():
            setattr(self, name, module)

    def forward(self, *inputs):
        return self.function(self, *inputs)


def _additive():
    def attention(self, query, value):
        scores = (self.scale * torch.tanh(query[:, :, None] + value[:, None])).sum(-1)
        return torch.softmax(scores, -1) @ value
    return Parts(attention, scale=nn.Parameter(torch.ones(64)))


def _separable(conv, size):
    return nn.Sequential(conv(32 if conv is nn.Conv2d else 64, 32 if conv is nn.Conv2d else 64, size,
                              groups=32 if conv is nn.Conv2d else 64, bias=False),
                         conv(32 if conv is nn.Conv2d else 64, 64, 1))


def _group_query():
    def attention(self, x):
        q, k, v = (p(x).unflatten(-1, (-1, 16)).transpose(1, 2) for p in (self.q, self.k, self.v))
        y = functional.scaled_dot_product_attention(q, k, v, enable_gqa=True)
        return self.o(y.transpose(1, 2).flatten(-2))
    return Parts(attention, q=nn.Linear(64, 64), k=nn.Linear(64, 32), v=nn.Linear(64, 32), o=nn.Linear(64, 64))


def _first(module):
    return Parts(lambda self, *x: self.module(*x)[0], module=module)


def _rms():
    return nn.RMSNorm(64)


MADE = {
    "Dense": lambda: nn.Linear(256, 256), "Dense on a sequence": lambda: nn.Linear(64, 256),
    "EinsumDense": lambda: Parts(lambda self, x: torch.einsum("abc,cd->abd", x, self.w) + self.b,
                                 w=nn.Parameter(torch.randn(64, 256)), b=nn.Parameter(torch.zeros(256))),
    "Embedding": lambda: nn.Embedding(VOCABULARY, 64, sparse=True),
    "ReLU": nn.ReLU, "LeakyReLU": lambda: nn.LeakyReLU(0.3), "PReLU": lambda: nn.PReLU(32), "ELU": nn.ELU,
    "Softmax": lambda: nn.Softmax(-1), "Activation gelu": nn.GELU, "Activation tanh": nn.Tanh,
    "Conv1D": lambda: nn.Conv1d(64, 64, 5, padding=2), "Conv2D": lambda: nn.Conv2d(32, 64, 3, padding=1),
    "Conv2D on 1 channel": lambda: nn.Conv2d(1, 32, 3), "Conv2D 1x1": lambda: nn.Conv2d(128, 128, 1),
    "Conv2D 5x5": lambda: nn.Conv2d(32, 32, 5), "Conv2D strides 2": lambda: nn.Conv2d(32, 64, 3, 2),
    "Conv2D dilated": lambda: nn.Conv2d(32, 32, 3, dilation=2),
    "Conv2D groups": lambda: nn.Conv2d(32, 64, 3, groups=4),
    "Conv2D wide": lambda: nn.Conv2d(128, 128, 3, padding=1), "Conv3D": lambda: nn.Conv3d(16, 16, 3),
    "Conv1DTranspose": lambda: nn.ConvTranspose1d(64, 64, 4, 2),
    "Conv2DTranspose": lambda: nn.ConvTranspose2d(32, 32, 4, 2),
    "Conv3DTranspose": lambda: nn.ConvTranspose3d(16, 8, 2, 2),
    "DepthwiseConv1D": lambda: nn.Conv1d(64, 64, 5, groups=64),
    "DepthwiseConv2D": lambda: nn.Conv2d(32, 32, 3, groups=32),
    "SeparableConv1D": lambda: _separable(nn.Conv1d, 5), "SeparableConv2D": lambda: _separable(nn.Conv2d, 3),
    "MaxPooling1D": lambda: nn.MaxPool1d(2), "MaxPooling2D": lambda: nn.MaxPool2d(2),
    "MaxPooling2D 3x3": lambda: nn.MaxPool2d(3, 2), "MaxPooling3D": lambda: nn.MaxPool3d(2),
    "AveragePooling1D": lambda: nn.AvgPool1d(2), "AveragePooling2D": lambda: nn.AvgPool2d(2),
    "AveragePooling3D": lambda: nn.AvgPool3d(2),
    "GlobalMaxPooling2D": lambda: nn.AdaptiveMaxPool2d(1),
    "GlobalAveragePooling1D": lambda: nn.AdaptiveAvgPool1d(1),
    "GlobalAveragePooling2D": lambda: nn.AdaptiveAvgPool2d(1),
    "AdaptiveAveragePooling2D": lambda: nn.AdaptiveAvgPool2d(7),
    "AdaptiveMaxPooling2D": lambda: nn.AdaptiveMaxPool2d(7),
    "BatchNormalization": lambda: nn.BatchNorm2d(32), "BatchNormalization of vectors": lambda: nn.BatchNorm1d(256),
    "LayerNormalization": lambda: nn.LayerNorm(64), "GroupNormalization": lambda: nn.GroupNorm(8, 32),
    "RMSNormalization": _rms, "UnitNormalization": lambda: Parts(lambda self, x: functional.normalize(x, dim=-1)),
    "SpectralNormalization": lambda: nn.utils.parametrizations.spectral_norm(nn.Linear(256, 256)),
    "SimpleRNN": lambda: _first(nn.RNN(64, 64, batch_first=True)),
    "LSTM": lambda: _first(nn.LSTM(64, 64, batch_first=True)), "GRU": lambda: _first(nn.GRU(64, 64, batch_first=True)),
    "Bidirectional LSTM": lambda: _first(nn.LSTM(64, 64, batch_first=True, bidirectional=True)),
    "StackedRNNCells": lambda: _first(nn.LSTM(64, 64, 2, batch_first=True)),
    "LSTMCell": lambda: _first(nn.LSTMCell(256, 64)), "GRUCell": lambda: nn.GRUCell(256, 64),
    "TimeDistributed": lambda: nn.Linear(64, 64),
    "MultiHeadAttention": lambda: Parts(lambda self, x: self.of(x, x, x, need_weights=False)[0],
                                        of=nn.MultiheadAttention(64, 4, batch_first=True)),
    "Attention": lambda: Parts(lambda self, q, v: torch.softmax(q @ v.mT, -1) @ v),
    "AdditiveAttention": _additive, "GroupQueryAttention": _group_query,
    "Add": lambda: Parts(lambda self, a, b: a + b), "Multiply": lambda: Parts(lambda self, a, b: a * b),
    "Maximum": lambda: Parts(lambda self, a, b: torch.maximum(a, b)),
    "Average": lambda: Parts(lambda self, a, b: (a + b) / 2),
    "Concatenate": lambda: Parts(lambda self, a, b: torch.cat([a, b], 1)), "Dot": lambda: Parts(
        lambda self, a, b: a @ b.mT),
    "Flatten": nn.Flatten, "Reshape": lambda: nn.Unflatten(1, (4, 8)),
    "Permute": lambda: Parts(lambda self, x: x.transpose(1, 2).contiguous()),
    "RepeatVector": lambda: Parts(lambda self, x: x[:, None].repeat(1, 20, 1)),
    "ZeroPadding2D": lambda: nn.ZeroPad2d(1), "Cropping2D": lambda: nn.ZeroPad2d(-1),
    "UpSampling2D": lambda: nn.Upsample(scale_factor=2),
    "UpSampling2D bilinear": lambda: nn.Upsample(scale_factor=2, mode="bilinear"),
    "Dropout": lambda: nn.Dropout(0.3), "SpatialDropout2D": lambda: nn.Dropout2d(0.3),
    "GaussianNoise": lambda: Parts(lambda self, x: x + 0.3 * torch.randn_like(x)),
    "GaussianDropout": lambda: Parts(lambda self, x: x * (1 + 0.65 * torch.randn_like(x))),
    "AlphaDropout": lambda: nn.AlphaDropout(0.3), "Rescaling": lambda: Parts(lambda self, x: x * 0.5 + 1.0),
    "Resizing": lambda: Parts(lambda self, x: functional.interpolate(x, (56, 56), mode="bilinear")),
}
SEQUENCES = ("sequence", "Dense", "Softmax", "LayerNorm", "RMSNorm", "UnitNorm", "RNN", "LSTM", "GRU", "Attention",
             "Dot",
             "Permute", "TimeDistributed", "Bidirectional")       # whose last axis is the last in PyTorch as well


def step(name):
    """Forward and backward of one layer, with the gradients of its inputs and weights."""
    rng = np.random.default_rng(0)
    inputs = []
    for shape in INPUTS[name]:
        if shape == "ids":
            inputs.append(torch.from_numpy(rng.integers(0, VOCABULARY, (64, 100))))
            continue
        if len(shape) > 2 and not any(word in name for word in SEQUENCES):
            shape = (shape[0], shape[-1], *shape[1:-1])
        inputs.append(torch.from_numpy(rng.standard_normal(shape, dtype=np.float32)).requires_grad_())
    module = MADE[name]()
    y = module(*inputs)
    factor = torch.from_numpy(rng.standard_normal(tuple(y.shape), dtype=np.float32))
    sources = [x for x in inputs if x.requires_grad] + list(module.parameters())

    def run():
        y = module(*inputs)
        torch.autograd.grad(y, sources, factor)
        return y.numel()

    return run


if __name__ == "__main__":
    serve(answering(step, torch.__version__))
