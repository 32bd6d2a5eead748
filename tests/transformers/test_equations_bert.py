"""The equations of "BERT" that test_bert.py does not check."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.transformers import bert
from lib.transformers.bert_training import Network


@pytest.mark.equation("eq-pseudo-likelihood")
@settings(max_examples=50, deadline=None)
@given(shape=st.tuples(st.integers(2, 4), st.integers(2, 4), st.integers(2, 3)), seed=st.integers(0, 10**6))
def test_the_chain_rule_sums_to_one_and_the_pseudo_likelihood_only_where_words_are_independent(shape, seed):
    rng = np.random.default_rng(seed)
    alone = [rng.dirichlet(np.ones(n)) for n in shape]
    independent = np.einsum("i,j,k->ijk", *alone)
    joint = rng.dirichlet(np.full(np.prod(shape), 0.3)).reshape(shape) + 1e-9
    joint /= joint.sum()

    def pseudo(p):  # each word given all the others
        return np.prod([p / p.sum(axis=axis, keepdims=True) for axis in range(3)], axis=0)

    def chain(p):
        two = p.sum(axis=2)
        one = two.sum(axis=1)
        return one[:, None, None] * (two / one[:, None])[..., None] * (p / two[..., None])

    assert np.allclose(chain(joint), joint)
    assert np.allclose(pseudo(independent), independent)
    assert abs(pseudo(joint).sum() - 1) > 1e-6


@pytest.mark.equation("eq-next-sentence")
def test_the_next_sentence_is_read_from_the_first_place_alone():
    torch.manual_seed(0)
    model = bert.Bert(Network(11, 9, 8, 2, 2, 12).double().weights(), 2)
    w = model.weights
    ids = np.random.default_rng(0).integers(4, 11, size=(3, 7))
    reading = model.read(ids)
    first = reading.vectors[-1][:, 0]
    assert np.allclose(reading.follows, np.tanh(first @ w["pool.W"] + w["pool.b"]) @ w["next.W"] + w["next.b"])
