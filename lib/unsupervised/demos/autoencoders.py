"""Pictures of autoencoders: digits painted from few numbers, the plane of codes, sparse units, noise taken off, and alarms."""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
from scipy import ndimage

from lib.book.demos import Picture, choice, demo, refusal, slider
from lib.book.display import say
from lib.book.figures import BLUE, CYCLE, INK, MUTED, ORANGE, canvas, key, name_curves, show_ink
from lib.book.parameters import drawing, given
from lib.convnets.digits import CLASSES, SIDE, train_and_test
from lib.convnets.networks import centred
from lib.unsupervised.autoencoders import (
    Convolutional,
    Deep,
    area_under_curve,
    best_denoiser,
    principal_axes,
    projected,
)

__all__ = [
    "draw_and_encode",
    "draws_picture",
    "false_alarms",
    "interpolation_picture",
    "learning_picture",
    "noise_taken_off",
    "noise_towards_points",
    "numbers_of_a_digit",
    "plane_picture",
    "samples_picture",
    "units_picture",
    "walk_the_plane",
]

SIZES = (2, 8, 32)
KINDS = {"PCA": MUTED, "deep": ORANGE, "convolutional": BLUE}


def _show(ax, image) -> None:
    """Draw a digit: ink dark on light paper, in either mode."""
    show_ink(ax, image, 31, interpolation="nearest")
    ax.set_axis_off()


def _rows(X) -> np.ndarray:
    return np.reshape(X, (len(X), -1))


@cache
def _pixels(which: int) -> np.ndarray:
    """Return the digits to learn from (0) or those kept back (1), (N, 784), from 0 to 1."""
    return _rows(train_and_test()[which].images / 255.0)


@cache
def _axes() -> tuple[np.ndarray, np.ndarray]:
    return principal_axes(_pixels(0))


@cache
def _one_of_each() -> np.ndarray:
    """Return the numbers of ten kept-back pictures, the first of each digit."""
    labels = train_and_test()[1].labels
    return np.array([np.flatnonzero(labels == k)[0] for k in range(CLASSES)])


# ------------------------------------------------------------------------------------------------- digits in few numbers
def draws_picture(rows: dict[str, dict[int, np.ndarray]]) -> Picture:
    """The errors of all draws by the size of the code, a dot each; rows : kind → size → errors of its draws."""
    fig, ax = canvas(width=6.4, height=3.8, layout=None)
    fig.subplots_adjust(left=0.15, right=0.97, top=0.96, bottom=0.28)
    for n, (kind, values) in enumerate(rows.items()):
        for at, errors in enumerate(values.values()):
            errors = np.atleast_1d(errors)
            ax.plot(np.full(len(errors), at + 0.2 * (n - 1)), errors, "o", color=KINDS[kind], markersize=7, alpha=0.8)
    sizes = list(next(iter(rows.values())))
    ax.set(
        xlim=(-0.5, len(sizes) - 0.5), ylim=(0, 0.07), xlabel="numbers in the code", ylabel="squared error of a pixel"
    )
    ax.set_xticks(range(len(sizes)), [str(k) for k in sizes])
    key(fig, [(0.08 + 0.28 * n, KINDS[kind], kind, "●") for n, kind in enumerate(rows)], 0.03)
    return Picture(
        fig,
        f"Errors on pictures kept back, for codes of {', '.join(map(str, sizes))} numbers, a dot for each trained network.",
    )


def _sample_of_squeezed() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        f"painted_{kind}_{k}": rng.random((CLASSES, SIDE, SIDE)) for kind in ("deep", "convolutional") for k in SIZES
    }


@demo(
    found=given("squeezed_digits", sample=_sample_of_squeezed),
    size=choice(*SIZES, start=8, label="numbers in the code"),
    digit=choice(*range(CLASSES), start=2, label="digit"),
)
def numbers_of_a_digit(found, size: int, digit: int) -> Picture:
    """A digit that was kept back, and what is painted from a code of few numbers: by PCA, a deep and a convolutional autoencoder.

    found : "painted_deep_2" … "painted_convolutional_32", each (10, 28, 28);  size : of the code;  digit : which
    """
    mean, V = _axes()
    clean = _pixels(1)[_one_of_each()[digit]]
    shown = {
        "the digit": clean,
        "PCA": projected(clean[None], mean, V[:, :size])[0],
        "deep": found[f"painted_deep_{size}"][digit].ravel(),
        "convolutional": found[f"painted_convolutional_{size}"][digit].ravel(),
    }
    fig, axes = canvas(1, 4, width=6.6, height=2.1, layout=None)
    fig.subplots_adjust(left=0.01, right=0.99, top=0.86, bottom=0.02, wspace=0.06)
    for ax, (name, image) in zip(axes, shown.items(), strict=True):
        _show(ax, image.reshape(SIDE, SIDE))
        ax.set_title(name, fontsize=12)
    errors = {name: ((image - clean) ** 2).mean() for name, image in shown.items() if name != "the digit"}
    told = ", ".join(f"{name} {say(error, 2)}" for name, error in errors.items())
    return Picture(fig, f"A {digit} from {size} numbers. Squared error of a pixel: {told}.")


def learning_picture(steps, learned, kept, pca: float) -> Picture:
    """The errors of one network along its training, on digits it learns from and on those kept back, beside PCA's."""
    fig, ax = canvas(width=6.4, height=3.6, layout=None)
    fig.subplots_adjust(left=0.15, right=0.77, top=0.96, bottom=0.18)
    ax.plot(steps, kept, "o-", color=ORANGE, markersize=4, label="kept back")
    ax.plot(steps, learned, "o-", color=BLUE, markersize=4, label="learned from")
    ax.plot([steps[0], steps[-1]], [pca, pca], "--", color=MUTED, label="PCA")
    ax.set(xlim=(0, steps[-1]), ylim=(0, 0.03), xlabel="steps", ylabel="squared error of a pixel")
    name_curves(ax)
    return Picture(
        fig, "Both curves fall, that of the pictures learned from further; the other one crosses the line of PCA."
    )


# ------------------------------------------------------------------------------------------------- the plane of codes
@cache
def random_deep(k: int = 2) -> Deep:
    """Return an autoencoder 784 – 12 – k – 12 – 784 that has learned nothing."""
    rng = np.random.default_rng(0)
    weights = {}
    for n, (before, after) in enumerate(((784, 12), (12, k), (k, 12), (12, 784)), start=1):
        weights |= {f"dense{n}.W": rng.normal(size=(before, after)) / before**0.5, f"dense{n}.b": np.zeros(after)}
    return Deep(weights)


@lru_cache(maxsize=2)
def _codes(model: Deep) -> np.ndarray:
    return model.encode(_pixels(1))


@lru_cache(maxsize=2)
def _frame(model: Deep) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners (2,), (2,) of the part of the plane where all but a few codes lie."""
    low, high = np.quantile(_codes(model), (0.02, 0.98), axis=0)
    return low, np.maximum(high, low + 1e-6)


def _dots(ax, model: Deep, each: int = 20) -> None:
    """Draw codes of kept-back digits as their numerals, `each` of every digit."""
    labels, Z = train_and_test()[1].labels, _codes(model)
    low, high = _frame(model)
    for k in range(CLASSES):
        some = Z[labels == k][:each]
        ax.plot(
            *some.T, linestyle="none", marker=f"${k}$", markersize=7, color=CYCLE[k % len(CYCLE)], markeredgewidth=0
        )
    pad = 0.05 * (high - low)
    ax.set(xlim=(low[0] - pad[0], high[0] + pad[0]), ylim=(low[1] - pad[1], high[1] + pad[1]))
    ax.set(xlabel="first number", ylabel="second number")


def plane_picture(model: Deep, count: int = 13) -> Picture:
    """What the decoder paints at the places of a grid over the plane of codes."""
    low, high = _frame(model)
    across, up = (np.linspace(low[i], high[i], count) for i in (0, 1))
    Z = np.stack(np.meshgrid(across, up[::-1]), axis=-1).reshape(-1, 2)
    sheet = model.decode(Z).reshape(count, count, SIDE, SIDE)[:, :, ::2, ::2]
    side = sheet.shape[2]
    fig, (left, right) = canvas(1, 2, width=6.6, height=3.5, layout=None)
    fig.subplots_adjust(left=0.12, right=0.99, top=0.93, bottom=0.18, wspace=0.05)
    _dots(left, model, 40)
    left.set_title("codes of digits kept back", fontsize=12)
    _show(right, sheet.transpose(0, 2, 1, 3).reshape(count * side, count * side))
    right.set_aspect("auto")
    right.set_title("painted there", fontsize=12)
    return Picture(
        fig,
        "Codes of the digits kept back, written as what they are, and what the decoder paints all over the same plane.",
    )


@demo(
    model=given("latent_plane", sample=random_deep, of=Deep),
    across=slider(0.0, 1.0, steps=13, start=0.5, label="first number", digits=2),
    up=slider(0.0, 1.0, steps=13, start=0.5, label="second number", digits=2),
)
def walk_the_plane(model: Deep, across: float, up: float) -> Picture:
    """A place in the plane of codes, and what the decoder paints there.

    across, up : the place, as shares of the part of the plane where the codes lie
    """
    low, high = _frame(model)
    z = low + np.array([across, up]) * (high - low)
    fig, (left, right) = canvas(1, 2, width=6.4, height=3.4, layout=None)
    fig.subplots_adjust(left=0.12, right=0.98, top=0.97, bottom=0.19, wspace=0.06)
    _dots(left, model, 9)
    left.plot(*z, "o", color=INK, markersize=17, fillstyle="none", markeredgewidth=3)
    _show(right, model.decode(z[None]).reshape(SIDE, SIDE))
    labels, Z = train_and_test()[1].labels, _codes(model)
    near = np.argsort((((Z - z) / (high - low)) ** 2).sum(axis=1))[:9]
    counts = np.bincount(labels[near], minlength=CLASSES)
    return Picture(
        fig,
        f"The decoder paints the ringed place. Of the nine digits kept back whose codes are nearest, {counts.max()} are a {counts.argmax()}.",
    )


def _example(k: int, number: int = 0):
    return lambda: train_and_test()[1].only([k]).images[number] / 255


def _letter() -> np.ndarray:
    ink = np.zeros((SIDE, SIDE))
    ink[5:23, 6:8] = ink[5:23, 20:22] = ink[13:15, 6:22] = 1  # an H
    return ink


def _ring() -> np.ndarray:
    at = np.hypot(*(np.mgrid[:SIDE, :SIDE] - 13.5))
    return ((at > 7) & (at < 10)) * 1.0


@demo(
    model=given("latent_plane", sample=random_deep, of=Deep),
    digit=drawing(
        examples={
            "a two": _example(2),
            "a four": _example(4),
            "a seven": _example(7),
            "an eight": _example(8),
            "a ring": _ring(),
            "a letter": _letter(),
            "nothing": np.zeros((SIDE, SIDE)),
        },
        start="a two",
        shape=(SIDE, SIDE),
        label="digit",
    ),
)
def draw_and_encode(model: Deep, digit: np.ndarray) -> Picture:
    """The code of a drawing in the plane, and what is painted from it.

    digit : (28, 28), from 0 (paper) to 1 (ink); it is scaled and centred as MNIST's digits are
    """
    ink = centred(digit)
    if not ink.any():
        return refusal("There is no ink. Draw a digit, large, with one stroke after the other.")
    z = model.encode(ink.reshape(1, -1))
    out = model.decode(z).reshape(SIDE, SIDE)
    fig, (left, middle, right) = canvas(1, 3, width=6.6, height=2.9, layout=None, width_ratios=(1.35, 1, 1))
    fig.subplots_adjust(left=0.12, right=0.99, top=0.9, bottom=0.22, wspace=0.08)
    _dots(left, model, 9)
    low, high = left.get_xlim(), left.get_ylim()
    place = np.clip(z[0], (low[0], high[0]), (low[1], high[1]))
    left.plot(*place, "o", color=INK, markersize=17, fillstyle="none", markeredgewidth=3, clip_on=False)
    for ax, image, title in ((middle, ink, "what it reads"), (right, out, "what it paints")):
        _show(ax, image)
        ax.set_title(title, fontsize=12)
    error = ((out - ink) ** 2).mean()
    kept = ((model(_pixels(1)) - _pixels(1)) ** 2).mean(axis=1)
    share = 100 * (kept < error).mean()
    return Picture(
        fig, f"Squared error of a pixel: {say(float(error), 2)}, larger than for {share:.0f} % of the digits kept back."
    )


def interpolation_picture(model: Deep, first: int, second: int, count: int = 7) -> Picture:
    """From one kept-back picture to another: codes between theirs, painted, above; weighted means of their pixels below."""
    X = _pixels(1)[[first, second]]
    Z, share = model.encode(X), np.linspace(0, 1, count)[:, None]
    fig, axes = canvas(2, count, width=6.6, height=2.5, layout=None)
    fig.subplots_adjust(left=0.01, right=0.99, top=0.89, bottom=0.01, wspace=0.05, hspace=0.32)
    between = model.decode((1 - share) * Z[0] + share * Z[1]), (1 - share) * X[0] + share * X[1]
    for row, images, title in zip(axes, between, ("between the codes", "between the pixels"), strict=True):
        for ax, image in zip(row, images, strict=True):
            _show(ax, image.reshape(SIDE, SIDE))
        row[0].set_title(title, fontsize=12)
    return Picture(
        fig, "Above, one digit changes into another by way of painted strokes; below, one fades out and the other in."
    )


def samples_picture(model: Deep, Z: np.ndarray) -> Picture:
    """What the decoder paints for codes Z (16, 2)."""
    fig, axes = canvas(2, 8, width=6.6, height=1.9, layout=None)
    fig.subplots_adjust(left=0.01, right=0.99, top=0.99, bottom=0.01, wspace=0.05, hspace=0.05)
    for ax, image in zip(axes.ravel(), model.decode(Z), strict=True):
        _show(ax, image.reshape(SIDE, SIDE))
    return Picture(
        fig, "Sixteen pictures painted for codes drawn from the normal distribution that was fitted to all codes."
    )


# ------------------------------------------------------------------------------------------------- sparse units
def units_picture(drawings: dict[str, np.ndarray], count: int = 8) -> Picture:
    """What single units add to the picture, `count` a row; drawings : kind → (count, 784)."""
    fig, axes = canvas(len(drawings), 1, width=6.6, height=1.25 * len(drawings), layout=None, squeeze=False)
    fig.subplots_adjust(left=0.01, right=0.99, top=0.93, bottom=0.01, hspace=0.35)
    for ax, (name, units) in zip(axes[:, 0], drawings.items(), strict=True):
        tiles = [unit.reshape(SIDE, SIDE) / max(np.abs(unit).max(), 1e-9) for unit in units[:count]]
        sheet = np.concatenate([np.pad(tile, ((0, 0), (1, 1))) for tile in tiles], axis=1)
        ax.imshow(np.round(sheet * 15) / 15, cmap="PuOr_r", vmin=-1, vmax=1, interpolation="nearest")
        ax.set_title(name, fontsize=12, loc="left")
        ax.set_axis_off()
    return Picture(
        fig,
        "What single units add to the scores of the pixels: orange where they add ink, violet where they take it away.",
    )


# ------------------------------------------------------------------------------------------------- noise taken off
@cache
def random_denoiser() -> Convolutional:
    """Return a denoiser that has learned nothing."""
    rng = np.random.default_rng(0)
    shapes = {
        "conv1": (2, 1, 4, 4),
        "conv2": (3, 2, 4, 4),
        "conv3": (3, 3, 3, 3),
        "up1": (3, 2, 4, 4),
        "up2": (2, 1, 4, 4),
    }
    weights = {}
    for name, shape in shapes.items():
        weights[f"{name}.W"] = rng.normal(size=shape) / 4
        weights[f"{name}.b"] = np.zeros(shape[1] if name.startswith("up") else shape[0])
    return Convolutional(weights)


@cache
def _with_noise(kind: str, level: float) -> np.ndarray:
    """Return the first of each digit with noise, (10, 28, 28)."""
    clean = _pixels(1)[_one_of_each()].reshape(-1, SIDE, SIDE)
    rng = np.random.default_rng(5)
    normal, even = rng.normal(size=clean.shape), rng.random(clean.shape)
    return clean + level * normal if kind == "Gaussian" else clean * (even >= 0.9 * level)


@demo(
    gaussian=given("denoiser", sample=random_denoiser, of=Convolutional),
    masked=given("denoiser_of_gaps", sample=random_denoiser, of=Convolutional),
    level=slider(0.0, 1.0, steps=6, start=0.6, label="noise", digits=2),
    kind=choice("Gaussian", "gaps", label="kind of noise"),
    digit=choice(2, 3, 5, 8, start=5, label="digit"),
)
def noise_taken_off(gaussian: Convolutional, masked: Convolutional, level: float, kind: str, digit: int) -> Picture:
    """A noisy digit, and what four ways make of it: two networks, PCA and a filter.

    gaussian, masked : networks that learned to take off Gaussian noise, and to fill gaps;  level : the noise's standard deviation, or 0.9 times
    as large a share of pixels that are put to 0;  kind : which noise;  digit : on which
    """
    noisy = _with_noise(kind, level)[digit]
    clean = _pixels(1)[_one_of_each()[digit]].reshape(SIDE, SIDE)
    mean, V = _axes()
    filtered = ndimage.gaussian_filter(noisy, 1.0) if kind == "Gaussian" else ndimage.median_filter(noisy, 3)
    shown = {
        "noisy": noisy,
        "taught Gaussian": gaussian(noisy[None])[0],
        "taught gaps": masked(noisy[None])[0],
        "PCA, 32 axes": np.clip(projected(noisy.reshape(1, -1), mean, V[:, :32]), 0, 1).reshape(SIDE, SIDE),
        "blurred" if kind == "Gaussian" else "median": np.clip(filtered, 0, 1),
        "clean": clean,
    }
    fig, axes = canvas(2, 3, width=6.4, height=4.6, layout=None)
    fig.subplots_adjust(left=0.01, right=0.99, top=0.93, bottom=0.01, wspace=0.04, hspace=0.16)
    for ax, (name, image) in zip(axes.ravel(), shown.items(), strict=True):
        _show(ax, image)
        ax.set_title(name, fontsize=12)
    told = [(name, ((image - clean) ** 2).mean()) for name, image in shown.items() if name != "clean"]
    return Picture(
        fig, "Squared error of a pixel: " + ", ".join(f"{name} {say(float(e), 2)}" for name, e in told) + "."
    )


_TURN = 2 * np.pi * np.arange(60) / 60
POINTS = {
    "two points": np.array([[-1.0, 0.0], [1.0, 0.0]]),
    "a ring": np.stack([np.cos(_TURN), np.sin(_TURN)], axis=1),
    "a spiral": np.stack([(0.2 + _TURN / 5) * np.cos(1.5 * _TURN), (0.2 + _TURN / 5) * np.sin(1.5 * _TURN)], axis=1),
}


@demo(
    points=choice(*POINTS, start="a ring", label="the data"),
    sigma=slider(0.1, 1.0, steps=10, start=0.3, label="noise", digits=2),
)
def noise_towards_points(points: str, sigma: float) -> Picture:
    """The steps of the best denoiser from places of the plane, two fifths of their length drawn.

    points : what the clean data are;  sigma : the standard deviation of the noise
    """
    P = POINTS[points]
    grid = np.stack(np.meshgrid(np.linspace(-1.8, 1.8, 13), np.linspace(-1.5, 1.5, 11)), axis=-1).reshape(-1, 2)
    step = best_denoiser(grid, P, sigma) - grid
    fig, ax = canvas(width=5.6, height=4.6, layout=None)
    fig.subplots_adjust(left=0.14, right=0.97, top=0.97, bottom=0.22)
    for a, d in zip(grid, step, strict=True):
        ax.annotate(
            "",
            a + 0.4 * d,
            a,
            arrowprops={"arrowstyle": "-|>", "color": BLUE, "linewidth": 1.2, "shrinkA": 0, "shrinkB": 0},
        )
    ax.plot(*P.T, "o", color=ORANGE, markersize=5)
    ax.set(xlim=(-2, 2), ylim=(-1.7, 1.7), xlabel="x₁", ylabel="x₂", aspect="equal")
    key(fig, [(0.1, ORANGE, "clean points", "●"), (0.45, BLUE, "steps, two fifths of their length", "▶")], 0.03)
    longest = np.linalg.norm(step, axis=1)
    return Picture(
        fig,
        f"Noise of {say(sigma, 2)}: the best denoiser's steps from these places are {say(float(longest.mean()), 2)} long on average, the longest "
        f"{say(float(longest.max()), 2)}.",
    )


# ------------------------------------------------------------------------------------------------- alarms
def _sample_of_scores() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {"kept": rng.gamma(4, 0.008, (CLASSES, 1000)), "chosen": rng.gamma(4, 0.008, (CLASSES, 400))}


@demo(
    found=given("strange_digits", sample=_sample_of_scores),
    strange=choice(*range(CLASSES), start=2, label="never seen"),
    share=choice(1, 2, 5, 10, 20, start=5, label="false alarms wanted (%)"),
)
def false_alarms(found, strange: int, share: int) -> Picture:
    """Errors of normal and of strange digits, the threshold, and what it lets through.

    found : "kept" (10, 1000), errors of the digits kept back by which digit was never seen, and "chosen" (10, 400), those for choosing thresholds
    strange : which digit was never seen;  share : of normal digits that may raise an alarm, in percent
    """
    learn, held = train_and_test()
    normal = found["kept"][strange][held.labels != strange]
    odd = found["kept"][strange][held.labels == strange]
    chosen = found["chosen"][strange][learn.labels[-400:] != strange]
    at = np.quantile(chosen, 1 - share / 100)
    fig, ax = canvas(width=6.4, height=3.6, layout=None)
    fig.subplots_adjust(left=0.13, right=0.97, top=0.96, bottom=0.3)
    edges = np.linspace(0, 0.12, 31)
    for values, colour, shift in ((normal, BLUE, 0.0), (odd, ORANGE, 0.0018)):
        heights = 100 * np.histogram(np.minimum(values, 0.1199), edges)[0] / len(values)
        ax.bar(edges[:-1] + 0.0011 + shift, heights, width=0.0018, color=colour)
    ax.axvline(at, color=INK, linewidth=1.5)
    ax.set(xlim=(0, 0.121), ylim=(0, 40), xlabel="squared error of a pixel", ylabel="share of pictures, %")
    key(
        fig,
        [(0.08, BLUE, "normal", "■"), (0.3, ORANGE, f"{strange}, never seen", "■"), (0.66, INK, "threshold", "■")],
        0.03,
    )
    return Picture(
        fig,
        f"Above the threshold are {100 * (normal > at).mean():.1f} % of the normal digits kept back and {100 * (odd > at).mean():.0f} % of the "
        f"{strange}s. Area under the curve: {area_under_curve(normal, odd):.2f}.",
    )
