"""Completion: all rows' equations at once beside a loop, implicit feedback beside `implicit`, and a sweep at Netflix's size.

`implicit` is no dependency of the book: ``pip install implicit`` before this command, which says so where it is missing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import numpy as np
import scipy.sparse as sp

from benchmarks.bench import Row, alternate, table, write
from lib.unsupervised.completion import als, implicit
from lib.unsupervised.completion.ratings import Ratings

SIZES = ((943, 1_682, 100_000), (6_040, 3_706, 1_000_000))  # MovieLens 100k's and 1M's
RANK, SWEEPS = 16, 5
FILMS, USERS, ALL = 17_770, 480_189, 100_000_000
TASTES, LAM, BLOCK = 20, 0.02, 20_000


def drawn(m: int, n: int, count: int, seed: int = 0) -> sp.csr_array:
    """Return `count` places (m, n) with values around 0 in 32 bits: users lognormal, films by a power law."""
    rng = np.random.default_rng(seed)
    users, films = rng.lognormal(0, 1, m), 1 / (np.arange(n) + 20.0)
    places = [rng.choice(len(p), 2 * count, p=p / p.sum()) for p in (users, films)]
    flat = np.sort(rng.permutation(np.unique(places[0] * n + places[1]))[:count])
    U, V = rng.normal(size=(m, 8)) / 8**0.25, rng.normal(size=(n, 8)) / 8**0.25
    u, i = flat // n, flat % n
    values = np.einsum("nr,nr->n", U[u], V[i]) + 0.4 * rng.normal(size=len(flat))
    return sp.csr_array((values.astype(np.float32), (u, i)), (m, n))


def explicit(m: int, n: int, count: int) -> list[list[str]]:
    """Return rows for one sweep, in a loop over rows and all at once."""
    R = drawn(m, n, count)
    C = R.T.tocsr()
    V = 0.1 * np.random.default_rng(1).normal(size=(n, RANK)).astype(np.float32)

    def sweep(half):
        U = half(R, V, 0.05)
        return U, half(C, U, 0.05)

    ways = {
        "a loop over rows": lambda: sweep(als.solve_rows_in_a_loop),
        "all at once": lambda: sweep(als.solve_rows),
        "in blocks of users": lambda: als.sweep_in_blocks([R], V, 0.05),
    }
    rows = alternate(ways, "a loop over rows", 7, time.process_time)
    wanted = rows[0].result[1]
    return [[*_told(row, R), f"{np.abs(row.result[1] - wanted).max() / np.abs(wanted).max():.0e}"] for row in rows]


def feedback(m: int, n: int, count: int) -> list[list[str]]:
    """Return rows for sweeps of implicit feedback from the same start, ours and the library's, both exact, on one thread."""
    from implicit.als import AlternatingLeastSquares

    R = drawn(m, n, count)
    C = sp.csr_matrix((1 + 2 * np.abs(R.data), R.indices, R.indptr), R.shape)
    Ct = C.T.tocsr()
    rng = np.random.default_rng(1)
    start = [(0.01 * rng.random((size, RANK))).astype(np.float32) for size in (m, n)]

    def theirs():
        model = AlternatingLeastSquares(
            RANK, regularization=0.1, alpha=1.0, iterations=SWEEPS, use_cg=False, num_threads=1, random_state=0
        )
        model.user_factors, model.item_factors = (a.copy() for a in start)
        model.fit(C, show_progress=False)
        return np.array(model.user_factors), np.array(model.item_factors)

    def ours():
        V = start[1]
        for _ in range(SWEEPS):
            U = implicit.solve_implicit_rows(C, V, 0.1)
            V = implicit.solve_implicit_rows(Ct, U, 0.1)
        return U, V

    rows = alternate({"the book's": ours, "implicit, Cholesky": theirs}, "implicit, Cholesky", 7, time.process_time)
    places = C.tocoo()
    confidences = Ratings(places.row, places.col, places.data, (m, n))
    return [[*_told(row, R), f"{implicit.implicit_objective(confidences, *row.result, 0.1):,.1f}"] for row in rows]


def _told(row: Row, R: sp.csr_array) -> list[str]:
    name = f"{row.name}, {R.shape[0]:,} × {R.shape[1]:,}, {R.nnz:,}"
    return [name, f"{1e3 * row.seconds:.0f}", f"{row.ratio:.2f} [{row.low:.2f}, {row.high:.2f}]"]


def planted_block(users: int, V: np.ndarray, rng: np.random.Generator) -> tuple[sp.csr_array, Ratings]:
    """Return the ratings of a block of users, in 32 bits, and one in a hundred of them held back.

    V : (films, r). Products of normal factors with variance 1, and noise of 0.3.
    """
    films = len(V)
    popular = np.cumsum(1 / (np.arange(films) + 200.0))
    wanted = rng.lognormal(0, 0.9, users)
    wanted = np.minimum(wanted * (1.07 * ALL / USERS * users / wanted.sum()), films / 3).astype(int) + 1
    u = np.repeat(np.arange(users), wanted)
    i = np.searchsorted(popular, popular[-1] * rng.random(len(u))).clip(0, films - 1)
    flat = np.unique(u * films + i)
    u, i = flat // films, (flat % films).astype(np.int32)
    U = (rng.standard_normal((users, V.shape[1])) / V.shape[1] ** 0.25).astype(np.float32)
    values = np.concatenate(
        [np.einsum("nr,nr->n", U[a], V[b]) for a, b in zip(np.array_split(u, 20), np.array_split(i, 20), strict=True)]
    ) + 0.3 * rng.standard_normal(len(u), dtype=np.float32)
    held = rng.random(len(u)) < 0.01
    ends = np.concatenate([[0], np.cumsum(np.bincount(u[~held], minlength=users))]).astype(np.int32)
    kept = sp.csr_array((values[~held], i[~held], ends), (users, films))
    return kept, Ratings(u[held], i[held].astype(np.int64), values[held], (users, films))


def large(users: int, sweeps: int) -> dict[str, float]:
    """Return what sweeps over so many users' planted ratings take, in this process: seconds, memory, held-out error."""
    import resource

    rng = np.random.default_rng(0)
    V = (rng.standard_normal((FILMS, TASTES)) / TASTES**0.25).astype(np.float32)
    started = time.perf_counter()
    made = [planted_block(min(BLOCK, users - start), V, rng) for start in range(0, users, BLOCK)]
    blocks, held = zip(*made, strict=True)
    making = time.perf_counter() - started
    V = (0.3 * rng.standard_normal(V.shape)).astype(np.float32)
    seconds, errors = [], []
    for _ in range(sweeps):
        started = time.perf_counter()
        U, V = als.sweep_in_blocks(blocks, V, LAM)
        seconds.append(time.perf_counter() - started)
        squares = [
            np.sum((als.Factors(rows, V).at(part) - part.values) ** 2) for rows, part in zip(U, held, strict=True)
        ]
        errors.append(float(np.sqrt(sum(squares) / sum(map(len, held)))))
    return {
        "ratings": sum(block.nnz for block in blocks),
        "held": sum(map(len, held)),
        "making": making,
        "seconds": float(np.median(seconds)),
        "gigabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "first": errors[0],
        "last": errors[-1],
    }


def _large_row(users: int, sweeps: int) -> list[str]:
    command = [sys.executable, "-m", "benchmarks.completion", str(users), str(sweeps)]
    done = subprocess.run(command, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, check=True)
    found = json.loads(done.stdout)
    print(users, found, flush=True)
    return [
        f"{users:,} users",
        f"{found['ratings']:,.0f}",
        f"{found['making']:.0f}",
        f"{found['seconds']:.1f}",
        f"{1e9 * found['seconds'] / found['ratings']:.0f}",
        f"{found['gigabytes']:.1f}",
        f"{found['first']:.3f}",
        f"{found['last']:.3f}",
    ]


def main() -> None:
    """Write benchmarks/results/completion.md."""
    try:
        import implicit as library
    except ImportError:
        raise SystemExit(
            "This benchmark compares with a package that the book does not need: pip install implicit"
        ) from None
    head = (
        "## Completing a matrix\n\nThe candidates take turns; a ratio is taken inside a round, and the median over rounds is given. Processor time "
        f"of one thread, 32-bit floats, rank {RANK}."
    )
    one = ["one sweep", "ms", "time / loop's [range]", "largest difference"]
    other = [f"{SWEEPS} sweeps", "ms", "time / implicit's [range]", "objective"]
    size = [
        "planted",
        "ratings",
        "making, s",
        "sweep, s",
        "ns a rating",
        "peak, GB",
        "error, 1 sweep",
        "error, 8 sweeps",
    ]
    parts = [
        head,
        "### Ratings\n\nUsers × films, and how many ratings.\n\n"
        + table(one, [row for s in SIZES for row in explicit(*s)]),
        f"### Implicit feedback\n\nBeside the package implicit {library.__version__}, exact solves on either side, from the same start.\n\n"
        + table(other, [row for s in SIZES for row in feedback(*s)]),
        f"### Netflix's size\n\n{FILMS:,} films, rank {TASTES}, 32-bit floats, one thread, wall time; the median of 8 sweeps; noise 0.3; errors on "
        "one rating in a hundred, held back.\n\n"
        + table(size, [_large_row(users, 8) for users in (USERS // 16, USERS // 4, USERS)]),
    ]
    write("completion", "\n\n".join(parts))


if __name__ == "__main__":
    print(json.dumps(large(*map(int, sys.argv[1:])))) if sys.argv[1:] else main()
