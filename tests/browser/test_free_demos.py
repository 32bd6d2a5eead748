"""A demo whose reader types and draws, in Chromium on a page of the book: Python's answers are those of the demo itself."""

import numpy as np
import pytest
from conftest import PAGES, ROOT
from demo_page import corner, small_targets
from test_pages import NARROW, NOT_OF_COLOUR, OF_COLOUR, PHONE, barriers, ready, resized, sideways

from lib.book.demos import Demo, Picture, drawing, slider, text
from lib.book.display import escape
from lib.book.figures import canvas, drawable

# Adds the demo to the page with the frames of its pack, as the build would; `computed` is this very process.
ADD = """async ([key, spec, svg, text, script]) => {
  const player = BookDemos.adopt(key, spec, svg, text);
  const h1 = document.querySelector("article h1");
  h1.after(player.figure);
  const pack = script.slice(script.indexOf(".pack(") + 6, script.lastIndexOf(")"));
  player.load = async () => JSON.parse(pack);
  await player.prepare();
}"""
START = "([key, spec]) => BookDemos.get(key).goLive(spec, (steps) => window.computed(steps), '', Pad)"
FIELD = (ROOT / "lib" / "book" / "pad.js").read_text(encoding="utf-8").replace("export class", "class")
FIGURE = 'figure[data-demo="tests.written"]'


def written() -> Demo:
    """A demo of a text, a drawing and a number."""
    one = np.zeros((8, 8))
    one[1:7, 4] = 1

    def written(words, digit, n):
        """Ink and letters."""
        fig, ax = canvas(layout=None)
        ax.imshow(digit, cmap="Greys", vmin=0, vmax=1)
        ax.set(xticks=[], yticks=[], title=drawable(words[:20]))
        return Picture(
            fig, f"The text has {len(words)} characters, the drawing {digit.sum():.1f} of ink, and n is {n}."
        )

    written.__module__ = "lib.tests.demos"
    controls = {
        "words": text(examples=("seven", "", "двадцать два"), longest=30, label="number"),
        "digit": drawing(examples={"a one": one, "blank": np.zeros((8, 8))}, label="digit"),
        "n": slider(0, 1, steps=2),
    }
    return Demo(written, controls)


@pytest.fixture
def opened(visit):
    """Open a page with the demo on it; `live` starts Python."""
    if not PAGES:
        pytest.skip("there is no built book")
    from lib.book.packs import pack

    d = written()
    made, start = pack(d), [p.start for p in d.parameters.values()]

    def go(**options):
        page = ready(visit(PAGES[0], **options))
        page.expose_function("computed", lambda steps: answered(d, steps))
        state = d.at(start)
        page.add_script_tag(content=FIELD)  # comes with the script that starts Python
        page.evaluate(ADD, [d.key, d.spec(), state["svg"], state["text"], made.text])
        page.live = lambda: page.evaluate(START, [d.key, d._page_message_()["spec"]])
        return page

    return go


def answered(d: Demo, steps: list) -> dict:
    """Return what the page's kernel would answer: a state, or an error that the player is told of."""
    return d.at(steps)


def says(page, words: str) -> None:
    page.wait_for_function(
        "([selector, words]) => document.querySelector(selector + ' .book-demo-text').textContent.includes(words)",
        arg=[FIGURE, words],
    )


def test_examples_without_python(opened):
    page = opened()
    figure = page.locator(FIGURE)
    assert figure.locator("canvas").is_hidden() and figure.locator("input[type=text]").is_hidden()
    assert figure.locator(".book-demo-hint").first.is_visible()
    figure.get_by_label("number", exact=True).select_option(label="двадцать два")
    says(page, "has 12 characters, the drawing 6.0 of ink")
    figure.get_by_label("digit", exact=True).select_option(label="blank")
    says(page, "the drawing 0.0 of ink")
    assert not page.problems


def test_typing(opened):
    page = opened()
    page.live()
    field = page.locator(f"{FIGURE} input[type=text]")
    field.fill("")
    says(page, "has 0 characters")
    field.press_sequentially("nine and thirty and more than that")
    says(page, "has 30 characters")
    assert len(field.input_value()) == 30, "the field takes as many as the demo declares"
    for words, count in (("ёж 漢字 🎉", 7), ("$x_1^{$", 7), ("<b>&amp;", 8)):
        field.fill(words)
        says(page, f"has {count} characters")
        assert field.input_value() == words
    page.evaluate(f"""() => {{
        const field = document.querySelector('{FIGURE} input[type=text]');
        field.value = "x".repeat(10000);
        field.dispatchEvent(new Event("input"));
    }}""")
    note = page.locator(f"{FIGURE} .book-demo-note")
    note.get_by_text("may have 30 characters, but has 10,000").wait_for()
    field.fill("two")
    says(page, "has 3 characters")
    assert note.is_hidden()


def test_drawing_with_a_mouse_and_going_on_from_an_example(opened):
    page = opened()
    page.live()
    page.get_by_label("digit", exact=True).select_option(label="blank")
    says(page, "0.0 of ink")
    field = page.locator(f"{FIGURE} canvas")
    field.scroll_into_view_if_needed()
    box = field.bounding_box()
    at = lambda x, y: (box["x"] + x * box["width"], box["y"] + y * box["height"])
    page.mouse.move(*at(0.5, 0.1))
    page.mouse.down()
    page.mouse.move(*at(0.5, 0.9), steps=8)
    page.mouse.up()
    page.wait_for_function(f"!/ 0.0 of ink/.test(document.querySelector('{FIGURE} .book-demo-text').textContent)")
    ink = float(page.inner_text(f"{FIGURE} .book-demo-text").split("drawing ")[1].split()[0])
    assert 8 < ink < 24, "a stroke from top to bottom, two or three cells wide"
    painted = page.evaluate(f"""() => {{
        const canvas = document.querySelector('{FIGURE} canvas');
        const {{ data }} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return [canvas.width, canvas.height, data.filter((v, i) => i % 4 === 3).reduce((a, b) => a + b, 0) / 255];
    }}""")
    assert painted[:2] == [8, 8] and abs(painted[2] - ink) < 0.1, "the field shows what is computed with"
    page.locator(f"{FIGURE} .book-demo-pad button").click()
    says(page, "0.0 of ink")
    page.get_by_label("digit", exact=True).select_option(label="a one")
    says(page, "6.0 of ink")
    page.mouse.click(*at(0.06, 0.06))
    page.wait_for_function(f"!/ 6.0 of ink/.test(document.querySelector('{FIGURE} .book-demo-text').textContent)")
    ink = float(page.inner_text(f"{FIGURE} .book-demo-text").split("drawing ")[1].split()[0])
    assert 7 <= ink < 10, "the example's ink, and a dot"


def test_drawing_with_a_finger_on_a_phone_in_the_dark(opened):
    page = opened(theme="dark", width=PHONE, has_touch=True)
    page.live()
    page.get_by_label("digit", exact=True).select_option(label="blank")
    field = page.locator(f"{FIGURE} canvas")
    field.scroll_into_view_if_needed()
    assert max(corner(page, f"{FIGURE} canvas")) < 60, "dark paper"
    field.tap()
    page.wait_for_function(
        f"/ [1-9][0-9.]* of ink/.test(document.querySelector('{FIGURE} .book-demo-text').textContent)"
    )
    box = field.bounding_box()
    shot = page.evaluate(f"getComputedStyle(document.querySelector('{FIGURE} canvas')).touchAction")
    assert shot == "none", "a stroke does not scroll the page"
    assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE and box["width"] >= 150
    for width in (PHONE, NARROW):
        resized(page, width)
        assert not sideways(page) and not page.evaluate("Measure.cut()")
        assert not small_targets(page, width)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_use_it(opened, theme):
    page = opened(theme=theme)
    for _ in range(2):  # without Python, and with it
        assert not barriers(page, NOT_OF_COLOUR) and not barriers(page, OF_COLOUR)
        assert not page.evaluate("Measure.faint('figure.book-demo', 4.5)") and not page.evaluate("Measure.twice()")
        page.live()
    names = [page.locator(f"{FIGURE} {one}").evaluate("e => e.labels?.[0]?.textContent ?? e.getAttribute('aria-label')")
             for one in ("input[type=text]", "canvas")]  # fmt: skip
    assert names[0] == "or type" and "digit: a field to draw in" in names[1]
    page.get_by_label("number", exact=True).focus()
    page.keyboard.press("ArrowDown")
    says(page, "has 0 characters")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.type") == "text"
    page.keyboard.type("abc")
    says(page, "has 3 characters")
    assert escape(page.inner_text(f"{FIGURE} [role=status]")) is not None and not page.problems
