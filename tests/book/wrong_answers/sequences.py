"""Wrong answers to the exercises on sequence models, as students write them."""

import numpy as np


def _padded(sequences, filler, front=False, cut=False, lengths_after=False, more=0):
    n = (min if cut else max)(len(s) for s in sequences) + more
    fill = [[filler] * (n - len(s)) for s in sequences]
    rows = [f + list(s) if front else list(s)[:n] + f for s, f in zip(sequences, fill, strict=True)]
    return rows, [n if lengths_after else len(s) for s in sequences]


def _pairs(words, length, start=True, end=True, shift=True, pads=0, end_counts=True):
    inputs = ["<s>"] * start + list(words)
    targets = list(words) + ["</s>"] * end
    if not shift:
        inputs = ["<s>", *words, "</s>"][:length]
        targets = inputs
    fill = lambda x: (x + ["<pad>"] * length)[:length]
    weights = [1] * (len(words) + end_counts) + [pads] * (length - len(words) - end_counts)
    return fill(inputs), fill(targets), weights


def _mean(losses, lengths, mask=True, over="real", later=0, total=False):
    real = np.arange(losses.shape[1]) < lengths[:, None] + later
    kept = losses * real if mask else losses
    if total:
        return kept.sum()
    by = {"real": real.sum(), "all": losses.size, "rows": len(lengths), "T": losses.shape[1]}[over]
    return kept.sum() / by


def _states(X, Wx, Wh, b, h0, tanh=np.tanh, bias=True, last=False, with_start=False, same=False, W=None):
    out, h = [h0] if with_start else [], h0
    for x in X:
        new = tanh(x @ Wx + (b if bias else 0) + h @ (Wh if W is None else W(Wh)))
        out.append(new)
        h = h if same else new
    return h if last else np.array(out)


def _slope(
    H, Wh, h0, dH, tanh=True, carry=True, transpose=False, after=False, first=True, outer=False, sign=1, scores=False
):
    dW, back = np.zeros(Wh.shape), np.zeros(len(h0))
    for t in range(len(H) - 1, -1 if first else 0, -1):
        before = H[t] if after else H[t - 1] if t else h0
        slope = 1 - (np.arctanh(np.clip(H[t], -0.999999, 0.999999)) if scores else H[t]) ** 2
        d = (dH[t] + (back if carry else 0)) * (slope if tanh else 1)
        dW += np.outer(d, before) if outer else np.outer(before, d)
        back = (Wh.T if transpose else Wh) @ d
    return sign * dW


def _slope_mean(H, Wh, h0, dH):
    return _slope(H, Wh, h0, dH) / len(H)


def _final(outputs, lengths, ahead=None, behind=None, swap=False):
    H, rows = outputs.shape[2] // 2, np.arange(len(lengths))
    places = {
        "last": lengths - 1,
        "column": np.full(len(rows), outputs.shape[1] - 1),
        "first": np.zeros(len(rows), int),
    }
    parts = [outputs[rows, places[ahead or "last"], :H], outputs[rows, places[behind or "first"], H:]]
    return np.hstack(parts[::-1] if swap else parts)


def _final_one_late(outputs, lengths):
    H = outputs.shape[2] // 2
    at = np.minimum(lengths, outputs.shape[1] - 1)
    return np.hstack([outputs[np.arange(len(lengths)), at, :H], outputs[:, 0, H:]])


def _final_mean(outputs, lengths):
    return outputs.sum(axis=1) / lengths[:, None]


def _clip(gradients, most, root=True, alone=False, always=False, square=lambda v: v * v, by=None):
    size = lambda values: sum(square(v) for v in values) ** (0.5 if root else 1)
    whole = size([v for g in gradients for v in g])
    out = []
    for g in gradients:
        norm = by(g, gradients) if by else size(g) if alone else whole
        out.append([v * (most / norm if norm and (always or norm > most) else 1.0) for v in g])
    return out


def _norms(J, left=True, which=2, last=False):
    P, out = np.eye(J.shape[1]), []
    for one in J:
        P = one @ P if left else P @ one
        out.append(np.linalg.norm(P, which) if which else np.abs(np.linalg.eigvals(P)).max())
    return out[-1] if last else np.array(out)


def _lstm(
    x, h, c, Wx, Wh, b, order="ifgo", squash=np.tanh, shown=np.tanh, new=None, back="hc", bias=True, show_old=False
):
    s = lambda z: 1 / (1 + np.exp(-z))
    p = dict(zip(order, np.split(x @ Wx + h @ Wh + (b if bias else 0), 4), strict=True))
    i, f, o, g = s(p["i"]), s(p["f"]), s(p["o"]), squash(p["g"])
    after = new(i, f, g, c) if new else f * c + i * g
    out = {"h": o * shown(c if show_old else after), "c": after}
    return tuple(out[k] for k in back)


def _third(W, which=1, change=lambda part: -part):
    parts = np.split(W, 3, axis=-1)
    return np.concatenate([change(p) if k == which else p for k, p in enumerate(parts)], axis=-1)


def _bits(log_p, mean=np.mean, bit=0.6931471805599453, by=np.exp, sign=-1):
    nats = sign * mean(log_p)
    return nats / bit, by(nats)


def _mixed_in(counts, shorter, kinds=np.count_nonzero, over=None, old=lambda c: c):
    t = kinds(counts)
    if counts.sum() == 0:
        return shorter.copy()
    return (old(counts) + t * shorter) / (counts.sum() + t if over is None else over(counts, t))


def _soft(a):
    e = np.exp(a - a.max())
    return e / e.sum()


def _chunked(text, B, T, shift=1, windows=False, axes=(1, 0, 2)):
    K = (len(text) - 1) // (B * T)
    n = B * K * T
    shape = (K, B, T) if windows else (B, K, T)
    cut = lambda part: part.reshape(shape) if windows else part.reshape(shape).transpose(axes)
    return cut(text[:n]), cut(text[shift : n + shift])


def _bayes(counts, x, alpha, below="αF", logarithm=np.log, by_row=True, mean=False, prior=False):
    axis = 1 if by_row else 0
    more = {"αF": alpha * counts.shape[1], "α": alpha, "none": 0.0}[below]
    P = (counts + alpha) / (counts.sum(axis=axis, keepdims=True) + more)
    out = logarithm(P) @ x
    if prior:
        out = out + np.log(counts.sum(axis=1) / counts.sum())
    return out / max(x.sum(), 1) if mean else out


def _pool(H, lengths, by=None, fill=0.0, more=0, order=1, width=None):
    real = (np.arange(H.shape[1])[None] < (lengths + more)[:, None])[..., None]
    n = lengths[:, None] if by is None else by
    mean, top = (H * real).sum(1) / n, np.where(real, H, fill).max(1)
    return np.hstack([mean, top][::order][:width])


def _lags(y, p, ks=None, ones=True, shift=0):
    rows, targets = [], []
    for t in range(p, len(y)):
        ks_ = range(1, p + 1) if ks is None else ks(p)
        rows.append(([1.0] if ones else []) + [y[t - k] for k in ks_])
        targets.append(y[t - shift])
    return np.array(rows), np.array(targets)


WRONG = {
    "score_of_each_language": [
        (lambda *a: _bayes(*a, below="none"), "sum|α F|α"),
        (lambda *a: _bayes(*a, below="α"), "α F|each of the F"),
        (lambda *a: _bayes(*a, by_row=False), "row|column"),
        (lambda *a: _bayes(*a, logarithm=lambda P: P), "logarithm"),
        (lambda *a: _bayes(*a, logarithm=np.log2), "factor|log|natural|times"),
        (lambda *a: _bayes(*a, mean=True), "mean|number|divide|factor|times"),
        (lambda *a: _bayes(*a, prior=True), "prior|likely"),
        (lambda c, x, a: _bayes(c, x > 0, a), "once|often"),
    ],
    "mean_and_max": [
        (lambda H, n: np.hstack([H.mean(axis=1), H.max(axis=1)]), "padding|real"),
        (lambda H, n: _pool(H, n, fill=0.0), "below 0|∞|larger"),
        (lambda H, n: _pool(H, n, by=H.shape[1], fill=-np.inf), "length|T"),
        (lambda H, n: _pool(H, n, fill=-np.inf, order=-1), "mean comes first|order|place"),
        (lambda H, n: _pool(H, n, fill=-np.inf, width=1), "shape|max|column"),
        (lambda H, n: np.hstack([H[np.arange(len(n)), n - 1]] * 2), "last"),
        (lambda H, n: np.stack([H[b, : n[b]].mean(0) for b in range(len(n))]), "shape|max|column"),
    ],
    "lagged_rows": [
        (lambda y, p: _lags(y, p, ks=lambda p: range(p, 0, -1)), "nearest"),
        (lambda y, p: _lags(y, p, ks=lambda p: range(p)), "target"),
        (lambda y, p: _lags(y, p, ones=False), "ones"),
        (lambda y, p: _lags(y, p)[0], "one of the things|all of them"),
        (lambda y, p: (_lags(y, p)[0][::-1], _lags(y, p)[1][::-1]), "backward|earliest"),
        (lambda y, p: (np.roll(_lags(y, p)[0], -1, axis=1), y[p:]), "last|first"),
    ],
    "season_again": [
        (lambda h, n, s: np.full(n, h[-1]), "last value|naive"),
        (lambda h, n, s: np.array([h[-1 - k % s] for k in range(n)]), "backward"),
        (lambda h, n, s: np.array([h[-s + (k + 1) % s] for k in range(n)]), "late"),
        (lambda h, n, s: h[-s:], "as many|h|shape"),
        (lambda h, n, s: np.array([h[k % s] for k in range(n)]), "first season|last one"),
        (lambda h, n, s: np.full(n, h[-s:].mean()), "mean|season"),
        (lambda h, n, s: np.full(n, h[-s]), "season|value|go round|same"),
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
def _look(q, M, scale=1.0, norm=True, stable=True, weights_only=False, turn=False, back=None):
    e = M @ q * scale
    with np.errstate(all="ignore"):
        a = np.exp(e - e.max()) if stable else np.exp(e)
        a = a / a.sum() if norm else a
    return a if weights_only else (a @ M, a) if turn else (a, back(a, M) if back else a @ M)


def _batch_look(S, M, lengths, axis=-1, fill=-np.inf, late=0, after=False, stable=True, weights=False):
    e = np.einsum("bnh,bth->bnt", S, M)
    real = np.arange(M.shape[1])[None, None] < lengths[:, None, None] + late
    with np.errstate(all="ignore"):
        k = e if after else np.where(real, e, fill)
        a = np.exp(k - (k.max(axis=axis, keepdims=True) if stable else 0))
        a = a / a.sum(axis=axis, keepdims=True)
    a = np.nan_to_num(a) if axis != -1 else a
    a = a * real if after else a
    return a if weights else np.einsum("bnt,bth->bnh", a, M)


def _by_scores(a, M, g, jacobian=None):
    J = np.diag(a) - np.outer(a, a) if jacobian is None else jacobian(a)
    return J @ M @ g


def _greedy(scores, start, end, longest, row=lambda s, w: s[w], pick=np.argmax, feed=True, keep=False, stop=True):
    out, word = [], start
    while len(out) < longest:
        new = int(pick(row(scores, word)))
        if stop and new == end:
            return out + [new] * keep
        out.append(new)
        word = new if feed else word
    return out


WRONG = {
    "attend": [
        (lambda q, M: _look(q, M, norm=False), "sum to 1"),
        (lambda q, M: _look(q, M, stable=False), "infinite|large"),
        (lambda q, M: _look(q, M, scale=len(q) ** -0.5), "√"),
        (lambda q, M: _look(q, M, turn=True), "order|swap|part|each other|shape"),
        (lambda q, M: _look(q, M, weights_only=True), "two|tuple|all of them|parts"),
        (lambda q, M: _look(q, M, scale=-1), "sign|minus"),
        (lambda q, M: (np.eye(len(M))[(M @ q).argmax()], M[(M @ q).argmax()]), "best alone|soft"),
        (lambda q, M: (np.full(len(M), 1 / len(M)), M.mean(axis=0)), "equally|looks"),
    ],
    "attend_in_a_batch": [
        (lambda S, M, n: _batch_look(S, M, n, axis=0), "over the batch"),
        (lambda S, M, n: _batch_look(S, M, n, axis=1), "over the queries"),
        (lambda S, M, n: _batch_look(S, M, np.full(len(n), M.shape[1])), "padding|lengths"),
        (lambda S, M, n: _batch_look(S, M, n, fill=0.0), "score 0|−∞"),
        (lambda S, M, n: _batch_look(S, M, n, after=True), "after|before it"),
        (lambda S, M, n: _batch_look(S, M, n, stable=False), "infinite|large"),
        (lambda S, M, n: _batch_look(S, M, n, late=1), "<|length|count|places|last"),
        (lambda S, M, n: _batch_look(S, M, n, weights=True), "shape|with M"),
    ],
    "slope_by_scores": [
        (lambda a, M, g: M @ g, "by the weights"),
        (lambda a, M, g: a * (M @ g), "others|lose"),
        (lambda a, M, g: (M - a @ M) @ g, "factor|α"),
        (lambda a, M, g: -_by_scores(a, M, g), "other way|sign"),
        (lambda a, M, g: _by_scores(a, M, g, lambda a: np.diag(a * (1 - a))), "own score|other weights"),
        (lambda a, M, g: a @ M * g, "shape"),
        (lambda a, M, g: a * ((M - M.mean(axis=0)) @ g), "mean|c|context|weigh"),
        (lambda a, M, g: _by_scores(a, M, g) / len(a), "factor|number|mean|times|divide"),
    ],
    "write_greedily": [
        (lambda *a: _greedy(*a, feed=False), "start|hand"),
        (lambda *a: _greedy(*a, keep=True), "end mark"),
        (lambda *a: _greedy(*a, stop=False), "after the end|stop"),
        (lambda *a: _greedy(*a, row=lambda s, w: s[:, w]), "column"),
        (lambda *a: _greedy(*a, pick=np.argmin), "worst|largest"),
        (lambda s, start, end, longest: [start, *_greedy(s, start, end, longest)], "start mark"),
        (lambda s, start, end, longest: _greedy(s, start, end, longest - 1), "longest|cut|length|entries|long"),
        (lambda s, start, end, longest: _greedy(s, start, end, longest)[::-1], "order|revers|turned|backwards|end"),
    ],
    "misaligned": [
        (lambda w, g: float(np.mean([row.argmax() in p for row, p in zip(w, g, strict=True)])), "rest|right place"),
        (lambda w, g: sum(row.argmax() not in p for row, p in zip(w, g, strict=True)), "divide|share|many"),
        (lambda w, g: float(np.mean([row.argmax() != p[0] for row, p in zip(w, g, strict=True)])), "first|either"),
        (
            lambda w, g: float(np.mean([row.argmax() != p[-1] for row, p in zip(w, g, strict=True)])),
            "either|last|first",
        ),
        (lambda w, g: 1 - float(np.mean([row[p].sum() for row, p in zip(w, g, strict=True)])), "outside|largest"),
        (
            lambda w, g: float(np.mean([row.argmin() not in p for row, p in zip(w, g, strict=True)])),
            "largest|smallest|argm",
        ),
    ],
    "lstm_step": [
        (lambda *a: _lstm(*a, order="iofg"), "order"),
        (lambda *a: _lstm(*a, order="figo"), "place|first part"),
        (lambda *a: _lstm(*a, squash=lambda z: 1 / (1 + np.exp(-z))), "tanh"),
        (lambda *a: _lstm(*a, shown=lambda z: z), "tanh"),
        (lambda *a: _lstm(*a, new=lambda i, f, g, c: i * g), "over the memory|keeps"),
        (lambda *a: _lstm(*a, new=lambda i, f, g, c: f * c + (1 - f) * g), "tied|own"),
        (lambda *a: _lstm(*a, back="ch"), "order|h first"),
        (lambda *a: _lstm(*a, back="h")[0], "two|parts|tuple|all of them"),
        (lambda *a: _lstm(*a, bias=False), "b|bias"),
        (lambda *a: _lstm(*a, new=lambda i, f, g, c: f * c + g), "input gate|i|factor"),
    ],
    "turn_the_update_gate": [
        (lambda W: -W, "all signs|only"),
        (lambda W: _third(W, 0), "first third|second"),
        (lambda W: _third(W, 2), "last third|second"),
        (lambda W: _third(W, 1, lambda p: 1 - p), "1 − W|sign"),
        (lambda W: W.copy(), "sign|given|turn|unchanged|as it|returned"),
        (lambda W: np.concatenate([np.split(W, 3, axis=-1)[k] for k in (1, 0, 2)], axis=-1), "exchanged|order"),
    ],
    "gates_for_onnx": [
        (lambda W: np.concatenate([np.split(W, 4, axis=-1)[k] for k in (0, 2, 3, 1)], axis=-1), "way back|back"),
        (lambda W: W.copy(), "left|PyTorch"),
        (lambda W: np.concatenate([np.split(W, 4, axis=-1)[k] for k in (0, 1, 3, 2)], axis=-1), "second|output"),
        (lambda W: np.concatenate(np.split(W, 4, axis=-1)[::-1], axis=-1), "turned|whole"),
    ],
    "jacobian_of_a_step": [
        (lambda h, W: (1 - h**2)[:, None] * W, "row|transpose"),
        (lambda h, W: (1 - h**2) * W, "row|transpose|exchanged"),
        (lambda h, W: (1 - h**2) * W.T, "row|comes out"),
        (lambda h, W: W.T, "slope of tanh|tanh"),
        (lambda h, W: (1 - h)[:, None] * W.T, "square|1 − h²"),
        (lambda h, W: (1 - np.tanh(h) ** 2)[:, None] * W.T, "tanh"),
        (lambda h, W: np.diag(1 - h**2) @ W, "row|transpose"),
        (lambda h, W: (h**2)[:, None] * W.T, "1 −|a 1"),
    ],
    "norms_along_the_way": [
        (lambda J: np.cumprod([np.linalg.norm(j, 2) for j in J]), "bound|norms"),
        (lambda J: _norms(J, left=False), "order|left"),
        (lambda J: _norms(J, which="fro"), "Frobenius"),
        (lambda J: _norms(J, which=None), "radius|singular"),
        (lambda J: np.array([np.linalg.norm(j, 2) for j in J]), "single"),
        (lambda J: _norms(J, last=True), "shape|last|number|array"),
        (lambda J: _norms(J, which=1), "norm|use 1"),
    ],
    "clip_together": [
        (lambda g, m: [[max(-m, min(m, v)) for v in part] for part in g], "direction|entry"),
        (lambda g, m: _clip(g, m, alone=True), "itself|all"),
        (lambda g, m: _clip(g, m, always=True), "short enough|longer"),
        (lambda g, m: _clip(g, m, root=False), "root"),
        (lambda g, m: _clip(g, m, root=False, square=abs), "absolute"),
        (lambda g, m: g, "as it|as they|unchanged|given|argument|clip|short"),
        (lambda g, m: _clip(g, m, by=lambda part, g: max(abs(v) for p in g for v in p)), "largest|norm|length"),
    ],
    "pad_to_longest": [
        (lambda s, f: _padded(s, f, front=True), "front|behind"),
        (lambda s, f: _padded(s, f, cut=True), "cut|longest"),
        (lambda s, f: _padded(s, f, lengths_after=True), "after padding|lengths"),
        (lambda s, f: _padded(s, 0), "filler|0"),
        (lambda s, f: _padded(s, f, more=1), "too many|needs none"),
        (lambda s, f: [list(x) + [f] * (max(map(len, s)) - len(x)) for x in s], "all of them|two"),
        (lambda s, f: (_padded(s, f)[1], _padded(s, f)[0]), "order|each other|part|swap|row"),
    ],
    "decoder_pairs": [
        (lambda w, n: _pairs(w, n, shift=False), "shift|shown|part 1 and 2"),
        (lambda w, n: _pairs(w, n, end=False, end_counts=False), "end"),
        (lambda w, n: _pairs(w, n, end_counts=False), "end|weight"),
        (lambda w, n: _pairs(w, n, pads=1), "padding|weight"),
        (lambda w, n: (_pairs(w, n)[1], _pairs(w, n)[0], _pairs(w, n)[2]), "swap|<s>"),
        (lambda w, n: (_pairs(w, n)[1], _pairs(w, n)[1], _pairs(w, n)[2]), "shift|shown"),
    ],
    "mean_over_real": [
        (lambda losses, n: losses.mean(), "padding"),
        (lambda losses, n: _mean(losses, n, over="all"), "divide|real"),
        (lambda losses, n: _mean(losses, n, mask=False), "padding|mask"),
        (lambda losses, n: _mean(losses, n, later=1), "n − 1|t < n|count"),
        (lambda losses, n: _mean(losses, n, later=-1), "last|count|<|real"),
        (lambda losses, n: _mean(losses, n, over="rows"), "sequences|number of"),
        (lambda losses, n: _mean(losses, n, total=True), "divide|sum|number|mean|factor|times"),
        (lambda losses, n: np.mean([row[:k].mean() for row, k in zip(losses, n, strict=True)]), "each sequence|short"),
    ],
    "recurrent_states": [
        (lambda *a: _states(*a, tanh=lambda z: z), "tanh"),
        (lambda *a: _states(*a, same=True), "h0|new state|remember"),
        (lambda *a: _states(*a, W=np.transpose), "transpose"),
        (lambda *a: _states(*a, with_start=True), "shape|late|h0|row"),
        (lambda *a: _states(*a, with_start=True)[:-1], "late|h0"),
        (lambda *a: _states(*a, last=True), "last|row"),
        (lambda *a: _states(*a, bias=False), "b|bias"),
        (lambda X, Wx, Wh, b, h0: _states(X, Wx, Wh, b, np.zeros(len(b))), "start|h0"),
        (lambda X, Wx, Wh, b, h0: _states(X[::-1], Wx, Wh, b, h0), "end"),
        (lambda *a: _states(*a, tanh=lambda z: 1 / (1 + np.exp(-z))), "tanh|sigm"),
    ],
    "slope_through_time": [
        (lambda *a: _slope(*a, carry=False), "immediate|carried"),
        (lambda *a: _slope(*a, tanh=False), "tanh"),
        (lambda *a: _slope(*a, transpose=True), "transpose"),
        (lambda *a: _slope(*a, after=True), "before|h_"),
        (lambda *a: _slope(*a, first=False), "first|h0"),
        (lambda *a: _slope(*a, outer=True), "turned|outer|transpose"),
        (lambda *a: _slope(*a, sign=-1), "sign"),
        (lambda *a: _slope(*a, scores=True), "h²|tanh"),
        (_slope_mean, "mean|number|divide|step|factor|times"),
    ],
    "final_states": [
        (lambda o, n: o[:, -1], "one symbol|first place|last real"),
        (lambda o, n: _final(o, n, behind="last"), "single|place 0"),
        (lambda o, n: _final(o, n, ahead="column"), "last real|column"),
        (lambda o, n: o[:, 0], "one symbol|both"),
        (lambda o, n: _final(o, n, swap=True), "each other|swap"),
        (_final_one_late, "last real|length − 1|count|- 1|1"),
        (_final_mean, "mean|last"),
    ],
    "turned_round": [
        (lambda r, n: [row[::-1] for row in r], "padding"),
        (lambda r, n: [row[:k][::-1] for row, k in zip(r, n, strict=True)], "lost|long|shape"),
        (lambda r, n: [row[: k - 1][::-1] + row[k - 1 :] for row, k in zip(r, n, strict=True)], "left out|one"),
        (lambda r, n: r[::-1], "batch|rows"),
        (lambda r, n: r, "turn|revers|given|as it|unchanged|returned"),
        (lambda r, n: [row[k:] + row[:k][::-1] for row, k in zip(r, n, strict=True)], "padding|front"),
    ],
    "bits_and_perplexity": [
        (lambda p: _bits(p, bit=1), "nats|log 2"),
        (lambda p: (_bits(p)[0], 2 ** (-np.mean(p))), "base|mixed"),
        (lambda p: (_bits(p)[0], np.exp(_bits(p)[0])), "base|mixed"),
        (lambda p: _bits(p, mean=np.sum), "sum|mean|whole|long|number"),
        (lambda p: _bits(p, sign=1), "sign|negative|minus"),
        (lambda p: (_bits(p)[0], np.mean(1 / np.exp(p))), "averag"),
        (lambda p: (_bits(p)[1], _bits(p)[0]), "order|swap|each other|exchanged|first|part 1"),
    ],
    "counted_and_smoothed": [
        (lambda c, s: c / c.sum() if c.sum() else s, "never seen|counts alone"),
        (lambda c, s: (c + 1) / (c + 1).sum(), "one|shorter"),
        (lambda c, s: _mixed_in(c, s, kinds=len), "different|kinds"),
        (lambda c, s: _mixed_in(c, s, kinds=np.sum), "kinds|different|t"),
        (lambda c, s: _mixed_in(c, s, over=lambda c, t: c.sum()), "sum|n \\+ t"),
        (lambda c, s: np.where(c > 0, c / max(c.sum(), 1), s), "unseen|never seen|sum|every symbol"),
        (lambda c, s: (c + np.count_nonzero(c) * s) / np.float64(c.sum() + np.count_nonzero(c)), "never|0|nan|empty"),
        (lambda c, s: s, "counts|shorter|returned|given|argument"),
    ],
    "sharpened": [
        (lambda z, T: _soft(z * T), "multipl|divide"),
        (lambda z, T: _soft(z) / T, "sum|probabilit|divided"),
        (lambda z, T: (_soft(z) / T) / (_soft(z) / T).sum(), "after|softmax itself"),
        (lambda z, T: _soft(z) ** T / (_soft(z) ** T).sum(), "1/T|power|multipl|divide"),
        (lambda z, T: _soft(_soft(z) / T), "softmax of a softmax|scores"),
        (lambda z, T: np.exp(z / T) / np.exp(z / T).sum(), "overflow|largest"),
        (lambda z, T: z / T, "exp|softmax|sum|probabilit"),
    ],
    "chunks_that_go_on": [
        (lambda x, B, T: _chunked(x, B, T, windows=True), "go on|windows"),
        (lambda x, B, T: _chunked(x, B, T, shift=0), "themselves|after|target"),
        (lambda x, B, T: _chunked(x, B, T)[::-1], "exchanged|wrong way|swap"),
        (lambda x, B, T: _chunked(x, B, T, axes=(0, 1, 2)), "axes|order|shape|chunks first"),
        (
            lambda x, B, T: (_chunked(x, B, T)[0], np.roll(_chunked(x, B, T)[0], -1, axis=2)),
            "wrap|roll|target|part 2|second",
        ),
        (
            lambda x, B, T: _chunked(x[:-1], B, T) if len(x) > B * T + 1 else _chunked(x, B, T),
            "left|as many|shape|chunk|constant",
        ),
    ],
}
