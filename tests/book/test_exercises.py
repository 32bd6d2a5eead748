"""Every exercise's contract, and the check engine under hostile answers."""

import ast
import importlib
import itertools
import json
import subprocess
import sys

import numpy as np
import pytest
import sympy

from lib.book.exercises import (
    EXERCISES,
    all_exercises,
    case,
    choice,
    exercise,
    kinds,
    number,
    order,
    prediction,
    progress,
)

memory = importlib.import_module("lib.book.exercises.progress")  # the room; at the door, `progress` is the table
ALL = all_exercises()
CODE = {key: e for key, e in ALL.items() if e.kind == "code"}


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch):
    """Exercises declared inside a test are forgotten after it."""
    monkeypatch.setattr(kinds, "EXERCISES", dict(EXERCISES))
    monkeypatch.setattr(memory, "SEEN", {})


# ------------------------------------------------------------------------------- the contract of every exercise
@pytest.mark.parametrize("key", CODE)
def test_solution_passes_and_stub_is_not_attempted(key):
    e = CODE[key]
    assert e.check(e.function).passed, e.check(e.function)
    namespace: dict = {}
    exec(e.stub, namespace)
    assert e.check(namespace[e.name]).status == "todo"
    assert e.check(...).status == "todo"


@pytest.mark.parametrize("key", CODE)
def test_each_mistake_is_told_its_own_sentence(key):
    e = CODE[key]
    assert len(e.mistakes) >= 3, f"{key} diagnoses only {len(e.mistakes)} mistakes"
    for wrong, sentence in e.mistakes:
        verdict = e.check(wrong)
        assert verdict.status == "fail", f"{key}: the mistake {wrong.__name__} passes"
        assert verdict.diagnosis == sentence, f"{key}: {wrong.__name__} is told {verdict.diagnosis!r}"


@pytest.mark.parametrize("key", [key for key, e in ALL.items() if e.kind != "prediction"])
def test_three_graduated_hints(key):
    e = ALL[key]
    assert len(set(e.hints)) == 3, f"{key} has {len(e.hints)} hints"
    assert str(e.hint(1)).startswith("Hint 1 of 3")
    with pytest.raises(ValueError, match="hints 1 to 3"):
        e.hint(4)
    assert str(e.solution()).strip()


@pytest.mark.parametrize("key", [key for key, e in ALL.items() if e.kind == "number"])
def test_number_exercises(key):
    e = ALL[key]
    assert e.check(e.value()).passed
    assert e.check(e.value() * (1 + e.rtol / 2)).passed
    assert len(e.mistakes) >= 2
    for value, sentence in e.mistakes:
        verdict = e.check(kinds.value_of(value))
        assert verdict.status == "fail" and verdict.diagnosis == sentence, f"{key}: {value}"


@pytest.mark.parametrize("key", [key for key, e in ALL.items() if e.kind == "choice"])
def test_choice_exercises(key):
    e = ALL[key]
    assert len(e.letters) >= 3
    assert e.check("".join(sorted(e.answer))).passed
    for letter, sentence in e.feedback.items():
        if len(e.answer) == 1:
            assert e.check(letter).diagnosis == sentence
        assert e.check(letter).status == "fail"


@pytest.mark.parametrize("key", [key for key, e in ALL.items() if e.kind == "order"])
def test_order_exercises(key):
    e = ALL[key]
    assert e.check(e.order).passed
    assert e.check(list(e.order.lower())).passed
    for letter in e.lines:
        if e.needs[letter]:
            first = letter + "".join(x for x in e.order if x != letter)
            assert e.check(first).status == "fail"
    assert any(e.needs.values())


@pytest.mark.parametrize("key", [key for key, e in ALL.items() if e.kind == "order"])
def test_the_alphabet_is_no_answer(key):
    e = ALL[key]
    assert not e.check(sorted(e.lines)).passed and not e.check(sorted(e.lines, reverse=True)).passed


@pytest.mark.parametrize("key", [key for key, e in ALL.items() if e.kind == "number"])
def test_a_neighbour_of_a_whole_number_is_wrong(key):
    e = ALL[key]
    right = e.value()
    if float(right).is_integer():
        assert not e.check(right + 1).passed and not e.check(right - 1).passed
        assert not e.check(right + 0.5).passed
    else:
        assert e.rtol <= 0.01 or "digits" in e.unit  # of digits a rough number is all there is
    for value in {round(right, 1), float(f"{right:.1g}")} - {right}:
        verdict = e.check(value)
        assert not verdict.passed or e.rtol > 1e-3 or abs(value - right) <= e.rtol * abs(right)


@pytest.mark.parametrize("key", CODE)
def test_the_last_hint_is_nearly_the_code_and_not_the_solution(key):
    def bare(text):
        return "".join(text.replace("return", "").split()).translate(str.maketrans("", "", "();"))

    body = ast.parse(CODE[key].source).body[0].body[1:]
    assert not all(bare(ast.unparse(statement)) in bare(CODE[key].hints[-1]) for statement in body)


class Evil:
    """Raises on every question it is asked."""

    def __getattr__(self, name):
        raise RuntimeError("no")

    __bool__ = __len__ = __iter__ = __eq__ = __float__ = __repr__ = __array__ = __getattr__

    __hash__ = None


def deep(*args):
    return deep(*args)


def noisy(*args):
    for _ in range(10_000):
        print("x" * 100)
    return "noise"


def mutating(*args):
    for a in args:
        if isinstance(a, np.ndarray) and a.size:
            a *= 2
        elif isinstance(a, list):
            a.append(0)
    return None


HOSTILE_RESULTS = [
    *(None, ..., "text", b"bytes", object(), [], [[1], [2, 3]], {"a": 1}, {1, 2}, True, 1j, 10**400, -0.0),
    *(float("nan"), float("inf"), np.nan, np.array([]), np.array(["a"]), np.array([None]), np.zeros((2, 2, 2))),
    *(np.array(3.0), np.full(3, np.inf), Evil(), Evil, sympy.Symbol("x"), range(3), iter([1]), lambda: 1),
]


@pytest.mark.parametrize("key", CODE)
def test_hostile_functions_get_a_verdict(key):
    e = CODE[key]
    hostile = [(lambda *args, r=result: r) for result in HOSTILE_RESULTS]
    hostile += [
        deep,
        noisy,
        lambda *args: 1 / 0,
        lambda *args: sys.exit(3),
        lambda *args: next(iter([])),
        lambda: 1,
        lambda x, *, y: 1,
    ]
    for function in hostile:
        verdict = e.check(function)
        assert verdict.status in ("fail", "todo"), f"{key} accepts {function}"
        assert repr(verdict) and verdict._html()
    assert len(repr(e.check(noisy))) < 4000


@pytest.mark.parametrize("key", ALL)
def test_hostile_answers_get_a_verdict(key):
    e = ALL[key]
    for answer in HOSTILE_RESULTS:
        right = isinstance(answer, (int, float)) and e.kind == "number" and answer == e.value()
        verdict = e.check(answer)
        right = right or (e.kind == "prediction" and "you predicted" in verdict.headline)  # any number is a guess
        assert right or verdict.status in ("fail", "todo")
        assert repr(verdict) and verdict._html()


# ------------------------------------------------------------------------------------------ the engine by itself
def doubled():
    def cases(rng):
        yield case("zeros", np.zeros(2))
        for n in (1, 4, 7):
            yield (rng.normal(size=n),)

    @exercise(cases=cases, hints=("a", "b", "c"))
    def double(x):
        """Return 2x."""
        return 2 * x

    @double.mistake("You squared.")
    def squared(x):
        return x**2

    return double


def test_verdict_says_case_values_and_difference():
    verdict = doubled().check(lambda x: 2 * x + (x.sum() != 0))
    text = repr(verdict)
    assert "case 2 of 4" in text and "given" in text and "expected" in text and "largest difference is 1" in text


def test_mistake_is_recognised_even_when_written_otherwise():
    assert doubled().check(lambda x: x * x).diagnosis == "You squared."


def test_constant_factor_is_named():
    assert "3/2 times" in doubled().check(lambda x: 3 * x).diagnosis
    assert "as it came in" in doubled().check(lambda x: x).diagnosis
    assert "wrong sign" in doubled().check(lambda x: -2 * x).diagnosis


def test_size_factor_is_named():
    @exercise(cases=lambda rng: [(rng.normal(size=(n, 2)),) for n in (2, 5, 9)])
    def column_means(A):
        """Return the means."""
        return A.mean(0)

    assert "exactly the number of rows" in column_means.check(lambda A: A.sum(0)).diagnosis
    assert "once too often" in column_means.check(lambda A: A.mean(0) / len(A)).diagnosis


def test_own_lines_of_the_traceback_only():
    def mine(x):
        y = x + 1
        return y.no_such_thing

    text = repr(doubled().check(mine))
    assert "AttributeError" in text and "in mine: return y.no_such_thing" in text and "sandbox" not in text


def test_mutated_arguments_are_named():
    def in_place(x):
        x *= 2
        return x

    verdict = doubled().check(in_place)
    assert verdict.status == "fail" and "changed its arguments" in repr(verdict)


def test_endless_loop_ends_in_a_verdict():
    @exercise(cases=lambda rng: [(1,), (2,)], python_only=True, seconds=0.3)
    def one(x):
        """Return 1."""
        return 1

    def endless(x):
        while True:
            try:
                x += 1
            except Exception:
                pass

    assert "more than 0.3 seconds" in repr(one.check(endless))


def test_prints_are_shown_but_cut():
    def chatty(x):
        print("here", x.shape)
        return x

    assert "here (1,)" in repr(doubled().check(chatty)) or "here (2,)" in repr(doubled().check(chatty))


def test_symbolic_answers_are_compared_by_value():
    x = sympy.Symbol("x")

    @exercise(cases=lambda rng: [(x,)], python_only=True)
    def expand(x):
        """Return (x + 1)²."""
        return (x + 1) ** 2

    assert expand.check(lambda x: x**2 + 2 * x + 1).passed
    assert "not equal" in repr(expand.check(lambda x: x**2 + 1))


def test_answers_that_are_not_unique_use_accept():
    @exercise(
        cases=lambda rng: [(4.0,), (9.0,)],
        python_only=True,
        accept=lambda x, r: None if abs(r * r - x) < 1e-9 else "r² is not x.",
    )
    def root(x):
        """Return a square root of x."""
        return x**0.5

    assert root.check(lambda x: -(x**0.5)).passed
    assert "r² is not x." in repr(root.check(lambda x: 1.0))


def test_parts_of_a_tuple_are_named():
    @exercise(cases=lambda rng: [(np.eye(2),)])
    def pair(A):
        """Return (A, 1)."""
        return A, 1.0

    assert "in part 2" in repr(pair.check(lambda A: (A, 2.0)))
    assert "expected 2 things" in repr(pair.check(lambda A: (A,)))
    assert "in part 1: expected shape (2, 2)" in repr(pair.check(lambda A: (A[0], 1.0)))


def test_number_relations():
    root = number("root", answer=7**0.5, why="√7", mistakes=[(7.0, "That is the square.")])
    near = {value: root.check(value).diagnosis for value in (7.0, -(7**0.5), 7**-0.5, 2 * 7**0.5, 700 * 7**-0.5, 2.65)}
    assert near[7.0] == "That is the square." and "more digits" in near[2.65]
    assert all(near.values()) and len(set(near.values())) == 6


def test_relations_to_a_whole_number_are_not_told():
    """8 is the double of 4 and much else: to say so would give 4 away."""
    n = number("four", answer=4.0, why="2 + 2", mistakes=[(5.0, "You counted your thumb.")])
    said = {value: n.check(value).diagnosis for value in (5.0, -4.0, 16.0, 2.0, 8.0, 0.25, 400.0, 3.0)}
    assert said.pop(5.0) == "You counted your thumb." and not any(said.values())
    assert n.check(np.array([4.0])).passed and n.check(sympy.Integer(4)).passed and not n.check(True).passed


def test_choice_with_several_letters():
    c = choice("both", answer="ac", why="…", feedback={"b": "No, b is false.", "d": "No."})
    assert c.check("ac").passed and c.check({"c", "a"}).passed and c.check("c, a").passed
    assert "another letter" in c.check("a").diagnosis
    assert c.check("ab").diagnosis == "No, b is false."
    assert "choose among" in c.check("z").headline


def test_order_names_what_is_missing():
    o = order(
        "proof",
        lines={"A": "a", "B": "b", "C": "c"},
        needs={"B": "A", "C": "AB"},
        feedback={"C": "C needs the bound of A."},
    )
    assert o.order == "ABC" and o.check("A, B, C").passed
    assert o.check("ACB").diagnosis == "C needs the bound of A."
    assert "Line B uses A" in o.check("BAC").diagnosis
    assert "exactly once" in o.check("AAB").headline
    with pytest.raises(ValueError, match="circle"):
        order("loop", lines={"A": "", "B": ""}, needs={"A": "B", "B": "A"})


def test_a_prediction_is_told_how_far_off_it_was():
    p = prediction("steps_needed", answer=lambda: 40.0, unit="steps", why="κ is 100.", near=0.1)
    assert p.check(...).status == "todo"
    near, low, far, text = p.check(42), p.check(30), p.check(4000.0), p.check("40")
    assert near.passed and "Well guessed" in near.headline and "it is 40 steps" in near.headline
    assert low.passed and "too low by 25 %" in low.headline and "κ is 100" in low.headline
    assert far.passed and "a factor of 1e+02 too high" in far.headline
    assert text.passed and "needs no quotes" in text.headline
    for nothing in (None, "no idea", [], float("nan"), Evil()):
        assert p.check(nothing).status == "fail"
    assert "= 40` steps" in str(p.solution())
    with pytest.raises(ValueError, match="no hints"):
        p.hint()


def test_a_prediction_may_be_a_letter():
    p = prediction("who_wins", answer="b", why="Its steps are longer.", feedback={"a": "It starts faster.", "c": "No."})
    assert "so it is" in p.check("(B)").headline
    wrong = p.check("a")
    assert wrong.passed and "it is b. It starts faster. Its steps are longer." in wrong.headline
    assert p.check("d").status == "fail" and p.check("ab").status == "fail"


def test_declaration_errors_are_clear():
    with pytest.raises(ValueError, match="needs a docstring"):

        @exercise(cases=lambda rng: [])
        def bare(x):
            return x

    with pytest.raises(ValueError, match="need no feedback"):
        choice("odd", answer="a", why="", feedback={"a": "?"})


# ------------------------------------------------------------------------------------------------------ progress
def test_progress_is_remembered_between_kernels(monkeypatch, tmp_path):
    monkeypatch.setenv("BOOK_PROGRESS", str(tmp_path / "deep" / "progress.json"))
    key, e = next((k, e) for k, e in ALL.items() if e.kind == "code")
    assert "0 of" in repr(progress(e.chapter))
    e.check(lambda *args: "no idea")
    assert progress(e.chapter).states[e.name] == "fail"
    e.check(e.function)
    monkeypatch.setattr(memory, "SEEN", {})  # a new kernel
    assert progress(e.chapter).states[e.name] == "pass"
    e.check(lambda *args: "no idea")  # breaking it again does not take the pass away within the file's session
    stored = json.loads((tmp_path / "deep" / "progress.json").read_text())
    assert any(k.startswith(key) for k in stored)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 1}', "null", "\x00"])
def test_damaged_progress_file_is_ignored(monkeypatch, tmp_path, content):
    file = tmp_path / "p.json"
    file.write_text(content)
    monkeypatch.setenv("BOOK_PROGRESS", str(file))
    e = next(iter(ALL.values()))
    assert "exercises done" in repr(progress(e.chapter))
    e.check(0)


def test_unwritable_progress_never_disturbs(monkeypatch):
    monkeypatch.setenv("BOOK_PROGRESS", "/proc/no/such/place.json")
    e = next(iter(ALL.values()))
    assert e.check(0).status == "fail"
    assert progress(e.chapter).states[e.name] == "fail"


def test_progress_of_an_unknown_chapter():
    with pytest.raises(ValueError, match="no chapter 'astrology'"):
        progress("astrology")


# --------------------------------------------------------------------------------------------------- environment
def test_engine_imports_without_numpy():
    code = (
        "import sys\nfor name in ('numpy', 'scipy', 'sympy', 'torch', 'matplotlib'): sys.modules[name] = None\n"
        "from lib.book.exercises import exercise, number, choice, order\n"
        "@exercise(cases=lambda rng: [(rng.random(),)], python_only=True)\n"
        "def twice(x):\n    'Return 2x.'\n    return 2 * x\n"
        "print(twice.check(lambda x: x + x).passed, twice.check(lambda x: x).diagnosis)\n"
    )
    out = subprocess.run([sys.executable, "-"], input=code, capture_output=True, text=True)
    # a function typed at a prompt has no source file: the engine must say so rather than fail obscurely
    assert out.returncode == 0 or "could not get source code" in out.stderr


def test_cases_are_the_same_at_every_call():
    for e in itertools.islice(CODE.values(), 5):
        first, second = e.drawn(), e.drawn()
        assert repr(first) == repr(second)
