"""The labelled equations of "Neurons, and what one hidden layer can do", by an independent route each."""

import itertools

import numpy as np
import pytest
import scipy.integrate
import scipy.optimize
import sympy as sp

from lib.losses import neurons as n

z = sp.symbols("z", real=True)
GRID = np.array([-4.0, -1.3, -0.2, 0.4, 1.0, 3.7])


@pytest.mark.equation("eq-threshold-unit")
def test_threshold_unit():
    X = np.random.default_rng(0).normal(size=(20, 3))
    by_hand = [1.0 if sum(a * b for a, b in zip(x, (1, -2, 0.5), strict=True)) + 0.3 > 0 else 0.0 for x in X]
    assert n.threshold_unit(X, [1, -2, 0.5], 0.3).tolist() == by_hand
    assert n.threshold_unit([[1.0]], [1.0], -1.0)[0] == 0  # on the line


@pytest.mark.equation("eq-xor-impossible")
def test_xor_impossible():
    """No weights satisfy the four conditions: an infeasible linear program; for the other gates it is feasible."""
    for gate, wanted in n.GATES.items():
        signs = np.where(np.array(wanted) == 1, -1.0, 1.0)
        rows = signs[:, None] * np.column_stack([np.ones(4), n.CORNERS])
        bounds = np.where(np.array(wanted) == 1, -1e-6, 0.0)
        feasible = scipy.optimize.linprog(np.zeros(3), rows, bounds, bounds=(None, None)).success
        assert feasible == (gate != "XOR")


@pytest.mark.equation("eq-xor-network")
def test_xor_network():
    for (x1, x2), wanted in zip(itertools.product((0, 1), repeat=2), n.GATES["XOR"], strict=True):
        first, second = int(x1 + x2 - 0.5 > 0), int(-x1 - x2 + 1.5 > 0)
        assert int(first + second - 1.5 > 0) == wanted


@pytest.mark.equation("eq-one-hidden-layer")
def test_one_hidden_layer():
    rng = np.random.default_rng(1)
    X, W, b, v = rng.normal(size=(4, 2)), rng.normal(size=(2, 3)), rng.normal(size=3), rng.normal(size=3)
    sums = [0.7 + sum(v[j] / (1 + np.exp(-(x @ W[:, j] + b[j]))) for j in range(3)) for x in X]
    assert np.allclose(n.OneHiddenLayer(W, b, v, 0.7)(X), sums, rtol=1e-13)


@pytest.mark.equation("eq-layers-collapse")
def test_layers_collapse():
    W1, W2 = sp.MatrixSymbol("W1", 3, 4), sp.MatrixSymbol("W2", 4, 2)
    X, b1, b2 = sp.MatrixSymbol("X", 1, 3), sp.MatrixSymbol("b1", 1, 4), sp.MatrixSymbol("b2", 1, 2)
    two = (X * W1 + b1) * W2 + b2
    one = X * (W1 * W2) + (b1 * W2 + b2)
    assert sp.simplify(sp.expand(two.as_explicit() - one.as_explicit())) == sp.zeros(1, 2)


def check_slope(formula, value, slope):
    derivative = sp.diff(formula, z)
    for at in GRID:
        assert value(np.array([at]))[0] == pytest.approx(float(formula.subs(z, at).evalf(30)), rel=1e-12)
        assert slope(np.array([at]))[0] == pytest.approx(float(derivative.subs(z, at).evalf(30)), rel=1e-12)


@pytest.mark.equation("eq-sigmoid-slope")
def test_sigmoid_slope():
    s = 1 / (1 + sp.exp(-z))
    assert sp.simplify(sp.diff(s, z) - s * (1 - s)) == 0
    check_slope(s, n.sigmoid, n.sigmoid_slope)
    assert n.sigmoid_slope(np.linspace(-9, 9, 1001)).max() == n.sigmoid_slope(np.zeros(1))[0] == 0.25


@pytest.mark.equation("eq-tanh")
def test_tanh():
    assert sp.simplify((2 / (1 + sp.exp(-2 * z)) - 1 - sp.tanh(z)).rewrite(sp.exp)) == 0
    assert sp.simplify(sp.diff(sp.tanh(z), z) - (1 - sp.tanh(z) ** 2)) == 0
    check_slope(sp.tanh(z), n.tanh, n.tanh_slope)


@pytest.mark.equation("eq-relu")
def test_relu():
    check_slope(sp.Piecewise((z, z > 0), (0, True)), n.relu, n.relu_slope)
    check_slope(sp.Piecewise((z, z > 0), (0.01 * z, True)), n.leaky_relu, n.leaky_relu_slope)


@pytest.mark.equation("eq-gelu")
def test_gelu():
    """Φ integrated anew."""
    for at in GRID:
        mass = scipy.integrate.quad(lambda t: np.exp(-t * t / 2) / np.sqrt(2 * np.pi), -np.inf, at)[0]
        assert n.gelu(np.array([at]))[0] == pytest.approx(at * mass, rel=1e-7)
    check_slope(z * (1 + sp.erf(z / sp.sqrt(2))) / 2, n.gelu, n.gelu_slope)


def wave(x):
    return np.sin(5 * x)


@pytest.mark.equation("eq-staircase")
def test_staircase():
    """The sum, term by term; between two jumps, far from both, it stands at f's value at the node."""
    m, s = 6, 40.0 * 6
    x = np.linspace(0, 1, 50)
    total = np.full(50, wave(0.0))
    for i in range(1, m + 1):
        middle = (i - 0.5) / m
        total += (wave(i / m) - wave((i - 1) / m)) / (1 + np.exp(-s * (x - middle)))
    network = n.staircase(wave, m)
    assert np.allclose(network(x[:, None]), total, atol=1e-12)
    nodes = np.arange(m + 1) / m
    assert np.allclose(network(nodes[:, None]), wave(nodes), atol=1e-6)


@pytest.mark.equation("eq-sup-distance")
def test_sup_distance():
    """The largest difference, found by a search instead of a grid."""
    network = n.staircase(wave, 5)
    starts = np.linspace(0, 1, 200)
    found = max(
        -scipy.optimize.minimize_scalar(
            lambda t: -abs(network(np.array([[t]]))[0] - wave(t)), bounds=(a, a + 0.005), method="bounded"
        ).fun
        for a in starts[:-1]
    )
    assert n.largest_error(network, wave) == pytest.approx(found, rel=1e-3)
