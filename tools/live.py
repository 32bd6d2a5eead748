"""What a page needs to run its cells in the reader's browser: ``python -m tools.live SITE [--pyodide FOLDER]``.

The build writes, beside the pages: lib in pieces, the notebooks as files, `live.json` (where Pyodide comes from), and into
every page what its cells are and which packages they need. With `--pyodide`, the files of an unpacked Pyodide release are
copied into the book, each compared with the fingerprint in web/dist/pyodide.json: a classroom then needs no other host.
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
import zipfile
from functools import cache
from pathlib import Path

import nbformat

from tools import fingerprint, weights

ROOT = fingerprint.ROOT
PINS = ROOT / "web" / "dist" / "pyodide.json"
PACKAGES = {"sklearn": "scikit-learn"}  # module → package, where the names differ
BLOCKED = {"torch": "PyTorch"}  # what no browser runs: module → its name for the reader
NOT_IN_PAGES = {"ipywidgets", "IPython", "PIL", "google"}  # used only where there is a notebook's own server


def pins() -> dict:
    """Return the pinned Pyodide: version, address, core files and packages with their fingerprints."""
    return json.loads(PINS.read_text(encoding="utf-8"))


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
        outside, files = _reached(source, names)
        for file in files:  # a demo or a picture that is shown names the data it draws
            for node in _tree(file.read_text(encoding="utf-8")).body if "demos" in file.parts else ():
                if isinstance(node, ast.FunctionDef) and node.name in before:
                    names |= names_in(node)
    return frozenset(outside - sys.stdlib_module_names - NOT_IN_PAGES - {"__future__"})


def _reached(source: str, names: set[str]) -> tuple[set[str], set[Path]]:
    """Return the top names of the modules from outside, and lib's files, that code reaches when `names` are called."""
    queue, seen, outside, files = list(modules_of(source, names)), set(), set(), set()
    while queue:
        module = queue.pop()
        if module in seen:
            continue
        seen.add(module)
        top = module.split(".")[0]
        if top != "lib":
            outside.add(top)
            continue
        file = _file(module)
        if file:
            files.add(file)
            queue += [".".join(module.split(".")[:i]) for i in range(1, len(module.split(".")))]
            queue += modules_of(file.read_text(encoding="utf-8"), names)
    return outside, files


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
    everything = needs("\n".join(code_of(cell) for cell in code))
    trains = bool(weights.models(path))  # then the page loads what it cannot train, and each cell is asked for itself
    by_cell = weights.needed([code_of(cell) for cell in code]) if trains else [everything] * len(code)
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
    relative = path.resolve().relative_to(ROOT).with_suffix("").as_posix()
    return {
        "page": relative,
        "folder": relative.rsplit("/", 1)[0] + "/",
        "chapter": chapter,
        "notebook": f"_static/notebooks/{relative}.ipynb",
        "lib": sorted({"lib.book"} | chapters_of("\n".join(code_of(cell) for cell in code))),
        "packages": sorted(PACKAGES.get(name, name) for name in everything if name not in BLOCKED),
        "blocked": blocked,
        "absent": {m: f"{name} does not run in a browser: open this notebook in Colab" for m, name in BLOCKED.items()},
        "weights": weights.told(path) if trains else [],
        "cells": cells,
    }


@cache
def script(path: Path) -> str:
    """Return `page(path)` as the script element that carries it."""
    text = json.dumps(page(path), ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    return f'<script type="application/json" id="book-live">{text}</script>'


# ------------------------------------------------------------------------------------------------ what is written
def archives() -> dict[str, tuple[dict, bytes]]:
    """Return lib in pieces, so that a page fetches its own chapter's: for each what a page is told, and a zip file.

    A piece is `lib.book`, with what lies beside it, or one of lib's chapters. Pages are told of it what Pyodide's lock
    says of a package: file_name, size, sha256, what it depends on, and what one writes to import it.
    """
    pieces: dict[str, list[Path]] = {"lib.book": sorted(ROOT.glob("benchmarks/results/*.md"))}
    for file in sorted((ROOT / "lib").rglob("*.py")):
        parts = file.relative_to(ROOT).parts
        pieces.setdefault(f"lib.{parts[1]}" if len(parts) > 2 else "lib.book", []).append(file)
    made = {}
    for name, files in pieces.items():
        data = _zipped(files)
        digest = hashlib.sha256(data).hexdigest()
        told = {"file_name": f"{name}-{digest[:12]}.zip", "size": len(data), "sha256": digest}
        code = [file for file in files if file.suffix == ".py"]
        reached = set().union(*(chapters_of(file.read_text(encoding="utf-8")) for file in code))
        made[name] = told | {"depends": sorted(reached - {name}), "imports": [name]}, data
    return made


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


def _zipped(files: list[Path]) -> bytes:
    """Return files in a zip that depends on nothing but their names and bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made:
        for file in files:
            entry = zipfile.ZipInfo(file.relative_to(ROOT).as_posix())
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            made.writestr(entry, file.read_bytes())
    return out.getvalue()


def write(site: Path, pyodide: Path | None = None) -> dict:
    """Write live.json, lib, the notebooks and, if `pyodide` names a release's folder, Pyodide into `site`."""
    static, pinned, pieces = site / "_static", pins(), archives()
    for old in static.glob("lib.*.zip"):
        old.unlink()
    for entry, data in pieces.values():
        (static / entry["file_name"]).write_bytes(data)
    for notebook in sorted(ROOT.glob("chapters/*/*.ipynb")):
        copy = static / "notebooks" / notebook.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(notebook, copy)
    told = {
        "pyodide": pinned["address"],
        "bundled": None,
        "lib": {name: entry for name, (entry, _) in pieces.items()},
    }
    shutil.rmtree(static / "pyodide", ignore_errors=True)
    if pyodide is not None:
        told |= {"pyodide": "pyodide/", "bundled": copy_release(pyodide, static / "pyodide", pinned)}
    (static / "live.json").write_text(json.dumps(told), encoding="utf-8")
    return told


def copy_release(source: Path, target: Path, pinned: dict) -> list[str]:
    """Copy the core and those packages that `source` holds into `target`; return the packages' names.

    Raises SystemExit where a core file is missing, or a file is not the one that the lock names.
    """
    target.mkdir(parents=True)
    files = {name: entry["sha256"] for name, entry in pinned["core"].items()}
    for name, sha256 in files.items():
        _copy(source / name, target / name, sha256)
    packages = [name for name, p in pinned["packages"].items() if (source / p["file_name"]).is_file()]
    for name in packages:
        entry = pinned["packages"][name]
        _copy(source / entry["file_name"], target / entry["file_name"], entry["sha256"])
    return packages


def _copy(source: Path, target: Path, sha256: str) -> None:
    if not source.is_file():
        raise SystemExit(
            f"PYODIDE: {source.parent} is not an unpacked Pyodide {pins()['version']}: it has no {source.name}"
        )
    if hashlib.sha256(source.read_bytes()).hexdigest() != sha256:
        raise SystemExit(f"PYODIDE: {source} is not the file of Pyodide {pins()['version']}: its SHA-256 is another")
    shutil.copy(source, target)


def main() -> None:
    """Write into a site that is built already."""
    parser = argparse.ArgumentParser(prog="python -m tools.live", description=__doc__.split("\n")[0])
    parser.add_argument("site", type=Path, help="the folder of the built book")
    parser.add_argument("--pyodide", type=Path, help="the folder of an unpacked Pyodide release")
    args = parser.parse_args()
    if not (args.site / "_static").is_dir():
        raise SystemExit(f"{args.site} is not a built book: it has no _static")
    told = write(args.site, args.pyodide)
    print(f"Python in the pages comes from {told['pyodide']}; bundled packages: {told['bundled']}")


if __name__ == "__main__":
    main()
