"""Pictures of deep networks: how they learn, what their slopes are by layer, and what becomes of them without one block."""

from __future__ import annotations

from math import comb

import numpy as np

from lib.book.demos import Picture, choice, demo, slider
from lib.book.display import say
from lib.book.figures import BLUE, MUTED, ORANGE, canvas, key, name_curves
from lib.book.parameters import given

__all__ = ["block_left_out", "learning_by_depth", "paths_by_length", "slopes_by_layer"]

DEPTHS = (8, 20, 32, 56)
KINDS = {"plain": ORANGE, "residual": BLUE}
NORMS = {"with": "normed", "without": "bare"}


def _sample_of_errors() -> dict[str, np.ndarray]:
    fall = np.linspace(0.9, 0.1, 8)[:, None] * np.array([1.0, 0.9, 0.95])
    return {f"{kind}_{depth}": fall * (k + 1) / 2 for k, kind in enumerate(KINDS) for depth in DEPTHS}


@demo(found=given("deep_digits", sample=_sample_of_errors), depth=choice(*DEPTHS, start=20, label="layers"))
def learning_by_depth(found, depth: int) -> Picture:
    """Training pictures that three networks of each kind get wrong, epoch after epoch.

    found : "plain_8" … "residual_56", each (epochs, seeds), shares;  depth : how many layers
    """
    fig, ax = canvas(width=6.2, height=3.6, layout=None)
    fig.subplots_adjust(left=0.13, right=0.82, top=0.96, bottom=0.18)
    last = {}
    for kind, colour in KINDS.items():
        wrong = 100 * found[f"{kind}_{depth}"]
        epochs = np.arange(1, len(wrong) + 1)
        for seed in range(wrong.shape[1]):
            ax.plot(epochs, wrong[:, seed], "o-", color=colour, markersize=3, label=kind if seed == 1 else None)
        last[kind] = wrong[-1].mean()
    ax.set(xlim=(0.8, len(wrong) + 0.2), ylim=(-3, 100), xlabel="epoch", ylabel="training pictures wrong, %")
    name_curves(ax)
    return Picture(
        fig,
        f"{depth} layers, three networks of each kind: after {len(wrong)} epochs the plain ones get {say(last['plain'], 2)} % of their training "
        f"pictures wrong on average, those with shortcuts {say(last['residual'], 2)} %.",
    )


def _sample_of_slopes() -> dict[str, np.ndarray]:
    return {
        f"{kind}_{norm}_{depth}": np.ones((3, 1)) * np.geomspace(3 + k, 0.1, depth - 1)
        for k, kind in enumerate(KINDS)
        for norm in NORMS.values()
        for depth in DEPTHS
    }


@demo(
    found=given("slopes_of_deep", sample=_sample_of_slopes),
    depth=choice(*DEPTHS, start=56, label="layers"),
    norm=choice(*NORMS, label="batch normalization"),
)
def slopes_by_layer(found, depth: int, norm: str) -> Picture:
    """The size of the slopes by each layer's weights before training, compared with the last layer's.

    found : "plain_normed_8" …, each (seeds, layers);  depth : how many layers;  norm : with batch normalization or without
    """
    fig, ax = canvas(width=6.4, height=3.7, layout=None)
    fig.subplots_adjust(left=0.15, right=0.82, top=0.96, bottom=0.18)
    ratios = {}
    for kind, colour in KINDS.items():
        sizes = found[f"{kind}_{NORMS[norm]}_{depth}"]
        sizes = np.exp(np.log(np.maximum(sizes, 1e-30)).mean(axis=0))
        against = sizes / sizes[-1]
        ax.semilogy(np.arange(1, len(sizes) + 1), against, color=colour, label=kind)
        ratios[kind] = against[0]
    ax.set(xlim=(0, 56), ylim=(0.1, 3e4), xlabel="layer", ylabel="slopes / last layer's", xticks=[1, 20, 32, 56])
    ax.minorticks_off()
    name_curves(ax)
    return Picture(
        fig,
        f"{depth} layers, {norm} batch normalization: the first layer's slopes are {_times(ratios['plain'])} the last one's in the plain network, and "
        f"{_times(ratios['residual'])} with shortcuts.",
    )


def _times(ratio: float) -> str:
    """Return how many times as large, as the largest of 2, 5, 10, 20 … below it: a sentence that holds on every machine."""
    steps = [digit * 10**power for power in range(6) for digit in (1, 2, 5)]
    below = max((step for step in steps if step <= ratio), default=1)
    return "about as large as" if below == 1 else f"more than {below:,} times"


RUNS = ("plain, 20 layers", "residual, 20 layers", "residual, 56 layers")


def _sample_of_lesions(n: int) -> dict[str, np.ndarray]:
    return {"without": np.linspace(0.9, 0.05, n)[:, None] * np.ones((1, 3)), "whole": np.full(3, 0.03)}


def _sample_without_blocks() -> dict[str, np.ndarray]:
    return {
        f"{what}_residual_{depth}": value
        for depth in (20, 56)
        for what, value in _sample_of_lesions((depth - 2) // 2).items()
    }


@demo(
    found=given("deep_digits", sample=_sample_without_blocks),
    longer=given("deep_and_longer", sample=lambda: _sample_of_lesions(9)),
    run=choice(*RUNS, start=RUNS[1], label="network"),
)
def block_left_out(found, longer, run: str) -> Picture:
    """Pictures kept back that a trained network gets wrong when one of its blocks is passed by.

    found : of networks with shortcuts, "without_residual_20" (blocks, seeds) and "whole_residual_20" (seeds,), shares, and so for 56 layers
    longer : of the plain one, "without" and "whole";  run : which networks, of three seeds
    """
    kind, depth = run.split(", ")
    end = f"_residual_{depth[:2]}"
    wrong, whole = (longer[w] if kind == "plain" else found[w + end] for w in ("without", "whole"))
    wrong, whole, colour = 100 * wrong.mean(axis=1), 100 * whole.mean(), KINDS[kind]
    fig, ax = canvas(width=6.4, height=3.6, layout=None)
    fig.subplots_adjust(left=0.12, right=0.97, top=0.96, bottom=0.28)
    places = np.arange(1, len(wrong) + 1)
    ax.bar(places, wrong, color=colour, width=0.7)
    ax.axhline(whole, color=MUTED, linestyle="--", linewidth=1.5)
    ax.set(xlim=(0.3, len(wrong) + 0.7), ylim=(0, 100), xlabel="block that is passed by", ylabel="pictures wrong, %")
    ax.set_xticks(places if len(places) < 12 else places[::2])
    key(fig, [(0.14, colour, "without the block", "■"), (0.55, MUTED, "with all of them", "■")], 0.02)
    small = int((wrong < whole + 5).sum())
    return Picture(
        fig,
        f"{run[0].upper()}{run[1:]}: without one of its {len(wrong)} blocks it gets between {wrong.min():.0f} and {wrong.max():.0f} % wrong, with all "
        f"{whole:.0f} %. {small} of the blocks can go for less than 5 points each.",
    )


@demo(
    blocks=slider(3, 27, steps=9, start=27, label="blocks"),
    share=slider(0.1, 0.9, steps=9, start=0.5, label="slope of a block"),
)
def paths_by_length(blocks: int, share: float) -> Picture:
    """How many ways lead through a residual network, by how many blocks each goes through, and how much of the slope each length carries.

    blocks : of the network;  share : the factor by which each block on a path multiplies the slope, where the way past it has 1
    """
    lengths = np.arange(blocks + 1)
    ways = np.array([comb(blocks, k) for k in lengths], dtype=float)
    carried = ways * share**lengths
    ways, carried = ways / ways.sum(), carried / carried.sum()
    fig, ax = canvas(width=6.4, height=3.5, layout=None)
    fig.subplots_adjust(left=0.13, right=0.97, top=0.96, bottom=0.29)
    ax.bar(lengths - 0.2, 100 * ways, width=0.4, color=MUTED)
    ax.bar(lengths + 0.2, 100 * carried, width=0.4, color=BLUE)
    ax.set(xlim=(-0.8, 27.8), ylim=(0, 75), xlabel="blocks on the path", ylabel="share, %")
    key(fig, [(0.14, MUTED, "of the paths", "■"), (0.5, BLUE, "of the slope", "■")], 0.02)
    return Picture(
        fig,
        f"{blocks} blocks make {2**blocks:,} paths, through {blocks / 2:g} blocks on average. With a slope of {say(share)} a block, paths of mean "
        f"length {say(float(lengths @ carried), 2)} carry the slope.",
    )
