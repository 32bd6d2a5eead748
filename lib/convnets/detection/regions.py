"""A detector in parts, as R-CNN is: propose regions, bring each to one size, say what is in it, and mend its box."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import ndimage

from lib.book import validate
from lib.convnets.canvases import SIZE
from lib.convnets.convolution import conv2d
from lib.convnets.detection.average_precision import Found
from lib.convnets.detection.boxes import checked_boxes, decode, encode, iou
from lib.convnets.detection.grid import CLASSES, without_doubles
from lib.convnets.pooling import halved
from lib.losses.classification import softmax

SIDE = 28  # pixels to which a region is brought
CONTEXT = 1.25  # the region's sides are enlarged by this factor before
DARK = 0.35  # what is darker, after a slight blur, is taken for ink
LOWEST = 5  # rows of ink that a region must have
SHAPES = ((19, 9), (19, 16), (25, 18))  # height, width of the windows that slide
STRIDE = 5  # pixels
SHAPES_OF_WEIGHTS = {
    "conv0.W": (6, 1, 5, 5), "conv0.b": (6,), "conv1.W": (16, 6, 5, 5), "conv1.b": (16,), "dense0.W": (256, 24), "dense0.b": (24,),
    "dense1.W": (24, CLASSES + 5), "dense1.b": (CLASSES + 5,),
}  # fmt: skip


def components(image) -> np.ndarray:
    """Return the boxes (n, 4) around connected pieces of ink on a canvas (64, 64), those of at least 5 rows."""
    image = _canvas(image)
    pieces, _ = ndimage.label(ndimage.gaussian_filter(image, 0.5) > DARK, np.ones((3, 3)))
    found = [(x.start, y.start, x.stop, y.stop) for y, x in ndimage.find_objects(pieces)]
    return np.array([box for box in found if box[3] - box[1] >= LOWEST], dtype=np.float64).reshape(-1, 4)


def windows() -> np.ndarray:
    """Return the boxes (300, 4) of windows of three shapes that slide over a canvas by 5 pixels."""
    found = [
        (x, y, x + w, y + h)
        for h, w in SHAPES
        for y in range(0, SIZE - h + 1, STRIDE)
        for x in range(0, SIZE - w + 1, STRIDE)
    ]
    return np.array(found, dtype=np.float64)


def crops(image, boxes) -> np.ndarray:
    """Return the regions (n, 1, 28, 28) of a canvas (64, 64), each with a margin of an eighth, by linear interpolation; 0 beyond the edge."""
    image, boxes = np.pad(_canvas(image), 1), checked_boxes(boxes)
    middle, half = (boxes[:, :2] + boxes[:, 2:]) / 2, CONTEXT * (boxes[:, 2:] - boxes[:, :2]) / 2
    step = (2 * np.arange(SIDE) + 1) / SIDE - 1
    places = middle[:, :, None] + half[:, :, None] * step + 0.5  # of pixels' middles, in the padded canvas
    places = np.clip(places, 0, SIZE + 1)
    low = np.minimum(places.astype(int), SIZE)
    share = places - low
    (x, y), (fx, fy) = low.swapaxes(0, 1), share.swapaxes(0, 1)
    rows, fy = y[:, :, None], fy[:, :, None]
    upper = image[rows, x[:, None]] * (1 - fx[:, None]) + image[rows, x[:, None] + 1] * fx[:, None]
    lower = image[rows + 1, x[:, None]] * (1 - fx[:, None]) + image[rows + 1, x[:, None] + 1] * fx[:, None]
    return (upper * (1 - fy) + lower * fy)[:, None]


def region_targets(proposals, boxes, labels, least: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """Return what the network should say of each proposal (n, 4): its class (n,), 10 for nothing, and the code of its box (n, 4), 0 for nothing.

    boxes : (m, 4) and labels : (m,), what there is, at least one. A proposal belongs to the box with which it has the largest IoU, if that is
    at least `least`. Equation: eq-box-code
    """
    proposals, boxes = checked_boxes(proposals, "proposals"), checked_boxes(boxes)
    labels = validate.indices(labels, "labels", size=CLASSES, of="classes")
    least = validate.number(least, "least", low=0, high=1)
    if len(labels) != len(boxes):
        raise ValueError(f"there are {len(boxes)} boxes but {len(labels)} labels")
    if not len(proposals):
        return np.zeros(0, dtype=np.int64), np.zeros((0, 4))
    overlap = iou(proposals, boxes)
    of, good = overlap.argmax(axis=1), overlap.max(axis=1) >= least
    kinds, code = np.full(len(proposals), CLASSES), np.zeros((len(proposals), 4))
    kinds[good] = labels[of[good]]
    if good.any():
        code[good] = encode(boxes[of[good]], proposals[good])
    return kinds, code


class RegionDetector:
    """The trained network, in numpy: two convolutions of 5 × 5 with pooling, two dense layers; 10 digits, nothing, and four numbers of a box.

    weights : as in SHAPES_OF_WEIGHTS. Raises ValueError where shapes do not fit.
    """

    def __init__(self, weights: Mapping[str, np.ndarray]):
        if sorted(weights) != sorted(SHAPES_OF_WEIGHTS):
            raise ValueError(f"weights must be {', '.join(SHAPES_OF_WEIGHTS)}, but are {', '.join(sorted(weights))}")
        self.weights = {name: validate.array(weights[name], name) for name in SHAPES_OF_WEIGHTS}
        for name, shape in SHAPES_OF_WEIGHTS.items():
            if self.weights[name].shape != shape:
                raise ValueError(f"{name} must have the shape {shape}, but has {self.weights[name].shape}")

    def __call__(self, regions) -> np.ndarray:
        """Return the numbers (n, 15) of regions (n, 1, 28, 28): scores of the ten digits and of nothing, and the code of the box."""
        x, w = validate.array(regions, "regions", 4), self.weights
        if x.shape[1:] != (1, SIDE, SIDE):
            raise ValueError(f"regions must have the shape (n, 1, {SIDE}, {SIDE}), but has {x.shape}")
        out = []
        for part in np.array_split(x, -(-len(x) // 64)):
            for i in (0, 1):
                part = halved(np.maximum(conv2d(part, w[f"conv{i}.W"], w[f"conv{i}.b"]), 0))
            h = np.maximum(part.reshape(len(part), -1) @ w["dense0.W"] + w["dense0.b"], 0)
            out.append(h @ w["dense1.W"] + w["dense1.b"])
        return np.concatenate(out)

    @staticmethod
    def multiplications() -> int:
        """Return how many multiplications one region takes, in the network alone."""
        size = {name: int(np.prod(shape)) for name, shape in SHAPES_OF_WEIGHTS.items()}
        return 24**2 * size["conv0.W"] + 8**2 * size["conv1.W"] + size["dense0.W"] + size["dense1.W"]

    def detect(self, image, proposals, least: float = 0.05, most: float = 0.45) -> Found:
        """Return what is found in the proposals (n, 4) on a canvas (64, 64), doubles removed, highest score first."""
        proposals = checked_boxes(proposals, "proposals")
        if not len(proposals):
            return Found([], [], [])
        said = self(crops(image, proposals))
        P = softmax(said[:, : CLASSES + 1])
        best = P[:, :CLASSES].argmax(axis=1)
        score = P[np.arange(len(P)), best]
        code = np.concatenate([said[:, -4:-2], said[:, -2:].clip(-1, 1)], axis=1)
        boxes = decode(code, proposals)
        keep = score >= validate.number(least, "least", low=0, high=1)
        return without_doubles(Found(boxes[keep], score[keep], best[keep]), most)


def _canvas(image) -> np.ndarray:
    image = validate.array(image, "image", 2)
    if image.shape != (SIZE, SIZE):
        raise ValueError(f"image must be a canvas of {SIZE} × {SIZE}, but has shape {image.shape}")
    return image
