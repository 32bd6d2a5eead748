"""Wrong answers to the exercises of "BERT"."""

import numpy as np


def _shown(ids, picked, fate, drawn, low=0.8, high=0.9):
    out = ids.copy()
    out[picked & (fate < low)] = 3
    swap = picked & (fate >= low) & (fate < high)
    out[swap] = drawn[swap]
    return out


def _hide(ids, choose, fate, drawn, least=4, share=0.15, low=0.8, high=0.9):
    picked = (ids >= least) & (choose < share)
    return _shown(ids, picked, fate, drawn, low, high), np.where(picked, ids, -1)


def _of_shown(ids, choose, fate, drawn):
    picked = (ids >= 4) & (choose < 0.15)
    shown = _shown(ids, picked, fate, drawn)
    return shown, np.where(picked, shown, -1)


def _all_asked(ids, choose, fate, drawn):
    return _shown(ids, (ids >= 4) & (choose < 0.15), fate, drawn), np.where(ids >= 4, ids, -1)


def _of_all(ids, choose, fate, drawn):
    return _shown(ids, ids >= 4, fate, drawn), np.where((ids >= 4) & (choose < 0.15), ids, -1)


def _masks_asked(ids, choose, fate, drawn):
    shown = _shown(ids, (ids >= 4) & (choose < 0.15), fate, drawn)
    return shown, np.where(shown == 3, ids, -1)


def _cross_entropy(z, y, axis=-1):
    z = z - z.max(axis=axis, keepdims=True)
    logs = z - np.log(np.exp(z).sum(axis=axis, keepdims=True))
    return -np.take_along_axis(logs, y[..., None], axis=-1)[..., 0]


def _asked(z, y, wanted=lambda y: y >= 0, axis=-1, by=None, sign=1):
    each = _cross_entropy(z, y, axis)
    total = sign * each[wanted(y)].sum()
    return float(total / (wanted(y).sum() if by is None else by(y)))


def _packed(a, b, places, end=(2,), first=0, marks=3):
    ids = [1, *a, 2, *b, *end]
    segments = [0] * (len(a) + 2 - first) + [1] * (len(ids) - len(a) - 2 + first)
    return ids + [0] * (places - len(ids)), segments + [0] * (places - len(ids))


def _cut(a, b, places, which=lambda a, b: len(a) > len(b), at=-1, marks=3):
    a, b = list(a), list(b)
    while len(a) + len(b) > places - marks:
        one = a if (which(a, b) and a) or not b else b
        one.pop(at)
    return a, b


WRONG = {
    "hide_words": [
        (lambda i, c, f, d: _hide(i, c, f, d, least=0), "Marks|marks"),
        (lambda i, c, f, d: _hide(i, c, f, d, least=1), "arks|padding"),
        (lambda i, c, f, d: _hide(i, c, f, d, low=1.1), "Every chosen word is shown as"),
        (lambda i, c, f, d: _hide(i, c, f, d, high=1.1), "left as it is"),
        (_of_shown, "what is shown"),
        (_all_asked, "Every word has a target|Only the chosen"),
        (_of_all, "applied to every word"),
        (_masks_asked, "Only the places shown"),
    ],
    "hidden_words_loss": [
        (lambda z, y: _asked(z, y, by=lambda y: y.size), "all places"),
        (lambda z, y: float(_cross_entropy(z, y).mean()), "last word|not asked"),
        (lambda z, y: _asked(z, y, axis=1), "over the places|vocabulary"),
        (lambda z, y: _asked(z, y, wanted=lambda y: y > 0) if (y > 0).any() else 0.0, "word 0"),
        (lambda z, y: float(np.mean([_asked(z[i : i + 1], y[i : i + 1]) for i in range(len(y)) if (y[i] >= 0).any()])), "mean over texts"),
        (lambda z, y: _asked(z, y, sign=-1), "sign|negative|minus"),
        (lambda z, y: float(-np.take_along_axis(z, y[..., None], axis=-1)[..., 0][y >= 0].mean()), "log Σ"),
        (lambda z, y: _asked(z, y, by=lambda y: 1), "sum|mean|times|factor"),
    ],
    "two_sentences": [
        (lambda a, b, n: _packed(*_cut(a, b, n, which=lambda a, b: not b), n), "Always the second"),
        (lambda a, b, n: _packed(*_cut(a, b, n, at=0), n), "front"),
        (lambda a, b, n: _packed(*_cut(a, b, n, marks=2), n, end=()), r"\[SEP\] is missing"),
        (lambda a, b, n: _packed(*_cut(a, b, n), n, first=1), r"first \[SEP\]"),
        (lambda a, b, n: _packed(*_cut(a, b, n, which=lambda a, b: len(a) >= len(b)), n), "equally long"),
        (lambda a, b, n: (_packed(*_cut(a, b, n), n)[0], _packed(*_cut(a, b, n), n)[1][: len(a) + len(b) + 3]), "part 2"),
    ],
}  # fmt: skip
