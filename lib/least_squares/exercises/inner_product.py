"""Exercises of "Another inner product"."""

from __future__ import annotations

import math

import numpy as np

from lib.book.exercises import case, choice, exercise, number

__all__ = [
    "cholesky_factor",
    "fit_with_covariance",
    "length_in_the_metric",
    "weighted_fit",
    "which_is_an_inner_product",
]

length_in_the_metric = number(
    "length_in_the_metric",
    answer=lambda: math.sqrt(7),
    why="uᵀGu = 2 + 1 + 1 + 3 = 7, and a length is the root of ⟨u, u⟩.",
    hints=(
        "A length is the square root of the inner product of a vector with itself.",
        "⟨u, u⟩ = uᵀGu: the sum of all entries of G, for u = (1, 1).",
        "√(2 + 1 + 1 + 3).",
    ),
    mistakes=[
        (7.0, "That is ⟨u, u⟩, the squared length."),
        (lambda: math.sqrt(2), "That is the ordinary length: G has to stand between u and u."),
        (lambda: math.sqrt(5), "You took the diagonal of G alone: the off-diagonal entries count as well, twice."),
    ],
)

which_is_an_inner_product = choice(
    "which_is_an_inner_product",
    answer="b",
    why="It is symmetric, and its eigenvalues are 1 and 3.",
    feedback={
        "a": "For u = (1, −1), uᵀGu = 1 − 4 + 1 = −2: a negative squared length.",
        "c": "It is not symmetric: ⟨u, v⟩ and ⟨v, u⟩ differ.",
        "d": "For u = (1, −1), uᵀGu = 0 although u is not zero.",
    },
    hints=(
        "Check symmetry first, then the sign of uᵀGu.",
        "Try u = (1, −1) in each.",
        "A symmetric 2 × 2 matrix is positive definite if its first entry and its determinant are positive.",
    ),
)


def _positive_definite(rng):
    yield case("one entry", [[9.0]])
    yield case("a diagonal matrix", [[4.0, 0.0], [0.0, 25.0]])
    yield case("columns that nearly agree", [[1.0, 0.99], [0.99, 1.0]])
    for n in (2, 3, 4):
        B = [[round(rng.uniform(-2, 2), 2) for _ in range(n)] for _ in range(n)]
        yield ([[sum(B[i][k] * B[j][k] for k in range(n)) + (i == j) for j in range(n)] for i in range(n)],)


def _factor(G, root=math.sqrt, subtract=True):
    n = len(G)
    L = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            known = sum(L[i][k] * L[j][k] for k in range(j)) if subtract else 0.0
            L[i][j] = root(G[i][i] - known) if i == j else (G[i][j] - known) / L[j][j]
    return L


@exercise(
    cases=_positive_definite,
    python_only=True,
    hints=(
        "Write G = LLᵀ out for a 2 × 2 matrix. Which entry of L can you find first?",
        "L_ij = (G_ij − Σ_{k<j} L_ik L_jk) / L_jj below the diagonal, and the root of the same bracket on it.",
        "for i: for j in range(i + 1): s = G[i][j] - sum(L[i][k] * L[j][k] for k in range(j)); "
        "L[i][j] is the root of s on the diagonal, and s / L[j][j] below it",
    ),
)
def cholesky_factor(G):
    """Return the lower triangular L with L Lᵀ = G, with plain Python lists.

    G : n lists of n numbers, symmetric and positive definite
    returns n lists of n numbers, zeros above the diagonal, positive on it
    """
    n = len(G)
    L = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            s = G[i][j] - sum(L[i][k] * L[j][k] for k in range(j))
            L[i][j] = s**0.5 if i == j else s / L[j][j]
    return L


@cholesky_factor.mistake("The diagonal entry is the square root of what is left: L_ii appears squared in (LLᵀ)_ii.")
def _no_root(G):
    return _factor(G, root=lambda s: s)


@cholesky_factor.mistake("You forgot what the earlier columns already contribute: subtract Σ L_ik L_jk first.")
def _nothing_subtracted(G):
    return _factor(G, subtract=False)


@cholesky_factor.mistake("That is Lᵀ, the upper triangle. The task asks for L, with zeros above the diagonal.")
def _upper(G):
    return [list(column) for column in zip(*_factor(G), strict=True)]


@cholesky_factor.mistake("Below the diagonal the bracket has to be divided by L_jj.")
def _not_divided(G):
    n = len(G)
    L = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            s = G[i][j] - sum(L[i][k] * L[j][k] for k in range(j))
            L[i][j] = math.sqrt(abs(s)) if i == j else s
    return L


@cholesky_factor.mistake("Above the diagonal there are zeros: G's own entries are still standing there.")
def _rest_of_G(G):
    L = cholesky_factor.function(G)
    return [[L[i][j] if j <= i else G[i][j] for j in range(len(G))] for i in range(len(G))]


@cholesky_factor.mistake("The diagonal has to be positive: take the positive root.")
def _negative(G):
    return [[-v for v in row] for row in cholesky_factor.function(G)]


def _weighted(rng):
    yield case("equal weights: the ordinary fit", rng.normal(size=(6, 2)), rng.normal(size=6), np.full(6, 2.0))
    yield case("one column", np.ones((4, 1)), np.array([1.0, 2.0, 3.0, 10.0]), np.array([1.0, 1.0, 1.0, 0.01]))
    for n, d in ((5, 2), (8, 3), (12, 4)):
        yield rng.normal(size=(n, d)), rng.normal(size=n), rng.uniform(0.1, 5, n)


@exercise(
    cases=_weighted,
    hints=(
        "Move each weight into the square: ω(b − aᵀw)² = (… )².",
        "Multiply row i of A and entry i of b by √ω_i, then solve the ordinary problem.",
        "root = np.sqrt(weights); the rows are A * root[:, None]. What becomes of b? Then np.linalg.lstsq.",
    ),
)
def weighted_fit(A, b, weights):
    """Return the w that minimises the sum over i of weights[i] · (b − Aw)[i]².

    A : (N, D), full column rank;  b : (N,);  weights : (N,), positive;  returns w : (D,)
    """
    root = np.sqrt(weights)
    return np.linalg.lstsq(A * root[:, None], b * root, rcond=None)[0]


@weighted_fit.mistake(
    "You multiplied by the weights instead of their square roots: inside the square they count twice."
)
def _not_rooted(A, b, weights):
    return np.linalg.lstsq(A * weights[:, None], b * weights, rcond=None)[0]


@weighted_fit.mistake("A row and its target have to be multiplied alike. You weighted b and left A as it was.")
def _only_b(A, b, weights):
    return np.linalg.lstsq(A, b * np.sqrt(weights), rcond=None)[0]


@weighted_fit.mistake("That is the unweighted fit: the weights make no difference in it.")
def _unweighted(A, b, weights):
    return np.linalg.lstsq(A, b, rcond=None)[0]


@weighted_fit.mistake("You divided by the weights: a large weight has to make a point count more.")
def _inverted(A, b, weights):
    return np.linalg.lstsq(A / np.sqrt(weights)[:, None], b / np.sqrt(weights), rcond=None)[0]


@weighted_fit.mistake(
    "Only the rows of A are weighted. The entries of b belong to the same equations: both sides are multiplied."
)
def _only_A(A, b, weights):
    root = np.sqrt(weights)
    return np.linalg.lstsq(A * root[:, None], b, rcond=None)[0]


@weighted_fit.mistake("Only the right-hand side is weighted: the weights stand in AᵀΩA as well as in AᵀΩb.")
def _only_b_fit(A, b, weights):
    return np.linalg.solve(A.T @ A, A.T @ (weights * b))


@weighted_fit.mistake("Only AᵀΩA is weighted: the right-hand side is AᵀΩb.")
def _only_gram(A, b, weights):
    return np.linalg.solve(A.T @ (A * weights[:, None]), A.T @ b)


def _correlated(rng):
    yield case("independent noise of equal size", rng.normal(size=(5, 2)), rng.normal(size=5), np.eye(5))
    yield case(
        "independent noise, one bad point", np.ones((3, 1)), np.array([1.0, 2.0, 9.0]), np.diag([1.0, 1.0, 100.0])
    )
    for n, d in ((6, 2), (9, 3)):
        t = np.arange(n)
        yield rng.normal(size=(n, d)), rng.normal(size=n), 0.8 ** np.abs(t[:, None] - t)


@exercise(
    cases=_correlated,
    hints=(
        "Which transformation of b makes the noise independent and of equal size?",
        "With C = LLᵀ, the noise in L⁻¹b has the covariance I. Transform A in the same way and solve.",
        "L = np.linalg.cholesky(C); np.linalg.solve(L, A) whitens the rows. Do the same to b, then np.linalg.lstsq.",
    ),
)
def fit_with_covariance(A, b, C):
    """Return the best linear unbiased estimate of w when b = Aw + noise and the noise has the covariance C.

    A : (N, D), full column rank;  b : (N,);  C : (N, N), symmetric and positive definite;  returns w : (D,)
    """
    L = np.linalg.cholesky(C)
    return np.linalg.lstsq(np.linalg.solve(L, A), np.linalg.solve(L, b), rcond=None)[0]


@fit_with_covariance.mistake(
    "You used C as the inner product. The right one is its inverse: noisy directions count less."
)
def _not_inverted(A, b, C):
    P = np.linalg.cholesky(C).T
    return np.linalg.lstsq(P @ A, P @ b, rcond=None)[0]


@fit_with_covariance.mistake(
    "You multiplied by C⁻¹ instead of by a square root of it: AᵀC⁻¹A needs one root in each factor."
)
def _no_root_of_c(A, b, C):
    return np.linalg.lstsq(np.linalg.solve(C, A), np.linalg.solve(C, b), rcond=None)[0]


@fit_with_covariance.mistake("That is the ordinary fit. It is unbiased too, but C does not enter it.")
def _ordinary(A, b, C):
    return np.linalg.lstsq(A, b, rcond=None)[0]


@fit_with_covariance.mistake(
    "Only the diagonal of C has been used. The noises are correlated: what stands off the diagonal counts too."
)
def _diagonal(A, b, C):
    root = 1 / np.sqrt(np.diag(C))
    return np.linalg.lstsq(A * root[:, None], b * root, rcond=None)[0]


@fit_with_covariance.mistake("Only the left side is weighted: C⁻¹ stands in AᵀC⁻¹A and in AᵀC⁻¹b.")
def _left_only(A, b, C):
    return np.linalg.solve(A.T @ np.linalg.solve(C, A), A.T @ b)
