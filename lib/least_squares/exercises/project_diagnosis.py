"""Exercises of the project "Diagnose a regression"."""

from __future__ import annotations

import numpy as np

from lib.book import datasets
from lib.book.exercises import case, choice, exercise, goal, number
from lib.least_squares.accuracy import digits_kept

__all__ = ["careful_solver", "column_to_drop", "digits_to_expect", "kappa_of_longley", "what_to_report"]


def _kappa_of_longley(power: int = 1) -> float:
    A = datasets.longley().A
    return float(np.linalg.cond(A / np.linalg.norm(A, axis=0)) ** power)


kappa_of_longley = number(
    "kappa_of_longley",
    answer=_kappa_of_longley,
    rtol=1e-2,
    why="That is what no choice of units can take away, nearly. The rest of the 5 · 10⁹ was units: a year is 1950, a population 100,000.",
    hints=(
        "First make the units play no part: what does it take to give each column the length 1?",
        "Divide A by np.linalg.norm(A, axis=0), then take largest over smallest singular value.",
        "np.linalg.cond of the scaled matrix, with the column of ones in it",
    ),
    mistakes=[
        (
            lambda: np.linalg.cond(datasets.longley().A),
            "That is κ before the columns were scaled: it speaks of units, too.",
        ),
        (lambda: _kappa_of_longley(2), "That is κ(AᵀA), the square."),
        (
            lambda: np.linalg.cond(datasets.longley().A[:, 1:] / np.linalg.norm(datasets.longley().A[:, 1:], axis=0)),
            "The column of ones is missing. It belongs to the model.",
        ),
        (
            lambda: np.linalg.cond(datasets.longley().A / np.linalg.norm(datasets.longley().A, axis=1)[:, None]),
            "You scaled the rows, which are the years of the table. Scale the columns.",
        ),
    ],
)


def _tables(rng):
    def table(n, d, near, size=0.05):
        X = rng.normal(size=(n, d)) + rng.normal(size=d)
        X[:, near] = X @ rng.normal(size=d) * (np.arange(d) != near).sum() + size * rng.normal(size=n)
        return np.column_stack([np.ones(n), X])

    trend = np.arange(12.0)
    small = np.column_stack([np.ones(12), 1e-4 * rng.normal(size=12), trend, trend + 0.3 * rng.normal(size=12)])
    year = np.column_stack([np.ones(12), 1950 + trend / 12, rng.normal(size=12), rng.normal(size=12)])
    year[:, 3] = year[:, 2] + 0.1 * rng.normal(size=12)
    four, one = rng.normal(size=(20, 4)), rng.normal(size=(20, 1))
    alike = one + 0.3 * rng.normal(size=(20, 3))
    total = four.sum(axis=1) + 0.01 * rng.normal(size=20)
    yield case(
        "a sum of four columns, and three that only look alike",
        np.column_stack([np.ones(20), alike, four, total]),
    )
    yield case("one column", np.column_stack([np.ones(5), [1.0, 2.0, 4.0, 3.0, 7.0]]))
    yield case("a column of small numbers is no worse for that", small)
    yield case("a year is near the column of ones, which is harmless", year)
    for n, d in ((15, 3), (20, 5), (12, 4), (30, 6)):
        yield (table(n, d, int(rng.integers(d))),)
    yield (np.column_stack([np.ones(9), rng.normal(size=(9, 4))]),)


@exercise(
    cases=_tables,
    hints=(
        "What does a column have of its own, that the others do not say already?",
        "The residual of the column when it is fitted by all the others, the ones included. Compare it with the column's spread around its mean.",
        "for each j ≥ 1: others = np.delete(A, j, axis=1); r = the residual of lstsq(others, A[:, j]); its norm over that of A[:, j] − mean; take the smallest",
    ),
)
def column_to_drop(A):
    """Return the index of the column that the others explain best, never 0, the column of ones.

    It has the smallest ratio of its residual, fitted by all other columns, to its deviation from its mean (both norms).
    A : (N, D), the first column ones;  returns a whole number from 1 to D − 1
    """
    own = []
    for j in range(1, A.shape[1]):
        a, others = A[:, j], np.delete(A, j, axis=1)
        r = a - others @ np.linalg.lstsq(others, a, rcond=None)[0]
        own.append(np.linalg.norm(r) / np.linalg.norm(a - a.mean()))
    return 1 + int(np.argmin(own))


@column_to_drop.mistake("You count without the column of ones: the index is that of A, so one more.")
def _index_of_x(A):
    return column_to_drop.function(A) - 1


@column_to_drop.mistake("A small residual may only mean small numbers: compare it with the column's own spread.")
def _absolute(A):
    own = []
    for j in range(1, A.shape[1]):
        a, others = A[:, j], np.delete(A, j, axis=1)
        own.append(np.linalg.norm(a - others @ np.linalg.lstsq(others, a, rcond=None)[0]))
    return 1 + int(np.argmin(own))


@column_to_drop.mistake(
    "You compare with the column's length. A year is long only because it is counted from far away: take its mean off."
)
def _by_length(A):
    own = []
    for j in range(1, A.shape[1]):
        a, others = A[:, j], np.delete(A, j, axis=1)
        r = a - others @ np.linalg.lstsq(others, a, rcond=None)[0]
        own.append(np.linalg.norm(r) / np.linalg.norm(a))
    return 1 + int(np.argmin(own))


@column_to_drop.mistake("That is the column with most of its own, the last that one would drop.")
def _the_most(A):
    own = []
    for j in range(1, A.shape[1]):
        a, others = A[:, j], np.delete(A, j, axis=1)
        r = a - others @ np.linalg.lstsq(others, a, rcond=None)[0]
        own.append(np.linalg.norm(r) / np.linalg.norm(a - a.mean()))
    return 1 + int(np.argmax(own))


def _fits(rng):
    yield case("one column that fits exactly", np.array([[3.0], [4.0]]), np.array([6.0, 8.0]), np.array([2.0]))
    yield case(
        "no digit is left",
        np.array([[1.0, 1.0], [1.0, 1.0 + 1e-12], [1.0, 1.0]]),
        np.array([1.0, 2.0, 4.0]),
        np.array([1.0, 0.3]),
    )
    yield case(
        "units play no part",
        np.array([[1e6, 2.0], [2e6, 1.0], [1e6, 1.0]]),
        np.array([1.0, 2.0, 2.0]),
        np.array([1e-6, 0.2]),
    )
    for n, d in ((6, 2), (12, 4), (20, 3)):
        A = rng.normal(size=(n, d)) * 10.0 ** rng.integers(-3, 4, d)
        w = rng.normal(size=d) / np.linalg.norm(A, axis=0)
        yield A, A @ w + 0.1 * rng.normal(size=n), w


@exercise(
    cases=_fits,
    rtol=1e-6,
    hints=(
        "Two numbers decide: κ of the columns at length 1, and how large the residual is beside the fit.",
        "The relative error is about u(κ + κ²ρ) with u = 2⁻⁵³ and ρ = ‖b − Aw‖/‖Aw‖. Digits are minus its logarithm to base 10.",
        "kappa = np.linalg.cond(A / np.linalg.norm(A, axis=0)); −log10 of u times (kappa + kappa² ρ); not below 0",
    ),
)
def digits_to_expect(A, b, w):
    """Return −log₁₀ of u(κ + κ²ρ), at least 0, for a fit w.

    u = 2⁻⁵³, κ the condition number of A with columns of length 1, ρ = ‖b − Aw‖/‖Aw‖.
    A : (N, D);  b : (N,);  w : (D,);  returns a number
    """
    kappa = np.linalg.cond(A / np.linalg.norm(A, axis=0))
    rho = np.linalg.norm(b - A @ w) / np.linalg.norm(A @ w)
    return max(0.0, -np.log10(2.0**-53 * (kappa + kappa**2 * rho)))


@digits_to_expect.mistake("The residual is left out: with one, κ² comes in, times its share.")
def _no_residual(A, b, w):
    return max(0.0, -np.log10(2.0**-53 * np.linalg.cond(A / np.linalg.norm(A, axis=0))))


@digits_to_expect.mistake("You took κ of A as it stands, and so of its units. Scale the columns to length 1.")
def _unscaled_kappa(A, b, w):
    kappa, rho = np.linalg.cond(A), np.linalg.norm(b - A @ w) / np.linalg.norm(A @ w)
    return max(0.0, -np.log10(2.0**-53 * (kappa + kappa**2 * rho)))


@digits_to_expect.mistake("Your u is 2⁻⁵², the distance from 1 to the next number. Rounding errs by half of it.")
def _machine_epsilon(A, b, w):
    kappa = np.linalg.cond(A / np.linalg.norm(A, axis=0))
    rho = np.linalg.norm(b - A @ w) / np.linalg.norm(A @ w)
    return max(0.0, -np.log10(2.0**-52 * (kappa + kappa**2 * rho)))


@digits_to_expect.mistake("ρ compares the residual with the fit Aw, not with b.")
def _beside_b(A, b, w):
    kappa = np.linalg.cond(A / np.linalg.norm(A, axis=0))
    rho = np.linalg.norm(b - A @ w) / np.linalg.norm(b)
    return max(0.0, -np.log10(2.0**-53 * (kappa + kappa**2 * rho)))


what_to_report = choice(
    "what_to_report",
    answer="d",
    why="The arithmetic keeps ten digits of a number of which the sixteen years settle not even the sign. The fit's predictions may be good all the same.",
    feedback={
        "a": "Those are the digits that the arithmetic keeps. The question is how many of them sixteen years of data can know.",
        "b": "Another solver changes digits beyond the tenth. It is the data that do not tell GNP from the other columns.",
        "c": "Its error is as large as itself: a fall is about as well supported as no effect at all.",
    },
    hints=(
        "Compare the coefficient with its standard deviation.",
        "−0.036 with a standard deviation of 0.033: which values are plausible?",
        "Which of the sentences would still be true if the coefficient were 0?",
    ),
)


# --------------------------------------------------------------------------------------------------------------- goal
def make_a_solver():
    """Scale the columns to length 1, solve by QR, and scale the coefficients back."""

    def solve(A, b):
        lengths = np.linalg.norm(A, axis=0)
        Q, R = np.linalg.qr(A / lengths)
        return np.linalg.solve(R, Q.T @ b) / lengths

    return solve


@goal(
    worked=make_a_solver,
    above=6,
    unit=" digits",
    label="the worst coefficient of all the tables kept back",
    hints=(
        "One of the tables has a κ near 2 · 10¹⁵ as it stands. How much of that is units? And which solvers square it?",
        "Scale the columns to length 1: κ becomes 5 · 10⁹. A solver that forms AᵀA still meets the square of that, one by QR or SVD does not.",
        "lengths = np.linalg.norm(A, axis=0); QR of A / lengths; the coefficients of A are those of the scaled table, each divided by its column's length.",
    ),
)
def careful_solver(answer) -> float:
    """Hand over a function of A (N, D) and b (N,) that returns the coefficients w (D,)."""
    if not callable(answer):
        raise ValueError(f"hand over a function of A and b, not {type(answer).__name__}")
    return min(_digits(answer, table) for table in _kept_back())


def _kept_back():
    sets = datasets.strd()
    return [sets[name] for name in ("Norris", "Pontius", "Wampler1", "Wampler2", "Wampler3", "Wampler4", "Filip")]


def _digits(answer, table, scale=1.0) -> float:
    """Return the digits of the worst coefficient, after a division by `scale`."""
    w = np.asarray(answer(table.A.copy(), table.b.copy()), dtype=float)
    if w.shape != table.certified.shape:
        raise ValueError(
            f"for A of shape {table.A.shape} it must return {len(table.certified)} coefficients: {w.shape}"
        )
    return digits_kept(w / scale, table.certified, per_entry=True)


def _digits_or_none(answer, table) -> float:
    """Return the digits, 0 where the answer refuses the table."""
    try:
        return _digits(answer, table)
    except (ValueError, np.linalg.LinAlgError):
        return 0.0


def _lost_on_filip(answer) -> bool:
    return _digits_or_none(answer, datasets.filip()) < 1


@careful_solver.pitfall(
    "On easy tables it has only half of the digits, and on the hardest none: it forms AᵀA, which squares κ. Solve with A itself, by QR or SVD.",
    example=lambda: lambda A, b: np.linalg.solve(A.T @ A, A.T @ b),
)
def _squares_kappa(answer) -> bool:
    return _lost_on_filip(answer) and 3 < _digits_or_none(answer, datasets.wampler(1)) < 8.2


@careful_solver.pitfall(
    "It is good on easy tables and has no digit of the hardest, whose smallest singular values, in these units, lie below its cut-off: it drops them. Scale the columns to length 1 first.",
    example=lambda: lambda A, b: np.linalg.lstsq(A, b, rcond=None)[0],
)
def _cuts_off(answer) -> bool:
    return _lost_on_filip(answer) and _digits_or_none(answer, datasets.wampler(1)) > 8.2


def _not_scaled_back():
    def solve(A, b):
        Q, R = np.linalg.qr(A / np.linalg.norm(A, axis=0))
        return np.linalg.solve(R, Q.T @ b)

    return solve


@careful_solver.pitfall(
    "Those are the coefficients of the scaled columns. Divide each by its column's length.", example=_not_scaled_back
)
def _of_the_scaled(answer) -> bool:
    table = datasets.wampler(2)
    return _digits(answer, table, np.linalg.norm(table.A, axis=0)) > 5
