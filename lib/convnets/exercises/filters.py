"""Exercises of "What a network looks at"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number

__all__ = [
    "ascent_step",
    "integrated_slopes",
    "occlusion_map",
    "share_of_an_input",
    "shift_consistency",
    "signs_against_chance",
    "what_the_control_says",
]

# ------------------------------------------------------------------------------------------------------ numbers, choices
share_of_an_input = number(
    "share_of_an_input",
    answer=lambda: 6.0,
    rtol=1e-9,
    why="On the way from (0, 0) to (3, 2) the slope by x₁ is 0 until x₁ = 1, and 3 after that: its mean is 2, times 3 is 6. With x₂'s 2 that adds up to f = 8.",
    hints=(
        "How large is the slope by x₁ at the beginning of the way, and how large at its end?",
        "It is 0 for the first third of the way and 3 for the rest. What is its mean?",
        "3 * (0 * 1 / 3 + 3 * …)",
    ),
    mistakes=[
        (9.0, "That is x₁ times the slope at the end. On the first third of the way the slope is 0."),
        (3.0, "That is the slope at the end. Its mean over the way is wanted, times how far x₁ goes."),
        (2.0, "That is the mean slope. Multiply by how far x₁ goes."),
        (8.0, "That is the whole of f. A part of it belongs to x₂."),
        (4.5, "You took the mean of the slopes at the two ends. The slope is 3 on two thirds of the way."),
    ],
)  # fmt: skip

signs_against_chance = number(
    "signs_against_chance",
    answer=lambda: 28.0,
    rtol=1e-2,
    unit="times",
    why="ε · 784 · a against ε · √784 · a: √784 = 28. The more pixels, the larger the ratio.",
    hints=(
        "With the signs of the slopes every pixel adds ε · a. What do 784 of them add?",
        "With random signs the sum has the mean 0; its variance is the sum of the pixels' variances, each (ε · a)².",
        "784 / math.sqrt(…)",
    ),
    mistakes=[
        (784.0, "That is the sum against one pixel's part. The random signs' sum, too, has 784 parts, and is √784 of them in size."),
        (1 / 28, "Upside down: the chosen signs change the loss more."),
        (784.0**2, "That is a ratio of squares, and of one pixel's: take the root mean square of the random sum."),
        (1.0, "Random signs cancel. What is left of 784 parts is about √784 of them."),
    ],
)  # fmt: skip

what_the_control_says = choice(
    "what_the_control_says",
    answer="b",
    why="What the two maps share cannot come from what was learned, since shuffling destroyed that. It comes from the factor x: no ink, no value.",
    feedback={
        "a": "With shuffled weights the network reads no digits. It cannot know which pixels matter, and its map is the same all the same.",
        "c": "The maps are alike in where they are large. That says nothing about the answers, and those of a shuffled network are useless.",
        "d": "It is true that the slopes have hardly any order in common on the ink. The products still have, over all pixels: both are 0 wherever there is no ink.",
    },
    hints=(
        "What do both maps have in common, whatever the weights are?",
        "Both are products with x. Where is x = 0?",
        "About four of five pixels have no ink: both maps are 0 there.",
    ),
)


# ---------------------------------------------------------------------------------------------------------- occlusion
def _scores():
    def total(x):
        return float(x.sum())

    def corner(x):
        return float(2 * x[0, 0] - x[-1, -1] + x[0, -1] * x[-1, 0])

    def largest(x):
        return float(x.max())

    return total, corner, largest


def _pictures_to_cover(rng):
    total, corner, largest = _scores()
    yield case("the patch is the picture", total, rng.random((3, 4)), 3, 0.0)
    yield case("a sum, covered by paper", total, np.arange(12.0).reshape(3, 4) / 12, 2, 0.0)
    yield case("covered by ink", total, rng.random((4, 3)), 2, 1.0)
    yield case("the corners count", corner, rng.random((4, 5)) + 0.5, 2, 0.25)
    yield case("a picture of one pixel", largest, np.array([[0.75]]), 1, 0.5)
    for size in (1, 2, 3):
        yield corner, rng.random((5, 4)), size, float(rng.random())
        yield largest, rng.random((4, 6)), size, 0.0


@exercise(
    cases=_pictures_to_cover,
    hints=(
        "How many places has a patch of `size` on H rows? For each place: copy the picture, cover, ask.",
        "There are H − size + 1 places along the rows. Of each, note the score of the whole picture minus the score of the covered copy.",
        "covered = image.copy(); covered[i : i + size, j : j + size] = filler; falls[i, j] = whole - …",
    ),
)
def occlusion_map(score, image, size, filler):
    """Return by how much a score falls when a patch covers the picture, for each place of the patch.

    score : a function from a picture to a number;  image : (H, W), which stays as it is;  size : rows and columns of the patch, which never
    leaves the picture and moves pixel by pixel;  filler : what covers it;  returns (H − size + 1, W − size + 1)
    """
    whole = score(image)
    falls = np.empty([n - size + 1 for n in image.shape])
    for i, j in np.ndindex(falls.shape):
        covered = image.astype(float)
        covered[i : i + size, j : j + size] = filler
        falls[i, j] = whole - score(covered)
    return falls


def _cover(score, image, size, filler, sign=1, keep=False, less=0, plain=False):
    image = image.astype(float)
    H, W = image.shape
    whole = score(image)
    falls = np.empty((H - size + 1 - less, W - size + 1 - less))
    for i, j in np.ndindex(falls.shape):
        covered = image if keep else image.copy()
        covered[i : i + size, j : j + size] = filler
        falls[i, j] = score(covered) if plain else sign * (whole - score(covered))
    return falls


@occlusion_map.mistake(
    "That is by how much the score rises. A pixel matters where the score falls: whole minus covered."
)
def _rises(score, image, size, filler):
    return _cover(score, image, size, filler, sign=-1)


@occlusion_map.mistake("You covered the same array again and again: each patch must begin with a fresh copy.")
def _in_place(score, image, size, filler):
    return _cover(score, image, size, filler, keep=True)


@occlusion_map.mistake("The last place is missing along both axes: of n pixels a patch has n − size + 1 places.")
def _one_less(score, image, size, filler):
    return _cover(score, image, size, filler, less=1)


@occlusion_map.mistake("You covered with 0 whatever the filler is.")
def _always_paper(score, image, size, filler):
    return _cover(score, image, size, 0.0)


@occlusion_map.mistake(
    "Those are the scores of the covered pictures. Subtract them from the score of the whole picture."
)
def _not_subtracted(score, image, size, filler):
    return _cover(score, image, size, filler, plain=True)


# ---------------------------------------------------------------------------------------------------- integrated slopes
def _ways(rng):
    def linear(x):
        return np.array([2.0, -1.0, 0.5])[: len(x)]

    def square(x):
        return 2 * x

    def product(x):
        return np.array([np.prod(np.delete(x, i)) for i in range(len(x))])

    def bent(x):
        return np.where(x > 0.5, 3.0, 0.0)

    yield case("a plane: one step is enough", linear, np.array([1.0, 2.0, 3.0]), np.zeros(3), 1)
    yield case("a square", square, np.array([3.0, -1.0]), np.zeros(2), 4)
    yield case("another baseline", square, np.array([3.0, 2.0]), np.array([1.0, 2.0]), 5)
    yield case("a bend", bent, np.array([1.0, 0.25]), np.array([-1.0, 0.0]), 7)
    for steps in (1, 3, 10):
        yield product, rng.normal(size=3), rng.normal(size=3), steps
        yield bent, 2 * rng.normal(size=4), rng.normal(size=4), steps


@exercise(
    cases=_ways,
    hints=(
        "Divide the way from the baseline to x into `steps` equal parts. Where is the middle of part k?",
        "At a share (k + 1/2) / steps of the way, k from 0. Take the mean of the slopes there; it is not the answer yet.",
        "(x - baseline) * mean of slope(baseline + (k + 0.5) / steps * (x - baseline))",
    ),
    rtol=1e-9,
)
def integrated_slopes(slope, x, baseline, steps):
    """Return the integrated gradients of x, by the midpoint rule.

    slope : a function from (D,) to the slopes (D,) there;  x, baseline : (D,);  steps : equal parts of the straight way from the baseline to x,
    in the middle of each of which the slope is read;  returns (D,)
    """
    slopes = [slope(baseline + (k + 0.5) / steps * (x - baseline)) for k in range(steps)]
    return (x - baseline) * np.mean(slopes, axis=0)


def _integrate(slope, x, baseline, steps, at=0.5, start=None):
    start = baseline if start is None else start
    return sum((slope(start + (k + at) / steps * (x - start)) for k in range(steps)), np.zeros(len(x))) / steps


@integrated_slopes.mistake("You read the slope where each part begins. Read it in the middle of the part.")
def _left_ends(slope, x, baseline, steps):
    return (x - baseline) * _integrate(slope, x, baseline, steps, at=0)


@integrated_slopes.mistake("You read the slope where each part ends. Read it in the middle of the part.")
def _right_ends(slope, x, baseline, steps):
    return (x - baseline) * _integrate(slope, x, baseline, steps, at=1)


@integrated_slopes.mistake("That is the mean slope. Multiply by how far x is from the baseline.")
def _not_multiplied(slope, x, baseline, steps):
    return _integrate(slope, x, baseline, steps)


@integrated_slopes.mistake(
    "You took the slope at x alone. It is the mean over the way that adds up to the score's change."
)
def _end_alone(slope, x, baseline, steps):
    return (x - baseline) * slope(x)


@integrated_slopes.mistake("Your way begins at 0. It begins at the baseline.")
def _from_nothing(slope, x, baseline, steps):
    return x * _integrate(slope, x, baseline, steps, start=np.zeros(len(x)))


@integrated_slopes.mistake("You multiplied by x. Multiply by x − baseline.")
def _times_x(slope, x, baseline, steps):
    return x * _integrate(slope, x, baseline, steps)


# ------------------------------------------------------------------------------------------------------- the ascent step
def _steps_up(rng):
    yield case("no slope: nothing moves", np.array([[0.25, 0.5]]), np.zeros((1, 2)), 1.0, 0.0, 1.0)
    yield case("well inside", np.full((2, 2), 0.5), np.array([[1.0, -1], [1, 1]]), 0.1, 0.0, 1.0)
    yield case("a pixel reaches the edge", np.array([[0.95, 0.5]]), np.array([[3.0, 4.0]]), 0.5, 0.0, 1.0)
    yield case("other bounds", np.array([[-0.5, 0.25]]), np.array([[-2.0, 0.1]]), 1.0, -1.0, 2.0)
    yield case("a small slope", np.full((1, 3), 0.5), np.array([[1e-6, 2e-6, -2e-6]]), 0.25, 0.0, 1.0)
    for _ in range(4):
        yield rng.random((3, 4)), 5 * rng.normal(size=(3, 4)), float(rng.uniform(0.5, 3)), 0.0, 1.0


@exercise(
    cases=_steps_up,
    hints=(
        "The step has a length of its own, however steep it is. Which length has g?",
        "Divide g by the root of the sum of its squares, over all pixels, and do not divide where that is 0. Then put each pixel back between the bounds.",
        "np.clip(x + rate * g / np.linalg.norm(g), …, …), if g has a length",
    ),
)
def ascent_step(x, g, rate, low, high):
    """Return the picture after one step up.

    x, g : (H, W), a picture with pixels from low to high, and the slopes of a score by them;  rate : the length of the step before pixels that
    left the bounds are put back to the nearest;  returns (H, W); where all slopes are 0 the picture stays
    """
    length = np.linalg.norm(g)
    if length > 0:
        x = x + rate * g / length
    return np.clip(x, low, high)


def _up(x, g, rate, low, high, sign=1, length=np.linalg.norm):
    size = length(g)
    return np.clip(x + sign * rate * g / size, low, high) if size > 0 else x


@ascent_step.mistake("Your score falls: you went against the slope, as for a loss. Here the score should grow.")
def _down(x, g, rate, low, high):
    return _up(x, g, rate, low, high, sign=-1)


@ascent_step.mistake("Pixels leave the bounds: put each back to the nearest of low and high.")
def _not_clipped(x, g, rate, low, high):
    return _up(x, g, rate, -np.inf, np.inf)


@ascent_step.mistake(
    "Your step is as long as the slope makes it. Divide by the slope's length, so that it has the length rate."
)
def _not_normalised(x, g, rate, low, high):
    return np.clip(x + rate * g, low, high)


@ascent_step.mistake("You divided by the largest slope. The length is the root of the sum of squares.")
def _by_largest(x, g, rate, low, high):
    return _up(x, g, rate, low, high, length=lambda g: np.abs(g).max())


@ascent_step.mistake("You took the slopes' signs: that is a step in which every pixel moves by rate.")
def _signs(x, g, rate, low, high):
    return np.clip(x + rate * np.sign(g), low, high)


# ------------------------------------------------------------------------------------------------------ shift consistency
def _answers(rng):
    yield case("one move", np.array([[3, 1, 4]]))
    yield case("all the same", np.full((4, 2), 7))
    yield case("all different", np.arange(5)[:, None])
    yield case("the first move is the odd one", np.array([[1], [2], [2], [2]]))
    yield case("two halves", np.array([[0, 1], [0, 1], [5, 1], [5, 2]]))
    for moves, count in ((3, 4), (9, 6), (5, 1)):
        yield (rng.integers(3, size=(moves, count)),)


@exercise(
    cases=_answers,
    hints=(
        "For one picture: draw a move, put it back, draw a second. With which probability are the two answers the same?",
        "An answer that a share q of the moves gets is drawn twice with probability q². Or compare each move with each, itself included.",
        "(said[:, None] == said[None, :]).mean() compares all pairs of moves of all pictures",
    ),
)
def shift_consistency(said):
    """Return how often two moves of one picture, drawn with replacement, get the same answer: the mean over pictures.

    said : (moves, pictures), whole numbers, what the network says of each moved picture;  returns a number from 0 to 1
    """
    return float((said[:, None] == said[None, :]).mean())


@shift_consistency.mistake(
    "You compared each move with the first alone. Every move is compared with every one, the picture in place has no special part."
)
def _with_the_first(said):
    return float((said == said[0]).mean())


@shift_consistency.mistake(
    "That is the share of pictures of which all moves get one answer. Here each pair of moves counts."
)
def _all_agree(said):
    return float((said == said[0]).all(axis=0).mean())


@shift_consistency.mistake(
    "That is the share of the most frequent answer. Two moves may also agree on a rarer one: add the squares of the shares."
)
def _most_frequent(said):
    return float(np.mean([np.unique(column, return_counts=True)[1].max() / len(said) for column in said.T]))


@shift_consistency.mistake(
    "You drew the second move from those that are left. With replacement a move may be drawn twice, and agrees with itself."
)
def _without_replacement(said):
    n = len(said)
    if n == 1:
        return 1.0
    same = (said[:, None] == said[None, :]).mean()
    return float((same * n * n - n) / (n * (n - 1)))


@shift_consistency.mistake("You compared neighbouring moves in the list alone. Every move is compared with every one.")
def _neighbours(said):
    return float((said[1:] == said[:-1]).mean()) if len(said) > 1 else 1.0
