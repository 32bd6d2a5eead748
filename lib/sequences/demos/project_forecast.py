"""The picture of the project "Twelve months ahead"."""

from __future__ import annotations

import numpy as np

from lib.book.demos import Picture
from lib.book.figures import BLUE, MUTED, ORANGE, canvas

__all__ = ["measured_and_changes"]


def measured_and_changes(y, times) -> Picture:
    """Show monthly carbon dioxide y (N,) in ppm over its times (N,) in years, and below it the change against the year before."""
    changes = y[12:] - y[:-12]
    fig, (above, below) = canvas(2, 1, height=4.8, sharex=True, height_ratios=(3, 2))
    above.plot(times, y, color=BLUE, linewidth=1.5)
    above.set(xlim=(times[0], times[-1]), ylabel="CO₂ (ppm)")
    below.axhline(0, color=MUTED, linewidth=1)
    below.plot(times[12:], changes, color=ORANGE, linewidth=1.5)
    below.set(xlabel="year", ylabel="change in\na year (ppm)", ylim=(-1, 4))
    return Picture(
        fig,
        f"From {y[0]:.0f} to {y[-1]:.0f} ppm, with a season on top; the change in a year has none: it lies between "
        f"{np.min(changes):.1f} and {np.max(changes):.1f} ppm.",
    )
