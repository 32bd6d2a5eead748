"""The labelled equations of "Completing a matrix", by an independent route each."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize, minimize_scalar

from lib.unsupervised.completion import als, descent, implicit, nonnegative
from lib.unsupervised.completion import ratings as rt
from lib.unsupervised.exercises.completion import all_users, observed_objective, one_pass_of_biases, parts_updated

RNG = np.random.default_rng(21)


def drawn(m=7, n=6, share=0.6) -> tuple[np.ndarray, np.ndarray]:
    mask = (RNG.random((m, n)) < share).astype(int)
    mask[0, 0] = mask[-1, -1] = 1
    return mask * RNG.normal(3, 1, size=(m, n)), mask


def as_ratings(R, mask) -> rt.Ratings:
    return rt.observed(np.where(mask == 1, R, np.nan))


@pytest.mark.equation("eq-shrunk-biases")
def test_a_shrunk_bias_minimises_its_ridge():
    R, mask = drawn()
    found = rt.biases(as_ratings(R, mask), 2.0, 3.0)
    rest = R - found.mean
    for i in range(6):
        cost = lambda c, i=i: np.sum(mask[:, i] * (rest[:, i] - c) ** 2) + 2.0 * c**2
        assert np.isclose(found.columns[i], minimize_scalar(cost).x, atol=1e-7)
    rest = rest - found.columns
    for u in range(7):
        cost = lambda b, u=u: np.sum(mask[u] * (rest[u] - b) ** 2) + 3.0 * b**2
        assert np.isclose(found.rows[u], minimize_scalar(cost).x, atol=1e-7)
    both = rt.biases(as_ratings(R, mask), 2.0, 2.0)
    for mine, theirs in zip(
        one_pass_of_biases.function(R, mask, 2.0), (both.mean, both.rows, both.columns), strict=True
    ):
        assert np.allclose(mine, theirs)


@pytest.mark.equation("eq-completion-loss")
def test_the_objective_rating_by_rating():
    R, mask = drawn()
    U, V = RNG.normal(size=(7, 2)), RNG.normal(size=(6, 2))
    total = 0.0
    for u, i in zip(*np.nonzero(mask), strict=True):  # each rating pays for its user and for its film
        total += (R[u, i] - U[u] @ V[i]) ** 2 + 0.3 * (U[u] @ U[u] + V[i] @ V[i])
    assert np.isclose(total, als.objective(as_ratings(R, mask), U, V, 0.3))
    assert np.isclose(total, observed_objective.function(R, mask, U, V, 0.3))


@pytest.mark.equation("eq-als-row")
def test_a_users_vector_is_where_the_gradient_is_0():
    R, mask = drawn()
    V = RNG.normal(size=(6, 3))
    U = torch.tensor(als.solve_rows(as_ratings(R, mask).by_rows, V, 0.4), requires_grad=True)
    Rt, Mt, Vt = (torch.tensor(a, dtype=torch.float64) for a in (R, mask, V))
    loss = (Mt * (Rt - U @ Vt.T) ** 2).sum() + 0.4 * (Mt.sum(1) * (U**2).sum(1)).sum()
    loss.backward()
    assert U.grad.abs().max() < 1e-10
    assert np.allclose(U.detach().numpy(), all_users.function(R, mask, V, 0.4))


@pytest.mark.equation("eq-gram-by-product")
def test_one_product_makes_every_users_matrix():
    _, mask = drawn()
    V = RNG.normal(size=(6, 3))
    a, b = np.triu_indices(3)
    rows = mask @ (V[:, a] * V[:, b])
    for u in range(7):
        Vu = V[mask[u] == 1]
        assert np.allclose(rows[u], (Vu.T @ Vu)[a, b])


@pytest.mark.equation("eq-biased-factors")
@pytest.mark.equation("eq-rating-gradient")
def test_a_ratings_gradient_by_differences():
    m, n, r = 3, 4, 2
    b, c, U, V = RNG.normal(size=m), RNG.normal(size=n), RNG.normal(size=(m, r)), RNG.normal(size=(n, r))
    model = descent.Biased(3.5, b, c, U, V)
    place = rt.Ratings([1], [2], [4.0], (m, n))
    assert np.isclose(model.at(place)[0], 3.5 + b[1] + c[2] + sum(U[1, k] * V[2, k] for k in range(r)))
    assert np.isclose(model.table()[1, 2], model.at(place)[0])

    def loss(z):
        e = 3.5 + z[0] + z[1] + z[2:4] @ z[4:] - 4.0
        return e**2 + 0.2 * (z @ z)

    at = np.concatenate([[b[1], c[2]], U[1], V[2]])
    slopes = np.concatenate([np.atleast_1d(s) for s in descent.one_rating(4.0, 3.5, b[1], c[2], U[1], V[2], 0.2)])
    for k in range(6):
        step = np.eye(6)[k] * 1e-6
        assert np.isclose((loss(at + step) - loss(at - step)) / 2e-6, 2 * slopes[k], atol=1e-6)


@pytest.mark.equation("eq-low-rank-freedom")
@pytest.mark.parametrize(("m", "n", "r"), [(4, 5, 2), (6, 6, 1), (7, 4, 3), (3, 5, 3)])
def test_the_freedom_is_the_rank_of_the_jacobian(m, n, r):
    """Of (U, V) → UVᵀ: as many independent directions as the formula says."""
    U, V = RNG.normal(size=(m, r)), RNG.normal(size=(n, r))
    columns = []
    for k in range(m * r):
        dU = np.zeros(m * r)
        dU[k] = 1
        columns.append((dU.reshape(m, r) @ V.T).ravel())
    for k in range(n * r):
        dV = np.zeros(n * r)
        dV[k] = 1
        columns.append((U @ dV.reshape(n, r).T).ravel())
    assert np.linalg.matrix_rank(np.array(columns)) == r * (m + n - r)


def auxiliary(z, u, V, x, m):
    y = V @ u
    share = u * V / y[:, None]
    return np.sum(m[:, None] * share * (x[:, None] - z / u * y[:, None]) ** 2)


@pytest.mark.equation("eq-nmf-auxiliary")
def test_the_auxiliary_function_lies_above_and_touches():
    for _ in range(50):
        u, V, x = 0.1 + RNG.random(3), 0.1 + RNG.random((6, 3)), RNG.random(6)
        m = (RNG.random(6) < 0.7) * 1.0
        error = lambda z, x=x, V=V, m=m: np.sum(m * (x - V @ z) ** 2)
        assert np.isclose(auxiliary(u, u, V, x, m), error(u))
        z = 2 * RNG.random(3)
        assert auxiliary(z, u, V, x, m) >= error(z) - 1e-12


@pytest.mark.equation("eq-nmf-update")
def test_the_update_minimises_the_auxiliary_function():
    u, V, x, m = 0.1 + RNG.random(3), 0.1 + RNG.random((6, 3)), RNG.random(6), np.array([1, 1, 0, 1, 1, 0.0])
    U, _ = nonnegative.update(x[None], u[None], V, m[None])
    best = minimize(auxiliary, u, args=(u, V, x, m), tol=1e-14).x
    assert np.allclose(U[0], best, atol=1e-5)
    X, mask = RNG.random((5, 4)), np.ones((5, 4))
    U, V = 0.1 + RNG.random((5, 2)), 0.1 + RNG.random((4, 2))
    for mine, theirs in zip(parts_updated.function(X, mask, U, V), nonnegative.update(X, U, V), strict=True):
        assert np.allclose(mine, theirs)


@pytest.mark.equation("eq-implicit-loss")
@pytest.mark.equation("eq-implicit-row")
def test_implicit_rows_are_where_the_gradient_over_all_cells_is_0():
    c = np.where(RNG.random((7, 6)) < 0.3, 1 + RNG.integers(1, 5, size=(7, 6)), 1.0)
    c[0, 0] = 3.0
    C, V = rt.observed(np.where(c > 1, c, np.nan)), RNG.normal(size=(6, 2))
    U = torch.tensor(implicit.solve_implicit_rows(C.by_rows, V, 0.5), requires_grad=True)
    weights, V_ = torch.tensor(c), torch.tensor(V)
    loss = (weights * ((weights > 1) * 1.0 - U @ V_.T) ** 2).sum() + 0.5 * ((U**2).sum() + (V_**2).sum())
    loss.backward()
    assert U.grad.abs().max() < 1e-10
    assert np.isclose(loss.item(), implicit.implicit_objective(C, U.detach().numpy(), V, 0.5))
