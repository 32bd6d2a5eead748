"""The labelled equations of "The singular value decomposition", by an independent route each."""

import numpy as np
import pytest
import scipy.linalg
import sympy as sp
from scipy.optimize import minimize

from lib.unsupervised.svd import compression, decomposition, jacobi, randomized

RNG = np.random.default_rng(21)
SHAPES = [(5, 5), (7, 4), (3, 6)]


def diagonal(sigma, m, n):
    S = np.zeros((m, n))
    np.fill_diagonal(S, sigma)
    return S


@pytest.mark.equation("eq-svd")
@pytest.mark.parametrize("m, n", SHAPES)
def test_the_sum_of_outer_products_is_the_matrix(m, n):
    A = RNG.normal(size=(m, n))
    U, sigma, Vh = scipy.linalg.svd(A)
    assert np.allclose(U @ diagonal(sigma, m, n) @ Vh, A)
    assert np.allclose(sum(sigma[i] * np.outer(U[:, i], Vh[i]) for i in range(min(m, n))), A)


@pytest.mark.equation("eq-right-vectors")
@pytest.mark.equation("eq-left-vectors")
@pytest.mark.parametrize("m, n", SHAPES)
def test_images_of_eigenvectors_are_orthogonal_and_as_long_as_the_roots(m, n):
    A = RNG.normal(size=(m, 2)) @ RNG.normal(size=(2, n))  # of rank 2, so that zeros occur
    squares, V = scipy.linalg.eigh(A.T @ A)
    images = A @ V
    assert np.allclose(images.T @ images, np.diag(squares), atol=1e-10)
    assert (squares > -1e-10).all()
    images = images[:, squares > 1e-8]
    u = images / np.sqrt(squares[squares > 1e-8])
    assert u.shape[1] == 2 and np.allclose(u.T @ u, np.eye(2))


@pytest.mark.equation("eq-svd-norms")
def test_norms_are_those_of_the_singular_values():
    A = RNG.normal(size=(4, 3))
    sigma = scipy.linalg.svdvals(A)
    best = max(-minimize(lambda x: -np.linalg.norm(A @ x) / np.linalg.norm(x), start).fun for start in np.eye(3))
    assert np.isclose(best, sigma[0], rtol=1e-6)
    assert np.isclose((A**2).sum(), (sigma**2).sum())


@pytest.mark.equation("eq-truncated")
@pytest.mark.equation("eq-truncation-errors")
@pytest.mark.equation("eq-eckart-young")
@pytest.mark.parametrize("k", [1, 2])
def test_no_matrix_of_rank_k_is_nearer_in_either_norm(k):
    """An optimiser over both factors, from several starts, comes to the Frobenius bound and never below either."""
    A = RNG.normal(size=(5, 4))
    sigma = scipy.linalg.svdvals(A)
    close = decomposition.low_rank(A, k)
    assert np.isclose(np.linalg.norm(A - close, 2), sigma[k])
    assert np.isclose(np.linalg.norm(A - close), np.sqrt((sigma[k:] ** 2).sum()))

    def gap(z, order):
        return np.linalg.norm(A - z[: 5 * k].reshape(5, k) @ z[5 * k :].reshape(k, 4), order)

    for order, bound in (("fro", np.linalg.norm(sigma[k:])), (2, sigma[k])):
        found = [minimize(gap, RNG.normal(size=9 * k), (order,)).fun for _ in range(4)]
        assert min(found) > bound * (1 - 1e-9)
        if order == "fro":
            assert min(found) < bound * (1 + 1e-5)


@pytest.mark.equation("eq-shifted-values")
@pytest.mark.equation("eq-shared-direction")
def test_each_step_of_the_proof_of_the_lower_bound():
    A = RNG.normal(size=(6, 5))
    sigma, Vh = scipy.linalg.svd(A)[1:]
    for k in range(5):
        B = RNG.normal(size=(6, k)) @ RNG.normal(size=(k, 5)) if k else np.zeros((6, 5))
        left = np.append(scipy.linalg.svdvals(A - B), np.zeros(5))
        assert (sigma[k:] <= left[: 5 - k] + 1e-12).all()
        null = scipy.linalg.null_space(B @ Vh[: k + 1].T)  # combinations of v₁ … v_{k+1} that B takes to 0
        assert null.shape[1] >= 1
        x = Vh[: k + 1].T @ null[:, 0]
        assert np.allclose(B @ x, 0) and np.linalg.norm(A @ x) >= sigma[k] - 1e-12


@pytest.mark.equation("eq-energy")
def test_energy_is_the_share_of_squares_that_the_approximation_keeps():
    A = RNG.normal(size=(6, 4))
    shares = decomposition.energy(scipy.linalg.svdvals(A))
    for k in range(1, 5):
        close = decomposition.low_rank(A, k)
        assert np.isclose(shares[k - 1], (close**2).sum() / (A**2).sum())
        assert np.isclose(1 - shares[k - 1], ((A - close) ** 2).sum() / (A**2).sum())


@pytest.mark.equation("eq-storage")
def test_numbers_of_the_thin_factors():
    for m, n, k in ((80, 80, 30), (213, 320, 7), (5, 9, 0)):
        U, sigma, Vt = np.zeros((m, k)), np.zeros(k), np.zeros((k, n))
        assert compression.parameters(m, n, k) == U.size + sigma.size + Vt.size


@pytest.mark.equation("eq-principal-angles")
def test_the_largest_angle_is_the_distance_of_the_projectors():
    Q, W = (np.linalg.qr(RNG.normal(size=(7, 3)))[0] for _ in range(2))
    angles = np.sort(scipy.linalg.subspace_angles(Q, W))
    assert np.allclose(np.cos(angles), scipy.linalg.svdvals(Q.T @ W))
    assert np.isclose(np.linalg.norm(Q @ Q.T - W @ W.T, 2), np.sin(angles[-1]))
    assert np.allclose(angles, decomposition.principal_angles(Q, W))


@pytest.mark.equation("eq-jacobi-angle")
def test_the_tangent_solves_the_condition_of_a_right_angle():
    alpha, beta = sp.symbols("alpha beta", positive=True)
    gamma = sp.symbols("gamma", nonzero=True)
    zeta = (beta - alpha) / (2 * gamma)
    for sign in (1, -1):
        t = sp.symbols("t")
        condition = t * (alpha - beta) + (1 - t**2) * gamma
        root = sign / (sign * zeta + sp.sqrt(1 + zeta**2))
        assert sp.simplify(condition.subs(t, root)) == 0
    for a, b, g in ((2.0, 3.0, 1.0), (3.0, 2.0, 1.0), (3.0, 2.0, -1.0), (2.0, 2.0, -1.5)):
        c, s = jacobi.rotation(a, b, g)
        assert abs(c * s * (a - b) + (c * c - s * s) * g) < 1e-15 and abs(s) <= c


@pytest.mark.equation("eq-jacobi-falls")
def test_a_rotation_takes_twice_the_square_off_the_products_of_columns():
    W = RNG.normal(size=(6, 4))

    def off(W):
        G = W.T @ W
        return (G**2).sum() - (np.diag(G) ** 2).sum()

    for i, j in ((0, 1), (1, 3), (2, 3)):
        a, b = W[:, i].copy(), W[:, j].copy()
        c, s = jacobi.rotation(a @ a, b @ b, a @ b)
        before = off(W)
        W[:, i], W[:, j] = c * a - s * b, s * a + c * b
        assert np.isclose(before - off(W), 2 * (a @ b) ** 2)


@pytest.mark.equation("eq-sketch")
def test_a_sketch_with_as_many_columns_as_the_rank_holds_the_matrix():
    A = RNG.normal(size=(9, 3)) @ RNG.normal(size=(3, 8))
    Q = randomized.range_finder(A, 3, 0, np.random.default_rng(1))
    P = A @ np.linalg.pinv(A)
    assert np.allclose(Q @ Q.T, P) and np.allclose(Q @ (Q.T @ A), A)


@pytest.mark.equation("eq-sketch-bound")
@pytest.mark.equation("eq-power-bound")
def test_mean_errors_stay_below_the_bounds_and_not_far_below():
    """Over 60 sketches of a matrix with slowly falling singular values; halved, the Frobenius bound would fail."""
    n, k, p = 40, 5, 5
    sigma = 1 / np.sqrt(np.arange(1, n + 1))
    Q1, Q2 = (np.linalg.qr(RNG.normal(size=(n, n)))[0] for _ in range(2))
    A = (Q1 * sigma) @ Q2.T
    for power in (0, 1, 2):
        found = []
        for seed in range(60):
            Q = randomized.range_finder(A, k + p, power, np.random.default_rng(seed))
            left = A - Q @ (Q.T @ A)
            found.append((np.linalg.norm(left, 2), np.linalg.norm(left)))
        spectral, frobenius = np.mean(found, axis=0)
        bound = randomized.expected_spectral_error(sigma, k, p, power)
        t, r = sigma[k:] ** (2 * power + 1), np.sqrt(k / (p - 1))
        by_hand = ((1 + r) * t[0] + np.e * np.sqrt(k + p) / p * np.sqrt((t**2).sum())) ** (1 / (2 * power + 1))
        assert np.isclose(bound, by_hand)
        assert spectral < bound
        if power == 0:
            whole = randomized.expected_frobenius_error(sigma, k, p)
            assert np.isclose(whole, np.sqrt((1 + k / (p - 1)) * (sigma[k:] ** 2).sum()))
            assert whole / 2 < frobenius < whole


@pytest.mark.equation("eq-edge-values")
@pytest.mark.parametrize("n", [1, 2, 7, 50])
def test_singular_values_of_a_slanted_edge(n):
    assert np.allclose(compression.edge_values(n), scipy.linalg.svdvals(np.tril(np.ones((n, n)))))
