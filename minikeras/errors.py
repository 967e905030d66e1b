"""Errors a caller may want to catch. Each is also the built-in that fits, so `except ValueError` works."""


class MinikerasError(Exception):
    """Base of every error that minikeras defines."""


class ShapeError(MinikerasError, ValueError):
    """Shapes that do not fit together."""


class DTypeError(MinikerasError, TypeError, ValueError):
    """An element type that there is not, or that an operation cannot take. Keras and TensorFlow raise either."""


class ArgumentError(MinikerasError, TypeError, ValueError):
    """An argument that there is not, of a type or value that does not fit, or that names nothing known.

    Keras raises TypeError at some of these places and ValueError at others.
    """


class SymbolicError(MinikerasError, TypeError, ValueError):
    """A value was asked of a tensor that has only a shape. Keras raises the one or the other."""


class InvalidArgumentError(MinikerasError, ValueError):
    """Values that do not hold what an assertion says, by TensorFlow's name."""


class OutOfRangeError(MinikerasError, IndexError):
    """An iterator that has no more elements, by TensorFlow's name."""


class NotFoundError(MinikerasError, FileNotFoundError):
    """A file, or a value in it, that is not there, by TensorFlow's name."""


class GradientError(MinikerasError, ValueError, RuntimeError):
    """A gradient that cannot be formed, or that nothing was connected to.

    TensorFlow raises ValueError there, PyTorch RuntimeError.
    """


class GradientCheckError(GradientError, AssertionError):
    """A derivative that is not what finite differences say."""


class NonFiniteError(MinikerasError, FloatingPointError):
    """A NaN or an infinity among the numbers, where there must be none."""


class DataError(MinikerasError, ValueError):
    """Training data that cannot be used: empty, non-finite, of unequal lengths."""


class FileMissingError(MinikerasError, FileNotFoundError, ValueError):
    """A file that is to be read and is not there. Keras raises ValueError for a model's file."""


class FileFormatError(MinikerasError, ValueError):
    """A file that is missing parts, damaged or not of the expected format."""


class DownloadError(MinikerasError, RuntimeError):
    """A file that could not be fetched from the network."""


class ExperimentError(MinikerasError, ValueError):
    """A config that cannot be used; `problems` lists every finding as file:line:col: text."""

    def __init__(self, problems):
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("\n".join(self.problems))


class PlanError(MinikerasError, ValueError):
    """A step or function that must be compiled and cannot be."""


class PlanWarning(UserWarning):
    """A step or function cannot be compiled and runs op by op."""
