"""Wrong answers to the exercises of the first four notebooks."""

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


WRONG = {
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
}
