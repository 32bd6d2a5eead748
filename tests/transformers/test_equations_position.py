"""The labelled equations of "Position and order", by an independent route each."""

import numpy as np
import pytest
import sympy as sp
import torch

from lib.transformers import attention
from lib.transformers import positions as P

RNG = np.random.default_rng(23)


@pytest.mark.equation("eq-equivariance")
def test_self_attention_goes_along_with_a_permutation():
    X, order = RNG.normal(size=(1, 5, 4)), RNG.permutation(5)
    Pi = np.eye(5)[order]
    module = torch.nn.MultiheadAttention(4, 2, batch_first=True).double().eval()
    f = lambda x: module(*[torch.tensor(x)] * 3)[0].detach().numpy()
    assert np.allclose(f(Pi @ X), Pi @ f(X), atol=1e-12)
    W = attention.random_heads(4, 5)
    g = lambda x: attention.multi_head(x, W, 2).outputs
    assert np.allclose(g(Pi @ X), Pi @ g(X), atol=1e-12)
    S, V = RNG.normal(size=(5, 5)), RNG.normal(size=(5, 3))  # the steps of the proof
    soft = lambda s: torch.softmax(torch.tensor(s), 1).numpy()
    assert np.allclose(soft(Pi @ S @ Pi.T), Pi @ soft(S) @ Pi.T, atol=1e-14)
    assert np.allclose((Pi @ soft(S) @ Pi.T) @ (Pi @ V), Pi @ soft(S) @ V, atol=1e-14)


@pytest.mark.equation("eq-frequencies")
def test_frequencies_are_a_geometric_sequence_from_1():
    w = P.frequencies(12)
    assert w[0] == 1 and np.allclose(w[1:] / w[:-1], 10000 ** (-2 / 12), rtol=1e-12)
    assert np.allclose(w, np.exp(-np.arange(6) * 2 / 12 * np.log(10000)), rtol=1e-12)


@pytest.mark.equation("eq-sinusoids")
def test_sinusoids_are_parts_of_complex_numbers():
    turning = np.exp(1j * np.outer(np.arange(9), P.frequencies(6)))
    table = P.sinusoids(np.arange(9), 6)
    assert np.allclose(table[:, ::2], turning.imag, atol=1e-12) and np.allclose(
        table[:, 1::2], turning.real, atol=1e-12
    )


@pytest.mark.equation("eq-shift")
def test_a_shift_is_a_rotation_symbolically():
    a, b = sp.symbols("a b", real=True)
    R = sp.Matrix([[sp.cos(b), -sp.sin(b)], [sp.sin(b), sp.cos(b)]])
    row = sp.Matrix([[sp.sin(a), sp.cos(a)]])
    assert sp.simplify(sp.expand_trig(sp.Matrix([[sp.sin(a + b), sp.cos(a + b)]])) - row * R) == sp.zeros(1, 2)
    assert sp.simplify(R * R.T) == sp.eye(2)
    angle = 3 * P.frequencies(4)[1]
    wanted = np.array(R.subs(b, angle), float)
    assert np.allclose(P.shift_matrix(3, 4)[2:, 2:], wanted, atol=1e-12)


@pytest.mark.equation("eq-sinusoid-product")
def test_products_of_sinusoids_depend_on_the_distance():
    d = 10
    table = P.sinusoids(np.arange(40), d)
    for t, s in ((3, 7), (20, 24), (39, 0)):
        assert table[t] @ table[s] == pytest.approx(sum(np.cos((t - s) / 10000 ** (2 * i / d)) for i in range(5)))
    assert np.allclose((table**2).sum(axis=1), d / 2)


@pytest.mark.equation("eq-rope")
def test_a_rotation_of_each_pair():
    x, places = RNG.normal(size=(4, 6)), np.array([0, 2, 5, 11])
    turned = (x[:, ::2] + 1j * x[:, 1::2]) * np.exp(1j * np.outer(places, P.frequencies(6)))
    assert np.allclose(P.rotate(x, places)[:, ::2], turned.real, atol=1e-12)
    assert np.allclose(P.rotate(x, places)[:, 1::2], turned.imag, atol=1e-12)


@pytest.mark.equation("eq-rope-relative")
def test_the_product_of_two_that_are_turned():
    q, k = RNG.normal(size=(2, 6))
    for m, n in ((2, 5), (9, 1), (4, 4)):
        mine = P.rotate(q[None], [m])[0] @ P.rotate(k[None], [n])[0]
        assert mine == pytest.approx(q @ P.rotate(k[None], [n - m])[0], rel=1e-9)
        z, w = q[::2] + 1j * q[1::2], k[::2] + 1j * k[1::2]
        assert mine == pytest.approx(
            float((z.conj() * w * np.exp(1j * (n - m) * P.frequencies(6))).sum().real), rel=1e-9
        )


@pytest.mark.equation("eq-conventions")
def test_the_order_that_links_the_conventions():
    d, order = 8, P.half_split_order(8)
    assert order.tolist() == [0, 2, 4, 6, 1, 3, 5, 7]
    x, places = RNG.normal(size=(3, d)), np.array([1, 4, 9])
    assert np.allclose(P.rotate(x, places)[:, order], P.rotate(x[:, order], places, halves=True), atol=1e-12)
    Pi = np.eye(d)[:, order]  # as a matrix: x Π
    assert np.allclose(P.rotate(x, places) @ Pi, P.rotate(x @ Pi, places, halves=True), atol=1e-12)
