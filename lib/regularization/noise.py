"""Noise as a penalty: dropout, jittered inputs, shifted images, and the two ways to penalise without a penalty.

A linear model trained on inputs that are disturbed at random, with mean 0, is trained on the undisturbed inputs with a
quadratic penalty wᵀCw, C being the summed covariance of the disturbances. Each kind of noise here has its C. Random
numbers come from a numpy Generator that the caller seeds.
"""

from __future__ import annotations

import numpy as np

from lib.book import validate
from lib.book.validate import ANY, SAFE


# ------------------------------------------------------------------------------------------------------------ dropout
def dropout_mask(shape, p: float, rng: np.random.Generator, inverted: bool = True) -> np.ndarray:
    """Return a mask of `shape`: 0 with probability p, else 1, or 1/(1 − p) if `inverted`; 0 ≤ p < 1.

    Equation: eq-dropout-plain, eq-dropout-inverted. Source: Srivastava et al. (2014).
    """
    p, shape = _share(p), _shape(shape)
    kept = validate.generator(rng).random(shape) >= p
    return kept / (1 - p) if inverted else kept.astype(np.float64)


def dropout(x, p: float, rng: np.random.Generator | None = None, training: bool = True, inverted: bool = True):
    """Return (x · mask, mask) in training; in evaluation x itself, times 1 − p for the plain kind, with its mask.

    x : any shape. The gradient with respect to x is the gradient with respect to the output times the mask.
    Equation: eq-dropout-plain, eq-dropout-inverted, eq-dropout-gradient
    """
    x, p = validate.array(x, "x"), _share(p)
    if not training:
        mask = np.full(x.shape, 1.0 if inverted else 1 - p)
    elif rng is None:
        raise ValueError("dropout in training needs a random generator: np.random.default_rng(seed)")
    else:
        mask = dropout_mask(x.shape, p, rng, inverted)
    return x * mask, mask


def dropout_variance(p: float) -> float:
    """Return p/(1 − p), the variance of inverted dropout's mask: 0 without dropout, 1 at p = ½; 0 ≤ p < 1.

    Equation: eq-dropout-variance
    """
    return _share(p) / (1 - _share(p))


# --------------------------------------------------------------------------------------------------- noise as penalty
def noisy_loss(A, y, w, C) -> float:
    """Return E‖Ãw − y‖² = ‖Aw − y‖² + wᵀCw for inputs Ã with mean A and disturbances of summed covariance C (D, D).

    Equation: eq-noise-penalty
    """
    A, y = validate.system(A, y, ("A", "y"))
    w = validate.vector(w, "w", A.shape[1], "columns of A")
    return float(np.sum((A @ w - y) ** 2) + w @ _penalty(C, A.shape[1]) @ w)


def fit_with_noise(A, y, C) -> np.ndarray:
    """Return the w (D,) that minimises the expected loss under noise: (AᵀA + C)w = Aᵀy; C (D, D) symmetric, C ≥ 0.

    Raises ValueError where AᵀA + C is singular. Equation: eq-noise-solution
    """
    A, y = validate.system(A, y, ("A", "y"))
    G = A.T @ A + _penalty(C, A.shape[1])
    if np.linalg.matrix_rank(G, hermitian=True) < len(G):
        raise ValueError("AᵀA + C is singular: neither the data nor the noise fix some direction of w")
    return np.linalg.solve(G, A.T @ y)


def jitter_penalty(A, sigma: float) -> np.ndarray:
    """Return C = Nσ²I (D, D): independent noise of standard deviation sigma on every entry of A (N, D).

    Equation: eq-jitter-penalty. Source: Bishop (1995).
    """
    A, sigma = validate.matrix(A), validate.number(sigma, "sigma", low=0)
    return len(A) * sigma**2 * np.eye(A.shape[1])


def dropout_penalty(A, p: float) -> np.ndarray:
    """Return C = p/(1 − p) diag(‖a₁‖², …, ‖a_D‖²) (D, D): inverted dropout on every entry of A (N, D).

    Multiplicative Gaussian noise of the same variance has the same penalty. Equation: eq-dropout-penalty
    """
    A = validate.matrix(A)
    return dropout_variance(p) * np.diag(np.sum(A**2, axis=0))


def augmentation_penalty(copies) -> tuple[np.ndarray, np.ndarray]:
    """Return (mean, C) of copies (K, N, D), K equally likely versions of each row: mean (N, D), C (D, D) their spread.

    Training on all copies, averaged, is training on the mean with the penalty wᵀCw. Equation: eq-augmentation-penalty
    """
    copies = validate.array(copies, "copies", 3)
    mean = copies.mean(axis=0)
    spread = (copies - mean).reshape(-1, copies.shape[2])
    return mean, spread.T @ spread / len(copies)


def shift_images(images, down: int, right: int) -> np.ndarray:
    """Return images (N, H, W) moved by whole pixels, what moves out lost and what moves in 0; negative is up or left."""
    images = validate.array(images, "images", 3, within=ANY)
    height, width = images.shape[1:]
    down = validate.whole(down, "down", low=-height, high=height)
    right = validate.whole(right, "right", low=-width, high=width)
    out = np.zeros_like(images)
    source = images[:, max(-down, 0) : height - max(down, 0), max(-right, 0) : width - max(right, 0)]
    out[:, max(down, 0) : height - max(-down, 0), max(right, 0) : width - max(-right, 0)] = source
    return out


# ----------------------------------------------------------------------------------------- penalties without a penalty
def weight_decay_step(w, gradient, eta: float, lam: float) -> np.ndarray:
    """Return (1 − ηλ)w − η·gradient: a gradient step that first lets the weights decay; eta > 0, lam ≥ 0, any shape.

    Equation: eq-weight-decay
    """
    w, gradient = validate.array(w, "w", within=ANY), validate.array(gradient, "gradient", within=ANY)
    eta, lam = validate.number(eta, "eta", low=0, open_low=True), validate.number(lam, "lam", low=0)
    if w.shape != gradient.shape:
        raise ValueError(f"w has shape {w.shape} but the gradient has {gradient.shape}")
    with np.errstate(over="ignore", invalid="ignore"):
        return validate.result((1 - eta * lam) * w - eta * gradient, "the step")


def gradient_descent(A, y, eta: float, steps: int) -> np.ndarray:
    """Return w after 0, 1, …, steps gradient steps (steps + 1, D) on ½‖Aw − y‖² from 0; 0 < eta < 2/σ₁².

    Equation: eq-gradient-step
    """
    A, y = validate.system(A, y, ("A", "y"))
    eta, steps = validate.number(eta, "eta", low=0, open_low=True), validate.whole(steps, "steps", low=0)
    limit = 2 / np.linalg.norm(A, 2) ** 2 if A.any() else np.inf
    if eta >= limit:
        raise ValueError(f"eta = {eta:g} is too long a step: beyond 2/σ₁² = {limit:.3g} the iteration diverges")
    G, c = A.T @ A, A.T @ y
    path = np.zeros((steps + 1, A.shape[1]))
    for t in range(steps):
        path[t + 1] = path[t] - eta * (G @ path[t] - c)
    return path


def stopping_filter(s, eta: float, steps: float) -> np.ndarray:
    """Return 1 − (1 − ησᵢ²)^steps for singular values s (D,): the share of each direction that gradient descent has found.

    Equation: eq-early-stopping
    """
    s = validate.vector(s, "s", within=SAFE)
    eta, steps = validate.number(eta, "eta", low=0, open_low=True), validate.number(steps, "steps", low=0)
    if (s < 0).any() or eta * np.max(s**2) >= 2:
        raise ValueError("singular values are not negative, and eta must be less than 2/σ₁²")
    return 1 - (1 - eta * s**2) ** steps if np.max(eta * s**2) <= 1 else 1 - (1 - eta * s**2) ** round(steps)


def stop_early(losses, patience: int = 5) -> int:
    """Return the index of the best of validation losses (T,) when training stops after `patience` epochs without a better one."""
    losses, patience = validate.vector(losses, "losses", within=ANY), validate.whole(patience, "patience", low=1)
    best = 0
    for t, loss in enumerate(losses):
        if loss < losses[best]:
            best = t
        elif t - best >= patience:
            break
    return best


def _share(p: float) -> float:
    p = validate.number(p, "p", low=0)
    if p >= 1:
        raise ValueError(f"p must be less than 1, but is {p:g}: dropping everything leaves nothing")
    return p


def _shape(shape) -> tuple[int, ...]:
    """Return the shape of an array, given as a number or as several."""
    several = shape if isinstance(shape, (tuple, list)) else (shape,)
    return tuple(validate.whole(n, "shape", low=0) for n in several)


def _penalty(C, D: int) -> np.ndarray:
    C = validate.symmetric(C, "C", within=validate.BELOW)
    if len(C) != D:
        raise ValueError(f"C has shape {C.shape}, but A has {D} columns")
    return C
