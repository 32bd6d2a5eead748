"""Batches, masks, places of words, and the most that a window can tell."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lib.sequences import tasks
from lib.sequences.number_words import number_pair

RAGGED = st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=6), min_size=1, max_size=5)


@given(sequences=RAGGED)
def test_padding_is_torchs_and_turning_round_twice_is_nothing(sequences):
    ids, lengths = tasks.pad(sequences)
    theirs = torch.nn.utils.rnn.pad_sequence([torch.tensor(s) for s in sequences], batch_first=True)
    assert (ids == theirs.numpy()).all() and list(lengths) == [*map(len, sequences)]
    turned = tasks.reverse_real(ids, lengths)
    for row, n, sequence in zip(turned, lengths, sequences, strict=True):
        assert list(row[:n]) == sequence[::-1] and (row[n:] == 0).all()
    assert (tasks.reverse_real(turned, lengths) == ids).all()


@given(sequences=RAGGED, seed=st.integers(0, 99))
def test_a_masked_mean_is_the_mean_of_what_is_real(sequences, seed):
    ids, lengths = tasks.pad(sequences)
    losses = np.random.default_rng(seed).normal(size=ids.shape)
    real = [v for row, n in zip(losses, lengths, strict=True) for v in row[:n]]
    assert tasks.masked_mean(losses, lengths) == pytest.approx(np.mean(real), abs=1e-12)
    theirs = torch.nn.functional.cross_entropy(
        torch.zeros(ids.size, 10), torch.tensor(ids).flatten(), ignore_index=0
    )  # padding is 0, no symbol is
    assert tasks.masked_mean(np.full(ids.shape, np.log(10)), lengths) == pytest.approx(float(theirs), rel=1e-6)


@given(k=st.integers(0, 999_999))
def test_the_words_of_a_place_say_the_digits_of_that_place(k):
    words, places = number_pair(k).english, tasks.place_values(k)
    ones = {w: i for i, w in enumerate("zero one two three four five six seven eight nine".split())}
    teens = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
    tens = {w: i + 2 for i, w in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split())}
    total = 0
    for word, place in zip(words, places, strict=True):
        assert (place == tasks.EDGE) == (word == "and")
        if word in ones:
            total += ones[word] * int(place)
        elif word in teens:
            total += (10 + teens.index(word)) * int(place)
        elif word in tens:
            total += tens[word] * int(place)
    assert total == k


def test_a_window_tells_as_much_as_its_best_table():
    sentences, tags = [["a", "b"], ["a", "c"], ["a", "c"]], [["x", "z"], ["y", "z"], ["y", "z"]]
    assert tasks.window_ceiling(sentences, tags, 0, 0) == pytest.approx(5 / 6)
    assert tasks.window_ceiling(sentences, tags, 0, 1) == 1


@given(seed=st.integers(0, 50), left=st.integers(0, 2), right=st.integers(0, 4))
def test_a_wider_window_never_tells_less(seed, left, right):
    numbers = [int(k) for k in np.random.default_rng(seed).integers(0, 10**6, 30)]
    sentences, tags = [number_pair(k).english for k in numbers], [tasks.place_values(k) for k in numbers]
    here = tasks.window_ceiling(sentences, tags, left, right)
    assert here <= tasks.window_ceiling(sentences, tags, left + 1, right) + 1e-12
    assert here <= tasks.window_ceiling(sentences, tags, left, right + 1) + 1e-12


def test_the_recall_task_asks_for_the_first_symbol_at_the_end():
    ids, lengths, tags = tasks.recall_task(50, 7, seed=3)
    assert ids.shape == tags.shape == (50, 7) and (lengths == 7).all()
    assert (ids[:, 0] < 8).all() and (ids[:, -1] == 15).all() and ((ids[:, 1:-1] >= 8) & (ids[:, 1:-1] < 15)).all()
    assert (tags[:, -1] == 1 + ids[:, 0]).all() and (tags[:, :-1] == 0).all()
    assert len(set(ids[:, 0])) == 8


BAD = [
    (lambda: tasks.recall_task(5, 1), ValueError, "T must be at least 2"),
    (lambda: tasks.pad([]), TypeError, "at least one"),
    (lambda: tasks.pad([[1], []]), TypeError, r"sequences\[1\] must hold whole numbers"),
    (lambda: tasks.pad([[1.5]]), TypeError, "whole numbers"),
    (lambda: tasks.masked_mean([[1.0, 2.0]], [3]), ValueError, "lengths must be from 1 to 2"),
    (lambda: tasks.masked_mean([[1.0, 2.0]], [1, 2]), ValueError, "1 rows of losses, but 2 lengths"),
    (lambda: tasks.reverse_real(np.ones((2, 3)), [1]), ValueError, "2 sequences, but 1 lengths"),
    (lambda: tasks.reverse_real(np.ones(3), [1]), ValueError, "at least 2 axes"),
    (lambda: tasks.window_ceiling([["a"]], [["x", "y"]], 0, 0), ValueError, "as long as the other"),
    (lambda: tasks.window_ceiling("a", "x", 0, 0), TypeError, "must be lists"),
    (lambda: tasks.window_ceiling([["a"]], [["x"]], -1, 0), ValueError, "left must be at least 0"),
]


@pytest.mark.parametrize("call, kind, says", BAD)
def test_bad_input_is_refused(call, kind, says):
    with pytest.raises(kind, match=says):
        call()
