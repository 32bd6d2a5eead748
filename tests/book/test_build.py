"""The build itself, on a small book made of this book's own tools: no stale outputs, no silent failures."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
import yaml

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
    return Picture(fig, f"The {WORD} bar is {n} high in this picture.")
'''


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A book of one page and one notebook, with copies of the real configuration, tools and lib.book."""
    root = tmp_path_factory.mktemp("book")
    for folder in ("tools", "lib/book", "web/dist"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("_config.yml", "pyproject.toml", "requirements.txt", "constraints.txt", "lib/__init__.py"):
        shutil.copy(ROOT / file, root / file)
    (root / "references.bib").write_text("@book{one, title={One}, author={A. Author}, year={2000}, publisher={P}}")
    (root / "index.md").write_text(INDEX)
    (root / "_toc.yml").write_text(
        yaml.safe_dump({"format": "jb-book", "root": "index", "chapters": [{"file": "chapters/01_small/one"}]})
    )
    for folder in ("lib/small", "chapters/01_small", "tests"):
        (root / folder).mkdir(parents=True)
    (root / "lib/small/__init__.py").write_text("")
    (root / "lib/small/demos.py").write_text(DEMO)
    write(root, "from lib.small import demos", "demos.bars")
    return root


def write(root: Path, *cells: str) -> None:
    code = [nbformat.v4.new_code_cell(c) for c in cells]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# One"), *code])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, root / "chapters/01_small/one.ipynb")


def build(root: Path) -> subprocess.CompletedProcess:
    env = {k: v for k, v in os.environ.items() if not k.startswith("BOOK_")} | {"PYTHONPATH": str(root)}
    return subprocess.run([sys.executable, "-m", "tools.build"], cwd=root, env=env, capture_output=True, text=True)


def page(root: Path) -> str:
    return (root / "_build/html/chapters/01_small/one.html").read_text(encoding="utf-8")


def test_build_then_change_lib_then_fail(small):
    done = build(small)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Open file://" in done.stdout
    assert 'data-demo="small.bars"' in page(small) and "The first bar is 0 high" in page(small)
    assert "The first bar is 2 high" in (small / "_build/html/demos/small.bars.js").read_text(encoding="utf-8")

    # Nothing changed: nothing runs again.
    started = time.perf_counter()
    assert build(small).returncode == 0
    warm = time.perf_counter() - started
    assert warm < 30, f"a warm build took {warm:.0f} s"

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
        assert "one.ipynb" in said or "01_small/one" in said
        assert "nobody_knows_this_name" in said

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


def test_pages_load_nothing_from_elsewhere(small):
    html = small / "_build/html"
    loads = re.compile(r'<(?:script|link|img|iframe|source)[^>]+(?:src|href)="(https?:)?//', re.I)
    for file in html.rglob("*.html"):
        assert not loads.search(file.read_text(encoding="utf-8")), file
        assert "thebe" not in file.read_text(encoding="utf-8"), file
    assert (html / "_static/mathjax/tex-mml-chtml.js").is_file()
    fonts = list((html / "_static/mathjax/output/chtml/fonts").rglob("*.woff"))
    assert len(fonts) >= 20
