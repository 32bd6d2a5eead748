"""The labelled equations of "Regression losses and their gradients", by an independent route each."""

import numpy as np
import pytest
import sympy as sp

from lib.losses import regression as r
from lib.losses.backprop import numerical_gradient

RNG = np.random.default_rng(7)
A, W, Y = RNG.normal(size=(8, 3)), RNG.normal(size=3), RNG.normal(size=8) + 4
E = A @ W - Y


@pytest.mark.equation("eq-mse")
@pytest.mark.equation("eq-rmse")
@pytest.mark.equation("eq-mae")
@pytest.mark.equation("eq-mape")
def test_definitions():
    """Written out with exact fractions."""
    p, y = [sp.Rational(1, 2), 3, -2], [1, sp.Rational(5, 2), -4]
    gaps = [a - b for a, b in zip(p, y, strict=True)]
    given = [float(v) for v in p], [float(v) for v in y]
    assert r.mse(*given) == pytest.approx(float(sum(g**2 for g in gaps) / 3))
    assert r.rmse(*given) == pytest.approx(float(sp.sqrt(sum(g**2 for g in gaps) / 3)))
    assert r.mae(*given) == pytest.approx(float(sum(abs(g) for g in gaps) / 3))
    assert r.mape(*given) == pytest.approx(float(sum(abs(g) / abs(b) for g, b in zip(gaps, y, strict=True)) / 3))


@pytest.mark.equation("eq-loss-differential")
def test_loss_differential():
    """For any smooth loss the change along dw is (1/N) sᵀA dw, in symbols for a loss left open."""
    ell = sp.Function("ell")
    t, e = sp.Symbol("t"), sp.Symbol("e")
    table, w, dw, y = sp.Matrix([[1, 2], [3, -1], [0, 5]]), sp.Matrix([1, -2]), sp.Matrix([2, 3]), sp.Matrix([4, 0, 1])
    loss = sum(ell(v) for v in table * (w + t * dw) - y) / 3
    slopes = sp.Matrix([ell(e).diff(e).subs(e, v) for v in table * w - y])
    assert sp.simplify(loss.diff(t).subs(t, 0).doit() - ((slopes.T * table * dw)[0] / 3).doit()) == 0


@pytest.mark.equation("eq-mse-gradient")
def test_mse_gradient():
    """Symbolic derivatives of the sum of squares."""
    w = sp.Matrix(sp.symbols("w1:4"))
    loss = sum((sp.Matrix(A) * w - sp.Matrix(Y)).applyfunc(lambda v: v**2)) / 8
    exact = [float(loss.diff(v).subs(dict(zip(w, W, strict=True)))) for v in w]
    assert np.allclose(r.mse_gradient(A, W, Y), exact, rtol=1e-12)


@pytest.mark.equation("eq-rmse-gradient")
@pytest.mark.equation("eq-mae-gradient")
@pytest.mark.equation("eq-mape-gradient")
@pytest.mark.parametrize("name", ["rmse", "mae", "mape"])
def test_gradients_by_differences(name):
    loss = getattr(r, name)
    found = getattr(r, f"{name}_gradient")(A, W, Y)
    assert np.allclose(found, numerical_gradient(lambda w: loss(A @ w, Y), W), atol=1e-8)
    if name == "rmse":  # the direction of ∇MSE, 2·RMSE times shorter
        assert np.allclose(2 * r.rmse(A @ W, Y) * found, r.mse_gradient(A, W, Y))


@pytest.mark.equation("eq-huber")
def test_huber():
    """Both pieces, by integrating the slope clip(e, −δ, δ) from 0."""
    for delta in (0.5, 2.0):
        for e in (-3.0, -0.4, 0.0, 0.5, 7.0):
            grid = np.linspace(0, e, 200_001)
            integral = np.trapezoid(np.clip(grid, -delta, delta), grid)
            assert r.huber([e], [0.0], delta) == pytest.approx(integral, abs=1e-8)


@pytest.mark.equation("eq-huber-gradient")
def test_huber_gradient():
    for delta in (0.3, 1.0, 5.0):
        assert np.allclose(
            r.huber_gradient(A, W, Y, delta), numerical_gradient(lambda w, d=delta: r.huber(A @ w, Y, d), W), atol=1e-8
        )


@pytest.mark.equation("eq-huber-weights")
def test_huber_weights():
    """Weight times error is the clipped error; and the weighted parabola touches the loss from above."""
    delta = 0.8
    weights = r.huber_weights(E, delta)
    assert np.allclose(weights * E, np.clip(E, -delta, delta))
    for e, omega in zip(E, weights, strict=True):
        other = np.linspace(-9, 9, 301)
        above = r.huber([e], [0.0], delta) + omega * (other**2 - e**2) / 2
        assert all(r.huber([o], [0.0], delta) <= a + 1e-12 for o, a in zip(other, above, strict=True))


@pytest.mark.equation("eq-pinball")
def test_pinball():
    """τ for each unit too low, 1 − τ for each unit too high; its best constant has the share τ below."""
    assert r.pinball([2.0], [5.0], 0.8) == pytest.approx(0.8 * 3)
    assert r.pinball([5.0], [2.0], 0.8) == pytest.approx(0.2 * 3)
    y = np.random.default_rng(1).normal(size=101)
    best = r.fit_pinball(np.ones((101, 1)), y, 0.3)[0]
    assert best == pytest.approx(np.sort(y)[30])


@pytest.mark.equation("eq-pinball-gradient")
def test_pinball_gradient():
    for tau in (0.2, 0.9):
        found = r.pinball_gradient(A, W, Y, tau)
        assert np.allclose(found, numerical_gradient(lambda w, t=tau: r.pinball(A @ w, Y, t), W), atol=1e-8)
    on_target = r.pinball_gradient(np.eye(2), np.array([1.0, 2.0]), np.array([1.0, 5.0]), 0.2)
    assert np.allclose(on_target, [0.0, -0.1])
