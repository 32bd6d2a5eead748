"""Dropout, noise as a penalty, early stopping: against torch, simulation and the laws they obey."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lib.regularization import noise as n
from lib.regularization.ridge import ridge, shrinkage

seeds = st.integers(0, 10**6)


@given(seed=seeds, p=st.sampled_from([0.0, 0.1, 0.5, 0.9]), inverted=st.booleans())
def test_dropout_in_training(seed, p, inverted):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(7, 5)) + 3
    out, mask = n.dropout(x, p, rng, inverted=inverted)
    values = {0.0, 1 / (1 - p) if inverted else 1.0}
    assert set(np.unique(mask)) <= values and (out == x * mask).all()
    if p == 0:
        assert (out == x).all()


@pytest.mark.parametrize("p", [0.2, 0.5, 0.8])
def test_dropout_against_torchs(p):
    """The same values for kept units, the same share kept, the identity in evaluation, and the mask as gradient."""
    x = torch.full((400, 500), 2.0, dtype=torch.float64, requires_grad=True)
    torch.manual_seed(0)
    theirs = torch.nn.functional.dropout(x, p)
    theirs.sum().backward()
    mine, mask = n.dropout(x.detach().numpy(), p, np.random.default_rng(0))
    assert np.allclose(np.unique(mine), np.unique(theirs.detach().numpy()), atol=1e-12)
    assert (mine == 0).mean() == pytest.approx((theirs == 0).double().mean().item(), abs=0.01)
    assert np.allclose(np.unique(mask), np.unique(x.grad.numpy()), atol=1e-12)
    still, ones = n.dropout(x.detach().numpy(), p, training=False)
    quiet = torch.nn.functional.dropout(x, p, training=False)
    assert (still == quiet.detach().numpy()).all() and (ones == 1).all()
    plain, _ = n.dropout(x.detach().numpy(), p, training=False, inverted=False)
    assert np.allclose(plain, 2 * (1 - p))


@given(seed=seeds, p=st.floats(0, 0.9), scale=st.floats(0.01, 100))
def test_dropout_does_not_feel_units_and_ridge_does(seed, p, scale):
    rng = np.random.default_rng(seed)
    A, y = rng.normal(size=(9, 3)), rng.normal(size=9)
    B = A * [scale, 1, 1]
    w, v = n.fit_with_noise(A, y, n.dropout_penalty(A, p)), n.fit_with_noise(B, y, n.dropout_penalty(B, p))
    assert np.allclose(A @ w, B @ v, atol=1e-7)


@given(seed=seeds, sigma=st.floats(0.05, 3))
def test_jitter_is_ridge(seed, sigma):
    rng = np.random.default_rng(seed)
    A, y = rng.normal(size=(8, 4)), rng.normal(size=8)
    assert np.allclose(n.fit_with_noise(A, y, n.jitter_penalty(A, sigma)), ridge(A, y, 8 * sigma**2), atol=1e-9)


@given(seed=seeds)
def test_the_minimiser_of_the_noisy_loss(seed):
    rng = np.random.default_rng(seed)
    A, y, R = rng.normal(size=(8, 3)), rng.normal(size=8), rng.normal(size=(3, 3))
    w = n.fit_with_noise(A, y, R.T @ R)
    assert all(n.noisy_loss(A, y, v, R.T @ R) >= n.noisy_loss(A, y, w, R.T @ R) for v in w + rng.normal(size=(20, 3)))


@given(seed=seeds, K=st.integers(1, 5))
def test_augmentation_is_training_on_all_copies(seed, K):
    rng = np.random.default_rng(seed)
    copies, y = rng.normal(size=(K, 9, 3)), rng.normal(size=9)
    mean, C = n.augmentation_penalty(copies)
    every = np.linalg.lstsq(copies.reshape(-1, 3), np.tile(y, K), rcond=None)[0]
    assert np.allclose(n.fit_with_noise(mean, y, C), every, atol=1e-7)


@given(down=st.integers(-5, 5), right=st.integers(-4, 4), seed=seeds)
def test_shifts(down, right, seed):
    """Pixel by pixel; and there and back loses the border only."""
    images = np.random.default_rng(seed).normal(size=(2, 5, 4))
    out = n.shift_images(images, down, right)
    for i in range(5):
        for j in range(4):
            a, b = i - down, j - right
            assert (out[:, i, j] == (images[:, a, b] if 0 <= a < 5 and 0 <= b < 4 else 0)).all()


@given(seed=seeds, share=st.floats(0.05, 1.9))
def test_gradient_descent_is_torchs_and_follows_its_filter(seed, share):
    rng = np.random.default_rng(seed)
    A, y = rng.normal(size=(7, 3)), rng.normal(size=7)
    U, s, Vt = np.linalg.svd(A, full_matrices=False)
    eta = share / s[0] ** 2
    path = n.gradient_descent(A, y, eta, 12)
    w = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    step = torch.optim.SGD([w], lr=eta)
    for t in range(12):
        assert np.allclose(path[t], w.detach().numpy(), atol=1e-10)
        assert np.allclose(path[t], Vt.T @ (n.stopping_filter(s, eta, t) * (U.T @ y) / s), atol=1e-9)
        step.zero_grad()
        (0.5 * ((torch.tensor(A) @ w - torch.tensor(y)) ** 2).sum()).backward()
        step.step()


@given(seed=seeds, eta=st.floats(0.01, 0.9), lam=st.floats(0, 1))
def test_weight_decay_is_torchs_sgd(seed, eta, lam):
    rng = np.random.default_rng(seed)
    w, g = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    theirs = torch.tensor(w, requires_grad=True)
    theirs.grad = torch.tensor(g)
    torch.optim.SGD([theirs], lr=eta, weight_decay=lam).step()
    assert np.allclose(n.weight_decay_step(w, g, eta, lam), theirs.detach().numpy(), atol=1e-12)


@given(t=st.integers(1, 10_000), eta=st.floats(0.01, 1.0))
def test_stopping_and_ridge_stay_close(t, eta):
    """With λ = 1/(ηt) and ησ² ≤ 1 the two filters differ by less than ½, and after ten steps by less than 0.3."""
    s = np.logspace(-4, 0, 200)
    assert np.abs(n.stopping_filter(s, eta, t) - shrinkage(s, 1 / (eta * t))).max() < 0.5
    if t >= 10:
        assert np.abs(n.stopping_filter(s, eta, t) - shrinkage(s, 1 / (eta * t))).max() < 0.3


def test_stop_early():
    assert n.stop_early([3.0, 2.0, 1.0, 1.5, 1.2]) == 2
    assert n.stop_early([3.0, 2.0, 2.5, 2.6, 1.0], patience=2) == 1, "it had stopped before the better one"
    assert n.stop_early([3.0, 2.0, 2.5, 2.6, 1.0], patience=3) == 4
    assert n.stop_early([1.0]) == 0


A = np.array([[1.0, 2.0], [0.0, 1.0], [3.0, 1.0]])
y = np.array([1.0, 2.0, 0.0])
RNG = np.random.default_rng(0)
BAD = [
    (lambda: n.dropout(A, 1.0, RNG), ValueError, "p must be less than 1"),
    (lambda: n.dropout(A, -0.1, RNG), ValueError, "p must be at least 0"),
    (lambda: n.dropout(A, np.nan, RNG), ValueError, "p has a NaN"),
    (lambda: n.dropout(A, 0.5), ValueError, "needs a random generator"),
    (lambda: n.dropout(["a"], 0.5, RNG), TypeError, "real numbers"),
    (lambda: n.dropout_mask((2,), 1.5, RNG), ValueError, "p must be less than 1"),
    (lambda: n.dropout_variance(1.0), ValueError, "p must be less than 1"),
    (lambda: n.noisy_loss(A, y, [1.0], np.eye(2)), ValueError, "w has 1 entries"),
    (lambda: n.noisy_loss(A, y, [1.0, 1.0], np.eye(3)), ValueError, "C has shape"),
    (lambda: n.fit_with_noise(A, y, [[1.0, 2.0], [0.0, 1.0]]), ValueError, "symmetric"),
    (lambda: n.fit_with_noise(np.ones((3, 2)), y, np.zeros((2, 2))), ValueError, "singular"),
    (lambda: n.fit_with_noise(A, y[:2], np.eye(2)), ValueError, "rows"),
    (lambda: n.jitter_penalty(A, -1.0), ValueError, "sigma"),
    (lambda: n.jitter_penalty(y, 1.0), ValueError, "matrix"),
    (lambda: n.dropout_penalty(A * np.nan, 0.5), ValueError, "NaN"),
    (lambda: n.augmentation_penalty(A), ValueError, "3 axes"),
    (lambda: n.augmentation_penalty(np.zeros((0, 2, 2))), ValueError, "empty"),
    (lambda: n.shift_images(A, 1, 1), ValueError, "3 axes"),
    (lambda: n.shift_images(A[None], 4, 0), ValueError, "down must be at most 3"),
    (lambda: n.shift_images(A[None], 0, 0.5), TypeError, "whole number"),
    (lambda: n.weight_decay_step(y, y[:2], 0.1, 0.1), ValueError, "shape"),
    (lambda: n.weight_decay_step(y, y, 0.0, 0.1), ValueError, "eta"),
    (lambda: n.weight_decay_step(y, y, 0.1, -1.0), ValueError, "lam"),
    (lambda: n.gradient_descent(A, y, 10.0, 3), ValueError, "too long a step"),
    (lambda: n.gradient_descent(A, y, 0.01, -1), ValueError, "steps"),
    (lambda: n.stopping_filter([2.0], 1.0, 3), ValueError, "less than 2"),
    (lambda: n.stopping_filter([-1.0], 0.1, 3), ValueError, "not negative"),
    (lambda: n.stop_early([]), ValueError, "empty"),
    (lambda: n.stop_early([1.0, np.nan]), ValueError, "NaN"),
    (lambda: n.stop_early([1.0], 0), ValueError, "patience"),
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("call, error, message", BAD)
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()
