"""Wrong answers to the exercises on regularization, as students write them."""

import numpy as np


def _folds(N, K, late=False):
    sizes = [N // K + (1 if (i >= K - N % K if late else i < N % K) else 0) for i in range(K)]
    out, start = [], 0
    for s in sizes:
        out.append(list(range(start, start + s)))
        start += s
    return out


def _folds_strided(N, K):
    return [list(range(k, N, K)) for k in range(K)]


def _folds_lost(N, K):
    s = N // K
    return [list(range(i * s, (i + 1) * s)) for i in range(K)]


def _folds_rest_last(N, K):
    s = N // K
    return [list(range(i * s, (i + 1) * s if i < K - 1 else N)) for i in range(K)]


def _folds_ceil(N, K):
    s = -(-N // K)
    return [list(range(i * s, min((i + 1) * s, N))) for i in range(K)]


def _folds_rest(N, K):
    return [[i for i in range(N) if i not in fold] for fold in _folds(N, K)]


def _ridge(A, y, lam):
    return np.linalg.solve(A.T @ A + lam * np.eye(A.shape[1]), A.T @ y)


def _augmented(A, y, s):
    D = A.shape[1]
    return np.linalg.lstsq(np.vstack([A, s * np.eye(D)]), np.append(y, np.zeros(D)), rcond=None)[0]


def _augmented_ones(A, y, lam):
    D = A.shape[1]
    return np.linalg.lstsq(np.vstack([A, np.sqrt(lam) * np.eye(D)]), np.append(y, np.ones(D)), rcond=None)[0]


def _free(A, y, lam, centre_A=True, centre_y=True, back=True):
    mA, my = A.mean(0), y.mean()
    w = _ridge(A - mA if centre_A else A, y - my if centre_y else y, lam)
    return w, (my - mA @ w if back else my)


def _free_punished(A, y, lam):
    w = _ridge(np.column_stack([A, np.ones(len(A))]), y, lam)
    return w[:-1], w[-1]


def _degrees(f):
    return lambda s, lam: sum(f(x, lam) for x in s)


def _left_out(A, y, lam, power=1, train=False):
    H = A @ np.linalg.solve(A.T @ A + lam * np.eye(A.shape[1]), A.T)
    e = y - H @ y
    return e if train else e / (1 - np.diag(H)) ** power


def _left_out_ols(A, y, lam):
    H = A @ np.linalg.pinv(A)
    return (y - H @ y) / (1 - np.diag(H))


def _soft(z, t):
    return np.sign(z) * np.maximum(np.abs(z) - t, 0)


def _coordinate(A, y, w, j, lam, own=True, norm=True, threshold=True, scale=1.0, late=False):
    a = A[:, j]
    r = y - A @ w + (a * w[j] if own else 0)
    rho, n = a @ r, a @ a
    if late:
        return float(_soft(rho / n, lam))
    t = float(_soft(rho, lam * scale)) if threshold else float(rho)
    return t / n if norm else t


def _gap(A, y, w, lam, absolute=True, shrink=True, half=True, primal=False, dual_sign=-1):
    r = y - A @ w
    c = A.T @ r
    biggest = np.abs(c).max() if absolute else c.max()
    s = min(1.0, lam / biggest) if shrink and biggest > 0 else 1.0
    h = 0.5 if half else 1.0
    p = h * r @ r + lam * np.abs(w).sum()
    d = h * y @ y - h * (y - s * r) @ (y - s * r)
    return p if primal else p - d


def _gap_always_scaled(A, y, w, lam):
    r = y - A @ w
    s = lam / np.abs(A.T @ r).max()
    return 0.5 * r @ r + lam * np.abs(w).sum() - (0.5 * y @ y - 0.5 * (y - s * r) @ (y - s * r))


def _ista(A, y, w, lam, step=None, sign=-1, threshold="step", two=1):
    L = np.linalg.norm(A, 2) ** 2
    s = 1 / L if step is None else step(A)
    z = w + sign * s * two * A.T @ (A @ w - y)
    return _soft(z, lam * s) if threshold == "step" else _soft(z, lam) if threshold == "lam" else z


def _net(A, y, lam2, below=0.0):
    D = A.shape[1]
    return np.vstack([A, lam2 * np.eye(D)]), np.append(y, np.full(D, below))


def _net_scaled(A, y, lam, lam2):
    a, b = _net(A, y, np.sqrt(lam2))
    return a / np.sqrt(1 + lam2), b


def _net_above(A, y, lam, lam2):
    D = A.shape[1]
    return np.vstack([np.sqrt(lam2) * np.eye(D), A]), np.append(np.zeros(D), y)


def _batch(x, gamma, beta, eps, axis=0, root=True, outside=False, ddof=0, scale=True, shift=True):
    m = x.mean(axis, keepdims=True)
    v = x.var(axis, ddof=ddof, keepdims=True) if x.shape[0] > ddof else x.var(axis, keepdims=True)
    s = np.sqrt(v) + eps if outside else np.sqrt(v + eps) if root else v + eps
    out = (x - m) / s
    return out * (gamma if scale else 1) + (beta if shift else 0)


def _layer(x, gamma, beta, eps, axis=-1, ddof=0, root=True, outside=False):
    m, v = x.mean(axis, keepdims=True), x.var(axis, ddof=ddof, keepdims=True)
    s = np.sqrt(v) + eps if outside else np.sqrt(v + eps) if root else v + eps
    return gamma * (x - m) / s + beta


def _batch_gradient(x, gamma, g, eps, mean=True, product=True, scale=True, root=True, total=False):
    m, v = x.mean(0), x.var(0)
    s = np.sqrt(v + eps)
    h = (x - m) / s
    G = g * gamma if scale else g
    average = (lambda z: z.sum(0)) if total else (lambda z: z.mean(0))
    out = G - (average(G) if mean else 0) - (h * average(G * h) if product else 0)
    return out / s if root else out


def _running(means, f):
    r = 0.0
    for m in means:
        r = f(r, m)
    return r


def _noisy(A, y, w, p, factor, sign=1):
    r = A @ w - y
    return r @ r + sign * factor(p) * (A**2 @ w**2).sum()


WRONG = {
    "cut_into_folds": [
        (lambda N, K: _folds(N, K, late=True), r"first|larger|early|last"),
        (_folds_strided, r"order|consecutive|every K|in turn|deal|neighbour"),
        (_folds_lost, r"lost|left over|remain|rest|every index|missing|drop"),
        (_folds_rest_last, r"last|differ|1|remain|rest"),
        (_folds_ceil, r"differ|last|1|short|ceil|round"),
        (_folds_rest, r"training|held out|complement|other|to train on"),
        (lambda N, K: [list(range(1 + i, N + 1, K)) for i in range(K)], r"0|from 1|start"),
        (lambda N, K: [[i + 1 for i in f] for f in _folds(N, K)], r"0|from 1|start"),
    ],
    "bias_and_spread": [
        (
            lambda P, t: (((P - t) ** 2).mean(), P.var(0).mean()),
            r"mean (of the )?fit|average|first|error|variance|bias",
        ),
        (lambda P, t: (((P.mean(0) - t) ** 2).mean(), P.var(0, ddof=1).mean()), r"R − 1|ddof|R - 1|repeats"),
        (lambda P, t: (P.var(0).mean(), ((P.mean(0) - t) ** 2).mean()), r"order|swap|exchang|first|each other's place"),
        (lambda P, t: ((P.mean(0) - t).mean() ** 2, P.var(0).mean()), r"square|cancel|before|point"),
        (lambda P, t: (((P.mean(0) - t) ** 2).mean(), P.var()), r"axis|repeats|over all|point"),
        (lambda P, t: (((P.mean(0) - t) ** 2).mean(), P.var(1).mean()), r"axis|repeats|point"),
        (lambda P, t: (((P.mean(0) - t) ** 2).sum(), P.var(0).sum()), r"mean|average|sum|number"),
        (lambda P, t: (((P.mean(0) - t) ** 2).mean(), P.std(0).mean()), r"square|root|variance|standard"),
        (lambda P, t: (np.abs(P.mean(0) - t).mean(), P.var(0).mean()), r"square"),
    ],
    "variance_of_a_prediction": [
        (lambda A, a, s: s * a @ np.linalg.inv(A.T @ A) @ a, r"σ²|square"),
        (
            lambda A, a, s: s**2 * (1 + a @ np.linalg.inv(A.T @ A) @ a),
            r"(new|fresh) (noise|target)|1 \+|prediction itself|own noise|interval",
        ),
        (lambda A, a, s: s * np.sqrt(a @ np.linalg.inv(A.T @ A) @ a), r"root|standard deviation|variance|square"),
        (lambda A, a, s: s**2 * a @ (A.T @ A) @ a, r"inverse"),
        (lambda A, a, s: s**2 * a @ a, r"AᵀA|inverse|\bA\b"),
        (lambda A, a, s: s**2 * np.linalg.inv(A.T @ A), r"shape|number|aᵀ|covariance"),
        (lambda A, a, s: s**2 * a @ np.linalg.inv(A.T @ A) @ a / len(A), r"\bN\b|divide|once|rows"),
    ],
    "ridge_by_augmented_rows": [
        (lambda A, y, lam: _augmented(A, y, lam), r"root|√|carry lam"),
        (_augmented_ones, r"zero|\by\b|target"),
        (lambda A, y, lam: _augmented(A, y, 0), r"λ|lam|penalt|ridge|plain"),
        (lambda A, y, lam: _ridge(A, y, lam * len(y)), r"\bN\b|number"),
        (lambda A, y, lam: _augmented(A, y, np.sqrt(lam / 2)), r"half|½|1/2|\b2\b"),
        (lambda A, y, lam: np.linalg.solve(A.T @ A + lam, A.T @ y), r"identity|diagonal|eye|every entry|\bI\b"),
        (lambda A, y, lam: np.linalg.solve(A.T @ A - lam * np.eye(A.shape[1]), A.T @ y), r"sign|minus|add|plus"),
    ],
    "ridge_with_free_intercept": [
        (_free_punished, r"intercept|punish|penal|free"),
        (lambda A, y, lam: _free(A, y, lam, centre_A=False), r"centre|mean|column"),
        (lambda A, y, lam: _free(A, y, lam, back=False), r"mean|Ā|back|intercept"),
        (lambda A, y, lam: _free(A, y, 0.0) if len(A) > A.shape[1] + 1 else _free(A, y, 2 * lam), r"λ|lam|penal|plain"),
        (lambda A, y, lam: tuple(reversed(_free(A, y, lam))), r"order|exchang|part 1|swap"),
        (lambda A, y, lam: (_ridge(A, y, lam), y.mean()), r"centre|mean|intercept"),
        (lambda A, y, lam: (w := _ridge(A - A.mean(0), y, lam), y.mean() + A.mean(0) @ w), r"sign|minus|subtract"),
    ],
    "degrees_in_use": [
        (_degrees(lambda s, lam: s / (s + lam) if s + lam else 0), r"square|σ²|s²"),
        (_degrees(lambda s, lam: s * s / (s * s + lam)), r"zero|0/0|both|division"),
        (_degrees(lambda s, lam: lam / (s * s + lam) if s * s + lam else 0), r"lost|1 −|other|complement|share|top"),
        (
            _degrees(lambda s, lam: s * s / (s * s + lam * lam) if s * s + lam else 0),
            r"λ²|λ itself|lam|without a square",
        ),
        (_degrees(lambda s, lam: (s * s / (s * s + lam)) ** 2 if s * s + lam else 0), r"square|trace"),
        (lambda s, lam: len(s), r"λ|lam|shrink|each|ridge"),
        (
            lambda s, lam: sum(x * x / (x * x + lam) if x * x + lam else 0 for x in s) / len(s),
            r"mean|average|sum|number",
        ),
        (_degrees(lambda s, lam: 1 if s > 0 else 0), r"λ|lam|shrink|each|rank"),
    ],
    "left_out_errors": [
        (lambda A, y, lam: _left_out(A, y, lam, train=True), r"1 − h|1 - h|divide|training|hat|lever"),
        (lambda A, y, lam: _left_out(A, y, lam, power=2), r"square|once|twice"),
        (lambda A, y, lam: -_left_out(A, y, lam), r"sign"),
        (_left_out_ols, r"λ|lam|ridge|plain"),
        (lambda A, y, lam: _left_out(A, y, lam) ** 2, r"square"),
        (lambda A, y, lam: _left_out(A, y, lam, power=0.5), r"root|studenti|standard"),
        (
            lambda A, y, lam: (lambda H: (y - H @ y) / (1 - np.trace(H) / len(y)))(
                A @ np.linalg.solve(A.T @ A + lam * np.eye(A.shape[1]), A.T)
            ),
            r"GCV|average|mean|generali[sz]ed|own|each",
        ),
    ],
    "soft": [
        (lambda z, lam: max(abs(z) - lam, 0.0), r"sign"),
        (lambda z, lam: z if abs(z) > lam else 0.0, r"hard|subtract|shrink"),
        (lambda z, lam: z - lam if z > lam else 0.0, r"negative|other side|left|below|−λ"),
        (lambda z, lam: z / (1 + lam), r"ridge|squar|propor|scale|divide"),
        (lambda z, lam: (abs(z) - lam) * (1 if z > 0 else -1), r"zero|inside|negative|max|cross|small"),
        (lambda z, lam: z - lam, r"sign|negative|zero|side|below −lam"),
        (lambda z, lam: max(-lam, min(lam, z)), r"clip|inside|rest|other part|cut to|takes off"),
        (lambda z, lam: (1 if z > 0 else -1) * max(abs(z) - lam / 2, 0.0), r"half|λ/2|½|\b2\b"),
        (lambda z, lam: -(1 if z > 0 else -1) * max(abs(z) - lam, 0.0), r"sign"),
    ],
    "one_coordinate": [
        (lambda *a: _coordinate(*a, own=False), r"own|partial|without|add back|except|itself|wⱼ"),
        (lambda *a: _coordinate(*a, norm=False), r"divide|‖a|norm|length|square"),
        (lambda *a: _coordinate(*a, threshold=False), r"threshold|soft|λ|lam"),
        (lambda *a: _coordinate(*a, late=True), r"before|after|divide|‖a|threshold"),
        (lambda *a: _coordinate(*a, scale=0.5), r"half|½|λ/2|\b2\b"),
        (lambda *a: -_coordinate(*a), r"sign"),
        (lambda A, y, w, j, lam: float(_soft(A[:, j] @ y, lam) / (A[:, j] @ A[:, j])), r"other|residual|rest|alone"),
        (
            lambda A, y, w, j, lam: float(A[:, j] @ (y - A @ w + A[:, j] * w[j]) / (A[:, j] @ A[:, j] + lam)),
            r"ridge|soft|square",
        ),
    ],
    "gap_of_the_lasso": [
        (lambda *a: _gap(*a, absolute=False), r"absolute|\||negative"),
        (lambda *a: _gap(*a, shrink=False), r"shrink|scale|feasib"),
        (lambda *a: _gap(*a, primal=True), r"dual|primal|objective|subtract"),
        (lambda *a: _gap(*a, half=False), r"half|½|1/2"),
        (_gap_always_scaled, r"needed|min|never (more|above)|grow|1|enlarge|stretch|always scaled"),
        (lambda *a: -_gap(*a), r"sign"),
    ],
    "proximal_step": [
        (lambda *a: _ista(*a, threshold="none"), r"threshold|soft|λ|lam|penal"),
        (lambda *a: _ista(*a, threshold="lam"), r"step|λ|lam|divide|‖A‖"),
        (lambda *a: _ista(*a, sign=1), r"sign|uphill|minus|against"),
        (lambda *a: _ista(*a, step=lambda A: 1 / np.linalg.norm(A, 2)), r"square|‖A‖²"),
        (lambda *a: _ista(*a, step=lambda A: 1 / np.linalg.norm(A) ** 2), r"Frobenius|largest singular|spectral|norm"),
        (lambda *a: _ista(*a, two=2), r"\b2\b|twice|½|half"),
        (
            lambda A, y, w, lam: (
                _soft(w, lam / np.linalg.norm(A, 2) ** 2) - A.T @ (A @ w - y) / np.linalg.norm(A, 2) ** 2
            ),
            r"order|first|after|before",
        ),
        (
            lambda A, y, w, lam: (lambda z, t: np.where(np.abs(z) > t, z, 0))(
                w - A.T @ (A @ w - y) / np.linalg.norm(A, 2) ** 2, lam / np.linalg.norm(A, 2) ** 2
            ),
            r"hard|subtract|shrink",
        ),
    ],
    "elastic_net_by_rows": [
        (lambda A, y, lam, l2: _net(A, y, l2), r"root|√|square would end up"),
        (_net_above, r"below|order"),
        (lambda A, y, lam, l2: _net(A, y, np.sqrt(l2), 1.0), r"zero"),
        (_net_scaled, r"1 \+|scale|√\(1|divide"),
        (lambda A, y, lam, l2: _net(A, y, np.sqrt(lam)), r"lam2|λ₂|other|lam"),
        (lambda A, y, lam, l2: _net(A, y, np.sqrt(l2 / 2)), r"half|½|\b2\b|factor"),
    ],
    "drop_units": [
        (lambda x, d, p: [0.0 if u < p else v for v, u in zip(x, d, strict=True)], r"1 − p|1 - p|scale|divide|invert"),
        (
            lambda x, d, p: [v / (1 - p) if u < p else 0.0 for v, u in zip(x, d, strict=True)],
            r"kept|dropped|other way|exchang|swap|invert",
        ),
        (lambda x, d, p: [0.0 if u < p else v / p if p else v for v, u in zip(x, d, strict=True)], r"1 − p|1 - p|kept"),
        (lambda x, d, p: [0.0 if u < p else v * (1 - p) for v, u in zip(x, d, strict=True)], r"divide|multipl"),
        (
            lambda x, d, p: [0.0 if u <= p else v / (1 - p) for v, u in zip(x, d, strict=True)],
            r"<|equal|strict|less than|exactly",
        ),
        (lambda x, d, p: [v / (1 - p) for v, u in zip(x, d, strict=True) if u >= p], r"length|shape|zero|kept"),
        (lambda x, d, p: [v * (1 - p) for v in x], r"draw|drop|train|test|average"),
    ],
    "decayed_step": [
        (lambda w, g, eta, lam: w - eta * g, r"decay|penalty|λ|lam"),
        (lambda w, g, eta, lam: w - eta * (g + 2 * lam * w), r"½|half|\b2\b|twice"),
        (lambda w, g, eta, lam: w - eta * g - lam * w, r"η|eta|step"),
        (lambda w, g, eta, lam: w - eta * (g - lam * w), r"sign|grow|plus"),
        (lambda w, g, eta, lam: w + eta * (g + lam * w), r"sign|uphill|minus|against"),
        (lambda w, g, eta, lam: w - eta * (g + lam * np.sign(w)), r"L1|lasso|\bℓ₁|abs|square"),
        (lambda w, g, eta, lam: w - eta * (g + 0.5 * lam * w), r"½|half|derivative|\b2\b"),
        (lambda w, g, eta, lam: (1 - eta * lam) * (w - eta * g), r"order|new|before|old|after"),
    ],
    "expected_noisy_loss": [
        (lambda A, y, w, p: _noisy(A, y, w, p, lambda p: p), r"1 − p|1 - p|divide|variance"),
        (lambda A, y, w, p: _noisy(A, y, w, p, lambda p: p * (1 - p)), r"1 − p|1 - p|invert|divide|scale|variance"),
        (lambda A, y, w, p: _noisy(A, y, w, p, lambda p: 0), r"variance|noise|penal|second"),
        (lambda A, y, w, p: _noisy(A, y, w, p, lambda p: p / (1 - p), -1), r"sign|add|plus"),
        (lambda A, y, w, p: (A @ w - y) @ (A @ w - y) + p / (1 - p) * (w @ w), r"column|A²|‖a|\bA\b|scale"),
        (
            lambda A, y, w, p: (A @ w - y) @ (A @ w - y) + p / (1 - p) * ((A @ w) ** 2).sum(),
            r"cross|entry|independ|square",
        ),
        (
            lambda A, y, w, p: _noisy(A, y, w, p, lambda p: (1 - p) / p if p else 0),
            r"upside|p/\(1|inver|exchang|kept|swap",
        ),
    ],
    "found_after": [
        (lambda s, eta, t: (1 - eta * s**2) ** t, r"1 −|left|remain|missing|error|complement"),
        (lambda s, eta, t: 1 - (1 - eta * s) ** t, r"square|σ²|s²"),
        (lambda s, eta, t: 1 - np.exp(-eta * s**2 * t), r"exp|flow|continuous|limit"),
        (lambda s, eta, t: 1 - (1 - 2 * eta * s**2) ** t, r"\b2\b|twice|½|half"),
        (lambda s, eta, t: 1 - (1 - eta * s**2) ** (t + 1), r"one (step )?(too|more)|steps|count"),
        (lambda s, eta, t: s**2 / (s**2 + 1 / (eta * t)) if t else 0 * s, r"ridge"),
        (lambda s, eta, t: 1 - (1 - eta * s**2) * t, r"power|\^"),
    ],
    "normalize_batch": [
        (lambda *a: _batch(*a, axis=1), r"axis|column|batch|row|layer"),
        (lambda *a: _batch(*a, ddof=1), r"N − 1|N - 1|ddof|unbiased"),
        (lambda *a: _batch(*a, root=False), r"root|standard"),
        (lambda *a: _batch(*a, outside=True), r"under the root|inside|outside|ε"),
        (lambda *a: _batch(*a, scale=False, shift=False), r"γ|gamma|β|scale"),
        (lambda *a: _batch(*a, shift=False), r"β|beta"),
        (lambda x, g, b, e: (x - x.mean()) / np.sqrt(x.var() + e) * g + b, r"column|feature|axis|whole|each"),
        (lambda x, g, b, e: x / np.sqrt(x.var(0) + e) * g + b, r"mean|centre|subtract"),
    ],
    "normalize_layer": [
        (lambda *a: _layer(*a, axis=0), r"axis|last|batch|row"),
        (lambda *a: _layer(*a, ddof=1), r"D − 1|D - 1|ddof|unbiased"),
        (lambda *a: _layer(*a, axis=None), r"last|axis|axes|whole|each"),
        (lambda *a: _layer(*a, root=False), r"root|standard"),
        (lambda *a: _layer(*a, outside=True), r"under the root|inside|outside|ε"),
        (lambda x, g, b, e: g * x / np.sqrt((x**2).mean(-1, keepdims=True) + e) + b, r"mean|RMS|centre|subtract"),
        (
            lambda x, g, b, e: (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + e),
            r"γ|gamma|β|scale",
        ),
        (lambda x, g, b, e: g * (x - x.mean(1)) / np.sqrt(x.var(1) + e) + b, r"keepdims|broadcast|axis|last"),
    ],
    "gradient_through_batch_norm": [
        (lambda *a: _batch_gradient(*a, mean=False, product=False), r"mean|constant|depend"),
        (lambda *a: _batch_gradient(*a, mean=False), r"mean"),
        (lambda *a: _batch_gradient(*a, product=False), r"variance|spread|x̂|product|σ"),
        (lambda *a: _batch_gradient(*a, scale=False), r"γ|gamma"),
        (lambda *a: _batch_gradient(*a, root=False), r"√|divide|σ|spread|root"),
        (lambda *a: -_batch_gradient(*a), r"sign"),
        (lambda *a: _batch_gradient(*a, total=True), r"mean|sum|divide|\bN\b"),
    ],
    "running_average": [
        (lambda m, k: _running(m, lambda r, x: k * r + (1 - k) * x), r"exchang|swap|other way|newest|weight"),
        (lambda m, k: sum(m) / len(m) if m else 0.0, r"plain|running|exponential|arithmetic|average|weight"),
        (lambda m, k: _running(m, lambda r, x: r + k * x), r"1 − |old|keep|forget|decay|shrink"),
        (lambda m, k: _running(m[1:], lambda r, x: (1 - k) * r + k * x) if m else 0.0, r"first|start|skip"),
        (
            lambda m, k: _running(m, lambda r, x: (1 - k) * r + k * x) / (1 - (1 - k) ** len(m)) if m else 0.0,
            r"correct|Adam|bias|divided by 0",
        ),
        (lambda m, k: m[-1] if m else 0.0, r"last|old|running|all|newest"),
    ],
}
