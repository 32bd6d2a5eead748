"""Exercises of "When one machine is not enough"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number

__all__ = ["combine_in_turn", "ring_step", "sent_at_a_meeting", "what_helps"]


# ----------------------------------------------------------------------------------------------------- the ring
def _rings(rng):
    yield case("two processes, adding", [[1, 2], [30, 40]], 0)
    yield case("two processes, passing on", [[1, 42], [31, 42]], 1)
    for P, t in ((3, 0), (3, 1), (3, 2), (3, 3), (4, 1), (4, 3), (4, 5), (5, 4)):
        yield [[rng.randint(1, 99) for _ in range(P)] for _ in range(P)], t


def _ring(held, t, *, adds=None, piece=None, to=1):
    P = len(held)
    now = [list(row) for row in held]
    for p in range(P):
        c = (p - t) % P if piece is None else piece(p, t, P)
        receiver = (p + to) % P
        now[receiver][c] = held[p][c] + (held[receiver][c] if (t < P - 1 if adds is None else adds(t, P)) else 0)
    return now


@exercise(
    cases=_rings,
    python_only=True,
    hints=(
        "All send at once: read from `held`, write into a copy of it. Process P − 1 sends to process 0.",
        "Process p sends piece c = (p − t) mod P to r = (p + 1) mod P. While t < P − 1, r adds it; later it takes it over.",
        "now = [list(row) for row in held]; for each p: now[r][c] = held[r][c] + held[p][c] if t < P - 1 else held[p][c]",
    ),
)
def ring_step(held, t):
    """Return what every process holds after step t of a ring all-reduce, t = 0 … 2(P − 1) − 1.

    held : P lists of P numbers, held[p][c] is piece c at process p, before the step
    Process p sends piece (p − t) mod P to process p + 1. In the first P − 1 steps the receiver adds it to its own, in the
    others it takes it over. returns P lists of P numbers
    """
    P = len(held)
    now = [list(row) for row in held]
    for p in range(P):
        c, r = (p - t) % P, (p + 1) % P
        now[r][c] = held[r][c] + held[p][c] if t < P - 1 else held[p][c]
    return now


@ring_step.mistake("You add in every step. After P − 1 steps the sums are complete, and are only passed on.")
def _always_adds(held, t):
    return _ring(held, t, adds=lambda t, P: True)


@ring_step.mistake(
    "You overwrite in every step: then nothing is ever added. In the first P − 1 steps the receiver adds."
)
def _never_adds(held, t):
    return _ring(held, t, adds=lambda t, P: False)


@ring_step.mistake("You add one step too long: t counts from 0, so that the last sum is made in step P − 2.")
def _adds_too_long(held, t):
    return _ring(held, t, adds=lambda t, P: t <= P - 1)


@ring_step.mistake(
    "Each process sends its own piece p every time. It must send on what it has just received: (p − t) mod P."
)
def _same_piece(held, t):
    return _ring(held, t, piece=lambda p, t, P: p)


@ring_step.mistake("The pieces walk the wrong way round: process p sends (p − t) mod P, not (p + t) mod P.")
def _other_pieces(held, t):
    return _ring(held, t, piece=lambda p, t, P: (p + t) % P)


@ring_step.mistake("You send to process p − 1. The ring goes up: p sends to p + 1, and the last one to process 0.")
def _wrong_neighbour(held, t):
    return _ring(held, t, to=-1)


@ring_step.mistake("The sender keeps what it has: sending is copying.")
def _sender_loses(held, t):
    P, now = len(held), ring_step.function(held, t)
    for p in range(P):
        now[p][(p - t) % P] = 0
    return now


# ------------------------------------------------------------------------------------------------------- changes
def _copies(rng):
    start = np.array([[0.0, 0.0], [1.0, -1.0]])
    yield case("just begun, and arrived", start, np.stack([start + 1, start + 1]), np.array([1.0, 0.0]))
    yield case("one copy", start, start[None] + 0.5, np.array([0.3, 0.6]))
    for P, V, d in ((2, 3, 2), (3, 4, 3), (4, 5, 2), (8, 3, 4)):
        start = rng.normal(size=(V, d))
        yield start, start + 0.3 * rng.normal(size=(P, V, d)), rng.uniform(0.05, 0.95, size=V)


def _combined(start, copies, share):
    return start + np.asarray(share)[:, None] * (copies - start).sum(axis=0)


@exercise(
    cases=_copies,
    hints=(
        "Add the changes, not the copies. Then each row is multiplied by its own number.",
        "The number of a row is (1 + q + … + q^(P−1))/P, with its q from `left`; the new row is the old one plus that times the sum of changes.",
        "share = sum(left**k for k in range(P)) / P; return start + share[:, None] * (copies - start).sum(axis=0)",
    ),
)
def combine_in_turn(start, copies, left):
    """Return the rows that P processes agree on, as if they had worked one after another.

    start : (V, d), what all had;  copies : (P, V, d), what each has now;  left : (V,), each row's q;  returns (V, d)
    """
    P = len(copies)
    share = sum(left**k for k in range(P)) / P  # (V,)
    return start + share[:, None] * (copies - start).sum(axis=0)


@combine_in_turn.mistake(
    "That is the mean of the copies, right for q = 0 alone: a rare word moves a P-th of what it could."
)
def _mean(start, copies, left):
    return copies.mean(axis=0)


@combine_in_turn.mistake("That is the sum of all changes, right for q = 1 alone: a busy word overshoots.")
def _sum(start, copies, left):
    return _combined(start, copies, np.ones(len(left)))


@combine_in_turn.mistake(
    "The sum 1 + q + … has to be divided by P: with q = 1 the changes are to be added once, not P times."
)
def _undivided(start, copies, left):
    return _combined(start, copies, sum(left**k for k in range(len(copies))))


@combine_in_turn.mistake("The powers begin at q⁰ = 1: the first process goes its whole change.")
def _one_too_high(start, copies, left):
    return _combined(start, copies, sum(left ** (k + 1) for k in range(len(copies))) / len(copies))


@combine_in_turn.mistake(
    "You added the copies themselves. Subtract `start` from each: what is shared out is how far they moved."
)
def _copies_for_changes(start, copies, left):
    share = sum(left**k for k in range(len(copies))) / len(copies)
    return start + share[:, None] * copies.sum(axis=0)


@combine_in_turn.mistake("That is one process's copy: the others' changes are lost.")
def _last_copy(start, copies, left):
    return copies[-1]


@combine_in_turn.mistake("That is what all had at the start: nothing of what they learned is in it.")
def _as_before(start, copies, left):
    return start.copy()


@combine_in_turn.mistake("Each row's sum of changes is multiplied by (1 + q + …)/P, not by q itself.")
def _times_left(start, copies, left):
    return _combined(start, copies, left)


sent_at_a_meeting = number(
    "sent_at_a_meeting",
    answer=2.1,
    unit="GB",
    rtol=5e-3,
    why="Two matrices of 500 000 × 300 numbers of 4 bytes are 1.2 GB; each of 8 processes sends 2 · 7/8 of them.",
    hints=(
        "How many bytes are the two matrices?",
        "2 · 500 000 · 300 · 4 bytes are 1.2 GB. Then the ring's factor.",
        "1.2 · 2 · (8 − 1)/8",
    ),
    mistakes=[
        (1.2, "That is what the matrices weigh. In a ring each process sends 2(P − 1)/P of it."),
        (1.05, "That is half of it. There are two matrices, and two rounds: one to add, one to pass on."),
        (2.4, "That is the limit for many processes. With eight it is a little less."),
        (8.4, "That is what a boss would have to receive from seven others. In a ring nobody sends so much."),
        (16.8, "You multiplied by 2(P − 1) hops, but a hop carries only a P-th of the bytes."),
    ],
)

what_helps = choice(
    "what_helps",
    answer="b",
    why="Nine tenths of the time go into sending. A quarter of the meetings leaves 0.1 + 0.9/4 of the time, about a third; quality must be looked at again.",
    feedback={
        "a": "The work, a tenth of the time, would be halved; the sending grows, from 2 · 7/8 to 2 · 15/16 of the bytes, and the hops double.",
        "c": "That halves the tenth that is work: a twentieth of the time.",
        "d": "Fourteen hops of a tenth of a millisecond are nothing beside the seconds that two gigabytes take.",
    },
    hints=(
        "Where does the time go? Look for the change that touches that part.",
        "The time of a meeting is nearly all bytes over bandwidth.",
        "Compute what each change leaves of 0.1 + 0.9.",
    ),
)
