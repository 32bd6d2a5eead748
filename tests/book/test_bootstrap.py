"""The first cell of a notebook, wherever it is opened: it finds the book, or says in one sentence what to do."""

import subprocess
import sys

import pytest

from tools.notebooks import ROOT, bootstrap


def first_cell(tmp_path, path: str = "", colab: bool = False):
    """Run the first cell in an empty folder, its line for the shell left out (as where a clone failed)."""
    lines = [line for line in bootstrap().splitlines() if not line.strip().startswith("!")]
    if colab:
        lines.insert(1, "sys.modules['google.colab'] = sys")
    command = [sys.executable, "-S", "-c", "\n".join([*lines, "print('ready')"])]
    return subprocess.run(command, cwd=tmp_path, env={"PYTHONPATH": path}, capture_output=True, text=True)


def test_it_finds_the_book(tmp_path):
    assert first_cell(tmp_path, str(ROOT)).stdout == "ready\n"


@pytest.mark.parametrize("colab", (False, True))
def test_another_kernel_and_a_failed_clone_are_told_what_to_do(tmp_path, colab):
    found = first_cell(tmp_path, colab=colab)
    assert found.returncode == 1 and not found.stdout
    last = found.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: The book's folder lib was not found.")
    assert "run this cell again" in last and "pip install -r requirements.txt" in last


def test_the_readers_own_lib_is_named(tmp_path):
    (tmp_path / "lib.py").write_text("x = 1\n")
    found = first_cell(tmp_path)
    last = found.stderr.strip().splitlines()[-1]
    assert last == f"ImportError: {tmp_path / 'lib.py'} hides the book's folder lib: rename it and restart the kernel."


def test_a_failed_clone_is_not_hidden():
    assert "2>/dev/null" not in bootstrap() and "|| true" not in bootstrap()
