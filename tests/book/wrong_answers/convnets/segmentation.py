"""Wrong answers to the exercises on segmentation, as students write them."""

import numpy as np


def _dice(z, t, mask=lambda z: z > 0, mean=True, empty=1.0, add=0.0, half=False):
    scores, tops, bottoms = [], [], []
    for one, true in zip(z, t, strict=True):
        m = mask(one)
        top, bottom = 2 * np.sum(m * true) + add, np.sum(m) + np.sum(true) + add
        if half:
            top, bottom = top / 2, bottom - top / 2
        tops.append(top)
        bottoms.append(bottom)
        scores.append(top / bottom if bottom > 0 else empty)
    if mean:
        return float(np.mean(scores))
    return float(np.sum(tops) / np.sum(bottoms)) if np.sum(bottoms) else empty


def _up(x, k, s, p, turn=False, cut=True, gather=False):
    """Puts zeros between the inputs, then convolves."""
    wide = np.zeros((len(x) - 1) * s + 1)
    wide[::s] = x
    out = np.correlate(wide, k, "full") if turn else np.convolve(wide, k, "full")
    return out[p : len(out) - p] if cut else out


def _up_overwriting(x, k, s, p):
    out = np.zeros((len(x) - 1) * s + len(k))
    for i, v in enumerate(x):
        out[i * s : i * s + len(k)] = v * k
    return out[p : len(out) - p]


def _unet(n, L, lost=4, floor=True, divide=2, order=1, crop=True):
    skips = []
    for _ in range(L):
        n = n - lost
        skips.append(n)
        n = n // 2
    n = n - lost if floor else n
    cuts = []
    for s in skips[::-1]:
        n = n * 2
        cuts.append((s - n) // divide)
        n = (n if crop else s) - lost
    return np.array([*cuts[::order], n])


def _slope(p, t, e, above=None, sign=1):
    S = p.sum() + t.sum() + e
    return sign * (2 * t * S - (2 * (p * t).sum() + e)) / S**2 if above is None else above(p, t, e, S)


WRONG = {
    "dice_of_images": [
        (lambda z, t: _dice(z, t, mask=lambda v: v > 0.5), "logits, not probabilities"),
        (lambda z, t: _dice(z, t, mean=False), "pooled"),
        (lambda z, t: _dice(z, t, empty=0.0), "agree"),
        (lambda z, t: _dice(z, t, mask=lambda v: 1 / (1 + np.exp(-v))), "probabilities themselves|soft"),
        (lambda z, t: _dice(z, t, half=True), "Jaccard"),
        (lambda z, t: _dice(z, t, add=1.0), "constant"),
        (lambda z, t: _dice(z, t, mask=lambda v: v >= v.max()), "mask|above|0|logit|answer"),
    ],
    "transposed_row": [
        (lambda *a: _up(*a, turn=True), "turned the kernel"),
        (lambda *a: _up(*a, cut=False), "Nothing is cut"),
        (_up_overwriting, "replace"),
        (lambda x, k, s, p: _up(x, k, 1, p), "one place apart|stride"),
        (lambda x, k, s, p: _up(x, k, s, 0)[2 * p :], "at the front"),
        (lambda x, k, s, p: _up(x, k, s, 0)[: (len(x) - 1) * s + len(k) - 2 * p], "at the end"),
    ],
    "crops_of_a_unet": [
        (lambda n, L: _unet(n, L, lost=2), "2 pixels a level"),
        (lambda n, L: _unet(n, L, floor=False), "bottom"),
        (lambda n, L: _unet(n, L, divide=1), "whole difference"),
        (lambda n, L: np.append(_unet(n, L)[:-1][::-1], _unet(n, L)[-1]), "order"),
        (lambda n, L: _unet(n, L, crop=False), "without the crop"),
        (lambda n, L: _unet(n, L, lost=0), "not padded"),
    ],
    "slope_of_soft_dice": [
        (lambda p, t, e: 2 * t / (p.sum() + t.sum() + e), "below|lower sum"),
        (lambda p, t, e: _slope(p, t, e, sign=-1), "sign|loss"),
        (lambda p, t, e: _slope(p, t, e) * (p.sum() + t.sum() + e), "divides by S|quotient"),
        (lambda p, t, e: (2 * t - 2 * (p * t).sum() / (p.sum() + t.sum() + e)) / (p.sum() + t.sum() + e), "constant"),
        (lambda p, t, e: (t - (2 * (p * t).sum() + e) / (p.sum() + t.sum() + e)) / (p.sum() + t.sum() + e), "factor 2"),
        (lambda p, t, e: (2 * t - (2 * (p * t).sum() + e) / (p.sum() + t.sum() + e)) / (p.sum() + t.sum()), "constant|below|ε"),
    ],
}  # fmt: skip
