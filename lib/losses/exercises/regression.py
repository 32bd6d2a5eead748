"""Exercises of "Regression losses and their gradients"."""

from __future__ import annotations

import math

import numpy as np

from lib.book.exercises import case, choice, exercise, number, order, prediction

__all__ = [
    "absolute_in_order",
    "best_guess",
    "gradient_of_mae",
    "gradient_of_mape",
    "gradient_of_mse",
    "huber_slope",
    "middle_of_the_queue",
    "rmse_of_four_errors",
    "which_unit",
]

rmse_of_four_errors = prediction(
    "rmse_of_four_errors",
    answer=lambda: math.sqrt((2**2 + 2**2 + 2**2 + 14**2) / 4),
    why="The mean square is 52, of which the one large error makes 49: it is squared before the mean is taken.",
)

which_unit = choice(
    "which_unit",
    answer="b",
    why="Root and square cancel in the unit, and RMSE weighs large errors more than MAE does.",
    feedback={
        "a": "MSE is a mean of squares: for prices in euros it is in squared euros.",
        "c": "MAPE divides each error by its own target, so the unit cancels: it is a share.",
        "d": "The pinball loss charges errors linearly, in the unit of y, but a large error no more than its size.",
    },
    hints=(
        "Write the loss of one error of 3 euros.",
        "Two candidates have the unit of y. Which of them squares somewhere?",
        "Squaring makes an error of 10 count as much as a hundred errors of 1; taking the root afterwards restores the unit.",
    ),
)

best_guess = number(
    "best_guess",
    answer=4.0,
    rtol=1e-6,
    unit="minutes",
    why="The mean absolute error of a constant is least at the median, and the median of five numbers is the third.",
    hints=(
        "Move the guess up by a little. How many errors grow, and how many shrink?",
        "It pays to move as long as more waiting times lie on that side.",
        "Sort the five times and take the middle one.",
    ),
    mistakes=[
        (23.0, "That is the mean, the best guess for the squared error. One slow queue has pulled it up."),
        (3.0, "That is the median of the first four. All five times count."),
        (50.5, "That is the middle between smallest and largest: the best guess if only the largest error counts."),
    ],
)


# ------------------------------------------------------------------------------------------------------- gradients
def _systems(rng):
    yield case("one sample, one weight", np.array([[2.0]]), np.array([3.0]), np.array([1.0]))
    yield case("a column of ones alone", np.ones((4, 1)), np.array([2.0]), np.array([1.0, 5.0, -2.0, 4.5]))
    for n, d in ((5, 2), (8, 3), (12, 4)):
        yield rng.normal(size=(n, d)), rng.normal(size=d), rng.normal(size=n) + 3


@exercise(
    cases=_systems,
    hints=(
        "Change w by dw. The errors change by A dw; what does the mean of their squares change by?",
        "d MSE = (2/N) eᵀ A dw with e = Aw − y, and the gradient is what stands before dw, as a column.",
        "e = A @ w - y; then A.T @ e, times a constant, divided by the number of samples.",
    ),
)
def gradient_of_mse(A, w, y):
    """Return the gradient of the mean squared error of the predictions Aw.

    A : (N, D);  w : (D,);  y : (N,);  returns (D,)
    """
    e = A @ w - y
    return 2 * A.T @ e / len(y)


@gradient_of_mse.mistake("The 2 is missing: the derivative of e² is 2e.")
def _no_two(A, w, y):
    return A.T @ (A @ w - y) / len(y)


@gradient_of_mse.mistake("The 1/N is missing: the loss is a mean, so its gradient is one too.")
def _no_mean(A, w, y):
    return 2 * A.T @ (A @ w - y)


@gradient_of_mse.mistake(
    "Your gradient points downhill: with e = y − Aw the sign turns. The gradient points where the loss grows."
)
def _downhill(A, w, y):
    return 2 * A.T @ (y - A @ w) / len(y)


@gradient_of_mse.mistake("You divided by the number of weights D. The loss is a mean over the N samples.")
def _by_weights(A, w, y):
    return 2 * A.T @ (A @ w - y) / len(w)


@gradient_of_mse.mistake("The errors' sizes alone lose their direction: no absolute value here.")
def _sizes_of_errors(A, w, y):
    return 2 * A.T @ np.abs(A @ w - y) / len(y)


@gradient_of_mse.mistake("The targets have not arrived: the error is Aw − y.")
def _no_targets(A, w, y):
    return 2 * A.T @ (A @ w) / len(y)


@gradient_of_mse.mistake(
    "That is the slope by the predictions. By w each is multiplied with its row of A, and they add up: Aᵀe."
)
def _by_predictions_mse(A, w, y):
    return 2 * (A @ w - y) / len(y)


@gradient_of_mse.mistake("That is the loss itself, one number. Its gradient has an entry a weight.")
def _loss_itself(A, w, y):
    return np.mean((A @ w - y) ** 2)


def _kinked(rng):
    ones, tells = np.ones((3, 1)), "A perfect prediction pulls nowhere: sign(0) is 0, neither ±1 nor 0/0."
    yield case("one perfect prediction", ones, np.array([2.0]), np.array([2.0, 5.0, 7.0]), tells=tells)
    yield case("all perfect", np.diag([1.0, 2.0]), np.array([3.0, 1.0]), np.array([3.0, 2.0]), tells=tells)
    for n, d in ((5, 2), (8, 3), (12, 4)):
        yield rng.normal(size=(n, d)), rng.normal(size=d), rng.normal(size=n) + 3


@exercise(
    cases=_kinked,
    hints=(
        "The derivative of |e| is its sign; at 0 take 0.",
        "d MAE = (1/N) sign(e)ᵀ A dw.",
        "np.sign of the errors in the place where MSE has the errors; then A.T @ …, divided by the number of samples.",
    ),
)
def gradient_of_mae(A, w, y):
    """Return the subgradient of the mean absolute error of Aw, with sign(0) = 0.

    A : (N, D);  w : (D,);  y : (N,);  returns (D,)
    """
    return A.T @ np.sign(A @ w - y) / len(y)


@gradient_of_mae.mistake(
    "You used the errors themselves: that is half the gradient of MSE. MAE asks only on which side an error lies."
)
def _errors_not_signs(A, w, y):
    return A.T @ (A @ w - y) / len(y)


@gradient_of_mae.mistake("The sign is turned: e = Aw − y, prediction minus target.")
def _turned(A, w, y):
    return -A.T @ np.sign(A @ w - y) / len(y)


@gradient_of_mae.mistake("A perfect prediction pulls you down here: you let sign(0) be −1. With 0 it pulls nowhere.")
def _zero_is_negative(A, w, y):
    return A.T @ np.where(A @ w - y > 0, 1.0, -1.0) / len(y)


@gradient_of_mae.mistake("The 1/N is missing: the loss is a mean over the samples.")
def _sum_of_signs(A, w, y):
    return A.T @ np.sign(A @ w - y)


@gradient_of_mae.mistake("You used |e|, the loss. Its slope is the sign of e.")
def _sizes_not_signs(A, w, y):
    return A.T @ np.abs(A @ w - y) / len(y)


def _signed_targets(rng):
    yield case("a negative target", np.array([[1.0], [2.0]]), np.array([1.0]), np.array([-4.0, 5.0]))
    yield case("very different targets", np.ones((3, 1)), np.array([2.0]), np.array([0.5, 10.0, 1000.0]))
    near = np.array([[1.0, 2.0], [2.0, 1.0], [-1.0, 1.0], [0.5, -2.0]])
    yield case("small errors of both signs", near, np.array([2.0, 1.0]), np.array([3.6, 5.5, -0.8, -1.1]))
    for n, d in ((5, 2), (8, 3), (12, 4)):
        yield rng.normal(size=(n, d)), rng.normal(size=d), rng.uniform(1, 4, n) * rng.choice([-1, 1], n)


@exercise(
    cases=_signed_targets,
    hints=(
        "MAPE is MAE with a weight for each sample. Which weight?",
        "The weight of sample i is 1/|yᵢ|; it multiplies the sign.",
        "signs = np.sign(A @ w - y) / np.abs(y); then A.T @ signs and a mean.",
    ),
)
def gradient_of_mape(A, w, y):
    """Return the subgradient of the mean absolute percentage error of Aw, as a share; no target is 0.

    A : (N, D);  w : (D,);  y : (N,);  returns (D,)
    """
    return A.T @ (np.sign(A @ w - y) / np.abs(y)) / len(y)


@gradient_of_mape.mistake("A negative target turned the sign: divide by |y|, not by y.")
def _by_signed(A, w, y):
    return A.T @ (np.sign(A @ w - y) / y) / len(y)


@gradient_of_mape.mistake(
    "You divided by the predictions. The percentage is of the target, which does not depend on w."
)
def _by_predictions(A, w, y):
    return A.T @ (np.sign(A @ w - y) / np.abs(A @ w)) / len(y)


@gradient_of_mape.mistake("Without the weights 1/|y| this is the subgradient of MAE.")
def _unweighted(A, w, y):
    return A.T @ np.sign(A @ w - y) / len(y)


@gradient_of_mape.mistake("This is in per cent, a hundred times too large: the loss here is a share.")
def _in_per_cent(A, w, y):
    return 100 * A.T @ (np.sign(A @ w - y) / np.abs(y)) / len(y)


@gradient_of_mape.mistake("You used the errors themselves. The slope of |e| is its sign, whatever its size.")
def _errors_themselves(A, w, y):
    return A.T @ ((A @ w - y) / np.abs(y)) / len(y)


@gradient_of_mape.mistake("The sign is turned: the error is Aw − y, prediction minus target.")
def _uphill(A, w, y):
    return -gradient_of_mape.function(A, w, y)


# ----------------------------------------------------------------------------------------------- plain Python: Huber
FAR_BELOW = "Far below the target the slope is −delta: compare |e|, and keep the sign of e."


def _errors_and_deltas(rng):
    yield case("no error", 0.0, 1.0)
    yield case("just inside", 0.5, 1.0)
    yield case("on the border", 2.0, 2.0)
    yield case("far below", -30.0, 1.5, tells=FAR_BELOW)
    yield case("inside, with a small delta", 0.25, 0.5)
    yield case("inside, with a large delta", -1.5, 3.0)
    for _ in range(6):
        yield rng.uniform(-4, 4), rng.uniform(0.3, 2.0)


@exercise(
    cases=_errors_and_deltas,
    python_only=True,
    hints=(
        "Inside, the loss is e²/2. What is its slope?",
        "Outside, the slope stays what it was at the border: delta, with the sign of e.",
        "It is e, kept between two borders: min keeps it below one, max above the other.",
    ),
)
def huber_slope(e, delta):
    """Return the slope of the Huber loss at the error e, with plain Python.

    e : a number, prediction minus target;  delta : a positive number;  returns a number
    """
    return max(-delta, min(delta, e))


@huber_slope.mistake("You cut the slope at ±1. It goes on growing until |e| = delta.")
def _cut_at_one(e, delta):
    return max(-1.0, min(1.0, e))


@huber_slope.mistake("That is the loss itself, not its slope.")
def _the_loss(e, delta):
    return e * e / 2 if abs(e) <= delta else delta * (abs(e) - delta / 2)


@huber_slope.mistake("Far below the target your slope is positive: outside, it is delta with the sign of e.")
def _unsigned(e, delta):
    return e if abs(e) <= delta else delta


@huber_slope.mistake("Inside, the loss is e²/2, with the half that cancels the 2: the slope is e.")
def _twice(e, delta):
    return max(-2 * delta, min(2 * delta, 2 * e))


@huber_slope.mistake(
    "That is the slope of the squared loss, which grows without a bound. Outside ±delta the Huber slope stays at ±delta."
)
def _always_squared(e, delta):
    return e


@huber_slope.mistake("You compare e, not |e|: far below, where e < −delta, the slope is −delta.")
def _one_side(e, delta):
    return e if e < delta else delta


@huber_slope.mistake("Outside, the slope is ±delta, what it was at the border, and not ±1.")
def _sign_outside(e, delta):
    return e if abs(e) <= delta else math.copysign(1.0, e)


@huber_slope.mistake("Inside and outside are exchanged: e inside, ±delta outside.")
def _exchanged(e, delta):
    return math.copysign(delta, e) if abs(e) <= delta else e


@huber_slope.mistake("You divided by delta: that is the slope of the loss that is e²/(2 delta) inside.")
def _divided(e, delta):
    return max(-1.0, min(1.0, e / delta))


def _queues(rng):
    yield case("one number", [4.0], 0.3)
    yield case("the median of three", [9.0, 1.0, 5.0], 0.5)
    yield case("nine in ten", [float(v) for v in range(10, 0, -1)], 0.85)
    for n in (5, 8, 13):
        yield [rng.uniform(0, 20) for _ in range(n)], rng.choice([0.15, 0.33, 0.62, 0.77])


def _pays(y, tau, answer):
    def cost(c):
        return sum(tau * (v - c) if v > c else (1 - tau) * (c - v) for v in y)

    least = min(cost(v) for v in y)
    if not isinstance(answer, (int, float)) or not math.isfinite(answer):
        return "the constant must be a finite number."
    if cost(answer) <= least * (1 + 1e-9) + 1e-12:
        return None
    return f"with the constant {answer:.4g} the pinball losses add up to {cost(answer):.4g}; {least:.4g} is possible."


@exercise(
    cases=_queues,
    python_only=True,
    accept=_pays,
    hints=(
        "Move c up by a little: each number above saves tau, each number below costs 1 − tau.",
        "At the best c about the share tau of the numbers lies below, so it is one of the sorted numbers.",
        "return sorted(y)[math.ceil(tau * len(y)) - 1], with import math",
    ),
)
def middle_of_the_queue(y, tau):
    """Return a constant c with the least pinball loss for the numbers y: tau · (y − c) above it, (1 − tau) · (c − y) below.

    y : a list of N numbers;  tau : a number between 0 and 1;  returns a number, with plain Python
    """
    below = 0
    for c in sorted(y):
        below += 1
        if below >= tau * len(y):
            return c


@middle_of_the_queue.mistake("That is the mean. It minimises the squares; this loss wants a quantile.")
def _mean(y, tau):
    return sum(y) / len(y)


@middle_of_the_queue.mistake(
    "You took the quantile for 1 − tau: a missing unit costs tau when the prediction is too low."
)
def _other_side(y, tau):
    return middle_of_the_queue.function(y, 1 - tau)


@middle_of_the_queue.mistake("The list was not sorted before you picked from it.")
def _unsorted(y, tau):
    return y[max(0, min(len(y) - 1, int(tau * len(y))))]


absolute_in_order = order(
    "absolute_in_order",
    lines={
        "A": "MAE changes by (1/N) Σ sign(eᵢ)(A dw)ᵢ.",
        "B": "w changes by dw, so e = Aw − y changes by A dw.",
        "C": "The gradient is the vector whose inner product with dw this is: (1/N) Aᵀ sign(e).",
        "D": "The sum is the inner product sign(e)ᵀ A dw.",
        "E": "Where e is not 0, |e| changes by sign(e) times the change of e.",
    },
    needs={"A": "BE", "D": "A", "C": "D"},
    feedback={
        "A": "Line A puts together how e changes (B) and how |e| follows (E).",
        "C": "A gradient can be read off only when the change is written as an inner product with dw (D).",
    },
    why="First the change of the inside, then of the outside, then the mean; the gradient is what stands before dw.",
    hints=(
        "Start with what changes when w does.",
        "From the inside out: e, then |e|, then the mean.",
        "B and E come before A; the gradient is read off last.",
    ),
)
