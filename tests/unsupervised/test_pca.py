"""Principal components against scikit-learn and scipy, their laws, and the linear autoencoder against PyTorch."""

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from lib.convnets.digits import train_and_test
from lib.unsupervised import pca


def table(seed, N, D):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(N, D)) @ rng.normal(size=(D, D)) + 5 * rng.normal(size=D)


@pytest.mark.parametrize("by", ["svd", "eig"])
@pytest.mark.parametrize("seed", range(6))
def test_components_are_those_of_scikit_learn(seed, by):
    rng = np.random.default_rng(seed)
    N, D = int(rng.integers(3, 40)), int(rng.integers(1, 9))
    X, new = table(seed, N, D), rng.normal(size=(4, D))
    found, theirs = pca.principal_components(X, by), PCA().fit(X)
    r = min(N - 1, D)  # with N ≤ D the last variance is 0, and its axis anything
    assert np.allclose(found.variances, theirs.explained_variance_, atol=1e-10 * found.variances[0])
    assert np.allclose(found.axes[:, :r], pca.fix_signs(theirs.components_.T)[:, :r], atol=1e-6)
    assert np.allclose(found.mean, theirs.mean_)
    signs = np.sign(np.sum(found.axes * theirs.components_.T, axis=0))[:r]
    for k in range(1, r + 1):
        assert np.allclose(
            found.scores(new, k),
            (theirs.transform(new) * np.r_[signs, np.ones(len(theirs.components_) - r)])[:, :k],
            atol=1e-6,
        )
        few = PCA(k, svd_solver="full").fit(X)
        assert np.allclose(
            found.reconstruct(found.scores(new, k)), few.inverse_transform(few.transform(new)), atol=1e-6
        )


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), N=st.integers(2, 20), D=st.integers(1, 8))
def test_what_is_kept_and_lost_is_the_whole(seed, N, D):
    X = table(seed, N, D)
    found = pca.principal_components(X)
    whole = ((X - X.mean(axis=0)) ** 2).sum() / (N - 1)
    assert np.isclose(found.variances.sum(), whole)
    before = np.inf
    for k in range(1, min(N, D) + 1):
        lost = found.distances(X, k).sum() / (N - 1)
        assert np.isclose(lost, found.variances[k:].sum(), atol=1e-9 * whole)
        assert lost <= before + 1e-9 * whole
        before = lost


def test_turning_and_shifting_the_table_turns_and_shifts_its_components():
    X, Q = table(3, 30, 4), np.linalg.qr(np.random.default_rng(1).normal(size=(4, 4)))[0]
    one, other = pca.principal_components(X), pca.principal_components(X @ Q + 7)
    assert np.allclose(one.variances, other.variances)
    assert np.allclose(np.abs((Q.T @ one.axes * other.axes).sum(axis=0)), 1)


@pytest.mark.parametrize("seed", range(5))
def test_principal_angles_are_scipys(seed):
    rng = np.random.default_rng(seed)
    D = int(rng.integers(3, 9))
    A, B = rng.normal(size=(D, int(rng.integers(1, D)))), rng.normal(size=(D, int(rng.integers(1, D))))
    assert np.allclose(pca.principal_angles(A, B), np.sort(scipy.linalg.subspace_angles(A, B)), atol=1e-7)
    close = A + 1e-9 * rng.normal(size=A.shape)
    assert np.allclose(
        pca.principal_angles(A, close), np.sort(scipy.linalg.subspace_angles(A, close)), rtol=1e-3, atol=1e-14
    )


def test_power_iteration_refuses_what_goes_to_zero():
    with pytest.raises(ValueError, match="becomes 0"):
        pca.power_iteration(np.diag([1.0, 0.0]), [0.0, 1.0], 3)


def test_a_shuffled_table_keeps_its_variances_and_loses_what_joins_columns():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 1)) @ np.ones((1, 6)) + 0.1 * rng.normal(size=(500, 6))
    limits = pca.parallel_analysis(X, np.random.default_rng(1), 3)
    values = pca.principal_components(X).variances
    assert values[0] > 4 * limits[0] and values[1] < limits[1]
    assert np.isclose(pca.parallel_analysis(X, np.random.default_rng(1), 1).sum(), values.sum())


@pytest.mark.parametrize("k", [0, 1, 3])
def test_the_likelihood_is_that_of_scikit_learn(k):
    X, new = table(5, 60, 5), table(6, 10, 5)
    theirs = PCA(k, svd_solver="full").fit(X) if k else None
    mine = pca.log_likelihood(pca.principal_components(X), new, k)
    if k:
        assert np.isclose(mine, theirs.score(new))
    else:
        s2 = pca.principal_components(X).variances.mean()
        squares = ((new - X.mean(axis=0)) ** 2).sum(axis=1)
        assert np.isclose(mine, (-0.5 * (5 * np.log(2 * np.pi * s2) + squares / s2)).mean())


def test_the_likelihood_refuses_what_has_none():
    flat = np.column_stack([table(1, 20, 2), np.ones(20)])
    with pytest.raises(ValueError, match="nothing is left over"):
        pca.log_likelihood(pca.principal_components(flat), flat, 2)
    few = pca.principal_components(table(1, 3, 5))
    with pytest.raises(ValueError, match="all 5 components"):
        pca.log_likelihood(few, table(1, 3, 5), 1)


def test_rows_of_digits_are_means_of_two_by_two():
    train, _ = train_and_test()
    rows = pca.digit_rows(train.rows(np.arange(3)))
    image = train.images[1].astype(float)
    assert rows.shape == (3, 196)
    assert np.isclose(rows[1].reshape(14, 14)[5, 7], image[10:12, 14:16].mean() / 255)


@pytest.mark.parametrize("price", [0.0, 0.3, np.array([0.1, 0.2, 0.4])])
def test_loss_and_slopes_are_autograds(price):
    import torch

    rng = np.random.default_rng(4)
    X = table(2, 25, 6)
    Xc, C = X - X.mean(axis=0), pca.covariance(X)
    net = pca.random_autoencoder(6, 3, rng, size=0.5)
    E, D = (torch.tensor(a, requires_grad=True) for a in (net.encoder, net.decoder))
    rows, p = torch.tensor(Xc), torch.tensor(np.broadcast_to(price, 3).copy())
    loss = ((rows - rows @ E @ D) ** 2).sum() / 24 + (p * ((E**2).sum(0) + (D**2).sum(1))).sum()
    loss.backward()
    assert np.isclose(pca.autoencoder_loss(net, C, price), loss.item())
    mine = pca.autoencoder_gradient(net, C, price)
    assert np.allclose(mine[0], E.grad.numpy()) and np.allclose(mine[1], D.grad.numpy())


def test_a_rate_that_is_too_large_is_said():
    C = np.diag([3.0, 1.0])
    net = pca.random_autoencoder(2, 1, np.random.default_rng(0), size=1.0)
    with pytest.raises(ValueError, match="too large for these data"):
        pca.train_autoencoder(net, C, 5.0, 100)


def test_training_checks_before_it_begins():
    net = pca.random_autoencoder(3, 1, np.random.default_rng(0))
    with pytest.raises(ValueError, match="C is of 2 columns"):
        pca.training_path(net, np.eye(2), 0.1, 3)
    with pytest.raises(ValueError, match="price"):
        pca.train_autoencoder(net, np.eye(3), 0.1, 3, price=-1.0)


def test_components_refuse_what_is_no_basis():
    with pytest.raises(ValueError, match="orthonormal"):
        pca.Components(np.zeros(2), np.ones((2, 2)), np.array([2.0, 1.0]))
    with pytest.raises(ValueError, match="none greater"):
        pca.Components(np.zeros(2), np.eye(2), np.array([1.0, 2.0]))
    found = pca.principal_components(table(0, 6, 3))
    with pytest.raises(ValueError, match="X has 2 columns"):
        found.scores(np.ones((2, 2)))
    with pytest.raises(ValueError, match="at least two rows"):
        pca.principal_components(np.ones((1, 3)))
    with pytest.raises(ValueError, match="'svd' or 'eig'"):
        pca.principal_components(np.eye(3), by="qr")
