"""Exercises on augmentation and transfer: boxes that move along, mixed labels, what comes first, one crop for two, and a mean that moves."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number

__all__ = [
    "flip_with_boxes",
    "mixup_batch",
    "old_mean_left",
    "random_crop",
    "split_then_augment",
    "turned_box_width",
    "which_flip",
]


# --------------------------------------------------------------------------------------------------- a picture and boxes
def _boxed(rng):
    ramp = np.arange(12.0).reshape(3, 4)
    yield case("one box in the left half", ramp, np.array([[0.0, 0, 2, 3]]))
    yield case("a box over the whole width", ramp, np.array([[0.0, 1, 4, 2]]))
    yield case("two boxes, higher than wide", np.arange(10.0).reshape(5, 2), np.array([[0.0, 0, 1, 4], [1, 2, 2, 5]]))
    yield case("boxes that reach beyond the right edge", ramp, np.array([[3.0, 0, 5, 2], [5, 1, 6, 2]]))
    for H, W in ((4, 7), (6, 5), (2, 9)):
        n = int(rng.integers(1, 4))
        x = np.sort(rng.uniform(0, W, (n, 2)), axis=1)
        y = np.sort(rng.uniform(0, H, (n, 2)), axis=1)
        yield rng.normal(size=(H, W)), np.stack([x[:, 0], y[:, 0], x[:, 1], y[:, 1]], axis=1)


@exercise(
    cases=_boxed,
    hints=(
        "Draw a box near the left edge and flip the paper. Which of its four numbers change, and which edge becomes the left one?",
        "What was x pixels from the left edge is x pixels from the right edge now. The old right edge is the new left edge.",
        "W = image.shape[1]; the picture is image[:, ::-1]; of the boxes, column 0 becomes W − column 2, and column 2 becomes …",
    ),
)
def flip_with_boxes(image, boxes):
    """Return a picture with left and right exchanged, and the boxes of what is on it.

    image : (H, W);  boxes : (n, 4), x₀, y₀, x₁, y₁: from the left edge of the first pixel to the right edge of the last;  returns (H, W) and (n, 4)
    """
    W = image.shape[1]
    x0, y0, x1, y1 = boxes.T
    return image[:, ::-1], np.stack([W - x1, y0, W - x0, y1], axis=1)


def _flip(image, boxes, turn=True, move=True, less=0, swap=True, axis=1, side=1):
    W = image.shape[side] - less
    x0, y0, x1, y1 = boxes.T
    if move:
        lo, hi = (x0, x1) if axis == 1 else (y0, y1)
        lo, hi = (W - hi, W - lo) if swap else (W - lo, W - hi)
        boxes = np.stack([lo, y0, hi, y1] if axis == 1 else [x0, lo, x1, hi], axis=1)
    return (np.flip(image, axis) if turn else image), boxes


@flip_with_boxes.mistake(
    "The boxes stand where they stood: they no longer lie around what they name. They must be flipped as well."
)
def _boxes_stay(image, boxes):
    return _flip(image, boxes, move=False)


@flip_with_boxes.mistake(
    "Your boxes are off by one pixel. These are edges, not numbers of pixels: the edge at x goes to W − x, and the edge at 0 to W."
)
def _off_by_one(image, boxes):
    return _flip(image, boxes, less=1)


@flip_with_boxes.mistake("Your boxes have x₀ > x₁: the old right edge must become the new left edge.")
def _not_exchanged(image, boxes):
    return _flip(image, boxes, swap=False)


@flip_with_boxes.mistake("That exchanges top and bottom. Columns are the second axis of an image (H, W).")
def _upside_down(image, boxes):
    return _flip(image, boxes, axis=0, side=0)


@flip_with_boxes.mistake("The boxes are flipped, the picture is not.")
def _picture_stays(image, boxes):
    return _flip(image, boxes, turn=False)


@flip_with_boxes.mistake("You took the height for the width: an image has the shape (H, W), so its width is shape[1].")
def _height(image, boxes):
    return _flip(image, boxes, side=0)


@flip_with_boxes.mistake("The picture is turned upside down, while its boxes are flipped from left to right.")
def _two_ways(image, boxes):
    return image[::-1], _flip(image, boxes)[1]


# --------------------------------------------------------------------------------------------------------------- mixup
def _mixed(rng):
    X = np.arange(8.0).reshape(2, 2, 2)
    yield case("half and half", X, np.eye(2), np.array([1, 0]), np.array([0.5, 0.5]))
    yield case("each with itself", X, np.eye(2), np.array([0, 1]), np.array([0.25, 0.75]))
    yield case("the whole of one, nothing of the other", X, np.eye(2), np.array([1, 0]), np.array([1.0, 0.0]))
    for N, K in ((3, 4), (5, 3), (4, 4)):
        partner = (np.arange(N) + int(rng.integers(1, N))) % N
        if N == 5:
            partner = rng.integers(N, size=N)
        yield rng.random((N, 3, 2)), np.eye(K)[rng.integers(K, size=N)], partner, rng.random(N)


@exercise(
    cases=_mixed,
    hints=(
        "A picture and its label are mixed in the same way: with the same partner and the same share.",
        "Each picture has its own share, so that (N,) must be given further axes before it multiplies (N, H, W), and one before it multiplies (N, K).",
        "s = lam[:, None, None]; s * X + (1 − s) * X[partner]; for the labels the same with lam[:, None] and …",
    ),
)
def mixup_batch(X, Y, partner, lam):
    """Return mixed pictures and their labels.

    X : (N, H, W);  Y : (N, K), one-hot;  partner : (N,), whole numbers: whom each picture is mixed with;  lam : (N,), the share that each keeps
    of itself;  returns (N, H, W) and (N, K)
    """
    s = lam[:, None, None]
    images = s * X + (1 - s) * X[partner]
    labels = lam[:, None] * Y + (1 - lam[:, None]) * Y[partner]
    return images, labels


def _mix(X, Y, partner, lam, labels="mixed", turned=False, back=False):
    if back:
        inverse = np.arange(len(X))
        inverse[partner] = np.arange(len(X))
        partner = inverse
    s, r = lam[:, None, None], lam[:, None]
    images = s * X + (1 - s) * X[partner]
    if turned:
        r = 1 - r
    mixed = r * Y + (1 - r) * Y[partner]
    if labels == "own":
        mixed = Y
    elif labels == "larger":
        mixed = np.where(r >= 0.5, Y, Y[partner])
    elif labels == "half":
        mixed = (Y + Y[partner]) / 2
    elif labels == "both":
        mixed = np.maximum(Y, Y[partner])
    return images, mixed


@mixup_batch.mistake(
    "The pictures are mixed, the labels are not: you teach that a picture of which three quarters are a 7 is wholly a 2."
)
def _own_label(X, Y, partner, lam):
    return _mix(X, Y, partner, lam, labels="own")


@mixup_batch.mistake("Your labels have the shares exchanged: lam is the share of the picture itself, in its label too.")
def _labels_turned(X, Y, partner, lam):
    return _mix(X, Y, partner, lam, turned=True)


@mixup_batch.mistake(
    "You gave each mixture the label of its larger part. The label is mixed as well: that is what mixup teaches."
)
def _larger(X, Y, partner, lam):
    return _mix(X, Y, partner, lam, labels="larger")


@mixup_batch.mistake("Your labels are always half and half, whatever the share of the pictures.")
def _half(X, Y, partner, lam):
    return _mix(X, Y, partner, lam, labels="half")


@mixup_batch.mistake(
    "Both classes have the probability 1 in your labels. Probabilities sum to 1: give them the shares of the two pictures."
)
def _both(X, Y, partner, lam):
    return _mix(X, Y, partner, lam, labels="both")


@mixup_batch.mistake(
    "You exchanged the shares: lam is what each picture keeps of itself, 1 − lam comes from its partner."
)
def _shares_turned(X, Y, partner, lam):
    return _mix(X, Y, partner, 1 - lam)


@mixup_batch.mistake("You used one share for the whole batch. Each picture has its own.")
def _one_share(X, Y, partner, lam):
    return _mix(X, Y, partner, np.full_like(lam, lam[0]))


# ------------------------------------------------------------------------------------------------ split, then augment
def _splits(rng):
    X = np.arange(18.0).reshape(3, 2, 3)
    yield case("one picture held back, one copy", X, np.array([1]), np.array([1]))
    yield case("no copies", X, np.array([0]), np.array([], dtype=int))
    yield case("two copies, square pictures", rng.normal(size=(4, 3, 3)), np.array([2, 0]), np.array([1, -1]))
    for N in (4, 6):
        held = rng.permutation(N)[: N // 2]
        yield rng.normal(size=(N, 4, 3)), held, np.array([-1, 1, 2])


@exercise(
    cases=_splits,
    hints=(
        "Which pictures may have copies, and which must the model never have seen, not even moved by a pixel?",
        "First take the rows that are held back out of X. Only then make copies, and only of what is left.",
        "rest = np.delete(X, held, axis=0); train = np.concatenate([rest, *(np.roll(rest, m, axis=2) for m in moves)]); then return train and …",
    ),
)
def split_then_augment(X, held, moves):
    """Return pictures to learn from and pictures to judge by.

    X : (N, H, W);  held : (m,), rows of X to judge by, in this order;  moves : (k,), whole numbers: of each picture to learn from there is, after
    all originals, a copy moved to the right by moves[0] pixels, then for all of them one by moves[1] …, by np.roll along the columns
    returns ((N − m)(k + 1), H, W) and the pictures held back, as they are, (m, H, W)
    """
    rest = np.delete(X, held, axis=0)
    train = np.concatenate([rest, *(np.roll(rest, move, axis=2) for move in moves)])
    return train, X[held]


def _split(X, held, moves, source="rest", axis=2, first=True, judge="plain", sign=1, by_picture=False):
    rest = np.delete(X, held, axis=0)
    start = rest if source == "rest" else X
    copies = [np.roll(start, sign * m, axis=axis) for m in moves]
    blocks = [rest] * first + copies
    if by_picture:
        train = np.concatenate([np.array([b[i] for b in blocks]) for i in range(len(rest))])
    else:
        train = np.concatenate(blocks) if blocks else rest[:0]
    test = X[held]
    if judge == "augmented":
        test = np.concatenate([test, *(np.roll(test, m, axis=2) for m in moves)])
    elif judge == "sorted":
        test = X[np.sort(held)]
    elif judge == "moved" and len(moves):
        test = np.roll(test, moves[0], axis=2)
    return train, test


@split_then_augment.mistake(
    "You made copies of all pictures before the split: moved copies of those held back are among those that are learned from. That is the leak."
)
def _leak(X, held, moves):
    return _split(X, held, moves, source="all")


@split_then_augment.mistake(
    "You judge by moved copies as well. Augmentation is for learning: what is held back stays as it will be in use."
)
def _judged_by_copies(X, held, moves):
    return _split(X, held, moves, judge="augmented")


@split_then_augment.mistake("The originals are missing: they are learned from too, before their copies.")
def _no_originals(X, held, moves):
    return _split(X, held, moves, first=False)


@split_then_augment.mistake("You moved the pictures up or down: columns are the last axis of (N, H, W).")
def _downwards(X, held, moves):
    return _split(X, held, moves, axis=1)


@split_then_augment.mistake(
    "np.roll without an axis, or along the first one, moves pictures' pixels, or whole pictures, to other pictures. Columns are axis 2."
)
def _through_pictures(X, held, moves):
    rest = np.delete(X, held, axis=0)
    return np.concatenate([rest, *(np.roll(rest, m) for m in moves)]), X[held]


@split_then_augment.mistake("You moved to the left: np.roll with a positive number moves to the right.")
def _to_the_left(X, held, moves):
    return _split(X, held, moves, sign=-1)


@split_then_augment.mistake("The pictures held back are asked for in the order of `held`.")
def _other_order(X, held, moves):
    return _split(X, held, moves, judge="sorted")


# -------------------------------------------------------------------------------------------------- one crop for two
def _crops(rng):
    square = np.arange(16.0).reshape(4, 4)
    yield case("a picture of 4 × 4", square, (square > 7).astype(int), 2, 0)
    yield case("the whole picture", square, (square > 3).astype(int), 4, 1)
    wide = np.arange(24.0).reshape(3, 8)
    yield case("wide: only columns are left to choose", wide, (wide > 9).astype(int), 3, 2)
    for _ in range(5):
        H, W = (int(n) for n in rng.integers(3, 9, size=2))
        image = rng.normal(size=(H, W))
        yield image, (image > 0).astype(int), int(rng.integers(1, min(H, W))), int(rng.integers(1000))


@exercise(
    cases=_crops,
    hints=(
        "Draw the corner once, and use it twice.",
        "The topmost row can be 0, 1, …, H − size: that is H − size + 1 rows. rng.integers(n) gives a number from 0 to n − 1.",
        "rng = np.random.default_rng(seed); top = rng.integers(H − size + 1); left = rng.integers(…); then both arrays are cut to [top : top + size, left : …]",
    ),
)
def random_crop(image, mask, size, seed):
    """Return the same window of a picture and of its mask, at a place drawn at random.

    image, mask : (H, W);  size : the window's side;  seed : of np.random.default_rng, whose `integers` first draws the window's first row, then
    its first column, each place being equally likely;  returns (size, size) twice
    """
    H, W = image.shape
    rng = np.random.default_rng(seed)
    top = rng.integers(H - size + 1)
    left = rng.integers(W - size + 1)
    window = np.s_[top : top + size, left : left + size]
    return image[window], mask[window]


def _cut(image, mask, size, seed, again=False, more=1, columns_first=False, mask_too=True, reseed=False, middle=False):
    H, W = image.shape
    rng = np.random.default_rng(seed)

    def draw(n):
        return rng.integers(max(n - size + more, 1))

    def place():
        if middle:
            return (H - size) // 2, (W - size) // 2
        if columns_first:
            left = draw(W)
            return draw(H), left
        return draw(H), draw(W)

    top, left = place()
    one = image[top : top + size, left : left + size]
    if again:
        top, left = place()
    if not mask_too:
        top = left = 0
    return one, mask[top : top + size, left : left + size]


@random_crop.mistake(
    "You drew twice: picture and mask are cut at different places, so that the mask says nothing about the picture. Draw once, cut both."
)
def _drawn_twice(image, mask, size, seed):
    return _cut(image, mask, size, seed, again=True)


@random_crop.mistake(
    "Your windows never touch the last row or column: `integers(n)` ends at n − 1, and there are H − size + 1 first rows."
)
def _never_last(image, mask, size, seed):
    return _cut(image, mask, size, seed, more=0)


@random_crop.mistake("You drew the column first. Here the first number drawn is the row: an array's first axis.")
def _columns_first(image, mask, size, seed):
    return _cut(image, mask, size, seed, columns_first=True)


@random_crop.mistake("You cut the mask at its upper left corner, and not where you cut the picture.")
def _mask_in_the_corner(image, mask, size, seed):
    return _cut(image, mask, size, seed, mask_too=False)


@random_crop.mistake("The mask is not cut: it must show the same window as the picture.")
def _whole_mask(image, mask, size, seed):
    return _cut(image, mask, size, seed)[0], mask


@random_crop.mistake("You cut out the middle. The place is drawn at random, with the generator of the seed.")
def _middle(image, mask, size, seed):
    return _cut(image, mask, size, seed, middle=True)


@random_crop.mistake("You set what is outside the window to 0. Asked for is the window alone, of size × size.")
def _blacked(image, mask, size, seed):
    H, W = image.shape
    rng = np.random.default_rng(seed)
    top, left = rng.integers(H - size + 1), rng.integers(W - size + 1)
    keep = np.zeros((H, W))
    keep[top : top + size, left : left + size] = 1
    return image * keep, mask * keep


# --------------------------------------------------------------------------------------------------- numbers, a choice
turned_box_width = number(
    "turned_box_width",
    answer=lambda: 60 * np.cos(np.pi / 6) + 20 * np.sin(np.pi / 6),
    unit="pixels",
    rtol=2e-3,
    why="60 · cos 30° + 20 · sin 30° = 51.96 + 10.",
    hints=(
        "The page has the formula for the upright box around a turned one.",
        "How far does each side reach to the right, when it is turned by 30°?",
        "The long side reaches 60 · cos 30° to the right. Add what the short one reaches.",
    ),
    mistakes=[
        (
            lambda: 60 * np.cos(np.pi / 6),
            "That is the long side's share alone. The short side reaches to the right as well.",
        ),
        (
            lambda: 60 * np.sin(np.pi / 6) + 20 * np.cos(np.pi / 6),
            "That is the new height. For the width the long side counts with the cosine.",
        ),
        (lambda: 60.0, "The turned box is as wide as before, but the upright box around it is not."),
        (lambda: np.hypot(60, 20), "That is the diagonal: it would lie level at an angle of 18°, not 30°."),
        (
            lambda: abs(60 * np.cos(30) + 20 * np.sin(30)),
            "The angle was taken in radians. np.cos and np.sin want 30 · π/180.",
        ),
    ],
)

old_mean_left = number(
    "old_mean_left",
    answer=lambda: 0.9**22,
    rtol=1e-2,
    why="Each batch keeps 0.9 of it: 0.9²² ≈ 0.098, less than a tenth.",
    hints=(
        "What is left of the old mean after one batch?",
        "After two batches it is 0.9 · 0.9.",
        "A power of 0.9, with the number of batches as exponent.",
    ),
    mistakes=[
        (lambda: 0.1**22, "0.1 is the weight of the new batch. The old mean keeps 1 − 0.1 at each."),
        (lambda: 1 - 0.9**22, "That is the share of the new batches."),
        (
            lambda: 0.0,
            "A share of 0.9 is kept at each batch: it becomes small, but not 0, and 1 − 22 · 0.1 is not how it falls.",
        ),
        (lambda: 0.9, "That is after one batch."),
    ],
)

which_flip = choice(
    "which_flip",
    answer="c",
    why="A flip makes the one arrow the other, so that its label must change with it. A number or a word, flipped, is no sign at all.",
    feedback={
        "a": "A flipped “turn left” is a “turn right”, and would be taught as “turn left”.",
        "b": "Then signs that are the same in a mirror, and pairs of arrows that become each other, give nothing, although their flips are honest pictures.",
        "d": "What a camera does to test pictures does not make a flipped 80 a sign. A network can learn it, but will never meet it.",
    },
    hints=(
        "Hold each kind of sign to a mirror. What would someone on the road call it?",
        "Three cases: the same sign, another sign, no sign.",
        "A label may be changed along with its picture.",
    ),
)
