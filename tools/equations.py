"""Which test checks which labelled equation, read from the sources: chapters/, lib/ and tests/."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from tools.fingerprint import ROOT

LABEL = re.compile(r"\$\$\s*\((eq-[\w-]+)\)")
MENTION = re.compile(r"\beq-[a-z0-9]+(?:-[a-z0-9]+)*\b")


@dataclass
class Equation:
    """A labelled equation: the page that states it, the functions that compute it, the tests that check it."""

    label: str
    page: Path
    functions: list[tuple[str, Path, int]] = field(default_factory=list)
    tests: list[tuple[str, Path, int]] = field(default_factory=list)


def labels(root: Path = ROOT) -> dict[str, Path]:
    """Return label → page for every labelled equation; raise ValueError where a label stands twice."""
    found: dict[str, Path] = {}
    for page in sorted([*root.glob("chapters/*/*.ipynb"), *root.glob("chapters/*/*.md")]):
        for label in LABEL.findall(_markdown(page)):
            if label in found:
                raise ValueError(f"the equation {label} is labelled twice: in {found[label]} and {page}")
            found[label] = page
    return found


def checks(root: Path = ROOT) -> dict[str, list[tuple[str, Path, int]]]:
    """Return label → [(test, file, line)] from the markers @pytest.mark.equation("eq-…")."""
    out: dict[str, list] = {}
    for file in sorted(root.glob("tests/**/test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                for label in _marked(node):
                    out.setdefault(label, []).append((node.name, file, node.lineno))
    return out


def functions(root: Path = ROOT) -> dict[str, list[tuple[str, Path, int]]]:
    """Return label → [(function, file, line)] for every function or class of lib/ whose docstring names the label."""
    out: dict[str, list] = {}
    for file in sorted(root.glob("lib/**/*.py")):
        if {"demos", "exercises"} & set(file.parts):
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                for label in dict.fromkeys(MENTION.findall(ast.get_docstring(node) or "")):
                    out.setdefault(label, []).append((node.name, file, node.lineno))
    return out


def table(root: Path = ROOT) -> list[Equation]:
    """Return every labelled equation with its functions and tests, in reading order."""
    computed, checked = functions(root), checks(root)
    return [Equation(k, page, computed.get(k, []), checked.get(k, [])) for k, page in labels(root).items()]


def _marked(node: ast.FunctionDef) -> list[str]:
    """Return the labels in a test's equation markers."""
    out = []
    for mark in node.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func).endswith("mark.equation"):
            out += [a.value for a in mark.args if isinstance(a, ast.Constant)]
    return out


def _markdown(page: Path) -> str:
    """Return the Markdown of a page: the text of a .md file, the Markdown cells of a notebook."""
    text = page.read_text(encoding="utf-8")
    if page.suffix != ".ipynb":
        return text
    return "\n".join("".join(c["source"]) for c in json.loads(text)["cells"] if c["cell_type"] == "markdown")
