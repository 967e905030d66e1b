"""How Keras writes the calls of ops that it has by another name than the core, or with other arguments, and back."""

from ..autograd.linear import ARRAY

NAMES = {"absolute_op": "absolute", "diagonal_op": "diagonal", "einsum_op": "einsum", "euclidean_norm": "norm",
         "exponential_linear": "elu", "flip_op": "flip", "getitem": "get_item", "leaky": "leaky_relu",
         "normal_weighted": "gelu", "one_hot_op": "one_hot", "pad_zeros": "pad", "permute": "transpose",
         "pick_along_axis": "take_along_axis", "rint": "round", "select": "where", "sign_op": "sign"}


def in_keras_words(call):
    """(name of the op, arguments, what its config says) for a call of an op of the core."""
    name, args, attrs = call.function.name, list(call.args), dict(call.kwargs)
    if name == "reshape":
        # -1 and extents of which only one is not known, where the result tells them.
        shape = call.outputs.shape
        unknown = sum(n is None for n in shape)
        return name, args, {"newshape": [-1 if n is None else n for n in shape] if unknown < 2 else attrs["shape"]}
    if name in _OTHERWISE:
        return _OTHERWISE[name](args, **attrs)
    return NAMES.get(name, name), args, attrs


def called_by_keras(name, function, args, kwargs):
    """What a public function gives for the arguments that a config in Keras' words has for it."""
    if name == "einsum":
        return function(kwargs.pop("subscripts"), *args, **kwargs)
    if name == "get_item" and isinstance(args[1], list):        # JSON makes lists of the tuples in an index
        args = [args[0], tuple(args[1])]
    return function(*args, **kwargs)


def class_name(name):
    """Keras' name for the class of an op: get_item -> GetItem, log1p -> Log1p."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def _get_item(args, index):
    x, *arrays = args
    axes = [axis for axis, item in enumerate(index) if item is ARRAY]
    if len(axes) == 1 and all(item == slice(None) for item in index if item is not ARRAY):
        return "take", [x, *arrays], {"axis": axes[0]}
    given = iter(arrays)
    return "get_item", [x, [next(given) if item is ARRAY else item for item in index]], {}


def _logical_or_bitwise(kind):
    def say(args):
        is_logical = all(getattr(x, "dtype", None) == "bool" for x in args)
        return (f"logical_{kind}" if is_logical else f"bitwise_{'invert' if kind == 'not' else kind}"), args, {}
    return say


_OTHERWISE = {
    "bitwise_and": _logical_or_bitwise("and"),
    "bitwise_or": _logical_or_bitwise("or"),
    "bitwise_xor": _logical_or_bitwise("xor"),
    "clip": lambda args: ("clip", args[:1], {"x_min": args[1], "x_max": args[2]}),
    "concatenate": lambda args, axis: ("concatenate", [args], {"axis": axis}),
    "diagonal_op": lambda args, offset: ("diagonal", args, {"offset": offset, "axis1": -2, "axis2": -1}),
    "einsum_op": lambda args, terms, output: ("einsum", args, {"subscripts": f"{','.join(terms)}->{output}"}),
    "getitem": _get_item,
    "invert": _logical_or_bitwise("not"),
    "leaky": lambda args, slope: ("leaky_relu", args, {"negative_slope": slope}),
    "normal_weighted": lambda args: ("gelu", args, {"approximate": False}),
    "stack": lambda args, axis: ("stack", [args], {"axis": axis}),
    "triangle": lambda args, k, lower: ("tril" if lower else "triu", args, {"k": k}),
}
