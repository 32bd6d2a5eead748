"""Layers of recurrent cells over padded batches, forwards and by backpropagation through time.

A stack is a list of layers, and a layer a list of weights, one a direction: forwards, then backwards if there is a second. A batch X is
(B, T, I): B sequences of at most T inputs. `lengths` (B,) says how many of each are real; the rest is padding, which no state sees
and no output answers. Results are those of torch.nn.RNN, LSTM and GRU, fed packed sequences where there are lengths.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lib.book import validate
from lib.sequences.cells import CELLS, Cell, Weights
from lib.sequences.tasks import real_places

Stack = list[list[Weights]]


@dataclass(frozen=True)
class Pass:
    """A walk forwards.

    outputs : (B, T, D·H), the last layer's states at every place, both directions side by side, 0 where there is padding
    h, c : (L·D, B, H), the last states: layer by layer, forwards before backwards. c is None where the cell has no memory
    """

    outputs: np.ndarray
    h: np.ndarray
    c: np.ndarray | None
    cell: str
    stack: Stack
    kept: list


@dataclass(frozen=True)
class Gradients:
    """The loss's slopes: by the weights, arranged as they are; by X (B, T, I); by the states at the start (L·D, B, H)."""

    stack: Stack
    X: np.ndarray
    h0: np.ndarray
    c0: np.ndarray | None


def random_stack(cell: str, I: int, H: int, layers: int = 1, directions: int = 1, seed: int = 0) -> Stack:
    """Return weights drawn evenly from ±1/√H, as PyTorch does, for inputs of I entries and H units."""
    kind = cell_named(cell)
    I, H = validate.whole(I, "I", low=1), validate.whole(H, "H", low=1)
    L, D = validate.whole(layers, "layers", low=1), validate.whole(directions, "directions", low=1, high=2)
    rng = np.random.default_rng(validate.whole(seed, "seed", low=0))
    for inputs in (I, D * H)[:L]:
        _same_width(kind, inputs, H)
    return [
        [
            {
                name: rng.uniform(-1, 1, shape) / np.sqrt(H)
                for name, shape in kind.shapes(I if at == 0 else D * H, H).items()
            }
            for _ in range(D)
        ]
        for at in range(L)
    ]


def weights_of(module) -> Stack:
    """Return the weights of a torch.nn.RNN (tanh), LSTM or GRU as a stack for "RNN", "LSTM" and "GRU": float64 copies."""
    names = {"Wx": "weight_ih", "Wh": "weight_hh", "bx": "bias_ih", "bh": "bias_hh"}
    if not hasattr(module, "weight_ih_l0") or getattr(module, "nonlinearity", "tanh") != "tanh":
        raise TypeError(f"module must be a torch.nn.RNN with tanh, an LSTM or a GRU, but is {type(module).__name__}")
    if not module.bias or getattr(module, "proj_size", 0):
        raise ValueError("module must have biases and no projection")

    def array(name: str, at: int, side: int) -> np.ndarray:
        value = getattr(module, f"{names[name]}_l{at}{'_reverse' if side else ''}").detach().double().numpy()
        return value.T.copy()  # PyTorch has one row a unit

    sides = range(1 + module.bidirectional)
    return [[{name: array(name, at, side) for name in names} for side in sides] for at in range(module.num_layers)]


def cell_named(cell: str) -> Cell:
    """Return the cell of this name, or raise ValueError with the names there are."""
    if not isinstance(cell, str) or cell not in CELLS:
        raise ValueError(f"cell must be one of {', '.join(map(repr, CELLS))}, but is {cell!r}")
    return CELLS[cell]


def _same_width(kind: Cell, I: int, H: int) -> None:
    if kind.name in ("MUT1", "MUT2") and I != H:
        raise ValueError(
            f"{kind.name} adds the input to what has one entry a unit: {I} inputs do not fit {H} units; project them first"
        )


def _checked(kind: Cell, stack, I: int) -> Stack:
    """Return the stack as float64 arrays, or raise: its shapes must fit the cell, the input and each other."""
    if not isinstance(stack, (list, tuple)) or not stack or not all(isinstance(v, (list, tuple)) and v for v in stack):
        raise TypeError("stack must be a list of layers, each a list of weights, one or two directions")
    names, D, H, out = set(kind.shapes(1, 1)), len(stack[0]), 0, []
    for at, layer in enumerate(stack):
        if len(layer) != D or D > 2:
            raise ValueError(f"the layers must all have one direction or all two, but have {[*map(len, stack)]}")
        if not all(isinstance(weights, dict) and set(weights) == names for weights in layer):
            raise TypeError(f"the weights of {kind.name} must be a dict of {', '.join(sorted(names))}")
        arrays = [{name: validate.array(w[name], f"{name} of layer {at}") for name in w} for w in layer]
        H = H or _units(arrays[0])
        inputs = I if at == 0 else D * H
        _same_width(kind, inputs, H)
        for name, shape in kind.shapes(inputs, H).items():
            for weights in arrays:
                if weights[name].shape != shape:
                    raise ValueError(
                        f"{name} of layer {at} must have shape {shape}, for {inputs} inputs and {H} units, "
                        f"but has {weights[name].shape}"
                    )
        out.append(arrays)
    return out


def _units(weights: Weights) -> int:
    """Return the number of units: the rows of the matrix that the state is multiplied with."""
    return len(np.atleast_1d(weights["Whh" if "Whh" in weights else "Wh"]))


def forward(cell: str, stack: Stack, X, lengths=None, h0=None, c0=None) -> Pass:
    """Run a stack over a batch X (B, T, I).

    lengths : (B,), how many places of each sequence are real;  h0, c0 : states to start with (L·D, B, H), zeros where not given
    Equations: eq-rnn-cell, eq-both-directions
    """
    kind = cell_named(cell)
    X = validate.array(X, "X", 3)
    B, T, I = X.shape
    stack = _checked(kind, stack, I)
    H, D = _units(stack[0][0]), len(stack[0])
    real = np.ones((B, T), bool) if lengths is None else real_places(lengths, T)
    if len(real) != B:
        raise ValueError(f"there are {B} sequences, but {len(real)} lengths")
    states = (len(stack) * D, B, H)
    h0 = _state(h0, "h0", states)
    if c0 is not None and not kind.memory:
        raise ValueError(f"{kind.name} has no memory: c0 must be None")
    c0 = _state(c0, "c0", states) if kind.memory else [None] * states[0]
    below, last, kept = X, [], []
    for at, layer in enumerate(stack):
        sides = []
        for side, weights in enumerate(layer):
            k = at * D + side
            out, h, c, steps = _one_way(kind, weights, below, real, h0[k], c0[k], backwards=side == 1)
            sides.append(out)
            last.append((h, c))
            kept.append(steps)
        below = np.concatenate(sides, axis=2)
    memory = np.stack([c for _, c in last]) if kind.memory else None
    return Pass(below, np.stack([h for h, _ in last]), memory, kind.name, stack, kept)


def _state(value, name: str, shape: tuple[int, ...]) -> np.ndarray:
    if value is None:
        return np.zeros(shape)
    value = validate.array(value, name, 3)
    if value.shape != shape:
        raise ValueError(
            f"{name} must have shape {shape}, layers × directions, sequences, units, but has {value.shape}"
        )
    return value


def _one_way(kind: Cell, W: Weights, X, real, h, c, backwards: bool):
    """Walk over the places in one direction. Where a sequence has padding its state stays as it is."""
    B, T, _ = X.shape
    out, steps = np.zeros((B, T, h.shape[1])), []
    for t in reversed(range(T)) if backwards else range(T):
        new, memory, kept = kind.forward(X[:, t], h, c, W)
        here = real[:, t, None]
        out[:, t] = np.where(here, new, 0)
        h = np.where(here, new, h)
        c = np.where(here, memory, c) if kind.memory else None
        steps.append((t, here, kept))
    return out, h, c, steps


def backward(passed: Pass, d_outputs=None, dh=None, dc=None) -> Gradients:
    """Return the loss's slopes, walked back through all steps of a pass.

    d_outputs : (B, T, D·H), by the outputs;  dh, dc : (L·D, B, H), by the last states. What is not given is 0
    Equations: eq-bptt-step, eq-bptt
    """
    passed = validate.instance(passed, Pass, "passed")
    kind, stack = CELLS[passed.cell], passed.stack
    D, (B, T, width) = len(stack[0]), passed.outputs.shape
    by_out = np.zeros((B, T, width)) if d_outputs is None else validate.array(d_outputs, "d_outputs", 3)
    if by_out.shape != (B, T, width):
        raise ValueError(f"d_outputs must have the outputs' shape {(B, T, width)}, but has {by_out.shape}")
    if dc is not None and not kind.memory:
        raise ValueError(f"{kind.name} has no memory: dc must be None")
    by_h, by_c = _state(dh, "dh", passed.h.shape), _state(dc, "dc", passed.h.shape)
    found, at_start, memory_at_start = [], np.zeros(passed.h.shape), np.zeros(passed.h.shape)
    H = width // D
    with np.errstate(over="ignore", invalid="ignore"):
        for at in reversed(range(len(stack))):
            below, layer = 0, []
            for side, W in enumerate(stack[at]):
                k = at * D + side
                mine = by_out[:, :, side * H : (side + 1) * H]
                dX, at_start[k], c, dW = _back_one_way(kind, W, passed.kept[k], mine, by_h[k], by_c[k])
                memory_at_start[k] = c if kind.memory else 0
                below = below + dX
                layer.append(dW)
            found.append(layer)
            by_out = below
    for array in (by_out, at_start, *(v for layer in found for dW in layer for v in dW.values())):
        validate.result(array, "a gradient")
    return Gradients(found[::-1], by_out, at_start, memory_at_start if kind.memory else None)


def _back_one_way(kind: Cell, W: Weights, steps, by_out, dh, dc):
    """Walk back over the steps of one direction, the last one first."""
    dX = np.zeros((*by_out.shape[:2], steps[0][2][0].shape[1]))
    total = {name: np.zeros(value.shape) for name, value in W.items()}
    for t, here, kept in reversed(steps):
        by_new = np.where(here, dh + by_out[:, t], 0)
        by_memory = np.where(here, dc, 0) if kind.memory else None
        dX[:, t], before, memory, dW = kind.backward(by_new, by_memory, kept, W)
        dh = np.where(here, before, dh)
        dc = np.where(here, memory, dc) if kind.memory else None
        for name, value in dW.items():
            total[name] += value
    return dX, dh, dc, total
