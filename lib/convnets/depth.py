"""Deep networks with and without shortcuts, several seeds side by side in one: how well they fit, what their slopes are, what a block is worth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from lib.book import validate
from lib.book.datasets import digit_images
from lib.book.pytorch import one_thread

STAGES = 3  # of equally many blocks, each with half the rows and columns, and twice the channels, of the one before
LEARNED_FROM = 1297  # pictures; the other 500 are kept back
BATCH = 100


def blocks_a_stage(depth: int) -> int:
    """Return n for a network of 6n + 2 layers. Raises ValueError where the depth is no such number."""
    depth = validate.whole(depth, "depth", low=8)
    if depth % 6 != 2:
        raise ValueError(f"depth must be 6n + 2, as 8, 14 or 20, but is {depth}")
    return (depth - 2) // 6


class Block(nn.Module):
    """Two 3 × 3 convolutions, each normed; with a shortcut their input, or what fits of it, is added before the last ReLU."""

    def __init__(self, inside: int, outside: int, stride: int, groups: int, shortcut: bool, normed: bool):
        super().__init__()
        self.groups, self.stride, self.shortcut, self.live = groups, stride, shortcut, True
        self.one = convolution(inside, outside, stride, groups)
        self.two = convolution(outside, outside, 1, groups)
        self.norms = nn.ModuleList([nn.BatchNorm2d(groups * outside) if normed else nn.Identity() for _ in range(2)])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = 0
        if self.live:
            y = self.norms[1](self.two(F.relu(self.norms[0](self.one(x)))))
        if self.shortcut or not self.live:
            y = y + self.past(x)
        return F.relu(y)

    def past(self, x: torch.Tensor) -> torch.Tensor:
        """Return the input itself, every second row and column of it where the block halves them, with zeros for new channels."""
        x = x[:, :, :: self.stride, :: self.stride]
        more = self.two.weight.shape[0] // self.groups - x.shape[1] // self.groups
        if not more:
            return x
        apart = x.unflatten(1, (self.groups, -1))
        return F.pad(apart, (0, 0, 0, 0, 0, more)).flatten(1, 2)


class Networks(nn.Module):
    """As many networks of `depth` layers as there are seeds, side by side: each convolution has one group of channels a seed.

    No number of one reaches another, so that each is trained as if it were alone. Reads (N, seeds, 8, 8), returns scores
    (N, seeds, 10).
    """

    def __init__(self, depth: int, shortcut: bool, seeds: Sequence[int], width: int = 4, normed: bool = True):
        super().__init__()
        n, groups = blocks_a_stage(depth), len(seeds)
        self.first, channels, blocks = convolution(1, width, 1, groups), width, []
        self.norm = nn.BatchNorm2d(groups * width) if normed else nn.Identity()
        for stage in range(STAGES):
            for place in range(n):
                wide, stride = width << stage, 2 if stage and not place else 1
                blocks.append(Block(channels, wide, stride, groups, shortcut, normed))
                channels = wide
        self.blocks = nn.ModuleList(blocks)
        self.last, self.free = nn.Parameter(torch.zeros(groups, channels, 10)), nn.Parameter(torch.zeros(groups, 10))
        start(self, seeds)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.norm(self.first(x)))
        for block in self.blocks:
            x = block(x)
        means = x.mean(dim=(2, 3)).unflatten(1, (len(self.last), -1))
        return torch.einsum("ngc,gck->ngk", means, self.last) + self.free

    def convolutions(self) -> list[nn.Conv2d]:
        """Return the convolutions in the order in which a picture meets them."""
        return [self.first, *(one for block in self.blocks for one in (block.one, block.two))]


def convolution(inside: int, outside: int, stride: int, groups: int) -> nn.Conv2d:
    """Return a 3 × 3 convolution from `inside` to `outside` channels in each of `groups` networks, without a free term."""
    return nn.Conv2d(groups * inside, groups * outside, 3, stride, 1, groups=groups, bias=False)


def start(network: Networks, seeds: Sequence[int]) -> None:
    """Give each of the networks its own first weights: He's for the convolutions, small ones at the end."""
    draws = [torch.Generator().manual_seed(validate.whole(seed, "seed", low=0)) for seed in seeds]
    with torch.no_grad():
        for one in network.convolutions():
            shape = (one.weight.shape[0] // len(seeds), *one.weight.shape[1:])
            size = (2 / (9 * shape[1])) ** 0.5
            one.weight.copy_(torch.cat([size * torch.randn(shape, generator=g) for g in draws]))
        network.last.copy_(torch.stack([0.1 * torch.randn(network.last.shape[1:], generator=g) for g in draws]))


def pictures() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the 8 × 8 digits, standardised as a whole, and their labels: 1,297 to learn from and 500 that are kept back."""
    data = digit_images()
    order = np.random.default_rng(0).permutation(len(data.y))
    X = torch.tensor(data.X[order].reshape(-1, 1, 8, 8), dtype=torch.float32)
    y = torch.tensor(data.y[order], dtype=torch.long)
    X = (X - X[:LEARNED_FROM].mean()) / X[:LEARNED_FROM].std()
    return X[:LEARNED_FROM], y[:LEARNED_FROM], X[LEARNED_FROM:], y[LEARNED_FROM:]


def wrong(network: Networks, X: torch.Tensor, y: torch.Tensor) -> np.ndarray:
    """Return each network's share of pictures that it gets wrong, as it is used (with batch norm's running statistics)."""
    network.eval()
    with torch.no_grad():
        scores = network(X.expand(-1, len(network.last), -1, -1))
    network.train()
    return (scores.argmax(dim=2) != y[:, None]).double().mean(dim=0).numpy()


@one_thread()
def train_networks(
    depth: int, shortcut: bool, seeds: Sequence[int], epochs: int = 8, rate: float = 0.1, width: int = 4
) -> tuple[Networks, np.ndarray]:
    """Return networks that have learned the digits, and the share of training pictures that each got wrong after each epoch.

    Momentum 0.9 (Nesterov's), a rate that rises to `rate` over the first fifth of the steps and falls to nothing, weights that decay by
    1e-4. Each network has its own first weights and its own order of pictures.
    returns : the networks, (epochs, seeds)
    """
    epochs = validate.whole(epochs, "epochs", low=1)
    X, y, _, _ = pictures()
    network = Networks(depth, shortcut, seeds, width)
    draws = [torch.Generator().manual_seed(seed) for seed in seeds]
    optimiser = torch.optim.SGD(network.parameters(), rate, momentum=0.9, nesterov=True, weight_decay=1e-4)
    steps = len(X) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=epochs * steps, pct_start=0.2)
    errors = []
    for _ in range(epochs):
        orders = torch.stack([torch.randperm(len(X), generator=g) for g in draws], dim=1)
        for rows in orders[: steps * BATCH].split(BATCH):
            scores = network(X[rows, 0])
            loss = F.cross_entropy(scores.flatten(0, 1), y[rows].flatten()) * len(seeds)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
        errors.append(wrong(network, X, y))
    return network, np.array(errors)


@one_thread()
def slopes_at_start(depth: int, shortcut: bool, normed: bool, seeds: Sequence[int], width: int = 4) -> np.ndarray:
    """Return the size of the loss's gradient by each convolution's weights before training, its root mean square: (seeds, layers)."""
    X, y, _, _ = pictures()
    network = Networks(depth, shortcut, seeds, width, normed)
    scores = network(X[:BATCH].expand(-1, len(seeds), -1, -1))
    loss = F.cross_entropy(scores.flatten(0, 1), y[:BATCH].repeat_interleave(len(seeds))) * len(seeds)
    loss.backward()
    sizes = [
        one.weight.grad.unflatten(0, (len(seeds), -1)).flatten(1).square().mean(dim=1).sqrt()
        for one in network.convolutions()
    ]
    return torch.stack(sizes, dim=1).numpy().astype(float)


def without_each_block(network: Networks) -> dict[str, np.ndarray]:
    """Return the shares of pictures kept back that trained networks get wrong: "whole" (seeds,), and "without" (blocks, seeds).

    Each row of the second is with one block passed by: its input, or what fits of it, is handed on in its place.
    """
    _, _, X, y = pictures()
    found = []
    for block in network.blocks:
        block.live = False
        found.append(wrong(network, X, y))
        block.live = True
    return {"whole": wrong(network, X, y), "without": np.array(found)}
