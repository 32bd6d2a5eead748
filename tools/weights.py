"""Trained models on their way from a notebook's run to its page: their weights, and the frames of demos bound to them.

A cell that calls `lib.book.trained.trained`, or shows a demo bound to a model, carries these in its output when the build runs
it. So they lie in the cache with the executed notebook (`tools.execute`), and a page whose notebook was not executed again has
them still. Here they are read from there, told to the page, and written beside it.
"""

from __future__ import annotations

import ast
import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat

from tools import execute


@dataclass(frozen=True)
class File:
    """A file that a page fetches: its place in the site, its bytes, and of weights the model's name."""

    place: str
    data: bytes
    name: str = ""

    def told(self) -> dict:
        """What a page is told of it."""
        digest = hashlib.sha256(self.data).hexdigest()
        return {"name": self.name, "file": self.place, "size": len(self.data), "sha256": digest}


def of_notebook(path: Path) -> list[File]:
    """Return what the kept execution of the notebook at `path` carries: none where it is not kept."""
    book = executed(path)
    return [] if book is None else list(_carried(book))


def executed(path: Path):
    """Return the notebook as the cache holds it, with all that its cells gave, or None."""
    kept = execute.cache()
    try:
        return kept.get_cache_bundle(kept.match_cache_notebook(nbformat.read(path, as_version=4)).pk).nb
    except KeyError:
        return None


def _carried(book) -> Iterator[File]:
    from lib.book import demos, trained

    for cell in book.cells:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if found := data.get(trained.MIME):
                weights = base64.b64decode(found["file"])
                digest = hashlib.sha256(weights).hexdigest()[:12]
                yield File(f"_static/weights/{found['name']}-{digest}.npz", weights, found["name"])
            if found := data.get(demos.MIME):
                yield File(f"demos/{found['file']}", found["script"].encode())


def told(path: Path) -> list[dict]:
    """Return what the page of the notebook at `path` is told of its models: name, file, size and fingerprint of each.

    A model that is trained twice in a notebook is the last one.
    """
    if not models(path):
        return []
    last = {file.name: file.told() for file in of_notebook(path) if file.name}
    return [last[name] for name in sorted(last)]


def write(site: Path, paths: list[Path]) -> list[str]:
    """Write the weights and frames of these notebooks into the built site, and no others; return their places.

    The frames of other demos stay: `tools.packs` writes them before.
    """
    folder = site / "_static" / "weights"
    for old in folder.glob("*.npz"):
        old.unlink()
    written = {}
    for path in paths:
        for file in of_notebook(path) if binds(path) else ():
            target = site / file.place
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.data)
            written[file.place] = None
    return list(written)


# --------------------------------------------------------------------------------------------- what is in a notebook
def code_of(path: Path) -> list[str]:
    """Return the Python of a notebook's code cells."""
    from lib.book.cells import python_of

    return [python_of(c.source) for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]


def models(path: Path) -> list[str]:
    """Return the names of the models that a notebook trains, in order."""
    return [name for source in code_of(path) for name in models_in(source)]


def models_in(source: str) -> list[str]:
    """Return the names in a cell's calls of ``trained("name", …)``; ValueError where a name is no literal."""
    found = []
    for call in _calls(ast.parse(source)):
        if not call.args or not isinstance(call.args[0], ast.Constant) or not isinstance(call.args[0].value, str):
            raise ValueError(f"trained is called without its model's name in quotes: {ast.unparse(call)[:80]}")
        found.append(call.args[0].value)
    return found


def binds(path: Path) -> bool:
    """Whether a notebook has a model, so that its run may carry files for its page."""
    return bool(models(path))


def _calls(tree: ast.AST) -> list[ast.Call]:
    return [
        n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == "trained"
    ]


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
    """Take the training out of each ``trained("name", train, …)``: in the page it is never called."""
    for call in _calls(tree):
        call.args[1:2] = [ast.Constant(None)]
        call.keywords = [k for k in call.keywords if k.arg != "train"]


def _names(nodes) -> set[str]:
    return {n.id for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


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
