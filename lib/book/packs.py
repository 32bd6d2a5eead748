"""All frames of a demo in one small file for the built book's player.

A pack is a script that calls ``BookDemos.pack(...)``, so that it loads from a web server and from a folder alike. SVG
frames share most of their lines (axes, glyphs): each distinct line is stored once, a frame is a list of line numbers,
and the whole is deflated. A demo whose pictures are dense is stored as WebP instead, whichever is smaller.
"""

from __future__ import annotations

import base64
import gc
import json
import re
import time
import zlib
from dataclasses import dataclass

from lib.book import figures
from lib.book.demos import Demo, Picture

SMALL_ENOUGH = 600_000  # bytes; an SVG pack below this is kept without trying WebP: it is sharp and follows dark mode
MOST_BYTES = 700_000  # of a pack that a page may ask its readers to fetch


@dataclass(frozen=True)
class Pack:
    """A demo's frames, packed: the script's `text`, its `format`, how many states, the slowest in seconds of processor time."""

    key: str
    text: str
    format: str
    states: int
    slowest: float

    @property
    def body(self) -> dict:
        """What the script hands to the page."""
        return json.loads(re.search(r"\.pack\((.*)\);\n$", self.text, re.S).group(1))

    @property
    def bytes(self) -> int:
        return len(self.text.encode())


def pack(demo: Demo) -> Pack:
    """Draw every state of `demo` and return the pack; an error names the state that could not be drawn."""
    frames, descriptions, slowest = [], [], 0.0
    _draw(demo, demo.start)  # loads the data, once: no state's own time
    gc.freeze()  # nor is it its own to go through whatever else this process holds
    try:
        for state in demo.states():
            started = time.process_time()  # of this process alone, however busy the machine is
            picture = _draw(demo, state)
            frames.append(picture.svg())
            slowest = max(slowest, time.process_time() - started)
            descriptions.append(picture.description)
    finally:
        gc.unfreeze()
    text, kind = _svg_pack(demo.key, frames, descriptions), "svg"
    if len(text) > SMALL_ENOUGH:
        raster = _webp_pack(demo, descriptions)
        text, kind = min((text, "svg"), (raster, "webp"), key=lambda made: len(made[0]))
    return Pack(demo.key, text, kind, len(frames), slowest)


def complaints(demo: Demo, made: Pack) -> list[str]:
    """Return what a demo's pictures, sentences or size lack, in words; `made` are all its states.

    Pictures are looked at in the start state, and where each control stands at either end (`lib.book.figures.faults`).
    """
    found = [f"its frames take {made.bytes:,} bytes of at most {MOST_BYTES:,}"] if made.bytes > MOST_BYTES else []
    said = made.body["descriptions"]
    if len(said) != len(demo):
        found.append(f"it has {len(demo)} states, but {len(said)} sentences")
    for text in said:
        if not 20 <= len(text) <= 400 or not text.rstrip().endswith((".", "!")):
            found.append(f"no sentence of 20 to 400 characters, with a full stop: {text!r}")
        elif re.search(r"\b(nan|inf|None)\b", re.sub("“[^”]*”", "", text)):  # what is quoted may say so
            found.append(f"a number is missing: {text!r}")
    if len(set(said)) == 1:
        found.append("every state has the same sentence")
    ends = [{name: p.values[at]} for name, p in demo.parameters.items() for at in (0, -1)]
    for state in ({}, *ends):
        found += [f"{state or 'the start state'}: {fault}" for fault in demo(**state).faults()]
    return found


def _draw(demo: Demo, state: dict) -> Picture:
    try:
        return demo(**state)
    except Exception as error:
        raise RuntimeError(f"demo {demo.key} cannot draw the state {state}: {error}") from error


def _svg_pack(key: str, frames: list[str], descriptions: list[str]) -> str:
    numbers: dict[str, int] = {}
    lines = [[numbers.setdefault(line, len(numbers)) for line in frame.split("\n")] for frame in frames]
    body = json.dumps({"lines": list(numbers), "frames": lines}, ensure_ascii=False, separators=(",", ":"))
    data = base64.b64encode(zlib.compress(body.encode(), 9)).decode()
    return _script({"demo": key, "format": "svg", "descriptions": descriptions, "data": data})


def _webp_pack(demo: Demo, descriptions: list[str]) -> str:
    frames = []
    for state in demo.states():
        figure = _draw(demo, state).figure
        kinds = (figures.webp(figure), figures.webp(figure, quality=80, method=4))
        frames.append(base64.b64encode(min(kinds, key=len)).decode())
    return _script({"demo": demo.key, "format": "webp", "descriptions": descriptions, "frames": frames})


def _script(pack: dict) -> str:
    body = json.dumps(pack, ensure_ascii=False, separators=(",", ":"))
    return f"(window.BookDemos=window.BookDemos||{{queue:[],pack(p){{this.queue.push(p)}}}}).pack({body});\n"
