"""The run of all checks: its table, its exit status, and what one chapter's checks are."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from tools import stages
from tools.fingerprint import ROOT

MAKEFILE = """
good:
	@echo "chapters/x.py 3 passed in the text"
	@echo "3 passed, 1 skipped in 0.12s"
	@echo "===== 2 passed, 1 xfailed, 4 warnings in 61.00s (0:01:01) ====="
plain:
	@echo nothing to count
wrong:
	@echo "1 failed, 5 passed, 2 errors in 0.10s"; exit 1
broken:
	@exit 3
"""


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("3287 passed, 2 skipped in 216.33s (0:03:36)", (3287, 0, 2)),
        ("\x1b[31m1 failed\x1b[0m, \x1b[32m7 passed\x1b[0m\x1b[31m in 2.00s\x1b[0m", (7, 1, 0)),
        ("=== 1 error in 0.10s ===", (0, 1, 0)),
        ("no tests ran in 0.01s", ()),
        ("ten 3 passed in 4s", ()),
        ("3 passed", ()),
        ("", ()),
    ],
)
def test_the_line_that_ends_a_run(line, counts):
    assert tuple(stages.tests_in(line).values()) == counts


@pytest.fixture
def make(tmp_path, monkeypatch, capfd):
    """Run stages of a small Makefile; return the exit status and what was printed."""
    if not shutil.which("make"):
        pytest.skip("there is no make")
    (tmp_path / "Makefile").write_text(MAKEFILE)
    monkeypatch.setattr(stages, "ROOT", tmp_path)
    for name in ("MAKEFLAGS", "MAKELEVEL", "CHAPTER"):
        monkeypatch.delenv(name, raising=False)

    def run(*names):
        status = stages.main(list(names))
        return status, capfd.readouterr().out

    return run


def test_a_table_ends_the_run(make):
    status, out = make("plain", "good")
    assert status == 0
    *_, head, plain, good, everything, last = out.rstrip("\n").split("\n")
    assert head.split() == ["stage", "seconds", "passed", "failed", "skipped"]
    assert re.fullmatch(r"plain +\d+ +– +– +–", plain)
    assert re.fullmatch(r"good +\d+ +5 +0 +2", good)
    assert re.fullmatch(r"all +\d+ +5 +0 +2", everything)
    assert last == "5 passed, 0 failed"


def test_a_failing_stage_ends_it_with_its_name(make):
    status, out = make("good", "wrong", "plain")
    assert status != 0 and "The stage wrong failed" in out and "--- plain" not in out
    assert re.search(r"^wrong +\d+ +5 +3 +0$", out, re.M)
    assert out.endswith("\n10 passed, 3 failed\n")


def test_a_stage_that_fails_outside_its_tests_counts_as_one(make):
    status, out = make("good", "broken")
    assert status != 0 and "The stage broken failed" in out and out.endswith("\n5 passed, 1 failed\n")


def test_an_unknown_chapter_is_refused(monkeypatch, capsys):
    monkeypatch.setenv("CHAPTER", "00_none")
    assert stages.main(["lint"]) == 2
    assert "CHAPTER=00_none: there is no such chapter; there are 01_losses, " in capsys.readouterr().out


def test_one_chapters_tests_are_its_own():
    """With CHAPTER: its folder, and of the tests of all chapters those of its notebooks, demos and exercises."""
    asked = [
        "losses/test_neurons.py",
        "least_squares/test_model.py",
        "book/test_live_build.py",
        "book/test_equations.py",
    ]
    command = [sys.executable, "-m", "pytest", "--collect-only", "-qq", *(f"tests/{name}" for name in asked)]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"CHAPTER": "01_losses"}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    counts = {name: int(count) for name, count in re.findall(r"^(\S+): (\d+)$", done.stdout, re.M)}
    notebooks = len(list(ROOT.glob("chapters/01_losses/*.ipynb")))
    assert counts["tests/book/test_live_build.py"] == 2 * notebooks
    assert counts["tests/book/test_equations.py"] >= 1 and counts["tests/losses/test_neurons.py"] > 5
    assert {os.path.dirname(name) for name in counts} == {"tests/losses", "tests/book"}
