"""The trainer: it learns, it repeats itself, it can be stopped, it does not diverge, and it is as good as gensim."""

import threading

import numpy as np
import pytest
import torch

from lib.word_vectors import evaluation, training, vocabulary

MADE = evaluation.planted(tokens=60_000, words=600, topics=6, styles=2, seed=1)
TEXT = MADE.text
SMALL = {"dimension": 16, "epochs": 3}


def share(trainer, which="words"):
    return evaluation.class_share(trainer.vectors(which), MADE.classes // MADE.styles)


@pytest.mark.parametrize("kind", training.STEPS)
def test_it_learns_the_planted_topics(kind):
    trained = training.train(TEXT, kind=kind, dimension=24, epochs=8)
    assert share(trained) > 0.5 > 2 * share(training.Trainer(TEXT, kind=kind, dimension=24))


@pytest.mark.parametrize("kind", training.STEPS)
def test_the_same_seed_gives_the_same_vectors(kind):
    one, two, other = (training.train(TEXT, kind=kind, seed=s, **SMALL) for s in (3, 3, 4))
    assert np.array_equal(one.W, two.W) and np.array_equal(one.U, two.U)
    assert not np.allclose(one.W, other.W)


def test_several_at_once_give_what_each_gives_alone():
    runs = {s: training.Settings(seed=s, **SMALL) for s in (1, 2, 3)}
    together = training.train_all(TEXT, runs)
    assert list(together) == [1, 2, 3]
    for seed, trained in together.items():
        assert np.array_equal(trained.W, training.train(TEXT, runs[seed]).W)


def test_stopped_saved_and_taken_up_again(tmp_path):
    whole = training.train(TEXT, seed=5, **SMALL)
    part = training.Trainer(TEXT, seed=5, **SMALL).run(epochs=1)
    part.save(tmp_path / "part.npz")
    again = training.Trainer.load(tmp_path / "part.npz", TEXT)
    assert again.epoch == 1 and again.settings == part.settings
    assert np.array_equal(again.run().W, whole.W) and np.array_equal(again.U, whole.U)
    assert np.array_equal(again.run().W, whole.W), "a finished training stays as it is"
    with pytest.raises(ValueError, match="another vocabulary"):
        training.Trainer.load(tmp_path / "part.npz", vocabulary.read([["a", "b"]], 1))


def test_an_interrupted_epoch_leaves_no_trace():
    trainer = training.Trainer(TEXT, seed=5, **SMALL).run(epochs=1)

    def stop(share):
        if share > 0.45:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trainer.run(report=stop)
    assert trainer.epoch == 1
    assert np.array_equal(trainer.run().W, training.train(TEXT, seed=5, **SMALL).W)


def test_one_matrix_is_one_matrix(tmp_path):
    trained = training.train(TEXT, matrices=1, **SMALL)
    assert trained.W is trained.U
    trained.save(tmp_path / "one.npz")
    again = training.Trainer.load(tmp_path / "one.npz", TEXT)
    assert again.W is again.U and np.array_equal(again.W, trained.W)


def test_two_threads_learn_as_well_and_leave_torch_as_it_was():
    before = torch.get_num_threads()
    one, two = (training.train(TEXT, dimension=24, epochs=8, threads=n) for n in (1, 2))
    assert abs(share(one) - share(two)) < 0.12
    assert torch.get_num_threads() == before
    assert threading.active_count() < 20


def test_an_error_in_a_thread_is_raised(monkeypatch):
    def broken(*args):
        raise ZeroDivisionError("in a thread")

    monkeypatch.setitem(training.STEPS, "skip-gram", broken)
    with pytest.raises(ZeroDivisionError, match="in a thread"):
        training.train(TEXT, threads=2, **SMALL)


# ---------------------------------------------------------------------------------------------------- stability
@pytest.mark.parametrize("blocks", (32, 128, 512))
@pytest.mark.parametrize("threads", (1, 2))
def test_it_does_not_diverge_whatever_the_size_of_a_step(blocks, threads):
    trained = training.train(TEXT, blocks=blocks, threads=threads, **SMALL)
    assert np.abs(trained.W).max() < 20 and np.abs(trained.U).max() < 20


@pytest.mark.parametrize("exponent", (0.0, 0.75, 1.0))
@pytest.mark.parametrize("sample", (0.0, 1e-3))
def test_it_does_not_diverge_for_any_noise(exponent, sample):
    trained = training.train(TEXT, exponent=exponent, sample=sample, **SMALL)
    assert np.abs(trained.W).max() < 20 and np.abs(trained.U).max() < 20


@pytest.mark.parametrize("kind", training.STEPS)
def test_it_does_not_diverge_on_a_tiny_vocabulary(kind):
    text = vocabulary.read([["a", "b", "c", "d"]] * 500, 1)
    trained = training.train(text, kind=kind, dimension=4, epochs=20)
    assert np.abs(trained.W).max() < 20


def test_without_the_share_it_goes_over_the_cliff_and_says_so(monkeypatch):
    monkeypatch.setattr(training, "BEARABLE", np.inf)
    trainer = training.Trainer(TEXT, dimension=16, rate=0.5, blocks=512, epochs=3, sample=0.0)
    start = trainer.W.copy()
    with pytest.raises(FloatingPointError, match="diverged"):
        trainer.run()
    assert trainer.epoch > 0 or np.array_equal(trainer.W, start), "the epoch that failed is undone"


def test_meetings_are_those_that_happen():
    """The expected number of gradients for a word, against a count over many steps."""
    s = training.Settings(window=4, sample=1e-3)
    expected = training.meetings(TEXT, s)[1].numpy()
    rng = np.random.default_rng(0)
    kept = rng.random(len(TEXT)) < training.keep_probability(TEXT.vocabulary.counts, s.sample)[TEXT.tokens]
    around, rows = training._blocks(TEXT.tokens[kept], TEXT.sentence[kept], s.window, rng)
    near = training._bands(s.window).index_select(0, rows.view(-1)).view(len(around), training.BLOCK, -1)
    as_context = np.zeros(len(TEXT.vocabulary))
    np.add.at(as_context, around.numpy().ravel(), near.sum(1).numpy().ravel())
    noise = training.noise_distribution(TEXT.vocabulary.counts) * s.negatives * float(near.sum())
    per_step = (as_context + noise) * s.blocks_a_step / len(around)
    assert np.allclose(per_step[:20], expected[:20], rtol=0.35)


# ------------------------------------------------------------------------------------------------------ the peer
@pytest.mark.parametrize("kind", training.STEPS)
def test_as_good_as_gensim(kind):
    """The same text, dimension, window, noise and epochs: the planted topics are found at least nearly as well."""
    word2vec = pytest.importorskip("gensim.models").Word2Vec
    words = np.array(TEXT.vocabulary.words, dtype=object)
    sentences = [list(s) for s in np.split(words[TEXT.tokens], np.flatnonzero(np.diff(TEXT.sentence)) + 1)]
    common = {"vector_size": 24, "window": 5, "negative": 5, "epochs": 8, "min_count": 1, "workers": 1, "seed": 1}
    peer = word2vec(sentences, sg=kind == "skip-gram", **common).wv
    rows = [peer.key_to_index[w] for w in TEXT.vocabulary.words]
    theirs = evaluation.class_share(
        evaluation.WordVectors(TEXT.vocabulary.words, peer.vectors[rows]), MADE.classes // MADE.styles
    )
    assert share(training.train(TEXT, kind=kind, dimension=24, epochs=8)) > theirs - 0.05


# ----------------------------------------------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    "changes, error, message",
    [
        ({"kind": "glove"}, ValueError, "'skip-gram' or 'cbow'"),
        ({"dimension": 0}, ValueError, "at least 1"),
        ({"dimension": 2.5}, TypeError, "whole number"),
        ({"window": 33}, ValueError, "at most 32"),
        ({"rate": -1}, ValueError, "greater than 0"),
        ({"rate": np.nan}, ValueError, "NaN"),
        ({"sample": -1}, ValueError, "at least 0"),
        ({"matrices": 3}, ValueError, "at most 2"),
        ({"matrices": 1, "kind": "cbow"}, ValueError, "not offered"),
        ({"threads": 0}, ValueError, "at least 1"),
        ({"blocks": 0}, ValueError, "at least 1"),
        ({"seed": -1}, ValueError, "at least 0"),
    ],
)
def test_bad_settings(changes, error, message):
    with pytest.raises(error, match=message):
        training.Settings(**changes)


def test_bad_texts_and_questions():
    with pytest.raises(ValueError, match="at least two words"):
        training.Trainer(vocabulary.read([["a", "a"]], 1))
    with pytest.raises(ValueError, match="too short"):
        training.Trainer(vocabulary.Text(TEXT.vocabulary, TEXT.tokens[:1], TEXT.sentence[:1]))
    with pytest.raises(TypeError, match="either settings or single values"):
        training.Trainer(TEXT, training.Settings(), seed=3)
    with pytest.raises(ValueError, match="words, contexts, mean"):
        training.train(TEXT, **SMALL).vectors("both")
    with pytest.raises(ValueError, match="at least 1"):
        training.Trainer(TEXT, **SMALL).run(epochs=0)


def test_the_bar_moves(monkeypatch):
    monkeypatch.setenv("BOOK_MODE", "live")
    told = []
    training.Trainer(TEXT, **SMALL).run(report=told.append)
    assert told == sorted(told) and told[-1] == 1
    training.train(TEXT, progress=True, **SMALL)
    training.train_all(TEXT, {"a": training.Settings(**SMALL)}, progress=True)
