"""Wrong answers to the exercises of "A model of characters"."""

import numpy as np


def _bits(log_p, mean=np.mean, bit=0.6931471805599453, by=np.exp, sign=-1):
    nats = sign * mean(log_p)
    return nats / bit, by(nats)


def _mixed_in(counts, shorter, kinds=np.count_nonzero, over=None, old=lambda c: c):
    t = kinds(counts)
    if counts.sum() == 0:
        return shorter.copy()
    return (old(counts) + t * shorter) / (counts.sum() + t if over is None else over(counts, t))


def _soft(a):
    e = np.exp(a - a.max())
    return e / e.sum()


def _chunked(text, B, T, shift=1, windows=False, axes=(1, 0, 2)):
    K = (len(text) - 1) // (B * T)
    n = B * K * T
    shape = (K, B, T) if windows else (B, K, T)
    cut = lambda part: part.reshape(shape) if windows else part.reshape(shape).transpose(axes)
    return cut(text[:n]), cut(text[shift : n + shift])


WRONG = {
    "bits_and_perplexity": [
        (lambda p: _bits(p, bit=1), "nats|log 2"),
        (lambda p: (_bits(p)[0], 2 ** (-np.mean(p))), "base|mixed"),
        (lambda p: (_bits(p)[0], np.exp(_bits(p)[0])), "base|mixed"),
        (lambda p: _bits(p, mean=np.sum), "sum|mean|whole|long|number"),
        (lambda p: _bits(p, sign=1), "sign|negative|minus"),
        (lambda p: (_bits(p)[0], np.mean(1 / np.exp(p))), "averag"),
        (lambda p: (_bits(p)[1], _bits(p)[0]), "order|swap|each other|exchanged|first|part 1"),
    ],
    "counted_and_smoothed": [
        (lambda c, s: c / c.sum() if c.sum() else s, "never seen|counts alone"),
        (lambda c, s: (c + 1) / (c + 1).sum(), "one|shorter"),
        (lambda c, s: _mixed_in(c, s, kinds=len), "different|kinds"),
        (lambda c, s: _mixed_in(c, s, kinds=np.sum), "kinds|different|t"),
        (lambda c, s: _mixed_in(c, s, over=lambda c, t: c.sum()), "sum|n \\+ t"),
        (lambda c, s: np.where(c > 0, c / max(c.sum(), 1), s), "unseen|never seen|sum|every symbol"),
        (lambda c, s: (c + np.count_nonzero(c) * s) / np.float64(c.sum() + np.count_nonzero(c)), "never|0|nan|empty"),
        (lambda c, s: s, "counts|shorter|returned|given|argument"),
    ],
    "sharpened": [
        (lambda z, T: _soft(z * T), "multipl|divide"),
        (lambda z, T: _soft(z) / T, "sum|probabilit|divided"),
        (lambda z, T: (_soft(z) / T) / (_soft(z) / T).sum(), "after|softmax itself"),
        (lambda z, T: _soft(z) ** T / (_soft(z) ** T).sum(), "1/T|power|multipl|divide"),
        (lambda z, T: _soft(_soft(z) / T), "softmax of a softmax|scores"),
        (lambda z, T: np.exp(z / T) / np.exp(z / T).sum(), "overflow|largest"),
        (lambda z, T: z / T, "exp|softmax|sum|probabilit"),
    ],
    "chunks_that_go_on": [
        (lambda x, B, T: _chunked(x, B, T, windows=True), "go on|windows"),
        (lambda x, B, T: _chunked(x, B, T, shift=0), "themselves|after|target"),
        (lambda x, B, T: _chunked(x, B, T)[::-1], "exchanged|wrong way|swap"),
        (lambda x, B, T: _chunked(x, B, T, axes=(0, 1, 2)), "axes|order|shape|chunks first"),
        (
            lambda x, B, T: (_chunked(x, B, T)[0], np.roll(_chunked(x, B, T)[0], -1, axis=2)),
            "wrap|roll|target|part 2|second",
        ),
        (
            lambda x, B, T: _chunked(x[:-1], B, T) if len(x) > B * T + 1 else _chunked(x, B, T),
            "left|as many|shape|chunk|constant",
        ),
    ],
}  # fmt: skip
