"""Wrong answers to the exercises of "Using them"."""

import numpy as np


def _bayes(counts, x, alpha, below="αF", logarithm=np.log, by_row=True, mean=False, prior=False):
    axis = 1 if by_row else 0
    more = {"αF": alpha * counts.shape[1], "α": alpha, "none": 0.0}[below]
    P = (counts + alpha) / (counts.sum(axis=axis, keepdims=True) + more)
    out = logarithm(P) @ x
    if prior:
        out = out + np.log(counts.sum(axis=1) / counts.sum())
    return out / max(x.sum(), 1) if mean else out


def _pool(H, lengths, by=None, fill=0.0, more=0, order=1, width=None):
    real = (np.arange(H.shape[1])[None] < (lengths + more)[:, None])[..., None]
    n = lengths[:, None] if by is None else by
    mean, top = (H * real).sum(1) / n, np.where(real, H, fill).max(1)
    return np.hstack([mean, top][::order][:width])


def _lags(y, p, ks=None, ones=True, shift=0):
    rows, targets = [], []
    for t in range(p, len(y)):
        ks_ = range(1, p + 1) if ks is None else ks(p)
        rows.append(([1.0] if ones else []) + [y[t - k] for k in ks_])
        targets.append(y[t - shift])
    return np.array(rows), np.array(targets)


WRONG = {
    "score_of_each_language": [
        (lambda *a: _bayes(*a, below="none"), "sum|α F|α"),
        (lambda *a: _bayes(*a, below="α"), "α F|each of the F"),
        (lambda *a: _bayes(*a, by_row=False), "row|column"),
        (lambda *a: _bayes(*a, logarithm=lambda P: P), "logarithm"),
        (lambda *a: _bayes(*a, logarithm=np.log2), "factor|log|natural|times"),
        (lambda *a: _bayes(*a, mean=True), "mean|number|divide|factor|times"),
        (lambda *a: _bayes(*a, prior=True), "prior|likely"),
        (lambda c, x, a: _bayes(c, x > 0, a), "once|often"),
    ],
    "mean_and_max": [
        (lambda H, n: np.hstack([H.mean(axis=1), H.max(axis=1)]), "padding|real"),
        (lambda H, n: _pool(H, n, fill=0.0), "below 0|∞|larger"),
        (lambda H, n: _pool(H, n, by=H.shape[1], fill=-np.inf), "length|T"),
        (lambda H, n: _pool(H, n, fill=-np.inf, order=-1), "mean comes first|order|place"),
        (lambda H, n: _pool(H, n, fill=-np.inf, width=1), "shape|max|column"),
        (lambda H, n: np.hstack([H[np.arange(len(n)), n - 1]] * 2), "last"),
        (lambda H, n: np.stack([H[b, : n[b]].mean(0) for b in range(len(n))]), "shape|max|column"),
    ],
    "lagged_rows": [
        (lambda y, p: _lags(y, p, ks=lambda p: range(p, 0, -1)), "nearest"),
        (lambda y, p: _lags(y, p, ks=lambda p: range(p)), "target"),
        (lambda y, p: _lags(y, p, ones=False), "ones"),
        (lambda y, p: _lags(y, p)[0], "one of the things|all of them"),
        (lambda y, p: (_lags(y, p)[0][::-1], _lags(y, p)[1][::-1]), "backward|earliest"),
        (lambda y, p: (np.roll(_lags(y, p)[0], -1, axis=1), y[p:]), "last|first"),
    ],
    "season_again": [
        (lambda h, n, s: np.full(n, h[-1]), "last value|naive"),
        (lambda h, n, s: np.array([h[-1 - k % s] for k in range(n)]), "backward"),
        (lambda h, n, s: np.array([h[-s + (k + 1) % s] for k in range(n)]), "late"),
        (lambda h, n, s: h[-s:], "as many|h|shape"),
        (lambda h, n, s: np.array([h[k % s] for k in range(n)]), "first season|last one"),
        (lambda h, n, s: np.full(n, h[-s:].mean()), "mean|season"),
        (lambda h, n, s: np.full(n, h[-s]), "season|value|go round|same"),
    ],
}  # fmt: skip
