"""The equations of "Adapting a model", and what it says of frozen parts, checked against PyTorch."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.transformers import anatomy
from lib.transformers.adapting import low_rank as lr
from lib.transformers.demos.adapting import MODELS


def random_parts(seed, I, O, r, N=3):
    rng = np.random.default_rng(seed)
    change = lr.LowRank(rng.normal(size=(I, r)), rng.normal(size=(r, O)), float(rng.uniform(0.5, 20)))
    return rng.normal(size=(N, I)), rng.normal(size=(I, O)), change, rng.normal(size=(N, O))


SIZES = dict(seed=st.integers(0, 10**6), I=st.integers(1, 6), O=st.integers(1, 6), r=st.integers(1, 4))


@pytest.mark.equation("eq-low-rank-change")
@pytest.mark.equation("eq-low-rank-merge")
@settings(max_examples=50, deadline=None)
@given(**SIZES)
def test_a_sum_beside_is_a_sum_within(seed, I, O, r):
    x, W0, change, _ = random_parts(seed, I, O, r)
    W = W0 + change.alpha / r * change.A @ change.B
    assert np.allclose(lr.merged(W0, change), W, rtol=1e-12, atol=1e-12)
    assert np.allclose(lr.lora_forward(x, W0, change), x @ W, rtol=1e-9, atol=1e-9)


@pytest.mark.equation("eq-low-rank-slopes")
@settings(max_examples=50, deadline=None)
@given(**SIZES)
def test_slopes_by_both_factors(seed, I, O, r):
    x, W0, change, G = random_parts(seed, I, O, r)
    s = change.alpha / r
    _, slopes = lr.lora_gradients(x, W0, change, G)
    assert np.allclose(slopes["A"], s * x.T @ G @ change.B.T, rtol=1e-9, atol=1e-9)
    assert np.allclose(slopes["B"], s * change.A.T @ x.T @ G, rtol=1e-9, atol=1e-9)
    A, B = (torch.tensor(a, requires_grad=True) for a in (change.A, change.B))
    (torch.tensor(G) * (torch.tensor(x) @ (torch.tensor(W0) + s * A @ B))).sum().backward()
    assert np.allclose(slopes["A"], A.grad, rtol=1e-9, atol=1e-9)
    assert np.allclose(slopes["B"], B.grad, rtol=1e-9, atol=1e-9)


@pytest.mark.equation("eq-low-rank-count")
def test_counts_are_published_ones():
    """Hu et al. (2022): RoBERTa base with rank 8 on queries and values 0.3 million; GPT-3 with ranks 1 and 8 4.7 and 37.7 million."""
    for I, O, r in ((3, 4, 2), (7, 1, 1)):
        assert lr.LowRank(np.ones((I, r)), np.ones((r, O)), 1.0).entries == r * (I + O)
    roberta = anatomy.Sizes(50_265, 768, 12, 12, 3072, places=514, kinds=1)
    assert anatomy.low_rank_parameters(roberta, 8) == 294_912
    large = MODELS["GPT-3"]
    assert anatomy.low_rank_parameters(large, 1) == 4_718_592 and anatomy.low_rank_parameters(large, 8) == 37_748_736
    assert sum(anatomy.parameters(large).values()) / 1e9 == pytest.approx(175, abs=0.5)


@pytest.mark.equation("eq-low-rank-first-step")
@pytest.mark.parametrize("rank", [1, 4, 16])
def test_how_far_the_first_step_of_adam_moves_an_output(rank):
    I, eta, alpha, moved = 64, 1e-3, 8.0, []
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1, I))
    for _ in range(2000 // rank):
        start = lr.zero_start(I, I, rank, alpha, rng)
        _, slopes = lr.lora_gradients(x, np.zeros((I, I)), start, rng.normal(size=(1, I)))
        B = torch.zeros(rank, I, dtype=torch.float64, requires_grad=True)
        B.grad = torch.tensor(slopes["B"])
        torch.optim.Adam([B], eta, eps=1e-20).step()
        after = lr.LowRank(start.A, B.detach().numpy(), alpha)
        moved.append(np.abs(lr.lora_forward(x, np.zeros((I, I)), after)).mean())
    said = alpha * eta * np.sqrt(2 / np.pi) * np.linalg.norm(x) / np.sqrt(I)
    assert np.mean(moved) == pytest.approx(said, rel=0.05)


@pytest.mark.equation("eq-nearest-rank")
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), I=st.integers(1, 6), O=st.integers(1, 6), r=st.integers(1, 6))
def test_the_nearest_of_a_rank(seed, I, O, r):
    rng = np.random.default_rng(seed)
    change, r = rng.normal(size=(I, O)), min(r, I, O)
    s = np.linalg.svd(change, compute_uv=False)
    error = np.linalg.norm(change - lr.best_low_rank(change, r).matrix()) ** 2
    assert error == pytest.approx((s[r:] ** 2).sum(), abs=1e-9)
    other = rng.normal(size=(I, r)) @ rng.normal(size=(r, O))
    assert np.linalg.norm(change - other) ** 2 >= error - 1e-9


@pytest.mark.equation("eq-training-memory")
def test_what_adam_keeps():
    """4 bytes a weight, and for each that is learned a slope and two means."""
    network = torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.Linear(5, 3))
    network[0].requires_grad_(False)
    free = [p for p in network.parameters() if p.requires_grad]
    optimiser = torch.optim.Adam(free)
    network(torch.ones(2, 6)).sum().backward()
    optimiser.step()
    all_of_them = sum(p.numel() for p in network.parameters())
    learned = sum(p.numel() for p in free)
    kept = [p for p in network.parameters()] + [p.grad for p in network.parameters() if p.grad is not None]
    kept += [v for state in optimiser.state.values() for k, v in state.items() if k != "step"]
    assert sum(v.numel() * v.element_size() for v in kept) == 4 * all_of_them + 12 * learned


# --------------------------------------------------------------------------------------------------------- frozen parts
def normed_body():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.BatchNorm1d(6), torch.nn.ReLU())


def test_a_frozen_batch_norm_moves_in_training_mode_and_not_in_evaluation():
    for evaluates in (False, True):
        body, head = normed_body().requires_grad_(False), torch.nn.Linear(6, 1)
        body.train(not evaluates)
        before = {n: v.clone() for n, v in body.state_dict().items()}
        optimiser = torch.optim.AdamW(head.parameters(), weight_decay=0.1)
        for _ in range(5):
            head(body(2 + torch.randn(8, 4))).square().mean().backward()
            optimiser.step()
        moved = {n for n, v in body.state_dict().items() if not torch.equal(v, before[n])}
        assert moved == (set() if evaluates else {"1.running_mean", "1.running_var", "1.num_batches_tracked"})


@pytest.mark.parametrize(
    ("make", "zeros", "none"),
    [
        (lambda p: torch.optim.SGD(p, 0.1), False, False),
        (lambda p: torch.optim.SGD(p, 0.1, momentum=0.9), True, False),
        (lambda p: torch.optim.AdamW(p, 0.1, weight_decay=0.1), True, False),
    ],
)
def test_a_slope_of_zero_is_not_the_same_as_none(make, zeros, none):
    """After one real step: does the optimiser move a parameter whose slope is 0, and one that has none?"""
    for slope, moves in ((torch.zeros(3), zeros), (None, none)):
        p = torch.nn.Parameter(torch.ones(3))
        optimiser = make([p])
        p.grad = torch.ones(3)
        optimiser.step()
        before, p.grad = p.detach().clone(), slope
        optimiser.step()
        assert (not torch.equal(p, before)) == moves
