"""Wrong answers to the exercises of "Architectures, counted"."""

import numpy as np


def _cost(s, c, k, t, p, g, b, weights=None, places=None, free=None, times=1):
    C, H, W = s
    w = k * k * C * c // g if weights is None else weights(C, c, k, g)
    h, v = ((n + 2 * p - k) // t + 1 for n in (H, W))
    m = h * v if places is None else places(H, W, h, v)
    return w + (c * b if free is None else free(c, b, h * v)), times * w * m


def _shapes(shape, layers, step, dense=lambda u, C, H, W: (u, 1, 1), channels=True):
    rows = []
    C, H, W = shape
    for kind, *n in layers:
        if kind == "dense":
            C, H, W = dense(n[0], C, H, W)
        else:
            k, s, p = n[-3:]
            H, W = step(H, k, s, p), step(W, k, s, p)
            if kind == "conv" and channels:
                C = n[0]
        rows.append((C, H, W))
    return np.array(rows, dtype=int).reshape(-1, 3)


def _right(n, k, s, p):
    return (n + 2 * p - k) // s + 1


WRONG = {
    "cost_of_a_convolution": [
        (lambda *a: _cost(*a, weights=lambda C, c, k, g: k * k * C * c), "[Gg]roups"),
        (lambda *a: _cost(*a, times=2), "flops|half as many"),
        (lambda *a: _cost(*a, free=lambda c, b, m: 0), "free terms"),
        (lambda *a: _cost(*a, places=lambda H, W, h, v: H * W), "input|output"),
        (lambda *a: _cost(*a, places=lambda H, W, h, v: 1), "every place"),
        (lambda *a: _cost(*a, free=lambda c, b, m: c * b * m), "each of its places"),
        (lambda *a: _cost(*a, weights=lambda C, c, k, g: k * C * c // g), "size²"),
    ],
    "shapes_through_a_net": [
        (lambda s, L: _shapes(s, L, lambda n, k, s, p: (n + p - k) // s + 1), "both sides|2p"),
        (lambda s, L: _shapes(s, L, lambda n, k, s, p: (n + 2 * p - k) // s), r"\+ 1|missing"),
        (lambda s, L: _shapes(s, L, lambda n, k, s, p: -(-(n + 2 * p - k) // s) + 1), "up"),
        (lambda s, L: _shapes(s, L, _right, lambda u, C, H, W: (u, H, W)), "dense"),
        (lambda s, L: _shapes(s, L, lambda n, k, s, p: n + 2 * p - k + 1), "stride"),
        (lambda s, L: _shapes(s, L, _right, channels=False), "[Cc]hannels|column|C"),
    ],
}  # fmt: skip
