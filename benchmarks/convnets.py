"""Convolution: a step's forward and backward in shifted pieces, by im2col and as PyTorch has it; and large kernels with and without Fourier."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

from benchmarks.bench import alternate, table, write
from lib.convnets import convolution, fast

SIZES = ((32, 16, 32, 28), (32, 64, 64, 28), (8, 64, 128, 56))  # N, C, O, pixels a side
SHIFTED, COLUMNS, THEIRS = "shifted pieces", "im2col", "torch's own"


def _im2col(x, w, b):
    """The columns and one product; the walk back is autograd's."""
    columns = F.unfold(x, 3, padding=1)  # (N, C · 9, places)
    return (w.flatten(1) @ columns + b[:, None]).view(len(x), len(w), *x.shape[2:])


def training_step(N: int, C: int, O: int, side: int) -> list[list[str]]:
    """Return rows for forward and backward of one 3 × 3 layer in float32, slopes by pictures, kernels and biases."""
    torch.manual_seed(0)
    shapes = ((N, C, side, side), (O, C, 3, 3), (O,))
    leaves = [(torch.randn(*s) / max(1, s[-1]) ** 0.5).requires_grad_() for s in shapes]
    slopes = torch.randn(N, O, side, side)

    def run(forward):
        y = forward(*leaves)
        return torch.cat([y.detach().flatten(), *(g.flatten() for g in torch.autograd.grad(y, leaves, slopes))])

    rows = alternate(
        {
            SHIFTED: lambda: run(lambda x, w, b: fast.conv2d(x, w, b, padding=1)),
            COLUMNS: lambda: run(_im2col),
            THEIRS: lambda: run(lambda x, w, b: F.conv2d(x, w, b, padding=1)),
        },
        THEIRS,
        15,
        time.process_time,
    )
    wanted = rows[-1].result
    return [
        [
            f"{row.name}, {N} × {C} → {O}, {side} × {side}",
            f"{1e3 * row.seconds:.1f}",
            _ratio(row),
            f"{float((row.result - wanted).abs().max() / wanted.abs().max()):.0e}",
        ]
        for row in rows
    ]


def same_instructions() -> list[list[str]]:
    """Return the rows of `training_step` from a process in which PyTorch's convolution may use AVX2 and nothing later."""
    command = [sys.executable, "-m", "benchmarks.convnets", "rows"]
    done = subprocess.run(command, env=os.environ | {"ONEDNN_MAX_CPU_ISA": "AVX2"}, capture_output=True, check=True)
    return json.loads(done.stdout)


def _steps() -> list[list[str]]:
    return [row for size in SIZES for row in training_step(*size)]


def large_kernels(channels: int, side: int, k: int) -> list[str]:
    """Return a row for a layer of k × k kernels, as many channels out as in, on one picture in numpy, float64."""
    rng = np.random.default_rng(0)
    x, K = rng.normal(size=(1, channels, side, side)), rng.normal(size=(channels, channels, k, k))
    direct, fourier = alternate(
        {"direct": lambda: convolution.conv2d(x, K), "Fourier": lambda: convolution.fft_conv2d(x, K)},
        "direct",
        9,
        time.process_time,
    )
    name = f"{k} × {k}, {channels} → {channels}, {side} × {side}"
    return [name, f"{1e3 * direct.seconds:.1f}", f"{1e3 * fourier.seconds:.1f}", _ratio(fourier)]


def _ratio(row) -> str:
    return f"{row.ratio:.2f} [{row.low:.2f}, {row.high:.2f}]"


def main() -> None:
    """Write benchmarks/results/convnets.md."""
    torch.set_num_threads(1)
    head = "## Convolution\n\nThe candidates take turns; a ratio is taken inside a round, and the median over rounds is given. Processor time of one thread."
    wide = ["one layer of 3 × 3", "ms", "time / torch's [range]", "largest difference"]
    sizes = ["kernel", "direct, ms", "Fourier, ms", "Fourier / direct [range]"]
    parts = [
        head,
        "### A step of training\n\nForward and backward, all slopes, float32: pictures × channels → kernels, pixels.\n\n"
        + table(wide, _steps()),
        "### With AVX2 on either side\n\nThe same, with oneDNN, which computes PyTorch's convolutions, held to AVX2, as the matrix products here are.\n\n"
        + table(wide, same_instructions()),
        "### Large kernels\n\nOne picture, as many channels out as in, numpy, float64; direct is im2col.\n\n"
        + table(sizes, [large_kernels(*size, k) for size in ((1, 256), (16, 64)) for k in (3, 7, 15, 31)]),
    ]
    write("convnets", "\n\n".join(parts))


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(json.dumps(_steps())) if sys.argv[1:] == ["rows"] else main()
