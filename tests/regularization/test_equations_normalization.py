"""The labelled equations of "Batch and layer normalization", by an independent route each."""

import numpy as np
import pytest
import sympy as sp

from lib.regularization import normalization as n

RNG = np.random.default_rng(31)
X, G = RNG.normal(size=(6, 2)) * 2 + 1, RNG.normal(size=(6, 2))
GAMMA, BETA = np.array([1.5, -0.7]), np.array([0.2, 3.0])


@pytest.mark.equation("eq-batch-mean")
@pytest.mark.equation("eq-batch-variance")
@pytest.mark.equation("eq-batch-norm")
def test_batch_norm():
    """In exact fractions for one feature."""
    x = [sp.Integer(1), sp.Integer(4), sp.Rational(-1, 2)]
    mean = sum(x) / 3
    variance = sum((v - mean) ** 2 for v in x) / 3
    exact = [2 * (v - mean) / sp.sqrt(variance + sp.Rational(1, 10)) + 5 for v in x]
    y, _ = n.batch_norm([[float(v)] for v in x], [2.0], [5.0], eps=0.1)
    assert np.allclose(y[:, 0], [float(v) for v in exact])


@pytest.mark.equation("eq-running-mean")
@pytest.mark.equation("eq-running-variance")
def test_running_statistics():
    """Unrolled: after T batches the weights are ρ(1 − ρ)^(T−t), and (1 − ρ)^T on the start; ddof = 1 for the variance."""
    layer, rho = n.BatchNorm(2, momentum=0.3), 0.3
    batches = RNG.normal(size=(4, 5, 2)) + 2
    for batch in batches:
        layer(batch)
    weights = [rho * (1 - rho) ** (3 - t) for t in range(4)]
    assert np.allclose(layer.running_mean, sum(w * b.mean(axis=0) for w, b in zip(weights, batches, strict=True)))
    expected = (1 - rho) ** 4 + sum(w * b.var(axis=0, ddof=1) for w, b in zip(weights, batches, strict=True))
    assert np.allclose(layer.running_variance, expected)


@pytest.mark.equation("eq-batch-norm-differential")
def test_differential():
    """In symbols, for three samples: the derivative of x̂ along dx."""
    t = sp.Symbol("t")
    x, dx = sp.Matrix([1, 4, -2]), sp.Matrix([3, -1, 5])
    eps = sp.Rational(1, 7)

    def normalise(v):
        mean = sum(v) / 3
        return (v - mean * sp.ones(3, 1)) / sp.sqrt(sum((e - mean) ** 2 for e in v) / 3 + eps)

    found = normalise(x + t * dx).diff(t).subs(t, 0)
    x_hat, s = normalise(x), sp.sqrt(sum((e - sum(x) / 3) ** 2 for e in x) / 3 + eps)
    written = (dx - sum(dx) / 3 * sp.ones(3, 1) - x_hat * (x_hat.dot(dx) / 3)) / s
    assert sp.simplify(found - written) == sp.zeros(3, 1)


@pytest.mark.equation("eq-batch-norm-gradient")
def test_gradient():
    """By differences, for x, γ and β."""
    _, cache = n.batch_norm(X, GAMMA, BETA)

    def loss(x=X, gamma=GAMMA, beta=BETA):
        return np.sum(G * n.batch_norm(x, gamma, beta)[0])

    dx, dgamma, dbeta = n.batch_norm_gradient(G, cache)
    h = 1e-6
    for i, j in np.ndindex(*X.shape):
        d = np.zeros_like(X)
        d[i, j] = h
        assert dx[i, j] == pytest.approx((loss(X + d) - loss(X - d)) / (2 * h), abs=1e-7)
    for j, d in enumerate(h * np.eye(2)):
        assert dgamma[j] == pytest.approx((loss(gamma=GAMMA + d) - loss(gamma=GAMMA - d)) / (2 * h), abs=1e-7)
        assert dbeta[j] == pytest.approx((loss(beta=BETA + d) - loss(beta=BETA - d)) / (2 * h), abs=1e-7)


@pytest.mark.equation("eq-scale-invariance")
def test_scale_invariance():
    x, c = sp.symbols("x1:4", real=True), sp.Symbol("c", positive=True)

    def normalise(v):
        mean = sum(v) / 3
        return [(e - mean) / sp.sqrt(sum((f - mean) ** 2 for f in v) / 3) for e in v]

    values = dict(zip(x, (1, 5, -3), strict=True))
    for a, b in zip(normalise([c * v for v in x]), normalise(list(x)), strict=True):
        assert sp.simplify((a - b).subs(values)) == 0
    assert np.allclose(n.batch_norm(7 * X, GAMMA, BETA, 0.0)[0], n.batch_norm(X, GAMMA, BETA, 0.0)[0])


@pytest.mark.equation("eq-orthogonal-gradient")
def test_orthogonal_gradient():
    """Any loss behind the normalization: Euler's theorem for functions that do not change with scale, by differences."""
    A, w = RNG.normal(size=(8, 3)), RNG.normal(size=3)

    def loss(v):
        y = n.batch_norm((A @ v)[:, None], [1.3], [0.4], eps=0.0)[0]
        return np.sum(np.sin(y) + y**3)

    def slope(v):
        return np.array([(loss(v + d) - loss(v - d)) / 2e-6 for d in 1e-6 * np.eye(3)])

    assert abs(w @ slope(w)) < 1e-6 and np.linalg.norm(slope(w)) > 0.1
    assert np.allclose(slope(4 * w), slope(w) / 4, atol=1e-6)


@pytest.mark.equation("eq-batch-noise")
def test_batch_noise():
    """Simulation with normal data: the formula is within a few per cent at m = 64, and meets it as m grows."""
    rng = np.random.default_rng(0)
    for x_hat in (0.0, 1.0, 2.0):
        for m, tolerance in ((64, 0.06), (512, 0.04)):
            batches = rng.normal(size=(8000, m - 1))
            values = np.column_stack([np.full(8000, x_hat), batches])
            found = ((x_hat - values.mean(axis=1)) / values.std(axis=1)).std()
            assert found == pytest.approx(n.batch_noise_sd(x_hat, m), rel=tolerance)


@pytest.mark.equation("eq-batch-of-two")
def test_batch_of_two():
    for a, b in ((3.0, 7.0), (100.0, -2.0), (0.01, 0.02)):
        y, _ = n.batch_norm([[a], [b]], [1.0], [0.0], eps=1e-5)
        half = abs(a - b) / 2
        written = np.sign(a - b) * half / np.sqrt(half**2 + 1e-5)
        assert np.allclose(y[:, 0], [written, -written])
    assert np.allclose(np.abs(n.batch_norm([[3.0], [7.0]], [1.0], [0.0])[0]), 1, atol=1e-5)


@pytest.mark.equation("eq-layer-norm")
def test_layer_norm():
    """Sample by sample, with plain sums."""
    y, _ = n.layer_norm(X, GAMMA, BETA, eps=0.01)
    for row, out in zip(X, y, strict=True):
        mean = sum(row) / 2
        variance = sum((v - mean) ** 2 for v in row) / 2
        assert np.allclose(
            out, [g * (v - mean) / (variance + 0.01) ** 0.5 + b for v, g, b in zip(row, GAMMA, BETA, strict=True)]
        )


@pytest.mark.equation("eq-layer-norm-gradient")
def test_layer_norm_gradient():
    x, g = RNG.normal(size=(2, 3, 4)), RNG.normal(size=(2, 3, 4))
    gamma, beta = RNG.normal(size=4), RNG.normal(size=4)
    dx, _, _ = n.layer_norm_gradient(g, n.layer_norm(x, gamma, beta)[1])
    for at in np.ndindex(*x.shape):
        d = np.zeros_like(x)
        d[at] = 1e-6
        up, down = (np.sum(g * n.layer_norm(x + e, gamma, beta)[0]) for e in (d, -d))
        assert dx[at] == pytest.approx((up - down) / 2e-6, abs=1e-7)
