"""Smaller models: weights in fewer bits, and graphs in which what can be computed once is computed once.

Whole numbers stand for weights through a scale, of the whole matrix or of each of its rows or columns. What is changed is the graph, so that it can be
written to a file again, and any runtime can compute it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from lib.book import validate
from lib.transformers.adapting.onnx_graph import Graph, Node

FLOAT = 1  # ONNX's number of the type float32


# ------------------------------------------------------------------------------------------------------- whole numbers
def quantise(W, bits: int = 8, axis: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return whole numbers q, int8, and scales s, so that W ≈ s q: with b bits q runs from −(2^(b−1) − 1) to 2^(b−1) − 1.

    W : (m, n);  bits : from 2 to 8;  axis : None for one scale, (); 0 for one a row, (m,); 1 for one a column, (n,)
    Where all is 0 the scale is 1. Raises ValueError for other bits and axes. Equation: eq-quantised
    """
    W = validate.array(W, "W", 2)
    bits = validate.whole(bits, "bits", low=2, high=8)
    if axis not in (None, 0, 1) or isinstance(axis, bool):
        raise ValueError(f"axis must be None, 0 or 1, but is {axis!r}")
    top = 2 ** (bits - 1) - 1
    others = None if axis is None else 1 - axis
    largest = np.abs(W).max(axis=others, keepdims=True, initial=0.0)
    scale = np.where(largest / top > 0, largest / top, 1.0)
    codes = np.clip(np.rint(W / scale), -top, top).astype(np.int8)
    return codes, scale.reshape(() if axis is None else -1)


def restored(codes, scale, axis: int | None = None) -> np.ndarray:
    """Return s q of whole numbers (m, n) and their scales, as `quantise` gave them with that axis."""
    codes = validate.array(codes, "codes", 2)
    scale = validate.array(scale, "scale", 0 if axis is None else 1)
    if axis not in (None, 0, 1) or isinstance(axis, bool):
        raise ValueError(f"axis must be None, 0 or 1, but is {axis!r}")
    if axis is not None and len(scale) != codes.shape[axis]:
        raise ValueError(f"there must be {codes.shape[axis]} scales, but there are {len(scale)}")
    return codes * (scale[:, None] if axis == 0 else scale)


def matrices_of(graph: Graph) -> dict[str, int]:
    """Return the names of a graph's weight matrices, each with the axis whose entries may have scales of their own.

    Of a table, whose rows are looked up, that is 0; of a matrix that is multiplied from the left, 1: its columns make one entry of the product each.
    """
    graph = validate.instance(graph, Graph, "graph")
    tables = {node.inputs[0] for node in graph.nodes if node.operator in ("Gather", "Slice")}
    matrices = {name for name, a in graph.constants.items() if a.ndim == 2 and a.dtype == np.float32}
    return {name: 0 if name in tables else 1 for name in graph.constants if name in matrices}


def in_whole_numbers(graph: Graph, bits: int = 8, each: bool = True) -> Graph:
    """Return a graph that keeps its weight matrices as int8 and makes floats of them as it computes (`DequantizeLinear`).

    bits : from 2 to 8;  each : a scale for each row of a table and each column of a matrix, or one for all
    """
    graph = validate.instance(graph, Graph, "graph")
    axes = matrices_of(graph)

    def stored(name: str, W: np.ndarray) -> tuple[dict[str, np.ndarray], Node]:
        axis = axes[name] if each else None
        codes, scale = quantise(W, bits, axis)
        own = {} if axis is None else {"axis": axis}
        names = (f"{name}.codes", f"{name}.scale")
        return dict(zip(names, (codes, scale.astype(np.float32)), strict=True)), Node(
            "DequantizeLinear", names, (name,), own
        )

    return _stored(graph, stored)


def in_half(graph: Graph) -> Graph:
    """Return a graph that keeps its weight matrices as float16 and makes float32 of them as it computes (`Cast`)."""

    def stored(name: str, W: np.ndarray) -> tuple[dict[str, np.ndarray], Node]:
        with np.errstate(over="ignore"):
            return {f"{name}.half": W.astype(np.float16)}, Node("Cast", (f"{name}.half",), (name,), {"to": FLOAT})

    return _stored(validate.instance(graph, Graph, "graph"), stored)


def _stored(graph: Graph, stored: Callable) -> Graph:
    """Return the graph with its weight matrices stored otherwise, and nodes before all others that make them what they were."""
    constants, nodes = dict(graph.constants), []
    for name in matrices_of(graph):
        arrays, node = stored(name, constants.pop(name))
        constants |= arrays
        nodes.append(node)
    return replace(graph, nodes=(*nodes, *graph.nodes), constants=constants)


# ----------------------------------------------------------------------------------------------------- the same, in less
def fold_constants(graph: Graph) -> Graph:
    """Return the graph without the nodes that use nothing but constants: what they make is a constant. Constants that nobody uses go too."""
    graph = validate.instance(graph, Graph, "graph")
    constants, nodes = dict(graph.constants), []
    for node in graph.nodes:
        used = {name: constants[name] for name in node.inputs if name in constants}
        if used and set(node.inputs) - {""} == set(used):
            constants |= Graph((node,), {}, tuple(name for name in node.outputs if name), used).run({})
        else:
            nodes.append(node)
    needed = {name for node in nodes for name in node.inputs} | set(graph.outputs)
    return replace(graph, nodes=tuple(nodes), constants={n: a for n, a in constants.items() if n in needed})


def folded_norm(gamma, beta, W, b) -> tuple[np.ndarray, np.ndarray]:
    """Return W′ and b′ with (x̂ γ + β) W + b = x̂ W′ + b′ for every x̂: a norm's scale and shift, put into the layer behind it.

    gamma, beta : (D,);  W : (D, m);  b : (m,)
    Equation: eq-folded-norm
    """
    W = validate.array(W, "W", 2)
    gamma, beta, b = (validate.array(a, n, 1) for a, n in ((gamma, "gamma"), (beta, "beta"), (b, "b")))
    if not len(gamma) == len(beta) == len(W) or len(b) != W.shape[1]:
        raise ValueError(
            f"gamma and beta must be ({len(W)},) and b ({W.shape[1]},), but are {gamma.shape}, {beta.shape} and {b.shape}"
        )
    return gamma[:, None] * W, b + beta @ W


def fold_norms(graph: Graph) -> Graph:
    """Return the graph with the scale and shift of each layer norm in the matrix and the free terms behind it; the norm keeps ones and zeros.

    A norm is left as it is where something else uses it too, or where no product with a constant matrix and a sum with a constant row follow.
    """
    graph = validate.instance(graph, Graph, "graph")
    constants, nodes = dict(graph.constants), list(graph.nodes)
    uses = Counter(name for node in nodes for name in node.inputs) + Counter(graph.outputs)
    user = {name: i for i, node in enumerate(nodes) for name in node.inputs}
    for i, norm in enumerate(graph.nodes):
        if norm.operator != "LayerNormalization" or len(norm.inputs) < 3:
            continue
        product = _only_user(graph, norm.outputs[0], uses, user, "MatMul")
        total = product and _only_user(graph, product.outputs[0], uses, user, "Add")
        if not total or product.inputs[0] != norm.outputs[0]:
            continue
        W, b = product.inputs[1], next(name for name in total.inputs if name != product.outputs[0])
        if not {W, b, *norm.inputs[1:]} <= set(graph.constants) or graph.constants[b].ndim != 1:
            continue
        gamma, beta = (graph.constants[name] for name in norm.inputs[1:3])
        new = f"{W}.folded", f"{b}.folded", f"{norm.outputs[0]}.one", f"{norm.outputs[0]}.zero"
        made = (
            *folded_norm(gamma, beta, graph.constants[W], graph.constants[b]),
            np.ones(len(gamma)),
            np.zeros(len(beta)),
        )
        constants |= {name: a.astype(np.float32) for name, a in zip(new, made, strict=True)}
        nodes[i] = replace(norm, inputs=(norm.inputs[0], new[2], new[3]))
        nodes[user[norm.outputs[0]]] = replace(product, inputs=(product.inputs[0], new[0]))
        nodes[user[product.outputs[0]]] = replace(total, inputs=(product.outputs[0], new[1]))
    return fold_constants(replace(graph, nodes=tuple(nodes), constants=constants))


def _only_user(graph: Graph, name: str, uses: Counter, user: dict[str, int], operator: str) -> Node | None:
    node = graph.nodes[user[name]] if uses[name] == 1 and name in user else None
    return node if node is not None and node.operator == operator else None


def bytes_of(graph: Graph, bits: int | None = None) -> float:
    """Return the bytes of a graph's constants; with `bits`, those of its int8 arrays as if each number took so many bits."""
    graph = validate.instance(graph, Graph, "graph")
    width = lambda a: bits / 8 if bits is not None and a.dtype == np.int8 else a.itemsize
    return sum(a.size * width(a) for a in graph.constants.values())
