"""Predictions of a run for inputs from a file: csv or npy in; csv, npy or jsonl out."""

import zipfile
from pathlib import Path

import numpy as np

from ..errors import DataError, ExperimentError
from . import folder as files
from .building import float_type
from .data import check_finite, transform
from .running import open_run

OUTPUT_FORMATS = (".csv", ".npy", ".jsonl")


def predict(path, inputs, output):
    """Write the model's predictions for the examples in the file `inputs` to `output`; how many there were.

    inputs    .npy of shape (n, *input_shape) or (n, pixels), or .csv with one example a line, values as
              the data source has them: the run's transforms are applied here
    output    .csv: the predicted class and each class's probability (or the values of a regression), a
              header first; .jsonl: the same, an object a line; .npy: the probabilities or values alone
    """
    output = Path(output)
    if output.suffix not in OUTPUT_FORMATS:
        raise ExperimentError(f"{output}: predictions are written as {', '.join(OUTPUT_FORMATS)}, not as "
                              f"{output.suffix or 'a file without extension'}. Choose one of these.")
    if not output.parent.is_dir():
        raise ExperimentError(f"{output}: there is no folder {output.parent}. Make it first.")
    run = open_run(path)
    x = read_inputs(Path(inputs), run.result["input_shape"])
    with float_type(run.config):
        scores = np.asarray(run.model.predict(transform(x, run.config), verbose=0), dtype=np.float64)
    scores = scores.reshape(len(scores), -1)
    if run.result["outputs"] == "logits":
        scores = _probabilities(scores, run.result["task"])
    try:
        _WRITERS[output.suffix](output, scores, run.result["task"])
    except OSError as error:
        raise ExperimentError(f"{output}: it cannot be written ({error.strerror or error}). Choose another.") from None
    return len(scores)


def read_inputs(path, input_shape):
    """Examples from a .npy or .csv file as floats (n, *input_shape). Raises DataError for what does not fit."""
    readers = {".npy": _read_npy, ".csv": _read_csv}
    if path.suffix not in readers:
        raise ExperimentError(f"{path}: inputs are read from {' or '.join(readers)} files. Give one of these.")
    try:
        x = readers[path.suffix](path, input_shape)
    except FileNotFoundError:
        raise ExperimentError(f"{path}: there is no such file. Give a .csv or .npy file of inputs.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ExperimentError(f"{path}: it cannot be read ({getattr(error, 'strerror', None) or error}).") from None
    if not len(x):
        raise DataError(f"{path}: there are no examples in it.")
    check_finite(x, str(path))
    return x.reshape(-1, *input_shape)


def _read_npy(path, input_shape):
    try:
        with path.open("rb") as stream:     # np.load itself leaves a file that is no array open
            x = np.load(stream, allow_pickle=False)
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: it is no .npy file of plain numbers ({error}). Write it with numpy.save.") from None
    flat = (int(np.prod(input_shape)),)
    if not isinstance(x, np.ndarray) or x.dtype.kind not in "fiub" or x.ndim < 1 \
            or x.shape[1:] not in (tuple(input_shape), flat):
        got = f"shape {x.shape} and dtype {x.dtype}" if isinstance(x, np.ndarray) else "an archive"
        raise DataError(f"{path}: it holds {got}, but the model takes numbers of shape (n, "
                        f"{', '.join(map(str, input_shape))}) or (n, {flat[0]}).")
    return x.astype(np.float64)


def _read_csv(path, input_shape):
    width = int(np.prod(input_shape))
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    numbered = [(number, line.split(",")) for number, line in enumerate(lines, 1) if line.strip()]
    if numbered and not any(_is_number(cell) for cell in numbered[0][1]):
        numbered = numbered[1:]     # a header
    x = np.empty((len(numbered), width))
    for row, (number, cells) in enumerate(numbered):
        if len(cells) != width:
            shape = " x ".join(map(str, input_shape))
            raise DataError(f"{path}:{number}: {len(cells)} values, but the model takes {width} ({shape}) a line.")
        try:
            x[row] = cells
        except ValueError:
            column = next(i for i, cell in enumerate(cells, 1) if not _is_number(cell))
            raise DataError(f"{path}:{number}: value {column} is {cells[column - 1].strip()!r}, which is not a number. "
                            "Give numbers separated by commas.") from None
    return x


def _is_number(cell):
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _probabilities(logits, task):
    """Softmax over classes, or the sigmoid of a binary output."""
    if task == "binary":
        return 0.5 * (1.0 + np.tanh(0.5 * logits))
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def _classes(scores, task):
    if task == "values":
        return None
    return (scores[:, 0] > 0.5).astype(int) if task == "binary" else scores.argmax(axis=1)


def _write_csv(path, scores, task):
    classes = _classes(scores, task)
    kind = "value" if task == "values" else "probability"
    header = [f"{kind}_{index}" for index in range(scores.shape[1])] if scores.shape[1] > 1 else [kind]
    rows = [",".join(f"{value:.7g}" for value in row) for row in scores]
    if classes is not None:
        header = ["predicted", *header]
        rows = [f"{label},{row}" for label, row in zip(classes, rows)]
    files.write_text(path, "\n".join([",".join(header), *rows]) + "\n")


def _write_jsonl(path, scores, task):
    classes = _classes(scores, task)
    kind = "values" if task == "values" else "probabilities"
    lines = []
    for index, row in enumerate(scores):
        label = {} if classes is None else {"predicted": int(classes[index])}
        lines.append(files.json_line({"index": index, **label, kind: [float(f"{value:.7g}") for value in row]}))
    files.write_text(path, "".join(lines))


def _write_npy(path, scores, task):
    with path.open("wb") as stream:
        np.save(stream, scores.astype(np.float32), allow_pickle=False)


_WRITERS = {".csv": _write_csv, ".npy": _write_npy, ".jsonl": _write_jsonl}
