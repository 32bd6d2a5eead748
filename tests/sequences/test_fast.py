"""The LSTM with its own walk back against torch's and against ours in numpy."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.sequences import layers
from lib.sequences.fast import lstm


@settings(max_examples=30, deadline=None)
@given(B=st.integers(1, 4), T=st.integers(1, 6), I=st.integers(1, 4), H=st.integers(1, 5), seed=st.integers(0, 10**6))
def test_it_is_torchs_and_ours(B, T, I, H, seed):
    torch.manual_seed(seed)
    module = torch.nn.LSTM(I, H, batch_first=True).double()
    x, slopes = torch.randn(B, T, I, dtype=torch.float64), torch.randn(B, T, H, dtype=torch.float64)
    theirs = x.clone().requires_grad_()
    out, _ = module(theirs)
    out.backward(slopes)
    ((W,),) = layers.weights_of(module)
    leaves = [torch.tensor(v, requires_grad=True) for v in (x.numpy(), W["Wx"], W["Wh"], W["bx"] + W["bh"])]
    mine = lstm(*leaves)
    mine.backward(slopes)
    assert torch.allclose(mine, out, rtol=1e-10, atol=1e-12)
    wanted = theirs.grad, module.weight_ih_l0.grad.T, module.weight_hh_l0.grad.T, module.bias_ih_l0.grad
    for leaf, grad in zip(leaves, wanted, strict=True):
        assert torch.allclose(leaf.grad, grad, rtol=1e-9, atol=1e-11)
    passed = layers.forward("LSTM", [[W]], x.numpy())
    assert np.allclose(passed.outputs, mine.detach().numpy(), rtol=1e-10, atol=1e-12)
    assert np.allclose(layers.backward(passed, slopes.numpy()).stack[0][0]["Wh"], leaves[2].grad.numpy(), atol=1e-10)


@pytest.mark.parametrize("there", [True, False])
def test_both_libraries_products_are_the_same_lstm(there, monkeypatch):
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: there)
    torch.manual_seed(0)
    module, x = torch.nn.LSTM(5, 8, batch_first=True), torch.randn(3, 7, 5)
    Wx, Wh = module.weight_ih_l0.detach().T.requires_grad_(), module.weight_hh_l0.detach().T.requires_grad_()
    out = lstm(x, Wx, Wh, (module.bias_ih_l0 + module.bias_hh_l0).detach())
    out.sum().backward()
    wanted = module(x)[0]
    wanted.sum().backward()
    assert torch.allclose(out, wanted, atol=1e-6)
    assert torch.allclose(Wx.grad, module.weight_ih_l0.grad.T, atol=1e-5)
    assert torch.allclose(Wh.grad, module.weight_hh_l0.grad.T, atol=1e-5)


def test_it_is_differentiable_once_and_says_so():
    leaves = [torch.randn(*s, dtype=torch.float64, requires_grad=True) for s in ((2, 3, 2), (2, 12), (3, 12), (12,))]
    slopes = torch.ones(2, 3, 3, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(lstm(*leaves), leaves[0], slopes, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        slope.sum().backward()


X, WX, WH, BIAS = torch.ones(2, 3, 4), torch.ones(4, 20), torch.ones(5, 20), torch.ones(20)
BAD = [
    (lambda: lstm(X.numpy(), WX, WH, BIAS), TypeError, "x must be a tensor"),
    (lambda: lstm(X.long(), WX, WH, BIAS), TypeError, "x must be a tensor of floats"),
    (lambda: lstm(X[0], WX, WH, BIAS), ValueError, "x must have 3 axes"),
    (lambda: lstm(X[:, :0], WX, WH, BIAS), ValueError, "x must have 3 axes and entries"),
    (lambda: lstm(X, WX[:3], WH, BIAS), ValueError, r"must have shapes \(4, 20\), \(5, 20\) and \(20,\)"),
]


@pytest.mark.parametrize("call, kind, says", BAD)
def test_bad_input_is_refused(call, kind, says):
    with pytest.raises(kind, match=says):
        call()
