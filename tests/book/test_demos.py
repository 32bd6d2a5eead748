"""Every demo over its whole grid, and the three front ends."""

import base64
import json
import re
import zlib

import hostile
import ipywidgets
import numpy as np
import pytest

from lib.book import demos as engine
from lib.book.demos import DEMOS, Demo, Picture, all_demos, choice, demo, log_slider, slider
from lib.book.figures import canvas
from lib.book.packs import pack
from tools import packs

ALL = {key: d.sample() for key, d in all_demos().items()}


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch):
    monkeypatch.setattr(engine, "DEMOS", dict(DEMOS))


# ------------------------------------------------------------------------------------ the contract of every demo
@pytest.mark.parametrize("key", ALL)
def test_whole_grid(key):
    """Every state renders, is described, and the whole keeps its budgets of time and size."""
    made = packs.stored(key)
    body = json.loads(re.search(r"\.pack\((.*)\);\n$", made["text"], re.S).group(1))
    assert made["states"] == len(ALL[key]) == len(body["descriptions"])
    assert len(made["text"].encode()) <= 700_000, f"{key}: {len(made['text'])} bytes"
    assert made["slowest"] <= 2.0, f"{key}: a state takes {made['slowest']:.2f} s"
    for text in body["descriptions"]:
        assert 20 <= len(text) <= 400 and text.rstrip().endswith((".", "!")), f"{key}: {text!r}"
        assert not re.search(r"\b(nan|inf|None)\b", text), f"{key}: {text!r}"
    assert len(set(body["descriptions"])) > 1, f"{key}: every state has the same sentence"
    if body["format"] == "svg":
        frames = unpacked(body)
        assert len(frames) == made["states"]
        assert all(f.startswith("<svg") and f.endswith("</svg>") for f in frames)
        drawn = [re.sub(r"base64,[^\"]*", "", f) for f in frames]  # a picture's bytes may spell anything
        assert not any("nan" in f for f in drawn)
    else:
        assert all(base64.b64decode(f)[8:12] == b"WEBP" for f in body["frames"])


@pytest.mark.parametrize("key", ALL)
def test_axes_and_curves_are_named_and_letters_large_enough(key):
    """In the start state, and where each control stands at either end."""
    d = ALL[key]
    ends = [{name: p.values[at]} for name, p in d.parameters.items() for at in (0, -1)]
    for state in ({}, *ends):
        found = d(**state).faults()
        assert not found, f"{key} {state}: " + "; ".join(found)


@pytest.mark.parametrize("key", ALL)
def test_corners_and_bad_values(key):
    d = ALL[key]
    assert repr(d).startswith(f"Demo {d.name}, drawn from " if d.bound else f"Demo {d.name}. ")
    assert d.__doc__, f"{key} has no docstring"
    assert len(d.player()) < 250_000
    with pytest.raises(TypeError, match="no parameter"):
        d(no_such_parameter=1)
    for name, p in d.parameters.items():
        for value in hostile.values_out_of(p):
            with pytest.raises(ValueError, match=name):
                d(**{name: value})
    name, p = next(iter(d.parameters.items()))
    if p.kind == "slider" and len(p.values) > 2 and not all(isinstance(v, int) for v in p.values):
        between = (p.values[0] + p.values[1]) / 2
        assert d(**{name: between}).description  # in-page Python asks for points between the grid's
    hostile.try_hands(d)  # what a reader types or draws


def unpacked(body: dict) -> list[str]:
    whole = json.loads(zlib.decompress(base64.b64decode(body["data"])))
    return ["\n".join(whole["lines"][i] for i in frame) for frame in whole["frames"]]


# --------------------------------------------------------------------------------------------- the engine by itself
def wave(**parameters) -> Demo:
    @demo(**(parameters or {"eps": slider(0.0, 1.0, steps=3, start=0.5, label="ε"), "kind": choice("sin", "cos")}))
    def wave(eps, kind):
        """A wave."""
        fig, ax = canvas(layout=None)
        ax.plot([0, 1], [eps, 1])
        ax.set(xlabel="time", ylabel="height")
        return Picture(fig, f"The wave {kind} at ε = {eps:g}.")

    return wave


def test_states_are_row_major_with_the_last_parameter_fastest():
    d = wave()
    assert [tuple(s.values()) for s in d.states()] == [(e, k) for e in (0.0, 0.5, 1.0) for k in ("sin", "cos")]
    assert list(d.states())[d.start_index] == d.start == {"eps": 0.5, "kind": "sin"}
    assert d(eps=0.25).description == "The wave sin at ε = 0.25."


def test_live_front_end_recomputes(monkeypatch):
    monkeypatch.setenv("BOOK_MODE", "live")
    box = wave().widgets()
    control, view = box.children[0], box.children[-1]
    assert isinstance(control, ipywidgets.SelectionSlider) and "ε = 0.5" in view.value
    control.value = 1.0
    assert "ε = 1" in view.value and "<img" in view.value
    box.children[1].value = "cos"
    assert "wave cos" in view.value


def test_live_front_end_shows_errors_in_place():
    @demo(n=slider(0, 2, steps=3))
    def fragile(n):
        """Fails at 2."""
        if n == 2:
            raise ZeroDivisionError("two <b>")
        return Picture(canvas()[0], f"n = {n} is fine.")

    box = fragile.widgets()
    box.children[0].value = 2
    assert "cannot be drawn" in box.children[-1].value and "two &lt;b&gt;" in box.children[-1].value
    with pytest.raises(RuntimeError, match=r"cannot draw the state \{'n': 2\}"):
        pack(fragile)


def test_page_front_end(monkeypatch):
    monkeypatch.setenv("BOOK_MODE", "page")
    html = wave()._repr_mimebundle_()["text/html"]
    spec = json.loads(re.search(r'book-demo-spec">(.*?)</script>', html, re.S).group(1))
    assert spec["parameters"][0] == {
        "name": "eps",
        "label": "ε",
        "kind": "slider",
        "values": ["0", "0.5", "1"],
        "start": 1,
    }
    assert spec["start"] == 2 and 'alt="The wave sin at ε = 0.5."' in html


def test_a_handle_stands_on_the_axes():
    """Its shares of the picture are those at which matplotlib draws the point, also where an axis points down."""

    @demo(
        right=slider(-1.0, 3.0, steps=5, start=0.0, handle="x", origin=2.0),
        word=choice("a", "b"),
        down=slider(0.0, 2.0, steps=3, handle="y"),
    )
    def pulled(right, word, down):
        """A point."""
        fig, ax = canvas(width=5, height=4, layout=None)
        fig.subplots_adjust(left=0.2, right=0.9, bottom=0.25, top=0.75)
        ax.set(xlim=(0, 7), ylim=(4, 0))
        ax.plot(2 + right, down, "o")
        return Picture(fig, f"The point {word} is at {2 + right:g} and {down:g}.")

    told = pulled.spec()["parameters"]
    assert told[0]["handle"] == pytest.approx({"axis": "x", "first": 0.3, "step": 0.1})
    assert "handle" not in told[1]
    assert told[2]["handle"] == pytest.approx({"axis": "y", "first": 0.25, "step": 0.125})
    assert pulled._page_message_()["spec"]["parameters"][2]["handle"] == told[2]["handle"]
    assert "handle" not in str(wave().spec())


def test_text_front_end(monkeypatch):
    monkeypatch.setenv("BOOK_MODE", "text")
    assert wave()._repr_mimebundle_() == {"text/plain": "Demo wave. The wave sin at ε = 0.5."}
    assert wave()()._repr_mimebundle_() == {"text/plain": "The wave sin at ε = 0.5."}


def test_a_picture_with_faults_shows_them_where_text_is_compared(monkeypatch):
    fig, ax = canvas(layout=None)
    ax.plot([0, 1], [0, 1])
    picture = Picture(fig, "A line.")
    for where in ("text", "page"):
        monkeypatch.setenv("BOOK_MODE", where)
        assert "the x axis of the figure has no name" in picture._repr_mimebundle_()["text/plain"]
    monkeypatch.setenv("BOOK_MODE", "live")
    assert picture._repr_mimebundle_()["text/plain"] == "A line."


def test_pack_round_trip():
    d = wave()
    made = pack(d)
    body = json.loads(re.search(r"\.pack\((.*)\);\n$", made.text, re.S).group(1))
    assert made.format == "svg" and made.states == 6
    assert unpacked(body) == [d(**s).svg() for s in d.states()]
    assert body["descriptions"] == [d(**s).description for s in d.states()]


def test_dense_pictures_travel_as_webp():
    @demo(seed=slider(0, 1, steps=2))
    def noise(seed):
        """Noise in colour."""
        fig, ax = canvas(layout=None)
        ax.scatter(*np.random.default_rng(seed).normal(size=(2, 60_000)), s=2)
        return Picture(fig, f"Noise from the seed {seed}.")

    made = pack(noise)
    assert made.format == "webp" and made.bytes < 700_000
    assert set(noise()._repr_mimebundle_()) == {"text/plain", "image/png"}


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: slider(1, 1, 3), "low < high"),
        (lambda: slider(0, float("inf"), 3), "finite"),
        (lambda: slider(0, 1, 1), "at least 2 steps"),
        (lambda: slider(0, 1, 3, handle="z"), "handle must be"),
        (lambda: slider(0, 1, 3, handle="x", origin=float("nan")), "origin must be a finite number"),
        (lambda: wave(eps=slider(0, 1, 3, handle="x"), kind=slider(0, 1, 3, handle="x")), "two sliders along x"),
        (lambda: log_slider(0, 1, 3), "must be positive"),
        (lambda: choice("a"), "two different"),
        (lambda: choice("a", "b", start="c"), "none of the options"),
        (lambda: Picture(canvas()[0], " "), "needs a sentence"),
    ],
)
def test_bad_declarations(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_declaration_must_match_the_function():
    with pytest.raises(TypeError, match="takes"):
        wave(eps=slider(0, 1, 2))
    with pytest.raises(TypeError, match="must be a slider"):
        demo(eps=3)
    with pytest.raises(TypeError, match="at least one parameter"):
        demo()
    with pytest.raises(TypeError, match="needs a matplotlib figure"):
        Picture("figure", "A sentence.")


def test_slider_values_and_labels():
    assert slider(0, 10, steps=3).values == (0, 5, 10)
    assert slider(0.0, 0.1, steps=5, unit=" m").labels[1] == "0.025 m"
    p = log_slider(1e-8, 1.0, steps=33, start=0.1)
    assert p.values[0] == 1e-8 and p.values[-1] == 1.0 and p.values[p.start] == pytest.approx(0.1)
    assert p.labels[0] == "10⁻⁸" and p.labels[1] == "1.8 × 10⁻⁸"
