"""A map: many named points in a plane, to be searched. One function's data, three front ends, like a demo.

In the built book it is a picture with some of its points named, visible without JavaScript; the page's script adds a search
field (web/src/map.js): a chosen point is named with those that are near it, and from there one walks on. With a live kernel it is the
picture and a text field. As text it is its sentence.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lib.book import validate
from lib.book.display import bundle, escape, mode
from lib.book.figures import BLUE, INK, ORANGE, canvas

WIDTH, HEIGHT = 720, 560  # the SVG's own units
MARGIN = 26


@dataclass(frozen=True, eq=False)
class Map:
    """Points to be searched by name.

    names (N,);  points (N, 2);  near (N, k) : for each point the rows of those to name with it, the nearest first
    named : how many of the first points carry their name from the start;  title and sentence : what the map shows
    """

    names: Sequence[str]
    points: np.ndarray
    near: np.ndarray
    title: str
    sentence: str
    named: int = 40

    def __post_init__(self):
        points = validate.matrix(self.points, "points")
        near = validate.matrix(self.near, "near")
        if points.shape != (len(self.names), 2):
            raise ValueError(f"points must have the shape ({len(self.names)}, 2), a row a name, but has {points.shape}")
        if len(near) != len(points) or (near != np.round(near)).any() or near.min() < 0 or near.max() >= len(points):
            raise ValueError(
                f"near must hold rows 0 … {len(points) - 1} of points, a row a name, but has shape {near.shape}"
            )
        if len(set(self.names)) != len(self.names):
            raise ValueError("each name stands for one point, but a name is there twice")
        if not self.sentence.strip() or not self.title.strip():
            raise ValueError("a map needs a title and a sentence that describes it")
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "near", near.astype(int))

    def __repr__(self) -> str:
        return f"Map {self.title}. {self.sentence}"

    def tell(self, name: str) -> str:
        """Return the sentence for a name: which are near it; also for a name that is not there."""
        if name not in self.names:
            return f"“{name}” is not on this map of {len(self.names)} words."
        row = list(self.names).index(name)
        return f"Nearest to “{name}”: {', '.join(self.names[i] for i in self.near[row])}."

    # ----------------------------------------------------------------------------------------------- built book
    def places(self) -> np.ndarray:
        """Return the points (N, 2) in the SVG's units, the whole cloud inside its margins."""
        low, high = self.points.min(axis=0), self.points.max(axis=0)
        share = (self.points - low) / np.where(high > low, high - low, 1)
        room = np.array([WIDTH - 2 * MARGIN - 60, HEIGHT - 2 * MARGIN])
        return np.round(MARGIN + share * room * [1, -1] + [0, room[1]], 1)

    def html(self) -> str:
        """Return the map for a page: an SVG with the first names set, and the data for the page's script."""
        places, shown = self.places(), self._not_crowded()
        dots = "".join(f'<circle cx="{x:g}" cy="{y:g}" r="2.6"/>' for x, y in places)
        texts = "".join(
            f'<text x="{places[i][0] + 5:g}" y="{places[i][1] + 4:g}">{escape(self.names[i])}</text>' for i in shown
        )
        data = {"title": self.title, "names": list(self.names), "places": places.tolist(), "near": self.near.tolist()}
        spec = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
        words = escape(f"{self.title}. {self.sentence}")
        return (
            f'<figure class="book-map"><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{words}">'
            f'<g class="book-map-dots">{dots}</g><g class="book-map-names">{texts}</g><g class="book-map-found"></g></svg>\n'
            f'<script type="application/json" class="book-map-data">{spec}</script>\n'
            f'<figcaption class="book-map-text">{escape(self.sentence)}</figcaption></figure>'
        )

    def _not_crowded(self) -> list[int]:
        """Return the first points whose names do not overlap one another, at most `named`."""
        places, kept = self.places(), []
        boxes: list[tuple[float, float, float]] = []
        for i, (x, y) in enumerate(places):
            wide = 9 * len(self.names[i]) + 8
            if all(abs(y - v) > 15 or x + wide < u or u + w < x for u, v, w in boxes):
                kept.append(i)
                boxes.append((x, y, wide))
            if len(kept) == self.named:
                break
        return kept

    # ---------------------------------------------------------------------------------------------- live kernel
    def picture(self, name: str = ""):
        """Return a matplotlib figure of the map with `name` and what is near it set off, or with the first names."""
        fig, ax = canvas(width=6.6, height=5.2)
        x, y = self.points.T
        ax.plot(x, y, "o", color=BLUE, markersize=2.5, alpha=0.5, markeredgewidth=0)
        if name in self.names:
            row = list(self.names).index(name)
            named = [row, *self.near[row]]
            ax.plot(x[named], y[named], "o", color=ORANGE, markersize=5)
        else:
            named = self._not_crowded()
        for i in named:
            ax.annotate(self.names[i], (x[i], y[i]), xytext=(3, 2), textcoords="offset points", fontsize=8, color=INK)
        ax.set(xticks=[], yticks=[], title=self.title)
        return fig

    def widgets(self):
        """Return the map as ipywidgets: a text field that proposes names, the picture, the sentence."""
        import base64

        import ipywidgets

        from lib.book.figures import themed_svg

        field = ipywidgets.Combobox(
            options=list(self.names), placeholder="a word", description="find", ensure_option=False
        )
        view = ipywidgets.HTML()

        def show(change=None):
            text = escape(self.tell(field.value) if field.value else self.sentence)
            picture = base64.b64encode(themed_svg(self.picture(field.value)).encode()).decode()
            view.value = (
                f'<img src="data:image/svg+xml;base64,{picture}" alt="{text}" style="max-width:100%"><p>{text}</p>'
            )

        field.observe(show, names="value")
        show()
        return ipywidgets.VBox([field, view])

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        if mode() == "page":
            return bundle(repr(self), html=self.html())
        return bundle(repr(self))

    def _page_message_(self) -> dict:
        """Say it to a page with a kernel: the page's own map can stay while the cell is the book's, else a picture."""
        from lib.book.figures import themed_svg

        return {"kind": "map", "svg": themed_svg(self.picture()), "text": repr(self)}

    def _ipython_display_(self):
        from IPython.display import display

        if mode() == "live":
            display(self.widgets())
        else:
            display(self._repr_mimebundle_(), raw=True)
