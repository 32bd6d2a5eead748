"""The bibliography: it can be read, each work is there once and has a year, and every citation in the book has its entry."""

import re
from pathlib import Path

import nbformat
import pytest
from pybtex.database import parse_file

ROOT = Path(__file__).parents[2]
ENTRIES = parse_file(ROOT / "references.bib").entries
CITED = re.compile(r"\{cite\}`([^`]+)`")


def test_every_work_has_a_title_and_a_year():
    assert len(ENTRIES) > 100
    assert [key for key, e in ENTRIES.items() if not {"title", "year"} <= set(e.fields)] == []


@pytest.mark.parametrize(
    "path", sorted((ROOT / "chapters").rglob("*.ipynb")), ids=lambda p: f"{p.parent.name}/{p.stem}"
)
def test_every_citation_has_its_entry(path):
    text = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
    cited = {key.strip() for keys in CITED.findall(text) for key in keys.split(",")}
    assert cited - set(ENTRIES) == set()


def test_the_front_page_leads_to_every_notebook():
    """In the order of the book's contents."""
    names = re.findall(r"file: (chapters/\S+/\d\S+)", (ROOT / "_toc.yml").read_text(encoding="utf-8"))
    linked = re.findall(r"^\d+\. .*\((chapters/\S+)\.ipynb\)", (ROOT / "index.md").read_text(encoding="utf-8"), re.M)
    assert len(names) > 30 and linked == names
