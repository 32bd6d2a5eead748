"""Wrong answers to the exercises of "Shipping a model"."""

import numpy as np


def _number(data, at, seven=lambda b: b & 127, shift=7, more=lambda b: b > 127, big=False, end=lambda at, start: at):
    start, value, k = at, 0, 0
    while True:
        b = data[at]
        at += 1
        value = (value << shift) | seven(b) if big else value + (seven(b) << (shift * k))
        k += 1
        if not more(b) or at == len(data):
            return value, end(at, start)


def _sorted(nodes, known, ready=all, choose=min, circle=lambda order: []):
    known, order, waiting = list(known), [], list(range(len(nodes)))
    while waiting:
        can = [i for i in waiting if ready(n in known for n in nodes[i][0])]
        if not can:
            return circle(order)
        i = choose(can)
        waiting.remove(i)
        order.append(i)
        known += nodes[i][1]
    return order


def _one_pass(nodes, known):
    known, order = set(known), []
    for i, (inputs, outputs) in enumerate(nodes):
        if set(inputs) <= known:
            order.append(i)
            known |= set(outputs)
    return order


def _sweep(nodes, known):
    known, order = set(known), []
    while True:
        size = len(order)
        for i, (inputs, outputs) in enumerate(nodes):
            if i not in order and set(inputs) <= known:
                order.append(i)
                known |= set(outputs)
        if len(order) == size:
            return order if size == len(nodes) else []


def _whole(W, largest, top=127, to=np.round):
    with np.errstate(all="ignore"):
        scale = np.where(largest > 0, largest / top, 1.0) * np.ones(
            W.shape[1] if np.size(largest) != len(W) or np.size(largest) == W.shape[1] else len(W)
        )
        return to(W / (scale if len(scale) == W.shape[1] else scale[:, None])), scale


WRONG = {
    "read_varint": [
        (lambda d, at: _number(d, at, seven=lambda b: b), "eighth bit|take it off"),
        (lambda d, at: _number(d, at, big=True), "lowest seven"),
        (lambda d, at: _number(d, at, shift=8), "seven bits|128 times"),
        (lambda d, at: _number(d, at, end=lambda at, start: at - start), "how many bytes"),
        (lambda d, at: _number(d, at, end=lambda at, start: start), "behind the number"),
        (lambda d, at: _number(d, at, more=lambda b: b < 128), "other way round"),
        (lambda d, at: _number(d, 0), "at|place|beginning|argument|2nd|second"),
        (lambda d, at: (d[at] & 127, at + 1), "more|byte|127|right in|value"),
    ],
    "order_of_nodes": [
        (lambda nodes, known: _sorted(nodes, known, ready=any), "all of its inputs"),
        (lambda nodes, known: _sorted(nodes, known, choose=max), "you take the last"),
        (_sweep, "from the beginning again"),
        (lambda nodes, known: _sorted(nodes, known, circle=lambda order: order), "empty list"),
        (_one_pass, "right|circle|backwards|length|beginning|as many"),
        (lambda nodes, known: list(range(len(nodes))), "right|backwards|order|case"),
    ],
    "quantise_columns": [
        (lambda W: _whole(W, W.max(axis=0)), "without its sign"),
        (lambda W: _whole(W, np.abs(W).max(axis=0), to=np.fix), "cut off the fraction"),
        (lambda W: _whole(W, np.abs(W).max(axis=0), to=np.floor), "round down"),
        (lambda W: _whole(W, np.abs(W).max()), "whole matrix"),
        (lambda W: _whole(W, np.abs(W).max(axis=0), top=128), "127"),
        (lambda W: (W / np.abs(W).max(axis=0).clip(1e-9) * 127, np.where(W.any(0), np.abs(W).max(axis=0) / 127, 1.0)), "not rounded"),
    ],
    "fold_the_norm": [
        (lambda g, t, W, b: (W * g[:, None], b), "shift β goes through"),
        (lambda g, t, W, b: (W * g[:, None], b + t @ (W * g[:, None])), "not through γ W"),
        (lambda g, t, W, b: (np.diag(g) @ W, t @ W), "free terms b are lost"),
        (lambda g, t, W, b: (W / np.where(g, g, np.inf)[:, None], b + t @ W), "divide|γ|first|1st"),
        (lambda g, t, W, b: (W, b + t @ W), "first|1st|γ|W"),
        (lambda g, t, W, b: (np.diag(g) @ W, b - t @ W), "sign|second|2nd"),
    ],
}  # fmt: skip
