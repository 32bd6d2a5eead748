"""Exercises of "Attention"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number, prediction
from lib.transformers import attention

__all__ = [
    "bytes_of_weights",
    "how_many_keys",
    "into_heads",
    "look_up",
    "merge_two_blocks",
    "slopes_by_scores",
    "weights_under_a_mask",
    "what_the_root_is_of",
    "who_may_look",
]


def _softmax(S, axis=-1):
    E = np.exp(S - S.max(axis=axis, keepdims=True))
    return E / E.sum(axis=axis, keepdims=True)


# --------------------------------------------------------------------------------------------------------- predictions
def _keys_in_use() -> float:
    """Return e to the mean entropy of the weights on 64 keys of 256 entries, the scores left as they are."""
    rng = np.random.default_rng(0)
    Q, K = rng.normal(size=(2000, 256)), rng.normal(size=(64, 256))
    return float(np.exp(attention.entropy(attention.attention_weights(Q, K, scale=1.0)).mean()))


how_many_keys = prediction(
    "how_many_keys",
    answer=_keys_in_use,
    unit="keys",
    why="The scores have a standard deviation of 16. The best of 64 is ahead of the second by several units, and e to the power of that is nearly all of the weight.",
)

bytes_of_weights = number(
    "bytes_of_weights",
    answer=lambda: attention.attention_cost(4096, 4096, 32, 2)["weights, bytes"],
    rtol=1e-10,
    unit="bytes",
    why="32 heads with 4096 × 4096 weights of 2 bytes each: 2³⁰, a gigabyte, for one sequence in one layer. With twice the length it is four.",
    hints=(
        "How many weights does a single head have?",
        "Each of the T queries has a weight for each of the T keys, in every head, and each weight takes 2 bytes.",
        "32 * 4096 * … * 2",
    ),
    mistakes=[
        (lambda: 4096**2 * 2, "That is one head. There are 32."),
        (lambda: 32 * 4096**2, "Those are the weights. Each takes 2 bytes."),
        (lambda: 32 * 4096**2 * 4, "Numbers of half precision have 16 bits, 2 bytes."),
        (lambda: 32 * 4096 * 2, "Each query has a weight for each key: T² in a head, and not T."),
        (
            lambda: 4096**2 * 128 * 32 * 2,
            "The entries of a head count for the operations, not for the weights: one number a query and key.",
        ),
        (
            lambda: 32 * 4096 * 4097,
            "A causal mask hides nearly half of them, but a matrix with zeros is as large as one without.",
        ),
    ],
)

what_the_root_is_of = choice(
    "what_the_root_is_of",
    answer="b",
    why="A score is a sum over the entries of a query and a key. Its variance is the number of terms, d_k = 64 here: each head has its own sum.",
    feedback={
        "a": "512 is the width of the model. A head's score is a sum over its own entries only; with √512 the weights would be too even.",
        "c": "The values are mixed by the weights after the softmax. How many entries they have does not touch the scores.",
        "d": "The number of keys is how many scores there are, not how large each of them is.",
    },
    hints=(
        "The root makes up for the variance of a score. What is a score a sum of?",
        "Of the products of the entries of a query and a key, in one head.",
        "512 entries are dealt to 8 heads.",
    ),
)


# ------------------------------------------------------------------------------------------------------------- look up
def _three(rng):
    yield case("one query, one key", np.array([[2.0, 0.5]]), np.array([[1.0, -1.0]]), np.array([[3.0, 4.0, 5.0]]))
    yield case("two keys alike", np.ones((1, 4)), np.ones((2, 4)), np.array([[0.0], [1.0]]))
    for T, S, d, dv in ((3, 5, 4, 2), (4, 2, 3, 5), (3, 3, 2, 2)):
        yield rng.normal(size=(T, d)), 2 * rng.normal(size=(S, d)), rng.normal(size=(S, dv))
    Q, K = rng.normal(size=(3, 4)), rng.normal(size=(5, 4))
    yield case(
        "scores of thousands, some queries long and some short",
        Q * np.array([[1e4], [1.0], [1e-3]]),
        K,
        rng.normal(size=(5, 2)),
    )


@exercise(
    cases=_three,
    hints=(
        "Three steps: how well does each key fit each query, what share does it get, and what comes out?",
        "Scores Q Kᵀ/√d_k (T, S); the softmax over the keys, along each row; then the weights times V. Take each row's largest off before exp.",
        "S = Q @ K.T / np.sqrt(…); E = np.exp(S - S.max(axis=1, keepdims=True)); then divide E by its row sums, and @ V",
    ),
)
def look_up(Q, K, V):
    """Return what each query finds: the mean of the values, weighted by how well their keys fit.

    Q : (T, d_k), one query a row;  K : (S, d_k);  V : (S, d_v);  returns (T, d_v)
    """
    S = Q @ K.T / np.sqrt(K.shape[1])
    E = np.exp(S - S.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True) @ V


def _found(Q, K, V, scale=None, axis=1):
    return _softmax(Q @ K.T * (1 / np.sqrt(K.shape[1]) if scale is None else scale), axis) @ V


@look_up.mistake(
    "Your softmax runs over the queries: each column sums to 1. Each query shares itself out over the keys, along its row."
)
def _over_queries(Q, K, V):
    return _found(Q, K, V, axis=0)


@look_up.mistake("The scores are not divided by √d_k.")
def _without_root(Q, K, V):
    return _found(Q, K, V, scale=1.0)


@look_up.mistake("You divided by d_k itself. The standard deviation of a score is its root.")
def _by_d(Q, K, V):
    return _found(Q, K, V, scale=1 / K.shape[1])


@look_up.mistake(
    "You took the root of the values' number of entries. Scores are sums over the entries of queries and keys."
)
def _root_of_dv(Q, K, V):
    return _found(Q, K, V, scale=1 / np.sqrt(V.shape[1]))


@look_up.mistake(
    "You took the root of the number of keys. A score's size comes from the number of entries that are summed, d_k."
)
def _root_of_keys(Q, K, V):
    return _found(Q, K, V, scale=1 / np.sqrt(len(K)))


@look_up.mistake("The softmax is missing: the scores themselves weigh the values.")
def _scores_only(Q, K, V):
    return Q @ K.T / np.sqrt(K.shape[1]) @ V


@look_up.mistake("You returned the weights. They still have to mix the values.")
def _weights_only(Q, K, V):
    return _softmax(Q @ K.T / np.sqrt(K.shape[1]))


@look_up.mistake("That takes each query's best value alone, a hard look-up. Here all values count, by their weights.")
def _hard(Q, K, V):
    return V[(Q @ K.T).argmax(axis=1)]


# ---------------------------------------------------------------------------------------------------------- masks
def _hidden(rng):
    yield case("nothing hidden", np.array([[1.0, 2.0, 0.5]]), np.ones((1, 3), bool))
    yield case(
        "the second query sees nothing", np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([[True, False], [False, False]])
    )
    yield case(
        "what is seen scores far below what is hidden",
        np.array([[0.0, -20000.0, -20001.0]]),
        np.array([[False, True, True]]),
    )
    yield case(
        "scores of thousands", np.array([[3000.0, 2999.0, -3000.0, 5000.0]]), np.array([[True, True, True, False]])
    )
    for T, S in ((3, 4), (4, 3), (2, 6)):
        mask = rng.uniform(size=(T, S)) < 0.6
        mask[0], mask[-1, 0] = False, True
        yield 2 * rng.normal(size=(T, S)), mask


@exercise(
    cases=_hidden,
    hints=(
        "What is hidden must have no part in the sum that the softmax divides by. And what if nothing is left?",
        "Row by row: take the scores where the mask is True, their softmax, and write it there; elsewhere 0. A row without any stays 0.",
        "for t in range(len(scores)): seen = scores[t, mask[t]]; if len(seen) > 0: e = np.exp(seen - …); weights[t, mask[t]] = …",
    ),
)
def weights_under_a_mask(scores, mask):
    """Return the weights of attention under a mask: each row a softmax over the keys that may be seen, 0 elsewhere.

    scores : (T, S), scaled already;  mask : (T, S), True where a query may look;  returns (T, S)
    A row in which nothing may be seen is all 0.
    """
    weights = np.zeros(scores.shape)
    for t in range(len(scores)):
        seen = scores[t, mask[t]]
        if len(seen) > 0:
            e = np.exp(seen - seen.max())
            weights[t, mask[t]] = e / e.sum()
    return weights


def _filled(scores, mask, low):
    S = np.where(mask, scores, low)
    E = np.exp(S - S.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


@weights_under_a_mask.mistake(
    "You masked after the softmax: the hidden keys are 0, but they were in the sum, so the rows no longer sum to 1 and what is hidden still counts."
)
def _afterwards(scores, mask):
    return _softmax(scores) * mask


@weights_under_a_mask.mistake(
    "The mask is turned round: here True means that a query may look (as in scaled_dot_product_attention)."
)
def _turned(scores, mask):
    return weights_under_a_mask.function(scores, ~mask)


@weights_under_a_mask.mistake("Hidden scores are set to 0, and e⁰ is 1. They have to be left out, or −∞.")
def _zero_scores(scores, mask):
    return _filled(scores, mask, 0.0)


@weights_under_a_mask.mistake(
    "A finite number such as −10⁴ stands for “hidden”. Scores may lie below it, and a row in which everything is hidden becomes even instead of 0."
)
def _finite(scores, mask):
    return _filled(scores, mask, -1e4)


@weights_under_a_mask.mistake("A row in which nothing may be seen is even in your answer. It has to be 0.")
def _even_where_nothing(scores, mask):
    return np.where(mask.any(axis=1, keepdims=True), weights_under_a_mask.function(scores, mask), 1 / mask.shape[1])


@weights_under_a_mask.mistake("Your softmax runs over the queries, down the columns. It belongs along the rows.")
def _columns(scores, mask):
    return weights_under_a_mask.function(scores.T, mask.T).T


# ------------------------------------------------------------------------------------------------- who may look where
def _batches(rng):
    yield case("one sequence, no padding", np.array([3]), 3)
    yield case("one place", np.array([1]), 1)
    yield case("padding in one of two", np.array([2, 4]), 4)
    yield case("nothing real: nothing may be seen", np.array([0]), 2)
    for B, T in ((3, 5), (2, 3), (3, 4)):
        yield rng.integers(1, T + 1, B), T


@exercise(
    cases=_batches,
    hints=(
        "Two conditions on a query t and a key s, and both must hold. Which of them depends on the sequence?",
        "s ≤ t, and s < lengths[b]. Give each its axes, (1, T, T) and (B, 1, T), and join them with &.",
        "places = np.arange(T); causal = places <= places[:, None]; real = places < lengths[:, None]; then real[:, …] & causal",
    ),
)
def who_may_look(lengths, T):
    """Return the mask of causal attention over a padded batch: True where query t of sequence b may look at key s.

    lengths : (B,), how many of the T places of each sequence are real, the first ones;  returns (B, T, T), of bool
    A query looks at its own place and at those before it, never at padding. What padding itself asks does not matter: treat it like any query.
    """
    places = np.arange(T)
    causal = places <= places[:, None]
    real = places < lengths[:, None]
    return real[:, None] & causal


def _looking(lengths, T, causal=np.less_equal, join=np.logical_and, by="keys"):
    places = np.arange(T)
    real = places < lengths[:, None]
    return join(real[:, None] if by == "keys" else real[:, :, None], causal(places, places[:, None]))


@who_may_look.mistake("A query does not see its own place: your triangle is off by one. s ≤ t, and not s < t.")
def _off_by_one(lengths, T):
    return _looking(lengths, T, np.less)


@who_may_look.mistake("A query sees the place after its own: your triangle is off by one, and the answer leaks.")
def _one_too_many(lengths, T):
    return _looking(lengths, T, lambda s, t: s <= t + 1)


@who_may_look.mistake("That is the other triangle: your queries look forwards.")
def _forwards(lengths, T):
    return _looking(lengths, T, np.greater_equal)


@who_may_look.mistake(
    "You hid the padding among the queries, along the rows. It must not be seen as a key, along the columns."
)
def _padding_of_queries(lengths, T):
    return _looking(lengths, T, by="queries")


@who_may_look.mistake("Both conditions must hold. You joined them with “or”.")
def _either(lengths, T):
    return _looking(lengths, T, join=np.logical_or)


@who_may_look.mistake("Padding is still seen: only the causal mask is there.")
def _causal_alone(lengths, T):
    return np.ones((len(lengths), 1, 1), bool) & np.tril(np.ones((T, T), bool))


@who_may_look.mistake("What comes later is still seen: only padding is hidden.")
def _padding_alone(lengths, T):
    return np.ones((1, T, 1), bool) & (np.arange(T) < lengths[:, None])[:, None]


# ----------------------------------------------------------------------------------------------------------- heads
def _wide(rng):
    yield case("one head", np.arange(6.0).reshape(2, 3), 1)
    yield case("one entry a head", np.arange(6.0).reshape(2, 3), 3)
    yield case("one place", np.arange(6.0).reshape(1, 6), 2)
    for T, d, h in ((3, 2, 4), (4, 3, 2), (2, 2, 2)):
        yield rng.normal(size=(T, h * d)), h


@exercise(
    cases=_wide,
    hints=(
        "Which entries of a place belong to the first head? And which axis has to come first?",
        "Each row is cut into h pieces of d entries, which gives (T, h, d). Then the axes of places and heads change places.",
        "X.reshape(T, h, …), then .transpose(…) or swapaxes",
    ),
)
def into_heads(X, h):
    """Return X cut for h heads: the first d = D/h entries of each place are the first head's, the next d the second's.

    X : (T, D);  h : a divisor of D;  returns (h, T, d)
    """
    T, D = X.shape
    return X.reshape(T, h, D // h).transpose(1, 0, 2)


@into_heads.mistake(
    "The shape is right and the entries are mixed up: reshape to (h, T, d) deals out rows, and not columns. Cut the columns first, (T, h, d), then exchange axes."
)
def _view_alone(X, h):
    return X.reshape(h, len(X), X.shape[1] // h)


@into_heads.mistake(
    "The columns are cut, but the places still come first: (T, h, d). Attention runs over the last two axes, so heads go to the front."
)
def _not_exchanged(X, h):
    return X.reshape(len(X), h, X.shape[1] // h)


@into_heads.mistake(
    "Each head gets every h-th entry. The first d entries together are the first head's: reshape to (T, h, d), not (T, d, h)."
)
def _every_other(X, h):
    return X.reshape(len(X), X.shape[1] // h, h).transpose(2, 0, 1)


@into_heads.mistake("Places and entries are exchanged, too: (h, d, T). Only heads and places change places.")
def _all_turned(X, h):
    return into_heads.function(X, h).transpose(0, 2, 1)


@into_heads.mistake("The heads stand in the reverse order.")
def _reversed(X, h):
    return into_heads.function(X, h)[::-1]


# ------------------------------------------------------------------------------------------------------- two blocks
def _blocks(rng):
    block = lambda scores, V: attention.part_of(np.array([scores]), np.asarray(V, float))
    flat = lambda part: (float(part[0][0, 0]), float(part[1][0, 0]), part[2][0])
    yield case("two keys with equal scores", *flat(block([1.0], [[2.0]])), *flat(block([1.0], [[4.0]])))
    yield case("the second is larger", *flat(block([0.0, 1.0], [[1.0], [2.0]])), *flat(block([3.0], [[5.0]])))
    yield case("scores of thousands", *flat(block([5000.0], [[1.0]])), *flat(block([5001.0, 4000.0], [[2.0], [3.0]])))
    yield case("scores of minus thousands", *flat(block([-5000.0], [[1.0]])), *flat(block([-5001.0], [[2.0]])))
    for n, k, d in ((3, 2, 2), (2, 4, 3), (1, 3, 1)):
        yield (
            *flat(block(3 * rng.normal(size=n), rng.normal(size=(n, d)))),
            *flat(block(3 * rng.normal(size=k), rng.normal(size=(k, d)))),
        )


@exercise(
    cases=_blocks,
    hints=(
        "The two sums were taken relative to different largest scores. Relative to which one can they be added?",
        "m = max(ma, mb). A sum relative to ma becomes one relative to m by the factor e^(ma − m); that holds for l and for o.",
        "a, b = np.exp(ma - m), np.exp(mb - m); then l = la * a + …, and o in the same way",
    ),
)
def merge_two_blocks(ma, la, oa, mb, lb, ob):
    """Return (m, l, o) of two blocks of keys together, for one query.

    Of each block: m, its largest score, a number;  l = Σ e^(s − m), a number;  o = Σ e^(s − m) v, (d,)
    returns two numbers and an array (d,), as if all keys had been in one block; o is not divided by l yet
    """
    m = max(ma, mb)
    a, b = np.exp(ma - m), np.exp(mb - m)
    return m, la * a + lb * b, oa * a + ob * b


@merge_two_blocks.mistake(
    "You added the sums as they are. They were taken relative to different largest scores: bring both to the larger one first."
)
def _added(ma, la, oa, mb, lb, ob):
    return max(ma, mb), la + lb, oa + ob


@merge_two_blocks.mistake("l is right, but o was not brought to the new m: it needs the same factors.")
def _o_as_it_was(ma, la, oa, mb, lb, ob):
    m, l, _ = merge_two_blocks.function(ma, la, oa, mb, lb, ob)
    return m, l, oa + ob


@merge_two_blocks.mistake(
    "The exponent has the wrong sign: what was taken relative to a smaller m has to shrink, e^(ma − m) ≤ 1."
)
def _wrong_sign(ma, la, oa, mb, lb, ob):
    m = max(ma, mb)
    with np.errstate(over="ignore"):
        a, b = np.exp(m - ma), np.exp(m - mb)
    return m, la * a + lb * b, oa * a + ob * b


@merge_two_blocks.mistake(
    "Relative to m = 0 the exponentials overflow, or all vanish, when scores are in the thousands. Stay relative to the larger m."
)
def _relative_to_zero(ma, la, oa, mb, lb, ob):
    with np.errstate(over="ignore", invalid="ignore"):
        a, b = np.exp(ma), np.exp(mb)
        l, o = la * a + lb * b, oa * a + ob * b
        m = max(ma, mb)
        return m, l / np.exp(m), o / np.exp(m)


@merge_two_blocks.mistake(
    "You divided o by l already. That comes at the end: parts that are divided cannot be added any more."
)
def _divided(ma, la, oa, mb, lb, ob):
    m, l, o = merge_two_blocks.function(ma, la, oa, mb, lb, ob)
    return m, l, o / l


# ------------------------------------------------------------------------------------------------------------ back
def _rows(rng):
    yield case("all weight on one key: nothing moves", np.array([[1.0, 0.0]]), np.array([[3.0, -2.0]]))
    yield case("equal slopes: nothing moves", np.array([[0.25, 0.75]]), np.array([[2.0, 2.0]]))
    for T, S in ((2, 3), (3, 2), (4, 4)):
        yield _softmax(rng.normal(size=(T, S))), rng.normal(size=(T, S))


@exercise(
    cases=_rows,
    hints=(
        "If one score grows, its own weight grows and all others of its row shrink. What does the loss say to that?",
        "∂p_r/∂s_j is p_r(1 − p_r) for r = j and −p_r p_j otherwise. Multiply by dP_r and sum over r: p_j (dP_j − Σ_r p_r dP_r).",
        "P * (dP - (P * dP).sum(axis=…, keepdims=True))",
    ),
)
def slopes_by_scores(P, dP):
    """Return the loss's slopes by the scores, given those by the weights.

    P : (T, S), weights, each row the softmax of its scores;  dP : (T, S), the loss's slopes by them;  returns (T, S)
    """
    return P * (dP - (P * dP).sum(axis=1, keepdims=True))


@slopes_by_scores.mistake(
    "That is the slope of a sigmoid, each weight by itself. In a softmax a score moves every weight of its row: take Σ p dP off."
)
def _as_sigmoids(P, dP):
    return P * (1 - P) * dP


@slopes_by_scores.mistake(
    "The second half is missing: a score that grows takes from the others, so Σ p dP is taken off."
)
def _first_half(P, dP):
    return P * dP


@slopes_by_scores.mistake("The sum runs over the queries. Each row is a softmax by itself: sum along it.")
def _sum_over_queries(P, dP):
    return P * (dP - (P * dP).sum(axis=0, keepdims=True))


@slopes_by_scores.mistake("You took the mean off, each weight counting alike. It is the mean weighted by p: Σ p dP.")
def _plain_mean(P, dP):
    return P * (dP - dP.mean(axis=1, keepdims=True))


@slopes_by_scores.mistake("The mean is taken off, but the factor p in front is missing.")
def _no_factor(P, dP):
    return dP - (P * dP).sum(axis=1, keepdims=True)


@slopes_by_scores.mistake("The sum runs over the whole table. Each query's softmax is its own: one sum a row.")
def _one_sum(P, dP):
    return P * (dP - (P * dP).sum())
