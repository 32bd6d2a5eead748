"""One step of a recurrent cell, forwards and backwards: the plain cell, LSTM, GRU in its four variants, and MUT1 to MUT3.

A step takes the input x (B, I) and the state h (B, H), for the LSTM with its memory c (B, H), and gives the next state. What it keeps on the
way is what the step back needs. Sizes: B sequences side by side, I entries of an input, H units. Gates stand side by side in one
matrix, in PyTorch's order: input, forget, candidate, output; reset, update, candidate. Nothing is checked here: these are the
inner loops of `layers`, which checks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Weights = dict[str, np.ndarray]


@dataclass(frozen=True)
class Cell:
    """A kind of cell.

    forward : (x, h, c, W) → (h, c, kept), one step; c is None where there is no memory
    backward : (dh, dc, kept, W) → (dx, dh, dc, dW), the loss's slopes by what the step took, from those by what it gave
    shapes : (I, H) → the shape of each array of weights, by name
    """

    name: str
    forward: Callable
    backward: Callable
    shapes: Callable[[int, int], dict[str, tuple[int, ...]]]
    memory: bool = False


def _sigmoid(a: np.ndarray) -> np.ndarray:
    return 0.5 * (1.0 + np.tanh(0.5 * a))  # never overflows


def _joined(gates: int) -> Callable:
    """Return the shapes of cells whose gates stand side by side; two biases, as PyTorch has them."""
    return lambda I, H: {"Wx": (I, gates * H), "Wh": (H, gates * H), "bx": (gates * H,), "bh": (gates * H,)}


# ------------------------------------------------------------------------------------------------------ the plain cell
def rnn_forward(x, h, c, W):
    """Return the next state of the plain cell. Equation: eq-rnn-cell"""
    new = np.tanh(x @ W["Wx"] + W["bx"] + h @ W["Wh"] + W["bh"])
    return new, None, (x, h, new)


def rnn_backward(dh, dc, kept, W):
    """Return the slopes by x, h and the weights. Equation: eq-bptt-step"""
    x, h, new = kept
    da = dh * (1 - new**2)  # (B, H), by what stands inside the tanh
    dW = {"Wx": x.T @ da, "Wh": h.T @ da, "bx": da.sum(axis=0), "bh": da.sum(axis=0)}
    return da @ W["Wx"].T, da @ W["Wh"].T, None, dW


# ---------------------------------------------------------------------------------------------------------------- LSTM
def lstm_forward(x, h, c, W):
    """Return the next state and memory of the LSTM. Equation: eq-lstm"""
    a = x @ W["Wx"] + W["bx"] + h @ W["Wh"] + W["bh"]  # (B, 4H)
    i, f, g, o = np.split(a, 4, axis=1)
    i, f, g, o = _sigmoid(i), _sigmoid(f), np.tanh(g), _sigmoid(o)
    new = f * c + i * g
    shown = np.tanh(new)
    return o * shown, new, (x, h, c, i, f, g, o, shown)


def lstm_backward(dh, dc, kept, W):
    """Return the slopes by x, h, c and the weights."""
    x, h, c, i, f, g, o, shown = kept
    dc = dc + dh * o * (1 - shown**2)  # the memory is seen through h, too
    da = np.hstack(
        [
            dc * g * i * (1 - i),
            dc * c * f * (1 - f),
            dc * i * (1 - g**2),
            dh * shown * o * (1 - o),
        ]
    )
    dW = {"Wx": x.T @ da, "Wh": h.T @ da, "bx": da.sum(axis=0), "bh": da.sum(axis=0)}
    return da @ W["Wx"].T, da @ W["Wh"].T, dc * f, dW


# ----------------------------------------------------------------------------------------------------------------- GRU
def gru(keeps: bool = True, after: bool = True) -> Cell:
    """Return a GRU. PyTorch's is gru(), and only that one is spoken of as "the GRU" without more words.

    keeps : the update gate z weighs the old state, h′ = z h + (1 − z) n (Cho et al. 2014, PyTorch, Keras, ONNX); else the new one,
        h′ = (1 − z) h + z n (Chung et al. 2014). Swapping the two is turning the signs of z's weights.
    after : the reset gate acts after the product, r ∘ (h W + b) (PyTorch, Keras); else before it, (r ∘ h) W + b (Cho et al.; ONNX unless
        `linear_before_reset` is set). These are different functions. Equation: eq-gru
    """

    def forward(x, h, c, W):
        H = h.shape[1]
        ax, ah = x @ W["Wx"] + W["bx"], h @ W["Wh"][:, : 2 * H] + W["bh"][: 2 * H]
        r, z = _sigmoid(ax[:, :H] + ah[:, :H]), _sigmoid(ax[:, H : 2 * H] + ah[:, H:])
        V, b = W["Wh"][:, 2 * H :], W["bh"][2 * H :]
        own = h @ V + b if after else None  # (B, H)
        n = np.tanh(ax[:, 2 * H :] + (r * own if after else (r * h) @ V + b))
        new = z * h + (1 - z) * n if keeps else (1 - z) * h + z * n
        return new, None, (x, h, r, z, n, own)

    def backward(dh, dc, kept, W):
        x, h, r, z, n, own = kept
        H = h.shape[1]
        V = W["Wh"][:, 2 * H :]
        dz = dh * (h - n) if keeps else dh * (n - h)
        dn = dh * (1 - z if keeps else z) * (1 - n**2)  # by what stands inside the tanh
        dh = dh * (z if keeps else 1 - z)
        if after:
            dr, by_own, dV = dn * own, dn * r, h.T @ (dn * r)
            dh = dh + by_own @ V.T
        else:
            back = dn @ V.T  # by r ∘ h
            dr, by_own, dV = back * h, dn, (r * h).T @ dn
            dh = dh + back * r
        gates = np.hstack([dr * r * (1 - r), dz * z * (1 - z)])  # (B, 2H)
        dax, dah = np.hstack([gates, dn]), np.hstack([gates, by_own])
        dW = {
            "Wx": x.T @ dax,
            "Wh": np.hstack([h.T @ gates, dV]),
            "bx": dax.sum(axis=0),
            "bh": dah.sum(axis=0),
        }
        return dax @ W["Wx"].T, dh + gates @ W["Wh"][:, : 2 * H].T, None, dW

    name = "GRU" + ("" if after else ", reset before") + ("" if keeps else ", z takes")
    return Cell(name, forward, backward, _joined(3))


# ------------------------------------------------------------------------------------- three that a search has found
def _mut_shapes(number: int) -> Callable:
    def shapes(I: int, H: int) -> dict[str, tuple[int, ...]]:
        into, own, bias = (I, H), (H, H), (H,)
        names = {
            1: {"Wxz": into, "bz": bias, "Wxr": into, "Whr": own, "br": bias, "Whh": own, "bh": bias},
            2: {"Wxz": into, "Whz": own, "bz": bias, "Whr": own, "br": bias, "Wxh": into, "Whh": own, "bh": bias},
            3: {"Wxz": into, "Whz": own, "bz": bias, "Wxr": into, "Whr": own, "br": bias},
        }
        return names[number] if number < 3 else {**names[3], "Wxh": into, "Whh": own, "bh": bias}

    return shapes


def mut(number: int) -> Cell:
    """Return MUT1, MUT2 or MUT3 of Jozefowicz, Zaremba and Sutskever (2015), as they print them.

    MUT1 adds tanh(x) to what has H entries and MUT2 adds x itself, so their inputs must be as wide as their state: I = H. Who has others
    projects them first. Equations: eq-mut1, eq-mut2, eq-mut3
    """

    def forward(x, h, c, W):
        seen = np.tanh(h) if number == 3 else h  # what the update gate sees of the state
        z = _sigmoid(x @ W["Wxz"] + W["bz"] + (0 if number == 1 else seen @ W["Whz"]))
        r = _sigmoid((x if number == 2 else x @ W["Wxr"]) + h @ W["Whr"] + W["br"])
        n = np.tanh((r * h) @ W["Whh"] + (np.tanh(x) if number == 1 else x @ W["Wxh"]) + W["bh"])
        return n * z + h * (1 - z), None, (x, h, seen, r, z, n)

    def backward(dh, dc, kept, W):
        x, h, seen, r, z, n = kept
        dn = dh * z * (1 - n**2)
        dz = dh * (n - h) * z * (1 - z)
        back = dn @ W["Whh"].T  # by r ∘ h
        dr = back * h * r * (1 - r)
        dh = dh * (1 - z) + back * r + dr @ W["Whr"].T
        dx = dz @ W["Wxz"].T
        dW = {"Wxz": x.T @ dz, "bz": dz.sum(axis=0), "Whr": h.T @ dr, "br": dr.sum(axis=0)}
        dW |= {"Whh": (r * h).T @ dn, "bh": dn.sum(axis=0)}
        if number != 1:
            by_seen = dz @ W["Whz"].T
            dh = dh + (by_seen * (1 - seen**2) if number == 3 else by_seen)
            dW["Whz"] = seen.T @ dz
        if number == 2:
            dx = dx + dr
        else:
            dx, dW["Wxr"] = dx + dr @ W["Wxr"].T, x.T @ dr
        if number == 1:
            dx = dx + dn * (1 - np.tanh(x) ** 2)
        else:
            dx, dW["Wxh"] = dx + dn @ W["Wxh"].T, x.T @ dn
        return dx, dh, None, dW

    return Cell(f"MUT{number}", forward, backward, _mut_shapes(number))


CELLS = {
    cell.name: cell
    for cell in (
        Cell("RNN", rnn_forward, rnn_backward, _joined(1)),
        Cell("LSTM", lstm_forward, lstm_backward, _joined(4), memory=True),
        *(gru(keeps, after) for after in (True, False) for keeps in (True, False)),
        *(mut(number) for number in (1, 2, 3)),
    )
}
