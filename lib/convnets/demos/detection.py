"""Pictures of detection: two boxes, a ranking and its three areas, suppression, thresholds, the grid, and what goes wrong."""

from __future__ import annotations

from functools import cache, lru_cache
from itertools import pairwise

import numpy as np
from matplotlib.patches import Rectangle

from lib.book.demos import Picture, choice, demo, slider
from lib.book.display import say
from lib.book.figures import BLUE, GOLD, GREEN, INK, MUTED, ORANGE, PINK, canvas, key, show_ink
from lib.book.parameters import given
from lib.convnets.canvases import SIZE, Canvases, draw_canvases
from lib.convnets.detection import average_precision as ap
from lib.convnets.detection import boxes as bx
from lib.convnets.detection import grid
from lib.convnets.digits import train_and_test

__all__ = [
    "ap_laboratory",
    "canvases_picture",
    "failures",
    "grid_picture",
    "proposals_picture",
    "suppression",
    "thresholds",
    "two_boxes",
]

WRONG = {"double": PINK, "confused": ORANGE, "misplaced": GOLD, "invented": ORANGE}


def _show(ax, image) -> None:
    """Draw a canvas: ink dark on light paper, in either mode."""
    show_ink(ax, image, extent=(0, SIZE, SIZE, 0))
    ax.set(xlim=(-0.5, SIZE + 0.5), ylim=(SIZE + 0.5, -0.5), aspect="equal")
    ax.set_axis_off()


def _frame(ax, box, colour, text="", style="-", below=False) -> None:
    x0, y0, x1, y1 = box
    ax.add_patch(Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, edgecolor=colour, linewidth=2, linestyle=style))
    if text:
        y, side = (min(y1, SIZE) + 0.5, "top") if below or y0 < 6 else (y0 - 0.5, "bottom")
        back = dict(facecolor="#fefefe", edgecolor="none", pad=0.8, alpha=0.8)
        ax.text(np.clip(x0, 0, SIZE - 6), y, text, color="#111111", fontsize=12, va=side, bbox=back)


# -------------------------------------------------------------------------------------------------------- two boxes
STILL = np.array([[4.0, 3.0, 12.0, 9.0]])


@demo(
    right=slider(-10.0, 10.0, steps=21, start=2.0, label="to the right", unit=" px", handle="x", origin=8.0),
    down=slider(-8.0, 8.0, steps=9, start=2.0, label="down", unit=" px", handle="y", origin=6.0),
)
def two_boxes(right: float, down: float) -> Picture:
    """Two boxes of 8 × 6 pixels, what they share, and what is said of that. The second one's middle is dragged.

    right, down : by how many pixels the second is moved from the place of the first
    """
    moved = STILL + np.tile([right, down], 2)
    fig, ax = canvas(width=6.2, height=3.9, layout=None)
    fig.subplots_adjust(left=0.12, right=0.97, top=0.97, bottom=0.27)
    for box, colour in ((STILL[0], BLUE), (moved[0], ORANGE)):
        _frame(ax, box, colour)
    low, high = np.maximum(STILL[0, :2], moved[0, :2]), np.minimum(STILL[0, 2:], moved[0, 2:])
    if (high > low).all():
        ax.add_patch(Rectangle(low, *(high - low), facecolor=GREEN, alpha=0.45))
    ax.set(xlim=(-9, 25), ylim=(18, -6), aspect="equal", xlabel="x (pixels)", ylabel="y (pixels)")
    key(fig, [(0.12, BLUE, "first", "■"), (0.34, ORANGE, "second", "■"), (0.6, GREEN, "in both", "■")], y=0.04)
    both = bx.intersection(STILL, moved)[0, 0]
    sides = np.minimum(STILL[0, 2:], moved[0, 2:]) - np.maximum(STILL[0, :2], moved[0, :2])
    unclamped = sides[0] * sides[1]
    trap = "" if both or unclamped <= 0 else f" Unclamped, their sides would multiply to {say(unclamped, 3)}."
    return Picture(
        fig,
        f"{both:.0f} px² lie in both and {96 - both:.0f} in one or both: IoU {bx.iou(STILL, moved)[0, 0]:.3f}, "
        f"GIoU {bx.giou(STILL, moved)[0, 0]:.3f}.{trap}",
    )


# ------------------------------------------------------------------------------------------------- the laboratory
OTHERS = (1, 1, 0, 1, 0, 0, 0)
NAMES = {"11 points": "11", "all points": "all", "101 points": "101"}


@demo(
    at=slider(1, 8, steps=8, start=7, label="place of the fourth hit", digits=1),
    truths=choice(4, 5, 6, 8, start=5, label="things to find"),
    convention=choice(*NAMES, start="all points", label="convention"),
)
def ap_laboratory(at: float, truths: int, convention: str) -> Picture:
    """Precision by recall for eight detections, four of them right, and what three conventions call the area below.

    at : where in the ranking the fourth hit stands, the others being 1 1 0 1 0 0 0;  truths : how many there were to find
    """
    hits = np.insert(OTHERS, int(at) - 1, 1)
    precision, recall = ap.precision_recall(np.arange(8, 0, -1.0), hits, truths)
    best = ap.envelope(precision)
    fig, ax = canvas(width=6.2, height=4.2, layout=None)
    fig.subplots_adjust(left=0.13, right=0.97, top=0.97, bottom=0.26)
    at_recall = np.concatenate([[0], recall])
    stairs = np.concatenate([best[:1], best])
    if NAMES[convention] == "all":
        ax.fill_between(at_recall, stairs, step="pre", color=BLUE, alpha=0.25, linewidth=0)
    else:
        wanted = np.arange(11) / 10 if NAMES[convention] == "11" else ap.RECALLS
        ax.plot(wanted, ap._at(best, recall, wanted), "o", color=BLUE, markersize=7 if len(wanted) == 11 else 2.5)
    ax.step(np.append(at_recall, recall[-1]), np.append(stairs, 0), where="pre", color=BLUE, linewidth=2)
    ax.plot(recall, precision, "o", color=ORANGE, markersize=6)
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.03, 1.06), xlabel="recall", ylabel="precision")
    key(fig, [(0.1, ORANGE, "after each detection"), (0.55, BLUE, "envelope, and what counts", "■")], y=0.04)
    said = ", ".join(f"{name} {ap.average_precision(precision, recall, c):.3f}" for name, c in NAMES.items())
    return Picture(fig, f"Hits {''.join(map(str, hits))}, {truths} to find: {said}.")


# --------------------------------------------------------------------------------------------------- suppression
@cache
def _scenes() -> dict[str, tuple[np.ndarray, ap.Found, ap.Truth]]:
    """Return three composed scenes: the picture, what is there, and detections that were made up, several for each digit."""
    source, _ = train_and_test()
    rng = np.random.default_rng(4)
    places = {
        "apart": ([[6, 8, 24, 30], [38, 30, 54, 54]], [3, 8]),
        "crossing": ([[8, 16, 30, 44], [17, 20, 39, 48]], [0, 0]),
        "two digits in one place": ([[12, 14, 40, 50], [16, 18, 40, 50]], [0, 6]),
    }
    out = {}
    for name, (where, labels) in places.items():
        truth = ap.Truth(where, labels)
        image = np.zeros((SIZE, SIZE))
        for box, label in zip(truth.boxes.astype(int), labels, strict=True):
            _paste(image, source.images[np.flatnonzero(source.labels == label)[label]], box)
        boxes, scores, kinds = [], [], []
        for box, label in zip(truth.boxes, labels, strict=True):
            for k in range(4):
                shake = rng.integers(-2, 3, 4) * (k > 0)
                boxes.append(box + shake)
                scores.append(0.95 - 0.12 * k - 0.04 * len(scores) / 4)
                kinds.append(label if k != 2 else (label + 5) % 10)
        out[name] = (image, ap.Found(np.clip(boxes, 0, SIZE), scores, kinds), truth)
    return out


def _paste(image: np.ndarray, picture: np.ndarray, box: np.ndarray) -> None:
    """Stretch a digit's ink to a box, by nearest pixels."""
    ink = picture > 76
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    part = picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] / 255
    x0, y0, x1, y1 = box
    i = ((np.arange(y1 - y0) + 0.5) * len(part) / (y1 - y0)).astype(int)
    j = ((np.arange(x1 - x0) + 0.5) * part.shape[1] / (x1 - x0)).astype(int)
    spot = image[y0:y1, x0:x1]
    np.maximum(spot, part[i][:, j], out=spot)


@demo(
    scene=choice("apart", "crossing", "two digits in one place", label="scene"),
    most=slider(0.0, 1.0, steps=11, start=0.5, label="largest IoU that stays"),
    across=choice("across classes", "per class", label="suppress"),
)
def suppression(scene: str, most: float, across: str) -> Picture:
    """What non-maximum suppression leaves of eight detections of two digits.

    scene : what there is;  most : boxes whose IoU with a better one is larger go;  across : whether a box of another class counts as a better one
    """
    image, found, truth = _scenes()[scene]
    kept = found.rows(bx.nms(found.boxes, found.scores, most, found.labels if across == "per class" else None))
    kinds, _ = ap.kinds_of_error(kept, truth)
    fig, ax = canvas(width=6.2, height=4.6, layout=None)
    fig.subplots_adjust(left=0.02, right=0.98, top=0.98, bottom=0.13)
    _show(ax, image)
    for box, kind in list(zip(kept.boxes, kinds, strict=True))[::-1]:
        _frame(ax, box, GREEN if kind == "right" else WRONG[kind], style="-" if kind == "right" else "--")
    key(fig, [(0.1, GREEN, "right", "■"), (0.35, PINK, "double", "■"), (0.62, ORANGE, "another class", "■")], y=0.03)
    right = kinds.count("right")
    return Picture(
        fig,
        f"{len(kept)} of 8 detections stay: {right} right, {kinds.count('double')} double, {kinds.count('confused')} of another class; "
        f"{len(truth) - right} of the 2 digits {'is' if len(truth) - right == 1 else 'are'} not found.",
    )


# ------------------------------------------------------------------------------------------------ pictures of pages
def canvases_picture(made: Canvases, count: int = 4) -> Picture:
    """The first canvases, with their digits' boxes and labels."""
    fig, axes = canvas(1, count, width=6.6, height=1.9)
    for n, ax in enumerate(axes):
        _show(ax, made.images[n, 0])
        for box, label in zip(made.boxes[n], made.labels[n], strict=True):
            _frame(ax, box, BLUE, str(label))
    digits = sum(len(labels) for labels in made.labels[:count])
    return Picture(fig, f"{count} canvases with {digits} digits in boxes; the scraps beside them belong to no digit.")


def grid_picture(made: Canvases, n: int = 0) -> Picture:
    """A canvas under the grid: the cells in which the middles of its boxes lie."""
    fig, ax = canvas(width=5.4, height=4.4, layout=None)
    fig.subplots_adjust(left=0.02, right=0.98, top=0.98, bottom=0.03)
    _show(ax, made.images[n, 0])
    for line in np.arange(0, SIZE + 1, grid.CELL):
        ax.plot([0, SIZE], [line, line], color=MUTED, linewidth=0.7)
        ax.plot([line, line], [0, SIZE], color=MUTED, linewidth=0.7)
    said = []
    for box, label in zip(made.boxes[n], made.labels[n], strict=True):
        middle = (box[:2] + box[2:]) / 2
        column, row = (middle // grid.CELL).astype(int)
        _frame(ax, box, BLUE, str(label))
        ax.add_patch(Rectangle((8 * column, 8 * row), 8, 8, facecolor=ORANGE, alpha=0.35))
        ax.plot(*middle, "o", color=ORANGE, markersize=6, markeredgecolor="#fefefe")
        said.append(f"the {label} in row {row}, column {column}")
    return Picture(fig, f"The middle of {', of '.join(said)}; all other cells are to say that there is nothing.")


def proposals_picture(made: Canvases, propose, rows) -> Picture:
    """Canvases with the proposals made on them: green where one meets a digit with an IoU of at least 0.5."""
    fig, axes = canvas(1, len(rows), width=6.6, height=2.6, layout=None)
    fig.subplots_adjust(left=0.01, right=0.99, top=0.99, bottom=0.16, wspace=0.05)
    met = there = count = 0
    for ax, n in zip(axes, rows, strict=True):
        _show(ax, made.images[n, 0])
        proposals = propose(made.images[n, 0])
        overlap = bx.iou(proposals, made.boxes[n])
        for box, good in zip(proposals, (overlap >= 0.5).any(axis=1), strict=True):
            _frame(ax, box, GREEN if good else ORANGE, style="-" if good else "--")
        met, there = met + int((overlap >= 0.5).any(axis=0).sum()), there + len(made.boxes[n])
        count += len(proposals)
    key(fig, [(0.1, GREEN, "meets a digit", "■"), (0.5, ORANGE, "meets none", "■")], y=0.05)
    return Picture(fig, f"{count} proposals on {len(rows)} canvases meet {met} of {there} digits.")


# ------------------------------------------------------------------------------------------------- the trained grid
@cache
def random_detector(width: int = 2) -> grid.GridDetector:
    """Return a detector that has learned nothing."""
    rng = np.random.default_rng(0)
    channels = [1, *([width] * len(grid.STRIDES)), grid.NUMBERS]
    weights = {}
    for i, (before, after) in enumerate(pairwise(channels)):
        k = 3 if i < len(grid.STRIDES) else 1
        weights |= {f"conv{i}.W": rng.normal(size=(after, before, k, k)), f"conv{i}.b": rng.normal(size=after)}
    return grid.GridDetector(weights)


@cache
def _held_out(count: int = 100) -> tuple[Canvases, list[ap.Truth]]:
    made = draw_canvases(train_and_test()[1], count, np.random.default_rng(70))
    return made, [ap.Truth(b, y) for b, y in zip(made.boxes, made.labels, strict=True)]


@lru_cache(maxsize=2)
def _said(model: grid.GridDetector) -> list[ap.Found]:
    return grid.decode_cells(model(_held_out()[0].images), least=0.02)


@lru_cache(maxsize=16)
def _curve(model: grid.GridDetector, most: float, per_class: bool):
    """Return what suppression leaves on each canvas, and the scores and hits of all of it, highest score first."""
    found = [grid.without_doubles(one, most, per_class) for one in _said(model)]
    hits = [
        np.array(ap.kinds_of_error(f, t)[0], dtype=object) == "right"
        for f, t in zip(found, _held_out()[1], strict=True)
    ]
    scores, hits = np.concatenate([one.scores for one in found]), np.concatenate(hits)
    order = np.argsort(-scores, kind="stable")
    return found, scores[order], hits[order]


@demo(
    model=given("grid_detector", sample=random_detector, of=grid.GridDetector),
    least=slider(0.05, 0.95, steps=10, start=0.35, label="lowest score"),
    most=choice("0.1", "0.45", "0.8", "1", start="0.45", label="largest IoU that stays"),
    example=choice("1", "2", "3", "4", label="canvas"),
)
def thresholds(model: grid.GridDetector, least: float, most: str, example: str) -> Picture:
    """What the detector says of a canvas, and where its two thresholds put it on the curve of precision by recall over 100 canvases.

    least : detections with a lower score are left out;  most : boxes whose IoU with a better one is larger go, whatever their class
    """
    made, truth = _held_out()
    found, scores, hits = _curve(model, float(most), False)
    there = sum(map(len, truth))
    n = int(example)
    mine = found[n].rows(np.flatnonzero(found[n].scores >= least))
    fig, (left, ax) = canvas(1, 2, width=6.6, height=3.6, layout=None)
    fig.subplots_adjust(left=0.01, right=0.98, top=0.97, bottom=0.3, wspace=0.28)
    _show(left, made.images[n, 0])
    kinds, _ = ap.kinds_of_error(mine, truth[n])
    for box, kind, label in zip(mine.boxes[:12], kinds, mine.labels, strict=False):
        _frame(left, box, GREEN if kind == "right" else ORANGE, str(label), "-" if kind == "right" else "--")
    precision, recall = ap.precision_recall(scores, hits, there)
    at = np.unique(np.linspace(0, len(recall) - 1, 80).astype(int)) if len(recall) else []
    ax.plot(recall[at], precision[at], color=BLUE, linewidth=2)
    count = int((scores >= least).sum())
    if count:
        ax.plot(recall[count - 1], precision[count - 1], "o", color=INK, markersize=9)
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.04), xlabel="recall", ylabel="precision")
    key(fig, [(0.02, GREEN, "right", "■"), (0.18, ORANGE, "wrong", "■"), (0.5, INK, "with these thresholds")], y=0.04)
    right = int(hits[:count].sum())
    return Picture(
        fig,
        f"With scores from {say(least, 2)} on and an IoU of at most {most}: {count} detections on 100 canvases, {right} of them right, of {there} "
        f"digits. On this canvas {kinds.count('right')} of {len(truth[n])} are found, and {len(kinds) - kinds.count('right')} said wrongly.",
    )


KINDS = {
    "missed": "a digit that no box lies on",
    "double": "a digit that is found twice",
    "confused": "a digit taken for another",
    "misplaced": "a box that is badly placed",
    "invented": "a box where nothing is",
}


@lru_cache(maxsize=2)
def _mistakes(model: grid.GridDetector) -> dict[str, list]:
    """Return by kind of mistake up to three canvases: picture, detections, truth."""
    made, truth = _held_out()
    out: dict[str, list] = {kind: [] for kind in KINDS}
    for n, one in enumerate(_said(model)):
        found = grid.without_doubles(one)
        found = found.rows(np.flatnonzero(found.scores >= 0.2)[:12])
        kinds, missed = ap.kinds_of_error(found, truth[n])
        for kind, shown in out.items():
            if len(shown) < 3 and (kind in kinds or (kind == "missed" and len(missed))):
                shown.append((made.images[n, 0], found, truth[n]))
    return out | {"planted: too large": _planted(model, True), "planted: one in another": _planted(model, False)}


def _planted(model: grid.GridDetector, large: bool) -> list:
    """Return canvases such as were never trained on: a digit of twice the size, or a small one within a large one."""
    source, out = train_and_test()[1], []
    for k in range(3):
        image = np.zeros((SIZE, SIZE))
        where = [[8, 5, 52, 61]] if large else [[8, 8, 48, 56], [22, 24, 36, 44]]
        labels = [k + 2] if large else [0, k + 2]
        for box, label in zip(where, labels, strict=True):
            _paste(image, source.images[np.flatnonzero(source.labels == label)[0]], box)
        found = model.detect(image[None, None], least=0.2)[0]
        out.append((image, found.rows(np.arange(min(len(found), 12))), ap.Truth(where, labels)))
    return out


@demo(
    model=given("grid_detector", sample=random_detector, of=grid.GridDetector),
    kind=choice(*KINDS, "planted: too large", "planted: one in another", label="mistake"),
    example=choice("1", "2", "3", label="example"),
)
def failures(model: grid.GridDetector, kind: str, example: str) -> Picture:
    """Canvases that the detector gets wrong: at the left what is there, at the right what it says from a score of 0.2 on.

    kind : which kind of mistake is on it, or what was planted;  example : which of up to three
    """
    shown = _mistakes(model)[kind]
    fig, axes = canvas(1, 2, width=6.4, height=3.6, layout=None)
    fig.subplots_adjust(left=0.01, right=0.99, top=0.99, bottom=0.13, wspace=0.05)
    if len(shown) < int(example):
        for ax in axes:
            ax.set_axis_off()
        axes[0].text(0.02, 0.5, f"no {'other ' if shown else ''}canvas of this kind\namong these 100", fontsize=13)
        return Picture(
            fig, f"Among 100 canvases there {'is no further one' if shown else 'is none'} with {KINDS.get(kind, kind)}."
        )
    image, found, truth = shown[int(example) - 1]
    kinds, missed = ap.kinds_of_error(found, truth)
    for ax in axes:
        _show(ax, image)
    for k, (box, label) in enumerate(zip(truth.boxes, truth.labels, strict=True)):
        _frame(axes[0], box, BLUE, str(label), "--" if k in missed else "-")
    for box, what, label in zip(found.boxes, kinds, found.labels, strict=True):
        _frame(axes[1], box, GREEN if what == "right" else ORANGE, str(label), "-" if what == "right" else "--")
    key(fig, [(0.03, BLUE, "what is there", "■"), (0.5, GREEN, "right", "■"), (0.7, ORANGE, "wrong", "■")], y=0.03)
    there = ", ".join(map(str, truth.labels))
    said = ", ".join(
        f"{label} ({say(score, 2)}, {what})"
        for label, score, what in zip(found.labels, found.scores, kinds, strict=True)
    )
    return Picture(fig, f"There: {there}. Said, with scores: {said or 'nothing'}.")
