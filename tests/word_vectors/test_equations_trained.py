"""The labelled equations of "word2vec, trained", by an independent route each."""

import numpy as np
import pytest
import scipy.stats

from lib.word_vectors import evaluation
from lib.word_vectors.vectors import WordVectors

RNG = np.random.default_rng(6)
WORDS = tuple(f"w{i}" for i in range(30))
V = WordVectors(WORDS, RNG.normal(size=(30, 4)))


@pytest.mark.equation("eq-analogy")
def test_analogy():
    """All candidates, one by one."""
    unit = {w: v / np.linalg.norm(v) for w, v in zip(WORDS, V.matrix.astype(float), strict=True)}
    for a, b, c in zip(WORDS[:8], WORDS[8:16], WORDS[16:24], strict=True):
        target = unit[b] - unit[a] + unit[c]
        cosine = {w: v @ target / np.linalg.norm(target) for w, v in unit.items() if w not in (a, b, c)}
        assert V.analogy(a, b, c)[0][0] == max(cosine, key=cosine.get)


@pytest.mark.equation("eq-spearman")
def test_spearman():
    """The formula with the differences of ranks, against the measure that the notebook uses, and scipy's."""
    pairs = [(WORDS[i], WORDS[i + 15], float(r)) for i, r in enumerate(RNG.permutation(15))]
    cosines = [V.similarity(a, b) for a, b, _ in pairs]
    ratings = [r for *_, r in pairs]
    delta = scipy.stats.rankdata(cosines) - scipy.stats.rankdata(ratings)
    n = len(pairs)
    rho = 1 - 6 * np.sum(delta**2) / (n * (n**2 - 1))
    assert evaluation.agreement(V, pairs).value == pytest.approx(rho)
    assert scipy.stats.pearsonr(
        scipy.stats.rankdata(cosines), scipy.stats.rankdata(ratings)
    ).statistic == pytest.approx(rho)
