"""Pictures of optimisers: a race over a surface, the learning rate against λmax, batches, schedules."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book import datasets
from lib.book.demos import Picture, choice, demo, log_slider, slider
from lib.book.display import say
from lib.book.figures import BLUE, GREEN, INK, MUTED, ORANGE, PINK, canvas, key, name_curves
from lib.losses import optimisers

__all__ = ["batches", "learning_rates_picture", "patients", "rate_and_curvature", "rising_and_falling", "the_race"]

# ------------------------------------------------------------------------------------------------------------- the race
STEPS = 60
RACERS = {  # name: (optimiser of a rate, colour, line)
    "gradient descent": (optimisers.GradientDescent, BLUE, "-"),
    "momentum": (optimisers.Momentum, ORANGE, "-"),
    "RMSProp": (lambda rate: optimisers.RMSProp(rate, beta2=0.9), PINK, "-"),
    "Adam": (optimisers.Adam, GREEN, "-"),
}
RATES = (0.003, 0.01, 0.03, 0.07, 0.1, 0.3)
OWN = "each its best"
SEARCHED = np.logspace(-3, 1, 25)  # the rates from which each takes its best


@cache
def _run(surface: str, start: int, name: str, rate: float) -> np.ndarray:
    ground = optimisers.SURFACES[surface]
    return optimisers.minimise(ground.gradient, np.array(ground.starts[start]), RACERS[name][0](rate), STEPS)


def _height(surface: str, path: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore", invalid="ignore"):
        values = optimisers.SURFACES[surface].value(np.clip(path, -1e6, 1e6))
    return np.maximum(np.nan_to_num(values, nan=1e30, posinf=1e30), 1e-16)


@cache
def _best_rate(surface: str, start: int, name: str) -> float:
    """Return the rate whose last five steps are lowest on average: one lucky crossing does not count."""
    ends = [_height(surface, _run(surface, start, name, rate))[-5:].mean() for rate in SEARCHED]
    return float(SEARCHED[int(np.argmin(ends))])


@cache
def _ground(surface: str) -> tuple:
    left, right, bottom, top = optimisers.SURFACES[surface].box
    x, y = np.meshgrid(np.linspace(left, right, 44), np.linspace(bottom, top, 40))
    Z = optimisers.SURFACES[surface].value(np.dstack([x, y]))
    return x, y, Z, np.quantile(Z, [0.03, 0.12, 0.28, 0.5, 0.75])


@demo(
    surface=choice(*optimisers.SURFACES, label="surface"),
    start=choice(0, 1, 2, labels=("A", "B", "C"), label="start"),
    rate=choice(*RATES, OWN, start=0.03, label="learning rate"),
)
def the_race(surface: str, start: int, rate: float | str) -> Picture:
    """Four optimisers run sixty steps from one place: their paths, their losses, and who won.

    surface, start : where they run;  rate : the same for all four, or for each the best of 25
    """
    rates = {name: _best_rate(surface, start, name) if rate == OWN else float(rate) for name in RACERS}
    paths = {name: _run(surface, start, name, rates[name]) for name in RACERS}
    losses = {name: _height(surface, path) for name, path in paths.items()}
    left, right, bottom, top = optimisers.SURFACES[surface].box
    x, y, Z, levels = _ground(surface)

    fig, (ground, curve) = canvas(1, 2, width=6.6, height=3.6, layout=None, width_ratios=(1.25, 1))
    fig.subplots_adjust(left=0.06, right=0.985, top=0.91, bottom=0.26, wspace=0.42)
    ground.contour(x, y, Z, levels, colors=MUTED, linewidths=0.7, alpha=0.7)
    for name, (_, colour, _) in RACERS.items():
        path = paths[name]
        inside = np.abs(path - [(left + right) / 2, (bottom + top) / 2]) < np.array([right - left, top - bottom]) * 2
        gone = np.flatnonzero(~inside.all(axis=1))
        shown = path[: gone[0] + 1] if len(gone) else path
        ground.plot(*shown.T, color=colour, linewidth=1.5, alpha=0.9, marker="o", markersize=2.2)
        curve.semilogy(np.clip(losses[name], 1e-12, 1e8), color=colour, linewidth=1.8)
    ground.plot(*optimisers.SURFACES[surface].starts[start], "s", color=INK, markersize=6)
    ground.plot(*_lowest(surface), "*", color=INK, markersize=10)
    ground.set(xlim=(left, right), ylim=(bottom, top), xticks=[], yticks=[])
    ground.grid(False)
    ground.set(xlabel="w₁", ylabel="w₂")
    ground.set_title("paths from ■ to ★")
    curve.set(xlim=(0, STEPS), ylim=(5e-9, 2e4), yticks=[1e-8, 1e-4, 1, 1e4], xlabel="step", ylabel="loss")
    curve.minorticks_off()
    places = (0.03, 0.33, 0.57, 0.81)
    key(fig, ((x, colour, name) for x, (name, (_, colour, _)) in zip(places, RACERS.items(), strict=True)), 0.045)
    return Picture(fig, _report(surface, start, rate, rates, paths, losses))


def _lowest(surface: str) -> tuple[float, float]:
    return (1.0, 1.0) if surface == "banana" else (1.0, 0.0) if surface == "two hollows" else (0.0, 0.0)


def _report(surface, start, rate, rates, paths, losses) -> str:
    """Say who won and why, from what happened in this race."""
    ends = {name: float(losses[name][-5:].mean()) for name in RACERS}
    first = float(losses["Adam"][0])
    flown = [name for name in RACERS if ends[name] > 10 * first]
    stuck = [name for name in RACERS if surface == "two hollows" and abs(paths[name][-1, 0] + 1) < 0.5]
    order = sorted(ends, key=ends.get)
    winner, second = order[:2]
    told = ", ".join(f"{name} {_loss(ends[name])}" for name in order if name not in flown)
    opening = (
        f"At the rates {', '.join(f'{n} {say(rates[n])}' for n in order)}"
        if rate == OWN
        else f"At the rate {say(float(rate))}"
    )
    if len(flown) == len(RACERS):
        return f"{opening} all four fly off."
    if ends[winner] > 0.5 * first:
        why = "Nobody gets far: " + (
            f"on so flat a ground the gradient is nearly zero, and sixty steps of about {say(float(rate))} are short."
            if surface == "plateau"
            else "the rate is too small for sixty steps."
            if rate != OWN and float(rate) < 0.05
            else "the steps are too long for this ground."
        )
    elif ends[winner] > 0.5 * ends[second]:
        why = f"{_names([winner, second])} end level."
    else:
        why = f"{_names([winner])} wins: " + _reason(winner, surface, start, stuck, paths, rates)
    if len(stuck) == len(RACERS):
        return f"{opening} all four end in the higher hollow, at {say(ends[winner])}: none had the speed to leave it."
    if flown:
        why += f" {_names(flown)} {'flies' if len(flown) == 1 else 'fly'} off: the steps are longer than the curvature bears."
    if stuck and winner in stuck:
        why += f" {_names(stuck)} {'ends' if len(stuck) == 1 else 'end'} in the higher hollow."
    return f"{opening} the losses after {STEPS} steps are {told}. {why}"


def _loss(value: float) -> str:
    return say(value) if value >= 1e-12 else "below 10⁻¹²"


def _reason(winner: str, surface: str, start: int, stuck: list[str], paths, rates) -> str:
    gone = {
        name: float(np.linalg.norm(np.diff(np.clip(paths[name], -1e3, 1e3), axis=0), axis=1)[:10].sum())
        for name in RACERS
    }
    away = np.linalg.norm(np.subtract(optimisers.SURFACES[surface].starts[start], _lowest(surface)))
    if stuck and winner not in stuck:
        return f"it reaches the lower hollow, which {_names(stuck, capital=False)} {'does' if len(stuck) == 1 else 'do'} not."
    if winner == "momentum":
        return (
            "it gathers speed where the slopes agree: in ten steps it has gone "
            f"{say(gone['momentum'])}, plain descent {say(gone['gradient descent'])}."
        )
    if winner == "gradient descent" and STEPS * rates["Adam"] < away:
        return f"it moves the faster the steeper the ground, while RMSProp and Adam go about {say(rates['Adam'])} a step however steep it is."
    if winner == "gradient descent":
        return "it stops where the slope ends, while the others still carry speed or take steps of a fixed length."
    if winner == "RMSProp":
        return f"it divides by the size of the slopes, so flat directions get steps as long as steep ones, about {say(rates['RMSProp'])} each."
    return "it divides by the size of the slopes, so the flat direction gets its share, and averages the zigzag away."


def _names(names: list[str], capital: bool = True) -> str:
    text = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return text[0].upper() + text[1:] if capital else text


# ------------------------------------------------------------------------------------------------ the rate against λmax
@demo(
    share=slider(0.1, 2.2, steps=22, start=1.0, label="learning rate · λmax"),
    kappa=choice(2, 10, 50, start=10, label="λmax/λmin"),
)
def rate_and_curvature(share: float, kappa: int) -> Picture:
    """Gradient descent on a quadratic bowl: along each axis the error is multiplied by 1 − ηλ at every step.

    share : η λmax;  kappa : λmax/λmin, the stretch of the bowl
    """
    eigenvalues = np.array([1.0 / kappa, 1.0])
    factors = 1 - share * eigenvalues
    path = np.array([3.0, 1.0]) * factors ** np.arange(31)[:, None]
    fig, (bowl, curve) = canvas(1, 2, width=6.6, height=3.3, layout=None, width_ratios=(1.25, 1))
    fig.subplots_adjust(left=0.06, right=0.9, top=0.97, bottom=0.18, wspace=0.46)
    angle = np.linspace(0, 2 * np.pi, 100)
    for level in (0.02, 0.08, 0.2, 0.45, 0.9):
        bowl.plot(
            *(np.sqrt(2 * level / eigenvalues)[:, None] * [np.cos(angle), np.sin(angle)]), color=MUTED, linewidth=0.7
        )
    near = path[: np.flatnonzero(np.abs(path[:, 1]) < 4)[-1] + 1] if np.abs(factors[1]) <= 1 else path[:14]
    bowl.plot(*near.T, color=BLUE, marker="o", markersize=3, linewidth=1.4)
    bowl.plot(0, 0, "*", color=INK, markersize=10)
    bowl.set(xlim=(-1.5, 3.4), ylim=(-1.9, 1.9), xticks=[], yticks=[])
    bowl.grid(False)
    bowl.set(xlabel="flat axis", ylabel="steep axis")
    for at, colour, name in ((0, GREEN, "flat"), (1, ORANGE, "steep")):
        curve.semilogy(np.clip(np.abs(path[:, at]) / path[0, at], 1e-9, 1e6), color=colour, label=name)
    curve.set(xlim=(0, 30), ylim=(1e-6, 1e3), xticks=[0, 10, 20, 30], xlabel="step", ylabel="error, first = 1")
    curve.set_yticks([1e-6, 1e-3, 1, 1e3])
    curve.minorticks_off()
    name_curves(curve)
    worst = float(np.abs(factors).max())
    verdict = (
        "it flies off"
        if worst > 1 + 1e-9
        else "the steep axis swings for ever"
        if abs(worst - 1) < 1e-9
        else f"the slower axis shrinks to {say(worst)} of its error at each step"
    )
    return Picture(
        fig,
        f"With ηλmax = {say(share)} the steep axis is multiplied by {say(float(factors[1]))} and the flat one by {say(float(factors[0]), 3)} at each step: {verdict}.",
    )


# --------------------------------------------------------------------------------------------------------------- batches
@cache
def patients() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return A (442, 2) without the free term, y (442,) and the best w for the standardised body mass index and blood pressure of the patients."""
    data = datasets.diabetes()
    X = data.X[:, [2, 3]]
    X, y = (X - X.mean(axis=0)) / X.std(axis=0), (data.y - data.y.mean()) / data.y.std()
    return X, y, np.linalg.lstsq(X, y, rcond=None)[0]


@cache
def _noisy_path(batch: int, rate: float) -> np.ndarray:
    """Return 120 steps (121, 2) of mini-batch descent on the patients' mean squared error."""
    A, y, _ = patients()
    rng, w = np.random.default_rng(5), np.array([-0.6, 0.6])
    path = [w]
    for _ in range(120):
        chosen = rng.choice(len(y), batch, replace=False)
        w = w - rate * 2 / batch * A[chosen].T @ (A[chosen] @ w - y[chosen])
        path.append(w)
    return np.array(path)


@demo(
    batch=choice(1, 4, 16, 64, 442, start=4, label="samples a step"),
    rate=log_slider(0.003, 0.3, steps=9, start=0.03, label="learning rate"),
)
def batches(batch: int, rate: float) -> Picture:
    """Mini-batch descent on 442 patients, two coefficients: 120 steps, and how far the end shivers about the answer.

    batch : samples that each gradient is computed from;  rate : the learning rate
    """
    A, y, best = patients()
    path = _noisy_path(batch, rate)
    shiver = float(np.sqrt(np.mean(np.sum((path[-40:] - best) ** 2, axis=1))))
    said = say(shiver) if shiver > 1e-6 else "less than 10⁻⁶"
    x, z = np.meshgrid(np.linspace(-1, 1.3, 50), np.linspace(-0.7, 1.1, 50))
    Z = np.mean((A @ np.stack([x.ravel(), z.ravel()]) - y[:, None]) ** 2, axis=0).reshape(x.shape)
    fig, ax = canvas(width=5.4, height=3.7, layout=None)
    fig.subplots_adjust(left=0.17, right=0.98, top=0.91, bottom=0.15)
    ax.contour(x, z, Z, np.quantile(Z, [0.02, 0.1, 0.25, 0.45, 0.7]), colors=MUTED, linewidths=0.7, alpha=0.7)
    ax.plot(*np.clip(path, -5, 5).T, color=BLUE, linewidth=1.1, marker="o", markersize=2)
    ax.plot(*best, "*", color=INK, markersize=12)
    ax.set(
        xlim=(-1, 1.3),
        ylim=(-0.7, 1.1),
        xlabel="coefficient of body mass index",
        ylabel="coefficient of blood pressure",
    )
    ax.grid(False)
    ax.set_title(f"last 40 steps: {said} from the answer")
    return Picture(
        fig,
        f"With {batch} sample{'s' if batch > 1 else ''} a step and the rate {say(rate)}, the last 40 of 120 steps are {said} from the answer in root mean square; "
        f"{120 * batch:,} samples were looked at.",
    )


# ------------------------------------------------------------------------------------------------------------- schedules
@demo(
    name=choice(*optimisers.SCHEDULES, start="cosine", label="schedule"),
    first=slider(0, 30, steps=7, start=10, label="warm-up steps"),
)
def rising_and_falling(name: str, first: float) -> Picture:
    """The factor on the learning rate over a hundred steps: a warm-up, then a schedule.

    name : the schedule;  first : how many steps the rise takes
    """
    schedule = optimisers.SCHEDULES[name]
    schedule = optimisers.warm_up(schedule, int(first)) if first else schedule
    values = np.array([schedule(t, 100) for t in range(100)])
    fig, ax = canvas(width=5.6, height=2.9, layout=None)
    fig.subplots_adjust(left=0.13, right=0.955, top=0.96, bottom=0.19)
    ax.plot(values, color=BLUE)
    ax.set(xlim=(0, 100), ylim=(0, 1.08), xlabel="step", ylabel="factor on the rate")
    return Picture(
        fig,
        f"The {name} schedule with {int(first)} warm-up steps: factor {say(values[0])} at the first step, {say(values[50])} at step 50, {say(values[-1], 1)} at the last.",
    )


# -------------------------------------------------------------------------------------------------------------- statics
def learning_rates_picture(curves: dict[str, np.ndarray]) -> Picture:
    """Show the loss of each epoch (epochs,) for several ways of training the digits, by name."""
    fig, ax = canvas(width=6.6, height=3.7)
    for colour, (name, losses) in zip((BLUE, ORANGE, GREEN, PINK), curves.items(), strict=True):
        ax.semilogy(np.arange(1, len(losses) + 1), losses, color=colour, marker="o", markersize=4, label=name)
    epochs = len(losses)
    ax.set(xlabel="epoch", ylim=(0.004, 4), xlim=(0.7, epochs + 0.3), ylabel="cross-entropy")
    ax.set_xticks(range(1, epochs + 1))
    name_curves(ax)
    highest, *others = sorted(curves, key=lambda name: -curves[name][-1])
    return Picture(fig, f"Over {epochs} epochs all four losses fall; “{highest}” stays above the {len(others)} others.")
