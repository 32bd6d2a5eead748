"""The built book served with other files at some addresses, and a page of it with Python started."""

import functools
import http.server
import threading
from pathlib import Path

from conftest import HTML, Quiet


class Overlay:
    """The book with other files at some addresses: address → path of a file, or bytes."""

    def __init__(self, files: dict | None = None):
        overlay = self
        self.files, self.sent = files or {}, {}

        class Handler(Quiet):
            def do_GET(self):
                path = self.path.split("?")[0]
                found = overlay.files.get(path)
                if found is None:
                    file = Path(self.translate_path(path))
                    overlay.sent[path] = file.stat().st_size if file.is_file() else 0
                    return super().do_GET()
                data = found if isinstance(found, bytes) else found.read_bytes()
                overlay.sent[path] = len(data)
                self.send_response(200)
                self.send_header("Content-Type", "application/octet-stream")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
                return None

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=HTML))
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_port}"


class LivePage:
    """A page of the book in Chromium, and the hands of a reader."""

    def __init__(self, page):
        self.page = page
        page.wait_for_function("window.BookLive !== undefined")
        page.evaluate(
            "if (BookLive) BookLive.agreed = true"
        )  # on a small machine the page would ask before it starts Python

    @classmethod
    def opened(cls, browser, address: str, prepare: str = "", **options):
        """Open a page with a fresh profile; it remembers its errors and what it asked for. `prepare` runs before its own scripts."""
        context = browser.new_context(**({"viewport": {"width": 1100, "height": 900}} | options))
        if prepare:
            context.add_init_script(prepare)
        page = context.new_page()
        page.problems, page.requested = [], []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("request", lambda request: page.requested.append(request.url))
        page.goto(address)
        return cls(page)

    def index(self, code: str) -> int:
        """Return the first cell whose stored code starts with `code`."""
        return self.page.evaluate("(s) => BookLive.cells.findIndex((c) => c.original.startsWith(s))", code)

    def cell(self, i: int):
        return self.page.locator("div.cell:has(.cell_input)").nth(i)

    def run(self, i: int, wait: float = 60) -> str:
        """Press a cell's Run, wait for its end, and return how it ended."""
        self.cell(i).locator(".book-live-run").first.click()
        return self.ended(i, wait)

    def ended(self, i: int, wait: float = 60) -> str:
        self.page.wait_for_function(
            "(i) => ['ok', 'error', 'stopped'].includes(BookLive.cells[i].node.dataset.live)",
            arg=i,
            timeout=wait * 1000,
        )
        return self.page.evaluate("(i) => BookLive.cells[i].node.dataset.live", i)

    def write(self, i: int, code: str) -> None:
        """Put code into a cell's editor with the keyboard."""
        self.cell(i).locator(".book-live-edit").click()
        self.cell(i).locator(".cm-content").wait_for()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(code)

    def answer(self, i: int, code: str) -> str:
        """Write and run a cell; return the text of its new output."""
        self.write(i, code)
        self.run(i)
        return self.output(i)

    def output(self, i: int) -> str:
        return self.cell(i).locator(".book-live-output").inner_text()

    def status(self) -> str:
        return self.page.inner_text(".book-live-status")
