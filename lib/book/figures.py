"""One style for every figure: colours that a colour-blind reader can tell apart, in light and in dark.

A colour here is a pair. Figures are drawn with the light one; `themed_svg` turns each into a CSS variable, so that the
same file follows the page into dark mode. The categorical colours start from Okabe and Ito's set (2008); a test
measures their distances as seen with protanopia, deuteranopia and tritanopia.
"""

from __future__ import annotations

import functools
import io
import logging
import math
import re
import warnings

import matplotlib

from lib.book.display import say, superscript

# On a new machine matplotlib builds a list of fonts and says so: that is no output of a cell.
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: E402
from matplotlib.colors import to_hex, to_rgb  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.text import Text  # noqa: E402
from matplotlib.ticker import FuncFormatter, LogFormatterSciNotation  # noqa: E402

# name: (light, dark). The first two are text and background, the next two are for what should recede.
COLOURS = {
    "ink": ("#1f2328", "#e4e6e9"),
    "paper": ("#ffffff", "#14181e"),
    "muted": ("#636b75", "#a2abb6"),
    "grid": ("#e2e5e9", "#333a43"),
    "blue": ("#046eb0", "#4ba9ef"),
    "orange": ("#dc6200", "#fd974b"),
    "green": ("#00a172", "#38e4a9"),
    "pink": ("#cc669c", "#f2b0d7"),
    "gold": ("#835f02", "#f6e766"),
    "sky": ("#2f99da", "#3280c1"),
}
INK, PAPER, MUTED, GRID, BLUE, ORANGE, GREEN, PINK, GOLD, SKY = (light for light, _ in COLOURS.values())
CYCLE = (BLUE, ORANGE, GREEN, PINK, GOLD, SKY)

STYLE = {
    "axes.axisbelow": True,
    "axes.edgecolor": MUTED,
    "axes.facecolor": PAPER,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.labelsize": 12.5,
    "axes.prop_cycle": matplotlib.cycler(color=CYCLE),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 12.5,
    "axes.titley": 1.0,  # a fixed place: finding one measures every tick, a quarter of the drawing time
    "figure.facecolor": PAPER,
    "font.family": "DejaVu Sans",
    "font.size": 12,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "image.cmap": "cividis",
    "legend.fontsize": 12,
    "legend.frameon": False,
    "lines.linewidth": 2.0,
    "mathtext.fontset": "dejavusans",
    "savefig.facecolor": PAPER,
    "svg.fonttype": "path",
    "svg.hashsalt": "least squares to transformers",
    "text.color": INK,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "xtick.labelsize": 12,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
    "ytick.labelsize": 12,
}
matplotlib.rcParams.update(STYLE)

SMALLEST = 0.0252  # a letter's size as a share of the figure's width: 9 px where a phone shows the figure 358 px wide


def canvas(rows: int = 1, cols: int = 1, *, width: float = 6.4, height: float = 3.8, layout="constrained", **subplots):
    """Return (figure, axes) of `width` × `height` inches in the book's style; axes as from ``Figure.subplots``.

    The style's letters are large enough for a phone up to a width of 6.6 inches. A demo, whose frames must neither shift nor be slow,
    passes ``layout=None`` and places its axes with ``figure.subplots_adjust``.
    """
    figure = Figure(figsize=(width, height), layout=layout)
    return figure, figure.subplots(rows, cols, **subplots)


def name_curves(
    ax, names: dict[str, str] | None = None, *, size: float = 12.0, gap: float = 1.2, start: bool = False
) -> None:
    """Write each curve's name at its right end (with `start`, its left) in its own colour; names that would meet move apart.

    The names are the lines' labels, or `names` by label; lines without a label have none. Call it when the limits are set.
    With ``layout=None`` leave room beside the axes: names are as wide as their letters.
    """
    ends = []
    for line in ax.get_lines():
        label = str(line.get_label())
        points = _seen(ax, line)
        if label.startswith("_") or not len(points):
            continue
        x, y = points[0 if start else -1]
        ends.append((y, x, (names or {}).get(label, label), line.get_color()))
    ends.sort(key=lambda end: end[0])
    figure = ax.figure
    height = gap * size / 72 / (figure.get_figheight() * ax.get_position().height)
    for (y, x, name, colour), at in zip(ends, _apart([y for y, *_ in ends], height), strict=True):
        ax.annotate(
            name,
            (x, y),
            xycoords="axes fraction",
            xytext=(-6 if start else 6, (at - y) * height_in_points(ax)),
            textcoords="offset points",
            color=colour,
            fontsize=size,
            ha="right" if start else "left",
            va="center",
            annotation_clip=False,
        )


def height_in_points(ax) -> float:
    """Return the height of the axes in points."""
    return ax.get_position().height * ax.figure.get_figheight() * 72


def _seen(ax, line):
    """Return the finite points of a line that lie within the axes, in shares of the axes (n, 2)."""
    import numpy as np

    data = np.column_stack([np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)])
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        points = ax.transAxes.inverted().transform(line.get_transform().transform(data))
    inside = np.isfinite(points).all(axis=1) & (points > -0.001).all(axis=1) & (points < 1.001).all(axis=1)
    return points[inside]


def _apart(places: list[float], gap: float) -> list[float]:
    """Return sorted places moved as little as needed to be `gap` apart: groups that meet are centred on their mean."""
    groups: list[list[float]] = []  # [sum of places, count]
    for place in places:
        groups.append([place, 1])
        while len(groups) > 1:
            (a, n), (b, m) = groups[-2:]
            if b / m - a / n >= gap * (n + m) / 2 - 1e-12:
                break
            groups[-2:] = [[a + b, n + m]]
    return [total / n + gap * (i - (n - 1) / 2) for total, n in groups for i in range(n)]


def text_on(colour) -> str:
    """Return black or white, whichever is easier to read on `colour` (any of matplotlib's) in either mode.

    For letters on cells whose colours do not turn with the page, such as a map's.
    """
    channels = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    luminance = sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), channels, strict=True))
    return "#000000" if luminance > 0.179 else "#fefefe"  # pure white is the paper's colour, which turns dark


def drawable(text: str) -> str:
    """Return what a reader typed as a picture can show it: ▯ for what the font lacks, and no $ begins a formula."""
    return "".join(c if ord(c) in _letters() else "▯" for c in text).replace("$", r"\$")


@functools.cache
def _letters() -> frozenset[int]:
    """Return the characters that the style's font can draw."""
    from matplotlib.font_manager import findfont, get_font

    return frozenset(get_font(findfont(STYLE["font.family"])).get_charmap())


def faults(figure: Figure) -> list[str]:
    """Return what a reader would miss in a figure, in words: an axis without a name, curves without names, letters too small.

    An axis needs a name where it has numbers, unless it shares them with a neighbour that has one. Curves of different colours
    in one panel each need their colour in a word: a name at an end, a key, a legend.
    """
    _plain_powers(figure)
    found = []
    for number, ax in enumerate(figure.axes, 1):
        if not ax.get_visible() or not ax.axison:
            continue
        where = f"panel {number}" if len(figure.axes) > 1 else "the figure"
        for axis, group, whole in (
            (ax.xaxis, ax.get_shared_x_axes(), figure.get_supxlabel()),
            (ax.yaxis, ax.get_shared_y_axes(), figure.get_supylabel()),
        ):
            named = any(getattr(other, f"get_{axis.axis_name}label")() for other in group.get_siblings(ax))
            if not named and not whole and _has_numbers(axis):
                found.append(f"the {axis.axis_name} axis of {where} has no name")
        found += [f"a curve of {where}, {_colour_name(c)}, has no name in its colour" for c in _unnamed_colours(ax)]
    least = SMALLEST * figure.get_figwidth() * 72
    for text in figure.findobj(Text):
        if text.get_visible() and text.get_text().strip() and text.get_fontsize() < least - 1e-6 and _is_drawn(text):
            size = f"{text.get_fontsize():.3g} of at least {least:.3g} points"
            found.append(f"the letters of {text.get_text()!r} are too small for a phone: {size}")
    return found


def _has_numbers(axis) -> bool:
    """Whether an axis shows numbers beside its ticks (words, as under bars, name themselves)."""
    if not axis.get_visible() or not any(t.label1.get_visible() for t in axis.get_major_ticks()[:1]):
        return False
    low, high = sorted(axis.get_view_interval())
    ticks = [t for t in axis.get_majorticklocs() if low <= t <= high]
    texts = [text.strip() for text in axis.get_major_formatter().format_ticks(ticks)] if ticks else []
    return any(
        any(c.isdigit() for c in text) and not any(c.isalpha() for c in text.replace("mathdefault", ""))
        for text in texts
    )


def _unnamed_colours(ax) -> list[str]:
    """Return the colours of the panel's curves that no word of the figure is written in; none where there is one curve."""
    curves = {
        to_hex(line.get_color())
        for line in ax.get_lines()
        if line.get_visible() and line.get_linestyle() not in ("None", "", " ") and len(line.get_xdata()) > 2
    } - {INK, MUTED, GRID, PAPER}
    if len(curves) < 2:
        return []
    told = {to_hex(text.get_color()) for text in ax.figure.findobj(Text) if text.get_text().strip()}
    for legend in [*ax.figure.legends, *(a.get_legend() for a in ax.figure.axes if a.get_legend())]:
        told |= {to_hex(h.get_color()) for h in legend.legend_handles if hasattr(h, "get_color")}
    return sorted(curves - told)


def _is_drawn(text: Text) -> bool:
    """Whether a text is drawn: an axis's own texts only where their axis is, an offset or a tick's only where it shows."""
    for ax in text.figure.axes:
        if text in ax.findobj(Text):
            own = [ax.title, ax._left_title, ax._right_title]
            return ax.get_visible() and (ax.axison or text in ax.texts or text in own)
    return True


def _colour_name(colour: str) -> str:
    return next((name for name, pair in COLOURS.items() if pair[0] == colour), colour)


def _plain_powers(figure: Figure) -> None:
    """Write powers of ten beside ticks with Unicode's raised digits: matplotlib's own are too small for a phone."""
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            if type(axis.get_major_formatter()) is LogFormatterSciNotation:
                axis.set_major_formatter(FuncFormatter(_power))


def _power(value: float, position=None) -> str:
    """Write a tick of a logarithmic axis: 1, 10, 10⁻³."""
    if value <= 0:
        return ""
    exponent = round(math.log10(value))
    if abs(math.log10(value) - exponent) > 1e-9:
        return say(value)
    return {0: "1", 1: "10"}.get(exponent, f"10{superscript(exponent)}")


def show_ink(ax, image, shades: int = 15, **options) -> None:
    """Draw a picture (H, W) of ink from 0 to 1 dark on light paper, in either mode, in so few shades that frames stay small."""
    import numpy as np

    ax.imshow(np.round(np.clip(image, 0, 1) * shades) / shades, cmap="gray_r", vmin=0, vmax=1.15, **options)


def key(figure: Figure, entries, y: float, size: float = 12.0) -> None:
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
    _plain_powers(figure)
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
    _plain_powers(figure)
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
