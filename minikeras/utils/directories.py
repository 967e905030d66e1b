"""Data sets of image, text and sound files that lie in a folder for each class."""

import wave

import numpy as np

from ..arguments import count, one_of
from ..data import AUTOTUNE
from ..errors import FileFormatError
from ..ops.shapes import transpose
from ..ops.windows import is_channels_first
from ..tf import image as tf_image
from .folders import Folder
from .images import img_to_array, load_img, pillow, smart_resize

__all__ = ["audio_dataset_from_directory", "image_dataset_from_directory", "text_dataset_from_directory"]

_CHANNELS = ("rgb", "rgba", "grayscale")
_INTERPOLATIONS = ("bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic")


def _check_format(where, format):
    if format != "tf":
        raise ValueError(f"{where}: format must be 'tf', which gives a minikeras.data.Dataset, got {format!r}.")


def _batched(size):
    return lambda dataset: (dataset if size is None else dataset.batch(size)).prefetch(AUTOTUNE)


def image_dataset_from_directory(
        directory, labels="inferred", label_mode="int", class_names=None, color_mode="rgb", batch_size=32,
        image_size=(256, 256), shuffle=True, seed=None, validation_split=None, subset=None, interpolation="bilinear",
        follow_links=False, crop_to_aspect_ratio=False, pad_to_aspect_ratio=False, data_format=None, format="tf",
        verbose=True):
    """A Dataset of the images in a folder: batches (batch, height, width, channels) of floats 0..255, with labels.

    labels       'inferred': folders are classes, in order of their names or of `class_names`; None; or a list of
                 integers in order of the paths
    label_mode   'int', 'categorical' (one-hot), 'binary' (0.0 or 1.0, shape (batch, 1)) or None for no labels
    color_mode   'rgb', 'rgba' or 'grayscale'
    image_size   (height, width) that all are resized to by `interpolation`. `crop_to_aspect_ratio` cuts off what does
                 not fit, `pad_to_aspect_ratio` fills up with zeros; otherwise they are distorted
    validation_split, subset   the last fraction of the files is the subset 'validation', the others are 'training';
                 'both' gives a list of two
    shuffle      the files are mixed by `seed`, which decides on the subsets, and again in each pass
    Files are read as they are needed, by Pillow (the `image` extra). `class_names` and `file_paths` are attributes of
    the Dataset. Raises ValueError for arguments that do not fit, and for a folder without images.
    """
    where = "image_dataset_from_directory"
    _check_format(where, format)
    pillow(where)
    one_of(f"{where}: color_mode", color_mode, _CHANNELS)
    one_of(f"{where}: interpolation", interpolation := interpolation.lower(), _INTERPOLATIONS)
    size = (image_size, image_size) if isinstance(image_size, int) else image_size
    if not isinstance(size, (tuple, list)) or len(size) != 2:
        raise ValueError(f"{where}: image_size must be (height, width), got {image_size!r}.")
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError(f"{where}: choose crop_to_aspect_ratio or pad_to_aspect_ratio, not both.")
    channels_first = is_channels_first(data_format, where)

    def read(path):
        image = img_to_array(load_img(path.numpy(), color_mode), "channels_last", "uint8")
        if crop_to_aspect_ratio:
            image = smart_resize(image.astype(np.float32), size, interpolation)
        elif pad_to_aspect_ratio:
            image = tf_image.resize_with_pad(image, *size, method=interpolation)
        else:
            image = tf_image.resize(image, size, method=interpolation)
        return transpose(image, (2, 0, 1)) if channels_first else image
    folder = Folder(where, directory, (".bmp", ".gif", ".jpeg", ".jpg", ".png"), labels=labels, label_mode=label_mode,
                    class_names=class_names, shuffle=shuffle, seed=seed, validation_split=validation_split,
                    subset=subset, follow_links=follow_links, verbose=verbose)
    return folder.datasets(read, _batched(batch_size))


def text_dataset_from_directory(
        directory, labels="inferred", label_mode="int", class_names=None, batch_size=32, max_length=None, shuffle=True,
        seed=None, validation_split=None, subset=None, follow_links=False, format="tf", verbose=True):
    """A Dataset of the .txt files in a folder: batches of strings, with labels.

    max_length   bytes of each file, from its start; None for all
    The other arguments are those of `image_dataset_from_directory`.
    """
    where = "text_dataset_from_directory"
    _check_format(where, format)
    count(f"{where}: max_length", max_length, optional=True)

    def read(path):
        with open(path.numpy(), "rb") as file:
            return file.read(-1 if max_length is None else max_length)
    folder = Folder(where, directory, (".txt",), labels=labels, label_mode=label_mode, class_names=class_names,
                    shuffle=shuffle, seed=seed, validation_split=validation_split, subset=subset,
                    follow_links=follow_links, verbose=verbose)
    return folder.datasets(read, _batched(batch_size))


def audio_dataset_from_directory(
        directory, labels="inferred", label_mode="int", class_names=None, batch_size=32, sampling_rate=None,
        output_sequence_length=None, ragged=False, shuffle=True, seed=None, validation_split=None, subset=None,
        follow_links=False, verbose=True):
    """A Dataset of the .wav files (16 bit) in a folder: batches (batch, samples, channels) from -1 to 1, with labels.

    output_sequence_length   samples of each, cut off or filled up with zeros; None: of the longest in a batch
    sampling_rate, ragged    refused: nothing is resampled, and there are no ragged tensors
    The other arguments are those of `image_dataset_from_directory`.
    """
    where = "audio_dataset_from_directory"
    if sampling_rate is not None or ragged:
        raise ValueError(f"{where}: sampling_rate and ragged are not supported. Resample the files before; without "
                         "output_sequence_length, sounds are filled up to the longest of a batch.")
    count(f"{where}: output_sequence_length", output_sequence_length, optional=True)

    def batched(dataset):
        if batch_size is None:
            return dataset.prefetch(AUTOTUNE)
        fixed = output_sequence_length is not None
        return (dataset.batch if fixed else dataset.padded_batch)(batch_size).prefetch(AUTOTUNE)
    folder = Folder(where, directory, (".wav",), labels=labels, label_mode=label_mode, class_names=class_names,
                    shuffle=shuffle, seed=seed, validation_split=validation_split, subset=subset,
                    follow_links=follow_links, verbose=verbose)
    return folder.datasets(lambda path: _sound(path.numpy().decode(), output_sequence_length), batched)


def _sound(path, length):
    """The samples of a .wav file, (length, channels). Raises FileFormatError if it is of another kind."""
    try:
        with wave.open(path) as file:
            if file.getsampwidth() != 2:
                raise FileFormatError(f"{path} has {8 * file.getsampwidth()} bits a sample; 16 are supported.")
            size, channels = file.getnframes(), file.getnchannels()
            size = size if length is None else min(length, size)
            frames = file.readframes(size)
    except (wave.Error, EOFError) as error:
        raise FileFormatError(f"{path} is no .wav file of whole numbers: {error}.") from None
    if len(frames) != 2 * channels * size:
        raise FileFormatError(f"{path} is cut short: it says that it has {size} samples or more. Restore it "
                              "from a copy.")
    samples = np.frombuffer(frames, "<i2").reshape(-1, channels).astype(np.float32) / 32768
    return samples if length is None else np.pad(samples, ((0, length - len(samples)), (0, 0)))
