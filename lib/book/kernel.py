"""The kernel of the built page: it runs a reader's cell and says what came of it.

One `Kernel` a page. In the browser it lives in a worker, in CPython as WebAssembly (`attach` and `turn`); it runs as well
under any other Python. All it says goes through one function, `emit`, as plain dicts that survive JSON:

    {"kind": "stream", "name": "stdout" or "stderr", "text": …}
    {"kind": "display", "data": {MIME type: text}}        pictures travel as SVG, or as base64 PNG
    {"kind": "error", "name": …, "message": …, "traceback": …}
    {"kind": "verdict" | "progress" | "demo" | "claim" | "table" | "map", …}
                                                          what the book's own objects say with `_page_message_`
"""

from __future__ import annotations
import __future__

import ast
import base64
import io
import json
import linecache
import sys
import time
import traceback
import types
from collections.abc import Callable

from lib.book import absent
from lib.book.cells import await_explained, is_quiet, parse

MOST_TEXT = 100_000  # characters of text that one cell may show
PROMPT = 200  # lines of a cell that go out one by one, before they go out in batches
PAUSE = 0.05  # seconds between batches
MOST_RICH = 5_000_000  # characters of one picture or one piece of HTML
RICH = {
    "image/svg+xml": "_repr_svg_",
    "image/png": "_repr_png_",
    "text/html": "_repr_html_",
    "text/markdown": "_repr_markdown_",
    "text/latex": "_repr_latex_",
}
FUTURES = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)

Emit = Callable[[dict], None]


class Kernel:
    """Runs cells one after the other in one namespace and tells `emit` what each of them prints, shows and raises."""

    def __init__(self, emit: Emit):
        self.emit = emit
        self.namespace: dict = {"__name__": "__main__", "__builtins__": __builtins__, "display": self.display}
        self._left = MOST_TEXT
        self._streams: tuple[_Stream, ...] = ()  # those of the cell that runs
        self._sent, self._last = 0, 0.0  # how often it sent text, and when it last did
        self._futures = 0  # what cells imported from __future__
        self._offer_ipython()

    # ------------------------------------------------------------------------------------------------ running
    def run(self, source: str, name: str = "cell") -> bool:
        """Run a cell; return whether it ended without an error. `name` is what tracebacks call it."""
        self._left, self._sent = MOST_TEXT, 0
        filename = f"<{name}>"
        before = sys.stdout, sys.stderr, sys.stdin
        self._streams = sys.stdout, sys.stderr = _Stream(self, "stdout"), _Stream(self, "stderr")
        sys.stdin = _NoInput()
        try:
            value = self._execute(source, filename)
            self._flush_figures()
            if value is not None:
                self.namespace["_"] = value
                self.display(value)
            return True
        except BaseException as error:
            self._flush_quietly()
            self.flush()
            self._tell(error)
            return False
        finally:
            self.flush()
            sys.stdout, sys.stderr, sys.stdin = before

    def _execute(self, source: str, filename: str):
        """Execute a cell's statements and return the value of the last one if it is an expression without `;`."""
        tree, source = parse(source, filename)
        linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
        last = None
        if tree.body and isinstance(tree.body[-1], ast.Expr) and not is_quiet(source):
            last = ast.Expression(tree.body.pop().value)
        exec(self._compiled(tree, filename, "exec"), self.namespace)
        return None if last is None else eval(self._compiled(last, filename, "eval"), self.namespace)

    def _compiled(self, tree: ast.AST, filename: str, how: str):
        """Compile what a reader wrote: this module's own `from __future__` is not theirs, but theirs lasts from cell to cell."""
        try:
            code = compile(tree, filename, how, flags=self._futures, dont_inherit=True)
        except SyntaxError as error:
            raise await_explained(error) from None
        self._futures |= code.co_flags & FUTURES
        return code

    def demo(self, key: str, positions: list[float | str]) -> None:
        """Recompute a demo with its controls at `positions` (see `lib.book.parameters.Parameter.at`), and say it."""
        from lib.book import demos

        try:
            self.emit({"kind": "state", **demos.find(key).at(positions)})
        except BaseException as error:
            self._tell(error)

    # ------------------------------------------------------------------------------------------------- showing
    def display(self, *values) -> None:
        """Show values as the last line of a cell would."""
        self._flush_figures()
        for value in values:
            own = getattr(type(value), "_page_message_", None)
            message = own(value) if own else {"kind": "display", "data": self._limited(bundle_of(value))}
            self.flush()
            self.emit(message)

    def flush(self) -> None:
        """Emit what the cell has printed and is still held."""
        for stream in self._streams:
            stream.flush()

    def text(self, name: str, text: str, longer: int) -> None:
        """Emit a piece of printed text that makes the output `longer`, as far as the cell's allowance reaches."""
        self._sent, self._last = self._sent + 1, time.monotonic()
        if self._left <= 0:
            return
        self.emit({"kind": "stream", "name": name, "text": text if longer <= self._left else text[: self._left]})
        self._left -= longer
        if self._left <= 0:
            note = f"\n… cut here: a cell shows at most {MOST_TEXT:,} characters.\n"
            self.emit({"kind": "stream", "name": "stderr", "text": note})

    def prompt(self) -> bool:
        """Return whether text may go out at once: the first lines do, what is printed in a hurry goes in batches."""
        return self._sent < PROMPT or time.monotonic() - self._last > PAUSE

    def _limited(self, data: dict) -> dict:
        plain = data.get("text/plain", "")
        if len(plain) > self._left:
            rest = len(plain) - max(self._left, 0)
            data["text/plain"] = plain[: max(self._left, 0)] + f"\n… cut here: {rest:,} more characters."
        self._left -= len(plain)
        return {kind: text for kind, text in data.items() if kind == "text/plain" or len(text) <= MOST_RICH}

    def _flush_figures(self) -> None:
        """Show what was drawn with pyplot, and close it, as a notebook does."""
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is None or absent.is_absent("matplotlib.pyplot"):
            return
        for number in pyplot.get_fignums():
            figure = pyplot.figure(number)
            self.emit({"kind": "display", "data": _figure(figure)})
            pyplot.close(figure)

    def _flush_quietly(self) -> None:
        try:
            self._flush_figures()
        except Exception:  # the cell's own error is the one to tell
            pass

    # -------------------------------------------------------------------------------------------------- errors
    def _tell(self, error: BaseException) -> None:
        """Emit an error with the reader's own lines of the traceback, and nothing of the book's machinery."""
        if isinstance(error, SystemExit):
            text = "The cell asked Python to end. Here it goes on; Restart begins anew."
            self.emit({"kind": "error", "name": "SystemExit", "message": text, "traceback": text})
            return
        kind = type(error).__name__
        try:
            message = str(error)
        except Exception:
            message = "(the error's own message failed)"
        lines = []
        for frame in traceback.extract_tb(error.__traceback__):
            if frame.filename.startswith("<") and frame.filename in linecache.cache:
                lines.append(
                    f"{frame.filename.strip('<>')}, line {frame.lineno}, in {frame.name}\n    {frame.line[:200]}"
                )
        if len(lines) > 12:
            lines = [*lines[:4], f"… {len(lines) - 8} more like these …", *lines[-4:]]
        told = (
            "".join(traceback.format_exception_only(error)) if isinstance(error, SyntaxError) else f"{kind}: {message}"
        )
        self.emit(
            {"kind": "error", "name": kind, "message": message[:2000], "traceback": "\n".join([*lines, told[:4000]])}
        )

    def _offer_ipython(self) -> None:
        """Offer `from IPython.display import display, HTML, …` where IPython is not installed."""
        try:
            import IPython.display  # noqa: F401
        except ImportError:
            package, module = types.ModuleType("IPython"), types.ModuleType("IPython.display")
            module.display = self.display
            for name, form in (("HTML", "html"), ("Markdown", "markdown"), ("Latex", "latex"), ("SVG", "svg")):
                setattr(module, name, _wrapper(name, form))
            module.Math = _wrapper("Math", "latex", "${}$")
            package.display = module
            package.version_info, package.get_ipython = (9, 0, 0), lambda: None  # matplotlib asks for these
            sys.modules |= {"IPython": package, "IPython.display": module}


def bundle_of(value) -> dict[str, str]:
    """Return the MIME bundle of any value, as a notebook would show it; a failing representation is left out."""
    data = {"text/plain": _plain(value)}
    if isinstance(value, type):
        return data
    if type(value).__module__ == "matplotlib.figure":
        return data | _figure(value)
    whole = getattr(value, "_repr_mimebundle_", None)
    if callable(whole):
        try:
            found = whole()
            data |= {k: v for k, v in (found[0] if isinstance(found, tuple) else found).items() if isinstance(v, str)}
        except Exception:
            pass
    for mime, method in RICH.items():
        form = getattr(value, method, None)
        if mime in data or not callable(form):
            continue
        try:
            found = form()
        except Exception:
            continue
        if isinstance(found, bytes):
            found = base64.b64encode(found).decode()
        if isinstance(found, str):
            data[mime] = found
    return data


def _plain(value) -> str:
    """Return `repr`, with long lists and dicts broken as a notebook breaks them; never raises."""
    try:
        if type(value) in (list, tuple, dict, set) and len(repr(value)) > 79:
            import pprint

            return pprint.pformat(value, width=79, sort_dicts=False)
        return repr(value)
    except Exception as error:
        return f"<{type(value).__name__}: its repr raised {type(error).__name__}>"


def _figure(figure) -> dict[str, str]:
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=2 * figure.get_dpi(), bbox_inches="tight")
    return {"image/png": base64.b64encode(out.getvalue()).decode(), "text/plain": repr(figure)}


def _wrapper(name: str, form: str, pattern: str = "{}") -> type:
    """Return a class like IPython.display's: it shows the text it is given in one form."""

    def __init__(self, data):
        self.data = pattern.format(data) if pattern != "{}" else str(data)

    methods = {"__init__": __init__, "__repr__": lambda self: f"<IPython.display.{name}>"}
    return type(name, (), methods | {f"_repr_{form}_": lambda self: self.data})


class _Stream(io.TextIOBase):
    """stdout or stderr of a cell: text goes out line by line, in batches where there are many, in the order it was printed."""

    def __init__(self, kernel: Kernel, name: str):
        self.kernel, self.name, self.held, self.size = kernel, name, [], 0
        self.column = self.width = 0  # where the last line is being written, and how long it is

    @property
    def encoding(self) -> str:
        return "utf-8"

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() needs text, but was given {type(text).__name__}")
        for other in self.kernel._streams:
            if other is not self and other.held and self.kernel.prompt():
                other.flush()
        self.held.append(text)
        self.size += len(text)
        if self.size > 2000 or (("\n" in text or "\r" in text) and self.kernel.prompt()):
            self.flush()
        return len(text)

    def flush(self) -> None:
        if self.held:
            text, self.held, self.size = "".join(self.held), [], 0
            self.kernel.text(self.name, text, self._longer(text))

    def _longer(self, text: str) -> int:
        """Return by how many characters `text` makes the output longer: what a carriage return lets overwrite counts once."""
        grown, before = 0, self.width
        for at, line in enumerate(text.split("\n")):
            if at:
                grown += self.width + 1
                self.column = self.width = 0
            first, *over = line.split("\r")
            self.column += len(first)
            self.width = max(self.width, self.column, *map(len, over))
            if over:
                self.column = len(over[-1])
        return grown + self.width - before


class _NoInput(io.TextIOBase):
    def readline(self, size=-1):
        raise EOFError("a page has no keyboard for input(): write the value into the cell")

    read = readline


def start(emit_json: Callable[[str], None], settings: str) -> Kernel:
    """Start the page's kernel: `emit_json` takes each message as JSON; `settings` is JSON as well.

    settings: absent (module → what a reader is told who needs it), verdicts (remembered ones: memory key → status)
    """
    given = json.loads(settings)
    absent.stand_in(given.get("absent", {}))
    from lib.book import exercises

    exercises.remember(given.get("verdicts", {}))
    return Kernel(lambda message: emit_json(json.dumps(message)))


_attached: Kernel | None = None  # the page's one kernel, where this interpreter is the page's


def attach(settings: str) -> None:
    """Start the kernel of the interpreter that this is: messages go out through its host's door (see `start`)."""
    global _attached
    import _host

    _attached = start(lambda text: _host.call(text.encode("utf-8", "surrogatepass")), settings)
    main = types.ModuleType("__main__")
    main.__dict__.update(_attached.namespace)
    _attached.namespace = main.__dict__
    sys.modules["__main__"] = main  # what a reader defines is found by its module's name, as everywhere


def turn(job: str) -> None:
    """Do one job of the page and say through the door how it ended, a bare true or false.

    job, JSON: type "run" with code and name, or type "demo" with key and positions
    """
    import _host

    told = json.loads(job)
    if told["type"] == "demo":
        _attached.demo(told["key"], told["positions"])
        ok = True
    else:
        ok = _attached.run(told["code"], told["name"])
    _host.call(json.dumps(ok).encode())
