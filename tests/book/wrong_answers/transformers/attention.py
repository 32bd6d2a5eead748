"""Wrong answers to the exercises of "Attention"."""

import numpy as np


def _soft(S, axis=1):
    E = np.exp(S - S.max(axis=axis, keepdims=True))
    return E / E.sum(axis=axis, keepdims=True)


def _masked(S, mask, fill):
    with np.errstate(invalid="ignore"):
        S = np.where(mask, S, fill)
        E = np.exp(S - S.max(axis=1, keepdims=True))
        return E / E.sum(axis=1, keepdims=True)


def _seen(lengths, T, triangle, pad=True, rows=False):
    real = np.array([[s < n for s in range(T)] for n in lengths])
    return np.array([triangle & ((r[:, None] if rows else r[None]) if pad else True) for r in real])


def _merged(ma, la, oa, mb, lb, ob, m, divided=False):
    with np.errstate(over="ignore", invalid="ignore"):
        l = la * np.exp(ma - m) + lb * np.exp(mb - m)
        o = oa * np.exp(ma - m) + ob * np.exp(mb - m)
    return m, l, o / l if divided else o


WRONG = {
    "look_up": [
        (lambda Q, K, V: _soft(Q @ K.T / np.sqrt(Q.shape[1]), 0) @ V, "queries|row"),
        (lambda Q, K, V: _soft(Q @ K.T) @ V, "√d_k|root"),
        (lambda Q, K, V: _soft(Q @ K.T / Q.shape[1]) @ V, "root|standard"),
        (lambda Q, K, V: _soft(Q @ K.T / len(K) ** 0.5) @ V, "number of keys"),
        (lambda Q, K, V: _soft(Q @ K.T / V.shape[1] ** 0.5) @ V, "values"),
        (lambda Q, K, V: _soft(Q @ K.T / np.sqrt(Q.shape[1])), "weights|mix"),
        (lambda Q, K, V: Q @ K.T / np.sqrt(Q.shape[1]) @ V, "softmax"),
        (lambda Q, K, V: V[np.argmax(Q @ K.T, axis=1)], "best|hard"),
        (lambda Q, K, V: _soft(Q @ K.T * np.sqrt(Q.shape[1])) @ V, "√d_k|divide|root|multipl"),
    ],
    "weights_under_a_mask": [
        (lambda S, M: _soft(S) * M, "after the softmax"),
        (lambda S, M: _masked(S, ~M, -np.inf), "turned|True"),
        (lambda S, M: _masked(S, M, -np.inf), "NaN|nothing"),
        (lambda S, M: _masked(S, M, -1e9), "even|nothing"),
        (lambda S, M: _masked(S * M, M, 0.0), "0|left out"),
        (lambda S, M: _masked(S, M, -1e4), "finite|10⁴"),
        (lambda S, M: np.nan_to_num(_masked(S.T, M.T, -np.inf).T), "columns|rows"),
        (lambda S, M: _soft(S), "mask|hidden|may"),
    ],
    "who_may_look": [
        (lambda n, T: _seen(n, T, np.tril(np.ones((T, T), bool), -1)), "own place|off by one"),
        (lambda n, T: _seen(n, T, np.triu(np.ones((T, T), bool))), "triangle|forwards"),
        (lambda n, T: _seen(n, T, np.tril(np.ones((T, T), bool)), rows=True), "queries|key"),
        (lambda n, T: _seen(n, T, np.tril(np.ones((T, T), bool)), pad=False), "padding"),
        (lambda n, T: _seen(n, T, np.ones((T, T), bool)), "later|comes"),
        (lambda n, T: _seen(n, T, np.tril(np.ones((T, T), bool), 1)), "after its own|leaks"),
        (lambda n, T: np.tril(np.ones((T, T), bool)), "shape|axes"),
    ],
    "into_heads": [
        (lambda X, h: X.reshape(h, X.shape[0], -1), "mixed up|columns"),
        (lambda X, h: X.reshape(X.shape[0], h, -1), "first|front"),
        (lambda X, h: np.stack([X[:, i::h] for i in range(h)]), "every h-th|first d"),
        (lambda X, h: np.stack([part.T for part in np.split(X, h, axis=1)]), "exchanged|places"),
        (lambda X, h: np.array(np.split(X, h, axis=1)[::-1]), "reverse|order"),
        (lambda X, h: np.concatenate(np.split(X, h, axis=1)), "shape|axes"),
    ],
    "merge_two_blocks": [
        (lambda ma, la, oa, mb, lb, ob: (max(ma, mb), la + lb, oa + ob), "as they are|relative"),
        (lambda *a: _merged(*a, m=min(a[0], a[3])), "larger|largest|smaller|smallest|m"),
        (lambda *a: _merged(*a, m=max(a[0], a[3]), divided=True), "divided"),
        (lambda *a: _merged(*a, m=0.0), "larger|overflow|m|part 1|largest"),
        (lambda *a: (*_merged(*a, m=max(a[0], a[3]))[:2], a[2] + a[5]), "o "),
        (lambda *a: (a[0] + a[3], *_merged(*a, m=max(a[0], a[3]))[1:]), "m|part|first"),
    ],
    "slopes_by_scores": [
        (lambda P, dP: P * (1 - P) * dP, "sigmoid|row"),
        (lambda P, dP: P * dP, "second half|missing"),
        (lambda P, dP: P * (dP - dP.mean(axis=1, keepdims=True)), "weighted"),
        (lambda P, dP: P * (dP - (P * dP).sum(axis=0)), "queries|row"),
        (lambda P, dP: dP - (P * dP).sum(axis=1, keepdims=True), "factor"),
        (lambda P, dP: P * (dP - (P * dP).sum()), "whole table|row"),
        (lambda P, dP: P * ((P * dP).sum(axis=1, keepdims=True) - dP), "sign|minus|opposite"),
    ],
}
