"""Run a student's function so that nothing it does can break the page: errors, prints, loops and changed arguments."""

from __future__ import annotations

import contextlib
import copy
import io
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from lib.book import compare

MOST_PRINTED = 20_000  # characters kept of what a student's function prints
AGAIN = 0.1  # seconds after which a loop that swallowed the alarm hears it once more


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


class OutOfTime(BaseException):
    """The time is up. Not an Exception, so that a student's `except Exception` does not swallow it."""


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
    """Call `function` with copies of `args`, for at most about `seconds`, and say what came of it. Never raises.

    The value is made plain (`compare.plain`) and compared with the arguments within the same time: an answer whose
    methods hang or raise is only a wrong answer. What it sets in numpy's error handling does not outlive the call.
    """
    given, paper = copy.deepcopy(args), _Paper()
    try:
        with limited(seconds), contextlib.redirect_stdout(paper), warnings.catch_warnings(), _numpy_errors_kept():
            warnings.simplefilter("ignore")
            value = compare.plain(function(*given))
            changed = not compare.same(given, args, 0.0, 0.0)
    except OutOfTime:
        text = f"it ran for more than {seconds:g} seconds. Is there a loop that does not end?"
        return Outcome(error=text, error_type="OutOfTime", printed=paper.text, fatal=True)
    except KeyboardInterrupt:
        return Outcome(error="it was stopped while it ran.", error_type="KeyboardInterrupt", fatal=True)
    except BaseException as error:
        return Outcome(**_explain(error, function), printed=paper.text)
    return Outcome(value=value, mutated=changed, printed=paper.text)


def _explain(error: BaseException, function: Callable) -> dict:
    kind = type(error).__name__
    try:
        message = str(error).strip().split("\n")[0][:300]
    except BaseException:
        message = "(the error's own message failed)"
    code = getattr(function, "__code__", None)
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if code is not None and f.filename == code.co_filename][-3:]
    lines = tuple(f"  line {f.lineno}, in {f.name}: {(f.line or '?')[:100]}" for f in own)
    return {"error": f"it raised {kind}: {message}", "error_type": kind, "traceback": lines}


@contextlib.contextmanager
def _numpy_errors_kept() -> Iterator[None]:
    settings = vars(sys.modules.get("numpy", contextlib)).get("errstate", contextlib.nullcontext)  # not of a stand-in
    with settings():
        yield


@contextlib.contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise `OutOfTime` in the block after `seconds`. Blocks may be nested: the shorter limit holds.

    In the main thread a timer's signal does it, in others a second thread. Where there are neither signals nor threads
    (in the page, which has a button that stops it) the block runs without a limit.
    """
    main = threading.current_thread() is threading.main_thread()
    with _alarm(seconds) if main and hasattr(signal, "setitimer") else _watcher(seconds):
        yield


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    active = True

    def ring(signum, frame):
        if active:
            raise OutOfTime

    before = signal.signal(signal.SIGALRM, ring)
    left, again = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    started = time.monotonic()
    if left and left < seconds:
        signal.setitimer(signal.ITIMER_REAL, left, AGAIN)
    try:
        yield
    finally:
        active = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if left:  # the timer of the block around this one goes on
            signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - started), 1e-3), again)


@contextlib.contextmanager
def _watcher(seconds: float) -> Iterator[None]:
    try:
        import ctypes

        interrupt = ctypes.pythonapi.PyThreadState_SetAsyncExc
    except (ImportError, AttributeError):
        yield
        return
    target, done = ctypes.c_ulong(threading.get_ident()), threading.Event()

    def watch():
        wait = seconds
        while not done.wait(wait):
            interrupt(target, ctypes.py_object(OutOfTime))
            wait = AGAIN

    thread = threading.Thread(target=watch, daemon=True)
    try:
        thread.start()
    except RuntimeError:  # no threads here
        yield
        return
    try:
        yield
    finally:
        done.set()
        thread.join()
        interrupt(target, None)  # what was sent and has not arrived is called back
