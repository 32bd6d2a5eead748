"""Exercises of "Principal components, and the linear autoencoder"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number, order, prediction
from lib.convnets.digits import train_and_test

__all__ = [
    "autoencoder_in_order",
    "axes_by_power",
    "components_by_hand",
    "cosines_between_planes",
    "distance_lost",
    "edge_of_noise",
    "held_out_error",
    "numbers_for_ninety",
    "scores_of_new",
    "the_same_autoencoder",
]


# --------------------------------------------------------------------------------------------------- prediction, numbers
def _numbers_for_ninety() -> int:
    from lib.unsupervised import pca

    variances = pca.principal_components(pca.digit_rows(train_and_test()[0]), by="eig").variances
    return int(np.argmax(np.cumsum(variances) >= 0.9 * variances.sum())) + 1


numbers_for_ninety = prediction(
    "numbers_for_ninety",
    answer=_numbers_for_ninety,
    unit="numbers",
    near=0.2,
    why="44 of 196. The first eight hold half, and from there on each adds less than the one before.",
)

edge_of_noise = number(
    "edge_of_noise",
    answer=lambda: 4 * (1 + np.sqrt(50 / 200)) ** 2,
    rtol=1e-3,
    why="4 (1 + √¼)² = 9: more than twice the variance that every direction has.",
    hints=(
        "The page has a formula for the interval in which all variances of pure noise lie.",
        "Its upper end is s² (1 + √(D/N))², with the variance s² = 4, D = 50 and N = 200.",
        "4 * (1 + np.sqrt(50 / …)) ** 2",
    ),
    mistakes=[
        (lambda: 4.0, "That is the true variance of every direction. The largest of 50 that are found in 200 rows is more."),
        (lambda: 4 * (1 - np.sqrt(50 / 200)) ** 2, "That is the lower end: below it no component lies."),
        (lambda: (1 + np.sqrt(50 / 200)) ** 2, "That is for noise of variance 1. Here it is 4."),
        (lambda: 4 * (1 + np.sqrt(200 / 50)) ** 2, "Upside down: columns by rows, so that with many rows the interval is narrow."),
        (lambda: 4 * (1 + np.sqrt(50 / 200)), "The bracket is squared."),
        (lambda: 2 * (1 + np.sqrt(50 / 200)) ** 2, "2 is the standard deviation; the formula has the variance, 4."),
    ],
)  # fmt: skip

held_out_error = choice(
    "held_out_error",
    answer="c",
    why="A larger plane contains the smaller one, so that each foot comes closer to its row, be the row new or not.",
    feedback={
        "a": "Follow one new row: with one more axis, can its foot move farther away from it?",
        "b": "It goes on falling, and for new rows as well: a projection on a larger plane comes closer to every point.",
        "d": "Nothing is fitted to the new rows, and still their feet come closer: the plane has become larger.",
    },
    hints=(
        "Take one new row, and its feet in a plane and in a larger plane that contains it.",
        "By Pythagoras, the distance to the larger plane is at most that to the smaller one.",
        "So the error on kept-back rows never rises with k, and has no smallest value before k = D.",
    ),
)

the_same_autoencoder = choice(
    "the_same_autoencoder",
    answer="b",
    why="(W_e B)(B⁻¹ W_d) = W_e W_d: only the product meets the data. A penalty on the weights would tell the two apart.",
    feedback={
        "a": "Signs are one such change, but not the only one: put any invertible matrix and its inverse between the two.",
        "c": "The two planes are the same, or the losses would differ. It is the bases in the planes that differ.",
        "d": "All minima of this loss are equally low. The other runs did not stop early.",
    },
    hints=(
        "What does the loss see of W_e and W_d?",
        "Only their product. Which other pairs have the same product?",
        "W_e B and B⁻¹ W_d, for every invertible k × k matrix B.",
    ),
)

autoencoder_in_order = order(
    "autoencoder_in_order",
    lines={
        "A": "N − 1 times the loss is at least ‖X_c − X_c P‖², where P projects on the plane that the rows of W_d span",
        "B": "Equality in both needs rows of W_d that span the first k axes, so that W_d = B V_kᵀ with an invertible B",
        "C": "Each reconstruction lies in the plane that the rows of W_d span, which has at most k dimensions",
        "D": "Where C is invertible: W_e B = V_k, so that W_e = V_k B⁻¹ and W_e W_d = V_k V_kᵀ",
        "E": "And by the theorem on the best plane, ‖X_c − X_c P‖² is at least (N − 1)(λ_{k+1} + … + λ_D)",
        "F": "Then each reconstruction is the foot of its row: X_c W_e B V_kᵀ = X_c V_k V_kᵀ, and times V_k: X_c (W_e B − V_k) = 0",
    },
    needs={"A": "C", "E": "A", "B": "E", "F": "B", "D": "F"},
    feedback={
        "A": "That the foot is the closest point of a plane can be used once the reconstructions are known to lie in one.",
        "E": "The best plane is compared with P, which has to be there first.",
        "B": "Equality in both bounds can be asked about when both stand.",
        "F": "The line uses W_d = B V_kᵀ.",
        "D": "What is divided by here is the X_c of the line with X_c (W_e B − V_k) = 0.",
    },
    why="Two bounds, one for the codes and one for the plane, and then: what equality in both leaves open.",
    hints=(
        "Begin with what a decoder can reach, and end with the two matrices.",
        "First bound the loss for a given decoder, then over all decoders; after that ask when both bounds are met.",
        "C, A, E, then the plane, then the codes.",
    ),
)


# ----------------------------------------------------------------------------------------------- components by hand
def _tables(rng):
    yield case("points on a line", np.array([[0.0, 0.0], [1.0, 2.0], [2.0, 4.0]]) + 5, 1)
    yield case("a mean far from 0", rng.normal(size=(12, 3)) * [1.0, 3.0, 0.3] + [50.0, -20.0, 7.0], 2)
    yield case("more columns than rows", rng.normal(size=(4, 6)) * [1, 2, 3, 4, 5, 6] - 3, 2)
    yield case(
        "a negative entry is the largest", rng.normal(size=(15, 1)) @ [[1.0, -3.0]] + rng.normal(size=(15, 2)) / 9, 2
    )
    yield rng.normal(size=(9, 4)) @ rng.normal(size=(4, 4)) + 2, 4
    yield rng.normal(size=(30, 5)) @ rng.normal(size=(5, 5)) + rng.normal(size=5), 3


@exercise(
    cases=_tables,
    hints=(
        "Subtract the mean row first. Which factor of the centred table's SVD holds the axes, and how do singular values become variances?",
        "The axes are the rows of Vᵀ, so the columns of V; variances are σ²/(N − 1). Then look in each column for the entry of largest size.",
        "_, s, Vt = np.linalg.svd(X - mean, full_matrices=False); V = Vt[:k].T; s[:k] ** 2 / …; V * np.sign(…)",
    ),
)
def components_by_hand(X, k):
    """Return the mean, the first k principal axes and the variances along them.

    X : (N, D), N at least 2;  k : at most min(N, D). The variances have N − 1 below. The sign of each axis is such that its entry of
    largest size is positive.  returns (mean (D,), axes (D, k), variances (k,))
    """
    mean = X.mean(axis=0)
    _, s, Vt = np.linalg.svd(X - mean, full_matrices=False)
    V = Vt[:k].T
    largest = V[np.abs(V).argmax(axis=0), np.arange(k)]
    return mean, V * np.sign(largest), s[:k] ** 2 / (len(X) - 1)


def _components(X, k, centred=True, below=None, power=2, first=True, signs=True):
    mean = X.mean(axis=0)
    _, s, Vt = np.linalg.svd(X - mean if centred else X, full_matrices=False)
    Vt, s = (Vt[:k], s[:k]) if first else (Vt[-k:][::-1], s[-k:][::-1])
    V = Vt.T
    largest = V[np.abs(V).argmax(axis=0), np.arange(k)]
    variances = s**power / (len(X) - 1 if below is None else below(len(X)))
    return mean, V * (np.sign(largest) if signs else 1), variances


@components_by_hand.mistake(
    "You took the SVD of the table as it is. Subtract the mean row first, or the first axis points at the mean."
)
def _not_centred(X, k):
    return _components(X, k, centred=False)


@components_by_hand.mistake("The variances have N below: divide by N − 1, as a variance about the sample's own mean.")
def _by_n(X, k):
    return _components(X, k, below=lambda N: N)


@components_by_hand.mistake("σ²/(N − 1) is the variance; you did not square the singular values.")
def _not_squared(X, k):
    return _components(X, k, power=1)


@components_by_hand.mistake("The singular values' squares are sums over the rows: divide them by N − 1.")
def _sums(X, k):
    return _components(X, k, below=lambda N: 1)


@components_by_hand.mistake(
    "Those are the last axes, with the least variance. `eigh` has its eigenvalues in rising order: turn them round."
)
def _last(X, k):
    return _components(X, k, first=False)


@components_by_hand.mistake(
    "You took the columns of Vᵀ. numpy's `svd` gives Vᵀ: its rows are the axes. Transpose before you choose columns."
)
def _columns_of_vt(X, k):
    mean = X.mean(axis=0)
    _, s, Vt = np.linalg.svd(X - mean, full_matrices=True)
    V = Vt[:, :k]
    largest = V[np.abs(V).argmax(axis=0), np.arange(k)]
    return mean, V * np.sign(largest), s[:k] ** 2 / (len(X) - 1)


@components_by_hand.mistake(
    "The signs are left as the library gave them. Turn each axis so that its entry of largest size is positive."
)
def _any_signs(X, k):
    return _components(X, k, signs=False)


@components_by_hand.mistake(
    "You divided each column by its standard deviation: then the axes are those of the correlations."
)
def _standardised(X, k):
    S = (X - X.mean(axis=0)) / X.std(axis=0, ddof=1)
    return X.mean(axis=0), *_components(S, k)[1:]


# -------------------------------------------------------------------------------------------------- scores of new rows
def _old_and_new(rng):
    for N, n, D, k in ((8, 3, 3, 1), (6, 5, 4, 2), (12, 4, 3, 3)):
        train, new = rng.normal(size=(N, D)) + rng.normal(size=D), rng.normal(size=(n, D)) + 3
        yield train, new, np.linalg.qr(rng.normal(size=(D, k)))[0]
    yield case(
        "one new row", rng.normal(size=(5, 2)) + 4, rng.normal(size=(1, 2)), np.linalg.qr(rng.normal(size=(2, 2)))[0]
    )


@exercise(
    cases=_old_and_new,
    hints=(
        "From which point are coordinates measured, for rows that were not there when the axes were found?",
        "From the mean of the rows in which the axes were found. A row then has one coordinate for each axis.",
        "(new - train.mean(axis=0)) @ …",
    ),
)
def scores_of_new(train, new, V):
    """Return the coordinates of new rows on principal axes that were found in other rows.

    train : (N, D), the rows in which the axes were found;  new : (n, D);  V : (D, k), the axes;  returns (n, k)
    """
    return (new - train.mean(axis=0)) @ V


@scores_of_new.mistake(
    "You centred the new rows by their own mean. Then a row's numbers depend on which rows came with it, and a shift of them all is lost."
)
def _own_mean(train, new, V):
    return (new - new.mean(axis=0)) @ V


@scores_of_new.mistake("The mean is missing: coordinates are measured from the mean of `train`.")
def _no_mean(train, new, V):
    return new @ V


@scores_of_new.mistake(
    "You took the mean of old and new rows together: then the axes' origin moves with every new row."
)
def _mean_of_all(train, new, V):
    return (new - np.vstack([train, new]).mean(axis=0)) @ V


@scores_of_new.mistake("Those are the reconstructions: D numbers a row. What is asked for are the k coordinates.")
def _reconstructed(train, new, V):
    mean = train.mean(axis=0)
    return mean + (new - mean) @ V @ V.T


@scores_of_new.mistake(
    "You divided by the standard deviations of `train`. The axes were found in rows that were only centred."
)
def _scaled(train, new, V):
    return (new - train.mean(axis=0)) / train.std(axis=0) @ V


# ------------------------------------------------------------------------------------------------------ distance lost
def _spectra(rng):
    yield case("nothing is left out", np.array([3.0, 2.0]), 5, 2)
    yield case("everything is left out", np.array([3.0, 2.0, 1.0]), 4, 0)
    yield case("one singular value is left", np.array([3.0, 2.0, 0.5]), 10, 2)
    for D, N, k in ((4, 20, 1), (6, 9, 3), (5, 50, 2)):
        yield np.sort(rng.uniform(0.2, 4, D))[::-1], N, k


@exercise(
    cases=_spectra,
    hints=(
        "The squared distances of all rows together are what Eckart and Young's theorem says of the rest.",
        "They are the sum of σ² over what is left out. A mean over rows has N below.",
        "np.sum(s[k:] ** 2) / …",
    ),
)
def distance_lost(s, N, k):
    """Return the mean squared distance of the rows of a table from what their first k scores give back.

    s : (r,), all singular values of the centred table, falling;  N : its rows;  k : 0 … r;  returns a number
    """
    return np.sum(s[k:] ** 2) / N


@distance_lost.mistake("That is what the k numbers keep. Lost is what comes after them: σ_{k+1}, σ_{k+2} …")
def _kept(s, N, k):
    return np.sum(s[:k] ** 2) / N


@distance_lost.mistake("Squared distances add σ², not σ.")
def _not_squares(s, N, k):
    return np.sum(s[k:]) / N


@distance_lost.mistake("N − 1 belongs to a variance. This is a mean over N rows, of distances.")
def _by_less(s, N, k):
    return np.sum(s[k:] ** 2) / (N - 1)


@distance_lost.mistake("The sum is over all rows: divide it by N for the mean.")
def _the_sum(s, N, k):
    return np.sum(s[k:] ** 2)


@distance_lost.mistake("You took the root: the mean of squared distances is asked for.")
def _the_root(s, N, k):
    return np.sqrt(np.sum(s[k:] ** 2) / N)


@distance_lost.mistake("That is the share of the whole that is lost, not the mean squared distance.")
def _the_share(s, N, k):
    return np.sum(s[k:] ** 2) / np.sum(s**2)


@distance_lost.mistake(
    "Only the first value left out counts in the largest stretch (the spectral norm). Distances add all of them."
)
def _spectral(s, N, k):
    return (s[k] ** 2 if k < len(s) else 0.0) / N


# ------------------------------------------------------------------------------------------------------ axes by power
def _covariances(rng):
    def with_values(values):
        Q = np.linalg.qr(rng.normal(size=(len(values), len(values))))[0]
        return (Q * values) @ Q.T

    yield case("already diagonal, one step", np.diag([4.0, 2.0, 1.0]), np.array([[1.0], [1.0], [1.0]]), 1)
    yield case("no step", np.diag([3.0, 1.0]), np.array([[3.0], [4.0]]), 0)
    yield case("many steps, large values", with_values(np.array([5e3, 2e3, 1e2])), rng.normal(size=(3, 2)), 120)
    yield with_values(np.array([3.0, 1.5, 0.5, 0.1])), rng.normal(size=(4, 3)), 61
    yield with_values(np.array([2.0, 1.0, 0.3])), rng.normal(size=(3, 1)), 4


@exercise(
    cases=_covariances,
    hints=(
        "For one axis: multiply, divide by the length, again and again. Then take out of C what that axis explains.",
        "What it explains is λ v vᵀ, with λ = vᵀ C v at the v that was found. The next start is a column of its own.",
        "for x in starts.T: v = x / np.linalg.norm(x); for _ in range(steps): v = C @ v; v = v / …; C = C - (v @ C @ v) * np.outer(…)",
    ),
)
def axes_by_power(C, starts, steps):
    """Return the first k eigenvectors of a covariance by power iteration, each after those before it have been taken out.

    C : (D, D), a covariance;  starts : (D, k), a start for each axis;  steps : how often each is multiplied, 0 or more
    returns (D, k), columns of length 1, in whatever sign the iteration gives them
    """
    axes = []
    for x in starts.T:
        v = x / np.linalg.norm(x)
        for _ in range(steps):
            v = C @ v
            v = v / np.linalg.norm(v)
        axes.append(v)
        C = C - (v @ C @ v) * np.outer(v, v)
    return np.array(axes).T


def _power(C, starts, steps, take=lambda C, v: (v @ C @ v) * np.outer(v, v), norm=np.linalg.norm):
    axes = []
    for x in starts.T:
        v = x / norm(x)
        for _ in range(steps):
            v = C @ v
            v = v / norm(v)
        axes.append(v)
        C = C - take(C, v)
    return np.array(axes).T


@axes_by_power.mistake("The axes are not of length 1: divide by the length after every multiplication.")
def _not_normed(C, starts, steps):
    return _power(C, starts, steps, norm=lambda v: 1.0)


@axes_by_power.mistake(
    "Only the start has length 1. Divide by the length after every multiplication, or the numbers grow and the axes are too long."
)
def _only_the_start_normed(C, starts, steps):
    axes = []
    for x in starts.T:
        v = x / np.linalg.norm(x)
        for _ in range(steps):
            v = C @ v
        axes.append(v)
        C = C - (v @ C @ v) * np.outer(v, v)
    return np.array(axes).T


@axes_by_power.mistake("Nothing is taken out: every start then goes to the first axis.")
def _nothing_out(C, starts, steps):
    return _power(C, starts, steps, take=lambda C, v: 0.0)


@axes_by_power.mistake(
    "You took out v vᵀ, of variance 1. Taken out must be what the axis explains: λ v vᵀ, with λ = vᵀ C v."
)
def _without_value(C, starts, steps):
    return _power(C, starts, steps, take=lambda C, v: np.outer(v, v))


@axes_by_power.mistake("You took λ off the diagonal: C − λ I has the same axes, all values shifted. Take out λ v vᵀ.")
def _off_the_diagonal(C, starts, steps):
    return _power(C, starts, steps, take=lambda C, v: (v @ C @ v) * np.eye(len(v)))


@axes_by_power.mistake(
    "You divided by the largest entry. That keeps the numbers in range, but the axes must have length 1."
)
def _by_largest(C, starts, steps):
    return _power(C, starts, steps, norm=lambda v: np.abs(v).max())


@axes_by_power.mistake(
    "You took out twice: λ v vᵀ itself has the variance λ along v. With 2 λ the axis comes back, negative."
)
def _twice(C, starts, steps):
    return _power(C, starts, steps, take=lambda C, v: 2 * (v @ C @ v) * np.outer(v, v))


# ------------------------------------------------------------------------------------------------ cosines between planes
def _planes(rng):
    e = np.eye(4)
    yield case("the same plane, other bases", e[:, :2], e[:, :2] @ np.array([[2.0, 1.0], [0.0, 3.0]]))
    yield case("one direction shared, one at a right angle", e[:, :2], e[:, 1:3])
    yield case("lines at 45°", e[:2, :1], np.array([[2.0], [2.0]]))
    yield case("lines that point away from each other", e[:2, :1], np.array([[-1.0], [0.5]]))
    for D, k in ((3, 1), (5, 2), (6, 3)):
        yield rng.normal(size=(D, k)), rng.normal(size=(D, k))


@exercise(
    cases=_planes,
    hints=(
        "The cosines must not hang on which basis stands for a plane. How does a basis become orthonormal?",
        "By QR. Then the cosines are the singular values of Q_Aᵀ Q_B.",
        "np.linalg.svd(np.linalg.qr(A)[0].T @ np.linalg.qr(B)[0], compute_uv=…)",
    ),
)
def cosines_between_planes(A, B):
    """Return the cosines of the principal angles between the planes that the columns of A and of B span.

    A, B : (D, k), independent columns, of any length and at any angle;  returns (k,), the largest first
    """
    Qa, _ = np.linalg.qr(A)
    Qb, _ = np.linalg.qr(B)
    return np.linalg.svd(Qa.T @ Qb, compute_uv=False)


@cosines_between_planes.mistake(
    "You divided each column by its length, but the columns of a basis may be oblique to each other. Make them orthonormal, by QR."
)
def _only_lengths(A, B):
    A, B = A / np.linalg.norm(A, axis=0), B / np.linalg.norm(B, axis=0)
    return np.linalg.svd(A.T @ B, compute_uv=False)


@cosines_between_planes.mistake("The columns are taken as they are. Make each basis orthonormal first, by QR.")
def _as_they_are(A, B):
    return np.linalg.svd(A.T @ B, compute_uv=False)


@cosines_between_planes.mistake("Only one of the two bases is made orthonormal.")
def _one_of_two(A, B):
    return np.linalg.svd(np.linalg.qr(A)[0].T @ B, compute_uv=False)


@cosines_between_planes.mistake(
    "Those are the cosines of one column with one column, which hang on the bases. The planes' own are the singular values of Q_Aᵀ Q_B."
)
def _column_by_column(A, B):
    Qa, Qb = np.linalg.qr(A)[0], np.linalg.qr(B)[0]
    return np.sort(np.abs((Qa * Qb).sum(axis=0)))[::-1]


@cosines_between_planes.mistake(
    "Those are the angles. Their cosines are asked for, which are the singular values themselves."
)
def _angles(A, B):
    return np.arccos(np.clip(cosines_between_planes.function(A, B), 0, 1))


@cosines_between_planes.mistake("Those are the squares: the eigenvalues of the projections' product are cos², not cos.")
def _squares(A, B):
    return cosines_between_planes.function(A, B) ** 2


@cosines_between_planes.mistake(
    "The smallest comes first. The largest cosine, of the smallest angle, is asked for first."
)
def _rising(A, B):
    return cosines_between_planes.function(A, B)[::-1]


@cosines_between_planes.mistake("Those are the sines. The singular values of Q_Aᵀ Q_B are cosines already.")
def _sines(A, B):
    return np.sqrt(np.clip(1 - cosines_between_planes.function(A, B) ** 2, 0, None))
