"""A GPT trained by one process and by two: seconds a step, and what of them is the sum of the gradients."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.bench import table, write
from lib.word_vectors import distributed

ROUNDS, WIDTHS = 5, (64, 128)

SCRIPT = """
import json, sys, tempfile, time
import numpy as np
import torch.distributed as dist
from lib.sequences import characters
from lib.transformers.scale import train
from lib.word_vectors import distributed

ids, ticks = np.arange(20_000) % characters.V, []
plain = train._step
def step(*args):
    ticks.append(time.perf_counter())
    return plain(*args)
train._step = step
told = {}
with distributed.together() as (rank, processes), tempfile.TemporaryDirectory() as folder:
    for width in map(int, sys.argv[1:]):
        ticks.clear()
        weights, _ = train.train(ids, train.Settings(steps=25, width=width), folder=folder, every=100, stop_after=24)
        (train.Path(folder) / train.CHECKPOINT).unlink(missing_ok=True)
        size = 4 * sum(value.size for value in weights.values())
        adding = distributed.all_reduce_seconds([size], 15)[size] if processes > 1 else 0.0
        told[width] = [float(np.median(np.diff(ticks[4:]))), adding, size]
        if processes > 1:
            dist.barrier()
if rank == 0:
    print("told", json.dumps(list(told.items())))
"""


def main() -> None:
    """Write benchmarks/results/larger.md."""
    found: dict[tuple[int, int], list] = {}
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "script.py"
        script.write_text(SCRIPT, encoding="utf-8")
        for _ in range(ROUNDS):
            for processes in (1, 2):
                out = distributed.launch(processes, script, *map(str, WIDTHS), seconds=300)
                line = next(line for line in out.splitlines() if line.startswith("told "))
                for width, told in json.loads(line.removeprefix("told ")):
                    found.setdefault((width, processes), []).append(told)
    rows = []
    for (width, processes), told in sorted(found.items()):
        steps, adding, size = np.array(told).T * [[1e3], [1e3], [1e-6]]
        who = f"width {width}, {'one process' if processes == 1 else 'two processes'}"
        sums = f"{np.median(adding):.2f}" if processes > 1 else ""
        rows.append([who, f"{np.median(steps):.1f} [{min(steps):.1f}, {max(steps):.1f}]", sums, f"{size[0]:.2f}"])
    head = ["who", "ms a step [range]", "of it adding up, ms", "MB of gradients"]
    write(
        "larger",
        "## A GPT by several processes\n\nOne process and two take turns; the median of the rounds is given, with the least and the most. Two "
        f"blocks, 16 windows of 64 characters a step, shared out. All on one machine with {os.cpu_count()} cores, by the loopback, one thread a "
        f"process.\n\n### A step of the training\n\n{table(head, rows)}",
    )


if __name__ == "__main__":
    main()
