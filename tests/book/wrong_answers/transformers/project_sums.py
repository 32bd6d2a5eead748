"""Wrong answers to the exercises of the project "A GPT that adds"."""

import numpy as np


def _text(a, b, n, backwards, width=None, turn="sum", plus=10, equals=11):
    """Rows made as texts: str and zfill, number by number."""
    out = []
    for x, y in zip(a, b, strict=True):
        left, right = str(x).zfill(n), str(y).zfill(n)
        total = str(x + y).zfill(n + 1 if width is None else width(n))
        if turn == "all" and backwards:
            left, right, total = left[::-1], right[::-1], total[::-1]
        elif (turn == "sum" and backwards) or (turn == "not" and not backwards) or turn == "always":
            total = total[::-1]
        digits = lambda text: [int(c) for c in text]
        out.append([*digits(left), plus, *digits(right), *([] if equals is None else [equals]), *digits(total)])
    return np.array(out)


def _cut(rows, prompt, low=None, x=None, y=None, fill=-1):
    x, y = rows[:, :-1] if x is None else x(rows), (rows[:, 1:] if y is None else y(rows)).copy()
    y[:, : prompt - 1 if low is None else low(prompt)] = fill
    return x, y


def _go(read, prompts, count, at=lambda z: z[:, -1], best=lambda z: z.argmax(axis=1), grow=True, tail=None, all_of_it=False):  # fmt: skip
    text, said = prompts.copy(), []
    for _ in range(count):
        token = best(at(read(text if tail is None else text[:, -tail:])))
        said.append(token)
        if grow:
            text = np.column_stack([text, token])
    return np.column_stack([prompts, *said]) if all_of_it else np.column_stack(said)


def _paper(a, b, n, start=0, rule=lambda s: s > 9, feed=True, columns=None):
    out = []
    for x, y in zip(a, b, strict=True):
        carry, count = 0, start
        for _ in range(n if columns is None else columns(n)):
            yes = rule(x % 10 + y % 10 + (carry if feed else 0))
            carry, count, x, y = int(yes), count + int(yes), x // 10, y // 10
        out.append(count)
    return np.array(out)


def _means(said, right, groups, whole=np.all, of=lambda v: v.mean(), negate=False):
    ok = np.array([whole(s == r) for s, r in zip(said, right, strict=True)], float)
    ok = 1 - ok if negate else ok
    return np.array([of(ok[groups == g]) for g in np.unique(groups)])


WRONG = {
    "rows_of_sums": [
        (lambda a, b, n, r: _text(a, b, n, False), "turned round"),
        (lambda a, b, n, r: _text(a, b, n, r, turn="all"), "only the sum|numbers"),
        (lambda a, b, n, r: _text(a, b, n, r, turn="always"), "whether"),
        (lambda a, b, n, r: _text(a, b, n, r, turn="not"), "False"),
        (lambda a, b, n, r: _text(a % 10**n, b, n, r, plus=11, equals=10), "changed places"),
        (lambda a, b, n, r: _text(a, b, n, r, equals=None), "equals|shape"),
        (lambda a, b, n, r: _text(a, b, n, r, width=lambda n: n + 2), "shape|constant"),
        (lambda a, b, n, r: _text(b, a, n, r), "a|swap|order|exchang"),
    ],
    "answer_targets": [
        (lambda rows, p: _cut(rows, p, y=lambda r: r[:, :-1], low=lambda p: p), "not shifted"),
        (lambda rows, p: (rows[:, :-1], rows[:, 1:]), "counts|prompt"),
        (lambda rows, p: _cut(rows, p, low=lambda p: p), "first digit|first"),
        (lambda rows, p: _cut(rows, p, low=lambda p: max(p - 2, 0)), "equals"),
        (lambda rows, p: _cut(rows, p, fill=0), "0"),
        (lambda rows, p: _cut(rows, p, fill=-100), "-1|−1|100|constant"),
        (lambda rows, p: (rows, np.where(np.arange(rows.shape[1]) < p, -1, rows)), "shape|T"),
    ],
    "written_on": [
        (lambda read, x, k: _go(read, x, k, grow=False), "not read|behind"),
        (lambda read, x, k: _go(read, x, k, at=lambda z: z[:, 0]), "first place"),
        (lambda read, x, k: _go(read, x, k, all_of_it=True), "prompt|shape"),
        (lambda read, x, k: _go(read, x, k, best=lambda z: z.argmin(axis=1)), "smallest"),
        (lambda read, x, k: _go(read, x, k, tail=x.shape[1]), "window|dropped"),
        (lambda read, x, k: _go(read, x, k + 1), "shape|count"),
        (lambda read, x, k: read(x)[:, -1].argsort(axis=1)[:, ::-1][:, :k], "behind|read|shape"),
    ],
    "carry_counts": [
        (lambda a, b, n: _paper(a, b, n, feed=False), "by itself|comes in"),
        (lambda a, b, n: _paper(a, b, n, rule=lambda s: s > 10), "10"),
        (lambda a, b, n: _paper(a, b, n, rule=lambda s: s >= 9), "9"),
        (lambda a, b, n: _paper(a, b, n, columns=lambda n: n - 1), "highest"),
        (lambda a, b, n: ((a + b) >= 10**n).astype(int), "highest"),
        (lambda a, b, n: _paper(a, b, n, start=1), "one|1|too|by"),
        (lambda a, b, n: _paper(a, b, n) > 0, "count|how many|kind|whether|whole|True"),
    ],
    "exact_by_group": [
        (lambda s, r, g: np.array([(s == r)[g == k].mean() for k in range(g.max() + 1)]), "digits"),
        (lambda s, r, g: _means(s, r, g, whole=np.any), "any"),
        (lambda s, r, g: _means(s, r, g, of=lambda v: v.sum()), "how many|divide"),
        (lambda s, r, g: _means(s, r, g, of=lambda v: v.sum() / len(g)), "all sums"),
        (lambda s, r, g: _means(s, r, g, negate=True), "wrong"),
        (lambda s, r, g: _means(s, r, g)[:-1], "shape|group"),
        (lambda s, r, g: np.full(g.max() + 1, (s == r).all(axis=1).mean()), "group"),
    ],
}  # fmt: skip
