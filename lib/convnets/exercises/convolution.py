"""Exercises of "Convolution"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number, prediction
from lib.convnets import convolution as cv
from lib.convnets.photos import grey

__all__ = [
    "columns_of",
    "convolve",
    "even_kernel",
    "gradient_of_the_kernel",
    "moved_by_a_pixel",
    "parameters_in_groups",
    "places_of_a_kernel",
    "zeros_on_a_mirror",
]


# ---------------------------------------------------------------------------------------------------------------- sizes
def _size_cases(rng):
    yield case("nothing special", 28, 5, 1, 0, 1)
    yield case("a step that does not come out even", 28, 3, 2, 0, 1)
    yield case("a kernel as wide as the padded row", 4, 3, 2, 1, 2)
    yield case("one pixel, one tap", 1, 1, 3, 0, 2)
    for n in (7, 12, 23, 40):
        k, s, p, d = (int(rng.integers(low, high)) for low, high in ((2, 5), (2, 5), (1, 4), (2, 3)))
        yield n, k, s, p, d


@exercise(
    cases=_size_cases,
    hints=(
        "Over how many pixels does the kernel reach, from its first tap to its last?",
        "The reach is (k − 1)·d + 1. With padding on both sides, the first tap can start at n + 2p − reach + 1 pixels, and every s-th of them is taken.",
        "room = n + 2 * p - reach; the answer is room // s + …",
    ),
)
def places_of_a_kernel(n, k, s, p, d):
    """Return how many outputs a row of n pixels has.

    k : taps;  s : stride;  p : padding at either end;  d : dilation (1: neighbouring pixels);
    the kernel fits;  returns a whole number
    """
    reach = (k - 1) * d + 1
    return (n + 2 * p - reach) // s + 1


@places_of_a_kernel.mistake("The division must be rounded down: a place that would stick out is no place.")
def _no_floor(n, k, s, p, d):
    return (n + 2 * p - (k - 1) * d - 1) / s + 1


@places_of_a_kernel.mistake("The division is rounded up. A place that would stick out is no place: round down.")
def _rounded_up(n, k, s, p, d):
    return -(-(n + 2 * p - (k - 1) * d - 1) // s) + 1


@places_of_a_kernel.mistake(
    "The dilation is not used: with d between its taps a kernel reaches over (k − 1)·d + 1 pixels."
)
def _no_dilation(n, k, s, p, d):
    return (n + 2 * p - k) // s + 1


@places_of_a_kernel.mistake("A dilated kernel does not reach over k·d pixels: after the last tap there is no gap.")
def _k_times_d(n, k, s, p, d):
    return (n + 2 * p - k * d) // s + 1


@places_of_a_kernel.mistake("The padding stands at both ends, so it counts twice.")
def _padded_once(n, k, s, p, d):
    return (n + p - (k - 1) * d - 1) // s + 1


@places_of_a_kernel.mistake(
    "One is missing: between the first and the last place there are room // s steps, and so one more place."
)
def _steps(n, k, s, p, d):
    return (n + 2 * p - (k - 1) * d - 1) // s


# -------------------------------------------------------------------------------------------------------------- forward
def _layer_cases(rng):
    yield case(
        "one picture, one channel", rng.normal(size=(1, 1, 4, 5)), rng.normal(size=(1, 1, 3, 2)), np.zeros(1), 1, 0
    )
    yield case(
        "a kernel of one number", rng.normal(size=(1, 2, 3, 3)), rng.normal(size=(2, 2, 1, 1)), rng.normal(size=2), 2, 0
    )
    for N, C, O, stride, padding in ((2, 3, 2, 1, 1), (1, 2, 3, 2, 1), (2, 2, 2, 2, 2), (3, 2, 4, 3, 1)):
        x, K = rng.normal(size=(N, C, 7, 6)), rng.normal(size=(O, C, 3, 2))
        yield x, K, rng.normal(size=O), stride, padding


@exercise(
    cases=_layer_cases,
    hints=(
        "Put zeros around the pictures first. Then two loops, over the places, are enough: the rest is one product each.",
        "The kernel at place (p, q) sees the piece x[:, :, p·s : p·s + kh, q·s : q·s + kw]. Multiply and sum over channels, rows and columns; add the free term.",
        "x = np.pad(x, ((0, 0), (0, 0), (…, …), (…, …))); y[:, :, p, q] = np.tensordot(piece, K, axes=([1, 2, 3], …)) + b",
    ),
)
def convolve(x, K, b, stride, padding):
    """Return the outputs of a convolutional layer.

    x : (N, C, H, W);  K : (O, C, kh, kw), which is not turned;  b : (O,);
    stride, padding : the same for rows and columns; padding is of zeros;  returns (N, O, Ho, Wo)
    """
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    kh, kw = K.shape[2:]
    Ho, Wo = (x.shape[2] - kh) // stride + 1, (x.shape[3] - kw) // stride + 1
    y = np.empty((len(x), len(K), Ho, Wo))
    for p in range(Ho):
        for q in range(Wo):
            row, column = p * stride, q * stride
            piece = x[:, :, row : row + kh, column : column + kw]
            y[:, :, p, q] = np.tensordot(piece, K, axes=([1, 2, 3], [1, 2, 3])) + b
    return y


@convolve.mistake("The kernel is turned by 180°. What layers compute is a correlation: K[i, j] meets x[p + i, q + j].")
def _turned(x, K, b, stride, padding):
    return cv.conv2d(x, K[:, :, ::-1, ::-1], b, stride=stride, padding=padding)


@convolve.mistake("The free term was added with every tap, inside the sums. It is added once to each output.")
def _free_term_each_tap(x, K, b, stride, padding):
    return cv.conv2d(x, K, b * K[0].size, stride=stride, padding=padding)


@convolve.mistake("The free term was added once for every channel. It is added once to each output.")
def _free_term_each_channel(x, K, b, stride, padding):
    return cv.conv2d(x, K, b * K.shape[1], stride=stride, padding=padding)


@convolve.mistake("Only the first channel is used. An output sums over all channels of the picture.")
def _first_channel(x, K, b, stride, padding):
    return cv.conv2d(x[:, :1], K[:, :1], b, stride=stride, padding=padding)


@convolve.mistake("You take the mean over the channels. An output is their sum.")
def _mean_of_channels(x, K, b, stride, padding):
    return cv.conv2d(x, K / K.shape[1], b, stride=stride, padding=padding)


@convolve.mistake("The padding repeats the border. It is asked for with zeros.")
def _border_repeated(x, K, b, stride, padding):
    return cv.conv2d(x, K, b, stride=stride, padding=padding, mode="replicate")


@convolve.mistake("The free term is missing.")
def _no_free_term(x, K, b, stride, padding):
    return cv.conv2d(x, K, stride=stride, padding=padding)


# --------------------------------------------------------------------------------------------------------------- im2col
def _column_cases(rng):
    yield case("numbers in order", np.arange(2 * 3 * 4.0).reshape(1, 2, 3, 4), 2, 2, 1)
    yield case("one tap", rng.normal(size=(2, 2, 3, 4)), 1, 1, 1)
    yield case("the whole picture", rng.normal(size=(2, 3, 3, 2)), 3, 2, 1)
    for kh, kw, stride in ((2, 3, 1), (3, 2, 2), (2, 2, 3)):
        yield rng.normal(size=(2, 3, 6, 8)), kh, kw, stride


@exercise(
    cases=_column_cases,
    hints=(
        "Each place of the kernel becomes one row of the answer: everything that the kernel sees there, in the order of the kernel's own numbers.",
        "At place (p, q) that is x[:, :, p·s : p·s + kh, q·s : q·s + kw], of shape (N, C, kh, kw). Flattened, it goes channel by channel.",
        "rows = [x[:, :, p * s : p * s + kh, q * s : q * s + kw].reshape(N, …) for p in … for q in …]; then np.stack(rows, axis=1)",
    ),
)
def columns_of(x, kh, kw, s):
    """Return what a kernel of kh × kw taps sees at all of its places, so that the layer is columns @ K.reshape(O, -1).T.

    x : (N, C, H, W), nothing is padded;  s : stride, for rows and columns;
    returns (N, Ho · Wo, C · kh · kw), places row by row
    """
    N, C, H, W = x.shape
    rows = [
        x[:, :, p : p + kh, q : q + kw].reshape(N, C * kh * kw)
        for p in range(0, H - kh + 1, s)
        for q in range(0, W - kw + 1, s)
    ]
    return np.stack(rows, axis=1)


def _columns(x, kh, kw, s, order=(0, 2, 3, 1, 4, 5), stride=None):
    seen = np.lib.stride_tricks.sliding_window_view(x, (kh, kw), axis=(2, 3))
    seen = seen[:, :, :: s if stride is None else stride, :: s if stride is None else stride]
    N, C, Ho, Wo = seen.shape[:4]
    return seen.transpose(order).reshape(N, Ho * Wo, C * kh * kw)


@columns_of.mistake(
    "The channels vary fastest in your rows. A kernel's numbers lie channel by channel, (C, kh, kw), so the rows must too."
)
def _channels_last(x, kh, kw, s):
    return _columns(x, kh, kw, s, (0, 2, 3, 4, 5, 1))


@columns_of.mistake("Your places go column by column. They are asked for row by row, as the outputs lie.")
def _places_by_column(x, kh, kw, s):
    return _columns(x, kh, kw, s, (0, 3, 2, 1, 4, 5))


@columns_of.mistake("Inside the kernel you go column by column. Its numbers lie row by row.")
def _taps_by_column(x, kh, kw, s):
    return _columns(x, kh, kw, s, (0, 2, 3, 1, 5, 4))


@columns_of.mistake(
    "A reshape does not exchange axes: the numbers stay in their order, and only the brackets move. Use transpose before it."
)
def _only_reshaped(x, kh, kw, s):
    return _columns(x, kh, kw, s, (0, 1, 2, 3, 4, 5))


@columns_of.mistake("The stride is not used: that is every place, one pixel apart.")
def _every_place(x, kh, kw, s):
    return _columns(x, kh, kw, s, stride=1)


# ------------------------------------------------------------------------------------------------------------- gradient
def _gradient_cases(rng):
    yield case("one output", rng.normal(size=(1, 1, 2, 3)), rng.normal(size=(1, 1, 1, 1)), 2, 3, 1, 0)
    yield case("a kernel of one number", rng.normal(size=(2, 2, 3, 3)), rng.normal(size=(2, 3, 2, 2)), 1, 1, 2, 0)
    wide = "a padding wider than the kernel"
    yield case(wide, rng.normal(size=(1, 2, 2, 3)), rng.normal(size=(1, 2, 7, 8)), 2, 2, 1, 3)
    for N, C, O, H, W, stride, padding in (
        (2, 2, 3, 5, 6, 1, 0),
        (3, 2, 2, 6, 5, 1, 1),
        (2, 3, 2, 7, 6, 2, 1),
        (1, 2, 3, 8, 7, 3, 0),
    ):
        sizes = [(n + 2 * padding - k) // stride + 1 for n, k in ((H, 3), (W, 2))]
        yield rng.normal(size=(N, C, H, W)), rng.normal(size=(N, O, *sizes)), 3, 2, stride, padding


@exercise(
    cases=_gradient_cases,
    hints=(
        "Which outputs does the number K[o, c, i, j] take part in? In all of them: at place (p, q) it meets one pixel.",
        "∂L/∂K[o, c, i, j] = Σ over n, p, q of d_out[n, o, p, q] · x[n, c, p·s + i, q·s + j], with x padded.",
        "For each tap (i, j): seen = x[:, :, i : i + s * (Ho - 1) + 1 : s, j : …]; dK[:, :, i, j] = np.einsum('nopq,ncpq->…', d_out, seen)",
    ),
)
def gradient_of_the_kernel(x, d_out, kh, kw, stride, padding):
    """Return the gradient of a loss by the kernels of a convolutional layer.

    x : (N, C, H, W), not padded yet;  d_out : (N, O, Ho, Wo), the gradient by the outputs;
    kh, kw : taps;  stride, padding : the layer's, with zeros;  returns (O, C, kh, kw)
    """
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    Ho, Wo = d_out.shape[2:]
    dK = np.empty((d_out.shape[1], x.shape[1], kh, kw))
    for i in range(kh):
        for j in range(kw):
            seen = x[:, :, i : i + stride * (Ho - 1) + 1 : stride, j : j + stride * (Wo - 1) + 1 : stride]
            dK[:, :, i, j] = np.einsum("nopq,ncpq->oc", d_out, seen)
    return dK


def _dK(x, d_out, kh, kw, stride, padding, mode="zeros"):
    K = np.zeros((d_out.shape[1], x.shape[1], kh, kw))
    return cv.conv2d_gradients(d_out, x, K, stride=stride, padding=padding, mode=mode)[1]


@gradient_of_the_kernel.mistake(
    "Your answer is turned by 180°. Tap (i, j) meets the pixel i further down and j further right: nothing is turned here."
)
def _dK_turned(x, d_out, kh, kw, stride, padding):
    return _dK(x, d_out, kh, kw, stride, padding)[:, :, ::-1, ::-1]


@gradient_of_the_kernel.mistake(
    "You took the mean over the pictures. The loss's slopes by the outputs are given for each picture, and they add up."
)
def _dK_mean(x, d_out, kh, kw, stride, padding):
    return _dK(x, d_out, kh, kw, stride, padding) / len(x)


@gradient_of_the_kernel.mistake(
    "You took the mean over the places. One number is used at all places, and its slopes add up."
)
def _dK_mean_of_places(x, d_out, kh, kw, stride, padding):
    return _dK(x, d_out, kh, kw, stride, padding) / (d_out.shape[2] * d_out.shape[3])


@gradient_of_the_kernel.mistake("Only the first picture is used. The slopes of all pictures of the batch add up.")
def _dK_first(x, d_out, kh, kw, stride, padding):
    return _dK(x[:1], d_out[:1], kh, kw, stride, padding)


@gradient_of_the_kernel.mistake("The layer padded with zeros, and you repeat the border.")
def _dK_border(x, d_out, kh, kw, stride, padding):
    return _dK(x, d_out, kh, kw, stride, padding, "replicate")


@gradient_of_the_kernel.mistake(
    "The stride is not used: the places are `stride` pixels apart, so their slopes meet every stride-th pixel."
)
def _dK_no_stride(x, d_out, kh, kw, stride, padding):
    p = cv.pad(x, padding)
    Ho, Wo = d_out.shape[2:]
    taps = [[np.einsum("nopq,ncpq->oc", d_out, p[:, :, i : i + Ho, j : j + Wo]) for j in range(kw)] for i in range(kh)]
    return np.moveaxis(np.array(taps), (0, 1), (2, 3))


# -------------------------------------------------------------------------------------------------------------- numbers
parameters_in_groups = number(
    "parameters_in_groups",
    answer=lambda: cv.cost(32, 64, (3, 5), 1, groups=4).parameters,
    rtol=1e-9,
    unit="parameters",
    why="Each of the 64 kernels sees the 8 channels of its group: 64 · 8 · 15 weights and 64 free terms.",
    hints=(
        "How many channels does one kernel see, if the 32 are dealt into 4 groups?",
        "O · (C / groups) · kh · kw weights, and a free term for every output channel.",
        "64 * (32 // 4) * 3 * 5 + …",
    ),
    mistakes=[
        (lambda: 64 * 32 * 15 + 64, "The groups are not used: a kernel sees only the 32/4 channels of its group."),
        (lambda: 64 * 8 * 15, "The free terms are missing."),
        (lambda: 64 * 8 * 15 + 32, "There is a free term for each channel that comes out, not for each that goes in."),
        (lambda: 16 * 8 * 15 + 16, "That is one of the four groups."),
        (
            lambda: 64 * 2 * 15 + 64,
            "The groups divide the channels once, not each side: all 64 kernels are there, and each sees 8 channels.",
        ),
        (lambda: 64 * 8 * 15 * 64 + 64, "A free term is added, it does not multiply."),
    ],
)

even_kernel = number(
    "even_kernel",
    answer=lambda: cv.same_padding(4, 3)[1],
    rtol=1e-9,
    unit="columns",
    why="The kernel reaches over (4 − 1) · 3 + 1 = 10 pixels and loses 9 places. Of 9 columns 4 go to the left and 5 to the right.",
    hints=(
        "How many places are lost without padding?",
        "The reach is (k − 1)·d + 1, and one less than that is lost. The odd one goes to the right.",
        "lost = 3 * 3; right = lost - lost // …",
    ),
    mistakes=[
        (lambda: 4, "That is the left side. The odd column goes to the right."),
        (lambda: 9, "That is both sides together."),
        (lambda: 2, "The dilation is missing: a kernel of 4 taps, 3 apart, reaches over 10 pixels, not 4."),
        (lambda: 1, "The dilation is missing: a kernel of 4 taps, 3 apart, reaches over 10 pixels, not 4."),
        (lambda: 6, "A kernel of 4 taps, 3 apart, does not reach over 12 pixels: after the last tap there is no gap."),
        (lambda: 4.5, "There are no half columns: one side gets one more."),
    ],
)

moved_by_a_pixel = choice(
    "moved_by_a_pixel",
    answer="c",
    why="Outputs at a stride of 2 see every second place. A shift by 1 brings the places between them under the kernel, other numbers altogether; a shift "
    "by 2 brings each answer to the next place. Borders aside, exactly.",
    feedback={
        "a": "For stride 1 that is so. With stride 2 half a place would be needed, and there is none.",
        "b": "The kernel has the same weights everywhere, so a shift by a whole stride cannot change the answers, only move them.",
        "d": "Padding only matters near the border.",
    },
    hints=(
        "Which pixels does output number 5 see, before and after?",
        "Output p starts at pixel 2p. After a shift by m it sees what stood m pixels before.",
        "It is an earlier output's view exactly if 2p − m is even: so for m = …",
    ),
)

zeros_on_a_mirror = prediction(
    "zeros_on_a_mirror",
    answer=lambda: (
        100.0
        * float(
            (
                np.abs(cv.filtered(grey("china"), cv.KERNELS["vertical edges"], padding=1, mode="reflect")[:, [0, -1]])
                < 1e-12
            ).mean()
        )
    ),
    unit="%",
    why="On the border the pixel to the left is the mirror image of the pixel to the right. Their difference is 0, whatever the picture.",
)
