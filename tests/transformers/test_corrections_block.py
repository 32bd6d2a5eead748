"""The correction to the sources' passage on layer normalization: what they say failing, what is right holding."""

import numpy as np
import torch

from lib.regularization.normalization import layer_norm
from lib.transformers.transformer import leaks

TABLE = np.random.default_rng(0).normal(size=(5, 4))
IDS = np.array([0, 3, 1, 4, 2, 3])


def test_each_place_is_normed_by_itself_and_not_the_sentence():
    """PyTorch's layer norm of a batch is that of each place alone; a norm over the sentence leaks from later places to earlier ones."""
    x = TABLE[IDS]
    whole = torch.nn.functional.layer_norm(torch.tensor(x), (4,)).numpy()
    by_place = lambda ids: layer_norm(TABLE[ids], np.ones(4), np.zeros(4))[0]
    assert all(np.allclose(by_place(IDS[t : t + 1])[0], whole[t]) for t in range(len(IDS)))
    by_sentence = lambda ids: (TABLE[ids] - TABLE[ids].mean()) / TABLE[ids].std()
    assert not np.allclose(by_sentence(IDS), whole, atol=0.05)
    assert leaks(by_place, IDS, 5) == [] and len(leaks(by_sentence, IDS, 5)) == 15
