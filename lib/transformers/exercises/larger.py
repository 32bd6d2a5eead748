"""Exercises of "Larger: many processes, many machines"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, exercise, number, order

__all__ = [
    "bytes_on_a_device",
    "gradient_of_portions",
    "portions_for_a_pipeline",
    "scale_in_order",
    "split_network",
    "step_of_the_ring",
]


# ------------------------------------------------------------------------------------------------------------ the ring
def _ring_cases(rng):
    yield case("two processes", np.array([[1.0, 2.0], [10.0, 20.0]]), 0)
    for P in (3, 4, 5):
        held = rng.integers(-9, 10, size=(P, P)).astype(float)
        for t in (0, 1, P - 2):
            yield held, t
    yield case("one process, with nobody to send to", np.array([[3.0]]), 0)


@exercise(
    cases=_ring_cases,
    hints=(
        "Write down for four processes and t = 0 and 1 which piece each sends. All send at the same time: what arrives is what was held before the step.",
        "Process p sends piece (p − t) mod P to process (p + 1) mod P, which adds it to its own piece of that number.",
        "new = held.copy(); for p in range(P): piece = (p - t) % P; new[(p + 1) % P, piece] += held[…, piece]",
    ),
)
def step_of_the_ring(held, t):
    """Return what the processes hold after step t of the adding half of a ring.

    held : (P, P), held[p, c] is what process p has of piece c before the step;  t : from 0. In step t process p sends piece (p − t) mod P to
    the next process, the last one to the first, and that adds it to its own;  returns (P, P). One process alone keeps what it has.
    """
    P = len(held)
    new = held.copy()
    if P > 1:
        for p in range(P):
            piece = (p - t) % P
            new[(p + 1) % P, piece] += held[p, piece]
    return new


def _ring(held, t, to=1, turn=-1, add=True, at_once=True, keep=True, shift=0):
    P = len(held)
    new = held.copy()
    if P == 1:
        return new
    for p in range(P):
        piece = (p + turn * t + shift) % P
        sent = (held if at_once else new)[p, piece]
        new[(p + to) % P, piece] = new[(p + to) % P, piece] + sent if add else sent
        if not keep:
            new[p, piece] -= held[p, piece]
    return new


@step_of_the_ring.mistake("You overwrite. In this half of the ring what arrives is added to what is there.")
def _overwritten(held, t):
    return _ring(held, t, add=False)


@step_of_the_ring.mistake("You send to the process before, p − 1. The ring runs to the next one, p + 1.")
def _to_the_one_before(held, t):
    return _ring(held, t, to=-1)


@step_of_the_ring.mistake(
    "The piece is (p − t) mod P: with p + t a process passes on pieces that it has not just received, and the sums never come together."
)
def _other_pieces(held, t):
    return _ring(held, t, turn=1)


@step_of_the_ring.mistake(
    "Every step sends the same piece. In step t it is piece (p − t) mod P, the one that arrived in the step before."
)
def _the_same_piece(held, t):
    return _ring(held, t, turn=0)


# ---------------------------------------------------------------------------------------------------- a network in parts
def _network_cases(rng):
    yield (
        case(
            "one number, two units, two devices",
            np.array([[1.0]]),
            np.array([[1.0, -1.0]]),
            np.array([0.5, 0.25]),
            np.array([[2.0], [3.0]]),
            np.array([10.0]),
            2,
        )
    )
    for T, D, F, parts in ((3, 2, 4, 2), (2, 3, 6, 3), (4, 2, 4, 4), (1, 2, 6, 2), (2, 2, 3, 1)):
        yield (*(rng.normal(size=shape) for shape in ((T, D), (D, F), (F,), (F, D), (D,))), parts)


@exercise(
    cases=_network_cases,
    hints=(
        "The units do not know of each other: each needs its own column of W₁, its own entry of b₁, and its own row of W₂.",
        "Device p computes max(0, X W₁[p] + b₁[p]) W₂[p] from its columns, entries and rows. The answer is the sum of what all give, and b₂ once.",
        "n = len(b1) // parts; for p in range(parts): own = slice(p * n, (p + 1) * n); given.append(np.maximum(0, X @ W1[:, own] + b1[own]) @ W2[…]); then the sum and b2",
    ),
)
def split_network(X, W1, b1, W2, b2, parts):
    """Return (given, answer): what each device gives of max(0, X W₁ + b₁) W₂, and the answer with b₂ that all of them together make of it.

    X : (T, D);  W1 : (D, F);  b1 : (F,);  W2 : (F, D);  b2 : (D,);  parts : devices, a divisor of F; each has F/parts units that stand
    side by side, the first device the first;  returns arrays (parts, T, D) and (T, D)
    """
    n = len(b1) // parts
    given = []
    for p in range(parts):
        own = slice(p * n, (p + 1) * n)
        given.append(np.maximum(0, X @ W1[:, own] + b1[own]) @ W2[own])
    given = np.array(given)
    return given, given.sum(axis=0) + b2


def _split(X, W1, b1, W2, b2, parts, each=False, take=np.sum, free=True, bent=True, stride=False, last=True):
    n = len(b1) // parts
    owns = [slice(p, None, parts) if stride else slice(p * n, (p + 1) * n) for p in range(parts)]
    bend = (lambda z: np.maximum(0, z)) if bent else (lambda z: z)
    given = np.array([bend(X @ W1[:, o] + (b1[o] if free else 0)) @ W2[o] + (b2 if each else 0) for o in owns])
    return given, take(given, axis=0) + (0 if each or not last else b2)


@split_network.mistake(
    "b₂ is added by every device, so that the sum has it once for each. Add it once, behind the sum."
)
def _free_term_each(X, W1, b1, W2, b2, parts):
    return _split(X, W1, b1, W2, b2, parts, each=True)


@split_network.mistake(
    "The devices' parts must be added up. You took their mean, as of gradients: there each device has other data, here other units."
)
def _mean_of_parts(X, W1, b1, W2, b2, parts):
    return _split(X, W1, b1, W2, b2, parts, take=np.mean)


@split_network.mistake("The sum is missing: you answer with what one device gives.")
def _one_part(X, W1, b1, W2, b2, parts):
    return _split(X, W1, b1, W2, b2, parts, take=lambda g, axis: g[0])


@split_network.mistake("The devices' own entries of b₁ are missing inside the max.")
def _without_b1(X, W1, b1, W2, b2, parts):
    return _split(X, W1, b1, W2, b2, parts, free=False)


@split_network.mistake(
    "The units are dealt out in turn. Each device has units that stand side by side: the first device the first ones."
)
def _dealt_in_turn(X, W1, b1, W2, b2, parts):
    return _split(X, W1, b1, W2, b2, parts, stride=True)


# ------------------------------------------------------------------------------------------------------- in portions
def _portion_cases(rng):
    yield case("two portions of different size", np.array([[1.0], [4.0]]), np.array([3, 1]))
    yield case("a portion without tokens", np.array([[1.0, 2.0], [0.0, 0.0], [3.0, 5.0]]), np.array([2, 0, 4]))
    for k, D in ((3, 2), (1, 3), (4, 1), (5, 3)):
        yield rng.normal(size=(k, D)), rng.integers(1, 9, size=k)


@exercise(
    cases=_portion_cases,
    hints=(
        "A mean over a portion is its sum, divided by its own number of tokens. What is the sum over all tokens?",
        "Multiply each portion's mean by its number of tokens, add up, and divide once by the number of all tokens.",
        "total = (counts[:, None] * gradients).sum(axis=0); then divide by …",
    ),
)
def gradient_of_portions(gradients, counts):
    """Return the gradient of the mean loss over all tokens of a batch that was read in portions.

    gradients : (k, D), of each portion the gradient of the mean loss over its own tokens;  counts : (k,), how many tokens that were;
    returns (D,)
    """
    return counts @ gradients / counts.sum()


@gradient_of_portions.mistake(
    "Each token must count the same, but in a mean of means those of a small portion count more. Weigh the portions by their tokens."
)
def _mean_of_means(gradients, counts):
    return gradients.mean(axis=0)


@gradient_of_portions.mistake(
    "The means are added up and not divided: the step is as many times too long as there are portions."
)
def _sum_of_means(gradients, counts):
    return gradients.sum(axis=0)


@gradient_of_portions.mistake("That is the sum over all tokens. Divide by how many there are.")
def _sum_of_all(gradients, counts):
    return counts @ gradients


@gradient_of_portions.mistake(
    "Weighed by their tokens, the portions must be divided by the number of all tokens, not by that of the portions."
)
def _by_portions(gradients, counts):
    return counts @ gradients / len(counts)


@gradient_of_portions.mistake("Only the last portion is left: the gradients of the others were cleared.")
def _last_portion(gradients, counts):
    return gradients[-1]


# ------------------------------------------------------------------------------------------------------ order, numbers
scale_in_order = order(
    "scale_in_order",
    lines={
        "A": "divide the gradients by the scale, in float32",
        "B": "shorten the gradient, if it is longer than allowed",
        "C": "multiply the loss by the scale",
        "D": "let the optimiser make its step on float32 weights",
        "E": "compute the gradients, in float16",
        "F": "leave this step out and halve the scale, if an entry is infinite",
    },
    needs={"E": "C", "A": "E", "F": "A", "B": "F", "D": "B"},
    feedback={
        "E": "Scaled after they were computed, gradients that became 0 stay 0: the loss is what must be multiplied.",
        "A": "There is nothing to divide before the gradients are computed.",
        "F": "The check looks at the gradients once they are back in float32.",
        "B": "A length is compared with a bound that knows of no scale, and an infinite one is no length: divide and check first.",
        "D": "The optimiser comes last: it must see the gradient as it is meant, neither scaled nor too long.",
    },
    why="The scale stands between the loss and the optimiser only while numbers have two bytes.",
    hints=(
        "What has to happen before float16 can lose anything?",
        "The scale comes off before anything looks at how large a gradient is.",
        "Loss, gradients, … , the check, the length, the optimiser.",
    ),
)

portions_for_a_pipeline = number(
    "portions_for_a_pipeline",
    answer=lambda: 63,
    rtol=1e-9,
    unit="portions",
    why="(p − 1)/(m + p − 1) ≤ 1/10 means m + p − 1 ≥ 10(p − 1), so m ≥ 9(p − 1) = 63.",
    hints=(
        "Which share of the time do the devices of a pipeline wait?",
        "Solve (p − 1)/(m + p − 1) = 1/10 with p = 8 for m.",
        "m + 7 = 10 · 7, so m = …",
    ),
    mistakes=[
        (
            lambda: 70,
            "That is (p − 1)/m = 1/10, the waiting beside the work. Asked is its share of all the time, m + p − 1.",
        ),
        (lambda: 72, "With p in place of p − 1: the first portion reaches the last stage after p − 1 ticks."),
        (lambda: 80, "(p − 1)/(m + p − 1), not p/m."),
        (lambda: 56, "That is (p − 1)/(m + p − 1) = 1/9: a tenth of the whole is a ninth of the work."),
    ],
)

bytes_on_a_device = number(
    "bytes_on_a_device",
    answer=lambda: 7 * (2 + 14 / 8),
    rtol=1e-3,
    unit="GB",
    why="Two bytes a parameter of weights are on every device, and an eighth of the other fourteen: 7 · (2 + 14/8) = 26.25.",
    hints=(
        "Which of the 16 bytes a parameter does stage 2 share out?",
        "Gradients (2) and the optimiser's numbers (12) are shared by 8 devices, the weights (2) by none.",
        "7 * (2 + … / 8)",
    ),
    mistakes=[
        (lambda: 7 * 16, "That is without sharing: each device keeps all 16 bytes."),
        (lambda: 7 * 16 / 8, "That is stage 3. In stage 2 each device keeps all weights."),
        (lambda: 7 * (4 + 12 / 8), "That is stage 1. Stage 2 shares out the gradients too."),
        (lambda: 7 * 8 * (2 + 14 / 8), "That is on all eight devices together."),
        (lambda: 2 + 14 / 8, "That is bytes a parameter. There are 7 billion."),
    ],
)
