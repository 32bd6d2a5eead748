"""What a reader sees of Python in the page: progress bars, colours, deadlines, the first press's cost, and what fails."""

import re

import pytest
from live_site import LivePage, Overlay

CONDITIONING = "chapters/02_least_squares/03_conditioning.html"
FREE = "data = datasets.longley()"  # a cell to write into
pytestmark = pytest.mark.xdist_group("a page with Python started")

# The contrast of every coloured piece of a cell's output with the ground it stands on.
CONTRASTS = """(pre) => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const light = (colour) => {
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (node) => {
    const { backgroundColor } = getComputedStyle(node);
    return /^rgba.*, 0\\)$/.test(backgroundColor) ? ground(node.parentElement) : backgroundColor;
  };
  return [...pre.querySelectorAll("[class*=ansi-]")].map((node) => {
    const [a, b] = [light(getComputedStyle(node).color), light(ground(node))].sort((a, b) => a - b);
    return [node.className, (b + 0.05) / (a + 0.05)];
  });
}"""


@pytest.fixture(scope="module")
def overlay(site):
    return Overlay()


def opened(browser, overlay, prepare="", **options):
    """A page, opened by a reader with a fresh profile; `prepare` is done to its window before anything else."""
    live = LivePage.opened(browser, f"{overlay.address}/{CONDITIONING}", prepare, **options)
    live.free = live.index(FREE)
    return live


@pytest.fixture(scope="module")
def started(chromium, overlay):
    live = opened(chromium, overlay)
    live.run(live.free)
    yield live
    assert not live.page.problems
    live.page.context.close()


def limit(live, **limits):
    """Give the page other limits, in milliseconds."""
    usual = {"cell": 60_000, "notice": 15_000, "more": 300_000, "demo": 15_000, "long": 1000, "silence": 20_000}
    live.page.evaluate("(limits) => { BookLive.limits = limits }", usual | limits)


def state(live, wanted, seconds=60):
    live.page.wait_for_function(
        "(state) => document.querySelector('.book-live-bar').dataset.state === state",
        arg=wanted,
        timeout=1000 * seconds,
    )


def press(live, i):
    live.cell(i).locator(".book-live-run").click()


# ------------------------------------------------------------------------------------------------------------ output
def test_a_progress_bar_is_one_line(started):
    live, i = started, started.free
    bar = "import sys\nfor k in range(101):\n    print(f'\\r{k:3d} %', '#' * k, end='', file=sys.stderr, flush=True)\nprint('done')"
    live.write(i, bar)
    assert live.run(i) == "ok"
    pieces = live.cell(i).locator(".book-live-output > pre")
    assert pieces.all_text_contents() == [f"100 % {'#' * 100}", "done\n"]
    two = "import sys\nfor k in range(50):\n    sys.stdout.write(f'\\router {k}\\n\\rinner {k}\\033[A')\n    sys.stdout.flush()"
    assert live.answer(i, two) == "outer 49\ninner 49"


def test_a_hundred_thousand_updates_leave_the_page_awake(started):
    live, i = started, started.free
    live.write(i, "for k in range(10**5):\n    print(f'\\r{k} of 100000', end='', flush=True)")
    live.page.evaluate("""() => {
        window.longest = 0;
        let before = performance.now();
        window.beat = setInterval(() => { const now = performance.now(); window.longest = Math.max(window.longest, now - before); before = now }, 20);
    }""")
    assert live.run(i) == "ok"
    longest = live.page.evaluate("clearInterval(window.beat) ?? window.longest")
    assert live.output(i) == "99999 of 100000"
    assert longest < 1500, f"the page stood still for {longest:.0f} ms"


def test_what_is_printed_is_seen_while_the_cell_runs_and_stays_when_it_is_stopped(started):
    live, i = started, started.free
    live.write(i, "print('before')\nwhile True: pass")
    press(live, i)
    live.cell(i).locator(".book-live-output", has_text="before").wait_for()
    live.page.locator(".book-live-stop").click()
    assert live.ended(i) == "stopped" and live.output(i).strip() == "before"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_can_be_read(started, theme):
    live, i = started, started.free
    codes = [*range(30, 38), *range(90, 98), *range(40, 48), *range(100, 108), 1, 2, 3, 4, 7, 9]
    codes += [f"{code};7" for code in range(31, 37)] + ["31;44", "37;47", "38;5;208", "48;2;250;250;10", "2;42"]
    live.write(i, f"for code in {codes}: print(f'\\033[{{code}}m code {{code}} \\033[0m')")
    assert live.run(i) == "ok"
    live.page.evaluate("(theme) => { document.documentElement.dataset.theme = theme }", theme)
    found = live.cell(i).locator(".book-live-output pre").first.evaluate(CONTRASTS)
    live.page.evaluate("document.documentElement.dataset.theme = 'light'")
    assert len({name for name, _ in found}) >= 20
    assert not [(name, round(contrast, 2)) for name, contrast in found if contrast < 4.5]


# -------------------------------------------------------------------------------------------------------- deadlines
def test_a_cell_is_stopped_unless_the_reader_gives_it_time(started):
    live, i, page = started, started.free, started.page
    limit(live, cell=6000, notice=5000, more=6000, long=300)
    live.write(i, "typed = 'kept'\nwhile True: pass")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    live.page.evaluate("(i) => BookLive.cells[i].runButton.click()", i)
    alert = page.locator(".book-live-bar [role=alert]")
    alert.wait_for()
    assert re.match(r"Cell \d+ has been running for \d+ s and will be stopped at \d+ s\.", alert.inner_text())
    box = alert.bounding_box()
    assert 0 <= box["y"] < 900 - box["height"], "in sight, wherever the reader is"
    more = alert.locator("button")
    more.focus()
    page.keyboard.press("Enter")
    alert.wait_for(state="detached")
    assert "may run 6 s more" in live.status()
    assert page.evaluate("document.activeElement.className") == "book-live-bar"
    assert live.ended(i) == "stopped"
    note = live.cell(i).locator(".book-live-note").inner_text()
    assert note == live.status() and "What you typed is kept" in note
    assert "typed = 'kept'" in live.cell(i).locator(".cm-content").inner_text()
    limit(live)
    assert live.answer(i, "6 * 7") == "42" and not live.cell(i).locator(".book-live-note").count()


def test_stop_is_in_sight_while_a_cell_runs_long(started):
    live, i, page = started, started.free, started.page
    limit(live, long=300)
    live.write(i, "while True: pass")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.evaluate("(i) => BookLive.cells[i].runButton.click()", i)
    page.wait_for_function("document.querySelector('.book-live-bar').dataset.stays === 'yes'")
    assert 0 <= page.locator(".book-live-stop").bounding_box()["y"] < 300
    page.locator(".book-live-stop").click()
    assert live.ended(i) == "stopped"
    limit(live)


# ------------------------------------------------------------------------------------------------------------- cost
def test_buttons_say_what_the_first_press_fetches_until_it_is_there(chromium, overlay):
    live = opened(chromium, overlay, viewport={"width": 390, "height": 844})
    page = live.page
    page.evaluate("BookLive.page.fetches ??= { 'python-1.wasm': 12e6, 'core-1.zip': 8.2e6 }; BookLive.label()")
    all_of_it = page.evaluate("Math.ceil(Object.values(BookLive.page.fetches).reduce((a, b) => a + b) / 1e6)")
    button = live.cell(live.free).locator(".book-live-run")
    assert button.inner_text() == f"Run · fetches {all_of_it} MB once"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    live.run(live.free)
    assert button.inner_text() == "Run"
    page.reload()
    live = LivePage(page)
    page.evaluate("BookLive.page.fetches ??= { 'python-1.wasm': 12e6, 'core-1.zip': 8.2e6 }; BookLive.label()")
    assert button.inner_text() == "Run"
    page.context.close()


# -------------------------------------------------------------------------------------------------- bad surroundings
@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        ("WebAssembly.validate = () => false", "Chrome or Edge 137, Firefox 131, Safari 18.4"),
        ("delete window.WebAssembly", "WebAssembly is switched off"),
        ("delete window.Worker", "no worker"),
    ],
)
def test_a_browser_that_cannot_run_python_says_so_and_where_it_would(chromium, overlay, prepare, said):
    live = opened(chromium, overlay, prepare)
    press(live, live.free)
    state(live, "failed")
    assert said in live.status()
    links = live.page.locator(".book-live-status a")
    assert links.all_inner_texts() == ["Open in Colab", "Download the notebook"]
    with live.page.expect_download() as download:
        links.last.click()
    assert download.value.suggested_filename == "03_conditioning.ipynb"
    assert said in live.cell(live.free).locator(".book-live-note").inner_text()
    assert live.cell(live.free).locator(".cell_output").first.is_visible(), "the stored output stays"
    live.page.context.close()


def test_a_blocked_worker_and_a_lack_of_memory_are_told(chromium, overlay):
    blocked = (
        "if (self !== top) self.Worker = class { constructor() { throw new DOMException('blocked', 'SecurityError') } }"
    )
    live = opened(chromium, overlay, blocked)
    press(live, live.free)
    state(live, "failed")
    assert "blocks the worker" in live.status() and "allow it for this site" in live.status()
    live.page.context.close()
    small = "{type: 'fatal', name: 'RangeError', text: 'WebAssembly.Memory(): could not allocate memory'}"
    overlay.files["/_static/worker.js"] = f"onmessage = ({{ data }}) => data.port.postMessage({small})".encode()
    try:
        live = opened(chromium, overlay)
        press(live, live.free)
        state(live, "failed")
        assert "too little memory" in live.status() and "close other tabs" in live.status()
        live.page.context.close()
    finally:
        del overlay.files["/_static/worker.js"]


def test_a_reader_who_is_offline_is_told_and_loses_nothing(chromium, overlay):
    live = opened(chromium, overlay)
    i, page = live.free, live.page
    live.write(i, "6 * 7")
    page.context.set_offline(True)
    page.keyboard.press("Shift+Enter")
    state(live, "failed")
    assert "offline" in live.status() and "what you typed is kept" in live.status()
    page.context.set_offline(False)
    assert live.run(i) == "ok" and live.output(i) == "42"
    assert "offline" not in live.status() and not live.cell(i).locator(".book-live-note").count()
    page.context.close()


def test_the_editor_that_cannot_be_fetched_is_tried_again(chromium, overlay):
    live = opened(chromium, overlay)
    live.page.context.set_offline(True)
    press(live, live.free)
    live.page.wait_for_function(
        "document.querySelector('.book-live-status').textContent.includes('could not be fetched')"
    )
    live.page.context.set_offline(False)
    assert live.run(live.free) in ("ok", "error")
    live.page.context.close()


# ----------------------------------------------------------------------------------------------------------- phones
def test_a_phone_is_asked_before_python_starts(chromium, overlay):
    from axe_playwright_python.sync_playwright import Axe

    live = opened(chromium, overlay, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    i, page = live.free, live.page
    live.write(i, "6 * 7")
    assert not page.locator(".book-live-question").count(), "typing asks nothing"
    page.evaluate("BookLive.agreed = undefined")
    page.evaluate("(i) => BookLive.cells[i].runButton.click()", i)
    question = page.locator(".book-live-question")
    question.wait_for()
    assert "about 400 MB of memory" in question.inner_text()
    box = question.bounding_box()
    assert 0 <= box["y"] and box["y"] + box["height"] <= 844 and box["width"] <= 390
    assert page.evaluate("document.activeElement.textContent") == "Start Python"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert not [v["id"] for v in found if v["impact"] in ("serious", "critical")]
    page.get_by_role("button", name="Not now").click()
    assert "not started" in live.status() and not question.count()
    page.evaluate("(i) => BookLive.cells[i].runButton.click()", i)
    page.get_by_role("button", name="Start Python").click()
    assert live.ended(i) == "ok" and live.output(i) == "42"
    page.reload()
    live = LivePage(page)
    page.evaluate("BookLive.agreed = undefined")
    assert live.run(i) == "ok", "asked once in a visit"
    page.context.close()


# ------------------------------------------------------------------------------------------------- presses and stops
def test_stop_while_loading_and_begin_again(chromium, overlay):
    live = opened(chromium, overlay)
    i, page = live.free, live.page
    live.write(i, "6 * 7")
    press(live, i)
    state(live, "loading")
    page.locator(".book-live-stop").click()
    assert live.ended(i) == "stopped" and "before Python was there" in live.status()
    press(live, i)
    press(live, i)
    assert live.ended(i) == "ok" and live.output(i) == "42"
    page.context.close()


def test_a_double_click_runs_a_cell_once(started):
    live, i = started, started.free
    live.answer(i, "runs = 0")
    live.write(i, "runs += 1\nimport time\ntime.sleep(0.5)\nruns")
    live.cell(i).locator(".book-live-run").dblclick()
    assert live.ended(i) == "ok"
    live.page.wait_for_timeout(800)
    assert live.output(i) == "1"


def test_typing_while_a_cell_runs_is_kept_for_the_next_run(started):
    live, i = started, started.free
    live.write(i, "import time\ntime.sleep(1)\n'first'")
    press(live, i)
    live.page.wait_for_function("(i) => BookLive.cells[i].node.dataset.live === 'running'", arg=i)
    live.write(i, "'second'")
    assert live.ended(i) == "ok" and live.output(i) == "'first'"
    assert live.run(i) == "ok" and live.output(i) == "'second'"
