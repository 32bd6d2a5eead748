"""Build the book: ``python -m tools.build [--output FOLDER]``; prints where to look.

Notebooks that are not executed yet are, two at a time; then Jupyter Book makes the pages. A notebook that fails ends the
build with its name and cell. The environment variable CHAPTER may name a folder of chapters/: only that one is executed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from tools import execute

ROOT = Path(__file__).resolve().parent.parent


def build(output: Path = ROOT) -> int:
    """Run Jupyter Book with every warning an error; return its exit status."""
    # -n: every reference must resolve; -W --keep-going: list all warnings, then fail.
    start = "from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", start, "build", str(ROOT), "--path-output", str(output)]
    return subprocess.run([*command, "-n", "-W", "--keep-going", "-q"], cwd=ROOT).returncode


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.build", description=__doc__.split("\n")[0])
    parser.add_argument(
        "--output", type=Path, default=ROOT, help="where to put _build (the book's folder unless given)"
    )
    args = parser.parse_args()
    started = time.perf_counter()
    try:
        paths = execute.notebooks(os.environ.get("CHAPTER", ""))
    except ValueError as error:
        raise SystemExit(f"CHAPTER={os.environ['CHAPTER']}: {error}.") from None
    missing = [path for path in paths if not execute.is_kept(path)]
    if failed := execute.run(missing, also=execute.drawings() if missing else []):
        raise SystemExit("\n\n".join([*failed, "The book was not built; the lines above say what failed."]))
    if os.environ.get("CHAPTER") and (others := execute.unexecuted()):
        print(f"Pages of {', '.join(others)} show the text that their notebooks store; `make book` executes them.")
    status = build(args.output.resolve())
    if status:
        raise SystemExit(f"The book was not built (status {status}); the lines above name the page and the cell.")
    page = args.output.resolve() / "_build" / "html" / "index.html"
    print(f"Built in {time.perf_counter() - started:.0f} s. Open {page.as_uri()} or run `make serve`.")


if __name__ == "__main__":
    main()
