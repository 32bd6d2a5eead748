"""Exercises of "From regression to classification"."""

from __future__ import annotations

import math

import numpy as np

from lib.book.exercises import case, choice, exercise, number

__all__ = [
    "distance_to_the_line",
    "found_among_the_ill",
    "gradient_of_bce",
    "gradient_of_softmax",
    "log_sum_of_a_list",
    "surprise",
    "why_not_squares",
]

distance_to_the_line = number(
    "distance_to_the_line",
    answer=2.0,
    rtol=1e-6,
    why="The score is 3·2 + 4·1 + 0 = 10, and ‖w‖ = 5.",
    hints=(
        "The score grows by ‖w‖ for each step of length 1 along w.",
        "Compute w·x + w₀ first, then ‖w‖.",
        "10 / 5",
    ),
    mistakes=[
        (10.0, "That is the score. A longer w gives a larger score at the same place: divide by its length."),
        (0.4, "You divided by the squared length: once is enough."),
        (10 / 7, "The length of w is √(3² + 4²), not 3 + 4."),
    ],
)

surprise = number(
    "surprise",
    answer=lambda: -math.log(0.01),
    rtol=1e-3,
    why="The loss of a positive sample is −log p, and p was 0.01.",
    hints=(
        "What probability did the model give to what happened?",
        "It gave 0.01 to the positive class. The loss is minus its logarithm.",
        "import math; -math.log(0.01)",
    ),
    mistakes=[
        (lambda: -math.log(0.99), "That is the loss if the sample had been negative."),
        (
            0.99,
            "That is the error of the probability. Cross-entropy takes the logarithm of what was given to the truth.",
        ),
        (2.0, "That is the logarithm to base 10. The book's log is the natural one."),
        (lambda: math.log(0.01), "A loss is not negative: there is a minus before the logarithm."),
    ],
)

why_not_squares = choice(
    "why_not_squares",
    answer="c",
    why="The factor p(1 − p) of the sigmoid's slope remains in the squared error and cancels in cross-entropy.",
    feedback={
        "a": "Both can be computed for every p between 0 and 1.",
        "b": "Both are zero for a perfect, certain prediction.",
        "d": "The squared error of p has hollows and humps in w; cross-entropy of a linear model is the convex one.",
    },
    hints=(
        "Move the score of a positive sample far to the left in the demo and look at the slopes.",
        "The slope by the score contains p(1 − p) for one of the losses.",
        "Where the model is sure and wrong, p(1 − p) is nearly 0.",
    ),
)

found_among_the_ill = choice(
    "found_among_the_ill",
    answer="b",
    why="Always answering “healthy” is right for 99 in 100 and finds nobody. The share of the ill who are found is 0.",
    feedback={
        "a": "Accuracy is 99 %, but not one of the ill is found.",
        "c": "A model that always says “healthy” has learned nothing but the frequency of the classes.",
        "d": "More of the same data keep the same imbalance.",
    },
    hints=(
        "What does the laziest model do here, and how often is it right?",
        "Whom does the test exist for?",
        "Count, among the ill alone, how many are found.",
    ),
)


# ------------------------------------------------------------------------------------------------------- plain Python
LARGEST_FIRST = "Take the largest score out, and no other: not the first, the smallest, the mean or the largest by size. Only then is no exponent above 0."


def _lists(rng):
    yield case("one score", [3.0])
    yield case("equal scores", [0.0, 0.0])
    yield case("huge scores", [1000.0, 1001.0, 999.5], tells=LARGEST_FIRST)
    yield case("very negative scores", [-1000.0, -1000.5], tells=LARGEST_FIRST)
    yield case("large scores of both signs", [-1000.0, 1000.0], tells=LARGEST_FIRST)
    yield case("a score far below the largest", [1000.0, 2.0, -1500.0], tells=LARGEST_FIRST)
    for n in (2, 5, 9):
        yield ([rng.uniform(-3, 3) for _ in range(n)],)


@exercise(
    cases=_lists,
    python_only=True,
    hints=(
        "e^1000 is more than a float can hold. Which number can be taken out of all scores first?",
        "log Σ e^z = m + log Σ e^(z − m), for any m; take the largest score.",
        "m = max(z); return m + math.log(sum(math.exp(v - m) for v in z)), with import math",
    ),
)
def log_sum_of_a_list(z):
    """Return log(e^z₁ + e^z₂ + …), also for scores of ±1000, with plain Python (import what you need inside).

    z : a list of numbers;  returns a number
    """
    import math

    largest = max(z)
    return largest + math.log(sum(math.exp(v - largest) for v in z))


@log_sum_of_a_list.mistake(
    "e^1000 overflows. Take the largest score out before you exponentiate, and add it again at the end."
)
def _direct(z):
    return math.log(sum(math.exp(v) for v in z))


@log_sum_of_a_list.mistake("You took the largest score out and did not add it back.")
def _not_added(z):
    return math.log(sum(math.exp(v - max(z)) for v in z))


@log_sum_of_a_list.mistake("You returned the largest score alone. It is a lower bound; the others add up to log N.")
def _only_largest(z):
    return float(max(z))


@log_sum_of_a_list.mistake("You took the mean of the exponentials: the sum is asked for.")
def _mean(z):
    return log_sum_of_a_list.function(z) - math.log(len(z))


@log_sum_of_a_list.mistake(
    "The sum of exponentials is what is asked for: the logarithm of a product would be the sum of the scores."
)
def _sum_of_scores(z):
    return sum(z)


@log_sum_of_a_list.mistake("The largest score comes back by adding: log(e^m s) = m + log s, not m · log s.")
def _multiplied(z):
    return max(z) * math.log(sum(math.exp(v - max(z)) for v in z))


# ---------------------------------------------------------------------------------------------------------- gradients
def _two_classes(rng):
    yield case("one sample", np.array([[1.0, 2.0]]), np.array([0.5, -1.0]), np.array([1.0]))
    yield case("large scores", np.array([[40.0], [-60.0]]), np.array([10.0]), np.array([0.0, 1.0]))
    for n, d in ((5, 2), (9, 3), (14, 4)):
        yield rng.normal(size=(n, d)), rng.normal(size=d), rng.integers(0, 2, n).astype(float)


@exercise(
    cases=_two_classes,
    hints=(
        "The slope of log(1 + e^z) − t z by z is p − t, with p = σ(z).",
        "d loss = (1/N) (p − t)ᵀ A dw.",
        "p = 1 / (1 + np.exp(-z)) with z = np.clip(A @ w, -700, 700); then A.T @ …, divided by the number of samples.",
    ),
)
def gradient_of_bce(A, w, t):
    """Return the gradient of the mean binary cross-entropy of the scores Aw.

    A : (N, D);  w : (D,);  t : (N,), each 0 or 1;  returns (D,)
    """
    p = 1 / (1 + np.exp(-np.clip(A @ w, -700, 700)))
    return A.T @ (p - t) / len(t)


@gradient_of_bce.mistake("The sign is turned: prediction minus target, p − t, as for squares.")
def _target_minus(A, w, t):
    return -gradient_of_bce.function(A, w, t)


@gradient_of_bce.mistake(
    "You used the scores Aw where the probabilities σ(Aw) belong: that is the gradient of squares."
)
def _scores_not_probabilities(A, w, t):
    return A.T @ (A @ w - t) / len(t)


@gradient_of_bce.mistake("The 1/N is missing: the loss is a mean over the samples.")
def _no_mean(A, w, t):
    return len(t) * gradient_of_bce.function(A, w, t)


@gradient_of_bce.mistake("There is a factor p(1 − p) too many: it cancels against the derivative of the logarithm.")
def _squared_error_slope(A, w, t):
    p = 1 / (1 + np.exp(-np.clip(A @ w, -700, 700)))
    return A.T @ ((p - t) * p * (1 - p)) / len(t)


@gradient_of_bce.mistake(
    "You rounded the probabilities to 0 and 1: that is the perceptron's rule. The gradient needs σ(z) itself."
)
def _rounded(A, w, t):
    return A.T @ (np.where(A @ w > 0, 1.0, 0.0) - t) / len(t)


EACH_ROW = "Right for moderate scores. For large ones each row needs its own largest score taken out: one maximum for the whole table loses the small rows, and scores cut at ±700 are no longer the scores."


def _many_classes(rng):
    yield case("one sample, two classes", np.array([[2.0]]), np.array([[0.3, -0.2]]), np.array([1]))
    yield case(
        "scores of ±900", np.array([[30.0], [-30.0]]), np.array([[30.0, -30.0, 0.0]]), np.array([0, 2]), tells=EACH_ROW
    )
    columns = np.array([[30.0, 0.0, -30.0], [0.5, 1.0, -0.5]])
    yield case(
        "scores near 900 and near −900",
        np.array([[30.0, 2.0], [-30.0, 1.0], [0.0, 1.0]]),
        columns,
        np.array([2, 0, 1]),
        tells=EACH_ROW,
    )
    yield case(
        "every score near −800",
        np.array([[1.0, 0.5], [1.0, -1.0]]),
        np.array([[-800.0, -801.0], [1.0, 0.0]]),
        np.array([1, 1]),
        tells=EACH_ROW,
    )
    yield case(
        "the largest score is the right one, and huge",
        np.array([[1.0], [2.0]]),
        np.array([[899.0, 900.5]]),
        np.array([0, 0]),
        tells=EACH_ROW,
    )
    for n, d, k in ((5, 2, 3), (9, 3, 4), (12, 2, 5)):
        yield rng.normal(size=(n, d)), rng.normal(size=(d, k)), rng.integers(0, k, n)


@exercise(
    cases=_many_classes,
    hints=(
        "The slope by the scores of a sample is its probabilities, minus 1 at its label.",
        "Z = A @ W; P = exp of Z minus the row's largest entry, divided by the row's sum.",
        "P[np.arange(len(A)), labels] -= 1; return A.T @ P / len(A)",
    ),
)
def gradient_of_softmax(A, W, labels):
    """Return the gradient of the mean cross-entropy of the scores AW, also for scores of ±900.

    A : (N, D);  W : (D, K);  labels : (N,), whole numbers 0 … K − 1;  returns (D, K)
    """
    Z = A @ W
    P = np.exp(Z - Z.max(axis=1, keepdims=True))
    P /= P.sum(axis=1, keepdims=True)
    P[np.arange(len(A)), labels] -= 1
    return A.T @ P / len(A)


@gradient_of_softmax.mistake(
    "e^900 overflows: subtract each row's largest score before you exponentiate; the quotient stays the same."
)
def _overflows(A, W, labels):
    P = np.exp(A @ W)
    P /= P.sum(axis=1, keepdims=True)
    P[np.arange(len(A)), labels] -= 1
    return A.T @ P / len(A)


@gradient_of_softmax.mistake("You normalised over the samples. The probabilities of each sample, a row, add up to 1.")
def _over_samples(A, W, labels):
    Z = A @ W
    P = np.exp(Z - Z.max())
    P /= P.sum(axis=0, keepdims=True)
    P[np.arange(len(A)), labels] -= 1
    return A.T @ P / len(A)


@gradient_of_softmax.mistake(
    "The label's 1 is not subtracted: without it every class is pushed down, the right one too."
)
def _no_label(A, W, labels):
    Z = A @ W
    P = np.exp(Z - Z.max(axis=1, keepdims=True))
    return A.T @ (P / P.sum(axis=1, keepdims=True)) / len(A)


@gradient_of_softmax.mistake("The 1/N is missing: the loss is a mean over the samples.")
def _sum_over_samples(A, W, labels):
    return len(A) * gradient_of_softmax.function(A, W, labels)


@gradient_of_softmax.mistake("The sign is turned: probabilities minus the label's 1.")
def _turned(A, W, labels):
    return -gradient_of_softmax.function(A, W, labels)


@gradient_of_softmax.mistake(
    "You normalised over the samples, column by column. The probabilities of each sample, a row, add up to 1."
)
def _column_by_column(A, W, labels):
    Z = A @ W
    P = np.exp(Z - Z.max(axis=0))
    P /= P.sum(axis=0)
    P[np.arange(len(A)), labels] -= 1
    return A.T @ P / len(A)
