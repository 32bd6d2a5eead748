"""Wrong answers to the exercises of "Pooling, and what a unit sees"."""

import numpy as np


def _pool(x, k, s, p, value=-np.inf, best=np.max, count=None):
    P = np.pad(x, p, constant_values=value)
    m = count or (lambda n: (n - k) // s + 1)
    return np.array(
        [[best(P[i * s : i * s + k, j * s : j * s + k]) for j in range(m(P.shape[1]))] for i in range(m(P.shape[0]))]
    )


def _grad(x, G, k, s, put):
    out = np.zeros(x.shape)
    for i in range(G.shape[0]):
        for j in range(G.shape[1]):
            w = x[i * s : i * s + k, j * s : j * s + k]
            put(out, i * s, j * s, w, G[i, j])
    return out


def _equal(out, a, b, w, g):
    out[a : a + w.shape[0], b : b + w.shape[1]] += (w == w.max()) * g


def _split(out, a, b, w, g):
    hit = w == w.max()
    out[a : a + w.shape[0], b : b + w.shape[1]] += hit * g / hit.sum()


def _write(out, a, b, w, g):
    i, j = np.unravel_index(w.argmax(), w.shape)
    out[a + i, b + j] = g


def _even(out, a, b, w, g):
    out[a : a + w.shape[0], b : b + w.shape[1]] += g / w.size


def _value(out, a, b, w, g):
    i, j = np.unravel_index(w.argmax(), w.shape)
    out[a + i, b + j] += g * w.max()


def _corner(out, a, b, w, g):
    out[a, b] += g


def _field(layers, grow, hop):
    r, j = 1, 1
    for k, s, d in layers:
        r, j = grow(r, j, k, s, d), hop(j, s)
    return int(r), int(j)


WRONG = {
    "pooled_with_padding": [
        (lambda x, k, s, p: _pool(x, k, s, p, 0.0), "−∞|0"),
        (lambda x, k, s, p: _pool(x, k, k, p), "side by side|stride"),
        (lambda x, k, s, p: _pool(x, k, s, p, 0.0, np.mean), "mean|largest"),
        (lambda x, k, s, p: _pool(x, k, s, p, count=lambda n: -(-(n - k) // s) + 1), "up|fit"),
        (lambda x, k, s, p: _pool(x, k, s, 0), "padding"),
        (lambda x, k, s, p: _pool(x, k, s, p, np.inf), "∞|inf|finite"),
        (lambda x, k, s, p: _pool(x, k, s, p, -np.inf, lambda w: w.min()), "inf|finite|NaN|largest"),
    ],
    "gradient_of_pooling": [
        (lambda x, G, k, s: _grad(x, G, k, s, _equal), "tie"),
        (lambda x, G, k, s: _grad(x, G, k, s, _split), "tie|share"),
        (lambda x, G, k, s: _grad(x, G, k, s, _write), "overlap|sum|over the others"),
        (lambda x, G, k, s: _grad(x, G, k, s, _even), "mean|share"),
        (lambda x, G, k, s: _grad(x, G, k, s, _value), "largest|first|entr|differ|wrong|expected"),
        (lambda x, G, k, s: _grad(x, G, k, s, _corner), "nothing of x"),
    ],
    "field_of_a_chain": [
        (lambda L: _field(L, lambda r, j, k, s, d: r + (k - 1) * d * j * s, lambda j, s: j * s), "own stride"),
        (lambda L: _field(L, lambda r, j, k, s, d: r + k * d * j, lambda j, s: j * s), "k − 1"),
        (lambda L: _field(L, lambda r, j, k, s, d: r + (k - 1) * j, lambda j, s: j * s), "[Dd]ilation"),
        (lambda L: _field(L, lambda r, j, k, s, d: r + (k - 1) * d * j, lambda j, s: s), "multiply"),
        (lambda L: _field(L[::-1], lambda r, j, k, s, d: r + (k - 1) * d * j, lambda j, s: j * s), "last to the first|begin"),
        (lambda L: _field(L, lambda r, j, k, s, d: r + (k - 1) * d, lambda j, s: j * s), "jump apart"),
    ],
}  # fmt: skip
