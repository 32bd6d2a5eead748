"""The labelled equations of "Sequences and their tasks", by an independent route each."""

from itertools import product

import numpy as np
import pytest
import torch

from lib.sequences import tasks


@pytest.mark.equation("eq-masked-mean")
def test_masked_mean():
    rng = np.random.default_rng(0)
    losses, lengths = rng.normal(size=(4, 5)), np.array([1, 5, 2, 3])
    mask = np.zeros((4, 5))
    for b, n in enumerate(lengths):
        mask[b, :n] = 1
    assert tasks.masked_mean(losses, lengths) == pytest.approx((mask * losses).sum() / mask.sum())


@pytest.mark.equation("eq-symbol-by-symbol")
def test_symbol_by_symbol():
    """The product of conditionals is the joint probability; with an end mark all answers share one whole."""
    joint = np.random.default_rng(1).dirichlet(np.ones(27)).reshape(3, 3, 3)
    for y in product(range(3), repeat=3):
        first, second = joint.sum(axis=(1, 2)), joint.sum(axis=2)
        log_p = np.log(first[y[0]]) + np.log(second[y[:2]] / first[y[0]]) + np.log(joint[y] / second[y[:2]])
        assert log_p == pytest.approx(np.log(joint[y]))
    # a little network that writes: symbols 0, 1 and the end 2, whose probabilities depend on the last symbol
    scores = torch.tensor([[0.3, -0.2, 0.5], [1.0, 0.1, 0.2], [0.0, 0.4, -0.3]], dtype=torch.float64)
    P = torch.softmax(scores, dim=1).numpy()
    total = 0.0
    for n in range(14):
        for y in product(range(2), repeat=n):
            read = [2, *y]
            total += np.exp(sum(np.log(P[a, b]) for a, b in zip(read, [*y, 2], strict=True)))
    longest = np.linalg.norm(P[:2, :2], 2) ** 13
    assert 1 - 3 * longest < total < 1
