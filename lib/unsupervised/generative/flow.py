"""A field that carries noise to data: exact for a finite set, learned by a network, and followed step by step.

Source: Lipman et al. (2023), Flow matching for generative modeling; Liu, Gong, Liu (2023), Flow straight and fast.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from lib.book import validate
from lib.losses.classification import softmax
from lib.unsupervised.generative.variational import SIDE

PIXELS = SIDE * SIDE
BLOCKS = 3  # of a `Flow`
WAVES = np.pi / 2 * 2.0 ** np.arange(8)  # of the time's code


def between(data, noise, t) -> np.ndarray:
    """Return (1 − t) noise + t data, row by row. data, noise : (N, D);  t : (N,), from 0 to 1. Equation: eq-between"""
    data, noise, t = validate.array(data, "data", 2), validate.array(noise, "noise", 2), validate.vector(t, "t")
    if data.shape != noise.shape or len(t) != len(data):
        raise ValueError(
            f"data and noise must have one shape and t an entry a row, but the shapes are {data.shape}, {noise.shape} and {t.shape}"
        )
    if t.min() < 0 or t.max() > 1:
        raise ValueError(f"t must lie from 0 to 1, but reaches from {t.min():g} to {t.max():g}")
    return (1 - t[:, None]) * noise + t[:, None] * data


def exact_velocity(points, x, t: float) -> np.ndarray:
    """Return the best velocity at places x and time t where the data are `points`, each as likely, and the noise is N(0, I).

    points : (M, D);  x : (N, D);  t : from 0 on, below 1;  returns (N, D)
    Equation: eq-exact-velocity
    """
    points, x = validate.matrix(points, "points", within=validate.BELOW), validate.matrix(x, "x", within=validate.BELOW)
    if points.shape[1] != x.shape[1]:
        raise ValueError(f"points and x must have as many columns, but have {points.shape[1]} and {x.shape[1]}")
    t = validate.number(t, "t", low=0.0)
    if t >= 1:
        raise ValueError(f"t must be below 1, but is {t:g}: at the end each place is a point itself")
    # ‖x − t p‖² but for ‖x‖², which all points share: (N, M)
    distances = t**2 * (points**2).sum(axis=1) - 2 * t * x @ points.T
    shares = softmax(-distances / (2 * (1 - t) ** 2))
    return (shares @ points - x) / (1 - t)


def follow(velocity: Callable[[np.ndarray, float], np.ndarray], noise, count: int) -> np.ndarray:
    """Return the places after 0, 1, …, count steps of length 1/count along a velocity, (count + 1, N, D). Equation: eq-euler-step

    velocity : a function of places (N, D) and the time;  noise : (N, D), where to start
    """
    if not callable(velocity):
        raise TypeError(f"velocity must be a function of places and the time, but is {type(velocity).__name__}")
    count = validate.whole(count, "count", low=1)
    places = [validate.matrix(noise, "noise", within=validate.BELOW)]
    for k in range(count):
        places.append(places[-1] + validate.array(velocity(places[-1], k / count), "velocity", 2) / count)
    return np.stack(places)


def time_code(t) -> np.ndarray:
    """Return sines and cosines of the time at eight frequencies, (N, 16). t : (N,), from 0 to 1."""
    t = validate.vector(t, "t")
    return np.concatenate([np.sin(t[:, None] * WAVES), np.cos(t[:, None] * WAVES)], axis=1)


def shapes(hidden: int) -> dict[str, tuple[int, int]]:
    """Return the shapes of the weights of a `Flow`, by layer, for so many hidden units."""
    hidden = validate.whole(hidden, "hidden", low=1)
    return {
        "in": (PIXELS + 26, hidden),
        **{f"block{k}": (hidden, hidden) for k in range(BLOCKS)},
        "out": (hidden, PIXELS),
    }


class Flow:
    """A network that guesses the velocity of a noisy picture from the picture, the time and the digit that it should become.

    weights : in.W (196 + 16 + 10, H), three blocks block0.W … (H, H), out.W (H, 196), and .b for each. Raises ValueError for others.
    """

    def __init__(self, weights: Mapping[str, np.ndarray]):
        self.weights = validate.layers(weights, shapes(*(np.shape(weights.get("in.W"))[-1:] or (1,))))

    def __call__(self, x, t: float, digits) -> np.ndarray:
        """Return the velocity (N, 196) at noisy pictures x (N, 196), from −1 to 1, at time t; digits : (N,), 0 … 9, or −1 for any."""
        x = validate.matrix(x, "x", within=validate.BELOW)
        if x.shape[1] != PIXELS:
            raise ValueError(f"x must have {PIXELS} columns, but has shape {x.shape}")
        t = validate.number(t, "t", low=0.0, high=1.0)
        digits = validate.indices(digits, "digits")
        if len(digits) != len(x) or digits.min() < -1 or digits.max() > 9:
            raise ValueError(f"digits must be {len(x)} numbers from −1 to 9, but are {digits}")
        told = np.zeros((len(x), 10))
        told[digits >= 0, digits[digits >= 0]] = 1
        h = self._layer("in", np.concatenate([x, time_code(np.full(len(x), t)), told], axis=1))
        for k in range(BLOCKS):
            h = h + self._layer(f"block{k}", _silu(h))
        return self._layer("out", _silu(h))

    def guided(self, x, t: float, digits, strength: float) -> np.ndarray:
        """Return the velocity without the digit, plus `strength` times what knowing the digit changes. Equation: eq-guidance"""
        strength = validate.number(strength, "strength", low=0.0)
        digits = validate.indices(digits, "digits")
        free = self(x, t, np.full(len(digits), -1))
        return free + strength * (self(x, t, digits) - free)

    def _layer(self, name: str, x: np.ndarray) -> np.ndarray:
        return x @ self.weights[f"{name}.W"] + self.weights[f"{name}.b"]


def _silu(x: np.ndarray) -> np.ndarray:
    return x * (1 + np.tanh(x / 2)) / 2
