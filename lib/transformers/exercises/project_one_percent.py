"""The project "One percent": steps, and the goal, a full change cut down to a budget."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book.exercises import case, choice, exercise, goal, prediction

__all__ = [
    "added_to_weights",
    "factor_slopes",
    "numbers_learned",
    "ranks_within_budget",
    "sorted_by_luck",
    "what_fits",
    "why_the_output_fails",
]


# ---------------------------------------------------------------------------------------------------------- step 1
def _choices(rng):
    shapes = {"Wq": (32, 32), "W1": (32, 128), "b1": (128,), "output": (32, 27)}
    yield case("rank 1 on a square matrix", shapes, {"Wq": 1}, [])
    yield case("a matrix that is not square", shapes, {"W1": 3}, [])
    yield case("a vector in full", shapes, {}, ["b1"])
    yield case("nothing at all", shapes, {}, [])
    for _ in range(3):
        m, n, k = rng.integers(4, 40, size=3).tolist()
        own = {"Wk": (m, n), "W2": (n, k), "b2": (k,), "gamma": (m,), "output": (k, m)}
        yield own, {"Wk": int(rng.integers(1, 4)), "W2": int(rng.integers(1, 4))}, ["output", "gamma", "b2"]


@exercise(
    cases=_choices,
    hints=(
        "A change of low rank is a product A B. How many numbers do A and B have together?",
        "A is (I, r) and B is (r, O): r (I + O) numbers. What learns in full has as many as its shape says, the product of its sides.",
        "sum(r * sum(shapes[name]) for name, r in ranks.items()) + sum(np.prod(shapes[…]) for … in full)",
    ),
)
def numbers_learned(shapes, ranks, full):
    """Return how many numbers a way of adapting learns.

    shapes : {name: shape} of the model's weights, (I, O) or (D,);  ranks : {name: r} of the matrices that get a change A B, with
    A (I, r) and B (r, O);  full : a list of the names that learn in full;  returns a whole number
    """
    thin = sum(r * sum(shapes[name]) for name, r in ranks.items())
    return int(thin + sum(np.prod(shapes[name]) for name in full))


def _numbers(shapes, ranks, full, thin=lambda r, i, o: r * (i + o), whole=np.prod):
    return int(sum(thin(r, *shapes[n]) for n, r in ranks.items()) + sum(whole(shapes[n]) for n in full))


@numbers_learned.mistake("You count the matrix that is changed. W₀ is frozen: A and B alone are learned.")
def _the_matrix(shapes, ranks, full):
    return _numbers(shapes, ranks, full, thin=lambda r, i, o: i * o)


@numbers_learned.mistake("You count the frozen matrix as well as A and B.")
def _and_the_matrix(shapes, ranks, full):
    return _numbers(shapes, ranks, full, thin=lambda r, i, o: i * o + r * (i + o))


@numbers_learned.mistake("A alone is counted. B, of r · O numbers, is learned as well.")
def _a_alone(shapes, ranks, full):
    return _numbers(shapes, ranks, full, thin=lambda r, i, o: r * i)


@numbers_learned.mistake("B alone is counted. A, of I · r numbers, is learned as well.")
def _b_alone(shapes, ranks, full):
    return _numbers(shapes, ranks, full, thin=lambda r, i, o: r * o)


@numbers_learned.mistake("The rank is missing: each of the r terms has I + O numbers.")
def _rank_one(shapes, ranks, full):
    return _numbers(shapes, ranks, full, thin=lambda r, i, o: i + o)


@numbers_learned.mistake("You take r · I · O. The product A B has I · O entries, but it is made of r (I + O) numbers.")
def _product(shapes, ranks, full):
    return _numbers(shapes, ranks, full, thin=lambda r, i, o: r * i * o)


@numbers_learned.mistake("What learns in full is not counted.")
def _no_full(shapes, ranks, full):
    return _numbers(shapes, ranks, [])


@numbers_learned.mistake("A matrix that learns in full has as many numbers as the product of its sides, not their sum.")
def _sides(shapes, ranks, full):
    return _numbers(shapes, ranks, full, whole=sum)


what_fits = choice(
    "what_fits",
    answer="cd",
    why="Rank 1 on a matrix of 32 × 32 takes 64 numbers; four of them make 256, and so do two of rank 2. 1 % of 27,712 is 277.",
    feedback={
        "a": "The output's matrix has 32 · 27 = 864 numbers, three times the budget.",
        "b": "All free terms of both blocks and the shifts of the five norms are 736 numbers, more than twice the budget.",
        "e": "A term on W₁ takes 32 + 128 = 160 numbers, two of them 320.",
    },
    hints=(
        "1 % of 27,712: how many numbers may learn?",
        "The model's matrices are 32 × 32 in attention, 32 × 128 and 128 × 32 in the feed-forward part, and 32 × 27 at the output. Two of five fit.",
        "numbers_learned gives the count of each; compare it with 277.",
    ),
)


# ---------------------------------------------------------------------------------------------------------- step 2
def _factors(rng):
    yield case("rank 1", rng.normal(size=(3, 2)), rng.normal(size=(3, 1)), rng.normal(size=(1, 2)), 2.0)
    yield case("the start: B is 0", rng.normal(size=(4, 3)), rng.normal(size=(4, 2)), np.zeros((2, 3)), 4.0)
    for i, o, r in ((4, 4, 2), (5, 3, 3), (3, 6, 2)):
        yield rng.normal(size=(i, o)), rng.normal(size=(i, r)), rng.normal(size=(r, o)), float(rng.uniform(1, 9))


@exercise(
    cases=_factors,
    hints=(
        "The loss sees W alone, and W = W₀ + (α/r) A B. If one entry of A moves, which entries of W do?",
        "W_io moves with A_ik by (α/r) B_ko, so the slope by A_ik is (α/r) Σ_o dW_io B_ko. By B_ko it is (α/r) Σ_i A_ik dW_io.",
        "scale = alpha / A.shape[1]; return scale * dW @ …, scale * … @ dW",
    ),
)
def factor_slopes(dW, A, B, alpha):
    """Return the loss's slopes by A and by B, where W = W₀ + (α/r) A B.

    dW : (I, O), the slopes by W;  A : (I, r);  B : (r, O);  alpha : α;  returns (I, r) and (r, O)
    """
    scale = alpha / A.shape[1]
    return scale * dW @ B.T, scale * A.T @ dW


def _by_factors(dW, A, B, alpha, scale=None, swap=False):
    s = alpha / A.shape[1] if scale is None else scale
    found = s * dW @ B.T, s * A.T @ dW
    return found[::-1] if swap else found


@factor_slopes.mistake("The factor α/r is missing: W moves by (α/r) A B, and slopes are scaled as W is.")
def _unscaled(dW, A, B, alpha):
    return _by_factors(dW, A, B, alpha, 1.0)


@factor_slopes.mistake("You scale by α. It is α/r, with r the number of A's columns.")
def _alpha_alone(dW, A, B, alpha):
    return _by_factors(dW, A, B, alpha, alpha)


@factor_slopes.mistake("You divide α by the number of A's rows. r is the number of its columns.")
def _wrong_rank(dW, A, B, alpha):
    return _by_factors(dW, A, B, alpha, alpha / len(A))


@factor_slopes.mistake("The two have changed places: first the slope by A (I, r), then that by B (r, O).")
def _changed_places(dW, A, B, alpha):
    return _by_factors(dW, A, B, alpha, swap=True)


@factor_slopes.mistake("Both have the wrong sign. These are the slopes; the step goes against them later.")
def _downhill(dW, A, B, alpha):
    return _by_factors(dW, A, B, alpha, -alpha / A.shape[1])


@factor_slopes.mistake("You scale by r/α instead of α/r.")
def _inverse(dW, A, B, alpha):
    return _by_factors(dW, A, B, alpha, A.shape[1] / alpha)


# ---------------------------------------------------------------------------------------------------------- step 3
def _models(rng):
    def made(sizes, r, alpha):
        weights = [rng.normal(size=size) for size in sizes]
        return weights, [(rng.normal(size=(m, r)), rng.normal(size=(r, n))) for m, n in sizes], alpha

    yield case("one matrix, rank 1", *made([(2, 2)], 1, 1.0))
    yield case("rank 2", *made([(3, 3)], 2, 4.0))
    yield case("no matrix at all", [], [], 2.0)
    for r in (1, 2, 3):
        yield made([(4, 4), (4, 6), (5, 4)], r, float(rng.uniform(1, 5)))


@exercise(
    cases=_models,
    hints=(
        "What of the weights stays, and what comes to them? The ones you are given must stay for the next task.",
        "Put W₀ + (α/r) A B into a new list, as new arrays. W += … would change what you were given.",
        "for W, (A, B) in zip(weights, factors): append W + alpha / A.shape[1] * … @ …",
    ),
)
def added_to_weights(weights, factors, alpha):
    """Return W₀ + (α/r) A B for each matrix. What is given stays as it is.

    weights : a list of W₀ (I, O);  factors : a list of as many pairs A (I, r), B (r, O);  returns a list of arrays (I, O)
    """
    out = []
    for W, (A, B) in zip(weights, factors, strict=True):
        out.append(W + alpha / A.shape[1] * A @ B)
    return out


def _added(weights, factors, alpha, scale=lambda alpha, A: alpha / A.shape[1], keep=1, times=1):
    return [keep * W + times * scale(alpha, A) * A @ B for W, (A, B) in zip(weights, factors, strict=True)]


@added_to_weights.mistake("You scale by α alone. It is α/r, so that a larger rank does not mean a larger change.")
def _scaled_by_alpha(weights, factors, alpha):
    return _added(weights, factors, alpha, scale=lambda alpha, A: alpha)


@added_to_weights.mistake("The scale α/r is missing.")
def _not_scaled(weights, factors, alpha):
    return _added(weights, factors, alpha, scale=lambda alpha, A: 1.0)


@added_to_weights.mistake("You divide α by the number of A's rows. r is the number of its columns.")
def _divided_by_rows(weights, factors, alpha):
    return _added(weights, factors, alpha, scale=lambda alpha, A: alpha / len(A))


@added_to_weights.mistake("W₀ is gone: the change comes to it, it does not take its place.")
def _in_place_of(weights, factors, alpha):
    return _added(weights, factors, alpha, keep=0)


@added_to_weights.mistake("The change is added twice.")
def _twice(weights, factors, alpha):
    return _added(weights, factors, alpha, times=2)


@added_to_weights.mistake("The change is taken away. That leads back from adapted weights to W₀.")
def _taken_away(weights, factors, alpha):
    return _added(weights, factors, alpha, times=-1)


# ---------------------------------------------------------------------------------------------------------- step 4
sorted_by_luck = prediction(
    "sorted_by_luck",
    answer=lambda: 100 * 18 / 26,
    near=0.06,
    unit="%",
    why="Where no z is among the eight letters, both orders are the same. A given letter is not among 8 of 26 with probability 18/26.",
)

why_the_output_fails = choice(
    "why_the_output_fails",
    answer="c",
    why="Before the first answer the model has looked for the smallest letter. What comes out of the blocks says which that is; that there was a z somewhere is "
    "hardly in it, and no matrix behind it can bring it back.",
    feedback={
        "a": "It has 864, three times as many as the change that does it.",
        "b": "The same steps are enough for rank 1, and for all weights.",
        "d": "z has a column of its own in that matrix, as each letter has.",
    },
    hints=(
        "What must the model know when it writes the first letter of its answer?",
        "It must know whether a z stood anywhere. Who brings that to the last place: attention, or the output's matrix?",
        "The output's matrix reads one vector. What was lost before cannot be read from it.",
    ),
)


# ------------------------------------------------------------------------------------------------------------ goal
def best_terms():
    """Write each change as a sum of terms, and take those first that keep the most for each number they need."""

    def adapt(changes, budget):
        terms, parts = [], {}
        for name, change in changes.items():
            U, s, Vt = np.linalg.svd(change, full_matrices=False)
            parts[name] = U * s, Vt
            terms += [(-(s[k] ** 2) / sum(change.shape), k, name) for k in range(len(s))]
        ranks, left = dict.fromkeys(changes, 0), budget
        for _, _, name in sorted(terms):
            if sum(changes[name].shape) <= left:
                ranks[name] += 1
                left -= sum(changes[name].shape)
        return {name: (parts[name][0][:, :r], parts[name][1][:r]) for name, r in ranks.items() if r}

    return adapt


BUDGETS = (500, 900, 1600)


@cache
def _asked() -> tuple[tuple[dict[str, np.ndarray], int], ...]:
    """Return changes of matrices of several shapes and spectra, with a budget each."""
    rng, out = np.random.default_rng(77), []
    sizes = {"Wk": (32, 32), "Wv": (32, 32), "W1": (32, 128), "W2": (128, 32), "output": (32, 16)}
    heights = {"Wk": 4.0, "Wv": 0.3, "W1": 1.5, "W2": 0.4, "output": 1.3}
    falls = {"Wk": 0.7, "Wv": 0.9, "W1": 0.9, "W2": 0.75, "output": 0.95}
    for budget in BUDGETS:
        changes = {}
        for name, (m, n) in sizes.items():
            U, _ = np.linalg.qr(rng.normal(size=(m, min(m, n))))
            V, _ = np.linalg.qr(rng.normal(size=(n, min(m, n))))
            s = heights[name] * falls[name] ** np.arange(min(m, n)) * rng.uniform(0.95, 1.05, min(m, n))
            changes[name] = (U * s) @ V.T
        out.append((changes, budget))
    return tuple(out)


def _factored(answer, changes, budget) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return what an answer makes of changes, or raise ValueError where it is no such thing, or costs too much."""
    if not callable(answer):
        raise ValueError("hand over a function of the changes and the budget")
    found = answer({name: change.copy() for name, change in changes.items()}, budget)
    if not isinstance(found, dict) or not set(found) <= set(changes):
        raise ValueError("a dict with some of the changes' names as keys is asked for")
    out, cost = {}, 0
    for name, pair in found.items():
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise ValueError(f"{name} must be a pair A, B")
        A, B = (np.asarray(part, dtype=float) for part in pair)
        m, n = changes[name].shape
        if A.ndim != 2 or B.ndim != 2 or (len(A), B.shape[1]) != (m, n) or A.shape[1] != len(B):
            raise ValueError(
                f"A and B of {name} must be ({m}, r) and (r, {n}), but have shapes {A.shape} and {B.shape}"
            )
        if not (np.isfinite(A).all() and np.isfinite(B).all()):
            raise ValueError(f"A and B of {name} must be finite")
        out[name], cost = (A, B), cost + A.size + B.size
    if cost > budget:
        raise ValueError(f"your A and B have {cost} numbers; the budget is {budget}")
    return out


def _left(answer, changes, budget) -> float:
    found = _factored(answer, changes, budget)
    wrong = sum(((W - (found[n][0] @ found[n][1] if n in found else 0)) ** 2).sum() for n, W in changes.items())
    return float(wrong / sum((W**2).sum() for W in changes.values()))


@goal(
    worked=best_terms,
    below=27.5,
    label="share of the changes' squares that is lost",
    unit=" %",
    hints=(
        "Which A and B of rank r are nearest to one change? Its SVD knows: the first r terms.",
        "Each term σ u vᵀ keeps σ² and needs I + O numbers. Which terms would you buy first?",
        "Collect (σ² / (I + O), name) of all terms of all changes, go through them from the largest, and take each that still fits the budget.",
    ),
)
def ranks_within_budget(answer) -> float:
    """Hand over a function of changes {name: (I, O)} and a budget that returns {name: (A, B)}, A (I, r), B (r, O), of at most so many numbers in all."""
    return 100 * float(np.mean([_left(answer, *asked) for asked in _asked()]))


def _bought(worth):
    """Return a function that buys terms by a worth of their own, the largest first."""

    def adapt(changes, budget):
        cut = {name: np.linalg.svd(change, full_matrices=False) for name, change in changes.items()}
        terms = [(-worth(s[k], k, changes[n].shape), k, n) for n, (_, s, _) in cut.items() for k in range(len(s))]
        ranks, left = dict.fromkeys(changes, 0), budget
        for _, _, name in sorted(terms):
            if sum(changes[name].shape) <= left:
                ranks[name], left = ranks[name] + 1, left - sum(changes[name].shape)
        return {n: ((U * s)[:, : ranks[n]], Vt[: ranks[n]]) for n, (U, s, Vt) in cut.items() if ranks[n]}

    return adapt


def _ranks(answer) -> list[dict[str, int]]:
    return [{n: A.shape[1] for n, (A, _) in _factored(answer, *asked).items()} for asked in _asked()]


def _uniform(changes, budget):
    r = max(budget // sum(sum(change.shape) for change in changes.values()), 1)
    out = {}
    for name, change in changes.items():
        if budget >= r * sum(change.shape):
            U, s, Vt = np.linalg.svd(change, full_matrices=False)
            out[name], budget = ((U * s)[:, :r], Vt[:r]), budget - r * sum(change.shape)
    return out


def _one_matrix(changes, budget):
    largest = max(changes, key=lambda name: (changes[name] ** 2).sum())
    return _bought(lambda sigma, k, shape: sigma)({largest: changes[largest]}, budget)


@ranks_within_budget.pitfall(
    "Each matrix gets the same rank, also those that hardly change. Look at the singular values of each, and spend where they are large.",
    example=lambda: _uniform,
)
def _same_rank(answer) -> bool:
    return _ranks(answer) == _ranks(_uniform)


@ranks_within_budget.pitfall(
    "You buy the largest singular values, whatever they cost. A term of a large matrix needs more numbers: compare what is kept for each of them.",
    example=lambda: _bought(lambda sigma, k, shape: sigma**2),
)
def _without_price(answer) -> bool:
    return _ranks(answer) == _ranks(_bought(lambda sigma, k, shape: sigma**2))


@ranks_within_budget.pitfall(
    "All numbers go to one matrix. Its later terms keep little, and the first terms of the others much.",
    example=lambda: _one_matrix,
)
def _one_alone(answer) -> bool:
    return all(len(ranks) == 1 for ranks in _ranks(answer)) and not _nothing(answer)


@ranks_within_budget.pitfall(
    "A and B change nothing: their products are all 0. That is where training starts, not what it finds.",
    example=lambda: lambda changes, budget: {n: (W[:, :1], 0 * W[:1]) for n, W in list(changes.items())[:1]},
)
def _nothing(answer) -> bool:
    return all(abs(_left(answer, *asked) - 1) < 1e-12 for asked in _asked())


@ranks_within_budget.pitfall(
    "The singular values are missing: U and V have columns of length 1, and each term is σ times their product.",
    example=lambda: (
        lambda changes, budget: {
            n: (A / np.linalg.norm(A, axis=0), B) for n, (A, B) in best_terms()(changes, budget).items()
        }
    ),
)
def _no_sigma(answer) -> bool:
    for changes, budget in _asked():
        for name, (A, B) in _factored(answer, changes, budget).items():
            sigma = np.linalg.svd(A @ B, compute_uv=False)[: A.shape[1]]
            if not np.allclose(sigma, 1) or np.allclose(
                np.linalg.svd(changes[name], compute_uv=False)[: A.shape[1]], 1
            ):
                return False
    return True
