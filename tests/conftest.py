"""Shared test settings: one BLAS thread, hypothesis without deadlines on shared machines, one chapter where CHAPTER says so."""

import os
import re
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")

import pytest
from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir

ROOT = Path(__file__).resolve().parent.parent
set_hypothesis_home_dir(ROOT / "_build" / "hypothesis")
settings.register_profile("book", deadline=None, max_examples=60, derandomize=True)
settings.load_profile("book")


# ------------------------------------------------------------------- one chapter: make test CHAPTER=04_word_vectors
CHAPTER = os.environ.get("CHAPTER", "")
NUMBERED = sorted(path.parent.name for path in (ROOT / "chapters").glob("*/index.md"))
OTHERS = [ROOT / "tests" / name.split("_", 1)[1] for name in NUMBERED if name != CHAPTER]
OWN = [
    ROOT / "tests" / name for name in (CHAPTER.partition("_")[2], "browser")
]  # the browser's tests choose their pages
OF_ALL = {f"test_{name}.py" for name in ("corrections_page", "equations", "imports", "references")}  # quick, about all


def chapter_named(values) -> set[str]:
    """Return the chapters that a test's parameters name: notebooks, demos, exercises, modules."""
    text = " ".join(str(value).removeprefix(str(ROOT)) for value in values)
    return {name for name in NUMBERED if re.search(rf"\b(\d+_)?{name.split('_', 1)[1]}\b", text)}


def pytest_ignore_collect(collection_path):
    """Leave out the folders of other chapters."""
    if CHAPTER and collection_path in OTHERS:
        return True


def pytest_collection_modifyitems(config, items):
    """Of the tests of all chapters keep those that name this one, and those quick ones that hold for all together."""
    if not CHAPTER:
        return

    def wanted(item) -> bool:
        if item.path.parent in OWN or item.path.name in OF_ALL:
            return True
        named = chapter_named(item.callspec.params.values() if hasattr(item, "callspec") else ())
        return item.path.parent not in OTHERS and CHAPTER in named

    kept = [item for item in items if wanted(item)]
    config.hook.pytest_deselected(items=[item for item in items if not wanted(item)])
    items[:] = kept


# ------------------------------------------------------------------------------------------------- every test
@pytest.fixture(autouse=True)
def _quiet_reader(monkeypatch, tmp_path):
    """No test writes to the reader's home: progress goes to a temporary file."""
    monkeypatch.setenv("BOOK_PROGRESS", str(tmp_path / "progress.json"))


def pytest_terminal_summary(terminalreporter):
    """Print what the tests of mutants found: for each exercise, how many mutants of its solution its cases kill."""
    reports = [r for outcome in ("passed", "failed") for r in terminalreporter.stats.get(outcome, ())]
    lines = sorted(
        {str(line) for r in reports for name, line in getattr(r, "user_properties", ()) if name == "mutants"}
    )
    if lines:
        terminalreporter.write_sep("-", "mutants of the exercises' solutions")
        for line in lines:
            terminalreporter.write_line(line)
