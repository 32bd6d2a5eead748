"""What the chapter's projects say beside their goals: the adder by hand adds numbers of any length, and the budget is spent nearly as well as it can be."""

import itertools

import numpy as np
import pytest

from lib.transformers import exercises
from lib.transformers.exercises import project_one_percent as percent
from lib.transformers.exercises import project_sums as sums


# --------------------------------------------------------------------------------------------------------------- sums
@pytest.mark.parametrize("n", [1, 3, 6])
@pytest.mark.parametrize("backwards", [True, False])
def test_rows_of_sums_read_as_they_are_written(n, backwards):
    a, b = np.random.default_rng(n).integers(10**n, size=(2, 50))
    signs = np.array([*"0123456789+="])
    for x, y, row in zip(a, b, exercises.rows_of_sums(a, b, n, backwards), strict=True):
        left, answer = "".join(signs[row]).split("=")
        assert left == f"{x:0{n}}+{y:0{n}}" and int(answer[:: -1 if backwards else 1]) == x + y


@pytest.mark.parametrize("n", [1, 2, 5, 9])
def test_carries_are_what_the_digit_sums_lose(n):
    """Each carry makes a 10 into a 1, so that the digit sum of a + b is smaller by 9."""
    a, b = np.random.default_rng(n).integers(10**n, size=(2, 100))
    digits = lambda x: np.array([sum(map(int, str(one))) for one in x])
    assert (9 * exercises.carry_counts(a, b, n) == digits(a) + digits(b) - digits(a + b)).all()


@pytest.mark.parametrize("n", range(1, 8))
def test_the_adder_by_hand_adds(n):
    a, b = np.random.default_rng(n).integers(10**n, size=(2, 300))
    rows = exercises.rows_of_sums(a, b, n, True)
    values = np.where(rows[:, : 2 * n + 2] < 10, rows[:, : 2 * n + 2], 0)
    mixed = values @ exercises.adder_by_hand.worked()(n).T
    assert (np.floor(mixed + 1e-9) % 10 == rows[:, 2 * n + 2 :]).all()


def test_the_sums_of_the_goal_have_long_carries():
    a = sums._prompts(6)[0]
    carried = exercises.carry_counts(*(a[:, at : at + 6] @ 10 ** np.arange(6)[::-1] for at in (0, 7)), 6)
    assert (carried == 6).sum() >= 40 and (carried == 0).sum() >= 40


def test_a_look_one_column_down_misses_the_bar_clearly():
    one_down = sums._mixing(lambda i, k: 10.0 ** (i - k) * (k - i <= 1))
    assert exercises.adder_by_hand.measure(one_down) < 90


# -------------------------------------------------------------------------------------------------------- one percent
def test_factor_slopes_are_differences():
    rng = np.random.default_rng(0)
    W, A, B, G = rng.normal(size=(5, 4)), rng.normal(size=(5, 2)), rng.normal(size=(2, 4)), rng.normal(size=(5, 4))
    loss = lambda A, B: float(np.sin(exercises.added_to_weights([W], [(A, B)], 3.0)[0] * G).sum())
    dW = G * np.cos(exercises.added_to_weights([W], [(A, B)], 3.0)[0] * G)
    for which, slope in enumerate(exercises.factor_slopes(dW, A, B, 3.0)):
        for at in np.ndindex(slope.shape):
            moved = []
            for eps in (1e-6, -1e-6):
                pair = [A.copy(), B.copy()]
                pair[which][at] += eps
                moved.append(loss(*pair))
            assert np.isclose(slope[at], (moved[0] - moved[1]) / 2e-6, rtol=1e-5, atol=1e-7)


def _least_lost(changes, budget) -> float:
    """The least share that any choice of ranks loses: all of them are tried."""
    squares = {n: np.linalg.svd(W, compute_uv=False) ** 2 for n, W in changes.items()}
    costs = {n: sum(W.shape) for n, W in changes.items()}
    kept = [0.0] * (budget + 1)  # the most that is kept for each budget, over the matrices so far
    for n in changes:
        sums_of = np.append(0, np.cumsum(squares[n]))
        kept = [max(sums_of[r] + kept[left - r * costs[n]] for r in range(min(len(sums_of) - 1, left // costs[n]) + 1)) for left in range(budget + 1)]  # fmt: skip
    return 1 - kept[-1] / sum(s.sum() for s in squares.values())


def test_the_worked_answer_spends_nearly_as_well_as_can_be():
    worked = exercises.ranks_within_budget.worked()
    for changes, budget in percent._asked():
        least = _least_lost(changes, budget)
        assert least - 1e-12 <= percent._left(worked, changes, budget) < least + 0.02


def test_ways_that_forget_price_or_need_miss_the_bar():
    bar = exercises.ranks_within_budget.below
    assert exercises.ranks_within_budget.measure(exercises.ranks_within_budget.worked()) < bar - 1
    ways = (percent._uniform, percent._one_matrix, percent._bought(lambda sigma, k, shape: sigma**2))
    for way in ways:
        assert exercises.ranks_within_budget.measure(way) > bar + 1


@pytest.mark.parametrize(("wrong", "said"), list(zip(
    (
        3,
        lambda changes, budget: [],
        lambda changes, budget: {"W9": (np.ones((2, 1)), np.ones((1, 2)))},
        lambda changes, budget: {n: W for n, W in changes.items()},
        lambda changes, budget: {n: (W, np.eye(W.shape[1])) for n, W in changes.items()},
        lambda changes, budget: {n: (W[:, :1].T, W[:1]) for n, W in changes.items()},
        lambda changes, budget: {n: (np.full((len(W), 1), np.nan), W[:1]) for n, W in itertools.islice(changes.items(), 1)},
    ),
    ("a function", "a dict", "names", "pair A, B", "the budget is", "must be", "finite"),
    strict=True,
)))  # fmt: skip
def test_what_is_no_answer_is_told(wrong, said):
    with pytest.raises(ValueError, match=said):
        exercises.ranks_within_budget.measure(wrong)
