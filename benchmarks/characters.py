"""A model of characters: what counting costs and what training costs, and what each gives."""

from __future__ import annotations

import time

import torch

from benchmarks.bench import table, write
from lib.sequences import characters
from lib.word_vectors import corpus

READ = 16 * 64 * 2500 + 1  # what the LSTM reads, as in the notebook
ROUNDS = 3


def _median_seconds(make):
    """Return the median processor time of a few runs, and what the last one made."""
    seconds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        made = make()
        seconds.append(time.process_time() - start)
    return sorted(seconds)[ROUNDS // 2], made


def main() -> None:
    """Write benchmarks/results/characters.md."""
    torch.set_num_threads(1)
    train, test = characters.split_documents(corpus.docstrings(("numpy", "scipy", "scikit-learn")))
    ids, held = characters.encode(train), characters.encode(test)[:100_001]
    rows = []
    for order, smoothing, read in (
        (7, "Witten–Bell", READ),
        (8, "Kneser–Ney", READ),
        (8, "Kneser–Ney", len(ids)),
    ):
        text = ids[:read]
        seconds, model = _median_seconds(lambda o=order, s=smoothing, t=text: characters.Ngrams(t, o, s))
        bits = model.bits(held).mean()
        rows.append([f"{order}-grams, {smoothing}, {read / 1e6:.2f} million", f"{seconds:.2f}", f"{bits:.2f}"])
    start = time.process_time()
    weights = characters.train_reader(ids[:READ], test=held, at=(2500,))
    seconds = time.process_time() - start
    rows.append([f"LSTM, {READ / 1e6:.2f} million", f"{seconds:.1f}", f"{weights['measured'][-1]:.2f}"])
    write(
        "characters",
        "## A model of characters\n\nDocstrings of numpy, scipy and scikit-learn, in characters. Processor time of one thread, counting or training "
        "alone; bits a character on 100,001 characters that were kept back.\n\n### Seconds and bits\n\n"
        + table(["model", "seconds", "bits a character"], rows),
    )


if __name__ == "__main__":
    main()
