"""A detector in one pass: every cell of a grid says whether the middle of a digit lies in it, where, how large, and which digit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lib.book import validate
from lib.convnets.canvases import SIZE
from lib.convnets.convolution import conv2d
from lib.convnets.detection.average_precision import Found
from lib.convnets.detection.boxes import checked_boxes, nms
from lib.losses.classification import sigmoid

CELLS = 8  # a side of the grid
CELL = SIZE // CELLS  # pixels of a cell's side
TYPICAL = 20.0  # pixels: sides are said as the logarithm of their share of this
CLASSES = 10
NUMBERS = 5 + CLASSES  # of a cell: is there one, offset (2), size (2), scores of the classes
STRIDES = (2, 2, 1, 2, 1, 1)  # of the 3 × 3 convolutions; one of 1 × 1 follows
FARTHEST = 2.0  # a predicted side lies within TYPICAL · e^±2


def cell_targets(boxes, labels) -> np.ndarray:
    """Return what each cell should say of one canvas: (6, 8, 8): is there one, offset x, y, log sizes w, h, the class.

    boxes : (n, 4), x₀, y₀, x₁, y₁, in pixels of a canvas of 64 × 64;  labels : (n,), 0 … 9. Where two middles lie in one cell the later box
    is said. Raises ValueError where a middle lies outside the canvas, or a box has no area. Equation: eq-cell-of-a-box
    """
    boxes = checked_boxes(boxes)
    labels = validate.indices(labels, "labels", size=CLASSES, of="classes") if len(boxes) else np.zeros(0, dtype=int)
    if len(labels) != len(boxes):
        raise ValueError(f"there are {len(boxes)} boxes but {len(labels)} labels")
    sides = boxes[:, 2:] - boxes[:, :2]
    middle = (boxes[:, :2] + boxes[:, 2:]) / (2 * CELL)
    if (sides <= 0).any() or (middle < 0).any() or (middle >= CELLS).any():
        raise ValueError(f"every box needs an area, and its middle on the canvas of {SIZE} × {SIZE}")
    out = np.zeros((6, CELLS, CELLS), dtype=np.float32)
    column, row = np.floor(middle).astype(int).T
    for k in range(len(boxes)):
        offset, size = middle[k] - (column[k], row[k]), np.log(sides[k] / TYPICAL)
        out[:, row[k], column[k]] = 1, *offset, *size, labels[k]
    return out


def decode_cells(outputs, least: float = 0.05) -> list[Found]:
    """Return what the cells of each canvas say, before doubles are removed: one Found a canvas, highest score first.

    outputs : (N, 15, 8, 8), the network's numbers: the logit of "there is one", offset (2, through a sigmoid), log sizes (2), class scores (10)
    least : cells whose score is below are left out; a score is P(there is one) · P(likeliest class). Equations: eq-cell-of-a-box, eq-cell-score
    """
    outputs = validate.array(outputs, "outputs", 4)
    least = validate.number(least, "least", low=0, high=1)
    if outputs.shape[1:] != (NUMBERS, CELLS, CELLS):
        raise ValueError(f"outputs must have the shape (N, {NUMBERS}, {CELLS}, {CELLS}), but has {outputs.shape}")
    squashed = sigmoid(outputs[:, :3])
    scores = outputs[:, 5:] - outputs[:, 5:].max(axis=1, keepdims=True)
    odds = np.exp(scores)
    best, P = outputs[:, 5:].argmax(axis=1), 1 / odds.sum(axis=1)  # the likeliest class has odds 1
    score = squashed[:, 0] * P  # (N, 8, 8)
    corner = np.stack(np.meshgrid(np.arange(CELLS), np.arange(CELLS)))  # x, y of the cells
    middle = CELL * (corner + squashed[:, 1:3])
    half = TYPICAL / 2 * np.exp(outputs[:, 3:5].clip(-FARTHEST, FARTHEST))
    boxes = np.concatenate([middle - half, middle + half], axis=1)  # (N, 4, 8, 8)
    out = []
    for n in range(len(outputs)):
        rows, columns = np.nonzero(score[n] >= least)
        order = np.argsort(-score[n, rows, columns], kind="stable")
        rows, columns = rows[order], columns[order]
        out.append(Found(boxes[n, :, rows, columns], score[n, rows, columns], best[n, rows, columns]))
    return out


def without_doubles(found: Found, most: float = 0.45, per_class: bool = False) -> Found:
    """Return the detections that non-maximum suppression leaves, highest score first.

    most : the largest intersection over union of two that stay;  per_class : whether only boxes of one class suppress each other
    """
    found = validate.instance(found, Found, "found")
    return found.rows(nms(found.boxes, found.scores, most, found.labels if per_class else None))


class GridDetector:
    """The trained network, in numpy: seven convolutions, with batch normalization folded into them.

    weights : conv0.W (k, 1, 3, 3), conv0.b (k,) … conv5, then conv6.W (15, c, 1, 1), conv6.b. Raises ValueError where shapes do not fit.
    """

    def __init__(self, weights: Mapping[str, np.ndarray]):
        names = [f"conv{i}.{kind}" for i in range(len(STRIDES) + 1) for kind in "Wb"]
        if sorted(weights) != sorted(names):
            raise ValueError(f"weights must be {', '.join(names)}, but are {', '.join(sorted(weights))}")
        self.weights = {name: validate.array(weights[name], name) for name in names}
        channels = 1
        for i in range(len(STRIDES) + 1):
            W, b = self.weights[f"conv{i}.W"], self.weights[f"conv{i}.b"]
            k = 3 if i < len(STRIDES) else 1
            if W.shape[1:] != (channels, k, k) or b.shape != W.shape[:1]:
                raise ValueError(f"conv{i}.W has shape {W.shape} and conv{i}.b {b.shape}: they do not fit")
            channels = len(W)
        if channels != NUMBERS:
            raise ValueError(f"the last convolution must have {NUMBERS} channels, but has {channels}")

    def __call__(self, images) -> np.ndarray:
        """Return the cells' numbers (N, 15, 8, 8) for canvases (N, 1, 64, 64)."""
        x = validate.array(images, "images", 4)
        if x.shape[1:] != (1, SIZE, SIZE):
            raise ValueError(f"images must have the shape (N, 1, {SIZE}, {SIZE}), but has {x.shape}")
        return np.concatenate([self._pass(part) for part in np.array_split(x, -(-len(x) // 16))])  # 16 at a time

    def _pass(self, x: np.ndarray) -> np.ndarray:
        for i, stride in enumerate(STRIDES):
            x = np.maximum(
                conv2d(x, self.weights[f"conv{i}.W"], self.weights[f"conv{i}.b"], stride=stride, padding=1), 0
            )
        return conv2d(x, self.weights["conv6.W"], self.weights["conv6.b"])

    def multiplications(self) -> int:
        """Return how many multiplications one canvas takes: each weight's, at every place of its output."""
        side, total = SIZE, 0
        for i, stride in enumerate((*STRIDES, 1)):
            side //= stride
            total += self.weights[f"conv{i}.W"].size * side**2
        return total

    def detect(self, images, least: float = 0.05, most: float = 0.45, per_class: bool = False) -> list[Found]:
        """Return what is found on each canvas, doubles removed: see `decode_cells` and `without_doubles`."""
        return [without_doubles(found, most, per_class) for found in decode_cells(self(images), least)]
