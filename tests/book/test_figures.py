"""The figures' style: colours that everybody can tell apart, in light and dark, and SVG that is the same twice."""

import itertools
import re

import colorspacious
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.book import figures
from lib.book.figures import (
    BLUE,
    COLOURS,
    CYCLE,
    GREEN,
    INK,
    ORANGE,
    PINK,
    SKY,
    canvas,
    faults,
    name_curves,
    png,
    text_on,
    themed_svg,
    webp,
)

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
    assert "scale(0.125 -0.125)" in first, "letters keep their size"
    assert "<!--" not in first and "metadata" not in first


def panel(**axis):
    fig, ax = canvas()
    ax.set(xlabel="steps", ylabel="loss", **axis)
    return fig, ax


def test_faults_of_a_figure_are_found():
    fig, ax = panel()
    ax.plot([0, 1, 2], [0, 1, 2], color=BLUE, label="train")
    assert faults(fig) == []
    ax.plot([0, 1, 2], [2, 1, 2], color=ORANGE, label="test")
    assert faults(fig) == [f"a curve of the figure, {c}, has no name in its colour" for c in ("blue", "orange")]
    name_curves(ax)
    assert faults(fig) == []
    ax.set(xlabel="", ylabel="")
    assert faults(fig) == ["the x axis of the figure has no name", "the y axis of the figure has no name"]
    fig, ax = panel()
    ax.text(0.5, 0.5, "tiny", fontsize=9)
    assert len(faults(fig)) == 1 and "'tiny' are too small for a phone: 9 of at least" in faults(fig)[0]


def test_what_names_an_axis_or_a_curve_in_another_way_is_no_fault():
    fig, (a, b) = canvas(1, 2, sharey=True)
    for ax in (a, b):
        ax.plot([0, 1, 2], [0, 1, 2], color=BLUE)
        ax.plot([0, 1, 2], [1, 1, 2], color=INK)  # black recedes; one coloured curve needs no name
        ax.set_xlabel("steps")
    a.set_ylabel("loss")
    assert faults(fig) == []
    fig, ax = canvas()
    ax.bar(["sun", "rain"], [1, 2])
    ax.set_ylabel("days")
    assert faults(fig) == []
    fig, ax = panel()
    for colour, name in ((BLUE, "train"), (ORANGE, "test")):
        ax.plot([0, 1, 2], [1, 2, 3], color=colour, label=name)
    ax.legend()
    assert faults(fig) == []


def test_names_at_the_ends_are_apart_and_in_order():
    fig, ax = panel(ylim=(0, 1), xlim=(0, 2))
    for y, colour in ((0.5, BLUE), (0.51, ORANGE), (0.52, GREEN), (0.9, PINK)):
        ax.plot([0, 1, 2], [0, 0.1, y], color=colour, label=f"end {y}")
    ax.plot([0, 1, 2], [0.2] * 3, color=SKY)  # no label, no name
    name_curves(ax)
    fig.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts]
    assert [text.get_text() for text in ax.texts] == ["end 0.5", "end 0.51", "end 0.52", "end 0.9"]
    assert [text.get_color() for text in ax.texts] == [BLUE, ORANGE, GREEN, PINK]
    assert all(low.y1 <= high.y0 + 1 for low, high in itertools.pairwise(boxes))
    assert all(box.x0 >= ax.get_window_extent().x1 for box in boxes)
    ends = [ax.transData.transform((2, y))[1] for y in (0.51, 0.9)]
    assert abs((boxes[1].y0 + boxes[1].y1) / 2 - ends[0]) < 3 and abs((boxes[3].y0 + boxes[3].y1) / 2 - ends[1]) < 3


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.floats(0.01, 0.3))
def test_places_move_apart_and_no_further_than_needed(places, gap):
    places = sorted(places)
    moved = figures._apart(places, gap)
    assert all(b - a >= gap - 1e-9 for a, b in itertools.pairwise(moved))
    assert abs(sum(moved) - sum(places)) < 1e-9
    if all(b - a >= gap for a, b in itertools.pairwise(places)):
        assert np.allclose(moved, places)


def test_powers_of_ten_are_written_with_raised_digits():
    fig, ax = panel(xscale="log", xlim=(1e-3, 1e5))
    figures._plain_powers(fig)
    fig.canvas.draw()
    texts = [label.get_text() for label in ax.get_xticklabels()]
    assert "10⁻³" in texts and "1" in texts and "10⁵" in texts and not any("$" in t for t in texts)


@pytest.mark.parametrize("colour", ["#00224e", "#fee838", *CYCLE, "#ffffff", "#000000"])
def test_letters_on_a_coloured_cell_can_be_read(colour):
    assert contrast(colour, text_on(colour)) >= 4.5
    assert text_on(colour) not in figures._VARIABLES, "it would turn with the page, and the cell does not"


def test_raster_forms():
    assert png(drawn())[:8] == b"\x89PNG\r\n\x1a\n"
    assert webp(drawn())[8:12] == b"WEBP" and webp(drawn(), quality=80)[8:12] == b"WEBP"


def test_short_numbers():
    assert [figures._short(n) for n in ("1.000000", "-0.001", "12.3456", "-2.500")] == ["1", "0", "12.35", "-2.5"]
