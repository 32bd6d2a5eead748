"""Pictures of principal components: a cloud and a direction, the reader's own points, digits from few numbers, noise, training."""

from __future__ import annotations

from functools import cache

import numpy as np
from matplotlib import colormaps

from lib.book import validate
from lib.book.demos import Picture, choice, demo, log_slider, refusal, slider
from lib.book.display import say
from lib.book.figures import BLUE, GREEN, INK, MUTED, ORANGE, PINK, canvas, key, name_curves, text_on
from lib.book.parameters import drawing
from lib.convnets.digits import train_and_test
from lib.unsupervised import pca

__all__ = [
    "angles_in_training",
    "axes_picture",
    "digit_by_numbers",
    "direction_sweep",
    "largest_of_nothing",
    "own_points",
    "spectrum_picture",
    "turned_by_outlier",
]


def _turn(degrees: float) -> np.ndarray:
    """Return the unit vector at this angle from the first axis."""
    angle = np.deg2rad(degrees)
    return np.array([np.cos(angle), np.sin(angle)])


@cache
def _round_cloud(n: int = 40) -> np.ndarray:
    """Return n points (n, 2) of mean 0 and covariance I."""
    Z = np.random.default_rng(3).normal(size=(n, 2))
    Z -= Z.mean(axis=0)
    return Z @ np.linalg.inv(np.linalg.cholesky(pca.covariance(Z))).T


# ------------------------------------------------------------------------------------------- a cloud and a direction
STRETCHES = {"round": 1.0, "longish": 1.6, "long": 3.0}


@demo(
    direction=slider(0, 175, steps=36, start=90, label="direction", unit="°"),
    tilt=choice(30, 120, start=30, label="cloud's tilt", labels=("30°", "120°")),
    shape=choice(*STRETCHES, start="long", label="cloud"),
)
def direction_sweep(direction: float, tilt: int, shape: str) -> Picture:
    """Forty points, a line through their mean, and what of their squared distances lies along it and what beside it.

    direction : of the line;  tilt : the angle of the cloud's long axis;  shape : how much longer that axis is
    """
    v, long = _turn(direction), _turn(tilt)
    X = _round_cloud() @ np.array([STRETCHES[shape] * long, [-long[1], long[0]]])
    along = X @ v
    feet = along[:, None] * v
    kept, lost = (along**2).sum() / 39, ((X - feet) ** 2).sum() / 39
    fig, (ax, bars) = canvas(1, 2, width=6.4, height=4.1, layout=None, width_ratios=(3.2, 1))
    fig.subplots_adjust(left=0.09, right=0.98, top=0.97, bottom=0.13, wspace=0.32)
    ends = np.array([-8, 8])[:, None] * v
    ax.plot(*ends.T, color=ORANGE, linewidth=2)
    for point, foot in zip(X, feet, strict=True):
        ax.plot(*np.array([point, foot]).T, color=MUTED, linewidth=1)
    ax.plot(*X.T, "o", color=BLUE, markersize=4.5)
    ax.plot(*feet.T, "o", color=ORANGE, markersize=3.5)
    ax.set(xlim=(-7, 7), ylim=(-6.2, 6.2), xlabel="x₁", ylabel="x₂", aspect="equal")
    bars.bar([0], [kept], color=ORANGE, width=0.6)
    bars.bar([0], [lost], bottom=[kept], color=MUTED, width=0.6)
    bars.set(xlim=(-0.5, 0.5), ylim=(0, 10.8), ylabel="variance")
    bars.set_xticks([])
    for at, words in ((kept / 2, "along"), (kept + lost / 2, "beside")):
        bars.text(0.34, at, words, rotation=90, va="center", ha="left", fontsize=12, color=INK)
    return Picture(
        fig,
        f"At {direction:.0f}° the variance along the line is {kept:.2f} and the mean squared distance from it {lost:.2f}: "
        f"together {kept + lost:.2f}, as for every line through the mean.",
    )


# ------------------------------------------------------------------------------------------------------ own points
FIELD = 24


def _spots(points) -> np.ndarray:
    ink = np.zeros((FIELD, FIELD))
    for row, column in points:
        ink[int(row), int(column)] = 1
    return ink


def _cloud_of_spots() -> np.ndarray:
    X = _round_cloud() @ np.array([4.6 * _turn(35), 1.3 * _turn(125)])
    return _spots(np.clip(np.column_stack([11.5 - X[:, 1], 11.5 + X[:, 0]]), 0, FIELD - 1).round())


def _ring() -> np.ndarray:
    angles = np.arange(0, 360, 10)
    return _spots([11.5, 11.5] + 9 * np.array([_turn(a) for a in angles]) + 1e-9)


def _two_groups() -> np.ndarray:
    return _spots([(r, c) for r in (8, 15) for c in range(2, 22, 2)])


def _with_outlier() -> np.ndarray:
    return _spots([(12 + i % 2, c) for i, c in enumerate(range(6, 16))] + [(0, 23)])


@demo(
    ink=drawing(
        examples={
            "a cloud": _cloud_of_spots(),
            "two rows": _two_groups(),
            "a ring": _ring(),
            "one far away": _with_outlier(),
            "nothing": np.zeros((FIELD, FIELD)),
        },
        label="points",
    )
)
def own_points(ink: np.ndarray) -> Picture:
    """What the reader draws, taken as points, with their principal axes and their feet on the first.

    ink : (24, 24), from 0 (paper) to 1 (ink); each cell with at least half ink is a point
    """
    rows, columns = np.nonzero(ink >= 0.5)
    X = np.column_stack([columns + 0.5, FIELD - rows - 0.5])
    if len(X) < 2:
        return refusal("There are fewer than two points. Draw some: each dark cell is one.")
    found = pca.principal_components(X)
    fig, ax = canvas(width=5.4, height=5.0, layout=None)
    fig.subplots_adjust(left=0.12, right=0.97, top=0.97, bottom=0.23)
    feet = found.reconstruct(found.scores(X, 1))
    ax.plot(*X.T, "o", color=BLUE, markersize=5)
    ax.plot(*feet.T, "o", color=ORANGE, markersize=3)
    for variance, axis, colour in zip(found.variances, found.axes.T, (ORANGE, GREEN), strict=True):
        ends = found.mean + np.outer([-2, 2], np.sqrt(variance) * axis)
        ax.plot(*ends.T, color=colour, linewidth=2.5)
    ax.set(xlim=(-2, FIELD + 2), ylim=(-2, FIELD + 2), xlabel="x₁", ylabel="x₂", aspect="equal")
    key(fig, [(0.08, BLUE, "points"), (0.32, ORANGE, "first axis, feet"), (0.7, GREEN, "second")], 0.03)
    first, second = found.variances
    share = f"the first axis holds {100 * first / (first + second):.0f} % of the variance"
    if first - second < 0.02 * first:
        share = "they are nearly equal, so that the first axis hangs on single points"
    return Picture(fig, f"{len(X)} points, variances {first:.1f} and {second:.1f}: {share}.")


# --------------------------------------------------------------------------------------------- digits by few numbers
@cache
def _digits() -> tuple[pca.Components, np.ndarray]:
    """Return the components of the digits to learn from, and one picture (10, 196) of each digit that was kept back."""
    train, test = train_and_test()
    first = [np.flatnonzero(test.labels == k)[0] for k in range(10)]
    return pca.principal_components(pca.digit_rows(train), by="eig"), pca.digit_rows(test)[first]


def _show(ax, row, title="", signed: float = 0.0) -> None:
    """Draw a row as a picture of 14 × 14, ink dark on light paper; with `signed`, from −signed to signed on cividis."""
    image = np.reshape(row, (pca.SIDE, pca.SIDE))
    if signed:
        ax.imshow(image, cmap="cividis", vmin=-signed, vmax=signed, interpolation="nearest")
    else:
        image = np.round(np.clip(image, 0, 1) * 15) / 15
        ax.imshow(image, cmap="gray_r", vmin=0, vmax=1.15, interpolation="nearest")
    ax.set_title(title)
    ax.set_axis_off()


COUNTS = (1, 2, 3, 5, 8, 12, 20, 30, 44, 62, 96, 178)


@demo(
    digit=choice(*range(10), start=3, label="digit"),
    k=choice(*COUNTS, start=2, label="numbers kept"),
)
def digit_by_numbers(digit: int, k: int) -> Picture:
    """A digit that was kept back, beside what its first k numbers give back, and the share of its squared distance from the mean.

    digit : which;  k : how many of 196 numbers
    """
    found, rows = _digits()
    row = rows[digit][None]
    scores = found.scores(row)[0]
    fig, axes = canvas(1, 3, width=6.4, height=2.9, layout=None, width_ratios=(1, 1, 1.25))
    fig.subplots_adjust(left=0.02, right=0.95, top=0.86, bottom=0.2, wspace=0.5)
    _show(axes[0], row, "kept back")
    _show(axes[1], found.reconstruct(scores[None, :k]), f"from {k} number{'s' * (k > 1)}")
    shares = np.cumsum(scores**2) / (scores**2).sum()
    axes[2].plot(np.arange(1, 197), 100 * shares, color=BLUE)
    axes[2].plot(k, 100 * shares[k - 1], "o", color=ORANGE, markersize=9)
    axes[2].set(xlim=(0, 200), ylim=(0, 104), xlabel="numbers", ylabel="share, %", xticks=[0, 100, 200])
    return Picture(
        fig,
        f"A {digit} from {k} of 196 numbers: they hold {100 * shares[k - 1]:.0f} % of its squared distance from the mean "
        f"picture.",
    )


def axes_picture(components: pca.Components, count: int = 8) -> Picture:
    """Draw the mean picture and the first axes of 14 × 14 pixels, each on its own scale, from negative (dark) to positive (light)."""
    components = validate.instance(components, pca.Components, "components")
    if components.axes.shape[0] != pca.SIDE**2:
        raise ValueError(f"the components must be of {pca.SIDE**2} pixels, but are of {components.axes.shape[0]}")
    count = validate.whole(count, "count", low=1, high=components.axes.shape[1])
    columns = (count + 2) // 2
    fig, axes = canvas(2, columns, width=6.4, height=3.0)
    for ax in axes.flat:
        ax.set_axis_off()
    _show(axes.flat[0], components.mean, "mean")
    for ax, axis, number in zip(axes.flat[1:], components.axes.T[:count], range(1, count + 1), strict=False):
        _show(ax, axis, f"axis {number}", signed=np.abs(axis).max())
    return Picture(fig, f"The mean picture, and the first {count} axes as pictures: light and dark pixels pull apart.")


# ------------------------------------------------------------------------------------------------------- how many
def spectrum_picture(variances: dict[str, np.ndarray]) -> Picture:
    """Draw variances by rank on a logarithmic scale, a curve for each name.

    variances : name → (D,), falling; what is 0 is left out
    """
    if not isinstance(variances, dict) or not variances:
        raise ValueError("variances must be a dict name → array with at least one entry")
    curves = {name: validate.vector(value, name) for name, value in variances.items()}
    fig, ax = canvas(width=6.4, height=3.6, layout=None)
    fig.subplots_adjust(left=0.13, right=0.75, top=0.96, bottom=0.17)
    last = 1
    for (name, values), colour in zip(curves.items(), (BLUE, ORANGE, GREEN, PINK), strict=False):
        values = values[values > 1e-5]
        ax.semilogy(np.arange(1, len(values) + 1), values, color=colour, label=name)
        last = max(last, len(values))
    ax.set(xlim=(0, last + 1), xlabel="component", ylabel="variance")
    ax.minorticks_off()
    name_curves(ax)
    return Picture(fig, f"Variances by rank: {', '.join(curves)}.")


@cache
def _noise(ratio: int) -> np.ndarray:
    return np.random.default_rng(5).normal(size=(100 * ratio, 100))


@demo(
    strength=slider(0.0, 3.0, steps=13, start=0.0, label="variance added along one direction"),
    ratio=choice(1, 2, 4, 10, start=2, label="rows for each of 100 columns"),
)
def largest_of_nothing(strength: float, ratio: int) -> Picture:
    """The variances along all principal axes of noise of variance 1, with more variance along one true direction, or none.

    strength : the variance that is added along the first coordinate;  ratio : rows for each column
    """
    X = _noise(ratio).copy()
    X[:, 0] *= np.sqrt(1 + strength)
    found = pca.principal_components(X, by="eig")
    low, high = pca.noise_edges(1.0, 100 * ratio, 100)
    fig, ax = canvas(width=6.2, height=3.8, layout=None)
    fig.subplots_adjust(left=0.11, right=0.97, top=0.96, bottom=0.28)
    ax.axvspan(low, high, color=ORANGE, alpha=0.25, linewidth=0)
    ax.hist(found.variances, bins=np.arange(0, 5.8, 0.1), color=BLUE)
    ax.axvline(1 + strength, color=GREEN, linestyle="--", linewidth=2)
    ax.set(xlim=(0, 5.7), ylim=(0, 26), xlabel="variance along a principal axis", ylabel="axes")
    key(
        fig,
        [(0.04, BLUE, "found", "■"), (0.24, ORANGE, "noise alone", "■"), (0.53, GREEN, "true largest variance", "■")],
        0.03,
    )
    cosine = abs(found.axes[0, 0])
    return Picture(
        fig,
        f"{100 * ratio:,} rows: noise alone ends near {high:.2f}. The largest variance found is {found.variances[0]:.2f}, where the "
        f"true one is {1 + strength:.2f}; its axis and the true direction have the cosine {cosine:.1f}.",
    )


# ---------------------------------------------------------------------------------------------------- in training
SHOWN = (0, 10, 15, 20, 25, 30, 35, 40, 50, 60, 70, 80, 90, 100, 120, 150, 200, 300, 500, 800, 1200, 2000, 3000)
CODE = 4
PRICES = {"none": 0.0, "equal": 0.25, "unequal": np.array([0.05, 0.2, 0.35, 0.5])}


@cache
def _training(price: str) -> list[tuple[float, np.ndarray, np.ndarray]]:
    """Return at each step shown: the loss, the principal angles (4,) in degrees, and the cosines (4, 4) of rows with axes."""
    found, _ = _digits()
    C = (found.axes * found.variances) @ found.axes.T
    C = (C + C.T) / 2
    net = pca.random_autoencoder(len(C), CODE, np.random.default_rng(1))
    out = []
    for step, state in enumerate(pca.training_path(net, C, 0.05, SHOWN[-1], PRICES[price])):
        if step in SHOWN:
            angles = np.rad2deg(pca.principal_angles(state.decoder.T, found.axes[:, :CODE]))
            rows = state.decoder / np.linalg.norm(state.decoder, axis=1)[:, None]
            out.append((pca.autoencoder_loss(state, C), angles, np.abs(rows @ found.axes[:, :CODE])))
    return out


@demo(
    step=choice(*SHOWN, start=40, label="step"),
    price=choice(*PRICES, start="none", label="price on the weights"),
)
def angles_in_training(step: int, price: str) -> Picture:
    """Principal angles between the decoder's plane and the first four principal axes of the digits, and how far its rows lie along the axes.

    step : of gradient descent;  price : none, one on all squares of weights, or one for each entry of the code
    """
    run, at = _training(price), SHOWN.index(step)
    fig, (ax, table) = canvas(1, 2, width=6.4, height=3.6, layout=None, width_ratios=(1.5, 1))
    fig.subplots_adjust(left=0.11, right=0.98, top=0.88, bottom=0.18, wspace=0.38)
    angles = np.array([a for _, a, _ in run])
    for j in range(CODE):
        ax.plot(np.array(SHOWN) + 5, angles[:, j], color=MUTED, linewidth=1.2)
        ax.plot(SHOWN[at] + 5, angles[at, j], "o", color=ORANGE, markersize=7)
    ax.set_xscale("log")
    ax.set(xlim=(4.5, 3400), ylim=(-3, 93), xlabel="step + 5", ylabel="angle, °", title="to the first four axes")
    ax.minorticks_off()
    ax.set_xticks([10, 100, 1000], ["10", "100", "1,000"])
    cosines = run[at][2]
    table.imshow(cosines, cmap="cividis", vmin=0, vmax=1, interpolation="nearest")
    table.set(xlabel="axis", ylabel="decoder row", title="|cosine|")
    table.set_xticks(range(CODE), range(1, CODE + 1))
    table.set_yticks(range(CODE), range(1, CODE + 1))
    table.grid(False)
    for (row, axis), value in np.ndenumerate(cosines):
        table.text(axis, row, f"{value:.1f}", ha="center", va="center", color=text_on(colormaps["cividis"](value)))
    largest = cosines.max(axis=1).min()
    return Picture(
        fig,
        f"Step {step:,}, price {price}: the largest principal angle is {angles[at].max():.0f}°. Of the four rows, the one farthest from "
        f"any axis has the cosine {largest:.1f} with its nearest.",
    )


# ------------------------------------------------------------------------------------------------- what can go wrong
@demo(
    distance=log_slider(1.0, 100.0, steps=21, start=16.0, label="its distance"),
    direction=slider(0, 180, steps=7, start=60, label="its direction from the long axis", unit="°"),
)
def turned_by_outlier(distance: float, direction: float) -> Picture:
    """Forty points along a line, one more that moves away, and what it does to the first principal axis.

    distance : of the one point from the others' mean;  direction : its angle from their long axis
    """
    X = np.vstack([_round_cloud() * [3.0, 1.0], distance * _turn(direction)])
    found = pca.principal_components(X, by="eig")
    angle = float(np.rad2deg(np.arctan2(found.axes[1, 0], found.axes[0, 0])))
    angle = (angle + 90) % 180 - 90
    fig, ax = canvas(width=6.2, height=3.7, layout=None)
    fig.subplots_adjust(left=0.11, right=0.97, top=0.96, bottom=0.28)
    reach = max(10.0, 1.1 * distance)
    ax.plot([-2 * reach, 2 * reach], [0, 0], color=MUTED, linewidth=1.5)
    ends = found.mean + np.outer([-3 * reach, 3 * reach], found.axes[:, 0])
    ax.plot(*ends.T, color=ORANGE, linewidth=2.2)
    ax.plot(*X[:-1].T, "o", color=BLUE, markersize=3.5)
    ax.plot(*X[-1], "o", color=PINK, markersize=8)
    ax.set(xlim=(-1.7 * reach, 1.7 * reach), ylim=(-reach, reach), xlabel="x₁", ylabel="x₂", aspect="equal")
    key(
        fig,
        [(0.05, MUTED, "axis of the forty", "■"), (0.38, ORANGE, "axis of all", "■"), (0.65, PINK, "the one")],
        0.03,
    )
    return Picture(
        fig,
        f"One point among 41, {say(distance, 2)} away at {direction:.0f}°: the first axis has turned by {abs(angle):.0f}°.",
    )
