"""Python in the page, as a reader meets it: loading, editing, running, stopping, restarting, tracebacks, packages on demand,
LaTeX, persistence, sandbox, keyboard, endless loops, recursion, memory, spoilt files, and what the start costs.

Every page's cells, exercises and demos in the same engine: test_engine.py.
"""

import json
import time

import pytest
from conftest import HTML
from live_site import LivePage, Overlay

CONDITIONING = "chapters/02_least_squares/03_conditioning.html"
MODEL = "chapters/02_least_squares/01_model.html"
FETCHED = ("runner.js", "worker.js", "live.json", "/python/")
pytestmark = pytest.mark.xdist_group("a page with Python started")
SOLVED = """def condition_of_two_by_two(p, q, r, t):
    s = p * p + q * q + r * r + t * t
    det = p * t - q * r
    largest_squared = (s + max(s * s - 4 * det * det, 0.0) ** 0.5) / 2
    return largest_squared / abs(det)"""


@pytest.fixture(scope="module")
def overlay(site):
    return Overlay()


@pytest.fixture(scope="module")
def started(chromium, overlay):
    """One page with Python running, shared by the tests that leave it usable."""
    live = LivePage.opened(chromium, f"{overlay.address}/{CONDITIONING}")
    live.before = list(live.page.requested)
    live.free = live.index("data = datasets.longley()")  # a cell to write into
    live.run(live.free)
    yield live
    live.page.context.close()


def test_nothing_is_loaded_before_the_reader_asks(started):
    for name in FETCHED:
        assert not any(name in url for url in started.before), name


def test_the_files_are_small_and_only_what_the_page_needs(started, overlay):
    """On the wire: a page with numpy, scipy and matplotlib within 27.5 MB, scikit-learn and sympy not among it."""
    fetched = {path: size for path, size in overlay.sent.items() if any(name in path for name in FETCHED)}
    assert sum(fetched.values()) <= 27_500_000, fetched
    names = " ".join(fetched)
    assert "/numpy-" in names and "/scipy-" in names and "scikit-learn" not in names and "sympy" not in names
    told = started.page.evaluate("BookLive.page.fetches")
    assert {path.split("/")[-1]: size for path, size in fetched.items() if "/python/" in path} == told


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
    assert "kernel.py" not in text and "usr/local" not in text
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


def test_latex_and_a_package_on_demand(started, overlay):
    assert not any("/sympy-" in path for path in overlay.sent)
    code = "import sympy\nt = sympy.symbols('t')\nsympy.integrate(sympy.sin(t) ** 2, t)"
    started.answer(started.free, code)
    started.cell(started.free).locator("mjx-container").wait_for()
    assert not started.cell(started.free).locator("mjx-merror").count()
    assert started.answer(started.free, "sympy.simplify(sympy.diff(sympy.log(t), t) - 1 / t) == 0") == "True"
    code = "import numpy as np, sklearn.linear_model as m\nm.Ridge().fit(np.eye(3), [1, 2, 3]).coef_.round(2)"
    assert started.answer(started.free, code) == "array([-0.5,  0. ,  0.5])"


def test_what_is_not_there_says_so(started):
    assert "open this notebook in Colab" in started.answer(started.free, "import torch\ntorch.ones(2)")
    assert "No module named 'pandas'" in started.answer(started.free, "import pandas")


def test_recursion_and_memory(started):
    assert "RecursionError" in started.answer(started.free, "def f(n):\n    return f(n + 1)\nf(0)")
    assert "MemoryError" in started.answer(started.free, "x = [bytearray(10**8) for _ in range(9)]")
    assert "MemoryError" in started.answer(started.free, "import numpy as np\nnp.ones((10_000, 10_000))")
    full = "with open('big', 'wb') as f:\n    for _ in range(1000): f.write(bytes(10**6))"
    assert "OSError" in started.answer(started.free, full)
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
    before = set(overlay.sent)
    for attempt in (
        "import js",
        f"import urllib.request\nurllib.request.urlopen('{overlay.address}/secret')",
        "import socket\nsocket.create_connection(('127.0.0.1', 80))",
        "import subprocess\nsubprocess.run(['ls'])",
        "import os\nos.fork()",
        "import threading\nthreading.Thread(target=print).start()",
        "open('/etc/passwd')",
    ):
        started.answer(i, attempt)
        assert started.cell(i).get_attribute("data-live") == "error", attempt
    assert started.answer(i, "import _host\n_host.call(b'no json')\n_host.call(b'{\"kind\": \"odd\"}')\n7").endswith(
        "7"
    )
    assert not any("secret" in path for path in overlay.sent)
    strangers = [path for path in overlay.sent if path not in before and not (HTML / path.lstrip("/")).is_file()]
    assert not strangers, "only files that belong to the page come late"


def test_the_frame_that_runs_code_reaches_nothing_either(started, overlay):
    """Whatever the binary does: the frame's origin, its policy and its sandbox allow no connection and no storage."""
    inner = [f for f in started.page.frames if f.parent_frame]
    (frame,) = (f for f in inner if f.frame_element().get_attribute("hidden") is not None)  # the others show HTML
    assert frame.evaluate("self.origin") == "null"
    attempts = [
        f"fetch('{overlay.address}/secret')",
        f"new Promise((ok, bad) => {{ const s = new WebSocket('{overlay.address.replace('http', 'ws')}/secret'); s.onopen = ok; s.onerror = bad; }})",
        "localStorage.length",
        "document.cookie",
        "parent.document.title",
        "new Promise((ok, bad) => { const r = indexedDB.open('x'); r.onsuccess = ok; r.onerror = bad; })",
        f"new Promise((ok, bad) => {{ const w = new Worker(URL.createObjectURL(new Blob([`fetch('{overlay.address}/secret').then(() => postMessage(1), () => postMessage(0))`]))); w.onmessage = (e) => e.data ? ok() : bad(); }})",
        f"import('{overlay.address}/secret')",
    ]
    for attempt in attempts:
        reached = frame.evaluate(
            f"async () => {{ try {{ await ({attempt}); return true; }} catch {{ return false; }} }}"
        )
        assert not reached, attempt
    assert not any("secret" in path for path in overlay.sent)


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


def test_closed_form_of_the_squeeze(started):
    text = started.answer(started.free, "round(squeeze.squeeze_condition(0.05), 6)")
    assert float(text) == pytest.approx((2.05 + (4 + 0.0025) ** 0.5) ** 2 / 0.2, abs=1e-6)


def test_a_demo_is_computed_between_the_stored_states(started):
    live = started
    i = live.index("demos.closing_columns")
    assert live.run(i) == "ok"
    figure = live.cell(i).locator("figure.book-demo")
    assert figure.get_attribute("data-live") == "yes" and figure.is_visible()
    stored = figure.locator("img").first.get_attribute("src")
    slider = figure.locator("input[type=range]").first
    slider.evaluate("(e) => { e.value = 12.5; e.dispatchEvent(new Event('input', { bubbles: true })); }")
    live.page.wait_for_function(
        "document.querySelector('[data-demo=\"least_squares.closing_columns\"]').dataset.frame === 'computed'"
    )
    text = figure.locator(".book-demo-text").inner_text()
    eps = 10 ** (-8 + 8 * 12.5 / 16)
    kappa = ((2 + eps + (4 + eps * eps) ** 0.5) ** 2) / (4 * eps)
    assert f"κ = {kappa:.0f}" in text, text
    assert figure.locator("img").first.get_attribute("src") != stored
    assert not figure.locator(".book-demo-note:visible").count()
    slider.focus()
    live.page.keyboard.press("Home")
    live.page.wait_for_function(
        "document.querySelector('[data-demo=\"least_squares.closing_columns\"]').dataset.frame !== 'computed'"
    )


def test_claims_and_tables_are_set_out_by_the_page(started):
    code = """from lib.book.claims import claim, table
claim("a number", 0.634, above=0.5)
claim("one that fails here", 0.4, above=0.5)
table("scores", {"ours": [[0.5, 0.6], 0.7]}, ["a", "b"], bounds={("ours", "a"): {"above": 0.1}})"""
    started.answer(started.free, code)
    output = started.cell(started.free).locator(".book-live-output")
    assert started.cell(started.free).get_attribute("data-live") == "ok", (
        "a claim that fails is told, and raises nothing"
    )
    first, second = output.locator(".book-claims tr").all()
    assert "0.63" in first.inner_text() and "✓ > 0.5" in first.inner_text()
    assert "the text says > 0.5" in second.inner_text() and second.get_attribute("class") == "book-claim--fails"
    assert "scores, 2 seeds" in output.locator(".book-table caption").inner_text()
    assert "0.55 ± 0.07" in output.locator(".book-table td").first.inner_text()
    assert not output.locator("iframe").count()


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
    for text in ("import json\njson.loads('[' * 100_000)", "x = []\nfor _ in range(10**5): x = [x]\ndel x"):
        live.write(i, text)
        assert live.run(i) == "error"
        assert "Python ended" in live.status() and "Press Run" in live.status()
        assert live.cell(i).locator(".cm-content").inner_text().strip().endswith(text[-8:]), "what was typed stays"
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


def test_a_changed_file_is_refused_and_a_spoilt_copy_fetched_again(chromium, overlay):
    name = next(path for path in overlay.sent if "/base-" in path)
    whole = (HTML / name.lstrip("/")).read_bytes()
    overlay.files[name] = whole[:-1] + b"x"
    try:
        page = chromium.new_page()
        page.goto(f"{overlay.address}/{MODEL}")
        live = LivePage(page)
        stored = live.cell(2).locator(".cell_output")
        live.cell(2).locator(".book-live-run").click()
        page.wait_for_function("document.querySelector('.book-live-bar').dataset.state === 'failed'", timeout=30000)
        assert f"{name.split('/')[-1]} is not the file this book was made with" in live.status()
        assert stored.first.is_visible(), "the stored output stays"
        del overlay.files[name]
        assert live.run(2) == "ok", "the next press tries again"
        page.close()
    finally:
        overlay.files.pop(name, None)


def test_edits_keep_the_phone_and_axe_content(started):
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(started.page, options={"resultTypes": ["violations"]}).response["violations"]
    grave = [v for v in found if v["impact"] in ("serious", "critical")]
    assert not grave, [(v["id"], [n["target"] for n in v["nodes"][:3]]) for v in grave]


@pytest.mark.alone
def test_what_a_start_costs(chromium, overlay):
    """From this machine, in seconds; the best of three. Prints each beside its goal, and the prototype's where it had one.

    What is asserted is thrice the goal: a machine that is busy or slow is no fault, a start that has become another thing is.
    """
    goals = {"numpy": 1.5, "numpy and matplotlib": 2.5, "the second page": 1.0, "restart": 0.5}
    prototype = {"numpy": 0.96, "numpy and matplotlib": 1.68, "restart": 0.2}
    times: dict[str, list[float]] = {name: [] for name in goals}
    run = "async (code) => (await BookLive.session).kernel.run(code, 'a cell', () => {})"

    def timed(page, script: str, code: str) -> float:
        started = time.perf_counter()
        page.evaluate(script)
        page.evaluate(run, code)
        return time.perf_counter() - started

    press = "async () => (await BookLive.need()).start()"
    for _ in range(3):
        for name, code in (("numpy", "import numpy"), ("numpy and matplotlib", "import numpy, matplotlib.pyplot")):
            context = chromium.new_context()
            page = context.new_page()
            page.goto(f"{overlay.address}/{CONDITIONING}")
            times[name].append(timed(page, press, code))
            if name == "numpy":
                times["restart"].append(timed(page, "async () => (await BookLive.session).restart()", "0"))
                page = context.new_page()
                page.goto(f"{overlay.address}/{MODEL}")
                times["the second page"].append(timed(page, press, "import numpy"))
            context.close()
    print()
    for name, goal in goals.items():
        best = min(times[name])
        beside = f", {best / prototype[name]:.1f} times the prototype's" if name in prototype else ""
        print(f"{name}: {best:.2f} s, {best / goal:.2f} of the goal{beside}")
    assert all(min(times[name]) <= 3 * goal for name, goal in goals.items()), times
