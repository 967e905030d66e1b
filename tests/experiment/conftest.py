"""Small configs written to a temporary folder."""

import textwrap

import pytest

TINY = """\
version: 1
name: tiny
data:
  source: {type: digits}
  split: {train: 0.2, val: 0.1, test: 0.7}
model:
  input_shape: [8, 8]
  layers:
    - Flatten
    - {type: Dense, name: out, units: 10}
train:
  epochs: 2
  optimizer: {type: SGD, learning_rate: 1e-3}
  loss: {type: SparseCategoricalCrossentropy, from_logits: true}
"""


@pytest.fixture
def write(tmp_path):
    """write(text, name) gives the path of a file with that text."""
    def write_file(text, name="config.yaml"):
        path = tmp_path / name
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path
    return write_file


@pytest.fixture
def tiny(write):
    """Path of a config that is right, of 15 lines."""
    return write(TINY)
