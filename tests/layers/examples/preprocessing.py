"""Preparations of numbers, categories, strings and sound."""

import numpy as np

from minikeras import layers

from . import Example, numbers

X = numbers(4, 5, 3)
IDS = np.arange(12).reshape(4, 3) % 5
WORDS = np.array([["a", "b", "zz"], ["c", "a", "a"], ["q", "", "b"], ["b", "b", "c"]])
TEXT = np.array(["The cat, the dog.", "a cat", "", "dog dog sat"])
SOUND = numbers(4, 40, 2)
LETTERS = ["a", "b", "c"]

EXAMPLES = {
    "Rescaling": [Example(lambda: layers.Rescaling(0.5, offset=1.0), X),
                  Example(lambda: layers.Rescaling([0.5, 1.0, 2.0], offset=[1.0, 0.0, -1.0]), X)],
    "Normalization": [Example(layers.Normalization, X, adapt=2.0 * X + 1.0),
                      Example(lambda: layers.Normalization(axis=(1, 2), invert=True), X, adapt=2.0 * X + 1.0),
                      Example(lambda: layers.Normalization(axis=None, mean=1.5, variance=2.0), X)],
    "Discretization": [Example(lambda: layers.Discretization([-0.5, 0.0, 0.5]), X, smooth=False),
                       Example(lambda: layers.Discretization(num_bins=4, output_mode="one_hot"), X, smooth=False,
                               adapt=numbers(50))],
    "CategoryEncoding": [Example(lambda: layers.CategoryEncoding(5, "one_hot"), IDS),
                         Example(lambda: layers.CategoryEncoding(5), IDS),
                         Example(lambda: layers.CategoryEncoding(5, "count"), IDS, {"count_weights": numbers(4, 3)})],
    "Hashing": [Example(lambda: layers.Hashing(4), WORDS), Example(lambda: layers.Hashing(4, salt=7), IDS),
                Example(lambda: layers.Hashing(3, mask_value=2, output_mode="multi_hot"), IDS)],
    "HashedCrossing": [Example(lambda: layers.HashedCrossing(5), [WORDS[:, 0], IDS[:, 0]]),
                       Example(lambda: layers.HashedCrossing(5, "one_hot"), [IDS[:, :1], IDS[:, 1:2]])],
    "StringLookup": [Example(lambda: layers.StringLookup(vocabulary=LETTERS, num_oov_indices=2), WORDS),
                     Example(lambda: layers.StringLookup(output_mode="tf_idf"), WORDS, adapt=WORDS),
                     Example(lambda: layers.StringLookup(vocabulary=LETTERS, invert=True), IDS)],
    "IntegerLookup": [Example(lambda: layers.IntegerLookup(vocabulary=[3, 1], num_oov_indices=2), IDS),
                      Example(lambda: layers.IntegerLookup(mask_token=0, output_mode="count"), IDS, adapt=IDS),
                      Example(lambda: layers.IntegerLookup(output_mode="tf_idf"), IDS, adapt=IDS)],
    "TextVectorization": [
        Example(lambda: layers.TextVectorization(vocabulary=["cat", "dog"], output_sequence_length=3), TEXT),
        Example(lambda: layers.TextVectorization(output_mode="tf_idf", ngrams=2), TEXT, adapt=TEXT),
        Example(lambda: layers.TextVectorization(vocabulary=["c", "a"], split="character"), TEXT, batched=False,
                shaped=False)],
    "Pipeline": Example(lambda: layers.Pipeline([layers.Rescaling(2.0),
                                                 layers.Normalization(mean=0.5, variance=2.0)]), X),
    "STFTSpectrogram": [
        Example(lambda: layers.STFTSpectrogram("psd", frame_length=8, expand_dims=True), SOUND),
        Example(lambda: layers.STFTSpectrogram(frame_length=8, frame_step=3, fft_length=16, padding="same"), SOUND,
                smooth=False),
        Example(lambda: layers.STFTSpectrogram("angle", 7, window=None, scaling=None, data_format="channels_first"),
                SOUND.transpose(0, 2, 1), smooth=False)],
    "MelSpectrogram": [
        Example(lambda: layers.MelSpectrogram(16, 8, num_mel_bins=3, power_to_db=False), SOUND[:, :, 0]),
        Example(lambda: layers.MelSpectrogram(16, 8, num_mel_bins=3, top_db=20.0), SOUND[:, :, 0], batched=False)],
}
