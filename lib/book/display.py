"""What a result looks like, wherever the book is read: one place decides.

`BOOK_MODE` names the reader's surroundings:

- ``live`` (the default): Jupyter, VS Code, Colab. Rich output, ipywidgets.
- ``page``: the book is being built. Rich output, demos as a player in HTML.
- ``text``: the notebooks are being re-run to compare their text. Only text, so that nothing else is stored.
- ``browser``: a reader runs the cells of the built page. Text as in the page, so that it can be compared; the book's own
  objects speak to the page as data.
"""

from __future__ import annotations

import html
import inspect
import os
import textwrap

MODES = ("live", "page", "text", "browser")


def mode() -> str:
    """Return the mode in force, from the environment variable BOOK_MODE; raise ValueError for an unknown one.

    An empty BOOK_MODE is none.
    """
    value = os.environ.get("BOOK_MODE") or "live"
    if value not in MODES:
        raise ValueError(f"BOOK_MODE is {value!r}; it must be one of {', '.join(MODES)}")
    return value


def is_reader() -> bool:
    """Whether a reader runs the cells, and not a build or a test: then a claim that fails is told, and raises nothing."""
    return mode() in ("live", "browser")


def bundle(plain: str, **rich: str | bytes) -> dict[str, str]:
    """Return a MIME bundle of `plain` text and, unless the mode is ``text``, the rich forms.

    Keywords are short names: html, svg, markdown.
    """
    types = {"html": "text/html", "svg": "image/svg+xml", "markdown": "text/markdown"}
    out = {"text/plain": plain}
    if mode() != "text":
        out |= {types[kind]: value for kind, value in rich.items() if value is not None}
    return out


def table_html(told: dict) -> str:
    """Return a table as HTML, from what a page is told of it: title, across (the corner), columns, rows, said, failures."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in (told["across"], *told["columns"]))
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>{"".join(f"<td>{escape(t)}</td>" for t in texts)}</tr>'
        for name, *texts in told["rows"]
    )
    caption = f"<caption>{escape(told['title'])}</caption>" if told["title"] else ""
    return (
        f'<table class="book-table" tabindex="0">{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        f'<p class="book-claim-bound">{escape(told["said"])}</p>'
        + "".join(f'<p class="book-claim--fails">{escape(line)}</p>' for line in told["failures"])
    )


def escape(text: object) -> str:
    """Return `text` safe to stand in HTML, in an element or an attribute."""
    return html.escape(str(text), quote=True)


def superscript(exponent: int) -> str:
    """Write a whole number as an exponent: −8 → ⁻⁸."""
    return str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def say(value: float, digits: int = 2) -> str:
    """Write a number for a sentence, with `digits` digits: 0.013, 42, 3.8 × 10⁷, 10⁻⁸."""
    if value == 0 or 1e-3 <= abs(value) < 1e4:
        text = f"{value + 0.0:.{digits}g}"  # + 0.0: there is no −0
        if abs(float(text)) >= 10**digits:  # 99.7 with two digits is 100, not 1e+02
            text = f"{value:.0f}"
        return text.replace("-", "−")
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    mantissa = (mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa).replace("-", "−")
    power = f"10{superscript(int(exponent))}"
    return power if mantissa == "1" else f"{mantissa} × {power}"


class Source:
    """The source of a function of the book, shown with colours: one source, displayed, not copied."""

    def __init__(self, *objects, docstring: bool = True):
        parts = [textwrap.dedent(inspect.getsource(inspect.unwrap(thing))).strip() for thing in objects]
        self.text = "\n\n\n".join(parts if docstring else [_without_docstring(part) for part in parts])

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return bundle(self.text, markdown=f"```python\n{self.text}\n```")


def show_source(*objects, docstring: bool = True) -> Source:
    """Return the source of functions or classes of the book, to be the last line of a cell."""
    return Source(*objects, docstring=docstring)


def _without_docstring(source: str) -> str:
    """Drop a function's docstring from its source text (the first statement, where it is a string)."""
    import ast

    body = ast.parse(source).body[0].body
    first = body[0]
    if not (isinstance(first, ast.Expr) and isinstance(getattr(first, "value", None), ast.Constant)):
        return source
    lines = source.splitlines()
    return "\n".join(lines[: first.lineno - 1] + lines[first.end_lineno :])
