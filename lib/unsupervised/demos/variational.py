"""Pictures of models that make pictures: the plane of codes, a drawing's code, two estimates of one gradient, and noise taken away."""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np

from lib.book.demos import Picture, choice, demo, slider
from lib.book.display import say
from lib.book.figures import BLUE, INK, MUTED, ORANGE, canvas, key, show_ink
from lib.book.parameters import drawing, given
from lib.convnets.digits import halved, train_and_test
from lib.convnets.networks import centred
from lib.unsupervised.generative import flow, variational
from lib.unsupervised.generative.variational import SIDE

__all__ = [
    "digits_picture",
    "exact_field",
    "latent_plane",
    "noise_taken_away",
    "slips_picture",
    "two_gradients",
    "your_code",
]


def _show(ax, image) -> None:
    """Draw a picture: ink dark on light paper, in either mode."""
    show_ink(ax, image)
    ax.set_axis_off()


@cache
def _test_digits() -> tuple[np.ndarray, np.ndarray]:
    _, test = train_and_test()
    return halved(test.images[:300]), test.labels[:300]


def digits_picture(images, columns: int = 10) -> Picture:
    """Draw pictures (N, 14, 14) in rows of `columns`."""
    images = np.asarray(images, dtype=float)
    rows = -(-len(images) // columns)
    sheet = np.zeros((rows * SIDE, columns * SIDE))
    for k, image in enumerate(images):
        i, j = divmod(k, columns)
        sheet[i * SIDE : (i + 1) * SIDE, j * SIDE : (j + 1) * SIDE] = image
    fig, ax = canvas(width=6.4, height=6.4 * rows / columns, layout=None)
    fig.subplots_adjust(left=0.02, right=0.98, top=0.96, bottom=0.04)
    _show(ax, sheet)
    return Picture(fig, f"{len(images)} pictures in {rows} rows.")


# --------------------------------------------------------------------------------------------------------- two gradients
DRAWS = np.random.default_rng(7).standard_normal((400, 64))


@demo(
    offset=choice(0, 2, 5, 10, start=0, label="constant added to f"),
    draws=choice(1, 4, 16, 64, start=1, label="draws for one estimate"),
)
def two_gradients(offset: int, draws: int) -> Picture:
    """400 estimates of dE[f]/dμ for f(z) = z² + constant, z from N(1, 1), by two rules; the right value is 2.

    offset : the constant;  draws : over how many z each estimate is a mean
    """
    noise = DRAWS[:, :draws]
    z = 1 + noise
    by_score = ((z**2 + offset) * noise).mean(axis=1)
    by_path = (2 * z).mean(axis=1)
    fig, ax = canvas(width=6.4, height=3.6, layout=None)
    fig.subplots_adjust(left=0.12, right=0.97, top=0.96, bottom=0.27)
    edges = np.linspace(-20, 24, 45)
    for values, colour, alpha in ((by_score, ORANGE, 0.9), (by_path, BLUE, 0.75)):
        ax.hist(np.clip(values, -19.9, 23.9), edges, color=colour, alpha=alpha)
    ax.axvline(2, color=INK, linewidth=1)
    ax.set(xlim=(-20, 24), ylim=(0, 260), xlabel="estimate of the gradient", ylabel="estimates of 400")
    key(fig, [(0.12, ORANGE, "by the score", "■"), (0.45, BLUE, "through the draw", "■")], y=0.04)
    return Picture(
        fig,
        f"Standard deviation by the score {say(by_score.std(), 2)}, through the draw {say(by_path.std(), 2)}; "
        f"means {say(by_score.mean(), 2)} and {say(by_path.mean(), 2)}, the right value 2.",
    )


# ------------------------------------------------------------------------------------------------------ the plane of codes
def random_coder(code: int = 2) -> variational.Variational:
    """Return an autoencoder with drawn weights: a sample for the tests."""
    return variational.Variational(_drawn(variational.shapes(8, code), 3))


def _drawn(shapes: dict[str, tuple[int, int]], seed: int) -> dict[str, np.ndarray]:
    """Return weights and free terms of layers, drawn at random."""
    rng = np.random.default_rng(seed)
    return {
        f"{name}.{part}": rng.normal(size=size) / 4
        for name, shape in shapes.items()
        for part, size in (("W", shape), ("b", shape[1:]))
    }


@lru_cache(maxsize=2)
def _means(model: variational.Variational) -> np.ndarray:
    images, labels = _test_digits()
    mu, _ = model.encode(images)
    return np.stack([np.median(mu[labels == d], axis=0) for d in range(10)])


def _plane(ax, model) -> None:
    for d, at in enumerate(np.clip(_means(model), -2.8, 2.8)):
        ax.text(*at, str(d), color=BLUE, fontsize=14, ha="center", va="center")
    ax.set(xlim=(-3, 3), ylim=(-3, 3), xlabel="z₁", ylabel="z₂", aspect="equal")


@demo(
    model=given("digit_plane", sample=random_coder, of=variational.Variational),
    across=slider(-2.5, 2.5, steps=11, start=0.0, label="z₁", digits=2),
    up=slider(-2.5, 2.5, steps=11, start=0.0, label="z₂", digits=2),
)
def latent_plane(model: variational.Variational, across: float, up: float) -> Picture:
    """What the decoder paints at a place of the plane of codes; beside it where held-out digits lie, each at its median."""
    fig, (left, right) = canvas(1, 2, width=6.4, height=3.5, layout=None)
    fig.subplots_adjust(left=0.02, right=0.98, top=0.96, bottom=0.18, wspace=0.25)
    _show(left, model.decode([[across, up]])[0])
    _plane(right, model)
    right.plot([across], [up], "o", color=ORANGE, markersize=14, markeredgewidth=2, fillstyle="none")
    return Picture(fig, f"The decoder's picture at z = ({across:g}, {up:g}).")


def _sample(digit: int, which: int):
    def read() -> np.ndarray:
        _, test = train_and_test()
        return test.images[test.labels == digit][which] / 255.0

    return read


@demo(
    model=given("digit_plane", sample=random_coder, of=variational.Variational),
    digit=drawing(
        examples={
            "a nought": _sample(0, 2),
            "a one": _sample(1, 1),
            "a three": _sample(3, 0),
            "a six": _sample(6, 3),
            "a seven": _sample(7, 0),
            "nothing": np.zeros((28, 28)),
        },
        start="a three",
        shape=(28, 28),
        label="digit",
    ),
)
def your_code(model: variational.Variational, digit: np.ndarray) -> Picture:
    """The code of a drawing, a Gaussian on the plane, and what the decoder paints at its middle and at three draws from it.

    digit : (28, 28), from 0 (paper) to 1 (ink); it is scaled and centred as MNIST's digits are
    """
    small = halved(255 * centred(digit)[None])
    (mu,), (log_var,) = model.encode(small)
    sigma = np.exp(np.clip(log_var, -20, 5) / 2)
    z = mu + sigma * np.array([[0.0, 0.0], [1.0, 0.4], [-0.8, 1.0], [0.2, -1.2]])
    painted = model.decode(z)
    fig, axes = canvas(1, 3, width=6.4, height=3.2, layout=None, width_ratios=(1, 1, 1.4))
    fig.subplots_adjust(left=0.01, right=0.98, top=0.9, bottom=0.2, wspace=0.42)
    _show(axes[0], small[0])
    axes[0].set_title("the drawing", fontsize=12)
    _show(axes[1], np.block([[painted[0], painted[1]], [painted[2], painted[3]]]))
    axes[1].set_title("four codes", fontsize=12)
    _plane(axes[2], model)
    axes[2].plot(*np.clip(z.T, -2.95, 2.95), "o", color=ORANGE, markersize=10, fillstyle="none")
    middle, width = (" and ".join(say(v, 2) for v in values) for values in (mu, sigma))
    return Picture(fig, f"The drawing's cloud has its middle at {middle}, its standard deviations are {width}.")


# ----------------------------------------------------------------------------------------------- an exact field of few points
def _points(name: str) -> np.ndarray:
    if name == "three points":
        return np.array([[-1.5, -1.0], [1.5, -1.0], [0.0, 1.6]])
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    if name == "a ring":
        return 1.6 * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    return np.stack([(turn / np.pi - 1) * 1.8, 0.9 * np.sin(turn)], axis=1)


@cache
def _walk(name: str) -> np.ndarray:
    points = _points(name)
    noise = np.random.default_rng(2).standard_normal((120, 2))
    return flow.follow(lambda x, t: flow.exact_velocity(points, x, t), noise, 40)


@demo(
    points=choice("three points", "a ring", "a wave", start="a ring", label="data"),
    step=slider(0, 40, steps=9, start=20, label="step"),
)
def exact_field(points: str, step: int) -> Picture:
    """120 places drawn from a Gaussian and carried by the exact field to a few points: where they are after some of 40 steps."""
    walk, ends = _walk(points), _points(points)
    fig, ax = canvas(width=6.0, height=4.4, layout=None)
    fig.subplots_adjust(left=0.12, right=0.97, top=0.97, bottom=0.25)
    for k in range(0, 120, 6):
        ax.plot(*walk[: step + 1, k].T, color=MUTED, linewidth=0.8)
    ax.plot(*ends.T, "s", color=ORANGE, markersize=5)
    ax.plot(*walk[step].T, "o", color=BLUE, markersize=3.5)
    ax.set(xlim=(-3, 3), ylim=(-2.6, 2.6), xlabel="first coordinate", ylabel="second coordinate")
    key(fig, [(0.12, ORANGE, "data", "■"), (0.35, BLUE, "carried places", "●")], y=0.04)
    nearest = np.sqrt(((walk[step][:, None] - ends) ** 2).sum(axis=2)).min(axis=1)
    return Picture(
        fig,
        f"After {step} of 40 steps: mean distance to the nearest datum {say(nearest.mean(), 2) if step < 40 else '0'}.",
    )


# ------------------------------------------------------------------------------------------------------- noise taken away
def random_flow() -> flow.Flow:
    """Return a flow with drawn weights: a sample for the tests."""
    return flow.Flow(_drawn(flow.shapes(8), 4))


STEPS = 30


@lru_cache(maxsize=4)
def _cleaned(model: flow.Flow, guidance: float) -> np.ndarray:
    """Twelve pictures' way from noise, (STEPS + 1, 10, 196): one a digit, all from the same noise."""
    noise = np.repeat(np.random.default_rng(11).standard_normal((1, SIDE * SIDE)), 10, axis=0)
    digits = np.arange(10)
    return flow.follow(lambda x, t: model.guided(x, t, digits, guidance), noise, STEPS)


@demo(
    model=given("digit_flow", sample=random_flow, of=flow.Flow),
    step=slider(0, STEPS, steps=11, start=15, label="step"),
    guidance=choice(0, 1, 2, 4, start=2, label="guidance"),
)
def noise_taken_away(model: flow.Flow, step: int, guidance: int) -> Picture:
    """One noise on its way to each of ten digits, after some of 30 steps; below, where the velocity points: what it would become."""
    way = _cleaned(model, float(guidance))
    t = step / STEPS
    now = way[step]
    guess = now + (1 - t) * model.guided(now, min(t, 1.0), np.arange(10), float(guidance)) if step < STEPS else now
    fig, axes = canvas(2, 1, width=6.4, height=2.9, layout=None)
    fig.subplots_adjust(left=0.005, right=0.995, top=0.9, bottom=0.01, hspace=0.3)
    for ax, values, title in zip(axes, (now, guess), ("now", "where it is heading"), strict=True):
        _show(ax, np.concatenate(list((values.reshape(-1, SIDE, SIDE) + 1) / 2), axis=1))
        ax.set_title(title, fontsize=12)
    return Picture(fig, f"Step {step} of {STEPS}, guidance {guidance}: one noise, told ten different digits.")


# ------------------------------------------------------------------------------------------------------ slips, by two numbers
def slips_picture(measured: dict[str, np.ndarray]) -> Picture:
    """Draw each slip's two numbers, one dot a seed. measured : name → (seeds, 2), the picture's loss and the divergence in nats."""
    fig, ax = canvas(width=6.4, height=4.6)
    for k, values in enumerate(measured.values()):
        loss, kl = np.asarray(values).T
        ax.plot(np.maximum(kl, 1e-3), loss, "o", color=(INK, BLUE, ORANGE)[0 if not k else 1 + k % 2], markersize=6)
        ax.annotate(
            str(k),
            (max(kl[0], 1e-3), loss[0]),
            textcoords="offset points",
            xytext=(9, 4 if k % 2 else -12),
            color=INK,
            fontsize=12,
        )
    ax.set(
        xscale="log",
        yscale="log",
        xlabel="divergence (nats; below 0.001 at the edge)",
        ylabel="loss of the picture (nats)",
    )
    names = ", ".join(f"{k} {name}" for k, name in enumerate(measured))
    return Picture(fig, f"Two numbers of {len(measured)} trainings, a dot a seed: {names}.")
