"""Augmentations: geometry equal to scipy's, colours to Pillow's, boxes and masks that agree, mixtures, and bad input."""

import numpy as np
import pytest
from PIL import Image, ImageEnhance
from scipy.ndimage import affine_transform

from lib.convnets import augmentation as au
from lib.convnets.digits import other_scanner
from lib.convnets.photos import photo

SEEDS = range(20)


def random_map(rng):
    A = au.turn(rng.uniform(-180, 180)) @ au.stretch(*rng.uniform(0.5, 2, 2)) @ au.slant(rng.uniform(-0.8, 0.8))
    return A, rng.uniform(-3, 3, 2)


def by_scipy(image, A, t, order):
    """Warp by scipy, which counts rows and columns from pixels' middles."""
    swap = np.array([[0, 1], [1, 0]])
    back = swap @ np.linalg.inv(A) @ swap  # of (row, column)
    middle = (np.array(image.shape) - 1) / 2
    offset = middle - back @ (middle + np.asarray(t)[::-1])
    return affine_transform(image, back, offset, order=order, mode="grid-constant")


@pytest.mark.equation("eq-pull-back")
@pytest.mark.equation("eq-bilinear")
@pytest.mark.parametrize("seed", SEEDS)
def test_geometry_is_scipys(seed):
    rng = np.random.default_rng(seed)
    image = rng.random(rng.integers(2, 12, 2))
    A, t = random_map(rng)
    assert np.allclose(au.warp(image, A, t), by_scipy(image, A, t, 1), atol=1e-12)
    assert (au.warp(image, A, t, "nearest") == by_scipy(image, A, t, 0)).all()


@pytest.mark.parametrize("seed", range(5))
def test_a_stack_is_warped_picture_by_picture(seed):
    rng = np.random.default_rng(seed)
    images = rng.random((4, 3, 6, 5))
    maps = [random_map(rng) for _ in images]
    A, t = (np.array(part) for part in zip(*maps, strict=True))
    each = [au.warp(x, *one) for x, one in zip(images, maps, strict=True)]
    assert np.allclose(au.warp(images, A, t), each, atol=1e-14)
    assert np.allclose(au.warp(images, A[0]), [au.warp(x, A[0]) for x in images], atol=1e-14)
    assert np.allclose(
        au.warp(images, np.eye(2), t), [au.warp(x, np.eye(2), s) for x, s in zip(images, t, strict=True)]
    )


def test_simple_maps_do_what_they_say():
    image = np.arange(12.0).reshape(3, 4)
    assert (au.warp(image, np.eye(2), (1, 0))[:, 1:] == image[:, :-1]).all()  # to the right
    assert (au.warp(image, np.eye(2), (0, 1))[1:] == image[:-1]).all()  # downwards
    assert np.allclose(au.warp(image, au.stretch(-1, 1)), au.flip(image), atol=1e-12)
    square = np.arange(16.0).reshape(4, 4)
    assert np.allclose(au.warp(square, au.turn(90)), np.rot90(square), atol=1e-12)  # numpy turns counter-clockwise too
    assert np.allclose(au.slant(0.5) @ [0, -2], [1, -2])  # above the middle: to the right
    assert np.allclose(au.turn(20) @ au.turn(-20), np.eye(2))


@pytest.mark.equation("eq-flip-box")
@pytest.mark.parametrize("seed", SEEDS)
def test_boxes_flip_with_masks(seed):
    rng = np.random.default_rng(seed)
    mask = rng.random((6, 9)) < 0.1
    mask[2, 3] = True
    box = au.box_of(mask)
    assert (au.flip_boxes([box], 9)[0] == au.box_of(au.flip(mask))).all()
    assert (au.flip_boxes(au.flip_boxes([box], 9), 9)[0] == box).all()
    assert np.allclose(au.warp_boxes([box], au.stretch(-1, 1), (0, 0), (6, 9)), au.flip_boxes([box], 9))


@pytest.mark.equation("eq-turned-box")
@pytest.mark.parametrize("seed", SEEDS)
def test_the_box_around_a_turned_box(seed):
    rng = np.random.default_rng(seed)
    w, h, angle = *rng.uniform(5, 30, 2), rng.uniform(-180, 180)
    box = [50 - w / 2, 50 - h / 2, 50 + w / 2, 50 + h / 2]
    x0, y0, x1, y1 = au.warp_boxes([box], au.turn(angle), (3, -2), (100, 100))[0]
    c, s = abs(np.cos(np.radians(angle))), abs(np.sin(np.radians(angle)))
    assert x1 - x0 == pytest.approx(w * c + h * s) and y1 - y0 == pytest.approx(w * s + h * c)
    assert (x0 + x1) / 2 == pytest.approx(53) and (y0 + y1) / 2 == pytest.approx(48)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_warped_mask_lies_in_its_warped_box(seed):
    rng = np.random.default_rng(seed)
    mask = np.zeros((30, 40))
    mask[10:18, 15:27] = rng.random((8, 12)) < 0.5
    mask[12, 20] = 1
    A, t = random_map(rng)
    moved = au.warp(mask, A, t, "nearest")
    if moved.any():
        inner, outer = au.box_of(moved), au.warp_boxes([au.box_of(mask)], A, t, mask.shape)[0]
        assert (inner[:2] >= outer[:2] - 0.5).all() and (inner[2:] <= outer[2:] + 0.5).all()


def test_what_leaves_the_picture_is_cut_off():
    gone = au.warp_boxes([[2.0, 2, 6, 6]], np.eye(2), (-4, 100), (10, 10))[0]
    assert gone.tolist() == [0, 10, 2, 10]


@pytest.mark.parametrize("seed", range(10))
def test_a_crop_sees_what_its_boxes_say(seed):
    rng = np.random.default_rng(seed)
    masks = np.zeros((3, 20, 24))
    for mask in masks:
        x, y = rng.integers(0, 16, 2)
        mask[y : y + int(rng.integers(2, 5)), x : x + int(rng.integers(2, 7))] = 1
    boxes = np.array([au.box_of(mask) for mask in masks])
    inside, kept = au.crop_boxes(boxes, 5, 3, 12, 11, least=0.5)
    seen = au.crop(masks, 5, 3, 12, 11)
    for k, (mask, cut) in enumerate(zip(masks, seen, strict=True)):
        assert (k in kept) == (cut.sum() >= 0.5 * mask.sum() and cut.any())
    for box, k in zip(inside, kept, strict=True):
        assert (box == au.box_of(seen[k])).all()


def enhanced(image, kind, factor):
    whole = np.rint(np.moveaxis(image, 0, 2) * 255).astype(np.uint8)
    return np.moveaxis(np.asarray(kind(Image.fromarray(whole)).enhance(factor)), 2, 0) / 255


@pytest.mark.parametrize("factor", [0.0, 0.4, 1.0, 1.7, 3.0])
@pytest.mark.parametrize("name", ["flower", "china"])
def test_colours_are_pillows(name, factor):
    image = np.rint(np.moveaxis(photo(name)[::4, ::4], 2, 0) * 255) / 255
    for mine, theirs in (
        (au.brightness, ImageEnhance.Brightness),
        (au.contrast, ImageEnhance.Contrast),
        (au.saturation, ImageEnhance.Color),
    ):
        assert np.abs(mine(image, factor) - enhanced(image, theirs, factor)).max() <= (1 + factor) / 255 + 1e-9  # bytes


def test_contrast_and_brightness_of_grey():
    image = np.array([[0.2, 0.4], [0.6, 0.8]])
    assert np.allclose(au.contrast(image, 0.5), [[0.35, 0.45], [0.55, 0.65]])
    assert np.allclose(au.brightness(image, 2), [[0.4, 0.8], [1, 1]])


def test_erasing_keeps_the_rest():
    image = np.full((3, 6, 8), 0.5)
    out = au.erase(image, -1, 4, 3, 1.0)
    assert (out[:, 4:, :2] == 1).all() and (out == 1).sum() == 3 * 4 and (image == 0.5).all()
    assert (au.erase(image, -5, -5, 3) == image).all()


@pytest.mark.equation("eq-mixup")
@pytest.mark.equation("eq-mixed-loss")
@pytest.mark.parametrize("seed", range(10))
def test_mixup_and_its_loss(seed):
    rng = np.random.default_rng(seed)
    N, K = 5, 3
    X, Y, partner, lam = rng.random((N, 2, 4)), np.eye(K)[rng.integers(K, size=N)], rng.permutation(N), rng.random(N)
    images, labels = au.mixup(X, Y, partner, lam)
    logp = np.log(rng.dirichlet(np.ones(K), N))
    for n in range(N):
        assert np.allclose(images[n], lam[n] * X[n] + (1 - lam[n]) * X[partner[n]])
        own, other = -Y[n] @ logp[n], -Y[partner[n]] @ logp[n]
        assert -labels[n] @ logp[n] == pytest.approx(lam[n] * own + (1 - lam[n]) * other)
    assert np.allclose(labels.sum(axis=1), 1)


@pytest.mark.equation("eq-cutmix")
@pytest.mark.parametrize("seed", range(10))
def test_cutmix_labels_are_shares_of_pixels(seed):
    rng = np.random.default_rng(seed)
    N, H, W = 4, 6, 5
    X = np.arange(N)[:, None, None, None] * np.ones((N, 2, H, W))  # picture n is made of n's
    partner = (np.arange(N) + 1) % N
    x, y = np.sort(rng.integers(0, W + 1, (N, 2))), np.sort(rng.integers(0, H + 1, (N, 2)))
    images, labels = au.cutmix(X, np.eye(N), partner, np.stack([x[:, 0], y[:, 0], x[:, 1], y[:, 1]], axis=1))
    for n in range(N):
        assert np.allclose(labels[n], [(images[n] == k).mean() for k in range(N)])


def test_the_other_scanner_is_scikit_learns_digits_enlarged():
    from scipy.ndimage import zoom
    from sklearn.datasets import load_digits

    first, second = other_scanner()
    raw = load_digits()
    assert (len(first), len(second)) == (1000, 797)
    assert (np.concatenate([first.labels, second.labels]) == raw.target).all()
    for k in (0, 17):
        theirs = zoom(raw.images[k] / 16, 20 / 8, order=1, mode="nearest", grid_mode=True)
        assert np.abs(first.images[k, 4:24, 4:24] / 255 - theirs).max() <= 0.5 / 255 + 1e-6
        assert first.images[k, :4].max() == first.images[k, 24:].max() == 0


ONE = np.full((3, 4), 0.5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: au.warp(ONE, [[1, 1], [1, 1]]), "no inverse"),
        (lambda: au.warp(ONE, np.zeros((2, 2))), "no inverse"),
        (lambda: au.warp(ONE, np.eye(3)), "shape"),
        (lambda: au.warp(ONE, np.eye(2), (1, 2, 3)), "shape"),
        (lambda: au.warp(ONE, np.array([np.eye(2)] * 2)), "2 maps"),
        (lambda: au.warp(ONE, np.array([np.eye(2)] * 2), np.zeros((3, 2))), "3 shifts"),
        (lambda: au.warp(ONE, np.eye(2), how="cubic"), "linear"),
        (lambda: au.warp([1.0, 2.0], np.eye(2)), "rows"),
        (lambda: au.warp_boxes([[3, 0, 1, 1]], np.eye(2), (0, 0), (4, 4)), "x₀ ≤ x₁"),
        (lambda: au.warp_boxes([[0, 0, 1, 1]], np.eye(2), (0, 0), 4), "shape"),
        (lambda: au.warp_boxes([[0, 0, 1, 1]], np.array([np.eye(2)] * 2), (0, 0), (4, 4)), "one map"),
        (lambda: au.flip_boxes([[0, 0, 1]], 4), "shape"),
        (lambda: au.crop(ONE, 2, 0, 3, 2), "does not fit"),
        (lambda: au.box_of(np.zeros((2, 2))), "no pixel"),
        (lambda: au.brightness(3 * ONE, 1), "from 0 to 1"),
        (lambda: au.contrast(np.full((2, 3, 3), 0.5), 1), "shape"),
        (lambda: au.saturation(ONE, 1), "no colours"),
        (lambda: au.erase(ONE, 0, 0, 0), "side"),
        (lambda: au.mixup(ONE, np.eye(3), [0, 1, 3], np.ones(3)), "partner"),
        (lambda: au.mixup(ONE, np.eye(3), [0, 1, 2], [0, 1, 2]), "share"),
        (lambda: au.mixup(ONE, np.eye(2), [0, 1, 2], np.ones(3)), "row"),
        (lambda: au.mixup(ONE, np.eye(3), [0, 1], np.ones(3)), "partners"),
        (lambda: au.cutmix(ONE[None], np.eye(1), [0], [[0, 0, 5, 1]]), "inside"),
        (lambda: au.cutmix(ONE[None], np.eye(1), [0], [[2, 0, 1, 1]]), "inside"),
        (lambda: au.cutmix(ONE[None], np.eye(1), [0], [[0, 0, 1]]), "shape"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
