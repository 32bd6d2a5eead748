"""The corrections to the sources' passages on attention: what they say failing, what is right holding."""

import numpy as np

from lib.transformers import attention as A

RNG = np.random.default_rng(7)


def test_the_root_is_of_the_keys_entries_and_not_of_the_values():
    """With 64 entries a key, divided scores have variance 1 whatever the values are; divided by the root of 4 they have 16."""
    Q, K = RNG.normal(size=(400, 64)), RNG.normal(size=(400, 64))
    assert abs(np.var(Q @ K.T / np.sqrt(64)) - 1) < 0.05 and abs(np.var(Q @ K.T / np.sqrt(4)) - 16) < 0.8
    narrow, wide = RNG.normal(size=(400, 4)), RNG.normal(size=(400, 128))
    together = A.attention(Q, K, np.hstack([narrow, wide]))
    assert np.allclose(together, np.hstack([A.attention(Q, K, narrow), A.attention(Q, K, wide)]), atol=1e-12)


def test_there_are_as_many_scores_as_places_in_the_source():
    n = 4  # places 0 to n
    source = RNG.normal(size=(n + 1, 3))
    assert A.attention_weights(RNG.normal(size=(1, 3)), source).shape == (1, n + 1)
