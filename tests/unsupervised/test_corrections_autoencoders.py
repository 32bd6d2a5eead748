"""The corrections to the sources' passage on autoencoders: what it says failing, what is right holding."""

import numpy as np
import pytest

RNG = np.random.default_rng(5)


@pytest.mark.equation("eq-sparse-code")
def test_the_penalty_alone_can_be_escaped_by_scaling():
    """With a ReLU a tenth of the activities and ten times the decoder paint the same, for a tenth of the penalty and not one more 0."""
    X, W, V = RNG.random((20, 5)), RNG.normal(size=(5, 8)), RNG.normal(size=(8, 5))

    def loss(h, V, weight):
        return ((X - h @ V) ** 2).sum() / len(X) + weight * np.abs(h).sum() / len(X)

    h, small = np.maximum(X @ W, 0), np.maximum(X @ (W / 10), 0)
    assert np.allclose(h @ V, small @ (10 * V))
    assert ((h == 0) == (small == 0)).all() and (h == 0).any()
    penalties = loss(h, V, 1.0) - loss(h, V, 0.0), loss(small, 10 * V, 1.0) - loss(small, 10 * V, 0.0)
    assert np.isclose(penalties[1], penalties[0] / 10)
