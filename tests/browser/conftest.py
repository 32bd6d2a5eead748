"""Chromium on the built book. Without a browser or a book the tests skip with a line that says so; CI makes that a failure.

CHAPTER=04_word_vectors restricts the tests to that chapter's pages. Tests marked `alone` measure time: they run by
themselves, after the others, which share the machine (`-n 2 -m "not alone"`, then `-m alone`).
"""

import functools
import http.server
import os
import shutil
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
HTML = ROOT / "_build" / "html"
CHAPTER = os.environ.get("CHAPTER", "")
MEASURE = (Path(__file__).parent / "measure.js").read_text(encoding="utf-8")
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
BUILT = [p.relative_to(HTML).as_posix() for p in sorted(HTML.glob("**/*.html"))] if HTML.is_dir() else []
PAGES = [
    p
    for p in BUILT
    if (p.startswith(f"chapters/{CHAPTER}/") if CHAPTER else p.split("/")[0] in ("index.html", "chapters"))
]
DEMO_PAGES = [p for p in PAGES if 'class="book-demo"' in (HTML / p).read_text(encoding="utf-8")]
# The pages of Python in the page are the second chapter's.
collect_ignore = ["test_live.py"] if CHAPTER not in ("", "02_least_squares") else []


def pytest_configure(config):
    """Two workers share the pages one by one; a group of tests that share a started page stays on one of them."""
    if config.getoption("dist", "no") == "load":
        config.option.dist = "loadgroup"


def pytest_terminal_summary(terminalreporter):
    """Say how many pictures have letters that nobody can measure, since they are pixels."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)]
    told = {report.nodeid: dict(report.user_properties).get("raster", 0) for report in reports}
    count = sum(told.values())
    if count:
        terminalreporter.write_line(f"{count} raster pictures: their letters were not measured")


def missing(what: str):
    """Skip the test, or fail it where a browser is required."""
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(f"REQUIRE_BROWSER=1, but {what}")
    pytest.skip(f"browser tests skipped: {what}")


@pytest.fixture(scope="session")
def chromium():
    """A headless Chromium with a fresh profile, for the whole session."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome", "chrome")
    path = next((found for name in names if name and (found := shutil.which(name))), None)
    if not path:
        missing("no Chromium was found (set CHROMIUM to its path)")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A static host that keeps its log to itself."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass


@pytest.fixture(scope="session")
def site():
    """The address of the built book on this machine."""
    if not PAGES:
        missing(f"there is no built book of {CHAPTER or 'any chapter'} in _build/html (run make book)")
    handler = functools.partial(Quiet, directory=HTML)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def visit(chromium, site):
    """Open a page of the book for the first time, on a device that prefers a theme.

    The page remembers its problems (errors, what the console warns of, requests that fail) and every request it made.
    """
    contexts = []

    def go(path: str, *, theme: str = "light", width: int = 1200, wait: str = "load", **options):
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, **options)
        contexts.append(context)
        page = context.new_page()
        page.problems, page.requested = [], []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("console", lambda m: page.problems.append(m.text) if m.type in ("error", "warning") else None)
        page.on("request", lambda request: page.requested.append(request.url))
        page.on("requestfailed", lambda request: page.problems.append(f"failed: {request.url}"))
        address = path if "://" in path else f"{site}/{path}"
        page.goto(address, wait_until=wait)
        return page

    yield go
    for context in contexts:
        context.close()
