"""Every page that needs no PyTorch, in the real engine: its cells, its exercises, its demos, run in Chromium as a reader would.

A page's cells give the text that the notebook stores; every exercise gives its stub, its solution and each of its mistakes
their verdicts; every control of every demo recomputes between two steps. Prints, for each page, how long that took.
"""

import statistics

import nbformat
import pytest
from conftest import CHAPTER, ROOT
from live_site import LivePage

from lib.book.benchmarks import NotMeasured
from tools import live

NOTEBOOKS = [path.relative_to(ROOT) for path in sorted(ROOT.glob(f"chapters/{CHAPTER or '*'}/*.ipynb"))]
PAGES = [name for name in NOTEBOOKS if not live.page(ROOT / name)["blocked"]]
RECORD = """async () => {
  BookLive.limits = { cell: 280_000, notice: 20_000, more: 300_000, demo: 60_000, long: 1_000, silence: 60_000 };
  const session = await BookLive.need();
  await session.start();
  window.said = [];
  const { kernel } = session, run = kernel.run.bind(kernel);
  kernel.run = (code, name, on) => {
    const mine = [];
    said.push(mine);
    return run(code, name, (message) => (mine.push(message), on(message)));
  };
  return session.measured;
}"""
MOVED = "(e) => { e.value = e.max / 2 - 0.3; e.dispatchEvent(new Event('input', { bubbles: true })); }"
TYPED = "(e) => { e.value = 'two'; e.dispatchEvent(new Event('input', { bubbles: true })); }"
ANSWER = """async (code) => {
  const mine = [], { kernel } = await BookLive.session;
  await kernel.run(code, "an answer", (message) => mine.push(message));
  return mine;
}"""


def answers(e, name: str) -> dict[str, str]:
    """Return what an exercise is answered with: what is to be said of it → the cell's code."""
    out = {"stub": e.stub}
    if e.kind == "code":
        out["solution"] = e.source
        out |= {said: f"{name} = exercises.{name}.mistakes[{i}][0]" for i, (_, said) in enumerate(e.mistakes)}
    elif e.kind == "number":
        out["solution"] = f"{name} = {e.value()!r}"
        out |= {said: f"{name} = {float(v() if callable(v) else v)!r}" for v, said in e.mistakes}
    elif e.kind == "choice":
        out["solution"] = f"{name} = {''.join(sorted(e.answer))!r}"
        out |= {said: f"{name} = {letter!r}" for letter, said in e.feedback.items() if len(e.answer) == 1}
    elif e.kind == "prediction":
        out["solution"] = f"{name} = {e.value()!r}"
    elif e.kind == "goal":
        out["solution"] = f"{name} = exercises.{name}.worked()"
        out |= {said: f"{name} = exercises.{name}.pitfalls[{i}][1]()" for i, (_, _, said) in enumerate(e.pitfalls)}
    else:
        out["solution"] = f"{name} = {e.order!r}"
        out[""] = f"{name} = {e.order[::-1]!r}"
    return out


def text_of(message: dict) -> str:
    """Return a message of the kernel as the text that a notebook would store for it."""
    if message["kind"] == "stream":
        return message["text"]
    if message["kind"] == "display":
        return message["data"]["text/plain"] + "\n"
    return message["text"] + "\n" if message["kind"] in ("claim", "table", "map") else ""


def of_group(name):
    """The three tests of a page share a visit, so that one worker makes them all."""
    return pytest.param(name, marks=pytest.mark.xdist_group(f"the engine on {name}"), id=name.as_posix())


@pytest.fixture(scope="module", params=[of_group(name) for name in PAGES])
def run(request, chromium, site):
    """A page after *Run all cells*, with its notebook and what its cells said."""
    mine = LivePage.opened(chromium, f"{site}/{request.param.with_suffix('.html').as_posix()}")
    page = mine.page
    mine.measured = page.evaluate(RECORD)
    page.locator(".book-live-all").click()
    last = page.evaluate("BookLive.cells.length") - 1
    page.wait_for_function(
        "(i) => BookLive.cells[i].node.dataset.live === 'ok' || "
        "BookLive.cells.some((c) => ['error', 'stopped'].includes(c.node.dataset.live))",
        arg=last,
        timeout=300_000,
    )
    yield mine, nbformat.read(ROOT / request.param, as_version=4), request.param
    page.context.close()


def test_every_cell_gives_the_stored_text(run):
    mine, book, name = run
    code = [c for c in book.cells if c.cell_type == "code"]
    said = mine.page.evaluate("said")
    for i, cell in enumerate(code):
        assert mine.cell(i).get_attribute("data-live") == "ok", (i, mine.cell(i).inner_text()[-600:])
        if "nbval-ignore-output" in cell.metadata.get("tags", []):
            continue
        stored = "".join(out.get("text") or out["data"]["text/plain"] + "\n" for out in cell.outputs)
        if stored == f"{NotMeasured()!r}\n":
            continue  # a time, which a reader's own run measures
        own = [m for m in said[i] if m["kind"] in ("verdict", "progress", "demo")]
        if own:  # the page sets these out itself: what they say is in the stored text
            (message,) = own
            words = message.get("headline") or message.get("summary") or message["text"]
            assert words in stored, (i, cell.source, message)
        else:
            assert "".join(map(text_of, said[i])) == stored, (i, cell.source)
    assert len(said) == len(code) and not mine.page.problems
    measured = mine.measured
    print(f"\n{name}: ready in {measured['total'] / 1000:.1f} s, {measured['bytes'] / 1e6:.1f} MB")


def test_every_exercise_gives_its_verdicts(run):
    from lib.book.exercises import all_exercises

    mine, _, _ = run
    known = all_exercises()
    keys = [key.split("@")[0] for key in mine.page.evaluate("BookLive.cells.map((c) => c.exercise ?? '')") if key]
    assert keys
    for key in keys:
        e, name = known[key], key.split(".")[1]
        for answer, code in answers(e, name).items():
            said = mine.page.evaluate(ANSWER, f"{code}\nexercises.{name}.check({name})")
            (verdict,) = (m for m in said if m["kind"] != "stream")
            wanted = {"stub": "todo", "solution": "pass"}.get(answer, "fail")
            assert verdict["kind"] == "verdict" and verdict["status"] == wanted, (key, answer, verdict)
            if wanted == "fail" and answer:
                assert verdict["diagnosis"] == answer, (key, verdict)


def test_every_demo_is_recomputed(run):
    mine, _, name = run
    figures = mine.page.locator("figure.book-demo[data-live=yes]")
    assert figures.count() == mine.page.locator("figure.book-demo").count()
    times = []
    for n in range(figures.count()):
        figure = figures.nth(n)
        demo = figure.get_attribute("data-demo")
        controls = [(one, MOVED) for one in figure.locator("input[type=range][step=any]").all()]
        controls += [(one, TYPED) for one in figure.locator("input[type=text]").all()]
        for control, change in controls:
            control.evaluate(change)
            mine.page.wait_for_function(
                f"document.querySelector('[data-demo=\"{demo}\"]').dataset.frame === 'computed'"
            )
            times.append(int(figure.get_attribute("data-ms")))
            assert not figure.locator(".book-demo-note:visible").count(), figure.locator(".book-demo-note").inner_text()
        for field in figure.locator("canvas").all():
            field.click()
            mine.page.wait_for_function(
                f"document.querySelector('[data-demo=\"{demo}\"]').dataset.frame === 'computed'"
            )
    if times:
        print(f"\n{name}: a demo is recomputed in {statistics.median(times)} ms (median of {len(times)})")
