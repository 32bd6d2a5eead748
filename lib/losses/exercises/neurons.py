"""Exercises of "Neurons, and what one hidden layer can do"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number

__all__ = [
    "between_the_corners",
    "one_hidden_layer",
    "slope_of_leaky_relu",
    "ten_sigmoids",
    "threshold_network",
    "what_the_theorem_says",
    "without_activation",
]

between_the_corners = number(
    "between_the_corners",
    answer=1.5,
    rtol=1e-6,
    why="With weights −1 the scores of the corners are w₀, w₀ − 1, w₀ − 1 and w₀ − 2. Only the last may be ≤ 0: 1 < w₀ ≤ 2, and 1.5 is the middle.",
    hints=(
        "Write down the score −x₁ − x₂ + w₀ at the four corners.",
        "Three scores must be positive and one must not: which is the tightest on each side?",
        "w₀ − 1 > 0 and w₀ − 2 ≤ 0; take the middle of the two bounds.",
    ),
    mistakes=[
        (1.0, "At (0, 1) the score is then exactly 0, the undecided value. Move away from it."),
        (-1.5, "That is AND's free term, with weights +1. With weights −1 every sign turns."),
        (0.5, "Then (0, 1) has the score −0.5: that is NOR, which fires at (0, 0) alone."),
        (2.0, "It works, but the corner (1, 1) lies on the line. The middle of what works is asked for."),
    ],
)

ten_sigmoids = number(
    "ten_sigmoids",
    answer=lambda: 0.25**10,
    rtol=1e-2,
    why="Each factor is at most σ′(0) = 1/4, and 4^−10 is about 9.5 · 10⁻⁷.",
    hints=(
        "Where is the sigmoid steepest, and how steep is it there?",
        "σ′(0) = σ(0)(1 − σ(0)) = 1/4, and the chain rule multiplies.",
        "0.25 ** 10",
    ),
    mistakes=[
        (0.25, "That is one sigmoid. The chain rule multiplies ten of them."),
        (2.5, "You added the slopes. The chain rule multiplies them."),
        (0.5**10, "σ(0) = 1/2 is the value. The slope there is 1/2 · 1/2."),
    ],
)

without_activation = choice(
    "without_activation",
    answer="a",
    why="(XW₁ + b₁)W₂ + b₂ = X(W₁W₂) + (b₁W₂ + b₂): one linear layer, whatever the width and the depth.",
    feedback={
        "b": "The hidden width sets the rank of W₁W₂ at most; a polynomial never appears.",
        "c": "Width cannot help: the product W₁W₂ is one matrix of the same shape.",
        "d": "XOR needs a bend, and nothing bends here.",
    },
    hints=(
        "Put the first layer into the second and multiply out.",
        "What is a linear function of a linear function?",
        "(XW₁ + b₁)W₂ + b₂ has one matrix before X and one vector without it.",
    ),
)

what_the_theorem_says = choice(
    "what_the_theorem_says",
    answer="c",
    why="It is a statement of existence: for a continuous target, on a closed bounded set, in the largest error.",
    feedback={
        "a": "It says that good weights exist. How to find them is another matter.",
        "b": "How many units are enough depends on the target, and the theorem does not say.",
        "d": "A target that jumps keeps an error of half the jump: continuity is one of the conditions.",
        "e": "Outside the set nothing is promised; a sum of sigmoids goes flat there.",
    },
    hints=(
        "Read the conditions of the theorem one by one.",
        "Which of the statements speaks only of existence?",
        "Continuous target, bounded closed set, some finite width.",
    ),
)


# ------------------------------------------------------------------------------------------------------- plain Python
ZERO_ANSWERS_ZERO = (
    "A score of exactly 0 answers 0, in the hidden units and at the output: compare with >, not with >=."
)


def _binary_inputs(rng):
    xor = ([[1.0, 1.0], [1.0, 1.0]], [-0.5, -1.5], [1.0, -1.0], -0.5)
    for x in ([0.0, 0.0], [0.0, 1.0], [1.0, 1.0]):
        yield case(f"XOR of {x[0]:.0f} and {x[1]:.0f}", x, *xor)
    yield case("scores that are not answers", [1.0, 1.0], *xor[:2], [-1.0, 1.5], 0.1)
    yield case("a score of exactly 0", [1.0], [[1.0]], [-1.0], [1.0], -0.5, tells=ZERO_ANSWERS_ZERO)
    yield case(
        "a hidden score of 0 that matters", [2.0, -1.0], [[1.0, 2.0]], [0.0], [1.0], -0.5, tells=ZERO_ANSWERS_ZERO
    )
    yield case("a hidden unit at 0 adds nothing", [0.0], [[1.0]], [-0.5], [-1.0], -0.5)
    yield case(
        "an output score of 0",
        [1.0, 1.0],
        [[1.0, 0.0], [0.0, 1.0]],
        [-0.5, -0.5],
        [1.0, -1.0],
        0.0,
        tells=ZERO_ANSWERS_ZERO,
    )
    for k, m in ((2, 3), (3, 4), (4, 5), (2, 4), (3, 3), (3, 5), (2, 2), (4, 4), (3, 6), (5, 3), (4, 3)):
        W = [[float(rng.randint(-3, 3)) for _ in range(k)] for _ in range(m)]
        b = [rng.randint(-2, 2) + 0.5 for _ in range(m)]
        x = [float(rng.randint(0, 1)) for _ in range(k)]
        yield x, W, b, [float(rng.choice((-2, -1, 1, 2))) for _ in range(m)], rng.choice((-0.5, 0.5, -1.5))


@exercise(
    cases=_binary_inputs,
    python_only=True,
    hints=(
        "Work from the input to the output: first all hidden units, then the one output unit.",
        "Hidden unit j: its score is b[j] + Σᵢ W[j][i]·x[i], and it answers 1 if the score is > 0, else 0.",
        "h = [1 if bj + sum(w * v for w, v in zip(Wj, x)) > 0 else 0 for Wj, bj in zip(W, b)]; then the same with v and v0",
    ),
)
def threshold_network(x, W, b, v, v0):
    """Return 0 or 1, the answer of an output unit to hidden threshold units, in plain Python. A score of 0 answers 0.

    x : a list of inputs;  W : a list of hidden units, each a list of weights;  b : their free terms
    v : the output unit's weights, one a hidden unit;  v0 : its free term
    """
    h = [1 if bj + sum(w * xi for w, xi in zip(Wj, x, strict=True)) > 0 else 0 for Wj, bj in zip(W, b, strict=True)]
    return 1 if v0 + sum(vj * hj for vj, hj in zip(v, h, strict=True)) > 0 else 0


@threshold_network.mistake("The hidden units are not thresholded: without the bend, two layers are one.")
def _no_hidden_threshold(x, W, b, v, v0):
    h = [bj + sum(w * xi for w, xi in zip(Wj, x, strict=True)) for Wj, bj in zip(W, b, strict=True)]
    return 1 if v0 + sum(vj * hj for vj, hj in zip(v, h, strict=True)) > 0 else 0


@threshold_network.mistake("You forgot the hidden units' free terms b: every line then runs through the origin.")
def _no_free_terms(x, W, b, v, v0):
    return threshold_network.function(x, W, [0.0] * len(b), v, v0)


@threshold_network.mistake("You forgot the output unit's free term v0.")
def _no_output_free_term(x, W, b, v, v0):
    return threshold_network.function(x, W, b, v, 0.0)


@threshold_network.mistake("The output is a score. Threshold it too: the answer is 0 or 1.")
def _score(x, W, b, v, v0):
    h = [1 if bj + sum(w * xi for w, xi in zip(Wj, x, strict=True)) > 0 else 0 for Wj, bj in zip(W, b, strict=True)]
    return v0 + sum(vj * hj for vj, hj in zip(v, h, strict=True))


@threshold_network.mistake("A score of exactly 0 answers 0 here: compare with >, not with >=.")
def _at_least(x, W, b, v, v0):
    h = [1 if bj + sum(w * xi for w, xi in zip(Wj, x, strict=True)) >= 0 else 0 for Wj, bj in zip(W, b, strict=True)]
    return 1 if v0 + sum(vj * hj for vj, hj in zip(v, h, strict=True)) >= 0 else 0


@threshold_network.mistake("A free term is added to the score: the unit fires where w·x + b > 0. You subtracted it.")
def _subtracted(x, W, b, v, v0):
    return threshold_network.function(x, W, [-bj for bj in b], v, -v0)


# --------------------------------------------------------------------------------------------------------------- numpy
def _scores(rng):
    yield case("the kink", np.array([0.0]), 0.1)
    yield case("a table", np.array([[-1.0, 2.0], [0.0, -3.0]]), 0.2)
    for n in (3, 8):
        yield rng.normal(size=n), float(rng.uniform(0.01, 0.4))


@exercise(
    cases=_scores,
    hints=(
        "The function is two straight lines. What is the slope of each?",
        "1 where z > 0, and leak elsewhere, the kink included.",
        "np.where(condition, one value, another): which condition has the kink on its left side?",
    ),
)
def slope_of_leaky_relu(z, leak):
    """Return the derivative of the leaky ReLU, entry by entry; at the kink take the left one.

    z : an array of scores, of any shape;  leak : the slope on the left;  returns an array of z's shape
    """
    return np.where(z > 0, 1.0, leak)


@slope_of_leaky_relu.mistake("That is the function itself. Its slope does not depend on how far z is from the kink.")
def _the_function(z, leak):
    return np.where(z > 0, z, leak * z)


@slope_of_leaky_relu.mistake("Left of the kink the slope is `leak`, not 0: that is the point of the leak.")
def _plain_relu(z, leak):
    return np.where(z > 0, 1.0, 0.0)


@slope_of_leaky_relu.mistake("At the kink itself the left slope is asked for: compare with >, not with >=.")
def _right_slope(z, leak):
    return np.where(z >= 0, 1.0, leak)


@slope_of_leaky_relu.mistake("On the left the function falls to the left, so its slope is +leak there.")
def _wrong_sign(z, leak):
    return np.where(z > 0, 1.0, -leak)


@slope_of_leaky_relu.mistake("The two sides are exchanged: 1 on the right, `leak` on the left.")
def _exchanged(z, leak):
    return np.where(z < 0, 1.0, leak)


def _layers(rng):
    yield case("one unit, one input", np.array([[2.0]]), np.array([[1.0]]), np.array([-1.0]), np.array([3.5]), 0.25)
    yield case("every unit asleep", -np.ones((2, 2)), np.eye(2), np.zeros(2), np.ones(2), 1.5)
    for n, k, m in ((4, 2, 3), (6, 3, 5), (3, 4, 2)):
        yield (
            rng.normal(size=(n, k)),
            rng.normal(size=(k, m)),
            rng.normal(size=m),
            rng.normal(size=m),
            float(rng.normal()),
        )


@exercise(
    cases=_layers,
    hints=(
        "First the scores of all hidden units for all samples: a table (N, m).",
        "Z = XW + b, H = max(Z, 0), and the output is v₀ + Hv.",
        "H = np.maximum(X @ W + b, 0) is the table of the hidden units; v and v0 make one number a row of it.",
    ),
)
def one_hidden_layer(X, W, b, v, v0):
    """Return the outputs of a network with one hidden layer of ReLU units, for all samples at once.

    X : (N, k);  W : (k, m);  b : (m,);  v : (m,);  v0 : a number;  returns (N,)
    """
    return np.maximum(X @ W + b, 0) @ v + v0


@one_hidden_layer.mistake("There is no activation: XW + b went straight to the output, and the network is linear.")
def _linear(X, W, b, v, v0):
    return (X @ W + b) @ v + v0


@one_hidden_layer.mistake("The free terms b come before the bend: they move the kinks. You left them out.")
def _no_b(X, W, b, v, v0):
    return np.maximum(X @ W, 0) @ v + v0


@one_hidden_layer.mistake("You added b after the bend. Inside, it decides where each unit wakes up.")
def _b_outside(X, W, b, v, v0):
    return (np.maximum(X @ W, 0) + b) @ v + v0


@one_hidden_layer.mistake("The output has no activation: a negative prediction must be possible.")
def _bent_output(X, W, b, v, v0):
    return np.maximum(np.maximum(X @ W + b, 0) @ v + v0, 0)


@one_hidden_layer.mistake("The output's free term v0 is missing.")
def _no_v0(X, W, b, v, v0):
    return np.maximum(X @ W + b, 0) @ v
