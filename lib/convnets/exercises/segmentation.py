"""Exercises of "Segmentation"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number

__all__ = [
    "crops_of_a_unet",
    "dice_of_images",
    "jaccard_of_four_fifths",
    "slope_of_soft_dice",
    "transposed_row",
    "which_average",
]


# -------------------------------------------------------------------------------------------------------- Dice of images
def _logits(rng):
    said, true = np.full((2, 4, 5), -3.0), np.zeros((2, 4, 5), dtype=int)
    said[0, :3, :4], true[0, :3, :5] = 2.0, 1
    true[1, 3, 3] = 1
    yield case("a large thing found, a small one missed", said, true)
    empty = true.copy()
    empty[1] = 0
    yield case("a picture with nothing, and nothing said", said, empty)
    yield case("a picture with nothing, and something said", -said, empty)
    speck = np.full((2, 4, 5), -1.0)
    speck[1, 2, 2] = 1.0
    yield case("one pixel said where nothing is", speck, 0 * true)
    yield case("a probability of exactly one half", np.where(said > 0, 0.0, said), true)
    yield case("weak logits", np.where(true > 0, 0.2, -0.2) * np.ones((2, 4, 5)), true)
    for _ in range(4):
        N, H, W = rng.integers((2, 3, 3), (5, 7, 7))
        true = (rng.random((N, H, W)) < 0.3).astype(int)
        yield 3 * (true - 0.5) + rng.normal(size=(N, H, W)) * 1.5, true


@exercise(
    cases=_logits,
    hints=(
        "First a mask: which logits stand for a probability above one half? Then one number a picture, and their mean.",
        "A probability above one half is a logit above 0. Sum over rows and columns, but not over pictures. Two empty masks agree: they get 1.",
        "for said, t in zip(logits > 0, true): whole = said.sum() + t.sum(); then 2 * (said * t).sum() / … if whole is not 0, else 1.0; at the end the mean of the list",
    ),
)
def dice_of_images(logits, true):
    """Return the mean, over the pictures, of each picture's Dice; the mask that is said is where the probability is above one half.

    logits : (N, H, W), whose sigmoids are the probabilities;  true : (N, H, W) of 0 and 1. Where neither mask of a picture has a pixel
    its Dice is 1;  returns a number
    """
    each = []
    for said, t in zip(logits > 0, true, strict=True):
        whole = said.sum() + t.sum()
        each.append(2 * (said * t).sum() / whole if whole else 1.0)
    return float(np.mean(each))


def _dice(logits, true, above=0.0, pooled=False, empty=1.0, factor=2, union=False, soft=False, smooth=0.0, skip=False):
    said = 1 / (1 + np.exp(-logits)) if soft else (logits > above).astype(float)
    axes = (0, 1, 2) if pooled else (1, 2)
    both = (said * true).sum(axis=axes)
    whole = said.sum(axis=axes) + true.sum(axis=axes)
    below = whole - both if union else whole
    each = np.where(whole > 0, (factor * both + smooth) / np.where(whole > 0, below + smooth, 1), empty)
    if skip:
        each = each[whole > 0]
    return float(np.mean(each)) if np.size(each) else 1.0


@dice_of_images.mistake("Those are logits, not probabilities: one half of probability is a logit of 0, not of 0.5.")
def _half(logits, true):
    return _dice(logits, true, above=0.5)


@dice_of_images.mistake(
    "You pooled the pixels of all pictures into one Dice. Asked for is one a picture, then their mean: a small thing that is missed must count as much as a large one."
)
def _pooled(logits, true):
    return _dice(logits, true, pooled=True)


@dice_of_images.mistake(
    "Where nothing is there and nothing is said, the masks agree. By what is agreed here that is 1, not 0."
)
def _empty_is_nothing(logits, true):
    return _dice(logits, true, empty=0.0)


@dice_of_images.mistake("You left pictures with two empty masks out of the mean. They count, with 1.")
def _left_out(logits, true):
    return _dice(logits, true, skip=True)


@dice_of_images.mistake(
    "That is Jaccard: what is in both, over what is in either. Dice is twice that, over the sum of the two."
)
def _jaccard(logits, true):
    return _dice(logits, true, factor=1, union=True)


@dice_of_images.mistake(
    "You used the probabilities themselves. That is the soft Dice, for training; a mask is what is above the threshold."
)
def _soft(logits, true):
    return _dice(logits, true, soft=True)


@dice_of_images.mistake("The factor 2 is missing: two equal masks would get one half.")
def _no_two(logits, true):
    return _dice(logits, true, factor=1)


@dice_of_images.mistake(
    "Your sums have a constant added above and below. It belongs to the soft Dice of a training; a score has none, and only two empty masks are set to 1."
)
def _smoothed(logits, true):
    return _dice(logits, true, smooth=1.0)


# ------------------------------------------------------------------------------------------------ a transposed row
def _rows(rng):
    yield case("one pixel", np.array([2.0]), np.array([1.0, -1, 3]), 2, 0)
    yield case("one pixel, cut", np.array([2.0]), np.array([1.0, -1, 3, 5]), 2, 1)
    yield case("stride 1", np.array([1.0, 2, -1]), np.array([1.0, 4]), 1, 0)
    yield case("a kernel shorter than the stride", np.array([1.0, 2]), np.array([3.0, 5]), 4, 0)
    yield case("one tap", np.array([1.0, -2, 4]), np.array([3.0]), 2, 0)
    for k, stride, padding in ((3, 2, 1), (4, 2, 1), (5, 3, 2), (4, 3, 0)):
        yield rng.normal(size=int(rng.integers(3, 7))), rng.normal(size=k), stride, padding


@exercise(
    cases=_rows,
    hints=(
        "Turn it round: do not ask what a place of the output sees, but where each input goes.",
        "Input v adds x[v] times the whole kernel to the places from v · stride on. At the end `padding` places are cut from either end.",
        "out = np.zeros((n − 1) · stride + k); for each v: out[v * stride : v * stride + k] += …; then return out[padding : …]",
    ),
)
def transposed_row(x, kernel, stride, padding):
    """Return the transposed convolution of a row by a kernel: Aᵀx, where A is the matrix of the convolution with these settings.

    x : (n,);  kernel : (k,);  stride : at least 1;  padding : of the convolution whose matrix is A, so that as many places are cut here from
    either end;  returns ((n − 1) · stride + k − 2 · padding,)
    """
    k = len(kernel)
    out = np.zeros((len(x) - 1) * stride + k)
    for v in range(len(x)):
        out[v * stride : v * stride + k] += x[v] * kernel
    return out[padding : len(out) - padding]


def _row(x, kernel, stride, padding, flip=False, add=True, cut="both", step=None):
    kernel = kernel[::-1] if flip else kernel
    step = stride if step is None else step
    k, out = len(kernel), np.zeros((len(x) - 1) * step + len(kernel))
    for v in range(len(x)):
        spot = slice(v * step, v * step + k)
        out[spot] = x[v] * kernel + (out[spot] if add else 0)
    ends = {
        "both": (padding, len(out) - padding),
        "none": (0, len(out)),
        "front": (2 * padding, len(out)),
        "back": (0, len(out) - 2 * padding),
        "once": (padding, len(out)),
    }[cut]
    return out[slice(*ends)]


@transposed_row.mistake(
    "You turned the kernel. The layer is a correlation, and in the transpose of its matrix each input puts down the kernel as it stands."
)
def _flipped(x, kernel, stride, padding):
    return _row(x, kernel, stride, padding, flip=True)


@transposed_row.mistake(
    "Where kernels overlap their contributions are added. You let the later one replace the earlier."
)
def _replaced(x, kernel, stride, padding):
    return _row(x, kernel, stride, padding, add=False)


@transposed_row.mistake(
    "Nothing is cut. The convolution's padding are places that its input does not have: they are cut from either end here."
)
def _uncut(x, kernel, stride, padding):
    return _row(x, kernel, stride, padding, cut="none")


@transposed_row.mistake("You cut all 2 · padding places at the front. Cut `padding` from either end.")
def _cut_in_front(x, kernel, stride, padding):
    return _row(x, kernel, stride, padding, cut="front")


@transposed_row.mistake("You cut all 2 · padding places at the end. Cut `padding` from either end.")
def _cut_behind(x, kernel, stride, padding):
    return _row(x, kernel, stride, padding, cut="back")


@transposed_row.mistake(
    "The inputs stand one place apart in your answer. They go `stride` places apart: that is what enlarges."
)
def _no_stride(x, kernel, stride, padding):
    return _row(x, kernel, stride, padding, step=1)


# ------------------------------------------------------------------------------------------------- sizes of a U-Net
def _unets(rng):
    yield case("the published one", 572, 4)
    yield case("one level, an answer of two pixels", 18, 1)
    yield case("two levels", 60, 2)
    for levels in (1, 2, 3, 4):
        yield 12 * 2**levels - 4 + 2**levels * int(rng.integers(0, 12)), levels


@exercise(
    cases=_unets,
    hints=(
        "Follow one side: two convolutions take 2 pixels each, pooling halves. Note on the way what each level keeps for later.",
        "On the way up: double, then compare with what was kept at this level: half of the difference is cut from each side. Two convolutions again take 4.",
        "kept = []; for each level: n -= 4; kept.append(n); n //= 2. At the bottom n -= 4. Then for each kept, last first: n *= 2; crops.append((… − n) / 2); n -= 4",
    ),
)
def crops_of_a_unet(n, levels):
    """Return what is cut from a U-Net's skips, and the side of its answer, when its convolutions are not padded.

    n : the picture's side in pixels, such that every map that is pooled has an even side;  levels : how often it is halved. Each level has two
    3 × 3 convolutions, the bottom too, and the way up two at each level, after the map was doubled and joined with the skip;
    returns (levels + 1,) : pixels cut from each side of each skip, the deepest first, then the answer's side
    """
    kept = []
    for _ in range(levels):
        n -= 4
        kept.append(n)
        n //= 2
    n -= 4
    out = []
    for skip in reversed(kept):
        n *= 2
        out.append((skip - n) / 2)
        n -= 4
    return np.array([*out, n])


def _crops(n, levels, each=4, bottom=True, whole=False, upwards=True, turned=False, cut=True):
    kept = []
    for _ in range(levels):
        n -= each
        kept.append(n)
        n //= 2
    n -= each * bottom
    out = []
    for skip in reversed(kept):
        n *= 2
        out.append((skip - n) / (1 if whole else 2))
        n = (n if cut else skip) - each * upwards
    return np.array([*(out[::-1] if turned else out), n])


@crops_of_a_unet.mistake(
    "You took 2 pixels a level. Each of the two convolutions takes one pixel from each side: together 4."
)
def _one_convolution(n, levels):
    return _crops(n, levels, each=2)


@crops_of_a_unet.mistake("The bottom has two convolutions as well, before the way up.")
def _no_bottom(n, levels):
    return _crops(n, levels, bottom=False)


@crops_of_a_unet.mistake("That is the whole difference of the sides. Half of it is cut from each side.")
def _both_sides(n, levels):
    return _crops(n, levels, whole=True)


@crops_of_a_unet.mistake("On the way up each level has two convolutions too: take 4 after each joining.")
def _free_way_up(n, levels):
    return _crops(n, levels, upwards=False)


@crops_of_a_unet.mistake("Your crops are in the order of the way down. The deepest skip is met first.")
def _shallow_first(n, levels):
    return _crops(n, levels, turned=True)


@crops_of_a_unet.mistake(
    "You went on from the skip's own side, without the crop. Both maps must have the smaller side, that of the one from below."
)
def _uncropped(n, levels):
    return _crops(n, levels, cut=False)


@crops_of_a_unet.mistake(
    "With padded convolutions nothing would be cut, and the answer as large as the picture. These are not padded."
)
def _padded(n, levels):
    return np.array([0] * levels + [n])


# --------------------------------------------------------------------------------------------------- slope of soft Dice
def _probabilities(rng):
    yield case("nothing is there", np.array([0.5, 0.25, 0.125]), np.zeros(3), 1.0)
    yield case("found for certain", np.array([1.0, 0.0, 1.0]), np.array([1.0, 0, 1]), 0.5)
    for n in (4, 7, 30):
        p, t = rng.random(n), (rng.random(n) < 0.4).astype(float)
        t[0] = 1.0
        yield p, t, float(rng.uniform(0.0, 2.0))


@exercise(
    cases=_probabilities,
    hints=(
        "It is a quotient, and each p stands above and below: what is the slope of each part?",
        "The slope above is 2tᵢ, the slope below 1. (u/v)′ = (u′ − (u/v) v′)/v.",
        "S = p.sum() + t.sum() + smooth; D = (2 * (p * t).sum() + smooth) / S; then (2 * t − …) / S",
    ),
)
def slope_of_soft_dice(p, t, smooth):
    """Return the slopes of soft Dice, (2 Σ p t + smooth) / (Σ p + Σ t + smooth), by each p.

    p : (n,), probabilities;  t : (n,), 0 or 1;  smooth : ε;  returns (n,)
    """
    S = p.sum() + t.sum() + smooth
    D = (2 * (p * t).sum() + smooth) / S
    return (2 * t - D) / S


@slope_of_soft_dice.mistake("The lower sum depends on p as well: its slope is missing.")
def _above_alone(p, t, smooth):
    return 2 * t / (p.sum() + t.sum() + smooth)


@slope_of_soft_dice.mistake("The constant belongs below as well, also in the slope.")
def _no_smooth_below(p, t, smooth):
    S = p.sum() + t.sum()
    return (2 * t - (2 * (p * t).sum() + smooth) / (S + smooth)) / S


@slope_of_soft_dice.mistake("The slope of 2 Σ p t is 2t: the factor 2 is missing.")
def _no_factor(p, t, smooth):
    S = p.sum() + t.sum() + smooth
    return (t - (2 * (p * t).sum() + smooth) / S) / S


@slope_of_soft_dice.mistake(
    "Those are the slopes of the loss, 1 − Dice. Asked for are those of Dice: the sign is turned."
)
def _of_the_loss(p, t, smooth):
    return -slope_of_soft_dice.function(p, t, smooth)


@slope_of_soft_dice.mistake("Without its constant above, Dice is another number, and the slope with it.")
def _no_smooth_above(p, t, smooth):
    S = p.sum() + t.sum() + smooth
    return (2 * t - 2 * (p * t).sum() / S) / S


@slope_of_soft_dice.mistake("By the quotient's rule the last step divides by S once more: (2t − D)/S.")
def _undivided(p, t, smooth):
    S = p.sum() + t.sum() + smooth
    return 2 * t - (2 * (p * t).sum() + smooth) / S


# ------------------------------------------------------------------------------------------------- a number, a choice
jaccard_of_four_fifths = number(
    "jaccard_of_four_fifths",
    answer=lambda: 0.8 / 1.2,
    rtol=5e-3,
    why="D/(2 − D) = 0.8/1.2 = 2/3.",
    hints=(
        "The page derives one from the other.",
        "J = D / (2 − D).",
        "The lower part is 2 − 0.8 = 1.2.",
    ),
    mistakes=[
        (lambda: 2 * 0.8 / 1.8, "That is the way from Jaccard to Dice: 2J/(1 + J). Jaccard is the smaller of the two."),
        (lambda: 0.4, "Jaccard is not half of Dice: for equal masks both are 1."),
        (lambda: 0.8, "They are equal only at 0 and at 1."),
        (lambda: 0.64, "Jaccard is not the square of Dice: solve D = 2I/(A + B) for I, and put it into I/(A + B − I)."),
    ],
)

which_average = choice(
    "which_average",
    answer="c",
    why="The large thing has 10,000 of 10,025 true pixels, so the pooled Dice hardly sees the other. Each picture's own Dice are 1 and 0, and their mean one half.",
    feedback={
        "a": "The pooled sums see pixels, not pictures: the missed thing is 25 of 10,025 true pixels.",
        "b": "The mean has one number a picture. In the second nothing was found: what is its Dice?",
        "d": "Dice of a picture in which something is there and nothing is said is 0/25, not 0/0.",
    },
    hints=(
        "Compute each picture's Dice first.",
        "2 · 10,000/20,000 and 0/25.",
        "Pooled: 2 · 10,000 / (10,000 + 10,025).",
    ),
)
