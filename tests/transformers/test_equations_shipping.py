"""The equations of "Shipping a model": varints, whole numbers for weights, a norm put into the next layer."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.transformers.adapting import onnx_file, shrinking


@pytest.mark.equation("eq-varint")
@settings(max_examples=200, deadline=None)
@given(n=st.one_of(st.integers(0, 300), st.integers(0, 2**64 - 1)), before=st.binary(max_size=3))
def test_a_varint_carries_seven_bits_a_byte(n, before):
    data = onnx_file.varint(n)
    assert n == sum((b % 128) * 128**k for k, b in enumerate(data))
    assert [b >= 128 for b in data] == [True] * (len(data) - 1) + [False]
    assert onnx_file.whole_at(before + data + b"\x80", len(before)) == (n, len(before) + len(data))


@pytest.mark.equation("eq-varint")
def test_varints_are_those_of_the_package():
    from google.protobuf.internal import encoder

    for n in (0, 1, 127, 128, 300, 2**31, 2**63, 2**64 - 1):
        theirs = []
        encoder._VarintEncoder()(theirs.append, n)
        assert onnx_file.varint(n) == b"".join(theirs)
    assert onnx_file.varint(-1) == onnx_file.varint(2**64 - 1)
    for n in (2**64, -(2**63) - 1):
        with pytest.raises(ValueError, match="at most 64 bits"):
            onnx_file.varint(n)


matrices = st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(0, 10**6)).map(
    lambda t: np.random.default_rng(t[2]).normal(size=t[:2]) * np.exp(np.random.default_rng(t[2] + 1).normal(size=t[1]))
)


@pytest.mark.equation("eq-quantised")
@pytest.mark.equation("eq-rounding-bound")
@settings(max_examples=100, deadline=None)
@given(W=matrices, bits=st.integers(2, 8), axis=st.sampled_from([None, 0, 1]))
def test_whole_numbers_are_the_nearest_and_err_by_half_a_step(W, bits, axis):
    top = 2 ** (bits - 1) - 1
    codes, scale = shrinking.quantise(W, bits, axis)
    assert codes.dtype == np.int8
    largest = np.abs(W).max() if axis is None else np.abs(W).max(axis=1 - axis)
    np.testing.assert_allclose(scale, largest / top, rtol=1e-12)
    assert np.abs(codes).max() == top
    full = np.broadcast_to(scale if axis is None else scale[:, None] if axis == 0 else scale, W.shape)
    back = shrinking.restored(codes, scale, axis)
    np.testing.assert_allclose(back, codes * full, rtol=1e-12)
    assert (np.abs(W - back) <= full * (0.5 + 1e-9)).all()


@pytest.mark.equation("eq-quantised")
@settings(max_examples=60, deadline=None)
@given(W=matrices, axis=st.sampled_from([None, 0, 1]))
def test_whole_numbers_are_those_of_pytorch(W, axis):
    x = torch.from_numpy(W)
    codes, scale = shrinking.quantise(W, 8, axis)
    if axis is None:
        theirs = torch.fake_quantize_per_tensor_affine(x, float(scale), 0, -127, 127)
    else:
        zeros = torch.zeros(len(scale), dtype=torch.int32)
        s = torch.from_numpy(scale).float()
        theirs = torch.fake_quantize_per_channel_affine(x.float(), s, zeros, axis, -127, 127)
    difference = np.abs(theirs.numpy() - shrinking.restored(codes, scale, axis))
    steps = difference / (scale if axis is None else scale[:, None] if axis == 0 else scale)
    near = (
        np.abs(np.abs(W / shrinking.restored(np.ones(W.shape), scale, axis)) % 1 - 0.5) < 1e-3
    )  # a half goes either way
    assert (steps[~near] < 1e-4).all() and (steps <= 1.01).all()


@pytest.mark.equation("eq-folded-norm")
@settings(max_examples=60, deadline=None)
@given(d=st.integers(1, 6), m=st.integers(1, 5), seed=st.integers(0, 10**6))
def test_a_norm_goes_into_the_next_layer(d, m, seed):
    rng = np.random.default_rng(seed)
    x, gamma, beta, W, b = (
        rng.normal(size=(4, d)),
        *rng.normal(size=(2, d)),
        rng.normal(size=(d, m)),
        rng.normal(size=m),
    )
    W2, b2 = shrinking.folded_norm(gamma, beta, W, b)
    np.testing.assert_allclose(x @ W2 + b2, (x * gamma + beta) @ W + b, atol=1e-12)
