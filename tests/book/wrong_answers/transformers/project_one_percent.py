"""Wrong answers to the exercises of the project "One percent"."""

import numpy as np


def _count(shapes, ranks, full, one=lambda r, i, o: r * i + r * o, whole=lambda s: int(np.prod(s)), names=None):
    out = 0
    for n, r in ranks.items():
        out += one(r, *shapes[n])
    for n in full if names is None else names(shapes, ranks, full):
        out += whole(shapes[n])
    return out


def _slopes(dW, A, B, alpha, by=None, a=lambda dW, A, B: dW @ B.T, b=lambda dW, A, B: A.T @ dW):
    r = A.shape[1]
    s = alpha / r if by is None else by(alpha, A, B)
    return s * a(dW, A, B), s * b(dW, A, B)


def _merge(weights, factors, alpha, s=lambda a, A, B: a / A.shape[1], of=lambda W, C: W + C, upto=None):
    return [of(W, s(alpha, A, B) * (A @ B)) for W, (A, B) in list(zip(weights, factors, strict=True))[:upto]]


def _in_place(weights, factors, alpha):
    for W, (A, B) in zip(weights, factors, strict=True):
        W += alpha / A.shape[1] * (A @ B)
    return weights


WRONG = {
    "numbers_learned": [
        (lambda s, r, f: _count(s, r, f, one=lambda r, i, o: i * o), "frozen|changed"),
        (lambda s, r, f: _count(s, r, f, one=lambda r, i, o: r * i * o), r"I · O"),
        (lambda s, r, f: _count(s, r, f, one=lambda r, i, o: r * i), "B"),
        (lambda s, r, f: _count(s, r, f, one=lambda r, i, o: i + o), "rank"),
        (lambda s, r, f: _count(s, r, f, names=lambda *a: []), "full"),
        (lambda s, r, f: _count(s, r, f, whole=sum), "sum|sides"),
        (lambda s, r, f: _count(s, r, f, names=lambda s, r, f: [n for n in s if n not in r]), "full|listed"),
        (lambda s, r, f: _count(s, r, f, one=lambda r, i, o: i * o + r * (i + o)), "frozen"),
    ],
    "factor_slopes": [
        (lambda dW, A, B, a: _slopes(dW, A, B, a, by=lambda a, A, B: 1), "α/r"),
        (lambda dW, A, B, a: _slopes(dW, A, B, a, by=lambda a, A, B: a), "α/r"),
        (lambda dW, A, B, a: _slopes(dW, A, B, a, by=lambda a, A, B: a / len(A)), "rows"),
        (lambda dW, A, B, a: _slopes(dW, A, B, a)[::-1], "places|shape"),
        (lambda dW, A, B, a: _slopes(dW, A, B, a, by=lambda a, A, B: -a / len(B)), "sign"),
        (lambda dW, A, B, a: _slopes(dW, A, B, a, by=lambda a, A, B: len(B) / a), "r/α"),
        (lambda dW, A, B, a: _slopes(dW, A, B, a, by=lambda a, A, B: (a / len(B)) ** 2), "square|scale|α"),
    ],
    "added_to_weights": [
        (lambda w, c, a: _merge(w, c, a, s=lambda a, A, B: a), "α/r"),
        (lambda w, c, a: _merge(w, c, a, s=lambda a, A, B: 1), "scale"),
        (lambda w, c, a: _merge(w, c, a, of=lambda W, C: C), "W₀"),
        (lambda w, c, a: _merge(w, c, a, of=lambda W, C: W - C), "away"),
        (lambda w, c, a: _merge(w, c, a, upto=1), "1|len|list|item|entr"),
        (lambda w, c, a: _merge(w, c, a, of=lambda W, C: W + 2 * C), "twice"),
        (_in_place, "changed|in place|stay|given"),
        (lambda w, c, a: _merge(w, c, a, s=lambda a, A, B: a / len(A)), "rows|columns|r|scale"),
    ],
}
