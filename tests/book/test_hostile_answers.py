"""Nothing that an answer does hangs, escapes or outlives its check."""

import itertools
import os
import subprocess
import sys
import tempfile
import threading
import time

import numpy as np
import pytest

from lib.book.exercises import all_exercises, choice, exercise, kinds, number, order, progress
from lib.book.sandbox import OutOfTime, limited, run

ALL = all_exercises()
MSE = ALL["losses.gradient_of_mse"]


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch):
    monkeypatch.setattr(kinds, "EXERCISES", dict(kinds.EXERCISES))


def quick(seconds=0.3, cases=9):
    @exercise(cases=lambda rng: [(float(i),) for i in range(cases)], python_only=True, seconds=seconds)
    def double(x):
        """Return 2x."""
        return 2 * x

    return double


def endless(x):
    while True:
        pass


class Endless(list):
    def __iter__(self):
        return itertools.count()


class Waiting:
    def __float__(self):
        time.sleep(60)

    __iter__ = __len__ = __index__ = __float__


class Leaves:
    """Ends the program, or pretends to be the reader who stops it, whatever is asked."""

    def __init__(self, how):
        self.how = how

    def leave(self, *args):
        raise self.how

    __repr__ = __str__ = __iter__ = __eq__ = __len__ = __float__ = __bool__ = __array__ = leave
    __hash__ = None


def test_the_first_case_that_hangs_ends_the_check():
    started = time.monotonic()
    verdict = quick().check(endless)
    assert "more than 0.3 seconds" in repr(verdict)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("value", [[0.0] * 2_000_000, Endless(), Waiting(), itertools.count(), np.zeros(5_000_000)])
def test_reading_an_answer_has_a_limit(value):
    started = time.monotonic()
    assert quick().check(lambda x: value).status == "fail"
    assert MSE.check(lambda *args: value).status == "fail"
    assert time.monotonic() - started < 25


@pytest.mark.parametrize("how", [SystemExit(3), KeyboardInterrupt(), GeneratorExit(), RecursionError()])
def test_nothing_leaves_through_an_answers_methods(how):
    leaves = Leaves(how)
    for e in (quick(), MSE):
        verdict = e.check(lambda *args: leaves)
        assert verdict.status == "fail" and repr(verdict) and verdict._html()
        assert e.check(leaves).status == "fail"
    for e in (
        number("one", answer=1.0, why=""),
        choice("pick", answer="a", why="", feedback={"b": "no"}),
        order("sort", lines={"A": "", "B": ""}, needs={"B": "A"}),
    ):
        assert e.check(leaves).status == "fail"
        assert e.check([leaves]).status == "fail"


def test_an_error_whose_message_fails():
    class Mute(Exception):
        def __str__(self):
            raise SystemExit

    def answer(x):
        raise Mute

    assert "Mute" in repr(quick().check(answer))


def test_a_check_inside_a_check_keeps_the_outer_limit():
    inner, outer = quick(seconds=5), quick()

    def answer(x):
        inner.check(lambda y: 2 * y)
        while True:
            pass

    started = time.monotonic()
    assert "more than 0.3 seconds" in repr(outer.check(answer))
    assert time.monotonic() - started < 4


def test_an_answer_that_checks_itself():
    e = quick()

    def answer(x):
        assert "by the very answer" in repr(e.check(answer))
        return 2 * x

    assert e.check(answer).passed


def test_limits_may_be_nested_and_leave_nothing_behind():
    with pytest.raises(OutOfTime), limited(0.2), limited(10):
        time.sleep(5)
    with limited(0.2):
        pass
    time.sleep(0.4)  # a timer that was left would ring here


def test_a_limit_holds_on_any_thread():
    said = []
    thread = threading.Thread(target=lambda: said.append(repr(quick().check(endless))))
    thread.start()
    thread.join(20)
    assert not thread.is_alive() and "more than 0.3 seconds" in said[0]


def test_numpy_settings_do_not_outlive_an_answer():
    before = np.geterr()

    def answer(x):
        np.seterr(all="raise")
        return 2 * x

    quick().check(answer)
    assert np.geterr() == before
    run(answer, (1.0,), 1.0)
    assert np.geterr() == before


@pytest.mark.parametrize("key", [key for key, e in ALL.items() if e.kind == "code"])
def test_the_exercise_itself_is_no_answer(key):
    e = ALL[key]
    for answer in (e, lambda *args: e(*args)):
        verdict = e.check(answer)
        assert verdict.status == "fail" and ("itself" in verdict.headline or "book's own" in repr(verdict))
    e(*e.drawn()[0].args)  # outside a check it may be called


def test_parameters_in_another_order_are_recognised():
    verdict = MSE.check(lambda y, w, A: 2 * A.T @ (A @ w - y) / len(y))
    assert "(y, w, A)" in verdict.diagnosis and "(A, w, y)" in verdict.diagnosis


def test_single_precision_is_named():
    e = ALL["losses.gradient_of_softmax"]
    verdict = e.check(lambda A, W, t: e.function(A.astype(np.float32), W.astype(np.float32), t))
    assert "single precision" in verdict.diagnosis and "float32" in verdict.diagnosis


# ---------------------------------------------------------------------------------------------------- surroundings
def elsewhere(code: str, **environment: str) -> str:
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "PYTHONPATH", "OPENBLAS_NUM_THREADS")}
    kept["PYTHONPATH"] = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:  # what BOOK_PROGRESS names may be relative
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=kept | environment,
            cwd=folder,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
    assert done.returncode == 0, done.stderr
    return done.stdout


TRY = (
    "from lib.book.exercises import number, progress, all_exercises\n"
    "e = all_exercises()['losses.surprise']\n"
    "print(e.check(e.value()).passed, e.check(1).passed)\n"
    "print(repr(progress('losses')).splitlines()[0])\n"
)


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"BOOK_MODE": ""},
        {"BOOK_PROGRESS": "."},
        {"BOOK_PROGRESS": "/"},
        {"BOOK_PROGRESS": "\u0131/x"},
        {"BOOK_PROGRESS": ""},
    ],
)
def test_check_and_progress_work_wherever_they_are(environment):
    """Among the surroundings: no HOME, and (below) a user whom no password file knows."""
    unknown_user = (
        "import pathlib, os\n"
        "def home(cls): raise RuntimeError('Could not determine home directory.')\n"
        "pathlib.Path.home = classmethod(home)\n"
    )
    out = elsewhere(unknown_user + TRY, **environment)
    assert out.startswith("True False") and "exercises done" in out


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1"])
def test_hints_can_be_printed_on_any_console(encoding):
    code = (
        "from lib.book.exercises import all_exercises, progress\n"
        "for e in all_exercises().values():\n"
        "    for n in range(1, len(e.hints) + 1): print(e.hint(n))\n"
        "    print(e.solution()); print(e.check(...)); print(e.check(lambda *a: 1)); print(e.check('x'))\n"
        "print(progress('losses'))\n"
    )
    out = elsewhere(code, PYTHONIOENCODING=encoding)
    assert "lambda" in out and "sigma" in out


def test_progress_at_the_door_is_the_table():
    assert repr(progress("losses")).endswith(("attempted", "done", "yet"))
