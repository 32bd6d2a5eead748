"""Exercises of "Noise, dropout and stopping"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number

__all__ = [
    "decayed_step",
    "drop_units",
    "expected_noisy_loss",
    "found_after",
    "penalty_of_a_fifth",
    "which_augmentation",
]


def _rows(rng):
    yield case("nothing dropped", [1.0, -2.0], [0.9, 0.1], 0.0)
    yield case(
        "a draw on the border is kept",
        [4.0, 6.0],
        [0.5, 0.2],
        0.5,
        tells="A draw of exactly p is kept: a unit is dropped where its draw is less than p.",
    )
    yield case("everything dropped", [1.0, 2.0], [0.1, 0.2], 0.8)
    for _ in range(4):
        n = rng.randint(2, 5)
        yield [rng.uniform(-3, 3) for _ in range(n)], [rng.random() for _ in range(n)], rng.choice([0.2, 0.4, 0.6])


@exercise(
    cases=_rows,
    python_only=True,
    hints=(
        "Each unit is dropped if its draw is less than p. What becomes of those that stay?",
        "They are divided by 1 − p, so that the mean over all draws is the unit's own value.",
        "return [value / (1 - p) if draw >= p else 0.0 for value, draw in zip(x, draws)]",
    ),
)
def drop_units(x, draws, p):
    """Apply inverted dropout in training, with plain Python: unit i is dropped if draws[i] < p.

    x, draws : lists of numbers of the same length, draws between 0 and 1;  p : the rate;  returns a list
    """
    return [value / (1 - p) if draw >= p else 0.0 for value, draw in zip(x, draws, strict=True)]


@drop_units.mistake(
    "That is the plain kind: what stays must be divided by 1 − p now, so that nothing need be done later."
)
def _plain(x, draws, p):
    return [value if draw >= p else 0.0 for value, draw in zip(x, draws, strict=True)]


@drop_units.mistake("You divided by p. A share 1 − p of the units stays: divide by that.")
def _by_p(x, draws, p):
    return [value / p if draw >= p else 0.0 for value, draw in zip(x, draws, strict=True)]


@drop_units.mistake("You kept the units whose draw is less than p: p is the share that goes.")
def _kept_wrong(x, draws, p):
    return [value / (1 - p) if draw < p else 0.0 for value, draw in zip(x, draws, strict=True)]


@drop_units.mistake("You multiplied by 1 − p: that is what the plain kind does in evaluation.")
def _multiplied(x, draws, p):
    return [value * (1 - p) if draw >= p else 0.0 for value, draw in zip(x, draws, strict=True)]


@drop_units.mistake("That scales every unit by 1 − p and drops none: it is what the plain kind does in evaluation.")
def _evaluation(x, draws, p):
    return [value * (1 - p) for value in x]


@drop_units.mistake("A dropped unit stays in its place, with the value 0: the list keeps its length.")
def _shorter(x, draws, p):
    return [value / (1 - p) for value, draw in zip(x, draws, strict=True) if draw >= p]


def _weights(rng):
    yield case("no decay", np.array([1.0, -2.0]), np.array([0.5, 0.5]), 0.1, 0.0)
    yield case("no gradient", np.array([1.0, -2.0]), np.zeros(2), 0.1, 0.5)
    for shape in ((3,), (2, 3), (4,)):
        yield rng.normal(size=shape), rng.normal(size=shape), float(rng.uniform(0.05, 0.5)), float(rng.uniform(0.1, 1))


@exercise(
    cases=_weights,
    hints=(
        "Write down the gradient of the loss plus ½λ‖w‖².",
        "w − η(gradient + λw) = (1 − ηλ)w − η·gradient.",
        "Two terms: w times one minus a small product, and the gradient times the step, taken off.",
    ),
)
def decayed_step(w, gradient, eta, lam):
    """Return the weights after one gradient step on the loss plus ½ lam ‖w‖².

    w, gradient : arrays of the same shape, the gradient without the penalty;  eta : step length;  lam ≥ 0
    """
    return (1 - eta * lam) * w - eta * gradient


@decayed_step.mistake("The decay is ηλ, not λ: the penalty's gradient is multiplied by the step like any other.")
def _no_eta(w, gradient, eta, lam):
    return (1 - lam) * w - eta * gradient


@decayed_step.mistake("The derivative of ½λw² is λw: the 2 and the ½ cancel.")
def _twice(w, gradient, eta, lam):
    return (1 - 2 * eta * lam) * w - eta * gradient


@decayed_step.mistake("You let the weights grow: the penalty's gradient is subtracted as well.")
def _grown(w, gradient, eta, lam):
    return (1 + eta * lam) * w - eta * gradient


@decayed_step.mistake("That penalises ‖w‖₁: it takes the same off every weight. The square's gradient is λw.")
def _l1(w, gradient, eta, lam):
    return w - eta * (gradient + lam * np.sign(w))


@decayed_step.mistake("The decay is forgotten: the penalty's gradient lam · w is missing.")
def _no_decay(w, gradient, eta, lam):
    return w - eta * gradient


@decayed_step.mistake(
    "You let the weights decay after the step. The penalty's gradient is taken at the old w, like the loss's."
)
def _after_the_step(w, gradient, eta, lam):
    return (1 - eta * lam) * (w - eta * gradient)


def _noisy(rng):
    yield case("no noise", np.eye(2), np.array([1.0, 2.0]), np.array([1.0, 1.0]), 0.0)
    yield case("one sample", np.array([[1.0, 2.0]]), np.array([3.0]), np.array([1.0, 0.0]), 0.5)
    for n, d in ((4, 2), (6, 3), (9, 4)):
        yield rng.normal(size=(n, d)), rng.normal(size=n), rng.normal(size=d), float(rng.uniform(0.1, 0.7))


@exercise(
    cases=_noisy,
    hints=(
        "Write the dropped entry as aᵢⱼ(1 + δ) with δ of mean 0. The loss is then the undisturbed loss and a variance.",
        "δ has the variance p/(1 − p), so the mean loss is ‖Aw − y‖² + p/(1 − p) Σⱼ ‖aⱼ‖² wⱼ².",
        "np.sum((A @ w - y) ** 2), and p / (1 - p) times the sum of all (aᵢⱼwⱼ)².",
    ),
)
def expected_noisy_loss(A, y, w, p):
    """Return the mean of ‖Ãw − y‖² when every entry of A goes through inverted dropout at rate p.

    A : (N, D);  y : (N,);  w : (D,);  0 ≤ p < 1;  returns a number
    """
    return np.sum((A @ w - y) ** 2) + p / (1 - p) * np.sum(A**2 @ w**2)


@expected_noisy_loss.mistake(
    "p(1 − p) is the variance of a mask of zeros and ones. Dividing by 1 − p makes it p/(1 − p)."
)
def _plain_variance(A, y, w, p):
    return np.sum((A @ w - y) ** 2) + p * (1 - p) * np.sum(A**2 @ w**2)


@expected_noisy_loss.mistake(
    "Your penalty forgets the columns: the disturbance of aᵢⱼ is as large as aᵢⱼ, so wⱼ² is weighed by ‖aⱼ‖²."
)
def _same_for_all(A, y, w, p):
    return np.sum((A @ w - y) ** 2) + p / (1 - p) * len(A) * np.sum(w**2)


@expected_noisy_loss.mistake(
    "That is the loss without dropout: the mean input is A, but a square's mean has the variance on top."
)
def _no_variance(A, y, w, p):
    return np.sum((A @ w - y) ** 2)


@expected_noisy_loss.mistake(
    "The entries are dropped one by one, so their variances add up, not their sums: square entry by entry."
)
def _together(A, y, w, p):
    return np.sum((A @ w - y) ** 2) + p / (1 - p) * np.sum((A @ w) ** 2)


@expected_noisy_loss.mistake("Upside down: the variance is p/(1 − p), and grows with the rate.")
def _upside_down(A, y, w, p):
    return np.sum((A @ w - y) ** 2) + ((1 - p) / p if p else 0.0) * np.sum(A**2 @ w**2)


@expected_noisy_loss.mistake("The kept entries are divided by 1 − p, and so the variance is p/(1 − p), not p.")
def _rate_alone(A, y, w, p):
    return np.sum((A @ w - y) ** 2) + p * np.sum(A**2 @ w**2)


def _filters(rng):
    yield case("no steps yet", np.array([1.0, 0.5]), 0.5, 0)
    yield case("one step finds it", np.array([1.0]), 1.0, 1)
    yield case("a direction that is not there", np.array([1.0, 0.0]), 0.3, 7)
    for _ in range(3):
        yield np.sort(rng.uniform(0.05, 1, 4))[::-1], float(rng.uniform(0.1, 0.9)), int(rng.integers(2, 30))


@exercise(
    cases=_filters,
    hints=(
        "In one direction the step is c ← c − η(σ²c − σβ). What does it do to the distance from β/σ?",
        "Each step multiplies what is missing by 1 − ησ².",
        "What is missing after all steps is (1 - eta * s**2) ** steps. What has been found?",
    ),
)
def found_after(s, eta, steps):
    """Return, for each singular value, the share of the least-squares coefficient that gradient descent from 0 has found.

    s : (D,);  eta : the step length on ½‖Aw − y‖²;  steps : a whole number;  returns (D,)
    """
    return 1 - (1 - eta * s**2) ** steps


@found_after.mistake("That is the share still missing.")
def _missing(s, eta, steps):
    return (1 - eta * s**2) ** steps


@found_after.mistake("The curvature of a direction is σ², not σ.")
def _not_squared(s, eta, steps):
    return 1 - (1 - eta * s) ** steps


@found_after.mistake("Steps do not add up: what is missing shrinks by a factor each time.")
def _added(s, eta, steps):
    return steps * eta * s**2


@found_after.mistake(
    "That is the limit of infinitely small steps, 1 − e^(−ησ²t). Each step here multiplies by 1 − ησ²."
)
def _flow(s, eta, steps):
    return 1 - np.exp(-eta * s**2 * steps)


@found_after.mistake("That is ridge's share with λ = 1/(ηt), which is like early stopping, but not the same.")
def _ridge_share(s, eta, steps):
    return s**2 / (s**2 + 1 / (eta * steps)) if steps else 0 * s


penalty_of_a_fifth = number(
    "penalty_of_a_fifth",
    answer=0.25,
    rtol=1e-3,
    why="p/(1 − p) = 0.2/0.8.",
    hints=(
        "A mask is 0 with probability p, else 1/(1 − p). What is its variance?",
        "Its mean is 1, the mean of its square 1/(1 − p).",
        "1/0.8 − 1.",
    ),
    mistakes=[
        (0.16, "That is p(1 − p), the variance of a mask of zeros and ones."),
        (1.25, "That is the mean of the squared mask: take the square of its mean off."),
        (4.0, "Upside down: (1 − p)/p."),
    ],
)

which_augmentation = choice(
    "which_augmentation",
    answer="b",
    why="A 6 turned upside down is a 9: the label does not survive. The other changes leave a 6 a 6.",
    feedback={
        "a": "A digit that is a pixel lower is the same digit.",
        "c": "A little darker, it is the same digit, as scans are.",
        "d": "Leaning by five degrees, as handwriting does, it is the same digit.",
    },
    hints=(
        "An augmented sample keeps its label. For which change would that be a lie?",
        "Think of a 6.",
        "Turn the page upside down.",
    ),
)
