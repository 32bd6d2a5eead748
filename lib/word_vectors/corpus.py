"""The corpus: the documentation that came with the reader's own Python packages.

Docstrings are read with `ast` from source files that `importlib.metadata` locates: nothing is imported, nothing is
downloaded. For pinned versions the text is the same on every machine. What was read once is kept in the user's cache
folder (BOOK_CACHE names another). In the page, where packages have no sources, the text of those it has is published
with the book, as its build has read it. This module needs only Python.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import inspect
import json
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("matplotlib", "networkx", "numpy", "scikit-learn", "scipy", "sympy", "torch")
IN_PAGES = ("matplotlib", "numpy", "scikit-learn", "scipy")  # the packages that the page's Python has
PUBLISHED = Path(__file__).with_name("docstrings")  # there, and only there: a file for each of them
VERSION = 1  # of the rules below: a change of the rules must not read an old cache

INTERNAL = re.compile(  # parts of packages that hold tests, or speak to their own developers
    r"(^|/)(tests?|testing|_vendor|externals?|extern|benchmarks|sphinxext|_array_api\w*|array_api_\w+|f2py|distutils)(/|$)"
    r"|(^|/)(test_|conftest)"
    r"|^sympy/(polys|printing|parsing|plotting|integrals/rubi|core|utilities|codegen|interactive|external)/"
    r"|^torch/(?!(nn|optim|linalg|fft|special|distributions|autograd|signal|sparse|nested|utils/data|masked|cuda|func)/"
    r"|(functional|_torch_docs|_tensor_docs|_tensor|hub|serialization|random|__init__)\.py$)"
)


@dataclass(frozen=True)
class Docstring:
    """What one function, class or module says of itself: its public `name` and its cleaned `text`."""

    name: str
    text: str

    @property
    def public(self) -> bool:
        """Whether it is meant for users: no part of its name begins with an underscore."""
        return not any(part.startswith("_") for part in self.name.split("."))


# ------------------------------------------------------------------------------------------------------- reading
def docstrings(packages: Iterable[str] = PACKAGES, progress: bool = False) -> tuple[Docstring, ...]:
    """Return the docstrings of the installed `packages`, cleaned, in the order of the packages and their files.

    A package that is not installed is refused by name. With `progress` a bar moves while files are read; a corpus read
    before comes from the cache. Raises TypeError where `packages` is a single string, ValueError where it is empty or
    a package is not installed.
    """
    if isinstance(packages, str):
        raise TypeError(f"packages must be several names, such as [{packages!r}], but is the string {packages!r}")
    found = []
    for package in progress_bar(list(packages), "reading docstrings", progress):
        found.extend(_of_package(package))
    if not found:
        raise ValueError("packages is empty: name at least one installed package")
    return tuple(found)


def _of_package(package: str) -> list[Docstring]:
    if not isinstance(package, str):
        raise TypeError(f"a package is named by a string, but one is {package!r}")
    if package in IN_PAGES and (published := PUBLISHED / f"{package}.json").is_file():
        return [Docstring(*pair) for pair in json.loads(published.read_text(encoding="utf-8"))]
    try:
        distribution = importlib.metadata.distribution(package)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        raise ValueError(f"the package {package!r} is not installed: leave it out, or install it") from None
    rules = hashlib.sha256(f"{VERSION} {INTERNAL.pattern}".encode()).hexdigest()[:8]
    kept = cache_folder() / f"docstrings-{package}-{distribution.version}-{rules}.json"
    try:
        return [Docstring(*pair) for pair in json.loads(kept.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        pass
    found = []
    for file in sorted(distribution.files or (), key=str):
        if file.suffix == ".py" and not INTERNAL.search(str(file)):
            try:
                source = Path(file.locate()).read_text(encoding="utf-8")
                found.extend(Docstring(name, text) for name, text in of_source(source, public_name(str(file))))
            except (OSError, UnicodeDecodeError, SyntaxError):  # a template, or a file for another Python
                continue
    _keep(kept, as_json(found))
    return found


def as_json(found: Iterable[Docstring]) -> str:
    """Return docstrings as the text of a file that keeps them."""
    return json.dumps([[d.name, d.text] for d in found], ensure_ascii=False)


def of_source(source: str, module: str) -> Iterator[tuple[str, str]]:
    """Yield (name, cleaned text) of each docstring in Python `source`, top to bottom, without running it.

    Besides docstrings proper, texts given to functions such as ``add_newdoc`` count: so are compiled functions documented.
    """
    if '"""' not in source and "'''" not in source:
        return

    def visit(node: ast.AST, name: str) -> Iterator[tuple[str, str]]:
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        if isinstance(node, documented) and (text := ast.get_docstring(node, clean=False)):
            yield name, text
        for child in getattr(node, "body", ()):
            if isinstance(child, documented):
                yield from visit(child, f"{name}.{child.name}")
            elif isinstance(child, (ast.If, ast.Try, ast.With)):
                yield from visit(child, name)
            elif isinstance(child, ast.Expr) and isinstance(child.value, ast.Call):
                yield from _added(child.value, name)

    for name, text in visit(ast.parse(source), module):
        if cleaned := clean(text):
            yield name, cleaned


def _added(call: ast.Call, module: str) -> Iterator[tuple[str, str]]:
    function = getattr(call.func, "attr", getattr(call.func, "id", ""))
    if not re.match(r"_?add_?(new)?_?doc", function):
        return
    strings = [
        s.value for a in call.args for s in ast.walk(a) if isinstance(s, ast.Constant) and isinstance(s.value, str)
    ]
    if strings:
        named = next((a.attr for a in call.args if isinstance(a, ast.Attribute)), "")
        short = [s for s in strings[:-1] if s.isidentifier()]
        yield f"{module}.{named or (short[-1] if short else '')}".rstrip("."), max(strings, key=len)


def public_name(file: str) -> str:
    """Return the name by which users know a file's contents: ``scipy/linalg/_basic.py`` → ``scipy.linalg``."""
    parts = file.removesuffix(".py").split("/")
    return ".".join(part for part in parts if not part.startswith("_"))


# ------------------------------------------------------------------------------------------------------ cleaning
DOCTEST = re.compile(r"^[ \t]*>>>.*(?:\n[ \t]*\S.*)*", re.M)  # a prompt and all up to the next blank line
FORMULA = re.compile(
    r"^([ \t]*)\.\. (?:math|plot|code-block|image|figure)::.*(?:\n(?:\1[ \t]+.*|[ \t]*(?=\n|$)))*", re.M
)
DIRECTIVE = re.compile(r"^[ \t]*(?:\.\. .*::.*|:\w+:.*|\.\. \[.*?\]|[-=~^*+#.\s]+)$", re.M)
ROLE = re.compile(r":[\w:]+:`~?([^`<]*)[^`]*`")
ADDRESS = re.compile(r"\S*(?:://|www\.|@)\S*")
INLINE_FORMULA = re.compile(r":math:`[^`]*`|\$[^$\n]*\$")


def clean(text: str) -> str:
    """Return a docstring's prose: without examples, formulas, directives, rules and addresses; paragraphs are kept."""
    text = inspect.cleandoc(text)
    for pattern in (DOCTEST, FORMULA, INLINE_FORMULA, DIRECTIVE, ADDRESS):
        text = pattern.sub("", text)
    text = ROLE.sub(r"\1", text)
    return re.sub(r"\n[ \t]*\n\s*", "\n\n", text).strip()


WORD = re.compile(r"[a-z][a-z0-9]*")
SENTENCE_END = re.compile(r"(?<=[a-z\])`])[.!?;:]\s+|\n\s*\n|\n(?=\s*[*-] )")


def words(text: str) -> list[str]:
    """Return the words of a text: runs of letters and digits that start with a letter, in lower case.

    ``The n_samples of X1.`` gives ``['the', 'n', 'samples', 'of', 'x1']``.
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be a string, but is {type(text).__name__}")
    return WORD.findall(text.lower())


def sentences(documents: Iterable[Docstring | str], shortest: int = 3) -> list[list[str]]:
    """Return the documents' sentences as lists of words; repeated ones once, those below `shortest` words not at all.

    Documentation repeats itself: one paragraph on `random_state` stands in a hundred places. It tells a model no more
    than once.
    """
    seen: set[str] = set()
    out = []
    for document in documents:
        for piece in SENTENCE_END.split(document if isinstance(document, str) else document.text):
            found = words(piece)
            if len(found) >= shortest and (key := " ".join(found)) not in seen:
                seen.add(key)
                out.append(found)
    return out


# ------------------------------------------------------------------------------------------------------- helpers
def cache_folder() -> Path:
    """Return the folder where the book keeps what it computed: BOOK_CACHE, or one in the user's cache folder."""
    if given := os.environ.get("BOOK_CACHE"):
        return Path(given)
    if os.name == "nt":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "least-squares-to-transformers"


def _keep(path: Path, text: str) -> None:
    """Write a cache file whole or not at all; a full or read-only disk never disturbs the reader."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}.tmp")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    except OSError:
        pass


def progress_bar(items: Iterable, what: str, show: bool = True):
    """Yield the items of a sized collection behind a progress bar; the bar shows only where a reader watches."""
    from lib.book.display import mode

    total = len(items)
    if not show or mode() != "live" or total == 0:
        yield from items
        return
    from IPython.display import ProgressBar, display

    bar = ProgressBar(total)
    handle = display(bar, display_id=True)
    for done, item in enumerate(items):
        yield item
        bar._progress = done + 1
        if handle is not None:
            handle.update(bar)


def progress_report(what: str) -> Callable[[float], None]:
    """Return a function that is told the share done, 0 to 1, and moves a `progress_bar` to it; from any thread."""
    steps, one_at_a_time = progress_bar(range(100), what), threading.Lock()
    state = {"done": 0}

    def report(share: float) -> None:
        with one_at_a_time:
            while state["done"] < min(100, int(100 * share + 1e-9)):
                next(steps, None)
                state["done"] += 1
            if share >= 1:
                next(steps, None)

    return report
