"""Counting, against scikit-learn and against loops; laws; bad input."""

from collections import Counter

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer

from lib.word_vectors import counting, vocabulary

RNG = np.random.default_rng(7)


def documents(n=30, seed=0):
    rng = np.random.default_rng(seed)
    return [[f"w{i}" for i in rng.zipf(1.6, rng.integers(1, 30)) if i < 40] or ["w1"] for _ in range(n)]


@pytest.mark.parametrize("seed", range(5))
def test_bags_and_tfidf_equal_scikit_learns(seed):
    docs = documents(seed=seed)
    words = vocabulary.build(docs, 1)
    bags = counting.bag_of_words(docs, words)
    peer = CountVectorizer(vocabulary=words.words, analyzer=lambda d: d).fit_transform(docs)
    assert abs(bags - peer).max() == 0
    assert abs(counting.tfidf(bags) - TfidfTransformer().fit_transform(peer)).max() < 1e-14
    assert (
        abs(
            counting.tfidf(bags) - TfidfVectorizer(vocabulary=words.words, analyzer=lambda d: d).fit_transform(docs)
        ).max()
        < 1e-14
    )


def test_order_is_forgotten_and_an_empty_document_stays_zero():
    words = vocabulary.build([["a", "b", "a"]], 1)
    bags = counting.bag_of_words([["a", "b", "a"], ["b", "a", "a"], [], ["x"]], words).toarray()
    assert bags.tolist() == [[2, 1], [2, 1], [0, 0], [0, 0]]
    assert np.isfinite(counting.tfidf(bags).toarray()).all()
    assert np.isfinite(counting.tfidf(bags, smooth=False).toarray()).all()


def test_plain_tfidf_of_a_word_that_is_everywhere_is_zero():
    bags = np.array([[2.0, 1.0], [1.0, 0.0]])
    assert counting.tfidf(bags, smooth=False).toarray().tolist() == [[0, np.log(2) / 3], [0, 0]]


def by_loops(text, window, near):
    C = Counter()
    for i in range(len(text)):
        for j in range(max(0, i - window), min(len(text), i + window + 1)):
            if i != j and text.sentence[i] == text.sentence[j]:
                C[text.tokens[i], text.tokens[j]] += (window + 1 - abs(i - j)) / window if near else 1
    return C


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 6), st.booleans())
def test_cooccurrence_equals_a_loop_and_is_symmetric(seed, window, near):
    text = vocabulary.read(documents(6, seed), 1)
    C = counting.cooccurrence(text, window, near).toarray()
    assert np.allclose(C, C.T)
    wanted = np.zeros_like(C)
    for pair, n in by_loops(text, window, near).items():
        wanted[pair] = n
    assert np.allclose(C, wanted)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_pmi_laws(seed):
    """Scaling all counts changes nothing; independent words have PMI 0; shifts and clipping."""
    rng = np.random.default_rng(seed)
    C = rng.integers(0, 5, size=(6, 6)) + np.eye(6)
    P = counting.pmi(C)
    assert np.allclose(P.toarray(), counting.pmi(7 * C).toarray())
    assert np.allclose(counting.ppmi(C, 0.3).toarray(), np.maximum(P.toarray() - 0.3, 0) * (C > 0))
    r = rng.uniform(1, 5, size=6)
    assert np.abs(counting.pmi(np.outer(r, r)).toarray()).max() < 1e-12
    p = C / C.sum()
    assert np.sum(p[C > 0] * P.toarray()[C > 0]) >= -1e-12, "mutual information is not negative"


def test_svd_vectors_are_the_best_and_signed():
    M = sp.csr_array(RNG.random((12, 12)))
    for power in (0.0, 0.5, 1.0):
        W, U = counting.svd_vectors(M, 4, power)
        u, s, vt = np.linalg.svd(M.toarray())
        assert np.allclose(W @ U.T, (u[:, :4] * s[:4]) @ vt[:4])
        assert np.allclose(np.linalg.norm(W, axis=0), s[:4] ** power)
        assert (W[np.abs(W).argmax(axis=0), range(4)] > 0).all()
    assert np.array_equal(counting.svd_vectors(M, 4)[0], counting.svd_vectors(M, 4)[0])


def test_strongest_and_cosines():
    table = sp.csr_array(np.array([[0.0, 3, 1, 3], [1, 0, 0, 0]]))
    assert counting.strongest(table, 0, 2) == [(1, 3.0), (3, 3.0)]
    assert counting.cosines(np.array([[1.0, 0], [1, 1], [0, 0]]), [2.0, 0]).tolist() == pytest.approx([1, 0.5**0.5, 0])


TEXT = vocabulary.read([["a", "b", "a"]], 1)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: counting.idf(-np.ones((2, 2))), "negative"),
        (lambda: counting.idf(np.array([[1.0, np.nan]])), "NaN"),
        (lambda: counting.idf(np.array([[1.0, 0.0]]), smooth=False), "stands in no document"),
        (lambda: counting.tfidf(np.zeros((0, 3))), "empty"),
        (lambda: counting.tfidf(sp.csr_array((3, 0))), "empty"),
        (lambda: counting.tfidf(sp.csr_array(np.array([[np.inf]]))), "NaN or infinite"),
        (lambda: counting.cosines(np.ones((2, 2)), np.zeros(2)), "query is zero"),
        (lambda: counting.cosines(np.ones((2, 2)), np.ones(3)), "3 entries"),
        (lambda: counting.cooccurrence(TEXT, 0), "at least 1"),
        (lambda: counting.pmi(np.ones((2, 3))), "square"),
        (lambda: counting.pmi(np.zeros((2, 2))), "no two words"),
        (lambda: counting.ppmi(np.ones((2, 2)), shift=np.inf), "infinite"),
        (lambda: counting.svd_vectors(np.ones((3, 3)), 3), "at most 2"),
        (lambda: counting.svd_vectors(np.ones((3, 3)), 1, power=2), "at most 1"),
        (lambda: counting.strongest(np.ones((2, 2)), 2), "at most 1"),
        (lambda: counting.expected_loss(np.ones((2, 2)), np.ones((3, 3)), 5), "one shape"),
        (lambda: counting.expected_loss(np.ones((2, 2)), np.ones((2, 2)), 0), "greater than 0"),
        (lambda: counting.bag_of_words([["z"]], TEXT.vocabulary), "no word of the sentences"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_wrong_types():
    with pytest.raises(TypeError):
        counting.pmi(np.array([["a"]]))
    with pytest.raises(TypeError, match="list of words"):
        counting.bag_of_words(["a b"], TEXT.vocabulary)
