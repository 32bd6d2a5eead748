"""Backpropagation by hand: differences to check it with, one neuron, and networks of any depth.

A layer is a pair (W (k, m), b (m,)); a network is a list of layers with the activation φ between them and none at the end.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lib.book import validate
from lib.book.validate import ANY, BELOW
from lib.losses.classification import cross_entropy, cross_entropy_slopes, sigmoid
from lib.losses.neurons import activation, sigmoid_slope
from lib.losses.regression import mse

Layers = list[tuple[np.ndarray, np.ndarray]]


# ----------------------------------------------------------------------------------------------- a check for gradients
def numerical_gradient(f: Callable[[np.ndarray], float], x, step: float = 1e-6) -> np.ndarray:
    """Return the gradient of the number f(x) by central differences: an array of x's shape, two calls an entry.

    The error is about step² · f‴/6 from the bend and u · f/step from rounding. Equation: eq-central-difference
    """
    x = np.array(validate.array(x, "x", allow_empty=True))
    step, out = validate.number(step, "step", low=0, open_low=True), np.empty(x.shape)
    for i in np.ndindex(x.shape):
        kept = x[i]
        x[i] = kept + step
        above = validate.number(f(x), "f(x)", within=ANY)
        x[i] = kept - step
        with np.errstate(over="ignore"):
            out[i] = (above - validate.number(f(x), "f(x)", within=ANY)) / (2 * step)
        x[i] = kept
    return validate.result(out, "the difference quotient")


# ------------------------------------------------------------------------------------------------------- one neuron
@dataclass(frozen=True)
class Neuron:
    """A sigmoid neuron on one sample, forward and backward: every value, and the loss's slope by every value.

    h = w·x + w0,  s = σ(h),  loss = (target − s)²/2. Equations: eq-neuron-forward, eq-neuron-backward
    """

    x: np.ndarray
    h: float
    s: float
    loss: float
    by_s: float
    s_by_h: float
    by_h: float
    by_w: np.ndarray
    by_x: np.ndarray


def neuron(w, x, w0: float, target: float) -> Neuron:
    """Return the forward and the backward pass of one sigmoid neuron with weights w (k,) on the sample x (k,).

    Equations: eq-neuron-forward, eq-neuron-backward
    """
    w = validate.vector(w, "w")
    x = validate.vector(x, "x", len(w), "weights")
    h = float(w @ x + validate.number(w0, "w0"))
    s, s_by_h = float(sigmoid(h)), float(sigmoid_slope(h))
    by_s = s - validate.number(target, "target")
    by_h = by_s * s_by_h
    return Neuron(x, h, s, by_s**2 / 2, by_s, s_by_h, by_h, by_h * x, by_h * w)


# --------------------------------------------------------------------------------------------------------- one layer
def linear_vjp(X, W, G) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradients by X (N, k), W (k, m) and b (m,) from the gradient G (N, m) by XW + b.

    Equation: eq-vjp-linear
    """
    X, W, G = (validate.matrix(M, name, within=BELOW) for M, name in ((X, "X"), (W, "W"), (G, "G")))
    if X.shape[1] != len(W):
        raise ValueError(f"X has {X.shape[1]} columns, but W has {len(W)} rows")
    if G.shape != (len(X), W.shape[1]):
        raise ValueError(f"G must have the shape of XW + b, {(len(X), W.shape[1])}, but has {G.shape}")
    return G @ W.T, X.T @ G, G.sum(axis=0)


def sum_to_shape(G, shape: tuple[int, ...]) -> np.ndarray:
    """Return the gradient G of a broadcast result, summed over the axes along which an array of `shape` was repeated.

    Raises ValueError where `shape` does not broadcast to G's. Equation: eq-unbroadcast
    """
    G = validate.array(G, "G", allow_empty=True, within=ANY)
    if not isinstance(shape, (tuple, list)):
        raise TypeError(f"shape must be a tuple of whole numbers, but is {shape!r}")
    shape = tuple(validate.whole(n, "shape", low=0) for n in shape)
    if G.shape == shape:
        return G
    extra = G.ndim - len(shape)
    if extra < 0 or any(n not in (1, m) for n, m in zip(shape, G.shape[extra:], strict=True)):
        raise ValueError(f"an array of shape {shape} is never repeated to the shape {G.shape}")
    repeated = tuple(range(extra)) + tuple(extra + i for i, n in enumerate(shape) if n != G.shape[extra + i])
    with np.errstate(over="ignore"):
        return validate.result(G.sum(axis=repeated, keepdims=True).reshape(shape), "the sum")


# ------------------------------------------------------------------------------------------------- networks of layers
def forward(layers: Layers, X, phi: str = "tanh") -> list[np.ndarray]:
    """Return [X, H₁, …, Z]: the input, what each hidden layer gives, and the scores (N, m) of the last layer.

    Equation: eq-mlp
    """
    inputs, scores = _forward(*_checked(layers, X), activation(phi).value)
    return [*inputs, scores[-1]]


def network_loss(layers: Layers, X, targets, phi: str = "tanh") -> float:
    """Return the loss of the scores Z: cross-entropy for labels (N,), MSE over all entries for a table (N, m)."""
    return _loss(forward(layers, X, phi)[-1], targets)


def backpropagation(layers: Layers, X, targets, phi: str = "tanh") -> tuple[float, Layers]:
    """Return the loss as in `network_loss`, and its gradients, pairs shaped like the layers.

    Equations: eq-mlp, eq-vjp-linear, eq-vjp-entrywise. Source: Rumelhart, Hinton & Williams (1986).
    """
    layers, X = _checked(layers, X)
    chosen = activation(phi)
    inputs, scores = _forward(layers, X, chosen.value)
    loss, G = _loss(scores[-1], targets), _loss_gradient(scores[-1], targets)  # G (N, m)
    gradients = []
    for at in range(len(layers) - 1, -1, -1):
        gradients.append((inputs[at].T @ G, G.sum(axis=0)))
        if at:
            G = (G @ layers[at][0].T) * chosen.slope_at(scores[at - 1], inputs[at])
    return loss, gradients[::-1]


backpropagation = validate.finite_answer(backpropagation)  # around it, so that it stays as one reads it


def gradient_descent(
    layers: Layers, X, targets, rate: float, steps: int, phi: str = "tanh"
) -> tuple[Layers, np.ndarray]:
    """Return the layers after `steps` steps against the gradient of all samples, and the losses (steps,) before each."""
    rate = validate.number(rate, "rate", low=0, open_low=True)
    losses, layers = np.empty(validate.whole(steps, "steps", low=1)), _layers(layers)
    for at in range(len(losses)):
        losses[at], slopes = backpropagation(layers, X, targets, phi)
        with np.errstate(over="ignore", invalid="ignore"):
            layers = [(W - rate * dW, b - rate * db) for (W, b), (dW, db) in zip(layers, slopes, strict=True)]
    return layers, losses


def random_layers(sizes, seed: int = 0) -> Layers:
    """Return layers for the sizes (k, …, m): weights normal with variance 1/inputs, free terms 0."""
    sizes = validate.indices(sizes, "sizes").tolist()
    sizes = [validate.whole(size, "each size", low=1) for size in sizes]
    if len(sizes) < 2:
        raise ValueError(f"a network needs an input size and an output size, but was given {sizes}")
    rng = np.random.default_rng(validate.whole(seed, "seed", low=0))
    return [(rng.normal(size=(k, m)) / np.sqrt(k), np.zeros(m)) for k, m in itertools.pairwise(sizes)]


# ----------------------------------------------------------------------------------------------------------- helpers
def _forward(layers: Layers, X: np.ndarray, phi: Callable) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return what goes into each layer, and its scores."""
    inputs, scores = [X], []
    for W, b in layers:
        with np.errstate(over="ignore", invalid="ignore"):
            scores.append(validate.result(inputs[-1] @ W + b, "a score"))
        if len(scores) < len(layers):
            inputs.append(phi(scores[-1]))
    return inputs, scores


def _checked(layers, X) -> tuple[Layers, np.ndarray]:
    X, layers = validate.matrix(X, "X", within=BELOW), _layers(layers)
    if X.shape[1] != len(layers[0][0]):
        raise ValueError(f"X has {X.shape[1]} columns, but the first layer takes {len(layers[0][0])}")
    return layers, X


def _layers(layers) -> Layers:
    if not isinstance(layers, (list, tuple)) or not layers:
        raise ValueError("layers must be a list of at least one pair (W, b)")
    out = []
    for at, layer in enumerate(layers):
        if not isinstance(layer, (list, tuple)) or len(layer) != 2:
            raise ValueError(f"layer {at} must be a pair (W, b)")
        W = validate.matrix(layer[0], f"W of layer {at}", within=BELOW)
        b = validate.vector(layer[1], f"b of layer {at}", W.shape[1], "columns of W")
        if out and out[-1][0].shape[1] != len(W):
            raise ValueError(f"layer {at} takes {len(W)} inputs, but the layer before gives {out[-1][0].shape[1]}")
        out.append((W, b))
    return out


def _loss(Z: np.ndarray, targets) -> float:
    targets = validate.array(targets, "targets")
    if targets.ndim == 1:
        return cross_entropy(Z, targets)
    T = _table(targets, Z)
    return mse(Z.ravel(), T.ravel())


def _loss_gradient(Z: np.ndarray, targets) -> np.ndarray:
    """Return the gradient (N, m) of `_loss` by the scores."""
    targets = validate.array(targets, "targets")
    if targets.ndim == 1:
        return cross_entropy_slopes(Z, targets)
    return 2 * (Z - _table(targets, Z)) / Z.size


def _table(targets, Z: np.ndarray) -> np.ndarray:
    T = validate.matrix(targets, "targets", within=BELOW)
    if T.shape != Z.shape:
        raise ValueError(f"targets have the shape {T.shape}, but the scores {Z.shape}")
    return T
