"""Wrong answers to the exercises of the project "A detector for new letters"."""

import numpy as np


def _squash(t):
    return 1 / (1 + np.exp(-t))


def _one(z, r, c, middle=None, size=None, score=None, corners=None, label=lambda q: q.argmax()):
    x, y = (8 * (c + _squash(z[1])), 8 * (r + _squash(z[2]))) if middle is None else middle(z, r, c)
    w, h = (20 * np.exp(z[3]), 20 * np.exp(z[4])) if size is None else size(z)
    q = np.exp(z[5:] - z[5:].max())
    s = _squash(z[0]) * q.max() / q.sum() if score is None else score(z, q)
    box = [x - w / 2, y - h / 2, x + w / 2, y + h / 2] if corners is None else corners(x, y, w, h)
    return np.array([*box, s, label(z[5:])])


def _cut(s, h, T, key=lambda s: np.argsort(s)[::-1], f=lambda r, j, T: 2 * r / (j + T), told=None):
    o = key(s)
    r, j = np.cumsum(h[o]), np.arange(len(s)) + 1
    v = f(r, j, T)
    b = int(np.argmax(v))
    return np.array([s[o][b], v[b] if told is None else told(r, j, T)[b]])


def _f1(r, j, T):
    return 2 * r / (j + T)


def _table(true, said, K, add=None, after=lambda t: t):
    t = np.zeros((K, K), dtype=int)
    for a, b in zip(true, said, strict=True):
        (add or (lambda t, a, b: t.__setitem__((a, b), t[a, b] + 1)))(t, a, b)
    return after(t)


WRONG = {
    "decoded_cell": [
        (lambda z, r, c: _one(z, r, c, middle=lambda z, r, c: (8 * (r + _squash(z[1])), 8 * (c + _squash(z[2])))), "[Rr]ow|changed places"),
        (lambda z, r, c: _one(z, r, c, middle=lambda z, r, c: (8 * (c + z[1]), 8 * (r + z[2]))), "sigmoid|offset"),
        (lambda z, r, c: _one(z, r, c, size=lambda z: (20 * z[3], 20 * z[4])), "exponential|logarithm"),
        (lambda z, r, c: _one(z, r, c, corners=lambda x, y, w, h: [x, y, x + w, y + h]), "corner|middle"),
        (lambda z, r, c: _one(z, r, c, corners=lambda x, y, w, h: [x - w, y - h, x + w, y + h]), "half|whole"),
        (lambda z, r, c: _one(z, r, c, score=lambda z, q: q.max() / q.sum()), "at all|score"),
        (lambda z, r, c: _one(z, r, c, score=lambda z, q: _squash(z[0])), "class"),
        (lambda z, r, c: _one(z, r, c, label=lambda q: q.argmin()), "class|least|argmin|smallest|part"),
    ],
    "score_to_keep": [
        (lambda s, h, T: _cut(s, h, T, key=np.argsort), "rising|worst"),
        (lambda s, h, T: _cut(s, h, T, f=lambda r, j, T: r / j, told=_f1), "precision"),
        (lambda s, h, T: _cut(s, h, T, f=lambda r, j, T: r / T, told=_f1), "recall"),
        (lambda s, h, T: _cut(s, h, T, f=lambda r, j, T: 2 * r / (j + h.sum())), "truths|nobody"),
        (lambda s, h, T: _cut(s, h, T, f=lambda r, j, T: r / j + r / T, told=_f1), "sum|harmonic"),
        (lambda s, h, T: _cut(s, h, T, key=lambda s: np.arange(len(s))), "sort|order"),
        (lambda s, h, T: _cut(s, h, T, f=lambda r, j, T: r / (j + T)), "half"),
    ],
    "confusion_counts": [
        (lambda t, s, K: _table(t, s, K, add=lambda m, a, b: m.__setitem__((a, b), 1)), "once|often"),
        (lambda t, s, K: _table(s, t, K), "changed places|transpose"),
        (lambda t, s, K: _table(t, s, K, after=lambda m: m * (1 - np.eye(K, dtype=int))), "diagonal|mistakes"),
        (lambda t, s, K: _table(t, s, K, after=lambda m: m / np.maximum(m.sum(axis=1)[:, None], 1)), "[Cc]ounts|divide"),
        (lambda t, s, K: _table(t, s, K, after=lambda m: m + m.T - np.diag(np.diag(m))), "direction"),
        (lambda t, s, K: _table(t, s, K, after=lambda m: m / max(m.sum(), 1)), "count|sum|divide|factor|whole|share"),
    ],
}  # fmt: skip
