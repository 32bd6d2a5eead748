"""Pictures of tensors: a train of cores, a long vector folded and cut, and the same digits from as many numbers kept in five ways."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from matplotlib.patches import Rectangle
from scipy.fft import dctn, idctn

from lib.book import validate
from lib.book.demos import Picture, choice, demo, log_slider
from lib.book.display import say
from lib.book.figures import BLUE, INK, MUTED, ORANGE, canvas, key, show_ink
from lib.convnets.digits import train_and_test
from lib.unsupervised import tensors
from lib.unsupervised.svd import compression, decomposition

__all__ = ["digits_by_class", "equal_numbers", "kept_by", "long_vector", "train_picture"]


# ------------------------------------------------------------------------------------------------------ a train of cores
def train_picture(train: tensors.TensorTrain) -> Picture:
    """Draw a train's cores as boxes in a row, each over its index's size, with the ranks between them."""
    validate.instance(train, tensors.TensorTrain, "train")
    d = len(train.cores)
    if d > 8:
        raise ValueError(f"train has {d} cores; at most 8 can be drawn side by side")
    fig, ax = canvas(width=6.4, height=2.3, layout=None)
    fig.subplots_adjust(left=0.02, right=0.98, top=0.98, bottom=0.02)
    for k, core in enumerate(train.cores):
        ax.add_patch(Rectangle((k - 0.3, 0.35), 0.6, 0.5, facecolor="none", edgecolor=BLUE, linewidth=2))
        ax.text(k, 0.6, f"G{'₁₂₃₄₅₆₇₈'[k]}", color=INK, ha="center", va="center", fontsize=15)
        ax.plot([k, k], [0.35, 0.12], color=MUTED)
        ax.text(k, 0.0, f"{core.shape[1]}", color=INK, ha="center", va="center", fontsize=13)
        if k < d - 1:
            ax.plot([k + 0.3, k + 0.7], [0.6, 0.6], color=ORANGE, linewidth=3)
            ax.text(k + 0.5, 0.75, f"{core.shape[2]}", color=ORANGE, ha="center", va="center", fontsize=13)
    ax.set(xlim=(-0.5, d - 0.5), ylim=(-0.15, 1.0))
    ax.set_axis_off()
    ranks = ", ".join(map(str, train.ranks))
    return Picture(
        fig,
        f"{d} cores over indices of {', '.join(map(str, train.shape))} values, ranks {ranks}: "
        f"{train.size:,} numbers for {math.prod(train.shape):,} entries.",
    )


# --------------------------------------------------------------------------------------------------------- a long vector
LONG = 1024
FUNCTIONS = {
    "exponential": lambda x: np.exp(-3 * x),
    "sine": lambda x: np.sin(40 * x),
    "cubic": lambda x: 8 * (x - 0.1) * (x - 0.5) * (x - 0.8),
    "chirp": lambda x: np.sin(60 * x**2),
    "step": lambda x: (x > 0.3) * 1.0,
    "noise": lambda x: np.random.default_rng(0).uniform(-1, 1, len(x)),
}


@cache
def _vector(name: str) -> np.ndarray:
    return FUNCTIONS[name](np.arange(LONG) / LONG)


@demo(
    function=choice(*FUNCTIONS, start="chirp", label="function"),
    eps=log_slider(1e-4, 0.5, steps=8, start=0.148, label="relative error allowed"),
)
def long_vector(function: str, eps: float) -> Picture:
    """1,024 values of a function as an array with ten indices of two values each, and its train at a given error.

    function : which;  eps : relative error that the train may have
    """
    values = _vector(function)
    train = tensors.tt_svd(values.reshape((2,) * 10), eps)
    back = train.full().ravel()
    fig, (ax, right) = canvas(1, 2, width=6.6, height=3.5, layout=None, width_ratios=(1.5, 1))
    fig.subplots_adjust(left=0.12, right=0.98, top=0.88, bottom=0.18, wspace=0.34)
    x = np.arange(LONG) / LONG
    every = slice(None, None, 2 if function in ("chirp", "noise") else 4)
    ax.plot(x[every], values[every], color=MUTED, linewidth=3)
    ax.plot(x[every], back[every], color=ORANGE, linewidth=1.2)
    low, high = values.min(), values.max()
    ax.set(xlim=(0, 1), ylim=(low - 0.25 * (high - low), high + 0.25 * (high - low)), xlabel="x", ylabel="value")
    right.bar(np.arange(1, 10), train.ranks, color=BLUE)
    right.set(xlim=(0.3, 9.7), ylim=(0, 34), xlabel="after core", ylabel="rank", xticks=(1, 3, 5, 7, 9))
    key(fig, [(0.1, MUTED, "the values", "■"), (0.32, ORANGE, "from the train", "■")], y=0.93)
    error = np.linalg.norm(back - values) / np.linalg.norm(values)
    # an error far below what is allowed may be rounding alone, which differs from machine to machine
    said = f"{say(error, 2)} of the length lost" if error > 1e-9 else "nothing lost"
    return Picture(
        fig,
        f"{function}: {train.size:,} numbers for {LONG:,} values, largest rank {max(train.ranks)}, {said}.",
    )


# ------------------------------------------------------------------------------------- as many numbers, in five ways
@cache
def digits_by_class(count: int = 20) -> np.ndarray:
    """Return test digits as an array with four indices, digit, writing, row and column: (10, count, 28, 28), from 0 to 1."""
    count = validate.whole(count, "count", low=1, high=100)
    _, test = train_and_test()
    out = np.stack([test.images[test.labels == digit][:count] for digit in range(10)]) / 255.0
    out.flags.writeable = False
    return out


def _by_train(A: np.ndarray, most: int) -> tuple[np.ndarray, int]:
    low, high = 0.0, 1.0
    for _ in range(12):  # the smallest error whose train is small enough
        eps = (low + high) / 2
        low, high = (low, eps) if tensors.tt_svd(A, eps).size <= most else (eps, high)
    train = tensors.tt_svd(A, high)
    return train.full(), train.size


def _by_matrix(A: np.ndarray, most: int) -> tuple[np.ndarray, int]:
    M = tensors.unfolding(A, 2)  # one picture a row
    r = max(1, most // compression.parameters(*M.shape, 1))
    return decomposition.low_rank(M, r).reshape(A.shape), compression.parameters(*M.shape, r)


@cache
def _sides(count: int) -> tuple:
    A = digits_by_class(count)
    return tuple(
        np.linalg.svd(np.moveaxis(A, k, 0).reshape(n, -1), full_matrices=False)[1] for k, n in enumerate(A.shape)
    )


def _by_tucker(A: np.ndarray, most: int) -> tuple[np.ndarray, int]:
    tails = [np.append(np.cumsum(s[::-1] ** 2)[::-1], 0.0) for s in _sides(A.shape[1])]
    steps = [sorted({n, *range(2, n, max(1, n // 10))}) for n in A.shape]
    best, ranks = math.inf, (1, 1, 1, 1)
    for r in ((a, b, c, e) for a in steps[0] for b in steps[1] for c in steps[2] for e in steps[3]):
        size = math.prod(r) + sum(n * k for n, k in zip(A.shape, r, strict=True))
        lost = sum(tail[k] for tail, k in zip(tails, r, strict=True))
        if size <= most and lost < best:
            best, ranks = lost, r
    form = tensors.hosvd(A, ranks)
    return form.full(), form.size


def _largest(values: np.ndarray, count: int) -> np.ndarray:
    out = np.zeros(values.size)
    at = np.argsort(-np.abs(values.ravel()), kind="stable")[:count]
    out[at] = values.ravel()[at]
    return out.reshape(values.shape)


def _by_cosines(A: np.ndarray, most: int) -> tuple[np.ndarray, int]:
    return idctn(_largest(dctn(A, axes=(2, 3), norm="ortho"), most // 2), axes=(2, 3), norm="ortho"), most // 2 * 2


def _by_pixels(A: np.ndarray, most: int) -> tuple[np.ndarray, int]:
    return _largest(A, most // 2), most // 2 * 2


WAYS = {
    "train": _by_train,
    "matrix": _by_matrix,
    "Tucker": _by_tucker,
    "cosines": _by_cosines,
    "darkest pixels": _by_pixels,
}


@cache
def kept_by(way: str, share: float, count: int = 20) -> tuple[np.ndarray, int]:
    """Return the digits as `way` gives them back from at most share · entries numbers, and how many numbers it keeps.

    way : "train", "matrix", "Tucker", "cosines" or "darkest pixels";  of the last two a number and its place count as two
    """
    if way not in WAYS:
        raise ValueError(f"way must be one of {', '.join(WAYS)}, but is {way!r}")
    A = digits_by_class(count)
    return WAYS[way](A, int(validate.number(share, "share", low=0.01, high=1.0) * A.size))


@demo(
    way=choice(*WAYS, start="train", label="kept as"),
    share=log_slider(0.03, 0.48, steps=5, start=0.12, label="numbers kept, as a share of the pixels"),
)
def equal_numbers(way: str, share: float) -> Picture:
    """Five of 200 digits, as they are and as one of five ways gives them back from a share of their pixels' number."""
    A, (back, numbers) = digits_by_class(), kept_by(way, share)
    fig, axes = canvas(2, 5, width=6.4, height=3.0, layout=None)
    fig.subplots_adjust(left=0.01, right=0.99, top=0.99, bottom=0.01, wspace=0.05, hspace=0.05)
    for k, digit in enumerate((2, 3, 4, 5, 8)):
        for ax, images in zip(axes[:, k], (A, back), strict=True):
            show_ink(ax, images[digit, k])
            ax.set_axis_off()
    error = np.linalg.norm(back - A) / np.linalg.norm(A)
    return Picture(fig, f"{way}: {numbers:,} numbers for {A.size:,} pixels, relative error {say(error, 2)}.")
