"""The linear model: features in, a prediction and its loss out, and what a coefficient is worth."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import combinations

import numpy as np

from lib.book import validate


def design_matrix(X, intercept: bool = True) -> np.ndarray:
    """Return the design matrix A (N, D) of a table of features X (N, k): a column of ones, then X's columns.

    One feature may be given as a vector (N,). Without `intercept` A is X itself, as a new matrix.
    Equation: eq-linear-model
    """
    X = _table(X)
    return np.hstack([np.ones((len(X), 1)), X]) if intercept else X.copy()


def predict(A, w) -> np.ndarray:
    """Return the predictions Aw (N,) for the design matrix A (N, D) and the coefficients w (D,).

    Equation: eq-linear-model
    """
    return validate.product(A, w)[1]


def mean_squared_error(A, w, b) -> float:
    """Return the loss ‖Aw − b‖²/N, in the square of b's unit.

    Equation: eq-mse-loss
    """
    A, b = validate.system(A, b)
    return float(np.mean((predict(A, w) - b) ** 2))


def one_hot(labels: Sequence[Hashable], categories=None, drop: Hashable = None) -> tuple[np.ndarray, tuple]:
    """Return the one-hot matrix (N, K) of N labels and the categories that its columns stand for.

    Row i has a single 1, in the column of labels[i]. The categories are the labels' own, sorted, unless given (in the
    order of the columns). With `drop`, that category has no column: its rows are all zeros.
    Raises ValueError where there is no label, a label is NaN or none of the categories, a category is listed twice, or
    `drop` is no category; TypeError where `labels` is a lone string or its labels cannot be sorted together.
    """
    labels = _labels(labels, "labels")
    if categories is None:
        try:
            categories = tuple(sorted(set(labels)))
        except TypeError as error:
            raise TypeError(f"labels of different types cannot be sorted; give the categories ({error})") from None
    categories = _labels(categories, "categories")
    if len(set(categories)) != len(categories):
        raise ValueError(f"a category is listed twice: {categories}")
    if unknown := [label for label in labels if label not in categories]:
        raise ValueError(f"{unknown[0]!r} is none of the categories {categories}")
    if drop is not None and drop not in categories:
        raise ValueError(f"drop is {drop!r}, which is none of the categories {categories}")
    kept = tuple(category for category in categories if drop is None or category != drop)
    return np.array([[float(label == category) for category in kept] for label in labels]), kept


def drop_category(w, c, j: int = -1) -> tuple[np.ndarray, float]:
    """Return (w', c'): the weights (K − 1,) and the intercept that predict the same without category j (the last).

    w' = w − w_j without entry j, and c' = c + w_j: the dropped category becomes the one that others are measured from.
    Equation: eq-one-hot-equivalence
    """
    w, c = validate.vector(w, "w"), validate.number(c, "c")
    j = validate.whole(j, "j", low=-len(w), high=len(w) - 1)
    return np.delete(w, j) - w[j], float(c + w[j])


def polynomial_features(x, degree: int) -> np.ndarray:
    """Return the features x, x², …, x^degree (N, degree) of one feature x (N,), to be given to `design_matrix`.

    Raises ValueError where a power is too large for a float64.
    """
    x, degree = validate.vector(x, "x", within=validate.ANY), validate.whole(degree, "degree", low=1)
    with np.errstate(over="ignore"):
        powers = x[:, None] ** np.arange(1, degree + 1)
    if not np.isfinite(powers).all():
        raise ValueError(f"x to the power {degree} overflows: its largest entry is {np.abs(x).max():g}")
    return powers


def interactions(X) -> np.ndarray:
    """Return the products x_i · x_j, i < j, of all pairs of features (N, k(k − 1)/2) of a table X (N, k ≥ 2)."""
    X = validate.matrix(X, "X", within=validate.ANY)
    if X.shape[1] < 2:
        raise ValueError("interactions need at least two features, but X has 1 column")
    with np.errstate(over="ignore"):
        products = np.column_stack([X[:, i] * X[:, j] for i, j in combinations(range(X.shape[1]), 2)])
    if not np.isfinite(products).all():
        raise ValueError("a product of two features overflows")
    return products


def variance_inflation(X) -> np.ndarray:
    """Return each feature's variance inflation factor 1/(1 − R²_j) (k,), for a table X (N, k) without its ones.

    R²_j is how well the other features and an intercept predict feature j. The factor is 1 for a feature that is
    orthogonal to the rest (about the means), and inf for one that the others give up to rounding.
    Raises ValueError where a feature is constant. Equation: eq-vif. Source: Belsley, Kuh and Welsch (1980).
    """
    X = validate.matrix(X, "X")
    if (constant := validate.constant_columns(X)).any():
        raise ValueError(f"feature {int(np.argmax(constant))} is constant: nothing can be inflated")
    Z = X - X.mean(axis=0)
    scale = np.linalg.norm(Z, axis=0)
    if not (scale > 1e-150).all():
        raise ValueError(f"feature {int(np.argmin(scale))} varies too little to be squared: scale it")
    Z = Z / scale  # centred, each of length 1: the intercept is dealt with, and 1 − R² is ‖residual‖²
    unexplained = np.array([_squared_residual(np.delete(Z, j, axis=1), Z[:, j]) for j in range(Z.shape[1])])
    unexplained[unexplained < (10 * max(Z.shape) * np.finfo(float).eps) ** 2] = 0
    with np.errstate(divide="ignore"):
        return 1 / unexplained


def _squared_residual(A: np.ndarray, b: np.ndarray) -> float:
    """Return the smallest ‖Aw − b‖² over w; A may have no columns."""
    if A.shape[1] == 0:
        return float(b @ b)
    return float(np.sum((A @ np.linalg.lstsq(A, b, rcond=None)[0] - b) ** 2))


def _table(X) -> np.ndarray:
    """Return X as a table (N, k), a vector (N,) as its single column."""
    X = validate.array(X, "X", within=validate.ANY)
    if X.ndim not in (1, 2):
        raise ValueError(f"X must be a table (2 axes) or one feature (1 axis), but has shape {X.shape}")
    return X[:, None] if X.ndim == 1 else X


def _labels(labels, name: str) -> tuple:
    """Return a non-empty tuple of hashable labels, none of them NaN, or raise."""
    if isinstance(labels, (str, bytes)) or not hasattr(labels, "__iter__"):
        raise TypeError(f"{name} must be a sequence of labels, but is {labels!r}")
    if isinstance(labels, np.ma.MaskedArray):
        raise TypeError(f"{name} are a masked array, and its mask would be lost: choose the labels to keep")
    labels = tuple(labels.tolist() if isinstance(labels, np.ndarray) else labels)
    if not labels:
        raise ValueError(f"{name} is empty")
    for label in labels:
        try:
            hash(label)
        except TypeError:
            raise TypeError(f"{name} must be labels such as strings, but hold {label!r}") from None
        if label != label:
            raise ValueError(f"{name} hold a NaN, which equals nothing, itself included")
    return labels
