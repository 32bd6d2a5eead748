"""What can happen to a demo besides being moved: no server, no frames, the dark, paper, a reader who wants no motion.

What every page's demos must keep (keyboard, fingers, colours) is tested in test_pages, their times in test_times.
"""

import pytest
from conftest import DEMO_PAGES, HTML
from demo_page import MOVE, corner, demos, prepared

from lib.book.packs import pack
from lib.convnets.demos import two_boxes

FIRST = pytest.mark.parametrize("path", DEMO_PAGES[:1])


@FIRST
def test_from_a_folder(visit, path):
    """No server: the book opened as a file, and its first demo moved."""
    page = visit((HTML / path).as_uri())
    name = demos(page)[0]
    sizes = prepared(page, name)
    _, alt, caption, _ = page.evaluate(MOVE, [name, [size - 1 for size in sizes]])
    assert alt == caption


@FIRST
def test_frames_that_do_not_arrive(visit, path):
    """A host without the frames: the first picture stays and the page says why."""
    page = visit(path, wait="commit")
    page.route("**/demos/*.js*", lambda route: route.abort())
    page.reload()
    name = demos(page)[0]
    page.locator(f'[data-demo="{name}"]').scroll_into_view_if_needed()
    page.wait_for_function(f"""document.querySelector('[data-demo="{name}"]').dataset.state === 'failed'""")
    assert "cannot move here" in page.locator(f'[data-demo="{name}"] [role=status]').inner_text()
    assert page.locator(f'[data-demo="{name}"] img').evaluate("i => i.naturalWidth") > 0


@FIRST
def test_moved_picture_is_dark_too(visit, path):
    page = visit(path, theme="dark")
    name = demos(page)[0]
    sizes = prepared(page, name)
    page.evaluate(MOVE, [name, [size - 1 for size in sizes]])
    assert max(corner(page, f'[data-demo="{name}"] img')) < 60


@FIRST
def test_print(visit, path):
    page = visit(path)
    page.emulate_media(media="print")
    assert page.locator(".book-demo-controls").first.is_hidden()
    assert page.locator(".book-demo-frame").first.is_visible()


# Adds the demo to the page with its frames, as the build would.
ADD = """async ([key, spec, svg, text, script]) => {
  const player = BookDemos.adopt(key, spec, svg, text);
  document.querySelector("article h1").after(player.figure);
  const pack = script.slice(script.indexOf(".pack(") + 6, script.lastIndexOf(")"));
  player.load = async () => JSON.parse(pack);
  await player.prepare();
}"""


@FIRST
@pytest.mark.parametrize("width", [1200, 390])
def test_a_box_is_dragged(visit, path, width):
    """With a mouse and with the arrow keys, on a desktop and a phone; the sliders and the sentence follow."""
    page = visit(path, width=width)
    state = two_boxes.at([p.start for p in two_boxes.parameters.values()])
    page.evaluate(ADD, [two_boxes.key, two_boxes.spec(), state["svg"], state["text"], pack(two_boxes).text])
    figure = page.locator(f'[data-demo="{two_boxes.key}"]')
    image, knob = figure.locator("img"), figure.locator(".book-demo-handle")
    knob.scroll_into_view_if_needed()

    def middle():
        box = knob.bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    x, y = middle()
    picture = image.bounding_box()
    step = two_boxes.spec()["parameters"][0]["handle"]["step"] * picture["width"]  # of one pixel of the boxes
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 3 * step, y - 2 * step, steps=4)
    page.mouse.up()
    wanted = two_boxes(right=5.0, down=0.0).description
    page.wait_for_function("([key, text]) => BookDemos.get(key).image.alt === text", arg=[two_boxes.key, wanted])
    there = middle()
    assert abs(there[0] - x - 3 * step) < 1 and abs(there[1] - y + 2 * step) < 1
    assert figure.locator("output").all_inner_texts() == ["5 px", "0 px"]
    knob.press("ArrowLeft")
    knob.press("ArrowDown")
    wanted = two_boxes(right=4.0, down=2.0).description
    page.wait_for_function("([key, text]) => BookDemos.get(key).image.alt === text", arg=[two_boxes.key, wanted])
    assert min(knob.bounding_box()["width"], knob.bounding_box()["height"]) >= 44, "a finger misses it"
    assert not page.problems


@FIRST
def test_reduced_motion_has_no_play_button(visit, path):
    assert visit(path).locator(".book-demo-play").count() > 0
    assert visit(path, reduced_motion="reduce").locator(".book-demo-play").count() == 0
