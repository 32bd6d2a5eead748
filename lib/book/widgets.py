"""A demo with a live kernel: its controls as ipywidgets, its picture recomputed on every move."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets

from lib.book.display import escape
from lib.book.parameters import Parameter

if TYPE_CHECKING:
    from lib.book.demos import Demo

WIDE = {"layout": {"width": "420px"}, "style": {"description_width": "8em"}}


def of(demo: Demo) -> ipywidgets.VBox:
    """Return the demo's controls and, last, its picture with its sentence; an error appears in their place."""
    shown, read = [], {}
    for name, p in demo.parameters.items():
        parts, read[name] = _controls(name, p)
        shown += parts
    view = ipywidgets.HTML()

    def show(change=None):
        try:
            picture = demo(**{name: value() for name, value in read.items()})
            words = escape(picture.description)
            view.value = f'<img src="{picture.data_uri()}" alt="{words}" style="max-width:100%"><p>{words}</p>'
        except Exception as error:
            view.value = f"<p><b>This state cannot be drawn:</b> {escape(type(error).__name__)}: {escape(error)}</p>"

    for one in shown:
        if hasattr(one, "value"):
            one.observe(show, names="value")
    show()
    return ipywidgets.VBox([*shown, view])


def _controls(name: str, p: Parameter) -> tuple[list[ipywidgets.Widget], Callable[[], Any]]:
    """Return a parameter's widgets, and a function that reads its value from them.

    Of a text or a drawing the first widget offers the examples; what the reader makes stands in the next.
    """
    kind = ipywidgets.SelectionSlider if p.kind == "slider" else ipywidgets.Dropdown
    options = list(zip(p.labels, p.values, strict=True))
    control = kind(options=options, value=p.values[p.start], description=p.name or name, **WIDE)
    if p.kind == "text":
        own = ipywidgets.Text(value=control.value, description="or type", **WIDE)
        _follow(control, own, lambda example: example)
        return [control, own], lambda: own.value
    if p.kind == "drawing":
        held = ipywidgets.Text(value=p.pixels(control.value), layout={"display": "none"})
        _follow(control, held, p.pixels)
        return [control, _field(p.name or name, p.shape, held), held], lambda: p.at(held.value)[0]
    return [control], lambda: control.value


def _follow(examples: ipywidgets.Dropdown, own: ipywidgets.Text, text_of: Callable[[str], str]) -> None:
    """Put the chosen example into the reader's own field; when that is changed, no example is chosen any more."""

    def chosen(change):
        if change["new"] is not None:
            own.value = text_of(change["new"])

    def changed(change):
        if examples.value is not None and own.value != text_of(examples.value):
            examples.value = None

    examples.observe(chosen, names="value")
    own.observe(changed, names="value")


def _field(label: str, shape: tuple[int, ...], held: ipywidgets.Text) -> ipywidgets.Output:
    """Return a field to draw in: what is drawn becomes the text of `held`, which no one sees, and the other way round."""
    place = f"book-pad-{held.model_id}"
    held.add_class(place)
    pad = Path(__file__).with_name("pad.js").read_text(encoding="utf-8").replace("export class", "class")
    parts = {"LABEL": escape(label), "PLACE": place, "SHAPE": json.dumps(shape), "PAD": pad}
    html = FIELD
    for word, part in parts.items():
        html = html.replace(f"{{{word}}}", part)
    data = {"text/html": html, "text/plain": f"{label}: a field to draw in"}
    return ipywidgets.Output(outputs=({"output_type": "display_data", "data": data, "metadata": {}},))


# The field of web/src/player.js. Jupyter runs the script of an output; the widget that holds the text may come a little later.
FIELD = """<div id="{PLACE}" style="display:flex;gap:.5rem;align-items:flex-end;margin-left:8.5em">
<canvas role="img" aria-label="{LABEL}: a field to draw in with a pointer. Without one, choose an example."
 style="width:12rem;background:#fff;border:1px solid #636b75;image-rendering:pixelated;touch-action:none;cursor:crosshair"></canvas>
<button type="button" style="min-height:44px;min-width:5rem">Clear</button></div>
<script>{
{PAD}
const box = document.currentScript?.previousElementSibling ?? document.getElementById("{PLACE}");
const connect = (tries) => {
  const input = document.querySelector(".{PLACE} input");
  if (!input) return tries && setTimeout(connect, 100, tries - 1);
  const pad = new Pad(box.querySelector("canvas"), {SHAPE}, (text) => {
    input.value = text;
    for (const kind of ["input", "change"]) input.dispatchEvent(new Event(kind, { bubbles: true }));
  });
  box.querySelector("button").addEventListener("click", () => pad.clear());
  const timer = setInterval(() => {
    if (!box.isConnected) clearInterval(timer);
    else if (!pad.last && input.value !== pad.text) pad.show(input.value); // an example was chosen
  }, 100);
};
connect(100);
}</script>"""
