"""Exercises of "Direct solvers and the digits they keep"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, exercise, number, order

__all__ = [
    "digits_of_the_normal_equations",
    "mirror_vector",
    "refine_once",
    "solve_by_qr",
    "solve_upper_triangle",
    "two_triangles_in_order",
]


def _triangles(rng):
    yield case("one equation", [[4.0]], [2.0])
    yield case("a diagonal", [[2.0, 0.0], [0.0, 5.0]], [2.0, 10.0])
    yield case("numbers below the diagonal, which are not part of R", [[1.0, 2.0], [99.0, 4.0]], [5.0, 8.0])
    for n in (2, 3, 5):
        R = [[round(rng.uniform(-2, 2), 2) if j > i else 0.0 for j in range(n)] for i in range(n)]
        for i in range(n):
            R[i][i] = round(rng.uniform(1, 3), 2) * rng.choice((-1, 1))
        yield R, [round(rng.uniform(-3, 3), 2) for _ in range(n)]


@exercise(
    cases=_triangles,
    python_only=True,
    hints=(
        "The last equation has only one unknown. Start there and walk upwards.",
        "w_i = (c_i − Σ_{j>i} R_ij w_j) / R_ii.",
        "w = [0.0] * n; for i in range(n - 1, -1, -1): "
        "w[i] = (c[i] - sum(R[i][j] * w[j] for j in range(i + 1, n))) / R[i][i]",
    ),
)
def solve_upper_triangle(R, c):
    """Return the list w with R w = c, by back substitution, with plain Python lists.

    R : n lists of n numbers, upper triangular (ignore what stands below the diagonal), no zero on the diagonal
    c : list of n numbers;  returns a list of n numbers
    """
    n = len(c)
    w = [0.0] * n
    for i in range(n - 1, -1, -1):
        w[i] = (c[i] - sum(R[i][j] * w[j] for j in range(i + 1, n))) / R[i][i]
    return w


@solve_upper_triangle.mistake(
    "The unknowns below have not entered: you walked from the top, or divided c_i by R_ii alone. Only the last equation holds "
    "a single unknown; begin there, and take off what is known."
)
def _from_the_top(R, c):
    n = len(c)
    w = [0.0] * n
    for i in range(n):
        w[i] = (c[i] - sum(R[i][j] * w[j] for j in range(i + 1, n))) / R[i][i]
    return w


@solve_upper_triangle.mistake("You did not divide by the diagonal entry R_ii: that is right only where it is 1.")
def _no_division(R, c):
    n = len(c)
    w = [0.0] * n
    for i in range(n - 1, -1, -1):
        w[i] = c[i] - sum(R[i][j] * w[j] for j in range(i + 1, n))
    return w


@solve_upper_triangle.mistake("What is already known has to be taken away from c_i, not added.")
def _added(R, c):
    n = len(c)
    w = [0.0] * n
    for i in range(n - 1, -1, -1):
        w[i] = (c[i] + sum(R[i][j] * w[j] for j in range(i + 1, n))) / R[i][i]
    return w


@solve_upper_triangle.mistake("You used R_ji, the transpose: the known terms of equation i stand in row i.")
def _columns(R, c):
    n = len(c)
    w = [0.0] * n
    for i in range(n - 1, -1, -1):
        w[i] = (c[i] - sum(R[j][i] * w[j] for j in range(i + 1, n))) / R[i][i]
    return w


@solve_upper_triangle.mistake("You took away R_ij c_j, the right-hand side. What is known by then is w_j.")
def _right_hand_side(R, c):
    n = len(c)
    return [(c[i] - sum(R[i][j] * c[j] for j in range(i + 1, n))) / R[i][i] for i in range(n)]


@solve_upper_triangle.mistake(
    "You went forwards, as for a lower triangle. Here the last equation holds a single unknown."
)
def _forwards(R, c):
    n = len(c)
    w = [0.0] * n
    for i in range(n):
        w[i] = (c[i] - sum(R[i][j] * w[j] for j in range(i))) / R[i][i]
    return w


def _vectors(rng):
    yield case("one entry", np.array([3.0]))
    yield case("already on the axis", np.array([2.0, 0.0, 0.0]))
    yield case("a negative first entry", np.array([-3.0, 4.0]))
    yield case("a first entry of zero", np.array([0.0, 1.0, 2.0]))
    yield case("almost on the axis: a difference would lose all digits", np.array([1.0, 1e-9]))
    for n in (2, 4, 7):
        yield (rng.normal(size=n),)


def _is_a_good_mirror(x, v):
    """Accept v or −v, and say which property fails."""
    if abs(np.linalg.norm(v) - 1) > 1e-12:
        return "v does not have length 1."
    image = x - 2 * v * (v @ x)
    size = np.linalg.norm(x)
    if np.linalg.norm(image[1:]) > 1e-14 * size + 1e-300:
        return f"the mirror leaves {np.linalg.norm(image[1:]):.1e} below the first entry."
    first = x[0] if x[0] != 0 else size
    return None if image[0] * first <= 0 else "the first entry of v is a difference of two almost equal numbers."


@exercise(
    cases=_vectors,
    accept=_is_a_good_mirror,
    hints=(
        "The mirror takes x to a multiple of e₁ of the same length. v points from that image to x.",
        "v = x + sign(x₁)‖x‖e₁, then divided by its length: with this sign the first entry is a sum.",
        "v = x.astype(float); v[0] += np.copysign(np.linalg.norm(x), x[0]); then divide v by its length",
    ),
)
def mirror_vector(x):
    """Return a unit vector v such that x − 2v(vᵀx) is zero below its first entry, without losing digits.

    x : (n,), not zero;  returns v : (n,), of length 1
    """
    v = np.array(x, dtype=float)
    v[0] += np.copysign(np.linalg.norm(x), x[0])
    return v / np.linalg.norm(v)


@mirror_vector.mistake("With v = x − ‖x‖e₁ the first entry is a difference: choose the sign that makes it a sum.")
def _difference(x):
    v = x.copy()
    v[0] -= np.copysign(np.linalg.norm(x), x[0])
    return v / (np.linalg.norm(v) or 1.0)


@mirror_vector.mistake("np.sign(0) is 0: for x₁ = 0 your v is x itself, and the mirror sends x to −x. Use np.copysign.")
def _sign_of_zero(x):
    v = x.copy()
    v[0] += np.sign(x[0]) * np.linalg.norm(x)
    return v / np.linalg.norm(v)


@mirror_vector.mistake("v has to be divided by its length: the formula x − 2v(vᵀx) is for a unit vector.")
def _not_unit(x):
    v = x.copy()
    v[0] += np.copysign(np.linalg.norm(x), x[0])
    return v


@mirror_vector.mistake(
    "That is the direction of x. The mirror along it sends x to −x; you want it to land on the axis."
)
def _direction(x):
    return x / np.linalg.norm(x)


@mirror_vector.mistake("To lose no digits, choose the sign that makes the first entry a sum also where x₁ is negative.")
def _always_plus(x):
    v = np.array(x, dtype=float)
    v[0] += np.linalg.norm(x)
    return v / (np.linalg.norm(v) or 1.0)


def _systems(rng):
    yield case("one row and one column", np.array([[2.0]]), np.array([6.0]))
    yield case("b = 0", rng.normal(size=(5, 2)), np.zeros(5))
    yield case("columns in very different units", rng.normal(size=(8, 2)) * [1.0, 1e6], rng.normal(size=8))
    for n, d in ((4, 4), (6, 2), (9, 4)):
        yield rng.normal(size=(n, d)), rng.normal(size=n)
    powers = np.vander(np.linspace(0, 1, 30), 12)
    yield case(
        "twelve powers of x: κ = 10⁸, and AᵀA has its square",
        powers,
        powers @ np.ones(12),
        tells="Right where the columns are far apart. Where κ is large your digits are gone, as when AᵀA is formed: it has κ². Stay with Q and R.",
    )


@exercise(
    cases=_systems,
    rtol=1e-6,
    hints=(
        "Put A = QR into the normal equations and use QᵀQ = I. What cancels?",
        "RᵀR w = RᵀQᵀb, so R w = Qᵀb.",
        "Q, R = np.linalg.qr(A); then np.linalg.solve with R on the left. What stands on the right?",
    ),
)
def solve_by_qr(A, b):
    """Return the w that minimises ‖Aw − b‖, through A = QR and without forming AᵀA.

    A : (N, D), full column rank;  b : (N,);  returns w : (D,)
    """
    Q, R = np.linalg.qr(A)
    return np.linalg.solve(R, Q.T @ b)


@solve_by_qr.mistake("You solved with Rᵀ. That is the first half of RᵀRw = Aᵀb; with Qᵀb on the right only R is left.")
def _transposed_triangle(A, b):
    Q, R = np.linalg.qr(A)
    return np.linalg.solve(R.T, Q.T @ b)


@solve_by_qr.mistake("Aᵀb belongs to the normal equations RᵀRw = Aᵀb. Beside R stands Qᵀb.")
def _gram_side(A, b):
    return np.linalg.solve(np.linalg.qr(A)[1], A.T @ b)


@solve_by_qr.mistake("You multiplied by R where you have to divide: R w = Qᵀb is to be solved for w.")
def _multiplied(A, b):
    Q, R = np.linalg.qr(A)
    return R @ (Q.T @ b)


@solve_by_qr.mistake("Qᵀb is the right-hand side of R w = Qᵀb: it is still to be solved.")
def _not_solved(A, b):
    return np.linalg.qr(A)[0].T @ b


@solve_by_qr.mistake("Qᵀ belongs there, not Q: it turns b into the columns' own frame.")
def _untransposed(A, b):
    Q, R = np.linalg.qr(A)
    return np.linalg.solve(R, Q @ b)


def _starts(rng):
    for n, d in ((1, 1), (5, 2), (8, 3), (12, 5)):
        A, b = rng.normal(size=(n, d)), rng.normal(size=n)
        w = np.linalg.lstsq(A, b, rcond=None)[0]
        L = np.linalg.cholesky(A.T @ A) * (1 + 1e-3 * rng.uniform(-1, 1))  # a factor with an error, as in life
        yield A, b, L, w + 0.1 * rng.normal(size=d)
    A = rng.normal(size=(8, 1)) + 1e-5 * rng.normal(size=(8, 3))
    w, r = np.array([1.0, -2.0, 3.0]) * 1e3, rng.normal(size=8)
    L = np.linalg.cholesky(A.T @ A + 1e-11 * np.eye(3))
    yield case(
        "columns that nearly agree: what is left must be computed first",
        A,
        A @ w + 1e-6 * r,
        L,
        w,
        tells="The residual b − Aw has to be computed first. In Aᵀb − (AᵀA)w its digits are lost in a difference of large numbers.",
    )


@exercise(
    cases=_starts,
    hints=(
        "What the current w leaves unexplained is b − Aw. Which correction would explain it best?",
        "Solve LLᵀ d = Aᵀ(b − Aw) with two triangular solves and return w + d.",
        "r = b - A @ w; y = np.linalg.solve(L, A.T @ r); return w + np.linalg.solve(L.T, y)",
    ),
)
def refine_once(A, b, L, w):
    """Return w after one step of iterative refinement with the Cholesky factor at hand.

    A : (N, D);  b : (N,);  L : (D, D), lower triangular, LLᵀ ≈ AᵀA;  w : (D,);  returns (D,)
    """
    y = np.linalg.solve(L, A.T @ (b - A @ w))
    return w + np.linalg.solve(L.T, y)


@refine_once.mistake("That is the correction alone: add it to w.")
def _only_correction(A, b, L, w):
    return refine_once.function(A, b, L, w) - w


@refine_once.mistake("The sign of the residual is turned round: the correction has to explain b − Aw, not Aw − b.")
def _wrong_sign(A, b, L, w):
    return 2 * w - refine_once.function(A, b, L, w)


@refine_once.mistake("You solved with L twice. LLᵀ d = g is L y = g and then Lᵀ d = y.")
def _same_triangle(A, b, L, w):
    y = np.linalg.solve(L, A.T @ (b - A @ w))
    return w + np.linalg.solve(L, y)


@refine_once.mistake("That solves from scratch and forgets w: the right-hand side is Aᵀ(b − Aw).")
def _from_scratch(A, b, L, w):
    return np.linalg.solve(L.T, np.linalg.solve(L, A.T @ b))


@refine_once.mistake("That is half of it: after L y = g comes Lᵀ d = y.")
def _half_way(A, b, L, w):
    return w + np.linalg.solve(L, A.T @ (b - A @ w))


@refine_once.mistake("The two triangles are in the wrong order: L first, then Lᵀ.")
def _other_order(A, b, L, w):
    return w + np.linalg.solve(L, np.linalg.solve(L.T, A.T @ (b - A @ w)))


digits_of_the_normal_equations = number(
    "digits_of_the_normal_equations",
    answer=lambda: -np.log10(2.0**-53 * 1e6**2),
    rtol=0.15,
    unit="digits",
    why="Rounding AᵀA disturbs a matrix whose condition number is κ² = 10¹²; about 16 − 12 digits are left.",
    hints=(
        "The rounding errors are made in AᵀA. What is its condition number?",
        "κ(AᵀA) = κ(A)² = 10¹², and a number starts with about 16 digits.",
        "Compute −log10(2.0**-53 · (10⁶)²).",
    ),
    mistakes=[
        (
            lambda: -np.log10(2.0**-53 * 1e6),
            "That is what QR keeps. The normal equations work with κ².",
        ),
        (12.0, "Those are the digits that are lost."),
    ],
)

two_triangles_in_order = order(
    "two_triangles_in_order",
    lines={
        "A": "Q has orthonormal columns, so QᵀQ = I and RᵀR w = RᵀQᵀb",
        "B": "R w = Qᵀb",
        "C": "The minimiser fulfils AᵀA w = Aᵀb",
        "D": "With A = QR this reads RᵀQᵀQR w = RᵀQᵀb",
        "E": "A has full column rank, so R and Rᵀ are invertible; multiply by the inverse of Rᵀ",
    },
    needs={"D": "C", "A": "D", "E": "A", "B": "E"},
    feedback={
        "D": "Into what is A = QR put? State the normal equations first.",
        "A": "There is no QᵀQ to replace yet.",
        "E": "There is an Rᵀ to cancel on both sides only after QᵀQ has gone.",
        "B": "This is the result: it needs Rᵀ to have been cancelled.",
    },
    why="What cancels is the factor Rᵀ, and with it a factor κ(A) of the error.",
    hints=(
        "Start from what every minimiser fulfils.",
        "Put the factorisation in, simplify, cancel.",
        "C, D, then QᵀQ = I.",
    ),
)
