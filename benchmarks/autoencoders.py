"""Autoencoders beside PCA: what each costs to learn, and how well digits that were kept back are painted again."""

from __future__ import annotations

import time

import numpy as np
import torch
from sklearn.decomposition import PCA

from benchmarks.bench import table, write
from lib.convnets.digits import train_and_test
from lib.unsupervised import training

DRAWS = 3
PLANS = {"deep": (training.deep, 3e-3, 800), "convolutional": (training.convolutional, 1e-2, 280)}


def _timed(make):
    start = time.process_time()
    made = make()
    return time.process_time() - start, made


def _of(values, digits: int) -> str:
    middle, *ends = (f"{v:.{digits}f}" for v in (np.median(values), min(values), max(values)))
    return f"{middle} [{ends[0]}, {ends[1]}]"


def _rows(k: int, times) -> list[list[str]]:
    learn, held = train_and_test()
    X, kept = (d.images.reshape(-1, 784) / 255 for d in (learn, held))
    runs = [_timed(lambda: PCA(k, svd_solver="covariance_eigh").fit(X)) for _ in range(DRAWS)]
    pca = runs[0][1]
    error = ((pca.inverse_transform(pca.transform(kept)) - kept) ** 2).mean()
    rows = [["PCA", "", _of([s for s, _ in runs], 2), f"{error:.4f}"]]
    for many in times:
        for kind, (make, rate, count) in PLANS.items():
            runs = [
                _timed(lambda d=d: training.train(lambda: make(k), learn.images, many * count, 50 + d, rate=rate))  # noqa: B023
                for d in range(DRAWS)
            ]
            errors = [training.errors(net, held.images).mean() for _, net in runs]
            seconds = _of([s for s, _ in runs], 2 if many == 1 else 1)
            rows.append([f"{kind}, {many * count:,} steps", f"{many * count:,}", seconds, _of(errors, 4)])
    return rows


def main() -> None:
    """Write benchmarks/results/autoencoders.md."""
    torch.set_num_threads(1)
    header = ["method", "steps", "seconds [range]", "squared error of a pixel [range]"]
    parts = [
        f"### Codes of {k} numbers\n\n" + table(header, _rows(k, times)) for k, times in ((2, (1,)), (32, (1, 10)))
    ]
    write(
        "autoencoders",
        "## Autoencoders\n\n4,000 MNIST digits to learn from, errors on 1,000 that were kept back. Processor time of one thread, "
        f"scikit-learn's PCA and {DRAWS} draws of each network: median and range.\n\n" + "\n\n".join(parts),
    )


if __name__ == "__main__":
    main()
