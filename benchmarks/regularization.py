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


def line(size: str, rows, peer: str, *quality: str) -> list[str]:
    """Return the table's row for one size: our time, the peer's, their ratio, and what `quality` says of the answers."""
    ours, theirs = (next(row for row in rows if (row.name == peer) is same) for same in (False, True))
    ratio = f"{ours.ratio:.2f} [{ours.low:.2f}, {ours.high:.2f}]"
    return [size, f"{1e3 * ours.seconds:.1f}", f"{1e3 * theirs.seconds:.1f}", ratio, *quality]


def difference(rows) -> str:
    """Return the largest difference between the answers of the two candidates."""
    one, other = (row.result for row in rows)
    return f"{np.abs(one - other).max():.0e}"


HEAD = ["ours, ms", "scikit-learn's, ms", "ratio [range]"]


def ridge_table() -> str:
    """One fit with λ = 1, without and with an intercept."""
    out = []
    for N, D in RIDGE_SIZES:
        A, y = regression(N, D)
        for words, run, theirs in (
            ("", lambda A=A, y=y: ridge(A, y, 1.0), Ridge(alpha=1.0, fit_intercept=False)),
            (", intercept", lambda A=A, y=y: ridge_with_intercept(A, y, 1.0)[0], Ridge(alpha=1.0)),
        ):
            candidates = {"Ridge": lambda m=theirs, A=A, y=y: m.fit(A, y).coef_.copy(), "ridge": run}
            rows = alternate(candidates, "Ridge", rounds=9)
            out.append(line(f"{N:,} × {D:,}{words}", rows, "Ridge", difference(rows)))
    return "### One fit\n\n" + table(["size", *HEAD, "difference"], out)


def path_table() -> str:
    """The best of fifty λ by leave-one-out, with an intercept: the coefficients must be the same."""
    out = []
    for N, D in PATH_SIZES:
        A, y = regression(N, D)

        def mine(A=A, y=y):
            path = ridge_path(A, y, LAMS)
            return path.W[path.best]

        candidates = {"RidgeCV": lambda A=A, y=y: RidgeCV(alphas=LAMS).fit(A, y).coef_, "ridge_path": mine}
        rows = alternate(candidates, "RidgeCV", 5)
        out.append(line(f"{N:,} × {D:,}", rows, "RidgeCV", difference(rows)))
    return "### Fifty λ, each with its leave-one-out error\n\n" + table(["size", *HEAD, "difference"], out)


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
        rows = alternate(candidates, "Lasso", rounds=7)
        theirs, ours = (f"{duality_gap(A, y, row.result, lam) / (y @ y / 2):.0e}" for row in rows)
        used, passes = str(np.count_nonzero(rows[1].result)), str(model.n_iter_)
        out.append(line(f"{N:,} × {D:,}", rows, "Lasso", used, passes, ours, theirs))
    head = ["size", *HEAD, "in use", "their passes", "our gap", "their gap"]
    return "### The lasso\n\n" + table(head, out)


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
