"""Wrong answers to the exercises of "GPT"."""

import numpy as np


def _loss(z, ids, a=slice(None, -1), b=slice(1, None), axis=2, over=None, sign=1, bits=False, pick=True):
    z, y = z[:, a], ids[:, b]
    logs = z - z.max(axis=axis, keepdims=True)
    logs = logs - np.log(np.exp(logs).sum(axis=axis, keepdims=True))
    said = np.take_along_axis(logs if pick else z, y[..., None], axis=2)[..., 0]
    total = -sign * said.sum() / (np.log(2) if bits else 1)
    return float(total / (said.size if over is None else over(ids)))


def _cut(P, p, kept, scaled=True):
    out = np.where(kept, P, 0.0)
    return out / out.sum() if scaled else out


def _head(P, p, j):
    """The j most probable."""
    order = np.argsort(-P, kind="stable")
    kept = np.zeros(len(P), bool)
    kept[order[:j]] = True
    return kept


def _sums(P):
    return np.cumsum(np.sort(P)[::-1])


def _attended(keys, values, q, d=None):
    z = keys @ q / (np.sqrt(len(q)) if d is None else d)
    e = np.exp(z - z.max())
    return e / e.sum() @ values


WRONG = {
    "scores_to_loss": [
        (lambda z, i: _loss(z, i, slice(None), slice(None)), "not shifted"),
        (lambda z, i: _loss(z, i, slice(1, None), slice(None, -1)), "wrong way"),
        (lambda z, i: _loss(z, i, axis=1), "over the places|vocabulary"),
        (lambda z, i: _loss(z, i, over=len), "mean"),
        (lambda z, i: _loss(z, i, bits=True), "bits|nats"),
        (lambda z, i: _loss(z, i, sign=-1), "sign|negative|minus"),
        (lambda z, i: _loss(z, i, over=lambda i: i.size), "mean|T − 1|factor|times"),
        (lambda z, i: _loss(z, i, pick=False), "log Σ"),
    ],
    "the_nucleus": [
        (lambda P, p: _cut(P, p, _head(P, p, max(1, int((_sums(P) < p - 1e-9).sum()) + 1)), False), "scaled"),
        (lambda P, p: _cut(P, p, _head(P, p, max(1, int((_sums(P) <= p + 1e-9).sum())))), "crosses|stop"),
        (lambda P, p: _cut(P, p, (P >= p) | (P == P.max())), "threshold"),
        (lambda P, p: _cut(P, p, ~_head(P, p, len(P) - max(1, int((_sums(P) < p).sum())))), "least|most probable"),
        (lambda P, p: _cut(P, p, _head(P, p, int((_sums(P) < p - 1e-9).sum()) + 2)), "one|more|fewest|too many|largest|entr"),
        (lambda P, p: P, "as it came in"),
    ],
    "one_more_token": [
        (lambda Wq, Wk, Wv, K, V, x: (_attended(K, V, x @ Wq) if len(K) else x @ Wv, np.vstack([K, x @ Wk]), np.vstack([V, x @ Wv])), "itself"),
        (lambda Wq, Wk, Wv, K, V, x: (_attended(np.vstack([x @ Wk, K]), np.vstack([x @ Wv, V]), x @ Wq), np.vstack([x @ Wk, K]), np.vstack([x @ Wv, V])), "front"),
        (lambda Wq, Wk, Wv, K, V, x: (_attended(np.vstack([K, x @ Wk]), np.vstack([V, x @ Wv]), x @ Wq, 1.0), np.vstack([K, x @ Wk]), np.vstack([V, x @ Wv])), "√d"),
        (lambda Wq, Wk, Wv, K, V, x: (_attended(np.vstack([K, x]), np.vstack([V, x]), x @ Wq), np.vstack([K, x]), np.vstack([V, x])), "own vector|without Wk"),
        (lambda Wq, Wk, Wv, K, V, x: (_attended(np.vstack([K, x @ Wk]), np.vstack([V, x @ Wv]), x @ Wq), K, V), "cache|shape|S"),
        (lambda Wq, Wk, Wv, K, V, x: (_attended(np.vstack([K, x @ Wk]), np.vstack([V, x @ Wv]), x @ Wq, len(x)), np.vstack([K, x @ Wk]), np.vstack([V, x @ Wv])), "√d|root"),
    ],
}  # fmt: skip
