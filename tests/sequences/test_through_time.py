"""Jacobians against autograd and differences, their bound, truncation, clipping against torch's."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.sequences import layers, through_time
from lib.sequences.cells import CELLS

SEEDS = st.integers(0, 10**6)


def one(cell, seed, T=4, H=3, I=3):
    rng = np.random.default_rng(seed)
    ((W,),) = layers.random_stack(cell, I, H, seed=seed)
    start = [rng.normal(size=H) for _ in range(1 + CELLS[cell].memory)]
    return W, rng.normal(size=(T, I)), start


@settings(max_examples=30, deadline=None)
@given(cell=st.sampled_from(sorted(CELLS)), seed=SEEDS)
def test_a_step_s_jacobian_is_the_differences(cell, seed):
    W, X, start = one(cell, seed)

    def states(change, at):
        moved = np.concatenate(start) + change
        passed = layers.forward(cell, [[W]], X[None, :at], None, *[s[None, None] for s in np.split(moved, len(start))])
        return np.concatenate([v.ravel() for v in (passed.h, passed.c) if v is not None])

    S, eps = 3 * len(start), 1e-6
    J = through_time.step_jacobians(cell, W, X, *start)
    assert J.shape == (4, S, S)
    by_steps = [(states(eps * e, 1) - states(-eps * e, 1)) / (2 * eps) for e in np.eye(S)]
    assert np.allclose(J[0], np.array(by_steps).T, rtol=1e-5, atol=1e-8)
    whole = [(states(eps * e, 4) - states(-eps * e, 4)) / (2 * eps) for e in np.eye(S)]
    product = J[3] @ J[2] @ J[1] @ J[0]
    assert np.allclose(product, np.array(whole).T, rtol=1e-4, atol=1e-8)
    norms = through_time.jacobian_norms(cell, W, X, *start)
    assert norms[-1] == pytest.approx(np.linalg.norm(product, 2), rel=1e-10)
    assert norms[0] == pytest.approx(np.linalg.norm(J[0], 2), rel=1e-10)


@given(seed=SEEDS, rho=st.floats(0.1, 3))
def test_the_bound_holds_and_a_single_unit_meets_it(seed, rho):
    W, X, (h0,) = one("RNN", seed, T=6)
    W["Wh"] = through_time.with_spectral_radius(W["Wh"], rho)
    assert np.abs(np.linalg.eigvals(W["Wh"])).max() == pytest.approx(rho)
    norms, bound = through_time.jacobian_norms("RNN", W, X, h0), through_time.norm_bound(W, X, h0)
    assert (norms <= bound * (1 + 1e-12)).all()
    W, X, (h0,) = one("RNN", seed, T=6, H=1)
    assert np.allclose(through_time.jacobian_norms("RNN", W, X, h0), through_time.norm_bound(W, X, h0), rtol=1e-10)


def test_a_very_long_product_goes_to_zero_without_a_warning():
    W, _, (h0,) = one("RNN", 0)
    W["Wh"] *= 0.01
    norms = through_time.jacobian_norms("RNN", W, np.zeros((400, 3)), h0)
    assert norms[0] > 0 and norms[-1] == 0 and (np.diff(norms) <= 0).all()
    W["Wh"] = np.zeros((3, 3))
    assert (through_time.jacobian_norms("RNN", W, np.zeros((4, 3)), h0) == 0).all()


@settings(max_examples=30, deadline=None)
@given(cell=st.sampled_from(["RNN", "LSTM", "GRU"]), seed=SEEDS, window=st.integers(1, 7))
def test_a_window_is_detaching_in_torch(cell, seed, window):
    """For the loss at t alone, torch runs the last `window` steps from a detached state."""
    torch.manual_seed(seed)
    module = {"RNN": torch.nn.RNN, "LSTM": torch.nn.LSTM, "GRU": torch.nn.GRU}[cell](2, 3, batch_first=True).double()
    rng = np.random.default_rng(seed)
    X, slopes = rng.normal(size=(2, 6, 2)), rng.normal(size=(2, 6, 3))
    for t in range(6):
        first = max(0, t + 1 - window)
        state = None
        if first:
            with torch.no_grad():
                _, state = module(torch.tensor(X[:, :first]))
        out, _ = module(torch.tensor(X[:, first : t + 1]), state)
        (out[:, -1] * torch.tensor(slopes[:, t])).sum().backward()
    found = through_time.truncated_gradient(layers.forward(cell, layers.weights_of(module), X), slopes, window)
    theirs = {"Wx": module.weight_ih_l0, "Wh": module.weight_hh_l0, "bx": module.bias_ih_l0, "bh": module.bias_hh_l0}
    for name, leaf in theirs.items():
        assert np.allclose(found[name], leaf.grad.numpy().T, rtol=1e-9, atol=1e-12)


@given(seed=SEEDS, cell=st.sampled_from(sorted(CELLS)))
def test_a_window_over_all_is_backpropagation_through_time(seed, cell):
    W, X, _ = one(cell, seed)
    passed = layers.forward(cell, [[W]], X[None])
    slopes = np.random.default_rng(seed).normal(size=passed.outputs.shape)
    whole = layers.backward(passed, slopes).stack[0][0]
    for name, value in through_time.truncated_gradient(passed, slopes, 4).items():
        assert np.allclose(value, whole[name], rtol=1e-10, atol=1e-13)


@given(seed=SEEDS, most=st.floats(0.01, 20))
def test_clipping_is_torchs(seed, most):
    rng = np.random.default_rng(seed)
    gradients = [rng.normal(size=(3, 2)), rng.normal(size=4) * 5]
    for mine, theirs in (
        (through_time.clip_by_norm(gradients, most)[0], torch.nn.utils.clip_grad_norm_),
        (through_time.clip_by_value(gradients, most), torch.nn.utils.clip_grad_value_),
    ):
        leaves = [torch.zeros(g.shape, dtype=torch.float64, requires_grad=True) for g in gradients]
        for leaf, g in zip(leaves, gradients, strict=True):
            leaf.grad = torch.tensor(g)
        theirs(leaves, most)
        for a, leaf in zip(mine, leaves, strict=True):
            assert np.allclose(a, leaf.grad.numpy(), rtol=1e-5)
    clipped, before = through_time.clip_by_norm(gradients, most)
    assert before == pytest.approx(np.sqrt(sum((g**2).sum() for g in gradients)))
    after = np.sqrt(sum((g**2).sum() for g in clipped))
    assert after == pytest.approx(min(before, most))


PASSED = layers.forward("RNN", layers.random_stack("RNN", 2, 3), np.ones((1, 4, 2)))
BOTH = layers.forward("RNN", layers.random_stack("RNN", 2, 3, 1, 2), np.ones((1, 4, 2)))
BAD = [
    (
        lambda: through_time.step_jacobians("RNN", PASSED.stack[0][0], np.ones((1, 4, 2))),
        ValueError,
        "X must be a matrix",
    ),
    (
        lambda: through_time.norm_bound(PASSED.stack[0][0], np.ones((4, 2)), np.ones(2)),
        ValueError,
        "h0 must have shape",
    ),
    (lambda: through_time.truncated_gradient(BOTH, np.ones((1, 4, 6)), 2), ValueError, "one layer in one direction"),
    (lambda: through_time.truncated_gradient(PASSED, np.ones((1, 4, 3)), 0), ValueError, "window must be at least 1"),
    (lambda: through_time.truncated_gradient(PASSED, np.ones((1, 3, 3)), 1), ValueError, "the outputs' shape"),
    (lambda: through_time.clip_by_norm([], 1.0), TypeError, "gradients must be a list"),
    (lambda: through_time.clip_by_norm([[1.0]], 0.0), ValueError, "most must be greater than 0"),
    (lambda: through_time.clip_by_value([[np.nan]], 1.0), ValueError, "NaN"),
    (lambda: through_time.with_spectral_radius(np.triu(np.ones((3, 3)), 1), 1.0), ValueError, "no eigenvalue"),
    (lambda: through_time.with_spectral_radius(np.ones((2, 3)), 1.0), ValueError, "must be square"),
]


@pytest.mark.parametrize("call, kind, says", BAD)
def test_bad_input_is_refused(call, kind, says):
    with pytest.raises(kind, match=says):
        call()
