"""What GradientTape watches, records and gives back: TensorFlow's rules, one claim a test."""

import threading

import numpy as np
import pytest

import minikeras as tf


def variable(value=3.0, **options):
    return tf.Variable(value, **options)


def number(tensor):
    return None if tensor is None else float(tensor)


# --- what is watched -------------------------------------------------------------------------------

def test_watched_constant_has_a_gradient():
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    assert number(tape.gradient(y, x)) == 6.0


def test_constant_that_is_not_watched_has_none():
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        y = x * x
    assert tape.gradient(y, x) is None


def test_trainable_variable_is_watched_when_read():
    x = variable()
    with tf.GradientTape() as tape:
        y = x * x + x
    assert number(tape.gradient(y, x)) == 7.0      # 2x + 1 at x = 3


def test_untrainable_variable_is_watched_only_if_asked():
    x = variable(trainable=False)
    with tf.GradientTape(persistent=True) as tape:
        y = x * x
        tape.watch(x)
        z = x * x
    assert tape.gradient(y, x) is None
    assert number(tape.gradient(z, x)) == 6.0


def test_variable_made_untrainable_after_a_read_is_not_watched_by_the_next_tape():
    x = variable()
    with tf.GradientTape():
        x * x
    x.trainable = False
    with tf.GradientTape() as tape:
        y = x * x
    assert tape.gradient(y, x) is None


def test_without_accessed_variables_only_the_watched_one_has_a_gradient():
    a, b = variable(2.0), variable(3.0)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(a)
        y = a * b
    grads = tape.gradient(y, [a, b])
    assert (number(grads[0]), grads[1]) == (3.0, None)


def test_watch_takes_nests():
    a, b = tf.constant(2.0), tf.constant(5.0)
    with tf.GradientTape() as tape:
        tape.watch({"a": a, "others": (b,)})
        y = a * b
    assert [number(g) for g in tape.gradient(y, [a, b])] == [5.0, 2.0]


def test_watching_a_number_is_an_error():
    with tf.GradientTape() as tape, pytest.raises(ValueError, match="float"):
        tape.watch(2.0)


def test_watching_before_the_block_is_an_error():
    with pytest.raises(ValueError, match="inside its `with` block"):
        tf.GradientTape().watch(tf.constant(1.0))


def test_watching_an_integer_warns_and_its_gradient_is_none():
    x = tf.constant(2)
    with tf.GradientTape() as tape:
        with pytest.warns(UserWarning, match="int32"):
            tape.watch(x)
        y = x * x
    assert tape.gradient(y, x) is None


@pytest.mark.parametrize(("other", "want"), [(tf.constant(3.0), 6.0), (tf.Variable(3.0), 12.0)],
                         ids=["alone", "with a tracked input"])
def test_op_before_the_watch_counts_if_another_input_was_tracked(other, want):
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        y = x * other
        tape.watch(x)
        z = y * x
    assert number(tape.gradient(z, x)) == want      # y = 6, and 6 more through y if it was recorded


def test_watched_variables_come_in_the_order_they_were_made():
    a, b, unread = variable(), variable(), variable()
    with tf.GradientTape() as tape:
        b * a * b
    assert [v.ref() for v in tape.watched_variables()] == [a.ref(), b.ref()]
    assert unread.ref() not in [v.ref() for v in tape.watched_variables()]


def test_watched_variables_include_one_watched_by_hand():
    a = variable(trainable=False)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(a)
    assert [v.ref() for v in tape.watched_variables()] == [a.ref()]


def test_op_outside_the_block_is_not_recorded():
    x = variable()
    with tf.GradientTape() as tape:
        y = x * x
    z = y * x
    assert tape.gradient(z, x) is None


def test_what_was_computed_before_the_block_is_a_constant():
    x = variable()
    before = x * x
    with tf.GradientTape() as tape:
        y = before * x
    assert number(tape.gradient(y, x)) == 9.0


# --- stopping, resetting, entering again -----------------------------------------------------------

def test_stop_recording_leaves_a_gap():
    x = variable()
    with tf.GradientTape(persistent=True) as tape:
        y = x * x
        with tape.stop_recording():
            z = y * x
        w = y * 2.0
    assert tape.gradient(z, x) is None
    assert number(tape.gradient(w, x)) == 12.0


def test_variable_first_read_while_stopped_is_watched_when_read_again():
    x = variable()
    with tf.GradientTape() as tape:
        with tape.stop_recording():
            y = x * x
        z = y * x
    assert number(tape.gradient(z, x)) == 9.0


def test_stop_recording_pauses_its_own_tape_only():
    x = variable()
    with tf.GradientTape() as outer, tf.GradientTape() as inner, inner.stop_recording():
        y = x * x
    assert inner.gradient(y, x) is None
    assert number(outer.gradient(y, x)) == 6.0


def test_gap_of_one_tape_stays_a_gap_though_another_recorded_it():
    x = variable(2.0)
    with tf.GradientTape() as outer, tf.GradientTape() as inner:
        y = x * x
        with inner.stop_recording():
            z = y * x
        w = z * x
    assert number(inner.gradient(w, x)) == 8.0       # z is a constant to it
    assert number(outer.gradient(w, x)) == 32.0      # 4 x^3


def test_stop_recording_resumes_after_an_error():
    x = variable()
    with tf.GradientTape() as tape:
        with pytest.raises(KeyError), tape.stop_recording():
            raise KeyError
        y = x * x
    assert number(tape.gradient(y, x)) == 6.0


def test_reset_forgets_ops_and_watches():
    x, c = variable(), tf.constant(2.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(c)
        y = x * x * c
        tape.reset()
        z = x * y
    assert tape.gradient(y, x) is None
    assert number(tape.gradient(z, x)) == 18.0
    assert tape.gradient(z, c) is None


@pytest.mark.parametrize("call", [lambda tape: tape.reset(), lambda tape: tape.stop_recording().__enter__()])
def test_reset_and_stop_recording_need_a_recording_tape(call):
    with pytest.raises((ValueError, RuntimeError), match="not recording"):
        call(tf.GradientTape())


def test_entering_an_active_tape_is_an_error():
    with tf.GradientTape() as tape, pytest.raises(ValueError, match="already recording"), tape:
        pass


def test_tape_entered_again_goes_on():
    x = variable(2.0)
    tape = tf.GradientTape()
    with tape:
        y = x * x
    gap = y * x
    with tape:
        z = y * x
        through_gap = gap * 2.0
    assert number(tape.gradient([z, through_gap], x)) == 12.0      # 3x^2; what passes through the gap is lost


# --- gradient: targets, sources, what comes back ---------------------------------------------------

def test_gradient_comes_in_the_structure_of_the_sources():
    a, b = variable(2.0), variable(5.0)
    with tf.GradientTape() as tape:
        y = a * a * b
    grads = tape.gradient(y, {"b": b, "more": (a, [b])})
    assert number(grads["b"]) == number(grads["more"][1][0]) == 4.0
    assert number(grads["more"][0]) == 20.0
    assert isinstance(grads["more"], tuple)


def test_several_targets_add_up():
    x = variable()
    with tf.GradientTape() as tape:
        y = {"a": x * 2.0, "b": [x * x]}
    assert number(tape.gradient(y, x)) == 8.0


def test_gradient_of_an_array_is_that_of_its_sum():
    x = variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = x * x
    assert tape.gradient(y, x).numpy().tolist() == [2.0, 4.0]


def test_same_target_twice_counts_twice():
    x = variable()
    with tf.GradientTape() as tape:
        y = x * x
    assert number(tape.gradient([y, y], x)) == 12.0


@pytest.mark.parametrize("weights", [[2.0, 3.0], np.array([2.0, 3.0]), tf.constant([2.0, 3.0])])
def test_output_gradients_weigh_the_target(weights):
    x = variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = x * x
    grad = tape.gradient(y, x, output_gradients=tf.constant(weights))
    assert grad.numpy().tolist() == [4.0, 12.0] and grad.dtype == "float32"


@pytest.mark.parametrize("weights", [[tf.constant(1.0)], [tf.constant([1.0]), tf.constant(1.0)]])
def test_output_gradients_must_fit_the_targets(weights):
    x = variable()
    with tf.GradientTape() as tape:
        y = [x * x, x * 2.0]
    with pytest.raises(ValueError, match="output_gradient"):
        tape.gradient(y, x, output_gradients=weights)


@pytest.mark.parametrize("zero", [tf.UnconnectedGradients.ZERO, "zero"])
def test_unconnected_source_gets_zeros_if_asked(zero):
    x, y = variable(), variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        z = x * x
    grad = tape.gradient(z, y, unconnected_gradients=zero)
    assert grad.numpy().tolist() == [0.0, 0.0] and grad.dtype == "float32"


@pytest.mark.parametrize("none", [tf.UnconnectedGradients.NONE, "none"])
def test_unconnected_source_gets_none(none):
    x, y = variable(), variable()
    with tf.GradientTape() as tape:
        z = x * x
    assert tape.gradient(z, y, unconnected_gradients=none) is None


def test_unknown_value_for_unconnected_gradients_is_an_error():
    x = variable()
    with tf.GradientTape() as tape:
        y = x * x
    with pytest.raises(ValueError, match="nonsense"):
        tape.gradient(y, x, unconnected_gradients="nonsense")


def test_second_gradient_needs_a_persistent_tape():
    x = variable()
    with tf.GradientTape() as tape:
        y = x * x
    tape.gradient(y, x)
    with pytest.raises(RuntimeError, match="persistent"):
        tape.gradient(y, x)


def test_persistent_tape_answers_again():
    x = variable()
    with tf.GradientTape(persistent=True) as tape:
        y = x * x
        z = y * y
    assert [number(tape.gradient(t, x)) for t in (z, y, z)] == [108.0, 6.0, 108.0]


@pytest.mark.parametrize("target", [None, 2.0, "loss"])
def test_target_must_be_a_tensor(target):
    x = variable()
    with tf.GradientTape() as tape:
        x * x
    with pytest.raises(TypeError, match="target"):
        tape.gradient(target, x)


@pytest.mark.parametrize("sources", [None, 2.0, [None]])
def test_sources_must_be_tensors(sources):
    x = variable()
    with tf.GradientTape() as tape:
        y = x * x
    with pytest.raises(TypeError, match="source"):
        tape.gradient(y, sources)


def test_no_sources_give_no_gradients():
    x = variable()
    with tf.GradientTape() as tape:
        y = x * x
    assert tape.gradient(y, []) == []


# --- intermediate results as sources ---------------------------------------------------------------

def test_intermediate_tensor_is_a_source():
    x = variable()
    with tf.GradientTape() as tape:
        y = x * x
        z = y * y
    assert number(tape.gradient(z, y)) == 18.0


def test_source_and_what_it_derives_from_each_get_their_whole_gradient():
    x = variable()
    with tf.GradientTape() as tape:
        y = x * x
        z = y * x
    assert [number(g) for g in tape.gradient(z, [x, y])] == [27.0, 3.0]


def test_intermediate_that_derives_from_nothing_watched_is_unconnected():
    x = tf.constant(3.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            y = x * x
            z = y * y
    assert inner.gradient(z, y) is None


def test_watching_an_intermediate_does_not_watch_its_source():
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        y = x * x
        tape.watch(y)
        z = y * x
    grads = tape.gradient(z, [x, y])
    assert grads[0] is None and number(grads[1]) == 3.0


@pytest.mark.parametrize("make", [tf.constant, tf.Variable])
def test_target_that_is_the_source_has_gradient_one_even_unwatched(make):
    x = make(3.0)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        pass
    assert number(tape.gradient(x, x)) == 1.0


def test_target_among_other_sources_adds_its_seed_to_what_flows_into_it():
    x = variable()
    with tf.GradientTape() as tape:
        y = x * x
        z = y * 5.0
    assert [number(g) for g in tape.gradient([z, y], [y, x])] == [6.0, 36.0]


# --- nesting ---------------------------------------------------------------------------------------

def test_inner_tape_does_not_see_what_only_the_outer_watches():
    x = tf.constant(3.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            y = x * x
        assert inner.gradient(y, x) is None
    assert number(outer.gradient(y, x)) == 6.0


def test_late_watch_does_not_take_what_an_outer_tape_recorded_before():
    x = tf.constant(3.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            y = x * x
            inner.watch(x)
            z = y * x
        assert number(inner.gradient(z, x)) == 9.0
    assert number(outer.gradient(z, x)) == 27.0


def test_third_derivative():
    x = variable(2.0)
    with tf.GradientTape() as t3:
        with tf.GradientTape() as t2:
            with tf.GradientTape() as t1:
                y = x ** 4
            first = t1.gradient(y, x)
        second = t2.gradient(first, x)
    assert [number(first), number(second), number(t3.gradient(second, x))] == [32.0, 48.0, 48.0]


def test_gradient_inside_its_own_persistent_block_can_be_differentiated():
    x = variable()
    with tf.GradientTape(persistent=True) as tape:
        y = x * x * x
        first = tape.gradient(y, x)
        second = tape.gradient(first, x)
    assert (number(first), number(second)) == (27.0, 18.0)


def test_gradient_inside_its_own_block_ends_a_tape_that_is_not_persistent():
    x = variable()
    with tf.GradientTape() as tape:
        y = x * x
        assert number(tape.gradient(y, x)) == 6.0
    assert np.geterr()["divide"] == "warn"


def test_outer_gradient_through_an_inner_gradient_with_output_gradients():
    x, v = variable([1.0, 2.0]), tf.constant([3.0, 5.0])
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = x * x * x
        g = inner.gradient(y, x, output_gradients=v)
    assert outer.gradient(g, x).numpy().tolist() == [18.0, 60.0]     # v * 6x


def test_tapes_may_end_in_any_order():
    x, before = variable(), np.geterr()
    first, second = tf.GradientTape(), tf.GradientTape()
    first.__enter__()
    second.__enter__()
    y = x * x
    first.__exit__(None, None, None)
    z = y * x
    second.__exit__(None, None, None)
    assert np.geterr() == before
    assert first.gradient(z, x) is None
    assert number(second.gradient(z, x)) == 27.0


@pytest.mark.parametrize("inside", [False, True])
def test_float_warnings_are_silent_in_a_tape_and_only_there(inside):
    x = variable(0.0)
    with tf.GradientTape() as tape:
        y = tf.math.log(x) / x
        if inside:
            tape.gradient(y, x)
    if not inside:
        tape.gradient(y, x)
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        np.log(np.zeros(1))


def test_error_inside_the_block_ends_the_tape():
    x, before = variable(), np.geterr()
    with pytest.raises(KeyError), tf.GradientTape() as tape:
        y = x * x
        raise KeyError
    assert np.geterr() == before
    assert number(tape.gradient(y, x)) == 6.0


# --- dtypes, values --------------------------------------------------------------------------------

def test_gradient_of_an_integer_target_is_none():
    x = variable()
    with tf.GradientTape() as tape:
        y = tf.cast(x, tf.int32)
    assert tape.gradient(y, x) is None


def test_integer_intermediate_breaks_the_chain():
    x = variable(2.5)
    with tf.GradientTape() as tape:
        y = tf.cast(tf.cast(x, tf.int32), tf.float32) * x
    assert number(tape.gradient(y, x)) == 2.0


def test_cast_gives_the_gradient_in_the_dtype_of_its_input():
    x = variable(2.0)
    with tf.GradientTape() as tape:
        y = tf.cast(x, tf.float64) ** 2
    grad = tape.gradient(y, x)
    assert (number(grad), grad.dtype) == (4.0, "float32")


def test_variable_is_read_as_a_snapshot():
    x = variable()
    with tf.GradientTape() as tape:
        y = x * x
        x.assign(10.0)
    assert (number(y), number(tape.gradient(y, x))) == (9.0, 6.0)


def test_assignment_is_not_differentiated_through():
    x, y = variable(), variable(1.0)
    with tf.GradientTape(persistent=True) as tape:
        y.assign(x * x)
        z = y * y
    assert tape.gradient(z, x) is None
    assert number(tape.gradient(z, y)) == 18.0


def test_tape_of_a_stopped_gradient_sees_a_constant():
    x = variable()
    with tf.GradientTape() as tape:
        y = tf.stop_gradient(x * x) * x
    assert number(tape.gradient(y, x)) == 9.0


def test_control_flow_is_what_ran():
    def f(a):
        b = a * 2.0
        while tf.norm(b) < 1000.0:
            b = b * 2.0
        return b if tf.reduce_sum(b) > 0 else 100.0 * b

    a = variable(0.7)
    with tf.GradientTape() as tape:
        d = f(a)
    assert number(tape.gradient(d, a)) == pytest.approx(number(d) / 0.7)


# --- mistakes --------------------------------------------------------------------------------------

@pytest.mark.parametrize("persistent", [False, True])
def test_gradient_of_a_tape_never_entered_is_an_error(persistent):
    x = variable()
    with pytest.raises(RuntimeError, match="recorded nothing"):
        tf.GradientTape(persistent=persistent).gradient(x * x, x)


def test_tape_whose_gradient_was_taken_begins_anew_when_entered_again():
    x, c, tape = variable(), tf.constant(2.0), tf.GradientTape()
    with tape:
        tape.watch(c)
        y = x * c
    tape.gradient(y, x)
    with tape:
        z = x * y * c
    assert [number(g) for g in tape.gradient(z, [x, c])] == [12.0, None]
    with pytest.raises(RuntimeError, match="persistent"):
        tape.gradient(z, x)


def test_no_targets_give_no_gradient():
    x = variable()
    with tf.GradientTape() as tape:
        x * x
    assert tape.gradient([], [x]) == [None]


def test_a_refused_gradient_can_be_asked_for_again():
    x = variable()
    with tf.GradientTape() as tape:
        y = x * x
    with pytest.raises(TypeError):
        tape.gradient(y, None)
    assert number(tape.gradient(y, x)) == 6.0


@pytest.mark.parametrize(("wrong", "told"), [
    (None, "NoneType.*forget to return"), ([None], "NoneType"), (3.0, "float '3.0'.*tf.constant.*watch"),
    (np.ones(2), "ndarray.*tf.constant.*watch"), ("loss", "str 'loss'")],
    ids=["None", "nest", "float", "numpy", "text"])
@pytest.mark.parametrize("as_target", [True, False])
def test_targets_and_sources_that_are_no_tensors_are_named(wrong, told, as_target):
    x = variable()
    with tf.GradientTape() as tape:
        y = x * x
    with pytest.raises(TypeError, match=f"GradientTape.gradient.*{told}"):
        tape.gradient(wrong if as_target else y, x if as_target else wrong)


def test_tape_records_its_own_thread_and_answers_in_any():
    x, results = variable(), []

    def run(function):
        thread = threading.Thread(target=lambda: results.append(function()))
        thread.start()
        thread.join()

    with tf.GradientTape(persistent=True) as tape:
        y = x * x
        run(lambda: y * x)
    run(lambda: tape.gradient(y, x))
    elsewhere, grad = results
    assert tape.gradient(elsewhere, x) is None
    assert number(grad) == 6.0


@pytest.mark.parametrize("op", [tf.floor, tf.round, tf.sign, tf.math.ceil, lambda x: tf.cast(tf.argmax(x), tf.float32),
                                lambda x: tf.cast(x > 1.0, tf.float32),
                                lambda x: tf.cast(tf.cast(x, tf.int64), x.dtype)],
                         ids=["floor", "round", "sign", "ceil", "argmax", "greater", "cast"])
def test_step_functions_have_the_gradient_of_tensorflow(op):
    """None, or zeros as for sign: never an error, never a wrong number."""
    x = variable([1.5, 2.5])
    with tf.GradientTape() as tape:
        y = op(x)
    grad = tape.gradient(y, x)
    assert grad is None or not grad.numpy().any()


def test_record_that_backward_freed_is_named():
    x = tf.constant(3.0).requires_grad_()
    y = x * x
    with tf.GradientTape() as tape:
        tape.watch(y)
        z = y * 2.0
    z.backward()
    with pytest.raises(RuntimeError, match=r"multiply.*backward\(\) .*retain_graph=True"):
        tape.gradient(z, y)


def test_a_complex_output_gradient_of_a_real_target_is_an_error():
    x = variable()
    with tf.GradientTape() as tape:
        y = x * x
    with pytest.raises(TypeError, match=r"output_gradient is complex128, its target float32. .*tf.math.real"):
        tape.gradient(y, x, output_gradients=tf.constant(1j))


@pytest.mark.parametrize(("index", "told"), [(1.0, "float '1.0'"), ("a", "str 'a'"), ((0, 1.5), "float '1.5'")])
def test_an_index_that_is_no_integer_is_an_error(index, told):
    with pytest.raises(TypeError, match=f"an index must be .*{told}"):
        tf.constant([[1.0, 2.0]])[index]


@pytest.mark.parametrize("indices", [[0.5], np.array([0.0]), tf.constant([1.0])])
def test_gather_names_indices_that_are_no_integers(indices):
    with pytest.raises(TypeError, match="gather: indices must be integers, got float"):
        tf.gather(tf.constant([1.0, 2.0]), indices)


def test_item_assignment_says_what_to_write_instead():
    x = tf.constant([1.0, 2.0])
    with pytest.raises(TypeError, match=r"item assignment.* ops.where\(mask, value, x\).* x.numpy\(\)"):
        x[0] = 3.0


@pytest.mark.parametrize("copied", [tf.identity, tf.ops.copy, lambda x: x.copy(), np.copy])
def test_a_copy_is_a_source_of_its_own(copied):
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = copied(x)
        z = y * y * x
    by_y, by_x = tape.gradient(z, [y, x])
    assert (float(by_y), float(by_x)) == (18.0, 27.0)


def test_a_constant_of_tensors_keeps_their_gradient():
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.constant(x * x) + tf.constant([x, 2.0 * x], shape=(2, 1)) + tf.constant(x, shape=(2, 1))
    np.testing.assert_array_equal(tape.gradient(y, x), 6.0 * 2 + 3.0 + 2.0)


def test_a_constant_of_a_variable_is_a_copy():
    v = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = tf.constant(v) * 2.0
    assert tape.gradient(y, v) is None
