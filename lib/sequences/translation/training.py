"""Training an encoder and a decoder with PyTorch. What comes out is the numpy `Translator`, which needs no PyTorch.

Sentences whose sources are equally long are trained together, so that only the targets are padded. The target is read in one call, since the
attention stands behind the decoder's GRU and feeds nothing back: that is teacher forcing at its cheapest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import nn

from lib.book import trained, validate
from lib.book.pytorch import one_thread, plain
from lib.sequences import layers
from lib.sequences.translation.translator import ATTENTION, END, MARKS, PAD, START, Translator

Pair = tuple[Sequence[str], Sequence[str]]


class Network(nn.Module):
    """The same as `Translator`, for training: batches of equally long sources (B, T) and padded targets (B, T′)."""

    def __init__(self, attention: str, sources: int, targets: int, d: int = 64, H: int = 32):
        super().__init__()
        self.attention = attention
        self.source, self.target = nn.Embedding(sources, d), nn.Embedding(targets, d)
        self.encoder = nn.GRU(d, H // 2, batch_first=True, bidirectional=True)
        self.decoder = nn.GRU(d + (H if attention == "none" else 0), H, batch_first=True)
        self.bridge, self.out = nn.Linear(H, H), nn.Linear(H, targets)
        self.mix = None if attention == "none" else nn.Linear(2 * H, H)
        if attention == "bilinear":
            self.W = nn.Linear(H, H, bias=False)
        if attention == "additive":
            self.A, self.B, self.v = nn.Linear(H, H), nn.Linear(H, H, bias=False), nn.Linear(H, 1, bias=False)

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Return scores (B, T′, V) of what follows each symbol of y (B, T′), which begins with START."""
        memory, start = self._read(x)
        return self._write(memory, start, y, start)[0]

    @torch.no_grad()
    def mixed(self, x: torch.Tensor, y: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        """Return y (B, T′) with the network's own word in each place but the first where `right` (B, T′) is not set."""
        memory, start = self._read(x)
        h, out = start, [y[:, 0]]
        for t in range(1, y.shape[1]):
            scores, h = self._write(memory, start, out[-1][:, None], h)
            out.append(torch.where(right[:, t], y[:, t], scores[:, 0].argmax(1)))
        return torch.stack(out, 1)

    def _read(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the memory (B, T, H) and the decoder's first state (1, B, H)."""
        memory, last = self.encoder(self.source(x))
        return memory, torch.tanh(self.bridge(torch.cat([last[0], last[1]], 1)))[None]

    def _write(self, memory, start, y, h) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the scores (B, T′, V) after each symbol of y (B, T′), read from state h (1, B, H) on, and the last state."""
        inputs = self.target(y)
        if self.attention == "none":
            inputs = torch.cat([inputs, start[0][:, None].expand(-1, y.shape[1], -1)], 2)
        states, h = self.decoder(inputs, h)
        if self.mix is not None:
            weights = self._scores(states, memory).softmax(2)  # over the source's places
            states = torch.tanh(self.mix(torch.cat([states, weights @ memory], 2)))
        return self.out(states), h

    def _scores(self, states: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
        if self.attention == "additive":
            return self.v(torch.tanh(self.A(states)[:, :, None] + self.B(memory)[:, None])).squeeze(3)
        return (self.W(states) if self.attention == "bilinear" else states) @ memory.transpose(1, 2)

    def weights(self) -> dict[str, np.ndarray]:
        """Return the weights as `Translator` names them, float64."""

        out = {"source": plain(self.source.weight), "target": plain(self.target.weight)}
        for side, w in enumerate(layers.weights_of(self.encoder)[0]):
            out |= {f"encoder{side}.{name}": value for name, value in w.items()}
        out |= {f"decoder.{name}": value for name, value in layers.weights_of(self.decoder)[0][0].items()}
        for name in ("bridge", "out", *(() if self.mix is None else ("mix",))):
            layer = getattr(self, name)
            out |= {f"{name}.W": plain(layer.weight.T), f"{name}.b": plain(layer.bias)}
        if self.attention == "bilinear":
            out["attention.W"] = plain(self.W.weight.T)
        if self.attention == "additive":
            out |= {"attention.A": plain(self.A.weight.T), "attention.B": plain(self.B.weight.T)}
            out |= {"attention.a": plain(self.A.bias), "attention.v": plain(self.v.weight[0])}
        return out


@one_thread()
def train_translator(
    pairs: Sequence[Pair],
    attention: str = "dot",
    steps: int = 1200,
    batch: int = 128,
    rate: float = 3e-3,
    d: int = 64,
    H: int = 32,
    forcing: float = 1.0,
    seed: int = 0,
    progress: Callable[[int, float], None] | None = None,
) -> Translator:
    """Return a translator that has learned from pairs of sentences, each a list of words.

    steps : of `batch` pairs each;  rate : the largest, after 50 steps of warm-up, before it falls in a straight line to 2 %
    d : entries of a word's vector;  H : units of the decoder, an even number, half of them in each of the encoder's directions
    forcing : the share of places where the decoder is given the right word before; in the others it is given its own, the most probable one
        (scheduled sampling, Bengio et al. 2015, with a share that stays)
    progress : called with the step and its loss
    Adam, gradients clipped at norm 1, cross-entropy over the targets' real places.
    """
    if not isinstance(attention, str) or attention not in ATTENTION:
        raise ValueError(f"attention must be one of {', '.join(map(repr, ATTENTION))}, but is {attention!r}")
    d, H = validate.whole(d, "d", low=1), validate.whole(H, "H", low=2)
    forcing = validate.number(forcing, "forcing", low=0, high=1)
    if H % 2:
        raise ValueError(f"H must be even, half for each direction, but is {H}")
    source, target = vocabularies(pairs)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(validate.whole(seed, "seed", low=0))
        network = Network(attention, len(source), len(target), d, H)
    fit(network, pairs, steps, batch, rate, seed, forcing=forcing, progress=progress)
    return Translator(attention, network.weights(), source, target)


def vocabularies(pairs: Sequence[Pair]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the words of all sources, and those of all targets, MARKS first; raise TypeError where `pairs` are not pairs of sentences."""
    if not isinstance(pairs, (list, tuple)) or not pairs or not all(len(p) == 2 and len(p[0]) for p in pairs):
        raise TypeError("pairs must be a list of (source, target), lists of words, at least one, no source empty")
    source, target = (MARKS + tuple(sorted({w for p in pairs for w in p[side]})) for side in (0, 1))
    return source, target


def fit(
    network: nn.Module,
    pairs: Sequence[Pair],
    steps: int,
    batch: int,
    rate: float,
    seed: int = 0,
    *,
    smoothing: float = 0.0,
    forcing: float = 1.0,
    progress: Callable[[int, float], None] | None = None,
) -> None:
    """Train a network that gives scores (B, T′, V) for sources (B, T) and targets (B, T′) as `train_translator` says.

    The network counts symbols as `vocabularies(pairs)` has them.  smoothing : share of each target that is spread over all symbols
    """
    steps, batch = validate.whole(steps, "steps", low=1), validate.whole(batch, "batch", low=1)
    rate = validate.number(rate, "rate", low=0, open_low=True)
    smoothing = validate.number(smoothing, "smoothing", low=0, high=1)
    numbers = [{word: i for i, word in enumerate(vocabulary)} for vocabulary in vocabularies(pairs)]
    groups: dict[int, list] = {}
    for words, answer in pairs:
        ids = [numbers[0][w] for w in words] + [END], [numbers[1][w] for w in answer] + [END]
        groups.setdefault(len(ids[0]), []).append(ids)
    groups = {n: _together(rows) for n, rows in sorted(groups.items())}
    share = np.array([len(x) for x, _ in groups.values()]) / len(pairs)
    rng = np.random.default_rng(validate.whole(seed, "seed", low=0))
    optimiser = torch.optim.Adam(network.parameters(), rate)
    for step in trained.steps(steps):
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1, (step + 1) / 50) * max(0.02, 1 - step / steps)
        x, y = [*groups.values()][rng.choice(len(groups), p=share)]
        rows = torch.from_numpy(rng.integers(len(x), size=batch))
        x, y = x[rows], y[rows]
        y = y[:, : int((y != PAD).sum(1).max())]
        read = y[:, :-1]
        if forcing < 1:
            read = network.mixed(x, read, torch.from_numpy(rng.random(read.shape) < forcing))
        scores = network(x, read)
        loss = nn.functional.cross_entropy(
            scores.flatten(0, 1), y[:, 1:].flatten(), ignore_index=PAD, label_smoothing=smoothing
        )
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        if progress is not None:
            progress(step + 1, float(loss.detach()))


def _together(rows: list) -> tuple[torch.Tensor, torch.Tensor]:
    """Return sources of one length (N, T), and their targets with START in front and PAD behind (N, T′)."""
    longest = max(len(y) for _, y in rows)
    padded = [[START, *y] + [PAD] * (longest - len(y)) for _, y in rows]
    return torch.tensor([x for x, _ in rows]), torch.tensor(padded)
