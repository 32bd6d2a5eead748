"""Pictures of the singular value decomposition: two turns and a stretch, photos of low rank, attacks on a bound, and cosines."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book.demos import Picture, choice, demo, slider
from lib.book.display import say
from lib.book.figures import BLUE, GREEN, INK, MUTED, ORANGE, canvas, name_curves
from lib.convnets.photos import grey
from lib.unsupervised.svd import compression, decomposition

__all__ = [
    "rank_of_a_photo",
    "rotate_stretch_rotate",
    "search_against_the_bound",
    "stripes_turned",
    "svd_against_cosines",
    "terms_of_a_photo",
]

ROWS = 200  # of a photo's 213: 8 divides it, and 2 bytes can name each of its pixels


@cache
def _photo(name: str) -> np.ndarray:
    return grey(name)[:ROWS]


@cache
def _factors(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.linalg.svd(_photo(name), full_matrices=False)


def _show(ax, image, title: str = "", low: float = 0.0, high: float = 1.0) -> None:
    shades = np.round(np.clip((image - low) / (high - low), 0, 1) * 13) / 13  # 14 shades: small frames
    ax.imshow(shades, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    ax.set(xticks=[], yticks=[], title=title)
    _bare(ax)


def _bare(ax) -> None:
    ax.grid(False)
    for side in ax.spines.values():
        side.set_visible(False)


# ---------------------------------------------------------------------------------------------- rotate, stretch, rotate
_TURN = np.linspace(0, 2 * np.pi, 97)
_CIRCLE = np.array([np.cos(_TURN), np.sin(_TURN)])
_F = np.array([[0, 0, 0.5, 0, 0, 0.35], [-0.6, 0.6, 0.6, 0.6, 0.05, 0.05]])  # a letter that shows a mirror


@demo(
    a=slider(0, 2, steps=3, start=1, label="first row, left"),
    b=slider(-1, 2, steps=4, start=2, label="first row, right"),
    c=slider(-1, 2, steps=4, start=0, label="second row, left"),
    d=slider(-1, 2, steps=4, start=1, label="second row, right"),
)
def rotate_stretch_rotate(a: float, b: float, c: float, d: float) -> Picture:
    """A circle with a letter in it, and what Vᵀ, then Σ, then U make of it; V is chosen without a mirror.

    a, b : first row of the matrix;  c, d : its second row
    """
    A = np.array([[a, b], [c, d]])
    U, sigma, Vt = np.linalg.svd(A)
    U, Vt = decomposition.fix_signs(U, Vt)
    if np.linalg.det(Vt) < 0:
        U, Vt = U * [1, -1], Vt * [[1], [-1]]
    if sigma[1] < 1e-12 and np.linalg.det(U) < 0:
        U = U * [1, -1]  # what is flat has no mirror image
    fig, axes = canvas(2, 2, width=6.0, height=6.2, layout=None)
    fig.subplots_adjust(left=0.02, right=0.98, top=0.94, bottom=0.02, hspace=0.12, wspace=0.04)
    S = np.diag(sigma)
    maps = {"before": np.eye(2), "after Vᵀ": Vt, "after Σ": S @ Vt, "after U: A x": U @ S @ Vt}
    for ax, (title, M) in zip(axes.flat, maps.items(), strict=True):
        ax.plot([-4.1, 4.1], [0, 0], color=MUTED, linewidth=0.6)
        ax.plot([0, 0], [-4.1, 4.1], color=MUTED, linewidth=0.6)
        ax.plot(*(M @ _CIRCLE), color=INK, linewidth=1.5)
        ax.plot(*(M @ _F), color=GREEN, linewidth=2)
        for v, colour in zip(Vt, (ORANGE, BLUE), strict=True):
            tip = M @ v
            ax.plot([0, tip[0]], [0, tip[1]], color=colour, linewidth=3)
            ax.plot(*tip, "o", color=colour, markersize=6)
        ax.set(xlim=(-4.1, 4.1), ylim=(-4.1, 4.1), aspect="equal", xticks=[], yticks=[], title=title)
        _bare(ax)
    det = a * d - b * c
    last = "U turns" if det > 0 else "U turns and mirrors" if det < 0 else "A flattens the circle"
    return Picture(
        fig,
        f"The rows of A are {_row(a, b)} and {_row(c, d)}: σ₁ = {say(sigma[0], 3)} and σ₂ = {say(round(sigma[1], 12), 3)}, determinant {say(det)}. {last}.",
    )


def _row(*numbers: float) -> str:
    return "(" + ", ".join(say(x) for x in numbers) + ")"


# --------------------------------------------------------------------------------------------------- a photo's rank
def terms_of_a_photo() -> Picture:
    """Show the first terms of the photo's sum, and how the sum grows."""
    U, sigma, Vt = _factors("china")
    U, Vt = decomposition.fix_signs(U, Vt)
    fig, axes = canvas(2, 3, width=6.6, height=3.5, layout=None)
    fig.subplots_adjust(left=0.01, right=0.99, top=0.92, bottom=0.01, hspace=0.2, wspace=0.04)
    for ax, i in zip(axes[0], (0, 1, 2), strict=True):
        term = sigma[i] * np.outer(U[:, i], Vt[i])
        _show(ax, term, f"term {i + 1}", *((0, 1) if i == 0 else (-0.5, 0.5)))
    for ax, k in zip(axes[1], (1, 3, 20), strict=True):
        _show(ax, (U[:, :k] * sigma[:k]) @ Vt[:k], f"the first {k}" if k > 1 else "the first")
    return Picture(
        fig,
        "A single term is one column, repeated with another factor in each place; the first 20 of 200 terms show the temple's roofs.",
    )


RANKS = (1, 2, 5, 10, 20, 50, 80, 120, 200)


@demo(photo=choice("china", "flower", label="photo"), k=choice(*RANKS, start=20, label="rank k"))
def rank_of_a_photo(photo: str, k: int) -> Picture:
    """A photo's best approximation of rank k, with the theorem's two errors as curves and this k marked.

    photo : which;  k : how many terms
    """
    A, (U, sigma, Vt) = _photo(photo), _factors(photo)
    close = (U[:, :k] * sigma[:k]) @ Vt[:k]
    spectral, frobenius = decomposition.truncation_errors(sigma)
    error = np.linalg.norm(A - close) / frobenius[0]
    fig, (left, ax) = canvas(1, 2, width=6.6, height=2.9, layout=None, gridspec_kw={"width_ratios": [1.5, 1]})
    fig.subplots_adjust(left=0.01, right=0.97, top=0.9, bottom=0.2, wspace=0.34)
    _show(left, close, f"rank {k}")
    at = np.arange(1, len(sigma))
    for curve, colour, name, spot in (
        (100 * frobenius / frobenius[0], ORANGE, "Frobenius", (48, 16)),
        (100 * spectral / spectral[0], BLUE, "spectral", (4, 0.35)),
    ):
        ax.semilogy(at, curve[1:-1], color=colour)
        ax.text(*spot, name, color=colour, fontsize=12)
        if k < len(sigma):
            ax.plot(k, curve[k], "o", color=colour, markersize=7)
    ax.set(xlim=(0, 200), ylim=(0.01, 100), xlabel="rank k", ylabel="error, %")
    ax.minorticks_off()
    numbers = compression.parameters(*A.shape, k)
    share = 100 * numbers / A.size
    bound = 100 * frobenius[k] / frobenius[0]
    return Picture(
        fig,
        f"Rank {k}: {numbers:,} numbers, {share:.1f} % of the pixels' {A.size:,}, or {2 * numbers:,} bytes at two bytes each. The error is "
        f"{_percent(100 * error)} of ‖A‖_F, and the theorem allows no matrix of this rank less than {_percent(bound)}.",
    )


def _percent(value: float) -> str:
    return f"{value:.1f} %"


# ------------------------------------------------------------------------------------------------ attacks on the bound
TRIES = 1000


@cache
def _attacked() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the matrix of the attacks and its factors."""
    A = np.random.default_rng(3).normal(size=(12, 9)) * 0.75 ** np.arange(9)
    return A, *np.linalg.svd(A, full_matrices=False)


@cache
def _attacks(k: int) -> dict[str, np.ndarray]:
    """Return by attack the matrices that it tries, as their differences from A: (tries, 12, 9)."""
    A = _attacked()[0]
    return {"random": _drawn(A, k), "small steps": _climbed(A, k), "gradient": _descended(A, k)}


def _left(A, Y):
    """Return A minus its projection on the columns of Y: no matrix with these columns is nearer."""
    Q = np.linalg.qr(Y)[0]
    return A - Q @ (Q.T @ A)


def _drawn(A, k):
    rng = np.random.default_rng(k)
    return np.array([_left(A, rng.normal(size=(12, k))) for _ in range(TRIES)])


def _climbed(A, k):
    rng = np.random.default_rng(k)
    Y, out = np.linalg.qr(rng.normal(size=(12, k)))[0], []
    for _ in range(TRIES):
        new = np.linalg.qr(Y + 0.07 * rng.normal(size=Y.shape))[0]
        if not out or np.linalg.norm(_left(A, new)) < np.linalg.norm(out[-1]):
            Y = new
        out.append(_left(A, Y))
    return np.array(out)


def _descended(A, k):
    rng = np.random.default_rng(k)
    X, Y, out = rng.normal(size=(12, k)), rng.normal(size=(9, k)), []
    rate = 0.3 / np.linalg.norm(A, 2)
    for _ in range(TRIES):
        E = X @ Y.T - A
        out.append(-E)
        X, Y = X - rate * E @ Y, Y - rate * E.T @ X
    return np.array(out)


@demo(
    k=slider(1, 5, steps=5, start=2, label="rank k"),
    norm=choice("Frobenius", "spectral", label="norm"),
)
def search_against_the_bound(k: int, norm: str) -> Picture:
    """Three attacks on a 12 × 9 matrix: the smallest error that each has reached, in multiples of the theorem's bound.

    k : rank of the matrices that are tried;  norm : in which the distance is measured
    """
    k = int(k)
    spectral, frobenius = decomposition.truncation_errors(_attacked()[2])
    bound = (frobenius if norm == "Frobenius" else spectral)[k]
    fig, ax = canvas(width=6.4, height=3.6, layout=None)
    fig.subplots_adjust(left=0.13, right=0.78, top=0.96, bottom=0.18)
    reached = {}
    for (name, tried), colour in zip(_attacks(k).items(), (MUTED, ORANGE, BLUE), strict=True):
        errors = np.linalg.norm(tried, None if norm == "Frobenius" else 2, axis=(1, 2))
        best = np.minimum.accumulate(errors) / bound
        ax.semilogx(np.arange(1, TRIES + 1), best, color=colour, label=name)
        reached[name] = best[-1]
    ax.axhline(1, color=INK, linestyle="--", linewidth=1.5)
    ax.set(xlim=(1, TRIES), ylim=(0.9, 4.2), xlabel="tries", ylabel="error / bound")
    ax.minorticks_off()
    name_curves(ax)
    return Picture(
        fig,
        f"Rank {k}, {norm} norm: of {TRIES} random column spaces the best comes to {say(reached['random'], 3)} times the bound, small steps to "
        f"{say(reached['small steps'], 3)}, gradient descent to {say(reached['gradient'], 3)}. No attack falls below 1.",
    )


# ---------------------------------------------------------------------------------------------------- stripes, and cosines
@demo(
    angle=slider(0, 90, steps=13, start=45, label="angle, degrees"),
    k=choice(1, 2, 5, 20, start=2, label="rank k"),
)
def stripes_turned(angle: float, k: int) -> Picture:
    """Stripes turned by an angle, and their best approximation of rank k.

    angle : 0 is upright, 90 lying;  k : how many terms
    """
    S = compression.turned_stripes(angle, 96, 12.0)
    close = decomposition.low_rank(S, k)
    fig, axes = canvas(1, 2, width=6.0, height=3.2, layout=None)
    fig.subplots_adjust(left=0.01, right=0.99, top=0.9, bottom=0.01, wspace=0.04)
    _show(axes[0], S, f"{angle:g}°")
    _show(axes[1], close, f"rank {k}")
    sigma = np.linalg.svd(S, compute_uv=False)
    return Picture(
        fig,
        f"{angle:g}°, rank {k}: the error is {_percent(100 * compression.relative_error(S, close))}. An error of 5 % would take rank "
        f"{decomposition.rank_for_error(sigma, 0.05)} of 96.",
    )


PICTURES = ("china", "flower", "upright stripes", "turned stripes")
WAYS = {"SVD": None, "cosines, whole": None, "cosines, 8 × 8": 8}


@cache
def _picture(name: str) -> np.ndarray:
    if name in ("china", "flower"):
        return _photo(name)[40:168, 20:212]
    return compression.turned_stripes(0.0 if name == PICTURES[2] else 45.0, 192, 13.0)[:128]


@demo(
    picture=choice(*PICTURES, label="picture"),
    size=choice(1000, 2000, 4000, 8000, 16000, start=4000, label="bytes"),
)
def svd_against_cosines(picture: str, size: int) -> Picture:
    """A picture of 128 × 192 pixels in so many bytes: as factors of low rank, as the largest cosines of the whole, and of squares of 8 × 8.

    picture : which;  size : bytes, two for each number and two more for each cosine's place
    """
    A = _picture(picture)
    found = {
        "SVD": compression.svd_picture(A, size),
        "cosines, whole": compression.dct_picture(A, size),
        "cosines, 8 × 8": compression.dct_picture(A, size, 8),
    }
    errors = {name: 100 * compression.relative_error(A, close) for name, close in found.items()}
    fig, axes = canvas(1, 3, width=6.6, height=1.9, layout=None)
    fig.subplots_adjust(left=0.005, right=0.995, top=0.84, bottom=0.01, wspace=0.03)
    for ax, (name, close) in zip(axes, found.items(), strict=True):
        _show(ax, close, name)
    k = compression.rank_within(*A.shape, size)
    said = ", ".join(f"{name}: {error:.1f} %" for name, error in errors.items())
    return Picture(fig, f"{picture}, {size:,} bytes, enough for rank {k} or {size // 4:,} cosines. Errors: {said}.")
