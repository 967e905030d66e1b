"""PyDataset: batches by number, from a class of the user's, fetched by threads where that is asked for."""

import itertools

from ..arguments import count, switch
from ..data.threads import parallel


class PyDataset:
    """Base of data sets that make their batches in Python. `keras.utils.Sequence` is its older name.

    Subclasses define `__getitem__(index)`, which gives a batch (x, y) or (x, y, sample_weight), and `__len__`, how many
    batches there are; or, instead of that, the property `num_batches`, None for no end. `on_epoch_begin` and
    `on_epoch_end` may be defined, too. `fit` asks for the batches in an order of its own unless `shuffle=False`.

    workers               more than 1: so many threads fetch batches ahead, which arrive in order all the same
    use_multiprocessing   fetch batches ahead also with one worker. By threads: NumPy computes in several at once, and
                          nothing has to be pickled
    max_queue_size        batches that are fetched ahead, at most
    """

    def __init__(self, workers=1, use_multiprocessing=False, max_queue_size=10):
        self.workers = count(f"{type(self).__name__}: workers", workers)
        self.use_multiprocessing = switch(f"{type(self).__name__}: use_multiprocessing", use_multiprocessing)
        self.max_queue_size = count(f"{type(self).__name__}: max_queue_size", max_queue_size)

    # So that a subclass that does not call __init__ works all the same.
    workers = 1
    use_multiprocessing = False
    max_queue_size = 10

    def __getitem__(self, index):
        """The batch of that number."""
        raise NotImplementedError(f"{type(self).__name__} must define __getitem__(self, index), giving a batch.")

    def __iter__(self):
        size = self.num_batches
        return (self[index] for index in (itertools.count() if size is None else range(size)))

    @property
    def num_batches(self):
        """How many batches there are, None for no end."""
        if hasattr(self, "__len__"):
            return len(self)
        raise NotImplementedError(f"{type(self).__name__} must define __len__, or the property num_batches: how many "
                                  "batches there are.")

    def on_epoch_begin(self):
        """Called before each epoch."""

    def on_epoch_end(self):
        """Called after each epoch."""

    def in_order(self, indices):
        """The batches of these numbers, one after another; fetched ahead by threads where `workers` says so."""
        if self.workers < 2 and not self.use_multiprocessing:
            return map(self.__getitem__, indices)
        return parallel(self.__getitem__, zip(indices), self.workers, self.max_queue_size)
