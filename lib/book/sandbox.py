"""Run a student's function so that nothing it does can break the page: errors, prints, loops and changed arguments."""

from __future__ import annotations

import contextlib
import copy
import io
import signal
import threading
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lib.book import compare

MOST_PRINTED = 20_000  # characters kept of what a student's function prints


@dataclass(frozen=True)
class Outcome:
    """What one call gave: a `value`, or an `error` in words with the student's own lines of the `traceback`."""

    value: Any = None
    error: str = ""
    error_type: str = ""
    traceback: tuple[str, ...] = ()
    mutated: bool = False
    printed: str = ""
    fatal: bool = False  # stopped from outside: running further cases would only take the reader's time


class _OutOfTime(BaseException):
    """Not an Exception, so that a student's `except Exception` does not swallow it."""


class _Paper(io.TextIOBase):
    """Keeps the first part of what is printed, and lets the rest go."""

    def __init__(self):
        self.text = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.text += text[: max(0, MOST_PRINTED - len(self.text))]
        return len(text)


def run(function: Callable, args: tuple, seconds: float) -> Outcome:
    """Call `function` with copies of `args`, for at most about `seconds`, and say what came of it. Never raises."""
    given, paper = copy.deepcopy(args), _Paper()
    try:
        with _limited(seconds), contextlib.redirect_stdout(paper), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = function(*given)
    except _OutOfTime:
        text = f"it ran for more than {seconds:g} seconds. Is there a loop that does not end?"
        return Outcome(error=text, error_type="OutOfTime", printed=paper.text, fatal=True)
    except KeyboardInterrupt:
        return Outcome(error="you stopped it while it ran.", error_type="KeyboardInterrupt", fatal=True)
    except BaseException as error:
        return Outcome(**_explain(error, function), printed=paper.text)
    changed = not compare.same(given, args, 0.0, 0.0)
    return Outcome(value=value, mutated=changed, printed=paper.text)


def _explain(error: BaseException, function: Callable) -> dict:
    kind = type(error).__name__
    try:
        message = str(error).strip().split("\n")[0][:300]
    except Exception:
        message = "(the error's own message failed)"
    code = getattr(function, "__code__", None)
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if code is not None and f.filename == code.co_filename][-3:]
    lines = tuple(f"  line {f.lineno}, in {f.name}: {(f.line or '?')[:100]}" for f in own)
    return {"error": f"it raised {kind}: {message}", "error_type": kind, "traceback": lines}


@contextlib.contextmanager
def _limited(seconds: float):
    """Raise `_OutOfTime` in the block after `seconds`, where the platform has timers and this is the main thread."""
    main = threading.current_thread() is threading.main_thread()
    if not (main and hasattr(signal, "setitimer")):
        yield
        return

    def ring(signum, frame):
        raise _OutOfTime

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
