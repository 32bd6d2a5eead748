"""Run every check, a target of the Makefile each, and end with a table: ``python -m tools.stages [TARGET…]``.

The first that fails ends the run with its name and its exit status; the table is printed all the same. The last line is
the sum of all tests, "N passed, N failed". It needs nothing but Python, since one of the targets installs the rest.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ALL = ("install", "lint", "unit", "notebooks", "pages", "browser")  # the cheap ones first
KINDS = ("passed", "failed", "skipped")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
SUMMARY = re.compile(r"^=*\s*((?:\d+ [a-z]+(?:, )?)+) in [\d.:]+s\b")  # the line that ends a run of pytest


@dataclass
class Stage:
    """A target that has run: its name, seconds, exit status, and its tests, a number for each of KINDS."""

    name: str
    seconds: float
    status: int
    tests: dict[str, int]


def tests_in(line: str) -> dict[str, int]:
    """Return what a line says that ends a run of pytest; nothing where it is another line. Errors count as failed."""
    found = SUMMARY.match(COLOURS.sub("", line).strip())
    if not found:
        return {}
    counts = {name: int(number) for number, name in re.findall(r"(\d+) ([a-z]+)", found[1])}
    errors = counts.get("error", 0) + counts.get("errors", 0)
    return {
        "passed": counts.get("passed", 0) + counts.get("xpassed", 0),
        "failed": counts.get("failed", 0) + errors,
        "skipped": counts.get("skipped", 0) + counts.get("xfailed", 0),
    }


def run(name: str, command: list[str]) -> Stage:
    """Run a stage's command, show what it says as it says it, count its tests."""
    tests, started = {}, time.monotonic()
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace"
    ) as process:
        for line in process.stdout:
            print(line, end="", flush=True)
            for kind, count in tests_in(line).items():
                tests[kind] = tests.get(kind, 0) + count
    if process.returncode and not tests.get("failed"):
        tests["failed"] = tests.get("failed", 0) + 1  # a stage that fails outside its tests is a check that failed
    return Stage(name, time.monotonic() - started, process.returncode, tests)


def table(stages: list[Stage]) -> str:
    """Return the stages as a table, the sum of their tests as its last line."""
    rows = [("stage", "seconds", *KINDS)]
    for stage in stages:
        rows.append((stage.name, f"{stage.seconds:.0f}", *(str(stage.tests.get(kind, "–")) for kind in KINDS)))
    total = {kind: sum(stage.tests.get(kind, 0) for stage in stages) for kind in KINDS}
    rows.append(("all", f"{sum(stage.seconds for stage in stages):.0f}", *(str(total[kind]) for kind in KINDS)))
    lines = [f"{row[0]:<10}" + "".join(f"{cell:>9}" for cell in row[1:]) for row in rows]
    return "\n".join([*lines, f"{total['passed']} passed, {total['failed']} failed"])


def main(names: list[str]) -> int:
    """Run the targets named, or all; return the exit status of the first that fails, or 0."""
    chapter = os.environ.get("CHAPTER", "")
    chapters = sorted(path.parent.name for path in ROOT.glob("chapters/*/index.md"))
    if chapter and chapter not in chapters:
        print(f"CHAPTER={chapter}: there is no such chapter; there are {', '.join(chapters)}.")
        return 2
    stages: list[Stage] = []
    for name in names or ALL:
        print(f"--- {name}", flush=True)
        stages.append(run(name, ["make", "--no-print-directory", name]))
        if stages[-1].status:
            break
    failed = stages[-1] if stages and stages[-1].status else None
    if failed:
        print(f"\nThe stage {failed.name} failed (exit status {failed.status}); what it says stands above.")
    print(f"\n{table(stages)}", flush=True)
    return failed.status if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
