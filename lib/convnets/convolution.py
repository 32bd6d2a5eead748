"""Convolution with all its settings, in several forms that agree, its gradients, sizes and counts.

Pictures are (N, C, H, W) and kernels (O, C / groups, kh, kw), as in PyTorch; a single grey picture (H, W) has `filtered`. Stride and
dilation are a number, or a pair for rows and columns; padding is a number, such a pair, or ((above, below), (left, right)).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import fft

from lib.book import validate

# What continues a picture of n rows or columns beyond its border: from places (…, −1, 0, …, n, …) to places in it, −1 for a zero.
MODES: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
    "zeros": lambda at, n: np.where((at >= 0) & (at < n), at, -1),
    "reflect": lambda at, n: n - 1 - np.abs(n - 1 - np.abs(at)),
    "replicate": lambda at, n: np.clip(at, 0, n - 1),
}
MOST = 10_000  # of a stride, dilation or padding

KERNELS = {  # nine numbers, and what they do
    "blur": np.full((3, 3), 1 / 9),
    "sharpen": np.array([[0.0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    "vertical edges": np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
    "horizontal edges": np.array([[-1.0, -2, -1], [0, 0, 0], [1, 2, 1]]),
    "emboss": np.array([[-2.0, -1, 0], [-1, 1, 1], [0, 1, 2]]),
    "random": np.array([[-0.5, 0.75, 0.25], [1.0, -1.25, 0.5], [-0.25, 0.5, -0.75]]),
}


# ------------------------------------------------------------------------------------------------------------- settings
@dataclass(frozen=True)
class _Settings:
    stride: tuple[int, int]
    padding: tuple[tuple[int, int], tuple[int, int]]
    dilation: tuple[int, int]
    groups: int
    mode: str


def _pair(value, name: str, low: int) -> tuple[int, int]:
    """Return a whole number, or a pair of them, as a pair."""
    if isinstance(value, (tuple, list)):
        if len(value) != 2:
            raise ValueError(f"{name} must be a whole number or a pair, for rows and columns, but is {value!r}")
        return tuple(validate.whole(v, name, low=low, high=MOST) for v in value)
    one = validate.whole(value, name, low=low, high=MOST)
    return one, one


def _sides(padding) -> tuple[tuple[int, int], tuple[int, int]]:
    if not isinstance(padding, (tuple, list)):
        padding = (padding, padding)
    if len(padding) != 2:
        raise ValueError(f"padding must be a whole number or a pair, for rows and columns, but is {padding!r}")
    return tuple(_pair(side, "padding", 0) for side in padding)


def _mode(mode) -> str:
    if not isinstance(mode, str) or mode not in MODES:
        raise ValueError(f"mode must be one of {', '.join(map(repr, MODES))}, but is {mode!r}")
    return mode


def _settings(stride, padding, dilation, groups, mode) -> _Settings:
    groups = validate.whole(groups, "groups", low=1, high=MOST)
    return _Settings(_pair(stride, "stride", 1), _sides(padding), _pair(dilation, "dilation", 1), groups, _mode(mode))


def _layer(x, K, b, groups: int) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return pictures, kernels and free terms as arrays that fit each other, or raise."""
    x, K = validate.array(x, "x", 4), validate.array(K, "K", 4)
    if x.shape[1] % groups or len(K) % groups:
        raise ValueError(f"{groups} groups do not divide {x.shape[1]} channels and {len(K)} kernels evenly")
    if K.shape[1] * groups != x.shape[1]:
        raise ValueError(
            f"K has {K.shape[1]} channels a kernel in {groups} group{'s' * (groups > 1)}, but x has {x.shape[1]} channels"
        )
    return x, K, None if b is None else validate.vector(b, "b", len(K), "kernels")


# ---------------------------------------------------------------------------------------------------------------- sizes
def extent(k: int, dilation: int = 1) -> int:
    """Return over how many pixels a kernel of k taps reaches: (k − 1) · dilation + 1. Equation: eq-extent"""
    k, dilation = validate.whole(k, "k", low=1, high=MOST), validate.whole(dilation, "dilation", low=1, high=MOST)
    return (k - 1) * dilation + 1


def output_size(n: int, k: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Return how many places a kernel, or a window, of k taps has on n pixels with `padding` more at either end, or raise where it has none.

    Equation: eq-output-size
    """
    stride, padding = (
        validate.whole(stride, "stride", low=1, high=MOST),
        validate.whole(padding, "padding", low=0, high=MOST),
    )
    return _places(validate.whole(n, "n", low=1), extent(k, dilation), stride, (padding, padding))


def _places(n: int, reach: int, stride: int, sides: tuple[int, int]) -> int:
    room = n + sum(sides) - reach
    if room < 0:
        raise ValueError(f"a window that reaches over {reach} pixels does not fit into {n} and {sum(sides)} of padding")
    return room // stride + 1


def same_padding(k: int, dilation: int = 1) -> tuple[int, int]:
    """Return (before, after): the padding with which stride 1 keeps the size. Where it is odd the one more comes after.

    Equation: eq-same-padding
    """
    total = extent(k, dilation) - 1
    return total // 2, total - total // 2


def _output_sizes(shape, kernel, s: _Settings) -> tuple[int, int]:
    return tuple(
        _places(n, extent(k, d), stride, sides)
        for n, k, d, stride, sides in zip(shape, kernel, s.dilation, s.stride, s.padding, strict=True)
    )


# -------------------------------------------------------------------------------------------------------------- padding
def _sources(n: int, sides: tuple[int, int], mode: str) -> np.ndarray:
    """Return for each of the padded places which of n it repeats, −1 for a zero."""
    if mode == "reflect" and max(sides) >= n:
        raise ValueError(f"a mirror of {n} pixels shows {n - 1} more, not {max(sides)}")
    return MODES[mode](np.arange(-sides[0], n + sides[1]), n)


def pad(x, padding, mode: str = "zeros") -> np.ndarray:
    """Return pictures (…, H, W) with more rows and columns around them.

    mode : 'zeros', 'reflect' (a mirror that does not repeat the border) or 'replicate' (the border again and again)
    """
    x, sides, mode = validate.array(x, "x"), _sides(padding), _mode(mode)
    if x.ndim < 2:
        raise ValueError(f"x must be pictures (…, H, W), but has shape {x.shape}")
    for axis, (n, two) in enumerate(zip(x.shape[-2:], sides, strict=True), start=-2):
        at = _sources(n, two, mode)
        x = np.take(x, np.maximum(at, 0), axis=axis)
        x[(..., at < 0) + (slice(None),) * (-1 - axis)] = 0.0
    return x


def pad_gradient(d_padded, padding, mode: str = "zeros") -> np.ndarray:
    """Return the gradient by the pictures, from that by `pad`'s answer: a pixel that was repeated gets the sum of its copies' slopes."""
    d, sides, mode = validate.array(d_padded, "d_padded"), _sides(padding), _mode(mode)
    if d.ndim < 2:
        raise ValueError(f"d_padded must be (…, H, W), but has shape {d.shape}")
    for axis, two in enumerate(sides, start=-2):
        n = d.shape[axis] - sum(two)
        if n < 1:
            raise ValueError(f"d_padded has {d.shape[axis]} places on an axis, of which {sum(two)} are padding")
        at = _sources(n, two, mode)
        moved = np.moveaxis(d, axis, 0)
        out = np.zeros((n, *moved.shape[1:]))
        np.add.at(out, at[at >= 0], moved[at >= 0])
        d = np.moveaxis(out, 0, axis)
    return d


# ------------------------------------------------------------------------------------------------------------- the layer
def conv2d_loops(x, K, b=None, *, stride=1, padding=0, dilation=1, mode="zeros") -> np.ndarray:
    """Return the same as `conv2d` with one group, as the formula has it, one output at a time. Equation: eq-convolution"""
    s = _settings(stride, padding, dilation, 1, mode)
    x, K, b = _layer(x, K, b, 1)
    Ho, Wo = _output_sizes(x.shape[2:], K.shape[2:], s)
    return _loops(pad(x, s.padding, s.mode), K, np.zeros(len(K)) if b is None else b, s.stride, s.dilation, Ho, Wo)


def _loops(x, K, b, stride, dilation, Ho, Wo):
    y = np.empty((len(x), len(K), Ho, Wo))
    for n, o, p, q in np.ndindex(y.shape):
        total = b[o]  # once, not once a pixel
        for c, i, j in np.ndindex(K.shape[1:]):
            row, column = p * stride[0] + i * dilation[0], q * stride[1] + j * dilation[1]
            total += K[o, c, i, j] * x[n, c, row, column]
        y[n, o, p, q] = total
    return y


def im2col(x, kernel, stride=1, dilation=1) -> np.ndarray:
    """Return what a kernel sees at each of its places: (N, P, C · kh · kw), places row by row, entries channel by channel.

    x : (N, C, H, W), padded already;  kernel : (kh, kw), or one number for both. Equation: eq-im2col
    """
    x, (kh, kw) = validate.array(x, "x", 4), _pair(kernel, "kernel", 1)
    s = _settings(stride, 0, dilation, 1, "zeros")
    _output_sizes(x.shape[2:], (kh, kw), s)
    seen = _seen(x, (kh, kw), s)  # (N, C, Ho, Wo, kh, kw)
    return seen.transpose(0, 2, 3, 1, 4, 5).reshape(len(x), -1, x.shape[1] * kh * kw)


def col2im(columns, shape, kernel, stride=1, dilation=1) -> np.ndarray:
    """Return pictures of `shape` (N, C, H, W) with every entry of (N, P, C · kh · kw) added where `im2col` took it from: its transpose."""
    kernel, s = _pair(kernel, "kernel", 1), _settings(stride, 0, dilation, 1, "zeros")
    columns = validate.array(columns, "columns", 3)
    if not isinstance(shape, (tuple, list)) or len(shape) != 4:
        raise ValueError(f"shape must be (N, C, H, W), but is {shape!r}")
    N, C, H, W = (validate.whole(n, "shape", low=1, high=10**9) for n in shape)
    Ho, Wo = _output_sizes((H, W), kernel, s)
    wanted = (N, Ho * Wo, C * kernel[0] * kernel[1])
    if columns.shape != wanted:
        raise ValueError(f"columns must have shape {wanted}, but have {columns.shape}")
    return _put_back(columns.reshape(N, Ho, Wo, C, *kernel).transpose(0, 3, 1, 2, 4, 5), (N, C, H, W), s)


def _seen(x, kernel, s: _Settings) -> np.ndarray:
    """Return a view (N, C, Ho, Wo, kh, kw) of padded pictures."""
    reach = [extent(k, d) for k, d in zip(kernel, s.dilation, strict=True)]
    every = sliding_window_view(x, reach, axis=(2, 3))
    return every[:, :, :: s.stride[0], :: s.stride[1], :: s.dilation[0], :: s.dilation[1]]


def _put_back(seen, shape, s: _Settings) -> np.ndarray:
    out = np.zeros(shape)
    Ho, Wo, kh, kw = seen.shape[2:]
    for i, j in np.ndindex(kh, kw):
        row, column = i * s.dilation[0], j * s.dilation[1]
        rows = slice(row, row + s.stride[0] * (Ho - 1) + 1, s.stride[0])
        columns = slice(column, column + s.stride[1] * (Wo - 1) + 1, s.stride[1])
        out[:, :, rows, columns] += seen[..., i, j]
    return out


def _by_group(seen, groups: int) -> np.ndarray:
    """Return (groups, N · P, C / groups · kh · kw), a copy of what the kernels see."""
    N, C, Ho, Wo, kh, kw = seen.shape
    split = seen.reshape(N, groups, C // groups, Ho, Wo, kh, kw) if groups > 1 else seen[:, None]
    return split.transpose(1, 0, 3, 4, 2, 5, 6).reshape(groups, N * Ho * Wo, -1)


def conv2d(x, K, b=None, *, stride=1, padding=0, dilation=1, groups=1, mode="zeros") -> np.ndarray:
    """Return the outputs (N, O, Ho, Wo) of a convolutional layer.

    x : (N, C, H, W);  K : (O, C / groups, kh, kw);  b : (O,) or None;  mode : how `pad` continues the pictures
    What is computed is a correlation: the kernel is not turned. Raises ValueError and TypeError for what does not fit.
    Equation: eq-convolution, eq-conv-as-product
    """
    s = _settings(stride, padding, dilation, groups, mode)
    x, K, b = _layer(x, K, b, s.groups)
    Ho, Wo = _output_sizes(x.shape[2:], K.shape[2:], s)
    columns = _by_group(_seen(pad(x, s.padding, s.mode), K.shape[2:], s), s.groups)
    y = columns @ K.reshape(s.groups, len(K) // s.groups, -1).swapaxes(1, 2)  # (groups, N · P, O / groups)
    y = y.reshape(s.groups, len(x), Ho, Wo, -1).transpose(1, 0, 4, 2, 3).reshape(len(x), len(K), Ho, Wo)
    return y if b is None else y + b[:, None, None]


def conv2d_gradients(d_out, x, K, *, stride=1, padding=0, dilation=1, groups=1, mode="zeros"):
    """Return (dx, dK, db): the gradients of a loss by pictures, kernels and free terms.

    d_out : (N, O, Ho, Wo), the gradient by `conv2d`'s outputs, which had the same x, K and settings
    Equation: eq-kernel-gradient, eq-input-gradient
    """
    s = _settings(stride, padding, dilation, groups, mode)
    x, K, _ = _layer(x, K, None, s.groups)
    d_out = validate.array(d_out, "d_out", 4)
    wanted = (len(x), len(K), *_output_sizes(x.shape[2:], K.shape[2:], s))
    if d_out.shape != wanted:
        raise ValueError(f"d_out must have the outputs' shape {wanted}, but has {d_out.shape}")
    padded = pad(x, s.padding, s.mode)
    seen = _seen(padded, K.shape[2:], s)
    d = _gradient_by_group(d_out, s.groups)
    dK = (d.swapaxes(1, 2) @ _by_group(seen, s.groups)).reshape(K.shape)
    back = _from_groups(d @ K.reshape(s.groups, len(K) // s.groups, -1), seen.shape)
    dx = pad_gradient(_put_back(back, padded.shape, s), s.padding, s.mode)
    return dx, dK, d_out.sum(axis=(0, 2, 3))


def _gradient_by_group(d, groups: int) -> np.ndarray:
    """Return what stands at outputs (N, O, Ho, Wo) as (groups, N · P, O / groups)."""
    N, O, Ho, Wo = d.shape
    return d.reshape(N, groups, -1, Ho, Wo).transpose(1, 0, 3, 4, 2).reshape(groups, N * Ho * Wo, O // groups)


def _from_groups(columns, shape) -> np.ndarray:
    """Return `_by_group`'s answer in the shape it came from, (N, C, Ho, Wo, kh, kw)."""
    N, C, Ho, Wo, kh, kw = shape
    groups = len(columns)
    split = columns.reshape(groups, N, Ho, Wo, C // groups, kh, kw)
    return split.transpose(1, 0, 4, 2, 3, 5, 6).reshape(shape)


def conv_transpose2d(y, K, b=None, *, stride=1, padding=0, dilation=1, groups=1, extra=0) -> np.ndarray:
    """Return the transposed convolution of pictures y (N, O, Ho, Wo) by K (O, C / groups, kh, kw): (N, C, H, W), plus b (C,).

    It is what `conv2d` does to gradients on their way back, as a layer, so sizes run the other way: H = (Ho − 1) · stride − 2 · padding + extent
    + extra, where `extra` < stride chooses among the sizes that `conv2d` would round down. Equation: eq-transposed-size
    """
    s = _settings(stride, padding, dilation, groups, "zeros")
    y, K = validate.array(y, "y", 4), validate.array(K, "K", 4)
    extra = _pair(extra, "extra", 0)
    if y.shape[1] != len(K) or len(K) % s.groups:
        raise ValueError(f"K has {len(K)} kernels in {s.groups} groups, but y has {y.shape[1]} channels")
    if any(e >= stride for e, stride in zip(extra, s.stride, strict=True)):
        raise ValueError(f"extra must be less than the stride {s.stride}, but is {extra}")
    C, kernel = K.shape[1] * s.groups, K.shape[2:]
    whole = tuple(
        (n - 1) * stride + extent(k, d) + e
        for n, k, d, stride, e in zip(y.shape[2:], kernel, s.dilation, s.stride, extra, strict=True)
    )
    if any(n <= sum(sides) for n, sides in zip(whole, s.padding, strict=True)):
        raise ValueError(f"nothing is left of {whole[0]} × {whole[1]} pixels without a padding of {padding}")
    b = None if b is None else validate.vector(b, "b", C, "channels")
    back = _gradient_by_group(y, s.groups) @ K.reshape(s.groups, len(K) // s.groups, -1)
    seen = _from_groups(back, (len(y), C, *y.shape[2:], *kernel))
    out = pad_gradient(_put_back(seen, (len(y), C, *whole), s), s.padding)
    return out if b is None else out + b[:, None, None]


def filtered(image, kernel, *, stride=1, padding=0, dilation=1, mode="zeros") -> np.ndarray:
    """Return one grey picture (H, W) under one kernel (kh, kw): `conv2d` without channels and free term."""
    image, kernel = validate.array(image, "image", 2), validate.array(kernel, "kernel", 2)
    settings = dict(stride=stride, padding=padding, dilation=dilation, mode=mode)
    return conv2d(image[None, None], kernel[None, None], **settings)[0, 0]


# --------------------------------------------------------------------------------------------------------- other forms
def selection(n: int, k: int, tap: int, stride=1, padding=0, dilation=1, mode: str = "zeros") -> np.ndarray:
    """Return the 0–1 matrix (places, n) that picks, for each place of a kernel of k taps, the pixel under one `tap`."""
    k = validate.whole(k, "k", low=1, high=MOST)
    tap = validate.whole(tap, "tap", low=0, high=k - 1)
    n = validate.whole(n, "n", low=1, high=MOST)
    two = padding if isinstance(padding, (tuple, list)) else (padding, padding)
    s = _settings(stride, (two, two), dilation, 1, mode)
    places = _places(n, extent(k, s.dilation[0]), s.stride[0], s.padding[0])
    at = _sources(n, s.padding[0], s.mode)[tap * s.dilation[0] + s.stride[0] * np.arange(places)]
    return (at[:, None] == np.arange(n)).astype(float)


def conv_matrix(K, size, *, stride=1, padding=0, dilation=1, mode="zeros") -> np.ndarray:
    """Return the matrix (O · Ho · Wo, C · H · W) that takes a picture, pixel after pixel, to a layer's outputs without free terms.

    K : (O, C, kh, kw);  size : (H, W). Meant for small pictures: it has as many entries as inputs times outputs.
    Equation: eq-conv-matrix
    """
    K, (H, W) = validate.array(K, "K", 4), _pair(size, "size", 1)
    s = _settings(stride, padding, dilation, 1, mode)
    places = _output_sizes((H, W), K.shape[2:], s)
    if math.prod((*places, H, W, *K.shape[:2])) > 10**7:
        raise ValueError(f"the matrix of a {H} × {W} picture would have more than 10 million entries")
    rows, columns = (
        [selection(n, k, t, s.stride[a], s.padding[a], s.dilation[a], s.mode) for t in range(k)]
        for a, (n, k) in enumerate(zip((H, W), K.shape[2:], strict=True))
    )
    blocks = [
        [sum(np.kron(rows[i], columns[j]) * one[i, j] for i, j in np.ndindex(one.shape)) for one in kernel]
        for kernel in K
    ]
    return np.block(blocks)


def fft_conv2d(x, K, b=None, *, padding=0) -> np.ndarray:
    """Return `conv2d` with stride 1 through the fast Fourier transform, which pays where kernels are large.

    x : (N, C, H, W);  K : (O, C, kh, kw);  b : (O,) or None;  padding with zeros. Equation: eq-convolution-theorem
    """
    s = _settings(1, padding, 1, 1, "zeros")
    x, K, b = _layer(x, K, b, 1)
    Ho, Wo = _output_sizes(x.shape[2:], K.shape[2:], s)
    x = pad(x, s.padding)
    size = [fft.next_fast_len(n, real=True) for n in x.shape[2:]]
    X, F = fft.rfft2(x, size), fft.rfft2(K, size)
    y = fft.irfft2(np.einsum("nchw,ochw->nohw", X, F.conj()), size)[..., :Ho, :Wo]
    return y if b is None else y + b[:, None, None]


# --------------------------------------------------------------------------------------------------------------- counts
@dataclass(frozen=True)
class Cost:
    """What a layer takes: numbers to learn, and multiplications with their additions (MACs) for one picture.

    A MAC is two operations (FLOPs); tables that say "FLOPs" often count MACs.
    """

    parameters: int
    macs: int

    @property
    def flops(self) -> int:
        return 2 * self.macs


def cost(C: int, O: int, k, out, groups: int = 1, bias: bool = True) -> Cost:
    """Return the cost of a layer from C to O channels with kernels of k taps a side (or (kh, kw)).

    out : (Ho, Wo), the outputs' size. Equation: eq-conv-parameters, eq-conv-macs
    """
    C, O = validate.whole(C, "C", low=1, high=10**6), validate.whole(O, "O", low=1, high=10**6)
    groups = validate.whole(groups, "groups", low=1, high=10**6)
    if C % groups or O % groups:
        raise ValueError(f"{groups} groups do not divide {C} and {O} channels evenly")
    (kh, kw), (Ho, Wo) = _pair(k, "k", 1), _pair(out, "out", 1)
    weights = O * (C // groups) * kh * kw
    return Cost(weights + O * bool(bias), weights * Ho * Wo)


def fft_flops(n: int) -> float:
    """Return about how many operations one kernel on one n × n picture takes by `fft_conv2d`: three transforms and a product.

    A real transform of M numbers is counted as 2.5 M log₂ M, a complex product as 6. Equation: eq-fft-flops
    """
    M = validate.whole(n, "n", low=1, high=10**6) ** 2
    return 3 * 2.5 * M * math.log2(M) + 3.0 * M


# -------------------------------------------------------------------------------------------------------------- borders
def random_layers(x, layers: int, mode: str = "zeros", channels: int = 16, seed: int = 0) -> np.ndarray:
    """Return what untrained 3 × 3 layers with ReLU make of a grey picture (H, W), its size kept by padding: (channels, H, W).

    Weights are normal with variance 2 / inputs, free terms normal with deviation 0.1; `seed` chooses them.
    """
    image, layers = validate.array(x, "x", 2), validate.whole(layers, "layers", low=1, high=100)
    channels, mode = validate.whole(channels, "channels", low=1, high=1000), _mode(mode)
    rng = np.random.default_rng(validate.whole(seed, "seed", low=0))
    x = image[None, None]
    for _ in range(layers):
        K = rng.normal(size=(channels, x.shape[1], 3, 3)) * math.sqrt(2 / (9 * x.shape[1]))
        x = np.maximum(conv2d(x, K, 0.1 * rng.normal(size=channels), padding=1, mode=mode), 0.0)
    return x[0]


def border_distance(H: int, W: int) -> np.ndarray:
    """Return how far each pixel is from the nearest border, 0 on it: (H, W)."""
    rows, columns = (np.arange(validate.whole(n, name, low=1, high=10**4)) for n, name in ((H, "H"), (W, "W")))
    near = [np.minimum(at, at[::-1]) for at in (rows, columns)]
    return np.minimum.outer(*near).astype(float)


def linearly_read(features, target) -> np.ndarray:
    """Return the best guess (H, W) of a `target` (H, W) that is linear in each pixel's own features (C, H, W), a free term included."""
    features, target = validate.array(features, "features", 3), validate.array(target, "target", 2)
    if features.shape[1:] != target.shape:
        raise ValueError(f"features of {features.shape[1:]} pixels do not fit a target of {target.shape}")
    A = np.column_stack([features.reshape(len(features), -1).T, np.ones(target.size)])
    scale = np.abs(A).max(axis=0)
    A = A / np.where(scale > 0, scale, 1.0)
    w = np.linalg.lstsq(A, target.ravel(), rcond=1e-9)[0]
    return (A @ w).reshape(target.shape)
