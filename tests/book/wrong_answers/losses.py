"""Wrong answers to the exercises on losses, as students write them."""

import math

import numpy as np


def _huber_late(e, delta):
    if e < delta:
        return e
    return delta


def _threshold_at_least(x, W, b, v, v0):
    h = [1 if sum(w * s for w, s in zip(row, x, strict=False)) + c >= 0 else 0 for row, c in zip(W, b, strict=True)]
    return 1 if sum(a * c for a, c in zip(h, v, strict=True)) + v0 >= 0 else 0


def _threshold(bias, output_bias):
    def answer(x, W, b, v, v0):
        h = [
            1 if sum(w * s for w, s in zip(row, x, strict=False)) + bias(c) > 0 else 0
            for row, c in zip(W, b, strict=True)
        ]
        return 1 if sum(a * c for a, c in zip(h, v, strict=True)) + output_bias(v0) > 0 else 0

    return answer


def _threshold_no_hidden(x, W, b, v, v0):
    h = [sum(w * s for w, s in zip(row, x, strict=False)) + c for row, c in zip(W, b, strict=True)]
    return 1 if sum(a * c for a, c in zip(h, v, strict=True)) + v0 > 0 else 0


def _threshold_score(x, W, b, v, v0):
    h = [1 if sum(w * s for w, s in zip(row, x, strict=False)) + c > 0 else 0 for row, c in zip(W, b, strict=True)]
    return sum(a * c for a, c in zip(h, v, strict=True)) + v0


def _chain_forwards(slopes):
    out, g = [], 1
    for s in slopes:
        g *= s
        out.append(g)
    return out


def _chain_back(slopes):
    out, g = [], 1
    for s in reversed(slopes):
        g *= s
        out.append(g)
    return out


def _chain_sums(slopes):
    return [sum(slopes[i:]) for i in range(len(slopes))]


def _chain_one_too_many(slopes):
    return [math.prod(slopes[i:]) for i in range(len(slopes) + 1)]


def _chain_shifted(slopes):
    return [math.prod(slopes[i + 1 :]) for i in range(len(slopes))]


def _momentum(update):
    def answer(w, gradients, rate, beta):
        h, out = 0, []
        for g in gradients:
            h, w = update(w, h, g, rate, beta)
            out.append(w)
        return out

    return answer


def _momentum_fresh(w, gradients, rate, beta):
    out = []
    for g in gradients:
        h = beta * 0 + g
        w = w - rate * h
        out.append(w)
    return out


def _momentum_with_start(w, gradients, rate, beta):
    out, h = [w], 0
    for g in gradients:
        h = beta * h + g
        w = w - rate * h
        out.append(w)
    return out


def _momentum_last(w, gradients, rate, beta):
    return _momentum(lambda w, h, g, r, b: (b * h + g, w - r * (b * h + g)))(w, gradients, rate, beta)[-1:]


def _adam(w, g, h, G, t, rate, b1=0.9, b2=0.999, eps=1e-8, correct=True, inside=False, square=True):
    h = b1 * h + (1 - b1) * g
    G = b2 * G + (1 - b2) * (g**2 if square else np.abs(g))
    a, c = (h / (1 - b1**t), G / (1 - b2**t)) if correct else (h, G)
    step = a / np.sqrt(c + eps) if inside else a / (np.sqrt(c) + eps)
    return w - rate * step, h, G


def _adam_returns_corrected(w, g, h, G, t, rate):
    h = (0.9 * h + 0.1 * g) / (1 - 0.9**t)
    G = (0.999 * G + 0.001 * g**2) / (1 - 0.999**t)
    return w - rate * h / (np.sqrt(G) + 1e-8), h, G


def _adam_no_root(w, g, h, G, t, rate):
    h, G = 0.9 * h + 0.1 * g, 0.999 * G + 0.001 * g**2
    return w - rate * h / (1 - 0.9**t) / (G / (1 - 0.999**t) + 1e-8), h, G


def _warm(t, steps, first, peak, rise=0, tail=0, half=True, up=True):
    if t < first and up:
        return peak * (t + 1 + rise) / first
    share = (t - first + tail) / (steps - first)
    return peak * (0.5 * (1 + math.cos(math.pi * share)) if half else (1 + math.cos(math.pi * share)))


def _warm_linear(t, steps, first, peak):
    return peak * (t + 1) / first if t < first else peak * (1 - (t - first) / (steps - first))


def _warm_whole(t, steps, first, peak):
    return peak * (t + 1) / first if t < first else peak * 0.5 * (1 + math.cos(math.pi * t / steps))


def _softmax_gradient(A, W, labels, shift="row", mean=True, sub=True, sign=1):
    Z = A @ W
    if shift == "row":
        Z = Z - Z.max(1, keepdims=True)
    elif shift == "table":
        Z = Z - Z.max()
    elif shift == "clip":
        Z = np.clip(Z, -700, 700)
    P = np.exp(Z) / np.exp(Z).sum(1, keepdims=True)
    if sub:
        P[np.arange(len(labels)), labels] -= 1
    return sign * A.T @ P / (len(labels) if mean else 1)


def _softmax_columns(A, W, labels):
    Z = A @ W
    P = np.exp(Z - Z.max(0)) / np.exp(Z - Z.max(0)).sum(0)
    P[np.arange(len(labels)), labels] -= 1
    return A.T @ P / len(labels)


def _two_layers(X, y, W, b, v, factor=2.0, slope=lambda h, s: 1 - h**2, mean=True, sign=1):
    S = X @ W + b
    H = np.tanh(S)
    e = sign * factor * (H @ v - y) / (len(y) if mean else 1)
    D = np.outer(e, v) * slope(H, S)
    return X.T @ D, D.sum(0), H.T @ e


def _two_layers_bias_mean(X, y, W, b, v):
    H = np.tanh(X @ W + b)
    e = 2 * (H @ v - y) / len(y)
    D = np.outer(e, v) * (1 - H**2)
    return X.T @ D, D.mean(0), H.T @ e


def _two_layers_no_v(X, y, W, b, v):
    H = np.tanh(X @ W + b)
    e = 2 * (H @ v - y) / len(y)
    D = e[:, None] * (1 - H**2)
    return X.T @ D, D.sum(0), H.T @ e


def _relu_layer(X, W, b, v, v0):
    return np.maximum(X @ W + b, 0) @ v + v0


def _sizes(X, weights, relu_first=False, mean=False, drop=False, last=True, axis=None):
    out, h = [], X
    for W in weights:
        z = h @ W
        r = np.maximum(z, 0)
        m = r if relu_first else z
        out.append(m.std() if mean else (m**2).mean() if drop else np.sqrt((m**2).mean()))
        h = r
    return np.array(out)


def _sizes_linear(X, weights):
    out = []
    for W in weights:
        X = X @ W
        out.append(np.sqrt((X**2).mean()))
    return np.array(out)


def _sizes_sum(X, weights):
    out = []
    for W in weights:
        z = X @ W
        out.append(np.linalg.norm(z))
        X = np.maximum(z, 0)
    return np.array(out)


def _vjp(X, W, G, dX=lambda X, W, G: G @ W.T, dW=lambda X, W, G: X.T @ G, db=lambda X, W, G: G.sum(0)):
    return dX(X, W, G), dW(X, W, G), db(X, W, G)


# for each exercise: (answer, what a helpful verdict speaks of)
WRONG = {
    "gradient_of_mse": [
        (lambda A, w, y: 2 * A.T @ (A @ w - y), r"number of (rows|samples)|divide|\bN\b|mean"),
        (lambda A, w, y: A.T @ (A @ w - y) / len(y), r"1/2|factor.*2|\b2\b|half"),
        (lambda A, w, y: 2 * A.T @ (y - A @ w) / len(y), r"sign"),
        (lambda A, w, y: 2 * (A @ w - y) / len(y), r"shape|Aᵀ|chain|predictions"),
        (lambda A, w, y: 2 * A.T @ np.abs(A @ w - y) / len(y), r"abs|sign|\|"),
        (lambda A, w, y: 2 * A.T @ (A @ w - y) / A.shape[1], r"columns|\bD\b|\bN\b|samples|rows"),
        (lambda A, w, y: 2 * A.T @ (A @ w) / len(y), r"\by\b|target"),
        (lambda A, w, y: np.mean((A @ w - y) ** 2), r"one number|loss itself|gradient"),
        (lambda A, w, y: 2 * A @ (A @ w - y) / len(y), r"transpos|Aᵀ|shape|matmul|dimension"),
    ],
    "gradient_of_mae": [
        (lambda A, w, y: A.T @ np.sign(A @ w - y), r"number of (rows|samples)|divide|\bN\b|mean"),
        (lambda A, w, y: A.T @ np.sign(y - A @ w) / len(y), r"sign"),
        (lambda A, w, y: A.T @ (A @ w - y) / len(y), r"sign|squar|MSE"),
        (lambda A, w, y: A.T @ np.where(A @ w - y >= 0, 1, -1) / len(y), r"sign\(0\)|zero|\b0\b|kink"),
        (lambda A, w, y: A.T @ np.abs(A @ w - y) / len(y), r"sign|derivative|slope|\|"),
        (lambda A, w, y: 2 * A.T @ np.sign(A @ w - y) / len(y), r"\b2\b|twice|factor"),
        (lambda A, w, y: A.T @ ((A @ w - y) / np.abs(A @ w - y)) / len(y), r"nan|0/0|zero|sign"),
    ],
    "gradient_of_mape": [
        (lambda A, w, y: A.T @ (np.sign(A @ w - y) / y) / len(y), r"\|y\||absolute|negative|sign"),
        (lambda A, w, y: A.T @ (np.sign(A @ w - y) / np.abs(y)), r"number of (rows|samples)|divide|\bN\b|mean"),
        (lambda A, w, y: 100 * A.T @ (np.sign(A @ w - y) / np.abs(y)) / len(y), r"100|share|percent"),
        (lambda A, w, y: A.T @ (np.sign(y - A @ w) / np.abs(y)) / len(y), r"sign"),
        (lambda A, w, y: A.T @ np.sign(A @ w - y) / len(y), r"divide|\|y|target|MAE|absolute error"),
        (lambda A, w, y: A.T @ ((A @ w - y) / np.abs(y)) / len(y), r"sign|size"),
        (lambda A, w, y: A.T @ (np.sign(A @ w - y) / np.abs(A @ w)) / len(y), r"predict|target|\by\b"),
    ],
    "huber_slope": [
        (lambda e, delta: e, r"squar|large|outside|delta|δ|slope.*grow|bound"),
        (_huber_late, r"negative|\|e\||−δ|-δ|one side|left"),
        (lambda e, delta: e if abs(e) <= delta else delta, r"sign|negative|left"),
        (lambda e, delta: e if abs(e) <= delta else (1 if e > 0 else -1), r"δ|delta"),
        (lambda e, delta: e / delta if abs(e) <= delta else math.copysign(1, e), r"δ|delta|divide"),
        (
            lambda e, delta: e * e / 2 if abs(e) <= delta else delta * (abs(e) - delta / 2),
            r"loss itself|slope|derivative",
        ),
        (lambda e, delta: 2 * e if abs(e) <= delta else 2 * delta * math.copysign(1, e), r"\b2\b|twice|half|½|1/2"),
        (lambda e, delta: -max(-delta, min(delta, e)), r"sign"),
        (lambda e, delta: math.copysign(delta, e) if abs(e) <= delta else e, r"swap|exchang|other way|inside|outside"),
    ],
    "log_sum_of_a_list": [
        (lambda z: math.log(sum(math.exp(x) for x in z)), r"overflow|largest|maximum|range"),
        (lambda z: max(z), r"largest|maximum|only|sum"),
        (lambda z: math.log(sum(math.exp(x - max(z)) for x in z)), r"add.*back|maximum|largest|shift"),
        (lambda z: z[0] + math.log(sum(math.exp(x - z[0]) for x in z)), r"first|largest|maximum|overflow"),
        (lambda z: min(z) + math.log(sum(math.exp(x - min(z)) for x in z)), r"smallest|largest|maximum|overflow"),
        (
            lambda z: (m := sum(z) / len(z)) + math.log(sum(math.exp(x - m) for x in z)),
            r"mean|largest|maximum|overflow",
        ),
        (
            lambda z: (m := max(z, key=abs)) + math.log(sum(math.exp(x - m) for x in z)),
            r"absolute|largest|maximum|overflow|size",
        ),
        (lambda z: max(z) + math.log2(sum(math.exp(x - max(z)) for x in z)), r"base|natural|log2"),
        (lambda z: max(z) * math.log(sum(math.exp(x - max(z)) for x in z)), r"add|plus|product|multipl"),
        (lambda z: sum(z), r"exp|log|sum of the scores|product"),
    ],
    "gradient_of_bce": [
        (lambda A, w, t: A.T @ (1 / (1 + np.exp(-A @ w)) - t), r"number of (rows|samples)|divide|\bN\b|mean"),
        (lambda A, w, t: A.T @ (t - 1 / (1 + np.exp(-A @ w))) / len(t), r"sign"),
        (lambda A, w, t: A.T @ (A @ w - t) / len(t), r"sigmoid|σ|score|probabilit"),
        (lambda A, w, t: 2 * A.T @ (1 / (1 + np.exp(-A @ w)) - t) / len(t), r"\b2\b|twice|factor"),
        (
            lambda A, w, t: A.T @ ((p := 1 / (1 + np.exp(-A @ w))) - t) * 0 + A.T @ ((p - t) * p * (1 - p)) / len(t),
            r"σ\(1|p\(1|cancel|slope|squared|derivative",
        ),
        (lambda A, w, t: A.T @ (1 / (1 + np.exp(A @ w)) - t) / len(t), r"sign|e\^|−z|-z|exponent|sigmoid"),
        (
            lambda A, w, t: A.T @ (np.where(A @ w > 0, 1, 0) - t) / len(t),
            r"threshold|round|sigmoid|probabilit|perceptron",
        ),
    ],
    "gradient_of_softmax": [
        (lambda A, W, t: _softmax_gradient(A, W, t, shift=None), r"overflow|largest|maximum"),
        (lambda A, W, t: _softmax_gradient(A, W, t, shift="table"), r"row|each|own|whole table|underflow"),
        (lambda A, W, t: _softmax_gradient(A, W, t, shift="clip"), r"clip|cut|largest|maximum"),
        (lambda A, W, t: _softmax_gradient(A, W, t, mean=False), r"number of (rows|samples)|divide|\bN\b|mean"),
        (lambda A, W, t: _softmax_gradient(A, W, t, sub=False), r"label|one-hot|subtract|right class|target"),
        (lambda A, W, t: _softmax_gradient(A, W, t, sign=-1), r"sign"),
        (_softmax_columns, r"column|axis|row|class"),
        (lambda A, W, t: _softmax_gradient(A.astype(np.float32), W.astype(np.float32), t), r"single|float32"),
        (lambda A, W, t: _softmax_gradient(A, W, t).T, r"transpos"),
    ],
    "threshold_network": [
        (_threshold_at_least, r">|score of (exactly )?0|zero|border"),
        (_threshold(lambda c: 0, lambda c: c), r"hidden|free term|\bb\b"),
        (_threshold(lambda c: c, lambda c: 0), r"output|free term|v0|v₀"),
        (_threshold(lambda c: -c, lambda c: -c), r"sign|add|subtract|minus|free term"),
        (_threshold_no_hidden, r"hidden|threshold"),
        (_threshold_score, r"score|0 or 1|answer|threshold"),
    ],
    "slope_of_leaky_relu": [
        (lambda z, leak: np.where(z >= 0, 1.0, leak), r"kink|0|left"),
        (lambda z, leak: np.where(z > 0, z, leak * z), r"function itself|slope|derivative|value"),
        (lambda z, leak: np.where(z > 0, 1.0, 0.0), r"leak"),
        (lambda z, leak: np.where(z < 0, 1.0, leak), r"swap|exchang|side|other way|right|left"),
        (lambda z, leak: np.where(z > 0, 1.0, -leak), r"sign|leak"),
        (lambda z, leak: 1.0 if np.all(z > 0) else leak, r"shape|entry|one number|each"),
    ],
    "slopes_of_a_chain": [
        (_chain_forwards, r"other end|back|output|last|start|first"),
        (_chain_back, r"revers|order|turn"),
        (_chain_sums, r"multipl|sum|product"),
        (_chain_one_too_many, r"length|shape|as many|one more"),
        (_chain_shifted, r"own|shift|one (place|step|too)|itself|first"),
        (lambda s: [math.prod(s)] * len(s), r"each|whole|only value 0|first|later"),
    ],
    "vjp_of_a_layer": [
        (lambda X, W, G: _vjp(X, W, G, db=lambda X, W, G: G.mean(0)), r"mean|sum|divide"),
        (lambda X, W, G: _vjp(X, W, G, db=lambda X, W, G: G), r"sum|shape|broadcast"),
        (lambda X, W, G: _vjp(X, W, G, dW=lambda X, W, G: (X.T @ G).T), r"transpos"),
        (lambda X, W, G: (X.T @ G, G @ W.T, G.sum(0)), r"order|shape|exchang|swap|each other's place"),
        (lambda X, W, G: _vjp(X, W, G, db=lambda X, W, G: G.sum(1)), r"axis|samples|rows|shape"),
        (lambda X, W, G: _vjp(X, W, G, dW=lambda X, W, G: X.T @ G / len(X)), r"mean|divide|\bN\b|already|once"),
        (lambda X, W, G: _vjp(X, W, G, db=lambda X, W, G: np.ones(W.shape[1])), r"\bG\b|gradient|times|sum"),
    ],
    "gradients_of_two_layers": [
        (lambda *a: _two_layers(*a, factor=1), r"\b2\b|factor|half"),
        (lambda *a: _two_layers(*a, slope=lambda h, s: 1), r"tanh|slope|1 − h|derivative"),
        (lambda *a: _two_layers(*a, slope=lambda h, s: 1 - s**2), r"score|value of tanh|tanh²|1 −|hidden|before"),
        (lambda *a: _two_layers(*a, mean=False), r"number of (rows|samples)|divide|\bN\b|mean"),
        (lambda *a: _two_layers(*a, sign=-1), r"sign"),
        (lambda *a: _two_layers(*a, slope=lambda h, s: h * (1 - h)), r"sigmoid|tanh"),
        (_two_layers_bias_mean, r"sum|mean"),
        (_two_layers_no_v, r"\bv\b|output weights"),
    ],
    "momentum_in_a_list": [
        (
            _momentum(lambda w, h, g, r, b: (b * h + (1 - b) * g, w - r * (b * h + (1 - b) * g))),
            r"1 − β|1 - β|average|weigh",
        ),
        (_momentum(lambda w, h, g, r, b: (b * h + g, w - r * h)), r"old|before|new|after|late"),
        (_momentum(lambda w, h, g, r, b: (b * h + g, w - r * g)), r"\bh\b|momentum|plain|gradient descent"),
        (_momentum(lambda w, h, g, r, b: (b * h + g, w + r * (b * h + g))), r"sign|minus|uphill|against"),
        (_momentum_with_start, r"start|length|shape|after each"),
        (_momentum_fresh, r"memory|keep|reset|momentum|\bh\b|plain|β"),
        (_momentum_last, r"each|length|shape|last|list"),
        (_momentum(lambda w, h, g, r, b: (b * h + r * g, w - r * (b * h + r * g))), r"rate|η|twice"),
    ],
    "one_step_of_adam": [
        (lambda *a: _adam(*a, correct=False), r"correct|1 −|β\^t|bias"),
        (lambda *a: _adam(*a, inside=True), r"inside|outside|root|ε"),
        (lambda *a: _adam(*a, eps=1e-7), r"ε|eps"),
        (lambda *a: _adam(*a, eps=1e-16), r"ε|eps"),
        (lambda *a: _adam(*a, eps=0.0), r"ε|eps|nan|zero"),
        (lambda *a: _adam(*a, square=False), r"squar|\|g\|"),
        (lambda *a: _adam(*a, b1=0.999, b2=0.9), r"swap|exchang|β₁|0\.9"),
        (_adam_returns_corrected, r"correct.*(keep|return|store)|without|uncorrected|return|store|keep"),
        (_adam_no_root, r"root"),
        (lambda w, g, h, G, t, r: _adam(w, g, h, G, t - 1 if t > 1 else 1, r), r"\bt\b|step"),
    ],
    "rate_with_warm_up": [
        (lambda *a: _warm(*a, rise=-1), r"t \+ 1|first step|rise|one (step|too)|zero|peak"),
        (lambda *a: _warm(*a, half=False), r"half|½|twice|\b2\b"),
        (lambda *a: _warm(*a, up=False), r"rise|warm|case is not treated"),
        (_warm_linear, r"cos|straight|line"),
        (_warm_whole, r"rest|when the rise ends|first|count|whole"),
        (lambda t, s, f, p: _warm(t, s, f, 1.0), r"peak"),
    ],
    "bound_of_xavier": [
        (lambda n, m: math.sqrt(2 / (n + m)), r"3|uniform|variance"),
        (lambda n, m: 6 / (n + m), r"root|square"),
        (lambda n, m: math.sqrt(3 / (n + m)), r"\b2\b|twice|factor|variance"),
        (lambda n, m: math.sqrt(6 / n), r"units|fan|both|outputs"),
        (lambda n, m: math.sqrt(12 * 2 / (n + m)), r"width|2a|half|twice|−a|12"),
        (lambda n, m: 2 / (n + m), r"variance|root|bound"),
        (lambda n, m: math.sqrt(6) / (n + m), r"root|whole|under"),
    ],
    "for_relu": [
        (lambda e: e * np.sqrt(1 / e.shape[0]), r"\b2\b|ReLU|half"),
        (lambda e: e * np.sqrt(2 / e.shape[1]), r"input|fan|rows|unit|column"),
        (lambda e: e * 2 / e.shape[0], r"root|square|variance"),
        (lambda e: e * np.sqrt(2 / sum(e.shape)), r"Xavier|Glorot|both|input"),
        (lambda e: e * np.sqrt(2 * e.shape[0]), r"divi|over|grow|inverse"),
        (lambda e: e * np.sqrt(2), r"inputs|divi|\bk\b|number of rows"),
    ],
    "signal_sizes": [
        (lambda X, w: _sizes(X, w, relu_first=True), r"before|score|ReLU"),
        (lambda X, w: _sizes(X, w, mean=True), r"mean|std|standard deviation|centre|subtract"),
        (lambda X, w: _sizes(X, w, drop=True), r"root"),
        (_sizes_linear, r"ReLU|activation"),
        (_sizes_sum, r"mean|norm|divide|number of"),
    ],
    "sum_what_was_repeated": [
        (lambda G, shape: G.sum(0), r"shape|keepdims|axis|axes|scalar|sum"),
        (
            lambda G, shape: G.mean(
                axis=tuple(range(G.ndim - len(shape)))
                + tuple(i + G.ndim - len(shape) for i, s in enumerate(shape) if s == 1)
            ).reshape(shape),
            r"mean|sum",
        ),
        (lambda G, shape: np.broadcast_to(G, shape), r"sum|shape|broadcast|raised"),
        (lambda G, shape: G.sum(axis=tuple(range(G.ndim - len(shape)))), r"1|shape|keepdims|length"),
        (lambda G, shape: np.ones(shape) * G.sum(), r"all|whole|every|only|axes"),
    ],
}
