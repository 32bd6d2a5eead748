"""What a detector's answers are worth: matching, precision and recall, average precision in three conventions, and COCO's table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lib.book import validate
from lib.convnets.detection.boxes import area, checked_boxes, intersection_over_first, iou

CONVENTIONS = ("11", "all", "101")
THRESHOLDS = np.linspace(0.5, 0.95, 10)  # of the intersection over union, in COCO
RECALLS = np.linspace(0, 1, 101)  # in COCO, whose 0.70 is a hair more than 70/100, and so it is here
AREAS = {"all": (0, 1e10), "small": (0, 32**2), "medium": (32**2, 96**2), "large": (96**2, 1e10)}  # pixels²
MOST = (1, 10, 100)  # detections of an image and class that count


@dataclass(frozen=True, eq=False)
class Found:
    """What a detector says of one image. boxes : (n, 4);  scores : (n,);  labels : (n,) whole numbers from 0 on."""

    boxes: np.ndarray
    scores: np.ndarray
    labels: np.ndarray

    def __post_init__(self):
        boxes, scores, labels = _columns(self.boxes, self.labels, self.scores)
        object.__setattr__(self, "boxes", boxes)
        object.__setattr__(self, "scores", scores)
        object.__setattr__(self, "labels", labels)

    def __len__(self) -> int:
        return len(self.scores)

    def rows(self, rows) -> Found:
        """Return these detections alone, in this order."""
        rows = _whole(rows, "rows", size=len(self), of="boxes")
        return Found(self.boxes[rows], self.scores[rows], self.labels[rows])


@dataclass(frozen=True, eq=False)
class Truth:
    """What there is on one image. boxes : (n, 4);  labels : (n,);  crowd : (n,) whether a box holds a crowd, which is neither right nor missed."""

    boxes: np.ndarray
    labels: np.ndarray
    crowd: np.ndarray | None = None

    def __post_init__(self):
        crowd = np.zeros(len(np.atleast_1d(self.labels))) if self.crowd is None else self.crowd
        boxes, crowd, labels = _columns(self.boxes, self.labels, crowd, "crowd")
        object.__setattr__(self, "boxes", boxes)
        object.__setattr__(self, "labels", labels)
        object.__setattr__(self, "crowd", crowd.astype(bool))

    def __len__(self) -> int:
        return len(self.labels)


def match(boxes, scores, truths, least: float = 0.5) -> np.ndarray:
    """Return which truth each detection gets, −1 where none: (n,).

    boxes : (n, 4), scores : (n,), what was found of one class on one image;  truths : (m, 4), what there is of it. The highest score chooses first:
    of the truths that nobody has, the one with the largest IoU, which must be at least `least`.
    """
    boxes, scores = checked_boxes(boxes), validate.array(scores, "scores", 1, allow_empty=True)
    truths, least = checked_boxes(truths, "truths"), validate.number(least, "least", low=0, high=1)
    if len(scores) != len(boxes):
        raise ValueError(f"there are {len(boxes)} boxes but {len(scores)} scores")
    overlap = iou(boxes, truths)
    out, free = np.full(len(boxes), -1), np.ones(len(truths), dtype=bool)
    for i in np.argsort(-scores, kind="stable"):
        open_to_it = np.flatnonzero(free & (overlap[i] >= least))
        if len(open_to_it):
            out[i] = open_to_it[overlap[i, open_to_it].argmax()]
            free[out[i]] = False
    return out


def precision_recall(scores, hits, truths: int) -> tuple[np.ndarray, np.ndarray]:
    """Return precision and recall (n,) after each detection, by falling score. Equation: eq-precision-recall

    scores : (n,), of all images together;  hits : (n,) whether each was matched;  truths : how many there were, found or not, at least 1
    """
    scores = validate.array(scores, "scores", 1, allow_empty=True)
    hits = validate.array(hits, "hits", 1, allow_empty=True)
    truths = validate.whole(truths, "truths", low=1)
    if len(hits) != len(scores) or not np.isin(hits, (0, 1)).all():
        raise ValueError("hits must be 0 or 1 for each score")
    if hits.sum() > truths:
        raise ValueError(f"{int(hits.sum())} hits of {truths} truths: a truth is found at most once")
    right = np.cumsum(hits[np.argsort(-scores, kind="stable")])
    return right / np.arange(1, len(hits) + 1), right / truths


def envelope(precision) -> np.ndarray:
    """Return for each place the highest precision from there on: at this recall or a larger one. Equation: eq-envelope"""
    precision = validate.array(precision, "precision", 1, allow_empty=True)
    return np.maximum.accumulate(precision[::-1])[::-1]


def average_precision(precision, recall, convention: str = "all") -> float:
    """Return the area under the curve of precision by recall, by one of three conventions. Equations: eq-ap-all, eq-ap-points

    precision, recall : (n,), as of `precision_recall`;  convention : "11" (VOC to 2009), "all" (VOC from 2010 on) or "101" (COCO)
    """
    precision = validate.array(precision, "precision", 1, allow_empty=True)
    recall = validate.array(recall, "recall", 1, allow_empty=True)
    if len(precision) != len(recall):
        raise ValueError(f"there are {len(precision)} precisions but {len(recall)} recalls")
    if (np.diff(recall) < 0).any() or (recall < 0).any() or (recall > 1).any():
        raise ValueError("recall must lie between 0 and 1 and never fall: sort by score first")
    if not isinstance(convention, str) or convention not in CONVENTIONS:
        raise ValueError(f"convention must be one of {', '.join(CONVENTIONS)}, but is {convention!r}")
    best = envelope(precision)
    if convention == "all":
        return float(np.sum(np.diff(recall, prepend=0.0) * best))
    return float(_at(best, recall, np.arange(11) / 10 if convention == "11" else RECALLS).mean())


def _at(best: np.ndarray, recall: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the envelope at the wanted recalls, 0 where none is reached."""
    return np.append(best, 0.0)[np.searchsorted(recall, wanted, side="left")]


def kinds_of_error(found: Found, truth: Truth, least: float = 0.5) -> tuple[list[str], np.ndarray]:
    """Return of each detection on an image what it is, and the rows of the truths that no detection lies on, whatever its class.

    A detection is "right" (matched within its class at `least`), "double" (on a truth of its class that another has), "confused" (on one of
    another class), "misplaced" (IoU from 0.1 on, but less than `least`), or "invented".
    """
    found, truth = validate.instance(found, Found, "found"), validate.instance(truth, Truth, "truth")
    least = validate.number(least, "least", low=0.1, high=1)
    overlap = iou(found.boxes, truth.boxes)
    kinds = np.full(len(found), "invented", dtype=object)
    kinds[(overlap >= 0.1).any(axis=1)] = "misplaced"
    kinds[(overlap >= least).any(axis=1)] = "confused"
    same = found.labels[:, None] == truth.labels[None]
    kinds[((overlap >= least) & same).any(axis=1)] = "double"
    for label in np.unique(found.labels):
        mine, there = np.flatnonzero(found.labels == label), truth.labels == label
        kinds[mine[match(found.boxes[mine], found.scores[mine], truth.boxes[there], least) >= 0]] = "right"
    return kinds.tolist(), np.flatnonzero(~(overlap >= least).any(axis=0))


# ------------------------------------------------------------------------------------------------------------- COCO's
@dataclass(frozen=True, eq=False)
class Evaluation:
    """COCO's tables; −1 where there is nothing to find.

    precision : (10, 101, K, 4, 3), by threshold of IoU, recall, class, range of areas, most detections;  recall : (10, K, 4, 3), the last one reached
    """

    precision: np.ndarray
    recall: np.ndarray

    def mean_ap(self, threshold: float | None = None, size: str = "all", most: int = 100) -> float:
        """Return the mean average precision over classes, and over thresholds of IoU where none is given; −1 where there is nothing."""
        return self._mean(self.precision, threshold, size, most)

    def mean_recall(self, threshold: float | None = None, size: str = "all", most: int = 100) -> float:
        """Return the mean of the last recalls, in the same way."""
        return self._mean(self.recall[:, None], threshold, size, most)

    def _mean(self, table, threshold, size, most) -> float:
        if not isinstance(size, str) or size not in AREAS:
            raise ValueError(f"size must be one of {', '.join(AREAS)}, but is {size!r}")
        if most not in MOST:
            raise ValueError(f"most must be one of {', '.join(map(str, MOST))}, but is {most!r}")
        part = table[..., list(AREAS).index(size), MOST.index(most)]
        if threshold is not None:
            threshold = validate.number(threshold, "threshold")
            near = np.flatnonzero(np.isclose(THRESHOLDS, threshold, rtol=0, atol=1e-9))
            if not len(near):
                raise ValueError(f"threshold must be one of 0.50, 0.55 … 0.95, but is {threshold:g}")
            part = part[near]
        return float(part[part > -1].mean()) if (part > -1).any() else -1.0


def evaluate(found: Sequence[Found], truth: Sequence[Truth]) -> Evaluation:
    """Return COCO's tables for the detections of each image and what there is on it, as pycocotools makes them.

    found, truth : one for each image, in the same order, at least one. Classes are those of the truths. Equation: eq-mean-ap
    """
    found = [validate.instance(one, Found, "each of found") for one in found]
    truth = [validate.instance(one, Truth, "each of truth") for one in truth]
    if not found or len(found) != len(truth):
        raise ValueError(f"there are detections of {len(found)} images and truths of {len(truth)}")
    classes = np.unique(np.concatenate([one.labels for one in truth]))
    shape = (len(classes), len(AREAS), len(MOST))
    precision, recall = -np.ones((len(THRESHOLDS), len(RECALLS), *shape)), -np.ones((len(THRESHOLDS), *shape))
    for k, label in enumerate(classes):
        images = [_of_class(f, t, label) for f, t in zip(found, truth, strict=True)]
        for a, (low, high) in enumerate(AREAS.values()):
            matched = [_match_image(*image, low, high) for image in images]
            for m, most in enumerate(MOST):
                curve = _accumulate(matched, most)
                if curve is not None:
                    precision[:, :, k, a, m], recall[:, k, a, m] = curve
    return Evaluation(precision, recall)


def _of_class(found: Found, truth: Truth, label: int):
    """Return an image's detections of a class, highest score first, and its truths, with what of each detection lies in each."""
    mine = np.flatnonzero(found.labels == label)
    mine = mine[np.argsort(-found.scores[mine], kind="stable")][: MOST[-1]]
    boxes, scores = found.boxes[mine], found.scores[mine]
    there = truth.labels == label
    truths, crowd = truth.boxes[there], truth.crowd[there]
    overlap = np.where(crowd, intersection_over_first(boxes, truths), iou(boxes, truths))
    return area(boxes), scores, area(truths), crowd, overlap


def _match_image(areas, scores, truth_areas, crowd, overlap, low: float, high: float):
    """Return the scores (n,), matched (10, n), ignored (10, n), and how many truths count, of one image for one range of areas.

    A truth is ignored where it is a crowd, or of another size: a detection that gets it counts neither as right nor as wrong, nor does one
    that gets none and is of another size itself. Truths that count are tried first; a crowd may be got more than once.
    """
    ignore = crowd | (truth_areas < low) | (truth_areas > high)
    order = np.argsort(ignore, kind="stable")
    overlap, crowd, ignore = overlap[:, order], crowd[order], ignore[order]
    matched, ignored = np.zeros((2, len(THRESHOLDS), len(scores)), dtype=bool)
    outside = (areas < low) | (areas > high)
    for t, threshold in enumerate(THRESHOLDS):
        taken = np.zeros(len(order), dtype=bool)
        for i in range(len(scores)):
            fits = (overlap[i] >= min(threshold, 1 - 1e-10)) & (crowd | ~taken)
            counting = fits & ~ignore
            among = np.flatnonzero(counting if counting.any() else fits)
            if len(among):
                best = overlap[i, among]
                g = among[len(best) - 1 - best[::-1].argmax()]  # of equal ones the last, as pycocotools does
                taken[g] = matched[t, i] = True
                ignored[t, i] = ignore[g]
        ignored[t] |= ~matched[t] & outside
    return scores, matched, ignored, int((~ignore).sum())


def _accumulate(images, most: int):
    """Return precision (10, 101) and the last recall (10,) of a class over all images, or None where nothing counts."""
    truths = sum(count for *_, count in images)
    if truths == 0:
        return None
    scores = np.concatenate([scores[:most] for scores, *_ in images])
    order = np.argsort(-scores, kind="stable")
    matched = np.concatenate([m[:, :most] for _, m, _, _ in images], axis=1)[:, order]
    counts = ~np.concatenate([i[:, :most] for *_, i, _ in images], axis=1)[:, order]
    precision, recall = np.zeros((len(THRESHOLDS), len(RECALLS))), np.zeros(len(THRESHOLDS))
    for t in range(len(THRESHOLDS)):
        hits = matched[t, counts[t]]
        curve, reached = precision_recall(scores[order][counts[t]], hits, truths)
        precision[t] = _at(envelope(curve), reached, RECALLS)
        recall[t] = reached[-1] if len(reached) else 0
    return precision, recall


def _columns(boxes, labels, other, name: str = "scores"):
    boxes = checked_boxes(boxes)
    other = validate.array(other, name, 1, allow_empty=True)
    labels = _whole(labels, "labels")
    if not len(boxes) == len(labels) == len(other):
        raise ValueError(f"there are {len(boxes)} boxes, {len(labels)} labels and {len(other)} {name}")
    if len(labels) and labels.min() < 0:
        raise ValueError(f"labels must be whole numbers from 0 on, but one is {labels.min()}")
    return boxes, other, labels


def _whole(value, name: str, **bounds) -> np.ndarray:
    """Return whole numbers as `validate.indices` does, or none."""
    none = validate.array(value, name, 1, allow_empty=True).size == 0
    return np.zeros(0, dtype=np.int64) if none else validate.indices(value, name, **bounds)
