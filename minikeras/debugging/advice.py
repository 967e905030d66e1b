"""What to write instead, where an op or its derivative has made a NaN or an infinity."""

import re
from typing import Any, NamedTuple

import numpy as np

ANY = object()
SQUARES = ("sum", ("square", ANY))
ROOT_MEAN_SQUARE = ("root_mean_square", ("subtract", ANY, ("mean", ANY)))       # as ops.std has it
VARIANCE = ("mean", ("square", ("subtract", ANY, ("mean", ANY))))

# Else the derivative of the branch not taken is 0 times infinity.
UNTAKEN = "In a where() that takes another value there, replace x, too: ops.where(ok, f(ops.where(ok, x, 1.0)), other)."


class Case(NamedTuple):
    """What advice goes by.

    op         name of the op that made it, or of the op whose derivative did
    derived    whether it is the derivative
    formula    the op with what its inputs came from: (name, formula or number or None of each input)
    inputs     of the op, at the first bad element if it is elementwise, else whole
    nan        whether that element is NaN and not an infinity
    source     the user's line that called the op
    dtype      of the result
    """

    op: str
    derived: bool
    formula: Any
    inputs: list
    nan: bool
    source: str
    dtype: Any


def matches(formula, pattern):
    """Whether a formula is as in `pattern`, where ANY stands for anything."""
    if pattern is ANY:
        return True
    if not isinstance(pattern, tuple):
        return formula == pattern
    return isinstance(formula, tuple) and len(formula) == len(pattern) and all(map(matches, formula, pattern))


def advice(case):
    """One or two sentences, or an empty string."""
    by_op = (DERIVATIVES if case.derived else OPS).get(case.op)
    return (by_op and by_op(case)) or _overflow(case)


def _overflow(case):
    if case.nan or case.dtype.kind not in "fc":
        return ""
    return (f"The largest {case.dtype} is {np.finfo(case.dtype).max:.2g}. Scale the numbers down or compute in a wider "
            "dtype; in training, lower the learning rate or clip the gradients (clipnorm).")


# Ops ----------------------------------------------------------------------------------------------------------------

# How a formula with an exponential that overflows looks in the caller's line, and the form that does not.
WITH_EXP = [
    (r"1\.?0?/\(1\.?0?\+.*exp\(-", "1 / (1 + exp(-x)) is ops.sigmoid(x)"),
    (r"exp\((\w+)\)/\(1\.?0?\+.*exp\(\1\)", "exp(x) / (1 + exp(x)) is ops.sigmoid(x)"),
    (r"log\(1\.?0?\+.*exp\(|log1p\(.*exp\(", "log(1 + exp(x)) is ops.softplus(x)"),
    (r"log\(.*sum\(.*exp\(", "log(sum(exp(x))) is ops.logsumexp(x)"),
    (r"exp\(.*/.*sum\(", "exp(x) / sum(exp(x)) is ops.softmax(x)"),
    (r"1\.?0?/.*exp\(", "1 / exp(x) is ops.exp(-x)"),
]


def _exp(case):
    if case.nan:
        return ""
    bound = f"exp overflows {case.dtype} above {np.log(np.finfo(case.dtype).max):.4g}."
    source = case.source.replace(" ", "")
    for pattern, stable in WITH_EXP:
        if re.search(pattern, source):
            return f"{bound} {stable}, which does not."
    return (f"{bound} The usual formulas have forms that do not: " + "; ".join([form for _, form in WITH_EXP]) + ".")


def _log(case):
    (x,) = case.inputs
    if not np.any(np.equal(x, 0)):
        return "The logarithm of a negative number is NaN. Take it of ops.abs(x), or of ops.maximum(x, 1e-7)."
    for pattern, stable in WITH_LOG:
        if matches(case.formula, pattern):
            return f"{stable}, which is finite there."
    if re.search(r"(\w+)\*.*log\(\1\)", case.source.replace(" ", "")):
        return "x * log(x) is 0 at x = 0 as a limit: tf.math.xlogy(x, x) gives it."
    return ("log(0) is minus infinity. Keep away from 0 with ops.log(ops.maximum(x, 1e-7)); for y * log(x) with y = 0 "
            f"there use tf.math.xlogy(y, x). {UNTAKEN}")


WITH_LOG = [
    (("log", ("softmax", ANY)), "log(softmax(x)) is ops.log_softmax(x), or a loss on x itself with from_logits=True"),
    (("log", ("sigmoid", ANY)), "log(sigmoid(x)) is ops.log_sigmoid(x), or a loss on x itself with from_logits=True"),
    (("log", ("subtract", 1, ("sigmoid", ANY))), "log(1 - sigmoid(x)) is ops.log_sigmoid(-x)"),
    (("log", ("divide", ("exp", ANY), ("sum", ANY))), "log(exp(x) / sum(exp(x))) is ops.log_softmax(x)"),
    (("log", ("sum", ("exp", ANY))), "log(sum(exp(x))) is ops.logsumexp(x)"),
]


def _divide(case):
    if not np.any(np.equal(case.inputs[-1], 0)):
        return ""
    if matches(case.formula, ("divide", ("exp", ANY), ("sum", ("exp", ANY)))):
        return "exp(x) / sum(exp(x)) is ops.softmax(x), which stays finite where every exp(x) underflows to 0."
    if any(matches(case.formula, ("divide", ANY, spread)) for spread in (("sqrt", VARIANCE), ROOT_MEAN_SQUARE)):
        return "The standard deviation of equal numbers is 0. Divide by ops.sqrt(ops.var(x) + 1e-7)."
    return ("The divisor is 0. ops.divide_no_nan(x, y) gives 0 there; or add a small number to a divisor that is "
            f"never negative. {UNTAKEN}")


def _sqrt(case):
    return ("The root of a negative number is NaN. Where rounding makes it negative, take it of ops.maximum(x, 0.0); "
            "a variance never is as ops.var(x), but may be as mean(x * x) - mean(x)**2.")


def _rsqrt(case):
    return "rsqrt(0) is infinite. Add a small number first: ops.rsqrt(x + 1e-7)." if not case.nan else _sqrt(case)


def _power(case):
    base, exponent = case.inputs
    if case.nan:
        return ("A negative number has no real power with a fraction in the exponent. Take ops.abs(x) ** p, times "
                "ops.sign(x) if the sign shall stay.")
    if np.any(np.equal(base, 0) & np.less(exponent, 0)):
        return f"0 to a negative power is infinite. Add a small number first: (x + 1e-7) ** p. {UNTAKEN}"
    return ""


def _inverse_sine(case):
    return f"{case.op} is defined from -1 to 1 only. Clip first: ops.{case.op}(ops.clip(x, -1.0, 1.0))."


def _mean(case):
    return "The mean of no numbers is NaN." if not case.inputs[0].size else ""


def _softmax(case):
    return ("A row is minus infinity throughout, so there is nothing to share out. Mask with a large negative number "
            "such as -1e9, or leave one entry of each row.")


def _cast(case):
    return f"The number does not fit into {case.dtype}, whose largest is {np.finfo(case.dtype).max:.2g}."


def _matrix(case):
    return "The matrix is singular or nearly so. Add a small multiple of the identity: a + 1e-6 * ops.eye(n)."


OPS = {
    "arccos": _inverse_sine, "arcsin": _inverse_sine, "cast": _cast, "det": _matrix, "divide": _divide, "exp": _exp,
    "expm1": _exp, "inv": _matrix, "log": _log, "log_softmax": _softmax, "mean": _mean, "power": _power,
    "reciprocal": _divide, "rsqrt": _rsqrt, "softmax": _softmax, "solve": _matrix, "sqrt": _sqrt,
}


# Derivatives --------------------------------------------------------------------------------------------------------


def _of_sqrt(case):
    if not np.any(np.equal(case.inputs[0], 0)):
        return ""
    if matches(case.formula, ("sqrt", SQUARES)):
        return "The root of a sum of squares is ops.norm(x), or tf.norm(x), whose derivative at 0 is 0."
    if matches(case.formula, ("sqrt", VARIANCE)):
        return "The standard deviation of equal numbers is 0. As ops.std(x) its derivative there is 0."
    return f"The slope of the root at 0 is infinite. Add a small number first: ops.sqrt(x + 1e-7). {UNTAKEN}"


def _of_power(case):
    base, exponent = case.inputs
    if not np.any(np.equal(base, 0) & np.less(exponent, 1)):
        return ""
    return f"The slope of x ** p at 0 is infinite for p below 1. Add a small number first: (x + 1e-7) ** p. {UNTAKEN}"


def _of_inverse_sine(case):
    return (f"The slope of {case.op} at -1 and 1 is infinite. Clip to a range just inside: "
            f"ops.{case.op}(ops.clip(x, -1.0 + 1e-6, 1.0 - 1e-6)).")


def _of_divide(case):
    return ("The divisor is so near to 0 that its square underflows. Keep it away from 0 with ops.maximum(x, 1e-7), or "
            "divide by a sum with a small number.")


def _of_norm(case):
    return ("A norm has no second derivative at 0, and the squares of very large numbers overflow. Add a small number: "
            "ops.sqrt(ops.sum(x * x) + 1e-7); or scale the numbers down.")


DERIVATIVES = {
    "arccos": _of_inverse_sine, "arcsin": _of_inverse_sine, "divide": _of_divide, "euclidean_norm": _of_norm,
    "inv": _matrix, "power": _of_power, "reciprocal": _of_divide, "solve": _matrix, "sqrt": _of_sqrt,
}
