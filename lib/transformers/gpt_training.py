"""Training a GPT with PyTorch. What comes out are the weights of the numpy `GPT`, which needs no PyTorch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from lib.book import validate
from lib.book.pytorch import plain
from lib.book.trained import steps


class Block(nn.Module):
    """Causal attention and, where `hidden` is not 0, a feed-forward part, each behind a layer norm and added to what was there."""

    def __init__(self, D: int, heads: int, hidden: int):
        super().__init__()
        self.heads, self.norm1 = heads, nn.LayerNorm(D)
        self.qkv, self.out = nn.Linear(D, 3 * D), nn.Linear(D, D)
        self.norm2 = nn.LayerNorm(D) if hidden else None
        self.W1, self.W2 = (nn.Linear(D, hidden), nn.Linear(hidden, D)) if hidden else (None, None)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, D = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(B, T, 3, self.heads, -1).permute(2, 0, 3, 1, 4)  # (B, h, T, d) each
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(mixed.transpose(1, 2).reshape(B, T, D))
        return x if self.norm2 is None else x + self.W2(F.gelu(self.W1(self.norm2(x)), approximate="tanh"))


class Network(nn.Module):
    """The same as `gpt.GPT`, for training.

    vocabulary : V;  window : places;  D : entries of a vector;  hidden : of the feed-forward part, 0 for none
    spread : standard deviation of the words' and places' vectors at the start
    """

    def __init__(
        self, vocabulary: int, window: int, D: int, layers: int, heads: int, hidden: int, spread: float = 0.02
    ):
        super().__init__()
        self.words, self.places = nn.Embedding(vocabulary, D), nn.Embedding(window, D)
        for table in (self.words, self.places):
            nn.init.normal_(table.weight, 0, spread)
        self.blocks = nn.ModuleList([Block(D, heads, hidden) for _ in range(layers)])
        self.last, self.output = nn.LayerNorm(D), nn.Linear(D, vocabulary, bias=False)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Return scores (B, T, V) of what follows each token of ids (B, T)."""
        x = self.words(ids) + self.places.weight[: ids.shape[1]]
        for block in self.blocks:
            x = block(x)
        return self.output(self.last(x))

    def weights(self) -> dict[str, np.ndarray]:
        """Return the weights as `gpt.GPT` names them, float64."""

        def norm(name: str, layer: nn.LayerNorm) -> dict[str, np.ndarray]:
            return {f"{name}.gamma": plain(layer.weight), f"{name}.beta": plain(layer.bias)}

        out = {"words": plain(self.words.weight), "places": plain(self.places.weight)}
        for i, block in enumerate(self.blocks):
            out |= norm(f"block{i}.norm1", block.norm1)
            three = zip("qkv", block.qkv.weight.chunk(3), block.qkv.bias.chunk(3), strict=True)
            for n, W, b in (*three, ("o", block.out.weight, block.out.bias)):
                out |= {f"block{i}.W{n}": plain(W.T), f"block{i}.b{n}": plain(b)}
            if block.norm2 is not None:
                out |= norm(f"block{i}.norm2", block.norm2)
                for n, layer in (("1", block.W1), ("2", block.W2)):
                    out |= {f"block{i}.W{n}": plain(layer.weight.T), f"block{i}.b{n}": plain(layer.bias)}
        return out | norm("last", self.last) | {"output": plain(self.output.weight.T)}


def train_gpt(
    batch: Callable[[np.random.Generator], tuple[np.ndarray, np.ndarray]],
    count: int,
    vocabulary: int,
    window: int,
    D: int = 64,
    layers: int = 2,
    heads: int = 4,
    hidden: int = 256,
    rate: float = 3e-3,
    spread: float = 0.02,
    seed: int = 0,
    watch: Callable[[int, Network], None] | None = None,
) -> dict[str, np.ndarray]:
    """Return the weights (see `gpt.GPT`) of a GPT that has learned from `count` batches.

    batch : called with a generator, returns inputs (B, T) and targets (B, T), tokens; a target of −1 does not count
    rate : the largest, after 100 steps of warm-up, before it falls in a straight line to a twentieth in the second half
    watch : called with the number of steps made and the network, after each
    AdamW with weight decay 0.01, gradients clipped at norm 1. Equation: eq-gpt-loss
    """
    count = validate.whole(count, "count", low=1)
    rate = validate.number(rate, "rate", low=0, open_low=True)
    rng = np.random.default_rng(validate.whole(seed, "seed", low=0))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Network(vocabulary, window, D, layers, heads, hidden, spread)
    learn(network, batch, count, rate, rng, watch)
    return network.weights()


def rate_at(rate: float, step: int, count: int, warm_up: int = 100) -> float:
    """Return the rate of a step, from 0, of `count`: it rises for `warm_up` steps, and falls to a twentieth in the second half."""
    return rate * min(1, (step + 1) / warm_up) * max(0.05, min(1, 2 * (1 - step / count)))


def next_token_loss(network: Network, ids: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return the cross-entropy of the network's scores with the targets (B, T); one of −1 does not count."""
    return F.cross_entropy(network(ids).flatten(0, 1), targets.flatten(), ignore_index=-1)


def learn(
    network: nn.Module,
    batch: Callable[[np.random.Generator], tuple[np.ndarray, ...]],
    count: int,
    rate: float,
    rng: np.random.Generator,
    watch: Callable[[int, nn.Module], None] | None = None,
    loss_of: Callable[..., torch.Tensor] = next_token_loss,
    warm_up: int = 100,
) -> None:
    """Let the parameters of a network that are not frozen learn from `count` batches, drawn with `rng`, as `train_gpt` says.

    loss_of : called with the network and what the batch holds, as tensors of whole numbers;  warm_up : steps in which the rate rises, at least 1
    """
    free = [p for p in network.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(free, rate, betas=(0.9, 0.98), weight_decay=0.01)
    for step in steps(count):
        for group in optimiser.param_groups:
            group["lr"] = rate_at(rate, step, count, warm_up)
        loss = loss_of(network, *(torch.from_numpy(np.asarray(a)).long() for a in batch(rng)))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(free, 1.0)
        optimiser.step()
        if watch is not None:
            watch(step + 1, network)
