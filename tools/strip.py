"""Strip pictures and widget state from notebooks, keep their text outputs: ``python -m tools.strip PATH…``.

Outputs that differ from run to run (timings; their cells carry the tag nbval-ignore-output) are not kept either.

It needs only nbformat, so that it can run as a pre-commit hook. Exits with 1 where it changed a file.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat

TEXT_ONLY = ("text/plain",)
METADATA = ("tags", "mystnb")


def strip(book) -> None:
    """Reduce a notebook to what the repository keeps, in place."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    book.metadata = nbformat.from_dict({"kernelspec": kernel})
    count = 0
    for cell in book.cells:
        cell.metadata = nbformat.from_dict({k: v for k, v in cell.metadata.items() if k in METADATA})
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count  # in order: nbval takes a cell without a count for one that never ran
            timed = "nbval-ignore-output" in cell.metadata.get("tags", [])
            cell.outputs = [] if timed else [_text(output) for output in cell.outputs]


def _text(output):
    if "data" in output:
        output.data = nbformat.from_dict({k: v for k, v in output.data.items() if k in TEXT_ONLY})
        output.metadata = nbformat.from_dict({})
    if output.output_type == "execute_result":
        output.execution_count = None
    return output


def main() -> None:
    """Strip the notebooks named on the command line."""
    changed = False
    for path in map(Path, sys.argv[1:]):
        before = path.read_text(encoding="utf-8")
        book = nbformat.reads(before, as_version=4)
        strip(book)
        after = nbformat.writes(book, indent=1).rstrip("\n") + "\n"
        if after != before:
            path.write_text(after, encoding="utf-8")
            print(f"stripped {path}")
            changed = True
    raise SystemExit(changed)


if __name__ == "__main__":
    main()
