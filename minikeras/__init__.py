"""minikeras: Keras that fits in your head and on your laptop.

`import minikeras as tf` and `import minikeras as keras` both work: Keras' names and TensorFlow's for
what exists. `minikeras.keras` is this package itself. Names are loaded at first use, so that
importing costs next to nothing.
"""

import importlib
import importlib.machinery
import sys

__version__ = "0.1.0"

# Where each public name lives. A module's own name stands for the module.
_PLACES = {
    "autograd.custom": "custom_gradient grad_pass_through recompute_grad stop_gradient",
    "autograd.dims": "TensorShape",
    "autograd.dtypes": "DType as_dtype",
    "autograd.indexed_slices": "IndexedSlices",
    "autograd.styles": "no_grad",
    "autograd.tape": "GradientTape UnconnectedGradients",
    "autograd.tensor": "KerasTensor SymbolicTensor Tensor",
    "autograd.variable": "Variable",
    "debugging": "Assert assert_equal assert_greater assert_less assert_rank",
    "dtype_policies": "DTypePolicy",
    "initializers": "Initializer",
    "layers": "InputSpec Layer",
    "losses": "Loss",
    "metrics": "Metric",
    "models": "Input Model Sequential",
    "optimizers": "Optimizer",
    "plan": "TensorSpec function",
    "regularizers": "Regularizer",
    "tf": """
        abs acos acosh add add_n argmax argmin argsort asin asinh atan atan2 atanh bitcast broadcast_to cast
        clip_by_global_norm clip_by_norm clip_by_value complex concat constant convert_to_tensor cos cosh cumsum
        divide einsum equal exp expand_dims eye fill floor greater greater_equal identity is_tensor less less_equal
        linspace logical_and logical_not logical_or matmul maximum minimum multiply negative newaxis norm not_equal
        one_hot ones ones_like pad pow range rank realdiv reduce_all reduce_any reduce_logsumexp reduce_max reduce_mean
        reduce_min reduce_prod reduce_sum repeat reshape reverse roll round scalar_mul shape shape_n sigmoid sign sin
        sinh size sort split sqrt square squeeze stack subtract tan tanh tensordot tile transpose truediv truncatediv
        truncatemod unstack where zeros zeros_like""",
    "tf.arrays": """
        boolean_mask broadcast_dynamic_shape broadcast_static_shape dynamic_partition dynamic_stitch ensure_shape
        gather gather_nd histogram_fixed_width histogram_fixed_width_bins meshgrid reverse_sequence saturate_cast
        scatter_nd searchsorted sequence_mask slice strided_slice tensor_scatter_nd_add tensor_scatter_nd_max
        tensor_scatter_nd_min tensor_scatter_nd_sub tensor_scatter_nd_update unique unique_with_counts unravel_index""",
    "tf.control": "case cond foldl foldr map_fn scan switch_case vectorized_map while_loop",
    "tf.dtypes": "double half",
    "tf.initializers": """
        constant_initializer ones_initializer random_normal_initializer random_uniform_initializer zeros_initializer""",
    "tf.linalg": "eig eigvals",
    "tf.module": "Module",
    "tf.eager": """
        control_dependencies device executing_eagerly get_logger group identity_n init_scope is_symbolic_tensor
        name_scope no_op numpy_function print py_function tuple""",
    "tf.tensor_array": "TensorArray",
}
# The public modules, by the package they are in.
_PACKAGES = {
    "": """
        activations autodiff autograd backend callbacks config constraints data datasets debugging dtype_policies errors
        initializers layers losses metrics mixed_precision models ops optimizers preprocessing random regularizers
        saving tf train tree utils wrappers""",
    "tf.": "bitwise dtypes image linalg math nest nn signal strings",
}
_MODULES = {name: package + name for package, names in _PACKAGES.items() for name in names.split()}
_DTYPES = ("bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64",
           "float16", "float32", "float64", "complex64", "complex128", "string")
_NAMES = {name: place for place, names in _PLACES.items() for name in names.split()}

__all__ = sorted({*_NAMES, *_MODULES, *_DTYPES, "__version__", "keras"})


def __getattr__(name):
    if name == "keras":
        value = sys.modules[__name__]
    elif name in _NAMES:
        importlib.import_module(".ops", __name__)       # attaches the operators of tensors
        value = getattr(importlib.import_module("." + _NAMES[name], __name__), name)
    elif name in _MODULES:
        value = importlib.import_module("." + _MODULES[name], __name__)
    elif name in _DTYPES:
        value = importlib.import_module(".autograd.dtypes", __name__).as_dtype(name)
    else:
        near = importlib.import_module("difflib").get_close_matches(name, __all__, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}", name=name,
                             obj=sys.modules[__name__])
    globals()[name] = value
    return value


def __dir__():
    return __all__


class _KerasAlias:
    """Makes `minikeras.keras` and what is below it the very same modules as `minikeras`."""

    prefix = __name__ + ".keras"

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name != cls.prefix and not name.startswith(cls.prefix + "."):
            return None
        return importlib.machinery.ModuleSpec(name, cls, is_package=True)

    @classmethod
    def create_module(cls, spec):
        inner = spec.name[len(cls.prefix) + 1:]
        module = importlib.import_module("." + _MODULES.get(inner, inner) if inner else "", __name__) if inner \
            else sys.modules[__name__]
        cls._real = module.__spec__
        return module

    @classmethod
    def exec_module(cls, module):
        module.__spec__ = cls._real


sys.meta_path.insert(0, _KerasAlias)
