"""Training of the two detectors, in PyTorch."""

from __future__ import annotations

import copy
from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from lib.book.pytorch import plain
from lib.book.trained import steps
from lib.convnets.canvases import Canvases, draw_canvases
from lib.convnets.detection import grid, regions
from lib.convnets.digits import Digits
from lib.convnets.training import folded, schedule, train_on_canvases, weights_of

FRESH = 1600  # canvases that are made at a time, and used twice


def grid_network(width: int) -> nn.Sequential:
    """Return the grid detector's network: 3 × 3 convolutions with batch normalization and ReLU, then one of 1 × 1."""
    channels = [1, width, 2 * width, 2 * width, 4 * width, 4 * width, 4 * width]
    parts = []
    for before, after, stride in zip(channels, channels[1:], grid.STRIDES, strict=False):
        parts += [nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(*parts, nn.Conv2d(channels[-1], grid.NUMBERS, 1))


def grid_loss(outputs: torch.Tensor, targets: torch.Tensor, weight: float = 5.0) -> torch.Tensor:
    """Return the loss a canvas: is there one, everywhere; where and which, in cells that have one. Equation: eq-grid-loss

    outputs : (N, 15, 8, 8);  targets : (N, 6, 8, 8), as of `cell_targets`;  weight : of the boxes' squared errors
    """
    there = targets[:, 0] > 0
    said, true = outputs.movedim(1, 3)[there], targets.movedim(1, 3)[there]
    is_one = F.binary_cross_entropy_with_logits(outputs[:, 0], targets[:, 0], reduction="sum")
    where = F.mse_loss(torch.sigmoid(said[:, 1:3]), true[:, 1:3], reduction="sum")
    size = F.mse_loss(said[:, 3:5], true[:, 3:5], reduction="sum")
    which = F.cross_entropy(said[:, 5:], true[:, 5].long(), reduction="sum")
    return (is_one + weight * (where + size) + which) / len(outputs)


def train_grid(source: Digits, count: int, *, seed: int, width: int = 16, rate: float = 5e-3, batch: int = 32) -> dict:
    """Return the weights of a `GridDetector` after `count` steps of Adam on new canvases of these digits, each seen twice."""
    return folded(grid_trained(source, count, seed=seed, width=width, rate=rate, batch=batch))


def grid_trained(
    source: Digits, count: int, *, seed: int, width: int, rate: float = 5e-3, batch: int = 32
) -> nn.Sequential:
    """Return the network whose weights `train_grid` gives."""
    make = lambda: grid_network(width)
    return train_on_canvases(make, _targets, grid_loss, source, count, seed, rate, batch, FRESH)


def _targets(made: Canvases) -> np.ndarray:
    return np.stack([*map(grid.cell_targets, made.boxes, made.labels)])


def grid_state(net: nn.Sequential) -> dict[str, np.ndarray]:
    """Return all that `grid_from` needs to make a grid detector's network again, by name."""
    return {f"net.{name}": plain(value) for name, value in net.state_dict().items() if value.ndim}


def grid_from(state: Mapping[str, np.ndarray], width: int) -> nn.Sequential:
    """Return the grid detector's network of this width with the numbers of `grid_state`."""
    net = grid_network(width)
    numbers = {name.removeprefix("net."): torch.tensor(np.array(state[name])) for name in state}
    net.load_state_dict(numbers, strict=False)  # but for the count of batches, which nothing reads
    return net


def grid_adapted(
    start: nn.Sequential, canvases: Canvases, count: int, *, seed: int, rate: float = 3e-3, batch: int = 16
) -> nn.Sequential:
    """Return a copy of a grid detector's network after `count` more steps of Adam on these canvases alone, in batches drawn from them."""
    torch.manual_seed(seed)
    net = copy.deepcopy(start).to(memory_format=torch.channels_last).train()
    X = torch.from_numpy(canvases.images).contiguous(memory_format=torch.channels_last)
    Y = torch.from_numpy(_targets(canvases))
    optimiser = torch.optim.Adam(net.parameters(), rate)
    queue: list = []
    for step in steps(count):
        queue = queue or list(torch.randperm(len(X)).split(batch))
        rows = queue.pop()
        optimiser.param_groups[0]["lr"] = rate * schedule(step / count)
        optimiser.zero_grad()
        grid_loss(net(X[rows]), Y[rows]).backward()
        optimiser.step()
    return net.eval()


# ---------------------------------------------------------------------------------------------------------- in parts
def region_network() -> nn.Sequential:
    """Return the network that says what is in a region, and mends its box."""
    pooled = lambda a, b: [nn.Conv2d(a, b, 5), nn.ReLU(), nn.MaxPool2d(2)]
    dense = [nn.Flatten(), nn.Linear(256, 24), nn.ReLU(), nn.Linear(24, grid.CLASSES + 5)]
    return nn.Sequential(*pooled(1, 6), *pooled(6, 16), *dense)


def proposals_for_training(image, boxes, kind: str, rng: np.random.Generator, most: int = 12) -> np.ndarray:
    """Return at most `most` proposals of a kind, "components" or "windows", and three shaken copies of each true box."""
    found = regions.components(image) if kind == "components" else regions.windows()
    found = found[rng.permutation(len(found))[:most]]
    copies = np.repeat(boxes, 3, axis=0)
    sides = np.tile(copies[:, 2:] - copies[:, :2], 2)
    return np.concatenate([found, copies + 0.1 * sides * rng.standard_normal(copies.shape)])


def train_regions(
    source: Digits, count: int, *, seed: int, kind: str, rate: float = 3e-3, batch: int = 64, canvases: int = 1500
) -> dict:
    """Return the weights of a `RegionDetector` after `count` steps of Adam on the regions of `canvases` canvases.

    kind : "components" or "windows", the proposals that it will be given
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    made = draw_canvases(source, canvases, rng)
    X, kinds, codes = [], [], []
    for image, boxes, labels in zip(made.images[:, 0], made.boxes, made.labels, strict=True):
        proposals = proposals_for_training(image, boxes, kind, rng)
        X.append(regions.crops(image, proposals).astype(np.float32))
        said, code = regions.region_targets(proposals, boxes, labels)
        kinds.append(said)
        codes.append(code)
    X, y = torch.from_numpy(np.concatenate(X)), torch.from_numpy(np.concatenate(kinds))
    t = torch.from_numpy(np.concatenate(codes)).float()
    net = region_network()
    optimiser = torch.optim.Adam(net.parameters(), rate)
    queue: list = []
    for step in steps(count):
        queue = queue or list(torch.randperm(len(X)).split(batch))
        rows = queue.pop()
        said, there = net(X[rows]), y[rows] < grid.CLASSES
        loss = F.cross_entropy(said[:, :-4], y[rows])
        if there.any():
            loss = loss + 5 * F.mse_loss(said[there][:, -4:], t[rows][there])
        optimiser.param_groups[0]["lr"] = rate * max(0.01, 1 - step / count)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return weights_of(net, first=0)
