"""A network with one hidden layer, in numpy, with every regularizer of the chapter: small enough to train while you read.

Scores are W₂ᵀ·relu(norm(W₁ᵀx + b₁)) + b₂, the loss is softmax cross-entropy, the optimiser stochastic gradient descent with
momentum. Backpropagation is written out, and tested against PyTorch.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lib.book import validate
from lib.losses.classification import cross_entropy, cross_entropy_slopes
from lib.losses.optimisers import Momentum
from lib.regularization.noise import dropout, shift_images
from lib.regularization.normalization import BatchNorm, batch_norm_gradient, layer_norm, layer_norm_gradient


@dataclass(frozen=True)
class Recipe:
    """How to train: sizes, rates, and which regularizers. norm is "none", "batch" or "layer"; shift in pixels of 8 × 8."""

    hidden: int = 64
    epochs: int = 30
    batch: int = 32
    eta: float = 0.1
    momentum: float = 0.9
    dropout: float = 0.0
    weight_decay: float = 0.0
    norm: str = "none"
    shift: int = 0
    seed: int = 0

    def __post_init__(self):
        for name, low in (("hidden", 1), ("epochs", 0), ("batch", 1), ("shift", 0), ("seed", 0)):
            validate.whole(getattr(self, name), name, low=low)
        validate.number(self.eta, "eta", low=0, open_low=True)
        for name in ("momentum", "dropout", "weight_decay"):
            validate.number(getattr(self, name), name, low=0)
        if self.momentum >= 1 or self.dropout >= 1:
            raise ValueError(
                f"momentum and dropout must be less than 1, but are {self.momentum:g} and {self.dropout:g}"
            )
        if self.norm not in ("none", "batch", "layer"):
            raise ValueError(f'norm must be "none", "batch" or "layer", but is {self.norm!r}')


@dataclass
class Network:
    """The weights W1 (k, H), b1 (H,), W2 (H, K), b2 (K,), the norm's gamma and beta (H,), and its running statistics."""

    weights: dict[str, np.ndarray]
    norm: str = "none"
    layer: BatchNorm | None = None

    def scores(self, X) -> np.ndarray:
        """Return the scores (N, K) of X (N, k) in evaluation: no dropout, running statistics."""
        return _forward(self, validate.matrix(X, "X", within=validate.BELOW), 0.0, None, False)[0]

    def accuracy(self, X, labels) -> float:
        """Return the share of rows of X (N, k) whose highest score is that of their label (N,)."""
        Z = self.scores(X)
        return float(np.mean(Z.argmax(axis=1) == _labels(labels, Z)))


@dataclass(frozen=True)
class History:
    """What happened: for each epoch the loss on the training and on the validation set, and the validation accuracy."""

    network: Network
    train_loss: list[float] = field(default_factory=list)
    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)


def new_network(k: int, K: int, recipe: Recipe) -> Network:
    """Return a network for k inputs and K classes with He's initial weights."""
    k, K = validate.whole(k, "k", low=1), validate.whole(K, "K", low=2)
    rng, H = np.random.default_rng(validate.instance(recipe, Recipe, "recipe").seed), recipe.hidden
    weights = {
        "W1": rng.normal(size=(k, H)) * np.sqrt(2 / k),
        "b1": np.zeros(H),
        "W2": rng.normal(size=(H, K)) * np.sqrt(2 / H),
        "b2": np.zeros(K),
    }
    if recipe.norm != "none":
        weights |= {"gamma": np.ones(H), "beta": np.zeros(H)}
    return Network(weights, recipe.norm, BatchNorm(H) if recipe.norm == "batch" else None)


def loss_and_gradients(net: Network, X, labels, p: float = 0.0, rng=None) -> tuple[float, dict[str, np.ndarray]]:
    """Return the mean cross-entropy of a batch X (N, k), labels (N,) in training mode, and its gradients by weight.

    p : dropout on the hidden layer, with the generator `rng`. Batch normalization updates its running statistics.
    """
    validate.instance(net, Network, "net")
    X, p = validate.matrix(X, "X", within=validate.BELOW), validate.number(p, "p", low=0)
    labels = _labels(labels, X)
    Z, (normed, cache, hidden, mask) = _forward(net, X, p, rng, True)
    loss = cross_entropy(Z, labels)
    w, g, dZ = net.weights, {}, cross_entropy_slopes(Z, labels)
    g["W2"], g["b2"] = hidden.T @ dZ, dZ.sum(axis=0)
    d = (dZ @ w["W2"].T) * mask * (normed > 0)
    if net.norm == "batch":
        d, g["gamma"], g["beta"] = batch_norm_gradient(d, cache)
    elif net.norm == "layer":
        d, g["gamma"], g["beta"] = layer_norm_gradient(d, cache)
    g["W1"], g["b1"] = X.T @ d, d.sum(axis=0)
    return loss, g


def train(X, labels, X_val, labels_val, recipe: Recipe | None = None) -> History:
    """Train on X (N, k), labels (N,) whole numbers from 0, by a `Recipe`; losses and accuracy after every epoch.

    Weight decay acts on W₁ and W₂ alone. With `shift`, every image of an epoch (k = 64) is moved at random.
    """
    recipe = validate.instance(Recipe() if recipe is None else recipe, Recipe, "recipe")
    X, X_val = (validate.matrix(M, name, within=validate.BELOW) for M, name in ((X, "X"), (X_val, "X_val")))
    if X_val.shape[1] != X.shape[1]:
        raise ValueError(f"X has {X.shape[1]} columns but X_val has {X_val.shape[1]}")
    labels, labels_val = _labels(labels, X), _labels(labels_val, X_val)
    if recipe.shift and X.shape[1] != 64:
        raise ValueError(f"shifting needs images of 8 × 8 = 64 pixels, but X has {X.shape[1]} columns")
    if recipe.norm == "batch" and min(recipe.batch, len(X)) < 2:
        raise ValueError("batch normalization needs at least 2 samples a batch")
    net = new_network(X.shape[1], int(max(labels.max(), labels_val.max())) + 1, recipe)
    history, rng = History(net), np.random.default_rng(recipe.seed + 1)
    rules = {name: Momentum(recipe.eta, recipe.momentum) for name in net.weights}
    for _ in range(recipe.epochs):
        _epoch(net, X, labels, recipe, rng, rules)
        history.train_loss.append(cross_entropy(net.scores(X), labels))
        history.loss.append(cross_entropy(net.scores(X_val), labels_val))
        history.accuracy.append(net.accuracy(X_val, labels_val))
    return history


def _epoch(net: Network, X, labels, recipe: Recipe, rng, rules: dict[str, Momentum]) -> None:
    order = rng.permutation(len(X))
    batches = [order[i : i + recipe.batch] for i in range(0, len(X), recipe.batch)]
    for batch in batches:
        if recipe.norm == "batch" and len(batch) < 2:
            continue
        rows = X[batch]
        if recipe.shift:
            rows = _shifted(rows, recipe.shift, rng)
        _, gradients = loss_and_gradients(net, rows, labels[batch], recipe.dropout, rng)
        for name, g in gradients.items():
            decay = 1 - recipe.eta * recipe.weight_decay if name in ("W1", "W2") else 1.0
            net.weights[name] = rules[name](decay * net.weights[name], g)


def _forward(net: Network, X, p: float, rng, training: bool):
    w = net.weights
    if X.shape[1] != len(w["W1"]):
        raise ValueError(f"X has {X.shape[1]} columns, but the network takes {len(w['W1'])} inputs")
    normed, cache = X @ w["W1"] + w["b1"], None
    if net.norm == "batch":
        net.layer.gamma, net.layer.beta, net.layer.training = w["gamma"], w["beta"], training
        normed, cache = net.layer(normed)
    elif net.norm == "layer":
        normed, cache = layer_norm(normed, w["gamma"], w["beta"])
    hidden, mask = np.maximum(normed, 0), 1.0
    if p:
        hidden, mask = dropout(hidden, p, rng, training)
    return hidden @ w["W2"] + w["b2"], (normed, cache, hidden, mask)


def _shifted(rows: np.ndarray, reach: int, rng) -> np.ndarray:
    """Move each 8 × 8 image by up to `reach` pixels in each direction, at random."""
    images, out = rows.reshape(-1, 8, 8), np.empty_like(rows)
    moves = rng.integers(-reach, reach + 1, size=(len(rows), 2))
    for down, right in np.unique(moves, axis=0):
        these = (moves == (down, right)).all(axis=1)
        out[these] = shift_images(images[these], int(down), int(right)).reshape(-1, 64)
    return out


def _labels(labels, X: np.ndarray) -> np.ndarray:
    out = validate.vector(labels, "labels", len(X), "rows of X")
    if (out != np.round(out)).any() or (out < 0).any():
        raise ValueError("labels must be whole numbers from 0 on")
    return out.astype(int)
