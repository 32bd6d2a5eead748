"""Exercises of "Iterative solvers, and what everything costs"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number
from lib.least_squares.cost import steps_for

__all__ = ["conjugate_gradient_steps", "newton_reciprocal", "schulz_once", "steps_by_the_bound", "when_to_iterate"]


def _numbers(rng):
    yield case("a = 1, started at the answer", 1.0, 1.0, 3)
    yield case("no step at all", 4.0, 0.1, 0)
    yield case("a large a, a tiny start", 1000.0, 1e-3 / 2, 8)
    yield case("a negative a", -2.0, -0.3, 5)
    for _ in range(3):
        a = round(rng.uniform(0.5, 9), 3)
        yield a, round(rng.uniform(0.2, 1.6) / a, 5), rng.randint(1, 5)


@exercise(
    cases=_numbers,
    python_only=True,
    rtol=1e-9,
    hints=(
        "Newton's method for f(x) = 1/x − a. Write the step out and watch the division disappear.",
        "x − f(x)/f′(x) = x + x²(1/x − a) = x(2 − ax).",
        "In a loop over range(steps), x becomes x times (2 − ax).",
    ),
)
def newton_reciprocal(a, x, steps):
    """Return an approximation of 1/a after `steps` steps of Newton's method from x, without any division.

    a, x : numbers;  steps : a whole number ≥ 0;  returns a number
    """
    for _ in range(steps):
        x = x * (2 - a * x)
    return x


@newton_reciprocal.mistake("The sign in the bracket is wrong: x(2 + ax) runs away from 1/a.")
def _plus(a, x, steps):
    for _ in range(steps):
        x = x * (2 + a * x)
    return x


@newton_reciprocal.mistake("That is x(1 − ax): its limit is 0. The bracket starts with 2.")
def _one(a, x, steps):
    for _ in range(steps):
        x = x * (1 - a * x)
    return x


@newton_reciprocal.mistake("You made one step only, whatever `steps` says.")
def _one_step(a, x, steps):
    return x * (2 - a * x)


@newton_reciprocal.mistake(
    "That is 1/a itself: right, but by a division. What is asked for is where the iteration stands."
)
def _division(a, x, steps):
    return 1 / a


@newton_reciprocal.mistake("You made one step too many.")
def _one_more(a, x, steps):
    return newton_reciprocal.function(a, x, steps + 1)


@newton_reciprocal.mistake("2 − ax is the factor by which x is corrected: multiply it by x.")
def _factor_only_reciprocal(a, x, steps):
    for _ in range(steps):
        x = 2 - a * x
    return x


def _matrices(rng):
    yield case("one number", np.array([[4.0]]), np.array([[0.2]]))
    yield case("started at the inverse: nothing moves", np.diag([2.0, 5.0]), np.diag([0.5, 0.2]))
    for n, d in ((3, 3), (5, 2), (8, 4)):
        A = rng.normal(size=(n, d))
        yield A, A.T / (np.linalg.norm(A, 1) * np.linalg.norm(A, np.inf))


@exercise(
    cases=_matrices,
    hints=(
        "It is x(2 − ax) again; matrices do not commute, so mind the order and the shapes.",
        "X(2I − AX), where A is N × D and X is D × N.",
        "Twice X, less a product of three matrices in the order X, A, X.",
    ),
)
def schulz_once(A, X):
    """Return the next iterate of Schulz's method for the pseudo-inverse of A.

    A : (N, D);  X : (D, N);  returns (D, N)
    """
    return 2 * X - X @ A @ X


@schulz_once.mistake("The first term is 2X. With X alone the iteration converges to 0.")
def _no_two(A, X):
    return X - X @ A @ X


@schulz_once.mistake("2I − AX is a correction factor: multiply it by X.")
def _factor_only(A, X):
    return 2 * np.eye(len(A)) - A @ X


@schulz_once.mistake("`*` multiplies entry by entry. The matrix product is `@`.")
def _entrywise(A, X):
    return X * (2 - A.T * X)


@schulz_once.mistake("The sign: X(2I − AX) takes the overshoot away, X(2I + AX) doubles it.")
def _wrong_sign(A, X):
    return 2 * X + X @ A @ X


@schulz_once.mistake("The identity is missing: 2 − AX takes 2 from every entry, 2I − AX only from the diagonal.")
def _no_identity(A, X):
    return X @ (2 - A @ X)


@schulz_once.mistake("The sign, and the factor 2: it is 2X − XAX.")
def _plus_and_one(A, X):
    return X + X @ A @ X


@schulz_once.mistake("The correction is missing: XAX has to be taken off.")
def _doubled(A, X):
    return 2 * X


def _definite(rng):
    yield case("one equation", np.array([[4.0]]), np.array([2.0]), 1)
    yield case("no step: x = 0", np.diag([1.0, 2.0]), np.array([1.0, 1.0]), 0)
    yield case("a multiple of I: one step is enough", 3 * np.eye(4), np.arange(1.0, 5.0), 1)
    for n, steps in ((3, 1), (5, 2), (6, 4), (8, 5)):
        B = rng.normal(size=(n, n))
        yield B @ B.T + n * np.eye(n), rng.normal(size=n), steps


def _cg(A, b, steps, beta_of=lambda new, old: new / old, conjugate=True):
    x, r = np.zeros(len(b)), b.copy()
    p = r
    for _ in range(steps):
        alpha = (r @ r) / (p @ A @ p)
        x = x + alpha * p
        r_new = r - alpha * (A @ p)
        beta = beta_of(r_new @ r_new, r @ r) if conjugate else 0.0
        p = r_new + beta * p
        r = r_new
    return x


@exercise(
    cases=_definite,
    rtol=1e-7,
    hints=(
        "Keep x, the residual r and a direction p. Go along p as far as pays, update r, and tilt the new residual "
        "so that it is A-orthogonal to p.",
        "α = rᵀr / pᵀAp; x += αp; r′ = r − αAp; β = r′ᵀr′ / rᵀr; p = r′ + βp.",
        "x, r = np.zeros(len(b)), b.copy(); p = r; then in each step: q = A @ p; alpha = (r @ r) / (p @ q); "
        "x = x + alpha * p; new = r - alpha * q; p = new + (new @ new) / (r @ r) * p; r = new",
    ),
)
def conjugate_gradient_steps(A, b, steps):
    """Return x after `steps` steps of conjugate gradients for Ax = b, started at x = 0.

    A : (D, D), symmetric positive definite;  b : (D,), not zero;  steps : not more than D;  returns (D,)
    """
    x, r = np.zeros(len(b)), b.copy()
    p = r
    for _ in range(steps):
        q = A @ p
        alpha = (r @ r) / (p @ q)
        x = x + alpha * p
        new = r - alpha * q
        p = new + (new @ new) / (r @ r) * p
        r = new
    return x


@conjugate_gradient_steps.mistake(
    "That is steepest descent: you follow the residual itself. Add β times the last direction, so that p stays A-orthogonal."
)
def _steepest(A, b, steps):
    return _cg(A, b, steps, conjugate=False)


@conjugate_gradient_steps.mistake("β is upside down: the new rᵀr stands above the old one.")
def _inverted_beta(A, b, steps):
    return _cg(A, b, steps, lambda new, old: old / new)


@conjugate_gradient_steps.mistake("The sign of β is wrong: the new direction is r′ + βp.")
def _negative_beta(A, b, steps):
    return _cg(A, b, steps, lambda new, old: -new / old)


@conjugate_gradient_steps.mistake("You took one step too many.")
def _one_too_many(A, b, steps):
    return _cg(A, b, steps + 1)


@conjugate_gradient_steps.mistake(
    "That is the solution itself. What is asked for is where the iteration stands after so many steps."
)
def _exact(A, b, steps):
    return np.linalg.solve(A, b)


@conjugate_gradient_steps.mistake("Every step of yours has the length 1: it is α = rᵀr / pᵀAp.")
def _unit_steps(A, b, steps):
    x, r = np.zeros(len(b)), b.copy()
    p = r
    for _ in range(steps):
        x, new = x + p, r - A @ p
        p = new + (new @ new) / (r @ r) * p
        r = new
    return x


@conjugate_gradient_steps.mistake("The new direction starts from the new residual; you used the old one.")
def _old_residual(A, b, steps):
    x, r = np.zeros(len(b)), b.copy()
    p = r
    for _ in range(steps):
        q = A @ p
        alpha = (r @ r) / (p @ q)
        x, new = x + alpha * p, r - alpha * q
        p = r + (new @ new) / (r @ r) * p
        r = new
    return x


steps_by_the_bound = number(
    "steps_by_the_bound",
    answer=lambda: steps_for(100.0, 1e-6),
    rtol=1e-9,
    unit="steps",
    why="(√κ − 1)/(√κ + 1) = 9/11, and 2 (9/11)ᵏ ≤ 10⁻⁶ from k = 73 on.",
    hints=(
        "The bound is 2 qᵏ with q = (√κ − 1)/(√κ + 1).",
        "With κ = 100, q = 9/11. Solve 2 qᵏ = 10⁻⁶ for k with logarithms.",
        "k = log(10⁻⁶/2) / log(9/11), rounded up.",
    ),
    mistakes=[
        (72.0, "You rounded down: after 72 steps the bound is still above 10⁻⁶."),
        (lambda: np.log(0.5e-6) / np.log(9 / 11), "Steps are whole: round up."),
        (
            lambda: np.ceil(np.log(0.5e-6) / np.log(99 / 101)),
            "You used κ where the bound has its square root: (√κ − 1)/(√κ + 1).",
        ),
        (lambda: np.ceil(np.log(1e-6) / np.log(9 / 11)), "You forgot the factor 2 in front of the bound."),
    ],
)

when_to_iterate = choice(
    "when_to_iterate",
    answer="c",
    why="Ten thousand columns make AᵀA a matrix of 10⁸ entries, which is full although A is sparse; CGLS needs only the "
    "products with A and Aᵀ, and a handful of steps when κ is small.",
    feedback={
        "a": "Ten columns: forming AᵀA is one pass over A, as much as a single step of CGLS.",
        "b": "With κ = 10⁶ the bound asks for millions of steps; QR is done in one go.",
        "d": "One thousand right-hand sides share a single factorisation; an iteration starts anew for each.",
    },
    hints=(
        "What does a step cost, and how many are needed?",
        "A step costs two products with A. The number of steps grows with κ(A).",
        "Look for a matrix that is cheap to multiply with, expensive to factor, and well conditioned.",
    ),
)
