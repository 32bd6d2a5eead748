"""The labelled equations of "Attention", by an independent route each."""

import math

import numpy as np
import pytest
import sympy as sp
import torch
import torch.nn.functional as F

from lib.losses.backprop import numerical_gradient
from lib.transformers import attention as A

RNG = np.random.default_rng(41)
Q, K, V, DO = (RNG.normal(size=s) for s in ((3, 4), (5, 4), (5, 2), (3, 2)))
MASK = np.array([[True, False, True, True, False], [False] * 5, [True] * 5])


def by_loops(Q, K, V, mask, scale):
    out = np.zeros((len(Q), V.shape[1]))
    for t, q in enumerate(Q):
        e = [math.exp(float(q @ k) * scale) if m else 0.0 for k, m in zip(K, mask[t], strict=True)]
        for weight, v in zip(e, V, strict=True):
            out[t] += weight * v / (sum(e) or 1.0)
    return out


@pytest.mark.equation("eq-kernel-regression")
def test_kernel_regression_minimises_the_weighted_squares():
    """The mean with weights p is where Σ p (y − c)² is least: another road to the same number."""
    known, y, q, h = RNG.normal(size=6), RNG.normal(size=6), 0.3, 0.7
    bell = np.exp(-((q - known) ** 2) / (2 * h * h))
    root = np.sqrt(bell)
    wanted = np.linalg.lstsq(root[:, None], root * y, rcond=None)[0][0]
    assert A.kernel_regression([q], known, y, h)[0] == pytest.approx(wanted, rel=1e-12)


@pytest.mark.equation("eq-kernel-as-product")
def test_distances_and_products_give_the_same_weights():
    h, y = 0.8, RNG.normal(size=5)
    scores = (Q @ K.T - 0.5 * (K**2).sum(axis=1)) / h**2
    wanted = torch.softmax(torch.tensor(scores), 1).numpy() @ y
    assert np.allclose(A.kernel_regression(Q, K, y, h), wanted, rtol=1e-10)
    even = K / np.linalg.norm(K, axis=1, keepdims=True)
    assert np.allclose(
        A.kernel_regression(Q, even, y, h), A.attention(Q, even, y[:, None], scale=1 / h**2)[:, 0], rtol=1e-10
    )


@pytest.mark.equation("eq-projections")
def test_each_place_has_its_own_query_key_and_value():
    X, W = RNG.normal(size=(1, 3, 4)), A.random_heads(4, 1)
    passed = A.multi_head(X, W, 1)
    q, k, v = (np.array([x @ W[name] for x in X[0]]) for name in ("Wq", "Wk", "Wv"))
    wanted = by_loops(q, k, v, np.ones((3, 3), bool), 0.5) @ W["Wo"]
    assert np.allclose(passed.outputs[0], wanted, rtol=1e-10)


@pytest.mark.equation("eq-attention-weights")
@pytest.mark.equation("eq-attention")
def test_attention_written_out():
    everything = np.ones(MASK.shape, bool)
    assert np.allclose(A.attention(Q, K, V), by_loops(Q, K, V, everything, 0.5), rtol=1e-10)
    weights = A.attention_weights(Q, K)
    assert np.allclose(weights, torch.softmax(torch.tensor(Q @ K.T) / 2, 1), rtol=1e-10)
    assert np.allclose(weights.sum(axis=1), 1, rtol=1e-12)


@pytest.mark.equation("eq-score-variance")
def test_a_score_has_mean_0_and_variance_d():
    """Exactly, over all signs: entries ±1 with probability one half have mean 0 and variance 1."""
    for d in (1, 2, 3, 4):
        signs = np.array(np.meshgrid(*[(-1, 1)] * d)).reshape(d, -1).T
        scores = signs @ signs.T
        assert scores.mean() == 0 and (scores**2).mean() == d
    many = np.random.default_rng(0)
    q, k = many.normal(size=(2, 20000, 64))
    assert np.var((q * k).sum(axis=1)) == pytest.approx(64, rel=0.06)  # six standard errors


@pytest.mark.equation("eq-entropy-of-weights")
def test_entropy_lies_between_0_and_log_n():
    P = torch.softmax(torch.tensor(3 * RNG.normal(size=(50, 6))), 1)
    assert np.allclose(A.entropy(P.numpy()), torch.distributions.Categorical(P).entropy(), rtol=1e-10)
    assert A.entropy(np.full(6, 1 / 6)) == pytest.approx(math.log(6)) and A.entropy(np.eye(6)[2]) == 0
    assert ((A.entropy(P.numpy()) > 0) & (A.entropy(P.numpy()) < math.log(6))).all()


@pytest.mark.equation("eq-softmax-jacobian")
def test_the_softmax_s_jacobian():
    s = sp.symbols("s1:4")
    total = sum(sp.exp(x) for x in s)
    p = [sp.exp(x) / total for x in s]
    for r in range(3):
        for j in range(3):
            assert sp.simplify(sp.diff(p[r], s[j]) - p[r] * (int(r == j) - p[j])) == 0
    P = A.attention_weights(Q, K)
    for row, scores in zip(P, Q @ K.T / 2, strict=True):
        J = torch.autograd.functional.jacobian(lambda x: torch.softmax(x, 0), torch.tensor(scores)).numpy()
        assert np.allclose(J, np.diag(row) - np.outer(row, row), atol=1e-12)
        assert A.slope_of_softmax(row) == pytest.approx(np.linalg.norm(J), rel=1e-9)


@pytest.mark.equation("eq-causal-mask")
def test_a_causal_query_sees_its_own_place_and_those_before():
    assert all(A.causal_mask(5)[t, s] == (s <= t) for t in range(5) for s in range(5))
    assert np.array_equal(A.causal_mask(5), torch.ones(5, 5).tril().bool())


@pytest.mark.equation("eq-masked-attention")
def test_masked_attention_written_out_and_by_minus_infinity():
    assert np.allclose(A.attention(Q, K, V, MASK), by_loops(Q, K, V, MASK, 0.5), rtol=1e-10)
    scores = torch.tensor(np.where(MASK, Q @ K.T / 2, -np.inf))
    assert np.allclose(A.attention_weights(Q, K, MASK)[[0, 2]], torch.softmax(scores, 1)[[0, 2]], rtol=1e-10)
    assert np.array_equal(A.attention_weights(Q, K, MASK)[1], np.zeros(5))


@pytest.mark.equation("eq-attention-gradients")
def test_gradients_by_autograd_through_the_formula():
    leaves = [torch.tensor(a, requires_grad=True) for a in (Q, K, V)]
    out = torch.softmax(leaves[0] @ leaves[1].T / 2, 1) @ leaves[2]
    out.backward(torch.tensor(DO))
    for mine, leaf in zip(A.attention_gradients(DO, Q, K, V), leaves, strict=True):
        assert np.allclose(mine, leaf.grad, rtol=1e-9, atol=1e-12)
    by_steps = numerical_gradient(lambda k: float((A.attention(Q, k, V, MASK) * DO).sum()), K)
    assert np.allclose(A.attention_gradients(DO, Q, K, V, MASK)[1], by_steps, atol=1e-8)


@pytest.mark.equation("eq-multi-head")
def test_heads_are_attention_on_their_own_columns():
    X, W = RNG.normal(size=(2, 4, 6)), A.random_heads(6, 3)
    for name in "qkvo":
        W[f"b{name}"] = RNG.normal(size=6)
    for b in range(2):
        heads = []
        for i in range(3):
            own = slice(2 * i, 2 * i + 2)
            q, k, v = (X[b] @ W[f"W{n}"][:, own] + W[f"b{n}"][own] for n in "qkv")
            heads.append(F.scaled_dot_product_attention(*map(torch.tensor, (q, k, v))).numpy())
        wanted = np.hstack(heads) @ W["Wo"] + W["bo"]
        assert np.allclose(A.multi_head(X, W, 3).outputs[b], wanted, rtol=1e-9, atol=1e-12)


@pytest.mark.equation("eq-attention-cost")
def test_cost_is_the_sum_over_products():
    product = lambda n, k, m: 2 * n * k * m
    for T, D, h in ((5, 4, 2), (100, 64, 8), (1024, 768, 12)):
        d = D // h
        said = A.attention_cost(T, D, h, 2)
        assert said["projections"] == 4 * product(T, D, D)
        assert said["scores and mix"] == h * (product(T, d, T) + product(T, T, d))
        assert said["weights, bytes"] == 2 * sum(T * T for _ in range(h))
    at = lambda T: A.attention_cost(T, 64)
    assert at(128)["projections"] == at(128)["scores and mix"] and at(129)["projections"] < at(129)["scores and mix"]


@pytest.mark.equation("eq-online-softmax")
@pytest.mark.equation("eq-merge-parts")
def test_parts_and_their_merger():
    s, W = 30 * RNG.normal(size=(3, 9)), RNG.normal(size=(9, 2))
    a, b = A.part_of(s[:, :4], W[:4]), A.part_of(s[:, 4:], W[4:])
    m, l, o = A.merge_parts(a, b)
    assert np.array_equal(m[:, 0], s.max(axis=1))
    assert np.allclose(m + np.log(l), torch.logsumexp(torch.tensor(s), 1, keepdim=True), rtol=1e-10)
    assert np.allclose(o / l, torch.softmax(torch.tensor(s), 1).numpy() @ W, rtol=1e-9)
    for part, cut in ((a, slice(4)), (b, slice(4, 9))):
        assert np.allclose(part[2], np.exp(s[:, cut] - part[0]) @ W[cut], rtol=1e-10)


@pytest.mark.equation("eq-row-sum")
def test_a_row_s_sum_is_had_from_the_answer():
    P = A.attention_weights(Q, K)
    assert np.allclose((P * (DO @ V.T)).sum(axis=1), (DO * (P @ V)).sum(axis=1), rtol=1e-12)
