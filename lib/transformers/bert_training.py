"""Training a BERT, or the same model with a causal mask, with PyTorch's own layers. What comes out are the weights of the numpy `Bert`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from lib.book import validate
from lib.book.pytorch import plain
from lib.transformers.bert import IGNORED, PAD
from lib.transformers.blocks import ORDERS, block_of
from lib.transformers.gpt_training import learn
from lib.transformers.transformer import flat

Batch = Callable[[np.random.Generator], tuple[np.ndarray, ...]]


class Network(nn.Module):
    """The same as `bert.Bert`, for training.

    vocabulary : V;  window : places;  D : entries of a vector;  hidden : units of each feed-forward part
    order : "post" or "pre";  causal : whether a place sees only what is before it, and itself
    """

    def __init__(
        self,
        vocabulary: int,
        window: int,
        D: int = 32,
        layers: int = 2,
        heads: int = 4,
        hidden: int = 128,
        order: str = "post",
        causal: bool = False,
    ):
        super().__init__()
        self.causal = causal
        self.words, self.places, self.segments = (nn.Embedding(n, D) for n in (vocabulary, window, 2))
        for table in (self.words, self.places, self.segments):
            nn.init.normal_(table.weight, 0, D**-0.5)
        settings = dict(activation="gelu", batch_first=True, norm_first=order == "pre")
        self.first, self.last = nn.LayerNorm(D), nn.LayerNorm(D) if order == "pre" else None
        self.blocks = nn.ModuleList(
            [nn.TransformerEncoderLayer(D, heads, hidden, 0.0, **settings) for _ in range(layers)]
        )
        self.mix, self.mix_norm, self.bias = nn.Linear(D, D), nn.LayerNorm(D), nn.Parameter(torch.zeros(vocabulary))
        self.pool, self.next = nn.Linear(D, D), nn.Linear(D, 2)

    def forward(self, ids: torch.Tensor, segments: torch.Tensor) -> torch.Tensor:
        """Return the vectors (B, T, D) behind the last block, of texts (B, T)."""
        T = ids.shape[1]
        x = self.first(self.words(ids) + self.places.weight[:T] + self.segments(segments))
        unseen = torch.zeros(ids.shape, dtype=x.dtype).masked_fill(ids == PAD, -torch.inf)
        later = torch.full((T, T), -torch.inf, dtype=x.dtype).triu(1) if self.causal else None
        for block in self.blocks:
            x = block(x, src_mask=later, src_key_padding_mask=unseen)
        return x if self.last is None else self.last(x)

    def word_scores(self, x: torch.Tensor) -> torch.Tensor:
        """Return scores (…, V) of the word at each place, from vectors (…, D)."""
        return F.linear(self.mix_norm(F.gelu(self.mix(x))), self.words.weight, self.bias)

    def next_scores(self, x: torch.Tensor) -> torch.Tensor:
        """Return scores (B, 2) of whether the second sentence follows, from vectors (B, T, D)."""
        return self.next(torch.tanh(self.pool(x[:, 0])))

    def weights(self) -> dict[str, np.ndarray]:
        """Return the weights as `bert.Bert` names them, float64."""
        norms = {"first": self.first, "mix": self.mix_norm} | ({} if self.last is None else {"last": self.last})
        out = {name: plain(getattr(self, name).weight) for name in ("words", "places", "segments")}
        for name, norm in norms.items():
            out |= {f"{name}.gamma": plain(norm.weight), f"{name}.beta": plain(norm.bias)}
        for name in ("mix", "pool", "next"):
            layer = getattr(self, name)
            out |= {f"{name}.W": plain(layer.weight.T), f"{name}.b": plain(layer.bias)}
        for i, block in enumerate(self.blocks):
            out |= flat(f"block{i}", block_of(block))
        return out | {"bias": plain(self.bias)}


def loss_of(network: Network, ids, segments, targets, follows=None) -> torch.Tensor:
    """Return the cross-entropy of the words asked for, and where `follows` (B,) is given, of the next sentence added to it.

    ids, segments : (B, T);  targets : (B, T), IGNORED where nothing is asked
    """
    x = network(ids, segments)
    asked = targets != IGNORED
    words = F.cross_entropy(network.word_scores(x[asked]), targets[asked], reduction="sum")
    loss = words / max(1, int(asked.sum()))  # 0 where nothing is asked
    return loss if follows is None else loss + F.cross_entropy(network.next_scores(x), follows)


def untrained(vocabulary: int, window: int, seed: int = 0, **sizes) -> Network:
    """Return a network at its random start. sizes : see `Network`"""
    if sizes.get("order", "post") not in ORDERS:
        raise ValueError(f"order must be 'pre' or 'post', but is {sizes['order']!r}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(validate.whole(seed, "seed", low=0))
        return Network(vocabulary, window, **sizes)


def train_bert(
    batch: Batch,
    count: int,
    vocabulary: int,
    window: int,
    rate: float = 3e-3,
    warm_up: int = 100,
    seed: int = 0,
    watch: Callable[[float], None] | None = None,
    **sizes,
) -> dict[str, np.ndarray]:
    """Return the weights (see `bert.Bert`) of a network that has learned from `count` batches.

    batch : called with a generator, returns what `loss_of` takes;  sizes : see `Network`
    rate, warm_up : see `gpt_training.learn`;  watch : called with each step's loss
    """
    count = validate.whole(count, "count", low=1)
    rate = validate.number(rate, "rate", low=0, open_low=True)
    network = untrained(vocabulary, window, seed, **sizes)

    def watched(network: Network, *given: torch.Tensor) -> torch.Tensor:
        loss = loss_of(network, *given)
        if watch is not None:
            watch(float(loss.detach()))
        return loss

    learn(network, batch, count, rate, np.random.default_rng(seed), None, watched, warm_up)
    return network.weights()
