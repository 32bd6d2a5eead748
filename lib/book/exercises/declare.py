"""What a chapter's module calls to declare its exercises."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Callable

import lib
from lib.book.exercises.kinds import (
    EXERCISES,
    ChoiceExercise,
    CodeExercise,
    Exercise,
    GoalExercise,
    NumberExercise,
    OrderExercise,
    PredictionExercise,
)
from lib.book.exercises.trials import Case

SECONDS = 10.0  # for one case; an endless loop ends in a verdict


def exercise(*, cases, hints=(), rtol=1e-8, atol=1e-10, accept=None, python_only=False, seconds=SECONDS):
    """Declare a coding exercise: a decorator for its reference solution.

    cases(rng) yields tuples of arguments or ``case(label, *args)``; `rng` is a numpy Generator, or a random.Random with
    `python_only` (the exercise then runs where numpy is not). Answers agree within rtol · max|expected| + atol. Where
    the right answer is not unique, ``accept(*args, answer)`` returns None, or what is wrong with it.
    """

    def declare(function) -> CodeExercise:
        return CodeExercise(function, cases, hints, rtol, atol, accept, python_only, seconds)

    return declare


def case(label: str, *args, tells: str = "") -> Case:
    """Return a `Case` with a label that the verdict will name: ``case("one row", A, b)``.

    tells : what is said of an answer that is wrong in this case and in no other (but those that tell the same)
    """
    return Case(args, label, tells)


def number(name: str, *, answer, why: str, hints=(), mistakes=(), rtol=1e-3, unit="") -> NumberExercise:
    """Declare an exercise whose answer is one number; `answer` and each mistake's value may be functions."""
    return NumberExercise(name, _caller(), answer, rtol, hints, why, mistakes, unit)


def choice(name: str, *, answer, why: str, feedback: dict[str, str], hints=()) -> ChoiceExercise:
    """Declare a multiple choice: `answer` is a letter or several; `feedback` answers each wrong letter."""
    return ChoiceExercise(name, _caller(), answer, feedback, why, hints)


def order(name: str, *, lines: dict[str, str], needs: dict, why: str = "", feedback=None, hints=()) -> OrderExercise:
    """Declare a proof to put in order: `needs[line]` are the letters that must stand before it."""
    return OrderExercise(name, _caller(), lines, needs, feedback or {}, why, hints)


def prediction(name: str, *, answer, why: str, near=0.1, unit="", feedback=None) -> PredictionExercise:
    """Declare a prediction: the reader commits to a number or a letter before the next cell shows it.

    answer : a number (or a function that computes it) or a letter; `why` explains it once the reader has committed.
    near : the relative distance within which a number counts as well guessed;  feedback : what each other letter is told
    """
    return PredictionExercise(name, _caller(), answer, near, unit, why, feedback or {})


def goal(
    *, worked, above=None, below=None, label: str, unit="", digits=3, hints=(), seconds=60.0
) -> Callable[[Callable], GoalExercise]:
    """Declare what a project has to reach: a decorator for ``measure(answer) -> float``.

    The measure is taken on data that the notebook does not show, and raises ValueError with a sentence where `answer` is
    not what was asked for. above, below : the bar;  label : what is measured, in words;  worked : a function without
    arguments that makes an answer which clears the bar: its source is the solution, so it names all that it uses, or
    the notebook's first cell imports it.
    """

    def declare(measure) -> GoalExercise:
        return GoalExercise(measure, worked, above, below, label, unit, digits, hints, seconds)

    return declare


def all_exercises() -> dict[str, Exercise]:
    """Import every chapter's exercises and return them all, by key."""
    for chapter in pkgutil.iter_modules(lib.__path__):
        if importlib.util.find_spec(f"lib.{chapter.name}.exercises"):
            importlib.import_module(f"lib.{chapter.name}.exercises")
    return dict(EXERCISES)


def _caller() -> str:
    """Return the name of the module that declares an exercise."""
    return sys._getframe(2).f_globals["__name__"]
