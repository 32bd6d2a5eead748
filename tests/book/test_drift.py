"""Storing a notebook refuses text that depends on the machine's numerics."""

import nbformat
import pytest

from tools import drift, notebooks
from tools.drift import Numerics


def book(*sources):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    return nbformat.v4.new_notebook(cells=cells)


def test_every_kernel_set_and_count_of_threads_occurs():
    wide = drift.numerics({"avx2", "avx512f"})
    if len(wide) > 2:  # an x86 processor
        assert {n.kernel for n in wide} == {"", "Nehalem", "Haswell", "SkylakeX"}
        assert {n.instructions for n in wide} == {"", "default", "avx2", "avx512"}
        assert "SkylakeX" not in {n.kernel for n in drift.numerics({"avx2"})}
        assert [n.kernel for n in drift.numerics(set())] == ["", "Nehalem"]
    assert {n.threads for n in wide} == {1, 2}


def test_the_environment_is_the_numerics_and_nothing_left_of_another(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    found = Numerics("", "avx2", 2).environment()
    assert "OPENBLAS_CORETYPE" not in found and found["OMP_NUM_THREADS"] == "2" and found["PATH"]
    assert Numerics("Nehalem", "", 1).environment()["OPENBLAS_CORETYPE"] == "Nehalem"


def test_a_text_that_depends_on_the_numerics_is_not_stored(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(drift, "numerics", lambda: [Numerics("", "", 1), Numerics("", "", 2)])
    path = tmp_path / "page.ipynb"
    source = "import os\nprint('always')\nprint('threads', os.environ['OMP_NUM_THREADS'])"
    before = nbformat.writes(book("1 + 1", source))
    path.write_text(before)
    with pytest.raises(SystemExit, match="not stored") as found:
        notebooks.store(path)
    assert "code cell 2\n    threads 1\n    threads 2" in str(found.value) and path.read_text() == before
    path.write_text(nbformat.writes(book("1 + 1", "print('the same')")))
    notebooks.store(path)
    assert "the same" in path.read_text()
    assert drift.texts(nbformat.read(path, as_version=4)) == ["2\n", "the same\n"]


def test_what_takes_time_is_not_compared_and_missing_lines_are_named():
    one, other = book("a", "b"), book("a", "b")
    one.cells[0].metadata["tags"] = other.cells[0].metadata["tags"] = ["nbval-ignore-output"]
    for made, first, second in ((one, "1 s", "x\ny\n"), (other, "2 s", "x\n")):
        made.cells[0].outputs = [nbformat.v4.new_output("stream", text=first)]
        made.cells[1].outputs = [nbformat.v4.new_output("stream", text=second)]
    assert list(drift.differences(one, other)) == ["code cell 2\n    y\n    (no line)"]
