"""Batches as tuples."""

import pytest

from minikeras import utils


@pytest.mark.parametrize(("data", "want"), [
    ((1,), (1, None, None)), ((1, 2), (1, 2, None)), ([1, 2, 3], (1, 2, 3)), (5, (5, None, None))])
def test_a_batch_is_taken_apart(data, want):
    assert utils.unpack_x_y_sample_weight(data) == want


def test_a_batch_is_put_together():
    assert utils.pack_x_y_sample_weight(1) == 1
    assert utils.pack_x_y_sample_weight((1, 2)) == ((1, 2),)
    assert utils.pack_x_y_sample_weight(1, 2, 3) == (1, 2, 3)
    with pytest.raises(ValueError, match="tuple of 4"):
        utils.unpack_x_y_sample_weight((1, 2, 3, 4))
