"""check_gradients: a function's derivatives against finite differences."""

from typing import NamedTuple

import numpy as np

from ..errors import DTypeError, GradientCheckError, GradientError
from . import tree
from .dispatch import listen
from .dtypes import is_differentiable
from .forward import ForwardAccumulator
from .operands import as_tensor
from .tape import GradientTape
from .tensor import Tensor
from .variable import Variable


class Comparison(NamedTuple):
    """How far the derivatives of one mode by one input are from the differences, where they are farthest.

    order      1 or 2
    mode       "reverse", "forward", "forward over reverse" ...
    source     name of the input;  element: what is differentiated there by which element of it
    analytic   the derivative there, None if no gradient reaches the input;  numeric: the difference quotient
    allowed    the largest difference that passes there
    count      elements compared;  wrong: those that differ by more than is allowed
    """

    order: int
    mode: str
    source: str
    element: str
    analytic: float
    numeric: float
    allowed: float
    count: int
    wrong: int

    @property
    def difference(self):
        """|analytic - numeric| at the worst element."""
        return abs((self.analytic or 0.0) - self.numeric)


class GradientReport:
    """What `check_gradients` has compared: `comparisons`, one for each order, mode and input. Prints as a table."""

    def __init__(self, comparisons):
        self.comparisons = comparisons

    def __str__(self):
        rows = [("order", "mode", "by", "elements", "worst difference", "allowed")]
        rows += [(str(c.order), c.mode, c.source, str(c.count), f"{c.difference:.1e}", f"{c.allowed:.1e}")
                 for c in self.comparisons]
        widths = [max(map(len, column)) for column in zip(*rows)]
        return "\n".join(["  ".join([cell.ljust(width) for cell, width in zip(row, widths)]).rstrip() for row in rows])

    def __repr__(self):
        return f"<GradientReport: {len(self.comparisons)} comparisons, all within tolerance>"


def check_gradients(f, inputs, *, order=2, variables=(), eps=1e-6, atol=1e-5, rtol=1e-3):
    """Compare the derivatives of `f` in reverse and forward mode with central differences; a GradientReport if all
    elements agree.

    f          function of tensors that gives a tensor or a nest of them; called as f(*inputs) for a tuple or list of
               inputs, else as f(inputs)
    inputs     tensors, Variables, arrays or numbers, or nests of them; floating ones are differentiated by, others are
               given as they are
    order      1; or 2 for the second derivatives, too, of the sum of the outputs times fixed weights
    variables  further Variables, which `f` reads, to differentiate by
    eps        half the step of the differences
    A derivative passes if it differs by at most atol + rtol * |difference quotient|. All is computed in float64: `f`
    gets copies, and Variables hold float64 values meanwhile. `f` runs about 7 times for each element of the inputs.
    Raises GradientCheckError, an AssertionError, that tells the worst element; GradientError if two calls of `f`
    differ, or if it gives NaN, an infinity or nothing to differentiate; DTypeError for complex numbers, and for an `f`
    that computes in less than float64.
    Source of the defaults: torch.autograd.gradcheck.
    """
    if order not in (1, 2):
        raise ValueError(f"check_gradients: order must be 1 or 2, got {order!r}.")
    check = _Check(f, inputs, variables, eps, atol, rtol)
    try:
        with np.errstate(all="ignore"):
            check.try_out()
            return GradientReport(check.first_order() + (check.second_order() if order == 2 else []))
    finally:
        check.put_back()


class _Check:
    """One call of `check_gradients`: `xs` are the values of all sources, `holders` the Variables among them."""

    def __init__(self, f, inputs, variables, eps, atol, rtol):
        self.f, self.inputs, self.leaves = f, inputs, tree.flatten(inputs)
        self.eps, self.atol, self.rtol = eps, atol, rtol
        names = _names(inputs)
        self.positions = [i for i, x in enumerate(self.leaves) if _is_source(names[i], x)]
        sources = [(names[i], self.leaves[i]) for i in self.positions]
        for v in variables:
            if type(v) is not Variable:
                raise TypeError(f"check_gradients: `variables` must be Variables, got {type(v).__name__}.")
            if _is_source(v.path, v) and not any(v is x for _, x in sources):
                sources.append((v.path, v))
        if not sources:
            raise GradientError("check_gradients: no input is floating, so there is nothing to differentiate by.")
        self.names = [name for name, _ in sources]
        self.xs = [np.array(getattr(x, "_array", x), np.float64) for _, x in sources]
        self.holders = [x if type(x) is Variable else None for _, x in sources]
        self.held = [None if v is None else v._array for v in self.holders]

    def put_back(self):
        """Give the Variables the values they had."""
        for v, array in zip(self.holders, self.held):
            if v is not None:
                v._array = array

    def sources(self, xs):
        """The sources, with values `xs`: Tensors and Variables."""
        for v, x in zip(self.holders, xs):
            if v is not None:
                v._array = x
        return [Tensor(x) if v is None else v for v, x in zip(self.holders, xs)]

    def outputs(self, sources):
        """The floating outputs of `f`, a list."""
        leaves = list(self.leaves)
        for i, x in zip(self.positions, sources):
            leaves[i] = x
        inputs = tree.pack(self.inputs, leaves)
        result = self.f(*inputs) if isinstance(inputs, (tuple, list)) else self.f(inputs)
        found = [as_tensor(y) for y in tree.flatten(result) if y is not None]
        if any(y._array.dtype.kind == "c" for y in found):
            raise DTypeError("check_gradients: f gives complex numbers. Let it give their real and imaginary parts.")
        return [y for y in found if is_differentiable(y.dtype)]

    def values(self, xs):
        """All outputs at `xs`, flat."""
        return _flat(self.outputs(self.sources(xs)))

    def try_out(self):
        """Two calls at the inputs themselves, which must agree, in float64 and finite."""
        narrowed, sources = _Narrowed(), self.sources(self.xs)
        with listen(narrowed), GradientTape() as tape:
            tape.watch(sources)
            outputs = self.outputs(sources)
        narrow = [*narrowed.dtypes, *[y.dtype.name for y in outputs if y.dtype.name != "float64"]]
        if narrow:
            raise DTypeError(
                f"check_gradients: f computes in {narrow[0]} although its inputs are float64; that is too coarse for "
                f"differences of {self.eps:g}. Make its layers with dtype='float64', list Variables that it reads as "
                "`variables`, and leave out casts to narrower dtypes.")
        if not sum([y.size for y in outputs]):
            raise GradientError("check_gradients: f gives no floating numbers.")
        first, second = _flat(outputs), self.values(self.xs)
        if not np.array_equal(first, second, equal_nan=True):
            by = f"by up to {np.abs(first - second).max():.3g}" if first.shape == second.shape else "in shape"
            raise GradientError(f"check_gradients: two calls of f at the same inputs differ {by}. Does it draw random "
                                "numbers, or keep state? Call layers with training=False; seed what is drawn inside f.")
        if not np.isfinite(first).all():
            raise GradientError("check_gradients: f gives NaN or an infinity at these inputs. Move them, or find the "
                                "op that does with minikeras.debugging.enable_check_numerics().")
        self.shapes = [y.shape for y in outputs]
        self.weights = _split(np.cos(np.arange(first.size) + 1.0), self.shapes)

    # First and second order ------------------------------------------------------------------

    def first_order(self):
        """Comparisons of the Jacobians: a row for each element of the outputs."""
        numeric = self.differences(self.values)
        name = "output" if len(self.shapes) == 1 else "outputs[{}]"
        rows = _elements([name.format(i) for i in range(len(self.shapes))], self.shapes)
        return self.compare(1, "reverse", self.reverse(self.outputs, self.shapes), numeric, rows) + \
            self.compare(1, "forward", self.forward(self.outputs, self.shapes), numeric, rows)

    def second_order(self):
        """Comparisons of the Hessians of the weighted sum of outputs: a row for each element of the sources."""
        shapes = [x.shape for x in self.xs]
        numeric = self.differences(lambda xs: _flat(self.gradient(self.sources(xs)), shapes))
        rows = [f"(d sum(w * outputs) / d {element})" for element in _elements(self.names, shapes)]
        return self.compare(2, "reverse over reverse", self.reverse(self.gradient, shapes), numeric, rows) + \
            self.compare(2, "forward over reverse", self.forward(self.gradient, shapes), numeric, rows) + \
            self.compare(2, "reverse over forward", self.reverse_over_forward(), numeric, rows)

    def differences(self, function):
        """The difference quotients of flat `function(xs)`: for each source a matrix (results, elements)."""
        found = []
        for k, x in enumerate(self.xs):
            columns = []
            for index in np.ndindex(x.shape):
                low, high = x.copy(), x.copy()
                low[index] -= self.eps
                high[index] += self.eps
                above, below = ([*self.xs[:k], moved, *self.xs[k + 1:]] for moved in (high, low))
                columns.append((function(above) - function(below)) / (high[index] - low[index]))
            found.append(columns)
        return [np.stack(columns, 1) if columns else None for columns in found]

    def gradient(self, sources):
        """The gradient of the weighted sum of the outputs; None of what it does not depend on."""
        with GradientTape() as tape:
            tape.watch(sources)
            outputs = self.outputs(sources)
        return tape.gradient(outputs, sources, output_gradients=[Tensor(w) for w in self.weights])

    def reverse(self, function, shapes):
        """Derivatives of `function(sources)`, a list of tensors of `shapes`, by a pull-back for each element."""
        sources, rows = self.sources(self.xs), []
        with GradientTape(persistent=True) as tape:
            tape.watch(sources)
            targets = [None if y is None else as_tensor(y) for y in function(sources)]
        for target, shape in zip(targets, shapes):
            rows += [[None] * len(sources) if target is None else
                     tape.gradient(target, sources, output_gradients=Tensor(unit)) for unit in _units(shape)]
        return self.stacked(rows)

    def forward(self, function, shapes):
        """The same by an accumulator for each element of the sources."""
        found = []
        for k, x in enumerate(self.xs):
            columns = [self.pushed(self.sources(self.xs), k, unit, function) for unit in _units(x.shape)]
            missing = all(part is None for column in columns for part in column)
            found.append(None if missing else np.stack([_flat(column, shapes) for column in columns], 1))
        return found

    def reverse_over_forward(self):
        """Second derivatives, by pulling back the slopes along each element of the sources."""
        rows = []
        for k, x in enumerate(self.xs):
            for unit in _units(x.shape):
                sources = self.sources(self.xs)
                with GradientTape() as tape:
                    tape.watch(sources)
                    slopes = self.pushed(sources, k, unit, self.outputs)
                pairs = [(slope, Tensor(w)) for slope, w in zip(slopes, self.weights) if slope is not None]
                rows.append(tape.gradient([slope for slope, _ in pairs], sources,
                                          output_gradients=[w for _, w in pairs]))
        return self.stacked(rows)

    def pushed(self, sources, k, unit, function):
        """The derivatives of what `function` gives along `unit` of source `k`."""
        with ForwardAccumulator(sources[k], Tensor(unit)) as accumulator:
            targets = [None if y is None else as_tensor(y) for y in function(sources)]
        return [None if y is None else accumulator.jvp(y) for y in targets]

    def stacked(self, rows):
        """For each source the matrix of a list of its rows; None where every row is."""
        found = []
        for parts, x in zip(zip(*rows), self.xs):
            flat = [np.zeros(x.size) if part is None else np.asarray(as_tensor(part)).reshape(-1) for part in parts]
            found.append(None if all(part is None for part in parts) else np.stack(flat))
        return found

    # Judging ---------------------------------------------------------------------------------

    def compare(self, order, mode, analytic, numeric, rows):
        """A Comparison for each source. Raises GradientCheckError if an element of any is wrong."""
        found = [self.compared(order, mode, k, analytic[k], numeric[k], rows)
                 for k in range(len(self.xs)) if numeric[k] is not None]
        wrong = [c for c in found if c.wrong]
        if wrong:
            raise GradientCheckError(self.explained(max(wrong, key=_badness), wrong, found))
        return found

    def compared(self, order, mode, k, analytic, numeric, rows):
        given = np.zeros_like(numeric) if analytic is None else analytic
        allowed = self.atol + self.rtol * np.abs(numeric)
        badness = np.nan_to_num(np.abs(given - numeric) / allowed, nan=np.inf)
        row, column = np.unravel_index(np.argmax(badness), badness.shape)
        element = _elements([self.names[k]], [self.xs[k].shape])[column]
        return Comparison(order, mode, self.names[k], f"d {rows[row]} / d {element}",
                          None if analytic is None else float(given[row, column]), float(numeric[row, column]),
                          float(allowed[row, column]), numeric.size, int(np.count_nonzero(~(badness <= 1.0))))

    def explained(self, worst, wrong, found):
        count, total = sum([c.wrong for c in wrong]), sum([c.count for c in found])
        lines = [f"check_gradients: {count} of {total} derivatives of order {worst.order} ({worst.mode} mode) are not "
                 "what differences say.", f"worst: {worst.element}"]
        if worst.analytic is None:
            lines.append(f"analytic   None: no gradient reaches {worst.source}. Is f computed from it through "
                         ".numpy(), stop_gradient, integers or an op without derivative?")
        else:
            lines.append(f"analytic   {worst.analytic:.9g}")
        lines += [f"numeric    {worst.numeric:.9g}",
                  f"difference {worst.difference:.3g}, allowed {worst.allowed:.3g} = atol {self.atol:g} + rtol "
                  f"{self.rtol:g} * |numeric|",
                  f"Within {self.eps:g} of a kink, a jump or the end of the domain (abs, relu, max at a tie, round, "
                  "sqrt at 0) the two need not agree: move the inputs away from it."]
        return "\n  ".join(lines)


class _Narrowed:
    """Hears of casts from float64 to narrower floats, of what depends on the sources."""

    def __init__(self):
        self.dtypes = []

    def heard(self, op, inputs, attrs, outputs):
        if op.name == "cast" and inputs[0]._node is not None and inputs[0].dtype.name == "float64" \
                and outputs.dtype.is_floating and outputs.dtype.name != "float64":
            self.dtypes.append(outputs.dtype.name)


def _badness(comparison):
    return np.nan_to_num(comparison.difference / comparison.allowed, nan=np.inf)


def _is_source(name, x):
    kind = np.asarray(getattr(x, "_array", x)).dtype.kind
    if kind == "c":
        raise DTypeError(f"check_gradients: {name} is complex. Let f take the real and the imaginary part as two "
                         "inputs.")
    return kind == "f"


def _names(structure, name="input"):
    """A name for each leaf, in the order of `tree.flatten`; a Variable's is its path."""
    if isinstance(structure, tree.CONTAINERS):
        name = "inputs" if name == "input" else name
        items = [(key, structure[key]) for key in sorted(structure)] if isinstance(structure, dict) \
            else enumerate(structure)
        return [each for key, item in items for each in _names(item, f"{name}[{key!r}]")]
    return [structure.path if type(structure) is Variable else name]


def _elements(names, shapes):
    """'w[0, 1]' for every element of arrays in turn; a scalar by its name alone."""
    return [name + (str(list(index)) if index else "") for name, shape in zip(names, shapes)
            for index in np.ndindex(shape)]


def _units(shape):
    size = int(np.prod(shape))
    return np.eye(size).reshape(size, *shape)


def _flat(parts, shapes=()):
    """Tensors as one vector; None counts as zeros of the shape in its place."""
    arrays = [np.zeros(shapes[i]) if part is None else np.asarray(as_tensor(part)) for i, part in enumerate(parts)]
    return np.concatenate([array.reshape(-1) for array in arrays])


def _split(vector, shapes):
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    return [part.reshape(shape) for part, shape in zip(np.split(vector, ends[:-1]), shapes)]
