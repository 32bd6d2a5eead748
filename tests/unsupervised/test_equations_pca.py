"""The labelled equations of "Principal components, and the linear autoencoder", by an independent route each."""

import numpy as np
import pytest
import scipy.linalg
import scipy.stats
import sympy as sp

from lib.unsupervised import pca


def table(seed=0, N=30, D=5):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(N, D)) @ rng.normal(size=(D, D)) + rng.normal(size=D)


def unit(rng, D):
    v = rng.normal(size=D)
    return v / np.linalg.norm(v)


@pytest.mark.equation("eq-variance-and-distance")
@pytest.mark.equation("eq-variance-along")
def test_squares_along_and_beside_a_line_add_up():
    rng, X = np.random.default_rng(1), table()
    Xc = X - X.mean(axis=0)
    for _ in range(20):
        v = unit(rng, 5)
        z = Xc @ v
        beside = ((Xc - np.outer(z, v)) ** 2).sum()
        assert np.isclose((Xc**2).sum(), (z**2).sum() + beside)
        assert np.isclose(np.var(X @ v, ddof=1), v @ np.cov(X.T) @ v)


@pytest.mark.equation("eq-rayleigh")
def test_no_direction_has_more_variance_than_the_first_axis():
    rng, C = np.random.default_rng(2), np.cov(table(3).T)
    values, vectors = np.linalg.eigh(C)
    for _ in range(200):
        v = unit(rng, 5)
        c = vectors.T @ v
        assert np.isclose(v @ C @ v, values @ c**2) and v @ C @ v <= values[-1]
    assert np.isclose(vectors[:, -1] @ C @ vectors[:, -1], values[-1])


@pytest.mark.equation("eq-best-plane")
@pytest.mark.equation("eq-plane-gap")
@pytest.mark.parametrize("k", [1, 2, 4])
def test_no_plane_is_closer_than_that_of_the_first_axes(k):
    rng, X = np.random.default_rng(k), table(4)
    Xc = X - X.mean(axis=0)
    found = pca.principal_components(X)
    lam, V = found.variances, found.axes
    for dim in [k] * 30 + [max(k - 1, 1)]:
        Q = np.linalg.qr(rng.normal(size=(5, dim)))[0]
        P, p = Q @ Q.T, ((Q.T @ V) ** 2).sum(axis=0)
        lost = ((Xc - Xc @ P) ** 2).sum() / 29
        gap = (
            ((lam[:k] - lam[k - 1]) * (1 - p[:k])).sum()
            + ((lam[k - 1] - lam[k:]) * p[k:]).sum()
            + lam[k - 1] * (k - p.sum())
        )
        assert np.isclose(lost - lam[k:].sum(), gap) and gap > 0
    assert np.isclose(((Xc - Xc @ V[:, :k] @ V[:, :k].T) ** 2).sum() / 29, lam[k:].sum())


@pytest.mark.equation("eq-pca-svd")
def test_singular_values_are_variances_and_scores_are_left_vectors():
    X = table(5)
    U, s, _ = scipy.linalg.svd(X - X.mean(axis=0), full_matrices=False)
    found = pca.principal_components(X, by="eig")
    assert np.allclose(found.variances, s**2 / 29)
    assert np.allclose(np.abs(found.scores(X, 3)), np.abs(U[:, :3] * s[:3]))


@pytest.mark.equation("eq-power-rate")
def test_the_tangent_shrinks_at_least_by_the_ratio():
    rng = np.random.default_rng(6)
    C = np.cov(table(7).T)
    lam, V = np.linalg.eigh(C)
    path = pca.power_iteration(C, rng.normal(size=5), 30)
    c = path @ V
    tangents = np.linalg.norm(c[:, :-1], axis=1) / np.abs(c[:, -1])
    bound = (lam[-2] / lam[-1]) ** np.arange(31) * tangents[0]
    assert (tangents <= bound * (1 + 1e-9) + 1e-14).all()
    powers = np.linalg.matrix_power(C, 4) @ path[0]
    assert np.allclose(path[4], powers / np.linalg.norm(powers))
    assert np.allclose(np.linalg.norm(path, axis=1), 1)


@pytest.mark.equation("eq-noise-edge")
@pytest.mark.parametrize(("N", "D"), [(800, 400), (1600, 200)])
def test_noise_fills_the_interval(N, D):
    X = 1.5 * np.random.default_rng(N).normal(size=(N, D))
    values = np.linalg.eigvalsh(np.cov(X.T))
    low, high = pca.noise_edges(2.25, N, D)
    assert np.isclose(values[0], low, rtol=0.1) and np.isclose(values[-1], high, rtol=0.05)


@pytest.mark.equation("eq-broken-stick")
def test_pieces_of_broken_sticks():
    D, rng = 5, np.random.default_rng(8)
    cuts = np.sort(rng.uniform(size=(40_000, D - 1)), axis=1)
    pieces = np.diff(np.column_stack([np.zeros(len(cuts)), cuts, np.ones(len(cuts))]), axis=1)
    means = np.sort(pieces, axis=1)[:, ::-1].mean(axis=0)
    assert np.allclose(pca.broken_stick(D), means, atol=0.004)
    assert np.allclose(pca.broken_stick(D), [sum(1 / i for i in range(j, D + 1)) / D for j in range(1, D + 1)])


@pytest.mark.equation("eq-ppca")
@pytest.mark.parametrize("k", [0, 2, 4])
def test_the_density_is_the_normal_one(k):
    X, new = table(9, 50, 5), table(10, 7, 5)
    found = pca.principal_components(X)
    lam, V = found.variances.copy(), found.axes
    lam[k:] = lam[k:].mean()
    theirs = scipy.stats.multivariate_normal(X.mean(axis=0), V @ np.diag(lam) @ V.T).logpdf(new)
    z = found.scores(new)
    rest = ((new - X.mean(axis=0)) ** 2).sum(axis=1) - (z[:, :k] ** 2).sum(axis=1)
    formula = -0.5 * (
        5 * np.log(2 * np.pi)
        + (np.log(lam[:k]) + z[:, :k] ** 2 / lam[:k]).sum(axis=1)
        + (5 - k) * np.log(lam[-1])
        + rest / lam[-1]
    )
    assert np.allclose(formula, theirs) and np.isclose(pca.log_likelihood(found, new, k), theirs.mean())


@pytest.mark.equation("eq-autoencoder-loss")
@pytest.mark.equation("eq-autoencoder-minima")
@pytest.mark.parametrize("k", [1, 3])
def test_minima_are_the_first_axes_times_any_invertible_matrix(k):
    rng, X = np.random.default_rng(11), table(12)
    Xc, C = X - X.mean(axis=0), pca.covariance(X)
    found = pca.principal_components(X)
    V, least = found.axes[:, :k], found.variances[k:].sum()
    for _ in range(5):
        B = rng.normal(size=(k, k))
        net = pca.Autoencoder(V @ np.linalg.inv(B), B @ V.T)
        direct = ((Xc - Xc @ net.encoder @ net.decoder) ** 2).sum() / 29
        assert np.isclose(pca.autoencoder_loss(net, C), direct) and np.isclose(direct, least)
        assert np.allclose(net.product, V @ V.T, atol=1e-8)
        other = pca.Autoencoder(net.encoder + 0.1 * rng.normal(size=(5, k)), net.decoder)
        assert pca.autoencoder_loss(other, C) > least + 1e-6


@pytest.mark.equation("eq-autoencoder-minima")
def test_where_nothing_varies_the_encoder_is_free():
    X = np.column_stack([table(13, 30, 3), np.full(30, 2.0)])
    C, V = pca.covariance(X), pca.principal_components(X).axes[:, :2]
    free = V + np.outer([0, 0, 0, 1], [5.0, -3.0])
    odd = pca.Autoencoder(free, V.T)
    assert np.isclose(pca.autoencoder_loss(odd, C), pca.principal_components(X).variances[2:].sum())
    assert np.abs(odd.product - V @ V.T).max() > 1


@pytest.mark.equation("eq-autoencoder-gradient")
def test_slopes_by_finite_differences():
    rng, C = np.random.default_rng(14), np.cov(table(15).T)
    net = pca.random_autoencoder(5, 2, rng, size=0.4)
    by_encoder, by_decoder = pca.autoencoder_gradient(net, C)
    h = 1e-6
    for i, j in ((0, 0), (3, 1), (4, 0)):
        step = np.zeros((5, 2))
        step[i, j] = h
        up, down = (pca.autoencoder_loss(pca.Autoencoder(net.encoder + t * step, net.decoder), C) for t in (1, -1))
        assert np.isclose((up - down) / (2 * h), by_encoder[i, j], rtol=1e-5, atol=1e-7)
        up, down = (pca.autoencoder_loss(pca.Autoencoder(net.encoder, net.decoder + t * step.T), C) for t in (1, -1))
        assert np.isclose((up - down) / (2 * h), by_decoder[j, i], rtol=1e-5, atol=1e-7)


@pytest.mark.equation("eq-plane-angles")
def test_angles_of_planes_that_are_known():
    a, b = 0.3, 1.1
    A = np.eye(5)[:, :2] @ [[1.0, 2.0], [0.0, 1.0]]
    B = np.array([[np.cos(a), 0, np.sin(a), 0, 0], [0, np.cos(b), 0, np.sin(b), 0]]).T @ [[3.0, 1.0], [1.0, 1.0]]
    assert np.allclose(pca.principal_angles(A, B), [a, b])
    Qa, Qb = scipy.linalg.orth(A), scipy.linalg.orth(B)
    assert np.allclose(np.linalg.svd(Qa.T @ Qb)[1], np.cos([a, b]))


@pytest.mark.equation("eq-balanced-weights")
def test_the_difference_stays_for_short_steps():
    C = np.cov(table(16).T)
    start = pca.random_autoencoder(5, 2, np.random.default_rng(17), size=0.5)

    def difference(net):
        return net.encoder.T @ net.encoder - net.decoder @ net.decoder.T

    moved = []
    for rate in (1e-3, 1e-4):
        end = pca.train_autoencoder(start, C, rate, round(0.3 / rate))
        moved.append(np.abs(difference(end) - difference(start)).max())
        assert np.abs(end.decoder - start.decoder).max() > 0.1
    assert moved[1] < 0.2 * moved[0] < 0.02  # of the order of the rate
    e, d = pca.autoencoder_gradient(start, C)
    assert np.allclose(start.encoder.T @ e, d @ start.decoder.T)


@pytest.mark.equation("eq-way-down")
def test_a_wrong_choice_of_axes_is_a_saddle():
    C = np.cov(table(18).T)
    lam, V = np.linalg.eigh(C)
    lam, V = lam[::-1], V[:, ::-1]
    for chosen, lacking, turned in (([0, 2], 1, 2), ([1, 3], 0, 3)):
        S = V[:, chosen]
        flat = pca.autoencoder_gradient(pca.Autoencoder(S, S.T), C)
        assert max(np.abs(g).max() for g in flat) < 1e-10
        assert np.isclose(pca.autoencoder_loss(pca.Autoencoder(S, S.T), C), lam.sum() - lam[chosen].sum())
        for phi in (1e-2, 0.4, 1.2):
            T = S.copy()
            T[:, chosen.index(turned)] = np.cos(phi) * V[:, turned] + np.sin(phi) * V[:, lacking]
            fallen = lam.sum() - lam[chosen].sum() - pca.autoencoder_loss(pca.Autoencoder(T, T.T), C)
            assert np.isclose(fallen, (lam[lacking] - lam[turned]) * np.sin(phi) ** 2)


@pytest.mark.equation("eq-mode-growth")
def test_a_mode_grows_along_the_logistic_curve():
    t, lam, s0 = sp.symbols("t lambda s_0", positive=True)
    s = 1 / (1 + (1 / s0 - 1) * sp.exp(-4 * lam * t))
    assert sp.simplify(sp.diff(s, t) - 4 * lam * s * (1 - s)) == 0
    assert sp.simplify(s.subs(t, 0) - s0) == 0
    assert sp.simplify(s.subs(t, sp.log(1 / s0 - 1) / (4 * lam)) - sp.Rational(1, 2)) == 0
    C, rate, first = np.diag([2.0, 0.5]), 1e-3, 0.01
    start = np.sqrt(first) * np.eye(2)
    end = pca.train_autoencoder(pca.Autoencoder(start, start.T), C, rate, 1000)
    curve = [float(s.subs({t: 1.0, lam: value, s0: first})) for value in (2.0, 0.5)]
    assert np.allclose(np.diag(end.product), curve, atol=2e-3)


@pytest.mark.equation("eq-shrunk-pca")
@pytest.mark.parametrize("seed", range(3))
def test_with_an_equal_price_the_minimum_is_shrunk_and_turned(seed):
    rng, p, k = np.random.default_rng(seed), 0.3, 2
    C = np.diag([3.0, 1.5, 0.6, 0.2])
    net = pca.random_autoencoder(4, k, rng, size=0.3)
    net = pca.train_autoencoder(net, C, 0.05, 4000, p)
    assert np.allclose(net.encoder, net.decoder.T, atol=1e-6)
    _, s, Vt = np.linalg.svd(net.decoder, full_matrices=False)
    assert np.allclose(s, np.sqrt(1 - p / np.array([3.0, 1.5])), atol=1e-6)
    assert np.allclose(np.abs(Vt), np.eye(2, 4), atol=1e-5)
    O = np.linalg.qr(rng.normal(size=(k, k)))[0]
    D = O.T @ np.diag(np.sqrt(1 - p / np.array([3.0, 1.5]))) @ np.eye(2, 4)
    formula = pca.Autoencoder(D.T, D)
    assert max(np.abs(g).max() for g in pca.autoencoder_gradient(formula, C, p)) < 1e-12
    assert np.isclose(pca.autoencoder_loss(formula, C, p), pca.autoencoder_loss(net, C, p))


@pytest.mark.equation("eq-penalised-loss")
def test_with_unequal_prices_rows_are_axes():
    C, prices = np.diag([3.0, 1.5, 0.6, 0.2]), np.array([0.1, 0.4])
    net = pca.random_autoencoder(4, 2, np.random.default_rng(5), size=0.3)
    direct = pca.autoencoder_loss(net, C) + sum(
        prices[j] * ((net.encoder[:, j] ** 2).sum() + (net.decoder[j] ** 2).sum()) for j in range(2)
    )
    assert np.isclose(pca.autoencoder_loss(net, C, prices), direct)
    net = pca.train_autoencoder(net, C, 0.05, 6000, prices)
    wanted = np.diag(np.sqrt(1 - prices / np.array([3.0, 1.5]))) @ np.eye(2, 4)
    assert np.allclose(np.abs(net.decoder), wanted, atol=1e-3)
