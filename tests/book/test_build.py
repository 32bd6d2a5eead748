"""The build itself, on a small book made of this book's own tools: a notebook runs once, no stale output, no silent failure.

The small book lies in a folder whose name has a space and a letter beyond ASCII, and is built with its Makefile.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml

from tools import engine
from tools.fingerprint import ROOT

INDEX = "# A small book\n\nWith $x^2$.\n\n$$\na = b\n$$ (eq-small)\n\nSee {eq}`eq-small`.\n"
DEMO = '''"""A demo."""
from lib.book.demos import Picture, demo, slider
from lib.book.figures import canvas

WORD = "first"


@demo(n=slider(0, 2, steps=3))
def bars(n):
    """Three states."""
    fig, ax = canvas(layout=None)
    ax.bar([0, 1], [n, 1])
    ax.set(xlabel="bar", ylabel="height")
    return Picture(fig, f"The {WORD} bar is {n} high in this picture.")
'''
RUN = "open('../../_build/runs.txt', 'a').write('x') and None"  # a cell that leaves a trace of every run
SHOWN = "Demo bars. The first bar is 0 high in this picture."


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A book of one page and one notebook, with copies of the real configuration, tools, Makefile and lib.book."""
    root = tmp_path_factory.mktemp("a") / "my bøok"
    for folder in ("tools", "lib/book", "web/dist"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    files = ("Makefile", "_config.yml", "pyproject.toml", "requirements.txt", "constraints.txt", "lib/__init__.py")
    for file in files:
        shutil.copy(ROOT / file, root / file)
    (root / "references.bib").write_text("@book{one, title={One}, author={A. Author}, year={2000}, publisher={P}}")
    (root / "index.md").write_text(INDEX)
    (root / "_toc.yml").write_text(
        yaml.safe_dump({"format": "jb-book", "root": "index", "chapters": [{"file": "chapters/01_small/one"}]})
    )
    for folder in ("lib/small", "chapters/01_small", "tests", ".venv/bin", "_build"):
        (root / folder).mkdir(parents=True)
    engine.make()
    shutil.copytree(engine.STORE, root / "_build/engine")  # what every book has: it takes minutes to make
    (root / "lib/small/__init__.py").write_text("")
    (root / "lib/small/demos.py").write_text(DEMO)
    python = root / ".venv/bin/python"  # this very environment, where make looks for its own
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    for file in ("readers", "contributors"):
        (root / ".venv" / file).touch()
    write(root, "from lib.small import demos", "demos.bars")
    return root


def write(root: Path, *cells: str, shown: str = SHOWN) -> None:
    """Write the notebook: these cells, of which the last stores the text `shown`."""
    code = [nbformat.v4.new_code_cell(c, execution_count=i) for i, c in enumerate(cells, 1)]
    code[-1].outputs = [nbformat.v4.new_output("display_data", {"text/plain": shown})]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# One"), *code])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, root / "chapters/01_small/one.ipynb")


def run(root: Path, *command: str, **env: str) -> subprocess.CompletedProcess:
    """Run a command in the book's folder, in surroundings that say nothing about a book."""
    ours = re.compile("BOOK_|PYTEST_|MAKE|CHAPTER$|PYTHONPATH$")
    outer = {name: value for name, value in os.environ.items() if not ours.match(name)}
    quiet = {"PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=root, env=outer | quiet | env, capture_output=True, text=True)


def build(root: Path, **variables: str) -> subprocess.CompletedProcess:
    """Build the book with make; on Windows, which has none, as the README says."""
    if os.name == "nt":
        return run(root, sys.executable, "-m", "tools.build", PYTHONPATH=str(root), **variables)
    return run(root, "make", "book", *(f"{name}={value}" for name, value in variables.items()))


def judge(root: Path, *more: str) -> subprocess.CompletedProcess:
    return run(root, sys.executable, "-m", "pytest", "-p", "tools.judge", "chapters", *more, PYTHONPATH=str(root))


def runs(root: Path) -> int:
    """Return how often the notebook has run since this was last asked."""
    trace = root / "_build/runs.txt"
    count = len(trace.read_text()) if trace.is_file() else 0
    trace.unlink(missing_ok=True)
    return count


def page(root: Path) -> str:
    return (root / "_build/html/chapters/01_small/one.html").read_text(encoding="utf-8")


def test_build_then_change_lib_then_fail(small):
    before = sources(small)
    done = build(small)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stderr, "a first build has nothing to warn of"
    assert "Open file://" in done.stdout and "chapters/01_small/one.ipynb: " in done.stdout
    assert 'data-demo="small.bars"' in page(small) and "The first bar is 0 high" in page(small)
    assert "The first bar is 2 high" in (small / "_build/html/demos/small.bars.js").read_text(encoding="utf-8")
    assert sources(small) == before, "a build writes into _build alone"

    # Nothing changed: nothing runs again.
    started = processor_time()
    again = build(small)
    assert again.returncode == 0 and "one.ipynb" not in again.stdout
    warm = processor_time() - started
    assert warm < 20, f"a warm build took {warm:.0f} s of processor time"

    # A change in lib/ shows everywhere, though no cell changed.
    (small / "lib/small/demos.py").write_text(DEMO.replace('"first"', '"second"'))
    assert build(small).returncode == 0
    assert "The second bar is 0 high" in page(small) and "The first bar" not in page(small)
    assert "The second bar is 2 high" in (small / "_build/html/demos/small.bars.js").read_text(encoding="utf-8")

    # A failing cell breaks the build with its notebook and its cell, and does so again on a second run.
    write(small, "from lib.small import demos", "nobody_knows_this_name")
    for _ in range(2):
        failed = build(small)
        said = failed.stdout + failed.stderr
        assert failed.returncode != 0
        assert "chapters/01_small/one.ipynb: " in said
        assert "nobody_knows_this_name" in said and "NameError" in said

    # A demo that cannot be drawn in one state breaks it too.
    write(small, "from lib.small import demos", "demos.bars")
    (small / "lib/small/demos.py").write_text(DEMO.replace("fig, ax", "1 / (2 - n)\n    fig, ax"))
    failed = build(small)
    assert failed.returncode != 0 and "small.bars cannot draw the state {'n': 2}" in failed.stdout + failed.stderr

    # So does a picture without alt text.
    (small / "lib/small/demos.py").write_text(DEMO)
    write(small, "from lib.small import demos", "demos.bars()")
    failed = build(small)
    assert failed.returncode != 0 and "has no alt text" in failed.stdout + failed.stderr


def processor_time() -> float:
    """Return the seconds that processes started here, and ended, have worked (0 on Windows, which does not tell)."""
    times = os.times()
    return times.children_user + times.children_system


def sources(root: Path) -> dict[str, bytes]:
    """Return every file of the book's folder but those in _build and .venv."""
    files = (file.relative_to(root) for file in root.rglob("*") if file.is_file())
    return {str(f): (root / f).read_bytes() for f in files if f.parts[0] not in ("_build", ".venv")}


def test_what_nbval_passes_becomes_the_page(small):
    cells = ("from lib.small import demos", RUN, "demos.bars")
    write(small, *cells, shown="Demo bars. It is thus and so.")
    (small / "lib/small/demos.py").write_text(DEMO)
    runs(small)

    # A text that differs: nbval says so, with the command that stores it, and nothing is kept for the page.
    done = judge(small)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "It is thus and so" in done.stdout
    name = "chapters/01_small/one.ipynb"
    assert f"{name} does not give the text it stores" in done.stdout
    assert f"python -m tools.notebooks store {name}" in done.stdout
    assert runs(small) == 1

    # All as stored: it ran once, and the build runs nothing. The page has the HTML of which only the text was compared.
    write(small, *cells)
    done = judge(small, "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout and runs(small) == 1
    (seconds,) = json.loads((small / "_build/seconds.json").read_text()).values()
    assert seconds > 0
    done = build(small)
    assert done.returncode == 0, done.stdout + done.stderr
    assert runs(small) == 0 and 'data-demo="small.bars"' in page(small)

    # What passed once and then differs is no longer kept: it would run again.
    missing = (sys.executable, "-m", "tools.execute")
    assert run(small, *missing, PYTHONPATH=str(small)).returncode == 0 and runs(small) == 0
    write(small, *cells, shown="Demo bars. It is thus and so.")
    assert judge(small).returncode == 1 and runs(small) == 1
    for count in (1, 0):
        assert run(small, *missing, PYTHONPATH=str(small)).returncode == 0 and runs(small) == count


def test_one_chapter(small):
    """CHAPTER executes that chapter alone; the pages of others show their stored text; an unknown one is refused."""
    write(small, "from lib.small import demos", RUN, "demos.bars")
    other = small / "chapters/02_other"
    other.mkdir()
    (small / "lib/other").mkdir()
    (small / "lib/other/__init__.py").write_text("")
    shutil.copy(small / "chapters/01_small/one.ipynb", other / "two.ipynb")
    book = nbformat.read(other / "two.ipynb", as_version=4)
    book.cells[0].source = "# Two"
    book.cells.insert(1, nbformat.v4.new_code_cell("![ -d book ] || true\nraise SystemExit('never run')"))
    nbformat.write(book, other / "two.ipynb")
    pages = [{"file": "chapters/01_small/one"}, {"file": "chapters/02_other/two"}]
    (small / "_toc.yml").write_text(yaml.safe_dump({"format": "jb-book", "root": "index", "chapters": pages}))
    runs(small)
    done = build(small, CHAPTER="01_small")
    assert done.returncode == 0, done.stdout + done.stderr
    assert runs(small) <= 1 and "Pages of 02_other show the text" in done.stdout
    assert 'data-demo="small.bars"' in page(small)
    two = (small / "_build/html/chapters/02_other/two.html").read_text(encoding="utf-8")
    assert SHOWN in two and "data-demo" not in two
    failed = build(small, CHAPTER="03_none")
    assert (
        failed.returncode != 0 and "there is no chapter '03_none'; the chapters are 01_small, 02_other" in failed.stderr
    )


def test_pages_load_nothing_from_elsewhere(small):
    html = small / "_build/html"
    loads = re.compile(r'<(?:script|link|img|iframe|source)[^>]+(?:src|href)="(https?:)?//', re.I)
    for file in html.rglob("*.html"):
        assert not loads.search(file.read_text(encoding="utf-8")), file
        assert "thebe" not in file.read_text(encoding="utf-8"), file
    assert (html / "_static/mathjax/tex-mml-chtml.js").is_file()
    fonts = list((html / "_static/mathjax/output/chtml/fonts").rglob("*.woff"))
    assert len(fonts) >= 20
