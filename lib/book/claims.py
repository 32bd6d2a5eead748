"""A claim: a measured number beside the bound that the text relies on.

    claim("P@1, least squares, 1000 pairs", by_squares, above=0.5)
    claim("P@1, Procrustes", by_turning, above=by_squares)

What training gives differs between machines, and the text of a page is compared. So a claim has two forms. Readers see
the number as measured here and, quietly, the bound: ``0.63 ✓ > 0.5``. Where text is compared there are label and bound
alone. A claim that does not hold ends the build and the tests; a reader's own kernel says so and goes on.
"""

from __future__ import annotations

import itertools
import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lib.book.display import bundle, escape, is_reader, mode, say, table_html

BOUNDS = {"above": ">", "below": "<", "least": "≥", "most": "≤", "equal": "="}
DIGITS = 4  # a bound is written down: one with more digits was measured, and has a name


class ClaimError(AssertionError):
    """What the text claims does not hold here."""


@dataclass(frozen=True)
class Measured:
    """One number, or one from each of several runs, as it is shown: `digits` digits and `unit` after it."""

    numbers: tuple[float, ...]
    digits: int = 2
    unit: str = ""
    runs: str = "seeds"

    @property
    def mean(self) -> float:
        return math.fsum(self.numbers) / len(self.numbers)

    @property
    def spread(self) -> float:
        """The standard deviation of the runs (n − 1)."""
        away = math.fsum((x - self.mean) ** 2 for x in self.numbers)
        return math.sqrt(away / (len(self.numbers) - 1))

    def short(self) -> str:
        """The number alone, with the spread of its runs: ``0.63 ± 0.02``."""
        text = measured_text(self.mean, self.digits)
        if len(self.numbers) > 1:
            even = f"{self.spread:.{len(text.partition('.')[2])}f}"  # to the mean's last decimal
            text += f" ± {even if float(even) and '10' not in text else say(self.spread, 1)}"
        return text + self.unit

    def __str__(self) -> str:
        return self.short() + (f", {len(self.numbers)} {self.runs}" if len(self.numbers) > 1 else "")


@dataclass(frozen=True)
class Bound:
    """One side of a claim: `kind` is a key of `BOUNDS`; `numbers` has one entry, or as many as there are runs."""

    kind: str
    numbers: tuple[float, ...]
    name: str = ""  # of a bound that was measured itself

    def holds(self, value: float, at: float) -> bool:
        """Whether `value` is on the right side of `at`."""
        return {
            "above": value > at,
            "below": value < at,
            "least": value >= at,
            "most": value <= at,
            "equal": value == at,
        }[self.kind]

    def text(self, unit: str = "") -> str:
        return f"{BOUNDS[self.kind]} {self.name or bound_text(self.numbers[0]) + unit}"


@dataclass(frozen=True)
class Claim:
    """A claim as it is shown; made by `claim`."""

    label: str
    value: Measured
    bounds: tuple[Bound, ...]
    every: bool = False

    @property
    def holds(self) -> bool:
        """Whether the mean of the runs, or with `every` each of them, meets every bound."""
        for bound in self.bounds:
            if self.every:
                limits = bound.numbers if len(bound.numbers) > 1 else bound.numbers * len(self.value.numbers)
                pairs = zip(self.value.numbers, limits, strict=True)
            else:
                pairs = [(self.value.mean, math.fsum(bound.numbers) / len(bound.numbers))]
            if not all(bound.holds(value, at) for value, at in pairs):
                return False
        return True

    @property
    def bound(self) -> str:
        """The bounds in words: ``> 0.5``, or ``0.5 to 0.7``."""
        kinds = {b.kind: b for b in self.bounds}
        if set(kinds) == {"above", "below"} and not any(b.name for b in self.bounds):
            low, high = (bound_text(kinds[k].numbers[0]) for k in ("above", "below"))
            text = f"{low} to {high}{self.value.unit}"
        else:
            text = " and ".join(b.text(self.value.unit) for b in self.bounds)
        return text + (f" for each of {len(self.value.numbers)} {self.value.runs}" if self.every else "")

    def __repr__(self) -> str:
        return f"{self.label}: {self.bound}" if mode() != "live" else f"{self.label}: {self._told()}"

    def _told(self) -> str:
        if self.holds:
            return f"{self.value}   ✓ {self.bound}"
        told = self.value.numbers if self.every else [self.value.mean]
        shown = ", ".join(say(x, 6) + self.value.unit for x in told)
        return f"here it is {shown}; the text says {self.bound}"

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return bundle(repr(self), html=_rows([self]))

    def _page_message_(self) -> dict:
        """Say it to a page with a kernel as data, which the page sets out itself."""
        words = {"label": self.label, "value": str(self.value), "told": self.mark, "holds": self.holds}
        return {"kind": "claim", **words, "text": repr(self)}

    @property
    def mark(self) -> str:
        """How the number stands to its bounds, as it is shown beside it."""
        return f"✓ {self.bound}" if self.holds else f"✗ the text says {self.bound}"

    def __bool__(self) -> bool:
        return self.holds


def claim(label: str, value, *, every=False, digits=2, unit="", runs="seeds", **bounds) -> None:
    """Show a measured number and check it against the bounds that the text relies on.

    label : what was measured, as a reader would say it
    value : a number, or a sequence of one number from each run: mean ± standard deviation is shown
    above, below, least, most, equal : a number that is written in the text; or a number that was measured itself, which
        needs a name: ``above=("least squares", other)``, or was claimed before, whose label is its name. With runs on
        both sides, `other` may be a sequence too.
    every : the bounds hold for each run (run by run against a sequence), not for their mean alone
    digits, unit : how the number is written;  runs : what a run is called

    Raises TypeError without a bound, ValueError for numbers that are not finite or a bound without a name, and, where
    the book is built or tested, ClaimError where the claim does not hold.
    """
    made = _claim(label, value, every, digits, unit, runs, bounds)
    _settle([made])
    _display(made)


def table(
    title: str,
    rows: Mapping[str, Any],
    columns: Sequence,
    *,
    bounds: Mapping[tuple, Mapping[str, Any]] | None = None,
    order: Mapping[Any, Sequence[str]] | None = None,
    rises: Sequence[str] = (),
    falls: Sequence[str] = (),
    across="",
    digits=2,
    unit="",
    runs="seeds",
) -> None:
    """Show a table of measured numbers, some of them claims.

    rows : row's name → its cells, one a column (a mapping by column, or a sequence in their order); a cell is a number, or
        a sequence of one from each run, or text
    columns : the columns' names
    bounds : (row, column) → the bounds of that cell, as `claim` takes them
    order : column → names of rows, from the greatest of that column to the least
    rises, falls : names of rows whose numbers rise or fall from each column to the next
    across : what the columns are, for the corner of the table

    Raises TypeError where nothing is claimed, and as `claim` does.
    """
    grid = {str(name): _cells(name, cells, columns) for name, cells in rows.items()}
    values = {
        (name, column): cell if isinstance(cell, str) else _measured(f"{name}, {column}", cell, digits, unit, runs)
        for name, cells in grid.items()
        for column, cell in zip(columns, cells, strict=True)
    }
    made = []
    for (row, column), limits in (bounds or {}).items():
        _known(row, column, grid, columns)
        made.append(
            _claim(f"{row}, {column}", grid[row][list(columns).index(column)], False, digits, unit, runs, limits)
        )
    for column, names in (order or {}).items():
        for greater, less in itertools.pairwise(names):
            _known(greater, column, grid, columns)
            _known(less, column, grid, columns)
            made.append(_ordered(f"{column}: {greater}", values[greater, column], less, values[less, column]))
    for names, kind in ((rises, "above"), (falls, "below")):
        for name in names:
            for first, then in itertools.pairwise(columns):
                _known(name, then, grid, columns)
                made.append(_ordered(f"{name}, {then}", values[name, then], str(first), values[name, first], kind))
    if not made:
        raise TypeError(f"table {title!r} claims nothing: give bounds, order, rises or falls, or print the numbers")
    _settle(made)
    said = [f"{c.label} {c.bound}" for c in made if not c.label.startswith(tuple(f"{n}, " for n in (*rises, *falls)))]
    said += [f"{name} rises with {across or 'each column'}" for name in rises]
    said += [f"{name} falls with {across or 'each column'}" for name in falls]
    _display(Table(title, tuple(map(str, columns)), tuple(grid), values, tuple(made), tuple(said), across))


@dataclass(frozen=True)
class Table:
    """A table of measured numbers as it is shown; made by `table`."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[str, ...]
    values: Mapping[tuple, Measured | str]
    claims: tuple[Claim, ...]
    said: tuple[str, ...]  # what is claimed, in words
    across: str

    def __repr__(self) -> str:
        if mode() != "live":
            return "\n".join([self.title, *(f"  {line}" for line in self.said)])
        head = [self.across, *self.columns]
        body = [[name, *self._texts(name)] for name in self.rows]
        widths = [max(len(line[i]) for line in [head, *body]) for i in range(len(head))]
        lines = ["  ".join(t.ljust(w) if i == 0 else t.rjust(w) for i, (t, w) in enumerate(zip(line, widths, strict=True)))
                 for line in [head, *body]]  # fmt: skip
        return "\n".join([self.title, *lines, *self._failures()])

    def _texts(self, name: str) -> list[str]:
        cells = [value for (row, _), value in self.values.items() if row == name]
        return [cell if isinstance(cell, str) else cell.short() for cell in cells]

    def _failures(self) -> list[str]:
        return [f"{c.label}: {c._told()}" for c in self.claims if not c.holds]

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return bundle(repr(self), html=table_html(self._page_message_()))

    def _page_message_(self) -> dict:
        """Say it to a page with a kernel as data, which the page sets out itself."""
        rows = [[name, *self._texts(name)] for name in self.rows]
        head = {"title": self._caption(), "across": self.across, "columns": list(self.columns), "rows": rows}
        return {"kind": "table", **head, "said": self._marks(), "failures": self._failures(), "text": repr(self)}

    def _caption(self) -> str:
        counts = {(len(v.numbers), v.runs) for v in self.values.values() if not isinstance(v, str)} - {(1, "seeds")}
        return self.title + "".join(f", {n} {runs}" for n, runs in sorted(counts) if n > 1)

    def _marks(self) -> str:
        return "; ".join(f"✓ {line}" for line in self.said) if all(c.holds for c in self.claims) else ""


# --------------------------------------------------------------------------------------------------------- helpers
_named: list[tuple[Any, str]] = []  # what was claimed: (the value itself, its label)


def _claim(label: str, value, every: bool, digits: int, unit: str, runs: str, bounds: Mapping[str, Any]) -> Claim:
    if not isinstance(label, str) or not label.strip():
        raise ValueError(f"a claim needs a label, but was given {label!r}")
    unknown = set(bounds) - set(BOUNDS)
    if unknown:
        raise TypeError(f"claim {label!r}: no bound is called {sorted(unknown)}; there are {', '.join(BOUNDS)}")
    if not bounds:
        raise TypeError(f"claim {label!r} has no bound, so it cannot fail: give one of {', '.join(BOUNDS)}")
    measured = _measured(label, value, digits, unit, runs)
    made = Claim(label, measured, tuple(_bound(label, k, b, measured) for k, b in bounds.items()), every)
    _named.append((value, label))
    return made


def _bound(label: str, kind: str, given, value: Measured) -> Bound:
    name = ""
    if isinstance(given, tuple) and len(given) == 2 and isinstance(given[0], str):
        name, given = given
    else:
        name = next((n for earlier, n in reversed(_named) if earlier is given and not isinstance(given, int)), "")
    numbers = _numbers(f"the bound of {label!r}", given)
    if len(numbers) not in (1, len(value.numbers)):
        raise ValueError(f"claim {label!r} has {len(value.numbers)} runs, but its bound has {len(numbers)}")
    written = len(numbers) == 1 and float(f"{numbers[0]:.{DIGITS}g}") == numbers[0]
    if not name and not written:
        raise ValueError(
            f"claim {label!r}: the bound {given!r} was measured itself and needs a name: {kind}=('what it is', …)"
        )
    return Bound(kind, numbers, name)


def _ordered(label: str, value: Measured | str, name: str, other: Measured | str, kind: str = "above") -> Claim:
    if isinstance(value, str) or isinstance(other, str):
        raise ValueError(f"{label} and {name}: text has no order")
    return Claim(label, value, (Bound(kind, other.numbers, name),))


def _measured(label: str, value, digits: int, unit: str, runs: str) -> Measured:
    return Measured(_numbers(f"claim {label!r}", value), digits, unit, runs)


def _numbers(what: str, value) -> tuple[float, ...]:
    """Return the number, or the numbers, as floats; raise where there are none or one is not finite."""
    try:
        numbers = (float(value),) if not hasattr(value, "__len__") else tuple(float(x) for x in value)
    except (TypeError, ValueError):
        raise TypeError(f"{what}: a number is needed, or one from each run, but it is {value!r}") from None
    if not numbers or not all(map(math.isfinite, numbers)):
        raise ValueError(f"{what}: finite numbers are needed, but it is {value!r}")
    return numbers


def _cells(name: str, cells, columns: Sequence) -> list:
    if isinstance(cells, Mapping):
        missing = [c for c in columns if c not in cells]
        if missing:
            raise ValueError(f"row {name!r} of the table has no column {missing[0]!r}")
        return [cells[c] for c in columns]
    if len(cells) != len(columns):
        raise ValueError(f"row {name!r} of the table has {len(cells)} cells, but there are {len(columns)} columns")
    return list(cells)


def _known(row, column, grid: Mapping, columns: Sequence) -> None:
    if row not in grid or column not in columns:
        raise ValueError(f"the table has no cell ({row!r}, {column!r}); rows: {list(grid)}, columns: {list(columns)}")


def _settle(claims: Sequence[Claim]) -> None:
    """Where the book is built or tested: record the claims, and raise for the first that does not hold."""
    if is_reader():
        return
    if path := os.environ.get("BOOK_CLAIMS"):
        with open(os.path.join(path, f"{os.getpid()}.jsonl"), "a", encoding="utf-8") as out:
            for c in claims:
                limits = {b.kind: b.numbers for b in c.bounds}
                named = [b.kind for b in c.bounds if b.name]
                row = {"label": c.label, "value": c.value.numbers, "bounds": limits, "named": named, "every": c.every}
                out.write(json.dumps({"folder": os.getcwd(), **row}) + "\n")
    for c in claims:
        if not c.holds:
            raise ClaimError(f"{c.label}: {c._told()}")


def _display(thing: Claim | Table) -> None:
    """Show a claim where it is made: several in a cell stand one below the other, as the rows of one table."""
    from IPython.display import display

    display(thing)


def _rows(claims: Sequence[Claim]) -> str:
    """Return claims as the rows of a table whose columns have the same place in every cell's table."""
    rows = []
    for c in claims:
        kind = "" if c.holds else ' class="book-claim--fails"'
        rows.append(
            f'<tr{kind}><th scope="row" style="width:46%;text-align:left;font-weight:normal">{escape(c.label)}</th>'
            f'<td style="width:26%;text-align:right">{escape(c.value)}</td>'
            f'<td class="book-claim-bound" style="text-align:left">{escape(c.mark)}</td></tr>'
        )
    style = "width:100%;table-layout:fixed;margin:0"
    return f'<table class="book-claims" style="{style}"><tbody>{"".join(rows)}</tbody></table>'


def bound_text(value: float) -> str:
    """Write a bound as it was given: 0.5, 300, 10⁻⁸."""
    return f"{int(value)}".replace("-", "−") if value.is_integer() and abs(value) < 1e6 else say(value, DIGITS)


def measured_text(value: float, digits: int) -> str:
    """Write a measured number with all its `digits`, so that 0.60 is not 0.6; whole numbers stay whole."""
    if (value.is_integer() and abs(value) < 1e6) or not 1e-3 <= abs(value) < 10**digits:
        return bound_text(value) if value.is_integer() else say(value, digits)
    return f"{value:#.{digits}g}".rstrip(".").replace("-", "−")
