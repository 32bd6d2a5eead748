"""Sequence models: our LSTM in PyTorch, and our cells in numpy, beside torch.nn's."""

from __future__ import annotations

import time

import numpy as np
import torch

from benchmarks.bench import alternate, table, write
from lib.sequences import layers
from lib.sequences.fast import lstm

SIZES = ((64, 50, 128, 128), (32, 100, 256, 256), (16, 100, 512, 512))  # sequences, steps, inputs, units
SMALL = ((16, 20, 16, 32), (32, 50, 32, 64), (64, 50, 128, 128))
THEIRS, HOISTED, NAIVE = "torch.nn.LSTM", "our walk back", "a cell in a loop"


def _naive(x, Wx, Wh, b):
    """The LSTM as the formulas stand, step by step; the walk back is autograd's."""
    h = c = x.new_zeros(x.shape[0], len(Wh))
    out = []
    for t in range(x.shape[1]):
        i, f, g, o = (x[:, t] @ Wx + h @ Wh + b).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        out.append(h)
    return torch.stack(out, 1)


def training_step(B: int, T: int, I: int, H: int) -> list[list[str]]:
    """Return rows for forward and backward in float32, all gradients: ours and a plain loop against torch's LSTM."""
    torch.manual_seed(0)
    module = torch.nn.LSTM(I, H, batch_first=True)
    x, slopes = torch.randn(B, T, I, requires_grad=True), torch.randn(B, T, H)
    weights = [
        module.weight_ih_l0.detach().T,
        module.weight_hh_l0.detach().T,
        (module.bias_ih_l0 + module.bias_hh_l0).detach(),
    ]
    leaves = [x, *(w.contiguous().requires_grad_() for w in weights)]

    def run(forward, wanted):
        for leaf in wanted:
            leaf.grad = None
        forward().backward(slopes)
        return x.grad.clone()

    candidates = {
        HOISTED: lambda: run(lambda: lstm(*leaves), leaves),
        NAIVE: lambda: run(lambda: _naive(*leaves), leaves),
        THEIRS: lambda: run(lambda: module(x)[0], [x, *module.parameters()]),
    }
    rows = alternate(candidates, THEIRS, 11, time.process_time)
    wanted = rows[-1].result
    return [
        [
            f"{row.name}, {B} × {T}, {I} → {H}",
            f"{1e3 * row.seconds:.1f}",
            f"{row.ratio:.2f} [{row.low:.2f}, {row.high:.2f}]",
            f"{float((row.result - wanted).abs().max() / wanted.abs().max()):.0e}",
        ]
        for row in rows
    ]


def in_numpy(cell: str, B: int, T: int, I: int, H: int) -> list[str]:
    """Return a row for forward and backward of our cells in numpy against torch's module, float64 on both sides."""
    torch.manual_seed(0)
    module = {"RNN": torch.nn.RNN, "LSTM": torch.nn.LSTM, "GRU": torch.nn.GRU}[cell](I, H, batch_first=True).double()
    stack, X = layers.weights_of(module), np.random.default_rng(0).normal(size=(B, T, I))
    slopes, x = np.ones((B, T, H)), torch.tensor(X, requires_grad=True)

    def theirs():
        module.zero_grad()
        x.grad = None
        module(x)[0].sum().backward()
        return x.grad.numpy().copy()

    mine, other = alternate(
        {"ours": lambda: layers.backward(layers.forward(cell, stack, X), slopes).X, "torch": theirs},
        "torch",
        9,
        time.process_time,
    )
    gap = np.abs(mine.result - other.result).max() / np.abs(other.result).max()
    ratio = f"{mine.ratio:.2f} [{mine.low:.2f}, {mine.high:.2f}]"
    return [
        f"{cell}, {B} × {T}, {I} → {H}",
        f"{1e3 * mine.seconds:.1f}",
        f"{1e3 * other.seconds:.1f}",
        ratio,
        f"{gap:.0e}",
    ]


def main() -> None:
    """Write benchmarks/results/sequences.md."""
    torch.set_num_threads(1)
    head = (
        "## Sequence models\n\nForward and backward, all gradients. The candidates take turns; a ratio is taken inside a round, and the median "
        "over rounds is given. Sizes: sequences × steps, inputs → units. Processor time of one thread on either side."
    )
    wide = ["LSTM", "ms", "time / torch's [range]", "largest difference"]
    small = ["in numpy", "ours, ms", "torch, ms", "time / torch's [range]", "largest difference"]
    parts = [
        head,
        "### LSTM for training\n\nFloat32. The walk back written by hand, a loop over steps with autograd, and PyTorch's own.\n\n"
        + table(wide, [row for size in SIZES for row in training_step(*size)]),
        "### The cells in numpy\n\nFloat64.\n\n"
        + table(small, [in_numpy(cell, *size) for size in SMALL for cell in ("RNN", "LSTM", "GRU")]),
    ]
    write("sequences", "\n\n".join(parts))


if __name__ == "__main__":
    main()
