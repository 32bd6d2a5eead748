"""The cells that a reader runs to measure: they work, though no build runs them."""

import nbformat
import pytest

from lib.least_squares import cost
from lib.least_squares.demos import exponents_picture
from tools.live import code_of
from tools.notebooks import ROOT

BOOK = nbformat.read(ROOT / "chapters/02_least_squares/06_iterative_solvers.ipynb", as_version=4)
CODE = [cell for cell in BOOK.cells if cell.cell_type == "code"]
MEASURED = [cell.source for cell in CODE if "measure_live(" in cell.source]


@pytest.mark.parametrize("source", MEASURED, ids=lambda source: source.split("\n")[0])
def test_a_cell_that_measures_works(source, monkeypatch):
    monkeypatch.setenv("BOOK_MODE", "live")
    times = iter(range(1, 1000))
    monkeypatch.setattr(cost, "measure", lambda function, *args, repeats=5: 1e-3 * next(times))
    names: dict = {}
    exec(code_of(CODE[0]), names)
    before, last = source.rstrip().rsplit("\n", 1)
    exec(before, names)
    shown = eval(last, names)
    assert "measured on this machine" in repr(shown) or ": 0." in shown
    if hasattr(shown, "faults"):
        assert not shown.faults()


def test_there_are_such_cells():
    assert len(MEASURED) == 2


def test_names_of_curves_that_lie_close():
    sizes = [1e4, 1e5, 1e6]
    picture = exponents_picture(sizes, {"one": [1, 10, 100], "two": [1, 10, 101], "three": [2, 20, 99]}, "N")
    assert not picture.faults() and "one, two, three" in picture.description
