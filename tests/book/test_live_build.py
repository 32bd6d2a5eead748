"""What the build tells a page about running its cells."""

import hashlib
import io
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from functools import cache

import nbformat
import pytest

from tools import bundle, live
from tools.fingerprint import ROOT

NOTEBOOKS = sorted(ROOT.glob("chapters/*/*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_page_knows_its_cells(path):
    page = live.page(path)
    code = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
    assert [c["id"] for c in page["cells"]] == [c.id for c in code]
    assert page["cells"][0]["role"] == "bootstrap"
    exercises = [c for c in page["cells"] if c["role"] == "exercise"]
    assert exercises and all("@" in c["exercise"] for c in exercises)
    assert "numpy" in page["packages"] and "torch" not in page["packages"]
    trains = re.search(r"\b(torch|training)\b", code[0].source)
    assert page["blocked"] == (["PyTorch"] if trains else [])
    assert set(page["packages"]) <= set(live.pins()["packages"])
    assert "</script" not in live.script(path)[:-9]


def test_only_pages_that_name_it_need_scikit_learn():
    wanting = {p.stem for p in NOTEBOOKS if "scikit-learn" in live.page(p)["packages"]}
    tables = re.compile(
        r"datasets\.(diabetes|breast_cancer|iris|digit_images)\(|from sklearn|word_map\(|split_digits\(|demos\.batches"
    )
    assert wanting == {p.stem for p in NOTEBOOKS if tables.search(p.read_text(encoding="utf-8"))}


def test_needs_follow_imports_through_lib():
    assert live.needs("x = 1") == set()
    assert live.needs("import os, sys\nfrom dataclasses import field") == set()
    assert live.needs("from lib.least_squares import squeeze") == set()
    assert live.needs("from lib.least_squares.direct import qr_solve") == {"numpy", "scipy"}
    assert live.needs("def f():\n    import torch") == set()
    assert live.needs("def f():\n    import torch\nf()") == {"torch"}
    assert live.needs("import lib.nowhere") == set()


def test_a_page_with_torch_says_so_and_keeps_what_runs(tmp_path, monkeypatch):
    book = nbformat.v4.new_notebook()
    cells = [
        ("import torch\nfrom lib.least_squares import exercises", ["bootstrap"]),
        ("torch.ones(2)", []),
        ("linear_in_what = ...", ["exercise"]),
        ("exercises.linear_in_what.check(linear_in_what)", ["check"]),
        ("1 + 1", []),
    ]
    book.cells = [nbformat.v4.new_code_cell(source, metadata={"tags": tags}) for source, tags in cells]
    folder = tmp_path / "chapters" / "02_least_squares"
    folder.mkdir(parents=True)
    nbformat.write(book, folder / "x.ipynb")
    monkeypatch.setattr(live, "ROOT", tmp_path)
    (tmp_path / "lib").symlink_to(ROOT / "lib")
    page = live.page(folder / "x.ipynb")
    assert page["blocked"] == ["PyTorch"] and "torch" not in page["packages"]
    assert [c.get("blocked", "") for c in page["cells"]] == [
        "",
        "needs PyTorch: open in Colab",
        "",
        "",
        "needs PyTorch: open in Colab",
    ]


@pytest.fixture(scope="module")
def pieces():
    return live.archives()


def test_the_pieces_hold_lib_the_committed_results_and_nothing_else(pieces):
    names = []
    for entry, data in pieces.values():
        with zipfile.ZipFile(io.BytesIO(data)) as piece:
            assert piece.testzip() is None
            names += piece.namelist()
        assert (entry["size"], entry["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
        assert set(entry["depends"]) <= set(pieces)
    files = [*(ROOT / "lib").rglob("*.py"), *(ROOT / "benchmarks" / "results").glob("*.md")]
    assert sorted(names) == sorted(p.relative_to(ROOT).as_posix() for p in files)
    assert pieces == live.archives()
    assert pieces["lib.book"][0]["depends"] == []


@cache
def imported(wanted: frozenset[str]) -> subprocess.CompletedProcess:
    """Import every module of these pieces of lib where nothing else of lib is there; once for all pages of a chapter."""
    modules, pieces = [], live.archives()
    with tempfile.TemporaryDirectory() as folder:
        for name in wanted:
            with zipfile.ZipFile(io.BytesIO(pieces[name][1])) as piece:
                piece.extractall(folder)
                code = [n.removesuffix(".py") for n in piece.namelist() if n.endswith(".py")]
                modules += [n.removesuffix("/__init__").replace("/", ".") for n in code]
        code = f"import importlib, sys; sys.path.insert(0, {folder!r})\nfor m in {modules}: importlib.import_module(m)"
        return subprocess.run([sys.executable, "-I", "-c", code], cwd=folder, capture_output=True, text=True)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_page_fetches_what_it_imports_of_lib(path, pieces):
    """With the page's pieces alone, and what they depend on, every module of theirs can be imported."""
    wanted = set(live.page(path)["lib"])
    while more := {d for name in wanted for d in pieces[name][0]["depends"]} - wanted:
        wanted |= more
    assert wanted < set(pieces), "a page without the other chapters"
    done = imported(frozenset(wanted))
    assert done.returncode == 0, done.stderr[-2000:]


def test_pins_are_those_of_the_package():
    """The committed pins name the very files of the npm package that web/package.json pins."""
    pins = live.pins()
    assert pins["version"] == json.loads((ROOT / "web/package.json").read_text())["devDependencies"]["pyodide"]
    assert pins["version"] in pins["address"] and pins["address"].startswith("https://")
    assert all(len(p["sha256"]) == 64 for p in [*pins["core"].values(), *pins["packages"].values()])
    depends = {d for p in pins["packages"].values() for d in p["depends"]}
    assert depends <= set(pins["packages"])


def release(folder):
    """A folder like an unpacked release that holds the core alone, with made-up pins."""
    folder.mkdir()
    pins = {"core": {}, "packages": {"numpy": {"file_name": "numpy.whl", "sha256": hashlib.sha256(b"n").hexdigest()}}}
    for name in ("pyodide.mjs", "python_stdlib.zip"):
        (folder / name).write_bytes(name.encode())
        pins["core"][name] = {"sha256": hashlib.sha256(name.encode()).hexdigest()}
    return pins


def test_a_release_is_copied_and_checked(tmp_path):
    pins = release(tmp_path / "r")
    assert live.copy_release(tmp_path / "r", tmp_path / "one", pins) == []
    (tmp_path / "r" / "numpy.whl").write_bytes(b"n")
    assert live.copy_release(tmp_path / "r", tmp_path / "two", pins) == ["numpy"]
    assert (tmp_path / "two" / "numpy.whl").read_bytes() == b"n"
    (tmp_path / "r" / "numpy.whl").write_bytes(b"changed")
    with pytest.raises(SystemExit, match=r"numpy\.whl is not the file of Pyodide"):
        live.copy_release(tmp_path / "r", tmp_path / "three", pins)
    (tmp_path / "r" / "pyodide.mjs").unlink()
    with pytest.raises(SystemExit, match=r"it has no pyodide\.mjs"):
        live.copy_release(tmp_path / "r", tmp_path / "four", pins)


def test_write_names_the_address_or_the_bundle(tmp_path):
    site = tmp_path / "html"
    (site / "_static").mkdir(parents=True)
    told = live.write(site)
    assert told["pyodide"] == live.pins()["address"] and told["bundled"] is None
    for entry in told["lib"].values():
        data = (site / "_static" / entry["file_name"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == entry["sha256"]
    for notebook in NOTEBOOKS:
        assert (site / "_static/notebooks" / notebook.relative_to(ROOT)).is_file()
    if bundle.install().returncode == 0:
        told = live.write(site, bundle.WEB / "node_modules" / "pyodide")
        assert told["pyodide"] == "pyodide/" and told["bundled"] == []
        assert (site / "_static/pyodide/pyodide.asm.wasm").is_file()
        live.write(site)
        assert not (site / "_static/pyodide").exists()
