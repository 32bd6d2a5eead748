"""Exercises of "Tensors, and trains of small ones"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number, order, prediction
from lib.unsupervised import tensors

__all__ = [
    "entry_of_a_train",
    "rank_of_a_square",
    "ranks_of_a_train",
    "sum_of_a_train",
    "ten_indices",
    "train_bound_in_order",
    "which_train",
]


def _cores(rng, shape, ranks):
    ends = (1, *ranks, 1)
    return [rng.integers(-8, 9, size=(ends[k], n, ends[k + 1])) / 4 for k, n in enumerate(shape)]


# ------------------------------------------------------------------------------------------------ an entry of a train
def _entry_cases(rng):
    yield case("one core alone", _cores(rng, (4,), ()), [2])
    yield case("all ranks 1", _cores(rng, (2, 3, 4), (1, 1)), [1, 2, 3])
    for shape, ranks in (((3, 4), (2,)), ((2, 5, 3), (2, 3)), ((4, 2, 3, 2), (3, 3, 2)), ((3, 3, 3), (2, 2))):
        yield _cores(rng, shape, ranks), [int(rng.integers(n)) for n in shape]


@exercise(
    cases=_entry_cases,
    hints=(
        "Each index chooses one matrix of its core. What do you do with the d matrices?",
        "cores[k][:, i, :] is the matrix that index i chooses. Begin with a row of one 1 and multiply from the left to the right.",
        "row = np.ones(1); for core, i in zip(cores, index): row = row @ …; return row.item()",
    ),
)
def entry_of_a_train(cores, index):
    """Return one entry of the array that a train stands for.

    cores : list of d arrays (r, n, r'), the first with r = 1, the last with r' = 1;  index : d whole numbers from 0 on;  returns a number
    """
    row = np.ones(1)
    for core, i in zip(cores, index, strict=True):
        row = row @ core[:, i, :]
    return row.item()


@entry_of_a_train.mistake("You add up the numbers of the chosen matrices. They are multiplied, as matrices.")
def _added(cores, index):
    return float(sum(core[:, i, :].sum() for core, i in zip(cores, index, strict=True)))


@entry_of_a_train.mistake(
    "You multiply the matrices' sums. A matrix product keeps apart what goes through different ranks: use @."
)
def _of_sums(cores, index):
    return float(np.prod([core[:, i, :].sum() for core, i in zip(cores, index, strict=True)]))


@entry_of_a_train.mistake("Index k belongs to core k. You go through the indices from the last to the first.")
def _backwards(cores, index):
    row = np.ones((1, 1))
    for core, i in zip(cores, index[::-1], strict=True):
        row = row @ core[:, i % core.shape[1], :]
    return float(row[0, 0])


@entry_of_a_train.mistake("You follow the first row and the first column of each matrix alone: one path of many.")
def _one_path(cores, index):
    return float(np.prod([core[0, i, 0] for core, i in zip(cores, index, strict=True)]))


@entry_of_a_train.mistake("You count the indices from 1. They count from 0, as in the array.")
def _from_one(cores, index):
    row = np.ones((1, 1))
    for core, i in zip(cores, index, strict=True):
        row = row @ core[:, i - 1, :]
    return float(row[0, 0])


# --------------------------------------------------------------------------------------------------- the ranks that it takes
def _rank_cases(rng):
    x, y, z, t = np.ogrid[:4, :3, :5, :2]
    yield case("a sum of its indices", (x + y + z + t).astype(float), 1e-9)
    yield case("all entries equal", np.ones((2, 3, 2)), 1e-9)
    yield case("nothing but zeros: ranks are at least 1", np.zeros((2, 3, 2)), 0.1)
    cube = np.zeros((4, 4, 4))
    cube[range(4), range(4), range(4)] = 4.0, 3.0, 1.0, 1.0
    yield case("a diagonal in three indices, cut twice", cube, 0.45)
    yield case("an error of the whole length", rng.normal(size=(3, 3)), 1.5)
    yield case("two indices: a matrix", np.diag([9.0, 3.0, 1.0, 0.5]), 0.11)
    yield case("an error that is shared out among three cuts", _graded(rng, (4, 4, 4, 4)), 0.3)
    for shape, eps in (((5, 4, 6), 0.2), ((3, 4, 5, 4), 0.35), ((6, 6, 6), 0.1), ((2, 3, 4, 3, 2), 0.4)):
        yield _graded(rng, shape), eps


def _graded(rng, shape):
    """An array whose unfoldings have singular values that fall slowly, so that each way of cutting keeps other ranks."""
    A = np.zeros(shape)
    for k in range(10):
        term = np.ones(())
        for n in shape:
            term = np.multiply.outer(term, rng.normal(size=n))
        A += 10 * 0.65**k * term
    return A


@exercise(
    cases=_rank_cases,
    hints=(
        "An unfolding puts the first k indices into the rows. What does the SVD's tail say about the error of a rank?",
        "For k = 1 … d − 1: σ of A.reshape(n₁ ⋯ n_k, −1); keep the smallest r ≥ 1 whose tail √(σ²_{r+1} + …) is at most eps · ‖A‖ / √(d − 1).",
        "tails = np.sqrt(np.cumsum(s[::-1] ** 2)) are the errors of dropping one value, two, …; each one that is too long is a value to keep: max(1, …)",
    ),
)
def ranks_of_a_train(A, eps):
    """Return the ranks that leave a train's error at most eps · ‖A‖_F by the bound of the page, each read off an unfolding of A itself.

    A : (n₁, …, n_d), d ≥ 2;  eps : relative error allowed;  returns a list of d − 1 whole numbers
    """
    allowed = eps * np.linalg.norm(A) / np.sqrt(A.ndim - 1)
    ranks = []
    for k in range(1, A.ndim):
        s = np.linalg.svd(A.reshape(int(np.prod(A.shape[:k])), -1), compute_uv=False)
        tails = np.sqrt(np.cumsum(s[::-1] ** 2))  # of dropping one value, two, …
        ranks.append(max(1, int(np.sum(tails > allowed))))
    return ranks


def _ranks(A, eps, share=True, relative=True, tail="tail", order="C", one_index=False):
    allowed = eps * (np.linalg.norm(A) if relative else 1.0) / (np.sqrt(A.ndim - 1) if share else 1.0)
    out = []
    for k in range(1, A.ndim):
        if one_index:
            M = np.moveaxis(A, k - 1, 0).reshape(A.shape[k - 1], -1)
        else:
            M = A.reshape(int(np.prod(A.shape[:k])), -1, order=order)
        s = np.linalg.svd(M, compute_uv=False)
        if tail == "tail":
            left = np.sqrt(np.append(np.cumsum(s[::-1] ** 2)[::-1], 0.0))
        elif tail == "sum":
            left = np.append(np.cumsum(s[::-1])[::-1], 0.0)
        elif tail == "squares":
            left = np.append(np.cumsum(s[::-1] ** 2)[::-1], 0.0)
        else:  # each value by itself
            left = np.append(s, 0.0)
        out.append(max(1, int(np.sum(left > allowed))))
    return out


@ranks_of_a_train.mistake(
    "You allow the whole error at each of the d − 1 cuts. Squared errors add up, so each cut may have eps · ‖A‖ / √(d − 1)."
)
def _not_shared(A, eps):
    return _ranks(A, eps, share=False)


@ranks_of_a_train.mistake("The error is relative: multiply eps by ‖A‖.")
def _absolute(A, eps):
    return _ranks(A, eps, relative=False)


@ranks_of_a_train.mistake(
    "You drop each singular value that is small by itself. What counts is the root of the sum of all dropped squares."
)
def _each(A, eps):
    return _ranks(A, eps, tail="each")


@ranks_of_a_train.mistake("You add up the dropped singular values. The error is the root of the sum of their squares.")
def _summed(A, eps):
    return _ranks(A, eps, tail="sum")


@ranks_of_a_train.mistake("You compare the sum of the dropped squares with an error. Take its root first.")
def _no_root(A, eps):
    return _ranks(A, eps, tail="squares")


@ranks_of_a_train.mistake(
    "You put one index into the rows and all others into the columns. That gives Tucker's ranks; a train's rows hold the first k indices."
)
def _one_index(A, eps):
    return _ranks(A, eps, one_index=True)


# ------------------------------------------------------------------------------------------------- the sum of all entries
def _sum_cases(rng):
    yield case("one core alone", _cores(rng, (4,), ()))
    yield case("all ranks 1", _cores(rng, (2, 3, 4), (1, 1)))
    for shape, ranks in (((3, 4), (2,)), ((2, 5, 3), (2, 3)), ((4, 2, 3, 2), (3, 3, 2))):
        yield (_cores(rng, shape, ranks),)
    wide = [np.full((1, 10, 2), 0.0625)] + [np.full((2, 10, 2), 0.0625)] * 10 + [np.full((2, 10, 1), 0.0625)]
    yield case("twelve indices of ten values: too many entries to write out", wide)


@exercise(
    cases=_sum_cases,
    hints=(
        "Multiply out the sum over all indices. Which part of it does one index enter?",
        "Each index enters one core alone, so the sum over it can be taken there, before the matrices are multiplied.",
        "row = np.ones(1); for core in cores: row = row @ core.sum(axis=…); return row.item()",
    ),
)
def sum_of_a_train(cores):
    """Return the sum of all entries of the array that a train stands for, without writing them out.

    cores : list of d arrays (r, n, r'), the first with r = 1, the last with r' = 1;  returns a number
    """
    row = np.ones(1)
    for core in cores:
        row = row @ core.sum(axis=1)
    return row.item()


@sum_of_a_train.mistake("That is the mean of the entries: you average over each index where you should add up.")
def _average(cores):
    row = np.ones((1, 1))
    for core in cores:
        row = row @ core.mean(axis=1)
    return float(row[0, 0])


@sum_of_a_train.mistake("You add up the numbers that the cores hold. The entries are products of them.")
def _numbers_held(cores):
    return float(sum(core.sum() for core in cores))


@sum_of_a_train.mistake(
    "You add up all numbers of each core, ranks too, and multiply the sums. Add over the index alone, and multiply matrices."
)
def _all_of_each(cores):
    return float(np.prod([core.sum() for core in cores]))


@sum_of_a_train.mistake("That is the entry where all indices are 0, not the sum of all.")
def _first_entry(cores):
    row = np.ones((1, 1))
    for core in cores:
        row = row @ core[:, 0, :]
    return float(row[0, 0])


# ------------------------------------------------------------------------------------------------------------- others
ten_indices = number(
    "ten_indices",
    answer=lambda: 8 * 5 * 10 * 5 + 2 * 10 * 5,
    rtol=1e-9,
    unit="numbers",
    why="Eight cores of 5 × 10 × 5 and two at the ends of 1 × 10 × 5: 2,000 + 100. The array itself has 10¹⁰ entries.",
    hints=(
        "A core is an array of three indices. What are their sizes?",
        "The first core has 1 × 10 × 5 numbers, since it has no neighbour on its left.",
        "8 * 5 * 10 * 5 + 2 * …",
    ),
    mistakes=[
        (
            lambda: 10 * 10 * 5 * 5,
            "That is dNr². The first and the last core have an end with rank 1, so they are smaller.",
        ),
        (lambda: 10 * 10 * 5, "A core has two ranks, one on each side: 5 × 10 × 5 numbers."),
        (lambda: 9 * 5 * 10 * 5 + 10 * 5, "Both ends have rank 1: two cores are smaller, not one."),
        (lambda: 10**10, "That is the array itself. The train holds only its cores."),
        (lambda: 8 * 5 * 10 * 5, "The two cores at the ends hold numbers too."),
    ],
)

which_train = choice(
    "which_train",
    answer="c",
    why="sin(x₁ + … + x_d) has rank 2 at every cut, by the rule for the sine of a sum. Its neighbours in the list have no such rule.",
    feedback={
        "a": "Independent random numbers give unfoldings of full rank: such a train holds more numbers than the array.",
        "b": "A 1 on the diagonal i₁ = … = i_d, else 0: row i₁ of an unfolding is different for each value, so the rank is N. That is not small, "
        "and it is the largest of the three that have structure.",
        "d": "The largest of the indices is less than it seems, but its unfolding into two halves still has N different rows: rank N.",
    },
    hints=(
        "Cut the indices into two halves. How many functions of the left half are needed?",
        "f(left, right) = Σ g_s(left) h_s(right) with as few terms as possible: that number is the rank at the cut.",
        "One of the four has a rule that needs two terms, whatever N is.",
    ),
)

train_bound_in_order = order(
    "train_bound_in_order",
    lines={
        "A": "So ‖A − B‖² = ‖U(C − C′) + E‖² = ‖C − C′‖² + ε₁², where C′ is what the later cuts make of C",
        "B": "C, reshaped, is WᵀA₍₂₎ with orthonormal columns in W, and so on: no εₖ exceeds the tail of A₍ₖ₎ itself",
        "C": "Each of the d − 1 terms is at most the best error squared: ‖A − B‖ ≤ √(d − 1) · best",
        "D": "The first SVD gives A₍₁₎ = UC + E, with the columns of E orthogonal to those of U",
        "E": "By Eckart and Young that tail is at most the error of any train with these ranks, whose unfolding has rank rₖ or less",
        "F": "C is cut in the same way, and so on: ‖A − B‖² = ε₁² + … + ε²_{d−1}",
    },
    needs={"A": "D", "F": "A", "B": "F", "E": "B", "C": "E"},
    feedback={
        "A": "That E is orthogonal to the columns of U must be said first: else the cross term does not vanish.",
        "F": "To go on with C, its error must first be split from the first cut's.",
        "B": "First add up the errors of the cuts; then ask how large each can be.",
        "E": "Which tail? It comes in with the comparison of C and A's own unfolding.",
        "C": "Both comparisons are needed: of εₖ with the tail, and of the tail with the best error.",
    },
    why="Nothing was used but that orthonormal columns keep lengths, and Eckart and Young for each unfolding.",
    hints=(
        "Begin with one SVD and its error.",
        "Add the errors up, and only then compare them with the best.",
        "The last line is the one with √(d − 1).",
    ),
)

rank_of_a_square = prediction(
    "rank_of_a_square",
    answer=lambda: max(tensors.rounded(tensors.multiply(_sine(), _sine())).ranks),
    unit="(largest rank)",
    why="sin² s = (1 − cos 2s)/2: a constant has rank 1 and cos 2s has rank 2. The product has rank 4, and rounding finds that 3 are enough.",
)


def _sine() -> tensors.TensorTrain:
    x = np.arange(6) / 4
    sine, cosine = np.sin(x), np.cos(x)
    first = np.stack([sine, cosine], axis=-1)[None]  # (1, 6, 2)
    turn = np.stack([np.stack([cosine, -sine], axis=-1), np.stack([sine, cosine], axis=-1)])  # (2, 6, 2)
    return tensors.TensorTrain((first, turn, turn, np.stack([cosine, sine])[:, :, None]))
