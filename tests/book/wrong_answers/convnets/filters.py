"""Wrong answers to the exercises on what a network looks at, as students write them."""

import numpy as np


def _cover(score, image, size, filler, *, places=None, fresh=True, tell=lambda whole, now: whole - now, rows=0):
    image = np.array(image)
    whole = score(image)
    H, W = (n - size + 1 if places is None else places(n, size) for n in image.shape)
    out = np.zeros((max(H, 0), max(W, 0)))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            now = image.copy() if fresh else image
            now[i : i + size + rows, j : j + size] = filler
            out[i, j] = tell(whole, score(now))
    return out


def _tiles(score, image, size, filler):
    return _cover(score, image, size, filler)[::size, ::size]


def _way(slope, x, baseline, steps, at):
    points = [baseline + t * (x - baseline) for t in at]
    return sum(slope(p) for p in points) / len(points)


def _trapezoid(slope, x, baseline, steps):
    ends = [slope(baseline + k / steps * (x - baseline)) for k in range(steps + 1)]
    return (x - baseline) * (sum(ends) - ends[0] / 2 - ends[-1] / 2) / steps


def _middles(steps):
    return (np.arange(steps) + 0.5) / steps


def _length(g):
    return np.sqrt((g**2).sum()) or 1.0


def _by_column(said):
    return float(np.mean([(column[:, None] == column).mean() for column in said.T]))


WRONG = {
    "occlusion_map": [
        (lambda s, x, n, f: _cover(s, x, n, f, tell=lambda a, b: b - a), "rises|sign"),
        (lambda s, x, n, f: _cover(s, x, n, f, fresh=False), "fresh copy"),
        (lambda s, x, n, f: _cover(s, x, n, f, places=lambda m, k: m - k), "last place"),
        (lambda s, x, n, f: _cover(s, x, n, 0), "whatever the filler"),
        (lambda s, x, n, f: _cover(s, x, n, f, tell=lambda a, b: b), "Subtract"),
        (lambda s, x, n, f: _cover(s, x, n, f, tell=lambda a, b: abs(a - b)), "sign|negative|abs|below 0"),
        (lambda s, x, n, f: _cover(s, x, n, f, tell=lambda a, b: (a - b) / a), ""),
        (_tiles, "shape"),
    ],
    "integrated_slopes": [
        (lambda g, x, b, n: (x - b) * _way(g, x, b, n, np.arange(n) / n), "begins"),
        (lambda g, x, b, n: (x - b) * _way(g, x, b, n, np.arange(1, n + 1) / n), "ends"),
        (lambda g, x, b, n: _way(g, x, b, n, _middles(n)), "Multiply"),
        (lambda g, x, b, n: (x - b) * g(x), "at x alone"),
        (lambda g, x, b, n: x * _way(g, x, 0 * b, n, _middles(n)), "begins at the baseline"),
        (lambda g, x, b, n: x * _way(g, x, b, n, _middles(n)), "x − baseline"),
        (lambda g, x, b, n: (x - b) * n * _way(g, x, b, n, _middles(n)), "times|mean|steps|divide"),
        (_trapezoid, ""),
    ],
    "ascent_step": [
        (lambda x, g, r, a, b: np.clip(x - r * g / _length(g), a, b), "against the slope"),
        (lambda x, g, r, a, b: x + r * g / _length(g), "bounds"),
        (lambda x, g, r, a, b: np.clip(x + r * g, a, b), "as long as the slope"),
        (lambda x, g, r, a, b: np.clip(x + r * g / (np.abs(g).max() or 1), a, b), "largest slope"),
        (lambda x, g, r, a, b: np.clip(x + r * np.sign(g), a, b), "signs"),
        (lambda x, g, r, a, b: np.clip(x + r * g / _length(g) ** 2, a, b), ""),
        (lambda x, g, r, a, b: np.clip(x + r * g / np.linalg.norm(g), a, b), "nan|NaN|finite|0"),
        (lambda x, g, r, a, b: np.clip(x + r * g / _length(g), 0, 1), "low|high|bounds|0"),
    ],
    "shift_consistency": [
        (lambda said: (said == said[0]).mean(), "first alone"),
        (lambda said: (said == said[:1]).all(axis=0).mean(), "all moves"),
        (lambda said: np.mean([np.bincount(c).max() / len(c) for c in said.T]), "most frequent"),
        (lambda said: np.mean([(c[:, None] == c).sum() - len(c) for c in said.T]) / max(len(said) ** 2 - len(said), 1), ""),
        (lambda said: 1 - (said[:, None] == said).mean(), "other share"),
        (lambda said: _by_column(said.T), "moves|axis|transpose|rows"),
        (lambda said: (said[:, None] == said).mean(axis=(0, 1)), "shape|number"),
    ],
}  # fmt: skip
