"""Word vectors: the definition as a loop over pairs, the same loop with its noise drawn beforehand, and blocks. One thread."""

from __future__ import annotations

import numpy as np

from benchmarks.bench import alternate, table, write
from lib.word_vectors import corpus, training, vocabulary, word2vec

WORDS, DIMENSION, WINDOW, NEGATIVES, RATE = 2000, 40, 5, 5, 0.025
NAMES = ("the loop as it reads", "noise drawn beforehand", "blocks")


def with_noise_beforehand(text: vocabulary.Text, seed: int = 0):
    """Train as `word2vec.train_by_pairs` does, but draw the noise words of all pairs in one call."""
    rng, V = np.random.default_rng(seed), len(text.vocabulary)
    W, U = (rng.random((V, DIMENSION)) - 0.5) / DIMENSION, np.zeros((V, DIMENSION))
    found = word2vec.pairs(text, WINDOW, rng)
    noise = rng.choice(V, size=(len(found), NEGATIVES), p=word2vec.noise_distribution(text.vocabulary.counts))
    for (c, o), drawn in zip(found, noise, strict=True):
        dw, du, dn = word2vec.negative_gradient(W[c], U[o], U[drawn])
        W[c] -= RATE * dw
        U[o] -= RATE * du
        np.subtract.at(U, drawn, RATE * dn)
    return W, U


def main() -> None:
    """Write benchmarks/results/word_vectors_loop.md."""
    text = vocabulary.read(corpus.sentences(corpus.docstrings(["scipy"])))
    few = vocabulary.Text(text.vocabulary, text.tokens[:WORDS], text.sentence[:WORDS])
    loop = {"d": DIMENSION, "window": WINDOW, "negatives": NEGATIVES, "rate": RATE}
    rows = alternate(
        {
            NAMES[0]: lambda: word2vec.train_by_pairs(few, **loop),
            NAMES[1]: lambda: with_noise_beforehand(few),
            NAMES[2]: lambda: training.train(text, dimension=DIMENSION, window=WINDOW, negatives=NEGATIVES, epochs=1),
        },
        NAMES[0],
    )
    read = {NAMES[2]: len(text)}
    cells = []
    for row in rows:
        speed = read.get(row.name, WORDS) / row.seconds
        times = [WORDS / read.get(row.name, WORDS) * x for x in (row.ratio, row.high, row.low)]
        middle, least, most = (f"{1 / x:,.1f}" if x > 0.05 else f"{1 / x:,.0f}" for x in times)
        cells.append([row.name, f"{float(f'{speed:.2g}'):,.0f}", f"{middle} [{least}, {most}]"])
    head = (
        f"## Word vectors: a loop and blocks\n\nSkip-gram, one epoch of scipy's documentation, {len(text.vocabulary):,} words in the vocabulary, d = {DIMENSION}, "
        f"{WINDOW} words to each side, {NEGATIVES} noise words, one thread; the loops read the first {WORDS:,} words of it. Candidates take turns, "
        "and the median over rounds is given.\n\n"
    )
    write("word_vectors_loop", head + table(["trainer", "words a second", "times the loop [range]"], cells))


if __name__ == "__main__":
    main()
