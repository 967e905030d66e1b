"""EinsumDense: a dense layer along any axes, as an Einstein sum says."""

import re
from typing import NamedTuple

from .. import activations, initializers
from ..arguments import count
from ..errors import ShapeError
from ..ops.contraction import einsum
from .base import Layer
from .input_spec import InputSpec
from .low_rank import LowRank


class EinsumDense(LowRank, Layer):
    """activation(einsum(equation, inputs, kernel) + bias).

    equation       like 'abc,cd->abd' or '...x,xy->...y' or 'ab...,bc->ac...': inputs, kernel, output, a letter for each
                   axis, of which the first is the batch; `...` stands for any number of axes
    output_shape   extents of the output after the batch, None where they are those of the inputs; without the axes that
                   leading dots stand for
    bias_axes      letters of the output along which there is a bias of its own; None: no bias
    lora_rank      as for Dense
    Raises ValueError for an equation of another form, ShapeError where it does not fit the inputs.
    """

    def __init__(self, equation, output_shape, activation=None, bias_axes=None, kernel_initializer="glorot_uniform",
                 bias_initializer="zeros", kernel_regularizer=None, bias_regularizer=None, kernel_constraint=None,
                 bias_constraint=None, lora_rank=None, lora_alpha=None, gptq_unpacked_column_size=None,
                 quantization_config=None, **kwargs):
        super().__init__(**kwargs)
        if quantization_config is not None or gptq_unpacked_column_size is not None:
            raise ValueError("EinsumDense: quantization_config and gptq_unpacked_column_size are not supported; leave "
                             "them None.")
        self.equation, self.bias_axes = equation, bias_axes
        self.terms = Terms.of(equation)
        output_shape = output_shape if isinstance(output_shape, (list, tuple)) else [output_shape]
        self.partial_output_shape = tuple(
            [count("EinsumDense: each of output_shape", n, optional=True) for n in output_shape])
        unknown = [c for c in bias_axes or "" if c not in self.terms.output]
        if unknown or bias_axes == "":
            raise ValueError(f"EinsumDense: bias_axes must be letters of the output {self.terms.output!r} of "
                             f"{equation!r}, got {bias_axes!r}.")
        self.activation = activations.get(activation)
        self._keep("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self._keep("bias", bias_initializer, bias_regularizer, bias_constraint)
        self._set_low_rank(lora_rank, lora_alpha)
        self.bias = None

    def build(self, input_shape):
        terms = self.terms
        extents = self._extents(input_shape)
        self.kernel = self._add_kept("kernel", [extents[c] for c in terms.kernel],
                                     initializer=self._spread_initializer())
        if self.bias_axes is not None:
            first = min([terms.output.index(c) for c in self.bias_axes])
            after = len(input_shape) - len(terms.inputs) if terms.dots == "after" else 0
            self.bias = self._add_kept(
                "bias", [extents[c] if c in self.bias_axes else 1 for c in terms.output[first:]] + [1] * after)
        if self.lora_rank:
            self._add_low_rank()
        before = len(input_shape) - len(terms.inputs) if terms.dots == "before" else 0
        self.input_spec = InputSpec(ndim=len(input_shape), axes={
            i: extents[c] for i, c in enumerate(terms.inputs, before) if c in terms.kernel})

    def _extents(self, input_shape):
        """{letter: extent}, None where not known."""
        terms = self.terms
        hidden = len(input_shape) - len(terms.inputs)
        if hidden < 0 or (hidden and not terms.dots):
            raise ShapeError(f"{self.equation!r} is for inputs of {len(terms.inputs)} axes{' or more' * (hidden < 0)}, "
                             f"got shape {tuple(input_shape)}.")
        inputs = dict(zip(terms.inputs, input_shape[hidden:] if terms.dots == "before" else input_shape))
        # The batch is not among the extents given; it is one of the letters unless leading dots stand for it.
        named = terms.output if terms.dots == "before" and hidden else terms.output[1:]
        if len(self.partial_output_shape) < len(named):
            raise ShapeError(f"output_shape={self.partial_output_shape} must have an extent for each of {named!r}, the "
                             f"axes of the output of {self.equation!r}{' after the batch' * (named != terms.output)}.")
        outputs = {c: n for c, n in zip(named, self.partial_output_shape) if n is not None}
        for c in inputs:
            if c in outputs and inputs[c] not in (None, outputs[c]):
                raise ShapeError(f"axis {c!r} of {self.equation!r} is {inputs[c]} long in the inputs and {outputs[c]} "
                                 "in output_shape; they must be equal.")
        return {**dict.fromkeys(terms.output), **inputs, **outputs}

    def _spread_initializer(self):
        """The initializer, told which axes of the kernel are inputs and which outputs, if it asks for them."""
        initializer, terms = self.kernel_initializer, self.terms
        if not isinstance(initializer, initializers.VarianceScaling) or None not in (
                initializer.input_axes, initializer.output_axes):
            return initializer
        outputs = [i for i, c in enumerate(terms.kernel) if c in terms.output]
        inputs = [i for i in range(len(terms.kernel)) if i not in outputs]
        return type(initializer).from_config({**initializer.get_config(), "input_axes": inputs,
                                              "output_axes": outputs})

    def call(self, inputs):
        x = einsum(self.equation, inputs, self._adapted_weight())
        if self.bias is not None:
            x = x + self.bias
        return x if self.activation in (None, activations.linear) else self.activation(x)

    def get_config(self):
        config = super().get_config()
        del config["gptq_unpacked_column_size"]
        config.setdefault("activity_regularizer")
        return {**config, "output_shape": list(self.partial_output_shape)}


class Terms(NamedTuple):
    """The letters of an equation, and whether dots stand 'before' or 'after' those of inputs and output."""

    inputs: str
    kernel: str
    output: str
    dots: str

    @classmethod
    def of(cls, equation):
        """Raises ValueError for what EinsumDense cannot do."""
        found = isinstance(equation, str) and re.fullmatch(
            r"(\.\.\.)?([A-Za-z]+)(\.\.\.)?,([A-Za-z]+)->(\.\.\.)?([A-Za-z]+)(\.\.\.)?", equation.replace(" ", ""))
        if not found or (found[1], found[3]) != (found[5], found[7]) or (found[1] and found[3]):
            raise ValueError(f"EinsumDense: {equation!r} must be of the form 'ab,bc->ac', '...b,bc->...c' or "
                             "'ab...,bc->ac...'.")
        terms = cls(found[2], found[4], found[6], "before" if found[1] else "after" if found[3] else "")
        for term in terms[:3]:
            if len(set(term)) < len(term):
                raise ValueError(f"EinsumDense: {term!r} in {equation!r} has a letter twice.")
        for c in terms.output:
            if c not in terms.inputs + terms.kernel:
                raise ValueError(f"EinsumDense: the axis {c!r} of the output of {equation!r} is neither one of the "
                                 "inputs nor of the kernel.")
        for c in terms.kernel:
            if c not in terms.inputs + terms.output:
                raise ValueError(f"EinsumDense: the axis {c!r} of the kernel of {equation!r} is neither one of the "
                                 "inputs nor of the output.")
        return terms
