"""Exercises of "Sequences and their tasks"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number

__all__ = ["decoder_pairs", "mean_over_real", "pad_to_longest", "table_of_a_window", "which_shape"]

which_shape = choice(
    "which_shape",
    answer="d",
    why="Sixteen thousand numbers a second come in, a few letters a second go out, and which sound made which letter is not given.",
    feedback={
        "a": "One thing out would be one answer for the whole recording, such as the speaker's name.",
        "b": "Only one thing comes in there, such as a photograph. Here the sound is a sequence of its own.",
        "c": "Aligned would be one letter for each of the 16,000 numbers of a second.",
    },
    hints=(
        "Count what comes in and what goes out. Is either of them a single thing?",
        "Both are sequences. Is there one symbol out for each symbol in?",
        "The two lengths have nothing to do with each other.",
    ),
)

table_of_a_window = number(
    "table_of_a_window",
    answer=lambda: 32**6,
    rtol=1e-12,
    unit="entries",
    why="Each of the six places may hold any of 32 symbols, the 31 words and the mark, so there are 32 · 32 · … · 32, about 1.07 billion windows. A language has far more words.",
    hints=(
        "How many different windows of two words are there?",
        "Each further place multiplies the number by that of the symbols: the words and the mark.",
        "32 to the power of the number of places in the window, the word itself among them",
    ),
    mistakes=[
        (
            lambda: 32 * 6,
            "That is the number of entries if each place had a table of its own, and the tables were added.",
        ),
        (lambda: 31**6, "The mark is forgotten: 31 words and a mark for “beyond the end” are 32 symbols."),
        (lambda: 32**5, "The word itself is one of the places: five to its right make six."),
        (lambda: 6**32, "Base and exponent are in each other's place."),
        (lambda: 32**7, "That is one place too many: the word and the five after it."),
    ],
)


# --------------------------------------------------------------------------------------------------------- padding
def _ragged(rng):
    yield case("one sequence", [[4, 5, 6]], 0)
    yield case("all of one length", [[1, 2], [3, 4]], 0)
    yield case("a filler that is not 0", [[7], [8, 9, 1], [2, 3]], -1)
    yield case("the longest stands first", [[1, 2, 3, 4], [5]], 0)
    yield case("one of them is empty", [[], [1, 2]], 9)
    for n in (3, 5):
        yield [[rng.randint(1, 9) for _ in range(rng.randint(1, 7))] for _ in range(n)], 0


@exercise(
    cases=_ragged,
    python_only=True,
    hints=(
        "How long must every row be, and how many fillers does a sequence lack?",
        "Rows are as long as the longest sequence. Behind each stand longest − len(s) fillers; the lengths are those before padding.",
        "longest = max(…); rows = [s + [filler] * (…) for s in sequences]; lengths = [len(s) for s in sequences]",
    ),
)
def pad_to_longest(sequences, filler):
    """Return (rows, lengths): the sequences, filled up behind to the length of the longest, and how long each was.

    sequences : a list of lists of numbers;  filler : a number;  returns a list of lists of equal length, and a list of whole numbers
    """
    longest = max(map(len, sequences))
    rows = [list(s) + [filler] * (longest - len(s)) for s in sequences]
    return rows, [len(s) for s in sequences]


@pad_to_longest.mistake(
    "You filled up in front. Then the first real symbol of each row stands at another place; put fillers behind."
)
def _in_front(sequences, filler):
    longest = max(len(s) for s in sequences)
    return [[filler] * (longest - len(s)) + list(s) for s in sequences], [len(s) for s in sequences]


@pad_to_longest.mistake(
    "The rows are right, but the lengths are those after padding: nobody can tell any more what is real."
)
def _lengths_after(sequences, filler):
    rows, lengths = pad_to_longest.function(sequences, filler)
    return rows, [max(lengths)] * len(rows)


@pad_to_longest.mistake("You cut all sequences to the shortest. Nothing may be lost: fill up to the longest.")
def _cut(sequences, filler):
    shortest = min(len(s) for s in sequences)
    return [list(s)[:shortest] for s in sequences], [len(s) for s in sequences]


@pad_to_longest.mistake("You filled up with 0, whatever the filler is.")
def _with_zero(sequences, filler):
    return pad_to_longest.function(sequences, 0)


@pad_to_longest.mistake("There is one filler too many behind each row: the longest sequence needs none.")
def _one_more(sequences, filler):
    rows, lengths = pad_to_longest.function(sequences, filler)
    return [[*row, filler] for row in rows], lengths


# ----------------------------------------------------------------------------------------------- what a decoder reads
def _answers(rng):
    yield case("no padding needed", ["сорок", "два"], 3)
    yield case("two places of padding", ["сорок", "два"], 5)
    yield case("one word", ["сто"], 4)
    yield case("an empty answer: only its end is to be said", [], 2)
    words = ["сто", "двести", "сорок", "пять", "тысяч"]
    for n in (3, 4):
        yield [rng.choice(words) for _ in range(n)], n + rng.randint(1, 4)


@exercise(
    cases=_answers,
    python_only=True,
    hints=(
        "At each place the decoder reads the word before and must say the next. What stands before the first, and what comes after the last?",
        'Inputs are "<s>" and the words, targets the words and "</s>". Both are then filled up with "<pad>"; the end counts, padding does not.',
        'inputs = ["<s>", *words]; targets = [*words, "</s>"]; spare = length - len(targets); weights = [1] * … + [0] * …',
    ),
)
def decoder_pairs(words, length):
    """Return (inputs, targets, weights): what a decoder reads in training, what it must say at each place, and which places count.

    words : the right answer, a list of words;  length : to which all are filled up with "<pad>", at least len(words) + 1
    returns three lists of this length. "<s>" stands before the answer, "</s>" ends it; a weight is 1, or 0 at padding
    """
    inputs = ["<s>", *words]
    targets = [*words, "</s>"]
    spare = length - len(targets)
    weights = [1] * len(targets) + [0] * spare
    return inputs + ["<pad>"] * spare, targets + ["<pad>"] * spare, weights


@decoder_pairs.mistake(
    "Inputs and targets are not shifted: at each place the decoder is shown the very word that it should say."
)
def _not_shifted(words, length):
    _, targets, weights = decoder_pairs.function(words, length)
    return targets, targets, weights


@decoder_pairs.mistake(
    'The end is missing among the targets: a decoder that never learned to say "</s>" does not stop.'
)
def _no_end(words, length):
    inputs, targets, _ = decoder_pairs.function(words, length)
    n = len(words)
    return inputs, ["<pad>" if t == "</s>" else t for t in targets], [1] * n + [0] * (length - n)


@decoder_pairs.mistake('The end of the answer counts as well: the weight of "</s>" is 1.')
def _end_without_weight(words, length):
    inputs, targets, _ = decoder_pairs.function(words, length)
    return inputs, targets, [1] * len(words) + [0] * (length - len(words))


@decoder_pairs.mistake("Padding counts: its weights must be 0, or the decoder is mostly taught to say nothing.")
def _padding_counts(words, length):
    inputs, targets, _ = decoder_pairs.function(words, length)
    return inputs, targets, [1] * length


@decoder_pairs.mistake('You swapped inputs and targets: the decoder reads from "<s>" on.')
def _swapped(words, length):
    inputs, targets, weights = decoder_pairs.function(words, length)
    return targets, inputs, weights


# --------------------------------------------------------------------------------------------------------- the mean
def _losses(rng):
    yield case("no padding", rng.uniform(0.1, 3, (2, 3)), np.array([3, 3]))
    yield case("one sequence, half of it padding", rng.uniform(0.1, 3, (1, 4)), np.array([2]))
    huge = rng.uniform(0.1, 3, (3, 4))
    lengths = np.array([1, 4, 2])
    yield case("what stands at padding is large", np.where(np.arange(4) < lengths[:, None], huge, 1e3), lengths)
    for B, T in ((4, 6), (6, 5)):
        yield rng.uniform(0.1, 3, (B, T)), rng.integers(1, T + 1, B)


@exercise(
    cases=_losses,
    hints=(
        "Two things are wrong with losses.mean(): what it adds up, and what it divides by.",
        "Make a mask (B, T) that is 1 at real places, t < length. Add up losses × mask, and divide by the number of ones.",
        "real = np.arange(losses.shape[1]) < lengths[:, None], then a sum over a sum",
    ),
)
def mean_over_real(losses, lengths):
    """Return the mean loss of the places that are no padding.

    losses : (B, T), one at each place of a padded batch;  lengths : (B,), how many places of each row are real;  returns a number
    """
    real = np.arange(losses.shape[1]) < lengths[:, None]
    return np.sum(losses * real) / np.sum(real)


@mean_over_real.mistake("Padding is in your mean, above and below: mask it, and divide by the number of real places.")
def _plain_mean(losses, lengths):
    return losses.mean()


@mean_over_real.mistake("What stands at padding is left out of the sum, but you still divide by all B · T places.")
def _divided_by_all(losses, lengths):
    real = np.arange(losses.shape[1]) < lengths[:, None]
    return (losses * real).mean()


@mean_over_real.mistake(
    "You divide by the number of real places, but what stands at padding is still in the sum: mask the losses, too."
)
def _padding_in_the_sum(losses, lengths):
    real = np.arange(losses.shape[1]) < lengths[:, None]
    return losses.sum() / real.sum()


@mean_over_real.mistake(
    "You took the mean of each sequence, then the mean of those: a word of a short sentence counts more than one of a long sentence."
)
def _mean_of_means(losses, lengths):
    real = np.arange(losses.shape[1]) < lengths[:, None]
    return np.mean((losses * real).sum(axis=1) / lengths)


@mean_over_real.mistake(
    "Places count from 0: with length n the last real one is n − 1, so the mask is t < n, not t ≤ n."
)
def _one_too_many(losses, lengths):
    real = np.arange(losses.shape[1]) <= lengths[:, None]
    return (losses * real).sum() / real.sum()


@mean_over_real.mistake(
    "You divided by the number of sequences: that is a loss for each sequence, and grows with their length."
)
def _by_sequences(losses, lengths):
    real = np.arange(losses.shape[1]) < lengths[:, None]
    return (losses * real).sum() / len(lengths)
