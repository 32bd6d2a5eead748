"""The labelled equations of "Counting words", by an independent route each."""

import numpy as np
import pytest
import scipy.optimize
import scipy.spatial.distance
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.feature_selection import mutual_info_classif

from lib.word_vectors import counting, vocabulary

RNG = np.random.default_rng(11)
BAGS = RNG.integers(0, 4, size=(12, 6)) + np.eye(12, 6)


@pytest.mark.equation("eq-cosine")
def test_cosine():
    """scipy's cosine distance."""
    query = RNG.normal(size=6)
    wanted = [1 - scipy.spatial.distance.cosine(row, query) for row in BAGS]
    assert np.allclose(counting.cosines(BAGS, query), wanted)


@pytest.mark.equation("eq-tf-idf")
def test_tf_idf():
    """Entry by entry, from the words of the definition."""
    found = counting.tfidf(BAGS, smooth=False).toarray()
    for d, row in enumerate(BAGS):
        for w, n in enumerate(row):
            holding = sum(1 for other in BAGS if other[w] > 0)
            assert found[d, w] == pytest.approx(n / row.sum() * np.log(len(BAGS) / holding))


@pytest.mark.equation("eq-idf-smooth")
def test_idf_smooth():
    """scikit-learn's weights."""
    assert np.allclose(counting.idf(BAGS), TfidfTransformer(smooth_idf=True).fit(BAGS).idf_)


@pytest.mark.equation("eq-cooccurrence")
def test_cooccurrence():
    """Positions compared two by two, as the set in the definition reads."""
    sentences = [list(RNG.choice(list("abcde"), 9)) for _ in range(5)]
    text = vocabulary.read(sentences, 1)
    C = counting.cooccurrence(text, 3).toarray()
    wanted = np.zeros_like(C)
    for s in range(len(text)):
        for t in range(len(text)):
            if text.sentence[s] == text.sentence[t] and 0 < abs(s - t) <= 3:
                wanted[text.tokens[s], text.tokens[t]] += 1
    assert np.array_equal(C, wanted)


@pytest.mark.equation("eq-pmi")
def test_pmi():
    """Its mean over all pairs is the mutual information, which scikit-learn estimates from the pairs themselves."""
    C = RNG.integers(1, 9, size=(5, 5)).astype(float)
    mean = np.sum(C / C.sum() * counting.pmi(C).toarray())
    rows, columns = (np.repeat(np.indices((5, 5))[i].ravel(), C.astype(int).ravel()) for i in (0, 1))
    assert mean == pytest.approx(mutual_info_classif(rows[:, None], columns, discrete_features=True)[0])


@pytest.mark.equation("eq-ppmi")
def test_ppmi():
    """Probabilities by counting a list of pairs, one at a time."""
    C = RNG.integers(0, 4, size=(4, 4)) + np.diag([1, 1, 1, 1])
    pairs = [(i, j) for i in range(4) for j in range(4) for _ in range(int(C[i, j]))]
    found = counting.ppmi(C).toarray()
    for i in range(4):
        for j in range(4):
            together = sum(p == (i, j) for p in pairs) / len(pairs)
            alone = sum(p[0] == i for p in pairs) * sum(p[1] == j for p in pairs) / len(pairs) ** 2
            wanted = max(np.log(together / alone), 0) if together else 0
            assert found[i, j] == pytest.approx(wanted)


@pytest.mark.equation("eq-svd-vectors")
def test_svd_vectors():
    """No other factors come nearer: a minimiser that knows nothing of singular values ends at the same distance."""
    M = RNG.random((7, 7))
    W, U = counting.svd_vectors(M, 2, power=0.3)
    ours = np.sum((M - W @ U.T) ** 2)

    def distance(flat):
        A, B = flat.reshape(2, 7, 2)
        R = A @ B.T - M
        return np.sum(R**2), np.concatenate([(2 * R @ B).ravel(), (2 * R.T @ A).ravel()])

    best = min(
        scipy.optimize.minimize(distance, np.random.default_rng(s).normal(size=28), jac=True, method="BFGS").fun
        for s in range(3)
    )
    assert ours == pytest.approx(best, rel=1e-6)
