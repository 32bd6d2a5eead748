"""The convolution of shifted pieces in PyTorch against torch's own and against ours in numpy."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.convnets import convolution, fast


@settings(max_examples=80, deadline=None)
@given(
    N=st.integers(1, 3),
    C=st.integers(1, 3),
    O=st.integers(1, 3),
    size=st.tuples(st.integers(1, 8), st.integers(1, 8)),
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    padding=st.integers(0, 3),
    dilation=st.integers(1, 2),
    bias=st.booleans(),
    seed=st.integers(0, 10**6),
)
def test_it_is_torchs_and_ours(N, C, O, size, kernel, padding, dilation, bias, seed):
    if any(n + 2 * padding < (k - 1) * dilation + 1 for n, k in zip(size, kernel, strict=True)):
        return
    torch.manual_seed(seed)
    shapes = ((N, C, *size), (O, C, *kernel), (O,))[: 2 + bias]
    leaves = [torch.randn(*s, dtype=torch.float64, requires_grad=True) for s in shapes]
    mine = fast.conv2d(*leaves, padding=padding, dilation=dilation)
    right = F.conv2d(*leaves, padding=padding, dilation=dilation)
    slopes = torch.randn_like(right)
    ours = convolution.conv2d(*(a.detach().numpy() for a in leaves), padding=padding, dilation=dilation)
    assert np.allclose(mine.detach(), ours, atol=1e-10)
    pairs = (torch.autograd.grad(y, leaves, slopes) for y in (mine, right))
    for a, b in zip((mine, *next(pairs)), (right, *next(pairs)), strict=True):
        assert torch.allclose(a, b, rtol=1e-8, atol=1e-10)


def test_in_single_precision_and_without_slopes_by_the_pictures():
    torch.manual_seed(0)
    x, w, b = torch.randn(4, 3, 20, 20), torch.randn(8, 3, 3, 3, requires_grad=True), torch.randn(8, requires_grad=True)
    mine, right = fast.conv2d(x, w, b, 1), F.conv2d(x, w, b, padding=1)
    assert torch.allclose(mine, right, atol=1e-5)
    both = (torch.autograd.grad((y**2).mean(), (w, b)) for y in (mine, right))
    for one, other in zip(next(both), next(both), strict=True):
        assert torch.allclose(one, other, atol=1e-5)


X, W = torch.ones(1, 2, 5, 5), torch.ones(3, 2, 3, 3)
BAD = [
    (lambda: fast.conv2d(X.numpy(), W), TypeError, "x must be a tensor"),
    (lambda: fast.conv2d(X, W.double()), TypeError, "one dtype"),
    (lambda: fast.conv2d(X[0], W), ValueError, "x must have 4 axes"),
    (lambda: fast.conv2d(X[:, :1], W), ValueError, "do not fit each other"),
    (lambda: fast.conv2d(X, W, torch.ones(2)), ValueError, "do not fit each other"),
    (lambda: fast.conv2d(X, W, padding=-1), ValueError, "padding must be"),
    (lambda: fast.conv2d(X, W, dilation=3), ValueError, "does not fit into"),
]


@pytest.mark.parametrize("call, error, words", BAD)
def test_what_does_not_fit_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
