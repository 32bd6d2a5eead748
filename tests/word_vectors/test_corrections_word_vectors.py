"""What the notes say about word vectors, and what is right: one test for each entry of the corrections page."""

import numpy as np
import pytest
import scipy.optimize
import scipy.special

from lib.word_vectors import alignment, counting, evaluation, training, word2vec


def test_a_difference_of_products_is_not_negative_sampling():
    """S0 §4.1: the slope by one noise word's score dies in the product where another is small; the sum of logs keeps it."""
    sigma = scipy.special.expit
    difference = lambda s: sigma(s[0]) - sigma(s[1]) * sigma(s[2])
    logs = lambda s: np.log(sigma(s[0])) + np.log(sigma(-s[1])) + np.log(sigma(-s[2]))
    scores = np.array([0.0, 3.0, -8.0])  # the first noise word is called real, the second is far below
    step = np.array([0, 1e-5, 0])
    slope = lambda f: (f(scores + step) - f(scores - step)) / 2e-5
    assert abs(slope(difference)) < 1e-4 and slope(logs) == pytest.approx(-sigma(3.0), rel=1e-6)
    # and under a bound on the scores the maximisers differ
    w = lambda f: scipy.optimize.minimize(lambda x: -f([x[0], x[1], -x[1] - 4]) + 0.05 * x @ x, np.zeros(2)).x
    assert np.linalg.norm(w(difference) - w(logs)) > 0.3


def test_one_matrix_cannot_score_a_word_with_itself_below_zero():
    """S0 §4.2: the diagonal of W Wᵀ is never negative; that of W Uᵀ learns to be."""
    made = evaluation.planted(tokens=60_000, words=300, topics=5, styles=1, seed=0).text
    for matrices, allowed in ((1, False), (2, True)):
        model = training.train(made, matrices=matrices, dimension=20, epochs=8)
        diagonal = np.sum(model.W * model.U, axis=1)
        assert bool((diagonal < 0).any()) == allowed


def test_a_rare_word_moves_less_in_cbow():
    """S0 §4: at the same rate a word that occurs a few times is carried much farther by skip-gram."""
    made = evaluation.planted(tokens=60_000, words=1500, topics=5, styles=1, seed=0).text
    rare = made.vocabulary.counts < 12
    moved = {}
    for kind in ("skip-gram", "cbow"):
        trainer = training.Trainer(made, kind=kind, rate=0.025, dimension=20, epochs=3, divide=True)
        start = trainer.W.copy()
        moved[kind] = np.linalg.norm(trainer.run().W[rare] - start[rare], axis=1).mean()
    assert moved["skip-gram"] > 3 * moved["cbow"]


def test_with_one_matrix_the_vectors_do_not_vanish():
    made = evaluation.planted(tokens=60_000, words=300, topics=5, styles=1, seed=0).text
    trainer = training.Trainer(made, matrices=1, dimension=20, epochs=8)
    before = np.linalg.norm(trainer.W, axis=1).min()
    assert np.linalg.norm(trainer.run().W, axis=1).min() > 2 * before


def test_idf_counts_documents_and_is_no_proportion():
    once = np.array([[1.0, 1], [1, 0], [0, 1], [1, 0]])
    often = once * [[9, 1], [5, 1], [1, 1], [7, 1]]
    assert np.array_equal(counting.idf(once, smooth=False), counting.idf(often, smooth=False))
    rare, common = np.eye(64)[:, :1], np.eye(64)[:, :1] + np.eye(64)[:, 1:2]
    assert counting.idf(rare, smooth=False) - counting.idf(common, smooth=False) == pytest.approx([np.log(2)])


def test_a_document_written_twice_keeps_its_tf_idf():
    bags = np.array([[2.0, 1, 0], [0, 3, 1], [1, 0, 0]])
    twice = bags * [[2], [1], [1]]
    for smooth in (False, True):
        assert np.allclose(counting.tfidf(bags, smooth).toarray(), counting.tfidf(twice, smooth).toarray())


def test_the_last_factor_of_the_svd_has_its_vectors_in_its_columns():
    """S1: of a table of words and other contexts, Vᵀ has a column for each context; its rows are singular directions."""
    M = np.random.default_rng(0).random((7, 5))
    W, U = counting.svd_vectors(M, 3)
    vt = np.linalg.svd(M)[2]
    assert W.shape == (7, 3) and U.shape == (5, 3)
    assert np.allclose(np.abs(U / np.linalg.norm(U, axis=0)), np.abs(vt[:3].T))
    best, flat = W @ U.T, counting.svd_vectors(M, 3, power=0)[0] @ (vt[:3] * 1.0)
    assert np.linalg.norm(M - best) < np.linalg.norm(M - flat), "the singular values belong to it"


def test_the_loss_does_not_know_which_matrix_is_which():
    """S2 q14: exchange W and U, centre and context, and the loss of a symmetric table is what it was."""
    rng = np.random.default_rng(0)
    C = rng.integers(1, 9, size=(6, 6)).astype(float)
    C += C.T
    W, U = rng.normal(size=(2, 6, 3))
    one, other = (counting.expected_loss(S, C, 5)[0] for S in (W @ U.T, U @ W.T))
    assert one == pytest.approx(other)
    assert word2vec.softmax_loss(W, U, 0, 1) != pytest.approx(word2vec.softmax_loss(U, W, 0, 1))


def test_the_best_rotation_is_v_times_u_transposed_in_columns():
    """S0 §4.3.1: words in columns. With XYᵀ = UΣVᵀ the minimiser of ‖WX − Y‖ is VUᵀ; UVᵀ goes the other way."""
    rng = np.random.default_rng(0)
    X, Q = rng.normal(size=(4, 30)), np.linalg.qr(rng.normal(size=(4, 4)))[0]
    Y = Q @ X + 0.1 * rng.normal(size=(4, 30))
    U, _, Vt = np.linalg.svd(X @ Y.T)
    loss = lambda W: np.linalg.norm(W @ X - Y)
    assert loss(Vt.T @ U.T) < 0.2 * loss(U @ Vt)
    rivals = (np.linalg.qr(rng.normal(size=(4, 4)))[0] for _ in range(200))
    assert all(loss(Vt.T @ U.T) <= loss(W) for W in rivals)
    assert np.allclose(alignment.procrustes(X.T, Y.T), (Vt.T @ U.T).T)  # words in rows, as in the book


def test_the_best_rotation_is_no_matter_of_low_rank():
    """S0 §4.3.1 names Eckart–Young–Mirsky: that theorem finds the nearest matrix of a rank, and its answer is no rotation."""
    rng = np.random.default_rng(1)
    M = rng.normal(size=(4, 4))
    U, sigma, Vt = np.linalg.svd(M)
    low = (U[:, :3] * sigma[:3]) @ Vt[:3]
    assert not np.allclose(low @ low.T, np.eye(4))
    assert np.trace(Vt.T @ U.T @ M) == pytest.approx(sigma.sum())  # von Neumann's bound, reached
