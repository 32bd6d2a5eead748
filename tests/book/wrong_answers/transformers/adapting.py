"""Wrong answers to the exercises of "Adapting a model"."""

import numpy as np


def _slopes(x, A, B, a, G, scale=None):
    s = a / B.shape[0] if scale is None else scale
    return s * x.T @ G @ B.T, s * (x @ A).T @ G


def _normed(x, g, b, m, v, e):
    return (x - m) / np.sqrt(v + e) * g + b


WRONG = {
    "lora_by_hand": [
        (lambda x, W, A, B, a: x @ (W + a * A @ B), "divide|α/r"),
        (lambda x, W, A, B, a: x @ (W + A @ B), "α/r"),
        (lambda x, W, A, B, a: x @ (A @ B) * a / A.shape[1], "frozen"),
        (lambda x, W, A, B, a: (x @ W + x @ A @ B) * a / A.shape[1], "alone|frozen"),
        (lambda x, W, A, B, a: x @ W, "frozen|change|missing|as if|without"),
        (lambda x, W, A, B, a: x @ (W + a / A.shape[0] * A @ B), "inputs"),
        (lambda x, W, A, B, a: x @ (W - a / A.shape[1] * A @ B), "sign|minus|subtract|negative|\\+"),
        (lambda x, W, A, B, a: x @ (W + a / np.sqrt(len(B)) * A @ B), "α/r|sqrt|root|factor|r"),
    ],
    "lora_slopes": [
        (lambda x, A, B, a, G: _slopes(x, A, B, a, G, 1.0), "α/r"),
        (lambda x, A, B, a, G: _slopes(x, A, B, a, G, a), "not α|α/r"),
        (lambda x, A, B, a, G: _slopes(x, A, B, a, G)[::-1], "other way"),
        (lambda x, A, B, a, G: _slopes(x, A, B, a, G, -a / len(B)), "minus|sign"),
        (lambda x, A, B, a, G: _slopes(x, A, B, a, G, a / len(B) / len(x)), "mean|rows"),
        (lambda x, A, B, a, G: (_slopes(x, A, B, a, G)[0] * len(B) / a, _slopes(x, A, B, a, G)[1]), "one factor|scale"),
        (lambda x, A, B, a, G: (x.T @ G, (x @ A).T @ G), "shape"),
        (lambda x, A, B, a, G: (np.zeros_like(A), a / len(B) * (x @ A).T @ G), "first|A|0|zero"),
    ],
    "another_task": [
        (lambda W, A, B, a, C, D, c: W + c / len(D) * C @ D, "old change"),
        (lambda W, A, B, a, C, D, c: W - A @ B + C @ D, "without|α/r"),
        (lambda W, A, B, a, C, D, c: W - a * A @ B + c * C @ D, "α/r|rank"),
        (lambda W, A, B, a, C, D, c: W + a / len(B) * A @ B + c / len(D) * C @ D, "subtract"),
        (lambda W, A, B, a, C, D, c: W - a / len(B) * A @ B, "new one"),
        (lambda W, A, B, a, C, D, c: W, "as it came in|W"),
        (lambda W, A, B, a, C, D, c: W - a / len(B) * A @ B + a / len(B) * C @ D, "own"),
        (lambda W, A, B, a, C, D, c: W - a / len(B) * A @ B - c / len(D) * C @ D, "sign|minus|\\+|-|subtract"),
    ],
    "frozen_norm": [
        (lambda x, g, b, m, v, e: _normed(x, g, b, x.mean(0), x.var(0), e), "batch"),
        (lambda x, g, b, m, v, e: _normed(x, g, b, 0.9 * m + 0.1 * x.mean(0), 0.9 * v + 0.1 * x.var(0), e), "stay|moved"),
        (lambda x, g, b, m, v, e: g * (x - m) / (np.sqrt(v) + e) + b, "root"),
        (lambda x, g, b, m, v, e: g * (x - m) / (v + e) + b, "standard deviation|root"),
        (lambda x, g, b, m, v, e: (x - m) / np.sqrt(v + e), "γ"),
        (lambda x, g, b, m, v, e: _normed(x, g, b, x.mean(0), v, e), "running"),
        (lambda x, g, b, m, v, e: g * (x - m) / np.sqrt(v + e), "beta|β|γ|shift|missing"),
        (lambda x, g, b, m, v, e: x, "as it came in"),
    ],
}  # fmt: skip
