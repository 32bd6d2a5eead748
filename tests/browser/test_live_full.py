"""Python in the page, third of three layers: Chromium with Pyodide's own release, numpy, scipy and matplotlib included.

It covers what the other two cannot: every cell and every exercise of the numpy notebooks, in the page, in the browser. It
needs the release, which no package registry has: PYODIDE_RELEASE names an unpacked release's folder, or is "pinned" to
use the pinned address (then the network must be open). Without it these tests skip, and say so; they never pass unseen.
Prints, for each page: how long Python took, how many megabytes, and the median time of a recomputed demo.
"""

import json
import os
import statistics
from pathlib import Path

import nbformat
import pytest
from conftest import CHAPTER, HTML, ROOT
from live_site import LivePage, Overlay

from tools import live

RELEASE = os.environ.get("PYODIDE_RELEASE", "")
NOTEBOOKS = sorted(path.relative_to(ROOT) for path in ROOT.glob(f"chapters/{CHAPTER or '*'}/*.ipynb"))
pytestmark = pytest.mark.skipif(
    not RELEASE,
    reason="the full run needs Pyodide's own release: set PYODIDE_RELEASE to its unpacked folder, or to 'pinned'",
)


@pytest.fixture(scope="module")
def overlay(site):
    """The book with the release's files, or with the pinned address."""
    told = json.loads((HTML / "_static" / "live.json").read_text())
    if RELEASE == "pinned":
        return Overlay(
            {"/_static/live.json": json.dumps(told | {"pyodide": live.pins()["address"], "bundled": None}).encode()}
        )
    folder, pins = Path(RELEASE), live.pins()
    names = [*pins["core"], *(p["file_name"] for p in pins["packages"].values())]
    missing = [name for name in names if not (folder / name).is_file()]
    assert not missing, f"{folder} is not an unpacked Pyodide {pins['version']}: it has no {missing[0]}"
    files = {f"/_static/pyodide/{name}": folder / name for name in names}
    told |= {"pyodide": "pyodide/", "bundled": sorted(pins["packages"])}
    return Overlay(files | {"/_static/live.json": json.dumps(told).encode()})


@pytest.fixture(scope="module", params=[str(path) for path in NOTEBOOKS])
def run(request, chromium, overlay):
    """A page after `Run all cells`, with its notebook."""
    notebook = ROOT / request.param
    if live.page(notebook)["blocked"]:
        pytest.skip(f"{request.param} needs {live.page(notebook)['blocked']}")
    context = chromium.new_context(viewport={"width": 1100, "height": 900})
    page = context.new_page()
    page.goto(f"{overlay.address}/{Path(request.param).with_suffix('.html').as_posix()}")
    mine = LivePage(page)
    page.locator(".book-live-all").click()
    last = page.evaluate("BookLive.cells.length") - 1
    page.wait_for_function(
        "(i) => BookLive.cells[i].node.dataset.live === 'ok' || BookLive.cells.some((c) => c.node.dataset.live === 'error')",
        arg=last,
        timeout=600_000,
    )
    measured = page.evaluate("BookLive.session.then((s) => s.measured)")
    print(f"\n{request.param}: ready in {measured['total'] / 1000:.1f} s, {measured['bytes'] / 1e6:.1f} MB")
    yield mine, nbformat.read(notebook, as_version=4)
    context.close()


def test_all_cells_give_the_stored_text(run):
    mine, book = run
    code = [c for c in book.cells if c.cell_type == "code"]
    for i, cell in enumerate(code):
        assert mine.cell(i).get_attribute("data-live") == "ok", (i, mine.cell(i).inner_text()[-600:])
        printed = "".join(out.get("text", "") for out in cell.outputs)
        if printed and "nbval-ignore-output" not in cell.metadata.get("tags", []):
            shown = "".join(mine.cell(i).locator(".book-live-output .book-live-stdout").all_text_contents())
            assert shown == printed, (i, cell.source)


def test_all_exercises_are_diagnosed(run):
    from lib.book.exercises import all_exercises

    mine, _ = run
    cells = mine.page.evaluate("BookLive.cells.map((c) => c.exercise ?? '')")
    known = all_exercises()
    for i, key in enumerate(cells):
        if not key:
            continue
        e = known[key.split("@")[0]]
        if e.kind != "code":
            continue
        answers = [(f"{e.name} = exercises.{e.name}.mistakes[0][0]", e.mistakes[0][1]), (e.source, "correct on all")]
        for answer, words in answers:
            mine.write(i, answer)
            mine.run(i)
            mine.ended(i + 1)
            assert words in mine.cell(i + 1).locator(".book-live-output").inner_text(), (key, answer)


def test_demos_are_recomputed(run):
    mine, _ = run
    figures = mine.page.locator("figure.book-demo[data-live=yes]")
    times = []
    for n in range(figures.count()):
        figure = figures.nth(n)
        for slider in figure.locator("input[type=range][step=any]").all():
            slider.evaluate(
                "(e) => { e.value = e.max / 2 - 0.3; e.dispatchEvent(new Event('input', { bubbles: true })); }"
            )
            name = figure.get_attribute("data-demo")
            mine.page.wait_for_function(
                f"document.querySelector('[data-demo=\"{name}\"]').dataset.frame === 'computed'"
            )
            times.append(int(figure.get_attribute("data-ms")))
            assert figure.locator(".book-demo-note").count() == 0 or not figure.locator(".book-demo-note").is_visible()
    if times:
        print(f"a demo is recomputed in {statistics.median(times)} ms (median of {len(times)})")
