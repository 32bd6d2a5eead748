"""Pictures of alignment without a dictionary: an adversary, a matrix kept orthogonal, profiles of similarity."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from lib.book.demos import Picture, choice, demo, log_slider, slider
from lib.book.display import say
from lib.book.figures import BLUE, GREEN, INK, MUTED, ORANGE, PINK, canvas, key
from lib.losses.classification import binary_cross_entropy, fit_logistic
from lib.word_vectors import alignment
from lib.word_vectors.unsupervised import SelfLearning, orthogonality_step, similarity_profile

__all__ = [
    "criterion_picture",
    "kept_orthogonal",
    "learning_picture",
    "profiles",
    "starts_picture",
    "turned_clouds",
]

COLOURS = (BLUE, ORANGE, GREEN, PINK)


# ---------------------------------------------------------------------------------------- an adversary in the plane
DEGREES = tuple(range(-180, 181, 10))
CLOUDS = ("three groups", "two groups", "an ellipse", "a disc")


def _cloud(kind: str, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return n points (n, 2) of a kind of cloud, its mean at 0."""
    if kind == "three groups":
        middles = np.array([[1.5, 0.0], [-0.3, 1.0], [-0.8, -0.6]])
        return middles[rng.choice(3, n, p=(0.3, 0.2, 0.5))] - [0.0, -0.1] + 0.27 * rng.normal(size=(n, 2))
    if kind == "two groups":
        return np.array([[1.2, 0.0], [-0.8, 0.0]])[rng.choice(2, n, p=(0.4, 0.6))] + 0.3 * rng.normal(size=(n, 2))
    spread = (1.0, 0.35) if kind == "an ellipse" else (0.75, 0.75)
    return rng.normal(size=(n, 2)) * spread


def _features(P: np.ndarray) -> np.ndarray:
    """Return all products x^a y^b with a + b ≤ 4 of points (n, 2): what the adversary looks at."""
    x, y = P.T / 2
    return np.column_stack([x**a * y ** (g - a) for g in range(5) for a in range(g + 1)])


def _turn(degrees: float) -> np.ndarray:
    t = np.deg2rad(degrees)
    return np.array([[np.cos(t), np.sin(t)], [-np.sin(t), np.cos(t)]])


@cache
def _points(kind: str) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    return _cloud(kind, 600, rng), _cloud(kind, 600, rng)


@cache
def _adversary_losses(kind: str) -> np.ndarray:
    """Return for each angle how well the best adversary of its class tells the clouds apart, as cross-entropy in bits."""
    X, Y = _points(kind)
    losses = []
    for degrees in DEGREES:
        A = _features(np.concatenate([X @ _turn(degrees), Y]))
        t = np.repeat([1.0, 0.0], len(X))
        w = fit_logistic(A, t, lam=1e-3)
        losses.append(binary_cross_entropy(A @ w, t) / np.log(2))
    return np.array(losses)


@demo(
    degrees=slider(-180, 180, steps=len(DEGREES), start=-110, label="angle of W, degrees"),
    cloud=choice(*CLOUDS, start="three groups", label="both clouds are"),
)
def turned_clouds(degrees: float, cloud: str) -> Picture:
    """W turns one cloud by an angle; an adversary says of each point from which cloud it is. At 0 both lie as they should.

    degrees : the angle by which X is still turned;  cloud : the shape of both
    """
    X, Y = _points(cloud)
    losses = _adversary_losses(cloud)
    loss = float(np.interp(degrees, DEGREES, losses))
    fig, (left, right) = canvas(1, 2, width=6.4, height=3.6, layout=None)
    fig.subplots_adjust(left=0.02, right=0.97, top=0.9, bottom=0.25, wspace=0.34)
    left.plot(*Y[:90].T, "s", color=ORANGE, markersize=3.5, markerfacecolor="none")
    left.plot(*(X[:90] @ _turn(degrees)).T, "o", color=BLUE, markersize=3.5)
    left.set(xlim=(-2.6, 2.6), ylim=(-2.6, 2.6), xticks=[], yticks=[], title="what it is shown")
    left.set_aspect("equal")
    right.plot(DEGREES, losses, color=MUTED, linewidth=1.6)
    right.plot(degrees, loss, "o", color=INK, markersize=8)
    right.set(xlim=(-190, 190), ylim=(0, 1.08), xlabel="angle, degrees", ylabel="its loss, bits a point")
    right.set_xticks((-180, -90, 0, 90, 180))
    key(fig, ((0.02, BLUE, "XW"), (0.17, ORANGE, "Y", "□")), 0.05)
    blind = "it can only toss coins" if loss > 0.985 else "it tells them apart, more or less"
    return Picture(
        fig,
        f"Two clouds, {cloud}, one turned by {degrees:g} degrees: the adversary's loss is {say(loss, 2)} bits a point, {blind}.",
    )


# --------------------------------------------------------------------------------------------------- kept orthogonal
STEPS = 60


@demo(
    beta=log_slider(0.005, 0.5, steps=21, start=0.05, label="β"),
    largest=choice(1.5, 2.0, 2.2, 3.0, start=1.5, label="largest singular value"),
)
def kept_orthogonal(beta: float, largest: float) -> Picture:
    """Singular values of a matrix of which nothing is asked but the orthogonality step, over 60 steps.

    beta : β of the step;  largest : the largest singular value at the start
    """
    U, V = (np.linalg.qr(np.random.default_rng(i).normal(size=(5, 5)))[0] for i in (1, 2))
    W = (U * np.linspace(0.1, float(largest), 5)) @ V.T
    path = []
    for _ in range(STEPS + 1):
        path.append(np.linalg.svd(W, compute_uv=False))
        if path[-1][0] > 10:
            break
        W = orthogonality_step(W, beta)
    path = np.array(path)
    fig, ax = canvas(width=6.2, height=3.5, layout=None)
    fig.subplots_adjust(left=0.1, right=0.97, top=0.95, bottom=0.16)
    ax.axhline(1, color=MUTED, linewidth=1, linestyle=":")
    ax.plot(np.minimum(path, 4.5), color=BLUE, linewidth=1.6)
    ax.set(xlim=(-1, STEPS + 1), ylim=(-0.1, 3.3), xlabel="steps", ylabel="singular values")
    if path[-1][0] > 10:
        told = f"the largest singular value has passed 10 after {len(path) - 1} steps: W has blown up"
    else:
        away = float(np.abs(path[-1] - 1).max())
        near = f"are within {say(away, 2)} of 1" if away > 1e-9 else "equal 1 up to rounding"
        told = f"after {STEPS} steps all singular values {near}"
    return Picture(fig, f"With β = {say(beta, 2)}, from singular values of 0.1 to {largest:g}, {told}.")


# ------------------------------------------------------------------------------------------------- profiles, a demo
WORDS, DIMENSION = 60, 8
NOISE = (0.0, 0.6)


@cache
def _twin_spaces(noise: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the profiles (60, 60) of two spaces, which row of the second is each one's partner, and which is found."""
    rng = np.random.default_rng(4)
    X = rng.normal(size=(WORDS, DIMENSION)) * np.linspace(1.6, 0.5, DIMENSION) + rng.exponential(size=(WORDS, 1))
    blur = rng.normal(size=X.shape)
    Q = np.linalg.qr(rng.normal(size=(DIMENSION, DIMENSION)))[0]
    order = rng.permutation(WORDS)
    Y = ((X + noise * blur) @ Q)[order]
    A, B = (similarity_profile(alignment.normalise(M)) for M in (X, Y))
    return A, B, np.argsort(order), alignment.nearest(A, B)[0][:, 0]


@demo(
    noise=slider(*NOISE, steps=13, start=0.1, label="noise in the second space"),
    word=choice("A", "B", "C", "D", "E", "F", start="A", label="word"),
)
def profiles(noise: float, word: str) -> Picture:
    """60 words in two spaces of 8 dimensions; the second is turned, its words are shuffled, and there is noise in it.

    noise : the standard deviation of what is added to each coordinate;  word : whose profile is looked up
    """
    A, B, partner, found = _twin_spaces(round(float(noise), 6))
    i = "ABCDEF".index(word) * 9
    right = int((found == partner).sum())
    fig, ax = canvas(width=6.2, height=3.8, layout=None)
    fig.subplots_adjust(left=0.17, right=0.97, top=0.97, bottom=0.27)
    ranks = np.arange(1, WORDS + 1)
    ax.plot(ranks, B[::4].T, color=MUTED, linewidth=0.5)
    ax.plot(ranks, B[found[i]], color=GREEN, linewidth=4.5)
    ax.plot(ranks, B[partner[i]], color=ORANGE, linewidth=1.8)
    ax.plot(ranks, A[i], color=BLUE, linewidth=1.8, linestyle=(0, (4, 2)))
    ax.set(
        ylim=(-0.65, 0.8),
        xlim=(0, WORDS + 1),
        xlabel="similarities with all 60 words, sorted",
        ylabel="profile, less the mean one",
    )
    key(
        fig,
        ((0.03, BLUE, f"{word}, first space"), (0.36, ORANGE, "its partner"), (0.62, GREEN, "the most alike")),
        0.04,
    )
    told = "that is its partner" if found[i] == partner[i] else "that is another word"
    return Picture(
        fig,
        f"With noise {say(noise, 2)}, {right} of 60 words have the profile of their partner as the most alike. For {word} {told}.",
    )


# ------------------------------------------------------------------------------------------------ static pictures
def criterion_picture(runs: dict[str, tuple[Sequence[float], Sequence[float]]]) -> Picture:
    """Show P@1 in % against the criterion, a dot for a map. runs : name → (criterion, P@1) of its maps, in order."""
    fig, ax = canvas(width=6.4, height=3.9)
    for (name, (seen, right)), colour, mark in zip(runs.items(), COLOURS, "osD^", strict=False):
        ax.plot(seen, right, mark, color=colour, markersize=5, label=name)
    ax.set(xlabel="criterion: mean cosine of the pairs that CSLS chooses", ylabel="P@1, %", ylim=(-3, 100))
    ax.legend(loc="upper left", labelcolor="linecolor")
    return Picture(
        fig,
        "For each map that the games went through, the share of words that it translates rightly, against the criterion.",
    )


def learning_picture(chance: SelfLearning, plain: SelfLearning) -> Picture:
    """Show the objective, step by step, of two runs of self-learning: with chance, its doublings of the share marked, and without."""
    fig, ax = canvas(width=6.4, height=3.8, layout=None)
    fig.subplots_adjust(left=0.12, right=0.97, top=0.96, bottom=0.25)
    for at in np.flatnonzero(np.diff(chance.kept)) + 1:
        ax.axvline(at, color=MUTED, linewidth=1, linestyle=":")
    ax.plot(chance.objective, color=BLUE, linewidth=1.8)
    ax.plot(plain.objective, color=ORANGE, linewidth=1.8, linestyle=(0, (5, 2)))
    ax.plot(len(plain.objective) - 1, plain.objective[-1], "s", color=ORANGE, markersize=6)
    ax.set(xlabel="steps", ylabel="mean cosine of partners")
    key(fig, ((0.05, BLUE, "with chance"), (0.35, ORANGE, "without: all similarities, always", "■")), 0.04)
    return Picture(
        fig, "Without chance the objective soon stands still; with chance it begins lower, goes on, and ends higher."
    )


def starts_picture(results: dict[str, Sequence[float]]) -> Picture:
    """Show P@1 in % after refinement for each start, a dot a run. results : start → P@1 of its runs, the first at the top."""
    fig, ax = canvas(width=6.4, height=0.8 + 0.42 * len(results), layout=None)
    fig.subplots_adjust(left=0.34, right=0.97, top=0.97, bottom=0.75 / (0.8 + 0.42 * len(results)))
    names = list(results)
    for row, (_, runs) in enumerate(results.items()):
        ax.plot(
            runs,
            np.full(len(runs), row) + np.linspace(-0.12, 0.12, len(runs)),
            "o",
            color=BLUE,
            alpha=0.7,
            markersize=7,
        )
    ax.set(xlim=(-3, 100), ylim=(len(names) - 0.5, -0.5), xlabel="P@1 after refinement, %")
    ax.set_yticks(range(len(names)), names)
    return Picture(fig, "For each start, a dot for each deal: what share of the words is right in the end.")
