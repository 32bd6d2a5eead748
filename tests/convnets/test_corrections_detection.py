"""The corrections to the sources' passage on detection: what it says failing, what is right holding."""

import numpy as np

from lib.convnets.detection import average_precision as ap
from lib.convnets.detection.boxes import iou


def test_precision_and_recall_are_counted_after_a_matching():
    """Ten boxes on one of two things: by IoU alone precision is 1 and the recall 5, after matching 1/10 and 1/2."""
    truths = np.array([[0.0, 0, 10, 10], [30, 0, 40, 10]])
    boxes = np.tile(truths[0], (10, 1)) + np.linspace(0, 0.5, 10)[:, None]
    by_iou = (iou(boxes, truths) >= 0.5).any(axis=1)
    assert by_iou.sum() / len(boxes) == 1 and by_iou.sum() / len(truths) == 5
    hits = ap.match(boxes, np.linspace(1, 0.5, 10), truths) >= 0
    precision, recall = ap.precision_recall(np.linspace(1, 0.5, 10), hits, len(truths))
    assert precision[-1] == 0.1 and recall[-1] == 0.5


def test_a_wrong_class_is_a_false_positive_and_a_truth_may_still_be_found():
    """Two boxes on one 3, named 8 and 3: one is wrong, and nothing is missed."""
    box = [[0.0, 0, 10, 10]]
    found, truth = ap.Found(box * 2, [0.9, 0.8], [8, 3]), ap.Truth(box, [3])
    assert ap.kinds_of_error(found, truth)[0] == ["confused", "right"]
    three, eight = (found.rows(np.flatnonzero(found.labels == k)) for k in (3, 8))
    assert (ap.match(three.boxes, three.scores, truth.boxes) >= 0).all()  # no false negative
    nothing = truth.boxes[truth.labels == 8]
    assert (ap.match(eight.boxes, eight.scores, nothing) < 0).all()  # a false positive
