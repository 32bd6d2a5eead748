"""Least squares: our solvers beside numpy, scipy and torch, at three sizes and at the accuracy each reaches."""

from __future__ import annotations

import os
import time

import numpy as np
import scipy.linalg

from benchmarks.bench import alternate, table, write
from lib.least_squares import cost
from lib.least_squares.accuracy import DIRECT_SOLVERS, problem
from lib.least_squares.solvers import ITERATIVE_SOLVERS

SIZES = ((10_000, 10), (100_000, 100), (10_000, 500))
PEER = "numpy.linalg.lstsq"
ONE_THREAD = os.environ.get("OMP_NUM_THREADS") == "1"
CLOCK = time.process_time if ONE_THREAD else time.perf_counter


def peers() -> dict:
    """Return the libraries' solvers by name; torch's only where torch is installed."""
    out = {
        PEER: lambda A, b: np.linalg.lstsq(A, b, rcond=None)[0],
        "scipy lstsq (gelsd)": lambda A, b: scipy.linalg.lstsq(A, b)[0],
        "scipy lstsq (gelsy)": lambda A, b: scipy.linalg.lstsq(A, b, lapack_driver="gelsy")[0],
    }
    try:
        import torch
    except ImportError:
        return out

    def gels(A, b):
        return (
            torch.linalg.lstsq(torch.from_numpy(A), torch.from_numpy(b)[:, None], driver="gels").solution[:, 0].numpy()
        )

    return out | {"torch lstsq (gels)": gels}


def compare(N: int, D: int) -> str:
    """Return the table for one size: seconds, ratio to the peer, and the error of each on the same problem (κ = 100)."""
    p = problem(N, D, 100.0, 1e-3)
    ours = {k: f for k, f in DIRECT_SOLVERS.items() if k != "Householder QR" or N * D <= 10**6}
    iterative = {k: ITERATIVE_SOLVERS[k] for k in ("CGLS", "LSQR")}
    candidates = {name: (lambda f=f: f(p.A, p.b)) for name, f in (peers() | ours | iterative).items()}
    rows = []
    for row in alternate(candidates, PEER, rounds=7 if N * D < 10**7 else 5, clock=CLOCK):
        error = np.linalg.norm(row.result - p.w)
        ratio = f"{row.ratio:.2f} [{row.low:.2f}, {row.high:.2f}]"
        rows.append([row.name, f"{1e3 * row.seconds:.1f}", ratio, f"{error:.0e}"])
    return f"### {N:,} × {D}\n\n" + table(["solver", "ms", "time / numpy's [range]", "error"], rows)


def exponents() -> str:
    """Return the fitted exponents of time in N and in D beside those of the operation count."""
    rng = np.random.default_rng(0)
    rows, columns = (20_000, 40_000, 80_000, 160_000), (50, 100, 200, 400)
    tall, wide, b = rng.normal(size=(rows[-1], 50)), rng.normal(size=(8_000, columns[-1])), rng.normal(size=rows[-1])
    lines = []
    for name, counted in (("normal equations", "normal equations"), ("QR in blocks", "Householder QR")):
        f = DIRECT_SOLVERS[name]
        in_n = cost.fit_exponent(rows, [cost.measure(f, tall[:n], b[:n], clock=CLOCK) for n in rows])
        blocks = [np.ascontiguousarray(wide[:, :d]) for d in columns]
        in_d = cost.fit_exponent(columns, [cost.measure(f, block, b[:8_000], clock=CLOCK) for block in blocks])
        on_paper = [
            cost.fit_exponent(rows, [cost.flops(counted, n, 50) for n in rows]),
            cost.fit_exponent(columns, [cost.flops(counted, 8_000, d) for d in columns]),
        ]
        lines.append([name, f"{in_n:.2f}", f"{on_paper[0]:.2f}", f"{in_d:.2f}", f"{on_paper[1]:.2f}"])
    return "### Exponents\n\n" + table(["solver", "in N", "counted in N", "in D", "counted in D"], lines)


def main() -> None:
    """Write benchmarks/results/least_squares.md."""
    threads = os.environ.get("OMP_NUM_THREADS", f"{os.cpu_count()} (all)")
    head = (
        "## Least squares\n\nCandidates take turns; a ratio is taken inside a round, and the median over rounds is given. "
        f"Below 1 we are faster. Problems with κ = 100 and a residual of 0.1 %. Threads: {threads}"
        + ("; the time is the processor's, in which other programs do not count." if ONE_THREAD else ".")
    )
    write("least_squares", "\n\n".join([head, *(compare(N, D) for N, D in SIZES), exponents()]))


if __name__ == "__main__":
    main()
