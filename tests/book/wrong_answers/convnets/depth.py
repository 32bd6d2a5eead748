"""Wrong answers to the exercises on depth, as students write them."""

import numpy as np


def _fit(x, channels, stride, at=0, both=True, front=False, fill=0.0, wide=None):
    x = x[:, at::stride, at::stride] if both else x[:, at::stride]
    out = np.full((channels, *x.shape[1:]), fill)
    out[channels - len(x) if front else 0 :][: len(x)] = x
    return out


def _mean(x, channels, stride):
    H, W = (-(-n // stride) for n in x.shape[1:])
    y = np.array(
        [
            [
                [c[i * stride : (i + 1) * stride, j * stride : (j + 1) * stride].mean() for j in range(W)]
                for i in range(H)
            ]
            for c in x
        ]
    )
    return np.concatenate([y, np.zeros((channels - len(x), H, W))])


def _corner(x, channels, stride):
    return _fit(x[:, : -(-x.shape[1] // stride), : -(-x.shape[2] // stride)], channels, 1)


def _tiled(x, channels, stride):
    return np.resize(x, (channels, *x.shape[1:]))[:, ::stride, ::stride]


def _relu(x):
    return np.maximum(x, 0)


def _back(g, Js, order=-1, way=1.0, transpose=True):
    for J in Js[::order]:
        g = way * g + (J.T if transpose else J) @ g
    return g


def _first(g, Js):
    return g + sum((J.T @ g for J in Js), 0 * g)


def _around(g, Js):
    return g + _back(g, Js, way=0)


WRONG = {
    "input_that_fits": [
        (lambda x, c, s: _fit(x, c, 1), "every stride-th"),
        (lambda x, c, s: _fit(x, c, s, front=True), "in front"),
        (lambda x, c, s: _fit(x, c, s, both=False), "both"),
        (lambda x, c, s: _fit(x, c, s, at=s - 1), "first"),
        (_corner, "corner"),
        (_tiled, "repeated"),
        (_mean, "mean|average|stride"),
        (lambda x, c, s: x[:, ::s, ::s], "channels are missing"),
    ],
    "residual_block": [
        (lambda x, f, s: s(x) + _relu(f(x)), "before the sum"),
        (lambda x, f, s: s(x) + f(x), "no ReLU"),
        (lambda x, f, s: _relu(f(x)), "shortcut is missing"),
        (lambda x, f, s: _relu(f(x) - s(x)), "difference"),
        (lambda x, f, s: _relu(s(x)) + _relu(f(x)), "ReLU"),
        (lambda x, f, s: _relu(_relu(s(x)) + f(x)), "shortcut's result"),
        (lambda x, f, s: np.concatenate([s(x), f(x)], axis=1), "shape"),
    ],
    "slope_through_blocks": [
        (lambda g, Js: _back(g, Js, order=1), "from the last"),
        (lambda g, Js: _back(g, Js, way=0), "plain stack"),
        (lambda g, Js: _back(g, Js, transpose=False), "transpose"),
        (_first, "paths through two"),
        (_around, "around each"),
        (lambda g, Js: _back(g, Js, order=1, transpose=False), "from the last|transpose"),
    ],
}
