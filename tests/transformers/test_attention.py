"""Attention by hand against torch's, in blocks against whole, and the laws it keeps."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.losses.backprop import numerical_gradient
from lib.transformers import attention as A

MASKS = ("none", "causal", "padding", "both", "nothing to see", "random")
close = lambda a, b: np.allclose(a, b, rtol=1e-6, atol=1e-9)


def make(kind, B, T, S, rng):
    """Return a mask (B, T, S) or None: "nothing to see" hides all keys from some queries."""
    lengths = rng.integers(0 if kind == "nothing to see" else 1, S + 1, B)
    lengths[rng.integers(B)] = 0 if kind == "nothing to see" else S
    whole = np.ones((B, T, S), bool)
    return {
        "none": None,
        "causal": whole & A.causal_mask(T, S) if S >= T else whole,
        "padding": whole & A.padding_mask(lengths, S),
        "both": whole & A.padding_mask(lengths, S) & (A.causal_mask(T, S) if S >= T else whole[0]),
        "nothing to see": whole & A.padding_mask(lengths, S),
        "random": rng.uniform(size=(B, T, S)) < 0.5,
    }[kind]


sizes = dict(
    B=st.integers(1, 3),
    T=st.integers(1, 6),
    S=st.integers(1, 6),
    d=st.integers(1, 5),
    dv=st.integers(1, 4),
    kind=st.sampled_from(MASKS),
    seed=st.integers(0, 10**6),
)


@settings(max_examples=150, deadline=None)
@given(**sizes, own_scale=st.booleans())
def test_outputs_and_gradients_are_those_of_scaled_dot_product_attention(B, T, S, d, dv, kind, seed, own_scale):
    rng = np.random.default_rng(seed)
    Q, K, V, dO = (2 * rng.normal(size=(B, *s)) for s in ((T, d), (S, d), (S, dv), (T, dv)))
    mask, scale = make(kind, B, T, S, rng), 0.7 if own_scale else None
    q, k, v = (torch.tensor(a, requires_grad=True) for a in (Q, K, V))
    theirs = F.scaled_dot_product_attention(q, k, v, None if mask is None else torch.tensor(mask), scale=scale)
    theirs.backward(torch.tensor(dO))
    assert close(A.attention(Q, K, V, mask, scale), theirs.detach())
    for mine, leaf in zip(A.attention_gradients(dO, Q, K, V, mask, scale), (q, k, v), strict=True):
        assert close(mine, leaf.grad)


@settings(max_examples=80, deadline=None)
@given(
    B=st.integers(1, 3),
    T=st.integers(1, 5),
    S=st.integers(1, 5),
    d=st.integers(1, 3),
    h=st.integers(1, 3),
    kind=st.sampled_from(MASKS[:4]),
    crossed=st.booleans(),
    seed=st.integers(0, 10**6),
)
def test_heads_and_all_their_gradients_are_those_of_multihead_attention(B, T, S, d, h, kind, crossed, seed):
    """Their masks say what may not be seen: ours turned round."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    D = d * h
    module = torch.nn.MultiheadAttention(D, h, batch_first=True).double()
    with torch.no_grad():
        module.in_proj_bias.normal_(), module.out_proj.bias.normal_()
    S = S if crossed else T
    X, M = rng.normal(size=(B, T, D)), rng.normal(size=(B, S, D)) if crossed else None
    mask = make(kind, B, T, S, rng)
    x = torch.tensor(X, requires_grad=True)
    m = x if M is None else torch.tensor(M, requires_grad=True)
    theirs_mask = None if mask is None else torch.tensor(~np.repeat(mask, h, axis=0))
    out, P = module(x, m, m, attn_mask=theirs_mask, average_attn_weights=False)
    slopes = rng.normal(size=out.shape)
    out.backward(torch.tensor(slopes))

    passed = A.multi_head(X, A.heads_of(module), h, M, mask)
    assert close(passed.outputs, out.detach()) and close(passed.P, P.detach())
    dX, dM, dW = A.multi_head_gradients(passed, slopes)
    assert close(dX, x.grad) and (dM is None if M is None else close(dM, m.grad))
    for at, n in enumerate("qkv"):
        assert close(dW[f"W{n}"], module.in_proj_weight.grad[at * D : (at + 1) * D].T)
        assert close(dW[f"b{n}"], module.in_proj_bias.grad[at * D : (at + 1) * D])
    assert close(dW["Wo"], module.out_proj.weight.grad.T) and close(dW["bo"], module.out_proj.bias.grad)


def test_where_a_query_sees_nothing_multihead_attention_gives_nan_and_ours_its_free_terms():
    module = torch.nn.MultiheadAttention(4, 2, batch_first=True).double()
    with torch.no_grad():
        module.out_proj.bias.normal_()
    X = np.random.default_rng(0).normal(size=(1, 3, 4))
    x = torch.tensor(X)
    theirs, _ = module(x, x, x, key_padding_mask=torch.ones(1, 3, dtype=torch.bool))
    assert theirs.isnan().all()
    passed = A.multi_head(X, A.heads_of(module), 2, mask=A.padding_mask([0], 3))
    assert np.all(passed.P == 0) and close(passed.outputs, np.broadcast_to(module.out_proj.bias.detach(), (1, 3, 4)))


@settings(max_examples=120, deadline=None)
@given(
    **sizes | dict(kind=st.sampled_from(["none", "causal"])), block=st.integers(1, 7), size=st.sampled_from([1, 300])
)
def test_blocks_give_what_the_whole_gives(B, T, S, d, dv, kind, seed, block, size):
    """Scores of thousands as well: nothing overflows."""
    rng = np.random.default_rng(seed)
    S = max(T, S)
    Q, K, V, dO = (rng.normal(size=(B, *s)) for s in ((T, d), (S, d), (S, dv), (T, dv)))
    Q *= size
    causal = kind == "causal"
    mask = A.causal_mask(T, S) if causal else None
    out, log_sums = A.tiled_attention(Q, K, V, causal, block=block)
    assert close(out, A.attention(Q, K, V, mask))
    scores = np.where(True if mask is None else mask, Q @ K.swapaxes(1, 2) / math.sqrt(d), -np.inf)
    assert close(log_sums[..., 0], torch.tensor(scores).logsumexp(-1))
    mine = A.tiled_attention_gradients(dO, Q, K, V, out, log_sums, causal, block=block)
    for a, b in zip(mine, A.attention_gradients(dO, Q, K, V, mask), strict=True):
        assert np.allclose(a, b, rtol=1e-6, atol=1e-8 * size)


@settings(max_examples=60, deadline=None)
@given(
    T=st.integers(1, 4),
    n=st.integers(1, 5),
    cuts=st.tuples(st.integers(0, 4), st.integers(0, 4)),
    seed=st.integers(0, 999),
)
def test_parts_may_be_merged_in_any_order(T, n, cuts, seed):
    rng = np.random.default_rng(seed)
    scores, V = 20 * rng.normal(size=(T, 3 * n)), rng.normal(size=(3 * n, 2))
    scores[rng.uniform(size=scores.shape) < 0.3] = -np.inf
    a, b, c = (A.part_of(scores[:, i : i + n], V[i : i + n]) for i in (0, n, 2 * n))
    whole = A.part_of(scores, V)
    for merged in (A.merge_parts(A.merge_parts(a, b), c), A.merge_parts(a, A.merge_parts(c, b))):
        for mine, wanted in zip(merged, whole, strict=True):
            assert np.allclose(mine, wanted, rtol=1e-9, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(T=st.integers(1, 6), D=st.sampled_from([2, 4, 6]), seed=st.integers(0, 10**6))
def test_without_positions_self_attention_goes_along_with_every_permutation(T, D, seed):
    rng = np.random.default_rng(seed)
    X, W, order = rng.normal(size=(1, T, D)), A.random_heads(D, seed), rng.permutation(T)
    one, other = A.multi_head(X, W, 2), A.multi_head(X[:, order], W, 2)
    assert close(other.outputs, one.outputs[:, order]) and close(other.P, one.P[:, :, order][..., order])


@settings(max_examples=40, deadline=None)
@given(T=st.integers(2, 6), at=st.integers(1, 5), seed=st.integers(0, 10**6))
def test_a_causal_query_knows_nothing_of_what_comes(T, at, seed):
    rng = np.random.default_rng(seed)
    at = min(at, T - 1)
    X, W = rng.normal(size=(1, T, 4)), A.random_heads(4, seed)
    changed = X.copy()
    changed[0, at:] += 3 * rng.normal(size=(T - at, 4))
    before, after = (A.multi_head(x, W, 2, mask=A.causal_mask(T)).outputs[0] for x in (X, changed))
    assert np.array_equal(before[:at], after[:at]) and not np.allclose(before[at:], after[at:])


@settings(max_examples=60, deadline=None)
@given(B=st.integers(1, 3), T=st.integers(1, 5), d=st.integers(1, 4), h=st.integers(1, 4), seed=st.integers(0, 99))
def test_heads_are_split_as_torch_does_and_merged_back(B, T, d, h, seed):
    X = np.random.default_rng(seed).normal(size=(B, T, d * h))
    split = A.split_heads(X, h)
    assert np.array_equal(split, torch.tensor(X).view(B, T, h, d).transpose(1, 2))
    assert np.array_equal(A.merge_heads(split), X)


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 4),
    N=st.integers(1, 6),
    D=st.integers(1, 3),
    width=st.sampled_from([1e-3, 0.3, 2.0, 1e3]),
    seed=st.integers(0, 999),
)
def test_kernel_regression_is_the_formula_written_out(n, N, D, width, seed):
    rng = np.random.default_rng(seed)
    x, known, values = rng.normal(size=(n, D)), rng.normal(size=(N, D)), rng.normal(size=N)
    wanted = []
    for at in x:
        logs = torch.tensor([-sum((at - k) ** 2) / (2 * width**2) for k in known])
        wanted.append(float(torch.softmax(logs, 0) @ torch.tensor(values)))
    found = A.kernel_regression(x, known, values, width)
    assert close(found, wanted)
    assert np.all(found >= values.min() - 1e-12) and np.all(found <= values.max() + 1e-12)


def test_causal_mask_lies_at_the_end_and_torchs_is_causal_at_the_start():
    """With more keys than queries: ours are the last of them, as when a text goes on."""
    assert np.array_equal(A.causal_mask(2, 4), [[True, True, True, False], [True, True, True, True]])
    Q, K = np.ones((2, 1)), np.ones((4, 1))
    V = np.eye(4)
    theirs = F.scaled_dot_product_attention(*map(torch.tensor, (Q, K, V)), is_causal=True).numpy()
    assert np.array_equal(theirs > 0, [[True, False, False, False], [True, True, False, False]])
    assert np.array_equal(A.attention(Q, K, V, A.causal_mask(2, 4)) > 0, A.causal_mask(2, 4))


def test_masked_keys_are_not_even_looked_at():
    rng = np.random.default_rng(3)
    Q, K, V = rng.normal(size=(2, 3)), rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
    mask = np.array([True, True, False, True])
    wild_K, wild_V = K.copy(), V.copy()
    wild_K[2], wild_V[2] = 1e20, -1e20
    assert np.array_equal(A.attention(Q, K, V, mask), A.attention(Q, wild_K, wild_V, mask))


def test_the_gradient_by_differences():
    rng = np.random.default_rng(5)
    Q, K, V, dO = (rng.normal(size=s) for s in ((2, 3), (4, 3), (4, 2), (2, 2)))
    mask = A.causal_mask(2, 4)
    found = A.attention_gradients(dO, Q, K, V, mask)
    for at, mine in enumerate(found):
        arrays = [Q, K, V]
        f = lambda x, at=at, arrays=arrays: float((A.attention(*arrays[:at], x, *arrays[at + 1 :], mask) * dO).sum())
        assert np.allclose(mine, numerical_gradient(f, arrays[at]), atol=1e-7)


class Counted:
    """A number that counts what is done with it."""

    operations = 0

    def __init__(self, value=1.0):
        self.value = value

    def _count(self, other):
        Counted.operations += 1
        return Counted()

    __add__ = __mul__ = __radd__ = __rmul__ = _count


@pytest.mark.parametrize(("T", "D", "heads"), [(3, 4, 1), (3, 4, 2), (5, 6, 3)])
def test_the_products_cost_what_is_said_counted_one_by_one(T, D, heads):
    """The counts are leading terms: a product of (n, k) and (k, m) takes nm(2k − 1) operations, and 2nmk are said."""
    numbers = lambda *shape: np.array([Counted() for _ in range(math.prod(shape))], dtype=object).reshape(shape)
    X, W = numbers(T, D), numbers(D, D)
    Counted.operations = 0
    Q, K, V = (X @ W for _ in range(3))
    X @ W
    projections = Counted.operations
    d = D // heads
    Counted.operations = 0
    for h in range(heads):
        part = slice(h * d, (h + 1) * d)
        numbers(T, T) @ V[:, part]
        Q[:, part] @ K[:, part].T
    said = A.attention_cost(T, D, heads)
    assert projections == said["projections"] - 4 * T * D
    assert Counted.operations == said["scores and mix"] - heads * T**2 - T * D


def test_entropy_and_slope_of_the_softmax():
    rng = np.random.default_rng(9)
    P = np.array([A.attention_weights(np.ones((1, 1)), 3 * rng.normal(size=(7, 1)))[0] for _ in range(5)])
    wanted = [np.linalg.norm(np.diag(p) - np.outer(p, p)) for p in P]
    assert close(A.slope_of_softmax(P), wanted)
    assert close(A.entropy(P), torch.special.entr(torch.tensor(P)).sum(-1))
    assert A.entropy(np.eye(3)).tolist() == [0, 0, 0] and np.allclose(A.slope_of_softmax(np.eye(3)), 0)


ONE = np.ones((2, 3))
BAD = [
    (lambda: A.attention(ONE, np.ones((2, 4)), ONE), ValueError, "queries have 3 entries, but keys have 4"),
    (lambda: A.attention(ONE, ONE, np.ones((3, 3))), ValueError, "2 keys, but 3 values"),
    (lambda: A.attention(ONE[None], ONE, ONE), ValueError, "same axes in front"),
    (lambda: A.attention(ONE, ONE, ONE, np.ones((2, 2))), TypeError, "True where a query may look"),
    (lambda: A.attention(ONE, ONE, ONE, np.ones((3, 3), bool)), ValueError, r"broadcast to \(2, 2\)"),
    (lambda: A.causal_mask(3, 2), ValueError, "S must be at least T"),
    (lambda: A.padding_mask([4], 3), ValueError, "from 0 to 3"),
    (lambda: A.split_heads(ONE, 2), ValueError, "2 heads"),
    (lambda: A.attention_gradients(np.ones((2, 2)), ONE, ONE, ONE), ValueError, "outputs' shape"),
    (lambda: A.multi_head(ONE[None], {}, 1), TypeError, "Wq"),
    (
        lambda: A.tiled_attention(np.ones((3, 1)), np.ones((2, 1)), np.ones((2, 1)), causal=True),
        ValueError,
        "last of 2",
    ),
    (lambda: A.part_of(np.array([[np.nan]]), np.ones((1, 1))), ValueError, "−∞"),
    (lambda: A.attention_cost(3, 4, 3), ValueError, "3 heads do not divide 4"),
    (lambda: A.kernel_regression([0.0], [1.0], [1.0], 0.0), ValueError, "bandwidth"),
    (lambda: A.heads_of(torch.nn.Linear(2, 2)), TypeError, "MultiheadAttention"),
    (lambda: A.heads_of(torch.nn.MultiheadAttention(2, 1, bias=False)), ValueError, "bias=True"),
]


@pytest.mark.parametrize(("call", "kind", "words"), BAD)
def test_bad_input_is_told(call, kind, words):
    with pytest.raises(kind, match=words):
        call()
