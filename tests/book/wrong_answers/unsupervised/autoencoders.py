"""Wrong answers to the exercises on autoencoders, as students write them."""

import numpy as np


def relu(x):
    return np.maximum(x, 0)


def sigmoid(a):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-a))


def tied(X, W, b, c, bend=relu, end=lambda v: v, back=None):
    H = bend(X @ W + b)
    return H, end(H @ (W.T if back is None else back(W)) + c)


def stable(A, X):
    return relu(A) + np.log1p(np.exp(-np.abs(A))) - X * A


def naive(A, X):
    with np.errstate(all="ignore"):
        P = sigmoid(A)
        return -(X * np.log(P) + (1 - X) * np.log(1 - P)).sum(axis=1).mean()


def clipped(A, X):
    P = np.clip(sigmoid(A), 1e-7, 1 - 1e-7)
    return -(X * np.log(P) + (1 - X) * np.log(1 - P)).sum(axis=1).mean()


def kl(a, b):
    return a * np.log(a / b) + (1 - a) * np.log((1 - a) / (1 - b))


def above(new, at):
    return at, (new > at).mean()


WRONG = {
    "tied_autoencoder": [
        (lambda X, W, b, c: tied(X, W, b, c, bend=lambda v: v), "ReLU is missing"),
        (lambda X, W, b, c: tied(X, W, b, c, end=relu), "behind the decoder"),
        (lambda X, W, b, c: tied(X, W, b, c, end=sigmoid), "decoder|transpose|reconstruct|second|1"),
        (lambda X, W, b, c: tied(X, W, b, 0 * c), "free terms c"),
        (lambda X, W, b, c: tied(X, W, b, c, back=np.linalg.pinv), "transpose"),
        (lambda X, W, b, c: (relu(X @ W) + b, (relu(X @ W) + b) @ W.T + c), "ReLU"),
        (lambda X, W, b, c: tied(X, W, b, c)[::-1], "shape|order|code"),
        (lambda X, W, b, c: tied(X, W, b, c)[1], "one of the things"),
    ],
    "denoising_loss": [
        (lambda X, n, f: ((X + n - f(X + n)) ** 2).sum(1).mean(), "noisy"),
        (lambda X, n, f: ((X - f(X)) ** 2).sum(1).mean(), "noisy"),
        (lambda X, n, f: ((X + n - f(X)) ** 2).sum(1).mean(), "wrong way round"),
        (lambda X, n, f: ((X - f(np.clip(X + n, 0, 1))) ** 2).sum(1).mean(), "cut"),
        (lambda X, n, f: ((X - f(X + n)) ** 2).mean(), "pixels"),
        (lambda X, n, f: ((X - f(X + n)) ** 2).sum(), "mean"),
        (lambda X, n, f: np.linalg.norm(X - f(X + n), axis=1).mean(), "square|squar|root"),
        (lambda X, n, f: ((n - f(X + n)) ** 2).sum(1).mean(), "X|clean|noise|first"),
    ],
    "pixel_loss": [
        (naive, "infinite"),
        (clipped, "first|far|score|stabl"),
        (lambda A, X: stable(A, X).mean(), "pixels"),
        (lambda A, X: stable(A, X).sum(), "mean"),
        (lambda A, X: -stable(A, X).sum(1).mean(), "sign"),
        (lambda A, X: (X * (relu(-A) + np.log1p(np.exp(-np.abs(A))))).sum(1).mean(), "half"),
        (lambda A, X: ((sigmoid(A) - X) ** 2).sum(1).mean(), "squared"),
        (lambda A, X: stable(sigmoid(A), X).sum(1).mean(), "sigmoid"),
    ],
    "rate_penalty": [
        (lambda H, r: kl(r, H.mean(1)).sum(), "unit"),
        (lambda H, r: kl(H.mean(0), r).sum(), "first"),
        (lambda H, r: kl(r, H).mean(0).sum(), "mean"),
        (lambda H, r: kl(r, H.mean(0)).mean(), "summed"),
        (lambda H, r: (r * np.log(r / H.mean(0))).sum(), "Half"),
        (lambda H, r: H.shape[1] * kl(r, H.mean()), "One rate"),
        (lambda H, r: -kl(r, H.mean(0)).sum(), "sign"),
    ],
    "alarms": [
        (lambda v, t, s: above(t, np.quantile(t, 1 - s)), "judged"),
        (lambda v, t, s: (np.quantile(v, s), (t < np.quantile(v, s)).mean()), "sign"),
        (lambda v, t, s: above(t, np.quantile(v, s)), "quantile"),
        (lambda v, t, s: above(t, np.quantile(np.concatenate([v, t]), 1 - s)), "both"),
        (lambda v, t, s: (np.quantile(v, 1 - s), (t <= np.quantile(v, 1 - s)).mean()), "above"),
        (lambda v, t, s: (np.quantile(v, 1 - s), (t >= np.quantile(v, 1 - s)).mean()), "border|second"),
        (lambda v, t, s: above(t, (1 - s) * v.max()), "largest"),
        (lambda v, t, s: above(t, v.mean() + 2 * v.std()), "quantile|first|both"),
    ],
}
