"""Notebooks that train a model, run without PyTorch on the weights that the built book publishes."""

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
def test_every_cell_that_the_page_offers(path, tmp_path):
    built = (HTML / path.relative_to(ROOT)).with_suffix(".html")
    if not built.is_file():
        missing(f"{built.name} is not built (run make book)")
    page = json.loads(re.search(r'id="book-live">(.*?)</script>', built.read_text(encoding="utf-8"), re.S).group(1))
    files = without_torch.published(HTML, page, tmp_path)
    assert set(files) == set(weights.models(path))
    assert without_torch.check(path, page, files)
