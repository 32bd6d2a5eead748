"""The operators of ONNX that a Transformer is written with, each a line or a few of numpy.

Each takes the operator's inputs in their order, None where an optional one is left out, and its attributes by their names, and returns an array, or
a tuple where there are several outputs. Meanings and defaults are those of the operators' published descriptions from opset 13 on:
https://onnx.ai/onnx/operators/. An answer has the type of its inputs, so that a graph of 32-bit numbers is computed in 32 bits.
"""

from __future__ import annotations

import functools
import math

import numpy as np
from scipy import special

TYPES = {  # ONNX's numbers of its types; texts, and numbers that numpy does not have, are not among them
    1: np.float32,
    2: np.uint8,
    3: np.int8,
    4: np.uint16,
    5: np.int16,
    6: np.int32,
    7: np.int64,
    9: np.bool_,
    10: np.float16,
    11: np.float64,
    12: np.uint32,
    13: np.uint64,
}


# ------------------------------------------------------------------------------------------------------ entry by entry
def div(a, b):
    """Return a / b; of whole numbers the quotient without its fraction, −7 / 2 = −3."""
    if a.dtype.kind == "f":
        return a / b
    if not np.all(b):
        raise ValueError("a whole number is divided by 0")
    quotient = a // b
    return (quotient + ((a % b != 0) & ((a < 0) != (b < 0)))).astype(a.dtype)


def mod(a, b, *, fmod=0):
    """Return the remainder of a / b with the sign of b; with `fmod` with that of a."""
    return np.fmod(a, b) if fmod else np.mod(a, b)


def gelu(x, *, approximate="none"):
    """Return x Φ(x), Φ the normal distribution's, or with "tanh" nearly so (see `blocks.gelu_tanh`)."""
    if approximate == "tanh":
        share = (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2
    elif approximate == "none":
        share = (1 + special.erf(x / math.sqrt(2))) / 2
    else:
        raise ValueError(f"approximate must be 'none' or 'tanh', but is {approximate!r}")
    return (x * share).astype(x.dtype)


def cast(x, *, to, saturate=1, round_mode="up"):
    """Return x as numbers of another type; the last two matter to types of 8 bits, which are refused."""
    return x.astype(type_of(to))


def type_of(code: int) -> type:
    """Return numpy's type for ONNX's number of it; raise ValueError where numpy has none."""
    if code not in TYPES:
        raise ValueError(
            f"arrays of ONNX's type {code} are not read: only of numpy's floats, whole numbers and booleans"
        )
    return TYPES[code]


def dequantize(x, scale, zero_point=None, *, axis=1, block_size=0, output_dtype=0):
    """Return (x − zero point) · scale: one scale for all, one for each entry of an axis, or one for each `block_size` entries along it."""
    zero_point = np.zeros_like(scale, x.dtype) if zero_point is None else zero_point

    def along(a):
        if block_size:
            return np.repeat(a, block_size, axis=axis)
        return a.reshape([-1 if i == axis % x.ndim else 1 for i in range(x.ndim)]) if a.size > 1 else a.reshape(())

    out = (x.astype(np.int32) - along(zero_point).astype(np.int32)).astype(scale.dtype) * along(scale)
    return out.astype(type_of(output_dtype) if output_dtype else scale.dtype)


# ------------------------------------------------------------------------------------------------------------- products
def gemm(a, b, c=None, *, alpha=1.0, beta=1.0, transA=0, transB=0):
    """Return α A B + β C, A and B turned over where asked."""
    out = np.asarray(alpha, a.dtype) * ((a.T if transA else a) @ (b.T if transB else b))
    return out if c is None else out + np.asarray(beta, a.dtype) * c


# ----------------------------------------------------------------------------------------------------------- along axes
def softmax(x, *, axis=-1):
    """Return eˣ divided by its sum along an axis."""
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def log_softmax(x, *, axis=-1):
    """Return the logarithm of `softmax`, without its rounding to 0."""
    z = x - x.max(axis=axis, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=axis, keepdims=True))


def layer_normalization(x, scale, bias=None, *, axis=-1, epsilon=1e-5, stash_type=1):
    """Return x less its mean over the axes from `axis` on, divided by √(variance + ε), scaled and shifted; the mean; and 1/√(variance + ε).

    stash_type : the type of number 1, 32 bits, at least: numbers of 16 bits are not squared and summed in 16
    """
    axes = tuple(range(axis % x.ndim, x.ndim))
    wide = x.astype(np.promote_types(x.dtype, type_of(stash_type)), copy=False)
    mean = wide.mean(axis=axes, keepdims=True)
    one_over = 1 / np.sqrt(((wide - mean) ** 2).mean(axis=axes, keepdims=True) + np.asarray(epsilon, wide.dtype))
    y = ((wide - mean) * one_over).astype(x.dtype) * scale
    return (y if bias is None else y + bias), mean, one_over


def reduction(function, x, axes=None, *, keepdims=1, noop_with_empty_axes=0):
    """Return the function (np.mean, np.sum, `largest`) over axes: an input, or before opset 18 an attribute; all where none are named."""
    if axes is None or not np.size(axes):
        if noop_with_empty_axes:
            return x
        axes = range(x.ndim)
    return np.asarray(function(x, axis=tuple(int(a) for a in axes), keepdims=bool(keepdims))).astype(x.dtype)


def largest(x, axis, keepdims):
    """Return the largest entry over axes; of none the least that there is of this type."""
    least = -np.inf if x.dtype.kind == "f" else False if x.dtype.kind == "b" else np.iinfo(x.dtype).min
    return np.max(x, axis=axis, keepdims=keepdims, initial=least)


# ---------------------------------------------------------------------------------------------------- shapes and places
def reshape(x, shape, *, allowzero=0):
    """Return x in another shape; −1 is what is left, and 0 the length that x has there."""
    if not allowzero:
        shape = [x.shape[i] if n == 0 else n for i, n in enumerate(shape)]
    return x.reshape([int(n) for n in shape])


def flatten(x, *, axis=1):
    """Return x as a matrix: the axes before `axis` are its rows, the rest its columns."""
    axis = axis + x.ndim if axis < 0 else axis
    return x.reshape(math.prod(x.shape[:axis]), math.prod(x.shape[axis:]))


def transpose(x, *, perm=None):
    """Return x with its axes in another order, reversed where none is given."""
    return x.transpose(perm)


def concat(*parts, axis):
    """Return the parts one behind the other."""
    return np.concatenate(parts, axis=axis)


def slices(x, starts, ends, axes=None, steps=None):
    """Return the entries from `starts` to before `ends` on the axes; what lies outside is cut off, a negative number counts from the end."""
    axes = range(len(starts)) if axes is None else axes
    steps = [1] * len(starts) if steps is None else steps
    cut = [slice(None)] * x.ndim
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        if step < 0:  # before the first entry: at it, where Python would take none
            start = max(start, -x.shape[axis])
        cut[axis] = slice(int(start), int(end), int(step))
    return x[tuple(cut)]


def split(x, lengths=None, *, axis=0, num_outputs=None):
    """Return x in pieces along an axis: of the given lengths, or of equal ones, but for a shorter last."""
    if lengths is None:
        each = -(-x.shape[axis] // num_outputs)
        bounds = [each * i for i in range(1, num_outputs)]
    else:
        if sum(lengths) != x.shape[axis]:
            raise ValueError(f"pieces of lengths {[int(n) for n in lengths]} do not make {x.shape[axis]}")
        bounds = np.cumsum(lengths)[:-1]
    return tuple(np.split(x, bounds, axis=axis))


def gather(x, indices, *, axis=0):
    """Return the entries of x at the indices along an axis, from the end where negative: a row of a table for each word."""
    return np.take(x, indices, axis=axis)


def unsqueeze(x, axes):
    """Return x with axes of length 1, where they are in the result."""
    return np.expand_dims(x, tuple(int(a) for a in np.ravel(axes)))


def squeeze(x, axes=None):
    """Return x without these axes of length 1, or without any."""
    return np.squeeze(x, None if axes is None else tuple(int(a) for a in np.ravel(axes)))


def shape(x, *, start=0, end=None):
    """Return the lengths of the axes from `start` to before `end`."""
    return np.array(x.shape[start:end], np.int64)


def constant(*, value=None, value_int=None, value_ints=None, value_float=None, value_floats=None):
    """Return what is written in the graph."""
    if value is not None:
        return value
    if value_float is not None or value_floats is not None:
        return np.asarray(value_float if value_floats is None else value_floats, np.float32)
    return np.asarray(value_int if value_ints is None else value_ints, np.int64)


def constant_of_shape(shape, *, value=None):
    """Return an array full of one value, 0 in 32 bits where none is given."""
    value = np.zeros(1, np.float32) if value is None else value
    return np.full([int(n) for n in shape], value.item(), value.dtype)


def expand(x, shape):
    """Return x repeated along axes of length 1, so that it has the shape; where x is longer it stays."""
    return np.broadcast_to(x, np.broadcast_shapes(x.shape, tuple(int(n) for n in shape)))


def spaced(start, limit, delta, *, stash_type=1):
    """Return start, start + δ, … before the limit."""
    count = max(0, math.ceil((limit.item() - start.item()) / delta.item()))
    return (start + np.arange(count, dtype=start.dtype) * delta).astype(start.dtype)


def trilu(x, k=None, *, upper=1):
    """Return what each matrix has on its k-th diagonal and above it, or below it, and 0 elsewhere."""
    return (np.triu if upper else np.tril)(x, 0 if k is None else int(k.item()))


def extreme(function, *parts):
    """Return the entries' largest or smallest over all inputs (function is np.maximum or np.minimum)."""
    return functools.reduce(function, parts)


OPERATORS = {  # numpy's own functions stand in a lambda: what they take besides is no attribute of ONNX
    # entry by entry
    "Abs": lambda x: np.abs(x),
    "Add": lambda a, b: a + b,
    "And": lambda a, b: a & b,
    "Cast": cast,
    "CastLike": lambda x, like, *, saturate=1, round_mode="up": x.astype(like.dtype),
    "DequantizeLinear": dequantize,
    "Div": div,
    "Equal": lambda a, b: a == b,
    "Erf": lambda x: special.erf(x).astype(x.dtype),
    "Exp": lambda x: np.exp(x),
    "Gelu": gelu,
    "Greater": lambda a, b: a > b,
    "GreaterOrEqual": lambda a, b: a >= b,
    "Identity": lambda x: x,
    "IsNaN": lambda x: np.isnan(x),
    "Less": lambda a, b: a < b,
    "LessOrEqual": lambda a, b: a <= b,
    "Log": lambda x: np.log(x),
    "Max": lambda *parts: extreme(np.maximum, *parts),
    "Min": lambda *parts: extreme(np.minimum, *parts),
    "Mod": mod,
    "Mul": lambda a, b: a * b,
    "Neg": lambda x: -x,
    "Not": lambda x: ~x,
    "Or": lambda a, b: a | b,
    "Pow": lambda a, b: np.power(a, b).astype(a.dtype),
    "Reciprocal": lambda x: 1 / x,
    "Relu": lambda x: np.maximum(x, 0),
    "Sigmoid": lambda x: special.expit(x).astype(x.dtype),
    "Sqrt": lambda x: np.sqrt(x),
    "Sub": lambda a, b: a - b,
    "Tanh": lambda x: np.tanh(x),
    "Where": lambda condition, a, b: np.where(condition, a, b),
    # products
    "Gemm": gemm,
    "MatMul": lambda a, b: a @ b,
    # along axes
    "LayerNormalization": layer_normalization,
    "LogSoftmax": log_softmax,
    "ReduceMax": functools.partial(reduction, largest),
    "ReduceMean": functools.partial(reduction, np.mean),
    "ReduceSum": functools.partial(reduction, np.sum),
    "Softmax": softmax,
    # shapes and places
    "Concat": concat,
    "Constant": constant,
    "ConstantOfShape": constant_of_shape,
    "Expand": expand,
    "Flatten": flatten,
    "Gather": gather,
    "Range": spaced,
    "Reshape": reshape,
    "Shape": shape,
    "Size": lambda x: np.array(x.size, np.int64),
    "Slice": slices,
    "Split": split,
    "Squeeze": squeeze,
    "Transpose": transpose,
    "Trilu": trilu,
    "Unsqueeze": unsqueeze,
}
