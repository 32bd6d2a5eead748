"""The project "A detector for new letters": steps, and the goal, a list of detections that is tidied up."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book.exercises import case, choice, exercise, goal, prediction
from lib.convnets.detection import average_precision as ap
from lib.convnets.detection import boxes as bx

__all__ = [
    "confusion_counts",
    "decoded_cell",
    "letters_that_stay_letters",
    "made_up_scene",
    "old_or_new",
    "score_to_keep",
    "tidy_list",
]


# ---------------------------------------------------------------------------------------------------------- step 1
def _cells(rng):
    flat = np.zeros(15)
    yield case("all numbers 0, in the first cell", flat, 0, 0)
    yield case("all numbers 0, in another row and column", flat, 2, 5)
    yield case("large scores", np.concatenate([[3.0, 0, 0, 0, 0], 800.0 * np.eye(4)[0]]), 1, 1)
    for K in (3, 10, 4, 6):
        yield rng.normal(size=5 + K), int(rng.integers(8)), int(rng.integers(8))


@exercise(
    cases=_cells,
    hints=(
        "Which of the numbers are probabilities, which are lengths, and how was each squeezed or stretched before it was told?",
        "Sigmoids for the first three, exponentials times 20 for the sides, a softmax for the classes. The middle lies at 8 (column + offset) to the right, "
        "8 (row + offset) down; the box goes half a side to both sides.",
        "x = 8 * (column + sigmoid(z[1])), y with row and z[2]; w = 20 * np.exp(z[3]), h with z[4]; P = exp(z[5:] - max) / sum; score = sigmoid(z[0]) * …",
    ),
)
def decoded_cell(z, row, column):
    """Return what one cell says: its box, the score and the class.

    z : (5 + K,), the logit of "there is one", two whose sigmoids are the offsets to the right and down, the logarithms of width and height over 20 pixels,
    and K scores of classes;  row, column : of the cell, from 0; cells have a side of 8 pixels
    returns (x₀, y₀, x₁, y₁, score, class), an array of six numbers; the score is P(there is one) · P(likeliest class)
    """
    there, right, down = 1 / (1 + np.exp(-z[:3]))
    x, y = 8 * (column + right), 8 * (row + down)
    w, h = 20 * np.exp(z[3:5])
    odds = np.exp(z[5:] - z[5:].max())  # the likeliest class has odds 1
    score = there / odds.sum()
    return np.array([x - w / 2, y - h / 2, x + w / 2, y + h / 2, score, z[5:].argmax()])


def _cell(
    z, row, column, *, offsets=True, places="xy", grow=np.exp, corner=False, sure=True, classes="softmax", half=2
):
    sigmoid = lambda t: 1 / (1 + np.exp(-t))
    right, down = sigmoid(z[1:3]) if offsets else z[1:3]
    first, second = (column, row) if places == "xy" else (row, column)
    x, y, (w, h) = 8 * (first + right), 8 * (second + down), 20 * grow(z[3:5])
    odds = np.exp(z[5:] - z[5:].max())
    best = {"softmax": odds.max() / odds.sum(), "score": z[5:].max(), "none": 1.0}[classes]
    score = (sigmoid(z[0]) if sure else 1.0) * best
    box = [x, y, x + w, y + h] if corner else [x - w / half, y - h / half, x + w / half, y + h / half]
    return np.array([*box, score, z[5:].argmax()])


@decoded_cell.mistake("Row and column have changed places: x goes to the right, and counts columns.")
def _rows_first(z, row, column):
    return _cell(z, row, column, places="yx")


@decoded_cell.mistake("The offsets are sigmoids of what the cell says: without them a middle could leave its cell.")
def _plain_offsets(z, row, column):
    return _cell(z, row, column, offsets=False)


@decoded_cell.mistake("Sides are told as logarithms over 20 pixels: take the exponential.")
def _plain_sides(z, row, column):
    return _cell(z, row, column, grow=lambda t: t)


@decoded_cell.mistake(
    "You take the middle of the box for its corner: go half a side to the left and up from it, and half to the right and down."
)
def _from_the_corner(z, row, column):
    return _cell(z, row, column, corner=True)


@decoded_cell.mistake(
    "You go a whole side each way from the middle, so that the box is twice as wide and high. Go half a side."
)
def _whole_sides(z, row, column):
    return _cell(z, row, column, half=1)


@decoded_cell.mistake(
    "The score leaves out whether there is a letter at all: an empty cell, too, has a likeliest class."
)
def _sure(z, row, column):
    return _cell(z, row, column, sure=False)


@decoded_cell.mistake(
    "The score leaves out how probable the class is: multiply by the largest probability of the softmax."
)
def _no_class(z, row, column):
    return _cell(z, row, column, classes="none")


@decoded_cell.mistake(
    "You multiply by the largest score of the classes. Scores are no probabilities: take the softmax first."
)
def _raw_class(z, row, column):
    return _cell(z, row, column, classes="score")


# ---------------------------------------------------------------------------------------------------------- step 2
letters_that_stay_letters = choice(
    "letters_that_stay_letters",
    answer="ad",
    why="Turned by half, И stays as it is, but Г, Б and Щ become signs that are nowhere in the alphabet; mirrored, И becomes N. Neither will ever be on a sheet, and the network would spend itself on them.",
    feedback={
        "b": "A letter that is turned by a few degrees is that letter: sheets lie askew.",
        "c": "A letter that is a little wider is that letter: typefaces differ so.",
        "e": "A letter at another place is that letter, if its box moves along.",
    },
    hints=(
        "Of each change ask: is what comes out a letter, and the same one?",
        "Look at И, Г and Щ. What is the mirror image of И?",
        "Two of the five make signs that no sheet will ever show.",
    ),
)


# ---------------------------------------------------------------------------------------------------------- step 3
old_or_new = prediction(
    "old_or_new",
    answer="c",
    why="Where things are, how large, and what is only a scrap it knows already. What is new are ten names, and for those 80 sheets go a long way.",
    feedback={
        "a": "Nothing would carry over then. But letters have strokes and edges like digits, and scraps are scraps.",
        "b": "It does better. How to place a box, and what to leave alone, it need not learn again.",
        "d": "With 80 sheets each letter has been seen about twenty times, in six typefaces, and the test has others.",
    },
)


# ---------------------------------------------------------------------------------------------------------- step 4
def _rankings(rng):
    yield case("already sorted", np.array([0.9, 0.8, 0.7, 0.6]), np.array([1, 1, 0, 1]), 4)
    yield case("the best is to keep one", np.array([0.3, 0.9, 0.5]), np.array([0, 1, 0]), 1)
    yield case("the best is to keep all", np.array([0.2, 0.4, 0.3]), np.array([1, 1, 1]), 5)
    yield case("a hit far down", np.array([0.9, 0.4, 0.8, 0.7, 0.6, 0.5]), np.array([1, 1, 1, 0, 0, 0]), 3)
    yield case("one wrong at the top", np.array([0.1, 0.95, 0.6, 0.5]), np.array([1, 0, 1, 1]), 6)
    for _ in range(5):
        n = int(rng.integers(6, 15))
        scores = rng.permutation(np.linspace(0.05, 0.95, n)) + rng.uniform(-0.02, 0.02, n)
        hits = (rng.random(n) < 0.25 + 0.6 * scores).astype(int)
        yield scores, hits, int(hits.sum() + rng.integers(1, 6))


@exercise(
    cases=_rankings,
    hints=(
        "If everything from a score on is kept: how many are kept, how many of them are right, and how many were there to find?",
        "Sort by falling score. After the first j, r of them right, the precision is r/j and the recall r/truths, and F₁ = 2r/(j + truths). Take the j with the largest.",
        "order = np.argsort(-scores); r = np.cumsum(hits[order]); f = 2 * r / (np.arange(1, len(r) + 1) + truths); return np.array([scores[order][…], f.max()])",
    ),
)
def score_to_keep(scores, hits, truths):
    """Return the score from which on answers should be kept, so that F₁, the harmonic mean of precision and recall, is largest.

    scores : (n,), all different, in any order;  hits : (n,), 1 where an answer is right, else 0;  truths : how many things there were to find
    returns (score, F₁), an array of two: one of the scores, which is kept with all above it, and the F₁ that this gives
    """
    order = np.argsort(-scores)
    right = np.cumsum(hits[order])
    f = 2 * right / (np.arange(1, len(order) + 1) + truths)
    return np.array([scores[order][f.argmax()], f.max()])


def _kept(scores, hits, truths, *, rising=False, of="f"):
    order = np.argsort(scores if rising else -scores)
    right, kept = np.cumsum(hits[order]), np.arange(1, len(scores) + 1)
    P, R = right / kept, right / truths
    measure = {
        "f": 2 * right / (kept + truths),
        "small": right / (kept + truths),
        "precision": P,
        "recall": R,
        "sum": P + R,
        "found": 2 * right / (kept + hits.sum()),
        "product": P * R,
    }[of]
    best = np.argmax(measure)
    return np.array(
        [scores[order][best], measure[best] if of in ("found", "small") else 2 * right[best] / (kept[best] + truths)]
    )


@score_to_keep.mistake("You sort by rising score: then the worst answers are kept first.")
def _rising(scores, hits, truths):
    return _kept(scores, hits, truths, rising=True)


@score_to_keep.mistake("You look at precision alone. It is largest where hardly anything is said.")
def _precision(scores, hits, truths):
    return _kept(scores, hits, truths, of="precision")


@score_to_keep.mistake("You look at recall alone. It is largest where everything is said.")
def _recall(scores, hits, truths):
    return _kept(scores, hits, truths, of="recall")


@score_to_keep.mistake(
    "For the recall you divide by the hits of the list. What nobody found counts as well: divide by truths."
)
def _of_found(scores, hits, truths):
    return _kept(scores, hits, truths, of="found")


@score_to_keep.mistake("You take the sum of precision and recall. F₁ is their harmonic mean, 2PR/(P + R).")
def _sum(scores, hits, truths):
    return _kept(scores, hits, truths, of="sum")


@score_to_keep.mistake("You do not sort: hits and scores come in any order.")
def _unsorted(scores, hits, truths):
    right, kept = np.cumsum(hits), np.arange(1, len(scores) + 1)
    f = 2 * right / (kept + truths)
    return np.array([scores[f.argmax()], f.max()])


@score_to_keep.mistake("Your F₁ is half of what it should be: it is 2r/(kept + truths), and 1 for a perfect list.")
def _half(scores, hits, truths):
    return _kept(scores, hits, truths, of="small")


# ---------------------------------------------------------------------------------------------------------- step 5
def _pairs(rng):
    yield case("each once", np.array([0, 1, 2]), np.array([0, 2, 1]), 3)
    yield case("the same pair three times", np.array([1, 1, 1]), np.array([0, 0, 0]), 2)
    yield case("nothing found", np.zeros(0, int), np.zeros(0, int), 2)
    yield case("classes that never occur", np.array([0, 0, 1]), np.array([1, 0, 1]), 4)
    for _ in range(3):
        K, n = int(rng.integers(3, 6)), int(rng.integers(8, 20))
        yield rng.integers(K, size=n), rng.integers(K, size=n), K


@exercise(
    cases=_pairs,
    hints=(
        "How large is the table, and which of its entries does one pair add to?",
        "It is K × K, rows are what is there. One pair adds 1 in row `true` and column `said`. The same pair may come often.",
        "table = np.zeros((K, K), dtype=int); a loop over zip(true, said), or np.add.at(table, (…, …), 1)",
    ),
)
def confusion_counts(true, said, K):
    """Return how often each letter was taken for each.

    true, said : (n,), whole numbers from 0 to K − 1: what each box that was found holds, and what the detector says
    returns (K, K), whole numbers: row i, column j counts boxes of letter i that were called j
    """
    table = np.zeros((K, K), dtype=int)
    for i, j in zip(true, said, strict=True):
        table[i, j] += 1
    return table


@confusion_counts.mistake(
    "Each pair is counted once, however often it occurs: table[true, said] += 1 adds to an entry once. Use np.add.at, or a loop."
)
def _once(true, said, K):
    table = np.zeros((K, K), dtype=int)
    table[true, said] += 1
    return table


@confusion_counts.mistake("Rows and columns have changed places: rows are what is there, columns what was said.")
def _turned(true, said, K):
    return confusion_counts.function(said, true, K)


@confusion_counts.mistake("Only mistakes are counted. The diagonal holds what was read rightly.")
def _off_diagonal(true, said, K):
    table = confusion_counts.function(true, said, K)
    return table - np.diag(np.diag(table))


@confusion_counts.mistake(
    "You divide by the sum of each row. Counts are asked for: with few letters a share says less than it seems to."
)
def _shares(true, said, K):
    table = confusion_counts.function(true, said, K)
    return table / np.maximum(table.sum(axis=1, keepdims=True), 1)


@confusion_counts.mistake(
    "You count a pair in both directions. That Щ is taken for Ш does not say that Ш is taken for Щ."
)
def _both_ways(true, said, K):
    table = confusion_counts.function(true, said, K)
    return table + table.T - np.diag(np.diag(table))


# ------------------------------------------------------------------------------------------------------------ goal
SCENES = 300


def made_up_scene(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return a sheet's letters, and what an imagined detector says of it: boxes (n, 4), labels (n,); its boxes (m, 4), scores (m,), labels (m,), in any order."""
    rng = np.random.default_rng(seed)
    boxes: list = []
    for _ in range(int(rng.integers(1, 5))):
        for _ in range(20):
            corner, side = rng.uniform(0, 44, 2), rng.uniform(14, 24, 2)
            box = np.concatenate([corner, corner + side])
            if not boxes or bx.iou([box], boxes).max() <= 0.2:
                boxes.append(box)
                break
    truth, labels = np.array(boxes), rng.integers(10, size=len(boxes))
    said = []
    for box, label in zip(truth, labels, strict=True):
        score = rng.uniform(0.35, 1)
        other = int((label + rng.integers(1, 10)) % 10)
        if rng.random() < 0.95:
            said.append((box + rng.normal(0, 0.8, 4), score, label if rng.random() < 0.95 else other))
        for _ in range(int(rng.integers(3))):  # neighbouring cells see it as well
            again = label if rng.random() < 0.5 else other
            said.append((box + rng.normal(0, 1.5, 4), score * rng.uniform(0.3, 0.95), again))
    for _ in range(int(rng.poisson(1.5))):  # scraps
        corner, side = rng.uniform(0, 48, 2), rng.uniform(10, 22, 2)
        said.append((np.concatenate([corner, corner + side]), rng.uniform(0.02, 0.3), int(rng.integers(10))))
    if not said:
        said.append((np.array([1.0, 1, 12, 12]), 0.05, 0))
    rows = rng.permutation(len(said))
    found = [np.array([said[i][k] for i in rows]) for k in range(3)]
    return truth, labels, found[0], found[1], found[2].astype(int)


@cache
def _scenes() -> list[tuple]:
    return [made_up_scene(10_000 + n) for n in range(SCENES)]


def above_and_apart():
    """Leave out what scores below 0.3, then suppress across classes: one place holds one letter."""

    def tidy(boxes, scores, labels):
        rows = np.flatnonzero(scores >= 0.3)
        return rows[bx.nms(boxes[rows], scores[rows], 0.45)]

    return tidy


def _kept_rows(answer, boxes, scores, labels) -> np.ndarray:
    if not callable(answer):
        raise ValueError("hand over a function of boxes, scores and labels that returns the rows to keep")
    rows = np.asarray(answer(boxes.copy(), scores.copy(), labels.copy()))
    if rows.dtype == bool and rows.shape == scores.shape:
        rows = np.flatnonzero(rows)
    if rows.ndim != 1 or (rows.size and rows.dtype.kind not in "iu"):
        raise ValueError("the rows to keep must be whole numbers, (k,)")
    rows = rows.astype(int)
    if len(set(rows.tolist())) < len(rows) or (rows < 0).any() or (rows >= len(scores)).any():
        raise ValueError(f"rows must be different numbers from 0 to {len(scores) - 1}")
    return rows


def _f1(answer) -> float:
    right = said = there = 0
    for truth, labels, boxes, scores, found in _scenes():
        rows = _kept_rows(answer, boxes, scores, found)
        for label in set(labels.tolist()):
            mine = rows[found[rows] == label]
            right += int((ap.match(boxes[mine], scores[mine], truth[labels == label]) >= 0).sum()) if len(mine) else 0
        said, there = said + len(rows), there + len(truth)
    return 200 * right / (said + there)


@goal(
    worked=above_and_apart,
    above=89,
    label="F₁ of what is kept, on 300 sheets",
    unit=" %",
    hints=(
        "Two things are wrong with the lists: doubles, and answers to nothing. Each has its own remedy.",
        "Leave out low scores first, and of boxes that lie on each other keep the one with the highest score, whatever the letters. bx.nms does the second.",
        "rows = np.flatnonzero(scores >= about a third); return rows[bx.nms(boxes[rows], scores[rows], about one half)]. Mind whose numbers nms returns.",
    ),
)
def tidy_list(answer) -> float:
    """Hand over a function of boxes (m, 4), scores (m,) and labels (m,), in any order, that returns the numbers of the rows to keep."""
    return _f1(answer)


def _same(answer, other) -> bool:
    return all(
        set(_kept_rows(answer, *scene[2:]).tolist()) == set(_kept_rows(other, *scene[2:]).tolist())
        for scene in _scenes()[:60]
    )


@tidy_list.pitfall(
    "Everything is kept. The doubles of each letter and the answers to scraps count as wrong.",
    example=lambda: lambda boxes, scores, labels: np.arange(len(scores)),
)
def _everything(answer) -> bool:
    return all(len(_kept_rows(answer, *scene[2:])) == len(scene[3]) for scene in _scenes()[:60])


@tidy_list.pitfall(
    "You suppress within classes: where one letter was read as two, both readings stay. One place holds one letter.",
    example=lambda: lambda boxes, scores, labels: bx.nms(boxes, scores, 0.45, labels),
)
def _within(answer) -> bool:
    both = 0
    for _, _, boxes, scores, labels in _scenes()[:60]:
        rows = _kept_rows(answer, boxes, scores, labels)
        overlaps = bx.iou(boxes[rows], boxes[rows]) > 0.6
        same = labels[rows][:, None] == labels[rows][None]
        if (overlaps & same).sum() > len(rows):
            return False
        both += int((overlaps & ~same).sum())
    return both > 10


@tidy_list.pitfall(
    "The numbers that nms returns count the rows that you gave it, not all rows: after a selection, rows[…] leads back.",
    example=lambda: lambda boxes, scores, labels: bx.nms(boxes[scores >= 0.3], scores[scores >= 0.3], 0.45),
)
def _wrong_numbers(answer) -> bool:
    return any(
        _same(answer, lambda b, s, k, least=least: bx.nms(b[s >= least], s[s >= least], 0.45))
        for least in (0.25, 0.3, 0.35, 0.4, 0.5)
    )
