"""The project "Two percent with 10,000 numbers": steps, and the goal, a reader of 2,000 numbers that is trained in numpy."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book.exercises import case, choice, exercise, goal, number, prediction
from lib.convnets import architectures, networks
from lib.convnets.digits import halved, train_and_test

__all__ = [
    "bent",
    "design_parameters",
    "errors_to_be_sure",
    "likely_share",
    "reader_of_2000",
    "same_size_dense",
    "where_to_save",
]


# ---------------------------------------------------------------------------------------------------------- step 1
def _designs(rng):
    yield case("a dense layer alone", [("dense", 10)], 5)
    yield case("one convolution", [("conv", 4, 3, 1)], 28)
    yield case(
        "pooling of an odd side", [("conv", 3, 2, 1), ("pool", 2), ("dense", 4)], 10
    )  # 9 places: the last is left out
    yield case("each map by itself", [("conv", 6, 3, 1), ("conv", 6, 3, 6), ("conv", 8, 1, 1)], 12)
    yield case("two dense layers", [("conv", 2, 3, 1), ("dense", 7), ("dense", 3)], 8)
    yield case("the mean of each map", [("conv", 5, 3, 1), ("average",), ("dense", 10)], 14)
    for _ in range(3):
        a, b, units = rng.integers(2, 6, size=3).tolist()
        k = int(rng.integers(2, 5))
        rows = [("conv", 2 * a, k, 1), ("pool", 2), ("conv", 2 * b, 2, 2), ("pool", 3), ("dense", units), ("dense", 10)]
        yield rows, int(rng.integers(20, 30))


@exercise(
    cases=_designs,
    hints=(
        "Which layers learn anything? And what must you know of a layer's input to count its numbers?",
        "Carry two numbers along: how many maps there are, and their side. A kernel has k² · maps/groups weights and a free term; a unit of a dense layer has a "
        "weight for each number that comes in, and a free term.",
        "conv: count += maps * (k**2 * (C // groups) + 1), then side = side - k + 1. pool: side //= k. average: side = 1. dense: count += units * (C * … + 1), "
        "then C, side = units, 1",
    ),
)
def design_parameters(rows, side):
    """Return how many numbers a design learns that reads one channel of side × side pixels.

    rows : its layers in order, ("conv", maps, k, groups): k × k kernels, stride 1, no padding, each reading the maps of one of `groups` equal groups;
    ("pool", k): the largest of each k × k, side by side, what is left over at the end is dropped; ("average",): the mean of each map; ("dense", units)
    Each map of a convolution and each unit of a dense layer has a free term.  returns a whole number
    """
    C, count = 1, 0
    for kind, *numbers in rows:
        if kind == "conv":
            maps, k, groups = numbers
            count += maps * (k**2 * (C // groups) + 1)
            C, side = maps, side - k + 1
        elif kind == "pool":
            (k,) = numbers
            side //= k
        elif kind == "average":
            side = 1
        else:
            (units,) = numbers
            count += units * (C * side**2 + 1)
            C, side = units, 1
    return count


def _counted(rows, side, *, grouped=True, free=1, shrink=True, up=False, places=True, mean=True, square=True):
    C, count = 1, 0
    for kind, *n in rows:
        if kind == "conv":
            count += n[0] * (n[1] ** (2 if square else 1) * (C // n[2] if grouped else C) + free)
            C, side = n[0], side - (n[1] - 1) * shrink
        elif kind == "pool":
            side = -(-side // n[0]) if up else side // n[0]
        elif kind == "average":
            side = 1 if mean else side
        else:
            count += n[0] * (C * (side**2 if places else 1) + free)
            C, side = n[0], 1
    return count


@design_parameters.mistake("Groups are ignored: each kernel reads only C/groups of the maps.")
def _ungrouped(rows, side):
    return _counted(rows, side, grouped=False)


@design_parameters.mistake(
    "The free terms are missing: one for each map of a convolution and each unit of a dense layer."
)
def _no_free(rows, side):
    return _counted(rows, side, free=0)


@design_parameters.mistake(
    "Your convolutions leave the side as it is. Without padding a kernel of k × k has side − k + 1 places."
)
def _same(rows, side):
    return _counted(rows, side, shrink=False)


@design_parameters.mistake("Your pooling rounds up. What is left over at the end is dropped.")
def _up(rows, side):
    return _counted(rows, side, up=True)


@design_parameters.mistake(
    "A unit of the dense layer has one weight for each map, with you. It has one for each place of each map."
)
def _no_places(rows, side):
    return _counted(rows, side, places=False)


@design_parameters.mistake("The mean of each map leaves one number a map: the side becomes 1.")
def _no_mean(rows, side):
    return _counted(rows, side, mean=False)


@design_parameters.mistake("A kernel has k × k weights for each map that it reads, not k.")
def _a_line(rows, side):
    return _counted(rows, side, square=False)


where_to_save = choice(
    "where_to_save",
    answer="c",
    why="256 numbers come out of the second pooling. The dense layer of 24 units has 257 · 24 = 6,168, and the outputs behind it 250; ten outputs at once have 257 · 10 = 2,570, "
    "so 3,848 are saved.",
    feedback={
        "a": "The first convolution has 6 (25 + 1) = 156 numbers. It works hard, and costs next to nothing in parameters: 96 are saved.",
        "b": "The second convolution has 16 (6 · 25 + 1) = 2,416; in two parts it has 6 · 26 + 16 · 7 = 268. That saves 2,148, and there is more to be had elsewhere.",
        "d": "12 units have 257 · 12 = 3,084 numbers, and the outputs 13 · 10 = 130. That saves 3,204, and there is more to be had.",
    },
    hints=(
        "Count each layer by itself. Which has most?",
        "The sides: 28, 24, 12, 8, 4. So 16 · 4 · 4 = 256 numbers go into the dense layer.",
        "Put each of the four changed designs into design_parameters, and compare with 8,990.",
    ),
)


# ---------------------------------------------------------------------------------------------------------- step 2
def _pictures(rng):
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    yield case("left as it is", rng.random((4, 5)), np.eye(2), np.zeros(2))
    yield case("moved by one pixel", rng.random((4, 6)), np.eye(2), np.array([1.0, 0.0]))
    yield case("moved by half a pixel", rng.random((5, 4)), np.eye(2), np.array([0.0, 0.5]))
    yield case("a quarter turn", rng.random((5, 5)), turn, np.zeros(2))
    yield case("twice as large", rng.random((6, 4)), np.eye(2) / 2, np.zeros(2))
    yield case("beyond every edge", rng.random((4, 4)) + 1, np.eye(2), np.array([-2.25, 1.75]))
    for shape in ((6, 8), (7, 5), (8, 8)):
        yield rng.random(shape), np.eye(2) + rng.uniform(-0.4, 0.4, (2, 2)), rng.uniform(-1.5, 1.5, 2)


@exercise(
    cases=_pictures,
    hints=(
        "Go through the pixels of the new picture, not of the old one. Where does each take its ink?",
        "Measure x to the right and y downwards from the middle, ((W − 1)/2, (H − 1)/2). The place is A (x, y) + t, back in rows and columns. It lies between four pixels: "
        "weight each by how near it is, (1 − distance in x)(1 − distance in y); pixels outside are 0.",
        "at column u and row v: j, i = floor(u), floor(v); a, b = u - j, v - i; then (1-b)*(1-a)*pixel(i, j) + (1-b)*a*pixel(i, j+1) + b*(1-a)*pixel(i+1, j) + …, "
        "where pixel returns 0 outside",
    ),
)
def bent(image, A, t):
    """Return the picture in which each pixel, at (x, y) from the middle, has the ink that the old one has at A (x, y) + t from the middle.

    image : (H, W);  A : (2, 2);  t : (2,);  x goes to the right, y downwards, in pixels; the middle is at column (W − 1)/2 and row (H − 1)/2
    Between pixels the ink is interpolated linearly in x and in y; beyond the picture there is none.  returns (H, W)
    """
    H, W = image.shape
    middle = np.array([(W - 1) / 2, (H - 1) / 2])
    out = np.zeros((H, W))
    for row in range(H):
        for column in range(W):
            u, v = A @ (np.array([column, row]) - middle) + t + middle
            j, i = int(np.floor(u)), int(np.floor(v))
            for y in (i, i + 1):
                for x in (j, j + 1):
                    if 0 <= y < H and 0 <= x < W:
                        out[row, column] += (1 - abs(u - x)) * (1 - abs(v - y)) * image[y, x]
    return out


def _bend(image, A, t, *, nearest=False, edge="zero", corner=False, swap=False):
    H, W = image.shape
    middle = np.zeros(2) if corner else np.array([(W - 1) / 2, (H - 1) / 2])
    out = np.zeros((H, W))
    for row in range(H):
        for column in range(W):
            from_middle = np.array([column, row]) - middle
            u, v = (A @ from_middle[::-1] + t)[::-1] + middle if swap else A @ from_middle + t + middle
            if nearest:
                u, v = np.rint(u), np.rint(v)
            if edge == "clamp":
                u, v = np.clip(u, 0, W - 1), np.clip(v, 0, H - 1)
            j, i = int(np.floor(u)), int(np.floor(v))
            for y, b in ((i, i + 1 - v), (i + 1, v - i)):
                for x, a in ((j, j + 1 - u), (j + 1, u - j)):
                    if edge == "wrap":
                        out[row, column] += a * b * image[y % H, x % W]
                    elif 0 <= y < H and 0 <= x < W:
                        out[row, column] += a * b * image[y, x]
    return out


@bent.mistake(
    "You took the nearest pixel. Between pixels the ink is interpolated, or strokes get stairs and half a pixel is lost."
)
def _nearest(image, A, t):
    return _bend(image, A, t, nearest=True)


@bent.mistake(
    "The map goes the other way: A (x, y) + t says where a new pixel takes its ink from, not where an old one goes."
)
def _other_way(image, A, t):
    back = np.linalg.inv(A)
    return _bend(image, back, -back @ t)


@bent.mistake("x and y have changed places: x counts columns, to the right, and comes first.")
def _swapped(image, A, t):
    return _bend(image, A, t, swap=True)


@bent.mistake(
    "You measure from the corner. Then a turned digit leaves the picture: measure from the middle, ((W − 1)/2, (H − 1)/2)."
)
def _from_corner(image, A, t):
    return _bend(image, A, t, corner=True)


@bent.mistake("Beyond the picture you go on with its edge pixels. There is no ink there.")
def _clamped(image, A, t):
    return _bend(image, A, t, edge="clamp")


@bent.mistake(
    "What leaves the picture at one side comes in at the other: a negative index counts from the end. Beyond the picture there is no ink."
)
def _wrapped(image, A, t):
    return _bend(image, A, t, edge="wrap")


@bent.mistake("The shift has the wrong sign: the ink is taken from A (x, y) + t.")
def _minus(image, A, t):
    return _bend(image, A, -t)


@bent.mistake("The shift t is left out.")
def _unmoved(image, A, t):
    return _bend(image, A, 0 * t)


# ---------------------------------------------------------------------------------------------------------- step 3
same_size_dense = prediction(
    "same_size_dense",
    answer="c",
    why="Each of its twelve hidden units learns one weight for every pixel, and none of what it learns at one place is known at the next.",
    feedback={
        "a": "That many numbers are enough for it, if they are used well. A dense layer has to learn each stroke anew at each place.",
        "b": "It is worse than that. Twelve hidden units are few, and each looks at all pixels at once.",
        "d": "Even ten templates, one for each digit, do better than that.",
    },
)


# ---------------------------------------------------------------------------------------------------------- step 4
def _tests(rng):
    yield case("20 of 1,000", 20, 1000)
    yield case("none wrong", 0, 50)
    yield case("all wrong", 8, 8)
    yield case("one test", 1, 1)
    for _ in range(4):
        n = int(rng.integers(5, 400))
        yield int(rng.integers(n // 2 + 1)), n


@exercise(
    cases=_tests,
    hints=(
        "Which p would make what was counted lie just at the rim of what chance gives, 1.96 standard deviations from its mean?",
        "Solve (k/n − p)² = z² p (1 − p)/n for p, with z = 1.96: both solutions are the ends. The equation is above.",
        "root = z * np.sqrt(wrong * (n - wrong) / n + z**2 / 4); return (wrong + z**2 / 2 - root) / (n + …), and the same with + root",
    ),
)
def likely_share(wrong, n):
    """Return the ends of Wilson's interval at 95 % (z = 1.96) for a share, of which `wrong` of `n` were counted.

    wrong, n : whole numbers, 0 ≤ wrong ≤ n, n ≥ 1;  returns (low, high), shares from 0 to 1
    """
    z = 1.96
    root = z * np.sqrt(wrong * (n - wrong) / n + z**2 / 4)
    return (wrong + z**2 / 2 - root) / (n + z**2), (wrong + z**2 / 2 + root) / (n + z**2)


def _interval(wrong, n, z=1.96, centre=True, inside=True):
    root = z * np.sqrt(wrong * (n - wrong) / n + (z**2 / 4 if inside else 0))
    middle = wrong + (z**2 / 2 if centre else 0)
    return (middle - root) / (n + z**2), (middle + root) / (n + z**2)


@likely_share.mistake(
    "You put p = k/n into the standard deviation. With none wrong that says the share is 0 for sure; the interval must use the p that it asks about."
)
def _plain(wrong, n):
    p = wrong / n
    half = 1.96 * np.sqrt(p * (1 - p) / n)
    return p - half, p + half


@likely_share.mistake("That is one standard deviation, about 68 %. For 95 % z is 1.96.")
def _one(wrong, n):
    return _interval(wrong, n, 1.0)


@likely_share.mistake("z = 1.645 leaves 5 % at one side. With an end at both sides, 2.5 % each, z is 1.96.")
def _one_sided(wrong, n):
    return _interval(wrong, n, 1.645)


@likely_share.mistake("These are numbers of errors. Divide by n + z², so that they are shares.")
def _as_counts(wrong, n):
    return tuple(end * (n + 1.96**2) for end in _interval(wrong, n))


@likely_share.mistake(
    "The middle of the interval is not k/(n + z²): z²/2 is added to k, which draws it towards one half."
)
def _uncentred(wrong, n):
    return _interval(wrong, n, centre=False)


@likely_share.mistake("Under the root z²/4 is missing. Without it the interval has no width where none is wrong.")
def _bare_root(wrong, n):
    return _interval(wrong, n, inside=False)


@likely_share.mistake("These are percent. Shares from 0 to 1 are asked for.")
def _percent(wrong, n):
    return tuple(100 * end for end in _interval(wrong, n))


def _most_errors(n: int = 1000, share: float = 0.02) -> int:
    return max(k for k in range(n) if likely_share.function(k, n)[1] < share)


errors_to_be_sure = number(
    "errors_to_be_sure",
    answer=_most_errors,
    unit="errors",
    why="With 11 the interval ends at 1.96 %, with 12 at 2.09 %. So 1.2 % measured is not yet proof of less than 2 %.",
    hints=(
        "Which end of the interval has to be below 0.02?",
        "The upper end. It grows with the number of errors: try numbers below 20.",
        "likely_share(k, 1000)[1] for k = 5, 6, 7, …: the last that is below 0.02",
    ),
    mistakes=[
        (
            19,
            "With 19 errors the measured share is below 2 %, and the interval reaches to about 3 %. Its upper end must be below.",
        ),
        (20, "20 errors are 2 % measured. The share on all digits may be larger: the interval reaches to 3.07 %."),
        (12, "With 12 errors the upper end is 2.09 %, just too much."),
        (
            lambda: 29,
            "That is where the lower end is near 2 %: with so many errors one could be sure that it is above.",
        ),
    ],
)


# ------------------------------------------------------------------------------------------------------------ goal
BUDGET = 2000


def small_and_trained():
    """Spend little on the outputs: two convolutions with few maps, both pooled, so that 64 numbers are left."""
    train, _ = train_and_test()
    images = train.images.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)) / 255
    rows = [("conv", 8, 3, 1), ("pool", 2), ("conv", 16, 3, 1), ("pool", 2), ("dense", 10)]
    chain = networks.fit_chain(architectures.designed(rows), images, train.labels, 800, rate=0.02)
    return rows, chain.weights


@cache
def _kept_back() -> tuple[np.ndarray, np.ndarray]:
    test = train_and_test()[1]
    return halved(test.images), test.labels


def _chain(answer) -> networks.Chain:
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise ValueError("hand over (rows, weights): the design as in step 1, and its weights by name")
    rows, weights = answer
    layers = architectures.designed(rows)
    count = architectures.total(layers, (1, 14, 14)).parameters
    if count >= BUDGET:
        raise ValueError(f"the design has {count:,} numbers; fewer than {BUDGET:,} are asked for")
    chain = networks.Chain(layers, (1, 14, 14), dict(weights))
    if chain.weights[list(chain.weights)[-1]].shape != (10,):
        raise ValueError("the last layer must be dense, with ten outputs")
    return chain


def _errors(chain: networks.Chain, factor: float = 1.0) -> float:
    images, labels = _kept_back()
    return 100 * float((chain.classify(factor * images) != labels).mean())


@goal(
    worked=small_and_trained,
    below=7.5,
    label="share of the 1,000 digits kept back, in 14 × 14 pixels, that is misread",
    unit=" %",
    hints=(
        "A dense layer on all pixels has 1,970 numbers and misreads more than 8 %. Where would you rather spend them?",
        "Convolutions with few maps, and pooling before the dense layer: how many numbers should go into ten outputs, if each costs ten?",
        "8 maps of 3 × 3, pooled, then 16 maps of 3 × 3, pooled: 64 numbers are left, and 1,898 in all. 800 steps at a rate of 0.02 do, with pixels from 0 to 1.",
    ),
)
def reader_of_2000(answer) -> float:
    """Hand over (rows, weights): a design of fewer than 2,000 numbers for 14 × 14 pixels, as in step 1, and its weights, as `networks.fit_chain` names them."""
    return _errors(_chain(answer))


def _halved_train():
    train = train_and_test()[0]
    return halved(train.images), train.labels


def _dense_reader():
    rows = [("dense", 10)]
    return rows, networks.fit_chain(architectures.designed(rows), *_halved_train(), 200).weights


@reader_of_2000.pitfall(
    "All numbers are in dense layers. What such a layer learns at one place it does not know at the next: begin with a convolution.",
    example=_dense_reader,
)
def _no_convolution(answer) -> bool:
    return all(row[0] in ("dense", "pool", "average") for row in answer[0])


def _raw_pixels():
    rows, weights = small_and_trained()
    return rows, {name: W / 255 if name == "conv1.W" else W for name, W in weights.items()}


@reader_of_2000.pitfall(
    "It reads far better when the pixels go up to 255: you trained on those, and here they go from 0 to 1. Divide before you train.",
    example=_raw_pixels,
)
def _on_raw_pixels(answer) -> bool:
    chain = _chain(answer)
    return _errors(chain, 255.0) < _errors(chain) / 2


def _silent():
    rows, weights = small_and_trained()
    return rows, {name: W if name.endswith("b") else 0 * W for name, W in weights.items()}


@reader_of_2000.pitfall(
    "It says the same of every digit: with a rate too large all units die, and only the free terms speak.",
    example=_silent,
)
def _all_the_same(answer) -> bool:
    return len(set(_chain(answer).classify(_kept_back()[0]).tolist())) == 1
