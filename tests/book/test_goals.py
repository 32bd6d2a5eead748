"""A project's goal: the reader's work is measured on data kept back; ways to miss it are told."""

import numpy as np
import pytest

from lib.book.exercises import EXERCISES, all_exercises, goal

GOALS = {key: e for key, e in all_exercises().items() if e.kind == "goal"}


@pytest.fixture
def double():
    """A goal: a function that doubles numbers, nearly."""

    def worked():
        """Return a function that doubles."""
        return lambda x: 2 * x

    @goal(worked=worked, below=0.1, label="the largest error on fresh numbers", hints=("a", "b", "c"))
    def doubles(answer) -> float:
        """Hand over a function of x (N,) that doubles."""
        if not callable(answer):
            raise ValueError("hand over a function")
        x = np.linspace(-1, 1, 5)
        return np.abs(answer(x) - 2 * x).max()

    @doubles.pitfall("It squares.", example=lambda: lambda x: x**2)
    def squares(answer) -> bool:
        return answer(3.0) == 9.0

    yield doubles
    del EXERCISES[doubles.key]


def test_a_goal_is_measured_and_its_bar_named(double):
    assert double.stub == "doubles = ..." and double.check(...).status == "todo"
    verdict = double.check(lambda x: 2.01 * x)
    assert verdict.passed and "the largest error on fresh numbers is 0.01; the bar is below 0.1" in verdict.headline
    verdict = double.check(lambda x: 2.5 * x)
    assert verdict.status == "fail" and "not there yet" in verdict.headline and not verdict.diagnosis
    assert double.check(double.worked()).passed and "def worked():" in str(double.solution())


def test_a_pitfall_is_told(double):
    verdict = double.check(lambda x: x**2)
    assert verdict.status == "fail" and verdict.diagnosis == "It squares."


@pytest.mark.parametrize("answer", [3, None, "text", np.ones(3), lambda: 1, lambda x: "a", lambda x: x * np.nan, lambda x: 1 / 0])  # fmt: skip
def test_what_cannot_be_measured_is_told(double, answer):
    verdict = double.check(answer)
    assert verdict.status == "fail" and repr(verdict) and verdict._html()


def test_a_goal_has_one_bar():
    with pytest.raises(ValueError, match="one of the two"):
        goal(worked=lambda: 1, label="x")(lambda answer: 1.0)
    with pytest.raises(ValueError, match="one of the two"):
        goal(worked=lambda: 1, label="x", above=1, below=2)(lambda answer: 1.0)


@pytest.mark.parametrize("key", GOALS)
def test_the_worked_solution_reaches_it_and_every_pitfall_is_told(key):
    e = GOALS[key]
    assert e.check(e.worked()).passed, e.check(e.worked())
    assert len(e.pitfalls) >= 2, f"{key} knows only {len(e.pitfalls)} ways to miss it"
    for _, example, sentence in e.pitfalls:
        verdict = e.check(example())
        assert verdict.status == "fail" and verdict.diagnosis == sentence, f"{key}: {verdict}"
