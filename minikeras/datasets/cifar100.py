"""60,000 photographs in 100 classes of 20 groups: Krizhevsky 2009, "Learning multiple layers of features from tiny
images"."""

from ..arguments import one_of
from .cifar import load_batches

__all__ = ["load_data"]


def load_data(label_mode="fine"):
    """(x_train, y_train), (x_test, y_test) with 50,000 and 10,000 images, downloaded at first use.

    x   uint8, (n, 32, 32, 3); (n, 3, 32, 32) where the default image format is channels first
    y   int64, (n, 1): the class, 0 to 99, for label_mode 'fine', the group, 0 to 19, for 'coarse'
    Raises DownloadError where there is no network; it says where to put a copy.
    """
    one_of("cifar100.load_data: label_mode", label_mode, ("fine", "coarse"))
    return tuple(load_batches("100", [part], f"{label_mode}_labels".encode()) for part in ("train", "test"))
