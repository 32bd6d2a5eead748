"""Word vectors: our trainer beside gensim's, at three sizes, on one thread and on two, with the quality of each."""

from __future__ import annotations

import itertools
import os
import time

import numpy as np

from benchmarks.bench import alternate, table, write
from lib.word_vectors import corpus, evaluation, training, vocabulary
from lib.word_vectors.vectors import WordVectors

DIMENSION, WINDOW, NEGATIVES, EPOCHS = 100, 5, 5, 5
RATES = (0.025, 0.05, 0.08)  # gensim's default first; ours are 0.05 for skip-gram and 0.08 for CBOW
SEEDS = (11, 12)
TEXTS = {
    "scipy": ["scipy"],
    "four packages": ["matplotlib", "numpy", "scikit-learn", "scipy"],
    "seven packages": list(corpus.PACKAGES),
}


def sentences_of(text: vocabulary.Text) -> list[list[str]]:
    """Return a text as gensim reads it: lists of words."""
    words = np.array(text.vocabulary.words, dtype=object)
    return [list(s) for s in np.split(words[text.tokens], np.flatnonzero(np.diff(text.sentence)) + 1)]


def peer(sentences, kind: str, threads: int, seed: int = 1, rate: float = 0.025):
    """Return gensim's model with its vocabulary built and nothing trained; training is what we time."""
    from gensim.models import Word2Vec

    model = Word2Vec(
        vector_size=DIMENSION,
        window=WINDOW,
        negative=NEGATIVES,
        sg=kind == "skip-gram",
        min_count=1,
        alpha=rate,
        workers=threads,
        seed=seed,
    )
    model.build_vocab(sentences)
    return model


def speed(threads: int) -> str:
    """Return the table of words per second for one epoch."""
    rows = []
    for name, packages in TEXTS.items():
        text = vocabulary.read(corpus.sentences(corpus.docstrings(packages)))
        sentences = sentences_of(text)
        for kind in training.STEPS:
            model = peer(sentences, kind, threads)
            settings = training.Settings(
                kind=kind, dimension=DIMENSION, window=WINDOW, negatives=NEGATIVES, epochs=EPOCHS, threads=threads
            )
            candidates = {
                "gensim": lambda m=model, s=sentences: m.train(s, total_examples=len(s), epochs=1),
                "this book": lambda t=text, s=settings: training.Trainer(t, s).run(epochs=1),
            }
            theirs, ours = alternate(candidates, "gensim", rounds=5)
            each = [f"{len(text) / row.seconds / 1e3:,.0f}" for row in (theirs, ours)]
            ratio = f"{ours.ratio:.2f} [{ours.low:.2f}, {ours.high:.2f}]"
            rows.append([kind, f"{name}, {len(text) / 1e6:.2f} M words", *each, ratio])
    head = ["model", "text", "gensim, 1000 words/s", "ours", "time / gensim's [range]"]
    return f"### One epoch, {threads} thread{'s' * (threads > 1)}\n\n" + table(head, rows)


def quality(threads: int) -> str:
    """Return the table of quality after five epochs: planted twins, analogies, human judgements; and planted topics.

    On one thread both trainers run at the same three rates, on two at our default one.
    """
    text = vocabulary.read(corpus.sentences(corpus.docstrings(TEXTS["four packages"])))
    # other twins and topics than those that settings were chosen by
    planted, twins = evaluation.plant_twins(text, (10, 20, 40, 80), 50, seed=20)
    made = evaluation.planted(tokens=300_000, words=3000, topics=15, styles=3, seed=20)
    real, artificial = sentences_of(planted), sentences_of(made.text)
    rows = []
    for kind in training.STEPS:
        rates = RATES if threads == 1 else (training.Settings(kind=kind).starting_rate,)
        for who, rate in itertools.product(("gensim", "this book"), rates):
            for seed in SEEDS:
                found, seconds = [], 0.0
                for source, sentences in ((planted, real), (made.text, artificial)):
                    if who == "gensim":
                        model = peer(sentences, kind, threads, seed, rate)
                        began = time.perf_counter()
                        model.train(sentences, total_examples=len(sentences), epochs=EPOCHS)
                        names = source.vocabulary.words
                        vectors = WordVectors(names, model.wv.vectors[[model.wv.key_to_index[w] for w in names]])
                    else:
                        began = time.perf_counter()
                        settings = training.Settings(
                            kind=kind, dimension=DIMENSION, epochs=EPOCHS, rate=rate, seed=seed, threads=threads
                        )
                        vectors = training.train(source, settings).vectors()
                    seconds += time.perf_counter() - began
                    found.append(vectors)
                share = np.mean(list(evaluation.twins_found(found[0], twins, 10).values()))
                solved = evaluation.solved(found[0], evaluation.questions())
                people = evaluation.agreement(found[0], evaluation.human_judgements("wordsim353"))
                topics = evaluation.class_share(found[1], made.classes // made.styles)
                shares = (f"{100 * share:.0f} %", f"{100 * solved.value:.0f} %", f"{people.value:.2f}")
                rows.append([kind, who, f"{rate:g}", str(seed), f"{seconds:.1f}", *shares, f"{100 * topics:.0f} %"])
    head = ["model", "trainer", "rate", "seed", "seconds", "twins", f"analogies (of {solved.covered})"]
    head += [f"WordSim ρ ({people.covered} pairs)", "planted topics"]
    return f"### Quality after {EPOCHS} epochs, {threads} thread{'s' * (threads > 1)}\n\n" + table(head, rows)


def main() -> None:
    """Write benchmarks/results/word_vectors.md and word_vectors_quality.md."""
    head = (
        "## Word vectors\n\nOne epoch of training, vocabulary built beforehand; candidates take turns, a ratio is taken inside a "
        "round, and the median over rounds is given. Below 1 we are faster. The same text, dimension (100), window (5), noise words (5), "
        f"subsampling and epochs. Cores: {os.cpu_count()}."
    )
    write("word_vectors", "\n\n".join([head, speed(1), speed(2)]))
    head = (
        "## Word vectors: quality\n\nThe same text and settings for both trainers. Twins: planted words whose original is among "
        "their ten nearest; analogies: the sealed ones whose words the text has. No setting was chosen by these twins or questions."
    )
    write("word_vectors_quality", "\n\n".join([head, quality(1), quality(2)]))


if __name__ == "__main__":
    main()
