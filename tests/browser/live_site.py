"""The built book served with a Pyodide of our choice, and a page of it with Python started."""

import functools
import hashlib
import http.server
import json
import subprocess
import sys
import threading
from pathlib import Path

from conftest import HTML, ROOT, Quiet, missing

from tools import bundle, live

WHEELS = ROOT / "_build" / "wheels"
PURE = {"sympy": "1.14.0", "mpmath": "1.4.1"}  # pure-Python packages that pip serves


def pure_wheels() -> Path:
    """Return a folder with the wheels of PURE, fetched once."""
    if len(list(WHEELS.glob("*.whl"))) < len(PURE):
        wanted = [f"{name}=={version}" for name, version in PURE.items()]
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(WHEELS), *wanted]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            missing(f"pip could not fetch {wanted}: {done.stderr[-300:]}")
    return WHEELS


def core() -> Path:
    """Return the folder of Pyodide's core: the npm package that web/package.json pins."""
    done = bundle.install()
    if done.returncode:
        missing(f"npm could not install the locked packages: {done.stderr[-300:]}")
    return bundle.WEB / "node_modules" / "pyodide"


class Overlay:
    """The book with other files at some addresses: address → path of a file, or bytes."""

    def __init__(self, files: dict):
        overlay = self
        self.files, self.sent = files, {}

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
                self.send_header("Content-Type", "application/wasm" if path.endswith(".wasm") else "text/plain")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
                return None

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=HTML))
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_port}"


def core_overlay() -> Overlay:
    """The book with Pyodide's core and pip's pure-Python wheels: no numpy, no other host."""
    release, wheels, pins = core(), pure_wheels(), live.pins()
    files = {f"/_static/pyodide/{name}": release / name for name in pins["core"]}
    for name in PURE:  # pip's wheels are not byte for byte those of Pyodide's release
        entry = pins["packages"][name]
        wheel = wheels / entry["file_name"]
        entry["sha256"] = hashlib.sha256(wheel.read_bytes()).hexdigest()
        files[f"/_static/pyodide/{wheel.name}"] = wheel
    told = json.loads((HTML / "_static" / "live.json").read_text()) | {"pyodide": "pyodide/", "bundled": sorted(PURE)}
    files["/_static/live.json"] = json.dumps(told).encode()
    files["/_static/pyodide.json"] = json.dumps(pins).encode()
    return Overlay(files)


class LivePage:
    """A page of the book in Chromium, and the hands of a reader."""

    def __init__(self, page):
        self.page = page
        page.wait_for_function("window.BookLive !== undefined")

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
