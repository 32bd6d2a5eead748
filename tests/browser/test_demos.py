"""What can happen to a demo besides being moved: no server, no frames, the dark, paper, a reader who wants no motion.

What every page's demos must keep (keyboard, fingers, colours) is tested in test_pages, their times in test_times.
"""

import pytest
from conftest import DEMO_PAGES, HTML
from demo_page import MOVE, corner, demos, prepared

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


@FIRST
def test_reduced_motion_has_no_play_button(visit, path):
    assert visit(path).locator(".book-demo-play").count() > 0
    assert visit(path, reduced_motion="reduce").locator(".book-demo-play").count() == 0
