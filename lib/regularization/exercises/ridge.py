"""Exercises of "Ridge regression"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number, order

__all__ = [
    "degrees_in_use",
    "half_of_a_direction",
    "leave_one_out_in_order",
    "left_out_errors",
    "ridge_by_augmented_rows",
    "ridge_with_free_intercept",
    "which_change_of_units",
]


def _systems(rng):
    yield case("one row and one column", np.array([[2.0]]), np.array([3.0]), 1.0)
    yield case("more columns than rows", rng.normal(size=(2, 4)), rng.normal(size=2), 0.5)
    yield case("two equal columns", np.ones((3, 2)), np.array([1.0, 2.0, 4.0]), 0.3)
    for n, d in ((5, 2), (8, 3), (12, 5)):
        yield rng.normal(size=(n, d)), rng.normal(size=n), float(rng.uniform(0.2, 5))


@exercise(
    cases=_systems,
    rtol=1e-7,
    hints=(
        "λ‖w‖² is a sum of D squares. Which D equations would have these squares as their errors?",
        "Put √λ · I below A and D zeros below y; then it is ordinary least squares.",
        "rows = np.vstack([A, np.sqrt(lam) * np.eye(D)]), zeros below y, and np.linalg.lstsq(…, rcond=None)[0]",
    ),
)
def ridge_by_augmented_rows(A, y, lam):
    """Return the w that minimises ‖Aw − y‖² + lam ‖w‖², by least squares with more rows.

    A : (N, D);  y : (N,);  lam > 0;  returns w : (D,)
    """
    D = A.shape[1]
    rows = np.vstack([A, np.sqrt(lam) * np.eye(D)])
    return np.linalg.lstsq(rows, np.append(y, np.zeros(D)), rcond=None)[0]


@ridge_by_augmented_rows.mistake("The rows carry lam, so the loss carries lam²: the square of what you put in appears.")
def _lam_not_root(A, y, lam):
    D = A.shape[1]
    return np.linalg.lstsq(np.vstack([A, lam * np.eye(D)]), np.append(y, np.zeros(D)), rcond=None)[0]


@ridge_by_augmented_rows.mistake("The new rows pull every coefficient towards 1. Their targets are zeros.")
def _towards_one(A, y, lam):
    D = A.shape[1]
    rows = np.vstack([A, np.sqrt(lam) * np.eye(D)])
    return np.linalg.lstsq(rows, np.append(y, np.sqrt(lam) * np.ones(D)), rcond=None)[0]


@ridge_by_augmented_rows.mistake(
    "lam on every entry of AᵀA, or one row √λ · (1, …, 1), penalises the sum of the coefficients, which may cancel: lam · I, "
    "and a row for each."
)
def _one_row(A, y, lam):
    row = np.sqrt(lam) * np.ones((1, A.shape[1]))
    return np.linalg.lstsq(np.vstack([A, row]), np.append(y, 0), rcond=None)[0]


@ridge_by_augmented_rows.mistake("That is plain least squares: nothing of λ has arrived.")
def _no_penalty(A, y, lam):
    return np.linalg.lstsq(A, y, rcond=None)[0]


@ridge_by_augmented_rows.mistake("The targets of the new rows are zeros; yours are ones.")
def _ones(A, y, lam):
    D = A.shape[1]
    return np.linalg.lstsq(np.vstack([A, np.sqrt(lam) * np.eye(D)]), np.append(y, np.ones(D)), rcond=None)[0]


@ridge_by_augmented_rows.mistake("You multiplied the penalty by N. The loss here is a sum of squares, not a mean.")
def _times_n(A, y, lam):
    return ridge_by_augmented_rows.function(A, y, lam * len(y))


def _with_means(rng):
    yield case("the targets are all the same", rng.normal(size=(4, 2)) + 3, np.full(4, 7.0), 1.0)
    yield case("one feature", np.array([[1.0], [2.0], [4.0]]), np.array([3.0, 5.0, 6.0]), 2.0)
    yield case("an intercept below zero", np.array([[1.0], [2.0], [4.0]]), np.array([-3.0, -1.0, 0.5]), 2.0)
    for n, d in ((5, 2), (8, 3), (12, 5)):
        yield rng.normal(size=(n, d)) + 5 * rng.normal(size=d), rng.normal(size=n) + 10, float(rng.uniform(0.5, 5))


@exercise(
    cases=_with_means,
    rtol=1e-7,
    hints=(
        "The best intercept makes the mean error 0. So what is it, given w?",
        "Take the means off A's columns and off y, fit ridge, and give the intercept what the means leave: ȳ − āᵀw.",
        "means = A.mean(axis=0); Z = A - means; w = np.linalg.solve(Z.T @ Z + lam * np.eye(D), Z.T @ (y - y.mean())); …",
    ),
)
def ridge_with_free_intercept(A, y, lam):
    """Return (w, w0) that minimise ‖Aw + w0 − y‖² + lam ‖w‖²: the intercept costs nothing.

    A : (N, D), no column of ones;  y : (N,);  lam > 0;  returns w : (D,) and w0, a number
    """
    means, mean = A.mean(axis=0), y.mean()
    Z = A - means
    w = np.linalg.solve(Z.T @ Z + lam * np.eye(A.shape[1]), Z.T @ (y - mean))
    return w, mean - means @ w


@ridge_with_free_intercept.mistake(
    "You penalised the intercept with the rest, so that it is pulled towards 0. Ask what happens to y + 1000."
)
def _penalised(A, y, lam):
    B = np.column_stack([np.ones(len(A)), A])
    w = np.linalg.solve(B.T @ B + lam * np.eye(B.shape[1]), B.T @ y)
    return w[1:], w[0]


@ridge_with_free_intercept.mistake("The intercept is ȳ only for centred features: take āᵀw off again.")
def _mean_only(A, y, lam):
    return ridge_with_free_intercept.function(A, y, lam)[0], y.mean()


@ridge_with_free_intercept.mistake(
    "You centred the targets but not the features: the columns still hold part of the intercept."
)
def _half_centred(A, y, lam):
    w = np.linalg.solve(A.T @ A + lam * np.eye(A.shape[1]), A.T @ (y - y.mean()))
    return w, y.mean() - A.mean(axis=0) @ w


@ridge_with_free_intercept.mistake("Nothing was centred when w was found: the columns' means still pull at it.")
def _not_centred(A, y, lam):
    return np.linalg.solve(A.T @ A + lam * np.eye(A.shape[1]), A.T @ y), y.mean()


def _values(rng):
    yield case("no penalty: every direction counts", [2.0, 1.0], 0.0)
    yield case("a direction that is not there", [2.0, 0.0], 1.0)
    yield case("one direction", [1.5], 0.7)
    yield case(
        "no penalty, and a direction that is not there",
        [2.0, 0.0],
        0.0,
        tells="A direction with σ = 0 counts 0, also where λ = 0: leave it out before it becomes 0/0.",
    )
    for _ in range(4):
        yield [rng.uniform(0.1, 4) for _ in range(rng.randint(1, 5))], rng.uniform(0.1, 5)


@exercise(
    cases=_values,
    python_only=True,
    hints=(
        "Ridge keeps a share of each direction. The degrees of freedom are the sum of the shares.",
        "The share of σ is σ²/(σ² + λ); a direction with σ = 0 has none.",
        "A sum of s * s / (s * s + lam) over the singular values, with an if for those that are 0.",
    ),
)
def degrees_in_use(singular_values, lam):
    """Return ridge's effective degrees of freedom, with plain Python.

    singular_values : a list of numbers ≥ 0;  lam ≥ 0;  returns a number
    """
    return sum(s * s / (s * s + lam) for s in singular_values if s > 0)


@degrees_in_use.mistake("The shares are of squares: σ²/(σ² + λ), since AᵀA has the squares.")
def _not_squared(singular_values, lam):
    return sum(s / (s + lam) for s in singular_values if s > 0)


@degrees_in_use.mistake("You added up what is lost, λ/(σ² + λ), not what is kept.")
def _lost(singular_values, lam):
    return sum(lam / (s * s + lam) for s in singular_values if s > 0)


@degrees_in_use.mistake(
    "σ/(σ² + λ) is what multiplies uᵀy in the coefficients. Degrees of freedom add up shares of the fit."
)
def _of_coefficients(singular_values, lam):
    return sum(s / (s * s + lam) for s in singular_values if s > 0)


@degrees_in_use.mistake("That counts the directions. Each counts only with the share that ridge keeps of it.")
def _counted(singular_values, lam):
    return float(sum(s > 0 for s in singular_values))


@degrees_in_use.mistake(
    "The shares are squared in yours. That is the trace of H², another measure; degrees of freedom are the trace of H."
)
def _squared_shares(singular_values, lam):
    return sum((s * s / (s * s + lam)) ** 2 for s in singular_values if s > 0)


@degrees_in_use.mistake("λ stands beside σ² as it is: σ²/(σ² + λ), without a square.")
def _lam_squared(singular_values, lam):
    return sum(s * s / (s * s + lam * lam) for s in singular_values if s > 0)


@degrees_in_use.mistake("That is the number of coefficients. Ridge uses less of each: only its share.")
def _all_of_them(singular_values, lam):
    return len(singular_values)


@exercise(
    cases=_systems,
    rtol=1e-6,
    hints=(
        "You need ordinary errors and leverages, both from one fit with all samples.",
        "H = A(AᵀA + λI)⁻¹Aᵀ takes y to ŷ; the error without sample i is (yᵢ − ŷᵢ)/(1 − Hᵢᵢ).",
        "H = A @ np.linalg.solve(A.T @ A + lam * np.eye(D), A.T); return (y - H @ y) / (1 - np.diag(H))",
    ),
)
def left_out_errors(A, y, lam):
    """Return each sample's error yᵢ − ŷᵢ under the ridge fit without it, without fitting N times. No intercept.

    A : (N, D);  y : (N,);  lam > 0;  returns (N,)
    """
    H = A @ np.linalg.solve(A.T @ A + lam * np.eye(A.shape[1]), A.T)
    return (y - H @ y) / (1 - np.diag(H))


@left_out_errors.mistake(
    "Those are the ordinary errors: each sample has pulled the fit towards itself. Divide by 1 − Hᵢᵢ."
)
def _ordinary(A, y, lam):
    H = A @ np.linalg.solve(A.T @ A + lam * np.eye(A.shape[1]), A.T)
    return y - H @ y


@left_out_errors.mistake(
    "You divided by the leverage itself. A sample with much leverage makes 1 − Hᵢᵢ small, and its error grows."
)
def _by_leverage(A, y, lam):
    H = A @ np.linalg.solve(A.T @ A + lam * np.eye(A.shape[1]), A.T)
    return (y - H @ y) / np.diag(H)


@left_out_errors.mistake(
    "You used the mean leverage for every sample. That is generalised cross-validation, an approximation."
)
def _generalised(A, y, lam):
    H = A @ np.linalg.solve(A.T @ A + lam * np.eye(A.shape[1]), A.T)
    return (y - H @ y) / (1 - np.trace(H) / len(y))


@left_out_errors.mistake("You used the squared leverages; 1 − Hᵢᵢ has no square.")
def _squared(A, y, lam):
    H = A @ np.linalg.solve(A.T @ A + lam * np.eye(A.shape[1]), A.T)
    return (y - H @ y) / (1 - np.diag(H) ** 2)


@left_out_errors.mistake("You divided by 1 − Hᵢᵢ twice: the left-out error needs it once.")
def _twice(A, y, lam):
    H = A @ np.linalg.solve(A.T @ A + lam * np.eye(A.shape[1]), A.T)
    return (y - H @ y) / (1 - np.diag(H)) ** 2


@left_out_errors.mistake(
    "You divided by the root of 1 − Hᵢᵢ, as for standardised residuals. The left-out error needs it without a root."
)
def _standardised(A, y, lam):
    H = A @ np.linalg.solve(A.T @ A + lam * np.eye(A.shape[1]), A.T)
    return (y - H @ y) / np.sqrt(1 - np.diag(H))


@left_out_errors.mistake("Those are the left-out errors of plain least squares: λ has not entered H.")
def _no_penalty_errors(A, y, lam):
    H = A @ np.linalg.pinv(A)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (y - H @ y) / (1 - np.diag(H))


half_of_a_direction = number(
    "half_of_a_direction",
    answer=6.25,
    rtol=1e-3,
    why="σ²/(σ² + λ) = ½ where λ = σ² = 6.25.",
    hints=(
        "Which share of the direction does ridge keep?",
        "σ²/(σ² + λ) = ½.",
        "λ = σ².",
    ),
    mistakes=[
        (2.5, "λ has the unit of σ²: square it."),
        (12.5, "With λ = 2σ² a third is kept."),
        (5.0, "That is 2σ. Solve σ²/(σ² + λ) = ½."),
    ],
)

which_change_of_units = choice(
    "which_change_of_units",
    answer="c",
    why="A free intercept takes up any shift of y. Scaling a feature, or penalising the intercept, changes what a squared coefficient costs.",
    feedback={
        "a": "In grams the coefficient is a thousand times smaller, its square a million times cheaper: the fit changes.",
        "b": "Twice the rows double ‖Aw − y‖² and leave λ‖w‖² as it was: the penalty counts half.",
        "d": "A penalised intercept is pulled towards 0, and 0 °C is not 0 K: the predictions change by other than 273.15.",
    },
    hints=(
        "Write the loss before and after. Which terms have changed?",
        "The penalty looks at the size of the coefficients, so whatever changes their size matters.",
        "One change can be absorbed by a coefficient that costs nothing.",
    ),
)

leave_one_out_in_order = order(
    "leave_one_out_in_order",
    lines={
        "A": "So ŷᵢ⁽⁻ⁱ⁾ = Σⱼ Hᵢⱼ y′ⱼ, the i-th entry of Hy′",
        "B": "Replace yᵢ by the prediction ŷᵢ⁽⁻ⁱ⁾ of the fit without sample i, and call these targets y′",
        "C": "Hence yᵢ − ŷᵢ = (1 − Hᵢᵢ)(yᵢ − ŷᵢ⁽⁻ⁱ⁾): divide",
        "D": "With y′ the fit without sample i is still the best: the new sample adds an error of exactly 0",
        "E": "y′ differs from y in its i-th entry only, so ŷᵢ⁽⁻ⁱ⁾ = ŷᵢ + Hᵢᵢ(ŷᵢ⁽⁻ⁱ⁾ − yᵢ)",
    },
    needs={"D": "B", "A": "D", "E": "A", "C": "E"},
    feedback={
        "D": "Which targets? They have to be introduced first.",
        "A": "H gives the best fit to given targets. First make sure which fit is the best one for y′.",
        "E": "You need ŷᵢ⁽⁻ⁱ⁾ as an entry of Hy′ before you can compare it with ŷᵢ, the entry of Hy.",
        "C": "The division comes last: it needs the equation between ŷᵢ⁽⁻ⁱ⁾ and ŷᵢ.",
    },
    why="Nothing about ridge was used but that ŷ = Hy minimises a sum of squared errors plus a penalty.",
    hints=(
        "Begin by inventing targets for which leaving out changes nothing.",
        "First the targets, then why their fit is known, then H.",
        "B, D, and then two lines of arithmetic before the division.",
    ),
)
