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
