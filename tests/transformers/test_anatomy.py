"""Counts from sizes alone against published numbers, and against modules that are built."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.transformers import anatomy
from lib.transformers.anatomy import PUBLISHED, Sizes

total = lambda sizes: sum(anatomy.parameters(sizes).values())


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("GPT-2", 124_439_808),
        ("GPT-2 medium", 354_823_168),
        ("GPT-2 large", 774_030_080),
        ("GPT-2 XL", 1_557_611_200),
        ("BERT base", 109_482_240),
        ("LLaMA 7B", 6_738_415_616),
        ("Transformer base", 44_138_496 + 512 * 37_000),
    ],
)
def test_parameters_are_the_published_ones(name, wanted):
    assert total(PUBLISHED[name]) == wanted


def test_variants_of_the_published_models():
    assert total(replace(PUBLISHED["GPT-2"], biases=False)) == 124_337_664
    assert total(replace(PUBLISHED["BERT base"], pooler=False)) == 108_891_648
    roberta = replace(PUBLISHED["BERT base"], vocabulary=50_265, places=514, kinds=1)
    assert anatomy.low_rank_parameters(roberta, 8) == 294_912


@pytest.mark.equation("eq-flops-of-a-model")
def test_operations_of_gpt2_are_those_that_nanogpt_counts():
    counts = anatomy.flops(replace(PUBLISHED["GPT-2"], biases=False), 1024)
    assert sum(counts.values()) == 291_648_307_200
    assert counts["output"] == 2 * 1024 * 768 * 50_257


@pytest.mark.equation("eq-cache-bytes")
def test_bytes_of_the_cache():
    assert anatomy.cache_bytes(PUBLISHED["GPT-2"], 1024) == 37_748_736
    assert anatomy.cache_bytes(PUBLISHED["LLaMA 7B"], 1) == 524_288
    shared = replace(PUBLISHED["LLaMA 7B"], key_heads=8)
    assert 4 * anatomy.cache_bytes(shared, 7) == anatomy.cache_bytes(PUBLISHED["LLaMA 7B"], 7)


@pytest.mark.equation("eq-parameters-of-a-block")
@settings(max_examples=40, deadline=None)
@given(
    heads=st.integers(1, 4),
    each=st.integers(1, 4),
    layers=st.integers(1, 3),
    encoder=st.integers(0, 3),
    hidden=st.integers(1, 9),
    bias=st.booleans(),
)
def test_blocks_have_as_many_as_torchs(heads, each, layers, encoder, hidden, bias):
    D = heads * each
    own = dict(dim_feedforward=hidden, bias=bias)
    kind = torch.nn.TransformerDecoderLayer if encoder else torch.nn.TransformerEncoderLayer
    built = [kind(D, heads, **own) for _ in range(layers)]
    built += [torch.nn.TransformerEncoderLayer(D, heads, **own) for _ in range(encoder)]
    sizes = Sizes(7, D, layers, heads, hidden, biases=bias, encoder=encoder, last_norm=False)
    counts = anatomy.parameters(sizes)
    assert sum(counts.values()) - counts["embeddings"] == sum(p.numel() for m in built for p in m.parameters())


@pytest.mark.parametrize("key_heads", [1, 2, 4])
def test_shared_keys_and_gates_are_counted_as_built(key_heads):
    D, hidden, V = 8, 5, 11
    matrices = [torch.nn.Linear(D, D, False), torch.nn.Linear(D, D, False)]
    matrices += [torch.nn.Linear(D, key_heads * 2, False) for _ in range(2)]
    matrices += [torch.nn.Linear(D, hidden, False) for _ in range(2)] + [torch.nn.Linear(hidden, D, False)]
    norms = [torch.nn.RMSNorm(D) for _ in range(3)]
    tables = [torch.nn.Embedding(V, D), torch.nn.Linear(D, V, False)]
    sizes = Sizes(
        V, D, 1, 4, hidden, biases=False, tied=False, norm="root mean square", gated=True, key_heads=key_heads
    )
    assert total(sizes) == sum(p.numel() for m in matrices + norms + tables for p in m.parameters())


@pytest.mark.parametrize(
    ("wrong", "error", "says"),
    [
        (dict(width=10, heads=3), ValueError, "3 heads do not divide 10"),
        (dict(norm="batch"), ValueError, "norm must be one of 'layer'"),
        (dict(key_heads=3), ValueError, "4 heads cannot share 3"),
        (dict(layers=0), ValueError, "layers"),
        (dict(hidden=2.5), TypeError, "hidden"),
        (dict(tied="yes"), TypeError, "tied must be True or False"),
    ],
)
def test_sizes_that_make_no_model_are_refused(wrong, error, says):
    with pytest.raises(error, match=says):
        Sizes(**{**dict(vocabulary=5, width=8, layers=2, heads=4, hidden=16), **wrong})


def test_an_encoder_has_no_count_of_operations_here():
    with pytest.raises(ValueError, match="encoder"):
        anatomy.flops(PUBLISHED["Transformer base"], 5)
