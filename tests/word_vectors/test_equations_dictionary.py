"""The labelled equations of "Two spaces, one dictionary", by an independent route each."""

import numpy as np
import pytest
import scipy.optimize
import scipy.spatial
import scipy.stats
import sympy as sp

from lib.word_vectors import alignment, counting, word2vec

RNG = np.random.default_rng(9)
X, Y = RNG.normal(size=(2, 14, 4))


def rotation(d=4, rng=RNG):
    return scipy.stats.ortho_group.rvs(d, random_state=rng)


@pytest.mark.equation("eq-free-coordinates")
def test_free_coordinates():
    """Another basis, the same scores, and so the same loss of word2vec."""
    W, U, R = RNG.normal(size=(6, 3)), RNG.normal(size=(6, 3)), RNG.normal(size=(3, 3))
    W2, U2 = W @ R, U @ np.linalg.inv(R).T
    assert np.allclose(W2 @ U2.T, W @ U.T)
    assert word2vec.softmax_loss(W2, U2, 1, 4) == pytest.approx(word2vec.softmax_loss(W, U, 1, 4))


@pytest.mark.equation("eq-balance")
def test_balance():
    """Symbolically for any slopes; in a run with small steps; and no R but orthogonal ones keeps the balance."""
    W, U, G = (sp.MatrixSymbol(name, *shape) for name, shape in (("W", (3, 2)), ("U", (3, 2)), ("G", (3, 3))))
    dW, dU = -G * U, -G.T * W
    rate = dW.T * W + W.T * dW - dU.T * U - U.T * dU
    assert sp.simplify(rate.as_explicit()) == sp.zeros(2, 2)
    C = RNG.integers(1, 9, size=(5, 5)) + 0.0
    w, u = 0.01 * RNG.normal(size=(5, 2)), np.zeros((5, 2))
    for _ in range(20_000):
        _, g = counting.expected_loss(w @ u.T, C + C.T, 5)
        w, u = w - 0.02 * g @ u, u - 0.02 * g.T @ w
    assert np.abs(w.T @ w - u.T @ u).max() < 0.05 * np.abs(w.T @ w).max()
    # with M = WᵀW = UᵀU the condition is P M P = M for P = R Rᵀ, whose only positive definite solution is I
    M = np.array([[2.0, 0.5], [0.5, 1.0]])
    wrong = lambda r: (P := np.array([[np.exp(r[0]), r[1]], [r[1], np.exp(r[2])]])) @ M @ P - M
    for start in RNG.normal(scale=0.3, size=(10, 3)):
        found = scipy.optimize.least_squares(lambda r: wrong(r)[np.triu_indices(2)], start)
        P = np.array([[np.exp(found.x[0]), found.x[1]], [found.x[1], np.exp(found.x[2])]])
        if found.cost < 1e-12 and np.linalg.eigvalsh(P).min() > 0:
            assert np.allclose(P, np.eye(2), atol=1e-4)


@pytest.mark.equation("eq-least-squares-map")
def test_least_squares_map():
    """The minimiser by descent without a formula, and the formula."""
    loss = lambda w: np.sum((X @ w.reshape(4, 4) - Y) ** 2)
    found = scipy.optimize.minimize(loss, np.zeros(16), method="BFGS", options={"gtol": 1e-8}).x.reshape(4, 4)
    formula = np.linalg.inv(X.T @ X) @ X.T @ Y
    assert np.allclose(found, formula, atol=1e-5) and np.allclose(alignment.least_squares_map(X, Y), formula)


@pytest.mark.equation("eq-precision")
def test_precision():
    found, gold = RNG.integers(0, 5, size=(40, 3)), RNG.integers(0, 5, size=40)
    by_hand = sum(int(g in set(row)) for row, g in zip(found.tolist(), gold.tolist(), strict=True)) / 40
    assert alignment.precision(found, gold) == pytest.approx(by_hand)


@pytest.mark.equation("eq-procrustes-problem")
def test_procrustes_problem():
    """In the plane all orthogonal matrices can be walked through: none is better."""
    x, y = RNG.normal(size=(2, 7, 2))
    least = np.inf
    for t in np.linspace(0, 2 * np.pi, 20_001):
        turn = np.array([[np.cos(t), np.sin(t)], [-np.sin(t), np.cos(t)]])
        least = min(least, np.linalg.norm(x @ turn - y), np.linalg.norm(x @ turn * [1, -1] - y))
    assert np.linalg.norm(x @ alignment.procrustes(x, y) - y) == pytest.approx(least, rel=1e-6)


@pytest.mark.equation("eq-procrustes-trace")
def test_procrustes_trace():
    """Symbolically in the plane, for every angle, and numerically in four dimensions."""
    t = sp.symbols("t", real=True)
    x, y = (sp.Matrix(3, 2, sp.symbols(f"{name}:6", real=True)) for name in "xy")
    W = sp.Matrix([[sp.cos(t), sp.sin(t)], [-sp.sin(t), sp.cos(t)]])
    norm = lambda M: sum(e**2 for e in M)
    assert sp.simplify(norm(x * W - y) - (norm(x) + norm(y) - 2 * (W.T * x.T * y).trace())) == 0
    Q = rotation()
    right = np.sum(X**2) + np.sum(Y**2) - 2 * np.trace(Q.T @ X.T @ Y)
    assert np.sum((X @ Q - Y) ** 2) == pytest.approx(right)


@pytest.mark.equation("eq-trace-bound")
def test_trace_bound():
    """Never exceeded by a random orthogonal matrix; met by one that is free where σ is zero, and by no other."""
    sigma = np.array([3.0, 1.0, 0.0, 0.0])
    for _ in range(200):
        assert np.trace(np.diag(sigma) @ rotation()) <= sigma.sum() + 1e-12
    Z = np.eye(4)
    Z[2:, 2:] = rotation(2)
    assert np.trace(np.diag(sigma) @ Z) == pytest.approx(4)
    Z = np.eye(4)[[0, 2, 1, 3]]
    assert np.trace(np.diag(sigma) @ Z) < 4


@pytest.mark.equation("eq-procrustes")
def test_procrustes():
    """By descent over exp of skew matrices from several starts, and by the polar decomposition."""
    from scipy.linalg import expm, polar

    upper = np.triu_indices(4, 1)

    def turned(v, start):
        A = np.zeros((4, 4))
        A[upper] = v
        return start @ expm(A - A.T)

    best = min(
        scipy.optimize.minimize(lambda v, s=s: np.sum((X @ turned(v, s) - Y) ** 2), np.zeros(6)).fun
        for s in (np.eye(4), np.diag([1.0, 1, 1, -1]), rotation(), rotation())
    )
    W = alignment.procrustes(X, Y)
    assert np.sum((X @ W - Y) ** 2) == pytest.approx(best, rel=1e-6)
    assert np.allclose(W, polar(X.T @ Y)[0])


@pytest.mark.equation("eq-hubs")
def test_hubs():
    distances = np.array([[scipy.spatial.distance.cosine(x, y) for y in Y] for x in X])
    lists = [set(np.argsort(row)[:3].tolist()) for row in distances]
    assert alignment.hubs(X, Y, 3).tolist() == [sum(y in some for some in lists) for y in range(len(Y))]


@pytest.mark.equation("eq-skewness")
def test_skewness():
    values = RNG.exponential(size=400)
    assert alignment.skewness(values) == pytest.approx(scipy.stats.skew(values))
    assert alignment.skewness(-values) == pytest.approx(-scipy.stats.skew(values))


@pytest.mark.equation("eq-common-part")
def test_common_part():
    """By integration: each coordinate of x − y has the second moment 1 + y²."""
    x, y = sp.symbols("x y", real=True)
    density = sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi)
    assert sp.simplify(sp.integrate((x - y) ** 2 * density, (x, -sp.oo, sp.oo)) - (1 + y**2)) == 0


@pytest.mark.equation("eq-hub-cause")
def test_hub_cause():
    unit = lambda M: M / np.linalg.norm(M, axis=1, keepdims=True)
    mean = unit(X).mean(axis=0)
    for y in Y:
        average = np.mean([1 - scipy.spatial.distance.cosine(x, y) for x in X])
        assert average == pytest.approx(mean @ y / np.linalg.norm(y))


@pytest.mark.equation("eq-neighbourhood")
def test_neighbourhood():
    for A, B in ((X, Y), (Y, X)):
        cosines = 1 - scipy.spatial.distance.cdist(A, B, "cosine")
        by_hand = [np.mean(sorted(row)[-3:]) for row in cosines]
        assert np.allclose(alignment.neighbourhood(A, B, 3), by_hand)


@pytest.mark.equation("eq-csls")
def test_csls():
    cosines = 1 - scipy.spatial.distance.cdist(X, Y, "cosine")
    table = 2 * cosines - np.sort(cosines, 1)[:, -3:].mean(1)[:, None] - np.sort(cosines, 0)[-3:].mean(0)
    rows, scores = alignment.csls(X, Y, 3, best=14)
    assert np.allclose(np.take_along_axis(table, rows, 1), scores) and (np.diff(scores) <= 1e-12).all()
