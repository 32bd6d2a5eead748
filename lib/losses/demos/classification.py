"""Pictures of classification: a plane that turns, a threshold that moves, the loss of a confident mistake."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book import datasets
from lib.book.demos import Picture, choice, demo, log_slider, slider
from lib.book.display import say
from lib.book.figures import BLUE, GREEN, INK, MUTED, ORANGE, PINK, canvas, key
from lib.losses import classification as c
from lib.losses.demos.regression import tangent_picture

__all__ = ["confident_mistake", "iris_picture", "moving_threshold", "sharpening", "turning_plane"]


@cache
def _two_measurements() -> tuple[np.ndarray, np.ndarray]:
    """Return two standardised measurements (569, 2) of the tumours, worst radius and worst texture, and the targets."""
    data = datasets.breast_cancer()
    X = data.X[:, [data.names.index("worst radius"), data.names.index("worst texture")]]
    return (X - X.mean(axis=0)) / X.std(axis=0), data.y


# ------------------------------------------------------------------------------------------------------ the plane
@demo(
    angle=slider(-60, 120, steps=13, start=75, label="angle of w", unit="°"),
    offset=slider(-2.0, 2.0, steps=5, start=0.0, label="w₀"),
    length=choice(1, 2, 6, start=2, label="length of w"),
)
def turning_plane(angle: float, offset: float, length: float) -> Picture:
    """Turn and shift the line that separates benign from malignant tumours; cross-entropy and mistakes are counted.

    angle : of the vector w, in degrees;  offset : w₀;  length : of w
    """
    X, t = _two_measurements()
    w = length * np.array([np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))])
    z = X @ w + offset
    wrong = int(np.sum((z > 0) != (t == 1)))
    fig, ax = canvas(width=5.6, height=4.9, layout=None)
    fig.subplots_adjust(left=0.115, right=0.97, top=0.92, bottom=0.2)
    for value, colour in ((0, BLUE), (1, ORANGE)):
        ax.plot(*X[t == value].T, "o", color=colour, markersize=2.8, alpha=0.6, markeredgewidth=0)
    along = np.array([-w[1], w[0]]) / length
    for score, line in ((-1, ":"), (0, "-"), (1, ":")):
        foot = (score - offset) * w / length**2
        ax.plot(
            *np.transpose([foot - 9 * along, foot + 9 * along]), line, color=INK, linewidth=2 if score == 0 else 1.4
        )
    foot = -offset * w / length**2
    ax.annotate("", foot + w / length, foot, arrowprops={"arrowstyle": "-|>", "color": GREEN, "linewidth": 2.2})
    ax.set(
        xlim=(-2.5, 4.5), ylim=(-2.6, 4.4), xlabel="worst radius, standardised", ylabel="worst texture, standardised"
    )
    marks = ((0.01, BLUE, "benign"), (0.165, ORANGE, "malignant"), (0.385, GREEN, "w/‖w‖", "→"))
    key(fig, (*marks, (0.56, INK, "score 0", "—"), (0.755, INK, "score ±1", "⋯")), 0.03, 11)
    loss = c.binary_cross_entropy(z, t)
    ax.set_title(f"cross-entropy {loss:.2f}, {wrong} of {len(t)} on the wrong side")
    return Picture(
        fig,
        f"With w of length {length} at {say(angle)}° and w₀ = {say(offset)} the cross-entropy is {loss:.2f}, and {wrong} of {len(t)} "
        f"tumours lie on the wrong side. The score ±1 is reached {say(1 / length)} from the line.",
    )


# -------------------------------------------------------------------------------------------------- the threshold
@cache
def _scores() -> tuple[np.ndarray, np.ndarray]:
    X, t = _two_measurements()
    A = np.column_stack([np.ones(len(t)), X])
    return A @ c.fit_logistic(A, t), t


@demo(threshold=slider(0.02, 0.98, steps=25, start=0.5, label="threshold for “malignant”"))
def moving_threshold(threshold: float) -> Picture:
    """Move the probability from which a tumour is called malignant: missed cancers on one side, false alarms on the other.

    threshold : between 0 and 1
    """
    z, t = _scores()
    p = c.sigmoid(z)
    missed, alarms = int(np.sum((p < threshold) & (t == 1))), int(np.sum((p >= threshold) & (t == 0)))
    fig, ax = canvas(width=5.8, height=3.6, layout=None)
    fig.subplots_adjust(left=0.11, right=0.97, top=0.91, bottom=0.16)
    for value, colour, name, at in ((0, BLUE, "benign", -13.0), (1, ORANGE, "malignant", 14.0)):
        ax.hist(z[t == value], np.arange(-14, 28), color=colour, alpha=0.55)
        ax.text(at, 58, name, color=colour)
    ax.axvline(np.log(threshold / (1 - threshold)), color=INK)
    ax.set(xlim=(-14, 27), ylim=(0, 64), xlabel="score z", ylabel="tumours")
    ax.set_title(f"threshold {say(threshold)}: {missed} missed, {alarms} false alarms")
    return Picture(
        fig,
        f"Called malignant from a probability of {say(threshold)} on, {missed} of 212 malignant tumours are missed and {alarms} of 357 benign ones raise an alarm.",
    )


# ---------------------------------------------------------------------------------------------- confident mistakes
@demo(
    z=slider(-6.0, 6.0, steps=25, start=-4.0, label="score z"),
    loss=choice("cross-entropy", "squared error of p", label="loss"),
)
def confident_mistake(z: float, loss: str) -> Picture:
    """A positive sample's loss against its score: cross-entropy goes on pulling where the squared error has given up.

    z : the score, log-odds of the class;  loss : cross-entropy, or (p − 1)²
    """
    grid = np.linspace(-6, 6, 121)
    fig, ax = canvas(width=5.6, height=3.6, layout=None)
    fig.subplots_adjust(left=0.11, right=0.97, top=0.9, bottom=0.16)
    p = float(c.sigmoid(z))
    if loss == "cross-entropy":
        values, here, slope = c.softplus(-grid), float(c.softplus(-z)), p - 1
    else:
        values, here, slope = (c.sigmoid(grid) - 1) ** 2, (p - 1) ** 2, 2 * (p - 1) * p * (1 - p)
    tangent_picture(ax, grid, values, z, here, slope, 1.2)
    ax.set(xlim=(-6.4, 6.4), ylim=(-0.6, 6.4), xlabel="score z of a positive sample", ylabel="loss")
    return Picture(
        fig,
        f"At the score {say(z)} the positive class has the probability {say(p)}; the {loss} is {say(here)} and its slope by the score {say(slope)}.",
    )


# --------------------------------------------------------------------------------------------------- many classes
@demo(
    scale=log_slider(0.1, 10.0, steps=21, start=1.0, label="scores times"),
    lead=slider(0.0, 2.0, steps=9, start=0.5, label="lead of A"),
)
def sharpening(scale: float, lead: float) -> Picture:
    """Softmax of three scores: multiplied, they sharpen towards the largest; shifted together, nothing would change.

    scale : the factor on all scores;  lead : how far A's score is above B's; C's is 1 below B's
    """
    scores = np.array([lead, 0.0, -1.0])
    P = c.softmax(scale * scores[None])[0]
    fig, ax = canvas(width=5.0, height=2.9, layout=None)
    fig.subplots_adjust(left=0.15, right=0.97, top=0.96, bottom=0.13)
    ax.bar(["A", "B", "C"], P, color=(BLUE, ORANGE, GREEN))
    for at, value in enumerate(P):
        ax.text(at, value + 0.02, f"{100 * value:.0f} %", ha="center", color=INK)
    ax.set(ylim=(0, 1.12), yticks=[0, 0.5, 1], ylabel="probability")
    ax.grid(axis="x", visible=False)
    shares = ", ".join(f"{name} {100 * value:.0f} %" for name, value in zip("ABC", P, strict=True))
    return Picture(
        fig, f"Scores {', '.join(say(s) for s in scores)} times {say(scale)} give the probabilities {shares}."
    )


def iris_picture() -> Picture:
    """Show the three species by petal length and width, and where the softmax model changes its mind."""
    data = datasets.iris()
    X, labels = data.X[:, 2:], data.y.astype(int)
    A = np.column_stack([np.ones(len(X)), X])
    W = c.fit_softmax(A, labels, 3, lam=1e-3)
    length, width = np.meshgrid(np.linspace(0.5, 7.2, 300), np.linspace(0, 2.7, 200))
    best = (
        (np.column_stack([np.ones(length.size), length.ravel(), width.ravel()]) @ W)
        .argmax(axis=1)
        .reshape(length.shape)
    )
    fig, ax = canvas(height=3.7)
    ax.contour(length, width, best, levels=[0.5, 1.5], colors=[MUTED], linewidths=1.4)
    for k, (name, colour, mark) in enumerate(
        (("setosa", BLUE, "o"), ("versicolor", ORANGE, "s"), ("virginica", PINK, "^"))
    ):
        ax.plot(*X[labels == k].T, mark, color=colour, markersize=4.5, alpha=0.75, markeredgewidth=0)
        ax.text(*((2.1, 0.2), (3.4, 0.75), (5.2, 2.6))[k], name, color=colour)
    ax.set(xlim=(0.7, 7.2), ylim=(0, 2.75), xlabel="petal length (cm)", ylabel="petal width (cm)")
    right = 100 * np.mean((A @ W).argmax(axis=1) == labels)
    return Picture(
        fig, f"Straight lines separate the three species; {right:.0f} % of the flowers lie in the region of their own."
    )
