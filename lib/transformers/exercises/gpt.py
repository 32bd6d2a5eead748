"""Exercises of "GPT"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number

__all__ = [
    "cache_of_a_text",
    "one_more_token",
    "scores_to_loss",
    "the_nucleus",
    "why_two_blocks",
    "work_of_a_token",
]


def _softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


# --------------------------------------------------------------------------------------------------- scores to loss
def _loss_cases(rng):
    z = np.zeros((1, 2, 2))
    z[0, 0] = [0.0, 2.0]
    yield case("two places, two tokens", z, np.array([[0, 1]]))
    for B, T, V in ((1, 3, 4), (3, 4, 2), (2, 5, 7)):
        yield 2 * rng.normal(size=(B, T, V)), rng.integers(V, size=(B, T))
    yield case("scores in the thousands", 2000 * rng.normal(size=(2, 3, 4)), rng.integers(4, size=(2, 3)))


@exercise(
    cases=_loss_cases,
    hints=(
        "Which scores speak of which token? Those at place t speak of the token at place t + 1.",
        "Take scores[:, :-1] and ids[:, 1:]. The loss of one place is log Σ e^z minus the score of the token that came, and the mean is over all B(T − 1).",
        "z = scores[:, :-1]; m = z.max(axis=2, keepdims=True); log_sum = m[..., 0] + np.log(np.exp(z - m).sum(axis=2)); then take from it np.take_along_axis(z, …, axis=2)",
    ),
)
def scores_to_loss(scores, ids):
    """Return the mean cross-entropy (nats) of a GPT's scores with what came.

    scores : (B, T, V), at each place the scores of what follows;  ids : (B, T), the tokens that were read. The last place has no target,
    the first token is nobody's;  returns a number
    """
    z, y = scores[:, :-1], ids[:, 1:]
    m = z.max(axis=2, keepdims=True)
    log_sum = m[..., 0] + np.log(np.exp(z - m).sum(axis=2))
    said = np.take_along_axis(z, y[..., None], axis=2)[..., 0]
    return float((log_sum - said).mean())


def _loss(scores, ids, shift=1, axis=2, mean=np.mean, base=1.0, each=False):
    scores = np.asarray(scores, float)
    z, y = (scores, ids) if not shift else (scores[:, :-1], ids[:, 1:])
    if shift < 0:
        z, y = scores[:, 1:], ids[:, :-1]
    m = z.max(axis=axis, keepdims=True)
    logs = z - m - np.log(np.exp(z - m).sum(axis=axis, keepdims=True))
    said = -np.take_along_axis(logs, y[..., None], axis=2)[..., 0] / base
    return float(mean(said.sum(axis=1) if each else said))


@scores_to_loss.mistake(
    "The targets are not shifted: the scores at place t are compared with the token at t, which the model has just read."
)
def _unshifted(scores, ids):
    return _loss(scores, ids, shift=0)


@scores_to_loss.mistake("The shift goes the wrong way: scores at place t are compared with the token before it.")
def _backwards(scores, ids):
    return _loss(scores, ids, shift=-1)


@scores_to_loss.mistake("The softmax runs over the places. It must run over the vocabulary, the last axis.")
def _over_places(scores, ids):
    return _loss(scores, ids, axis=1)


@scores_to_loss.mistake("That is the mean over texts of their sums. The mean must be over all B(T − 1) places.")
def _of_sums(scores, ids):
    return _loss(scores, ids, each=True)


@scores_to_loss.mistake("That is in bits. The loss is asked for in nats, with the natural logarithm.")
def _in_bits(scores, ids):
    return _loss(scores, ids, base=np.log(2))


@scores_to_loss.mistake("Scores are no log-probabilities yet: the term log Σ e^z over the vocabulary is missing.")
def _bare_scores(scores, ids):
    return float(-np.take_along_axis(scores[:, :-1], ids[:, 1:, None], axis=2).mean())


# ------------------------------------------------------------------------------------------------------ the nucleus
def _nucleus_cases(rng):
    yield case("exactly half", np.array([0.5, 0.25, 0.25]), 0.5)
    yield case("a hair more than half", np.array([0.25, 0.5, 0.25]), 0.51)
    yield case("all of it", np.array([0.1, 0.2, 0.7]), 1.0)
    yield case("nothing asked for: the best is still kept", np.array([0.125, 0.625, 0.25]), 0.0)
    for n in (4, 7, 10):
        yield _softmax(0.7 * rng.normal(size=n)), float(rng.uniform(0.35, 0.65))


@exercise(
    cases=_nucleus_cases,
    hints=(
        "Sort the probabilities, largest first, and add them up until p is reached.",
        "A token is kept if those before it in that order do not yet reach p; at least one is kept. Then divide by the sum of what is left.",
        "order = np.argsort(-P, kind='stable'); before = np.cumsum(P[order]) - P[order]; keep = before < p; keep[0] = …; then write the kept ones back into their places",
    ),
)
def the_nucleus(P, p):
    """Return what top-p leaves of probabilities: the fewest of the most probable tokens that together reach p, at least one, scaled to sum 1.

    P : (V,), of sum 1;  p : from 0 to 1. Of equally probable tokens the first is taken first;  returns (V,)
    """
    order = np.argsort(-P, kind="stable")
    before = np.cumsum(P[order]) - P[order]
    keep = before < p
    keep[0] = True
    out = np.zeros(len(P))
    out[order[keep]] = P[order[keep]]
    return out / out.sum()


def _nucleus(P, p, sort=-1, scale=True, exclusive=False, threshold=False, first=True):
    order = np.argsort(sort * P, kind="stable")
    total = np.cumsum(P[order])
    keep = (total <= p) if exclusive else (total - P[order] < p)
    if threshold:
        keep = P[order] >= p
    if first:
        keep[0] = True
    out = np.zeros(len(P))
    out[order[keep]] = P[order[keep]]
    return out / out.sum() if scale else out


@the_nucleus.mistake("What is left must be scaled to sum 1 again.")
def _unscaled(P, p):
    return _nucleus(P, p, scale=False)


@the_nucleus.mistake("You stop before p is reached: the token that crosses p belongs to the nucleus.")
def _without_the_last(P, p):
    return _nucleus(P, p, exclusive=True)


@the_nucleus.mistake("You begin with the least probable tokens. The nucleus is of the most probable.")
def _the_tail(P, p):
    return _nucleus(P, p, sort=1)


@the_nucleus.mistake("p is no threshold for single tokens: it is what the kept ones must reach together.")
def _single(P, p):
    return _nucleus(P, p, threshold=True)


# --------------------------------------------------------------------------------------------------- one more token
def _cache_cases(rng):
    yield case(
        "the first token of a text", *_projections(rng, 2), np.zeros((0, 2)), np.zeros((0, 2)), rng.normal(size=2)
    )
    yield case(
        "scores in the thousands", *_projections(rng, 3), *(1e3 * rng.normal(size=(2, 4, 3))), 1e3 * rng.normal(size=3)
    )
    for d, S in ((3, 4), (2, 1), (4, 6)):
        yield (*_projections(rng, d), rng.normal(size=(S, d)), rng.normal(size=(S, d)), 2 * rng.normal(size=d))


def _projections(rng, d):
    return tuple(rng.normal(size=(d, d)) for _ in range(3))


@exercise(
    cases=_cache_cases,
    hints=(
        "Only the new token needs a query. Its own key and value belong to what it may look at.",
        "q = x Wq; append x Wk to the keys and x Wv to the values; the weights are the softmax of q·k/√d over all S + 1 keys.",
        "keys = np.vstack([keys, x @ Wk]); values = np.vstack([values, x @ Wv]); z = keys @ (x @ Wq) / np.sqrt(…); the weights are a softmax of z, and the answer is weights @ values",
    ),
)
def one_more_token(Wq, Wk, Wv, keys, values, x):
    """Return (output, keys, values): one head's answer to one more token, and the cache with that token in it.

    Wq, Wk, Wv : (d, d);  keys, values : (S, d), of the tokens before, in their order;  x : (d,), the new token's vector. Scores are divided
    by √d;  returns arrays (d,), (S + 1, d), (S + 1, d)
    """
    keys, values = np.vstack([keys, x @ Wk]), np.vstack([values, x @ Wv])
    z = keys @ (x @ Wq) / np.sqrt(len(x))
    e = np.exp(z - z.max())
    return e / e.sum() @ values, keys, values


def _one(Wq, Wk, Wv, keys, values, x, own=True, front=False, scale=True, raw=False, swap=False):
    k, v = (x, x) if raw else (x @ Wk, x @ Wv)
    join = (lambda old, new: np.vstack([new, old])) if front else (lambda old, new: np.vstack([old, new]))
    K, W = join(keys, k), join(values, v)
    if not own and len(keys):
        z = keys @ (x @ Wq) / np.sqrt(len(x))
        return _softmax(z) @ values, K, W
    z = (W if swap else K) @ (x @ Wq) / (np.sqrt(len(x)) if scale else 1.0)
    return _softmax(z) @ (K if swap else W), K, W


@one_more_token.mistake(
    "The new token must be able to look at itself: its own key and value come in before the look-up."
)
def _not_itself(Wq, Wk, Wv, keys, values, x):
    return _one(Wq, Wk, Wv, keys, values, x, own=False)


@one_more_token.mistake("The new key and value stand in front. The cache is in the tokens' order, the newest last.")
def _in_front(Wq, Wk, Wv, keys, values, x):
    return _one(Wq, Wk, Wv, keys, values, x, front=True)


@one_more_token.mistake("The division by √d is missing.")
def _no_scale(Wq, Wk, Wv, keys, values, x):
    return _one(Wq, Wk, Wv, keys, values, x, scale=False)


@one_more_token.mistake("The cache holds keys and values. You put the token's own vector there, without Wk and Wv.")
def _uncoded(Wq, Wk, Wv, keys, values, x):
    return _one(Wq, Wk, Wv, keys, values, x, raw=True)


# ------------------------------------------------------------------------------------------------------------ counts
work_of_a_token = number(
    "work_of_a_token",
    answer=lambda: 24 * 12 * 768**2 + 4 * 12 * 1024 * 768,
    rtol=1e-9,
    unit="operations",
    why="One row through the matrices of twelve blocks, 24 · 12 · 768², and one query against 1,024 keys and values in each, 4 · 12 · 1,024 · 768.",
    hints=(
        "With a cache one row goes through the matrices, and one query meets all keys.",
        "The matrices of a block have 12D² entries, each of which takes two operations; scores and mix take 2TD each.",
        "24 * 12 * 768**2 + 4 * 12 * … * 768",
    ),
    mistakes=[
        (lambda: 12 * 12 * 768**2 + 2 * 12 * 1024 * 768, "A multiplication and an addition are two operations."),
        (lambda: 24 * 12 * 768**2, "The scores with 1,024 keys, and the mix of their values, are missing."),
        (
            lambda: 24 * 12 * 768**2 + 4 * 12 * 1024**2 * 768,
            "One query, not 1,024 of them: T² is for reading all places.",
        ),
        (lambda: 24 * 768**2 + 4 * 1024 * 768, "That is one block. There are twelve."),
        (lambda: 24 * 12 * 768**2 + 2 * 12 * 1024 * 768, "Scores and mix are two products."),
    ],
)

cache_of_a_text = number(
    "cache_of_a_text",
    answer=lambda: 2 * 32 * 4096 * 4096 * 2 / 2**30,
    rtol=1e-3,
    unit="GiB",
    why="A key and a value of 4,096 entries in each of 32 blocks, two bytes each, is half a mebibyte a token; 4,096 tokens take 2 GiB.",
    hints=(
        "How many numbers does one token leave in one block?",
        "Keys and values: 2 · 4,096 numbers a block, 2 bytes each, in 32 blocks. A GiB is 2³⁰ bytes.",
        "2 * 32 * 4096 * … * 2 / 2**30",
    ),
    mistakes=[
        (lambda: 32 * 4096 * 4096 * 2 / 2**30, "Keys and values are both kept: twice as much."),
        (lambda: 2 * 32 * 4096 * 4096 * 4 / 2**30, "Half precision has 2 bytes a number, not 4."),
        (lambda: 2 * 4096 * 4096 * 2 / 2**30, "That is one block. There are 32."),
        (lambda: 2 * 32 * 4096 * 2 / 2**30, "That is one token. There are 4,096."),
    ],
)

why_two_blocks = choice(
    "why_two_blocks",
    answer="c",
    why="A key in the first block is made from one token and its place, and says nothing of the token before it. The second block's keys can, once the first block "
    "has brought that token along.",
    feedback={
        "a": "One block has weights enough: the copying head of the second is no larger than one of the first.",
        "b": "The mask is the same in every block: a place sees itself and what is before it.",
        "d": "Positions are added once, before the first block, and stay in what every block adds to.",
    },
    hints=(
        "To copy what followed last time, a place must find the place whose *predecessor* is the token that is there now.",
        "What does the key of a place contain in the first block? Only its own token and place.",
        "Who could bring the token before along?",
    ),
)
