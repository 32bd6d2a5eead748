"""Exercises of "Position and order"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number
from lib.transformers import positions

__all__ = [
    "entries_in_halves",
    "score_with_cache",
    "sinusoid_table",
    "turned_pairs",
    "what_a_set_can_tell",
    "what_is_turned",
    "whole_turn",
]

what_a_set_can_tell = choice(
    "what_a_set_can_tell",
    answer="c",
    why="Whether a word is there is the same in every order. (How large its share is, too, but not how often it occurs: a text written twice gives the same means.) All others change when words change places.",
    feedback={
        "a": "Which of two names comes first is what a permutation changes.",
        "b": "Neighbours are neighbours in an order. Without one every word is as near as every other.",
        "d": "“First” and “last” are places, and places are what it does not have.",
    },
    hints=(
        "Shuffle the words. Which of the questions has the same answer as before?",
        "The mean over the places is the same for every permutation.",
        "Ask what a bag of words can tell.",
    ),
)

what_is_turned = choice(
    "what_is_turned",
    answer="b",
    why="The turns of a query and a key meet in their product, and only the difference is left. A turned value meets nothing: what comes out would depend on where the text stands.",
    feedback={
        "a": "Before they are dealt to heads, pairs and speeds belong to the whole width: most heads would have no fast pair, or no slow one. And values are not turned.",
        "c": "The values' turns are never turned back. The answer would change if the whole text moved by one place.",
        "d": "Keys alone would be turned by their place, with nothing on the query's side to take the difference to.",
    },
    hints=(
        "Where does the turn of a place cancel, so that only a difference is left?",
        "In a product of two things that are turned. Which products are there in attention?",
        "Scores are products of queries and keys, head by head.",
    ),
)

whole_turn = number(
    "whole_turn",
    answer=lambda: 2 * np.pi / positions.frequencies(128)[-1],
    rtol=1e-3,
    unit="places",
    why="The slowest pair has i = 63 and turns by 10000^(−126/128) a place, so a whole turn takes 2π · 10000^(126/128) places: 54,410. A text of 4096 places sees a thirteenth of a turn.",
    hints=(
        "Which of the pairs i = 0 … 63 is the slowest, and by which angle does it turn from one place to the next?",
        "A whole turn is 2π; the slowest pair has i = d/2 − 1 = 63 and the frequency 10000^(−2i/d).",
        "2 * np.pi * 10000 ** (2 * 63 / …)",
    ),
    mistakes=[
        (lambda: 2 * np.pi * 10000, "The last pair is i = d/2 − 1, and not d/2: its exponent is −126/128."),
        (lambda: 10000 ** (126 / 128), "That turns by one radian. A whole turn is 2π of them."),
        (lambda: 2 * np.pi, "That is the fastest pair, i = 0."),
        (lambda: 2 * np.pi * 10000 ** (63 / 128), "The exponent is −2i/d, and not −i/d."),
        (lambda: 360 * 10000 ** (126 / 128), "The angles are in radians: a whole turn is 2π."),
    ],
)


# ------------------------------------------------------------------------------------------------------ a table of waves
def _sizes(rng):
    yield case("one place: sin 0 and cos 0", 1, 4)
    yield case("one pair", 3, 2)
    yield case("more places than entries", 12, 6)
    yield from ((5, 8), (7, 4), (20, 10))


@exercise(
    cases=_sizes,
    hints=(
        "First a column of places times a row of frequencies: an angle for each place and pair.",
        "ω_i = 10000^(−2i/d) for i = 0 … d/2 − 1. Columns 0, 2, 4, … get the sines, columns 1, 3, 5, … the cosines.",
        "angles = np.arange(T)[:, None] * 10000.0 ** (-np.arange(0, d, 2) / d); table[:, ::2] = …",
    ),
)
def sinusoid_table(T, d):
    """Return the sinusoids of the places 0 … T − 1, for vectors of d entries.

    T : a whole number;  d : an even one;  returns (T, d): sin and cos of the first pair, of the second, and so on
    """
    angles = np.arange(T)[:, None] * 10000.0 ** (-np.arange(0, d, 2) / d)
    table = np.zeros((T, d))
    table[:, ::2] = np.sin(angles)
    table[:, 1::2] = np.cos(angles)
    return table


def _waves(T, d, start=0, exponent=None, first=np.sin, second=np.cos, halves=False):
    exponent = np.arange(0, d, 2) / d if exponent is None else exponent
    angles = np.arange(start, start + T)[:, None] * 10000.0**-exponent
    a, b = first(angles), second(angles)
    return np.concatenate([a, b], axis=1) if halves else np.stack([a, b], axis=2).reshape(T, d)


@sinusoid_table.mistake("Sine and cosine are in each other's place: the sine of a pair comes first.")
def _exchanged(T, d):
    return _waves(T, d, first=np.cos, second=np.sin)


@sinusoid_table.mistake("All sines come first and then all cosines. Here they alternate, pair by pair.")
def _in_halves(T, d):
    return _waves(T, d, halves=True)


@sinusoid_table.mistake("The first place has number 0. You started at 1.")
def _from_one(T, d):
    return _waves(T, d, start=1)


@sinusoid_table.mistake("The exponent is −2i/d. With −i/d the slow half of the frequencies is missing.")
def _half_exponent(T, d):
    return _waves(T, d, exponent=np.arange(d // 2) / d)


@sinusoid_table.mistake("The frequencies grow instead of falling: the exponent is negative.")
def _growing(T, d):
    return _waves(T, d, exponent=-np.arange(0, d, 2) / d)


@sinusoid_table.mistake(
    "Each column has a frequency of its own in your table. The two of a pair share theirs: only then does a shift turn them."
)
def _each_its_own(T, d):
    angles = np.arange(T)[:, None] * 10000.0 ** (-np.arange(d) / d)
    return np.where(np.arange(d) % 2 == 0, np.sin(angles), np.cos(angles))


# -------------------------------------------------------------------------------------------------------- turned pairs
def _rows(rng):
    yield case("place 0: nothing is turned", np.array([[1.0, 2.0, 3.0, 4.0]]), np.array([0]))
    yield case("one pair along the first axis", np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([1, 2]))
    yield case("places that do not begin at 0", rng.normal(size=(2, 4)), np.array([7, 8]))
    for T, d in ((3, 4), (2, 6), (4, 8)):
        yield rng.normal(size=(T, d)), np.arange(T) + 1


@exercise(
    cases=_rows,
    hints=(
        "How is a vector (x, y) of the plane turned by an angle? And by which angle is pair i of place t turned?",
        "(x, y) becomes (x cos α − y sin α, x sin α + y cos α), with α = t · 10000^(−2i/d), for x = X[:, ::2] and y = X[:, 1::2].",
        "angles = places[:, None] * 10000.0 ** (-np.arange(0, d, 2) / d); out = np.empty(X.shape); out[:, ::2] = x * c - y * s; …",
    ),
)
def turned_pairs(X, places):
    """Return queries, each pair of entries (2i, 2i + 1) turned by the angle of its place.

    X : (T, d), d even;  places : (T,), the place of each row;  returns (T, d)
    """
    d = X.shape[1]
    angles = places[:, None] * 10000.0 ** (-np.arange(0, d, 2) / d)
    c, s = np.cos(angles), np.sin(angles)
    out = np.empty(X.shape)
    out[:, ::2] = X[:, ::2] * c - X[:, 1::2] * s
    out[:, 1::2] = X[:, ::2] * s + X[:, 1::2] * c
    return out


@turned_pairs.mistake(
    "You turned the other way round. With keys turned alike the scores would depend on the distance still, but as if before and after had changed places."
)
def _other_way(X, places):
    return positions.rotate(X, -np.asarray(places, float))


@turned_pairs.mistake(
    "Your pairs are entries i and i + d/2, the other convention. Here the two of a pair are neighbours."
)
def _halves(X, places):
    return positions.rotate(X, places, halves=True)


@turned_pairs.mistake("You added sinusoids. Here the vector is turned, and keeps its length.")
def _added(X, places):
    return X + positions.sinusoids(places, X.shape[1])


@turned_pairs.mistake(
    "The second entry is computed from the first one that is turned already. Keep the old one until both are done."
)
def _in_place(X, places):
    angles = np.asarray(places)[:, None] * positions.frequencies(X.shape[1])
    c, s = np.cos(angles), np.sin(angles)
    out = X.copy()
    out[:, ::2] = out[:, ::2] * c - out[:, 1::2] * s
    out[:, 1::2] = out[:, ::2] * s + out[:, 1::2] * c
    return out


@turned_pairs.mistake(
    "All rows are turned as if they stood at 0, 1, 2, …. Use the places that are given: a text may be going on."
)
def _from_zero(X, places):
    return positions.rotate(X, np.arange(len(X)))


@turned_pairs.mistake("All pairs turn at the same speed, a radian a place. Pair i turns by 10000^(−2i/d).")
def _one_speed(X, places):
    c, s = np.cos(np.asarray(places))[:, None], np.sin(np.asarray(places))[:, None]
    return np.stack([X[:, ::2] * c - X[:, 1::2] * s, X[:, ::2] * s + X[:, 1::2] * c], axis=2).reshape(X.shape)


# ------------------------------------------------------------------------------------------------- other conventions
def _matrices(rng):
    yield case("one pair: nothing changes", np.array([[1.0, 2.0], [3.0, 4.0]]))
    yield case("three pairs", np.arange(6.0)[None])
    for D, d in ((3, 6), (4, 8), (8, 8)):
        yield (rng.normal(size=(D, d)),)


@exercise(
    cases=_matrices,
    hints=(
        "Number the entries 0 to d − 1. Which of them are the first of their pair, and where do these stand in the other convention?",
        "Neighbours (0, 1), (2, 3), … become (0, d/2), (1, d/2 + 1), …: first come all entries with even numbers, then all with odd ones.",
        "np.concatenate([W[:, ::2], …], axis=1)",
    ),
)
def entries_in_halves(W):
    """Return the weights of a head's queries for code whose pairs are entries i and i + d/2.

    W : (D, d), for code whose pairs are entries 2i and 2i + 1: a column an entry, so Q = X @ W;  returns (D, d)
    The turned queries shall be the same up to the order of their entries.
    """
    return np.concatenate([W[:, ::2], W[:, 1::2]], axis=1)


@entries_in_halves.mistake("That is the way back, from halves to neighbours.")
def _way_back(W):
    d = W.shape[1]
    return np.stack([W[:, : d // 2], W[:, d // 2 :]], axis=2).reshape(W.shape)


@entries_in_halves.mistake("The second of each pair come first in your answer. Even numbers first, then odd ones.")
def _odd_first(W):
    return np.concatenate([W[:, 1::2], W[:, ::2]], axis=1)


@entries_in_halves.mistake("You exchanged the halves. Within them entries still belong to the wrong pairs.")
def _halves_exchanged(W):
    d = W.shape[1]
    return np.concatenate([W[:, d // 2 :], W[:, : d // 2]], axis=1)


@entries_in_halves.mistake("Nothing has changed: pairs that were neighbours are taken half the width apart.")
def _as_it_was(W):
    return W.copy()


@entries_in_halves.mistake("The columns stand in the reverse order.")
def _reversed(W):
    return W[:, ::-1]


# ---------------------------------------------------------------------------------------------------------- a cache
def _caches(rng):
    yield case("the first place: nothing is turned", np.array([1.0, 2.0]), np.array([[3.0, 4.0]]))
    yield case("one pair", np.array([1.0, 0.0]), positions.rotate(np.ones((3, 2)), np.arange(3)))
    for n, d in ((4, 4), (6, 2), (3, 8)):
        yield rng.normal(size=d), positions.rotate(rng.normal(size=(n, d)), np.arange(n))


@exercise(
    cases=_caches,
    hints=(
        "What has been turned already, and by which place is the query turned?",
        "The cache holds keys that were turned when they came, so they stay. The query stands at the last of its n places, n − 1. Scores are divided by √d.",
        "at = len(cache) - 1; turn the pairs (2i, 2i + 1) of q by at · 10000^(−2i/d); then cache @ … / np.sqrt(…)",
    ),
)
def score_with_cache(q, cache):
    """Return the scores of a new query with all keys so far.

    q : (d,), not turned yet; it stands at the last place
    cache : (n, d), the keys of the places 0 … n − 1, the query's own the last of them, each turned already when it came
    returns (n,). Pairs are entries 2i and 2i + 1.
    """
    d = len(q)
    angles = (len(cache) - 1) * 10000.0 ** (-np.arange(0, d, 2) / d)
    c, s = np.cos(angles), np.sin(angles)
    turned = np.empty(d)
    turned[::2] = q[::2] * c - q[1::2] * s
    turned[1::2] = q[::2] * s + q[1::2] * c
    return cache @ turned / np.sqrt(d)


def _scored(q, cache, at=None, again=False, root=True):
    at = len(cache) - 1 if at is None else at
    keys = positions.rotate(cache, np.arange(len(cache))) if again else cache
    return keys @ positions.rotate(q[None], [at])[0] / (np.sqrt(len(q)) if root else 1)


@score_with_cache.mistake(
    "You turned the cached keys once more. They were turned when they came; only what is new is turned."
)
def _again(q, cache):
    return _scored(q, cache, again=True)


@score_with_cache.mistake("The query is not turned, as if it stood at place 0.")
def _not_turned(q, cache):
    return _scored(q, cache, at=0)


@score_with_cache.mistake("The query is turned by one place too many: places begin at 0, so the last of n is n − 1.")
def _one_too_far(q, cache):
    return _scored(q, cache, at=len(cache))


@score_with_cache.mistake("The scores are not divided by √d.")
def _no_root(q, cache):
    return _scored(q, cache, root=False)


@score_with_cache.mistake(
    "The query is turned the other way round, so that its scores depend on sums of places and not on distances."
)
def _backwards(q, cache):
    return _scored(q, cache, at=1 - len(cache))


@score_with_cache.mistake(
    "The query is turned as if it stood at place 1, whatever the cache holds: its place is that of the last key."
)
def _always_one(q, cache):
    return _scored(q, cache, at=1)
