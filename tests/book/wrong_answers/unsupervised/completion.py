"""Wrong answers to the exercises on completion, as students write them."""

import numpy as np


def _objective(R, mask, U, V, lam, everywhere=False, counts="each", sides=2, sign=1):
    seen = mask == 1
    E = R - U @ V.T
    error = (E**2).sum() if everywhere else (E[seen] ** 2).sum()
    rows, columns = seen.sum(1), seen.sum(0)
    if counts == "all":
        rows, columns = np.full(len(U), seen.sum()), np.full(len(V), seen.sum())
    if counts == "none":
        rows, columns = np.ones(len(U)), np.ones(len(V))
    return error + sign * lam * (rows @ (U**2).sum(1) + (sides == 2) * (columns @ (V**2).sum(1)))


def _users(R, mask, V, lam, gram="own", count="own", scale=1.0):
    U = np.zeros((len(R), V.shape[1]))
    for u, row in enumerate(R):
        seen = mask[u] == 1
        if seen.any():
            A, b = V[seen], row[seen]
            G = V.T @ V if gram == "all" else A.T @ A
            n = {"own": len(b), "none": 1, "zero": 0}[count]
            U[u] = np.linalg.lstsq(G + lam * n * np.eye(V.shape[1]), A.T @ b, rcond=None)[0]
    return scale * U


def _zeros_fitted(R, mask, V, lam):
    """One matrix for all, and zeros for what is missing."""
    return np.linalg.solve(V.T @ V + lam * R.shape[1] * np.eye(V.shape[1]), V.T @ R.T).T


def _biases(R, mask, s, sign=1):
    mu = R.sum() / mask.sum()
    c = (mask * (R - mu)).sum(0) / (mask.sum(0) + s)
    return mu, sign * (mask * (R - mu - c)).sum(1) / (mask.sum(1) + s), sign * c


def _both_from_the_mean(R, mask, s):
    mu = R.sum() / mask.sum()
    rest = mask * (R - mu)
    return mu, rest.sum(1) / (mask.sum(1) + s), rest.sum(0) / (mask.sum(0) + s)


def _plain_means(R, mask, s):
    mu = R.sum() / mask.sum()
    c = (mask * (R - mu)).sum(0) / np.maximum(mask.sum(0), 1)
    return mu, (mask * (R - mu - c)).sum(1) / np.maximum(mask.sum(1), 1), c


def _parts(X, M, U, V, below=None, old=False):
    below = M if below is None else below
    U2 = U * ((M * X) @ V) / ((below * (U @ V.T)) @ V)
    W = U if old else U2
    return U2, V * ((M * X).T @ W) / ((below * (W @ V.T)).T @ W)


WRONG = {
    "observed_objective": [
        (lambda R, M, U, V, lam: _objective(R, M, U, V, lam, everywhere=True), "ratings of 0"),
        (lambda R, M, U, V, lam: _objective(R, M, U, V, 0.0), "price"),
        (lambda R, M, U, V, lam: _objective(R, M, U, V, lam, counts="none"), "λ alone"),
        (lambda R, M, U, V, lam: _objective(R, M, U, V, lam, sides=1), "columns"),
        (lambda R, M, U, V, lam: _objective(R, M, U, V, lam, sign=-1), "sign|\\+|minus|subtract"),
        (lambda R, M, U, V, lam: _objective(R, M, U, V, lam, counts="all"), "count|each|axis|sum"),
    ],
    "all_users": [
        (_zeros_fitted, "observed|zeros|rated"),
        (lambda R, M, V, lam: _users(R, M, V, lam, count="none"), "multiplied"),
        (lambda R, M, V, lam: _users(R, M, V, lam, count="zero"), "price"),
        (lambda R, M, V, lam: _users(R, M, V, lam, gram="all"), "every user"),
        (lambda R, M, V, lam: _users(R, M, V, lam).T, "shape|transpose"),
        (lambda R, M, V, lam: _users(R, M, V, lam, scale=2.0), "twice|factor|2"),
    ],
    "one_pass_of_biases": [
        (_both_from_the_mean, "second time"),
        (_plain_means, "shrinkage"),
        (lambda R, M, s: (R.mean(), *_biases(R, M, s)[1:]), "[Pp]art 1"),
        (lambda R, M, s: tuple(_biases(R, M, s)[k] for k in (0, 2, 1)), "each other"),
        (lambda R, M, s: _biases(R, M, s, sign=-1), "[Pp]art 1|sign|[Pp]arts 2"),
        (lambda R, M, s: _biases(R, M, s)[1:], "three|3|2"),
    ],
    "parts_updated": [
        (lambda X, M, U, V: _parts(X, np.ones(X.shape), U, V), "no mask"),
        (lambda X, M, U, V: _parts(X, M, U, V, below=np.ones(X.shape)), "denominator"),
        (lambda X, M, U, V: _parts(X, M, U, V, old=True), "old"),
        (lambda X, M, U, V: (_parts(X, M, U, V)[0], V), "V is missing"),
        (lambda X, M, U, V: _parts(X, M, U, V)[::-1], "order|swap|first|shape"),
        (lambda X, M, U, V: tuple(a.T for a in _parts(X, M, U, V)), "transpose|shape"),
    ],
}
