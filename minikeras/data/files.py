"""Lines and rows of files, read as they are needed."""

import csv
import glob
import gzip
import itertools

import numpy as np

from ..arguments import one_of
from ..autograd.dtypes import DType, as_dtype
from ..autograd.operands import as_tensor
from ..autograd.tensor import Tensor
from ..errors import DataError
from ..plan.signature import TensorSpec
from .dataset import Dataset
from .stages import Stage

COMPRESSIONS = (None, "", "GZIP")


def names_of(files):
    """Paths, one or several, or a data set of them, as a list of strings."""
    if isinstance(files, Dataset):
        files = list(files.as_numpy_iterator())
    if hasattr(files, "__fspath__"):
        files = str(files)
    elif isinstance(files, (list, tuple)):
        files = [str(each) if hasattr(each, "__fspath__") else each for each in files]
    return [name.decode() for name in np.asarray(as_tensor(files)).ravel().tolist()]


class Lines(Stage):
    """The lines of files as bytes, without their ends."""

    spec = TensorSpec((), "string")

    def __init__(self, files, compression):
        self.files, self.compression = files, one_of("TextLineDataset: compression_type", compression, COMPRESSIONS)

    def items(self):
        return itertools.chain.from_iterable(map(self._lines, self.files))

    def _lines(self, name):
        with (gzip.open if self.compression else open)(name, "rb") as file:
            for line in file:
                yield line.removesuffix(b"\n").removesuffix(b"\r")

    def element(self, item):
        return Tensor(_bytes([item]).reshape(()))

    def batch(self, items):
        return Tensor(_bytes(items))


def _bytes(items):
    made = np.empty(len(items), object)
    made[:] = items
    return made


class TextLineDataset(Dataset):
    """The lines of text files, one after the other, as strings without their ends.

    filenames          a path, several, or a data set of them
    compression_type   'GZIP', or None for none
    buffer_size, num_parallel_reads   change nothing: files are read in turn, as they are needed
    """

    def __init__(self, filenames, compression_type=None, buffer_size=None, num_parallel_reads=None, name=None):
        super().__init__(Lines(names_of(filenames), compression_type))


class Column:
    """What the texts of a column become: values of a dtype, `default` for those missing, None if none may be."""

    def __init__(self, place, dtype, default=None):
        self.place, self.dtype, self.default = place, dtype, default

    @classmethod
    def of(cls, place, given):
        """From a dtype, whose values must all be there, or a tensor: its dtype, and its only element as default."""
        if isinstance(given, (str, DType, type)):
            try:
                return cls(place, as_dtype(given))
            except (TypeError, ValueError):     # a text is a default like any other
                pass
        given = as_tensor(given)
        return cls(place, given.dtype, np.asarray(given).reshape(-1)[0] if given.size else None)

    def values(self, rows, missing):
        """An array of the texts of this column in several rows. Raises DataError."""
        texts = [row[self.place] for row in rows]
        if self.default is None and self.dtype != "string":
            if any(text in missing for text in texts):
                raise DataError(f"CSV file: there is nothing in column {self.place} of the row "
                                f"{next(row for row in rows if row[self.place] in missing)}. Give it a default.")
        elif self.default is not None:
            texts = [self.default if text in missing else text for text in texts]
        if self.dtype == "string":
            return as_tensor(texts or np.empty(0, object))._array
        try:
            return np.array(texts, "U" if self.default is None else None).astype(self.dtype.dtype)
        except ValueError:
            wrong = next(text for text in texts if not self._fits(text))
            raise DataError(f"CSV file: {wrong!r} in column {self.place} is no {self.dtype.name}.") from None

    def _fits(self, text):
        try:
            np.array(text).astype(self.dtype.dtype)
        except ValueError:
            return False
        return True


class Table:
    """How CSV files are read: rows of texts."""

    def __init__(self, files, compression, header, delimiter, quotes, encoding="utf-8"):
        self.files, self.header, self.encoding = files, header, encoding
        self.compression = one_of("CSV file: compression_type", compression, COMPRESSIONS)
        self.style = {"delimiter": delimiter, "quoting": csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE}

    def rows(self, width, with_header=False):
        """An iterator of the rows of all files, lists of texts, without their headers unless asked for them.

        Raises DataError for a row of fewer than `width` columns and one that cannot be read, naming file and line.
        """
        for name in self.files:
            with (gzip.open if self.compression else open)(name, "rt", encoding=self.encoding, newline="") as file:
                rows = csv.reader(file, **self.style)
                try:
                    if self.header and not with_header:
                        next(rows, None)
                    for row in filter(None, rows):
                        if len(row) < width:
                            raise DataError(f"{name}, line {rows.line_num}: the row has {len(row)} columns, {width} "
                                            f"are needed: {row}.")
                        yield row
                except (csv.Error, UnicodeDecodeError) as error:
                    raise DataError(f"{name}, near line {rows.line_num}: this cannot be read: {error}.") from None


class Cells(Stage):
    """Columns of CSV files, a row an element; items are rows of texts. Numbers are read a whole batch at a time.

    structure   what makes an element of the list of columns
    """

    def __init__(self, table, columns, missing, structure):
        self.table, self.columns, self.missing, self.structure = table, columns, ("", missing), structure
        self.width = max((column.place for column in columns), default=-1) + 1

    @property
    def spec(self):
        return self.structure([TensorSpec((), column.dtype) for column in self.columns])

    def items(self):
        return self.table.rows(self.width)

    def element(self, item):
        return self.structure([Tensor(column.values([item], self.missing).reshape(())) for column in self.columns])

    def batch(self, items):
        return self.structure([Tensor(column.values(items, self.missing)) for column in self.columns])


class CsvDataset(Dataset):
    """The rows of CSV files, one after the other, as tuples of scalars.

    record_defaults   for each column its dtype, or a tensor: the value for what is missing; an empty one: none may be
    header            whether files begin with a line of names, which is left out
    na_value          a text that means missing, as an empty one does
    select_cols, exclude_cols   numbers of the columns to take, or to leave out
    buffer_size       changes nothing: files are read as they are needed
    A row that cannot be read is a DataError.
    """

    def __init__(self, filenames, record_defaults, compression_type=None, buffer_size=None, header=False,
                 field_delim=",", use_quote_delim=True, na_value="", select_cols=None, exclude_cols=None):
        table = Table(names_of(filenames), compression_type, header, field_delim, use_quote_delim)
        if select_cols is not None and exclude_cols is not None:
            raise ValueError("CsvDataset: give select_cols or exclude_cols, not both.")
        places = range(len(record_defaults)) if select_cols is None else list(select_cols)
        if exclude_cols is not None:
            left = set(range(len(record_defaults) + len(exclude_cols))) - set(exclude_cols)
            places = sorted(left)
        if len(places) != len(record_defaults) or list(places) != sorted(set(places)):
            raise ValueError(f"CsvDataset: {len(record_defaults)} record_defaults are given for the columns "
                             f"{list(places)}, which must be as many, and rising.")
        super().__init__(Cells(table, list(map(Column.of, places, record_defaults)), na_value, tuple))


_KINDS = ("int32", "int64", "float32", "float64", "string")


def _kind_of(texts, missing):
    """The first of `_KINDS` that can hold all texts."""
    kinds = {_kind(text) for text in texts if text not in missing}
    return max(kinds, key=_KINDS.index, default="string")


def _kind(text):
    try:
        value = int(text)
    except ValueError:
        value = None
    if value is not None and -2 ** 63 <= value < 2 ** 63:
        return "int32" if -2 ** 31 <= value < 2 ** 31 else "int64"
    try:
        return "float32" if abs(float(text)) <= np.finfo(np.float32).max or float(text) != float(text) else "float64"
    except ValueError:
        return "string"


def _chosen_columns(names, columns):
    """The numbers of columns given by number or name, rising."""
    wrong = [each for each in columns if each not in names and not (isinstance(each, int) and 0 <= each < len(names))]
    if wrong:
        raise ValueError(f"make_csv_dataset: there is no column {wrong[0]!r} among {names}.")
    return sorted({each if isinstance(each, int) else names.index(each) for each in columns})


def make_csv_dataset(file_pattern, batch_size, column_names=None, column_defaults=None, label_name=None,
                     select_columns=None, field_delim=",", use_quote_delim=True, na_value="", header=True,
                     num_epochs=None, shuffle=True, shuffle_buffer_size=10000, shuffle_seed=None,
                     prefetch_buffer_size=None, num_parallel_reads=None, sloppy=False, num_rows_for_inference=100,
                     compression_type=None, ignore_errors=False, encoding="utf-8"):
    """Batches of CSV files: dicts of columns by name, or (dict, labels) if there is a `label_name`.

    file_pattern     a glob pattern, or several
    column_names     those in the header by default;  column_defaults   as `CsvDataset` takes them; found from the first
                     `num_rows_for_inference` rows by default, with 0 or an empty text for what is missing
    select_columns   names or numbers of the columns to take
    num_epochs       without end by default, and then all batches are full
    num_parallel_reads, sloppy   change nothing: files are read in turn
    """
    if ignore_errors:
        raise ValueError("make_csv_dataset: ignore_errors is not supported; a row that cannot be read is an error.")
    files = sorted({path for pattern in names_of(file_pattern) for path in glob.glob(pattern)})
    if not files:
        raise DataError(f"make_csv_dataset: no file fits {file_pattern!r}.")
    table = Table(files, compression_type, header, field_delim, use_quote_delim, encoding)
    if column_names is None:
        if not header:
            raise ValueError("make_csv_dataset: without a header, give column_names.")
        column_names = next(table.rows(0, with_header=True), None)
        if column_names is None:
            raise DataError(f"make_csv_dataset: {files[0]} is empty.")
    names = list(column_names)
    if label_name is not None and label_name not in names:
        raise ValueError(f"make_csv_dataset: label_name {label_name!r} is none of the columns {names}.")
    places = list(range(len(names))) if select_columns is None else _chosen_columns(names, select_columns)
    if column_defaults is None:
        rows = list(itertools.islice(table.rows(max(places, default=-1) + 1), num_rows_for_inference))
        kinds = [as_dtype(_kind_of([row[place] for row in rows], ("", na_value))) for place in places]
        columns = [Column(place, kind, b"" if kind == "string" else 0) for place, kind in zip(places, kinds)]
    else:
        columns = list(map(Column.of, places, column_defaults))

    def structure(values):
        features = dict(zip([names[place] for place in places], values))
        return features if label_name is None else (features, features.pop(label_name))
    dataset = Dataset(Cells(table, columns, na_value, structure))
    if shuffle:
        dataset = dataset.shuffle(shuffle_buffer_size, shuffle_seed)
    if num_epochs != 1:
        dataset = dataset.repeat(num_epochs)
    dataset = dataset.batch(batch_size, drop_remainder=num_epochs is None)
    return dataset.prefetch(-1 if prefetch_buffer_size is None else prefetch_buffer_size)
