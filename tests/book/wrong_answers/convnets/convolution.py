"""Wrong answers to the exercises of "Convolution"."""

import math

import numpy as np


def _room(n, k, s, p, d):
    return n + 2 * p - ((k - 1) * d + 1)


def _conv(x, K, b, s, p, flip=False, fill="constant", channels=slice(None), taps=None):
    """Four loops, as one writes them first."""
    x = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)), mode=fill)[:, channels]
    K = K[:, channels, ::-1, ::-1] if flip else K[:, channels]
    (N, _, H, W), (O, _, kh, kw) = x.shape, K.shape
    y = np.zeros((N, O, (H - kh) // s + 1, (W - kw) // s + 1))
    for n, o, u, v in np.ndindex(y.shape):
        y[n, o, u, v] = (K[o] * x[n, :, u * s : u * s + kh, v * s : v * s + kw]).sum()
        y[n, o, u, v] += b[o] * (1 if taps is None else taps(K))
    return y


def _rows(x, kh, kw, s, each=lambda piece: piece, swap=False):
    N, _, H, W = x.shape
    places = [(u, v) for u in range(0, H - kh + 1, s) for v in range(0, W - kw + 1, s)]
    if swap:
        places = [(u, v) for v in range(0, W - kw + 1, s) for u in range(0, H - kh + 1, s)]
    return np.stack([each(x[:, :, u : u + kh, v : v + kw]).reshape(N, -1) for u, v in places], axis=1)


def _slopes(x, G, kh, kw, s, p, flip=False, over=lambda x, G: 1, fill="constant", step=None, only=slice(None)):
    x = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)), mode=fill)[only]
    G = G[only]
    step = s if step is None else step
    dK = np.zeros((G.shape[1], x.shape[1], kh, kw))
    for n, o, u, v in np.ndindex(G.shape):
        dK[o] += G[n, o, u, v] * x[n, :, u * step : u * step + kh, v * step : v * step + kw]
    return (dK[:, :, ::-1, ::-1] if flip else dK) / over(x, G)


WRONG = {
    "places_of_a_kernel": [
        (lambda n, k, s, p, d: _room(n, k, s, p, d) / s + 1, "rounded down"),
        (lambda n, k, s, p, d: math.ceil(_room(n, k, s, p, d) / s) + 1, "rounded up|round down"),
        (lambda n, k, s, p, d: _room(n, k, s, p, 1) // s + 1, "dilation"),
        (lambda n, k, s, p, d: (n + 2 * p - k * d) // s + 1, "k·d|gap"),
        (lambda n, k, s, p, d: (n + p - (k - 1) * d - 1) // s + 1, "both ends|twice"),
        (lambda n, k, s, p, d: _room(n, k, s, p, d) // s, "[Oo]ne"),
        (lambda n, k, s, p, d: _room(n, k, s, p, d) + 1, "stride|s |, s|factor|argument"),
    ],
    "convolve": [
        (lambda x, K, b, s, p: _conv(x, K, b, s, p, flip=True), "turned|180"),
        (lambda x, K, b, s, p: _conv(x, K, b, s, p, taps=lambda K: K[0].size), "free term"),
        (lambda x, K, b, s, p: _conv(x, K, b, s, p, taps=lambda K: K.shape[1]), "free term"),
        (lambda x, K, b, s, p: _conv(x, K, b, s, p, channels=slice(0, 1)), "channel"),
        (lambda x, K, b, s, p: _conv(x, K, b, s, p, fill="edge"), "zeros|border"),
        (lambda x, K, b, s, p: _conv(x, K, 0 * b, s, p), "free term"),
        (lambda x, K, b, s, p: _conv(x, K, b, s, 0), "shape|size|padding"),
        (lambda x, K, b, s, p: _conv(x, K, b, 1, p), "shape|size|stride"),
    ],
    "columns_of": [
        (lambda x, kh, kw, s: _rows(x, kh, kw, s, lambda a: a.transpose(0, 2, 3, 1)), "channel"),
        (lambda x, kh, kw, s: _rows(x, kh, kw, s, swap=True), "column by column|row by row"),
        (lambda x, kh, kw, s: _rows(x, kh, kw, s, lambda a: a.transpose(0, 1, 3, 2)), "column by column|row by row"),
        (lambda x, kh, kw, s: _rows(x, kh, kw, 1), "stride"),
        (lambda x, kh, kw, s: _rows(x, kh, kw, s).transpose(0, 2, 1), "transpose|shape"),
        (lambda x, kh, kw, s: _rows(x, kh, kw, s, lambda a: a[:, ::-1]), "order|channel|turn|revers|entr|where"),
    ],
    "gradient_of_the_kernel": [
        (lambda x, G, kh, kw, s, p: _slopes(x, G, kh, kw, s, p, flip=True), "turned|180"),
        (lambda x, G, kh, kw, s, p: _slopes(x, G, kh, kw, s, p, over=lambda x, G: len(x)), "mean over the pictures"),
        (lambda x, G, kh, kw, s, p: _slopes(x, G, kh, kw, s, p, over=lambda x, G: G[0, 0].size), "mean over the places"),
        (lambda x, G, kh, kw, s, p: _slopes(x, G, kh, kw, s, p, step=1), "stride"),
        (lambda x, G, kh, kw, s, p: _slopes(x, G, kh, kw, s, p, fill="edge"), "zeros|border"),
        (lambda x, G, kh, kw, s, p: _slopes(x, G, kh, kw, s, p, only=slice(0, 1)), "first picture|pictures"),
        (lambda x, G, kh, kw, s, p: -_slopes(x, G, kh, kw, s, p), "sign|negative|minus"),
        (lambda x, G, kh, kw, s, p: _slopes(x, G, kh, kw, s, p).swapaxes(0, 1), "order|transpos|axes"),
    ],
}  # fmt: skip
