"""Pictures of the derivation: which words are noise, twelve words that find their places, and a step too crowded."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book.demos import Picture, choice, demo, log_slider, slider
from lib.book.display import say
from lib.book.figures import BLUE, GOLD, GREEN, MUTED, ORANGE, PINK, canvas, name_curves
from lib.word_vectors.counting import expected_loss

__all__ = [
    "crowded_step",
    "implicit_factorisation_picture",
    "noise_and_subsampling",
    "twins_picture",
    "words_in_motion",
]

# Occurrences in the book's corpus (seven packages, about 1.6 million words) when this page was written.
COUNTS = {
    "the": 113_900, "of": 56_800, "array": 10_200, "matrix": 6_100, "sparse": 2_000, "mean": 1_150, "gradient": 570,
    "orthogonal": 210, "kurtosis": 60, "toeplitz": 40,
}  # fmt: skip
TOTAL = 1_570_000


@demo(
    exponent=slider(0.0, 1.25, steps=11, start=0.75, label="exponent of the noise"),
    sample=choice("off", "10⁻²", "10⁻³", "10⁻⁴", "10⁻⁵", start="10⁻³", label="subsampling t"),
)
def noise_and_subsampling(exponent: float, sample: str) -> Picture:
    """What two distributions make of frequent and rare words: how often each is drawn as noise, how many occurrences stay.

    exponent : noise is drawn ∝ count^exponent;  sample : t in the probability of keeping an occurrence
    """
    counts = np.array(list(COUNTS.values()), dtype=float)
    share = counts / TOTAL
    t = {"off": 0.0, "10⁻²": 1e-2, "10⁻³": 1e-3, "10⁻⁴": 1e-4, "10⁻⁵": 1e-5}[sample]
    kept = np.minimum(1, np.sqrt(t / share) + t / share) if t else np.ones(len(counts))
    drawn = counts**exponent / counts[6] ** exponent  # relative to “gradient”
    fig, panels = canvas(1, 2, width=6.4, height=3.5, layout=None, sharey=True)
    fig.subplots_adjust(left=0.18, right=0.97, top=0.98, bottom=0.17, wspace=0.12)
    places = -np.arange(len(counts))
    panels[0].barh(places, drawn, color=ORANGE, alpha=0.85)
    panels[0].set(xscale="log", xlim=(0.02, 1500), xlabel="as noise, “gradient” = 1")
    panels[1].barh(places, 100 * kept, color=BLUE, alpha=0.85)
    panels[1].set(xlim=(0, 104), xlabel="% of places kept")
    panels[0].set_yticks(places, list(COUNTS))
    for ax in panels:
        ax.grid(axis="y", visible=False)
    return Picture(
        fig,
        f"With the exponent {say(exponent, 3)} “the” is drawn as noise {say(drawn[0])} times as often as “gradient”, though it is "
        f"written 200 times as often; with subsampling {sample if not t else 't = ' + sample}, {say(100 * kept[0])} % of its occurrences stay.",
    )


# ------------------------------------------------------------------------------------------------- words in motion
WORDS = ("row", "column", "matrix", "entry", "red", "blue", "line", "marker", "mean", "variance", "sample", "normal")
FRAMES = 26


@cache
def _motion(k: int) -> np.ndarray:
    """Return the positions (FRAMES, 12, 2) of twelve words of three topics while W and U minimise the expected loss."""
    topic = np.repeat(np.arange(3), 4)
    C = np.where(topic[:, None] == topic, 12.0, 1.0) + np.where(
        (topic[:, None] == topic) & (np.arange(12)[:, None] // 2 == np.arange(12) // 2), 8.0, 0
    )
    np.fill_diagonal(C, 1.0)
    rng = np.random.default_rng(4)
    W, U = 0.9 * rng.normal(size=(12, 2)), 0.5 * rng.normal(size=(12, 2))
    out = [W.copy()]
    for _ in range(FRAMES - 1):
        for _ in range(12):
            _, G = expected_loss(W @ U.T, C, k)
            W, U = W - 1.5 * G @ U, U - 1.5 * G.T @ W
        out.append(W.copy())
    return np.array(out)


@demo(
    step=slider(0, 300, steps=FRAMES, start=0, label="steps"),
    negatives=choice(1, 5, 15, start=5, label="noise words k"),
)
def words_in_motion(step: int, negatives: int) -> Picture:
    """Twelve words of three topics, in two dimensions, while negative sampling pulls some together and pushes the rest apart.

    step : of gradient descent, from a random start;  negatives : noise words for each pair
    """
    frames = _motion(int(negatives))
    at = float(step) / 12
    low = int(at)
    W = frames[low] if low == at else frames[low] + (at - low) * (frames[low + 1] - frames[low])
    unit = W / np.linalg.norm(W, axis=1, keepdims=True)
    cosine = unit @ unit.T
    topic = np.repeat(np.arange(3), 4)
    same = (topic[:, None] == topic) & ~np.eye(12, dtype=bool)
    fig, ax = canvas(width=5.4, height=4.6, layout=None)
    fig.subplots_adjust(left=0.13, right=0.98, top=0.97, bottom=0.13)
    ax.axhline(0, color=MUTED, linewidth=0.8)
    ax.axvline(0, color=MUTED, linewidth=0.8)
    colours = (BLUE, ORANGE, GREEN)
    for t, mark in enumerate("os^"):
        ax.plot(*W[topic == t].T, mark, color=colours[t], markersize=7)
    for (x, y), name, t in zip(_apart(W), WORDS, topic, strict=True):
        ax.text(x, y, name, fontsize=11, va="center", color=colours[t])
    ax.set(xlim=(-3.0, 3.6), ylim=(-2.6, 3.2), xlabel="first coordinate", ylabel="second coordinate")
    return Picture(
        fig,
        f"After {step:.0f} steps with {negatives} noise word{'s' * (negatives > 1)} for each pair the mean cosine is {say(cosine[same].mean())} between words of a topic and "
        f"{say(cosine[topic[:, None] != topic].mean())} between words of different ones.",
    )


def _apart(points: np.ndarray, gap: float = 0.27) -> np.ndarray:
    """Return places for labels, right of their points, moved up or down until no two overlap."""
    places = points + np.array([0.13, 0.0])
    for _ in range(150):
        for i in range(len(places)):
            for j in range(i):
                dx, dy = places[i] - places[j]
                if abs(dx) < 1.35 and abs(dy) < gap:
                    push = (gap - abs(dy)) / 2 * (1 if dy >= 0 else -1)
                    places[i, 1] += push
                    places[j, 1] -= push
    return places


# -------------------------------------------------------------------------------------------------- a crowded step
@demo(
    pairs=log_slider(10, 2000, steps=24, start=60, label="pairs in a step"),
    rate=choice(0.01, 0.03, 0.1, start=0.03, label="rate"),
    share=choice("off", "on", start="off", label="busy words take a share"),
)
def crowded_step(pairs: float, rate: float, share: str) -> Picture:
    """One word meets one context many times in a single step, all computed from the vectors before it: settle, swing, fly off.

    pairs : gradients added in a step;  rate : the learning rate;  share : whether their sum is cut to what the word bears
    """
    scores, limit = _crowd(pairs, rate, share == "on")
    flew = not np.isfinite(scores).all() or np.abs(scores).max() > 50
    swing = np.abs(np.diff(scores[-6:])).max() > 0.2 if not flew else True
    fig, ax = canvas(width=5.8, height=3.4, layout=None)
    fig.subplots_adjust(left=0.13, right=0.97, top=0.97, bottom=0.17)
    ax.axhline(np.log(0.2), color=GREEN, linewidth=1.6)
    ax.text(40, np.log(0.2) + 0.7, "best score", ha="right", color=GREEN)
    gone = np.flatnonzero(~(np.abs(scores) < 14))
    shown = np.clip(np.nan_to_num(scores[: gone[0] + 1] if len(gone) else scores, nan=14), -14, 14)
    ax.plot(shown, "o-", color=PINK if flew else BLUE, markersize=3.5, linewidth=1.2)
    ax.set(xlim=(-0.5, 40.5), ylim=(-12, 12), xlabel="step", ylabel="score of the pair")
    fate = "flies off" if flew else "swings to and fro" if swing else "settles near the best one"
    return Picture(
        fig,
        f"With {say(pairs)} pairs in a step and the rate {rate:g}, rate times pairs is {say(rate * pairs)}{', cut to ' + say(limit) if share == 'on' and limit < rate * pairs else ''}: "
        f"the score {fate}.",
    )


def _crowd(pairs: float, rate: float, share: bool) -> tuple[np.ndarray, float]:
    """Return the scores over 40 steps of one centre and one context, a sixth of whose meetings are real, and rate · pairs as used."""
    push = rate * pairs
    if share:
        push = min(push, 4.0)
    w, u, scores = np.array([1.0, 0.4]), np.array([0.2, 0.9]), []
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(41):
            scores.append(w @ u)
            g = push * (1 / (1 + np.exp(-np.clip(w @ u, -500, 500))) - 1 / 6)
            w, u = w - g * u / 6, u - g * w  # the centre's own pairs are fewer
    return np.array(scores), push


# -------------------------------------------------------------------------------------------------------- statics
def implicit_factorisation_picture(scores, target) -> Picture:
    """Show learned scores against shifted PMI, a dot for a pair of words, eight hundred at most, with the diagonal."""
    scores, target = np.ravel(scores), np.ravel(target)
    some = np.random.default_rng(0).choice(len(scores), min(800, len(scores)), replace=False)
    fig, ax = canvas(width=5.0, height=4.0)
    ax.plot(target[some], scores[some], "o", color=BLUE, markersize=2.6, alpha=0.4, markeredgewidth=0)
    ends = np.array([target.min(), target.max()])
    ax.plot(ends, ends, color=ORANGE, linewidth=1, zorder=1)  # under the dots
    ax.annotate("equal", ends[[1, 1]] - 0.4, xytext=(8, -6), textcoords="offset points", color=ORANGE, va="top")
    ax.set(xlabel="PMI − log k", ylabel="learned score")
    return Picture(
        fig, f"The learned scores of {len(some)} pairs that occur lie on the line where they equal PMI − log k."
    )


def twins_picture(results: dict[str, dict[int, list[float]]]) -> Picture:
    """Show for each model the percentage of twins found, by how often they occur: a line a model, a dot a seed."""
    fig, ax = canvas(width=6.4, height=3.8)
    colours = (BLUE, ORANGE, GREEN, PINK, GOLD)
    for (name, found), colour, mark in zip(results.items(), colours, "os^Dv", strict=False):
        sizes = sorted(found)
        for i in range(len(found[sizes[0]])):
            ax.plot(sizes, [found[m][i] for m in sizes], mark, color=colour, markersize=5, alpha=0.6)
        ax.plot(sizes, [np.mean(found[m]) for m in sizes], color=colour, marker=mark, label=name)
    ax.set(xscale="log", ylim=(-4, 104), xlabel="occurrences of the twin", ylabel="twins found, %")
    ax.set_xticks(sizes, [str(m) for m in sizes])
    ax.minorticks_off()
    if len(results) > 2:  # their ends meet at the top
        ax.legend(loc="lower center", bbox_to_anchor=(0.45, 1.0), ncols=2)
    else:
        name_curves(ax)
    return Picture(fig, "More occurrences, more twins found, by every model.")
