"""Where the verdict on a student's function is made: it runs on each case, and the first that fails ends it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lib.book import compare
from lib.book.exercises import diagnose, stubs
from lib.book.exercises.trials import COMPARING, Trial, drawn, trial
from lib.book.exercises.verdicts import Verdict, cut
from lib.book.sandbox import limited, run

if TYPE_CHECKING:
    from lib.book.exercises.kinds import CodeExercise

ENOUGH = 4.0  # seconds for finding out what went wrong


def judge(e: CodeExercise, answer: Any, run: Callable = run) -> Verdict:
    """Return the verdict on a student's function. run : calls it, as `sandbox.run` does, wherever it lives."""
    if answer is e:
        return e._fail(
            f"you gave check the exercise {e.name} itself, not your function. Define your own {e.name} in the cell above "
            "and run it; after `from … import *` the book's name hides yours."
        )
    if not callable(answer) or isinstance(answer, type):
        return e._fail(f"check wants the function {e.name} itself, but was given {compare.describe(answer)}.")
    if stubs.is_untouched(answer):
        return e._todo()
    if stubs.takes_too_few(answer, e.function):
        return e._fail(f"your function must take {stubs.parameters(e.function)}, as in the stub.")
    cases, trials = drawn(e), []
    for number, (c, expected) in enumerate(cases, 1):
        trials.append(trial(e, answer, c, expected, run=run))
        if trials[-1].problem:
            label = f" ({c.label})" if c.label else ""
            where = f"case {number} of {len(cases)}{label}"
            for d, wanted in cases[number:]:
                if trials[-1].outcome.fatal:
                    break
                trials.append(trial(e, answer, d, wanted, run=run))
            return e._fail(f"not right yet, {where}.", _details(e, trials[number - 1]), _diagnosis(e, answer, trials))
    return e._pass(f"correct on all {len(cases)} cases.")


def _details(e: CodeExercise, t: Trial) -> tuple[str, ...]:
    names = stubs.names(e.function)
    given = [f"{name} = {compare.show(value)}" for name, value in zip(names, t.case.args, strict=False)]
    lines = ["given", *(f"  {line}" for line in given)]
    if not t.outcome.error:
        lines += ["you returned", f"  {_shown(t.outcome.value)}"]
        if e.accept is None:
            lines += ["expected", f"  {compare.show(t.expected)}"]
    lines += [t.problem, *t.outcome.traceback]
    if t.outcome.printed:
        lines += ["your function printed", textwrap.indent(cut(t.outcome.printed, 400), "  ")]
    return tuple(lines)


def _shown(value: Any) -> str:
    try:
        with limited(COMPARING):
            return compare.show(value)
    except BaseException as error:
        return f"(a {type(value).__name__} that cannot be shown: {type(error).__name__})"


def _diagnosis(e: CodeExercise, answer: Any, trials: list[Trial]) -> str:
    """Return what went wrong, where it can be told in good time."""
    try:
        with limited(ENOUGH):
            return diagnose.of_code(e, answer, trials)
    except BaseException:
        return ""
