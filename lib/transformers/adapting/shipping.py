"""A model as it leaves: one file, with the alphabet of its texts in it, and what it says of them, computed by the graph alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from lib.book import validate
from lib.transformers.adapting.onnx_file import read_graph, read_metadata, write_graph
from lib.transformers.adapting.onnx_graph import Declared, Graph
from lib.transformers.gpt import surprise

EACH = 16  # texts that are read at a time: a page has little memory


@dataclass(frozen=True)
class Shipped:
    """A model of characters in a .onnx file.

    file : its bytes;  measured : what was measured where it was made, name → array
    Raises ValueError where the file is no ONNX model with an input `ids`, an output `scores` and an alphabet `symbols`.
    """

    file: bytes
    measured: Mapping[str, np.ndarray] = field(default_factory=dict)
    graph: Graph = field(init=False)
    symbols: str = field(init=False)

    def __post_init__(self):
        graph, told = read_graph(self.file), read_metadata(self.file)
        if set(graph.inputs) != {"ids"} or graph.outputs != ("scores",) or not told.get("symbols"):
            raise ValueError("the file must have an input ids, an output scores and an alphabet symbols")
        object.__setattr__(self, "graph", graph)
        object.__setattr__(self, "symbols", told["symbols"])

    def encode(self, text: str) -> np.ndarray:
        """Return the symbols' numbers (T,) of a text; what the alphabet lacks becomes its last symbol."""
        if not isinstance(text, str):
            raise TypeError(f"text must be a string, but is {type(text).__name__}")
        number = {symbol: i for i, symbol in enumerate(self.symbols)}
        return np.array([number.get(c, len(number) - 1) for c in text], np.int64)

    def scores(self, ids, graph: Graph | None = None) -> np.ndarray:
        """Return the scores (B, T, V) of what follows each of the symbols (B, T), by this graph or another in its place."""
        ids = validate.indices(ids, "ids", ndim=2, size=len(self.symbols), of="symbols")
        parts = np.array_split(ids, max(1, len(ids) // EACH))
        return np.concatenate([(graph or self.graph).run({"ids": part})["scores"] for part in parts])

    def bits(self, ids, graph: Graph | None = None) -> float:
        """Return −log₂ of the probability of what came in texts (B, T), the mean over the second half of each."""
        ids = np.asarray(ids)
        return float(surprise(self.scores(ids, graph).astype(float), ids)[:, ids.shape[1] // 2 - 1 :].mean())


def scores_declared(symbols: int) -> dict[str, Declared]:
    """Return what the output of a model of so many symbols is, as `write_graph` asks for it."""
    return {"scores": Declared(np.float32, ("batch", "length", validate.whole(symbols, "symbols", low=1)))}


def file_of(graph: Graph, symbols: str) -> bytes:
    """Return a .onnx file of a model of characters: its graph, and its alphabet."""
    return write_graph(graph, scores_declared(len(symbols)), {"symbols": symbols})
