"""The labelled equations of "word2vec, derived", by an independent route each."""

import numpy as np
import pytest
import scipy.optimize
import scipy.special
import sympy as sp
import torch

from lib.word_vectors import counting, training, vocabulary, word2vec

RNG = np.random.default_rng(4)
W, U = RNG.normal(size=(2, 6, 3))


def by_differences(loss, at, step=1e-6):
    flat = []
    for i in np.ndindex(at.shape):
        d = np.zeros(at.shape)
        d[i] = step
        flat.append((loss(at + d) - loss(at - d)) / (2 * step))
    return np.reshape(flat, at.shape)


@pytest.mark.equation("eq-skipgram-softmax")
def test_skipgram_softmax():
    """A classifier of one-hot inputs with two linear layers, in torch, and scipy's log-softmax."""
    one_hot = torch.eye(6, dtype=torch.float64)[2:3]
    scores = one_hot @ torch.tensor(W) @ torch.tensor(U).T
    wanted = float(torch.nn.functional.cross_entropy(scores, torch.tensor([4])))
    assert word2vec.softmax_loss(W, U, 2, 4) == pytest.approx(wanted)
    assert word2vec.softmax_loss(W, U, 2, 4) == pytest.approx(-scipy.special.log_softmax(U @ W[2])[4])


@pytest.mark.equation("eq-skipgram-softmax-gradient")
def test_skipgram_softmax_gradient():
    def with_row(w):
        changed = W.copy()
        changed[2] = w
        return word2vec.softmax_loss(changed, U, 2, 4)

    dw, dU = word2vec.softmax_gradient(W, U, 2, 4)
    assert np.allclose(dw, by_differences(with_row, W[2]), atol=1e-8)
    assert np.allclose(dU, by_differences(lambda u: word2vec.softmax_loss(W, u, 2, 4), U), atol=1e-8)


@pytest.mark.equation("eq-negative-sampling")
def test_negative_sampling():
    """It is the likelihood of k + 1 answers of a coin: one real, the rest drawn."""
    p = scipy.special.expit(np.concatenate([[U[1] @ W[0]], U[2:5] @ W[0]]))
    wanted = -np.log(np.prod(np.where([True, False, False, False], p, 1 - p)))
    assert word2vec.negative_loss(W[0], U[1], U[2:5]) == pytest.approx(wanted)


@pytest.mark.equation("eq-negative-sampling-gradient")
def test_negative_sampling_gradient():
    w, u, n = W[0], U[1], U[2:5]
    dw, du, dn = word2vec.negative_gradient(w, u, n)
    assert np.allclose(dw, by_differences(lambda x: word2vec.negative_loss(x, u, n), w), atol=1e-8)
    assert np.allclose(du, by_differences(lambda x: word2vec.negative_loss(w, x, n), u), atol=1e-8)
    assert np.allclose(dn, by_differences(lambda x: word2vec.negative_loss(w, u, x), n), atol=1e-8)


@pytest.mark.equation("eq-cbow")
def test_cbow():
    """The mean taken by a matrix product, the logistic losses by torch."""
    h = np.full((1, 3), 1 / 3) @ W[:3]
    logit = torch.tensor(np.concatenate([h @ U[1], (h @ U[2:5].T).ravel()]))
    target = torch.tensor([1.0, 0, 0, 0], dtype=torch.float64)
    wanted = torch.nn.functional.binary_cross_entropy_with_logits(logit, target, reduction="sum")
    assert word2vec.cbow_loss(W[:3], U[1], U[2:5]) == pytest.approx(float(wanted))


@pytest.mark.equation("eq-cbow-gradient")
def test_cbow_gradient():
    dX, _, _ = word2vec.cbow_gradient(W[:3], U[1], U[2:5])
    assert np.allclose(dX, by_differences(lambda x: word2vec.cbow_loss(x, U[1], U[2:5]), W[:3]), atol=1e-8)


@pytest.mark.equation("eq-noise")
def test_noise():
    """Drawn a million times from the trainer's own table, words come as often as the formula says."""
    counts = np.array([1000, 300, 40, 5])
    table = training._noise_table(counts, 0.75)
    drawn = np.bincount(table[np.random.default_rng(0).integers(len(table), size=10**6)], minlength=4) / 10**6
    exact = [sp.N(sp.Integer(int(n)) ** sp.Rational(3, 4)) for n in counts]
    assert np.allclose(drawn, [float(e / sum(exact)) for e in exact], atol=3e-3)
    assert np.allclose(word2vec.noise_distribution(counts), [float(e / sum(exact)) for e in exact])


@pytest.mark.equation("eq-subsampling")
def test_subsampling():
    """gensim's own thresholds, where gensim is there; and the two ends of the formula."""
    models = pytest.importorskip("gensim.models")
    sentences = [["a"] * 90 + ["b"] * 9 + ["c"]] * 50
    peer = models.Word2Vec(sentences, min_count=1, sample=0.01, vector_size=2, epochs=1, workers=1).wv
    text = vocabulary.read(sentences, 1)
    theirs = [peer.get_vecattr(w, "sample_int") / (2**32 - 1) for w in text.vocabulary.words]
    assert np.allclose(word2vec.keep_probability(text.vocabulary.counts, 0.01), theirs, atol=1e-6)


C = np.array([[2.0, 7, 1], [3, 1, 5], [4, 2, 2]])


@pytest.mark.equation("eq-expected-loss")
def test_expected_loss():
    """The mean of sampled losses of pairs with their noise approaches it."""
    S, k, rng = RNG.normal(size=(3, 3)), 4, np.random.default_rng(1)
    noise = C.sum(0) / C.sum()
    i, j = np.unravel_index(rng.choice(9, 40_000, p=(C / C.sum()).ravel()), (3, 3))
    drawn = rng.choice(3, size=(len(i), k), p=noise)
    log_sigma = scipy.special.log_expit
    sampled = -log_sigma(S[i, j]).mean() - log_sigma(-S[i[:, None], drawn]).sum(1).mean()
    value, gradient = counting.expected_loss(S, C, k)
    assert value == pytest.approx(sampled, rel=0.02)
    assert np.allclose(gradient, by_differences(lambda s: counting.expected_loss(s, C, k)[0], S), atol=1e-8)


@pytest.mark.equation("eq-shifted-pmi")
def test_shifted_pmi():
    """Solved in symbols for one entry, and found by a minimiser for all."""
    c, r, q, k, s = sp.symbols("c r q k s", positive=True)
    sigma = 1 / (1 + sp.exp(-s))
    loss = -c * sp.log(sigma) - k * r * q * sp.log(1 - sigma)
    stationary = sp.simplify(sp.diff(loss, s).subs(s, sp.log(c / (k * r * q))))
    assert stationary == 0
    flat = scipy.optimize.minimize(
        lambda x: (lambda v, g: (v, g.ravel()))(*counting.expected_loss(x.reshape(3, 3), C, 5)),
        np.zeros(9),
        jac=True,
        options={"gtol": 1e-10},
    )
    assert np.allclose(flat.x.reshape(3, 3), counting.pmi(C).toarray() - np.log(5), atol=1e-5)


def test_a_pair_that_never_occurs_is_pushed_down_without_end():
    """Its slope is positive at every score, and its PMI is −∞: eq-shifted-pmi speaks of pairs that occur."""
    unseen = C.copy()
    unseen[0, 2] = 0
    losses, slopes = [], []
    for score in (-30.0, -10.0, 0.0, 10.0):
        S = np.zeros((3, 3))
        S[0, 2] = score
        loss, slope = counting.expected_loss(S, unseen, 5)
        losses.append(loss)
        slopes.append(slope[0, 2])
    assert all(s > 0 for s in slopes) and losses == sorted(losses)
    assert counting.pmi(unseen)[0, 2] == 0, "no value is stored where PMI is −∞"


@pytest.mark.equation("eq-block-gradient")
def test_block_gradient():
    """One pair after the other, by the definition."""
    X, Y = RNG.normal(size=(4, 3)), RNG.normal(size=(6, 3))
    M = np.array([[1, 0, 2, 0, -1, -3], [0, 1, 0, 1, -2, 0], [0, 0, 0, 0, -1, -1], [1, 1, 1, 1, 0, -5]], dtype=float)
    _, dX, dY = word2vec.block_gradient(X, Y, M)
    wantedX, wantedY = np.zeros_like(X), np.zeros_like(Y)
    for i, j in np.argwhere(M):
        zero = np.zeros((1, 3))
        real = word2vec.negative_gradient(X[i], Y[j], zero)
        false = word2vec.negative_gradient(X[i], zero[0], Y[j : j + 1])
        pull = word2vec.negative_gradient(X[i], zero[0], zero)
        if M[i, j] > 0:
            wantedX[i] += M[i, j] * real[0]
            wantedY[j] += M[i, j] * real[1]
        else:
            wantedX[i] += -M[i, j] * (false[0] - pull[0])
            wantedY[j] += -M[i, j] * false[2][0]
    assert np.allclose(dX, wantedX) and np.allclose(dY, wantedY)


@pytest.mark.equation("eq-step-limit")
def test_step_limit():
    """n logistic losses along one w: gradient descent on u settles below the limit; the curvature bound is reached at 0."""
    w, n = np.array([0.6, 0.8]) * 1.3, 50
    hessian = n * 0.25 * np.outer(w, w)  # at score 0, where σ' is largest
    assert np.linalg.norm(hessian, 2) == pytest.approx(n * (w @ w) / 4)
    limit = 8 / (w @ w)
    for factor, settles in ((0.95, True), (1.6, False)):
        rate, u = factor * limit / n, np.array([0.3, -0.1])
        for _ in range(4000):
            p = scipy.special.expit(u @ w)
            u = u - rate * n * (p - 0.5) * w  # half of the pairs real: the best score is 0
        assert (abs(u @ w) < 1e-6) == settles
