"""tf.strings and the hashes behind it, against what TensorFlow 2.21 gives."""

import numpy as np
import pytest

import minikeras as tf
from minikeras.errors import DTypeError, ShapeError
from minikeras.ops import hashing

S = tf.strings


def listed(x):
    return x.to_list() if hasattr(x, "to_list") else x.numpy().tolist() if x.ndim else x.numpy()


@pytest.mark.parametrize(("made", "want"), [
    (lambda: S.lower("ÀB"), "Àb".encode()), (lambda: S.lower("ÀB", encoding="utf-8"), "àb".encode()),
    (lambda: S.upper(["a", "b"]), [b"A", b"B"]), (lambda: S.strip(" a\t\n"), b"a"),
    (lambda: S.length("é"), 2), (lambda: S.length("é", unit="UTF8_CHAR"), 1),
    (lambda: S.join(["a", ["b", "c"]], "-"), [b"a-b", b"a-c"]),
    (lambda: S.reduce_join([["a", "b"], ["c", "d"]], axis=0, separator="+"), [b"a+c", b"b+d"]),
    (lambda: S.reduce_join([["a", "b"], ["c", "d"]], axis=[0, 1]), b"acbd"),
    (lambda: S.reduce_join([["a", "b"], ["c", "d"]]), b"abcd"),
    (lambda: S.substr(["abc", "defg"], [0, 1], [2, 2]), [b"ab", b"ef"]), (lambda: S.substr("hello", -3, 2), b"ll"),
    (lambda: S.substr("héllo", 1, 2, unit="UTF8_CHAR"), "él".encode()), (lambda: S.substr("abc", 1, 9), b"bc"),
    (lambda: S.regex_replace("hello", "l(l)", r"<\0\1>"), b"he<lll>o"),
    (lambda: S.regex_replace("aaa", "a", "b", replace_global=False), b"baa"),
    (lambda: S.regex_full_match(["abc", "a"], "a.c"), [True, False]),
    (lambda: S.to_number(["1.5", " 2 "]), [1.5, 2.0]), (lambda: S.to_number("7", tf.int64), 7),
    (lambda: S.as_string([3.1415926, 1e10]), [b"3.141593", b"10000000000.000000"]),
    (lambda: S.as_string([1, 2], width=4, fill="0"), [b"0001", b"0002"]), (lambda: S.as_string(True), b"true"),
    (lambda: S.as_string(1e10, shortest=True), b"1e+10"), (lambda: S.as_string(1.5, scientific=True), b"1.500000e+00"),
    (lambda: S.split(" a  b "), [b"a", b"b"]), (lambda: S.split("a,,b", sep=","), [b"a", b"", b"b"]),
    (lambda: S.split(["a b", "c", ""]), [[b"a", b"b"], [b"c"], []]),
    (lambda: S.bytes_split("hé"), [b"h", b"\xc3", b"\xa9"]),
    (lambda: S.unicode_split("hé", "UTF-8"), [b"h", "é".encode()]),
    (lambda: S.split(["a b", "c"]).to_tensor(), [[b"a", b"b"], [b"c", b""]]),
    (lambda: S.split(["a b", "c"]).to_tensor("x", shape=[None, 3]), [[b"a", b"b", b"x"], [b"c", b"x", b"x"]]),
    (lambda: S.ngrams(["a", "b", "c"], [1, 2], separator="_"), [b"a", b"b", b"c", b"a_b", b"b_c"]),
    (lambda: S.ngrams(S.split(["a b c", "d"]), 2), [[b"a b", b"b c"], []]),
    (lambda: S.format("a {} b", tf.range(10)), b"a [0 1 2 ... 7 8 9] b"),
    (lambda: S.format("{} {}", (tf.constant(1.5), tf.constant(["x", "y"]))), b'1.5 ["x" "y"]')])
def test_strings_are_what_tensorflow_gives(made, want):
    assert listed(made()) == pytest.approx(want) if isinstance(want, float) else listed(made()) == want


@pytest.mark.parametrize(("make", "error", "text"), [
    (lambda: S.to_number("a"), ValueError, "b'a' does not spell a number"),
    (lambda: S.to_number("1.5", tf.int32), ValueError, "of type int32"),
    (lambda: S.substr("abc", 5, 1), ValueError, "pos 5 is outside the string"),
    (lambda: S.regex_replace("a", "(", ""), ValueError, "no regular expression"),
    (lambda: S.length("a", unit="x"), ValueError, "unit must be"),
    (lambda: S.lower(1), DTypeError, "lower takes strings, got int32"),
    (lambda: S.to_hash_bucket_fast("a", 0), ValueError, "num_buckets must be"),
    (lambda: S.split([["a"]]), ShapeError, "Reshape them"),
    (lambda: S.format("{}", (1, 2)), ValueError, "1 placeholders"),
    (lambda: S.join([["a", "b"], ["c", "d", "e"]]), ShapeError, "cannot be broadcast together")])
def test_bad_strings_are_refused(make, error, text):
    with pytest.raises(error, match=text):
        make()


# Lengths on both sides of every branch. What TensorFlow 2.21 gives for b"x" * length.
FINGERPRINTS = {
    0: 0x9AE16A3B2F90404F, 1: 0xC17EFDBAECFF6802, 3: 0x2AE60479E555325C, 4: 0xD7DF80FFC70CC4AE, 7:
    0xD1086359D2D7522F, 8: 0xC5C78B7965B88A7E, 16: 0x2E1630F1FCF7781C, 17: 0x9CE745A1F3812FA5, 32:
    0xB30B9BACCC74DC05, 33: 0xAA49185443E61637, 64: 0x5FFB3C754F6913B8, 65: 0x447CB9FD96F25F39, 128:
    0x5170AF09FD870C17, 129: 0xF6EDF54559A5FEB6, 200: 0xC1713BF9D998A3BF,
}


@pytest.mark.parametrize(("length", "want"), FINGERPRINTS.items())
def test_fingerprints_are_farmhashs(length, want):
    assert int(hashing.fingerprint64([b"x" * length])[0]) == want


def test_strings_of_all_lengths_are_hashed_in_their_order():
    strings = [b"ab" * n for n in (3, 40, 0, 3, 12)]
    alone = [hashing.fingerprint64([s])[0] for s in strings]
    assert hashing.fingerprint64(strings).tolist() == alone


def test_siphash_is_that_of_its_authors():
    """The first of the test vectors in appendix A of the paper: the key and the message are the bytes 0, 1, 2 ..."""
    key = [int.from_bytes(bytes(range(8)), "little"), int.from_bytes(bytes(range(8, 16)), "little")]
    assert int(hashing.siphash64([bytes(range(15))], key)[0]) == 0xA129CA6149BE45E5


def test_buckets_are_hashes_modulo_their_number():
    assert np.array_equal(S.to_hash_bucket_fast(["a", "b"], 10), hashing.fingerprint64([b"a", b"b"]) % np.uint64(10))
    assert S.to_hash_bucket_strong(["a", "b"], 10, key=[1, 2]).dtype == "int64"
