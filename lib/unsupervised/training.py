"""Training autoencoders with PyTorch: deep, convolutional, sparse, and denoising ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from lib.book import validate
from lib.book.pytorch import plain
from lib.book.trained import descend
from lib.convnets.digits import SIDE

PIXELS = SIDE * SIDE
LOSSES = ("cross-entropy", "squared")
SPARSE = ("none", "L1", "rate", "top-k")


# ------------------------------------------------------------------------------------------------------------- networks
class Autoencoder(nn.Module):
    """An encoder and a decoder; `forward` gives scores (N, 1, 28, 28) whose sigmoids are the pixels."""

    def __init__(self, encoder: nn.Sequential, decoder: nn.Sequential):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.decoder(self.encoder(x))


def dense(sizes) -> list[nn.Module]:
    """Return dense layers from each size to the next, with ReLU between them."""
    layers: list[nn.Module] = []
    for before, after in pairwise(sizes):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return layers[:-1]


def deep(k: int, widths=(128, 64)) -> Autoencoder:
    """Return 784 – 128 – 64 – k – 64 – 128 – 784."""
    sizes = (PIXELS, *widths, k)
    return Autoencoder(
        nn.Sequential(nn.Flatten(), *dense(sizes)),
        nn.Sequential(*dense(sizes[::-1]), nn.Unflatten(1, (1, SIDE, SIDE))),
    )


def convolutional(k: int, maps=(8, 16)) -> Autoencoder:
    """Return two convolutions that halve and a dense layer to k numbers; a dense layer back and two transposed convolutions."""
    a, b = maps
    down = [
        nn.Conv2d(1, a, 4, 2, 1),
        nn.ReLU(),
        nn.Conv2d(a, b, 4, 2, 1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(49 * b, k),
    ]
    up = [
        *(nn.Linear(k, 49 * b), nn.ReLU(), nn.Unflatten(1, (b, 7, 7))),
        *(nn.ConvTranspose2d(b, a, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(a, 1, 4, 2, 1)),
    ]
    return Autoencoder(nn.Sequential(*down), nn.Sequential(*up))


def denoising(maps=(8, 16)) -> Autoencoder:
    """Return convolutions alone, without a narrow place: as many numbers in the middle as the picture has pixels."""
    a, b = maps
    down = [
        nn.Conv2d(1, a, 4, 2, 1),
        nn.ReLU(),
        nn.Conv2d(a, b, 4, 2, 1),
        nn.ReLU(),
        nn.Conv2d(b, b, 3, 1, 1),
        nn.ReLU(),
    ]
    up = [nn.ConvTranspose2d(b, a, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(a, 1, 4, 2, 1)]
    return Autoencoder(nn.Sequential(*down), nn.Sequential(*up))


def start(net: nn.Module, images: torch.Tensor | None = None) -> nn.Module:
    """Give the layers He's first weights, and where images are given the last one the free terms that paint their mean."""
    last = None
    for layer in net.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            inputs = layer.weight[0].numel()
            if isinstance(layer, nn.ConvTranspose2d):  # each output is met by 2 × 2 taps of every map
                inputs = layer.weight.shape[0] * 4
            nn.init.normal_(layer.weight, std=(2 / inputs) ** 0.5)
            nn.init.zeros_(layer.bias)
            last = layer
    if images is not None:
        with torch.no_grad():
            mean = images.mean(dim=0).flatten()
            mean = mean if len(last.bias) == len(mean) else mean.mean()
            last.weight *= 0.3
            last.bias.copy_(torch.logit(mean.clamp(0.005, 0.995)).expand(len(last.bias)))
    return net


# ------------------------------------------------------------------------------------------------------------- training
def pictures(images) -> torch.Tensor:
    """Return images (N, 28, 28), ink from 0 to 255 or 0 to 1, as (N, 1, 28, 28) from 0 to 1."""
    images = validate.array(images, "images", 3)
    return torch.from_numpy(images / (255 if images.max(initial=0) > 1 else 1)).float()[:, None]


def batches(X: torch.Tensor, size: int) -> Iterator[torch.Tensor]:
    """Yield rows of X, `size` at a time and each once, in a new order whenever all have been seen; without end."""
    while True:
        for rows in reversed(torch.randperm(len(X)).split(size)):
            yield X[rows]


def falling(done: float, least: float = 0.02) -> float:
    """Return the share of the first rate when a share `done` of the steps is done: a line to 0 that stops at `least`."""
    return max(least, 1 - done)


def train(
    make: Callable[[], nn.Module],
    images,
    count: int,
    seed: int,
    *,
    rate: float = 3e-3,
    batch: int = 32,
    loss: str = "cross-entropy",
    begin: str = "He",
    corrupt: Callable[[torch.Tensor], torch.Tensor] | None = None,
    watch: Callable[[int, nn.Module], None] | None = None,
) -> nn.Module:
    """Return an autoencoder after `count` steps of Adam, whose rate falls in a line.

    make : returns the network, called once the seed is set;  images : (N, 28, 28)
    loss : "cross-entropy" or "squared", of the pixels;  begin : "He", or "PyTorch" for the library's own first weights
    corrupt : makes noisy pictures of a batch, anew in each step; the target stays clean;  watch : called with step and network before each
    """
    if loss not in LOSSES:
        raise ValueError(f"loss must be one of {', '.join(map(repr, LOSSES))}, but is {loss!r}")
    X = pictures(images)
    torch.manual_seed(validate.whole(seed, "seed", low=0))
    net = make()
    if begin == "He":
        start(net, X)
    seen = batches(X, batch)

    def value(step: int) -> torch.Tensor:
        if watch is not None:
            watch(step, net)
        clean = next(seen)
        scores = net(clean if corrupt is None else corrupt(clean))
        if loss == "squared":
            return F.mse_loss(torch.sigmoid(scores), clean)
        return F.binary_cross_entropy_with_logits(scores, clean)

    descend(net.parameters(), value, count, rate, falling, fused=True)
    if watch is not None:
        watch(count, net)
    return net.eval()


def painted(net: nn.Module, images) -> np.ndarray:
    """Return what the network paints for images (N, 28, 28): (N, 28, 28), between 0 and 1."""
    with torch.no_grad():
        return np.concatenate([plain(torch.sigmoid(net(part)))[:, 0] for part in pictures(images).split(500)])


def errors(net: nn.Module, images) -> np.ndarray:
    """Return each image's mean squared error of a pixel, (N,)."""
    clean = pictures(images).numpy()[:, 0]
    return ((painted(net, images) - clean) ** 2).mean(axis=(1, 2))


def gaussian(most: float) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return a function that adds Gaussian noise, each picture's standard deviation drawn anew from 0 to `most`."""
    return lambda x: x + most * torch.rand(len(x), 1, 1, 1) * torch.randn_like(x)


def masked(most: float) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return a function that puts 0 in the place of pixels, a share of each picture drawn anew from 0 to `most`."""
    return lambda x: x * (torch.rand_like(x) >= most * torch.rand(len(x), 1, 1, 1))


def weights_of(net: nn.Module) -> dict[str, np.ndarray]:
    """Return a network's weights as `autoencoders` names them: dense1.W (inputs, outputs), conv1.W, up1.W, …, and .b for each."""
    out: dict[str, np.ndarray] = {}
    kinds = {nn.Linear: "dense", nn.Conv2d: "conv", nn.ConvTranspose2d: "up"}
    counts = dict.fromkeys(kinds.values(), 0)
    for layer in net.modules():
        if kind := kinds.get(type(layer)):
            counts[kind] += 1
            W = plain(layer.weight)
            out[f"{kind}{counts[kind]}.W"] = W.T if kind == "dense" else W
            out[f"{kind}{counts[kind]}.b"] = plain(layer.bias)
    return out


# --------------------------------------------------------------------------------------------------------------- sparse
def train_sparse(
    kind: str, images, count: int, seed: int, *, units: int = 64, weight: float = 0.0, rho: float = 0.05, k: int = 8
) -> tuple[Callable[[np.ndarray], np.ndarray], Callable[[np.ndarray], np.ndarray], np.ndarray]:
    """Return (encode, paint, drawings) of an autoencoder 784 – units – 784 with few units on at a time.

    kind : "none", "L1" (ReLU units, `weight` times the sum of a picture's activities), "rate" (sigmoid units, `weight` times Σ KL(ρ‖ρ̂) over a
    batch) or "top-k" (ReLU units, all but the k largest set to 0). The loss is the pixels' cross-entropy, summed over a picture.
    encode : images (N, 28, 28) to activities (N, units);  paint : activities to (N, 784);  drawings : (units, 784), what each unit adds to the scores
    """
    if kind not in SPARSE:
        raise ValueError(f"kind must be one of {', '.join(map(repr, SPARSE))}, but is {kind!r}")
    X = pictures(images).flatten(1)
    torch.manual_seed(validate.whole(seed, "seed", low=0))
    into, back = nn.Linear(PIXELS, units), nn.Linear(units, PIXELS)
    start(nn.ModuleList([into, back]), X)
    if kind == "rate":
        nn.init.constant_(into.bias, float(np.log(rho / (1 - rho))))

    def activities(x: torch.Tensor) -> torch.Tensor:
        z = into(x)
        if kind == "rate":
            return torch.sigmoid(z)
        if kind == "top-k":
            z = torch.zeros_like(z).scatter(1, (best := z.topk(k, 1)).indices, best.values)
        return F.relu(z)

    rate = 1e-2 if kind == "rate" else 3e-3  # a sigmoid's slope is at most 1/4
    seen = batches(X, 64)

    def loss(step: int) -> torch.Tensor:
        x = next(seen)
        h = activities(x)
        value = F.binary_cross_entropy_with_logits(back(h), x, reduction="sum") / len(x)
        if kind == "L1":
            value = value + weight * h.sum() / len(x)
        if kind == "rate":
            on = h.mean(dim=0).clamp(1e-6, 1 - 1e-6)
            value = value + weight * (rho * torch.log(rho / on) + (1 - rho) * torch.log((1 - rho) / (1 - on))).sum()
        return value

    descend([*into.parameters(), *back.parameters()], loss, count, rate, falling, fused=True)

    def encode(some) -> np.ndarray:
        with torch.no_grad():
            return plain(activities(pictures(some).flatten(1)))

    def paint(codes) -> np.ndarray:
        with torch.no_grad():
            return plain(torch.sigmoid(back(torch.from_numpy(np.array(codes)).float())))

    return encode, paint, plain(back.weight).T


# ------------------------------------------------------------------------------------------------------ points of a plane
def train_on_points(
    points, sigma: float, count: int, seed: int, *, width: int = 64, rate: float = 5e-3
) -> dict[str, np.ndarray]:
    """Return the weights of a network 2 – width – width – 2 that takes Gaussian noise of standard deviation sigma off points (M, 2)."""
    P = torch.from_numpy(validate.array(points, "points", 2)).float()
    torch.manual_seed(validate.whole(seed, "seed", low=0))
    net = start(nn.Sequential(*dense((2, width, width, 2))))

    def loss(step: int) -> torch.Tensor:
        clean = P[torch.randint(len(P), (256,))]
        return F.mse_loss(net(clean + sigma * torch.randn_like(clean)), clean)

    descend(net.parameters(), loss, count, rate, lambda done: falling(done, 0.01))
    return weights_of(net)
