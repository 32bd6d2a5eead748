"""Execute the notebooks for the pages: ``python -m tools.execute [NOTEBOOK…]``, two at a time, the slow ones first.

What a notebook gave is kept in a jupyter-cache in _build/, where the build looks before it would execute anything. Two
ways lead there. A contributor's check runs the notebooks through nbval, and what nbval passed is what the pages show
(`tools.judge`). A reader's ``make book`` has no nbval; it runs what is not kept yet, here.

The cache's name carries the fingerprint of all that notebooks import (`tools.fingerprint`), since jupyter-cache itself
looks at the cells alone.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import nbformat
from filelock import FileLock

from tools import fingerprint

ROOT = fingerprint.ROOT
WORKERS = 2
TIMEOUT = 300  # seconds a cell
TYPICAL = ROOT / "tools" / "seconds.json"  # committed: what each notebook took, on some machine
LAST = ROOT / "_build" / "seconds.json"  # what it took here, the last time
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def surroundings() -> dict[str, str]:
    """Return the environment variables under which a notebook gives what its page shows, and every time the same."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    one = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # two notebooks at a time, a core each
    return {"BOOK_MODE": "page", "BOOK_VERSION": fingerprint.book(), "PYTHONHASHSEED": "0", "PYTHONPATH": path} | one


def notebooks(chapter: str = "") -> list[Path]:
    """Return the notebooks of the folder chapters/`chapter`, or of all chapters, in reading order.

    Raises ValueError where there is no such chapter.
    """
    found = sorted((ROOT / "chapters").glob(f"{chapter or '*'}/*.ipynb"))
    if chapter and not found:
        known = sorted({path.parent.name for path in notebooks()})
        raise ValueError(f"there is no chapter {chapter!r}; the chapters are {', '.join(known)}")
    return found


def unexecuted() -> list[str]:
    """Return the chapters, by folder, whose pages show stored text: where CHAPTER names one, those not wholly kept."""
    chapter = os.environ.get("CHAPTER", "")
    if not chapter:
        return []
    return sorted({path.parent.name for path in notebooks() if path.parent.name != chapter and not is_kept(path)})


# ------------------------------------------------------------------------------------------------------- the cache
def folder() -> Path:
    """Return the cache of executed notebooks that goes with lib/ as it is now; make it, and drop all but the newest 3."""
    current = ROOT / "_build" / f"jupyter-cache-{fingerprint.book()}"
    current.mkdir(parents=True, exist_ok=True)
    os.utime(current)
    newest = sorted(current.parent.glob("jupyter-cache-*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in newest[3:]:
        shutil.rmtree(old, ignore_errors=True)
    return current


def cache():
    """Return the open jupyter-cache."""
    from jupyter_cache import get_cache

    return get_cache(folder())


def prepare() -> None:
    """Make the cache's database: once, before two workers ask for it."""
    cache().db  # noqa: B018  jupyter-cache makes it when it is first asked for


def is_kept(path: Path) -> bool:
    """Return whether the cache holds what this notebook, cell for cell, gave."""
    try:
        return bool(cache().match_cache_notebook(nbformat.read(path, as_version=4)))
    except KeyError:
        return False


def keep(path: Path, book, seconds: float) -> None:
    """Put the executed notebook `book` into the cache, where the build finds it for the file at `path`."""
    from jupyter_cache.base import CacheBundleIn

    bundle = CacheBundleIn(book, str(path), data={"execution_seconds": seconds})
    with _alone():
        cache().cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def _alone() -> FileLock:
    """One worker at a time changes the cache: jupyter-cache clears away what it does not expect, also another's newest entry."""
    return FileLock(folder() / "lock")


def forget(path: Path) -> None:
    """Take what this notebook gave out of the cache, if it is there."""
    kept = cache()
    with _alone(), contextlib.suppress(KeyError):
        kept.remove_cache(kept.match_cache_notebook(nbformat.read(path, as_version=4)).pk)


# ------------------------------------------------------------------------------------------- which one goes first
def name_of(path: Path) -> str:
    """Return a notebook's path inside the book, with slashes."""
    return path.relative_to(ROOT).as_posix()


def slow_first(paths: list[Path]) -> list[Path]:
    """Order notebooks so that two workers finish together: the unknown ones, then the slow ones, then the quick ones."""
    seconds = _read(TYPICAL) | _read(LAST)
    return sorted(paths, key=lambda path: -seconds.get(name_of(path), float("inf")))


def remember(seconds: dict[str, float]) -> None:
    """Write down what notebooks took here, for the order of the next run."""
    LAST.parent.mkdir(parents=True, exist_ok=True)
    known = {name: round(took, 1) for name, took in sorted((_read(LAST) | seconds).items())}
    LAST.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


def _read(file: Path) -> dict[str, float]:
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


# --------------------------------------------------------------------------------------------------------- running
def execute(path: Path) -> float:
    """Run one notebook in its folder, keep what it gave, return its seconds; RuntimeError names the cell that failed."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    book, started = nbformat.read(path, as_version=4), time.perf_counter()
    place = {"metadata": {"path": str(path.parent)}}
    # No times in the cells' metadata: the cache takes a cell by its metadata too.
    client = NotebookClient(book, timeout=TIMEOUT, kernel_name="python3", resources=place, record_timing=False)
    try:
        client.execute(env=os.environ | surroundings(), stderr=subprocess.DEVNULL)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise RuntimeError(f"{name_of(path)}: {COLOURS.sub('', str(error)).strip()}") from None
    seconds = time.perf_counter() - started
    keep(path, book, seconds)
    return seconds


def drawings() -> list[Callable[[], None]]:
    """Return the jobs that draw what the pages show of demos and is not drawn yet: one for each package of lib/."""
    shown = {path.parent.name for path in (ROOT / "lib").glob("*/demos*")} - {"book"}
    return [partial(draw, name) for name in sorted(shown - {name.split("_", 1)[1] for name in unexecuted()})]


def draw(name: str) -> None:
    """Draw the demos of the package lib.`name` that are not drawn yet; RuntimeError names a state that cannot be drawn."""
    command = [sys.executable, "-m", "tools.packs", "--workers", "1", name]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | surroundings(), capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"the demos of {name} could not be drawn:\n{done.stdout}{done.stderr}")


def run(paths: list[Path], also=(), say=None) -> list[str]:
    """Execute notebooks and the jobs of `also`, `WORKERS` at a time; return what failed, a text for each.

    After a failure nothing new is started. `say` is told of every notebook as it ends; it prints unless given.
    """
    say = say or partial(print, flush=True)
    took: dict[str, float] = {}
    failed: list[str] = []

    def job(task) -> None:
        if failed:
            return
        try:
            if callable(task):
                task()
            else:
                took[name_of(task)] = execute(task)
                say(f"{name_of(task)}: {took[name_of(task)]:.0f} s")
        except Exception as error:
            failed.append(str(error) or repr(error))

    prepare()
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(job, [*also, *slow_first(paths)]))
    if took:
        remember(took)
    return failed


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.execute", description=__doc__.split("\n")[0])
    parser.add_argument("paths", nargs="*", type=Path, help="notebooks; all that are not kept where none is named")
    args = parser.parse_args()
    paths = [path.resolve() for path in args.paths] or [path for path in notebooks() if not is_kept(path)]
    if failed := run(paths):
        raise SystemExit("\n\n".join(failed))


if __name__ == "__main__":
    main()
