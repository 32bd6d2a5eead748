"""Run every chapter's benchmark: ``python -m benchmarks [chapter …]``."""

import importlib
import pkgutil
import sys

import benchmarks

CHAPTERS = [m.name for m in pkgutil.iter_modules(benchmarks.__path__) if m.name not in ("__main__", "bench")]

for chapter in sys.argv[1:] or CHAPTERS:
    if chapter not in CHAPTERS:
        raise SystemExit(f"no benchmark {chapter!r}; there are {', '.join(CHAPTERS)}")
    importlib.import_module(f"benchmarks.{chapter}").main()
