"""Times in a page: those that were measured with care and committed, and those that a reader measures.

    results("least_squares", "10,000 × 10")     the table as benchmarks/results has it, with its machine and date
    measure_live(race)                          runs `race` where a reader runs the cell, and nowhere else

While the book is built the machine is busy, so a time taken then says little; and a page is compared as text, in which
no time can stand. So a build measures nothing. What prose says of speed, it says of the committed table, beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from lib.book.display import bundle, escape, is_reader, table_html

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks" / "results"
MEASURED = re.compile(r"^Measured on (?P<machine>.+), (?P<date>\d{4}-\d\d-\d\d)\.$", re.M)
NUMBER = re.compile(r"[-−+]?\d[\d,]*\.?\d*(?:e[-+]?\d+)?")


@dataclass(frozen=True)
class Results:
    """One table of a benchmark's committed results: as the last line of a cell it is shown with machine and date."""

    name: str
    section: str
    machine: str
    date: date
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def text(self, row: str, column: str) -> str:
        """Return a cell as it is written; `row` is what the row's first cell says."""
        found = [cells for cells in self.rows if cells[0] == row]
        if len(found) != 1 or column not in self.columns:
            raise ValueError(
                f"the table {self.section!r} has no one cell ({row!r}, {column!r}); "
                f"rows: {', '.join(cells[0] for cells in self.rows)}; columns: {', '.join(self.columns)}"
            )
        return found[0][self.columns.index(column)]

    def number(self, row: str, column: str) -> float:
        """Return the first number of a cell: 3.36 for ``3.36 [1.14, 3.73]``, 10000 for ``10,000``."""
        text = self.text(row, column)
        if not (found := NUMBER.search(text)):
            raise ValueError(f"the cell ({row!r}, {column!r}) holds no number, but {text!r}")
        return float(found.group().replace(",", "").replace("−", "-"))

    def only(self, *columns: str, rows: tuple[str, ...] = ()) -> Results:
        """Return the same table with fewer columns and, if `rows` names any, fewer rows, in the order named."""
        columns = columns or self.columns
        kept = rows or tuple(cells[0] for cells in self.rows)
        cells = tuple(tuple(self.text(row, column) for column in columns) for row in kept)
        return Results(self.name, self.section, self.machine, self.date, columns, cells)

    @property
    def source(self) -> str:
        """Where, when and with what command the table was made, in a sentence."""
        day = f"{self.date.day} {self.date:%B %Y}"
        return f"Measured on {self.machine}, {day}, with python -m benchmarks {self.name}."

    def __repr__(self) -> str:
        table = [self.columns, *self.rows]
        widths = [max(len(cells[i]) for cells in table) for i in range(len(self.columns))]
        aligned = ["  ".join([c[0].ljust(widths[0]), *map(str.rjust, c[1:], widths[1:])]).rstrip() for c in table]
        return "\n".join([*([self.section] if self.section else []), *aligned, self.source])

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return bundle(repr(self), html=table_html(self._page_message_()))

    def _page_message_(self) -> dict:
        """Say it to a page with a kernel as data, which the page sets out itself."""
        head = {"title": self.section, "across": self.columns[0], "columns": list(self.columns[1:])}
        rows = [list(cells) for cells in self.rows]
        return {"kind": "table", **head, "rows": rows, "said": self.source, "failures": [], "text": repr(self)}


def results(name: str, section: str = "") -> Results:
    """Return a table of ``benchmarks/results/<name>.md``: the one under the heading `section`, or the file's only one.

    Raises ValueError where there is no such file or section, or where the file does not say on which machine and day it
    was measured.
    """
    path = FOLDER / f"{name}.md"
    if not path.is_file():
        there = ", ".join(sorted(p.stem for p in FOLDER.glob("*.md"))) or "none"
        raise ValueError(f"no benchmark has results named {name!r}; there are: {there}")
    text = path.read_text(encoding="utf-8")
    if not (measured := MEASURED.search(text)):
        raise ValueError(
            f"benchmarks/results/{name}.md has no line “Measured on MACHINE, YEAR-MONTH-DAY.”: "
            f"run python -m benchmarks {name}"
        )
    tables = _tables(text)
    if section not in tables and not (not section and len(tables) == 1):
        raise ValueError(f"the results of {name} have no table {section!r}; there are: {', '.join(tables) or 'none'}")
    heading = section or next(iter(tables))
    columns, *rows = tables[heading]
    return Results(name, heading, measured["machine"], date.fromisoformat(measured["date"]), columns, tuple(rows))


def _tables(text: str) -> dict[str, list[tuple[str, ...]]]:
    """Return heading → the lines of the Markdown table below it, as cells, without the line of dashes."""
    tables: dict[str, list[tuple[str, ...]]] = {}
    heading = ""
    for line in text.splitlines():
        if line.startswith("#"):
            heading = line.lstrip("#").strip()
        elif line.startswith("|") and set(line) - set("|- :"):
            tables.setdefault(heading, []).append(tuple(cell.strip() for cell in line.strip("|").split("|")))
    return tables


# ------------------------------------------------------------------------------------------ the reader's own machine
@dataclass(frozen=True)
class NotMeasured:
    """What stands in a page in the place of a time: who measures it."""

    text: str = "Run this cell to measure on your own machine. The page shows no time of its own."

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return bundle(self.text, html=f'<p class="book-claim-bound">{escape(self.text)}</p>')


def measure_live(measure: Callable, *args, **kwargs):
    """Return ``measure(*args, **kwargs)`` where a reader runs the cell; elsewhere a line that invites to run it.

    The last line of a cell. What `measure` returns is shown: a string, a picture, a table.
    """
    if not callable(measure):
        raise TypeError(f"measure_live needs a function to call, but was given {measure!r}: it would have run by now")
    return measure(*args, **kwargs) if is_reader() else NotMeasured()
