"""Dense networks through the layers API: the same program for Keras and for minikeras, given as `keras`."""

from step_peers import workloads


def network(keras, sizes):
    """The model with the initial weights all peers start from."""
    hidden = [keras.layers.Dense(units, activation="relu") for units in sizes[1:-1]]
    model = keras.Sequential([keras.Input((sizes[0],)), *hidden, keras.layers.Dense(sizes[-1])])
    model.set_weights(workloads.weights(sizes))
    return model


def _compiled(keras, sizes, options):
    model = network(keras, sizes)
    model.compile(keras.optimizers.Adam(workloads.ADAM["rate"]),
                  keras.losses.SparseCategoricalCrossentropy(from_logits=True), **options)
    return model


def train(keras, sizes, batch, **options):
    model = _compiled(keras, sizes, options)
    x, y = workloads.samples(sizes, batch)

    def first():
        losses = []
        for _ in range(3):
            model.reset_metrics()       # Keras gives the mean loss since the last reset
            losses.append(float(model.train_on_batch(x, y)))
        return losses

    return workloads.Step(lambda: model.train_on_batch(x, y), first)


def fit(keras, sizes, batch, **options):
    model = _compiled(keras, sizes, options)
    x, y = workloads.samples(sizes, workloads.FIT_SAMPLES)

    def run(shuffle=True):
        history = model.fit(x, y, batch, workloads.FIT_EPOCHS, verbose=0, shuffle=shuffle)
        return history.history["loss"][-1]

    return workloads.Step(run, lambda: [run(shuffle=False)])


def predict(keras, sizes, **options):
    model = _compiled(keras, sizes, options)
    x, _ = workloads.samples(sizes, 1)
    return {"predict_on_batch": lambda: model.predict_on_batch(x),
            "model(x)": lambda: keras.ops.convert_to_numpy(model(x, training=False))}
