"""Pictures of ridge regression: the trace of the coefficients, what each direction keeps, and the error left out."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book import datasets
from lib.book.demos import Picture, choice, demo, log_slider
from lib.book.display import say
from lib.book.figures import BLUE, CYCLE, INK, MUTED, ORANGE, SKY, canvas, name_curves
from lib.regularization.overfitting import standardize
from lib.regularization.ridge import ridge_path, shrinkage

__all__ = ["SHORT", "leave_one_out_picture", "ridge_trace"]

SHORT = {
    "Longley": ("prices", "GNP", "unemployed", "forces", "population", "year"),
    "diabetes": ("age", "sex", "BMI", "pressure", "TC", "LDL", "HDL", "TC/HDL", "log TG", "sugar"),
}


@cache
def table(name: str):
    """Return the standardised features (N, k) and the target (N,) of a data set, and its path over `lams`."""
    data = datasets.longley() if name == "Longley" else datasets.diabetes()
    Z, _, _ = standardize(data.x if name == "Longley" else data.X)
    y = data.b / 1000 if name == "Longley" else data.y
    return Z, y, ridge_path(Z, y, LAMS)


LAMS = np.logspace(-4, 4, 49)


@demo(
    lam=log_slider(1e-4, 1e4, steps=33, start=1e-2, label="λ"),
    data=choice("Longley", "diabetes", label="data"),
)
def ridge_trace(lam: float, data: str) -> Picture:
    """Drag λ along the coefficients' paths; below, what is kept of each singular direction, and what it costs.

    lam : λ, for standardised features;  data : which table
    """
    Z, y, path = table(data)
    here = ridge_path(Z, y, [lam])
    s = np.linalg.svd(Z, compute_uv=False)
    fig, (top, low) = canvas(2, 1, width=6.2, height=5.6, layout=None, gridspec_kw={"height_ratios": (1.9, 1)})
    fig.subplots_adjust(left=0.12, right=0.82, top=0.97, bottom=0.1, hspace=0.34)
    for j, name in enumerate(SHORT[data]):
        colour, dashes = CYCLE[j % 6], "-" if j < 6 else "--"
        top.plot(np.log10(LAMS[::-1]), path.W[::-1, j], dashes, color=colour, linewidth=1.8, label=name)
        top.plot(np.log10(lam), here.W[0, j], "o", color=colour, markersize=5)
    top.axvline(np.log10(lam), color=MUTED, linewidth=1)
    top.set(xlim=(4, -4), ylim=(-3.9, 9.0) if data == "Longley" else (-43, 47))
    top.set_xticks([4, 2, 0, -2, -4], ["10⁴", "100", "1", "0.01", "10⁻⁴"])
    top.set(xlabel="λ", ylabel="coefficient (standardised)")
    name_curves(top)
    keep = shrinkage(s, lam)
    low.bar(range(1, len(s) + 1), np.ones(len(s)), color=SKY, alpha=0.25, width=0.7)
    low.bar(range(1, len(s) + 1), keep, color=BLUE, width=0.7)
    low.set(xlim=(0.4, len(s) + 0.6), ylim=(0, 1.05), xticks=range(1, len(s) + 1), yticks=[0, 0.5, 1])
    low.set(xlabel="singular direction, strongest first", ylabel="share kept")
    unit = "million people" if data == "Longley" else "points"
    return Picture(
        fig,
        f"{data}, λ = {say(lam)}: {say(here.degrees[0], 3)} effective degrees of freedom, longest coefficient "
        f"{say(np.abs(here.W[0]).max())}, leave-one-out error {say(np.sqrt(here.loo[0]), 3)} {unit} (root mean square).",
    )


def leave_one_out_picture() -> Picture:
    """Show the training, leave-one-out and generalised cross-validation errors of the diabetes table over λ."""
    Z, y, path = table("diabetes")
    seen = np.array([np.mean((Z @ w + w0 - y) ** 2) for w, w0 in zip(path.W, path.w0, strict=True)])
    fig, ax = canvas(height=3.4)
    ax.plot(np.log10(LAMS), np.sqrt(seen), color=ORANGE, label="seen")
    ax.plot(np.log10(LAMS), np.sqrt(path.loo), color=BLUE, label="left out")
    ax.plot(np.log10(LAMS), np.sqrt(path.gcv), color=INK, linestyle="--", linewidth=1.4, label="GCV")
    best = path.best
    ax.plot(np.log10(LAMS[best]), np.sqrt(path.loo[best]), "o", color=BLUE, markersize=8)
    ax.set(xlabel="λ", ylabel="root mean square error, points", xlim=(-2, 3), ylim=(53, 62))
    ax.set_xticks([-2, -1, 0, 1, 2, 3], ["0.01", "0.1", "1", "10", "100", "1000"])
    name_curves(ax)
    return Picture(
        fig,
        f"The leave-one-out error is least near λ = {say(LAMS[best], 1)}, {np.sqrt(path.loo[best]):.1f} points; GCV follows it closely, and "
        f"the error on the patients themselves only grows with λ.",
    )
