"""Pictures of initialisation: a signal through fifty layers, units that stay twins, training from three gains."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book.demos import Picture, choice, demo
from lib.book.display import say
from lib.book.figures import BLUE, GREEN, INK, MUTED, ORANGE, canvas, key, name_curves
from lib.losses import initialisation

__all__ = ["fifty_layers", "gains_picture", "twins_picture"]

DEPTH = 50
GAINS = (0.5, 0.8, 1.0, 1.414, 1.6, 1.8, 3.0, 10.0)
LAYERS = (1, 5, 10, 50)


@cache
def _signal(phi: str, gain: float) -> tuple[initialisation.Signal, np.ndarray, np.ndarray]:
    """Return what went through a network, and the theory's scores and gradients (DEPTH,)."""
    theory = initialisation.predicted(phi, gain, DEPTH), initialisation.predicted_gradients(phi, gain, DEPTH)
    return initialisation.propagate(phi, gain, DEPTH), *theory


@demo(
    gain=choice(*GAINS, start=1.0, label="gain", labels=tuple("√2" if g == 1.414 else f"{g:g}" for g in GAINS)),
    layer=choice(*LAYERS, start=10, label="look into layer"),
    phi=choice("tanh", "ReLU", "sigmoid", label="activation"),
)
def fifty_layers(gain: float, layer: int, phi: str) -> Picture:
    """A signal through fifty layers of a hundred units, the gradient on its way back, and one layer's activations.

    gain : standard deviation of the weights times √inputs;  layer : whose activations to show;  phi : activation
    """
    found, scores, gradients = _signal(phi, np.sqrt(2) if gain == 1.414 else gain)
    fig, (ways, inside) = canvas(1, 2, width=6.6, height=3.7, layout=None, width_ratios=(1.4, 1))
    fig.subplots_adjust(left=0.13, right=0.985, top=0.91, bottom=0.27, wspace=0.36)
    x = np.arange(1, DEPTH + 1)
    for theory, measured, colour in ((scores, found.scores, BLUE), (gradients, found.gradients, ORANGE)):
        ways.semilogy(x, _shown(theory), color=MUTED, linewidth=5, alpha=0.35)
        ways.semilogy(x, _shown(measured), color=colour, linewidth=1.6)
    ways.axvline(layer, color=INK, linewidth=1, linestyle=":")
    ways.set(xlim=(0, 51), ylim=(3e-13, 3e12), yticks=[1e-12, 1e-6, 1, 1e6, 1e12], xlabel="layer")
    ways.set_ylabel("root mean square")
    ways.minorticks_off()
    values = found.activations[layer - 1]
    span = 1.0 if phi != "ReLU" else max(float(np.quantile(values, 0.995)), 1e-300)
    edges = np.linspace(-1.0 if phi == "tanh" else 0.0, span, 31)
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    inside.bar(np.arange(30) + 0.5, counts / values.size, width=1.0, color=GREEN)
    inside.set(xlim=(0, 30), ylim=(0, 0.62), xticks=[0, 30], yticks=[0, 0.25, 0.5])
    for label, align in zip(inside.set_xticklabels([say(edges[0]), say(edges[-1])]), ("left", "right"), strict=True):
        label.set_horizontalalignment(align)
    inside.set(xlabel="activation", ylabel="share")
    inside.set_title(f"layer {layer}")
    key(
        fig,
        ((0.02, BLUE, "scores"), (0.2, ORANGE, "gradients, coming back"), (0.62, MUTED, "as predicted", "▬")),
        0.035,
    )
    last, kept = found.scores[-1], found.gradients[0] / found.gradients[-1]
    forward = "vanishes" if last < 0.03 else "explodes" if last > 30 else "survives"
    back = "vanishes" if kept < 0.03 else "explodes" if kept > 30 else "survives"
    alike = np.corrcoef(values)[np.triu_indices(len(values), 1)].mean()
    return Picture(
        fig,
        f"{phi}, gain {'√2' if gain == 1.414 else f'{gain:g}'}: after {DEPTH} layers the scores have a root mean square of {say(last)}; "
        f"the gradient at the first layer is {say(kept)} of that at the last. The signal {forward}, the gradient {back}. "
        f"Two samples' activations in layer {layer} have a correlation of {say(round(alike, 3), 3)}.",
    )


def _shown(values: np.ndarray) -> np.ndarray:
    """Return the values, with NaN beyond the picture: the line leaves it instead of running along its edge."""
    return np.where((values > 1e-13) & (values < 1e13), values, np.nan)


def twins_picture(equal, random) -> Picture:
    """Show the trained incoming weights (64, 8) of eight hidden units as images, from equal and from random starts."""
    fig, rows = canvas(2, 8, width=6.4, height=2.0)
    for row, W in zip(rows, (equal, random), strict=True):
        limit = np.abs(W).max()
        for ax, column in zip(row, W.T, strict=True):
            ax.imshow(column.reshape(8, 8), cmap="cividis", vmin=-limit, vmax=limit)
            ax.set(xticks=[], yticks=[])
            ax.grid(False)
    for row, name in zip(rows, ("equal", "random"), strict=True):
        row[0].set_ylabel(name)
    different = [len(np.unique(W.round(8), axis=1).T) for W in (equal, random)]
    return Picture(
        fig,
        f"Trained from equal weights, the eight hidden units have {different[0]} pattern between them; from random ones, {different[1]}.",
    )


def gains_picture(curves: dict[str, np.ndarray]) -> Picture:
    """Show the loss of each epoch (seeds, epochs) of one deep network, started with several gains, by name."""
    fig, ax = canvas(width=6.6, height=3.6)
    count, epochs = next(iter(curves.values())).shape
    ax.set(xlabel="epoch", ylim=(0.2, 14), xlim=(0.7, epochs + 0.3), ylabel="cross-entropy", yscale="log")
    ax.set(xticks=range(1, epochs + 1), yticks=[0.25, 0.5, 1, 2, 4, 8], yticklabels=["0.25", "0.5", "1", "2", "4", "8"])
    ax.minorticks_off()
    ax.axhline(np.log(10), color=MUTED, linewidth=1, linestyle=":")
    ax.text(epochs, np.log(10) * 1.06, "guessing", color=MUTED, ha="right")
    for colour, (name, losses) in zip((BLUE, GREEN, ORANGE), curves.items(), strict=True):
        for at, run in enumerate(losses):
            ax.plot(np.arange(1, epochs + 1), run, color=colour, marker="o", markersize=3, label="" if at else name)
    name_curves(ax)
    return Picture(
        fig, f"The loss over {epochs} epochs for {len(curves)} gains, {count} draws each, beside that of guessing."
    )
