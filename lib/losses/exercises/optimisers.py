"""Exercises of "Optimisers"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number

__all__ = [
    "adam_first_step",
    "largest_rate",
    "momentum_in_a_list",
    "one_step_of_adam",
    "rate_with_warm_up",
    "why_not_l2",
]

largest_rate = number(
    "largest_rate",
    answer=0.25,
    rtol=1e-6,
    why="The Hessian is diag(8, 2). Stable below 2/λmax = 2/8.",
    hints=(
        "The second derivatives along the axes are the eigenvalues here.",
        "The Hessian of 4x² + y² is diag(8, 2); the limit is 2/λmax.",
        "2 / 8",
    ),
    mistakes=[
        (1.0, "That is 2/λmin. The steepest direction flies off first."),
        (0.5, "You took the coefficient 4 for the curvature: the second derivative of 4x² is 8."),
        (0.125, "That is 1/λmax, where the steep direction is met in one step. It stays stable up to twice that."),
        (0.2, "That is 2/(λmin + λmax), the rate of the fastest convergence, not the limit."),
    ],
)

adam_first_step = number(
    "adam_first_step",
    answer=0.01,
    rtol=1e-3,
    why="Corrected for the start at 0, ĥ = g and Ĝ = g², so the step is η g/|g| = η, whatever g is.",
    hints=(
        "Compute h and G after the first step, and correct both.",
        "ĥ = (1 − β₁)g/(1 − β₁) = g, and Ĝ = g² in the same way.",
        "0.01 * 250 / abs(250)",
    ),
    mistakes=[
        (2.5, "That is plain gradient descent, ηg. Adam divides by the root of the mean square."),
        (
            0.001 / 0.001**0.5,
            "The corrections for the start at 0 are missing: h is still only a tenth of g, G a thousandth of g².",
        ),
        (0.001, "h was not corrected: after one step it is (1 − β₁)g, a tenth of g."),
        (4e-5, "You divided by Ĝ, not by its root."),
    ],
)

why_not_l2 = choice(
    "why_not_l2",
    answer="d",
    why="Inside the gradient the penalty λw is divided by √Ĝ like the rest: weights with large gradients hardly decay. AdamW shrinks all by the same share.",
    feedback={
        "a": "Both shrink weights. The question is which ones, and by how much.",
        "b": "Both need the same memory: h and Ĝ for each weight.",
        "c": "For plain gradient descent the two are the same. Only the division makes the difference.",
    },
    hints=(
        "Write one step of Adam with g + λw in place of g. What is λw divided by?",
        "√Ĝ is large where gradients are large.",
        "The decay of such a weight is λw/√Ĝ: nearly nothing.",
    ),
)


# ------------------------------------------------------------------------------------------------------- plain Python
def _runs(rng):
    yield case("one step", 1.0, [2.0], 0.1, 0.9)
    yield case("no momentum", 1.0, [2.0, -1.0, 0.5], 0.1, 0.0)
    yield case("the gradient turns off", 0.0, [1.0, 0.0, 0.0, 0.0], 0.5, 0.5)
    for n in (4, 7):
        yield rng.uniform(-1, 1), [rng.uniform(-2, 2) for _ in range(n)], rng.uniform(0.01, 0.5), rng.uniform(0.3, 0.95)


@exercise(
    cases=_runs,
    python_only=True,
    hints=(
        "Keep one number beside w: the speed h, which starts at 0.",
        "At each gradient: h ← βh + g, then w ← w − ηh.",
        "h = 0.0; for g in gradients: h = beta * h + g; w = w - rate * h; collect w",
    ),
)
def momentum_in_a_list(w, gradients, rate, beta):
    """Return the list of weights after each step of momentum, h ← βh + g and w ← w − ηh, from h = 0.

    w : the weight at the start;  gradients : a list, one a step;  rate : η;  beta : β;  returns a list of numbers
    """
    h, out = 0.0, []
    for g in gradients:
        h = beta * h + g
        w = w - rate * h
        out.append(w)
    return out


@momentum_in_a_list.mistake("That is plain gradient descent: h must remember the gradients before, h ← βh + g.")
def _plain(w, gradients, rate, beta):
    out = []
    for g in gradients:
        w = w - rate * g
        out.append(w)
    return out


@momentum_in_a_list.mistake("You weighted the new gradient with 1 − β. Here (as in PyTorch) it enters with weight 1.")
def _average(w, gradients, rate, beta):
    h, out = 0.0, []
    for g in gradients:
        h = beta * h + (1 - beta) * g
        w = w - rate * h
        out.append(w)
    return out


@momentum_in_a_list.mistake("You stepped with the old h. First h ← βh + g, then the step.")
def _late(w, gradients, rate, beta):
    h, out = 0.0, []
    for g in gradients:
        w = w - rate * h
        h = beta * h + g
        out.append(w)
    return out


@momentum_in_a_list.mistake("The step goes up the gradient: w ← w − ηh, with a minus.")
def _uphill(w, gradients, rate, beta):
    return [2 * w - v for v in momentum_in_a_list.function(w, gradients, rate, beta)]


@momentum_in_a_list.mistake(
    "h already contains the rate in your version, and the step multiplies by it again: ηg enters once."
)
def _rate_twice(w, gradients, rate, beta):
    h, out = 0.0, []
    for g in gradients:
        h = beta * h + rate * g
        w = w - rate * h
        out.append(w)
    return out


# --------------------------------------------------------------------------------------------------------------- Adam
EPSILON = "Only ε is not right: it is 10⁻⁸, and stands outside the root, √Ĝ + ε. Where gradients are as small as that, it counts."


def _states(rng):
    yield case("the first step", np.array([1.0, -2.0]), np.array([0.5, 30.0]), np.zeros(2), np.zeros(2), 1, 0.1)
    yield case("no gradient", np.ones(2), np.zeros(2), np.zeros(2), np.zeros(2), 1, 0.1, tells=EPSILON)
    yield case(
        "gradients as small as ε",
        np.ones(3),
        np.array([1e-8, -3e-8, 2e-7]),
        np.zeros(3),
        np.zeros(3),
        1,
        0.1,
        tells=EPSILON,
    )
    for t in (2, 10):
        yield rng.normal(size=3), rng.normal(size=3), rng.normal(size=3), rng.uniform(0.1, 2, 3), t, 0.05


@exercise(
    cases=_states,
    hints=(
        "First update h and G, then correct both for their start at 0, then step.",
        "ĥ = h/(1 − 0.9ᵗ), Ĝ = G/(1 − 0.999ᵗ), and the step is −η ĥ/(√Ĝ + 10⁻⁸).",
        "h = 0.9*h + 0.1*g; G = 0.999*G + 0.001*g**2; w = w - rate * (h/(1 - 0.9**t)) / (np.sqrt(G/(1 - 0.999**t)) + 1e-8)",
    ),
)
def one_step_of_adam(w, g, h, G, t, rate):
    """Return (w, h, G) after step t of Adam, with β₁ = 0.9, β₂ = 0.999 and ε = 10⁻⁸ outside the root.

    w, g, h, G : (D,), the weights, their gradient, and the two means so far;  t : 1 for the first step;  rate : η
    """
    h = 0.9 * h + 0.1 * g
    G = 0.999 * G + 0.001 * g**2
    w = w - rate * (h / (1 - 0.9**t)) / (np.sqrt(G / (1 - 0.999**t)) + 1e-8)
    return w, h, G


@one_step_of_adam.mistake("The corrections for the start at 0 are missing: divide h by 1 − 0.9ᵗ and G by 1 − 0.999ᵗ.")
def _uncorrected(w, g, h, G, t, rate):
    h = 0.9 * h + 0.1 * g
    G = 0.999 * G + 0.001 * g**2
    return w - rate * h / (np.sqrt(G) + 1e-8), h, G


@one_step_of_adam.mistake("You returned the corrected means. They serve the step only; h and G go on uncorrected.")
def _kept_corrected(w, g, h, G, t, rate):
    w, h, G = one_step_of_adam.function(w, g, h, G, t, rate)
    return w, h / (1 - 0.9**t), G / (1 - 0.999**t)


@one_step_of_adam.mistake("The step divides by Ĝ itself. The root is missing, and with it the right unit.")
def _no_root(w, g, h, G, t, rate):
    h = 0.9 * h + 0.1 * g
    G = 0.999 * G + 0.001 * g**2
    return w - rate * (h / (1 - 0.9**t)) / (G / (1 - 0.999**t) + 1e-8), h, G


@one_step_of_adam.mistake("The step uses g where the mean ĥ belongs: that is RMSProp.")
def _no_mean(w, g, h, G, t, rate):
    _, h_new, G_new = one_step_of_adam.function(w, g, h, G, t, rate)
    return w - rate * g / (np.sqrt(G_new / (1 - 0.999**t)) + 1e-8), h_new, G_new


@one_step_of_adam.mistake("You counted steps from 0: at the first, t is 1, so the correction uses 0.9¹.")
def _from_zero(w, g, h, G, t, rate):
    h = 0.9 * h + 0.1 * g
    G = 0.999 * G + 0.001 * g**2
    return w - rate * (h / (1 - 0.9 ** (t + 1))) / (np.sqrt(G / (1 - 0.999 ** (t + 1))) + 1e-8), h, G


@one_step_of_adam.mistake("β₁ and β₂ are exchanged: 0.9 for the mean of gradients, 0.999 for the mean of squares.")
def _exchanged(w, g, h, G, t, rate):
    h, G = 0.999 * h + 0.001 * g, 0.9 * G + 0.1 * g**2
    return w - rate * (h / (1 - 0.999**t)) / (np.sqrt(G / (1 - 0.9**t)) + 1e-8), h, G


@one_step_of_adam.mistake("G is the mean of squared gradients; you took their sizes.")
def _sizes(w, g, h, G, t, rate):
    h, G = 0.9 * h + 0.1 * g, 0.999 * G + 0.001 * np.abs(g)
    return w - rate * (h / (1 - 0.9**t)) / (np.sqrt(G / (1 - 0.999**t)) + 1e-8), h, G


# -------------------------------------------------------------------------------------------------------- schedules
def _times(rng):
    yield case("the first step", 0, 100, 10, 0.1)
    yield case("the last step of the rise", 9, 100, 10, 0.1)
    yield case("the first step of the fall", 10, 100, 10, 0.1)
    for t in (4, 55, 99):
        yield t, 100, 10, float(rng.uniform(0.01, 1))


@exercise(
    cases=_times,
    hints=(
        "Two cases: still rising, or already falling.",
        "For t < first the rate is peak·(t + 1)/first; after it peak·(1 + cos(πs))/2, where s runs from 0 to 1.",
        "s = (t - first) / (steps - first); return peak * (1 + np.cos(np.pi * s)) / 2",
    ),
)
def rate_with_warm_up(t, steps, first, peak):
    """Return the learning rate at step t of `steps`: a straight rise over `first` steps to peak, then half a cosine to 0.

    t : 0 … steps − 1;  first : length of the rise, the rate is peak at t = first − 1;  peak : the largest rate
    """
    if t < first:
        return peak * (t + 1) / first
    return peak * (1 + np.cos(np.pi * (t - first) / (steps - first))) / 2


@rate_with_warm_up.mistake("The rise starts at 0, so the first step is lost: use t + 1.")
def _from_nothing(t, steps, first, peak):
    return peak * t / first if t < first else rate_with_warm_up.function(t, steps, first, peak)


@rate_with_warm_up.mistake("The cosine runs from the start of training. It begins at its top when the rise ends.")
def _unshifted(t, steps, first, peak):
    return peak * (t + 1) / first if t < first else peak * (1 + np.cos(np.pi * t / steps)) / 2


@rate_with_warm_up.mistake("The cosine never reaches 0: after the rise only steps − first steps are left for it.")
def _too_long(t, steps, first, peak):
    return peak * (t + 1) / first if t < first else peak * (1 + np.cos(np.pi * (t - first) / steps)) / 2


@rate_with_warm_up.mistake("There is no rise: for t < first the rate grows in a straight line.")
def _no_rise(t, steps, first, peak):
    return peak * (1 + np.cos(np.pi * max(t - first, 0) / (steps - first))) / 2


@rate_with_warm_up.mistake("A straight line falls to 0. Half a cosine is asked for.")
def _straight(t, steps, first, peak):
    return peak * (t + 1) / first if t < first else peak * (1 - (t - first) / (steps - first))


@rate_with_warm_up.mistake("1 + cos starts at 2: half of it belongs here.")
def _not_halved(t, steps, first, peak):
    value = rate_with_warm_up.function(t, steps, first, peak)
    return value if t < first else 2 * value


@rate_with_warm_up.mistake("The fall starts at step `first` with cos 0: you are one step ahead.")
def _one_ahead(t, steps, first, peak):
    return peak * (t + 1) / first if t < first else peak * (1 + np.cos(np.pi * (t + 1 - first) / (steps - first))) / 2
