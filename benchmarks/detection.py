"""Detection: seconds a canvas of the detectors, and COCO's tables beside pycocotools."""

from __future__ import annotations

import contextlib
import io
import time

import numpy as np
import torch
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from benchmarks.bench import alternate, table, write
from lib.convnets.canvases import draw_canvases
from lib.convnets.detection import average_precision as ap
from lib.convnets.detection import grid, regions, training
from lib.convnets.detection.boxes import to_sizes
from lib.convnets.digits import train_and_test

CANVASES = 20


def detectors() -> list[list[str]]:
    """Return rows for one canvas through each detector, in numpy, doubles removed; the detectors are trained for a while."""
    source, _ = train_and_test()
    images = draw_canvases(source, CANVASES, np.random.default_rng(0)).images
    one_pass = grid.GridDetector(training.train_grid(source, 120, seed=0, width=12))
    parts = regions.RegionDetector(training.train_regions(source, 400, seed=0, kind="windows", canvases=150))
    windows = regions.windows()
    candidates = {
        "grid": lambda: [one_pass.detect(image[None]) for image in images],
        "components": lambda: [parts.detect(image[0], regions.components(image[0])) for image in images],
        "windows": lambda: [parts.detect(image[0], windows) for image in images],
    }
    rows = alternate(candidates, "grid", 5, time.process_time)
    return [[row.name, f"{1e3 * row.seconds / CANVASES:.2f}", _ratio(row)] for row in rows]


def tables(count: int) -> list[list[str]]:
    """Return rows for COCO's tables of `count` images with 4 things and 12 detections each, of 3 classes."""
    rng = np.random.default_rng(0)
    found, truth = [], []
    for _ in range(count):
        corner = rng.uniform(0, 200, (4, 2))
        there = np.concatenate([corner, corner + rng.uniform(10, 150, (4, 2))], axis=1)
        labels = rng.integers(0, 3, 4)
        truth.append(ap.Truth(there, labels))
        boxes = np.repeat(there, 3, axis=0) + rng.normal(0, 4, (12, 4))
        boxes[:, 2:] = np.maximum(boxes[:, 2:], boxes[:, :2])
        found.append(ap.Found(boxes, rng.random(12), np.repeat(labels, 3)))
    annotations, results = [], []
    for i, (f, t) in enumerate(zip(found, truth, strict=True)):
        for box, label in zip(to_sizes(t.boxes).tolist(), t.labels.tolist(), strict=True):
            annotations.append(
                dict(id=len(annotations) + 1, image_id=i, category_id=label, bbox=box, area=box[2] * box[3], iscrowd=0)
            )
        for box, label, score in zip(to_sizes(f.boxes).tolist(), f.labels.tolist(), f.scores.tolist(), strict=True):
            results.append(dict(image_id=i, category_id=label, bbox=box, score=score))
    images, kinds = [dict(id=i) for i in range(count)], [dict(id=k) for k in range(3)]

    def theirs():
        with contextlib.redirect_stdout(io.StringIO()):
            known = COCO()
            known.dataset = dict(images=images, categories=kinds, annotations=annotations, info={})
            known.createIndex()
            judge = COCOeval(known, known.loadRes(results), "bbox")
            judge.evaluate()
            judge.accumulate()
        return judge.eval["precision"]

    assert np.abs(ap.evaluate(found, truth).precision - theirs()).max() < 1e-9
    candidates = {"ours": lambda: ap.evaluate(found, truth), "pycocotools": theirs}
    rows = alternate(candidates, "pycocotools", 3, time.process_time)
    return [[f"{row.name}, {count} images", f"{row.seconds:.2f}", _ratio(row)] for row in rows]


def _ratio(row) -> str:
    return f"{row.ratio:.2f} [{row.low:.2f}, {row.high:.2f}]"


def main() -> None:
    """Write benchmarks/results/detection.md."""
    torch.set_num_threads(1)
    write(
        "detection",
        "\n\n".join(
            [
                "## Detection\n\nThe candidates take turns; a ratio is taken inside a round, and the median over rounds is given. Processor time of one thread.",
                "### A canvas\n\n64 × 64 pixels, one at a time, in numpy: the network, the boxes, and the doubles removed.\n\n"
                + table(["detector", "ms", "time / grid's [range]"], detectors()),
                "### COCO's tables\n\n4 things and 12 detections an image, 3 classes: 10 thresholds, 4 ranges of areas, 3 numbers of detections.\n\n"
                + table(
                    ["tables", "s", "time / pycocotools' [range]"], [row for n in (20, 100, 500) for row in tables(n)]
                ),
            ]
        ),
    )
