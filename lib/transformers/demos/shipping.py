"""Pictures of a model that leaves Python: its graph, node by node, and its weights in fewer bits."""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np

from lib.book.demos import Picture, choice, demo, refusal, slider
from lib.book.figures import BLUE, MUTED, ORANGE, canvas, name_curves
from lib.book.parameters import given, text
from lib.transformers.adapting import shrinking
from lib.transformers.adapting.onnx_graph import Declared, Graph, Node
from lib.transformers.adapting.shipping import Shipped, file_of

__all__ = ["bits_and_scales", "node_by_node"]

STEPS, LAST = 40, 2  # nodes that are shown: the first ones, and the model's last
LONGEST = 24


@cache
def small_shipped() -> Shipped:
    """Return a model that has learned nothing: a table, a matrix, a norm and a matrix."""
    rng, V, D = np.random.default_rng(0), 12, 4
    nodes = (
        Node("Gather", ("words", "ids"), ("x",)),
        Node("MatMul", ("x", "W1"), ("h",)),
        Node("Relu", ("h",), ("r",)),
        Node("MatMul", ("r", "W2"), ("scores",)),
    )
    shapes = {"words": (V, D), "W1": (D, 6), "W2": (6, V)}
    weights = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    graph = Graph(nodes, {"ids": Declared(np.int64, ("batch", "length"))}, ("scores",), weights)
    return Shipped(file_of(graph, "\n abcdefghi?"), {"held": rng.integers(V, size=(4, 8))})


# ---------------------------------------------------------------------------------------------------- node by node
@demo(
    model=given("shipped", sample=small_shipped, of=Shipped),
    typed=text(examples=("The array", "axis : int", "naïve"), longest=60, label="text"),
    step=slider(1, STEPS, steps=STEPS, start=25, label="step"),
)
def node_by_node(model: Shipped, typed: str, step: float) -> Picture:
    """What one node of the graph makes of a text.

    model : a model of characters as a graph;  typed : up to 24 characters;  step : which of the nodes that make floats of two axes or more
    """
    if not typed or len(typed) > LONGEST:
        return refusal(f"Type 1 to {LONGEST} characters: there are {len(typed)}.")
    made = dict(model.graph.constants)
    kept = []
    for node, arrays in model.graph.trace({"ids": model.encode(typed)[None]}):
        if arrays[0].ndim >= 2 and arrays[0].dtype == np.float32:
            kept.append((node, [made[n].shape for n in node.inputs if n in made and made[n].size > 1], arrays[0]))
        made |= dict(zip(node.outputs, arrays, strict=True))
    chosen = kept if len(kept) <= STEPS else kept[: STEPS - LAST] + kept[-LAST:]
    at = min(round(step), len(chosen))
    node, shapes, array = chosen[at - 1]
    image = array.reshape(-1, *array.shape[-2:])[0]
    fig, ax = canvas(width=6.2, height=4.2, layout=None)
    fig.subplots_adjust(left=0.13, right=0.96, top=0.86, bottom=0.15)
    shown = np.clip(image, -1e4, 1e4)
    seen = np.abs(shown)[np.abs(shown) < 1e4]  # without what a mask makes as small as can be
    most = (float(np.quantile(seen, 0.98)) if seen.size else 0.0) or 1.0
    ax.imshow(shown, cmap="cividis", vmin=-most, vmax=most, aspect="auto", interpolation="nearest")
    ax.grid(False)
    ax.set(xlabel="last axis", ylabel="the axis before it")
    ax.set_title(f"{node.operator} → {_said(array.shape)}", fontsize=13, loc="left")
    given_shapes = " and ".join(map(_said, shapes)) if shapes else "numbers that say where"
    first = ", of which the first matrix is drawn" if array.size > image.size else ""
    return Picture(
        fig,
        f"Step {at} of {len(chosen)}, of {len(model.graph.nodes)} nodes in all: {node.operator} makes an array of shape {_said(array.shape)} "
        f"from {given_shapes}{first}.",
    )


def _said(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape)) if shape else "a number"


# ------------------------------------------------------------------------------------------------------- fewer bits
BITS = tuple(range(2, 9))
WAYS = {"one for the matrix": False, "one a row or column": True}
TEXTS = 16


@lru_cache(maxsize=4)
def _measured(file: bytes, texts: bytes, T: int) -> dict[bool, list[float]]:
    """Return bits a character by the bits of a weight, with one scale and with many."""
    model, ids = Shipped(file), np.frombuffer(texts, np.int64).reshape(-1, T)
    by = lambda bits, each: model.bits(ids, shrinking.in_whole_numbers(model.graph, bits, each))
    return {each: [by(bits, each) for bits in BITS] for each in WAYS.values()} | {None: [model.bits(ids)]}


@demo(
    model=given("shipped", sample=small_shipped, of=Shipped),
    bits=slider(2, 8, steps=7, start=4, label="bits of a weight"),
    scales=choice(*WAYS, label="scales"),
)
def bits_and_scales(model: Shipped, bits: float, scales: str) -> Picture:
    """How well the model says what comes next with weights of fewer bits, and how often each whole number is used in one matrix.

    model : a model of characters as a graph;  bits : of each weight of a matrix;  scales : how many there are
    """
    held = np.asarray(model.measured["held"], np.int64)[:TEXTS]
    found, each, bits = _measured(model.file, held.tobytes(), held.shape[1]), WAYS[scales], round(bits)
    fig, (left, right) = canvas(1, 2, width=6.6, height=3.6, layout=None, gridspec_kw={"width_ratios": [1.2, 1]})
    fig.subplots_adjust(left=0.11, right=0.98, top=0.95, bottom=0.2, wspace=0.62)
    whole = found[None][0]
    for way, name in ((False, "one scale"), (True, "many")):
        colour = ORANGE if way == each else MUTED
        left.plot(BITS, found[way], "o-", color=colour, markersize=4, linewidth=2 if way == each else 1, label=name)
    left.axhline(whole, color=BLUE, linewidth=1)
    left.plot([bits], [found[each][BITS.index(bits)]], "o", color=ORANGE, markersize=10, clip_on=False)
    left.set(xlim=(1.7, 8.3), ylim=(whole - 0.15, whole + 4), xlabel="bits of a weight", ylabel="bits a character")
    left.set_xticks(BITS)
    name, axis = next((n, a) for n, a in reversed(shrinking.matrices_of(model.graph).items()) if a == 1)
    codes, _ = shrinking.quantise(model.graph.constants[name], bits, axis if each else None)
    top = 2 ** (bits - 1) - 1
    counts = np.bincount(codes.ravel().astype(int) + top, minlength=2 * top + 1)
    right.bar(np.arange(-top, top + 1) / max(top, 1), counts / counts.max(), width=1.6 / (2 * top + 1), color=BLUE)
    right.set(xlim=(-1.4, 1.4), ylim=(0, 1.05), xlabel="number / largest", ylabel="count / largest")
    name_curves(left)
    size = shrinking.bytes_of(shrinking.in_whole_numbers(model.graph, bits, each), bits) / 1000
    return Picture(
        fig,
        f"With {bits} bits a weight and {'a scale for each row or column' if each else 'one scale for each matrix'}, arrays of "
        f"{shrinking.bytes_of(model.graph) / 1000:,.1f} kB become {size:,.1f} kB; a weight is one of {2 * top + 1} numbers.",
    )
