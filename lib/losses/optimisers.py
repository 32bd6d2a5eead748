"""Optimisers: gradient descent and its descendants, each one step of a few lines, equal to torch.optim's.

An optimiser is made with its settings and called with the weights w and the gradient g, arrays of one shape; it returns
the new weights and remembers what it needs (h, G, t) for the next call. Use a new one for each run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from lib.book import validate
from lib.book.validate import ANY
from lib.losses.backprop import Layers, _layers, backpropagation


# ---------------------------------------------------------------------------------------------------------- optimisers
@dataclass
class Optimiser:
    """What all share: a positive learning rate (`factor` times it at this step), and checked arrays."""

    rate: float
    factor: float = field(default=1.0, init=False)  # set by a schedule

    def __post_init__(self):
        self.rate = validate.number(self.rate, "rate", low=0, open_low=True)

    def __call__(self, w, g) -> np.ndarray:
        """Return the weights after one step from w against the gradient g, of the same shape.

        Raises ValueError where this optimiser has been used for weights of another shape, or the step leaves all bounds.
        """
        w, g = validate.array(w, "w", within=ANY), validate.array(g, "g", within=ANY)
        if w.shape != g.shape:
            raise ValueError(f"w has the shape {w.shape}, but its gradient g has {g.shape}")
        for remembered in (getattr(self, "h", 0.0), getattr(self, "G", 0.0)):
            if np.shape(remembered) not in ((), w.shape):
                raise ValueError(
                    f"this optimiser is in use for weights of the shape {remembered.shape}: take a new one"
                )
        with np.errstate(over="ignore", invalid="ignore"):
            return validate.result(self.step(w, g, self.rate * self.factor), "the step")

    def step(self, w: np.ndarray, g: np.ndarray, rate: float) -> np.ndarray:
        raise NotImplementedError


@dataclass
class GradientDescent(Optimiser):
    """w ← w − ηg. With g from one sample or a few it is SGD. Equation: eq-gradient-descent"""

    def step(self, w, g, rate):
        return w - rate * g


@dataclass
class Momentum(Optimiser):
    """Steps along h ← βh + g, a fading sum of gradients. Equation: eq-momentum. Source: Polyak (1964)."""

    beta: float = 0.9
    h: np.ndarray | float = field(default=0.0, init=False)

    def __post_init__(self):
        super().__post_init__()
        self.beta = _below_one(self.beta, "beta")

    def step(self, w, g, rate):
        self.h = self.beta * self.h + g
        return w - rate * self.h


@dataclass
class Nesterov(Momentum):
    """Momentum that looks ahead: steps along g + βh. Equation: eq-nesterov. Source: Nesterov (1983)."""

    def step(self, w, g, rate):
        self.h = self.beta * self.h + g
        return w - rate * (g + self.beta * self.h)


@dataclass
class AdaGrad(Optimiser):
    """Divides by the root of the sum of squares so far. Equation: eq-adagrad. Source: Duchi, Hazan & Singer (2011)."""

    eps: float = 1e-10
    G: np.ndarray | float = field(default=0.0, init=False)

    def __post_init__(self):
        super().__post_init__()
        self.eps = validate.number(self.eps, "eps", low=0, open_low=True)

    def step(self, w, g, rate):
        self.G = self.G + g**2
        return w - rate * g / (np.sqrt(self.G) + self.eps)


@dataclass
class RMSProp(Optimiser):
    """Divides by the root of a fading mean of squares. Equation: eq-rmsprop. Source: Tieleman & Hinton (2012)."""

    beta2: float = 0.99
    eps: float = 1e-8
    G: np.ndarray | float = field(default=0.0, init=False)

    def __post_init__(self):
        super().__post_init__()
        self.beta2 = _below_one(self.beta2, "beta2")
        self.eps = validate.number(self.eps, "eps", low=0, open_low=True)

    def step(self, w, g, rate):
        self.G = self.beta2 * self.G + (1 - self.beta2) * g**2
        return w - rate * g / (np.sqrt(self.G) + self.eps)


@dataclass
class Adam(Optimiser):
    """Fading means of gradients and of squares, both corrected for their start at 0; lam is an L2 penalty inside g.

    Equation: eq-adam. Source: Kingma & Ba (2015).
    """

    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    lam: float = 0.0
    h: np.ndarray | float = field(default=0.0, init=False)
    G: np.ndarray | float = field(default=0.0, init=False)
    t: int = field(default=0, init=False)

    def __post_init__(self):
        super().__post_init__()
        self.beta1 = _below_one(self.beta1, "beta1")
        self.beta2 = _below_one(self.beta2, "beta2")
        self.eps = validate.number(self.eps, "eps", low=0, open_low=True)
        self.lam = validate.number(self.lam, "lam", low=0)

    def step(self, w, g, rate):
        return w - rate * self.direction(g + self.lam * w)

    def direction(self, g):
        """Return the mean over the root of the mean square, both with the gradient g taken in."""
        self.t += 1
        self.h = self.beta1 * self.h + (1 - self.beta1) * g
        self.G = self.beta2 * self.G + (1 - self.beta2) * g**2
        h = self.h / (1 - self.beta1**self.t)
        G = self.G / (1 - self.beta2**self.t)
        return h / (np.sqrt(G) + self.eps)


@dataclass
class AdamW(Adam):
    """Adam, with weights that decay on their own: lam is not divided by √G. Equation: eq-adamw.

    Source: Loshchilov & Hutter (2019).
    """

    lam: float = 0.01

    def step(self, w, g, rate):
        return (1 - rate * self.lam) * w - rate * self.direction(g)


OPTIMISERS = {
    "gradient descent": GradientDescent,
    "momentum": Momentum,
    "Nesterov": Nesterov,
    "AdaGrad": AdaGrad,
    "RMSProp": RMSProp,
    "Adam": Adam,
    "AdamW": AdamW,
}


# ----------------------------------------------------------------------------------------------------------- schedules
def constant(t: int, steps: int) -> float:
    """Return 1 at every step t of `steps`."""
    return 1.0


def inverse(t: int, steps: int) -> float:
    """Return 1/(1 + 9t/steps): falls like 1/t, to a tenth. Source: Robbins & Monro (1951)."""
    return 1 / (1 + 9 * _share_done(t, steps))


def cosine(t: int, steps: int) -> float:
    """Return half a cosine from 1 down to 0. Equation: eq-cosine-schedule. Source: Loshchilov & Hutter (2017)."""
    return (1 + np.cos(np.pi * _share_done(t, steps))) / 2


def _share_done(t: int, steps: int) -> float:
    return validate.number(t, "t", low=0) / validate.number(steps, "steps", low=1)


def warm_up(schedule: Callable[[int, int], float], first: int) -> Callable[[int, int], float]:
    """Return the schedule with a straight rise over the `first` steps before it. Equation: eq-cosine-schedule"""
    first = validate.whole(first, "first", low=1)

    def warmed(t: int, steps: int) -> float:
        return (t + 1) / first if t < first else schedule(t - first, max(steps - first, 1))

    return warmed


SCHEDULES = {"constant": constant, "1/t": inverse, "cosine": cosine}


# ---------------------------------------------------------------------------------------------------------- using them
def minimise(gradient: Callable[[np.ndarray], np.ndarray], w, optimiser: Optimiser, steps: int, schedule=constant):
    """Return the path (steps + 1, D) of the optimiser from w (D,); where it leaves every bound, it stays at its last place.

    Equation: eq-gradient-descent
    """
    validate.instance(optimiser, Optimiser, "optimiser")
    w, steps = validate.array(w, "w", within=ANY), validate.whole(steps, "steps", low=1)
    path = np.empty((steps + 1, *w.shape))
    path[0] = w
    for t in range(steps):
        optimiser.factor = schedule(t, steps)
        if not np.abs(path[t]).max() < 1e100:  # it has flown off: nothing is gained by an overflow
            path[t + 1] = path[t]
        else:
            path[t + 1] = optimiser(path[t], gradient(path[t]))
    return path


def train(
    layers: Layers, X, targets, optimiser: Optimiser, epochs: int, batch: int, *, phi="tanh", seed=0, schedule=constant
):
    """Return the layers trained on mini-batches, and the mean loss (epochs,) that they met in each epoch.

    Each epoch takes all samples in a new random order, `batch` at a time. Equation: eq-minibatch
    """
    validate.instance(optimiser, Optimiser, "optimiser")
    layers, targets = _layers(layers), validate.array(targets, "targets")
    epochs, rng = validate.whole(epochs, "epochs", low=1), np.random.default_rng(validate.whole(seed, "seed", low=0))
    X, batch = validate.matrix(X, "X"), validate.whole(batch, "batch", low=1)
    if targets.ndim not in (1, 2):
        raise ValueError(f"targets must be labels (N,) or a table (N, m), but have shape {targets.shape}")
    if len(targets) != len(X):
        raise ValueError(f"X has {len(X)} rows, but there are {len(targets)} targets")
    losses, w, t = np.empty(epochs), _flat(layers), 0
    steps = epochs * -(-len(X) // batch)
    for epoch in range(epochs):
        met = []
        for chosen in np.split(rng.permutation(len(X)), range(batch, len(X), batch)):
            loss, slopes = backpropagation(_cut(w, layers), X[chosen], targets[chosen], phi)
            optimiser.factor = schedule(t, steps)
            w, t = optimiser(w, _flat(slopes)), t + 1
            met.append(loss * len(chosen))
        losses[epoch] = sum(met) / len(X)
    return _cut(w, layers), losses


def flatten(layers: Layers) -> np.ndarray:
    """Return all weights and free terms of the layers as one vector."""
    return _flat(_layers(layers))


def unflatten(w: np.ndarray, layers: Layers) -> Layers:
    """Return the vector w as layers, shaped like `layers`."""
    w, layers = validate.vector(w, "w", within=ANY), _layers(layers)
    size = sum(part.size for layer in layers for part in layer)
    if len(w) != size:
        raise ValueError(f"w has {len(w)} entries, but the layers have {size}")
    return _cut(w, layers)


def _flat(layers: Layers) -> np.ndarray:
    return np.concatenate([part.ravel() for layer in layers for part in layer])


def _cut(w: np.ndarray, layers: Layers) -> Layers:
    out, at = [], 0
    for layer in layers:
        pair = []
        for part in layer:
            pair.append(w[at : at + part.size].reshape(part.shape))
            at += part.size
        out.append(tuple(pair))
    return out


def stability_limit(H, beta: float = 0.0) -> float:
    """Return the largest stable rate for the quadratic with the Hessian H (D, D): 2(1 + beta)/λmax with momentum beta.

    Equation: eq-stability-limit. Raises ValueError where H is not symmetric positive semidefinite, or is 0.
    """
    eigenvalues = np.linalg.eigvalsh(validate.symmetric(H, "H"))
    if eigenvalues[0] < -1e-10 * abs(eigenvalues[-1]) or eigenvalues[-1] <= 0:
        raise ValueError(
            f"H needs eigenvalues ≥ 0, and one > 0, but they run from {eigenvalues[0]:.3g} to {eigenvalues[-1]:.3g}"
        )
    return 2 * (1 + _below_one(beta, "beta")) / float(eigenvalues[-1])


def largest_stable_rate(H, beta: float = 0.0, steps: int = 4000) -> float:
    """Return, by bisection over runs of `steps` steps, the largest rate whose errors do not grow.

    An experiment to hold against `stability_limit`; H (D, D) is as there, and the answer good to about 1e-5 of itself.
    """
    H, steps = validate.symmetric(H, "H"), validate.whole(steps, "steps", low=6)
    start = np.random.default_rng(0).normal(size=len(H))
    low, high, third = 0.0, 3 * stability_limit(H, beta), steps // 3
    while high - low > 1e-5 * high:
        rate = (low + high) / 2
        sizes = np.abs(minimise(lambda w: H @ w, start, Momentum(rate, beta), steps)).max(axis=1)
        grows = sizes[-third:].max() > sizes[-2 * third : -third].max() or sizes[-1] > 1e100
        low, high = (low, rate) if grows else (rate, high)
    return low


# ------------------------------------------------------------------------------------------------------------ surfaces
@dataclass(frozen=True)
class Surface:
    """A function of two weights with its gradient, the places to start from, and its lowest value, 0."""

    value: Callable[[np.ndarray], np.ndarray]
    gradient: Callable[[np.ndarray], np.ndarray]
    starts: tuple[tuple[float, float], ...]
    box: tuple[float, float, float, float]  # left, right, bottom, top


def _banana(w):
    x, y = w[..., 0], w[..., 1]
    return ((1 - x) ** 2 + 10 * (y - x**2) ** 2) / 4


def _banana_slope(w):
    x, y = w
    return np.array([(-2 * (1 - x) - 40 * x * (y - x**2)) / 4, 5 * (y - x**2)])


def _hollows(w):
    x, y = w[..., 0], w[..., 1]
    return (x**2 - 1) ** 2 + 0.35 * (x - 1) ** 2 / 2 + y**2 / 2


def _hollows_slope(w):
    x, y = w
    return np.array([4 * x * (x**2 - 1) + 0.35 * (x - 1), y])


def _plateau(w):
    r2 = w[..., 0] ** 2 / 2 + w[..., 1] ** 2
    return 1 - np.exp(-r2)


def _plateau_slope(w):
    x, y = w
    return np.exp(-(x**2) / 2 - y**2) * np.array([x, 2 * y])


SURFACES = {
    "long valley": Surface(
        lambda w: (w[..., 0] ** 2 + 25 * w[..., 1] ** 2) / 2,
        lambda w: np.array([w[0], 25 * w[1]]),
        ((-3.0, 0.8), (-2.5, 0.0), (0.5, -1.2)),
        (-3.6, 1.8, -1.5, 1.5),
    ),
    "banana": Surface(_banana, _banana_slope, ((-1.5, 1.8), (0.0, -0.7), (1.7, -0.5)), (-2.1, 2.1, -1.1, 2.7)),
    "two hollows": Surface(_hollows, _hollows_slope, ((-1.7, 0.9), (-0.2, -1.2), (1.8, 0.8)), (-2.1, 2.1, -1.6, 1.6)),
    "plateau": Surface(_plateau, _plateau_slope, ((-2.6, 0.9), (1.4, -1.7), (0.8, 0.6)), (-3.3, 3.3, -2.3, 2.3)),
}


# -------------------------------------------------------------------------------------------------------------- helpers
def _below_one(value, name: str) -> float:
    value = validate.number(value, name, low=0)
    if value >= 1:
        raise ValueError(f"{name} must be below 1, but is {value:g}: what fades must fade")
    return value
