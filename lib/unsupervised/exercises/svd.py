"""The exercises on the singular value decomposition."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number, order, prediction
from lib.convnets.photos import grey
from lib.unsupervised.svd.decomposition import rank_for_error

__all__ = [
    "best_of_rank_k",
    "distance_of_spans",
    "eckart_young_in_order",
    "jacobi_turn",
    "numbers_of_all_ratings",
    "rank_for_energy",
    "rank_for_five_percent",
    "saving_at_rank_30",
    "values_from_products",
    "why_cosines_win",
]


def _of_rank(rng, m, n, r):
    return rng.normal(size=(m, r)) @ rng.normal(size=(r, n))


def _falling(rng, m, n):
    """A matrix whose singular values differ clearly, so that its best approximations are unique."""
    r = min(m, n)
    U, V = (np.linalg.qr(rng.normal(size=(d, r)))[0] for d in (m, n))
    return (U * (4.0 * 0.6 ** np.arange(r))) @ V.T


# ---------------------------------------------------------------------------------------------- the best approximation
def _matrices_and_ranks(rng):
    yield case("rank 0", _falling(rng, 3, 3), 0)
    yield case("all of the rank", _falling(rng, 4, 3), 3)
    yield case("one column", np.array([[3.0], [4.0]]), 1)
    for m, n, k in ((4, 4, 1), (5, 5, 3), (6, 4, 2), (3, 5, 2)):
        yield _falling(rng, m, n), k


@exercise(
    cases=_matrices_and_ranks,
    hints=(
        "What does `np.linalg.svd` return in third place, V or its transpose? And in which order are the singular values?",
        "A_k is the sum of the first k terms σᵢ uᵢ vᵢᵀ.",
        "U, s, Vt = np.linalg.svd(A, full_matrices=False), then the first k columns of U times s[:k], times the first k … of Vt",
    ),
)
def best_of_rank_k(A, k):
    """Return the matrix of rank at most k that is nearest to A.

    A : (m, n);  k : from 0 to min(m, n);  returns (m, n)
    """
    U, s, Vt = np.linalg.svd(A, full_matrices=False)
    return (U[:, :k] * s[:k]) @ Vt[:k]


@best_of_rank_k.mistake(
    "You treated the third result as V. numpy returns Vᵀ: its rows are the right singular vectors, so take the first k rows as they are."
)
def _v_for_vt(A, k):
    U, s, V = np.linalg.svd(A)
    S = np.zeros(A.shape)
    S[range(k), range(k)] = s[:k]
    return U @ S @ V.T


@best_of_rank_k.mistake("The singular values are in twice: multiply them into U or into Vᵀ, not into both.")
def _sigma_twice(A, k):
    U, s, Vt = np.linalg.svd(A, full_matrices=False)
    return (U[:, :k] * s[:k] ** 2) @ Vt[:k]


@best_of_rank_k.mistake("The singular values are missing: a term is σ u vᵀ, not u vᵀ.")
def _no_sigma(A, k):
    U, _, Vt = np.linalg.svd(A, full_matrices=False)
    return U[:, :k] @ Vt[:k]


@best_of_rank_k.mistake(
    "You kept k + 1 terms. The index k in code is term k + 1; the first k terms are those with indices below k."
)
def _one_more(A, k):
    U, s, Vt = np.linalg.svd(A, full_matrices=False)
    return (U[:, : k + 1] * s[: k + 1]) @ Vt[: k + 1]


@best_of_rank_k.mistake(
    "You kept the k smallest terms. numpy puts the largest singular value first, unlike `eigh`: take from the front."
)
def _smallest(A, k):
    U, s, Vt = np.linalg.svd(A, full_matrices=False)
    r = len(s) - k
    return (U[:, r:] * s[r:]) @ Vt[r:]


@best_of_rank_k.mistake("That is what is left over, A − A_k: return the first k terms, not the others.")
def _the_rest(A, k):
    U, s, Vt = np.linalg.svd(A, full_matrices=False)
    return (U[:, k:] * s[k:]) @ Vt[k:]


# ------------------------------------------------------------------------------------------------------------ energy
def _spectra(rng):
    yield case("all energy in one", np.array([2.0, 0.0, 0.0]), 0.9)
    yield case("exactly the share", np.array([4.0, 3.0]), 0.64)
    yield case("everything", np.array([3.0, 2.0, 1.0]), 1.0)
    yield case("a zero at the end", np.array([2.0, 2.0, 0.0]), 1.0)
    yield case("values that fall slowly", np.array([5.0, 4.9, 4.8, 4.7, 4.6, 4.5]), 0.7)
    for share in (0.5, 0.8, 0.9, 0.99):
        yield np.sort(rng.exponential(size=12))[::-1], share


@exercise(
    cases=_spectra,
    hints=(
        "The energy is ‖A‖_F². What is it in terms of the singular values?",
        "Sum the squares up from the front, divide by the whole sum, and find the first place that reaches the share.",
        "shares = np.cumsum(sigma**2) / …; the first index where shares ≥ share, and then k is …",
    ),
)
def rank_for_energy(sigma, share):
    """Return the smallest k for which A_k keeps at least this share of ‖A‖_F².

    sigma : (r,) singular values, the largest first, not all 0;  share : above 0, at most 1
    returns a whole number from 1 to r
    """
    kept = np.cumsum(sigma**2) / np.sum(sigma**2)
    return int(np.argmax(kept >= share)) + 1


@rank_for_energy.mistake(
    "You summed σ. The energy is the sum of the squares σ², in which the first values count for more."
)
def _not_squared(sigma, share):
    kept = np.cumsum(sigma) / np.sum(sigma)
    return int(np.argmax(kept >= share)) + 1


@rank_for_energy.mistake("That is the index of the last term kept. Indices begin at 0, ranks at 1.")
def _index(sigma, share):
    kept = np.cumsum(sigma**2) / np.sum(sigma**2)
    return int(np.argmax(kept >= share))


@rank_for_energy.mistake(
    "You compared the root of the kept energy with the share. That is a share of ‖A‖_F: compare the sums of squares themselves."
)
def _root(sigma, share):
    kept = np.sqrt(np.cumsum(sigma**2) / np.sum(sigma**2))
    return int(np.argmax(kept >= share)) + 1


@rank_for_energy.mistake("You looked for the rank that leaves this share over. Asked for is the rank that keeps it.")
def _left_over(sigma, share):
    kept = np.cumsum(sigma**2) / np.sum(sigma**2)
    return int(np.argmax(kept >= 1 - share)) + 1


@rank_for_energy.mistake("Where a rank keeps exactly the share you took one more. “At least” is ≥.")
def _more_than(sigma, share):
    kept = np.cumsum(sigma**2) / np.sum(sigma**2)
    return min(int(np.sum(kept <= share)) + 1, len(sigma))


@rank_for_energy.mistake("You counted the values above a share of the largest one. Energy adds up: sum the squares.")
def _above_the_largest(sigma, share):
    return max(int(np.sum(sigma >= (1 - share) * sigma[0])), 1)


# ------------------------------------------------------------------------------------------------- subspaces compared
def _spans(rng):
    def basis(m, k):
        return np.linalg.qr(rng.normal(size=(m, k)))[0]

    Q = basis(5, 2)
    yield case("the same vectors", Q, Q)
    yield case("the same with other signs", Q, Q * [1, -1])
    yield case("the same turned within the plane", Q, Q @ np.array([[0.6, -0.8], [0.8, 0.6]]))
    yield case("one direction shared, one orthogonal", np.eye(4)[:, :2], np.eye(4)[:, [0, 2]])
    yield case("two lines", np.array([[1.0], [0.0]]), np.array([[0.6], [-0.8]]))
    for m, k in ((4, 2), (6, 3), (5, 2)):
        W, _ = np.linalg.qr(basis(m, k) + 0.0)
        near, _ = np.linalg.qr(W + 0.2 * rng.normal(size=(m, k)))
        yield W, near


@exercise(
    cases=_spans,
    hints=(
        "Two bases of the same plane may have no vector in common. What belongs to the plane itself, whatever the basis?",
        "The projection onto the span of orthonormal columns Q is QQᵀ. Compare the two projections by their norm.",
        "np.linalg.norm(Q @ Q.T - …, 2)",
    ),
)
def distance_of_spans(Q, W):
    """Return how far apart the spans of two orthonormal sets are: the spectral norm of the difference of the
    projections onto them.

    Q, W : (m, k), orthonormal columns;  returns a number from 0 to 1
    """
    return float(np.linalg.norm(Q @ Q.T - W @ W.T, 2))


@distance_of_spans.mistake(
    "You compared the vectors. The same plane has many bases: −u is as good as u, and where singular values repeat every turned pair is. Compare projections."
)
def _entrywise(Q, W):
    return float(np.linalg.norm(Q - W, 2))


@distance_of_spans.mistake(
    "You chose the signs and then compared the vectors. That does for single vectors; within a plane the basis may be turned as well."
)
def _signs_alone(Q, W):
    return float(np.linalg.norm(Q - W * np.where(np.sum(Q * W, axis=0) < 0, -1, 1), 2))


@distance_of_spans.mistake(
    "That is the Frobenius norm of the difference, which adds up over all directions. Asked for is the spectral norm, the sine of the largest angle: norm(…, 2)."
)
def _frobenius(Q, W):
    return float(np.linalg.norm(Q @ Q.T - W @ W.T))


@distance_of_spans.mistake("QᵀQ is the identity for any orthonormal columns. The projection is QQᵀ, m × m.")
def _identities(Q, W):
    return float(np.linalg.norm(Q.T @ Q - W.T @ W, 2))


@distance_of_spans.mistake(
    "You took the smallest angle: it is 0 as soon as the spans share one direction. The largest angle decides."
)
def _smallest_angle(Q, W):
    cosine = np.linalg.svd(Q.T @ W, compute_uv=False)[0]
    return float(np.sqrt(max(0.0, 1 - cosine**2)))


@distance_of_spans.mistake("That is a cosine, which is 1 for equal spans. The distance is the sine: √(1 − cosine²).")
def _cosine(Q, W):
    return float(np.linalg.svd(Q.T @ W, compute_uv=False)[-1])


# ------------------------------------------------------------------------------------- singular values from products
def _matrices(rng):
    yield case("zeros", np.zeros((2, 3)))
    yield case("one row", np.array([[3.0, 0.0, 4.0]]))
    yield case("a symmetric matrix with an eigenvalue below 0", np.array([[0.0, 2.0], [2.0, 3.0]]))
    for _ in range(3):
        yield case("dependent columns", _of_rank(rng, 7, 5, 1))
    for m, n in ((4, 4), (5, 3), (3, 6)):
        yield (rng.normal(size=(m, n)),)


@exercise(
    cases=_matrices,
    hints=(
        "Which eigenvalues has AᵀA, and how many of them when A has more columns than rows?",
        "Take the eigenvalues of the smaller of AᵀA and AAᵀ. They are σ², rising, and rounding may put a 0 slightly below 0.",
        "np.linalg.eigvalsh(A @ A.T if m < n else A.T @ A), turned round, np.maximum(…, 0), and then the …",
    ),
    rtol=1e-6,
    atol=1e-6,
)
def values_from_products(A):
    """Return the singular values of A from the eigenvalues of AᵀA or AAᵀ, without an SVD.

    A : (m, n);  returns (min(m, n),), the largest first, none of them NaN (an error of 1e-6 is allowed)
    """
    m, n = A.shape
    squares = np.linalg.eigvalsh(A @ A.T if m < n else A.T @ A)[::-1]
    return np.sqrt(np.maximum(squares, 0))


@values_from_products.mistake(
    "They are in rising order, as `eigvalsh` gives them. Singular values begin with the largest."
)
def _rising(A):
    m, n = A.shape
    return np.sqrt(np.maximum(np.linalg.eigvalsh(A @ A.T if m < n else A.T @ A), 0))


@values_from_products.mistake("These are the eigenvalues, σ². Take the roots.")
def _squares(A):
    m, n = A.shape
    return np.maximum(np.linalg.eigvalsh(A @ A.T if m < n else A.T @ A)[::-1], 0)


@values_from_products.mistake(
    "AᵀA has n eigenvalues, A only min(m, n) singular values: a wide A gives zeros that are not among them. Take AAᵀ there, or cut them off."
)
def _all_n(A):
    return np.sqrt(np.maximum(np.linalg.eigvalsh(A.T @ A)[::-1], 0))


@values_from_products.mistake(
    "There is a NaN: rounding has made an eigenvalue that is 0 slightly negative, and its root does not exist. Put np.maximum(…, 0) before the root."
)
def _nan(A):
    m, n = A.shape
    with np.errstate(invalid="ignore"):
        squares = np.linalg.eigvalsh(A @ A.T if m < n else A.T @ A)[::-1]
        squares = np.where(np.abs(squares) < 1e-12 * max(squares[0], 1e-300), -1.0, squares)
        return np.sqrt(squares)


@values_from_products.mistake(
    "Those are lengths of A's rows or columns. They are singular values only where rows or columns are orthogonal."
)
def _lengths(A):
    return np.sort(np.linalg.norm(A, axis=1 if A.shape[0] < A.shape[1] else 0))[::-1]


# ---------------------------------------------------------------------------------------------------- one rotation
def _pairs(rng):
    yield case("orthogonal already", np.array([1.0, 0.0, 1.0]), np.array([1.0, 2.0, -1.0]))
    yield case("orthogonal and equally long", np.array([2.0, 0.0]), np.array([0.0, -2.0]))
    yield case("nearly as long", np.array([1.1, 0.0]), np.array([0.6, 0.8]))
    yield case("equally long", np.array([2.0, 0.0]), np.array([1.2, 1.6]))
    yield case("equally long, an obtuse angle", np.array([2.0, 0.0]), np.array([-1.2, 1.6]))
    yield case("the first shorter", np.array([1.0, 0.5]), np.array([2.0, 3.0]))
    yield case("the first longer", np.array([2.0, 3.0]), np.array([1.0, 0.5]))
    yield case("nearly parallel", np.array([1.0, 1.0, 1.0]), np.array([1.0, 1.0, 1.001]))
    for m in (2, 4, 5):
        a, b = rng.normal(size=(2, m))
        yield a, 3 * b
        yield 3 * a, b


@exercise(
    cases=_pairs,
    hints=(
        "Form α = a·a, β = b·b and γ = a·b, and leave the columns alone where γ = 0.",
        "ζ = (β − α)/(2γ), t = sign(ζ)/(|ζ| + √(1 + ζ²)) with sign(0) = 1, then c = 1/√(1 + t²) and s = ct.",
        "Return c a − s b first and s a + c b second, both from the old a and b.",
    ),
)
def jacobi_turn(a, b):
    """Return the two columns after one rotation of one-sided Jacobi: orthogonal, turned by at most 45°.

    a, b : (m,);  returns two arrays (m,): c a − s b and s a + c b. Where both are equally long, t = s/c is 1.
    """
    alpha, beta, gamma = a @ a, b @ b, a @ b
    if gamma == 0:
        return a, b
    zeta = (beta - alpha) / (2 * gamma)
    t = (1 if zeta >= 0 else -1) / (abs(zeta) + np.sqrt(1 + zeta**2))
    c = 1 / np.sqrt(1 + t**2)
    s = c * t
    return c * a - s * b, s * a + c * b


def _turned(a, b, t):
    c = 1 / np.sqrt(1 + t**2)
    return c * a - c * t * b, c * t * a + c * b


def _zeta(a, b):
    return (b @ b - a @ a) / (2 * (a @ b))


def _small(zeta):
    return (1 if zeta >= 0 else -1) / (abs(zeta) + np.sqrt(1 + zeta**2))


@jacobi_turn.mistake("The two are not orthogonal: ζ has the wrong sign. It is (β − α)/(2γ), with β = b·b.")
def _zeta_negated(a, b):
    return (a, b) if a @ b == 0 else _turned(a, b, _small(-_zeta(a, b)))


@jacobi_turn.mistake(
    "The columns are orthogonal, but you turned by more than 45°: of the two roots take the smaller one, sign(ζ)/(|ζ| + √(1 + ζ²)). With the other the "
    "sweeps may go round for ever."
)
def _large_root(a, b):
    return (a, b) if a @ b == 0 else _turned(a, b, -1 / _small(_zeta(a, b)))


@jacobi_turn.mistake("s and c do not fit together: t is the tangent, so s = c t with c = 1/√(1 + t²), and c² + s² = 1.")
def _tangent_for_sine(a, b):
    if a @ b == 0:
        return a, b
    t = _small(_zeta(a, b))
    return a / np.sqrt(1 + t**2) - t * b, t * a + b / np.sqrt(1 + t**2)


@jacobi_turn.mistake("The second column was made from the new first one. Both need the old a and b.")
def _already_new(a, b):
    if a @ b == 0:
        return a, b
    t = _small(_zeta(a, b))
    c = 1 / np.sqrt(1 + t**2)
    a = c * a - c * t * b
    return a, c * t * a + c * b


@jacobi_turn.mistake("You turned the other way: it is c a − s b and s a + c b.")
def _other_way(a, b):
    return (a, b) if a @ b == 0 else _turned(a, b, -_small(_zeta(a, b)))


@jacobi_turn.mistake("You took a's part off b alone (Gram–Schmidt). A rotation changes both, and keeps α + β.")
def _gram_schmidt(a, b):
    return a, b - (a @ b) / (a @ a) * a


# ------------------------------------------------------------------------------------------------ numbers, order, choice
saving_at_rank_30 = number(
    "saving_at_rank_30",
    answer=25.0,
    rtol=1e-3,
    unit="%",
    why="Two factors of 80 × 30 have 4,800 numbers, and the picture 6,400: a quarter is saved.",
    hints=(
        "How many numbers have the two factors together?",
        "80 · 30 numbers each; the picture has 80 · 80.",
        "100 · (1 − 4,800 / …)",
    ),
    mistakes=[
        (37.5, "That is 30/80, the rank as a share of the side. There are two factors, and what is saved is the rest."),
        (75.0, "That is what is kept. Asked for is what is saved."),
        (
            62.5,
            "You counted one factor of 80 × 30, or subtracted the rank from the side. There are two factors: 30 · (80 + 80) numbers.",
        ),
        (24.53, "You counted the singular values apart. Here they are multiplied into one of the factors."),
    ],
)

numbers_of_all_ratings = number(
    "numbers_of_all_ratings",
    answer=10**10 / (20 * (10**6 + 10**4)),
    rtol=5e-3,
    unit="times",
    why="20 · (10⁶ + 10⁴) is 20.2 million numbers, and the table has 10¹⁰ cells: 495 times as many.",
    hints=(
        "How many numbers has each user, and how many each film?",
        "20 · 10⁶ for the users and 20 · 10⁴ for the films, against 10⁶ · 10⁴ cells.",
        "10¹⁰ / (20 · (…))",
    ),
    mistakes=[
        (500.0, "You left out the films' factor: it is small beside the users', but it is there."),
        (50_000.0, "You left out the users' factor, which is the larger one."),
        (1 / 495.05, "That is the other way round: how many times is the table larger?"),
        (9900.99, "That is for rank 1: each user and each film has 20 numbers."),
    ],
)

rank_for_five_percent = prediction(
    "rank_for_five_percent",
    answer=lambda: float(rank_for_error(np.linalg.svd(grey("china")[:200], compute_uv=False), 0.05)),
    unit="terms",
    why="The first terms take most of the error away, and then each one less: the edges of roofs and leaves are spread over very many terms.",
)

eckart_young_in_order = order(
    "eckart_young_in_order",
    lines={
        "A": "So σ_{k+i}(A) ≤ ‖A − B − C_{i−1}‖ = ‖C − C_{i−1}‖ = σᵢ(C)",
        "B": "‖A − B‖_F² = Σᵢ σᵢ(C)² ≥ Σᵢ σ_{k+i}(A)²",
        "C": "Let B have rank at most k, and C = A − B; let C_{i−1} be the sum of C's first i − 1 terms",
        "D": "In the spectral norm no matrix of rank k + i − 1 is nearer to A than σ_{k+i}(A)",
        "E": "B + C_{i−1} has rank at most k + i − 1",
        "F": "With B = A_k the difference has the singular values σ_{k+1}(A), σ_{k+2}(A), …, so there is equality",
    },
    needs={"E": "C", "A": "DE", "B": "A", "F": "B"},
    feedback={
        "E": "B and C_{i−1} have to be introduced first.",
        "A": "This uses the spectral theorem for a matrix of rank k + i − 1: both must have been stated, the bound and the rank.",
        "B": "The sum compares singular values one by one: that comparison comes first.",
        "F": "Equality is shown last, when the bound stands.",
    },
    why="The whole Frobenius theorem is the spectral one, used once for each singular value of what is left.",
    hints=(
        "Start with what is given: a rival B, and the spectral theorem.",
        "Find a matrix of rank k + i − 1 to which the spectral theorem applies.",
        "C and D first, then E, A; the sum of squares, and at last that A_k reaches it.",
    ),
)

why_cosines_win = choice(
    "why_cosines_win",
    answer="c",
    why="Every term of an SVD brings its own m + n numbers of vectors, because its basis is made for this picture. Cosines are known to both sides and cost "
    "nothing, and squares follow what is local. The theorem is about matrices of rank k, and pictures made of k cosines are others.",
    feedback={
        "a": "The theorem holds for every matrix. It speaks of rank, not of bytes.",
        "b": "Both keep their numbers as float16; the errors of rounding are small beside those of leaving out.",
        "d": "No computation of the SVD is better: LAPACK's errors are around 10⁻¹⁶.",
    },
    hints=(
        "What does the theorem compare A_k with?",
        "How many numbers does a term of the SVD cost, and how many a cosine?",
        "Who has to be told the basis?",
    ),
)
