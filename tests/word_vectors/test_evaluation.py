"""The measures themselves: files read, correlations against scipy, twins and classes with known answers, bad input."""

import numpy as np
import pytest

from lib.word_vectors import evaluation, vocabulary
from lib.word_vectors.vectors import WordVectors


def test_human_judgements_are_those_of_the_files():
    pytest.importorskip("gensim")
    ws, sl = evaluation.human_judgements("wordsim353"), evaluation.human_judgements("simlex999")
    assert len(ws) == 353 and len(sl) == 999
    assert ("love", "sex", 6.77) in ws and ("old", "new", 1.58) in sl
    assert all(0 <= r <= 10 and a == a.lower() for a, b, r in ws + sl)


def test_agreement_and_its_cover():
    angle = np.linspace(0, 1.2, 6)
    v = WordVectors(("o", *"abcde"), np.column_stack([np.cos(angle), np.sin(angle)]))
    pairs = [("o", w, 10.0 - i) for i, w in enumerate("abcde")]
    assert evaluation.agreement(v, [*pairs, ("o", "zebra", 1.0)]) == evaluation.Score(pytest.approx(1.0), 5, 6)
    assert evaluation.agreement(v, [(a, b, -r) for a, b, r in pairs]).value == pytest.approx(-1)


def test_questions_and_solved():
    sealed, practice = evaluation.questions(), evaluation.questions(practice=True)
    assert (len(sealed), len(practice)) == (75, 67)
    for asked in (sealed, practice):
        assert len(set(asked)) == len(asked) and all(len(set(q)) >= 3 for q in asked)
    assert not set(sealed) & set(practice), "what was practised is not asked again"
    grid = {"a": [1, 0, 1], "b": [1, 1, 1], "c": [-1, 0, 1], "d": [-1, 1, 1], "e": [0, -1, -1]}
    v = WordVectors(tuple(grid), np.array(list(grid.values()), dtype=float))
    found = evaluation.solved(v, [("a", "b", "c", "d"), ("a", "b", "c", "e"), ("a", "b", "c", "zebra")])
    assert found == evaluation.Score(0.5, 2, 3)


def text(n=4000, V=60):
    rng = np.random.default_rng(0)
    words = [f"w{i:02}" for i in range(V)]
    return vocabulary.read([list(rng.choice(words, 12)) for _ in range(n // 2)], 1)


def test_twins_are_planted_as_said():
    t = text(V=120)
    planted, twins = evaluation.plant_twins(t, (5, 20), each=6, seed=1)
    assert sorted(twins[:, 2].tolist()) == [5] * 6 + [20] * 6 and len(set(twins[:, 0])) == 12
    counted = np.bincount(planted.tokens, minlength=len(planted.vocabulary))
    assert np.array_equal(counted, planted.vocabulary.counts)
    for word, twin, m in twins:
        assert planted.vocabulary.words[twin] == planted.vocabulary.words[word] + "′"
        assert counted[twin] == m and counted[word] == t.vocabulary.counts[word] - m
        back = np.where(planted.tokens == twin, word, planted.tokens)
        assert (back == t.tokens)[planted.tokens == twin].all()


def test_twins_found_counts_the_found():
    twins = np.array([[0, 2, 5], [1, 3, 9]])
    v = WordVectors(("a", "b", "a′", "b′", "z"), np.array([[1.0, 0], [0, 1], [1, 0.1], [-1, 0], [-1, 0.1]]))
    assert evaluation.twins_found(v, twins, 1) == {5: 1.0, 9: 0.0}


def test_planted_classes():
    made = evaluation.planted(20_000, 300, 4, 2, seed=3)
    assert len(made.classes) == len(made.text.vocabulary) and made.classes.max() < 8
    assert np.array_equal(np.bincount(made.text.tokens), made.text.vocabulary.counts)
    assert (made.text.vocabulary.counts >= 5).all()
    again = evaluation.planted(20_000, 300, 4, 2, seed=3)
    assert np.array_equal(again.text.tokens, made.text.tokens)
    ideal = WordVectors(made.text.vocabulary.words, np.eye(8)[made.classes] + 0.01)
    assert evaluation.class_share(ideal, made.classes, 3) > 0.99


SMALL = WordVectors(("a", "b", "c"), np.eye(3))


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: evaluation.human_judgements("men"), ValueError, "wordsim353, simlex999"),
        (lambda: evaluation.agreement(SMALL, [("a", "b", 1.0)]), ValueError, "too few"),
        (lambda: evaluation.questions("rhymes"), ValueError, "must be one of plural"),
        (lambda: evaluation.solved(SMALL, [("x", "y", "z", "a")]), ValueError, "none of the 1"),
        (lambda: evaluation.plant_twins(text(), (10_000,), 2), ValueError, "frequent enough"),
        (lambda: evaluation.plant_twins(text(), (0,), 2), ValueError, "at least 1"),
        (lambda: evaluation.planted(tokens=0), ValueError, "at least 1"),
        (lambda: evaluation.class_share(SMALL, [1, 2]), ValueError, "2 classes for 3 words"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_without_gensim_the_files_are_asked_for(monkeypatch):
    import importlib.metadata

    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", missing)
    with pytest.raises(FileNotFoundError, match="comes with the package gensim"):
        evaluation.human_judgements("wordsim353")
