"""Pictures of the project "A detector for new letters": what is said of a sheet, and lists that are made up to be tidied."""

from __future__ import annotations

from functools import cache

import numpy as np
from matplotlib.cm import cividis

from lib.book.demos import Picture, choice, demo, slider
from lib.book.display import say
from lib.book.figures import BLUE, GREEN, MUTED, ORANGE, canvas, key, text_on
from lib.book.parameters import given
from lib.convnets.canvases import SIZE, Canvases, draw_canvases
from lib.convnets.demos.detection import _frame, _show, random_detector
from lib.convnets.detection import average_precision as ap
from lib.convnets.detection import boxes as bx
from lib.convnets.detection.letters import LetterDetector
from lib.convnets.digits import SIDE, Digits
from lib.convnets.exercises.project_glyphs import made_up_scene
from lib.convnets.glyphs import LETTERS

__all__ = ["a_sheet_of_letters", "confused_letters", "letters_picture", "to_be_tidied"]


def letters_picture(letters: Digits) -> Picture:
    """One letter of each kind, in four rows."""
    fig, axes = canvas(4, len(LETTERS), width=6.4, height=2.8, layout=None)
    fig.subplots_adjust(left=0.01, right=0.99, top=0.99, bottom=0.01, wspace=0.08, hspace=0.08)
    for label, column in enumerate(axes.T):
        mine = np.flatnonzero(letters.labels == label)
        for row, ax in enumerate(column):
            image = letters.images[mine[row * len(mine) // 4]] / 255
            ax.imshow(np.round(image * 15) / 15, cmap="gray_r", vmin=0, vmax=1.15)
            ax.set_axis_off()
    return Picture(fig, f"The letters {' '.join(LETTERS)}, each in four typefaces.")


# ------------------------------------------------------------------------------------------------------------ a sheet
def random_letter_detector() -> LetterDetector:
    """Return a detector with weights drawn at random and letters of nothing but frames: a sample for tests."""
    letters = np.zeros((20, SIDE, SIDE), dtype=np.uint8)
    letters[:, 5:23, 5:23] = 255
    letters[:, 8:20, 8:20] = 0
    return LetterDetector({**random_detector().weights, "letters": letters, "labels": np.arange(20) % 10})


@cache
def _sheets(model: LetterDetector) -> tuple[Canvases, list]:
    sheets = draw_canvases(model.unseen, 8, np.random.default_rng(3))
    return sheets, model.detect(sheets.images, least=0.02)


@demo(
    model=given("letter_detector", sample=random_letter_detector, of=LetterDetector),
    sheet=slider(1, 8, steps=8, start=1, label="sheet", digits=1),
    least=choice(0.02, 0.1, 0.2, 0.3, 0.5, 0.7, start=0.3, label="lowest score"),
)
def a_sheet_of_letters(model: LetterDetector, sheet: float, least: float) -> Picture:
    """A sheet of letters in typefaces that were not in the training, and what the detector says of it.

    sheet : its number;  least : answers with a lower score are left out
    """
    sheets, said = _sheets(model)
    n = int(sheet) - 1
    found = said[n].rows(np.flatnonzero(said[n].scores >= least)[:12])
    truth = ap.Truth(sheets.boxes[n], sheets.labels[n])
    kinds, missed = ap.kinds_of_error(found, truth)
    fig, axes = canvas(1, 2, width=6.4, height=3.6, layout=None)
    fig.subplots_adjust(left=0.01, right=0.99, top=0.99, bottom=0.13, wspace=0.05)
    for ax in axes:
        _show(ax, sheets.images[n, 0])
    for k, (box, label) in enumerate(zip(truth.boxes, truth.labels, strict=True)):
        _frame(axes[0], box, BLUE, LETTERS[label], "--" if k in missed else "-")
    for box, what, label in zip(found.boxes, kinds, found.labels, strict=True):
        _frame(axes[1], box, GREEN if what == "right" else ORANGE, LETTERS[label], "-" if what == "right" else "--")
    key(fig, [(0.03, BLUE, "what is there", "■"), (0.5, GREEN, "right", "■"), (0.7, ORANGE, "wrong", "■")], y=0.03)
    there = ", ".join(LETTERS[k] for k in truth.labels)
    answers = ", ".join(
        f"{LETTERS[label]} ({say(score, 2)}, {what})"
        for label, score, what in zip(found.labels, found.scores, kinds, strict=True)
    )
    return Picture(fig, f"There: {there}. Said, with scores: {answers or 'nothing'}.")


# ------------------------------------------------------------------------------------------------------------ made up
@demo(
    scene=slider(1, 8, steps=8, start=2, label="sheet", digits=1),
    least=choice(0.0, 0.2, 0.3, 0.5, start=0.0, label="lowest score"),
    most=choice(0.2, 0.45, 0.7, 1.0, start=1.0, label="largest IoU of two that stay"),
)
def to_be_tidied(scene: float, least: float, most: float) -> Picture:
    """A sheet and a detector's list that were made up, cut at a score, with doubles suppressed across letters.

    scene : which sheet;  least : the lowest score that stays;  most : the largest intersection over union of two that stay; at 1 nothing is suppressed
    """
    truth, labels, boxes, scores, said = made_up_scene(int(scene))
    rows = np.flatnonzero(scores >= least)
    rows = rows[bx.nms(boxes[rows], scores[rows], most)] if len(rows) else rows
    found = ap.Found(boxes[rows], scores[rows], said[rows])
    kinds, missed = ap.kinds_of_error(found, ap.Truth(truth, labels))
    fig, ax = canvas(width=5.2, height=4.6, layout=None)
    fig.subplots_adjust(left=0.02, right=0.98, top=0.96, bottom=0.1)
    for box, label in zip(truth, labels, strict=True):
        _frame(ax, box, BLUE, LETTERS[label])
    for box, what, label in zip(found.boxes, kinds, found.labels, strict=True):
        _frame(ax, box, GREEN if what == "right" else ORANGE, LETTERS[label], "--", below=True)
    ax.set(xlim=(-3, SIZE + 8), ylim=(SIZE + 8, -3), aspect="equal")
    ax.grid(False)
    ax.set_xticks([])
    ax.set_yticks([])
    for side in ax.spines.values():
        side.set_color(MUTED)
    key(fig, [(0.03, BLUE, "there", "■"), (0.33, GREEN, "right", "■"), (0.63, ORANGE, "wrong", "■")], y=0.025)
    right = sum(what == "right" for what in kinds)
    return Picture(
        fig,
        f"{len(truth)} letters are there and {len(scores)} answers in the list; {len(found)} are kept, of which {right} right; {len(missed)} letters are missed.",
    )


def confused_letters(counts) -> Picture:
    """How often each letter (row) was called each (column): counts (10, 10)."""
    fig, ax = canvas(width=5.6, height=5.0)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    ax.imshow(share, cmap="cividis", vmin=0, vmax=1)
    for (i, j), count in np.ndenumerate(counts):
        if count:
            ax.text(j, i, str(count), ha="center", va="center", fontsize=12, color=text_on(cividis(share[i, j])))
    ax.set(xlabel="was called", ylabel="is there")
    ax.set_xticks(range(10), LETTERS)
    ax.set_yticks(range(10), LETTERS)
    ax.tick_params(length=0)
    ax.grid(False)
    return Picture(
        fig,
        "A row for each letter that is there, a column for each name that it got; the brighter, the larger the share of its row.",
    )
