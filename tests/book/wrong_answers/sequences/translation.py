"""Wrong answers to the exercises of "Reading and writing"."""

import numpy as np


def _look(q, M, scale=1.0, norm=True, stable=True, weights_only=False, turn=False, back=None):
    e = M @ q * scale
    with np.errstate(all="ignore"):
        a = np.exp(e - e.max()) if stable else np.exp(e)
        a = a / a.sum() if norm else a
    return a if weights_only else (a @ M, a) if turn else (a, back(a, M) if back else a @ M)


def _batch_look(S, M, lengths, axis=-1, fill=-np.inf, late=0, after=False, stable=True, weights=False):
    e = np.einsum("bnh,bth->bnt", S, M)
    real = np.arange(M.shape[1])[None, None] < lengths[:, None, None] + late
    with np.errstate(all="ignore"):
        k = e if after else np.where(real, e, fill)
        a = np.exp(k - (k.max(axis=axis, keepdims=True) if stable else 0))
        a = a / a.sum(axis=axis, keepdims=True)
    a = np.nan_to_num(a) if axis != -1 else a
    a = a * real if after else a
    return a if weights else np.einsum("bnt,bth->bnh", a, M)


def _by_scores(a, M, g, jacobian=None):
    J = np.diag(a) - np.outer(a, a) if jacobian is None else jacobian(a)
    return J @ M @ g


def _greedy(scores, start, end, longest, row=lambda s, w: s[w], pick=np.argmax, feed=True, keep=False, stop=True):
    out, word = [], start
    while len(out) < longest:
        new = int(pick(row(scores, word)))
        if stop and new == end:
            return out + [new] * keep
        out.append(new)
        word = new if feed else word
    return out


WRONG = {
    "attend": [
        (lambda q, M: _look(q, M, norm=False), "sum to 1"),
        (lambda q, M: _look(q, M, stable=False), "infinite|large"),
        (lambda q, M: _look(q, M, scale=len(q) ** -0.5), "√"),
        (lambda q, M: _look(q, M, turn=True), "order|swap|part|each other|shape"),
        (lambda q, M: _look(q, M, weights_only=True), "two|tuple|all of them|parts"),
        (lambda q, M: _look(q, M, scale=-1), "sign|minus"),
        (lambda q, M: (np.eye(len(M))[(M @ q).argmax()], M[(M @ q).argmax()]), "best alone|soft"),
        (lambda q, M: (np.full(len(M), 1 / len(M)), M.mean(axis=0)), "equally|looks"),
    ],
    "attend_in_a_batch": [
        (lambda S, M, n: _batch_look(S, M, n, axis=0), "over the batch"),
        (lambda S, M, n: _batch_look(S, M, n, axis=1), "over the queries"),
        (lambda S, M, n: _batch_look(S, M, np.full(len(n), M.shape[1])), "padding|lengths"),
        (lambda S, M, n: _batch_look(S, M, n, fill=0.0), "score 0|−∞"),
        (lambda S, M, n: _batch_look(S, M, n, after=True), "after|before it"),
        (lambda S, M, n: _batch_look(S, M, n, stable=False), "infinite|large"),
        (lambda S, M, n: _batch_look(S, M, n, late=1), "<|length|count|places|last"),
        (lambda S, M, n: _batch_look(S, M, n, weights=True), "shape|with M"),
    ],
    "slope_by_scores": [
        (lambda a, M, g: M @ g, "by the weights"),
        (lambda a, M, g: a * (M @ g), "others|lose"),
        (lambda a, M, g: (M - a @ M) @ g, "factor|α"),
        (lambda a, M, g: -_by_scores(a, M, g), "other way|sign"),
        (lambda a, M, g: _by_scores(a, M, g, lambda a: np.diag(a * (1 - a))), "own score|other weights"),
        (lambda a, M, g: a @ M * g, "shape"),
        (lambda a, M, g: a * ((M - M.mean(axis=0)) @ g), "mean|c|context|weigh"),
        (lambda a, M, g: _by_scores(a, M, g) / len(a), "factor|number|mean|times|divide"),
    ],
    "write_greedily": [
        (lambda *a: _greedy(*a, feed=False), "start|hand"),
        (lambda *a: _greedy(*a, keep=True), "end mark"),
        (lambda *a: _greedy(*a, stop=False), "after the end|stop"),
        (lambda *a: _greedy(*a, row=lambda s, w: s[:, w]), "column"),
        (lambda *a: _greedy(*a, pick=np.argmin), "worst|largest"),
        (lambda s, start, end, longest: [start, *_greedy(s, start, end, longest)], "start mark"),
        (lambda s, start, end, longest: _greedy(s, start, end, longest - 1), "longest|cut|length|entries|long"),
        (lambda s, start, end, longest: _greedy(s, start, end, longest)[::-1], "order|revers|turned|backwards|end"),
    ],
    "misaligned": [
        (lambda w, g: float(np.mean([row.argmax() in p for row, p in zip(w, g, strict=True)])), "rest|right place"),
        (lambda w, g: sum(row.argmax() not in p for row, p in zip(w, g, strict=True)), "divide|share|many"),
        (lambda w, g: float(np.mean([row.argmax() != p[0] for row, p in zip(w, g, strict=True)])), "first|either"),
        (
            lambda w, g: float(np.mean([row.argmax() != p[-1] for row, p in zip(w, g, strict=True)])),
            "either|last|first",
        ),
        (lambda w, g: 1 - float(np.mean([row[p].sum() for row, p in zip(w, g, strict=True)])), "outside|largest"),
        (
            lambda w, g: float(np.mean([row.argmin() not in p for row, p in zip(w, g, strict=True)])),
            "largest|smallest|sign is turned",
        ),
    ],
}  # fmt: skip
