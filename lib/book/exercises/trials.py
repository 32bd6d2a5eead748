"""An answer on the cases: what the solution says to each, what the answer says, and how the two differ."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lib.book import compare
from lib.book.sandbox import Outcome, OutOfTime, limited, run

if TYPE_CHECKING:
    from lib.book.exercises.kinds import CodeExercise

SEED = 20260101
COMPARING = 5.0  # seconds for comparing one answer with the expected one


@dataclass(frozen=True)
class Case:
    """One set of arguments, what is special about it, and what is said of an answer that fails nowhere else."""

    args: tuple
    label: str = ""
    tells: str = ""


@dataclass(frozen=True)
class Trial:
    """A case, what the solution says to it, what an answer said, and what is wrong with that in words ("" if right)."""

    case: Case
    expected: Any
    outcome: Outcome
    problem: str


def drawn(e: CodeExercise) -> list[tuple[Case, Any]]:
    """Return the exercise's cases with what the solution says to each: the same at every call."""
    if e.drawn_cases is None:
        cases = [c if isinstance(c, Case) else Case(tuple(c)) for c in e.cases(_rng(e))]
        e.drawn_cases = [(c, compare.plain(e.function(*copy.deepcopy(c.args)))) for c in cases]
    return e.drawn_cases


def _rng(e: CodeExercise):
    if e.python_only:
        return random.Random(SEED)
    import numpy as np

    return np.random.default_rng(SEED)


def passes(e: CodeExercise, answer: Callable, seconds: float | None = None) -> bool:
    """Whether an answer is right on all cases: the first that fails ends it."""
    return not any(trial(e, answer, c, expected, seconds).problem for c, expected in drawn(e))


def trial(e: CodeExercise, answer: Callable, c: Case, expected: Any, seconds: float | None = None, run=run) -> Trial:
    """Run an answer on one case; `run` calls it."""
    out = run(answer, c.args, e.seconds if seconds is None else seconds)
    return Trial(c, expected, out, problem(e, c, expected, out))


def problem(e: CodeExercise, c: Case, expected: Any, out: Outcome) -> str:
    """Return what is wrong with one outcome, in words; the empty string where nothing is."""
    if out.error:
        return out.error
    if out.mutated:
        return "your function changed its arguments in place; work on a copy."
    try:
        with limited(COMPARING):
            if e.accept is None:
                return compare.difference(out.value, expected, e.rtol, e.atol)
            unlike = compare.unlike(out.value, expected)
            return unlike or e.accept(*copy.deepcopy(c.args), compare.like(out.value, expected)) or ""
    except OutOfTime:
        return "comparing your answer with the expected one took too long."
    except BaseException as error:
        return f"your answer could not be compared with the expected one: {type(error).__name__}."
