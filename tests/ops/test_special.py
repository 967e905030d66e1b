"""Special functions against digits computed with 40 places, and at their delicate points."""

import math

import numpy as np
import pytest

import minikeras as tf
from minikeras import ops
from minikeras.errors import DTypeError
from minikeras.ops import special
from minikeras.ops.error_function import erf, erfc, erfcinv, erfinv, ndtri

from .test_values import gradient, second

INF, NAN = np.inf, np.nan

REFERENCE = {
    "erfc": (erfc, [(0.3, 0.6713732405408726), (1.0, 0.15729920705028513), (5.5, 7.357847917974398e-15),
                            (20.96, 4.3111610255327654e-193), (26.5, 2.2109076642637343e-307),
                            (-1.5, 1.9661051464753108)]),
    "erfinv": (erfinv, [(1e-09, 8.86226925452758e-10), (0.3, 0.2724627147267543), (-0.7, -0.7328690779592167),
                                (0.999999, 3.458910737275499)]),
    "lgamma": (special.lgamma, [(1e-08, 18.42068073818021), (0.3, 1.0957979948180756),
                                (1.0000001, -5.772155829918507e-08), (1.9999999, -4.2278430309861296e-08),
                                (2.5, 0.2846828704729192), (7.3, 7.147892523022248), (55.5, 166.32150615984037),
                                (1e6, 12815504.569147611), (-0.5, 1.2655121234846454), (-3.7, -1.3797399049658245)]),
    "digamma": (special.digamma, [(1e-08, -100000000.57721564), (0.3, -3.502524222200133), (1.0, -0.5772156649015329),
                                  (2.5, 0.7031566406452432), (7.3, 1.9178203356379862), (1e6, 13.815510057964191),
                                  (-0.5, 0.03648997397857652), (-3.7, -0.8450768588704194)]),
    "trigamma": (lambda x: special.polygamma(1, x),
                 [(1e-08, 1.0000000000000002e+16), (0.3, 12.245364546107732), (1.0, math.pi ** 2 / 6),
                  (7.3, 0.1467957681314271), (1e6, 1.0000005000001667e-06), (-0.5, 8.934802200544679),
                  (-3.7, 14.84242186412428)]),
    "polygamma 4": (lambda x: special.polygamma(4.0, x),
                    [(0.3, -9883.46855549699), (1.0, -24.88626612344088), (7.3, -0.0027568956193746714),
                     (-3.7, -9738.778730383649)]),
    "zeta": (lambda x: special.zeta(2.5, x), [(0.3, 21.069239202247726), (1.0, 1.341487257250917),
                                              (7.3, 0.037470518158700956), (1e6, 6.66667166666875e-10)]),
    "i0": (special.i0, [(0.0001, 1.0000000025), (1.5, 1.646723189772891), (-20.0, 43558282.559553534),
                        (50.0, 2.9325537838493362e+20), (700.0, 1.5295933476718737e+302)]),
    "i1e": (special.i1e, [(0.0001, 4.999500031248542e-05), (1.5, 0.21903938742092569), (-20.0, -0.08750622218328867),
                          (50.0, 0.0559931238928954), (1e5, 0.0012615615301218171)]),
}


@pytest.mark.parametrize("name", REFERENCE)
def test_values_are_good_to_the_last_digits(name):
    function, points = REFERENCE[name]
    x, want = np.array(points).T
    np.testing.assert_allclose(function(x).numpy(), want, rtol=6e-15, atol=1e-15 if name == "digamma" else 0.0)
    assert function(x.astype(np.float32)).dtype == "float32"


def test_functions_agree_with_the_standard_library():
    x = np.linspace(-5.97, 28.0, 1700)
    np.testing.assert_allclose(erf(x).numpy(), [math.erf(v) for v in x], rtol=2e-15)
    np.testing.assert_allclose(erfc(x[x < 6]).numpy(), [math.erfc(v) for v in x[x < 6]], rtol=4e-15)
    np.testing.assert_allclose(special.lgamma(x).numpy(), [math.lgamma(v) for v in x], rtol=3e-15, atol=3e-15)
    np.testing.assert_allclose(special.i0(x).numpy(), np.i0(x), rtol=3e-15)
    np.testing.assert_allclose(ops.sinc(x).numpy(), np.sinc(x), rtol=1e-15, atol=1e-15)


def test_inverses_invert():
    x = np.linspace(-5.0, 5.0, 501)
    np.testing.assert_allclose(erfinv(erf(x[np.abs(x) < 2])).numpy(), x[np.abs(x) < 2], rtol=1e-13)
    np.testing.assert_allclose(erfcinv(erfc(x[x > -2])).numpy(), x[x > -2], rtol=1e-13, atol=1e-16)
    q = 10.0 ** np.arange(-300.0, 0.0)
    np.testing.assert_allclose(erfc(erfcinv(q)).numpy(), q, rtol=1e-12)
    assert ndtri(0.975).numpy() == pytest.approx(1.959963984540054, rel=1e-6)


@pytest.mark.parametrize(("function", "x", "want"), [
    (erf, [0.0, INF, -INF, NAN], [0, 1, -1, NAN]), (erfc, [INF, -INF, NAN], [0, 2, NAN]),
    (erfinv, [-1.0, 1.0, 1.5, NAN], [-INF, INF, NAN, NAN]),
    (erfcinv, [0.0, 1.0, 2.0, 2.5], [INF, 0, -INF, NAN]),
    (special.lgamma, [0.0, -1.0, INF, -INF, 1.0, 2.0, NAN], [INF, INF, INF, INF, 0, 0, NAN]),
    (special.digamma, [0.0, -1.0, INF, NAN], [NAN, NAN, INF, NAN]),
    (lambda x: special.polygamma(1, x), [0.0, -2.0, INF], [INF, INF, 0]),
    (lambda x: special.polygamma(x, 2.0), [1.5, -1.0], [NAN, NAN]),
    (lambda x: special.zeta(x, 2.0), [1.0, 0.5, NAN], [INF, NAN, NAN]),
    (lambda x: special.zeta(2.0, x), [0.0, -1.0, -0.5, NAN], [INF, INF, 8.934802200544679, NAN]),
    (special.i0, [0.0, INF, -INF, NAN], [1, INF, INF, NAN]), (special.i1, [0.0, INF, -INF], [0, INF, -INF]),
    (special.i0e, [0.0, INF], [1, 0]), (ops.sinc, [0.0, 0.5, NAN], [1, 2 / math.pi, NAN]),
])
def test_ends_and_poles(function, x, want):
    np.testing.assert_allclose(function(np.array(x)).numpy(), want, rtol=1e-14, atol=1e-16)


@pytest.mark.parametrize(("function", "at", "slope", "curvature"), [
    (ops.sinc, 0.0, 0.0, -math.pi ** 2 / 3), (special.i0, 0.0, 0.0, 0.5), (special.i1, 0.0, 0.5, 0.0),
    (erfinv, 0.0, math.sqrt(math.pi) / 2, 0.0), (special.lgamma, 1.0, -0.5772156649015329, math.pi ** 2 / 6),
])
def test_derivatives_where_a_formula_would_divide_by_zero(function, at, slope, curvature):
    assert gradient(function, [at]) == [pytest.approx(slope, rel=1e-14)]
    assert second(function, [at]) == [pytest.approx(curvature, rel=1e-14)]


def test_derivatives_of_sinc_are_accurate_near_zero():
    x = np.array([1e-9, 1e-4, 0.01, 0.3])
    terms = [2 * k * (-1) ** k * math.pi ** (2 * k) * x ** (2 * k - 1) / math.factorial(2 * k + 1)
             for k in range(1, 12)]
    np.testing.assert_allclose(gradient(ops.sinc, x), sum(terms), rtol=1e-14)


@pytest.mark.parametrize("function", [erf, special.lgamma, special.i0, ops.sinc])
def test_complex_numbers_are_refused(function):
    with pytest.raises(DTypeError, match="complex128"):
        function(tf.constant([1j]))


def test_erf_of_float32_is_right_to_its_last_bits():
    x = np.concatenate([np.linspace(-6, 6, 20_001), np.geomspace(1e-30, 1, 500)]).astype("float32")
    expected = np.array([math.erf(each) for each in x.tolist()])
    np.testing.assert_allclose(ops.erf(x).numpy(), expected, rtol=5e-7)
    assert np.isnan(ops.erf(np.float32("nan")).numpy())
    assert ops.erf(np.array([-np.inf, np.inf], "float32")).numpy().tolist() == [-1.0, 1.0]
