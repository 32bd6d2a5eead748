"""Wrong answers to the exercises of "Tensors, and trains of small ones"."""

import numpy as np


def _entry(cores, index, pick):
    row = np.ones((1, 1))
    for core, i in zip(cores, index, strict=True):
        row = row @ pick(core, i)
    return float(row[0, 0])


def _elementwise(cores, index):
    out = 1.0
    for core, i in zip(cores, index, strict=True):
        out = out * core[:, i, :].mean()
    return float(out)


def _reversed_sum(cores):
    return float(np.prod([core.mean() for core in cores]))


def _ranks(A, eps, allowed, tails, least=1):
    out = []
    for k in range(1, A.ndim):
        s = np.linalg.svd(A.reshape(int(np.prod(A.shape[:k])), -1), compute_uv=False)
        out.append(max(least, int(np.sum(tails(s) > allowed(A, eps)))))
    return out


def _tail(s):
    return np.sqrt(np.append(np.cumsum(s[::-1] ** 2)[::-1], 0.0))


def _fair(A, eps):
    return eps * np.linalg.norm(A) / np.sqrt(A.ndim - 1)


WRONG = {
    "entry_of_a_train": [
        (lambda cores, index: _entry(cores, [i - 1 for i in index], lambda c, i: c[:, i, :]), "count"),
        (lambda cores, index: float(np.prod([c[:, i, :].sum() for c, i in zip(cores, index, strict=True)])), "sums|@"),
        (
            lambda cores, index: float(np.prod([c[0, i, 0] for c, i in zip(cores, index, strict=True)])),
            "path|first row",
        ),
        (lambda cores, index: float(sum(c[:, i, :].sum() for c, i in zip(cores, index, strict=True))), "multipl"),
        (_elementwise, "correct|differ|not|case"),
        (lambda cores, index: -_entry(cores, index, lambda c, i: c[:, i, :]), "sign|minus|−"),
    ],
    "sum_of_a_train": [
        (lambda cores: float(sum(c.sum() for c in cores)), "products|hold"),
        (lambda cores: float(np.prod([c.sum() for c in cores])), "ranks too|multiply the sums|matrices"),
        (lambda cores: _entry(cores, [0] * len(cores), lambda c, i: c.mean(axis=1)), "mean|average"),
        (lambda cores: _entry(cores, [0] * len(cores), lambda c, i: c[:, 0, :]), "all indices are 0"),
        (_reversed_sum, "correct|differ|not|case"),
    ],
    "ranks_of_a_train": [
        (lambda A, eps: _ranks(A, eps, lambda A, e: e * np.linalg.norm(A), _tail), "√\\(d − 1\\)|whole error"),
        (lambda A, eps: _ranks(A, eps, lambda A, e: e / np.sqrt(A.ndim - 1), _tail), "relative"),
        (lambda A, eps: _ranks(A, eps, _fair, lambda s: np.append(s, 0.0)), "by itself"),
        (lambda A, eps: _ranks(A, eps, _fair, lambda s: _tail(s) ** 2), "root"),
        (lambda A, eps: _ranks(A, eps, _fair, lambda s: np.append(np.cumsum(s[::-1])[::-1], 0.0)), "squares"),
        (lambda A, eps: [r + 1 for r in _ranks(A, eps, _fair, _tail)], "1|one"),
        (
            lambda A, eps: _ranks(A, eps, lambda A, e: e * np.linalg.norm(A) / (A.ndim - 1), _tail),
            "correct|differ|not|case|root|√",
        ),
    ],
}
