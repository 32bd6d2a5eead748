"""Boxes: laws of IoU and of suppression, pycocotools' IoU, round trips, and bad input."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco

from lib.convnets.detection import boxes as bx

side = st.integers(1, 80)
corner = st.integers(-40, 40)
one_box = st.builds(lambda x, y, w, h: [x / 8, y / 8, (x + w) / 8, (y + h) / 8], corner, corner, side, side)
some_boxes = st.lists(one_box, min_size=1, max_size=8)


@pytest.mark.equation("eq-iou")
@pytest.mark.equation("eq-intersection")
@settings(max_examples=150, deadline=None)
@given(a=some_boxes, b=some_boxes)
def test_iou_is_pycocotools_and_counts_squares(a, b):
    theirs = coco.iou(bx.to_sizes(a), bx.to_sizes(b), [0] * len(b))
    assert np.abs(bx.iou(a, b) - theirs).max() < 1e-12
    crowds = coco.iou(bx.to_sizes(a), bx.to_sizes(b), [1] * len(b))
    assert np.abs(bx.intersection_over_first(a, b) - crowds).max() < 1e-12
    # an independent route: the squares of a fine grid that lie in one, and in both
    (x0, y0, x1, y1), (p0, q0, p1, q1) = (np.array(8 * np.array(v[0]), int) for v in (a, b))
    cells = [{(i, j) for i in range(r, t) for j in range(s, u)} for r, s, t, u in ((x0, y0, x1, y1), (p0, q0, p1, q1))]
    assert bx.intersection(a[:1], b[:1])[0, 0] == len(cells[0] & cells[1]) / 64
    assert abs(bx.iou(a[:1], b[:1])[0, 0] - len(cells[0] & cells[1]) / len(cells[0] | cells[1])) < 1e-12


@settings(max_examples=100, deadline=None)
@given(a=some_boxes, b=some_boxes, scale=st.integers(1, 5), shift=st.integers(-9, 9))
def test_laws_of_iou(a, b, scale, shift):
    one = bx.iou(a, b)
    assert (one >= 0).all() and (one <= 1).all()
    assert np.array_equal(one, bx.iou(b, a).T)
    assert np.allclose(one, bx.iou(scale * np.array(a) + shift, scale * np.array(b) + shift), atol=1e-12)
    assert np.allclose(np.diag(bx.iou(a, a)), 1)


@pytest.mark.equation("eq-giou")
@settings(max_examples=100, deadline=None)
@given(a=some_boxes, b=some_boxes)
def test_giou_lies_below_iou_and_knows_how_far(a, b):
    g, plain = bx.giou(a, b), bx.iou(a, b)
    assert (g <= plain + 1e-12).all() and (g > -1).all()
    assert np.allclose(np.diag(bx.giou(a, a)), 1)
    x0, y0 = np.minimum(a[0][0], b[0][0]), np.minimum(a[0][1], b[0][1])
    x1, y1 = np.maximum(a[0][2], b[0][2]), np.maximum(a[0][3], b[0][3])
    around = (x1 - x0) * (y1 - y0)
    both = bx.intersection(a[:1], b[:1])[0, 0]
    union = bx.area(a[:1])[0] + bx.area(b[:1])[0] - both
    assert abs(g[0, 0] - (plain[0, 0] - (around - union) / around)) < 1e-12


def test_giou_of_boxes_that_do_not_meet_falls_with_the_distance():
    far = [bx.giou([[0, 0, 1, 1]], [[d, 0, d + 1, 1]])[0, 0] for d in (1, 2, 5, 50)]
    assert far[0] == 0 and all(a > b for a, b in pairwise(far)) and far[-1] < -0.9


def plain_nms(boxes, scores, most, labels=None):
    """Another route: a list that is taken from the front."""
    left = sorted(range(len(scores)), key=lambda i: (-scores[i], i))
    kept = []
    while left:
        i = left.pop(0)
        kept.append(i)
        left = [
            j for j in left
            if (labels is not None and labels[i] != labels[j]) or bx.iou([boxes[i]], [boxes[j]])[0, 0] <= most
        ]  # fmt: skip
    return kept


@settings(max_examples=150, deadline=None)
@given(data=st.data(), boxes=some_boxes, most=st.integers(0, 10))
def test_nms(data, boxes, most):
    n = len(boxes)
    scores = np.array(data.draw(st.lists(st.integers(0, 8), min_size=n, max_size=n))) / 8
    labels = np.array(data.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n)))
    for kinds in (None, labels):
        kept = bx.nms(boxes, scores, most / 10, kinds)
        assert kept.tolist() == plain_nms(boxes, scores, most / 10, kinds)
        assert bx.nms(np.array(boxes)[kept], scores[kept], most / 10, None if kinds is None else kinds[kept]).tolist() \
            == list(range(len(kept)))  # fmt: skip
    shifted = np.array(boxes) + 1000 * labels[:, None]  # the usual trick: classes far apart
    assert bx.nms(shifted, scores, most / 10).tolist() == bx.nms(boxes, scores, most / 10, labels).tolist()


@pytest.mark.equation("eq-soft-nms")
def test_soft_nms():
    boxes, scores = [[0, 0, 10, 10], [0, 0, 10, 5], [20, 20, 30, 30]], np.array([0.9, 0.8, 0.7])
    got = bx.soft_nms(boxes, scores, 0.5)
    assert np.allclose(got, [0.9, 0.8 * np.exp(-(0.5**2) / 0.5), 0.7])
    assert np.array_equal(scores, [0.9, 0.8, 0.7])
    assert np.allclose(bx.soft_nms(boxes[::-1], scores[::-1], 0.5), got[::-1])
    rng = np.random.default_rng(0)
    start = rng.uniform(0, 30, (12, 2))
    many = np.concatenate([start, start + rng.uniform(5, 20, (12, 2))], axis=1)
    scores = rng.uniform(size=12)
    soft = bx.soft_nms(many, scores, 1e-9)  # a narrow one leaves those that meet no better one
    alone = [i for i in range(12) if (bx.iou(many, many)[i, scores > scores[i]] == 0).all()]
    assert set(alone) <= set(np.flatnonzero(soft == scores))


@pytest.mark.equation("eq-box-code")
@settings(max_examples=100, deadline=None)
@given(a=some_boxes, b=some_boxes, scale=st.integers(1, 9))
def test_a_box_comes_back_from_its_code(a, b, scale):
    n = min(len(a), len(b))
    boxes, proposals = np.array(a[:n]), np.array(b[:n])
    code = bx.encode(boxes, proposals)
    assert np.allclose(bx.decode(code, proposals), boxes, atol=1e-9)
    assert np.allclose(code, bx.encode(scale * boxes - 3, scale * proposals - 3), atol=1e-9)  # no unit of length in it
    (x, y, w, h), (p, q, r, s) = bx.to_sizes(boxes[:1])[0], bx.to_sizes(proposals[:1])[0]
    by_hand = [(x + w / 2 - p - r / 2) / r, (y + h / 2 - q - s / 2) / s, np.log(w / r), np.log(h / s)]
    assert np.allclose(code[0], by_hand)


def test_corners_and_sizes():
    assert bx.to_corners([[2, 3, 4, 5]]).tolist() == [[2, 3, 6, 8]]
    assert bx.to_sizes([[2, 3, 6, 8]]).tolist() == [[2, 3, 4, 5]]


def test_no_boxes_are_boxes():
    assert bx.iou(np.zeros((0, 4)), [[0, 0, 1, 1]]).shape == (0, 1)
    assert bx.nms([], [], 0.5).tolist() == [] and bx.soft_nms([], []).tolist() == []
    assert bx.iou([[0, 0, 0, 0]], [[0, 0, 0, 0]])[0, 0] == 0


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda: bx.iou([[3, 3, 1, 5]], [[0, 0, 1, 1]]), ValueError),
        (lambda: bx.iou([[0, 0, 1]], [[0, 0, 1, 1]]), ValueError),
        (lambda: bx.iou([[0, 0, np.nan, 1]], [[0, 0, 1, 1]]), ValueError),
        (lambda: bx.to_corners([[0, 0, -1, 1]]), ValueError),
        (lambda: bx.nms([[0, 0, 1, 1]], [0.5, 0.4], 0.5), ValueError),
        (lambda: bx.nms([[0, 0, 1, 1]], [0.5], 1.5), ValueError),
        (lambda: bx.nms([[0, 0, 1, 1]], [0.5], 0.5, [0.5]), TypeError),
        (lambda: bx.nms([[0, 0, 1, 1]], [0.5], 0.5, [1, 2]), ValueError),
        (lambda: bx.soft_nms([[0, 0, 1, 1]], [0.5], 0.0), ValueError),
        (lambda: bx.encode([[0, 0, 0, 1]], [[0, 0, 1, 1]]), ValueError),
        (lambda: bx.encode([[0, 0, 1, 1]], [[0, 0, 0, 1]]), ValueError),
        (lambda: bx.decode([[0, 0, 99, 1]], [[0, 0, 1, 1]]), ValueError),
        (lambda: bx.decode([[0, 0, 1]], [[0, 0, 1, 1]]), ValueError),
    ],
)
def test_bad_input(call, kind):
    with pytest.raises(kind):
        call()
