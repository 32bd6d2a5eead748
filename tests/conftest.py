"""Shared test settings: text mode by default, one BLAS thread, hypothesis without deadlines on shared machines."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")

import pytest
from hypothesis import settings

settings.register_profile("book", deadline=None, max_examples=60, derandomize=True)
settings.load_profile("book")


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
