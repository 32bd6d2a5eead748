"""Neurons: threshold units, activations with their derivatives, one hidden layer, and what enough units can do.

A layer takes the rows of X (N, k) to φ(XW + b) (N, m): W (k, m) has one column a unit, b (m,) one free term a unit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.special

from lib.book import validate
from lib.book.validate import ANY, BELOW
from lib.losses.classification import sigmoid
from lib.losses.regression import fit_mse

# ------------------------------------------------------------------------------------------------ threshold units
CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])  # the four inputs of a gate
GATES = {"AND": (0, 0, 0, 1), "OR": (0, 1, 1, 1), "NAND": (1, 1, 1, 0), "XOR": (0, 1, 1, 0)}


def step(z) -> np.ndarray:
    """Return 1 where z > 0 and 0 elsewhere: the threshold. On the line itself, z = 0, it is 0.

    Equation: eq-threshold-unit
    """
    return (validate.array(z, "z", within=ANY) > 0).astype(float)


def threshold_unit(X, w, w0: float) -> np.ndarray:
    """Return the answers (N,), 0 or 1, of a unit with weights w (k,) and free term w0 to the rows of X (N, k).

    Equation: eq-threshold-unit. Source: McCulloch & Pitts (1943).
    """
    X = validate.matrix(X, "X")
    w = validate.vector(w, "w", X.shape[1], "columns of X")
    return step(X @ w + validate.number(w0, "w0"))


# ---------------------------------------------------------------------------------------------------- activations
def relu(z) -> np.ndarray:
    """Return max(z, 0). Equation: eq-relu"""
    return np.maximum(validate.array(z, "z", within=ANY), 0)


def leaky_relu(z, leak: float = 0.01) -> np.ndarray:
    """Return z where it is positive and leak · z elsewhere. Equation: eq-relu"""
    z, leak = validate.array(z, "z", within=ANY), validate.number(leak, "leak")
    with np.errstate(over="ignore"):
        return validate.result(np.where(z > 0, z, leak * z), "leak · z")


def tanh(z) -> np.ndarray:
    """Return tanh z = 2σ(2z) − 1, between −1 and 1. Equation: eq-tanh"""
    return np.tanh(validate.array(z, "z", within=ANY))


def gelu(z) -> np.ndarray:
    """Return z Φ(z), Φ the normal distribution function. Equation: eq-gelu. Source: Hendrycks & Gimpel (2016)."""
    z = validate.array(z, "z", within=ANY)
    return z * scipy.special.ndtr(z)


def sigmoid_slope(z) -> np.ndarray:
    """Return σ′(z) = σ(z) σ(−z), at most 1/4. Equation: eq-sigmoid-slope"""
    return sigmoid(z) * sigmoid(-validate.array(z, "z", within=ANY))


def tanh_slope(z) -> np.ndarray:
    """Return 1 − tanh² z = 4σ′(2z), at most 1; small values keep their digits. Equation: eq-tanh"""
    return 4 * sigmoid_slope(2 * np.clip(validate.array(z, "z", within=ANY), -400, 400))


def relu_slope(z) -> np.ndarray:
    """Return 1 where z > 0 and 0 elsewhere; at the kink, a convention, 0. Equation: eq-relu"""
    return step(z)


def leaky_relu_slope(z, leak: float = 0.01) -> np.ndarray:
    """Return 1 where z > 0 and leak elsewhere, at the kink too. Equation: eq-relu"""
    return np.where(validate.array(z, "z", within=ANY) > 0, 1.0, validate.number(leak, "leak"))


def gelu_slope(z) -> np.ndarray:
    """Return Φ(z) + z φ(z), φ the normal density. Equation: eq-gelu"""
    z = validate.array(z, "z", within=ANY)
    return scipy.special.ndtr(z) + z * np.exp(-(np.minimum(np.abs(z), 40) ** 2) / 2) / np.sqrt(2 * np.pi)


@dataclass(frozen=True)
class Activation:
    """A function φ of a score and its derivative, both entry by entry; `from_value` is the derivative read off φ(z)."""

    value: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[np.ndarray], np.ndarray]
    from_value: Callable[[np.ndarray], np.ndarray] | None = None

    def slope_at(self, z: np.ndarray, h: np.ndarray) -> np.ndarray:
        """Return φ′(z) where h = φ(z) is known already: for sigmoid and tanh that saves the exponential."""
        return self.slope(z) if self.from_value is None else self.from_value(h)


ACTIVATIONS = {
    "sigmoid": Activation(sigmoid, sigmoid_slope, lambda h: h * (1 - h)),
    "tanh": Activation(tanh, tanh_slope, lambda h: 1 - h * h),
    "ReLU": Activation(relu, relu_slope),
    "leaky ReLU": Activation(leaky_relu, leaky_relu_slope),
    "GELU": Activation(gelu, gelu_slope),
}


def activation(name: str) -> Activation:
    """Return the activation called `name`; raise ValueError, naming those there are, where it is unknown."""
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise ValueError(f"there is no activation {name!r}; there are {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[name]


# ------------------------------------------------------------------------------------------------- one hidden layer
@dataclass(frozen=True)
class OneHiddenLayer:
    """The function v0 + φ(XW + b) v of the rows of X: W (k, m), b (m,), v (m,), a number v0, an activation φ.

    Equation: eq-one-hidden-layer
    """

    W: np.ndarray
    b: np.ndarray
    v: np.ndarray
    v0: float
    value: Callable[[np.ndarray], np.ndarray] = sigmoid

    def __post_init__(self):
        W = validate.matrix(self.W, "W", within=BELOW)
        b, v = (validate.vector(getattr(self, name), name, W.shape[1], "columns of W") for name in "bv")
        for name, checked in (("W", W), ("b", b), ("v", v), ("v0", validate.number(self.v0, "v0"))):
            object.__setattr__(self, name, checked)
        if not callable(self.value):
            raise TypeError(f"value must be a function, the activation, but is {self.value!r}")

    def __call__(self, X) -> np.ndarray:
        """Return the outputs (N,) for the rows of X (N, k)."""
        X = validate.matrix(X, "X")
        if X.shape[1] != len(self.W):
            raise ValueError(f"X has {X.shape[1]} columns, but W has {len(self.W)} rows")
        return self.v0 + self.value(X @ self.W + self.b) @ self.v


def staircase(f: Callable[[np.ndarray], np.ndarray], width: int, steepness: float = 40.0) -> OneHiddenLayer:
    """Return a network of `width` sigmoids that climbs from f(0) to f(1) in equal steps, none of its weights trained.

    steepness × width is the slope of each sigmoid's score. Equation: eq-staircase
    """
    width = validate.whole(width, "width", low=1)
    slope = validate.number(steepness, "steepness", low=0, open_low=True) * width
    nodes = np.linspace(0, 1, width + 1)
    heights = validate.vector(f(nodes), "f(nodes)", width + 1, "nodes")
    middles = (nodes[:-1] + nodes[1:]) / 2
    return OneHiddenLayer(np.full((1, width), slope), -slope * middles, np.diff(heights), float(heights[0]))


def random_layer(
    f, width: int, seed: int, phi: str = "sigmoid", scale: float = 20.0, points: int = 1000
) -> OneHiddenLayer:
    """Return a network of `width` hidden units drawn at random, its outer weights fitted to f on [0, 1] by MSE.

    Unit j is φ(aⱼ(x − cⱼ)) with cⱼ uniform on [−0.1, 1.1] and aⱼ normal with standard deviation `scale`.
    """
    width, rng = validate.whole(width, "width", low=1), np.random.default_rng(validate.whole(seed, "seed", low=0))
    slopes = validate.number(scale, "scale", low=0, open_low=True) * rng.normal(size=width)
    centres, chosen = rng.uniform(-0.1, 1.1, width), activation(phi).value
    x = np.linspace(0, 1, validate.whole(points, "points", low=2))
    H = chosen(np.outer(x, slopes) - slopes * centres)  # (points, width)
    v = fit_mse(np.column_stack([np.ones(len(x)), H]), f(x))
    return OneHiddenLayer(slopes[None], -slopes * centres, v[1:], float(v[0]), chosen)


def largest_error(network: Callable[[np.ndarray], np.ndarray], f, points: int = 4001) -> float:
    """Return the largest |network(x) − f(x)| over an even grid on [0, 1]: the distance in the theorem.

    Equation: eq-sup-distance
    """
    x = np.linspace(0, 1, validate.whole(points, "points", low=2))
    return float(np.abs(network(x[:, None]) - validate.vector(f(x), "f(x)", len(x), "points")).max())
