"""Data of every kind give the same training, and training goes on in them where it stopped."""

import threading

import numpy as np
import pytest

import minikeras as mk
from minikeras import config
from minikeras.callbacks import Callback
from minikeras.errors import DataError
from minikeras.layers import Dense, Dropout
from minikeras.training.py_dataset import PyDataset
from minikeras.training.state import resume_training, training_state

RNG = np.random.default_rng(3)
X, Y, W = RNG.normal(size=(11, 3)).astype("float32"), RNG.normal(size=(11, 2)).astype("float32"), RNG.uniform(1, 2, 11)
PARTS = [slice(i, i + 3) for i in range(0, 11, 3)]


def model_for(**compiling):
    mk.random.set_random_seed(2)
    model = mk.Sequential([mk.Input((3,)), Dense(4, "tanh"), Dropout(0.3), Dense(2)])
    model.compile(**{"optimizer": "adam", "loss": "mse", "weighted_metrics": ["mae"], **compiling})
    return model


def batches():
    return ((X[part], Y[part], W[part]) for part in PARTS)


class Batches(PyDataset):
    """The batches of `batches` by number."""

    def __init__(self, size=4, **options):
        super().__init__(**options)
        self.size, self.told = size, []

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        self.told.append(index)
        part = PARTS[index % 4]
        return X[part], Y[part], W[part]

    def on_epoch_begin(self):
        self.told.append("begin")

    def on_epoch_end(self):
        self.told.append("end")


class Loader:
    """Iterable anew, in lists of arrays of another library, as loaders of others give them."""

    def __len__(self):
        return 4

    def __iter__(self):
        return iter([[mk.constant(x), y.tolist(), w] for x, y, w in batches()])


class Endless(Batches):
    num_batches = None


SOURCES = {"generator": batches, "iterator": lambda: iter(list(batches())), "pydataset": Batches, "loader": Loader,
           "threads": lambda: Batches(workers=3, max_queue_size=2), "endless": Endless,
           "one_worker": lambda: Batches(use_multiprocessing=True)}
each_source = pytest.mark.parametrize("kind", SOURCES)


@each_source
def test_all_sources_train_alike(kind):
    results = []
    for data in ((X, Y, 3, W), (SOURCES[kind](), None, None, None)):
        model = model_for()
        x, y, batch_size, weight = data
        history = model.fit(x, y, batch_size=batch_size, sample_weight=weight, shuffle=False, steps_per_epoch=4,
                            verbose=0)
        results.append((history.history, [w.tolist() for w in model.get_weights()]))
    assert results[0] == results[1]


@each_source
def test_all_sources_are_evaluated_and_predicted_from(kind):
    model, steps = model_for(), 4 if kind == "endless" else None
    expected = model.evaluate(X, Y, 3, 0, W), model.predict(X, 3, 0)
    assert model.evaluate(SOURCES[kind](), steps=steps, verbose=0) == expected[0]
    np.testing.assert_array_equal(model.predict(SOURCES[kind](), steps=steps, verbose=0), expected[1])


@each_source
def test_an_epoch_goes_on_in_the_data_where_the_last_one_stopped(kind):
    model, straight = model_for(), model_for()
    history = model.fit(SOURCES[kind](), steps_per_epoch=2, epochs=2, shuffle=False, verbose=0)
    straight.fit(X, Y, 3, sample_weight=W, shuffle=False, verbose=0)
    assert len(history.epoch) == 2
    for a, b in zip(model.get_weights(), straight.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_pydataset_is_asked_in_an_order_of_each_epoch_and_told_of_it():
    data = Batches()
    mk.random.set_random_seed(1)
    model_for().fit(data, epochs=2, verbose=0)
    first, second = data.told[1:5], data.told[7:11]
    assert sorted(first) == sorted(second) == [0, 1, 2, 3] and first != second
    assert data.told[::5][:1] == ["begin"] and data.told[5:7] == ["end", "begin"] and data.told[11:] == ["end"]


def test_workers_fetch_at_the_same_time_and_in_order():
    together = threading.Barrier(2, timeout=5)

    class Meeting(Batches):
        def __getitem__(self, index):
            together.wait()
            return super().__getitem__(index)
    data = Meeting(workers=2)
    assert model_for().evaluate(data, verbose=0) == model_for().evaluate(X, Y, 3, 0, W)


def test_an_error_in_a_worker_is_raised():
    class Broken(Batches):
        def __getitem__(self, index):
            raise OSError("no such image")
    with pytest.raises(OSError, match="no such image"):
        model_for().fit(Broken(workers=2), verbose=0)


def test_numpys_float_warnings_are_off_in_workers_too():
    class Divided(Batches):
        def __getitem__(self, index):
            x, y, w = super().__getitem__(index)
            return np.nan_to_num(x / np.zeros(3, "float32"), posinf=1, neginf=-1), y, w
    assert np.isfinite(model_for().evaluate(Divided(workers=2), verbose=0)).all()


def test_a_generator_that_ends_early_warns_and_ends_the_epoch():
    with pytest.warns(UserWarning, match="ran out after 4 batches of 6"):
        assert len(model_for().fit(batches(), steps_per_epoch=6, verbose=0).epoch) == 1


def test_a_generator_cannot_be_run_through_twice():
    with pytest.warns(UserWarning, match="no data left for epoch 2 of 3"):
        assert model_for().fit(batches(), epochs=3, verbose=0).epoch == [0]


@pytest.mark.parametrize("kind", ["generator", "pydataset", "loader"])
def test_validation_data_may_be_of_any_kind(kind):
    model = model_for(optimizer=mk.optimizers.SGD(0.0))
    history = model.fit(X, Y, epochs=1 if kind == "generator" else 2, validation_data=SOURCES[kind](), verbose=0)
    expected = model.evaluate(X, Y, 3, 0, W, return_dict=True)
    assert {name: history.history[f"val_{name}"][-1] for name in expected} == expected


def test_class_weights_weigh_the_batches_of_any_source():
    labels, results = np.arange(11) % 2, []
    for data in ((X, labels), (iter([(X[part], labels[part]) for part in PARTS]),)):
        model = model_for(loss="sparse_categorical_crossentropy", weighted_metrics=["accuracy"])
        model.fit(*data, batch_size=3 if len(data) == 2 else None, shuffle=False, class_weight={1: 3.0}, verbose=0)
        results.append([w.tolist() for w in model.get_weights()])
    assert results[0] == results[1]


@pytest.mark.parametrize(("arguments", "message"), [
    ({"x": iter([(X, Y, W)]), "class_weight": {0: 1.0}}, r"class_weight needs batches \(x, y\)"),
    ({"x": Batches(), "validation_split": 0.5}, "validation_split needs arrays, got a Batches"),
    ({"x": Batches(), "sample_weight": W}, "sample_weight is given beside a Batches")])
def test_what_other_sources_cannot_do_is_refused(arguments, message):
    with pytest.raises(DataError, match=message):
        model_for().fit(**arguments, verbose=0)


def test_a_batch_size_beside_batches_warns():
    with pytest.warns(UserWarning, match="batch_size=5 changes nothing"):
        model_for().evaluate(Batches(), batch_size=5, verbose=0)
    with pytest.warns(UserWarning, match="validation_data: batch_size=5 changes nothing"):
        model_for().fit(X, Y, 3, validation_data=Batches(), validation_batch_size=5, verbose=0)


def test_steps_without_a_batch_size_say_how_large_batches_are():
    seen = []

    class Seeing(mk.Sequential):
        def train_step(self, data):
            seen.append(data[0].shape[0])
            return super().train_step(data)
    model = Seeing(model_for().layers)
    model.compile("sgd", "mse", run_eagerly=True)
    model.fit(X, Y, steps_per_epoch=3, verbose=0)
    assert seen == [4, 4, 3]


def test_shuffling_within_batches_leaves_them_together():
    seen = []

    class Seeing(mk.Sequential):
        def train_step(self, data):
            seen.append(data[0].numpy()[:, 0].tolist())
            return super().train_step(data)
    model = Seeing([Dense(2)])
    model.compile("sgd", "mse", run_eagerly=True)
    x = np.arange(20.0)[:, None]
    model.fit(x, np.ones((20, 2)), batch_size=10, shuffle="batch", verbose=0)
    assert [sorted(batch) for batch in seen] == [list(range(10)), list(range(10, 20))]
    assert seen[0] != sorted(seen[0])


# --- where a run stands ----------------------------------------------------------------------

class Stop(Callback):
    """Puts down where the run stands after a number of updates, and ends it there."""

    def __init__(self, after):
        self.after, self.state = after, None

    def on_train_batch_end(self, batch, logs=None):
        self.after -= 1
        if not self.after:
            self.state = training_state(self.model)
            raise KeyboardInterrupt


class Resume(Callback):
    """Takes it up again."""

    def __init__(self, state):
        self.state = state

    def on_train_begin(self, logs=None):
        resume_training(self.model, self.state, "the state")


@pytest.mark.filterwarnings("ignore:the data ran out")
@pytest.mark.parametrize("after", [1, 3, 4, 6])
@pytest.mark.parametrize("steps", [None, 3])
@pytest.mark.parametrize("kind", ["arrays", "pydataset", "threads", "loader", "generator"])
def test_a_run_that_is_taken_up_equals_the_straight_one(kind, steps, after):
    if kind == "generator" and steps is None:
        return
    results = []

    def run(*callbacks):
        model = model_for(metrics=["accuracy"])
        data = {"x": X, "y": Y, "sample_weight": W, "batch_size": 3} if kind == "arrays" else \
            {"x": [*batches(), *batches()].__iter__()} if kind == "generator" else {"x": SOURCES[kind]()}
        try:
            history = model.fit(**data, epochs=2, steps_per_epoch=steps, callbacks=list(callbacks), verbose=0)
        except KeyboardInterrupt:
            return
        last = {name: values[-1] for name, values in history.history.items()}
        results.append((last, [w.tolist() for w in model.get_weights()]))
    run()
    stop = Stop(min(after, 4) if steps else after)
    run(stop)
    run(Resume(stop.state))
    assert results[0] == results[1]


@pytest.mark.parametrize(("method", "argument"), [
    ("fit", "steps_per_epoch"), ("evaluate", "steps"), ("predict", "steps")])
def test_data_without_end_need_a_number_of_steps(method, argument):
    with pytest.raises(DataError, match=f"{method}: the data have no end.*Give {argument}"):
        getattr(model_for(), method)(Endless(), verbose=0)
    with pytest.raises(DataError, match=r"validation_data: the data have no end.*Give validation_steps"):
        model_for().fit(X, Y, validation_data=Endless(), verbose=0)


def test_a_data_set_is_trained_on_as_its_arrays_are():
    results = []
    dataset = mk.data.Dataset.from_tensor_slices((X, Y, W)).batch(3)
    for data in ({"x": X, "y": Y, "sample_weight": W, "batch_size": 3}, {"x": dataset}):
        model = model_for()
        history = model.fit(**data, epochs=2, shuffle=False, verbose=0, validation_data=(X, Y),
                            validation_batch_size=3).history
        results.append((history, model.predict(data["x"], batch_size=data.get("batch_size"), verbose=0).tolist()))
    assert results[0] == results[1]


def test_settings_of_a_program_limit_epochs_and_steps():
    config.set_max_epochs(2)
    config.set_max_steps_per_epoch(2)
    try:
        model = model_for()
        with pytest.warns(UserWarning, match="limited to"):
            assert model.fit(X, Y, 3, epochs=5, verbose=0).epoch == [0, 1]
        assert model.optimizer.iterations == 4
    finally:
        config.set_max_epochs(None)
        config.set_max_steps_per_epoch(None)
