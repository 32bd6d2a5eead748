"""Alignment without a dictionary on ten deals of the corpus: how often each start arrives. Quality, not speed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from benchmarks.bench import table, write
from lib.word_vectors import adversarial, alignment, corpus, halves, training, unsupervised

DEALS = range(20, 30)  # no setting was chosen by these
ARRIVED = 0.7  # P@1, after refinement
WORDS = 2800


def spaces(sentences, seed: int):
    """Return both halves' vectors of the most frequent words, prepared, and the right answers."""
    settings = training.Settings(epochs=3, seed=100 * seed)
    pair = halves.train_apart(*halves.cut(sentences, seed), settings, shared=5).first(WORDS)
    X, Y = (alignment.normalise(part.matrix) for part in (pair.source, pair.target))
    return X, Y, pair.gold


def refined(X, Y, W, gold) -> float:
    """Return P@1 of all words by CSLS after six refinements of what W makes mutual neighbours."""
    start = alignment.mutual_nearest(X @ W.astype(np.float32), Y)
    W = alignment.refine(X, Y, start, steps=6).W.astype(np.float32) if len(start) else W
    return alignment.precision(alignment.csls(X @ W, Y)[0], gold)


def starts(X, Y, gold, seed: int) -> dict[str, tuple[float, float]]:
    """Return for each way without a dictionary P@1 after refinement, and the criterion or objective that it ended with."""
    game = adversarial.play(X, Y, seed=seed)
    out = {"game": (refined(X, Y, game.W, gold), float(game.criterion.max()))}
    few = {"patience": 5, "seed": seed}
    for name, more in (
        ("profiles, 1000 words, chance", {"frequent": 1000}),
        ("profiles, 1000 words", {"frequent": 1000, "share": 1.0}),
        ("profiles, 250 words, chance", {"frequent": 250}),
        ("profiles, 250 words", {"frequent": 250, "share": 1.0}),
    ):
        run = unsupervised.vecmap(X, Y, **few, **more)
        out[name] = refined(X, Y, run.W, gold), float(run.objective[-1])
    return out


def main() -> None:
    """Write benchmarks/results/without_a_dictionary.md."""
    sentences = corpus.sentences(corpus.docstrings())
    dealt = {seed: spaces(sentences, seed) for seed in DEALS}
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda seed: starts(*dealt[seed], seed), DEALS))
    rows = []
    for name in found[0]:
        scores, told = (np.array([f[name][i] for f in found]) for i in (0, 1))
        good = scores >= ARRIVED
        means = [f"{100 * scores[m].mean():.0f} %" if m.any() else "none" for m in (good, ~good)]
        spans = [f"{told[m].min():.2f} to {told[m].max():.2f}" if m.any() else "none" for m in (good, ~good)]
        rows.append([name, f"{good.sum()} of {len(good)}", *means, *spans])
    sides = ("where it arrived", "where not")
    head = ["start", "arrived", *(f"P@1 {side}" for side in sides), *(f"criterion {side}" for side in sides)]
    text = (
        f"## Without a dictionary\n\nTen deals of seven packages' sentences, seeds {DEALS[0]} to {DEALS[-1]}, one run of each kind on each; the {WORDS} most "
        f"frequent words, P@1 by CSLS after six refinements; arrived: {100 * ARRIVED:.0f} % or more. For profiles the criterion is the objective.\n\n"
    )
    write("without_a_dictionary", text + table(head, rows))
