"""minikeras; eagerly where the environment has MINIKERAS_EAGER."""

import functools
import os

import minikeras
from step_peers import networks, tapes, workloads

VERSION = minikeras.__version__
EAGER = "MINIKERAS_EAGER" in os.environ
function = (lambda f: f) if EAGER else minikeras.function

gradient, elementwise, hessian_product, jacobian = (
    functools.partial(program, minikeras, function)
    for program in (tapes.gradient, tapes.elementwise, tapes.hessian_product, tapes.jacobian))
chain = functools.partial(tapes.chain, minikeras)
train, fit = (functools.partial(program, minikeras, run_eagerly=EAGER) for program in (networks.train, networks.fit))


def predict(sizes):
    ways = networks.predict(minikeras, sizes, run_eagerly=EAGER)
    if not EAGER:
        call = function(networks.network(minikeras, sizes))
        x, _ = workloads.samples(sizes, 1)
        ways["function(model)"] = lambda: call(x).numpy()
    return ways
