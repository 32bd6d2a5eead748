"""Exercises of "Variational autoencoders, and noise taken away"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number, order

__all__ = [
    "bound_on_the_likelihood",
    "divergence_of_a_code",
    "divergence_of_one",
    "drawn_codes",
    "flow_pair",
    "same_two_numbers",
]


# ------------------------------------------------------------------------------------------------------- the divergence
def _kl_cases(rng):
    yield case("the prior itself: no divergence", np.zeros((2, 3)), np.zeros((2, 3)))
    yield case("moved by 1, the width unchanged", np.ones((1, 1)), np.zeros((1, 1)))
    yield case("a narrow one", np.zeros((1, 2)), np.full((1, 2), -4.0))
    for shape in ((4, 3), (1, 5), (6, 1)):
        yield rng.integers(-8, 9, size=shape) / 4, rng.integers(-8, 9, size=shape) / 4


@exercise(
    cases=_kl_cases,
    hints=(
        "Take one dimension first: E[log q − log p] under q, with two Gaussians.",
        "For each dimension ½(μ² + σ² − 1 − log σ²), with σ² = exp(log_var); then add up over the dimensions of a code.",
        "0.5 * (mu**2 + np.exp(…) - 1 - …).sum(axis=1)",
    ),
)
def divergence_of_a_code(mu, log_var):
    """Return KL(N(μ, σ²) ‖ N(0, I)) of each picture's code, in nats.

    mu, log_var : (N, k), with log_var = log σ²;  returns (N,)
    """
    return 0.5 * (mu**2 + np.exp(log_var) - 1 - log_var).sum(axis=1)


@divergence_of_a_code.mistake("The ½ is missing: your divergence is twice as large, like a β of 2.")
def _no_half(mu, log_var):
    return (mu**2 + np.exp(log_var) - 1 - log_var).sum(axis=1)


@divergence_of_a_code.mistake(
    "The sign is turned round. A divergence is never below 0, and yours is: as a loss it would reward codes that are far from the prior."
)
def _sign(mu, log_var):
    return -0.5 * (mu**2 + np.exp(log_var) - 1 - log_var).sum(axis=1)


@divergence_of_a_code.mistake("log_var is log σ², so σ² is exp(log_var). You take exp(log_var) for σ and square it.")
def _as_sigma(mu, log_var):
    return 0.5 * (mu**2 + np.exp(2 * log_var) - 1 - 2 * log_var).sum(axis=1)


@divergence_of_a_code.mistake(
    "The dimensions of a code add up. You take their mean: the divergence is then k times too small."
)
def _mean(mu, log_var):
    return 0.5 * (mu**2 + np.exp(log_var) - 1 - log_var).mean(axis=1)


@divergence_of_a_code.mistake("One number for each picture is asked for. You add up over the whole batch.")
def _whole(mu, log_var):
    return 0.5 * (mu**2 + np.exp(log_var) - 1 - log_var).sum()


@divergence_of_a_code.mistake("You use log_var where σ² belongs: exponentiate it.")
def _not_exponentiated(mu, log_var):
    return 0.5 * (mu**2 + log_var - 1 - np.log(np.abs(log_var) + 1e-300)).sum(axis=1)


# -------------------------------------------------------------------------------------------------------------- the draw
def _draw_cases(rng):
    yield case("a width of 1", np.array([[1.0, -2.0]]), np.zeros((1, 2)), np.array([[0.5, 0.25]]))
    yield case("no noise happens to be drawn", np.array([[1.0], [2.0]]), np.ones((2, 1)), np.zeros((2, 1)))
    for shape in ((4, 3), (1, 5), (6, 1)):
        yield (
            rng.integers(-8, 9, size=shape) / 4,
            rng.integers(-12, 5, size=shape) / 4,
            rng.integers(-8, 9, size=shape) / 4,
        )


@exercise(
    cases=_draw_cases,
    hints=(
        "A number from N(μ, σ²) is a number from N(0, 1), stretched and moved.",
        "σ = exp(log_var / 2): the root of exp(log_var).",
        "mu + np.exp(…) * noise",
    ),
)
def drawn_codes(mu, log_var, noise):
    """Return draws from N(μ, σ²) as a function of μ and σ, so that gradients can go through.

    mu, log_var : (N, k), with log_var = log σ²;  noise : (N, k), drawn from N(0, 1);  returns (N, k)
    """
    return mu + np.exp(log_var / 2) * noise


@drawn_codes.mistake("You stretch by the variance. The draw is stretched by σ, its root: exp(log_var / 2).")
def _by_variance(mu, log_var, noise):
    return mu + np.exp(log_var) * noise


@drawn_codes.mistake("You stretch by log σ². Exponentiate, and take the root.")
def _by_log(mu, log_var, noise):
    return mu + log_var * noise


@drawn_codes.mistake("The mean is stretched too. Only the noise is: μ + σ · noise.")
def _all_stretched(mu, log_var, noise):
    return (mu + noise) * np.exp(log_var / 2)


@drawn_codes.mistake("The noise is missing its width: that is a draw from N(μ, 1).")
def _width_one(mu, log_var, noise):
    return mu + noise


@drawn_codes.mistake("You divide by σ. A wide cloud takes more of the noise, not less: multiply.")
def _divided(mu, log_var, noise):
    return mu + noise / np.exp(log_var / 2)


# ------------------------------------------------------------------------------------------------------ a pair for the flow
def _pair_cases(rng):
    yield case("at the start: nothing but noise", np.ones((1, 2)), np.array([[3.0, -1.0]]), np.zeros(1))
    yield case("at the end: the data", np.ones((1, 2)), np.array([[3.0, -1.0]]), np.ones(1))
    for shape in ((4, 3), (2, 2), (6, 1)):
        yield (
            rng.integers(-8, 9, size=shape) / 4,
            rng.integers(-8, 9, size=shape) / 4,
            rng.integers(1, 8, size=shape[0]) / 8,
        )


@exercise(
    cases=_pair_cases,
    hints=(
        "Where is a point at time t that goes from noise to data at constant speed?",
        "(1 − t) · noise + t · data, each row with its own t. How fast does it move?",
        "T = t[:, None]; place = (1 - T) * noise + T * data; target = …",
    ),
)
def flow_pair(data, noise, t):
    """Return (place, target): where each row is at its time, and the velocity that the network should learn there.

    data, noise : (N, D);  t : (N,), 0 at the noise, 1 at the data;  returns two arrays (N, D)
    """
    T = t[:, None]
    return (1 - T) * noise + T * data, data - noise


@flow_pair.mistake("Your time runs backwards: at t = 0 the place is the noise.")
def _backwards(data, noise, t):
    T = t[:, None]
    return T * noise + (1 - T) * data, data - noise


@flow_pair.mistake("Your velocity points from the data to the noise. The way goes from the noise to the data.")
def _away(data, noise, t):
    T = t[:, None]
    return (1 - T) * noise + T * data, noise - data


@flow_pair.mistake(
    "You let the network guess the data itself. That can be made to work, but the velocity is the whole way, data − noise."
)
def _data_itself(data, noise, t):
    T = t[:, None]
    return (1 - T) * noise + T * data, data.astype(float)


@flow_pair.mistake(
    "The target is what is left of the way. A velocity is the whole way in one unit of time: data − noise."
)
def _what_is_left(data, noise, t):
    T = t[:, None]
    place = (1 - T) * noise + T * data
    return place, data - place


@flow_pair.mistake("The noise keeps its full size at all times. At t it has shrunk to (1 − t).")
def _noise_added(data, noise, t):
    T = t[:, None]
    return T * data + noise, data - noise


# ------------------------------------------------------------------------------------------------------------- others
divergence_of_one = number(
    "divergence_of_one",
    answer=lambda: 0.5 * (1 + 0.25 - 1 - np.log(0.25)),
    rtol=1e-2,
    unit="nats",
    why="½(μ² + σ² − 1 − log σ²) = ½(1 + 0.25 − 1 + 1.386) = 0.818.",
    hints=(
        "Put the numbers into the formula; log is the natural logarithm.",
        "σ² = 0.25, and log 0.25 = −1.386.",
        "0.5 * (1 + 0.25 - 1 - …)",
    ),
    mistakes=[
        (lambda: 1 + 0.25 - 1 - np.log(0.25), "The ½ is missing."),
        (lambda: 0.5 * (1 + 0.5 - 1 - np.log(0.5)), "You put σ where σ² belongs."),
        (
            lambda: 0.5 * (1 + 0.25 - 1 + np.log(0.25)),
            "The logarithm is subtracted: a narrow Gaussian is far from a wide one.",
        ),
        (lambda: 0.5 * (1 + 0.25 - 1 - np.log10(0.25)), "That is the logarithm to base 10. Nats want the natural one."),
        (
            lambda: (0.5 * (1 + 0.25 - 1 - np.log(0.25))) / np.log(2),
            "That is in bits. In nats it is not divided by log 2.",
        ),
    ],
)

same_two_numbers = choice(
    "same_two_numbers",
    answer="b",
    why="In both the encoder hears of nothing but the divergence, whose least value is 0: with the mean over pixels since the picture counts for almost nothing, with a draw "
    "that lets no gradient through since the picture's gradient never arrives. The gradient of the picture's loss by the encoder's weights tells them apart: it is 0 only in "
    "the second.",
    feedback={
        "a": "More training leads both to the same place once more: the codes say nothing.",
        "c": "Both start from the same weights and see the same digits. What differs is which gradient reaches the encoder.",
        "d": "Samples come from the decoder alone, and both decoders paint the mean digit.",
    },
    hints=(
        "What pulls at the encoder in each of the two?",
        "Both end with a divergence of 0. What is missing: a weight, or a way for the gradient?",
        "Take one step's gradients apart: that of the picture's loss, by the encoder's weights.",
    ),
)

bound_on_the_likelihood = order(
    "bound_on_the_likelihood",
    lines={
        "A": "So log p(x) = E_q[log p(x, z) − log q(z|x)] + KL(q(z|x) ‖ p(z|x))",
        "B": "Take the mean over z from q(z|x) of both sides; the left side does not depend on z",
        "C": "The divergence is never below 0: leave it out, and a bound is left",
        "D": "For every z, log p(x) = log p(x, z) − log p(z|x)",
        "E": "Add and subtract log q(z|x) on the right",
        "F": "With p(x, z) = p(x|z) p(z), the bound is E_q[log p(x|z)] − KL(q(z|x) ‖ p(z))",
    },
    needs={"B": "D", "E": "D", "A": "BE", "C": "A", "F": "C"},
    feedback={
        "B": "Of which equation? It has to be there before its mean can be taken.",
        "E": "On the right of which equation?",
        "A": "This needs both the mean over q and the added log q.",
        "C": "Which divergence? It must first have been written down.",
        "F": "First the bound, then its two parts.",
    },
    why="No approximation was made but the one line that leaves out a divergence: the gap is KL(q(z|x) ‖ p(z|x)).",
    hints=(
        "Begin with Bayes' rule, as an equation for log p(x).",
        "A mean over q, and log q added and subtracted, make two divergences.",
        "The last line splits p(x, z).",
    ),
)
