"""Write, store and check the notebooks: ``python -m tools.notebooks edit|save|store|normalise PATH…``.

    edit   write a notebook as MyST Markdown to _build/edit/, exercises folded into one line each
    save   read that Markdown (or --from FILE) back into the notebook
    store  re-run the notebook and keep the text outputs only (no pictures, no widget state, no timings); it is run
           under several numerics, and refused where its text differs (--draft: under one, for a look while writing)
    normalise  write anew what must be the same everywhere

What must be the same everywhere is written by `save`, not by hand: the bootstrap cell, the three cells of an exercise,
cell ids, the kernel's name.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from pathlib import Path

import jupytext
import nbformat
import yaml

from tools.strip import strip

ROOT = Path(__file__).resolve().parent.parent
MARKER = "# The chapter's imports"
PLACEHOLDER = re.compile(r"^# exercise: (\w+)$")


def notebooks(paths: list[str] | None = None) -> list[Path]:
    """Return the notebooks named, or all of the book's, in reading order."""
    found = [Path(p).resolve() for p in paths] if paths else sorted(ROOT.glob("chapters/*/*.ipynb"))
    for path in found:
        if not path.is_file():
            raise SystemExit(f"no notebook at {path}")
    return found


def repository() -> str:
    """Return the book's address, which stands in _config.yml alone."""
    return yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]["url"]


def bootstrap() -> str:
    """Return the first code cell of every notebook, down to the marker line."""
    url = repository()
    folder = "/content/" + url.rstrip("/").rsplit("/", 1)[-1]
    return f"""import sys

if "google.colab" in sys.modules:  # fetch the book; all else is there
    url = "{url}"
    book = "{folder}"
    ![ -d {{book}} ] || git clone --quiet --depth 1 {{url}} {{book}}
    sys.path.insert(0, book)
try:
    import lib.book  # noqa: F401
except ImportError:
    other = getattr(sys.modules.get("lib"), "__file__", None)
    raise ImportError(
        f"{{other}} hides the book's folder lib: "
        "rename it and restart the kernel."
        if other
        else "The book's folder lib was not found. On Colab, run this cell "
        "again when there is a network. Elsewhere, run `pip install -r "
        "requirements.txt` in the book's folder, start Jupyter there and "
        "restart this kernel."
    ) from None

{MARKER}"""


def exercise_named(name: str, chapter: str):
    """Return a chapter's exercise, or exit with the names that there are."""
    from lib.book.exercises import all_exercises

    key = f"{chapter}.{name}"
    if key not in (known := all_exercises()):
        raise SystemExit(f"no exercise {key}; there are {', '.join(known)}")
    return known[key]


def exercise_cells(name: str, chapter: str) -> list:
    """Return the stub, check and solution cells of an exercise."""
    return [
        _code(exercise_named(name, chapter).stub, "exercise"),
        _code(f"exercises.{name}.check({name})", "check"),
        _code(f"exercises.{name}.solution()", "hide-cell", "solution"),
    ]


def chapter_of(path: Path) -> str:
    """Return the name of the chapter's package: chapters/02_least_squares/… → least_squares."""
    return path.parent.name.split("_", 1)[1]


def normalise(path: Path) -> None:
    """Write anew what is the same everywhere: the bootstrap cell, the three cells of each exercise, ids, the stored form.

    What the cells gave stays as it is stored; only a solution is what it is now.
    """
    book = nbformat.read(path, as_version=4)
    for at, cell in enumerate(book.cells):
        tags = cell.metadata.get("tags", []) if cell.cell_type == "code" else []
        if "bootstrap" in tags:
            cell.source = f"{bootstrap()}\n{cell.source.split(MARKER, 1)[1].strip()}"
        elif "exercise" in tags:
            name = re.match(r"(?:def )?(\w+)", cell.source).group(1)
            stub, check, solution = book.cells[at : at + 3]
            for mine, declared in zip((stub, check, solution), exercise_cells(name, chapter_of(path)), strict=True):
                mine.source = declared.source
            if solution.outputs:
                solution.outputs[0].data["text/plain"] = repr(exercise_named(name, chapter_of(path)).solution())
    write(path, book)


def edit(path: Path) -> Path:
    """Write a notebook as MyST Markdown and return where."""
    book = nbformat.read(path, as_version=4)
    cells, skip = [], 0
    for cell in book.cells:
        if skip:
            skip -= 1
            continue
        tags = cell.metadata.get("tags", [])
        if "exercise" in tags:
            name = re.match(r"(?:def )?(\w+)", cell.source).group(1)
            cells.append(_code(f"# exercise: {name}"))
            skip = 2
        elif "bootstrap" in tags:
            cells.append(_code(cell.source.split(MARKER, 1)[1].strip(), "bootstrap"))
        else:
            cells.append(cell)
    book.cells = cells
    out = ROOT / "_build" / "edit" / f"{path.parent.name}__{path.stem}.md"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(jupytext.writes(book, fmt="md:myst"), encoding="utf-8")
    return out


def save(path: Path, source: Path) -> None:
    """Read MyST Markdown into the notebook at `path`; outputs of unchanged cells are kept."""
    book = jupytext.reads(source.read_text(encoding="utf-8"), fmt="md:myst")
    old = {}
    if path.is_file():
        old = {c.source: c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"}
    cells = []
    for cell in book.cells:
        placeholder = PLACEHOLDER.match(cell.source.strip()) if cell.cell_type == "code" else None
        if placeholder:
            cells.extend(exercise_cells(placeholder.group(1), chapter_of(path)))
            continue
        if "bootstrap" in cell.metadata.get("tags", []):
            imports = cell.source.split(MARKER, 1)[-1].strip()
            cell = _code(f"{bootstrap()}\n{imports}", "bootstrap", "hide-input")
        cells.append(cell)
    for cell in cells:
        if cell.cell_type == "code" and cell.source in old:
            cell.outputs = old[cell.source].outputs
    book.cells = cells
    write(path, book)


def store(path: Path, draft: bool = False) -> None:
    """Run a notebook in its folder and keep its text outputs, if they are the same under every numerics (`tools.drift`)."""
    from tools import drift

    book = nbformat.read(path, as_version=4)
    write(path, drift.run(book, path, drift.numerics()[0]) if draft else drift.agreed(book, path))


def write(path: Path, book) -> None:
    """Write a notebook the one way: text outputs, cells counted in order, ids that follow from place and content."""
    strip(book)
    book.nbformat, book.nbformat_minor = 4, 5
    for number, cell in enumerate(book.cells):
        cell.id = hashlib.sha256(f"{number}{cell.cell_type}{cell.source}".encode()).hexdigest()[:8]
    nbformat.validate(book)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(nbformat.writes(book, indent=1).rstrip("\n") + "\n", encoding="utf-8")


def _code(source: str, *tags: str):
    cell = nbformat.v4.new_code_cell(source)
    if tags:
        cell.metadata["tags"] = list(tags)
    return cell


def main(argv: list[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.notebooks", description=__doc__.split("\n\n")[0])
    parser.add_argument("command", choices=("edit", "save", "store", "normalise"))
    parser.add_argument("paths", nargs="*", help="notebooks; all of the book's where none is named")
    parser.add_argument("--from", dest="source", type=Path, help="the Markdown to save (one notebook only)")
    parser.add_argument("--draft", action="store_true", help="store after one run only")
    args = parser.parse_intermixed_args(argv)
    if args.source and len(args.paths) != 1:
        parser.error("--from goes with exactly one notebook")
    sys.path.insert(0, str(ROOT))
    if args.command == "save":
        for name in args.paths or map(str, notebooks()):
            path = Path(name).resolve()
            save(path, args.source or ROOT / "_build" / "edit" / f"{path.parent.name}__{path.stem}.md")
        return
    for path in notebooks(args.paths):
        if args.command == "edit":
            print(edit(path))
        elif args.command == "normalise":
            normalise(path)
        else:
            store(path, args.draft)
            print(f"stored {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
