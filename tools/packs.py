"""Draw every state of every demo, once, into _build/demos/: ``python -m tools.packs``.

A pack is kept until its chapter's code changes. The build copies the packs beside the pages; the tests read the same
files, so that a sweep over all states is paid for once.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path

from tools import fingerprint

ROOT = fingerprint.ROOT
STORE = ROOT / "_build" / "demos"


def stored(key: str) -> dict:
    """Return the pack of the demo `key` as a dict (see `lib.book.packs.Pack`), drawn now unless it is stored."""
    from lib.book.demos import all_demos
    from lib.book.packs import pack

    file = STORE / f"{key}-{fingerprint.chapter(key.split('.')[0])}.json"
    if not file.is_file():
        made = asdict(pack(all_demos()[key]))
        STORE.mkdir(parents=True, exist_ok=True)
        for old in STORE.glob(f"{key}-*.json"):
            old.unlink(missing_ok=True)
        fresh = file.with_suffix(f".{os.getpid()}.tmp")
        fresh.write_text(json.dumps(made), encoding="utf-8")
        fresh.replace(file)
    return json.loads(file.read_text(encoding="utf-8"))


def all_packs(workers: int = 1) -> list[dict]:
    """Return every demo's pack, drawing the missing ones in `workers` processes."""
    from lib.book.demos import all_demos

    keys = list(all_demos())
    if workers == 1:
        return [stored(key) for key in keys]
    with ProcessPoolExecutor(workers) as pool:
        return list(pool.map(stored, keys))


def write(folder: Path) -> None:
    """Write the packs as scripts into `folder`, and nothing else."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for made in all_packs():
        (folder / f"{made['key']}.js").write_text(made["text"], encoding="utf-8")


def main() -> None:
    """Draw what is missing and print a line a demo."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    workers = int(sys.argv[1]) if len(sys.argv) > 1 else os.cpu_count() or 1
    for made in all_packs(workers):
        size = len(made["text"].encode()) / 1000
        told = f"{made['states']:>4} states {size:>5.0f} kB {made['format']}, slowest {made['slowest']:.2f} s"
        print(f"{made['key']:<45} {told}")


if __name__ == "__main__":
    main()
