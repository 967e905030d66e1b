"""TensorFlow without Keras: tf.function, compiled by XLA where the environment has TENSORFLOW_XLA, with the fused
kernel for Adam."""

import functools
import os

import tensorflow as tf

from step_peers import tapes, workloads

VERSION = tf.__version__
function = functools.partial(tf.function, jit_compile="TENSORFLOW_XLA" in os.environ)

gradient, elementwise, hessian_product, jacobian = (
    functools.partial(program, tf, function)
    for program in (tapes.gradient, tapes.elementwise, tapes.hessian_product, tapes.jacobian))
chain = functools.partial(tapes.chain, tf)


def _forward(variables, x):
    for kernel, bias in zip(variables[:-2:2], variables[1:-2:2]):
        x = tf.nn.relu(tf.matmul(x, kernel) + bias)
    return tf.matmul(x, variables[-2]) + variables[-1]


def _train(sizes):
    """One step of training, as a plain function of a batch."""
    adam = workloads.ADAM
    variables = [tf.Variable(array) for array in workloads.weights(sizes)]
    first, second = ([tf.Variable(tf.zeros_like(v)) for v in variables] for _ in range(2))
    power_1, power_2 = tf.Variable(adam["beta_1"]), tf.Variable(adam["beta_2"])

    def train(x, y):
        with tf.GradientTape() as tape:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(y, _forward(variables, x))
            loss = tf.reduce_mean(losses)
        for variable, grad, m, v in zip(variables, tape.gradient(loss, variables), first, second):
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle, m=m.handle, v=v.handle, beta1_power=power_1, beta2_power=power_2, grad=grad,
                lr=adam["rate"], beta1=adam["beta_1"], beta2=adam["beta_2"], epsilon=adam["epsilon"])
        power_1.assign(power_1 * adam["beta_1"])
        power_2.assign(power_2 * adam["beta_2"])
        return loss

    return train


def train(sizes, batch):
    step = function(_train(sizes))
    x, y = map(tf.constant, workloads.samples(sizes, batch))
    return lambda: step(x, y).numpy()


def fit(sizes, batch):
    step = function(_train(sizes))
    return workloads.fit_step(lambda x, y: step(tf.constant(x), tf.constant(y)), sizes, batch)


def predict(sizes):
    variables = [tf.Variable(array) for array in workloads.weights(sizes)]
    forward = function(functools.partial(_forward, variables))
    x, _ = workloads.samples(sizes, 1)
    return lambda: forward(tf.constant(x)).numpy()
