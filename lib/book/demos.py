"""A demo: one pure function of its parameters, three front ends.

    @demo(eps=log_slider(1e-8, 1.0, steps=33, start=0.1, label="ε"), noise=slider(0.0, 0.1, steps=5))
    def closing_columns(eps: float, noise: float) -> Picture: ...

With a live kernel the demo shows ipywidgets and recomputes on every move. In the built book it shows a player whose
frames were computed over the whole grid (`lib.book.packs`). Where only text is wanted it shows the start state's
sentence.
"""

from __future__ import annotations

import base64
import importlib
import inspect
import itertools
import json
import math
import os
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from types import FunctionType
from typing import Any

import lib
from lib.book import figures
from lib.book.display import bundle, escape, is_reader, mode, say

LARGEST_SVG = 200_000  # bytes; above it a static picture travels as PNG


@dataclass(frozen=True)
class Picture:
    """A figure and the sentence that says what it shows: its alt text, its live text, its text output.

    drawn : a matplotlib Figure, or a function that draws and returns it: then the words are there without the drawing
    description : one or two sentences, with the numbers of this very state
    """

    drawn: Any
    description: str

    def __post_init__(self):
        if not isinstance(self.description, str) or not self.description.strip():
            raise ValueError(f"a Picture needs a sentence that describes it, but was given {self.description!r}")
        if not isinstance(self.drawn, FunctionType) and not callable(getattr(self.drawn, "savefig", None)):
            raise TypeError(f"a Picture needs a matplotlib figure, but was given {type(self.drawn).__name__}")

    @cached_property
    def figure(self):
        """The matplotlib figure, drawn when it is first asked for."""
        return self.drawn() if isinstance(self.drawn, FunctionType) else self.drawn

    def __repr__(self) -> str:
        return self.description

    def svg(self) -> str:
        """Return the figure as an SVG that follows light and dark mode."""
        return figures.themed_svg(self.figure)

    def data_uri(self) -> str:
        """Return the SVG as an address that an <img> can show."""
        return "data:image/svg+xml;base64," + base64.b64encode(self.svg().encode()).decode()

    def faults(self) -> list[str]:
        """Return what a reader would miss in the figure (`lib.book.figures.faults`)."""
        return figures.faults(self.figure)

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        if not is_reader() and (found := self.faults()):  # the text differs from the stored one: the checks stop here
            return bundle("\n".join([self.description, "This picture cannot be shown:", *found]))
        if mode() == "text":
            return bundle(self.description)
        svg = self.svg()
        if len(svg) <= LARGEST_SVG:
            return bundle(self.description, svg=svg)
        return bundle(self.description) | {"image/png": base64.b64encode(figures.png(self.figure)).decode()}


@dataclass(frozen=True)
class Parameter:
    """What one control of a demo offers: `values`, each with its display `label`, and the index where it starts."""

    kind: str  # "slider" or "choice"
    values: tuple
    labels: tuple[str, ...]
    start: int
    name: str = ""  # the label shown to the reader; the argument's name unless given
    scale: str = ""  # "linear" or "log" where there are values between the steps
    unit: str = ""
    digits: int = 3

    def at(self, position: float) -> tuple[Any, str]:
        """Return the value at `position`, counted in steps of the grid, and its label; also between steps, if any are."""
        last = len(self.values) - 1
        if not isinstance(position, (int, float)) or not 0 <= position <= last:
            raise ValueError(f"{self.name}: the position must lie between 0 and {last}, but is {position!r}")
        below = min(int(position), last)
        share = position - below
        if share == 0 or not self.scale:
            return self.values[round(position)], self.labels[round(position)]
        low, high = self.values[below], self.values[below + 1]
        value = low * (high / low) ** share if self.scale == "log" else low + (high - low) * share
        return value, say(value, self.digits) + self.unit

    def check(self, argument: str, value):
        """Return `value` if the demo may be asked for it: an option, or a number in the slider's range."""
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


def slider(
    low: float, high: float, steps: int, start: float | None = None, *, label="", unit="", digits=3
) -> Parameter:
    """Offer `steps` evenly spaced numbers from `low` to `high` (ints stay ints), starting nearest to `start`."""
    _check_range(low, high, steps)
    values = [low + (high - low) * i / (steps - 1) for i in range(steps)]
    if all(abs(v - round(v)) < 1e-9 for v in values) and isinstance(low, int) and isinstance(high, int):
        values = [round(v) for v in values]
    else:
        values = [float(f"{v:.12g}") for v in values]
    return _numbers(values, low if start is None else start, label, unit, digits, "linear")


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


class Demo:
    """A picture that moves: a function of declared parameters. Show it as the last line of a cell, or call it.

    ``demo()`` is the start state's Picture; ``demo(eps=1e-3)`` changes a parameter to any number in its range.
    """

    def __init__(self, function: Callable[..., Picture], parameters: dict[str, Parameter]):
        wanted = list(inspect.signature(function).parameters)
        if wanted != list(parameters):
            raise TypeError(f"demo {function.__name__} takes {wanted}, but @demo declares {list(parameters)}")
        self.function, self.parameters = function, parameters
        self.name = function.__name__
        self.chapter = function.__module__.removeprefix("lib.").split(".")[0]
        self.key = f"{self.chapter}.{self.name}"
        self.title = self.name.replace("_", " ")
        self.__doc__, self.__wrapped__, self.__module__ = function.__doc__, function, function.__module__

    def __call__(self, **values) -> Picture:
        unknown = set(values) - set(self.parameters)
        if unknown:
            raise TypeError(f"demo {self.name} has no parameter {sorted(unknown)}; it has {list(self.parameters)}")
        state = self.start | {name: self.parameters[name].check(name, value) for name, value in values.items()}
        picture = self.function(**state)
        if not isinstance(picture, Picture):
            raise TypeError(f"demo {self.name} must return a Picture, but returned {type(picture).__name__}")
        return picture

    @property
    def start(self) -> dict[str, Any]:
        """The state the reader meets first: parameter name → value."""
        return {name: p.values[p.start] for name, p in self.parameters.items()}

    @property
    def start_index(self) -> int:
        """The start state's place in `states`."""
        index = 0
        for p in self.parameters.values():
            index = index * len(p.values) + p.start
        return index

    def states(self) -> Iterator[dict[str, Any]]:
        """Yield every state of the grid, the last parameter fastest (the order of the player's frames)."""
        for values in itertools.product(*(p.values for p in self.parameters.values())):
            yield dict(zip(self.parameters, values, strict=True))

    def __len__(self) -> int:
        return math.prod(len(p.values) for p in self.parameters.values())

    def at(self, positions: list[float]) -> dict:
        """Recompute with the controls at `positions` (in steps of the grid): the picture as SVG, the words, the labels.

        Where the picture cannot be drawn for want of a module, `svg` is empty and `note` says so.
        """
        if len(positions) != len(self.parameters):
            raise ValueError(f"demo {self.name} has {len(self.parameters)} controls, but was given {positions!r}")
        found = {name: p.at(at) for (name, p), at in zip(self.parameters.items(), positions, strict=True)}
        picture = self(**{name: value for name, (value, _) in found.items()})
        out = {"demo": self.key, "text": picture.description, "labels": [label for _, label in found.values()]}
        try:
            return out | {"svg": picture.svg(), "note": ""}
        except ModuleNotFoundError as error:
            return out | {"svg": "", "note": f"The words are new, the picture is not: {error}."}

    def _page_message_(self) -> dict:
        """Say to a page with a kernel what its player needs: the controls, which of them are smooth, the start state."""
        spec = self.spec()
        for control, p in zip(spec["parameters"], self.parameters.values(), strict=True):
            control["smooth"] = bool(p.scale)
        return {"kind": "demo", "spec": spec, **self.at([p.start for p in self.parameters.values()])}

    def __repr__(self) -> str:
        return f"Demo {self.name}. {self().description}"

    def spec(self) -> dict:
        """Return what the player needs to know to draw the controls."""
        controls = [
            {"name": name, "label": p.name or name, "kind": p.kind, "values": list(p.labels), "start": p.start}
            for name, p in self.parameters.items()
        ]
        return {"title": self.title, "parameters": controls, "start": self.start_index}

    def player(self) -> str:
        """Return the demo's HTML for the built book: the start state, ready without JavaScript, and the spec."""
        picture = self()
        width, height = (round(96 * inches) for inches in picture.figure.get_size_inches())
        text = escape(picture.description)
        spec = json.dumps(self.spec(), ensure_ascii=False).replace("</", "<\\/")
        version = os.environ.get("BOOK_VERSION", "0")
        return (
            f'<figure class="book-demo" data-demo="{escape(self.key)}" data-pack="demos/{self.key}.js?v={version}">\n'
            f'<img class="book-demo-frame" src="{picture.data_uri()}" alt="{text}" width="{width}" height="{height}">\n'
            f'<script type="application/json" class="book-demo-spec">{spec}</script>\n'
            f'<figcaption class="book-demo-text">{text}</figcaption>\n</figure>'
        )

    def widgets(self):
        """Return the demo as ipywidgets, recomputed on every move; an error appears in the demo's place."""
        import ipywidgets

        def control(name: str, p: Parameter):
            options = list(zip(p.labels, p.values, strict=True))
            kind = ipywidgets.SelectionSlider if p.kind == "slider" else ipywidgets.Dropdown
            common = {"options": options, "value": p.values[p.start], "description": p.name or name}
            return kind(**common, layout={"width": "420px"}, style={"description_width": "8em"})

        controls = {name: control(name, p) for name, p in self.parameters.items()}
        view = ipywidgets.HTML()

        def show(change=None):
            try:
                picture = self(**{name: c.value for name, c in controls.items()})
                text = escape(picture.description)
                view.value = f'<img src="{picture.data_uri()}" alt="{text}" style="max-width:100%"><p>{text}</p>'
            except Exception as error:
                view.value = (
                    f"<p><b>This state cannot be drawn:</b> {escape(type(error).__name__)}: {escape(error)}</p>"
                )

        for c in controls.values():
            c.observe(show, names="value")
        show()
        return ipywidgets.VBox([*controls.values(), view])

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        if mode() == "page":
            return bundle(repr(self), html=self.player())
        return bundle(repr(self))

    def _ipython_display_(self):
        from IPython.display import display

        if mode() == "live":
            display(self.widgets())
        else:
            display(self._repr_mimebundle_(), raw=True)


DEMOS: dict[str, Demo] = {}  # "chapter.name" → demo, filled as the chapters' modules are imported


def demo(**parameters: Parameter) -> Callable[[Callable[..., Picture]], Demo]:
    """Declare a demo: a decorator for a function of exactly these parameters that returns a `Picture`."""
    for name, parameter in parameters.items():
        if not isinstance(parameter, Parameter):
            raise TypeError(f"@demo: {name} must be a slider, a log_slider or a choice, but is {parameter!r}")
    if not parameters:
        raise TypeError("@demo needs at least one parameter; a picture that does not move is a plain function")

    def declare(function: Callable[..., Picture]) -> Demo:
        made = Demo(function, parameters)
        if made.key in DEMOS and DEMOS[made.key].__module__ != made.__module__:
            raise ValueError(f"two demos are called {made.key}: in {DEMOS[made.key].__module__} and {made.__module__}")
        DEMOS[made.key] = made
        return made

    return declare


def all_demos() -> dict[str, Demo]:
    """Import every chapter's demos and return them all, by key."""
    for chapter in pkgutil.iter_modules(lib.__path__):
        if importlib.util.find_spec(f"lib.{chapter.name}.demos"):
            importlib.import_module(f"lib.{chapter.name}.demos")
    return dict(sorted(DEMOS.items()))


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
