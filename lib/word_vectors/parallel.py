"""Several processes, one model: how they add up what each of them has, what that costs, and how changes are combined.

This module needs only numpy; the processes themselves are in `distributed`.
"""

from __future__ import annotations

import numpy as np

from lib.book import validate


def ring_states(parts) -> np.ndarray:
    """Return what every process holds after each step of a ring all-reduce: (2P − 1, P, P, …), the start first.

    parts : (P, P) or (P, P, n), parts[p, c] is piece c of what process p brings
    In step t process p sends piece (p − t) mod P to process p + 1, which adds it in the first P − 1 steps and takes it over
    in the others. In the end all hold the sum. Patarasuk and Yuan (2009).
    """
    held = validate.array(parts, "parts")
    held = held if held.ndim == 3 else validate.matrix(held, "parts", within=validate.BELOW)
    P = len(held)
    if held.shape[1] != P:
        raise ValueError(f"parts must hold P pieces for each of P processes, but has shape {held.shape}")
    states, sender = [held], np.arange(P)
    for t in range(2 * (P - 1)):
        now, piece, receiver = states[-1].copy(), (sender - t) % P, (sender + 1) % P
        sent = states[-1][sender, piece]  # all send at once
        now[receiver, piece] = now[receiver, piece] + sent if t < P - 1 else sent
        states.append(now)
    return np.array(states)


def ring_bytes(size, processes):
    """Return how many bytes each process sends while `size` bytes are added up among all: 2(P − 1)/P of them.

    size, processes : numbers or arrays.  Equation: eq-ring-bytes
    """
    size, P = _positive(size, "size"), _processes(processes)
    return _plain(2 * (P - 1) / P * size)


def ring_seconds(size, processes, latency, bandwidth):
    """Return the seconds of a ring all-reduce: 2(P − 1) hops, each of the latency and of a P-th of the bytes.

    size : bytes;  latency : seconds a hop;  bandwidth : bytes a second.  Equation: eq-ring-time
    """
    size, P = _positive(size, "size"), _processes(processes)
    latency = validate.number(latency, "latency", low=0)
    bandwidth = validate.number(bandwidth, "bandwidth", low=0, open_low=True)
    return _plain(2 * (P - 1) * (latency + size / (P * bandwidth)))


def parallel_seconds(compute, processes, meetings, size, latency, bandwidth, handling=0.0):
    """Return the seconds of an epoch: the computing, shared out, and the meetings, shared by nobody.

    compute : seconds that one process needs alone;  meetings : in an epoch;  size : bytes added up at each;
    handling : seconds that each process spends at a meeting on what it has received.  Alone there are no meetings.
    Equation: eq-parallel-time
    """
    compute, P = _positive(compute, "compute"), _processes(processes)
    meetings = validate.number(meetings, "meetings", low=0)
    handling = (P > 1) * validate.number(handling, "handling", low=0)
    return _plain(compute / P + meetings * (ring_seconds(size, P, latency, bandwidth) + handling))


def in_turn(left, processes):
    """Return by what to multiply the sum of P changes so that it is what P processes would have done one after another.

    left : the share q of its way that a process leaves to be gone, from 0 to 1, a number or an array
    q = 1, where all have only begun, gives 1: the sum. q = 0, where each has arrived, gives 1/P: the mean.
    Equation: eq-in-turn
    """
    left = validate.array(left, "left")
    if ((left < 0) | (left > 1)).any():
        raise ValueError(f"left must lie between 0 and 1, but reaches from {left.min():g} to {left.max():g}")
    P = validate.whole(processes, "processes", low=1)
    return _plain(share_in_turn(left, P))


def share_in_turn(left, processes: int):
    """Return what `in_turn` does for an array or a tensor, of the same kind; nothing is checked."""
    total = left * 0 + 1
    for _ in range(processes - 1):  # 1 + q(1 + q(1 + …
        total = 1 + left * total
    return total / processes


def _positive(value, name: str) -> np.ndarray:
    value = validate.array(value, name)
    if (value < 0).any():
        raise ValueError(f"{name} must be at least 0, but is {value.min():g}")
    return value


def _processes(value) -> np.ndarray:
    value = validate.array(value, "processes")
    if (value < 1).any() or (value != np.round(value)).any():
        raise ValueError(f"processes must be whole numbers, at least 1, but is {value.min():g}")
    return value


def _plain(value):
    return float(value) if np.ndim(value) == 0 else value
