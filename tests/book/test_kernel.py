"""A reader at work: a real Jupyter kernel, a demo moved, an exercise done wrong in three ways and then right."""

import re

import nbformat
import pytest
from nbclient import NotebookClient

from lib.book.demos import all_demos
from lib.book.exercises import all_exercises
from tools.notebooks import ROOT

CODE = [e for e in all_exercises().values() if e.kind == "code"]


@pytest.fixture
def kernel(monkeypatch, tmp_path):
    """Run cells in a kernel started in the chapter's folder, and return their outputs."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("BOOK_MODE", "live")

    def run(chapter: str, *cells: str):
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
        folder = next(ROOT.glob(f"chapters/*_{chapter}"))
        resources = {"metadata": {"path": str(folder)}}
        NotebookClient(book, timeout=120, kernel_name="python3", resources=resources).execute()
        return [cell.outputs for cell in book.cells]

    return run


def last(outputs) -> dict:
    return outputs[-1]["data"]


@pytest.mark.parametrize("chapter", sorted({e.chapter for e in CODE}))
def test_wrong_three_times_then_right(kernel, chapter):
    e = next(e for e in CODE if e.chapter == chapter and not e.python_only)
    signature = re.match(r"def .*:", e.stub).group()
    wrong = [f"{signature}\n    answer = 1", f"{signature}\n    return 1 / 0", f"{signature}\n    return 'text'"]
    check = f"exercises.{e.name}.check({e.name})"
    imports = f"import numpy as np\nfrom lib.{chapter} import exercises"
    answers = [e.stub, *wrong, f"{e.name} = exercises.{e.name}.function"]
    cells = [cell for answer in answers for cell in (answer, check)]
    progress = f'from lib.book.exercises import progress\nprogress("{chapter}")'
    out = kernel(chapter, imports, *cells, f"exercises.{e.name}.hint()", f"exercises.{e.name}.solution()", progress)
    said = [last(outputs)["text/plain"] for outputs in out[2:11:2]]
    assert "not attempted yet" in said[0]
    assert "returned nothing" in said[1] and "ZeroDivisionError" in said[2] and "expected" in said[3]
    assert re.search(r"correct on all \d+ cases", said[4])
    assert "book-verdict--pass" in last(out[10])["text/html"]
    assert "Hint 1 of 3" in last(out[11])["text/markdown"] and "def " in last(out[12])["text/markdown"]
    assert "1 of " in last(out[13])["text/plain"]


@pytest.mark.parametrize("chapter", sorted({e.chapter for e in CODE}))
def test_every_demo_moves_in_a_kernel(kernel, chapter):
    """ipywidgets are shown, and moving a control changes the picture."""
    cell = f"""
from lib.book.demos import all_demos
for demo in all_demos().values():
    if demo.chapter == {chapter!r}:
        demo = demo.sample()
        box = demo.widgets()
        before = box.children[-1].value
        control = box.children[0]
        control.value = next(v for _, v in control.options if v != control.value)
        after = box.children[-1].value
        assert before != after and "cannot be drawn" not in after, demo.key
        print(demo.name)
demo"""
    (outputs,) = kernel(chapter, cell)
    moved = "".join(out["text"] for out in outputs if out["output_type"] == "stream")
    assert moved.split() == [demo.name for demo in all_demos().values() if demo.chapter == chapter]
    assert "application/vnd.jupyter.widget-view+json" in last(outputs)
