"""Digits by features made by hand and by a network: seconds and digits read rightly, by how many there were to learn from."""

from __future__ import annotations

import time

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

from benchmarks.bench import alternate, table, write
from lib.convnets import architectures, networks
from lib.convnets.digits import Digits, train_and_test
from lib.convnets.training import accuracy, train_classifier

SIZES = {100: 600, 400: 400, 1600: 800}  # digits to learn from → steps of the LeNet
SEEDS = (0, 1, 2)


def by_hog(part: Digits, test: Digits, seed: int, count: int) -> float:
    """Return the share of test digits that logistic regression on HOG reads rightly; nothing is left to `seed` and `count`."""
    fit = LogisticRegression(C=10.0, max_iter=300).fit(networks.hog(part.images / 255), part.labels)
    return fit.score(networks.hog(test.images / 255), test.labels)


def by_lenet(part: Digits, test: Digits, seed: int, count: int) -> float:
    """Return the share of test digits that a LeNet reads rightly after `count` steps."""
    model = train_classifier(architectures.SMALL_LENET, part.images / 255, part.labels, count, seed, 32)
    return accuracy(model, test.images / 255, test.labels)


def row(n: int, count: int) -> list[str]:
    """Return the row for `n` digits to learn from: seconds to learn from one draw and read 1,000 digits, and shares over three draws."""
    train, test = train_and_test()
    draws = [train.few(n // 10, np.random.default_rng(seed)) for seed in SEEDS]

    def mean(method):
        return np.mean([method(part, test, seed, count) for part, seed in zip(draws, SEEDS, strict=True)])

    hog, lenet = alternate({"HOG": lambda: mean(by_hog), "LeNet": lambda: mean(by_lenet)}, "HOG", 3, time.process_time)
    seconds = [f"{r.seconds / len(SEEDS):.2f}" for r in (hog, lenet)]
    ratio = f"{lenet.ratio:.1f} [{lenet.low:.1f}, {lenet.high:.1f}]"
    return [f"{n:,}", *seconds, ratio, *(f"{100 * r.result:.1f}" for r in (hog, lenet))]


def main() -> None:
    """Write benchmarks/results/features.md."""
    torch.set_num_threads(1)
    head = (
        "## Features made by hand, and learned\n\nLogistic regression on histograms of oriented gradients (HOG) and a LeNet, from the same digits. "
        "They take turns; a ratio is taken inside a round, and the median over rounds is given. Processor time of one thread, to learn from one "
        "draw of digits and read 1,000 others; the shares are means over three draws."
    )
    columns = ["digits to learn from", "HOG, s", "LeNet, s", "LeNet / HOG [range]", "HOG reads, %", "LeNet reads, %"]
    write("features", head + "\n\n" + table(columns, [row(n, count) for n, count in SIZES.items()]))


if __name__ == "__main__":
    main()
