"""Exercises of "Vanishing, exploding, clipping"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number

__all__ = ["clip_together", "jacobian_of_a_step", "norms_along_the_way", "steps_until_gone", "what_clipping_mends"]

steps_until_gone = number(
    "steps_until_gone",
    answer=lambda: 66.0,
    rtol=1e-9,
    unit="steps",
    why="0.9^T < 0.001 as soon as T > log 1000 / log(1/0.9) = 65.6.",
    hints=(
        "After one step 0.9 is left, after two 0.81. For which T is 0.9^T below 1/1000 for the first time?",
        "Take logarithms: T · log 0.9 < log 0.001. Mind the sign when you divide.",
        "T > log(1000) / −log(0.9), rounded up",
    ),
    mistakes=[
        (lambda: 65.0, "At 65 steps 0.00106 is left: round up."),
        (lambda: 44.0, "That is where a hundredth is left."),
        (
            lambda: 10_000.0,
            "You divided 1000 by 0.1: the loss of a step is a tenth of what is there, not of what was there at the start.",
        ),
        (lambda: 7.0, "That is log 1000, for a factor of 1/e a step. Here a step leaves 0.9."),
    ],
)

what_clipping_mends = choice(
    "what_clipping_mends",
    answer="b",
    why="Clipping shortens a slope that is too long. What has become 1e−15 on its way back stays 1e−15.",
    feedback={
        "a": "Shortening the whole gradient does not make its small parts larger: all shrink by the same factor.",
        "c": "Clipping by norm leaves the direction as it is; what an old step contributes to it stays as small as it was.",
        "d": "It helps against exploding slopes: a step over a cliff no longer throws the weights away.",
    },
    hints=(
        "Clipping multiplies the gradient by a number of at most 1.",
        "Can such a number make up for slopes that have become too small?",
        "One of the two troubles is mended, and it is the one in which numbers are too large.",
    ),
)


# ---------------------------------------------------------------------------------------------------------- one step
def _steps(rng):
    yield case("one unit", np.array([0.5]), np.array([[2.0]]))
    yield case("a unit that is saturated", np.array([1.0, 0.0]), np.array([[1.0, 2.0], [3.0, 4.0]]))
    for H in (2, 3, 4):
        yield np.tanh(rng.normal(size=H)), rng.normal(size=(H, H))


@exercise(
    cases=_steps,
    hints=(
        "Change the state before by a little, in unit j only. By how much does unit i of the new state change?",
        "Unit i is tanh(… + Σ_j before_j W_h[j, i]), so the entry (i, j) is (1 − h_i²) W_h[j, i].",
        "(1 - h**2)[:, None] times a matrix whose entry (i, j) is Wh[j, i]",
    ),
)
def jacobian_of_a_step(h, Wh):
    """Return the Jacobian ∂h_t/∂h_{t−1} of h_t = tanh(x_t W_x + b + h_{t−1} W_h).

    h : (H,), the state h_t that the step gives;  Wh : (H, H)
    returns (H, H): in row i and column j, the derivative of unit i of the new state by unit j of the state before
    """
    return np.diag(1 - h**2) @ Wh.T


@jacobian_of_a_step.mistake(
    "Rows and columns are exchanged: entry (i, j) is unit i of the new state by unit j of the old, so W_h stands transposed."
)
def _not_transposed(h, Wh):
    return Wh * (1 - h**2)


@jacobian_of_a_step.mistake("The slope of tanh, 1 − h², is missing.")
def _no_slope(h, Wh):
    return Wh.T


@jacobian_of_a_step.mistake(
    "The slope of tanh belongs to the unit that comes out: it multiplies the rows, one factor for each i."
)
def _slope_of_columns(h, Wh):
    return Wh.T * (1 - h**2)


@jacobian_of_a_step.mistake("The slope of tanh is 1 − h², not 1 − h: square the state.")
def _not_squared(h, Wh):
    return (1 - h)[:, None] * Wh.T


@jacobian_of_a_step.mistake("h is the tanh already: its slope is 1 − h², without another tanh.")
def _tanh_again(h, Wh):
    return (1 - np.tanh(h) ** 2)[:, None] * Wh.T


# ---------------------------------------------------------------------------------------------------- many steps
def _chains(rng):
    yield case("one step", rng.normal(size=(1, 2, 2)))
    yield case(
        "a step that turns, and one that stretches", np.array([[[0.0, -1.0], [1.0, 0.0]], [[3.0, 0.0], [0.0, 0.5]]])
    )
    yield case("two steps that undo each other", np.array([[[4.0, 0.0], [0.0, 0.25]], [[0.25, 0.0], [0.0, 4.0]]]))
    for T, H in ((3, 2), (4, 3)):
        yield (rng.normal(size=(T, H, H)),)


@exercise(
    cases=_chains,
    hints=(
        "∂h_t/∂h_0 is a product of Jacobians. On which side does the t-th one join it?",
        "Later steps stand to the left: P ← J_t P. The norm of each P is its largest singular value.",
        "P = np.eye(H); for J in jacobians: P = …; out.append(np.linalg.norm(P, 2))",
    ),
)
def norms_along_the_way(jacobians):
    """Return ‖∂h_t/∂h_0‖ for t = 1, …, T: the largest factor by which a change of h_0 can have grown.

    jacobians : (T, H, H), the t-th is ∂h_t/∂h_{t−1}, column j for unit j of the state before;  returns (T,)
    """
    product, out = np.eye(jacobians.shape[1]), []
    for J in jacobians:
        product = J @ product
        out.append(np.linalg.norm(product, 2))
    return np.array(out)


@norms_along_the_way.mistake(
    "You multiplied the norms of the steps: that is an upper bound. One step may shrink what another has stretched."
)
def _product_of_norms(jacobians):
    return np.cumprod([np.linalg.norm(J, 2) for J in jacobians])


@norms_along_the_way.mistake(
    "The order is turned: a later step acts on what the earlier ones have given, so it stands to the left."
)
def _wrong_order(jacobians):
    product, out = np.eye(jacobians.shape[1]), []
    for J in jacobians:
        product = product @ J
        out.append(np.linalg.norm(product, 2))
    return np.array(out)


@norms_along_the_way.mistake(
    "np.linalg.norm without 2 is Frobenius' norm, the root of the sum of squares. The largest factor is norm(…, 2)."
)
def _frobenius(jacobians):
    product, out = np.eye(jacobians.shape[1]), []
    for J in jacobians:
        product = J @ product
        out.append(np.linalg.norm(product))
    return np.array(out)


@norms_along_the_way.mistake("These are the norms of the single steps. Multiply the Jacobians up to each step first.")
def _each_alone(jacobians):
    return np.array([np.linalg.norm(J, 2) for J in jacobians])


@norms_along_the_way.mistake(
    "That is the spectral radius, the largest |eigenvalue|. The largest factor for one walk is the largest singular value."
)
def _radius(jacobians):
    product, out = np.eye(jacobians.shape[1]), []
    for J in jacobians:
        product = J @ product
        out.append(np.abs(np.linalg.eigvals(product)).max())
    return np.array(out)


# ------------------------------------------------------------------------------------------------------- clipping
def _gradients(rng):
    yield case("short enough", [[0.3, 0.4]], 1.0)
    yield case("exactly as long", [[3.0, 4.0]], 5.0)
    yield case("nothing but zeros", [[0.0, 0.0], [0.0]], 1.0)
    yield case("one long, one short", [[30.0, 40.0], [0.1]], 1.0)
    yield case("each of them short, all together long", [[0.6, 0.0], [0.8], [0.0, 1.0]], 1.0)
    for most in (0.5, 2.0):
        yield [[rng.uniform(-3, 3) for _ in range(rng.randint(1, 4))] for _ in range(3)], most


@exercise(
    cases=_gradients,
    python_only=True,
    hints=(
        "All gradients together are one long vector. How long is it, and what must be done if it is too long?",
        "norm = √(sum of all squares); if norm > most, multiply every entry by most/norm, else leave all as they are.",
        "norm = math.sqrt(sum(v * v for g in gradients for v in g)); factor = … if norm > most else 1.0",
    ),
)
def clip_together(gradients, most):
    """Return the gradients, shortened together so that as one vector they are at most `most` long.

    gradients : a list of lists of numbers, one list a parameter;  most : a positive number;  returns a list of lists
    """
    import math

    norm = math.sqrt(sum(v * v for g in gradients for v in g))
    factor = most / norm if norm > most else 1.0
    return [[factor * v for v in g] for g in gradients]


@clip_together.mistake(
    "You cut each entry off at ±most. That changes the direction; shorten the whole vector by one factor."
)
def _by_value(gradients, most):
    return [[max(-most, min(most, v)) for v in g] for g in gradients]


@clip_together.mistake(
    "You clipped each parameter by itself. Their sizes to one another change then: take one norm over all, one factor for all."
)
def _each_by_itself(gradients, most):
    out = []
    for g in gradients:
        norm = sum(v * v for v in g) ** 0.5
        out.append([v * (most / norm if norm > most else 1.0) for v in g])
    return out


@clip_together.mistake("A gradient that is short enough stays as it is. You made it longer.")
def _always(gradients, most):
    norm = sum(v * v for g in gradients for v in g) ** 0.5
    return [[v * most / norm if norm else v for v in g] for g in gradients]


@clip_together.mistake("The root is missing: the norm is the square root of the sum of squares.")
def _no_root(gradients, most):
    norm = sum(v * v for g in gradients for v in g)
    return [[v * (most / norm if norm > most else 1.0) for v in g] for g in gradients]


@clip_together.mistake(
    "That is the sum of the absolute values, the 1-norm. Clipping uses the length, the root of the sum of squares."
)
def _one_norm(gradients, most):
    norm = sum(abs(v) for g in gradients for v in g)
    return [[v * (most / norm if norm > most else 1.0) for v in g] for g in gradients]
