"""Finding a probable answer of a model that writes symbol by symbol: greedy, with a beam, and exactly.

A model is two things: a state to start from, and a function ``step(state, symbol)`` that reads one symbol and gives the log-probabilities (V,) of
all symbols that could come next, and the new state. An answer's log-probability is the sum over its symbols, the end among them, so it can
only fall as an answer grows. Both the beam's stop and the exact search rest on that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from lib.book import validate

Step = Callable[[object, int], tuple[np.ndarray, object]]


@dataclass(frozen=True)
class Answer:
    """An answer: its symbols without start and end, its log-probability with the end, and whether it ended or was cut off."""

    symbols: tuple[int, ...]
    log_p: float
    ended: bool

    def score(self, alpha: float) -> float:
        """Return log_p / length^alpha, where the end counts as a symbol: with alpha = 0 short answers are preferred, with 1 long ones less so.

        Equation: eq-length-score
        """
        return self.log_p / (len(self.symbols) + self.ended) ** alpha if self.symbols or self.ended else self.log_p


class TableModel:
    """A model that is a table: what was written → the probabilities of the words that may follow. It needs no training.

    table : beginnings, words with spaces between them, "" for the start, each with word → probability, "</s>" for the end; after any
        other beginning comes the end
    words : all words, "<s>" (symbol 0) and "</s>" (symbol 1) first. The state is what was written, a tuple of words
    """

    START, END = 0, 1

    def __init__(self, table: Mapping[str, Mapping[str, float]]):
        if not isinstance(table, Mapping) or not all(isinstance(after, Mapping) for after in table.values()):
            raise TypeError(f"table must give words and probabilities for each beginning, but is {table!r:.60}")
        for beginning, after in table.items():
            shares = [validate.number(p, f"a probability after {beginning!r}", low=0, high=1) for p in after.values()]
            if abs(sum(shares) - 1) > 1e-9:
                raise ValueError(f"the probabilities after {beginning!r} must sum to 1, but sum to {sum(shares):g}")
        self.table = {tuple(beginning.split()): dict(after) for beginning, after in table.items()}
        known = {word for after in self.table.values() for word in after} - {"</s>"}
        self.words = ("<s>", "</s>", *sorted(known))

    def step(self, state: tuple[str, ...], symbol: int) -> tuple[np.ndarray, tuple[str, ...]]:
        """Read one symbol; return the log-probabilities (V,) of the next, and the new state. It starts from ()."""
        written = state if symbol == self.START else (*state, self.words[symbol])
        after = self.table.get(written, {"</s>": 1.0})
        with np.errstate(divide="ignore"):
            return np.log([after.get(word, 0.0) for word in self.words]), written

    def text(self, answer: Answer) -> str:
        """Return an answer's words."""
        return " ".join(self.words[symbol] for symbol in answer.symbols)


def greedy(step: Step, state, start: int, end: int, longest: int = 50) -> Answer:
    """Return the answer that takes the most probable symbol at each place, up to `longest` symbols."""
    start, end, longest = _marks(start, end, longest)
    symbols, log_p, symbol = [], 0.0, start
    for _ in range(longest):
        logs, state = _next(step, state, symbol, end)
        symbol = int(np.argmax(logs))
        log_p += float(logs[symbol])
        if symbol == end:
            return Answer(tuple(symbols), log_p, True)
        symbols.append(symbol)
    return Answer(tuple(symbols), log_p, False)


def beam_search(
    step: Step, state, start: int, end: int, width: int = 4, longest: int = 50, alpha: float = 0.0
) -> list[Answer]:
    """Return the answers that a beam of `width` unfinished ones finds, the best by score first; those that ended come before those cut off.

    alpha : answers are compared by log_p / length^alpha. 0 compares probabilities
    """
    *_, (live, done) = beam_steps(step, state, start, end, width, longest, alpha)
    return [*sorted(done, key=lambda a: -a.score(alpha)), *sorted(live, key=lambda a: -a.score(alpha))]


def beam_steps(
    step: Step, state, start: int, end: int, width: int = 4, longest: int = 50, alpha: float = 0.0
) -> Iterator[tuple[list[Answer], list[Answer]]]:
    """Yield after each step of a beam its unfinished answers, the most probable first, and all that have ended so far.

    An answer that has ended is set aside and never made longer. The search stops when no unfinished answer can overtake the best one: its
    log-probability can only fall, so log_p / longest^alpha is the most that it can still reach. Equation: eq-when-to-stop
    """
    start, end, longest = _marks(start, end, longest)
    width, alpha = validate.whole(width, "width", low=1), validate.number(alpha, "alpha", low=0, high=10)
    live: list[tuple[float, tuple[int, ...], object]] = [(0.0, (), state)]
    done: list[Answer] = []
    for place in range(longest):
        grown = []
        for log_p, symbols, state in live:
            logs, after = _next(step, state, symbols[-1] if symbols else start, end)
            best = np.argsort(-logs, kind="stable")[: width + 1]  # one of them may be the end
            grown += [(log_p + float(logs[s]), (*symbols, int(s)), after) for s in best]
        grown.sort(key=lambda one: -one[0])
        live = []
        for rank, (log_p, symbols, after) in enumerate(grown):
            if symbols[-1] == end:
                if rank < width and log_p > -np.inf:  # it stands among the best: it counts
                    done.append(Answer(symbols[:-1], log_p, True))
            elif len(live) < width and log_p > -np.inf:
                live.append((log_p, symbols, after))
        yield [Answer(symbols, log_p, False) for log_p, symbols, _ in live], [*done]
        if not live:
            return
        reachable = live[0][0] / longest**alpha if place + 1 < longest else -np.inf
        if done and max(answer.score(alpha) for answer in done) >= reachable:
            return


def exact_search(step: Step, state, start: int, end: int, longest: int = 50, most: int = 100_000) -> Answer:
    """Return the most probable of all answers of fewer than `longest` symbols, with certainty (Stahlberg and Byrne 2019). Equation: eq-best-answer

    Depth first, the most probable symbol first; a beginning that is less probable than the best whole answer so far is given up, since whatever
    follows makes it less probable still. Raises ValueError after `most` steps of the model: a model that is sure of little has too many
    beginnings that stay in the race.
    """
    start, end, longest = _marks(start, end, longest)
    most = validate.whole(most, "most", low=1)
    best = greedy(step, state, start, end, longest)
    if not best.ended:
        best = Answer((), -np.inf, False)
    open_, steps = [(0.0, (), state)], 0
    while open_:
        log_p, symbols, state = open_.pop()
        if log_p <= best.log_p or len(symbols) >= longest:
            continue
        steps += 1
        if steps > most:
            raise ValueError(f"no certainty after {most:,} steps of the model: it is sure of too little")
        logs, after = _next(step, state, symbols[-1] if symbols else start, end)
        if log_p + float(logs[end]) > best.log_p:
            best = Answer(symbols, log_p + float(logs[end]), True)
        for s in np.argsort(logs, kind="stable"):  # the most probable is put last, and taken first
            if s != end and log_p + float(logs[s]) > best.log_p:
                open_.append((log_p + float(logs[s]), (*symbols, int(s)), after))
    return best


def log_probability(step: Step, state, start: int, end: int, symbols) -> float:
    """Return the log-probability of an answer, its end included, or -inf where the model thinks it impossible. Equation: eq-symbol-by-symbol"""
    start, end, _ = _marks(start, end, 1)
    total, before = 0.0, start
    for symbol in [*_symbols(symbols), end]:
        logs, state = _next(step, state, before, end)
        if symbol >= len(logs):
            raise ValueError(f"symbols must be from 0 to {len(logs) - 1}, but one is {symbol}")
        total, before = total + float(logs[symbol]), symbol
    return total


def _symbols(symbols) -> list[int]:
    if not isinstance(symbols, (list, tuple, np.ndarray)):
        raise TypeError(f"symbols must be a list of whole numbers, but is {symbols!r:.60}")
    return [validate.whole(s, "a symbol", low=0) for s in symbols]


def _marks(start: int, end: int, longest: int) -> tuple[int, int, int]:
    return (
        validate.whole(start, "start", low=0),
        validate.whole(end, "end", low=0),
        validate.whole(longest, "longest", low=1, high=100_000),
    )


def _next(step: Step, state, symbol: int, end: int) -> tuple[np.ndarray, object]:
    """Return what the model's step gives, or raise where that is no vector of log-probabilities."""
    logs, after = step(state, symbol)
    logs = validate.array(logs, "the log-probabilities", 1, finite=False)
    if np.isnan(logs).any() or logs.max() > 1e-9 or end >= len(logs):
        raise ValueError(f"step must give log-probabilities, none above 0 and none NaN, of more than {end} symbols")
    return logs, after
