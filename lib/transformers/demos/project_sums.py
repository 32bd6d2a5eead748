"""Pictures of the project "A GPT that adds": a sum of one's own, and what each place of the answer might have been."""

from __future__ import annotations

import re

import numpy as np

from lib.book.demos import Picture, demo, refusal
from lib.book.figures import MUTED, ORANGE, canvas, drawable, key
from lib.book.parameters import given, text
from lib.losses.classification import softmax
from lib.transformers.demos.gpt import random_gpt
from lib.transformers.gpt import GPT

__all__ = ["adds_a_sum"]


@demo(
    model=given("adder", sample=lambda: random_gpt(13, 24, 4, 6), of=GPT),
    typed=text(
        examples=("123+456", "999+001", "285+217", "1285+3217", "0285+0217"),
        longest=15,
        label="sum",
    ),
)
def adds_a_sum(model: GPT, typed: str) -> Picture:
    """What the model writes behind a sum, and how probable it holds each digit at each place of the answer.

    model : a GPT of 13 tokens that writes sums units first;  typed : two numbers of as many digits, 1 to 6, with a plus between them
    """
    found = re.fullmatch(r"\s*([0-9]{1,6})\s*\+\s*([0-9]{1,6})\s*", typed)
    if not found:
        return refusal("Type two numbers of up to 6 digits with a plus between them, as 123+456.")
    n = max(map(len, found.groups()))
    a, b = (number.zfill(n) for number in found.groups())
    ids = [*map(int, a), 10, *map(int, b), 11]
    probabilities = []
    for _ in range(n + 1):
        scores = model.read(np.array(ids)).scores[0, -1]
        probabilities.append(softmax(scores[:10][None])[0])
        ids.append(int(scores[:10].argmax()))
    said, right = ids[-n - 1 :][::-1], [int(c) for c in str(int(a) + int(b)).zfill(n + 1)]
    fig, ax = canvas(width=6.2, height=4.4, layout=None)
    fig.subplots_adjust(left=0.12, right=0.97, top=0.88, bottom=0.15)
    ax.imshow(np.array(probabilities)[::-1].T, cmap="cividis", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    ax.plot(range(n + 1), right, "o", color=ORANGE, markersize=8, markeredgecolor="#fefefe")
    ax.grid(False)
    ax.set_xticks(range(n + 1), [f"10{_raised(i)}" for i in range(n, -1, -1)])
    ax.set_yticks(range(10), range(10))
    ax.tick_params(length=0)
    ax.set(xlabel="column of the sum; the right end is written first", ylabel="digit")
    ax.set_title(drawable(f"{a} + {b} = {''.join(map(str, said))}"), color=MUTED)
    key(fig, [(0.7, ORANGE, "right digit")], y=0.93)
    verdict = "which is right" if said == right else f"but the sum is {''.join(map(str, right))}"
    return Picture(fig, f"For {a} + {b} the model writes {''.join(map(str, said))}, {verdict}.")


def _raised(i: int) -> str:
    return str(i).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
