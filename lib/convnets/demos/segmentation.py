"""Pictures of segmentation: sheets and masks, two masks, taps that meet unevenly, and what a trained U-Net says, also of a drawing."""

from __future__ import annotations

from functools import cache, lru_cache, partial
from itertools import pairwise

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from lib.book.demos import Picture, choice, demo, slider
from lib.book.display import say
from lib.book.figures import BLUE, GREEN, INK, MUTED, ORANGE, PINK, canvas, key, name_curves, show_ink
from lib.book.parameters import drawing, given
from lib.convnets.canvases import INK as INK_FROM
from lib.convnets.canvases import SIZE, Canvases, draw_canvases
from lib.convnets.digits import train_and_test
from lib.convnets.segmentation import scores, unet

__all__ = [
    "brush",
    "checkerboard",
    "masks_picture",
    "skips_picture",
    "threshold",
    "two_masks",
    "u_picture",
]

BOTH, EXTRA, MISSED = GREEN, ORANGE, PINK
KINDS = (BLUE, ORANGE, GREEN, PINK)
PAPER = (0.97, 0.97, 0.97)


def _bare(ax) -> None:
    ax.set(xlim=(-0.5, SIZE + 0.5), ylim=(SIZE + 0.5, -0.5), aspect="equal")
    ax.set_axis_off()


def _show(ax, image) -> None:
    """Draw a canvas: ink dark on light paper, in either mode."""
    show_ink(ax, image, extent=(0, SIZE, SIZE, 0))
    _bare(ax)


def _compare(ax, said, true) -> None:
    """Draw pixels of both masks, of the said one alone and of the true one alone in their colours."""
    out = np.full((*said.shape, 3), PAPER)
    out[said & true], out[said & ~true], out[~said & true] = to_rgb(BOTH), to_rgb(EXTRA), to_rgb(MISSED)
    ax.imshow(out, extent=(0, SIZE, SIZE, 0))
    _bare(ax)


def _name_pixels(fig) -> None:
    key(
        fig, [(0.05, BOTH, "in both", "■"), (0.33, EXTRA, "said alone", "■"), (0.66, MISSED, "true alone", "■")], y=0.04
    )


# ------------------------------------------------------------------------------------------------- pictures of the page
def masks_picture(made: Canvases, count: int = 3) -> Picture:
    """Sheets above; below them their masks, each digit's pixels in a colour of its own."""
    fig, axes = canvas(2, count, width=6.6, height=4.4)
    for n in range(count):
        _show(axes[0, n], made.images[n, 0])
        out = np.full((SIZE, SIZE, 3), PAPER)
        for k in range(1, len(made.labels[n]) + 1):
            out[made.instances[n] == k] = to_rgb(KINDS[(k - 1) % len(KINDS)])
        axes[1, n].imshow(out, extent=(0, SIZE, SIZE, 0))
        _bare(axes[1, n])
    things = sum(len(labels) for labels in made.labels[:count])
    share = 100 * (made.instances[:count] > 0).mean()
    return Picture(
        fig, f"{count} sheets with {things} digits; {share:.1f} % of their pixels belong to one, the rest to none."
    )


def skips_picture(made: Canvases, models: dict, n: int) -> Picture:
    """One sheet, and what each model says of it: pixels right, too many, and missing."""
    fig, axes = canvas(1, 1 + len(models), width=6.6, height=2.9, layout=None)
    fig.subplots_adjust(left=0.01, right=0.99, top=0.88, bottom=0.13, wspace=0.05)
    _show(axes[0], made.images[n, 0])
    axes[0].set_title("the sheet", fontsize=12)
    true = made.instances[n] > 0
    for ax, (name, model) in zip(axes[1:], models.items(), strict=True):
        _compare(ax, model(made.images[n : n + 1])[0] > 0, true)
        ax.set_title(name, fontsize=12)
    _name_pixels(fig)
    return Picture(fig, "A sheet, and the masks of two networks beside the true one.")


def u_picture(n: int = 572, levels: int = 4, width: int = 64) -> Picture:
    """A U-Net without padding: a bar for each level, as long as its map's side and as thick as its channels say."""
    sizes = unet.valid_sizes(n, levels)
    fig, ax = canvas(width=6.6, height=5.0, layout=None)
    fig.subplots_adjust(left=0, right=1, top=1, bottom=0)
    ax.set(xlim=(0, 6.6), ylim=(-0.6 - levels, 0.3))
    ax.set_axis_off()
    inch = 1.9 / sizes.skips[0]

    def block(x, level, before, after, colour):
        long, thick = inch * after, 0.05 * (level + 1)
        ax.add_patch(Rectangle((x - long / 2, -level), long, thick, facecolor=colour))
        words = f"{before} → {after} px\n{width << level:,} channels"
        ax.text(x, -level - 0.06, words, fontsize=12, ha="center", va="top")

    def arrow(start, end, colour):
        ax.annotate("", end, start, arrowprops=dict(arrowstyle="-|>", color=colour, linewidth=2))

    place = lambda level: 1.05 + 0.36 * level  # of the way down; the way up is its mirror image
    for level, (skip, joined, cut) in enumerate(zip(sizes.skips, sizes.joined, sizes.crops, strict=True)):
        left, right = place(level), 6.6 - place(level)
        block(left, level, skip + 4, skip, BLUE)
        block(right, level, joined, joined - 4, GREEN)
        edges = left + max(0.12, inch * skip / 2) + 0.05, right - max(0.12, inch * (joined - 4) / 2) - 0.05
        arrow((edges[0], 0.05 - level), (edges[1], 0.05 - level), ORANGE)
        ax.text(3.3, 0.1 - level, f"cut {cut}", fontsize=12, ha="center", va="bottom")
        nearer = 3.3 if level + 1 == levels else place(level + 1)
        arrow((left, -level - 0.5), (nearer - 0.1, 0.3 - level - 1), BLUE)
        arrow((6.6 - nearer + 0.1, 0.3 - level - 1), (right, -level - 0.5), GREEN)
    block(3.3, levels, sizes.bottom + 4, sizes.bottom, BLUE)
    return Picture(
        fig,
        f"A picture of {n} × {n} pixels gets an answer of {sizes.out} × {sizes.out}; the bottom has {sizes.bottom} × {sizes.bottom}.",
    )


# ---------------------------------------------------------------------------------------------------------- two masks
@demo(
    shift=slider(0, 20, steps=11, start=6, label="moved to the right", unit=" px"),
    size=choice(6, 12, 18, start=12, label="both discs' radius"),
    growth=choice("smaller by 3", "the same", "larger by 3", start="the same", label="the second"),
)
def two_masks(shift: float, size: int, growth: str) -> Picture:
    """Two discs of pixels, one moved and perhaps larger or smaller; Dice and Jaccard of them.

    shift : pixels to the right;  size : the first one's radius;  growth : the second one's radius beside it
    """
    other = size + {"smaller by 3": -3, "the same": 0, "larger by 3": 3}[growth]
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    true = (x - 22) ** 2 + (y - 32) ** 2 <= size**2
    said = (x - 22 - shift) ** 2 + (y - 32) ** 2 <= other**2
    fig, (ax, right) = canvas(1, 2, width=6.6, height=3.7, layout=None)
    fig.subplots_adjust(left=0.01, right=0.97, top=0.97, bottom=0.29, wspace=0.28)
    _compare(ax, said, true)
    D = np.linspace(0, 1, 41)
    right.plot(D, D / (2 - D), color=BLUE)
    d, j = scores.dice(said * 1.0, true * 1.0), scores.jaccard(said * 1.0, true * 1.0)
    right.plot(d, j, "o", color=INK, markersize=9)
    right.set(xlim=(-0.03, 1.05), ylim=(-0.03, 1.05), xlabel="Dice", ylabel="Jaccard")
    _name_pixels(fig)
    both = int((said & true).sum())
    return Picture(
        fig,
        f"{both} pixels in both, {int(said.sum()) - both} said alone, {int(true.sum()) - both} true alone: "
        f"Dice {d:.3f}, Jaccard {j:.3f}.",
    )


# -------------------------------------------------------------------------------------------------------- checkerboard
@cache
def _kernels(k: int) -> dict[str, np.ndarray]:
    """Return three kernels of k × k taps by name: random ones are made of quarters, so that sums are exact."""
    rng = np.random.default_rng(k)
    one = np.minimum(np.arange(1, k + 1), np.arange(k, 0, -1))
    return {
        "all ones": np.ones((k, k)),
        "a pyramid": np.outer(one, one).astype(float),
        "random": rng.integers(1, 9, (k, k)) / 4,
    }


@demo(
    k=slider(2, 6, steps=5, start=3, label="taps of the kernel", digits=1),
    stride=choice(2, 3, start=2, label="stride"),
    taps=choice("all ones", "a pyramid", "random", label="taps"),
    way=choice("transposed convolution", "repeat, then convolve", label="enlarged by"),
)
def checkerboard(k: float, stride: int, taps: str, way: str) -> Picture:
    """What a grey surface becomes when it is enlarged, away from its borders.

    k : taps a side;  stride : how many times larger;  taps : the kernel;  way : one transposed convolution, or pixels repeated and a convolution
    """
    k = round(k)
    kernel = _kernels(k)[taps]
    if way == "transposed convolution":
        phases = np.array([[kernel[i::stride, j::stride].sum() for j in range(stride)] for i in range(stride)])
    else:
        phases = np.full((stride, stride), kernel.sum())
    surface = np.tile(phases, (12 // stride, 12 // stride))
    fig, (ax, right) = canvas(1, 2, width=6.6, height=3.5, layout=None)
    fig.subplots_adjust(left=0.02, right=0.97, top=0.97, bottom=0.22, wspace=0.3)
    ax.imshow(surface / surface.max(), cmap="gray", vmin=0, vmax=1, extent=(0, 12, 12, 0))
    ax.set_axis_off()
    right.bar(np.arange(12), surface[0] / surface.max(), color=BLUE, width=0.8)
    right.set(
        xlim=(-0.7, 11.7),
        ylim=(0, 1.08),
        xticks=range(0, 12, 3),
        xlabel="place in the first row",
        ylabel="share of the brightest",
    )
    darkest = surface.min() / surface.max()
    even = "The surface stays even." if darkest == 1 else f"The darkest pixel has {say(darkest, 2)} of the brightest."
    met = sorted({len(range(i, k, stride)) for i in range(stride)})
    count = " or ".join(map(str, met))
    how = f" Along a row {count} of {k} taps meet at a place." if way == "transposed convolution" else ""
    return Picture(fig, even + how)


# -------------------------------------------------------------------------------------------------- the trained network
@cache
def random_unet(width: int = 2) -> unet.SmallUNet:
    """Return a U-Net that has learned nothing."""
    w, rng = width, np.random.default_rng(0)
    channels = [(1, w), (w, 2 * w), (2 * w, 2 * w), (2 * w, 4 * w), *[(4 * w, 4 * w)] * 3]
    channels += [(8 * w, 2 * w), (2 * w, 2 * w), (4 * w, w), (w, w), (2 * w, w), (w, 1)]
    weights = {}
    for i, (before, after) in enumerate(channels):
        k = 1 if i == len(channels) - 1 else 3
        weights[f"conv{i}.W"] = rng.normal(size=(after, before, k, k)) / (k * k * before) ** 0.5
        weights[f"conv{i}.b"] = 0.1 * rng.normal(size=after)
    return unet.SmallUNet(weights)


@cache
def _held_out(count: int = 24) -> Canvases:
    return draw_canvases(train_and_test()[1], count, np.random.default_rng(70))


@lru_cache(maxsize=2)
def _said(model: unet.SmallUNet) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the probabilities (24, 64, 64), thresholds, and at each of them both scores of all pixels (thresholds, 2)."""
    made = _held_out()
    p, true = model.probabilities(made.images), made.instances > 0
    at = np.linspace(0.02, 0.98, 25)
    both = np.array([(true & (p > t)).sum() for t in at])
    said, there = np.array([(p > t).sum() for t in at]), true.sum()
    return p, at, np.stack([2 * both / (said + there), both / (said + there - both)], axis=1)


@demo(
    model=given("small_unet", sample=random_unet, of=unet.SmallUNet),
    least=slider(0.02, 0.98, steps=25, start=0.5, label="threshold", digits=2),
    example=choice("1", "2", "3", "4", label="sheet"),
)
def threshold(model: unet.SmallUNet, least: float, example: str) -> Picture:
    """A sheet's mask at a threshold on the probabilities, and what thresholds make of Dice and Jaccard of 24 sheets' pixels.

    least : pixels with a higher probability are in the mask
    """
    p, at, curves = _said(model)
    n = int(example) - 1
    true, said = _held_out().instances[n] > 0, p[n] > least
    fig, (ax, right) = canvas(1, 2, width=6.6, height=3.7, layout=None)
    fig.subplots_adjust(left=0.01, right=0.84, top=0.97, bottom=0.29, wspace=0.33)
    _compare(ax, said, true)
    for values, name, colour in zip(curves.T, ("Dice", "Jaccard"), (BLUE, MUTED), strict=True):
        right.plot(at, values, color=colour, label=name)
    right.axvline(least, color=INK, linewidth=1)
    right.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="threshold", ylabel="score of 24 sheets")
    name_curves(right)
    _name_pixels(fig)
    d = scores.dice(said * 1.0, true * 1.0)
    return Picture(
        fig,
        f"From a probability of {say(least, 2)} on: {int((said & ~true).sum())} pixels too many and {int((~said & true).sum())} "
        f"missing on this sheet, Dice {d:.2f}.",
    )


FIELD = 32  # pixels a side of the field to draw in, in the middle of the sheet
CORNER = (SIZE - FIELD) // 2
PEN = FIELD / 20  # the pen's radius, as the field's
SHAPES = {  # what a pen draws: corners, row and column
    "a seven": ((6, 8), (6, 24), (27, 13)),
    "a letter": ((27, 5), (5, 16), (27, 27), (19, 23), (19, 9)),
    "a dot": ((16, 16), (16, 17)),
    "a short bar": ((16, 13), (16, 19)),
}


def _drawn(name: str) -> np.ndarray:
    """Return one of the shapes as a pen draws it: (32, 32), full within its radius, none a pixel further."""
    at = np.stack(np.mgrid[:FIELD, :FIELD] + 0.5, axis=-1)
    away = []
    for a, b in pairwise(np.array(SHAPES[name], dtype=float)):
        along = np.clip(((at - a) @ (b - a)) / ((b - a) @ (b - a)), 0, 1)
        away.append(np.linalg.norm(at - a - along[..., None] * (b - a), axis=-1))
    return np.clip(1 + PEN - np.min(away, axis=0), 0, 1)


def _handwritten(label: int) -> np.ndarray:
    """Return a digit that was kept back, in the middle of the field."""
    held = train_and_test()[1]
    return np.pad(held.images[np.flatnonzero(held.labels == label)[0]] / 255, 2)


@cache
def _surroundings() -> np.ndarray:
    """Return a sheet (64, 64) with noise and scraps, from which the digits were wiped."""
    made = _held_out()
    n = int((made.instances > 0).sum(axis=(1, 2)).argmin())
    near = np.max([np.roll(made.instances[n], (i, j), (0, 1)) for i in range(-2, 3) for j in range(-2, 3)], axis=0)
    sheet = np.where(near > 0, 0.0, made.images[n, 0])
    sheet[CORNER : CORNER + FIELD, CORNER : CORNER + FIELD] = 0
    return sheet


@demo(
    model=given("small_unet", sample=random_unet, of=unet.SmallUNet),
    ink=drawing(
        examples={"a three": lambda: _handwritten(3)}
        | {name: partial(_drawn, name) for name in SHAPES}
        | {"nothing": np.zeros((FIELD, FIELD))},
        shape=(FIELD, FIELD),
        label="drawing",
    ),
    around=choice("paper", "noise and scraps", label="around it"),
    view=choice("mask", "pieces", label="shown"),
)
def brush(model: unet.SmallUNet, ink: np.ndarray, around: str, view: str) -> Picture:
    """What the network calls a digit's ink on a sheet in whose middle the reader draws.

    ink : (32, 32), from 0 (paper) to 1 (ink);  around : what is on the sheet beside it;  view : the mask, or its connected pieces in colours
    """
    sheet = np.zeros((SIZE, SIZE)) if around == "paper" else _surroundings().copy()
    sheet[CORNER : CORNER + FIELD, CORNER : CORNER + FIELD] = ink
    mask = model(sheet[None, None])[0] > 0
    found = scores.pieces(mask * 1.0)
    out = np.full((SIZE, SIZE, 3), PAPER)
    if view == "mask":
        out[mask] = to_rgb(BLUE)
    for k, piece in enumerate(found if view == "pieces" else []):
        out[piece] = to_rgb(KINDS[k % len(KINDS)])
    fig, (left, right) = canvas(1, 2, width=6.4, height=3.3)
    _show(left, sheet)
    right.imshow(out, extent=(0, SIZE, SIZE, 0))
    for ax in (left, right):
        _bare(ax)
        ax.add_patch(Rectangle((CORNER, CORNER), FIELD, FIELD, fill=False, edgecolor=MUTED, linewidth=1))
    inside = mask[CORNER : CORNER + FIELD, CORNER : CORNER + FIELD]
    dark = ink > INK_FROM
    return Picture(
        fig,
        f"Of {int(dark.sum())} pixels that were drawn {int((inside & dark).sum())} are said to be a digit's; outside the field it says so of "
        f"{int(mask.sum() - inside.sum())}. {len(found)} piece{'s' * (len(found) != 1)} of at least {scores.SMALLEST} pixels.",
    )
