"""Times in a page: committed results are read as they stand, and a build measures nothing."""

import ast
import io
import zipfile

import nbformat
import pytest
import zstandard

from benchmarks import bench
from lib.book import benchmarks
from lib.book.benchmarks import measure_live, results
from tools import fingerprint, live

FILE = """## Solvers

Measured on AMD EPYC, 2 cores, 2026-11-28.

Candidates take turns.

### 10 × 3

| solver | ms | time / peer's |
| --- | --- | --- |
| QR | 1,200.5 | 3.36 [1.14, 3.73] |
| lstsq & co | 1e-3 | −0.5 |
| none | | |

### 20 × 3

| solver | ms |
| --- | --- |
| QR | 7 |
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(benchmarks, "FOLDER", tmp_path)
    (tmp_path / "solvers.md").write_text(FILE, encoding="utf-8")
    return tmp_path


def test_a_table_is_read_as_it_stands_with_machine_and_date(folder, monkeypatch):
    found = results("solvers", "10 × 3")
    assert found.text("QR", "time / peer's") == "3.36 [1.14, 3.73]"
    assert [found.number("QR", c) for c in ("ms", "time / peer's")] == [1200.5, 3.36]
    assert found.number("lstsq & co", "time / peer's") == -0.5 and found.number("lstsq & co", "ms") == 1e-3
    assert repr(found).splitlines() == [
        "10 × 3",
        "solver           ms      time / peer's",
        "QR          1,200.5  3.36 [1.14, 3.73]",
        "lstsq & co     1e-3               −0.5",
        "none",
        "Measured on AMD EPYC, 2 cores, 28 November 2026, with python -m benchmarks solvers.",
    ]
    monkeypatch.setenv("BOOK_MODE", "page")
    html = found._repr_mimebundle_()["text/html"]
    assert "lstsq &amp; co" in html and "28 November 2026" in html and "<td>3.36 [1.14, 3.73]</td>" in html
    monkeypatch.setenv("BOOK_MODE", "text")
    assert found._repr_mimebundle_() == {"text/plain": repr(found)}


def test_fewer_rows_and_columns(folder):
    few = results("solvers", "10 × 3").only("solver", "ms", rows=("lstsq & co", "QR"))
    assert few.columns == ("solver", "ms") and few.rows == (("lstsq & co", "1e-3"), ("QR", "1,200.5"))
    assert results("solvers", "10 × 3").only("solver").rows == (("QR",), ("lstsq & co",), ("none",))


def test_what_is_not_there_is_said(folder):
    with pytest.raises(ValueError, match="named 'nothing'; there are: solvers"):
        results("nothing")
    with pytest.raises(ValueError, match="no table ''; there are: 10 × 3, 20 × 3"):
        results("solvers")
    found = results("solvers", "10 × 3")
    for row, column in (("SVD", "ms"), ("QR", "seconds")):
        with pytest.raises(ValueError, match="no one cell"):
            found.number(row, column)
    with pytest.raises(ValueError, match="holds no number"):
        found.number("none", "ms")
    (folder / "old.md").write_text(FILE.replace("Measured", "Once measured"), encoding="utf-8")
    with pytest.raises(ValueError, match="Measured on MACHINE, YEAR-MONTH-DAY"):
        results("old", "10 × 3")
    (folder / "one.md").write_text(FILE.partition("### 20")[0], encoding="utf-8")
    assert results("one").section == "10 × 3"


def test_what_a_benchmark_writes_says_where_and_when(folder, monkeypatch):
    monkeypatch.setattr(bench, "RESULTS", folder)
    bench.write("made", "## Made\n\nWords.\n\n" + bench.table(["solver", "ms"], [["QR", "2.0"]]))
    made = results("made")
    assert made.number("QR", "ms") == 2.0 and "core" in made.machine
    assert (folder / "made.md").read_text(encoding="utf-8").splitlines()[2].startswith("Measured on ")


@pytest.mark.parametrize("where", ["page", "text"])
def test_a_build_measures_nothing(where, monkeypatch):
    monkeypatch.setenv("BOOK_MODE", where)
    shown = measure_live(pytest.fail, "measured")
    assert "Run this cell" in repr(shown) and ("text/html" in shown._repr_mimebundle_()) == (where == "page")


def test_a_reader_measures(monkeypatch):
    monkeypatch.setenv("BOOK_MODE", "live")
    assert measure_live(lambda a, b: a + b, 1, b=2) == 3
    monkeypatch.setenv("BOOK_MODE", "browser")
    assert measure_live(lambda: "in the page") == "in the page"
    with pytest.raises(TypeError, match="a function to call"):
        measure_live(3.2)


def test_python_in_the_page_has_the_results():
    held = zipfile.ZipFile(io.BytesIO(zstandard.decompress(live.archives()["lib.book"][1]))).namelist()
    assert {f"benchmarks/results/{path.name}" for path in benchmarks.FOLDER.glob("*.md")} <= set(held)


def committed():
    """Every ``results("…", "…")`` in a notebook: (notebook, name, section)."""
    for path in sorted(fingerprint.ROOT.glob("chapters/*/*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type != "code" or "results(" not in cell.source:
                continue
            for node in ast.walk(ast.parse(live.code_of(cell))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "results":
                    yield path.name, *(ast.literal_eval(a) for a in node.args if isinstance(a, ast.Constant))


def test_every_table_that_a_page_names_is_there():
    for _, name, *section in committed():
        if section:
            assert results(name, *section).rows
        else:
            assert (benchmarks.FOLDER / f"{name}.md").is_file()
