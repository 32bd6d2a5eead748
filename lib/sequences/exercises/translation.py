"""Exercises of "Reading and writing"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number, order

__all__ = [
    "attend",
    "attend_in_a_batch",
    "exact_from_words",
    "misaligned",
    "one_word_written",
    "slope_by_scores",
    "until_the_first_mistake",
    "which_axis",
    "write_greedily",
]


# ------------------------------------------------------------------------------------------------------- one query
def _one_query(rng):
    yield case("one place: it gets all the weight", np.array([3.0, -1.0]), np.array([[0.5, 2.0]]))
    yield case("two places that fit alike", np.array([1.0, 0.0]), np.array([[2.0, 1.0], [2.0, -3.0]]))
    yield case("large scores", np.array([40.0, 0.0]), np.array([[40.0, 1.0], [39.9, 2.0], [-40.0, 3.0]]))
    for T, H in ((4, 3), (3, 4), (5, 2)):
        yield rng.normal(size=H), 1.5 * rng.normal(size=(T, H))


@exercise(
    cases=_one_query,
    hints=(
        "Three lines: how well does each place fit, what share does each get, what is the mix?",
        "e = M q; α = exp(e) / Σ exp(e), from scores whose largest has been subtracted; c = α M.",
        "e = M @ q; a = np.exp(e - e.max()); a = a / …; return a, a @ …",
    ),
)
def attend(q, M):
    """Return the attention weights and the context of one query, with dot scores.

    q : (H,), the decoder's state;  M : (T, H), the memory, one row a place of the source
    returns (weights, context) : (T,) and (H,). Scores may be in the thousands: the weights must be finite
    """
    e = M @ q
    a = np.exp(e - e.max())
    a = a / a.sum()
    return a, a @ M


@attend.mistake("The weights do not sum to 1: divide by the sum of the exponentials.")
def _not_divided(q, M):
    e = M @ q
    a = np.exp(e - e.max())
    return a, a @ M


@attend.mistake(
    "You took the scores themselves as weights, divided by their sum. They can be negative, or sum to nothing: take their exponentials first."
)
def _no_exponential(q, M):
    e = M @ q
    a = e / (e.sum() or 1.0)
    return a, a @ M


@attend.mistake(
    "That is right for small scores. exp of a thousand is infinite: subtract the largest score first, which changes no weight."
)
def _overflows(q, M):
    with np.errstate(all="ignore"):
        a = np.exp(M @ q)
        a = a / a.sum()
    return a, a @ M


@attend.mistake(
    "You took the place that fits best alone. That is a choice, and it has no slope; a soft look-up mixes all places."
)
def _hard(q, M):
    a = np.zeros(len(M))
    a[np.argmax(M @ q)] = 1.0
    return a, a @ M


@attend.mistake("You mixed all places equally: the query has no say in it. It never looks.")
def _mean(q, M):
    a = np.full(len(M), 1 / len(M))
    return a, a @ M


@attend.mistake(
    "The scores are divided by √H. That is another attention, of the next chapter; here the score is q · m as it is."
)
def _scaled(q, M):
    e = M @ q / np.sqrt(len(q))
    a = np.exp(e - e.max())
    a = a / a.sum()
    return a, a @ M


# --------------------------------------------------------------------------------------------------------- a batch
def _batches(rng):
    yield case(
        "one sentence, no padding", np.array([[[1.0, 0.0]]]), np.array([[[2.0, 1.0], [0.0, -3.0]]]), np.array([2])
    )
    yield case(
        "one real place",
        np.array([[[1.0, 1.0], [-2.0, 0.5]]]),
        np.array([[[0.5, 2.0], [9.0, 9.0], [7.0, -7.0]]]),
        np.array([1]),
    )
    yield case(
        "large scores, positive in one sentence and negative in the other",
        np.array([[[40.0, 0.0]], [[-40.0, 0.0]]]),
        np.array([[[40.0, 1.0], [39.9, 2.0]], [[40.0, 3.0], [39.9, 4.0]]]),
        np.array([2, 2]),
    )
    for B, n, T, H in ((3, 2, 4, 2), (2, 3, 3, 4), (4, 4, 4, 4)):
        lengths = rng.integers(1, T + 1, size=B)
        lengths[0] = T
        lengths[-1] = min(lengths[-1], T - 1)
        yield rng.normal(size=(B, n, H)), 1.5 * rng.normal(size=(B, T, H)) - 0.7, lengths


@exercise(
    cases=_batches,
    hints=(
        "The scores are (B, n, T): a row for each query, an entry for each place. Along which axis must the weights sum to 1?",
        "Scores: S @ the memory with its last two axes exchanged. Where a place is not below the length, the score is −∞. Softmax over the last axis.",
        "e = S @ M.transpose(0, 2, 1); real = np.arange(T) < lengths[:, None, None]; e = np.where(real, e, -np.inf); …",
    ),
)
def attend_in_a_batch(S, M, lengths):
    """Return the contexts of all queries of a batch, with dot scores; padding gets no weight.

    S : (B, n, H), n queries for each sentence;  M : (B, T, H), the memories;  lengths : (B,), how many places of each are real, at least 1
    returns (B, n, H)
    """
    e = S @ M.transpose(0, 2, 1)
    real = np.arange(M.shape[1]) < lengths[:, None, None]
    e = np.where(real, e, -np.inf)
    a = np.exp(e - e.max(axis=2, keepdims=True))
    return a / a.sum(axis=2, keepdims=True) @ M


def _in_a_batch(S, M, lengths, axis=2, fill=-np.inf, after=False):
    e = S @ M.transpose(0, 2, 1)
    real = np.arange(M.shape[1]) < np.asarray(lengths)[:, None, None]
    kept = e if after else np.where(real, e, fill)
    with np.errstate(all="ignore"):
        a = np.exp(kept - kept.max(axis=axis, keepdims=True))
        a = np.nan_to_num(a / a.sum(axis=axis, keepdims=True))
    return (a * real if after else a) @ M


@attend_in_a_batch.mistake(
    "Your weights sum to 1 over the batch: each sentence's translation depends on its neighbours in the batch. Sum over the places, the last axis."
)
def _over_the_batch(S, M, lengths):
    return _in_a_batch(S, M, lengths, axis=0)


@attend_in_a_batch.mistake(
    "Your weights sum to 1 over the queries. For each query they must sum to 1 over the places, the last axis."
)
def _over_the_queries(S, M, lengths):
    return _in_a_batch(S, M, lengths, axis=1)


@attend_in_a_batch.mistake(
    "That is right for small scores. exp of a thousand is infinite: subtract the largest score of each row first, which changes no weight."
)
def _batch_overflows(S, M, lengths):
    e = S @ M.transpose(0, 2, 1)
    real = np.arange(M.shape[1]) < lengths[:, None, None]
    with np.errstate(all="ignore"):
        a = np.where(real, np.exp(e), 0)
        return a / a.sum(axis=2, keepdims=True) @ M


@attend_in_a_batch.mistake("Padding gets weight, as if it were a place of the sentence: the lengths are not used.")
def _padding_seen(S, M, lengths):
    return _in_a_batch(S, M, np.full(len(M), M.shape[1]))


@attend_in_a_batch.mistake(
    "A padded place has the score 0 with you, and exp(0) = 1 is a weight like others. Its score must be −∞."
)
def _zero_scores(S, M, lengths):
    return _in_a_batch(S, M, lengths, fill=0.0)


@attend_in_a_batch.mistake(
    "You took the padding's weights away after the softmax, so that the rest does not sum to 1. Mask the scores, before it."
)
def _masked_after(S, M, lengths):
    return _in_a_batch(S, M, lengths, after=True)


# --------------------------------------------------------------------------------------------------- back to the scores
def _weights_and_slopes(rng):
    yield case("one place: nothing can change", np.ones(1), np.array([[2.0, 1.0]]), np.array([1.0, -1.0]))
    yield case("two equal places", np.array([0.5, 0.5]), np.array([[1.0, 0.0], [-1.0, 0.0]]), np.array([2.0, 5.0]))
    for T, H in ((3, 2), (4, 4), (5, 3)):
        a = np.exp(rng.normal(size=T))
        yield a / a.sum(), rng.normal(size=(T, H)), rng.normal(size=H)


@exercise(
    cases=_weights_and_slopes,
    hints=(
        "If only place j were to get more, the others would get less. What does the context move towards, and away from?",
        "∂c/∂e_j = α_j (m_j − c), and the slope of the loss is its product with g.",
        "c = a @ M; return a * ((M - …) @ g)",
    ),
)
def slope_by_scores(a, M, g):
    """Return the loss's slope by each of the scores of one query.

    a : (T,), the attention weights, the softmax of the scores;  M : (T, H), the memory;  g : (H,), the loss's slope by the context a M
    returns (T,)
    """
    c = a @ M
    return a * ((M - c) @ g)


@slope_by_scores.mistake(
    "That is the slope by the weights. A score changes all weights: multiply by the softmax's slopes, α_j (δ_jk − α_k)."
)
def _by_weights(a, M, g):
    return M @ g


@slope_by_scores.mistake(
    "What the other places lose is missing: if one weight grows the others shrink, so it is m_j − c, not m_j."
)
def _others_forgotten(a, M, g):
    return a * (M @ g)


@slope_by_scores.mistake("The factor α_j is missing: a place that has no weight cannot be felt.")
def _without_weight(a, M, g):
    return (M - a @ M) @ g


@slope_by_scores.mistake("The other way round: more score moves the context towards m_j, so it is m_j − c.")
def _turned(a, M, g):
    return a * ((a @ M - M) @ g)


@slope_by_scores.mistake(
    "α (1 − α) is the softmax's slope of a weight by its own score. The other weights change as well, by −α_j α_k."
)
def _diagonal(a, M, g):
    return a * (1 - a) * (M @ g)


# ------------------------------------------------------------------------------------------------------- the loop
def _tables(rng):
    yield case("ends at once", np.array([[0.0, 1.0, 9.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]), 0, 2, 5)
    yield case(
        "goes round and round: cut off",
        np.array([[0.0, 3.0, 1.0], [0.0, 5.0, 1.0], [0.0, 0.0, 0.0]]),
        0,
        2,
        4,
    )
    yield case(
        "start and end at other places",
        np.array([[0.0, 4.0, 1.0, 2.0], [5.0, 0.0, 1.0, 2.0], [1.0, 2.0, 3.0, 9.0], [1.0, 2.0, 0.0, 0.5]]),
        2,
        0,
        6,
    )
    for V in (5, 6, 8, 9):
        chain = rng.permutation(V)
        table = rng.normal(size=(V, V))
        table[chain[:-1], chain[1:]] += 9
        yield table, int(chain[0]), int(chain[-1]), V + 2
    chain = rng.permutation(7)
    table = rng.normal(size=(7, 7))
    table[chain[:-1], chain[1:]] += 9
    yield table, int(chain[0]), int(chain[-1]), 3


@exercise(
    cases=_tables,
    hints=(
        "Keep one word, the one before. Look up what fits best after it; that is the next word before.",
        "Repeat at most `longest` times: the next word is the argmax of the scores' row of the word before. Stop where it is the end.",
        "word, out = start, []; for _ in range(longest): word = int(np.argmax(scores[…])); if word == …: break; out.append(word)",
    ),
)
def write_greedily(scores, start, end, longest):
    """Return the words that a model writes if it takes the best one each time: a list of whole numbers, without start and end.

    scores : (V, V), row a has the scores of all words that could follow word a: this model's whole state is the word before
    start, end : the two marks' numbers;  longest : after so many words it is cut off
    """
    out, word = [], start
    for _ in range(longest):
        word = int(np.argmax(scores[word]))
        if word == end:
            break
        out.append(word)
    return out


def _loop(scores, start, end, longest, back=True, keep_end=False, stop=True, axis=0, first=False, best=np.argmax):
    out, word = [start] if first else [], start
    for _ in range(longest):
        new = int(best(scores[word] if axis == 0 else scores[:, word]))
        if new == end and stop:
            return out + [end] * keep_end
        out.append(new)
        word = new if back else start
    return out


@write_greedily.mistake(
    "The word before is always the start: hand each word that was written to the next step, or all are the same."
)
def _never_fed_back(scores, start, end, longest):
    return _loop(scores, start, end, longest, back=False)


@write_greedily.mistake(
    "The end mark stands in your answer. It says that the answer is over, and is none of its words."
)
def _end_kept(scores, start, end, longest):
    return _loop(scores, start, end, longest, keep_end=True)


@write_greedily.mistake("You write on after the end mark, until the answer is cut off. Stop there.")
def _no_stop(scores, start, end, longest):
    return _loop(scores, start, end, longest, stop=False)


@write_greedily.mistake("You looked in the column: what could have stood before the word. Row a has what may follow a.")
def _column(scores, start, end, longest):
    return _loop(scores, start, end, longest, axis=1)


@write_greedily.mistake("The start mark stands in your answer: it is read first, but nobody wrote it.")
def _start_kept(scores, start, end, longest):
    return _loop(scores, start, end, longest, first=True)


@write_greedily.mistake(
    "You took the worst word each time: the scores are scores, not losses, so the largest is the best."
)
def _worst(scores, start, end, longest):
    return _loop(scores, start, end, longest, best=np.argmin)


# ---------------------------------------------------------------------------------------------------- the alignment
def _maps(rng):
    yield case("all where they should be", np.array([[0.9, 0.1], [0.2, 0.8]]), [[0], [1]])
    yield case("either of two places is right", np.array([[0.1, 0.7, 0.2], [0.6, 0.3, 0.1]]), [[0, 1], [1, 2]])
    for n, T in ((3, 4), (5, 3), (4, 4), (6, 5)):
        weights = rng.dirichlet(np.full(T, 0.7), size=n)
        gold = []
        for row in weights:
            best, other = int(row.argmax()), int(row.argmin())
            gold.append([best] if rng.random() < 0.3 else sorted({other, (other + 1) % T}))
        yield weights, gold


@exercise(
    cases=_maps,
    hints=(
        "For each word: which place has the largest weight, and is it one of those that the word says?",
        "The share of rows whose argmax is not in the gold places of that row.",
        "np.mean([int(row.argmax()) not in … for row, places in zip(weights, gold)])",
    ),
)
def misaligned(weights, gold):
    """Return the alignment error: the share of words that look most at a place which they do not say.

    weights : (n, T), a row for each word written, an entry for each place of the source;  gold : a list of n lists of places
    """
    wrong = [int(row.argmax()) not in places for row, places in zip(weights, gold)]  # noqa: B905
    return float(np.mean(wrong))


@misaligned.mistake("That is the share that looks at the right place. The error is the rest.")
def _right_share(weights, gold):
    return 1 - misaligned.function(weights, gold)


@misaligned.mistake("That is how many words look at the wrong place. The share is asked for: divide by their number.")
def _count(weights, gold):
    return misaligned.function(weights, gold) * len(weights)


@misaligned.mistake(
    "That is the weight that falls outside the gold places, on average. It is a sensible measure, and another one: here only the largest counts."
)
def _weight_outside(weights, gold):
    return float(np.mean([1 - row[list(places)].sum() for row, places in zip(weights, gold, strict=True)]))


@misaligned.mistake(
    "You asked for the first of the gold places only. A word that says two English ones may look at either."
)
def _first_place_only(weights, gold):
    return float(np.mean([int(row.argmax()) != places[0] for row, places in zip(weights, gold, strict=True)]))


@misaligned.mistake(
    "argmax without an axis, or over the words, is another place: take it in each row, over the source."
)
def _one_argmax(weights, gold):
    best = int(np.argmax(weights)) % weights.shape[1]
    return float(np.mean([best not in places for places in gold]))


# ------------------------------------------------------------------------------------------------------ in words
exact_from_words = number(
    "exact_from_words",
    answer=lambda: 100 * 0.98**8,
    rtol=2e-3,
    unit="%",
    why="All eight must be right: 0.98⁸ = 0.851. A per cent of wrong words is about a per cent of wrong answers for each word that they have.",
    hints=(
        "The answer is right if the first word is right, and the second, and so on.",
        "The probability of a whole is the product of those of its places.",
        "100 * 0.98 ** …",
    ),
    mistakes=[
        (lambda: 98.0, "That is the share of right words. An answer of eight is right only if all are."),
        (lambda: 84.0, "100 − 8 · 2 counts answers with two mistakes twice; multiply the eight probabilities."),
        (lambda: 100 * 0.98**7, "The end is a place like the others: there are eight in all."),
        (lambda: 100 * (1 - 0.98**8), "That is the share of answers with a mistake."),
        (lambda: 0.98**8, "In per cent, please."),
    ],
)

which_axis = choice(
    "which_axis",
    answer="b",
    why="With the softmax over the batch the weights of a place sum to 1 over the sentences that happen to be there together. A sentence alone gets weight 1 "
    "at every place: the sum of its memory, whatever the query.",
    feedback={
        "a": "Padding that is seen would show with long neighbours only, and not for a sentence alone, which has no padding.",
        "c": "Teacher forcing changes what the decoder reads. Which sentences stand beside this one it cannot know.",
        "d": "The fixed context is made from this sentence's own states; neighbours have no part in it.",
    },
    hints=(
        "What can one sentence of a batch know of another?",
        "Nothing, unless some operation goes along the batch's axis.",
        "The scores have the shape (B, n, T). Which axis would mix sentences if something were summed along it?",
    ),
)

until_the_first_mistake = choice(
    "until_the_first_mistake",
    answer="c",
    why="Up to its first mistake a greedy decoder has written the right words, so it reads the same as with a teacher, and says the same. If there is no first "
    "mistake with a teacher, there is none without.",
    feedback={
        "a": "They differ after the first mistake only, and then the answer is wrong in both.",
        "b": "Its own words can be wrong, but then the answer is wrong already: look at what is read before the first mistake.",
        "d": "The share of right words can differ, but only from the first mistake on, and an answer with a mistake is wrong in both.",
    },
    hints=(
        "What does the decoder read before it has made a mistake?",
        "Write down what the two of them read at place 1, at place 2, … as long as all is right.",
        "They read the same until the first mistake. Who has made one is wrong, with or without a teacher.",
    ),
)

one_word_written = order(
    "one_word_written",
    lines={
        "A": "e = the score of s with each row of the memory M",
        "B": "o = tanh([s, c] W_m + b_m)",
        "C": "c = α M",
        "D": "s = GRU(vector of the word before, s)",
        "E": "the next word is the largest of o W_o + b_o",
        "F": "α = softmax(e) over the source's places",
    },
    needs={"A": "D", "F": "A", "C": "F", "B": "C", "E": "B"},
    feedback={
        "A": "The scores compare the new state: renew it first.",
        "F": "Weights are made of scores.",
        "C": "The context is mixed by the weights.",
        "B": "The output looks at state and context: both must be there.",
        "E": "The word is read off the output.",
    },
    hints=(
        "What does the decoder know before it looks at the source?",
        "First the state is renewed with the word before; then it looks; then it speaks.",
        "State, scores, weights, context, output, word.",
    ),
)
