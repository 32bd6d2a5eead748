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
            "largest|smallest|sign is turned",
        ),
    ],
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
