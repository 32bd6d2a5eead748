"""Exercises of "Initialisation"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number

__all__ = ["bound_of_xavier", "fifty_shrinking_layers", "for_relu", "signal_sizes", "why_not_constant"]

fifty_shrinking_layers = number(
    "fifty_shrinking_layers",
    answer=lambda: 0.5**25,
    rtol=1e-2,
    why="Each layer halves the mean square, so it multiplies the root mean square by 1/√2, and fifty times that is 2^−25.",
    hints=(
        "With gain 1, what does a ReLU layer do to the mean square of its scores?",
        "Half of the scores are cut off, so the mean square halves. The root mean square is multiplied by 1/√2.",
        "0.5 ** (50 / 2)",
    ),
    mistakes=[
        (lambda: 0.5**50, "That is the mean square. Its root falls only half as fast in the exponent."),
        (0.01, "The factors multiply from layer to layer; they are not divided by the number of layers."),
        (1.0, "ReLU cuts off half of the signal at every layer; gain 1 does not make up for it."),
        (lambda: 1 / np.sqrt(2), "That is one layer. There are fifty."),
    ],
)

why_not_constant = choice(
    "why_not_constant",
    answer="b",
    why="Equal units compute the same output, receive the same gradient, and stay equal: the layer is worth one unit.",
    feedback={
        "a": "A constant other than 0 lets gradients through, and the units still stay equal.",
        "c": "The size can be chosen well. It is the equality that hurts.",
        "d": "The free terms may well start equal, at 0: the weights already make the units differ.",
    },
    hints=(
        "Take two hidden units with the same weights. What do they give, and what comes back to them?",
        "Same outputs, same gradients, same step.",
        "What is equal before a step is equal after it.",
    ),
)


# ------------------------------------------------------------------------------------------------------- plain Python
def _sizes(rng):
    yield case("one input, one unit", 1, 1)
    yield case("a wide layer", 512, 256)
    for _ in range(3):
        yield rng.randint(2, 300), rng.randint(2, 300)


@exercise(
    cases=_sizes,
    python_only=True,
    hints=(
        "The variance should be 2/(k + m). What is the variance of a uniform number between −a and a?",
        "It is a²/3. Solve a²/3 = 2/(k + m).",
        "a² = 3 · 2/(inputs + units); a power of 0.5 is a root.",
    ),
)
def bound_of_xavier(inputs, units):
    """Return the a for which weights uniform between −a and a have the variance 2/(inputs + units).

    inputs, units : whole numbers;  returns a number
    """
    return (6 / (inputs + units)) ** 0.5


@bound_of_xavier.mistake(
    "That is the standard deviation, for normal weights. A uniform number reaches √3 times as far."
)
def _deviation(inputs, units):
    return (2 / (inputs + units)) ** 0.5


@bound_of_xavier.mistake("You left out the units: the way back wants its share too.")
def _only_inputs(inputs, units):
    return (3 / inputs) ** 0.5


@bound_of_xavier.mistake("The root is missing: that is a², not a.")
def _no_root(inputs, units):
    return 6 / (inputs + units)


@bound_of_xavier.mistake("You took a² for the variance. For a uniform number it is a²/3.")
def _square(inputs, units):
    return (2 * 6 / (inputs + units) / 3 / 3) ** 0.5


@bound_of_xavier.mistake("That is the variance itself. Solve a²/3 for a.")
def _variance_itself(inputs, units):
    return 2 / (inputs + units)


@bound_of_xavier.mistake("The root goes over the whole of 6/(inputs + units), not over the 6 alone.")
def _root_of_six(inputs, units):
    return 6**0.5 / (inputs + units)


@bound_of_xavier.mistake("You left out the units: 6/(inputs + units) stands under the root.")
def _six_by_inputs(inputs, units):
    return (6 / inputs) ** 0.5


@bound_of_xavier.mistake("12 belongs to the width of the interval, which is 2a: the variance is (2a)²/12 = a²/3.")
def _width(inputs, units):
    return (24 / (inputs + units)) ** 0.5


# ------------------------------------------------------------------------------------------------------------- numpy
def _noise(rng):
    yield case("one input", rng.normal(size=(1, 4)))
    for k, m in ((8, 3), (3, 8), (50, 20)):
        yield (rng.normal(size=(k, m)),)


@exercise(
    cases=_noise,
    hints=(
        "The noise has variance 1. Which variance do weights for ReLU need?",
        "Kaiming's variance is 2/k, k the number of inputs: the rows of the table.",
        "np.sqrt(2 / k), where k is noise.shape[…]: which of the two?",
    ),
)
def for_relu(noise):
    """Return weights for a layer of ReLU units, made from normal noise of variance 1, that keep the signal's size.

    noise : (k, m), k inputs and m units;  returns (k, m)
    """
    return noise * np.sqrt(2 / noise.shape[0])


@for_relu.mistake("You divided by the number of units. What adds up in a score are the inputs, the rows.")
def _by_units(noise):
    return noise * np.sqrt(2 / noise.shape[1])


@for_relu.mistake(
    "That is right for a linear layer. ReLU cuts off half of the signal: the variance needs a factor of 2."
)
def _linear(noise):
    return noise / np.sqrt(noise.shape[0])


@for_relu.mistake("Weights scale with the root of the variance: multiply by √(2/k), not by 2/k.")
def _variance(noise):
    return noise * 2 / noise.shape[0]


@for_relu.mistake("That is Xavier's mean of inputs and units, without ReLU's factor.")
def _xavier(noise):
    return noise * np.sqrt(2 / sum(noise.shape))


@for_relu.mistake("More inputs need smaller weights: divide by the root of their number, do not multiply.")
def _grown(noise):
    return noise * np.sqrt(2 * noise.shape[0])


def _networks(rng):
    yield case("one layer", np.array([[1.0, -1.0]]), [np.array([[2.0, 0.0], [0.0, 2.0]])])
    yield case("everything cut off", np.array([[1.0]]), [np.array([[-1.0]]), np.array([[1.0]])])
    for depth, n, width in ((2, 4, 3), (5, 6, 4)):
        yield rng.normal(size=(n, width)), [rng.normal(size=(width, width)) for _ in range(depth)]


@exercise(
    cases=_networks,
    hints=(
        "Go through the layers one by one, and write down a number at each.",
        "Z = HW, note √(mean of Z²), then H = max(Z, 0) for the next layer.",
        "for W in weights: Z = H @ W; sizes.append(np.sqrt(np.mean(Z**2))); H = np.maximum(Z, 0)",
    ),
)
def signal_sizes(X, weights):
    """Return the root mean square of the scores of each layer of a ReLU network without free terms.

    X : (N, k);  weights : a list of matrices;  returns (number of layers,)
    """
    H, sizes = X, []
    for W in weights:
        Z = H @ W
        sizes.append(np.sqrt(np.mean(Z**2)))
        H = np.maximum(Z, 0)
    return np.array(sizes)


@signal_sizes.mistake("You measured after the activation. The scores are what comes before it.")
def _after(X, weights):
    H, sizes = X, []
    for W in weights:
        H = np.maximum(H @ W, 0)
        sizes.append(np.sqrt(np.mean(H**2)))
    return np.array(sizes)


@signal_sizes.mistake("There is no activation between your layers.")
def _no_activation(X, weights):
    H, sizes = X, []
    for W in weights:
        H = H @ W
        sizes.append(np.sqrt(np.mean(H**2)))
    return np.array(sizes)


@signal_sizes.mistake("That is the standard deviation: it takes the mean out first. The root mean square does not.")
def _deviation_of_scores(X, weights):
    H, sizes = X, []
    for W in weights:
        Z = H @ W
        sizes.append(np.std(Z))
        H = np.maximum(Z, 0)
    return np.array(sizes)


@signal_sizes.mistake("That is the mean square. Take its root, so that it has the unit of the scores.")
def _no_root_of_scores(X, weights):
    return signal_sizes.function(X, weights) ** 2
