"""Exercises of "Pooling, and what a unit sees"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number, prediction
from lib.convnets import fields
from lib.convnets.fields import Window

__all__ = [
    "field_of_a_chain",
    "field_of_vgg",
    "four_times_as_deep",
    "gradient_of_pooling",
    "pooled_with_padding",
    "why_minus_infinity",
]


# ------------------------------------------------------------------------------------------------ pooling with padding
def _pool_cases(rng):
    yield case("a map below 0: what is padded must not win", -1 - rng.integers(8, size=(4, 5)) / 2, 3, 2, 1)
    yield case("windows that overlap, a last column left over", rng.integers(-8, 9, size=(5, 6)) / 2, 3, 2, 0)
    yield case("one window alone", rng.integers(-8, 9, size=(3, 3)) / 2, 3, 1, 0)
    for H, W, size, stride, padding in ((7, 4, 2, 2, 1), (6, 9, 4, 3, 2), (5, 5, 2, 3, 0), (6, 8, 3, 1, 1)):
        yield rng.normal(size=(H, W)) - 1, size, stride, padding


@exercise(
    cases=_pool_cases,
    hints=(
        "Padding is there so that windows fit at the edge. It must never be the answer.",
        "Pad with −∞. There are ⌊(n + 2p − k)/s⌋ + 1 windows along n pixels, and window i begins at row i·s of the padded map.",
        "P = np.pad(x, padding, constant_values=…); rows = (P.shape[0] - size) // stride + 1; then for i, j: P[i * stride : i * stride + size, …].max()",
    ),
)
def pooled_with_padding(x, size, stride, padding):
    """Return the largest entry of each window of a map.

    x : (H, W);  windows are size × size, one every `stride` rows and columns;  padding : rows and columns added on each side, at most half of
    `size`. Windows that would not fit are left out;  returns (H', W')
    """
    P = np.pad(x.astype(float), padding, constant_values=-np.inf)
    rows, columns = ((n - size) // stride + 1 for n in P.shape)
    out = np.empty((rows, columns))
    for i in range(rows):
        for j in range(columns):
            out[i, j] = P[i * stride : i * stride + size, j * stride : j * stride + size].max()
    return out


def _pooled(x, size, stride, padding, value=-np.inf, step=None, best=np.max, before=True, ceil=False, both=True):
    step = stride if step is None else step
    P = np.pad(x, ((padding * before, padding * both),) * 2, constant_values=value)
    count = [(-(-(n - size) // step) if ceil else (n - size) // step) + 1 for n in P.shape]
    return np.array(
        [
            [best(P[i * step : i * step + size, j * step : j * step + size]) for j in range(count[1])]
            for i in range(count[0])
        ]
    )


@pooled_with_padding.mistake("You pad with 0. Where all pixels are below 0 the padding wins. It must be −∞.")
def _zeros(x, size, stride, padding):
    return _pooled(x, size, stride, padding, value=0.0)


@pooled_with_padding.mistake("Your windows stand side by side. One begins every `stride` pixels, whatever its size.")
def _side_by_side(x, size, stride, padding):
    return _pooled(x, size, stride, padding, step=size)


@pooled_with_padding.mistake(
    "That is the mean of each window with zeros for the padding. The largest entry is asked for."
)
def _mean(x, size, stride, padding):
    return _pooled(x, size, stride, padding, value=0.0, best=np.mean)


@pooled_with_padding.mistake(
    "You round the number of windows up, so that the last sticks out. One that does not fit is left out."
)
def _rounded_up(x, size, stride, padding):
    return _pooled(x, size, stride, padding, ceil=True)


@pooled_with_padding.mistake("You pad at the top and the left alone. Padding is on all four sides.")
def _one_side(x, size, stride, padding):
    return _pooled(x, size, stride, padding, both=False)


@pooled_with_padding.mistake("The padding is missing.")
def _no_padding(x, size, stride, padding):
    return _pooled(x, size, stride, 0)


# ------------------------------------------------------------------------------------------------- gradient of pooling
def _gradient_cases(rng):
    yield case("a tie: two equal entries in one window", np.array([[2.0, 1.0], [0.0, 2.0]]), np.array([[6.0]]), 2, 2)
    big = np.zeros((3, 3))
    big[1, 1] = 5.0
    yield case("one pixel that wins in four windows", big, np.array([[1.0, 2.0], [4.0, 8.0]]), 2, 1)
    yield case("a whole map of zeros", np.zeros((4, 4)), rng.integers(1, 9, size=(2, 2)) / 2, 2, 2)
    for H, W, size, stride in ((5, 6, 3, 2), (6, 4, 2, 2), (7, 7, 3, 1), (8, 5, 2, 3)):
        shape = ((H - size) // stride + 1, (W - size) // stride + 1)
        yield rng.integers(-3, 4, size=(H, W)).astype(float), rng.normal(size=shape), size, stride


@exercise(
    cases=_gradient_cases,
    hints=(
        "Which pixels does the output hang on? In each window on one alone.",
        "For each window find the first largest entry, row by row, and add the window's entry of G to the gradient there. Windows may overlap.",
        "at = window.argmax(); a, b = divmod(at, …); out[i * stride + a, j * stride + b] += …",
    ),
)
def gradient_of_pooling(x, G, size, stride):
    """Return the gradient of a loss by the pixels of a map that goes through max pooling.

    x : (H, W);  G : (H', W'), the loss's gradient by what pooling gives;  windows are size × size, one every `stride` pixels, without padding.
    Of equal largest entries in a window the first counts, row by row;  returns (H, W)
    """
    out = np.zeros(x.shape)
    for i in range(G.shape[0]):
        for j in range(G.shape[1]):
            window = x[i * stride : i * stride + size, j * stride : j * stride + size]
            a, b = divmod(int(window.argmax()), size)
            out[i * stride + a, j * stride + b] += G[i, j]
    return out


def _back(x, G, size, stride, ties="first", add=True, step=None):
    out = np.zeros(x.shape)
    step = stride if step is None else step
    for i in range(G.shape[0]):
        for j in range(G.shape[1]):
            rows, columns = slice(i * step, i * step + size), slice(j * step, j * step + size)
            window = x[rows, columns]
            if not window.size:
                continue
            hit = (window == window.max()).astype(float)
            if ties in ("first", "last"):
                at = np.flatnonzero(hit)[0 if ties == "first" else -1]
                hit = np.zeros(window.size)
                hit[at] = 1.0
                hit = hit.reshape(window.shape)
            elif ties == "shared":
                hit /= hit.sum()
            elif ties == "mean":
                hit = np.full(window.shape, 1 / size**2)
            if add:
                out[rows, columns] += hit * G[i, j]
            else:
                out[rows, columns] = np.where(hit > 0, hit * G[i, j], out[rows, columns])
    return out


@gradient_of_pooling.mistake("Where two entries tie you give both the whole gradient. One alone gets it, the first.")
def _everyone(x, G, size, stride):
    return _back(x, G, size, stride, ties="all")


@gradient_of_pooling.mistake("You share the gradient among entries that tie. Here the first of them gets all of it.")
def _shared(x, G, size, stride):
    return _back(x, G, size, stride, ties="shared")


@gradient_of_pooling.mistake(
    "Where windows overlap, a pixel that wins in several gets the sum. You write the last one over the others: += instead of =."
)
def _overwritten(x, G, size, stride):
    return _back(x, G, size, stride, add=False)


@gradient_of_pooling.mistake("That is the gradient of the mean: it gives each entry of a window a share.")
def _of_the_mean(x, G, size, stride):
    return _back(x, G, size, stride, ties="mean")


@gradient_of_pooling.mistake("Of equal entries you take the last. The first counts, row by row.")
def _last(x, G, size, stride):
    return _back(x, G, size, stride, ties="last")


# ---------------------------------------------------------------------------------------------------- field of a chain
def _chain_cases(rng):
    yield case(
        "AlexNet to its last pooling",
        np.array([[11, 4, 1], [3, 2, 1], [5, 1, 1], [3, 2, 1], [3, 1, 1], [3, 1, 1], [3, 1, 1], [3, 2, 1]]),
    )
    yield case("one layer", np.array([[5, 3, 2]]))
    yield case("no layer at all", np.zeros((0, 3), int))
    for n in (2, 3, 5):
        layers = np.column_stack([rng.integers(2, 6, size=n), rng.integers(2, 4, size=n), rng.integers(1, 4, size=n)])
        yield (layers,)


@exercise(
    cases=_chain_cases,
    hints=(
        "Follow two numbers: how many pixels a unit sees, and how many pixels lie between neighbours.",
        "A layer adds (k − 1)·d steps of the jump that units have *before* it, and only then multiplies the jump by its stride.",
        "size, jump = 1, 1; for k, s, d in layers: size += (k - 1) * d * …; jump *= s",
    ),
)
def field_of_a_chain(layers):
    """Return (size, jump): how many pixels a unit behind the layers sees along one axis, and how many pixels lie between neighbouring units.

    layers : (L, 3) whole numbers, of each layer kernel size, stride and dilation, from the pixels on;  returns two whole numbers
    """
    size, jump = 1, 1
    for k, s, d in layers:
        size += (k - 1) * d * jump
        jump *= s
    return int(size), int(jump)


def _chain(layers, own=False, less=1, dilated=True, keep=True, backwards=False):
    size, jump = 1, 1
    for k, s, d in layers[::-1] if backwards else layers:
        if own:
            jump *= s
        size += (k - less) * (d if dilated else 1) * jump
        if not own:
            jump = jump * s if keep else s
    return int(size), int(jump)


@field_of_a_chain.mistake(
    "You multiply by the layer's own stride. Its window reaches over units that stand as far apart as the layers before have put them."
)
def _own_stride(layers):
    return _chain(layers, own=True)


@field_of_a_chain.mistake("A kernel of k adds k − 1 steps, not k: the first place is there already.")
def _k_steps(layers):
    return _chain(layers, less=0)


@field_of_a_chain.mistake("Dilation is missing: neighbours in the kernel are d units apart.")
def _undilated(layers):
    return _chain(layers, dilated=False)


@field_of_a_chain.mistake(
    "The window reaches over (k − 1)·d *units*, which stand a jump apart: multiply by the jump before the layer."
)
def _in_units(layers):
    jump = _chain(layers)[1]
    return 1 + int(sum((k - 1) * d for k, _, d in layers)), jump


@field_of_a_chain.mistake("Strides multiply through all layers. You keep the last one alone.")
def _last_stride(layers):
    return _chain(layers, keep=False)


@field_of_a_chain.mistake("You go through the layers from the last to the first; begin at the pixels.")
def _backwards(layers):
    return _chain(layers, backwards=True)


# ------------------------------------------------------------------------------------------------------------- others
VGG = [layer for times in (2, 2, 3, 3, 3) for layer in [Window(3, 1, 1)] * times + [Window(2, 2)]]

field_of_vgg = number(
    "field_of_vgg",
    answer=lambda: fields.receptive_field(VGG).size,
    rtol=1e-9,
    unit="pixels",
    why="In stage i units are 2ⁱ⁻¹ pixels apart: 1 + (2·2 + 1)·1 + (2·2 + 1)·2 + (3·2 + 1)·4 + (3·2 + 1)·8 + (3·2 + 1)·16 = 212.",
    hints=(
        "Within a stage all units are equally far apart: 1 pixel in the first, 2 in the second, and so on.",
        "A 3 × 3 convolution adds 2 jumps, a 2 × 2 pooling 1, and only then does the jump double.",
        "1 + 5 * 1 + 5 * 2 + 7 * 4 + … + …",
    ),
    mistakes=[
        (lambda: 1 + 5 + 5 * 2 + 7 * 4 + 7 * 8 + 6 * 16, "That is without the last pooling."),
        (
            lambda: 1 + 4 + 2 + 2 * 4 + 4 + 4 * 6 + 8 + 8 * 6 + 16 + 16 * 6 + 32,
            "You multiply the poolings by their own stride.",
        ),
        (lambda: 1 + 2 * 13 + 5, "The jump must double with each pooling."),
        (lambda: fields.receptive_field(VGG).size - 1, "Begin with the 1 pixel that a pixel sees."),
    ],
)

four_times_as_deep = prediction(
    "four_times_as_deep",
    answer=lambda: fields.spread([Window(3)] * 40) / fields.spread([Window(3)] * 10),
    unit="times",
    why="Variances add up, so that the standard deviation grows with the root of the depth: twice. The field itself grows from 21 to 81 pixels.",
)

why_minus_infinity = choice(
    "why_minus_infinity",
    answer="b",
    why="Behind a ReLU no entry is below 0, and a padded 0 can only tie with what is there. Before it, or in a net with other activations, a padded 0 wins over "
    "negative entries.",
    feedback={
        "a": "Where all entries of a window are below 0 the padded 0 is the largest, and the answer another.",
        "c": "The gradient follows the winner: where the padding wins, it is lost. But that is not all.",
        "d": "It does matter: some maps are below 0 near an edge.",
    },
    hints=(
        "When is 0 larger than everything in a window?",
        "What values can stand in a map that has just come from max(0, ·)?",
        "Behind a ReLU the smallest possible entry is 0.",
    ),
)
