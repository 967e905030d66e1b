"""Preparations of numbers, categories, strings and sound: values, what is refused, and what files keep."""

import numpy as np
import pytest

import minikeras as tf
from minikeras import layers, saving
from minikeras.errors import ShapeError

X = np.random.default_rng(0).normal(3.0, 2.0, (50, 4)).astype("float32")
TEXT = ["The cat, the dog!", "a cat", "", "dog dog sat"]


def test_normalization_brings_what_it_was_adapted_to_to_mean_zero_and_variance_one():
    layer = layers.Normalization()
    layer.adapt(X)
    np.testing.assert_allclose(layer(X).numpy().mean(0), 0.0, atol=1e-5)
    np.testing.assert_allclose(layer(X).numpy().std(0), 1.0, rtol=1e-5)


def test_normalization_adapts_to_batches_as_to_the_whole():
    whole, parts = layers.Normalization(), layers.Normalization()
    whole.adapt(X)
    parts.adapt(X[i:j] for i, j in ((0, 3), (3, 40), (40, 50)))
    np.testing.assert_allclose(parts(X), whole(X), atol=1e-5)


def test_inverted_normalization_goes_back():
    one, back = layers.Normalization(axis=None), layers.Normalization(axis=None, invert=True)
    one.adapt(X)
    back.adapt(X)
    np.testing.assert_allclose(back(one(X)), X, rtol=1e-5)


def test_discretization_finds_bins_of_equal_frequency():
    layer = layers.Discretization(num_bins=4)
    layer.adapt(np.random.default_rng(0).permutation(1000))
    np.testing.assert_allclose(layer.bin_boundaries, [250, 500, 750], atol=15)


def test_an_adapted_discretization_is_made_again_from_its_config():
    layer = layers.Discretization(num_bins=3)
    layer.adapt(X)
    assert layers.Discretization.from_config(layer.get_config()).bin_boundaries == layer.bin_boundaries


def test_category_encoding_counts_with_weights():
    layer = layers.CategoryEncoding(4, "count")
    y = layer(np.array([[0, 1, 1], [3, 3, 0]]), count_weights=np.array([[0.5, 1.0, 2.0], [1.0, 1.0, 4.0]]))
    np.testing.assert_allclose(y, [[0.5, 3.0, 0.0, 0.0], [4.0, 0.0, 0.0, 2.0]])


def test_hashing_keeps_bin_zero_for_the_mask():
    y = layers.Hashing(3, mask_value="").call(np.array(["", "a", "b", "c", "d", "e"])).numpy()
    assert y[0] == 0 and set(y[1:].tolist()) == {1, 2}


def test_adapted_lookup_puts_frequent_tokens_first_and_of_equal_ones_the_largest():
    layer = layers.StringLookup(max_tokens=4, mask_token="")
    layer.adapt(["b", "a", "b", "d", "c", ""])
    assert layer.get_vocabulary() == ["", "[UNK]", "b", "d"]
    assert layer(np.array(["b", "", "zz"])).numpy().tolist() == [2, 0, 1]


def test_inverse_lookup_gives_the_tokens_back():
    there = layers.StringLookup(vocabulary=["a", "é"])
    back = layers.StringLookup(vocabulary=there.get_vocabulary(), invert=True)
    assert back(there(np.array(["é", "a", "q"]))).numpy().tolist() == ["é".encode(), b"a", b"[UNK]"]


def test_tf_idf_is_counts_times_the_logarithm_of_rarity():
    layer = layers.IntegerLookup(output_mode="tf_idf")
    layer.adapt(np.array([[1, 1, 2], [1, 3, 3]]))
    idf = dict(zip(layer.get_vocabulary()[1:], layer.idf_weights.numpy()[1:]))
    assert idf == pytest.approx({1: np.log(1 + 2 / 3), 3: np.log(1 + 2 / 2), 2: np.log(1 + 2 / 2)})
    y = layer(np.array([[3, 3, 1]])).numpy()[0]
    assert y[layer.get_vocabulary().index(3)] == pytest.approx(2 * idf[3])


def test_lookup_reads_a_vocabulary_file(tmp_path):
    (tmp_path / "words.txt").write_text("a\nb\n")
    assert layers.StringLookup(vocabulary=str(tmp_path / "words.txt")).get_vocabulary() == ["[UNK]", "a", "b"]
    (tmp_path / "numbers.txt").write_text("7\n42")
    assert layers.IntegerLookup(vocabulary=tmp_path / "numbers.txt").get_vocabulary() == [-1, 7, 42]


def test_text_becomes_rows_of_places():
    layer = layers.TextVectorization(output_sequence_length=4)
    layer.adapt(TEXT)
    assert layer.get_vocabulary() == ["", "[UNK]", "dog", "the", "cat", "sat", "a"]
    assert layer([["THE dog?"], ["one"]]).numpy().tolist() == [[3, 2, 0, 0], [1, 0, 0, 0]]


@pytest.mark.parametrize(("options", "text", "want"), [
    ({"split": "character"}, ["aba", "c"], [[2, 3, 2], [1, 0, 0]]),
    ({"split": lambda x: tf.strings.split(x, "x"), "standardize": None}, ["axbxA", ""], [[2, 3, 1], [0, 0, 0]]),
    ({"standardize": lambda x: tf.strings.regex_replace(x, "c", " b ")}, ["aca"], [[2, 3, 2]]),
    ({"split": None}, [["A", "b!"], ["c", ""]], [[2, 3], [1, 0]])])
def test_text_is_standardized_and_split_as_told(options, text, want):
    layer = layers.TextVectorization(vocabulary=["a", "b"], **options)
    assert layer(text).numpy().tolist() == want


def test_the_config_of_a_text_layer_has_what_it_was_given():
    assert layers.TextVectorization(ngrams=2).get_config()["ngrams"] == 2
    assert layers.Hashing(3, salt=4).get_config()["salt"] == [4, 4]     # as in Keras


def test_text_layers_are_trained_and_kept_with_their_model(tmp_path):
    text = layers.TextVectorization(output_mode="tf_idf")
    text.adapt(TEXT)
    model = tf.Sequential([tf.Input((1,), dtype="string"), text, layers.Dense(2)])
    model.compile("sgd", "mse", run_eagerly=True)
    x = np.array(TEXT)[:, None]
    model.fit(x, np.zeros((4, 2)), verbose=0)
    model.save(tmp_path / "model.keras")
    again = saving.load_model(tmp_path / "model.keras")
    assert again.layers[0].get_vocabulary() == text.get_vocabulary()
    np.testing.assert_array_equal(again(x), model(x))


def test_training_on_strings_stays_eager_and_says_so():
    def losses(eager):
        model = tf.Sequential([tf.Input((), dtype="string"), layers.StringLookup(vocabulary=["a", "b"]),
                               layers.Embedding(3, 2, embeddings_initializer="ones"), layers.Dense(1, use_bias=False)])
        model.layers[-1].set_weights([np.ones((2, 1), "float32")])
        model.compile("sgd", "mse", run_eagerly=eager)
        return model.fit(np.array(["a", "b", "c", "a"]), np.ones((4, 1)), epochs=2, verbose=0).history["loss"]
    with pytest.warns(UserWarning, match="train_step is not compiled and stays eager: it is given strings"):
        compiled = losses(False)
    assert compiled == losses(True)


def test_pipeline_prepares_in_training_mode_unless_told_otherwise():
    layer = layers.Pipeline([layers.Rescaling(2.0), layers.GaussianNoise(0.5, seed=1)])
    assert not np.array_equal(layer(X), 2.0 * X)
    np.testing.assert_array_equal(layer(X, training=False), 2.0 * X)


def test_spectrogram_shows_a_tone_at_its_frequency():
    tone = np.sin(2 * np.pi * 0.125 * np.arange(256))[None, :, None]
    y = layers.STFTSpectrogram("magnitude", frame_length=64)(tone).numpy()
    assert (y[0].argmax(-1) == 8).all()


def test_mel_spectrogram_shows_a_tone_in_its_band():
    tone = np.sin(2 * np.pi * 1000.0 / 8000.0 * np.arange(2048))[None]
    layer = layers.MelSpectrogram(256, 128, sampling_rate=8000, num_mel_bins=20, min_freq=0.0, power_to_db=False)
    edges = 700.0 * np.expm1(np.linspace(0.0, 1127.0 * np.log1p(4000.0 / 700.0), 22) / 1127.0)
    y = layer(tone).numpy()[0, :, 4]
    assert abs(edges[1:-1][y.argmax()] - 1000.0) < 150.0


@pytest.mark.parametrize(("make", "text"), [
    (lambda: layers.Discretization(num_bins=3)(X), "has no bins yet. Call adapt"),
    (lambda: layers.Discretization([1.0, 0.0]), "must ascend, got 1.0 before 0.0 at position 0"),
    (lambda: layers.Discretization([1.0], output_mode="two_hot"), "output_mode must be one of 'int', 'one_hot'"),
    (lambda: layers.Discretization(num_bins=3, sparse=True), "sparse=True is not supported"),
    (lambda: layers.Normalization().adapt([]), "adapt got no data"),
    (lambda: layers.Normalization(mean=1.0), "mean and variance belong together"),
    (lambda: layers.CategoryEncoding(3)(np.array([[0, 1], [2, 5]])), r"from 0 to 2, got 5 at position \(1, 1\)"),
    (lambda: layers.StringLookup()(np.array(["a"])), "has no vocabulary yet. Call adapt"),
    (lambda: layers.TextVectorization()(TEXT), "has no vocabulary yet. Call adapt"),
    (lambda: layers.StringLookup(vocabulary="/no/such.txt"), "no vocabulary file '/no/such.txt'"),
    (lambda: layers.StringLookup(vocabulary=["a", "b", "a"]), r"more than once: \['a'\]"),
    (lambda: layers.StringLookup(vocabulary=["a", ""], mask_token=""), "'' is reserved, and stands at position 1"),
    (lambda: layers.StringLookup(vocabulary=["a"], num_oov_indices=0)(np.array([["a"], ["z"]])),
     r"token b'z' is not in the vocabulary|b'z' at position \(1, 0\)"),
    (lambda: layers.StringLookup(vocabulary=["a"]).adapt(["b"]), "was given its vocabulary"),
    (lambda: layers.StringLookup(vocabulary=["a", "b"], max_tokens=2), "larger than max_tokens=2"),
    (lambda: layers.StringLookup(vocabulary=["a"], output_mode="tf_idf"), "needs idf_weights"),
    (lambda: layers.IntegerLookup(vocabulary=["a"]), "int|type"),
    (lambda: layers.StringLookup(vocabulary=["a"])(X), "takes string tokens, got float32"),
    (lambda: layers.TextVectorization(ragged=True), "ragged=True is not supported"),
    (lambda: layers.TextVectorization(split="words"), "split must be 'whitespace', 'character', None or a function"),
    (lambda: layers.HashedCrossing(3)(np.array(["a"])), "must be called on a list"),
    (lambda: layers.Hashing(3, salt="a"), "salt must be an integer or two"),
    (lambda: layers.STFTSpectrogram(frame_length=8, frame_step=9), "frame_step must be from 1 to frame_length=8")])
def test_bad_input_is_refused_with_what_to_do(make, text):
    with pytest.raises((ValueError, RuntimeError, TypeError, ShapeError), match=text):
        make()


def test_a_normalization_that_was_never_adapted_says_so():
    layer = layers.Normalization(name="n")
    with pytest.warns(UserWarning, match=r"'n' was never adapted, so its inputs stay as they are\. Call adapt"):
        assert layer(np.ones((2, 3))).numpy().tolist() == [[1.0] * 3] * 2
    loaded = layers.Normalization()
    loaded.build((None, 3))
    loaded.set_weights([np.ones(3), np.ones(3), 0])
    assert loaded(np.ones((2, 3))).numpy().tolist() == [[0.0] * 3] * 2


def test_weights_of_other_integers_are_refused():
    with pytest.raises(ShapeError, match=r"count_weights of shape \(2,\) do not go with inputs of shape \(1,\)"):
        layers.CategoryEncoding(3, output_mode="count")(np.array([1]), count_weights=np.ones(2))


def test_a_pipeline_takes_a_list():
    with pytest.raises(TypeError, match="Pipeline: layers must be a list of layers, got 3"):
        layers.Pipeline(3)


def test_without_a_vocabulary_the_message_names_the_layer_that_was_made():
    with pytest.raises(RuntimeError, match="'words' has no vocabulary yet"):
        layers.TextVectorization(name="words")(["a"])


def test_normalization_refuses_other_features_than_it_was_adapted_to():
    layer = layers.Normalization(name="scaled")
    layer.adapt(np.ones((4, 3), "float32"))
    with pytest.raises(ShapeError, match="Normalization 'scaled'"):
        layer(np.ones((4, 5), "float32"))


def test_normalization_refuses_a_mean_of_another_shape():
    with pytest.raises(ShapeError, match=r"of shape \(2,\) do not go with inputs of shape \(2, 3\)"):
        layers.Normalization(mean=[1.0, 2.0], variance=[1.0, 1.0])(np.ones((2, 3), "float32"))


@pytest.mark.parametrize(("arguments", "message"), [
    (("a",), "scale must be a number, got 'a'"), ((1.0, [0.0, np.inf]), "offset must be a number, got inf")])
def test_rescaling_takes_numbers(arguments, message):
    with pytest.raises(ValueError, match=f"Rescaling: {message}"):
        layers.Rescaling(*arguments)
