"""The readable definitions that the pages show, beside the functions that are used: the same answers."""

import numpy as np
import pytest

from lib.book import datasets
from lib.least_squares import conditioning, direct, iterative
from lib.least_squares.accuracy import problem


@pytest.mark.parametrize("steps", [0, 1, 5, 12])
def test_schulz(steps):
    A = problem(30, 5, 10.0, 0.1).A
    assert np.allclose(iterative.schulz_plain(A, steps), iterative.schulz_inverse(A, 0.0, steps).x, atol=1e-12)


@pytest.mark.parametrize("steps", [0, 1, 5, 8])
def test_conjugate_gradients(steps):
    rng = np.random.default_rng(steps)
    B, c = rng.normal(size=(8, 8)), rng.normal(size=8)
    S = B @ B.T + np.eye(8)
    given = c.copy()
    careful = iterative.conjugate_gradients(S, c, tol=0.0, max_iterations=steps).x
    assert np.allclose(iterative.conjugate_gradients_plain(S, c, steps), careful, atol=1e-10)
    assert np.array_equal(c, given)


def test_parts_of_the_direct_solvers():
    rng = np.random.default_rng(4)
    A, b = rng.normal(size=(50, 4)), rng.normal(size=50)
    given = A.copy(), b.copy()
    for mine, public in zip(direct.clear_columns(A), direct.householder_qr(A), strict=True):
        assert np.array_equal(mine, public)
    V, _ = direct.householder_qr(A)
    assert np.array_equal(direct.through_mirrors(V, b), direct.apply_qt(V, b))
    for block in (4, 7, 50, 100):
        R = direct.triangle_by_blocks(A, b, block)
        M = np.column_stack([A, b])
        assert np.allclose(R.T @ R, M.T @ M) and np.allclose(R, np.triu(R))
    assert np.array_equal(A, given[0]) and np.array_equal(b, given[1])


# ------------------------------------------------------------------------------- what the pages say of the numbers
def test_the_rule_of_thumb_is_no_bound():
    """Longley, centred: the worst change of A costs more digits than log₁₀ κ."""
    data = datasets.longley()
    A = data.A[:, 1:] - data.A[:, 1:].mean(axis=0)
    A, b = A / np.linalg.norm(A, axis=0), data.b - data.b.mean()
    found = conditioning.least_squares_conditioning(A, b)
    assert found.kappa == pytest.approx(110.5, abs=0.1) and found.w_A_reached == pytest.approx(178, abs=0.5)
    w = np.linalg.lstsq(A, b, rcond=None)[0]
    full = np.linalg.lstsq(data.A, data.b, rcond=None)[0]
    assert np.allclose(w / np.linalg.norm(data.A[:, 1:] - data.A[:, 1:].mean(axis=0), axis=0), full[1:], rtol=1e-4)


@pytest.mark.parametrize("degrees, times", [(0, 100), (0.573, 200), (10, 1863), (45, 10_100)])
def test_how_slowly_kappa_squared_takes_over(degrees, times):
    """At κ = 100 and η = 1: twice κ at 0.6°, 10^3.3 at 10°, κ² at 45°; with η = κ never more than a multiple of κ."""
    A = np.array([[100.0, 0], [0, 1], [0, 0]])
    tangent = np.tan(np.deg2rad(degrees))
    strong = conditioning.least_squares_conditioning(A, [1.0, 0, tangent])
    weak = conditioning.least_squares_conditioning(A, [0.0, 1, tangent])
    assert strong.eta == pytest.approx(1) and strong.w_A == pytest.approx(times, rel=1e-3)
    assert weak.eta == pytest.approx(100) and weak.w_A == pytest.approx(100 * (1 + tangent))


def test_what_tells_the_wampler_sets_apart():
    sets = [datasets.strd()[f"Wampler{i}"] for i in range(1, 6)]
    for i, d in enumerate(sets):
        expected = 0.1 ** np.arange(6) if i == 1 else np.ones(6)
        assert np.allclose(d.certified, expected, rtol=1e-12) and np.array_equal(d.A, sets[0].A)
    whole = [d for i, d in enumerate(sets) if i != 1]
    exact = [[sum(int(x) * int(y) for x, y in zip(column, d.b, strict=True)) for column in d.A.T] for d in whole]
    assert all(row == exact[0] for row in exact), "the noise is orthogonal to the columns, exactly"
    assert all(np.array_equal(d.A.T @ d.b, exact[0]) for d in whole), "and no product is rounded"
    answers = [direct.normal_equations(d.A, d.b) for d in whole]
    assert all(np.array_equal(answers[0], w) for w in answers)
