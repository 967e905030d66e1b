"""Runs of a series as a data set."""

import numpy as np

from ..data import AUTOTUNE, Dataset
from ..data.sources import Held, Rows, Spans

__all__ = ["timeseries_dataset_from_array"]


def timeseries_dataset_from_array(data, targets, sequence_length, sequence_stride=1, sampling_rate=1, batch_size=128,
                                  shuffle=False, seed=None, start_index=None, end_index=None):
    """A Dataset of sequences of rows, or of (sequence, target): batches (batch, sequence_length, ...).

    data               an array whose first axis is time;  targets   what belongs to the sequence that starts at the
                       same place, or None
    sequence_length    rows in a sequence;  sampling_rate   how far apart they are
    sequence_stride    how far apart sequences start
    batch_size         None for sequences one by one
    start_index, end_index   of the part of the data to use, without its end
    shuffle            in another order in each pass, as `seed` determines
    A memory-mapped array is read where it is. Raises ValueError for numbers out of range.
    """
    size = len(data)
    for name, index, low in (("start_index", start_index, 0), ("end_index", end_index, (start_index or 0) + 1)):
        if index and not low <= index < size:
            raise ValueError(f"timeseries_dataset_from_array: {name} must be in {low}..{size - 1}, got {index}.")
    for name, step in (("sampling_rate", sampling_rate), ("sequence_stride", sequence_stride)):
        if not 0 < step < size:
            raise ValueError(f"timeseries_dataset_from_array: {name} must be in 1..{size - 1}, got {step}.")
    part = slice(start_index or 0, size if end_index is None else end_index)
    count = part.stop - part.start - (sequence_length - 1) * sampling_rate
    count = count if targets is None else min(count, len(targets))
    starts = np.arange(0, count, sequence_stride).tolist()
    dataset = Dataset(Held(Spans(data[part], sequence_length, sampling_rate), starts))
    if targets is not None:
        dataset = Dataset.zip((dataset, Dataset(Held(Rows(targets[part]), starts))))
    if shuffle:
        dataset = dataset.shuffle(max(len(starts), 1), seed)
    return (dataset if batch_size is None else dataset.batch(batch_size)).prefetch(AUTOTUNE)
