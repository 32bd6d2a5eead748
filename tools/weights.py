"""Trained models on their way from a notebook's run to its page: their weights, and the frames of demos bound to them.

A cell that calls `lib.book.trained.trained`, or shows a demo bound to a model, carries these in its output when the build runs
it. So they lie in the cache with the executed notebook (`tools.execute`), and a page whose notebook was not executed again has
them still. Here they are read from there: weights become packs, which the page's Python is handed with the others
(`tools.live`), and frames are written beside those of other demos.
"""

from __future__ import annotations

import ast
import base64
from functools import cache
from pathlib import Path

import nbformat

from lib.book.cells import names_from_outside
from tools import execute


def carried(path: Path) -> tuple[dict[str, bytes], dict[str, str]]:
    """Return what the kept execution of the notebook at `path` carries, nothing where it is not kept.

    The weights' files by model (of one that is trained twice, the last), and the scripts of frames by file name.
    """
    from lib.book import demos, trained

    weights: dict[str, bytes] = {}
    frames: dict[str, str] = {}
    book = executed(path) if models(path) else None
    for cell in book.cells if book else ():
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if found := data.get(trained.MIME):
                weights[found["name"]] = base64.b64decode(found["file"])
            if found := data.get(demos.MIME):
                frames[found["file"]] = found["script"]
    return weights, frames


def executed(path: Path):
    """Return the notebook as the cache holds it, with all that its cells gave, or None."""
    kept = execute.cache()
    try:
        return kept.get_cache_bundle(kept.match_cache_notebook(nbformat.read(path, as_version=4)).pk).nb
    except KeyError:
        return None


@cache
def pieces_of(path: Path) -> dict[str, tuple[dict, bytes]]:
    """Return the packs of the models of the notebook at `path`: for each what a page is told, and a compressed zip.

    Unpacked beside lib it is weights/<name>.npz, where `lib.book.trained` looks.
    """
    from tools import live

    found = sorted(carried(path)[0].items())
    return {
        f"lib.weights.{name}": live.piece(f"weights-{name}", [(f"weights/{name}.npz", data)], [], [])
        for name, data in found
    }


def pieces() -> dict[str, tuple[dict, bytes]]:
    """Return the packs of all models of the book."""
    return {name: piece for path in execute.notebooks() for name, piece in pieces_of(path).items()}


def write_frames(folder: Path) -> None:
    """Write the frames of demos that are bound to a model into `folder`, beside those of other demos (`tools.packs`)."""
    for path in execute.notebooks():
        for name, script in carried(path)[1].items():
            (folder / name).write_text(script, encoding="utf-8")


# --------------------------------------------------------------------------------------------- what is in a notebook
def models(path: Path) -> list[str]:
    """Return the names of the models that a notebook trains, in order."""
    from tools import live

    code = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    return [name for cell in code for name in models_in(live.code_of(cell))]


def models_in(source: str) -> list[str]:
    """Return the names in a cell's calls of ``trained("name", …)``; ValueError where a name is no literal."""
    found = []
    for call in _calls(ast.parse(source)):
        if not call.args or not isinstance(call.args[0], ast.Constant) or not isinstance(call.args[0].value, str):
            raise ValueError(f"trained is called without its model's name in quotes: {ast.unparse(call)[:80]}")
        found.append(call.args[0].value)
    return found


def _calls(tree: ast.AST, name: str = "trained") -> list[ast.Call]:
    return [n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == name]


# ------------------------------------------------------------------------------------------ which cells need PyTorch
def needed(code: list[str]) -> list[frozenset[str]]:
    """Return for each cell of a notebook with a model the modules from outside that it needs to be run.

    Unlike `tools.live.needs` of the whole notebook: what ``trained`` calls only where PyTorch is does not count, nor does a
    definition that the cell does not use; what a cell gets from one that needs PyTorch does.
    """
    from tools import live

    trees = [ast.parse(source) for source in code]
    definitions = {
        node.name: node for tree in trees for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))
    }
    imports = [n for tree in trees for n in tree.body if isinstance(n, (ast.Import, ast.ImportFrom))]
    found: list[frozenset[str]] = []
    lent: dict[str, frozenset[str]] = {}  # what a name needs that a cell above has made
    for tree in trees:
        _without_training(tree)
        own = [n for n in tree.body if not isinstance(n, (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom))]
        used = _names(own)
        while more := [definitions[n] for n in sorted(used) if n in definitions and definitions[n] not in own]:
            own += more
            used |= _names(more)
        source = "\n".join(map(ast.unparse, [*_only(imports, used), *own]))
        needs = live.needs(source).union(*(lent[name] for name in used if name in lent))
        found.append(needs)
        lent |= {name: needs for name in _assigned(tree)}
    return found


def _without_training(tree: ast.Module) -> None:
    """Take the training out of each ``trained("name", train, …)``: in the page it is never called; nor is what ``show_source`` shows."""
    for call in _calls(tree, "trained"):
        call.args[1:2] = [ast.Constant(None)]
        call.keywords = [k for k in call.keywords if k.arg != "train"]
    for call in _calls(tree, "show_source"):
        call.args = [_root(shown) for shown in call.args]


def _root(node: ast.AST) -> ast.AST:
    """Return the name that an attribute begins with: a of a.b.c."""
    return _root(node.value) if isinstance(node, ast.Attribute) else node


def _names(nodes) -> set[str]:
    """Return the names that these definitions and statements read; what a function binds itself is its own affair."""
    return set().union(*(names_from_outside(n) if isinstance(n, ast.FunctionDef) else _loaded(n) for n in nodes))


def _loaded(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def _assigned(tree: ast.Module) -> set[str]:
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def _only(imports, used: set[str]) -> list[ast.AST]:
    """Return the imports, each with the names that are used and no others."""
    out = []
    for node in imports:
        names = [alias for alias in node.names if (alias.asname or alias.name.split(".")[0]) in used]
        if names and isinstance(node, ast.Import):
            out.append(ast.Import(names))
        elif names:
            out.append(ast.ImportFrom(node.module, names, node.level))
    return out
