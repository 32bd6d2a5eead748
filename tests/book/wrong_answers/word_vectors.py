"""Wrong answers to the exercises on word vectors, as students write them."""

import math

import numpy as np


def _ppmi(C, rows=1, cols=0, total=True, log=np.log, clip=True, smooth=0.0):
    C = np.asarray(C, dtype=float) + smooth
    r = C.sum(rows, keepdims=True) if rows is not None else 1.0
    c = C.sum(cols, keepdims=True) if cols is not None else 1.0
    with np.errstate(all="ignore"):
        M = log(C * (C.sum() if total else 1.0) / (r * c))
    M[~np.isfinite(M)] = 0
    return np.maximum(M, 0) if clip else M


def _ppmi_twice_rows(C):
    C = np.asarray(C, dtype=float)
    r = C.sum(1)
    with np.errstate(all="ignore"):
        M = np.log(C * C.sum() / np.outer(r, r))
    M[~np.isfinite(M)] = 0
    return np.maximum(M, 0)


def _ppmi_inf(C):
    with np.errstate(all="ignore"):
        return np.log(C * C.sum() / np.outer(C.sum(1), C.sum(0)))


def _ppmi_ratio(C):
    C = np.asarray(C, dtype=float)
    with np.errstate(all="ignore"):
        M = C * C.sum() / np.outer(C.sum(1), C.sum(0))
    return np.nan_to_num(M)


def _sg(w, u, noise, pos=1, neg=1, swap=False, no_noise=False, mean=False, loop_u=False):
    s = lambda z: 1 / (1 + np.exp(-z))
    a = (s(u @ w) - 1) * pos
    n = s(noise @ w) * neg
    if mean and len(noise):
        n = n / len(noise)
    gw = a * u + (0 if no_noise else n @ noise)
    gu = a * w
    return np.array([gu, gw] if swap else [gw, gu])


def _sg_noise_minus(w, u, noise):
    s = lambda z: 1 / (1 + np.exp(-z))
    return np.array([(s(u @ w) - 1) * u + (s(noise @ w) - 1) @ noise, (s(u @ w) - 1) * w])


def _sg_u_with_noise(w, u, noise):
    s = lambda z: 1 / (1 + np.exp(-z))
    return np.array([(s(u @ w) - 1) * u + s(noise @ w) @ noise, (s(u @ w) - 1) * w + s(noise @ w).sum() * w])


def _rotation(X, Y, turn=False, scale=False, proper=False, M=None):
    U, s, Vt = np.linalg.svd(X.T @ Y if M is None else M(X, Y))
    if proper and np.linalg.det(U @ Vt) < 0:
        U[:, -1] *= -1
    W = U @ Vt
    return W.T if turn else W * s.sum() / np.sum(X**2) if scale else W


def _csls(c, k, rows="mean", cols="mean", factor=2, both=True, sign=-1, small=False):
    top = lambda v: sorted(v, reverse=not small)[:k]
    r = [sum(top(row)) / (k if rows == "mean" else 1) for row in c]
    q = [sum(top(col)) / (k if cols == "mean" else 1) for col in zip(*c, strict=True)]
    return [
        [factor * x + sign * r[i] + (sign * q[j] if both else 0) for j, x in enumerate(row)] for i, row in enumerate(c)
    ]


def _csls_k1(c, k):
    return _csls(c, 1)


def _best_rows(s):
    return [(i, max(range(len(r)), key=r.__getitem__)) for i, r in enumerate(s)]


def _best_columns(s):
    n = len(s)
    return [(max(range(n), key=lambda i: s[i][j]), j) for j in range(len(s[0]))]


def _mutual_turned(s):
    a = dict(_best_rows(s))
    return [(j, i) for i, j in a.items() if max(range(len(s)), key=lambda k: s[k][j]) == i]


def _mutual(s):
    a = dict(_best_rows(s))
    return [(i, j) for i, j in a.items() if max(range(len(s)), key=lambda k: s[k][j]) == i]


def _mutual_by_column(s):
    return sorted(_mutual(s), key=lambda p: p[1])


def _mutual_lists(s):
    low = lambda r: min(range(len(r)), key=r.__getitem__)
    return [(i, low(r)) for i, r in enumerate(s) if min(range(len(s)), key=lambda k: s[k][low(r)]) == i]


def _ring(held, t, direction=1, phase=None, piece=None, overwrite=False):
    P = len(held)
    out = [list(h) for h in held]
    for p in range(P):
        c = (piece(p, t) if piece else p - t) % P
        q = (p + direction) % P
        add = (t < P - 1 if phase is None else phase(t, P)) and not overwrite
        out[q][c] = held[q][c] + held[p][c] if add else held[p][c]
    return out


def _ring_moves(held, t):
    P = len(held)
    out = [list(h) for h in held]
    for p in range(P):
        c, q = (p - t) % P, (p + 1) % P
        out[q][c] = held[q][c] + held[p][c] if t < P - 1 else held[p][c]
        out[p][c] = 0
    return out


def _neighbours(M, i, k, norm=True, own=False, small=False, one=False):
    U = M / np.linalg.norm(M, axis=1, keepdims=True) if norm else M
    s = U @ U[i]
    order = np.argsort(s if small else -s, kind="stable")
    if not own:
        order = order[order != i]
    return order[:k] + (1 if one else 0)


def _neighbours_drop_first(M, i, k):
    U = M / np.linalg.norm(M, axis=1, keepdims=True)
    return np.argsort(-(U @ U[i]), kind="stable")[1 : k + 1]


def _neighbours_distance(M, i, k):
    d = np.linalg.norm(M - M[i], axis=1)
    d[i] = np.inf
    return np.argsort(d, kind="stable")[:k]


def _neighbours_rising(M, i, k):
    return _neighbours(M, i, k)[::-1]


def _analogy(vectors, a, b, c, before=True, exclude=True, by="cosine", sign=(1, -1, 1), after=True):
    unit = lambda v: [x / math.sqrt(sum(y * y for y in v)) for x in v]
    V = {k: unit(v) for k, v in vectors.items()} if before else vectors
    t = [sign[0] * y + sign[1] * x + sign[2] * z for x, y, z in zip(V[a], V[b], V[c], strict=True)]
    dot = lambda u, v: sum(x * y for x, y in zip(u, v, strict=True))
    size = lambda v: math.sqrt(dot(v, v)) or 1.0
    names = [k for k in V if not exclude or k not in (a, b, c)]
    if by == "distance":
        return min(names, key=lambda k: sum((x - y) ** 2 for x, y in zip(V[k], t, strict=True)))
    return max(names, key=lambda k: dot(V[k], t) / size(V[k]) if by == "cosine" else dot(V[k], t))


def _profiles(X, root=True, sort=1, gram="rows", normal=False):
    U, s, _ = np.linalg.svd(X, full_matrices=False)
    S = U @ np.diag(s if root else s**2) @ U.T
    if sort is None:
        return S
    return np.sort(S, axis=sort)


def _pairs_of_reading(words, forwards, edge="<edge>", flip=True, both=True):
    w = list(words) if forwards or not flip else list(words)[::-1]
    return [edge, *w], [*w, edge]


def _reading_swapped(words, forwards):
    a, b = _pairs_of_reading(words, forwards)
    return b, a


def _reading_turned_back(words, forwards):
    a, b = _pairs_of_reading(words, forwards)
    return (a, b) if forwards else (a[::-1], b[::-1])


def _reading_no_edges(words, forwards):
    w = list(words) if forwards else list(words)[::-1]
    return w[:-1], w[1:]


def _mix(layers, scores, gamma, soft=True, times=True, mean=False):
    s = np.exp(scores - scores.max())
    s = s / s.sum() if soft else scores
    out = np.tensordot(s, layers, 1)
    return out * (gamma if times else 1) / (len(layers) if mean else 1)


def _combine(start, copies, left, mode="right"):
    moves = copies - start
    if mode == "mean":
        return copies.mean(0)
    if mode == "sum":
        return start + moves.sum(0)
    return start + moves.mean(0)


WRONG = {
    "count_the_words": [
        (lambda d, v: [1 if w in d else 0 for w in v], r"often|count|once|present|how many"),
        (lambda d, v: [" ".join(d).count(w) for w in v], r"part|inside|whole|substring|letters"),
        (lambda d, v: [sum(x.startswith(w) for x in d) for w in v], r"begin|start|whole|part"),
        (lambda d, v: [sum(x.lower() == w.lower() for x in d) for w in v], r"case|capital|lower|upper"),
        (
            lambda d, v: [d.count(w) / len(d) if d else 0.0 for w in v],
            r"share|count|divide|frequen|often|number of words",
        ),
        (lambda d, v: [v.count(w) for w in d], r"vocabulary|document|exchang|swap|length|shape|roles"),
        (lambda d, v: {w: d.count(w) for w in v}, r"list|dict"),
        (lambda d, v: sorted((d.count(w) for w in v), reverse=True), r"order|sort"),
    ],
    "positive_pmi": [
        (lambda C: _ppmi(C, clip=False), r"positive|negative|max|clip|below 0|below zero"),
        (lambda C: _ppmi(C, log=np.log2), r"base|natural|log2|log₂|logarithm"),
        (lambda C: _ppmi(C, total=False), r"total|sum of|answer of yours is 0"),
        (_ppmi_twice_rows, r"column|rows twice|transpos|symmetr"),
        (lambda C: _ppmi(C, rows=0, cols=1).T, r"transpos|row|column"),
        (_ppmi_inf, r"inf|zero|log"),
        (_ppmi_ratio, r"log"),
        (lambda C: _ppmi(C, smooth=1.0), r"add|smooth|\b1\b|count|never met"),
        (lambda C: _ppmi(C, log=np.log10), r"base|natural|log10|logarithm"),
    ],
    "noise_shares": [
        (lambda c, e: [x**e for x in c], r"sum|divide|probabilit|1"),
        (lambda c, e: [x / sum(c) for x in c], r"exponent|power"),
        (lambda c, e: [(x / sum(c)) ** e for x in c], r"sum|after|again|order|1|normal"),
        (lambda c, e: [x * e / sum(y * e for y in c) for x in c], r"power|multipl|\*\*|exponent"),
        (lambda c, e: [1 / len(c)] * len(c), r"count|uniform|equal"),
        (lambda c, e: [x**e / sum(c) for x in c], r"sum|power|divide"),
        (lambda c, e: [x**0.75 / sum(y**0.75 for y in c) for x in c], r"exponent|0\.75|3/4|argument"),
        (
            lambda c, e: [x ** (1 / e) / sum(y ** (1 / e) for y in c) if e else 1 / len(c) for x in c],
            r"exponent|1/|root|inver",
        ),
    ],
    "negative_sampling_gradient": [
        (lambda w, u, n: -_sg(w, u, n), r"sign"),
        (lambda w, u, n: _sg(w, u, n, swap=True), r"order|exchang|swap|by w|first row"),
        (lambda w, u, n: _sg(w, u, n, no_noise=True), r"noise"),
        (_sg_noise_minus, r"noise|σ\(|− 1|sign"),
        (lambda w, u, n: _sg(w, u, n, neg=-1), r"sign|noise|push"),
        (_sg_u_with_noise, r"\bu\b|noise|context|only"),
        (lambda w, u, n: _sg(w, u, n, mean=True), r"mean|sum|divide|k"),
        (lambda w, u, n: _sg(w, u, n)[0], r"shape|two rows|both|stack"),
    ],
    "fit_rotation": [
        (lambda X, Y: _rotation(X, Y, turn=True), r"transpos|other direction|Y.*X|back"),
        (lambda X, Y: np.linalg.lstsq(X, Y, rcond=None)[0], r"orthogonal|least squares|free"),
        (lambda X, Y: _rotation(X, Y, proper=True), r"reflect|determinant|mirror|det"),
        (lambda X, Y: _rotation(X, Y, scale=True), r"scale|orthogonal|length"),
        (lambda X, Y: (lambda U, s, V: U @ V.T)(*np.linalg.svd(X.T @ Y)), r"Vᵀ|transpos|already|numpy"),
        (lambda X, Y: np.linalg.qr(np.linalg.lstsq(X, Y, rcond=None)[0])[0], r"QR|SVD|nearest|singular"),
        (lambda X, Y: X.T @ Y, r"SVD|orthogonal|UVᵀ|polar"),
    ],
    "csls_table": [
        (lambda c, k: _csls(c, k, factor=1), r"\b2\b|twice"),
        (lambda c, k: _csls(c, k, both=False), r"column|both|target|one side|row"),
        (lambda c, k: _csls(c, k, sign=1), r"sign|subtract|minus|added"),
        (lambda c, k: _csls(c, k, rows="sum", cols="sum"), r"mean|divide|average|sum|k"),
        (lambda c, k: _csls(c, k, small=True), r"largest|smallest|nearest|top|sort"),
        (_csls_k1, r"\bk\b|nearest|only|largest|mean"),
        (
            lambda c, k: (
                _csls(c, len(c[0]))
                if len(c) == len(c[0])
                else [[2 * x - sum(r) / len(r) - sum(z[j] for z in c) / len(c) for j, x in enumerate(r)] for r in c]
            ),
            r"\bk\b|all|nearest|largest",
        ),
        (lambda c, k: [list(r) for r in c], r"cosine|unchanged|neighbour|hub|subtract"),
    ],
    "mutual_pairs": [
        (_best_rows, r"mutual|each other|column|back|both|one side"),
        (_best_columns, r"mutual|each other|row|back|both|one side"),
        (_mutual_turned, r"order|\(j, i\)|\(i, j\)|exchang|swap"),
        (_mutual_lists, r"largest|smallest|max"),
        (lambda s: [(i + 1, j + 1) for i, j in _mutual(s)], r"0|from 1|start"),
        (_mutual_by_column, r"rising i|order|sort|row"),
        (lambda s: [j for _, j in _mutual(s)], r"pair|tuple|shape|\(i, j\)"),
    ],
    "ring_step": [
        (lambda h, t: _ring(h, t, direction=-1), r"direction|p \+ 1|wrong way|next|neighbour"),
        (lambda h, t: _ring(h, t, phase=lambda t, P: True), r"take|second|half|others|over|phase|passed on"),
        (lambda h, t: _ring(h, t, overwrite=True), r"add|first"),
        (lambda h, t: _ring(h, t, piece=lambda p, t: p + t), r"p − t|p - t|piece|sign"),
        (lambda h, t: _ring(h, t, piece=lambda p, t: p), r"\bt\b|piece|step"),
        (lambda h, t: _ring(h, t, phase=lambda t, P: t < P), r"P − 1|one|P - 1"),
        (_ring_moves, r"keep|sender|copy|loses|zero|stay"),
    ],
    "combine_in_turn": [
        (lambda s, c, q: _combine(s, c, q, "mean"), r"mean|average|q|left|turn"),
        (lambda s, c, q: _combine(s, c, q, "sum"), r"sum|q|left|overshoot|twice|add"),
        (lambda s, c, q: c[-1], r"last|one|all|other"),
        (lambda s, c, q: s, r"start|unchanged|moves|change"),
        (lambda s, c, q: s + (c - s).sum(0) * q[:, None], r"\bq\b|left|share|series|geometric|sum"),
    ],
    "nearest_rows": [
        (lambda M, i, k: _neighbours(M, i, k, norm=False), r"length|cosine|norm|dot|scalar"),
        (lambda M, i, k: _neighbours(M, i, k, own=True), r"itself|left out|row i|own"),
        (_neighbours_drop_first, r"row i|itself|first|tie|same direction|parallel|multiple|mask"),
        (_neighbours_distance, r"distance|cosine|angle"),
        (_neighbours_rising, r"order|first|nearest|rising|revers"),
        (lambda M, i, k: _neighbours(M, i, k, small=True), r"largest|smallest|far|sign|order|rising"),
        (
            lambda M, i, k: (lambda U: np.sort(U @ U[i])[::-1][1 : k + 1])(
                M / np.linalg.norm(M, axis=1, keepdims=True)
            ),
            r"which|cosines|numbers of|rows|index|argsort|whole",
        ),
    ],
    "solve_analogy": [
        (lambda *a: _analogy(*a, exclude=False), r"asked|itself|own|one of|cannot be"),
        (lambda *a: _analogy(*a, before=False), r"length|normal|before|long"),
        (lambda *a: _analogy(*a, sign=(-1, 1, 1)), r"sign|b − a|a − b|exchang|swap|direction"),
        (lambda *a: _analogy(*a, sign=(1, 1, 1)), r"sign|subtract|minus|added a"),
        (lambda *a: _analogy(*a, sign=(1, -1, 0)), r"\bc\b"),
        (lambda *a: _analogy(*a, sign=(0, 0, 1)), r"\bb\b|\ba\b|only|neighbour|difference"),
    ],
    "keep_orthogonal": [
        (lambda W, b: (1 + b) * W, r"WWᵀ|W \(?Wᵀ|subtract|cubic"),
        (lambda W, b: (1 + b) * W + b * W @ W.T @ W, r"sign|minus|subtract"),
        (lambda W, b: W - b * W @ W.T @ W, r"1 \+ β|β|grow|shrink"),
        (lambda W, b: (1 + b) * W - b * W @ W @ W.T, r"transpos|order|Wᵀ"),
        (lambda W, b: (1 + b) * W - b * W @ W @ W, r"transpos|Wᵀ"),
        (
            lambda W, b: (lambda U, s, V: U @ V)(*np.linalg.svd(W)),
            r"all the way|one step|projection|exact|nearest|SVD|jump",
        ),
    ],
    "sorted_profiles": [
        (lambda X: _profiles(X, root=False), r"root"),
        (lambda X: _profiles(X, sort=None), r"sort"),
        (lambda X: _profiles(X, sort=0), r"row|axis|column"),
        (lambda X: _profiles(X)[:, ::-1], r"order|smallest|rising|descending|revers"),
        (lambda X: np.sort(np.sqrt(np.abs(X @ X.T)), axis=1), r"entry|matrix|eigen|SVD|root"),
        (lambda X: np.sort(X @ X.T, axis=1), r"root"),
    ],
    "partners_among": [
        (lambda s, k: [(i, max(range(len(r)), key=r.__getitem__)) for i, r in enumerate(s)], r"kept|among"),
        (
            lambda s, k: [(i, j) for i, r in enumerate(s) for j in [max(range(len(r)), key=r.__getitem__)] if k[i][j]],
            r"kept|among|first|next|before",
        ),
        (
            lambda s, k: [(i, max(range(len(r)), key=lambda j: r[j] * k[i][j])) for i, r in enumerate(s) if any(k[i])],
            r"negative|zero|product|multipl|mask",
        ),
        (
            lambda s, k: [
                (i, min((j for j in range(len(r)) if k[i][j]), key=r.__getitem__)) for i, r in enumerate(s) if any(k[i])
            ],
            r"largest|smallest|max",
        ),
        (
            lambda s, k: [
                (i, max((j for j in range(len(r)) if k[i][j]), key=r.__getitem__, default=None))
                for i, r in enumerate(s)
            ],
            r"left out|without|none|None|empty",
        ),
        (
            lambda s, k: [
                (max((j for j in range(len(r)) if k[i][j]), key=r.__getitem__), i) for i, r in enumerate(s) if any(k[i])
            ],
            r"order|\(i, j\)|exchang|swap",
        ),
    ],
    "sentence_perplexity": [
        (lambda lp: math.exp(-sum(lp)), r"mean|divide|length|number|per"),
        (lambda lp: math.exp(sum(lp) / len(lp)), r"sign|minus|one over|inver|probab"),
        (lambda lp: -sum(lp) / len(lp), r"exp|entropy|loss"),
        (lambda lp: 2 ** (-sum(lp) / len(lp)), r"base|natural|2|exp"),
        (lambda lp: 1 / math.prod(math.exp(x) for x in lp) ** (1 / len(lp)), r"underflow|product|log|zero"),
        (lambda lp: sum(math.exp(-x) for x in lp) / len(lp), r"mean|arithmetic|geometric|log|before|first"),
        (
            lambda lp: math.exp(-sum(lp) / (len(lp) - 1)) if len(lp) > 1 else math.exp(-lp[0]),
            r"number|length|N − 1|one|divide|mean",
        ),
    ],
    "reading_pairs": [
        (lambda w, f: _pairs_of_reading(w, f, flip=False), r"backward|revers|from the end|end"),
        (_reading_swapped, r"order|input|exchang|swap"),
        (_reading_turned_back, r"order of reading|turn|revers|back"),
        (_reading_no_edges, r"edge|length|both ends|shape|things"),
        (lambda w, f: _pairs_of_reading(w, f, edge="edge"), r"<edge>|edge"),
        (lambda w, f: list(zip(*_pairs_of_reading(w, f), strict=True)), r"two lists|pairs|zip|things|tuple"),
        (
            lambda w, f: (["<edge>", *w], [*w, "<edge>"]) if f else ([*w, "<edge>"], ["<edge>", *w]),
            r"order of (reading|the page)|revers|turn|from the end",
        ),
    ],
    "elmo_mix": [
        (lambda L, s, g: _mix(L, s, g, soft=False), r"softmax"),
        (lambda L, s, g: _mix(L, s, g, times=False), r"γ|gamma"),
        (lambda L, s, g: _mix(L, s, g, mean=True), r"mean|number of layers|divide|sum|\bL\b"),
        (lambda L, s, g: g * L.mean(0), r"softmax|score|weigh|equal"),
        (lambda L, s, g: g * np.tensordot(np.exp(s) / np.exp(s).sum(), L, 1), r"overflow|largest|maximum"),
        (lambda L, s, g: g * L[np.argmax(s)], r"largest|one|only|softmax|best"),
        (
            lambda L, s, g: np.tensordot(np.exp(g * s - (g * s).max()) / np.exp(g * s - (g * s).max()).sum(), L, 1),
            r"γ|gamma|outside|temperature",
        ),
    ],
}
