"""What a mask is worth beside another: Dice, Jaccard, soft Dice with its slopes, and the things that a mask's pieces find."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from lib.book import validate

SMALLEST = 12  # pixels: smaller pieces of a mask are not counted as things
EVERY_SIDE = np.ones((3, 3))  # pixels that touch at a corner belong to one piece


def dice(said, true, empty: float = 1.0) -> float:
    """Return 2 · (pixels in both) / (pixels of one + pixels of the other), or `empty` where neither mask has a pixel.

    said, true : masks of one shape, of 0 and 1. Equation: eq-dice
    """
    both, a, b = _counts(said, true)
    return 2 * both / (a + b) if a + b else validate.number(empty, "empty", low=0, high=1)


def jaccard(said, true, empty: float = 1.0) -> float:
    """Return (pixels in both) / (pixels in either), or `empty` where neither mask has a pixel. Equation: eq-jaccard"""
    both, a, b = _counts(said, true)
    return both / (a + b - both) if a + b else validate.number(empty, "empty", low=0, high=1)


def mean_dice(said, true, empty: float = 1.0) -> float:
    """Return the mean of the images' own Dice; said, true : (N, …), of 0 and 1, one mask a row."""
    said, true = _masks(said, true)
    if said.ndim < 2 or not len(said):
        raise ValueError(f"masks must be (N, …), at least one, but have shape {said.shape}")
    return float(np.mean([dice(one, other, empty) for one, other in zip(said, true, strict=True)]))


def _masks(said, true) -> tuple[np.ndarray, np.ndarray]:
    said, true = (validate.array(m, name) for m, name in ((said, "said"), (true, "true")))
    if said.shape != true.shape:
        raise ValueError(f"two masks must have one shape, but have {said.shape} and {true.shape}")
    for mask, name in ((said, "said"), (true, "true")):
        if not np.isin(mask, (0, 1)).all():
            raise ValueError(f"{name} must be a mask of 0 and 1: probabilities and logits need a threshold first")
    return said, true


def _counts(said, true) -> tuple[float, float, float]:
    said, true = _masks(said, true)
    return float((said * true).sum()), float(said.sum()), float(true.sum())


# ------------------------------------------------------------------------------------------------------------- soft Dice
def soft_dice(p, true, smooth: float = 1.0) -> float:
    """Return Dice of probabilities: (2 Σ p t + ε) / (Σ p + Σ t + ε).

    p : from 0 to 1;  true : of 0 and 1, of p's shape;  smooth : ε, at least 0. Without ε two empty masks raise. Equation: eq-soft-dice
    """
    p, true, smooth = _soft(p, true, smooth)
    return float((2 * (p * true).sum() + smooth) / (p.sum() + true.sum() + smooth))


def soft_dice_gradient(p, true, smooth: float = 1.0) -> np.ndarray:
    """Return the slopes of `soft_dice` by each probability, in p's shape. Equation: eq-soft-dice-slope"""
    p, true, smooth = _soft(p, true, smooth)
    whole = p.sum() + true.sum() + smooth
    return (2 * true - (2 * (p * true).sum() + smooth) / whole) / whole


def _soft(p, true, smooth) -> tuple[np.ndarray, np.ndarray, float]:
    p, true = validate.array(p, "p"), validate.array(true, "true")
    smooth = validate.number(smooth, "smooth", low=0)
    if p.shape != true.shape:
        raise ValueError(f"p and true must have one shape, but have {p.shape} and {true.shape}")
    if (p < 0).any() or (p > 1).any():
        raise ValueError("p must be probabilities, from 0 to 1: logits go through a sigmoid first")
    if not np.isin(true, (0, 1)).all():
        raise ValueError("true must be a mask of 0 and 1")
    if p.sum() + true.sum() + smooth == 0:
        raise ValueError("soft Dice of two empty masks is 0/0: give a smooth above 0")
    return p, true, smooth


# ------------------------------------------------------------------------------------------------------------- instances
def pieces(mask, smallest: int = SMALLEST) -> list[np.ndarray]:
    """Return the connected pieces of a mask (H, W) with at least `smallest` pixels, each a mask; corners that touch connect."""
    mask = validate.array(mask, "mask", 2)
    smallest = validate.whole(smallest, "smallest", low=1)
    labels, count = ndimage.label(mask > 0, EVERY_SIDE)
    return [labels == k for k in range(1, count + 1) if (labels == k).sum() >= smallest]


def instance_counts(masks, instances, least: float = 0.5) -> tuple[int, int, int]:
    """Return (found, said, there): how many things of all images are met by a piece with a Jaccard above `least`, pieces, things.

    masks : (N, H, W) of 0 and 1;  instances : (N, H, W), 0 where nothing is, else the thing's number;  least : from 0.5 to 1. F1 is
    2 · found / (said + there). Above one half no piece meets two things, and no thing two pieces: each would need more than half of the other's pixels.
    """
    masks, instances = validate.array(masks, "masks", 3), validate.indices(instances, "instances", ndim=None)
    least = validate.number(least, "least", low=0.5, high=1)
    if masks.shape != instances.shape:
        raise ValueError(f"masks and instances must have one shape, but have {masks.shape} and {instances.shape}")
    found = said = there = 0
    for mask, numbers in zip(masks, instances, strict=True):
        made, true = pieces(mask), [numbers == k for k in np.unique(numbers) if k]
        said, there = said + len(made), there + len(true)
        found += sum(any(jaccard(piece, one) > least for piece in made) for one in true)
    return found, said, there
