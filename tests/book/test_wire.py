"""Values travel as text: what is packed comes back, and a text from a stranger makes nothing but plain values."""

import json
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from lib.book import wire

VALUES = [
    None,
    True,
    -7,
    10**300,
    0.1,
    math.inf,
    "λ\ud800",
    [],
    [1, [2.0, "three"]],
    (1, (2,)),
    {"a": 1, 2: [3]},
    {1, 2},
    frozenset("ab"),
    1 + 2j,
    Fraction(1, 3),
    ...,
]
ARRAYS = [
    np.arange(6.0).reshape(2, 3),
    np.arange(6).reshape(2, 3).T,
    np.zeros((0, 3)),
    np.array([[True, False]]),
    np.array(2.5),
    np.array([1 + 1j]),
    np.float32(1.5),
    np.arange(4, dtype=">i2"),
    np.array([np.nan, -0.0, np.inf]),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_what_is_packed_comes_back(value):
    back = wire.unpack(wire.pack(value))
    assert back == value and type(back) is type(value)


@pytest.mark.parametrize("value", ARRAYS, ids=repr)
def test_arrays_come_back_with_shape_and_dtype(value):
    back = wire.unpack(wire.pack([value]))[0]
    assert type(back) is type(value) and back.dtype == value.dtype.newbyteorder("=") and back.shape == value.shape
    assert np.array_equal(back, value, equal_nan=value.dtype.kind in "fc")
    assert np.array_equal(np.signbit(back.real), np.signbit(np.real(value))) or value.dtype.kind == "b"


def test_nan_comes_back():
    assert math.isnan(wire.unpack(wire.pack(math.nan)))


def test_numbers_of_other_kinds_come_back_as_floats():
    assert wire.unpack(wire.pack([Decimal("0.5"), sympy.Rational(1, 4)])) == [0.5, 0.25]
    assert isinstance(wire.unpack(wire.pack(sympy.Symbol("x"))), wire.Other)


def test_longer_floats_are_shortened():
    assert wire.unpack(wire.pack(np.array([0.5], np.longdouble))).dtype == np.float64


def test_things_are_only_named():
    class Liar:
        def __reduce__(self):
            raise SystemExit

        def __eq__(self, other):
            return True

        __hash__ = None

    back = wire.unpack(wire.pack(Liar()))
    assert isinstance(back, wire.Other) and type(back).__name__ == "Liar" and back != 3
    assert type(wire.unpack('{"other": "<script>"}')).__name__ == "object"


def test_functions_call_back():
    functions, asked = [], []
    text = wire.pack((lambda a, b=2, *c: None, print), functions)
    first, _ = wire.unpack(text, lambda number, *args: asked.append((number, args)))
    first(1, 2)
    assert len(functions) == 2 and asked == [(0, (1, 2))]
    assert [p.name for p in wire.inspect.signature(first).parameters.values()] == ["a", "b", "c"]


def deep(n):
    return "[" * n + "]" * n


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "{}",
        deep(100),
        deep(200_000),
        '{"pickle": "gASV"}',
        '{"function": [0, null]}',
        '{"tuple": 3}',
        '{"dict": [[1]]}',
        '{"dict": [[[], 1]]}',
        '{"complex": ["1", {}]}',
        '{"Fraction": [1, 0]}',
        '{"list": [], "tuple": []}',
        '{"array": ["O", [1], "AAAA", false]}',
        '{"array": ["<f8", [2], "AAAAAAAAAAA=", false]}',
        '{"array": ["<f8", [-1], "AAAAAAAAAAA=", false]}',
        '{"array": ["<f8", ["1"], "AAAAAAAAAAA=", false]}',
        '{"array": ["S1000000000", [0], "", false]}',
        '{"array": [{}, [], "", false]}',
        "9" * 5000,
        json.dumps({"set": [i * (2**61 - 1) for i in range(100_000)]}),  # all of one hash
        "[" + "0," * (wire.LONGEST // 2) + "0]",
    ],
    ids=lambda text: text[:30],
)
def test_spoilt_texts_are_refused(text):
    with pytest.raises(ValueError):
        wire.unpack(text)


PLAIN = (type(None), bool, int, float, complex, str, list, tuple, set, frozenset, dict, Fraction, type(...))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["array", "tuple", "set", "dict", "other", "complex", "Fraction", "Ellipsis", "function", "x"]
            ),
            inner,
            max_size=1,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_whatever_the_text_says_it_is_a_plain_value_or_refused(data):
    try:
        value = wire.unpack(json.dumps(data))
    except ValueError:
        return
    assert isinstance(value, (*PLAIN, wire.Other, np.ndarray, np.generic))


@pytest.mark.parametrize(
    ("value", "why"),
    [([0.5] * 1_000_000, "large"), (np.zeros(600_000), "large"), ("x" * 5_000_000, "large")],
)
def test_too_large_values_are_refused_before_they_travel(value, why):
    with pytest.raises(ValueError, match=why):
        wire.pack(value)


def test_too_deep_values_are_refused_before_they_travel():
    nested = []
    nested.append(nested)
    with pytest.raises(ValueError, match="deep"):
        wire.pack(nested)


def test_huge_whole_numbers_are_only_named():
    assert type(wire.unpack(wire.pack(10**100_000))).__name__ == "int"
    assert isinstance(wire.unpack(wire.pack(10**100_000)), wire.Other)
