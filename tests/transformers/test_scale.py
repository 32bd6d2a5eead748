"""Sharing, memory and precision: what is split gives what is whole, counts are the published ones or PyTorch's own, two bytes are PyTorch's two bytes."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.transformers import anatomy
from lib.transformers.gpt_training import Block
from lib.transformers.scale import memory, precision, sharing
from lib.word_vectors import parallel


# ---------------------------------------------------------------------------------------------------------- splitting
@pytest.mark.equation("eq-split-mlp")
@given(parts=st.sampled_from([1, 2, 3, 6]), T=st.integers(1, 5), D=st.integers(1, 6), seed=st.integers(0, 2**32 - 1))
def test_the_parts_of_a_feed_forward_part_add_up_to_pytorchs(parts, T, D, seed):
    rng = np.random.default_rng(seed)
    X, W1, b1, W2, b2 = (rng.normal(size=shape) for shape in ((T, D), (D, 12), (12,), (12, D), (D,)))
    layers = torch.nn.Sequential(torch.nn.Linear(D, 12), torch.nn.GELU("tanh"), torch.nn.Linear(12, D)).double()
    with torch.no_grad():
        for parameter, value in zip(layers.parameters(), (W1.T, b1, W2.T, b2), strict=True):
            parameter.copy_(torch.from_numpy(value))
        whole = layers(torch.from_numpy(X)).numpy()
    found = sharing.mlp_parts(X, W1, b1, W2, parts)
    assert found.shape == (parts, T, D)
    assert np.allclose(found.sum(axis=0) + b2, whole, atol=1e-12)


@pytest.mark.equation("eq-split-heads")
@given(shares=st.sampled_from([(1, 1), (2, 2), (4, 2), (6, 3)]), T=st.integers(1, 6), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_the_parts_of_attention_add_up_to_pytorchs(shares, T, seed):
    heads, parts = shares
    rng, D = np.random.default_rng(seed), 2 * heads
    X, Wq, Wk, Wv, Wo = (rng.normal(size=shape) for shape in ((T, D), *[(D, D)] * 4))
    theirs = torch.nn.MultiheadAttention(D, heads, bias=False, batch_first=True).double()
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.from_numpy(np.concatenate([Wq.T, Wk.T, Wv.T])))
        theirs.out_proj.weight.copy_(torch.from_numpy(Wo.T))
        x, hidden = torch.from_numpy(X)[None], torch.ones(T, T, dtype=torch.bool).triu(1)
        whole = theirs(x, x, x, attn_mask=hidden)[0][0].numpy()
    assert np.allclose(sharing.attention_parts(X, Wq, Wk, Wv, Wo, heads, parts).sum(axis=0), whole, atol=1e-10)


@pytest.mark.equation("eq-half-ring")
@given(P=st.integers(1, 7), seed=st.integers(0, 2**32 - 1))
def test_half_a_ring_leaves_each_process_one_whole_piece(P, seed):
    parts = np.random.default_rng(seed).integers(-50, 50, size=(P, P)).astype(float)
    states = parallel.ring_states(parts)
    half = states[P - 1]
    for p in range(P):
        assert half[p, (p + 1) % P] == parts[:, (p + 1) % P].sum()
    assert len(states) - 1 == 2 * (P - 1)
    for stage in range(3):  # two halves of 2-byte numbers
        assert memory.sent_a_parameter(P, stage) == pytest.approx(parallel.ring_bytes(2, P))
    assert memory.sent_a_parameter(P, 3) == pytest.approx(1.5 * parallel.ring_bytes(2, P))


# ----------------------------------------------------------------------------------------------------------- pipelines
@pytest.mark.equation("eq-bubble")
@given(p=st.integers(1, 7), m=st.integers(1, 9), back=st.integers(1, 3), order=st.sampled_from(sharing.ORDERS))
def test_every_pipeline_keeps_its_order_and_waits_as_long_as_the_formula_says(p, m, back, order):
    tasks = sharing.pipeline(p, m, order, back)
    assert len(tasks) == 2 * p * m == len({(t.stage, t.portion, t.forward) for t in tasks})
    at = {(t.stage, t.portion, t.forward): t for t in tasks}
    for t in tasks:
        before = (
            [(t.stage - 1, t.portion, True)]
            if t.forward
            else [(t.stage + 1, t.portion, False), (t.stage, t.portion, True)]
        )
        for needed in before:
            if needed in at:
                assert at[needed].start + at[needed].length <= t.start
    for s in range(p):
        mine = [t for t in tasks if t.stage == s]
        assert all(a.start + a.length <= b.start for a, b in itertools.pairwise(mine)), "one thing at a time"
    assert max(t.start + t.length for t in tasks) == (m + p - 1) * (1 + back)
    assert sharing.idle_share(tasks) == pytest.approx(sharing.bubble(p, m), abs=1e-12)
    assert sharing.most_held(tasks) == (m if order == sharing.ORDERS[0] else min(p, m))


# -------------------------------------------------------------------------------------------------------------- memory
@pytest.mark.equation("eq-zero-bytes")
def test_the_bytes_are_those_of_the_paper():
    """Rajbhandari et al. (2020), figure 1: 7.5 billion parameters on 64 devices, K = 12."""
    gigabytes = [7.5 * memory.bytes_a_parameter(64, stage) for stage in range(4)]
    assert gigabytes == pytest.approx([120, 31.4, 16.6, 1.9], abs=0.06)
    assert [memory.bytes_a_parameter(1, stage) for stage in range(4)] == [16] * 4


@pytest.mark.equation("eq-activation-bytes")
@pytest.mark.parametrize("B, T, D, h", [(2, 16, 32, 4), (1, 40, 16, 2), (3, 8, 24, 1)])
def test_a_block_keeps_what_pytorch_keeps(B, T, D, h):
    """Four bytes a number there, and the norms' and the softmax's own small numbers beside."""
    kept, block = {}, Block(D, h, 4 * D)
    parameters = {p.untyped_storage().data_ptr() for p in block.parameters()}

    def note(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in parameters:
            kept[storage.data_ptr()] = (storage.nbytes(), tensor)
        return tensor

    x = torch.randn(B, T, D, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        y = block(x)
    theirs = sum(size for size, _ in kept.values())
    sizes = anatomy.Sizes(98, D, 1, h, 4 * D)
    ours = 2 * memory.activation_bytes(sizes, T, B)
    small = 4 * B * T * (4 + h) + 64  # means and deviations of two norms, log-sums of each head
    assert y.shape == x.shape and ours <= theirs <= ours + small + 4 * B * T * D, (
        "theirs may keep attention's answer twice"
    )


def test_recomputing_keeps_inputs_and_one_block():
    sizes = anatomy.PUBLISHED["GPT-2"]
    one = memory.activation_bytes(anatomy.Sizes(50_257, 768, 1, 12, 3072, places=1024), 1024, 4)
    assert one == 32 * 1024 * 4 * 768
    assert memory.activation_bytes(sizes, 1024, 4) == 12 * one
    assert memory.activation_bytes(sizes, 1024, 4, recomputed=True) == 12 * 2 * 1024 * 4 * 768 + one
    assert memory.activation_bytes(sizes, 1024, 4, table=True) - 12 * one == 12 * 2 * 12 * 1024**2 * 4


@pytest.mark.equation("eq-training-flops")
def test_six_operations_a_parameter_and_token():
    """Three times the operations of reading (forwards once, backwards twice), of the matrices; and the paper's Chinchilla."""
    sizes = anatomy.Sizes(50_257, 4096, 32, 32, 16_384)
    counts, work = anatomy.parameters(sizes), anatomy.flops(sizes, 1024)
    matrices = counts["attention"] + counts["feed-forward"]
    counted = 3 * (work["projections"] + work["feed-forward"])
    assert memory.training_flops(matrices, 1024) == pytest.approx(counted, rel=1e-3)
    assert memory.training_flops(70e9, 1.4e12) == pytest.approx(5.88e23, rel=1e-9)


# ----------------------------------------------------------------------------------------------------------- precision
@pytest.mark.equation("eq-loss-scale")
@given(st.lists(st.floats(-(2.0**100), 2.0**100, width=32), min_size=1, max_size=8), st.integers(0, 16))
def test_two_bytes_are_pytorchs_two_bytes(x, power):
    theirs = torch.tensor(x, dtype=torch.float64)
    assert np.array_equal(precision.to_float16(x, 2.0**power), theirs.mul(2**power).half().double().numpy() / 2**power)
    assert np.array_equal(precision.to_bfloat16(x), theirs.float().bfloat16().double().numpy())


def test_the_ends_of_float16():
    assert precision.to_float16([precision.SMALLEST, precision.SMALLEST / 2, precision.LARGEST, 65_520]).tolist() == [
        precision.SMALLEST,
        0,
        precision.LARGEST,
        np.inf,
    ]
    assert precision.to_float16(precision.SMALLEST / 2, 1024) == precision.SMALLEST / 2


def test_the_scale_follows_pytorchs():
    """Theirs needs no GPU for the rule itself."""
    ours, calm, found = 1024.0, 0, np.random.default_rng(0).random(40) < 0.8
    scale, growth = torch.tensor([1024.0]), torch.zeros(1, dtype=torch.int32)
    for finite in found:
        ours, calm = precision.next_scale(ours, bool(finite), calm, every=3)
        torch._amp_update_scale_(scale, growth, torch.tensor([0.0 if finite else 1.0]), 2.0, 0.5, 3)
        assert ours == scale.item() and calm == growth.item()


# ----------------------------------------------------------------------------------------------------------- bad input
SIZES = anatomy.PUBLISHED["GPT-2"]


@pytest.mark.parametrize(
    "call, error, message",
    [
        (
            lambda: sharing.mlp_parts(np.ones((2, 3)), np.ones((3, 4)), np.ones(4), np.ones((4, 3)), 3),
            ValueError,
            "4 columns",
        ),
        (
            lambda: sharing.mlp_parts(np.ones((2, 3)), np.ones((3, 4)), np.ones(4), np.ones((3, 4)), 2),
            ValueError,
            "W2 must have",
        ),
        (lambda: sharing.attention_parts(*[np.ones((4, 4))] * 5, 2, 4), ValueError, "4 entries in 2 heads"),
        (
            lambda: sharing.attention_parts(np.ones((3, 4)), *[np.ones((4, 4))] * 3, np.ones((4, 2)), 2, 2),
            ValueError,
            "must have shape",
        ),
        (lambda: sharing.pipeline(2, 3, "at random"), ValueError, "order must be one of"),
        (lambda: sharing.pipeline(0, 3), ValueError, "stages"),
        (lambda: sharing.idle_share([(0, 1)]), TypeError, "pipeline"),
        (lambda: memory.bytes_a_parameter(2, 4), ValueError, "stage"),
        (lambda: memory.activation_bytes(anatomy.PUBLISHED["LLaMA 7B"], 8, 1), ValueError, "no gates"),
        (lambda: memory.activation_bytes(SIZES, 8, 1, table=1), TypeError, "True or False"),
        (lambda: precision.next_scale(1.0, 1, 0), TypeError, "True or False"),
        (lambda: precision.to_float16([1.0], 0), ValueError, "scale"),
    ],
)
def test_bad_calls(call, error, message):
    with pytest.raises(error, match=message):
        call()
