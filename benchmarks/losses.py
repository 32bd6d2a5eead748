"""Losses and gradients: our numpy gradients beside torch's autograd, and the autodiff with its cost a node."""

from __future__ import annotations

import os

import numpy as np
import torch

from benchmarks.bench import alternate, table, write
from lib.losses import autodiff, backprop, classification, regression
from lib.losses.autodiff import Tensor

LINEAR = ((1_000, 10), (100_000, 20), (20_000, 300))
NETWORKS = ((200, 20, 50), (2_000, 64, 128), (10_000, 100, 300))
AUTOGRAD, OURS = "torch autograd", "numpy, by hand"


def linear(N: int, D: int) -> list[list[str]]:
    """Return rows for the gradients of MSE and of binary cross-entropy of a linear model, float64 on both sides."""
    rng = np.random.default_rng(0)
    A, y, w = rng.normal(size=(N, D)), rng.normal(size=N), rng.normal(size=D)
    t = (y > 0).astype(float)
    table_, target, labels = map(torch.from_numpy, (A, y, t))

    def theirs(loss, wanted):
        leaf = torch.tensor(w, requires_grad=True)
        loss(table_ @ leaf, wanted).backward()
        return leaf.grad.numpy()

    F = torch.nn.functional
    pairs = {
        "MSE": (lambda: regression.mse_gradient(A, w, y), lambda: theirs(F.mse_loss, target)),
        "cross-entropy": (
            lambda: classification.bce_gradient(A, w, t),
            lambda: theirs(F.binary_cross_entropy_with_logits, labels),
        ),
    }
    return [_compare(f"{name}, {N:,} × {D}", {OURS: ours, AUTOGRAD: other}) for name, (ours, other) in pairs.items()]


def two_layers(N: int, k: int, m: int, phi: str) -> list[list[str]]:
    """Return rows for loss and gradients of a network k → m → 10 with cross-entropy: by hand, and with the autodiff."""
    rng = np.random.default_rng(0)
    X, labels = rng.normal(size=(N, k)), rng.integers(0, 10, N)
    layers = backprop.random_layers([k, m, 10])
    flat = [part for layer in layers for part in layer]
    inputs, wanted = torch.from_numpy(X), torch.from_numpy(labels)
    bend = {"tanh": torch.tanh, "ReLU": torch.relu}[phi]

    def theirs():
        W1, b1, W2, b2 = (torch.tensor(part, requires_grad=True) for part in flat)
        torch.nn.functional.cross_entropy(bend(inputs @ W1 + b1) @ W2 + b2, wanted).backward()
        return [p.grad.numpy() for p in (W1, b1, W2, b2)]

    def by_hand():
        return [part for layer in backprop.backpropagation(layers, X, labels, phi)[1] for part in layer]

    def by_graph():
        def loss(W1, b1, W2, b2):
            Z = (X @ W1 + b1).activate(phi) @ W2 + b2
            return (autodiff.log_sum_exp(Z) - Z[np.arange(N), labels].reshape(-1, 1)).mean()

        return autodiff.gradients(loss, *flat)

    size = f"{phi}, {N:,} × {k} → {m} → 10"
    return [
        _compare(size, {OURS: by_hand, AUTOGRAD: theirs}),
        _compare(f"{size}, our autodiff", {OURS: by_graph, AUTOGRAD: theirs}),
    ]


def per_node(nodes: int = 2_000) -> list[list[str]]:
    """Return rows for a chain of `nodes` products of single numbers, where nothing but the overhead is left."""

    def ours():
        x = y = Tensor(1.0)
        for _ in range(nodes):
            y = y * 1.0001
        y.backward()
        return x.grad

    def theirs():
        x = y = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
        for _ in range(nodes):
            y = y * 1.0001
        y.backward()
        return x.grad.numpy()

    rows = {row.name: row for row in alternate({"our autodiff": ours, AUTOGRAD: theirs}, AUTOGRAD)}
    return [[name, f"{1e6 * row.seconds / nodes:.1f}", f"{row.ratio:.2f}"] for name, row in rows.items()]


def _compare(name: str, candidates: dict) -> list[str]:
    mine, other = alternate(candidates, AUTOGRAD, rounds=15)
    worst = max(
        float(np.abs(np.subtract(a, b)).max() / max(np.abs(b).max(), 1e-300))
        for a, b in zip(_list(mine.result), _list(other.result), strict=True)
    )
    ratio = f"{mine.ratio:.2f} [{mine.low:.2f}, {mine.high:.2f}]"
    return [name, f"{1e3 * mine.seconds:.2f}", f"{1e3 * other.seconds:.2f}", ratio, f"{worst:.0e}"]


def _list(result) -> list:
    return result if isinstance(result, list) else [result]


def main() -> None:
    """Write benchmarks/results/losses.md."""
    threads = os.environ.get("OMP_NUM_THREADS", f"{os.cpu_count()} (all)")
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", os.cpu_count())))
    header = ["gradients of", "ours, ms", "torch, ms", "time / torch's [range]", "largest difference"]
    head = (
        "## Losses and gradients\n\nOurs and torch's autograd take turns; a ratio is taken inside a round, and the median over rounds is "
        f"given. Below 1 we are faster. Float64 on both sides. Threads: {threads}."
    )
    networks = [row for size in NETWORKS for phi in ("ReLU", "tanh") for row in two_layers(*size, phi)]
    parts = [
        head,
        "### The linear model\n\n" + table(header, [row for size in LINEAR for row in linear(*size)]),
        "### Two layers, cross-entropy\n\n" + table(header, networks),
        "### What a node costs\n\nA chain of 2,000 products of single numbers, forward and back.\n\n"
        + table(["", "µs a node", "time / torch's"], per_node()),
    ]
    write("losses", "\n\n".join(parts))


if __name__ == "__main__":
    main()
