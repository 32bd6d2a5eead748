"""Notebooks that train a model, run without PyTorch on the weights that the built book publishes."""

import hashlib
import json
import re
import sys

import pytest
from conftest import CHAPTER, HTML, ROOT, missing

from tools import execute, weights

sys.path.insert(0, str(ROOT / "tests" / "book"))
import without_torch

NONE = pytest.param(None, marks=pytest.mark.skip("no notebook of the book trains a model"))
MODELS = [path for path in execute.notebooks(CHAPTER) if weights.models(path)] or [NONE]


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path and path.stem)
def test_every_cell_that_the_page_offers(path):
    built = (HTML / path.relative_to(ROOT)).with_suffix(".html")
    if not built.is_file():
        missing(f"{built.name} is not built (run make book)")
    page = json.loads(re.search(r'id="book-live">(.*?)</script>', built.read_text(encoding="utf-8"), re.S).group(1))
    assert {one["name"] for one in page["weights"]} == set(weights.models(path))
    files = {one["name"]: HTML / one["file"] for one in page["weights"]}
    for one in page["weights"]:
        data = files[one["name"]].read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (one["size"], one["sha256"]) and len(data) <= 1_000_000
    assert without_torch.check(path, page, {name: str(file) for name, file in files.items()})
