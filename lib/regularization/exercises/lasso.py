"""Exercises of "The lasso"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number, order

__all__ = [
    "elastic_net_by_rows",
    "first_to_enter",
    "gap_of_the_lasso",
    "one_coordinate",
    "proximal_step",
    "soft",
    "threshold_in_order",
    "which_subgradient",
]


def _numbers(rng):
    yield case("nothing", 0.0, 1.0)
    yield case("on the border", 2.0, 2.0)
    yield case("no threshold", -1.5, 0.0)
    yield case("far below", -30.0, 4.0)
    yield case("a little below 0, within the threshold", -0.5, 1.0)
    yield case("a little above 0, within the threshold", 0.4, 1.0)
    for _ in range(5):
        yield rng.uniform(-4, 4), rng.uniform(0.2, 2)


@exercise(
    cases=_numbers,
    python_only=True,
    hints=(
        "Three pieces: z far above, z far below, and between.",
        "Above, take lam off; below, add it; between, 0.",
        "if z > lam: return z - lam; then the mirror image below −lam, and 0 between",
    ),
)
def soft(z, lam):
    """Return the soft threshold of one number, with plain Python: the w that minimises (w − z)²/2 + lam |w|.

    z : a number;  lam ≥ 0;  returns a number
    """
    if z > lam:
        return z - lam
    if z < -lam:
        return z + lam
    return 0.0


@soft.mistake(
    "What stays is too large: that is the hard threshold, which drops or keeps. The soft one takes lam off as well."
)
def _hard(z, lam):
    return z if abs(z) > lam else 0.0


@soft.mistake("Below −lam you went further down. The threshold pulls towards 0 from both sides.")
def _one_sided(z, lam):
    return z - lam if abs(z) > lam else 0.0


@soft.mistake("You lost the sign: a negative z stays negative.")
def _unsigned(z, lam):
    return max(abs(z) - lam, 0.0)


@soft.mistake("That is ridge: it shrinks by a factor and never reaches 0.")
def _ridge(z, lam):
    return z / (1 + lam)


@soft.mistake("Only what lies above lam comes through: below −lam there is a piece as well, z + lam.")
def _upper_piece(z, lam):
    return z - lam if z > lam else 0.0


@soft.mistake("lam is taken off whatever z is. Between −lam and lam the answer is 0, and below −lam it is z + lam.")
def _always_less(z, lam):
    return z - lam


@soft.mistake("Between −lam and lam the answer is 0: yours crosses to the other side. Take max(|z| − lam, 0).")
def _crossed(z, lam):
    return (abs(z) - lam) * (1 if z > 0 else -1)


@soft.mistake("That is what the threshold takes off, z cut to ±lam. What is left is asked for.")
def _cut_part(z, lam):
    return max(-lam, min(lam, z))


@soft.mistake("The threshold is lam: with ½(w − z)² the 2 of the derivative cancels. You used lam/2.")
def _half(z, lam):
    return soft.function(z, lam / 2)


def _coordinates(rng):
    yield case("already 0, and stays", np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([0.3, 5.0]), np.zeros(2), 0, 1.0)
    yield case("one column", np.array([[2.0], [1.0]]), np.array([3.0, 1.0]), np.array([4.0]), 0, 0.5)
    yield case(
        "a column that pulls downwards", np.array([[2.0, 1.0], [1.0, 0.0]]), np.array([-3.0, -1.0]), np.ones(2), 0, 0.5
    )
    for n, d in ((6, 2), (8, 3), (10, 4)):
        yield 2 * rng.normal(size=(n, d)), 3 * rng.normal(size=n), rng.normal(size=d), int(rng.integers(d)), 1.5


@exercise(
    cases=_coordinates,
    hints=(
        "Keep all coefficients but wⱼ. What remains of y for column j to explain?",
        "ρ = aⱼᵀ(y − Aw + aⱼwⱼ); the best wⱼ is the soft threshold of ρ, divided by ‖aⱼ‖².",
        "rho = A[:, j] @ (y - A @ w + A[:, j] * w[j]); np.sign(rho) * max(abs(rho) - lam, 0) / (A[:, j] @ A[:, j])",
    ),
)
def one_coordinate(A, y, w, j, lam):
    """Return the wⱼ that minimises ½‖Aw − y‖² + lam ‖w‖₁ with all other coefficients kept.

    A : (N, D);  y : (N,);  w : (D,);  j : an index, column j not zero;  lam > 0;  returns a number
    """
    column = A[:, j]
    rho = column @ (y - A @ w + column * w[j])
    return np.sign(rho) * max(abs(rho) - lam, 0) / (column @ column)


@one_coordinate.mistake(
    "The residual still contains column j's own share: add aⱼwⱼ back before you ask what it could explain."
)
def _own_share(A, y, w, j, lam):
    column = A[:, j]
    rho = column @ (y - A @ w)
    return np.sign(rho) * max(abs(rho) - lam, 0) / (column @ column)


@one_coordinate.mistake("Columns need not have length 1: divide by ‖aⱼ‖².")
def _unit_length(A, y, w, j, lam):
    column = A[:, j]
    rho = column @ (y - A @ w + column * w[j])
    return np.sign(rho) * max(abs(rho) - lam, 0)


@one_coordinate.mistake("The threshold comes before the division: in units of w it is lam/‖aⱼ‖².")
def _divided_first(A, y, w, j, lam):
    column = A[:, j]
    z = column @ (y - A @ w + column * w[j]) / (column @ column)
    return np.sign(z) * max(abs(z) - lam, 0)


@one_coordinate.mistake("You forgot to threshold: that is the least-squares answer for this coordinate.")
def _unthresholded(A, y, w, j, lam):
    column = A[:, j]
    return column @ (y - A @ w + column * w[j]) / (column @ column)


@one_coordinate.mistake("You left the other coefficients out: what they explain is taken from y first.")
def _alone(A, y, w, j, lam):
    return one_coordinate.function(A, y, np.zeros_like(w), j, lam)


@one_coordinate.mistake("That is ridge's answer, with lam beside ‖aⱼ‖². The ℓ1 term takes lam off ρ instead.")
def _ridge_answer(A, y, w, j, lam):
    column = A[:, j]
    return column @ (y - A @ w + column * w[j]) / (column @ column + lam)


def _points(rng):
    yield case("all zeros, and optimal", np.eye(2), np.array([0.5, -0.2]), np.zeros(2), 1.0)
    yield case("all zeros, not optimal", np.eye(2), np.array([3.0, -2.0]), np.zeros(2), 1.0)
    yield case(
        "the strongest pull is downwards",
        np.eye(2),
        np.array([-3.0, 0.5]),
        np.zeros(2),
        1.0,
        tells="A column may pull downwards: the largest |aᵀr| counts, so take absolute values before the maximum.",
    )
    yield case("a w that overshoots", np.eye(2), np.array([1.0, 0.0]), np.array([3.0, 0.0]), 5.0)
    for n, d in ((6, 2), (8, 3), (5, 7)):
        yield rng.normal(size=(n, d)), rng.normal(size=n), 0.3 * rng.normal(size=d), float(rng.uniform(0.2, 1))


@exercise(
    cases=_points,
    rtol=1e-7,
    hints=(
        "The residual r = y − Aw is a candidate for the dual. When is it allowed?",
        "It is allowed where ‖Aᵀr‖_∞ ≤ λ; else shrink it by s = λ/‖Aᵀr‖_∞. The dual's value is ½‖y‖² − ½‖y − sr‖².",
        "s = min(1, lam / np.abs(A.T @ r).max()), primal = r @ r / 2 + lam * np.abs(w).sum(), then primal minus dual",
    ),
)
def gap_of_the_lasso(A, y, w, lam):
    """Return the duality gap at w of ½‖Aw − y‖² + lam ‖w‖₁, with the residual, shrunk where needed, as dual point.

    A : (N, D);  y : (N,);  w : (D,);  lam > 0;  returns a number ≥ 0
    """
    r = y - A @ w
    s = min(1.0, lam / np.abs(A.T @ r).max())
    primal = r @ r / 2 + lam * np.abs(w).sum()
    return primal - (y @ y / 2 - np.sum((y - s * r) ** 2) / 2)


@gap_of_the_lasso.mistake("The residual is not allowed here: shrink it until no column pulls at it with more than lam.")
def _infeasible(A, y, w, lam):
    r = y - A @ w
    return r @ r / 2 + lam * np.abs(w).sum() - (y @ y / 2 - np.sum((y - r) ** 2) / 2)


@gap_of_the_lasso.mistake(
    "You always scaled by λ/‖Aᵀr‖_∞, also upwards. Where the residual is allowed, take it as it is."
)
def _always_scaled(A, y, w, lam):
    r = y - A @ w
    s = lam / np.abs(A.T @ r).max()
    return r @ r / 2 + lam * np.abs(w).sum() - (y @ y / 2 - np.sum((y - s * r) ** 2) / 2)


@gap_of_the_lasso.mistake("The ½ before the squared error is missing in the primal value.")
def _no_half(A, y, w, lam):
    return gap_of_the_lasso.function(A, y, w, lam) + np.sum((y - A @ w) ** 2) / 2


@gap_of_the_lasso.mistake("That is the objective itself: take the dual's value off.")
def _primal(A, y, w, lam):
    r = y - A @ w
    return r @ r / 2 + lam * np.abs(w).sum()


@gap_of_the_lasso.mistake("Both squares have a ½ before them, in the primal and in the dual value.")
def _no_halves(A, y, w, lam):
    r = y - A @ w
    s = min(1.0, lam / np.abs(A.T @ r).max())
    return r @ r + lam * np.abs(w).sum() - (y @ y - np.sum((y - s * r) ** 2))


def _steps(rng):
    yield case("from zeros", np.array([[1.0, 0.5], [0.0, 1.0]]), np.array([2.0, 0.1]), np.zeros(2), 0.4)
    yield case("a coefficient that lands on 0", np.diag([2.0, 1.0]), np.array([4.0, -0.2]), np.array([1.0, 0.1]), 0.8)
    for n, d in ((6, 2), (8, 3), (5, 7)):
        yield rng.normal(size=(n, d)), rng.normal(size=n), rng.normal(size=d), float(rng.uniform(0.2, 1))


@exercise(
    cases=_steps,
    rtol=1e-7,
    hints=(
        "Two halves: a gradient step on ½‖Aw − y‖², then what the ℓ1 term wants.",
        "z = w − Aᵀ(Aw − y)/L, then the soft threshold of z at λ/L.",
        "L = np.linalg.norm(A, 2) ** 2; z = w - A.T @ (A @ w - y) / L; and the soft threshold from np.sign(z), np.abs(z) and np.maximum.",
    ),
)
def proximal_step(A, y, w, lam):
    """Return the next w of the proximal gradient method (ISTA) for ½‖Aw − y‖² + lam ‖w‖₁, step length 1/‖A‖².

    A : (N, D);  y : (N,);  w : (D,);  lam > 0;  returns (D,)
    """
    L = np.linalg.norm(A, 2) ** 2
    z = w - A.T @ (A @ w - y) / L
    return np.sign(z) * np.maximum(np.abs(z) - lam / L, 0)


@proximal_step.mistake("The threshold must be scaled with the step: λ/L, not λ.")
def _full_threshold(A, y, w, lam):
    L = np.linalg.norm(A, 2) ** 2
    z = w - A.T @ (A @ w - y) / L
    return np.sign(z) * np.maximum(np.abs(z) - lam, 0)


@proximal_step.mistake("You stepped uphill: the gradient is subtracted.")
def _uphill(A, y, w, lam):
    L = np.linalg.norm(A, 2) ** 2
    z = w + A.T @ (A @ w - y) / L
    return np.sign(z) * np.maximum(np.abs(z) - lam / L, 0)


@proximal_step.mistake(
    "The Frobenius norm makes the step shorter than it need be. The largest curvature is the squared spectral norm, np.linalg.norm(A, 2)**2."
)
def _frobenius(A, y, w, lam):
    L = np.linalg.norm(A) ** 2
    z = w - A.T @ (A @ w - y) / L
    return np.sign(z) * np.maximum(np.abs(z) - lam / L, 0)


@proximal_step.mistake(
    "That is a subgradient step with sign(w): it hovers around 0 and hardly ever lands on it. Threshold instead."
)
def _subgradient(A, y, w, lam):
    L = np.linalg.norm(A, 2) ** 2
    return w - (A.T @ (A @ w - y) + lam * np.sign(w)) / L


@proximal_step.mistake("The gradient of ½‖Aw − y‖² is Aᵀ(Aw − y): the ½ takes the 2 away.")
def _twice(A, y, w, lam):
    L = np.linalg.norm(A, 2) ** 2
    z = w - 2 * A.T @ (A @ w - y) / L
    return np.sign(z) * np.maximum(np.abs(z) - lam / L, 0)


@proximal_step.mistake(
    "You dropped what is small and kept the rest as it was: that is the hard threshold. The soft one takes λ/L off as well."
)
def _hard_step(A, y, w, lam):
    L = np.linalg.norm(A, 2) ** 2
    z = w - A.T @ (A @ w - y) / L
    return np.where(np.abs(z) > lam / L, z, 0.0)


@proximal_step.mistake("That is a plain gradient step: the threshold is missing, so nothing becomes 0.")
def _no_threshold(A, y, w, lam):
    return w - A.T @ (A @ w - y) / np.linalg.norm(A, 2) ** 2


@proximal_step.mistake("The step is one over ‖A‖², the largest curvature. You forgot the square.")
def _norm_once(A, y, w, lam):
    L = np.linalg.norm(A, 2)
    z = w - A.T @ (A @ w - y) / L
    return np.sign(z) * np.maximum(np.abs(z) - lam / L, 0)


@proximal_step.mistake("The order is turned: first the gradient step, and then the threshold of the result.")
def _threshold_first(A, y, w, lam):
    L = np.linalg.norm(A, 2) ** 2
    return np.sign(w) * np.maximum(np.abs(w) - lam / L, 0) - A.T @ (A @ w - y) / L


def _is_the_elastic_net(A, y, lam, lam2, answer):
    """Accept any new rows B with BᵀB = lam2 I, in any order and with any signs, and zeros as their targets."""
    rows, targets = answer
    n = len(A)
    if np.abs(rows[:n] - A).max() > 1e-9 or np.abs(targets[:n] - y).max() > 1e-9:
        return "the rows of A come first, with y beside them, as they are."
    if np.abs(targets[n:]).max() > 1e-9:
        return "the new rows have other targets than they should."
    gap = np.abs(rows[n:].T @ rows[n:] - lam2 * np.eye(A.shape[1])).max()
    return None if gap <= 1e-9 * (1 + lam2) else "the new rows add something else than ½ lam2 ‖w‖² to the loss."


@exercise(
    cases=lambda rng: (
        [(np.eye(2), np.array([3.0, -1.0]), 0.5, 1.0)]
        + [
            (rng.normal(size=s), rng.normal(size=s[0]), float(rng.uniform(0.2, 1)), 2.0)
            for s in ((6, 2), (8, 3), (4, 6))
        ]
    ),
    rtol=1e-9,
    accept=_is_the_elastic_net,
    hints=(
        "½ λ₂‖w‖² is a sum of squares, like half the squared error. Make it part of the squared error.",
        "Put √λ₂ · I below A and zeros below y; the ℓ1 term stays as it is.",
        "return np.vstack([A, np.sqrt(lam2) * np.eye(D)]), np.append(y, np.zeros(D))",
    ),
)
def elastic_net_by_rows(A, y, lam, lam2):
    """Return (A′, y′) such that the lasso ½‖A′w − y′‖² + lam ‖w‖₁ is the elastic net with ½ lam2 ‖w‖² added.

    A : (N, D);  y : (N,);  lam, lam2 > 0;  returns (N + D, D) and (N + D,), the new rows below
    """
    D = A.shape[1]
    return np.vstack([A, np.sqrt(lam2) * np.eye(D)]), np.append(y, np.zeros(D))


@elastic_net_by_rows.mistake("lam2 stands in the new rows itself: its square would end up in the loss.")
def _not_rooted(A, y, lam, lam2):
    D = A.shape[1]
    return np.vstack([A, lam2 * np.eye(D)]), np.append(y, np.zeros(D))


@elastic_net_by_rows.mistake("The new rows carry lam, the ℓ1 strength. It is lam2 that weighs the squares.")
def _wrong_lam(A, y, lam, lam2):
    D = A.shape[1]
    return np.vstack([A, np.sqrt(lam) * np.eye(D)]), np.append(y, np.zeros(D))


@elastic_net_by_rows.mistake("√(lam2/2): the ½ stands before both squares, so it needs no second one.")
def _halved(A, y, lam, lam2):
    D = A.shape[1]
    return np.vstack([A, np.sqrt(lam2 / 2) * np.eye(D)]), np.append(y, np.zeros(D))


@elastic_net_by_rows.mistake("The targets of the new rows are zeros: they pull the coefficients towards 0.")
def _ones_below(A, y, lam, lam2):
    D = A.shape[1]
    return np.vstack([A, np.sqrt(lam2) * np.eye(D)]), np.append(y, np.ones(D))


@elastic_net_by_rows.mistake(
    "No scaling by √(1 + λ₂) is needed: that is another form of the elastic net. Here the lasso's λ stays as it is."
)
def _rescaled(A, y, lam, lam2):
    D = A.shape[1]
    return np.vstack([A, np.sqrt(lam2) * np.eye(D)]) / np.sqrt(1 + lam2), np.append(y, np.zeros(D))


@elastic_net_by_rows.mistake("The new rows belong below, not above.")
def _above(A, y, lam, lam2):
    D = A.shape[1]
    return np.vstack([np.sqrt(lam2) * np.eye(D), A]), np.append(np.zeros(D), y)


first_to_enter = number(
    "first_to_enter",
    answer=11.0,
    rtol=1e-6,
    why="Aᵀy = (5, −11): the second column pulls hardest, and w = 0 is optimal exactly for λ ≥ 11.",
    hints=(
        "At w = 0 the residual is y. When does no column pull harder than λ?",
        "λ_max = ‖Aᵀy‖_∞.",
        "Compute both inner products of y with a column, and take the larger size.",
    ),
    mistakes=[
        (5.0, "That is the pull of the first column. The other pulls harder, downwards."),
        (16.0, "You added the two pulls. Each coefficient has its own threshold: the largest counts."),
        (-11.0, "The right column, but a threshold is a size: |aᵀy|."),
    ],
)

which_subgradient = choice(
    "which_subgradient",
    answer="c",
    why="At wⱼ = 0 any pull between −λ and λ can be answered by a subgradient of λ|wⱼ|, so the sum can be 0.",
    feedback={
        "a": "The sign of 0 is only one of the allowed values. If it had to be 0, the pull would have to be exactly 0.",
        "b": "At wⱼ = 0 it is not the target that counts but the pull of column j on the residual.",
        "d": "That is the condition for a positive coefficient. At 0 there is room on both sides.",
    },
    hints=(
        "Which slopes may a line through the kink of λ|w| have and stay below it?",
        "All from −λ to λ.",
        "One of them has to equal the pull aⱼᵀ(y − Aw).",
    ),
)

threshold_in_order = order(
    "threshold_in_order",
    lines={
        "A": "If w > 0 the condition reads w = z − λ, which is positive only for z > λ",
        "B": "w minimises f(w) = ½(w − z)² + λ|w| exactly if 0 is a subgradient of f there",
        "C": "Together: w = sign(z) max(|z| − λ, 0)",
        "D": "The subgradients are w − z + λs, with s = sign(w) for w ≠ 0 and any s in [−1, 1] for w = 0",
        "E": "If w = 0 the condition reads z = λs for some s in [−1, 1], which is |z| ≤ λ; w < 0 mirrors w > 0",
    },
    needs={"D": "B", "A": "D", "E": "AD", "C": "AE"},
    feedback={
        "D": "Say first what subgradients are needed for.",
        "A": "The condition for w > 0 needs the list of subgradients.",
        "E": "First the case without a kink; it is also the one that w < 0 mirrors.",
        "C": "The formula gathers all the cases: it comes last.",
    },
    why="The three cases exclude one another and cover every z, so each z has exactly one w.",
    hints=(
        "Begin with the condition for a minimum, end with the formula.",
        "After the condition come the subgradients, then the cases.",
        "The case w > 0 stands before the case w = 0.",
    ),
)
