"""Boxes with sides along the axes: x₀, y₀, x₁, y₁ in pixels, from edge to edge, so that x₁ − x₀ is the width."""

from __future__ import annotations

import numpy as np

from lib.book import validate


def checked_boxes(boxes, name: str = "boxes") -> np.ndarray:
    """Return boxes (n, 4) as float64, n from 0 on, or raise ValueError where x₁ < x₀ or y₁ < y₀."""
    boxes = validate.array(boxes, name, allow_empty=True, within=validate.SAFE)
    if boxes.size == 0 and boxes.ndim in (1, 2):
        return boxes.reshape(0, 4)
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(f"{name} must have the shape (n, 4): x₀, y₀, x₁, y₁; but has {boxes.shape}")
    if (boxes[:, 2:] < boxes[:, :2]).any():
        bad = int(np.flatnonzero((boxes[:, 2:] < boxes[:, :2]).any(axis=1))[0])
        raise ValueError(f"{name}[{bad}] has x₁ < x₀ or y₁ < y₀: is it x, y, width, height? Then use to_corners")
    return boxes


def to_corners(boxes) -> np.ndarray:
    """Return boxes x, y, width, height (n, 4) as x₀, y₀, x₁, y₁."""
    boxes = validate.array(boxes, "boxes", 2)
    if boxes.shape[1] != 4 or (boxes[:, 2:] < 0).any():
        raise ValueError("boxes must have the shape (n, 4): x, y, width, height, neither side negative")
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)


def to_sizes(boxes) -> np.ndarray:
    """Return boxes x₀, y₀, x₁, y₁ (n, 4) as x, y, width, height."""
    boxes = checked_boxes(boxes)
    return np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)


def area(boxes) -> np.ndarray:
    """Return the areas (n,) of boxes (n, 4)."""
    boxes = checked_boxes(boxes)
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def intersection(a, b) -> np.ndarray:
    """Return the area that each of the boxes a (n, 4) shares with each of b (m, 4): (n, m). Equation: eq-intersection"""
    a, b = checked_boxes(a, "a")[:, None], checked_boxes(b, "b")[None]
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    return np.prod(np.maximum(sides, 0), axis=-1)


def iou(a, b) -> np.ndarray:
    """Return the intersection over union of each of the boxes a (n, 4) with each of b (m, 4): (n, m), 0 where both have no area.

    Equation: eq-iou
    """
    both = intersection(a, b)
    union = area(a)[:, None] + area(b)[None] - both
    return _ratio(both, union)


def intersection_over_first(a, b) -> np.ndarray:
    """Return which share of each box of a (n, 4) lies in each of b (m, 4): (n, m), 0 where it has no area. For crowds (COCO)."""
    return _ratio(intersection(a, b), np.broadcast_to(area(a)[:, None], (len(area(a)), len(area(b)))))


def giou(a, b) -> np.ndarray:
    """Return the generalised IoU (n, m) of boxes: IoU minus the share of the smallest box around both that neither covers.

    Source: H. Rezatofighi and others, CVPR 2019. Equation: eq-giou
    """
    a, b = checked_boxes(a, "a"), checked_boxes(b, "b")
    both = intersection(a, b)
    union = area(a)[:, None] + area(b)[None] - both
    around = np.maximum(a[:, None, 2:], b[None, :, 2:]) - np.minimum(a[:, None, :2], b[None, :, :2])
    whole = np.prod(around, axis=-1)
    return _ratio(both, union) - _ratio(whole - union, whole)


def nms(boxes, scores, most: float, labels=None) -> np.ndarray:
    """Return the rows that non-maximum suppression keeps, highest score first (of equal ones the earlier).

    boxes : (n, 4);  scores : (n,);  most : a box goes where its IoU with a kept one is larger;  labels : (n,) where only boxes of one class
    may suppress each other
    """
    boxes, scores = _scored(boxes, scores)
    most = validate.number(most, "most", low=0, high=1)
    if not len(boxes):
        return np.zeros(0, dtype=int)
    clash = iou(boxes, boxes) > most
    if labels is not None:
        labels = validate.indices(labels, "labels")
        if len(labels) != len(boxes):
            raise ValueError(f"there are {len(boxes)} boxes but {len(labels)} labels")
        clash &= labels[:, None] == labels[None]
    left = np.ones(len(boxes), dtype=bool)
    keep = []
    for i in np.argsort(-scores, kind="stable"):
        if left[i]:
            keep.append(i)
            left &= ~clash[i]
    return np.array(keep, dtype=int)


def soft_nms(boxes, scores, sigma: float = 0.5) -> np.ndarray:
    """Return the scores (n,) that soft suppression leaves: each kept box multiplies the others' by exp(−IoU²/σ).

    Source: N. Bodla and others, ICCV 2017. Equation: eq-soft-nms
    """
    boxes, scores = _scored(boxes, scores)
    sigma = validate.number(sigma, "sigma", low=0, open_low=True)
    scores = scores.copy()
    if not len(scores):
        return scores
    overlap = iou(boxes, boxes)
    left = list(range(len(scores)))
    while left:
        best = max(left, key=lambda i: scores[i])
        left.remove(best)
        scores[left] *= np.exp(-(overlap[best, left] ** 2) / sigma)
    return scores


def encode(boxes, proposals) -> np.ndarray:
    """Return the four numbers (n, 4) that lead from each proposal (n, 4) to its box (n, 4): Δx, Δy, Δw, Δh. Equation: eq-box-code

    Raises ValueError where one has no area.
    """
    boxes, proposals = _paired(boxes, proposals)
    sides, mine = boxes[:, 2:] - boxes[:, :2], proposals[:, 2:] - proposals[:, :2]
    if (sides <= 0).any():
        raise ValueError("a box without area has no logarithm of its sides")
    shift = (boxes[:, 2:] + boxes[:, :2] - proposals[:, 2:] - proposals[:, :2]) / 2
    return np.concatenate([shift / mine, np.log(sides / mine)], axis=1)


def decode(code, proposals) -> np.ndarray:
    """Return the boxes (n, 4) to which four numbers each (n, 4) lead from proposals (n, 4). Equation: eq-box-code"""
    code = validate.array(code, "code", 2)
    proposals, _ = _paired(proposals, proposals)
    if code.shape != proposals.shape:
        raise ValueError(f"code has shape {code.shape}, but proposals {proposals.shape}")
    if np.abs(code[:, 2:]).max() > 30:
        raise ValueError(f"a side changes by the factor e^{np.abs(code[:, 2:]).max():.3g}: that is no box")
    sides = proposals[:, 2:] - proposals[:, :2]
    middle = (proposals[:, :2] + proposals[:, 2:]) / 2 + code[:, :2] * sides
    half = sides * np.exp(code[:, 2:]) / 2
    return np.concatenate([middle - half, middle + half], axis=1)


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _scored(boxes, scores) -> tuple[np.ndarray, np.ndarray]:
    boxes = checked_boxes(boxes)
    scores = validate.array(scores, "scores", 1, allow_empty=True)
    if len(scores) != len(boxes):
        raise ValueError(f"there are {len(boxes)} boxes but {len(scores)} scores")
    return boxes, scores


def _paired(boxes, proposals) -> tuple[np.ndarray, np.ndarray]:
    boxes, proposals = checked_boxes(boxes), checked_boxes(proposals, "proposals")
    if len(boxes) != len(proposals):
        raise ValueError(f"there are {len(boxes)} boxes but {len(proposals)} proposals")
    if (proposals[:, 2:] <= proposals[:, :2]).any():
        raise ValueError("every proposal needs an area")
    return boxes, proposals
