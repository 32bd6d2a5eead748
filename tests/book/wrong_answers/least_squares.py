"""Wrong answers to the exercises on least squares, as students write them."""

import math

import numpy as np


def _line(x, b, swap=False, through_origin=False, wrong_top=False, ddof=False, axes=False):
    if axes:
        x, b = b, x
    n = len(x)
    mx, mb = sum(x) / n, sum(b) / n
    top = sum((s - mx) * (t - mb) for s, t in zip(x, b, strict=True))
    bottom = sum((s - mx) ** 2 for s in x)
    if ddof:
        top /= n
        bottom /= n - 1 if n > 1 else 1
    if wrong_top:
        top, bottom = sum(s * t for s, t in zip(x, b, strict=True)), sum(s * s for s in x)
    slope = top / bottom
    intercept = 0.0 if through_origin else mb - slope * mx
    return (slope, intercept) if swap else (intercept, slope)


def _line_plus(x, b):
    _, m = _line(x, b)
    n = len(x)
    return sum(b) / n + m * sum(x) / n, m


def _moved(w, c, j, minus=True, shift=True, drop=True, sign=1):
    rest = [v - (w[j] if minus else 0) * sign for i, v in enumerate(w) if not drop or i != j]
    return rest, c + (w[j] * sign if shift else 0)


def _inflation(X, r2=False, inverse=False, centre=True, root=False):
    out = []
    for j in range(X.shape[1]):
        y, A = X[:, j], np.delete(X, j, 1)
        if centre:
            A = np.column_stack([np.ones(len(X)), A])
        r = y - A @ np.linalg.lstsq(A, y, rcond=None)[0]
        total = ((y - y.mean()) ** 2).sum() if centre else (y**2).sum()
        share = (r**2).sum() / total
        out.append(1 - share if r2 else share if inverse else share**-0.5 if root else 1 / share)
    return np.array(out)


def _pinv(A, cut=None, relative=True, transpose=False):
    U, s, Vt = np.linalg.svd(A, full_matrices=False)
    limit = 0.0 if cut is None else cut * (s[0] if relative and len(s) else 1.0)
    inv = np.array([1 / x if x > limit else 0.0 for x in s])
    out = Vt.T @ np.diag(inv) @ U.T
    return out.T if transpose else out


def _pinv_forgot(A):
    U, s, Vt = np.linalg.svd(A, full_matrices=False)
    return Vt.T @ np.diag(s) @ U.T


def _two(p, q, r, t, f):
    s, d = p * p + q * q + r * r + t * t, abs(p * t - q * r)
    return f(s, d)


def _cholesky(G, root=True, lower=True, subtract=True, divide=True):
    n = len(G)
    L = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            s = G[i][j] - (sum(L[i][k] * L[j][k] for k in range(j)) if subtract else 0)
            if i == j:
                L[i][j] = math.sqrt(s) if root else s
            else:
                L[i][j] = s / L[j][j] if divide else s
    return L if lower else [list(c) for c in zip(*L, strict=True)]


def _cholesky_below(G):
    L = _cholesky(G)
    n = len(G)
    return [[L[i][j] if j <= i else G[i][j] for j in range(n)] for i in range(n)]


def _upper(R, c, forwards=False, divide=True, sign=-1, keep=True):
    n = len(c)
    w = [0.0] * n
    for i in range(n) if forwards else reversed(range(n)):
        s = c[i]
        for j in range(i) if forwards else range(i + 1, n):
            s += sign * R[i][j] * w[j] if keep else 0
        w[i] = s / R[i][i] if divide else s
    return w


def _upper_turned(R, c):
    return _upper(R, c)[::-1]


def _mirror(x, sign="right", normal=True, add=True):
    x = np.array(x, dtype=float)
    s = np.sign(x[0])
    s = {"right": 1.0 if x[0] >= 0 else -1.0, "wrong": -1.0 if x[0] >= 0 else 1.0, "plus": 1.0, "np": s}[sign]
    v = x.copy()
    v[0] += s * (np.linalg.norm(x) if add else 1.0)
    return v / np.linalg.norm(v) if normal else v


def _newton(a, x, steps, f):
    for _ in range(steps):
        x = f(a, x)
    return x


def _cg(A, b, steps, alpha="good", beta=True, form="r"):
    x = np.zeros_like(b, dtype=float)
    r = b.astype(float)
    p = r.copy()
    for _ in range(steps):
        if r @ r == 0:
            break
        a = r @ r / (p @ A @ p) if alpha == "good" else r @ r / (r @ r)
        x = x + a * p
        new = r - a * A @ p
        bta = (new @ new) / (r @ r) if beta else 0.0
        if form == "inverse":
            bta = (r @ r) / (new @ new) if new @ new else 0
        p = new + bta * p if form != "old" else r + bta * p
        r = new
    return x


def _by_qr_transposed(A, b):
    Q, R = np.linalg.qr(A)
    return np.linalg.solve(R.T, Q.T @ b)


def _by_qr_no_q(A, b):
    R = np.linalg.qr(A)[1]
    return np.linalg.solve(R, A.T @ b)


def _tri_inverse(L):
    return np.linalg.inv(L)


def _refine(A, b, L, w, r=None, sign=1, half="both", fresh=False):
    res = A.T @ (b - A @ w)
    if r == "expanded":
        res = A.T @ b - (A.T @ A) @ w
    if r == "plain":
        res = b - A @ w
    if half == "both":
        d = np.linalg.solve(L.T, np.linalg.solve(L, res))
    elif half == "lower":
        d = np.linalg.solve(L, res)
    elif half == "turned":
        d = np.linalg.solve(L, np.linalg.solve(L.T, res))
    return d if fresh else w + sign * d


WRONG = {
    "line_from_lists": [
        (lambda x, b: _line(x, b, swap=True), r"order|exchang|swap|intercept (first|comes first)"),
        (lambda x, b: _line(x, b, through_origin=True), r"intercept|origin|mean"),
        (lambda x, b: _line(x, b, wrong_top=True), r"mean|centre|subtract|origin"),
        (lambda x, b: _line(x, b, axes=True), r"x and b|exchang|swap|axes|bottom|of x"),
        (_line_plus, r"sign|minus|subtract"),
        (lambda x, b: _line(x, b, ddof=True), r"N − 1|N - 1|cancel|same"),
        (
            lambda x, b: ((b[-1] - b[0]) / (x[-1] - x[0]) * -x[0] + b[0], (b[-1] - b[0]) / (x[-1] - x[0])),
            r"two points|first and (the )?last|all",
        ),
    ],
    "move_the_reference": [
        (lambda w, c, j: _moved(w, c, j, minus=False), r"weights|every|subtract|differ"),
        (lambda w, c, j: _moved(w, c, j, shift=False), r"intercept"),
        (lambda w, c, j: _moved(w, c, j, sign=-1), r"sign|subtract|add"),
        (lambda w, c, j: _moved(w, c, j, drop=False), r"K − 1|drop|length|shape"),
        (lambda w, c, j: _moved(w, c, j, minus=False, shift=False), r"weights|intercept|drop|move"),
        (lambda w, c, j: ([v - w[0] for v in w[1:]], c + w[0]), r"first|\bj\b|category"),
        (lambda w, c, j: tuple(reversed(_moved(w, c, j))), r"order|exchang|part 1|intercept"),
    ],
    "inflation_factors": [
        (lambda X: _inflation(X, r2=True), r"R²|1/\(1|1 −|inverse|over"),
        (lambda X: _inflation(X, inverse=True), r"1 ?(/|over)|inverse|tolerance"),
        (lambda X: _inflation(X, centre=False), r"ones|intercept|constant|centre|mean"),
        (lambda X: _inflation(X, root=True), r"root|square"),
        (lambda X: np.diag(np.linalg.inv(X.T @ X)), r"correlation|standard|scale|centre|variance"),
        (
            lambda X: np.diag(np.linalg.inv(np.cov(X.T))) if X.shape[1] > 1 else np.ones(1),
            r"correlation|variance|scale|standard",
        ),
    ],
    "projection_matrix": [
        (lambda A: A @ A.T, r"inverse|\(AᵀA\)|orthonormal"),
        (lambda A: np.linalg.inv(A.T @ A) @ A.T, r"shape|left|A⁺|pseudo"),
        (lambda A: np.eye(len(A)) - A @ np.linalg.inv(A.T @ A) @ A.T, r"residual|complement|I −|orthogonal complement"),
        (
            lambda A: A @ np.linalg.inv(A @ A.T) @ A.T if len(A) == A.shape[1] else A.T @ np.linalg.inv(A @ A.T) @ A,
            r"AAᵀ|singular|order|shape",
        ),
        (lambda A: (q := A / np.linalg.norm(A, axis=0)) @ q.T, r"orthogonal|length|inverse|orthonormal"),
        (lambda A: 2 * A @ np.linalg.pinv(A) - np.eye(len(A)), r"reflect|mirror|twice"),
    ],
    "shortest_solution": [
        (lambda A, b: np.linalg.solve(A.T @ A, A.T @ b), r"singular|AAᵀ|AᵀA"),
        (lambda A, b: np.linalg.solve(A @ A.T, b), r"Aᵀ|shape"),
        (
            lambda A, b: np.append(np.linalg.solve(A[:, : len(A)], b), np.zeros(A.shape[1] - len(A))),
            r"shortest|first|zeros|minimum|columns",
        ),
        (lambda A, b: A.T @ b, r"\(AAᵀ\)|inverse|solve"),
        (lambda A, b: -A.T @ np.linalg.solve(A @ A.T, b), r"sign"),
        (
            lambda A, b: (
                np.linalg.lstsq(A, b, rcond=None)[0]
                + (np.eye(A.shape[1]) - np.linalg.pinv(A) @ A) @ np.ones(A.shape[1])
            ),
            r"null|shortest|kernel",
        ),
    ],
    "inverse_through_svd": [
        (lambda A: _pinv(A), r"zero|threshold|cut|1e-12|small"),
        (lambda A: _pinv(A, 1e-12, relative=False), r"relative|σ₁|absolute|largest"),
        (lambda A: _pinv(A, 1e-2), r"threshold|1e-12|cut|small"),
        (lambda A: _pinv(A, 1e-12, transpose=True), r"transpos|shape|turns it round"),
        (_pinv_forgot, r"1/σ|inver"),
        (
            lambda A: np.linalg.inv(A) if A.shape[0] == A.shape[1] else np.linalg.inv(A.T @ A) @ A.T,
            r"singular|rank|SVD",
        ),
        (lambda A: np.linalg.pinv(A, rcond=1e-6), r"threshold|1e-12|cut|small"),
        (lambda A: A.T, r"orthonormal|σ|inverse|transpos"),
    ],
    "condition_of_two_by_two": [
        (
            lambda *a: _two(
                *a,
                lambda s, d: (
                    (s + math.sqrt(max(s * s - 4 * d * d, 0)))
                    / (2 * d)
                    * (s + math.sqrt(max(s * s - 4 * d * d, 0)))
                    / (2 * d)
                ),
            ),
            r"square|root|AᵀA",
        ),
        (lambda *a: _two(*a, lambda s, d: s / d), r"bound|Frobenius|norm"),
        (
            lambda *a: _two(*a, lambda s, d: 2 * d / (s + math.sqrt(max(s * s - 4 * d * d, 0)))),
            r"one over|inver|upside|σ₂/σ₁|small one by the large",
        ),
        (
            lambda p, q, r, t: (
                (s := p * p + q * q + r * r + t * t) * 0
                + math.sqrt((s + (h := math.sqrt(max(s * s - 4 * (p * t - q * r) ** 2, 0)))) / max(s - h, 1e-300))
            ),
            r"cancel|digits|differ|subtract|close",
        ),
        (
            lambda p, q, r, t: (lambda s, d: (s + math.sqrt(max(s * s - 4 * d * d, 0))) / (2 * d))(
                p * p + q * q + r * r + t * t, p * t - q * r
            ),
            r"absolute|negative|sign|determinant|\|",
        ),
        (
            lambda p, q, r, t: (lambda s, d: (s + math.sqrt(max(s * s - 4 * d * d, 0))) / (2 * d))(
                p * p + q * q + r * r + t * t, abs(p * q - r * t)
            ),
            r"determinant|p t|pt",
        ),
        (
            lambda p, q, r, t: max(abs(p), abs(t)) / min(abs(p), abs(t)) if p and t else 1.0,
            r"diagonal|eigenvalue|singular",
        ),
    ],
    "cholesky_factor": [
        (lambda G: _cholesky(G, root=False), r"root"),
        (lambda G: _cholesky(G, lower=False), r"transpos|upper|lower"),
        (lambda G: _cholesky(G, subtract=False), r"subtract|earlier|sum|already"),
        (lambda G: _cholesky(G, divide=False), r"divide|diagonal"),
        (_cholesky_below, r"zero|above|upper"),
        (lambda G: [[-v for v in row] for row in _cholesky(G)], r"sign|positive"),
    ],
    "weighted_fit": [
        (lambda A, b, w: np.linalg.lstsq(A, b, rcond=None)[0], r"weights|ordinary|plain|unweighted|ignor"),
        (lambda A, b, w: np.linalg.solve(A.T @ (A * w[:, None] ** 2), A.T @ (w**2 * b)), r"root|square|twice"),
        (lambda A, b, w: np.linalg.solve(A.T @ (A / w[:, None]), A.T @ (b / w)), r"inverse|multipl|divid|variance"),
        (lambda A, b, w: np.linalg.solve(A.T @ (A * w[:, None]), A.T @ b), r"\bb\b|right-hand|both|side"),
        (lambda A, b, w: np.linalg.solve(A.T @ A, A.T @ (w * b)), r"AᵀA|left|both|side"),
        (lambda A, b, w: np.linalg.lstsq(A * np.sqrt(w)[:, None], b, rcond=None)[0], r"\bb\b|right-hand|both|side"),
        (lambda A, b, w: w @ A, r"solve|normal|shape|minim"),
    ],
    "fit_with_covariance": [
        (lambda A, b, C: np.linalg.lstsq(A, b, rcond=None)[0], r"\bC\b|covariance|plain|ordinary"),
        (lambda A, b, C: np.linalg.solve(A.T @ C @ A, A.T @ C @ b), r"C⁻¹|inverse"),
        (lambda A, b, C: np.linalg.solve(A.T @ np.linalg.inv(C) @ A, A.T @ b), r"\bb\b|right-hand|both|side"),
        (
            lambda A, b, C: np.linalg.solve(A.T @ (A / np.diag(C)[:, None]), A.T @ (b / np.diag(C))),
            r"diagonal|correlat|off",
        ),
        (
            lambda A, b, C: np.linalg.lstsq(np.linalg.cholesky(C) @ A, np.linalg.cholesky(C) @ b, rcond=None)[0],
            r"L⁻¹|inverse|solve|whiten",
        ),
        (
            lambda A, b, C: np.linalg.lstsq(np.linalg.inv(C) @ A, np.linalg.inv(C) @ b, rcond=None)[0],
            r"twice|C⁻²|root|factor|L",
        ),
    ],
    "solve_upper_triangle": [
        (lambda R, c: _upper(R, c, forwards=True), r"last|bottom|back|forward|below"),
        (lambda R, c: _upper(R, c, divide=False), r"divide|diagonal"),
        (lambda R, c: _upper(R, c, sign=1), r"sign|subtract|minus|taken? away"),
        (lambda R, c: _upper(R, c, keep=False), r"subtract|known|already|off|diagonal"),
        (_upper_turned, r"revers|order|turn"),
        (
            lambda R, c: [(c[i] - sum(R[i][j] * c[j] for j in range(i + 1, len(c)))) / R[i][i] for i in range(len(c))],
            r"\bw\b|found|solution|right-hand|\bc\b",
        ),
    ],
    "mirror_vector": [
        (lambda x: _mirror(x, "wrong"), r"cancel|digits|sign"),
        (lambda x: _mirror(x, "plus"), r"cancel|digits|sign|negative"),
        (lambda x: _mirror(x, "np"), r"zero|sign\(0\)|first entry"),
        (lambda x: _mirror(x, normal=False), r"length|normal|unit"),
        (lambda x: np.array(x, float) / np.linalg.norm(x), r"\bx\b|‖x‖|e₁|first"),
        (lambda x: _mirror(x, add=False), r"‖x‖|norm|length|below|zero"),
    ],
    "solve_by_qr": [
        (lambda A, b: np.linalg.solve(A.T @ A, A.T @ b), r"normal|AᵀA|squar"),
        (_by_qr_transposed, r"Rᵀ|transpos|back"),
        (_by_qr_no_q, r"Qᵀ|Aᵀ"),
        (lambda A, b: np.linalg.qr(A)[0].T @ b, r"\bR\b|solve|back"),
        (lambda A, b: np.linalg.qr(A)[1] @ (np.linalg.qr(A)[0].T @ b), r"solve|multipl|inverse"),
        (lambda A, b: np.linalg.solve(np.linalg.qr(A)[1], np.linalg.qr(A)[0] @ b), r"Qᵀ|transpos|matmul|dimension"),
        (lambda A, b: np.linalg.inv(A.T @ A) @ (A.T @ b), r"normal|AᵀA|squar"),
    ],
    "refine_once": [
        (lambda A, b, L, w: _refine(A, b, L, w, r="expanded"), r"residual|b − Aw|cancel|first"),
        (lambda A, b, L, w: _refine(A, b, L, w, sign=-1), r"sign|add|subtract"),
        (lambda A, b, L, w: _refine(A, b, L, w, half="lower"), r"Lᵀ|half|two|both"),
        (lambda A, b, L, w: _refine(A, b, L, w, half="turned"), r"order|L first|Lᵀ"),
        (lambda A, b, L, w: _refine(A, b, L, w, fresh=True), r"add|correction|w \+"),
        (
            lambda A, b, L, w: np.linalg.solve(L.T, np.linalg.solve(L, A.T @ b)),
            r"from scratch|residual|\bw\b|start|again|twice",
        ),
        (lambda A, b, L, w: w, r"unchanged|step|correction|nothing|residual|as it came in"),
    ],
    "newton_reciprocal": [
        (lambda a, x, n: _newton(a, x, n, lambda a, x: x * (1 - a * x)), r"\b2\b"),
        (lambda a, x, n: _newton(a, x, n, lambda a, x: x * (2 + a * x)), r"sign|minus|2 −"),
        (lambda a, x, n: _newton(a, x, n + 1, lambda a, x: x * (2 - a * x)), r"one (step )?(too|more)|steps|count"),
        (
            lambda a, x, n: _newton(a, x, n - 1, lambda a, x: x * (2 - a * x)),
            r"one (step )?(too|fewer|less)|steps|count",
        ),
        (lambda a, x, n: _newton(a, x, n, lambda a, x: 2 - a * x), r"\bx\b|factor|times"),
        (lambda a, x, n: x * (2 - a * x), r"once|steps|loop|one step"),
        (lambda a, x, n: 1 / a, r"divi|steps|exact"),
    ],
    "schulz_once": [
        (lambda A, X: 2 * X - A @ X @ A if A.shape[0] == A.shape[1] else X @ A @ X, r"X A X|XAX|order|2X|2 X"),
        (lambda A, X: X @ (np.eye(len(A)) - A @ X), r"\b2\b|2X|2I|X \+"),
        (lambda A, X: X + X @ A @ X, r"sign|minus|2X|2 X"),
        (lambda A, X: 2 * X + X @ A @ X, r"sign|minus"),
        (lambda A, X: X @ (2 - A @ X), r"identity|\bI\b|every entry|eye|2I"),
        (lambda A, X: 2 * X - X @ X @ A if A.shape[0] == A.shape[1] else 2 * X, r"order|XAX|X A X|subtract|correct"),
    ],
    "conjugate_gradient_steps": [
        (lambda A, b, n: _cg(A, b, n, beta=False), r"steepest|conjugate|β|direction"),
        (lambda A, b, n: _cg(A, b, n, alpha="unit"), r"α|step|Ap|length"),
        (lambda A, b, n: _cg(A, b, n, form="inverse"), r"β|upside|inver|new.*old|old.*new"),
        (lambda A, b, n: _cg(A, b, n, form="old"), r"old|new|residual"),
        (lambda A, b, n: np.linalg.solve(A, b), r"exact|steps|solve"),
        (lambda A, b, n: _cg(A, b, n + 1), r"one|steps|count"),
    ],
    "gram_inverse_change": [
        (
            lambda A, dA: np.linalg.inv((A + dA).T @ (A + dA)) - np.linalg.inv(A.T @ A),
            r"first order|exact|difference|linear",
        ),
        (lambda A, dA: (G := np.linalg.inv(A.T @ A)) @ (dA.T @ A + A.T @ dA) @ G, r"sign|minus"),
        (lambda A, dA: -(G := np.linalg.inv(A.T @ A)) @ (2 * A.T @ dA) @ G, r"transpos|symmetr|both|product rule|dAᵀ"),
        (lambda A, dA: -(G := np.linalg.inv(A.T @ A)) @ (A.T @ dA) @ G, r"both|term|product rule|dAᵀ|symmetr|missing"),
        (
            lambda A, dA: -(dA.T @ A + A.T @ dA) @ np.linalg.inv(A.T @ A) @ np.linalg.inv(A.T @ A),
            r"both sides|order|between|left|commut|matri",
        ),
        (lambda A, dA: dA.T @ A + A.T @ dA, r"inverse|AᵀA itself|Gram"),
    ],
    "how_much_b_matters": [
        (lambda A, b: np.linalg.cond(A), r"cos|angle|θ|\bb\b|κ"),
        (
            lambda A, b: np.linalg.cond(A) * np.linalg.norm(A @ np.linalg.pinv(A) @ b) / np.linalg.norm(b),
            r"cos|divide|angle|upside",
        ),
        (
            lambda A, b: np.linalg.cond(A) ** 2 * np.linalg.norm(b) / np.linalg.norm(A @ np.linalg.pinv(A) @ b),
            r"square|κ²",
        ),
        (lambda A, b: np.linalg.norm(np.linalg.pinv(A), 2), r"relative|absolute|‖b‖|ratio"),
        (lambda A, b: np.linalg.norm(b) / np.linalg.norm(A @ np.linalg.pinv(A) @ b), r"κ|cond|A⁺|‖w‖"),
    ],
}
