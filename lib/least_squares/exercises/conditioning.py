"""Exercises of "Conditioning: when columns close"."""

from __future__ import annotations

import math

import numpy as np

from lib.book.exercises import case, choice, exercise, number, order, prediction
from lib.least_squares.squeeze import squeeze_condition

__all__ = [
    "bound_in_order",
    "condition_of_two_by_two",
    "digits_left",
    "gram_inverse_change",
    "how_much_b_matters",
    "kappa_ten_times_closer",
    "which_property_fails",
]

kappa_ten_times_closer = prediction(
    "kappa_ten_times_closer",
    answer=lambda: squeeze_condition(0.01),
    why="The columns are ten times closer, and κ ten times as large: it grows like 4/ε.",
)

digits_left = number(
    "digits_left",
    answer=lambda: -math.log10(2.0**-53 * 1e9),
    rtol=0.08,
    unit="digits",
    why="Each entry is stored with a relative error of up to u = 2⁻⁵³, about 16 digits; κ = 10⁹ can cost 9 of them.",
    hints=(
        "A stored number is off by up to u = 2⁻⁵³ of itself. What does the problem make of that?",
        "The relative error of the answer is about κ · u.",
        "Compute −log10(κ · u) with u = 2.0**-53.",
    ),
    mistakes=[
        (9.0, "That is how many digits are lost. The question is how many are left."),
        (
            lambda: -math.log10(2.0**-53),
            "Those are the digits you start with; the problem's condition number takes some of them.",
        ),
        (lambda: 9 - math.log10(2.0**-53), "You added what κ costs. It has to be taken away."),
    ],
)


CANCELLED = "Where the columns nearly agree your digits are gone: the smaller σ² is a difference of two almost equal numbers. Take the larger one, and σ₁σ₂ = |det|."


def _two_by_two(rng):
    yield case("a multiple of the identity: κ = 1", 3.0, 0.0, 0.0, 3.0)
    yield case("a diagonal matrix", 2.0, 0.0, 0.0, -5.0)
    yield case("a rotation: κ = 1", 0.6, -0.8, 0.8, 0.6)
    yield case("a shear, whose eigenvalues are both 1", 1.0, 4.0, 0.0, 1.0)
    yield case("columns that nearly agree", 1.0, 1.0, 1.0, 1.001)
    yield case("columns that agree to six digits", 1.0, 1.0, 1.0, 1.000001, tells=CANCELLED)
    yield case(
        "a turned and stretched square: κ = 1",
        2.41,
        2.82,
        -2.82,
        2.41,
        tells="Here σ₁ = σ₂, and rounding makes s² − 4 det² slightly negative: keep it at 0 before the root.",
    )
    yield case("numbers of another size", 3e-5, 1e-5, -2e-5, 4e-5)
    for _ in range(4):
        yield tuple(round(rng.uniform(-3, 3), 3) for _ in range(4))


@exercise(
    cases=_two_by_two,
    python_only=True,
    rtol=1e-7,
    hints=(
        "You need σ₁ and σ₂. Which two simple functions of the entries do you know of σ₁² + σ₂² and of σ₁σ₂?",
        "σ₁² + σ₂² is the sum s of the squared entries, and σ₁σ₂ = |p t − q r| with the determinant. Then σ₁² is the "
        "larger root of z² − s z + det² = 0.",
        "z = (s + max(s * s - 4 * det * det, 0) ** 0.5) / 2, and then κ = σ₁/σ₂ = σ₁²/(σ₁σ₂) = z / abs(det).",
    ),
)
def condition_of_two_by_two(p, q, r, t):
    """Return κ(A) = σ₁/σ₂ of the invertible matrix A = [[p, q], [r, t]], with plain Python.

    p, q, r, t : numbers with p t − q r ≠ 0;  returns a number ≥ 1
    """
    s = p * p + q * q + r * r + t * t
    det = p * t - q * r
    largest_squared = (s + max(s * s - 4 * det * det, 0.0) ** 0.5) / 2
    return largest_squared / abs(det)


@condition_of_two_by_two.mistake("That is κ(AᵀA), the square of κ(A): take the ratio of the σ's, not of their squares.")
def _squared(p, q, r, t):
    return condition_of_two_by_two.function(p, q, r, t) ** 2


@condition_of_two_by_two.mistake("You divided the small one by the large one: κ is at least 1.")
def _upside_down(p, q, r, t):
    return 1 / condition_of_two_by_two.function(p, q, r, t)


@condition_of_two_by_two.mistake(
    "You took the ratio of the eigenvalues. That is κ only for symmetric matrices: a shear has both eigenvalues 1, and "
    "still squeezes the plane."
)
def _eigenvalues(p, q, r, t):
    middle, det = (p + t) / 2, p * t - q * r
    root = complex(middle * middle - det) ** 0.5
    sizes = sorted((abs(middle + root), abs(middle - root)))
    return sizes[1] / sizes[0]


@condition_of_two_by_two.mistake("A determinant may be negative, a ratio of lengths may not: take |det|.")
def _signed(p, q, r, t):
    return condition_of_two_by_two.function(p, q, r, t) * (1 if p * t > q * r else -1)


@condition_of_two_by_two.mistake("The determinant is p t − q r: along the diagonal, minus across it.")
def _wrong_determinant(p, q, r, t):
    s, det = p * p + q * q + r * r + t * t, p * q - r * t
    return (s + max(s * s - 4 * det * det, 0.0) ** 0.5) / 2 / abs(det)


@condition_of_two_by_two.mistake(
    "That is ‖A‖² in the Frobenius norm over |det|: it bounds κ, but σ₁² is not σ₁² + σ₂²."
)
def _frobenius_two(p, q, r, t):
    return (p * p + q * q + r * r + t * t) / abs(p * t - q * r)


@condition_of_two_by_two.mistake(
    "You compared the diagonal entries. The singular values are those only for a diagonal matrix."
)
def _diagonal_entries(p, q, r, t):
    return max(abs(p), abs(t)) / min(abs(p), abs(t)) if p and t else 1.0


def _matrices_and_changes(rng):
    yield case("one row and one column", np.array([[2.0]]), np.array([[0.1]]))
    yield case("no change at all", np.eye(3)[:, :2], np.zeros((3, 2)))
    for n, d in ((4, 1), (5, 2), (6, 3), (9, 4)):
        yield rng.normal(size=(n, d)), rng.normal(size=(n, d))


@exercise(
    cases=_matrices_and_changes,
    hints=(
        "It is a composition: first G = AᵀA changes by some dG, then G⁻¹ answers to dG. Do one after the other.",
        "dG = Aᵀ dA + dAᵀ A, and the inverse answers with −G⁻¹ dG G⁻¹.",
        "inv = np.linalg.inv(A.T @ A); return -inv @ (A.T @ dA + dA.T @ A) @ inv",
    ),
)
def gram_inverse_change(A, dA):
    """Return the change of (AᵀA)⁻¹ when A changes by dA, to first order in dA.

    A, dA : (N, D), A of full column rank;  returns (D, D)
    """
    inverse = np.linalg.inv(A.T @ A)
    return -inverse @ (A.T @ dA + dA.T @ A) @ inverse


@gram_inverse_change.mistake(
    "The sign is wrong: when AᵀA grows, its inverse shrinks. Differentiate G⁻¹G = I and solve for d(G⁻¹)."
)
def _no_minus(A, dA):
    return -gram_inverse_change.function(A, dA)


@gram_inverse_change.mistake("AᵀA is a product of two factors that both change: the second term, dAᵀA, is missing.")
def _half(A, dA):
    inverse = np.linalg.inv(A.T @ A)
    return -inverse @ (A.T @ dA) @ inverse


@gram_inverse_change.mistake("The inverse stands on both sides: −G⁻¹ dG G⁻¹. For numbers, (1/g)′ = −1/g², not −1/g.")
def _one_inverse(A, dA):
    return -np.linalg.inv(A.T @ A) @ (A.T @ dA + dA.T @ A)


@gram_inverse_change.mistake("That is the change itself, not its part linear in dA: drop the terms of second order.")
def _not_linear(A, dA):
    return np.linalg.inv((A + dA).T @ (A + dA)) - np.linalg.inv(A.T @ A)


@gram_inverse_change.mistake("AᵀdA is not symmetric: its partner dAᵀA is its transpose, not the same again.")
def _twice_the_same(A, dA):
    inverse = np.linalg.inv(A.T @ A)
    return -2 * inverse @ (A.T @ dA) @ inverse


@gram_inverse_change.mistake("That is the change of AᵀA itself. Its inverse changes by −G⁻¹ dG G⁻¹.")
def _gram_itself(A, dA):
    return A.T @ dA + dA.T @ A


@gram_inverse_change.mistake("Matrices do not commute: one inverse stands on each side of the change.")
def _both_on_one_side(A, dA):
    inverse = np.linalg.inv(A.T @ A)
    return -(A.T @ dA + dA.T @ A) @ inverse @ inverse


def _systems(rng):
    yield case("one row and one column", np.array([[2.0]]), np.array([3.0]))
    yield case(
        "b among the columns: no residual", np.array([[1.0, 0.0], [0.0, 0.1], [0.0, 0.0]]), np.array([1.0, 1, 0])
    )
    for n, d in ((4, 1), (6, 2), (8, 3), (12, 5)):
        A = rng.normal(size=(n, d))
        A[:, -1] = A[:, 0] + 0.05 * A[:, -1] if d > 1 else A[:, -1]
        yield A, rng.normal(size=n)


@exercise(
    cases=_systems,
    rtol=1e-6,
    hints=(
        "w = A⁺b is linear in b. How long can A⁺δb be, if δb has length 1?",
        "The worst case of (‖A⁺δb‖/‖A⁺b‖) / (‖δb‖/‖b‖) is ‖A⁺‖ ‖b‖ / ‖A⁺b‖, with the spectral norm of A⁺.",
        "plus = np.linalg.pinv(A); its spectral norm is np.linalg.norm(plus, 2), and A⁺b is plus @ b.",
    ),
)
def how_much_b_matters(A, b):
    """Return by how much a relative change of b can be magnified in the least-squares solution w = A⁺b.

    A : (N, D), full column rank;  b : (N,), not orthogonal to the columns;  returns a number ≥ 1
    """
    plus = np.linalg.pinv(A)
    return np.linalg.norm(plus, 2) * np.linalg.norm(b) / np.linalg.norm(plus @ b)


@how_much_b_matters.mistake("That is κ(A), which does not look at b. Where b points decides how much of κ is felt.")
def _only_kappa(A, b):
    return np.linalg.cond(A)


@how_much_b_matters.mistake(
    "np.linalg.norm of a matrix is the Frobenius norm. The length that A⁺ can give to a unit vector is the spectral norm: "
    "np.linalg.norm(plus, 2)."
)
def _frobenius(A, b):
    plus = np.linalg.pinv(A)
    # For one column both norms agree, so this mistake shows only from two columns on.
    return np.linalg.norm(plus) * np.linalg.norm(b) / np.linalg.norm(plus @ b)


@how_much_b_matters.mistake("The ratio is upside down: relative change of the solution over relative change of b.")
def _inverted(A, b):
    return 1 / how_much_b_matters.function(A, b)


@how_much_b_matters.mistake("You used ‖A‖. The solution is A⁺b, so it is ‖A⁺‖ = 1/σ_min that magnifies.")
def _wrong_matrix(A, b):
    plus = np.linalg.pinv(A)
    return np.linalg.norm(A, 2) * np.linalg.norm(b) / np.linalg.norm(plus @ b)


@how_much_b_matters.mistake(
    "That is κ times the cosine of the angle between b and its fit. The cosine divides: the less of b is fitted, the more a change counts."
)
def _times_cosine(A, b):
    return np.linalg.cond(A) * np.linalg.norm(A @ np.linalg.pinv(A) @ b) / np.linalg.norm(b)


@how_much_b_matters.mistake(
    "That is κ over the cosine of the angle between b and its fit, a bound. The exact factor has ‖A⁺b‖ where the bound has ‖Aw‖/‖A‖."
)
def _bound(A, b):
    return np.linalg.cond(A) * np.linalg.norm(b) / np.linalg.norm(A @ np.linalg.pinv(A) @ b)


@how_much_b_matters.mistake("κ² enters where A changes. For a change of b it is ‖A⁺‖ alone.")
def _squared_matters(A, b):
    return np.linalg.cond(A) ** 2 * np.linalg.norm(b) / np.linalg.norm(A @ np.linalg.pinv(A) @ b)


@how_much_b_matters.mistake("‖A⁺‖ magnifies an absolute change. For a relative one divide by ‖w‖ and multiply by ‖b‖.")
def _absolute(A, b):
    return np.linalg.norm(np.linalg.pinv(A), 2)


@how_much_b_matters.mistake("That is one over the cosine alone: κ, or rather ‖A⁺‖ and ‖w‖, has not entered.")
def _only_angle(A, b):
    return np.linalg.norm(b) / np.linalg.norm(A @ np.linalg.pinv(A) @ b)


bound_in_order = order(
    "bound_in_order",
    lines={
        "A": "… ≤ ‖G⁻¹‖² (‖AᵀdA‖ + ‖dAᵀA‖), by the triangle inequality",
        "B": "… ≤ 2 ‖G⁻¹‖² ‖A‖ ‖dA‖",
        "C": "‖dG⁻¹‖ = ‖G⁻¹(AᵀdA + dAᵀA)G⁻¹‖ with G = AᵀA",
        "D": "Dividing by ‖G⁻¹‖ and by ‖dA‖/‖A‖: the relative condition number is at most 2 ‖G⁻¹‖ ‖A‖²",
        "E": "… = 2 ‖G⁻¹‖² ‖AᵀdA‖, the norm being the same for a matrix and its transpose",
        "F": "… ≤ ‖G⁻¹‖² ‖AᵀdA + dAᵀA‖, the norm being submultiplicative",
    },
    needs={"F": "C", "A": "F", "E": "A", "B": "E", "D": "B"},
    feedback={
        "F": "To pull ‖G⁻¹‖ out you first need the product that it stands in: the differential.",
        "A": "Splitting the sum comes after the sum stands alone in a norm.",
        "E": "The two terms are transposes of one another, but there are two terms only after the triangle inequality.",
        "B": "‖AᵀdA‖ ≤ ‖A‖‖dA‖ is used on the one term that is left; the two have to be gathered first.",
        "D": "The division is the last step: it needs a bound that is a number times ‖dA‖.",
    },
    why="One factor ‖G⁻¹‖ stays: it is squared until the division by ‖G⁻¹‖ takes one away.",
    hints=(
        "Begin with an equality, end with a division.",
        "Each line that starts with … goes on where the one before it stopped; look at what stands inside the norms.",
        "First the differential (C), then the outer factors (F), then the sum (A).",
    ),
)

which_property_fails = choice(
    "which_property_fails",
    answer="b",
    why="For the 2 × 2 matrix of ones J, the largest entry of J·J is 2, but max|J| · max|J| = 1.",
    feedback={
        "a": "The largest entry of A + B is at most the sum of the two largest: this property holds.",
        "c": "Transposing moves the entries about and changes none: this property holds.",
        "d": "A matrix whose largest entry is 0 is the zero matrix: this property holds.",
    },
    hints=(
        "Try each property on a matrix of ones.",
        "Multiply the 2 × 2 matrix of ones by itself.",
        "Its product with itself has the entry 2. Compare with the product of the two norms.",
    ),
)
