"""Byte-pair encoding: our learner in Python and our encoder beside Hugging Face's `tokenizers`, which is written in Rust."""

from __future__ import annotations

import json
import os
import time

from benchmarks.bench import alternate, table, write
from lib.transformers import tokens as tk
from lib.word_vectors import corpus

MERGES = 1000
PACKAGES = ("numpy", "scikit-learn", "scipy")  # about 1, 2 and 3.5 MB of text
WORD = r" ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
FAST, PLAIN, THEIRS = "ours", "ours, counted anew for each merge", "tokenizers"


def texts_of(package: str) -> list[str]:
    """Return the paragraphs of a package's documentation that are ASCII, where both sides number letters in one order."""
    return [p for p in tk.paragraphs(d.text for d in corpus.docstrings([package])) if p.isascii()]


def _theirs():
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.Split(Regex(WORD), "isolated")
    return made


def _learned_by_theirs(texts: list[str], most: int):
    from tokenizers import trainers

    made = _theirs()
    letters = len({c for text in texts for c in text})
    made.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=letters + most, show_progress=False))
    return made


def _merges_of_theirs(made) -> list[tuple[str, str]]:
    return [tuple(pair) for pair in json.loads(made.to_str())["model"]["merges"]]


def _as_letters(merges) -> list[tuple[str, str]]:
    pieces = tk.Tokenizer(merges).pieces
    return [(pieces[a].decode(), pieces[b].decode()) for a, b in merges]


def learning(package: str, most: int, plain: bool = False) -> list[list[str]]:
    """Return rows for learning `most` merges on a package's documentation, counting its words included."""
    texts = texts_of(package)
    candidates = {
        FAST: lambda: tk.learn_merges_fast(tk.count_words(texts), most),
        THEIRS: lambda: _learned_by_theirs(texts, most),
    }
    if plain:
        candidates[PLAIN] = lambda: tk.learn_merges(tk.count_words(texts), most)
    rows = alternate(candidates, THEIRS, 7, time.process_time)
    wanted = next(_merges_of_theirs(row.result) for row in rows if row.name == THEIRS)
    size = sum(map(len, texts)) / 1e6
    return [
        [
            f"{row.name}, {package}, {size:.1f} MB, {most:,} merges",
            f"{row.seconds:.3f}",
            f"{row.ratio:.2f} [{row.low:.2f}, {row.high:.2f}]",
            "yes" if row.name == THEIRS or _as_letters(row.result) == wanted else "no",
        ]
        for row in rows
    ]


def encoding(package: str) -> list[list[str]]:
    """Return rows for cutting a package's documentation into tokens, with a tokenizer that has met no word yet."""
    texts = texts_of(package)
    made = _learned_by_theirs(texts, MERGES)
    merges, stored = tk.learn_merges_fast(tk.count_words(texts), MERGES), made.to_str()

    def ours():
        tokenizer = tk.Tokenizer(merges)
        return sum(len(tokenizer.encode(text)) for text in texts)

    def theirs():
        tokenizer = type(made).from_str(stored)
        return sum(len(tokenizer.encode(text).ids) for text in texts)

    size = sum(map(len, texts)) / 1e6
    rows = alternate({FAST: ours, THEIRS: theirs}, THEIRS, 7, time.process_time)
    return [
        [
            f"{row.name}, {package}, {size:.1f} MB",
            f"{row.seconds:.3f}",
            f"{row.ratio:.2f} [{row.low:.2f}, {row.high:.2f}]",
            f"{row.result:,}",
        ]
        for row in rows
    ]


def main() -> None:
    """Write benchmarks/results/tokens.md."""
    os.environ |= {"TOKENIZERS_PARALLELISM": "false", "RAYON_NUM_THREADS": "1"}
    head = (
        "## Tokens\n\nThe candidates take turns; a ratio is taken inside a round, and the median over rounds is given. Processor time of "
        "one thread on either side. The text is the documentation of a package, each paragraph once."
    )
    learn = ["merges", "s", "time / tokenizers' [range]", "the same merges"]
    encode = ["tokens", "s", "time / tokenizers' [range]", "number of tokens"]
    rows = learning("numpy", 50, plain=True) + [row for package in PACKAGES for row in learning(package, MERGES)]
    parts = [
        head,
        "### Learning merges\n\n" + table(learn, rows),
        "### Encoding\n\n" + table(encode, [row for package in PACKAGES for row in encoding(package)]),
    ]
    write("tokens", "\n\n".join(parts))


if __name__ == "__main__":
    main()
