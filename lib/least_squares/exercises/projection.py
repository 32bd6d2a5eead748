"""Exercises of "The pseudo-inverse and the geometry"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number, order

__all__ = [
    "inverse_through_svd",
    "length_of_the_residual",
    "projection_matrix",
    "shortest_in_order",
    "shortest_solution",
    "what_survives_a_copy",
]

length_of_the_residual = number(
    "length_of_the_residual",
    answer=5.0,
    why="Fit and residual stand at a right angle: ‖r‖² = 13² − 12².",
    hints=(
        "The fit is the foot of a perpendicular. What triangle do b, the fit and the residual make?",
        "‖b‖² = ‖Aw‖² + ‖r‖².",
        "The square root of 13² − 12².",
    ),
    mistakes=[
        (1.0, "Lengths along different directions do not subtract: the residual stands at a right angle to the fit."),
        (25.0, "That is ‖r‖²: take the square root."),
        (np.sqrt(313.0), "You added the squares. b is the long side of the right triangle, not a short one."),
    ],
)


def _tall(rng):
    yield case("one column of ones", np.ones((4, 1)))
    yield case("a square matrix: every b is reached", np.array([[2.0, 1.0], [0.0, 1.0]]))
    for n, d in ((5, 2), (6, 3), (9, 4)):
        yield (rng.normal(size=(n, d)),)


@exercise(
    cases=_tall,
    hints=(
        "P takes any b to its fit Aw. What is w?",
        "w = (AᵀA)⁻¹Aᵀb, so P = A(AᵀA)⁻¹Aᵀ.",
        "np.linalg.solve(A.T @ A, …) does the inverse's work; what stands before it, and what inside?",
    ),
)
def projection_matrix(A):
    """Return the matrix P that projects orthogonally onto the columns of A.

    A : (N, D), full column rank;  returns P : (N, N)
    """
    return A @ np.linalg.solve(A.T @ A, A.T)


@projection_matrix.mistake("AAᵀ is the projection only if the columns are orthonormal. In between stands (AᵀA)⁻¹.")
def _outer(A):
    return A @ A.T


@projection_matrix.mistake("That is A⁺A, which acts on coefficients (D × D). The projection acts on targets: AA⁺.")
def _wrong_side(A):
    return np.linalg.solve(A.T @ A, A.T) @ A


@projection_matrix.mistake("That is I − P: it keeps the residual and throws the fit away.")
def _complement(A):
    return np.eye(len(A)) - A @ np.linalg.solve(A.T @ A, A.T)


@projection_matrix.mistake("That is A⁺, which gives the coefficients. Multiply by A to come back to the targets.")
def _coefficients(A):
    return np.linalg.solve(A.T @ A, A.T)


@projection_matrix.mistake(
    "Dividing each column by its length does not make the columns orthogonal to one another: (AᵀA)⁻¹ has to stand in the middle."
)
def _unit_columns(A):
    Q = A / np.linalg.norm(A, axis=0)
    return Q @ Q.T


@projection_matrix.mistake("2P − I is the mirror at the plane, not the projection onto it.")
def _mirror(A):
    return 2 * projection_matrix.function(A) - np.eye(len(A))


def _wide(rng):
    yield case("one row", np.array([[3.0, 4.0]]), np.array([10.0]))
    yield case("a square matrix", np.array([[2.0, 1.0], [0.0, 1.0]]), np.array([1.0, -1.0]))
    yield case("b = 0", rng.normal(size=(2, 4)), np.zeros(2))
    for n, d in ((2, 3), (3, 7), (4, 6)):
        yield rng.normal(size=(n, d)), rng.normal(size=n)


@exercise(
    cases=_wide,
    hints=(
        "The shortest solution has no part in the null space of A: it is a combination of A's rows.",
        "Put w = Aᵀc into Aw = b, solve for c, and go back to w.",
        "c = np.linalg.solve(A @ A.T, b), and then one product takes c to w.",
    ),
)
def shortest_solution(A, b):
    """Return the shortest of all w with Aw = b.

    A : (N, D) with N ≤ D, full row rank;  b : (N,);  returns w : (D,)
    """
    return A.T @ np.linalg.solve(A @ A.T, b)


@shortest_solution.mistake(
    "AᵀA is singular here: with more columns than rows it cannot have full rank. Use AAᵀ, which is N × N."
)
def _tall_formula(A, b):
    gram = A.T @ A
    if np.linalg.matrix_rank(gram) < len(gram):
        raise np.linalg.LinAlgError("Singular matrix")
    return np.linalg.solve(gram, A.T @ b)


@shortest_solution.mistake("That is c with AAᵀc = b, of length N. The solution is w = Aᵀc.")
def _no_return(A, b):
    return np.linalg.solve(A @ A.T, b)


@shortest_solution.mistake(
    "That is a solution, but not the shortest: you set the spare unknowns to zero. Take w among the combinations of rows."
)
def _basic(A, b):
    n, d = A.shape
    return np.concatenate([np.linalg.solve(A[:, :n], b), np.zeros(d - n)])


@shortest_solution.mistake("Aᵀb is not a solution yet: (AAᵀ)⁻¹ has to stand between.")
def _no_solve(A, b):
    return A.T @ b


@shortest_solution.mistake("That is a solution, but it has a part in the null space of A, which makes it longer.")
def _with_null_space(A, b):
    D = A.shape[1]
    return shortest_solution.function(A, b) + (np.eye(D) - np.linalg.pinv(A) @ A) @ np.ones(D)


THRESHOLD = (
    "The threshold is not right: what counts as zero are singular values up to 1e-12 · σ₁, a share of the largest one."
)


def _any_rank(rng):
    yield case("the zero matrix", np.zeros((2, 3)))
    yield case("one number", np.array([[4.0]]))
    yield case("a doubled column: rank 1", np.array([[1.0, 1.0], [2.0, 2.0], [2.0, 2.0]]))
    yield case("a singular value below the threshold", np.diag([1.0, 1e-14]), tells=THRESHOLD)
    yield case("singular values on both sides of the threshold", np.diag([1.0, 3e-12, 3e-13]), tells=THRESHOLD)
    yield case("a small singular value that counts", np.diag([2.0, 1e-5]), tells=THRESHOLD)
    yield case("a matrix of tiny numbers", 1e-14 * rng.normal(size=(4, 2)), tells=THRESHOLD)
    yield case("a matrix of huge numbers", 1e9 * np.diag([1.0, 1e-14]), tells=THRESHOLD)
    for n, d, rank in ((5, 3, 3), (3, 5, 2), (6, 4, 2)):
        yield (rng.normal(size=(n, rank)) @ rng.normal(size=(rank, d)),)


@exercise(
    cases=_any_rank,
    rtol=1e-7,
    hints=(
        "Turn A = UΣVᵀ around: rotate back, divide by the stretch where there was one, rotate back.",
        "A⁺ = V Σ⁺ Uᵀ, where Σ⁺ inverts the singular values above 1e-12 · σ₁ and leaves the others zero.",
        "U, s, Vt = np.linalg.svd(A, full_matrices=False); keep = s > 1e-12 * s[0]; use Vt[keep], s[keep] and U[:, keep] only.",
    ),
)
def inverse_through_svd(A):
    """Return the pseudo-inverse of A from its SVD; singular values up to 1e-12 · σ₁ count as zero.

    A : (N, D) of any rank;  returns A⁺ : (D, N)
    """
    U, s, Vt = np.linalg.svd(A, full_matrices=False)
    keep = s > 1e-12 * s[0]
    return (Vt[keep].T / s[keep]) @ U[:, keep].T


@inverse_through_svd.mistake(
    "You inverted every singular value. Those that count as zero must stay zero, not become huge."
)
def _all_inverted(A):
    U, s, Vt = np.linalg.svd(A, full_matrices=False)
    with np.errstate(all="ignore"):
        return (Vt.T / s) @ U.T


@inverse_through_svd.mistake("You put A together again, transposed: V Σ Uᵀ. The singular values have to be inverted.")
def _transposed(A):
    return A.T.copy()


@inverse_through_svd.mistake("The order is that of A: an inverse turns it round. A⁺ = V Σ⁺ Uᵀ, not U Σ⁺ Vᵀ.")
def _same_order(A):
    return inverse_through_svd.function(A).T


@inverse_through_svd.mistake(
    "(AᵀA)⁻¹Aᵀ needs columns that are independent. The SVD does not; take its singular values one by one."
)
def _normal_equations(A):
    gram = A.T @ A
    if np.linalg.matrix_rank(gram) < len(gram):
        raise np.linalg.LinAlgError("Singular matrix")
    return np.linalg.solve(gram, A.T)


shortest_in_order = order(
    "shortest_in_order",
    lines={
        "A": "Aᵀc and n are orthogonal: (Aᵀc)·n = c·(An) = 0",
        "B": "‖v‖² = ‖w‖² + ‖n‖² ≥ ‖w‖², with equality only for n = 0",
        "C": "Let w = Aᵀ(AAᵀ)⁻¹b; then Aw = b",
        "D": "Let v be any solution and n = v − w; then An = b − b = 0",
        "E": "w has the form Aᵀc with c = (AAᵀ)⁻¹b, so w is orthogonal to n",
    },
    needs={"D": "C", "A": "D", "E": "CA", "B": "E"},
    feedback={
        "D": "The difference v − w can be formed when w has been named, and An = 0 uses Aw = b.",
        "A": "n appears here before it was introduced.",
        "E": "This applies a general fact (combinations of rows are orthogonal to the null space) to w: state the fact first.",
        "B": "Pythagoras needs a right angle, which has not been shown yet.",
    },
    why="The right angle is between the row space, where w lives, and the null space, where all freedom lies.",
    hints=(
        "Name the candidate first, then a rival.",
        "The rival differs from the candidate by a vector of the null space; that vector is orthogonal to what?",
        "C, then D; the right angle comes in two steps; Pythagoras last.",
    ),
)

what_survives_a_copy = choice(
    "what_survives_a_copy",
    answer="b",
    why="The span of the columns is the same with and without the copy, and the fit is the projection onto the span.",
    feedback={
        "a": "AᵀA now has two equal rows: it is singular.",
        "c": "Whatever you add to one coefficient you can take from its twin: infinitely many w give the same fit.",
        "d": "‖w‖ can be made as long as you like by adding to one twin and subtracting from the other. Only A⁺b is singled out.",
    },
    hints=(
        "What changes about the plane onto which b is projected?",
        "Nothing: a copied column spans nothing new.",
        "So everything that depends on the span alone survives.",
    ),
)
