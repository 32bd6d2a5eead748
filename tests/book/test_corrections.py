"""The corrections page and the chapters' tests of it, held together."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "chapters" / "appendix" / "corrections.md"


def test_the_page_names_every_correction_test_and_only_those():
    tests = {
        node.name
        for file in ROOT.glob("tests/*/test_corrections.py")
        if file.parent.name != "book"
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }
    named = [word.strip("`") for word in PAGE.read_text(encoding="utf-8").split() if word.startswith("`test_")]
    assert len(named) == len(set(named)) and set(named) == tests
