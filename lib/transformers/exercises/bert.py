"""Exercises of "BERT"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number

__all__ = ["changed_places", "hidden_words_loss", "hide_words", "two_sentences", "why_no_perplexity"]


# ------------------------------------------------------------------------------------------------------- hiding words
def _hide_cases(rng):
    yield case(
        "one place for each fate",
        np.array([1, 7, 8, 9, 10, 2]),
        np.array([0.5, 0.0, 0.1, 0.14, 0.9, 0.7]),
        np.array([0.0, 0.3, 0.85, 0.95, 0.1, 0.99]),
        np.array([11, 12, 13, 14, 15, 16]),
    )
    yield case(
        "marks and padding draw small numbers too",
        np.array([1, 5, 6, 2, 0, 0]),
        np.array([0.01, 0.05, 0.6, 0.02, 0.03, 0.04]),
        np.array([0.1, 0.2, 0.3, 0.82, 0.95, 0.5]),
        np.array([4, 5, 6, 7, 8, 9]),
    )
    yield case(
        "exactly on the borders, and a [MASK] in the text",
        np.array([1, 4, 5, 6, 7, 3]),
        np.array([0.9, 0.15, 0.14, 0.0, 0.12, 0.1]),
        np.array([0.1, 0.1, 0.8, 0.9, 0.79, 0.85]),
        np.array([20, 21, 22, 23, 24, 25]),
    )
    for T in (9, 14, 20):
        ids = rng.integers(4, 30, size=T)
        ids[0], ids[-3], ids[-2:] = 1, 2, 0
        yield ids, rng.random(T) / 4, rng.random(T), rng.integers(4, 30, size=T)


@exercise(
    cases=_hide_cases,
    hints=(
        "First decide which places are chosen: those of words with choose < 0.15. Targets and what is shown both start from there.",
        "Of the chosen: fate below 0.8 shows 3, the mark [MASK]; from 0.8 to below 0.9 the drawn word; from 0.9 on the word itself.",
        "chosen = (ids >= 4) & (choose < 0.15); shown = np.where(chosen & (fate < 0.8), 3, ids); then the drawn words; targets = np.where(chosen, …, −1)",
    ),
)
def hide_words(ids, choose, fate, drawn):
    """Return (shown, targets): what BERT is shown of a text, and what it is asked.

    ids : (T,), words from 4 on; 0 to 3 are [PAD], [CLS], [SEP], [MASK]. A word is chosen where choose < 0.15. A chosen one is shown as [MASK]
    where fate < 0.8, as drawn where 0.8 ≤ fate < 0.9, else as it is. targets : the word where it was chosen, −1 elsewhere;  all arrays (T,)
    """
    chosen = (ids >= 4) & (choose < 0.15)
    shown = np.where(chosen & (fate < 0.8), 3, ids)
    shown = np.where(chosen & (fate >= 0.8) & (fate < 0.9), drawn, shown)
    return shown, np.where(chosen, ids, -1)


def _hide(ids, choose, fate, drawn, marks=True, everywhere=False, always=False, of="ids", asked="chosen", end=0.9):
    words = ids >= 4 if marks else np.ones(len(ids), bool)
    chosen = words & (choose < 0.15)
    acted = words if everywhere else chosen
    shown = np.where(acted & ((fate < 0.8) | always), 3, ids)
    shown = np.where(acted & (fate >= 0.8) & (fate < end) & (not always), drawn, shown)
    asked = {"chosen": chosen, "all": words, "masked": shown == 3, "changed": shown != ids}[asked]
    return shown, np.where(asked, ids if of == "ids" else shown, -1)


@hide_words.mistake(
    "Marks are hidden too. [CLS], [SEP] and the padding are never chosen: only numbers from 4 on are words."
)
def _hides_marks(ids, choose, fate, drawn):
    return _hide(ids, choose, fate, drawn, marks=False)


@hide_words.mistake(
    "80/10/10 is applied to every word. It is for the chosen ones only: all others are shown as they are."
)
def _everywhere(ids, choose, fate, drawn):
    return _hide(ids, choose, fate, drawn, everywhere=True)


@hide_words.mistake("Every chosen word is shown as [MASK]. A tenth of them should be another word, a tenth as it was.")
def _always_masked(ids, choose, fate, drawn):
    return _hide(ids, choose, fate, drawn, always=True)


@hide_words.mistake("No chosen word is left as it is: where fate is 0.9 or more, it is shown, and asked all the same.")
def _none_as_it_is(ids, choose, fate, drawn):
    return _hide(ids, choose, fate, drawn, end=2.0)


@hide_words.mistake("The targets are what is shown. The question is which word stood there before it was hidden.")
def _asks_what_is_shown(ids, choose, fate, drawn):
    return _hide(ids, choose, fate, drawn, of="shown")


@hide_words.mistake("Every word has a target. Only the chosen places are asked; elsewhere the target is −1.")
def _asks_everywhere(ids, choose, fate, drawn):
    return _hide(ids, choose, fate, drawn, asked="all")


@hide_words.mistake(
    "Only the places shown as [MASK] are asked. The chosen words that were replaced, or left as they are, have targets too."
)
def _asks_masks_only(ids, choose, fate, drawn):
    return _hide(ids, choose, fate, drawn, asked="masked")


# ---------------------------------------------------------------------------------------------------------- the loss
def _loss_cases(rng):
    yield case(
        "one of three places is asked", np.array([[[0.0, 2.0], [1.0, 0.0], [3.0, -1.0]]]), np.array([[-1, 1, -1]])
    )
    yield case("scores in the thousands", 2000 * rng.normal(size=(2, 3, 4)), np.array([[0, -1, 2], [-1, -1, 3]]))
    yield case("the word 0 is a word", rng.normal(size=(1, 4, 3)), np.array([[0, 0, -1, 2]]))
    for B, T, V in ((3, 4, 2), (2, 5, 7), (4, 3, 5)):
        targets = np.where(rng.random((B, T)) < 0.5, rng.integers(V, size=(B, T)), -1)
        targets[0, 0], targets[1, 1:] = 1, -1
        yield 2 * rng.normal(size=(B, T, V)), targets


@exercise(
    cases=_loss_cases,
    hints=(
        "Which places count? Throw the others away before anything else.",
        "With asked = targets >= 0, the rows scores[asked] have shape (n, V) and targets[asked] has shape (n,): an ordinary cross-entropy, and its mean over these n.",
        "z, y = scores[asked], targets[asked]; m = z.max(axis=1); log_sum = m + np.log(np.exp(z − m[:, None]).sum(axis=1)); from that take z[np.arange(len(y)), …]",
    ),
)
def hidden_words_loss(scores, targets):
    """Return the mean cross-entropy (nats) of the scores with the hidden words, over the places that are asked.

    scores : (B, T, V);  targets : (B, T), a word's number where it is asked, −1 elsewhere, at least one asked;  returns a number
    """
    asked = targets >= 0
    z, y = scores[asked], targets[asked]
    m = z.max(axis=1)
    log_sum = m + np.log(np.exp(z - m[:, None]).sum(axis=1))
    return float((log_sum - z[np.arange(len(y)), y]).mean())


def _loss(scores, targets, axis=-1, over="asked", ignore=-1, base=1.0, bare=False):
    scores = np.asarray(scores, float)
    m = scores.max(axis=axis, keepdims=True)
    logs = scores - m - np.log(np.exp(scores - m).sum(axis=axis, keepdims=True))
    said = -np.take_along_axis(scores if bare else logs, targets[..., None], axis=-1)[..., 0] / base
    asked = targets > ignore if ignore != -1 else targets >= 0
    if over == "texts":
        each = [row[a].mean() for row, a in zip(said, asked, strict=True) if a.any()]
        return float(np.mean(each))
    total = said.sum() if over == "all asked" else said[asked].sum()
    return float(total / {"asked": asked.sum(), "all": asked.size, "all asked": asked.size, "sum": 1}[over])


@hidden_words_loss.mistake(
    "You divide by all places. The mean is over those that are asked, or the loss shrinks when fewer words are hidden."
)
def _over_all(scores, targets):
    return _loss(scores, targets, over="all")


@hidden_words_loss.mistake(
    "Places that are not asked count too: −1 as an index picks the last word. Leave these places out before anything is picked."
)
def _minus_one_as_index(scores, targets):
    return _loss(scores, targets, over="all asked")


@hidden_words_loss.mistake("The softmax runs over the places. It must run over the vocabulary, the last axis.")
def _over_places(scores, targets):
    return _loss(scores, targets, axis=1)


@hidden_words_loss.mistake(
    "You leave out the word 0. It is a word like any other: only −1 means that nothing is asked."
)
def _without_word_0(scores, targets):
    return _loss(scores, targets, ignore=0)


@hidden_words_loss.mistake(
    "That is the mean over texts of their means. A text with many hidden words must count more: the mean is over places."
)
def _mean_of_means(scores, targets):
    return _loss(scores, targets, over="texts")


@hidden_words_loss.mistake("Scores are no log-probabilities yet: the term log Σ e^z over the vocabulary is missing.")
def _bare_scores(scores, targets):
    return _loss(scores, targets, bare=True)


# ---------------------------------------------------------------------------------------------------- two sentences
def _pair_cases(rng):
    yield case("with room to spare", [7, 8], [9], 8)
    yield case("exactly as long as there are places", [7, 8, 9], [10, 11], 8)
    yield case("the first one is too long", [4, 5, 6, 7, 8, 9], [10, 11], 9)
    yield case("the second one is too long", [4, 5], [6, 7, 8, 9, 10, 11, 12], 10)
    yield case("both are, and equally", [4, 5, 6], [7, 8, 9], 8)
    yield case("room for the marks alone", [4], [5], 3)
    for _ in range(4):
        m, n = rng.integers(1, 9, size=2)
        yield (
            [int(i) for i in rng.integers(4, 30, m)],
            [int(i) for i in rng.integers(4, 30, n)],
            int(rng.integers(6, 18)),
        )


@exercise(
    cases=_pair_cases,
    hints=(
        "Three places are taken by the marks. While the two sentences do not fit into the others, take a word away.",
        "From the end of the longer one, and from the second if they are equally long. The first sentence with [CLS] and its [SEP] is segment 0, the second with its own [SEP] segment 1.",
        "while len(a) + len(b) > places − 3: (a if len(a) > len(b) else b).pop(); ids = [1, *a, 2, *b, 2]; segments = [0] * (len(a) + …) + [1] * (len(b) + …); then zeros",
    ),
)
def two_sentences(first, second, places):
    """Return (ids, segments): a pair of sentences as BERT reads it, [CLS] first [SEP] second [SEP] and padding.

    first, second : lists of words' numbers;  places : at least 3. [PAD], [CLS], [SEP] are 0, 1, 2. While the pair is too long, the longer sentence loses its
    last word, the second one if both are equally long. segments : 0, and 1 from behind the first [SEP] to the last;  returns lists of `places` numbers
    """
    a, b = list(first), list(second)
    while len(a) + len(b) > places - 3:
        (a if len(a) > len(b) else b).pop()
    ids = [1, *a, 2, *b, 2]
    rest = [0] * (places - len(ids))
    return ids + rest, [0] * (len(a) + 2) + [1] * (len(b) + 1) + rest


def _pair(first, second, places, cut="longer", sep=True, early=False, pad=0, cls=True):
    a, b = list(first), list(second)
    marks = 3 if sep else 2
    while len(a) + len(b) > places - marks:
        if cut == "second":
            (b or a).pop()
        elif cut == "front":
            (a if len(a) > len(b) else b).pop(0)
        elif cut == "first of equals":
            (a if len(a) >= len(b) else b).pop()
        else:
            (a if len(a) > len(b) else b).pop()
    ids = [1, *a, 2, *b, 2] if sep else [1, *a, 2, *b]
    rest = places - len(ids)
    zeros = len(a) + (1 if early else 2)
    return ids + [0] * rest, [0] * zeros + [1] * (len(ids) - zeros) + [pad] * rest


@two_sentences.mistake("Always the second sentence is cut. It is the longer one that loses a word, again and again.")
def _cuts_the_second(first, second, places):
    return _pair(first, second, places, cut="second")


@two_sentences.mistake("The words are taken from the front. A sentence loses its last word.")
def _cuts_the_front(first, second, places):
    return _pair(first, second, places, cut="front")


@two_sentences.mistake("The last [SEP] is missing: the second sentence has one as well.")
def _one_separator(first, second, places):
    return _pair(first, second, places, sep=False)


@two_sentences.mistake("The first [SEP] belongs to the first sentence: its segment is 0.")
def _separator_in_the_second(first, second, places):
    return _pair(first, second, places, early=True)


@two_sentences.mistake("The padding is not in the second segment: it has 0 there too.")
def _padding_in_the_second(first, second, places):
    return _pair(first, second, places, pad=1)


@two_sentences.mistake("Of two equally long sentences the second one loses a word.")
def _first_of_equals(first, second, places):
    return _pair(first, second, places, cut="first of equals")


# ---------------------------------------------------------------------------------------------------- counts and why
changed_places = number(
    "changed_places",
    answer=lambda: 1000 * 0.15 * (0.8 + 0.1 * (1 - 1 / 50)),
    rtol=1e-3,
    unit="places",
    why="150 are chosen. 120 of them become [MASK], 15 a word drawn at random, of which 0.3 happen to be the word that was there, and 15 stay: 120 + 14.7.",
    hints=(
        "How many places are chosen, and which of the three fates changes what is shown?",
        "A word drawn at random from 50 is the one that stood there in one case of 50.",
        "1000 * 0.15 * (0.8 + 0.1 * …)",
    ),
    mistakes=[
        (lambda: 1000 * 0.15, "That is how many are chosen. A tenth of those is shown as it is."),
        (lambda: 1000 * 0.15 * 0.9, "Nearly: a word drawn at random may be the very word that stood there."),
        (lambda: 1000 * 0.15 * 0.8, "Those are the places that become [MASK]. Random words change a place too."),
        (lambda: 1000 * 0.9, "80/10/10 is of the chosen 15 %, not of all places."),
        (lambda: 1000 * (0.8 + 0.1 * (1 - 1 / 50)), "80/10/10 is of the chosen 15 %, not of all places."),
    ],
)

why_no_perplexity = choice(
    "why_no_perplexity",
    answer="b",
    why="Each of BERT's probabilities is given the words on both sides. Multiplied, they are no probability of the text: over all texts the products need not sum to 1. A GPT's are "
    "given the words before alone, and by the chain rule their product is the probability of the text.",
    feedback={
        "a": "15 % is a matter of training. One can hide each word in turn and ask for all of them; the product is still no probability of the text.",
        "c": "Tokens may differ too, and bits a byte mend that. What is wrong here stays wrong with the same tokens.",
        "d": "A softmax gives probabilities in both models. The question is what they are probabilities of.",
    },
    hints=(
        "Write down what the probability of one word is conditioned on in each of the two models.",
        "When does a product of conditional probabilities give the probability of the whole?",
        "The chain rule needs each word given those before it, and no others.",
    ),
)
