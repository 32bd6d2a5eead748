"""The corpus: docstrings without importing, cleaned, kept, the same twice; and what bad input is told."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from lib.word_vectors import corpus

SOURCE = '''"""A module, with :func:`numpy.dot` and ``code``."""
import os
raise SystemExit("this file must never run")

def solve(A, b):
    """
    Solve a linear system.

    Parameters
    ----------
    A : (n, n) array_like
        The matrix, see https://example.org/page.

    .. math::

        x = A^{-1} b

    Examples
    --------
    >>> solve(1, 2)
    3
    printed

    The end.
    """
    def inner():
        """Not public, but a docstring."""

class Thing:
    """A thing."""
    def method(self):
        """Do something with :math:`x^2` and $y$."""
if True:
    def late():
        """Defined late."""
add_newdoc("numpy", "sin", """Sine, element-wise.""")
other_call("x", """Not documentation.""")
'''


def test_docstrings_of_a_source_by_name_and_without_running_it():
    found = dict(corpus.of_source(SOURCE, "pack.mod"))
    assert list(found) == [
        "pack.mod",
        "pack.mod.solve",
        "pack.mod.solve.inner",
        "pack.mod.Thing",
        "pack.mod.Thing.method",
        "pack.mod.late",
        "pack.mod.sin",
    ]
    assert corpus.words(found["pack.mod"]) == "a module with numpy dot and code".split()
    text = found["pack.mod.solve"]
    assert "The end." in text and "The matrix" in text
    for gone in (">>>", "printed", "https", "x = A", "----", "math"):
        assert gone not in text
    assert corpus.words(found["pack.mod.Thing.method"]) == ["do", "something", "with", "and"]


def test_names_are_those_that_users_know():
    assert corpus.public_name("scipy/linalg/_basic.py") == "scipy.linalg"
    assert corpus.public_name("numpy/__init__.py") == "numpy"
    assert corpus.Docstring("scipy.linalg.solve", "x").public
    assert not corpus.Docstring("scipy.linalg._solve", "x").public


def test_words_and_sentences():
    assert corpus.words("The n_samples of X1, 3 times.") == ["the", "n", "samples", "of", "x1", "times"]
    text = "One two three. Four five six!\n\nSeven eight nine\nten. Too short. One two three."
    assert corpus.sentences([text]) == [
        ["one", "two", "three"],
        ["four", "five", "six"],
        ["seven", "eight", "nine", "ten"],
    ]
    assert corpus.sentences([corpus.Docstring("a", text), text], shortest=2)[-1] == ["too", "short"]


def test_reading_imports_nothing_and_is_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("BOOK_CACHE", str(tmp_path))
    before = set(sys.modules)
    first = corpus.docstrings(["traitlets"])
    assert not {m for m in set(sys.modules) - before if m.startswith("traitlets")}
    assert len(first) > 50
    (kept,) = tmp_path.glob("docstrings-traitlets-*.json")
    assert corpus.docstrings(["traitlets"]) == first
    kept.write_text("broken {", encoding="utf-8")
    assert corpus.docstrings(["traitlets"]) == first, "a damaged cache is read anew"
    assert len(json.loads(kept.read_text(encoding="utf-8"))) == len(first)


def test_a_cache_that_cannot_be_written_disturbs_nobody(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("BOOK_CACHE", str(blocked / "below"))
    assert corpus.docstrings(["traitlets"])


def test_order_is_that_of_packages_and_files():
    names = [d.name.split(".")[0] for d in corpus.docstrings(["traitlets", "joblib"])]
    assert names == sorted(names, key=["traitlets", "joblib"].index)


@pytest.mark.parametrize(
    "given, error, message",
    [
        ("numpy", TypeError, "several names"),
        ([], ValueError, "packages is empty"),
        (["no-such-package-here"], ValueError, "is not installed"),
        ([3], TypeError, "named by a string"),
    ],
)
def test_bad_packages(given, error, message):
    with pytest.raises(error, match=message):
        corpus.docstrings(given)


def test_bad_text():
    with pytest.raises(TypeError, match="must be a string"):
        corpus.words(3)


def test_the_bar_shows_only_where_a_reader_watches(monkeypatch, capsys):
    monkeypatch.setenv("BOOK_MODE", "text")
    assert list(corpus.progress_bar([1, 2, 3], "counting")) == [1, 2, 3]
    monkeypatch.setenv("BOOK_MODE", "live")
    assert list(corpus.progress_bar([1, 2, 3], "counting")) == [1, 2, 3]
    assert list(corpus.progress_bar([1, 2, 3], "counting", show=False)) == [1, 2, 3]


def test_a_report_may_come_from_several_threads(monkeypatch):
    """Two trainings side by side share one bar."""
    monkeypatch.setenv("BOOK_MODE", "live")
    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(20):
            report = corpus.progress_report("training")
            with ThreadPoolExecutor(4) as pool:
                list(pool.map(report, np.linspace(0, 1, 101)))
    finally:
        sys.setswitchinterval(switch)
