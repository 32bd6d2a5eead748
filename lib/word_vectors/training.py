"""word2vec, fast: skip-gram and CBOW with negative sampling, in blocks, by PyTorch.

The text is cut into blocks of 32 consecutive words. A block's words and their contexts are the same few rows, so all
its scores are one small matrix product, and its noise words are shared. Thirty-two blocks make a step. Trained on one
thread, the same seed gives the same vectors.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from lib.book import validate
from lib.book.pytorch import one_thread
from lib.word_vectors.corpus import progress_report
from lib.word_vectors.vectors import WordVectors
from lib.word_vectors.vocabulary import Text, Vocabulary
from lib.word_vectors.word2vec import keep_probability, noise_distribution

BLOCK = 32  # consecutive words that share a matrix product
# Rate times the gradients that one word may get in a step; see eq-step-limit, for vectors of squared length 2.
BEARABLE = 4.0


@dataclass(frozen=True)
class Settings:
    """How to train. rate=None and blocks=None (of 32 words each, a step) take what suits the kind.

    kind : "skip-gram" or "cbow";  matrices : 2, or 1 where words and contexts share their vectors
    divide : whether CBOW's gradient by a context word is divided by their number, as that of a mean is; the original
             program and gensim do not
    """

    kind: str = "skip-gram"
    dimension: int = 100
    window: int = 5
    negatives: int = 5
    epochs: int = 5
    rate: float | None = None
    exponent: float = 0.75
    sample: float = 1e-3
    matrices: int = 2
    divide: bool = False
    seed: int = 0
    threads: int = 1
    blocks: int | None = None

    def __post_init__(self):
        if self.kind not in ("skip-gram", "cbow"):
            raise ValueError(f"kind must be 'skip-gram' or 'cbow', but is {self.kind!r}")
        for name in ("dimension", "window", "negatives", "epochs", "threads"):
            validate.whole(getattr(self, name), name, low=1)
        validate.whole(self.seed, "seed", low=0)
        validate.whole(self.matrices, "matrices", low=1, high=2)
        validate.number(self.exponent, "exponent")
        validate.number(self.sample, "sample", low=0)
        if self.rate is not None:
            validate.number(self.rate, "rate", low=0, open_low=True)
        if self.blocks is not None:
            validate.whole(self.blocks, "blocks", low=1)
        if self.window > BLOCK:
            raise ValueError(f"window must be at most {BLOCK}, but is {self.window}")
        if self.kind == "cbow" and self.matrices == 1:
            raise ValueError("CBOW with one matrix is not offered: matrices must be 2")

    @property
    def starting_rate(self) -> float:
        """The learning rate of the first step."""
        return self.rate if self.rate is not None else {"skip-gram": 0.05, "cbow": 0.08}[self.kind]

    @property
    def blocks_a_step(self) -> int:
        """How many blocks of 32 words are computed from the same matrices."""
        return self.blocks if self.blocks is not None else {"skip-gram": 32, "cbow": 64}[self.kind]


class Trainer:
    """Trains W (V, d), the words' vectors, and U (V, d), the contexts'. It can be stopped, saved and taken up again.

    The learning rate falls linearly to nearly 0 over all of settings.epochs. An epoch draws its randomness from the seed and its own
    number, so that a run which was interrupted goes on as if it had not been.
    """

    def __init__(self, text: Text, settings: Settings | None = None, **changes):
        self.settings = validate.instance(Settings(**changes) if settings is None else settings, Settings, "settings")
        validate.instance(text, Text, "text")
        if settings is not None and changes:
            raise TypeError("give either settings or single values, not both")
        self.text, self.epoch = text, 0
        if len(text.vocabulary) < 2:
            raise ValueError("a model needs at least two words")
        if len(text) < 2:
            raise ValueError("the text is too short: at least two words are needed")
        V, d = len(text.vocabulary), self.settings.dimension
        start = np.random.default_rng(self.settings.seed).random((V, d), dtype=np.float32)
        self.W = (start - np.float32(0.5)) / np.float32(d)
        self.U = self.W if self.settings.matrices == 1 else np.zeros((V, d), np.float32)
        self.noise = _noise_of(text.vocabulary, self.settings.exponent)

    def run(self, epochs: int | None = None, report: Callable[[float], None] | None = None) -> Trainer:
        """Train to the end, or for `epochs` more; `report` is told the share done of all epochs. Returns itself.

        Whatever interrupts an epoch (Ctrl+C too), the matrices go back to where it began. Raises FloatingPointError
        where the vectors have grown beyond all bounds: the rate, or blocks, is too large.
        """
        last = self.settings.epochs
        if epochs is not None:
            last = min(last, self.epoch + validate.whole(epochs, "epochs", low=1))
        while self.epoch < last:
            before = self.W.copy(), self.U.copy()
            try:
                with one_thread():
                    self._epoch(report)
                self._check_bounds()
            except BaseException:
                self.W[:], self.U[:] = before
                raise
            self.epoch += 1
        return self

    def _check_bounds(self) -> None:
        if not (np.isfinite(self.W).all() and np.isfinite(self.U).all() and np.abs(self.U).max() < 1e3):
            raise FloatingPointError("the training diverged: choose a smaller rate, or fewer blocks a step")

    def _epoch(self, report) -> None:
        step, threads = STEPS[self.settings.kind], self.settings.threads
        if threads == 1:
            return _over_blocks(self, 0, step, report)
        failed: list[BaseException] = []

        def work(part: int) -> None:
            try:
                torch.set_num_threads(1)
                _over_blocks(self, part, step, report if part == 0 else None)
            except BaseException as error:
                failed.append(error)

        workers = [threading.Thread(target=work, args=(i,)) for i in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        if failed:
            raise failed[0]

    def vectors(self, which: str = "words"):
        """Return the `WordVectors` of W ("words"), of U ("contexts") or of their mean ("mean")."""
        matrices = {"words": self.W, "contexts": self.U, "mean": (self.W + self.U) / 2}
        if which not in matrices:
            raise ValueError(f"which must be one of {', '.join(matrices)}, but is {which!r}")
        return WordVectors(self.text.vocabulary.words, matrices[which])

    # ------------------------------------------------------------------------------------------------ stop, go on
    def save(self, path, **more) -> None:
        """Write the matrices, the settings and how far the training has come to `path` (.npz), and `more` by name."""
        told = {k: v for k, v in asdict(self.settings).items() if v is not None} | more
        np.savez(Path(path), W=self.W, U=self.U, epoch=self.epoch, words=np.array(self.text.vocabulary.words), **told)

    @classmethod
    def load(cls, path, text: Text) -> Trainer:
        """Take up a saved training of the same text; raise ValueError where its vocabulary is another."""
        with np.load(Path(path)) as kept:
            names = {f.name for f in fields(Settings)} & set(kept.files)
            made = cls(text, Settings(**{name: kept[name].item() for name in names}))
            if tuple(kept["words"].tolist()) != text.vocabulary.words:
                raise ValueError(f"{path} was trained on another vocabulary: {len(kept['words'])} words")
            made.W[:], made.U[:], made.epoch = kept["W"], kept["U"], int(kept["epoch"])
        return made


def train(text: Text, settings: Settings | None = None, *, progress: bool = False, **changes) -> Trainer:
    """Return a `Trainer` that has trained all its epochs; `progress` shows a bar where a reader watches.

    ``train(text, kind="cbow", dimension=50, seed=1)``
    """
    trainer = Trainer(text, settings, **changes)
    return trainer.run(report=progress_report("training") if progress else None)


def train_all(
    text: Text | dict[str, Text], runs: dict[str, Settings], *, workers: int = 2, progress: bool = False
) -> dict[str, Trainer]:
    """Train several settings, `workers` at a time, and return the trainers by name; each is what `train` gives.

    text : one for all runs, or one for each by its name
    """
    if not isinstance(runs, dict):
        raise TypeError(f"runs must be a dict of settings by name, but is {type(runs).__name__}")
    report, done = progress_report("training") if progress else None, []

    def one(name: str) -> Trainer:
        torch.set_num_threads(1)
        trainer = Trainer(text[name] if isinstance(text, dict) else text, runs[name]).run()
        done.append(trainer)
        if report:
            report(len(done) / len(runs))
        return trainer

    with one_thread(), ThreadPoolExecutor(validate.whole(workers, "workers", low=1)) as pool:
        return dict(zip(runs, pool.map(one, runs), strict=True))


# --------------------------------------------------------------------------------------------------- the two models
def _skipgram(c, x, who, noise, W, U, rate, calm, s: Settings) -> None:
    """One step: centres c (n, b), what stands around x (n, b + 2w), shared noise words (n, k), and who (n, b, b + 2w + k).

    A row of `who` says with which weight a centre meets each column: 1 or 0 for the words around, one weight for all noise.
    """
    n, b, k, d = *c.shape, noise.shape[1], W.shape[1]
    c, columns = c.reshape(-1), torch.cat([x, noise], 1).view(-1)
    X = W.index_select(0, c).view(n, b, d)
    Y = U.index_select(0, columns).view(n, -1, d)
    G = torch.sigmoid_(torch.bmm(X, Y.transpose(1, 2))).mul_(who)  # (n, b, b + 2w + k): weighted predictions,
    G[:, :, :-k].sub_(who[:, :, :-k])  # less 1 where there is a pair
    dX, dY = torch.bmm(G, Y), torch.bmm(G.transpose(1, 2), X)
    _add(W, c, dX, calm[0], -rate)
    _add(U, columns, dY, calm[1], -rate)


def _cbow(c, x, who, noise, W, U, rate, calm, s: Settings) -> None:
    """One step: the mean H of the words around each centre is scored against the centre and the shared noise.

    A row of `who` (n, b, b + 2w + 1) holds each word's share of the mean, and at the end the number of words in it.
    """
    n, b, k, d = *c.shape, noise.shape[1], W.shape[1]
    c, x, noise = c.reshape(-1), x.reshape(-1), noise.reshape(-1)
    mean, count = who[:, :, :-1], who[:, :, -1:]
    H = torch.bmm(mean, W.index_select(0, x).view(n, -1, d))
    Y, N = U.index_select(0, c).view(n, b, d), U.index_select(0, noise).view(n, k, d)
    live = count.clamp(max=1)  # 0 for a centre that sees nobody
    g = (H * Y).sum(2, keepdim=True).sigmoid_().sub_(1).mul_(live)
    G = torch.sigmoid_(torch.bmm(H, N.transpose(1, 2))).mul_(live * (s.negatives / k))
    dH = torch.bmm(G, N).addcmul_(g, Y)
    if not s.divide:
        dH.mul_(count)
    dX = torch.bmm(mean.transpose(1, 2), dH)
    _add(U, noise, torch.bmm(G.transpose(1, 2), H), calm[1], -rate)
    _add(U, c, H.mul_(g), calm[1], -rate)
    _add(W, x, dX, calm[0], -rate)


def _add(P, rows, change, calm, factor: float) -> None:
    """Add `factor` times `change` to the given rows of P: to a row that is there many times the sum, to the busiest ones a share of it."""
    P.index_add_(0, rows, change.view(-1, P.shape[1]).mul_(calm.index_select(0, rows).mul_(factor)[:, None]))


STEPS = {"skip-gram": _skipgram, "cbow": _cbow}
SHARED_NOISE = {"skip-gram": 22, "cbow": 16}


# ------------------------------------------------------------------------------------------------------- the blocks
def _over_blocks(trainer: Trainer, part: int, step, report) -> None:
    """Run one epoch over this part of the text: subsample, cut into blocks, shuffle them, step."""
    s = trainer.settings
    for number, (done, _, _) in enumerate(_steps(trainer, _shuffled(trainer, part, s.threads), step)):
        if report and number % 32 == 0:
            report((trainer.epoch + done) / s.epochs)
    if report:
        report((trainer.epoch + 1) / s.epochs)


def _shuffled(trainer: Trainer, part: int, parts: int) -> tuple:
    """Return what one of `parts` equal parts of the text gives an epoch: its blocks and their bands, shuffled, and its random numbers."""
    s, text = trainer.settings, trainer.text
    rng = np.random.default_rng([s.seed, trainer.epoch, part])
    share = -(-len(text) // parts)
    tokens, owner = (a[part * share : (part + 1) * share] for a in (text.tokens, text.sentence))
    kept = rng.random(len(tokens)) < keep_probability(text.vocabulary.counts, s.sample)[tokens]
    return *_blocks(tokens[kept], owner[kept], s.window, rng), rng


def _steps(trainer: Trainer, blocks: tuple, step) -> Iterator[tuple]:
    """Train on these blocks, step by step: yield after each what share was done before it, its words and its noise."""
    s, text = trainer.settings, trainer.text
    around, rows, rng = blocks
    seen, table = meets(s), trainer.noise
    W, U = torch.from_numpy(trainer.W), torch.from_numpy(trainer.U)
    n, many, k, expected = len(around), s.blocks_a_step, SHARED_NOISE[s.kind], meetings(text, s)
    for at in range(0, n, many):
        rate = rate_at(s, trainer.epoch + at / n)
        if at // many % 32 == 0:
            calm = [(BEARABLE / (rate * e)).clamp_(max=1) for e in expected]
        x = around[at : at + many]
        noise = torch.from_numpy(table[rng.integers(0, len(table), size=(len(x), k))])
        who = seen.index_select(0, rows[at : at + many].view(-1)).view(len(x), BLOCK, -1)
        step(x[:, s.window : s.window + BLOCK], x, who, noise, W, U, rate, calm, s)
        yield at / n, x, noise


def rate_at(s: Settings, epochs: float) -> float:
    """Return the learning rate after so many epochs, 2.5 say: it falls linearly to nearly 0 at the end of the last."""
    return s.starting_rate * max(1 - epochs / s.epochs, 1e-4)


def _blocks(tokens: np.ndarray, owner: np.ndarray, w: int, rng) -> tuple[torch.Tensor, torch.Tensor]:
    """Return shuffled blocks (n, b + 2w) of the text with what stands around them, and which rows of `meets` are theirs.

    Every word draws how far it looks, from 1 … w, and looks no farther than its sentence.
    """
    n = max(1, -(-len(tokens) // BLOCK))
    fill = n * BLOCK - len(tokens)
    tokens = np.concatenate([np.zeros(w, np.int64), tokens, np.zeros(w + fill, np.int64)])
    owner = np.concatenate([np.full(w, -1), owner, np.full(w + fill, -2)])
    # how many words of the same sentence stand on either side, up to w
    left, right = np.zeros((2, n * BLOCK), np.int64)
    for step in range(1, w + 1):
        same = owner[step:] == owner[:-step]
        left += same[w - step :][: n * BLOCK]
        right += same[w:][: n * BLOCK]
    reach = rng.integers(1, w + 1, size=n * BLOCK)
    reach[len(reach) - fill :] = 0  # padding looks nowhere
    rows = (np.minimum(left, reach) * (w + 1) + np.minimum(right, reach)) * BLOCK + np.arange(n * BLOCK) % BLOCK
    order = torch.from_numpy(rng.permutation(n))
    around = torch.from_numpy(tokens).unfold(0, BLOCK + 2 * w, BLOCK).index_select(0, order)
    return around, torch.from_numpy(rows).view(n, BLOCK).index_select(0, order)


def meets(s: Settings) -> torch.Tensor:
    """Return all rows of `who` that there can be: row (l(w + 1) + r)·b + i for a centre at i with l words to the left and r to the right.

    For skip-gram ones at the l + r places it sees, among b + 2w, and then the weight of each noise word, so that together they weigh as
    much as the `negatives` of all its pairs. For CBOW the shares of the mean of these words, and their number.
    """
    bands = _bands(s.window)
    count = bands.sum(1, keepdim=True)
    if s.kind == "cbow":
        return torch.cat([bands / count.clamp(min=1), count], 1)
    k = SHARED_NOISE[s.kind]
    return torch.cat([bands, (count * (s.negatives / k)).expand(-1, k)], 1)


def _bands(w: int) -> torch.Tensor:
    """Return for each centre and reach ones at the places that it sees, rows as in `meets`, columns the surroundings (b + 2w)."""
    away = torch.arange(BLOCK + 2 * w) - w - torch.arange(BLOCK)[:, None]  # (b, b + 2w): from centre to place
    l, r = torch.meshgrid(torch.arange(w + 1), torch.arange(w + 1), indexing="ij")
    seen = (away >= -l[..., None, None]) & (away <= r[..., None, None]) & (away != 0)
    return seen.float().view(-1, BLOCK + 2 * w)


@lru_cache(maxsize=2)
def _noise_of(vocabulary: Vocabulary, exponent: float) -> np.ndarray:
    """Return the `_noise_table` of a vocabulary, made once for all who train on it."""
    return _noise_table(vocabulary.counts, exponent)


def _noise_table(counts: np.ndarray, exponent: float) -> np.ndarray:
    """Return a table of words in which each fills its share of the noise distribution: a draw is a look at a random place."""
    size = max(2**20, 64 * len(counts))
    ends = np.cumsum(noise_distribution(counts, exponent))
    return np.searchsorted(ends / ends[-1], (np.arange(size) + 0.5) / size)


def meetings(text: Text, s: Settings) -> tuple[torch.Tensor, torch.Tensor]:
    """Return how many gradients each word may expect in one step, as a row of W (V,) and as a row of U (V,).

    A centre meets its contexts and k noise words for each; a context word meets centres, and as noise many more.
    """
    counts = text.vocabulary.counts
    kept = counts * keep_probability(counts, s.sample)
    p, q = kept / kept.sum(), noise_distribution(counts, s.exponent)
    centres = min(s.blocks_a_step * BLOCK * s.threads, kept.sum())
    pairs = centres * (1 if s.kind == "cbow" else s.window + 1)  # in a step, on average
    both = pairs * (1 + s.negatives) * p, pairs * (p + s.negatives * q)
    if s.kind == "cbow" and not s.divide:  # a context word gets the centre's whole gradient, not its share of the mean
        both = (s.window + 1) * both[0], both[1]
    if s.matrices == 1:  # one row, both roles
        both = (sum(both),) * 2
    return tuple(torch.from_numpy(n.astype(np.float32)) for n in both)
