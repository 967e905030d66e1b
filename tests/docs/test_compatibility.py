"""docs/compatibility.md says of every public name of Keras 3.15.1 what is true of the package."""

import pytest

from . import compatibility, reasons

KERAS = compatibility.KERAS


def test_the_document_is_current():
    assert compatibility.DOCUMENT.read_text(encoding="utf-8") == compatibility.written(), \
        "write it anew: python -m tests.docs.compatibility"


def test_every_missing_name_has_a_reason():
    assert [f"{namespace}.{name}" for namespace, names in compatibility.states().items()
            for name, (status, why) in names.items() if status == "not yet" and not why] == []


@pytest.mark.parametrize("table", ["DIFFERS", "LEFT_OUT", "NOT_YET"])
def test_reasons_are_given_for_names_that_keras_has(table):
    known = {f"{namespace}.{name}" for namespace, names in KERAS.items() for name in names}
    # The loop over the namespaces of ops makes some that are not there.
    assert [path for path in getattr(reasons, table) if path not in known and path.count(".") < 2] == []


@pytest.mark.parametrize("table", ["LEFT_OUT", "NOT_YET"])
def test_what_is_said_to_be_missing_is(table):
    assert [path for path in getattr(reasons, table) if compatibility.found(path) is not None] == []


@pytest.mark.parametrize("namespace", ["ops", "ops.linalg", "ops.nn", "ops.numpy", "ops.image", "tree"])
def test_these_namespaces_have_what_keras_has_and_nothing_more(namespace):
    assert compatibility.own_names(namespace) == []
    assert [name for name in KERAS[namespace] if compatibility.found(f"{namespace}.{name}") is None] == []


@pytest.mark.parametrize(("recorded", "item", "told"), [
    (["x", "axis=-1"], lambda x, axis=-1: 0, []),
    (["x", "axis=-1"], lambda x: 0, ["has no `axis`"]),
    (["x", "axis=-1"], lambda axis, x=None: 0, ["takes (axis, x) in this order", "`x` is None unless given, required "
                                                "in Keras", "`axis` is required unless given, -1 in Keras"]),
    (["x", "strides=(1, 1)"], lambda x, strides=1: 0, []),
    (["x", "flag=True"], lambda x, flag=1: 0, ["`flag` is 1 unless given, True in Keras"]),
    (["x", "**kwargs"], lambda x: 0, ["takes no further keywords"]),
    (None, 5, []),
    (["x"], 5, ["is another kind of thing"]),
])
def test_differences_of_signatures_are_told(recorded, item, told):
    assert compatibility.differences(recorded, item) == told
