"""Attention in blocks in PyTorch against torch's own and against ours in numpy."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.transformers import attention, fast


@settings(max_examples=60, deadline=None)
@given(
    B=st.integers(1, 2),
    h=st.integers(1, 2),
    T=st.integers(1, 9),
    S=st.integers(1, 9),
    d=st.integers(1, 4),
    dv=st.integers(1, 4),
    causal=st.booleans(),
    queries=st.integers(1, 5),
    keys=st.integers(1, 5),
    seed=st.integers(0, 10**6),
)
def test_it_is_torchs_and_ours_with_every_size_of_block(B, h, T, S, d, dv, causal, queries, keys, seed):
    torch.manual_seed(seed)
    S = T if causal else S
    leaves = [torch.randn(B, h, *s, dtype=torch.float64, requires_grad=True) for s in ((T, d), (S, d), (S, dv))]
    leaves[0].data.mul_(5)
    slopes = torch.randn(B, h, T, dv, dtype=torch.float64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast, "QUERIES", queries)
        patch.setattr(fast, "KEYS", keys)
        mine = fast.tiled_attention(*leaves, causal)
        found = torch.autograd.grad(mine, leaves, slopes)
    theirs = F.scaled_dot_product_attention(*leaves, is_causal=causal)
    for a, b in zip((mine, *found), (theirs, *torch.autograd.grad(theirs, leaves, slopes)), strict=True):
        assert torch.allclose(a, b, rtol=1e-8, atol=1e-10)
    ours, _ = attention.tiled_attention(*(x.detach().numpy() for x in leaves), causal, block=3)
    assert np.allclose(mine.detach(), ours, rtol=1e-9, atol=1e-11)


def test_in_single_precision_at_the_size_it_is_for():
    torch.manual_seed(0)
    leaves = [torch.randn(1, 2, 700, 16, requires_grad=True) for _ in range(3)]
    mine, theirs = fast.tiled_attention(*leaves, True), F.scaled_dot_product_attention(*leaves, is_causal=True)
    assert torch.allclose(mine, theirs, atol=1e-6)
    slopes = torch.randn_like(mine)
    for a, b in zip(
        torch.autograd.grad(mine, leaves, slopes), torch.autograd.grad(theirs, leaves, slopes), strict=True
    ):
        assert torch.allclose(a, b, atol=1e-5)


ONE = torch.ones(2, 3)
BAD = [
    (lambda: fast.tiled_attention(ONE.numpy(), ONE, ONE), TypeError, "q must be a tensor"),
    (lambda: fast.tiled_attention(ONE, ONE.double(), ONE), TypeError, "one dtype"),
    (lambda: fast.tiled_attention(ONE, torch.ones(2, 4), ONE), ValueError, "do not fit"),
    (lambda: fast.tiled_attention(ONE, torch.ones(4, 3), torch.ones(4, 3), True), ValueError, "as many keys"),
    (lambda: fast.tiled_attention(torch.ones(3), ONE, ONE), ValueError, "places, entries"),
]


@pytest.mark.parametrize(("call", "kind", "words"), BAD)
def test_bad_input_is_told(call, kind, words):
    with pytest.raises(kind, match=words):
        call()
