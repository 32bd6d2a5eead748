"""Mutants of the solutions that are no mistakes: the change, and why every answer stays the same.

A key is the statement "as it was → as it is", as `mutants.of` writes it. What is listed must exist and must pass, so
that nothing stays here when a solution changes.
"""

SAME_LENGTH = "both have one entry a sample"
SYMMETRIC = "the matrix is symmetric"
CENTRED = "the other factor is centred and sums to 0, so a constant does not count"
VECTOR = "both are vectors: an inner product has no order"
EVEN = "it is squared, or taken by its size"
LAGS = "X = np.column_stack([z[{}:{}] for k in range(1, p + 1)])"
REST = "for cost, w in zip(best, words, strict=True)]"
WINDOW_FITS = "a window fits into the padded map, or there is no answer"

COLUMNS = "rows = [x[:, :, p:p + kh, q:q + kw].reshape(N, C * kh * kw) for p in "
FITS = "the kernel is not larger than the picture"

EQUAL = {
    "unsupervised.ranks_of_a_train": {
        "s = np.linalg.svd(A.reshape(int(np.prod(A.shape[:k])), -1), compute_uv=False) → s = np.linalg.svd(A.reshape(int(np.prod(A.shape[:k])), -2), compute_uv=False)": "numpy takes any negative size as what is left",
    },
    "convnets.places_of_a_kernel": {
        "return (n + 2 * p - reach) // s + 1 → return abs(n + 2 * p - reach) // s + 1": FITS,
    },
    "convnets.convolve": {
        "Ho, Wo = ((x.shape[2] - kh) // stride + 1, (x.shape[3] - kw) // stride + 1) → Ho, Wo = ((x.shape[2] - kh) // stride + 1, abs(x.shape[3] - kw) // stride + 1)": FITS,
        "Ho, Wo = ((x.shape[2] - kh) // stride + 1, (x.shape[3] - kw) // stride + 1) → Ho, Wo = (abs(x.shape[2] - kh) // stride + 1, (x.shape[3] - kw) // stride + 1)": FITS,
        "y = np.empty((len(x), len(K), Ho, Wo)) → y = np.empty((len(x), len(b), Ho, Wo))": "every kernel has a bias",
    },
    "convnets.columns_of": {
        f"{COLUMNS}{old} → {COLUMNS}{new}": FITS
        for old, new in (
            (
                "range(0, H - kh + 1, s) for q in range(0, W - kw + 1, s)]",
                "range(0, H - kh + 1, s) for q in range(0, abs(W - kw) + 1, s)]",
            ),
            (
                "range(0, H - kh + 1, s) for q in range(0, W - kw + 1, s)]",
                "range(0, abs(H - kh) + 1, s) for q in range(0, W - kw + 1, s)]",
            ),
        )
    },
    "convnets.cost_of_a_convolution": {
        "rows = (H + 2 * padding - size) // stride + 1 → rows = abs(H + 2 * padding - size) // stride + 1": WINDOW_FITS,
        "columns = (W + 2 * padding - size) // stride + 1 → columns = abs(W + 2 * padding - size) // stride + 1": WINDOW_FITS,
    },
    "convnets.shapes_through_a_net": {
        "H = (H + 2 * padding - size) // stride + 1 → H = abs(H + 2 * padding - size) // stride + 1": WINDOW_FITS,
        "W = (W + 2 * padding - size) // stride + 1 → W = abs(W + 2 * padding - size) // stride + 1": WINDOW_FITS,
    },
    "convnets.pooled_with_padding": {
        "rows, columns = ((n - size) // stride + 1 for n in P.shape) → rows, columns = (abs(n - size) // stride + 1 for n in P.shape)": WINDOW_FITS,
    },
    "convnets.random_crop": {
        "H, W = image.shape → H, W = mask.shape": "a mask has its picture's shape",
        "left = rng.integers(W - size + 1) → left = rng.integers(abs(W - size) + 1)": FITS,
        "top = rng.integers(H - size + 1) → top = rng.integers(abs(H - size) + 1)": FITS,
    },
    "convnets.occlusion_map": {
        "falls = np.empty([n - size + 1 for n in image.shape]) → falls = np.empty([abs(n - size) + 1 for n in image.shape])": FITS,
    },
    "least_squares.column_to_drop": {
        "r = a - others @ np.linalg.lstsq(others, a, rcond=None)[0] → r = abs(a - others @ np.linalg.lstsq(others, a, rcond=None)[0])": EVEN,
        "r = a - others @ np.linalg.lstsq(others, a, rcond=None)[0] → r = others @ np.linalg.lstsq(others, a, rcond=None)[0] - a": EVEN,
        "own.append(np.linalg.norm(r) / np.linalg.norm(a - a.mean())) → own.append(np.linalg.norm(r) / np.linalg.norm(a.mean() - a))": EVEN,
        "own.append(np.linalg.norm(r) / np.linalg.norm(a - a.mean())) → own.append(np.linalg.norm(r) / np.linalg.norm(abs(a - a.mean())))": EVEN,
    },
    "least_squares.digits_to_expect": {
        "rho = np.linalg.norm(b - A @ w) / np.linalg.norm(A @ w) → rho = np.linalg.norm(A @ w - b) / np.linalg.norm(A @ w)": EVEN,
        "rho = np.linalg.norm(b - A @ w) / np.linalg.norm(A @ w) → rho = np.linalg.norm(abs(b - A @ w)) / np.linalg.norm(A @ w)": EVEN,
    },
    "losses.spoiled_rows": {
        "gap = np.abs(e - np.median(e)) → gap = np.abs(abs(e - np.median(e)))": EVEN,
        "gap = np.abs(e - np.median(e)) → gap = np.abs(np.median(e) - e)": EVEN,
    },
    "losses.interval_score": {
        "return np.mean(high - low + 2 / (1 - share) * outside) → return np.mean(abs(high - low) + 2 / (1 - share) * outside)": "an interval's upper end is not below its lower one",
    },
    "losses.chosen_rate": {
        "mean = wrong.mean(axis=1) → mean = wrong.sum(axis=1)": "every rate has as many seeds: sums stand in the order of means",
    },
    "least_squares.line_from_lists": {
        "mx, mb = (sum(x) / len(x), sum(b) / len(b)) → mx, mb = (sum(x) / len(b), sum(b) / len(b))": SAME_LENGTH,
        "mx, mb = (sum(x) / len(x), sum(b) / len(b)) → mx, mb = (sum(x) / len(x), sum(b) / len(x))": SAME_LENGTH,
    },
    "least_squares.inflation_factors": {
        "r = x - A @ np.linalg.lstsq(A, x, rcond=None)[0] → r = abs(x - A @ np.linalg.lstsq(A, x, rcond=None)[0])": EVEN,
        "r = x - A @ np.linalg.lstsq(A, x, rcond=None)[0] → r = A @ np.linalg.lstsq(A, x, rcond=None)[0] - x": EVEN,
    },
    "least_squares.condition_of_two_by_two": {
        "det = p * t - q * r → det = q * r - p * t": EVEN,
        "det = p * t - q * r → det = abs(p * t - q * r)": EVEN,
        "largest_squared = (s + max(s * s - 4 * det * det, 0.0) ** 0.5) / 2 → largest_squared = (s + max(abs(s * s - 4 * det * det), 0.0) ** 0.5) / 2": "it is negative only by a rounding error, which is as small without its sign",
    },
    "least_squares.cholesky_factor": {
        "s = G[i][j] - sum((L[i][k] * L[j][k] for k in range(j))) → s = G[j][i] - sum((L[i][k] * L[j][k] for k in range(j)))": SYMMETRIC,
        "s = G[i][j] - sum((L[i][k] * L[j][k] for k in range(j))) → s = G[i][j] - sum((L[i][k] * L[j][k] for k in range(j + 1)))": "L[i][j] is still 0 then",
    },
    "least_squares.solve_upper_triangle": {
        "n = len(c) → n = len(R)": "R is square and c as long",
        "w = [0.0] * n → w = [1.0] * n": "every entry is replaced before it is used",
    },
    "least_squares.conjugate_gradient_steps": {
        "x, r = (np.zeros(len(b)), b.copy()) → x, r = (np.zeros(len(A)), b.copy())": "A is square and b as long",
        "x, r = (np.zeros(len(b)), b.copy()) → x, r = (np.zeros(len(b)), b)": "r is replaced, never changed in place",
        "alpha = r @ r / (p @ q) → alpha = p @ r / (p @ q)": "the residual is orthogonal to the last direction",
        "alpha = r @ r / (p @ q) → alpha = r @ p / (p @ q)": "the residual is orthogonal to the last direction",
        "alpha = r @ r / (p @ q) → alpha = r @ r / (r @ q)": "the directions are A-orthogonal",
        "p = new + new @ new / (r @ r) * p → p = new + new @ new / (p @ r) * p": "the residual is orthogonal to the last direction",
        "p = new + new @ new / (r @ r) * p → p = new + new @ new / (r @ p) * p": "the residual is orthogonal to the last direction",
        "q = A @ p → q = p @ A": SYMMETRIC,
        "q = A @ p → q = A.T @ p": SYMMETRIC,
    },
    "losses.gradient_of_mse": {"return 2 * A.T @ e / len(y) → return 2 * A.T @ e / len(A)": SAME_LENGTH},
    "losses.gradient_of_mae": {
        "return A.T @ np.sign(A @ w - y) / len(y) → return A.T @ np.sign(A @ w - y) / len(A)": SAME_LENGTH,
    },
    "losses.gradient_of_mape": {
        "return A.T @ (np.sign(A @ w - y) / np.abs(y)) / len(y) → return A.T @ (np.sign(A @ w - y) / np.abs(y)) / len(A)": SAME_LENGTH,
    },
    "losses.middle_of_the_queue": {
        "if below >= tau * len(y): → if below > tau * len(y):": "where they differ every constant between two numbers costs the same",
    },
    "losses.gradient_of_bce": {
        "p = 1 / (1 + np.exp(-np.clip(A @ w, -700, 700))) → p = 1 / (1 + np.exp(-(A @ w)))": "an overflow to inf gives 1/inf = 0, as it should; the clip only spares a warning",
        "return A.T @ (p - t) / len(t) → return A.T @ (p - t) / len(A)": SAME_LENGTH,
    },
    "losses.gradient_of_softmax": {
        "P[np.arange(len(A)), labels] -= 1 → P[np.arange(len(labels)), labels] -= 1": SAME_LENGTH,
        "return A.T @ P / len(A) → return A.T @ P / len(labels)": SAME_LENGTH,
    },
    "losses.gradients_of_two_layers": {"g = 2 * (H @ v - y) / len(y) → g = 2 * (H @ v - y) / len(X)": SAME_LENGTH},
    "losses.sum_what_was_repeated": {
        "extra = G.ndim - len(shape) → extra = abs(G.ndim - len(shape))": "G has at least as many axes",
    },
    "losses.rate_with_warm_up": {
        "return peak * (1 + np.cos(np.pi * (t - first) / (steps - first))) / 2 → return peak * (1 + np.cos(np.pi * (t - first) / abs(steps - first))) / 2": "a cosine is even",
        "return peak * (1 + np.cos(np.pi * (t - first) / (steps - first))) / 2 → return peak * (1 + np.cos(np.pi * abs(t - first) / (steps - first))) / 2": "a cosine is even",
        "return peak * (1 + np.cos(np.pi * (t - first) / (steps - first))) / 2 → return peak * (1 + np.cos(np.pi * (first - t) / (steps - first))) / 2": "a cosine is even",
        "return peak * (1 + np.cos(np.pi * (t - first) / (steps - first))) / 2 → return peak * (1 + np.cos(np.pi * (t - first) / (first - steps))) / 2": "a cosine is even",
    },
    "regularization.score_of_a_choice": {
        "chosen, few = (set(chosen), set(few)) → chosen, few = (set(few), set(chosen))": "the score does not ask which list is whose",
    },
    "sequences.lagged_rows": {
        "lags = [y[p - k:N - k] for k in range(1, p + 1)] → lags = [y[abs(p - k):N - k] for k in range(1, p + 1)]": "k is at most p",
        "lags = [y[p - k:N - k] for k in range(1, p + 1)] → lags = [y[p - k:abs(N - k)] for k in range(1, p + 1)]": "k is at most p, less than N",
        "return (np.column_stack([np.ones(N - p), *lags]), y[p:]) → return (np.column_stack([np.ones(abs(N - p)), *lags]), y[p:])": "p is less than N",
    },
    "sequences.pad_to_longest": {
        "rows = [list(s) + [filler] * (longest - len(s)) for s in sequences] → rows = [list(s) + [filler] * abs(longest - len(s)) for s in sequences]": "no sequence is longer than the longest",
    },
    "sequences.decoder_pairs": {
        "spare = length - len(targets) → spare = abs(length - len(targets))": "length is at least that of the targets",
        "spare = length - len(targets) → spare = length - len(inputs)": "inputs and targets are equally long: each has one mark",
        "weights = [1] * len(targets) + [0] * spare → weights = [1] * len(inputs) + [0] * spare": "inputs and targets are equally long: each has one mark",
    },
    "sequences.slope_through_time": {
        "dW, carry = (np.zeros(Wh.shape), np.zeros(len(h0))) → dW, carry = (np.zeros(Wh.shape), np.zeros(len(Wh)))": "both have one entry a unit",
        "for t in reversed(range(len(H))): → for t in reversed(range(len(dH))):": "both have one row a step",
    },
    "sequences.norms_along_the_way": {
        "product, out = (np.eye(jacobians.shape[1]), []) → product, out = (np.eye(jacobians.shape[2]), [])": "a step's Jacobian is square",
    },
    "sequences.clip_together": {
        "factor = most / norm if norm > most else 1.0 → factor = most / norm if norm >= most else 1.0": "where they are equal the factor is 1",
    },
    "sequences.final_states": {
        "ahead = outputs[np.arange(len(lengths)), lengths - 1, :H] → ahead = outputs[np.arange(len(outputs)), lengths - 1, :H]": "both have one entry a sequence",
    },
    "sequences.boundary_scores": {
        "return (hits / max(said, 1), hits / max(true, 1), 2 * hits / max(said + true, 1)) → return (hits / max(said, 1), hits / max(true, 1), 2 * hits / max(said + true, 2))": "where the sum is 1 nothing is hit",
    },
    "sequences.count_windows": {
        f"row = '·' * (n - 1) + letters + '·' * (n - 1) → row = {row}": "no window reaches as far as what is added behind"
        for row in (
            "2 * ('·' * (n - 1) + letters) + '·' * (n - 1)",
            "'·' * (n - 1) + letters + 2 * ('·' * (n - 1))",
            "'·' * (n - 1) + letters + '·' * (n + 1)",
            "'·' * (n - 1) + letters + '·' * n",
            "'·' * (n - 1) + letters + '·' * (2 * n - 1)",
            "'·' * (n - 1) + letters + '·' * (n - 0)",
        )
    },
    "sequences.cheapest_split": {
        "best, divided = ([0.0], [[]]) → best, divided = ([1.0], [[]])": "all sums are larger by 1",
        **{
            f"for end in range(1, len(letters) + 1): → for end in range(1, {end}):": "beyond the end stand the same words, and one of no letters that costs"
            for end in ("len(letters) + 1 + 1", "2 * len(letters) + 1", "len(letters) + 2")
        },
        **{
            f"costs = [cost + prices.get(w, start + each * len(w)) {REST} → costs = [cost + {price} {REST}": "all prices change by the same factor"
            for price in (
                "2 * prices.get(w, start + each * len(w))",
                "prices.get(w, start + each * len(w)) / 2",
            )
        },
    },
    "sequences.weights_of_lags": {
        f"{LAGS.format('p - k', 'len(z) - k')} → {LAGS.format(first, last)}": "k is at most p, and p less than N"
        for first, last in (("abs(p - k)", "len(z) - k"), ("p - k", "abs(len(z) - k)"))
    },
    "sequences.brevity": {
        "wanted = min(lengths, key=lambda v: (abs(v - written), v)) → wanted = min(lengths, key=lambda v: (abs(abs(v - written)), v))": EVEN,
        "wanted = min(lengths, key=lambda v: (abs(v - written), v)) → wanted = min(lengths, key=lambda v: (abs(written - v), v))": EVEN,
        "return 1.0 if written >= wanted else math.exp(1 - wanted / written) → return 1.0 if written > wanted else math.exp(1 - wanted / written)": "where they are equal the penalty is exp(0)",
    },
    "sequences.corpus_score": {
        "if not p.all(): → if False:": "log 0 is −inf and its exp 0: the guard only spares a warning",
        "if not p.all(): → if not p.any():": "log 0 is −inf and its exp 0: the guard only spares a warning",
    },
    "word_vectors.softmax_slope": {
        "P[np.arange(len(y)), y] -= 1 → P[np.arange(len(X)), y] -= 1": SAME_LENGTH,
        "return X.T @ P / len(y) + 2 * lam * W → return X.T @ P / len(X) + 2 * lam * W": SAME_LENGTH,
    },
    "word_vectors.tf_idf_like": {
        "return weighted / np.where(lengths > 0, lengths, 1) → return weighted / np.where(lengths > 0, lengths, 2)": "a row of length 0 is zeros, whatever it is divided by",
        "return weighted / np.where(lengths > 0, lengths, 1) → return weighted / np.where(lengths > 1, lengths, 1)": "no weight is below 1, so that a row with a count is 1 long or longer",
        "return weighted / np.where(lengths > 0, lengths, 1) → return weighted / np.where(weighted > 0, lengths, 1)": "what is not above 0 is 0, whatever it is divided by",
    },
    "regularization.cross_validated_errors": {
        "rest = np.setdiff1d(np.arange(len(y)), part) → rest = np.setdiff1d(np.arange(len(A)), part)": SAME_LENGTH,
        "squares = np.zeros((len(lams), len(y))) → squares = np.zeros((len(lams), len(A)))": SAME_LENGTH,
    },
    "regularization.left_out_errors": {
        "return (y - H @ y) / (1 - np.diag(H)) → return (y - y @ H) / (1 - np.diag(H))": SYMMETRIC,
        "return (y - H @ y) / (1 - np.diag(H)) → return (y - H.T @ y) / (1 - np.diag(H))": SYMMETRIC,
    },
    "regularization.soft": {
        "return z - lam → return abs(z - lam)": "it is positive there",
        "if z > lam: → if z >= lam:": "at the border z − lam is 0 as well",
        "if z < -lam: → if z <= -lam:": "at the border z + lam is 0 as well",
    },
    "regularization.gap_of_the_lasso": {
        "return primal - (y @ y / 2 - np.sum((y - s * r) ** 2) / 2) → return abs(primal - (y @ y / 2 - np.sum((y - s * r) ** 2) / 2))": "a duality gap is never negative",
    },
    "regularization.one_coordinate": {
        "rho = column @ (y - A @ w + column * w[j]) → rho = (y - A @ w + column * w[j]) @ column": VECTOR,
    },
    "regularization.expected_noisy_loss": {
        "return np.sum((A @ w - y) ** 2) + p / (1 - p) * np.sum(A ** 2 @ w ** 2) → return np.sum((A @ w - y) ** 2) + p / (1 - p) * np.sum(A ** 2 * w ** 2)": "the sum over all entries takes the rows' sums anyway",
    },
    "regularization.gradient_through_batch_norm": {
        "x_hat, h = ((x - x.mean(axis=0)) / root, gamma * g) → x_hat, h = ((x.mean(axis=0) - x) / root, gamma * g)": "x̂ appears twice in its term",
    },
    "word_vectors.solve_analogy": {
        "others = [word for word in vectors if word not in (a, b, c)] → others = [word for word in vectors if word not in (b, a, c)]": "membership has no order",
        "others = [word for word in vectors if word not in (a, b, c)] → others = [word for word in vectors if word not in (a, c, b)]": "membership has no order",
    },
    "word_vectors.sorted_profiles": {
        "return np.sort(U * s @ U.T, axis=1) → return np.sort(U * s @ U.T)": "the last axis is the default",
    },
    "unsupervised.best_of_rank_k": {
        "U, s, Vt = np.linalg.svd(A, full_matrices=False) → U, s, Vt = np.linalg.svd(A)": "the columns and rows that are added stand behind the first k",
    },
    "unsupervised.distance_of_spans": {
        "return float(np.linalg.norm(Q @ Q.T - W @ W.T, 2)) → return float(np.linalg.norm(W @ W.T - Q @ Q.T, 2))": EVEN,
    },
    "unsupervised.values_from_products": {
        "squares = np.linalg.eigvalsh(A @ A.T if m < n else A.T @ A)[::-1] → squares = np.linalg.eigvalsh(A @ A.T if m <= n else A.T @ A)[::-1]": "of a square matrix both products have the same eigenvalues",
    },
}

SLOPE = "slope = sum(((s - mx) * (t - mb) for s, t in zip(x, b, strict=True))) / sum(((s - mx) ** 2 for s in x))"
for top in (
    "(s + mx) * (t - mb)",
    "s * (t - mb)",
    "(s - mx) * (t + mb)",
    "(s - mx) * t",
    "(s - 2 * mx) * (t - mb)",
    "(s - mb) * (t - mb)",
    "(s - mx / 2) * (t - mb)",
    "(s - mx) * (t - 2 * mb)",
    "(s - mx) * (t - mb / 2)",
    "(s - mx) * (t - mx)",
):
    wrapped = f"sum(({top} for"
    EQUAL["least_squares.line_from_lists"][f"{SLOPE} → {SLOPE.replace('sum(((s - mx) * (t - mb) for', wrapped, 1)}"] = (
        CENTRED
    )

ROW = "w[i] = (c[i] - sum((R[i][j] * w[j] for j in range({}, n)))) / R[i][i]"
for start in ("i + 1 - 1", "i", "1", "i + 0"):
    EQUAL["least_squares.solve_upper_triangle"][f"{ROW.format('i + 1')} → {ROW.format(start)}"] = (
        "the entries of w that come later in the walk are still 0"
    )

CLIP = "p = 1 / (1 + np.exp(-np.clip(A @ w, {}, {})))"
for low, high in ((-701, 700), (-699, 700), (-700, 701), (-700, 699)):
    EQUAL["losses.gradient_of_bce"][f"{CLIP.format(-700, 700)} → {CLIP.format(low, high)}"] = (
        "e^−700 is 0 beside 1 in any case"
    )

SOLVE = "w = np.linalg.solve(Z.T @ Z + lam * np.eye(A.shape[1]), Z.T @ {})"
EQUAL["regularization.ridge_with_free_intercept"] = {
    f"{SOLVE.format('(y - mean)')} → {SOLVE.format(other)}": CENTRED
    for other in ("(y + mean)", "y", "(y - 2 * mean)", "(y - mean / 2)")
}

EQUAL |= {
    "transformers.look_up": {
        "S = Q @ K.T / np.sqrt(K.shape[1]) → S = Q @ K.T / np.sqrt(Q.shape[1])": "queries and keys have as many entries",
    },
    "transformers.weights_under_a_mask": {
        "for t in range(len(scores)): → for t in range(len(mask)):": "the mask has the scores' shape",
        "weights = np.zeros(scores.shape) → weights = np.zeros(mask.shape)": "the mask has the scores' shape",
    },
    "transformers.leaking_places": {
        "changed[i] = (ids[i] + 1) % V → changed[i] = (ids[i] - 1) % V": "any other symbol will do",
    },
    "transformers.scores_to_loss": {
        "log_sum = m[..., 0] + np.log(np.exp(z - m).sum(axis=2)) → log_sum = m[..., -1] + np.log(np.exp(z - m).sum(axis=2))": "the axis has one entry",
        "return float((log_sum - said).mean()) → return float(abs(log_sum - said).mean())": "a loss is at least 0",
        "said = np.take_along_axis(z, y[..., None], axis=2)[..., 0] → said = np.take_along_axis(z, y[..., None])[..., 0]": "axis 2 is the last, as it is where none is given",
        "said = np.take_along_axis(z, y[..., None], axis=2)[..., 0] → said = np.take_along_axis(z, y[..., None], axis=2)[..., -1]": "the axis has one entry",
    },
    "transformers.the_nucleus": {
        "before = np.cumsum(P[order]) - P[order] → before = abs(np.cumsum(P[order]) - P[order])": "what comes before is at least 0",
    },
    "transformers.hide_words": {
        "shown = np.where(chosen & (fate < 0.8), 3, ids) → shown = np.where(chosen & (fate <= 0.8), 3, ids)": "at 0.8 the drawn word is put in afterwards",
    },
    "transformers.hidden_words_loss": {
        "return float((log_sum - z[np.arange(len(y)), y]).mean()) → return float(abs(log_sum - z[np.arange(len(y)), y]).mean())": "a loss is at least 0",
        **{
            f"return float((log_sum - z[np.arange(len(y)), y]).mean()) → return float((log_sum - z[np.arange(len({other})), y]).mean())": "one entry a place"
            for other in ("log_sum", "m", "z")
        },
    },
    "transformers.two_sentences": {
        "rest = [0] * (places - len(ids)) → rest = [0] * abs(places - len(ids))": "the pair has been cut to the places",
    },
    "transformers.one_more_token": {
        f"z = keys @ (x @ Wq) / np.sqrt(len(x)) → z = keys @ (x @ Wq) / np.sqrt(len({W}))": "they are d × d"
        for W in ("Wk", "Wq", "Wv")
    },
    "transformers.step_of_the_ring": {
        "piece = (p - t) % P → piece = p - t": "t is below P, and numpy counts −1, −2, … from the end",
    },
    "transformers.split_network": {
        "n = len(b1) // parts → n = len(W2) // parts": "W₂ has a row for each entry of b₁",
    },
}

EQUAL["transformers.rows_of_sums"] = {
    "plus = np.full((len(a), 1), 10) → plus = np.full((len(b), 1), 10)": "there are as many of both"
}
EQUAL["transformers.carry_counts"] = {
    f"{name} = np.zeros(len(a), int) → {name} = np.zeros(len(b), int)": "there are as many of both"
    for name in ("carry", "count")
} | {"for i in range(n): → for i in range(n + 1):": "the column above the highest has two zeros, and never carries"}

UNION = "return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)"
BENT = "out[row, column] += (1 - abs(u - x)) * (1 - abs(v - y)) * image[y, x]"
WILSON = "return ((wrong + z ** 2 / 2 - root) / (n + z ** 2), (wrong + z ** 2 / 2 + root) / (n + z ** 2))"
LEFT = "left = np.where(free, overlaps[i], {})"
OFFSETS = "return np.array([row, column, x - column, y - row])"
SIDES = "sides, mine = (box[2:] - box[:2], proposal[2:] - proposal[:2])"
AREAS = "a side of a box, and a union, is above 0"

EQUAL |= {
    "convnets.design_parameters": {
        "C, side = (maps, side - k + 1) → C, side = (maps, abs(side - k) + 1)": FITS,
    },
    "convnets.bent": {
        "for x in (j, j + 1): → for x in (j + 1, j):": "a sum in another order",
        "for y in (i, i + 1): → for y in (i + 1, i):": "a sum in another order",
    }
    | {
        f"{BENT} → {BENT.replace(f'abs({old})', f'abs({new})')}": "a distance, in other words"
        for old, new in (("u - x", "x - u"), ("u - x", "abs(u - x)"), ("v - y", "y - v"), ("v - y", "abs(v - y)"))
    },
    "convnets.likely_share": {
        f"{WILSON} → {WILSON.replace('((wrong', '(abs(wrong', 1)}": "no share is below 0",
        "root = z * np.sqrt(wrong * (n - wrong) / n + z ** 2 / 4) → root = z * np.sqrt(wrong * abs(n - wrong) / n + z ** 2 / 4)": "no more than all are wrong",
    },
    "convnets.score_to_keep": {
        "f = 2 * right / (np.arange(1, len(order) + 1) + truths) → f = 2 * right / (np.arange(1, len(right) + 1) + truths)": "both have one entry an answer",
    },
    "convnets.iou_of_two": {
        f"{UNION} → {UNION.replace(part, f'abs{part}', 1)}": AREAS
        for part in ("(a[2] - a[0])", "(a[3] - a[1])", "(b[2] - b[0])", "(b[3] - b[1])")
    }
    | {f"{UNION} → {UNION.replace('((a', 'abs((a')}": AREAS},
    "convnets.what_stays": {
        "if all((labels[j] != labels[i] or overlaps[i, j] <= most for j in keep)): → if all((labels[j] != labels[i] or overlaps[j, i] <= most for j in keep)):": SYMMETRIC,
    },
    "convnets.hits_of_an_image": {
        "hits, free = (np.zeros(len(scores), dtype=int), np.ones(overlaps.shape[1], dtype=bool)) → hits, free = (np.zeros(len(overlaps), dtype=int), np.ones(overlaps.shape[1], dtype=bool))": "both have one entry a detection",
        "if len(left) and left.max() >= least: → if len(free) and left.max() >= least:": "both have one entry a truth",
    }
    | {f"{LEFT.format(-1.0)} → {LEFT.format(v)}": "anything below the threshold will do" for v in (-0.0, -0.5, -2.0)},
    "convnets.box_code": {
        f"{SIDES} → {SIDES.replace(part, f'abs({part})', 1)}": AREAS for part in ("box[2:] - box[:2]", "proposal[2:] - proposal[:2]")
    },
    "convnets.cell_of_a_box": {
        f"{OFFSETS} → {OFFSETS.replace(part, f'abs({part})')}": "an offset is at least 0" for part in ("x - column", "y - row")
    },
}  # fmt: skip

EQUAL |= {
    "convnets.crops_of_a_unet": {
        "out.append((skip - n) / 2) → out.append(abs(skip - n) / 2)": "a skip is larger than the map it joins",
    },
    "convnets.transposed_row": {
        "return out[padding:len(out) - padding] → return out[padding:abs(len(out) - padding)]": "no more is cut than there is",
    },
}  # fmt: skip

OUT = "C = C - v @ C @ v * np.outer(v, v) → C = C - {} * np.outer(v, v)"
EQUAL |= {
    "unsupervised.components_by_hand": {
        "_, s, Vt = np.linalg.svd(X - mean, full_matrices=False) → _, s, Vt = np.linalg.svd(X - mean)": "the first k rows of Vᵀ are the same",
        "_, s, Vt = np.linalg.svd(X - mean, full_matrices=False) → _, s, Vt = np.linalg.svd(mean - X, full_matrices=False)": "−X has the same σ, and the signs of V are set afterwards",
        "return (mean, V * np.sign(largest), s[:k] ** 2 / (len(X) - 1)) → return (mean, V / np.sign(largest), s[:k] ** 2 / (len(X) - 1))": "a sign is its own inverse",
    },
    "unsupervised.axes_by_power": {
        OUT.format("C @ v @ v"): SYMMETRIC,
        OUT.format("v @ (v @ C)"): SYMMETRIC,
        OUT.format("v @ C.T @ v"): SYMMETRIC,
        "v = C @ v → v = C.T @ v": SYMMETRIC,
        "v = C @ v → v = v @ C": SYMMETRIC,
    },
}  # fmt: skip

PRICE_OF_FACTORS = "return error + lam * (mask.sum(axis=1) @ np.sum(U ** 2, axis=1) + mask.sum(axis=0) @ np.sum(V ** 2, axis=1)) → return error + lam * ({} + {})"
EQUAL |= {
    "unsupervised.observed_objective": {
        PRICE_OF_FACTORS.format("np.sum(U ** 2, axis=1) @ mask.sum(axis=1)", "mask.sum(axis=0) @ np.sum(V ** 2, axis=1)"): VECTOR,
        PRICE_OF_FACTORS.format("mask.sum(axis=1) @ np.sum(U ** 2, axis=1)", "np.sum(V ** 2, axis=1) @ mask.sum(axis=0)"): VECTOR,
    },
    "unsupervised.all_users": {
        "U = np.zeros((len(R), V.shape[1])) → U = np.zeros((len(mask), V.shape[1]))": "both have one row a user",
        "for u in range(len(R)): → for u in range(len(mask)):": "both have one row a user",
        "U[u] = np.linalg.solve(A.T @ A + lam * len(b) * np.eye(V.shape[1]), A.T @ b) → U[u] = np.linalg.solve(A.T @ A + lam * len(A) * np.eye(V.shape[1]), A.T @ b)": "both have one entry a rating",
    },
}  # fmt: skip

EQUAL |= {
    "unsupervised.denoising_loss": {
        "error = X - reconstruct(X + noise) → error = abs(X - reconstruct(X + noise))": EVEN,
        "error = X - reconstruct(X + noise) → error = reconstruct(X + noise) - X": EVEN,
    },
    "unsupervised.pixel_loss": {
        "each = np.maximum(A, 0) + np.log1p(np.exp(-np.abs(A))) - X * A → each = abs(np.maximum(A, 0) + np.log1p(np.exp(-np.abs(A))) - X * A)": "a cross-entropy is at least 0",
    },
}  # fmt: skip

EQUAL |= {
    "unsupervised.divergence_of_a_code": {
        "return 0.5 * (mu ** 2 + np.exp(log_var) - 1 - log_var).sum(axis=1) → return 0.5 * abs(mu ** 2 + np.exp(log_var) - 1 - log_var).sum(axis=1)": "no dimension's divergence is below 0",
    },
}  # fmt: skip
