"""Pictures of convolution: a photo under nine numbers, one output at a time, its matrix, its price, and what a border tells."""

from __future__ import annotations

from functools import cache

import numpy as np
from matplotlib.patches import Rectangle

from lib.book.demos import Picture, choice, demo, slider
from lib.book.display import say
from lib.book.figures import BLUE, GREEN, GRID, MUTED, ORANGE, PAPER, PINK, SKY, canvas, name_curves, text_on
from lib.convnets import convolution as cv
from lib.convnets.photos import grey

__all__ = [
    "edges_everywhere",
    "kernel_on_a_photo",
    "matrix_of_a_convolution",
    "one_output",
    "price_of_a_kernel",
    "what_borders_tell",
]

PADDINGS = {"none": (0, "zeros"), "zeros": (1, "zeros"), "mirror": (1, "reflect")}
SHOWN = ("blur", "sharpen", "vertical edges", "emboss", "random")
TAPS = (ORANGE, GREEN, PINK, SKY)  # black letters stand out from each in both themes


@cache
def pagoda() -> np.ndarray:
    """Return the piece of the photo that the demo shows, every 2 × 2 pixels averaged: (58, 84), grey."""
    whole = grey("china")[12:128, 26:194]
    return whole.reshape(58, 2, 84, 2).mean(axis=(1, 3))


def _show(ax, image, low: float, high: float, title: str = "") -> None:
    ax.imshow(image, cmap="gray", vmin=low, vmax=high, interpolation="nearest")
    ax.set(xticks=[], yticks=[], title=title)
    ax.grid(False)
    for side in ax.spines.values():
        side.set_visible(False)


def _range(kernel: np.ndarray) -> tuple[float, float]:
    """Return what is drawn black and white: a kernel whose numbers sum to 0 answers with either sign, and 0 is grey."""
    most = np.abs(kernel).sum() / 4
    return (-most, most) if abs(kernel.sum()) < 0.9 else (0.0, kernel.sum())


# ----------------------------------------------------------------------------------------------------------- the photo
def edges_everywhere() -> Picture:
    """Show the photo, and what nine numbers find in it."""
    image, kernel = grey("china")[8:188, 16:216], cv.KERNELS["vertical edges"]
    found = np.abs(cv.filtered(image, kernel))
    fig, axes = canvas(1, 2, width=6.4, height=3.4)
    _show(axes[0], image, 0, 1, "180 × 200 pixels")
    _show(axes[1], found, 0, 2, "size of the answers, 178 × 198")
    return Picture(
        fig,
        "Wherever the picture turns brighter or darker from left to right the answer is far from 0: columns and posts are traced.",
    )


@demo(
    kernel=choice(*SHOWN, start="vertical edges", label="kernel"),
    stride=choice(1, 2, label="stride"),
    dilation=choice(1, 3, label="dilation"),
    padding=choice(*PADDINGS, label="padding"),
)
def kernel_on_a_photo(kernel: str, stride: int, dilation: int, padding: str) -> Picture:
    """A piece of the photo under a 3 × 3 kernel; where its numbers sum to 0, an answer of 0 is grey.

    kernel : which nine numbers;  stride : the step from place to place;  dilation : from tap to tap;  padding : what stands beyond the border
    """
    image, K = pagoda(), cv.KERNELS[kernel]
    on, mode = PADDINGS[padding]
    found = cv.filtered(image, K, stride=stride, dilation=dilation, padding=on * dilation, mode=mode)
    fig, axes = canvas(1, 2, width=6.4, height=2.6, layout=None, gridspec_kw={"width_ratios": [1, 2]})
    fig.subplots_adjust(left=0.02, right=0.99, top=0.88, bottom=0.02, wspace=0.06)
    _numbers(axes[0], K, "kernel")
    H, W = found.shape
    _show(axes[1], found, *_range(K), f"{H} × {W} answers")
    reach = cv.extent(3, dilation)
    return Picture(
        fig,
        f"{kernel}, stride {stride}, reach {reach} × {reach}, padding: {padding}. {image.shape[0]} × {image.shape[1]} pixels give {H} × {W} answers, "
        f"from {say(found.min())} to {say(found.max())}.",
    )


def _numbers(ax, table: np.ndarray, title: str, size: float = 12.0) -> None:
    """Write a small table's numbers into cells."""
    for i, j in np.ndindex(table.shape):
        ax.add_patch(Rectangle((j, i), 1, 1, facecolor=PAPER, edgecolor=MUTED, linewidth=1))
        ax.text(j + 0.5, i + 0.5, say(table[i, j]).replace("-", "−"), ha="center", va="center", fontsize=size)
    ax.set(xlim=(-0.05, table.shape[1] + 0.05), ylim=(table.shape[0] + 0.05, -0.05), aspect="equal", title=title)
    _bare(ax)


def _bare(ax) -> None:
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
    for side in ax.spines.values():
        side.set_visible(False)


# ---------------------------------------------------------------------------------------------------------- one output
STROKE = np.array(
    [
        [0, 0, 1, 7, 0, 0, 0],
        [0, 0, 5, 9, 0, 0, 0],
        [0, 1, 9, 4, 0, 0, 0],
        [0, 4, 9, 1, 2, 1, 0],
        [0, 7, 8, 8, 9, 8, 1],
        [0, 6, 9, 2, 3, 9, 3],
        [0, 1, 8, 9, 9, 6, 0],
    ],
    dtype=float,
)  # a six
WHOLE = {
    "sum": np.ones((3, 3)),
    "vertical edges": cv.KERNELS["vertical edges"],
    "horizontal edges": cv.KERNELS["horizontal edges"],
    "sharpen": cv.KERNELS["sharpen"],
}


@demo(
    row=slider(0, 4, steps=5, start=1, label="row", handle="y"),
    column=slider(0, 4, steps=5, start=2, label="column", handle="x"),
    kernel=choice(*WHOLE, start="vertical edges", label="kernel"),
)
def one_output(row: int, column: int, kernel: str) -> Picture:
    """Where one output comes from: a 7 × 7 picture of a six, a 3 × 3 kernel and the 5 × 5 outputs.

    row, column : the output, counted from 0;  kernel : its nine numbers
    """
    row, column, K = int(row), int(column), WHOLE[kernel]
    found = cv.filtered(STROKE, K)
    fig, axes = canvas(1, 3, width=6.6, height=2.9, layout=None, gridspec_kw={"width_ratios": [7, 3, 5]})
    fig.subplots_adjust(left=0.01, right=0.99, top=0.88, bottom=0.02, wspace=0.08)
    _cells(axes[0], STROKE, "picture", (row, column, 3))
    _cells(axes[1], K, "kernel", (0, 0, 3))
    _cells(axes[2], found, "outputs", (row, column, 1))
    piece = STROKE[row : row + 3, column : column + 3]
    terms = [
        f"({_minus(k)})·{_minus(v)}" if k < 0 else f"{_minus(k)}·{_minus(v)}"
        for k, v in zip(K.ravel(), piece.ravel(), strict=True)
        if k
    ]
    return Picture(fig, f"Output ({row}, {column}): {' + '.join(terms)} = {_minus(found[row, column])}.")


def _minus(value: float) -> str:
    return f"{int(value)}".replace("-", "−")


def _cells(ax, table, title: str, mark: tuple[int, int, int]) -> None:
    for i, j in np.ndindex(table.shape):
        ax.text(j + 0.5, i + 0.5, _minus(table[i, j]), ha="center", va="center", fontsize=12)
    n, m = table.shape
    for at in range(n + 1):
        ax.plot([0, m], [at, at], color=GRID, linewidth=1)
    for at in range(m + 1):
        ax.plot([at, at], [0, n], color=GRID, linewidth=1)
    i, j, wide = mark
    ax.add_patch(Rectangle((j, i), wide, wide, facecolor="none", edgecolor=ORANGE, linewidth=3))
    ax.set(xlim=(-0.1, m + 0.1), ylim=(n + 0.1, -0.1), aspect="equal", title=title)
    _bare(ax)


# ---------------------------------------------------------------------------------------------------------- the matrix
@demo(
    n=choice(5, 7, 9, start=9, label="pixels"),
    k=slider(2, 4, steps=3, start=3, label="taps"),
    stride=choice(1, 2, 3, label="stride"),
    padding=choice(0, 1, 2, label="padding at either end"),
)
def matrix_of_a_convolution(n: int, k: int, stride: int, padding: int) -> Picture:
    """The matrix that takes a row of pixels to the outputs; a cell has the number of its tap, from 0, and is empty where an entry is 0.

    n : pixels in the row;  k : taps of the kernel;  stride : step from output to output;  padding : zeros at either end
    """
    k = int(k)
    size = cv.output_size(n, k, stride, padding)
    which = sum((t + 1) * cv.selection(n, k, t, stride, padding).astype(int) for t in range(k)) - 1  # the tap, or -1
    fig, ax = canvas(width=5.0, height=5.8, layout=None)
    fig.subplots_adjust(left=0.1, right=0.98, top=0.98, bottom=0.12)
    for i, j in np.ndindex(which.shape):
        tap = which[i, j]
        ax.add_patch(
            Rectangle((j - 0.46, i - 0.46), 0.92, 0.92, facecolor=TAPS[tap] if tap >= 0 else PAPER, edgecolor=GRID)
        )
        if tap >= 0:
            ax.text(j, i, str(tap), ha="center", va="center", fontsize=12, color=text_on(TAPS[tap]))
    ax.set(xlim=(-0.6, 8.6), ylim=(11.6, -0.6), aspect="equal", xlabel="pixel", ylabel="output")
    ax.set(xticks=range(n), yticks=range(size))
    ax.grid(False)
    zeros = int((which < 0).sum())
    used = int((which >= 0).any(axis=0).sum())
    return Picture(
        fig,
        f"{n} pixels, {k} taps, stride {stride}, padding {padding}: {size} output{'s' * (size > 1)}. Of {which.size} entries "
        f"{zeros} are 0, and the others are {k} numbers; {used} of {n} pixels are used.",
    )


# ----------------------------------------------------------------------------------------------------------- the price
@demo(
    n=choice(
        32,
        64,
        128,
        256,
        512,
        1024,
        start=256,
        labels=("32 × 32", "64 × 64", "128 × 128", "256 × 256", "512 × 512", "1024 × 1024"),
        label="picture",
    )
)
def price_of_a_kernel(n: int) -> Picture:
    """Operations a pixel for a k × k kernel on a grey picture: directly, as two passes, and through the Fourier transform.

    n : pixels a side
    """
    k = np.arange(1, 32, 2)
    ways = {"direct": 2.0 * k**2, "two passes": 4.0 * k, "Fourier": np.full(len(k), cv.fft_flops(n) / n**2)}
    fig, ax = canvas(width=6.4, height=3.7, layout=None)
    fig.subplots_adjust(left=0.13, right=0.8, top=0.96, bottom=0.17)
    for (name, y), colour in zip(ways.items(), (BLUE, GREEN, ORANGE), strict=True):
        ax.semilogy(k, y, "o-", markersize=4, color=colour, label=name)
    ax.set(xlim=(0, 32), ylim=(1, 3000), xlabel="taps a side, k", ylabel="operations a pixel")
    ax.minorticks_off()
    name_curves(ax)
    first = int(k[ways["direct"] > ways["Fourier"]][0])
    return Picture(
        fig,
        f"{n} × {n} pixels: the Fourier transform takes {say(ways['Fourier'][0], 3)} operations a pixel whatever the kernel, less than the direct way "
        f"from {first} × {first} on.",
    )


# ------------------------------------------------------------------------------------------------------------- borders
@cache
def _read(layers: int, mode: str) -> np.ndarray:
    return cv.linearly_read(cv.random_layers(np.full((24, 24), 0.5), layers, mode), cv.border_distance(24, 24))


@demo(
    layers=slider(1, 12, steps=12, start=4, label="layers"),
    mode=choice(*cv.MODES, label="padding"),
)
def what_borders_tell(layers: int, mode: str) -> Picture:
    """An even grey picture through untrained layers: a pixel's distance from the border, as it can be read off that pixel's features.

    layers : how many 3 × 3 layers with ReLU and 16 channels;  mode : what stands beyond the border
    """
    layers = int(layers)
    target, guess = cv.border_distance(24, 24), _read(layers, mode)
    share = 100 * (1 - np.var(target - guess) / np.var(target))
    fig, axes = canvas(1, 2, width=6.4, height=3.5, layout=None)
    fig.subplots_adjust(left=0.02, right=0.98, top=0.9, bottom=0.02, wspace=0.06)
    for ax, values, title in zip(
        axes, (target, guess), ("distance from the border", "read off the features"), strict=True
    ):
        ax.imshow(values, cmap="cividis", vmin=0, vmax=11, interpolation="nearest")
        ax.set_title(title)
        _bare(ax)
    told = (
        f"{say(abs(share))} % of its variation is explained"
        if share > 0.5
        else "nothing is explained, since all pixels look alike"
    )
    return Picture(fig, f"{layers} layer{'s' * (layers > 1)}, padding: {mode}. Of the distance from the border {told}.")
