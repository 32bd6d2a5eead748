"""Pooling: equal to PyTorch, outputs and gradients, over random settings; what the text says of sums and shifts; bad input."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.convnets import pooling


@st.composite
def some_pooling(draw):
    size, stride = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    padding = draw(st.integers(0, size // 2))
    H, W = (draw(st.integers(size, 10)) for _ in range(2))
    rng = np.random.default_rng(draw(st.integers(0, 2**20)))
    X = rng.integers(-3, 4, size=(2, 3, H, W)).astype(float)  # small whole numbers: many ties
    return X, size, stride, padding, draw(st.booleans()), rng


def both_gradients(X, y, rng):
    G = rng.normal(size=tuple(y.shape))
    y.backward(torch.from_numpy(G))
    return G, X.grad.numpy()


@pytest.mark.equation("eq-max-pool")
@pytest.mark.equation("eq-max-pool-gradient")
@settings(max_examples=150, deadline=None)
@given(some_pooling())
def test_max_pooling_is_pytorchs_with_ties_and_gradients(case):
    X, size, stride, padding, ceil, rng = case
    x = torch.tensor(X, requires_grad=True)
    y, at = F.max_pool2d(x, size, stride, padding, ceil_mode=ceil, return_indices=True)
    Y, winners = pooling.max_pool(X, size, stride, padding, ceil)
    np.testing.assert_array_equal(Y, y.detach().numpy())
    np.testing.assert_array_equal(winners, at.numpy())
    G, theirs = both_gradients(x, y, rng)
    np.testing.assert_allclose(pooling.max_pool_gradient(G, winners, X.shape), theirs, atol=1e-12)


@pytest.mark.equation("eq-average-pool")
@settings(max_examples=150, deadline=None)
@given(some_pooling(), st.booleans())
def test_average_pooling_is_pytorchs_with_gradients(case, counted):
    X, size, stride, padding, ceil, rng = case
    x = torch.tensor(X, requires_grad=True)
    y = F.avg_pool2d(x, size, stride, padding, ceil_mode=ceil, count_include_pad=counted)
    np.testing.assert_allclose(
        pooling.average_pool(X, size, stride, padding, ceil, counted), y.detach().numpy(), atol=1e-12
    )
    G, theirs = both_gradients(x, y, rng)
    ours = pooling.average_pool_gradient(G, X.shape, size, stride, padding, ceil, counted)
    np.testing.assert_allclose(ours, theirs, atol=1e-12)


@pytest.mark.equation("eq-pooled-size")
@settings(max_examples=200, deadline=None)
@given(st.integers(1, 30), st.integers(1, 7), st.integers(1, 6), st.integers(0, 3))
def test_the_number_of_windows_is_counted(n, size, stride, padding):
    if padding > size // 2 or n + 2 * padding < size:
        return
    fit = [i for i in range(100) if i * stride + size <= n + 2 * padding]
    assert pooling.pooled_size(n, size, stride, padding) == len(fit) == (n + 2 * padding - size) // stride + 1


@pytest.mark.equation("eq-blur")
@settings(max_examples=60, deadline=None)
@given(
    st.integers(3, 12),
    st.integers(3, 12),
    st.integers(1, 3),
    st.sampled_from([1, 3, 5]),
    st.integers(0, 2**20),
)
def test_blur_is_a_convolution_of_mirrored_maps(H, W, stride, taps, seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(2, 3, H, W))
    row = np.array({1: [1], 3: [1, 2, 1], 5: [1, 4, 6, 4, 1]}[taps], float)
    kernel = torch.from_numpy(np.outer(row, row) / row.sum() ** 2).expand(3, 1, taps, taps)
    x = torch.tensor(X, requires_grad=True)
    y = F.conv2d(F.pad(x, [taps // 2] * 4, mode="reflect"), kernel, stride=stride, groups=3)
    np.testing.assert_allclose(pooling.blur_pool(X, stride, taps), y.detach().numpy(), atol=1e-12)
    G, theirs = both_gradients(x, y, rng)
    np.testing.assert_allclose(pooling.blur_pool_gradient(G, X.shape, stride, taps), theirs, atol=1e-12)


@pytest.mark.equation("eq-blur")
def test_the_pages_blur_of_pairs():
    x = np.random.default_rng(0).normal(size=9)
    m = np.maximum(x[:-1], x[1:])
    y = pooling.blur_matrix(8) @ m
    for i in (1, 2, 3):
        assert y[i] == pytest.approx(m[2 * i - 1] / 4 + m[2 * i] / 2 + m[2 * i + 1] / 4)


def test_padding_never_wins_and_a_map_below_zero_shows_it():
    X = -1 - np.arange(16.0).reshape(1, 1, 4, 4)
    Y = pooling.max_pool(X, 3, 2, 1)[0]
    assert Y.max() < 0 and set(Y.ravel()) <= set(X.ravel())


def test_global_average():
    X = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    np.testing.assert_allclose(pooling.global_average(X), F.adaptive_avg_pool2d(torch.from_numpy(X), 1)[:, :, 0, 0])


@pytest.mark.parametrize(
    "call, kind, words",
    [
        (lambda: pooling.pooled_size(2, 3), ValueError, "does not fit"),
        (lambda: pooling.pooled_size(5, 3, padding=2), ValueError, "padding"),
        (lambda: pooling.pooled_size(5, 0), ValueError, "size"),
        (lambda: pooling.pooled_size(5, 3, 0), ValueError, "stride"),
        (lambda: pooling.max_pool(np.zeros((4, 4)), 2), ValueError, "axes"),
        (lambda: pooling.max_pool_gradient(np.zeros((1, 1, 2, 2)), np.full((1, 1, 2, 2), 16), (1, 1, 4, 4)), ValueError, "winners"),
        (lambda: pooling.max_pool_gradient(np.zeros((1, 1, 2, 2)), np.zeros((1, 1, 2, 1), int), (1, 1, 4, 4)), ValueError, "alike"),
        (lambda: pooling.average_pool_gradient(np.zeros((1, 1, 3, 2)), (1, 1, 4, 4), 2), ValueError, "shape"),
        (lambda: pooling.blur_matrix(5, taps=4), ValueError, "odd"),
        (lambda: pooling.blur_matrix(2, taps=5), ValueError, "odd"),
        (lambda: pooling.blur_pool_gradient(np.zeros((1, 1, 3, 2)), (1, 1, 4, 4)), ValueError, "shape"),
        (lambda: pooling.global_average(np.full((1, 1, 2, 2), np.nan)), ValueError, "finite"),
    ],
)  # fmt: skip
def test_bad_input(call, kind, words):
    with pytest.raises(kind, match=words):
        call()
