"""Exercises of "The recurrent cell, and back through time"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number

__all__ = ["final_states", "recurrent_states", "slope_through_time", "total_derivative", "turned_round", "which_term"]

total_derivative = number(
    "total_derivative",
    answer=lambda: 2.0,
    rtol=1e-3,
    why="dh₁/dw = 0, dh₂/dw = h₁ + w · 0 = 1 and dh₃/dw = h₂ + w · 1 = 1.5 + 0.5. The state h₂ depends on w, too.",
    hints=(
        "The weight stands in the step to h₃ itself, and in the steps before it.",
        "dh₃/dw = h₂ + w · dh₂/dw, and the same one step earlier.",
        "h₁ = 1 and h₂ = 1.5; dh₂/dw = h₁ = 1; so dh₃/dw = 1.5 + 0.5 · …",
    ),
    mistakes=[
        (lambda: 1.5, "That is the immediate derivative, h₂, with h₂ held fixed. But h₂ depends on w as well."),
        (lambda: 0.5, "That is what came through h₂ alone. The weight also stands in the last step itself."),
        (lambda: 2.5, "You added dh₂/dw without the factor w: on its way from h₂ to h₃ a change is multiplied by w."),
        (lambda: 1.75, "That is h₃ itself."),
    ],
)

which_term = choice(
    "which_term",
    answer="c",
    why="∂h_t/∂W as code computes it in one step, with h_{t−1} held fixed, is only the term k = t of the sum.",
    feedback={
        "a": "The slope of tanh is in every term, the last one too; without it the numbers would differ for T = 1 already, where h_0 is not 0.",
        "b": "The inputs' weights are another matrix; they are no part of the slope by W_h.",
        "d": "A transpose would give another result for T = 1 already, where h_0 is not 0 and yours is right.",
    },
    hints=(
        "For a sequence of one step everything is right. What is there from the second step on that was not there before?",
        "From the second step on h_{t−1} depends on the weights itself.",
        "Compare the two sides of the total derivative: which term holds h_{t−1} fixed?",
    ),
)


# ------------------------------------------------------------------------------------------------------------ states
def _sequences(rng):
    yield case(
        "one step, one unit", np.array([[2.0]]), np.array([[0.5]]), np.array([[3.0]]), np.array([0.25]), np.array([0.0])
    )
    yield case(
        "a state to start with",
        np.zeros((1, 1)),
        np.ones((1, 2)),
        np.array([[0.0, 2.0], [-1.0, 0.5]]),
        np.zeros(2),
        np.array([0.5, 1.0]),
    )
    for T, I, H in ((3, 2, 4), (5, 3, 2), (4, 2, 2)):
        yield (
            rng.normal(size=(T, I)),
            rng.normal(size=(I, H)),
            rng.normal(size=(H, H)),
            rng.normal(size=H),
            rng.normal(size=H),
        )


@exercise(
    cases=_sequences,
    hints=(
        "Keep the state h in a variable, renew it at each step, and collect a copy.",
        "h = tanh(x_t W_x + b + h W_h), for t = 1, …, T, from h = h0 on.",
        "out, h = [], h0; for x in X: h = np.tanh(…); out.append(h); return np.array(out)",
    ),
)
def recurrent_states(X, Wx, Wh, b, h0):
    """Return the states of a recurrent cell on one sequence.

    X : (T, I);  Wx : (I, H);  Wh : (H, H);  b : (H,);  h0 : (H,), the state before the first step;  returns (T, H)
    """
    states, h = [], h0
    for x in X:
        h = np.tanh(x @ Wx + b + h @ Wh)
        states.append(h)
    return np.array(states)


@recurrent_states.mistake(
    "Each step starts from h0 again: give the new state to the next step, or nothing is remembered."
)
def _no_memory(X, Wx, Wh, b, h0):
    return np.tanh(X @ Wx + b + h0 @ Wh)


@recurrent_states.mistake(
    "The tanh is missing. Without it the cell is linear, and all its steps together are one linear map."
)
def _linear(X, Wx, Wh, b, h0):
    states, h = [], h0
    for x in X:
        h = x @ Wx + b + h @ Wh
        states.append(h)
    return np.array(states)


@recurrent_states.mistake("W_h stands transposed: here the state is a row, so it is h W_h.")
def _transposed(X, Wx, Wh, b, h0):
    return recurrent_states.function(X, Wx, Wh.T, b, h0)


@recurrent_states.mistake(
    "The states are one step late: h0 is none of the answer, the first is the one after the first input."
)
def _late(X, Wx, Wh, b, h0):
    return np.array([h0, *recurrent_states.function(X, Wx, Wh, b, h0)[:-1]])


@recurrent_states.mistake("That is the last state alone. All of them are asked for, one row a step.")
def _last_only(X, Wx, Wh, b, h0):
    return recurrent_states.function(X, Wx, Wh, b, h0)[-1]


@recurrent_states.mistake("You started from a state of zeros. The start is given: h0.")
def _from_zeros(X, Wx, Wh, b, h0):
    return recurrent_states.function(X, Wx, Wh, b, np.zeros(len(b)))


@recurrent_states.mistake("You read the sequence from its end.")
def _from_the_end(X, Wx, Wh, b, h0):
    return recurrent_states.function(X[::-1], Wx, Wh, b, h0)


# -------------------------------------------------------------------------------------------------- back through time
def _passes(rng):
    yield case(
        "one step",
        np.array([[0.5, -0.25]]),
        np.array([[2.0, 0.0], [1.0, -1.0]]),
        np.array([1.0, 2.0]),
        np.array([[1.0, -1.0]]),
    )
    for T, H in ((2, 2), (4, 3), (5, 2)):
        h0 = rng.normal(size=H)
        yield np.tanh(rng.normal(size=(T, H))), rng.normal(size=(H, H)), h0, rng.normal(size=(T, H))
    one = np.zeros((4, 2))
    one[-1] = [1.0, -2.0]
    yield case(
        "only the last state has a loss",
        np.tanh(rng.normal(size=(4, 2))),
        rng.normal(size=(2, 2)),
        rng.normal(size=2),
        one,
    )


@exercise(
    cases=_passes,
    hints=(
        "Walk from the last step to the first, and carry along what later steps say about this state.",
        "At step t: g = dH[t] + carry; through the tanh, δ = g (1 − h_t²); W_h gets the outer product of h_{t−1} and δ; the new carry is W_h δ.",
        "for t in reversed(range(len(H))): before = H[t - 1] if t else h0; delta = (dH[t] + carry) * (1 - H[t] ** 2); dW += np.outer(…); carry = …",
    ),
)
def slope_through_time(H, Wh, h0, dH):
    """Return the loss's slope by W_h, back through all steps of h_t = tanh(x_t W_x + b + h_{t−1} W_h).

    H : (T, H), the states;  Wh : (H, H);  h0 : (H,), the state before the first;  dH : (T, H), the slopes by each state of the loss at
    that very step;  returns (H, H)
    """
    dW, carry = np.zeros(Wh.shape), np.zeros(len(h0))
    for t in reversed(range(len(H))):
        before = H[t - 1] if t > 0 else h0
        delta = (dH[t] + carry) * (1 - H[t] ** 2)
        dW += np.outer(before, delta)
        carry = Wh @ delta
    return dW


@slope_through_time.mistake(
    "These are the immediate derivatives alone: nothing is carried back, as if h_{t−1} did not depend on W_h. The slope of the later steps is missing."
)
def _immediate(H, Wh, h0, dH):
    before = np.vstack([h0, H[:-1]])
    return before.T @ (dH * (1 - H**2))


@slope_through_time.mistake("The slope of tanh, 1 − h², is missing at each step.")
def _no_slope(H, Wh, h0, dH):
    dW, carry = np.zeros(Wh.shape), np.zeros(len(h0))
    for t in reversed(range(len(H))):
        delta = dH[t] + carry
        dW += np.outer(H[t - 1] if t > 0 else h0, delta)
        carry = Wh @ delta
    return dW


@slope_through_time.mistake(
    "Back through h W_h a slope is multiplied by the transpose: δ W_hᵀ, or W_h δ. You took W_h forwards again."
)
def _not_transposed(H, Wh, h0, dH):
    return slope_through_time.function(H, Wh.T, h0, dH)


@slope_through_time.mistake("W_h meets the state before the step, h_{t−1}, not the state that comes out of it.")
def _state_after(H, Wh, h0, dH):
    dW, carry = np.zeros(Wh.shape), np.zeros(len(h0))
    for t in reversed(range(len(H))):
        delta = (dH[t] + carry) * (1 - H[t] ** 2)
        dW += np.outer(H[t], delta)
        carry = Wh @ delta
    return dW


@slope_through_time.mistake("The first step is left out: W_h stands there too, multiplied with h0.")
def _without_first(H, Wh, h0, dH):
    return slope_through_time.function(H, Wh, np.zeros(len(h0)), dH)


@slope_through_time.mistake(
    "The slope is turned over: row i belongs to the unit that W_h takes in, so it is np.outer(before, δ)."
)
def _turned(H, Wh, h0, dH):
    return slope_through_time.function(H, Wh, h0, dH).T


@slope_through_time.mistake(
    "You carry only the last step's own slope back. What came to it from later steps must go on too: δ of (dH[t] + carry)."
)
def _one_step_back(H, Wh, h0, dH):
    dW, carry = np.zeros(Wh.shape), np.zeros(len(h0))
    for t in reversed(range(len(H))):
        delta = (dH[t] + carry) * (1 - H[t] ** 2)
        dW += np.outer(H[t - 1] if t > 0 else h0, delta)
        carry = Wh @ (dH[t] * (1 - H[t] ** 2))
    return dW


# -------------------------------------------------------------------------------------------------- from both ends
def _batches(rng):
    yield case("no padding", rng.normal(size=(2, 3, 4)), np.array([3, 3]))
    yield case("one place", rng.normal(size=(2, 1, 2)), np.array([1, 1]))
    for B, T, H in ((3, 4, 2), (4, 5, 3)):
        lengths = rng.integers(1, T, B)
        lengths[0] = T
        real = np.arange(T) < lengths[:, None]
        yield rng.normal(size=(B, T, 2 * H)) * real[:, :, None], lengths


@exercise(
    cases=_batches,
    hints=(
        "Which state has read the whole sentence: at which place does it stand, for each direction?",
        "Forwards the last real place, length − 1. Backwards the first place, 0: there the backward cell has read everything.",
        "H = outputs.shape[2] // 2; ahead = outputs[np.arange(len(lengths)), …, :H]; behind = outputs[:, …, H:]; np.hstack([ahead, behind])",
    ),
)
def final_states(outputs, lengths):
    """Return the states that have read the whole of each sequence, forwards and backwards, side by side.

    outputs : (B, T, 2H), at each place the forward cell's state (first H) and the backward cell's, 0 at padding
    lengths : (B,), how many places are real;  returns (B, 2H)
    """
    H = outputs.shape[2] // 2
    ahead = outputs[np.arange(len(lengths)), lengths - 1, :H]
    behind = outputs[:, 0, H:]
    return np.hstack([ahead, behind])


@final_states.mistake(
    "outputs[:, -1]: there the backward cell has read one symbol, or padding. Its last state stands at the first place; the forward cell's at the last real one."
)
def _last_place(outputs, lengths):
    return outputs[:, -1]


@final_states.mistake(
    "The forward half is right. But at the last real place the backward cell has read a single symbol: it ends at place 0."
)
def _last_real_place(outputs, lengths):
    return outputs[np.arange(len(lengths)), lengths - 1]


@final_states.mistake(
    "The backward half is right. The forward cell ends at the last real place of each sequence, not at the last column."
)
def _last_column(outputs, lengths):
    H = outputs.shape[2] // 2
    return np.hstack([outputs[:, -1, :H], outputs[:, 0, H:]])


@final_states.mistake("You took place 0 for both: there the forward cell has read one symbol only.")
def _first_place(outputs, lengths):
    return outputs[:, 0]


@final_states.mistake("Forwards and backwards are in each other's place.")
def _halves_swapped(outputs, lengths):
    return np.roll(final_states.function(outputs, lengths), outputs.shape[2] // 2, axis=1)


# ------------------------------------------------------------------------------------------------- turned round
def _padded_rows(rng):
    yield case("no padding", [[1, 2, 3], [4, 5, 6]], [3, 3])
    yield case("one real symbol", [[7, 0, 0]], [1])
    yield case("padding stays behind", [[1, 2, 0, 0], [3, 4, 5, 0], [6, 7, 8, 9]], [2, 3, 4])
    for n in (3, 4):
        lengths = [rng.randint(1, 6) for _ in range(n)]
        yield [[rng.randint(1, 9) for _ in range(k)] + [0] * (6 - k) for k in lengths], lengths


@exercise(
    cases=_padded_rows,
    python_only=True,
    hints=(
        "What would a backward cell read first if you turned the whole row?",
        "Turn the first n symbols of a row, n its length, and leave what stands behind them.",
        "[row[:n][::-1] + … for row, n in zip(rows, lengths)]",
    ),
)
def turned_round(rows, lengths):
    """Return the rows of a padded batch with each sequence in reverse order and its padding still behind it.

    rows : a list of lists of equal length;  lengths : how many symbols of each are real;  returns a list of lists
    """
    out = []
    for row, n in zip(rows, lengths):  # noqa: B905
        out.append(row[:n][::-1] + row[n:])
    return out


@turned_round.mistake(
    "You turned the padding too: now it stands in front, and a cell reads it before it meets the first word."
)
def _padding_too(rows, lengths):
    return [row[::-1] for row in rows]


@turned_round.mistake(
    "One symbol is left out of the turning: a sequence of length n ends before place n, so take row[:n]."
)
def _one_less(rows, lengths):
    return [row[: n - 1][::-1] + row[n - 1 :] for row, n in zip(rows, lengths, strict=True)]


@turned_round.mistake("The padding is lost: rows must stay as long as they were.")
def _padding_lost(rows, lengths):
    return [row[:n][::-1] for row, n in zip(rows, lengths, strict=True)]


@turned_round.mistake("You turned the batch round, its rows, not the sequences in it.")
def _batch_turned(rows, lengths):
    return rows[::-1]
