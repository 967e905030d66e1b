"""Keras' `config`: the defaults that layers and ops share. With them what TensorFlow's `tf.config` tells of devices."""

from .autograd.dtypes import epsilon, floatx, set_epsilon, set_floatx, set_layer_dtype
from .dtype_policies import DTypePolicy
from .dtype_policies import get as _policy
from .ops.windows import image_data_format, set_image_data_format
from .run_settings import (
    disable_interactive_logging,
    enable_interactive_logging,
    is_interactive_logging_enabled,
    max_epochs,
    max_steps_per_epoch,
    set_max_epochs,
    set_max_steps_per_epoch,
)
from .tf.config import (
    LogicalDevice,
    PhysicalDevice,
    experimental,
    functions_run_eagerly,
    get_soft_device_placement,
    get_visible_devices,
    list_logical_devices,
    list_physical_devices,
    run_functions_eagerly,
    set_soft_device_placement,
    set_visible_devices,
)

__all__ = ["LogicalDevice", "PhysicalDevice", "backend", "disable_interactive_logging", "dtype_policy",
           "enable_interactive_logging", "epsilon", "experimental", "floatx", "functions_run_eagerly",
           "get_soft_device_placement", "get_visible_devices", "image_data_format", "is_interactive_logging_enabled",
           "list_logical_devices", "list_physical_devices", "max_epochs", "max_steps_per_epoch",
           "run_functions_eagerly", "set_backend", "set_dtype_policy", "set_epsilon", "set_floatx",
           "set_image_data_format", "set_max_epochs", "set_max_steps_per_epoch", "set_soft_device_placement",
           "set_visible_devices"]


def backend():
    """What computes: 'numpy'."""
    return "numpy"


def set_backend(backend):
    """Nothing to choose. Raises ValueError for another backend than 'numpy'."""
    if backend != "numpy":
        raise ValueError(f"set_backend: {backend!r} is not supported; everything is computed by 'numpy'.")


def dtype_policy():
    """The DTypePolicy of layers that are told no other: of the default float unless `set_dtype_policy` changed it."""
    return DTypePolicy()


def set_dtype_policy(policy):
    """Make 'float16', 'float32' or 'float64', or a DTypePolicy, that of layers made from now on; None: the default
    float.

    Raises ValueError for the mixed policies, which are not supported.
    """
    set_layer_dtype(None if policy is None else _policy(policy).name)
