"""Unsupervised learning: the randomized SVD beside scikit-learn's, at equal error."""

from __future__ import annotations

import time

import numpy as np
from sklearn.utils.extmath import randomized_svd as theirs

from benchmarks.bench import alternate, table, write
from lib.unsupervised.svd.randomized import randomized_svd

SIZES = ((500, 300, 10), (2000, 1000, 20), (4000, 2000, 50))  # m, n, k
POWER = 4  # iterations of either; scikit-learn's own choice for these ranks would be 7


def _matrix(m: int, n: int) -> np.ndarray:
    """Return a matrix whose singular values fall like 1/i, and noise."""
    rng = np.random.default_rng(0)
    U, V = (np.linalg.qr(rng.normal(size=(d, n)))[0] for d in (m, n))
    return (U / np.arange(1, n + 1)) @ V.T + 1e-4 * rng.normal(size=(m, n))


def sketches(m: int, n: int, k: int) -> list[list[str]]:
    """Return rows for ours and theirs: seconds, ratios, and the mean error of five sketches over that of the best approximation."""
    A = _matrix(m, n)
    best = np.linalg.norm(np.linalg.svd(A, compute_uv=False)[k:])
    ours = lambda seed=0: randomized_svd(A, k, np.random.default_rng(seed), power=POWER)
    peer = lambda seed=0: theirs(A, k, n_iter=POWER, random_state=seed)
    rows = alternate({"ours": ours, "scikit-learn": peer}, "scikit-learn", 11, time.process_time)
    worse = []
    for run in (ours, peer):
        found = (run(seed) for seed in range(5))
        worse.append(np.mean([np.linalg.norm(A - (U * s) @ Vt) for U, s, Vt in found]) / best)
    return [
        [
            f"{row.name}, {m:,} × {n:,}, k = {k}",
            f"{1e3 * row.seconds:.1f}",
            f"{row.ratio:.2f} [{row.low:.2f}, {row.high:.2f}]",
            f"{ratio:.6f}",
        ]
        for row, ratio in zip(rows, worse, strict=True)
    ]


def main() -> None:
    """Write benchmarks/results/unsupervised.md."""
    head = (
        "## Unsupervised learning\n\nThe candidates take turns; a ratio is taken inside a round, and the median over rounds is given. "
        "Processor time of one thread."
    )
    wide = ["matrix and rank", "ms", "time / scikit-learn's [range]", "error / best error"]
    parts = [
        head,
        f"### A sketch\n\nThe k largest singular values and their vectors, 10 columns more than k, {POWER} iterations, float64.\n\n"
        + table(wide, [row for size in SIZES for row in sketches(*size)]),
    ]
    write("unsupervised", "\n\n".join(parts))


if __name__ == "__main__":
    main()
