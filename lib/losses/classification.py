"""Losses for classification: scores, probabilities, cross-entropy, their gradients, all without overflow.

A score (logit) is any real number: z (N,) for two classes, Z (N, K) for K. Targets t (N,) are 0 or 1 (or a share between
them), labels (N,) are whole numbers 0 … K − 1. The linear model has the scores Aw, or AW with W (D, K).
"""

from __future__ import annotations

import numpy as np
import scipy.optimize

from lib.book import validate


def signed_distance(X, w, w0: float = 0.0) -> np.ndarray:
    """Return the distances (N,) of the points X (N, k) from the hyperplane w·x + w0 = 0, positive on w's side.

    Raises ValueError where w is 0. Equation: eq-plane-distance
    """
    X = validate.matrix(X, "X")
    w = validate.vector(w, "w", X.shape[1], "columns of X")
    if not w.any():
        raise ValueError("w is zero: w·x + w0 = 0 is then no hyperplane")
    return (X @ w + validate.number(w0, "w0")) / np.linalg.norm(w)


# ----------------------------------------------------------------------------------------------------- two classes
def sigmoid(z) -> np.ndarray:
    """Return σ(z) = 1/(1 + e^−z), entry by entry, for scores of any size and sign.

    Equation: eq-sigmoid
    """
    z = validate.array(z, "z")
    small = np.exp(-np.abs(z))  # at most 1: nothing overflows
    return np.where(z >= 0, 1.0, small) / (1 + small)


def softplus(z) -> np.ndarray:
    """Return log(1 + e^z) = max(z, 0) + log(1 + e^−|z|), entry by entry, without overflow.

    Equation: eq-softplus
    """
    z = validate.array(z, "z")
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


def binary_cross_entropy(z, t, weight: float = 1.0) -> float:
    """Return the mean of log(1 + e^z) − t z over scores z (N,) and targets t (N,): finite for every finite score.

    weight > 0 counts each positive sample so many times (the mean stays over N). Equation: eq-bce
    """
    z, t = _scores(z, t)
    weight = validate.number(weight, "weight", low=0, open_low=True)
    return float(np.mean(weight * t * softplus(-z) + (1 - t) * softplus(z)))


def bce_gradient(A, w, t, weight: float = 1.0) -> np.ndarray:
    """Return the gradient (D,) of `binary_cross_entropy` of the scores Aw: (1/N) Aᵀ(p − t) for weight 1.

    Equation: eq-bce-gradient
    """
    A, t = validate.system(A, t, ("A", "t"), finite=False)
    A, z = validate.product(A, w)
    z, t = _scores(z, t)
    weight = validate.number(weight, "weight", low=0, open_low=True)
    p = sigmoid(z)
    return A.T @ ((1 - t) * p - weight * t * (1 - p)) / len(t)


def log_likelihood(p, t) -> float:
    """Return Σ log of the probability that p (N,) gives to the targets t (N,), each 0 or 1; −inf is refused.

    Equation: eq-likelihood
    """
    p, t = _scores(p, t, "p")
    if ((p < 0) | (p > 1)).any():
        raise ValueError("p must hold probabilities, between 0 and 1")
    given = np.where(t == 1, p, 1 - p)
    if not given.all():
        raise ValueError(
            f"sample {int(np.argmin(given))} was called impossible and happened: its log is −∞; use scores"
        )
    return float(np.log(given).sum())


def fit_logistic(A, t, lam: float = 0.0, weight: float = 1.0) -> np.ndarray:
    """Return the w (D,) that minimises binary cross-entropy + (lam/2)‖w‖², by Newton's method with halved steps.

    Raises ValueError where lam is 0 and no w is best: the classes can be separated, and longer w are ever better.
    Equation: eq-newton-logistic
    """
    A, t = validate.system(A, t, ("A", "t"))
    _scores(t, t)
    lam, w = validate.number(lam, "lam", low=0), np.zeros(A.shape[1])

    def loss(v):
        return binary_cross_entropy(A @ v, t, weight) + lam / 2 * v @ v

    for _ in range(200):
        p = sigmoid(A @ w)
        slope = bce_gradient(A, w, t, weight) + lam * w
        if np.linalg.norm(slope) <= 1e-10:
            break
        curvature = (weight * t + 1 - t) * p * (1 - p)
        hessian = (A.T * curvature) @ A / len(t) + lam * np.eye(len(w))
        step = np.linalg.lstsq(hessian, -slope, rcond=None)[0]
        while loss(w + step) > loss(w) + 1e-4 * slope @ step and np.linalg.norm(step) > 1e-14:
            step = step / 2
        w = w + step
    if lam == 0 and loss(w) < 1e-8:
        raise ValueError("the classes can be separated, so longer w are ever better: give lam > 0")
    return w


# ---------------------------------------------------------------------------------------------------- many classes
def log_sum_exp(Z) -> np.ndarray:
    """Return log Σₖ e^zₖ for each row of Z (N, K): the largest score is taken out first, so nothing overflows.

    Equation: eq-log-sum-exp
    """
    Z = validate.matrix(Z, "Z")
    top = Z.max(axis=1)
    return top + np.log(np.exp(Z - top[:, None]).sum(axis=1))


def softmax(Z) -> np.ndarray:
    """Return the probabilities (N, K) of scores Z (N, K): e^zₖ over the sum, row by row.

    Equation: eq-softmax
    """
    Z = validate.matrix(Z, "Z")
    return np.exp(Z - log_sum_exp(Z)[:, None])


def cross_entropy(Z, labels) -> float:
    """Return the mean of log Σₖ e^zₖ − z_label over scores Z (N, K) and labels (N,).

    Equation: eq-cross-entropy
    """
    Z = validate.matrix(Z, "Z")
    labels = _labels(labels, Z.shape)
    return float(np.mean(log_sum_exp(Z) - Z[np.arange(len(Z)), labels]))


def cross_entropy_slopes(Z, labels) -> np.ndarray:
    """Return the gradient (N, K) of `cross_entropy` by the scores Z (N, K): (P − T)/N, T the one-hot labels (N,).

    Equation: eq-cross-entropy-gradient
    """
    P = softmax(Z)
    P[np.arange(len(P)), _labels(labels, P.shape)] -= 1
    return P / len(P)


def cross_entropy_gradient(A, W, labels) -> np.ndarray:
    """Return the gradient (D, K) of `cross_entropy` of the scores AW: (1/N) Aᵀ(P − T), T the one-hot labels.

    Equation: eq-cross-entropy-gradient
    """
    A, W = validate.matrix(A), validate.matrix(W, "W")
    if len(W) != A.shape[1]:
        raise ValueError(f"W has {len(W)} rows, but A has {A.shape[1]} columns")
    return A.T @ cross_entropy_slopes(A @ W, labels)


def fit_softmax(A, labels, classes: int, lam: float = 1e-3) -> np.ndarray:
    """Return the W (D, K) that minimises cross-entropy + (lam/2)‖W‖²_F, lam > 0, by L-BFGS."""
    A = validate.matrix(A)
    shape = (A.shape[1], validate.whole(classes, "classes", low=2))
    lam = validate.number(lam, "lam", low=0, open_low=True)

    def loss(flat):
        W = flat.reshape(shape)
        gradient = cross_entropy_gradient(A, W, labels) + lam * W
        return cross_entropy(A @ W, labels) + lam / 2 * np.sum(W**2), gradient.ravel()

    start = np.zeros(shape).ravel()
    return scipy.optimize.minimize(loss, start, jac=True, options={"gtol": 1e-9, "maxiter": 5000}).x.reshape(shape)


# --------------------------------------------------------------------------------------------------------- helpers
def _scores(z, t, name: str = "z") -> tuple[np.ndarray, np.ndarray]:
    t = validate.vector(t, "t")
    z = validate.vector(z, name, len(t), "targets in t")
    if ((t < 0) | (t > 1)).any():
        raise ValueError(f"targets must lie between 0 and 1, but t[{int(np.argmax((t < 0) | (t > 1)))}] does not")
    return z, t


def _labels(labels, shape: tuple[int, int]) -> np.ndarray:
    given = validate.vector(labels, "labels", shape[0], "rows of scores")
    if (given != np.round(given)).any() or (given < 0).any() or (given >= shape[1]).any():
        bad = given[(given != np.round(given)) | (given < 0) | (given >= shape[1])][0]
        raise ValueError(f"labels must be whole numbers from 0 to {shape[1] - 1}, but one is {bad:g}")
    return given.astype(int)
