"""Which language: the catalogues against gettext, naive Bayes against scikit-learn, the reader against PyTorch, and bad input."""

import gettext
import importlib.metadata

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import MultinomialNB

from lib.sequences import languages

DATA = languages.catalogues()


# ------------------------------------------------------------------------------------------------------ the sentences
def test_the_catalogues_are_those_that_gettext_reads():
    files = [
        f
        for f in importlib.metadata.distribution("django").files
        if str(f).endswith("conf/locale/cs/LC_MESSAGES/django.mo")
    ]
    (file,) = files
    with open(file.locate(), "rb") as opened:
        theirs = gettext.GNUTranslations(opened)._catalog
    with open(file.locate(), "rb") as opened:
        ours = dict(languages.entries(opened.read()))
    assert len(ours) > 100
    for message, text in ours.items():
        forms = text.split("\0")
        first = message.split("\0")[0]
        for n, form in enumerate(forms):
            assert theirs[(first, n) if "\0" in message else first] == form


def test_what_is_in_the_sentences():
    assert len(DATA.languages) == len(set(DATA.languages)) == 87
    assert len(DATA.texts) == len(DATA.labels) == len(DATA.messages) > 50_000
    assert np.bincount(DATA.labels).min() >= languages.FEWEST
    assert len(set(zip(DATA.labels.tolist(), DATA.texts, strict=True))) == len(DATA.texts)
    assert all(text == languages.cleaned(text) and len(text) >= 3 for text in DATA.texts[::50])


def test_cleaned_keeps_words_alone():
    assert languages.cleaned("Enter %(limit_value)d “valid” <b>dates</b> &nbsp; {name} 100%%.") == "enter valid dates ."
    assert languages.cleaned("") == ""


@pytest.mark.parametrize("seed", range(3))
def test_no_message_and_no_sentence_stands_on_both_sides(seed):
    train, test = languages.held_back(DATA, seed=seed)
    assert not set(DATA.messages[train]) & set(DATA.messages[test])
    assert not {DATA.texts[row] for row in train} & {DATA.texts[row] for row in test}
    assert 0.1 < len(test) / len(DATA.texts) < 0.3


def test_new_words_are_new_and_of_one_language():
    train, test = languages.held_back(DATA)
    words, labels = languages.new_words(DATA, train, test)
    seen = {word for row in train for word in DATA.texts[row].split()}
    assert len(words) == len(set(words)) == len(labels) > 3000 and not seen & set(words)
    for word, label in list(zip(words, labels, strict=True))[::400]:
        assert {DATA.labels[row] for row in test if word in DATA.texts[row].split()} == {label}


def test_only_some_languages_in_their_order():
    two = DATA.only(["Polish", "Czech"])
    assert two.languages == ("Polish", "Czech")
    for name in two.languages:
        mine = [t for t, k in zip(two.texts, two.labels, strict=True) if two.languages[k] == name]
        theirs = [t for t, k in zip(DATA.texts, DATA.labels, strict=True) if DATA.languages[k] == name]
        assert mine == theirs
    rows = np.arange(len(two.texts))
    texts, labels = languages.joined(two, rows, 3, 20)
    for text, label in zip(texts, labels, strict=True):
        left = text
        for part in sorted(
            (t for t, k in zip(two.texts, two.labels, strict=True) if k == label and t in text), key=len, reverse=True
        ):
            left = left.replace(part, "", 1)
        assert not left.strip()


# -------------------------------------------------------------------------------------------------------- naive Bayes
ALPHABET = st.text(alphabet="abcdé ñ日", max_size=12)


@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(ALPHABET, min_size=3, max_size=8),
    asked=st.lists(st.text(alphabet="abcdéxyz 日語", max_size=12), min_size=1, max_size=4),
    longest=st.integers(1, 4),
    alpha=st.floats(0.01, 2),
    seed=st.integers(0, 99),
)
def test_equal_to_scikit_learn(texts, asked, longest, alpha, seed):
    texts, asked = ([" ".join(t.split()) or "a" for t in ts] for ts in (texts, asked))
    labels = np.random.default_rng(seed).integers(3, size=len(texts))
    labels[:3] = [0, 1, 2]
    ours = languages.NaiveBayes(texts, labels, longest, alpha)
    counter = CountVectorizer(analyzer="char", ngram_range=(1, longest), lowercase=False)
    X = counter.fit_transform([f" {t} " for t in texts])
    theirs = MultinomialNB(alpha=alpha, fit_prior=False).fit(X, labels)
    wanted = theirs.predict_joint_log_proba(counter.transform([f" {t} " for t in asked])) + np.log(3)
    np.testing.assert_allclose(ours.scores(asked), wanted, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(ours.probabilities(asked).sum(axis=1), 1)


def test_on_all_sentences_it_gives_scikit_learns_answers():
    some = DATA.only(["Danish", "Dutch", "German", "Swedish"])
    train, test = languages.held_back(some)
    texts, asked = ([some.texts[row] for row in rows] for rows in (train, test))
    ours = languages.NaiveBayes(texts, some.labels[train]).scores(asked)
    counter = CountVectorizer(analyzer="char", ngram_range=(1, 4), lowercase=False)
    theirs = MultinomialNB(alpha=0.03, fit_prior=False).fit(
        counter.fit_transform([f" {t} " for t in texts]), some.labels[train]
    )
    assert np.array_equal(ours.argmax(axis=1), theirs.predict(counter.transform([f" {t} " for t in asked])))
    assert np.mean(ours.argmax(axis=1) == some.labels[test]) > 0.85


# ---------------------------------------------------------------------------------------------------------- the reader
TRAIN = ["abab ab", "ba ba", "cdcd", "dc dc d", "abba", "ccdd"] * 4
GROUPS = np.array([0, 0, 1, 1, 0, 1] * 4)


@pytest.mark.parametrize("way", languages.POOLINGS)
def test_a_reader_learns_and_reads_padding_as_nothing(way):
    weights = languages.train_reader(TRAIN, GROUPS, way, d=4, H=6, steps=60, batch=8, rate=0.02)
    reader = languages.Reader(weights, languages.symbols_of(TRAIN), way)
    assert np.array_equal(reader.scores(TRAIN).argmax(axis=1), GROUPS)
    together = reader.scores(["ab", "ba ba ab ab ba ab"])
    alone = [reader.scores([text])[0] for text in ("ab", "ba ba ab ab ba ab")]
    np.testing.assert_allclose(together, alone, rtol=1e-10)


def test_a_reader_gives_what_pytorch_gives():
    torch.manual_seed(0)
    symbols = languages.symbols_of(TRAIN)
    gru, E, V = (
        torch.nn.GRU(3, 5, batch_first=True).double(),
        torch.randn(len(symbols) + 2, 3).double(),
        torch.randn(5, 2).double(),
    )
    names = {"Wx": "weight_ih_l0", "Wh": "weight_hh_l0", "bx": "bias_ih_l0", "bh": "bias_hh_l0"}
    weights = {k: getattr(gru, n).detach().numpy().T for k, n in names.items()}
    weights |= {"E": E.numpy(), "V": V.numpy(), "v": np.array([0.5, -1.0])}
    texts = ["ab", "cd cab", "zz ab"]
    ids, lengths = languages.encoded(texts, symbols)
    packed = torch.nn.utils.rnn.pack_padded_sequence(
        E[ids], torch.tensor(lengths), batch_first=True, enforce_sorted=False
    )
    with torch.no_grad():
        wanted = (gru(packed)[1][0] @ V).numpy() + np.array([0.5, -1.0])
    np.testing.assert_allclose(languages.Reader(weights, symbols, "last").scores(texts), wanted, rtol=1e-10)


def test_symbols_and_what_is_cut():
    symbols = languages.symbols_of(["aab", "ab"], fewest=3)
    assert symbols == {" ": 2, "a": 3}  # b stands twice alone
    ids, lengths = languages.encoded(["ab", "aaaaaa"], symbols, longest=5)
    assert ids.tolist() == [[2, 3, 1, 2, 0], [2, 3, 3, 3, 3]] and lengths.tolist() == [4, 5]


BAD = [
    (lambda: languages.NaiveBayes("abc", [0]), TypeError, "texts must be a list"),
    (lambda: languages.NaiveBayes(["a", "b"], [0]), ValueError, "2 texts, but 1 labels"),
    (lambda: languages.NaiveBayes(["a"], [0], alpha=0), ValueError, "alpha must be greater than 0"),
    (lambda: languages.NaiveBayes(["a"], [0]).scores([1]), TypeError, "texts must be a list of strings"),
    (lambda: languages.train_reader(TRAIN, GROUPS[:3]), ValueError, "24 texts, but 3 labels"),
    (lambda: languages.train_reader(TRAIN, GROUPS, "sum"), ValueError, "pooling must be one of"),
    (lambda: languages.held_back(DATA, share=1.0), ValueError, "share must be at most"),
    (lambda: DATA.only(["Klingon"]), ValueError, "languages must be names"),
    (lambda: DATA.only("Czech"), ValueError, "languages must be names"),
    (lambda: languages.joined(DATA, [0], 1, 5), ValueError, "of each language are needed"),
    (lambda: languages.pooled(np.ones((2, 3, 1)), [1, 2], "sum"), ValueError, "pooling must be one of"),
    (lambda: languages.pooled(np.ones((2, 3, 1)), [1], "mean"), ValueError, "2 sequences, but 1 lengths"),
    (
        lambda: languages.Reader(
            {"E": np.ones((3, 2)), "Wh": np.ones((2, 6)), "V": np.ones((2, 2))}, {"a": 2, "b": 3}, "last"
        ),
        ValueError,
        "E has 3 rows",
    ),
]


@pytest.mark.parametrize("call, kind, says", BAD)
def test_bad_input_is_refused(call, kind, says):
    with pytest.raises(kind, match=says):
        call()


def test_without_django_it_says_what_to_install(monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", missing)
    with pytest.raises(ModuleNotFoundError, match="pip install django"):
        languages.read_catalogues()
