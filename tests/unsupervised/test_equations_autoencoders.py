"""The labelled equations of "Autoencoders", by an independent route each."""

import numpy as np
import pytest
import sympy as sp
import torch
import torch.nn.functional as F
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score

from lib.unsupervised import autoencoders as ae
from lib.unsupervised import training
from lib.unsupervised.exercises.autoencoders import denoising_loss, pixel_loss, rate_penalty

RNG = np.random.default_rng(3)


@pytest.mark.equation("eq-reconstruction-error")
@pytest.mark.parametrize("k", [1, 3, 6])
def test_the_error_of_a_linear_pair_on_the_axes_is_what_pca_leaves_out(k):
    X = RNG.normal(size=(40, 6)) @ RNG.normal(size=(6, 6)) + 3
    mean, V = ae.principal_axes(X)
    mine = ((X - ae.projected(X, mean, V[:, :k])) ** 2).sum(axis=1).mean()
    theirs = PCA(6).fit(X)
    left_out = theirs.explained_variance_[k:].sum() * (len(X) - 1) / len(X)
    assert np.isclose(mine, left_out)
    assert np.allclose(np.abs(V.T @ theirs.components_.T), np.eye(6), atol=1e-6)


@pytest.mark.equation("eq-pixel-slopes")
def test_slopes_of_both_losses_by_the_score():
    a, x = sp.symbols("a x", real=True)
    p = 1 / (1 + sp.exp(-a))
    assert sp.simplify(sp.diff((p - x) ** 2, a) - 2 * (p - x) * p * (1 - p)) == 0
    assert sp.simplify(sp.diff(sp.log(1 + sp.exp(a)) - x * a, a) - (p - x)) == 0


def test_the_loss_of_a_batch_is_pytorch_s():
    A, X = 5 * RNG.normal(size=(4, 7)), RNG.random((4, 7))
    theirs = F.binary_cross_entropy_with_logits(torch.tensor(A), torch.tensor(X), reduction="sum") / 4
    assert np.isclose(pixel_loss.function(A, X), float(theirs))


@pytest.mark.equation("eq-rate-penalty")
def test_the_rate_penalty_and_its_slope():
    r, rho = sp.symbols("r rho", positive=True)
    term = rho * sp.log(rho / r) + (1 - rho) * sp.log((1 - rho) / (1 - r))
    assert sp.simplify(sp.diff(term, r) - (-rho / r + (1 - rho) / (1 - r))) == 0
    H = RNG.uniform(0.01, 0.99, (30, 6))
    on, wanted = torch.tensor(H.mean(axis=0)), torch.full((6,), 0.07, dtype=torch.double)
    theirs = torch.distributions.kl_divergence(torch.distributions.Bernoulli(wanted), torch.distributions.Bernoulli(on))
    assert np.isclose(ae.rate_penalty(H, 0.07), float(theirs.sum()))
    assert np.isclose(rate_penalty.function(H, 0.07), float(theirs.sum()))


@pytest.mark.equation("eq-denoising-error")
def test_the_denoising_error_compares_with_what_is_clean():
    X, noise, W = RNG.random((6, 4)), RNG.normal(size=(6, 4)), RNG.normal(size=(4, 4))
    total = sum(np.linalg.norm(x - np.tanh((x + n) @ W)) ** 2 for x, n in zip(X, noise, strict=True))
    assert np.isclose(denoising_loss.function(X, noise, lambda Y: np.tanh(Y @ W)), total / 6)


def log_density(noisy, points, s):
    """The logarithm of the noisy data's density, up to a constant."""
    return torch.logsumexp(-((noisy[:, None] - points[None]) ** 2).sum(dim=2) / (2 * s**2), dim=1)


@pytest.mark.equation("eq-best-denoiser")
@pytest.mark.equation("eq-denoiser-score")
@pytest.mark.parametrize("s", [0.2, 1.0, 3.0])
def test_the_best_denoiser_s_step_is_the_score_times_the_variance(s):
    points = torch.tensor(RNG.normal(size=(7, 3)))
    noisy = torch.tensor(RNG.normal(size=(11, 3)), requires_grad=True)
    (score,) = torch.autograd.grad(log_density(noisy, points, s).sum(), noisy)
    x = noisy.detach().numpy()
    assert np.allclose(ae.best_denoiser(x, points.numpy(), s) - x, s**2 * score.numpy(), atol=1e-9)


def test_no_other_answer_has_a_smaller_error_than_the_best_denoiser():
    """The mean of what was under the noise, found by drawing: in a small window, and against the nearest point."""
    points, s = np.array([[-1.0], [1.0]]), 0.8
    clean = points[RNG.integers(2, size=400_000)]
    noisy = clean + s * RNG.normal(size=clean.shape)
    here = np.abs(noisy[:, 0] - 0.5) < 0.02
    found = ae.best_denoiser(np.array([[0.5]]), points, s)[0, 0]
    assert abs(clean[here].mean() - found) < 0.03 and np.isclose(found, np.tanh(0.5 / s**2))
    ours = ((ae.best_denoiser(noisy[:5000], points, s) - clean[:5000]) ** 2).mean()
    assert ours < 0.9 * ((np.sign(noisy[:5000]) - clean[:5000]) ** 2).mean()


@pytest.mark.equation("eq-auc")
@pytest.mark.parametrize("seed", range(5))
def test_the_area_is_scikit_learn_s_also_with_ties(seed):
    rng = np.random.default_rng(seed)
    normal, strange = rng.integers(0, 6, 23) / 2, rng.integers(2, 9, 14) / 2
    pairs = [(e > n) + (e == n) / 2 for n in normal for e in strange]
    theirs = roc_auc_score(np.r_[np.zeros(23), np.ones(14)], np.r_[normal, strange])
    assert np.isclose(ae.area_under_curve(normal, strange), theirs) and np.isclose(np.mean(pairs), theirs)


def test_the_training_s_noise_is_new_in_each_step_and_leaves_the_target_clean():
    seen = []

    def corrupt(x):
        seen.append((training.gaussian(1.0)(x) - x).numpy())
        return x + torch.from_numpy(seen[-1])

    images = RNG.random((4, 28, 28))
    training.train(training.denoising, images, 3, 0, batch=4, corrupt=corrupt)
    assert len(seen) == 3 and not np.allclose(seen[0], seen[1])
