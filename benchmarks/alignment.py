"""CSLS retrieval: ours beside scikit-learn's brute force, and beside faiss' exact search where it is installed.

faiss is no requirement of the book: ``pip install faiss-cpu`` in an environment of your own adds its rows.
"""

from __future__ import annotations

import os

import numpy as np

from benchmarks.bench import alternate, table, write
from lib.word_vectors import alignment

SIZES, DIMENSION, K = (5_000, 10_000, 20_000), 300, 10
ROUNDS = {5_000: 3, 10_000: 1, 20_000: 1}

try:
    import faiss
except ImportError:
    faiss = None


def clouds(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return X and Y (n, 300), float32 and of unit length: points in clusters, and the same blurred. Row i is meant by row i."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(n // 20, DIMENSION))
    X = centres[rng.integers(n // 20, size=n)] + 0.8 * rng.normal(size=(n, DIMENSION))
    Y = X + 1.6 * rng.normal(size=X.shape)
    return tuple((M / np.linalg.norm(M, axis=1, keepdims=True)).astype(np.float32) for M in (X, Y))


def by_faiss(X, Y, scores: bool):
    """Return the best row of Y by CSLS, and its score where asked for: a third search, for how crowded it is around X.

    An extra coordinate, −r/2 against 1, makes CSLS a search for the largest product.
    """

    def index(M):
        made = faiss.IndexFlatIP(M.shape[1])
        made.add(np.ascontiguousarray(M))
        return made

    crowd, ones = index(X).search(Y, K)[0].mean(axis=1), np.ones((len(X), 1), np.float32)
    found, rows = index(np.c_[Y, -crowd / 2]).search(np.c_[X, ones], 1)
    return rows[:, 0], 2 * found[:, 0] - index(Y).search(X, K)[0].mean(axis=1) if scores else None


def by_sklearn(X, Y):
    """Return the best row of Y by CSLS by two searches for neighbours; a second extra coordinate makes all rows equally long."""
    from sklearn.neighbors import NearestNeighbors

    def near(A, B, k):
        return NearestNeighbors(n_neighbors=k, algorithm="brute").fit(B).kneighbors(A)

    cosines = lambda A, B: 1 - (near(A, B, K)[0] ** 2).mean(axis=1) / 2  # rows of length 1: distance² = 2 − 2cos
    longer = np.c_[Y, -cosines(Y, X) / 2]
    squares = np.sum(longer**2, axis=1)
    asked = np.c_[X, np.ones(len(X)), np.zeros(len(X))].astype(np.float32)
    _, rows = near(asked, np.c_[longer, np.sqrt(squares.max() - squares)].astype(np.float32), 1)
    return rows[:, 0], None


def main() -> None:
    """Write benchmarks/results/alignment.md."""
    head = ["words on each side", "peer", "peer, s", "ours, s", "our time / peer's [range]", "same answers"]
    text = (
        f"## Alignment\n\nFor each of n words its best translation among n by CSLS, with its score, k = {K}, {DIMENSION} dimensions, float32, "
        "exact. Candidates take turns; a ratio is taken inside a round and the median over rounds is given "
        f"(rounds: {', '.join(f'{r} at {n:,}' for n, r in ROUNDS.items())}). Below 1 we are faster. Answers only needs one search less. "
        f"OMP_NUM_THREADS: {os.environ.get('OMP_NUM_THREADS', 'not set')}; cores: {os.cpu_count()}.\n\n"
    )
    rows = []
    for n in SIZES:
        X, Y = clouds(n)
        candidates = {"this book": lambda X=X, Y=Y: tuple(a[:, 0] for a in alignment.csls(X, Y, K))}
        candidates["scikit-learn, answers only"] = lambda X=X, Y=Y: by_sklearn(X, Y)
        if faiss:
            faiss.omp_set_num_threads(int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1)))
            candidates["faiss"] = lambda X=X, Y=Y: by_faiss(X, Y, True)
            candidates["faiss, answers only"] = lambda X=X, Y=Y: by_faiss(X, Y, False)
        timed = {row.name: row for row in alternate(candidates, "this book", ROUNDS[n])}
        ours = timed.pop("this book")
        for name, row in timed.items():
            same = f"{100 * np.mean(row.result[0] == ours.result[0]):.2f} %"
            if row.result[1] is not None:
                same += f", scores to {np.abs(row.result[1] - ours.result[1]).max():.0e}"
            ratio = f"{1 / row.ratio:.2f} [{1 / row.high:.2f}, {1 / row.low:.2f}]"
            rows.append([f"{n:,}", name, f"{row.seconds:.2f}", f"{ours.seconds:.2f}", ratio, same])
        write("alignment", text + table(head, rows))  # what is done so far


if __name__ == "__main__":
    main()
