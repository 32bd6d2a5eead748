"""Pictures of normalization: which numbers share a mean, and how noisy a batch's statistics are."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book import datasets
from lib.book.demos import Picture, choice, demo, slider
from lib.book.display import say
from lib.book.figures import BLUE, GREEN, INK, MUTED, ORANGE, PINK, SKY, canvas, name_curves
from lib.regularization.network import Recipe, train
from lib.regularization.normalization import batch_noise, batch_noise_sd

__all__ = ["batch_size_noise", "batch_sizes", "batch_sizes_picture", "shared_means_picture", "unit"]

SIZES = (2, 3, 4, 6, 8, 12, 16, 24, 32, 64, 128, 256)


@cache
def unit() -> np.ndarray:
    """Return what one hidden unit with random weights says to each of the 1797 digits (1797,), centred and scaled."""
    X = datasets.digit_images().X / 16
    a = X @ np.random.default_rng(3).normal(size=64)
    return (a - a.mean()) / a.std()


@cache
def _spread(size: int, value: float) -> np.ndarray:
    return batch_noise(unit(), value, size, 4000, np.random.default_rng(0))


@demo(
    size=choice(*SIZES, start=8, label="batch size m"),
    value=slider(0.0, 2.0, steps=3, start=1.0, label="the sample's own x̂"),
)
def batch_size_noise(size: int, value: float) -> Picture:
    """Put one digit into many batches of m, and see what batch normalization makes of the same activation each time.

    size : the batch size m;  value : the activation, normalised over all 1797 digits
    """
    found = _spread(size, value)
    every = np.array([_spread(m, value).std() for m in SIZES])
    fig, (left, right) = canvas(1, 2, width=6.4, height=3.7, layout=None)
    fig.subplots_adjust(left=0.04, right=0.985, top=0.9, bottom=0.16, wspace=0.34)
    heights, edges = np.histogram(found, bins=np.linspace(-3.05, 3.05, 62))
    left.bar(edges[:-1], heights / heights.max(), width=np.diff(edges), align="edge", color=BLUE)
    left.axvline(value, color=ORANGE, linewidth=2)
    left.text(-2.9, 0.97, f"x̂ = {say(value)}", color=ORANGE)
    left.set(xlim=(-3, 3), ylim=(0, 1.05), yticks=[], xlabel="after batch norm", title=f"batches of {size}")
    x = np.log2(SIZES)
    right.plot(x, np.log2(every), "o-", color=BLUE, markersize=4)
    right.plot(x, [np.log2(batch_noise_sd(value, m)) for m in SIZES], "--", color=MUTED, linewidth=1.4)
    right.plot(np.log2(size), np.log2(found.std()), "o", color=INK, markersize=8)
    right.text(8.2, 0.45, "measured", color=BLUE, ha="right", va="top")
    right.text(8.2, 0.05, "formula (dashes)", color=MUTED, ha="right", va="top")
    right.set(xlim=(0.7, 8.3), ylim=(-4.6, 0.6), xlabel="batch size m", ylabel="spread")
    right.set_xticks([1, 3, 5, 7], ["2", "8", "32", "128"])
    right.set_yticks([0, -1, -2, -3, -4], ["1", "1/2", "1/4", "1/8", "1/16"])
    return Picture(
        fig,
        f"The same activation x̂ = {say(value)} in batches of {size}: after batch norm it has mean {say(found.mean())} and "
        f"spread {say(found.std())}; the formula for large batches says {say(batch_noise_sd(value, size))}.",
    )


def shared_means_picture() -> Picture:
    """Show which entries of a batch of sequences are normalised together: batch norm, layer norm, and layer norm's rows."""
    fig, panels = canvas(1, 2, width=6.4, height=2.7)
    rows, columns = 5, 6
    for ax, (title, same) in zip(
        panels, (("batch norm", lambda i, j: j == 2), ("layer norm", lambda i, j: i == 1)), strict=True
    ):
        for i in range(rows):
            for j in range(columns):
                colour = ORANGE if same(i, j) else SKY
                ax.fill(
                    [j, j + 0.9, j + 0.9, j], [i, i, i + 0.9, i + 0.9], color=colour, alpha=0.9 if same(i, j) else 0.35
                )
        ax.set(xlim=(-0.1, columns), ylim=(rows, -0.1), xticks=[], yticks=[], xlabel="features", ylabel="samples")
        ax.set_title(f"{title}: who shares a mean")
        ax.grid(visible=False)
        for side in ("left", "bottom"):
            ax.spines[side].set_visible(False)
    return Picture(
        fig, "Batch norm takes a mean over one feature of all samples, layer norm over all features of one sample."
    )


@cache
def _trained(norm: str, batch: int) -> np.ndarray:
    data, rng = datasets.digit_images(), np.random.default_rng(0)
    order = rng.permutation(len(data.y))
    X, t = data.X / 16, data.y.astype(int)
    seen, fresh = order[:400], order[800:]
    runs = [
        train(X[seen], t[seen], X[fresh], t[fresh], Recipe(epochs=10, eta=0.03, norm=norm, batch=batch, seed=seed))
        for seed in (0, 1, 2)
    ]
    return np.array([100 * run.accuracy[-1] for run in runs])


BATCHES = (2, 4, 8, 16, 50)
NORMS = {"batch": "batch norm", "layer": "layer norm", "none": "neither"}


def batch_sizes() -> dict[str, dict[int, np.ndarray]]:
    """Return, for each kind of network and each size of its batches, the per cent of fresh digits read rightly, by seed."""
    return {words: {m: _trained(norm, m) for m in BATCHES} for norm, words in NORMS.items()}


def batch_sizes_picture() -> Picture:
    """Show how well networks with batch norm, layer norm and neither read fresh digits, over the batch size."""
    fig, ax = canvas(height=3.4)
    for (name, scores), colour in zip(batch_sizes().items(), (BLUE, GREEN, PINK), strict=True):
        for m in BATCHES:
            ax.plot(np.full(len(scores[m]), np.log2(m)), scores[m], "o", color=colour, markersize=3.5, alpha=0.6)
        ax.plot(np.log2(BATCHES), [scores[m].mean() for m in BATCHES], "o-", color=colour, label=name)
    ax.set(xlabel="batch size", ylabel="fresh digits right, %", ylim=(0, 100), xlim=(0.9, 5.8))
    ax.set_xticks(np.log2(BATCHES), [str(m) for m in BATCHES])
    name_curves(ax)
    return Picture(
        fig,
        "The three networks read nearly the same share of fresh digits, but for batches of 2, where batch norm falls far "
        "behind the two others.",
    )
