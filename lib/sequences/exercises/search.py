"""Exercises of "Finding the best answer, and judging it"."""

from __future__ import annotations

import math

import numpy as np

from lib.book.exercises import case, choice, exercise, number, prediction

__all__ = [
    "beam_step",
    "best_by_length",
    "brevity",
    "clipped",
    "corpus_score",
    "may_it_stop",
    "one_word_wrong",
    "where_it_turns",
    "whose_error",
]


where_it_turns = number(
    "where_it_turns",
    answer=lambda: math.log(math.log(0.24) / math.log(0.36)) / math.log(1.5),
    rtol=5e-3,
    why="log 0.24 / 3^α = log 0.36 / 2^α means (3/2)^α = log 0.24 / log 0.36 = 1.397, and α = log 1.397 / log 1.5 = 0.824.",
    hints=(
        "At that α the two scores are equal. Write them down; the lengths count the end.",
        "log 0.24 / 3^α = log 0.36 / 2^α. Bring the powers to one side: (3/2)^α = …",
        "α = log(log 0.24 / log 0.36) / log(3/2)",
    ),
    mistakes=[
        (
            lambda: math.log(math.log(0.24) / math.log(0.36)) / math.log(2),
            "Those are the lengths without the end, 2 and 1. The end counts: 3 and 2.",
        ),
        (lambda: math.log(0.24) / math.log(0.36), "That is (3/2)^α. Take the logarithm once more."),
        (lambda: math.log(0.36 / 0.24) / math.log(1.5), "Divide the log-probabilities, not the probabilities."),
        (lambda: math.log(math.log(0.24) / math.log(0.36)), "Now divide by log(3/2)."),
    ],
)

may_it_stop = choice(
    "may_it_stop",
    answer="c",
    why="An unfinished answer with log P = −2 can at best grow to the longest length without losing anything: −2/10. That is more than −1/2.",
    feedback={
        "a": "With α = 0 that would be right. Here a longer answer is divided by more, and may overtake.",
        "b": "That compares it as if it ended now. It may go on, and be divided by more: at best by 10.",
        "d": "It need not fill the beam: as soon as no unfinished answer can overtake, nothing that comes can be better.",
    },
    hints=(
        "What is the best score that the unfinished answer could still reach?",
        "Its log-probability cannot rise, its length can, to 10.",
        "Compare −2/10 with −1/2.",
    ),
)

whose_error = choice(
    "whose_error",
    answer="b",
    why="Nothing is more probable than A, and the search found it. The model prefers a wrong answer to the right one.",
    feedback={
        "a": "The search found what is most probable: it has done all that it could.",
        "c": "A search error would mean that something more probable was missed. There is none.",
        "d": "The answer is wrong, so somebody is to blame.",
    },
    hints=(
        "Was there a more probable answer than the one that was found?",
        "No. Would a better search have found another?",
        "A search error is P(found) < P(most probable). A model error: the most probable is wrong.",
    ),
)

one_word_wrong = prediction(
    "one_word_wrong",
    answer=lambda: (6 / 7 * 5 / 6 * 4 / 5 * 3 / 4) ** 0.25,
    near=0.1,
    why="One wrong word at the end spoils one n-gram of each order: (6/7 · 5/6 · 4/5 · 3/4)^¼ = (3/7)^¼ = 0.809, for a number that is wrong.",
)


# ------------------------------------------------------------------------------------------------- clipped precision
def _sentences(rng, n):
    words = list("abcd")
    return [[words[i] for i in rng.integers(4, size=int(rng.integers(3, 9)))] for _ in range(n)]


def _clipped_cases(rng):
    yield case(
        "seven times “the”", ["the"] * 7, ["the cat is on the mat".split(), "there is a cat on the mat".split()], 1
    )
    yield case(
        "the same, pairs", ["the"] * 7, ["the cat is on the mat".split(), "there is a cat on the mat".split()], 2
    )
    yield case("a word in both references, twice in neither", ["a", "a", "b"], [["a", "c"], ["a", "b", "d"]], 1)
    yield case("shorter than n", ["a", "b"], [["a", "b", "c"]], 3)
    yield case("exactly n long", ["a", "b", "c"], [["d", "a", "b", "c"]], 3)
    for n in (1, 1, 2, 2, 3):
        hypothesis, *references = _sentences(rng, 3)
        yield (hypothesis, references, n)


@exercise(
    cases=_clipped_cases,
    hints=(
        "Count the n-grams of each sentence: collections.Counter of tuples. How often may one count, at most?",
        "At most as often as the one reference has it that has it most often: the larger of the counts, not their sum.",
        "most = Counter(); for each reference: most |= grams(reference); then sum((found & most).values()), sum(found.values())",
    ),
)
def clipped(hypothesis, references, n):
    """Return (correct, total): how many n-grams of the hypothesis stand in a reference, clipped, and how many it has.

    hypothesis : a list of words;  references : a list of such lists;  n : at least 1.
    An n-gram counts at most as often as it stands in the one reference that has it most often
    """
    from collections import Counter

    def grams(words):
        return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))

    found, most = grams(hypothesis), Counter()
    for reference in references:
        most |= grams(reference)
    return sum((found & most).values()), sum(found.values())


def _grams(words, n):
    from collections import Counter

    return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))


def _most(references, n):
    from collections import Counter

    most = Counter()
    for reference in references:
        most |= _grams(reference, n)
    return most


@clipped.mistake("Nothing is clipped: “the the the” finds three times the one “the” of a reference.")
def _unclipped(hypothesis, references, n):
    found, most = _grams(hypothesis, n), _most(references, n)
    return sum(c for g, c in found.items() if g in most), sum(found.values())


@clipped.mistake("You added the references' counts. Clip at the count of the one reference that has it most often.")
def _summed(hypothesis, references, n):
    found = _grams(hypothesis, n)
    most = sum((_grams(r, n) for r in references), start=type(found)())
    return sum((found & most).values()), sum(found.values())


@clipped.mistake(
    "You divide by the n-grams of a reference: that is recall. Precision asks what share of the written ones is right."
)
def _recall(hypothesis, references, n):
    found = _grams(hypothesis, n)
    return sum((found & _most(references, n)).values()), sum(_grams(references[0], n).values())


@clipped.mistake("You counted kinds of n-grams, each once. One that is written twice and stands twice counts twice.")
def _kinds(hypothesis, references, n):
    found, most = set(_grams(hypothesis, n)), set(_most(references, n))
    return len(found & most), len(found)


@clipped.mistake("You looked at the first reference only. Any of them may have the n-gram.")
def _first_only(hypothesis, references, n):
    found = _grams(hypothesis, n)
    return sum((found & _grams(references[0], n)).values()), sum(found.values())


@clipped.mistake("An n-gram counts if any one reference has it. You asked for one that stands in all of them.")
def _in_all(hypothesis, references, n):
    found = _grams(hypothesis, n)
    least = _grams(references[0], n)
    for reference in references[1:]:
        least &= _grams(reference, n)
    return sum((found & least).values()), sum(found.values())


# ----------------------------------------------------------------------------------------------- penalty for brevity
def _brevity_cases(rng):
    yield case("as long as a reference", 6, [6, 9])
    yield case("longer than all", 12, [5, 8])
    yield case("half as long", 4, [8])
    yield case("two equally near: the shorter counts", 6, [7, 5])
    yield case("the nearest is the longer one", 6, [7, 2])
    yield case("nothing written", 0, [4, 7])
    for _ in range(5):
        lengths = [int(v) for v in rng.integers(6, 25, size=3)]
        yield (int(rng.integers(2, 18)), lengths)


@exercise(
    cases=_brevity_cases,
    hints=(
        "First the reference length that counts, then the penalty. For whom is the penalty 1?",
        "The nearest length, of two equally near the shorter; exp(1 − wanted/written) if less was written than that.",
        "wanted = min(lengths, key=lambda v: (abs(v - written), v)); then three cases: nothing written, enough, too little",
    ),
)
def brevity(written, lengths):
    """Return the penalty for brevity.

    written : words of the hypothesis, 0 or more;  lengths : those of the references, a list. What counts is the reference length nearest to
    `written`, of two equally near the shorter. Who has written nothing gets 0
    """
    import math

    if written == 0:
        return 0.0
    wanted = min(lengths, key=lambda v: (abs(v - written), v))
    return 1.0 if written >= wanted else math.exp(1 - wanted / written)


def _nearest(written, lengths):
    return min(lengths, key=lambda v: (abs(v - written), v))


def _penalty(written, wanted):
    return 1.0 if written >= wanted else math.exp(1 - wanted / written) if written else 0.0


@brevity.mistake("The ratio is upside down: it is wanted / written that grows when too little was written.")
def _upside_down(written, lengths):
    wanted = _nearest(written, lengths)
    return 1.0 if written >= wanted else math.exp(1 - written / wanted)


@brevity.mistake("You punish long answers too, or reward them: from the wanted length on the penalty is 1.")
def _both_ways(written, lengths):
    return math.exp(1 - _nearest(written, lengths) / written) if written else 0.0


@brevity.mistake("That is the ratio of the lengths. The penalty is exp(1 − wanted / written).")
def _ratio(written, lengths):
    return min(1.0, written / _nearest(written, lengths))


@brevity.mistake("You took the shortest reference. What counts is the nearest in length.")
def _shortest(written, lengths):
    return _penalty(written, min(lengths))


@brevity.mistake("You took the longest reference. What counts is the nearest in length.")
def _longest(written, lengths):
    return _penalty(written, max(lengths))


@brevity.mistake("You took the references' mean length. What counts is the nearest length.")
def _mean_length(written, lengths):
    return _penalty(written, sum(lengths) / len(lengths))


@brevity.mistake("Of two equally near lengths the shorter counts, not the longer.")
def _longer_of_two(written, lengths):
    return _penalty(written, min(lengths, key=lambda v: (abs(v - written), -v)))


# ------------------------------------------------------------------------------------------------- a step of the beam
def _beam_cases(rng):
    def normal(scores):
        return scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))

    yield case(
        "one beginning, width 1",
        np.array([-0.5]),
        np.log(np.array([[0.5, 0.2, 0.3]])),
        2,
        1,
    )
    yield case(
        "both of the best come from the same beginning",
        np.array([-0.1, -3.0]),
        np.log(np.array([[0.5, 0.4, 0.1], [0.6, 0.3, 0.1]])),
        2,
        2,
    )
    yield case(
        "an end among the best",
        np.array([-0.2, -0.3]),
        np.log(np.array([[0.2, 0.1, 0.7], [0.6, 0.3, 0.1]])),
        2,
        2,
    )
    yield case(
        "an end that is not among the best",
        np.array([-0.2, -2.0]),
        np.log(np.array([[0.55, 0.4, 0.05], [0.1, 0.1, 0.8]])),
        2,
        2,
    )
    for B, V, width in ((2, 4, 2), (3, 5, 3), (3, 6, 4), (4, 5, 3), (5, 4, 2), (1, 6, 3)):
        end = int(rng.integers(V))
        logs = normal(2 * rng.normal(size=(B, V)))
        logs[rng.integers(B), end] += 1.0
        yield (-rng.uniform(0.1, 2.0, size=B), normal(logs), end, width)


@exercise(
    cases=_beam_cases,
    hints=(
        "Put all continuations of all beginnings into one list, with the log-probability of the whole. What is added, what multiplied?",
        "Sort the list, the best first. An end counts if its place is below width; whatever is no end goes on, until there are width of them.",
        "for rank, (p, b, s) in enumerate(grown): if s == end: done.append(…) if rank < width; elif len(live) < width: live.append(…)",
    ),
)
def beam_step(log_p, logs, end, width):
    """Return (live, done) after one step of a beam: lists of (log-probability, number of the beginning, symbol), the best first.

    log_p : (B,), log-probabilities of the unfinished beginnings;  logs : (B, V), of the next symbol after each;  end : the end's symbol.
    done : those that end and stand among the `width` best of all;  live : the `width` best of those that do not end
    """
    B, V = logs.shape
    grown = [(log_p[b] + logs[b, s], b, s) for b in range(B) for s in range(V)]
    grown.sort(reverse=True)
    done = [one for one in grown[:width] if one[2] == end]
    live = [one for one in grown if one[2] != end][:width]
    return live, done


def _grown(log_p, logs, change=lambda p, q: p + q):
    B, V = logs.shape
    return sorted(((change(log_p[b], logs[b, s]), b, s) for b in range(B) for s in range(V)), reverse=True)


@beam_step.mistake("What has ended goes on: after an end nothing comes. Set it aside.")
def _ended_goes_on(log_p, logs, end, width):
    grown = _grown(log_p, logs)
    return grown[:width], [one for one in grown[:width] if one[2] == end]


@beam_step.mistake(
    "You compare the probabilities of the last symbol alone. A beginning that was improbable stays so: add its log-probability."
)
def _last_symbol(log_p, logs, end, width):
    grown = _grown(log_p, logs, lambda p, q: q)
    return [g for g in grown if g[2] != end][:width], [g for g in grown[:width] if g[2] == end]


@beam_step.mistake("Log-probabilities are added. The product of two of them is positive, and means nothing.")
def _multiplied(log_p, logs, end, width):
    grown = _grown(log_p, logs, lambda p, q: p * q)
    return [g for g in grown if g[2] != end][:width], [g for g in grown[:width] if g[2] == end]


@beam_step.mistake(
    "You kept the best continuation of each beginning. They compete with one another: both of the best may come from the same one."
)
def _each_its_own(log_p, logs, end, width):
    grown = _grown(log_p, logs)
    live, seen = [], set()
    for one in grown:
        if one[2] != end and one[1] not in seen:
            live.append(one)
            seen.add(one[1])
    return live[:width], [g for g in grown[:width] if g[2] == end]


@beam_step.mistake("Every end counts in your beam, however improbable: it must stand among the `width` best of all.")
def _any_end(log_p, logs, end, width):
    grown = _grown(log_p, logs)
    return [g for g in grown if g[2] != end][:width], [g for g in grown if g[2] == end]


@beam_step.mistake(
    "An answer that ends takes an unfinished one's place in your beam, so that it gets narrower. Keep `width` unfinished ones."
)
def _narrower(log_p, logs, end, width):
    grown = _grown(log_p, logs)[:width]
    return [g for g in grown if g[2] != end], [g for g in grown if g[2] == end]


@beam_step.mistake("You sorted from the least probable on. The best come first.")
def _worst_first(log_p, logs, end, width):
    grown = _grown(log_p, logs)[::-1]
    return [g for g in grown if g[2] != end][:width], [g for g in grown[:width] if g[2] == end]


# --------------------------------------------------------------------------------------------- normalised by length
def _length_cases(rng):
    yield case("yes, or I agree, α = 0", np.log([0.36, 0.24]), np.array([2, 3]), 0.0)
    yield case("yes, or I agree, α = 1", np.log([0.36, 0.24]), np.array([2, 3]), 1.0)
    yield case("equally long", np.array([-3.0, -1.0, -2.0]), np.array([4, 4, 4]), 1.0)
    yield case("one answer", np.array([-3.0]), np.array([2]), 0.7)
    yield case("almost as probable, three times as long", np.array([-1.0, -0.9]), np.array([2, 6]), 1.0)
    for alpha in (0.0, 0.4, 0.6, 0.8, 1.0, 1.3, 2.0):
        n = int(rng.integers(3, 9))
        lengths = rng.integers(1, 12, size=n)
        yield (-(lengths**0.8) * rng.uniform(0.3, 0.9, size=n), lengths, alpha)


@exercise(
    cases=_length_cases,
    hints=(
        "A log-probability is negative. What does dividing it by more do to it?",
        "The score is log P divided by the length to the power of α. The best is the largest.",
        "np.argmax(log_p / lengths ** …)",
    ),
)
def best_by_length(log_p, lengths, alpha):
    """Return which answer has the best score, log P / length^α: its number, from 0.

    log_p : (n,), log-probabilities, below 0;  lengths : (n,), in symbols with the end;  alpha : 0 or more
    """
    return int(np.argmax(log_p / lengths**alpha))


@best_by_length.mistake(
    "You multiplied by the length. Log-probabilities are negative: that punishes long answers even more."
)
def _times(log_p, lengths, alpha):
    return int(np.argmax(log_p * lengths**alpha))


@best_by_length.mistake("The best score is the largest, nearest to 0. You took the smallest.")
def _smallest(log_p, lengths, alpha):
    return int(np.argmin(log_p / lengths**alpha))


@best_by_length.mistake("You took logarithms away: it is the log-probability that is divided, not the probability.")
def _of_probabilities(log_p, lengths, alpha):
    return int(np.argmax(np.exp(log_p) / lengths**alpha))


@best_by_length.mistake("You divided by α times the length. α is the length's exponent: with α = 0 nothing is changed.")
def _times_alpha(log_p, lengths, alpha):
    with np.errstate(all="ignore"):
        return int(np.argmax(log_p / (alpha * lengths))) if alpha else 0


@best_by_length.mistake("You left α out: that is the score for α = 1.")
def _without_alpha(log_p, lengths, alpha):
    return int(np.argmax(log_p / lengths))


@best_by_length.mistake("You left the lengths out: that is the most probable answer, the score for α = 0.")
def _without_lengths(log_p, lengths, alpha):
    return int(np.argmax(log_p))


@best_by_length.mistake("Return the answer's number, not its score.")
def _score(log_p, lengths, alpha):
    return float(np.max(log_p / lengths**alpha))


# --------------------------------------------------------------------------------------------------- BLEU of a corpus
def _corpus_cases(rng):
    yield case("one sentence", np.array([[5, 3, 2, 1]]), np.array([[6, 5, 4, 3]]), np.array([6]), np.array([6]))
    yield case(
        "a short sentence without a 4-gram",
        np.array([[6, 5, 4, 3], [2, 0, 0, 0]]),
        np.array([[7, 6, 5, 4], [3, 2, 1, 0]]),
        np.array([7, 3]),
        np.array([7, 3]),
    )
    yield case(
        "one too short, one too long",
        np.array([[4, 3, 2, 1], [9, 7, 6, 5]]),
        np.array([[5, 4, 3, 2], [12, 11, 10, 9]]),
        np.array([5, 12]),
        np.array([9, 8]),
    )
    yield case("no 4-gram found", np.array([[3, 2, 1, 0]]), np.array([[6, 5, 4, 3]]), np.array([6]), np.array([6]))
    for N in (2, 3, 5, 4):
        written = rng.integers(5, 12, size=N)
        total = written[:, None] - np.arange(4)
        correct = np.minimum(total, rng.integers(1, 9, size=(N, 1)) - np.arange(4)).clip(0)
        correct[0] = total[0] - 1
        yield (correct, total, written, written + rng.integers(-2, 4, size=N))


@exercise(
    cases=_corpus_cases,
    hints=(
        "What is summed over the sentences before anything is divided?",
        "p_n = sum of correct / sum of total, for each order. One penalty, from the summed lengths. The geometric mean of the four p_n.",
        "p = correct.sum(axis=0) / total.sum(axis=0); if one is 0, so is BLEU; else penalty * np.exp(np.mean(np.log(p)))",
    ),
)
def corpus_score(correct, total, written, wanted):
    """Return BLEU of N sentences, from 0 to 1, without smoothing.

    correct, total : (N, 4), for each sentence and each order the n-grams that were found, clipped, and those that were written;
    written, wanted : (N,), lengths of the sentences and of their references
    """
    p = correct.sum(axis=0) / total.sum(axis=0)
    if not p.all():
        return 0.0
    c, r = written.sum(), wanted.sum()
    return float(np.exp(min(0.0, 1 - r / c) + np.mean(np.log(p))))


def _bleu(correct, total, written, wanted, mean=lambda p: np.exp(np.mean(np.log(p))), penalty=None):
    with np.errstate(all="ignore"):
        p = correct.sum(axis=0) / total.sum(axis=0)
        c, r = written.sum(), wanted.sum()
        brevity = np.exp(min(0.0, 1 - r / c)) if penalty is None else penalty(c, r)
        return float(brevity * mean(p))


@corpus_score.mistake(
    "That is the mean of the sentences' BLEU. Sum the counts over all sentences first, and divide once."
)
def _mean_of_sentences(correct, total, written, wanted):
    with np.errstate(all="ignore"):
        rows = [
            _bleu(c[None], np.maximum(t, 1)[None], w[None], r[None])
            for c, t, w, r in zip(correct, total, written, wanted, strict=True)
        ]
    return float(np.mean(rows))


@corpus_score.mistake("You averaged the sentences' precisions. Long sentences have more n-grams: sum the counts first.")
def _mean_of_precisions(correct, total, written, wanted):
    with np.errstate(all="ignore"):
        p = (correct / np.maximum(total, 1)).mean(axis=0)
        brevity = np.exp(min(0.0, 1 - wanted.sum() / written.sum()))
        return float(brevity * np.exp(np.mean(np.log(p)))) if p.all() else 0.0


@corpus_score.mistake(
    "That is the arithmetic mean of the precisions. BLEU takes the geometric one, so that a missing order counts."
)
def _arithmetic(correct, total, written, wanted):
    return _bleu(correct, total, written, wanted, np.mean)


@corpus_score.mistake("The penalty for brevity is missing: a few safe words would win.")
def _no_penalty(correct, total, written, wanted):
    return _bleu(correct, total, written, wanted, penalty=lambda c, r: 1.0)


@corpus_score.mistake(
    "The ratio in the penalty is upside down: exp(1 − wanted/written) if less was written than wanted."
)
def _inverted(correct, total, written, wanted):
    return _bleu(correct, total, written, wanted, penalty=lambda c, r: np.exp(min(0.0, 1 - c / r)))


@corpus_score.mistake("You weigh the orders with 2⁻ⁿ. Papineni's BLEU gives each a quarter.")
def _powers(correct, total, written, wanted):
    return _bleu(correct, total, written, wanted, lambda p: np.prod(p**0.5 ** np.arange(1, 5)))


@corpus_score.mistake("That is the product of the precisions: the fourth root is missing.")
def _no_root(correct, total, written, wanted):
    return _bleu(correct, total, written, wanted, np.prod)


@corpus_score.mistake("An order of which nothing was found makes BLEU 0. You left it out.")
def _zeros_left_out(correct, total, written, wanted):
    return _bleu(correct, total, written, wanted, lambda p: np.exp(np.sum(np.log(p[p > 0])) / 4))
