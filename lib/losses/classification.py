"""Losses for classification: scores, probabilities, cross-entropy, their gradients, all without overflow.

A score (logit) is any real number: z (N,) for two classes, Z (N, K) for K. Targets t (N,) are 0 or 1 (or a share between
them), labels (N,) are whole numbers 0 … K − 1. The linear model has the scores Aw, or AW with W (D, K).
"""

from __future__ import annotations

import numpy as np
import scipy.optimize

from lib.book import validate
from lib.book.validate import ANY, BELOW


def signed_distance(X, w, w0: float = 0.0) -> np.ndarray:
    """Return the distances (N,) of the points X (N, k) from the hyperplane w·x + w0 = 0, positive on w's side.

    Raises ValueError where w is 0. Equation: eq-plane-distance
    """
    X = validate.matrix(X, "X")
    w = validate.vector(w, "w", X.shape[1], "columns of X", within=validate.SAFE)
    if not w.any():
        raise ValueError("w is zero: w·x + w0 = 0 is then no hyperplane")
    return (X @ w + validate.number(w0, "w0")) / np.linalg.norm(w)


# ----------------------------------------------------------------------------------------------------- two classes
def sigmoid(z) -> np.ndarray:
    """Return σ(z) = 1/(1 + e^−z), entry by entry, for scores of any size and sign.

    Equation: eq-sigmoid
    """
    z = validate.array(z, "z", within=ANY)
    small = np.exp(-np.abs(z))  # at most 1: nothing overflows
    return np.where(z >= 0, 1.0, small) / (1 + small)


def softplus(z) -> np.ndarray:
    """Return log(1 + e^z) = max(z, 0) + log(1 + e^−|z|), entry by entry, without overflow.

    Equation: eq-softplus
    """
    z = validate.array(z, "z", within=ANY)
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


def binary_cross_entropy(z, t, weight: float = 1.0) -> float:
    """Return the mean of log(1 + e^z) − t z over scores z (N,) and targets t (N,): finite for every finite score.

    weight > 0 counts each positive sample so many times (the mean stays over N). Equation: eq-bce
    """
    z, t = _scores(z, t)
    weight = validate.number(weight, "weight", low=0, open_low=True)
    with np.errstate(over="ignore"):
        losses = weight * t * softplus(-z) + (1 - t) * softplus(z)
    return _mean(losses)


def bce_gradient(A, w, t, weight: float = 1.0) -> np.ndarray:
    """Return the gradient (D,) of `binary_cross_entropy` of the scores Aw: (1/N) Aᵀ(p − t) for weight 1.

    Equation: eq-bce-gradient
    """
    A, t = validate.system(A, t, ("A", "t"), finite=False)
    A, z = validate.product(A, w)
    z, t = _scores(z, t)
    weight = validate.number(weight, "weight", low=0, open_low=True)
    p = sigmoid(z)
    with np.errstate(over="ignore", invalid="ignore"):
        return validate.result(A.T @ ((1 - t) * p - weight * t * (1 - p)) / len(t), "the gradient")


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

    Raises ValueError where lam is 0 and no w is best: some direction separates the classes, if only in part, and longer w
    along it are ever better. A linear program decides that. Equation: eq-newton-logistic
    """
    A, t = validate.system(A, t, ("A", "t"))
    _scores(t, t)
    weight = validate.number(weight, "weight", low=0, open_low=True)
    lam, w = validate.number(lam, "lam", low=0), np.zeros(A.shape[1])

    def loss(v):
        return binary_cross_entropy(A @ v, t, weight) + lam / 2 * v @ v

    for _ in range(200):
        p = sigmoid(A @ w)
        slope = bce_gradient(A, w, t, weight) + lam * w
        curvature = (weight * t + 1 - t) * p * (1 - p)
        hessian = (A.T * curvature) @ A / len(t) + lam * np.eye(len(w))
        step = _newton_step(hessian, slope)
        gain = -slope @ step  # twice what the step promises: the same in any units of the features
        if gain <= 1e-22:
            break
        while gain > 1e-12 and loss(w + step) > loss(w) - 1e-4 * gain:
            step, gain = step / 2, gain / 2
        w = w + step
    else:
        raise ValueError("Newton's method did not settle in 200 steps: scale the features, or give a larger lam")
    if lam == 0 and np.abs(t - p).min() < 1e-6 and _separable(A, t):  # whom longer w serve, those w already serves well
        raise ValueError("the classes can be separated, so longer w are ever better: give lam > 0")
    return w


def _newton_step(hessian: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Return the shortest step with hessian · step = −slope, after all curvatures have been brought to 1."""
    root = np.sqrt(np.diagonal(hessian))
    root = np.exp2(np.round(np.log2(np.where(root > 0, root, 1.0))))  # powers of two: nothing is rounded
    return np.linalg.lstsq(hessian / root / root[:, None], -slope / root, rcond=None)[0] / root


def _separable(A: np.ndarray, t: np.ndarray) -> bool:
    """Return whether some w has Aw ≥ 0 where t = 1, ≤ 0 where t = 0, = 0 between, and not 0 everywhere: a linear program.

    What the columns of A span decides, not the columns: the program is set up in an orthonormal basis. Albert & Anderson (1984).
    """
    size = np.abs(A).max(axis=0)
    U, s, _ = np.linalg.svd(A / np.where(size > 0, size, 1.0), full_matrices=False)
    rows = U[:, s > max(A.shape) * np.finfo(float).eps * s[0]]
    length = np.linalg.norm(rows, axis=1)
    some = length > 1e-13 * length.max(initial=0.0)  # the others are zero rows of A, up to rounding
    rows, t = rows[some] / length[some, None], t[some]
    if not rows.size:
        return False
    sure = (t == 0) | (t == 1)
    signed = (2 * t - 1)[:, None] * rows
    found = scipy.optimize.linprog(
        -signed[sure].sum(axis=0),
        A_ub=-signed[sure],
        b_ub=np.zeros(int(sure.sum())),
        A_eq=rows[~sure] if not sure.all() else None,
        b_eq=np.zeros(int((~sure).sum())) if not sure.all() else None,
        bounds=(-1, 1),
        method="highs",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    return bool(found.success and -found.fun > 1e-7 + 1e-9 * len(rows))


# ---------------------------------------------------------------------------------------------------- many classes
def log_sum_exp(Z) -> np.ndarray:
    """Return log Σₖ e^zₖ for each row of Z (N, K): the largest score is taken out first, so nothing overflows.

    Equation: eq-log-sum-exp
    """
    Z = validate.matrix(Z, "Z", within=ANY)
    top = Z.max(axis=1)
    with np.errstate(over="ignore"):  # −∞ is as good as −10³⁰⁸
        return top + np.log(np.exp(Z - top[:, None]).sum(axis=1))


def softmax(Z) -> np.ndarray:
    """Return the probabilities (N, K) of scores Z (N, K): e^zₖ over the sum, row by row.

    Equation: eq-softmax
    """
    Z = validate.matrix(Z, "Z", within=ANY)
    with np.errstate(over="ignore"):
        return np.exp(Z - log_sum_exp(Z)[:, None])


def cross_entropy(Z, labels) -> float:
    """Return the mean of log Σₖ e^zₖ − z_label over scores Z (N, K) and labels (N,).

    Equation: eq-cross-entropy
    """
    Z = validate.matrix(Z, "Z", within=ANY)
    labels = _labels(labels, Z.shape)
    with np.errstate(over="ignore"):
        losses = log_sum_exp(Z) - Z[np.arange(len(Z)), labels]
    return _mean(losses)


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
    A, W = validate.matrix(A, within=BELOW), validate.matrix(W, "W", within=BELOW)
    if len(W) != A.shape[1]:
        raise ValueError(f"W has {len(W)} rows, but A has {A.shape[1]} columns")
    return A.T @ cross_entropy_slopes(A @ W, labels)


def fit_softmax(A, labels, classes: int, lam: float = 1e-3) -> np.ndarray:
    """Return the W (D, K) that minimises cross-entropy + (lam/2)‖W‖²_F, lam > 0, by L-BFGS, and Newton's method where it stalls.

    The search runs in units in which every weight's curvature is about 1, so that the features' own units do not matter.
    Raises ValueError where neither method arrives.
    """
    A = validate.matrix(A)
    shape = (A.shape[1], validate.whole(classes, "classes", low=2))
    lam = validate.number(lam, "lam", low=0, open_low=True)
    labels = _labels(labels, (len(A), shape[1]))
    unit = 1 / np.sqrt(np.mean(A**2, axis=0) / 4 + lam)[:, None]

    def loss(flat):
        W = unit * flat.reshape(shape)
        gradient = cross_entropy_gradient(A, W, labels) + lam * W
        return cross_entropy(A @ W, labels) + lam / 2 * np.sum(W**2), (unit * gradient).ravel()

    def bend(flat, direction):
        """Return the Hessian at `flat` times a direction."""
        P, V = softmax(A @ (unit * flat.reshape(shape))), unit * direction.reshape(shape)
        scores = A @ V
        change = P * (scores - (P * scores).sum(axis=1, keepdims=True))
        return (unit * (A.T @ change / len(A) + lam * V)).ravel()

    flat = np.zeros(shape).ravel()
    flat = scipy.optimize.minimize(
        loss, flat, jac=True, method="L-BFGS-B", options={"gtol": 1e-9, "ftol": 0.0, "maxiter": 5000}
    ).x
    if np.abs(loss(flat)[1]).max() > 1e-8:
        flat = scipy.optimize.minimize(
            loss, flat, jac=True, hessp=bend, method="trust-ncg", options={"gtol": 1e-9, "maxiter": 1000}
        ).x
        if not np.abs(loss(flat)[1]).max() <= 1e-7:
            raise ValueError(f"no minimum was found for lam = {lam:g}: scale the features, or give a larger lam")
    return unit * flat.reshape(shape)


# --------------------------------------------------------------------------------------------------------- helpers
def _scores(z, t, name: str = "z") -> tuple[np.ndarray, np.ndarray]:
    t = validate.vector(t, "t")
    z = validate.vector(z, name, len(t), "targets in t", within=ANY)
    if ((t < 0) | (t > 1)).any():
        raise ValueError(f"targets must lie between 0 and 1, but t[{int(np.argmax((t < 0) | (t > 1)))}] does not")
    return z, t


def _mean(losses: np.ndarray) -> float:
    """Return the mean of losses (N,), also where their sum would overflow."""
    with np.errstate(over="ignore"):
        mean = losses.mean()
    return float(mean if np.isfinite(mean) else validate.result((losses / len(losses)).sum(), "the loss"))


def _labels(labels, shape: tuple[int, int]) -> np.ndarray:
    given = validate.vector(labels, "labels", shape[0], "rows of scores")
    if (given != np.round(given)).any() or (given < 0).any() or (given >= shape[1]).any():
        bad = given[(given != np.round(given)) | (given < 0) | (given >= shape[1])][0]
        raise ValueError(f"labels must be whole numbers from 0 to {shape[1] - 1}, but one is {bad:g}")
    return given.astype(int)
