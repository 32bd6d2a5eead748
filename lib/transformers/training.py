"""Training an encoder–decoder Transformer with PyTorch's own layers. What comes out is the numpy `Transformer`, which needs no PyTorch."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import nn

from lib.book import validate
from lib.book.pytorch import one_thread, plain
from lib.sequences.translation.training import Pair, fit, vocabularies
from lib.transformers.blocks import ORDERS, block_of
from lib.transformers.transformer import Transformer, flat, sinusoids


class Network(nn.Module):
    """The same as `Transformer`, for training: batches of equally long sources (B, S) and padded targets (B, T)."""

    def __init__(
        self,
        sources: int,
        targets: int,
        D: int = 32,
        heads: int = 4,
        hidden: int = 64,
        layers: int = 1,
        order: str = "pre",
    ):
        super().__init__()
        self.source, self.target = nn.Embedding(sources, D), nn.Embedding(targets, D)
        for table in (self.source, self.target):
            nn.init.normal_(table.weight, 0, D**-0.5)
        settings = dict(batch_first=True, norm_first=order == "pre")
        self.encoder, self.decoder = (
            nn.ModuleList([kind(D, heads, hidden, 0.0, **settings) for _ in range(layers)])
            for kind in (nn.TransformerEncoderLayer, nn.TransformerDecoderLayer)
        )
        norm = nn.LayerNorm if order == "pre" else nn.Identity
        self.encoder_norm, self.decoder_norm = norm(D), norm(D)
        self.out = nn.Linear(D, targets)

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Return scores (B, T, V) of what follows each symbol of y (B, T), which begins with START."""
        memory, h = self._embedded(self.source, x), self._embedded(self.target, y)
        for layer in self.encoder:
            memory = layer(memory)
        memory = self.encoder_norm(memory)
        T = y.shape[1]
        hidden = torch.ones(T, T, dtype=torch.bool).triu(1)  # True where a place may not look
        for layer in self.decoder:
            h = layer(h, memory, tgt_mask=hidden, tgt_is_causal=True)
        return self.out(self.decoder_norm(h))

    def _embedded(self, table: nn.Embedding, ids: torch.Tensor) -> torch.Tensor:
        D = table.embedding_dim
        return table(ids) * math.sqrt(D) + torch.from_numpy(sinusoids(np.arange(ids.shape[1]), D)).to(table.weight)

    def weights(self) -> dict[str, np.ndarray]:
        """Return the weights as `Transformer` names them, float64."""

        found = {"source": plain(self.source.weight), "target": plain(self.target.weight)}
        for side in ("encoder", "decoder"):
            for i, layer in enumerate(getattr(self, side)):
                found |= flat(f"{side}{i}", block_of(layer))
            norm = getattr(self, f"{side}_norm")
            if isinstance(norm, nn.LayerNorm):
                found |= {f"{side}_norm.gamma": plain(norm.weight), f"{side}_norm.beta": plain(norm.bias)}
        return found | {"out.W": plain(self.out.weight.T), "out.b": plain(self.out.bias)}


@one_thread()
def train_transformer(
    pairs: Sequence[Pair],
    steps: int = 600,
    batch: int = 64,
    rate: float = 5e-3,
    D: int = 32,
    heads: int = 4,
    hidden: int = 64,
    layers: int = 1,
    order: str = "pre",
    smoothing: float = 0.0,
    seed: int = 0,
    progress: Callable[[int, float], None] | None = None,
) -> Transformer:
    """Return a Transformer that has learned from pairs of sentences, each a list of words.

    D : entries of a place, even;  hidden : units of the networks;  layers : blocks of the encoder, and of the decoder;  order : "pre" or "post"
    steps, batch, rate, smoothing, progress : as of lib.sequences.translation.training.fit, which trains the recurrent translators too.
    """
    D, heads = validate.whole(D, "D", low=2), validate.whole(heads, "heads", low=1)
    if D % heads or D % 2:
        raise ValueError(f"D must be even and a multiple of {heads} heads, but is {D}")
    hidden, layers = validate.whole(hidden, "hidden", low=1), validate.whole(layers, "layers", low=1)
    if not isinstance(order, str) or order not in ORDERS:
        raise ValueError(f"order must be 'pre' or 'post', but is {order!r}")
    source, target = vocabularies(pairs)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(validate.whole(seed, "seed", low=0))
        network = Network(len(source), len(target), D, heads, hidden, layers, order)
    fit(network, pairs, steps, batch, rate, seed, smoothing=smoothing, progress=progress)
    return Transformer(network.weights(), source, target, heads)
