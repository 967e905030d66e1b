"""TensorFlow's `tf.config`: there is one device, the CPU."""

import types
from typing import NamedTuple

from ..plan.function import functions_run_eagerly, run_functions_eagerly

__all__ = ["LogicalDevice", "PhysicalDevice", "experimental", "functions_run_eagerly",
           "get_soft_device_placement", "get_visible_devices", "list_logical_devices", "list_physical_devices",
           "run_functions_eagerly", "set_soft_device_placement", "set_visible_devices"]


class PhysicalDevice(NamedTuple):
    """A device of this machine: its name and its kind, 'CPU'."""

    name: str
    device_type: str


class LogicalDevice(NamedTuple):
    """A device that ops run on: its name and its kind, 'CPU'."""

    name: str
    device_type: str


def list_physical_devices(device_type=None):
    """The devices of a kind: the CPU, or none."""
    return [PhysicalDevice("/physical_device:CPU:0", "CPU")] if device_type in (None, "CPU") else []


def list_logical_devices(device_type=None):
    """The devices of a kind that ops run on: the CPU, or none."""
    return [LogicalDevice("/device:CPU:0", "CPU")] if device_type in (None, "CPU") else []


def get_visible_devices(device_type=None):
    """The devices of a kind that may be used: the CPU, or none."""
    return list_physical_devices(device_type)


def set_visible_devices(devices, device_type=None):
    """Nothing to choose: `devices` may be none but CPUs, and must be the CPU for device_type 'CPU'.

    Raises ValueError for others, and for hiding the CPU.
    """
    given = devices if isinstance(devices, list) else [] if devices is None else [devices]
    if any(device not in list_physical_devices() for device in given):
        raise ValueError(f"set_visible_devices: {devices!r} is not a device here. There are {list_physical_devices()}.")
    if device_type in (None, "CPU") and not given:
        raise ValueError("set_visible_devices: the CPU is the only device and cannot be hidden.")


def _set_memory_growth(device, enable):
    """Nothing to do: memory is taken as it is needed. Raises ValueError for a device that is not there."""
    if device not in list_physical_devices():
        raise ValueError(f"set_memory_growth: {device!r} is not a device here. There are {list_physical_devices()}.")


def _get_memory_growth(device):
    """True: memory is taken as it is needed."""
    return True


def set_soft_device_placement(enabled):
    """Nothing to do: every op runs on the one device there is."""


def get_soft_device_placement():
    """True: every op runs on the one device there is."""
    return True


def _enable_op_determinism():
    """Nothing to do: every op gives the same bits each time."""


experimental = types.SimpleNamespace(
    enable_op_determinism=_enable_op_determinism, get_memory_growth=_get_memory_growth,
    get_visible_devices=get_visible_devices, list_logical_devices=list_logical_devices,
    list_physical_devices=list_physical_devices, set_memory_growth=_set_memory_growth,
    set_visible_devices=set_visible_devices)
