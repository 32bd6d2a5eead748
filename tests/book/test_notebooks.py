"""What every notebook must be: one bootstrap cell, exercises word for word, alt text, text outputs, colon fences."""

import ast
import json
import re

import nbformat
import pytest

from lib.book.exercises import all_exercises
from tools import strip
from tools.notebooks import MARKER, ROOT, bootstrap, chapter_of, exercise_cells, notebooks, repository

PATHS = notebooks()
LABEL = re.compile(r"^(?::label: |\$\$ \()([\w-]+)", re.M)  # of exercises, theorems and equations
BOOKS = {str(p.relative_to(ROOT)): nbformat.read(p, as_version=4) for p in PATHS}
EXERCISES = all_exercises()


def code(book):
    return [c for c in book.cells if c.cell_type == "code"]


def tags(cell):
    return cell.metadata.get("tags", [])


def markdown(book) -> str:
    return "\n\n".join(c.source for c in book.cells if c.cell_type == "markdown")


def labels(book) -> set[str]:
    """Return what a notebook's figures, exercises, theorems and equations are called in references."""
    figures = {c.metadata["mystnb"]["figure"]["name"] for c in book.cells if "figure" in c.metadata.get("mystnb", {})}
    return figures | set(LABEL.findall(markdown(book)))


LABELS = {name: labels(book) for name, book in BOOKS.items()}


pytestmark = pytest.mark.parametrize("name", BOOKS)


def test_first_code_cell_is_the_bootstrap(name):
    first = code(BOOKS[name])[0]
    assert "bootstrap" in tags(first) and first.source.startswith(bootstrap())
    assert repository() in first.source
    assert sum("bootstrap" in tags(c) for c in code(BOOKS[name])) == 1
    imports = first.source.split(MARKER)[1]
    assert all(isinstance(node, (ast.Import, ast.ImportFrom)) for node in ast.parse(imports).body)


def test_kernel_title_and_stored_form(name):
    book = BOOKS[name]
    assert book.metadata.kernelspec.name == "python3"
    assert book.cells[0].cell_type == "markdown" and book.cells[0].source.startswith("# ")
    assert sum(bool(re.match(r"# ", c.source)) for c in book.cells if c.cell_type == "markdown") == 1
    again = nbformat.from_dict(json.loads(nbformat.writes(book)))
    strip.strip(again)
    assert nbformat.writes(again) == nbformat.writes(book), "run python -m tools.notebooks store"
    assert len({c.id for c in book.cells}) == len(book.cells)


def test_cells_are_short(name):
    for cell in code(BOOKS[name]):
        if not {"bootstrap", "exercise"} & set(tags(cell)):
            assert len(cell.source.splitlines()) <= 20, cell.source[:200]


def test_code_fits_the_page(name):
    """A page shows 80 columns; longer lines are cut there."""
    for cell in code(BOOKS[name]):
        long = [line for line in cell.source.splitlines() if len(line) > 80]
        assert not long, long[0]


BARE = re.compile(r"\b(True|False)\b")


def test_readers_see_numbers(name):
    """No cell answers with a bare True or False: what is measured and checked is a `claim`, with its number."""
    for cell in code(BOOKS[name]):
        if {"check", "solution"} & set(tags(cell)) or "show_source(" in cell.source:
            continue
        for output in cell.outputs:
            text = output.get("text") or output.get("data", {}).get("text/plain", "")
            assert not BARE.search(text), f"{cell.source[:200]}\n→ {text}"


def test_every_figure_has_caption_label_and_alt(name):
    """A cell whose output is a Picture carries its metadata; its text output is the picture's own sentence."""
    from lib.book.demos import all_demos

    of_models = {demo.name for demo in all_demos().values() if demo.given}  # bound to a model they are demos still
    labels = []
    for cell in code(BOOKS[name]):
        last = cell.source.strip().splitlines()[-1]
        called = re.match(r"demos\.(\w+)\(", last)
        shows = (called and called[1] not in of_models) or "Picture" in last
        meta = cell.metadata.get("mystnb", {})
        if shows:
            assert meta, f"the figure of `{last}` has no caption, label and alt text"
        if meta:
            assert meta["figure"]["caption"].strip() and meta["figure"]["name"].startswith("fig-"), last
            assert len(meta["image"]["alt"]) >= 30, last
            labels.append(meta["figure"]["name"])
            assert cell.outputs and cell.outputs[-1].data["text/plain"], last
    assert len(set(labels)) == len(labels)


def test_labels_are_unique_in_the_book(name):
    for other in BOOKS:
        assert other == name or not LABELS[name] & LABELS[other], other


def test_fences_are_colons_and_outputs_text(name):
    book = BOOKS[name]
    assert not re.search(r"^```+\{", markdown(book), re.M), "use colon fences: Colab shows the text inside them"
    for cell in code(book):
        for output in cell.outputs:
            assert output.output_type != "error", output
            assert output.get("name") != "stderr", output
            assert set(output.get("data", {"text/plain": ""})) == {"text/plain"}


def test_no_backslash_was_swallowed(name):
    """A tab or a carriage return in prose was a backslash and a letter: of a formula, with a script that wrote it."""
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", markdown(BOOKS[name]))


def test_an_exercises_name_is_bound_by_nothing_else(name):
    """A reader who does the exercise must not change what another cell of the page uses."""
    theirs, others = set(), set()
    for cell in code(BOOKS[name]):
        if {"check", "solution"} & set(tags(cell)):
            continue
        tree = ast.parse(cell.source) if "bootstrap" not in tags(cell) else ast.Module([], [])
        bound = {n.name for n in tree.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
        assigned = [t for n in tree.body if isinstance(n, ast.Assign) for t in n.targets]
        bound |= {n.id for target in assigned for n in ast.walk(target) if isinstance(n, ast.Name)}
        (theirs if "exercise" in tags(cell) else others).update(bound)
    assert not theirs & others, sorted(theirs & others)


def test_exercises_are_the_declared_ones(name):
    book, chapter = BOOKS[name], chapter_of(ROOT / name)
    cells, text = code(book), markdown(book)
    for at, cell in enumerate(cells):
        if "exercise" not in tags(cell):
            continue
        exercise = re.match(r"(?:def )?(\w+)", cell.source).group(1)
        for mine, declared in zip(cells[at : at + 3], exercise_cells(exercise, chapter), strict=True):
            assert mine.source == declared.source and tags(mine) == declared.metadata["tags"], exercise
        assert f":label: ex-{exercise.replace('_', '-')}" in text
        assert "not attempted yet" in cells[at + 1].outputs[-1].data["text/plain"]


def test_sections(name):
    text = markdown(BOOKS[name])
    headings = re.findall(r"^## (.+)$", text, re.M)
    if "_project_" in name:
        of_a_project(name, text, headings)
        return
    assert headings[-3:] == ["Summary", "Exercises", "Further reading"], headings
    assert any("go wrong" in h.lower() for h in headings), headings
    reading = text.split("## Further reading")[1]
    assert reading.count("{cite") >= 2


def of_a_project(name, text, headings):
    """A project: a question, at least three checked steps, one goal, and for the teacher a rubric in a folded part."""
    kinds = [
        EXERCISES[f"{chapter_of(ROOT / name)}.{e}"].kind for e in re.findall(r"exercises\.(\w+)\.check", sources(name))
    ]
    assert kinds.count("goal") == 1 and kinds[-1] == "goal" and len(kinds) >= 4, kinds
    assert headings[0] == "The question" and headings[-2:] == ["The goal", "For the teacher"], headings
    rubric = text.split("## For the teacher")[1]
    assert ":::{dropdown}" in rubric and "| points |" in rubric, "the rubric is a table in a folded part"


def sources(name) -> str:
    return "\n".join(c.source for c in code(BOOKS[name]))


def test_every_demo_and_exercise_is_used(name):
    chapter = chapter_of(ROOT / name)
    from lib.book.demos import all_demos

    everything = "\n".join(c.source for n, b in BOOKS.items() if chapter_of(ROOT / n) == chapter for c in b.cells)
    for key, demo in all_demos().items():
        if demo.chapter == chapter:
            bound = r"\(\w.*\)" if demo.given else ""  # to the model that its notebook has trained
            assert re.search(rf"^demos\.{demo.name}{bound}$", everything, re.M), f"the demo {key} is shown nowhere"
    for key, exercise in EXERCISES.items():
        if exercise.chapter == chapter:
            assert f"exercises.{exercise.name}.check(" in everything, f"the exercise {key} is set nowhere"


def test_prose_style(name):
    """Words that the book does without."""
    text = markdown(BOOKS[name])
    for phrase in (
        "it is important to note",
        "note that",
        "needless to say",
        "simply ",
        "obviously",
        "we will see",
        "coming soon",
        "TODO",
    ):
        assert phrase.lower() not in text.lower(), phrase
