"""A variational autoencoder's forward pass, its bound on the log-likelihood, and the divergence of Gaussians.

Source: Kingma, Welling (2014), Auto-encoding variational Bayes; Higgins et al. (2017) for β.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lib.book import validate
from lib.losses.classification import sigmoid, softplus

SIDE = 14  # of the pictures: a digit's 28 × 28 pixels, each four of them one
LIVE = 0.05  # nats of divergence from which a dimension of the code counts as used


def gaussian_kl(mu, log_var) -> np.ndarray:
    """Return the divergence of N(μ, σ²) from N(0, 1), entry by entry, in nats: ½(μ² + σ² − 1 − log σ²).

    mu, log_var : arrays of one shape, log_var = log σ²
    Equation: eq-gaussian-kl
    """
    mu, log_var = validate.array(mu, "mu"), validate.array(log_var, "log_var")
    if mu.shape != log_var.shape:
        raise ValueError(f"mu and log_var must have the same shape, but have {mu.shape} and {log_var.shape}")
    with np.errstate(over="ignore"):
        return validate.result((mu**2 + np.exp(log_var) - 1 - log_var) / 2, "the divergence")


def picture_loss(scores, x) -> np.ndarray:
    """Return −log p(x|z) of each picture in nats, (N,): the cross-entropies of its pixels added up.

    scores : (N, P), before the sigmoid;  x : (N, P), ink from 0 to 1
    Equation: eq-picture-loss
    """
    scores, x = validate.matrix(scores, "scores", within=validate.BELOW), validate.matrix(x, "x", within=validate.BELOW)
    if scores.shape != x.shape:
        raise ValueError(f"scores and x must have the same shape, but have {scores.shape} and {x.shape}")
    if x.min() < 0 or x.max() > 1:
        raise ValueError(f"x must lie from 0 to 1, but reaches from {x.min():g} to {x.max():g}")
    return (softplus(scores) - x * scores).sum(axis=1)


def live_dimensions(kl) -> int:
    """Return how many dimensions of a code have a mean divergence above 0.05 nats. kl : (N, k), of each picture and dimension."""
    return int(np.sum(validate.matrix(kl, "kl", within=validate.BELOW).mean(axis=0) > LIVE))


def shapes(hidden: int, code: int) -> dict[str, tuple[int, int]]:
    """Return the shapes of the weights of a `Variational`, by layer, for so many hidden units and numbers of a code."""
    hidden, code = validate.whole(hidden, "hidden", low=1), validate.whole(code, "code", low=1)
    pixels = SIDE * SIDE
    return {
        "in": (pixels, hidden),
        "mean": (hidden, code),
        "log_var": (hidden, code),
        "code": (code, hidden),
        "out": (hidden, pixels),
    }


class Variational:
    """An encoder that gives a Gaussian for each picture, and a decoder that paints a picture from a code; one hidden layer each.

    weights : in.W (196, H), mean.W and log_var.W (H, k), code.W (k, H), out.W (H, 196), and .b for each.
    Raises ValueError for others.
    """

    def __init__(self, weights: Mapping[str, np.ndarray]):
        hidden, code = (np.shape(weights.get(f"{name}.W"))[-1:] for name in ("in", "mean"))
        self.weights = validate.layers(weights, shapes(*(hidden or (1,)), *(code or (1,))))
        self.code = code[0]

    def _layer(self, name: str, x: np.ndarray) -> np.ndarray:
        return x @ self.weights[f"{name}.W"] + self.weights[f"{name}.b"]

    def encode(self, images) -> tuple[np.ndarray, np.ndarray]:
        """Return μ and log σ² (N, k) of pictures (N, 14, 14)."""
        images = validate.array(images, "images", 3)
        if images.shape[1:] != (SIDE, SIDE):
            raise ValueError(f"images must be {SIDE} × {SIDE}, but are {' × '.join(map(str, images.shape[1:]))}")
        hidden = np.maximum(self._layer("in", images.reshape(len(images), -1)), 0)
        return self._layer("mean", hidden), self._layer("log_var", hidden)

    def scores(self, z) -> np.ndarray:
        """Return the pixels' scores (N, 196), before the sigmoid, of codes (N, k)."""
        z = validate.array(z, "z", 2)
        if z.shape[1] != self.code:
            raise ValueError(f"z must have {self.code} columns, but has shape {z.shape}")
        return self._layer("out", np.maximum(self._layer("code", z), 0))

    def decode(self, z) -> np.ndarray:
        """Return pictures (N, 14, 14), each pixel the probability of ink, of codes (N, k)."""
        return sigmoid(self.scores(z)).reshape(-1, SIDE, SIDE)

    def terms(self, images, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return the bound's two terms of each picture in nats: the loss (N,) of one drawn code, and the divergence (N, k).

        Equation: eq-elbo
        """
        rng = validate.generator(rng)
        mu, log_var = self.encode(images)
        z = mu + np.exp(log_var / 2) * rng.standard_normal(mu.shape)
        x = validate.array(images, "images", 3).reshape(len(mu), -1)
        return picture_loss(self.scores(z), x), gaussian_kl(mu, log_var)
