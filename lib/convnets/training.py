"""Training small convolutional networks with PyTorch, built from the lists of layers of `architectures`."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from lib.book import validate
from lib.book.pytorch import plain
from lib.book.trained import steps
from lib.convnets import architectures as nets
from lib.convnets.canvases import Canvases, draw_canvases
from lib.convnets.digits import Digits

# which of six maps below each of LeNet-5's sixteen reads (LeCun et al., 1998, table I)
LENET5_TABLE = tuple(
    tuple(sorted((first + i) % 6 for i in kept))
    for firsts, kept in ((range(6), (0, 1, 2)), (range(6), (0, 1, 2, 3)), (range(3), (0, 1, 3, 4)), ((0,), range(6)))
    for first in firsts
)


class Links(nn.Conv2d):
    """A convolution whose maps read only some of the maps below, those of LeNet-5's table."""

    def __init__(self, below: int, layer: nets.Conv):
        super().__init__(below, layer.channels, layer.size, layer.stride, layer.padding, bias=layer.bias)
        if (below, layer.channels) != (6, len(LENET5_TABLE)) or layer.links != sum(map(len, LENET5_TABLE)):
            raise ValueError("the only table of links known here is LeNet-5's, of 6 maps and 16")
        mask = torch.zeros(layer.channels, below, 1, 1)
        for out, read in enumerate(LENET5_TABLE):
            mask[out, list(read)] = 1
        self.register_buffer("mask", mask)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.conv2d(x, self.weight * self.mask, self.bias, self.stride, self.padding)


class TrainedPool(nn.Module):
    """The mean of each window, times a factor and plus a free term of its map."""

    def __init__(self, channels: int, pool: nn.Module):
        super().__init__()
        self.pool, self.factor, self.free = (
            pool,
            nn.Parameter(torch.ones(channels)),
            nn.Parameter(torch.zeros(channels)),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.pool(x) * self.factor[:, None, None] + self.free[:, None, None]


class Side(nn.Module):
    """Chains that read the same: what they give is added and kept above 0, or its maps are stacked."""

    def __init__(self, chains: list[nn.Module], join: str):
        super().__init__()
        self.chains, self.join = nn.ModuleList(chains), join

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        ends = [chain(x) for chain in self.chains]
        return torch.relu(sum(ends)) if self.join == "add" else torch.cat(ends, dim=1)


def module(net: Sequence, shape: Sequence[int]) -> nn.Sequential:
    """Return the net as a PyTorch module that reads (N, C, H, W), of `shape` (C, H, W); one child for each layer, in order."""
    children, shapes = [], [shape, *(step.shape for step in nets.steps_of(net, shape))]
    for layer, before in zip(net, shapes, strict=False):
        children.append(_part(layer, before))
    return nn.Sequential(*children)


def _part(layer, shape: Sequence[int]) -> nn.Module:
    C = shape[0]
    if isinstance(layer, nets.Conv):
        if layer.links is not None:
            conv: nn.Module = Links(C, layer)
        else:
            conv = nn.Conv2d(
                C, layer.channels, layer.size, layer.stride, layer.padding, groups=layer.groups, bias=layer.bias
            )
        return nn.Sequential(
            conv, *[nn.BatchNorm2d(layer.channels)] * layer.norm, *[nn.ReLU()] * layer.relu
        )  # each at most once
    if isinstance(layer, nets.Pool):
        kind = nn.MaxPool2d if layer.kind == "max" else nn.AvgPool2d
        pool = kind(layer.size, layer.stride, layer.padding, ceil_mode=layer.ceil)
        return TrainedPool(C, pool) if layer.trained else pool
    if isinstance(layer, nets.GlobalAverage):
        return nn.AdaptiveAvgPool2d(1)
    if isinstance(layer, nets.Dense):
        return nn.Sequential(nn.Flatten(), nn.Linear(int(np.prod(shape)), layer.units), *[nn.ReLU()] * layer.relu)
    return Side([module(path, shape) for path in layer.paths], layer.join)


def shifted(x: torch.Tensor, most: int, rng: np.random.Generator) -> torch.Tensor:
    """Return pictures (N, 1, H, W), each moved by up to `most` pixels along both axes, with 0 where nothing was."""
    n, _, H, W = x.shape
    wide = F.pad(x, (most, most, most, most))
    down, right = (torch.from_numpy(rng.integers(2 * most + 1, size=(n, 1, 1))) for _ in range(2))
    rows = down + torch.arange(H)[None, :, None]
    columns = right + torch.arange(W)[None, None, :]
    return wide[torch.arange(n)[:, None, None], 0, rows, columns][:, None]


def warped(x: torch.Tensor, maps: np.ndarray) -> torch.Tensor:
    """Return pictures (N, C, H, W) whose pixel at (x, y) from the middle has what was at M (x, y, 1) from the middle, between pixels linearly, 0 beyond.

    maps : (N, 2, 3), one M for each picture, for x to the right and y downwards in pixels
    """
    H, W = x.shape[2:]
    half = np.array([W, H]) / 2  # PyTorch measures in halves of the picture
    unit = np.array(maps, float) / half[:, None]
    unit[:, :, :2] *= half
    grid = F.affine_grid(torch.from_numpy(unit).float(), list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, align_corners=False)


def train_classifier(
    net: Sequence | nn.Sequential,
    images,
    labels,
    count: int,
    seed: int = 0,
    batch: int = 64,
    rate: float = 3e-3,
    shifts: int = 2,
    watch: Callable[[int, nn.Module], None] | None = None,
    augment: Callable[[np.ndarray, np.random.Generator], np.ndarray] | None = None,
    frozen: int = 0,
    norms_move: bool = False,
    make: Callable[[Sequence, Sequence[int]], nn.Sequential] = module,
) -> nn.Sequential:
    """Return a net that has learned to tell classes apart, in `count` steps of Adam, whose rate falls in a line to 0.

    net : a list of layers, which starts from random weights, or a module, a copy of which learns on
    images : (N, 28, 28) or (N, H, W), ink from 0 to 1;  labels : (N,) from 0;  shifts : pixels by which each picture is moved at most
    augment : called with a batch (n, H, W) and a generator, returns what is seen in its place
    frozen : how many of the module's first children keep their weights;  norms_move : whether their batch norms still follow the batches
    watch : called with the number of steps made and the module, before the first and after each;  make : of the net and (1, H, W) its module
    """
    images = validate.array(images, "images", 3)
    labels = validate.indices(labels, "labels")
    if len(labels) != len(images):
        raise ValueError(f"there are {len(images)} images but {len(labels)} labels")
    count, batch = validate.whole(count, "count", low=1), validate.whole(batch, "batch", low=1)
    rng = np.random.default_rng(validate.whole(seed, "seed", low=0))
    if isinstance(net, nn.Module):
        model = copy.deepcopy(net)
    else:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model = make(net, (1, *images.shape[1:]))
    frozen = validate.whole(frozen, "frozen", low=0, high=len(model) - 1)
    model.requires_grad_(True)
    model[:frozen].requires_grad_(False)
    x, y = torch.from_numpy(images).float()[:, None], torch.from_numpy(np.array(labels)).long()
    optimiser = torch.optim.Adam([w for w in model.parameters() if w.requires_grad], rate)
    order = np.empty(0, int)
    if watch is not None:
        watch(0, model)
    for step in steps(count):
        model.train()
        model[:frozen].train(norms_move)
        for group in optimiser.param_groups:
            group["lr"] = rate * (1 - step / count)
        if not len(order):
            order = rng.permutation(len(x))
        rows, order = order[:batch], order[batch:]
        seen = shifted(x[rows], shifts, rng) if shifts else x[rows]
        if augment is not None:
            seen = torch.from_numpy(augment(seen[:, 0].numpy(), rng)).float()[:, None]
        loss = F.cross_entropy(model(seen), y[rows])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if watch is not None:
            watch(step + 1, model)
    return model.eval()


def with_new_end(model: nn.Sequential, classes: int, seed: int) -> nn.Sequential:
    """Return a copy of a module whose last layer, a dense one, is a new one with random weights and `classes` scores."""
    out = copy.deepcopy(model)
    inputs = out[-1][-1].in_features
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(validate.whole(seed, "seed", low=0))
        out[-1] = nn.Sequential(nn.Flatten(), nn.Linear(inputs, validate.whole(classes, "classes", low=1)))
    return out


def features(model: nn.Sequential, images, layers: int) -> np.ndarray:
    """Return what the module's first `layers` children, in their mode of use, make of pictures (N, H, W): (N, numbers)."""
    model.eval()
    with torch.no_grad():
        x = torch.from_numpy(np.array(images)).float()[:, None]
        return np.concatenate([plain(model[:layers](part).flatten(1)) for part in x.split(500)])


def schedule(done: float) -> float:
    """Return the share of the highest rate when a share `done` of the steps is done: up over a tenth, flat, down from 0.4 on."""
    return max(0.01, min(1.0, done / 0.1, (1 - done) / 0.6))


def train_on_canvases(
    make: Callable[[], nn.Module],
    targets: Callable[[Canvases], np.ndarray],
    loss_of: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    source: Digits,
    count: int,
    seed: int,
    rate: float,
    batch: int,
    fresh: int,
) -> nn.Module:
    """Return a network, in its mode of use, after `count` steps of Adam on new canvases of these digits, each seen twice.

    make : called once the seed is set, returns the network;  targets : what it should say of canvases, an array with a row for each
    loss_of : called with what it says of a batch and the targets;  rate : the highest, see `schedule`;  fresh : canvases that are made at a time
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = make().to(memory_format=torch.channels_last)
    optimiser = torch.optim.Adam(net.parameters(), rate)
    queue: list = []
    for step in steps(count):
        if not queue:
            made = draw_canvases(source, min(fresh, -(-count // 2) * batch), rng)
            X = torch.from_numpy(made.images).contiguous(memory_format=torch.channels_last)
            Y = torch.from_numpy(targets(made))
            queue = [rows for _ in range(2) for rows in torch.randperm(len(X)).split(batch)]
        rows = queue.pop()
        optimiser.param_groups[0]["lr"] = rate * schedule(step / count)
        optimiser.zero_grad()
        loss_of(net(X[rows]), Y[rows]).backward()
        optimiser.step()
    return net.eval()


def weights_of(model: nn.Sequential, first: int = 1) -> dict[str, np.ndarray]:
    """Return the weights of a module of convolutions and dense layers as `networks.LeNet` names them: conv1.W, conv1.b, …, dense1.W, …

    first : the number of the first of each kind
    """
    out, counts = {}, {"conv": first, "dense": first}
    for part in model.modules():
        kind = {nn.Conv2d: "conv", nn.Linear: "dense"}.get(type(part))
        if kind:
            W = plain(part.weight)
            out |= {
                f"{kind}{counts[kind]}.W": W if kind == "conv" else W.T,
                f"{kind}{counts[kind]}.b": plain(part.bias),
            }
            counts[kind] += 1
    return out


def chain_weights(model: nn.Sequential) -> dict[str, np.ndarray]:
    """Return the weights of a module made by `module` of a chain of layers, as `networks.Chain` names them, batch normalization multiplied in."""
    flat = [part for layer in model for part in (layer if isinstance(layer, nn.Sequential) else [layer])]
    convolutions = [part for part in flat if isinstance(part, nn.Conv2d | nn.BatchNorm2d)]
    out = {}
    for name, W in (folded(nn.Sequential(*convolutions)) if convolutions else {}).items():
        place, kind = name.removeprefix("conv").split(".")
        out[f"conv{int(place) + 1}.{kind}"] = W
    for n, part in enumerate(part for part in flat if isinstance(part, nn.Linear)):
        out |= {f"dense{n + 1}.W": plain(part.weight).T, f"dense{n + 1}.b": plain(part.bias)}
    return out


def folded(net: nn.Sequential) -> dict[str, np.ndarray]:
    """Return the network's convolutions with each batch normalization behind one multiplied into it: conv0.W, conv0.b, …"""
    out, convolutions = {}, 0
    layers = list(net)
    for layer, following in zip(layers, [*layers[1:], None], strict=True):
        if not isinstance(layer, nn.Conv2d):
            continue
        W, b = plain(layer.weight), 0.0 if layer.bias is None else plain(layer.bias)
        if isinstance(following, nn.BatchNorm2d):
            scale = plain(following.weight / torch.sqrt(following.running_var + following.eps))
            W, b = W * scale[:, None, None, None], (b - plain(following.running_mean)) * scale + plain(following.bias)
        out |= {f"conv{convolutions}.W": W, f"conv{convolutions}.b": b}
        convolutions += 1
    return out


def accuracy(model: nn.Module, images, labels) -> float:
    """Return the share of pictures (N, H, W) that the model, put into its mode of use, reads as what they are."""
    model.eval()
    with torch.no_grad():
        x = torch.from_numpy(np.array(images)).float()[:, None]
        said = torch.cat([model(part).argmax(1) for part in x.split(500)])
    return float((said.numpy() == np.asarray(labels)).mean())


def field_by_gradient(model: nn.Sequential, images, layer: int, seed: int = 0) -> np.ndarray:
    """Return how strongly a middle unit hangs on each pixel: the root mean square of its gradient over pictures, (H, W).

    images : (N, H, W);  layer : the child of the model whose maps are read. The maps' middle units are added with random signs, others
    for each picture, so that no channel hides another.
    """
    model.eval()
    x = torch.from_numpy(np.array(images, float)).float()[:, None].requires_grad_()
    maps = model[: layer + 1](x)
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=maps.shape[:2])
    middle = maps[:, :, maps.shape[2] // 2, maps.shape[3] // 2]
    (middle * torch.from_numpy(signs).float()).sum().backward()
    return plain(x.grad[:, 0].square().mean(dim=0).sqrt())
