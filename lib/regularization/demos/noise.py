"""Pictures of noise as a regularizer: dropout's rate, stopping early beside ridge, shifted digits."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book import datasets
from lib.book.demos import Picture, choice, demo, log_slider, slider
from lib.book.display import say
from lib.book.figures import BLUE, GREEN, MUTED, ORANGE, SKY, canvas, name_curves
from lib.regularization.network import Recipe, train
from lib.regularization.noise import shift_images, stopping_filter
from lib.regularization.ridge import shrinkage

__all__ = ["dropout_rate", "noisy_digits", "shifted_digits_picture", "stopping_against_ridge", "true_labels"]

WRONG = 0.2  # share of training labels that are drawn at random


@cache
def noisy_digits(count: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return (X, labels, X_val, labels_val): `count` digits to train on, a fifth of their labels drawn at random, and 997 clean ones.

    Pixels are scaled to 0 … 1.
    """
    data, rng = datasets.digit_images(), np.random.default_rng(0)
    order = rng.permutation(len(data.y))
    X, labels = data.X / 16, data.y.astype(int)
    seen, fresh = order[:count], order[800:]
    spoiled = labels[seen].copy()
    wrong = rng.random(count) < WRONG
    spoiled[wrong] = rng.integers(0, 10, wrong.sum())
    return X[seen], spoiled, X[fresh], labels[fresh]


def true_labels(count: int = 400) -> np.ndarray:
    """Return the labels (count,) of the training digits of `noisy_digits` as they were before some were drawn at random."""
    labels = datasets.digit_images().y.astype(int)
    return labels[np.random.default_rng(0).permutation(len(labels))[:count]]


@cache
def _run(p: float, seed: int):
    return train(*noisy_digits(), Recipe(hidden=100, epochs=40, eta=0.03, dropout=p, seed=seed))


@demo(p=slider(0.0, 0.9, steps=10, start=0.0, label="dropout rate p"))
def dropout_rate(p: float) -> Picture:
    """Train a network on 400 digits, a fifth of them labelled at random, and drop hidden units with probability p.

    p : the share of hidden units dropped in each step
    """
    runs = [_run(round(p, 6), seed) for seed in (0, 1)]
    fresh = np.mean([run.accuracy for run in runs], axis=0)
    loss, seen = (np.mean([getattr(run, part) for run in runs], axis=0) for part in ("loss", "train_loss"))
    fig, (left, right) = canvas(1, 2, width=6.4, height=3.7, layout=None)
    fig.subplots_adjust(left=0.1, right=0.985, top=0.9, bottom=0.16, wspace=0.6)
    epochs = np.arange(1, 41)
    left.plot(epochs, seen, color=ORANGE, label="seen")
    left.plot(epochs, loss, color=GREEN, label="fresh")
    left.set(xlim=(0, 40), ylim=(0, 2.3), xlabel="epoch", ylabel="loss", title=f"dropout p = {say(p)}")
    name_curves(left)
    right.plot(epochs, 100 * fresh, color=GREEN)
    right.plot(40, 100 * fresh[-1], "o", color=GREEN, markersize=7, clip_on=False)
    right.set(xlim=(0, 40), ylim=(60, 96), xlabel="epoch", ylabel="fresh digits right, %")
    return Picture(
        fig,
        f"Dropping {100 * p:.0f} % of the hidden units: after 40 epochs {100 * fresh[-1]:.0f} % of fresh digits are read rightly, at best "
        f"{100 * fresh.max():.0f} % on the way; loss {say(seen[-1])} on the noisy training set.",
    )


# ------------------------------------------------------------------------------------------- stopping early, and ridge
@demo(
    steps=log_slider(1.0, 1e4, steps=33, start=31.6, label="gradient steps t"),
    eta=choice(0.2, 1.0, start=0.2, label="η σ₁²"),
)
def stopping_against_ridge(steps: float, eta: float) -> Picture:
    """Compare what gradient descent has found after t steps with what ridge keeps at λ = 1/(ηt), direction by direction.

    steps : t;  eta : the step length η times σ₁², the largest squared singular value being 1
    """
    s = np.logspace(-2.2, 0, 121)
    steps = float(round(steps))
    descent, kept = stopping_filter(s, eta, steps), shrinkage(s, 1 / (eta * steps))
    fig, ax = canvas(width=6.2, height=3.8, layout=None)
    fig.subplots_adjust(left=0.11, right=0.97, top=0.89, bottom=0.16)
    ax.fill_between(np.log10(s), descent, kept, color=SKY, alpha=0.3, linewidth=0)
    ax.plot(np.log10(s), descent, color=BLUE)
    ax.plot(np.log10(s), kept, color=ORANGE)
    turn = -0.5 * np.log10(eta * steps)
    if turn > -2.2:
        ax.axvline(turn, color=MUTED, linewidth=1)
    plural = "s" * (steps != 1)
    ax.text(-2.2, 1.05, f"gradient descent, {steps:.0f} step{plural}", color=BLUE, va="bottom")
    ax.text(0, 1.05, f"ridge, λ = {say(1 / (eta * steps))} σ₁²", color=ORANGE, va="bottom", ha="right")
    ax.set(xlim=(-2.2, 0), ylim=(0, 1.03), yticks=[0, 0.5, 1], xlabel="σ of the direction, the largest being 1")
    ax.set_xticks([-2, -1, 0], ["0.01", "0.1", "1"])
    ax.set_ylabel("share found")
    gap = float(np.abs(descent - kept).max())
    return Picture(
        fig,
        f"After {steps:.0f} step{plural} of η = {say(eta)}/σ₁², descent and ridge at λ = {say(1 / (eta * steps))} σ₁² differ by at most {say(gap)}; "
        f"directions with σ much below {say(10 ** min(turn, 0.0))} σ₁ are missing from both.",
    )


# ------------------------------------------------------------------------------------------------------- static pictures
def shifted_digits_picture() -> Picture:
    """Show one digit in the nine places that a shift by up to a pixel can bring it to, and the mirrored digit."""
    data = datasets.digit_images()
    image = data.X.reshape(-1, 8, 8)[2:3]
    moves = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    fig, panels = canvas(2, 5, width=6.4, height=3.1)
    for ax, (down, right) in zip(panels.flat, moves, strict=False):
        ax.imshow(-shift_images(image, down, right)[0], cmap="gray")
        words = ({-1: "up", 0: "", 1: "down"}[down], {-1: "left", 0: "", 1: "right"}[right])
        ax.set_title(" ".join(filter(None, words)) or "as it is")
    panels.flat[-1].imshow(-image[0][:, ::-1], cmap="gray")
    panels.flat[-1].set_title("mirrored")
    for ax in panels.flat:
        ax.set(xticks=[], yticks=[])
        ax.grid(visible=False)
    return Picture(
        fig, "A handwritten 2 in nine places one pixel apart is still a 2; its mirror image is no digit at all."
    )
