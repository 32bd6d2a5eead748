"""What a demo's controls offer: numbers, choices, texts and drawings, and models that the notebook gives.

Numbers and choices are a grid. Of texts and drawings the grid holds the declared examples, from which a reader of the static
page chooses; with Python running the reader types or draws anything.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lib.book.display import say

LONGEST = 1000  # characters that a text may be declared to have
OWN_DRAWING = "your drawing"
EMPTY = "(nothing)"


@dataclass(frozen=True)
class Parameter:
    """What one control of a demo offers: `values`, each with its display `label`, and the index where it starts."""

    kind: str  # "slider", "choice", "text" or "drawing"
    values: tuple  # of a drawing the examples' names
    labels: tuple[str, ...]
    start: int
    name: str = ""  # the label shown to the reader; the argument's name unless given
    scale: str = ""  # "linear" or "log" where there are values between the steps
    unit: str = ""
    digits: int = 3
    longest: int = 0  # characters of a text
    shape: tuple[int, ...] = ()  # rows and columns of a drawing
    drawings: tuple = ()  # the examples, or functions that return them
    handle: str = ""  # "x" or "y" where a handle in the picture moves along that axis with a slider
    origin: float = 0.0  # where the handle stands on the axis at 0

    @property
    def is_free(self) -> bool:
        """Whether a reader may hand over anything, and not only what is declared."""
        return self.kind in ("text", "drawing")

    def at(self, position: float | str) -> tuple[Any, str]:
        """Return the value at `position` and its label.

        position : counted in steps of the grid, also between steps, if any are; or what the reader typed, or drew (two
            hexadecimal digits a cell, row by row)
        """
        if self.is_free and isinstance(position, str):
            if self.kind == "text":
                value = self.check(self.name or "the text", position)
                return value, value or EMPTY
            return self._drawn(position), OWN_DRAWING
        last = len(self.values) - 1
        if isinstance(position, bool) or not isinstance(position, (int, float)) or not 0 <= position <= last:
            raise ValueError(f"{self.name}: the position must lie between 0 and {last}, but is {position!r}")
        below = min(int(position), last)
        share = position - below
        if share == 0 or not self.scale:
            return self.check(self.name, self.values[round(position)]), self.labels[round(position)]
        low, high = self.values[below], self.values[below + 1]
        value = low * (high / low) ** share if self.scale == "log" else low + (high - low) * share
        return value, say(value, self.digits) + self.unit

    def check(self, argument: str, value):
        """Return what the demo's function is given for `value`, or raise where it may not be asked for that.

        An option, a number in the slider's range; a text of at most `longest` characters, those that cannot be seen replaced by
        spaces; a drawing, or an example's name, as an array of `shape` with entries from 0 (paper) to 1 (ink).
        """
        if self.kind == "text":
            return self._text(argument, value)
        if self.kind == "drawing":
            return self._drawing(argument, value)
        if self.kind == "choice":
            if value not in self.values:
                raise ValueError(f"{argument} must be one of {', '.join(map(repr, self.values))}, but is {value!r}")
            return value
        low, high = min(self.values), max(self.values)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise ValueError(f"{argument} must be a finite number, but is {value!r}")
        if not low - 1e-12 * abs(low) <= value <= high + 1e-12 * abs(high):
            raise ValueError(f"{argument} must lie between {low:g} and {high:g}, but is {value:g}")
        return value

    def _text(self, argument: str, value) -> str:
        if not isinstance(value, str):
            raise ValueError(f"{argument} must be a text, but is {type(value).__name__}")
        if len(value) > 4 * self.longest:  # before it is normalised: that takes time
            raise ValueError(f"{argument} may have {self.longest:,} characters, but has {len(value):,}")
        text = visible(value)
        if len(text) > self.longest:
            raise ValueError(f"{argument} may have {self.longest:,} characters, but has {len(text):,}")
        return text

    def _drawing(self, argument: str, value):
        import numpy as np

        if isinstance(value, str):
            if value not in self.values:
                raise ValueError(f"{argument} must be a drawing or one of {', '.join(self.values)}, but is {value!r}")
            value = self.drawings[self.values.index(value)]
            value = value() if callable(value) else value
        try:
            array = np.array(value, dtype=float)
        except (TypeError, ValueError):
            raise ValueError(f"{argument} must be a drawing, an array of numbers, but is {value!r:.60}") from None
        if array.shape != self.shape:
            raise ValueError(f"{argument} must have the shape {self.shape}, but has {array.shape}")
        if not ((array >= 0) & (array <= 1)).all():
            raise ValueError(f"{argument} must lie between 0 (paper) and 1 (ink), but has entries outside")
        array.flags.writeable = False
        return array

    def _drawn(self, digits: str):
        import numpy as np

        name, cells = self.name or "the drawing", math.prod(self.shape)
        try:
            found = bytes.fromhex(digits)
        except ValueError:
            raise ValueError(f"{name} must be written in hexadecimal digits, but is {digits!r:.40}") from None
        if len(found) != cells:
            raise ValueError(f"{name} must have {cells} cells, but has {len(found)}")
        return self._drawing(name, np.frombuffer(found, np.uint8).reshape(self.shape) / 255)

    def pixels(self, value) -> str:
        """Return a drawing, or an example's name, as two hexadecimal digits a cell, row by row."""
        import numpy as np

        return np.rint(self._drawing(self.name, value) * 255).astype(np.uint8).tobytes().hex()

    def control(self, argument: str) -> dict[str, Any]:
        """Return what a page needs to set this control."""
        about = {"longest": self.longest, "texts": list(self.values)} if self.kind == "text" else {}
        about |= {"shape": list(self.shape)} if self.kind == "drawing" else {}
        name = self.name or argument
        told = {"name": argument, "label": name, "kind": self.kind, "values": list(self.labels), "start": self.start}
        return told | about

    def live_control(self, argument: str) -> dict[str, Any]:
        """Return `control` with what a page needs beside it when Python is running: drawings, to go on from."""
        about = {"pixels": [self.pixels(name) for name in self.values]} if self.kind == "drawing" else {}
        return self.control(argument) | {"smooth": bool(self.scale)} | about


@dataclass(frozen=True)
class Given:
    """What a demo is bound to, and no control offers: made by `given`."""

    trained: str
    sample: Callable[[], Any]
    of: type | None = None


def slider(
    low: float,
    high: float,
    steps: int,
    start: float | None = None,
    *,
    label="",
    unit="",
    digits=3,
    handle: str = "",
    origin: float = 0.0,
) -> Parameter:
    """Offer `steps` evenly spaced numbers from `low` to `high` (ints stay ints), starting nearest to `start`.

    handle : "x" or "y" puts a handle into the picture, which the reader drags, or moves with the arrow keys, instead of the slider:
        along that axis of the figure's first axes it stands at ``origin + value``. Two sliders may share it, one along each axis.
    """
    _check_range(low, high, steps)
    if handle not in ("", "x", "y"):
        raise ValueError(f'slider: handle must be "x" or "y", but is {handle!r}')
    if isinstance(origin, bool) or not isinstance(origin, (int, float)) or not math.isfinite(origin):
        raise ValueError(f"slider: origin must be a finite number, but is {origin!r}")
    values = [low + (high - low) * i / (steps - 1) for i in range(steps)]
    if all(abs(v - round(v)) < 1e-9 for v in values) and isinstance(low, int) and isinstance(high, int):
        values = [round(v) for v in values]
    else:
        values = [float(f"{v:.12g}") for v in values]
    made = _numbers(values, low if start is None else start, label, unit, digits, "linear")
    return replace(made, handle=handle, origin=origin)


def log_slider(low: float, high: float, steps: int, start: float | None = None, *, label="", unit="", digits=2):
    """Offer `steps` numbers from `low` to `high` with a constant ratio, starting nearest to `start` (in ratio)."""
    _check_range(low, high, steps)
    if low <= 0:
        raise ValueError(f"log_slider: low must be positive, but is {low:g}")
    ratio = math.log(high / low) / (steps - 1)
    values = [float(f"{low * math.exp(ratio * i):.12g}") for i in range(steps)]
    return _numbers(values, low if start is None else start, label, unit, digits, "log")


def choice(*options, start=None, label="", labels: tuple[str, ...] | None = None) -> Parameter:
    """Offer `options` by name, starting at `start` (the first unless given)."""
    if len(options) < 2 or len(set(options)) != len(options):
        raise ValueError(f"choice needs at least two different options, but was given {options!r}")
    if start is not None and start not in options:
        raise ValueError(f"choice: start {start!r} is none of the options {options!r}")
    at = 0 if start is None else options.index(start)
    return Parameter("choice", options, labels or tuple(map(str, options)), at, label)


def text(*, examples: Sequence[str], start: str | None = None, longest: int = 80, label="") -> Parameter:
    """Offer `examples`, and with Python running any text of at most `longest` characters, also none.

    The demo's function is given a text without control characters or line breaks, in Unicode's composed form (`visible`).
    """
    if isinstance(longest, bool) or not isinstance(longest, int) or not 1 <= longest <= LONGEST:
        raise ValueError(f"text: longest must be a whole number from 1 to {LONGEST:,}, but is {longest!r}")
    options = () if isinstance(examples, str) else tuple(examples)
    if len(options) < 2 or not all(isinstance(e, str) for e in options) or len(set(options)) != len(options):
        raise ValueError(f"text needs at least two different examples, each a text, but was given {examples!r}")
    for example in options:
        if len(example) > longest or visible(example) != example:
            raise ValueError(
                f"text: the example {example!r} is longer than {longest}, or has characters not to be seen"
            )
    if start is not None and start not in options:
        raise ValueError(f"text: start {start!r} is none of the examples {options!r}")
    at = 0 if start is None else options.index(start)
    return Parameter("text", options, tuple(e or EMPTY for e in options), at, label, longest=longest)


def drawing(
    *, examples: Mapping[str, Any], start: str | None = None, shape: tuple[int, int] | None = None, label=""
) -> Parameter:
    """Offer drawings by name, and with Python running any that the reader makes with a pointer.

    examples : name → array (rows, columns) of numbers from 0 (paper) to 1 (ink), or a function that returns it
    shape : of all of them; that of the first array unless given
    """
    if not isinstance(examples, Mapping) or len(examples) < 2 or not all(isinstance(n, str) and n for n in examples):
        raise ValueError(f"drawing needs at least two examples, name → array, but was given {examples!r:.80}")
    if shape is None:
        shape = next((tuple(getattr(e, "shape", ())) for e in examples.values() if not callable(e)), ())
    sizes = isinstance(shape, (tuple, list)) and len(shape) == 2 and all(type(n) is int and 1 <= n <= 64 for n in shape)
    if not sizes:
        raise ValueError(f"drawing: shape must be (rows, columns), each from 1 to 64, but is {shape!r}")
    if start is not None and start not in examples:
        raise ValueError(f"drawing: start {start!r} is none of the examples {', '.join(examples)}")
    names = tuple(examples)
    made = Parameter(
        "drawing",
        names,
        names,
        0 if start is None else names.index(start),
        label,
        shape=tuple(shape),
        drawings=tuple(examples.values()),
    )
    for name, example in examples.items():
        if not callable(example):
            made.check(name, example)
    return made


def given(trained: str, *, sample: Callable[[], Any], of: type | None = None) -> Given:
    """Declare an argument of a demo that the notebook gives: the model that ``trained(trained, …)`` returned.

    sample : a function that returns one like it, quickly and without PyTorch, for the tests;  of : the class that it must have
    """
    if not isinstance(trained, str) or not trained.isidentifier():
        raise ValueError(f"given needs the name that trained is called with, but has {trained!r}")
    if not callable(sample):
        raise TypeError(f"given({trained!r}): sample must be a function that returns a model, but is {sample!r}")
    return Given(trained, sample, of)


def visible(text: str) -> str:
    """Return `text` in composed form, with a space for each character that has no look of its own (controls, line breaks)."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(c if c.isprintable() else " " for c in composed)


def _numbers(values, start, label, unit, digits, scale) -> Parameter:
    measure = math.log if scale == "log" else float
    at = min(range(len(values)), key=lambda i: abs(measure(values[i]) - measure(start)))
    labels = tuple((f"{v}".replace("-", "−") if isinstance(v, int) else say(v, digits)) + unit for v in values)
    whole = all(isinstance(v, int) for v in values)
    return Parameter("slider", tuple(values), labels, at, label, "" if whole else scale, unit, digits)


def _check_range(low, high, steps) -> None:
    if not all(isinstance(v, (int, float)) and math.isfinite(v) for v in (low, high)) or low >= high:
        raise ValueError(f"a slider needs two finite numbers low < high, but was given {low!r} and {high!r}")
    if not isinstance(steps, int) or steps < 2:
        raise ValueError(f"a slider needs at least 2 steps, but was given {steps!r}")
