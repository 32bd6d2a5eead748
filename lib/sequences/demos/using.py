"""Pictures of what recurrent networks are used for: which language a text is in, and what comes next in a series."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book.demos import Picture, choice, demo, given, slider, text
from lib.book.display import say
from lib.book.figures import BLUE, GREEN, INK, MUTED, ORANGE, canvas, drawable, key, name_curves
from lib.sequences import forecasting, languages, series

__all__ = [
    "forecast_picture",
    "forecasts_of_sunspots",
    "pooling_picture",
    "series_picture",
    "where_forecasts_go",
    "which_language",
]

SHOWN = 5  # languages with a bar


def _untrained() -> languages.Reader:
    rng, letters = np.random.default_rng(0), {c: k for k, c in enumerate(" abcdefghijklmnopqrstuvwxyz", 2)}
    K, shapes = (
        len(languages.catalogues().languages),
        {"E": (29, 4), "Wx": (4, 18), "Wh": (6, 18), "bx": (18,), "bh": (18,)},
    )
    shapes |= {"V": (12, K), "v": (K,)}
    return languages.Reader({name: rng.normal(size=shape) for name, shape in shapes.items()}, letters, "mean and max")


@demo(
    reader=given("which_language", sample=_untrained, of=languages.Reader),
    words=text(
        examples=(
            "gdzie jest dworzec",
            "hol van a pályaudvar",
            "gdje je kolodvor",
            "onde está a estação",
            "unde este gara",
            "çay",
            "hello world",
            "zzz",
        ),
        longest=80,
        label="text",
    ),
)
def which_language(reader: languages.Reader, words: str) -> Picture:
    """Which of 87 languages is a text in? What naive Bayes and the trained reader believe, the five most probable each.

    words : a text in any of the languages, or in none
    """
    names, asked = languages.catalogues().languages, languages.cleaned(words)
    believed = {"counted": languages.counted().probabilities([asked])[0], "recurrent": reader.probabilities([asked])[0]}
    fig, axes = canvas(1, 2, width=6.4, height=3.3, layout=None)
    fig.subplots_adjust(left=0.3, right=0.97, top=0.9, bottom=0.2, wspace=1.0)
    told = []
    for ax, (title, p), colour in zip(axes, believed.items(), (BLUE, ORANGE), strict=True):
        best = np.argsort(-p, kind="stable")[:SHOWN]
        ax.barh(range(SHOWN), 100 * p[best], color=colour, height=0.7)
        short = [names[k].replace(", Latin letters", " (Latin)").replace("Norwegian", "Norw.") for k in best]
        ax.set(xlim=(0, 100), ylim=(SHOWN - 0.4, -0.6), yticks=range(SHOWN), yticklabels=short, title=title)
        ax.set(xlabel="believed, %", xticks=(0, 50, 100))
        told.append(f"{names[best[0]]} ({100 * p[best[0]]:.0f} %)")
    shown = drawable(asked[:30] + "…" * (len(asked) > 30))
    return Picture(fig, f"For “{shown}” counting says {told[0]}, the network {told[1]}.")


def pooling_picture(right: dict[str, np.ndarray], sentences: tuple[int, ...]) -> Picture:
    """Show the shares (seeds, n) of texts that are told right by how many sentences they have, for each pooling."""
    fig, ax = canvas(height=3.5)
    means = {name: 100 * np.asarray(values).mean(axis=0) for name, values in right.items()}
    for (name, values), colour in zip(means.items(), (ORANGE, BLUE, GREEN), strict=False):
        ax.semilogx(sentences, values, "o-", base=2, color=colour, label=name)
    ax.set(xlabel="sentences in a text", ylabel="told right, %", ylim=(60, 102), xticks=sentences)
    ax.set_xticks(sentences, [str(n) for n in sentences])
    name_curves(ax)
    best = max(means, key=lambda name: means[name][-1])
    return Picture(fig, f"On the longest texts the {best} is right most often.")


def series_picture(kept: dict[str, float]) -> Picture:
    """Show the three series, and which years of each are kept back: from `kept` on, by the series' name."""
    loaded = (series.sunspots(), series.co2(), series.el_nino())
    fig, axes = canvas(3, 1, height=7.2, layout=None)
    fig.subplots_adjust(left=0.13, right=0.97, top=0.95, bottom=0.14, hspace=0.75)
    for ax, data in zip(axes, loaded, strict=True):
        known = data.before(kept[data.name])
        ax.plot(data.times[: known + 1], data.values[: known + 1], color=BLUE, linewidth=1.3)
        ax.plot(data.times[known:], data.values[known:], color=ORANGE, linewidth=1.3)
        ax.set(xlabel="year", ylabel=data.unit, title=data.name)
    key(fig, [(0.14, BLUE, "known", "—"), (0.5, ORANGE, "kept back", "—")], 0.02)
    told = ", ".join(f"{data.name} from {kept[data.name]:.0f}" for data in loaded)
    return Picture(fig, f"Kept back: {told}.")


# ------------------------------------------------------------------------------------------------------- sunspots
KEPT = 1930  # the years from here on are kept back
ORDERS = (1, 2, 3, 6, 9, 12, 18, 24)


@cache
def _fitted(order: int) -> forecasting.Autoregression:
    data = series.sunspots()
    return forecasting.fit_autoregression(data.values[: data.before(KEPT)], order)


@cache
def _walked(order: int, horizon: int) -> np.ndarray:
    data = series.sunspots()
    f = _fitted(order) if order else forecasting.naive
    return forecasting.walk_forward(f, data.values, data.before(KEPT), horizon)


def _years(ax, first: int, last: int) -> None:
    ax.set(xlim=(first, last), ylim=(-10, 260), xlabel="year", ylabel="sunspots", yticks=(0, 100, 200))


@demo(
    horizon=slider(1, 11, steps=11, start=1, label="years ahead"),
    order=choice(*ORDERS, start=2, label="years it looks back"),
)
def forecasts_of_sunspots(horizon: float, order: int) -> Picture:
    """A linear autoregression of the sunspots, fitted to the years before 1930, forecasts the years after them.

    horizon : how many years ahead each forecast is made;  order : how many years back it looks
    """
    h, data = int(horizon), series.sunspots()
    start = data.before(KEPT)
    found, wanted = _walked(order, h), forecasting.truths(data.values, start, h)[:, -1]
    last = np.array(data.values[start - 1 : start - 1 + len(wanted)])
    years = KEPT + h - 1 + np.arange(len(wanted))
    fig, ax = canvas(width=6.2, height=3.5, layout=None)
    fig.subplots_adjust(left=0.13, right=0.97, top=0.96, bottom=0.27)
    ax.plot(KEPT + np.arange(len(data) - start), data.values[start:], color=INK, linewidth=1.4)
    ax.plot(years, found[:, -1], color=BLUE)
    _years(ax, KEPT, 2008)
    key(fig, [(0.14, INK, "measured", "—"), (0.5, BLUE, f"forecast {h} year{'s' * (h > 1)} before", "—")], 0.02)
    off, naive = np.abs(found[:, -1] - wanted).mean(), np.abs(last - wanted).mean()
    return Picture(
        fig,
        f"From the last {order} year{'s' * (order > 1)}, {h} year{'s' * (h > 1)} ahead, it is off by {say(off, 3)} on average; "
        f"who repeats the last value is off by {say(naive, 3)}.",
    )


@demo(
    year=slider(1930, 1985, steps=12, start=1950, label="forecast made in"),
    order=choice(2, 9, 24, start=9, label="years it looks back"),
)
def where_forecasts_go(year: float, order: int) -> Picture:
    """A forecast of the next sixty years, from one year: it swings, ever less, and goes to the mean.

    year : the first year that is not known;  order : how many years back the autoregression looks
    """
    data, model, year = series.sunspots(), _fitted(order), int(year)
    known = data.before(year)
    ahead = model(data.values[:known], 60)
    fig, ax = canvas(width=6.2, height=3.5, layout=None)
    fig.subplots_adjust(left=0.13, right=0.97, top=0.96, bottom=0.27)
    ax.plot(1700 + np.arange(len(data)), data.values, color=INK, linewidth=1.4)
    ax.axhline(model.mean(), color=MUTED, linewidth=1.2)
    ax.plot(year - 1 + np.arange(61), [data.values[known - 1], *ahead], color=BLUE)
    ax.axvline(year - 1, color=MUTED, linewidth=1.2)
    _years(ax, 1900, 2045)
    key(fig, [(0.1, INK, "measured", "—"), (0.38, BLUE, "forecast", "—"), (0.64, MUTED, "where it settles", "—")], 0.02)
    rho = np.abs(np.linalg.eigvals(model.companion())).max()
    swing = np.abs(ahead - model.mean()).reshape(6, 10).max(axis=1)
    return Picture(
        fig,
        f"The matrix of a step has spectral radius {say(rho, 3)}. In its first ten years the forecast is up to {swing[0]:.0f} away from the mean, in its sixth up to {say(swing[-1])}.",
    )


def forecast_picture(times, truth, forecasts: dict[str, np.ndarray], unit: str) -> Picture:
    """Show a series (n,) at times (n,) and forecasts of it (n,) by name."""
    fig, ax = canvas(height=3.5)
    ax.plot(times, truth, color=INK, linewidth=1.6, label="measured")
    for (name, values), colour in zip(forecasts.items(), (ORANGE, BLUE, GREEN), strict=False):
        ax.plot(times, values, color=colour, linewidth=1.6, label=name)
    everything = np.concatenate([truth, *forecasts.values()])
    ax.set(xlabel="year", ylabel=unit, xlim=(times[0], times[-1]), ylim=(everything.min() - 2, everything.max() + 2))
    name_curves(ax)
    off = {name: np.abs(values - truth).mean() for name, values in forecasts.items()}
    return Picture(
        fig,
        f"“{min(off, key=off.get)}” stays nearest to what was measured, “{max(off, key=off.get)}” is farthest from it.",
    )
