"""Wrong answers to the exercises on the singular value decomposition, as students write them."""

import numpy as np


def _best(A, k, first=0, times=1, full=False):
    U, s, Vt = np.linalg.svd(A, full_matrices=False)
    if full:
        return U @ np.diag(s) @ Vt
    return sum((s[i] ** times * np.outer(U[:, i], Vt[i]) for i in range(first, k)), np.zeros(A.shape))


def _zeroed(A, k):
    """Sets small singular values to zero from the wrong end."""
    U, s, Vt = np.linalg.svd(A, full_matrices=False)
    s[: len(s) - k] = 0
    return U @ np.diag(s) @ Vt


def _remainder(A, k):
    return A - _best(A, k)


def _transposed(A, k):
    U, s, V = np.linalg.svd(A)
    S = np.zeros(A.shape)
    for i in range(k):
        S[i, i] = s[i]
    return U.dot(S).dot(V.transpose())


def _energy(sigma, share, power=2, add=1, root=False):
    kept = np.cumsum(np.array(sigma) ** power)
    kept = kept / kept[-1]
    kept = np.sqrt(kept) if root else kept
    return int(np.searchsorted(kept, share)) + add


def _strictly(sigma, share):
    total, sum_ = sum(x * x for x in sigma), 0.0
    for k, x in enumerate(sigma, 1):
        sum_ += x * x
        if sum_ / total > share:
            return k
    return len(sigma)


def _vectors(Q, W):
    return float(np.linalg.svd(Q - W, compute_uv=False)[0])


def _aligned(Q, W):
    W = W.copy()
    for j in range(Q.shape[1]):
        if Q[:, j] @ W[:, j] < 0:
            W[:, j] = -W[:, j]
    return float(np.linalg.norm(Q - W, ord=2))


def _projections(Q, W):
    P, R = Q @ Q.T, W @ W.T
    return float(np.sqrt(((P - R) ** 2).sum()))


def _largest_cosine(Q, W):
    c = np.linalg.svd(Q.T @ W)[1]
    return float(np.sin(np.arccos(np.clip(c.max(), 0, 1))))


def _smallest_cosine(Q, W):
    return float(np.linalg.svd(Q.T @ W)[1].min())


def _grams(Q, W):
    return float(np.linalg.norm(np.dot(Q.T, Q) - np.dot(W.T, W), 2))


def _values(A, order=-1, root=True, smaller=True):
    B = A @ A.T if smaller and len(A) < A.shape[1] else A.T @ A
    values = np.clip(np.linalg.eigh(B)[0], 0, None)[::order]
    return np.sqrt(values) if root else values


def _unguarded(A):
    B = A @ A.T if len(A) < A.shape[1] else A.T @ A
    values = np.linalg.eigvalsh(B)
    values[np.abs(values) <= 1e-13 * np.abs(values).max()] = -1e-17  # what rounding makes of some, here of all
    with np.errstate(invalid="ignore"):
        return np.sqrt(values)[::-1]


def _column_lengths(A):
    lengths = np.sqrt((A**2).sum(axis=1 if len(A) < A.shape[1] else 0))
    return np.sort(lengths)[::-1]


def _turn(a, b, zeta=1.0, flip=1.0, large=False, normed=True, after=False):
    alpha, beta, gamma = a.dot(a), b.dot(b), a.dot(b)
    if gamma == 0.0:
        return a, b
    z = zeta * (beta - alpha) / (2 * gamma)
    t = (1.0 if z >= 0 else -1.0) / (abs(z) + np.sqrt(z * z + 1))
    if large:
        t = -1 / t
    c = 1 / np.sqrt(1 + t * t)
    s = flip * (c * t if normed else t)
    new = c * a - s * b
    return new, s * (new if after else a) + c * b


def _orthogonalised(a, b):
    return a, b - np.dot(a, b) / np.dot(a, a) * a


WRONG = {
    "best_of_rank_k": [
        (_transposed, "third result"),
        (lambda A, k: _best(A, k, times=2), "twice"),
        (lambda A, k: _best(A, k, times=0), "missing"),
        (lambda A, k: _best(A, min(k + 1, *A.shape)), "terms"),
        (_zeroed, "smallest"),
        (_remainder, "left over"),
    ],
    "rank_for_energy": [
        (lambda s, p: _energy(s, p, power=1), "squares"),
        (lambda s, p: _energy(s, p, add=0), "index"),
        (lambda s, p: _energy(s, p, root=True), "root"),
        (lambda s, p: _energy(s, 1 - p), "leaves"),
        (_strictly, "exactly"),
        (lambda s, p: max(int((s >= (1 - p) * s.max()).sum()), 1), "largest"),
    ],
    "distance_of_spans": [
        (_vectors, "bases"),
        (_aligned, "signs"),
        (_projections, "Frobenius"),
        (_largest_cosine, "smallest angle"),
        (_smallest_cosine, "cosine"),
        (_grams, "identity"),
    ],
    "values_from_products": [
        (lambda A: _values(A, order=1), "rising"),
        (lambda A: _values(A, root=False), "roots"),
        (lambda A: _values(A, smaller=False), "zeros"),
        (_unguarded, "NaN"),
        (_column_lengths, "lengths"),
    ],
    "jacobi_turn": [
        (lambda a, b: _turn(a, b, zeta=-1), "sign"),
        (lambda a, b: _turn(a, b, large=True), "45°"),
        (lambda a, b: _turn(a, b, normed=False), "tangent"),
        (lambda a, b: _turn(a, b, after=True), "old"),
        (lambda a, b: _turn(a, b, flip=-1), "other way"),
        (_orthogonalised, "Gram"),
    ],
}
