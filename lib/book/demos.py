"""A demo: one pure function of its parameters, three front ends.

    @demo(eps=log_slider(1e-8, 1.0, steps=33, start=0.1, label="ε"), noise=slider(0.0, 0.1, steps=5))
    def closing_columns(eps: float, noise: float) -> Picture: ...

With a live kernel the demo shows ipywidgets and recomputes on every move. In the built book it shows a player whose
frames were computed over the whole grid (`lib.book.packs`). Where only text is wanted it shows the start state's
sentence.
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import inspect
import itertools
import json
import math
import os
import pkgutil
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from types import FunctionType
from typing import Any

import lib
from lib.book import figures
from lib.book.display import bundle, escape, is_reader, mode
from lib.book.parameters import Given, Parameter, choice, drawing, given, log_slider, slider, text  # noqa: F401

MIME = "application/vnd.book.frames+json"  # the part of a cell's output that the build puts beside the page
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


class Demo:
    """A picture that moves: a function of declared parameters. Show it as the last line of a cell, or call it.

    ``demo()`` is the start state's Picture; ``demo(eps=1e-3)`` changes a parameter to any number in its range. A demo of a
    trained model is bound to it first: ``demo(model)`` is a demo like the others, drawn by the kernel that has the model.
    """

    def __init__(self, function: Callable[..., Picture], declared: dict[str, Parameter | Given], bound: tuple = ()):
        wanted = list(inspect.signature(function).parameters)
        if wanted != list(declared):
            raise TypeError(f"demo {function.__name__} takes {wanted}, but @demo declares {list(declared)}")
        along = [p.handle for p in declared.values() if isinstance(p, Parameter) and p.handle]
        if len(set(along)) < len(along):
            raise ValueError(f"demo {function.__name__}: its handle follows two sliders along {along[0]}")
        self.function, self.declared = function, declared
        self.parameters = {name: p for name, p in declared.items() if isinstance(p, Parameter)}
        self.given = {name: p for name, p in declared.items() if isinstance(p, Given)}
        self.bound = dict(zip(self.given, bound, strict=False))
        self.name = function.__name__
        self.chapter = function.__module__.removeprefix("lib.").split(".")[0]
        self.key = ".".join([self.chapter, self.name, *filter(None, map(_name_of, bound))])
        self.title = self.name.replace("_", " ")
        self.__doc__, self.__wrapped__, self.__module__ = function.__doc__, function, function.__module__

    def __call__(self, *models, **values) -> Any:
        if models:
            return self._bind(models, values)
        unknown = set(values) - set(self.parameters)
        if unknown:
            raise TypeError(f"demo {self.name} has no parameter {sorted(unknown)}; it has {list(self.parameters)}")
        self._needs_its_model()
        state = {name: p.check(name, values.get(name, p.values[p.start])) for name, p in self.parameters.items()}
        picture = self.function(**{name: (self.bound | state)[name] for name in self.declared})
        if not isinstance(picture, Picture):
            raise TypeError(f"demo {self.name} must return a Picture, but returned {type(picture).__name__}")
        return picture

    def _bind(self, models: tuple, values: dict) -> Demo:
        """Return the demo of these models."""
        if self.bound or len(models) != len(self.given):
            wanted = "no model" if self.bound or not self.given else f"{len(self.given)}: {self._what_to_write()}"
            raise TypeError(f"demo {self.name} was given {len(models)} models, but takes {wanted}")
        if values:
            raise TypeError(f"demo {self.name}: bind it first, then choose a state: demos.{self.name}(model)(…)")
        for wanted, model in zip(self.given.values(), models, strict=True):
            if wanted.of is not None and not isinstance(model, wanted.of):
                kind = type(model).__name__
                raise TypeError(
                    f"demo {self.name} needs a {wanted.of.__name__}, but was given {kind}: {self._what_to_write()}"
                )
        made = Demo(self.function, self.declared, models)
        BOUND[made.key] = made
        return made

    def _what_to_write(self) -> str:
        models = ", ".join(self.given)
        made = " and ".join(f"{name} = trained({g.trained!r}, …)" for name, g in self.given.items())
        return f"write demos.{self.name}({models}), where {made}"

    def _needs_its_model(self) -> None:
        if len(self.bound) < len(self.given):
            raise ValueError(f"demo {self.name} shows a trained model: {self._what_to_write()}")

    def sample(self) -> Demo:
        """Return the demo as it can be tried without training: bound to its declared samples, if it needs a model."""
        unbound = self.given and not self.bound
        return Demo(self.function, self.declared, tuple(g.sample() for g in self.given.values())) if unbound else self

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

    def at(self, positions: list[float | str]) -> dict:
        """Recompute with the controls at `positions` (see `Parameter.at`): the picture as SVG, the words, the labels.

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
        self._needs_its_model()
        spec = self.spec()
        spec["parameters"] = [
            told | p.live_control(told["name"])
            for told, p in zip(spec["parameters"], self.parameters.values(), strict=True)
        ]
        told = {"kind": "demo", "spec": spec, **self.at([p.start for p in self.parameters.values()])}
        return told | ({"summary": repr(self)} if self.bound else {})

    def __repr__(self) -> str:
        if len(self.bound) < len(self.given):
            return f"Demo {self.name}, of a trained model: {self._what_to_write()}."
        if self.bound:  # what it says has a training's numbers, which are others on another machine
            names = " and ".join(_name_of(model) or type(model).__name__ for model in self.bound.values())
            return f"Demo {self.name}, drawn from {names}: {len(self)} states."
        return f"Demo {self.name}. {self().description}"

    def spec(self) -> dict:
        """Return what the player needs to know to draw the controls."""
        places = self._handle() if any(p.handle for p in self.parameters.values()) else {}
        controls = [p.control(name) | places.get(name, {}) for name, p in self.parameters.items()]
        return {"title": self.title, "parameters": controls, "start": self.start_index}

    def _handle(self) -> dict[str, dict]:
        """Return for each slider that follows the handle its axis, where the handle stands at the first step, and how far on at the next.

        Both are shares of the picture's width, or of its height from the top, on the start state's axes. Where nothing can be
        drawn there is no handle.
        """
        try:
            figure = self().figure
            figure.draw_without_rendering()  # settles the axes' places
        except ModuleNotFoundError:
            return {}
        to_figure = figure.axes[0].transData - figure.transFigure
        out = {}
        for name, p in self.parameters.items():
            if p.handle:
                ends = [to_figure.transform((p.origin + v, p.origin + v)) for v in (p.values[0], p.values[-1])]
                first, last = (float(x) if p.handle == "x" else 1 - float(y) for x, y in ends)
                step = (last - first) / (len(p.values) - 1)
                out[name] = {"handle": {"axis": p.handle, "first": round(first, 5), "step": round(step, 7)}}
        return out

    def player(self, frames: str = "") -> str:
        """Return the demo's HTML for the built book: the start state, ready without JavaScript, and the spec.

        frames : the file's name that holds its frames, unless it is the one that `tools.packs` writes
        """
        picture = self()
        width, height = (round(96 * inches) for inches in picture.figure.get_size_inches())
        words = escape(picture.description)
        spec = json.dumps(self.spec(), ensure_ascii=False).replace("</", "<\\/")
        address = frames or f"{self.key}.js?v={os.environ.get('BOOK_VERSION', '0')}"
        return (
            f'<figure class="book-demo" data-demo="{escape(self.key)}" data-pack="demos/{address}">\n'
            f'<img class="book-demo-frame" src="{picture.data_uri()}" alt="{words}" width="{width}" height="{height}">\n'
            f'<script type="application/json" class="book-demo-spec">{spec}</script>\n'
            f'<figcaption class="book-demo-text">{words}</figcaption>\n</figure>'
        )

    def widgets(self):
        """Return the demo as ipywidgets, recomputed on every move; an error appears in the demo's place."""
        from lib.book.widgets import of

        return of(self)

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        if mode() == "page" and self.bound:
            return self._with_frames()
        if mode() == "page":
            return bundle(repr(self), html=self.player())
        return bundle(repr(self))

    def _with_frames(self) -> dict:
        """Return the bundle of a demo that no one else can draw: its frames travel with the output of its cell."""
        from lib.book.packs import complaints, pack

        made = pack(self)
        if found := complaints(self, made):  # the text differs from the stored one: the checks stop here
            return bundle("\n".join([repr(self), "This demo cannot be shown:", *found]))
        frames = f"{self.key}-{hashlib.sha256(made.text.encode()).hexdigest()[:12]}.js"
        return bundle(repr(self), html=self.player(frames)) | {MIME: {"file": frames, "script": made.text}}

    def _ipython_display_(self):
        from IPython.display import display

        self._needs_its_model()
        if mode() == "live":
            display(self.widgets())
        else:
            display(self._repr_mimebundle_(), raw=True)


def _name_of(model) -> str:
    """Return the name that the model was trained under, or ""."""
    trained = sys.modules.get("lib.book.trained")
    return trained.name_of(model) if trained else ""


DEMOS: dict[str, Demo] = {}  # "chapter.name" → demo, filled as the chapters' modules are imported
BOUND: dict[str, Demo] = {}  # the same of those that a notebook has bound to a model: "chapter.name.model" → demo


def find(key: str) -> Demo:
    """Return the demo of this key, also one that has been bound; ValueError where there is none."""
    if key not in DEMOS and key not in BOUND:
        raise ValueError(f"there is no demo {key!r} on this page")
    return BOUND.get(key) or DEMOS[key]


def refusal(why: str) -> Picture:
    """Return the picture for a text or a drawing that a demo's model cannot read: the sentence that says why."""
    fig, ax = figures.canvas(width=6.2, height=4.6, layout=None)
    fig.subplots_adjust(left=0.02, right=0.98, top=0.98, bottom=0.02)
    ax.axis("off")
    ax.set(xlim=(0, 1), ylim=(0, 1))
    lines = textwrap.fill(figures.drawable(why), 52)
    ax.text(0.02, 0.6, lines, color=figures.MUTED, va="center", linespacing=1.5)
    return Picture(fig, why)


def demo(**parameters: Parameter | Given) -> Callable[[Callable[..., Picture]], Demo]:
    """Declare a demo: a decorator for a function of exactly these parameters that returns a `Picture`."""
    for name, parameter in parameters.items():
        if not isinstance(parameter, (Parameter, Given)):
            kinds = "a slider, a log_slider, a choice, a text, a drawing or given"
            raise TypeError(f"@demo: {name} must be {kinds}, but is {parameter!r}")
    if not any(isinstance(p, Parameter) for p in parameters.values()):
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
