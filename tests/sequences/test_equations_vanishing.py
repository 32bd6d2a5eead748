"""The labelled equations of "Vanishing, exploding, clipping", by an independent route each."""

import numpy as np
import pytest
import torch

from lib.sequences import layers, through_time

RNG = np.random.default_rng(9)
((W,),) = layers.random_stack("RNN", 2, 4, seed=3)
X, H0 = RNG.normal(size=(6, 2)), RNG.normal(size=4)


def states(h0):
    return layers.forward("RNN", [[W]], X[None], h0=h0[None, None]).outputs[0]


def by_torch(t):
    """∂h_t/∂h_0 by autograd."""
    Wx, Wh = torch.tensor(W["Wx"]), torch.tensor(W["Wh"])
    b = torch.tensor(W["bx"] + W["bh"])

    def run(h):
        for x in torch.tensor(X[:t]):
            h = torch.tanh(x @ Wx + b + h @ Wh)
        return h

    return torch.autograd.functional.jacobian(run, torch.tensor(H0)).numpy()


@pytest.mark.equation("eq-step-jacobian")
def test_step_jacobian():
    h = states(H0)
    assert np.allclose(through_time.step_jacobians("RNN", W, X, H0)[0], by_torch(1), rtol=1e-10)
    assert np.allclose(np.diag(1 - h[0] ** 2) @ W["Wh"].T, by_torch(1), rtol=1e-10)


@pytest.mark.equation("eq-jacobian-product")
def test_jacobian_product():
    product = np.eye(4)
    for t, J in enumerate(through_time.step_jacobians("RNN", W, X, H0), start=1):
        product = J @ product
        assert np.allclose(product, by_torch(t), rtol=1e-9, atol=1e-12)


@pytest.mark.equation("eq-jacobian-bound")
def test_jacobian_bound():
    h, norm = states(H0), np.linalg.norm(W["Wh"], 2)
    for t in range(1, 7):
        middle = np.prod([norm * (1 - h[i] ** 2).max() for i in range(t)])
        assert np.linalg.norm(by_torch(t), 2) <= middle * (1 + 1e-12) <= norm**t * (1 + 1e-12)


@pytest.mark.equation("eq-gelfand")
def test_the_root_of_a_powers_norm_goes_to_the_spectral_radius():
    V = through_time.with_spectral_radius(RNG.normal(size=(5, 5)), 0.9)
    gaps = [abs(np.linalg.norm(np.linalg.matrix_power(V, t), 2) ** (1 / t) - 0.9) for t in (1, 10, 100, 1000)]
    assert gaps[0] > gaps[1] > gaps[2] > gaps[3] and gaps[3] < 1e-2
    assert np.linalg.norm(V, 2) > 1  # a norm above 1, and a radius below


@pytest.mark.equation("eq-clip")
def test_clip():
    g, c = RNG.normal(size=7), 0.5
    (clipped,), norm = through_time.clip_by_norm([g], c)
    assert np.allclose(clipped, g * min(1, c / np.linalg.norm(g))) and norm == pytest.approx(np.linalg.norm(g))
    leaf = torch.zeros(7, dtype=torch.float64, requires_grad=True)
    leaf.grad = torch.tensor(g)
    torch.nn.utils.clip_grad_norm_([leaf], c)
    assert np.allclose(clipped, leaf.grad.numpy(), rtol=1e-5)
