"""Exercises of "A model of characters"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number, order

__all__ = [
    "bits_and_perplexity",
    "bits_of_four_symbols",
    "chunks_that_go_on",
    "counted_and_smoothed",
    "one_step_of_training",
    "sharpened",
    "which_can_be_compared",
]

bits_of_four_symbols = number(
    "bits_of_four_symbols",
    answer=lambda: 1.75,
    rtol=1e-6,
    unit="bits",
    why="The four symbols cost 1, 2, 3 and 1 bits, 7 together: 1.75 a symbol. The perplexity is 2^1.75 = 3.36.",
    hints=(
        "What does a symbol of probability 1/4 cost? And one of 1/8?",
        "Each costs −log₂ p bits; what is asked for is the mean.",
        "(1 + 2 + 3 + …) / 4",
    ),
    mistakes=[
        (lambda: 7.0, "That is the whole text. Divide by its four symbols."),
        (lambda: 1.75 * np.log(2), "Those are nats, from the natural logarithm. Bits come from log₂."),
        (lambda: 2**1.75, "That is the perplexity, 2 to the power of what is asked for."),
        (lambda: -np.log2((0.5 + 0.25 + 0.125 + 0.5) / 4), "You averaged the probabilities first. Average the costs."),
    ],
)

which_can_be_compared = choice(
    "which_can_be_compared",
    answer="c",
    why="Both models spend bits on the same text, and the text has the same bytes for both.",
    feedback={
        "a": "A model with longer tokens has fewer of them, and each must carry more: its bits a token are higher at the same quality.",
        "b": "A perplexity a token is 2 to the power of the bits a token, and depends on what a token is in the same way.",
        "d": "The loss a token is the bits a token times log 2, and depends on what a token is in the same way.",
    },
    hints=(
        "Give both the same text of 1000 bytes. What do they agree on, and what not?",
        "The one has 1000 tokens, the other perhaps 300.",
        "Divide by something that both count alike.",
    ),
)

one_step_of_training = order(
    "one_step_of_training",
    lines={
        "A": "clip the gradient by its norm",
        "B": "keep the last state for the next chunk, detached from its past",
        "C": "take the next T symbols of each row, and the symbols after them as targets",
        "D": "let Adam change the weights",
        "E": "read them, beginning with the state that was kept; the loss is the mean cross-entropy",
        "F": "walk back through these T steps",
    },
    needs={"E": "C", "F": "E", "A": "F", "D": "A", "B": "E"},
    feedback={
        "E": "There is nothing to read yet: first take the symbols and their targets.",
        "F": "Back from what? The loss must be there first.",
        "A": "The gradient must have been computed before it can be clipped.",
        "D": "The weights are changed by the clipped gradient: clip first.",
        "B": "The last state is known only after the symbols have been read.",
    },
    hints=(
        "Which symbols, what follows from them, what follows from the loss, what is done with the gradient?",
        "Targets and inputs come first; clipping stands between the walk back and the step of Adam.",
        "take, read, back, clip, step; and the state is kept somewhere after it was computed",
    ),
)


# ------------------------------------------------------------------------------------------- bits and perplexity
def _log_probabilities(rng):
    yield case("a fair coin", np.log(np.full(5, 0.5)))
    yield case("one symbol that was certain", np.zeros(1))
    yield case("one sure, one surprising", np.log(np.array([0.99, 0.0001])))
    yield case("a long text", np.full(3000, np.log(0.25)))
    for N in (2, 7):
        yield (np.log(rng.uniform(0.01, 1, N)),)


@exercise(
    cases=_log_probabilities,
    hints=(
        "The mean of −log p is in nats. How many nats is one bit?",
        "bits = −mean / log 2, and the perplexity is e to the power of the nats, or 2 to the power of the bits.",
        "nats = -np.mean(log_p); return nats / …, np.exp(…)",
    ),
)
def bits_and_perplexity(log_p):
    """Return (bits a symbol, perplexity) of a text.

    log_p : (N,), natural logarithms of the probabilities that the model gave to the symbols that came;  returns two numbers
    """
    nats = -np.mean(log_p)
    return nats / np.log(2), np.exp(nats)


@bits_and_perplexity.mistake("Those are nats. A bit is log 2 = 0.693 nats, so divide by np.log(2).")
def _nats(log_p):
    return -np.mean(log_p), np.exp(-np.mean(log_p))


@bits_and_perplexity.mistake("You multiplied by log 2. There are more bits than nats: divide.")
def _multiplied(log_p):
    return -np.mean(log_p) * np.log(2), np.exp(-np.mean(log_p))


@bits_and_perplexity.mistake("The bases are mixed: 2 to the power of bits, or e to the power of nats.")
def _mixed(log_p):
    return -np.mean(log_p) / np.log(2), 2 ** -np.mean(log_p)


@bits_and_perplexity.mistake("The bases are mixed: e to the power of bits. It is 2 that belongs to bits.")
def _mixed_other(log_p):
    return -np.mean(log_p) / np.log(2), np.exp(-np.mean(log_p) / np.log(2))


@bits_and_perplexity.mistake(
    "You averaged the perplexities of the single symbols, 1/p. Average the logarithms, then take exp."
)
def _averaged(log_p):
    return -np.mean(log_p) / np.log(2), np.mean(np.exp(-log_p))


@bits_and_perplexity.mistake("exp of the sum grows with the length of the text. The perplexity is exp of the mean.")
def _exp_of_sum(log_p):
    with np.errstate(over="ignore"):
        return -np.mean(log_p) / np.log(2), np.exp(-np.sum(log_p))


@bits_and_perplexity.mistake("Those are the bits of the whole text. Divide by the number of symbols.")
def _whole_text(log_p):
    return -np.sum(log_p) / np.log(2), np.exp(-np.mean(log_p))


# ------------------------------------------------------------------------------------------------------- Witten-Bell
def _counts(rng):
    yield case("a context that was never seen", np.zeros(4), np.array([0.1, 0.2, 0.3, 0.4]))
    yield case("one follower, seen once", np.array([1.0, 0.0, 0.0]), np.array([0.2, 0.3, 0.5]))
    yield case("one follower, seen often", np.array([0.0, 50.0, 0.0]), np.array([0.2, 0.3, 0.5]))
    yield case("all followers, once each", np.ones(4), np.array([0.7, 0.1, 0.1, 0.1]))
    for K in (3, 6):
        shorter = rng.uniform(0.1, 1, K)
        yield rng.integers(0, 6, K).astype(float), shorter / shorter.sum()


@exercise(
    cases=_counts,
    hints=(
        "How many kinds of symbols have followed? That is t, and so often something new has happened.",
        "(counts + t · shorter) / (n + t), with n the sum of the counts; nothing was seen if n is 0.",
        "t = np.count_nonzero(counts); if t == 0: return …; return (counts + …) / (counts.sum() + …)",
    ),
)
def counted_and_smoothed(counts, shorter):
    """Return the probabilities (V,) of the next symbol after a context, smoothed as Witten and Bell do.

    counts : (V,), how often each symbol has followed the context, perhaps all 0
    shorter : (V,), the probabilities after the context without its oldest symbol;  returns an array (V,)
    """
    t = np.count_nonzero(counts)
    return (counts + t * shorter) / (counts.sum() + t) if t else shorter


def _smoothed(counts, shorter, t, total=None):
    n = counts.sum()
    if n == 0:
        return shorter.copy()
    return (counts + t * shorter) / (n + t if total is None else total)


@counted_and_smoothed.mistake("Those are the counts alone: what was never seen gets 0, and costs infinitely many bits.")
def _unsmoothed(counts, shorter):
    return counts / counts.sum() if counts.any() else shorter.copy()


@counted_and_smoothed.mistake(
    "That adds one to every symbol. Add what the shorter context says, times the number of kinds."
)
def _add_one(counts, shorter):
    return (counts + 1) / (counts.sum() + len(counts))


@counted_and_smoothed.mistake("The probabilities do not sum to 1: the numerators sum to n + t, so divide by n + t.")
def _by_n(counts, shorter):
    return _smoothed(counts, shorter, np.count_nonzero(counts), max(counts.sum(), 1))


@counted_and_smoothed.mistake(
    "t is the number of different symbols that have followed this context, not of all symbols there are."
)
def _all_kinds(counts, shorter):
    return _smoothed(counts, shorter, len(counts))


@counted_and_smoothed.mistake("You took t = 1. Witten and Bell let it be the number of kinds that have followed.")
def _one_kind(counts, shorter):
    return _smoothed(counts, shorter, 1)


@counted_and_smoothed.mistake(
    "t counts the kinds that have followed the context. You counted those that were seen exactly once."
)
def _singletons(counts, shorter):
    return _smoothed(counts, shorter, int((counts == 1).sum()), max(counts.sum() + (counts == 1).sum(), 1))


@counted_and_smoothed.mistake(
    "You use the shorter context only for what was never seen. It is mixed in for every symbol; else the sum is not 1."
)
def _only_unseen(counts, shorter):
    n, t = counts.sum(), np.count_nonzero(counts)
    return np.where(counts > 0, counts, t * shorter) / (n + t) if t else shorter.copy()


# ------------------------------------------------------------------------------------------------------- temperature
def _scores(rng):
    yield case("as it is", np.array([2.0, 1.0, 0.0]), 1.0)
    yield case("cold", np.array([1.0, 0.5, -1.0]), 0.1)
    yield case("hot", np.array([3.0, -3.0, 0.0]), 10.0)
    yield case("scores that overflow", np.array([1000.0, 999.0, 0.0]), 0.5)
    yield case("log-probabilities", np.log(np.array([0.7, 0.2, 0.1])), 2.0)
    for K in (3, 5):
        yield 2 * rng.normal(size=K), float(rng.uniform(0.3, 3))


@exercise(
    cases=_scores,
    hints=(
        "What must happen to the scores before the softmax, so that a low temperature makes their differences larger?",
        "softmax(z / T); take the largest score away before exp, so that nothing overflows.",
        "e = np.exp((z - z.max()) / …); return e / …",
    ),
)
def sharpened(z, T):
    """Return the probabilities (K,) of scores z (K,) at temperature T, a positive number."""
    e = np.exp((z - z.max()) / T)
    return e / e.sum()


def _softmax(z):
    e = np.exp(z - z.max())
    return e / e.sum()


@sharpened.mistake(
    "You multiplied the scores by T, or raised p to the power T: then a high temperature sharpens. Divide."
)
def _times(z, T):
    return _softmax(z * T)


@sharpened.mistake("You divided after the softmax and made the sum 1 again: that is the softmax itself, at every T.")
def _after_softmax(z, T):
    return _softmax(z)


@sharpened.mistake(
    "You divided the probabilities by T. They no longer sum to 1, and their ratios are the same as before."
)
def _divided_probabilities(z, T):
    return _softmax(z) / T


@sharpened.mistake("A softmax of a softmax: divide the scores by T, not the probabilities.")
def _twice(z, T):
    return _softmax(_softmax(z) / T)


@sharpened.mistake("At a large score exp overflows, and inf/inf is no number. Take the largest score away first.")
def _overflows(z, T):
    with np.errstate(over="ignore", invalid="ignore"):
        e = np.exp(z / T)
        return e / e.sum()


# ------------------------------------------------------------------------------------------------------- chunks
def _texts(rng):
    yield case("one row, chunks of one", np.arange(4), 1, 1)
    yield case("two rows of two chunks", np.arange(9), 2, 2)
    yield case("a rest that fills no chunk", np.arange(16), 2, 3)
    yield case("a symbol short of one chunk more", np.arange(12), 2, 3)
    for B, T, count in ((3, 2, 2), (2, 4, 3)):
        yield rng.integers(0, 9, B * T * count + 1 + int(rng.integers(0, B * T))), B, T


@exercise(
    cases=_texts,
    hints=(
        "Cut the text into B long rows first, each a piece of it; then cut the rows into chunks of T columns.",
        "With K chunks a row is K · T long: inputs are text[: B·K·T] as (B, K·T), targets the same from the next symbol on.",
        "K = (len(text) - 1) // (B * T); rows = text[: B * K * T].reshape(B, K, T); chunk k is rows[:, k]",
    ),
)
def chunks_that_go_on(text, B, T):
    """Return inputs and targets for truncated backpropagation with a carried state.

    text : (N,), with N > B · T. Row b of chunk k + 1 goes on in the text where row b of chunk k has ended; there are as many chunks
    as fit, and every input has a target, the symbol after it. What is left over at the end is dropped.
    returns two arrays (K, B, T)
    """
    K = (len(text) - 1) // (B * T)
    n = B * K * T
    inputs, targets = text[:n].reshape(B, K, T), text[1 : n + 1].reshape(B, K, T)
    return inputs.transpose(1, 0, 2), targets.transpose(1, 0, 2)


@chunks_that_go_on.mistake(
    "Row b of the next chunk does not go on where row b has ended: you cut windows one after the other and put B of them side by side."
)
def _windows(text, B, T):
    K = (len(text) - 1) // (B * T)
    n = B * K * T
    return text[:n].reshape(K, B, T), text[1 : n + 1].reshape(K, B, T)


@chunks_that_go_on.mistake("The targets are the inputs themselves. They must be the symbols after them.")
def _unshifted(text, B, T):
    inputs, _ = _right(text, B, T)
    return inputs, inputs


@chunks_that_go_on.mistake("The targets are shifted the wrong way: inputs and targets are exchanged.")
def _exchanged(text, B, T):
    inputs, targets = _right(text, B, T)
    return targets, inputs


@chunks_that_go_on.mistake(
    "At the end of each row the target is that row's first symbol: np.roll wraps round. Shift the text before you cut it."
)
def _wrapped(text, B, T):
    inputs, _ = _right(text, B, T)
    K = len(inputs)
    rows = inputs.transpose(1, 0, 2).reshape(B, K * T)
    return inputs, np.roll(rows, -1, axis=1).reshape(B, K, T).transpose(1, 0, 2)


@chunks_that_go_on.mistake("The axes are in another order: chunks first, then rows, then places, (K, B, T).")
def _rows_first(text, B, T):
    return tuple(part.transpose(1, 0, 2) for part in _right(text, B, T))


def _right(text, B, T):
    K = (len(text) - 1) // (B * T)
    n = B * K * T
    cut = lambda x: x.reshape(B, K, T).transpose(1, 0, 2)
    return cut(text[:n]), cut(text[1 : n + 1])
