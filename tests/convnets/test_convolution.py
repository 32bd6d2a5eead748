"""Convolution in all its forms against PyTorch, scipy and itself, over randomised settings."""

import math

import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.convnets import convolution as cv

TORCH_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate"}


@st.composite
def layers(draw, groups=True, modes=tuple(cv.MODES)):
    """Return (x, K, b, settings): a layer of random sizes that fits its pictures."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    g = draw(st.integers(1, 3)) if groups else 1
    N, c, o = draw(st.integers(1, 3)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    pair = lambda low, high: tuple(draw(st.integers(low, high)) for _ in range(2))
    kernel, stride, dilation, size = pair(1, 4), pair(1, 3), pair(1, 3), pair(3, 9)
    reach = [cv.extent(k, d) for k, d in zip(kernel, dilation, strict=True)]
    padding = [
        tuple(draw(st.integers(max(0, -(-(r - n) // 2)), max(2, -(-(r - n) // 2)))) for _ in range(2))
        for r, n in zip(reach, size, strict=True)
    ]
    x, K, b = rng.normal(size=(N, g * c, *size)), rng.normal(size=(g * o, c, *kernel)), rng.normal(size=g * o)
    mode = draw(st.sampled_from(modes))
    if mode == "reflect" and any(max(p) >= n for p, n in zip(padding, size, strict=True)):
        mode = "replicate"
    return x, K, b, dict(stride=stride, padding=tuple(padding), dilation=dilation, groups=g, mode=mode)


def theirs(x, K, b, s):
    """Return PyTorch's outputs, pictures padded first as `s` says."""
    (top, bottom), (left, right) = s["padding"]
    x = F.pad(x, (left, right, top, bottom), mode=TORCH_MODES[s["mode"]])
    return F.conv2d(x, K, b, stride=s["stride"], dilation=s["dilation"], groups=s["groups"])


@pytest.mark.equation("eq-conv-as-product")
@pytest.mark.equation("eq-kernel-gradient")
@pytest.mark.equation("eq-input-gradient")
@settings(max_examples=150, deadline=None)
@given(layer=layers())
def test_outputs_and_all_gradients_are_torchs(layer):
    x, K, b, s = layer
    leaves = [torch.tensor(a, requires_grad=True) for a in (x, K, b)]
    y = theirs(*leaves, s)
    mine = cv.conv2d(x, K, b, **s)
    assert mine.shape == y.shape and np.allclose(mine, y.detach(), rtol=1e-6, atol=1e-9)
    d_out = np.random.default_rng(0).normal(size=mine.shape)
    grads = torch.autograd.grad(y, leaves, torch.tensor(d_out))
    for ours, g in zip(cv.conv2d_gradients(d_out, x, K, **s), grads, strict=True):
        assert np.allclose(ours, g, rtol=1e-6, atol=1e-9)


@pytest.mark.equation("eq-convolution")
@settings(max_examples=60, deadline=None)
@given(layer=layers(groups=False))
def test_the_loops_and_the_matrix_are_the_product(layer):
    x, K, b, s = layer
    del s["groups"]
    y = cv.conv2d(x, K, b, **s)
    assert np.allclose(cv.conv2d_loops(x, K, b, **s), y, rtol=1e-10, atol=1e-10)
    A = cv.conv_matrix(K, x.shape[2:], **s)
    flat = (x.reshape(len(x), -1) @ A.T).reshape(y.shape)
    assert np.allclose(flat + b[:, None, None], y, rtol=1e-10, atol=1e-10)


@pytest.mark.equation("eq-conv-matrix")
@pytest.mark.equation("eq-transposed-size")
@settings(max_examples=100, deadline=None)
@given(layer=layers(modes=("zeros",)), extra=st.tuples(st.integers(0, 2), st.integers(0, 2)))
def test_the_transposed_convolution_is_torchs_and_the_matrix_s_transpose(layer, extra):
    _, K, _, s = layer
    p = tuple(side[0] for side in s["padding"])
    n = [2, 3]
    reach = [cv.extent(k, d) for k, d in zip(K.shape[2:], s["dilation"], strict=True)]
    extra = tuple(min(e, stride - 1) for e, stride in zip(extra, s["stride"], strict=True))
    sizes = [
        (m - 1) * stride - 2 * q + r + e for m, stride, q, r, e in zip(n, s["stride"], p, reach, extra, strict=True)
    ]
    if min(sizes) < 1:
        return
    rng = np.random.default_rng(1)
    y, b = rng.normal(size=(2, len(K), *n)), rng.normal(size=K.shape[1] * s["groups"])
    mine = cv.conv_transpose2d(
        y, K, b, stride=s["stride"], padding=p, dilation=s["dilation"], groups=s["groups"], extra=extra
    )
    assert list(mine.shape[2:]) == sizes
    if all(e < max(stride, d) for e, stride, d in zip(extra, s["stride"], s["dilation"], strict=True)):
        right = F.conv_transpose2d(
            torch.tensor(y), torch.tensor(K), torch.tensor(b), s["stride"], p, extra, s["groups"], s["dilation"]
        )
        assert np.allclose(mine, right, rtol=1e-9, atol=1e-9)
    if s["groups"] == 1:
        A = cv.conv_matrix(K, sizes, stride=s["stride"], padding=p, dilation=s["dilation"])
        back = (y.reshape(2, -1) @ A).reshape(mine.shape)
        assert np.allclose(mine - b[:, None, None], back, rtol=1e-9, atol=1e-9)


@pytest.mark.equation("eq-convolution-theorem")
@settings(max_examples=60, deadline=None)
@given(layer=layers(groups=False, modes=("zeros",)))
def test_through_the_fourier_transform_it_is_the_same(layer):
    x, K, b, s = layer
    if any(k > n + sum(p) for k, n, p in zip(K.shape[2:], x.shape[2:], s["padding"], strict=True)):
        return
    right = cv.conv2d(x, K, b, padding=s["padding"])
    assert np.allclose(cv.fft_conv2d(x, K, b, padding=s["padding"]), right, rtol=1e-9, atol=1e-9)


@pytest.mark.equation("eq-correlation-and-convolution")
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), kh=st.integers(1, 4), kw=st.integers(1, 4))
def test_it_is_a_correlation_and_with_the_kernel_turned_the_convolution(seed, kh, kw):
    rng = np.random.default_rng(seed)
    x, k = rng.normal(size=(6, 7)), rng.normal(size=(kh, kw))
    mine = cv.filtered(x, k)
    assert np.allclose(mine, scipy.signal.correlate2d(x, k, mode="valid"), atol=1e-12)
    assert np.allclose(mine, scipy.signal.convolve2d(x, k[::-1, ::-1], mode="valid"), atol=1e-12)
    if kh > 1 or kw > 1:
        assert not np.allclose(mine, scipy.signal.convolve2d(x, k, mode="valid"), atol=1e-3)


@settings(max_examples=60, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 2), st.integers(3, 6), st.integers(3, 6)),
    sides=st.tuples(*(st.tuples(st.integers(0, 2), st.integers(0, 2)) for _ in range(2))),
    mode=st.sampled_from(sorted(cv.MODES)),
)
def test_padding_is_numpys_and_its_gradient_the_transpose(shape, sides, mode):
    rng = np.random.default_rng(0)
    x = rng.normal(size=shape)
    right = np.pad(x, ((0, 0), *sides), mode={"zeros": "constant", "reflect": "reflect", "replicate": "edge"}[mode])
    mine = cv.pad(x, sides, mode)
    assert np.array_equal(mine, right)
    d = rng.normal(size=right.shape)  # ⟨d, pad x⟩ = ⟨padᵀ d, x⟩
    assert np.vdot(d, right) == pytest.approx(np.vdot(cv.pad_gradient(d, sides, mode), x), abs=1e-10)


@pytest.mark.equation("eq-im2col")
@settings(max_examples=60, deadline=None)
@given(layer=layers(groups=False, modes=("zeros",)))
def test_im2col_is_torchs_unfold_and_col2im_its_transpose(layer):
    x, K, _, s = layer
    x = cv.pad(x, s["padding"])
    kernel = K.shape[2:]
    mine = cv.im2col(x, kernel, s["stride"], s["dilation"])
    right = F.unfold(torch.tensor(x), kernel, stride=s["stride"], dilation=s["dilation"]).numpy()
    assert np.array_equal(mine, right.swapaxes(1, 2))
    d = np.random.default_rng(0).normal(size=mine.shape)
    back = cv.col2im(d, x.shape, kernel, s["stride"], s["dilation"])
    assert np.vdot(d, mine) == pytest.approx(np.vdot(back, x), abs=1e-9)
    folded = F.fold(torch.tensor(d.swapaxes(1, 2)), x.shape[2:], kernel, stride=s["stride"], dilation=s["dilation"])
    assert np.allclose(back, folded, atol=1e-12)


# ---------------------------------------------------------------------------------------------------------------- sizes
@pytest.mark.equation("eq-extent")
@pytest.mark.equation("eq-output-size")
@settings(max_examples=150, deadline=None)
@given(
    n=st.integers(1, 30), k=st.integers(1, 6), stride=st.integers(1, 5), padding=st.integers(0, 4), d=st.integers(1, 4)
)
def test_the_size_is_the_number_of_starts_whose_taps_all_lie_inside(n, k, stride, padding, d):
    starts = [p for p in range(0, n + 2 * padding, stride) if p + (k - 1) * d <= n + 2 * padding - 1]
    if not starts:
        with pytest.raises(ValueError, match="does not fit"):
            cv.output_size(n, k, stride, padding, d)
        return
    assert cv.output_size(n, k, stride, padding, d) == len(starts)


@pytest.mark.equation("eq-same-padding")
@pytest.mark.parametrize("k", range(1, 8))
@pytest.mark.parametrize("dilation", range(1, 4))
def test_same_padding_keeps_the_size_as_torchs_does(k, dilation):
    two = cv.same_padding(k, dilation)
    rng = np.random.default_rng(k)
    x, K = rng.normal(size=(1, 1, 9, 9)), rng.normal(size=(1, 1, k, k))
    mine = cv.conv2d(x, K, padding=(two, two), dilation=dilation)
    right = F.conv2d(torch.tensor(x), torch.tensor(K), padding="same", dilation=dilation)
    assert mine.shape == x.shape and np.allclose(mine, right, atol=1e-10)


@pytest.mark.equation("eq-conv-parameters")
@pytest.mark.equation("eq-conv-macs")
@settings(max_examples=60, deadline=None)
@given(layer=layers(), bias=st.booleans())
def test_the_counts_are_those_of_torchs_module_and_of_the_loops(layer, bias):
    x, K, b, s = layer
    out = cv.conv2d(x, K, b, **s).shape[2:]
    found = cv.cost(x.shape[1], len(K), K.shape[2:], out, s["groups"], bias)
    module = torch.nn.Conv2d(x.shape[1], len(K), K.shape[2:], groups=s["groups"], bias=bias)
    assert found.parameters == sum(p.numel() for p in module.parameters())
    assert found.macs == sum(1 for _ in np.ndindex(len(K), *out, *K.shape[1:]))
    assert found.flops == 2 * found.macs


@pytest.mark.equation("eq-fft-flops")
@pytest.mark.parametrize("n", [32, 256, 1000])
def test_the_transforms_cost(n):
    M = n * n
    assert cv.fft_flops(n) == pytest.approx(7.5 * M * math.log2(M) + 3 * M)


@pytest.mark.equation("eq-separable")
@pytest.mark.parametrize("name", cv.KERNELS)
def test_a_kernel_of_rank_one_is_two_in_a_row(name):
    k = cv.KERNELS[name]
    x = np.random.default_rng(0).normal(size=(8, 9))
    u, s, vt = np.linalg.svd(k)
    twice = cv.filtered(cv.filtered(x, s[0] * u[:, :1]), vt[:1])
    rank = np.linalg.matrix_rank(k)
    assert np.allclose(twice, cv.filtered(x, k), atol=1e-12) == (rank == 1)
    parts = sum(cv.filtered(cv.filtered(x, s[r] * u[:, r : r + 1]), vt[r : r + 1]) for r in range(rank))
    assert np.allclose(parts, cv.filtered(x, k), atol=1e-12)


# --------------------------------------------------------------------------------------------------------- equivariance
@pytest.mark.equation("eq-shifted-layer")
@settings(max_examples=80, deadline=None)
@given(layer=layers(), shift=st.tuples(st.integers(-4, 4), st.integers(-4, 4)))
def test_a_shift_by_whole_strides_shifts_the_outputs_away_from_the_border(layer, shift):
    """On a picture that is 0 but in the middle, wide enough for nothing to reach the border."""
    x, K, b, s = layer
    x = np.pad(x, ((0, 0), (0, 0), (30, 30), (30, 30)))
    moved = np.roll(x, [m * stride for m, stride in zip(shift, s["stride"], strict=True)], axis=(2, 3))
    y = cv.conv2d(x, K, b, **s)
    assert np.allclose(cv.conv2d(moved, K, b, **s), np.roll(y, shift, axis=(2, 3)), atol=1e-10)


def test_a_stride_and_a_border_break_it():
    rng = np.random.default_rng(0)
    x, K = np.zeros((1, 1, 20, 20)), rng.normal(size=(1, 1, 3, 3))
    x[..., 8:12, 8:12] = rng.normal(size=(4, 4))
    y, moved = (cv.conv2d(a, K, stride=2, padding=1) for a in (x, np.roll(x, 1, axis=3)))
    assert min(np.abs(np.roll(y, m, axis=3) - moved).max() for m in (-1, 0, 1)) > 0.5
    full = rng.normal(size=(1, 1, 20, 20))
    y, moved = (cv.conv2d(a, K, padding=1) for a in (full, np.roll(full, 1, axis=3)))
    gap = np.abs(np.roll(y, 1, axis=3) - moved)[0, 0]
    assert gap[:, [0, 1, -1]].max() > 0.5 and gap[1:-1, 2:-1].max() < 1e-12


# -------------------------------------------------------------------------------------------------------------- borders
@pytest.mark.parametrize("mode", cv.MODES)
@pytest.mark.parametrize("layers", [1, 3, 4])
def test_zero_padding_tells_where_the_border_is_and_the_others_do_not_on_an_even_picture(mode, layers):
    target = cv.border_distance(24, 20)
    found = cv.random_layers(np.full((24, 20), 0.5), layers, mode, seed=1)
    kinds = len(np.unique(found.reshape(16, -1).round(9), axis=1).T)
    left = target - cv.linearly_read(found, target)
    explained = 1 - np.var(left) / np.var(target)
    if mode == "zeros":
        assert kinds == (2 * layers + 1) ** 2 and 0.25 < explained < 0.8
    else:
        assert kinds == 1 and abs(explained) < 1e-6


def test_the_distance_from_the_border():
    found = cv.border_distance(4, 5)
    assert found.tolist() == [[0, 0, 0, 0, 0], [0, 1, 1, 1, 0], [0, 1, 1, 1, 0], [0, 0, 0, 0, 0]]
    assert np.array_equal(
        scipy.ndimage.distance_transform_cdt(np.pad(np.ones((4, 5)), 1), "chessboard")[1:-1, 1:-1] - 1, found
    )


def test_the_best_linear_guess_is_that_of_least_squares():
    rng = np.random.default_rng(0)
    features, target = rng.normal(size=(3, 6, 5)), rng.normal(size=(6, 5))
    left = (target - cv.linearly_read(features, target)).ravel()
    assert np.abs(features.reshape(3, -1) @ left).max() < 1e-9 and abs(left.sum()) < 1e-9


# ------------------------------------------------------------------------------------------------------------ bad input
X, K2 = np.ones((1, 2, 5, 5)), np.ones((2, 2, 3, 3))
BAD = [
    (lambda: cv.conv2d(X, np.ones((2, 3, 3, 3))), ValueError, "3 channels a kernel in 1 group, but x has 2"),
    (lambda: cv.conv2d(X, K2, groups=2), ValueError, "2 channels a kernel in 2 groups"),
    (lambda: cv.conv2d(X, np.ones((3, 1, 3, 3)), groups=2), ValueError, "2 groups do not divide 2 channels and 3"),
    (lambda: cv.conv2d(X, K2, np.ones(3)), ValueError, "b has 3 entries, but there are 2 kernels"),
    (lambda: cv.conv2d(X, K2, dilation=3), ValueError, "reaches over 7 pixels does not fit into 5"),
    (lambda: cv.conv2d(X, K2, stride=0), ValueError, "stride must be at least 1"),
    (lambda: cv.conv2d(X, K2, padding=(1, 2, 3)), ValueError, "padding must be"),
    (lambda: cv.conv2d(X, K2, padding=0.5), TypeError, "padding must be a whole number"),
    (lambda: cv.conv2d(X, K2, padding=5, mode="reflect"), ValueError, "a mirror of 5 pixels shows 4 more, not 5"),
    (lambda: cv.conv2d(X, K2, mode="wrap"), ValueError, "mode must be one of"),
    (lambda: cv.conv2d(X[0], K2), ValueError, "x must be 4 axes"),
    (lambda: cv.conv2d_gradients(np.ones((1, 2, 2, 3)), X, K2), ValueError, "outputs' shape"),
    (lambda: cv.conv_transpose2d(X, K2, extra=1), ValueError, "extra must be less than the stride"),
    (lambda: cv.conv_transpose2d(X, K2, padding=4), ValueError, "nothing is left"),
    (lambda: cv.conv_transpose2d(np.ones((1, 3, 5, 5)), K2), ValueError, "y has 3 channels"),
    (lambda: cv.im2col(X, 6), ValueError, "does not fit"),
    (lambda: cv.col2im(np.ones((1, 9, 17)), (1, 2, 5, 5), 3), ValueError, "columns must have shape"),
    (lambda: cv.col2im(np.ones((1, 9, 18)), (2, 5, 5), 3), ValueError, "shape must be"),
    (lambda: cv.pad(np.ones(3), 1), ValueError, "x must be pictures"),
    (lambda: cv.pad_gradient(np.ones((3, 2)), 1), ValueError, "of which 2 are padding"),
    (lambda: cv.pad_gradient(np.ones(3), 1), ValueError, "d_padded must be"),
    (lambda: cv.selection(5, 3, 3), ValueError, "tap must be at most 2"),
    (lambda: cv.conv_matrix(K2, (500, 500)), ValueError, "more than 10 million entries"),
    (lambda: cv.cost(4, 6, 3, 5, groups=4), ValueError, "do not divide"),
    (lambda: cv.linearly_read(X[0], np.ones((4, 5))), ValueError, "do not fit"),
]


@pytest.mark.parametrize("call, error, words", BAD)
def test_what_does_not_fit_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
