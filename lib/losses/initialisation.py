"""Initialisation: weights to start from, and what becomes of a signal on its way through many layers.

A layer's gain is the standard deviation of its weights times √k, k the number of its inputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from lib.book import validate
from lib.book.validate import generator as _generator
from lib.losses.backprop import Layers, random_layers
from lib.losses.neurons import activation


def xavier(k: int, m: int, rng: np.random.Generator) -> np.ndarray:
    """Return weights (k, m) uniform within ±√(6/(k + m)), so of variance 2/(k + m).

    Equation: eq-xavier. Source: Glorot & Bengio (2010).
    """
    bound = xavier_bound(k, m)
    return _generator(rng).uniform(-bound, bound, (k, m))


def xavier_bound(k: int, m: int) -> float:
    """Return √(6/(k + m)) for k inputs and m units. Equation: eq-xavier"""
    return float(np.sqrt(6 / (validate.whole(k, "k", low=1) + validate.whole(m, "m", low=1))))


def kaiming(k: int, m: int, rng: np.random.Generator) -> np.ndarray:
    """Return normal weights (k, m) of variance 2/k, for ReLU. Equation: eq-kaiming. Source: He et al. (2015)."""
    return scaled(k, m, np.sqrt(2), rng)


def scaled(k: int, m: int, gain: float, rng: np.random.Generator) -> np.ndarray:
    """Return normal weights (k, m) with standard deviation gain/√k. Equation: eq-layer-variance"""
    shape = (validate.whole(k, "k", low=1), validate.whole(m, "m", low=1))
    return validate.number(gain, "gain", low=0) / np.sqrt(k) * _generator(rng).normal(size=shape)


def network(sizes, gain: float, seed: int = 0) -> Layers:
    """Return layers for the sizes (k, …, m) as `random_layers` does, the hidden ones with this gain."""
    gain, (*hidden, last) = validate.number(gain, "gain", low=0), random_layers(sizes, seed)
    return [*((gain * W, b) for W, b in hidden), last]


def mean_square(phi: str, variance: float = 1.0) -> float:
    """Return E φ(z)² for z normal with mean 0 and the given variance, by Gauss–Legendre quadrature on each side of 0.

    Equation: eq-variance-map. Error below 1e-6 for the five activations and variances up to 100.
    """
    return _mean_square(activation(phi).value, variance)


def mean_square_slope(phi: str, variance: float = 1.0) -> float:
    """Return E φ′(z)² for z normal with mean 0 and the given variance: what a layer leaves of a gradient's mean square.

    Equation: eq-layer-variance. Error below 1e-5 of itself for the five activations and variances up to 100.
    """
    return _mean_square(activation(phi).slope, variance)


def critical_gain(phi: str) -> float:
    """Return the gain 1/√(E φ(z)²) that keeps scores of variance 1 at variance 1: √2 for ReLU.

    Equation: eq-variance-map
    """
    return 1 / np.sqrt(mean_square(phi))


def predicted(phi: str, gain: float, depth: int) -> np.ndarray:
    """Return the root mean square (depth,) of the scores of each layer, as the theory of wide layers has it.

    The input has root mean square 1. Equation: eq-variance-map. Source: Poole et al. (2016).
    """
    gain, q = validate.number(gain, "gain", low=0), np.empty(validate.whole(depth, "depth", low=1))
    q[0] = gain**2
    for layer in range(1, len(q)):
        q[layer] = gain**2 * mean_square(phi, min(q[layer - 1], 1e100))
    return np.sqrt(q)


def predicted_gradients(phi: str, gain: float, depth: int) -> np.ndarray:
    """Return the root mean square (depth,) of the gradients by the scores of each layer, as the theory of wide layers has it.

    A gradient of root mean square 1 comes in at the end. Equation: eq-layer-variance. Source: Poole et al. (2016).
    """
    g = [mean_square_slope(phi, min(q, 1e100)) for q in predicted(phi, gain, depth) ** 2]
    for layer in range(depth - 2, -1, -1):
        g[layer] *= gain**2 * g[layer + 1]
    return np.sqrt(g)


@dataclass(frozen=True)
class Signal:
    """What went through a network: root mean squares of scores and gradients (depth,), and the activations (depth, N, width)."""

    scores: np.ndarray
    gradients: np.ndarray
    activations: np.ndarray


def propagate(phi: str, gain: float, depth: int, width: int = 100, samples: int = 50, seed: int = 0) -> Signal:
    """Return the signal of random inputs through `depth` layers of `width` units, and of a random gradient back.

    The gradients are by the scores of each layer, from one of root mean square 1 at the end. Equation: eq-layer-variance
    """
    depth, width = validate.whole(depth, "depth", low=1), validate.whole(width, "width", low=1)
    samples, rng = validate.whole(samples, "samples", low=1), np.random.default_rng(validate.whole(seed, "seed", low=0))
    chosen = activation(phi)
    H, weights, scores, out = rng.normal(size=(samples, width)), [], [], []
    for _ in range(depth):
        weights.append(scaled(width, width, gain, rng))
        scores.append(_product(H, weights[-1]))
        H = chosen.value(scores[-1])
        out.append(H)
    G = rng.normal(size=(samples, width)) * chosen.slope(scores[-1])
    back = [G]
    for layer in range(depth - 1, 0, -1):
        G = _product(G, weights[layer].T) * chosen.slope(scores[layer - 1])
        back.append(G)
    return Signal(_rms(scores), _rms(back[::-1]), np.array(out))


# -------------------------------------------------------------------------------------------------------------- helpers
def _product(H: np.ndarray, W: np.ndarray) -> np.ndarray:
    """Return HW, or raise where its squares leave the range of floats."""
    with np.errstate(over="ignore", invalid="ignore"):
        out = H @ W
    validate.in_range(out, "a signal so far through the network", (0.0, 1e150))
    return out


def _rms(arrays: list[np.ndarray]) -> np.ndarray:
    return np.array([np.sqrt(np.mean(a**2)) for a in arrays])


def _mean_square(f, variance: float) -> float:
    """Return E f(z)² for z normal with mean 0 and the given variance."""
    root = np.sqrt(validate.number(variance, "variance", low=0, within=(0.0, 1e100)))
    z, weight = _half_normal()
    return float(weight @ (f(root * z) ** 2 + f(-root * z) ** 2))


def _half_normal() -> tuple[np.ndarray, np.ndarray]:
    """Return nodes z > 0 and weights of the normal density on 0 … 12, by Gauss–Legendre in eight pieces."""
    x, w = np.polynomial.legendre.leggauss(20)
    pieces = np.linspace(0, 12, 9)
    z = np.concatenate([(a + b) / 2 + (b - a) / 2 * x for a, b in pairwise(pieces)])
    weight = np.tile(w * 0.75, 8) * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    return z, weight
