"""Autoencoders in numpy alone, for what a page does with trained ones, and what they are measured by."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lib.book import validate
from lib.convnets.convolution import conv2d, conv_transpose2d
from lib.convnets.digits import SIDE
from lib.losses.classification import sigmoid, softmax
from lib.unsupervised.pca import principal_components

AT_A_TIME = 250  # pictures, so that a page's memory suffices


# ------------------------------------------------------------------------------------------------------ trained networks
class Deep:
    """An autoencoder of dense layers with ReLU between them: the first half encodes, the second paints, a sigmoid ends it.

    weights : dense1.W (D, a), dense1.b (a,), dense2.W (a, b), …, an even number of layers; the last gives D numbers again. Raises
    ValueError for others.
    """

    def __init__(self, weights: Mapping[str, np.ndarray]):
        self.layers = _dense_layers(weights)
        if len(self.layers) % 2:
            raise ValueError(f"an autoencoder has as many layers in each half, but there are {len(self.layers)}")
        if self.layers[0][0].shape[0] != self.layers[-1][0].shape[1]:
            raise ValueError("the last layer must give as many numbers as the first one reads")
        self.half = len(self.layers) // 2
        self.code_size = self.layers[self.half][0].shape[0]

    def encode(self, X) -> np.ndarray:
        """Return the codes (N, k) of rows X (N, D), entries from 0 to 1."""
        return _through(validate.array(X, "X", 2), self.layers[: self.half])

    def decode(self, Z) -> np.ndarray:
        """Return what the codes Z (N, k) are painted as, (N, D), between 0 and 1."""
        return sigmoid(_through(validate.array(Z, "Z", 2), self.layers[self.half :]))

    def __call__(self, X) -> np.ndarray:
        """Return the reconstructions (N, D) of rows X (N, D)."""
        return self.decode(self.encode(X))


class Plain:
    """A network of dense layers with ReLU between them and nothing behind the last: points to points.

    weights : dense1.W (D, a), dense1.b (a,), …; the last gives D numbers. Raises ValueError for others.
    """

    def __init__(self, weights: Mapping[str, np.ndarray]):
        self.layers = _dense_layers(weights)

    def __call__(self, X) -> np.ndarray:
        """Return what the network makes of rows X (N, D)."""
        return _through(validate.array(X, "X", 2), self.layers)


class Convolutional:
    """Pictures to pictures: two convolutions that halve, one that keeps the size, and two transposed ones that double.

    weights : conv1.W (a, 1, 4, 4), conv2.W (b, a, 4, 4), conv3.W (b, b, 3, 3), up1.W (b, a, 4, 4), up2.W (a, 1, 4, 4) and .b for each, of as many
    entries as the layer has outputs. Raises ValueError for others.
    """

    def __init__(self, weights: Mapping[str, np.ndarray]):
        _mapping(weights)
        a, b = (_kernel(weights, name).shape[0] for name in ("conv1", "conv2"))
        shapes = {
            "conv1": (a, 1, 4, 4),
            "conv2": (b, a, 4, 4),
            "conv3": (b, b, 3, 3),
            "up1": (b, a, 4, 4),
            "up2": (a, 1, 4, 4),
        }
        self.weights = {}
        for name, shape in shapes.items():
            W = _kernel(weights, name)
            free = validate.array(weights.get(f"{name}.b"), f"{name}.b", 1)
            outputs = shape[1] if name.startswith("up") else shape[0]
            if W.shape != shape or free.shape != (outputs,):
                raise ValueError(
                    f"{name}.W must have shape {shape} and {name}.b {outputs} entries, but they have {W.shape} and {free.shape}"
                )
            self.weights[name] = (W, free)

    def __call__(self, images) -> np.ndarray:
        """Return what pictures (N, 28, 28) become, (N, 28, 28), between 0 and 1, made 250 at a time."""
        x = validate.array(images, "images", 3)
        if x.shape[1:] != (SIDE, SIDE):
            raise ValueError(f"images must be {SIDE} × {SIDE}, but are {' × '.join(map(str, x.shape[1:]))}")
        return np.concatenate([self._pass(part) for part in np.array_split(x, max(1, -(-len(x) // AT_A_TIME)))])

    def _pass(self, x: np.ndarray) -> np.ndarray:
        x = x[:, None]
        for name, stride in (("conv1", 2), ("conv2", 2), ("conv3", 1)):
            x = np.maximum(conv2d(x, *self.weights[name], stride=stride, padding=1), 0)
        x = np.maximum(conv_transpose2d(x, *self.weights["up1"], stride=2, padding=1), 0)
        return sigmoid(conv_transpose2d(x, *self.weights["up2"], stride=2, padding=1))[:, 0]


def _mapping(weights) -> None:
    if not isinstance(weights, Mapping):
        raise TypeError(f"weights must be a mapping name → array, but is {type(weights).__name__}")


def _kernel(weights, name: str) -> np.ndarray:
    if f"{name}.W" not in weights or f"{name}.b" not in weights:
        raise ValueError(f"the weights {name}.W and {name}.b are missing")
    return validate.array(weights[f"{name}.W"], f"{name}.W", 4)


def _dense_layers(weights) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the pairs (W, b) of dense1, dense2, …, each reading what the one before gives."""
    _mapping(weights)
    layers: list[tuple[np.ndarray, np.ndarray]] = []
    while (name := f"dense{len(layers) + 1}") + ".W" in weights:
        W = validate.array(weights[f"{name}.W"], f"{name}.W", 2)
        b = validate.array(weights.get(f"{name}.b"), f"{name}.b", 1)
        if len(b) != W.shape[1] or (layers and layers[-1][0].shape[1] != W.shape[0]):
            raise ValueError(f"{name} does not fit: it has W {W.shape} and b {b.shape}")
        layers.append((W, b))
    if not layers:
        raise ValueError("there is no dense1.W among the weights")
    return layers


def _through(x: np.ndarray, layers) -> np.ndarray:
    if x.shape[1] != layers[0][0].shape[0]:
        raise ValueError(f"rows must have {layers[0][0].shape[0]} entries, but have {x.shape[1]}")
    for n, (W, b) in enumerate(layers):
        x = x @ W + b
        if n < len(layers) - 1:
            x = np.maximum(x, 0)
    return x


# ---------------------------------------------------------------------------------------------------- what measures them
def principal_axes(X) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean (D,) of the rows X (N, D) and the principal axes as columns, that of the largest variance first.

    The columns are eigenvectors of the covariance matrix, (D, min(N, D)); of each the entry of largest size is positive.
    """
    found = principal_components(X, by="eig")
    return found.mean, found.axes


def projected(X, mean, V) -> np.ndarray:
    """Return the rows X (N, D), projected on the plane through `mean` (D,) that the orthonormal columns of V (D, k) span."""
    X, V = validate.array(X, "X", 2), validate.array(V, "V", 2)
    mean = validate.vector(mean, "mean", X.shape[1], "columns of X")
    if len(V) != X.shape[1]:
        raise ValueError(f"V must have {X.shape[1]} rows, as X has columns, but has {len(V)}")
    return mean + (X - mean) @ V @ V.T


def area_under_curve(normal, strange) -> float:
    """Return the share of pairs in which the strange one has the higher score, a tie counted as half.

    normal : (N,) scores;  strange : (M,);  at least one each. Equation: eq-auc
    """
    normal, strange = validate.vector(normal, "normal"), validate.vector(strange, "strange")
    normal = np.sort(normal)
    beaten = np.searchsorted(normal, strange, "left") + np.searchsorted(normal, strange, "right")
    return float(beaten.sum() / (2 * len(normal) * len(strange)))


def rate_penalty(H, rho: float) -> float:
    """Return Σⱼ KL(ρ‖ρ̂ⱼ), with ρ̂ⱼ the mean of column j of H.

    H : (N, K), between 0 and 1, no column's mean 0 or 1;  rho : ρ, between 0 and 1. Equation: eq-rate-penalty
    """
    H = validate.array(H, "H", 2)
    rho = validate.number(rho, "rho", low=0, high=1, open_low=True)
    if rho == 1:
        raise ValueError("rho must lie below 1")
    if (H < 0).any() or (H > 1).any():
        raise ValueError("H must hold activities between 0 and 1, as a sigmoid gives them")
    rate = H.mean(axis=0)
    if ((rate <= 0) | (rate >= 1)).any():
        raise ValueError("a unit is never, or always, fully on: its divergence is infinite")
    on, off = np.log(rho) - np.log(rate), np.log1p(-rho) - np.log1p(-rate)
    return float((rho * on + (1 - rho) * off).sum())


def best_denoiser(noisy, points, sigma: float) -> np.ndarray:
    """Return the mean of what may have been under Gaussian noise: (N, D), for noisy (N, D) and equally likely points (M, D).

    sigma : the noise's standard deviation, above 0. Equation: eq-best-denoiser
    """
    noisy, points = validate.array(noisy, "noisy", 2), validate.array(points, "points", 2)
    sigma = validate.number(sigma, "sigma", low=1e-6, high=1e6)
    if noisy.shape[1] != points.shape[1]:
        raise ValueError(f"noisy has {noisy.shape[1]} columns, but points {points.shape[1]}")
    far = ((noisy[:, None] - points[None]) ** 2).sum(axis=2)
    return softmax(-far / (2 * sigma**2)) @ points
