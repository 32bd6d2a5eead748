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
import zstandard

from lib.word_vectors import corpus
from tools import engine, live
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
    assert set(page["packages"]) <= set(engine.PACKS)
    assert page["fetches"] and all(size > 100 for size in page["fetches"].values())
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
    """lib in pieces: name → what a page is told, and the zip unpacked from its compressed file."""
    return {name: (entry, zstandard.decompress(data)) for name, (entry, data) in live.archives().items()}


def test_the_pieces_hold_lib_the_committed_results_and_nothing_else(pieces):
    names = []
    for name, (entry, data) in pieces.items():
        with zipfile.ZipFile(io.BytesIO(data)) as piece:
            assert piece.testzip() is None
            names += piece.namelist()
        packed = live.archives()[name][1]
        assert (entry["size"], entry["sha256"]) == (len(packed), hashlib.sha256(packed).hexdigest())
        assert entry["unpacked"] == len(data) and entry["sha256"].startswith(entry["file"].split("-")[1].split(".")[0])
        assert set(entry["depends"]) <= set(pieces)
    files = [*(ROOT / "lib").rglob("*.py"), *(ROOT / "benchmarks" / "results").glob("*.md")]
    texts = [f"lib/word_vectors/docstrings/{package}.json" for package in corpus.IN_PAGES] + [
        "lib/sequences/messages.json",
        "lib/convnets/digits.npy",
        "lib/convnets/photos.npz",
    ]
    assert sorted(names) == sorted([*texts, *(p.relative_to(ROOT).as_posix() for p in files)])
    assert pieces["lib.book"][0]["depends"] == []


@pytest.mark.parametrize(
    ("notebook", "texts"),
    [
        ("04_word_vectors/01_counting", {"lib.docstrings"}),
        ("05_sequences/01_tasks", set()),
        ("05_sequences/05_using", {"lib.messages"}),
        ("05_sequences/06_characters", {"lib.docstrings"}),
        ("05_sequences/09_project_spaces", {"lib.docstrings"}),  # its goal reads them, not its cells
        ("06_transformers/02_attention", set()),
    ],
)
def test_a_page_fetches_the_texts_that_its_own_cells_exercises_and_demos_read(notebook, texts):
    page = live.page(ROOT / "chapters" / f"{notebook}.ipynb")
    assert set(page["lib"]) & set(live.TEXTS) == texts
    files = {entry["file"] for name, (entry, _) in live.archives().items() if name in live.TEXTS and name not in texts}
    assert not files & set(page["fetches"])


@cache
def imported(wanted: frozenset[str]) -> subprocess.CompletedProcess:
    """Import every module of these pieces of lib where nothing else of lib is there; once for all pages of a chapter."""
    modules = []
    with tempfile.TemporaryDirectory() as folder:
        for name in wanted:
            with zipfile.ZipFile(io.BytesIO(zstandard.decompress(live.archives()[name][1]))) as piece:
                piece.extractall(folder)
                code = [n.removesuffix(".py") for n in piece.namelist() if n.endswith(".py")]
                modules += [n.removesuffix("/__init__").replace("/", ".") for n in code]
        code = f"import importlib, sys; sys.path.insert(0, {folder!r})\nfor m in {modules}: importlib.import_module(m)"
        return subprocess.run([sys.executable, "-I", "-c", code], cwd=folder, capture_output=True, text=True)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_page_fetches_what_it_imports_of_lib(path, pieces):
    """With the page's pieces alone, and what they depend on, every module of theirs can be imported."""
    wanted = {name for name in live.page(path)["lib"] if not name.startswith("lib.weights.")}  # numbers, no modules
    while more := {d for name in wanted for d in pieces[name][0]["depends"]} - wanted:
        wanted |= more
    assert wanted < set(pieces), "a page without the other chapters"
    done = imported(frozenset(wanted))
    assert done.returncode == 0, done.stderr[-2000:]


def test_a_page_is_told_all_it_will_fetch():
    page = live.page(ROOT / "chapters/02_least_squares/03_conditioning.ipynb")
    known = live.told()
    there = known["packs"] | known["lib"]
    wanted = ["base", "numpy", "scipy", "matplotlib", "mpl-data", "lib.book", "lib.least_squares"]
    files = [known["wasm"], *(there[name] for name in wanted)]
    assert page["fetches"] == {entry["file"]: entry["size"] for entry in files}
    assert page["packages"] == ["matplotlib", "numpy", "scipy"]


def test_what_is_written_is_named_by_its_hash_and_written_once(tmp_path):
    site = tmp_path / "html"
    (site / "_static").mkdir(parents=True)
    known = live.write(site)
    folder = site / "_static" / "python"
    assert json.loads((site / "_static" / "live.json").read_text()) == known
    entries = engine.entries(known)
    assert {p.name for p in folder.glob("*.zst")} == {entry["file"] for entry in entries}
    for entry in entries:
        assert hashlib.sha256((folder / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]
    assert len(list((folder / "licences").glob("*.txt"))) > 20
    for notebook in NOTEBOOKS:
        assert (site / "_static/notebooks" / notebook.relative_to(ROOT)).is_file()
    (folder / "old-123456789abc.zip.zst").write_bytes(b"of an older build")
    before = {p.name: p.stat().st_mtime_ns for p in folder.glob("*.zst")}
    live.write(site)
    after = {p.name: p.stat().st_mtime_ns for p in folder.glob("*.zst")}
    assert after == {name: at for name, at in before.items() if not name.startswith("old-")}
