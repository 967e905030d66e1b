"""What CIFAR-10 and CIFAR-100 share: batches of images that were pickled by Python 2."""

from pathlib import Path

import numpy as np

from ..errors import FileFormatError
from ..ops.windows import image_data_format
from .downloads import fetch
from .pickled import read_pickled


def load_batches(name, parts, label_key):
    """Images and labels of the `parts` of the archive 'cifar-`name`-python': uint8 (n, 32, 32, 3), or channels first,
    and (n, 1)."""
    inner = {"10": "cifar-10-batches-py", "100": "cifar-100-python"}[name]
    folder = fetch(f"cifar-{name}-python.tar.gz", f"{inner}-target", extract=True) / inner
    batches = [_read(folder / part) for part in parts]
    try:
        images = np.concatenate([batch[b"data"] for batch in batches]).reshape(-1, 3, 32, 32)
        labels = np.concatenate([batch[label_key] for batch in batches]).reshape(-1, 1)
    except (KeyError, ValueError) as error:
        raise FileFormatError(f"{folder}: this is not CIFAR-{name} ({error!r}). Delete it, so that it is unpacked "
                              "again.") from error
    if image_data_format() == "channels_last":
        images = np.ascontiguousarray(images.transpose(0, 2, 3, 1))
    return images, labels


def _read(path: Path):
    return read_pickled(path.read_bytes(), path)
