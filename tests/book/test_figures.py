"""The figures' style: colours that everybody can tell apart, in light and dark, and SVG that is the same twice."""

import itertools
import re

import colorspacious
import numpy as np
import pytest

from lib.book import figures
from lib.book.figures import COLOURS, CYCLE, canvas, png, themed_svg, webp

CATEGORICAL = [name for name in COLOURS if name not in ("ink", "paper", "muted", "grid")]
VISION = [None, "protanomaly", "deuteranomaly", "tritanomaly"]


def seen(colour: str, vision: str | None) -> np.ndarray:
    """Return the colour in CAM02-UCS as seen with full protanopia, deuteranopia or tritanopia."""
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    if vision:
        space = {"name": "sRGB1+CVD", "cvd_type": vision, "severity": 100}
        rgb = np.clip(colorspacious.cspace_convert(rgb, space, "sRGB1"), 0, 1)
    return colorspacious.cspace_convert(rgb, "sRGB1", "CAM02-UCS")


def contrast(a: str, b: str) -> float:
    def luminance(colour):
        c = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        return np.where(c <= 0.03928, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]

    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", (0, 1), ids=("light", "dark"))
@pytest.mark.parametrize("vision", VISION)
def test_colours_differ_for_every_eye(theme, vision):
    """The first four colours, which most figures use, are far apart; all six are apart."""
    for (i, a), (j, b) in itertools.combinations(enumerate(CATEGORICAL), 2):
        gap = np.linalg.norm(seen(COLOURS[a][theme], vision) - seen(COLOURS[b][theme], vision))
        assert gap > (10 if max(i, j) < 4 else 6), f"{a} and {b} look alike with {vision}: {gap:.1f}"


@pytest.mark.parametrize("theme", (0, 1), ids=("light", "dark"))
def test_contrast_with_the_background(theme):
    paper = COLOURS["paper"][theme]
    assert contrast(COLOURS["ink"][theme], paper) >= 12
    assert contrast(COLOURS["muted"][theme], paper) >= 4.5
    for name in CATEGORICAL[:5]:
        assert contrast(COLOURS[name][theme], paper) >= 3.0, name


def drawn():
    fig, ax = canvas()
    for colour in CYCLE:
        ax.plot([0, 1], [0, 1.23456789], color=colour)
    ax.set_title(r"$\kappa = \sigma_1 / \sigma_2$")
    return fig


def test_svg_follows_the_theme_and_is_the_same_twice():
    first, second = themed_svg(drawn()), themed_svg(drawn())
    assert first == second
    assert "prefers-color-scheme:dark" in first and "var(--fig-blue,#046eb0)" in first
    bare = re.sub(r"var\([^)]*\)|scale\([^)]*\)|<style>.*?</style>", "", first, flags=re.S)
    assert not re.search(r"#(046eb0|dc6200|1f2328)", bare)
    assert not re.search(r"\d\.\d{3}", bare), "coordinates keep two decimals"
    assert "scale(0.115 -0.115)" in first, "letters keep their size"
    assert "<!--" not in first and "metadata" not in first


def test_raster_forms():
    assert png(drawn())[:8] == b"\x89PNG\r\n\x1a\n"
    assert webp(drawn())[8:12] == b"WEBP" and webp(drawn(), quality=80)[8:12] == b"WEBP"


def test_short_numbers():
    assert [figures._short(n) for n in ("1.000000", "-0.001", "12.3456", "-2.500")] == ["1", "0", "12.35", "-2.5"]
