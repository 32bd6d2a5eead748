"""Exercises of "Completing a matrix"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number, order, prediction
from lib.unsupervised.completion import als
from lib.unsupervised.completion.ratings import observed

__all__ = [
    "all_users",
    "error_of_the_example",
    "numbers_saved",
    "observed_objective",
    "one_pass_of_biases",
    "parts_updated",
    "steps_of_a_sweep",
    "unknowns_and_entries",
    "what_never_rises",
]


def _table(rng, m, n, share=0.5):
    """Stars and which of them are observed; 0 where not."""
    mask = (rng.random((m, n)) < share).astype(int)
    mask[0, 0] = mask[-1, -1] = 1
    return mask * rng.integers(1, 6, size=(m, n)).astype(float), mask


# -------------------------------------------------------------------------------------------------------- the objective
def _objective_cases(rng):
    one = np.array([[0, 1], [0, 0]])
    yield case("one rating alone", 3.0 * one, one, np.ones((2, 1)), np.ones((2, 1)), 0.5)
    first = np.array([[1, 1], [0, 0]])
    yield case("a user without ratings", first * [5.0, 1.0], first, np.ones((2, 2)), np.ones((2, 2)), 0.25)
    yield case("λ = 0", *_table(rng, 3, 4), rng.normal(size=(3, 2)), rng.normal(size=(4, 2)), 0.0)
    for m, n, r, lam in ((4, 6, 2, 0.1), (5, 3, 3, 2.0), (6, 5, 1, 0.5)):
        yield *_table(rng, m, n), rng.normal(size=(m, r)), rng.normal(size=(n, r)), lam


@exercise(
    cases=_objective_cases,
    hints=(
        "Sum over the observed places alone, of the errors as well as of the counts.",
        "The error counts where mask is 1, and the counts of ratings are mask.sum(…) by rows and by columns.",
        "np.sum(mask * (R - U @ V.T) ** 2) + lam * (mask.sum(axis=1) @ np.sum(U**2, axis=1) + …)",
    ),
)
def observed_objective(R, mask, U, V, lam):
    """Return the sum of squared errors over the observed entries, plus λ(Σ n_u‖u_u‖² + Σ n_i‖v_i‖²).

    R : (m, n), 0 where nothing is observed;  mask : (m, n), 1 where an entry is observed, else 0;  U : (m, r);  V : (n, r);
    n_u, n_i : how many entries of row u, of column i are observed
    """
    error = np.sum(mask * (R - U @ V.T) ** 2)
    return error + lam * (mask.sum(axis=1) @ np.sum(U**2, axis=1) + mask.sum(axis=0) @ np.sum(V**2, axis=1))


def _objective(R, mask, U, V, lam, zeros=False, mean=False, counted=True, price=True, sides=2):
    e = (R - U @ V.T) * (1 if zeros else mask)
    error = np.sum(e**2) / (mask.sum() if mean else 1)
    rows, columns = (mask.sum(axis=a) if counted else np.ones(R.shape[1 - a]) for a in (1, 0))
    return error + lam * price * (rows @ np.sum(U**2, 1) + (sides == 2) * (columns @ np.sum(V**2, 1)))


@observed_objective.mistake("Places without a rating count as ratings of 0. Sum over the observed entries alone.")
def _zeros(R, mask, U, V, lam):
    return _objective(R, mask, U, V, lam, zeros=True)


@observed_objective.mistake("The price of long factors is left out.")
def _no_price(R, mask, U, V, lam):
    return _objective(R, mask, U, V, lam, price=False)


@observed_objective.mistake("Here λ is multiplied by how many ratings each row and column has. You take λ alone.")
def _plain(R, mask, U, V, lam):
    return _objective(R, mask, U, V, lam, counted=False)


@observed_objective.mistake("You divide the errors by the number of ratings. A sum is asked for, as the price is one.")
def _mean(R, mask, U, V, lam):
    return _objective(R, mask, U, V, lam, mean=True)


@observed_objective.mistake("Only U pays. The vectors of the columns pay as well.")
def _one_side(R, mask, U, V, lam):
    return _objective(R, mask, U, V, lam, sides=1)


# ------------------------------------------------------------------------------------------------------- half of a sweep
def _half_cases(rng):
    second = np.array([[0, 0], [1, 1]])
    yield case("a user without ratings gets 0", second * [4.0, 1.0], second, np.eye(2), 0.5)
    three = np.array([[1, 0], [1, 1]])
    yield case("a user with one rating", three * [[3.0, 0], [4, 1]], three, np.array([[1.0, 2], [0, 1]]), 0.25)
    for m, n, r, lam in ((4, 6, 2, 0.1), (6, 5, 3, 0.5), (3, 4, 1, 2.0), (5, 7, 4, 0.05)):
        yield *_table(rng, m, n), rng.normal(size=(n, r)), lam


@exercise(
    cases=_half_cases,
    hints=(
        "Each user is a ridge regression of his own: his ratings on the vectors of the films that he has rated.",
        "seen = mask[u] == 1; A = V[seen]; b = R[u, seen]; then (AᵀA + λ·count·I) x = Aᵀb. Leave out who has rated nothing.",
        "U[u] = np.linalg.solve(A.T @ A + lam * len(b) * np.eye(…), A.T @ …)",
    ),
)
def all_users(R, mask, V, lam):
    """Return U (m, r), the best vectors of the users for given vectors V of the films, with λ times each user's count of ratings.

    R : (m, n), 0 where nothing is observed;  mask : (m, n), 1 where an entry is observed, else 0;  V : (n, r);  lam > 0
    A user without ratings gets zeros
    """
    U = np.zeros((len(R), V.shape[1]))
    for u in range(len(R)):
        seen = mask[u] == 1
        if seen.any():
            A, b = V[seen], R[u, seen]
            U[u] = np.linalg.solve(A.T @ A + lam * len(b) * np.eye(V.shape[1]), A.T @ b)
    return U


def _half(R, mask, V, lam, gram="own", count="own", free=False):
    U = np.zeros((len(R), V.shape[1]))
    for u in range(len(R)):
        seen = mask[u] == 1
        if seen.any():
            A, b = V[seen], R[u, seen]
            G = V.T @ V if gram == "all" else A.T @ A
            price = {"own": len(b), "none": 1, "all": R.shape[1]}[count]
            U[u] = np.linalg.lstsq(G + (0 if free else lam * price) * np.eye(len(G)), A.T @ b, rcond=None)[0]
    return U


@all_users.mistake(
    "You use VᵀV for every user, and so fit zeros where nothing is observed. Only the films that a user has rated belong into his "
    "equations: AᵀA, with A = V[seen]."
)
def _one_gram(R, mask, V, lam):
    return _half(R, mask, V, lam, gram="all")


@all_users.mistake("λ must be multiplied by how many ratings the user has.")
def _uncounted(R, mask, V, lam):
    return _half(R, mask, V, lam, count="none")


@all_users.mistake(
    "All films count for every user: you fit zeros where nothing is observed, and multiply λ by the number of films. A film that a user "
    "has not rated says nothing."
)
def _fitted_zeros(R, mask, V, lam):
    return _half(R, mask, V, lam, gram="all", count="all")


@all_users.mistake("The price λ is missing: without it a user with fewer ratings than factors has no one best vector.")
def _unpriced(R, mask, V, lam):
    return _half(R, mask, V, lam, free=True)


@all_users.mistake("λ is multiplied by the number of films. It is the number of this user's ratings that counts.")
def _counted_all(R, mask, V, lam):
    return _half(R, mask, V, lam, count="all")


# ----------------------------------------------------------------------------------------------------------------- biases
def _bias_cases(rng):
    unseen = np.array([[1, 0, 1], [1, 0, 0]])
    yield case("a film that nobody has rated", unseen * [[5.0, 0, 2], [4, 0, 0]], unseen, 1.0)
    silent = np.array([[1, 1], [0, 0], [1, 0]])
    yield case("a user who has rated nothing", silent * [[5.0, 1], [0, 0], [3, 0]], silent, 2.0)
    for m, n, shrink in ((4, 6, 5.0), (6, 3, 1.0), (5, 5, 0.5)):
        yield *_table(rng, m, n), shrink


@exercise(
    cases=_bias_cases,
    hints=(
        "First the mean of all ratings, then what each film differs from it, then what each user differs from both.",
        "c = Σ(r − μ)/(n_i + s) over each film's ratings. Take μ and c off, and do the same for the users. The mask leaves out the rest.",
        "c = np.sum(mask * (R - mu), axis=0) / (mask.sum(axis=0) + shrink); b = np.sum(mask * (R - mu - …), axis=1) / (…)",
    ),
)
def one_pass_of_biases(R, mask, shrink):
    """Return (mu, b, c): the mean of the ratings, then shrunk biases of the films, then of the users, from what those leave.

    R : (m, n), 0 where nothing is observed;  mask : (m, n), 1 where an entry is observed, else 0;  shrink : s > 0, added to each count
    b : (m,) of users;  c : (n,) of films
    """
    mu = np.sum(R) / mask.sum()
    c = np.sum(mask * (R - mu), axis=0) / (mask.sum(axis=0) + shrink)
    b = np.sum(mask * (R - mu - c), axis=1) / (mask.sum(axis=1) + shrink)
    return mu, b, c


def _biased(R, mask, shrink, shrunk=True, twice=False, masked=True, users_first=False, zeros=False):
    mu = R.mean() if zeros else R.sum() / mask.sum()
    found, rest = {}, R - mu
    for axis in [1, 0] if users_first else [0, 1]:
        n = mask.sum(axis=axis) + (shrink if shrunk else 0)
        found[axis] = np.sum((mask if masked else 1) * rest, axis=axis) / np.where(n > 0, n, 1)
        if not twice:
            rest = rest - (found[axis] if axis == 0 else found[axis][:, None])
    return mu, found[1], found[0]


@one_pass_of_biases.mistake("These are plain means. Add the shrinkage to each count, so that a few ratings say little.")
def _unshrunk(R, mask, shrink):
    return _biased(R, mask, shrink, shrunk=False)


@one_pass_of_biases.mistake(
    "The users' biases count what the films explain a second time. Take the films' biases off the ratings first."
)
def _twice(R, mask, shrink):
    return _biased(R, mask, shrink, twice=True)


@one_pass_of_biases.mistake("You begin with the users. Here the films come first, and the users explain what is left.")
def _users_first(R, mask, shrink):
    return _biased(R, mask, shrink, users_first=True)


@one_pass_of_biases.mistake(
    "Where nothing is observed you sum 0 − μ and call it a rating. Multiply by the mask after the mean has been taken off."
)
def _unmasked_sums(R, mask, shrink):
    return _biased(R, mask, shrink, masked=False)


@one_pass_of_biases.mistake("Your mean counts empty places as zeros. Divide by the number of ratings.")
def _mean_of_zeros(R, mask, shrink):
    return _biased(R, mask, shrink, zeros=True)


# -------------------------------------------------------------------------------------------------------------------- NMF
def _part_cases(rng):
    yield case(
        "all observed", 1 + rng.random((3, 4)), np.ones((3, 4)), 0.5 + rng.random((3, 2)), 0.5 + rng.random((4, 2))
    )
    hidden = np.ones((3, 3))
    hidden[1, 1] = 0
    big = np.ones((3, 3))
    big[1, 1] = 99.0
    yield case("a huge entry that is not observed", big, hidden, 1 + rng.random((3, 1)), 1 + rng.random((3, 1)))
    for m, n, r in ((4, 6, 2), (6, 3, 3), (5, 5, 1)):
        mask = (rng.random((m, n)) < 0.7).astype(float)
        mask[0], mask[:, 0] = 1, 1
        yield rng.random((m, n)) * 3, mask, 0.2 + rng.random((m, r)), 0.2 + rng.random((n, r))


@exercise(
    cases=_part_cases,
    hints=(
        "Each entry of U is multiplied by what the data ask for over what the model gives, both only where something is observed.",
        "Numerator (mask ∘ X)V, denominator (mask ∘ UVᵀ)V. Then V in the same way, with the new U.",
        "U = U * ((mask * X) @ V) / ((mask * (U @ V.T)) @ …); V = V * ((mask * X).T @ U) / (…)",
    ),
)
def parts_updated(X, mask, U, V):
    """Return (U, V) after a multiplicative update of U and then one of V, for the squared error over the observed entries.

    X : (m, n) ≥ 0;  mask : (m, n), 1 where X is observed and 0 where not;  U : (m, r) > 0;  V : (n, r) > 0
    """
    U = U * ((mask * X) @ V) / ((mask * (U @ V.T)) @ V)
    V = V * ((mask * X).T @ U) / ((mask * (U @ V.T)).T @ U)
    return U, V


def _parts(X, mask, U, V, above=True, below=True, together=False, over=False, both=True, additive=False):
    old = U
    top, bottom = (mask if above else 1) * X, (mask if below else np.ones(X.shape))
    ratio = (top @ V) / ((bottom * (U @ V.T)) @ V)
    U = U / ratio if over else U * ratio
    if not both:
        return U, V
    W = old if together else U
    ratio = (top.T @ W) / ((bottom * (W @ V.T)).T @ W)
    return U, V / ratio if over else V * ratio


@parts_updated.mistake("The mask is missing in the denominator: there the model answers for places nobody has seen.")
def _unmasked_below(X, mask, U, V):
    return _parts(X, mask, U, V, below=False)


@parts_updated.mistake("The mask is missing in the numerator: what is not observed must not count there either.")
def _unmasked_above(X, mask, U, V):
    return _parts(X, mask, U, V, above=False)


@parts_updated.mistake("There is no mask at all: places that nobody has seen are fitted as well.")
def _unmasked(X, mask, U, V):
    return _parts(X, mask, U, V, above=False, below=False)


@parts_updated.mistake(
    "You update both from the old factors. Only one at a time is sure not to make the error larger: V takes the new U."
)
def _together(X, mask, U, V):
    return _parts(X, mask, U, V, together=True)


@parts_updated.mistake("The ratio is upside down: entries must grow where the data exceed the model.")
def _upside_down(X, mask, U, V):
    return _parts(X, mask, U, V, over=True)


@parts_updated.mistake("V is missing: after U it is updated as well.")
def _u_alone(X, mask, U, V):
    return _parts(X, mask, U, V, both=False)


# ----------------------------------------------------------------------------------------------------------------- others
EXAMPLE = np.array(
    [
        [5, 4, np.nan, 1, np.nan],
        [np.nan, 5, 5, np.nan, 2],
        [1, np.nan, 2, 5, 5],
        [np.nan, 1, 1, 4, 5],
    ]
)
EXAMPLE_U = np.array([[1.9, 0.1], [1.9, 0.2], [0.1, 1.7], [0.0, 1.7]])
EXAMPLE_V = np.array([[2.6, 0.5], [2.3, 0.3], [2.5, 0.5], [0.6, 2.8], [0.4, 3.0]])

error_of_the_example = number(
    "error_of_the_example",
    answer=lambda: float(np.nanmax(np.abs(EXAMPLE - EXAMPLE_U @ EXAMPLE_V.T))),
    rtol=1e-3,
    unit="stars",
    why="User 3 gave film 3 two stars; the factors say 0.1 · 2.5 + 1.7 · 0.5 = 1.1.",
    hints=(
        "Multiply the two matrices, and compare where something is observed.",
        "np.nanmax leaves out the places without a rating.",
        "np.nanmax(np.abs(A - U @ …))",
    ),
    mistakes=[
        (
            lambda: als.Factors(EXAMPLE_U, EXAMPLE_V).at(observed(EXAMPLE)).max() - 5,
            "That is by how much the largest prediction exceeds five stars.",
        ),
        (
            lambda: float(np.sqrt(np.nanmean((EXAMPLE - EXAMPLE_U @ EXAMPLE_V.T) ** 2))),
            "That is the root of the mean square. The largest error is asked for.",
        ),
        (
            lambda: float(np.nanmean(np.abs(EXAMPLE - EXAMPLE_U @ EXAMPLE_V.T))),
            "That is the mean error; the largest is asked for.",
        ),
        (
            lambda: float(np.nanmax(EXAMPLE - EXAMPLE_U @ EXAMPLE_V.T)) ** 2,
            "That is its square.",
        ),
    ],
)

numbers_saved = number(
    "numbers_saved",
    answer=lambda: 1e6 * 1e4 / (20 * (1e6 + 1e4)),
    rtol=1e-3,
    unit="times",
    why="20 · (10⁶ + 10⁴) = 20.2 million numbers instead of 10¹⁰.",
    hints=(
        "Count the numbers in the table, and those in the two factors.",
        "U has m · r numbers and V has n · r.",
        "m * n / (r * (m + …))",
    ),
    mistakes=[
        (lambda: 1e4 / 20, "You left out the films' factors: there are r(m + n) numbers, not rm."),
        (lambda: 1e6 * 1e4 / (20 * 1e6 * 1e4) * 20, "The factors have r(m + n) numbers, a sum and not a product."),
        (lambda: 20 * (1e6 + 1e4), "That is how many numbers the factors have. By what factor is it less?"),
        (lambda: 20 * (1e6 + 1e4) / 1e10, "That is the share. Its inverse is asked for."),
    ],
)

unknowns_and_entries = prediction(
    "unknowns_and_entries",
    answer=lambda: 2 * (4 + 5 - 2),
    unit="numbers",
    why="r(m + n − r) = 2 · 7 = 14, exactly as many as there are ratings: nothing is left over to say whether rank 2 is right.",
)

what_never_rises = choice(
    "what_never_rises",
    answer="c",
    why="Each half sweep minimises the objective over one of the factors, with the price in it, and the other stays. So the objective cannot rise. Its parts can.",
    feedback={
        "a": "The errors are one part of what is minimised. They may rise where the price falls by more.",
        "b": "Nothing that is held back is looked at, and its error often rises when there are too many factors.",
        "d": "Factors may grow while the errors fall.",
    },
    hints=(
        "What exactly does each half sweep minimise?",
        "It is a sum of two parts. Must each part fall when the sum does?",
        "Only the sum that is minimised is sure.",
    ),
)

steps_of_a_sweep = order(
    "steps_of_a_sweep",
    lines={
        "A": "Measure the error on the test's ratings, once.",
        "B": "Fit once more with these, on all but the test's ratings.",
        "C": "Put a part of the ratings aside for the test, and another part for choosing.",
        "D": "Choose the rank and the λ with the least error.",
        "E": "For each rank and λ: fit what is left, and measure the error on the part for choosing.",
    },
    needs={"E": "C", "D": "E", "B": "D", "A": "B"},
    feedback={
        "E": "Split first: what has been fitted can no longer be held back.",
        "D": "There must be errors to choose by.",
        "B": "Fit again only when rank and λ are chosen.",
        "A": "The test comes last: whoever looks at it before chooses by it.",
    },
    hints=(
        "What must never influence a choice?",
        "The test's ratings are set aside before anything else and looked at once.",
        "Split, try, choose, fit again, test.",
    ),
)
