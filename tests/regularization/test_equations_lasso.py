"""The labelled equations of "The lasso", by an independent route each."""

import numpy as np
import pytest
import sympy as sp
from scipy.optimize import minimize

from lib.regularization import lasso as s

RNG = np.random.default_rng(9)
A, Y = RNG.normal(size=(9, 4)), 2 * RNG.normal(size=9)
LAM = 0.3 * s.lambda_max(A, Y)
W = s.lasso(A, Y, LAM)
norm = np.linalg.norm


def split_minimum(A, y, lam, lam2=0.0):
    """w = p − q with p, q ≥ 0: a smooth problem with bounds, for a general optimiser."""
    D = A.shape[1]

    def loss(v):
        w = v[:D] - v[D:]
        slope = A.T @ (A @ w - y) + lam2 * w
        return norm(A @ w - y) ** 2 / 2 + lam * v.sum() + lam2 * w @ w / 2, np.concatenate([slope, -slope]) + lam

    found = minimize(
        loss, np.zeros(2 * D), jac=True, bounds=[(0, None)] * (2 * D), options={"ftol": 1e-16, "gtol": 1e-12}
    )
    return found.x[:D] - found.x[D:]


@pytest.mark.equation("eq-lasso")
def test_lasso():
    w = RNG.normal(size=4)
    assert s.objective(A, Y, w, LAM) == pytest.approx(norm(A @ w - Y) ** 2 / 2 + LAM * norm(w, 1))
    assert np.allclose(W, split_minimum(A, Y, LAM), atol=1e-6)


@pytest.mark.equation("eq-abs-subdifferential")
def test_abs_subdifferential():
    """|v| ≥ |w| + g(v − w) for all v: exactly the slopes named, and no others."""
    v = np.linspace(-3, 3, 601)
    for w in (-1.5, 0.0, 0.7):
        allowed = [g for g in np.linspace(-2, 2, 401) if (np.abs(v) >= abs(w) + g * (v - w) - 1e-12).all()]
        expected = [np.sign(w)] if w else list(np.linspace(-1, 1, 201))
        assert np.allclose(allowed, expected, atol=1e-9)


@pytest.mark.equation("eq-lasso-optimality")
def test_optimality():
    pull = A.T @ (Y - A @ W)
    assert (W == 0).any() and (W != 0).any()
    assert np.allclose(pull[W != 0], LAM * np.sign(W[W != 0]))
    assert (np.abs(pull[W == 0]) <= LAM).all()
    assert s.optimality(A, Y, W, LAM) < 1e-9 and s.optimality(A, Y, W + 0.1, LAM) > 0.1


@pytest.mark.equation("eq-lambda-max")
def test_lambda_max():
    top = s.lambda_max(A, Y)
    assert not split_minimum(A, Y, 1.001 * top).any()
    assert np.abs(split_minimum(A, Y, 0.99 * top)).max() > 1e-4
    assert top == pytest.approx(max(abs(column @ Y) for column in A.T))


@pytest.mark.equation("eq-soft-threshold")
def test_soft_threshold():
    """Against the minimum over a fine grid."""
    grid = np.linspace(-4, 4, 80_001)
    for z in (-2.5, -0.6, 0.0, 0.6, 3.1):
        best = grid[np.argmin((grid - z) ** 2 / 2 + 0.7 * np.abs(grid))]
        assert float(s.soft_threshold(z, 0.7)) == pytest.approx(best, abs=2e-4)


@pytest.mark.equation("eq-lasso-orthonormal")
def test_lasso_orthonormal():
    Q, _ = np.linalg.qr(A)
    lam = 0.5
    assert np.allclose(s.lasso_orthonormal(Q, Y, lam), split_minimum(Q, Y, lam), atol=1e-6)
    assert np.allclose(s.lasso_orthonormal(Q, Y, lam), s.lasso(Q, Y, lam))


@pytest.mark.equation("eq-coordinate-step")
def test_coordinate_step():
    """The one-dimensional problem, over a fine grid; and one pass of the solver is these steps in order."""
    w = np.zeros(4)
    for j in range(4):
        rest = Y - A @ w + A[:, j] * w[j]
        grid = np.linspace(-5, 5, 100_001)
        values = 0.5 * (norm(rest) ** 2 - 2 * grid * (A[:, j] @ rest) + grid**2 * norm(A[:, j]) ** 2) + LAM * np.abs(
            grid
        )
        w[j] = s.soft_threshold(A[:, j] @ rest, LAM) / norm(A[:, j]) ** 2
        assert w[j] == pytest.approx(grid[np.argmin(values)], abs=2e-4)
    assert np.allclose(s.coordinate_descent(A, Y, LAM, passes=1).w, w)


@pytest.mark.equation("eq-proximal-step")
def test_proximal_step():
    """The parabola of curvature L above the smooth part: touched at w, above elsewhere, and minimised by the step."""
    L = norm(A, 2) ** 2
    w = RNG.normal(size=4)
    slope = A.T @ (A @ w - Y)
    step = s.soft_threshold(w - slope / L, LAM / L)

    def above(v):
        return norm(A @ w - Y) ** 2 / 2 + slope @ (v - w) + L / 2 * norm(v - w) ** 2 + LAM * norm(v, 1)

    for v in step + RNG.normal(size=(200, 4)) * np.logspace(-3, 1, 200)[:, None]:
        assert above(v) >= above(step) - 1e-12
        assert above(v) >= s.objective(A, Y, v, LAM) - 1e-9
    plain = s.proximal_gradient(A, Y, LAM, passes=1, momentum=False).w
    assert np.allclose(plain, s.soft_threshold(A.T @ Y / L, LAM / L))


@pytest.mark.equation("eq-fista")
def test_fista():
    """The recursion as printed, beside the solver's first steps; and its bound 2L‖w₀ − ŵ‖²/(t + 1)²."""
    L, w, z, t = norm(A, 2) ** 2, np.zeros(4), np.zeros(4), 1.0
    for count in range(1, 6):
        new = s.soft_threshold(z - A.T @ (A @ z - Y) / L, LAM / L)
        t_next = (1 + np.sqrt(1 + 4 * t * t)) / 2
        z, w, t = new + (t - 1) / t_next * (new - w), new, t_next
        short = s.proximal_gradient(A, Y, LAM, tol=1e-16, passes=count).w
        least = s.objective(A, Y, W, LAM)
        assert s.objective(A, Y, w, LAM) - least <= 2 * L * norm(W) ** 2 / (count + 1) ** 2
        if count <= 3:  # before any restart
            assert np.allclose(short, w)


@pytest.mark.equation("eq-lasso-dual")
def test_dual():
    """Every allowed θ gives a lower bound on every value; in symbols, the difference is the one in the text."""
    r, theta, pen = sp.symbols("r theta pen")
    y = r + sp.Symbol("Aw")
    primal, dual = r**2 / 2 + pen, y**2 / 2 - (y - theta) ** 2 / 2
    assert sp.expand(primal - dual - ((r - theta) ** 2 / 2 + pen - sp.Symbol("Aw") * theta)) == 0
    for _ in range(50):
        theta = RNG.normal(size=9)
        theta *= LAM / np.abs(A.T @ theta).max() * RNG.uniform(0, 1)
        for w in RNG.normal(size=(5, 4)):
            assert norm(Y) ** 2 / 2 - norm(Y - theta) ** 2 / 2 <= s.objective(A, Y, w, LAM) + 1e-12


@pytest.mark.equation("eq-duality-gap")
def test_duality_gap():
    least = s.objective(A, Y, W, LAM)
    assert s.duality_gap(A, Y, W, LAM) < 1e-10
    for w in RNG.normal(size=(50, 4)):
        r = Y - A @ w
        theta = min(1, LAM / np.abs(A.T @ r).max()) * r
        written = norm(r) ** 2 / 2 + LAM * norm(w, 1) - norm(Y) ** 2 / 2 + norm(Y - theta) ** 2 / 2
        assert s.duality_gap(A, Y, w, LAM) == pytest.approx(written)
        assert written >= s.objective(A, Y, w, LAM) - least - 1e-9


@pytest.mark.equation("eq-gap-certificate")
def test_gap_certificate():
    for w in W + RNG.normal(size=(200, 4)) * np.logspace(-4, 1, 200)[:, None]:
        assert norm(A @ (w - W)) ** 2 / 2 <= s.duality_gap(A, Y, w, LAM) + 1e-12


@pytest.mark.equation("eq-support-solve")
def test_support_solve():
    S = np.flatnonzero(W)
    exact = np.linalg.solve(A[:, S].T @ A[:, S], A[:, S].T @ Y - LAM * np.sign(W[S]))
    assert np.allclose(W[S], exact, rtol=1e-12)
    assert np.allclose(split_minimum(A, Y, LAM)[S], exact, atol=1e-6)


@pytest.mark.equation("eq-lasso-path")
def test_path_slope():
    h = 1e-4 * LAM
    slope = (s.lasso(A, Y, LAM + h) - s.lasso(A, Y, LAM - h)) / (2 * h)
    S = np.flatnonzero(W)
    assert np.allclose(slope[S], -np.linalg.inv(A[:, S].T @ A[:, S]) @ np.sign(W[S]), rtol=1e-6)
    assert not slope[W == 0].any()


@pytest.mark.equation("eq-elastic-net")
@pytest.mark.equation("eq-elastic-augmented")
def test_elastic_net():
    lam2 = 1.7
    rows, below = np.vstack([A, np.sqrt(lam2) * np.eye(4)]), np.append(Y, np.zeros(4))
    for w in RNG.normal(size=(10, 4)):
        squares = norm(A @ w - Y) ** 2 / 2 + lam2 * norm(w) ** 2 / 2
        assert norm(rows @ w - below) ** 2 / 2 == pytest.approx(squares)
        assert s.objective(A, Y, w, LAM, lam2) == pytest.approx(squares + LAM * norm(w, 1))
    found = s.lasso(A, Y, LAM, lam2)
    assert np.allclose(found, s.lasso(rows, below, LAM)) and np.allclose(
        found, split_minimum(A, Y, LAM, lam2), atol=1e-6
    )
