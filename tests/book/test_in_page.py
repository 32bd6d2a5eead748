"""The page's kernel on every notebook, under CPython: the second of three layers that test Python in the page.

It covers: every cell gives the text the notebook stores, every exercise its verdicts, with the page's modules alone and
numpy at the version that Pyodide's lock names. It does not cover Pyodide itself: that is tests/browser/test_live.py (its
core) and tests/browser/test_live_full.py (its builds of numpy, scipy and matplotlib).
"""

import json
import os
import subprocess
import sys

import nbformat
import pytest

from tools import live
from tools.fingerprint import ROOT

NOTEBOOKS = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("chapters/*/*.ipynb"))
NUMPY_ONLY = [name for name in NOTEBOOKS if not live.page(ROOT / name)["blocked"]]


@pytest.fixture(scope="module", params=NUMPY_ONLY)
def found(request):
    """What a notebook says in the page's kernel, in a process of its own."""
    path = ROOT / request.param
    sources = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    given = {
        "page": live.page(path),
        "packages": live.pins()["packages"],
        "sources": sources,
        "folder": str(path.parent),
    }
    done = subprocess.run(
        [sys.executable, ROOT / "tests/book/in_page.py"],
        input=json.dumps(given),
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return request.param, json.loads(done.stdout)


def test_every_cell_gives_the_stored_text(found):
    name, out = found
    code = [c for c in nbformat.read(ROOT / name, as_version=4).cells if c.cell_type == "code"]
    assert len(code) == len(out["cells"])
    for cell, mine in zip(code, out["cells"], strict=True):
        assert mine["ok"], (cell.source, mine["said"])
        if "nbval-ignore-output" in cell.metadata.get("tags", []):
            continue
        own = [m for m in mine["said"] if m["kind"] in ("verdict", "progress", "demo")]
        stored = "".join(o.get("text") or o["data"]["text/plain"] + "\n" for o in cell.outputs)
        if own:  # the page sets these out itself: what they say is in the stored text
            (message,) = own
            words = message.get("headline") or message.get("summary") or message["text"]
            assert words in stored, (cell.source, message)
        else:
            assert mine["text"] == stored, cell.source


def test_every_exercise_gives_its_verdicts(found):
    _, out = found
    assert out["verdicts"]
    for name, answers in out["verdicts"].items():
        for answer, said in answers.items():
            (verdict,) = said
            wanted = {"stub": "todo", "solution": "pass"}.get(answer, "fail")
            assert verdict["kind"] == "verdict" and verdict["status"] == wanted, (name, answer, verdict)
            if wanted == "fail" and answer:
                assert verdict["diagnosis"] == answer, (name, verdict)


def test_it_runs_as_the_page_would(found):
    _, out = found
    assert out["numpy"] == live.pins()["packages"]["numpy"]["version"], (
        "numpy is pinned to the version of Pyodide's lock"
    )
    assert not out["torch"]


def test_exercises_that_need_only_python():
    """Each numpy wing has at least two, so that the first layer can do them with Pyodide's core alone."""
    from lib.book.exercises import all_exercises

    counts: dict[str, int] = {}
    for e in all_exercises().values():
        counts[e.chapter] = counts.get(e.chapter, 0) + getattr(e, "python_only", False)
    assert counts and min(counts.values()) >= 2, counts
