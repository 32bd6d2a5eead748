"""Wrong answers to the exercises on the block, as students write them."""

import numpy as np


def _stack(x, sublayers, norm, order="pre", last=True, keep="x", reverse=False):
    for f in sublayers[::-1] if reverse else sublayers:
        y = norm(x)
        if order == "pre":
            x = {"x": x, "norm": y, "none": 0}[keep] + f(y)
        elif order == "post":
            x = norm(x + f(x))
        elif order == "none":
            x = x + f(x)
        else:
            x = x + norm(f(x))
    return norm(x) if last else x


def _norm(x, gamma, beta, eps, ddof=1, inside=False, axis=-1, early=False, scale=True):
    if early:
        x = gamma * x + beta
    s = x.std(axis=axis, ddof=ddof, keepdims=True)
    s = np.sqrt(s**2 + eps) if inside else s + eps
    y = (x - x.mean(axis=axis, keepdims=True)) / s
    return y if early or not scale else gamma * y + beta


def _targets(labels, V, eps, others=lambda e, V: e / V, right=lambda e, V: 1 - e + e / V, pads=True, one_hot_pad=False):
    q = np.full((len(labels), V), others(eps, V))
    q[np.arange(len(labels)), labels] = right(eps, V)
    if pads:
        q[labels == 0] = np.eye(V)[0] if one_hot_pad else 0
    return q


def _places(model, ids, V, ts=lambda i, T: range(i), copy=True, pairs=False, first=False):
    before, found = model(ids), []
    for i in range(len(ids)):
        changed = ids.copy() if copy else ids
        changed[i] = (ids[i] + 1) % V
        after = model(changed)
        found += [(i, t) if pairs else t for t in ts(i, len(ids)) if not np.allclose(after[t], before[t])]
    return found if pairs else sorted(set(found))[: 1 if first else None]


WRONG = {
    "normed_before": [
        (lambda x, s, n: _stack(x, s, n, last=False), "norm after the last"),
        (lambda x, s, n: _stack(x, s, n, keep="norm"), "carried on norm"),
        (lambda x, s, n: _stack(x, s, n, order="post", last=False), "normed after"),
        (lambda x, s, n: _stack(x, s, n, keep="none"), "residual is missing"),
        (lambda x, s, n: _stack(x, s, n, order="outputs"), "what the sublayer gives"),
        (lambda x, s, n: _stack(x, s, n, order="none"), "stands a norm"),
        (lambda x, s, n: _stack(x, s, n, reverse=True), "order|first|last"),
    ],
    "annotated_norm": [
        (lambda *a: _norm(*a, ddof=0, inside=True), "paper's layer norm"),
        (lambda *a: _norm(*a, inside=True), "under the root"),
        (lambda *a: _norm(*a, ddof=0), "ddof=1"),
        (lambda x, g, b, e: _norm(x, g, b, e, axis=0, ddof=min(1, len(x) - 1)), "places|axis"),
        (lambda *a: _norm(*a, early=True), "come last"),
        (lambda *a: _norm(*a, scale=False), "are missing"),
    ],
    "smooth_targets": [
        (lambda *a: _targets(*a, others=lambda e, V: e / (V - 1), right=lambda e, V: 1 - e), "V − 1"),
        (lambda *a: _targets(*a, right=lambda e, V: 1 - e), "sum to 1"),
        (lambda *a: _targets(*a, others=lambda e, V: e, right=lambda e, V: 1 - e), "shared"),
        (lambda *a: _targets(*a, pads=False), "padding"),
        (lambda *a: _targets(*a, one_hot_pad=True), "padding"),
        (lambda *a: _targets(*a, others=lambda e, V: 0, right=lambda e, V: 1), "ε|eps|one-hot|smooth"),
    ],
    "leaking_places": [
        (lambda *a: _places(*a, ts=lambda i, T: range(i + 1)), "their own symbol"),
        (lambda *a: _places(*a, ts=lambda i, T: range(max(0, i - 1), i)), "just before"),
        (lambda *a: _places(*a, ts=lambda i, T: range(T)), "their own symbol"),
        (lambda *a: _places(*a, ts=lambda i, T: range(i + 1, T)), "after the changed"),
        (lambda m, ids, V: _places(m, ids, V, copy=False), "copy"),
        (lambda *a: _places(*a, pairs=True), "shape|pair"),
        (lambda *a: _places(*a, first=True), "first leak"),
    ],
}  # fmt: skip
