"""Alternating least squares on one core and on a cluster: the book's and Spark's, on the same ratings, to the same error.

No dependency of the book: ``pip install pyspark``, and Java 17 or later (on Debian ``apt install default-jre-headless``). Then
``python -m benchmarks spark`` starts a cluster of two workers on this machine; where one of the two is missing it says so.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.bench import table, write
from benchmarks.completion import RANK, SIZES, drawn
from lib.unsupervised.completion import als
from lib.unsupervised.completion.ratings import Ratings, rmse, split

LAM, SWEEPS = 0.05, 10
CLUSTER = "local-cluster[2,1,2048]"  # two worker processes with a core and 2 GB each


def session():
    """Return a Spark session with two workers."""
    from pyspark.sql import SparkSession

    settings = {"spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "4", "spark.log.level": "ERROR"}
    builder = SparkSession.builder.master(CLUSTER).appName("completion")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def by_spark(spark, train: Ratings) -> tuple[float, als.Factors]:
    """Return seconds and the factors of Spark's ALS; the ratings travel as a file, as they would to a cluster."""
    from pyspark.ml.recommendation import ALS

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ratings.csv"
        np.savetxt(
            path, np.column_stack([train.rows, train.columns, train.values]), fmt=("%d", "%d", "%.7g"), delimiter=","
        )
        frame = spark.read.csv(str(path), schema="u int, i int, r float").repartition(4).cache()
        frame.count()  # read it
        method = ALS(rank=RANK, maxIter=SWEEPS, regParam=LAM, userCol="u", itemCol="i", ratingCol="r", seed=1)
        start = time.perf_counter()
        model = method.fit(frame)
        found = [factors.collect() for factors in (model.userFactors, model.itemFactors)]
        seconds = time.perf_counter() - start
        frame.unpersist()
    tables = []
    for size, rows in zip(train.shape, found, strict=True):
        made = np.zeros((size, RANK))
        for row in rows:
            made[row.id] = row.features
        tables.append(made)
    return seconds, als.Factors(*tables)


def row(spark, m: int, n: int, count: int) -> list[str]:
    """Return the row for `count` ratings, a tenth of them held out: seconds and held-out error of both."""
    R = drawn(m, n, count).tocoo()
    train, held = split(Ratings(*R.coords, R.data.astype(float), (m, n)), 0.1, np.random.default_rng(0))
    start = time.perf_counter()
    ours = als.als(train, RANK, LAM, SWEEPS, np.random.default_rng(1))
    seconds = time.perf_counter() - start
    theirs_seconds, theirs = by_spark(spark, train)
    errors = [rmse(found.at(held), held) for found in (ours, theirs)]
    losses = [als.objective(train, found.U, found.V, LAM) for found in (ours, theirs)]
    return [
        f"{count:,}",
        f"{seconds:.1f}",
        f"{theirs_seconds:.1f}",
        *(f"{error:.3f}" for error in errors),
        f"{losses[1] / losses[0]:.3f}",
    ]


def main() -> None:
    """Write benchmarks/results/spark.md."""
    try:
        import pyspark
    except ModuleNotFoundError:
        print("spark: left out, since pyspark is missing; see the top of benchmarks/spark.py")
        return
    if not shutil.which("java"):
        print("spark: left out, since Java is missing; see the top of benchmarks/spark.py")
        return
    start = time.perf_counter()
    spark = session()
    begun = time.perf_counter() - start
    try:
        rows = [row(spark, *size) for size in SIZES]
    finally:
        spark.stop()
    head = (
        f"## One core, and a cluster\n\nFactors of rank {RANK} by {SWEEPS} sweeps of alternating least squares, λ = {LAM} times the count: the book's on one "
        f"core, and Spark's (version {pyspark.__version__}) on a cluster of two workers with a core each, both on this machine. Spark was up after "
        f"{begun:.0f} s; reading the ratings is not counted. A tenth of the ratings is held out."
    )
    columns = ["ratings", "the book's, s", "Spark's, s", "the book's RMSE", "Spark's RMSE", "Spark's loss / the book's"]
    write("spark", head + "\n\n" + table(columns, rows))


if __name__ == "__main__":
    main()
