"""Wrong answers to the exercises of the project "Two percent, with fewer than 10,000 numbers"."""

import numpy as np


def _walk(rows, side, conv=None, dense=None, shrink=lambda s, k: s - k + 1, pool=lambda s, k: s // k, mean=lambda s: 1):
    C, total = 1, 0
    for row in rows:
        if row[0] == "conv":
            _, m, k, g = row
            side_after = shrink(side, k)
            total += (conv or (lambda C, m, k, g, s: m * (k * k * C // g + 1)))(C, m, k, g, side_after)
            C, side = m, side_after
        elif row[0] == "pool":
            side = pool(side, row[1])
        elif row[0] == "average":
            side = mean(side)
        else:
            total += (dense or (lambda C, u, s: u * (C * s * s + 1)))(C, row[1], side)
            C, side = row[1], 1
    return total


def _around(image, A, t, place=None, taken=None, middle=None):
    """With a padded picture, all pixels at once."""
    H, W = image.shape
    c = np.array([(W - 1) / 2, (H - 1) / 2]) if middle is None else middle(H, W)
    y, x = np.mgrid[:H, :W]
    p = np.stack([x - c[0], y - c[1]]).reshape(2, -1)
    u, v = (A @ p + t[:, None] if place is None else place(A, p, t)) + c[:, None]
    if taken is not None:
        u, v = taken(u, v, H, W)
    wide = np.pad(image, 30)
    j, i = np.floor(u).astype(int), np.floor(v).astype(int)
    a, b = u - j, v - i
    i, j = i + 30, j + 30
    got = (
        (1 - b) * (1 - a) * wide[i, j]
        + (1 - b) * a * wide[i, j + 1]
        + b * (1 - a) * wide[i + 1, j]
        + b * a * wide[i + 1, j + 1]
    )
    return got.reshape(H, W)


def _ends(k, n, z=1.96, scale=lambda n, z: n + z * z, shift=lambda z: z * z / 2, spread=None):
    half = z * np.sqrt(k * (n - k) / n + z * z / 4) if spread is None else spread(k, n, z)
    return (k + shift(z) - half) / scale(n, z), (k + shift(z) + half) / scale(n, z)


WRONG = {
    "design_parameters": [
        (lambda r, s: _walk(r, s, conv=lambda C, m, k, g, p: m * (k * k * C + 1)), "[Gg]roups"),
        (lambda r, s: _walk(r, s, conv=lambda C, m, k, g, p: m * k * k * C // g), "free|1"),
        (lambda r, s: _walk(r, s, shrink=lambda s, k: s), "side|padding"),
        (lambda r, s: _walk(r, s, dense=lambda C, u, s: u * (C + 1)), "place"),
        (lambda r, s: _walk(r, s, pool=lambda s, k: -(-s // k)), "up|left over"),
        (lambda r, s: _walk(r, s, mean=lambda s: s), "mean|average"),
        (lambda r, s: _walk(r, s, conv=lambda C, m, k, g, p: m * (k * C // g + 1)), "k"),
        (lambda r, s: _walk(r, s, conv=lambda C, m, k, g, p: m * (k * k * C // g + p * p)), "free|place|too|large|more"),
    ],
    "bent": [
        (lambda i, A, t: _around(i, A, t, taken=lambda u, v, H, W: (np.rint(u), np.rint(v))), "nearest|interpolat"),
        (lambda i, A, t: _around(i, A, t, middle=lambda H, W: np.zeros(2)), "corner|middle"),
        (lambda i, A, t: _around(i, A, t, place=lambda A, p, t: np.linalg.inv(A) @ (p - t[:, None])), "other way|from"),
        (lambda i, A, t: _around(i, A, t, place=lambda A, p, t: (A @ p[::-1] + t[:, None])[::-1]), "changed places|x and y"),
        (lambda i, A, t: _around(i, A, t, taken=lambda u, v, H, W: (np.clip(u, 0, W - 1), np.clip(v, 0, H - 1))), "edge|beyond|Beyond"),
        (lambda i, A, t: _around(i, A, t, place=lambda A, p, t: A @ p - t[:, None]), "sign"),
        (lambda i, A, t: _around(i, A, t, place=lambda A, p, t: A @ p), "shift|t"),
        (lambda i, A, t: _around(i, A, t, place=lambda A, p, t: A.T @ p + t[:, None]), "A"),
    ],
    "likely_share": [
        (lambda k, n: (k / n - 1.96 * np.sqrt(k * (n - k) / n**3), k / n + 1.96 * np.sqrt(k * (n - k) / n**3)), "k/n"),
        (lambda k, n: _ends(k, n, z=1.0), "68|one standard"),
        (lambda k, n: _ends(k, n, z=1.645), "one side|1.645|2.5"),
        (lambda k, n: _ends(k, n, scale=lambda n, z: 1), "number|share"),
        (lambda k, n: _ends(k, n, scale=lambda n, z: n), "n|z"),
        (lambda k, n: _ends(k, n, shift=lambda z: 0), "middle|z²/2"),
        (lambda k, n: _ends(k, n, spread=lambda k, n, z: z * np.sqrt(k * (n - k) / n)), "root|z²/4"),
        (lambda k, n: _ends(k, n, spread=lambda k, n, z: np.sqrt(k * (n - k) / n + z * z / 4)), "factor|z"),
    ],
}  # fmt: skip
