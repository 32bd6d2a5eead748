"""The six kinds of exercise: code, a number, a choice, an order, a prediction, and a goal: what a project has to reach."""

from __future__ import annotations

import contextlib
import math
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from lib.book import compare
from lib.book.exercises import diagnose, progress, stubs
from lib.book.exercises.judge import judge
from lib.book.exercises.trials import Case, drawn
from lib.book.exercises.verdicts import Note, Verdict, cut
from lib.book.sandbox import limited, run

PATIENCE = 5.0  # seconds for reading a number, a choice or an order

EXERCISES: dict[str, Exercise] = {}  # "chapter.name" → exercise, in the order of declaration


class Exercise:
    """What every kind of exercise shares: its name, hints, and the record of how it went."""

    kind = ""
    stub: str

    def __init__(self, name: str, module: str, hints: Iterable[str]):
        self.name, self.module = name, module
        self.hints = tuple(hints)
        self.chapter = module.removeprefix("lib.").split(".")[0]
        self.key = f"{self.chapter}.{name}"
        self._shown = 0
        self._judging = False
        other = EXERCISES.get(self.key)
        if other is not None and other.module != module:
            raise ValueError(f"two exercises are called {self.key}: in {other.module} and {module}")
        EXERCISES[self.key] = self

    def check(self, answer: Any = ...) -> Verdict:
        """Return the verdict on `answer`, and remember it; never raise, whatever it is and wherever it is asked."""
        if self._judging:
            return self._fail("check was called by the very answer that it checks.")
        verdict = self.verdict(answer)
        progress.record(self, verdict)
        return replace(verdict, memory=progress.memory_key(self))

    def verdict(self, answer: Any = ..., **how) -> Verdict:
        """Return the verdict on `answer`, as check does, and remember nothing. how : what the kind's own judge takes."""
        self._judging = True
        try:
            own = self.kind in ("code", "goal")  # these keep their own time
            with contextlib.nullcontext() if own else limited(PATIENCE):
                return self._todo() if answer is ... else self._judge(answer, **how)
        except ModuleNotFoundError as error:  # the reference needs a module that this place has not
            return Verdict(self.name, "todo", f"this exercise cannot be checked here: {error}.", hints=self.hints)
        except BaseException as error:  # an answer so odd that judging it failed is still only a wrong answer
            return self._fail("your answer could not be read.", (_said(error),))
        finally:
            self._judging = False

    def hint(self, number: int | None = None) -> Note:
        """Return hint `number` (1 is a nudge, the last is nearly the answer), or the next one not yet shown."""
        if not self.hints:
            raise ValueError(f"{self.name} is a {self.kind} and has no hints")
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


def _said(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {cut(str(error), 300)}"
    except BaseException:
        return type(error).__name__


# ---------------------------------------------------------------------------------------------------------- code
class CodeExercise(Exercise):
    """The student writes a function; it is run on randomised cases beside the reference solution."""

    kind = "code"

    def __init__(self, solution, cases, hints, rtol, atol, accept, python_only, seconds):
        self.function, self.cases, self.accept = solution, cases, accept
        self.rtol, self.atol, self.python_only, self.seconds = rtol, atol, python_only, seconds
        self.mistakes: list[tuple[Callable, str]] = []
        self.drawn_cases: list | None = None
        self.mutants: list | None = None
        self.source, self.stub = stubs.split_source(solution)
        self.__doc__, self.__wrapped__ = solution.__doc__, solution
        super().__init__(solution.__name__, solution.__module__, hints)

    def __call__(self, *args):
        """Run the reference solution."""
        if self._judging:
            raise RuntimeError(f"your function calls the book's own solution, exercises.{self.name}")
        return self.function(*args)

    def mistake(self, sentence: str):
        """Declare a classic mistake: a decorator for a wrong implementation, with what a teacher says on seeing it."""

        def declare(function):
            self.mistakes.append((function, sentence))
            return function

        return declare

    def drawn(self) -> list[Case]:
        """Return the cases, the same at every call."""
        return [c for c, _ in drawn(self)]

    def solution(self) -> Note:
        """Return the reference solution's source."""
        return Note(f"```python\n{self.source}\n```")

    def _judge(self, answer: Any, run: Callable = run) -> Verdict:
        return judge(self, answer, run)


# -------------------------------------------------------------------------------------------------------- number
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
        return float(value_of(self.answer))

    def solution(self) -> Note:
        return Note(f"`{self.name} = {self.value():.6g}`{self.unit and ' ' + self.unit}. {self.why}")

    def _judge(self, answer: Any) -> Verdict:
        given, read = read_number(answer)
        if given is None:
            return self._fail(f"the answer is one number, but you gave {compare.describe(answer)}.")
        if not math.isfinite(given):
            return self._fail(f"the answer is a finite number, but you gave {given}.")
        right = self.value()
        if compare.close(given, right, self.rtol):
            return self._pass(f"correct: {right:.6g}{self.unit and ' ' + self.unit}.{read}")
        wrong = [(float(value_of(value)), sentence) for value, sentence in self.mistakes]
        return self._fail(
            f"{given:.6g} is not right yet.{read}", (), diagnose.of_number(given, right, wrong, self.rtol)
        )


def read_number(answer: Any) -> tuple[float | None, str]:
    """Return an answer's number, also one that was typed as a text ("0.25", "1/4"), and a word about how it was read."""
    if not isinstance(answer, str):
        return compare.as_number(compare.plain(answer)), ""
    text = unicodedata.normalize("NFKC", answer).replace("−", "-").replace("⁄", "/").strip().strip("\"'` ")
    if len(text) > 60:  # before the pattern, which is slow on long rows of digits
        return None, ""
    found = re.fullmatch(r"([-+]?[\d_ ]*[.,]?\d+(?:[eE][-+]?\d+)?)(?:\s*/\s*(\d+(?:\.\d+)?))?(?:\s*[^\W\d_].*)?", text)
    if not found:
        return None, ""
    top = found[1].replace(" ", "").replace(",", ".")
    value = float(top) / (float(found[2]) if found[2] else 1.0) if float(found[2] or 1) else None
    return value, "" if value is None else f" (Your text was read as {value:.6g}; a number needs no quotes.)"


def value_of(thing: Any) -> Any:
    """Return a declared value, computed where it was declared as a function."""
    return thing() if callable(thing) else thing


# ------------------------------------------------------------------------------------------------ choice and order
LOOKALIKES = dict(zip("АВСЕНКМОРТХУасеорхуІі", "ABCEHKMOPTXYaceopxyIi", strict=True))


def read_letters(answer: Any) -> tuple[list[str] | None, str]:
    """Return the letters of an answer in any honest writing, and a word about those that only look like Latin ones.

    "ac", "A, C", "(C)(D)", "C.D.A", "b\\n", ["a", "c"], {"a"}; None for what holds no letters.
    """
    parts = [answer] if isinstance(answer, str) else answer
    if not isinstance(parts, (list, tuple, set, frozenset)) or not all(isinstance(p, str) for p in parts):
        return None, ""
    text = unicodedata.normalize("NFKC", "".join(sorted(parts) if isinstance(parts, (set, frozenset)) else parts))
    foreign = sorted({c for c in text if c in LOOKALIKES})
    note = ""
    if foreign:
        names = ", ".join(unicodedata.name(c).lower() for c in foreign)
        note = f" (Read as Latin letters: {names}.)"
    return [LOOKALIKES.get(c, c) for c in text if c.isalpha()], note


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
        return Note(f"`{self.name} = {letters(self.answer)!r}`. {self.why}")

    def _judge(self, answer: Any) -> Verdict:
        picked, read = read_letters(answer)
        if picked is None:
            return self._fail(
                f'the answer is a letter such as "{self.letters[0]}", but you gave {compare.describe(answer)}.'
            )
        chosen = frozenset(p.lower() for p in picked)
        if not chosen or not chosen <= set(self.letters):
            return self._fail(f"choose among {', '.join(self.letters)}; you gave {compare.show(answer)}.{read}")
        if chosen == self.answer:
            return self._pass(f"correct. {self.why}{read}")
        wrong = [self.feedback[letter] for letter in sorted(chosen - self.answer)]
        if not wrong and len(self.answer) > 1:
            return self._fail("right so far, but not all of it.", (), "There is another letter to find.")
        if len(self.answer) == 1 and len(chosen) > 1:
            return self._fail("one letter is asked for.")
        return self._fail(f"not {letters(chosen)}.{read}", (), wrong[0])


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
        picked, read = (None, "") if isinstance(answer, (set, frozenset)) else read_letters(answer)
        if picked is None:
            what = compare.describe(answer)
            return self._fail(
                f'the answer is a string of letters such as "{"".join(sorted(self.lines))}", but you gave {what}.'
            )
        given = [a.upper() for a in picked]
        if sorted(given) != sorted(self.lines):
            return self._fail(
                f"use each of {', '.join(sorted(self.lines))} exactly once; you gave {compare.show(answer)}.{read}"
            )
        for position, letter in enumerate(given):
            if missing := self.needs[letter] - set(given[:position]):
                text = f"Line {letter} uses {letters(missing, ' and ')}, which you have not established yet."
                return self._fail(
                    f"line {letter} stands too early (place {position + 1}).{read}",
                    (),
                    self.feedback.get(letter, text),
                )
        return self._pass(f"correct: every line uses only what stands before it. {self.why}{read}")


def letters(some: Iterable[str], join: str = ", ") -> str:
    return join.join(sorted(some))


# ---------------------------------------------------------------------------------------------------- prediction
class PredictionExercise(Exercise):
    """The reader commits to a number or a letter before the next cell shows it, and is told how far off it was.

    No guess is wrong: whoever commits has done it.
    """

    kind = "prediction"

    def __init__(self, name, module, answer, near, unit, why, feedback):
        self.answer, self.near, self.unit, self.why, self.feedback = answer, near, unit, why, dict(feedback)
        self.stub = f"{name} = ..."
        super().__init__(name, module, ())

    def value(self) -> float | str:
        """Return what will be seen: a number, or the letter of the choice."""
        value = value_of(self.answer)
        return value if isinstance(value, str) else float(value)

    def solution(self) -> Note:
        value = self.value()
        text = repr(value) if isinstance(value, str) else f"{value:.4g}"
        return Note(f"`{self.name} = {text}`{self.unit and ' ' + self.unit}. {self.why}")

    def _judge(self, answer: Any) -> Verdict:
        right = self.value()
        return self._letter(answer, right) if isinstance(right, str) else self._number(answer, right)

    def _letter(self, answer: Any, right: str) -> Verdict:
        picked, read = read_letters(answer)
        known = sorted({right, *self.feedback})
        if picked is None or len(picked) != 1 or picked[0].lower() not in known:
            return self._fail(f"commit to one of {', '.join(known)}.")
        mine = picked[0].lower()
        if mine == right:
            return self._pass(f"you predicted {mine}, and so it is. {self.why}{read}")
        return self._pass(f"you predicted {mine}; it is {right}. {self.feedback[mine]} {self.why}{read}")

    def _number(self, answer: Any, right: float) -> Verdict:
        given, read = read_number(answer)
        if given is None or not math.isfinite(given):
            return self._fail(f"commit to one number, a rough one will do; you gave {compare.describe(answer)}.")
        unit = self.unit and " " + self.unit
        return self._pass(
            f"you predicted {given:.4g}{unit}; it is {right:.4g}{unit}. {self._how_far(given, right)}{read}"
        )

    def _how_far(self, given: float, right: float) -> str:
        if compare.close(given, right, self.near):
            return f"Well guessed. {self.why}"
        if right == 0 or given / right <= 0:
            return self.why
        ratio = max(given / right, right / given)
        way = "too high" if abs(given) > abs(right) else "too low"
        far = f"{100 * abs(given - right) / abs(right):.0f} %" if ratio < 2 else f"a factor of {ratio:.2g}"
        return f"That is {way} by {far}. {self.why}" if ratio < 10 else f"That is {far} {way}. {self.why}"


# ---------------------------------------------------------------------------------------------------------- goal
class GoalExercise(Exercise):
    """What a project has to reach: the reader's own work is measured on data kept back, and has to clear a bar."""

    kind = "goal"

    def __init__(self, measure, worked, above, below, label, unit, digits, hints, seconds):
        if (above is None) == (below is None):
            raise ValueError(f"goal {measure.__name__}: give a bar, above or below, one of the two")
        self.measure, self.worked, self.above, self.below = measure, worked, above, below
        self.label, self.unit, self.digits, self.seconds = label, unit, digits, seconds
        self.pitfalls: list[tuple[Callable, Callable, str]] = []
        self.stub = f"{measure.__name__} = ..."
        self.__doc__ = measure.__doc__
        super().__init__(measure.__name__, measure.__module__, hints)

    def pitfall(self, sentence: str, example: Callable):
        """Declare a way to miss the goal: a decorator for ``seen(answer) -> bool``, which knows it when it sees it.

        sentence : what a teacher says then;  example : a function that makes such an answer, for the tests
        """

        def declare(seen):
            self.pitfalls.append((seen, example, sentence))
            return seen

        return declare

    def solution(self) -> Note:
        """Return the worked solution's source."""
        source, _ = stubs.split_source(self.worked)
        return Note(f"```python\n{source}\n\n\n{self.name} = {self.worked.__name__}()\n```")

    def clears(self, value: float) -> bool:
        """Whether a measured value clears the bar."""
        return value > self.above if self.above is not None else value < self.below

    def _judge(self, answer: Any) -> Verdict:
        found = run(lambda mine: float(self.measure(mine)), (answer,), self.seconds)
        if found.error:
            return self._fail("it could not be measured.", (found.error, *found.traceback), self._seen(answer))
        if not math.isfinite(found.value):
            return self._fail(f"its measure is {found.value}, which is no number to be proud of.")
        bar = f"above {self.above:g}" if self.above is not None else f"below {self.below:g}"
        told = f"{self.label} is {found.value:.{self.digits}g}{self.unit}; the bar is {bar}{self.unit}."
        if told_wrong := self._seen(answer):
            return self._fail(told, (), told_wrong)
        return self._pass(f"reached: {told}") if self.clears(found.value) else self._fail(f"not there yet: {told}")

    def _seen(self, answer: Any) -> str:
        for seen, _, sentence in self.pitfalls:
            if run(lambda mine, seen=seen: float(bool(seen(mine))), (answer,), self.seconds).value == 1.0:
                return sentence
        return ""
