"""The same text under other numerics: ``python -m tools.drift [notebooks|demos|units] [PATH…]`` (`make drift`: all three).

Processors differ in the last digits of a product, of a sum taken in another order. What the book stores and compares must
not depend on them. So notebooks, the demos' start states and the unit tests are run under several numerics (the kernels of
OpenBLAS, PyTorch's instruction sets, one thread and two), as far as this machine has them. Every difference is named with
its cell and both lines; the exit status is 1 where there is one.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
CONTROLLED = ("OPENBLAS_CORETYPE", "ATEN_CPU_CAPABILITY", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@dataclass(frozen=True)
class Numerics:
    """One way for the same arithmetic to be done: OpenBLAS's kernel, PyTorch's instruction set, threads."""

    kernel: str  # "" leaves the choice to the library
    instructions: str
    threads: int

    def __str__(self) -> str:
        kernel, instructions = self.kernel or "own kernel", self.instructions or "own instructions"
        return f"{kernel}, {instructions}, {self.threads} thread{'s' * (self.threads > 1)}"

    def environment(self) -> dict[str, str]:
        """Return this process's environment with these numerics in force."""
        threads = str(self.threads)
        values = (self.kernel, self.instructions, threads, threads)
        kept = {name: value for name, value in os.environ.items() if name not in CONTROLLED}
        return kept | {name: value for name, value in zip(CONTROLLED, values, strict=True) if value}


def features() -> set[str]:
    """Return the names of the processor's instruction sets, as far as the system tells."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="ignore").lower()
    except OSError:
        return set()
    return {name for name in ("avx2", "avx512f") if name in flags}


def numerics(have: set[str] | None = None) -> list[Numerics]:
    """Return the numerics that this processor can show, the usual ones first; each kernel, set and count occurs.

    On processors that are no x86 the kernels have other names: there only the number of threads varies.
    """
    have = features() if have is None else have
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return [Numerics("", "", 1), Numerics("", "", 2)]
    found = [Numerics("", "", 2), Numerics("Nehalem", "default", 1)]
    if "avx2" in have:
        found.append(Numerics("Haswell", "avx2", 2))
    if "avx512f" in have:
        found.append(Numerics("SkylakeX", "avx512", 1))
    return found


# ------------------------------------------------------------------------------------------------------- notebooks
def run(book, path: Path, under: Numerics, timeout: int = 600):
    """Return a copy of the notebook `book`, executed in text mode in the folder of `path`, under these numerics."""
    from nbclient import NotebookClient

    made = copy.deepcopy(book)
    env = under.environment() | {"BOOK_MODE": "text", "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"}
    resources = {"metadata": {"path": str(path.parent)}}
    NotebookClient(made, timeout=timeout, kernel_name="python3", resources=resources).execute(env=env)
    return made


def texts(book) -> list[str]:
    """Return the text of each code cell, as it is compared; cells whose output differs from run to run give ""."""
    found = []
    for cell in book.cells:
        if cell.cell_type == "code":
            timed = "nbval-ignore-output" in cell.metadata.get("tags", [])
            parts = [o.get("text") or o.get("data", {}).get("text/plain", "") + "\n" for o in cell.outputs]
            found.append("" if timed else "".join(parts))
    return found


def differences(first, second) -> Iterator[str]:
    """Yield, for each cell whose text differs, its number and the first lines that differ, one above the other."""
    for number, (a, b) in enumerate(zip(texts(first), texts(second), strict=True), 1):
        if a != b:
            one, other = a.splitlines(), b.splitlines()
            length = max(len(one), len(other))
            one, other = (lines + ["(no line)"] * (length - len(lines)) for lines in (one, other))
            x, y = next(((x, y) for x, y in zip(one, other, strict=True) if x != y), (a, b))
            yield f"code cell {number}\n    {x}\n    {y}"


def agreed(book, path: Path):
    """Return the notebook executed, or exit with the cells whose text depends on the numerics."""
    first, *others = numerics()
    made = run(book, path, first)
    for other in others:
        found = list(differences(made, run(book, path, other)))
        if found:
            said = "\n  ".join(found)
            raise SystemExit(f"{path.name} is not stored: its text under «{first}» and «{other}» differs:\n  {said}")
    return made


def check_notebooks(paths: list[Path]) -> int:
    """Compare each notebook's stored text with what it gives under each numerics; return how many cells differ."""
    count = 0
    for path in paths:
        book = nbformat.read(path, as_version=4)
        for under in numerics():
            try:
                found = list(differences(book, run(book, path, under)))
            except Exception as error:  # a cell raised: that is a difference too
                found = [str(error).strip()[-600:]]
            count += len(found)
            print(f"{path.relative_to(ROOT)} under {under}: {'the same' if not found else ''}", flush=True)
            for line in found:
                print(f"  {line}", flush=True)
    return count


# ------------------------------------------------------------------------------------------------- demos and units
SENTENCES = """
import json, sys
from lib.book.demos import all_demos
json.dump({key: demo.sample()().description for key, demo in all_demos().items()}, sys.stdout)
"""


def check_demos() -> int:
    """Compare the sentences of all demos' start states under each numerics; return how many differ."""
    first, count = None, 0
    for under in numerics():
        env = under.environment() | {"BOOK_MODE": "text", "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"}
        done = subprocess.run([sys.executable, "-c", SENTENCES], env=env, cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"the demos cannot be drawn under {under}:\n{done.stderr[-2000:]}")
        said = json.loads(done.stdout)
        first = first or said
        different = [key for key in said if said[key] != first[key]]
        print(f"demos under {under}: {len(said) - len(different)} the same, {len(different)} differ", flush=True)
        for key in different:
            print(f"  {key}\n    {first[key]}\n    {said[key]}", flush=True)
        count += len(different)
    return count


def check_units(arguments: list[str]) -> int:
    """Run the unit tests under each numerics; return under how many of them a test fails."""
    failed = 0
    for under in numerics():
        print(f"unit tests under {under}", flush=True)
        command = [sys.executable, "-m", "pytest", *(arguments or ["tests"]), "--ignore=tests/browser", "-n", "2"]
        env = under.environment() | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"}
        failed += subprocess.run(command, env=env, cwd=ROOT).returncode != 0
    return failed


def main(argv: list[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.drift", description=__doc__.split("\n\n")[0])
    parser.add_argument("what", nargs="?", choices=("all", "notebooks", "demos", "units"), default="all")
    parser.add_argument("paths", nargs="*", help="notebooks, or the unit tests; all of them where none is named")
    args = parser.parse_args(argv)
    if args.paths and args.what not in ("notebooks", "units"):
        parser.error("paths go with notebooks or units")
    from tools.notebooks import notebooks

    count = 0
    if args.what in ("all", "demos"):
        count += check_demos()
    if args.what in ("all", "units"):
        count += check_units(args.paths if args.what == "units" else [])
    if args.what in ("all", "notebooks"):
        count += check_notebooks(notebooks(args.paths if args.what == "notebooks" else None))
    if count:
        raise SystemExit(f"{count} differences: what is compared depends on the machine.")
    print("Nothing differs.")


if __name__ == "__main__":
    main()
