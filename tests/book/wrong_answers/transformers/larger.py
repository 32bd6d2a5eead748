"""Wrong answers to the exercises of "Larger: many processes, many machines"."""

import numpy as np


def _pass_on(held, t, piece=lambda p, t: p - t, to=1, add=True, old=True, back=True):
    P, new = len(held), held.copy()
    if P == 1 and back:
        return new
    for p in range(P):
        c = piece(p, t) % P
        what = held[p, c] if old else new[p, c]
        new[(p + to) % P, c] = what + (new[(p + to) % P, c] if add else 0)
    return new


def _boss(held, t):
    return np.tile(held.sum(axis=0), (len(held), 1))


def _parts(X, W1, b1, W2, b2, parts, f=lambda z: np.maximum(0, z), join=np.sum, b=1, every=False, whole=False):
    n = len(b1) // parts
    out = []
    for p in range(parts):
        own = slice(p * n, (p + 1) * n)
        out.append(f(X @ W1[:, own] + b * b1[own]) @ W2[own] + (b2 if every else 0))
    out = np.array(out)
    return out, join(out, axis=0) + (0 if every else b2)


def _without_b2(X, W1, b1, W2, b2, parts):
    given, answer = _parts(X, W1, b1, W2, b2, parts)
    return given, answer - b2


def _max_of_sum(X, W1, b1, W2, b2, parts):
    given, _ = _parts(X, W1, b1, W2, b2, parts, f=lambda z: z)
    return given, np.maximum(0, given.sum(axis=0)) + b2


WRONG = {
    "step_of_the_ring": [
        (lambda h, t: _pass_on(h, t, add=False), "overwrite|added"),
        (lambda h, t: _pass_on(h, t, to=-1), "before|next"),
        (lambda h, t: _pass_on(h, t, piece=lambda p, t: p + t), r"\(p − t\)|p \+ t"),
        (lambda h, t: _pass_on(h, t, piece=lambda p, t: p), "same piece"),
        (lambda h, t: _pass_on(h, t, piece=lambda p, t: t), "term is missing"),
        (_boss, "piece|entr|place|right|step"),
        (lambda h, t: h, "as it came in|nothing|changed"),
        (lambda h, t: _pass_on(h, t, back=False), "condition|one process"),
    ],
    "split_network": [
        (lambda *a: _parts(*a, every=True), "b₂"),
        (lambda *a: _parts(*a, join=np.mean), "mean|added up"),
        (lambda *a: _parts(*a, join=lambda g, axis: g[0]), "sum"),
        (lambda *a: _parts(*a, b=0), "b₁"),
        (lambda *a: _parts(*a, f=lambda z: z), "max|negative|sign|0"),
        (_without_b2, "b₂|b2|answer|second"),
        (_max_of_sum, "max|answer|second|first"),
        (lambda *a: _parts(*a)[1], "one of the things"),
    ],
    "gradient_of_portions": [
        (lambda g, n: g.mean(axis=0), "mean of means|token"),
        (lambda g, n: g.sum(axis=0), "not divided|added up"),
        (lambda g, n: (n[:, None] * g).sum(axis=0), "sum over all|[Dd]ivide"),
        (lambda g, n: (n[:, None] * g).mean(axis=0), "number of all tokens"),
        (lambda g, n: g[-1], "last portion"),
        (lambda g, n: (g / n[:, None]).sum(axis=0), "divide|factor|counts|mean|right|entr"),
        (lambda g, n: (n[:, None] * g).sum() / n.sum(), "shape|number|array|\\(D"),
    ],
}
