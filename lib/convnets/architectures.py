"""Famous networks as lists of layers, from which shapes, parameters, multiplications and fields are counted.

What has no weights and changes no shape (activations, dropout, AlexNet's response normalization) is not listed. A shape is (C, H, W).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lib.book import validate
from lib.convnets.fields import PIXELS, Field, Window, after, merged, sizes
from lib.convnets.pooling import pooled_size


# ------------------------------------------------------------------------------------------------------------- layers
@dataclass(frozen=True)
class Conv:
    """A convolution with `channels` maps of output, square kernels, and one free term a map with `bias`.

    groups : into how many parts the channels are divided that do not see each other;  norm : a batch norm behind it, with 2 numbers a map
    links : pairs (input map, output map) that are linked, where not all are;  relu : max(0, ·) behind it, which counts nothing
    """

    channels: int
    size: int
    stride: int = 1
    padding: int = 0
    groups: int = 1
    bias: bool = True
    norm: bool = False
    links: int | None = None
    relu: bool = True

    def __post_init__(self):
        for name in ("channels", "size", "stride", "groups"):
            validate.whole(getattr(self, name), name, low=1, high=10**6)
        validate.whole(self.padding, "padding", low=0, high=10**6)
        if self.channels % self.groups:
            raise ValueError(f"{self.channels} channels cannot be divided into {self.groups} groups")
        if self.links is not None:
            validate.whole(self.links, "links", low=1, high=10**9)

    def __str__(self) -> str:
        words = f"{self.size} × {self.size} convolution to {self.channels} maps"
        words += f", stride {self.stride}" * (self.stride > 1) + f", padding {self.padding}" * (self.padding > 0)
        words += f", {self.groups} groups" * (self.groups > 1)
        return words if self.links is None else f"{words}, {self.links} links"


@dataclass(frozen=True)
class Pool:
    """The largest (kind "max") or the mean ("average") of each window; `trained`: a factor and a free term for each map, as LeNet-5 has."""

    kind: str
    size: int
    stride: int
    padding: int = 0
    ceil: bool = False
    trained: bool = False

    def __post_init__(self):
        if not isinstance(self.kind, str) or self.kind not in ("max", "average"):
            raise ValueError(f"kind must be 'max' or 'average', but is {self.kind!r}")
        pooled_size(self.size if isinstance(self.size, int) else 1, self.size, self.stride, self.padding)

    def __str__(self) -> str:
        return f"{self.kind} pooling of {self.size} × {self.size}, stride {self.stride}" + ", trained" * self.trained


@dataclass(frozen=True)
class GlobalAverage:
    """The mean of each map: (C, H, W) → (C, 1, 1)."""

    def __str__(self) -> str:
        return "global average"


@dataclass(frozen=True)
class Dense:
    """A dense layer of `units`, with free terms; what comes is laid out in one row."""

    units: int
    relu: bool = True

    def __post_init__(self):
        validate.whole(self.units, "units", low=1, high=10**7)

    def __str__(self) -> str:
        return f"dense layer of {self.units} units"


@dataclass(frozen=True)
class Branches:
    """Several chains of layers that read the same; join "add" adds what they give, "concat" stacks their maps.

    An empty chain passes on what comes: with "add" that is a residual block's shortcut.
    """

    paths: tuple
    join: str = "add"

    def __post_init__(self):
        if not isinstance(self.join, str) or self.join not in ("add", "concat"):
            raise ValueError(f"join must be 'add' or 'concat', but is {self.join!r}")
        if not isinstance(self.paths, (tuple, list)) or not self.paths:
            raise ValueError("paths must be a tuple of at least one chain of layers")

    def __str__(self) -> str:
        return "residual block" if self.join == "add" else "inception module"


LAYERS = (Conv, Pool, GlobalAverage, Dense, Branches)


# ------------------------------------------------------------------------------------------------------------ counting
@dataclass(frozen=True)
class Count:
    """What a layer makes of a shape, and what it costs; field is None behind a layer that sees all."""

    shape: tuple[int, int, int]
    parameters: int
    multiplications: int
    field: Field | None


def count(layer, shape: Sequence[int], field: Field | None = PIXELS) -> Count:
    """Return what `layer` makes of maps of `shape` (C, H, W) whose units have the receptive field `field`."""
    C, H, W = shape = _shape(shape)
    if isinstance(layer, Conv):
        return _count_conv(layer, shape, field)
    if isinstance(layer, Pool):
        out = tuple(pooled_size(n, layer.size, layer.stride, layer.padding, layer.ceil) for n in (H, W))
        seen = field and after(field, Window(layer.size, layer.stride, layer.padding))
        return Count((C, *out), 2 * C * layer.trained, C * out[0] * out[1] * layer.trained, seen)
    if isinstance(layer, GlobalAverage):
        return Count((C, 1, 1), 0, 0, None)
    if isinstance(layer, Dense):
        weights = layer.units * C * H * W
        return Count((layer.units, 1, 1), weights + layer.units, weights, None)
    if isinstance(layer, Branches):
        return _count_branches(layer, shape, field)
    raise TypeError(f"a layer must be one of {', '.join(k.__name__ for k in LAYERS)}, but is {type(layer).__name__}")


def _count_conv(layer: Conv, shape: tuple[int, int, int], field: Field | None) -> Count:
    C, H, W = shape
    if C % layer.groups:
        raise ValueError(f"{C} channels cannot be divided into {layer.groups} groups")
    window = Window(layer.size, layer.stride, layer.padding)
    H, W = (sizes([window], n)[-1] for n in (H, W))
    links = C // layer.groups * layer.channels if layer.links is None else layer.links
    weights = layer.size**2 * links
    free = layer.channels * (layer.bias + 2 * layer.norm)
    seen = field and after(field, window)
    return Count((layer.channels, H, W), weights + free, weights * H * W, seen)


def _count_branches(layer: Branches, shape: tuple[int, int, int], field: Field | None) -> Count:
    ends = [total(path, shape, field) for path in layer.paths]
    shapes = {end.shape if layer.join == "add" else end.shape[1:] for end in ends}
    if len(shapes) > 1:
        raise ValueError(f"branches that meet must have one size, but these have {sorted(shapes)}")
    C = ends[0].shape[0] if layer.join == "add" else sum(end.shape[0] for end in ends)
    seen = None if any(end.field is None for end in ends) else merged([end.field for end in ends])
    sums = (sum(getattr(end, name) for end in ends) for name in ("parameters", "multiplications"))
    return Count((C, *ends[0].shape[1:]), *sums, seen)


def steps_of(net: Sequence, shape: Sequence[int], field: Field | None = PIXELS) -> list[Count]:
    """Return the count of each layer of a net (a tuple of layers) that reads maps of `shape`, in order."""
    out = []
    for layer in _net(net):
        out.append(count(layer, shape, field))
        shape, field = out[-1].shape, out[-1].field
    return out


def total(net: Sequence, shape: Sequence[int], field: Field | None = PIXELS) -> Count:
    """Return shape and field behind a net, and the sums of its parameters and multiplications."""
    end, parameters, multiplications = Count(_shape(shape), 0, 0, field), 0, 0
    for end in steps_of(net, shape, field):
        parameters, multiplications = parameters + end.parameters, multiplications + end.multiplications
    return Count(end.shape, parameters, multiplications, end.field)


def last_field(net: Sequence, shape: Sequence[int]) -> Field:
    """Return the field behind the last layer that does not yet see everything."""
    fields = [step.field for step in steps_of(net, shape) if step.field is not None]
    return fields[-1] if fields else PIXELS


def windows(net: Sequence) -> list:
    """Return the net as `fields` reads it: its windows and branches, up to the first layer that sees everything."""
    out = []
    for layer in _net(net):
        if isinstance(layer, (Conv, Pool)):
            out.append(Window(layer.size, layer.stride, layer.padding))
        elif isinstance(layer, Branches):
            out.append([windows(path) for path in layer.paths])
        else:
            break
    return out


def _net(net) -> Sequence:
    if not isinstance(net, (tuple, list)):
        raise TypeError(f"net must be a tuple of layers, but is {type(net).__name__}")
    return net


def _shape(shape) -> tuple[int, int, int]:
    out = tuple(validate.indices(shape, "shape").tolist())
    if len(out) != 3 or min(out) < 1:
        raise ValueError(f"shape must be (C, H, W), each at least 1, but is {out}")
    return out


# ---------------------------------------------------------------------------------------------------- the networks
LENET5 = (
    Conv(6, 5),
    Pool("average", 2, 2, trained=True),
    Conv(16, 5, links=60),  # six maps read 3 of the six below, nine read 4, one reads all
    Pool("average", 2, 2, trained=True),
    Conv(120, 5),
    Dense(84),
)  # on 32 × 32; its ten outputs are distances to patterns that are fixed, with nothing to learn (LeCun et al., 1998)


def designed(rows: Sequence, norm: bool = False) -> tuple:
    """Return the net that rows describe: ("conv", maps, k, groups), ("pool", k), ("average",), ("dense", units); the last layer has no ReLU.

    Convolutions have stride 1 and no padding, poolings take the largest of each k × k, side by side.
    norm : whether each convolution has a batch normalization in place of its free terms. Raises ValueError for other rows.
    """
    makers = {  # and how many numbers each takes
        "conv": (3, lambda maps, k, groups: Conv(maps, k, groups=groups, norm=norm, bias=not norm)),
        "pool": (1, lambda k: Pool("max", k, k)),
        "average": (0, GlobalAverage),
        "dense": (1, Dense),
    }
    net = []
    if not isinstance(rows, (tuple, list)) or not rows:
        raise ValueError("rows must be a list of at least one layer")
    for row in rows:
        if not isinstance(row, (tuple, list)) or not row or not isinstance(row[0], str) or row[0] not in makers:
            raise ValueError(f"a row begins with one of {', '.join(makers)}, but one is {row!r}")
        wanted, make = makers[row[0]]
        if len(row) != wanted + 1:
            raise ValueError(f"{row[0]} takes {wanted} numbers, but one row is {row!r}")
        net.append(make(*row[1:]))
    if isinstance(net[-1], (Conv, Dense)):
        net[-1] = replace(net[-1], relu=False)
    return tuple(net)


LENET_TODAY = (
    Conv(6, 5),
    Pool("max", 2, 2),
    Conv(16, 5),
    Pool("max", 2, 2),
    Dense(120),
    Dense(84),
    Dense(10, relu=False),
)

SMALL_LENET = (
    Conv(6, 5),
    Pool("max", 2, 2),
    Conv(16, 5),
    Pool("max", 2, 2),
    Dense(24),
    Dense(10, relu=False),
)  # for 28 × 28


def alexnet(groups: int = 2) -> tuple:
    """Return AlexNet (Krizhevsky et al., 2012) for 227 × 227; `groups` 2 as on its two processors, or 1."""
    return (
        Conv(96, 11, 4),
        Pool("max", 3, 2),
        Conv(256, 5, 1, 2, groups),
        Pool("max", 3, 2),
        Conv(384, 3, 1, 1),
        Conv(384, 3, 1, 1, groups),
        Conv(256, 3, 1, 1, groups),
        Pool("max", 3, 2),
        Dense(4096),
        Dense(4096),
        Dense(1000, relu=False),
    )


ALEXNET_LIBRARY = (  # what torchvision calls alexnet: Krizhevsky's second, of 2014, for 224 × 224
    Conv(64, 11, 4, 2),
    Pool("max", 3, 2),
    Conv(192, 5, 1, 2),
    Pool("max", 3, 2),
    Conv(384, 3, 1, 1),
    Conv(256, 3, 1, 1),
    Conv(256, 3, 1, 1),
    Pool("max", 3, 2),
    Dense(4096),
    Dense(4096),
    Dense(1000, relu=False),
)


def vgg16() -> tuple:
    """Return VGG-16, configuration D of Simonyan and Zisserman (2015), for 224 × 224."""
    layers: list = []
    for channels, times in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        layers += [Conv(channels, 3, 1, 1)] * times + [Pool("max", 2, 2)]
    return (*layers, Dense(4096), Dense(4096), Dense(1000, relu=False))


def inception(
    one: int, three_from: int, three: int, five_from: int, five: int, pooled: int, *, five_size: int = 5, norm=False
):
    """Return an inception module: 1 × 1, 3 × 3 and 5 × 5 convolutions side by side, and a pooling, their maps stacked.

    three_from, five_from : maps to which a 1 × 1 convolution first reduces;  five_size : 3 as in torchvision
    """

    def conv(channels, size):
        return Conv(channels, size, 1, size // 2, bias=not norm, norm=norm)

    return Branches(
        (
            (conv(one, 1),),
            (conv(three_from, 1), conv(three, 3)),
            (conv(five_from, 1), conv(five, five_size)),
            (Pool("max", 3, 1, 1), conv(pooled, 1)),
        ),
        "concat",
    )


INCEPTIONS = (  # Szegedy et al. (2015), table 1; None is a pooling
    (64, 96, 128, 16, 32, 32),
    (128, 128, 192, 32, 96, 64),
    None,
    (192, 96, 208, 16, 48, 64),
    (160, 112, 224, 24, 64, 64),
    (128, 128, 256, 24, 64, 64),
    (112, 144, 288, 32, 64, 64),
    (256, 160, 320, 32, 128, 128),
    None,
    (256, 160, 320, 32, 128, 128),
    (384, 192, 384, 48, 128, 128),
)


def googlenet(library: bool = False) -> tuple:
    """Return GoogLeNet (Szegedy et al., 2015) without its auxiliary classifiers, for 224 × 224.

    library : as torchvision has it, with 3 × 3 in place of 5 × 5, batch norm and no free terms
    """
    kind = {"bias": not library, "norm": library}
    middle = [
        Pool("max", 2 if library and i == 8 else 3, 2, ceil=True)
        if row is None
        else inception(*row, five_size=3 if library else 5, norm=library)
        for i, row in enumerate(INCEPTIONS)
    ]
    return (
        Conv(64, 7, 2, 3, **kind),
        Pool("max", 3, 2, ceil=True),
        Conv(64, 1, **kind),
        Conv(192, 3, 1, 1, **kind),
        Pool("max", 3, 2, ceil=True),
        *middle,
        GlobalAverage(),
        Dense(1000, relu=False),
    )


def basic_block(channels: int, stride: int = 1, project: bool = False) -> Branches:
    """Return a residual block of two 3 × 3 convolutions; `project` puts a 1 × 1 convolution into the shortcut."""
    kind = {"bias": False, "norm": True}
    path = (Conv(channels, 3, stride, 1, **kind), Conv(channels, 3, 1, 1, relu=False, **kind))
    return Branches((path, _shortcut(channels, stride, project)))


def bottleneck(channels: int, stride: int = 1, project: bool = False, late: bool = False) -> Branches:
    """Return a residual block 1 × 1, 3 × 3, 1 × 1 with `channels` inside and four times as many outside.

    late : the stride is in the 3 × 3 (version 1.5), not in the first 1 × 1 as in the paper
    """
    kind = {"bias": False, "norm": True}
    path = (
        Conv(channels, 1, 1 if late else stride, **kind),
        Conv(channels, 3, stride if late else 1, 1, **kind),
        Conv(4 * channels, 1, relu=False, **kind),
    )
    return Branches((path, _shortcut(4 * channels, stride, project)))


def _shortcut(channels: int, stride: int, project: bool) -> tuple:
    return (Conv(channels, 1, stride, bias=False, norm=True, relu=False),) if project else ()


RESNETS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}  # blocks of each of four stages


def resnet(depth: int = 50, late: bool = False) -> tuple:
    """Return a ResNet of 18, 34 or 50 layers (He et al., 2016) for 224 × 224; `late` is version 1.5 of the 50."""
    if validate.whole(depth, "depth") not in RESNETS:
        raise ValueError(f"depth must be one of {', '.join(map(str, RESNETS))}, but is {depth}")
    layers: list = [Conv(64, 7, 2, 3, bias=False, norm=True), Pool("max", 3, 2, 1)]
    for stage, times in enumerate(RESNETS[depth]):
        for i in range(times):
            stride = 2 if stage and not i else 1
            if depth < 50:
                layers.append(basic_block(64 * 2**stage, stride, project=stride > 1))
            else:
                layers.append(bottleneck(64 * 2**stage, stride, project=not i, late=late))
    return (*layers, GlobalAverage(), Dense(1000, relu=False))


NETWORKS = {  # name → (layers, shape of what it reads)
    "LeNet-5": (LENET5, (1, 32, 32)),
    "AlexNet": (alexnet(), (3, 227, 227)),
    "VGG-16": (vgg16(), (3, 224, 224)),
    "GoogLeNet": (googlenet(), (3, 224, 224)),
    "ResNet-18": (resnet(18), (3, 224, 224)),
    "ResNet-34": (resnet(34), (3, 224, 224)),
    "ResNet-50": (resnet(50), (3, 224, 224)),
}
