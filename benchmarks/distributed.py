"""Several processes: seconds an epoch of one process, two threads and two processes, and the quality of two to eight processes."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.bench import table, write
from lib.word_vectors import corpus, distributed, evaluation, vocabulary

SEEDS = range(10, 20)  # the way to combine was chosen on seed 0
SIZES = (5, 10, 20, 40, 80)

SCRIPT = """
import json, time
import torch.distributed as dist
from lib.word_vectors import corpus, distributed, training, vocabulary

text = vocabulary.read(corpus.sentences(corpus.docstrings()))
runs = {"one process": [], "two threads": [], 2: [], 8: [], 32: [], 128: []}
with distributed.together() as (rank, processes):
    for name in 5 * list(runs):
        dist.barrier()
        began, made = time.perf_counter(), None
        if isinstance(name, int):
            made = distributed.train(text, epochs=1, every=name)
        elif rank == 0:
            training.train(text, epochs=1, threads=1 + (name == "two threads"))
        dist.barrier()
        took = [time.perf_counter() - began]
        if made:
            took += [made.working, made.meeting, made.handling, made.meetings, made.sent / 1e6 / made.meetings]
        runs[name].append(took)
if rank == 0:
    print(json.dumps([len(text), len(text.vocabulary), list(runs.items())]))
"""


def speed() -> str:
    """Return the table of seconds an epoch, candidates in alternation, five rounds."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "script.py"
        script.write_text(SCRIPT, encoding="utf-8")
        words, V, runs = json.loads(distributed.launch(2, script, seconds=900))
    rows = []
    for name, rounds in runs:
        middle = np.median(rounds, axis=0)
        seconds = [r[0] for r in rounds]
        who = f"two processes, every {name} steps" if isinstance(name, int) else name
        parts = (
            [f"{x:.2f}" for x in middle[1:4]] + [f"{middle[4]:.0f}", f"{middle[5]:.1f}"]
            if len(middle) > 1
            else [""] * 5
        )
        rows.append([who, f"{middle[0]:.2f} [{min(seconds):.2f}, {max(seconds):.2f}]", *parts])
    head = ["who", "seconds [range]", "work", "meetings, s", "of it handling", "meetings", "MB sent at each"]
    return f"### One epoch: {words / 1e6:.2f} M words, {V} different, d = 100\n\n" + table(head, rows)


def quality() -> str:
    """Return the table of planted twins found on real text, by processes and ways to combine: mean and spread of ten seeds."""
    text = vocabulary.read(corpus.sentences(corpus.docstrings(["scipy"])))
    cases = [(1, 1, "in turn"), (2, 32, "in turn"), (2, 32, "mean"), (2, 32, "sum"), (4, 8, "in turn"), (4, 8, "mean")]
    cases += [(4, 8, "sum"), (8, 8, "in turn")]
    found = {case: [] for case in cases}
    for seed in SEEDS:
        planted, twins = evaluation.plant_twins(text, SIZES, 40, seed=seed)
        for processes, every, way in cases:
            common = {"processes": processes, "every": every, "combine": way}
            try:
                made = distributed.rehearse(planted, dimension=40, seed=seed, **common)
                shares = list(evaluation.twins_found(made.vectors(), twins, 10).values())
            except FloatingPointError:
                shares = None
            found[processes, every, way].append(shares)
    rows = []
    for (processes, every, way), runs in found.items():
        kept = np.array([r for r in runs if r is not None])
        told = [str(processes), *(("", "") if processes == 1 else (str(every), way)), str(len(runs) - len(kept))]
        told += [f"{100 * m:.0f} %" for m in kept.mean(axis=0)] if len(kept) else ["" for _ in SIZES]
        told += [f"{100 * kept.mean():.1f} ± {100 * kept.mean(axis=1).std():.1f} %" if len(kept) else ""]
        rows.append(told)
    head = ["processes", "every", "combined", "flew off", *(f"{m} times" for m in SIZES), "all, ± over seeds"]
    return f"### Twins found after 5 epochs of scipy's documentation, {len(SEEDS)} seeds\n\n" + table(head, rows)


def main() -> None:
    """Write benchmarks/results/distributed.md."""
    head = (
        "## Several processes\n\nCandidates take turns; the median of five rounds is given, with the least and the most. All on one "
        f"machine with {os.cpu_count()} cores, by the loopback. The quality of processes is that of their rehearsal, which is theirs."
    )
    write("distributed", "\n\n".join([head, speed(), quality()]))


if __name__ == "__main__":
    main()
