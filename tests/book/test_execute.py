"""Which notebook runs first, what happens when one fails, and what makes a stored result stale."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest

from tools import execute, fingerprint
from tools.fingerprint import ROOT


def test_the_list_of_seconds_names_notebooks_of_the_book():
    seconds = json.loads((ROOT / "tools" / "seconds.json").read_text(encoding="utf-8"))
    assert seconds and all((ROOT / name).is_file() for name in seconds), (
        "a notebook was renamed: mend tools/seconds.json"
    )
    assert all(took > 0 for took in seconds.values())


def test_notebooks_of_a_chapter():
    every = execute.notebooks()
    assert every == sorted(ROOT.glob("chapters/*/*.ipynb"))
    assert execute.notebooks("01_losses") == [path for path in every if path.parent.name == "01_losses"] != []
    with pytest.raises(ValueError, match=r"no chapter '1_losses'; the chapters are 01_losses, "):
        execute.notebooks("1_losses")


@pytest.fixture
def house(tmp_path, monkeypatch):
    """An empty book, with a time for each of three notebooks."""
    monkeypatch.setattr(execute, "ROOT", tmp_path)
    monkeypatch.setattr(execute, "TYPICAL", tmp_path / "typical.json")
    monkeypatch.setattr(execute, "LAST", tmp_path / "_build" / "last.json")
    monkeypatch.setattr(execute, "prepare", lambda: None)
    execute.TYPICAL.write_text(json.dumps({"a": 5, "b": 50, "c": 20}))
    return tmp_path


def test_slow_ones_first_and_unknown_ones_before_them(house):
    paths = [house / name for name in "abcd"]
    assert [path.name for path in execute.slow_first(paths)] == ["d", "b", "c", "a"]
    execute.remember({"a": 70.04, "d": 1})  # what they took here counts more than what they usually take
    assert [path.name for path in execute.slow_first(paths)] == ["a", "b", "c", "d"]
    execute.remember({"d": 2})
    assert json.loads(execute.LAST.read_text()) == {"a": 70.0, "d": 2}


def test_two_at_a_time_and_nothing_new_after_a_failure(house, monkeypatch):
    """The slow ones meet at a barrier, so both run at once; one fails while the other runs, and the third never starts."""
    started, meet, end = [], threading.Barrier(2, timeout=20), threading.Event()

    def execute_one(path):
        started.append(path.name)
        meet.wait()
        if path.name == "b":
            threading.Timer(0.2, end.set).start()  # the other goes on for a while
            raise RuntimeError("b: its cell failed")
        assert end.wait(20)
        return 7.0

    monkeypatch.setattr(execute, "execute", execute_one)
    said = []
    failed = execute.run([house / name for name in "abc"], say=said.append)
    assert failed == ["b: its cell failed"]
    assert sorted(started) == ["b", "c"] and said == ["c: 7 s"]


def test_other_jobs_run_beside(house, monkeypatch):
    monkeypatch.setattr(execute, "execute", lambda path: 3.0)
    drawn = []
    assert execute.run([house / "a"], also=[lambda: drawn.append("demos")], say=lambda text: None) == []
    assert drawn == ["demos"] and json.loads(execute.LAST.read_text()) == {"a": 3.0}

    def broken():
        raise RuntimeError("a demo cannot be drawn")

    assert execute.run([], also=[broken]) == ["a demo cannot be drawn"]


def test_what_makes_a_result_stale(tmp_path, monkeypatch):
    """lib/, the benchmarks' results and the pins count for a page; for a demo its chapter and what that imports."""
    monkeypatch.setattr(fingerprint, "ROOT", tmp_path)
    book, chapter = fingerprint.book.__wrapped__, fingerprint.chapter.__wrapped__
    files = {
        "lib/book/a.py": "x = 1",
        "lib/early/a.py": "x = 1",
        "lib/other/a.py": "x = 1",
        "lib/late/a.py": "from lib.early import a\nfrom lib.book import a as b",
        "benchmarks/results/late.md": "3 s",
        "requirements.txt": "numpy==1",
        "constraints.txt": "numpy==1",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    def changes(name):
        (tmp_path / name).write_text(files[name] + "\n")
        after = book(), chapter("late")
        (tmp_path / name).write_text(files[name])
        return tuple(one != other for one, other in zip(before, after, strict=True))

    before = book(), chapter("late")
    assert before == (book(), chapter("late"))
    assert changes("lib/book/a.py") == changes("lib/early/a.py") == changes("lib/late/a.py") == (True, True)
    assert changes("lib/other/a.py") == changes("benchmarks/results/late.md") == (True, False)
    assert changes("requirements.txt") == (True, False) and changes("constraints.txt") == (True, True)
    (tmp_path / "lib/book/__pycache__").mkdir()
    (tmp_path / "lib/book/__pycache__/a.pyc").write_bytes(b"compiled")
    assert before == (book(), chapter("late"))


def test_workers_change_the_cache_one_at_a_time(tmp_path, monkeypatch):
    """While one keeps a notebook, another waits: jupyter-cache would clear away an entry that comes in between."""
    order = []

    class Slow:
        def cache_notebook_bundle(self, *args, **kwargs):
            order.append("in")
            time.sleep(0.05)
            order.append("out")

    monkeypatch.setattr(execute, "cache", Slow)
    monkeypatch.setattr(execute, "folder", lambda: tmp_path)
    path = ROOT / "chapters/01_losses/01_regression.ipynb"
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: execute.keep(path, nbformat.read(path, as_version=4), 1.0), range(4)))
    assert order == ["in", "out"] * 4
