"""Python in the page, first of three layers: Chromium, real Pyodide, offline.

It covers the runner with Pyodide's core from npm and pure-Python wheels from pip: loading, editing, running, stopping,
restarting, tracebacks, LaTeX, persistence, sandbox, keyboard, endless loops, recursion and memory; exercises and the ε
demo's words where only Python is needed. It does not cover numpy, scipy and matplotlib in the browser: their builds are
in Pyodide's own release only (tests/browser/test_live_full.py); their code runs in the second layer
(tests/book/test_in_page.py).
"""

import json
import re

import pytest
from live_site import LivePage, core_overlay

CONDITIONING = "chapters/02_least_squares/03_conditioning.html"
MODEL = "chapters/02_least_squares/01_model.html"
pytestmark = pytest.mark.xdist_group("a page with Python started")
SOLVED = """def condition_of_two_by_two(p, q, r, t):
    s = p * p + q * q + r * r + t * t
    det = p * t - q * r
    largest_squared = (s + max(s * s - 4 * det * det, 0.0) ** 0.5) / 2
    return largest_squared / abs(det)"""


@pytest.fixture(scope="module")
def overlay(site):
    return core_overlay()


@pytest.fixture(scope="module")
def started(chromium, overlay):
    """One page with Python running, shared by the tests that leave it usable."""
    context = chromium.new_context(viewport={"width": 1100, "height": 900})
    page = context.new_page()
    page.problems, page.requested = [], []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("request", lambda request: page.requested.append(request.url))
    page.goto(f"{overlay.address}/{CONDITIONING}")
    live = LivePage(page)
    live.before = list(page.requested)
    live.free = live.index("data = datasets.longley()")  # a cell to write into
    live.run(live.free)
    yield live
    context.close()


def measured(live) -> dict:
    return live.page.evaluate("BookLive.session.then((s) => s.measured)")


def test_nothing_is_loaded_before_the_reader_asks(started):
    for name in ("runner.js", "worker.js", "pyodide", "live.json", "/lib."):
        assert not any(name in url for url in started.before), name


@pytest.mark.alone
def test_ready_within_the_budget(started, overlay, chromium):
    """Core only, from this machine: ready within 6.5 s in one of three starts, at most 14 MB in all."""
    times = [measured(started)["total"]]
    while times[-1] > 6500 and len(times) < 3:
        page = chromium.new_page()
        page.goto(f"{overlay.address}/{CONDITIONING}")
        live = LivePage(page)
        live.run(live.free if hasattr(live, "free") else live.index("data = datasets.longley()"))
        times.append(measured(live)["total"])
        page.close()
    names = ("runner.js", "worker.js", "pyodide", "live.json", "/lib.")
    fetched = {path: size for path, size in overlay.sent.items() if any(name in path for name in names)}
    assert sum(fetched.values()) <= 14_000_000, fetched
    assert times[-1] <= 6500, times
    print(f"\nPyodide's core: ready in {times} ms, {sum(fetched.values()) / 1e6:.2f} MB")


def test_another_chapter_of_lib_is_fetched_when_it_is_imported(started, overlay):
    asked = lambda: [path for path in overlay.sent if "/lib.regularization" in path]
    assert not asked()
    text = started.answer(started.free, "from lib import regularization\nregularization.__name__")
    assert "lib.regularization" in text and len(asked()) == 1


def test_no_request_to_another_host(started, overlay):
    others = {u for u in started.page.requested if u.startswith(("http", "ws")) and not u.startswith(overlay.address)}
    assert not others and not started.page.problems


def test_text_errors_and_display(started):
    live, i = started, started.free
    assert live.answer(i, "print('one')\nprint('two')\n6 * 7").split() == ["one", "two", "42"]
    text = live.answer(i, "def inner(x):\n    return 1 / x\n\ninner(0)")
    assert "cell 2, line 4" in text and "cell 2, line 2, in inner" in text and "ZeroDivisionError" in text
    assert "kernel.py" not in text and "pyodide" not in text.lower()
    assert live.cell(i).get_attribute("data-live") == "error"
    assert "Run all above" in live.answer(i, "nowhere")
    assert "SyntaxError" in live.answer(i, "x = = 1")
    live.answer(i, "import sys\nprint('to stderr', file=sys.stderr)")
    assert live.cell(i).locator(".book-live-stderr").inner_text().strip() == "to stderr"
    assert "write the value into the cell" in live.answer(i, "input()")
    assert "goes on" in live.answer(i, "raise SystemExit")
    assert live.answer(i, "1 + 1") == "2"


def test_long_output_is_cut_with_a_note(started):
    text = started.answer(started.free, "for i in range(10**5): print('line', i)")
    assert "cut here" in text and len(text) < 110_000
    assert "more characters" in started.answer(started.free, "'x' * 300_000")


def test_latex_and_a_package_on_demand(started):
    code = "import sympy\nt = sympy.symbols('t')\nsympy.integrate(sympy.sin(t) ** 2, t)"
    started.answer(started.free, code)
    started.cell(started.free).locator("mjx-container").wait_for()
    assert not started.cell(started.free).locator("mjx-merror").count()
    assert started.answer(started.free, "sympy.simplify(sympy.diff(sympy.log(t), t) - 1 / t) == 0") == "True"


def test_what_is_not_there_says_so(started):
    assert "numpy is not loaded in this page" in started.answer(started.free, "import numpy as np\nnp.zeros(3)")
    assert "open this notebook in Colab" in started.answer(started.free, "import torch\ntorch.ones(2)")


def test_recursion_and_memory(started):
    assert "RecursionError" in started.answer(started.free, "def f(n):\n    return f(n + 1)\nf(0)")
    assert re.search(
        "MemoryError|OverflowError", started.answer(started.free, "x = [bytearray(10**9) for _ in range(9)]")
    )
    assert started.answer(started.free, "2 + 2") == "4"


def test_html_is_shown_in_a_frame_that_may_do_nothing(started, overlay):
    page = started.page
    title = page.title()
    code = '''class Sly:
    def _repr_html_(self):
        return """<p>seen</p><script>parent.document.title = 'broken'</script>
        <img src='/never' onerror="parent.document.title = 'broken'">"""
Sly()'''
    started.write(started.free, code)
    started.run(started.free)
    frame = started.cell(started.free).locator("iframe.book-live-html")
    assert frame.get_attribute("sandbox") == ""
    page.wait_for_timeout(300)
    assert page.title() == title and "/never" not in overlay.sent


def test_code_reaches_no_origin_and_no_storage(started, overlay):
    page, i = started.page, started.free
    page.evaluate("localStorage.secret = 'kept'")
    count = len(overlay.sent)
    for attempt in (
        f"import js\nawaitable = js.Function.new('return 1')\njs.importScripts('{overlay.address}/secret.js')",
        f"from js import XMLHttpRequest\nx = XMLHttpRequest.new()\nx.open('GET', '{overlay.address}/secret', False)\nx.send()",
        "from js import indexedDB\nindexedDB.open('x')",
        "import js\njs.localStorage.getItem('secret')",
        "import js\njs.parent.document",
        f"import urllib.request\nurllib.request.urlopen('{overlay.address}/secret')",
    ):
        started.answer(i, attempt)
        assert started.cell(i).get_attribute("data-live") == "error", attempt
    started.answer(
        i, f"import js\nf = js.Function.new('return new WebSocket(\"{overlay.address.replace('http', 'ws')}\")')\nf()"
    )
    page.wait_for_timeout(300)
    assert not any("secret" in path for path in overlay.sent) and len(overlay.sent) == count
    assert "kept" not in started.output(i)


def test_exercise_wrong_and_right(started):
    live = started
    i = live.index("def condition_of_two_by_two")
    live.write(i, SOLVED.replace("return largest_squared / abs(det)", "return (largest_squared / abs(det)) ** 2"))
    live.run(i)
    assert live.ended(i + 1) == "ok"
    verdict = live.cell(i + 1).locator(".book-live-output .book-verdict")
    assert "square of κ" in verdict.locator(".book-diagnosis").inner_text()
    assert verdict.locator("details").count() == 3
    live.write(i, SOLVED)
    live.page.keyboard.press("Shift+Enter")
    live.cell(i + 1).locator(".book-verdict--pass").wait_for()
    assert "✓ solved" in live.cell(i).locator(".book-live-badge").inner_text()
    live.cell(i + 2).locator("details.hide > summary").click()
    live.run(i + 2)  # the solution
    assert "def condition_of_two_by_two" in live.cell(i + 2).locator(".book-live-output").text_content()


def test_exercise_that_needs_numpy_says_that_it_cannot_be_checked_here(started):
    i = started.index("def gram_inverse_change")
    started.write(i, "def gram_inverse_change(A, dA):\n    return A")
    started.run(i)
    started.ended(i + 1)
    assert (
        "cannot be checked here: numpy is not loaded"
        in started.cell(i + 1).locator(".book-live-output .book-verdict--todo").inner_text()
    )


def test_closed_form_of_the_squeeze(started):
    text = started.answer(started.free, "round(squeeze.squeeze_condition(0.05), 6)")
    assert float(text) == pytest.approx((2.05 + (4 + 0.0025) ** 0.5) ** 2 / 0.2, abs=1e-6)


def test_demo_words_between_the_stored_states(started):
    live = started
    i = live.index("demos.closing_columns")
    assert live.run(i) == "ok"
    figure = live.cell(i).locator("figure.book-demo")
    assert figure.get_attribute("data-live") == "yes" and figure.is_visible()
    slider = figure.locator("input[type=range]").first
    slider.evaluate("(e) => { e.value = 12.5; e.dispatchEvent(new Event('input', { bubbles: true })); }")
    live.page.wait_for_function(
        "document.querySelector('[data-demo=\"least_squares.closing_columns\"]').dataset.frame === 'computed'"
    )
    text = figure.locator(".book-demo-text").inner_text()
    eps = 10 ** (-8 + 8 * 12.5 / 16)
    kappa = ((2 + eps + (4 + eps * eps) ** 0.5) ** 2) / (4 * eps)
    assert f"κ = {kappa:.0f}" in text, text
    assert "matplotlib is not loaded" in figure.locator(".book-demo-note").inner_text()
    slider.focus()
    live.page.keyboard.press("Home")
    live.page.wait_for_function(
        "document.querySelector('[data-demo=\"least_squares.closing_columns\"]').dataset.frame !== 'computed'"
    )


def test_stop_an_endless_loop_and_go_on(started):
    live, i = started, started.free
    live.write(i, "kept = 1\nwhile True:\n    pass")
    live.cell(i).locator(".book-live-run").click()
    live.page.wait_for_function("(i) => BookLive.cells[i].node.dataset.live === 'running'", arg=i)
    live.page.locator(".book-live-stop").click()
    assert live.ended(i) == "stopped" and "Stopped" in live.status()
    assert "NameError" in live.answer(i, "kept")
    assert live.answer(i, "3 + 4") == "7"
    live.page.locator(".book-live-restart").click()
    live.page.wait_for_function("document.querySelector('.book-live-bar').dataset.state === 'ready'", timeout=30000)
    assert live.answer(i, "5 + 4") == "9"


def test_a_crash_of_the_interpreter_is_told_and_survived(started):
    live, i = started, started.free
    text = "d = {}\nfor _ in range(10**5): d = {'a': d}\nd == d.copy()\nrepr(d)"
    live.write(i, text)
    assert live.run(i) == "error"
    assert live.answer(i, "8 * 8") == "64"


def test_answers_survive_a_reload_travel_as_a_notebook_and_can_be_reset(chromium, overlay, tmp_path):
    context = chromium.new_context(viewport={"width": 1100, "height": 900}, accept_downloads=True)
    page = context.new_page()
    page.goto(f"{overlay.address}/{CONDITIONING}")
    live = LivePage(page)
    i = live.index("def condition_of_two_by_two")
    live.write(i, SOLVED)
    live.run(i)
    live.cell(i + 1).locator(".book-verdict--pass").wait_for()
    page.reload()
    live = LivePage(page)
    assert "✓ solved" in live.cell(i).locator(".book-live-badge").inner_text()
    assert live.cell(i).locator(".cell_input pre").inner_text().strip() == SOLVED
    live.write(i, SOLVED + "  # mine")
    live.cell(i).locator(".book-live-badge", has_text="edited").wait_for()
    page.locator(".book-live-more summary").click()
    with page.expect_download() as download:
        page.locator(".book-live-download").click()
    file = tmp_path / "03_conditioning.ipynb"
    download.value.save_as(file)
    book = json.loads(file.read_text(encoding="utf-8"))
    assert sum("# mine" in "".join(cell["source"]) for cell in book["cells"]) == 1
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator(".book-live-reset").click()
    page.wait_for_function("document.querySelector('.book-live-status').textContent.includes('as the book has it')")
    assert live.page.evaluate("(i) => BookLive.cells[i].code", i).endswith("...")
    assert page.evaluate("Object.keys(localStorage).filter((k) => k.startsWith('lst:')).length") == 0
    page.locator(".book-live-file").set_input_files(file)
    page.wait_for_function("(i) => BookLive.cells[i].code.endsWith('# mine')", arg=i)
    nonsense = tmp_path / "nonsense.ipynb"
    nonsense.write_text("not a notebook")
    page.locator(".book-live-file").set_input_files(nonsense)
    page.wait_for_function("document.querySelector('.book-live-status').textContent.includes('not a notebook')")
    context.close()


def test_a_blocked_storage_breaks_nothing(chromium, overlay):
    context = chromium.new_context(viewport={"width": 1100, "height": 900})
    context.add_init_script(
        "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }"
    )
    page = context.new_page()
    page.goto(f"{overlay.address}/{MODEL}")
    live = LivePage(page)
    i = live.index("def line_from_lists")
    live.write(i, "def line_from_lists(x, b):\n    return 0, 0")
    assert "download your answers" in live.status()
    live.run(i)
    live.cell(i + 1).locator(".book-verdict--fail").wait_for()
    context.close()


def test_keyboard_and_screen_reader(chromium, overlay):
    page = chromium.new_page()
    page.goto(f"{overlay.address}/{MODEL}")
    live = LivePage(page)
    i = live.index("linear_in_what = ...")
    assert page.locator(".book-live-status[role=status]").count() == 1
    edit = live.cell(i).locator(".book-live-edit")
    edit.focus()
    page.keyboard.press("Enter")
    live.cell(i).locator(".cm-content").wait_for()
    page.wait_for_function("document.activeElement.classList.contains('cm-content')")
    assert "Shift+Enter runs it, Escape leaves it" in live.cell(i).locator(".cm-content").get_attribute("aria-label")
    page.keyboard.press("Control+a")
    page.keyboard.insert_text('linear_in_what = "c"')
    page.keyboard.press("Shift+Enter")
    live.cell(i + 1).locator(".book-verdict--pass").wait_for(timeout=30000)
    page.wait_for_function(
        "document.querySelector('.book-live-status').textContent.startsWith('✓ linear_in_what: correct')"
    )
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.className") == "book-live-run"
    page.close()


def test_a_changed_file_is_refused(chromium, overlay):
    address = "/_static/pyodide/python_stdlib.zip"
    kept = overlay.files[address]
    overlay.files[address] = kept.read_bytes()[:-1] + b"x"
    try:
        page = chromium.new_page()
        page.goto(f"{overlay.address}/{MODEL}")
        live = LivePage(page)
        stored = live.cell(2).locator(".cell_output")
        live.cell(2).locator(".book-live-run").click()
        page.wait_for_function("document.querySelector('.book-live-bar').dataset.state === 'failed'", timeout=30000)
        assert "python_stdlib.zip is not the file this book was made with" in live.status()
        assert stored.first.is_visible(), "the stored output stays"
        page.close()
    finally:
        overlay.files[address] = kept


def test_edits_keep_the_phone_and_axe_content(started):
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(started.page, options={"resultTypes": ["violations"]}).response["violations"]
    grave = [v for v in found if v["impact"] in ("serious", "critical")]
    assert not grave, [(v["id"], [n["target"] for n in v["nodes"][:3]]) for v in grave]
