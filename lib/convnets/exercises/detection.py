"""Exercises of "Detection"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number

__all__ = [
    "area_under_a_ranking",
    "box_code",
    "cell_of_a_box",
    "hits_of_an_image",
    "iou_of_two",
    "limit_of_proposals",
    "three_answers_four_things",
    "what_stays",
]


def _box(rng, size=64):
    x, y = rng.integers(0, size, 2)
    w, h = rng.integers(3, 30, 2)
    return np.array([x, y, x + w, y + h], dtype=float)


def _near(rng, box, by=0.2):
    sides = np.tile(box[2:] - box[:2], 2)
    return np.round(box + by * sides * rng.uniform(-1, 1, 4), 2)


# ------------------------------------------------------------------------------------------------------------- IoU
def _pairs(rng):
    yield case("one within the other", np.array([0.0, 0, 10, 8]), np.array([2.0, 2, 6, 4]))
    yield case("apart along x", np.array([0.0, 0, 4, 9]), np.array([7.0, 1, 12, 10]))
    yield case("apart along y", np.array([0.0, 0, 9, 4]), np.array([1.0, 7, 10, 12]))
    yield case("apart along both", np.array([0.0, 0, 4, 3]), np.array([7.0, 8, 12, 10]))
    yield case("the second at the left", np.array([7.0, 5, 12, 10]), np.array([3.0, 1, 9, 8]))
    yield case("sides that touch", np.array([0.0, 0, 4, 4]), np.array([4.0, 0, 9, 4]))
    for _ in range(4):
        box = _box(rng)
        yield box, _near(rng, box)


@exercise(
    cases=_pairs,
    hints=(
        "Where does what they share begin, and where does it end? Look at x and y apart.",
        "It begins at the larger of the two beginnings and ends at the smaller of the two ends. No side is shorter than 0. The union is both areas, less what was counted twice.",
        "width = max(0, min(a[2], b[2]) - max(a[0], b[0])), the height in the same way; both = width * height; then both / (area of a + area of b - both)",
    ),
)
def iou_of_two(a, b):
    """Return the intersection over union of two boxes.

    a, b : (4,), x₀, y₀, x₁, y₁ in pixels, from edge to edge, each with an area;  returns a number
    """
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    both = width * height
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def _iou(a, b, extra=0, clamp=True, late=False, union="sum less both", sizes=False):
    if sizes:
        a, b = (np.concatenate([v[:2], v[:2] + v[2:]]) for v in (a, b))
    w, h = min(a[2], b[2]) - max(a[0], b[0]) + extra, min(a[3], b[3]) - max(a[1], b[1]) + extra
    if clamp and not late:
        w, h = max(w, 0), max(h, 0)
    both = max(w * h, 0) if late else w * h
    one, two = ((v[2] - v[0] + extra) * (v[3] - v[1] + extra) for v in (a, b))
    around = (max(a[2], b[2]) - min(a[0], b[0])) * (max(a[3], b[3]) - min(a[1], b[1]))
    return (
        both
        / {
            "sum less both": one + two - both,
            "sum": one + two,
            "smaller": min(one, two),
            "first": one,
            "around": around,
        }[union]
    )


@iou_of_two.mistake(
    "Boxes that are apart along both axes have two negative sides, and their product is positive: clamp each side at 0, before they are multiplied."
)
def _clamped_late(a, b):
    return _iou(a, b, late=True)


@iou_of_two.mistake("Sides of what is shared may come out negative, where boxes do not meet. Clamp each at 0.")
def _unclamped(a, b):
    return _iou(a, b, clamp=False)


@iou_of_two.mistake(
    "You added 1 to the sides. That is for boxes named by their first and last pixel; these go from edge to edge, and x₁ − x₀ is the width."
)
def _plus_one(a, b):
    return _iou(a, b, extra=1)


@iou_of_two.mistake("You read the boxes as x, y, width, height. The last two numbers are the far corner, x₁ and y₁.")
def _as_sizes(a, b):
    return _iou(a, b, sizes=True)


@iou_of_two.mistake("What they share is counted twice in the sum of the areas: take it away once.")
def _sum_of_areas(a, b):
    return _iou(a, b, union="sum")


@iou_of_two.mistake("You divided by the smaller area: then a small box within a large one gets 1. Divide by the union.")
def _over_smaller(a, b):
    return _iou(a, b, union="smaller")


@iou_of_two.mistake(
    "You divided by the smallest box around both. The union has fewer pixels: corners of that box may lie in neither."
)
def _over_around(a, b):
    return _iou(a, b, union="around")


@iou_of_two.mistake(
    "You divided by the area of the first box alone. Divide by the union: the result must not depend on which comes first."
)
def _over_first(a, b):
    return _iou(a, b, union="first")


# ------------------------------------------------------------------------------------------------------ suppression
def _overlaps(boxes):
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    both = np.prod(np.maximum(high - low, 0), axis=2)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    return both / (areas[:, None] + areas[None] - both)


def _crowds(rng):
    O = np.array([[1, 0.5, 0], [0.5, 1, 0.6], [0, 0.6, 1]])
    yield case("one box", np.ones((1, 1)), np.array([0.5]), np.array([3]), 0.5)
    yield case(
        "the second clashes with both, the third with the second alone",
        O,
        np.array([0.9, 0.8, 0.7]),
        np.zeros(3, int),
        0.4,
    )
    yield case("an IoU of exactly the threshold", O, np.array([0.6, 0.9, 0.7]), np.zeros(3, int), 0.5)
    yield case("three classes", O, np.array([0.2, 0.9, 0.7]), np.array([2, 0, 1]), 0.1)
    for n in (5, 7, 8):
        middle = rng.integers(0, 12, (n, 2)).astype(float)
        boxes = np.concatenate([middle, middle + rng.integers(8, 16, (n, 2))], axis=1)
        yield _overlaps(boxes), rng.permutation(n) / n + 0.05, rng.integers(0, 2, n), 0.3


@exercise(
    cases=_crowds,
    hints=(
        "Take the boxes by falling score. Which earlier boxes may throw one out?",
        "Only boxes that were kept, of the same class, and with an IoU larger than the threshold.",
        "keep = []; for i in np.argsort(-scores): if all(labels[j] != labels[i] or overlaps[i, j] <= most for j in keep): keep.append(…)",
    ),
)
def what_stays(overlaps, scores, labels, most):
    """Return the rows that non-maximum suppression keeps within each class, highest score first.

    overlaps : (n, n), the IoU of each pair of boxes;  scores : (n,), no two alike;  labels : (n,);  most : a box goes where its IoU with a kept
    one of its class is larger;  returns a list of whole numbers
    """
    keep = []
    for i in np.argsort(-scores):
        if all(labels[j] != labels[i] or overlaps[i, j] <= most for j in keep):
            keep.append(int(i))
    return keep


def _suppressed(
    O,
    scores,
    labels,
    most,
    ascending=False,
    across=False,
    strict=True,
    by_all=False,
    by_last=False,
    rows=False,
    other=False,
):
    order = np.argsort(scores if ascending else -scores)
    keep = []
    for at, i in enumerate(order):
        judges = list(order[:at]) if by_all else keep[-1:] if by_last else keep
        clash = (lambda v: v > most) if strict else (lambda v: v >= most)
        if not any(
            clash(O[i, j]) and (across or (labels[i] != labels[j] if other else labels[i] == labels[j])) for j in judges
        ):
            keep.append(int(i))
    return sorted(keep) if rows else keep


@what_stays.mistake(
    "You began with the lowest score: then the worst box of a heap throws out the best. Sort by falling score."
)
def _ascending(overlaps, scores, labels, most):
    return _suppressed(overlaps, scores, labels, most, ascending=True)


@what_stays.mistake("A box of another class has thrown one out. Here only boxes of the same class suppress each other.")
def _across(overlaps, scores, labels, most):
    return _suppressed(overlaps, scores, labels, most, across=True)


@what_stays.mistake(
    "A box goes where its IoU is larger than the threshold. You throw out those that are equal to it as well."
)
def _at_threshold(overlaps, scores, labels, most):
    return _suppressed(overlaps, scores, labels, most, strict=False)


@what_stays.mistake("A box that was itself thrown out has thrown out another. Compare with the boxes that were kept.")
def _by_all(overlaps, scores, labels, most):
    return _suppressed(overlaps, scores, labels, most, by_all=True)


@what_stays.mistake("You compared with the box kept last. Any kept box of the class may throw one out.")
def _by_last(overlaps, scores, labels, most):
    return _suppressed(overlaps, scores, labels, most, by_last=True)


@what_stays.mistake("The right boxes stay, but in the order of their rows. Asked for is the highest score first.")
def _in_rows(overlaps, scores, labels, most):
    return _suppressed(overlaps, scores, labels, most, rows=True)


@what_stays.mistake(
    "Boxes of other classes throw each other out, and those of one class do not: it is the other way round."
)
def _other_classes(overlaps, scores, labels, most):
    return _suppressed(overlaps, scores, labels, most, other=True)


# --------------------------------------------------------------------------------------------------------- matching
def _images(rng):
    yield case("one of two truths is found, twice", np.array([[0.9, 0.0], [0.7, 0.0]]), np.array([0.6, 0.8]), 0.5)
    yield case("an IoU of exactly 0.5", np.array([[0.5]]), np.array([0.3]), 0.5)
    yield case(
        "the best truth is gone, the second best is left", np.array([[0.9, 0.6], [0.8, 0.7]]), np.array([0.9, 0.7]), 0.5
    )
    yield case("nothing there", np.zeros((2, 0)), np.array([0.9, 0.8]), 0.5)
    yield case(
        "the rows are not sorted", np.array([[0.6, 0.1], [0.1, 0.2], [0.9, 0.3]]), np.array([0.9, 0.1, 0.4]), 0.5
    )
    for n, m in ((4, 2), (6, 3), (7, 3)):
        overlaps = np.round(rng.uniform(0.2, 1, (n, m)), 3)
        overlaps[0] /= 3  # the first meets nothing
        yield overlaps, rng.permutation(n) / n + 0.1, 0.6


@exercise(
    cases=_images,
    hints=(
        "Who chooses first? And what is left for the next?",
        "By falling score, each detection takes the truth with the largest IoU among those that nobody has, if that IoU is at least the threshold.",
        "free = np.ones(m, bool); for i in np.argsort(-scores): candidates = np.where(free, overlaps[i], -1); if its largest is ≥ least: hits[i] = 1 and free[…] = False",
    ),
)
def hits_of_an_image(overlaps, scores, least):
    """Return which detections of one class on one image are right: 1 for those that get a truth, 0 for the others, in the order given.

    overlaps : (n, m), the IoU of each detection with each truth;  scores : (n,), no two alike;  least : the smallest IoU that counts;
    returns (n,). The highest score chooses first, among the truths that nobody has.
    """
    hits, free = np.zeros(len(scores), dtype=int), np.ones(overlaps.shape[1], dtype=bool)
    for i in np.argsort(-scores):
        left = np.where(free, overlaps[i], -1.0)
        if len(left) and left.max() >= least:
            hits[i] = 1
            free[left.argmax()] = False
    return hits


def _matched(O, scores, least, order="falling", again=False, only_best=False, above=False, sort_out=False):
    n, m = O.shape
    hits, free = np.zeros(n, dtype=int), np.ones(m, dtype=bool)
    by = {"falling": -scores, "given": np.arange(n), "rising": scores, "overlap": -O.max(axis=1, initial=0)}[order]
    for i in np.argsort(by, kind="stable"):
        left = O[i] if again or only_best else np.where(free, O[i], -1.0)
        if not m:
            continue
        g, v = left.argmax(), left.max()
        if (v > least if above else v >= least) and (again or free[g]):
            hits[i] = 1
            free[g] = False
    return hits[np.argsort(-scores)] if sort_out else hits


@hits_of_an_image.mistake(
    "A truth counts once. The second detection of the same thing is wrong, however well it lies: otherwise ten boxes on one digit are ten successes."
)
def _duplicates(overlaps, scores, least):
    return _matched(overlaps, scores, least, again=True)


@hits_of_an_image.mistake("You went through the detections as they stand. The highest score chooses first.")
def _unsorted(overlaps, scores, least):
    return _matched(overlaps, scores, least, order="given")


@hits_of_an_image.mistake(
    "That is VOC's rule: a detection whose best truth is gone is wrong at once. Here, as in COCO, it may take the best of those that are left."
)
def _only_the_best(overlaps, scores, least):
    return _matched(overlaps, scores, least, only_best=True)


@hits_of_an_image.mistake("An IoU of exactly the threshold counts: it must be at least that.")
def _above(overlaps, scores, least):
    return _matched(overlaps, scores, least, above=True)


@hits_of_an_image.mistake(
    "The box that lies best has chosen first. It is the score that decides, since the truth is not known to the detector."
)
def _by_overlap(overlaps, scores, least):
    return _matched(overlaps, scores, least, order="overlap")


@hits_of_an_image.mistake(
    "You gave the hits by falling score. Asked for is the order in which the detections were given."
)
def _sorted_out(overlaps, scores, least):
    return _matched(overlaps, scores, least, sort_out=True)


@hits_of_an_image.mistake("The lowest score has chosen first. Sort by falling score.")
def _rising(overlaps, scores, least):
    return _matched(overlaps, scores, least, order="rising")


# ---------------------------------------------------------------------------------------------------------- the area
def _rankings(rng):
    yield case("the page's example", np.array([1, 1, 0, 1, 0, 0, 1, 0]), 5)
    yield case("all found, in front", np.array([1, 1, 1, 0]), 3)
    yield case("nothing found", np.array([0, 0, 0]), 4)
    yield case("a wrong one first", np.array([0, 1, 1]), 7)
    for n in (6, 9, 12):
        hits = rng.integers(0, 2, n)
        yield hits, int(hits.sum()) + int(rng.integers(1, 5))


@exercise(
    cases=_rankings,
    hints=(
        "First precision and recall after each detection. What is to be found, the truths that nobody has found included, is in the recall.",
        "Replace each precision by the largest from there to the end. Then add up: each step of the recall times the precision that holds there.",
        "right = np.cumsum(hits); precision = right / np.arange(1, n + 1); best = np.maximum.accumulate(precision[::-1])[::-1]; then sum np.diff(recall, prepend=0) * …",
    ),
)
def area_under_a_ranking(hits, truths):
    """Return the average precision over all points: the area under the envelope of precision by recall.

    hits : (n,), 1 or 0 for each detection, highest score first;  truths : how many there were to find;  returns a number
    """
    right = np.cumsum(hits)
    precision, recall = right / np.arange(1, len(hits) + 1), right / truths
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(recall, prepend=0) * best))


def _area(hits, truths, envelope="back", found=False, points=None, slant=False):
    right = np.cumsum(hits)
    of = max(right[-1], 1) if found else truths
    precision, recall = right / np.arange(1, len(hits) + 1), right / of
    best = {
        "back": np.maximum.accumulate(precision[::-1])[::-1],
        "none": precision,
        "forth": np.maximum.accumulate(precision),
    }[envelope]
    if points:
        wanted = np.arange(points) / (points - 1)
        return float(np.append(best, 0)[np.searchsorted(recall, wanted - 1e-12)].mean())
    if slant:
        return float(np.trapezoid(precision, recall))
    return float((np.diff(recall, prepend=0) * best).sum())


@area_under_a_ranking.mistake(
    "The envelope is missing: each precision is replaced by the largest at this recall or a larger one, before the area is taken."
)
def _no_envelope(hits, truths):
    return _area(hits, truths, envelope="none")


@area_under_a_ranking.mistake(
    "That is the mean at 11 recalls, 0 to 1, as in VOC to 2009. Over all points each step of the recall has its own width."
)
def _eleven(hits, truths):
    return _area(hits, truths, points=11)


@area_under_a_ranking.mistake(
    "That is the mean at 101 recalls, as in COCO. Over all points each step of the recall has its own width."
)
def _hundred(hits, truths):
    return _area(hits, truths, points=101)


@area_under_a_ranking.mistake(
    "Your recall is a share of what was found. Truths that nobody found are to find as well: divide by `truths`."
)
def _of_found(hits, truths):
    return _area(hits, truths, found=True)


@area_under_a_ranking.mistake(
    "Your envelope looks back: it carries the largest precision so far. It must look ahead, to larger recalls."
)
def _forwards(hits, truths):
    return _area(hits, truths, envelope="forth")


@area_under_a_ranking.mistake(
    "Those are trapezoids between the points. The envelope is a staircase, with nothing between to interpolate."
)
def _trapezoids(hits, truths):
    return _area(hits, truths, slant=True)


@area_under_a_ranking.mistake(
    "That is the mean of the precisions. Weigh each with the step of the recall that it stands on."
)
def _mean_precision(hits, truths):
    return float((np.cumsum(hits) / np.arange(1, len(hits) + 1)).mean())


# ------------------------------------------------------------------------------------------------------ a box's code
def _regions(rng):
    yield case("the same box", np.array([2.0, 3, 10, 9]), np.array([2.0, 3, 10, 9]))
    yield case("twice as wide", np.array([0.0, 0, 20, 10]), np.array([5.0, 0, 15, 10]))
    yield case("left of the picture's edge, and above it", np.array([-9.0, -12, -3, -4]), np.array([2.0, 1, 7, 5]))
    yield case("moved down", np.array([0.0, 5, 10, 25]), np.array([0.0, 0, 10, 20]))
    for _ in range(4):
        proposal = _box(rng)
        yield _near(rng, proposal, 0.3), proposal


@exercise(
    cases=_regions,
    hints=(
        "How far is it from the proposal's middle to the box's, in sides of the proposal? And by which factor do the sides grow?",
        "Δx = (x of the box's middle − x of the proposal's) / (the proposal's width), Δy likewise; Δw = log(width / the proposal's width), Δh likewise.",
        "sides = box[2:] - box[:2]; mine = proposal[2:] - proposal[:2]; shift = (box[:2] + box[2:] - proposal[:2] - proposal[2:]) / 2; then join shift / … and np.log(…)",
    ),
)
def box_code(box, proposal):
    """Return the four numbers Δx, Δy, Δw, Δh that lead from a proposal to its box.

    box, proposal : (4,), x₀, y₀, x₁, y₁, each with an area;  returns (4,)
    """
    sides, mine = box[2:] - box[:2], proposal[2:] - proposal[:2]
    shift = (box[:2] + box[2:] - proposal[:2] - proposal[2:]) / 2
    return np.concatenate([shift / mine, np.log(sides / mine)])


def _code(box, proposal, at="middle", by="proposal", size=np.log, turned=False):
    sides, mine = box[2:] - box[:2], proposal[2:] - proposal[:2]
    shift = (box[:2] + box[2:] - proposal[:2] - proposal[2:]) / 2 if at == "middle" else box[:2] - proposal[:2]
    shift = shift / {"proposal": mine, "box": sides, "none": 1.0}[by]
    return np.concatenate([-shift if turned else shift, size(mine / sides if turned else sides / mine)])


@box_code.mistake("You went from corner to corner. The shift is from middle to middle.")
def _corners(box, proposal):
    return _code(box, proposal, at="corner")


@box_code.mistake(
    "The shift is in pixels. Divide it by the proposal's sides, so that the code is the same at every scale."
)
def _in_pixels(box, proposal):
    return _code(box, proposal, by="none")


@box_code.mistake(
    "You divided the shift by the box's sides. The box is what is sought: whoever decodes knows the proposal's sides alone."
)
def _by_box(box, proposal):
    return _code(box, proposal, by="box")


@box_code.mistake("The logarithm of the ratio of the sides is missing.")
def _no_log(box, proposal):
    return _code(box, proposal, size=lambda r: r)


@box_code.mistake("That is the way from the box to the proposal. It leads from the proposal to the box.")
def _turned(box, proposal):
    return _code(proposal, box)


@box_code.mistake(
    "The ratio of the sides is upside down, or its logarithm has the wrong sign: a box that is wider than its proposal has Δw > 0."
)
def _upside_down(box, proposal):
    code = _code(box, proposal)
    return np.concatenate([code[:2], -code[2:]])


# ------------------------------------------------------------------------------------------------------------- cells
def _on_a_grid(rng):
    yield case("in the middle of a cell", np.array([16.0, 8, 24, 48]), 8, 64)
    yield case("its corner in another cell", np.array([4.0, 10, 40, 50]), 8, 64)
    yield case("a grid of one cell", np.array([3.0, 5, 11, 31]), 1, 64)
    for cells, size in ((7, 448), (8, 64), (4, 64), (5, 100)):
        w, h = rng.uniform(0.05, 0.4, 2) * size
        x, y = rng.uniform(0, size - w), rng.uniform(0, size - h)
        yield np.array([x, y, x + w, y + h]), cells, size


@exercise(
    cases=_on_a_grid,
    hints=(
        "Which point of the box decides? And how long is a cell's side?",
        "Divide the middle by size / cells. The whole part is the cell's number, what is left lies from 0 to 1.",
        "x = (box[0] + box[2]) / 2 * cells / size, y likewise; column, row = int(x), int(y); then [row, column, x − column, …]",
    ),
)
def cell_of_a_box(box, cells, size):
    """Return which cell of a grid has a box, and where in it: [row, column, offset in x, offset in y].

    box : (4,), x₀, y₀, x₁, y₁ in pixels;  cells : along a side of the grid;  size : pixels of the picture's side. Rows are counted from the top,
    columns from the left, both from 0; offsets go from 0, at the cell's left or upper edge, to 1;  returns (4,)
    """
    x, y = (box[:2] + box[2:]) / 2 * cells / size
    column, row = int(x), int(y)
    return np.array([row, column, x - column, y - row])


def _cell(box, cells, size, at="middle", swap=False, whole=np.floor, unit="cell", centred=False):
    point = (box[:2] + box[2:]) / 2 if at == "middle" else box[:2]
    x, y = point * cells / size
    column, row = whole(x), whole(y)
    dx, dy = x - column - 0.5 * centred, y - row - 0.5 * centred
    if unit == "pixels":
        dx, dy = dx * size / cells, dy * size / cells
    if unit == "picture":
        dx, dy = point / size
    return np.array([column, row, dx, dy] if swap else [row, column, dx, dy])


@cell_of_a_box.mistake("Row and column are swapped: x counts columns, y counts rows.")
def _swapped(box, cells, size):
    return _cell(box, cells, size, swap=True)


@cell_of_a_box.mistake(
    "That is the cell of the upper left corner. The box belongs to the cell in which its middle lies."
)
def _of_the_corner(box, cells, size):
    return _cell(box, cells, size, at="corner")


@cell_of_a_box.mistake("You rounded. The cell's number is the whole part, so that every offset lies from 0 to 1.")
def _rounded(box, cells, size):
    return _cell(box, cells, size, whole=np.round)


@cell_of_a_box.mistake("Your offsets are in pixels. They are shares of a cell's side.")
def _offset_in_pixels(box, cells, size):
    return _cell(box, cells, size, unit="pixels")


@cell_of_a_box.mistake("Your offsets are shares of the picture's side. They are shares of the cell's.")
def _offset_in_picture(box, cells, size):
    return _cell(box, cells, size, unit="picture")


@cell_of_a_box.mistake("Your offsets are counted from the cell's middle. They begin at its left and upper edge.")
def _from_the_middle(box, cells, size):
    return _cell(box, cells, size, centred=True)


# ------------------------------------------------------------------------------------------------- numbers, a choice
three_answers_four_things = number(
    "three_answers_four_things",
    answer=lambda: 1 / 4 + 1 / 4 * 2 / 3,
    rtol=5e-3,
    why="1/4 · 1 + 1/4 · 2/3 = 5/12: the half of the recall that is never reached adds nothing.",
    hints=(
        "Write precision and recall after each of the three answers.",
        "Precision 1, 1/2, 2/3; recall 1/4, 1/4, 2/4. Then the envelope.",
        "From 0 to 1/4 the envelope is 1, from 1/4 to 1/2 it is 2/3, from there on 0: add the two rectangles.",
    ),
    mistakes=[
        (lambda: 1 / 2 + 1 / 2 * 2 / 3, "You divided by the two things that were found. There were four to find."),
        (lambda: (3 * 1 + 3 * 2 / 3) / 11, "That is the mean at 11 recalls. Asked for is the area over all points."),
        (
            lambda: (1 + 1 / 2 + 2 / 3) / 3,
            "That is the mean of the three precisions: weigh each by the step of the recall.",
        ),
        (
            lambda: 1 / 4 + 1 / 4 * 1 / 2,
            "The precision at the second hit is 2/3: two of three answers were right by then.",
        ),
        (lambda: 2 / 3, "That is the precision after the last answer."),
        (lambda: 1 / 2, "That is the recall after the last answer."),
    ],
)

limit_of_proposals = choice(
    "limit_of_proposals",
    answer="b",
    why="A digit that no proposal meets cannot be found, whatever the network says, unless the four numbers move a box that hardly met it. So the recall, and with it each class's area, ends near 0.73.",
    feedback={
        "a": "The 5 or 6 proposals a canvas are fewer than the cells of the grid, and that is no harm by itself.",
        "c": "The network sees every crop at full size: what it is not shown is the trouble.",
        "d": "Suppression removes doubles. There are few, since pieces of ink do not overlap.",
    },
    hints=(
        "What must be true of a digit before the network can say anything of it?",
        "Recall counts all digits, also those that were never cropped.",
        "How large can the recall be if 27 of 100 digits are met by no proposal?",
    ),
)
