"""Wrong answers to the exercises on augmentation and transfer, as students write them."""

import numpy as np


def _mirror(image, boxes, edge=0, order=(2, 0), image_axis=1, width=None):
    W = (image.shape[1] if width is None else width) - edge
    new = boxes.copy()
    new[:, 0], new[:, 2] = W - boxes[:, order[0]], W - boxes[:, order[1]]
    return np.flip(image, image_axis), new


def _swapped_only(image, boxes):
    return image[:, ::-1], boxes[:, [2, 1, 0, 3]]


def _blended(X, Y, partner, lam, own=None):
    out = np.array([lam[n] * X[n] + (1 - lam[n]) * X[partner[n]] for n in range(len(X))])
    labels = np.array([lam[n] * Y[n] + (1 - lam[n]) * Y[partner[n]] for n in range(len(X))])
    return out, labels if own is None else own(Y, partner, lam, labels)


def _hard(Y, partner, lam, labels):
    out = np.zeros_like(Y)
    out[np.arange(len(Y)), labels.argmax(axis=1)] = 1
    return out


def _all_then_split(X, held, moves):
    everything = [X, *(np.roll(X, m, axis=2) for m in moves)]
    rest = np.delete(X, held, axis=0)
    return np.concatenate([rest, *everything[1:]]), X[held]


def _train(X, held, moves, copies, judge=None):
    rest = np.array([x for n, x in enumerate(X) if n not in held])
    return np.concatenate([rest, *copies(rest)]), X[held] if judge is None else judge


def _windows(image, mask, size, seed, rows=1, columns=1, second=False):
    rng = np.random.default_rng(seed)
    H, W = image.shape
    top, left = rng.integers(max(H - size + rows, 1)), rng.integers(max(W - size + columns, 1))
    a = image[top : top + size, left : left + size]
    if second:
        top, left = rng.integers(H - size + 1), rng.integers(W - size + 1)
    return a, mask[top : top + size, left : left + size]


def _reversed_draws(image, mask, size, seed):
    rng = np.random.default_rng(seed)
    H, W = image.shape
    left, top = rng.integers(0, W - size + 1), rng.integers(0, H - size + 1)
    return image[top : top + size, left : left + size], mask[top : top + size, left : left + size]


def _centre(image, mask, size, seed):
    H, W = image.shape
    top, left = (H - size) // 2, (W - size) // 2
    return image[top : top + size, left : left + size], mask[top : top + size, left : left + size]


WRONG = {
    "flip_with_boxes": [
        (lambda x, b: (x[:, ::-1], b), "must be flipped"),
        (lambda x, b: _mirror(x, b, edge=1), "off by one"),
        (lambda x, b: _mirror(x, b, order=(0, 2)), "old right edge"),
        (lambda x, b: (x, _mirror(x, b)[1]), "picture is not"),
        (lambda x, b: _mirror(x, b, width=x.shape[0]), "height"),
        (lambda x, b: _mirror(x, b, image_axis=0), "upside down"),
        (_swapped_only, "box|edge|right|W"),
    ],
    "mixup_batch": [
        (lambda X, Y, p, s: _blended(X, Y, p, s, lambda Y, *rest: Y), "labels are not"),
        (lambda X, Y, p, s: _blended(X, Y, p, s, _hard), "larger part"),
        (lambda X, Y, p, s: _blended(X, Y, p, 1 - s), "exchanged the shares"),
        (lambda X, Y, p, s: _blended(X, Y, p, s, lambda Y, p, s, L: (Y + Y[p]) / 2), "half and half"),
        (lambda X, Y, p, s: _blended(X, Y, p, s, lambda Y, p, s, L: np.maximum(Y, Y[p])), "sum to 1"),
        (lambda X, Y, p, s: _blended(X, Y, p, np.full(len(s), s[0])), "one share"),
        (lambda X, Y, p, s: _blended(X, Y, p, s, lambda Y, p, s, L: _blended(X, Y, p, 1 - s)[1]), "shares exchanged"),
    ],
    "split_then_augment": [
        (_all_then_split, "before the split"),
        (
            lambda X, h, m: _train(X, h, m, lambda r: [np.roll(r, k, 2) for k in m], np.concatenate([X[h], *(np.roll(X[h], k, 2) for k in m)])),
            "judge by moved copies",
        ),
        (lambda X, h, m: _train(X, h, m, lambda r: [np.roll(r, k, 1) for k in m]), "up or down"),
        (lambda X, h, m: _train(X, h, m, lambda r: [np.roll(r, k) for k in m]), "without an axis"),
        (lambda X, h, m: _train(X, h, m, lambda r: [np.roll(r, -k, 2) for k in m]), "to the left"),
        (lambda X, h, m: _train(X, h, m, lambda r: [np.roll(r, k, 2) for k in m], X[sorted(h)]), "order"),
        (lambda X, h, m: (np.array([np.roll(x, k, 1) for k in m for x in np.delete(X, h, 0)]), X[h]), "originals"),
    ],
    "random_crop": [
        (lambda x, m, n, s: _windows(x, m, n, s, second=True), "drew twice"),
        (lambda x, m, n, s: _windows(x, m, n, s, rows=0, columns=0), "never touch"),
        (_reversed_draws, "column first"),
        (_centre, "middle"),
        (lambda x, m, n, s: (_windows(x, m, n, s)[0], m[:n, :n]), "upper left corner"),
        (lambda x, m, n, s: (_windows(x, m, n, s)[0], m), "mask is not cut"),
    ],
}  # fmt: skip
