"""Which mistake was it? A sentence that is right, or silence.

Everything a student may be told belongs to a candidate: a wrong function whose answers on the cases are compared with the
student's. The declared mistakes come first, then simple relations to the right answer (a sign, a factor, the order), then
the solution with one argument changed ("as if lam were 0"), then its mutants. A candidate is believed only where

- it is wrong in the case itself, at the exercise's own tolerance, and right in every case where the student is right;
- its answer is the student's far closer than either is to the right one;
- something was there to agree on: zeros, infinities and errors that anything could raise are no evidence.

One case that does not fit, an edge that the student happens to treat in another way, does not silence it.
"""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from lib.book import compare
from lib.book.exercises import mutants, stubs
from lib.book.exercises.trials import Trial, problem
from lib.book.sandbox import Outcome, run

if TYPE_CHECKING:
    from lib.book.exercises.kinds import CodeExercise

CLOSE = 0.01  # the student's and the candidate's answers differ by less than this share of the error
BRIEF = 1.0  # seconds for one candidate on one case

Candidate = tuple[Callable, str]


def of_code(e: CodeExercise, answer: Callable, trials: list[Trial]) -> str:
    """Return the sentence that fits what an answer gave on the cases; "" where none does."""
    if order := _other_order(e, answer):
        return order
    if said := _best(e, trials, e.mistakes):
        return said
    if said := _told_by_case(trials) or _precision(trials) or _not_finite(trials):
        return said
    if said := _unchanged(e, trials):
        return said
    telling = any(t.problem and _telling(t, trials) and _comparable(t) for t in trials)
    for candidates in (_relations, _parts, _arguments, _mutants) if telling else ():
        if said := _best(e, trials, candidates(e, trials)):
            return said
    return _facts(e, trials) or _error(trials)


# ----------------------------------------------------------------------------------------------------- agreement
def _best(e: CodeExercise, trials: list[Trial], candidates: Any) -> str:
    """Return the sentence of the candidate that fits best, the first of equals."""
    failing = sorted((t for t in trials if t.problem), key=lambda t: (not _telling(t, trials), bool(t.case.label)))
    found = ("", math.inf)
    for function, sentence in candidates:
        misses = _misses(e, failing, [t for t in trials if not t.problem], function, trials)
        if misses is not None and misses < found[1]:
            found = (sentence, misses)
            if misses == 0:
                break
    return found[0]


def _misses(e, failing: list[Trial], passing: list[Trial], function: Callable, trials: list[Trial]) -> int | None:
    """Return in how many cases a candidate and the student differ; None where it is not to be believed.

    All random cases must agree (of many, all but one); of the edges, which students treat in many ways, about half.
    """
    edges = sum(bool(t.case.label) for t in failing)
    random = len(failing) - edges
    allowed = {True: (edges + 1) // 2 if random > 1 else edges // 3, False: int(random > 3)}
    agreed = telling = missed = 0
    for t in failing:
        theirs = run(function, t.case.args, BRIEF)
        if _agrees(e, t, theirs):
            agreed += 1
            telling += _telling(t, trials)
        else:
            missed += 1
            allowed[bool(t.case.label)] -= 1
            if min(allowed.values()) < 0 or theirs.fatal:
                return None
    by_error = missed == 0 and sum(not t.case.label for t in passing) > 1  # right elsewhere, and the same errors here
    if not (telling or by_error) or agreed < min(2, len(failing)):
        return None
    for t in passing:
        theirs = run(function, t.case.args, BRIEF)
        if problem(e, t.case, t.expected, theirs):
            if t.case.label and (theirs.error or _has_infinite(theirs.value)):
                missed += 1  # an edge that the student guards
            else:
                return None
    return missed


def _agrees(e: CodeExercise, t: Trial, theirs: Outcome) -> bool:
    """Whether a candidate's outcome is wrong in the student's own way."""
    mine = t.outcome
    if mine.error or theirs.error:
        return bool(mine.error and theirs.error) and _without_numbers(mine.error) == _without_numbers(theirs.error)
    if mine.mutated != theirs.mutated:
        return False
    if not compare.same(mine.value, theirs.value, max(e.rtol, 1e-7), e.atol):
        return False
    if mine.mutated:
        return True
    if not problem(e, t.case, t.expected, theirs):
        return False
    gap = compare.apart(mine.value, theirs.value)
    return gap == 0 or gap <= CLOSE * compare.apart(mine.value, t.expected)


def _telling(t: Trial, trials: list[Trial]) -> bool:
    """Whether agreement in this case says anything: not where the answer is all zeros, infinite or an everyday error."""
    if t.outcome.error:
        return t.outcome.error_type == "LinAlgError"
    entries = compare.entries(t.outcome.value)
    if any(isinstance(x, float) and not math.isfinite(x) for x in entries):
        return False
    if _only(entries, (0, 1)) and _only(compare.entries(t.expected), (0, 1)):  # a yes or no: the cases together tell
        return len(trials) >= 6 and any(not other.problem for other in trials)
    return any(x != 0 for x in entries if isinstance(x, (int, float, complex, str)))


def _comparable(t: Trial) -> bool:
    """Whether an answer is of the kind that is asked for, or at least an array: else no change of the solution gives it."""
    if t.outcome.error:
        return True
    return not compare.unlike(t.outcome.value, t.expected) or bool(compare.shape(t.outcome.value))


def _only(entries: list, values: tuple) -> bool:
    return all(isinstance(x, (int, float)) and x in values for x in entries)


def _without_numbers(text: str) -> str:
    return re.sub(r"\d+", "#", text)


# ------------------------------------------------------------------------------------------- what needs no candidate
def _other_order(e: CodeExercise, answer: Callable) -> str:
    """Say that the parameters stand in another order, where their names are the stub's own."""
    mine, right = stubs.names(answer), stubs.names(e.function)
    if mine != right and sorted(mine) == sorted(right):
        return f"Your parameters are ({', '.join(mine)}); the stub's order is ({', '.join(right)}), and check passes them in it."
    return ""


def _told_by_case(trials: list[Trial]) -> str:
    """Return what the failing cases tell, where an answer fails in these alone."""
    told = {t.case.tells for t in trials if t.problem}
    return told.pop() if len(told) == 1 and any(not t.problem and not t.case.label for t in trials) else ""


def _precision(trials: list[Trial]) -> str:
    """Say that an answer is right to so many digits only."""
    failing = [t for t in trials if t.problem]
    if any(t.outcome.error or compare.unlike(t.outcome.value, t.expected) for t in failing):
        return ""
    gaps = [(compare.apart(t.outcome.value, t.expected), compare.size(t.expected)) for t in failing]
    if not all(0 < gap < math.inf and size > 0 for gap, size in gaps):
        return ""
    worst = max(gap / size for gap, size in gaps)
    low = sorted(set().union(*(compare.dtypes(t.outcome.value) for t in failing)) & {"float32", "float16"})
    if low and worst < (1e-2 if "float16" in low else 1e-4):
        return f"Right to single precision: your answer has the dtype {low[0]}, and the book computes in float64."
    if worst < 1e-4:
        digits = max(1, round(-math.log10(worst)))
        return f"Right to about {digits} digits, and then no more: digits are lost or rounded off on the way."
    return ""


def _not_finite(trials: list[Trial]) -> str:
    """Say that infinities and NaN came out where the answer is finite."""
    failing = [t for t in trials if t.problem]
    strange = [
        t for t in failing if not t.outcome.error and _has_infinite(t.outcome.value) and not _has_infinite(t.expected)
    ]
    if not strange or len(strange) < len(failing):
        return ""
    special = next((t.case.label for t in strange if t.case.label), "")
    at = f' in the case "{special}"' if special else ""
    return (
        f"Your answer is right but for inf or nan{at}: a number grew beyond what a float holds (overflow), or something was "
        "divided by 0, or the logarithm of 0 was taken."
        if len(failing) < len(trials)
        else f"Your answer holds inf or nan{at}: something was divided by 0, or a number overflowed, or a logarithm of 0 was taken."
    )


def _has_infinite(value: Any) -> bool:
    return any(isinstance(x, (float, complex)) and not math.isfinite(abs(x)) for x in compare.entries(value))


def _facts(e: CodeExercise, trials: list[Trial]) -> str:
    """Say what can be seen of wrong answers without knowing how they came about."""
    failing = [t for t in trials if t.problem and not t.outcome.error]
    if len(failing) < len([t for t in trials if t.problem]) or not failing:
        return ""
    values = [compare.entries(t.outcome.value) for t in failing]
    if (
        len(failing) > 1
        and all(v and _only(v, (0,)) for v in values)
        and any(compare.size(t.expected) for t in failing)
    ):
        return "Every wrong answer of yours is 0."
    if said := _right_parts(e, failing):
        return said
    rights = [compare.entries(t.expected) for t in failing]
    if all(len(v) == len(r) and len(r) > 1 and v != r and _same_bag(v, r) for v, r in zip(values, rights, strict=True)):
        return "The entries are right, but they stand in another order."
    if all(isinstance(t.expected, (tuple, list)) and _is_one_of(t.outcome.value, t.expected) for t in failing):
        return "That is one of the things that are asked for; all of them are."
    return ""


def _unchanged(e: CodeExercise, trials: list[Trial]) -> str:
    """Say that an argument came back as it was given."""
    failing = [t for t in trials if t.problem]
    for i, name in enumerate(stubs.names(e.function)):
        same = [not t.outcome.error and compare.same(t.outcome.value, t.case.args[i], 1e-12, 0.0) for t in failing]
        if all(same) and len(failing) > 1 and any(compare.size(t.case.args[i]) for t in failing):
            return f"You return {name} as it came in."
    return ""


def _right_parts(e: CodeExercise, failing: list[Trial]) -> str:
    """Say which of several parts are right in every case."""
    count = len(failing[0].expected) if _several(failing[0].expected) else 0
    if (
        not count
        or e.accept
        or not all(_several(t.expected, count) and _several(t.outcome.value, count) for t in failing)
    ):
        return ""
    parts = range(count)
    right = [i for i in parts if all(compare.same(t.outcome.value[i], t.expected[i], e.rtol, e.atol) for t in failing)]
    if not right or len(failing) < 2:
        return ""
    wrong = [str(i + 1) for i in parts if i not in right]
    listed = " and ".join(str(i + 1) for i in right)
    return f"Part {listed} of your answer is right in every case. Look at part {' and '.join(wrong)}."


def _same_bag(a: list, b: list) -> bool:
    try:
        return all(
            x == y or (isinstance(x, (int, float)) and isinstance(y, (int, float)) and compare.close(x, y, 1e-9))
            for x, y in zip(sorted(a), sorted(b), strict=True)
        )
    except TypeError:
        return False


def _is_one_of(value: Any, parts: Any) -> bool:
    return any(compare.same(value, part, 1e-9, 0.0) for part in parts) and compare.size(value) > 0


ERRORS = (
    (r"matmul|not aligned|mismatch in its core dimension", "The shapes of a product do not fit: in X @ Y the last axis of X must be as long as the first of Y. Is a transpose missing, or one too many?"),
    (r"could not be broadcast|operands could not", "Two arrays do not fit entry by entry: their shapes differ. A column of shape (n, 1), keepdims=True or a transpose may be what is missing."),
    (r"LinAlgError: .*must be square", "solve and inv need a square matrix; this one has more rows than columns, or the other way round."),
    (r"LinAlgError: .*[Ss]ingular", "The matrix of a system is singular here: its columns are dependent, so there is no inverse."),
    (r"UnboundLocalError", "A variable is used before it gets a value."),
    (r"NameError", "A name is used that nothing defines: a typing error, or an import that is missing."),
    (r"ZeroDivisionError|float division", "Something is divided by 0 here: this case needs a guard, or another formula."),
    (r"OverflowError", "A number grew beyond what a float holds: keep exponents small, by subtracting the largest first for instance."),
    (r"math domain error|expected a (positive|nonnegative) input", "A logarithm or root was taken of a number outside its domain."),
    (r"IndexError", "An index runs past the end: count from 0 to the length minus 1."),
    (r"RecursionError", "The function calls itself without an end."),
    (r"can't multiply sequence|unsupported operand type\(s\) for .*'list'", "Lists are not arrays: arithmetic on them goes entry by entry in a loop, or after np.asarray."),
    (r"KeyError", "A key is looked up that the dict does not have."),
    (r"missing \d+ required|takes \d+ positional", "A function is called with another number of arguments than it takes."),
    (r"truth value of an array", "An array stands where one yes or no is needed: use np.where, or any() and all()."),
    (r"only (integer|length-1|0-dim)|only integers|invalid index", "Something that is no whole number is used as an index or where one number belongs."),
)  # fmt: skip


def _error(trials: list[Trial]) -> str:
    """Say what an error of the student's function usually means."""
    first = next((t for t in trials if t.problem), None)
    if first is None or not first.outcome.error or first.outcome.fatal:
        return ""
    return next((said for pattern, said in ERRORS if re.search(pattern, first.outcome.error)), "")


# ------------------------------------------------------------------------------------------------------ candidates
def _relations(e: CodeExercise, trials: list[Trial]) -> Iterator[Candidate]:
    """Yield the right answer turned into another by something simple: a sign, a power, an order, a factor, a shift."""
    failing = [t for t in trials if t.problem and not t.outcome.error]
    numeric = [t for t in failing if compare._flat(t.expected) is not None]
    if not failing or len(failing) < 2 or any(t.outcome.error for t in trials if t.problem and not t.case.label):
        return
    if len(numeric) == len(failing):
        for change, sentence in ENTRYWISE:
            yield _after(e, lambda v, change=change: _map(change, v)), sentence
        yield from _factors(e, numeric)
        yield from _shifts(e)
    for change, sentence in REARRANGED:
        yield _after(e, change), sentence
    if not numeric:
        yield _after(e, lambda v: _map(lambda x: -x, v)), "Every answer has the wrong sign, and is right otherwise."
        yield from _factors(e, failing)


def _after(e: CodeExercise, change: Callable) -> Callable:
    def candidate(*args):
        return change(e.function(*args))

    return candidate


def _map(change: Callable, value: Any) -> Any:
    """Apply a function to every number of a value."""
    if isinstance(value, (list, tuple)):
        return type(value)(_map(change, v) for v in value)
    if hasattr(value, "ndim") and value.ndim:
        import numpy as np

        return np.array([change(x) for x in value.reshape(-1).tolist()]).reshape(value.shape)
    return change(value)


ENTRYWISE = (
    (lambda x: -x, "Every answer has the wrong sign, and is right otherwise."),
    (abs, "The sizes are right, the signs are lost: every answer of yours is positive."),
    (lambda x: -abs(x), "The sizes are right, the signs are not: every answer of yours is negative."),
    (lambda x: x * x, "Every answer is the square of the right one."),
    (lambda x: math.sqrt(abs(x)), "Every answer is the square root of the right one."),
    (lambda x: 1 / x, "Every answer is one over the right one: a ratio is upside down."),
    (lambda x: 1 - x, "Every answer is 1 minus the right one: you took the other share."),
    (lambda x: x - 1, "Every answer is one too small."),
    (lambda x: x + 1, "Every answer is one too large. Do you count from 0?"),
    (lambda x: math.exp(x), "Every answer is the exponential of the right one: a logarithm is missing."),
    (lambda x: math.log(x), "Every answer is the logarithm of the right one: an exponential is missing."),
    (lambda x: x / math.log(2), "That is the logarithm to base 2. The book's log is the natural one."),
    (lambda x: x / math.log(10), "That is the logarithm to base 10. The book's log is the natural one."),
)


def _turn(value: Any) -> Any:
    return value[::-1] if hasattr(value, "__getitem__") else value


def _turn_columns(value: Any) -> Any:
    return value[:, ::-1] if hasattr(value, "ndim") else [row[::-1] for row in value]


def _transpose(value: Any) -> Any:
    return value.T if hasattr(value, "ndim") else [list(column) for column in zip(*value, strict=True)]


def _sorted(value: Any) -> Any:
    return type(value)(sorted(value)) if isinstance(value, (list, tuple)) else sorted(value.tolist())


def _pairs_turned(value: Any) -> Any:
    return [tuple(pair[::-1]) for pair in value]


REARRANGED = (
    (_turn, "The order is reversed, and all is right otherwise."),
    (_transpose, "Rows and columns are in each other's place: your answer is the transpose of the right one."),
    (_turn_columns, "Within each row the order is reversed, and all is right otherwise."),
    (_pairs_turned, "The two things in each pair are in each other's place."),
    (_sorted, "The right numbers, but sorted: they belong in the order of what they were computed from."),
)


def _factors(e: CodeExercise, failing: list[Trial]) -> Iterator[Candidate]:
    """Yield constant factors, and factors that are a size or a number among the arguments."""
    finite = [t for t in failing if not _has_infinite(t.outcome.value)]
    if not finite:
        return
    t = max(finite, key=lambda t: (not t.case.label, compare.size(t.expected)))
    mine, right = _numbers(t.outcome.value), _numbers(t.expected)
    if len(mine) != len(right) or not right:
        return
    top = max(range(len(right)), key=lambda i: abs(right[i]))
    if not right[top]:
        return
    ratio = mine[top] / right[top]
    names = stubs.names(e.function)
    for name, of, value in _sizes(names, t.case.args):
        for power, said in POWERS:
            if value not in (0, 1) and value > 0 and compare.close(ratio, value**power, 1e-6):
                yield _scaled(e, of, power), _off_by(said, power, name)
        for factor, words in ((2, "twice"), (0.5, "half")):
            for power, called in ((1, name), (-1, f"one over {name}")):
                if value not in (0, 1) and value > 0 and compare.close(ratio, factor * value**power, 1e-6):
                    said = f"You are off by exactly {words} {called}: look at the constants before your formula."
                    yield _scaled(e, of, power, factor), said
    if abs(ratio - 1) > 1e-6 and abs(ratio) > 1e-12 and (nice := _nice(ratio)):
        yield (
            _after(e, lambda v: _map(lambda x: ratio * x, v)),
            f"Every answer is exactly {nice} times the right one: a constant factor is missing or too many.",
        )


POWERS = (
    (1, "You are off by exactly {}: did you forget to divide by it?"),
    (-1, "You are off by exactly one over {}: you divide by it once too often, or forgot to multiply."),
    (2, "You are off by exactly the square of {}."),
    (-2, "You are off by exactly one over the square of {}."),
    (0.5, "You are off by exactly the root of {}."),
    (-0.5, "You are off by exactly one over the root of {}."),
)


def _off_by(said: str, power: float, called: str) -> str:
    """Say by what an answer is off; a divisor n − 1 for n has its own words."""
    if not called.startswith("n/(n − 1)") or abs(power) != 1:
        return said.format(called)
    of = called.removeprefix("n/(n − 1) for ")
    mine, right = ("n − 1", "n") if power == 1 else ("n", "n − 1")
    return f"You divide by {mine} where {right} belongs, n being the number of {of}."


def _scaled(e: CodeExercise, of: Callable, power: float, times: float = 1.0) -> Callable:
    def candidate(*args):
        factor = times * of(args) ** power
        return _map(lambda x: factor * x, e.function(*args))

    return candidate


def _sizes(names: list[str], args: tuple) -> Iterator[tuple[str, Callable, float]]:
    """Yield (what it is called, how it is got from the arguments, its value) for sizes and numbers of the arguments."""
    for i, (name, value) in enumerate(zip(names, args, strict=False)):
        shape = compare.shape(value) or ()
        for axis in range(min(len(shape), 2)):
            called = ("rows", "columns")[axis] if len(shape) > 1 else "entries"
            yield f"the number of {called} of {name}", (lambda a, i=i, k=axis: compare.shape(a[i])[k]), shape[axis]
        if len(shape) == 1 or len(shape) == 2:
            n = shape[0]
            if n > 1:
                yield (
                    f"n/(n − 1) for {'rows' if len(shape) == 2 else 'entries'} of {name}",
                    (lambda a, i=i: compare.shape(a[i])[0] / (compare.shape(a[i])[0] - 1)),
                    n / (n - 1),
                )
        if shape == () and isinstance(value, (int, float)) and not isinstance(value, bool):
            yield name, (lambda a, i=i: a[i]), value
            if 0 < value < 1:
                yield f"1 − {name}", (lambda a, i=i: 1 - a[i]), 1 - value


def _numbers(value: Any) -> list:
    return [x for x in compare.entries(value) if isinstance(x, (int, float, complex))]


def _nice(ratio: float) -> str:
    """Write a ratio as a small fraction where it is one, else to six digits."""
    if isinstance(ratio, complex):
        return ""
    for bottom in range(1, 13):
        top = ratio * bottom
        if abs(top - round(top)) < 1e-6 and round(top) and abs(top) < 1000:
            return f"{round(top)}" if bottom == 1 else f"{round(top)}/{bottom}"
    return f"{ratio:.6g}"


def _shifts(e: CodeExercise) -> Iterator[Candidate]:
    """Yield the right answer plus or minus one of the arguments."""
    for i, name in enumerate(stubs.names(e.function)):
        for sign in (1, -1):
            yield (
                lambda *args, i=i, sign=sign: _added(e.function(*args), args[i], sign),
                f"You are off by exactly {name}: it is added or subtracted once too often, or once too seldom.",
            )


def _added(value: Any, other: Any, sign: int) -> Any:
    if compare.shape(value) not in ((), compare.shape(other)) and compare.shape(other) != ():
        raise ValueError("shapes differ")
    if isinstance(value, list):
        return [x + sign * (other[i] if isinstance(other, list) else other) for i, x in enumerate(value)]
    return value + sign * other


def _parts(e: CodeExercise, trials: list[Trial]) -> Iterator[Candidate]:
    """Yield answers of several parts of which only one is wrong, and that in a simple way."""
    failing = [t for t in trials if t.problem and not t.outcome.error]
    if len(failing) < 2 or not all(
        _several(t.expected) and _several(t.outcome.value, len(t.expected)) for t in failing
    ):
        return
    count = len(failing[0].expected)
    if count == 2:
        yield (
            _after(e, lambda v: type(v)(v[::-1])),
            "The two parts are in each other's place: look at the order that is asked for.",
        )
    wrong = [
        i
        for i in range(count)
        if any(not compare.same(t.outcome.value[i], t.expected[i], e.rtol, e.atol) for t in failing)
    ]
    if len(wrong) != 1 or any(len(t.expected) != count for t in failing):
        return
    i = wrong[0]
    name = ("first", "second", "third", "fourth", "fifth")[min(i, 4)]
    rest = f" The other part{' is' if count == 2 else 's are'} right."

    def inside(change):
        return _after(e, lambda v: type(v)(change(x) if j == i else x for j, x in enumerate(v)))

    for change, sentence in ENTRYWISE:
        yield inside(lambda v, change=change: _map(change, v)), f"In the {name} part: {sentence}{rest}"
    t = failing[0]
    mine, right = _numbers(t.outcome.value[i]), _numbers(t.expected[i])
    if mine and len(mine) == len(right):
        top = max(range(len(right)), key=lambda j: abs(right[j]))
        ratio = mine[top] / right[top] if right[top] else 0
        if ratio and abs(ratio - 1) > 1e-6:
            for called, of, value in _sizes(stubs.names(e.function), t.case.args):
                for power, said in POWERS:
                    if value not in (0, 1) and value > 0 and compare.close(ratio, value**power, 1e-6):
                        yield _scaled_part(e, of, power, i), f"In the {name} part: {_off_by(said, power, called)}{rest}"
            yield (
                inside(lambda v: _map(lambda x: ratio * x, v)),
                f"In the {name} part every number is exactly {_nice(ratio)} times the right one.{rest}",
            )
    for change, sentence in REARRANGED:
        yield inside(change), f"In the {name} part: {sentence}{rest}"


def _scaled_part(e: CodeExercise, of: Callable, power: float, part: int) -> Callable:
    def candidate(*args):
        factor = of(args) ** power
        value = e.function(*args)
        return type(value)(_map(lambda x: factor * x, v) if j == part else v for j, v in enumerate(value))

    return candidate


def _several(value: Any, count: int | None = None) -> bool:
    return isinstance(value, tuple) and (count is None or len(value) == count)


def _arguments(e: CodeExercise, trials: list[Trial]) -> Iterator[Candidate]:
    """Yield the solution with one argument changed, or two exchanged: "as if lam were 0"."""
    names, args = stubs.names(e.function), trials[0].case.args
    solution = mutants.unchanged(e)
    for i, name in enumerate(names):
        for change, words in _replacements(args[i]):
            yield _with_argument(solution, i, change), f"Your answers are those for {words.format(name)}."
    for i in range(len(names)):
        for j in range(i + 1, len(names)):
            if compare.shape(args[i]) is not None and len(compare.shape(args[i])) == len(
                compare.shape(args[j]) or (0,) * 9
            ):
                yield _exchanged(solution, i, j), f"Your answers are those for {names[i]} and {names[j]} exchanged."


def _replacements(value: Any) -> list[tuple[Callable, str]]:
    if isinstance(value, bool):
        return [
            (lambda x: not x, "the opposite of {}"),
            (lambda x: True, "{0} always True"),
            (lambda x: False, "{0} always False"),
        ]
    if compare.shape(value) == ():
        out = [
            (lambda x: 0 * x, "{0} = 0: nothing of {0} has arrived"),
            (lambda x: type(x)(1), "{0} = 1, whatever it is"),
            (lambda x: x + 1, "{0} + 1: one too many"),
            (lambda x: x - 1, "{0} − 1: one too few"),
            (lambda x: 2 * x, "2 · {0}: a factor 2 is too many, or a half is missing"),
            (lambda x: -x, "−{0}: a sign is turned"),
            (abs, "|{0}|: its sign is lost"),
        ]
        if isinstance(value, float):
            out += [
                (lambda x: x / 2, "{0}/2: a factor 2 is missing, or a half is too many"),
                (lambda x: x * x, "the square of {0}: a root is missing, or a square too many"),
                (lambda x: math.sqrt(x), "the root of {0}: a square is missing, or a root too many"),
                (lambda x: 1 / x, "one over {0}: it is upside down"),
                (lambda x: 1 - x, "1 − {0}: you took the other share"),
                (lambda x: 4 * x, "4 · {0}"),
                (lambda x: x / 4, "{0}/4"),
            ]
        return out
    if not isinstance(value, list) and not hasattr(value, "ndim"):
        return []
    flat = compare._flat(value)
    if flat is None:
        return [(lambda x: x[::-1], "{0} in reverse order")] if isinstance(value, list) else []
    out = [
        (lambda x: _map(lambda v: 0 * v, x), "{0} = 0: nothing of {0} has arrived"),
        (lambda x: _map(lambda v: v * 0 + 1, x), "{0} = 1 everywhere: nothing of {0} has arrived"),
        (lambda x: _map(lambda v: -v, x), "−{0}: a sign is turned"),
        (lambda x: _map(abs, x), "|{0}|: signs are lost"),
        (lambda x: _map(lambda v: 2 * v, x), "2 · {0}: a factor 2 is too many, or a half is missing"),
        (lambda x: _map(lambda v: v / 2, x), "{0}/2: a factor 2 is missing, or a half is too many"),
        (lambda x: _map(lambda v: v * v, x), "the squares of {0}"),
        (lambda x: _map(math.sqrt, x), "the roots of {0}: a root is too many, or a square missing"),
        (lambda x: _map(lambda v: 1 / v, x), "one over {0}: it is upside down"),
        (_turn, "{0} in reverse order"),
    ]
    shape = compare.shape(value)
    if len(shape) == 2:
        out.append((_transpose, "{0} transposed"))
    return out


def _with_argument(solution: Callable, i: int, change: Callable) -> Callable:
    def candidate(*args):
        return solution(*args[:i], change(copy.deepcopy(args[i])), *args[i + 1 :])

    return candidate


def _exchanged(solution: Callable, i: int, j: int) -> Callable:
    def candidate(*args):
        turned = list(args)
        turned[i], turned[j] = args[j], args[i]
        return solution(*turned)

    return candidate


def _mutants(e: CodeExercise, trials: list[Trial]) -> Iterator[Candidate]:
    """Yield the solution with one thing changed. Those with `while` might not end where nothing can stop them."""
    if "while " in e.source:
        return
    if e.mutants is None:
        e.mutants = mutants.of(e)
    for mutant in e.mutants:
        if mutant.sentence:
            yield mutant.function, mutant.sentence


# --------------------------------------------------------------------------------------------------------- numbers
def of_number(given: float, right: float, mistakes: list[tuple[float, str]], rtol: float) -> str:
    """Say what a wrong number is: a declared mistake, the right one rounded, or a simple relation to it.

    Where the right number is a whole one, relations are not looked for: 8 is the double of 4 and much else, and to say so
    would give 4 away.
    """
    for wrong, sentence in mistakes:
        if compare.close(given, wrong, min(rtol, 1e-3)) or _rounds_to(given, wrong):
            return sentence
    if _rounds_to(given, right):
        return "Nearly: that is the right number, rounded. Give more digits."
    if float(right).is_integer():
        return ""
    for value, sentence in (
        (-right, "The size is right, the sign is not."),
        (right**2, "That is the square of the right number."),
        (math.sqrt(abs(right)), "That is the square root of the right number."),
        (1 / right if right else math.inf, "That is one over the right number."),
        (2 * right, "That is twice the right number."),
        (right / 2, "That is half the right number."),
        (100 * right, "That is a hundred times the right number: a percentage?"),
        (right / 100, "That is a hundredth of the right number: a percentage?"),
    ):
        if compare.close(given, value, rtol) and not compare.close(value, right, rtol):
            return sentence
    return ""


def _rounds_to(given: float, right: float) -> bool:
    """Whether a number is another one rounded to at least two digits."""
    if not right or given == right or abs(given - right) > 0.05 * abs(right):
        return False
    digits = len(f"{abs(given):.12g}".replace(".", "").strip("0"))
    return any(float(f"{right:.{d}g}") == given for d in range(max(digits, 2), 8)) and digits >= 2
