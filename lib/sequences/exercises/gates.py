"""Exercises of "Gates"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number

__all__ = [
    "gates_for_onnx",
    "left_after_twenty",
    "lstm_step",
    "turn_the_update_gate",
    "weights_of_a_layer",
    "why_it_lasts",
]


def _sigma(a):
    return 1 / (1 + np.exp(-a))


left_after_twenty = number(
    "left_after_twenty",
    answer=lambda: float(_sigma(2.0) ** 20),
    rtol=1e-2,
    why="σ(2) = 0.881 of the memory is kept at each step, and 0.881²⁰ = 0.079. With a free term of 0 it would be 0.5²⁰, a millionth.",
    hints=(
        "What does a forget gate say whose score is 2, and what does that leave after one step?",
        "The gate is σ(2) = 1/(1 + e^−2); after twenty steps its 20th power is left.",
        "(1 / (1 + math.exp(-2))) ** 20",
    ),
    mistakes=[
        (lambda: float(_sigma(2.0)), "That is what one step leaves. There are twenty."),
        (lambda: 0.5**20, "That is for a score of 0. Here the free term is 2."),
        (lambda: float(np.tanh(2.0) ** 20), "Gates are sigmoids, between 0 and 1; that is a tanh."),
        (lambda: float((1 - _sigma(2.0)) ** 20), "The forget gate says what is kept, not what is lost."),
    ],
)

weights_of_a_layer = number(
    "weights_of_a_layer",
    answer=lambda: 220,
    rtol=1e-9,
    unit="weights",
    why="Four gates, each with 4 · 5 weights for the input, 5 · 5 for the state and two vectors of 5 free terms: 4 · (20 + 25 + 10).",
    hints=(
        "How many numbers does one gate need to read the input and the state?",
        "A gate has I · H + H · H weights and its free terms; there are four gates, and PyTorch keeps two vectors of free terms.",
        "4 * (4 * 5 + 5 * 5 + … * 5)",
    ),
    mistakes=[
        (lambda: 200, "That is with one vector of free terms. PyTorch keeps two, b_ih and b_hh."),
        (lambda: 165, "Those are three gates: a GRU. The LSTM has four."),
        (lambda: 55, "That is one gate. There are four."),
        (lambda: 180, "The free terms are missing."),
    ],
)

why_it_lasts = choice(
    "why_it_lasts",
    answer="a",
    why="∂c_t/∂c_{t−1} along the memory is the forget gate itself, and the network can hold that near 1 for as long as it likes.",
    feedback={
        "b": "The sigmoid's slope is at most a quarter. It is its value that multiplies the memory, not its slope.",
        "c": "The weights are trained as those of any other cell, and their norm is not bounded.",
        "d": "More weights alone help nothing: the plain cell with as many units forgets as before.",
    },
    hints=(
        "Write down c_t and take its derivative by c_{t−1}, the gates held fixed.",
        "It is f_t. Is there a tanh, or a matrix, in it?",
        "A number that the network sets, near 1 if it wants to remember.",
    ),
)


# ------------------------------------------------------------------------------------------------------ one step
def _lstm_cases(rng):
    yield case(
        "one unit, all scores 0 but the candidate's",
        np.zeros(1),
        np.zeros(1),
        np.array([2.0]),
        np.zeros((1, 4)),
        np.zeros((1, 4)),
        np.array([0.0, 0.0, 1.0, 0.0]),
    )
    for I, H in ((2, 3), (3, 2), (4, 4)):
        yield (
            rng.normal(size=I),
            rng.normal(size=H),
            2 * rng.normal(size=H),
            rng.normal(size=(I, 4 * H)),
            rng.normal(size=(H, 4 * H)),
            rng.normal(size=4 * H),
        )


@exercise(
    cases=_lstm_cases,
    hints=(
        "First the scores of all four gates in one sum, then cut it into four parts.",
        "i, f and o go through σ, g through tanh. c′ = f c + i g, and h′ = o tanh(c′).",
        "i, f, g, o = np.split(x @ Wx + h @ Wh + b, 4); then σ = 1 / (1 + np.exp(-…)) for three of them",
    ),
)
def lstm_step(x, h, c, Wx, Wh, b):
    """Return (h, c), the next state and memory of an LSTM.

    x : (I,);  h, c : (H,);  Wx : (I, 4H);  Wh : (H, 4H);  b : (4H,). The parts stand in the order input gate, forget gate,
    candidate, output gate;  returns two arrays (H,)
    """
    i, f, g, o = np.split(x @ Wx + h @ Wh + b, 4)
    i, f, o = 1 / (1 + np.exp(-i)), 1 / (1 + np.exp(-f)), 1 / (1 + np.exp(-o))
    c = f * c + i * np.tanh(g)
    return o * np.tanh(c), c


def _lstm_variant(order="ifgo", candidate=np.tanh, shown=np.tanh, memory=None):
    def step(x, h, c, Wx, Wh, b):
        parts = dict(zip(order, np.split(x @ Wx + h @ Wh + b, 4), strict=True))
        i, f, o = _sigma(parts["i"]), _sigma(parts["f"]), _sigma(parts["o"])
        g = candidate(parts["g"])
        new = memory(i, f, g, c) if memory else f * c + i * g
        return o * shown(new), new

    return step


@lstm_step.mistake(
    "The parts are in another order. Here they are input, forget, candidate, output; ONNX has input, output, forget, candidate."
)
def _onnx_order(x, h, c, Wx, Wh, b):
    return _lstm_variant("iofg")(x, h, c, Wx, Wh, b)


@lstm_step.mistake("Input and forget gate are in each other's place: the first part is the input gate.")
def _swapped_gates(x, h, c, Wx, Wh, b):
    return _lstm_variant("figo")(x, h, c, Wx, Wh, b)


@lstm_step.mistake("The candidate goes through tanh: it may be negative. Only the gates are sigmoids.")
def _sigmoid_candidate(x, h, c, Wx, Wh, b):
    return _lstm_variant(candidate=_sigma)(x, h, c, Wx, Wh, b)


@lstm_step.mistake("The memory goes through tanh before it is shown: h = o tanh(c).")
def _no_tanh(x, h, c, Wx, Wh, b):
    return _lstm_variant(shown=lambda v: v)(x, h, c, Wx, Wh, b)


@lstm_step.mistake("You wrote what is new over the memory. Add it to what the forget gate keeps: f c + i g.")
def _overwritten(x, h, c, Wx, Wh, b):
    return _lstm_variant(memory=lambda i, f, g, c: i * g)(x, h, c, Wx, Wh, b)


@lstm_step.mistake("You tied the gates, (1 − f) for the input gate. The LSTM has an input gate of its own.")
def _tied(x, h, c, Wx, Wh, b):
    return _lstm_variant(memory=lambda i, f, g, c: f * c + (1 - f) * g)(x, h, c, Wx, Wh, b)


@lstm_step.mistake("State and memory are returned in the wrong order: h first, then c.")
def _order_of_results(x, h, c, Wx, Wh, b):
    h, c = _lstm_variant()(x, h, c, Wx, Wh, b)
    return c, h


# ---------------------------------------------------------------------------------------------- the other convention
def _gru_weights(rng):
    yield case("one unit", np.array([[1.0, 2.0, 3.0]]))
    yield case("a vector of free terms", np.arange(1.0, 7.0))
    for I, H in ((2, 2), (3, 4)):
        yield (rng.normal(size=(I, 3 * H)),)


@exercise(
    cases=_gru_weights,
    hints=(
        "1 − σ(a) is a sigmoid again. Of what?",
        "1 − σ(a) = σ(−a): what must become of the scores of the update gate, and so of its weights?",
        "A copy of W in which the middle third of the columns has the other sign; H = W.shape[-1] // 3",
    ),
)
def turn_the_update_gate(W):
    """Return the weights for a GRU whose z means the other thing, so that it computes the same.

    W : (…, 3H), weights or free terms, in the order reset, update, candidate. The GRU that they belong to keeps with z,
    z h + (1 − z) n; the other one renews with it, (1 − z) h + z n;  returns an array of W's shape, and leaves W as it is
    """
    H = W.shape[-1] // 3
    out = W.copy()
    out[..., H : 2 * H] = -out[..., H : 2 * H]
    return out


@turn_the_update_gate.mistake("You turned all signs. Only the update gate changes its meaning.")
def _all_signs(W):
    return -W


@turn_the_update_gate.mistake("You turned the reset gate's weights, the first third. The update gate stands second.")
def _reset_gate(W):
    H = W.shape[-1] // 3
    return np.concatenate([-W[..., :H], W[..., H:]], axis=-1)


@turn_the_update_gate.mistake("You turned the candidate's weights, the last third. The update gate stands second.")
def _candidate(W):
    H = W.shape[-1] // 3
    return np.concatenate([W[..., : 2 * H], -W[..., 2 * H :]], axis=-1)


@turn_the_update_gate.mistake(
    "1 − W is no use: it is the gate that becomes 1 − z, after the sigmoid. Before the sigmoid that is a change of sign."
)
def _one_minus(W):
    H = W.shape[-1] // 3
    return np.concatenate([W[..., :H], 1 - W[..., H : 2 * H], W[..., 2 * H :]], axis=-1)


@turn_the_update_gate.mistake("You exchanged reset and update gate. Their order stays; the update gate's signs turn.")
def _exchanged(W):
    H = W.shape[-1] // 3
    return np.concatenate([W[..., H : 2 * H], W[..., :H], W[..., 2 * H :]], axis=-1)


# -------------------------------------------------------------------------------------------------------- for ONNX
def _lstm_weights(rng):
    yield case("one unit", np.array([[1.0, 2.0, 3.0, 4.0]]))
    yield case("free terms of two units", np.arange(1.0, 9.0))
    for I, H in ((2, 3), (3, 2)):
        yield (rng.normal(size=(I, 4 * H)),)


@exercise(
    cases=_lstm_weights,
    hints=(
        "Cut the columns into four parts of H, and put them together again in the other order.",
        "PyTorch: input, forget, candidate, output. ONNX: input, output, forget, candidate.",
        "i, f, g, o = np.split(W, 4, axis=-1); then np.concatenate([…], axis=-1)",
    ),
)
def gates_for_onnx(W):
    """Return LSTM weights in the order of ONNX (input, output, forget, candidate) from those in PyTorch's (input, forget, candidate, output).

    W : (…, 4H), weights or free terms;  returns an array of W's shape
    """
    i, f, g, o = np.split(W, 4, axis=-1)
    return np.concatenate([i, o, f, g], axis=-1)


@gates_for_onnx.mistake("That is the way back, from ONNX's order to PyTorch's.")
def _way_back(W):
    i, o, f, g = np.split(W, 4, axis=-1)
    return np.concatenate([i, f, g, o], axis=-1)


@gates_for_onnx.mistake("You left them in PyTorch's order.")
def _as_they_are(W):
    return W.copy()


@gates_for_onnx.mistake("The output gate comes second, before the forget gate.")
def _forget_second(W):
    i, f, g, o = np.split(W, 4, axis=-1)
    return np.concatenate([i, f, o, g], axis=-1)


@gates_for_onnx.mistake("You turned the whole order round.")
def _turned_round(W):
    return np.concatenate(np.split(W, 4, axis=-1)[::-1], axis=-1)
