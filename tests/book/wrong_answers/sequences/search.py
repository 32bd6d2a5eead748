"""Wrong answers to the exercises of "Finding the best answer"."""

import numpy as np


def _counts(words, n):
    out = {}
    for i in range(len(words) - n + 1):
        g = " ".join(words[i : i + n])
        out[g] = out.get(g, 0) + 1
    return out


def _clipped(hypothesis, references, n, limit=max, kinds=False, most=True, total=None):
    mine, theirs = _counts(hypothesis, n), [_counts(r, n) for r in references]
    bound = {g: limit([t.get(g, 0) for t in theirs]) for g in mine}
    hits = sum(
        (min(c, bound[g]) if most else c * (bound[g] > 0)) if not kinds else bound[g] > 0 for g, c in mine.items()
    )
    return hits, (len(mine) if kinds else sum(mine.values())) if total is None else total(hypothesis, references, n)


def _brevity(written, lengths, pick=lambda w, ls: sorted(ls, key=lambda v: (abs(v - w), v))[0], f=None, floor=True):
    if not written:
        return 0.0
    r = pick(written, lengths)
    if floor and written >= r:
        return 1.0
    return f(written, r) if f else float(np.exp(1 - r / written))


def _beam(log_p, logs, end, width, join=np.add, ends="best", keep="live", flat=True, up=False):
    total = join(log_p[:, None], logs)
    every = [(float(total[b, s]), b, s) for b in range(len(log_p)) for s in range(logs.shape[1])]
    every = sorted(every, key=lambda g: g[0] if up else -g[0])
    if not flat:
        every = [max((g for g in every if g[1] == b and g[2] != end), default=None) for b in range(len(log_p))]
        every = sorted([g for g in every if g], key=lambda g: -g[0])
    top = every[:width]
    done = [g for g in (every if ends == "all" else top) if g[2] == end]
    live = {"live": [g for g in every if g[2] != end][:width], "top": [g for g in top if g[2] != end], "all": top}[keep]
    return live, done


def _bleu(correct, total, written, wanted, each=False, mean="geometric", penalty=True, flip=False, weights=None):
    if each:
        rows = [
            _bleu(c[None], np.maximum(t[None], 1), w[None], r[None], mean=mean)
            for c, t, w, r in zip(correct, total, written, wanted, strict=True)
        ]
        return float(np.mean(rows))
    p, c, r = correct.sum(axis=0) / total.sum(axis=0), written.sum(), wanted.sum()
    with np.errstate(divide="ignore"):
        score = (
            p.mean() if mean == "arithmetic" else np.exp(np.log(p) @ (np.full(4, 0.25) if weights is None else weights))
        )
    c, r = (r, c) if flip else (c, r)
    return float(score * (np.exp(min(0.0, 1 - r / c)) if penalty else 1.0))


WRONG = {
    "clipped": [
        (lambda h, r, n: _clipped(h, r, n, most=False), "clip"),
        (lambda h, r, n: _clipped(h, r, n, limit=sum), "added|one reference"),
        (lambda h, r, n: _clipped(h, r[:1], n), "first"),
        (lambda h, r, n: _clipped(h, r, n, kinds=True), "kinds|once"),
        (lambda h, r, n: _clipped(h, r, n, limit=min), "all of them|any one"),
        (lambda h, r, n: _clipped(h, r, n, total=lambda h, r, n: len(h)), "part 2|total|second|too"),
        (lambda h, r, n: _clipped(h, r, n)[0] / max(len(h) - n + 1, 1), "two|tuple|number|parts"),
        (lambda h, r, n: _clipped(h, r, n, total=lambda h, r, n: max(len(r[0]) - n + 1, 0)), "recall|written"),
    ],
    "brevity": [
        (lambda w, ls: _brevity(w, ls, f=lambda c, r: float(np.exp(1 - c / r))), "upside"),
        (lambda w, ls: _brevity(w, ls, f=lambda c, r: c / r), "ratio"),
        (lambda w, ls: _brevity(w, ls, floor=False), "long|1"),
        (lambda w, ls: _brevity(w, ls, pick=lambda w, ls: min(ls)), "shortest"),
        (lambda w, ls: _brevity(w, ls, pick=lambda w, ls: max(ls)), "longest"),
        (lambda w, ls: _brevity(w, ls, pick=lambda w, ls: ls[0]), "nearest|length"),
        (lambda w, ls: _brevity(w, ls, pick=lambda w, ls: sum(ls) / len(ls)), "mean"),
        (lambda w, ls: float(np.exp(1 - min(ls) / w)), "0|divi|zero|inf|nothing"),
    ],
    "beam_step": [
        (lambda *a: _beam(*a, keep="all"), "ended|end"),
        (lambda *a: _beam(*a, join=lambda p, q: q + 0 * p), "last symbol|add"),
        (lambda *a: _beam(*a, join=np.multiply), "added|product"),
        (lambda *a: _beam(*a, flat=False), "each beginning|compete"),
        (lambda *a: _beam(*a, ends="all"), "Every end|among"),
        (lambda *a: _beam(*a, keep="top"), "narrow|width"),
        (lambda *a: _beam(*a, up=True), "least probable|first|order"),
        (lambda *a: _beam(*a)[::-1], "order|each other|swap|exchang|part"),
    ],
    "best_by_length": [
        (lambda p, n, a: int(np.argmax(p * n**a)), "multiplied"),
        (lambda p, n, a: int(np.argmin(p / n**a)), "smallest|largest"),
        (lambda p, n, a: int(np.argmax(np.exp(p) / n**a)), "log"),
        (lambda p, n, a: int(np.argmax(p)), "length|α = 0"),
        (lambda p, n, a: int(np.argmax(p / n)), "α"),
        (lambda p, n, a: p / n**a, "number|array|shape"),
        (lambda p, n, a: int(np.argmax(n)), "length|most probable|answer|score|wrong|expected"),
    ],
    "corpus_score": [
        (lambda *a: _bleu(*a, each=True), "mean of the sentences|sum"),
        (lambda *a: _bleu(*a, mean="arithmetic"), "arithmetic"),
        (lambda *a: _bleu(*a, penalty=False), "penalty"),
        (lambda *a: _bleu(*a, flip=True), "upside"),
        (lambda *a: _bleu(*a, weights=0.5 ** np.arange(1, 5)), "2⁻ⁿ|quarter"),
        (lambda *a: _bleu(*a, weights=np.ones(4)), "root|product"),
        (lambda *a: 100 * _bleu(*a), "100|factor|times"),
        (lambda c, t, w, r: _bleu(t, c, w, r), "exchang"),
    ],
}  # fmt: skip
