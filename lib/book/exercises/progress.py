"""What is remembered of the verdicts, and a chapter's table of them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lib.book.display import bundle, escape, mode
from lib.book.exercises.verdicts import Verdict, printable

if TYPE_CHECKING:
    from lib.book.exercises.kinds import Exercise

WORDS = {"pass": "done", "fail": "tried, not right yet", "todo": "not attempted"}
MARKS = {"pass": "✓ done", "fail": "✗ not right yet", "todo": "○ not attempted"}


@dataclass
class Progress:
    """How far a reader has come in a chapter: a table of its exercises."""

    chapter: str
    states: dict[str, str] = field(default_factory=dict)  # name → "pass", "fail" or "todo"

    def __repr__(self) -> str:
        width = max(map(len, self.states))
        rows = [f"  {name:<{width}}  {WORDS[state]}" for name, state in self.states.items()]
        return printable("\n".join([self._summary(), *rows]))

    def _summary(self) -> str:
        done = sum(state == "pass" for state in self.states.values())
        return f"{done} of {len(self.states)} exercises done."

    def _page_message_(self) -> dict:
        return {"kind": "progress", "summary": self._summary(), "states": self.states}

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        rows = "".join(
            f'<tr class="book-progress--{state}"><td>{escape(name.replace("_", " "))}</td><td>{MARKS[state]}</td></tr>'
            for name, state in self.states.items()
        )
        head = "<thead><tr><th>Exercise</th><th>State</th></tr></thead>"
        table = f'<table class="book-progress"><caption>{self._summary()}</caption>{head}<tbody>{rows}</tbody></table>'
        return bundle(repr(self), html=table)


def progress(chapter: str) -> Progress:
    """Return the progress table of a chapter: "least_squares", say.

    Verdicts are remembered between notebooks in a small file in the reader's home (BOOK_PROGRESS names another).
    """
    from lib.book.exercises.declare import all_exercises

    known = all_exercises().values()
    names = {e.name: e for e in known if e.chapter == chapter}
    if not names:
        chapters = sorted({e.chapter for e in known})
        raise ValueError(f"no chapter {chapter!r} has exercises; there are {', '.join(chapters)}")
    seen = _load() | SEEN
    return Progress(chapter, {name: seen.get(memory_key(e), "todo") for name, e in names.items()})


SEEN: dict[str, str] = {}  # this session's verdicts, which count even where no file can be written


def remember(states: dict[str, str]) -> None:
    """Take over verdicts remembered elsewhere (a page's own storage): memory key → "pass" or "fail"."""
    SEEN.update({key: state for key, state in states.items() if state in ("pass", "fail")})


def memory_key(e: Exercise) -> str:
    """A verdict belongs to this exercise as it is worded now: the key ends with a fingerprint of the stub."""
    return f"{e.key}@{hashlib.sha256(e.stub.encode()).hexdigest()[:8]}"


def record(e: Exercise, verdict: Verdict) -> None:
    """Remember a verdict. No home, a full disk, an odd BOOK_PROGRESS: nothing of it ever disturbs the reader."""
    key = memory_key(e)
    if verdict.status == "todo" or SEEN.get(key) in ("pass", verdict.status):
        return
    SEEN[key] = verdict.status
    with contextlib.suppress(OSError, ValueError, RuntimeError):
        if mode() != "live":
            return
        path = _file()
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}.tmp")
        fresh.write_text(json.dumps(_load() | SEEN, indent=1), encoding="utf-8")
        fresh.replace(path)


def _load() -> dict[str, str]:
    try:
        if mode() != "live":
            return {}
        stored = json.loads(_file().read_text(encoding="utf-8"))
        return {k: v for k, v in stored.items() if isinstance(k, str) and v in ("pass", "fail")}
    except (OSError, ValueError, AttributeError, TypeError, RuntimeError):  # RuntimeError: no home directory is known
        return {}


def _file() -> Path:
    named = os.environ.get("BOOK_PROGRESS")
    return (
        Path(named) if named else Path.home() / ".local" / "state" / "least-squares-to-transformers" / "progress.json"
    )
