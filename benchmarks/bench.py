"""Timings that can be trusted on a shared machine: candidates take turns, and ratios are taken inside a turn."""

from __future__ import annotations

import gc
import os
import platform
import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True)
class Row:
    """One candidate: its median seconds, and the median, smallest and largest ratio to the peer's time in the same round."""

    name: str
    seconds: float
    ratio: float
    low: float
    high: float
    result: object


def alternate(
    candidates: dict[str, Callable[[], object]],
    peer: str,
    rounds: int = 7,
    clock: Callable[[], float] = time.perf_counter,
) -> list[Row]:
    """Run every candidate once a round, after one round to warm up; return a row each, ratios relative to `peer`.

    With `clock` time.process_time what others do on the machine does not count, but each thread does.
    """
    if peer not in candidates:
        raise ValueError(f"the peer {peer!r} is none of the candidates {list(candidates)}")
    results = {name: run() for name, run in candidates.items()}
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, run in candidates.items():
            gc.collect()
            started = clock()
            run()
            seconds[name].append(clock() - started)
    rows = []
    for name, times in seconds.items():
        ratios = [mine / theirs for mine, theirs in zip(times, seconds[peer], strict=True)]
        spread = statistics.median(ratios), min(ratios), max(ratios)
        rows.append(Row(name, statistics.median(times), *spread, results[name]))
    return rows


def table(header: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def machine() -> str:
    """Return the processor's name and the number of cores that are free to use, for the reader of a table."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file() and (found := re.search(r"^model name\s*:\s*(.+)$", info.read_text(encoding="utf-8"), re.M)):
        name = found.group(1).strip()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{name}, {cores} core{'s' * (cores != 1)}"


def write(name: str, text: str) -> None:
    """Print a report and keep it as benchmarks/results/<name>.md, with the machine and the day below its heading."""
    head, _, rest = text.partition("\n")
    text = f"{head}\n\nMeasured on {machine()}, {date.today()}.\n{rest}"
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text(text + "\n", encoding="utf-8")
    print(text)
