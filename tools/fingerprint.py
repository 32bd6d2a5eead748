"""What the stored results of a build depend on besides the notebooks' own cells: lib/, the pinned packages, Python.

Jupyter-cache keys on the cells alone, so the cache folder's name carries this fingerprint: a change in lib/ leaves no
stale output behind.
"""

from __future__ import annotations

import hashlib
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def of(*paths: Path) -> str:
    """Return 16 hex digits that change when a file under `paths` or the Python version does."""
    digest = hashlib.sha256(sys.version.split()[0].encode())
    for path in paths:
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def inputs() -> list[Path]:
    """Return all that notebooks import or read: lib/, the pinned requirements, the benchmarks' committed results."""
    results = sorted((ROOT / "benchmarks" / "results").glob("*.md"))
    return [ROOT / "lib", ROOT / "requirements.txt", ROOT / "constraints.txt", *results]


@cache
def book() -> str:
    """Return the fingerprint of all that notebooks import or read."""
    return of(*inputs())


@cache
def chapter(name: str) -> str:
    """Return the fingerprint of one chapter's code and of lib.book."""
    return of(ROOT / "lib" / "book", ROOT / "lib" / name, ROOT / "constraints.txt")
