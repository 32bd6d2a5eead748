"""Wrong answers to the exercises of "Variational autoencoders, and noise taken away"."""

import numpy as np


def _kl(mu, square, log):
    return 0.5 * (mu**2 + square - 1 - log).sum(axis=1)


WRONG = {
    "divergence_of_a_code": [
        (lambda mu, lv: (mu**2 + np.exp(lv) - 1 - lv).sum(1), "½"),
        (lambda mu, lv: 0.5 * (1 + lv - mu**2 - np.exp(lv)).sum(1), "sign"),
        (lambda mu, lv: _kl(mu, np.exp(lv) ** 2, 2 * lv), "σ²|square"),
        (lambda mu, lv: 0.5 * (mu**2 + np.exp(lv) - 1 - lv).mean(1), "mean"),
        (lambda mu, lv: 0.5 * (mu**2 + np.exp(lv) - 1 - lv).sum(), "batch"),
        (lambda mu, lv: _kl(mu, np.exp(lv), np.log(np.abs(lv) + 1e-12)), "not|differ|case|correct|wrong"),
        (lambda mu, lv: 0.5 * (mu + np.exp(lv) - 1 - lv).sum(1), "power|square"),
    ],
    "drawn_codes": [
        (lambda mu, lv, e: mu + np.exp(lv) * e, "variance|root"),
        (lambda mu, lv, e: mu + lv * e, "Exponentiate|log"),
        (lambda mu, lv, e: mu + e, "width"),
        (lambda mu, lv, e: (mu + e) * np.exp(lv / 2), "mean"),
        (lambda mu, lv, e: mu + e / np.exp(lv / 2), "divide"),
        (lambda mu, lv, e: mu - np.exp(lv / 2) * e, "sign|minus|−|not|differ"),
        (lambda mu, lv, e: mu + np.exp(lv / 2) * e[:1], "not|differ|case|row"),
    ],
    "flow_pair": [
        (lambda d, n, t: (t[:, None] * n + (1 - t[:, None]) * d, d - n), "backwards"),
        (lambda d, n, t: ((1 - t[:, None]) * n + t[:, None] * d, n - d), "data to the noise"),
        (lambda d, n, t: ((1 - t[:, None]) * n + t[:, None] * d, d * 1.0), "data itself"),
        (lambda d, n, t: (n + t[:, None] * d, d - n), "size|shrunk"),
        (lambda d, n, t: ((1 - t[:, None]) * n + t[:, None] * d, d - ((1 - t[:, None]) * n + t[:, None] * d)), "left"),
        (lambda d, n, t: ((1 - t[0]) * n + t[0] * d, d - n), "not|differ|case|row"),
    ],
}
