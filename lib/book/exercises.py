"""An exercise: a contract, and a teacher who knows the classic mistakes.

Declared once, in ``lib/<chapter>/exercises/``: the reference solution (its signature and docstring are the student's
stub), randomised cases, three hints, and each classic mistake as a wrong implementation with the sentence a good
teacher says on seeing it. ``check`` runs the student's answer on the cases and never raises, whatever it is given.
This module needs only Python: numpy and sympy are touched only where an exercise's own values are theirs.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import math
import os
import pkgutil
import random
import sys
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import lib
from lib.book import compare
from lib.book.display import bundle, escape, mode
from lib.book.sandbox import Outcome, run

SEED = 20260101
SECONDS = 10.0  # for one case; an endless loop ends in a verdict where the platform has timers


# ------------------------------------------------------------------------------------------------------ verdicts
@dataclass(frozen=True)
class Verdict:
    """What a check says: `status` is "pass", "fail" or "todo"; shown as text or HTML as the last line of a cell."""

    name: str
    status: str
    headline: str
    details: tuple[str, ...] = ()
    diagnosis: str = ""
    hints: tuple[str, ...] = ()
    memory: str = ""  # the key under which it is remembered

    @property
    def passed(self) -> bool:
        return self.status == "pass"

    def __repr__(self) -> str:
        lines = [f"{self.name}: {self.headline}", *(textwrap.indent(line, "  ") for line in self.details)]
        if self.diagnosis:
            lines.append(f"Diagnosis: {self.diagnosis}")
        if self.hints:
            lines.append(f"Stuck? exercises.{self.name}.hint() shows the first of {len(self.hints)} hints.")
        return "\n".join(lines)

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return bundle(repr(self), html=self._html())

    def _page_message_(self) -> dict:
        """Say it to the page as data, which the page sets out itself (see `lib.book.kernel`)."""
        parts = {"name": self.name, "status": self.status, "headline": self.headline, "diagnosis": self.diagnosis}
        return {
            "kind": "verdict",
            **parts,
            "details": list(self.details),
            "hints": list(self.hints),
            "memory": self.memory,
        }

    def _html(self) -> str:
        mark = {"pass": "✓", "fail": "✗", "todo": "○"}[self.status]
        parts = [f"<p><strong>{mark} {escape(self.name)}</strong>: {escape(self.headline)}</p>"]
        if self.diagnosis:
            parts.append(f'<p class="book-diagnosis">{escape(self.diagnosis)}</p>')
        if self.details:
            parts.append(f"<pre>{escape(chr(10).join(self.details))}</pre>")
        parts.extend(
            f'<details class="book-hint"><summary>Hint {i} of {len(self.hints)}</summary>'
            f"<p>{escape(hint)}</p></details>"
            for i, hint in enumerate(self.hints, 1)
        )
        return f'<div class="book-verdict book-verdict--{self.status}">{"".join(parts)}</div>'


@dataclass(frozen=True)
class Note:
    """A hint or a solution in words: Markdown in a notebook, the same text elsewhere."""

    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return bundle(self.text, markdown=self.text)


# ----------------------------------------------------------------------------------------------- the four kinds
class Exercise:
    """What every kind of exercise shares: its name, hints, and the record of how it went."""

    kind = ""

    def __init__(self, name: str, module: str, hints: Iterable[str]):
        self.name, self.module = name, module
        self.hints = tuple(hints)
        self.chapter = module.removeprefix("lib.").split(".")[0]
        self.key = f"{self.chapter}.{name}"
        self._shown = 0
        other = EXERCISES.get(self.key)
        if other is not None and other.module != module:
            raise ValueError(f"two exercises are called {self.key}: in {other.module} and {module}")
        EXERCISES[self.key] = self

    stub: str

    def check(self, answer: Any = ...) -> Verdict:
        """Return the verdict on `answer`; never raise, whatever it is."""
        try:
            verdict = self._todo() if answer is ... else self._judge(answer)
        except ModuleNotFoundError as error:  # the reference needs a module that this place has not
            verdict = Verdict(self.name, "todo", f"this exercise cannot be checked here: {error}.", hints=self.hints)
        except Exception as error:  # an answer so odd that judging it failed is still only a wrong answer
            verdict = self._fail(
                "your answer could not be read.", (f"{type(error).__name__}: {_cut(str(error), 300)}",)
            )
        _record(self, verdict)
        return replace(verdict, memory=memory_key(self))

    def hint(self, number: int | None = None) -> Note:
        """Return hint `number` (1 is a nudge, the last is nearly the answer), or the next one not yet shown."""
        number = min(self._shown + 1, len(self.hints)) if number is None else number
        if number not in range(1, len(self.hints) + 1):
            raise ValueError(f"{self.name} has hints 1 to {len(self.hints)}, not {number!r}")
        self._shown = max(self._shown, number)
        return Note(f"Hint {number} of {len(self.hints)}: {self.hints[number - 1]}")

    def solution(self) -> Note:
        raise NotImplementedError

    def _judge(self, answer: Any) -> Verdict:
        raise NotImplementedError

    def _todo(self) -> Verdict:
        text = "not attempted yet. Replace the ... in the cell above, run it, then run this cell again."
        return Verdict(self.name, "todo", text, hints=self.hints)

    def _pass(self, headline: str, details: tuple[str, ...] = ()) -> Verdict:
        return Verdict(self.name, "pass", headline, details)

    def _fail(self, headline: str, details: tuple[str, ...] = (), diagnosis: str = "") -> Verdict:
        return Verdict(self.name, "fail", headline, details, diagnosis, self.hints)


@dataclass(frozen=True)
class Case:
    """One set of arguments, and what is special about it."""

    args: tuple
    label: str = ""


def case(label: str, *args) -> Case:
    """Return a `Case` with a label that the verdict will name: ``case("one row", A, b)``."""
    return Case(args, label)


class CodeExercise(Exercise):
    """The student writes a function; it is run on randomised cases beside the reference solution."""

    kind = "code"

    def __init__(self, solution, cases, hints, rtol, atol, accept, python_only, seconds):
        self.function, self.cases, self.accept = solution, cases, accept
        self.rtol, self.atol, self.python_only, self.seconds = rtol, atol, python_only, seconds
        self.mistakes: list[tuple[Callable, str]] = []
        self.source, self.stub = _split_source(solution)
        self.__doc__, self.__wrapped__ = solution.__doc__, solution
        super().__init__(solution.__name__, solution.__module__, hints)

    def __call__(self, *args):
        """Run the reference solution."""
        return self.function(*args)

    def mistake(self, sentence: str):
        """Declare a classic mistake: a decorator for a wrong implementation, with what a teacher says on seeing it."""

        def declare(function):
            self.mistakes.append((function, sentence))
            return function

        return declare

    def drawn(self) -> list[Case]:
        """Return the cases, the same at every call."""
        rng = random.Random(SEED) if self.python_only else _numpy_rng(SEED)
        return [c if isinstance(c, Case) else Case(tuple(c)) for c in self.cases(rng)]

    def solution(self) -> Note:
        """Return the reference solution's source."""
        return Note(f"```python\n{self.source}\n```")

    def _judge(self, answer: Any) -> Verdict:
        if not callable(answer) or isinstance(answer, type):
            what = compare.describe(answer)
            return self._fail(f"check wants the function {self.name} itself, but was given {what}.")
        if _is_untouched(answer):
            return self._todo()
        if _takes_too_few(answer, self.function):
            return self._fail(f"your function must take {_parameters(self.function)}, as in the stub.")
        cases = self.drawn()
        tries: list[Outcome] = []
        for number, c in enumerate(cases, 1):
            tries.append(run(answer, c.args, self.seconds))
            problem = self._problem(c, tries[-1])
            if problem:
                label = f" ({c.label})" if c.label else ""
                where = f"case {number} of {len(cases)}{label}"
                rest = [] if tries[-1].fatal else [run(answer, d.args, self.seconds) for d in cases[number:]]
                diagnosis = self._diagnose(cases, tries + rest)
                return self._fail(f"not right yet, {where}.", self._details(c, tries[-1], problem), diagnosis)
        return self._pass(f"correct on all {len(cases)} cases.")

    def _problem(self, c: Case, out: Outcome) -> str:
        """Return what is wrong with one outcome, in words; the empty string where nothing is."""
        if out.error:
            return out.error
        if out.mutated:
            return "your function changed its arguments in place; work on a copy."
        if self.accept is None:
            return compare.difference(out.value, self.function(*_copies(c.args)), self.rtol, self.atol)
        kind = compare.unlike(out.value, self.function(*_copies(c.args)))
        return kind or self.accept(*_copies(c.args), out.value) or ""

    def _details(self, c: Case, out: Outcome, problem: str) -> tuple[str, ...]:
        given = [f"{name} = {compare.show(value)}" for name, value in zip(_names(self.function), c.args, strict=False)]
        lines = ["given", *(f"  {line}" for line in given)]
        if not out.error:
            lines += ["you returned", f"  {compare.show(out.value)}"]
            if self.accept is None:
                lines += ["expected", f"  {compare.show(self.function(*_copies(c.args)))}"]
        lines += [problem, *out.traceback]
        if out.printed:
            lines += ["your function printed", textwrap.indent(_cut(out.printed, 400), "  ")]
        return tuple(lines)

    def _diagnose(self, cases: list[Case], tries: list[Outcome]) -> str:
        """Return the sentence of the mistake that gives the student's very answers, or of a telling ratio.

        Of several mistakes that give the answers of the cases that failed, the one that gives all answers goes first:
        where an answer is 0 or 1, every wrong one looks like every other.
        """
        passing, failing, fitting = [], [], []
        for c, t in zip(cases, tries, strict=False):
            (failing if self._problem(c, t) else passing).append((c, t))
        for wrong, sentence in self.mistakes:
            if all(self._same(run(wrong, c.args, self.seconds), t) for c, t in failing):
                if all(self._same(run(wrong, c.args, self.seconds), t) for c, t in passing):
                    return sentence
                fitting.append(sentence)
        if fitting:
            return fitting[0]
        if self.accept is None and not any(t.error for _, t in failing):
            pairs = [(c.args, t.value, self.function(*_copies(c.args))) for c, t in failing]
            return compare.telling_ratio(pairs)
        return ""

    def _same(self, theirs: Outcome, yours: Outcome) -> bool:
        if theirs.error or yours.error:
            return bool(theirs.error and yours.error) and theirs.error_type == yours.error_type
        if theirs.mutated != yours.mutated:
            return False
        return compare.same(yours.value, theirs.value, max(self.rtol, 1e-6), self.atol)


class NumberExercise(Exercise):
    """The student computes one number; near misses that betray a mistake are recognised."""

    kind = "number"

    def __init__(self, name, module, answer, rtol, hints, why, mistakes, unit):
        self.answer, self.rtol, self.why, self.unit = answer, rtol, why, unit
        self.mistakes = [(value, sentence) for value, sentence in mistakes]
        self.stub = f"{name} = ..."
        super().__init__(name, module, hints)

    def value(self) -> float:
        """Return the right number."""
        return float(_value(self.answer))

    def solution(self) -> Note:
        return Note(f"`{self.name} = {self.value():.6g}`{self.unit and ' ' + self.unit}. {self.why}")

    def _judge(self, answer: Any) -> Verdict:
        given = compare.as_number(answer)
        if given is None:
            return self._fail(f"the answer is one number, but you gave {compare.describe(answer)}.")
        if not math.isfinite(given):
            return self._fail(f"the answer is a finite number, but you gave {given}.")
        right = self.value()
        if compare.close(given, right, self.rtol):
            return self._pass(f"correct: {right:.6g}{self.unit and ' ' + self.unit}.")
        for wrong, sentence in self.mistakes:
            if compare.close(given, float(_value(wrong)), self.rtol):
                return self._fail(f"{given:.6g} is not right yet.", (), sentence)
        return self._fail(f"{given:.6g} is not right yet.", (), compare.telling_number(given, right, self.rtol))


class ChoiceExercise(Exercise):
    """The student picks one letter, or several; each wrong one has its own answer."""

    kind = "choice"

    def __init__(self, name, module, answer, feedback, why, hints):
        self.answer = frozenset(answer)  # "b", or "ac" for several
        self.feedback, self.why = dict(feedback), why
        self.letters = tuple(sorted(self.answer | set(self.feedback)))
        if self.answer & set(self.feedback):
            raise ValueError(f"choice {name}: the right letters {sorted(self.answer)} need no feedback")
        self.stub = f"{name} = ..."
        super().__init__(name, module, hints)

    def solution(self) -> Note:
        return Note(f"`{self.name} = {_letters(self.answer)!r}`. {self.why}")

    def _judge(self, answer: Any) -> Verdict:
        picked = [answer] if isinstance(answer, str) else answer
        if isinstance(answer, str) and len(answer.strip()) > 1:
            picked = [letter for letter in answer if letter.isalpha()]
        if not isinstance(picked, (list, tuple, set, frozenset)) or not all(isinstance(p, str) for p in picked):
            return self._fail(
                f'the answer is a letter such as "{self.letters[0]}", but you gave {compare.describe(answer)}.'
            )
        chosen = frozenset(p.strip().lower() for p in picked)
        if not chosen or not chosen <= set(self.letters):
            return self._fail(f"choose among {', '.join(self.letters)}; you gave {compare.show(answer)}.")
        if chosen == self.answer:
            return self._pass(f"correct. {self.why}")
        wrong = [self.feedback[letter] for letter in sorted(chosen - self.answer)]
        if not wrong and len(self.answer) > 1:
            return self._fail("right so far, but not all of it.", (), "There is another letter to find.")
        if len(self.answer) == 1 and len(chosen) > 1:
            return self._fail("one letter is asked for.")
        return self._fail(f"not {_letters(chosen)}.", (), wrong[0])


class OrderExercise(Exercise):
    """The student puts the lines of a proof in order; a line may use only what stands before it."""

    kind = "order"

    def __init__(self, name, module, lines, needs, feedback, why, hints):
        self.lines, self.why, self.feedback = dict(lines), why, dict(feedback)
        self.needs = {line: frozenset(needs.get(line, ())) for line in self.lines}
        unknown = (set(needs) | set(self.feedback) | set().union(*self.needs.values())) - set(self.lines)
        if unknown:
            raise ValueError(f"order {name}: no line is called {sorted(unknown)}")
        self.order = self._sort()
        self.stub = f"{name} = ..."
        super().__init__(name, module, hints)

    def _sort(self) -> str:
        done: list[str] = []
        while len(done) < len(self.lines):
            ready = [x for x in self.lines if x not in done and self.needs[x] <= set(done)]
            if not ready:
                raise ValueError(f"the lines {sorted(set(self.lines) - set(done))} need one another in a circle")
            done.append(ready[0])
        return "".join(done)

    def solution(self) -> Note:
        steps = "\n".join(f"{i}. **{letter}**: {self.lines[letter]}" for i, letter in enumerate(self.order, 1))
        return Note(f'`{self.name} = "{self.order}"`\n\n{steps}\n\n{self.why}')

    def _judge(self, answer: Any) -> Verdict:
        if not isinstance(answer, (str, list, tuple)) or not all(isinstance(a, str) for a in answer):
            what = compare.describe(answer)
            return self._fail(
                f'the answer is a string of letters such as "{"".join(sorted(self.lines))}", but you gave {what}.'
            )
        given = [a.strip().upper() for a in answer if a.strip(" ,;-→>")]
        if sorted(given) != sorted(self.lines):
            return self._fail(
                f"use each of {', '.join(sorted(self.lines))} exactly once; you gave {compare.show(answer)}."
            )
        for position, letter in enumerate(given):
            if missing := self.needs[letter] - set(given[:position]):
                text = f"Line {letter} uses {_letters(missing, ' and ')}, which you have not established yet."
                return self._fail(
                    f"line {letter} stands too early (place {position + 1}).", (), self.feedback.get(letter, text)
                )
        return self._pass(f"correct: every line uses only what stands before it. {self.why}")


# ------------------------------------------------------------------------------------------------- declarations
EXERCISES: dict[str, Exercise] = {}  # "chapter.name" → exercise, in the order of declaration


def exercise(*, cases, hints=(), rtol=1e-8, atol=1e-10, accept=None, python_only=False, seconds=SECONDS):
    """Declare a coding exercise: a decorator for its reference solution.

    cases(rng) yields tuples of arguments or ``case(label, *args)``; `rng` is a numpy Generator, or a random.Random with
    `python_only` (the exercise then runs where numpy is not). Answers agree within rtol · max|expected| + atol. Where
    the right answer is not unique, ``accept(*args, answer)`` returns None, or what is wrong with it.
    """

    def declare(function) -> CodeExercise:
        return CodeExercise(function, cases, hints, rtol, atol, accept, python_only, seconds)

    return declare


def number(name: str, *, answer, why: str, hints=(), mistakes=(), rtol=1e-3, unit="") -> NumberExercise:
    """Declare an exercise whose answer is one number; `answer` and each mistake's value may be functions."""
    return NumberExercise(name, _caller(), answer, rtol, hints, why, mistakes, unit)


def choice(name: str, *, answer, why: str, feedback: dict[str, str], hints=()) -> ChoiceExercise:
    """Declare a multiple choice: `answer` is a letter or several; `feedback` answers each wrong letter."""
    return ChoiceExercise(name, _caller(), answer, feedback, why, hints)


def order(name: str, *, lines: dict[str, str], needs: dict, why: str = "", feedback=None, hints=()) -> OrderExercise:
    """Declare a proof to put in order: `needs[line]` are the letters that must stand before it."""
    return OrderExercise(name, _caller(), lines, needs, feedback or {}, why, hints)


def all_exercises() -> dict[str, Exercise]:
    """Import every chapter's exercises and return them all, by key."""
    for chapter in pkgutil.iter_modules(lib.__path__):
        if importlib.util.find_spec(f"lib.{chapter.name}.exercises"):
            importlib.import_module(f"lib.{chapter.name}.exercises")
    return dict(EXERCISES)


# ----------------------------------------------------------------------------------------------------- progress
@dataclass
class Progress:
    """How far a reader has come in a chapter: a table of its exercises."""

    chapter: str
    states: dict[str, str] = field(default_factory=dict)  # name → "pass", "fail" or "todo"

    def __repr__(self) -> str:
        words = {"pass": "done", "fail": "tried, not right yet", "todo": "not attempted"}
        width = max(map(len, self.states))
        rows = [f"  {name:<{width}}  {words[state]}" for name, state in self.states.items()]
        return "\n".join([self._summary(), *rows])

    def _summary(self) -> str:
        done = sum(state == "pass" for state in self.states.values())
        return f"{done} of {len(self.states)} exercises done."

    def _page_message_(self) -> dict:
        return {"kind": "progress", "summary": self._summary(), "states": self.states}

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        words = {"pass": "✓ done", "fail": "✗ not right yet", "todo": "○ not attempted"}
        rows = "".join(
            f'<tr class="book-progress--{state}"><td>{escape(name.replace("_", " "))}</td><td>{words[state]}</td></tr>'
            for name, state in self.states.items()
        )
        head = "<thead><tr><th>Exercise</th><th>State</th></tr></thead>"
        table = f'<table class="book-progress"><caption>{self._summary()}</caption>{head}<tbody>{rows}</tbody></table>'
        return bundle(repr(self), html=table)


def progress(chapter: str) -> Progress:
    """Return the progress table of a chapter: "least_squares", say.

    Verdicts are remembered between notebooks in a small file in the reader's home (BOOK_PROGRESS names another).
    """
    names = {e.name: e for e in all_exercises().values() if e.chapter == chapter}
    if not names:
        known = sorted({e.chapter for e in EXERCISES.values()})
        raise ValueError(f"no chapter {chapter!r} has exercises; there are {', '.join(known)}")
    seen = _load() | _SEEN
    return Progress(chapter, {name: seen.get(memory_key(e), "todo") for name, e in names.items()})


_SEEN: dict[str, str] = {}  # this session's verdicts, which count even where no file can be written


def remember(states: dict[str, str]) -> None:
    """Take over verdicts remembered elsewhere (a page's own storage): memory key → "pass" or "fail"."""
    _SEEN.update({key: state for key, state in states.items() if state in ("pass", "fail")})


def _record(e: Exercise, verdict: Verdict) -> None:
    """Remember a verdict; a full or read-only disk never disturbs the reader."""
    key = memory_key(e)
    if verdict.status == "todo" or (_SEEN.get(key) == "pass" and verdict.status == "fail"):
        return
    _SEEN[key] = verdict.status
    if mode() != "live":
        return
    try:
        path = _progress_file()
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}.tmp")
        fresh.write_text(json.dumps(_load() | _SEEN, indent=1), encoding="utf-8")
        fresh.replace(path)
    except OSError:
        pass


def _load() -> dict[str, str]:
    if mode() != "live":
        return {}
    try:
        stored = json.loads(_progress_file().read_text(encoding="utf-8"))
        return {k: v for k, v in stored.items() if isinstance(k, str) and v in ("pass", "fail")}
    except (OSError, ValueError, AttributeError):
        return {}


def _progress_file() -> Path:
    home = Path.home() / ".local" / "state" / "least-squares-to-transformers" / "progress.json"
    return Path(os.environ.get("BOOK_PROGRESS") or home)


def memory_key(e: Exercise) -> str:
    """A verdict belongs to this exercise as it is worded now: the key ends with a fingerprint of the stub."""
    import hashlib

    return f"{e.key}@{hashlib.sha256(e.stub.encode()).hexdigest()[:8]}"


# ------------------------------------------------------------------------------------------------------ helpers
def _split_source(function) -> tuple[str, str]:
    """Return the source of `function` without decorators, and the stub: its signature and docstring, then `...`."""
    source = textwrap.dedent(inspect.getsource(function))
    node = ast.parse(source).body[0]
    lines = source.splitlines()[node.lineno - 1 :]
    doc = node.body[0]
    if not (isinstance(doc, ast.Expr) and isinstance(doc.value, ast.Constant) and isinstance(doc.value.value, str)):
        raise ValueError(f"exercise {function.__name__} needs a docstring: it is the student's task")
    head = lines[: doc.end_lineno - node.lineno + 1]
    return "\n".join(lines).rstrip(), "\n".join([*head, "    ..."])


def _is_untouched(function) -> bool:
    """Whether a function's body is still nothing but a docstring and `...`: its code is that of an empty function."""
    code = getattr(function, "__code__", None)
    if code is None:
        return False

    def documented():
        "doc"
        ...

    def bare(): ...

    constants = [c for c in code.co_consts if c != function.__doc__]
    return code.co_code in (documented.__code__.co_code, bare.__code__.co_code) and constants in ([], [None])


def _takes_too_few(answer, function) -> bool:
    """Whether the student's function cannot be called with as many arguments as the reference takes."""
    try:
        inspect.signature(answer).bind(*_names(function))
    except TypeError:
        return True
    except ValueError:  # a builtin without a signature: let it be called
        return False
    return False


def _names(function) -> list[str]:
    return list(inspect.signature(function).parameters)


def _parameters(function) -> str:
    return f"({', '.join(_names(function))})"


def _copies(args: tuple) -> tuple:
    import copy

    return copy.deepcopy(args)


def _numpy_rng(seed: int):
    import numpy as np

    return np.random.default_rng(seed)


def _value(thing):
    return thing() if callable(thing) else thing


def _caller() -> str:
    """Return the name of the module that declares an exercise."""
    return sys._getframe(2).f_globals["__name__"]


def _letters(letters: Iterable[str], join: str = ", ") -> str:
    return join.join(sorted(letters))


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[:limit] + f" … ({len(text) - limit} more characters)"
