"""Exercises of "Depth, and ways past it"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number

__all__ = [
    "bottleneck_parameters",
    "growth_of_slopes",
    "input_that_fits",
    "parameters_of_twenty_layers",
    "residual_block",
    "slope_through_blocks",
    "why_deeper_is_worse",
]

# ------------------------------------------------------------------------------------------------------ numbers, choices
parameters_of_twenty_layers = number(
    "parameters_of_twenty_layers",
    answer=lambda: 27 * 16 + 9 * 16**2 * (42 * 3 - 10) + 2 * 16 * (1 + 14 * 3) + 40 * 16 + 10,
    rtol=1e-9,
    unit="parameters",
    why="n = 3, w = 16: 432 + 267,264 + 1,376 + 650 = 269,722, the 0.27 million of the paper's table.",
    hints=(
        "20 = 6n + 2. Only the first layer is another than on the page, since it reads three colours.",
        "The first layer has 27w weights in the place of 9w; the other terms stay as they are.",
        "27 * w + 9 * w**2 * (42 * n - 10) + 2 * w * (1 + 14 * n) + … with n = 3, w = 16",
    ),
    mistakes=[
        (
            lambda: 9 * 16 + 9 * 16**2 * (42 * 3 - 10) + 2 * 16 * (1 + 14 * 3) + 40 * 16 + 10,
            "That network reads grey pictures. With three colours the first layer has 3 · 9 · 16 weights.",
        ),
        (
            lambda: 27 * 16 + 9 * 16**2 * (42 * 3 - 10) + 40 * 16 + 10,
            "The scales and shifts of the batch normalizations are missing, two for each channel of each layer.",
        ),
        (
            lambda: 27 * 16 + 9 * 16**2 * (42 * 3 - 10) + 2 * 16 * (1 + 14 * 3) + 40 * 16,
            "The ten free terms of the last layer are missing.",
        ),
        (
            lambda: 27 * 16 + 9 * 16**2 * (42 * 20 - 10) + 2 * 16 * (1 + 14 * 20) + 40 * 16 + 10,
            "You put the 20 layers in for n. n is the number of blocks in a stage: 20 = 6n + 2.",
        ),
        (
            lambda: 27 * 16 + 9 * 16**2 * (42 * 3 - 10) + 2 * 16 * (1 + 14 * 3) + 40 * 16 + 10 + 16 * 32 + 32 * 64,
            "You counted matrices in the shortcuts. Those of the page have none: new channels are filled with zeros.",
        ),
    ],
)  # fmt: skip

growth_of_slopes = number(
    "growth_of_slopes",
    answer=lambda: (np.pi / (np.pi - 1)) ** 15,
    rtol=1e-2,
    unit="times",
    why="The squares grow by π/(π − 1) a layer, the slopes by its root; 30 layers: 1.467¹⁵ ≈ 313.",
    hints=(
        "The equation speaks of squares. By which factor does the size itself grow in one layer?",
        "By √(π/(π − 1)), which is 1.211. And in 30 layers?",
        "(math.pi / (math.pi - 1)) ** (30 / 2)",
    ),
    mistakes=[
        (lambda: (np.pi / (np.pi - 1)) ** 30, "That is how the squares grow. The size is the root of it."),
        (lambda: 30 * np.sqrt(np.pi / (np.pi - 1)), "The factors of 30 layers multiply; they do not add."),
        (lambda: 2.0**15, "The squares do not grow by 2 a layer, but by 1/2, the share that the ReLU lets through, divided by (π − 1)/(2π), the variance that the norm sees."),
        (lambda: (1 - 1 / np.pi) ** 15, "Upside down: the slopes grow on their way down."),
        (lambda: np.pi / (np.pi - 1), "That is one layer's square."),
    ],
)  # fmt: skip

bottleneck_parameters = number(
    "bottleneck_parameters",
    answer=lambda: 256 * 64 + 9 * 64 * 64 + 64 * 256,
    rtol=1e-9,
    unit="weights",
    why="16,384 + 36,864 + 16,384 = 69,632: a seventeenth of the two 3 × 3 layers' 1,179,648.",
    hints=(
        "Three layers. A convolution with a window of k × k from a to b channels has k·k·a·b weights.",
        "1 × 1 from 256 to 64, 3 × 3 from 64 to 64, 1 × 1 from 64 to 256.",
        "256 * 64 + 9 * 64 * 64 + …",
    ),
    mistakes=[
        (lambda: 2 * 9 * 256 * 256, "Those are two 3 × 3 layers on all 256 channels, which the bottleneck replaces."),
        (lambda: 9 * (256 * 64 + 64 * 64 + 64 * 256), "Only the middle layer has a window of 3 × 3."),
        (lambda: 256 * 64 + 9 * 64 * 64, "The last layer, back to 256 channels, is missing: without it nothing can be added to the input."),
        (lambda: 256 * 64 + 64 * 64 + 64 * 256, "The middle layer has nine weights for each pair of channels."),
        (lambda: 256 * 64 + 9 * 64 + 64 * 256, "The middle layer joins each of 64 channels with each of 64."),
    ],
)  # fmt: skip

why_deeper_is_worse = choice(
    "why_deeper_is_worse",
    answer="c",
    why="It is the training error that is higher, and the deeper network could represent what the shallower one does. It is not found.",
    feedback={
        "a": "A network that overfits has a low training error. Here it is the training error that is higher.",
        "b": "With batch normalization the first layer's slopes are the largest of all, as the demo showed.",
        "d": "It has more of them. Some weights of its further layers would make it the same function as the shallower one.",
    },
    hints=(
        "Which error was in the table: of pictures learned from, or of pictures kept back?",
        "Could the deep network do what the shallow one does, if its weights were set by hand?",
        "It could, and the search does not get there in the steps it has.",
    ),
)


# ------------------------------------------------------------------------------------------------- the input that fits
def _inputs(rng):
    yield case("nothing to fit", rng.normal(size=(2, 3, 3)), 2, 1)
    yield case("more channels", rng.normal(size=(2, 2, 3)), 5, 1)
    yield case("half the rows and columns", np.arange(16.0).reshape(1, 4, 4), 1, 2)
    yield case("an odd side", rng.normal(size=(2, 5, 3)), 4, 2)
    yield rng.normal(size=(3, 6, 4)), 6, 2
    yield rng.normal(size=(1, 7, 7)), 2, 3


@exercise(
    cases=_inputs,
    hints=(
        "Two things may have to change: rows and columns become fewer, channels become more.",
        "Keep every stride-th row and column, from the first; put zeros behind the channels that are there.",
        "x = x[:, ::stride, ::stride], then np.zeros of the full shape into whose first channels you put it",
    ),
)
def input_that_fits(x, channels, stride):
    """Return what a shortcut without weights hands on: x, made to fit the block's result.

    x : (C, H, W);  channels : of the result, at least C, the new ones 0;  stride : of the block's first convolution, 1 or more
    returns (channels, ⌈H / stride⌉, ⌈W / stride⌉)
    """
    x = x[:, ::stride, ::stride]
    out = np.zeros((channels, *x.shape[1:]))
    out[: len(x)] = x
    return out


@input_that_fits.mistake("The rows and columns are all still there: keep every stride-th of both, from the first.")
def _no_stride(x, channels, stride):
    out = np.zeros((channels, *x.shape[1:]))
    out[: len(x)] = x
    return out


@input_that_fits.mistake(
    "The new channels are missing: the block's result has more than x, and the two cannot be added."
)
def _no_new_channels(x, channels, stride):
    return x[:, ::stride, ::stride]


@input_that_fits.mistake(
    "You put the zeros in front: the channels that are there keep their numbers, the new ones come after them."
)
def _zeros_in_front(x, channels, stride):
    x = x[:, ::stride, ::stride]
    out = np.zeros((channels, *x.shape[1:]))
    out[channels - len(x) :] = x
    return out


@input_that_fits.mistake("You cut a corner out. A stride keeps every stride-th row and column of the whole picture.")
def _a_corner(x, channels, stride):
    x = x[:, : -(-x.shape[1] // stride), : -(-x.shape[2] // stride)]
    out = np.zeros((channels, *x.shape[1:]))
    out[: len(x)] = x
    return out


@input_that_fits.mistake("You repeated the channels. The new ones are zeros: the block writes into them alone.")
def _repeated(x, channels, stride):
    return x[np.arange(channels) % len(x), ::stride, ::stride]


@input_that_fits.mistake("You kept every stride-th row and all columns: the stride goes for both.")
def _rows_alone(x, channels, stride):
    x = x[:, ::stride]
    out = np.zeros((channels, *x.shape[1:]))
    out[: len(x)] = x
    return out


@input_that_fits.mistake(
    "You started at the last row and column of each square. A convolution's first window, and so the shortcut, starts at the first."
)
def _from_the_last(x, channels, stride):
    x = x[:, stride - 1 :: stride, stride - 1 :: stride]
    out = np.zeros((channels, *x.shape[1:]))
    out[: len(x)] = x
    return out


# ------------------------------------------------------------------------------------------------------ a residual block
def _blocks(rng):
    def shift(b):
        return lambda x: x - b

    def times(A):
        return lambda x: x @ A

    def mixed(A, b):
        return lambda x: np.tanh(x @ A) + b

    yield case("a branch that gives zeros", np.array([[1.0, -2.0]]), lambda x: 0 * x, lambda x: x)
    yield case("a branch that gives the input, negated", np.array([[1.0, -2.0]]), lambda x: -x, lambda x: x)
    yield case("a shortcut that shifts", np.array([[1.0, -2.0, 3.0]]), lambda x: 2 * x, shift(1.5))
    for D, K in ((3, 3), (4, 2), (2, 5)):
        yield rng.normal(size=(4, D)), mixed(rng.normal(size=(D, K)), -0.3), times(rng.normal(size=(D, K)))


@exercise(
    cases=_blocks,
    hints=(
        "Both the branch and the shortcut read x. Where does the ReLU stand?",
        "After the sum: relu(shortcut(x) + branch(x)).",
        "np.maximum(shortcut(x) + …, 0)",
    ),
)
def residual_block(x, branch, shortcut):
    """Return what a residual block gives: its branch and its shortcut added, then a ReLU.

    x : (N, D);  branch, shortcut : functions from (N, D) to (N, K), neither ending with a ReLU;  returns (N, K)
    """
    return np.maximum(shortcut(x) + branch(x), 0)


@residual_block.mistake("The ReLU stands before the sum. Then a block can only add: take it after the sum.")
def _relu_before(x, branch, shortcut):
    return shortcut(x) + np.maximum(branch(x), 0)


@residual_block.mistake("There is no ReLU: the block ends with one, after the sum.")
def _no_relu(x, branch, shortcut):
    return shortcut(x) + branch(x)


@residual_block.mistake("The shortcut is missing: that is a plain block.")
def _plain_block(x, branch, shortcut):
    return np.maximum(branch(x), 0)


@residual_block.mistake("The branch reads x itself: you put a ReLU in front of it.")
def _one_after_the_other(x, branch, shortcut):
    return np.maximum(shortcut(x) + branch(np.maximum(x, 0)), 0)


@residual_block.mistake("You put a ReLU on the shortcut's result as well: then nothing negative comes past the branch.")
def _both_bent(x, branch, shortcut):
    return np.maximum(np.maximum(shortcut(x), 0) + branch(x), 0)


@residual_block.mistake("You took the difference. What goes past the branch is added to it.")
def _difference(x, branch, shortcut):
    return np.maximum(branch(x) - shortcut(x), 0)


# ---------------------------------------------------------------------------------------------- slopes through blocks
def _jacobians(rng):
    yield case("no block", np.array([1.0, 2.0]), [])
    yield case("one block", np.array([1.0, 2.0]), [np.array([[0.0, 1.0], [0.0, 0.0]])])
    yield case("blocks that give zeros", rng.normal(size=3), [np.zeros((3, 3))] * 4)
    for D, L in ((2, 2), (3, 3), (2, 5)):
        yield rng.normal(size=D), [rng.normal(size=(D, D)) / 2 for _ in range(L)]


@exercise(
    cases=_jacobians,
    hints=(
        "What does one block y = x + f(x) make of the gradient by y? And from which end do you start?",
        "g becomes g + Jᵀ g, from the last block to the first.",
        "for J in reversed(jacobians): g = g + …",
    ),
)
def slope_through_blocks(g, jacobians):
    """Return the gradient of a loss by the input of a stack of blocks x + f(x), given that by the output.

    g : (D,), the gradient by the output;  jacobians : a list of (D, D), the Jacobian of each block's f, rows its results, from the first block to the
    last, perhaps empty;  returns (D,)
    """
    for J in reversed(jacobians):
        g = g + J.T @ g
    return g


@slope_through_blocks.mistake("You went from the first block to the last. Gradients go back from the last.")
def _forwards(g, jacobians):
    for J in jacobians:
        g = g + J.T @ g
    return g


@slope_through_blocks.mistake("That is a plain stack. The way past each block hands g on as it is: g + Jᵀ g.")
def _plain_stack(g, jacobians):
    for J in reversed(jacobians):
        g = J.T @ g
    return g


@slope_through_blocks.mistake("J itself carries changes forwards. Gradients go back through its transpose.")
def _no_transpose(g, jacobians):
    for J in reversed(jacobians):
        g = g + J @ g
    return g


@slope_through_blocks.mistake(
    "You gave every block the gradient by the output, and added: the paths through two blocks and more are missing."
)
def _first_order(g, jacobians):
    return g + sum((J.T @ g for J in jacobians), np.zeros(len(g)))


@slope_through_blocks.mistake(
    "You multiplied by the blocks alone and added the first gradient at the end. The way past stands around each block."
)
def _one_way_past_all(g, jacobians):
    out = g
    for J in reversed(jacobians):
        out = J.T @ out
    return g + out
