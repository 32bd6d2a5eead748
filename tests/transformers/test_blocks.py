"""The block by hand against torch's layers, and the laws it keeps."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.losses.neurons import gelu
from lib.transformers import attention as A
from lib.transformers import blocks

close = lambda a, b: np.allclose(a, b, rtol=1e-6, atol=1e-9)
BENDS = {"relu": torch.relu, "gelu": torch.nn.functional.gelu, "gelu_tanh": torch.nn.GELU("tanh")}


def layer(kind, D, h, F, order, activation, seed):
    """Return one of torch's layers in float64, no weight of which is at its start value of 0 or 1."""
    torch.manual_seed(seed)
    made = kind(D, h, F, 0.0, BENDS[activation], batch_first=True, norm_first=order == "pre", dtype=torch.float64)
    with torch.no_grad():
        for w in made.parameters():
            w.add_(torch.randn_like(w) / 4)
    return made


def masks_of(kind, B, T, S, rng):
    """Return a mask (B, T, S), True where a query may look, with a key for each, or None."""
    lengths = rng.integers(1, S + 1, B)
    causal = A.causal_mask(T) if T == S else np.ones((T, S), bool)
    return {
        "none": None,
        "causal": np.ones((B, 1, 1), bool) & causal,
        "padding": np.ones((B, T, 1), bool) & A.padding_mask(lengths, S),
        "both": causal & A.padding_mask(lengths, S),
    }[kind]


def theirs(mask, h):
    return None if mask is None else torch.tensor(~np.repeat(mask, h, axis=0))


sizes = dict(
    B=st.integers(1, 3),
    T=st.integers(1, 5),
    d=st.integers(1, 3),
    h=st.integers(1, 3),
    F=st.integers(1, 6),
    order=st.sampled_from(blocks.ORDERS),
    activation=st.sampled_from([*BENDS]),
    kind=st.sampled_from(["none", "causal", "padding", "both"]),
    seed=st.integers(0, 10**6),
)


def same_slopes(dW, module):
    """Assert that all of dW's slopes are those of the module's parameters."""
    for name, attn in (("attention", "self_attn"), ("cross", "multihead_attn")):
        if name in dW:
            attn = getattr(module, attn)
            D = len(attn.out_proj.bias)
            for at, n in enumerate("qkv"):
                assert close(dW[name][f"W{n}"], attn.in_proj_weight.grad[at * D : (at + 1) * D].T)
                assert close(dW[name][f"b{n}"], attn.in_proj_bias.grad[at * D : (at + 1) * D])
            assert close(dW[name]["Wo"], attn.out_proj.weight.grad.T) and close(dW[name]["bo"], attn.out_proj.bias.grad)
    for i in (1, 2):
        linear = getattr(module, f"linear{i}")
        assert close(dW["ff"][f"W{i}"], linear.weight.grad.T) and close(dW["ff"][f"b{i}"], linear.bias.grad)
    for name in (name for name in dW if name.startswith("norm")):
        norm = getattr(module, name)
        assert close(dW[name]["gamma"], norm.weight.grad) and close(dW[name]["beta"], norm.bias.grad)


@settings(max_examples=100, deadline=None)
@given(**sizes)
def test_outputs_and_all_gradients_are_those_of_the_encoder_layer(B, T, d, h, F, order, activation, kind, seed):
    rng = np.random.default_rng(seed)
    module = layer(torch.nn.TransformerEncoderLayer, d * h, h, F, order, activation, seed)
    X, mask = 2 * rng.normal(size=(B, T, d * h)), masks_of(kind, B, T, T, rng)
    x = torch.tensor(X, requires_grad=True)
    out = module(x, src_mask=theirs(mask, h))
    slopes = rng.normal(size=out.shape)
    out.backward(torch.tensor(slopes))
    passed = blocks.block(X, blocks.block_of(module), h, order, mask=mask, activation=activation)
    assert close(passed.outputs, out.detach()) and passed.cross_P is None
    assert np.allclose(passed.P.sum(axis=-1), 1)
    dx, d_memory, dW = blocks.block_gradients(passed, slopes)
    assert close(dx, x.grad) and d_memory is None
    same_slopes(dW, module)


@settings(max_examples=100, deadline=None)
@given(**sizes, S=st.integers(1, 5), memory_kind=st.sampled_from(["none", "padding"]))
def test_outputs_and_all_gradients_are_those_of_the_decoder_layer(
    B, T, d, h, F, order, activation, kind, seed, S, memory_kind
):
    rng = np.random.default_rng(seed)
    module = layer(torch.nn.TransformerDecoderLayer, d * h, h, F, order, activation, seed)
    X, M = 2 * rng.normal(size=(B, T, d * h)), rng.normal(size=(B, S, d * h))
    mask, memory_mask = masks_of(kind, B, T, T, rng), masks_of(memory_kind, B, T, S, rng)
    x, m = (torch.tensor(a, requires_grad=True) for a in (X, M))
    out = module(x, m, tgt_mask=theirs(mask, h), memory_mask=theirs(memory_mask, h))
    slopes = rng.normal(size=out.shape)
    out.backward(torch.tensor(slopes))
    passed = blocks.block(X, blocks.block_of(module), h, order, M, mask, memory_mask, activation)
    assert close(passed.outputs, out.detach()) and passed.cross_P.shape == (B, h, T, S)
    dx, d_memory, dW = blocks.block_gradients(passed, slopes)
    assert close(dx, x.grad) and close(d_memory, m.grad)
    same_slopes(dW, module)


@settings(max_examples=60, deadline=None)
@given(D=st.integers(1, 4), F=st.integers(1, 5), activation=st.sampled_from([*BENDS]), seed=st.integers(0, 10**6))
def test_the_network_treats_each_place_by_itself(D, F, activation, seed):
    rng = np.random.default_rng(seed)
    W = {"W1": rng.normal(size=(D, F)), "b1": rng.normal(size=F), "W2": rng.normal(size=(F, D)), "b2": np.ones(D)}
    x = rng.normal(size=(2, 3, D))
    one = blocks.feed_forward(x[1, 2], W, activation).outputs
    assert close(blocks.feed_forward(x, W, activation).outputs[1, 2], one)
    dx, dW = blocks.feed_forward_gradients(blocks.feed_forward(x, W, activation), np.ones(x.shape))
    parts = [
        blocks.feed_forward_gradients(blocks.feed_forward(x[i, j], W, activation), np.ones(D))
        for i in (0, 1)
        for j in (0, 1, 2)
    ]
    assert close(dx[1, 2], parts[-1][0]) and all(close(dW[n], sum(p[1][n] for p in parts)) for n in W)


def test_gelus_two_forms():
    z = np.linspace(-8, 8, 20_001)
    t = torch.tensor(z, requires_grad=True)
    out = torch.nn.functional.gelu(t, approximate="tanh")
    out.sum().backward()
    assert np.allclose(blocks.gelu_tanh(z), out.detach(), atol=1e-14)
    assert np.allclose(blocks.gelu_tanh_slope(z), t.grad, atol=1e-12)
    assert 4.6e-4 < np.abs(blocks.gelu_tanh(z) - gelu(z)).max() < 4.8e-4
    far = np.array([-1e300, -1e3, 0.0, 1e3, 1e300])
    assert (blocks.gelu_tanh(far) == np.maximum(far, 0)).all() and (blocks.gelu_tanh_slope(far)[[0, 4]] == [0, 1]).all()


def test_a_block_of_zeros_passes_on_and_normed_before_it_is_the_identity():
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    W = blocks.random_block(4, 8)
    for name in ("attention", "ff"):
        W[name] = {n: np.zeros_like(v) for n, v in W[name].items()}
    assert (blocks.block(x, W, 2, "pre").outputs == x).all()
    normed = blocks.block(x, W, 2, "post").outputs
    assert np.allclose(normed.mean(axis=-1), 0, atol=1e-12) and np.allclose(normed.var(axis=-1), 1, atol=1e-4)
    g = np.random.default_rng(1).normal(size=x.shape)
    assert (blocks.block_gradients(blocks.block(x, W, 2, "pre"), g)[0] == g).all()


@settings(max_examples=20, deadline=None)
@given(depth=st.integers(1, 3), order=st.sampled_from(blocks.ORDERS), seed=st.integers(0, 10**6))
def test_a_stack_is_torch_s_encoder_and_so_are_its_gradients(depth, order, seed):
    modules = [layer(torch.nn.TransformerEncoderLayer, 4, 2, 5, order, "relu", seed + i) for i in range(depth)]
    rng = np.random.default_rng(seed)
    X, mask = rng.normal(size=(2, 3, 4)), A.causal_mask(3)
    x = torch.tensor(X, requires_grad=True)
    out = x
    for module in modules:
        out = module(out, src_mask=torch.tensor(~mask))
    if order == "pre":
        out = torch.nn.functional.layer_norm(out, (4,))
    slopes = rng.normal(size=out.shape)
    out.backward(torch.tensor(slopes))
    passed = blocks.stack(X, [blocks.block_of(module) for module in modules], 2, order, mask)
    assert close(passed.outputs, out.detach())
    dx, dW = blocks.stack_gradients(passed, slopes)
    assert close(dx, x.grad)
    for mine, module in zip(dW, modules, strict=True):
        same_slopes(mine, module)


@pytest.mark.parametrize("order", blocks.ORDERS)
def test_the_first_step_keeps_what_slopes_promise_where_it_is_short(order):
    found = blocks.first_step(3, order, np.array([1e-7, 1e-6, 3e-2]), seed=1)
    ratio = found["happened"] / found["promised"]
    assert ratio[:2] == pytest.approx([1, 1], abs=0.02) and ratio[2] < 0.5
    assert found["slopes"].shape == (3,) and (found["slopes"] > 0).all() and 2.5 < found["before"] < 4.5


def test_random_weights_depend_on_the_seed_alone_and_have_the_spread_they_promise():
    one, other = blocks.random_block(64, 256, True, 3), blocks.random_block(64, 256, True, 3)
    assert set(one) == {"attention", "cross", "ff", "norm1", "norm2", "norm3"}
    assert all((one[a][b] == other[a][b]).all() for a in one for b in one[a])
    assert (one["attention"]["Wq"] != one["cross"]["Wq"]).any()
    assert np.var(one["ff"]["W1"]) == pytest.approx(2 / (64 + 256), rel=0.03)


X, W = np.ones((1, 2, 4)), blocks.random_block(4, 3)
CROSSED = blocks.random_block(4, 3, True)
encoder = lambda **changes: torch.nn.TransformerEncoderLayer(4, 2, 3, batch_first=True, **changes)
BAD = [
    (lambda: blocks.block(X, W, 3), ValueError, "with 3 heads"),
    (lambda: blocks.block(X[0], W, 2), ValueError, "x must be 3 axes"),
    (lambda: blocks.block(X, W, 2, "middle"), ValueError, "order must be 'pre' or 'post'"),
    (lambda: blocks.block(X, W, 2, memory=X), ValueError, "the weights have no cross"),
    (lambda: blocks.block(X, CROSSED, 2), ValueError, "cross needs a memory"),
    (lambda: blocks.block(X, W, 2, memory_mask=np.ones((2, 2), bool)), ValueError, "memory_mask is given, but no"),
    (lambda: blocks.block(X, W, 2, mask=np.ones((2, 2))), TypeError, "mask must hold True"),
    (lambda: blocks.block(X, W, 2, activation="tanh"), ValueError, "activation must be one of 'relu'"),
    (lambda: blocks.block(X, {"attention": {}}, 2), TypeError, "weights must be a dict of attention"),
    (lambda: blocks.block(X, W | {"norm1": {"gamma": np.ones(4)}}, 2), TypeError, "norm1 must be a dict"),
    (lambda: blocks.block(X, W | {"ff": {}}, 2), TypeError, "must be a dict of W1"),
    (lambda: blocks.feed_forward(X, W["ff"] | {"b1": np.ones(2)}), ValueError, r"b1 must have shape \(3,\)"),
    (lambda: blocks.block_gradients(blocks.block(X, W, 2), X[:, :1]), ValueError, "the outputs' shape"),
    (lambda: blocks.block_gradients(X, X), TypeError, "passed must be a BlockPass"),
    (lambda: blocks.stack(X, [], 2), TypeError, "a list of blocks' weights"),
    (lambda: blocks.first_step(0, "pre", [0.1]), ValueError, "depth must be at least 1"),
    (lambda: blocks.random_block(4, 0), ValueError, "hidden must be at least 1"),
    (lambda: blocks.random_block(4, 2, "yes"), TypeError, "crossed must be True or False"),
    (lambda: blocks.block_of(torch.nn.Linear(2, 2)), TypeError, "must be a torch.nn.TransformerEncoderLayer"),
    (lambda: blocks.block_of(encoder(bias=False)), ValueError, "bias=True"),
    (lambda: blocks.block_of(encoder(layer_norm_eps=1e-6)), ValueError, "eps=1e-5"),
]


@pytest.mark.parametrize("call, kind, says", BAD)
def test_bad_input_is_refused(call, kind, says):
    with pytest.raises(kind, match=says):
        call()
