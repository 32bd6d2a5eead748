"""MUSE's start without a dictionary: a map W learns to move one space so that an adversary can't tell it from the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch

from lib.book import validate
from lib.book.pytorch import one_thread
from lib.word_vectors.unsupervised import criterion, pulled


@dataclass(frozen=True)
class Game:
    """How the game is played. What is not a size is as in Conneau et al. 2018, but for the rate and β, which are greater.

    rounds : how often W is looked at;  turns : of both players in a round;  batch : words from each side in a turn
    lead : the adversary's steps for one of W's;  hidden : units in its two layers;  dropout : of what it is shown
    smoothing : it is to say 1 − smoothing, not 1;  beta : of the orthogonality step;  decay : of the rate, from round to round
    frequent : only so many first words are shown
    """

    rounds: int = 8
    turns: int = 750
    batch: int = 64
    lead: int = 2
    hidden: int = 128
    dropout: float = 0.1
    smoothing: float = 0.1
    rate: float = 0.5
    decay: float = 0.98
    beta: float = 0.02
    frequent: int = 50_000
    seed: int = 0

    def __post_init__(self):
        for name in ("rounds", "turns", "batch", "lead", "hidden", "frequent"):
            validate.whole(getattr(self, name), name, low=1)
        validate.whole(self.seed, "seed", low=0)
        for name, high in (("dropout", 0.99), ("smoothing", 0.49)):
            validate.number(getattr(self, name), name, low=0, high=high)
        for name in ("rate", "decay", "beta"):
            validate.number(getattr(self, name), name, low=0, high=1, open_low=True)


@dataclass(frozen=True, eq=False)
class Played:
    """What came of a game: W (d, d) after each round in `maps`, and after each round

    criterion : the mean cosine of translations, see `criterion`, by which `W` is chosen;
    seen : the share of words that the adversary puts on the right side, in its last turns
    """

    maps: tuple[np.ndarray, ...]
    criterion: np.ndarray
    seen: np.ndarray

    @property
    def W(self) -> np.ndarray:
        """The map with the greatest criterion."""
        return self.maps[int(np.argmax(self.criterion))]


Layers = list[tuple[torch.Tensor, torch.Tensor]]  # of each layer its weights (inputs, units) and biases (units,)
LEAK = 0.2  # what a unit passes on of a negative sum


def adversary(d: int, hidden: int, chance: torch.Generator) -> Layers:
    """Return the layers of a network that looks at vectors (n, d) and answers with scores (n, 1): positive says moved, from the source.

    Its weights are drawn by `chance` alone, evenly from ±1/√(a unit's inputs), so that games do not disturb each other.
    """
    sizes, layers = (d, hidden, hidden, 1), []
    for m, n in pairwise(sizes):
        A, b = torch.empty(n, m), torch.empty(n)
        for drawn in (A, b):
            drawn.uniform_(-(m**-0.5), m**-0.5, generator=chance)
        layers.append((A.T.contiguous(), b))
    return layers


def scores(layers: Layers, shown: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """Return the adversary's scores (n, 1) of what it is shown (n, d), and what each of its layers was given."""
    given = [shown]
    for A, b in layers[:-1]:
        H = torch.addmm(b, given[-1], A)
        given.append(torch.maximum(H, LEAK * H))
    return torch.addmm(layers[-1][1], given[-1], layers[-1][0]), given


def slopes(
    layers: Layers, given: list[torch.Tensor], error: torch.Tensor, *, of_weights: bool = True
) -> tuple[Layers, torch.Tensor | None]:
    """Return a loss's gradients by the weights and biases of each layer; or, without `of_weights`, by what was shown (n, d).

    error : the loss's slopes by the scores (n, 1), carried back through the layers as in the chapter on backpropagation
    """
    found: Layers = []
    for at in reversed(range(len(layers))):
        if of_weights:
            found.append((given[at].T @ error, error.sum(dim=0)))
        if at or not of_weights:
            error = error @ layers[at][0].T
        if at:
            error = torch.where(given[at] > 0, error, LEAK * error)
    return found[::-1], None if of_weights else error


def play(X, Y, game: Game | None = None, *, report: Callable[[float], None] | None = None, **changes) -> Played:
    """Let a map W (d, d) and an adversary play, from W = I, and return what W was after each round.

    X : (n, d);  Y : (m, d), the most frequent words first. Each is brought to a mean square of 1 a coordinate, no more.
    report : is told the share played. The same seed gives the same maps, also when games are played side by side.
    Equations: eq-adversary-loss, eq-map-loss, eq-orthogonality-step
    """
    if game is not None and changes:
        raise TypeError("give either a game or single values, not both")
    game = game if game is not None else Game(**changes)
    X, Y = validate.matrix(X, "X"), validate.matrix(Y, "Y")
    if X.shape[1] != Y.shape[1]:
        raise ValueError(f"X has {X.shape[1]} dimensions and Y {Y.shape[1]}: the game needs as many in both")
    with one_thread():
        return _play(_scaled(X, "X"), _scaled(Y, "Y"), game, report or (lambda share: None))


def _play(X: np.ndarray, Y: np.ndarray, game: Game, report: Callable[[float], None]) -> Played:
    chance = torch.Generator().manual_seed(game.seed)
    sides = [torch.from_numpy(M[: game.frequent]) for M in (X, Y)]
    d, B = X.shape[1], game.batch
    W, D = torch.eye(d), adversary(d, game.hidden, chance)
    truth = torch.cat([torch.ones(B, 1), torch.zeros(B, 1)]).clamp(game.smoothing, 1 - game.smoothing)

    def answers() -> tuple:
        """Return D's scores of a batch from either side, what its layers were given, the batch of X, and what was not blotted out."""
        x, y = (side[torch.randint(len(side), (B,), generator=chance)] for side in sides)
        seen = (torch.rand((2 * B, d), generator=chance) >= game.dropout) / (1 - game.dropout)
        return *scores(D, torch.cat([x @ W, y]) * seen), x, seen

    maps, told, seen = [], [], []
    for r in range(game.rounds):
        rate, right = game.rate * game.decay**r, []
        for turn in range(game.turns):
            for _ in range(game.lead):
                scored, given, *_ = answers()
                for layer, by_layer in zip(D, slopes(D, given, _error(scored, truth))[0], strict=True):
                    _descend(layer, by_layer, rate)
            right.append(((scored > 0) == (truth > 0.5)).float().mean().item())
            scored, given, x, kept = answers()
            _, by_shown = slopes(D, given, _error(scored, 1 - truth), of_weights=False)
            _descend([W], [x.T @ (by_shown * kept)[:B]], rate)
            W = pulled(W, game.beta)
            if turn % 50 == 0:
                report((r + turn / game.turns) / game.rounds)
        maps.append(W.numpy().copy())
        if not np.isfinite(maps[-1]).all():
            raise FloatingPointError("W has left all bounds: choose a smaller rate, or a smaller beta")
        told.append(criterion(X, Y, maps[-1]))
        seen.append(float(np.mean(right[-100:])))
    report(1.0)
    return Played(tuple(maps), np.array(told), np.array(seen))


def _error(scored: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return the slopes (n, 1) of the mean cross-entropy by the scores: prediction minus target."""
    return (torch.sigmoid(scored) - target) / len(scored)


def _scaled(M: np.ndarray, name: str) -> np.ndarray:
    size = np.sqrt(np.mean(M**2))
    if size == 0:
        raise ValueError(f"all vectors of {name} are zero")
    return (M / size).astype(np.float32)


def _descend(parameters, by_parameter, rate: float) -> None:
    """Take one step of gradient descent, in place."""
    for p, slope in zip(parameters, by_parameter, strict=True):
        p.sub_(slope, alpha=rate)
