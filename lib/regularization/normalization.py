"""Batch and layer normalization in numpy, with their gradients by hand: the same numbers as PyTorch's layers.

Arrays are (N, D) or (N, D, …): samples first, then D features (channels), then places. Batch normalization takes the mean
over everything but the features, layer normalization over the last axis, for each sample and place by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lib.book import validate


@dataclass(frozen=True)
class Normalized:
    """What the gradient needs: x_hat, the normalised input, scale = 1/√(variance + eps), and gamma, as broadcast."""

    x_hat: np.ndarray
    scale: np.ndarray
    gamma: np.ndarray
    axes: tuple[int, ...]  # the axes that mean and variance were taken over
    fixed: bool = False  # mean and variance were given (evaluation), not taken from x


# ------------------------------------------------------------------------------------------------ batch normalization
def batch_norm(x, gamma, beta, eps: float = 1e-5, mean=None, variance=None) -> tuple[np.ndarray, Normalized]:
    """Return (γ·(x − mean)/√(variance + ε) + β, what the gradient needs); mean and variance of the batch unless given.

    x : (N, D) or (N, D, …);  gamma, beta, mean, variance : (D,)
    Equation: eq-batch-mean, eq-batch-variance, eq-batch-norm. Source: Ioffe & Szegedy (2015).
    """
    x = _samples(x)
    gamma, beta = (_feature(v, name, x) for v, name in ((gamma, "gamma"), (beta, "beta")))
    eps = validate.number(eps, "eps", low=0)
    axes = (0, *range(2, x.ndim))
    fixed = mean is not None
    if fixed != (variance is not None):
        raise ValueError("give both mean and variance, or neither")
    m, v = (_feature(mean, "mean", x), _feature(variance, "variance", x)) if fixed else _moments(x, axes)
    return _normalize(x, m, v, gamma, beta, eps, axes, fixed)


def batch_norm_gradient(g, cache: Normalized) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradients with respect to x, gamma (D,) and beta (D,), given g, the gradient with respect to the output.

    Equation: eq-batch-norm-gradient
    """
    g = _like(g, cache)
    return _input_gradient(g, cache), (g * cache.x_hat).sum(axis=cache.axes), g.sum(axis=cache.axes)


@dataclass
class BatchNorm:
    """A layer for D features: the batch's statistics in training, running ones in evaluation, as torch.nn.BatchNorm.

    momentum : the weight of the newest batch; None takes the plain mean of all batches so far
    track_running_stats : if False there are no running statistics, and evaluation uses the batch's as well
    Equation: eq-running-mean, eq-running-variance
    """

    D: int
    eps: float = 1e-5
    momentum: float | None = 0.1
    track_running_stats: bool = True
    training: bool = True
    gamma: np.ndarray = field(init=False)
    beta: np.ndarray = field(init=False)
    running_mean: np.ndarray | None = field(init=False, default=None)
    running_variance: np.ndarray | None = field(init=False, default=None)
    batches: int = field(init=False, default=0)

    def __post_init__(self):
        self.D = validate.whole(self.D, "D", low=1)
        self.eps = validate.number(self.eps, "eps", low=0)
        if self.momentum is not None:
            self.momentum = validate.number(self.momentum, "momentum", low=0, high=1)
        self.gamma, self.beta = np.ones(self.D), np.zeros(self.D)
        if self.track_running_stats:
            self.running_mean, self.running_variance = np.zeros(self.D), np.ones(self.D)

    def __call__(self, x) -> tuple[np.ndarray, Normalized]:
        """Return the output for x (N, D) or (N, D, …), and what the gradient needs; in training, update the statistics."""
        x = _samples(x)
        if x.shape[1] != self.D:
            raise ValueError(f"the layer normalises {self.D} features, but x has shape {x.shape}")
        if not self.training and self.track_running_stats:
            return batch_norm(x, self.gamma, self.beta, self.eps, self.running_mean, self.running_variance)
        count = x.size // self.D
        if count < 2 and self.training:
            raise ValueError(f"training needs more than one value a feature, but x has shape {x.shape}")
        if self.training and self.track_running_stats:
            self._remember(x, count)
        return batch_norm(x, self.gamma, self.beta, self.eps)

    def _remember(self, x: np.ndarray, count: int) -> None:
        mean, variance = _moments(x, (0, *range(2, x.ndim)))
        self.batches += 1
        share = 1 / self.batches if self.momentum is None else self.momentum
        unbiased = variance.ravel() * count / (count - 1)
        rest = 1 - share
        self.running_mean = rest * self.running_mean + share * mean.ravel()
        self.running_variance = rest * self.running_variance + share * unbiased


# ------------------------------------------------------------------------------------------------ layer normalization
def layer_norm(x, gamma, beta, eps: float = 1e-5) -> tuple[np.ndarray, Normalized]:
    """Return (γ·(x − mean)/√(variance + ε) + β, what the gradient needs), mean and variance over the last axis.

    x : (…, D);  gamma, beta : (D,). Training and evaluation are the same.
    Equation: eq-layer-norm. Source: Ba, Kiros & Hinton (2016).
    """
    x = validate.array(x, "x")
    if x.ndim < 1:
        raise ValueError("x must have at least one axis, but is a single number")
    gamma, beta = (
        validate.vector(v, name, x.shape[-1], "entries on x's last axis")
        for v, name in ((gamma, "gamma"), (beta, "beta"))
    )
    axes = (x.ndim - 1,)
    return _normalize(x, *_moments(x, axes), gamma, beta, validate.number(eps, "eps", low=0), axes, False)


def layer_norm_gradient(g, cache: Normalized) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradients with respect to x, gamma (D,) and beta (D,), given g, the gradient with respect to the output.

    Equation: eq-layer-norm-gradient
    """
    g = _like(g, cache)
    others = tuple(range(g.ndim - 1))
    return _input_gradient(g, cache), (g * cache.x_hat).sum(axis=others), g.sum(axis=others)


# ------------------------------------------------------------------------------------------------------- batch noise
def batch_noise(x, value: float, size: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Return (draws,) what batch normalization makes of `value` when it stands among size − 1 random entries of x (K,)."""
    x, value = validate.vector(x, "x"), validate.number(value, "value")
    size, draws = validate.whole(size, "size", low=2), validate.whole(draws, "draws", low=1)
    batches = np.column_stack([np.full(draws, value), validate.generator(rng).choice(x, size=(draws, size - 1))])
    spread = np.where(validate.constant_columns(batches.T), 0.0, batches.std(axis=1))
    return np.divide(value - batches.mean(axis=1), spread, out=np.zeros(draws), where=spread > 0)


def batch_noise_sd(x_hat: float, size: int) -> float:
    """Return √((1 + x̂²/2)/size), about how much a normalised value x̂ of normal data varies with its companions.

    For large batches. Equation: eq-batch-noise
    """
    x_hat, size = validate.number(x_hat, "x_hat"), validate.whole(size, "size", low=2)
    return float(np.sqrt((1 + x_hat**2 / 2) / size))


# ------------------------------------------------------------------------------------------------------------ helpers
def _normalize(x, mean, variance, gamma, beta, eps, axes, fixed) -> tuple[np.ndarray, Normalized]:
    shape = [1] * x.ndim
    shape[-1 if axes == (x.ndim - 1,) else 1] = -1
    gamma, beta = gamma.reshape(shape), beta.reshape(shape)
    if (variance < 0).any() or (eps == 0 and (variance <= (16 * np.finfo(float).eps * mean) ** 2 + 1e-280).any()):
        raise ValueError("a variance is negative, or is 0 up to rounding with eps = 0: there is nothing to divide by")
    scale = 1 / np.sqrt(variance + eps)
    x_hat = (x - mean) * scale
    return gamma * x_hat + beta, Normalized(x_hat, scale, gamma, axes, fixed)


def _input_gradient(g: np.ndarray, c: Normalized) -> np.ndarray:
    """γ/√(variance + ε) times g without its part along 1 and along x̂; all of g where mean and variance were given."""
    h = g * c.gamma
    if c.fixed:
        return c.scale * h
    along_one = h.mean(axis=c.axes, keepdims=True)
    along_x = (h * c.x_hat).mean(axis=c.axes, keepdims=True)
    return c.scale * (h - along_one - c.x_hat * along_x)


def _moments(x: np.ndarray, axes: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    mean = x.mean(axis=axes, keepdims=True)
    return mean, ((x - mean) ** 2).mean(axis=axes, keepdims=True)


def _samples(x) -> np.ndarray:
    x = validate.array(x, "x")
    if x.ndim < 2:
        raise ValueError(f"x must be (N, D) or (N, D, …), but has shape {x.shape}")
    return x


def _feature(value, name: str, x: np.ndarray) -> np.ndarray:
    vector = validate.vector(value, name, x.shape[1], "features in x")
    return vector.reshape([1, -1] + [1] * (x.ndim - 2))


def _like(g, cache: Normalized) -> np.ndarray:
    g = validate.array(g, "g")
    validate.instance(cache, Normalized, "cache")
    if g.shape != cache.x_hat.shape:
        raise ValueError(f"g has shape {g.shape}, but the layer's output has {cache.x_hat.shape}")
    return g
