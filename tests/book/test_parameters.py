"""Texts, drawings and trained models as parameters of demos, in every front end."""

import io
import json
import re
import subprocess
import sys
from types import SimpleNamespace

import hostile
import numpy as np
import pytest

from lib.book import demos as engine
from lib.book import trained as training
from lib.book.demos import BOUND, DEMOS, MIME, Demo, Picture, demo, drawing, given, slider, text
from lib.book.figures import canvas, drawable
from lib.book.kernel import Kernel
from lib.book.packs import complaints, pack
from lib.book.parameters import visible
from lib.book.trained import trained
from tools import packs


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch):
    monkeypatch.setattr(engine, "DEMOS", dict(DEMOS))
    monkeypatch.setattr(engine, "BOUND", dict(BOUND))
    monkeypatch.setattr(training, "_show", lambda told: None)
    monkeypatch.setattr(training, "_given", [])


class Counter:
    """A model that weighs letters."""

    def __init__(self, weights):
        self.weight = weights["weight"]

    def score(self, words: str) -> float:
        return float(sum(self.weight[ord(c) % len(self.weight)] for c in words))


def sample() -> Counter:
    return Counter({"weight": np.array([1.0, 2.0, 4.0])})


def letters(**changes) -> Demo:
    """A demo of all three kinds: a model, a text, a drawing."""
    one = np.zeros((3, 4))
    one[:, 1] = 1
    declared = {
        "model": given("counter", sample=sample, of=Counter),
        "words": text(examples=("seven", "", "two-and-twenty"), longest=40, label="number"),
        "shape": drawing(examples={"a one": one, "nothing": lambda: np.zeros((3, 4))}, shape=(3, 4)),
    }

    @demo(**(declared | changes))
    def letters(model, words, shape):
        """What the letters weigh, and how much ink there is."""
        fig, ax = canvas(layout=None)
        ax.bar([0, 1], [model.score(words), shape.sum()])
        ax.set(xticks=[], ylabel="weight", title=drawable(words))
        named = f"“{words}”" if words.strip() else "No text"
        return Picture(fig, f"{named} weighs {model.score(words):.0f}, and the drawing has {shape.sum():.1f} of ink.")

    return letters


def fit(seed=0):
    return {"weight": np.arange(1.0, 4.0) + seed}


# ---------------------------------------------------------------------------------------------- bound to a model
def test_without_a_model_it_says_what_to_write(monkeypatch):
    d = letters()
    wanted = r"write demos\.letters\(model\), where model = trained\('counter', …\)"
    with pytest.raises(ValueError, match=f"demo letters shows a trained model: {wanted}"):
        d()
    with pytest.raises(ValueError, match=wanted):
        d._ipython_display_()
    assert re.search(wanted, repr(d))
    said = []
    kernel = Kernel(said.append)
    kernel.namespace["d"] = d
    assert not kernel.run("d") and re.search(wanted, said[-1]["message"])
    with pytest.raises(TypeError, match=f"needs a Counter, but was given str: {wanted}"):
        d("counter")
    with pytest.raises(TypeError, match=f"was given 2 models, but takes 1: {wanted}"):
        d(sample(), sample())
    with pytest.raises(TypeError, match="bind it first"):
        d(sample(), words="seven")
    with pytest.raises(TypeError, match="was given 1 models, but takes no model"):
        d(sample())(sample())


def test_bound_it_is_a_demo_like_the_others():
    d = letters()(sample())
    assert d(words="ab").description == "“ab” weighs 6, and the drawing has 3.0 of ink."
    assert list(d.start) == ["words", "shape"] and len(d) == 6 and len(list(d.states())) == 6
    assert "svg" in d.at([1, 0]) and d.at([0, 1])["labels"] == ["seven", "nothing"]
    assert letters().sample().key == "test_parameters.letters" == letters().key
    made = pack(d)
    assert made.states == 6 and complaints(d, made) == []
    says = list(made.body["descriptions"])
    fake = lambda first: SimpleNamespace(bytes=1, body={"descriptions": [first, *says[1:]]})
    assert complaints(d, fake("It writes “default=None or inf” with 3.0 of ink.")) == []
    missing = "It weighs nan, and says “nothing”."
    assert complaints(d, fake(missing)) == [f"a number is missing: {missing!r}"]


def test_the_sweep_of_every_demo_takes_it_too(monkeypatch, tmp_path):
    monkeypatch.setattr(packs, "STORE", tmp_path)
    monkeypatch.setattr(engine, "all_demos", lambda: {"test_parameters.letters": letters()})
    assert packs.stored("test_parameters.letters")["states"] == 6
    assert packs.keys() == [], "its frames come from its notebook"
    hostile.try_hands(letters().sample())


def test_two_models_are_two_demos(monkeypatch):
    first, second = trained("counter", fit, into=Counter), trained("heavier", fit, seed=9, into=Counter)
    d = letters()
    keys = [d(model).key for model in (first, second, sample())]
    assert keys == ["test_parameters.letters.counter", "test_parameters.letters.heavier", "test_parameters.letters"]
    assert engine.find(keys[0])(words="a").description != engine.find(keys[1])(words="a").description
    assert set(keys) == {key for key, one in engine.BOUND.items() if one.name == "letters"}
    assert d(trained("counter", fit, into=Counter)).key == keys[0], "the cell run again"


def test_static_pages_get_frames_that_the_notebook_drew(monkeypatch):
    monkeypatch.setenv("BOOK_MODE", "page")
    bundle = letters()(trained("counter", fit, into=Counter))._repr_mimebundle_()
    file, script = bundle[MIME]["file"], bundle[MIME]["script"]
    assert re.fullmatch(r"test_parameters\.letters\.counter-[0-9a-f]{12}\.js", file)
    assert f'data-pack="demos/{file}"' in bundle["text/html"]
    assert 'data-demo="test_parameters.letters.counter"' in bundle["text/html"]
    body = json.loads(re.search(r"\.pack\((.*)\);\n$", script, re.S).group(1))
    assert body["demo"] == "test_parameters.letters.counter" and len(body["descriptions"]) == 6
    other = letters()(trained("counter", fit, seed=1, into=Counter))._repr_mimebundle_()
    assert other[MIME]["file"] != file, "another model, another file"
    monkeypatch.setenv("BOOK_MODE", "text")
    assert letters()(sample())._repr_mimebundle_() == {"text/plain": "Demo letters, drawn from Counter: 6 states."}
    assert other["text/plain"] == "Demo letters, drawn from counter: 6 states.", "no number that training gives"


def test_a_page_refuses_a_demo_with_faults(monkeypatch):
    monkeypatch.setenv("BOOK_MODE", "page")

    @demo(model=given("counter", sample=sample), words=text(examples=("a", "b")))
    def mute(model, words):
        """Says too little."""
        fig, ax = canvas(layout=None)
        ax.plot([0, 1], [0, 1])
        return Picture(fig, "Short.")

    said = mute(sample())._repr_mimebundle_()
    assert set(said) == {"text/plain"} and "This demo cannot be shown:" in said["text/plain"]
    for fault in (
        "no sentence of 20 to 400 characters",
        "every state has the same sentence",
        "x axis of the figure has no name",
    ):
        assert fault in said["text/plain"]


def test_the_page_with_a_kernel_draws_what_is_typed_and_drawn():
    said = []
    kernel = Kernel(said.append)
    kernel.namespace |= {"d": letters(), "model": trained("counter", fit, into=Counter)}
    assert kernel.run("d(model)")
    message = json.loads(json.dumps(said[-1]))
    assert message["demo"] == "test_parameters.letters.counter"
    words, shape = message["spec"]["parameters"]
    assert (words["kind"], words["longest"], words["texts"][1], words["values"][1]) == ("text", 40, "", "(nothing)")
    assert shape["shape"] == [3, 4] and shape["pixels"] == ["00ff0000" * 3, "0" * 24]
    kernel.demo(message["demo"], ["ёж", "ff" * 12])
    assert said[-1]["kind"] == "state" and "“ёж” weighs" in said[-1]["text"] and "12.0 of ink" in said[-1]["text"]
    assert said[-1]["labels"] == ["ёж", "your drawing"]
    for positions, refusal in (
        (["x" * 10_000, 0], "may have 40 characters, but has 10,000"),
        ([0, "ff"], "must have 12 cells, but has 1"),
        ([0, "xy" * 12], "must be written in hexadecimal digits"),
        ([0, True], "must lie between 0 and 1, but is True"),
        ([9, 0], "must lie between 0 and 2"),
        ([None, 0], "must lie between 0 and 2"),
        ([0], "has 2 controls"),
    ):
        kernel.demo(message["demo"], positions)
        assert said[-1]["kind"] == "error" and refusal in said[-1]["message"], positions


def test_static_html_offers_the_examples_alone():
    spec = json.loads(re.search(r'book-demo-spec">(.*?)</script>', letters()(sample()).player(), re.S).group(1))
    words, shape = spec["parameters"]
    assert words["values"] == ["seven", "(nothing)", "two-and-twenty"] and shape["values"] == ["a one", "nothing"]
    assert "pixels" not in shape


# ------------------------------------------------------------------------------------------------- live front end
def test_jupyter_has_a_field_for_text_and_one_for_drawing():
    box = letters()(sample()).widgets()
    pick, own, examples, field, held, view = box.children
    assert "“seven” weighs" in view.value
    own.value = "a<b>"
    assert pick.value is None
    assert "“a&lt;b&gt;” weighs" in view.value
    own.value = "x" * 41
    assert "cannot be drawn" in view.value and "may have 40 characters" in view.value
    pick.value = "two-and-twenty"
    assert own.value == "two-and-twenty" and "“two-and-twenty” weighs" in view.value
    held.value = "ff" * 12
    assert "12.0 of ink" in view.value and examples.value is None and pick.value == "two-and-twenty"
    examples.value = "a one"
    assert "3.0 of ink" in view.value, "an example can be chosen again after one has drawn"
    examples.value = "nothing"
    assert held.value == "00" * 12 and "0.0 of ink" in view.value
    html = field.outputs[0]["data"]["text/html"]
    (place,) = held._dom_classes
    assert f".{place} input" in html and "class Pad" in html and "[3, 4]" in html and "export" not in html
    assert not re.search(r"\{(PAD|LABEL|PLACE|SHAPE)\}", html)


# ------------------------------------------------------------------------------------------------------ parameters
def test_texts_are_what_can_be_seen():
    assert visible("a\nb\tc\x00") == "a b c "
    assert visible("e\u0301") == "é" and visible("\u202e\ud800") == "  "
    p = text(examples=("a", "b"), longest=5)
    assert p.check("words", "e\u0301" * 5) == "é" * 5, "as long as it is read"
    with pytest.raises(ValueError, match="words may have 5 characters, but has 6"):
        p.check("words", "abcdef")


def test_pictures_can_show_what_is_typed():
    assert drawable("a$b_1$") == r"a\$b_1\$" and drawable("七") == "▯" and drawable("ёж ∞") == "ёж ∞"
    fig, ax = canvas()
    for words in hostile.TEXTS:
        ax.set_title(drawable(visible(words[:60])))
        fig.savefig(io.BytesIO(), format="svg")


def test_drawings_travel_as_cells():
    p = drawing(examples={"a": np.array([[0, 1], [0.5, 0.25]]), "b": np.ones((2, 2))})
    assert p.pixels("a") == "00ff8040"
    value, label = p.at("00ff8040")
    assert label == "your drawing" and abs(value - p.check("d", "a")).max() < 1 / 255
    with pytest.raises(ValueError, match="read-only"):
        value[0, 0] = 1
    assert p.at(1)[0].sum() == 4 and p.at(1)[1] == "b"


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: text(examples=()), "at least two different examples"),
        (lambda: text(examples=("a",)), "at least two different examples"),
        (lambda: text(examples=("a", "a")), "at least two different examples"),
        (lambda: text(examples="ab"), "at least two different examples"),
        (lambda: text(examples=("a", 3)), "at least two different examples"),
        (lambda: text(examples=("a", "bcd"), longest=2), "'bcd' is longer than 2"),
        (lambda: text(examples=("a", "b\n")), "characters not to be seen"),
        (lambda: text(examples=("a", "b"), start="c"), "none of the examples"),
        (lambda: text(examples=("a", "b"), longest=0), "from 1 to 1,000"),
        (lambda: text(examples=("a", "b"), longest=10_000), "from 1 to 1,000"),
        (lambda: text(examples=("a", "b"), longest=True), "from 1 to 1,000"),
        (lambda: drawing(examples={}), "at least two examples"),
        (lambda: drawing(examples=[np.ones((2, 2))]), "at least two examples"),
        (lambda: drawing(examples={"a": np.ones((2, 2)), "": np.ones((2, 2))}), "at least two examples"),
        (lambda: drawing(examples={"a": np.ones((2, 2)), "b": np.ones((3, 2))}), r"b must have the shape \(2, 2\)"),
        (lambda: drawing(examples={"a": np.ones((2, 2)), "b": 2 * np.ones((2, 2))}), "between 0 .paper. and 1 .ink."),
        (lambda: drawing(examples={"a": list, "b": list}), r"shape must be \(rows, columns\)"),
        (lambda: drawing(examples={"a": list, "b": list}, shape=(99, 2)), "each from 1 to 64"),
        (lambda: drawing(examples={"a": np.ones((2, 2)), "b": np.ones((2, 2))}, start="c"), "none of the examples"),
        (lambda: given("two words", sample=sample), "the name that trained is called with"),
    ],
)
def test_bad_declarations(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_demo_needs_a_control_and_a_sample():
    with pytest.raises(TypeError, match="sample must be a function"):
        given("counter", sample=3)
    with pytest.raises(TypeError, match="at least one parameter"):
        demo(model=given("counter", sample=sample))
    with pytest.raises(TypeError, match="takes"):
        letters(more=slider(0, 1, 2))
    assert len(letters().sample().parameters) == 2


def test_every_refusal_of_a_parameter():
    for p in (text(examples=("a", "b")), drawing(examples={"a": np.ones((2, 2)), "b": np.zeros((2, 2))})):
        for value in hostile.values_out_of(p):
            with pytest.raises(ValueError, match="words"):
                p.check("words", value)


def test_demos_import_without_numpy_at_hand():
    """What is declared at the top of a module is there on a page that has only Python."""
    code = "import sys; sys.modules['numpy'] = None; from lib.book import parameters as p; p.text(examples=('a', 'b')).at('c')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
