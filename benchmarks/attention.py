"""Causal attention for training: in blocks, plainly, and PyTorch's scaled_dot_product_attention; and the memory that numpy takes."""

from __future__ import annotations

import math
import time
import tracemalloc

import numpy as np
import torch
import torch.nn.functional as F

from benchmarks.bench import alternate, table, write
from lib.transformers import attention
from lib.transformers.fast import tiled_attention

HEADS, ENTRIES, SIZES = 8, 64, (512, 1024, 2048)
TILED, PLAIN, THEIRS = "in blocks", "all scores at once", "torch's own"


def _plain(q, k, v):
    """The formula as it stands; the walk back is autograd's."""
    T = q.shape[-2]
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    scores = scores.masked_fill(torch.ones(T, T, dtype=torch.bool).triu(1), -math.inf)
    return scores.softmax(-1) @ v


def training_step(T: int) -> list[list[str]]:
    """Return rows for forward and backward in float32, all gradients, of one sequence of T places."""
    torch.manual_seed(0)
    leaves = [torch.randn(1, HEADS, T, ENTRIES, requires_grad=True) for _ in range(3)]
    slopes = torch.randn(1, HEADS, T, ENTRIES)

    def run(forward):
        return torch.cat([g.flatten() for g in torch.autograd.grad(forward(), leaves, slopes)])

    rows = alternate(
        {
            TILED: lambda: run(lambda: tiled_attention(*leaves, causal=True)),
            PLAIN: lambda: run(lambda: _plain(*leaves)),
            THEIRS: lambda: run(lambda: F.scaled_dot_product_attention(*leaves, is_causal=True)),
        },
        THEIRS,
        15,
        time.process_time,
    )
    wanted = rows[-1].result
    return [
        [
            f"{row.name}, T = {T}",
            f"{1e3 * row.seconds:.1f}",
            f"{row.ratio:.2f} [{row.low:.2f}, {row.high:.2f}]",
            f"{float((row.result - wanted).abs().max() / wanted.abs().max()):.0e}",
        ]
        for row in rows
    ]


def _forward_and_back(Q, K, V, mask):
    O = attention.attention(Q, K, V, mask)
    attention.attention_gradients(O, Q, K, V, mask)


def _forward_and_back_in_blocks(Q, K, V):
    O, log_sums = attention.tiled_attention(Q, K, V, causal=True)
    attention.tiled_attention_gradients(O, Q, K, V, O, log_sums, causal=True)


def memory(T: int) -> list[str]:
    """Return a row of the most megabytes that one head holds at a time beside what it was given, float64."""
    Q, K, V = np.random.default_rng(0).normal(size=(3, T, ENTRIES))
    mask = attention.causal_mask(T)
    most = []
    for run, given in ((_forward_and_back, (Q, K, V, mask)), (_forward_and_back_in_blocks, (Q, K, V))):
        tracemalloc.start()
        run(*given)
        most.append(tracemalloc.get_traced_memory()[1] / 1e6)
        tracemalloc.stop()
    return [f"T = {T}", f"{most[0]:.1f}", f"{most[1]:.1f}"]


def main() -> None:
    """Write benchmarks/results/attention.md."""
    torch.set_num_threads(1)
    head = (
        "## Attention\n\nForward and backward, all gradients, float32. The candidates take turns; a ratio is taken inside a round, and the "
        f"median over rounds is given. One sequence of T places, {HEADS} heads of {ENTRIES} entries. Processor time of one thread on either side."
    )
    wide = ["causal attention", "ms", "time / torch's [range]", "largest difference"]
    rows = [row for T in SIZES for row in training_step(T)]
    parts = [
        head,
        "### Causal attention for training\n\n" + table(wide, rows),
        f"### Memory\n\nOne head of {ENTRIES} entries in numpy, float64, forward and backward: the most that is held at a time, as tracemalloc counts it.\n\n"
        + table(["one head", "all scores at once, MB", "in blocks, MB"], [memory(T) for T in SIZES]),
    ]
    write("attention", "\n\n".join(parts))


if __name__ == "__main__":
    main()
