"""word2vec as its definition reads: the losses, their gradients, the two distributions, and the loop over pairs.

W (V, d) holds the words' vectors as centres, U (V, d) as contexts. The fast trainer is `training`; a test holds both to
the same gradient. Only numpy is needed here.
"""

from __future__ import annotations

import numpy as np

from lib.book import validate
from lib.losses.classification import log_sum_exp, sigmoid, softmax, softplus
from lib.word_vectors.vocabulary import Text


# ------------------------------------------------------------------------------------------------ the full softmax
def softmax_loss(W, U, centre: int, context: int) -> float:
    """Return −log p(context | centre), the softmax over all V words of the scores U w_centre.

    Equation: eq-skipgram-softmax
    """
    W, U = _pair_of_matrices(W, U)
    c, o = (validate.whole(i, n, low=0, high=len(W) - 1) for i, n in ((centre, "centre"), (context, "context")))
    scores = U @ W[c]
    return float(log_sum_exp(scores[None])[0] - scores[o])


def softmax_gradient(W, U, centre: int, context: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the gradients of `softmax_loss`: by w_centre (d,), and by all of U (V, d).

    Equation: eq-skipgram-softmax-gradient
    """
    softmax_loss(W, U, centre, context)
    W, U = _pair_of_matrices(W, U)
    error = softmax((U @ W[centre])[None])[0]
    error[context] -= 1
    return U.T @ error, np.outer(error, W[centre])


# ------------------------------------------------------------------------------------------------ negative sampling
def negative_loss(w, u, noise) -> float:
    """Return −log σ(u·w) − Σ log σ(−n·w): one observed pair, and k words drawn from the noise.

    w, u : (d,);  noise : (k, d). Equation: eq-negative-sampling
    """
    w, u, noise = _triple(w, u, noise)
    return float(softplus(-(u @ w)) + softplus(noise @ w).sum())


def negative_gradient(w, u, noise) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradients of `negative_loss` by w (d,), by u (d,) and by each row of noise (k, d).

    Equation: eq-negative-sampling-gradient
    """
    w, u, noise = _triple(w, u, noise)
    g, h = float(sigmoid(u @ w)) - 1, sigmoid(noise @ w)  # prediction minus target: targets 1 and 0
    return g * u + h @ noise, g * w, np.outer(h, w)


def cbow_loss(contexts, u, noise) -> float:
    """Return `negative_loss` with the mean of the context words' vectors (m, d) in the place of w.

    Equation: eq-cbow
    """
    return negative_loss(validate.matrix(contexts, "contexts", within=validate.BELOW).mean(axis=0), u, noise)


def cbow_gradient(contexts, u, noise) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradients of `cbow_loss` by the contexts (m, d), by u (d,) and by noise (k, d).

    Equation: eq-cbow-gradient
    """
    contexts = validate.matrix(contexts, "contexts", within=validate.BELOW)
    dh, du, dnoise = negative_gradient(contexts.mean(axis=0), u, noise)
    return np.tile(dh / len(contexts), (len(contexts), 1)), du, dnoise


# ------------------------------------------------------------------------------------------------- two distributions
def noise_distribution(counts, exponent: float = 0.75) -> np.ndarray:
    """Return the probabilities (V,) from which noise words are drawn: count^exponent over the sum.

    Equation: eq-noise
    """
    counts = _counts(counts)
    with np.errstate(over="ignore"):
        weights = (counts / counts.max()) ** validate.number(exponent, "exponent")
    return weights / validate.result(weights.sum(), "the noise distribution")


def keep_probability(counts, sample: float = 1e-3) -> np.ndarray:
    """Return with which probability (V,) an occurrence of each word is kept: min(1, √(t/f) + t/f), f the word's share.

    sample is t; 0 keeps everything. Equation: eq-subsampling
    """
    counts = _counts(counts)
    t = validate.number(sample, "sample", low=0)
    share = counts / counts.sum()
    with np.errstate(over="ignore", divide="ignore"):  # what is rare enough is always kept
        return np.minimum(1.0, np.sqrt(t / share) + t / share) if t else np.ones(len(counts))


# ---------------------------------------------------------------------------------------------------- pairs, and the loop
def pairs(text: Text, window: int, rng: np.random.Generator | None = None) -> np.ndarray:
    """Return all (centre, context) pairs (P, 2) of words at most `window` apart in one sentence, centres in reading order.

    With `rng` each centre draws its own window from 1 … window, as word2vec does: near words count more often.
    """
    w = validate.whole(window, "window", low=1)
    t, s, n = validate.instance(text, Text, "text").tokens, text.sentence, len(text)
    reach = np.full(n, w) if rng is None else validate.generator(rng).integers(1, w + 1, size=n)
    w = min(w, n)
    at, offsets = np.arange(n)[:, None], np.concatenate([np.arange(-w, 0), np.arange(1, w + 1)])
    other = at + offsets  # (N, 2w): where the neighbours stand
    inside = (other >= 0) & (other < n) & (np.abs(offsets) <= reach[:, None])
    inside &= s[np.clip(other, 0, n - 1)] == s[:, None]
    rows, columns = np.nonzero(inside)
    return np.column_stack([t[rows], t[other[rows, columns]]])


def train_by_pairs(
    text: Text, d: int = 20, window: int = 2, negatives: int = 5, epochs: int = 1, rate: float = 0.025, seed: int = 0
):
    """Train skip-gram by the definition, one pair after the other, and return W (V, d) and U (V, d).

    No subsampling, a constant rate: this is the page to read, and a hundred times slower than `training.train`.
    """
    V = len(validate.instance(text, Text, "text").vocabulary)
    rng, rate = np.random.default_rng(validate.whole(seed, "seed", low=0)), validate.number(rate, "rate", low=0)
    negatives = validate.whole(negatives, "negatives", low=1)
    W, U = (rng.random((V, validate.whole(d, "d", low=1))) - 0.5) / d, np.zeros((V, d))
    noise = noise_distribution(text.vocabulary.counts)
    for _ in range(validate.whole(epochs, "epochs", low=1)):
        for c, o in pairs(text, window, rng):
            drawn = rng.choice(V, size=negatives, p=noise)
            dw, du, dn = negative_gradient(W[c], U[o], U[drawn])
            W[c] -= rate * dw
            U[o] -= rate * du
            np.subtract.at(U, drawn, rate * dn)  # a word may be drawn twice
    return W, U


def block_gradient(X, Y, M) -> tuple[float, np.ndarray, np.ndarray]:
    """Return the summed negative-sampling loss of a block of words, and its gradients by X and by Y, in three products.

    X (b, d) holds the block's centres. Y (c, d) holds every word they meet: contexts, then noise. M (b, c) says how: +m
    for a pair observed m times, −m for noise that counts m times, 0 for strangers. Equation: eq-block-gradient
    """
    X, Y, M = (validate.matrix(m, name, within=validate.BELOW) for m, name in ((X, "X"), (Y, "Y"), (M, "M")))
    if M.shape != (len(X), len(Y)) or X.shape[1] != Y.shape[1]:
        raise ValueError(f"X {X.shape}, Y {Y.shape} and M {M.shape} do not fit: M needs X's rows and Y's rows")
    Z = X @ Y.T  # (b, c): all scores at once
    G = np.abs(M) * (sigmoid(Z) - (M > 0))  # prediction minus target, times how often
    loss = float(np.sum(np.abs(M) * softplus(np.where(M > 0, -Z, Z))))
    return loss, G @ Y, G.T @ X


# --------------------------------------------------------------------------------------------------------- helpers
def _counts(counts) -> np.ndarray:
    counts = validate.vector(counts, "counts")
    if (counts <= 0).any():
        raise ValueError(f"counts must be positive, but counts[{int(np.argmax(counts <= 0))}] is not")
    return counts


def _pair_of_matrices(W, U) -> tuple[np.ndarray, np.ndarray]:
    W, U = validate.matrix(W, "W", within=validate.BELOW), validate.matrix(U, "U", within=validate.BELOW)
    if W.shape != U.shape:
        raise ValueError(f"W {W.shape} and U {U.shape} must have one shape: a row a word, a column a dimension")
    return W, U


def _triple(w, u, noise) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    w = validate.vector(w, "w")
    u = validate.vector(u, "u", len(w), "entries in w")
    noise = validate.matrix(noise, "noise", within=validate.BELOW)
    if noise.shape[1] != len(w):
        raise ValueError(f"noise has {noise.shape[1]} columns, but w has {len(w)} entries")
    return w, u, noise
