"""Vectors in context: two language models, one reading forwards and one backwards, and the states that they pass through.

ELMo in small (Peters et al. 2018): whole words instead of letters, and a softmax in two steps (Grave et al. 2017). Sentences of equal length are
read together, so that nothing is padded. Either direction computes its gradient in a thread of its own, and the two are added
afterwards: the same seed gives the same weights with one thread or two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch

from lib.book import validate
from lib.book.pytorch import one_thread
from lib.word_vectors.corpus import progress_report
from lib.word_vectors.language import SPECIAL, numbers, perplexity
from lib.word_vectors.vectors import WordVectors
from lib.word_vectors.vocabulary import Vocabulary

Sentences = Sequence[Sequence[str]]
AT_ONCE = 2048  # symbols that are read together when nothing is learned
# The softmax chooses among so many symbols first, then among the rest of so many, then among the others.
STEPS = (250, 1000)


@dataclass(frozen=True)
class Settings:
    """How to build and train.

    dimension : of the words' vectors and of each direction's states;  layers : LSTMs on top of one another
    batch : symbols in a step;  rate : the largest, after a warm-up, before it falls linearly to 0
    dropout : share of a layer's inputs that a step leaves out
    peek : let each layer after the first read both directions. Then a model sees what it should predict: to be shown, not to be used
    """

    dimension: int = 64
    layers: int = 2
    epochs: int = 1
    batch: int = 768
    rate: float = 0.015
    dropout: float = 0.0
    peek: bool = False
    seed: int = 0
    threads: int = 2

    def __post_init__(self):
        for name in ("dimension", "layers", "epochs", "batch"):
            validate.whole(getattr(self, name), name, low=1)
        validate.whole(self.seed, "seed", low=0)
        validate.whole(self.threads, "threads", low=1, high=2)
        validate.number(self.rate, "rate", low=0, open_low=True)
        if not 0 <= validate.number(self.dropout, "dropout") < 1:
            raise ValueError(f"dropout must be at least 0 and less than 1, but is {self.dropout:g}")


class Network(torch.nn.Module):
    """Words' vectors and a softmax in two steps, shared by two stacks of LSTMs. Arrays of symbols are (T, B): T places, B sentences."""

    def __init__(self, symbols: int, settings: Settings):
        super().__init__()
        d, stack = settings.dimension, range(settings.layers)
        self.words = torch.nn.Embedding(symbols, d)
        self.forwards = torch.nn.ModuleList(torch.nn.LSTM(d, d) for _ in stack)
        self.backwards = torch.nn.ModuleList(torch.nn.LSTM(d, d) for _ in stack)
        steps = [n for n in STEPS if n < symbols] or [symbols - 1]
        self.softmax = torch.nn.AdaptiveLogSoftmaxWithLoss(d, symbols, steps, div_value=2.0, head_bias=True)
        self.symbols, self.peek = symbols, settings.peek

    def states(self, x: torch.Tensor, forwards: bool, drop: Callable = lambda h: h) -> list[torch.Tensor]:
        """Return the words' vectors and the states of each layer, (T, B, d) each, of one direction.

        The state at a place has read the symbol there and all before it; backwards, all after it. From the second layer on what a
        layer reads is added to what it says.
        """
        if self.peek:
            return self._peeking(x, drop)[0 if forwards else 1]
        h = self.words(x)
        out = [h]
        for layer in self.forwards if forwards else self.backwards:
            new = _read(layer, drop(h), forwards)
            h = new if len(out) == 1 else new + h
            out.append(h)
        return out

    def _peeking(self, x, drop) -> tuple[list, list]:
        h = self.words(x)
        out, below = ([h], [h]), h
        for forth, back in zip(self.forwards, self.backwards, strict=True):
            ahead, behind = _read(forth, drop(below), True), _read(back, drop(below), False)
            out[0].append(ahead)
            out[1].append(behind)
            below = ahead + behind
        return out

    def log_likelihood(self, x: torch.Tensor, forwards: bool, drop: Callable = lambda h: h) -> torch.Tensor:
        """Return the log-probability of each symbol but the first (T − 1, B), from those before it; backwards, each but the last.

        x (T, B) begins and ends with the edge. Equation: eq-two-directions
        """
        top = drop(self.states(x, forwards, drop)[-1])
        top, target = (top[:-1], x[1:]) if forwards else (top[1:], x[:-1])
        target = (target + SPECIAL) % self.symbols  # the frequent first: other words, edge, vocabulary
        return self.softmax(top.flatten(0, 1), target.flatten()).output.view(target.shape)


def _read(layer: torch.nn.LSTM, h: torch.Tensor, forwards: bool) -> torch.Tensor:
    return layer(h)[0] if forwards else layer(h.flip(0))[0].flip(0)


class Reader:
    """A network and the vocabulary that it reads; `train` gives one that has learned.

    start : vectors of `dimension` for the words to begin with, made half as long as the random ones that all others get
    losses : the mean of both directions' losses, a number a step, in nats a symbol
    """

    def __init__(
        self, vocabulary: Vocabulary, settings: Settings | None = None, start: WordVectors | None = None, **changes
    ):
        if settings is not None and changes:
            raise TypeError("give either settings or single values, not both")
        self.vocabulary = validate.instance(vocabulary, Vocabulary, "vocabulary")
        self.settings = validate.instance(Settings(**changes) if settings is None else settings, Settings, "settings")
        self.losses: list[float] = []
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.settings.seed)
            self.network = Network(len(vocabulary) + SPECIAL, self.settings)
        if start is not None:
            self._take(start)

    @property
    def edge(self) -> int:
        """The symbol at either end of a sentence."""
        return len(self.vocabulary) + 1

    def _take(self, start: WordVectors) -> None:
        validate.instance(start, WordVectors, "start")
        d = self.settings.dimension
        if start.matrix.shape[1] != d:
            raise ValueError(f"start has vectors of {start.matrix.shape[1]} dimensions, but the network wants {d}")
        known = [word for word in self.vocabulary.words if word in start]
        rows = [self.vocabulary.index[word] for word in known]
        with torch.no_grad():
            self.network.words.weight[rows] = torch.from_numpy(
                start.unit[[start.index[word] for word in known]] * np.float32(d**0.5 / 2)
            )

    # ------------------------------------------------------------------------------------------------- training
    def learn(self, sentences: Sentences, report: Callable[[float], None] | None = None) -> Reader:
        """Train on the sentences for all of settings.epochs, and return itself; `report` is told the share done.

        Raises FloatingPointError where the loss is no number any more, or the weights have left all bounds: the rate is too large.
        """
        s, rows = self.settings, numbers(sentences, self.vocabulary)
        self._start(rows)
        weights = list(self.network.parameters())
        optimiser = torch.optim.Adam(weights, lr=s.rate, fused=True)
        total, done = s.epochs * len(_layout(rows, s.batch)), 0
        with one_thread(), ThreadPoolExecutor(2, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            for epoch in range(s.epochs):
                draws = [torch.Generator().manual_seed(1000 * s.seed + 2 * epoch + way) for way in (0, 1)]
                for _, x in _batches(rows, self.edge, s.batch, np.random.default_rng([s.seed, epoch])):
                    optimiser.param_groups[0]["lr"] = s.rate * min(1, 20 * (done + 1) / total) * (1 - done / total)
                    each = map if s.threads == 1 else pool.map
                    (one, ahead), (two, behind) = each(self._slopes, (x, x), (True, False), draws)
                    for weight, a, b in zip(weights, ahead, behind, strict=True):
                        weight.grad = a if b is None else b if a is None else a + b
                    torch.nn.utils.clip_grad_norm_(weights, 1.0)
                    optimiser.step()
                    done += 1
                    self.losses.append((one + two) / 2)
                    if not np.isfinite(self.losses[-1]):
                        raise FloatingPointError("the training diverged: choose a smaller rate")
                    if report:
                        report(done / total)
                self._check_bounds()
        return self

    def _check_bounds(self) -> None:
        """Raise where the weights are huge: states are saturated then, and the loss may well be a number still."""
        if not all(float(weight.detach().abs().max()) < 1e6 for weight in self.network.parameters()):
            raise FloatingPointError("the training diverged: choose a smaller rate")

    def _start(self, rows: list[np.ndarray]) -> None:
        """Let the scores begin at the logarithms of the symbols' shares, so that nothing has to be learned but the rest."""
        counts = np.bincount(np.concatenate(rows), minlength=self.edge + 1) + 1.0
        counts[self.edge] += len(rows)
        counts, head = np.roll(counts, SPECIAL), self.network.softmax.head
        ends = [0, *self.network.softmax.cutoffs]
        groups = [counts[a:b].sum() for a, b in pairwise(ends[1:])]
        shares = np.append(counts[: ends[1]], groups) / counts.sum()
        with torch.no_grad():
            head.bias.copy_(torch.from_numpy(np.log(shares)))
            head.weight.mul_(0.1)

    def _slopes(self, x, forwards: bool, draw: torch.Generator) -> tuple[float, tuple]:
        """Return one direction's mean loss on a batch (T, B), and the gradient by each weight of its share of a whole batch's."""
        keep = 1 - self.settings.dropout

        def drop(h):
            return h if keep == 1 else h * (torch.rand(h.shape, generator=draw) < keep).to(h.dtype).div_(keep)

        loss = -self.network.log_likelihood(x, forwards, drop).sum()
        slopes = torch.autograd.grad(loss / self.settings.batch, list(self.network.parameters()), allow_unused=True)
        return float(loss.detach()) / (x.shape[1] * (len(x) - 1)), slopes

    # -------------------------------------------------------------------------------------------------- reading
    def log_probabilities(self, sentences: Sentences, forwards: bool = True) -> list[np.ndarray]:
        """Return for each sentence the log-probabilities (T + 1,) of its T words and of the edge that comes after them.

        Backwards the edge comes first: it stands before the first word. In both the order is that of the page.
        """
        rows = numbers(sentences, self.vocabulary)
        out: list[np.ndarray] = [np.empty(0)] * len(rows)
        with torch.inference_mode(), one_thread():
            for which, x in _batches(rows, self.edge, AT_ONCE):
                for i, found in zip(which, self.network.log_likelihood(x, forwards).T.numpy(), strict=True):
                    out[i] = found.astype(np.float64)
        return out

    def perplexity(self, sentences: Sentences, forwards: bool = True) -> float:
        """Return the perplexity of the sentences, read in one direction.

        Equation: eq-perplexity
        """
        return perplexity(np.concatenate(self.log_probabilities(sentences, forwards)))

    def states(self, sentence: Sequence[str]) -> np.ndarray:
        """Return the layers of a sentence's words (L + 1, T, 2d): both directions side by side, the words' own vectors first."""
        return self.at([sentence], [(0, i) for i in range(len(sentence))])

    def at(self, sentences: Sentences, places) -> np.ndarray:
        """Return the layers (L + 1, n, 2d) at these places: rows of sentence and position, further columns are not looked at.

        The lowest layer is the word's own vector, twice.
        """
        try:
            places = validate.indices(places, "places", None)
        except TypeError as error:
            raise ValueError(f"places must be rows of sentence and position: {error}") from None
        if places.ndim != 2 or places.shape[1] < 2 or not len(places):
            raise ValueError(f"places must be rows of sentence and position, but has shape {places.shape}")
        named = np.unique(places[:, 0])
        if named[0] < 0 or named[-1] >= len(sentences):
            raise ValueError(f"places name sentence {named[-1]}, but there are {len(sentences)}")
        rows = numbers([sentences[i] for i in named], self.vocabulary)
        own = np.searchsorted(named, places[:, 0])
        if any(not 0 <= at < len(rows[i]) for i, at in zip(own, places[:, 1], strict=True)):
            raise ValueError("places name a position outside its sentence")
        out = np.empty((self.settings.layers + 1, len(places), 2 * self.settings.dimension), np.float32)
        order = np.argsort(own, kind="stable")
        first = np.searchsorted(own[order], np.arange(len(rows) + 1))
        with torch.inference_mode(), one_thread():
            for which, x in _batches(rows, self.edge, AT_ONCE):
                both = [self.network.states(x, way) for way in (True, False)]
                for j, pair in enumerate(zip(*both, strict=True)):
                    h = torch.cat(pair, dim=2).numpy()  # (T + 2, B, 2d)
                    for column, i in enumerate(which):
                        mine = order[first[i] : first[i + 1]]
                        out[j, mine] = h[1 + places[mine, 1], column]
        return out

    def vectors(self) -> WordVectors:
        """Return the words' own vectors: the lowest layer, the same in every sentence."""
        return WordVectors(self.vocabulary.words, self.network.words.weight.detach().numpy()[: len(self.vocabulary)])


def train(
    sentences: Sentences,
    vocabulary: Vocabulary,
    settings: Settings | None = None,
    start: WordVectors | None = None,
    *,
    progress: bool = False,
    **changes,
) -> Reader:
    """Return a `Reader` that has learned from the sentences; `progress` shows a bar where a reader watches.

    ``train(sentences, vocabulary.build(sentences, 10), dimension=64, seed=1)``
    """
    return Reader(vocabulary, settings, start, **changes).learn(
        sentences, progress_report("training") if progress else None
    )


def _batches(rows: list[np.ndarray], edge: int, size: int, rng=None) -> Iterator[tuple[np.ndarray, torch.Tensor]]:
    """Yield sentences of equal length together: which, and their symbols (T + 2, B) with an edge at either end.

    A batch predicts at most `size` symbols in a direction, or is one sentence; in order of length, or shuffled by `rng`.
    """
    made = _layout(rows, size, rng)
    for b in range(len(made)) if rng is None else rng.permutation(len(made)):
        x = np.full((len(rows[made[b][0]]) + 2, len(made[b])), edge)
        x[1:-1] = np.stack([rows[i] for i in made[b]]).T
        yield made[b], torch.from_numpy(x)


def _layout(rows: list[np.ndarray], size: int, rng=None) -> list[np.ndarray]:
    """Return which sentences go together, those of a length in their order, or shuffled by `rng`."""
    lengths, made = np.array([len(row) for row in rows]), []
    order = np.arange(len(rows)) if rng is None else rng.permutation(len(rows))
    for length in np.unique(lengths):
        same = order[lengths[order] == length]
        many = max(1, size // (int(length) + 1))
        made.extend(same[at : at + many] for at in range(0, len(same), many))
    return made
