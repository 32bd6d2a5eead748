"""Numbers of two bytes: what float16 and bfloat16 keep of a number, and a scale that saves small gradients."""

from __future__ import annotations

import numpy as np

from lib.book import validate

LARGEST = 65_504.0  # of float16
SMALLEST = 2.0**-24  # above 0, of float16; below 2⁻¹⁴ with fewer digits


def to_float16(x, scale: float = 1.0) -> np.ndarray:
    """Return what is left of numbers that were multiplied by `scale`, kept in float16, and divided again, float64.

    x : any shape. What is too large becomes infinite, what is too small 0. Equation: eq-loss-scale
    """
    x, scale = validate.array(x, "x"), validate.number(scale, "scale", low=0, open_low=True)
    with np.errstate(over="ignore"):
        return np.asarray((scale * x).astype(np.float16).astype(float) / scale)


def to_bfloat16(x) -> np.ndarray:
    """Return numbers rounded to bfloat16, to the nearest and in a tie to the even one, as float64.

    x : any shape. bfloat16 is the upper half of a float32: its range, and 8 bits of digits.
    """
    bits = np.asarray(validate.array(x, "x"), np.float32).view(np.uint32)
    bits = (bits + 0x7FFF + (bits >> 16 & 1)) & np.uint32(0xFFFF0000)
    return np.asarray(bits.view(np.float32).astype(float))


def next_scale(scale: float, finite: bool, calm: int, every: int = 2000) -> tuple[float, int]:
    """Return (scale, calm) after a step: half as large where the gradients overflowed, twice as large after `every` calm steps in a row.

    scale : by which the loss was multiplied;  finite : whether all gradients were;  calm : steps in a row in which they were, before this one
    Source: Micikevicius et al. (2018); the numbers are those of PyTorch's GradScaler.
    """
    scale = validate.number(scale, "scale", low=0, open_low=True)
    calm, every = validate.whole(calm, "calm", low=0), validate.whole(every, "every", low=1)
    if not isinstance(finite, (bool, np.bool_)):
        raise TypeError(f"finite must be True or False, but is {finite!r}")
    if not finite:
        return scale / 2, 0
    return (2 * scale, 0) if calm + 1 >= every else (scale, calm + 1)
