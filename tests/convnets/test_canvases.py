"""Canvases: exact boxes and masks, the same for the same generator, and bad input."""

import numpy as np
import pytest

from lib.convnets import canvases
from lib.convnets.canvases import draw_canvases
from lib.convnets.detection.boxes import iou
from lib.convnets.digits import SIDE, Digits, enlarging, train_and_test


@pytest.fixture(scope="module")
def drawn():
    return draw_canvases(train_and_test()[0], 60, np.random.default_rng(0), noise=0.0)


def test_boxes_lie_around_ink_and_hardly_overlap(drawn):
    assert {len(b) for b in drawn.boxes} == {1, 2, 3, 4}
    for image, boxes, labels, instances in zip(
        drawn.images[:, 0], drawn.boxes, drawn.labels, drawn.instances, strict=True
    ):
        assert len(boxes) == len(labels) and instances.max() <= len(boxes)
        assert (boxes >= 0).all() and (boxes <= canvases.SIZE).all()
        assert np.triu(iou(boxes, boxes), 1).max() <= 0.1
        for k, (x0, y0, x1, y1) in enumerate(boxes.astype(int)):
            part = image[y0:y1, x0:x1] > canvases.INK
            assert part[0].any() and part[-1].any() and part[:, 0].any() and part[:, -1].any()
            mine = np.argwhere(instances == k + 1)
            assert len(mine) and (mine.min(axis=0) >= (y0, x0)).all() and (mine.max(axis=0) < (y1, x1)).all()
            if len(boxes) == 1:  # nothing is pasted over it
                assert mine.min(axis=0).tolist() == [y0, x0] and (mine.max(axis=0) + 1).tolist() == [y1, x1]


def test_classes_are_those_of_the_instances(drawn):
    classes = drawn.classes()
    assert ((classes > 0) == (drawn.instances > 0)).all()
    for n in range(len(drawn)):
        for k, label in enumerate(drawn.labels[n]):
            assert (classes[n][drawn.instances[n] == k + 1] == label + 1).all()


def test_enlarging_interpolates_linearly():
    picture = np.add.outer(np.arange(28), 2 * np.arange(28)).astype(np.uint8)  # a ramp stays one
    for side in (22, 28, 32):
        M = enlarging(SIDE, side)
        assert (M.sum(axis=1) == 2 * side).all()
        place = np.clip((np.arange(side) + 0.5) * 28 / side - 0.5, 0, 27)
        got = M @ picture.astype(float) @ M.T / (2 * side) ** 2
        assert np.allclose(got, np.add.outer(place, 2 * place), atol=1e-12)


def test_the_same_generator_gives_the_same_canvases(drawn):
    again = draw_canvases(train_and_test()[0], 60, np.random.default_rng(0), noise=0.0)
    assert (again.images == drawn.images).all() and (again.instances == drawn.instances).all()
    other = draw_canvases(train_and_test()[0], 5, np.random.default_rng(1))
    assert (other.images[:, 0] != drawn.images[:5, 0]).any()
    assert np.std(other.images[:, 0, :4, :4]) > 0.05  # noise


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"count": 0}, ValueError),
        ({"count": 2.5}, TypeError),
        ({"most": 0}, ValueError),
        ({"overlap": 1.5}, ValueError),
        ({"noise": -1.0}, ValueError),
        ({"noise": float("nan")}, ValueError),
        ({"scraps": -1}, ValueError),
        ({"rng": 3}, TypeError),
        ({"source": np.zeros((3, 28, 28))}, TypeError),
        ({"source": Digits(np.zeros((0, 28, 28), np.uint8), np.zeros(0, int))}, ValueError),
    ],
)
def test_bad_input(change, kind):
    usual = dict(source=train_and_test()[0], count=2, rng=np.random.default_rng(0)) | change
    with pytest.raises(kind):
        draw_canvases(usual.pop("source"), usual.pop("count"), usual.pop("rng"), **usual)
