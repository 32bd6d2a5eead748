"""What a check, a hint and a solution say: as text, as HTML, and as data for the page."""

from __future__ import annotations

import sys
import textwrap
import unicodedata
from dataclasses import dataclass

from lib.book.display import bundle, escape

LETTERS = {"−": "-", "×": "x", "·": "*", "–": "-", "—": "-", "…": "...", "√": "sqrt ", "≤": "<=", "≥": ">=", "→": "->"}


@dataclass(frozen=True)
class Verdict:
    """What a check says: `status` is "pass", "fail" or "todo"; shown as text or HTML as the last line of a cell.

    `tools.mark` knows a fourth, "unmarked": there was nothing to be judged.
    """

    name: str
    status: str
    headline: str
    details: tuple[str, ...] = ()
    diagnosis: str = ""
    hints: tuple[str, ...] = ()
    memory: str = ""  # the key under which it is remembered

    @property
    def passed(self) -> bool:
        return self.status == "pass"

    def __repr__(self) -> str:
        lines = [f"{self.name}: {self.headline}", *(textwrap.indent(line, "  ") for line in self.details)]
        if self.diagnosis:
            lines.append(f"Diagnosis: {self.diagnosis}")
        if self.hints:
            lines.append(f"Stuck? exercises.{self.name}.hint() shows the first of {len(self.hints)} hints.")
        return printable("\n".join(lines))

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return bundle(repr(self), html=self._html())

    def _page_message_(self) -> dict:
        """Say it to the page as data, which the page sets out itself (see `lib.book.kernel`)."""
        parts = {"name": self.name, "status": self.status, "headline": self.headline, "diagnosis": self.diagnosis}
        return {
            "kind": "verdict",
            **parts,
            "details": list(self.details),
            "hints": list(self.hints),
            "memory": self.memory,
        }

    def _html(self) -> str:
        mark = {"pass": "✓", "fail": "✗", "todo": "○", "unmarked": "–"}[self.status]
        parts = [f"<p><strong>{mark} {escape(self.name)}</strong>: {escape(self.headline)}</p>"]
        if self.diagnosis:
            parts.append(f'<p class="book-diagnosis">{escape(self.diagnosis)}</p>')
        if self.details:
            parts.append(f"<pre>{escape(chr(10).join(self.details))}</pre>")
        parts.extend(
            f'<details class="book-hint"><summary>Hint {i} of {len(self.hints)}</summary>'
            f"<p>{escape(hint)}</p></details>"
            for i, hint in enumerate(self.hints, 1)
        )
        return f'<div class="book-verdict book-verdict--{self.status}">{"".join(parts)}</div>'


@dataclass(frozen=True)
class Note:
    """A hint or a solution in words: Markdown in a notebook, the same text elsewhere."""

    text: str

    def __repr__(self) -> str:
        return printable(self.text)

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return bundle(self.text, markdown=self.text)


def printable(text: str) -> str:
    """Return `text` as this console can write it: λ becomes lambda, ² becomes ^2 where the encoding has neither."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
        return text
    except UnicodeEncodeError:
        return "".join(c if _has(encoding, c) else _spelled(c) for c in text)
    except LookupError:
        return text


def _has(encoding: str, letter: str) -> bool:
    try:
        letter.encode(encoding)
        return True
    except UnicodeEncodeError:
        return False


def _spelled(letter: str) -> str:
    """Write one letter in ASCII."""
    if letter in LETTERS:
        return LETTERS[letter]
    name = unicodedata.name(letter, "")
    for beginning in ("GREEK SMALL LETTER ", "GREEK CAPITAL LETTER "):
        if name.startswith(beginning):
            word = name.removeprefix(beginning).split(" ")[0]
            return word.lower() if "SMALL" in beginning else word.capitalize()
    plain = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode()
    if plain:
        sign = "^" if name.startswith(("SUPERSCRIPT", "MODIFIER")) else ""
        return sign + plain
    return letter.encode("ascii", "backslashreplace").decode()


def cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[:limit] + f" … ({len(text) - limit} more characters)"
