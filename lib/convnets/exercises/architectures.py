"""Exercises of "Architectures"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number, prediction
from lib.convnets import architectures

__all__ = [
    "cost_of_a_convolution",
    "most_of_vgg",
    "price_of_a_bottleneck",
    "shapes_through_a_net",
    "share_of_dense_layers",
    "where_the_stride_went",
]


# ------------------------------------------------------------------------------------------------ cost of a convolution
def _cost_cases(rng):
    yield case("AlexNet's second convolution", (96, 27, 27), 256, 5, 1, 2, 2, True)
    yield case("one group, no free terms", (3, 8, 9), 4, 3, 1, 1, 1, False)
    yield case("a 1 × 1 kernel", (6, 5, 4), 3, 1, 1, 0, 1, True)
    yield case("each channel by itself, with a stride", (4, 9, 8), 8, 3, 2, 1, 4, True)
    for _ in range(3):
        groups = int(rng.integers(2, 4))
        C, channels = groups * int(rng.integers(1, 4)), groups * int(rng.integers(1, 4))
        shape = (C, *(int(n) for n in rng.integers(7, 12, size=2)))
        yield shape, channels, int(rng.integers(2, 5)), int(rng.integers(2, 4)), int(rng.integers(1, 3)), groups, True


@exercise(
    cases=_cost_cases,
    hints=(
        "How many numbers go into one output? Each is multiplied once, and each has its weight.",
        "A kernel has size² · C/groups weights, and there are `channels` kernels. Each is used at each of H'·W' places; free terms are added, not multiplied.",
        "weights = size**2 * (C // groups) * channels; H2 = (H + 2 * padding - size) // … + 1, and W2 likewise; then (weights + …, weights * H2 * W2)",
    ),
)
def cost_of_a_convolution(shape, channels, size, stride, padding, groups, bias):
    """Return (parameters, multiplications) of a convolution.

    shape : (C, H, W) of what it reads;  channels : maps of output;  kernels are size × size;  groups : parts of the channels that do not see
    each other;  bias : whether each map has a free term;  returns two whole numbers
    """
    C, H, W = shape
    weights = size**2 * (C // groups) * channels
    rows = (H + 2 * padding - size) // stride + 1
    columns = (W + 2 * padding - size) // stride + 1
    return weights + channels * bias, weights * rows * columns


def _cost(shape, channels, size, stride, padding, groups, bias, **change):
    C, H, W = shape
    groups = 1 if change.get("together") else groups
    weights = size ** (1 if change.get("line") else 2) * (C // groups) * channels
    rows, columns = ((n + 2 * padding - size) // stride + 1 for n in (H, W))
    if change.get("before"):
        rows, columns = H, W
    if change.get("once"):
        rows = columns = 1
    free = 0 if change.get("bare") else channels * bias * change.get("places", 1)
    if change.get("each"):
        free = channels * bias * rows * columns
    if change.get("both"):
        return weights + free, 2 * weights * rows * columns
    return weights + free, weights * rows * columns


@cost_of_a_convolution.mistake("Groups are ignored: a map reads C/groups channels only.")
def _together(shape, channels, size, stride, padding, groups, bias):
    return _cost(shape, channels, size, stride, padding, groups, bias, together=True)


@cost_of_a_convolution.mistake(
    "Those are additions and multiplications together, as flops are counted. Multiplications alone are half as many."
)
def _flops(shape, channels, size, stride, padding, groups, bias):
    return _cost(shape, channels, size, stride, padding, groups, bias, both=True)


@cost_of_a_convolution.mistake("The free terms are missing among the parameters: one for each map of output.")
def _no_free_terms(shape, channels, size, stride, padding, groups, bias):
    return _cost(shape, channels, size, stride, padding, groups, bias, bare=True)


@cost_of_a_convolution.mistake(
    "You multiply by the places of the input. A kernel is used once for each place of the output."
)
def _input_places(shape, channels, size, stride, padding, groups, bias):
    return _cost(shape, channels, size, stride, padding, groups, bias, before=True)


@cost_of_a_convolution.mistake("A kernel is used at every place of the output: multiply by H'·W'.")
def _one_place(shape, channels, size, stride, padding, groups, bias):
    return _cost(shape, channels, size, stride, padding, groups, bias, once=True)


@cost_of_a_convolution.mistake("A free term belongs to a map, not to each of its places.")
def _free_each(shape, channels, size, stride, padding, groups, bias):
    return _cost(shape, channels, size, stride, padding, groups, bias, each=True)


@cost_of_a_convolution.mistake("A kernel has size² places, not size.")
def _line(shape, channels, size, stride, padding, groups, bias):
    return _cost(shape, channels, size, stride, padding, groups, bias, line=True)


# ------------------------------------------------------------------------------------------------ shapes through a net
def _shape_cases(rng):
    yield case(
        "LeNet",
        (1, 28, 28),
        [
            ("conv", 6, 5, 1, 0),
            ("pool", 2, 2, 0),
            ("conv", 16, 5, 1, 0),
            ("pool", 2, 2, 0),
            ("dense", 24),
            ("dense", 10),
        ],
    )
    yield case("one layer", (3, 4, 5), [("conv", 2, 3, 1, 0)])
    yield case("padding", (2, 5, 8), [("conv", 3, 3, 1, 1), ("pool", 3, 1, 1), ("dense", 4), ("dense", 2)])
    yield case("a pooling whose last window does not fit", (2, 7, 8), [("pool", 2, 2, 0), ("dense", 3)])
    for _ in range(4):
        layers = []
        for _ in range(int(rng.integers(1, 4))):
            size, stride, padding = (int(rng.integers(a, b)) for a, b in ((2, 4), (1, 4), (0, 2)))
            layers.append(
                ("conv", int(rng.integers(2, 9)), size, stride, padding)
                if rng.random() < 0.6
                else ("pool", size, stride, padding)
            )
        yield (int(rng.integers(1, 4)), *(int(n) for n in rng.integers(60, 90, size=2))), layers


@exercise(
    cases=_shape_cases,
    hints=(
        "Three kinds of layers: which of the three numbers does each of them change?",
        "Convolution: C becomes its channels, H and W shrink by the formula. Pooling: C stays. Dense: (units, 1, 1).",
        "if kind == 'dense': C, H, W = units, 1, 1; else: size, stride, padding = layer[-3:]; H = (H + 2 * padding - size) // … + 1; …",
    ),
)
def shapes_through_a_net(shape, layers):
    """Return the shape behind each layer, one row a layer.

    shape : (C, H, W) of what the net reads;  layers : a list of ("conv", channels, size, stride, padding), ("pool", size, stride, padding) and
    ("dense", units); windows that do not fit are left out, and behind a dense layer the shape is (units, 1, 1);  returns whole numbers (L, 3)
    """
    C, H, W = shape
    rows = []
    for kind, *numbers in layers:
        if kind == "dense":
            (C,), H, W = numbers, 1, 1
        else:
            size, stride, padding = numbers[-3:]
            H = (H + 2 * padding - size) // stride + 1
            W = (W + 2 * padding - size) // stride + 1
            C = numbers[0] if kind == "conv" else C
        rows.append((C, H, W))
    return np.array(rows, dtype=int).reshape(len(layers), 3)


def _shapes(shape, layers, sides=2, more=1, ceil=False, keep=False, ignore=False, flat=False):
    C, H, W = shape
    rows = []
    for kind, *numbers in layers:
        if kind == "dense":
            C, H, W = (numbers[0], H, W) if keep else (numbers[0], 1, 1)
        else:
            size, stride, padding = numbers[-3:]
            if ignore:
                stride = 1
            up = stride - 1 if ceil else 0
            H, W = ((n + sides * padding - size + up) // stride + more for n in (H, W))
            C = numbers[0] if kind == "conv" or flat else C
        rows.append((C, H, W))
    return np.array(rows, dtype=int).reshape(-1, 3)


@shapes_through_a_net.mistake("Padding is added on both sides: 2p, not p.")
def _one_side(shape, layers):
    return _shapes(shape, layers, sides=1)


@shapes_through_a_net.mistake("One place is missing: the window that begins at 0 counts too, + 1.")
def _one_less(shape, layers):
    return _shapes(shape, layers, more=0)


@shapes_through_a_net.mistake("You round up. A window that does not fit is left out.")
def _up(shape, layers):
    return _shapes(shape, layers, ceil=True)


@shapes_through_a_net.mistake("Behind a dense layer there are no rows and columns left: (units, 1, 1).")
def _still_a_map(shape, layers):
    return _shapes(shape, layers, keep=True)


@shapes_through_a_net.mistake("The stride is missing.")
def _no_stride(shape, layers):
    return _shapes(shape, layers, ignore=True)


@shapes_through_a_net.mistake("Pooling works on each channel by itself: C stays as it is.")
def _pooled_channels(shape, layers):
    return _shapes(shape, layers, flat=True)


# ------------------------------------------------------------------------------------------------------------- others
price_of_a_bottleneck = number(
    "price_of_a_bottleneck",
    answer=lambda: 512 * 128 + 9 * 128 * 128 + 128 * 512,
    rtol=1e-9,
    unit="weights",
    why="512 · 128 + 9 · 128² + 128 · 512 = 278,528; two 3 × 3 convolutions of 512 channels would have 4,718,592.",
    hints=(
        "Three convolutions: what does each read, and what does it give?",
        "A kernel of k × k from C to C′ channels has k² C C′ weights.",
        "512 * 128 + 9 * 128 * … + …",
    ),
    mistakes=[
        (lambda: 2 * 9 * 512 * 512, "That is two 3 × 3 convolutions without a bottleneck."),
        (lambda: 512 * 128 + 128 * 128 + 128 * 512, "The middle kernel has 9 places."),
        (lambda: 9 * (512 * 128 + 128 * 128 + 128 * 512), "Only the middle convolution is 3 × 3."),
        (lambda: 512 * 128 + 9 * 128 * 128, "The last 1 × 1, back to 512 channels, is missing."),
        (lambda: 512 * 128 + 9 * 128 * 128 + 128 * 512 + 768, "Weights alone were asked for, without free terms."),
    ],
)

most_of_vgg = choice(
    "most_of_vgg",
    answer="c",
    why="It joins 7 · 7 · 512 = 25,088 numbers with 4,096 units: 102,764,544 parameters, three quarters of the network.",
    feedback={
        "a": "It has the most places, and so many multiplications, but only 1,792 parameters.",
        "b": "Each of the last convolutions has 2.4 million: 9 · 512² weights.",
        "d": "It joins 4,096 with 1,000 units: 4.1 million.",
    },
    hints=(
        "Parameters of a convolution do not depend on the size of its maps. Which layer's do?",
        "Count 9 · 512 · 512, then 25,088 · 4,096.",
        "Which layer reads the last maps as one long row?",
    ),
)

share_of_dense_layers = prediction(
    "share_of_dense_layers",
    answer=lambda: (
        100
        * sum(c.parameters for c in architectures.steps_of(architectures.alexnet(), (3, 227, 227))[-3:])
        / architectures.total(architectures.alexnet(), (3, 227, 227)).parameters
    ),
    unit="%",
    why="The first of them joins 9,216 numbers with 4,096 units. GoogLeNet and ResNet replaced it by a global average.",
)

where_the_stride_went = choice(
    "where_the_stride_went",
    answer="b",
    why="A 1 × 1 kernel with stride 2 reads one place of four and never looks at the others. Moved to the 3 × 3, the stride loses nothing, but the first 1 × 1 now "
    "works on the large map: 4.09 instead of 3.86 billion multiplications.",
    feedback={
        "a": "The weights are the same, number by number: a stride has none.",
        "c": "It costs more: the first 1 × 1 works on a map four times as large.",
        "d": "The other way: the field becomes smaller, 427 instead of 483.",
    },
    hints=(
        "What does a 1 × 1 kernel with stride 2 read of a map?",
        "Its windows are single places, two apart.",
        "How much of the map does no window touch?",
    ),
)
