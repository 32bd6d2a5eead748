"""U-Nets in PyTorch: the published one, and the training of the small one."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from lib.convnets.digits import Digits
from lib.convnets.training import folded, train_on_canvases

FRESH = 400  # canvases that are made at a time, and used twice
LOSSES = ("cross-entropy", "soft Dice")


def normed(before: int, after: int) -> list[nn.Module]:
    """Return a 3 × 3 convolution that keeps the size, with batch normalization and ReLU."""
    return [nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]


class Small(nn.Module):
    """The small U-Net: (N, 1, H, W) to logits (N, H, W), with or without its skips."""

    def __init__(self, width: int, skips: bool):
        super().__init__()
        w, k = width, int(skips)
        self.skips = skips
        two = lambda a, b: nn.Sequential(*normed(a, b), *normed(b, b))
        self.down = nn.ModuleList([nn.Sequential(*normed(1, w)), two(w, 2 * w), two(2 * w, 4 * w), two(4 * w, 4 * w)])
        last = nn.Sequential(*normed(w + k * w, w))
        self.up = nn.ModuleList([two(4 * w + k * 4 * w, 2 * w), two(2 * w + k * 2 * w, w), last])
        self.out = nn.Conv2d(w, 1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kept = [self.down[0](x)]
        for part in self.down[1:]:
            kept.append(part(F.max_pool2d(kept[-1], 2)))
        x = kept.pop()
        for part in self.up:
            x, skip = F.interpolate(x, scale_factor=2), kept.pop()
            x = part(torch.cat((x, skip), 1) if self.skips else x)
        return self.out(x)[:, 0]

    def layers(self) -> nn.Sequential:
        """Return all its layers, one after another."""
        return nn.Sequential(*(layer for part in (*self.down, *self.up) for layer in part), self.out)


def soft_dice_loss(logits: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """Return 1 − soft Dice of the whole batch, with ε = 1. Equation: eq-soft-dice"""
    p = torch.sigmoid(logits)
    return 1 - (2 * (p * true).sum() + 1) / (p.sum() + true.sum() + 1)


def train_unet(
    source: Digits,
    count: int,
    *,
    seed: int,
    skips: bool = True,
    loss: str = "cross-entropy",
    width: int = 8,
    rate: float = 1e-2,
    batch: int = 8,
) -> dict[str, np.ndarray]:
    """Return the weights of a `SmallUNet` after `count` steps of Adam on new canvases of these digits, each seen twice."""
    if loss not in LOSSES:
        raise ValueError(f"loss must be one of {', '.join(map(repr, LOSSES))}, but is {loss!r}")
    judged = F.binary_cross_entropy_with_logits if loss == LOSSES[0] else soft_dice_loss
    targets = lambda made: (made.instances > 0).astype(np.float32)
    net = train_on_canvases(lambda: Small(width, skips), targets, judged, source, count, seed, rate, batch, FRESH)
    return folded(net.layers())


class Published(nn.Module):
    """The U-Net of 2015: valid convolutions, crops, and 2 × 2 transposed convolutions on the way up."""

    def __init__(self, width: int = 64, levels: int = 4, inputs: int = 1, classes: int = 2):
        super().__init__()
        two = lambda a, b: nn.Sequential(nn.Conv2d(a, b, 3), nn.ReLU(), nn.Conv2d(b, b, 3), nn.ReLU())
        wide = [width << level for level in range(levels + 1)]
        self.down = nn.ModuleList(map(two, [inputs, *wide[:-1]], wide))
        self.enlarge = nn.ModuleList(nn.ConvTranspose2d(2 * w, w, 2, 2) for w in wide[-2::-1])
        self.up = nn.ModuleList(two(2 * w, w) for w in wide[-2::-1])
        self.out = nn.Conv2d(width, classes, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kept = [self.down[0](x)]
        for part in self.down[1:]:
            kept.append(part(F.max_pool2d(kept[-1], 2)))
        x = kept.pop()
        for enlarge, part in zip(self.enlarge, self.up, strict=True):
            x, skip = enlarge(x), kept.pop()
            cut = (skip.shape[-1] - x.shape[-1]) // 2
            x = part(torch.cat((skip[..., cut : skip.shape[-2] - cut, cut : skip.shape[-1] - cut], x), 1))
        return self.out(x)
