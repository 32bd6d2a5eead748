"""A model as ONNX writes it, computed in numpy.

A graph is a list of nodes. Each applies an operator to arrays that have names, and names what comes of it; the weights are arrays with names too. So
a loop over the nodes is all that computing takes: the rest is `operators`. `onnx_file` reads one.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from lib.transformers.adapting.operators import OPERATORS


@dataclass(frozen=True)
class Node:
    """One step: an operator, the names of its inputs ("" for one that is left out) and outputs, and its attributes."""

    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.operator} that makes {', '.join(name for name in self.outputs if name) or 'nothing'}"


@dataclass(frozen=True)
class Declared:
    """What an input must be: numpy's type, and the lengths of the axes: a number, the name of a free length, or None for any.

    shape : None where even the number of axes is free
    """

    dtype: type
    shape: tuple[int | str | None, ...] | None

    def __str__(self) -> str:
        name = np.dtype(self.dtype).name
        if self.shape is None:
            return f"{name} of any shape"
        return f"{name} of shape ({', '.join('any' if n is None else str(n) for n in self.shape)})"


@dataclass(frozen=True)
class Graph:
    """A computation: nodes in an order in which each uses only what is there before it.

    nodes;  inputs : name → what it must be;  outputs : names;  constants : name → array, the weights
    Raises ValueError for an operator or an attribute that is not among `operators.OPERATORS`, for a name that is used before it is made, or made twice.
    """

    nodes: tuple[Node, ...]
    inputs: Mapping[str, Declared]
    outputs: tuple[str, ...]
    constants: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self):
        unknown = sorted({node.operator for node in self.nodes} - set(OPERATORS))
        if unknown:
            raise ValueError(f"the graph has operators that are not known here: {', '.join(unknown)}")
        known = {*self.inputs, *self.constants}
        for node in self.nodes:
            strange = sorted(set(node.attributes) - set(inspect.signature(OPERATORS[node.operator]).parameters))
            if strange:
                raise ValueError(f"{node} has attributes that are not known here: {', '.join(strange)}")
            missing = [name for name in node.inputs if name and name not in known]
            if missing:
                raise ValueError(f"{node} uses {missing[0]!r}, which no node before it makes")
            again = [name for name in node.outputs if name in known]
            if again:
                raise ValueError(f"{node} makes {again[0]!r}, which is there already")
            known.update(name for name in node.outputs if name)
        for name in self.outputs:
            if name not in known:
                raise ValueError(f"the graph gives {name!r}, which no node makes")

    def run(self, feeds: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the outputs by their names, for arrays by the inputs' names.

        Raises TypeError for entries of another type than declared; ValueError for names and shapes that are not the declared ones, and, with
        its name, for a node that cannot compute what it is given.
        """
        values = self._fed(feeds)
        for _ in self._steps(values):
            pass
        return {name: values[name].copy() for name in self.outputs}

    def trace(self, feeds: Mapping[str, np.ndarray]) -> list[tuple[Node, tuple[np.ndarray, ...]]]:
        """Return each node with what it makes, in the order of computing. Raises as `run` does."""
        return list(self._steps(self._fed(feeds)))

    def _steps(self, values: dict[str, np.ndarray]) -> Iterator[tuple[Node, tuple[np.ndarray, ...]]]:
        """Yield each node and what it makes, and add that to the values by its names."""
        for node in self.nodes:
            given = [values[name] if name else None for name in node.inputs]
            try:
                with np.errstate(all="ignore"):  # a mask is −∞, and a graph may divide by 0 where it looks away
                    made = OPERATORS[node.operator](*given, **node.attributes)
            except (ValueError, TypeError, IndexError, AttributeError, ArithmeticError) as error:
                shapes = ", ".join("none" if a is None else str(a.shape) for a in given)
                raise ValueError(f"{node} cannot compute with shapes {shapes}: {error}") from error
            made = tuple(np.asarray(a) for a in (made if isinstance(made, tuple) else (made,)))
            if len(made) < len(node.outputs):
                raise ValueError(f"{node} should make {len(node.outputs)} arrays, but makes {len(made)}")
            made = made[: len(node.outputs)]
            values.update(zip(node.outputs, made, strict=True))
            yield node, made

    def _fed(self, feeds) -> dict[str, np.ndarray]:
        """Return the constants and the inputs by their names, or raise."""
        if not isinstance(feeds, Mapping):
            raise TypeError(f"feeds must be a dict of name → array, but is {type(feeds).__name__}")
        for what, names in (("lacks", set(self.inputs) - set(feeds)), ("has no", set(feeds) - set(self.inputs))):
            if names:
                wanted = ", ".join(self.inputs) or "none"
                where = "feeds" if what == "lacks" else "the graph"
                raise ValueError(f"{where} {what} input {', '.join(sorted(map(repr, names)))}; its inputs: {wanted}")
        values, lengths = dict(self.constants), {}
        for name, declared in self.inputs.items():
            values[name] = _checked(feeds[name], name, declared, lengths)
        return values


def _checked(value, name: str, declared: Declared, lengths: dict[str, int]) -> np.ndarray:
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name} is a masked array, and its mask would be lost")
    value = np.asarray(value)
    if value.dtype != declared.dtype:
        raise TypeError(f"{name} must be {declared}, but holds {value.dtype}")
    if declared.shape is None:
        return value
    fits = value.ndim == len(declared.shape)
    for length, wanted in zip(value.shape, declared.shape, strict=False):
        fits &= wanted is None or length == (lengths.setdefault(wanted, length) if isinstance(wanted, str) else wanted)
    if not fits:
        found = "".join(f", where {n} is {k}" for n, k in lengths.items() if n in declared.shape)
        raise ValueError(f"{name} must be {declared}{found}, but has shape {value.shape}")
    return value
