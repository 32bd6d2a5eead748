"""Training the models of this package with PyTorch, many side by side: one product of stacks of matrices is cheaper than many products."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from lib.book.pytorch import plain
from lib.book.trained import descend
from lib.unsupervised.generative import flow, variational
from lib.unsupervised.generative.variational import SIDE

PIXELS = SIDE * SIDE
SLIPS = (  # of the loss and of the draw, as they are made: `Setting.slip`
    "sign of the divergence",
    "half forgotten",
    "log σ² taken for log σ",
    "mean over pixels",
    "draw without gradient",
    "no noise",
    "sigmoid twice",
    "one noise for all",
)


def falling(done: float) -> float:
    """Return the share of the first rate when a share `done` of the steps is done: all of it for half of them, then a line to almost 0."""
    return min(1.0, 2 * (1 - done) + 0.02)


@dataclass(frozen=True)
class Setting:
    """How one of the models that train side by side differs: its seed, the weight β of the divergence, and a slip or none."""

    seed: int = 0
    beta: float = 1.0
    slip: str = ""

    def __post_init__(self):
        if self.slip and self.slip not in SLIPS:
            raise ValueError(f"slip must be one of {', '.join(SLIPS)}, but is {self.slip!r}")


class Stack(nn.Module):
    """The same dense layer in S models: x (S, B, I) → (S, B, O), each with its own weights, drawn with its own generator."""

    def __init__(self, inputs: int, outputs: int, generators: Sequence[torch.Generator], gain: float = 2.0):
        super().__init__()
        scale = (gain / inputs) ** 0.5
        self.W = nn.Parameter(torch.stack([scale * torch.randn(inputs, outputs, generator=g) for g in generators]))
        self.b = nn.Parameter(torch.zeros(len(generators), 1, outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.baddbmm(self.b, x, self.W)


class Coders(nn.Module):
    """S variational autoencoders."""

    def __init__(self, code: int, hidden: int, generators: Sequence[torch.Generator]):
        super().__init__()
        self.layers = nn.ModuleDict(
            {
                name: Stack(*shape, generators, 2.0 if name in ("in", "code") else 1.0)
                for name, shape in variational.shapes(hidden, code).items()
            }
        )

    def encode(self, x):
        hidden = F.relu(self.layers["in"](x))
        return self.layers["mean"](hidden), self.layers["log_var"](hidden)

    def decode(self, z):
        return self.layers["out"](F.relu(self.layers["code"](z)))

    def weights(self, which: int) -> dict[str, np.ndarray]:
        """Return one model's weights by name, as `Variational` takes them."""
        out = {}
        for name, layer in self.layers.items():
            out[f"{name}.W"], out[f"{name}.b"] = plain(layer.W[which]), plain(layer.b[which, 0])
        return out


def train_variational(
    images: np.ndarray,
    settings: Sequence[Setting],
    code: int,
    count: int,
    hidden: int = 128,
    batch: int = 64,
    rate: float = 2e-3,
) -> list[dict[str, np.ndarray]]:
    """Return the weights of one model a setting, trained side by side for `count` steps on the bound's estimate.

    images : (N, 14, 14) from 0 to 1;  code : numbers of a code;  Adam, its rate falling to nothing over the second half of the steps
    """
    X = torch.tensor(np.asarray(images).reshape(len(images), -1), dtype=torch.float32)
    generators = [torch.Generator().manual_seed(s.seed) for s in settings]
    model = Coders(code, hidden, generators)
    betas = torch.tensor([s.beta for s in settings])

    def loss(step: int) -> torch.Tensor:
        rows = torch.stack([torch.randint(len(X), (batch,), generator=g) for g in generators])
        noise = torch.stack([torch.randn(batch, code, generator=g) for g in generators])
        terms = _losses(model, X[rows], noise, settings)
        return (terms * torch.stack([betas.new_ones(len(betas)), betas])).sum()

    descend(model.parameters(), loss, count, rate, falling)
    return [model.weights(k) for k in range(len(settings))]


def _losses(model: Coders, x: torch.Tensor, noise: torch.Tensor, settings: Sequence[Setting]) -> torch.Tensor:
    """Return both terms of each model's loss, a mean over its batch: (2, S)."""
    having = {slip: [k for k, s in enumerate(settings) if s.slip == slip] for slip in SLIPS}
    mu, log_var = model.encode(x)
    half = log_var / 2
    noise = noise.clone()
    if any(having.values()):
        half = half.clone()
        half[having["log σ² taken for log σ"]] = log_var[having["log σ² taken for log σ"]]
        noise[having["no noise"]] = 0
        noise[having["one noise for all"]] = noise[having["one noise for all"], :1]
    z = mu + half.exp() * noise
    if having["draw without gradient"]:
        z = z.clone()
        z[having["draw without gradient"]] = z[having["draw without gradient"]].detach()
    scores = model.decode(z)
    if having["sigmoid twice"]:
        scores = scores.clone()
        scores[having["sigmoid twice"]] = torch.sigmoid(scores[having["sigmoid twice"]])
    picture = F.binary_cross_entropy_with_logits(scores, x, reduction="none").sum(2).mean(1)
    divergence = ((mu**2 + log_var.exp() - 1 - log_var) / 2).sum(2).mean(1)
    signs = torch.ones_like(divergence)
    signs[having["sign of the divergence"]] = -1
    signs[having["half forgotten"]] = 2
    shares = torch.ones_like(picture)
    shares[having["mean over pixels"]] = 1 / x.shape[2]
    return torch.stack([picture * shares, divergence * signs])


class Velocity(nn.Module):
    """`flow.Flow` with PyTorch."""

    def __init__(self, hidden: int):
        super().__init__()
        self.layers = nn.ModuleDict({name: nn.Linear(*shape) for name, shape in flow.shapes(hidden).items()})

    def forward(self, x, t, told):
        waves = t[:, None] * torch.tensor(flow.WAVES, dtype=torch.float32)
        h = self.layers["in"](torch.cat([x, torch.sin(waves), torch.cos(waves), told], dim=1))
        for k in range(flow.BLOCKS):
            h = h + self.layers[f"block{k}"](F.silu(h))
        return self.layers["out"](F.silu(h))


def train_flow(
    images: np.ndarray,
    labels: np.ndarray,
    seed: int,
    count: int,
    hidden: int = 256,
    batch: int = 128,
    rate: float = 2e-3,
) -> dict[str, np.ndarray]:
    """Return the weights of a velocity learned from pictures and their digits, as `Flow` takes them.

    images : (N, 14, 14) from 0 to 1;  labels : (N,).  One digit in ten is hidden, so that the network learns to do without; the weights are a
    running mean over the last hundred steps or so; Adam, its rate falling to nothing over the second half
    """
    torch.manual_seed(seed)
    X = torch.tensor(2 * np.asarray(images).reshape(len(images), -1) - 1, dtype=torch.float32)
    told = torch.eye(10)[torch.tensor(labels)]
    model = Velocity(hidden)
    mean = [p.detach().clone() for p in model.parameters()]

    def loss(step: int) -> torch.Tensor:
        rows, t = torch.randint(len(X), (batch,)), torch.rand(batch)
        noise = torch.randn(batch, PIXELS)
        place = (1 - t[:, None]) * noise + t[:, None] * X[rows]
        shown = told[rows] * (torch.rand(batch, 1) > 0.1)
        return F.mse_loss(model(place, t, shown), X[rows] - noise)

    def keep(step: int) -> None:
        for kept, now in zip(mean, model.parameters(), strict=True):
            kept.lerp_(now.detach(), 0.01 if step > 100 else 1.0)

    descend(model.parameters(), loss, count, rate, falling, after=keep)
    names = [name.removeprefix("layers.") for name, _ in model.named_parameters()]
    arrays = {
        name.replace("weight", "W").replace("bias", "b"): plain(value) for name, value in zip(names, mean, strict=True)
    }
    return {name: value.T if name.endswith("W") else value for name, value in arrays.items()}
