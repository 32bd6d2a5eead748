"""Wrong answers to the exercises of "Position and order"."""

import numpy as np


def _angles(places, d, power=None):
    return np.outer(places, 10000.0 ** (-(np.arange(d // 2) * 2 / d if power is None else power)))


def _alternating(a, b):
    out = np.zeros((len(a), 2 * a.shape[1]))
    out[:, 0::2], out[:, 1::2] = a, b
    return out


def _turn(X, places, sign=1, halves=False, one=False):
    d = X.shape[1]
    a = sign * _angles(places, d, np.zeros(d // 2) if one else None)
    x, y = (X[:, : d // 2], X[:, d // 2 :]) if halves else (X[:, 0::2], X[:, 1::2])
    u, v = x * np.cos(a) - y * np.sin(a), x * np.sin(a) + y * np.cos(a)
    return np.hstack([u, v]) if halves else _alternating(u, v)


def _scores(q, cache, at, keys=None, root=True):
    keys = cache if keys is None else keys
    return keys @ _turn(q[None], [at])[0] / (len(q) ** 0.5 if root else 1.0)


WRONG = {
    "sinusoid_table": [
        (lambda T, d: _alternating(np.cos(_angles(range(T), d)), np.sin(_angles(range(T), d))), "place|first"),
        (lambda T, d: np.hstack([np.sin(_angles(range(T), d)), np.cos(_angles(range(T), d))]), "alternate"),
        (
            lambda T, d: _alternating(np.sin(_angles(range(1, T + 1), d)), np.cos(_angles(range(1, T + 1), d))),
            "0|start",
        ),
        (
            lambda T, d: _alternating(*(f(_angles(range(T), d, np.arange(d // 2) / d)) for f in (np.sin, np.cos))),
            "2i/d|exponent",
        ),
        (
            lambda T, d: _alternating(*(f(_angles(range(T), d, -np.arange(0, d, 2) / d)) for f in (np.sin, np.cos))),
            "negative|exponent",
        ),
        (lambda T, d: np.sin(np.repeat(_angles(range(T), d), 2, axis=1)), "cosine|sine"),
        (
            lambda T, d: np.array(
                [[(np.cos if j % 2 else np.sin)(t / 10000 ** (j / d)) for j in range(d)] for t in range(T)]
            ),
            "frequency|pair",
        ),
    ],
    "turned_pairs": [
        (lambda X, p: _turn(X, p, sign=-1), "other way|sign"),
        (lambda X, p: _turn(X, p, halves=True), "convention|neighbours|d/2"),
        (lambda X, p: _turn(X, np.arange(len(X))), "places that are given|0, 1"),
        (lambda X, p: _turn(X, p, one=True), "speed"),
        (
            lambda X, p: X + _alternating(np.sin(_angles(p, X.shape[1])), np.cos(_angles(p, X.shape[1]))),
            "added|length",
        ),
        (lambda X, p: X.copy(), "unchanged|as it is|given|turn|argument"),
        (lambda X, p: _turn(X, p + 1), "place|one|1|argument"),
    ],
    "entries_in_halves": [
        (lambda W: np.hstack([W[:, 1::2], W[:, 0::2]]), "odd|first"),
        (lambda W: W.copy(), "Nothing|unchanged|given"),
        (lambda W: np.hstack(np.split(W, 2, axis=1)[::-1]), "exchanged|halves"),
        (lambda W: _alternating(*np.split(W, 2, axis=1)), "way back"),
        (lambda W: W[:, ::-1].copy(), "reverse"),
        (lambda W: np.vstack([W[::2], W[1::2]]), "column|row|shape|entr|order"),
    ],
    "score_with_cache": [
        (lambda q, c: _scores(q, c, len(c) - 1, keys=_turn(c, np.arange(len(c)))), "once more|already"),
        (lambda q, c: c @ q / len(q) ** 0.5, "not turned"),
        (lambda q, c: _scores(q, c, len(c)), "too many|n − 1"),
        (lambda q, c: _scores(q, c, len(c) - 1, root=False), "√d"),
        (lambda q, c: _scores(q, c, 1 - len(c)), "other way"),
        (lambda q, c: _scores(q, c, len(c) - 1, keys=c[:-1]), "shape|entries|own"),
    ],
}
