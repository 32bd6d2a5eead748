"""Regularization: ridge, its leave-one-out path and the lasso beside scikit-learn, at equal quality."""

from __future__ import annotations

import os
import warnings

import numpy as np
from sklearn.linear_model import Lasso, Ridge, RidgeCV

from benchmarks.bench import alternate, table, write
from lib.regularization.lasso import duality_gap, lambda_max, lasso
from lib.regularization.ridge import ridge, ridge_path, ridge_with_intercept

RIDGE_SIZES = ((1000, 50), (10_000, 200), (100_000, 200), (2000, 2000), (500, 5000))
PATH_SIZES = ((1000, 50), (5000, 200), (20_000, 200))
LAMS = np.logspace(-3, 4, 50)
# N, D, true coefficients, λ/λ_max: all but the last have a sparse answer
LASSO_PROBLEMS = ((1000, 100, 10, 0.1), (10_000, 1000, 50, 0.02), (500, 5000, 30, 0.2), (2000, 500, 100, 0.005))
GAP = 1e-6  # the gap at which both stop, relative to ½‖y‖²; scikit-learn's tol means ‖y‖²


def regression(N: int, D: int):
    """Return a table (N, D) of normal numbers and targets that all columns explain, with noise of standard deviation 1."""
    rng = np.random.default_rng(0)
    A = rng.standard_normal((N, D))
    return A, A @ rng.standard_normal(D) / np.sqrt(D) + rng.standard_normal(N)


def correlated(N: int, D: int, used: int):
    """Return centred columns in groups of 50 with correlations ½^|i−j|, and targets that `used` of them explain."""
    rng = np.random.default_rng(0)
    C = 0.5 ** np.abs(np.subtract.outer(np.arange(50), np.arange(50)))
    root = np.linalg.cholesky(C)
    A = np.concatenate([rng.standard_normal((N, 50)) @ root.T for _ in range(-(-D // 50))], axis=1)[:, :D]
    w = np.zeros(D)
    w[rng.choice(D, used, replace=False)] = rng.standard_normal(used)
    A -= A.mean(axis=0)
    y = A @ w + rng.standard_normal(N)
    return np.asfortranarray(A), y - y.mean()


def lines(size: str, rows, peer: str, quality) -> list[list[str]]:
    """Return the table's rows for one size."""
    return [
        [size, row.name, f"{1e3 * row.seconds:.1f}", f"{row.ratio:.2f} [{row.low:.2f}, {row.high:.2f}]", quality(row)]
        for row in rows
        if row.name != peer
    ] + [[size, peer, f"{1e3 * row.seconds:.1f}", "1", quality(row)] for row in rows if row.name == peer]


def ridge_table() -> str:
    """One fit with λ = 1, without and with an intercept."""
    out = []
    for N, D in RIDGE_SIZES:
        A, y = regression(N, D)
        for peer, mine, run, theirs in (
            ("Ridge", "ridge", lambda A=A, y=y: ridge(A, y, 1.0), Ridge(alpha=1.0, fit_intercept=False)),
            (
                "Ridge, intercept",
                "ridge_with_intercept",
                lambda A=A, y=y: ridge_with_intercept(A, y, 1.0)[0],
                Ridge(alpha=1.0),
            ),
        ):
            candidates = {peer: lambda m=theirs, A=A, y=y: m.fit(A, y).coef_.copy(), mine: run}
            rows = alternate(candidates, peer, rounds=9)
            right = next(row.result for row in rows if row.name == peer)
            out += lines(
                f"{N:,} × {D:,}", rows, peer, lambda row, right=right: f"{np.abs(row.result - right).max():.0e}"
            )
    return "### One fit\n\n" + table(["size", "who", "ms", "time / scikit-learn's [range]", "difference"], out)


def path_table() -> str:
    """The best of fifty λ by leave-one-out, with an intercept: the coefficients must be the same."""
    out = []
    for N, D in PATH_SIZES:
        A, y = regression(N, D)

        def mine(A=A, y=y):
            path = ridge_path(A, y, LAMS)
            return path.W[path.best]

        rows = alternate(
            {"RidgeCV": lambda A=A, y=y: RidgeCV(alphas=LAMS).fit(A, y).coef_, "ridge_path": mine}, "RidgeCV", 5
        )
        right = rows[0].result
        quality = lambda row, right=right: f"{np.abs(row.result - right).max():.0e}"
        out += lines(f"{N:,} × {D:,}", rows, "RidgeCV", quality)
    head = ["size", "who", "ms", "time / scikit-learn's [range]", "difference"]
    return "### Fifty λ, each with its leave-one-out error\n\n" + table(head, out)


def lasso_table() -> str:
    """The lasso, both stopping at the same duality gap."""
    out = []
    for N, D, used, share in LASSO_PROBLEMS:
        A, y = correlated(N, D, used)
        lam = share * lambda_max(A, y)
        model = Lasso(alpha=lam / N, fit_intercept=False, tol=GAP / 2, max_iter=100_000)
        candidates = {
            "Lasso": lambda m=model, A=A, y=y: m.fit(A, y).coef_.copy(),
            "lasso": lambda A=A, y=y, lam=lam: lasso(A, y, lam, tol=GAP),
        }

        def quality(row, A=A, y=y, lam=lam):
            return f"{duality_gap(A, y, row.result, lam) / (y @ y / 2):.0e}"

        rows = alternate(candidates, "Lasso", rounds=7)
        count = np.count_nonzero(rows[1].result)
        out += lines(f"{N:,} × {D:,}, {count} in use", rows, "Lasso", quality)
    return "### The lasso\n\n" + table(["problem", "who", "ms", "time / scikit-learn's [range]", "relative gap"], out)


def main() -> None:
    """Write benchmarks/results/regularization.md."""
    warnings.filterwarnings("ignore")
    threads = os.environ.get("OMP_NUM_THREADS", f"{os.cpu_count()} (all)")
    head = (
        "## Regularization\n\nCandidates take turns; a ratio is taken inside a round, and the median over rounds is given. "
        f"Below 1 we are faster. Threads: {threads}."
    )
    write("regularization", "\n\n".join([head, ridge_table(), path_table(), lasso_table()]))


if __name__ == "__main__":
    main()
