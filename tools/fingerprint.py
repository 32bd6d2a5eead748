"""What the stored results of a build depend on besides the notebooks' own cells: lib/, measured times, packages, Python.

Jupyter-cache keys on the cells alone, so the cache folder's name carries this fingerprint: a change in lib/ leaves no
stale output behind.
"""

from __future__ import annotations

import hashlib
import re
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def of(*paths: Path) -> str:
    """Return 16 hex digits that change when a file under `paths` or the Python version does."""
    digest = hashlib.sha256(sys.version.split()[0].encode())
    for path in paths:
        files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
        for file in files:
            if "__pycache__" in file.parts:
                continue
            digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


@cache
def book() -> str:
    """Return the fingerprint of all that notebooks import and read: lib/, benchmarks' results, the pinned requirements."""
    return of(ROOT / "lib", ROOT / "benchmarks" / "results", ROOT / "requirements.txt", ROOT / "constraints.txt")


@cache
def chapter(name: str) -> str:
    """Return the fingerprint of one chapter's code and of all in lib/ that it imports."""
    used, more = set(), {"book", name}
    while more:
        used |= more
        code = "\n".join(
            file.read_text(encoding="utf-8") for part in more for file in (ROOT / "lib" / part).rglob("*.py")
        )
        more = set(re.findall(r"^\s*(?:from|import) lib\.(\w+)", code, re.M)) - used
    return of(*(ROOT / "lib" / part for part in sorted(used)), ROOT / "constraints.txt")
