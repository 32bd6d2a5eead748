"""The equations of "GPT" that test_gpt.py and test_anatomy.py do not check."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.transformers import anatomy, gpt


@pytest.mark.equation("eq-nucleus")
@settings(max_examples=80, deadline=None)
@given(scores=st.lists(st.integers(-40, 40), min_size=1, max_size=9), p=st.floats(0.01, 1))
def test_the_nucleus_is_the_smallest_head_that_reaches_p(scores, p):
    whole = torch.softmax(torch.tensor(scores, dtype=torch.float64) / 8, 0).numpy()
    falling = np.sort(whole)[::-1]
    sums = [falling[:j].sum() for j in range(1, len(whole) + 1)]
    if any(abs(s - p) < 1e-9 for s in sums):
        return  # which side of p a sum is on is rounding
    m = next(j for j, s in enumerate(sums, 1) if s >= p)
    kept = gpt.next_distribution(np.array(scores) / 8, top_p=p)
    assert (kept > 0).sum() == m


@pytest.mark.equation("eq-parameters-of-a-block")
@pytest.mark.equation("eq-flops-of-a-model")
def test_the_closed_forms():
    for D, L, V, T in ((64, 2, 98, 64), (768, 12, 50_257, 1024)):
        sizes = anatomy.Sizes(V, D, L, D // 64, 4 * D)
        counts, work = anatomy.parameters(sizes), anatomy.flops(sizes, T)
        assert sum(counts.values()) == L * (12 * D**2 + 13 * D) + V * D + 2 * D
        assert sum(work.values()) == 24 * L * T * D**2 + 4 * L * T**2 * D + 2 * T * D * V
