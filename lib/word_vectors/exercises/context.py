"""Exercises of "Vectors in context"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise

__all__ = ["elmo_mix", "reading_pairs", "sentence_perplexity", "which_model_peeks"]


# ---------------------------------------------------------------------------------------------------- perplexity
def _log_probabilities(rng):
    import math

    yield case("a fair coin, thrown four times", [math.log(0.5)] * 4)
    yield case("one symbol, sure", [0.0])
    yield case("one surprise among sure ones", [math.log(0.99)] * 5 + [math.log(1e-6)])
    yield case(
        "a text of 400 words, whose probability no float can hold",
        [-2.5, -3.0] * 200,
        tells="The product of many probabilities underflows to 0. Add their logarithms instead.",
    )
    for n in (2, 5, 9):
        yield ([math.log(rng.uniform(0.01, 0.9)) for _ in range(n)],)


@exercise(
    cases=_log_probabilities,
    python_only=True,
    hints=(
        "A model that always gives 1/8 has the perplexity 8. What must be done to the logarithms to get there?",
        "Take their mean, turn its sign, and take exp.",
        "return math.exp(-sum(…) / len(…)), with import math",
    ),
)
def sentence_perplexity(log_probabilities):
    """Return the perplexity from the natural logarithms of the probabilities that a model gave to what came.

    log_probabilities : a list of numbers, none positive;  returns a number, at least 1
    """
    import math

    return math.exp(-sum(log_probabilities) / len(log_probabilities))


@sentence_perplexity.mistake("Perplexity is at least 1: the sign is missing, exp of MINUS the mean.")
def _no_sign(log_probabilities):
    import math

    return math.exp(sum(log_probabilities) / len(log_probabilities))


@sentence_perplexity.mistake(
    "This is one over the probability of the whole, and grows with the length. Divide the sum by the number of symbols."
)
def _not_a_mean(log_probabilities):
    import math

    return math.exp(-sum(log_probabilities))


@sentence_perplexity.mistake("The logarithms are natural ones, so the way back is exp, not a power of 2.")
def _power_of_two(log_probabilities):
    return 2 ** (-sum(log_probabilities) / len(log_probabilities))


@sentence_perplexity.mistake(
    "You averaged 1/p. Perplexity is the geometric mean of 1/p: average the logarithms, then take exp."
)
def _arithmetic(log_probabilities):
    import math

    return sum(math.exp(-v) for v in log_probabilities) / len(log_probabilities)


@sentence_perplexity.mistake("That is the cross-entropy, the mean loss in nats. One step more: exp.")
def _entropy(log_probabilities):
    return -sum(log_probabilities) / len(log_probabilities)


@sentence_perplexity.mistake("You divided by the number of symbols minus 1: the mean goes over all of them.")
def _one_less(log_probabilities):
    import math

    return math.exp(-sum(log_probabilities) / max(len(log_probabilities) - 1, 1))


# ------------------------------------------------------------------------------------------- what is read, what is asked
def _sentences(rng):
    yield case("three words", ["the", "mean", "value"], True)
    yield case("three words, backwards", ["the", "mean", "value"], False)
    yield case("one word", ["yes"], True)
    yield case("one word, backwards", ["yes"], False)
    words = ["row", "column", "a", "of", "matrix", "the"]
    for n in (4, 6):
        for forwards in (True, False):
            yield [rng.choice(words) for _ in range(n)], forwards


@exercise(
    cases=_sentences,
    python_only=True,
    hints=(
        "Write the sentence with an edge at both ends. What has been read before the first word, and what must be predicted after the last?",
        "Forwards, the inputs are all but the last of these, the targets all but the first. Backwards, do the same to the reversed list.",
        'whole = ["<edge>", *words, "<edge>"]; if not forwards: whole = whole[::-1]; return whole[:-1], whole[1:]',
    ),
)
def reading_pairs(words, forwards):
    """Return what a language model reads, one symbol after the other, and what it must predict after each.

    words : a list of words;  forwards : False for the model that reads from the end
    returns two lists of len(words) + 1, inputs and targets, in the order of reading; "<edge>" stands at both ends of a sentence
    """
    whole = ["<edge>", *words, "<edge>"]
    if not forwards:
        whole = whole[::-1]
    return whole[:-1], whole[1:]


@reading_pairs.mistake(
    "Inputs and targets are the same: the model sees what it should predict, and learns to copy. Shift them by one."
)
def _peeks(words, forwards):
    whole = ["<edge>", *words, "<edge>"]
    whole = whole if forwards else whole[::-1]
    return whole[:-1], whole[:-1]


@reading_pairs.mistake("The backwards model must read from the end: reverse the sentence before you shift it.")
def _never_reversed(words, forwards):
    whole = ["<edge>", *words, "<edge>"]
    return whole[:-1], whole[1:]


@reading_pairs.mistake(
    "The edges are missing: the first word is never predicted, and nobody learns where sentences end."
)
def _no_edges(words, forwards):
    whole = list(words) if forwards else list(words)[::-1]
    return whole[:-1], whole[1:]


@reading_pairs.mistake(
    "For the backwards model you swapped inputs and targets, but left both in the order of the page. It reads the last symbol first."
)
def _page_order(words, forwards):
    whole = ["<edge>", *words, "<edge>"]
    return (whole[:-1], whole[1:]) if forwards else (whole[1:], whole[:-1])


@reading_pairs.mistake(
    "You paired each input with its target. Two lists are asked for, first all inputs, then all targets."
)
def _paired(words, forwards):
    return list(zip(*reading_pairs.function(words, forwards), strict=True))


# ------------------------------------------------------------------------------------------------------- the mix
SHIFTED = (
    "The softmax of large scores overflows, or all of it vanishes: subtract the largest score before you exponentiate."
)


def _layers(rng):
    yield case("equal scores", np.arange(12.0).reshape(3, 2, 2), np.zeros(3), 1.0)
    yield case("one layer", np.array([[[1.0, -2.0]]]), np.array([0.7]), 2.0)
    yield case("one layer far ahead", rng.normal(size=(3, 4, 2)), np.array([0.0, 12.0, 0.0]), 0.5)
    yield case("scores of 3000", rng.normal(size=(2, 3, 2)), np.array([3000.0, 3001.0]), 0.5, tells=SHIFTED)
    yield case("one layer infinitely far ahead", rng.normal(size=(2, 3, 2)), np.array([0.0, 900.0]), 1.5, tells=SHIFTED)
    yield case("scores of −1000", rng.normal(size=(2, 3, 2)), np.array([-1000.0, -1001.0]), 0.5, tells=SHIFTED)
    for L, T, d in ((2, 3, 4), (3, 5, 6), (4, 1, 3)):
        yield rng.normal(size=(L, T, d)), rng.normal(size=L), float(rng.uniform(0.3, 3.0))


@exercise(
    cases=_layers,
    hints=(
        "First turn the scores into weights that are positive and add up to 1.",
        "s = softmax(scores); then γ times the sum over j of s[j] · layers[j].",
        "s = np.exp(scores - scores.max()); s /= s.sum(); return gamma * np.einsum('j,jtd->td', s, layers)",
    ),
)
def elmo_mix(layers, scores, gamma):
    """Return the words' vectors in context: γ times the layers' sum, weighted by the softmax of the scores.

    layers : (L, T, d), row t of each for word t;  scores : (L,);  gamma : a number;  returns (T, d)
    """
    s = np.exp(scores - scores.max())
    s /= s.sum()
    return gamma * np.tensordot(s, layers, axes=1)


@elmo_mix.mistake("You weighted by the scores themselves. They may be negative; their softmax makes the weights.")
def _raw_scores(layers, scores, gamma):
    return gamma * np.tensordot(scores, layers, axes=1)


@elmo_mix.mistake("γ is missing: it scales the whole mix to the size that the task wants.")
def _no_gamma(layers, scores, gamma):
    s = np.exp(scores - scores.max())
    return np.tensordot(s / s.sum(), layers, axes=1)


@elmo_mix.mistake("γ belongs outside. Inside the softmax it makes the weights sharper or flatter instead.")
def _gamma_inside(layers, scores, gamma):
    s = np.exp(gamma * (scores - scores.max()))
    return np.tensordot(s / s.sum(), layers, axes=1)


@elmo_mix.mistake("exp(scores) does not add up to 1 yet: divide by the sum.")
def _not_normalised(layers, scores, gamma):
    return gamma * np.tensordot(np.exp(scores), layers, axes=1)


@elmo_mix.mistake("That is the plain mean of the layers: the scores have not been used.")
def _plain_mean(layers, scores, gamma):
    return gamma * layers.mean(axis=0)


@elmo_mix.mistake("You took the layer with the largest score alone. The softmax mixes all of them.")
def _best_alone(layers, scores, gamma):
    return gamma * layers[np.argmax(scores)]


# ----------------------------------------------------------------------------------------------------------- a leak
which_model_peeks = choice(
    "which_model_peeks",
    answer="c",
    why="Its second layer reads, at the word before, a state that came back from the end of the sentence through the very word to be predicted. Join the two directions after the last layer, not between layers.",
    feedback={
        "a": "Each stack sees one side only; laying the two states side by side afterwards tells neither what it should have predicted.",
        "b": "The words' vectors and the softmax are tables: they hold what was learned, and nothing of this sentence.",
        "d": "The state has read the word, yes, but it is used to predict the next one.",
    },
    hints=(
        "Follow the arrows from the word that is to be predicted. To which states do they lead?",
        "A state that has read word k + 1 must not help to predict word k + 1.",
        "One of the four lets a forward state read a backward one.",
    ),
)
