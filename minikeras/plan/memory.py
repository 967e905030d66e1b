"""Where values lie: one arena for what lives within a step, and buffers leased to Variables."""

import weakref

import numpy as np

ALIGNMENT = 64      # bytes: a cache line


_leases = weakref.WeakValueDictionary()      # ids of the Variables -> Lease


class Lease:
    """Memory for Variables side by side, shared by all plans that update the same ones in the same order.

    A Variable's array is then a view of `whole` that plans write to; reading the Variable copies.
    """

    def __new__(cls, variables):
        key = tuple([id(v) for v in variables])
        lease = _leases.get(key)
        if lease is None:
            lease = _leases[key] = super().__new__(cls)
            lease.variables = list(variables)       # alive as long as the lease, so that no id is used twice
            dtype = variables[0]._array.dtype
            lease.whole = np.empty(sum(v._array.size for v in variables), dtype)
            lease.views, start = [], 0
            for v in variables:
                lease.views.append(lease.whole[start:start + v._array.size].reshape(v._array.shape))
                start += v._array.size
        return lease

    def pairs(self):
        """(Variable, the array it has while the lease holds)."""
        return list(zip(self.variables, self.views))


def take_up(variable, view):
    """Bring a Variable that was assigned elsewhere back into leased memory."""
    view[...] = variable._array
    variable._array = variable._lease = view


def strides_like(array):
    """Strides that keep the order of the axes in memory of an array, without gaps."""
    order = sorted(range(array.ndim), key=lambda axis: (-abs(array.strides[axis]), axis))
    strides, step = [0] * array.ndim, array.itemsize
    for axis in reversed(order):
        strides[axis] = step
        step *= array.shape[axis]
    return tuple(strides)


class Arena:
    """Places in one block of memory for values that live from one unit of a schedule to another."""

    def __init__(self):
        self.wanted = []        # (size in bytes, first, last, key)
        self.offsets = {}
        self.size = 0

    def want(self, key, nbytes, first, last):
        """Ask for memory from unit `first` to unit `last`."""
        self.wanted.append((-(-max(nbytes, 1) // ALIGNMENT) * ALIGNMENT, first, last, key))

    def place(self):
        """Give each its offset: the largest first, each at the lowest place that is free while it lives."""
        spans = np.empty((len(self.wanted), 2), np.int64)
        firsts, lasts = np.empty((2, len(self.wanted)), np.int64)
        for n, (size, first, last, key) in enumerate(sorted(self.wanted, key=lambda want: -want[0])):
            meanwhile = spans[:n][(firsts[:n] <= last) & (lasts[:n] >= first)]
            meanwhile = meanwhile[np.argsort(meanwhile[:, 0])]
            ends = np.maximum.accumulate(np.append(0, meanwhile[:, 1]))     # where all before each, or at all, end
            gaps = np.flatnonzero(ends[:-1] + size <= meanwhile[:, 0])
            offset = int(ends[gaps[0] if len(gaps) else -1])
            spans[n], firsts[n], lasts[n] = (offset, offset + size), first, last
            self.offsets[key] = offset
            self.size = max(self.size, offset + size)
        self.block = np.zeros(self.size + ALIGNMENT, np.uint8)
        self.start = -self.block.ctypes.data % ALIGNMENT

    def array(self, key, like):
        """The array at a place, laid out as `like`."""
        return np.ndarray(like.shape, like.dtype, self.block, self.start + self.offsets[key], strides_like(like))
