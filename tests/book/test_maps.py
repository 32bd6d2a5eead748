"""Maps of named points: what the page gets, what a kernel shows, what bad input is told."""

import json
import re

import numpy as np
import pytest

from lib.book import figures
from lib.book.maps import Map
from tools.fingerprint import ROOT

NAMES = ("row", "column", "red<b>", "blue")
POINTS = np.array([[0.0, 0.0], [1.0, 0.2], [5.0, 5.0], [5.1, 5.2]])
NEAR = np.array([[1, 2], [0, 2], [3, 1], [2, 1]])


def one(**changes) -> Map:
    return Map(
        **{"names": NAMES, "points": POINTS, "near": NEAR, "title": "Words", "sentence": "Four words."} | changes
    )


def test_text_and_words():
    m = one()
    assert repr(m) == "Map Words. Four words."
    assert m.tell("row") == "Nearest to “row”: column, red<b>."
    assert m.tell("tree") == "“tree” is not on this map of 4 words."


def test_page_front_end(monkeypatch):
    """The picture is there without JavaScript, described, escaped, and the data say where the dots are."""
    monkeypatch.setenv("BOOK_MODE", "page")
    html = one()._repr_mimebundle_()["text/html"]
    assert 'role="img" aria-label="Words. Four words."' in html and "red&lt;b&gt;" in html
    assert html.count("<circle") == 4 and html.count("<text") >= 2
    data = json.loads(re.search(r'book-map-data">(.*?)</script>', html, re.S).group(1))
    assert data["names"] == list(NAMES) and data["near"] == NEAR.tolist()
    places = np.array(data["places"])
    assert places.min() >= 0 and (places[:, 0] <= 720).all() and (places[:, 1] <= 560).all()
    assert places[0, 1] > places[3, 1], "up is up"


def test_text_front_end(monkeypatch):
    monkeypatch.setenv("BOOK_MODE", "text")
    assert one()._repr_mimebundle_() == {"text/plain": "Map Words. Four words."}


def test_live_front_end():
    box = one().widgets()
    field, view = box.children
    assert "Four words." in view.value
    field.value = "row"
    assert "Nearest to “row”" in view.value and "<img" in view.value


def test_names_do_not_overlap():
    rng = np.random.default_rng(0)
    m = one(names=tuple(f"word{i}" for i in range(300)), points=rng.normal(size=(300, 2)), near=np.zeros((300, 1)))
    shown, places = m._not_crowded(), m.places()
    assert 10 <= len(shown) <= 40
    for i in shown:
        for j in shown:
            if i < j and abs(places[i, 1] - places[j, 1]) <= 15:
                assert abs(places[i, 0] - places[j, 0]) >= 9 * min(len(m.names[i]), len(m.names[j]))


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"points": POINTS[:3]}, "must have the shape"),
        ({"points": POINTS * np.nan}, "NaN"),
        ({"near": NEAR + 3}, "near must hold rows"),
        ({"near": NEAR + 0.5}, "near must hold rows"),
        ({"names": ("a", "a", "b", "c")}, "there twice"),
        ({"sentence": " "}, "needs a title and a sentence"),
    ],
)
def test_bad_maps(changes, message):
    with pytest.raises(ValueError, match=message):
        one(**changes)


def test_the_style_sheet_has_the_colours_of_the_figures():
    css = (ROOT / "web" / "src" / "book.css").read_text(encoding="utf-8")
    light, dark = re.findall(r"\{ --map-ink: [^}]*\}", css)
    for name in ("ink", "blue", "orange", "paper"):
        for text, colour in zip((light, dark), figures.COLOURS[name], strict=True):
            assert f"--map-{name}: {colour}" in text
