"""Draw every state of every demo, once, into _build/demos/: ``python -m tools.packs [NAME…]``.

A pack is kept until its chapter's code changes. The build copies the packs beside the pages; the tests read the same
files, so that a sweep over all states is paid for once.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
from collections.abc import Collection
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
        made = asdict(pack(all_demos()[key].sample()))
        STORE.mkdir(parents=True, exist_ok=True)
        for old in STORE.glob(f"{key}-*.json"):
            old.unlink(missing_ok=True)
        fresh = file.with_suffix(f".{os.getpid()}.tmp")
        fresh.write_text(json.dumps(made), encoding="utf-8")
        fresh.replace(file)
    return json.loads(file.read_text(encoding="utf-8"))


def keys(only: Collection[str] = (), without: Collection[str] = ()) -> list[str]:
    """Return the demos by key: of the packages of lib/ in `only`, or of all where it is empty, less those in `without`.

    Those of trained models are not among them: the notebook that has the model draws them (`tools.weights`).
    """
    from lib.book.demos import all_demos

    chapters = {key: demo.chapter for key, demo in all_demos().items() if not demo.given}
    return [key for key, chapter in chapters.items() if (not only or chapter in only) and chapter not in without]


def write(folder: Path, without: Collection[str] = ()) -> None:
    """Write the packs as scripts into `folder`, and nothing else."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for key in keys(without=without):
        (folder / f"{key}.js").write_text(stored(key)["text"], encoding="utf-8")


def main() -> None:
    """Draw what is missing and print a line a demo."""
    parser = argparse.ArgumentParser(prog="python -m tools.packs", description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", help="packages of lib/; all where none is named")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="how many processes draw")
    args = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with ProcessPoolExecutor(args.workers) as pool:
        for made in pool.map(stored, keys(args.names)):
            size = len(made["text"].encode()) / 1000
            told = f"{made['states']:>4} states {size:>5.0f} kB {made['format']}, slowest {made['slowest']:.2f} s"
            print(f"{made['key']:<45} {told}", flush=True)


if __name__ == "__main__":
    main()
