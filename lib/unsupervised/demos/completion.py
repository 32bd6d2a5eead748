"""Pictures of completion: a table with holes, a photo that fills in, rank and price, what can be recovered, and parts of digits."""

from __future__ import annotations

from functools import cache

import numpy as np
from matplotlib.colors import Colormap, ListedColormap
from matplotlib.patches import Rectangle

from lib.book import validate
from lib.book.demos import Picture, choice, demo, slider
from lib.book.display import say
from lib.book.figures import BLUE, GREEN, INK, MUTED, ORANGE, PINK, canvas, key, name_curves
from lib.book.parameters import given
from lib.convnets.photos import grey
from lib.unsupervised.completion import als
from lib.unsupervised.completion.ratings import Ratings, biases, observed, rmse

__all__ = [
    "choosing_rank_and_price",
    "filling_in",
    "losses_picture",
    "parts_of_digits",
    "phase_diagram",
    "stars_picture",
]

RANKS = (1, 2, 4, 8, 12)
PRICES = {"counted": (0.02, 0.05, 0.1, 0.15, 0.2, 0.3), "plain": (0.5, 1.0, 2.0, 3.0, 5.0, 8.0)}


def _map(ax, values: np.ndarray, title: str, low: float, high: float, colours: str | Colormap = "gray") -> None:
    ax.imshow(values, cmap=colours, vmin=low, vmax=high, interpolation="nearest")
    ax.set(xticks=[], yticks=[], title=title)
    ax.grid(False)
    for side in ax.spines.values():
        side.set_visible(False)


# ------------------------------------------------------------------------------------------------------ a table of stars
STARS = {1: INK, 2: PINK, 3: ORANGE, 4: BLUE, 5: GREEN}


def stars_picture(ratings: Ratings, users: int = 40, films: int = 60) -> Picture:
    """Draw a corner of a table of stars, nothing where nobody has rated.

    ratings : whole stars from 1 to 5;  users, films : how many rows and columns of it
    """
    ratings = validate.instance(ratings, Ratings, "ratings")
    users = validate.whole(users, "users", low=1, high=200)
    films = validate.whole(films, "films", low=1, high=200)
    shown = ratings.take((ratings.rows < users) & (ratings.columns < films))
    fig, ax = canvas(width=6.4, height=4.2, layout=None)
    fig.subplots_adjust(left=0.11, right=0.97, top=0.98, bottom=0.24)
    for stars, colour in STARS.items():
        those = shown.take(shown.values == stars)
        ax.plot(those.columns, those.rows, "s", color=colour, markersize=4.5)
    ax.set(xlim=(-1, films), ylim=(users, -1), xlabel="film", ylabel="user")
    key(fig, [(0.08 + 0.17 * k, STARS[k + 1], f"{k + 1} star{'s' * (k > 0)}", "■") for k in range(5)], 0.02)
    return Picture(fig, f"Of {users} users and {films} films: {len(shown)} of {users * films:,} places are rated.")


# --------------------------------------------------------------------------------------------------- a photo that fills in
SEEN, PHOTO_RANKS, PHOTO_SWEEPS = (20, 40, 60), (1, 4, 12), (0, 2, 5, 20)
GREYS = 16  # shades that are drawn, so that the frames stay small


@cache
def pixels() -> np.ndarray:
    """Return the piece of the photo that is completed, every 2 × 2 pixels averaged: (58, 84), grey."""
    return grey("china")[12:128, 26:194].reshape(58, 2, 84, 2).mean(axis=(1, 3))


@cache
def _hidden(seen: int) -> tuple[Ratings, Ratings, np.ndarray]:
    """Return the pixels that are seen, those that are not, and what biases say everywhere."""
    image = pixels()
    mask = np.random.default_rng(seen).random(image.shape) < seen / 100
    known = observed(np.where(mask, image, np.nan))
    return known, observed(np.where(mask, np.nan, image)), biases(known, 2, 2).table()


@cache
def _filled(seen: int, rank: int, sweeps: int) -> np.ndarray:
    """Return the photo (58, 84) as so many sweeps complete it; 0 sweeps: the biases alone."""
    known, _, base = _hidden(seen)
    if not sweeps:
        return base
    rest = known.minus(base[known.rows, known.columns])
    return base + als.als(rest, rank, 0.01, sweeps, np.random.default_rng(0)).table()


@demo(
    seen=choice(*SEEN, start=40, label="pixels seen", labels=tuple(f"{s} %" for s in SEEN)),
    rank=choice(*PHOTO_RANKS, start=4, label="rank"),
    sweeps=choice(*PHOTO_SWEEPS, start=0, label="sweeps"),
)
def filling_in(seen: int, rank: int, sweeps: int) -> Picture:
    """A photo of which some pixels are known, and what factors make of the rest.

    seen : percentage of the pixels that are known;  rank : of the factors;  sweeps : of alternating least squares, 0 for biases alone
    """
    known, hidden, base = _hidden(seen)
    found = _filled(seen, rank, sweeps)
    fig, axes = canvas(1, 2, width=6.4, height=2.7, layout=None)
    fig.subplots_adjust(left=0.01, right=0.99, top=0.88, bottom=0.02, wspace=0.04)
    _map(axes[0], np.rint(GREYS * known.table(missing=0.0)), "what is seen", 0, GREYS)
    _map(axes[1], np.rint(GREYS * found.clip(0, 1)), "what is made of it", 0, GREYS)
    error, before = (rmse(table[hidden.rows, hidden.columns], hidden) for table in (found, base))
    return Picture(
        fig,
        f"{seen} % of the pixels are seen, rank {rank}, after {sweeps} sweeps: at the others the error is {say(error, 2)} of white; with biases alone it "
        f"is {say(before, 2)}.",
    )


# ------------------------------------------------------------------------------------------------------ rank and price
def _sample_of_grid() -> dict[str, np.ndarray]:
    cup = 0.8 + 0.02 * (np.arange(5)[:, None] - 2.0) ** 2 + 0.01 * (np.arange(6) - 2.0) ** 2
    grid = cup[..., None] + 0.003 * np.arange(3)
    return {f"{what}_{kind}": grid - (what == "fitted") * 0.2 for what in ("fitted", "held") for kind in PRICES} | {
        "baseline": np.full(3, 0.92)
    }


@demo(
    found=given("rating_grid", sample=_sample_of_grid),
    rank=choice(*RANKS, start=12, label="rank"),
    price=choice(*PRICES, label="λ", labels=("times the count", "alone")),
)
def choosing_rank_and_price(found, rank: int, price: str) -> Picture:
    """Errors of the fitted ratings and of those held back, by the price λ, on several splits.

    found : "fitted_counted", "held_plain" …, each (ranks, prices, splits), and "baseline" (splits,);  rank : of the factors;  price : the form of λ
    """
    at, lams = RANKS.index(rank), PRICES[price]
    fitted, held = (found[f"{what}_{price}"][at] for what in ("fitted", "held"))
    fig, ax = canvas(width=6.4, height=3.7, layout=None)
    fig.subplots_adjust(left=0.13, right=0.77, top=0.96, bottom=0.18)
    for values, colour, name in ((held, BLUE, "held back"), (fitted, ORANGE, "fitted")):
        ax.plot(lams, values.mean(axis=1), color=colour, label=name)
        ax.plot(np.repeat(lams, values.shape[1]), values.ravel(), "o", color=colour, markersize=4)
    base = float(found["baseline"].mean())
    ax.axhline(base, color=MUTED, linestyle="--")
    ax.text(lams[0], base + 0.008, "biases alone", color=MUTED, fontsize=12)
    ax.set(xscale="log", ylim=(0.3, 1.02), xlabel="λ", ylabel="RMSE, stars")
    ax.set_xlim(lams[0] / 1.1, lams[-1] * 1.1)
    ax.set_xticks(lams[::2], [say(x) for x in lams[::2]])
    ax.minorticks_off()
    name_curves(ax)
    best = int(np.argmin(held.mean(axis=1)))
    return Picture(
        fig,
        f"Rank {rank}, λ {'times the count' if price == 'counted' else 'alone'}: least error on what is held back {say(held[best].mean(), 2)} stars, at "
        f"λ = {say(lams[best])}. With the smallest λ it is {say(held[0].mean(), 2)}, and {say(fitted[0].mean(), 2)} on what was fitted.",
    )


def losses_picture(losses, squares) -> Picture:
    """Draw the objective after each half sweep, and the squared errors that are a part of it.

    losses, squares : (h,) after half sweep 1, 2, …
    """
    losses = validate.vector(losses, "losses")
    squares = validate.vector(squares, "squares", len(losses), "losses")
    fig, ax = canvas(width=6.4, height=3.4, layout=None)
    fig.subplots_adjust(left=0.14, right=0.7, top=0.96, bottom=0.19)
    halves = np.arange(1, len(losses) + 1)
    ax.plot(halves, losses, "o-", color=BLUE, markersize=4, label="objective")
    ax.plot(halves, squares, "o-", color=ORANGE, markersize=4, label="squared errors")
    ax.set(xlabel="half sweep", ylabel="sum over ratings", ylim=(0, 1.1 * losses.max()))
    name_curves(ax)
    rose = int((np.diff(squares) > 0).sum())
    return Picture(
        fig,
        f"The objective falls with every half sweep; the squared errors alone rise in {rose} of {len(losses) - 1}.",
    )


# -------------------------------------------------------------------------------------------------- what can be recovered
STATES = ListedColormap(["#d1495b", "#7d7c78", "#2b8cbe"])  # missed, seen, found: clear of paper in light and in dark
SIDE, MOST_RANK, SHARES = 40, 10, np.round(np.arange(0.1, 0.81, 0.05), 2)


@cache
def _recovered(rank: int, share: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a matrix (40, 40) of this rank, which entries are seen, and what completion makes of them."""
    rng = np.random.default_rng([rank, round(100 * share)])
    M = rng.normal(size=(SIDE, rank)) @ rng.normal(size=(rank, SIDE))
    seen = rng.random(M.shape) < share
    return M, seen, als.complete(observed(np.where(seen, M, np.nan)), rank).table()


def _sample_of_phase() -> dict[str, np.ndarray]:
    ranks = np.arange(1, MOST_RANK + 1)[:, None]
    return {"recovered": (SHARES > 0.1 + 0.05 * ranks) * 1.0}


@demo(
    found=given("completion_phase", sample=_sample_of_phase),
    rank=slider(1, 10, steps=10, start=3, label="rank"),
    share=slider(0.1, 0.8, steps=8, start=0.3, label="share seen"),
)
def phase_diagram(found, rank: int, share: float) -> Picture:
    """How often a matrix of 40 × 40 is recovered, by rank and share of entries seen; and one matrix of the chosen kind.

    found : "recovered" (ranks, shares), from 0 to 1;  rank : of the matrix;  share : of its entries that are seen
    """
    M, seen, table = _recovered(int(rank), float(share))
    wrong = np.abs(table - M) > 0.1 * np.sqrt(rank)
    fig, axes = canvas(1, 2, width=6.4, height=3.5, layout=None, gridspec_kw={"width_ratios": [1.1, 1]})
    fig.subplots_adjust(left=0.1, right=0.98, top=0.9, bottom=0.3, wspace=0.1)
    ax = axes[0]
    step = SHARES[1] - SHARES[0]
    extent = (SHARES[0] - step / 2, SHARES[-1] + step / 2, 0.5, MOST_RANK + 0.5)
    ax.imshow(
        found["recovered"],
        cmap="cividis",
        vmin=0,
        vmax=1,
        origin="lower",
        extent=extent,
        aspect="auto",
        interpolation="nearest",
    )
    ranks = np.linspace(0.5, MOST_RANK + 0.5, 41)
    ax.plot(ranks * (2 * SIDE - ranks) / SIDE**2, ranks, color=ORANGE)
    ax.plot([share], [rank], "s", color=ORANGE, markersize=9, markerfacecolor="none", markeredgewidth=2)
    ax.set(xlim=extent[:2], ylim=extent[2:], xlabel="share seen", ylabel="rank", yticks=[1, 4, 7, 10])
    ax.grid(False)
    ax = axes[1]
    states = np.where(seen, 0.5, np.where(wrong, 0.0, 1.0))
    _map(ax, states[:24, :24], "its first 24 × 24", 0, 1, STATES)
    key(fig, [(0.02, ORANGE, "as many entries as unknowns", "—")], 0.02)
    key(fig, [(0.56 + 0.14 * k, STATES(k), name, "■") for k, name in ((2, "found"), (1, "seen"), (0, "missed"))], 0.02)
    error = np.linalg.norm(table - M) / np.linalg.norm(M)
    numbers = int(rank * (2 * SIDE - rank))
    told = "recovered" if error < 0.01 else "not recovered"
    return Picture(
        fig,
        f"Rank {rank}: {numbers} unknowns, and {int(seen.sum())} of 1,600 entries seen. This matrix is {told}; of {len(SHARES)} shares, five matrices "
        f"each, all are from {_all_from(found['recovered'][int(rank) - 1])} on.",
    )


def _all_from(row: np.ndarray) -> str:
    """Return the least share from which on every matrix was recovered."""
    bad = np.flatnonzero(row < 1)
    at = int(bad[-1]) + 1 if len(bad) else 0
    return say(SHARES[at]) if at < len(SHARES) else "more than 0.8"


# ------------------------------------------------------------------------------------------------------- parts of digits
PART_RANKS = (9, 16, 25)


def _sample_of_parts() -> dict[str, np.ndarray]:
    spots = np.abs(np.sin(np.arange(784)[:, None] * (1 + np.arange(25)) / 90))
    return {f"{kind}_{r}": spots[:, :r] - (kind == "svd") * 0.5 for kind in ("nmf", "svd") for r in PART_RANKS}


@demo(
    found=given("digit_parts", sample=_sample_of_parts),
    kind=choice("nmf", "svd", label="factors", labels=("nonnegative", "singular vectors")),
    rank=choice(*PART_RANKS, start=16, label="rank"),
)
def parts_of_digits(found, kind: str, rank: int) -> Picture:
    """The columns of V as pictures: violet where they add ink, orange where they take it away.

    found : "nmf_9" …, "svd_25", each (784, rank);  kind : which factors;  rank : how many
    """
    V = found[f"{kind}_{rank}"]
    V = V * np.where(V.sum(axis=0) < 0, -1.0, 1.0)  # a singular vector's sign is free
    side = round(rank**0.5)
    size = np.abs(V).max(axis=0)
    tiles = (V / np.where(size > 0, size, 1)).T.reshape(side, side, 28, 28)
    tiles = np.pad(tiles, ((0, 0), (0, 0), (1, 1), (1, 1)))
    sheet = tiles.transpose(0, 2, 1, 3).reshape(30 * side, 30 * side)
    fig, ax = canvas(width=4.6, height=4.9, layout=None)
    fig.subplots_adjust(left=0.02, right=0.98, top=0.99, bottom=0.1)
    _map(ax, sheet, "", -1, 1, "PuOr")
    for k in range(1, side):
        ax.add_patch(Rectangle((-0.5, 30 * k - 0.5), 30 * side, 0, color=MUTED, linewidth=0.8))
        ax.add_patch(Rectangle((30 * k - 0.5, -0.5), 0, 30 * side, color=MUTED, linewidth=0.8))
    key(fig, [(0.08, "#8073ac", "adds ink", "■"), (0.52, "#b35806", "takes ink away", "■")], 0.02, 11.6)
    below = int((V < 0).any(axis=0).sum())
    told = "none takes ink away anywhere" if not below else f"{below} of them take ink away somewhere"
    return Picture(fig, f"{rank} {'nonnegative factors' if kind == 'nmf' else 'singular vectors'}: {told}.")
