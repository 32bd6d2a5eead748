"""Pictures of the project "Two percent with 10,000 numbers": a digit that is bent, what an error rate is worth, and digits that are misread."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book.demos import Picture, choice, demo, slider
from lib.book.display import say
from lib.book.figures import BLUE, GREEN, INK, MUTED, ORANGE, canvas, show_ink
from lib.book.parameters import given
from lib.convnets import architectures
from lib.convnets.digits import train_and_test
from lib.convnets.exercises.project_small import bent, likely_share
from lib.convnets.networks import Chain, shapes_of
from lib.losses.classification import softmax

__all__ = ["bent_digit", "misread", "what_errors_say"]

AVERAGE = [
    ("conv", 8, 5, 1),
    ("pool", 2),
    ("conv", 16, 3, 1),
    ("conv", 16, 3, 1),
    ("pool", 2),
    ("conv", 28, 3, 1),
    ("average",),
    ("dense", 10),
]


def _paper(ax, image) -> None:
    """Draw a digit: dark ink on light paper, in either mode."""
    show_ink(ax, image)
    ax.set_axis_off()


@demo(
    turn=slider(-60.0, 60.0, steps=9, start=15.0, label="turned", unit="°", digits=2),
    size=slider(-0.4, 0.4, steps=5, start=0.0, label="logarithm of the size", digits=1),
    slant=slider(-0.5, 0.5, steps=3, start=0.0, label="slant", digits=1),
)
def bent_digit(turn: float, size: float, slant: float) -> Picture:
    """A seven, a six, a four and a one of the training digits, bent all alike.

    turn : in degrees, clockwise;  size : its logarithm;  slant : how far a row moves for each row that it lies higher
    """
    angle = np.deg2rad(turn)
    back = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) / np.exp(size)
    A = np.array([[1.0, slant], [0.0, 1.0]]) @ back
    fig, axes = canvas(2, 4, width=6.2, height=3.4, layout=None)
    fig.subplots_adjust(left=0.02, right=0.98, top=0.9, bottom=0.02, wspace=0.06, hspace=0.25)
    for column, image in zip(axes.T, _four(), strict=True):
        _paper(column[0], image)
        _paper(column[1], bent.function(image, A, np.zeros(2)))
    fig.text(0.02, 0.93, "as it was written", color=MUTED, fontsize=12)
    fig.text(0.02, 0.445, "bent", color=MUTED, fontsize=12)
    return Picture(
        fig,
        f"Four digits, turned by {say(turn, 2)}° clockwise, {say(np.exp(size), 2)} times as large, slanted by {say(slant, 1)}.",
    )


@cache
def _four() -> list[np.ndarray]:
    train = train_and_test()[0]
    return [train.images[np.flatnonzero(train.labels == k)[3]] / 255 for k in (7, 6, 4, 1)]


@demo(
    percent=slider(0.0, 4.0, steps=21, start=2.0, label="misread", unit=" %", digits=2),
    n=choice(500, 1000, 4000, 10000, start=1000, label="digits in the test"),
)
def what_errors_say(percent: float, n: int) -> Picture:
    """Wilson's interval at 95 % for the share of all digits that is misread, beside the 2 % that are the aim.

    percent : of the test's digits that were misread;  n : how many digits the test has
    """
    wrong = round(percent * n / 100)
    low, high = (100 * end for end in likely_share.function(wrong, n))
    fig, ax = canvas(width=6.2, height=2.3, layout=None)
    fig.subplots_adjust(left=0.05, right=0.97, top=0.82, bottom=0.33)
    colour = GREEN if high < 2 else ORANGE if low > 2 else BLUE
    ax.plot([low, high], [0, 0], color=colour, linewidth=7, solid_capstyle="butt")
    ax.plot([100 * wrong / n], [0], "o", color=INK, markersize=8)
    ax.axvline(2, color=MUTED, linewidth=1.5)
    ax.text(2, 1.1, "the aim", color=MUTED, fontsize=12, ha="center", va="bottom")
    ax.set(xlim=(0, 6.5), ylim=(-1, 1), yticks=[], xlabel="share of all digits that is misread, %")
    ax.grid(False)
    verdict = "below 2 %" if high < 2 else "above 2 %" if low > 2 else "on either side of 2 %"
    return Picture(
        fig, f"{wrong} of {n:,} misread: the share of all digits lies from {low:.2f} to {high:.2f} %, {verdict}."
    )


# ------------------------------------------------------------------------------------------------------------ a gallery
def random_reader() -> Chain:
    """Return the project's network with weights drawn at random: a sample for tests."""
    rng, layers = np.random.default_rng(0), architectures.designed(AVERAGE)
    return Chain(layers, (1, 28, 28), {n: 0.2 * rng.normal(size=s) for n, s in shapes_of(layers, (1, 28, 28)).items()})


@cache
def _wrong(model: Chain) -> tuple[np.ndarray, ...]:
    """Return of the misread among the 1,000 kept-back digits, the surest first: pictures, labels, what was said, its probability."""
    test = train_and_test()[1]
    P = softmax(model.scores(test.images / 255))
    said, sure = P.argmax(axis=1), P.max(axis=1)
    rows = np.flatnonzero(said != test.labels)
    rows = rows[np.argsort(-sure[rows], kind="stable")]
    return test.images[rows] / 255, test.labels[rows], said[rows], sure[rows]


@demo(
    model=given("small_reader", sample=random_reader, of=Chain),
    first=choice(1, 7, 13, 19, label="from number"),
)
def misread(model: Chain, first: int) -> Picture:
    """Digits kept back that the model misreads, six at a time, where it is surest first.

    first : the number of the first that is shown
    """
    images, labels, said, sure = (one[first - 1 : first + 5] for one in _wrong(model))
    fig, axes = canvas(2, 3, width=6.2, height=4.6, layout=None)
    fig.subplots_adjust(left=0.02, right=0.98, top=0.91, bottom=0.02, wspace=0.06, hspace=0.24)
    for ax in axes.flat:
        ax.set_axis_off()
    for ax, image, label, answer, p in zip(axes.flat, images, labels, said, sure, strict=False):
        _paper(ax, image)
        ax.set_title(f"{label}, read as {answer} ({p:.2f})", fontsize=12, color=INK)
    if not len(images):
        return Picture(fig, f"Fewer than {first} of the 1,000 digits are misread.")
    pairs = ", ".join(f"{label} as {answer} ({p:.2f})" for label, answer, p in zip(labels, said, sure, strict=True))
    return Picture(fig, f"Misread, with the probability given: {pairs}.")
