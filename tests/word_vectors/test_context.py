"""Two readers: neither sees what it must predict, both learn, and the same seed gives the same weights."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.word_vectors import context, language, vocabulary
from lib.word_vectors.vectors import WordVectors

RNG = np.random.default_rng(2)
WORDS = [f"w{i}" for i in range(12)]


def sentences(n, rng=RNG):
    """Sentences with a memory: after a word comes the next one, or now and then any."""
    out = []
    for _ in range(n):
        at, sentence = int(rng.integers(12)), []
        for _ in range(int(rng.integers(1, 9))):
            sentence.append(WORDS[at])
            at = (at + 1) % 12 if rng.random() < 0.8 else int(rng.integers(12))
        out.append(sentence)
    return out


TEXT, HELD = sentences(600), sentences(100)
VOCABULARY = vocabulary.build(TEXT, 1)
SMALL = {"dimension": 12, "batch": 128, "epochs": 3, "rate": 0.02}
FRESH = context.Reader(VOCABULARY, dimension=6, seed=1)


@pytest.fixture(scope="module")
def reader():
    return context.train(TEXT, VOCABULARY, seed=3, **SMALL)


def weights(reader):
    return torch.cat([w.flatten() for w in reader.network.parameters()])


def test_it_learns_and_beats_the_unigram_in_both_directions(reader):
    train, held = (language.numbers(s, VOCABULARY) for s in (TEXT, HELD))
    unigram = language.perplexity(language.Ngrams(train, 14, 1).log_probabilities(held))
    for forwards in (True, False):
        assert reader.perplexity(HELD, forwards) < 0.6 * unigram
    assert np.mean(reader.losses[-5:]) < 0.8 * np.mean(reader.losses[:5])
    assert np.exp(reader.losses[0]) == pytest.approx(unigram, rel=0.15), "it starts as the unigram"


@pytest.mark.parametrize("dropout", (0.0, 0.3))
def test_the_same_seed_gives_the_same_weights_on_one_thread_and_on_two(dropout):
    made = [
        context.train(TEXT[:100], VOCABULARY, dropout=dropout, seed=s, threads=t, **SMALL)
        for s, t in ((1, 1), (1, 1), (1, 2), (2, 1))
    ]
    assert torch.equal(weights(made[0]), weights(made[1])) and torch.equal(weights(made[0]), weights(made[2]))
    assert not torch.allclose(weights(made[0]), weights(made[3]))
    assert made[0].losses == made[2].losses


def test_training_leaves_torch_as_it_was():
    before, state = torch.get_num_threads(), torch.random.get_rng_state()
    context.train(TEXT[:50], VOCABULARY, **SMALL)
    assert torch.get_num_threads() == before and torch.equal(torch.random.get_rng_state(), state)


words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=7)


@given(words, words, words)
@settings(max_examples=25, deadline=None)
def test_states_do_not_know_what_they_have_not_read(start, one, other):
    """Forwards, what comes later changes nothing; backwards, what came earlier."""
    d, n = 6, len(start)
    a, b = FRESH.states(start + one), FRESH.states(start + other)
    assert np.allclose(a[:, :n, :d], b[:, :n, :d], atol=1e-6)
    a, b = FRESH.states(one + start), FRESH.states(other + start)
    assert np.allclose(a[:, -n:, d:], b[:, -n:, d:], atol=1e-6)


def test_but_they_know_what_they_have_read():
    one, other = FRESH.states(["w1", "w5"]), FRESH.states(["w2", "w5"])
    assert np.array_equal(one[0, 1], other[0, 1]), "a word's own vector is the same everywhere"
    assert not np.allclose(one[1:, 1, :6], other[1:, 1, :6]) and np.array_equal(one[:, 1, 6:], other[:, 1, 6:])


def test_a_model_that_peeks_leaks_and_an_honest_one_does_not():
    cheat = context.Reader(VOCABULARY, dimension=6, seed=1, peek=True)
    for reader, leaks in ((FRESH, False), (cheat, True)):
        one, other = (reader.log_probabilities([["w1", "w2", last]])[0] for last in ("w3", "w4"))
        assert np.allclose(one[:2], other[:2], atol=1e-6) is not leaks


def test_peeking_gives_a_perplexity_too_good_to_be_true(reader):
    cheat = context.train(TEXT, VOCABULARY, peek=True, seed=3, **SMALL | {"epochs": 6})
    assert cheat.perplexity(HELD) < 0.6 * reader.perplexity(HELD)


def test_it_starts_from_given_vectors():
    table = WordVectors(("w3", "nowhere", "w0"), np.array([[3.0, 4, 0, 0], [1, 1, 1, 1], [0, 0, 0, 2]]))
    reader, bare = (context.Reader(VOCABULARY, dimension=4, start=s) for s in (table, None))
    one, other = reader.vectors(), bare.vectors()
    assert np.allclose(one.matrix[one.row("w3")], [0.6, 0.8, 0, 0]) and np.allclose(
        one.matrix[one.row("w0")], [0, 0, 0, 1]
    )
    assert np.array_equal(one.matrix[one.row("w5")], other.matrix[other.row("w5")])
    with pytest.raises(ValueError, match="start has vectors of 4 dimensions"):
        context.Reader(VOCABULARY, dimension=5, start=table)


def test_the_cheap_softmax_is_a_softmax():
    """Its two steps multiply to probabilities: torch's table of all of them, and cross-entropy on its logarithms."""
    net, h = FRESH.network, torch.randn(7, 6, generator=torch.Generator().manual_seed(0))
    table, target = net.softmax.log_prob(h), torch.arange(7)
    assert torch.allclose(table.exp().sum(1), torch.ones(7), atol=1e-5)
    assert torch.allclose(
        -net.softmax(h, target).output, torch.nn.functional.cross_entropy(table, target, reduction="none"), atol=1e-5
    )


def test_probabilities_add_up_to_one():
    ends = np.exp(FRESH.log_probabilities([["w1"]])[0][1])
    nexts = [np.exp(FRESH.log_probabilities([["w1", w]])[0][1]) for w in (*VOCABULARY.words, "unknown")]
    assert ends + sum(nexts) == pytest.approx(1, abs=1e-5)


def test_backwards_is_forwards_on_the_reversed_sentence():
    """With the two stacks exchanged."""
    twin = context.Reader(VOCABULARY, dimension=6, seed=1)
    twin.network.forwards, twin.network.backwards = FRESH.network.backwards, FRESH.network.forwards
    for sentence in HELD[:10]:
        there = FRESH.log_probabilities([sentence], forwards=False)[0]
        assert np.allclose(twin.log_probabilities([sentence[::-1]])[0][::-1], there, atol=1e-6)


def test_places_are_found_whatever_their_order(reader):
    places = np.array([(i, int(RNG.integers(len(HELD[i])))) for i in RNG.integers(0, 100, size=60)])
    found = reader.at(HELD, places)
    assert found.shape == (3, 60, 24) and found.dtype == np.float32
    for column, (s, at) in enumerate(places):
        assert np.allclose(found[:, column], reader.states(HELD[s])[:, at], atol=1e-5)
    assert np.allclose(found[0, 0, :12], found[0, 0, 12:])
    own = reader.vectors()
    s, at = places[0]
    assert np.allclose(found[0, 0, :12], own.matrix[own.row(HELD[s][at])])


def test_batches_are_of_one_length_and_lose_nothing():
    rows = language.numbers(TEXT, VOCABULARY)
    for rng in (None, np.random.default_rng(0)):
        seen = []
        for which, x in context._batches(rows, 13, 60, rng):
            assert x.shape[1] == len(which) and (x[0] == 13).all() and (x[-1] == 13).all()
            assert len(which) == 1 or (len(x) - 1) * len(which) <= 60
            assert all(np.array_equal(x[1:-1, i], rows[w]) for i, w in enumerate(which))
            seen += which.tolist()
        assert sorted(seen) == list(range(len(rows)))
    assert len(context._layout(rows, 60)) == len(list(context._batches(rows, 13, 60)))


def test_a_diverging_training_says_so():
    with pytest.raises(FloatingPointError, match="diverged"):
        context.train(TEXT[:100], VOCABULARY, **SMALL | {"rate": 1e30, "epochs": 30})


@pytest.mark.parametrize(
    "changes, error, message",
    [
        ({"dimension": 0}, ValueError, "dimension"),
        ({"layers": 1.5}, TypeError, "layers"),
        ({"epochs": 0}, ValueError, "epochs"),
        ({"batch": -1}, ValueError, "batch"),
        ({"rate": 0}, ValueError, "rate"),
        ({"rate": np.nan}, ValueError, "NaN"),
        ({"dropout": 1.0}, ValueError, "dropout"),
        ({"dropout": -0.1}, ValueError, "dropout"),
        ({"seed": -1}, ValueError, "seed"),
        ({"threads": 3}, ValueError, "threads"),
    ],
)
def test_bad_settings_are_refused(changes, error, message):
    with pytest.raises(error, match=message):
        context.Settings(**changes)


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: context.Reader(VOCABULARY, context.Settings(), seed=1), TypeError, "not both"),
        (lambda: context.train([], VOCABULARY, **SMALL), ValueError, "no sentences"),
        (lambda: context.train([[]], VOCABULARY, **SMALL), ValueError, "at least one word"),
        (lambda: context.train(["a b"], VOCABULARY, **SMALL), TypeError, "list of words"),
        (lambda: FRESH.perplexity([]), ValueError, "no sentences"),
        (lambda: FRESH.at(HELD, []), ValueError, "places"),
        (lambda: FRESH.at(HELD, [(100, 0)]), ValueError, "there are 100"),
        (lambda: FRESH.at([["w1"]], [(0, 1)]), ValueError, "outside"),
        (lambda: FRESH.at([["w1"]], [(0, -1)]), ValueError, "outside"),
        (lambda: FRESH.at([["w1"]], [(0.5, 0)]), ValueError, "places"),
        (lambda: FRESH.states([]), ValueError, "places"),
        (lambda: FRESH.states("w1"), TypeError, "list of words"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
