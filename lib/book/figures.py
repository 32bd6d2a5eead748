"""One style for every figure: colours that a colour-blind reader can tell apart, in light and in dark.

A colour here is a pair. Figures are drawn with the light one; `themed_svg` turns each into a CSS variable, so that the
same file follows the page into dark mode. The categorical colours start from Okabe and Ito's set (2008); a test
measures their distances as seen with protanopia, deuteranopia and tritanopia.
"""

from __future__ import annotations

import io
import logging
import re

import matplotlib

# On a new machine matplotlib builds a list of fonts and says so: that is no output of a cell.
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402

# name: (light, dark). The first two are text and background, the next two are for what should recede.
COLOURS = {
    "ink": ("#1f2328", "#e4e6e9"),
    "paper": ("#ffffff", "#14181e"),
    "muted": ("#636b75", "#a2abb6"),
    "grid": ("#e2e5e9", "#333a43"),
    "blue": ("#046eb0", "#4ba9ef"),
    "orange": ("#dc6200", "#fd974b"),
    "green": ("#00a172", "#38e4a9"),
    "pink": ("#cd75a5", "#f2b0d7"),
    "gold": ("#835f02", "#f6e766"),
    "sky": ("#57b4ea", "#3280c1"),
}
INK, PAPER, MUTED, GRID, BLUE, ORANGE, GREEN, PINK, GOLD, SKY = (light for light, _ in COLOURS.values())
CYCLE = (BLUE, ORANGE, GREEN, PINK, GOLD, SKY)

STYLE = {
    "axes.axisbelow": True,
    "axes.edgecolor": MUTED,
    "axes.facecolor": PAPER,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.labelsize": 11,
    "axes.prop_cycle": matplotlib.cycler(color=CYCLE),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 11.5,
    "axes.titley": 1.0,  # a fixed place: finding one measures every tick, a quarter of the drawing time
    "figure.facecolor": PAPER,
    "font.family": "DejaVu Sans",
    "font.size": 11,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "image.cmap": "cividis",
    "legend.fontsize": 10,
    "legend.frameon": False,
    "lines.linewidth": 2.0,
    "mathtext.fontset": "dejavusans",
    "savefig.facecolor": PAPER,
    "svg.fonttype": "path",
    "svg.hashsalt": "least squares to transformers",
    "text.color": INK,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "xtick.labelsize": 10,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
    "ytick.labelsize": 10,
}
matplotlib.rcParams.update(STYLE)


def canvas(rows: int = 1, cols: int = 1, *, width: float = 6.4, height: float = 3.8, layout="constrained", **subplots):
    """Return (figure, axes) of `width` × `height` inches in the book's style; axes as from ``Figure.subplots``.

    The default width keeps 10-point text readable on a phone. A demo, whose frames must neither shift nor be slow,
    passes ``layout=None`` and places its axes with ``figure.subplots_adjust``.
    """
    figure = Figure(figsize=(width, height), layout=layout)
    return figure, figure.subplots(rows, cols, **subplots)


def key(figure: Figure, entries, y: float, size: float = 10.0) -> None:
    """Name colours below the axes: a mark and a name for each (x, colour, name) of `entries`; x, y as shares of the figure.

    The mark is a dot, or the entry's fourth item.
    """
    for x, colour, name, *mark in entries:
        figure.text(x, y, *(mark or "●"), color=colour, fontsize=size + 1)
        figure.text(x + 0.03, y, name, color=INK, fontsize=size)


def themed_svg(figure: Figure) -> str:
    """Return the figure as a self-contained SVG that follows the reader's light or dark mode.

    Coordinates are rounded to 0.01 pt, the scale of letters is not; colours of `COLOURS` become CSS variables with the light value as fall-back.
    """
    out = io.StringIO()
    FigureCanvasSVG(figure).print_svg(out, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.S)
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.S)
    text = re.sub(r"scale\([^)]*\)|-?\d+\.\d{3,}", lambda number: _short(number.group()), text)
    text = re.sub(r"#[0-9a-f]{6}\b", lambda colour: _VARIABLES.get(colour.group(), colour.group()), text)
    return text.replace("<defs>", f"<style>{_THEME}</style>\n <defs>", 1).strip()


def png(figure: Figure, dpi: int = 192) -> bytes:
    """Return the figure as PNG bytes on the light background, at twice the screen's resolution."""
    return _raster(figure, "png", dpi)


def webp(figure: Figure, dpi: int = 144, **options) -> bytes:
    """Return the figure as WebP bytes on the light background; `options` go to Pillow (lossless, quality)."""
    return _raster(figure, "webp", dpi, pil_kwargs=options or {"lossless": True, "method": 4})


def _raster(figure: Figure, kind: str, dpi: int, **options) -> bytes:
    out = io.BytesIO()
    figure.savefig(out, format=kind, dpi=dpi, **options)
    return out.getvalue()


def _short(number: str) -> str:
    """Write a coordinate with two decimals and no trailing zeros: '12.300000' → '12.3'; scales stay as they are."""
    if number.startswith("scale"):
        return number
    out = f"{float(number):.2f}".rstrip("0").rstrip(".")
    return "0" if out == "-0" else out


_VARIABLES = {light: f"var(--fig-{name},{light})" for name, (light, _) in COLOURS.items()}
_THEME = (
    ":root{" + ";".join(f"--fig-{name}:{light}" for name, (light, _) in COLOURS.items()) + "}"
    "@media(prefers-color-scheme:dark){:root{"
    + ";".join(f"--fig-{name}:{dark}" for name, (_, dark) in COLOURS.items())
    + "}}"
)
