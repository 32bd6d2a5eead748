"""Digits that are moved, and how far a network's answers stay the same; several LeNets, to compare."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lib.book import validate
from lib.convnets.digits import CLASSES
from lib.convnets.networks import SHAPES, LeNet

KINDS = {  # name: (whether a blur stands behind each maximum, by how many pixels each picture was moved at most in training)
    "plain": (False, 0),
    "blurred": (True, 0),
    "plain_moved": (False, 2),
    "blurred_moved": (True, 2),
}
DIRECTIONS = ((-1, 0), (1, 0), (0, -1), (0, 1))  # (down, right)
FARTHEST = 4  # pixels


def moved(images, down: int, right: int) -> np.ndarray:
    """Return pictures (N, H, W) moved by whole pixels, with 0 where nothing was."""
    X = validate.array(images, "images", 3)
    down, right = validate.whole(down, "down"), validate.whole(right, "right")
    _, H, W = X.shape
    out = np.zeros_like(X)
    out[:, max(down, 0) : max(H + down, 0), max(right, 0) : max(W + right, 0)] = X[
        :, max(-down, 0) : max(H - down, 0), max(-right, 0) : max(W - right, 0)
    ]
    return out


def places(distance: int) -> list[tuple[int, int]]:
    """Return the moves (down, right) of 0, and of 1 … `distance` pixels up, down, left and right."""
    distance = validate.whole(distance, "distance", low=0, high=100)
    return [(0, 0), *((d * i, d * j) for d in range(1, distance + 1) for i, j in DIRECTIONS)]


def consistency(said) -> float:
    """Return how often two moves, drawn with replacement, of one picture get the same answer: the mean over pictures.

    said : (moves, pictures), answers from 0. Equation: eq-consistency. Source: Zhang (2019)
    """
    said = validate.indices(said, "said", 2)
    counts = np.array([(said == k).sum(axis=0) for k in np.unique(said)])  # (answers, pictures)
    return float(((counts / len(said)) ** 2).sum(axis=0).mean())


class Lenets:
    """Small LeNets of four kinds, several seeds of each, and what became of moved digits: made of arrays by name.

    kind_seed_weight for each of `KINDS`, as in plain_0_conv1.W; start_seed, the first filters of "plain_moved" before training, (6, 1, 5, 5);
    right_kind (seeds, 5), the shares of digits read rightly when moved by 0 … 4 pixels; agree_kind (seeds, 4), their answers' consistency
    over moves of up to 1 … 4 pixels
    """

    def __init__(self, arrays: Mapping[str, np.ndarray]):
        if not isinstance(arrays, Mapping):
            raise TypeError(f"arrays must be a mapping name → array, but is {type(arrays).__name__}")
        seeds = sum(name.startswith("start_") for name in arrays)
        if not seeds:
            raise ValueError("there are no first filters: start_0, start_1, …")
        self.start = [_shaped(arrays, f"start_{s}", SHAPES["conv1"]) for s in range(seeds)]
        self.nets, self.right, self.agree = {}, {}, {}
        for kind, (blur, _) in KINDS.items():
            self.nets[kind] = []
            for s in range(seeds):
                head = f"{kind}_{s}_"
                mine = {name[len(head) :]: value for name, value in arrays.items() if name.startswith(head)}
                self.nets[kind].append(LeNet(mine, blur))
            self.right[kind] = _shaped(arrays, f"right_{kind}", (seeds, FARTHEST + 1))
            self.agree[kind] = _shaped(arrays, f"agree_{kind}", (seeds, FARTHEST))

    def __getitem__(self, kind: str) -> list[LeNet]:
        """Return the networks of a kind, one a seed."""
        return self.nets[kind]


def _shaped(arrays, name: str, shape) -> np.ndarray:
    if np.shape(arrays.get(name)) != shape:
        raise ValueError(f"{name} must have shape {shape}, but has {np.shape(arrays.get(name))}")
    return validate.array(arrays[name], name)


def random_lenets(seeds: int = 2) -> Lenets:
    """Return networks that have learned nothing, with shares that are made up: what a test or a demo's sample needs."""
    seeds, rng = validate.whole(seeds, "seeds", low=1, high=100), np.random.default_rng(0)
    arrays = {}
    for s in range(seeds):
        arrays[f"start_{s}"] = rng.normal(size=SHAPES["conv1"]) / 5
        for kind in KINDS:
            for name, shape in SHAPES.items():
                conv = len(shape) == 4
                size = np.sqrt(np.prod(shape[1:]) if conv else shape[0])
                arrays[f"{kind}_{s}_{name}.W"] = rng.normal(size=shape) / size
                arrays[f"{kind}_{s}_{name}.b"] = 0.1 * rng.normal(size=shape[0] if conv else shape[1])
    for kind in KINDS:
        arrays[f"right_{kind}"] = np.linspace(0.9, 1 / CLASSES, FARTHEST + 1) * np.ones((seeds, 1))
        arrays[f"agree_{kind}"] = np.linspace(0.9, 0.3, FARTHEST) * np.ones((seeds, 1))
    return Lenets(arrays)
