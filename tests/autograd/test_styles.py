"""PyTorch's and MXNet's manner: requires_grad_ and backward, attach_grad and record."""

import gc

import numpy as np
import pytest

import minikeras as tf
from minikeras import autograd
from minikeras.autograd import state
from minikeras.errors import GradientError, ShapeError

X = np.array([1.0, 2.0, 3.0])


def leaf(value=X):
    return tf.constant(value).requires_grad_(True)


def test_grad_is_none_before_backward():
    assert leaf().grad is None


def test_backward_gives_the_gradient():
    x = leaf()
    y = tf.reduce_sum(tf.sin(x) * 2.0)
    y.backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * np.cos(X), rtol=1e-15)


def test_backward_adds_to_grad_until_it_is_zeroed():
    x = leaf()
    for _ in range(2):
        tf.reduce_sum(x * x).backward()
    assert x.grad.numpy().tolist() == [4.0, 8.0, 12.0]
    x.grad.zero_()
    assert x.grad.numpy().tolist() == [0.0, 0.0, 0.0]
    tf.reduce_sum(x).backward()
    assert x.grad.numpy().tolist() == [1.0, 1.0, 1.0]
    x.grad = None
    assert x.grad is None


def test_backward_of_several_elements_needs_a_gradient():
    x = leaf()
    y = x * x
    with pytest.raises(RuntimeError, match=r"3 elements .* not one"):
        y.backward()
    y.backward(gradient=tf.constant([1.0, 0.0, 2.0], tf.float64))
    assert x.grad.numpy().tolist() == [2.0, 0.0, 12.0]


def test_backward_refuses_a_gradient_of_another_shape():
    x = leaf()
    with pytest.raises(ShapeError, match=r"\(2,\)"):
        (x * x).backward(gradient=tf.ones(2))


def test_a_detached_factor_is_a_constant():
    x = leaf()
    y = x * x
    u = y.detach()
    tf.reduce_sum(u * x).backward()
    assert x.grad.numpy().tolist() == (X * X).tolist()
    x.grad.zero_()
    tf.reduce_sum(y).backward()
    assert x.grad.numpy().tolist() == (2 * X).tolist()


def test_a_second_backward_needs_retain_graph():
    x = leaf()
    y = tf.reduce_sum(x * x)
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.numpy().tolist() == (4 * X).tolist()
    with pytest.raises(RuntimeError, match="retain_graph"):
        y.backward()


def test_create_graph_gives_second_derivatives():
    x = leaf()
    tf.reduce_sum(x ** 3).backward(create_graph=True)
    first = x.grad
    x.grad = None
    tf.reduce_sum(first).backward()
    np.testing.assert_allclose(x.grad.numpy(), 6 * X, rtol=1e-14)


def test_no_grad_records_nothing_as_context_and_as_decorator():
    x = leaf()
    with autograd.no_grad():
        y = x * x
    with pytest.raises(GradientError, match="requires_grad_"):
        y.backward(tf.ones(3))

    @tf.no_grad()
    def f(x):
        return x * x
    assert not f(x).requires_grad
    assert (x * x).requires_grad


def test_a_tape_inside_no_grad_records_as_ever():
    x = tf.Variable(3.0)
    with tf.no_grad(), tf.GradientTape() as tape:
        y = x * x
    assert float(tape.gradient(y, x)) == 6.0


def test_requires_grad_can_be_taken_back():
    x = leaf()
    x.requires_grad = False
    assert not x.requires_grad and not (x * x).requires_grad
    assert x.grad is None


def test_a_frozen_source_keeps_its_gradient_and_gets_no_more():
    x = leaf()
    y = tf.reduce_sum(x * x)
    tf.reduce_sum(x * x).backward()
    x.requires_grad_(False)
    with pytest.raises(GradientError, match="nothing that this tensor"):
        y.backward()
    np.testing.assert_array_equal(x.grad, 2 * X)
    x.requires_grad_(True)
    tf.reduce_sum(x * 3.0).backward()
    np.testing.assert_array_equal(x.grad, 2 * X + 3)


def test_a_gradient_of_another_shape_cannot_be_put_in():
    with pytest.raises(ShapeError, match=r"\(3,\) cannot have shape \(2,\)"):
        leaf().grad = [1.0, 2.0]


def test_variables_of_layers_take_part():
    layer = tf.keras.layers.Dense(1)
    layer(tf.ones((1, 3)))
    for w in layer.trainable_variables:
        w.requires_grad_()
    tf.reduce_sum(layer(tf.constant([[1.0, 2.0, 3.0]]))).backward()
    assert layer.kernel.grad.numpy().ravel().tolist() == [1.0, 2.0, 3.0]
    assert layer.bias.grad.numpy().tolist() == [1.0]


def test_what_is_computed_inside_a_tape_goes_on_outside():
    x = leaf()
    with tf.GradientTape() as tape:
        y = x * x
    tf.reduce_sum(tf.sin(y)).backward()
    np.testing.assert_allclose(x.grad.numpy(), np.cos(X * X) * 2 * X, rtol=1e-14)
    assert tape.gradient(y, x) is None      # the tape did not watch it


def test_control_flow_that_depends_on_the_value():
    a = leaf(0.75)
    b = a * 2
    while tf.norm(b) < 1000:
        b = b * 2
    b.backward()
    assert float(a.grad) == float(b / a.detach())


def test_sources_that_do_not_ask_get_nothing():
    x, other = leaf(), tf.constant(X)
    tf.reduce_sum(x * other).backward()
    assert other.grad is None
    with pytest.raises(GradientError, match="requires_grad_"):
        other.grad = tf.ones(3)


def test_asking_late_does_not_reach_back():
    x, late = leaf(), tf.constant(X)
    y = tf.reduce_sum(x * late)
    late.requires_grad_()
    y.backward()
    assert late.grad is None


def test_integers_and_results_cannot_ask():
    with pytest.raises(GradientError, match="int32"):
        tf.constant(1).requires_grad_()
    with pytest.raises(GradientError, match="detach"):
        (leaf() * 2.0).requires_grad_()


def test_zero_is_for_gradients_only():
    with pytest.raises(TypeError, match="value"):
        tf.constant(X).zero_()


def test_nothing_is_kept_once_the_sources_are_gone():
    before = state.kept
    x = leaf()
    y = x * x
    assert state.kept == before + 1 and y.requires_grad
    del x, y
    gc.collect()
    assert state.kept == before


def attached(value=X, **options):
    x = tf.constant(value)
    x.attach_grad(**options)
    return x


def test_attached_grad_is_zero_before_backward():
    assert attached().grad.numpy().tolist() == [0.0, 0.0, 0.0]


def test_backward_of_a_vector_sums_it_and_replaces_grad():
    x = attached()
    for _ in range(2):
        with autograd.record():
            y = x * x
        y.backward()
        assert x.grad.numpy().tolist() == (2 * X).tolist()


def test_grad_req_add_accumulates():
    x = attached(grad_req="add")
    for _ in range(2):
        with autograd.record():
            y = x * x
        y.backward()
    assert x.grad.numpy().tolist() == (4 * X).tolist()


def test_nothing_is_recorded_outside_record_or_while_paused():
    x = attached()
    assert not autograd.is_recording()
    with pytest.raises(GradientError, match="attach_grad"):
        (x * x).backward()
    with autograd.record():
        assert autograd.is_recording()
        with autograd.pause():
            held = x * x
        y = held * x
    y.backward()
    assert x.grad.numpy().tolist() == (X * X).tolist()


def test_attached_detach_is_a_constant():
    x = attached()
    with autograd.record():
        y = x * x
        u = y.detach()
        z = u * x
    z.backward()
    assert x.grad.numpy().tolist() == (X * X).tolist()
    y.backward()
    assert x.grad.numpy().tolist() == (2 * X).tolist()


def test_an_unknown_grad_req_is_refused():
    with pytest.raises(ValueError, match="'write', 'add' or 'null'"):
        tf.constant(X).attach_grad(grad_req="wirte")
