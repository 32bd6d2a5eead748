"""Wrong answers to the exercises of "the projects"."""

import numpy as np


def _gaps(text, mark=lambda before, c, after: after == " ", letters=None, keep=lambda c: c != " "):
    padded = "." + text + "."
    found = [mark(padded[i], c, padded[i + 2]) for i, c in enumerate(text) if keep(c)]
    return text.replace(" ", "") if letters is None else letters(text), np.array(found)


def _gaps_by_index(text):
    letters = text.replace(" ", "")
    gaps = np.zeros(len(letters), dtype=bool)
    for i in range(len(letters)):
        if text[i] == " ":
            gaps[i - 1] = True
    return letters, gaps


def _f1(found, right, last="f1", swap=False, guard=True):
    hits = (found & right).sum()
    p = hits / max(found.sum(), 1)
    r = hits / max(right.sum(), 1)
    f = {
        "f1": 2 * p * r / (p + r) if p + r else 0.0,
        "half": p * r / (p + r) if p + r else 0.0,
        "mean": (p + r) / 2,
        "accuracy": (found == right).mean(),
        "product": p * r,
        "root": np.sqrt(p * r),
    }[last]
    return (r, p, f) if swap else (p, r, f)


def _windows(texts, n, left=None, right=None, dots=True, total="times", spaces=False, last=False):
    left, right = n if left is None else left, n if right is None else right
    out = {}
    for text in texts:
        letters, row, at = text.replace(" ", ""), "", []
        for word in text.split():
            row += word
            at.append(len(row))
        for k in range(1, len(letters) + last):
            padded = "·" * 9 + letters + "·" * 9
            window = padded[9 + k - left : 9 + k + right]
            if not dots and "·" in window:
                continue
            a, b = out.get(window, (0, 0))
            yes = k in at
            out[window] = (a + yes, b + {"times": 1, "others": not yes, "same": yes}[total])
    return sorted((w, *v) for w, v in out.items())


def _greedy_split(letters, prices, cheapest=False):
    words = []
    while letters:
        known = [w for w in prices if letters.startswith(w)]
        if cheapest:
            w = min(known, key=prices.get, default=letters[0])
        else:
            w = max(known, key=len, default=letters[0])
        words.append(w)
        letters = letters[len(w) :]
    return words


def _split(letters, prices, start, each, price=None, pick=min, reverse=False, joined=False):
    price = price or (lambda w: prices.get(w, start + each * len(w)))
    ways = {0: (0, [])}
    for j in range(1, len(letters) + 1):
        ways[j] = pick(
            ((ways[i][0] + price(letters[i:j]), [*ways[i][1], letters[i:j]]) for i in range(j)), key=lambda way: way[0]
        )
    words = ways[len(letters)][1]
    return " ".join(words) if joined else words[::-1] if reverse else words


def _lag_fit(z, p, lam, first=1, oldest=False, center=True, pay=False, price=True, targets=None, differences=False):
    z = np.diff(z) if differences else z
    rows = range(p + max(first - 1, 0), len(z))
    X = np.array([[z[t - k] for k in range(first, p + first)] for t in rows])
    X, y = X[:, ::-1] if oldest else X, np.array([z[t] if targets is None else targets(z, t) for t in rows])
    if pay or not center:
        A = np.column_stack([X, np.ones(len(X))]) if pay else X
        w = np.linalg.solve(A.T @ A + lam * np.eye(A.shape[1]), A.T @ y)
        return (w[:-1], w[-1]) if pay else (w, 0.0)
    Z, m = X - X.mean(axis=0), y.mean()
    w = np.linalg.solve(Z.T @ Z + (lam if price else 1e-10) * np.eye(p), Z.T @ (y - m))
    return w, m - X.mean(axis=0) @ w


def _roll(z, w, w0, steps, feed=True, reverse=False, free=True, everything=False, shift=0):
    known, out = list(z), []
    for _ in range(steps):
        recent = known[len(known) - len(w) - shift : len(known) - shift]
        new = np.dot(recent if reverse else recent[::-1], w) + (w0 if free else 0)
        out.append(new)
        known = [*known, new] if feed else known
    return np.array(known if everything else out)


WRONG = {
    "last_year_plus_drift": [
        (lambda h: h[-12:], "last year again|drift|added"),
        (lambda h: h[-12:] + np.mean(np.diff(h)), "month"),
        (lambda h: h[-12:] + np.mean(h[-12:] - h[-24:-12]), "last year alone|one year"),
        (lambda h: h[-12:] + np.mean(h[:-12] - h[12:]), "sign"),
        (lambda h: h[-13:-1] + np.mean(h[12:] - h[:-12]), "early|-13"),
        (lambda h: np.full(12, h[-1] + np.mean(h[12:] - h[:-12])), "season"),
        (lambda h: h[-12:] + (h[-1] - h[0]) / len(h) * 12, "mean|all months|drift"),
        (lambda h: h[-12:] + np.median(h[12:] - h[:-12]), "mean|median"),
    ],
    "histories_and_futures": [
        (
            lambda y, k: ([y[: t + 1] for t in range(k, len(y) - 11)], [y[t : t + 12] for t in range(k, len(y) - 11)]),
            "hold month t|before",
        ),
        (
            lambda y, k: ([y for t in range(k, len(y) - 11)], [y[t : t + 12] for t in range(k, len(y) - 11)]),
            "whole series",
        ),
        (
            lambda y, k: ([y[:t] for t in range(k, len(y) - 12)], [y[t : t + 12] for t in range(k, len(y) - 12)]),
            "last month|range",
        ),
        (lambda y, k: ([y[:t] for t in range(k, len(y))], [y[t : t + 12] for t in range(k, len(y))]), "shorter"),
        (
            lambda y, k: (
                [y[:t] for t in range(k, len(y) - 11, 12)],
                [y[t : t + 12] for t in range(k, len(y) - 11, 12)],
            ),
            "year to year|each month",
        ),
        (
            lambda y, k: (
                [y[k:t] for t in range(k + 1, len(y) - 11)],
                [y[t : t + 12] for t in range(k + 1, len(y) - 11)],
            ),
            "thing|part",
        ),
        (
            lambda y, k: (
                [y[t - k : t] for t in range(k, len(y) - 11)],
                [y[t : t + 12] for t in range(k, len(y) - 11)],
            ),
            "part 1|shape|all that came",
        ),
        (lambda y, k: [(y[:t], y[t : t + 12]) for t in range(k, len(y) - 11)], "2 things|things"),
    ],
    "weights_of_lags": [
        (lambda z, p, lam: _lag_fit(z, p, lam, oldest=True), "farthest|first"),
        (lambda z, p, lam: _lag_fit(z, p, lam, first=0), "is to be forecast|z_t"),
        (lambda z, p, lam: _lag_fit(z, p, lam, center=False), "intercept"),
        (lambda z, p, lam: _lag_fit(z, p, lam, pay=True), "intercept|free"),
        (lambda z, p, lam: _lag_fit(z, p, lam, first=2), "too far|lag"),
        (lambda z, p, lam: _lag_fit(z, p, lam, price=False), "lam|price|penalty"),
        (lambda z, p, lam: _lag_fit(z, p, len(z) * lam), "lam|factor|price"),
        (lambda z, p, lam: _lag_fit(z, p, lam)[0], "2 things|things|intercept"),
    ],
    "rolled_forward": [
        (lambda *a: _roll(*a, feed=False), "measured|forecasts take"),
        (lambda *a: _roll(*a, reverse=True), "order"),
        (lambda *a: _roll(*a, free=False), "intercept"),
        (lambda *a: _roll(*a, everything=True), "before your forecasts|alone|shape"),
        (lambda *a: _roll(*a)[::-1], "from the last|order"),
        (lambda *a: _roll(*a)[-1], "number|shape|one"),
        (lambda z, w, w0, n: _roll(z, w, w0, n + 1)[1:], "late|one|step|steps|first"),
        (lambda z, w, w0, n: np.cumsum(_roll(z, w, w0, n)), "sum|added|running|cumul"),
    ],
    "letters_and_gaps": [
        (lambda t: _gaps(t, lambda before, c, after: before == " "), "front|before|begins|which a space"),
        (lambda t: _gaps(t, lambda before, c, after: after in " ."), "last"),
        (lambda t: _gaps(t, lambda before, c, after: c == " ", keep=lambda c: True), "spaces themselves|entries"),
        (lambda t: _gaps(t, keep=lambda c: True), "entries for the spaces|shape|letters alone"),
        (_gaps_by_index, "with its spaces|moves|part 2"),
        (lambda t: _gaps(t, letters=lambda t: t), "part 1|without|spaces|another"),
        (lambda t: _gaps(t, lambda before, c, after: after != " "), "1 minus|other share"),
        (lambda t: _gaps(t)[1], "2 things|letters|text"),
    ],
    "boundary_scores": [
        (lambda f, r: _f1(f, r, "mean"), "mean|harmonic"),
        (lambda f, r: _f1(f, r, "accuracy"), "share of letters|judged"),
        (lambda f, r: _f1(f, r, swap=True), "places|swap"),
        (lambda f, r: _f1(f, r, "half"), "2|twice|half"),
        (lambda f, r: _f1(f, r, "product"), "part 3|F1|harmonic"),
        (lambda f, r: _f1(f, r, "root"), "part 3|F1|harmonic"),
        (lambda f, r: ((f & r).mean(), (f & r).mean(), (f & r).mean()), "all letters|divide"),
        (lambda f, r: ((f == r).mean(),) * 3, "part|share|right"),
    ],
    "count_windows": [
        (lambda t, n: _windows(t, n, left=2 * n, right=0), "before|after"),
        (lambda t, n: _windows(t, n, dots=False), "ends|dots"),
        (lambda t, n: _windows(t, n, total="others"), "without a space|occurred"),
        (lambda t, n: _windows(t, n, total="same"), "occurred|where a space|all places|spaces"),
        (lambda t, n: _windows(t, n, last=True), "last|things|range|more|one"),
        (lambda t, n: _windows([" ".join(t)], n), "lines|next"),
        (lambda t, n: _windows(t, n, left=n + 1, right=n + 1), "window|n|things|part"),
        (lambda t, n: _windows(t, n, left=n - 1, right=n + 1), "late|early|place|k|shift|one"),
    ],
    "cheapest_split": [
        (lambda s, p, a, b: _greedy_split(s, p), "longest|whole line|known word"),
        (lambda s, p, a, b: _greedy_split(s, p, cheapest=True), "cheapest next|sum|whole"),
        (lambda s, p, a, b: _split(s, p, a, b, reverse=True), "last to the first|turn|order|back"),
        (lambda s, p, a, b: _split(s, p, a, b, pick=max), "dearest|smallest"),
        (lambda s, p, a, b: _split(s, p, a, b, lambda w: p.get(w, a + b)), "every letter|long"),
        (lambda s, p, a, b: _split(s, p, a, b, lambda w: p.get(w, (a + b) * len(w))), "once|start"),
        (lambda s, p, a, b: _split(s, p, a, b, lambda w: p.get(w, b * len(w))), "start"),
        (lambda s, p, a, b: _split(s, p, a, b, joined=True), "things|list|text"),
        (lambda s, p, a, b: _split(s, p, a, b, lambda w: 1 if w in p else a + b * len(w)), "price|cost|as if|1"),
    ],
}  # fmt: skip
