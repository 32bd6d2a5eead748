"""Wrong answers to the exercises on principal components, as students write them."""

import numpy as np


def _by_eigh(X, k, turned=False, below=1, centred=True):
    mean = X.mean(axis=0)
    Xc = X - mean if centred else X
    values, vectors = np.linalg.eigh(Xc.T @ Xc / (len(X) - below))
    if turned:
        values, vectors = values[::-1], vectors[:, ::-1]
    V = vectors[:, :k]
    signs = np.sign(V[np.abs(V).argmax(axis=0), np.arange(k)])
    return mean, V * signs, values[:k]


def _by_svd(X, k, signs=True, axis=0, transpose=True):
    mean = X.mean(axis=axis, keepdims=axis == 1)
    _, s, Vt = np.linalg.svd(X - mean, full_matrices=False)
    V = Vt[:k].T if transpose else Vt[:k]
    if signs:
        V = V * np.sign(V[np.abs(V).argmax(axis=0), np.arange(V.shape[1])])
    return mean, V, s[:k] ** 2 / (len(X) - 1)


def _singular_for_variance(X, k):
    mean, V, variances = _by_svd(X, k)
    return mean, V, np.sqrt(variances * (len(X) - 1))


def _deviation(X, k):
    mean, V, variances = _by_svd(X, k)
    return mean, V, np.sqrt(variances)


def _same_start(C, starts, steps):
    """The same start for each axis, and nothing taken out."""
    v = starts[:, 0]
    for _ in range(steps):
        v = C @ v
        v = v / np.linalg.norm(v)
    return np.repeat((v / np.linalg.norm(v))[:, None], starts.shape[1], axis=1)


def _columns_alone(C, starts, steps):
    V = starts / np.linalg.norm(starts, axis=0)
    for _ in range(steps):
        V = C @ V
        V = V / np.linalg.norm(V, axis=0)
    return V


def _whole_norm(C, starts, steps):
    V = starts / np.linalg.norm(starts)
    for _ in range(steps):
        V = C @ V
        V = V / np.linalg.norm(V)
    return V


def _deflated(C, starts, steps, take, last=True):
    out = []
    for x in starts.T:
        v = x / np.linalg.norm(x)
        for _ in range(steps):
            v = C @ v
            if last:
                v = v / np.linalg.norm(v)
        out.append(v)
        C = C - take(C, v)
    return np.array(out).T


def _rows_for_columns(C, starts, steps):
    return _deflated(C, starts, steps, lambda C, v: (v @ C @ v) * np.outer(v, v)).T


def _bases(A, B):
    return np.linalg.qr(A)[0], np.linalg.qr(B)[0]


WRONG = {
    "components_by_hand": [
        (lambda X, k: _by_eigh(X, k), "rising|last axes"),
        (lambda X, k: _by_eigh(X, k, turned=True, below=0), "N − 1"),
        (lambda X, k: _by_eigh(X, k, turned=True, centred=False), "mean"),
        (lambda X, k: _by_svd(X, k, signs=False), "sign"),
        (lambda X, k: _by_svd(X, k, transpose=False), "transposed|part 2"),
        (_singular_for_variance, "square|part 3"),
        (_deviation, "root|square|part 3"),
        (lambda X, k: _by_svd(X, k)[1:], "shape|length|3|three"),
    ],
    "scores_of_new": [
        (lambda train, new, V: (new - new.mean(axis=0)) @ V, "their own mean"),
        (lambda train, new, V: new @ V, "mean is missing"),
        (lambda train, new, V: (new - train.mean()) @ V, "axis is missing"),
        (lambda train, new, V: (train - train.mean(axis=0)) @ V, "another argument"),
        (lambda train, new, V: ((new - train.mean(axis=0)) @ V).T, "shape|transpos"),
        (lambda train, new, V: train.mean(axis=0) + (new - train.mean(axis=0)) @ V @ V.T, "reconstructions"),
        (lambda train, new, V: (train.mean(axis=0) - new) @ V, "sign|minus|negative|other way"),
    ],
    "distance_lost": [
        (lambda s, N, k: np.sum(s[k:]) / N, "σ², not σ"),
        (lambda s, N, k: np.sum(s[:k] ** 2) / N, "keep"),
        (lambda s, N, k: np.sum(s[k:] ** 2) / (N - 1), "N − 1"),
        (lambda s, N, k: np.sqrt(np.sum(s[k:] ** 2)) / N, "root|square"),
        (lambda s, N, k: np.mean(s[k:] ** 2) if k < len(s) else 0.0, "N"),
        (lambda s, N, k: np.sum(s[k + 1 :] ** 2) / N, "σ|k"),
        (lambda s, N, k: 1 - np.sum(s[:k] ** 2) / np.sum(s**2), "share"),
    ],
    "axes_by_power": [
        (_same_start, "taken out|first axis"),
        (_columns_alone, "taken out"),
        (_whole_norm, "length|taken out"),
        (lambda C, S, n: _deflated(C, S, n, lambda C, v: np.outer(v, v)), "λ v vᵀ"),
        (lambda C, S, n: _deflated(C, S, n, lambda C, v: np.outer(C @ v, C @ v)), "λ|square|axis|wrong"),
        (lambda C, S, n: _deflated(C, S, n, lambda C, v: (v @ C @ v) * np.outer(v, v), last=False), "length"),
        (_rows_for_columns, "shape|transpos"),
    ],
    "cosines_between_planes": [
        (lambda A, B: np.linalg.svd(A.T @ B, compute_uv=False), "orthonormal"),
        (lambda A, B: np.arccos(np.clip(np.linalg.svd(_bases(A, B)[0].T @ _bases(A, B)[1])[1], -1, 1)), "angles"),
        (lambda A, B: np.abs((_bases(A, B)[0] * _bases(A, B)[1]).sum(axis=0)), "column"),
        (lambda A, B: np.linalg.svd(_bases(A, B)[0].T @ _bases(A, B)[1])[1][::-1], "largest"),
        (lambda A, B: np.linalg.svd(_bases(A, B)[0].T @ _bases(A, B)[1])[1] ** 2, "squares"),
        (lambda A, B: np.linalg.eigvals(_bases(A, B)[0].T @ _bases(A, B)[1]), "singular|eigen|symmetric|complex|real"),
        (lambda A, B: _bases(A, B)[0].T @ _bases(A, B)[1], "shape"),
    ],
}
