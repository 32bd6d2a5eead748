"""Small LeNets in several kinds and seeds, trained with PyTorch: pooled by the maximum alone, or with a blur behind it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from lib.convnets import architectures as nets
from lib.convnets.digits import Digits
from lib.convnets.pooling import blur_matrix
from lib.convnets.seeing import shifts
from lib.convnets.training import module, train_classifier, weights_of


class BlurredMax(nn.Module):
    """The largest of each 2 × 2 pixels at every place, blurred with the weights ¼, ½, ¼, and every second kept. Equation: eq-blur"""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        largest = F.max_pool2d(x, 2, stride=1)
        rows, columns = (torch.from_numpy(blur_matrix(n)).to(x.dtype) for n in largest.shape[2:])
        return F.linear(F.linear(largest, columns).transpose(2, 3), rows).transpose(2, 3)


def blurred(net: Sequence, shape: Sequence[int]) -> nn.Sequential:
    """Return the net as `training.module` does, with a blur in each of its max poolings."""
    parts = module(net, shape)
    return nn.Sequential(*[BlurredMax() if isinstance(part, nn.MaxPool2d) else part for part in parts])


def train_kinds(source: Digits, held: Digits, seeds: Sequence[int], still: int, moving: int) -> dict[str, np.ndarray]:
    """Return what `shifts.Lenets` is made of: networks of each kind and seed, and how they read digits that were kept back and moved.

    still, moving : steps of training for the kinds that see each picture where it is, and for those that see it moved
    """
    places = shifts.places(shifts.FARTHEST)
    far = np.array([max(map(abs, place)) for place in places])
    X = np.stack([shifts.moved(held.images / 255, *place) for place in places])
    out: dict[str, np.ndarray] = {}
    for kind, (blur, most) in shifts.KINDS.items():
        right, agree = [], []
        for s, seed in enumerate(seeds):
            first: list[np.ndarray] = []

            def keep(step, net, first=first):
                if step == 0:
                    first.append(weights_of(net)["conv1.W"])

            net = train_classifier(
                nets.SMALL_LENET,
                source.images / 255,
                source.labels,
                moving if most else still,
                seed,
                shifts=most,
                watch=keep,
                make=blurred if blur else module,
            )
            if kind == "plain_moved":
                out[f"start_{s}"] = first[0]
            out |= {f"{kind}_{s}_{name}": w for name, w in weights_of(net).items()}
            with torch.no_grad():
                said = np.array([net(torch.from_numpy(x).float()[:, None]).argmax(1).numpy() for x in X])
            right.append([(said == held.labels)[far == d].mean() for d in range(shifts.FARTHEST + 1)])
            agree.append([shifts.consistency(said[far <= d]) for d in range(1, shifts.FARTHEST + 1)])
        out |= {f"right_{kind}": np.array(right), f"agree_{kind}": np.array(agree)}
    return out
