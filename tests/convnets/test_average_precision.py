"""Average precision: one example by hand in three conventions, COCO's tables equal to pycocotools', and bad input."""

import contextlib
import io

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from sklearn.metrics import auc

from lib.convnets.detection import average_precision as ap
from lib.convnets.detection.boxes import iou, to_sizes

PATTERN = np.array([1, 1, 0, 1, 0, 0, 1, 0])


def curve(hits=PATTERN, truths=5):
    return ap.precision_recall(np.arange(len(hits), 0, -1.0), hits, truths)


@pytest.mark.equation("eq-ap-points")
@pytest.mark.equation("eq-ap-all")
def test_one_example_in_three_conventions():
    precision, recall = curve()
    assert np.allclose(precision, [1, 1, 2 / 3, 3 / 4, 3 / 5, 1 / 2, 4 / 7, 1 / 2])
    assert np.allclose(recall, [0.2, 0.4, 0.4, 0.6, 0.6, 0.6, 0.8, 0.8])
    assert ap.average_precision(precision, recall, "11") == pytest.approx((5 * 1 + 2 * 3 / 4 + 2 * 4 / 7) / 11)
    assert ap.average_precision(precision, recall, "all") == pytest.approx(0.4 + 0.2 * 3 / 4 + 0.2 * 4 / 7)
    assert ap.average_precision(precision, recall, "101") == pytest.approx((41 + 20 * 3 / 4 + 20 * 4 / 7) / 101)
    rounded = {c: round(ap.average_precision(precision, recall, c), 3) for c in ap.CONVENTIONS}
    assert rounded == {"11": 0.695, "all": 0.664, "101": 0.668}


@pytest.mark.equation("eq-envelope")
@pytest.mark.equation("eq-ap-all")
@pytest.mark.parametrize("seed", range(20))
def test_all_points_are_the_area_under_the_envelope(seed):
    rng = np.random.default_rng(seed)
    hits = rng.integers(2, size=15)
    precision, recall = curve(hits, int(hits.sum()) + 3)
    best = ap.envelope(precision)
    assert all(best[i] == max(precision[i:]) for i in range(15))
    steps = [(a, p) for a, b, p in zip(np.append(0, recall), recall, best, strict=False) if b > a]
    ends = np.append([s for s, _ in steps][1:], recall[-1])
    x = np.ravel([[s, e] for (s, _), e in zip(steps, ends, strict=True)])
    y = np.ravel([[p, p] for _, p in steps])
    if len(steps):
        assert ap.average_precision(precision, recall) == pytest.approx(auc(x, y))


@pytest.mark.equation("eq-precision-recall")
@pytest.mark.parametrize("seed", range(10))
def test_precision_and_recall_count(seed):
    rng = np.random.default_rng(seed)
    scores, hits = rng.permutation(12) / 12, rng.integers(2, size=12)
    precision, recall = ap.precision_recall(scores, hits, 20)
    for k, t in enumerate(sorted(scores, reverse=True)):
        said = scores >= t
        right = (hits[said] == 1).sum()
        assert precision[k] == pytest.approx(right / said.sum()) and recall[k] == pytest.approx(right / 20)


def test_duplicates_are_wrong_and_the_best_box_is_taken():
    truths = [[0, 0, 10, 10], [20, 0, 30, 10]]
    boxes = [[0, 0, 10, 9], [0, 0, 10, 10], [21, 0, 31, 10], [0, 30, 10, 40]]
    assert ap.match(boxes, [0.6, 0.9, 0.8, 0.7], truths).tolist() == [-1, 0, 1, -1]
    assert ap.match(boxes, [0.9, 0.6, 0.8, 0.7], truths).tolist() == [0, -1, 1, -1]
    assert ap.match(boxes[2:3], [0.8], truths, 0.95).tolist() == [-1]
    assert ap.match([], [], truths).tolist() == [] and ap.match(boxes, [1, 1, 1, 1], []).tolist() == [-1] * 4
    two = [[0, 0, 10, 10], [0, 0, 10, 8]]  # the second choice is left where the first is gone
    assert ap.match([[0, 0, 10, 10], [0, 0, 10, 10]], [0.9, 0.8], two).tolist() == [0, 1]


def test_kinds_of_error():
    truth = ap.Truth([[0, 0, 10, 10], [20, 0, 30, 10], [40, 0, 50, 10]], [1, 2, 3])
    boxes = [[0, 0, 10, 10], [0, 0, 10, 9], [20, 0, 30, 10], [45, 0, 55, 10], [60, 60, 70, 70]]
    kinds, missed = ap.kinds_of_error(ap.Found(boxes, [0.9, 0.8, 0.7, 0.6, 0.5], [1, 1, 5, 3, 3]), truth)
    assert kinds == ["right", "double", "confused", "misplaced", "invented"] and missed.tolist() == [2]
    assert ap.kinds_of_error(ap.Found([], [], []), truth)[1].tolist() == [0, 1, 2]
    kinds, missed = ap.kinds_of_error(ap.Found(boxes[:1], [1], [1]), ap.Truth([], []))
    assert kinds == ["invented"] and len(missed) == 0
    for seed in range(30):
        for found, truth in zip(*random_images(seed), strict=True):
            right = sum(
                (
                    ap.match(
                        found.boxes[found.labels == k], found.scores[found.labels == k], truth.boxes[truth.labels == k]
                    )
                    >= 0
                ).sum()
                for k in range(4)
            )
            assert ap.kinds_of_error(found, truth)[0].count("right") == right


# ------------------------------------------------------------------------------------------------------ pycocotools
def random_images(seed):
    """Return detections and truths of a few images: eighths of pixels, equal scores, crowds, all sizes, images without either."""
    rng = np.random.default_rng(seed)
    found, truth = [], []
    many = 130 if seed % 40 == 0 else 14
    for _ in range(rng.integers(1, 6)):
        m = int(rng.integers(0, 7))
        sides = np.round(8 * np.exp(rng.uniform(np.log(4), np.log(180), (m, 2)))) / 8
        corner = rng.integers(0, 1200, (m, 2)) / 8
        there = np.concatenate([corner, corner + sides], axis=1).reshape(-1, 4)
        labels = rng.integers(0, 3, m)
        truth.append(ap.Truth(there, labels, rng.random(m) < 0.2))
        n = int(rng.integers(0, many))
        if m and n:
            of = rng.integers(m, size=n)
            wobble = np.round(rng.normal(0, 0.12, (n, 4)) * np.tile(sides[of], 2) * 8) / 8
            boxes = there[of] + wobble * (rng.random(n) < 0.8)[:, None]
            boxes[:, 2:] = np.maximum(boxes[:, 2:], boxes[:, :2])
            kinds = np.where(rng.random(n) < 0.8, labels[of], rng.integers(0, 4, n))
        else:
            boxes, kinds = np.tile([0.0, 0, 30, 30], (n, 1)), rng.integers(0, 4, n)
        found.append(ap.Found(boxes, rng.integers(1, 17, n) / 16, kinds))
    return found, truth


def theirs(found, truth):
    """Return pycocotools' tables and its twelve numbers."""
    truths = COCO()
    annotations = []
    for i, one in enumerate(truth):
        for (x, y, w, h), label, crowd in zip(to_sizes(one.boxes), one.labels, one.crowd, strict=True):
            annotations.append(
                dict(id=len(annotations) + 1, image_id=i, category_id=int(label), bbox=[x, y, w, h], area=w * h,
                     iscrowd=int(crowd))
            )  # fmt: skip
    kinds = sorted({a["category_id"] for a in annotations})
    truths.dataset = dict(
        images=[dict(id=i) for i in range(len(truth))],
        categories=[dict(id=k) for k in kinds],
        annotations=annotations,
        info={},
    )
    results = [
        dict(image_id=i, category_id=int(label), bbox=[x, y, w, h], score=float(s))
        for i, one in enumerate(found)
        for (x, y, w, h), s, label in zip(to_sizes(one.boxes), one.scores, one.labels, strict=True)
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        truths.createIndex()
        answers = truths.loadRes(results) if results else COCO()
        if not results:
            answers.dataset = dict(images=truths.dataset["images"], categories=truths.dataset["categories"])
            answers.dataset["annotations"] = []
            answers.createIndex()
        judge = COCOeval(truths, answers, "bbox")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    return judge.eval["precision"], judge.eval["recall"], judge.stats


@pytest.mark.equation("eq-mean-ap")
@pytest.mark.parametrize("seed", range(200))
def test_tables_are_pycocotools(seed):
    found, truth = random_images(seed)
    if not sum(len(one) for one in truth):
        truth[0] = ap.Truth([[0, 0, 40, 40]], [1])
    ours = ap.evaluate(found, truth)
    precision, recall, stats = theirs(found, truth)
    assert ours.precision.shape == precision.shape and np.abs(ours.precision - precision).max() < 1e-12
    assert np.abs(ours.recall - recall).max() < 1e-12
    told = [ours.mean_ap(), ours.mean_ap(0.5), ours.mean_ap(0.75)]
    told += [ours.mean_ap(size=s) for s in ("small", "medium", "large")]
    told += [ours.mean_recall(most=m) for m in (1, 10, 100)]
    told += [ours.mean_recall(size=s) for s in ("small", "medium", "large")]
    assert np.abs(np.array(told) - stats).max() < 1e-12


def test_the_cases_reach_every_branch():
    """Crowds, all sizes, images without detections, more than 100 of them, and equal scores do occur above."""
    images = [random_images(seed) for seed in range(200)]
    found, truth = [f for fs, _ in images for f in fs], [t for _, ts in images for t in ts]
    areas = np.concatenate([np.prod(to_sizes(t.boxes)[:, 2:], axis=1) for t in truth])
    assert sum(t.crowd.sum() for t in truth) > 100 and min(np.histogram(areas, [0, 1024, 9216, 1e9])[0]) > 100
    assert any(len(f) == 0 < len(t) for f, t in zip(found, truth, strict=True))
    assert any(len(t) == 0 < len(f) for f, t in zip(found, truth, strict=True))
    assert any(np.bincount(f.labels).max(initial=0) > 10 for f in found)
    assert any(len(set(f.scores.tolist())) < len(f) for f in found)


def test_a_plain_route_to_mean_ap():
    """One class, no crowds: evaluate at 0.5 is match, precision_recall, average_precision over all images."""
    rng = np.random.default_rng(5)
    found, truth, scores, hits = [], [], [], []
    for _ in range(6):
        corner = rng.uniform(0, 60, (4, 2))
        there = np.concatenate([corner, corner + rng.uniform(12, 30, (4, 2))], axis=1)
        boxes = np.repeat(there, 2, axis=0) + rng.normal(0, 2, (8, 4))
        one = ap.Found(boxes, rng.random(8), np.zeros(8, int))
        found.append(one)
        truth.append(ap.Truth(there, np.zeros(4, int)))
        scores.append(one.scores)
        hits.append(ap.match(one.boxes, one.scores, there) >= 0)
    precision, recall = ap.precision_recall(np.concatenate(scores), np.concatenate(hits), 24)
    want = ap.average_precision(precision, recall, "101")
    assert ap.evaluate(found, truth).mean_ap(0.5) == pytest.approx(want, abs=1e-12)
    assert iou(truth[0].boxes, truth[0].boxes)[0, 0] == 1


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda: ap.Found([[0, 0, 1, 1]], [0.5, 0.5], [1]), ValueError),
        (lambda: ap.Found([[0, 0, 1, 1]], [0.5], [-1]), ValueError),
        (lambda: ap.Found([[0, 0, 1, 1]], [0.5], [0.5]), TypeError),
        (lambda: ap.Truth([[0, 0, 1, 1]], [1, 2]), ValueError),
        (lambda: ap.evaluate([], []), ValueError),
        (lambda: ap.evaluate([ap.Found([], [], [])], [3]), TypeError),
        (lambda: ap.match([[0, 0, 1, 1]], [0.5, 0.5], []), ValueError),
        (lambda: ap.match([[0, 0, 1, 1]], [0.5], [], 1.5), ValueError),
        (lambda: ap.precision_recall([0.5], [1], 0), ValueError),
        (lambda: ap.precision_recall([0.5, 0.4], [1, 1], 1), ValueError),
        (lambda: ap.precision_recall([0.5], [0.5], 1), ValueError),
        (lambda: ap.average_precision([1, 1], [0.5, 0.2]), ValueError),
        (lambda: ap.average_precision([1], [0.5], "12"), ValueError),
        (lambda: ap.average_precision([1], [0.5, 0.6]), ValueError),
    ],
)
def test_bad_input(call, kind):
    with pytest.raises(kind):
        call()
