"""English and Russian without a dictionary, with vectors that others trained: how many names are found. Quality, not speed."""

from __future__ import annotations

import numpy as np

from benchmarks.bench import table, write
from lib.word_vectors import alignment, pretrained, unsupervised

WORDS, FREQUENT, PATIENCE = 20_000, 2000, 5
SEEDS = range(3)


def main() -> None:
    """Write benchmarks/results/english_russian.md; without the packages of the vectors say how to install them, and write nothing."""
    if pretrained.missing():
        print(pretrained.how_to_install())
        return
    english, russian, pairs = pretrained.english_russian(WORDS)
    X, Y = (alignment.normalise(side.matrix) for side in (english, russian))
    asked, right = pairs.T
    known = np.random.default_rng(0).permutation(len(pairs))
    half = len(pairs) // 2
    given = alignment.refine(X, Y, pairs[known[:half]], steps=6, fill=False)
    rows = []
    for seed in SEEDS:
        run = unsupervised.vecmap(X, Y, frequent=FREQUENT, patience=PATIENCE, seed=seed)
        answers = alignment.csls(X @ run.W, Y, best=5)[0][asked]
        found = [f"{100 * alignment.precision(answers[:, :k], right):.0f} %" for k in (1, 5)]
        rows.append([f"profiles, seed {seed}", "none", str(len(pairs)), *found, f"{run.objective[-1]:.2f}"])
    rest = known[half:]
    answers = alignment.csls(X @ given.W.astype(X.dtype), Y, best=5)[0][asked[rest]]
    found = [f"{100 * alignment.precision(answers[:, :k], right[rest]):.0f} %" for k in (1, 5)]
    rows.append(["refinement", str(half), str(len(rest)), *found, ""])
    head = (
        f"## English and Russian\n\nThe {WORDS:,} most frequent words of either language in 50 dimensions: GloVe's English vectors, Navec's Russian ones. Asked: "
        "one-word names of months, days, countries, languages and currencies.\n\n"
    )
    write("english_russian", head + table(["start", "pairs given", "names asked", "P@1", "P@5", "objective"], rows))


if __name__ == "__main__":
    main()
