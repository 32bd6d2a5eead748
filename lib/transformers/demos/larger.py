"""Pictures of training that is shared out: a pipeline's timetable, what is in a device's memory, two bytes' range, and one run beside another."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book.demos import Picture, choice, demo
from lib.book.display import say
from lib.book.figures import BLUE, GREEN, INK, MUTED, ORANGE, PINK, canvas, key, name_curves
from lib.transformers import anatomy
from lib.transformers.scale import memory, precision, sharing

__all__ = ["in_a_device", "same_run_picture", "slopes_picture", "timetable"]


@cache
def _tasks(stages: int, portions: int, order: str) -> tuple[sharing.Task, ...]:
    return sharing.pipeline(stages, portions, order)


@demo(
    stages=choice(2, 4, 8, start=4, label="stages p"),
    portions=choice(1, 2, 4, 8, 16, start=4, label="portions m"),
    order=choice(*sharing.ORDERS, start=sharing.ORDERS[0], label="order"),
)
def timetable(stages: int, portions: int, order: str) -> Picture:
    """What each stage of a pipeline does when, in one step: a row is a stage, time runs to the right.

    stages : p, devices, each with some of the blocks;  portions : m, of the batch;  order : what a stage does first
    """
    p, m = int(stages), int(portions)
    tasks = _tasks(p, m, order)
    end = max(task.start + task.length for task in tasks)
    fig, ax = canvas(width=6.2, height=3.9, layout=None)
    fig.subplots_adjust(left=0.12, right=0.97, top=0.97, bottom=0.31)
    for s in range(p):
        for forward, colour in ((True, BLUE), (False, ORANGE)):
            spans = [(100 * t.start / end, 100 * t.length / end) for t in tasks if (t.stage, t.forward) == (s, forward)]
            ax.broken_barh(spans, (s - 0.4, 0.8), facecolor=colour, edgecolor="#fefefe", linewidth=0.6)
    ax.set(xlim=(0, 100), ylim=(p - 0.5, -0.5), xlabel="share of the step's time (%)", ylabel="stage")
    ax.set_yticks(range(p), [str(s + 1) for s in range(p)])
    ax.grid(False)
    key(fig, [(0.12, BLUE, "forwards", "■"), (0.4, ORANGE, "backwards", "■")], y=0.04)
    idle, held = sharing.idle_share(tasks), sharing.most_held(tasks)
    return Picture(
        fig,
        f"With {p} stages and {m} portion{'s' * (m > 1)} the devices wait {say(100 * idle, 2)} % of the time, and the first stage keeps what it "
        f"needs for the way back of up to {held} portion{'s' * (held > 1)} at once.",
    )


# ------------------------------------------------------------------------------------------------------------- memory
MODELS = {
    "1.6 billion": anatomy.Sizes(50_257, 1600, 48, 25, 6400, places=2048),
    "6.7 billion": anatomy.Sizes(50_257, 4096, 32, 32, 16_384, places=2048),
    "65 billion": anatomy.Sizes(50_257, 8192, 80, 64, 32_768, places=2048),
}
BATCHES = {"1 text": (1, False), "8 texts": (8, False), "8, computed again": (8, True)}
ROOM = 80  # GB of a usual device of that time


@demo(
    model=choice(*MODELS, start="6.7 billion", label="parameters"),
    devices=choice(1, 8, 64, 512, start=8, label="devices"),
    shared=choice(*memory.STAGES, start=memory.STAGES[0], label="shared out"),
    batch=choice(*BATCHES, start="1 text", label="batch of a device"),
)
def in_a_device(model: str, devices: int, shared: str, batch: str) -> Picture:
    """What lies in the memory of one of several devices that share a batch: for the model, and for the way back.

    model : how many parameters;  devices : how many;  shared : what each keeps a part of only
    batch : texts of 2,048 tokens on this device, and whether blocks compute again what they need on the way back
    """
    sizes, n, stage = MODELS[model], int(devices), memory.STAGES.index(shared)
    texts, again = BATCHES[batch]
    N = sum(anatomy.parameters(sizes).values())
    part = lambda size, first: N * size / (n if stage >= first else 1) / 1e9
    rows = {
        "weights": (part(memory.WEIGHTS, 3), BLUE),
        "gradients": (part(memory.GRADIENTS, 2), GREEN),
        "optimiser": (part(memory.OPTIMISER, 1), ORANGE),
        "activations": (memory.activation_bytes(sizes, 2048, texts, recomputed=again) / 1e9, PINK),
    }
    total = sum(size for size, _ in rows.values())
    fig, ax = canvas(width=6.2, height=3.6, layout=None)
    fig.subplots_adjust(left=0.22, right=0.96, top=0.9, bottom=0.19)
    for row, (size, colour) in enumerate(rows.values()):
        ax.barh(row, max(size, 1.001e-3) - 1e-3, left=1e-3, color=colour, height=0.7)
    ax.barh(len(rows), total - 1e-3, left=1e-3, color=MUTED, height=0.7)
    ax.axvline(ROOM, color=INK, linewidth=1.5, linestyle="--")
    ax.text(ROOM, -0.62, f"{ROOM} GB", ha="center", va="bottom", fontsize=12)
    ax.set(xscale="log", xlim=(1e-3, 5e3), ylim=(4.5, -0.5), xlabel="GB on one device")
    ax.set_yticks(range(5), [*rows, "together"])
    ax.set_xticks([1e-3, 1e-1, 10, 1000], ["0.001", "0.1", "10", "1,000"])
    ax.minorticks_off()
    fits = "fits" if total < ROOM else "does not fit"
    return Picture(
        fig,
        f"{say(total)} GB on each device, {say(rows['activations'][0])} of them activations: the training {fits} into {ROOM} GB.",
    )


# ----------------------------------------------------------------------------------------------------------- pictures
def slopes_picture(slopes, times: float = 1024.0) -> Picture:
    """Return a histogram of the sizes of slopes, and of the same times a scale, beside what float16 can hold.

    slopes : (n,);  times : the scale, a power of 2
    """
    exponents = np.log2(np.abs(np.asarray(slopes, float)[np.asarray(slopes) != 0]))
    places = np.arange(-40, 20)
    fig, ax = canvas(width=6.2, height=3.8, layout=None)
    fig.subplots_adjust(left=0.13, right=0.97, top=0.97, bottom=0.32)
    ax.axvspan(-14, np.log2(precision.LARGEST), color=GREEN, alpha=0.16)
    ax.axvspan(-24, -14, color=PINK, alpha=0.16)
    for shift, colour in ((0, BLUE), (np.log2(times), ORANGE)):
        share, _ = np.histogram(exponents + shift, bins=places)
        ax.stairs(100 * share / len(exponents), places, color=colour, linewidth=2)
    ax.set(xlim=(-40, 18), ylim=(0, None), xlabel="binary logarithm of the size", ylabel="share (%)")
    key(fig, [(0.05, BLUE, "slopes"), (0.3, ORANGE, f"{times:,.0f} times as large")], y=0.11)
    key(fig, [(0.05, GREEN, "float16, all digits", "■"), (0.47, PINK, "fewer digits; left of it, 0", "■")], y=0.02)
    return Picture(fig, "The slopes reach below what float16 can hold; times the scale nearly all are inside.")


def same_run_picture(one, two, stopped: int) -> Picture:
    """Return the losses of one process and of two, step by step.

    one, two : (steps,), in nats;  stopped : after how many steps the third run, of two processes, was stopped
    """
    steps = np.arange(1, len(one) + 1)
    fig, ax = canvas(width=6.2, height=3.6)
    ax.plot(steps, one, color=BLUE, linewidth=5, alpha=0.45, label="one process")
    ax.plot(steps, two, color=ORANGE, linewidth=1.8, label="two processes")
    ax.axvline(stopped + 0.5, color=MUTED, linestyle=":")
    ax.set(xlabel="step", ylabel="loss (nats)", xlim=(0, len(one) + 1))
    name_curves(ax)
    return Picture(fig, "Both curves fall, and lie on each other.")
